use campanile::calendar::{Zone, database_version};
use campanile::model::Instant;
use chrono::{NaiveTime, TimeZone as _};

use super::oracle::{self, jiff_zone, zone_names};
use super::{Counter, at, date, wall, zone};

#[test]
fn names_are_found_in_any_case_and_spelled_as_the_database_does() {
    assert_eq!(zone("america/NEW_YORK").name(), "America/New_York");
    assert_eq!(zone("utc"), Zone::utc());
    assert_eq!(zone("UTC").to_string(), "UTC");
    assert_eq!(format!("{:?}", zone("asia/kolkata")), "Zone(\"Asia/Kolkata\")");
    assert_ne!(zone("Asia/Calcutta"), zone("Asia/Kolkata"));
    for name in zone_names() {
        assert_eq!(zone(&name.to_ascii_uppercase()).name(), name);
    }
}

#[test]
fn every_name_of_chrono_tz_is_a_zone() {
    for known in chrono_tz::TZ_VARIANTS {
        assert_eq!(Zone::from(known).name(), known.name());
    }
}

#[test]
fn what_is_no_name_is_refused() {
    for name in
        ["", " ", "IST", "+05:30", "Asia", "Asia/", "Factory", "Asia/Kolkata ", "Etc/Unknown", "Ásia/Kolkata"]
    {
        assert_eq!(Zone::named(name).unwrap_err().name, name);
    }
}

#[test]
fn names_of_users_data_are_found_and_odd_ones_are_none() {
    for (name, zone) in [
        ("Eastern Standard Time", Some("America/New_York")),
        ("EASTERN  STANDARD-TIME", Some("America/New_York")),
        ("(GMT-05:00) Eastern Time (US & Canada)", Some("America/New_York")),
        ("America/New York", Some("America/New_York")),
        (" asia/calcutta\n", Some("Asia/Calcutta")),
        ("(UTC) Europe/London", Some("Europe/London")),
        ("(UTC+05:30)", Some("+05:30")),
        ("UTC+5:30", Some("+05:30")),
        ("\u{2212}0330", Some("-03:30")),
        ("Etc/GMT-3", Some("Etc/GMT-3")),
        ("GMT+0", Some("GMT+0")),
        ("UTC-0", Some("UTC")),
        ("z", Some("UTC")),
        ("CET", Some("CET")),
        ("mst", Some("America/Denver")),
        ("Asia/IST", None),
        ("Factory", None),
        ("", None),
        ("()", None),
        ("(UTC", None),
        ("(Mars) London", None),
        ("ＥＳＴ", None),
        ("São Paulo", None),
    ] {
        assert_eq!(Zone::find(name).map(|zone| zone.name()), zone, "{name}");
    }
    let offset = Zone::find("GMT-3").unwrap();
    assert_eq!(offset.offset_at(at("2026-07-01T00:00:00Z")), -3 * 3_600);
    assert_eq!(offset.resolve(wall("2026-07-01 09:00")), at("2026-07-01T12:00:00Z"));
    assert_eq!(offset.next_change(Instant::MIN), None);
    assert_eq!((offset, offset.name()), (Zone::find("-0300").unwrap(), "-03:00"));
}

/// Users' data hold anything.
#[test]
fn no_name_panics() {
    let pieces = [
        "(",
        ")",
        "UTC",
        "gmt",
        "+",
        "-",
        "\u{2212}",
        "5",
        "05",
        ":",
        "30",
        " ",
        "/",
        "EST",
        "Eastern",
        "é",
        "५",
        "\u{0}",
        "\u{202e}",
        "🕰",
        "Asia/Kolkata",
        "_",
    ];
    let mut counter = Counter(9);
    for _ in 0..30_000 {
        let name: String =
            (0..counter.below(9)).map(|_| counter.one_of(&pieces).unwrap_or_default()).collect();
        if let Some(zone) = Zone::find(&name) {
            assert_eq!(Zone::find(zone.name()), Some(zone), "{name}");
        }
    }
    assert_eq!(Zone::find(&"EST ".repeat(100_000)), None);
}

/// Changed by the database's releases after 2025b, which `chrono-tz` carries.
#[test]
fn the_database_is_newer_than_that_of_chrono_tz() {
    assert!(database_version() > "2025b", "{}", database_version());
    let winter = at("2027-01-15T12:00:00Z");
    assert_eq!(zone("America/Vancouver").offset_at(winter), -7 * 3_600);
}

#[test]
fn offsets_are_those_of_the_database_at_and_around_every_change() {
    for name in zone_names() {
        let (zone, slow) = (zone(name), jiff_zone(name));
        let mut instants: Vec<i64> = slow
            .following(oracle::timestamp(Instant::MIN))
            .map(|change| change.timestamp().as_millisecond())
            .take_while(|change| *change < Instant::MAX.millis())
            .flat_map(|change| [change - 1, change, change + 1])
            .collect();
        let mut counter = Counter(name.len() as u64);
        instants.extend((0..60).map(|_| counter.instant(Instant::MIN, Instant::MAX).millis()));
        instants.extend([Instant::MIN.millis(), Instant::MAX.millis() - 1]);
        for millis in instants {
            let at = Instant::from_millis(millis);
            let offset = slow.to_offset(oracle::timestamp(at)).seconds();
            assert_eq!(zone.offset_at(at), offset, "{name} {at}");
            assert_eq!(zone.to_local(at), oracle::local(&slow, at), "{name} {at}");
        }
    }
}

/// A second witness, with another reader of another format, in years of which later releases have learned nothing new.
#[test]
fn offsets_of_the_past_are_those_of_chrono_tz() {
    let mut counter = Counter(2);
    let (from, to) = (at("1990-01-01T00:00:00Z"), at("2025-01-01T00:00:00Z"));
    for known in chrono_tz::TZ_VARIANTS {
        let zone = Zone::from(known);
        for _ in 0..200 {
            let at = counter.instant(from, to);
            let local = known.from_utc_datetime(&at.to_utc().naive_utc()).naive_local();
            assert_eq!(zone.to_local(at), local, "{known} {at}");
        }
    }
}

#[test]
fn wall_clocks_resolve_as_the_policy_says_around_every_change() {
    for name in zone_names() {
        let (zone, slow) = (zone(name), jiff_zone(name));
        // Later ones repeat those of the years before.
        let changes = slow
            .following(oracle::timestamp(at("1900-01-03T00:00:00Z")))
            .map(|change| oracle::instant(change.timestamp()))
            .take_while(|change| *change < at("2042-01-01T00:00:00Z"));
        for change in changes {
            let before = oracle::local(&slow, Instant::from_millis(change.millis() - 1));
            let after = oracle::local(&slow, change);
            for edge in [before.min(after), before.max(after)] {
                for minutes in [-61, -1, 0, 1, 31, 60, 61] {
                    for millis in [0, 1] {
                        let wall = edge
                            + chrono::Duration::minutes(minutes)
                            + chrono::Duration::milliseconds(millis);
                        let resolved = zone.resolve(wall);
                        assert_eq!(resolved, oracle::resolve(&slow, wall), "{name} {wall}");
                    }
                }
            }
        }
    }
}

#[test]
fn wall_clocks_resolve_to_the_instants_that_show_them() {
    let mut counter = Counter(3);
    for name in zone_names() {
        let (zone, slow) = (zone(name), jiff_zone(name));
        for _ in 0..60 {
            let wall =
                counter.instant(at("1900-01-02T00:00:00Z"), at("2199-12-30T00:00:00Z")).to_utc().naive_utc();
            let resolved = zone.resolve(wall);
            assert_eq!(resolved, oracle::resolve(&slow, wall), "{name} {wall}");
            let shown = zone.to_local(resolved);
            assert!(shown >= wall, "{name} {wall} {shown}");
        }
    }
}

#[test]
fn a_day_begins_at_its_first_instant() {
    let starts = [
        ("Asia/Kolkata", "2026-11-03", "2026-11-02T18:30:00Z"),
        ("America/Santiago", "2026-09-06", "2026-09-06T04:00:00Z"), // 01:00
        ("America/Santiago", "2026-09-05", "2026-09-05T04:00:00Z"),
        ("America/Santiago", "2026-09-07", "2026-09-07T03:00:00Z"),
        ("America/Santiago", "2026-04-05", "2026-04-05T04:00:00Z"), // after the second 23:00
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z"), // 01:00
        ("America/Sao_Paulo", "2018-02-18", "2018-02-18T03:00:00Z"),
        ("Pacific/Apia", "2011-12-29", "2011-12-29T10:00:00Z"),
        ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z"), // a day that never was
        ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z"),
        ("Pacific/Apia", "2012-01-01", "2011-12-31T10:00:00Z"),
        ("America/St_Johns", "2010-11-07", "2010-11-07T02:30:00Z"), // one minute, then 23:01 again
        ("America/Toronto", "1919-03-31", "1919-03-31T04:30:00Z"),  // 23:30 jumped to 00:30
    ];
    for (name, day, start) in starts {
        assert_eq!(zone(name).day_start(date(day)), at(start), "{name} {day}");
    }
}

#[test]
fn a_day_begins_where_a_walk_along_the_clock_first_meets_it() {
    for name in zone_names().step_by(7) {
        let (zone, slow) = (zone(name), jiff_zone(name));
        for change in oracle::changes(&slow).into_iter().take(12) {
            let day = oracle::local(&slow, change).date();
            for day in [day.pred_opt().unwrap(), day, day.succ_opt().unwrap()] {
                assert_eq!(zone.day_start(day), oracle::day_start(&slow, day), "{name} {day}");
            }
        }
    }
}

#[test]
fn the_ends_of_time_are_answered() {
    let far = [i64::MIN, i64::MIN + 1, -1, 0, i64::MAX - 1, i64::MAX].map(Instant::from_millis);
    for name in ["UTC", "America/New_York", "Pacific/Kiritimati", "Africa/Casablanca", "Pacific/Apia"] {
        let zone = zone(name);
        for at in far.into_iter().chain([Instant::MIN, Instant::MAX]) {
            let local = zone.to_local(at);
            let _ = (zone.offset_at(at), zone.resolve(local), zone.day_start(local.date()));
        }
        for date in [chrono::NaiveDate::MIN, chrono::NaiveDate::MAX] {
            let _ = (zone.day_start(date), zone.resolve(date.and_time(NaiveTime::MIN)));
        }
    }
}

#[test]
fn finer_digits_than_milliseconds_are_cut() {
    let fine = wall("2026-11-03 10:00") + chrono::Duration::nanoseconds(1_999_999);
    assert_eq!(Zone::utc().resolve(fine), at("2026-11-03T10:00:00.001Z"));
}

#[test]
fn zones_are_shared_between_threads() {
    fn check<T: Send + Sync + Copy + std::hash::Hash>() {}
    check::<Zone>();
    let offsets: Vec<i32> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| zone("Asia/Kathmandu").offset_at(at("2026-01-01T00:00:00Z"))))
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(offsets, [20_700; 4]);
}
