//! Places for what does not fit in memory: one that keeps everything, one that fails once, and one that gives back something else.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use campanile::audience::{Blocks, Scratch, ScratchError};

/// Blocks in memory.
#[derive(Debug, Default)]
pub struct InMemory {
    pub state: Arc<State>,
}

/// What happens with the blocks.
#[derive(Debug, Default)]
pub struct State {
    /// How many operations there were.
    pub operations: AtomicUsize,
    /// The operation of this number fails, counted from 1.
    pub fails: usize,
    /// The bit that is turned in the block that is had back by the operation of this number.
    pub turns: Option<(usize, usize)>,
    /// How many collections of blocks are there.
    pub open: AtomicUsize,
}

#[derive(Debug)]
struct Kept {
    state: Arc<State>,
    blocks: Mutex<Vec<Vec<u8>>>,
}

impl State {
    fn operation(&self) -> Result<usize, ScratchError> {
        let number = self.operations.fetch_add(1, Ordering::SeqCst) + 1;
        if number == self.fails {
            Err(ScratchError::new(format!("operation {number} fails")))
        } else {
            Ok(number)
        }
    }
}

impl Scratch for InMemory {
    fn begin(&self) -> Result<Box<dyn Blocks>, ScratchError> {
        self.state.operation()?;
        self.state.open.fetch_add(1, Ordering::SeqCst);
        Ok(Box::new(Kept { state: Arc::clone(&self.state), blocks: Mutex::default() }))
    }
}

impl Blocks for Kept {
    fn put(&self, block: &[u8]) -> Result<u64, ScratchError> {
        self.state.operation()?;
        let mut blocks = self.blocks.lock().unwrap();
        blocks.push(block.to_vec());
        Ok(blocks.len() as u64 - 1)
    }

    fn get(&self, number: u64) -> Result<Vec<u8>, ScratchError> {
        let operation = self.state.operation()?;
        let mut block = self.blocks.lock().unwrap()[number as usize].clone();
        if let Some((turned, bit)) = self.state.turns.filter(|(turned, _)| *turned == operation) {
            let bit = (bit + turned) % (block.len() * 8);
            block[bit / 8] ^= 1 << (bit % 8);
        }
        Ok(block)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.state.open.fetch_sub(1, Ordering::SeqCst);
    }
}
