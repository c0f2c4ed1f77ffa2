//! Phone numbers, which several users may have: whether they are blocked (8.1).

use campanile::model::{Instant, Profile, Record, Text, Value, e164};

use super::person::{Entry, Person};

/// All statements about numbers in the order in which they came.
pub struct Numbers {
    statements: Vec<Statement>,
}

struct Statement {
    /// When it came, and its place in the input.
    came: (Option<Instant>, usize),
    number: Text,
    blocked: bool,
}

impl Numbers {
    pub fn new(people: &[Person], records: &[Record]) -> Numbers {
        let mut statements = Vec::new();
        for (input, record) in records.iter().enumerate() {
            if let Record::Number(said) = record
                && let Ok(number) = e164(&said.number)
            {
                statements.push(Statement { came: (said.at, input), number, blocked: said.blocked });
            }
        }
        for person in people {
            let mut number_before = None;
            for (place, row) in person.rows.iter().enumerate() {
                let Entry::Profile(update) = &row.entry else { continue };
                let profile = person.profile_after(place);
                let number = profile.phone().and_then(|phone| e164(phone).ok());
                let says = update.changes.iter().rev().find_map(|(name, value)| {
                    name.eq_ignore_ascii_case(FLAG).then(|| value.as_ref().and_then(yes_or_no)).flatten()
                });
                let moved = number != number_before && flag(profile) == Some(true);
                let blocked = says.or(moved.then_some(true));
                if let (Some(number), Some(blocked)) = (&number, blocked) {
                    let came = (row.at, row.input);
                    statements.push(Statement { came, number: number.clone(), blocked });
                }
                number_before = number;
            }
        }
        statements.sort_by_key(|statement| statement.came);
        Numbers { statements }
    }

    /// What the last statement up to an instant says.
    pub fn is_blocked(&self, number: &Text, at: Instant) -> bool {
        let mut so_far = self.statements.iter().filter(|statement| statement.came.0 <= Some(at));
        so_far.rfind(|statement| statement.number == *number).is_some_and(|last| last.blocked)
    }
}

const FLAG: &str = "msg-dndwhatsapp";

/// The profile's own flag.
pub fn flag(profile: &Profile) -> Option<bool> {
    under(profile, FLAG).and_then(yes_or_no)
}

/// 5.6: the user's own consent, whatever is said of the number.
pub fn agrees(profile: &Profile) -> bool {
    let said = under(profile, "whatsapp").or_else(|| under(profile, "msg-whatsapp"));
    said.and_then(yes_or_no) == Some(true)
}

fn under<'p>(profile: &'p Profile, name: &str) -> Option<&'p Value> {
    let mut found = profile.properties().iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
    found.next().map(|(_, value)| value)
}

fn yes_or_no(value: &Value) -> Option<bool> {
    match value {
        Value::Boolean(value) => Some(*value),
        Value::Text(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::Text(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}
