//! What users share: numbers, and what has gone to them.
//!
//! A user who runs alone (see [`Shared::alone`]) pays for none of it: there is nobody else whose jobs count.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::machine::{Cause, Machine, NotBefore, Place, User};
use crate::message::CompiledMessage;
use crate::model::{
    Budget, Category, Duration, GrowingMap, GrowingSet, Instant, ProfileUpdate, Properties,
    TemplateStatement, Text, fingerprint,
};
use crate::program::{CampaignPlan, Tables};
use crate::saved::{Damage, Restorer, Saved, Saver, saved};

use super::budgets::{Asking, Budgets, Room};
use super::decide::Asked;
use super::experiments::Experiments;
use super::group::Users;
use super::limits::Limits;
use super::line::{Counter, Line};
use super::order::Tally;
use super::templates::{self, TemplateStatements};
use super::turn::Turn;

/// What several users have a part in.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    /// Only one user is run at a time, who shares with nobody.
    alone: bool,
    /// How far back caps and the gap look; none when there are none.
    horizon: Option<Duration>,
    blocked: GrowingMap<Text, bool>,
    /// When the provider last refused marketing to a number.
    refused: GrowingMap<Text, Instant>,
    /// What the provider says of templates.
    templates: Arc<TemplateStatements>,
    /// Users who have, or had, a message that waits because its template is paused; by template.
    paused: BTreeMap<Text, Vec<u32>>,
    jobs: GrowingMap<Text, VecDeque<NumberJob>>,
    /// Campaign, occurrence and number of the jobs of schedules.
    addressed: GrowingSet<u128>,
    limits: Limits,
    budgets: Budgets,
    line: Line,
    pub(super) experiments: Experiments,
    /// Those who are still to be told at this instant.
    pub(super) released: Vec<Released>,
    /// Those who are still to be told of statements about templates.
    pub(super) woken: Vec<Woken>,
}

/// Users who may wait for a template of which something is said from an instant on.
#[derive(Debug)]
pub(super) struct Woken {
    pub(super) users: Vec<u32>,
    pub(super) statement: TemplateStatement,
    pub(super) at: Instant,
}

saved!(struct Woken { users, statement, at });

/// Users whose waiting messages of a campaign have been given an instant by somebody else's.
#[derive(Debug)]
pub(super) struct Released {
    pub(super) users: Vec<u32>,
    pub(super) campaign: u32,
    pub(super) at: Instant,
}

saved!(struct Released { users, campaign, at });

/// What the provider says to a message.
pub(super) enum ProviderSays {
    Now,
    /// What keeps it, and when that is to be looked at again.
    NotBefore(NotBefore, Instant),
    /// Its template is disabled.
    Never(Option<(Text, Text)>),
}

/// A job to a number, as far as caps and the gap ask.
#[derive(Debug, Clone, Copy)]
struct NumberJob {
    due: Instant,
    campaign: u32,
    user: u32,
}

saved!(struct NumberJob { due, campaign, user });

impl Shared {
    /// What the users of a group share.
    pub(crate) fn new(tables: &Tables) -> Shared {
        let caps = tables.caps.iter().chain(tables.campaigns.iter().flat_map(|campaign| &campaign.at_most));
        let horizon = caps.map(|cap| cap.horizon()).chain(tables.gap).max();
        let line = Line::new(tables.budgets.sets.len());
        Shared { horizon, budgets: Budgets::new(&tables.budgets), line, ..Shared::default() }
    }

    /// For users who are run one after the other and share nothing.
    pub(crate) fn alone() -> Shared {
        Shared { alone: true, ..Shared::default() }
    }

    /// The same with what the provider says of templates, to whomever.
    #[must_use]
    pub(crate) fn with_templates(self, templates: &Arc<TemplateStatements>) -> Shared {
        Shared { templates: Arc::clone(templates), ..self }
    }

    /// Forgets everything that is of users, for the next one who is run alone.
    pub(crate) fn clear(&mut self) {
        if !self.blocked.is_empty() {
            self.blocked.clear();
        }
        if !self.refused.is_empty() {
            self.refused.clear();
        }
    }

    /// The provider refused marketing to a number, at an instant.
    pub(super) fn refuse(&mut self, number: Text, at: Instant) {
        let last = self.refused.get(&number).copied();
        self.refused.insert(number, last.map_or(at, |last| last.max(at)));
    }

    /// A statement about a template, of which nobody knew before: those who may wait for it are to be told.
    pub(super) fn say_of_template(&mut self, statement: TemplateStatement, at: Instant) {
        if let Some(users) = self.paused.remove(&statement.template) {
            self.woken.push(Woken { users, statement: statement.clone(), at });
        }
        Arc::make_mut(&mut self.templates).say(statement, at);
    }

    /// Notes that a message of a user waits because its template is paused.
    pub(super) fn wait_for_template(&mut self, template: &Text, user: u32) {
        if !self.alone {
            self.paused.entry(template.clone()).or_default().push(user);
        }
    }

    /// Until when the provider takes no message with a text to a number, if that is later than now.
    pub(super) fn not_before(
        &self,
        asked: &Asked<'_>,
        text: &CompiledMessage,
        profile: &Properties,
        number: &str,
    ) -> ProviderSays {
        let refused = match text.category() {
            Category::Marketing if !self.refused.is_empty() => self.refused.get(number),
            _ => None,
        };
        let refused = refused.map(|at| *at + asked.campaign.refusal).filter(|until| *until > asked.now);
        let template = if self.templates.is_empty() { None } else { text.template_for(profile) };
        let standing =
            template.as_ref().map(|(name, language)| self.templates.ask(name, language, asked.now));
        match (standing, refused) {
            (Some(templates::Standing::Disabled), _) => ProviderSays::Never(template),
            (Some(templates::Standing::Paused { until, next }), _) => {
                let budget = match (refused.filter(|refused| *refused > until), &template) {
                    (None, Some((name, _))) => Budget::Template(name.clone()),
                    _ => refusal(asked.campaign),
                };
                let until = refused.map_or(until, |refused| refused.max(until));
                let wake = next.map_or(until, |next| next.min(until));
                ProviderSays::NotBefore(NotBefore { since: asked.now, budget, paused: template, until }, wake)
            }
            (_, Some(until)) => {
                let budget = refusal(asked.campaign);
                ProviderSays::NotBefore(NotBefore { since: asked.now, budget, paused: None, until }, until)
            }
            (_, None) => ProviderSays::Now,
        }
    }

    /// A statement about a number.
    pub(crate) fn block(&mut self, number: Text, blocked: bool) {
        if blocked || !self.blocked.is_empty() {
            self.blocked.insert(number, blocked);
        }
    }

    /// What a change of a profile says about a number: `before` is the number that it had.
    pub(crate) fn heard(&mut self, user: &mut User, update: &ProfileUpdate, before: Option<&Text>) {
        let Ok(number) = user.address() else { return };
        let moved = before != Some(&number) && user.profile.blocks_number() == Some(true);
        if let Some(blocked) = update.blocks_number().or(moved.then_some(true)) {
            self.block(number, blocked);
        }
    }

    /// Whether a number is blocked.
    pub(crate) fn is_blocked(&self, number: &Text) -> bool {
        !self.blocked.is_empty() && self.blocked.get(number).copied().unwrap_or(false)
    }

    /// Whether a job of the same campaign and occurrence has gone to the number.
    pub(crate) fn has_addressed(&self, campaign: u32, cause: &Cause, number: &str) -> bool {
        !self.alone && self.addressed.contains(&address_key(campaign, &cause.occurrence(), number))
    }

    /// Enters a job; `occurrence` only of a schedule.
    pub(super) fn enter_job(
        &mut self,
        asked: &Asked<'_>,
        number: &Text,
        asking: Asking,
        occurrence: Option<&str>,
    ) {
        if self.alone {
            return;
        }
        let (campaign, user, due) = (asked.message.campaign, asked.number, asked.now);
        if let Some(occurrence) = occurrence {
            self.addressed.insert(address_key(campaign, occurrence, number));
        }
        if let Some(horizon) = self.horizon
            && let Some(jobs) = self.jobs.or_default(number.clone())
        {
            let expired = jobs.partition_point(|job| job.due <= due - horizon);
            jobs.drain(..expired);
            jobs.push_back(NumberJob { due, campaign, user });
        }
        self.limits.enter(asked);
        if let Some(set) = asked.budgets() {
            self.budgets.enter(set, asking);
        }
    }

    /// The next instant at which an A/B test is decided.
    pub(super) fn next_test(&self) -> Option<Instant> {
        if self.alone { None } else { self.experiments.next() }
    }

    /// Decides the A/B tests of an instant.
    pub(super) fn decide_tests(&mut self, now: Instant, tally: &Tally) {
        self.experiments.decide(now, tally);
    }

    /// Where a message finds room, when it has none now.
    pub(super) fn no_room(&self, asked: &Asked<'_>, asking: Asking) -> Option<Room> {
        if self.alone { None } else { self.budgets.until(asked.budgets()?, asking) }
    }

    /// A message that finds no room joins the line: where it stands.
    pub(super) fn stand(
        &mut self,
        machine: Machine<'_>,
        campaign: &CampaignPlan,
        turn: Turn,
        asking: Asking,
    ) -> Place {
        let counter = Counter { machine, budgets: &self.budgets, now: asking.now };
        campaign.budgets.map_or(Place::default(), |set| self.line.stand(counter, set, turn, asking))
    }

    /// A job was made: others to its number may need less room by now.
    pub(super) fn make_way(
        &mut self,
        machine: Machine<'_>,
        campaign: &CampaignPlan,
        asking: Asking,
        users: &mut dyn Users,
    ) {
        let set = campaign.budgets.and_then(|set| machine.tables.budgets.sets.get(set as usize));
        if asking.first && set.is_some_and(|set| set.numbers.is_some()) {
            let counter = Counter { machine, budgets: &self.budgets, now: asking.now };
            self.line.counted(counter, asking.number, users);
        }
    }

    /// Forgets what budgets count no more, a few at a time; whether that is done.
    pub(super) fn forget(&mut self, now: Instant) -> bool {
        self.budgets.forget(now)
    }

    /// The line, with what there is room for at an instant.
    pub(super) fn line<'a>(&'a mut self, machine: Machine<'a>, now: Instant) -> (&'a mut Line, Counter<'a>) {
        (&mut self.line, Counter { machine, budgets: &self.budgets, now })
    }

    /// At or before the next instant at which it is somebody's turn who stands in line.
    pub(crate) fn next_turn(&self) -> Option<Instant> {
        self.line.next()
    }

    /// Whether one of a campaign's limits leaves no place for a user.
    pub(super) fn is_limited(&self, asked: &Asked<'_>) -> bool {
        !self.alone && self.limits.is_reached(asked)
    }

    /// How many jobs of other users to a number fell due after an instant; of one campaign, or of all.
    pub(crate) fn others_jobs_after(
        &self,
        number: &str,
        user: u32,
        campaign: Option<u32>,
        after: Instant,
    ) -> usize {
        if self.alone {
            return 0;
        }
        let jobs = self.jobs.get(number).map_or_else(Default::default, |jobs| jobs.iter().rev());
        jobs.take_while(|job| job.due > after)
            .filter(|job| job.user != user && campaign.is_none_or(|campaign| job.campaign == campaign))
            .count()
    }
}

impl Shared {
    /// Writes what several users have a part in.
    pub(crate) fn save(&self, to: &mut Saver<'_>) {
        let Shared {
            // The program tells these.
            alone: _,
            horizon: _,
            blocked,
            refused,
            templates,
            paused,
            jobs,
            addressed,
            limits,
            budgets,
            line,
            experiments,
            released,
            woken,
        } = self;
        blocked.save(to);
        refused.save(to);
        templates.save(to);
        paused.save(to);
        jobs.save(to);
        addressed.save(to);
        limits.save(to);
        budgets.save(to);
        line.save(to);
        experiments.save(to);
        released.save(to);
        woken.save(to);
    }

    /// What the users of a group of the same program share. They are known by now.
    pub(crate) fn restore(from: &mut Restorer<'_>, tables: &Tables) -> Result<Shared, Damage> {
        let shared = Shared {
            blocked: Saved::restore(from)?,
            refused: Saved::restore(from)?,
            templates: Saved::restore(from)?,
            paused: Saved::restore(from)?,
            jobs: Saved::restore(from)?,
            addressed: Saved::restore(from)?,
            limits: Saved::restore(from)?,
            budgets: Budgets::restore(from, &tables.budgets)?,
            line: Saved::restore(from)?,
            experiments: Saved::restore(from)?,
            released: Saved::restore(from)?,
            woken: Saved::restore(from)?,
            ..Shared::new(tables)
        };
        if shared.line.lanes.len() != 2 * tables.budgets.sets.len() {
            return Err(Damage::Wrong("there are not so many lanes"));
        }
        Ok(shared)
    }
}

/// The refusals of a campaign's provider.
fn refusal(campaign: &CampaignPlan) -> Budget {
    Budget::Refusal(campaign.provider.clone().unwrap_or_else(|| "whatsapp".into()))
}

fn address_key(campaign: u32, occurrence: &str, number: &str) -> u128 {
    fingerprint([campaign.to_le_bytes().as_slice(), occurrence.as_bytes(), number.as_bytes()])
}
