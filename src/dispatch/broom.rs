//! Turns that were left behind, swept out of the line a few at a time.

use std::ops::Bound;

use super::budgets::{Number, Pair};
use super::group::Users;
use super::line::{Line, needs_place, stands};
use super::turn::Turn;
use crate::saved::saved;

/// How far a line is swept; it begins again where it ends.
#[derive(Debug, Default)]
pub(super) enum Broom {
    /// The pieces of a lane, one after the other.
    #[default]
    Start,
    Pieces {
        lane: usize,
        piece: usize,
    },
    /// Those of a lane who came out of order.
    Others {
        lane: usize,
        after: Option<Turn>,
    },
    Crowds {
        after: Option<Pair>,
    },
    Holders {
        after: Option<(Number, u32)>,
    },
}

saved!(enum Broom {
    0 => Start,
    1 => Pieces { lane, piece },
    2 => Others { lane, after },
    3 => Crowds { after },
    4 => Holders { after },
});

/// So many at a time.
const FEW: usize = 1_024;

impl Line {
    /// Sweeps a little, where more was left behind than there are who stand in line.
    pub(super) fn tidy(&mut self, standing: u64, users: &mut dyn Users) {
        let turns = self.lanes.iter().map(|(lane, _)| lane.len()).sum::<usize>() + self.crowded;
        let most = usize::try_from(standing).unwrap_or(usize::MAX).saturating_mul(2).saturating_add(4 * FEW);
        if turns.max(self.holders.len()) > most {
            let broom = std::mem::take(&mut self.broom);
            self.broom = self.sweep(broom, users);
        }
    }

    fn sweep(&mut self, broom: Broom, users: &mut dyn Users) -> Broom {
        match broom {
            Broom::Start => Broom::Pieces { lane: 0, piece: 0 },
            Broom::Pieces { lane, piece } => {
                let needs_place = needs_place(lane);
                match self.lanes.get_mut(lane) {
                    Some((turns, _)) => {
                        match turns.sweep_piece(piece, |turn| stands(users, turn, needs_place, None)) {
                            Some(piece) => Broom::Pieces { lane, piece },
                            None => Broom::Others { lane, after: None },
                        }
                    }
                    None => Broom::Crowds { after: None },
                }
            }
            Broom::Others { lane, after } => {
                let needs_place = needs_place(lane);
                let after = self.lanes.get_mut(lane).and_then(|(turns, _)| {
                    turns.sweep_others(after, FEW, |turn| stands(users, turn, needs_place, None))
                });
                match after {
                    Some(turn) => Broom::Others { lane, after: Some(turn) },
                    None => Broom::Pieces { lane: lane + 1, piece: 0 },
                }
            }
            Broom::Crowds { after } => {
                let from = after.map_or(Bound::Unbounded, Bound::Excluded);
                let mut last = None;
                for (pair, crowd) in self.crowds.range_mut((from, Bound::Unbounded)).take(FEW / 8) {
                    last = Some(*pair);
                    for (lane, turns) in &mut crowd.lanes {
                        let needs_place = needs_place(*lane as usize);
                        let before = turns.len();
                        turns.retain(|turn| stands(users, turn, needs_place, Some(*pair)));
                        self.crowded -= before - turns.len();
                    }
                }
                if last.is_some() { Broom::Crowds { after: last } } else { Broom::Holders { after: None } }
            }
            Broom::Holders { after } => {
                let from = after.map_or(Bound::Unbounded, Bound::Excluded);
                let some: Vec<_> = self.holders.range((from, Bound::Unbounded)).take(FEW).copied().collect();
                for (number, holder) in &some {
                    let holds = users.get_mut(*holder as usize).is_some_and(|user| {
                        let has = user.address().is_ok_and(|address| Number::of(&address) == *number);
                        let mut standing = user.pending.iter().filter_map(|message| message.standing());
                        has && standing.any(|standing| standing.place.needs_place)
                    });
                    if !holds {
                        self.holders.remove(&(*number, *holder));
                    }
                }
                match some.last() {
                    Some(last) => Broom::Holders { after: Some(*last) },
                    None => Broom::Start,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::dispatch::{Decisions, Desk, Group, Shared};
    use crate::machine::{Stretch, User};
    use crate::model::{Event, Instant, Portfolio, ProfileUpdate, Provider, Providers, Value};
    use crate::program::{Classifier, Fact};
    use crate::rulebook::Rulebook;

    /// Somebody waits for a year; behind, a hundred messages a minute come and expire. What they leave behind does not pile up.
    #[test]
    fn what_is_left_behind_is_swept_out() {
        let mut providers = Providers::default();
        providers.portfolios.insert("main".into(), Portfolio { users_per_day: Some(1) });
        providers
            .providers
            .insert("p".into(), Provider { portfolio: Some("main".into()), ..Provider::default() });
        let rules = "
            campaign first { when \"A\" provider p priority 1 throttle 1 per 300 days send template t }
            campaign brief { when \"B\" provider p throttle 1 per 300 days valid 30 seconds send template t }";
        let rulebook = Rulebook::builder().text("c.camp", rules).providers(providers).build().unwrap();
        let program = rulebook.compile();
        let tables = program.tables();
        let start = Instant::parse("2026-11-03T00:00:00Z").unwrap();
        let run = Stretch { from: start, to: Instant::MAX };
        let mut desk = Desk::new(tables, run, Decisions::new(tables), Shared::new(tables));
        let (mut group, mut classifier) = (Group::default(), Classifier::default());
        for number in 0..100 {
            let number = group.add(User::new(format!("user {number}").into(), tables));
            group.meet(&mut desk, number, start);
            let known = [
                ("phone", Value::text(&format!("+919820012{:03}", number))),
                ("whatsapp", Value::Boolean(true)),
            ];
            let changes = known.map(|(name, value)| (name.into(), Some(value))).to_vec();
            let update = ProfileUpdate { user: "somebody".into(), at: None, changes };
            group.profile(&mut desk, number, &update, start);
        }
        let mut most = (0, 0);
        for minute in 0..300 {
            let at = Instant::from_millis(start.millis() + minute * 60_000);
            for number in 0..100_u32 {
                let name = if minute < 2 && number == 0 { "A" } else { "B" };
                let event = Event {
                    user: "somebody".into(),
                    name: name.into(),
                    at,
                    id: None,
                    properties: Default::default(),
                };
                let (kind, extra) = classifier.classify(tables, &event).unwrap();
                let reaction = classifier.reaction(kind).unwrap();
                let fact = Fact { at, reaction, extra: extra.as_ref(), late: false, known: at };
                group.event(&mut desk, number, &fact);
            }
            let (line, _) = desk.shared.line(desk.machine, at);
            let turns = line.lanes.iter().map(|(lane, _)| lane.len()).sum::<usize>() + line.crowded;
            most = (most.0.max(turns), most.1.max(line.holders.len()));
        }
        assert!((4_000..6_000).contains(&most.0), "of 30,000 turns {} stood there at once", most.0);
        assert!(most.1 <= 100, "{} numbers of 100 users wait", most.1);
        group.close(&mut desk);
        let waits = desk.decisions.waits.summary(tables);
        let waited: u64 =
            waits.iter().flat_map(|budget| &budget.campaigns).map(|campaign| campaign.waits).sum();
        assert_eq!(waited, 29_998, "all but the two that were sent");
    }
}
