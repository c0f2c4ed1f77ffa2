use std::sync::Arc;

use super::Checker;
use super::trigger::Fired;
use crate::language::ast::{AbTest, By, Campaign, Condition, Delivery, Ident, Literal, Metric, Split};
use crate::language::{Diagnostic, Span, Spanned};
use crate::model::Text;
use crate::rulebook::{Variant, codes};

/// Everyone, in millionths.
const ALL: u64 = 1_000_000;
/// More variants than this make a test that decides little.
const VARIANTS: usize = 3;

impl<'a> Checker<'a> {
    /// Checks what a campaign sends: its messages, and how one of them is chosen.
    pub(super) fn delivery(
        &mut self,
        campaign: &'a Campaign,
        delivery: &'a Delivery,
        fired: Option<&Fired<'a>>,
    ) -> Option<Vec<Variant>> {
        let names: Vec<Text> = match delivery {
            Delivery::One(_) => vec!["only".into()],
            Delivery::Split(split) => {
                self.shares(split);
                self.variant_names(split.arms.iter().map(|arm| (arm.name.as_ref(), arm.message.span())))
            }
            Delivery::By(by) => {
                self.by(by);
                let first = |values: &[Spanned<Literal>]| values.first().map(|value| in_words(&value.node));
                let names = by.arms.iter().map(|arm| first(&arm.values).unwrap_or_default().into());
                names.chain(["else".into()]).collect()
            }
            Delivery::Test(test) => {
                self.ab_test(campaign, test);
                self.variant_names(test.arms.iter().map(|arm| (arm.name.as_ref(), arm.message.span())))
            }
        };
        let messages: Vec<_> =
            delivery.messages().into_iter().map(|message| self.message(campaign, message, fired)).collect();
        let variants = names.into_iter().zip(messages);
        variants.map(|(name, message)| Some(Variant { name, message: Arc::new(message?) })).collect()
    }

    /// The variants' names, by place where none is given; each may stand once.
    fn variant_names<'n>(&mut self, arms: impl Iterator<Item = (Option<&'n Ident>, Span)>) -> Vec<Text> {
        let mut names: Vec<(Text, Span)> = Vec::new();
        for (place, (name, message)) in (0u8..).zip(arms) {
            let (name, span): (Text, Span) = match name {
                Some(name) => (name.node.as_str().into(), name.span),
                None => (letter(place), message),
            };
            if let Some((_, first)) = names.iter().find(|(known, _)| *known == name) {
                let text = format!("two of these messages are called `{name}`");
                self.report(
                    Diagnostic::error(codes::SAME_VARIANT, span, text)
                        .with_secondary(*first, "the first is here")
                        .with_help(
                            "give one of them another name; those without are `a`, `b`, `c` … by place",
                        ),
                );
            }
            names.push((name, span));
        }
        names.into_iter().map(|(name, _)| name).collect()
    }

    fn shares(&mut self, split: &Split) {
        let sum: u64 = split.arms.iter().map(|arm| u64::from(arm.share.node.millionths())).sum();
        if sum == ALL {
            return;
        }
        let Some(last) = split.arms.last() else { return };
        let percent = |millionths: u64| {
            let text = format!("{}.{:04}", millionths / 10_000, millionths % 10_000);
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        };
        let rest = (u64::from(last.share.node.millionths()) + ALL).checked_sub(sum).filter(|rest| *rest > 0);
        let help = match rest {
            Some(rest) => format!("write `{}%` here, or change the others", percent(rest)),
            None => "make them smaller".to_owned(),
        };
        let text = format!("these shares are {}% together, and everyone has to get something", percent(sum));
        self.report(Diagnostic::error(codes::SHARES, last.share.span, text).with_help(help));
    }

    fn by(&mut self, by: &By) {
        let mut known: Vec<&Spanned<Literal>> = Vec::new();
        for (place, arm) in by.arms.iter().enumerate() {
            if let Some(Condition::Profile(test)) = by.condition(place) {
                self.filter(self.profile(), &test);
            }
            for value in &arm.values {
                match known.iter().find(|known| known.node == value.node) {
                    Some(first) => {
                        let text = format!("`{}` stands for two messages", in_words(&value.node));
                        self.report(
                            Diagnostic::error(codes::SAME_VALUE, value.span, text)
                                .with_secondary(first.span, "the first is here")
                                .with_help("leave one of them out: a profile's value chooses one message"),
                        );
                    }
                    None => known.push(value),
                }
            }
        }
    }

    fn ab_test(&mut self, campaign: &Campaign, test: &AbTest) {
        if test.winner.node == Metric::Goal && campaign.goal.is_none() {
            let text = "this test is won by a goal, and the campaign has none";
            self.report(
                Diagnostic::error(codes::NO_GOAL, test.winner.span, text)
                    .with_help("add `goal \"Charged\" within 3 days`, or write `winner by read`"),
            );
        }
        if let Some(arm) = test.arms.get(VARIANTS) {
            let text = format!("a test of {} messages", test.arms.len());
            self.report(
                Diagnostic::warning(codes::MANY_VARIANTS, arm.message.span(), text)
                    .with_help("each gets so small a share that chance decides: test two or three at a time"),
            );
        }
    }
}

/// `a`, `b`, `c` … and after `z` numbers.
fn letter(place: u8) -> Text {
    match b'a'.checked_add(place).filter(u8::is_ascii_lowercase) {
        Some(letter) => char::from(letter).to_string().into(),
        None => (u16::from(place) + 1).to_string().into(),
    }
}

/// A value as it names a variant: as it is written, without quotes.
fn in_words(value: &Literal) -> String {
    match value {
        Literal::Text(text) => text.clone(),
        Literal::Number(number) => number.to_string(),
        Literal::Boolean(true) => "yes".to_owned(),
        Literal::Boolean(false) => "no".to_owned(),
        Literal::Date(date) => date.to_string(),
    }
}
