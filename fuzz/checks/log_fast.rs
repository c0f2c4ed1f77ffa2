//! Any bytes as a log: the reader in columns and the one row by row count the same.

use std::io::Cursor;
use std::num::NonZeroUsize;

use campanile::input::{Format, ReadOptions, Row, from_read, survey_read};
use campanile::model::Record;

const COLUMNS: [&str; 2] = ["user=u,at=t,event=e,id=i", "user=u,at=t:unix_ms,event=\"X\",properties=p"];

/// Panics where the target is not met.
pub fn check(bytes: &[u8]) {
    for format in [Format::Segment, Format::CleverTap, Format::Json, Format::Csv] {
        for columns in COLUMNS {
            let options = ReadOptions {
                format: Some(format),
                columns: Some(columns.parse().unwrap()),
                ..ReadOptions::default()
            };
            let log = || Cursor::new(bytes.to_vec());
            let fast = survey_read("fuzz", log(), &options, None, NonZeroUsize::MIN);
            let Ok(mut reader) = from_read("fuzz", log(), &options) else {
                assert!(fast.is_err());
                continue;
            };
            let mut events = 0;
            let mut is_whole = true;
            for row in reader.by_ref() {
                match row {
                    Ok(row) => events += u64::from(matches!(row, Row::Record(Record::Event(_)))),
                    Err(_) => is_whole = false,
                }
            }
            assert_eq!(fast.is_ok(), is_whole);
            let Ok(tally) = fast else { continue };
            assert_eq!((tally.events, tally.rows()), (events, reader.rows()));
            assert_eq!(&tally.rejected, reader.rejected());
        }
    }
}
