//! A midnight at which something falls due for everybody, while events keep coming.
//!
//! `cargo bench --no-default-features --bench midnight -- 1_000_000`, the number being how many users there are. All of them
//! opened the app three days before; at their midnight each leaves one segment and enters another, and each has a schedule. The
//! host of an engine lives through that twice: once it takes in fifty events and does one slice of work in turns, each of them a call
//! that is timed; once it advances at one go, and nothing comes in meanwhile.

#![expect(clippy::expect_used, reason = "a bench that cannot go on has failed")]

mod measure;

use std::time::Duration;

use campanile::live::Engine;
use campanile::model::{Event, Instant, ProfileUpdate, Properties, Record, Text, Value};
use campanile::rulebook::Rulebook;
use measure::{Calls, interruptions, memory, now, shown, size};

const RULES: &str = r#"
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

/// The midnight in Kolkata that begins the 4th of November 2026.
const MIDNIGHT: i64 = 1_793_730_600_000;
const DAY: i64 = 86_400_000;
/// Pieces of work in one slice.
const STEPS: usize = 100;
/// So many events come between two slices, each a millisecond's.
const EVENTS: usize = 50;

fn id(number: usize) -> Text {
    format!("user{:07}", number.wrapping_mul(7_919) % 10_000_000).into()
}

fn profile(number: usize) -> Record {
    let changes = [
        ("phone", Value::text(&format!("+9198{number:08}"))),
        ("whatsapp", Value::Boolean(true)),
        ("tz", Value::text("Asia/Kolkata")),
        ("vip", Value::Boolean(number.is_multiple_of(3))),
    ];
    let changes = changes.map(|(name, value)| (name.into(), Some(value))).to_vec();
    Record::Profile(ProfileUpdate { user: id(number), at: None, changes })
}

fn event(user: usize, name: &str, at: i64) -> Record {
    let properties: Properties =
        [("amount", Value::integer(at % 2_000)), ("cart_id", Value::integer(at % 3))].into_iter().collect();
    let (at, id_of_event) = (Instant::from_millis(at), format!("{name}{user}/{at}").into());
    Record::Event(Event { user: id(user), name: name.into(), at, id: Some(id_of_event), properties })
}

/// A host with its engine, and how long its calls took.
struct Host {
    engine: Engine,
    users: usize,
    /// How many events have come since midnight.
    came: usize,
    ingests: Calls,
    slices: Calls,
    jobs: usize,
    outcomes: usize,
}

impl Host {
    /// The evening before: everybody is known.
    fn evening(users: usize) -> Host {
        let rulebook = Rulebook::parse("midnight.camp", RULES).expect("the bench's rules are sound");
        let engine =
            Engine::in_memory(rulebook.compile()).starting(Instant::from_millis(MIDNIGHT - 3_600_000));
        let mut host = Host {
            engine,
            users,
            came: 0,
            ingests: Calls::with_capacity(4 * users),
            slices: Calls::with_capacity(users),
            jobs: 0,
            outcomes: 0,
        };
        let (before, start) = (memory(), now());
        for number in 0..users {
            host.ingest(profile(number));
            let opened = MIDNIGHT - 2 * DAY - 1_000 + (number * 1_000 / users) as i64;
            host.ingest(event(number, "App Opened", opened));
            if number % 10 == 0 {
                host.ingest(event(number, "Charged", opened + 60_000));
            }
            // A host goes on with its clock as it takes in.
            if number % 100 == 0 {
                host.catch_up(opened - 1);
            }
        }
        host.catch_up(MIDNIGHT - 1);
        let each = memory().saturating_sub(before) / users.max(1);
        println!("  everybody comes, {}, {each} bytes each", shown(start.elapsed()));
        host.say();
        host
    }

    fn ingest(&mut self, record: Record) {
        self.ingests.time(|| self.engine.ingest([record])).expect("the bench's instants are supported");
    }

    fn catch_up(&mut self, until: i64) {
        while !self.slice(until) {}
    }

    /// One slice; true when nothing is left to do.
    fn slice(&mut self, until: i64) -> bool {
        let until = Instant::from_millis(until);
        let slice = self.slices.time(|| self.engine.advance_within(until, STEPS));
        let slice = slice.expect("the bench's instants are supported");
        self.jobs += slice.jobs.len();
        self.outcomes += self.engine.take_outcomes().len();
        slice.caught_up
    }

    /// The next millisecond, and the events that come in it.
    fn events(&mut self) -> i64 {
        let at = MIDNIGHT + 1 + (self.came / EVENTS) as i64;
        for number in self.came..self.came + EVENTS {
            let name =
                ["App Opened", "Added", "Charged", "Viewed"].get(number % 4).copied().unwrap_or_default();
            self.ingest(event(number.wrapping_mul(31) % self.users, name, at));
        }
        self.came += EVENTS;
        at
    }

    fn say(&mut self) {
        println!("            {}", Calls::heads());
        println!("  ingest    {}", self.ingests);
        println!("  slice     {}", self.slices);
        self.ingests = Calls::with_capacity(4 * self.users);
        self.slices = Calls::with_capacity(self.users);
    }

    fn say_what_was_done(&self, what: &str, took: Duration, interrupted: u64) {
        let Host { jobs, outcomes, came, .. } = self;
        println!(
            "  {what}, {}: {jobs} jobs, {outcomes} outcomes, {came} events came; the system interrupted {interrupted} times",
            shown(took)
        );
    }
}

fn main() {
    let users = size(1_000_000, 500);
    println!("midnight for {users} users, in slices of {STEPS} pieces of work");
    let mut host = Host::evening(users);
    let (start, before) = (now(), interruptions());
    let midnight = Instant::from_millis(MIDNIGHT);
    let mut clock = MIDNIGHT;
    while host.engine.closed().is_none_or(|closed| closed <= midnight) {
        clock = host.events();
        host.slice(clock);
    }
    host.say_what_was_done("midnight was done", start.elapsed(), interruptions() - before);
    host.catch_up(clock);
    host.say_what_was_done("and all that came meanwhile", start.elapsed(), interruptions() - before);
    host.say();
    drop(host);

    println!("midnight for {users} users, at one go");
    let mut host = Host::evening(users);
    let (start, before) = (now(), interruptions());
    let jobs = host.slices.time(|| host.engine.advance(midnight));
    host.jobs += jobs.expect("the bench's instants are supported").len();
    host.outcomes += host.engine.take_outcomes().len();
    host.say_what_was_done("midnight was done", start.elapsed(), interruptions() - before);
    host.say();
}
