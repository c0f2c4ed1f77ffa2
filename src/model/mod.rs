//! What every room speaks of: instants, values, events, profiles, ids, send jobs and outcomes.
//!
//! Nothing here knows how rules are written or run.

mod event;
pub mod free_form;
mod growing;
mod id;
mod instant;
mod job;
mod numbering;
mod outcome;
mod phone;
mod provider;
pub mod template;
mod value;

pub use event::{
    Event, NumberConsent, Profile, ProfileUpdate, Properties, Record, TemplateStatement, TemplateStatus,
};
pub use free_form::FreeMessage;
pub(crate) use growing::{GrowingMap, GrowingQueue, GrowingSet, GrowingVec};
pub use id::{JobId, Percent, chance, draw, fingerprint};
pub(crate) use id::{NameMap, NameSet};
pub use instant::{Duration, Instant, InstantError};
pub use job::{Category, Channel, Content, SendJob, Trigger, TriggerKind, ZoneSource};
pub use outcome::{Outcome, OutcomeKind};
pub(crate) use phone::read_numbering_plans;
pub use phone::{PhoneError, e164};
pub use provider::{Budget, Hold, PairLimit, Portfolio, Provider, Providers, Rate, WarmUp};
pub use template::TemplateMessage;
pub use value::{Number, Value};

/// Text that many places hold at once: names, user ids, event ids.
pub type Text = std::sync::Arc<str>;
