//! What an explanation holds: plain data, for people to read and for hosts as JSON.

use serde::Serialize;

use super::words::{Times, quoted};
use crate::calendar::Zone;
use crate::language::{FileId, Sources, Span, comments};
use crate::machine;
use crate::model::{Event, Instant, Outcome, Properties, SendJob, Text};

/// Why a user did or did not get a campaign.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Explanation {
    /// The user.
    pub user: Text,
    /// The campaign.
    pub campaign: Text,
    /// Its title for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    /// The user's time zone at the end of the run; the account's when the profile has none. Texts show times in it.
    pub time_zone: &'static str,
    #[serde(skip)]
    pub(super) zone: Zone,
    /// False when there is no record of the user.
    pub known: bool,
    /// The first instant of the run.
    pub from: Instant,
    /// The instant before which the run ended.
    pub to: Instant,
    /// Where the trigger is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trigger: Option<Place>,
    /// Each firing of the trigger for the user, in order.
    pub occurrences: Vec<Occurrence>,
    /// When it never fired: what came near.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<Attempt>,
    /// What the audience was at the instant that was asked about.
    #[serde(rename = "at", skip_serializing_if = "Option::is_none")]
    pub then: Option<AtInstant>,
}

/// One firing of a trigger, and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Occurrence {
    /// As in jobs and outcomes: the event's id, or the scheduled wall clock.
    pub occurrence: Text,
    /// When the trigger fired.
    pub at: Instant,
    /// What made it fire.
    pub cause: Cause,
    /// True when the user was in the audience.
    pub qualified: bool,
    /// The audience as the trigger fired; none without an `if`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience: Option<Clause>,
    /// The audience once more, when the message was due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience_when_due: Option<Clause>,
    /// How it ended; none for a user outside of the audience.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// The step of the order of decisions that ended it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<Step>,
    /// The job, when there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job: Option<SendJob>,
}

/// What made a trigger fire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Cause {
    /// An event.
    Event {
        /// Its name.
        name: Text,
        /// Its id, if it came with one.
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<Text>,
        /// When it happened.
        at: Instant,
        /// Of `A then B`, A.
        #[serde(skip_serializing_if = "Option::is_none")]
        after: Option<Box<Evidence>>,
    },
    /// A wall clock, a date, or a change that only time made.
    Time {
        /// The occurrence, as in jobs and outcomes.
        text: Text,
    },
}

/// A clause of a condition or a filter, with what it came to.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Clause {
    /// As it is written, on one line.
    pub text: String,
    /// What joins its parts, when it is a row of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<Row>,
    /// Where.
    #[serde(flatten)]
    pub place: Place,
    /// What it came to.
    pub holds: bool,
    /// What was found, in words; empty where the parts say it all.
    pub finding: String,
    /// The events that the finding speaks of, in order; at most [`Clause::MOST_EVIDENCE`], the latest.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
    /// How many events the finding speaks of.
    pub evidence_count: usize,
    /// When it turns if no further record comes; none when it never does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turns_at: Option<Instant>,
    /// The clauses within.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Clause>,
}

/// What joins the parts of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Row {
    /// `and`: all hold.
    All,
    /// `or`: one holds.
    One,
}

/// Where something is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Place {
    /// The file, as messages call it.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
    /// The bytes of the source.
    #[serde(skip)]
    pub span: Span,
}

/// An event that counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Evidence {
    /// When it happened.
    pub at: Instant,
    /// Its name.
    pub event: Text,
    /// Its id, if it came with one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Text>,
    /// Those of its properties that the rule reads, as JSON would have them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub properties: Vec<Seen>,
}

/// A property that a rule reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Seen {
    /// Its name.
    pub name: Text,
    /// Its value.
    pub value: crate::model::Value,
}

/// The step that ended a message.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Step {
    /// What the step asks, in a few words: `the account's cap has room`.
    pub asks: &'static str,
    /// What was found.
    pub finding: String,
    /// The clause that asks it, where one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

/// Something that came near to firing a trigger.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Attempt {
    /// What was found, in words.
    pub finding: String,
    /// The clause that it is about.
    #[serde(flatten)]
    pub place: Place,
    /// The event, where there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<Evidence>,
    /// The `where` that it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<Clause>,
}

/// What held at an instant that was asked about.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct AtInstant {
    /// The instant.
    pub at: Instant,
    /// False before the user's first record.
    pub known: bool,
    /// The audience; none without an `if`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience: Option<Clause>,
}

/// How an occurrence ended, or why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// A message was sent.
    Sent,
    /// None was.
    NotSent,
    /// It is still to be decided.
    Open,
}

impl Clause {
    /// So many events are kept as evidence of one clause, the latest.
    pub const MOST_EVIDENCE: usize = 12;

    /// A clause without parts or evidence.
    pub(super) fn new(sources: &Sources, span: Span, holds: bool) -> Clause {
        Clause {
            text: one_line(sources.slice(span)),
            row: None,
            place: Place::of(sources, span),
            holds,
            finding: String::new(),
            evidence: Vec::new(),
            evidence_count: 0,
            turns_at: None,
            parts: Vec::new(),
        }
    }

    /// The clause within that made this one what it is: of a row of `and` that does not hold, the first that does not.
    fn deciding(&self) -> Option<&Clause> {
        match (self.row, self.holds) {
            (Some(Row::All), false) => self.parts.iter().find(|part| !part.holds),
            (Some(Row::One), true) => self.parts.iter().find(|part| part.holds),
            (Some(_), _) => None,
            (None, _) => self.parts.first().filter(|_| self.finding.is_empty()),
        }
    }

    /// In one line: the innermost clause that decided, and what was found.
    pub fn short(&self) -> String {
        let (mut decisive, mut named) = (self, None);
        while let Some(deciding) = decisive.deciding() {
            if decisive.row.is_none() && named.is_none() {
                named = Some(decisive);
            }
            decisive = deciding;
        }
        let holds = |clause: &Clause| if clause.holds { "holds" } else { "does not hold" };
        let Some(row) = decisive.row else {
            let text = quoted(&decisive.text);
            return match decisive.finding.as_str() {
                "" => format!("{text} {}", holds(decisive)),
                finding => format!("{text}: {finding}"),
            };
        };
        let all = if row == Row::All { "all of" } else { "none of" };
        let parts: Vec<String> = decisive.parts.iter().map(|part| quoted(&part.text)).collect();
        match named {
            Some(named) => format!("{} {}: {all} {}", quoted(&named.text), holds(named), parts.join(", ")),
            None => format!("{all} {}", parts.join(", ")),
        }
    }
}

impl Place {
    pub(crate) fn of(sources: &Sources, span: Span) -> Place {
        let position = sources.position(span);
        Place { file: sources.name(span.file).to_owned(), line: position.line, column: position.column, span }
    }
}

impl std::fmt::Display for Place {
    /// `shop.camp:14:6`
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

impl Evidence {
    /// An event with those of its properties that are read.
    pub(super) fn of(event: &Event, read: &[&str]) -> Evidence {
        Evidence {
            at: event.at,
            event: event.name.clone(),
            id: event.id.clone(),
            properties: seen(&event.properties, read),
        }
    }
}

/// Those of the properties that are read, in the order in which they are read.
pub(super) fn seen(properties: &Properties, read: &[&str]) -> Vec<Seen> {
    let found = |name: &&str| Some(Seen { name: (*name).into(), value: properties.get(name)?.clone() });
    read.iter().filter_map(found).collect()
}

impl Occurrence {
    /// How it ended.
    pub fn verdict(&self) -> Verdict {
        match self.outcome.as_ref().map(|outcome| outcome.outcome) {
            Some(crate::model::OutcomeKind::Sent) => Verdict::Sent,
            Some(crate::model::OutcomeKind::Pending) => Verdict::Open,
            _ => Verdict::NotSent,
        }
    }

    /// In one line, with times in a zone.
    fn short(&self, zone: &Zone) -> String {
        let times = Times(*zone);
        match (&self.outcome, &self.audience) {
            (Some(outcome), _) if self.verdict() == Verdict::Sent => {
                format!("sent at {}", times.say(outcome.decided_at))
            }
            (Some(outcome), _) => {
                let why = match (&self.audience_when_due, &self.step) {
                    (Some(clause), _) if !clause.holds => clause.short(),
                    (_, Some(step)) => step.finding.clone(),
                    _ => outcome.detail.as_deref().unwrap_or_default().to_owned(),
                };
                format!("{}: {why}", outcome.outcome.name())
            }
            (None, Some(audience)) => format!("not in the audience: {}", audience.short()),
            (None, None) => "not in the audience".to_owned(),
        }
    }
}

impl Explanation {
    /// The user's zone, in which texts show times.
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// In one line: how the last occurrence ended and why, or why there is none.
    pub fn short(&self) -> String {
        if let Some(last) = self.occurrences.last() {
            let said = last.short(&self.zone);
            return match self.occurrences.len() {
                1 => said,
                several => format!("{said} (the last of {several} occurrences)"),
            };
        }
        if !self.known {
            return format!("there is no record of {}", quoted(&self.user));
        }
        match self.attempts.last() {
            Some(attempt) => format!("never triggered: {}", attempt.short()),
            None => "never triggered".to_owned(),
        }
    }

    /// One occurrence in one line.
    pub fn short_of(&self, occurrence: &Occurrence) -> String {
        occurrence.short(&self.zone)
    }
}

impl Attempt {
    /// In one line.
    pub fn short(&self) -> String {
        match &self.filter {
            Some(filter) => format!("{}: {}", self.finding, filter.short()),
            None => self.finding.clone(),
        }
    }
}

/// A cause as explanations show it.
pub(super) fn cause(cause: &machine::Cause) -> Cause {
    match cause {
        machine::Cause::Event { origin, first, .. } => Cause::Event {
            name: origin.event.clone(),
            id: origin.id.clone(),
            at: origin.at,
            after: first.as_ref().map(|first| {
                Box::new(Evidence {
                    at: first.at,
                    event: first.event.clone(),
                    id: first.id.clone(),
                    properties: Vec::new(),
                })
            }),
        },
        machine::Cause::Schedule { .. } | machine::Cause::Date { .. } | machine::Cause::Segment { .. } => {
            Cause::Time { text: cause.occurrence() }
        }
    }
}

/// Lines as one, and without comments.
pub(crate) fn one_line(text: &str) -> String {
    let mut code = text.to_owned();
    for comment in comments(text, FileId::default()).iter().rev() {
        code.replace_range(comment.range(), "");
    }
    code.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}
