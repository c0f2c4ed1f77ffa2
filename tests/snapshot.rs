//! The state of an engine as bytes: what is refused, whatever becomes of them, and how many they are.
//!
//! That an engine goes on from its bytes as if nothing had been, whatever the rules and the log, `agreement.rs` shows.
#![cfg(test)]

use std::collections::BTreeMap;
use std::io::{self, Read, Write};

use campanile::live::{Engine, RestoreError};
use campanile::model::{
    Duration, Event, Instant, NumberConsent, PairLimit, Portfolio, ProfileUpdate, Properties, Provider,
    Providers, Record, TemplateStatement, TemplateStatus, Value,
};
use campanile::program::Program;
use campanile::rulebook::{Rulebook, RulebookBuilder};
use xxhash_rust::xxh3::xxh3_64;

/// Something of all that an engine keeps.
const RULES: &str = r#"
    settings { timezone "Asia/Kolkata" cap 20 per 7 days control group 5% throttle 40 per 1 hour }
    list vip from "vip.csv"
    segment idle = did not "Seen" in last 1 day
    segment browsed = did "Added" then "Charged" within 3 days then no "Left" within 2 days matching cart
    segment keen = did "Added" at least 2 times in last 7 days and sum of amount over "Added" in last 7 days > 10 and in list vip

    campaign daily { every day at 00:00 user time provider p send template hello limit 30 users per run }
    campaign tried {
      every day at 09:00
      test { on 50% send template a send template b winner by read after 6 hours }
    }
    campaign cart {
      when "Added" then no "Charged" within 2 hours matching cart
      unless "Left" matching cart
      provider p
      send template cart { body "{{ event.cart }} {{ event.items[0].name }}" }
      goal "Charged" within 3 days
    }
    campaign pair { when "Added" then "Seen" within 2 days send template pair at most 2 per 1 day }
    campaign back { when enters segment idle wait 3 hours send template back }
    campaign known { when leaves segment keen send template known }
    campaign first { when "Charged" for the first time provider p throttle 1 per 1 day send template first }
    campaign birthday { on profile.birthday yearly at 10:00 user time send template birthday }
    campaign trip { when 2 days before "Booked".trip by booking at 08:00 send template trip }
"#;

fn rulebook(rules: &str) -> RulebookBuilder {
    let pair = PairLimit { every: Duration::from_seconds(20_000), burst: 1 };
    let provider = Provider { portfolio: Some("main".into()), pair: Some(pair), ..Provider::default() };
    let mut providers = Providers::default();
    providers.portfolios.insert("main".into(), Portfolio { users_per_day: Some(3) });
    providers.providers.insert("p".into(), provider);
    Rulebook::builder().text("snapshot.camp", rules).providers(providers)
}

fn program() -> Program {
    rulebook(RULES).list("vip", ["user 1"]).build().unwrap_or_else(|error| panic!("{error}")).compile()
}

fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

fn event(user: usize, name: &str, when: &str, id: Option<String>) -> Record {
    let item = Value::object([("name".into(), Value::text("Shoes"))]);
    let properties: Properties = [
        ("cart", Value::text(&format!("c{}", user % 3))),
        ("amount", Value::Number(campanile::model::Number::from_f64(7.25).unwrap())),
        ("items", Value::List(vec![item])),
        ("booking", Value::integer(7)),
        ("trip", Value::Date("2026-11-20".parse().unwrap())),
    ]
    .into_iter()
    .collect();
    let (user, name) = (format!("user {user}").into(), name.into());
    Record::Event(Event { user, name, at: at(when), id: id.map(Into::into), properties })
}

/// An engine in the middle of things: half of a midnight is done, and records wait.
fn busy(program: &Program) -> Engine {
    let mut engine = Engine::in_memory(program.clone()).starting(at("2026-11-02T00:00:00Z"));
    let zones = ["Asia/Kolkata", "America/New_York", "GMT-3", "Mars/Olympus"];
    for number in 0..12 {
        let changes = [
            ("phone", Value::text(&format!("+9198200{:05}", number / 2))),
            ("whatsapp", Value::Boolean(number != 5)),
            ("tz", Value::text(zones[number % 4])),
            ("birthday", Value::Date("1990-11-05".parse().unwrap())),
        ];
        let changes = changes.map(|(name, value)| (name.into(), Some(value))).to_vec();
        let user = format!("user {number}").into();
        engine.ingest([Record::Profile(ProfileUpdate { user, at: None, changes })]).unwrap();
        let id = (number % 2 == 0).then(|| format!("e{number}"));
        engine
            .ingest([
                event(number, "Seen", "2026-11-02T10:00:00Z", id.clone().map(|id| id + "s")),
                event(number, "Added", "2026-11-03T10:00:00Z", id.clone()),
                event(number, "Added", "2026-11-03T17:30:00Z", None),
                event(number, "Charged", "2026-11-03T18:10:00Z", id.map(|id| id + "c")),
                event(number, "Booked", "2026-11-03T18:20:00Z", None),
            ])
            .unwrap();
    }
    let paused = TemplateStatus::Paused { until: None };
    let template = |template: &str, when| {
        let (template, at) = (template.into(), Some(at(when)));
        Record::Template(TemplateStatement { template, language: Some("en".into()), at, status: paused })
    };
    let blocked =
        NumberConsent { number: "+919820000003".into(), at: Some(at("2026-11-03T12:00:00Z")), blocked: true };
    engine.ingest([template("hello", "2026-11-02T00:00:00Z"), Record::Number(blocked)]).unwrap();
    engine.advance(at("2026-11-03T18:29:59Z")).unwrap();
    engine.advance_within(at("2026-11-03T18:30:00Z"), 30).unwrap();
    engine.ingest((0..5).map(|user| event(user, "Left", "2026-11-04T08:00:00Z", None))).unwrap();
    engine.ingest((0..5).map(|user| event(user, "Left", "2026-11-01T08:00:00Z", None))).unwrap();
    engine.ingest((5..9).map(|user| event(user, "Seen", "2026-11-04T09:00:00Z", None))).unwrap();
    engine
}

fn saved(engine: &Engine) -> Vec<u8> {
    let mut bytes = Vec::new();
    engine.save(&mut bytes).unwrap();
    bytes
}

fn restored(program: &Program, mut bytes: &[u8]) -> Result<Engine, RestoreError> {
    Engine::restore(program.clone(), &mut bytes)
}

#[test]
fn an_engine_in_the_middle_of_things_is_the_same_again() {
    let program = program();
    let mut engine = busy(&program);
    let bytes = saved(&engine);
    let mut again = restored(&program, &bytes).unwrap();
    assert!(saved(&again) == bytes);
    assert!(saved(&busy(&program)) == bytes, "equal states are equal bytes");
    let end = at("2026-11-21T00:00:00Z");
    let (jobs, outcomes) = (engine.advance(end).unwrap(), engine.take_outcomes());
    assert_eq!(again.advance(end).unwrap(), jobs);
    assert_eq!(again.take_outcomes(), outcomes);
    let mut campaigns: BTreeMap<&str, u64> = BTreeMap::new();
    for job in &jobs {
        *campaigns.entry(&*job.campaign).or_default() += 1;
    }
    for campaign in ["tried", "cart", "pair", "back", "first", "birthday", "trip"] {
        assert!(campaigns.contains_key(campaign), "{campaign} is not among {campaigns:?}");
    }
    assert_eq!(again.finish(end).unwrap(), engine.finish(end).unwrap());
}

#[test]
fn bytes_that_end_early_are_refused() {
    let program = program();
    let bytes = saved(&busy(&program));
    for end in 0..bytes.len() {
        let refused = restored(&program, &bytes[..end]).unwrap_err();
        match end {
            0..8 => assert!(matches!(refused, RestoreError::NoState), "{end}: {refused}"),
            _ => assert!(matches!(refused, RestoreError::Cut), "{end}: {refused}"),
        }
    }
    let longer = [&bytes[..], b"!"].concat();
    assert!(matches!(restored(&program, &longer), Err(RestoreError::Damaged { .. })));
}

#[test]
fn bytes_of_which_one_is_another_are_refused() {
    let program = program();
    let bytes = saved(&busy(&program));
    for place in 0..bytes.len() {
        let change = [1, 0x40, 0x80, 0xFF][place % 4];
        let mut other = bytes.clone();
        other[place] ^= change;
        assert!(restored(&program, &other).is_err(), "{change:#x} at {place}");
    }
}

/// The sum at the end made to fit: what nobody wrote is refused or read, and neither panics.
#[test]
fn bytes_of_bad_will_do_no_harm() {
    let program = program();
    let bytes = saved(&busy(&program));
    let (mut read, mut refused) = (0, 0);
    for place in 0..bytes.len() - 8 {
        let mut other = bytes[..bytes.len() - 8].to_vec();
        other[place] ^= [1, 0x40, 0x80, 0xFF, 2][place % 5];
        match restored(&program, &sealed(other)) {
            Ok(engine) => {
                read += 1;
                saved(&engine);
            }
            Err(_) => refused += 1,
        }
    }
    assert!(read > 1_000 && refused > 1_000, "of {} bytes {read} were read, {refused} refused", bytes.len());
}

fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let sum = xxh3_64(&bytes);
    bytes.extend(sum.to_le_bytes());
    bytes
}

/// A length of which nothing comes asks for no memory.
#[test]
fn a_length_is_not_believed() {
    let program = program();
    let bytes = saved(&Engine::in_memory(program.clone()));
    // Magic, form, program; the instant that is counted from, and four that are none: then how many users there are.
    let users = 8 + 4 + 16 + 1 + 4;
    assert_eq!(bytes[users], 0);
    for length in [1 << 20, 1 << 40, u64::MAX >> 1] {
        let mut other = bytes[..users].to_vec();
        let mut rest: u64 = length;
        while rest >= 0x80 {
            other.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        other.push(rest as u8);
        // A user whose id is as long.
        other.extend(other[users..].to_vec());
        assert!(matches!(restored(&program, &other), Err(RestoreError::Cut)));
    }
}

#[test]
fn bytes_of_another_program_are_refused() {
    let program = program();
    let bytes = saved(&busy(&program));
    let others = [
        rulebook(&RULES.replace("cap 20", "cap 21")).list("vip", ["user 1"]),
        rulebook(RULES).list("vip", ["user 1", "user 2"]),
        rulebook(RULES).list("vip", ["user 1"]).providers(Providers {
            providers: [("p".into(), Provider::default())].into_iter().collect(),
            ..Providers::default()
        }),
    ];
    for other in others {
        let other = other.build().unwrap().compile();
        assert!(matches!(restored(&other, &bytes), Err(RestoreError::OtherProgram)));
    }
    let mut newer = bytes.clone();
    newer[8] += 1;
    let refused = restored(&program, &newer).unwrap_err();
    assert!(matches!(refused, RestoreError::Format { found } if found == u32::from(newer[8])));
    assert!(matches!(restored(&program, b"SQLite format 3\0"), Err(RestoreError::NoState)));
}

/// A place that takes so many bytes, or gives so many, and then fails.
struct Full(usize);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(self.0);
        self.0 -= taken;
        if taken == 0 { Err(io::ErrorKind::StorageFull.into()) } else { Ok(taken) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Full {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::StorageFull.into())
    }
}

#[test]
fn what_cannot_be_written_or_read_says_so() {
    let program = program();
    let engine = busy(&program);
    let all = saved(&engine).len();
    for room in [0, 1, all - 1] {
        let error = engine.save(&mut Full(room)).unwrap_err();
        assert!(error.to_string().starts_with("the state of the engine could not be written: "), "{error}");
    }
    engine.save(&mut Full(all)).unwrap();
    assert!(matches!(Engine::restore(program.clone(), &mut Full(0)), Err(RestoreError::Io(_))));
    // What could not be saved, a host may make and no engine takes.
    let deep = (0..300).fold(Value::integer(1), |value, _| Value::List(vec![value]));
    let mut engine = Engine::in_memory(program);
    let changes = vec![("deep".into(), Some(deep))];
    let deep = Record::Profile(ProfileUpdate { user: "asha".into(), at: None, changes });
    assert_eq!(engine.ingest([deep]).unwrap().refused.len(), 1);
    engine.save(&mut Vec::new()).unwrap();
}
