use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The bytes of an input without their compression, in a buffer that holds at least the row at hand.
pub(super) struct Source {
    read: Box<dyn Read + Send>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    offset: u64,
    finished: bool,
    packing: Option<&'static str>,
    stored: Arc<AtomicU64>,
}

/// Finds the end of a row in bytes that are given piece by piece.
pub(super) trait Scan {
    /// How many of these bytes belong to the row, if it ends within them.
    fn scan(&mut self, bytes: &[u8]) -> Option<usize>;
}

/// How a search for a row's end went.
pub(super) enum Found {
    /// The row has so many bytes, all in the buffer; 0 at the end of the input.
    Row(usize),
    /// It has more than the limit; so many bytes were looked at.
    TooLong(usize),
}

const FIRST_BUFFER: usize = 256 << 10;

impl Source {
    /// Looks at the first bytes to tell gzip and zstd, whatever the file is called.
    pub(super) fn new(mut read: impl Read + Send + 'static) -> io::Result<Source> {
        let mut head = Vec::with_capacity(4);
        read.by_ref().take(4).read_to_end(&mut head)?;
        let stored = Arc::new(AtomicU64::new(0));
        let magic: [u8; 4] = std::array::from_fn(|at| head.get(at).copied().unwrap_or(0));
        let inner = Cursor::new(head).chain(BufReader::with_capacity(FIRST_BUFFER, read));
        let counted = Counted { inner, taken: Arc::clone(&stored) };
        let (packing, read): (_, Box<dyn Read + Send>) = match magic {
            [0x1f, 0x8b, _, _] => (Some("gzip"), Box::new(flate2::bufread::MultiGzDecoder::new(counted))),
            // A frame, or the skippable frame that parallel compressors begin with.
            [0x28, 0xb5, 0x2f, 0xfd] | [0x50..=0x5f, 0x2a, 0x4d, 0x18] => {
                (Some("zstd"), Box::new(zstd::stream::read::Decoder::with_buffer(counted)?))
            }
            _ => (None, Box::new(counted)),
        };
        let buffer = vec![0; FIRST_BUFFER];
        Ok(Source { read, buffer, start: 0, end: 0, offset: 0, finished: false, packing, stored })
    }

    /// What is in the buffer and not yet passed.
    pub(super) fn rest(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// How many bytes, uncompressed, were passed.
    pub(super) const fn offset(&self) -> u64 {
        self.offset
    }

    /// The compression, if there is one.
    pub(super) const fn packing(&self) -> Option<&'static str> {
        self.packing
    }

    /// How many bytes were taken of the input as it is stored.
    pub(super) fn bytes_read(&self) -> u64 {
        self.stored.load(Ordering::Relaxed)
    }

    /// Passes bytes of the buffer.
    pub(super) fn skip(&mut self, bytes: usize) {
        let bytes = bytes.min(self.end - self.start);
        self.start += bytes;
        self.offset += bytes as u64;
    }

    /// Reads on; false at the end of the input.
    pub(super) fn more(&mut self) -> io::Result<bool> {
        if self.finished {
            return Ok(false);
        }
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        } else if self.end == self.buffer.len() {
            if self.start > 0 {
                self.buffer.copy_within(self.start..self.end, 0);
                (self.start, self.end) = (0, self.end - self.start);
            }
            if self.end * 2 > self.buffer.len() {
                self.buffer.resize(self.buffer.len() * 2, 0);
            }
        }
        loop {
            match self.read.read(self.buffer.get_mut(self.end..).unwrap_or_default()) {
                Ok(0) => {
                    self.finished = true;
                    return Ok(false);
                }
                Ok(read) => {
                    self.end += read;
                    return Ok(true);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Reads on until so many bytes are in the buffer, or the input ends.
    pub(super) fn fill(&mut self, bytes: usize) -> io::Result<()> {
        while self.rest().len() < bytes && self.more()? {}
        Ok(())
    }

    /// All that is left, in memory.
    pub(super) fn all(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        loop {
            bytes.extend_from_slice(self.rest());
            self.skip(usize::MAX);
            if !self.more()? {
                return Ok(bytes);
            }
        }
    }

    /// Reads on until the row that begins here is in the buffer. At the end of the input, what is left is the row.
    pub(super) fn row(&mut self, limit: usize, scan: &mut impl Scan) -> io::Result<Found> {
        let mut seen = 0;
        loop {
            let rest = self.rest();
            let until = rest.len().min(limit.saturating_add(1));
            if let Some(end) = scan.scan(rest.get(seen..until).unwrap_or_default()) {
                return Ok(Found::Row(seen + end));
            }
            seen = until;
            if seen > limit {
                return Ok(Found::TooLong(seen));
            }
            if !self.more()? {
                return Ok(Found::Row(seen));
            }
        }
    }

    /// Passes the rest of a row that is too long to keep, of which `scan` has seen `seen` bytes.
    pub(super) fn pass(&mut self, seen: usize, scan: &mut impl Scan) -> io::Result<()> {
        self.skip(seen);
        loop {
            if let Some(end) = scan.scan(self.rest()) {
                self.skip(end);
                return Ok(());
            }
            self.skip(usize::MAX);
            if !self.more()? {
                return Ok(());
            }
        }
    }
}

/// A row that ends with its line.
pub(super) struct Line;

impl Scan for Line {
    fn scan(&mut self, bytes: &[u8]) -> Option<usize> {
        find_newline(bytes).map(|at| at + 1)
    }
}

/// The place of the first line break.
pub(super) fn find_newline(bytes: &[u8]) -> Option<usize> {
    let mut passed = 0;
    // A block at a time without an early exit compiles to vector instructions.
    for block in bytes.chunks(64) {
        if block.iter().fold(false, |any, byte| any | (*byte == b'\n')) {
            return block.iter().position(|byte| *byte == b'\n').map(|at| passed + at);
        }
        passed += block.len();
    }
    None
}

/// Counts what was taken out of a buffered reader: not what the buffer holds in advance.
struct Counted<R> {
    inner: R,
    taken: Arc<AtomicU64>,
}

impl<R: BufRead> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.taken.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.taken.fetch_add(amount as u64, Ordering::Relaxed);
        self.inner.consume(amount);
    }
}
