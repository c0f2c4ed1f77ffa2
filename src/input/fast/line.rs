use super::moments::Moments;
use super::scan::{Figure, Scanner, Span};
use super::steps::{Level, Steps};
use super::table::{Role, Shape, Table};
use crate::input::Limits;

/// A value of a line, before it goes into a column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Slot {
    /// Not there, or null.
    Missing,
    Boolean(bool),
    Whole(i64),
    Float(f64),
    Instant(i64),
    /// As it is written.
    Text(usize, usize),
    /// Among the texts that had escapes.
    Unescaped(usize, usize),
}

/// What the fast reader made of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Read {
    /// An event; its parts are in the [`Line`].
    Event,
    /// A call that is neither event nor profile.
    Ignored(&'static str),
    /// Nothing: the line is not as plain as most.
    Nothing,
}

/// The parts of the line that was read last.
pub(super) struct Line {
    pub(super) user: Slot,
    pub(super) event: Slot,
    pub(super) id: Slot,
    pub(super) at: i64,
    pub(super) properties: Vec<(u16, Slot)>,
    pub(super) unescaped: String,
    kind: Slot,
    time: Slot,
    /// Which columns have a value of this line: by its number.
    seen: Vec<u64>,
    number: u64,
    depth: usize,
    values: usize,
    /// Whether a text such as `$D_1468322268` is an instant.
    dates: bool,
}

impl Line {
    /// Limits that a line comes near are watched by the reader of records.
    pub(super) fn new(limits: &Limits, shape: &Shape) -> Line {
        Line {
            user: Slot::Missing,
            event: Slot::Missing,
            id: Slot::Missing,
            at: 0,
            properties: Vec::new(),
            unescaped: String::new(),
            kind: Slot::Missing,
            time: Slot::Missing,
            seen: Vec::new(),
            number: 0,
            depth: limits.depth.min(32),
            values: limits.values.min(limits.properties),
            dates: *shape == Shape::CleverTap,
        }
    }

    /// Forgets the line before.
    pub(super) fn begin(&mut self) {
        self.number += 1;
        self.properties.clear();
        self.unescaped.clear();
        (self.user, self.event, self.id) = (Slot::Missing, Slot::Missing, Slot::Missing);
        (self.kind, self.time) = (Slot::Missing, Slot::Missing);
    }

    /// Reads a line of JSON, behind which others may stand: what it is, and how long.
    pub(super) fn read(&mut self, text: &str, table: &mut Table, moments: &mut Moments) -> (Read, usize) {
        self.begin();
        let mut scan = Scanner::new(text);
        let read = match self.fields(&mut scan, table, moments) {
            Some(()) => self.told(text, table, moments),
            None => None,
        };
        (read.unwrap_or(Read::Nothing), scan.at())
    }

    fn fields(&mut self, scan: &mut Scanner<'_>, table: &mut Table, moments: &mut Moments) -> Option<()> {
        let mut values = self.values;
        let depth = self.depth.checked_sub(1)?;
        // A second one takes the place of the first: a case for the reader of records.
        let mut bag = false;
        let mut step = Steps::begin(Level::Record);
        loop {
            let role;
            (step, role) = table.step(step, Level::Record, scan)?;
            match role {
                Role::Other => scan.skip(depth, &mut values)?,
                Role::Foreign => return None,
                Role::Kind => self.kind = self.once(self.kind, scan, moments)?,
                Role::User => self.user = self.once(self.user, scan, moments)?,
                Role::Event => self.event = self.once(self.event, scan, moments)?,
                Role::Time => self.time = self.once(self.time, scan, moments)?,
                Role::Id => self.id = self.once(self.id, scan, moments)?,
                Role::Bag if bag => return None,
                Role::Bag => {
                    bag = true;
                    self.bag(scan, table, moments, &mut values)?;
                }
                Role::Part(_) if !table.open && scan.token()? == b'{' => {
                    self.bag(scan, table, moments, &mut values)?;
                }
                Role::Part(column) | Role::Property(column) => {
                    self.property(column, depth, scan, moments, &mut values)?;
                }
                Role::End => return scan.is_done().then_some(()),
            }
        }
    }

    fn bag(
        &mut self,
        scan: &mut Scanner<'_>,
        table: &mut Table,
        moments: &mut Moments,
        values: &mut usize,
    ) -> Option<()> {
        let depth = self.depth.checked_sub(2)?;
        let mut step = Steps::begin(Level::Bag);
        loop {
            let role;
            (step, role) = table.step(step, Level::Bag, scan)?;
            match role {
                Role::Property(column) => self.property(column, depth, scan, moments, values)?,
                _ => return Some(()),
            }
        }
    }

    #[inline]
    fn property(
        &mut self,
        column: Option<u16>,
        depth: usize,
        scan: &mut Scanner<'_>,
        moments: &mut Moments,
        values: &mut usize,
    ) -> Option<()> {
        let Some(column) = column else {
            // Among those of CleverTap a text may be a date, and a bad one.
            if self.dates && scan.token()? == b'"' {
                *values = values.checked_sub(1)?;
                return self.value(scan, moments, true).map(|_| ());
            }
            return scan.skip(depth, values);
        };
        *values = values.checked_sub(1)?;
        let value = self.value(scan, moments, self.dates)?;
        // Of a name that is written twice the last counts: a case for the reader of records.
        let place = usize::from(column);
        match self.seen.get_mut(place) {
            Some(seen) if *seen == self.number => return None,
            Some(seen) => *seen = self.number,
            None => {
                self.seen.resize(place + 1, 0);
                *self.seen.last_mut()? = self.number;
            }
        }
        if value != Slot::Missing {
            self.properties.push((column, value));
        }
        Some(())
    }

    /// The value of a field that has none yet.
    #[inline]
    fn once(&mut self, before: Slot, scan: &mut Scanner<'_>, moments: &mut Moments) -> Option<Slot> {
        if before != Slot::Missing {
            return None;
        }
        // A null would hide that the field was there.
        self.value(scan, moments, false).filter(|value| *value != Slot::Missing)
    }

    /// A value that is neither list nor object.
    #[inline]
    fn value(&mut self, scan: &mut Scanner<'_>, moments: &mut Moments, dates: bool) -> Option<Slot> {
        Some(match scan.token()? {
            b'"' => {
                scan.pass(1);
                let span = scan.text_behind_quote()?;
                if span.escaped {
                    return self.escaped(scan, span, dates);
                }
                if dates && let Some(seconds) = scan.letters(span)?.strip_prefix("$D_") {
                    match seconds.parse() {
                        Ok(seconds) => Slot::Instant(moments.told(seconds)?),
                        Err(_) => Slot::Text(span.start, span.end),
                    }
                } else {
                    Slot::Text(span.start, span.end)
                }
            }
            b't' => scan.word("true").map(|()| Slot::Boolean(true))?,
            b'f' => scan.word("false").map(|()| Slot::Boolean(false))?,
            b'n' => scan.word("null").map(|()| Slot::Missing)?,
            b'{' | b'[' => return None,
            _ => match scan.number()? {
                Figure::Whole(number) => Slot::Whole(number),
                Figure::Float(number) => Slot::Float(number),
            },
        })
    }

    #[cold]
    fn escaped(&mut self, scan: &Scanner<'_>, span: Span, dates: bool) -> Option<Slot> {
        let text = scan.unescaped(span)?;
        if dates && text.starts_with("$D_") {
            return None;
        }
        let start = self.unescaped.len();
        self.unescaped.push_str(&text);
        Some(Slot::Unescaped(start, self.unescaped.len()))
    }

    /// The text of a slot.
    #[inline]
    pub(super) fn text<'a>(&'a self, line: &'a str, slot: Slot) -> Option<&'a str> {
        match slot {
            Slot::Text(start, end) => line.get(start..end),
            Slot::Unescaped(start, end) => self.unescaped.get(start..end),
            _ => None,
        }
    }

    /// What the fields make of the record.
    fn told(&mut self, line: &str, table: &Table, moments: &mut Moments) -> Option<Read> {
        let kind = self.text(line, self.kind);
        if kind.is_none() && self.kind != Slot::Missing {
            return None;
        }
        match (&table.shape, kind) {
            (Shape::Segment, Some("page")) => return Some(Read::Ignored("page")),
            (Shape::Segment, Some("screen")) => return Some(Read::Ignored("screen")),
            (Shape::Segment, Some("group")) => return Some(Read::Ignored("group")),
            (Shape::Segment, Some("alias")) => return Some(Read::Ignored("alias")),
            (Shape::Segment, Some("track") | None) | (Shape::CleverTap, Some("event") | None) => {}
            (Shape::Events | Shape::Constant(_), None) => {}
            _ => return None,
        }
        match (&table.shape, self.event) {
            (Shape::Constant(_), _) => {}
            (_, event) => {
                self.text(line, event).filter(|name| !name.is_empty())?;
            }
        }
        match self.user {
            Slot::Whole(_) => {}
            user => {
                let user = self.text(line, user)?;
                let is_plain = user.as_bytes().first().is_some_and(u8::is_ascii_graphic);
                if !is_plain && user.trim().is_empty() {
                    return None;
                }
            }
        }
        match self.id {
            Slot::Missing | Slot::Whole(_) => {}
            id => {
                if self.text(line, id)?.is_empty() {
                    self.id = Slot::Missing;
                }
            }
        }
        self.at = match self.time {
            Slot::Whole(number) => moments.whole(number, table.form)?,
            Slot::Float(number) => moments.fraction(number, table.form)?,
            time => moments.text(self.text(line, time)?, table.form)?,
        };
        Some(Read::Event)
    }
}
