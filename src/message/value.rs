//! One value of a message: its text, what it is for, and what it is for one user.

use super::RenderStop;
use super::events::Events;
use super::limits::{self, Defect, Purpose};
use super::liquid::{Personalised, Zones};
use crate::calendar::Zone;
use crate::language::Span;
use crate::model::{Instant, Properties};

/// When and where a message is made.
#[derive(Debug, Clone, Copy)]
pub struct Occasion<'a> {
    /// When it is due.
    pub due: Instant,
    /// The account's zone, in which a wall clock without one is told.
    pub account: &'a Zone,
    /// The user's zone, in which dates are written.
    pub user: &'a Zone,
}

/// All that a message is made from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub events: Events<'a>,
    pub profile: &'a Properties,
    pub occasion: Occasion<'a>,
}

/// A value of the message. A constant was examined when it was compiled.
#[derive(Debug)]
pub(super) struct ValuePlan {
    /// What it is, for the words of findings and outcomes: `body value 1 of card 2`.
    pub subject: String,
    pub purpose: Purpose,
    pub text: Personalised,
    pub span: Span,
}

impl ValuePlan {
    pub(super) fn render(&self, asked: Asked<'_>) -> Result<String, RenderStop> {
        if let Personalised::Constant(text) = &self.text {
            return Ok(text.clone());
        }
        let zones = Zones { account: *asked.occasion.account, user: *asked.occasion.user };
        let text = self.text.render(asked.events, asked.profile, zones).map_err(|stop| match stop {
            RenderStop::Failed(reason) => RenderStop::Failed(format!("{}: {reason}", self.subject)),
            aborted @ RenderStop::Aborted(_) => aborted,
        })?;
        limits::examine(&text, self.purpose).map_err(|defect| failed(&self.subject, defect))?;
        Ok(text)
    }

    /// Its length when it is the same for everyone; else the least that it can have.
    pub(super) fn least_length(&self) -> usize {
        self.text.constant().map_or(1, |text| text.chars().count())
    }
}

/// Renders a value that may be left out.
pub(super) fn optional(plan: Option<&ValuePlan>, asked: Asked<'_>) -> Result<Option<String>, RenderStop> {
    plan.map(|plan| plan.render(asked)).transpose()
}

pub(super) fn failed(subject: &str, defect: Defect) -> RenderStop {
    RenderStop::Failed(format!("{subject} {defect}"))
}
