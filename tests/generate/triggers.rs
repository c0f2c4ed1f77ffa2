//! Triggers by chance.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::conditions::{event, event_name};
use super::filters::filter;
use super::rules::{base, clause, length, run, time, weekdays};
use super::{just, known, maybe, pick, row};

/// What a trigger gives to the rest of its campaign.
#[derive(Debug, Clone, Copy)]
pub struct Fires {
    /// There is an `event`.
    pub event: bool,
    /// There is a `first`.
    pub first: bool,
    /// It is a schedule.
    pub schedule: bool,
}

const BY_EVENT: Fires = Fires { event: true, first: false, schedule: false };
const BY_TWO: Fires = Fires { event: true, first: true, schedule: false };
const BY_USER: Fires = Fires { event: false, first: false, schedule: false };
const BY_CLOCK: Fires = Fires { event: false, first: false, schedule: true };

/// A trigger with its run, and its clauses that only such triggers have.
pub fn trigger(schemas: bool) -> BoxedStrategy<(String, Fires)> {
    let mut triggers: Vec<(u32, BoxedStrategy<(String, Fires)>)> = Vec::new();
    let mut add = |weight: u32, example: &str, trigger: BoxedStrategy<String>, fires: Fires| {
        let segment = "segment regulars = did \"Added\"";
        if known(&format!("{segment} campaign c {{ {example} send template t }}")) {
            let whole = row(vec![just("  "), trigger, just("\n"), run(false)]);
            triggers.push((weight, whole.prop_map(move |text| (text, fires)).boxed()));
        }
    };
    add(10, "when \"Added\"", row(vec![just("when "), event(schemas)]), BY_EVENT);
    add(10, "when \"Added\" then no \"Charged\" within 1 hour", then_no(schemas), BY_EVENT);
    let first_time = row(vec![just("when "), event(schemas), just(" for the first time")]);
    add(4, "when \"Added\" for the first time", first_time, BY_EVENT);
    add(7, "when \"Added\" then \"Charged\" within 1 hour", then(schemas), BY_TWO);
    add(7, "when 2 hours before \"Added\".booked", event_date(schemas), BY_EVENT);
    add(7, "on profile.renewal at 10:00", profile_date(), BY_USER);
    let enters =
        pick(&["when enters segment regulars", "when enters segment regulars, including current members"]);
    add(7, "when enters segment regulars", enters, BY_USER);
    add(4, "when leaves segment regulars", just("when leaves segment regulars"), BY_USER);
    add(3, "on request", just("on request"), BY_EVENT);
    let scheduled = schedule().prop_map(|text| (text, BY_CLOCK)).boxed();
    triggers.push((12, scheduled));
    proptest::strategy::Union::new_weighted(triggers).boxed()
}

fn matching() -> BoxedStrategy<String> {
    maybe(0.4, pick(&[" matching cart_id", " matching items.category", " matching amount", " matching tags"]))
}

fn then_no(schemas: bool) -> BoxedStrategy<String> {
    row(vec![
        just("when "),
        event(schemas),
        just(" then no "),
        event(schemas),
        just(" within "),
        length(),
        matching(),
        pick(&["", ", repeat restarts", ", repeat ignored"]),
    ])
}

fn then(schemas: bool) -> BoxedStrategy<String> {
    row(vec![
        just("when "),
        event(schemas),
        just(" then "),
        event(schemas),
        just(" within "),
        length(),
        matching(),
    ])
}

/// How far from a date, and at which time of day.
fn offset_and_time() -> BoxedStrategy<(String, String)> {
    let exact = (length(), pick(&[" before ", " after "]))
        .prop_map(|(length, word)| (format!("when {length}{word}"), String::new()));
    let calendar = pick(&["1 calendar days", "2 calendar days", "1 day", "2 days", "1 week"]);
    let days = (calendar, pick(&[" before ", " after "]), time(), base())
        .prop_map(|(days, word, time, base)| (format!("when {days}{word}"), format!(" at {time}{base}")));
    let itself = (time(), base()).prop_map(|(time, base)| ("on ".to_owned(), format!(" at {time}{base}")));
    prop_oneof![exact, days, itself].boxed()
}

fn event_date(schemas: bool) -> BoxedStrategy<String> {
    let by = maybe(0.4, pick(&[" by cart_id", " by amount"]));
    (offset_and_time(), event_name(), filter(schemas), by)
        .prop_map(|((before, after), event, filter, by)| {
            let event = if event.starts_with('"') { event } else { "\"Added\"".to_owned() };
            format!("{before}{event}.booked{filter}{by}{after}")
        })
        .boxed()
}

fn profile_date() -> BoxedStrategy<String> {
    let property = pick(&["profile.renewal", "profile.member_since"]);
    (offset_and_time(), property, pick(&["", " yearly"]))
        .prop_map(|((before, after), property, yearly)| format!("{before}{property}{yearly}{after}"))
        .boxed()
}

fn schedule() -> BoxedStrategy<String> {
    let at = prop_oneof![
        1 => row(vec![at_times(), base()]),
        1 => row(vec![at_times(), just(" user time"), if_past()]),
    ]
    .boxed();
    let every = row(vec![
        prop_oneof![
            4 => pick(&["every day at "]),
            3 => weekdays().prop_map(|days| format!("every week on {days} at ")),
            2 => day_numbers(),
            1 => pick(&["every month on last fri at ", "every month on 1st sun at ", "every month on 2nd sat at "]),
        ]
        .boxed(),
        time(),
        base(),
    ]);
    let cron = row(vec![
        pick(&[
            "cron \"0 9 * * *\"",
            "cron \"30 2 * * *\"",
            "cron \"0,30 1-3 * * *\"",
            "cron \"0 10 * * 0\"",
            "cron \"0 10 * * 7\"",
            "cron \"0 10 * * mon-fri\"",
            "cron \"0 0 1 * *\"",
            "cron \"0 0 1 * sun\"",
            "cron \"0 10 */2 * mon\"",
            "cron \"0 10 28-31,1-3 * wed,5-7\"",
            "cron \"0 10 ? * 0\"",
            "cron \"*/30 2 * * *\"",
            "cron \"15,45 */8 * * 6,0\"",
            "cron \"30 0 10 * * *\"",
            "cron \"*/20 30 2 * 1-12/2 *\"",
        ]),
        base(),
    ]);
    let counted = row(vec![
        prop_oneof![
            pick(&["every 2 days at ", "every 3 days at "]),
            pick(&[
                "every 2 weeks on sat, sun at ",
                "every 2 weeks on sun, mon at ",
                "every 3 weeks on wed at "
            ]),
            pick(&["every 2 months on 1, 30 at ", "every 2 months on 31 or last day at "]),
        ]
        .boxed(),
        time(),
        base(),
        just("\n"),
        run(true),
    ]);
    let free = prop_oneof![at, every, cron].boxed();
    let ended = |trigger: BoxedStrategy<String>| row(vec![just("  "), trigger]);
    let trigger =
        prop_oneof![4 => row(vec![ended(free), just("\n"), run(false)]), 1 => ended(counted)].boxed();
    let has = |clause: &str| known(&format!("campaign c {{ every day at 10:00 send template t {clause} }}"));
    let mut pieces = vec![trigger];
    if has("limit 2 users per run") {
        pieces.push(clause(0.15, "limit ", pick(&["1 users per run", "2 users per run"])));
    }
    let safety = "  safety stop if audience > ";
    if has("safety stop if audience > 2") {
        pieces.push(maybe(0.4, pick(&["1\n", "2\n"]).prop_map(move |most| format!("{safety}{most}"))));
    }
    // In user time nobody knows how many they will be.
    let without = move |text: String| match text.find(safety) {
        Some(begins) if text.contains("user time") => text[..begins].to_owned(),
        _ => text,
    };
    row(pieces).prop_map(without).boxed()
}

/// One day and time, or several.
fn at_times() -> BoxedStrategy<String> {
    let one = row(vec![pick(&["<D+0> ", "<D+1> ", "<D-1> ", "<D-2> "]), time()]);
    let several = known("campaign c { at 2026-11-08 10:00, 2026-11-09 10:00 send template t }");
    let most = if several { 4 } else { 2 };
    prop::collection::vec(one, 1..most)
        .prop_map(|mut times| {
            times.sort();
            times.dedup();
            format!("at {}", times.join(", "))
        })
        .boxed()
}

fn if_past() -> BoxedStrategy<String> {
    if known("campaign c { at 2026-11-08 10:00 user time, if past next day send template t }") {
        pick(&["", ", if past next day", ", if past drop"])
    } else {
        just("")
    }
}

fn day_numbers() -> BoxedStrategy<String> {
    let numbers = subsequence(vec!["1", "4", "5", "8", "25", "29", "30", "31"], 1..4);
    (numbers, select(vec!["", " or last day"]))
        .prop_map(|(numbers, or_last)| format!("every month on {}{or_last} at ", numbers.join(", ")))
        .boxed()
}
