//! Conditions that can never hold, or always do: what two parts of one row say of the same events contradicts, or together
//! leaves nothing out.

use crate::language::ast::{
    Condition, CountComparison, Did, EventName, EventPattern, Trigger, Window, WindowKind,
};
use crate::language::{Span, without_places};
use crate::model::Duration;
use crate::rulebook::tables::Tables;

/// So deep are segments looked through; a condition beyond is taken as it is.
const DEPTH: usize = 16;

/// What a row is found to be.
#[derive(Debug)]
pub(super) struct Finding {
    /// Never, or always.
    pub always: bool,
    /// The part that does it.
    pub part: Part,
    /// The part with which it does.
    pub with: Option<Part>,
}

/// A part of a row, and what it says in words.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub span: Span,
    pub why: String,
}

/// What one part says: so many of such events then, or any other condition and its opposite.
#[derive(Debug, Clone)]
enum Fact {
    Count { pattern: Box<EventPattern>, least: u64, most: u64, reach: Reach },
    Other { shown: String, holds: bool },
}

/// How far back a window looks, as far as two can be compared.
#[derive(Debug, Clone, PartialEq)]
enum Reach {
    /// The very event that asks.
    Now,
    /// So long before now, out.
    Back(Duration),
    Ever,
    /// Any other, as written.
    Other(String),
}

impl Reach {
    fn of(window: Option<&Window>) -> Reach {
        match window {
            None => Reach::Ever,
            Some(Window { kind: WindowKind::Last(length), .. }) => Reach::Back(*length),
            Some(window) => Reach::Other(without_places(window)),
        }
    }

    /// True when all that is in this window is in the other, whenever it is asked.
    fn within(&self, other: &Reach) -> bool {
        match (self, other) {
            (_, Reach::Ever) | (Reach::Now, Reach::Now | Reach::Back(_)) => true,
            (Reach::Back(short), Reach::Back(long)) => short <= long,
            _ => self == other,
        }
    }
}

/// A fact and where it is said.
#[derive(Debug, Clone)]
struct Said {
    fact: Fact,
    part: Part,
}

/// Looks for rows that never or always hold.
pub(super) struct Truth<'a> {
    pub tables: &'a Tables,
    pub findings: Vec<Finding>,
}

impl<'a> Truth<'a> {
    /// The audience of a campaign, together with what its trigger says of the user.
    pub fn audience(&mut self, trigger: &Trigger, condition: &'a Condition) {
        let implied = implied(trigger);
        self.row(condition, implied);
        self.inner(condition);
    }

    /// A condition that stands alone.
    pub fn condition(&mut self, condition: &'a Condition) {
        self.row(condition, Vec::new());
        self.inner(condition);
    }

    /// All rows below a condition.
    fn inner(&mut self, condition: &'a Condition) {
        match condition {
            Condition::And(parts, _) => parts.iter().for_each(|part| self.inner(part)),
            Condition::Or(parts, _) => {
                self.tautology(parts);
                for part in parts {
                    self.row(part, Vec::new());
                    self.inner(part);
                }
            }
            Condition::Not(part, _) => self.inner(part),
            _ => {}
        }
    }

    /// What holds together: a part alone, or the parts of an `and`.
    fn row(&mut self, condition: &'a Condition, implied: Vec<Said>) {
        let mut said = implied;
        let before = said.len();
        self.collect(condition, true, DEPTH, None, &mut said);
        for (place, one) in said.iter().enumerate().skip(before) {
            if let Some(always) = alone(&one.fact) {
                self.findings.push(Finding { always, part: one.part.clone(), with: None });
                return;
            }
            let against = said.iter().take(place).find(|other| {
                // What one segment says against itself is told there.
                one.part.span != other.part.span && contradict(&one.fact, &other.fact)
            });
            if let Some(other) = against {
                let finding =
                    Finding { always: false, part: one.part.clone(), with: Some(other.part.clone()) };
                self.findings.push(finding);
                return;
            }
        }
    }

    /// Parts of an `or` that leave nothing out.
    fn tautology(&mut self, parts: &'a [Condition]) {
        let mut said = Vec::new();
        for part in parts {
            let mut facts = Vec::new();
            self.collect(part, true, DEPTH, None, &mut facts);
            // Only a part that says one thing is the opposite of another.
            if let [one] = &facts[..] {
                said.push(one.clone());
            }
        }
        for (place, one) in said.iter().enumerate() {
            if let Some(other) =
                said.iter().take(place).find(|other| leave_nothing_out(&one.fact, &other.fact))
            {
                self.findings.push(Finding {
                    always: true,
                    part: one.part.clone(),
                    with: Some(other.part.clone()),
                });
                return;
            }
        }
    }

    /// What a condition says when it holds (or does not), as far as all of it must be so. Within a segment, the place is where the
    /// segment is asked for.
    fn collect(
        &self,
        condition: &'a Condition,
        holds: bool,
        depth: usize,
        asked: Option<Span>,
        said: &mut Vec<Said>,
    ) {
        let span = asked.unwrap_or(condition.span());
        match condition {
            Condition::And(parts, _) if holds => {
                parts.iter().for_each(|part| self.collect(part, true, depth, asked, said));
            }
            Condition::Or(parts, _) if !holds => {
                parts.iter().for_each(|part| self.collect(part, false, depth, asked, said));
            }
            Condition::Not(part, _) => self.collect(part, !holds, depth, asked, said),
            Condition::InSegment(name) => {
                let why = format!("segment `{}` is asked for", name.node);
                said.push(Said {
                    fact: Fact::Other { shown: format!("segment {}", name.node), holds },
                    part: Part { span, why },
                });
                if let (Some(segment), Some(depth)) =
                    (self.tables.segments.get(&name.node), depth.checked_sub(1))
                {
                    self.collect(&segment.condition, holds, depth, Some(span), said);
                }
            }
            Condition::Did(did) => said.extend(count(did, holds).map(|(fact, why)| {
                let why = if asked.is_some() { format!("the segment says {why}") } else { why };
                Said { fact, part: Part { span, why } }
            })),
            other => {
                let shown = without_places(other);
                let why = if holds { "it holds" } else { "it does not" };
                said.push(Said { fact: Fact::Other { shown, holds }, part: Part { span, why: why.into() } });
            }
        }
    }
}

/// What a `did` says of how often. The opposite of a count is no single range but where it begins or ends at none.
fn count(did: &Did, holds: bool) -> Option<(Fact, String)> {
    let none = (0, 0);
    let some = (1, u64::MAX);
    let range = match &did.count {
        None => {
            if did.negated == holds {
                none
            } else {
                some
            }
        }
        Some(_) if !holds => return None,
        Some(count) => {
            let (least, most) = match count.node.comparison {
                CountComparison::AtLeast(n) => (n.into(), u64::MAX),
                CountComparison::AtMost(n) => (0, n.into()),
                CountComparison::MoreThan(n) => (u64::from(n) + 1, u64::MAX),
                CountComparison::FewerThan(n) => (0, u64::from(n).saturating_sub(1)),
                CountComparison::Exactly(n) => (n.into(), n.into()),
                CountComparison::Between(a, b) => (a.into(), b.into()),
            };
            // None at all satisfies a count only where it is said.
            (if count.node.or_never { least } else { least.max(1) }, most)
        }
    };
    let why = match range {
        (0, 0) => "no such event".to_owned(),
        (least, u64::MAX) => format!("at least {least} of them"),
        (least, most) => format!("{least} to {most} of them"),
    };
    let reach = Reach::of(did.window.as_ref());
    let fact = Fact::Count { pattern: Box::new(did.pattern.clone()), least: range.0, most: range.1, reach };
    Some((fact, why))
}

/// What a trigger says of the user at the instant at which the audience is asked.
fn implied(trigger: &Trigger) -> Vec<Said> {
    let event = |pattern: &EventPattern, most: u64, reach: Reach, why: &str| Said {
        fact: Fact::Count { pattern: Box::new(pattern.clone()), least: 1, most, reach },
        part: Part { span: pattern.span, why: why.to_owned() },
    };
    let itself = "the trigger's own event counts";
    match trigger {
        Trigger::Event(pattern) => vec![event(pattern, u64::MAX, Reach::Now, itself)],
        Trigger::FirstTime(pattern) => {
            vec![event(pattern, 1, Reach::Ever, "the first is the only one there is")]
        }
        Trigger::Followed(followed) => vec![
            event(&followed.then, u64::MAX, Reach::Now, itself),
            event(&followed.first, u64::MAX, Reach::Back(followed.within.node), "it came before"),
        ],
        // A was exactly so long ago: in a window that is longer, and out of one of that length.
        Trigger::Inaction(inaction) => {
            let just_longer = Duration::from_millis(inaction.within.node.millis().saturating_add(1));
            vec![event(&inaction.first, u64::MAX, Reach::Back(just_longer), "it came before")]
        }
        _ => Vec::new(),
    }
}

/// Never or always, for a part that needs no other.
fn alone(fact: &Fact) -> Option<bool> {
    match fact {
        Fact::Count { least, most, .. } if least > most => Some(false),
        Fact::Count { least: 0, most: u64::MAX, .. } => Some(true),
        _ => None,
    }
}

fn contradict(one: &Fact, other: &Fact) -> bool {
    match (one, other) {
        (
            Fact::Count { pattern: a, least: least_a, most: most_a, reach: reach_a },
            Fact::Count { pattern: b, least: least_b, most: most_b, reach: reach_b },
        ) => {
            let more =
                |least: u64,
                 few: &EventPattern,
                 near: &Reach,
                 most: u64,
                 many: &EventPattern,
                 far: &Reach| { least > most && covers(many, few) && near.within(far) };
            more(*least_a, a, reach_a, *most_b, b, reach_b) || more(*least_b, b, reach_b, *most_a, a, reach_a)
        }
        (Fact::Other { shown: a, holds: one }, Fact::Other { shown: b, holds: other }) => {
            a == b && one != other
        }
        _ => false,
    }
}

fn leave_nothing_out(one: &Fact, other: &Fact) -> bool {
    match (one, other) {
        (
            Fact::Count { pattern: a, least: least_a, most: most_a, reach: reach_a },
            Fact::Count { pattern: b, least: least_b, most: most_b, reach: reach_b },
        ) => {
            let from_none = |least: u64, most: u64, next: u64, end: u64| {
                least == 0 && end == u64::MAX && next <= most.saturating_add(1)
            };
            without_places(a) == without_places(b)
                && reach_a == reach_b
                && (from_none(*least_a, *most_a, *least_b, *most_b)
                    || from_none(*least_b, *most_b, *least_a, *most_a))
        }
        (Fact::Other { shown: a, holds: one }, Fact::Other { shown: b, holds: other }) => {
            a == b && one != other
        }
        _ => false,
    }
}

/// True when every event that the one means, the other means as well.
fn covers(wide: &EventPattern, narrow: &EventPattern) -> bool {
    let same_event = without_places(&wide.event.node) == without_places(&narrow.event.node);
    match (&wide.filter, &narrow.filter) {
        (None, _) => same_event || wide.event.node == EventName::Any,
        (Some(wide), Some(narrow)) => same_event && without_places(wide) == without_places(narrow),
        (Some(_), None) => false,
    }
}
