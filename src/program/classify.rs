//! The one look at an event: from names and properties to a reaction.

use std::sync::Arc;

use crate::language::ast::Receipt;
use crate::model::{Event, Instant, JobId, NameMap, Properties, Text, Value};
use crate::saved::{Damage, Restorer, Saved, Saver, saved};

use super::dates::date_of;
use super::deferred::{Deferred, Open};
use super::predicate::{Read, Seen, key, sum};
use super::{Capture, Effect, Ending, EventPlan, GoalUse, Remember, Start, Tables, Values, When};

/// An event as the machine sees it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fact<'a> {
    pub(crate) at: Instant,
    pub(crate) reaction: &'a Reaction,
    pub(crate) extra: Option<&'a EventExtra>,
    /// It came after its instant was over: it corrects history and fires nothing.
    pub(crate) late: bool,
    /// From when on what it changes is asked: its own instant, of a late one the first that is still open.
    pub(crate) known: Instant,
}

/// What one kind of event (a name, and which filters hold) does.
#[derive(Debug, Default)]
pub(crate) struct Reaction {
    pub(crate) counters: Box<[u32]>,
    pub(crate) remembers: Box<[Remember]>,
    /// Which of the plan's values these need, or may need when they are settled.
    pub(crate) values: Box<[u32]>,
    pub(crate) stops: Box<[Ending]>,
    pub(crate) cancels: Box<[Ending]>,
    pub(crate) expects: Box<[Ending]>,
    pub(crate) watches: Box<[u32]>,
    pub(crate) starts: Box<[Start]>,
    /// What it says of a message, if it is a receipt.
    pub(crate) receipt: Option<Receipt>,
    pub(crate) goals: Box<[GoalUse]>,
    /// What only the user's clock can tell: the machine settles it, and the rest here is empty until then.
    pub(crate) open: Option<Box<Open>>,
}

impl Reaction {
    /// What several effects do together.
    pub(crate) fn of<'e>(effects: impl Iterator<Item = &'e Effect>) -> Reaction {
        let (mut counters, mut stops, mut cancels) = (vec![], vec![], vec![]);
        let (mut expects, mut watches, mut starts) = (vec![], vec![], vec![]);
        let mut remembers = vec![];
        let (mut receipt, mut goals) = (None, vec![]);
        for effect in effects {
            match effect {
                Effect::Count(counter) => counters.push(*counter),
                Effect::Remember(remember) => remember.add_to(&mut remembers),
                Effect::Stop(ending) => stops.push(ending.clone()),
                Effect::Cancel(ending) => cancels.push(ending.clone()),
                Effect::Watch(segment) if watches.contains(segment) => {}
                Effect::Watch(segment) => watches.push(*segment),
                Effect::Expect(expected) => expects.push(expected.clone()),
                Effect::Start(start) => starts.push(start.clone()),
                Effect::Receipt(kind) => receipt = Some(*kind),
                Effect::Goal(goal) => goals.push(goal.clone()),
            }
        }
        Reaction {
            counters: counters.into(),
            values: values(&remembers),
            remembers: remembers.into(),
            stops: stops.into(),
            cancels: cancels.into(),
            expects: expects.into(),
            watches: watches.into(),
            starts: starts.into(),
            receipt,
            goals: goals.into(),
            open: None,
        }
    }

    /// What must be kept of an event for it, if anything: from the values of the plan's slots, and its origin where that is asked for.
    pub(crate) fn extra(
        &self,
        tables: &Tables,
        plan: &EventPlan,
        filled: &[Option<&Value>],
        seen: &Seen<'_>,
        origin: impl FnOnce() -> Origin,
    ) -> Option<EventExtra> {
        let at = |slot: usize| filled.get(slot).copied().flatten();
        self.needs_extra().then(|| EventExtra {
            keys: plan.keys.iter().map(|path| key(at(path.slot), &path.rest)).collect(),
            values: Values::take(&self.values, &plan.values, filled, seen),
            dates: plan.dates.iter().map(|path| date_of(at(path.slot), &path.rest, &tables.zone)).collect(),
            kept: match &self.open {
                None => Box::default(),
                Some(_) => plan.kept(filled),
            },
            origin: self.needs_origin().then(|| Arc::new(origin())),
            about: plan.about.map(|slots| tables.about(slots, filled)),
            refused: plan.code.is_some_and(|code| is_refusal(at(code))),
            sums: plan.sums.iter().map(|path| sum(at(path.slot), &path.rest)).collect(),
        })
    }

    fn is_nothing(&self) -> bool {
        self.counters.is_empty()
            && self.remembers.is_empty()
            && self.watches.is_empty()
            && !self.needs_extra()
    }

    pub(crate) fn needs_extra(&self) -> bool {
        let settled = self.stops.is_empty() && self.cancels.is_empty();
        !settled
            || self.open.is_some()
            || self.needs_origin()
            || self.tells_results()
            || self.remembers.iter().any(Remember::needs_extra)
    }

    /// Whether it may make a trigger fire, now or later.
    pub(crate) fn may_start(&self) -> bool {
        let starts = |effect: &Effect| matches!(effect, Effect::Start(_));
        let open =
            self.open.as_deref().is_some_and(|open| open.uses.iter().any(|(_, effect)| starts(effect)));
        open || !self.starts.is_empty()
    }

    /// Whether it may say anything of messages that went before it.
    pub(crate) fn tells_results(&self) -> bool {
        self.receipt.is_some() || !self.goals.is_empty()
    }

    /// Whether an event's content may be asked for.
    pub(crate) fn needs_origin(&self) -> bool {
        let needs = |effect: &Effect| matches!(effect, Effect::Start(_) | Effect::Expect(_));
        let open = self.open.as_deref().is_some_and(|open| open.uses.iter().any(|(_, effect)| needs(effect)));
        open || !self.starts.is_empty() || !self.expects.is_empty()
    }
}

/// Which values are needed to remember all this, each once.
fn values<'r>(remembers: impl IntoIterator<Item = &'r Remember>) -> Box<[u32]> {
    let mut values: Vec<u32> = remembers.into_iter().filter_map(Remember::value).collect();
    values.sort_unstable();
    values.dedup();
    values.into()
}

/// What a pattern of bits settles of a filter.
pub(crate) enum Settle {
    Known(bool),
    Open(Deferred),
}

/// What is kept of an event beyond its reaction, where the reaction needs it.
#[derive(Debug)]
pub(crate) struct EventExtra {
    pub(crate) keys: Box<[Option<u128>]>,
    /// What is remembered of the properties.
    pub(crate) values: Values,
    /// The dates that it plans.
    pub(crate) dates: Box<[Option<Read>]>,
    /// The values by slot that what is left open asks for.
    pub(crate) kept: Box<[(usize, Value)]>,
    pub(crate) origin: Option<Arc<Origin>>,
    /// Which message a receipt is about.
    pub(crate) about: Option<About>,
    /// It says that the provider takes no more marketing for the user now.
    pub(crate) refused: bool,
    /// For each of the plan's sums, the numbers of this event together, in millionths.
    pub(crate) sums: Box<[i128]>,
}

saved!(struct EventExtra { keys, values, dates, kept, origin, about, refused, sums });

/// Which message a receipt is about, as far as it says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct About {
    pub(crate) job: Option<JobId>,
    pub(crate) campaign: Option<u32>,
}

saved!(struct About { job, campaign });

/// What is kept of an event that may become a message's trigger.
#[derive(Debug)]
pub(crate) struct Origin {
    pub(crate) event: Text,
    pub(crate) id: Option<Text>,
    /// The fingerprint of its content, when it has no id.
    pub(crate) content: u128,
    pub(crate) at: Instant,
    /// The properties that messages can ask for.
    pub(crate) properties: Properties,
}

impl Saved for Origin {
    fn save(&self, to: &mut Saver<'_>) {
        let Origin { event, id, content, at, properties } = self;
        to.name(event);
        id.save(to);
        content.save(to);
        at.save(to);
        properties.save(to);
    }

    fn restore(from: &mut Restorer<'_>) -> Result<Origin, Damage> {
        Ok(Origin {
            event: from.name()?,
            id: Saved::restore(from)?,
            content: Saved::restore(from)?,
            at: Saved::restore(from)?,
            properties: Saved::restore(from)?,
        })
    }
}

impl Origin {
    /// As [`Event::occurrence`].
    pub(crate) fn occurrence(&self, alike: u32) -> Text {
        match &self.id {
            Some(id) => id.clone(),
            None => Event::occurrence_of_content(self.content, alike as usize),
        }
    }
}

/// Turns events into reactions. Each distinct pattern of filters is met once and remembered.
#[derive(Debug, Default)]
pub(crate) struct Classifier {
    /// By plan (the last is for events that no rule names): pattern of filters → reaction, or nothing.
    patterns: Vec<NameMap<Arc<[u64]>, Option<u32>>>,
    /// One that several threads have found is there once.
    reactions: Vec<Arc<Reaction>>,
    /// For each reaction the pattern that it was made of.
    made_of: Vec<Arc<[u64]>>,
    bits: Vec<u64>,
}

impl Classifier {
    /// Writes which patterns were met, by the numbers of their reactions: what these are the program tells. Those that do nothing are met again.
    pub(crate) fn save(&self, to: &mut Saver<'_>) {
        let mut all = Vec::with_capacity(self.reactions.len());
        for (plan, patterns) in self.patterns.iter().enumerate() {
            all.extend(patterns.iter().filter_map(|(bits, number)| Some(((*number)?, plan, bits))));
        }
        all.sort_unstable();
        to.length(all.len());
        for (_, plan, bits) in all {
            plan.save(to);
            to.list(bits.iter());
        }
    }

    /// What was written of a classifier of the same program.
    pub(crate) fn restore(from: &mut Restorer<'_>, tables: &Tables) -> Result<Classifier, Damage> {
        const NONE: Damage = Damage::Wrong("no event does what one is said to do");
        let mut classifier = Classifier::default();
        for number in 0..from.length()? {
            let (plan, bits) = (usize::restore(from)?, <Vec<u64>>::restore(from)?);
            let known =
                plan <= tables.plans.len() && bits.len() == tables.plan(plan).filters.len().div_ceil(64);
            let found = if known { classifier.number(tables, plan, &bits) } else { None };
            if found.is_none_or(|found| found as usize != number) {
                return Err(NONE);
            }
        }
        Ok(classifier)
    }
}

impl Classifier {
    /// The reaction by its number.
    pub(crate) fn reaction(&self, number: u32) -> Option<&Reaction> {
        self.reactions.get(number as usize).map(|reaction| &**reaction)
    }

    /// What an event does, if it does anything: the reaction's number, and what must be kept of the event.
    pub(crate) fn classify(&mut self, tables: &Tables, event: &Event) -> Option<(u32, Option<EventExtra>)> {
        let (number, plan) = tables.plan_of(&event.name);
        if plan.uses.is_empty() {
            return None;
        }
        // Few rules read more than a handful of properties of one event: no allocation for those.
        let mut inline = [None; 16];
        let mut spilled = Vec::new();
        let filled = match inline.get_mut(..plan.slots.len()) {
            Some(filled) => filled,
            None => {
                spilled.resize(plan.slots.len(), None);
                spilled.as_mut_slice()
            }
        };
        plan.slots.fill(&event.properties, filled);

        let seen = tables.clocks().at(event.at);
        let mut bits = std::mem::take(&mut self.bits);
        bits.clear();
        bits.resize(plan.filters.len().div_ceil(64), 0);
        for (index, filter) in plan.filters.iter().enumerate() {
            if filter.holds(filled, &seen)
                && let Some(word) = bits.get_mut(index / 64)
            {
                *word |= 1 << (index % 64);
            }
        }
        let reaction = self.number(tables, number, &bits);
        self.bits = bits;
        let reaction = reaction?;
        let found = self.reaction(reaction)?;
        Some((reaction, found.extra(tables, plan, filled, &seen, || plan.origin(event))))
    }

    /// The number that a reaction of another classifier has here, where it is entered if it was not known.
    pub(crate) fn adopt(&mut self, other: &Classifier, plan: usize, reaction: u32) -> Option<u32> {
        let place = reaction as usize;
        let (bits, reaction) = (other.made_of.get(place)?, other.reactions.get(place)?);
        if self.patterns.len() <= plan {
            self.patterns.resize_with(plan + 1, NameMap::default);
        }
        let patterns = self.patterns.get_mut(plan)?;
        if let Some(known) = patterns.get(&**bits) {
            return *known;
        }
        let new = u32::try_from(self.reactions.len()).ok();
        self.reactions.push(Arc::clone(reaction));
        self.made_of.push(Arc::clone(bits));
        patterns.insert(Arc::clone(bits), new);
        new
    }

    /// The number of what an event of a plan does whose filters hold as the bits say; none if it does nothing.
    pub(crate) fn number(&mut self, tables: &Tables, plan: usize, bits: &[u64]) -> Option<u32> {
        if self.patterns.len() <= plan {
            self.patterns.resize_with(plan + 1, NameMap::default);
        }
        let patterns = self.patterns.get_mut(plan)?;
        if let Some(known) = patterns.get(bits) {
            return *known;
        }
        let reaction = tables.plan(plan).reaction(bits);
        let bits: Arc<[u64]> = bits.into();
        let new = if reaction.is_nothing() {
            None
        } else {
            self.reactions.push(Arc::new(reaction));
            self.made_of.push(bits.clone());
            u32::try_from(self.reactions.len() - 1).ok()
        };
        patterns.insert(bits, new);
        new
    }
}

/// Whether a receipt's `code` is the one of marketing that the provider does not take for the user's sake.
fn is_refusal(code: Option<&Value>) -> bool {
    const REFUSED: i64 = 131_049;
    match code {
        Some(code @ Value::Number(_)) => *code == Value::integer(REFUSED),
        Some(Value::Text(code)) => **code == *"131049",
        _ => false,
    }
}

impl Tables {
    /// The plan of the events of a name, and its number: behind all others that of events that no rule names.
    pub(crate) fn plan_of(&self, name: &str) -> (usize, &EventPlan) {
        let number = self.plan_index.get(name).copied().unwrap_or(self.plans.len());
        (number, self.plan(number))
    }

    /// A plan by its number.
    pub(crate) fn plan(&self, number: usize) -> &EventPlan {
        self.plans.get(number).unwrap_or(&self.other)
    }

    fn about(&self, [job, campaign]: [usize; 2], filled: &[Option<&Value>]) -> About {
        let text = |slot: usize| match filled.get(slot).copied().flatten() {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        };
        let named = |name: &Text| self.campaigns.iter().position(|campaign| campaign.name == *name);
        About {
            job: text(job).and_then(|id| JobId::written(id)),
            campaign: text(campaign).and_then(named).and_then(|place| u32::try_from(place).ok()),
        }
    }
}

impl EventPlan {
    fn reaction(&self, bits: &[u64]) -> Reaction {
        let holds = |filter: usize| bits.get(filter / 64).is_some_and(|word| word >> (filter % 64) & 1 == 1);
        let settled = self.uses.iter().filter_map(|used| {
            let settle = match &used.when {
                When::Always => Settle::Known(true),
                When::Filter(filter) => Settle::Known(holds(*filter)),
                When::Deferred(deferred) => deferred.given(&holds),
            };
            match settle {
                Settle::Known(false) => None,
                Settle::Known(true) => Some((None, &used.effect)),
                Settle::Open(open) => Some((Some(open), &used.effect)),
            }
        });
        let settled: Vec<(Option<Deferred>, &Effect)> = settled.collect();
        if settled.iter().all(|(open, _)| open.is_none()) {
            return Reaction::of(settled.into_iter().map(|(_, effect)| effect));
        }
        let remembers = settled.iter().filter_map(|(_, effect)| match effect {
            Effect::Remember(remember) => Some(remember),
            _ => None,
        });
        let values = values(remembers);
        let uses = settled.into_iter().map(|(open, effect)| (open, effect.clone())).collect();
        Reaction {
            open: Some(Box::new(Open { uses, slots: self.slots.len() })),
            values,
            ..Reaction::default()
        }
    }

    fn kept(&self, filled: &[Option<&Value>]) -> Box<[(usize, Value)]> {
        let kept = self.kept.iter().filter_map(|slot| Some((*slot, filled.get(*slot).copied()??.clone())));
        kept.collect()
    }

    fn origin(&self, event: &Event) -> Origin {
        let properties = match &self.capture {
            Capture::Nothing => Properties::new(),
            Capture::All => event.properties.clone(),
            Capture::Names(names) => event
                .properties
                .iter()
                .filter(|(name, _)| names.contains(name))
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
        };
        let content = if event.id.is_some() { 0 } else { event.content() };
        Origin { event: event.name.clone(), id: event.id.clone(), content, at: event.at, properties }
    }
}
