//! One instant over many users, in pieces: who falls due, in which order messages take their turns, and each one's decision.
//!
//! All of an instant is done before the next begins, but not at one go: each piece is about one user or one message, so that
//! a host who has other things to do as well waits for none longer than that.

use std::collections::LinkedList;

use crate::machine::{Machine, User};
use crate::model::Instant;
use crate::saved::saved;

use super::Desk;
use super::group::Users;
use super::line::Head;
use super::sorter::Sorter;
use super::turn::{Mail, Turn};

/// An instant that is being done, or has been.
#[derive(Debug)]
pub(super) struct Round {
    pub(super) now: Instant,
    pub(super) stage: Stage,
    /// The users for whom something falls due (or did not after all), and which of them is next.
    here: Vec<u32>,
    next: usize,
    /// For each schedule, how many of them qualify by it; empty where no safety stop asks for it.
    qualified: Vec<u64>,
    /// The campaigns whose schedules stop at this instant.
    stopped: Vec<u32>,
    /// Messages that arrive or are asked again.
    awake: Sorter<Mail>,
    /// Those of them that are due, in order. A list grows without moving what is in it.
    due: LinkedList<Mail>,
}

saved!(struct Round { now, stage, here, next, qualified, stopped, awake, due });

/// How far an instant is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Those for whom something falls due come in.
    Gather,
    /// What falls due for each of them.
    FallDue,
    /// Messages are asked whether they are due.
    Ask,
    /// Messages that are due are decided.
    Decide,
    /// Users whose waiting messages have been given an instant by somebody else's are told.
    Release,
    /// For each who is here, when that is to be next.
    Leave,
    Done,
}

saved!(enum Stage {
    0 => Gather,
    1 => FallDue,
    2 => Ask,
    3 => Decide,
    4 => Release,
    5 => Leave,
    6 => Done,
});

/// Whose turn it is.
#[derive(Debug)]
pub(super) enum Next {
    /// One that is due.
    Due(Mail),
    /// One that stood in line.
    InLine(Mail),
    /// It is not found out yet.
    Sought,
    /// All have had theirs.
    Nobody,
}

impl Default for Round {
    /// No instant.
    fn default() -> Round {
        Round {
            now: Instant::MIN,
            stage: Stage::Done,
            here: Vec::new(),
            next: 0,
            qualified: Vec::new(),
            stopped: Vec::new(),
            awake: Sorter::default(),
            due: LinkedList::new(),
        }
    }
}

impl Round {
    /// The next instant, in the memory of this one.
    pub(super) fn begin(&mut self, now: Instant) {
        self.now = now;
        self.stage = Stage::Gather;
        self.here.clear();
        self.next = 0;
        self.qualified.clear();
    }

    /// One for whom something falls due comes in.
    pub(super) fn gather(&mut self, desk: &Desk<'_>, number: u32, user: &User) {
        self.here.push(number);
        if desk.machine.tables.has_safety_stops {
            self.qualified.resize(desk.machine.tables.schedules.len(), 0);
            let qualifies = desk.machine.qualify_by_schedule(user, self.now);
            self.qualified.iter_mut().zip(qualifies).for_each(|(count, one)| *count += u64::from(one));
        }
    }

    /// All are here.
    pub(super) fn gathered(&mut self, desk: &Desk<'_>) {
        self.stopped.clear();
        if desk.machine.tables.has_safety_stops {
            self.stopped = desk.machine.stopped(&self.qualified);
        }
        self.stage = Stage::FallDue;
    }

    /// The next of those who are here.
    pub(super) fn next_here(&mut self) -> Option<u32> {
        let number = self.here.get(self.next).copied();
        self.next = if number.is_some() { self.next + 1 } else { 0 };
        number
    }

    /// What falls due for one who is here: firings, and messages that wake.
    pub(super) fn fall_due(&mut self, desk: &mut Desk<'_>, number: u32, user: &mut User) {
        let machine = Machine { stopped: &self.stopped, ..desk.machine };
        machine.fall_due(user, self.now, &mut desk.decisions);
        while let Some(message) = user.pending.pop_due(self.now) {
            self.awake.push(Mail { turn: Turn::of(machine, user, number, &message), message });
        }
    }

    /// The next message to be asked whether it is due.
    pub(super) fn next_awake(&mut self) -> Option<Mail> {
        self.awake.pop()
    }

    /// Asks a message of a user.
    pub(super) fn ask(&mut self, desk: &mut Desk<'_>, mail: Mail, user: &mut User) {
        let Mail { turn, message } = mail;
        if let Some(message) = desk.machine.ask(user, message, self.now, &mut desk.decisions) {
            self.due.push_back(Mail { turn, message });
        }
    }

    /// All have been asked: those who are due, and those in line, take their turns.
    pub(super) fn asked(&mut self, desk: &mut Desk<'_>) {
        if !desk.shared.forget(self.now) {
            return;
        }
        let (line, counter) = desk.shared.line(desk.machine, self.now);
        if line.begin(counter) {
            self.stage = Stage::Decide;
        }
    }

    /// Whose turn is next.
    pub(super) fn next_turn(&mut self, desk: &mut Desk<'_>, users: &mut dyn Users) -> Next {
        let due = self.due.front().map(|mail| &mail.turn);
        let (line, counter) = desk.shared.line(desk.machine, self.now);
        match line.first_before(counter, due, users) {
            Head::Is(mail) => Next::InLine(mail),
            Head::Nobody => self.due.pop_front().map_or(Next::Nobody, Next::Due),
            Head::Sought => Next::Sought,
        }
    }

    /// All have had their turns.
    pub(super) fn decided(&mut self, desk: &mut Desk<'_>, users: &mut dyn Users) {
        let standing = desk.decisions.waits.standing();
        let (line, _) = desk.shared.line(desk.machine, self.now);
        line.end();
        line.tidy(standing, users);
        self.stage = Stage::Release;
    }
}
