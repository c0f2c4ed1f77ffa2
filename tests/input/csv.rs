//! CSV by a column mapping.

use std::io;

use campanile::input::{Columns, ReadOptions, RejectKind, Row, from_read};
use campanile::model::{Instant, Number, Record, Value};

use crate::{at, event, events, in_india, pairs, profile, rejects, rows_with, with_columns};

#[test]
fn a_csv_of_one_kind_of_event_is_read() {
    let log = "customer_id,date,cds,usd\n00001,19970101,1,11.77\n00002,19970112,,12.00\n";
    let rows = rows_with(log, &with_columns(r#"user=customer_id,at=date,event="Charged""#));
    let events = events(&rows);
    assert_eq!(
        (&*events[0].user, &*events[0].name, events[0].at),
        ("00001", "Charged", at("1997-01-01T00:00:00Z"))
    );
    assert_eq!(
        pairs(events[0]),
        [("cds", &Value::integer(1)), ("usd", &Value::Number(Number::from_f64(11.77).unwrap()))]
    );
    assert_eq!(pairs(events[1]), [("usd", &Value::integer(12))]);
    assert_eq!(events[0].id, None);
}

#[test]
fn a_csv_with_a_column_of_event_names_and_ids_is_read() {
    let log = "when;id;who;what;city;junk\n1468308340;e1;asha;Added to Cart;Pune;x\n1468308341;;ravi;\"Charged; paid\";;y\n";
    let rows = rows_with(log, &with_columns("user=who,at=when,event=what,id=id,properties=city"));
    let events = events(&rows);
    assert_eq!((&*events[0].name, events[0].id.as_deref()), ("Added to Cart", Some("e1")));
    assert_eq!(pairs(events[0]), [("city", &Value::text("Pune"))]);
    assert_eq!((&*events[1].name, events[1].id.as_deref()), ("Charged; paid", None));
    assert!(events[1].properties.is_empty());
}

#[test]
fn a_csv_without_an_event_is_profiles() {
    let log = "user,phone,whatsapp,since,first_name\nasha,+919820012345,true,2026-11-03,Asha\nravi,0091982001234,,,\n";
    let rows = rows_with(log, &with_columns("user=user"));
    let Row::Record(Record::Profile(asha)) = &rows[0] else { panic!("no profile") };
    assert_eq!(asha.at, None);
    assert_eq!(asha.changes[0], ("phone".into(), Some(Value::text("+919820012345"))));
    // The profile reads the text as consent; nothing here guesses at yes and no.
    assert_eq!(asha.changes[1], ("whatsapp".into(), Some(Value::text("true"))));
    let Row::Record(Record::Profile(ravi)) = &rows[1] else { panic!("no profile") };
    assert_eq!(ravi.changes, [("phone".into(), Some(Value::text("0091982001234")))]);
    let rows = rows_with(log, &with_columns("user=user,at=since,properties=first_name"));
    let times: Vec<_> = rows
        .iter()
        .map(|row| match row {
            Row::Record(Record::Profile(profile)) => profile.at,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(times, [Some(at("2026-11-03T00:00:00Z")), None]);
}

#[test]
fn wall_clocks_of_a_csv_are_in_the_zone_that_was_given() {
    let options = in_india(with_columns(r#"user=u,at=t,event="E""#));
    let log = "u,t\na,2026-11-03 10:00\na,2026-11-03T10:00:00Z\na,20261103\na,2026-11-03T10:00:30.5\n";
    let rows = rows_with(log, &options);
    let times: Vec<_> = events(&rows).iter().map(|event| event.at.to_string()).collect();
    assert_eq!(
        times,
        ["2026-11-03T04:30:00Z", "2026-11-03T10:00:00Z", "2026-11-02T18:30:00Z", "2026-11-03T04:30:30.500Z"]
    );
}

#[test]
fn epoch_columns_are_told_by_size_or_by_name() {
    let log = "u,t\na,1468308340\na,1468308340123\n";
    let rows = rows_with(log, &with_columns(r#"user=u,at=t,event="E""#));
    let times: Vec<_> = events(&rows).iter().map(|event| event.at.millis()).collect();
    assert_eq!(times, [1_468_308_340_000, 1_468_308_340_123]);
    let rows = rows_with("u,t\na,19970101\n", &with_columns(r#"user=u,at=t:unix_ms,event="E""#));
    assert_eq!(event(&rows).at, Instant::from_millis(19_970_101));
}

#[test]
fn quoted_cells_may_hold_anything() {
    let log = "\u{feff}u,t,\"a,b\",text\r\n\r\nasha,0,\"x \"\"y\"\"\",\"two\r\nlines\"\r\nravi,0,\" z \", w \r\n,0,,\r\n";
    let rows = rows_with(log, &with_columns(r#"user=u,at=t,event="E""#));
    let events = events(&rows);
    assert_eq!(pairs(events[0]), [("a,b", &Value::text("x \"y\"")), ("text", &Value::text("two\r\nlines"))]);
    assert_eq!(pairs(events[1]), [("a,b", &Value::text(" z ")), ("text", &Value::text("w"))]);
    // Rows are numbered by the line on which they begin.
    let reject = rejects(&rows)[0];
    assert_eq!((reject.row, reject.kind, &*reject.raw), (6, RejectKind::EmptyUser, ",0,,"));
}

#[test]
fn each_bad_csv_row_says_why() {
    let options = with_columns("user=u,at=t,event=e");
    for (row, kind, reason) in [
        ("a,0", "wrong_cells", "it has 2 cells, the header 4"),
        ("a,0,E,x,y", "wrong_cells", "it has 5 cells, the header 4"),
        (",0,E,x", "empty_user", "`u` is empty"),
        ("a,,E,x", "missing_time", "`t` is empty"),
        ("a,0,,x", "missing_event", "`e` is empty"),
        (
            "a,yesterday,E,x",
            "bad_time",
            "`t` is `yesterday`, which is no time such as `2026-11-03T10:00:00Z`",
        ),
        (
            "a,1800-01-01,E,x",
            "time_out_of_range",
            "`t` is `1800-01-01`, which is no time between the years 1900 and 2199",
        ),
        ("a,0,\"E\"x,y", "broken_csv", "cell 3 goes on behind its closing quote"),
        ("a,0,\"E,x", "broken_csv", "the quote of cell 3 is not closed"),
    ] {
        let log = format!("u,t,e,p\na,0,E,1\n{row}\na,1,E,2\na,2,E,3,\n");
        let rows = rows_with(log, &options);
        // Those behind the bad row are there: a quote that was forgotten takes its own line only.
        assert_eq!(events(&rows).len(), 3, "{row}: {rows:?}");
        let reject = rejects(&rows)[0];
        assert_eq!((reject.kind.name(), &*reject.reason), (kind, reason), "{row}");
        assert_eq!((reject.row, &*reject.raw, reject.offset), (3, row, 16), "{row}");
    }
}

#[test]
fn columns_that_are_not_there_are_an_error_that_lists_those_that_are() {
    let error = |header: &str, columns: &str| {
        let error =
            from_read("log.csv", io::Cursor::new(header.to_owned()), &with_columns(columns)).unwrap_err();
        (error.to_string(), error.help().unwrap_or("").to_owned())
    };
    assert_eq!(
        error("a,b\n", "user=c"),
        ("`log.csv` has no column `c`".to_owned(), "its columns are `a`, `b`".to_owned())
    );
    // One wrong name does not change what separates the others.
    assert_eq!(
        error("a;b\n", "user=a,at=c"),
        ("`log.csv` has no column `c`".to_owned(), "its columns are `a`, `b`".to_owned())
    );
    assert_eq!(
        error("a,b\n", "user=a,at=b,event=Charged"),
        (
            "`log.csv` has no column `Charged`".to_owned(),
            "its columns are `a`, `b`; for the name of all events put it in quotes, which a shell must be kept from taking: `--columns 'user=…,at=…,event=\"Charged\"'`".to_owned()
        )
    );
    assert_eq!(error("a,b,b\n", "user=a").0, "`log.csv` has two columns `b`");
    assert_eq!(
        error("a,\"b\n", "user=a").0,
        "the header of `log.csv` is broken: the quote of cell 2 is not closed"
    );
    let columns: Columns = "user=a".parse().unwrap();
    let options = ReadOptions { columns: Some(columns), ..ReadOptions::default() };
    // A column without a name holds nothing that a rule could ask for.
    assert_eq!(
        profile(&rows_with("a,,c\nx,1,2\n", &options)).changes,
        [("c".into(), Some(Value::integer(2)))]
    );
}
