//! The run over a log, once all of it is there.

use std::sync::Arc;

use crate::dispatch::{
    Decisions, Desk, Group, Jobs, Outcomes, Part, Shared, Tally, TemplateStatements, UnknownZones, Whole,
};
use crate::machine::{Stretch, User};
use crate::model::{Instant, OutcomeKind, ProfileUpdate, TemplateStatement};
use crate::program::{EventExtra, Fact, Reaction, Tables};

use super::groups::{Groups, Numbers};
use super::units::{Unit, Units};
use super::{
    BudgetSummary, CampaignSummary, Company, NUMBER, PROFILE, Phase, Replay, ReplayResult, Row, Statement,
    Streamed, Summary, UNDATED, workers,
};

/// What a row is about.
enum Step<'r> {
    Profile(&'r ProfileUpdate),
    Event(Fact<'r>),
    Number(&'r Statement),
}

impl Replay {
    /// Runs the log: every user through the machine, from the first instant to the last.
    pub fn run(self) -> ReplayResult {
        self.run_streamed().into()
    }

    /// Runs the log, and hands out jobs and outcomes in their order, one after the other: for those who write them down, or hand them on, and keep
    /// none. The log itself is let go before the first of them.
    ///
    /// # Example
    /// ```
    /// use campanile::{model::{Event, Instant, Record}, replay::Replay, rulebook::Rulebook, sink::OutcomeWriter};
    /// let rulebook = Rulebook::parse("shop.camp", "
    ///     campaign thanks { when \"Charged\" send template thank_you }")?;
    /// let mut replay = Replay::new(&rulebook.compile());
    /// let at = Instant::parse("2026-11-03T10:00:00Z")?;
    /// for user in ["ben", "asha"] {
    ///     let event = Event { user: user.into(), name: "Charged".into(), at, id: None, properties: Default::default() };
    ///     replay.add(Record::Event(event));
    /// }
    /// let streamed = replay.run_streamed();
    /// assert_eq!((streamed.jobs.len(), streamed.outcomes.len()), (0, 2));
    /// let mut writer = OutcomeWriter::new(Vec::new());
    /// for outcome in streamed.outcomes {
    ///     writer.write(&outcome)?;
    /// }
    /// let lines = String::from_utf8(writer.into_inner()?)?;
    /// assert!(lines.starts_with("{\"campaign\":\"thanks\",\"user\":\"asha\""), "{lines}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn run_streamed(mut self) -> Streamed {
        self.decide(&mut |_| ())
    }

    /// As [`Replay::run`], and who may have had a part in what became of whom.
    pub(crate) fn run_in_company(mut self) -> (ReplayResult, Company) {
        let result = self.decide(&mut |_| ()).into();
        let groups = self.numbers().groups();
        let everyone = self.program.tables().shares_everything();
        (result, Company { users: self.users, user_index: self.user_index, groups, everyone })
    }

    pub(super) fn decide(&mut self, begins: &mut dyn FnMut(Phase)) -> Streamed {
        begins(Phase::Group);
        let run = self.stretch();
        let groups = self.groups();
        let units = Units::new(self.users.len(), groups, &self.rows, |row, groups| self.group(row, groups));
        begins(Phase::Run);
        let templates = Arc::new(self.said_of_templates(run.to));
        let (pieces, crew) = (units.pieces(), Crew { replay: self, run, templates: &templates });
        let source = Source { rows: &self.rows, extras: &self.extras, units: &units, first: 0 };
        let parts = workers::in_order(
            self.threads,
            pieces.len(),
            || crew.worker(),
            |worker, piece| {
                let units = pieces.get(piece).cloned().unwrap_or_default();
                units.for_each(|unit| crew.run(worker, source, unit));
                crew.part(worker)
            },
        );
        begins(Phase::Merge);
        self.streamed(run, parts)
    }

    /// From which instant to which.
    pub(super) fn stretch(&self) -> Stretch {
        let to = self.to.or(self.last.map(Instant::next)).or(self.from).unwrap_or(Instant::MIN);
        Stretch { from: self.from.or(self.first).unwrap_or(to), to }
    }

    /// What the parts of a run come to.
    pub(super) fn streamed(&self, run: Stretch, parts: Vec<Part>) -> Streamed {
        let mut whole = Whole::of(parts, self.nothing_decided());
        let holds = whole.waits.take_holds();
        let answered = std::mem::take(&mut whole.waits.answered);
        let budgets = whole.waits.summary(self.program.tables());
        let summary = self.summary(run, &whole.tally, budgets, whole.unknown_zones);
        Streamed { jobs: Jobs(whole.jobs), outcomes: Outcomes(whole.outcomes), holds, answered, summary }
    }

    fn nothing_decided(&self) -> Decisions {
        let mut decisions = Decisions::new(self.program.tables());
        decisions.waits.keep(self.holds);
        decisions
    }

    /// What the provider says of templates during the run, which is the same for all users.
    pub(super) fn said_of_templates(&self, to: Instant) -> TemplateStatements {
        let dated = self.templates.iter().map(|statement| (statement.at.unwrap_or(UNDATED), statement));
        let mut dated: Vec<(Instant, &TemplateStatement)> = dated.filter(|(at, _)| *at < to).collect();
        // Stable: those of one instant stay in the order in which they were added.
        dated.sort_by_key(|(at, _)| *at);
        let mut said = TemplateStatements::default();
        for (at, statement) in dated {
            said.say(statement.clone(), at);
        }
        said
    }

    /// Who is run with whom.
    pub(super) fn groups(&mut self) -> Groups {
        let tables = self.program.tables();
        if tables.shares_everything() {
            return Groups::one(self.users.len());
        }
        let says_of_numbers = || {
            self.has_refusals
                || !self.statements.is_empty()
                || self.updates.iter().any(|update| update.blocks_number().is_some())
        };
        if !tables.shares_numbers() && !says_of_numbers() {
            return Groups::default();
        }
        let mut numbers = self.numbers();
        for statement in &mut self.statements {
            statement.holder = numbers.speak_of(&statement.number);
        }
        numbers.groups()
    }

    /// Who has which numbers.
    fn numbers(&self) -> Numbers {
        let mut numbers = Numbers::new(self.users.len());
        for update in &self.updates {
            if let Some(user) = self.user_index.get(&update.user) {
                numbers.hear(*user, update);
            }
        }
        numbers
    }

    /// The group of a row; none when its user is run alone.
    pub(super) fn group(&self, row: &Row, groups: &Groups) -> Option<u32> {
        if row.kind != NUMBER {
            return groups.of(row.user);
        }
        let statement = self.statements.get(row.extra as usize)?;
        // Where all are one group, whose number it is makes no difference.
        groups.of(statement.holder.unwrap_or(0))
    }

    /// What a row is about; `extra` is what is kept of its event.
    fn step<'r>(&'r self, row: &Row, extra: Option<&'r EventExtra>) -> Option<Step<'r>> {
        Some(match row.kind {
            PROFILE => Step::Profile(self.updates.get(row.extra as usize)?),
            NUMBER => Step::Number(self.statements.get(row.extra as usize)?),
            kind => {
                let reaction = self.classifier.reaction(kind)?;
                Step::Event(Fact { at: row.at, reaction, extra, late: false, known: row.at })
            }
        })
    }

    fn summary(
        &self,
        run: Stretch,
        tally: &Tally,
        budgets: Vec<BudgetSummary>,
        unknown_zones: UnknownZones,
    ) -> Summary {
        let campaigns = self.program.rulebook().campaigns();
        let campaigns = campaigns.iter().enumerate().map(|(index, campaign)| CampaignSummary {
            name: campaign.name.clone(),
            title: campaign.syntax.title.as_ref().map(|title| title.node.as_str().into()),
            triggered: tally.triggered(index),
            past: tally.past(index),
            qualified: tally.qualified(index),
            results: tally.results(index).cloned().unwrap_or_default(),
            outcomes: OutcomeKind::ALL.map(|outcome| tally.count(index, outcome)),
        });
        Summary {
            from: run.from,
            to: run.to,
            campaigns: campaigns.collect(),
            budgets,
            events: self.events,
            profiles: self.profiles,
            templates: self.templates.len() as u64,
            duplicates: self.duplicates,
            unfit: self.unfit,
            users: self.users.len() as u64,
            unknown_zones,
        }
    }
}

impl From<Streamed> for ReplayResult {
    /// Keeps all of it.
    fn from(streamed: Streamed) -> ReplayResult {
        let Streamed { jobs, outcomes, holds, answered, summary } = streamed;
        ReplayResult { jobs: jobs.collect(), outcomes: outcomes.collect(), holds, answered, summary }
    }
}

/// What all workers look at.
pub(super) struct Crew<'r> {
    pub(super) replay: &'r Replay,
    pub(super) run: Stretch,
    pub(super) templates: &'r Arc<TemplateStatements>,
}

/// Rows of some units, and what is kept of their events.
#[derive(Clone, Copy)]
pub(super) struct Source<'s> {
    pub(super) rows: &'s [Row],
    pub(super) extras: &'s [EventExtra],
    pub(super) units: &'s Units,
    /// The number of the user who is the first unit.
    pub(super) first: usize,
}

/// What one worker has for itself: units come to it one after the other.
pub(super) struct Worker<'r> {
    desk: Desk<'r>,
    /// The same memory for all who are run alone.
    user: User,
    rows: Vec<Row>,
}

/// Users who are run as one.
pub(super) struct Together {
    group: Group,
    /// What those who are run alone share.
    alone: Shared,
}

impl<'r> Crew<'r> {
    fn tables(&self) -> &'r Tables {
        self.replay.program.tables()
    }

    pub(super) fn worker(&self) -> Worker<'r> {
        let shared = Shared::alone().with_templates(self.templates);
        Worker {
            desk: Desk::new(self.tables(), self.run, self.replay.nothing_decided(), shared),
            user: User::new("".into(), self.tables()),
            rows: Vec::new(),
        }
    }

    /// What was decided since the last time.
    pub(super) fn part(&self, worker: &mut Worker<'_>) -> Part {
        std::mem::replace(&mut worker.desk.decisions, self.replay.nothing_decided()).into_part()
    }

    /// Runs a unit of a source.
    pub(super) fn run(&self, worker: &mut Worker<'r>, source: Source<'_>, unit: usize) {
        match source.units.unit(unit) {
            Some(Unit::User(user)) => self.run_alone(worker, source, user),
            Some(Unit::Group(members)) => self.run_together(worker, source, (unit, members)),
            None => {}
        }
    }

    fn run_alone(&self, worker: &mut Worker<'_>, source: Source<'_>, unit: usize) {
        let Worker { desk, user, rows } = worker;
        let Some(known) = self.replay.users.get(source.first + unit) else { return };
        let (to, tables) = (self.run.to, self.tables());
        if known.since >= to {
            return;
        }
        source.units.rows_of(unit, source.rows, rows);
        if rows.is_empty() && !tables.concern_everyone() {
            return;
        }
        user.reset(known.id.clone(), tables);
        if !tables.fire_without_events() && !rows.iter().any(|row| self.may_start(row)) {
            // Nothing ever falls due, so that nobody asks what is remembered. The zone is asked after in any case.
            for row in rows.iter().take_while(|row| row.at < to) {
                if let Some(Step::Profile(update)) = self.replay.step(row, None) {
                    user.update(update, tables);
                }
            }
            desk.close(user);
            return;
        }
        desk.meet(user, known.since);
        for row in rows.iter().take_while(|row| row.at < to) {
            match self.replay.step(row, source.extras.get(row.extra as usize)) {
                Some(Step::Profile(update)) => desk.profile(user, update, row.at),
                Some(Step::Event(fact)) => desk.event(user, &fact),
                Some(Step::Number(_)) | None => {}
            }
        }
        desk.close(user);
    }

    fn may_start(&self, row: &Row) -> bool {
        self.replay.classifier.reaction(row.kind).is_some_and(Reaction::may_start)
    }

    fn run_together(&self, worker: &mut Worker<'r>, source: Source<'_>, (unit, members): (usize, &[u32])) {
        let mut together = self.gather(worker, members);
        let mut rows = std::mem::take(&mut worker.rows);
        source.units.rows_of(unit, source.rows, &mut rows);
        for row in rows.iter().take_while(|row| row.at < self.run.to) {
            let place = source.units.place(row.user);
            self.step_together(worker, &mut together, (place, row), source.extras.get(row.extra as usize));
        }
        worker.rows = rows;
        self.close(worker, together);
    }

    /// Brings users together who are run as one.
    pub(super) fn gather(&self, worker: &mut Worker<'r>, members: &[u32]) -> Together {
        let Worker { desk, .. } = worker;
        let tables = self.tables();
        let shared = Shared::new(tables).with_templates(self.templates);
        let alone = std::mem::replace(&mut desk.shared, shared);
        let mut group = Group::default();
        for member in members {
            let Some(known) = self.replay.users.get(*member as usize) else { continue };
            let place = group.add(User::new(known.id.clone(), tables));
            if known.since < self.run.to {
                group.meet(desk, place, known.since);
            }
        }
        Together { group, alone }
    }

    /// What happens next among them, to whoever is at this place.
    pub(super) fn step_together(
        &self,
        worker: &mut Worker<'_>,
        together: &mut Together,
        (place, row): (u32, &Row),
        extra: Option<&EventExtra>,
    ) {
        let (desk, group) = (&mut worker.desk, &mut together.group);
        match self.replay.step(row, extra) {
            Some(Step::Profile(update)) => group.profile(desk, place, update, row.at),
            Some(Step::Event(fact)) => group.event(desk, place, &fact),
            Some(Step::Number(said)) => group.number(desk, &said.number, said.blocked, row.at),
            None => {}
        }
    }

    /// Nothing more happens among them.
    pub(super) fn close(&self, worker: &mut Worker<'r>, together: Together) {
        let Together { mut group, alone } = together;
        group.close(&mut worker.desk);
        worker.desk.shared = alone;
    }
}
