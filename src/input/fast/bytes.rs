use std::fs::File;
use std::io;

/// A plain file, cut into stretches of equal length. A line belongs to the stretch in which it begins.
pub(super) struct Stretches {
    file: File,
    /// Where the first line begins.
    start: u64,
    end: u64,
    length: u64,
    /// A line that is longer is cut there.
    row_bytes: usize,
}

/// Lines of a log, one after the other and all of them whole.
pub(super) struct Lines<'a> {
    pub(super) bytes: &'a [u8],
    /// Where they begin in the log.
    pub(super) offset: u64,
}

/// So much more is read at first for the end of a line that goes over the stretch's end.
const BEYOND: usize = 16 << 10;

impl Stretches {
    pub(super) fn new(file: File, start: u64, length: u64, row_bytes: usize) -> io::Result<Stretches> {
        let end = file.metadata()?.len();
        Ok(Stretches { file, start, end, length: length.max(1), row_bytes })
    }

    pub(super) fn count(&self) -> usize {
        usize::try_from(self.end.saturating_sub(self.start).div_ceil(self.length)).unwrap_or(usize::MAX)
    }

    /// How many bytes a stretch has, at most.
    pub(super) fn bytes(&self, stretch: usize) -> u64 {
        let from = self.start + (stretch as u64).saturating_mul(self.length);
        self.end.saturating_sub(from).min(self.length)
    }

    /// The lines that begin within a stretch. The last may be without its break: at the end of the file, and where it is too long.
    pub(super) fn read<'a>(&self, stretch: usize, buffer: &'a mut Vec<u8>) -> io::Result<Lines<'a>> {
        let from = self.start + stretch as u64 * self.length;
        let until = (from + self.length).min(self.end);
        // The byte before tells whether a line begins with the stretch.
        let before = usize::from(stretch > 0);
        let first = from - before as u64;
        let Ok(own) = usize::try_from(until.saturating_sub(first)) else {
            return Err(io::ErrorKind::OutOfMemory.into());
        };
        self.fill(buffer, first, 0, own)?;
        let start = match before {
            0 => 0,
            _ => match memchr::memchr(b'\n', buffer.get(..own.saturating_sub(1)).unwrap_or_default()) {
                Some(at) => at + 1,
                None => return Ok(Lines { bytes: &[], offset: until }),
            },
        };
        let mut end = own;
        if buffer.get(..own).and_then(<[u8]>::last) != Some(&b'\n') {
            let last = memchr::memrchr(b'\n', buffer.get(start..own).unwrap_or_default());
            let last = last.map_or(start, |at| start + at + 1);
            // One byte beyond the limit shows that it is too long.
            let longest = last.saturating_add(self.row_bytes).saturating_add(2);
            let mut more = BEYOND;
            while end < longest && first + (end as u64) < self.end {
                let left = usize::try_from(self.end - first).unwrap_or(usize::MAX);
                let wanted = (end + more).min(longest).min(left);
                self.fill(buffer, first, end, wanted)?;
                let found = memchr::memchr(b'\n', buffer.get(end..wanted).unwrap_or_default());
                if let Some(at) = found {
                    end += at + 1;
                    break;
                }
                end = wanted;
                more *= 2;
            }
        }
        let bytes = buffer.get(start..end).unwrap_or_default();
        Ok(Lines { bytes, offset: first + start as u64 })
    }

    /// Reads from one place of the buffer to another, of which the first stands for a byte of the file.
    fn fill(&self, buffer: &mut Vec<u8>, first: u64, from: usize, to: usize) -> io::Result<()> {
        if buffer.len() < to {
            buffer.resize(to, 0);
        }
        let Some(part) = buffer.get_mut(from..to) else { return Ok(()) };
        read_at(&self.file, part, first + from as u64)
    }
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, buffer, offset)
}

#[cfg(windows)]
fn read_at(file: &File, mut buffer: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !buffer.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, buffer, offset)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => {
                buffer = buffer.get_mut(read..).unwrap_or_default();
                offset += read as u64;
            }
        }
    }
    Ok(())
}
