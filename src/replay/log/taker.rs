//! One thread's way through the batches of a log: what each event does is found in the columns, and no event is made of a row.

use std::sync::{Mutex, PoisonError};

use super::look::{Look, is_kept};
use super::part::{NOTHING, Part, Turn};
use super::shape::Shape;
use crate::columns::{Batch, Column, Names, Values};
use crate::model::{Instant, NameMap, Properties, Record, Text, Value, fingerprint};
use crate::program::{Capture, Classifier, EventExtra, Origin, Program, Reaction, Tables};

/// What one thread uses to take in batches.
pub(super) struct Taker<'p> {
    program: &'p Program,
    shared: &'p Mutex<Classifier>,
    own: Classifier,
    /// The shared number of each of the own reactions.
    numbers: Vec<u32>,
    /// By the numbers of plans.
    shapes: Vec<Option<Shape<'p>>>,
    pub(super) part: Part,
    /// Not all properties of events are read.
    pub(super) narrow: bool,
    /// An event was met of which all would have been asked for.
    pub(super) lacks: bool,
}

/// The events of one name, in one batch.
struct Named<'b> {
    name: Text,
    plan: usize,
    /// Some rule reads them.
    is_read: bool,
    /// The door may change them: each is made, and passes it.
    by_record: bool,
    look: Option<Look<'b>>,
}

/// The names of a batch's events, by their places among those that were met.
enum Places<'b> {
    Constant,
    Codes(&'b [i32], &'b [Value], Vec<u32>),
    Words(&'b Column<'b>, NameMap<Text, u32>),
}

const UNMET: u32 = u32::MAX;

impl<'p> Taker<'p> {
    pub(super) fn new(program: &'p Program, shared: &'p Mutex<Classifier>) -> Taker<'p> {
        Taker {
            program,
            shared,
            own: Classifier::default(),
            numbers: Vec::new(),
            shapes: Vec::new(),
            part: Part::default(),
            narrow: false,
            lacks: false,
        }
    }

    fn tables(&self) -> &'p Tables {
        self.program.tables()
    }

    /// Takes a batch in.
    pub(super) fn batch(&mut self, batch: &Batch<'_>) {
        let mut met: Vec<Named<'_>> = Vec::new();
        let mut places = match &batch.name {
            Names::Constant(name) => {
                met.push(self.named(name.clone(), batch));
                Places::Constant
            }
            Names::Column(column) => match column.values {
                Values::Codes { codes, dictionary } => {
                    Places::Codes(codes, dictionary, vec![UNMET; dictionary.len()])
                }
                _ => Places::Words(column, NameMap::default()),
            },
        };
        let mut turn = Turn::Nobody;
        let mut records = batch.records.iter().peekable();
        for row in 0..batch.rows {
            while let Some((_, record)) = records.next_if(|(before, _)| *before <= row) {
                self.part.record(&mut turn, record.clone());
            }
            if batch.refused.is_some_and(|refused| refused.get(row)) {
                continue;
            }
            let (Some(at), Some(place)) = (batch.instant(row), self.place(&mut places, &mut met, batch, row))
            else {
                continue;
            };
            let Some(named) = met.get_mut(place) else { continue };
            self.part.turn(&mut turn, batch, row);
            self.part.see(at);
            self.row(batch, row, at, named);
        }
        records.for_each(|(_, record)| self.part.record(&mut turn, record.clone()));
    }

    /// The place of a row's name among those that were met.
    #[inline]
    fn place<'b>(
        &mut self,
        places: &mut Places<'b>,
        met: &mut Vec<Named<'b>>,
        batch: &'b Batch<'b>,
        row: usize,
    ) -> Option<usize> {
        match places {
            Places::Constant => Some(0),
            Places::Codes(codes, dictionary, known) => {
                let code = usize::try_from(*codes.get(row)?).ok()?;
                let known = known.get_mut(code)?;
                if *known == UNMET {
                    let Value::Text(name) = dictionary.get(code)? else { return None };
                    *known = u32::try_from(met.len()).ok()?;
                    met.push(self.named(name.clone(), batch));
                }
                Some(*known as usize)
            }
            Places::Words(column, known) => {
                if let Some(place) = column.with_word(row, |name| known.get(name).copied())? {
                    return Some(place as usize);
                }
                let name = column.word(row)?;
                known.insert(name.clone(), u32::try_from(met.len()).ok()?);
                met.push(self.named(name, batch));
                Some(met.len() - 1)
            }
        }
    }

    /// Looks at the events of a name for the first time in a batch.
    fn named<'b>(&mut self, name: Text, batch: &'b Batch<'b>) -> Named<'b> {
        let tables = self.tables();
        let (plan, of) = tables.plan_of(&name);
        let kept =
            |(property, column): &(Text, Column<'_>)| is_kept(&tables.rulebook, &name, property, column);
        let is_declared = tables.rulebook.event_schema(&name).is_some();
        let by_record = is_declared && !batch.properties.iter().all(kept);
        let is_read = !of.uses.is_empty();
        let look = (is_read && !by_record).then(|| {
            if self.shapes.len() <= plan {
                self.shapes.resize_with(plan + 1, || None);
            }
            let shape = self
                .shapes
                .get_mut(plan)
                .map(|shape| &*shape.get_or_insert_with(|| Shape::new(plan, tables)));
            shape.map(|shape| Look::new(batch, &of.slots, shape))
        });
        // A text of this thread's own: counting those who share one costs more between threads.
        Named { name: Text::from(&*name), plan, is_read, by_record, look: look.flatten() }
    }

    fn row(&mut self, batch: &Batch<'_>, row: usize, at: Instant, named: &mut Named<'_>) {
        let fingerprint = |id: &str| fingerprint([self.part.user().as_bytes(), id.as_bytes()]);
        let id = batch.id.as_ref().and_then(|ids| ids.with_word(row, fingerprint));
        if id.is_none() {
            self.part.happened(at);
        }
        let found = if named.by_record {
            self.record(batch, row, named)
        } else if named.is_read {
            self.columns(batch, row, at, named, id.is_some())
        } else {
            None
        };
        match found {
            Some((own, extra)) => {
                self.lacks |=
                    self.narrow && id.is_none() && self.own.reaction(own).is_some_and(Reaction::needs_origin);
                let kind = self.shared(named.plan, own);
                self.part.item(at, kind, extra, id);
            }
            None if id.is_some() => self.part.item(at, NOTHING, None, id),
            None => {}
        }
    }

    /// What an event does that passes the door.
    #[cold]
    fn record(
        &mut self,
        batch: &Batch<'_>,
        row: usize,
        named: &Named<'_>,
    ) -> Option<(u32, Option<EventExtra>)> {
        let admitted = self.program.rulebook().admit(Record::Event(batch.event(row)?));
        self.part.unfit += u64::from(admitted.unfit);
        let Record::Event(event) = admitted.record else { return None };
        if !named.is_read {
            return None;
        }
        self.own.classify(self.tables(), &event)
    }

    /// What an event does, by its columns.
    fn columns(
        &mut self,
        batch: &Batch<'_>,
        row: usize,
        at: Instant,
        named: &mut Named<'_>,
        has_id: bool,
    ) -> Option<(u32, Option<EventExtra>)> {
        let tables = self.tables();
        let Named { name, plan, look, .. } = named;
        let (look, shape) = (look.as_mut()?, self.shapes.get_mut(*plan)?.as_mut()?);
        let seen = tables.clocks().at(at);
        let classes = look.classes(row, shape, &seen);
        let kind = shape.reaction(classes, tables, &mut self.own)?;
        let reaction = self.own.reaction(kind)?;
        if !reaction.needs_extra() {
            return Some((kind, None));
        }
        let values = look.values(row, &shape.kept);
        let filled: Vec<Option<&Value>> = values.iter().map(Option::as_ref).collect();
        let part = &self.part;
        let origin = || Origin {
            event: name.clone(),
            id: batch.id.as_ref().filter(|_| has_id).and_then(|ids| ids.word(row)),
            content: if has_id { 0 } else { batch.content(row, part.user(), name, at) },
            at,
            properties: match &shape.of.capture {
                Capture::Nothing => Properties::new(),
                Capture::All => batch.properties(row, |_| true),
                Capture::Names(names) => batch.properties(row, |name| names.contains(name)),
            },
        };
        Some((kind, reaction.extra(tables, shape.of, &filled, &seen, origin)))
    }

    /// The number that all threads have for one of the own reactions.
    #[inline]
    fn shared(&mut self, plan: usize, own: u32) -> u32 {
        match self.numbers.get(own as usize) {
            Some(number) if *number != UNMET => *number,
            _ => self.share(plan, own),
        }
    }

    #[cold]
    fn share(&mut self, plan: usize, own: u32) -> u32 {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        let number = shared.adopt(&self.own, plan, own).unwrap_or(NOTHING);
        drop(shared);
        let place = own as usize;
        if self.numbers.len() <= place {
            self.numbers.resize(place + 1, UNMET);
        }
        if let Some(known) = self.numbers.get_mut(place) {
            *known = number;
        }
        number
    }
}
