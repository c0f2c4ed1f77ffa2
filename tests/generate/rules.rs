//! Rule files by chance, as text. `<ZONE>` stands for the scene's zone, `<D+3>` for the third day after the scene's.

use proptest::prelude::*;
use proptest::sample::subsequence;

use super::budgets::provider;
use super::conditions::{condition, event, event_name};
use super::filters::{filter, on_days};
use super::messages::delivery;
use super::triggers::{Fires, trigger};
use super::{just, known, maybe, pick, row};

const SCHEMA: &str = r#"
event "Added" { amount: number, cart_id: text, gift: yes/no, booked: instant, items: list of { category: text, quantity: number, price: number }, tags: list of text, note: text, shop: text, latitude: number, longitude: number }
event "Charged" { amount: number, cart_id: text, gift: yes/no, booked: date, items: list of { category: text, quantity: number, price: number }, tags: list of text, note: text, shop: text, latitude: number, longitude: number }
event "Viewed" { amount: number, cart_id: text, gift: yes/no, booked: date, items: list of { category: text, quantity: number, price: number }, tags: list of text, note: text, shop: text, latitude: number, longitude: number }
event "App Opened" { amount: number, cart_id: text, gift: yes/no, booked: date, items: list of { category: text, quantity: number, price: number }, tags: list of text, note: text, shop: text, latitude: number, longitude: number }
profile { phone: text, city: text, tier: number, first_name: text, member_since: date, renewal: instant, tags: list of text, language: text, tz: timezone, home: text, children: list of { name: text, age: number } }
"#;

/// A whole rule file.
pub fn rules(schemas: bool) -> BoxedStrategy<String> {
    let segment = condition(schemas, false).prop_map(|condition| format!("segment regulars = {condition}\n"));
    let inner = condition(schemas, true).prop_map(|condition| format!("segment inner = {condition}\n"));
    let campaigns = prop::collection::vec(campaign(schemas), 1..6);
    (settings(), segment, inner, campaigns)
        .prop_map(move |(settings, segment, inner, campaigns)| {
            let schema = if schemas { SCHEMA } else { "" };
            let mut text = format!("{settings}{schema}list vip from \"vip.csv\"\n{segment}{inner}");
            for (place, campaign) in campaigns.iter().enumerate() {
                text.push_str(&format!("campaign c{place} {{\n{campaign}}}\n"));
            }
            text
        })
        .boxed()
}

/// A piece that may be there, after some words, and ends its line.
pub fn clause(chance: f64, words: &'static str, rest: BoxedStrategy<String>) -> BoxedStrategy<String> {
    maybe(chance, rest.prop_map(move |rest| format!("  {words}{rest}\n")))
}

fn settings() -> BoxedStrategy<String> {
    let clauses = vec![
        just("settings {\n  timezone \"<ZONE>\"\n"),
        clause(0.35, "quiet hours ", hours(&["", ", hold", ", drop"])),
        clause(0.25, "cap ", rate()),
        clause(0.25, "gap ", length()),
        clause(0.1, "throttle ", rolling()),
        clause(0.15, "control group ", pick(&["20%", "0%", "50%"])),
        given("settings { control group vip_control 5% }", just("  control group vip_control 40%\n")),
        clause(0.3, "week starts ", pick(&["sunday", "monday"])),
        just("}\n"),
    ];
    row(clauses)
}

// ---- Times ----

const TIMES: [&str; 12] = [
    "10:00", "09:00", "00:00", "02:00", "02:30", "01:30", "03:00", "21:00", "15:30", "23:45", "00:30",
    "12:00",
];

/// From the shortest.
const LENGTHS: [&str; 9] =
    ["15 minutes", "30 minutes", "1 hour", "90 minutes", "2 hours", "24 hours", "1 day", "2 days", "1 week"];

pub fn time() -> BoxedStrategy<String> {
    pick(&TIMES)
}

pub fn length() -> BoxedStrategy<String> {
    pick(&LENGTHS)
}

/// A wait and how long the message is valid, each perhaps; never so that it is no longer valid when it arrives.
fn wait_and_valid() -> BoxedStrategy<String> {
    let wait = prop_oneof![
        2 => Just(None),
        3 => (0..LENGTHS.len()).prop_map(|length| Some((LENGTHS[length], length))),
        1 => Just(Some(("1 calendar days", 7))),
    ];
    (wait, prop::option::weighted(0.3, 0..LENGTHS.len()))
        .prop_map(|(wait, valid)| {
            let least = wait.map_or(0, |(_, length)| length);
            let wait = wait.map_or(String::new(), |(text, _)| format!("  wait {text}\n"));
            let valid =
                valid.map_or(String::new(), |length| format!("  valid {}\n", LENGTHS[length.max(least)]));
            wait + &valid
        })
        .boxed()
}

fn rate() -> BoxedStrategy<String> {
    let calendar =
        given("settings { cap 1 per day }", pick(&["1 per day", "1 per week", "2 per day", "2 per month"]));
    let rolling = rolling();
    if known("settings { cap 1 per day }") {
        prop_oneof![2 => rolling, 1 => calendar].boxed()
    } else {
        rolling
    }
}

fn rolling() -> BoxedStrategy<String> {
    row(vec![pick(&["1 per ", "2 per ", "3 per "]), length()])
}

/// A piece that is there only if the rules may hold it.
fn given(example: &str, piece: BoxedStrategy<String>) -> BoxedStrategy<String> {
    if known(example) { piece } else { just("") }
}

pub fn base() -> BoxedStrategy<String> {
    prop_oneof![
        3 => just(""),
        4 => just(" user time"),
        1 => just(" account time"),
        1 => pick(&[" \"Europe/London\" time", " \"America/New_York\" time", " \"Australia/Lord_Howe\" time"]),
    ]
    .boxed()
}

pub fn weekdays() -> BoxedStrategy<String> {
    pick(&[
        "mon..fri",
        "sat, sun",
        "sun",
        "mon..sat",
        "sat",
        "fri..sun",
        "tue, thu, sat",
        "mon, wed, fri, sun",
    ])
}

fn hours(otherwise: &'static [&'static str]) -> BoxedStrategy<String> {
    let window = || {
        // Hours may not end when they begin.
        let opening_and_closing = subsequence(&TIMES[..], 2).prop_shuffle();
        let until_midnight = time().prop_map(|time| format!("{time}..24:00"));
        let range =
            prop_oneof![9 => opening_and_closing.prop_map(|times| times.join("..")), 1 => until_midnight];
        row(vec![range.boxed(), on_days()])
    };
    let second = maybe(0.25, window().prop_map(|window| format!(", {window}")));
    row(vec![window(), base(), second, pick(otherwise)])
}

// ---- Campaigns ----

fn campaign(schemas: bool) -> BoxedStrategy<String> {
    let by_trigger = trigger(schemas).prop_flat_map(move |(trigger, fires)| {
        row(vec![Just(trigger).boxed(), delivery(fires), unless(schemas, fires)])
    });
    let condition = prop_oneof![4 => condition(schemas, false), 1 => just("in segment regulars")].boxed();
    let audience = row(vec![condition, pick(&["", "", " at trigger only"])]);
    row(vec![
        by_trigger.boxed(),
        clause(0.5, "if ", audience),
        wait_and_valid(),
        clause(0.35, "deliver ", hours(&[", else hold", ", else drop", ", else hold"])),
        clause(0.2, "at most ", rate()),
        clause(0.15, "holdout ", pick(&["30%", "0%", "60%", "5.5%"])),
        clause(0.3, "priority ", pick(&["1", "10", "-3"])),
        clause(0.15, "category ", pick(&["marketing", "utility"])),
        provider(),
        clause(0.15, "throttle ", rolling()),
        of_campaign("stop at 2026-11-08 20:00", clause(0.15, "stop at ", stop())),
        of_campaign("ignore caps", clause(0.2, "ignore ", just("caps"))),
        of_campaign("control group none", clause(0.15, "control group ", pick(&["none", "vip_control"]))),
        of_campaign(
            "limit 2 users",
            clause(0.25, "limit ", pick(&["1 users", "2 users", "1 users per day", "2 users per day"])),
        ),
        of_campaign("goal \"Charged\" within 1 day", clause(0.25, "goal ", goal(schemas))),
    ])
}

/// A clause that is there only if campaigns may have it.
fn of_campaign(example: &str, piece: BoxedStrategy<String>) -> BoxedStrategy<String> {
    let rules = format!("campaign c {{ when \"Added\" send template t {example} }}");
    if known(&rules) { piece } else { just("") }
}

fn stop() -> BoxedStrategy<String> {
    row(vec![pick(&["<D+0> ", "<D+1> ", "<D+2> "]), time(), base()])
}

fn goal(schemas: bool) -> BoxedStrategy<String> {
    row(vec![
        event(schemas),
        just(" within "),
        length(),
        pick(&["", ", revenue amount", ", revenue items.price"]),
    ])
}

pub fn run(needed: bool) -> BoxedStrategy<String> {
    let from = pick(&["from <D-2>", "from <D+0>", "from <D-7>", "from <D-40>"]);
    let to = pick(&["to <D+0>", "to <D+1>", "to <D+3>"]);
    let run = prop_oneof![
        2 => from.clone().prop_map(|from| format!("  run {from}\n")),
        1 => (from, to.clone()).prop_map(|(from, to)| format!("  run {from} {to}\n")),
    ];
    if needed {
        run.boxed()
    } else {
        let any = prop_oneof![2 => run, 1 => to.prop_map(|to| format!("  run {to}\n"))];
        maybe(0.25, any)
    }
}

fn unless(schemas: bool, fires: Fires) -> BoxedStrategy<String> {
    let matching = if fires.event {
        maybe(0.4, pick(&[" matching cart_id", " matching amount", " matching items"]))
    } else {
        just("")
    };
    let one = row(vec![event_name(), filter(schemas), matching]);
    row(vec![clause(0.3, "unless ", one.clone()), clause(0.1, "unless ", one)])
}
