//! How much may wait in memory, and where the rest goes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use xxhash_rust::xxh3::xxh3_64;

use super::{Blocks, Scratch, ScratchError};

/// A budget, and the place for what is beyond it.
#[derive(Debug, Clone)]
pub(crate) struct Limit {
    pub(crate) bytes: u64,
    pub(crate) scratch: Arc<dyn Scratch>,
}

/// What waits in memory while a log is taken in, counted by all threads together.
#[derive(Debug)]
pub(crate) struct Memory {
    limit: Option<Limit>,
    held: AtomicU64,
    blocks: Mutex<Option<Arc<dyn Blocks>>>,
}

/// A block that was put by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Block {
    number: u64,
    bytes: usize,
    checksum: u64,
}

impl Memory {
    pub(crate) fn new(limit: Option<&Limit>) -> Memory {
        Memory { limit: limit.cloned(), held: AtomicU64::new(0), blocks: Mutex::default() }
    }

    /// So much more is held; whether that is too much.
    pub(crate) fn hold(&self, bytes: u64) -> bool {
        let held = self.held.fetch_add(bytes, Ordering::Relaxed) + bytes;
        // A quarter is left for those parts that are at work later on, and for reading.
        self.limit.as_ref().is_some_and(|limit| held > limit.bytes / 4 * 3)
    }

    /// So much is held no more.
    pub(crate) fn release(&self, bytes: u64) {
        self.held.fetch_sub(bytes, Ordering::Relaxed);
    }

    fn blocks(&self) -> Result<Arc<dyn Blocks>, ScratchError> {
        let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(blocks) = &*blocks {
            return Ok(Arc::clone(blocks));
        }
        let Some(limit) = &self.limit else { return Err(ScratchError::new("nothing was to be put by")) };
        let begun: Arc<dyn Blocks> = limit.scratch.begin()?.into();
        *blocks = Some(Arc::clone(&begun));
        Ok(begun)
    }

    /// Puts a block by.
    pub(crate) fn put(&self, block: &[u8]) -> Result<Block, ScratchError> {
        let number = self.blocks()?.put(block)?;
        Ok(Block { number, bytes: block.len(), checksum: xxh3_64(block) })
    }

    /// The same block, to the bit.
    pub(crate) fn get(&self, block: Block) -> Result<Vec<u8>, ScratchError> {
        let bytes = self.blocks()?.get(block.number)?;
        if bytes.len() != block.bytes || xxh3_64(&bytes) != block.checksum {
            return Err(changed());
        }
        Ok(bytes)
    }
}

/// What was put by together: a block for each part of the users of whom there is anything, in the order of the parts.
#[derive(Debug, Default)]
pub(crate) struct Run {
    pub(crate) blocks: Vec<(u32, Block)>,
}

impl Run {
    /// The block of a part.
    pub(crate) fn block(&self, part: usize) -> Option<Block> {
        let place = self.blocks.binary_search_by_key(&part, |(part, _)| *part as usize).ok()?;
        self.blocks.get(place).map(|(_, block)| *block)
    }
}

/// What was put by came back otherwise.
#[cold]
pub(crate) fn changed() -> ScratchError {
    let message = "what was put by for want of memory came back changed";
    ScratchError::new(message).with_help("the disk that holds it loses data; put it on another one")
}
