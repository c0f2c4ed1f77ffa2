//! Calls of the Segment specification: `track` is an event, `identify` a profile.

use super::json::{Bag, Context, Field, Fields, Held, Scalar, fields};
use super::record::{Good, event, event_name, held, id, number, profile, template, time, user, wrong_type};
use super::reject::{Problem, RejectKind, shown};
use crate::model::Text;

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
        "number" => Field::Number,
        "status" => Field::Status,
        "template" => Field::Template,
        "language" => Field::Language,
        "until" => Field::Until,
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
            "number" => {
                let record =
                    number(&fields, ("number", "status", "timestamp"), ["blocked", "free"], context)?;
                return Ok(Good::Record(record));
            }
            "template" => return Ok(Good::Record(template(&fields, "timestamp", context)?)),
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
        let id = id(&fields.id, "messageId")?;
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
