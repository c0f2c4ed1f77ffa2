//! What the reader makes of each construct: the tree, value by value.
#![cfg(test)]

use campanile::language::ast::*;
use campanile::language::{Sources, parse};
use campanile::model::{Category, Duration, Number, Percent};
use chrono::{NaiveDate, NaiveTime, Weekday};

const DAY: i64 = 86_400;

fn items(text: &str) -> Vec<Item> {
    let mut sources = Sources::new();
    let file = sources.add("tree.camp", text);
    let parsed = parse(&sources, file);
    let found: String = parsed.diagnostics.iter().map(|finding| finding.render(&sources)).collect();
    assert!(found.is_empty() && parsed.unread.is_empty(), "{text}\n{found}");
    parsed.items
}

fn campaign(clauses: &str) -> Campaign {
    match items(&format!("campaign c {{ {clauses} }}")).pop() {
        Some(Item::Campaign(campaign)) => *campaign,
        other => panic!("{other:?}"),
    }
}

fn condition(text: &str) -> Condition {
    match items(&format!("segment s = {text}")).pop() {
        Some(Item::Segment(segment)) => segment.condition,
        other => panic!("{other:?}"),
    }
}

fn settings(text: &str) -> Settings {
    match items(&format!("settings {{ {text} }}")).pop() {
        Some(Item::Settings(settings)) => settings,
        other => panic!("{other:?}"),
    }
}

fn did(text: &str) -> Did {
    match condition(text) {
        Condition::Did(did) => did,
        other => panic!("{other:?}"),
    }
}

fn window(text: &str) -> (WindowKind, bool) {
    let window = did(&format!("did \"A\" {text}")).window.unwrap();
    (window.kind, window.user_time)
}

fn count(text: &str) -> Count {
    did(&format!("did \"A\" {text}")).count.unwrap().node
}

fn filter(text: &str) -> Filter {
    match campaign(&format!("when \"A\" where {text} send template t")).trigger.unwrap().node {
        Trigger::Event(pattern) => pattern.filter.unwrap(),
        other => panic!("{other:?}"),
    }
}

fn operation(text: &str) -> Operation {
    match filter(text) {
        Filter::Test(test) => test.operation,
        other => panic!("{other:?}"),
    }
}

fn trigger(text: &str) -> Trigger {
    campaign(&format!("{text} send template t")).trigger.unwrap().node
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn time(text: &str) -> NaiveTime {
    NaiveTime::parse_from_str(text, "%H:%M").unwrap()
}

fn seconds(seconds: i64) -> Duration {
    Duration::from_seconds(seconds)
}

#[test]
fn settings_hold_values() {
    let settings = settings(
        "timezone \"Asia/Kolkata\" quiet hours 21:00..09:00 on fri..mon account time, drop cap 3 per 7 days \
         gap 15 minutes control group 2.5% week starts sunday",
    );
    assert_eq!(settings.time_zone.unwrap().node, "Asia/Kolkata");
    let quiet = settings.quiet_hours.unwrap();
    assert_eq!((quiet.base, quiet.otherwise), (TimeBase::Account, Otherwise::Drop));
    assert_eq!((quiet.windows[0].from, quiet.windows[0].to), (time("21:00"), Some(time("09:00"))));
    assert_eq!(
        quiet.windows[0].days,
        Some(vec![Weekday::Mon, Weekday::Fri, Weekday::Sat, Weekday::Sun]),
        "a range over the end of the week, sorted from Monday"
    );
    let cap = &settings.caps[0];
    assert_eq!((cap.count.node, cap.per.node), (3, CapPer::Rolling(seconds(7 * DAY))));
    assert_eq!(settings.gap.unwrap().node, seconds(900));
    assert_eq!(settings.control_group.unwrap().node, Percent::from_millionths(25_000));
    assert_eq!(settings.week_starts.unwrap().node, Weekday::Sun);
}

#[test]
fn hours_hold_when_nothing_is_said() {
    let hours = |text: &str| campaign(&format!("deliver {text}")).deliver.unwrap();
    let plain = hours("09:00..21:00");
    assert_eq!((plain.base, plain.otherwise), (TimeBase::User, Otherwise::Hold));
    assert_eq!(plain.windows[0].days, None);
    let whole = hours("on mon, wed");
    assert_eq!((whole.windows[0].from, whole.windows[0].to), (time("00:00"), None));
    assert_eq!(whole.windows[0].days, Some(vec![Weekday::Mon, Weekday::Wed]));
    assert_eq!(hours("18:00..24:00").windows[0].to, None);
    let two = hours("09:00..12:00 \"Europe/London\" time on mon, tue, 14:00..18:00, else drop");
    assert_eq!(two.windows.len(), 2);
    assert_eq!(two.windows[1].days, None, "days belong to their own window");
    assert!(matches!(two.base, TimeBase::Named(zone) if zone.node == "Europe/London"));
    assert_eq!(two.otherwise, Otherwise::Drop);
}

#[test]
fn schemas_hold_kinds() {
    let found = items(
        "event \"Charged\" { id: text, n: number, b: yes/no, d: date, i: instant, z: timezone, \"Net Value\": number, \
         l: list of text, o: { a: text }, lo: list of { a: list of number } }",
    );
    let Item::Event(event) = &found[0] else { panic!("{found:?}") };
    assert_eq!(event.name.node, "Charged");
    let kinds: Vec<(&str, &FieldKind)> =
        event.fields.iter().map(|field| (field.name.node.as_str(), &field.kind.node)).collect();
    let simple = [
        ("id", FieldKind::Text),
        ("n", FieldKind::Number),
        ("b", FieldKind::Boolean),
        ("d", FieldKind::Date),
        ("i", FieldKind::Instant),
        ("z", FieldKind::TimeZone),
        ("Net Value", FieldKind::Number),
        ("l", FieldKind::List(Box::new(FieldKind::Text))),
    ];
    for (found, (name, kind)) in kinds.iter().zip(&simple) {
        assert_eq!(*found, (*name, kind));
    }
    assert!(matches!(kinds[8].1, FieldKind::Object(fields) if fields.len() == 1));
    let FieldKind::List(inner) = kinds[9].1 else { panic!() };
    assert!(
        matches!(&**inner, FieldKind::Object(fields) if matches!(fields[0].kind.node, FieldKind::List(_)))
    );
}

#[test]
fn lists_and_segments_are_declared() {
    let found = items("list vip from \"lists/vip.csv\" segment a \"Title\" = in list vip");
    assert!(
        matches!(&found[0], Item::List(list) if list.name.node == "vip" && list.path.node == "lists/vip.csv")
    );
    let Item::Segment(segment) = &found[1] else { panic!() };
    assert_eq!((segment.name.node.as_str(), segment.title.as_ref().unwrap().node.as_str()), ("a", "Title"));
    assert!(matches!(&segment.condition, Condition::InList(name) if name.node == "vip"));
}

#[test]
fn rows_are_flat_and_groups_are_nested() {
    let Condition::And(row, _) = condition("in list a and in list b and (in list c or not in segment d)")
    else {
        panic!()
    };
    assert_eq!(row.len(), 3);
    let Condition::Or(inner, _) = &row[2] else { panic!("{:?}", row[2]) };
    assert!(matches!(&inner[1], Condition::Not(negated, _) if matches!(**negated, Condition::InSegment(_))));
    assert!(matches!(condition("((in list a))"), Condition::InList(_)), "parentheses alone leave no trace");
    assert!(
        matches!(condition("not (in list a and in list b)"), Condition::Not(inner, _) if matches!(*inner, Condition::And(..)))
    );
}

#[test]
fn a_test_after_where_is_one_and_the_condition_goes_on() {
    let Condition::And(row, _) = condition("did \"A\" where x > 1 and profile.city = \"Pune\"") else {
        panic!()
    };
    assert!(matches!(&row[0], Condition::Did(did) if matches!(did.pattern.filter, Some(Filter::Test(_)))));
    assert!(matches!(&row[1], Condition::Profile(Filter::Test(test)) if test.path.parts == ["city"]));
}

#[test]
fn did_takes_its_parts() {
    let plain = did("did \"A\"");
    assert!(
        !plain.negated && plain.count.is_none() && plain.window.is_none() && plain.pattern.filter.is_none()
    );
    let full = did("did any event where (x = 1 or y = 2) at least 3 times in last 2 weeks");
    assert_eq!(full.pattern.event.node, EventName::Any);
    assert!(matches!(full.pattern.filter, Some(Filter::Or(row, _)) if row.len() == 2));
    assert_eq!(full.count.unwrap().node, Count { comparison: CountComparison::AtLeast(3), or_never: false });
    assert_eq!(full.window.unwrap().kind, WindowKind::Last(seconds(14 * DAY)));
    assert!(did("did not \"A\" today").negated);
    assert!(matches!(condition("not did \"A\""), Condition::Not(..)));
}

#[test]
fn counts() {
    use CountComparison::*;
    let plain = |comparison| Count { comparison, or_never: false };
    assert_eq!(count("at least 1 time"), plain(AtLeast(1)));
    assert_eq!(count("at most 2 times"), plain(AtMost(2)));
    assert_eq!(count("more than 3 times"), plain(MoreThan(3)));
    assert_eq!(count("fewer than 4 times"), plain(FewerThan(4)));
    assert_eq!(count("exactly 5 times"), plain(Exactly(5)));
    assert_eq!(count("between 1 and 6 times"), plain(Between(1, 6)));
    assert_eq!(count("at most 2 times or never"), Count { comparison: AtMost(2), or_never: true });
}

#[test]
fn windows() {
    use CalendarUnit::*;
    use WindowKind::*;
    assert_eq!(window("in last 90 seconds"), (Last(seconds(90)), false));
    assert_eq!(window("in last 1_000 hours"), (Last(seconds(3_600_000)), false));
    assert_eq!(window("in last 7 calendar days user time"), (LastCalendar(7, Day), true));
    assert_eq!(window("in last 1 calendar year"), (LastCalendar(1, Year), false));
    assert_eq!(window("today"), (This(Day), false));
    assert_eq!(window("yesterday user time"), (Previous(Day), true));
    assert_eq!(window("this month"), (This(Month), false));
    assert_eq!(window("previous week"), (Previous(Week), false));
    assert_eq!(window("exactly 3 days ago"), (ExactlyAgo(3, Day), false));
    assert_eq!(window("exactly 2 months ago"), (ExactlyAgo(2, Month), false));
    assert_eq!(
        window("between 45 and 90 days ago"),
        (BetweenAgo(seconds(45 * DAY), seconds(90 * DAY)), false)
    );
    assert_eq!(window("between 0 and 6 hours ago"), (BetweenAgo(seconds(0), seconds(6 * 3_600)), false));
    assert_eq!(window("between 1 and 2 calendar weeks ago"), (BetweenAgoCalendar(1, 2, Week), false));
    assert_eq!(window("since 2026-01-02"), (Since(date("2026-01-02")), false));
    assert_eq!(window("before 2026-01-02"), (Before(date("2026-01-02")), false));
    assert_eq!(window("on 2026-01-02"), (On(date("2026-01-02")), false));
    assert_eq!(
        window("from 2026-01-02 to 2026-01-02"),
        (FromTo(date("2026-01-02"), date("2026-01-02")), false)
    );
}

#[test]
fn operations() {
    let compared = |text: &str| match operation(text) {
        Operation::Compare(comparison, value) => (comparison, value.node),
        other => panic!("{other:?}"),
    };
    let number = |value: f64| Literal::Number(Number::from_f64(value).unwrap());
    assert_eq!(compared("x = 5"), (Comparison::Equal, number(5.0)));
    assert_eq!(compared("x != -1.5"), (Comparison::NotEqual, number(-1.5)));
    assert_eq!(compared("x < 20_000"), (Comparison::Less, number(20_000.0)));
    assert_eq!(compared("x<=0"), (Comparison::LessOrEqual, number(0.0)));
    assert_eq!(compared("x > \"a\""), (Comparison::Greater, Literal::Text("a".into())));
    assert_eq!(compared("x >= 2026-11-03"), (Comparison::GreaterOrEqual, Literal::Date(date("2026-11-03"))));
    assert_eq!(compared("x = yes"), (Comparison::Equal, Literal::Boolean(true)));
    assert_eq!(compared("x = no"), (Comparison::Equal, Literal::Boolean(false)));
    assert!(
        matches!(operation("x between 1 and 2"), Operation::Between(low, high) if low.node == number(1.0) && high.node == number(2.0))
    );
    assert!(matches!(operation("x in [1, \"a\", yes]"), Operation::In(values) if values.len() == 3));
    assert!(matches!(operation("x not in [1]"), Operation::NotIn(values) if values.len() == 1));
    assert!(matches!(operation("x contains \"a\""), Operation::Contains(text) if text.node == "a"));
    assert!(matches!(operation("x starts with \"a\""), Operation::StartsWith(text) if text.node == "a"));
    assert!(matches!(operation("x ends with \"a\""), Operation::EndsWith(text) if text.node == "a"));
    assert!(matches!(operation("x matches \"^\\\\d\""), Operation::Matches(text) if text.node == "^\\d"));
    assert_eq!(operation("x is set"), Operation::IsSet);
    assert_eq!(operation("x is not set"), Operation::IsNotSet);
}

#[test]
fn paths_and_filters() {
    let path = |text: &str| match filter(text) {
        Filter::Test(test) => test.path.parts,
        other => panic!("{other:?}"),
    };
    assert_eq!(path("items.category = 1"), ["items", "category"]);
    assert_eq!(path("\"Cart Value\".Net_2 = 1"), ["Cart Value", "Net_2"]);
    assert_eq!(path("\"a.b\" = 1"), ["a.b"], "a dot in quotes parts nothing");
    assert!(matches!(filter("not x = 1"), Filter::Not(..)));
    let Filter::And(row, _) = filter("(a = 1 and b = 2 and not (c = 3 or d = 4))") else { panic!() };
    assert!(matches!(&row[2], Filter::Not(inner, _) if matches!(**inner, Filter::Or(..))));
}

#[test]
fn texts_unescape() {
    let Operation::Compare(_, value) = operation(r#"x = "a \"b\" \\ c\nd # { é""#) else { panic!() };
    assert_eq!(value.node, Literal::Text("a \"b\" \\ c\nd # { é".into()));
}

#[test]
fn receipts_stand_where_events_do() {
    let Trigger::Event(pattern) = trigger("when message replied of campaign c where text = \"STOP\"") else {
        panic!("no event");
    };
    let EventName::Message { receipt, campaign: Some(of) } = &pattern.event.node else {
        panic!("no receipt")
    };
    assert_eq!((*receipt, of.node.as_str()), (Receipt::Replied, "c"));
    assert!(pattern.filter.is_some());
    let names = |event: &EventName| event.names().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(names(&pattern.event.node), ["Message Replied", "Notification Replied"]);
    for receipt in Receipt::ALL {
        let did = did(&format!("did message {} in last 7 days", receipt.word()));
        assert_eq!(did.pattern.event.node, EventName::Message { receipt, campaign: None });
    }
    let failed = EventName::Message { receipt: Receipt::Failed, campaign: None };
    assert_eq!(names(&failed), ["Message Failed"]);
    assert!(names(&EventName::Any).is_empty());
}

#[test]
fn triggers_by_events_in_order() {
    assert!(matches!(
        trigger("when \"A\" where x = 1 for the first time"),
        Trigger::FirstTime(pattern) if pattern.filter.is_some()
    ));
    let Trigger::Followed(followed) = trigger("when \"A\" then message read within 2 hours matching a.b")
    else {
        panic!("not one after another");
    };
    assert_eq!(followed.first.event.node, EventName::Named("A".into()));
    assert_eq!(followed.then.event.node.name(), Some("Message Read"));
    assert_eq!(followed.within.node, Duration::from_seconds(7_200));
    assert_eq!(followed.matching.unwrap().parts, ["a", "b"]);
    assert_eq!(trigger("on request"), Trigger::Request);
}

#[test]
fn lists_of_times_are_sorted() {
    let at = |day: &str, clock: &str| date(day).and_time(time(clock));
    assert_eq!(
        trigger("at 2026-11-09 10:00, 2026-11-08 18:30 user time, if past next day"),
        Trigger::At {
            times: vec![at("2026-11-08", "18:30"), at("2026-11-09", "10:00")],
            base: TimeBase::User,
            if_past: Some(IfPast::NextDay),
        }
    );
    let drop = trigger("at 2026-11-09 10:00 user time, if past drop");
    assert!(matches!(drop, Trigger::At { if_past: Some(IfPast::Drop), .. }));
}

#[test]
fn triggers_by_dates() {
    let offset = |before, length| Some(Offset { before, length });
    let Trigger::EventDate(date) =
        trigger("when 3 hours before \"Booking\".leg.flight_time where x = 1 by booking.id")
    else {
        panic!("no date");
    };
    assert_eq!(date.pattern.event.node, EventName::Named("Booking".into()));
    assert!(date.pattern.filter.is_some());
    assert_eq!(date.property.parts, ["leg", "flight_time"]);
    assert_eq!(date.by.unwrap().parts, ["booking", "id"]);
    assert_eq!(date.offset, offset(true, OffsetLength::Exact(Duration::from_seconds(3 * 3_600))));
    assert_eq!((date.at, date.base), (None, TimeBase::Account));

    let of = |text: &str| match trigger(text) {
        Trigger::EventDate(date) => (date.offset, date.at, date.base),
        Trigger::ProfileDate(date) => (date.offset, date.at, date.base),
        other => panic!("{other:?}"),
    };
    let nine = Some(time("09:00"));
    assert_eq!(
        of("when 2 weeks after \"B\".day at 09:00 user time"),
        (offset(false, OffsetLength::CalendarDays(14)), nine, TimeBase::User)
    );
    assert_eq!(
        of("when 2 weeks after profile.renewal"),
        (offset(false, OffsetLength::Exact(Duration::from_seconds(14 * DAY))), None, TimeBase::Account)
    );
    assert_eq!(
        of("when 1 calendar day before profile.renewal user time"),
        (offset(true, OffsetLength::CalendarDays(1)), None, TimeBase::User)
    );
    assert_eq!(of("on \"B\".day at 09:00"), (None, nine, TimeBase::Account));
    let Trigger::ProfileDate(date) = trigger("on profile.kid.birthday yearly at 09:00") else {
        panic!("none")
    };
    assert!(date.yearly);
    assert_eq!(date.property.parts, ["kid", "birthday"]);
}

#[test]
fn triggers_by_segments() {
    let entered = |text: &str| match trigger(text) {
        Trigger::Enters { segment, including_current } => (segment.node, including_current),
        other => panic!("{other:?}"),
    };
    assert_eq!(entered("when enters segment s"), ("s".into(), false));
    assert_eq!(entered("when enters segment s, including current members"), ("s".into(), true));
    assert!(matches!(trigger("when leaves segment s"), Trigger::Leaves(segment) if segment.node == "s"));
}

#[test]
fn triggers() {
    assert!(
        matches!(trigger("when \"A\""), Trigger::Event(pattern) if pattern.event.node.name() == Some("A"))
    );
    let Trigger::Inaction(inaction) = trigger(
        "when \"A\" where x = 1 then no \"B\" where y = 2 within 2 hours matching cart.id, repeat restarts",
    ) else {
        panic!()
    };
    assert_eq!(inaction.first.event.node.name(), Some("A"));
    assert_eq!(inaction.absent.event.node.name(), Some("B"));
    assert!(inaction.first.filter.is_some() && inaction.absent.filter.is_some());
    assert_eq!(inaction.within.node, seconds(7_200));
    assert_eq!(inaction.matching.unwrap().parts, ["cart", "id"]);
    assert_eq!(inaction.repeat, Repeat::Restarts);
    let repeat = |text: &str| match trigger(&format!("when \"A\" then no \"B\" within 2 hours{text}")) {
        Trigger::Inaction(inaction) => inaction.repeat,
        other => panic!("{other:?}"),
    };
    assert_eq!((repeat(""), repeat(", repeat ignored")), (Repeat::OwnTimer, Repeat::Ignored));
    assert_eq!(
        trigger("at 2026-11-08 10:00 user time"),
        Trigger::At {
            times: vec![date("2026-11-08").and_time(time("10:00"))],
            base: TimeBase::User,
            if_past: None
        }
    );
    assert!(matches!(trigger("at 2026-11-08 10:00"), Trigger::At { base: TimeBase::Account, .. }));
    assert!(matches!(
        trigger("cron \"0 9 * * 1\" \"Asia/Kolkata\" time"),
        Trigger::Cron { expression, base: TimeBase::Named(zone) } if expression.node == "0 9 * * 1" && zone.node == "Asia/Kolkata"
    ));
}

#[test]
fn cadences() {
    let cadence = |text: &str| match trigger(&format!("every {text} at 09:00")) {
        Trigger::Every { cadence, time: at, base } => {
            assert_eq!((at, base), (time("09:00"), TimeBase::Account));
            cadence
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(cadence("day"), Cadence::Days(1));
    assert_eq!(cadence("3 days"), Cadence::Days(3));
    assert_eq!(
        cadence("week on fri, mon"),
        Cadence::Weeks { every: 1, days: vec![Weekday::Mon, Weekday::Fri] }
    );
    assert_eq!(cadence("2 weeks on sunday"), Cadence::Weeks { every: 2, days: vec![Weekday::Sun] });
    assert_eq!(cadence("month on 15, 1"), Cadence::MonthDays { every: 1, days: vec![1, 15], or_last: false });
    assert_eq!(
        cadence("3 months on 31 or last day"),
        Cadence::MonthDays { every: 3, days: vec![31], or_last: true }
    );
    assert_eq!(cadence("month on last day"), Cadence::MonthDays { every: 1, days: vec![31], or_last: true });
    assert_eq!(
        cadence("month on last friday"),
        Cadence::MonthWeekday { every: 1, nth: -1, day: Weekday::Fri }
    );
    assert_eq!(cadence("month on 2nd tue"), Cadence::MonthWeekday { every: 1, nth: 2, day: Weekday::Tue });
    assert_eq!(cadence("month on fourth sun"), Cadence::MonthWeekday { every: 1, nth: 4, day: Weekday::Sun });
}

#[test]
fn clauses() {
    let campaign = campaign(
        "provider acme category utility when \"A\" if in list l at trigger only wait 2 calendar days valid 6 hours \
         unless \"B\" matching id unless any event where x = 1 at most 2 per 36 hours holdout 5% \
         run from 2026-01-01 to 2026-12-31 priority -3 send template t",
    );
    assert_eq!(campaign.provider.unwrap().node, "acme");
    assert_eq!(campaign.category.unwrap().node, Category::Utility);
    assert!(!campaign.audience.unwrap().recheck);
    assert_eq!(campaign.wait.unwrap().node, Wait::CalendarDays(2));
    assert_eq!(campaign.valid.unwrap().node, seconds(6 * 3_600));
    assert_eq!(campaign.unless.len(), 2);
    assert_eq!(campaign.unless[0].matching.as_ref().unwrap().parts, ["id"]);
    let cap = &campaign.at_most[0];
    assert_eq!((cap.count.node, cap.per.node), (2, CapPer::Rolling(seconds(36 * 3_600))));
    assert_eq!(campaign.holdout.unwrap().node, Percent::from_millionths(50_000));
    let run = campaign.run.unwrap();
    assert_eq!((run.from.unwrap().node, run.to.unwrap().node), (date("2026-01-01"), date("2026-12-31")));
    assert_eq!(campaign.priority.unwrap().node, -3);
}

#[test]
fn waits_and_runs_in_part() {
    assert_eq!(campaign("wait 90 seconds").wait.unwrap().node, Wait::Exact(seconds(90)));
    assert_eq!(campaign("wait 2 calendar weeks").wait.unwrap().node, Wait::CalendarDays(14));
    let run = campaign("run to 2026-12-31").run.unwrap();
    assert!(run.from.is_none() && run.to.is_some());
    assert!(campaign("if in list l").audience.unwrap().recheck);
}

#[test]
fn messages() {
    let template = |clauses: &str| match campaign(clauses).message {
        Some(Delivery::One(Message::Template(message))) => message,
        other => panic!("{clauses}: {other:?}"),
    };
    let message = template(
        "send template cart in profile.language or \"en\" { header document \"a\" named \"b\" \
         body name: \"c\", amount: \"d\" button 1 code: \"e\" button 0 url: \"f\" }",
    );
    assert_eq!(message.template.node, "cart");
    let language = message.language.unwrap();
    assert_eq!(
        (language.profile.unwrap().parts, language.fallback.node),
        (vec!["language".to_owned()], "en".to_owned())
    );
    let HeaderContent::Media(media) = message.header.unwrap().content else { panic!("no medium") };
    assert_eq!(
        (media.kind, media.link.node, media.filename.unwrap().node),
        (MediaKind::Document, "a".to_owned(), "b".to_owned())
    );
    let text = |value: &BodyValue| match &value.content {
        BodyContent::Text(text) => text.node.clone(),
        other => panic!("{other:?}"),
    };
    let body: Vec<(Option<&str>, String)> = message
        .body
        .iter()
        .map(|value| (value.name.as_ref().map(|name| name.node.as_str()), text(value)))
        .collect();
    assert_eq!(body, [(Some("name"), "c".to_owned()), (Some("amount"), "d".to_owned())]);
    let buttons: Vec<(u8, &str)> =
        message.buttons.iter().map(|button| (button.index.node, button.content.name())).collect();
    assert_eq!(buttons, [(0, "url"), (1, "code")], "by index");
    let plain = template("send template \"2024_sale\" in \"en_US\"");
    assert_eq!(plain.template.node, "2024_sale");
    assert!(
        matches!(plain.language, Some(language) if language.profile.is_none() && language.fallback.node == "en_US")
    );
    let positional = template("send template t { body \"a\", \"b\" }");
    assert!(positional.body.iter().all(|value| value.name.is_none()) && positional.body.len() == 2);
}

#[test]
fn spans_are_as_written_without_what_follows() {
    let text =
        "# first\ncampaign c {\n  if did \"A\" where x = 1   # why\n  \n  wait 10 minutes # later\n}\n";
    let mut sources = Sources::new();
    let file = sources.add("spans.camp", text);
    let parsed = parse(&sources, file);
    let Item::Campaign(campaign) = &parsed.items[0] else { panic!() };
    let audience = campaign.audience.as_ref().unwrap();
    assert_eq!(sources.slice(audience.span), "if did \"A\" where x = 1");
    assert_eq!(sources.slice(audience.condition.span()), "did \"A\" where x = 1");
    assert_eq!(sources.slice(campaign.wait.as_ref().unwrap().span), "wait 10 minutes");
    assert!(
        sources.slice(campaign.span).starts_with("campaign c {")
            && sources.slice(campaign.span).ends_with('}')
    );
    let comments: Vec<&str> = parsed.comments.iter().map(|span| sources.slice(*span)).collect();
    assert_eq!(comments, ["# first", "# why", "# later"]);
}

#[test]
fn what_could_be_read_of_a_broken_file_is_kept() {
    let text = "segment a = did \"A\"\ncampaign c {\n  when \"A\"\n  wait 10 mins\n  valid ten\n}\nsegment b = in\nsegment d = in segment a\n";
    let mut sources = Sources::new();
    let file = sources.add("kept.camp", text);
    let parsed = parse(&sources, file);
    assert_eq!(parsed.diagnostics.len(), 3);
    assert_eq!(parsed.items.len(), 3, "{:?}", parsed.items);
    let Item::Campaign(campaign) = &parsed.items[1] else { panic!() };
    assert!(campaign.trigger.is_some());
    assert_eq!(campaign.wait.as_ref().unwrap().node, Wait::Exact(seconds(600)), "mended");
    assert_eq!(campaign.valid, None);
    let unread: Vec<Option<&str>> = parsed.unread.iter().map(|unread| unread.name.as_deref()).collect();
    assert_eq!(unread, [Some("c"), Some("b")]);
    assert_eq!(parsed.unread[0].span, campaign.span);
}

fn test_of(text: &str) -> Test {
    match filter(text) {
        Filter::Test(test) => test,
        other => panic!("{other:?}"),
    }
}

fn clock(text: &str) -> ClockTest {
    match filter(text) {
        Filter::Clock(test) => test,
        other => panic!("{other:?}"),
    }
}

fn near(text: &str) -> Near {
    match filter(text) {
        Filter::Near(near) => near,
        other => panic!("{other:?}"),
    }
}

#[test]
fn lists_are_asked_item_by_item() {
    let every = test_of("all items.category = \"Shoes\"");
    assert!(every.every);
    assert_eq!(every.path.parts, ["items", "category"]);
    assert!(!test_of("any tags = \"x\"").every);
    assert_eq!(test_of("any = 1").path.parts, ["any"], "a property of that name");
    assert_eq!(test_of("all in [1]").path.parts, ["all"]);
    assert!(test_of("all matches \"x\"").path.parts == ["all"]);
    let Filter::Items(items) = filter("all items has (category = \"Shoes\" or not a.b > 1)") else {
        panic!()
    };
    assert!(items.every);
    assert_eq!(items.path.parts, ["items"]);
    assert!(matches!(&items.filter, Filter::Or(parts, _) if matches!(&parts[1], Filter::Not(..))));
    let Condition::Profile(Filter::Items(children)) = condition("any profile.children has (age < 3)") else {
        panic!()
    };
    assert_eq!((children.every, children.path.parts), (false, vec!["children".to_owned()]));
}

#[test]
fn case_is_ignored_where_it_is_said() {
    assert!(test_of("city = \"pune\" ignoring case").ignoring_case);
    assert!(test_of("all city not in [\"a\", \"b\"] ignoring case").ignoring_case);
    assert!(!test_of("city = \"pune\"").ignoring_case);
}

#[test]
fn the_clock_is_meant_where_its_words_are_bare() {
    let hours = |text: &str| match clock(text).operation {
        ClockOperation::Hours(ranges) => {
            ranges.iter().map(|range| (range.from, range.to)).collect::<Vec<_>>()
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(hours("hour in 18..22"), [(18, 22)]);
    assert_eq!(hours("hour in [9, 22..6, 20..0]"), [(9, 10), (22, 6), (20, 24)]);
    assert_eq!(hours("user hour in 23"), [(23, 24)]);
    assert!(clock("user hour >= 9").user_time);
    assert!(
        matches!(clock("hour >= 9").operation, ClockOperation::Hour(Comparison::GreaterOrEqual, hour) if hour.node == 9)
    );
    let days = |text: &str| match clock(text).operation {
        ClockOperation::Weekdays(days) => days,
        other => panic!("{other:?}"),
    };
    assert_eq!(days("weekday in [sun, sat, sat]"), [Weekday::Sat, Weekday::Sun]);
    assert_eq!(days("weekday in sat..mon"), [Weekday::Mon, Weekday::Sat, Weekday::Sun]);
    assert_eq!(days("weekday = wednesday"), [Weekday::Wed]);
    assert!(matches!(filter("weekday != sat"), Filter::Not(not, _) if matches!(*not, Filter::Clock(_))));
    assert!(matches!(filter("hour not in 9..18"), Filter::Not(..)));
    assert!(matches!(
        clock("date between 2026-11-01 and 2026-11-30").operation,
        ClockOperation::DateBetween(first, last) if (first.node, last.node) == (date("2026-11-01"), date("2026-11-30"))
    ));
    assert!(matches!(clock("date < 2026-11-01").operation, ClockOperation::Date(Comparison::Less, _)));
    assert_eq!(test_of("\"hour\" = 5").path.parts, ["hour"]);
    assert_eq!(test_of("date.day = 5").path.parts, ["date", "day"]);
    assert_eq!(test_of("user = 5").path.parts, ["user"]);
}

#[test]
fn distances_are_metres() {
    let read = |text: &str| {
        let near = near(text);
        let place = near.place.map(|path| path.parts.join("."));
        (place, near.metres.node.as_f64(), near.latitude.node.as_f64(), near.longitude.node.as_f64())
    };
    assert_eq!(read("within 5 km of (19.07, -72.87)"), (None, 5_000.0, 19.07, -72.87));
    assert_eq!(read("shop.place within 500 m of (0, 0)"), (Some("shop.place".to_owned()), 500.0, 0.0, 0.0));
    assert_eq!(read("within 1.1 km of (0, 0)").1, 1_100.0, "exactly");
    assert_eq!(read("within 0.0005 km of (0, 0)").1, 0.5);
    assert_eq!(read("within 1_000 km of (0, 0)").1, 1_000_000.0);
    assert!(matches!(
        condition("profile within 5 km of (1, 2)"),
        Condition::Profile(Filter::Near(Near { place: None, .. }))
    ));
}

#[test]
fn dates_lie_behind_and_ahead() {
    use DateWindowKind::*;
    let falls = |text: &str| match operation(text) {
        Operation::Falls(window) => (window.kind, window.user_time),
        other => panic!("{other:?}"),
    };
    let day = CalendarUnit::Day;
    assert_eq!(falls("d in next 7 days"), (Next(seconds(7 * DAY)), false));
    assert_eq!(falls("d in next 2 calendar weeks user time"), (NextCalendar(2, CalendarUnit::Week), true));
    assert_eq!(falls("d in last 30 days"), (Past(WindowKind::Last(seconds(30 * DAY))), false));
    assert_eq!(
        falls("d falls in last 2 calendar months").0,
        Past(WindowKind::LastCalendar(2, CalendarUnit::Month))
    );
    assert_eq!(falls("d falls today").0, Past(WindowKind::This(day)));
    assert_eq!(falls("d falls yesterday").0, Past(WindowKind::Previous(day)));
    assert_eq!(falls("d falls tomorrow").0, ExactlyAhead(1, day));
    assert_eq!(falls("d falls next month").0, ExactlyAhead(1, CalendarUnit::Month));
    assert_eq!(falls("d exactly 3 days ahead").0, ExactlyAhead(3, day));
    assert_eq!(falls("d exactly 3 weeks ago").0, Past(WindowKind::ExactlyAgo(3, CalendarUnit::Week)));
    assert_eq!(falls("d between 3 and 5 days ahead").0, BetweenAhead(seconds(3 * DAY), seconds(5 * DAY)));
    assert_eq!(
        falls("d between 1 and 2 calendar days ago").0,
        Past(WindowKind::BetweenAgoCalendar(1, 2, day))
    );
    assert_eq!(falls("d more than 30 days ago").0, Past(WindowKind::MoreThanAgo(seconds(30 * DAY))));
    assert_eq!(falls("d on 2026-11-03").0, Past(WindowKind::On(date("2026-11-03"))));
    assert_eq!(falls("d after 2026-11-03").0, Past(WindowKind::After(date("2026-11-03"))));
    assert!(matches!(operation("d between 3 and 5"), Operation::Between(..)), "two numbers");
    assert!(matches!(operation("d is today"), Operation::AnniversaryFalls(_)));
    assert!(
        matches!(operation("d is in next 7 days"), Operation::AnniversaryFalls(window) if window.kind == Next(seconds(7 * DAY)))
    );
    assert!(matches!(operation("d is set"), Operation::IsSet));
    // A window of the event follows a window of its property.
    let booked = did("did \"A\" where d in next 7 days in last 30 days user time");
    assert!(booked.window.unwrap().user_time);
}

#[test]
fn sequences_hold_their_steps() {
    let sequence = |text: &str| match condition(text) {
        Condition::Sequence(sequence) => *sequence,
        other => panic!("{other:?}"),
    };
    let plain = sequence("did \"A\" then \"B\"");
    assert_eq!(
        (plain.then.len(), plain.absent, plain.all_within, plain.matching, plain.window),
        (1, None, None, None, None)
    );
    let full = sequence(
        "did \"A\" where x = 1 then any event within 1 hour then \"C\" then no \"D\" where y = 2 within 2 days \
         matching cart.id in last 7 days user time",
    );
    assert_eq!(full.then.len(), 2);
    assert_eq!(full.then[0].within.as_ref().unwrap().node, seconds(3_600));
    assert_eq!(full.then[0].pattern.event.node, EventName::Any);
    assert!(full.then[1].within.is_none() && full.first.filter.is_some());
    let absent = full.absent.unwrap();
    assert_eq!(absent.within.unwrap().node, seconds(2 * DAY));
    assert!(absent.pattern.filter.is_some());
    assert_eq!(full.matching.unwrap().parts, ["cart", "id"]);
    assert!(full.window.unwrap().user_time);
    let together = sequence("did \"A\" then \"B\" then \"C\", all within 3 days since 2026-11-01");
    assert_eq!(together.all_within.unwrap().node, seconds(3 * DAY));
    assert_eq!(together.window.unwrap().kind, WindowKind::Since(date("2026-11-01")));
    let only = sequence("did \"A\" then no \"B\" within 1 hour");
    assert!(only.then.is_empty() && only.absent.is_some());
}
