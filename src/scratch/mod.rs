//! Where what does not fit in memory is put, as its users see it: who gives the place is the host.

pub(crate) mod bytes;
pub(crate) mod memory;

use std::fmt;

/// A place for what does not fit in memory while a log is asked or replayed, such as a folder on a disk.
///
/// The library reads and writes no file of its own accord: who gives it a budget of memory says where the rest goes. With the feature
/// `input` there is `campanile::input::TemporaryFiles`; a host may as well keep blocks elsewhere.
///
/// # Example
/// ```
/// use std::sync::{Arc, Mutex};
/// use campanile::audience::{Audience, Blocks, Scratch, ScratchError};
/// use campanile::{model::Instant, rulebook::Rulebook};
///
/// #[derive(Debug)]
/// struct Elsewhere;
/// #[derive(Debug, Default)]
/// struct Kept(Mutex<Vec<Vec<u8>>>);
///
/// impl Scratch for Elsewhere {
///     fn begin(&self) -> Result<Box<dyn Blocks>, ScratchError> {
///         Ok(Box::new(Kept::default()))
///     }
/// }
/// impl Blocks for Kept {
///     fn put(&self, block: &[u8]) -> Result<u64, ScratchError> {
///         let mut kept = self.0.lock().map_err(|_| ScratchError::new("a thread panicked"))?;
///         kept.push(block.to_vec());
///         Ok(kept.len() as u64 - 1)
///     }
///     fn get(&self, number: u64) -> Result<Vec<u8>, ScratchError> {
///         let kept = self.0.lock().map_err(|_| ScratchError::new("a thread panicked"))?;
///         kept.get(number as usize).cloned().ok_or_else(|| ScratchError::new("there is no such block"))
///     }
/// }
/// let rulebook = Rulebook::parse("shop.camp", "segment buyers = did \"Charged\" in last 7 days")?;
/// let audience = Audience::new(&rulebook).with_memory(1 << 30, Arc::new(Elsewhere));
/// # let _ = audience.at(Instant::parse("2026-11-08T00:00:00Z")?).ask()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Scratch: fmt::Debug + Send + Sync {
    /// Begins an empty collection of blocks. It is asked for when something is first to be put there, and what is in it is
    /// of no more use once the collection is dropped, after an error too.
    ///
    /// # Errors
    /// When nothing can be put there.
    fn begin(&self) -> Result<Box<dyn Blocks>, ScratchError>;
}

/// Blocks of bytes that were put by, each to be had back as it was.
///
/// Several threads put and get at the same time. A block that comes back otherwise than it was put by is noticed, and is an error.
pub trait Blocks: fmt::Debug + Send + Sync {
    /// Puts a block by. The answer is the number by which it is had back.
    ///
    /// # Errors
    /// When there is no more room, or writing fails.
    fn put(&self, block: &[u8]) -> Result<u64, ScratchError>;

    /// A block by its number.
    ///
    /// # Errors
    /// When it cannot be read.
    fn get(&self, number: u64) -> Result<Vec<u8>, ScratchError>;
}

/// Why something could not be put by or had back, in words that name the place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScratchError {
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

impl ScratchError {
    /// An error in words.
    pub fn new(message: impl Into<String>) -> ScratchError {
        ScratchError { message: message.into(), help: None }
    }

    /// The same, and how to mend it.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> ScratchError {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for ScratchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ScratchError {}
