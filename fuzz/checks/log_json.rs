//! Any bytes as a log in JSON: every row is a record, ignored, or a reject.

use std::io::Cursor;

use campanile::infer::Census;
use campanile::input::{Format, ReadOptions, Row, from_read};

/// Panics where the target is not met.
pub fn check(bytes: &[u8]) {
    for format in [None, Some(Format::Segment), Some(Format::CleverTap)] {
        let options = ReadOptions { format, ..ReadOptions::default() };
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
