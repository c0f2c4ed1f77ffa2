//! The state of an engine as bytes: how many each user takes, and how long it takes to write and to restore.
//!
//! `cargo bench --no-default-features --bench snapshot -- 1_000_000`, the number being how many users there are. Each has a profile of five
//! properties and three events of the last month; twice: with campaigns that read those three events, and with the ones of
//! `midnight`, by which schedules, segments and timers are to come for everybody. Half of the events have an id, which is kept for good.

#![expect(clippy::expect_used, reason = "a bench that cannot go on has failed")]

mod measure;

use campanile::live::Engine;
use campanile::model::{Event, Instant, ProfileUpdate, Properties, Record, Text, Value};
use campanile::rulebook::Rulebook;
use measure::{Calls, interruptions, memory, now, shown, size};

const COUNTS: &str = r#"
    settings { timezone "UTC" cap 3 per 7 days }
    campaign thanks { when "Charged" where amount > 1_900 send template thanks }
    campaign again { when "App Opened" if did "Added" at least 3 times in last 30 days send template again }
    campaign kept { when "Added" if did not "Charged" in last 30 days send template kept at most 1 per 7 days }
"#;

const MIDNIGHT: &str = r#"
    settings { timezone "UTC" cap 3 per 7 days control group 3% }
    segment away = did not "App Opened" in last 2 calendar days user time
    segment near = did "App Opened" in last 2 calendar days user time

    campaign come_back { when enters segment away send template come_back { body "{{ profile.name | default: 'there' }}" } }
    campaign gone { when leaves segment near if profile.vip = yes priority 5 send template gone valid 1 day }
    campaign daily { every day at 00:00 user time if did "Charged" in last 30 days send template daily }
    campaign cart {
      when "Added" then no "Charged" within 30 minutes matching cart_id
      send template cart { body "{{ event.cart_id }}" }
    }
    campaign thanks { when "Charged" where amount > 1_000 send template thanks at most 1 per 1 day }
"#;

/// 2026-11-03T12:00:00Z.
const NOW: i64 = 1_793_707_200_000;
const MONTH: i64 = 30 * 86_400_000;

fn id(number: usize) -> Text {
    format!("user{:08}", number.wrapping_mul(7_919) % 100_000_000).into()
}

fn profile(number: usize) -> Record {
    let changes = [
        ("phone", Value::text(&format!("+9198{number:08}"))),
        ("whatsapp", Value::Boolean(true)),
        ("tz", Value::text("Asia/Kolkata")),
        ("name", Value::text(["Asha", "Ben", "Chloe"].get(number % 3).copied().unwrap_or_default())),
        ("vip", Value::Boolean(number.is_multiple_of(3))),
    ];
    let changes = changes.map(|(name, value)| (name.into(), Some(value))).to_vec();
    Record::Profile(ProfileUpdate { user: id(number), at: None, changes })
}

fn events(number: usize) -> impl Iterator<Item = Record> {
    ["App Opened", "Added", "Charged"].into_iter().enumerate().map(move |(place, name)| {
        let ago = (number * 3 + place).wrapping_mul(2_654_435_761) as i64 % MONTH;
        let properties: Properties =
            [("amount", Value::integer(ago % 2_000)), ("cart_id", Value::integer(ago % 3))]
                .into_iter()
                .collect();
        let id_of_event = number.is_multiple_of(2).then(|| format!("{name}{number}").into());
        let at = Instant::from_millis(NOW - 1 - ago);
        Record::Event(Event { user: id(number), name: name.into(), at, id: id_of_event, properties })
    })
}

fn measure(what: &str, rules: &str, users: usize) {
    let program = Rulebook::parse("snapshot.camp", rules).expect("the bench's rules are sound").compile();
    let (before, start) = (memory(), now());
    let mut engine = Engine::in_memory(program.clone()).starting(Instant::from_millis(NOW));
    for number in 0..users {
        engine.ingest([profile(number)]).expect("the bench's instants are supported");
        engine.ingest(events(number)).expect("the bench's instants are supported");
    }
    engine.advance(Instant::from_millis(NOW)).expect("the bench's instants are supported");
    let each = memory().saturating_sub(before) / users.max(1);
    println!("{what}: {users} users come, {}, {each} bytes of memory each", shown(start.elapsed()));

    let (mut bytes, mut saves, mut restores) = (Vec::new(), Calls::with_capacity(1), Calls::with_capacity(1));
    let interrupted = interruptions();
    saves.time(|| engine.save(&mut bytes)).expect("a list takes all bytes");
    drop(engine);
    let restored = restores.time(|| Engine::restore(program, &mut bytes.as_slice()));
    let restored = restored.expect("nothing was changed");
    println!("            {}", Calls::heads());
    println!("  save      {saves}");
    println!("  restore   {restores}");
    let (each, took) = (bytes.len() / users.max(1), shown(saves.total() + restores.total()));
    let interrupted = interruptions() - interrupted;
    println!("  {each} bytes each; both in {took}, in which the system interrupted {interrupted} times");
    let mut again = Vec::with_capacity(bytes.len());
    restored.save(&mut again).expect("a list takes all bytes");
    assert!(again == bytes, "what was restored is the same");
}

fn main() {
    let users = size(100_000, 500);
    measure("three events", COUNTS, users);
    measure("schedules, segments and timers", MIDNIGHT, users);
}
