use std::fmt::Write as _;

use super::texts::Dictionary;
use crate::columns::{Bits, Column, Values};
use crate::model::{Number, Value};

/// A column while its rows come in. It has the form of its first value; a value that does not fit changes it for the rows so far.
pub(super) struct Builder {
    form: Form,
    /// Whether all values name something, so that numbers among texts are their digits.
    words: bool,
    /// Whether texts stand one after the other, there being too many for a dictionary.
    spilled: bool,
    rows: usize,
    known: usize,
    /// Which rows have a value, once one has none.
    valid: Vec<u8>,
    bits: Vec<u8>,
    integers: Vec<i64>,
    floats: Vec<f64>,
    codes: Vec<i32>,
    dictionary: Dictionary,
    ends: Vec<i32>,
    texts: String,
    others: Vec<Option<Value>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Booleans,
    Integers,
    Floats,
    Instants,
    Codes,
    Texts,
    Others,
}

/// Whole numbers up to here are floats exactly.
const EXACT: u64 = 1 << 53;

impl Builder {
    fn with(form: Form, words: bool, spilled: bool) -> Builder {
        Builder {
            form,
            words,
            spilled,
            rows: 0,
            known: 0,
            valid: Vec::new(),
            bits: Vec::new(),
            integers: Vec::new(),
            floats: Vec::new(),
            codes: Vec::new(),
            dictionary: Dictionary::new(),
            ends: vec![0],
            texts: String::new(),
            others: Vec::new(),
        }
    }

    /// A column of any values.
    pub(super) fn values() -> Builder {
        Builder::with(Form::Integers, false, false)
    }

    /// A column of names, of which there are few.
    pub(super) fn names() -> Builder {
        Builder::with(Form::Codes, true, false)
    }

    /// A column of ids, of which there are many.
    pub(super) fn ids() -> Builder {
        Builder::with(Form::Texts, true, true)
    }

    /// Begins a batch. The form stays: the next one is likely of the same.
    pub(super) fn clear(&mut self) {
        if self.form == Form::Others {
            self.form = Form::Integers;
        }
        (self.rows, self.known) = (0, 0);
        self.valid.clear();
        self.bits.clear();
        self.integers.clear();
        self.floats.clear();
        self.codes.clear();
        self.ends.truncate(1);
        self.texts.clear();
        self.others.clear();
    }

    /// Whether any row has a value.
    pub(super) const fn is_known(&self) -> bool {
        self.known > 0
    }

    /// The column of so many rows; those behind the last value have none.
    pub(super) fn finish(&mut self, rows: usize) {
        if self.known == self.rows && self.rows < rows {
            self.mark_all();
        }
        self.pad(rows);
        self.valid.resize(rows.div_ceil(8), 0);
    }

    /// The column, once it is finished.
    pub(super) fn column(&self) -> Column<'_> {
        let values = match self.form {
            Form::Booleans => Values::Booleans(Bits::new(&self.bits, 0)),
            Form::Integers => Values::Integers(&self.integers),
            Form::Floats => Values::Floats(&self.floats),
            Form::Instants => Values::Instants(&self.integers),
            Form::Codes => Values::Codes { codes: &self.codes, dictionary: self.dictionary.texts() },
            Form::Texts => Values::Texts { ends: &self.ends, bytes: &self.texts },
            Form::Others => Values::Others(&self.others),
        };
        let valid = (self.known < self.rows).then(|| Bits::new(&self.valid, 0));
        Column { values, valid }
    }

    /// Rows without a value, up to a row.
    #[inline]
    fn pad(&mut self, row: usize) {
        if self.rows >= row {
            return;
        }
        match self.form {
            Form::Booleans => self.bits.resize(row.div_ceil(8), 0),
            Form::Integers | Form::Instants => self.integers.resize(row, 0),
            Form::Floats => self.floats.resize(row, 0.0),
            Form::Codes => self.codes.resize(row, 0),
            Form::Texts => {
                let end = self.ends.last().copied().unwrap_or(0);
                self.ends.resize(row + 1, end);
            }
            Form::Others => self.others.resize(row, None),
        }
        self.rows = row;
    }

    /// One row with a value, which is pushed behind this.
    #[inline]
    fn know(&mut self, row: usize) {
        if self.known < self.rows || self.rows < row {
            self.mark(row);
        }
        self.known += 1;
        self.rows = row + 1;
    }

    /// Notes that a row has a value, among others that have none.
    fn mark(&mut self, row: usize) {
        if self.known == self.rows {
            self.mark_all();
        }
        self.pad(row);
        let bit = 1 << (row % 8);
        match self.valid.get_mut(row / 8) {
            Some(byte) => *byte |= bit,
            None => {
                self.valid.resize(row / 8, 0);
                self.valid.push(bit);
            }
        }
    }

    /// All rows so far have a value.
    #[cold]
    fn mark_all(&mut self) {
        self.valid.clear();
        self.valid.resize(self.rows / 8, 0xff);
        self.valid.push((1 << (self.rows % 8)) - 1);
    }

    #[inline]
    pub(super) fn integer(&mut self, row: usize, number: i64) {
        match self.form {
            Form::Integers => {
                self.know(row);
                self.integers.push(number);
            }
            Form::Floats if number.unsigned_abs() <= EXACT => {
                self.know(row);
                self.floats.push(number as f64);
            }
            Form::Codes | Form::Texts if self.words && self.known > 0 => {
                let mut digits = String::with_capacity(20);
                // Writing into a text cannot fail.
                let _ = write!(digits, "{number}");
                self.text(row, &digits);
            }
            _ => {
                self.change(Form::Integers);
                self.value(row, Value::integer(number));
            }
        }
    }

    #[inline]
    pub(super) fn float(&mut self, row: usize, number: f64) {
        // Nought has no sign.
        let number = number + 0.0;
        match self.form {
            Form::Floats => {
                self.know(row);
                self.floats.push(number);
            }
            Form::Integers if self.integers.iter().all(|number| number.unsigned_abs() <= EXACT) => {
                self.floats.extend(self.integers.drain(..).map(|number| number as f64));
                self.form = Form::Floats;
                self.float(row, number);
            }
            _ => {
                self.change(Form::Floats);
                self.value(row, Number::from_f64(number).map_or(Value::Boolean(false), Value::Number));
            }
        }
    }

    #[inline]
    pub(super) fn instant(&mut self, row: usize, millis: i64) {
        if self.form != Form::Instants {
            self.change(Form::Instants);
        }
        if self.form == Form::Instants {
            self.know(row);
            self.integers.push(millis);
        } else {
            self.value(row, Value::Instant(crate::model::Instant::from_millis(millis)));
        }
    }

    #[inline]
    pub(super) fn boolean(&mut self, row: usize, value: bool) {
        if self.form != Form::Booleans {
            self.change(Form::Booleans);
        }
        if self.form == Form::Booleans {
            self.know(row);
            self.bits.resize(row / 8 + 1, 0);
            if let Some(byte) = self.bits.get_mut(row / 8) {
                *byte |= u8::from(value) << (row % 8);
            }
        } else {
            self.value(row, Value::Boolean(value));
        }
    }

    #[inline]
    pub(super) fn text(&mut self, row: usize, text: &str) {
        match self.form {
            Form::Codes => match self.dictionary.code(text) {
                Some(code) => {
                    self.know(row);
                    self.codes.push(code);
                }
                None => {
                    self.spill();
                    self.text(row, text);
                }
            },
            Form::Texts => {
                self.know(row);
                self.texts.push_str(text);
                self.ends.push(i32::try_from(self.texts.len()).unwrap_or(i32::MAX));
            }
            Form::Integers if self.words && self.known > 0 => {
                self.digits();
                self.text(row, text);
            }
            _ => {
                self.change(if self.spilled { Form::Texts } else { Form::Codes });
                if self.form == Form::Others {
                    self.value(row, Value::text(text));
                } else {
                    self.text(row, text);
                }
            }
        }
    }

    /// A text that stands within another one.
    #[inline]
    pub(super) fn text_of(&mut self, row: usize, text: &str, start: usize, end: usize) {
        if self.form == Form::Codes
            && let Some(code) = self.dictionary.known(text, start, end)
        {
            self.know(row);
            self.codes.push(code);
        } else {
            self.text(row, text.get(start..end).unwrap_or(""));
        }
    }

    /// Any value.
    pub(super) fn value(&mut self, row: usize, value: Value) {
        if self.form == Form::Others {
            self.know(row);
            self.others.push(Some(value));
            return;
        }
        match value {
            Value::Boolean(value) => self.boolean(row, value),
            Value::Number(number) => match number.as_i64() {
                Some(whole) => self.integer(row, whole),
                None => self.float(row, number.as_f64()),
            },
            Value::Text(text) => self.text(row, &text),
            Value::Instant(instant) => self.instant(row, instant.millis()),
            other => {
                self.change(Form::Others);
                self.value(row, other);
            }
        }
    }

    /// Takes another form: that one as long as there are no values, the form of any values otherwise.
    #[cold]
    fn change(&mut self, form: Form) {
        if self.known == 0 {
            self.clear();
            self.form = form;
            return;
        }
        self.finish(self.rows);
        let others = (0..self.rows).map(|row| self.column().value(row)).collect();
        self.others = others;
        self.form = Form::Others;
    }

    /// Codes become texts.
    #[cold]
    fn spill(&mut self) {
        self.spilled = true;
        self.form = Form::Texts;
        for code in self.codes.drain(..) {
            let text = usize::try_from(code).ok().and_then(|code| self.dictionary.texts().get(code));
            if let Some(Value::Text(text)) = text {
                self.texts.push_str(text);
            }
            self.ends.push(i32::try_from(self.texts.len()).unwrap_or(i32::MAX));
        }
    }

    /// Whole numbers become their digits.
    #[cold]
    fn digits(&mut self) {
        self.spilled = true;
        self.form = Form::Texts;
        for number in self.integers.drain(..) {
            // Writing into a text cannot fail.
            let _ = write!(self.texts, "{number}");
            self.ends.push(i32::try_from(self.texts.len()).unwrap_or(i32::MAX));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::Instant;

    fn any_value() -> impl Strategy<Value = Value> {
        prop_oneof![
            any::<bool>().prop_map(Value::Boolean),
            (-3_i64..3).prop_map(Value::integer),
            any::<i64>().prop_map(Value::integer),
            (-3_i32..3).prop_map(|n| Value::Number(Number::from_f64(f64::from(n) / 2.0).unwrap())),
            "[ab]{0,2}".prop_map(|text| Value::text(&text)),
            (-9_i64..9).prop_map(|millis| Value::Instant(Instant::from_millis(millis))),
            Just(Value::List(vec![Value::integer(1)])),
        ]
    }

    /// Mostly of one kind, as columns are.
    fn batch() -> impl Strategy<Value = Vec<Option<Value>>> {
        let alike = any_value().prop_flat_map(|one| {
            proptest::collection::vec(
                prop_oneof![1 => any_value().prop_map(Some), 20 => Just(Some(one)), 5 => Just(None)],
                0..40,
            )
        });
        prop_oneof![alike, proptest::collection::vec(proptest::option::of(any_value()), 0..20)]
    }

    proptest! {
        #[test]
        fn a_column_has_the_values_that_were_put_in(batches in proptest::collection::vec(batch(), 1..5)) {
            let mut builder = Builder::values();
            for batch in batches {
                builder.clear();
                for (row, value) in batch.iter().enumerate() {
                    if let Some(value) = value {
                        builder.value(row, value.clone());
                    }
                }
                builder.finish(batch.len());
                let column = builder.column();
                let read: Vec<_> = (0..batch.len()).map(|row| column.value(row)).collect();
                prop_assert_eq!(read, batch);
            }
        }
    }

    #[test]
    fn many_texts_spill_and_numbers_among_names_are_their_digits() {
        let mut builder = Builder::values();
        for row in 0..10_000 {
            builder.text(row, &row.to_string());
        }
        builder.finish(10_000);
        assert!(matches!(builder.column().values, Values::Texts { .. }));
        assert!((0..10_000).all(|row| builder.column().text(row) == Some(&*row.to_string())));

        let mut ids = Builder::ids();
        ids.integer(0, 7);
        ids.integer(1, -8);
        ids.finish(2);
        assert!(matches!(ids.column().values, Values::Integers([7, -8])));
        ids.text(2, "asha");
        ids.integer(4, 9);
        ids.finish(5);
        let words: Vec<_> = (0..5).map(|row| ids.column().word(row)).collect();
        assert_eq!(
            words.iter().map(Option::as_deref).collect::<Vec<_>>(),
            [Some("7"), Some("-8"), Some("asha"), None, Some("9")]
        );
    }
}
