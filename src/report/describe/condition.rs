//! Conditions in words: who.

use super::words::{self, exact_length, listed, path, percent};
use super::{Tree, Writer};
use crate::language::ast::{
    Aggregate, AggregateComparison, AggregateFunction, Arithmetic, Block, Comparison, Condition, Count,
    CountComparison, Did, Expression, Filter, Literal, Mostly, NoneSince, Regularly, Sequence, SequenceStep,
    Share, Which, Window, WindowKind,
};

impl Writer<'_> {
    /// A condition as a sentence about `they`, with what it is made of below it.
    pub(super) fn condition(&mut self, condition: &Condition) -> Tree {
        match condition {
            Condition::And(all, _) => {
                Tree::of("all of these hold:", all.iter().map(|part| self.condition(part)))
            }
            Condition::Or(any, _) => {
                Tree::of("at least one of these holds:", any.iter().map(|part| self.condition(part)))
            }
            Condition::Not(inner, _) => self.not(inner),
            Condition::Did(did) => self.did(did),
            Condition::Aggregate(aggregate) => Tree::leaf(self.aggregate(aggregate)),
            Condition::Occurred(occurred) => Tree::leaf(format!(
                "their {} {} was {}",
                which(occurred.which),
                self.pattern(&occurred.pattern),
                self.window(&occurred.window),
            )),
            Condition::Had(had) => Tree::leaf(format!(
                "of their {} {} it holds that {}",
                which(had.which),
                self.pattern(&had.pattern),
                self.filter(&had.filter),
            )),
            Condition::NoneSince(none) => Tree::leaf(self.none_since(none)),
            Condition::Sequence(sequence) => Tree::leaf(self.sequence(sequence)),
            Condition::Regularly(regularly) => Tree::leaf(self.regularly(regularly)),
            Condition::Mostly(mostly) => Tree::leaf(self.mostly(mostly)),
            Condition::Share(share) => Tree::leaf(self.share(share)),
            Condition::Sample(sample) => {
                let named = sample
                    .name
                    .as_ref()
                    .map_or(String::new(), |name| format!(" named {}", words::quoted(&name.node)));
                Tree::leaf(format!(
                    "they are in the sample{named} of {} of all users (drawn by a fixed hash of the user's id)",
                    percent(sample.share.node)
                ))
            }
            Condition::Profile(test) => Tree::leaf(self.profile_filter(test)),
            Condition::InSegment(name) => {
                self.mention(&name.node);
                Tree::leaf(format!("they are in the segment `{}`", name.node))
            }
            Condition::InList(name) => Tree::leaf(format!("they are on the list `{}`", name.node)),
        }
    }

    fn not(&mut self, inner: &Condition) -> Tree {
        match inner {
            Condition::And(all, _) => {
                Tree::of("not all of these hold:", all.iter().map(|part| self.condition(part)))
            }
            Condition::Or(any, _) => {
                Tree::of("none of these holds:", any.iter().map(|part| self.condition(part)))
            }
            Condition::InSegment(name) => {
                self.mention(&name.node);
                Tree::leaf(format!("they are not in the segment `{}`", name.node))
            }
            Condition::InList(name) => Tree::leaf(format!("they are not on the list `{}`", name.node)),
            Condition::Not(..)
            | Condition::Did(_)
            | Condition::Aggregate(_)
            | Condition::Occurred(_)
            | Condition::Had(_)
            | Condition::NoneSince(_)
            | Condition::Sequence(_)
            | Condition::Regularly(_)
            | Condition::Mostly(_)
            | Condition::Share(_)
            | Condition::Sample(_)
            | Condition::Profile(_) => {
                let mut tree = self.condition(inner);
                tree.text.insert_str(0, "it is not so that ");
                tree
            }
        }
    }

    fn did(&self, did: &Did) -> Tree {
        let when = self.when(did.window.as_ref());
        let (verb, more) = match &did.count {
            _ if did.negated => ("did not do", format!(" {when}")),
            Some(count) => ("did", format!(" {} {when}", counted(count.node))),
            None => ("did", format!(" at least once {when}")),
        };
        let (text, parts) = self.long_pattern(&did.pattern, &more);
        let end = if parts.is_empty() { "" } else { ":" };
        Tree::of(&format!("they {verb} {text}{end}"), parts.into_iter())
    }

    fn aggregate(&self, aggregate: &Aggregate) -> String {
        let value = expression(&aggregate.value);
        let of = match aggregate.function {
            AggregateFunction::Sum => format!("the sum of {value}"),
            AggregateFunction::Average => format!("the average of {value}"),
            AggregateFunction::Min => format!("the smallest {value}"),
            AggregateFunction::Max => format!("the largest {value}"),
            AggregateFunction::Distinct => format!("the number of different values of {value}"),
        };
        let missing = match &aggregate.missing {
            Some(number) => format!("events without it count as {}", words::number(number.node)),
            None => "events without it are left out".to_owned(),
        };
        let never = if aggregate.or_never { "; or there is no value at all" } else { "" };
        format!(
            "{of} over their {} {} ({missing}) {}{never}",
            self.pattern(&aggregate.pattern),
            self.when(aggregate.window.as_ref()),
            aggregate_comparison(&aggregate.comparison),
        )
    }

    fn none_since(&self, none: &NoneSince) -> String {
        let same =
            none.matching.as_ref().map_or(String::new(), |same| format!(" with the same {}", path(same)));
        let when =
            none.window.as_ref().map_or(String::new(), |window| format!(" was {}", self.window(window)));
        format!(
            "their last {}{when}, and since then they did not do {}{same}",
            self.pattern(&none.last),
            self.pattern(&none.none),
        )
    }

    fn sequence(&self, sequence: &Sequence) -> String {
        let step = |step: &SequenceStep| {
            let within = step.within.as_ref();
            let within = within
                .map_or(String::new(), |within| format!(" within {} of that", exact_length(within.node)));
            format!("{}{within}", self.pattern(&step.pattern))
        };
        let mut text = format!("they did {}", self.pattern(&sequence.first));
        for then in &sequence.then {
            text.push_str(&format!(", then {}", step(then)));
        }
        if let Some(all) = &sequence.all_within {
            text.push_str(&format!(", all within {}", exact_length(all.node)));
        }
        if let Some(absent) = &sequence.absent {
            text.push_str(&format!(", and then did not do {}", step(absent)));
        }
        if let Some(same) = &sequence.matching {
            text.push_str(&format!(", all with the same {}", path(same)));
        }
        if let Some(window) = &sequence.window {
            text.push_str(&format!(", the last of them {}", self.window(window)));
        }
        text
    }

    fn regularly(&self, regularly: &Regularly) -> String {
        let of = i64::from(regularly.of.node);
        let blocks = match regularly.block {
            Block::Rolling(length) => {
                format!("stretches of {} each, the last of which ends then", exact_length(length))
            }
            Block::Calendar(unit) => {
                format!("whole {}s before this one, {}", words::unit(unit), self.zone(regularly.user_time))
            }
        };
        format!(
            "they did {} in at least {} of the last {of} {blocks}",
            self.pattern(&regularly.pattern),
            regularly.least.node,
        )
    }

    fn mostly(&self, mostly: &Mostly) -> String {
        let test = match &mostly.test {
            Filter::Test(_) | Filter::Clock(_) => self.filter(&mostly.test),
            Filter::And(..) | Filter::Or(..) | Filter::Not(..) | Filter::Items(_) | Filter::Near(_) => {
                format!("({})", self.filter(&mostly.test))
            }
        };
        format!(
            "a most frequent value over their {} {} passes this: {test}",
            self.pattern(&mostly.pattern),
            self.when(mostly.window.as_ref()),
        )
    }

    fn share(&self, share: &Share) -> String {
        let how = match share.comparison {
            Comparison::GreaterOrEqual => "at least",
            Comparison::Greater => "more than",
            Comparison::LessOrEqual => "at most",
            Comparison::Less => "less than",
            Comparison::Equal => "exactly",
            Comparison::NotEqual => "not exactly",
        };
        format!(
            "of {how} {} of their {} {} it holds that {} (and there is at least one)",
            percent(share.share.node),
            self.pattern(&share.pattern),
            self.when(share.window.as_ref()),
            self.filter(&share.filter),
        )
    }

    /// When, or that it does not matter.
    fn when(&self, window: Option<&Window>) -> String {
        window.map_or_else(|| "at any time so far".to_owned(), |window| self.window(window))
    }

    fn window(&self, window: &Window) -> String {
        self.stretch(window.kind, window.user_time)
    }

    /// A stretch of time that ends now at the latest.
    pub(super) fn stretch(&self, kind: WindowKind, user_time: bool) -> String {
        let zone = self.zone(user_time);
        match kind {
            WindowKind::Last(length) => format!("in the last {}", back(length)),
            WindowKind::LastCalendar(count, unit) => {
                let so_far = match words::unit(unit) {
                    "day" => "today".to_owned(),
                    unit => format!("this {unit}"),
                };
                let unit = words::unit(unit);
                let whole = words::several(count.into(), unit).replacen(' ', " whole ", 1);
                format!("in the {whole} before this one and {so_far} so far, {zone}")
            }
            WindowKind::This(unit) => match words::unit(unit) {
                "day" => format!("today (since the day began, {zone})"),
                unit => format!("this {unit} (since it began, {zone}{})", self.weeks_begin(unit)),
            },
            WindowKind::Previous(unit) => match words::unit(unit) {
                "day" => format!("yesterday (that whole day, {zone})"),
                unit => format!("in the whole {unit} before this one ({zone}{})", self.weeks_begin(unit)),
            },
            WindowKind::ExactlyAgo(count, unit) => {
                let name = words::unit(unit);
                format!(
                    "on the {name} exactly {} ago (that whole {name}, {zone}{})",
                    words::several(count.into(), name),
                    self.weeks_begin(name)
                )
            }
            WindowKind::BetweenAgo(near, far) => {
                format!("between {} and {} ago (exactly so long)", words::length(near), words::length(far))
            }
            WindowKind::BetweenAgoCalendar(near, far, unit) => {
                let unit = words::unit(unit);
                format!(
                    "from the {unit} {far} {unit}s ago to the {unit} {near} {unit}s ago (whole {unit}s, {zone})"
                )
            }
            WindowKind::MoreThanAgo(length) => format!("{} or longer ago", exact_length(length)),
            WindowKind::After(date) => format!("after {} ({zone})", words::date(date)),
            WindowKind::Since(date) => format!("since {} (that day included, {zone})", words::date(date)),
            WindowKind::Before(date) => format!("before {} ({zone})", words::date(date)),
            WindowKind::On(date) => format!("on {} ({zone})", words::date(date)),
            WindowKind::FromTo(from, to) => {
                format!("from {} to {} (both days included, {zone})", words::date(from), words::date(to))
            }
        }
    }

    fn weeks_begin(&self, unit: &str) -> String {
        match unit {
            "week" => format!("; weeks begin on {}", words::weekday(self.rulebook.settings().week_starts)),
            _ => String::new(),
        }
    }
}

/// `90 days (exactly 90 × 24 hours back)`
fn back(length: crate::model::Duration) -> String {
    let text = exact_length(length);
    match text.strip_suffix(')') {
        Some(text) => format!("{text} back)"),
        None => text,
    }
}

const fn which(which: Which) -> &'static str {
    match which {
        Which::First => "first",
        Which::Last => "last",
    }
}

fn counted(count: Count) -> String {
    let times = |number: u32| words::several(number.into(), "time");
    let said = match count.comparison {
        CountComparison::AtLeast(number) => format!("at least {}", times(number)),
        CountComparison::AtMost(number) => format!("at most {}", times(number)),
        CountComparison::MoreThan(number) => format!("more than {}", times(number)),
        CountComparison::FewerThan(number) => format!("fewer than {}", times(number)),
        CountComparison::Exactly(number) => format!("exactly {}", times(number)),
        CountComparison::Between(from, to) => format!("between {from} and {} (both included)", times(to)),
    };
    match count.comparison {
        _ if count.or_never => format!("{said} (or never)"),
        CountComparison::AtMost(_) | CountComparison::FewerThan(_) => format!("{said} (but at least once)"),
        CountComparison::AtLeast(_)
        | CountComparison::MoreThan(_)
        | CountComparison::Exactly(_)
        | CountComparison::Between(..) => said,
    }
}

fn aggregate_comparison(comparison: &AggregateComparison) -> String {
    match comparison {
        AggregateComparison::Compare(comparison, number) => {
            let with = Literal::Number(number.node);
            format!("{} {}", super::filter::compared(*comparison, &with), words::number(number.node))
        }
        AggregateComparison::Between(from, to) => {
            format!("is between {} and {}, both included", words::number(from.node), words::number(to.node))
        }
    }
}

fn expression(value: &Expression) -> String {
    let operand = |inner: &Expression| match inner {
        Expression::Binary(..) => format!("({})", expression(inner)),
        Expression::Number(_) | Expression::Property(_) => expression(inner),
    };
    match value {
        Expression::Number(number) => words::number(number.node),
        Expression::Property(property) => path(property),
        Expression::Binary(left, operator, right, _) => {
            let sign = match operator {
                Arithmetic::Add => "+",
                Arithmetic::Subtract => "−",
                Arithmetic::Multiply => "×",
                Arithmetic::Divide => "÷",
            };
            format!("{} {sign} {}", operand(left), operand(right))
        }
    }
}

/// Several values in a row.
pub(super) fn values(values: &[crate::language::Spanned<Literal>]) -> String {
    listed(values.iter().map(|value| words::literal(&value.node)).collect(), "or")
}
