//! Answers against walking time: whatever instant is asked about, nothing changes before `until`.

use proptest::prelude::*;

use crate::model::{Event, Instant, ProfileUpdate, Properties, Record, Text, Value};
use crate::program::{Classifier, Fact, Program};
use crate::rulebook::Rulebook;

use super::super::User;
use super::{holds, standing};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
/// A day on which clocks change in Warsaw, and the account's zone is Warsaw.
const START: &str = "2026-10-24T22:00:00Z";

/// Conditions whose answers change with time; each may be exact, to the millisecond.
const CONDITIONS: &[&str] = &[
    "did \"A\" in last 5 hours",
    "did \"A\" at least 3 times in last 9 hours",
    "did \"A\" at most 2 times in last 9 hours",
    "did \"A\" at most 2 times or never in last 9 hours",
    "did \"A\" exactly 2 times in last 1 day",
    "did \"A\" between 1 and 2 times in last 20 hours",
    "did not \"A\" in last 5 hours and did \"B\" in last 11 hours",
    "not (did \"A\" in last 5 hours or did \"B\" in last 4 hours)",
    "did \"A\" today",
    "did \"A\" yesterday user time",
    "did \"A\" this week and did not \"B\" today user time",
    "did \"A\" at least 2 times in last 2 calendar days",
    "did \"A\" exactly 2 days ago",
    "did \"A\" exactly 2 times previous month",
    "did \"A\" between 3 and 9 hours ago",
    "did \"A\" fewer than 3 times between 3 and 9 hours ago",
    "did \"A\" between 1 and 2 calendar days ago user time",
    "did \"A\" at least 2 times",
    "did \"A\" since 2026-10-25 and did \"B\" on 2026-10-26 user time",
    "did \"A\" at least 2 times more than 7 hours ago",
    "did \"A\" fewer than 3 times or never more than 7 hours ago",
    "did \"A\" after 2026-10-25",
    "first \"A\" was in last 30 hours",
    "last \"A\" was between 3 and 9 hours ago",
    "last \"A\" was more than 5 hours ago",
    "last \"A\" was yesterday",
    "last \"A\" was in last 9 hours and no \"B\" since",
    "\"B\" has not happened since \"A\" matching p",
    "last \"A\" had p = 1",
    "sum of p over \"A\" in last 9 hours >= 2",
    "sum of p * 2 - 1 over any event between 3 and 9 hours ago > 1 or never",
    "average of p over \"A\" in last 2 calendar days user time > 1",
    "min of p over \"A\" more than 7 hours ago = 0",
    "max of p over \"A\" >= 2",
    "sum of p over \"A\" since 2026-10-25 user time > 3",
    "distinct p over any event in last 7 hours >= 2",
    "distinct p over any event between 3 and 20 hours ago >= 2",
    "distinct p over any event more than 9 hours ago between 1 and 2",
    "distinct p over any event on 2026-10-25 user time < 3",
    "did \"A\" in at least 2 of last 3 days",
    "did any event in at least 2 of last 4 hours",
    "did \"A\" in at least 2 of last 3 calendar days user time",
    "mostly p = 1 over any event in last 9 hours",
    "mostly user hour in 0..12 over any event this week",
    "mostly p > 0 over any event",
    "at least 50% of any event had p = 1 in last 9 hours",
    "fewer than 50% of any event had p = 1 yesterday",
    "sample 50%",
    "profile.city = \"Pune\" or did any event in last 3 hours",
    "did \"A\" then \"B\" within 9 hours in last 20 hours",
    "did \"A\" then \"B\" then \"A\", all within 20 hours today",
    "did \"A\" then no \"B\" within 9 hours",
    "did \"A\" then \"B\" within 30 hours then no \"A\" within 9 hours matching p in last 30 hours",
    "did \"B\" then no \"A\" within 9 hours between 5 and 30 hours ago",
    "profile.at in last 30 hours",
    "profile.at in next 30 hours",
    "profile.day in last 30 hours",
    "profile.day in next 30 hours user time",
    "profile.day in next 2 calendar days",
    "profile.at between 10 and 20 hours ahead",
    "profile.day between 10 and 20 hours ahead user time",
    "profile.day falls today user time or profile.at falls tomorrow",
    "profile.at falls this month and not profile.at falls yesterday user time",
    "profile.at exactly 2 days ahead or profile.day exactly 1 week ahead",
    "profile.day exactly 2 days ago user time",
    "profile.at since 2026-10-26 or profile.at more than 9 hours ago",
    "profile.day after 2026-10-26 or profile.day before 2026-10-26",
    "profile.day between 1 and 2 calendar days ago",
    "profile.born is today",
    "profile.born is in next 2 days user time",
    "profile.born is exactly 2 days ahead or profile.leap is this month",
    "profile.at is tomorrow user time",
    "all profile.days falls today",
    "any profile.items has (day in last 1 day and n > 1)",
];

/// The user as of `now`: all events up to then have been entered.
fn user_at(program: &Program, classifier: &mut Classifier, events: &[(i64, &str)], now: Instant) -> User {
    let tables = program.tables();
    let mut user = User::new(Text::from("asha"), tables);
    let zone = ("tz".into(), Some(Value::text("America/New_York")));
    let day = |day: &str| Value::Date(day.parse().unwrap());
    let item = |n: i64, when: &str| {
        let parts = [("n", Value::integer(n)), ("day", day(when))];
        Value::object(parts.into_iter().map(|(name, value)| (name.into(), value)))
    };
    let dates = [
        ("at", Value::Instant(Instant::parse("2026-10-26T02:10:00Z").unwrap())),
        ("day", day("2026-10-26")),
        ("days", Value::List(vec![day("2026-10-25"), day("2026-10-26")])),
        ("born", Value::text("1999-10-27")),
        ("leap", day("1996-02-29")),
        ("items", Value::List(vec![item(1, "2026-10-25"), item(2, "2026-10-26")])),
    ];
    let dates = dates.map(|(name, value)| (Text::from(name), Some(value)));
    let changes = std::iter::once(zone).chain(dates).collect();
    user.update(&ProfileUpdate { user: "asha".into(), at: None, changes }, tables);
    for (at, name) in events.iter().filter(|(at, _)| *at <= now.millis()) {
        let at = Instant::from_millis(*at);
        let properties: Properties =
            [(Text::from("p"), Value::integer(at.millis() / HOUR % 3))].into_iter().collect();
        let event = Event { user: "asha".into(), name: (*name).into(), at, id: None, properties };
        let Record::Event(event) = program.rulebook().admit(Record::Event(event)).record else { continue };
        let Some((reaction, extra)) = classifier.classify(tables, &event) else { continue };
        let reaction = classifier.reaction(reaction).unwrap();
        user.enter(&Fact { at, reaction, extra: extra.as_ref(), late: false, known: at }, tables);
    }
    user
}

fn program(condition: &str) -> Program {
    let rules = format!(
        "settings {{ timezone \"Europe/Warsaw\" }}\n\
         campaign c {{ every day at 09:00 if {condition} send template t }}"
    );
    Rulebook::parse("rules.camp", &rules).unwrap_or_else(|error| panic!("{condition}: {error}")).compile()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1200, ..ProptestConfig::default() })]

    #[test]
    fn nothing_changes_before_until(
        condition in prop::sample::select(CONDITIONS),
        events in prop::collection::vec((0..100_i64, 0..3_i64, prop::sample::select(vec!["A", "B"])), 0..9),
        asked in 0..100_i64,
    ) {
        let program = program(condition);
        let tables = program.tables();
        let node = tables.campaigns[0].audience.unwrap().node;
        let start = Instant::parse(START).unwrap().millis();
        let mut events: Vec<(i64, &str)> =
            events.iter().map(|(hours, minutes, name)| (start + hours * HOUR + minutes * 20 * MINUTE, *name)).collect();
        events.sort_by_key(|(at, _)| *at);
        let now = Instant::from_millis(start + asked * HOUR + 30 * MINUTE);
        let user = user_at(&program, &mut Classifier::default(), &events, now);
        let standing = standing(tables, &user, node, now);
        prop_assert_eq!(standing.holds, holds(tables, &user, node, now));
        prop_assert!(standing.until > now);
        let last = standing.until.millis().min(now.millis() + 40 * 24 * HOUR) - 1;
        for probe in (now.millis()..last).step_by(usize::try_from(20 * MINUTE).unwrap()).chain([last]) {
            let probe = Instant::from_millis(probe);
            prop_assert_eq!(
                holds(tables, &user, node, probe), standing.holds, "{} at {}, asked at {}", condition, probe, now
            );
        }
        // Exact where windows end now and there is but one of them. What must be followed by nothing has a second edge, the end of the wait:
        // an event then comes in beside one that is inside already, which changes nothing.
        let exact = condition.starts_with("did") && condition.contains("in last") && !condition.contains("at least 2 of")
            && !condition.contains(" and did") && !condition.contains(" or ") && !condition.contains("then no");
        if exact && standing.until < Instant::MAX {
            prop_assert_ne!(holds(tables, &user, node, standing.until), standing.holds, "{} at {}", condition, now);
        }
    }
}
