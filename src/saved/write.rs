//! Writing.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;

use xxhash_rust::xxh3::Xxh3;

use super::{DEEPEST, Saved};

/// So much is handed on at once.
const CHUNK: usize = 1 << 16;

/// So many names are written once; further ones as often as they come.
pub(super) const NAMES: usize = 1 << 12;

/// Takes down what is saved. A failure is kept until the end.
pub(crate) struct Saver<'w> {
    to: &'w mut dyn Write,
    buffer: Vec<u8>,
    failure: Option<io::Error>,
    sum: Xxh3,
    base: i64,
    names: BTreeMap<Arc<str>, u64>,
    depth: u32,
}

impl<'w> Saver<'w> {
    pub(crate) fn new(to: &'w mut dyn Write) -> Saver<'w> {
        Saver {
            to,
            // Most of what is saved by itself, such as a batch of the log, is far smaller than a chunk.
            buffer: Vec::new(),
            failure: None,
            sum: Xxh3::new(),
            base: 0,
            names: BTreeMap::new(),
            depth: 0,
        }
    }

    /// Instants are counted from this one on, which should be near most of them.
    pub(crate) fn count_from(&mut self, millis: i64) {
        self.signed(millis);
        self.base = millis;
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= CHUNK {
            self.hand_on();
        }
    }

    pub(crate) fn byte(&mut self, byte: u8) {
        self.bytes(&[byte]);
    }

    /// A number in as many groups of seven bits as it has, the lowest first.
    pub(crate) fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.buffer.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.byte(number as u8);
    }

    /// A number near 0.
    pub(crate) fn signed(&mut self, number: i64) {
        self.number(zigzag(number));
    }

    /// An instant: 0 is the end of all, 2 the absence of one, 1 announces what is far from all others.
    pub(crate) fn millis(&mut self, millis: i64) {
        let far = |distance: i64| zigzag(distance).checked_add(3);
        match (millis, millis.checked_sub(self.base).and_then(far)) {
            (LAST, _) => self.byte(0),
            (i64::MIN, _) => self.byte(2),
            (_, Some(near)) => self.number(near),
            (_, None) => {
                self.byte(1);
                self.signed(millis);
            }
        }
    }

    pub(crate) fn length(&mut self, length: usize) {
        self.number(length as u64);
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.length(text.len());
        self.bytes(text.as_bytes());
    }

    /// A text of which there are few, and each at many places.
    pub(crate) fn name(&mut self, name: &str) {
        if let Some(number) = self.names.get(name) {
            let number = *number;
            return self.number(number);
        }
        self.byte(0);
        self.text(name);
        if self.names.len() < NAMES {
            let number = self.names.len() as u64 + 1;
            self.names.insert(name.into(), number);
        }
    }

    /// Instants that rise, each but the first as what lies between it and the last.
    pub(crate) fn rising(&mut self, millis: &[i64]) {
        self.length(millis.len());
        let mut last = None;
        for millis in millis {
            match last {
                None => self.millis(*millis),
                Some(last) => self.number(millis.wrapping_sub(last) as u64),
            }
            last = Some(*millis);
        }
    }

    pub(crate) fn list<'i, T: Saved + 'i>(&mut self, items: impl ExactSizeIterator<Item = &'i T>) {
        self.length(items.len());
        items.for_each(|item| item.save(self));
    }

    /// Writes what lies within something else.
    pub(crate) fn within(&mut self, write: impl FnOnce(&mut Saver<'w>)) {
        if self.depth >= DEEPEST {
            self.fail(io::Error::other("a value lies too deep within others to be saved"));
            return;
        }
        self.depth += 1;
        write(self);
        self.depth -= 1;
    }

    pub(crate) fn fail(&mut self, failure: io::Error) {
        self.failure.get_or_insert(failure);
    }

    /// The end: hands on what is left, and a sum of all.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.hand_on();
        let sum = self.sum.digest().to_le_bytes();
        self.bytes(&sum);
        self.hand_on();
        match self.failure {
            Some(failure) => Err(failure),
            None => self.to.flush(),
        }
    }

    fn hand_on(&mut self) {
        self.sum.update(&self.buffer);
        if self.failure.is_none()
            && let Err(error) = self.to.write_all(&self.buffer)
        {
            self.failure = Some(error);
        }
        self.buffer.clear();
    }
}

/// The end of all instants.
pub(super) const LAST: i64 = 7_258_118_400_000;

fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)) as u64
}
