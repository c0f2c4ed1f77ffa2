//! Conditions that look at several events of the history together (3.11 to 3.15).

use std::collections::BTreeSet;

use campanile::language::ast::{
    Aggregate, AggregateComparison, AggregateFunction, Arithmetic, Block, Expression, Filter, Had, Mostly,
    NoneSince, Occurred, Path, Regularly, Sequence, Share, Which, Window, WindowKind,
};
use campanile::model::{Duration, Number, Properties, Value};

use super::condition::{Asked, Past, tie, tied};
use super::filter::{clock_holds, descend, each, filter_holds, reach, shown, stands, value_holds};

impl<'a> Asked<'a> {
    /// 3.11
    pub fn aggregate(&self, aggregate: &Aggregate) -> bool {
        let matching = self.matching_in(&aggregate.pattern, aggregate.window.as_ref());
        let result = if aggregate.function == AggregateFunction::Distinct {
            let Expression::Property(path) = &aggregate.value else { panic!("distinct is of a property") };
            let mut different: Vec<Value> = Vec::new();
            for past in matching {
                let mut values: Vec<Value> =
                    reach(path, &past.event.properties).into_iter().flat_map(each).cloned().collect();
                if values.is_empty() {
                    values.extend(aggregate.missing.iter().map(|missing| Value::Number(missing.node)));
                }
                for value in values {
                    if !different.contains(&value) {
                        different.push(value);
                    }
                }
            }
            (!different.is_empty()).then_some(different.len() as f64)
        } else {
            let mut values: Vec<f64> = Vec::new();
            for past in matching {
                let own = values_of(&aggregate.value, &past.event.properties);
                match &aggregate.missing {
                    Some(missing) if own.is_empty() => values.push(missing.node.as_f64()),
                    _ => values.extend(own),
                }
            }
            let sum = || values.iter().fold(0.0, |sum, value| sum + value);
            let some = !values.is_empty();
            match aggregate.function {
                AggregateFunction::Sum => some.then(sum),
                AggregateFunction::Average => some.then(|| sum() / values.len() as f64),
                AggregateFunction::Min => values.iter().copied().reduce(f64::min),
                AggregateFunction::Max => values.iter().copied().reduce(f64::max),
                AggregateFunction::Distinct => panic!("counted above"),
            }
        };
        match result.and_then(Number::from_f64) {
            None => aggregate.or_never,
            Some(result) => match &aggregate.comparison {
                AggregateComparison::Compare(comparison, number) => {
                    stands(*comparison, Some(result.cmp(&number.node)))
                }
                AggregateComparison::Between(low, high) => low.node <= result && result <= high.node,
            },
        }
    }

    /// 3.12
    pub fn occurred(&self, occurred: &Occurred) -> bool {
        let matching = self.matching(&occurred.pattern);
        let (_, past) = match which(occurred.which, &matching) {
            Some(found) => found,
            None => return false,
        };
        self.in_time(Some(&occurred.window), past.event.at)
    }

    /// 3.12
    pub fn had(&self, had: &Had) -> bool {
        let matching = self.matching(&had.pattern);
        which(had.which, &matching)
            .is_some_and(|(_, past)| filter_holds(&had.filter, &past.event.properties, &self.view(past)))
    }

    /// 3.12
    pub fn none_since(&self, none: &NoneSince) -> bool {
        let last = self.matching(&none.last);
        let Some((place, last)) = last.last() else { return false };
        let since = |(later, other): &(usize, Past)| {
            later > place && tied(none.matching.as_ref(), last.event, other.event)
        };
        self.in_time(none.window.as_ref(), last.event.at) && !self.matching(&none.none).iter().any(since)
    }

    /// 3.13
    pub fn sequence(&self, sequence: &Sequence) -> bool {
        let tied = |one: usize, other: usize| {
            tied(sequence.matching.as_ref(), self.history[one].event, self.history[other].event)
        };
        let at = |place: usize| self.history[place].event.at;
        let places =
            |pattern| -> Vec<usize> { self.matching(pattern).into_iter().map(|(place, _)| place).collect() };
        // The first step, and the last so far, of every choice of events.
        let mut choices: BTreeSet<(usize, usize)> =
            places(&sequence.first).into_iter().map(|place| (place, place)).collect();
        if let Some(path) = &sequence.matching {
            choices.retain(|(first, _)| tie(path, self.history[*first].event).is_some());
        }
        for step in &sequence.then {
            let further = places(&step.pattern);
            let follows = |last: usize, next: usize| {
                let in_time = step.within.as_ref().is_none_or(|within| at(next) < at(last) + within.node);
                next > last && in_time && tied(last, next)
            };
            let mut longer = BTreeSet::new();
            for (first, last) in choices {
                let next = further.iter().copied().filter(|next| follows(last, *next));
                longer.extend(next.map(|next| (first, next)));
            }
            choices = longer;
        }
        choices.into_iter().any(|(first, last)| {
            let altogether =
                sequence.all_within.as_ref().is_none_or(|within| at(last) < at(first) + within.node);
            let unanswered = sequence.absent.as_ref().is_none_or(|absent| {
                let end = at(last) + absent.within.as_ref().unwrap().node;
                let answers = |place: &usize| *place > last && at(*place) < end && tied(last, *place);
                self.now >= end && !places(&absent.pattern).iter().any(answers)
            });
            altogether && unanswered && self.in_time(sequence.window.as_ref(), at(last))
        })
    }

    /// 3.14
    pub fn regularly(&self, regularly: &Regularly) -> bool {
        let matching = self.matching(&regularly.pattern);
        let in_stretch = |nth: u32| {
            let kind = match regularly.block {
                Block::Rolling(length) => {
                    let so_many = |count: u32| Duration::from_millis(length.millis() * i64::from(count));
                    WindowKind::BetweenAgo(so_many(nth), so_many(nth + 1))
                }
                Block::Calendar(unit) => WindowKind::ExactlyAgo(nth + 1, unit),
            };
            let window = Window { kind, user_time: regularly.user_time, span: regularly.span };
            matching.iter().any(|(_, past)| self.in_time(Some(&window), past.event.at))
        };
        (0..regularly.of.node).filter(|nth| in_stretch(*nth)).count() >= regularly.least.node as usize
    }

    /// 3.15
    pub fn mostly(&self, mostly: &Mostly) -> bool {
        let matching = self.matching_in(&mostly.pattern, mostly.window.as_ref());
        match &mostly.test {
            Filter::Test(test) => {
                let reached =
                    matching.iter().flat_map(|past| reach(&test.path, &past.event.properties)).flat_map(each);
                let view = self.view_of_now();
                most_frequent(reached.collect()).into_iter().any(|value| value_holds(test, value, &view))
            }
            Filter::Clock(test) => {
                let parts = matching.iter().map(|past| shown(test, &self.view(past)));
                most_frequent(parts.collect()).into_iter().any(|part| clock_holds(test, part))
            }
            other => panic!("not of one value: {other:?}"),
        }
    }

    /// 3.15
    pub fn share(&self, share: &Share) -> bool {
        let matching = self.matching_in(&share.pattern, share.window.as_ref());
        let had = |past: &&Past<'a>| filter_holds(&share.filter, &past.event.properties, &self.view(past));
        let holding = matching.iter().filter(had).count() as u64;
        let all = matching.len() as u64;
        let wanted = all * u64::from(share.share.node.millionths());
        all > 0 && stands(share.comparison, Some((holding * 1_000_000).cmp(&wanted)))
    }
}

fn which<T>(which: Which, matching: &[T]) -> Option<&T> {
    match which {
        Which::First => matching.first(),
        Which::Last => matching.last(),
    }
}

/// The values of which there are most.
fn most_frequent<T: PartialEq + Copy>(values: Vec<T>) -> Vec<T> {
    let times = |value: &T| values.iter().filter(|other| *other == value).count();
    let most = values.iter().map(times).max().unwrap_or(0);
    values.iter().copied().filter(|value| times(value) == most).collect()
}

// ---- Values of an event (3.11) ----

fn values_of(expression: &Expression, properties: &Properties) -> Vec<f64> {
    let mut paths: Vec<&Path> = Vec::new();
    gather(expression, &mut paths);
    let numbers = |values: Vec<&Value>| -> Vec<f64> {
        let each = values.into_iter().flat_map(each);
        each.filter_map(|value| if let Value::Number(number) = value { Some(number.as_f64()) } else { None })
            .collect()
    };
    if let [path] = paths[..] {
        let reached = numbers(reach(path, properties));
        return reached.into_iter().filter_map(|number| worth(expression, &|_| Some(number))).collect();
    }
    let only = |values: Vec<&Value>| match numbers(values)[..] {
        [number] => Some(number),
        _ => None,
    };
    let lists: Vec<Option<usize>> = paths.iter().map(|path| list_on_the_way(path, properties)).collect();
    let mut of_lists = paths.iter().zip(&lists).filter_map(|(path, list)| Some((path, (*list)?)));
    let Some((first, length)) = of_lists.next() else {
        return worth(expression, &|path| only(reach(path, properties))).into_iter().collect();
    };
    let list = &first.parts[..length];
    if !of_lists.all(|(path, other)| path.parts[..other] == *list) {
        return Vec::new();
    }
    let list_path = Path { parts: list.to_vec(), span: first.span };
    let items: Vec<&Value> = reach(&list_path, properties).into_iter().flat_map(each).collect();
    let of_item = |item: &Value| {
        worth(expression, &|path| match list_on_the_way(path, properties) {
            Some(length) => only(descend(vec![item], &path.parts[length..])),
            None => only(reach(path, properties)),
        })
    };
    items.into_iter().filter_map(of_item).collect()
}

/// The different paths of an expression.
fn gather<'e>(expression: &'e Expression, paths: &mut Vec<&'e Path>) {
    match expression {
        Expression::Number(_) => {}
        Expression::Property(path) => {
            if !paths.iter().any(|known| known.parts == path.parts) {
                paths.push(path);
            }
        }
        Expression::Binary(left, _, right, _) => {
            gather(left, paths);
            gather(right, paths);
        }
    }
}

/// How many parts of a path reach its first list; none where there is none on the way.
fn list_on_the_way(path: &Path, properties: &Properties) -> Option<usize> {
    (1..=path.parts.len()).find(|length| {
        let begin = Path { parts: path.parts[..*length].to_vec(), span: path.span };
        reach(&begin, properties).into_iter().any(|value| matches!(value, Value::List(_)))
    })
}

/// What an expression comes to when each path is the number that is told.
fn worth(expression: &Expression, number: &dyn Fn(&Path) -> Option<f64>) -> Option<f64> {
    let worth = match expression {
        Expression::Number(constant) => constant.node.as_f64(),
        Expression::Property(path) => number(path)?,
        Expression::Binary(left, arithmetic, right, _) => {
            let (left, right) = (worth(left, number)?, worth(right, number)?);
            match arithmetic {
                Arithmetic::Add => left + right,
                Arithmetic::Subtract => left - right,
                Arithmetic::Multiply => left * right,
                Arithmetic::Divide => left / right,
            }
        }
    };
    worth.is_finite().then_some(worth)
}
