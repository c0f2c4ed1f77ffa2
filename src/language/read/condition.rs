use super::filter::{Joint, Subject};
use super::{Reader, rule_is, shown};
use crate::language::ast::{Condition, Did, Filter};
use crate::language::grammar::{Node, Rule, child, children, has};
use crate::language::{Spanned, codes};

impl Reader<'_, '_> {
    /// A row of operands.
    pub(super) fn condition(&mut self, node: &Node<'_>) -> Option<Condition> {
        let joint = self.joint(node, Rule::condition_operand);
        let operands: Vec<Option<Condition>> =
            children(node, Rule::condition_operand).map(|operand| self.condition_operand(&operand)).collect();
        let mut operands: Vec<Condition> = operands.into_iter().collect::<Option<_>>()?;
        let span = self.span(node);
        match joint? {
            None => operands.pop(),
            Some(Joint::And) => Some(Condition::And(operands, span)),
            Some(Joint::Or) => Some(Condition::Or(operands, span)),
        }
    }

    fn condition_operand(&mut self, node: &Node<'_>) -> Option<Condition> {
        let inner = node.clone().into_inner().find(|part| !rule_is(part, Rule::kw_not))?;
        let read = match inner.as_rule() {
            Rule::condition_group => self.condition(&child(&inner, Rule::condition)?)?,
            Rule::did if has(&inner, Rule::then_step) => {
                Condition::Sequence(Box::new(self.sequence(&inner)?))
            }
            Rule::did => match child(&inner, Rule::regularly) {
                Some(regularly) => Condition::Regularly(Box::new(self.regularly(&inner, &regularly)?)),
                None => Condition::Did(self.did(&inner)?),
            },
            Rule::member => {
                let name = self.name(&child(&inner, Rule::name)?)?;
                if has(&inner, Rule::kw_list) { Condition::InList(name) } else { Condition::InSegment(name) }
            }
            Rule::aggregate => Condition::Aggregate(Box::new(self.aggregate(&inner)?)),
            Rule::which_event => self.which_event(&inner)?,
            Rule::not_happened => self.not_happened(&inner)?,
            Rule::mostly => Condition::Mostly(Box::new(self.mostly(&inner)?)),
            Rule::share => Condition::Share(Box::new(self.share(&inner)?)),
            Rule::sample => Condition::Sample(self.sample(&inner)?),
            _ => Condition::Profile(self.profile_test(&inner)?),
        };
        if has(node, Rule::kw_not) {
            return Some(Condition::Not(Box::new(read), self.span(node)));
        }
        Some(read)
    }

    /// `profile.city = "Pune"`, `any profile.children has (age < 3)`, `profile within 5 km of (…)`
    fn profile_test(&mut self, node: &Node<'_>) -> Option<Filter> {
        match (child(node, Rule::profile_path), child(node, Rule::near)) {
            (None, Some(near)) => self.near(&near, None, self.span(node)).map(Filter::Near),
            _ => self.test(node, Rule::profile_path, Subject::Profile),
        }
    }

    /// `did [not] E [where …] [count] [window]`
    fn did(&mut self, node: &Node<'_>) -> Option<Did> {
        let span = self.span(node);
        let negated = has(node, Rule::kw_not);
        let pattern_node = child(node, Rule::pattern)?;
        let pattern = self.pattern(&pattern_node);
        let mut count: Option<(Node<'_>, Spanned<_>)> = None;
        let mut window: Option<(Node<'_>, _)> = None;
        let mut sound = true;
        for part in node.clone().into_inner() {
            match part.as_rule() {
                Rule::count => {
                    let place = self.span(&part);
                    if let Some((first, _)) = &count {
                        let first = self.span(first);
                        return self.twice("the number of times", first, place);
                    }
                    if let Some((first, _)) = &window {
                        let help = format!("write `{} {}`", shown(&part), shown(first));
                        return self.refuse_with(
                            codes::COUNT,
                            place,
                            "the number of times comes before the time",
                            help,
                        );
                    }
                    match self.count(&part) {
                        Some(read) => count = Some((part, read)),
                        None => sound = false,
                    }
                }
                Rule::window => {
                    if let Some((first, _)) = &window {
                        let (first, place) = (self.span(first), self.span(&part));
                        return self.twice("the time", first, place);
                    }
                    match self.window(&part) {
                        Some(read) => window = Some((part, read)),
                        None => sound = false,
                    }
                }
                _ => {}
            }
        }
        if let (true, Some((_, written))) = (negated, &count) {
            return self.refuse_with(
                codes::COUNT,
                written.span,
                "`did not` means not once, and takes no number of times",
                "leave the number out, or say `did \"…\" fewer than 3 times or never`",
            );
        }
        let (pattern, true) = (pattern?, sound) else { return None };
        let count = count.map(|(_, count)| count);
        let window = window.map(|(_, window)| window);
        Some(Did { negated, pattern, count, window, span })
    }
}
