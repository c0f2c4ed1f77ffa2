//! One message or one of several.

use super::Reader;
use crate::language::ast::{
    AbTest, By, ByArm, Delivery, Ident, Message, Metric, Split, SplitArm, TestArm, TestSize,
};
use crate::language::grammar::{Node, Rule, child, children};
use crate::language::{Span, Spanned, codes};
use crate::model::Duration;

impl Reader<'_, '_> {
    /// `send …`, `split { … }`, `by profile.tier { … }`, `test { … }`
    pub(super) fn delivery(&mut self, clause: &Node<'_>) -> Option<Delivery> {
        Some(match clause.as_rule() {
            Rule::split_clause => Delivery::Split(self.split(clause)?),
            Rule::by_clause => Delivery::By(self.by(clause)?),
            Rule::ab_clause => Delivery::Test(self.ab_test(clause)?),
            _ => Delivery::One(self.message(&child(clause, Rule::send)?)?),
        })
    }

    fn arm(&mut self, node: &Node<'_>) -> Option<(Option<Ident>, Message)> {
        let name = match child(node, Rule::arm_name) {
            Some(name) => Some(self.name(&child(&name, Rule::name)?)?),
            None => None,
        };
        Some((name, self.message(&child(node, Rule::send)?)?))
    }

    fn split(&mut self, clause: &Node<'_>) -> Option<Split> {
        let span = self.span(clause);
        let arm = |node: Node<'_>| {
            let share = self.percent(&child(&node, Rule::percent)?)?;
            let (name, message) = self.arm(&node)?;
            Some(SplitArm { share, name, message })
        };
        let arms: Vec<Option<SplitArm>> = children(clause, Rule::split_arm).map(arm).collect();
        let arms: Vec<SplitArm> = arms.into_iter().collect::<Option<_>>()?;
        self.several(arms.len(), span, "split { 70% send template a 30% send template b }")?;
        Some(Split { arms, span })
    }

    /// Refuses one of several where there are fewer than two.
    fn several(&mut self, messages: usize, span: Span, example: &str) -> Option<()> {
        if messages > 1 {
            return Some(());
        }
        let text =
            if messages == 1 { "only one message to choose from" } else { "no message to choose from" };
        self.refuse_with(codes::INCOMPLETE, span, text, format!("write two or more: `{example}`"))
    }

    fn by(&mut self, clause: &Node<'_>) -> Option<By> {
        let span = self.span(clause);
        let property = self.path(&child(clause, Rule::profile_path)?)?;
        let arm = |node: Node<'_>| {
            let values: Vec<_> = children(&node, Rule::literal).map(|value| self.literal(&value)).collect();
            let values = values.into_iter().collect::<Option<Vec<_>>>()?;
            Some(ByArm { values, message: self.message(&child(&node, Rule::send)?)? })
        };
        let arms: Vec<Option<ByArm>> = children(clause, Rule::by_arm).map(arm).collect();
        let arms: Vec<ByArm> = arms.into_iter().collect::<Option<_>>()?;
        let mut others = children(clause, Rule::by_else);
        let Some(otherwise) = others.next() else {
            return self.refuse_with(
                codes::INCOMPLETE,
                span,
                "what do users get whose profile has none of these values?",
                "add `else: send …`",
            );
        };
        if let Some(second) = others.next() {
            let (first, second) = (self.span(&otherwise), self.span(&second));
            return self.twice("`else`", first, second);
        }
        if arms.is_empty() {
            let help = "write `by profile.tier { \"gold\": send template a else: send template b }`";
            return self.refuse_with(codes::INCOMPLETE, span, "there is no value to choose by", help);
        }
        Some(By { property, arms, otherwise: self.message(&child(&otherwise, Rule::send)?)?, span })
    }

    fn ab_test(&mut self, clause: &Node<'_>) -> Option<AbTest> {
        let span = self.span(clause);
        let arm = |node: Node<'_>| {
            let (name, message) = self.arm(&node)?;
            Some(TestArm { name, message })
        };
        let arms: Vec<Option<TestArm>> = children(clause, Rule::ab_arm).map(arm).collect();
        let size = self.only(clause, Rule::ab_size, "on 10%", "`on`")?;
        let size = match child(&size, Rule::percent) {
            Some(share) => TestSize::Share(self.percent(&share)?),
            None => {
                TestSize::Users(self.whole(&child(&size, Rule::number)?, "number of users", 1, u32::MAX)?)
            }
        };
        let winner = self.only(clause, Rule::ab_winner, "winner by read after 4 hours", "`winner`")?;
        let (winner, after) = self.winner(&winner)?;
        let arms: Vec<TestArm> = arms.into_iter().collect::<Option<_>>()?;
        self.several(
            arms.len(),
            span,
            "test { on 10% send template a send template b winner by read after 4 hours }",
        )?;
        Some(AbTest { size, arms, winner, after, span })
    }

    fn winner(&mut self, node: &Node<'_>) -> Option<(Spanned<Metric>, Spanned<Duration>)> {
        let metrics = [Metric::Read, Metric::Click, Metric::Reply, Metric::Goal].map(|it| (it.name(), it));
        let metric = self.choice(&child(node, Rule::word)?, "measure of a test", &metrics)?;
        Some((metric, self.duration(&child(node, Rule::duration)?)?))
    }

    /// A part that stands exactly once.
    fn only<'i>(&mut self, node: &Node<'i>, rule: Rule, example: &str, name: &str) -> Option<Node<'i>> {
        let mut parts = children(node, rule);
        let Some(part) = parts.next() else {
            let span = self.span(node);
            let text = format!("this test does not say {name}");
            return self.refuse_with(codes::INCOMPLETE, span, text, format!("add `{example}`"));
        };
        if let Some(second) = parts.next() {
            let (first, second) = (self.span(&part), self.span(&second));
            return self.twice(name, first, second);
        }
        Some(part)
    }
}
