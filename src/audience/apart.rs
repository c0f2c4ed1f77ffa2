//! What hangs on a user's own clock, profile or ties between events: asked of the machine, user by user.

use std::collections::HashMap;

use super::Setting;
use super::answers::Set;
use super::keys::Key;
use super::profiles::Profiles;
use super::words::Words;
use crate::machine::{User, holds, remember};
use crate::model::Instant;
use crate::program::{Classifier, EventExtra, Fact};

/// Where something stands: in which log, in which part of it, and which of its records it is.
pub(super) type Order = (usize, usize, usize);

/// Before everything in a log.
pub(super) const FIRST: Order = (0, 0, 0);

/// An event that the machine must see.
#[derive(Debug)]
pub(super) struct ApartRow {
    pub(super) key: Key,
    pub(super) at: Instant,
    pub(super) order: Order,
    /// What it does.
    pub(super) reaction: u32,
    pub(super) extra: Option<EventExtra>,
}

/// The events of some users that the machine must see.
#[derive(Debug)]
pub(super) struct Apart<'a> {
    classifier: Option<&'a Classifier>,
    /// In order, by user.
    rows: HashMap<Key, Vec<ApartRow>>,
}

impl<'a> Apart<'a> {
    /// Nothing.
    pub(super) fn none() -> Apart<'a> {
        Apart { classifier: None, rows: HashMap::new() }
    }

    /// Those rows, in their order.
    pub(super) fn new(classifier: &'a Classifier, rows: Vec<ApartRow>) -> Apart<'a> {
        let mut by_user: HashMap<Key, Vec<ApartRow>> = HashMap::new();
        for row in rows {
            by_user.entry(row.key).or_default().push(row);
        }
        by_user.values_mut().for_each(|rows| rows.sort_by_key(|row| row.at));
        Apart { classifier: Some(classifier), rows: by_user }
    }

    /// For each instant the users for whom each node holds that words cannot answer.
    pub(super) fn answers(&self, setting: &Setting<'_>, words: &Words, profiles: &Profiles) -> Vec<Vec<Set>> {
        let plan = &setting.plan;
        if plan.apart.is_empty() {
            return Vec::new();
        }
        let tables = plan.program.tables();
        let users = words.keys.len();
        let none = || vec![vec![0_u64; users.div_ceil(64)]; plan.apart.len()];
        let mut answers: Vec<Vec<Set>> = plan.ats.iter().map(|_| none()).collect();
        let mut user = User::new("".into(), tables);
        for (number, key) in words.keys.iter().enumerate() {
            user.reset(setting.keys.id(*key), tables);
            let mut rows = self.rows.get(key).map_or(&[][..], Vec::as_slice).iter().peekable();
            let mut updates = profiles.of(*key).iter().peekable();
            for (answers, at) in answers.iter_mut().zip(&plan.ats) {
                loop {
                    let row = rows.peek().map_or((Instant::MAX, FIRST), |row| (row.at, row.order));
                    let update = updates.peek().map_or((Instant::MAX, FIRST), |(at, order, _)| (*at, *order));
                    if row.min(update).0 > *at {
                        break;
                    }
                    if update <= row {
                        updates.next().iter().for_each(|(.., update)| user.update(update, tables));
                    } else if let Some(row) = rows.next()
                        && let Some(reaction) =
                            self.classifier.and_then(|classifier| classifier.reaction(row.reaction))
                    {
                        let extra = row.extra.as_ref();
                        let fact = Fact { at: row.at, reaction, extra, late: false, known: row.at };
                        remember(tables, &mut user, &fact);
                    }
                }
                for (set, node) in answers.iter_mut().zip(&plan.apart) {
                    if holds(tables, &user, *node, *at)
                        && let Some(word) = set.get_mut(number / 64)
                    {
                        *word |= 1 << (number % 64);
                    }
                }
            }
        }
        answers
    }
}
