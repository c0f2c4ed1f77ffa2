//! Ten million messages that are due at once and stand in line: what each holds while it waits, and how fast they leave.
//!
//! `cargo bench --no-default-features --bench dispatch -- 10_000_000`, the number being how many messages there are: five
//! campaigns write to everybody at one instant. They leave under a throttle of each campaign, under a provider's rate with its
//! limit to each number, under a portfolio's users a day, and under all three. The clock of the engine goes from one instant at which there is room
//! to the next; only its calls are timed. Memory is what the system counts (`/proc/self/statm`; nothing is written where there is none):
//! after all have joined the line, less before.

#![expect(clippy::expect_used, reason = "a bench that cannot go on has failed")]

mod measure;

use std::process::Command;

use campanile::live::Engine;
use campanile::model::{
    Duration, Instant, PairLimit, Portfolio, ProfileUpdate, Provider, Providers, Rate, Record, Value,
};
use campanile::rulebook::Rulebook;
use measure::{Calls, interruptions, memory, shown, size};

/// Ten o'clock on the 4th of November 2026.
const DUE: i64 = 1_793_786_400_000;
/// How many campaigns write to everybody.
const CAMPAIGNS: usize = 5;

/// What holds the messages back.
#[derive(Clone, Copy)]
struct Held {
    by: &'static str,
    throttle: bool,
    provider: bool,
    portfolio: bool,
}

const HELD: [Held; 4] = [
    Held { by: "a throttle of each campaign", throttle: true, provider: false, portfolio: false },
    Held { by: "a provider's rate and pairs", throttle: false, provider: true, portfolio: false },
    Held { by: "a portfolio", throttle: false, provider: false, portfolio: true },
    Held { by: "all of them", throttle: true, provider: true, portfolio: true },
];

impl Held {
    fn rulebook(self, users: usize) -> Rulebook {
        let throttle = if self.throttle { "throttle 10_000 per 1 minute" } else { "" };
        let mut rules = String::from("settings { timezone \"UTC\" }\n");
        for number in 0..CAMPAIGNS {
            rules += &format!(
                "campaign offer{number} {{ at 2026-11-04 10:00 send template offer{number} {throttle} priority {} }}\n",
                number % 3
            );
        }
        let mut provider = Provider::default();
        let mut providers = Providers::default();
        if self.provider {
            provider.rate = Some(Rate { count: 1_000, per: Duration::from_seconds(1) });
            provider.pair = Some(PairLimit { every: Duration::from_seconds(6), burst: 3 });
        }
        if self.portfolio {
            provider.portfolio = Some("main".into());
            // All have been written to in ten days.
            let users_per_day = u32::try_from(users.div_ceil(10)).ok();
            providers.portfolios.insert("main".into(), Portfolio { users_per_day });
        }
        providers.providers.insert("meta".into(), provider);
        let builder = Rulebook::builder().text("dispatch.camp", &rules).providers(providers);
        builder.build().expect("the bench's rules are sound")
    }
}

fn profile(number: usize) -> Record {
    let changes = [("phone", Value::text(&format!("+9198{number:08}"))), ("whatsapp", Value::Boolean(true))];
    let changes = changes.map(|(name, value)| (name.into(), Some(value))).to_vec();
    Record::Profile(ProfileUpdate { user: format!("user{number:08}").into(), at: None, changes })
}

/// Writes two lines of the table: of what became of the messages, and of the calls while they left.
fn run(held: Held, users: usize) {
    let engine = Engine::in_memory(held.rulebook(users).compile());
    let mut engine = engine.starting(Instant::from_millis(DUE - 1_000));
    let empty = memory();
    for number in 0..users {
        engine.ingest([profile(number)]).expect("the bench's instants are supported");
    }
    engine.advance(Instant::from_millis(DUE - 1)).expect("the bench's instants are supported");
    let known = memory();
    let (mut join, mut leave) = (Calls::with_capacity(1), Calls::with_capacity(1 << 20));
    let first = join.time(|| engine.advance(Instant::from_millis(DUE)));
    let first = first.expect("the bench's instants are supported").len();
    let outcomes = engine.take_outcomes().len();
    let waiting = users * CAMPAIGNS - outcomes;
    let joined = memory();

    let interrupted = interruptions();
    let (mut left, mut last) = (0, DUE);
    while let Some(next) = engine.next_due() {
        let jobs = leave.time(|| engine.advance(next)).expect("the bench's instants are supported");
        left += jobs.len();
        last = next.millis();
        engine.take_outcomes();
    }
    assert_eq!(left, waiting, "all leave");
    let rate = |jobs: usize, calls: &Calls| jobs as f64 / calls.total().as_secs_f64().max(f64::MIN_POSITIVE);
    println!(
        "{:<28}{first:>10}{waiting:>11}{:>7}{:>7}{:>10}{:>10.0}{:>9}{:>10.0}{:>10.1} h{:>13}",
        held.by,
        (known.saturating_sub(empty)) / users,
        joined.saturating_sub(known).checked_div(waiting).unwrap_or(0),
        shown(join.total()),
        rate(first + waiting, &join),
        shown(leave.total()),
        rate(left, &leave),
        (last - DUE) as f64 / 3_600_000.0,
        interruptions() - interrupted,
    );
    println!("  one call for each instant {leave}");
}

/// One part of the bench, by its number: each is a process of its own, so that none counts memory that another gave back.
const ONLY: &str = "--only=";

fn main() {
    let messages = size(1_000_000, 500);
    if let Some(held) =
        std::env::args().find_map(|argument| argument.strip_prefix(ONLY)?.parse::<usize>().ok())
    {
        HELD.into_iter().skip(held).take(1).for_each(|held| run(held, messages));
        return;
    }
    let users = messages.div_ceil(CAMPAIGNS);
    let bench = std::env::current_exe().expect("a bench knows where it is");
    println!("{} messages to {users} users, due at once", users * CAMPAIGNS);
    println!(
        "{:<28}{:>10}{:>11}{:>7}{:>7}{:>10}{:>10}{:>9}{:>10}{:>12}{:>13}",
        "held back by",
        "at once",
        "waiting",
        "B/user",
        "B/job",
        "join in",
        "joined/s",
        "leave in",
        "left/s",
        "clock",
        "interrupted"
    );
    println!("{:<28}{}", "", Calls::heads());
    for number in 0..HELD.len() {
        let shown = Command::new(&bench).args([&users.to_string(), &format!("{ONLY}{number}")]).status();
        assert!(shown.is_ok_and(|status| status.success()), "a part of the bench has failed");
    }
}
