//! What the formats of JSON share: from a record's fields to the model's events and profiles.

use super::json::{Context, Fields, Held, Scalar};
use super::reject::{Problem, RejectKind, shown};
use super::time::{TimeError, TimeForm};
use crate::model::{
    Event, Instant, NumberConsent, ProfileUpdate, Properties, Record, TemplateStatement, TemplateStatus,
    Text, e164,
};

/// What a good row is.
pub(super) enum Good {
    Record(Record),
    /// A call, by its type, that is no event and no profile.
    Ignored(&'static str),
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
    time_as(time, field, TimeForm::Told, context)
}

/// When it happened, in a form that was named.
pub(super) fn time_as(
    time: &Scalar<'_>,
    field: &str,
    form: TimeForm,
    context: &Context,
) -> Result<Option<Instant>, Problem> {
    let clock = &context.clock;
    match time {
        Scalar::Missing => Ok(None),
        Scalar::Text(text) => clock.text(text, form).map(Some).map_err(|error| error.of(field, text)),
        Scalar::Whole(number) => {
            clock.whole(*number, form).map(Some).map_err(|error| error.of(field, &number.to_string()))
        }
        Scalar::Fraction(number) => {
            clock.fraction(*number, form).map(Some).map_err(|error| error.of(field, &number.to_string()))
        }
        Scalar::Large(number) => Err(TimeError::OutOfRange.of(field, &number.to_string())),
        other => Err(wrong_type(field, other.kind(), "a time such as `2026-11-03T10:00:00Z`")),
    }
}

/// An event's id; empty text is none.
pub(super) fn id(id: &Scalar<'_>, field: &str) -> Result<Option<Text>, Problem> {
    match id {
        Scalar::Missing => Ok(None),
        Scalar::Text(id) if id.is_empty() => Ok(None),
        Scalar::Text(id) => Ok(Some(Text::from(&**id))),
        Scalar::Whole(id) => Ok(Some(id.to_string().into())),
        Scalar::Large(id) => Ok(Some(id.to_string().into())),
        other => Err(wrong_type(field, other.kind(), "text")),
    }
}

/// What is said of a phone number: the two words are those for a blocked one and for one that is free again.
pub(super) fn number(
    fields: &Fields<'_>,
    (number_field, status_field, time_field): (&str, &str, &str),
    [blocked, free]: [&str; 2],
    context: &Context,
) -> Result<Record, Problem> {
    let number = match &fields.number {
        Scalar::Text(written) => e164(written)
            .map_err(|error| Problem::new(RejectKind::BadPhone, format!("`{number_field}`: {error}")))?,
        Scalar::Missing => {
            return Err(Problem::new(RejectKind::BadPhone, format!("no `{number_field}`")));
        }
        other => return Err(wrong_type(number_field, other.kind(), "text")),
    };
    let blocked = match &fields.status {
        Scalar::Text(status) if **status == *blocked => true,
        Scalar::Text(status) if **status == *free => false,
        status => {
            let found = match status {
                Scalar::Text(status) => format!("`{}`", shown(status)),
                status => status.kind().to_owned(),
            };
            return Err(Problem::new(
                RejectKind::BadStatus,
                format!("`{status_field}` is {found}, neither `{blocked}` nor `{free}`"),
            ));
        }
    };
    let at = time(&fields.time, time_field, context)?;
    Ok(Record::Number(NumberConsent { number, at, blocked }))
}

/// What the provider says of a template, in Graph's words in any case.
pub(super) fn template(fields: &Fields<'_>, time_field: &str, context: &Context) -> Result<Record, Problem> {
    let template = match &fields.template {
        Scalar::Text(name) if !name.trim().is_empty() => Text::from(name.trim()),
        Scalar::Text(_) => {
            return Err(Problem::new(RejectKind::MissingTemplate, "`template` is empty"));
        }
        Scalar::Missing => return Err(Problem::new(RejectKind::MissingTemplate, "no `template`")),
        other => return Err(wrong_type("template", other.kind(), "text")),
    };
    let language = match &fields.language {
        Scalar::Missing => None,
        Scalar::Text(code) if code.trim().is_empty() => None,
        Scalar::Text(code) => Some(Text::from(code.trim())),
        other => return Err(wrong_type("language", other.kind(), "text")),
    };
    let said = match &fields.status {
        Scalar::Text(status) => status.to_ascii_uppercase(),
        status => status.kind().to_owned(),
    };
    let status = match said.as_str() {
        "APPROVED" | "REINSTATED" => TemplateStatus::Approved,
        "PAUSED" => TemplateStatus::Paused { until: time(&fields.until, "until", context)? },
        "DISABLED" => TemplateStatus::Disabled,
        _ => {
            let found = match &fields.status {
                Scalar::Text(status) => format!("`{}`", shown(status)),
                status => status.kind().to_owned(),
            };
            let known = "none of `APPROVED`, `REINSTATED`, `PAUSED` and `DISABLED`";
            return Err(Problem::new(RejectKind::BadStatus, format!("`status` is {found}, {known}")));
        }
    };
    let at = time(&fields.time, time_field, context)?;
    Ok(Record::Template(TemplateStatement { template, language, at, status }))
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
