//! What the calendar's questions cost, asked at instants spread over years as a run of many users asks them.

use std::hint::black_box;

use campanile::calendar::{OpenHours, Recurrence, Zone};
use campanile::language::Span;
use campanile::language::ast::{Cadence, DayWindow};
use campanile::model::Instant;
use chrono::{NaiveDate, NaiveTime, Weekday};
use criterion::Criterion;

/// Zones with and without changes of clocks.
const ZONES: [&str; 4] = ["UTC", "Asia/Kolkata", "America/New_York", "Africa/Casablanca"];

/// 4,096 instants over 2026 to 2029, in no order that a branch predictor could learn.
fn instants() -> Vec<Instant> {
    let mut place = 0_u64;
    std::iter::repeat_with(|| {
        place = place.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Instant::from_millis(1_767_225_600_000 + i64::try_from((place >> 24) % 126_230_400_000).unwrap_or(0))
    })
    .take(4_096)
    .collect()
}

fn nights() -> OpenHours {
    OpenHours::new(&[DayWindow {
        from: NaiveTime::from_hms_opt(21, 0, 0).unwrap_or_default(),
        to: NaiveTime::from_hms_opt(9, 0, 0),
        days: None,
        span: Span::default(),
    }])
}

/// One question about one instant after the other.
fn ask<T>(criterion: &mut Criterion, group: &str, name: &str, mut question: impl FnMut(&Zone, Instant) -> T) {
    let instants = instants();
    let mut group = criterion.benchmark_group(group);
    for zone in ZONES.iter().filter_map(|name| Zone::named(name).ok()) {
        let mut next = instants.iter().cycle().copied();
        let label = if name.is_empty() { zone.to_string() } else { format!("{name}/{zone}") };
        group.bench_function(label, |bencher| {
            bencher.iter(|| next.next().map(|at| black_box(question(&zone, black_box(at)))));
        });
    }
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let criterion = &mut criterion;
    ask(criterion, "offset_at", "", |zone, at| zone.offset_at(at));
    ask(criterion, "resolve", "", |zone, at| zone.resolve(at.to_utc().naive_utc()));

    let nights = nights();
    ask(criterion, "is_open", "", |zone, at| nights.is_open(zone, at));
    ask(criterion, "next_open", "", |zone, at| nights.next_open(zone, at));

    let ten = NaiveTime::from_hms_opt(10, 0, 0).unwrap_or_default();
    let anchor = NaiveDate::from_ymd_opt(2026, 1, 1);
    let cadences = [
        ("daily", Cadence::Days(1)),
        ("every second week", Cadence::Weeks { every: 2, days: vec![Weekday::Mon, Weekday::Fri] }),
        ("31st or last day", Cadence::MonthDays { every: 1, days: vec![31], or_last: true }),
        ("last friday", Cadence::MonthWeekday { every: 1, nth: -1, day: Weekday::Fri }),
    ];
    for (name, cadence) in cadences {
        let recurrence = Recurrence::every(&cadence, ten, anchor, Weekday::Mon);
        ask(criterion, "recurrence", name, |zone, at| recurrence.from_instant(zone, at));
    }
    for expression in ["*/15 * * * *", "0 9 * * mon-fri", "0 9 13 * fri", "0 9 29 2 *"] {
        let Ok(recurrence) = Recurrence::cron(expression) else { continue };
        ask(criterion, "recurrence", expression, |zone, at| recurrence.from_instant(zone, at));
    }
    criterion.final_summary();
}
