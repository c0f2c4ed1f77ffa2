//! What every room speaks of: instants, values, events, profiles, ids, send jobs and outcomes.
//!
//! Nothing here knows how rules are written or run.

mod event;
mod id;
mod instant;
mod job;
mod outcome;
mod phone;
mod value;

pub use event::{Event, NumberConsent, Profile, ProfileUpdate, Properties, Record};
pub use id::{JobId, Percent, chance, draw, fingerprint};
pub(crate) use id::{NameMap, NameSet};
pub use instant::{Duration, Instant, InstantError};
pub use job::{
    ButtonKind, Category, Channel, Component, HeaderKind, Language, MediaLink, Parameter, SendJob,
    TemplateMessage, Trigger, TriggerKind, ZoneSource,
};
pub use outcome::{Outcome, OutcomeKind};
pub use phone::{PhoneError, e164};
pub use value::{Number, Value};

/// Text that many places hold at once: names, user ids, event ids.
pub type Text = std::sync::Arc<str>;
