//! The whole of an engine as bytes, and back.

use std::fmt;
use std::io::{self, Read, Write};

use super::{Engine, Inbox};
use crate::dispatch::{Decisions, Group, Shared};
use crate::model::{GrowingMap, Instant};
use crate::program::{Classifier, Program};
use crate::saved::{Damage, Restorer, Saved, Saver};

/// What bytes of an engine begin with.
const MAGIC: [u8; 8] = *b"campanil";

/// Which form they have: another number for each change of what is written.
const FORMAT: u32 = 2;

/// Why an engine's state could not be written.
#[derive(Debug)]
pub struct SaveError {
    cause: io::Error,
}

impl fmt::Display for SaveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the state of the engine could not be written: {}", self.cause)
    }
}

impl std::error::Error for SaveError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.cause)
    }
}

/// Why an engine could not be restored. There is none then, and no half of one.
#[derive(Debug)]
#[non_exhaustive]
pub enum RestoreError {
    /// The bytes could not be read.
    Io(io::Error),
    /// They are no state of an engine.
    NoState,
    /// They are of another version of Campanile, whose state has another form.
    Format {
        /// The number of that form.
        found: u32,
    },
    /// They are the state of other rules, lists, templates or providers, or of another version of the zone database or of Campanile.
    OtherProgram,
    /// They end too early.
    Cut,
    /// They are not what was written.
    Damaged {
        /// What is wrong with them, in words.
        problem: &'static str,
    },
}

impl fmt::Display for RestoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RestoreError::Io(cause) => write!(f, "the state of the engine could not be read: {cause}"),
            RestoreError::NoState => f.write_str("this is no state of an engine"),
            RestoreError::Format { found } => {
                write!(f, "the state of the engine has the form {found}, and this version reads form {FORMAT}")
            }
            RestoreError::OtherProgram => f.write_str(
                "this is the state of an engine with other rules, lists, templates, providers or time zones, or of another version",
            ),
            RestoreError::Cut => f.write_str("the state of the engine ends too early"),
            RestoreError::Damaged { problem } => write!(f, "the state of the engine is damaged: {problem}"),
        }
    }
}

impl std::error::Error for RestoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            RestoreError::Io(cause) => Some(cause),
            _ => None,
        }
    }
}

impl From<Damage> for RestoreError {
    fn from(damage: Damage) -> RestoreError {
        match damage {
            Damage::Io(cause) => RestoreError::Io(cause),
            Damage::Cut => RestoreError::Cut,
            Damage::Wrong(problem) => RestoreError::Damaged { problem },
        }
    }
}

impl Engine {
    /// Writes the whole state: users, what they share, records not taken in yet, and what is not handed over. Equal states give
    /// equal bytes, and between two slices of [`Engine::advance_within`] is as good as at any other time.
    ///
    /// The bytes hold what is known of users, such as phone numbers.
    ///
    /// # Errors
    /// When `to` refuses bytes, and when a value of a property lies within more than 256 others.
    ///
    /// # Example
    /// ```
    /// use campanile::{live::Engine, model::Instant, rulebook::Rulebook};
    /// let program = Rulebook::parse("shop.camp", "
    ///     campaign hello { every day at 09:00 send template hello }")?.compile();
    /// let now = Instant::parse("2026-11-03T08:00:00Z")?;
    /// let mut engine = Engine::in_memory(program.clone());
    /// engine.advance(now)?;
    ///
    /// let mut bytes = Vec::new();
    /// engine.save(&mut bytes)?;
    /// let restored = Engine::restore(program, &mut bytes.as_slice())?;
    /// assert_eq!(restored.closed(), Some(now));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn save(&self, to: &mut impl Write) -> Result<(), SaveError> {
        self.save_as(self.program.rulebook().fingerprint(), to)
    }

    /// The same, as the state of an engine with a program of this fingerprint.
    pub(crate) fn save_as(&self, fingerprint: u128, to: &mut impl Write) -> Result<(), SaveError> {
        let Engine {
            program: _,
            classifier,
            group,
            shared,
            // They are the users' ids.
            user_index: _,
            // They are shared, or not, to the same effect.
            names: _,
            ids,
            inbox,
            earliest,
            from,
            closed,
            doing,
            decisions,
            // The program tells it.
            draws: _,
            jobs,
            outcomes,
            unjoined: _,
        } = self;
        let mut to = Saver::new(to);
        to.bytes(&MAGIC);
        to.bytes(&FORMAT.to_le_bytes());
        to.bytes(&fingerprint.to_le_bytes());
        to.count_from(closed.or(*earliest).map_or(0, Instant::millis));
        earliest.save(&mut to);
        from.save(&mut to);
        closed.save(&mut to);
        doing.save(&mut to);
        group.save(&mut to);
        shared.save(&mut to);
        ids.save(&mut to);
        classifier.save(&mut to);
        inbox.save(&mut to);
        decisions.save(&mut to);
        jobs.save(&mut to);
        outcomes.save(&mut to);
        to.finish().map_err(|cause| SaveError { cause })
    }

    /// An engine as it was when it was saved, with the same program: it goes on as that one would have.
    ///
    /// `from` is read to its end, and nothing is taken on trust: bytes that were cut or changed are refused, and ask for no more memory
    /// than they would fill.
    ///
    /// # Errors
    /// When `from` cannot be read, and when its bytes are not what [`Engine::save`] wrote with the same rules, lists, templates and providers,
    /// version and zone database.
    ///
    /// # Example
    /// ```
    /// use campanile::{live::{Engine, RestoreError}, rulebook::Rulebook};
    /// let rules = |hour| format!("campaign hello {{ every day at {hour}:00 send template hello }}");
    /// let nine = Rulebook::parse("shop.camp", &rules("09"))?.compile();
    /// let ten = Rulebook::parse("shop.camp", &rules("10"))?.compile();
    /// let mut bytes = Vec::new();
    /// Engine::in_memory(nine).save(&mut bytes)?;
    /// let refused = Engine::restore(ten, &mut bytes.as_slice());
    /// assert!(matches!(refused, Err(RestoreError::OtherProgram)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn restore(program: Program, from: &mut impl Read) -> Result<Engine, RestoreError> {
        let fingerprint = program.rulebook().fingerprint();
        Engine::restore_as(program, fingerprint, from)
    }

    /// The same of a state that was saved under this fingerprint.
    pub(crate) fn restore_as(
        program: Program,
        fingerprint: u128,
        from: &mut impl Read,
    ) -> Result<Engine, RestoreError> {
        let mut restorer = Restorer::new(from);
        let from = &mut restorer;
        let magic: [u8; 8] = from.array().map_err(|damage| match damage {
            Damage::Io(cause) => RestoreError::Io(cause),
            Damage::Cut | Damage::Wrong(_) => RestoreError::NoState,
        })?;
        if magic != MAGIC {
            return Err(RestoreError::NoState);
        }
        let found = u32::from_le_bytes(from.array()?);
        if found != FORMAT {
            return Err(RestoreError::Format { found });
        }
        if from.array()? != fingerprint.to_le_bytes() {
            return Err(RestoreError::OtherProgram);
        }
        let tables = program.tables();
        let variants = tables.campaigns.iter().map(|campaign| campaign.delivery.variants.len());
        from.variants = variants.max().unwrap_or(0).max(1);
        from.count_from()?;
        let (earliest, first) = (Saved::restore(from)?, Saved::restore(from)?);
        let (closed, doing) = (Saved::restore(from)?, Saved::restore(from)?);
        let group = Group::restore(from)?;
        let shared = Shared::restore(from, tables)?;
        let ids = Saved::restore(from)?;
        let classifier = Classifier::restore(from, tables)?;
        let inbox = Inbox::restore(from)?;
        let decisions = Decisions::restore(from, tables)?;
        let (jobs, outcomes) = (Saved::restore(from)?, Saved::restore(from)?);
        from.finish()?;
        let mut user_index = GrowingMap::default();
        for (number, user) in (0..).zip(std::mem::take(&mut from.users)) {
            if user_index.insert(user, number).is_some() {
                return Err(RestoreError::Damaged { problem: "two users have the same id" });
            }
        }
        Ok(Engine {
            user_index,
            group,
            shared,
            ids,
            classifier,
            inbox,
            earliest,
            from: first,
            closed,
            doing,
            decisions,
            jobs,
            outcomes,
            ..Engine::in_memory(program)
        })
    }
}
