use crate::program::Role;
use crate::saved::saved;

/// The last A, and the Bs after it in order.
#[derive(Debug, Default)]
pub(in crate::machine) struct Since {
    /// When A was, and the value that ties a B to it; none where there is not exactly one.
    last: Option<(i64, Option<u128>)>,
    /// Bs after A (without an A, all) in order, of each value the last. With one A after the other it stays empty; those of other
    /// values stay because an A that comes late may be theirs.
    after: Vec<(i64, u128)>,
}

saved!(struct Since { last, after });

impl Since {
    pub(super) fn clear(&mut self) {
        self.last = None;
        self.after.clear();
    }

    /// When the last A was, if no B came since.
    pub(in crate::machine) fn unanswered(&self) -> Option<i64> {
        let (at, key) = self.last?;
        let answered = key.is_some_and(|key| self.after.iter().any(|(_, known)| *known == key));
        (!answered).then_some(at)
    }

    pub(super) fn enter(&mut self, role: Role, at: i64, key: Option<u128>) {
        // An event comes after those of its instant that came before.
        let is_last = self.last.is_none_or(|(last, _)| last <= at);
        match role {
            Role::Last if is_last => {
                self.last = Some((at, key));
                self.after.retain(|(known, _)| *known > at);
            }
            Role::None if is_last => {
                let Some(key) = key else { return };
                match self.after.iter_mut().find(|(_, known)| *known == key) {
                    Some((known, _)) => *known = at.max(*known),
                    None => self.after.push((at, key)),
                }
            }
            Role::Last | Role::None => {}
        }
    }
}
