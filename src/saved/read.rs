//! Reading, which believes nothing.

use std::any::Any;
use std::io::Read;
use std::sync::Arc;

use xxhash_rust::xxh3::Xxh3;

use super::write::{LAST, NAMES};
use super::{DEEPEST, Damage, Saved};

/// So much is asked for at once.
const CHUNK: usize = 1 << 16;

/// For so many bytes of items there is room before any has come.
const ROOM: usize = 1 << 12;

/// How long the sum at the end is.
const SUM: usize = 8;

/// Something that never changes, looked up by a name once.
type Known = &'static (dyn Any + Send + Sync);

/// Reads what a saver wrote.
pub(crate) struct Restorer<'r> {
    from: &'r mut dyn Read,
    /// What has come and is not read yet lies from `at` on.
    buffer: Vec<u8>,
    at: usize,
    /// Nothing further comes.
    ended: bool,
    sum: Xxh3,
    base: i64,
    names: Vec<(Arc<str>, Option<Known>)>,
    depth: u32,
    /// The ids of the users who were read, by their numbers.
    pub(crate) users: Vec<Arc<str>>,
    /// No campaign has so many messages.
    pub(crate) variants: usize,
}

impl<'r> Restorer<'r> {
    pub(crate) fn new(from: &'r mut dyn Read) -> Restorer<'r> {
        Restorer {
            from,
            buffer: Vec::new(),
            at: 0,
            ended: false,
            sum: Xxh3::new(),
            base: 0,
            names: Vec::new(),
            depth: 0,
            users: Vec::new(),
            variants: 0,
        }
    }

    pub(crate) fn count_from(&mut self) -> Result<i64, Damage> {
        self.base = self.signed()?;
        Ok(self.base)
    }

    /// So many of the next bytes, if there are.
    fn take(&mut self, many: usize) -> Result<&[u8], Damage> {
        if self.buffer.len() - self.at < many {
            self.fill(many)?;
        }
        let end = self.at.saturating_add(many);
        let bytes = self.buffer.get(self.at..end).ok_or(Damage::Cut)?;
        self.at = end;
        Ok(bytes)
    }

    /// Sees to it that so many bytes are there. What is asked for and does not come takes no memory.
    fn fill(&mut self, many: usize) -> Result<(), Damage> {
        let read = self.buffer.get(..self.at).unwrap_or_default();
        self.sum.update(read);
        self.buffer.drain(..self.at);
        self.at = 0;
        while self.buffer.len() < many && !self.ended {
            let before = self.buffer.len();
            let came = (&mut *self.from).take(CHUNK as u64).read_to_end(&mut self.buffer);
            came.map_err(Damage::Io)?;
            self.ended = self.buffer.len() - before < CHUNK;
        }
        Ok(())
    }

    pub(crate) fn byte(&mut self) -> Result<u8, Damage> {
        if let Some(byte) = self.buffer.get(self.at) {
            self.at += 1;
            return Ok(*byte);
        }
        self.array().map(|[byte]: [u8; 1]| byte)
    }

    pub(crate) fn array<const LONG: usize>(&mut self) -> Result<[u8; LONG], Damage> {
        self.take(LONG)?.try_into().map_err(|_| Damage::Cut)
    }

    pub(crate) fn number(&mut self) -> Result<u64, Damage> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7F);
            if shift == 63 && bits > 1 {
                break;
            }
            number |= bits << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(Damage::Wrong("a number is too long"))
    }

    pub(crate) fn signed(&mut self) -> Result<i64, Damage> {
        let number = self.number()?;
        Ok(unzigzag(number))
    }

    pub(crate) fn millis(&mut self) -> Result<i64, Damage> {
        match self.number()? {
            0 => Ok(LAST),
            1 => self.signed(),
            2 => Ok(i64::MIN),
            near => Ok(self.base.wrapping_add(unzigzag(near - 3))),
        }
    }

    pub(crate) fn length(&mut self) -> Result<usize, Damage> {
        usize::try_from(self.number()?).map_err(|_| Damage::Wrong("a length is too long"))
    }

    /// The place of a campaign's message.
    pub(crate) fn variant(&mut self) -> Result<usize, Damage> {
        let place = self.length()?;
        if place < self.variants { Ok(place) } else { Err(Damage::Wrong("no campaign has so many messages")) }
    }

    pub(crate) fn str(&mut self) -> Result<&str, Damage> {
        let length = self.length()?;
        let bytes = self.take(length)?;
        str::from_utf8(bytes).map_err(|_| Damage::Wrong("a text is not UTF-8"))
    }

    pub(crate) fn name(&mut self) -> Result<Arc<str>, Damage> {
        let number = self.length()?;
        let Some(place) = number.checked_sub(1) else {
            let name: Arc<str> = self.str()?.into();
            if self.names.len() < NAMES {
                self.names.push((Arc::clone(&name), None));
            }
            return Ok(name);
        };
        let known = self.names.get(place).ok_or(Damage::Wrong("a name was not said"))?;
        Ok(Arc::clone(&known.0))
    }

    /// Something that never changes, by its name: looked up when the name is met first.
    pub(crate) fn named<T: Any + Send + Sync>(
        &mut self,
        find: impl FnOnce(&str) -> Option<&'static T>,
    ) -> Result<&'static T, Damage> {
        const NONE: Damage = Damage::Wrong("nothing has such a name");
        let number = self.length()?;
        let Some(place) = number.checked_sub(1) else {
            let name: Arc<str> = self.str()?.into();
            let found = find(&name).ok_or(NONE)?;
            if self.names.len() < NAMES {
                self.names.push((name, Some(found)));
            }
            return Ok(found);
        };
        let (name, known) = self.names.get_mut(place).ok_or(Damage::Wrong("a name was not said"))?;
        if let Some(found) = known.and_then(|known| known.downcast_ref()) {
            return Ok(found);
        }
        let found = find(name).ok_or(NONE)?;
        *known = Some(found);
        Ok(found)
    }

    pub(crate) fn rising(&mut self) -> Result<Vec<i64>, Damage> {
        let length = self.length()?;
        let mut all = Vec::with_capacity(room::<i64>(length));
        for _ in 0..length {
            let millis = match all.last() {
                None => self.millis()?,
                Some(last) => self.number()?.wrapping_add(*last as u64) as i64,
            };
            all.push(millis);
        }
        Ok(all)
    }

    /// Reads a list's items one after the other.
    pub(crate) fn items<T: Saved>(&mut self, mut take: impl FnMut(T)) -> Result<(), Damage> {
        for _ in 0..self.length()? {
            take(T::restore(self)?);
        }
        Ok(())
    }

    pub(crate) fn list<T: Saved>(&mut self) -> Result<Vec<T>, Damage> {
        let length = self.length()?;
        let mut items = Vec::with_capacity(room::<T>(length));
        for _ in 0..length {
            items.push(T::restore(self)?);
        }
        Ok(items)
    }

    /// Reads what lies within something else.
    pub(crate) fn within<T>(
        &mut self,
        read: impl FnOnce(&mut Restorer<'r>) -> Result<T, Damage>,
    ) -> Result<T, Damage> {
        if self.depth >= DEEPEST {
            return Err(Damage::Wrong("a value lies too deep within others"));
        }
        self.depth += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }

    /// The end: the sum of all is what it was, and nothing follows.
    pub(crate) fn finish(&mut self) -> Result<(), Damage> {
        // What was read is summed up, and what is left lies at the beginning.
        self.fill(SUM + 1)?;
        let sum = self.sum.digest();
        if u64::from_le_bytes(self.array()?) != sum {
            return Err(Damage::Wrong("the sum at the end is another"));
        }
        if self.at < self.buffer.len() {
            return Err(Damage::Wrong("something follows the end"));
        }
        Ok(())
    }
}

/// For how many of so many items there is room from the beginning.
pub(super) fn room<T>(length: usize) -> usize {
    length.min(ROOM / size_of::<T>().max(1) + 1)
}

fn unzigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}
