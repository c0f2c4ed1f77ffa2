//! Calls of the Segment specification: `track` is an event, `identify` a profile.

use super::json::{Bag, Context, Field, Fields, Held, Scalar, fields};
use super::reject::{Problem, RejectKind, shown};
use super::time::TimeForm;
use crate::model::{Event, Instant, ProfileUpdate, Properties, Record, Text};

/// What a good row is.
pub(super) enum Good {
    Record(Record),
    /// A call, by its type, that is no event and no profile.
    Ignored(&'static str),
}

fn table(name: &str) -> Field {
    match name {
        "type" => Field::Kind,
        "userId" => Field::User(USER),
        "anonymousId" => Field::User(ANONYMOUS),
        "event" => Field::Event,
        "timestamp" => Field::Time,
        "messageId" => Field::Id,
        "properties" => Field::Bag(Bag::Event),
        "traits" => Field::Bag(Bag::Profile),
        _ => Field::Other,
    }
}

const USER: usize = 0;
const ANONYMOUS: usize = 1;

/// Reads one call.
pub(super) fn call(text: &str, context: &mut Context) -> Result<Good, Problem> {
    let fields = fields(text, table, context)?;
    let is_event = match &fields.kind {
        Scalar::Text(kind) => match &**kind {
            "track" => true,
            "identify" => false,
            "page" => return Ok(Good::Ignored("page")),
            "screen" => return Ok(Good::Ignored("screen")),
            "group" => return Ok(Good::Ignored("group")),
            "alias" => return Ok(Good::Ignored("alias")),
            kind => {
                return Err(Problem::new(
                    RejectKind::UnknownType,
                    format!("`type` is `{}`; events are `track`, profiles `identify`", shown(kind)),
                ));
            }
        },
        // Logs of one kind of call are often written without it.
        Scalar::Missing if fields.event != Scalar::Missing => true,
        Scalar::Missing if fields.profile_properties != Held::Missing => false,
        Scalar::Missing => {
            return Err(Problem::new(
                RejectKind::UnknownType,
                "no `type`, and neither an `event` nor `traits` to tell it by",
            ));
        }
        other => return Err(wrong_type("type", other.kind(), "text")),
    };
    let user = caller(&fields, context)?;
    if is_event {
        let name = event_name(&fields.event, "event", context)?;
        let at = time(&fields.time, "timestamp", context)?.ok_or_else(|| {
            Problem::new(RejectKind::MissingTime, "no `timestamp`, such as `2026-11-03T10:00:00Z`")
        })?;
        let id = id(&fields.id)?;
        held(fields.event_properties, "properties")?;
        Ok(Good::Record(event(user, name, at, id, context)))
    } else {
        let at = time(&fields.time, "timestamp", context)?;
        held(fields.profile_properties, "traits")?;
        Ok(Good::Record(profile(user, at, context)))
    }
}

fn caller(fields: &Fields<'_>, context: &mut Context) -> Result<Text, Problem> {
    let [user_id, anonymous_id, ..] = &fields.users;
    if let Some(user) = user(user_id, "userId", context)? {
        return Ok(user);
    }
    Err(match anonymous_id {
        Scalar::Missing => Problem::new(RejectKind::MissingUser, "no `userId`"),
        _ => Problem::new(
            RejectKind::AnonymousUser,
            "no `userId`, only `anonymousId`: a message needs somebody known; write the `userId` that the visitor turned out to be",
        ),
    })
}

/// A user's id: text, or a whole number as its digits.
pub(super) fn user(id: &Scalar<'_>, field: &str, context: &mut Context) -> Result<Option<Text>, Problem> {
    match id {
        Scalar::Missing => Ok(None),
        Scalar::Text(id) if id.trim().is_empty() => {
            Err(Problem::new(RejectKind::EmptyUser, format!("`{field}` is empty")))
        }
        Scalar::Text(id) => Ok(Some(context.users.get(id))),
        Scalar::Whole(id) => Ok(Some(context.users.get(&id.to_string()))),
        Scalar::Large(id) => Ok(Some(context.users.get(&id.to_string()))),
        other => Err(wrong_type(field, other.kind(), "text")),
    }
}

/// An event's name.
pub(super) fn event_name(name: &Scalar<'_>, field: &str, context: &mut Context) -> Result<Text, Problem> {
    match name {
        Scalar::Missing => Err(Problem::new(RejectKind::MissingEvent, format!("no `{field}`"))),
        Scalar::Text(name) if name.is_empty() => {
            Err(Problem::new(RejectKind::MissingEvent, format!("`{field}` is empty")))
        }
        Scalar::Text(name) => Ok(context.names.get(name)),
        other => Err(wrong_type(field, other.kind(), "text")),
    }
}

/// When it happened, if that is said.
pub(super) fn time(time: &Scalar<'_>, field: &str, context: &Context) -> Result<Option<Instant>, Problem> {
    let clock = &context.clock;
    match time {
        Scalar::Missing => Ok(None),
        Scalar::Text(text) => {
            clock.text(text, TimeForm::Told).map(Some).map_err(|error| error.of(field, text))
        }
        Scalar::Whole(number) => clock
            .whole(*number, TimeForm::Told)
            .map(Some)
            .map_err(|error| error.of(field, &number.to_string())),
        Scalar::Fraction(number) => clock
            .fraction(*number, TimeForm::Told)
            .map(Some)
            .map_err(|error| error.of(field, &number.to_string())),
        Scalar::Large(number) => Err(super::time::TimeError::OutOfRange.of(field, &number.to_string())),
        other => Err(wrong_type(field, other.kind(), "a time such as `2026-11-03T10:00:00Z`")),
    }
}

fn id(id: &Scalar<'_>) -> Result<Option<Text>, Problem> {
    match id {
        Scalar::Missing => Ok(None),
        Scalar::Text(id) if id.is_empty() => Ok(None),
        Scalar::Text(id) => Ok(Some(Text::from(&**id))),
        Scalar::Whole(id) => Ok(Some(id.to_string().into())),
        Scalar::Large(id) => Ok(Some(id.to_string().into())),
        other => Err(wrong_type("messageId", other.kind(), "text")),
    }
}

/// That a field of properties holds properties, if anything.
pub(super) fn held(held: Held, field: &str) -> Result<(), Problem> {
    match held {
        Held::Missing | Held::Properties => Ok(()),
        Held::Other(kind) => Err(wrong_type(field, kind, "an object")),
    }
}

#[cold]
pub(super) fn wrong_type(field: &str, kind: &str, wanted: &str) -> Problem {
    Problem::new(RejectKind::WrongType, format!("`{field}` is {kind}, not {wanted}"))
}

/// The event whose properties were read.
pub(super) fn event(user: Text, name: Text, at: Instant, id: Option<Text>, context: &mut Context) -> Record {
    let mut properties = Properties::new();
    for (name, value) in context.event_bag.drain(..) {
        match value {
            Some(value) => properties.set(name, value),
            // A name that is written twice, the second time as null, is missing.
            None => properties.unset(&name),
        }
    }
    Record::Event(Event { user, name, at, id, properties })
}

/// The profile change whose properties were read.
pub(super) fn profile(user: Text, at: Option<Instant>, context: &mut Context) -> Record {
    Record::Profile(ProfileUpdate { user, at, changes: std::mem::take(&mut context.profile_bag) })
}
