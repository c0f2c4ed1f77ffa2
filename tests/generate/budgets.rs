//! What providers allow, by chance; and crowds that stand in line for it.

use campanile::model::{
    Duration, Event, Instant, JobId, NumberConsent, PairLimit, Portfolio, ProfileUpdate, Properties,
    Provider, Providers, Rate, Record, TemplateStatement, TemplateStatus, Text, Value, WarmUp,
};
use proptest::prelude::*;
use proptest::sample::select;

use super::{Case, just, maybe, pick, row};

const MINUTE: i64 = 60_000;

/// None, one, or two providers; `start` is about when things happen, `minute` how long things take.
pub fn providers(start: i64, minute: i64) -> BoxedStrategy<Providers> {
    let length = move || select(vec![5, 10, 30, 60]).prop_map(move |n| Duration::from_millis(n * minute));
    let rate = (1..4_u32, length()).prop_map(|(count, per)| Rate { count, per });
    let warm_up = (select(vec![-600, -30, 0, 10, 60]), 1..3_u32, length()).prop_map(
        move |(from, start_with, every)| WarmUp {
            from: Instant::from_millis(start + from * minute),
            start: start_with,
            every,
        },
    );
    let pair = (length(), 1..4_u32).prop_map(|(every, burst)| PairLimit { every, burst });
    let portfolio = prop::option::weighted(0.5, select(vec!["main", "main", "free"]));
    let provider = (
        prop::option::weighted(0.5, rate),
        prop::option::weighted(0.3, warm_up),
        prop::option::weighted(0.4, pair),
        portfolio,
        prop::option::weighted(0.5, length()),
    )
        .prop_map(|(rate, warm_up, pair, portfolio, refusal)| Provider {
            refusal: refusal.unwrap_or_else(|| Provider::default().refusal),
            portfolio: portfolio.map(Text::from),
            warm_up: warm_up.filter(|_| rate.is_some()),
            rate,
            pair,
        });
    (prop::collection::vec(provider, 0..3), 1..4_u32)
        .prop_map(|(providers, users)| Providers {
            providers: ["meta_main", "other"].map(Text::from).into_iter().zip(providers).collect(),
            portfolios: [
                ("main".into(), Portfolio { users_per_day: Some(users) }),
                ("free".into(), Portfolio { users_per_day: None }),
            ]
            .into_iter()
            .collect(),
        })
        .boxed()
}

/// Rules with `<PROVIDER>` lines, as these providers let them be: of two, each campaign names one; of one, some do.
pub fn named(rules: &str, providers: &Providers) -> String {
    let [first, second, third] = match providers.providers.len() {
        0 => ["", "  provider meta_main\n", ""],
        1 => ["", "  provider meta_main\n", ""],
        _ => ["  provider meta_main\n", "  provider meta_main\n", "  provider other\n"],
    };
    rules.replace("<FIRST>", first).replace("<SECOND>", second).replace("<THIRD>", third)
}

/// What `named` replaces.
pub fn provider() -> BoxedStrategy<String> {
    pick(&["<FIRST>", "<FIRST>", "<FIRST>", "<SECOND>", "<THIRD>", "<THIRD>"])
}

/// As they would be declared in a case.
pub fn line(name: &str, provider: &Provider) -> String {
    let mut parts = Vec::new();
    let seconds = |length: Duration| format!("{} seconds", length.millis() / 1_000);
    parts.extend(provider.rate.map(|rate| format!("{} per {}", rate.count, seconds(rate.per))));
    parts.extend(provider.warm_up.map(|warm_up| {
        let WarmUp { from, start, every } = warm_up;
        format!("warm up {start} from {from} doubling every {}", seconds(every))
    }));
    let pair = provider.pair.map(|pair| format!("pair 1 per {} burst {}", seconds(pair.every), pair.burst));
    parts.extend(pair);
    parts.extend(provider.portfolio.as_ref().map(|portfolio| format!("portfolio {portfolio}")));
    parts.push(format!("refusal {}", seconds(provider.refusal)));
    format!("{name}: {}", parts.join(", "))
}

/// An hour before the clocks of London go back, on a Saturday evening.
const START: &str = "2026-10-24T20:00:00Z";

const USERS: [&str; 6] = ["asha", "ben", "chloé", "dev", "eve", "fay"];

fn length() -> BoxedStrategy<String> {
    pick(&["5 minutes", "10 minutes", "30 minutes", "1 hour", "90 minutes", "1 day"])
}

fn clause(chance: f64, words: &'static str, rest: BoxedStrategy<String>) -> BoxedStrategy<String> {
    maybe(chance, rest.prop_map(move |rest| format!("  {words}{rest}\n")))
}

fn hours(otherwise: &'static [&'static str]) -> BoxedStrategy<String> {
    let window = pick(&[
        "20:00..23:00",
        "21:30..00:30",
        "22:00..01:30",
        "01:00..02:00",
        "09:00..21:40",
        "00:00..24:00",
    ]);
    row(vec![window, pick(&["", " user time", " account time"]), pick(otherwise)])
}

fn rate() -> BoxedStrategy<String> {
    row(vec![pick(&["1 per ", "2 per ", "3 per "]), length()])
}

fn settings() -> BoxedStrategy<String> {
    row(vec![
        just("settings {\n  timezone \"Europe/London\"\n"),
        clause(0.3, "throttle ", rate()),
        clause(
            0.2,
            "quiet hours ",
            pick(&["22:00..23:30", "23:00..00:20, drop", "00:30..01:10 user time, hold"]),
        ),
        clause(0.2, "cap ", pick(&["2 per 1 hour", "3 per day", "2 per 1 day"])),
        clause(0.15, "gap ", pick(&["5 minutes", "30 minutes"])),
        clause(0.1, "control group ", just("30%")),
        just("}\n"),
    ])
}

fn campaign() -> BoxedStrategy<String> {
    // A schedule may have tests that not everybody takes part in; live ones go on.
    let live = pick(&["when \"A\"", "when \"A\"", "when \"B\"", "when \"A\" where n > 1"]);
    let scheduled = pick(&[
        "at 2026-10-24 21:30",
        "at 2026-10-24 22:10 user time",
        "every day at 21:45",
        "at 2026-10-24 22:00, 2026-10-25 01:30",
    ]);
    let by_trigger = prop_oneof![
        3 => row(vec![just("  "), live, just("\n"), delivery(true)]),
        1 => row(vec![just("  "), scheduled, just("\n"), delivery(false), limit(" per run")]),
    ];
    row(vec![
        by_trigger.boxed(),
        provider(),
        clause(0.35, "throttle ", rate()),
        clause(
            0.3,
            "if ",
            pick(&["profile.in = yes", "did \"A\" in last 30 minutes", "profile.in = yes at trigger only"]),
        ),
        clause(0.25, "deliver ", hours(&[", else hold", ", else drop"])),
        clause(0.3, "valid ", pick(&["10 minutes", "30 minutes", "1 hour", "1 day"])),
        clause(0.15, "wait ", pick(&["5 minutes"])),
        clause(
            0.15,
            "stop at ",
            pick(&["2026-10-24 22:30", "2026-10-24 23:00 user time", "2026-10-25 01:40"]),
        ),
        clause(0.1, "run ", pick(&["to 2026-10-24", "from 2026-10-20 to 2026-10-25"])),
        clause(0.3, "unless ", just("\"Stop\"")),
        clause(0.3, "priority ", pick(&["1", "5"])),
        clause(0.2, "at most ", pick(&["1 per 30 minutes", "2 per day", "2 per 1 day"])),
        clause(0.1, "ignore ", just("caps")),
        clause(0.05, "holdout ", just("20%")),
        limit(" per day"),
    ])
}

fn limit(per: &'static str) -> BoxedStrategy<String> {
    let per = prop_oneof![just(""), just(per)];
    clause(0.15, "limit ", row(vec![pick(&["2 users", "4 users"]), per.boxed()]))
}

fn delivery(live: bool) -> BoxedStrategy<String> {
    let size = if live { pick(&["on 2 users", "on 4 users"]) } else { pick(&["on 2 users", "on 50%"]) };
    let test = row(vec![
        just("  test {\n    "),
        size,
        just(" send template a send template b winner by "),
        pick(&["read", "click", "goal"]),
        just(" after "),
        pick(&["20 minutes", "1 hour"]),
        just("\n  }\n  goal \"B\" within 1 hour\n"),
    ]);
    let plain = prop_oneof![
        6 => just("  send template t\n"),
        1 => just("  send template t { body \"{{ profile.name }}\" }\n"),
        1 => just("  send text \"hello\"\n"),
        1 => just("  split { 60% send template a 40% send template b }\n"),
    ];
    let goals: &[&str] = &[
        "\"B\" within 1 hour",
        "\"A\" within 1 day, revenue n",
        "\"B\" within 30 minutes matching n, revenue n",
    ];
    let goal = clause(0.3, "goal ", pick(if live { goals } else { &goals[..2] }));
    prop_oneof![4 => row(vec![plain.boxed(), goal]), 1 => test].boxed()
}

/// When things happen: mostly within three hours, on the same few minutes as everything else; some a day later.
fn at() -> impl Strategy<Value = Instant> {
    let start = Instant::parse(START).unwrap().millis();
    let minutes = prop_oneof![12 => 0..36_i64, 2 => 288..306_i64].prop_map(|fives| fives * 5 * MINUTE);
    let beside = prop_oneof![9 => Just(0), 1 => select(vec![1, -1, MINUTE])];
    (minutes, beside).prop_map(move |(minutes, beside)| Instant::from_millis(start + minutes + beside))
}

fn event() -> impl Strategy<Value = Record> {
    let name = select(vec![
        "A",
        "A",
        "A",
        "A",
        "A",
        "B",
        "B",
        "Stop",
        "Message Received",
        "Message Replied",
        "Message Read",
        "Message Clicked",
        "Message Sent",
        "Message Failed",
        "Message Delivered",
    ]);
    let campaign = select(vec!["c0", "c1", "c2", "c3"]);
    (select(&USERS[..]), name, at(), 0..3_i64, campaign).prop_map(|(user, name, at, n, campaign)| {
        let about = name.starts_with("Message").then(|| ("campaign", Value::text(campaign)));
        let code = (name == "Message Failed" && n > 0).then(|| ("code", Value::integer(131_049)));
        let all = [("n", Value::integer(n))].into_iter().chain(about).chain(code);
        let properties: Properties = all.collect();
        Record::Event(Event { user: user.into(), name: name.into(), at, id: None, properties })
    })
}

fn change() -> impl Strategy<Value = Record> {
    let changes = prop_oneof![
        3 => any::<bool>().prop_map(|yes| ("in", Some(Value::Boolean(yes)))),
        2 => any::<bool>().prop_map(|yes| ("whatsapp", Some(Value::Boolean(yes)))),
        2 => select(vec!["Asia/Kolkata", "America/New_York", "Europe/London", "Europe/Berlin"])
            .prop_map(|zone| ("tz", Some(Value::text(zone)))),
        2 => select(vec!["+919820012340", "+919820012345", "+919820012349"])
            .prop_map(|number| ("phone", Some(Value::text(number)))),
        1 => Just(("phone", None)),
        1 => Just(("name", Some(Value::text("Asha")))),
    ];
    (select(&USERS[..]), at(), changes).prop_map(|(user, at, (name, value))| {
        Record::Profile(ProfileUpdate {
            user: user.into(),
            at: Some(at),
            changes: vec![(name.into(), value)],
        })
    })
}

/// Of a number, or of a template.
fn statement() -> impl Strategy<Value = Record> {
    let number = select(vec!["+919820012340", "+919820012341", "+919820012349"]);
    let of_number = (number, at(), any::<bool>()).prop_map(|(number, at, blocked)| {
        Record::Number(NumberConsent { number: number.into(), at: Some(at), blocked })
    });
    let status = prop_oneof![
        2 => prop::option::of(at()).prop_map(|until| TemplateStatus::Paused { until }),
        1 => Just(TemplateStatus::Approved),
        1 => Just(TemplateStatus::Disabled),
    ];
    let template = select(vec!["t", "t", "a", "b"]);
    let of_template = (template, at(), status).prop_map(|(template, at, status)| {
        let language = None;
        Record::Template(TemplateStatement { template: template.into(), language, at: Some(at), status })
    });
    prop_oneof![of_number, of_template]
}

/// Receipts with an `n` of 2 name a job too: that of the user's first A.
fn with_jobs(records: Vec<Record>) -> Vec<Record> {
    let firsts: Vec<Event> = records
        .iter()
        .filter_map(|record| match record {
            Record::Event(event) if &*event.name == "A" => Some(event.clone()),
            _ => None,
        })
        .collect();
    let named = |record: Record| {
        let Record::Event(mut event) = record else { return record };
        let first = firsts.iter().find(|first| first.user == event.user);
        if let (Some(first), Some(Value::Text(campaign))) = (first, event.properties.get("campaign"))
            && event.properties.get("n") == Some(&Value::integer(2))
        {
            let job = JobId::new(campaign, &event.user, &first.occurrence(0)).to_string();
            let all = event.properties.iter().map(|(name, value)| (name.to_string(), value.clone()));
            event.properties = all.chain([("job".to_owned(), Value::text(&job))]).collect();
        }
        Record::Event(event)
    };
    records.into_iter().map(named).collect()
}

/// Most users can be reached; two may have one number.
fn first_profile(place: usize) -> impl Strategy<Value = Record> {
    let zone =
        select(vec!["Europe/London", "Europe/London", "Europe/London", "Asia/Kolkata", "America/New_York"]);
    (zone, prop::bool::weighted(0.9), prop::bool::weighted(0.2)).prop_map(move |(zone, inside, shared)| {
        let number = if shared { 9 } else { place };
        let changes = [
            ("phone", Value::text(&format!("+91982001234{number}"))),
            ("whatsapp", Value::Boolean(true)),
            ("tz", Value::text(zone)),
            ("in", Value::Boolean(inside)),
            ("name", if inside { Value::text("Asha") } else { Value::text("") }),
        ];
        let changes = changes.into_iter().map(|(name, value)| (name.into(), Some(value))).collect();
        Record::Profile(ProfileUpdate { user: USERS[place].into(), at: None, changes })
    })
}

/// Cases in which many stand in line at once.
pub fn budgets() -> BoxedStrategy<Case> {
    let profiles: Vec<_> = (0..USERS.len()).map(first_profile).collect();
    let events = prop::collection::vec(event(), 4..40);
    let changes = prop::collection::vec(prop_oneof![4 => change().boxed(), 1 => statement().boxed()], 0..6);
    let records = (profiles, (events, changes).prop_map(|(events, changes)| [events, changes].concat()))
        .prop_flat_map(|(profiles, rest)| (Just(profiles), Just(rest).prop_shuffle()))
        .prop_map(|(profiles, rest)| [profiles, rest].concat());
    let start = Instant::parse(START).unwrap().millis();
    let to = select(vec![120, 240, 30 * 60, 50 * 60]).prop_map(move |minutes| start + minutes * MINUTE);
    let campaigns = prop::collection::vec(campaign(), 1..5);
    (settings(), campaigns, providers(start, MINUTE), records, to)
        .prop_map(move |(settings, campaigns, providers, records, to)| {
            let mut rules = settings;
            for (place, campaign) in campaigns.iter().enumerate() {
                rules.push_str(&format!("campaign c{place} {{\n{campaign}}}\n"));
            }
            Case {
                rules: named(&rules, &providers),
                lists: Vec::new(),
                providers,
                records: with_jobs(records),
                from: Some(Instant::from_millis(start)),
                to: Some(Instant::from_millis(to)),
            }
        })
        .boxed()
}
