use super::{Checker, unknown};
use crate::calendar::Zone;
use crate::language::ast::{
    EventName, Expectation, Receipt, TestBlock, TestEvent, TestExpect, TestList, TestMoment, TestProfile,
    TestProperty, TestStep, TestValue,
};
use crate::language::{Diagnostic, Span, Spanned};
use crate::model::{Event, Instant, ProfileUpdate, Properties, Record, Text, Value};
use crate::rulebook::codes;
use crate::rulebook::door::Door;
use crate::rulebook::tests::{Expected, RuleTest};

use super::property::Scope;

/// How far a test has been read.
struct Reading {
    /// In whose time its wall clocks are read.
    zone: Zone,
    test: RuleTest,
    /// The last `until`, and where the stretch before it began.
    until: Option<(Instant, Span)>,
    after: Option<Instant>,
    /// The latest instant of which the test speaks.
    last: Option<Instant>,
}

impl<'a> Checker<'a> {
    /// Checks a test with all that it names, and makes of it what can be run.
    pub(super) fn test_block(&mut self, block: &'a TestBlock, door: &Door) -> RuleTest {
        let zone = block.time_zone.as_ref().and_then(|name| self.named_zone(name)).unwrap_or(self.zone);
        let test = RuleTest {
            name: block.name.node.as_str().into(),
            span: block.span,
            zone,
            from: None,
            to: None,
            lists: Vec::new(),
            records: Vec::new(),
            expectations: Vec::new(),
        };
        let mut reading = Reading { zone, test, until: None, after: None, last: None };
        reading.test.from = block.from.as_ref().map(|from| self.instant(from, &mut reading));
        for step in &block.steps {
            match step {
                TestStep::Profile(profile) => self.test_profile(profile, door, &mut reading),
                TestStep::List(list) => self.test_list(list, &mut reading),
                TestStep::Event(event) => self.test_event(event, door, &mut reading),
                TestStep::Expect(expect) => self.test_expect(expect, &mut reading),
            }
        }
        if reading.test.expectations.is_empty() && !self.tables.broken.is(block.span) {
            self.report(
                Diagnostic::warning(
                    codes::TEST_WITHOUT_EXPECTATION,
                    block.name.span,
                    "this test expects nothing to hold",
                )
                .with_help("say what must come of it, such as `until 2026-11-04 10:00 expect nothing`"),
            );
        }
        reading.test.to = reading.last.map(Instant::next);
        reading.test
    }

    /// Two tests of one name could not be told apart in a report.
    pub(super) fn tests_of_one_name(&mut self) {
        let tests = &self.tables.tests;
        for (index, test) in tests.iter().enumerate() {
            let first = tests.iter().take(index).find(|first| first.name.node == test.name.node);
            if let Some(first) = first {
                self.report(
                    Diagnostic::error(
                        codes::SAME_TEST,
                        test.name.span,
                        format!("a second test `{}`", test.name.node),
                    )
                    .with_secondary(first.name.span, "the first is here")
                    .with_help("give one of them another name: reports tell tests apart by it"),
                );
            }
        }
    }

    /// The instant of a wall clock. One that does not exist is the first after the gap, one that occurs twice the first.
    fn instant(&mut self, moment: &'a TestMoment, reading: &mut Reading) -> Instant {
        let named = moment.time_zone.as_ref().and_then(|name| self.named_zone(name));
        let at = named.unwrap_or(reading.zone).resolve(moment.date.and_time(moment.time));
        reading.last = reading.last.max(Some(at));
        at
    }

    /// The instant of something that happens, which does not lie before an `until` above it.
    fn happens(&mut self, moment: &'a TestMoment, reading: &mut Reading) -> Instant {
        let at = self.instant(moment, reading);
        if let Some((until, place)) = reading.until
            && at <= until
        {
            self.report(
                Diagnostic::error(codes::TEST_GOES_BACK, moment.span, "this lies before the `until` above it")
                    .with_secondary(place, "the test has come this far")
                    .with_help("put the lines of a test in the order of time; what is expected until an instant has that instant in"),
            );
        }
        at
    }

    fn test_profile(&mut self, profile: &'a TestProfile, door: &Door, reading: &mut Reading) {
        let at = profile.at.as_ref().map(|at| self.happens(at, reading));
        let scope = self.profile();
        let user: Text = profile.user.node.as_str().into();
        let changes = self.properties(scope, &profile.properties, reading);
        let one = |change| Record::Profile(ProfileUpdate { user: user.clone(), at, changes: vec![change] });
        self.fits(&profile.properties, "the profile", changes.iter().map(|change| one(change.clone())), door);
        reading.test.records.push((Record::Profile(ProfileUpdate { user, at, changes }), profile.span));
    }

    fn test_event(&mut self, event: &'a TestEvent, door: &Door, reading: &mut Reading) {
        let at = self.happens(&event.at, reading);
        // Receipts, what users write and what the host asks for are events that the engine itself knows.
        let written = event.event.node.as_str();
        let named = |receipt: &Receipt| receipt.event() == written || receipt.other_event() == Some(written);
        let receipt =
            Receipt::ALL.iter().any(named) || ["Message Requested", "Message Received"].contains(&written);
        let name = Spanned::new(EventName::Named(event.event.node.clone()), event.event.span);
        let scope = if receipt { Scope::Free } else { self.event(&name) };
        let changes = self.properties(scope, &event.properties, reading);
        let made = |properties: Properties| {
            Record::Event(Event {
                user: event.user.node.as_str().into(),
                name: event.event.node.as_str().into(),
                at,
                id: event.id.as_ref().map(|id| id.node.as_str().into()),
                properties,
            })
        };
        let one = |(name, value): (Text, Option<Value>)| {
            made(value.into_iter().map(|value| (name.clone(), value)).collect())
        };
        let owner = format!("event `{}`", event.event.node);
        self.fits(&event.properties, &owner, changes.iter().map(|change| one(change.clone())), door);
        let properties = changes.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        reading.test.records.push((made(properties), event.span));
    }

    /// The values of a line, each under its name; a finding for each name that no schema has.
    fn properties(
        &mut self,
        scope: Scope<'a>,
        properties: &'a [TestProperty],
        reading: &mut Reading,
    ) -> Vec<(Text, Option<Value>)> {
        self.known_names(scope, &mut Vec::new(), properties);
        let value = |this: &mut Self, property: &'a TestProperty, reading: &mut Reading| {
            (Text::from(property.name.node.as_str()), this.value(&property.value.node, reading))
        };
        properties.iter().map(|property| value(self, property, reading)).collect()
    }

    fn known_names(&mut self, scope: Scope<'a>, path: &mut Vec<&'a str>, properties: &'a [TestProperty]) {
        for property in properties {
            path.push(&property.name.node);
            let known = self.findings.len();
            self.property_at(scope, path, property.name.span, kind_of(&property.value.node));
            // What is below an unknown name is unknown too: once is enough.
            if self.findings.len() == known {
                self.known_names_within(scope, path, &property.value.node);
            }
            path.pop();
        }
    }

    fn known_names_within(&mut self, scope: Scope<'a>, path: &mut Vec<&'a str>, value: &'a TestValue) {
        match value {
            TestValue::Object(parts) => self.known_names(scope, path, parts),
            TestValue::List(items) => {
                for item in items {
                    self.known_names_within(scope, path, &item.node);
                }
            }
            _ => {}
        }
    }

    /// A value as a log would bring it; nothing for `null`.
    fn value(&mut self, value: &'a TestValue, reading: &mut Reading) -> Option<Value> {
        Some(match value {
            TestValue::Null => return None,
            TestValue::Text(text) => Value::text(text),
            TestValue::Number(number) => Value::Number(*number),
            TestValue::Boolean(value) => Value::Boolean(*value),
            TestValue::Date(date) => Value::Date(*date),
            TestValue::Instant(moment) => {
                // A value lets no clock run.
                let last = reading.last;
                let at = self.instant(moment, reading);
                reading.last = last;
                Value::Instant(at)
            }
            TestValue::List(items) => {
                Value::List(items.iter().filter_map(|item| self.value(&item.node, reading)).collect())
            }
            TestValue::Object(parts) => {
                let parts = parts.iter().filter_map(|part| {
                    Some((Text::from(part.name.node.as_str()), self.value(&part.value.node, reading)?))
                });
                Value::object(parts)
            }
        })
    }

    /// A warning for each value that the door would take out.
    fn fits(
        &mut self,
        properties: &[TestProperty],
        owner: &str,
        alone: impl Iterator<Item = Record>,
        door: &Door,
    ) {
        for (property, record) in properties.iter().zip(alone) {
            if door.admit(record).unfit > 0 {
                let message = format!("this is not what is declared as `{}` of {owner}", property.name.node);
                self.report(
                    Diagnostic::warning(codes::UNFIT_IN_TEST, property.value.span, message).with_help(
                        "in a run, and in this test, the value is missing; leave it out to say so",
                    ),
                );
            }
        }
    }

    fn test_list(&mut self, list: &'a TestList, reading: &mut Reading) {
        let (tables, lists) = (self.tables, self.lists);
        let name = &list.name;
        let declared = tables.lists.contains_key(&name.node) || lists.contains_key(&name.node);
        if !declared && !tables.broken.lists.contains(&name.node) {
            let given = lists.keys().filter(|name| !tables.lists.contains_key(*name));
            let known = tables.lists.keys().chain(given).chain(&tables.broken.lists).map(String::as_str);
            let declare = format!("declare it outside of the test: `list {0} from \"{0}.csv\"`", name.node);
            let message = format!("there is no list `{}`", name.node);
            self.report(unknown(codes::UNKNOWN_LIST, name, message, "lists", known, &declare));
        }
        let users = list.users.iter().map(|user| Text::from(user.node.as_str())).collect();
        reading.test.lists.retain(|(known, _)| *known != name.node);
        reading.test.lists.push((name.node.clone(), users));
    }

    fn test_expect(&mut self, expect: &'a TestExpect, reading: &mut Reading) {
        if let Some(moment) = &expect.until {
            let until = self.instant(moment, reading);
            match reading.until {
                // Several lines of one instant speak of one stretch.
                Some((last, _)) if last == until => {}
                Some((last, place)) if until < last => self.report(
                    Diagnostic::error(
                        codes::TEST_GOES_BACK,
                        moment.span,
                        "this lies before the `until` above it",
                    )
                    .with_secondary(place, "the test has come this far")
                    .with_help("put the lines of a test in the order of time"),
                ),
                last => {
                    reading.after = last.map(|(last, _)| last);
                    reading.until = Some((until, moment.span));
                }
            }
        }
        let Some(what) = &expect.expected else { return };
        let at = match &what.node {
            Expectation::Nothing => None,
            Expectation::Gets(message) => {
                self.known_campaign(&message.campaign, CAMPAIGN_ELSEWHERE);
                message.at.as_ref()
            }
            Expectation::GetsNo { campaign, .. } => {
                if let Some(campaign) = campaign {
                    self.known_campaign(campaign, CAMPAIGN_ELSEWHERE);
                }
                None
            }
            Expectation::Ends { campaign, at, .. } => {
                self.known_campaign(campaign, CAMPAIGN_ELSEWHERE);
                at.as_ref()
            }
            Expectation::Sends { campaign, .. } => {
                self.known_campaign(campaign, CAMPAIGN_ELSEWHERE);
                None
            }
            Expectation::Member { segment, at, .. } => {
                self.known_segment(segment);
                at.as_ref()
            }
        };
        let at = at.map(|moment| self.instant(moment, reading));
        let whole = expect.until.is_none();
        reading.test.expectations.push(Expected {
            what: what.clone(),
            after: if whole { None } else { reading.after },
            until: if whole { None } else { reading.until.map(|(until, _)| until) },
            at,
            line: expect.span,
        });
    }
}

/// What helps where a campaign is unknown and none is like it.
const CAMPAIGN_ELSEWHERE: &str = "a test needs a campaign of the same rulebook: load its file too";

/// The kind as which a property with this value may be declared.
fn kind_of(value: &TestValue) -> &'static str {
    match value {
        TestValue::Text(_) | TestValue::Null => "text",
        TestValue::Number(_) => "number",
        TestValue::Boolean(_) => "yes/no",
        TestValue::Date(_) => "date",
        TestValue::Instant(_) => "instant",
        TestValue::List(_) => "list of text",
        TestValue::Object(_) => "{ … }",
    }
}
