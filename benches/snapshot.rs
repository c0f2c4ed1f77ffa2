//! The state of an engine as bytes: how many each user takes, and how long it takes to write and to restore.
//!
//! `cargo bench --no-default-features --bench snapshot -- 1_000_000`, the number being how many users there are. Each has a profile of five
//! properties and three events of the last month; twice: with campaigns that read those three events, and with the ones of
//! `midnight`, by which schedules, segments and timers are to come for everybody. Half of the events have an id, which is kept for good.

#![expect(clippy::expect_used, reason = "a bench that cannot go on has failed")]

mod measure;
mod people;

use campanile::live::Engine;
use campanile::model::Instant;
use campanile::rulebook::Rulebook;
use measure::{Calls, interruptions, memory, now, shown, size};
use people::{COUNTS, NOW, event, profile};

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

fn measure(what: &str, rules: &str, users: usize) {
    let program = Rulebook::parse("snapshot.camp", rules).expect("the bench's rules are sound").compile();
    let (before, start) = (memory(), now());
    let mut engine = Engine::in_memory(program.clone()).starting(Instant::from_millis(NOW));
    for number in 0..users {
        engine.ingest([profile(number)]).expect("the bench's instants are supported");
        engine
            .ingest((0..3).filter_map(|place| event(number, place)))
            .expect("the bench's instants are supported");
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
