//! Two runs over one log, qualification by qualification.

use std::collections::{BTreeMap, HashMap};

use super::change::Pair;
use super::outcome::{JobCounts, Kind, Reason, Sample, State};
use super::version::Version;
use crate::model::{JobId, Outcome, OutcomeKind, SendJob, Text};
use crate::replay::ReplayResult;

/// Which qualification: the campaign's pair, the user, the occurrence, and the how-manieth of that (two of one occurrence are
/// one and the same job's id, but two messages).
pub(super) type Key = (usize, Text, Text, usize);

/// What became of a qualification in one run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ended<'r> {
    pub outcome: &'r Outcome,
    pub job: Option<&'r SendJob>,
}

impl Ended<'_> {
    pub(super) fn state(&self) -> State {
        State {
            outcome: self.outcome.outcome,
            qualified_at: self.outcome.qualified_at,
            decided_at: self.outcome.decided_at,
            detail: self.outcome.detail.clone(),
            job: self.job.cloned(),
        }
    }
}

/// The names by which one version calls the pairs.
#[derive(Debug, Default)]
pub(super) struct Names(HashMap<Text, usize>);

impl Names {
    pub(super) fn of(version: &Version, pairs: &[Pair], place: fn(&Pair) -> Option<usize>) -> Names {
        let named = pairs.iter().enumerate().filter_map(|(index, pair)| {
            let campaign = version.campaigns.get(place(pair)?)?;
            Some((campaign.name.clone(), index))
        });
        Names(named.collect())
    }

    /// The pair of a campaign's name.
    pub(super) fn get(&self, name: &str) -> Option<usize> {
        self.0.get(name).copied()
    }

    /// These and those: of rules that have campaigns of both, each by either name.
    pub(super) fn and(&self, others: &Names) -> Names {
        let mut all = others.0.clone();
        all.extend(self.0.iter().map(|(name, pair)| (name.clone(), *pair)));
        Names(all)
    }
}

/// All qualifications of a run in the order of their keys.
pub(super) fn keyed<'r>(result: &'r ReplayResult, names: &Names) -> Vec<(Key, Ended<'r>)> {
    let mut jobs: HashMap<JobId, Vec<&SendJob>> = HashMap::new();
    // Of several with one id the first is to be taken first, from the end.
    for job in result.jobs.iter().rev() {
        jobs.entry(job.id).or_default().push(job);
    }
    let mut all: Vec<(Key, Ended<'r>)> = Vec::with_capacity(result.outcomes.len());
    for outcome in &result.outcomes {
        let Some(pair) = names.get(&outcome.campaign) else { continue };
        let job = outcome.job.and_then(|id| jobs.get_mut(&id)).and_then(Vec::pop);
        all.push(((pair, outcome.user.clone(), outcome.occurrence.clone(), 0), Ended { outcome, job }));
    }
    // Stable: what has one key stays in the order in which it was decided.
    all.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut before: Option<Key> = None;
    for (key, _) in &mut all {
        if let Some(before) = before.as_ref().filter(|it| (&it.0, &it.1, &it.2) == (&key.0, &key.1, &key.2)) {
            key.3 = before.3 + 1;
        }
        before = Some(key.clone());
    }
    all
}

/// How what was differs from what is; none when it is the same.
pub(super) fn kind(was: Option<&Ended<'_>>, is: Option<&Ended<'_>>) -> Option<Kind> {
    let outcome = |ended: Option<&Ended<'_>>| ended.map(|ended| ended.outcome.outcome);
    match (was.and_then(|ended| ended.job), is.and_then(|ended| ended.job)) {
        (None, Some(_)) => Some(Kind::Added),
        (Some(_), None) => Some(Kind::Removed),
        (Some(was), Some(is)) if is.due < was.due => Some(Kind::MovedEarlier),
        (Some(was), Some(is)) if is.due > was.due => Some(Kind::MovedLater),
        (Some(was), Some(is)) => (!fields(was, is).is_empty()).then_some(Kind::Changed),
        (None, None) => (outcome(was) != outcome(is)).then_some(Kind::Outcome),
    }
}

/// The fields in which two jobs of one qualification differ, as files name them. Its id and its campaign's name are none of them: where these
/// differ, the campaign has another name.
pub(super) fn fields(was: &SendJob, is: &SendJob) -> Vec<&'static str> {
    let content = |job: &SendJob| if job.content.template().is_some() { "template" } else { "message" };
    let all = [
        ("due", was.due == is.due),
        ("not_after", was.not_after == is.not_after),
        ("qualified_at", was.qualified_at == is.qualified_at),
        ("to", was.to == is.to),
        ("provider", was.provider == is.provider),
        ("channel", was.channel == is.channel),
        ("category", was.category == is.category),
        ("variant", was.variant == is.variant),
        ("time_zone", was.time_zone == is.time_zone),
        ("time_zone_source", was.time_zone_source == is.time_zone_source),
        ("unknown_time_zone", was.unknown_time_zone == is.unknown_time_zone),
        (content(is), was.content == is.content),
        ("trigger", was.trigger == is.trigger),
    ];
    all.into_iter().filter(|(_, same)| !same).map(|(name, _)| name).collect()
}

/// What a campaign's qualifications came to, counted, with samples of those that differ.
#[derive(Debug, Default)]
pub(super) struct Counted {
    pub jobs: JobCounts,
    pub other_outcomes: u64,
    reasons: BTreeMap<(Option<OutcomeKind>, Option<OutcomeKind>), u64>,
    /// The first few of each kind, by what differs.
    samples: BTreeMap<(Kind, Alike), Vec<(Key, Sample)>>,
}

/// What samples of a kind have in common: the outcomes, or the fields.
type Alike = (Option<OutcomeKind>, Option<OutcomeKind>, Vec<&'static str>);

impl Counted {
    /// Counts one qualification; of each sort of difference the first `most` are kept.
    pub(super) fn add(&mut self, key: &Key, was: Option<&Ended<'_>>, is: Option<&Ended<'_>>, most: usize) {
        let job = |ended: Option<&Ended<'_>>| ended.is_some_and(|ended| ended.job.is_some());
        self.jobs.old += u64::from(job(was));
        self.jobs.new += u64::from(job(is));
        let Some(kind) = kind(was, is) else {
            self.jobs.same += u64::from(job(is));
            return;
        };
        *match kind {
            Kind::Added => &mut self.jobs.added,
            Kind::Removed => &mut self.jobs.removed,
            Kind::MovedEarlier => &mut self.jobs.moved_earlier,
            Kind::MovedLater => &mut self.jobs.moved_later,
            Kind::Changed => &mut self.jobs.changed,
            Kind::Outcome => &mut self.other_outcomes,
        } += 1;
        let outcome = |ended: Option<&Ended<'_>>| ended.map(|ended| ended.outcome.outcome);
        let outcomes = (outcome(was), outcome(is));
        if outcomes.0 != outcomes.1 {
            *self.reasons.entry(outcomes).or_default() += 1;
        }
        let jobs = was.and_then(|ended| ended.job).zip(is.and_then(|ended| ended.job));
        let fields = jobs.map(|(was, is)| fields(was, is)).unwrap_or_default();
        let alike = (outcomes.0, outcomes.1, fields.clone());
        let kept = self.samples.entry((kind, alike)).or_default();
        if kept.len() < most {
            let state = |ended: Option<&Ended<'_>>| ended.map(Ended::state);
            let (user, occurrence) = (key.1.clone(), key.2.clone());
            let causes = Vec::new();
            kept.push((
                key.clone(),
                Sample { kind, user, occurrence, fields, was: state(was), is: state(is), causes },
            ));
        }
    }

    /// The reasons, the most frequent first.
    pub(super) fn reasons(&self) -> Vec<Reason> {
        let mut reasons: Vec<Reason> = self
            .reasons
            .iter()
            .map(|((was, is), count)| Reason { was: *was, is: *is, count: *count })
            .collect();
        // Stable: of equally frequent ones in the order of decisions.
        reasons.sort_by_key(|reason| std::cmp::Reverse(reason.count));
        reasons
    }

    /// At most so many samples of each kind, taken in turns from each sort of it; by kind, user and occurrence.
    pub(super) fn samples(self, most: usize) -> Vec<(Key, Sample)> {
        let mut kinds: BTreeMap<Kind, Vec<std::vec::IntoIter<(Key, Sample)>>> = BTreeMap::new();
        for ((kind, _), samples) in self.samples {
            kinds.entry(kind).or_default().push(samples.into_iter());
        }
        let mut all = Vec::new();
        for mut sorts in kinds.into_values() {
            let mut taken = Vec::new();
            while taken.len() < most {
                let before = taken.len();
                for sort in &mut sorts {
                    if taken.len() < most {
                        taken.extend(sort.next());
                    }
                }
                if taken.len() == before {
                    break;
                }
            }
            taken.sort_by(|(a, _), (b, _)| a.cmp(b));
            all.extend(taken);
        }
        all
    }
}
