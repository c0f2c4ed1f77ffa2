//! Rule files by chance, as text. `<ZONE>` stands for the scene's zone, `<D+3>` for the third day after the scene's.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::{maybe, pick};

const SCHEMA: &str = r#"
event "Added" { amount: number, cart_id: text, gift: yes/no, booked: instant, items: list of { category: text, quantity: number }, tags: list of text, note: text }
event "Charged" { amount: number, cart_id: text, gift: yes/no, booked: date, items: list of { category: text, quantity: number }, tags: list of text, note: text }
event "Viewed" { amount: number, cart_id: text, gift: yes/no, booked: date, items: list of { category: text, quantity: number }, tags: list of text, note: text }
event "App Opened" { amount: number, cart_id: text, gift: yes/no, booked: date, items: list of { category: text, quantity: number }, tags: list of text, note: text }
profile { phone: text, city: text, tier: number, first_name: text, member_since: date, tags: list of text, language: text, tz: timezone }
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

/// Several pieces one after the other.
fn row(pieces: Vec<BoxedStrategy<String>>) -> BoxedStrategy<String> {
    pieces.prop_map(|pieces| pieces.concat()).boxed()
}

/// A text that is always the same.
fn just(text: &'static str) -> BoxedStrategy<String> {
    Just(text.to_owned()).boxed()
}

/// A piece that may be there, after some words, and ends its line.
fn clause(chance: f64, words: &'static str, rest: BoxedStrategy<String>) -> BoxedStrategy<String> {
    maybe(chance, rest.prop_map(move |rest| format!("  {words}{rest}\n")))
}

fn settings() -> BoxedStrategy<String> {
    let clauses = vec![
        just("settings {\n  timezone \"<ZONE>\"\n"),
        clause(0.35, "quiet hours ", hours(&["", ", hold", ", drop"])),
        clause(0.25, "cap ", rate()),
        clause(0.25, "gap ", length()),
        clause(0.15, "control group ", pick(&["20%", "0%", "50%"])),
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

fn time() -> BoxedStrategy<String> {
    pick(&TIMES)
}

fn length() -> BoxedStrategy<String> {
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
    row(vec![pick(&["1 per ", "2 per ", "3 per "]), length()])
}

fn base() -> BoxedStrategy<String> {
    prop_oneof![
        3 => just(""),
        4 => just(" user time"),
        1 => just(" account time"),
        1 => pick(&[" \"Europe/London\" time", " \"America/New_York\" time", " \"Australia/Lord_Howe\" time"]),
    ]
    .boxed()
}

fn weekdays() -> BoxedStrategy<String> {
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
        let days = maybe(0.25, weekdays().prop_map(|days| format!(" on {days}")));
        row(vec![range.boxed(), days])
    };
    let second = maybe(0.25, window().prop_map(|window| format!(", {window}")));
    row(vec![window(), base(), second, pick(otherwise)])
}

// ---- Tests on properties ----

/// A test on an event's property. With schemas, only such as the schemas allow.
fn event_test(schemas: bool) -> BoxedStrategy<String> {
    let fitting = prop_oneof![
        4 => row(vec![just("amount "), number_operation()]),
        4 => row(vec![just("cart_id "), text_operation(&["\"c1\"", "\"c2\"", "\"\""], &["\"c\"", "\"2\"", "\"\""])]),
        3 => row(vec![just("items.category "), text_operation(&["\"Shoes\"", "\"Hats\""], &["\"Shoe\"", "\"s\""])]),
        2 => row(vec![just("items.quantity "), number_operation()]),
        1 => row(vec![just("tags "), text_operation(&["\"sale\"", "\"new\""], &["\"new\"", "\"e\""])]),
        2 => row(vec![just("gift "), pick(&["= yes", "!= yes", "= no", "in [yes]", "is set"])]),
        2 => row(vec![just("booked "), date_operation()]),
        1 => pick(&["items is set", "items is not set", "tags is set", "note is set", "note is not set"]),
    ];
    let mixed = pick(&[
        "amount = \"500\"",
        "amount != \"500\"",
        "amount > \"4\"",
        "amount contains \"5\"",
        "cart_id = 1",
        "cart_id < 5",
        "cart_id in [1, 2]",
        "cart_id not in [1, 2]",
        "gift = \"yes\"",
        "items = \"Shoes\"",
        "items != \"Shoes\"",
        "items.category.name = \"Shoes\"",
        "items.category.name is not set",
        "booked = \"soon\"",
        "booked > 3",
        "nothing.like.it is set",
        "nothing != 1",
        "amount between \"1\" and \"6\"",
        "tags = 3",
    ]);
    if schemas { fitting.boxed() } else { prop_oneof![6 => fitting, 1 => mixed].boxed() }
}

/// A test on a profile's property.
fn profile_test(schemas: bool) -> BoxedStrategy<String> {
    let fitting = prop_oneof![
        row(vec![just("profile.city "), text_operation(&["\"Pune\"", "\"Mumbai\""], &["\"une\"", "\"M\""])]),
        row(vec![just("profile.tier "), number_operation()]),
        row(vec![just("profile.first_name "), text_operation(&["\"Asha\"", "\"\""], &["\"sh\"", "\"a\""])]),
        row(vec![just("profile.member_since "), date_operation()]),
        row(vec![just("profile.tags "), text_operation(&["\"sale\"", "\"new\""], &["\"new\"", "\"e\""])]),
    ];
    let mixed = pick(&[
        "profile.tier = \"2\"",
        "profile.city = 3",
        "profile.whatsapp = yes",
        "profile.tier.deep is not set",
        "profile.tags = 3",
        "profile.City = \"Pune\"",
    ]);
    if schemas { fitting.boxed() } else { prop_oneof![5 => fitting, 1 => mixed].boxed() }
}

fn number_operation() -> BoxedStrategy<String> {
    let number = || pick(&["500", "0", "1", "2", "499.5", "1_000", "-5", "100"]);
    prop_oneof![
        4 => row(vec![pick(&[">= ", "> ", "< ", "<= ", "= ", "!= "]), number()]),
        1 => pick(&["between 0 and 500", "between 1 and 2", "between -5 and 499.5", "between 500 and 500"]),
        1 => row(vec![pick(&["in [", "not in ["]), number(), just(", "), number(), just("]")]),
        1 => pick(&["is set", "is not set"]),
    ]
    .boxed()
}

fn text_operation(wholes: &'static [&'static str], parts: &'static [&'static str]) -> BoxedStrategy<String> {
    prop_oneof![
        4 => row(vec![pick(&["= ", "!= "]), pick(wholes)]),
        1 => row(vec![pick(&["< ", "> ", "<= ", ">= "]), pick(wholes)]),
        1 => row(vec![pick(&["in [", "not in ["]), pick(wholes), just(", "), pick(wholes), just("]")]),
        2 => row(vec![pick(&["contains ", "starts with ", "ends with "]), pick(parts)]),
        1 => pick(&["matches \"^[cS].*[12s]$\"", "matches \"o\"", "matches \"(?i)SHOE|new\""]),
        1 => pick(&["is set", "is not set"]),
    ]
    .boxed()
}

fn date_operation() -> BoxedStrategy<String> {
    let date = || pick(&["<D+0>", "<D-1>", "<D+1>"]);
    prop_oneof![
        4 => row(vec![pick(&["= ", "!= ", "< ", "<= ", "> ", ">= "]), date()]),
        1 => pick(&["between <D-1> and <D+0>", "between <D+0> and <D+1>"]),
        1 => row(vec![pick(&["in [", "not in ["]), date(), just("]")]),
        1 => pick(&["is set", "is not set"]),
    ]
    .boxed()
}

/// ` where …`, or nothing.
fn filter(schemas: bool) -> BoxedStrategy<String> {
    let test = event_test(schemas);
    let nested = test.prop_recursive(2, 6, 3, |inner| combined(inner).boxed());
    let whole = nested.prop_map(|filter| {
        // One test stands alone; several need parentheses, which `combined` has put.
        format!(" where {filter}")
    });
    maybe(0.4, whole)
}

/// Several in parentheses, or one turned round.
fn combined(inner: BoxedStrategy<String>) -> impl Strategy<Value = String> {
    let several = (prop::collection::vec(inner.clone(), 2..4), pick(&[" and ", " or "]))
        .prop_map(|(parts, word)| format!("({})", parts.join(&word)));
    let turned = inner.prop_map(|part| if part.starts_with("not ") { part } else { format!("not ({part})") });
    prop_oneof![3 => several, 1 => turned]
}

// ---- Conditions ----

/// A condition; within segments, not of segments but the inner one.
fn condition(schemas: bool, innermost: bool) -> BoxedStrategy<String> {
    let leaf = prop_oneof![
        6 => did(schemas),
        3 => profile_test(schemas),
        1 => just("in list vip"),
        1 => if innermost { just("in list vip") } else { just("in segment inner") },
    ];
    leaf.prop_recursive(2, 6, 3, |inner| combined(inner).boxed()).boxed()
}

fn did(schemas: bool) -> BoxedStrategy<String> {
    let event = || row(vec![event_name(), filter(schemas)]);
    let count = prop_oneof![
        3 => pick(&[" at least 1 times", " at least 2 times", " at least 3 times", " at least 5 times"]),
        3 => pick(&[" at most 1 times or never", " at most 2 times", " at most 2 times or never"]),
        1 => pick(&[" more than 1 times", " more than 2 times", " more than 4 times"]),
        2 => pick(&[" fewer than 2 times", " fewer than 2 times or never", " fewer than 3 times", " fewer than 6 times or never"]),
        2 => pick(&[" exactly 1 times", " exactly 2 times", " exactly 4 times"]),
        2 => pick(&[" between 1 and 2 times", " between 2 and 3 times", " between 3 and 5 times", " between 0 and 1 times or never"]),
    ];
    let counted = row(vec![just("did "), event(), maybe(0.5, count), maybe(0.75, window())]);
    let never = row(vec![just("did not "), event(), maybe(0.75, window())]);
    prop_oneof![2 => counted, 1 => never].boxed()
}

fn event_name() -> BoxedStrategy<String> {
    pick(&["\"Added\"", "\"Charged\"", "\"Viewed\"", "\"App Opened\"", "any event"])
}

fn window() -> BoxedStrategy<String> {
    let rolling = prop_oneof![
        4 => row(vec![just(" in last "), length()]),
        2 => pick(&[" between 1 and 2 days ago", " between 0 and 1 hours ago", " between 15 and 60 minutes ago"]),
    ];
    let calendar = prop_oneof![
        3 => pick(&[
            " in last 1 calendar days",
            " in last 2 calendar days",
            " in last 1 calendar weeks",
            " in last 1 calendar months",
            " in last 1 calendar years",
        ]),
        3 => pick(&[" today", " this week", " this month", " this year"]),
        3 => pick(&[" yesterday", " previous week", " previous month", " previous year"]),
        2 => pick(&[" exactly 1 days ago", " exactly 2 days ago", " exactly 1 weeks ago", " exactly 1 months ago"]),
        2 => pick(&[
            " between 1 and 2 calendar days ago",
            " between 0 and 1 calendar days ago",
            " between 1 and 3 calendar weeks ago",
        ]),
        3 => pick(&[
            " since <D+0>",
            " since <D-1>",
            " before <D+0>",
            " before <D+1>",
            " on <D+0>",
            " on <D+1>",
            " from <D-1> to <D+0>",
            " from <D+0> to <D+0>",
        ]),
    ];
    let user_time = pick(&["", " user time"]);
    prop_oneof![1 => rolling, 1 => row(vec![calendar.boxed(), user_time])].boxed()
}

// ---- Campaigns ----

fn campaign(schemas: bool) -> BoxedStrategy<String> {
    let by_event = row(vec![
        prop_oneof![1 => when(schemas), 1 => then_no(schemas)].boxed(),
        message(true),
        unless(schemas, true),
    ]);
    let by_clock = row(vec![schedule(), message(false), unless(schemas, false)]);
    let trigger = prop_oneof![3 => by_event, 2 => by_clock].boxed();
    let condition = prop_oneof![4 => condition(schemas, false), 1 => just("in segment regulars")].boxed();
    let audience = row(vec![condition, pick(&["", "", " at trigger only"])]);
    row(vec![
        trigger,
        clause(0.5, "if ", audience),
        wait_and_valid(),
        clause(0.35, "deliver ", hours(&[", else hold", ", else drop", ", else hold"])),
        clause(0.2, "at most ", rate()),
        clause(0.15, "holdout ", pick(&["30%", "0%", "60%", "5.5%"])),
        clause(0.3, "priority ", pick(&["1", "10", "-3"])),
        clause(0.15, "category ", pick(&["marketing", "utility"])),
        clause(0.1, "provider ", just("meta_main")),
    ])
}

fn when(schemas: bool) -> BoxedStrategy<String> {
    row(vec![just("  when "), event_name(), filter(schemas), just("\n"), run(false)])
}

fn then_no(schemas: bool) -> BoxedStrategy<String> {
    let matching = maybe(
        0.4,
        pick(&[" matching cart_id", " matching items.category", " matching amount", " matching tags"]),
    );
    row(vec![
        just("  when "),
        event_name(),
        filter(schemas),
        just(" then no "),
        event_name(),
        filter(schemas),
        just(" within "),
        length(),
        matching,
        pick(&["\n", ", repeat restarts\n", ", repeat ignored\n"]),
        run(false),
    ])
}

fn schedule() -> BoxedStrategy<String> {
    let at = row(vec![pick(&["at <D+0> ", "at <D+1> ", "at <D-1> "]), time(), base()]);
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
    prop_oneof![4 => row(vec![ended(free), just("\n"), run(false)]), 1 => ended(counted)].boxed()
}

fn day_numbers() -> BoxedStrategy<String> {
    let numbers = subsequence(vec!["1", "4", "5", "8", "25", "29", "30", "31"], 1..4);
    (numbers, select(vec!["", " or last day"]))
        .prop_map(|(numbers, or_last)| format!("every month on {}{or_last} at ", numbers.join(", ")))
        .boxed()
}

fn run(needed: bool) -> BoxedStrategy<String> {
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

fn unless(schemas: bool, by_event: bool) -> BoxedStrategy<String> {
    let matching = if by_event {
        maybe(0.4, pick(&[" matching cart_id", " matching amount", " matching items"]))
    } else {
        just("")
    };
    let one = row(vec![event_name(), filter(schemas), matching]);
    row(vec![clause(0.3, "unless ", one.clone()), clause(0.1, "unless ", one)])
}

fn message(by_event: bool) -> BoxedStrategy<String> {
    let name = "{{ profile.first_name | default: 'there' }}";
    let mut values = vec![
        name,
        "{{ profile.city | upcase }}",
        "{{ profile.tier }}",
        "{% if profile.tier > 1 %}gold{% else %}{% abort %}{% endif %}",
        "{{ profile.first_name }}",
        "hello",
    ];
    if by_event {
        values.extend([
            "{{ event.amount }}",
            "{{ event.cart_id | default: 'none' }}",
            "{{ event.note | default: 'hm' }}",
            "{{ event.items[0].category | default: 'things' }}",
            "{% if event.amount > 100 %}{{ event.amount | plus: 1 }}{% else %}{% abort %}{% endif %}",
        ]);
    }
    let value = prop_oneof![2 => Just(name), 3 => select(values)];
    let named = (value.clone(), value.clone())
        .prop_map(|(first, second)| format!("    body name: \"{first}\", other: \"{second}\"\n"));
    let positional = prop::collection::vec(value, 1..3).prop_map(|values| {
        let quoted: Vec<String> = values.iter().map(|value| format!("\"{value}\"")).collect();
        format!("    body {}\n", quoted.join(", "))
    });
    let body = maybe(0.7, prop_oneof![positional, named]);
    let header =
        clause(0.1, "  header image ", just("\"https://example.org/{{ profile.tier | default: 1 }}.png\""));
    let button = clause(0.15, "  button 0 url: ", just("\"u/{{ profile.city | default: 'x' }}\""));
    let language = pick(&["", " in \"en\"", " in profile.language or \"en\"", " in profile.city or \"hi\""]);
    row(vec![just("  send template hello"), language, just(" {\n"), header, body, button, just("  }\n")])
}
