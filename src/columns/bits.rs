/// Bits in bytes, the lowest first, from any bit on: as Arrow keeps them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bits<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Bits<'a> {
    /// The bits from one on.
    pub(crate) const fn new(bytes: &'a [u8], offset: usize) -> Bits<'a> {
        Bits { bytes, offset }
    }

    /// Whether a bit is set; what is beyond the end is not.
    pub(crate) fn get(self, place: usize) -> bool {
        let place = self.offset + place;
        self.bytes.get(place / 8).is_some_and(|byte| byte >> (place % 8) & 1 == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::Bits;

    #[test]
    fn bits_are_counted_from_the_lowest_and_from_any_offset() {
        let bits = Bits::new(&[0b0000_0110, 0b1], 1);
        let read: Vec<bool> = (0..9).map(|place| bits.get(place)).collect();
        assert_eq!(read, [true, true, false, false, false, false, false, true, false]);
        assert!(!bits.get(1000));
    }
}
