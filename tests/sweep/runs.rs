//! Whole runs: rulebooks replayed over 2026 for one user in each zone, and every decision held against the walk.

use std::collections::{BTreeMap, BTreeSet};

use campanile::calendar::Occurrence;
use campanile::model::{Event, Instant, Outcome, OutcomeKind, ProfileUpdate, Record, Value};
use campanile::replay::{Replay, ReplayResult};
use campanile::rulebook::Rulebook;
use chrono::Weekday;

use super::law::{self, Window};
use super::walk::{DAY, MINUTE, Walk, instant, utc};
use super::wrong::Tally;
use super::zones::{Alike, alike, in_data};
use super::{Sweep, grouped, sweep};

use Weekday::{Fri, Mon, Sat, Sun, Thu, Tue, Wed};

/// The year that is run.
fn year() -> std::ops::Range<Instant> {
    instant(utc(2026, 1, 1))..instant(utc(2027, 1, 1))
}

fn some_zones(sweep: Sweep) -> Vec<Alike> {
    alike(sweep, 199, utc(2025, 11, 27), utc(2027, 1, 12), in_data).collect()
}

/// The half hours at which schedules fire: all 24, or a few.
fn hours(sweep: Sweep) -> Vec<i64> {
    match sweep {
        Sweep::Full => (0..24).collect(),
        Sweep::Sampled => vec![2, 23],
    }
}

/// A user in each zone, who is called as the zone is.
fn reachable(zones: &[Alike]) -> Vec<Record> {
    let names = zones.iter().flat_map(|alike| &alike.names).enumerate();
    let profile = |(place, name): (usize, &&str)| {
        let phone = format!("+9198{place:08}");
        let values =
            [("tz", Value::text(name)), ("phone", Value::text(&phone)), ("whatsapp", Value::Boolean(true))];
        let changes = values.map(|(name, value)| (name.into(), Some(value))).to_vec();
        Record::Profile(ProfileUpdate { user: (*name).into(), at: None, changes })
    };
    names.map(profile).collect()
}

fn run(rules: &str, records: Vec<Record>) -> ReplayResult {
    let rulebook = Rulebook::parse("sweep.camp", rules).unwrap_or_else(|error| panic!("{error}"));
    let year = year();
    let mut replay = Replay::new(&rulebook.compile()).starting(Some(year.start)).ending(Some(year.end));
    records.into_iter().for_each(|record| replay.add(record));
    replay.run()
}

/// What became of a message: at which occurrence, how, and when.
type Decided = (String, OutcomeKind, Instant);

/// Every outcome of every user in a zone, by campaign.
fn decided(result: &ReplayResult) -> BTreeMap<(&str, &str), Vec<Decided>> {
    let mut decided: BTreeMap<(&str, &str), Vec<Decided>> = BTreeMap::new();
    for Outcome { campaign, user, occurrence, outcome, decided_at, .. } in &result.outcomes {
        let of_user = decided.entry((campaign, user)).or_default();
        of_user.push((occurrence.to_string(), *outcome, *decided_at));
    }
    // Several may be decided at one instant.
    decided.values_mut().for_each(|of_user| of_user.sort_by(|a, b| (a.2, &a.0).cmp(&(b.2, &b.0))));
    decided
}

/// Holds what came of a campaign against what must: counts those too many, too few, and at a wrong hour or on a wrong day.
fn compare(
    campaign: &str,
    alike: &Alike,
    decided: &BTreeMap<(&str, &str), Vec<Decided>>,
    expected: &[Decided],
    tally: &mut Tally,
) {
    let expected_at: BTreeMap<&str, &Decided> = expected.iter().map(|one| (one.0.as_str(), one)).collect();
    assert_eq!(expected_at.len(), expected.len(), "occurrences have names of their own");
    for name in &alike.names {
        tally.asked += expected.len() as u64;
        let found = decided.get(&(campaign, *name)).map_or(&[][..], Vec::as_slice);
        if found == expected {
            continue;
        }
        let mut seen = BTreeSet::new();
        for one in found {
            let wanted = expected_at.get(one.0.as_str());
            match wanted {
                _ if !seen.insert(&one.0) => tally.twice += 1,
                None => tally.twice += 1,
                Some(wanted) if one == *wanted => continue,
                Some((_, outcome, at)) if *outcome == one.1 => {
                    let shown = |at: &Instant| alike.walk.shown(at.millis().div_euclid(MINUTE));
                    let same_day = shown(at).div_euclid(DAY) == shown(&one.2).div_euclid(DAY);
                    *if same_day { &mut tally.hour } else { &mut tally.day } += 1;
                }
                Some(_) => tally.other += 1,
            }
            tally.example(|| format!("{campaign} in {name}: {one:?}, not {wanted:?}"));
        }
        for missing in expected.iter().filter(|wanted| !seen.contains(&wanted.0)) {
            tally.never += 1;
            tally.example(|| format!("{campaign} in {name}: {missing:?} is missing"));
        }
    }
}

/// The occurrences of the year at which something fires.
fn fires(walk: &Walk, time: i64, on: impl Fn(Weekday) -> bool) -> impl Iterator<Item = Occurrence> {
    law::occurrences(walk, time, on).into_iter().filter(|next| year().contains(&next.instant))
}

fn named(occurrence: &Occurrence) -> String {
    format!("{} user time", occurrence.wall.format("%Y-%m-%dT%H:%M:%S"))
}

/// A message that is held until its hours are open; a run that ends before leaves it pending.
fn held(occurrence: &Occurrence, open: Option<i64>) -> Decided {
    let due = open.map_or(year().end, instant).max(occurrence.instant);
    let outcome = if due < year().end { OutcomeKind::Sent } else { OutcomeKind::Pending };
    (named(occurrence), outcome, due.min(year().end))
}

fn sorted(mut decided: Vec<Decided>) -> Vec<Decided> {
    decided.sort_by(|a, b| (a.2, &a.0).cmp(&(b.2, &b.0)));
    decided
}

fn say(what: &str, zones: &[Alike], sends: u64, tally: &Tally) {
    let users: usize = zones.iter().map(|alike| alike.names.len()).sum();
    println!(
        "{what}: {users} users, {} decisions, {} sends, {} wrong ({tally})",
        grouped(tally.asked),
        grouped(sends),
        tally.wrong()
    );
}

/// Each job is that of its outcome, and no id comes twice.
fn sends(result: &ReplayResult) -> u64 {
    let ids: BTreeSet<_> = result.jobs.iter().map(|job| job.id).collect();
    assert_eq!(ids.len(), result.jobs.len(), "a job came twice");
    let sent: BTreeMap<_, _> =
        result.outcomes.iter().filter_map(|outcome| Some((outcome.job?, outcome.decided_at))).collect();
    assert_eq!(sent.len(), result.jobs.len());
    for job in &result.jobs {
        assert_eq!(sent[&job.id], job.due);
        assert_eq!(&*job.time_zone, in_data(&job.user));
    }
    result.jobs.len() as u64
}

#[test]
fn daily_messages_go_out_once_a_day_within_their_hours() {
    let sweep = sweep();
    let zones = some_zones(sweep);
    let (mut tally, mut sent) = (Tally::default(), 0);
    for hour in hours(sweep) {
        let rules = format!(
            r#"
            settings {{ timezone "Asia/Kolkata" quiet hours 21:30..08:15 user time, hold }}
            campaign free {{ every day at {hour:02}:30 user time send template t }}
            campaign day {{
                every day at {hour:02}:30 user time send template t
                deliver 08:00..21:00 on mon..sat, else hold
            }}
            campaign night {{
                every day at {hour:02}:30 user time send template t
                deliver 20:00..10:00 on fri, sun, 00:00..24:00 on tue, else hold
            }}"#
        );
        let result = run(&rules, reachable(&zones));
        sent += sends(&result);
        let decided = decided(&result);
        const QUIET: &[Window] = &[Window { from: 21 * 60 + 30, to: 8 * 60 + 15, days: &[] }];
        const BY_DAY: &[Window] =
            &[Window { from: 8 * 60, to: 21 * 60, days: &[Mon, Tue, Wed, Thu, Fri, Sat] }];
        const BY_NIGHT: &[Window] = &[
            Window { from: 20 * 60, to: 10 * 60, days: &[Fri, Sun] },
            Window { from: 0, to: DAY, days: &[Tue] },
        ];
        const ALWAYS: &[Window] = &[Window { from: 0, to: DAY, days: &[] }];
        for alike in &zones {
            for (campaign, windows) in [("free", ALWAYS), ("day", BY_DAY), ("night", BY_NIGHT)] {
                let walk = &alike.walk;
                let is_open = |shown| law::is_open(windows, shown) && !law::is_open(QUIET, shown);
                let first = |next: &Occurrence| walk.next(next.instant.millis() / MINUTE, is_open);
                let expected = fires(walk, hour * 60 + 30, |_| true).map(|next| held(&next, first(&next)));
                compare(campaign, alike, &decided, &sorted(expected.collect()), &mut tally);
            }
        }
    }
    say("daily at hh:30, held by delivery and quiet hours", &zones, sent, &tally);
    tally.settle();
}

#[test]
fn messages_on_weekdays_go_out_on_them_or_are_dropped() {
    const WORKING: &[Weekday] = &[Mon, Tue, Wed, Thu, Fri];
    const OPEN: &[Window] = &[
        Window { from: 60, to: 2 * 60 + 45, days: &[] },
        Window { from: 9 * 60, to: 18 * 60, days: WORKING },
        Window { from: 22 * 60, to: 30, days: &[Sat] },
    ];
    let sweep = sweep();
    let zones = some_zones(sweep);
    let (mut tally, mut sent) = (Tally::default(), 0);
    for hour in hours(sweep) {
        let rules = format!(
            r#"
            settings {{ timezone "America/New_York" }}
            campaign three {{ every week on mon, wed, sat at {hour:02}:30 user time send template t }}
            campaign cron {{ cron "30 {hour} * * 1-5" user time send template t }}
            campaign dropped {{
                every week on sat, sun, tue at {hour:02}:30 user time send template t
                deliver 01:00..02:45, 09:00..18:00 on mon..fri, 22:00..00:30 on sat, else drop
            }}"#
        );
        let result = run(&rules, reachable(&zones));
        sent += sends(&result);
        let decided = decided(&result);
        for alike in &zones {
            let sent = |next: Occurrence| (named(&next), OutcomeKind::Sent, next.instant);
            let time = hour * 60 + 30;
            let three = fires(&alike.walk, time, |day| [Mon, Wed, Sat].contains(&day)).map(sent);
            compare("three", alike, &decided, &sorted(three.collect()), &mut tally);
            let cron = fires(&alike.walk, time, |day| WORKING.contains(&day)).map(sent);
            compare("cron", alike, &decided, &sorted(cron.collect()), &mut tally);
            let dropped = fires(&alike.walk, time, |day| [Sat, Sun, Tue].contains(&day)).map(|next| {
                let open = law::is_open(OPEN, alike.walk.shown(next.instant.millis() / MINUTE));
                let outcome = if open { OutcomeKind::Sent } else { OutcomeKind::OutsideWindow };
                (named(&next), outcome, next.instant)
            });
            compare("dropped", alike, &decided, &sorted(dropped.collect()), &mut tally);
        }
    }
    say("on weekdays at hh:30, dropped outside of their hours", &zones, sent, &tally);
    tally.settle();
}

/// When a user does something: at odd times, at the very start of some days, and just before it.
fn pings(walk: &Walk) -> Vec<Instant> {
    let (from, to) = (utc(2025, 12, 20), utc(2026, 12, 30));
    let odd = (from..to).step_by(31 * 60 + 13).map(|minute| minute * MINUTE + 7);
    let days = walk.day(from)..walk.day(to);
    let edges =
        days.filter(|day| day % 3 == 0).map(|day| walk.start_of(day) * MINUTE - i64::from(day % 2 == 0));
    let all: BTreeSet<i64> = odd.filter(|at| at.div_euclid(MINUTE) % 4 != 0).chain(edges).collect();
    all.into_iter().map(Instant::from_millis).collect()
}

#[test]
fn segments_of_calendar_days_and_weeks_turn_where_the_users_days_do() {
    let sweep = sweep();
    let zones = some_zones(sweep);
    let mut records = reachable(&zones);
    for alike in &zones {
        let pings = pings(&alike.walk);
        for name in &alike.names {
            records.extend(pings.iter().enumerate().map(|(place, at)| {
                let id = Some(place.to_string().into());
                let (user, name) = ((*name).into(), "Ping".into());
                Record::Event(Event { user, name, at: *at, id, properties: Default::default() })
            }));
        }
    }
    let times = match sweep {
        Sweep::Full => vec![0, 30, 90, 150, 210, 330, 570, 720, 930, 1_290, 1_410],
        Sweep::Sampled => vec![150, 1_410],
    };
    let (mut tally, mut sent) = (Tally::default(), 0);
    for time in times {
        let at = format!("{:02}:{:02} user time", time / 60, time % 60);
        let rules = format!(
            r#"
            settings {{ timezone "Asia/Kolkata" }}
            segment active = did "Ping" today user time
            campaign today {{ every day at {at} if in segment active send template t }}
            campaign two_days {{ every day at {at} if did "Ping" in last 1 calendar day user time send template t }}
            campaign week {{ every day at {at} if did "Ping" at most 3 times this week user time send template t }}
            campaign yesterday {{
                every day at {at} if did "Ping" yesterday user time send template t wait 9 hours
            }}
            campaign late {{ when enters segment active send template t }}
            campaign over {{ when leaves segment active send template t }}"#
        );
        let result = run(&rules, records.clone());
        sent += sends(&result);
        let decided = decided(&result);
        for alike in &zones {
            let walk = &alike.walk;
            let pings = pings(walk);
            let count = |from: i64, to: Instant| {
                pings.partition_point(|at| *at <= to) - pings.partition_point(|at| *at < instant(from))
            };
            let today = |now: Instant| walk.day(now.millis().div_euclid(MINUTE));
            let is_today = |now: Instant| count(walk.start_of(today(now)), now) > 0;
            let is_two_days = |now: Instant| count(walk.start_of(today(now) - 1), now) > 0;
            let is_week = |now: Instant| {
                let monday =
                    (0..7).map(|back| today(now) - back).find(|day| law::weekday(*day) == Mon).unwrap();
                (1..=3).contains(&count(walk.start_of(monday), now))
            };
            let is_yesterday = |now: Instant| {
                let before = Instant::from_millis(walk.start_of(today(now)) * MINUTE - 1);
                count(walk.start_of(today(now) - 1), before) > 0
            };
            type Holds<'h> = &'h dyn Fn(Instant) -> bool;
            let asked: [(&str, Holds<'_>, i64); 4] = [
                ("today", &is_today, 0),
                ("two_days", &is_two_days, 0),
                ("week", &is_week, 0),
                ("yesterday", &is_yesterday, 9 * 60 * MINUTE),
            ];
            for (campaign, holds, wait) in asked {
                let qualified = fires(walk, time, |_| true).filter(|next| holds(next.instant));
                let expected = qualified.map(|next| {
                    let due = Instant::from_millis(next.instant.millis() + wait);
                    let outcome = match due < year().end {
                        false => OutcomeKind::Pending,
                        true if holds(due) => OutcomeKind::Sent,
                        true => OutcomeKind::RequalifiedOut,
                    };
                    (named(&next), outcome, due.min(year().end))
                });
                compare(campaign, alike, &decided, &sorted(expected.collect()), &mut tally);
            }
            // Into the segment with the first of a day, and out of it when the day is over, unless the next one begins with another.
            let (mut late, mut over) = (Vec::new(), Vec::new());
            for day in walk.day(utc(2025, 12, 30))..walk.day(utc(2027, 1, 2)) {
                let (begins, ends) = (instant(walk.start_of(day)), instant(walk.start_of(day + 1)));
                let first =
                    pings[pings.partition_point(|at| *at < begins)..].first().filter(|at| **at < ends);
                let Some(first) = first else { continue };
                let was_in = *first == begins && is_today(Instant::from_millis(begins.millis() - 1));
                if !was_in {
                    late.push((format!("enters {first}"), OutcomeKind::Sent, *first));
                }
                if !is_today(ends) {
                    over.push((format!("leaves {ends}"), OutcomeKind::Sent, ends));
                }
            }
            for (campaign, mut expected) in [("late", late), ("over", over)] {
                expected.retain(|(_, _, at)| year().contains(at));
                compare(campaign, alike, &decided, &expected, &mut tally);
            }
        }
    }
    say("segments by calendar days and weeks", &zones, sent, &tally);
    tally.settle();
}
