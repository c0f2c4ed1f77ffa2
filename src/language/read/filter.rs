use super::{Reader, rule_is, shorten, shown};
use crate::language::ast::{
    Comparison, EventName, EventPattern, Filter, Items, Literal, Operation, Path, Receipt, Test,
};
use crate::language::grammar::{Node, Rule, child, children, has};
use crate::language::{Diagnostic, Span, Spanned, codes};

/// `and` or `or`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Joint {
    And,
    Or,
}

impl Joint {
    fn of(node: &Node<'_>) -> Joint {
        if has(node, Rule::kw_or) { Joint::Or } else { Joint::And }
    }

    fn word(self) -> &'static str {
        match self {
            Joint::And => "and",
            Joint::Or => "or",
        }
    }
}

/// Of what a test asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    /// After `where`: an event's properties and its own clock.
    Event,
    /// A profile's properties.
    Profile,
    /// Within `has (…)`: the parts of one object.
    Item,
}

/// What others call the receipts of messages.
const FOREIGN_RECEIPTS: [(&str, Receipt); 15] = [
    ("accepted", Receipt::Sent),
    ("received", Receipt::Replied),
    ("arrived", Receipt::Delivered),
    ("viewed", Receipt::Read),
    ("opened", Receipt::Read),
    ("seen", Receipt::Read),
    ("tapped", Receipt::Clicked),
    ("pressed", Receipt::Clicked),
    ("click", Receipt::Clicked),
    ("answered", Receipt::Replied),
    ("responded", Receipt::Replied),
    ("reply", Receipt::Replied),
    ("bounced", Receipt::Failed),
    ("undelivered", Receipt::Failed),
    ("rejected", Receipt::Failed),
];

impl Reader<'_, '_> {
    /// `"Added to Cart" where amount >= 500`
    pub(super) fn pattern(&mut self, node: &Node<'_>) -> Option<EventPattern> {
        let span = self.span(node);
        let event = match child(node, Rule::string) {
            Some(name) => {
                let name = self.visible_text(&name)?;
                if name.node.is_empty() {
                    return self.empty_event(name.span);
                }
                Spanned::new(EventName::Named(name.node), name.span)
            }
            None => match child(node, Rule::receipt) {
                Some(receipt) => self.receipt(&receipt)?,
                None => Spanned::new(EventName::Any, self.span(&child(node, Rule::any_event)?)),
            },
        };
        let filter = match child(node, Rule::where_part) {
            Some(part) => Some(self.where_part(&part)?),
            None => None,
        };
        Some(EventPattern { event, filter, span })
    }

    /// `message read of campaign c`
    fn receipt(&mut self, node: &Node<'_>) -> Option<Spanned<EventName>> {
        let word = child(node, Rule::word)?;
        let foreign = FOREIGN_RECEIPTS.iter().find(|(theirs, _)| *theirs == word.as_str());
        if let Some((theirs, ours)) = foreign {
            let span = self.span(&word);
            let ours = ours.word();
            return self.refuse_with(
                codes::CHOICE,
                span,
                format!("`message {theirs}` is called `message {ours}`"),
                format!("write `message {ours}`"),
            );
        }
        let known = Receipt::ALL.map(|receipt| (receipt.word(), receipt));
        let receipt = self.choice(&word, "receipt of a message", &known);
        let campaign = match child(node, Rule::of_campaign) {
            Some(of) => Some(self.name(&child(&of, Rule::name)?)?),
            None => None,
        };
        let name = EventName::Message { receipt: receipt?.node, campaign };
        Some(Spanned::new(name, self.span(node)))
    }

    /// Refuses `""` for an event's name.
    pub(super) fn empty_event<T>(&mut self, span: Span) -> Option<T> {
        let help =
            "write the name as the log has it, such as `\"Charged\"`; for all of them write `any event`";
        self.refuse_with(codes::NAME, span, "an event's name is empty", help)
    }

    /// One test, or a filter in parentheses; more tests are refused with the parentheses that they need.
    pub(super) fn where_part(&mut self, node: &Node<'_>) -> Option<Filter> {
        self.one_filter(node, "where")
    }

    /// The same after another word.
    pub(super) fn one_filter(&mut self, node: &Node<'_>, word: &str) -> Option<Filter> {
        let operand = child(node, Rule::filter_operand)?;
        let tail = children(node, Rule::where_tail).last();
        if let Some(tail) = tail {
            let start = operand.as_span().start();
            let place = self.piece.span(start, tail.as_span().end());
            let written = operand.get_input().get(start..tail.as_span().end()).unwrap_or("").trim();
            let tails = || children(node, Rule::where_tail);
            let joints: Vec<Joint> = tails()
                .filter_map(|tail| child(&tail, Rule::and_or))
                .map(|joint| Joint::of(&joint))
                .collect();
            let mixed = joints.windows(2).any(|pair| pair.first() != pair.last());
            let operands = std::iter::once(operand.as_str()).chain(tails().map(|tail| {
                let end = child(&tail, Rule::and_or).map_or(0, |joint| joint.as_span().end());
                tail.get_input().get(end..tail.as_span().end()).unwrap_or("")
            }));
            let rows = mixed.then(|| parenthesised(operands, &joints));
            let written = rows.as_deref().unwrap_or(written);
            return self.refuse_with(
                codes::WHERE,
                place,
                format!("several tests after `{word}` need parentheses"),
                format!("write `{word} ({})`", shorten(written, 200)),
            );
        }
        self.filter_operand(&operand, Subject::Event)
    }

    fn filter(&mut self, node: &Node<'_>, subject: Subject) -> Option<Filter> {
        let joint = self.joint(node, Rule::filter_operand);
        let operands: Vec<Option<Filter>> = children(node, Rule::filter_operand)
            .map(|operand| self.filter_operand(&operand, subject))
            .collect();
        let mut operands: Vec<Filter> = operands.into_iter().collect::<Option<_>>()?;
        let span = self.span(node);
        match joint? {
            None => operands.pop(),
            Some(Joint::And) => Some(Filter::And(operands, span)),
            Some(Joint::Or) => Some(Filter::Or(operands, span)),
        }
    }

    fn filter_operand(&mut self, node: &Node<'_>, subject: Subject) -> Option<Filter> {
        let inner = node.clone().into_inner().find(|part| !rule_is(part, Rule::kw_not))?;
        let read = match inner.as_rule() {
            Rule::filter_group => self.filter(&child(&inner, Rule::filter)?, subject)?,
            Rule::clock_test => self.clock_test(&inner, subject)?,
            Rule::near => self.near(&inner, None, self.span(&inner)).map(Filter::Near)?,
            _ => self.test(&inner, Rule::path, subject)?,
        };
        if has(node, Rule::kw_not) {
            return Some(Filter::Not(Box::new(read), self.span(node)));
        }
        Some(read)
    }

    /// What joins a row of operands: nothing for a single one. A row that mixes `and` and `or` is refused with the
    /// parentheses that keep the meaning other languages give it.
    pub(super) fn joint(&mut self, node: &Node<'_>, operand: Rule) -> Option<Option<Joint>> {
        let joints: Vec<Joint> = children(node, Rule::and_or).map(|joint| Joint::of(&joint)).collect();
        let Some(first) = joints.first().copied() else { return Some(None) };
        if joints.iter().all(|joint| *joint == first) {
            return Some(Some(first));
        }
        let written = parenthesised(children(node, operand).map(|operand| operand.as_str()), &joints);
        let odd = children(node, Rule::and_or).zip(&joints).find(|(_, joint)| **joint != first);
        let finding = Diagnostic::error(
            codes::MIXED,
            self.span(node),
            "`and` and `or` stand in one row, which can mean two things",
        )
        .with_help(format!("say what belongs together with parentheses: `{}`", shorten(&written, 240)));
        self.findings.push(match odd {
            Some((place, joint)) => finding
                .with_secondary(self.span(&place), format!("`{}` after `{}`", joint.word(), first.word())),
            None => finding,
        });
        None
    }

    /// A path of the rule and what must hold of it.
    pub(super) fn test(&mut self, node: &Node<'_>, path_rule: Rule, subject: Subject) -> Option<Filter> {
        let span = self.span(node);
        let path_node = child(node, path_rule)?;
        let path: Path = self.path(&path_node)?;
        if subject != Subject::Profile {
            self.path_of_event(node, &path_node, &path, subject)?;
        }
        let quantifier = child(node, Rule::quantifier);
        let every = quantifier.as_ref().is_some_and(|word| has(word, Rule::kw_all));
        if let Some(items) = child(node, Rule::items) {
            let filter = self.filter(&child(&items, Rule::filter)?, Subject::Item)?;
            if quantifier.is_none() {
                return self.refuse_with(
                    codes::INCOMPLETE,
                    span,
                    "`has` needs `any` or `all` before the list",
                    format!("write `any {}`, or `all` where every item must have it", shown(node)),
                );
            }
            return Some(Filter::Items(Box::new(Items { every, path, filter, span })));
        }
        if let Some(near) = child(node, Rule::near) {
            if every {
                return self.refuse_with(
                    codes::UNEXPECTED,
                    span,
                    "`all` does not go with a distance",
                    format!("of objects with their places write `all {} has (within …)`", shown(&path_node)),
                );
            }
            return self.near(&near, Some(path), span).map(Filter::Near);
        }
        let operation = self.operation(&child(node, Rule::operation)?)?;
        if let (true, Operation::IsSet | Operation::IsNotSet) = (every, &operation) {
            return self.refuse_with(
                codes::UNEXPECTED,
                span,
                "`all` does not go with `is set`",
                "leave `all` out: whether something is there is asked of the whole list",
            );
        }
        let ignoring_case = match child(node, Rule::ignoring_case) {
            Some(clause) => self.ignoring_case(&clause, &operation)?,
            None => false,
        };
        Some(Filter::Test(Test { path, operation, every, ignoring_case, span }))
    }

    /// Refuses paths after `where` that begin in something else than the event's properties.
    fn path_of_event(
        &mut self,
        node: &Node<'_>,
        path_node: &Node<'_>,
        path: &Path,
        subject: Subject,
    ) -> Option<()> {
        let first = path.parts.first().map(String::as_str)?;
        if path_node.as_str().starts_with('"') {
            return Some(());
        }
        if let [_, rest @ ..] = path.parts.as_slice()
            && !rest.is_empty()
            && matches!(first, "profile" | "event")
        {
            let rest = rest.join(".");
            let own = shown(node);
            let (message, help) = match (first, subject) {
                ("profile", Subject::Item) => (
                    "within `has (…)` stands what holds of one item, not of the profile",
                    format!(
                        "take it out of the parentheses; for a part of the item put it in quotes: `\"profile\".{rest}`"
                    ),
                ),
                ("profile", _) => (
                    "`where` tests the event, not the profile",
                    format!(
                        "test the profile after `if` or `and`: `{own}`; for a property of the event put it in quotes: \
                         `\"profile\".{rest}`"
                    ),
                ),
                _ => (
                    "after `where` the event's properties stand without `event.`",
                    format!(
                        "write `{}`; for a part of a property `event` put it in quotes: `\"event\".{rest}`",
                        own.replacen("event.", "", 1)
                    ),
                ),
            };
            return self.refuse_with(codes::WHERE, path.span, message, help);
        }
        if path.parts.len() == 1 && matches!(first, "hour" | "weekday" | "date") {
            return self.no_clock_test(node, first, path.span, subject);
        }
        Some(())
    }

    /// Whether texts are compared without regard to case; only texts have any.
    fn ignoring_case(&mut self, clause: &Node<'_>, operation: &Operation) -> Option<bool> {
        let text = |literal: &Spanned<Literal>| matches!(literal.node, Literal::Text(_));
        let fits = match operation {
            Operation::Compare(_, literal) => text(literal),
            Operation::Between(low, high) => text(low) && text(high),
            Operation::In(literals) | Operation::NotIn(literals) => literals.iter().all(text),
            Operation::Contains(_)
            | Operation::StartsWith(_)
            | Operation::EndsWith(_)
            | Operation::Matches(_) => true,
            Operation::IsSet | Operation::IsNotSet | Operation::Falls(_) | Operation::AnniversaryFalls(_) => {
                false
            }
        };
        if !fits {
            let span = self.span(clause);
            return self.refuse_with(
                codes::UNEXPECTED,
                span,
                "`ignoring case` goes with texts only",
                "leave it out: numbers, dates, yes and no have no capital letters",
            );
        }
        Some(true)
    }

    fn operation(&mut self, node: &Node<'_>) -> Option<Operation> {
        let span = self.span(node);
        let inner = node.clone().into_inner().next()?;
        Some(match inner.as_rule() {
            Rule::falls => Operation::Falls(self.date_window(&inner)?),
            Rule::anniversary => Operation::AnniversaryFalls(self.anniversary_window(&inner)?),
            Rule::compare => {
                let comparison = comparison(&child(&inner, Rule::comparison)?);
                Operation::Compare(comparison, self.literal(&child(&inner, Rule::literal)?)?)
            }
            Rule::between => {
                let mut ends = children(&inner, Rule::literal);
                let (low, high) = (ends.next()?, ends.next()?);
                let (low, high) = (self.literal(&low)?, self.literal(&high)?);
                self.ordered(&low, &high, span)?;
                Operation::Between(low, high)
            }
            Rule::one_of => {
                let values = self.values(&child(&inner, Rule::values)?)?;
                if has(&inner, Rule::kw_not) { Operation::NotIn(values) } else { Operation::In(values) }
            }
            Rule::contains => Operation::Contains(self.only_text(&inner)?),
            Rule::starts_with => Operation::StartsWith(self.only_text(&inner)?),
            Rule::ends_with => Operation::EndsWith(self.only_text(&inner)?),
            Rule::matches => Operation::Matches(self.only_text(&inner)?),
            _ if has(&inner, Rule::kw_not) => Operation::IsNotSet,
            _ => Operation::IsSet,
        })
    }

    fn only_text(&mut self, node: &Node<'_>) -> Option<Spanned<String>> {
        self.visible_text(&child(node, Rule::string)?)
    }

    fn values(&mut self, node: &Node<'_>) -> Option<Vec<Spanned<Literal>>> {
        let read: Vec<Option<Spanned<Literal>>> =
            children(node, Rule::literal).map(|literal| self.literal(&literal)).collect();
        if read.is_empty() {
            let span = self.span(node);
            return self.refuse_with(
                codes::INCOMPLETE,
                span,
                "this list of values is empty",
                "put the values into it: `in [\"Mumbai\", \"Pune\"]`",
            );
        }
        read.into_iter().collect()
    }

    /// Refuses `between 10 and 5`, which holds of nothing.
    fn ordered(&mut self, low: &Spanned<Literal>, high: &Spanned<Literal>, span: Span) -> Option<()> {
        let reversed = match (&low.node, &high.node) {
            (Literal::Number(low), Literal::Number(high)) => low > high,
            (Literal::Date(low), Literal::Date(high)) => low > high,
            (Literal::Text(low), Literal::Text(high)) => low.as_bytes() > high.as_bytes(),
            _ => false,
        };
        if reversed {
            return self.refuse_with(
                codes::NUMBER,
                span,
                "nothing lies between these two values",
                "the smaller one comes first",
            );
        }
        Some(())
    }

    pub(super) fn literal(&mut self, node: &Node<'_>) -> Option<Spanned<Literal>> {
        let inner = node.clone().into_inner().next()?;
        let span = self.span(&inner);
        let value = match inner.as_rule() {
            Rule::string => Literal::Text(self.visible_text(&inner)?.node),
            Rule::number => Literal::Number(self.number(&inner)?.node),
            Rule::date => Literal::Date(self.date(&inner)?.node),
            _ => Literal::Boolean(has(&inner, Rule::kw_yes)),
        };
        Some(Spanned::new(value, span))
    }
}

/// `=`, `!=`, `<`, `<=`, `>`, `>=`
pub(super) fn comparison(node: &Node<'_>) -> Comparison {
    match node.as_str() {
        "=" => Comparison::Equal,
        "!=" => Comparison::NotEqual,
        "<" => Comparison::Less,
        "<=" => Comparison::LessOrEqual,
        ">" => Comparison::Greater,
        _ => Comparison::GreaterOrEqual,
    }
}

/// A row of operands that mixes `and` and `or`, with the parentheses that keep the meaning other languages give it: runs
/// of `and` become groups joined by `or`.
fn parenthesised<'o>(operands: impl Iterator<Item = &'o str>, joints: &[Joint]) -> String {
    let mut groups: Vec<Vec<String>> = Vec::new();
    let joined = std::iter::once(Joint::Or).chain(joints.iter().copied());
    for (text, joint) in operands.map(|text| shorten(text.trim(), 40)).zip(joined) {
        match groups.last_mut() {
            Some(group) if joint == Joint::And => group.push(text),
            _ => groups.push(vec![text]),
        }
    }
    let written: Vec<String> = groups
        .iter()
        .map(|group| match group.as_slice() {
            [only] => only.clone(),
            several => format!("({})", several.join(" and ")),
        })
        .collect();
    written.join(" or ")
}
