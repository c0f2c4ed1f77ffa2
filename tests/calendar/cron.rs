use campanile::calendar::{Recurrence, Zone};
use chrono::{Datelike, NaiveDate, Timelike, Weekday};

use super::{Counter, date, occurrences, wall};

#[track_caller]
fn comes(expression: &str, from: &str, expected: &[&str]) {
    let recurrence = Recurrence::cron(expression).unwrap();
    let found: Vec<String> = occurrences(&recurrence, &Zone::utc(), from, expected.len())
        .into_iter()
        .map(|next| next.split_once(" -> ").unwrap().0.to_owned())
        .collect();
    assert_eq!(found, expected, "{expression}");
}

/// The message, the field, the text that is underlined, and the fix.
#[track_caller]
fn refused(expression: &str, message: &str, field: Option<&str>, place: &str, help: &str) {
    let error = Recurrence::cron(expression).unwrap_err();
    assert_eq!(error.to_string(), message);
    assert_eq!(error.field(), field);
    assert_eq!(&expression[error.place()], place);
    assert_eq!(error.help(), help);
}

#[test]
fn sunday_is_0_and_7_and_a_name() {
    for sunday in ["0", "7", "sun", "SUN", "Sun", "0-0", "7-7", "7-0", "sun-sun", "0,7"] {
        comes(
            &format!("0 9 * * {sunday}"),
            "2026-11-02T00:00:00Z",
            &["2026-11-08 09:00", "2026-11-15 09:00"],
        );
    }
}

#[test]
fn ranges_of_weekdays_may_begin_or_end_on_sunday() {
    let weekend = ["2026-11-06 09:00", "2026-11-07 09:00", "2026-11-08 09:00", "2026-11-13 09:00"];
    for range in ["5-7", "fri-sun", "5-0", "5,6,0", "fri,sat,sun"] {
        comes(&format!("0 9 * * {range}"), "2026-11-02T00:00:00Z", &weekend);
    }
    for range in ["0-2", "sun-tue", "7-2"] {
        comes(
            &format!("0 9 * * {range}"),
            "2026-11-04T00:00:00Z",
            &["2026-11-08 09:00", "2026-11-09 09:00", "2026-11-10 09:00", "2026-11-15 09:00"],
        );
    }
    for all in ["0-7", "0-6", "1-7", "mon-sun", "*", "?", "*/1"] {
        comes(
            &format!("0 9 * * {all}"),
            "2026-11-07T00:00:00Z",
            &["2026-11-07 09:00", "2026-11-08 09:00", "2026-11-09 09:00"],
        );
    }
}

#[test]
fn steps_count_from_the_first_of_their_range() {
    comes(
        "*/20 9 * * *",
        "2026-11-02T00:00:00Z",
        &["2026-11-02 09:00", "2026-11-02 09:20", "2026-11-02 09:40", "2026-11-03 09:00"],
    );
    comes(
        "5/20 9 * * *",
        "2026-11-02T00:00:00Z",
        &["2026-11-02 09:05", "2026-11-02 09:25", "2026-11-02 09:45"],
    );
    comes(
        "0 9-17/4 * * *",
        "2026-11-02T00:00:00Z",
        &["2026-11-02 09:00", "2026-11-02 13:00", "2026-11-02 17:00"],
    );
    comes(
        "0 0 * * */2",
        "2026-11-02T12:00:00Z",
        &["2026-11-03 00:00", "2026-11-05 00:00", "2026-11-07 00:00", "2026-11-08 00:00"],
    );
    comes(
        "0 0 1 */3 *",
        "2026-11-02T00:00:00Z",
        &["2027-01-01 00:00", "2027-04-01 00:00", "2027-07-01 00:00"],
    );
}

#[test]
fn names_of_months_and_lists() {
    comes(
        "0 9 1 jan,JUL *",
        "2026-11-02T00:00:00Z",
        &["2027-01-01 09:00", "2027-07-01 09:00", "2028-01-01 09:00"],
    );
    comes("0 9 1 nov-dec *", "2026-11-02T00:00:00Z", &["2026-12-01 09:00", "2027-11-01 09:00"]);
    comes(
        "0,30 9,17 * * mon-fri",
        "2026-11-06T09:30:00Z",
        &["2026-11-06 09:30", "2026-11-06 17:00", "2026-11-06 17:30", "2026-11-09 09:00"],
    );
}

#[test]
fn six_fields_begin_with_the_second() {
    let recurrence = Recurrence::cron("*/20 59 23 * * *").unwrap();
    let found: Vec<String> = recurrence
        .occurrences(&Zone::utc(), super::at("2026-11-02T23:59:20Z"))
        .take(3)
        .map(|next| next.instant.to_string())
        .collect();
    assert_eq!(found, ["2026-11-02T23:59:20Z", "2026-11-02T23:59:40Z", "2026-11-03T23:59:00Z"]);
}

#[test]
fn two_restricted_days_match_either_and_a_star_in_front_both() {
    // The 13th, and every Friday.
    comes(
        "0 9 13 * fri",
        "2026-11-07T00:00:00Z",
        &[
            "2026-11-13 09:00",
            "2026-11-20 09:00",
            "2026-11-27 09:00",
            "2026-12-04 09:00",
            "2026-12-11 09:00",
            "2026-12-13 09:00",
        ],
    );
    // Fridays that are odd dates.
    comes(
        "0 9 */2 * fri",
        "2026-11-01T00:00:00Z",
        &["2026-11-13 09:00", "2026-11-27 09:00", "2026-12-11 09:00", "2026-12-25 09:00"],
    );
    // The 13th if it is a Sunday, Tuesday, Thursday or Saturday.
    comes(
        "0 9 13 * */2",
        "2026-11-01T00:00:00Z",
        &["2026-12-13 09:00", "2027-02-13 09:00", "2027-03-13 09:00", "2027-04-13 09:00"],
    );
    comes("0 9 13 * ?", "2026-11-01T00:00:00Z", &["2026-11-13 09:00", "2026-12-13 09:00"]);
    comes("0 9 ? * fri", "2026-11-01T00:00:00Z", &["2026-11-06 09:00", "2026-11-13 09:00"]);
    // Either, in months that have no such date.
    comes(
        "0 9 31 2 mon",
        "2026-01-01T00:00:00Z",
        &["2026-02-02 09:00", "2026-02-09 09:00", "2026-02-16 09:00", "2026-02-23 09:00", "2027-02-01 09:00"],
    );
}

#[test]
fn a_leap_day_comes_also_over_a_century() {
    comes("0 9 29 2 *", "2026-01-01T00:00:00Z", &["2028-02-29 09:00", "2032-02-29 09:00"]);
    comes("0 9 29 2 *", "2096-03-01T00:00:00Z", &["2104-02-29 09:00"]);
}

#[test]
fn what_never_comes_ends() {
    for expression in ["0 9 31 2 *", "0 9 30,31 feb *", "0 9 31 4,6,9,11 *", "0 9 31 2 */7"] {
        let never = Recurrence::cron(expression).unwrap();
        assert_eq!(never.after_wall(&Zone::utc(), wall("1900-01-01 00:00")), None, "{expression}");
        assert_eq!(never.from_instant(&Zone::utc(), super::at("2026-01-01T00:00:00Z")), None, "{expression}");
    }
}

#[test]
fn the_years_of_the_engine_and_no_others() {
    let yearly = Recurrence::cron("0 9 1 1 *").unwrap();
    let next = |from: &str| yearly.after_wall(&Zone::utc(), wall(from)).map(|next| next.wall);
    assert_eq!(next("1500-06-01 00:00"), Some(wall("1900-01-01 09:00")));
    assert_eq!(next("2198-06-01 00:00"), Some(wall("2199-01-01 09:00")));
    assert_eq!(next("2200-01-01 09:00"), None);
    assert_eq!(next("9999-01-01 00:00"), None);
}

#[test]
fn blanks_of_all_kinds_part_fields() {
    comes("  0\t9  *\n*   mon ", "2026-11-02T00:00:00Z", &["2026-11-02 09:00"]);
}

#[test]
fn wrong_numbers_of_fields_are_refused_with_the_fix() {
    let five =
        "write minute, hour, day of month, month and day of week: `0 9 * * mon` is every Monday at 09:00";
    refused("", "a cron expression has five fields, this one has none", None, "", five);
    refused("9", "a cron expression has five fields, this one has only one", None, "9", five);
    refused("0 9 * *", "a cron expression has five fields, this one has only 4", None, "0 9 * *", five);
    let many = "1 2 3 4 5 6 7 8";
    refused(
        many,
        "a cron expression has five fields, or six with the second first; this one has 8",
        None,
        many,
        five,
    );
    let year = "a cron expression has no field for the year, such as `2026`";
    let help = "leave it out, and say the years with `run from`: `0 9 * * mon`";
    refused("0 9 * * mon 2026", year, None, "2026", help);
    let help = "leave it out, and say the years with `run from`: `0 0 9 ? * mon`";
    refused("0 0 9 ? * mon 2026", year, None, "2026", help);
    refused("@daily", "`@daily` is not supported", None, "@daily", "write `0 0 * * *`");
    refused("@Weekly", "`@Weekly` is not supported", None, "@Weekly", "write `0 0 * * sun`");
}

#[test]
fn wrong_fields_are_named_with_their_place_and_the_fix() {
    let hours = "write numbers from 0 to 23, such as `9,18`, or `*` for all";
    refused("0 9am * * *", "`9am` is not a value of the hour field", Some("hour"), "9am", hours);
    refused(
        "0 25 * * *",
        "`25` is outside of the hour field, which goes from 0 to 23",
        Some("hour"),
        "25",
        hours,
    );
    refused(
        "0 24 * * *",
        "`24` is outside of the hour field, which goes from 0 to 23",
        Some("hour"),
        "24",
        "write `0`",
    );
    refused(
        "60 9 * * *",
        "`60` is outside of the minute field, which goes from 0 to 59",
        Some("minute"),
        "60",
        "write `0`",
    );
    refused(
        "0 9 0 * *",
        "`0` is outside of the day of month field, which goes from 1 to 31",
        Some("day of month"),
        "0",
        "write numbers from 1 to 31, such as `1,15`, or `*` for all",
    );
    refused(
        "0 9 1 13 *",
        "`13` is outside of the month field, which goes from 1 to 12",
        Some("month"),
        "13",
        "write numbers from 1 to 12 or names from `jan` to `dec`, such as `jan,jul`, or `*` for all",
    );
    refused(
        "0 9 * * mon,8",
        "`8` is outside of the day of week field, which goes from 0 to 7",
        Some("day of week"),
        "8",
        "write numbers from 0 to 7 or names from `sun` to `sat`, such as `mon,thu`, or `*` for all",
    );
    refused(
        "0 9 * * Monday",
        "`Monday` is not a value of the day of week field",
        Some("day of week"),
        "Monday",
        "write `mon`",
    );
    refused("0 9 1 sept *", "`sept` is not a value of the month field", Some("month"), "sept", "write `sep`");
    refused("0 ? * * *", "`?` is not a value of the hour field", Some("hour"), "?", "write `*`");
    refused(
        "99999999999 9 * * *",
        "`99999999999` is outside of the minute field, which goes from 0 to 59",
        Some("minute"),
        "99999999999",
        "write numbers from 0 to 59, such as `0,30`, or `*` for all",
    );
    refused(
        "+5 9 * * *",
        "`+5` is not a value of the minute field",
        Some("minute"),
        "+5",
        "write numbers from 0 to 59, such as `0,30`, or `*` for all",
    );
}

#[test]
fn the_signs_of_other_crons_become_triggers_of_the_language() {
    refused(
        "0 9 L * *",
        "`L` is not a value of the day of month field",
        Some("day of month"),
        "L",
        "write the trigger as `every month on 31 or last day at 09:00`",
    );
    refused(
        "0 9 * * friL",
        "`friL` is not a value of the day of week field",
        Some("day of week"),
        "friL",
        "write the trigger as `every month on last fri at 09:00`",
    );
    refused(
        "0 9 * * 5#2",
        "`5#2` is not a value of the day of week field",
        Some("day of week"),
        "5#2",
        "write the trigger as `every month on 2nd fri at 09:00`",
    );
}

#[test]
fn backward_ranges_become_two() {
    let backward =
        |range: &str, field: &str| format!("the range `{range}` of the {field} field runs backwards");
    refused("0 22-2 * * *", &backward("22-2", "hour"), Some("hour"), "22-2", "write `22-23,0-2`");
    refused("0 23-0 * * *", &backward("23-0", "hour"), Some("hour"), "23-0", "write `23,0`");
    refused(
        "0 9 * nov-feb *",
        &backward("nov-feb", "month"),
        Some("month"),
        "nov-feb",
        "write `nov-dec,jan-feb`",
    );
    refused(
        "0 9 * * fri-mon",
        &backward("fri-mon", "day of week"),
        Some("day of week"),
        "fri-mon",
        "write `fri-sun,mon`",
    );
    refused("0 9 * * 6-2", &backward("6-2", "day of week"), Some("day of week"), "6-2", "write `6-7,1-2`");
}

#[test]
fn steps_and_commas_are_checked() {
    let step = |step: &str| format!("`{step}` is not a step of the minute field");
    for text in ["0", "60", "x", "", "-5", "2/2"] {
        let help = "write a step from 1 to 59, such as `*/2`";
        refused(&format!("*/{text} 9 * * *"), &step(text), Some("minute"), &format!("*/{text}"), help);
    }
    refused("0, 9 * * *", "the minute field has a comma too many: `0,`", Some("minute"), "0,", "write `0`");
    refused(
        "0,,30 9 * * *",
        "the minute field has a comma too many: `0,,30`",
        Some("minute"),
        "0,,30",
        "write `0,30`",
    );
    refused(", 9 * * *", "the minute field has a comma too many: `,`", Some("minute"), ",", "write `0,30`");
    refused(
        "0 9 * * mon-",
        "`` is not a value of the day of week field",
        Some("day of week"),
        "",
        "write numbers from 0 to 7 or names from `sun` to `sat`, such as `mon,thu`, or `*` for all",
    );
}

/// Any text at all is answered, and what a suggestion says can be read.
#[test]
fn no_text_panics() {
    let signs: Vec<char> = "0159*/,-?# \tLWmonFEBé–".chars().collect();
    let mut counter = Counter(6);
    for _ in 0..30_000 {
        let text: String = (0..counter.below(24))
            .map(|_| signs[usize::try_from(counter.below(signs.len() as u64)).unwrap()])
            .collect();
        if let Err(error) = Recurrence::cron(&text) {
            assert!(text.get(error.place()).is_some(), "{text}");
        }
    }
}

/// A field made up together with its meaning.
fn field(counter: &mut Counter, least: u32, most: u32) -> (String, Vec<u32>) {
    let one =
        |counter: &mut Counter| least + u32::try_from(counter.below((most - least + 1).into())).unwrap();
    let mut items = Vec::new();
    let mut numbers = Vec::new();
    for _ in 0..=counter.below(3) {
        let (a, b) = (one(counter), one(counter));
        let (from, to) = (a.min(b), a.max(b));
        let step = u32::try_from(counter.below((most / 2).into())).unwrap() + 1;
        let (item, meant): (String, Vec<u32>) = match counter.below(6) {
            0 => (format!("{from}-{to}"), (from..=to).collect()),
            1 => (format!("{from}-{to}/{step}"), (from..=to).step_by(step as usize).collect()),
            2 => (format!("{from}/{step}"), (from..=most).step_by(step as usize).collect()),
            3 => (format!("*/{step}"), (least..=most).step_by(step as usize).collect()),
            _ => (from.to_string(), vec![from]),
        };
        items.push(item);
        numbers.extend(meant);
    }
    (items.join(","), numbers)
}

/// Every minute of a stretch of time is asked whether the fields mean it.
#[test]
fn expressions_agree_with_asking_every_minute() {
    let mut counter = Counter(7);
    let mut all = |least: u32, most: u32| match counter.below(3) {
        0 => ("*".to_owned(), (least..=most).collect()),
        _ => field(&mut counter, least, most),
    };
    for round in 0..60 {
        let [minutes, hours, dates, months, weekdays] =
            [all(0, 59), all(0, 23), all(1, 31), all(1, 12), all(0, 7)];
        let expression =
            [&minutes, &hours, &dates, &months, &weekdays].map(|(text, _)| text.as_str()).join(" ");
        let recurrence = Recurrence::cron(&expression).unwrap();
        let is_day = |day: NaiveDate| {
            let date = dates.1.contains(&day.day());
            let number = day.weekday().num_days_from_sunday();
            let weekday = weekdays.1.contains(&number) || number == 0 && weekdays.1.contains(&7);
            let either = !dates.0.starts_with('*') && !weekdays.0.starts_with('*');
            months.1.contains(&day.month()) && if either { date || weekday } else { date && weekday }
        };
        let start = date("2026-01-01") + chrono::Days::new(round * 11);
        let expected = start
            .iter_days()
            .take(420)
            .filter(|day| is_day(*day))
            .flat_map(|day| {
                let meant =
                    |minute: &u32| hours.1.contains(&(minute / 60)) && minutes.1.contains(&(minute % 60));
                (0..1_440_u32)
                    .filter(meant)
                    .map(move |minute| day.and_hms_opt(minute / 60, minute % 60, 0).unwrap())
            })
            .take(3_000);
        let mut after = start.pred_opt().unwrap().and_hms_opt(23, 59, 59).unwrap();
        for expected in expected {
            let next = recurrence.after_wall(&Zone::utc(), after).unwrap();
            assert_eq!(next.wall, expected, "{expression}");
            assert_eq!(next.wall.second(), 0);
            after = next.wall;
        }
    }
}

#[test]
fn monday_is_monday() {
    let next =
        Recurrence::cron("0 9 * * 1").unwrap().after_wall(&Zone::utc(), wall("2026-11-01 00:00")).unwrap();
    assert_eq!(next.wall.weekday(), Weekday::Mon);
}
