//! Records of CleverTap's upload API, and of its export.

use super::json::{Bag, Context, Field, Fields, Held, Scalar, fields};
use super::record::{Good, event, event_name, held, number, profile, template, time, user, wrong_type};
use super::reject::{Problem, RejectKind, shown};
use crate::model::{Text, Value};

fn table(name: &str) -> Field {
    match name {
        "type" => Field::Kind,
        "identity" => Field::User(0),
        "objectId" => Field::User(1),
        "FBID" => Field::User(2),
        "GPID" => Field::User(3),
        "evtName" | "eventName" => Field::Event,
        "ts" => Field::Time,
        "evtData" | "eventProps" => Field::Bag(Bag::Event),
        "profileData" => Field::Bag(Bag::Profile),
        "value" => Field::Number,
        "status" => Field::Status,
        "template" => Field::Template,
        "language" => Field::Language,
        "until" => Field::Until,
        // Only in an export: who did it.
        "profile" => Field::Inside(|name| match name {
            "identity" => Field::User(4),
            "objectId" => Field::User(5),
            _ => Field::Other,
        }),
        _ => Field::Other,
    }
}

const USERS: [&str; 6] = ["identity", "objectId", "FBID", "GPID", "profile.identity", "profile.objectId"];

/// Reads one record. `exported` is the event's name of an export, which stands in its first line only.
pub(super) fn record(
    text: &str,
    context: &mut Context,
    exported: &mut Option<Text>,
) -> Result<Good, Problem> {
    let fields = fields(text, table, context)?;
    let is_event = match &fields.kind {
        Scalar::Text(kind) => match &**kind {
            "event" => true,
            "profile" => false,
            "whatsapp" => {
                let record =
                    number(&fields, ("value", "status", "ts"), ["Unsubscribe", "Resubscribe"], context)?;
                return Ok(Good::Record(record));
            }
            "template" => return Ok(Good::Record(template(&fields, "ts", context)?)),
            "sms" => return Ok(Good::Ignored("sms subscription")),
            "email" => return Ok(Good::Ignored("email subscription")),
            "phone" => return Ok(Good::Ignored("phone subscription")),
            kind => {
                return Err(Problem::new(
                    RejectKind::UnknownType,
                    format!("`type` is `{}`, neither `event` nor `profile`", shown(kind)),
                ));
            }
        },
        Scalar::Missing if is_header(&fields) => {
            *exported = Some(event_name(&fields.event, "eventName", context)?);
            return Ok(Good::Ignored("export header"));
        }
        Scalar::Missing if fields.event != Scalar::Missing || fields.event_properties != Held::Missing => {
            true
        }
        Scalar::Missing if fields.profile_properties != Held::Missing => false,
        Scalar::Missing => {
            return Err(Problem::new(
                RejectKind::UnknownType,
                "no `type`, and neither `evtName` nor `profileData` to tell it by",
            ));
        }
        other => return Err(wrong_type("type", other.kind(), "text")),
    };
    let user = identity(&fields, context)?;
    if is_event {
        let name = match (&fields.event, exported) {
            (Scalar::Missing, Some(name)) => name.clone(),
            (name, _) => event_name(name, "evtName", context)?,
        };
        let at = time(&fields.time, "ts", context)?.ok_or_else(|| {
            Problem::new(
                RejectKind::MissingTime,
                "no `ts`, for which CleverTap takes the time of upload; write the event's time in seconds since 1970",
            )
        })?;
        held(fields.event_properties, "evtData")?;
        Ok(Good::Record(event(user, name, at, None, context)))
    } else {
        let at = time(&fields.time, "ts", context)?;
        held(fields.profile_properties, "profileData")?;
        commands(context)?;
        Ok(Good::Record(profile(user, at, context)))
    }
}

/// The first line of an export's file: the name of the event that all others are.
fn is_header(fields: &Fields<'_>) -> bool {
    fields.event != Scalar::Missing
        && fields.time == Scalar::Missing
        && fields.event_properties == Held::Missing
        && fields.users.iter().all(|user| *user == Scalar::Missing)
}

fn identity(fields: &Fields<'_>, context: &mut Context) -> Result<Text, Problem> {
    for (id, field) in fields.users.iter().zip(USERS) {
        if let Some(user) = user(id, field, context)? {
            return Ok(user);
        }
    }
    Err(Problem::new(RejectKind::MissingUser, "none of `identity`, `objectId`, `FBID` and `GPID`"))
}

/// `{"$delete": 1}` unsets a property; other commands change a value that is not here, and cannot be guessed at.
fn commands(context: &mut Context) -> Result<(), Problem> {
    for (name, value) in &mut context.profile_bag {
        let Some(Value::Object(parts)) = value else { continue };
        let Some(command) = parts.keys().find(|part| part.starts_with('$')) else { continue };
        if &**command != "$delete" || parts.len() > 1 {
            return Err(Problem::new(
                RejectKind::Unsupported,
                format!(
                    "`{}` has the command `{}`; write the value that comes of it",
                    shown(name),
                    shown(command)
                ),
            ));
        }
        *value = None;
    }
    Ok(())
}
