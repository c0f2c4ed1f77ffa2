//! The calendar's own questions, asked from each hour of 2026 in each zone.

use campanile::calendar::{OpenHours, Recurrence, Zone, bounds};
use campanile::language::Span;
use campanile::language::ast::{Cadence, CalendarUnit, DayWindow, WindowKind};
use campanile::model::Instant;
use chrono::{NaiveTime, Weekday};

use super::law::{self, Window};
use super::walk::{DAY, MINUTE, Walk, instant, utc, wall};
use super::wrong::Tally;
use super::zones::{Alike, alike};
use super::{Sweep, grouped, sweep};

use Weekday::{Fri, Mon, Sat, Sun, Thu, Tue, Wed};

/// What was asked, by kind.
#[derive(Debug, Default)]
struct Asked {
    zones: u64,
    hours: u64,
    daily: Tally,
    weekdays: Tally,
    hours_of_week: Tally,
    windows: Tally,
}

#[test]
fn every_question_from_every_hour_in_every_zone_has_its_answer() {
    let sweep = sweep();
    let all: Vec<Alike> = alike(sweep, 61, utc(2025, 10, 29), utc(2027, 1, 12), |name| name).collect();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut asked = Asked::default();
    std::thread::scope(|scope| {
        let part = |thread: usize| all.iter().enumerate().skip(thread).step_by(threads);
        let parts: Vec<_> = (0..threads)
            .map(|thread| {
                scope.spawn(move || {
                    let mut asked = Asked::default();
                    part(thread).for_each(|(turn, alike)| ask(Turn { sweep, turn }, alike, &mut asked));
                    asked
                })
            })
            .collect();
        for part in parts {
            let part = part.join().unwrap();
            asked.zones += part.zones;
            asked.hours = asked.hours.max(part.hours);
            asked.daily.add(part.daily);
            asked.weekdays.add(part.weekdays);
            asked.hours_of_week.add(part.hours_of_week);
            asked.windows.add(part.windows);
        }
    });
    println!(
        "{} zones with {} histories of clocks, from up to {} hours of 2026 each",
        grouped(asked.zones),
        all.len(),
        grouped(asked.hours)
    );
    let kinds = [
        ("daily sends, at each half hour of the day", &asked.daily),
        ("sends on weekdays, at each hour", &asked.weekdays),
        ("delivery and quiet hours", &asked.hours_of_week),
        ("calendar windows", &asked.windows),
    ];
    for (kind, tally) in kinds {
        println!("  {kind}: {} questions, {} wrong ({tally})", grouped(tally.asked), tally.wrong());
    }
    if sweep == Sweep::Full {
        assert_eq!(asked.zones, chrono_tz::TZ_VARIANTS.len() as u64);
        assert_eq!(asked.hours, 8_760);
    }
    kinds.iter().for_each(|(_, tally)| tally.settle());
}

/// Which of the questions are asked of zones of one history: all, or some of them, and of the next ones others.
#[derive(Debug, Clone, Copy)]
struct Turn {
    sweep: Sweep,
    turn: usize,
}

impl Turn {
    /// True for all questions, or for every so manieth.
    fn has(self, place: usize, every: usize) -> bool {
        self.sweep == Sweep::Full || (place + self.turn).is_multiple_of(every)
    }
}

/// The minutes from which it is asked: each hour of 2026; of a sample those around changes of clocks and some others.
fn starts(turn: Turn, alike: &Alike) -> Vec<i64> {
    let hours = (utc(2026, 1, 1)..utc(2027, 1, 1)).step_by(60).enumerate();
    let near = |minute: i64| alike.changes.iter().any(|change| (change - minute).abs() <= 26 * 60);
    hours.filter(|(place, minute)| turn.has(*place, 67) || near(*minute)).map(|(_, minute)| minute).collect()
}

fn ask(turn: Turn, alike: &Alike, asked: &mut Asked) {
    let starts = starts(turn, alike);
    let zones: Vec<Zone> = alike.names.iter().map(|name| Zone::named(name).unwrap()).collect();
    asked.zones += zones.len() as u64;
    asked.hours = asked.hours.max(starts.len() as u64);
    sends(turn, alike, &zones, &starts, asked);
    hours_of_week(turn, alike, &zones, &starts, &mut asked.hours_of_week);
    windows(&alike.walk, &zones, &starts, &mut asked.windows);
}

/// Daily sends at each full and half hour, and on sets of weekdays at each full hour.
fn sends(turn: Turn, alike: &Alike, zones: &[Zone], starts: &[i64], asked: &mut Asked) {
    const WORKING: &[Weekday] = &[Mon, Tue, Wed, Thu, Fri];
    // Around changes of clocks also in between the hours, and just after.
    let around = alike.changes.iter().flat_map(|change| (change - 180..change + 180).step_by(10));
    let around = around.filter(|minute| (utc(2026, 1, 1)..utc(2027, 1, 1)).contains(minute));
    let around = around.flat_map(|minute| [minute * MINUTE, minute * MINUTE + 1]);
    let mut starts: Vec<i64> = starts.iter().map(|start| start * MINUTE).chain(around).collect();
    starts.sort_unstable();
    starts.dedup();
    let starts: Vec<Instant> = starts.into_iter().map(Instant::from_millis).collect();
    // Clocks are changed at night.
    for half_hour in (0..48_u32).filter(|half_hour| *half_hour < 7 || turn.has(*half_hour as usize, 9)) {
        let (hour, minute) = (half_hour / 2, half_hour % 2 * 30);
        let time = NaiveTime::from_hms_opt(hour, minute, 0).unwrap();
        let every = |cadence: &Cadence| Recurrence::every(cadence, time, None, Mon);
        let weekly = |days: &[Weekday]| every(&Cadence::Weeks { every: 1, days: days.to_vec() });
        let cron = |days: &str| Recurrence::cron(&format!("{minute} {hour} * * {days}")).unwrap();
        recurs(&every(&Cadence::Days(1)), None, half_hour, alike, zones, &starts, &mut asked.daily);
        if half_hour % 2 == 0 {
            for (recurrence, days) in [
                (weekly(WORKING), WORKING),
                (cron("sat,sun"), &[Sat, Sun]),
                (weekly(&[Wed]), &[Wed]),
                (cron("0,2,4"), &[Sun, Tue, Thu]),
            ] {
                recurs(&recurrence, Some(days), half_hour, alike, zones, &starts, &mut asked.weekdays);
            }
        }
    }
}

fn recurs(
    recurrence: &Recurrence,
    days: Option<&[Weekday]>,
    half_hour: u32,
    alike: &Alike,
    zones: &[Zone],
    starts: &[Instant],
    tally: &mut Tally,
) {
    let walk = &alike.walk;
    let on = |day: Weekday| days.is_none_or(|days| days.contains(&day));
    let expected = law::occurrences(walk, i64::from(half_hour) * 30, on);
    let shown = |next: campanile::calendar::Occurrence| wall(walk.shown(next.instant.millis() / MINUTE));
    for zone in zones {
        let about = |from: Instant| format!("{zone} {recurrence:?} from {from}");
        let mut place = 0;
        for start in starts {
            while expected[place].instant < *start {
                place += 1;
            }
            let found = recurrence.from_instant(zone, *start);
            tally.occurrence(found, Some(expected[place]), shown, || about(*start));
        }
        // The whole year in a row, from one to the next.
        let (begin, end) = (instant(utc(2026, 1, 1)), instant(utc(2027, 1, 1)));
        let mut found = recurrence.occurrences(zone, begin);
        for expected in expected.iter().filter(|next| begin <= next.instant && next.instant < end) {
            tally.occurrence(found.next(), Some(*expected), shown, || about(begin));
        }
    }
}

const SETS: [&[Window]; 7] = [
    &[Window { from: 9 * 60, to: 21 * 60, days: &[] }],
    &[Window { from: 21 * 60, to: 9 * 60, days: &[] }],
    &[Window { from: 23 * 60 + 30, to: 30, days: &[] }],
    &[Window { from: 60 + 30, to: 2 * 60 + 15, days: &[] }],
    &[Window { from: 22 * 60, to: 2 * 60, days: &[Fri, Sat] }],
    &[Window { from: 0, to: 7 * 60, days: &[Sun] }, Window { from: 20 * 60, to: DAY, days: &[Sat] }],
    &[
        Window { from: 8 * 60, to: 12 * 60, days: &[Mon, Tue, Wed, Thu, Fri] },
        Window { from: 14 * 60, to: 14 * 60, days: &[Sat] },
    ],
];

fn open_hours(windows: &[Window]) -> OpenHours {
    let time =
        |minute: i64| NaiveTime::from_num_seconds_from_midnight_opt(u32::try_from(minute * 60).unwrap(), 0);
    let window = |window: &Window| DayWindow {
        from: time(window.from).unwrap(),
        to: time(window.to),
        days: (!window.days.is_empty()).then(|| window.days.to_vec()),
        span: Span::default(),
    };
    OpenHours::new(&windows.iter().map(window).collect::<Vec<_>>())
}

/// Whether hours are open, and when they are next: on the hour, and at an odd moment after it.
fn hours_of_week(turn: Turn, alike: &Alike, zones: &[Zone], starts: &[i64], tally: &mut Tally) {
    const ODD: i64 = 17 * MINUTE + 30_250;
    let walk = &alike.walk;
    for (_, windows) in SETS.into_iter().enumerate().filter(|(place, _)| turn.has(*place, 3)) {
        let hours = open_hours(windows);
        let open = law::next(walk, |shown| law::is_open(windows, shown));
        let closed = law::next(walk, |shown| !law::is_open(windows, shown));
        // Hours turn on whole minutes, so within one they are as they were at its beginning.
        let first = |next: &[Option<i64>], at: i64| {
            let minute = at.div_euclid(MINUTE);
            let place = usize::try_from(minute - walk.from()).unwrap();
            let now = next[place] == Some(minute);
            Some(if now { Instant::from_millis(at) } else { instant(next[place].unwrap()) })
        };
        for zone in zones {
            for at in starts.iter().flat_map(|start| [start * MINUTE, start * MINUTE + ODD]) {
                let (now, is_open) =
                    (Instant::from_millis(at), law::is_open(windows, walk.shown(at / MINUTE)));
                let about = || format!("{zone} {windows:?} at {now}");
                tally.ask(hours.is_open(zone, now), is_open, about);
                tally.ask(hours.next_open(zone, now), first(&open, at), about);
                tally.ask(hours.next_closed(zone, now), first(&closed, at), about);
            }
        }
    }
}

/// Windows of whole days, weeks and months, cut where the clock begins them.
fn windows(walk: &Walk, zones: &[Zone], starts: &[i64], tally: &mut Tally) {
    use CalendarUnit::{Day, Month, Week};
    use WindowKind::{BetweenAgoCalendar, ExactlyAgo, LastCalendar, Previous, This};
    let week = |day: i64, starts: Weekday| {
        (0..7).map(|back| day - back).find(|day| law::weekday(*day) == starts).unwrap()
    };
    let month = |day: i64| {
        use chrono::Datelike;
        day - i64::from(wall(day * DAY).day0())
    };
    // The first day that is in, and the first one after them that is not; none for now.
    type Days<'d> = &'d dyn Fn(i64) -> (i64, Option<i64>);
    let kinds: [(WindowKind, Weekday, Days<'_>); 10] = [
        (This(Day), Mon, &|today| (today, None)),
        (Previous(Day), Mon, &|today| (today - 1, Some(today))),
        (LastCalendar(1, Day), Mon, &|today| (today - 1, None)),
        (LastCalendar(7, Day), Mon, &|today| (today - 7, None)),
        (ExactlyAgo(3, Day), Mon, &|today| (today - 3, Some(today - 2))),
        (BetweenAgoCalendar(1, 5, Day), Mon, &|today| (today - 5, Some(today))),
        (This(Week), Mon, &|today| (week(today, Mon), None)),
        (Previous(Week), Sun, &|today| (week(today, Sun) - 7, Some(week(today, Sun)))),
        (This(Month), Mon, &|today| (month(today), None)),
        (Previous(Month), Mon, &|today| (month(month(today) - 1), Some(month(today)))),
    ];
    for (kind, week_starts, days) in kinds {
        for start in starts {
            let now = instant(*start);
            let (first, end) = days(walk.day(*start));
            let after_now = Instant::from_millis(now.millis() + 1);
            let end = end.map_or(after_now, |end| instant(walk.start_of(end)));
            for zone in zones {
                let found = bounds(&kind, now, zone, week_starts);
                tally
                    .ask(found, (instant(walk.start_of(first)), end), || format!("{zone} {kind:?} at {now}"));
            }
        }
    }
}
