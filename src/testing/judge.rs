//! What a test expects, held against what its run decided.

use super::{Mismatch, message};
use crate::explain::{Answers, Place, Times, Verdict};
use crate::language::ast::{Expectation, ExpectedMessage};
use crate::model::{Instant, Outcome, OutcomeKind, SendJob};
use crate::rulebook::{Expected, RuleTest, Rulebook};

/// The expectations of a test that do not hold.
pub(super) fn mismatches(rulebook: &Rulebook, answers: &Answers, test: &RuleTest) -> Vec<Mismatch> {
    let judge = Judge { rulebook, answers, test, times: Times(test.zone) };
    test.expectations.iter().filter_map(|expected| judge.judge(expected)).collect()
}

struct Judge<'a> {
    rulebook: &'a Rulebook,
    answers: &'a Answers,
    test: &'a RuleTest,
    times: Times,
}

impl<'a> Judge<'a> {
    fn judge(&self, expected: &Expected) -> Option<Mismatch> {
        match &expected.what.node {
            Expectation::Nothing => {
                let jobs = self.jobs(expected);
                let first = jobs.first()?;
                let mismatch = self.mismatch(expected, self.said(&jobs));
                Some(self.explained(mismatch, &first.user, &first.campaign))
            }
            Expectation::GetsNo { user, campaign } => {
                let mut jobs = self.jobs_of(expected, &user.node);
                if let Some(campaign) = campaign {
                    jobs.retain(|job| *job.campaign == *campaign.node);
                }
                let first = jobs.first()?;
                let mismatch = self.mismatch(expected, self.said(&jobs));
                Some(self.explained(mismatch, &user.node, &first.campaign))
            }
            Expectation::Gets(message) => self.gets(expected, message),
            Expectation::Ends { user, outcome, campaign, .. } => {
                self.ends(expected, &user.node, outcome.node, &campaign.node)
            }
            Expectation::Sends { campaign, count } => {
                let mut jobs = self.jobs(expected);
                jobs.retain(|job| *job.campaign == *campaign.node);
                if jobs.len() == count.node as usize {
                    return None;
                }
                let found = match jobs.len() {
                    0 => format!("{} sends nothing", campaign.node),
                    many => format!("{} sends {many}\n{}", campaign.node, self.said(&jobs)),
                };
                Some(self.mismatch(expected, found))
            }
            Expectation::Member { user, negated, segment, .. } => {
                self.member(expected, &user.node, *negated, &segment.node)
            }
        }
    }

    fn gets(&self, expected: &Expected, message: &ExpectedMessage) -> Option<Mismatch> {
        let (user, campaign) = (&message.user.node, &message.campaign.node);
        let all = self.jobs_of(expected, user);
        let mut jobs: Vec<&SendJob> = all.clone();
        jobs.retain(|job| *job.campaign == **campaign);
        let then: Vec<&SendJob> = match expected.at {
            Some(at) => jobs.iter().copied().filter(|job| job.due == at).collect(),
            None => jobs.clone(),
        };
        let mut found = Vec::new();
        let help = None;
        match then.as_slice() {
            [] if jobs.is_empty() => return Some(self.not_sent(expected, user, campaign)),
            [] => found.push(self.said(&jobs)),
            [job] => found.extend(message::differences(job, &message.values)),
            several => found.push(self.said(several)),
        }
        if message.nothing_else {
            let named = self.named_beside(expected, user);
            let others: Vec<&SendJob> =
                all.iter().copied().filter(|job| !named.iter().any(|name| *job.campaign == **name)).collect();
            if !others.is_empty() {
                found.push(format!("besides, {}", self.said(&others)));
            }
        }
        if found.is_empty() {
            return None;
        }
        let mismatch = Mismatch { help, ..self.mismatch(expected, found.join("\n")) };
        // What is in a message explains itself.
        if then.len() == 1 { Some(mismatch) } else { Some(self.explained(mismatch, user, campaign)) }
    }

    /// The campaigns of which lines of the same stretch say that the user gets them.
    fn named_beside(&self, expected: &Expected, user: &str) -> Vec<&'a str> {
        let stretch = |other: &&Expected| (other.after, other.until) == (expected.after, expected.until);
        let named =
            self.test.expectations.iter().filter(stretch).filter_map(|other| match &other.what.node {
                Expectation::Gets(message) if message.user.node == user => {
                    Some(message.campaign.node.as_str())
                }
                _ => None,
            });
        named.collect()
    }

    /// Nothing of the campaign was sent to the user in the stretch.
    fn not_sent(&self, expected: &Expected, user: &str, campaign: &str) -> Mismatch {
        let elsewhere: Vec<&SendJob> = self
            .answers
            .result()
            .jobs
            .iter()
            .filter(|job| *job.user == *user && *job.campaign == *campaign)
            .collect();
        let mut found = format!("{user} gets no {campaign}");
        if !elsewhere.is_empty() {
            found.push_str(&format!(" then; {}", self.said(&elsewhere)));
        }
        let mismatch = self.explained(self.mismatch(expected, found), user, campaign);
        let pending = mismatch.explanation.as_ref().is_some_and(|explanation| {
            explanation.occurrences.iter().any(|occurrence| occurrence.verdict() == Verdict::Open)
        });
        let timer = mismatch.explanation.as_ref().is_some_and(|explanation| {
            explanation.attempts.iter().any(|attempt| attempt.finding.contains("the run ends before"))
        });
        let help = (pending || timer).then(|| {
            "the test's clock stops before it is decided: let it go on with `run until …`".to_owned()
        });
        Mismatch { help, ..mismatch }
    }

    fn ends(&self, expected: &Expected, user: &str, kind: OutcomeKind, campaign: &str) -> Option<Mismatch> {
        let stretch = self.outcomes(expected);
        let of_campaign: Vec<&Outcome> = stretch
            .into_iter()
            .filter(|outcome| *outcome.user == *user && *outcome.campaign == *campaign)
            .collect();
        let holds = of_campaign
            .iter()
            .any(|outcome| outcome.outcome == kind && expected.at.is_none_or(|at| outcome.decided_at == at));
        if holds {
            return None;
        }
        let found = match of_campaign.as_slice() {
            [] => format!("{user} does not qualify for {campaign}"),
            outcomes => {
                let said = outcomes.iter().map(|outcome| {
                    let at = self.times.say(outcome.decided_at);
                    format!("{user} ends {} in {campaign} at {at}", outcome.outcome.name())
                });
                said.collect::<Vec<_>>().join("\n")
            }
        };
        Some(self.explained(self.mismatch(expected, found), user, campaign))
    }

    fn member(&self, expected: &Expected, user: &str, negated: bool, segment: &str) -> Option<Mismatch> {
        let at = membership_at(expected, self.test, self.answers);
        let member = self.answers.is_in_segment(user, segment, at).unwrap_or(false);
        if member != negated {
            return None;
        }
        let is = if member { "is" } else { "is not" };
        let found = format!("{user} {is} in segment {segment} at {}", self.times.say(at));
        let segment = self.answers.explain_segment(user, segment, at).map(Box::new);
        Some(Mismatch { segment, ..self.mismatch(expected, found) })
    }

    /// The jobs of a stretch.
    fn jobs(&self, expected: &Expected) -> Vec<&'a SendJob> {
        self.answers.result().jobs.iter().filter(|job| is_in(expected, job.due)).collect()
    }

    fn jobs_of(&self, expected: &Expected, user: &str) -> Vec<&'a SendJob> {
        let mut jobs = self.jobs(expected);
        jobs.retain(|job| *job.user == *user);
        jobs
    }

    fn outcomes(&self, expected: &Expected) -> Vec<&'a Outcome> {
        let outcomes = self.answers.result().outcomes.iter();
        // What is pending is so at the end of the whole test.
        outcomes
            .filter(|outcome| outcome.outcome == OutcomeKind::Pending || is_in(expected, outcome.decided_at))
            .collect()
    }

    /// Jobs in words, a line each.
    fn said(&self, jobs: &[&SendJob]) -> String {
        const MOST: usize = 5;
        let mut lines: Vec<String> = jobs
            .iter()
            .take(MOST)
            .map(|job| format!("{} gets {} at {}", job.user, job.campaign, self.times.say(job.due)))
            .collect();
        if jobs.len() > MOST {
            lines.push(format!("and {} more", jobs.len() - MOST));
        }
        lines.join("\n")
    }

    fn mismatch(&self, expected: &Expected, found: String) -> Mismatch {
        let sources = self.rulebook.sources();
        Mismatch {
            expected: crate::explain::one_line(sources.slice(expected.line)),
            place: Place::of(sources, expected.line),
            found,
            explanation: None,
            segment: None,
            help: None,
        }
    }

    fn explained(&self, mismatch: Mismatch, user: &str, campaign: &str) -> Mismatch {
        Mismatch { explanation: self.answers.explain(user, campaign, None).map(Box::new), ..mismatch }
    }
}

/// True when an instant lies in the stretch of an expectation.
fn is_in(expected: &Expected, at: Instant) -> bool {
    expected.after.is_none_or(|after| after < at) && expected.until.is_none_or(|until| at <= until)
}

/// When membership is asked: at the instant that is said, at the `until`, or at the last instant of the test.
pub(super) fn membership_at(expected: &Expected, test: &RuleTest, answers: &Answers) -> Instant {
    let end = || test.to.unwrap_or(answers.result().summary.to);
    expected.at.or(expected.until).unwrap_or_else(|| Instant::from_millis(end().millis() - 1))
}
