use chrono::NaiveTime;
use indexmap::IndexMap;

use super::Reader;
use super::campaign::once;
use crate::language::ast::{
    Expectation, ExpectedBody, ExpectedMessage, ExpectedValue, TestBlock, TestEvent, TestExpect, TestList,
    TestMoment, TestProfile, TestProperty, TestStep, TestValue,
};
use crate::language::grammar::{Node, Rule, child, children, first, has};
use crate::language::{Span, Spanned, codes};
use crate::model::OutcomeKind;

/// One line of a test.
#[derive(Debug)]
pub(in crate::language) enum TestClause {
    TimeZone(Spanned<String>),
    From(TestMoment),
    Step(TestStep),
}

impl TestClause {
    /// The line as messages name it.
    pub fn name(&self) -> &'static str {
        match self {
            TestClause::TimeZone(_) => "`timezone`",
            TestClause::From(_) => "`from`",
            TestClause::Step(_) => "this line",
        }
    }

    /// Puts the line into its test; false when there already is one of which there is one at most.
    pub fn put(self, test: &mut TestBlock) -> bool {
        match self {
            TestClause::TimeZone(it) => once(&mut test.time_zone, it),
            TestClause::From(it) => once(&mut test.from, it),
            TestClause::Step(it) => {
                test.steps.push(it);
                true
            }
        }
    }
}

impl Reader<'_, '_> {
    /// A test without lines, from its head.
    pub fn test_head(&mut self, head: &Node<'_>, span: Span) -> Option<TestBlock> {
        let name = self.text(&child(head, Rule::string)?)?;
        if name.node.trim().is_empty() {
            return self.refuse_with(
                codes::INCOMPLETE,
                name.span,
                "a test needs a name",
                "say what must hold: `test \"a cart paid for in time is left alone\" { … }`",
            );
        }
        Some(TestBlock { name, time_zone: None, from: None, steps: Vec::new(), span })
    }

    /// One line of a test, with its place.
    pub fn test_clause(&mut self, node: &Node<'_>) -> Option<(TestClause, Span)> {
        let line = first(node)?;
        let span = self.span(&line);
        let read = match line.as_rule() {
            Rule::timezone_clause => TestClause::TimeZone(self.visible_text(&child(&line, Rule::string)?)?),
            Rule::test_from => TestClause::From(self.moment(&child(&line, Rule::moment)?)?),
            Rule::test_profile => TestClause::Step(TestStep::Profile(TestProfile {
                user: self.user(&child(&line, Rule::test_user)?)?,
                at: self.test_at(&line)?,
                properties: self.record(&child(&line, Rule::record)?)?,
                span,
            })),
            Rule::test_list => {
                let name = self.name(&child(&line, Rule::name)?)?;
                let users = children(&child(&line, Rule::test_users)?, Rule::test_user);
                let users: Vec<Option<Spanned<String>>> = users.map(|user| self.user(&user)).collect();
                let users = users.into_iter().collect::<Option<_>>()?;
                TestClause::Step(TestStep::List(TestList { name, users, span }))
            }
            Rule::test_event => TestClause::Step(TestStep::Event(self.test_event(&line, span)?)),
            Rule::test_until => {
                let until = self.moment(&child(&line, Rule::moment)?)?;
                let expected = Some(self.expect(&child(&line, Rule::expect)?)?);
                TestClause::Step(TestStep::Expect(TestExpect { until: Some(until), expected, span }))
            }
            Rule::test_run => {
                let until = Some(self.moment(&child(&line, Rule::moment)?)?);
                TestClause::Step(TestStep::Expect(TestExpect { until, expected: None, span }))
            }
            Rule::test_expect => {
                let expected = Some(self.expect(&child(&line, Rule::expect)?)?);
                TestClause::Step(TestStep::Expect(TestExpect { until: None, expected, span }))
            }
            _ => return None,
        };
        Some((read, span))
    }

    fn test_event(&mut self, line: &Node<'_>, span: Span) -> Option<TestEvent> {
        let event = self.visible_text(&child(line, Rule::string)?)?;
        if event.node.is_empty() {
            return self.refuse_with(
                codes::NAME,
                event.span,
                "an event's name is empty",
                "write the name as the log has it, such as `\"Charged\"`",
            );
        }
        let id = match child(line, Rule::test_id) {
            Some(id) => Some(self.text(&child(&id, Rule::string)?)?),
            None => None,
        };
        let properties = match child(line, Rule::record) {
            Some(record) => self.record(&record)?,
            None => Vec::new(),
        };
        let at = self.test_at(line)??;
        let user = self.user(&child(line, Rule::test_user)?)?;
        Some(TestEvent { at, user, event, id, properties, span })
    }

    /// A user's id: any text in quotes, or a bare word.
    fn user(&mut self, node: &Node<'_>) -> Option<Spanned<String>> {
        let inner = first(node)?;
        match inner.as_rule() {
            Rule::string => self.text(&inner),
            _ => Some(Spanned::new(inner.as_str().to_owned(), self.span(&inner))),
        }
    }

    /// `at …`, where it stands.
    fn test_at(&mut self, node: &Node<'_>) -> Option<Option<TestMoment>> {
        let at = child(node, Rule::test_at).or_else(|| child(node, Rule::expect_at));
        match at {
            Some(at) => self.moment(&child(&at, Rule::moment)?).map(Some),
            None => Some(None),
        }
    }

    /// `2026-11-03 10:00`, with seconds and a zone where they are written.
    fn moment(&mut self, node: &Node<'_>) -> Option<TestMoment> {
        let date = self.date(&child(node, Rule::date)?);
        let time = self.time_with_seconds(&child(node, Rule::time)?);
        let time_zone = match child(node, Rule::named_time) {
            Some(zone) => Some(self.visible_text(&child(&zone, Rule::string)?)?),
            None => None,
        };
        Some(TestMoment { date: date?.node, time: time?, time_zone, span: self.span(node) })
    }

    /// `10:00`, or `10:00:30`: what happens in a log happens at seconds.
    fn time_with_seconds(&mut self, node: &Node<'_>) -> Option<NaiveTime> {
        let [_, _, seconds] = node.as_str().split(':').collect::<Vec<_>>()[..] else {
            return self.time(node);
        };
        let read = (seconds.len() == 2).then(|| NaiveTime::parse_from_str(node.as_str(), "%H:%M:%S").ok());
        let read = read.flatten().filter(|_| node.as_str().len() == 8);
        read.or_else(|| {
            let span = self.span(node);
            self.refuse_with(
                codes::TIME,
                span,
                format!("`{}` is no time of day", node.as_str()),
                "hours, minutes and seconds have two digits each, from `00:00:00` to `23:59:59`",
            )
        })
    }

    /// `{ amount: 900 }`
    fn record(&mut self, node: &Node<'_>) -> Option<Vec<TestProperty>> {
        let mut found: IndexMap<String, TestProperty> = IndexMap::new();
        let mut sound = true;
        for part in children(node, Rule::record_part) {
            let name = self.property(&child(&part, Rule::property)?);
            let value = self.record_value(&child(&part, Rule::record_value)?);
            let (Some(name), Some(value)) = (name, value) else {
                sound = false;
                continue;
            };
            if let Some(known) = found.get(&name.node) {
                let first = known.name.span;
                self.twice::<()>(&format!("the property `{}`", name.node), first, name.span);
                sound = false;
                continue;
            }
            found.insert(name.node.clone(), TestProperty { name, value });
        }
        sound.then(|| found.into_values().collect())
    }

    fn record_value(&mut self, node: &Node<'_>) -> Option<Spanned<TestValue>> {
        let inner = first(node)?;
        let value = match inner.as_rule() {
            Rule::record => TestValue::Object(self.record(&inner)?),
            Rule::record_list => {
                let items = children(&inner, Rule::record_value);
                let items: Vec<Option<Spanned<TestValue>>> =
                    items.map(|item| self.record_value(&item)).collect();
                TestValue::List(items.into_iter().collect::<Option<_>>()?)
            }
            Rule::moment => TestValue::Instant(self.moment(&inner)?),
            Rule::date => TestValue::Date(self.date(&inner)?.node),
            Rule::number => TestValue::Number(self.number(&inner)?.node),
            Rule::string => TestValue::Text(self.text(&inner)?.node),
            Rule::truth => TestValue::Boolean(matches!(inner.as_str(), "yes" | "true")),
            Rule::null => TestValue::Null,
            _ => return None,
        };
        Some(Spanned::new(value, self.span(node)))
    }

    fn expect(&mut self, node: &Node<'_>) -> Option<Spanned<Expectation>> {
        let span = self.span(node);
        let Some(subject) = child(node, Rule::test_user) else {
            return Some(Spanned::new(Expectation::Nothing, span));
        };
        let said = node.clone().into_inner().last()?;
        let expectation = match said.as_rule() {
            Rule::expect_gets => self.expect_gets(&subject, &said)?,
            Rule::expect_ends => Expectation::Ends {
                user: self.user(&subject)?,
                outcome: self.outcome(&child(&said, Rule::word)?)?,
                campaign: self.name(&child(&said, Rule::name)?)?,
                at: self.test_at(&said)?,
            },
            Rule::expect_sends => Expectation::Sends {
                campaign: self.campaign_that_sends(&subject)?,
                count: self.whole(&child(&said, Rule::number)?, "number of messages", 0, u32::MAX)?,
            },
            Rule::expect_member => Expectation::Member {
                user: self.user(&subject)?,
                negated: has(&said, Rule::kw_not),
                segment: self.name(&child(&said, Rule::name)?)?,
                at: self.test_at(&said)?,
            },
            _ => return None,
        };
        Some(Spanned::new(expectation, span))
    }

    fn campaign_that_sends(&mut self, subject: &Node<'_>) -> Option<Spanned<String>> {
        let inner = first(subject)?;
        if inner.as_rule() == Rule::name {
            return self.name(&inner);
        }
        let span = self.span(&inner);
        self.refuse_with(
            codes::NAME,
            span,
            "campaigns send, users get",
            "write a campaign's name without quotes: `expect cart_rescue sends 3`",
        )
    }

    fn expect_gets(&mut self, subject: &Node<'_>, said: &Node<'_>) -> Option<Expectation> {
        let user = self.user(subject)?;
        if let Some(campaign) = child(said, Rule::name) {
            return Some(Expectation::GetsNo { user, campaign: Some(self.name(&campaign)?) });
        }
        let Some(message) = child(said, Rule::expect_message) else {
            return Some(Expectation::GetsNo { user, campaign: None });
        };
        let campaign = self.name(&child(&message, Rule::name)?)?;
        let at = self.test_at(&message)?;
        let values = match child(&message, Rule::expect_values) {
            Some(values) => self.expect_values(&values)?,
            None => Vec::new(),
        };
        let nothing_else = has(&message, Rule::nothing_else);
        Some(Expectation::Gets(Box::new(ExpectedMessage { user, campaign, at, values, nothing_else })))
    }

    fn expect_values(&mut self, node: &Node<'_>) -> Option<Vec<ExpectedValue>> {
        let mut values: Vec<(String, Span, ExpectedValue)> = Vec::new();
        let mut sound = true;
        for part in node.clone().into_inner() {
            let Some(value) = self.expect_value(&part) else {
                // Braces are no values; what could not be read has said why.
                sound &= matches!(part.as_rule(), Rule::brace_open | Rule::brace_close);
                continue;
            };
            let (what, place) = (what_of(&value), self.span(&part));
            if let Some((_, first, _)) = values.iter().find(|(known, ..)| *known == what) {
                let first = *first;
                self.twice::<()>(&what, first, place);
                sound = false;
                continue;
            }
            values.push((what, place, value));
        }
        sound.then(|| values.into_iter().map(|(_, _, value)| value).collect())
    }

    fn expect_value(&mut self, part: &Node<'_>) -> Option<ExpectedValue> {
        Some(match part.as_rule() {
            Rule::expect_template => ExpectedValue::Template(self.name_or_text(part)?),
            Rule::expect_language => ExpectedValue::Language(self.text(&child(part, Rule::string)?)?),
            Rule::expect_header => ExpectedValue::Header(self.text(&child(part, Rule::string)?)?),
            Rule::expect_body => {
                let values = children(part, Rule::body_value);
                let values: Vec<Option<ExpectedBody>> =
                    values.map(|value| self.expect_body(&value)).collect();
                ExpectedValue::Body(values.into_iter().collect::<Option<_>>()?)
            }
            Rule::expect_button => {
                let index = self.whole(&child(part, Rule::number)?, "place of a button", 0, 9)?;
                let index = Spanned::new(u8::try_from(index.node).ok()?, index.span);
                ExpectedValue::Button { index, value: self.text(&child(part, Rule::string)?)? }
            }
            _ => return None,
        })
    }

    fn expect_body(&mut self, node: &Node<'_>) -> Option<ExpectedBody> {
        let name = match child(node, Rule::name) {
            Some(name) => Some(self.name(&name)?),
            None => None,
        };
        Some(ExpectedBody { name, value: self.text(&child(node, Rule::string)?)? })
    }

    fn name_or_text(&mut self, node: &Node<'_>) -> Option<Spanned<String>> {
        match child(node, Rule::name) {
            Some(name) => self.name(&name),
            None => self.text(&child(node, Rule::string)?),
        }
    }

    fn outcome(&mut self, node: &Node<'_>) -> Option<Spanned<OutcomeKind>> {
        self.choice(node, "outcome", &OutcomeKind::ALL.map(|kind| (kind.name(), kind)))
    }
}

/// A part of a message as findings name it.
fn what_of(value: &ExpectedValue) -> String {
    match value {
        ExpectedValue::Template(_) => "`template`".to_owned(),
        ExpectedValue::Language(_) => "`language`".to_owned(),
        ExpectedValue::Header(_) => "`header`".to_owned(),
        ExpectedValue::Body(_) => "`body`".to_owned(),
        ExpectedValue::Button { index, .. } => format!("button {}", index.node),
    }
}
