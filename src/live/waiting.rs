//! What an engine has to come.

use crate::model::{Instant, JobId, Text};

use super::Engine;

/// Something that is to come for a user: a message that waits, a timer of `then no` that runs, or the next time of a schedule or a date. Whether it
/// becomes a job is decided then.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Waiting {
    /// The campaign's name.
    pub campaign: Text,
    /// The user's id.
    pub user: Text,
    /// What makes the user qualify, as in [`Outcome::occurrence`](crate::model::Outcome::occurrence).
    pub occurrence: Text,
    /// When it is asked next; [`Instant::MAX`] where nobody knows.
    pub due: Instant,
}

impl Waiting {
    /// The id that its job will have, if it becomes one.
    pub fn id(&self) -> JobId {
        JobId::new(&self.campaign, &self.user, &self.occurrence)
    }
}

impl Engine {
    /// All that is to come, user by user in the order in which they were first heard of. It goes through all users.
    ///
    /// # Example
    /// ```
    /// use campanile::{live::Engine, model::{Event, Instant, Properties, Record}, rulebook::Rulebook};
    /// let rulebook = Rulebook::parse("shop.camp", r#"
    ///     campaign cart { when "Added" then no "Charged" within 2 hours send template cart }"#)?;
    /// let mut engine = Engine::in_memory(rulebook.compile());
    /// let at = Instant::parse("2026-11-03T08:00:00Z")?;
    /// let event = Event { user: "asha".into(), name: "Added".into(), at, id: Some("a1".into()), properties: Properties::new() };
    /// engine.ingest([Record::Event(event)])?;
    /// engine.advance(at)?;
    /// let waiting: Vec<_> = engine.waiting().collect();
    /// assert_eq!(waiting[0].due, Instant::parse("2026-11-03T10:00:00Z")?);
    /// assert_eq!(waiting[0].occurrence, "a1".into());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn waiting(&self) -> impl Iterator<Item = Waiting> + '_ {
        let tables = self.program.tables();
        self.group.users().flat_map(move |user| {
            user.to_come(tables).into_iter().filter_map(|come| {
                let campaign = tables.campaigns.get(come.campaign as usize)?.name.clone();
                Some(Waiting { campaign, user: user.id.clone(), occurrence: come.occurrence, due: come.due })
            })
        })
    }

    /// The users of whom some message waits that qualified no later than this.
    #[cfg(feature = "durable")]
    pub(crate) fn waiting_since(&self, at: Instant) -> impl Iterator<Item = &Text> + '_ {
        self.group.users().filter(move |user| user.waits_since(at)).map(|user| &user.id)
    }
}
