//! From files to a [`Rulebook`] that is free of errors: loading, checking, user lists, schemas at the door.
//!
//! Whatever holds a `Rulebook` need not ask whether a name exists, a kind fits or a time zone is known: a rulebook with
//! such a mistake is never made. All mistakes of all files are found at once, each with its place and its fix.

mod builder;
mod check;
mod codes;
pub(crate) mod door;
mod error;
mod files;
mod lists;
mod providers;
mod schema;
mod tables;
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::Weekday;
use indexmap::IndexMap;

use crate::calendar::{Zone, database_version};
use crate::language::ast::{self, CapPer, EventSchema, ProfileSchema};
use crate::language::{Diagnostic, FileId, Sources};
use crate::message::{CompiledMessage, Reads, Templates};
use crate::model::{Duration, Percent, Providers, Record, Text, Value, fingerprint};

pub use builder::RulebookBuilder;
pub use door::Admitted;
pub use error::RulebookError;
#[cfg(feature = "cli")]
pub(crate) use files::rule_files;
pub use lists::UserList;
pub use tests::{Expected, RuleTest};

/// The checked rules of an account: settings, schemas, lists, segments and campaigns.
///
/// Immutable, cheap to clone, and shared between threads as it is.
///
/// # Example
/// ```
/// use campanile::rulebook::Rulebook;
/// let rulebook = Rulebook::parse(
///     "shop.camp",
///     r#"
///     campaign thanks {
///       category utility
///       when "Charged" where amount >= 500
///       send template thanks in "en" { body "{{ event.amount }}" }
///     }
///     "#,
/// )?;
/// assert_eq!(&*rulebook.campaigns()[0].name, "thanks");
/// # Ok::<(), campanile::rulebook::RulebookError>(())
/// ```
///
/// # Example: all mistakes at once
/// ```
/// use campanile::rulebook::Rulebook;
/// let error = Rulebook::parse("shop.camp", "segment a = in segment b\nsegment c = in segment d").unwrap_err();
/// assert_eq!(error.diagnostics().len(), 2);
/// ```
#[derive(Debug, Clone)]
pub struct Rulebook {
    inner: Arc<Inner>,
}

#[derive(Debug, Clone)]
struct Inner {
    sources: Sources,
    /// Those of the sources that hold rules.
    rule_files: Vec<FileId>,
    files: Vec<PathBuf>,
    warnings: Vec<Diagnostic>,
    settings: Settings,
    campaigns: Vec<Campaign>,
    segments: IndexMap<String, ast::Segment>,
    lists: IndexMap<String, UserList>,
    events: IndexMap<String, EventSchema>,
    profile: Option<ProfileSchema>,
    door: door::Door,
    tests: Vec<RuleTest>,
    templates: Option<Arc<Templates>>,
    providers: Providers,
}

/// What holds for the whole account, with every default filled in.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Settings {
    /// The block as it was written, if there is one.
    pub syntax: Option<ast::Settings>,
    /// The account's time zone; UTC when the rules name none.
    pub zone: Zone,
    /// When no message may be sent.
    pub quiet_hours: Option<ast::Hours>,
    /// At most so many messages to one user, over all campaigns, within so long.
    pub caps: Vec<(u32, CapPer)>,
    /// At least so long between two messages to one user.
    pub gap: Option<Duration>,
    /// At most so many messages to all users in any stretch so long.
    pub throttle: Option<(u32, Duration)>,
    /// The share of users who get nothing; 0 % when the rules name none.
    pub control_group: Percent,
    /// The named control groups and their shares of all users.
    pub control_groups: IndexMap<String, Percent>,
    /// The first day of a week; Monday when the rules name none.
    pub week_starts: Weekday,
}

/// A campaign whose trigger and message are there and whose names are all known.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Campaign {
    /// Its name.
    pub name: Text,
    /// All of its clauses as they were written.
    pub syntax: ast::Campaign,
    /// When users qualify: the trigger of `syntax`, which may not be missing here.
    pub trigger: ast::Trigger,
    /// What users get: one message, or those that its clause chooses from, as they are written.
    pub variants: Vec<Variant>,
    /// True when the trigger is a schedule in each user's own time.
    pub user_time: bool,
    /// The zone that the trigger's schedule names (`"Europe/London" time`); `None` for the account's, the user's, and for events.
    pub zone: Option<Zone>,
}

/// One of a campaign's messages.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Variant {
    /// What jobs call it: `only` where there is one message.
    pub name: Text,
    /// The message.
    pub message: Arc<CompiledMessage>,
}

impl Campaign {
    /// What all of its messages read together: of the trigger's event ([`CompiledMessage::reads_event`]), or of the one before it.
    pub(crate) fn reads(&self, of: impl Fn(&CompiledMessage) -> Reads) -> Reads {
        let all = self.variants.iter().map(|variant| of(&variant.message));
        all.fold(Reads::Nothing, Reads::and)
    }
}

impl Rulebook {
    /// Loads a `.camp` file, or every `*.camp` file in a directory and below it, in the order of their paths.
    ///
    /// # Errors
    /// When a file cannot be read or the rules have errors; the error carries every one of them.
    pub fn load(path: impl AsRef<Path>) -> Result<Rulebook, RulebookError> {
        Rulebook::builder().path(path).build()
    }

    /// Reads rules from a text; `name` is what messages call it.
    ///
    /// # Errors
    /// When the rules have errors, or declare a list from a file: a text has no folder to look in. Give the users by
    /// [`RulebookBuilder::list`] then.
    pub fn parse(name: &str, text: &str) -> Result<Rulebook, RulebookError> {
        Rulebook::builder().text(name, text).build()
    }

    /// The providers that were declared beside the rules, and what they allow.
    pub fn providers(&self) -> &Providers {
        &self.inner.providers
    }

    /// A number for all that it was made of, and for what it is compiled with: another one where a campaign might mean something else.
    pub(crate) fn fingerprint(&self) -> u128 {
        self.fingerprint_under(database_version())
    }

    /// The same under a zone database of another version.
    pub(crate) fn fingerprint_under(&self, zones: &str) -> u128 {
        let Inner { sources, lists, templates, providers, .. } = &*self.inner;
        let mut parts: Vec<Vec<u8>> = vec![env!("CARGO_PKG_VERSION").into(), zones.into()];
        parts.extend(sources.ids().map(|file| sources.text(file).into()));
        for (name, list) in lists {
            parts.push(name.as_bytes().into());
            parts.push(list.fingerprint().to_le_bytes().into());
        }
        // What is derived names every field, in the order of the input.
        parts.push(format!("{templates:?} {providers:?}").into());
        fingerprint(parts.iter().map(Vec::as_slice))
    }

    /// Starts a rulebook of several files or texts, with approved templates or with lists from elsewhere.
    pub fn builder() -> RulebookBuilder {
        RulebookBuilder::default()
    }

    /// The texts that the rulebook was read from, to draw its warnings with.
    pub fn sources(&self) -> &Sources {
        &self.inner.sources
    }

    /// Every file that the rulebook was read from: rules, what declares the providers, lists. A host that reads them anew when one of them has changed
    /// watches these, and the folders that it named.
    ///
    /// # Example
    /// ```
    /// use campanile::rulebook::Rulebook;
    /// let rulebook = Rulebook::load("examples/cdnow/rules")?;
    /// assert!(rulebook.files().any(|file| file.ends_with("rules/shop.camp")));
    /// # Ok::<(), campanile::rulebook::RulebookError>(())
    /// ```
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.inner.files.iter().map(PathBuf::as_path)
    }

    /// What can be used and is seldom meant, in the order of the sources.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.inner.warnings
    }

    /// What holds for the whole account.
    pub fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    /// All campaigns: by file, then by place in the file.
    pub fn campaigns(&self) -> &[Campaign] {
        &self.inner.campaigns
    }

    /// All segments by name, in the order of the sources. None is in itself, directly or through others.
    pub fn segments(&self) -> &IndexMap<String, ast::Segment> {
        &self.inner.segments
    }

    /// The `test` blocks, in the order of the sources. A run takes no notice of them.
    pub fn tests(&self) -> &[RuleTest] {
        &self.inner.tests
    }

    /// The same rules with other users in some of the lists.
    pub(crate) fn with_lists(&self, lists: &[(String, UserList)]) -> Rulebook {
        let mut inner = (*self.inner).clone();
        inner.lists.extend(lists.iter().cloned());
        Rulebook { inner: Arc::new(inner) }
    }

    /// A user list by its name.
    pub fn list(&self, name: &str) -> Option<&UserList> {
        self.inner.lists.get(name)
    }

    /// Those of the sources that hold rules, in their order.
    pub(crate) fn rule_files(&self) -> &[FileId] {
        &self.inner.rule_files
    }

    /// All user lists by name, those that the host gave among them.
    pub(crate) fn lists(&self) -> &IndexMap<String, UserList> {
        &self.inner.lists
    }

    /// The approved templates that the messages were checked against, where they were given.
    pub(crate) fn templates(&self) -> Option<&Arc<Templates>> {
        self.inner.templates.as_ref()
    }

    /// What is declared of an event.
    pub fn event_schema(&self, name: &str) -> Option<&EventSchema> {
        self.inner.events.get(name)
    }

    /// The properties of events that are declared, by name.
    pub(crate) fn declared_of_events(&self) -> impl Iterator<Item = &str> {
        self.inner.events.values().flat_map(|event| event.fields.iter().map(|field| field.name.node.as_str()))
    }

    /// What is declared of profiles.
    pub fn profile_schema(&self) -> Option<&ProfileSchema> {
        self.inner.profile.as_ref()
    }

    /// The door: converts a record's values to the kinds that the schemas declare, once, before anything is asked of them.
    ///
    /// Text becomes a number, yes/no, a date or an instant, and a number becomes text, where that is declared. A value that
    /// cannot be what is declared is taken out: it is missing from then on, and counted. What no schema declares stays as it is.
    ///
    /// # Example
    /// ```
    /// use campanile::model::{Event, Instant, Record, Value};
    /// use campanile::rulebook::Rulebook;
    /// let rulebook = Rulebook::parse("shop.camp", r#"event "Charged" { amount: number, coupon: text }"#)?;
    /// let event = Event {
    ///     user: "asha".into(),
    ///     name: "Charged".into(),
    ///     at: Instant::from_seconds(0),
    ///     id: None,
    ///     properties: [("amount", Value::text("950")), ("coupon", Value::Boolean(true))].into_iter().collect(),
    /// };
    /// let admitted = rulebook.admit(Record::Event(event));
    /// if let Record::Event(event) = &admitted.record {
    ///     assert_eq!(event.properties.get("amount"), Some(&Value::integer(950)));
    ///     assert_eq!(event.properties.get("coupon"), None);
    /// }
    /// assert_eq!(admitted.unfit, 1);
    /// # Ok::<(), campanile::rulebook::RulebookError>(())
    /// ```
    pub fn admit(&self, record: Record) -> Admitted {
        self.inner.door.admit(record)
    }

    /// What a value of an event's property becomes at the door; none where it does not fit.
    pub(crate) fn admit_value(&self, event: &str, property: &str, value: Value) -> Option<Value> {
        self.inner.door.value(event, property, value)
    }

    /// Whether all numbers of an event's property come through the door as they are.
    pub(crate) fn keeps_numbers(&self, event: &str, property: &str) -> bool {
        let probe = Value::integer(1);
        self.admit_value(event, property, probe.clone()) == Some(probe)
    }
}

/// Rulebooks are shared between threads: this does not compile when they cannot be.
const fn is_shared<T: Send + Sync + Clone>() {}
const _: () = is_shared::<Rulebook>();
const _: () = is_shared::<Campaign>();
const _: () = is_shared::<Settings>();
const _: () = is_shared::<RulebookError>();
