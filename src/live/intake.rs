//! Records on their way in: what is refused, what is a duplicate, what is late.

use super::inbox::{Input, Queued};
use super::{Engine, EngineError, Ingested, UNDATED};
use crate::machine::User;
use crate::model::{Event, Instant, NumberConsent, ProfileUpdate, Record, TemplateStatement, Text, Value};

/// The names of so many properties of profiles are shared.
const NAMES: usize = 4_096;

impl Engine {
    /// Takes in records that were taken in before: none of them is refused.
    #[cfg(feature = "durable")]
    pub(crate) fn ingest_again(&mut self, records: Vec<Record>) {
        let mut ingested = Ingested::default();
        records.into_iter().for_each(|record| self.take(record, &mut ingested));
    }

    pub(super) fn take(&mut self, record: Record, ingested: &mut Ingested) {
        let admitted = self.program.rulebook().admit(record);
        ingested.unfit += admitted.unfit as u64;
        match admitted.record {
            Record::Event(event) => self.ingest_event(&event, ingested),
            Record::Profile(update) => self.ingest_profile(update, ingested),
            Record::Number(statement) => self.ingest_number(&statement, ingested),
            Record::Template(statement) => self.ingest_template(statement, ingested),
        }
    }

    /// Why a record cannot be taken in; none where it can.
    pub(crate) fn refusal(&self, record: &Record) -> Option<String> {
        let outside = record.at().and_then(|at| unsupported(at, whose(record)));
        outside.or_else(|| too_deep(record)).or_else(|| {
            let Record::Event(Event { user, at, id: Some(id), .. }) = record else { return None };
            let dropped = self.ids.dropped().filter(|dropped| at <= dropped)?;
            Some(format!(
                "the event `{id}` of `{user}` is of {at}, and ids of events up to {dropped} are not kept any more: it may have counted before"
            ))
        })
    }

    fn ingest_event(&mut self, event: &Event, ingested: &mut Ingested) {
        self.see(event.at);
        let user = self.user(&event.user);
        if let Some(id) = &event.id
            && !self.ids.insert(user, id, event.at)
        {
            ingested.duplicates += 1;
            return;
        }
        let input = match self.classifier.classify(self.program.tables(), event) {
            Some((reaction, extra)) => Input::Event(user, reaction, extra),
            None => Input::Seen(user),
        };
        self.enqueue(Queued { at: event.at, input }, ingested);
    }

    fn ingest_profile(&mut self, mut update: ProfileUpdate, ingested: &mut Ingested) {
        for (name, _) in &mut update.changes {
            self.share(name);
        }
        if let Some(at) = update.at {
            self.see(at);
        }
        let user = self.user(&update.user);
        let at = update.at.unwrap_or(UNDATED);
        self.enqueue(Queued { at, input: Input::Profile(user, update) }, ingested);
    }

    /// A name that stands in a million profiles stands in memory once.
    fn share(&mut self, name: &mut Text) {
        match self.names.get(name) {
            Some(known) => *name = known.clone(),
            None if self.names.len() < NAMES => _ = self.names.insert(name.clone()),
            None => {}
        }
    }

    fn ingest_number(&mut self, statement: &NumberConsent, ingested: &mut Ingested) {
        if let Some(at) = statement.at {
            self.see(at);
        }
        let at = statement.at.unwrap_or(UNDATED);
        let input = Input::Number(statement.number.clone(), statement.blocked);
        self.enqueue(Queued { at, input }, ingested);
    }

    fn ingest_template(&mut self, statement: TemplateStatement, ingested: &mut Ingested) {
        if let Some(at) = statement.at {
            self.see(at);
        }
        let at = statement.at.unwrap_or(UNDATED);
        self.enqueue(Queued { at, input: Input::Template(statement) }, ingested);
    }

    fn enqueue(&mut self, queued: Queued, ingested: &mut Ingested) {
        let late = self.closed.is_some_and(|closed| queued.at <= closed);
        ingested.accepted += 1;
        ingested.late += u64::from(late);
        self.inbox.put(queued, late);
    }

    fn see(&mut self, at: Instant) {
        self.earliest = Some(self.earliest.map_or(at, |earliest| earliest.min(at)));
    }

    fn user(&mut self, id: &Text) -> u32 {
        if let Some(user) = self.user_index.get(id) {
            return *user;
        }
        let number = self.group.add(User::new(id.clone(), self.program.tables()));
        self.user_index.insert(id.clone(), number);
        number
    }
}

pub(super) fn supported(at: Instant, whose: &str) -> Result<(), EngineError> {
    unsupported(at, whose).map_or(Ok(()), |problem| Err(EngineError { problem }))
}

fn unsupported(at: Instant, whose: &str) -> Option<String> {
    let outside = !at.is_supported();
    outside.then(|| format!("the instant {at} of `{whose}` is not between the years 1900 and 2199"))
}

/// What lies deeper could not be saved.
fn too_deep(record: &Record) -> Option<String> {
    let is_too_deep = |value: &Value| value.is_deeper_than(Value::DEEPEST);
    let name = match record {
        Record::Event(event) => event.properties.iter().find(|(_, value)| is_too_deep(value))?.0,
        Record::Profile(update) => {
            let changed = |(_, value): &&(Text, Option<Value>)| value.as_ref().is_some_and(is_too_deep);
            &update.changes.iter().find(changed)?.0
        }
        Record::Number(_) | Record::Template(_) => return None,
    };
    Some(format!(
        "the value `{name}` of `{}` has more than {} lists and objects within one another",
        whose(record),
        Value::DEEPEST
    ))
}

fn whose(record: &Record) -> &str {
    match record {
        Record::Event(event) => &event.user,
        Record::Profile(update) => &update.user,
        Record::Number(statement) => &statement.number,
        Record::Template(statement) => &statement.template,
    }
}
