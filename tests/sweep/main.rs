//! The sweep: every zone of chrono-tz, every hour of a year in which clocks go both ways, and not one message at a wrong
//! hour, on a wrong day, twice, or never.
//!
//! `questions` asks the calendar itself; `runs` replays whole rulebooks for one user in each zone; `named` has the nights that are known by
//! name, instant by instant. What must come of them is found by walking along the minutes of each zone's clock (`walk`), with offsets
//! as jiff reads them and no code of the calendar's.
//!
//! Ordinarily some zones and hours are swept. `SWEEP=full cargo test --release --test sweep -- --nocapture` sweeps all of them, and says how many.
#![cfg(test)]
mod law;
mod named;
mod questions;
mod runs;
mod walk;
mod wrong;
mod zones;

/// How much is swept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sweep {
    Full,
    Sampled,
}

#[expect(clippy::disallowed_methods, reason = "who wants all of it says so")]
fn sweep() -> Sweep {
    match std::env::var("SWEEP") {
        Ok(how) if how == "full" => Sweep::Full,
        Ok(how) => panic!("SWEEP={how}: it is `full`, or left out"),
        Err(_) => Sweep::Sampled,
    }
}

/// A number with its thousands set apart.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let places = digits.char_indices();
    let apart = |(place, digit): (usize, char)| {
        let comma = place > 0 && (digits.len() - place).is_multiple_of(3);
        [comma.then_some(','), Some(digit)].into_iter().flatten()
    };
    places.flat_map(apart).collect()
}
