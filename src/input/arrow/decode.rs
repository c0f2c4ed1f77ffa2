//! The decoder of Parquet, kept from taking the program with it.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use parquet::errors::ParquetError;

thread_local! {
    static DECODING: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread decodes a file just now: a panic is the file's fault then, and will be an error.
#[cfg(feature = "cli")]
pub(crate) fn is_decoding() -> bool {
    DECODING.get()
}

/// Runs what decodes a file. Of a damaged file the decoder gives up with an error, or with a panic (an index beyond a buffer, a
/// division by a count of zero), which is an error as well.
pub(super) fn guarded<T>(decode: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, String> {
    DECODING.set(true);
    let decoded = catch_unwind(AssertUnwindSafe(decode));
    DECODING.set(false);
    match decoded {
        Ok(Ok(read)) => Ok(read),
        Ok(Err(error)) => Err(in_words(&error)),
        Err(_) => Err("it contradicts itself".to_owned()),
    }
}

fn in_words(error: &ParquetError) -> String {
    match error {
        ParquetError::General(words)
        | ParquetError::NYI(words)
        | ParquetError::EOF(words)
        | ParquetError::ArrowError(words) => words.trim_start_matches("Parquet error: ").to_owned(),
        ParquetError::External(error) => error.to_string(),
        ParquetError::NeedMoreData(_) | ParquetError::NeedMoreDataRange(_) => "it ends too early".to_owned(),
        other => other.to_string(),
    }
}
