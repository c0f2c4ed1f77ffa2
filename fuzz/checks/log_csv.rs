//! Any bytes as a table: every row is a record or a reject.

use std::io::Cursor;

use campanile::infer::Census;
use campanile::input::{Columns, Format, ReadOptions, Row, from_read};

const COLUMNS: [&str; 3] =
    ["user=u,at=t,event=e,id=i", "user=u", "user=u,at=t:unix_ms,event=\"X\",properties=p"];

/// Panics where the target is not met.
pub fn check(bytes: &[u8]) {
    for columns in COLUMNS {
        let columns: Columns = columns.parse().unwrap();
        let options =
            ReadOptions { format: Some(Format::Csv), columns: Some(columns), ..ReadOptions::default() };
        let Ok(mut reader) = from_read("fuzz", Cursor::new(bytes.to_vec()), &options) else { continue };
        let mut census = Census::new();
        for row in reader.by_ref() {
            match row {
                Ok(Row::Record(record)) => census.add(&record),
                Ok(Row::Reject(reject)) => assert!(!reject.reason.is_empty()),
                Ok(Row::Ignored(_)) => {}
                Err(_) => break,
            }
        }
        assert!(reader.next().is_none());
        census.settle();
    }
}
