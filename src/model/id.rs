use std::fmt;

use crate::saved::saved;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

/// The 128-bit fingerprint of several texts, stable across machines, versions and runs (XXH3).
///
/// Each part is preceded by its length, so that `("ab", "c")` and `("a", "bc")` differ.
pub fn fingerprint<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> u128 {
    framed(parts).fingerprint()
}

fn framed<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Framed {
    let mut framed = Framed::default();
    parts.into_iter().for_each(|part| framed.part(part));
    framed
}

/// The parts of a fingerprint, each behind its length. Short ones, as most are, are put together without asking for memory.
#[derive(Debug)]
pub(crate) struct Framed {
    short: [u8; SHORT],
    len: usize,
    /// All, once it is more than fits above.
    long: Vec<u8>,
}

const SHORT: usize = 256;

impl Default for Framed {
    fn default() -> Framed {
        Framed { short: [0; SHORT], len: 0, long: Vec::new() }
    }
}

impl Framed {
    /// One part more.
    pub(crate) fn part(&mut self, bytes: &[u8]) {
        self.push(&(bytes.len() as u64).to_le_bytes());
        self.push(bytes);
    }

    /// One part more, which is written piece by piece.
    pub(crate) fn written_part(&mut self, write: impl FnOnce(&mut Framed)) {
        let length_at = self.len;
        self.push(&[0; 8]);
        let begin = self.len;
        write(self);
        let length = ((self.len - begin) as u64).to_le_bytes();
        let all = if self.long.is_empty() { &mut self.short[..] } else { &mut self.long[..] };
        if let Some(place) = all.get_mut(length_at..begin) {
            place.copy_from_slice(&length);
        }
    }

    pub(crate) fn fingerprint(&self) -> u128 {
        xxh3_128(self.bytes())
    }

    fn bytes(&self) -> &[u8] {
        if self.long.is_empty() { self.short.get(..self.len).unwrap_or_default() } else { &self.long }
    }

    fn push(&mut self, bytes: &[u8]) {
        let end = self.len + bytes.len();
        if self.long.is_empty() {
            match self.short.get_mut(self.len..end) {
                Some(place) => place.copy_from_slice(bytes),
                None => {
                    self.long.reserve(end * 2);
                    self.long.extend_from_slice(self.short.get(..self.len).unwrap_or_default());
                    self.long.extend_from_slice(bytes);
                }
            }
        } else {
            self.long.extend_from_slice(bytes);
        }
        self.len = end;
    }
}

impl std::io::Write for Framed {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.push(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Hashes look-up keys with XXH3: several times faster on short names than the standard library's default.
///
/// For maps that are only looked up, never walked. Its order carries no meaning.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct NameHasher(u64);

impl std::hash::Hasher for NameHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = xxhash_rust::xxh3::xxh3_64_with_seed(bytes, self.0);
    }

    fn write_u8(&mut self, end: u8) {
        // What ends each text; one multiplication keeps it apart from what follows.
        self.0 = (self.0 ^ u64::from(end)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    fn write_u128(&mut self, fingerprint: u128) {
        // Fingerprints are random already.
        self.0 ^= fingerprint as u64;
    }
}

pub(crate) type NameHashing = std::hash::BuildHasherDefault<NameHasher>;

/// A map by names, for look-ups.
pub(crate) type NameMap<K, V> = std::collections::HashMap<K, V, NameHashing>;

/// A set of names or fingerprints, for look-ups.
pub(crate) type NameSet<K> = std::collections::HashSet<K, NameHashing>;

/// The id of a send job: a hash of campaign, user and occurrence, 32 hexadecimal digits.
///
/// No replay, restart or retry can make a second one for the same occurrence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(u128);

saved!(tuple JobId);

impl JobId {
    /// The id for a campaign's name, a user's id, and what made the user qualify.
    pub fn new(campaign: &str, user: &str, occurrence: &str) -> JobId {
        JobId(fingerprint([b"job".as_slice(), campaign.as_bytes(), user.as_bytes(), occurrence.as_bytes()]))
    }
}

impl JobId {
    /// The id as a number.
    pub(crate) const fn number(self) -> u128 {
        self.0
    }

    /// The id that is this number.
    pub(crate) const fn numbered(number: u128) -> JobId {
        JobId(number)
    }

    /// The id that is written so, and in no other way.
    pub(crate) fn written(text: &str) -> Option<JobId> {
        let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let plain = text.len() == 32 && text.bytes().all(digit);
        plain.then(|| u128::from_str_radix(text, 16).ok().map(JobId)).flatten()
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl Serialize for JobId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for JobId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<JobId, D::Error> {
        let text = String::deserialize(deserializer)?;
        u128::from_str_radix(&text, 16).map(JobId).map_err(serde::de::Error::custom)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for JobId {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "JobId".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[0-9a-f]{32}$" })
    }
}

/// A share of users, from 0 % to 100 %, in steps of a ten-thousandth of a percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percent(u32);

impl Percent {
    /// So many millionths; more than a million is all.
    pub const fn from_millionths(millionths: u32) -> Percent {
        Percent(if millionths > 1_000_000 { 1_000_000 } else { millionths })
    }

    /// In millionths: 3 % is 30,000.
    pub const fn millionths(self) -> u32 {
        self.0
    }
}

/// True for a stable share of users: chance that needs no dice and no memory.
///
/// `purpose` separates draws from one another (`control`, or a campaign's name with `holdout`): membership in one says
/// nothing about membership in another. A larger share contains every user of a smaller one.
///
/// # Example
/// ```
/// use campanile::model::{Percent, chance};
/// let in_control = |user: &str| chance("control", user, Percent::from_millionths(30_000));
/// assert_eq!(in_control("asha"), in_control("asha"));
/// ```
pub fn chance(purpose: &str, user: &str, share: Percent) -> bool {
    if share.millionths() == 0 {
        return false;
    }
    let hash = draw(purpose, user);
    // The high bits scaled to a million: no modulo bias worth naming, and monotone in the share.
    let bucket = ((u128::from(hash) * 1_000_000) >> 64) as u32;
    bucket < share.millionths()
}

/// A user's place in a draw: a stable hash, the same in every run, and independent between purposes. The smallest come
/// first.
pub fn draw(purpose: &str, user: &str) -> u64 {
    xxh3_64(framed([b"chance".as_slice(), purpose.as_bytes(), user.as_bytes()]).bytes())
}
