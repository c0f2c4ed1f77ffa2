use chrono::NaiveDate;
use serde::Serialize;

use crate::model::{Instant, Text};

/// What a log holds, by name, regardless of upper and lower case.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Inferred {
    /// All users of events and profiles.
    pub users: u64,
    /// The events.
    pub events: Vec<EventShape>,
    /// Events under further names than are told apart.
    pub events_beyond: u64,
    /// The profile; none when no profile came.
    pub profile: Option<ProfileShape>,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EventShape {
    /// Its name.
    pub name: Text,
    /// Why it cannot be declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<Refusal>,
    /// How often it came.
    pub count: u64,
    /// Of how many users.
    pub users: u64,
    /// The earliest and the latest.
    pub between: Option<(Instant, Instant)>,
    /// A more frequent event whose name differs in nothing but case, spaces and dashes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alike: Option<Text>,
    /// Its properties.
    pub properties: Vec<PropertyShape>,
    /// Values under further names than are told apart.
    pub beyond: u64,
}

/// What is known of users.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProfileShape {
    /// How many rows came.
    pub rows: u64,
    /// Of how many users.
    pub users: u64,
    /// The properties.
    pub properties: Vec<PropertyShape>,
    /// Values under further names than are told apart.
    pub beyond: u64,
}

/// One property, or a part of an object.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PropertyShape {
    /// Its name.
    pub name: Text,
    /// Why it cannot be declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<Refusal>,
    /// How many have it: events, objects; of a profile, users.
    pub present: u64,
    /// Of how many.
    pub of: u64,
    /// A more frequent property whose name differs in nothing but case, spaces and dashes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alike: Option<Text>,
    /// What it holds.
    #[serde(flatten)]
    pub shape: Shape,
}

/// What the values of one place are.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Shape {
    /// The kind to declare.
    pub kind: Kind,
    /// How many values there were.
    pub values: u64,
    /// How many of them come in as something else and are converted to the kind.
    pub converted: u64,
    /// How many of them cannot be of the kind: declared so, they are missing.
    pub lost: u64,
    /// What is converted or lost, by what it is.
    pub odd: Vec<Odd>,
    /// The least and the greatest value, as text: of numbers, dates, instants; of lists, how long they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub between: Option<(String, String)>,
    /// How many different texts there were; none when more than are told apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub different: Option<usize>,
    /// The values themselves with their counts, the most frequent first: of yes/no, and of texts that are few and frequent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub common: Vec<(String, u64)>,
    /// What the items of a list are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<Box<Shape>>,
    /// The parts of an object.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<PropertyShape>,
    /// Values under further names than are told apart.
    #[serde(skip_serializing_if = "is_zero")]
    pub beyond: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Values that are not of the declared kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Odd {
    /// What they are: `text`, `empty text`, `number`, `yes/no`, `date`, `instant`, `list`, `empty list`, `object`.
    pub what: &'static str,
    /// How many.
    pub count: u64,
    /// Whether the declaration converts them; else they are missing.
    pub kept: bool,
    /// A few of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<String>,
}

/// The kinds of the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// `text`
    Text,
    /// `number`
    Number,
    /// `yes/no`
    #[serde(rename = "yes/no")]
    Boolean,
    /// `date`
    Date,
    /// `instant`
    Instant,
    /// `timezone`
    TimeZone,
    /// `list of …`
    List,
    /// `{ … }`
    Object,
}

impl Kind {
    /// The word of the language; for lists and objects, what people call them.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Text => "text",
            Kind::Number => "number",
            Kind::Boolean => "yes/no",
            Kind::Date => "date",
            Kind::Instant => "instant",
            Kind::TimeZone => "timezone",
            Kind::List => "list",
            Kind::Object => "object",
        }
    }
}

/// Why something that came cannot be declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The language has no way to write its name: an empty one, or one with a line break.
    Name,
    /// It is a list of lists.
    ListOfLists,
    /// It lies deeper in objects than rules can say.
    TooDeep,
}

/// A range of days as text.
pub(super) fn days(ends: (NaiveDate, NaiveDate)) -> (String, String) {
    (ends.0.to_string(), ends.1.to_string())
}
