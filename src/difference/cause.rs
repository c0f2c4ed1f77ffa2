//! Which clause made the difference: found by running, not by reading.
//!
//! The old rules are run again with one change of the new ones in them, for the users of the samples and those whom they share something
//! with. Where that alone comes to what the new rules come to, it is a cause. Where none does alone, halves of all changes are left out as
//! long as what is left still does it: none of what remains can be missed.

use std::collections::{BTreeMap, BTreeSet};

use super::change::{Change, Target};
use super::compare::{Key, Names, fields, keyed};
use super::hybrid::{Chosen, Splicer};
use super::outcome::{Cause, Kind, Sample, State};
use crate::model::{Instant, OutcomeKind, Record, SendJob};
use crate::replay::Replay;

/// What is looked for, in what, and how long.
pub(super) struct Search<'s> {
    pub splicer: Splicer<'s>,
    /// The names of campaigns of both versions.
    pub names: Names,
    pub records: &'s [Record],
    pub from: Instant,
    pub to: Instant,
    /// So many runs are left.
    pub runs: usize,
    /// What came of changes that were tried; none where they do not make rules.
    pub tried: BTreeMap<Chosen, Option<Ends>>,
}

/// What became of the samples.
pub(super) type Ends = BTreeMap<Key, (OutcomeKind, Option<SendJob>)>;

/// What became of one of them; nothing when its user did not qualify.
type End<'e> = Option<(OutcomeKind, Option<&'e SendJob>)>;

/// A sample and what is known of it.
struct Case<'a> {
    key: &'a Key,
    sample: &'a mut Sample,
    /// Changes that do it alone.
    alone: Vec<usize>,
    /// Changes that make some of the job's fields what they are.
    partly: Vec<(usize, Vec<&'static str>)>,
}

impl Case<'_> {
    fn is_solved(&self) -> bool {
        !self.sample.causes.is_empty()
    }
}

impl Search<'_> {
    /// Gives each sample its causes.
    pub(super) fn explain(&mut self, samples: &mut [(Key, Sample)]) {
        let keys: BTreeSet<Key> = samples.iter().map(|(key, _)| key.clone()).collect();
        let all: Chosen = (0..self.splicer.changes.all.len()).collect();
        let mut cases: Vec<Case<'_>> = samples
            .iter_mut()
            .map(|(key, sample)| Case { key, sample, alone: Vec::new(), partly: Vec::new() })
            .collect();
        // What cannot be made to happen again, as when the log was still growing, cannot be explained.
        let (none, both) = (Chosen::new(), all.clone());
        if !self.try_out(&none, &keys) || !self.try_out(&both, &keys) {
            return;
        }
        cases.retain(|case| {
            let was = self.ended(&none, case.key);
            let is = self.ended(&both, case.key);
            same(was, state(case.sample.was.as_ref())) && same(is, state(case.sample.is.as_ref()))
        });
        for near in [true, false] {
            self.alone(&mut cases, &keys, near);
        }
        self.together(&mut cases, &keys);
    }

    /// Each change by itself: first those that are the campaign's own or everybody's, then those of other campaigns.
    fn alone(&mut self, cases: &mut [Case<'_>], keys: &BTreeSet<Key>, near: bool) {
        let changes = self.splicer.changes;
        for (index, change) in changes.all.iter().enumerate() {
            let concerned = |case: &Case<'_>| is_near(change, case.key.0) == near && !case.is_solved();
            if !cases.iter().any(concerned) {
                continue;
            }
            let chosen = Chosen::from([index]);
            if !self.try_out(&chosen, keys) {
                continue;
            }
            for case in cases.iter_mut().filter(|case| concerned(case)) {
                let is = state(case.sample.is.as_ref());
                let ended = self.ended(&chosen, case.key);
                if makes(case.sample.kind, ended, is) {
                    case.alone.push(index);
                } else if let (Some((_, Some(job))), Some((_, Some(is)))) = (ended, is) {
                    let still = fields(job, is);
                    let made = case.sample.fields.iter().filter(|field| !still.contains(field));
                    let made: Vec<&'static str> = made.copied().collect();
                    if !made.is_empty() {
                        case.partly.push((index, made));
                    }
                }
            }
        }
        for case in cases.iter_mut().filter(|case| !case.is_solved()) {
            let alone = case.alone.iter().map(|index| Cause { changes: vec![*index], fields: Vec::new() });
            case.sample.causes = alone.collect();
            if !case.is_solved() {
                self.by_fields(case, keys);
            }
        }
    }

    /// Several changes, each of which makes fields of its own different.
    fn by_fields(&mut self, case: &mut Case<'_>, keys: &BTreeSet<Key>) {
        let mut causes: Vec<Cause> = Vec::new();
        for field in &case.sample.fields {
            let Some((index, _)) = case.partly.iter().find(|(_, made)| made.contains(field)) else { return };
            match causes.iter_mut().find(|cause| cause.changes == [*index]) {
                Some(cause) => cause.fields.push(field),
                None => causes.push(Cause { changes: vec![*index], fields: vec![field] }),
            }
        }
        let chosen: Chosen = causes.iter().flat_map(|cause| cause.changes.iter().copied()).collect();
        if !causes.is_empty() && self.does_it(&chosen, case, keys) {
            case.sample.causes = causes;
        }
    }

    /// Changes that do it only together.
    fn together(&mut self, cases: &mut [Case<'_>], keys: &BTreeSet<Key>) {
        let mut found: BTreeSet<Chosen> = BTreeSet::new();
        for case in cases.iter_mut().filter(|case| !case.is_solved()) {
            let mut known = None;
            for chosen in &found {
                if self.does_it(chosen, case, keys) {
                    known = Some(chosen.clone());
                    break;
                }
            }
            let chosen = match known {
                Some(known) => known,
                None => {
                    // What is the campaign's own comes first: of two sets that do it, the one with more of it is found.
                    let all = self.splicer.changes.all.iter().enumerate();
                    let mut order: Vec<(bool, usize)> =
                        all.map(|(index, change)| (!is_near(change, case.key.0), index)).collect();
                    order.sort_unstable();
                    let order: Vec<usize> = order.into_iter().map(|(_, index)| index).collect();
                    match self.fewest(&Chosen::new(), &order, case, keys) {
                        Some(chosen) => chosen,
                        None => continue,
                    }
                }
            };
            case.sample.causes =
                vec![Cause { changes: chosen.iter().copied().collect(), fields: Vec::new() }];
            found.insert(chosen);
        }
    }

    /// As few of some changes as, with those that are made anyway, do it; all of them do. None when the runs are used up.
    fn fewest(
        &mut self,
        made: &Chosen,
        among: &[usize],
        case: &Case<'_>,
        keys: &BTreeSet<Key>,
    ) -> Option<Chosen> {
        if self.runs == 0 {
            return None;
        }
        if self.does_it(made, case, keys) {
            return Some(Chosen::new());
        }
        if let [only] = among {
            return Some(Chosen::from([*only]));
        }
        let (left, right) = among.split_at(among.len() / 2);
        let with = |more: &[usize]| made.iter().chain(more).copied().collect::<Chosen>();
        let of_right = self.fewest(&with(left), right, case, keys)?;
        let right: Vec<usize> = of_right.iter().copied().collect();
        let of_left = self.fewest(&with(&right), left, case, keys)?;
        Some(of_left.into_iter().chain(of_right).collect())
    }

    fn does_it(&mut self, chosen: &Chosen, case: &Case<'_>, keys: &BTreeSet<Key>) -> bool {
        self.try_out(chosen, keys)
            && makes(case.sample.kind, self.ended(chosen, case.key), state(case.sample.is.as_ref()))
    }

    /// Runs the old rules with some changes; false when they do not make rules, or no run is left.
    fn try_out(&mut self, chosen: &Chosen, keys: &BTreeSet<Key>) -> bool {
        if let Some(known) = self.tried.get(chosen) {
            return known.is_some();
        }
        if self.runs == 0 {
            return false;
        }
        self.runs -= 1;
        let ends = self.splicer.rules(chosen).map(|rules| {
            let mut replay = Replay::new(&rules.compile()).starting(Some(self.from)).ending(Some(self.to));
            self.records.iter().for_each(|record| replay.add(record.clone()));
            let result = replay.run();
            let ended = keyed(&result, &self.names).into_iter().filter(|(key, _)| keys.contains(key));
            ended.map(|(key, ended)| (key, (ended.outcome.outcome, ended.job.cloned()))).collect()
        });
        let possible = ends.is_some();
        self.tried.insert(chosen.clone(), ends);
        possible
    }

    fn ended(&self, chosen: &Chosen, key: &Key) -> End<'_> {
        let (outcome, job) = self.tried.get(chosen)?.as_ref()?.get(key)?;
        Some((*outcome, job.as_ref()))
    }
}

fn state(state: Option<&State>) -> End<'_> {
    state.map(|state| (state.outcome, state.job.as_ref()))
}

/// Whether two ends are one, but for the words in which they are told.
fn same(a: End<'_>, b: End<'_>) -> bool {
    match (a, b) {
        (Some((_, Some(a))), Some((_, Some(b)))) => fields(a, b).is_empty(),
        (Some((a, None)), Some((b, None))) => a == b,
        (None, None) => true,
        _ => false,
    }
}

/// Whether an end is the difference that is to be explained: of a job that was not, that there is one, whatever else there is to be said of it;
/// in all else, what the new rules come to.
fn makes(kind: Kind, ended: End<'_>, is: End<'_>) -> bool {
    match (kind, ended) {
        (Kind::Added, Some((_, job))) => job.is_some(),
        _ => same(ended, is),
    }
}

/// Whether a change is of the campaign itself, or of what all campaigns may ask for.
fn is_near(change: &Change, campaign: usize) -> bool {
    match &change.target {
        Target::Clause { pair, .. } | Target::Campaign(pair) | Target::Name(pair) => *pair == campaign,
        Target::Order => false,
        Target::Setting { .. }
        | Target::Event(_)
        | Target::Profile
        | Target::Segment(_)
        | Target::List(_)
        | Target::Templates
        | Target::Template(_)
        | Target::Provider(_)
        | Target::Portfolio(_) => true,
    }
}
