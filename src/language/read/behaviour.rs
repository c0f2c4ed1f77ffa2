//! Conditions that look at several events of a user together.

use super::filter::{Subject, comparison};
use super::values::Unit;
use super::{Reader, shown};
use crate::language::ast::{
    Aggregate, AggregateComparison, AggregateFunction, Arithmetic, Block, Comparison, Condition, Did,
    Expression, Filter, Had, Mostly, NoneSince, Occurred, Regularly, Sample, Share, Which, Window,
};
use crate::language::grammar::{Node, Rule, child, children, first, has};
use crate::language::{Span, codes};

impl Reader<'_, '_> {
    /// `sum of price * quantity or 0 over "Charged" in last 30 days >= 5_000 or never`
    pub(super) fn aggregate(&mut self, node: &Node<'_>) -> Option<Aggregate> {
        let span = self.span(node);
        let (function, value) = match child(node, Rule::distinct) {
            Some(distinct) => {
                let path = self.path(&child(&distinct, Rule::path)?);
                (AggregateFunction::Distinct, path.map(Expression::Property))
            }
            None => {
                let of = child(node, Rule::aggregate_of)?;
                let function = match first(&of)?.as_rule() {
                    Rule::kw_sum => AggregateFunction::Sum,
                    Rule::kw_average => AggregateFunction::Average,
                    Rule::kw_min => AggregateFunction::Min,
                    _ => AggregateFunction::Max,
                };
                (function, self.expression(&child(&of, Rule::expression)?))
            }
        };
        let missing = match child(node, Rule::or_number) {
            Some(or) => Some(self.number(&child(&or, Rule::number)?)?),
            None => None,
        };
        let pattern = self.pattern(&child(node, Rule::pattern)?);
        let mut window: Option<(Node<'_>, Window)> = None;
        let mut result: Option<(Node<'_>, (AggregateComparison, bool))> = None;
        for part in node.clone().into_inner() {
            let place = self.span(&part);
            match part.as_rule() {
                Rule::window => {
                    if let Some((first, _)) = &window {
                        let first = self.span(first);
                        return self.twice("the time", first, place);
                    }
                    if let Some((first, _)) = &result {
                        let help = format!("write `{} {}`", shown(&part), shown(first));
                        return self.refuse_with(
                            codes::COUNT,
                            place,
                            "the time comes before what the result is compared with",
                            help,
                        );
                    }
                    window = Some((part.clone(), self.window(&part)?));
                }
                Rule::result => {
                    if let Some((first, _)) = &result {
                        let first = self.span(first);
                        return self.twice("what the result is compared with", first, place);
                    }
                    result = Some((part.clone(), self.result(&part)?));
                }
                _ => {}
            }
        }
        let Some((_, (comparison, or_never))) = result else {
            let help = match function {
                AggregateFunction::Distinct => "write `distinct … over … >= 3`",
                _ => "write `… over … >= 500`",
            };
            return self.refuse_with(codes::INCOMPLETE, span, "this is not compared with anything", help);
        };
        let (value, pattern) = (value?, pattern?);
        let window = window.map(|(_, window)| window);
        Some(Aggregate { function, value, missing, pattern, window, comparison, or_never, span })
    }

    /// `>= 5_000 or never`, `between 10 and 20`
    fn result(&mut self, node: &Node<'_>) -> Option<(AggregateComparison, bool)> {
        let span = self.span(node);
        let mut numbers = children(node, Rule::number);
        let low = self.number(&numbers.next()?)?;
        let comparison = match child(node, Rule::comparison) {
            Some(sign) => AggregateComparison::Compare(comparison(&sign), low),
            None => {
                let high = self.number(&numbers.next()?)?;
                if low.node > high.node {
                    return self.refuse_with(
                        codes::NUMBER,
                        span,
                        "nothing lies between these two values",
                        "the smaller one comes first",
                    );
                }
                AggregateComparison::Between(low, high)
            }
        };
        Some((comparison, has(node, Rule::or_never)))
    }

    /// A row of numbers and properties with signs between them: `*` and `/` before `+` and `-`, else from left to right.
    fn expression(&mut self, node: &Node<'_>) -> Option<Expression> {
        let mut operands = Vec::new();
        for operand in children(node, Rule::expression_operand) {
            let inner = first(&operand)?;
            operands.push(match inner.as_rule() {
                Rule::number => Expression::Number(self.number(&inner)?),
                Rule::expression_group => self.expression(&child(&inner, Rule::expression)?)?,
                _ => Expression::Property(self.path(&inner)?),
            });
        }
        let signs = children(node, Rule::arithmetic).map(|sign| match sign.as_str() {
            "+" => Arithmetic::Add,
            "-" => Arithmetic::Subtract,
            "*" => Arithmetic::Multiply,
            _ => Arithmetic::Divide,
        });
        let mut operands = operands.into_iter();
        // Sums of products: the last product is still open.
        let mut sums: Vec<(Expression, Arithmetic)> = Vec::new();
        let mut product = operands.next()?;
        for (sign, operand) in signs.zip(operands) {
            match sign {
                Arithmetic::Multiply | Arithmetic::Divide => product = joined(product, sign, operand),
                Arithmetic::Add | Arithmetic::Subtract => {
                    sums.push((std::mem::replace(&mut product, operand), sign));
                }
            }
        }
        let mut parts = sums.into_iter();
        let Some((mut sum, mut sign)) = parts.next() else { return Some(product) };
        for (next, next_sign) in parts {
            sum = joined(sum, sign, next);
            sign = next_sign;
        }
        Some(joined(sum, sign, product))
    }

    /// `first "Charged" was in last 7 days`, `last "Viewed" had category = "x"`, `last "Cart" was … and no "Charged" since`
    pub(super) fn which_event(&mut self, node: &Node<'_>) -> Option<Condition> {
        let span = self.span(node);
        let which = if has(node, Rule::kw_first) { Which::First } else { Which::Last };
        let pattern = self.pattern(&child(node, Rule::pattern)?);
        if let Some(had) = child(node, Rule::had) {
            let filter = self.had(&had)?;
            return Some(Condition::Had(Box::new(Had { which, pattern: pattern?, filter, span })));
        }
        let was = child(node, Rule::was)?;
        let window = self.window(&child(&was, Rule::window)?);
        let Some(since) = child(&was, Rule::and_no_since) else {
            let (pattern, window) = (pattern?, window?);
            return Some(Condition::Occurred(Box::new(Occurred { which, pattern, window, span })));
        };
        if which == Which::First {
            let place = self.span(&since);
            return self.refuse_with(
                codes::WINDOW,
                place,
                "`and no … since` goes with the last event",
                "write `last … was … and no … since`; since the first one nothing happened where `did not \"…\"` holds",
            );
        }
        let none = self.pattern(&child(&since, Rule::pattern)?)?;
        let matching = self.optional_matching(&since)?;
        let (last, window) = (pattern?, Some(window?));
        Some(Condition::NoneSince(Box::new(NoneSince { last, window, none, matching, span })))
    }

    /// `"Charged" has not happened since "Added to Cart"`, or since a date, or in a window.
    pub(super) fn not_happened(&mut self, node: &Node<'_>) -> Option<Condition> {
        let span = self.span(node);
        let pattern = self.pattern(&child(node, Rule::pattern)?)?;
        if let Some(since) = child(node, Rule::since_event) {
            let last = self.pattern(&child(&since, Rule::pattern)?)?;
            let matching = self.optional_matching(&since)?;
            let none = NoneSince { last, window: None, none: pattern, matching, span };
            return Some(Condition::NoneSince(Box::new(none)));
        }
        let window = match child(node, Rule::window) {
            Some(window) => Some(self.window(&window)?),
            None => None,
        };
        Some(Condition::Did(Did { negated: true, pattern, count: None, window, span }))
    }

    fn optional_matching(&mut self, node: &Node<'_>) -> Option<Option<crate::language::ast::Path>> {
        match child(node, Rule::matching) {
            Some(matching) => Some(Some(self.path(&child(&matching, Rule::path)?)?)),
            None => Some(None),
        }
    }

    /// `had category = "x"`: one test, or a filter in parentheses.
    fn had(&mut self, node: &Node<'_>) -> Option<Filter> {
        self.one_filter(node, "had")
    }

    /// `in at least 3 of last 4 weeks`, of `did "E"`.
    pub(super) fn regularly(&mut self, did: &Node<'_>, node: &Node<'_>) -> Option<Regularly> {
        let span = self.span(did);
        let mut numbers = children(node, Rule::number);
        let (least, of) = (numbers.next()?, numbers.next()?);
        let least = self.whole(&least, "number of stretches", 1, 1_000)?;
        let of = self.whole(&of, "number of stretches", 1, 1_000)?;
        if least.node > of.node {
            return self.refuse_with(
                codes::COUNT,
                least.span.to(of.span),
                format!("of {} there are never {}", of.node, least.node),
                "the smaller number comes first: `in at least 3 of last 4 weeks`",
            );
        }
        let unit = self.unit(node)?;
        let block = if has(node, Rule::kw_calendar) {
            Block::Calendar(self.calendar_unit(node)?)
        } else {
            match unit.node.seconds() {
                Some(seconds) => Block::Rolling(crate::model::Duration::from_seconds(seconds)),
                None => return self.without_length(unit.node, of.node, self.span(node)),
            }
        };
        let pattern = self.pattern(&child(did, Rule::pattern)?)?;
        if has(did, Rule::kw_not) {
            return self.refuse_with(
                codes::COUNT,
                span,
                "`did not` means not once, and takes no number of weeks",
                "write `not` before it: `not did \"…\" in at least 3 of last 4 weeks`",
            );
        }
        if let Some(more) =
            did.clone().into_inner().find(|part| matches!(part.as_rule(), Rule::count | Rule::window))
        {
            let place = self.span(&more);
            return self.refuse_with(
                codes::COUNT,
                place,
                "`in at least 3 of last 4 weeks` says how often and when",
                format!("leave `{}` out, or write a condition of its own for it", shown(&more)),
            );
        }
        Some(Regularly { pattern, least, of, block, user_time: has(node, Rule::user_time), span })
    }

    fn without_length<T>(&mut self, unit: Unit, count: u32, place: Span) -> Option<T> {
        let word = unit.word(i64::from(count));
        self.refuse_with(
            codes::WINDOW,
            place,
            format!("{} are cut by the calendar and have no fixed length", unit.word(2)),
            format!("write `of last {count} calendar {word}`, or use days or weeks"),
        )
    }

    /// `mostly category = "shoes" over "Viewed" in last 30 days`
    pub(super) fn mostly(&mut self, node: &Node<'_>) -> Option<Mostly> {
        let span = self.span(node);
        let test = match child(node, Rule::clock_test) {
            Some(test) => self.clock_test(&test, Subject::Event),
            None => self.test(&child(node, Rule::test)?, Rule::path, Subject::Event),
        };
        let pattern = self.pattern(&child(node, Rule::pattern)?);
        let window = self.optional_window(node)?;
        Some(Mostly { test: test?, pattern: pattern?, window, span })
    }

    /// `at least 40% of "Viewed" had category = "shoes" in last 30 days`
    pub(super) fn share(&mut self, node: &Node<'_>) -> Option<Share> {
        let span = self.span(node);
        let sign = child(node, Rule::share_comparison)?;
        let comparison =
            match (has(&sign, Rule::kw_least), has(&sign, Rule::kw_most), has(&sign, Rule::kw_more)) {
                (true, _, _) => Comparison::GreaterOrEqual,
                (_, true, _) => Comparison::LessOrEqual,
                (_, _, true) => Comparison::Greater,
                _ => Comparison::Less,
            };
        let share = self.percent(&child(node, Rule::percent)?);
        let pattern = self.pattern(&child(node, Rule::pattern)?);
        let filter = self.had(&child(node, Rule::had)?);
        let window = self.optional_window(node)?;
        Some(Share { comparison, share: share?, pattern: pattern?, filter: filter?, window, span })
    }

    fn optional_window(&mut self, node: &Node<'_>) -> Option<Option<Window>> {
        match child(node, Rule::window) {
            Some(window) => Some(Some(self.window(&window)?)),
            None => Some(None),
        }
    }

    /// `sample 10% "second wave"`
    pub(super) fn sample(&mut self, node: &Node<'_>) -> Option<Sample> {
        let span = self.span(node);
        let share = self.percent(&child(node, Rule::percent)?)?;
        let name = match child(node, Rule::string) {
            Some(name) => Some(self.visible_text(&name)?),
            None => None,
        };
        Some(Sample { share, name, span })
    }
}

/// Two parts of an expression and what is between them.
fn joined(left: Expression, sign: Arithmetic, right: Expression) -> Expression {
    let span = left.span().to(right.span());
    Expression::Binary(Box::new(left), sign, Box::new(right), span)
}
