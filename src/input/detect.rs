//! Telling what a file is by its first bytes.

use std::io;

use super::arrow::ParquetRows;
use super::csv::CsvRows;
use super::json_rows::{Brackets, JsonRows, Layout, Part, opening};
use super::source::{Found, Source};
use super::{Format, InputError, ReadOptions};
use crate::model::Text;

/// How a file's rows are read.
pub(super) enum Body {
    /// There are none.
    Empty,
    Json(Box<JsonRows>),
    Csv(Box<CsvRows>),
    Parquet(Box<ParquetRows>),
}

/// Whether this is, or is to be, a Parquet file, by its first bytes.
pub(super) fn is_parquet(first: &[u8], options: &ReadOptions) -> bool {
    match options.format {
        Some(format) => format == Format::Parquet,
        None => first.starts_with(b"PAR1"),
    }
}

/// The file's format, and how its rows are read. Passes a byte order mark.
pub(super) fn detect(
    file: &Text,
    source: &mut Source,
    options: &ReadOptions,
) -> Result<(Option<Format>, Body), InputError> {
    let reading = |source: &Source, error| InputError::reading(file, source, error);
    source.fill(4).map_err(|error| reading(source, error))?;
    if is_parquet(source.rest(), options) {
        let bytes = source.all().map_err(|error| reading(source, error))?;
        let rows = ParquetRows::of_bytes(file, bytes, options)?;
        return Ok((Some(Format::Parquet), Body::Parquet(Box::new(rows))));
    }
    let first = first(source).map_err(|error| reading(source, error))?;
    let first = match first {
        First::Nothing => return Ok((options.format, Body::Empty)),
        First::Utf16 => {
            return Err(InputError::new(
                file,
                format!("`{file}` is UTF-16"),
                "save it as UTF-8; in Excel, as `CSV UTF-8`",
            ));
        }
        First::Byte(byte) => byte,
    };
    let is_json = match options.format {
        Some(format) => format != Format::Csv,
        None => matches!(first, b'{' | b'['),
    };
    if !is_json {
        let Some(columns) = &options.columns else {
            return Err(without_columns(file, source, options));
        };
        let rows = CsvRows::new(file, columns, options, source)?;
        return Ok((Some(Format::Csv), Body::Csv(Box::new(rows))));
    }
    let opening = opening(source).map_err(|error| reading(source, error))?;
    if opening.is_none() && is_spread(source.rest()) {
        return Err(InputError::new(
            file,
            format!("`{file}` has records that go over several lines"),
            "write one record a line, for instance by `jq -c .`, or all of them in one list `[…]`",
        ));
    }
    let format = match (options.format, &options.columns) {
        (Some(Format::Json), None) => return Err(without_columns(file, source, options)),
        (Some(format), _) => format,
        (None, Some(columns))
            if has_field(source, opening, &columns.user).map_err(|error| reading(source, error))? =>
        {
            Format::Json
        }
        (None, _) => flavour(source, opening).map_err(|error| reading(source, error))?.ok_or_else(|| {
            InputError::new(
                file,
                format!("`{file}` is JSON of neither kind that is known"),
                "say which with `--format segment` or `--format clevertap`, or which field is what: `--columns 'user=…,at=…,event=…'`",
            )
        })?,
    };
    let layout = match opening {
        Some(_) => Layout::Document(Part::Outside),
        None => Layout::Lines,
    };
    Ok((Some(format), Body::Json(Box::new(JsonRows::new(file, format, layout, options)))))
}

/// Whether the first line is a brace alone: every line would be a bad row of its own.
fn is_spread(rest: &[u8]) -> bool {
    let line = rest.trim_ascii_start().split(|byte| *byte == b'\n').next().unwrap_or_default();
    line.trim_ascii() == b"{" && rest.trim_ascii_start().len() > line.len()
}

enum First {
    Nothing,
    Utf16,
    Byte(u8),
}

/// The first byte that is no space. Spaces stay, so that lines are counted right.
fn first(source: &mut Source) -> io::Result<First> {
    source.fill(3)?;
    match source.rest() {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => return Ok(First::Utf16),
        [0xef, 0xbb, 0xbf, ..] => source.skip(3),
        _ => {}
    }
    let mut seen = 0;
    loop {
        let rest = source.rest();
        if let Some(byte) = rest.iter().skip(seen).find(|byte| !byte.is_ascii_whitespace()) {
            return Ok(First::Byte(*byte));
        }
        seen = rest.len();
        if !source.more()? {
            return Ok(First::Nothing);
        }
    }
}

/// Whether the first record has a field: then the mapping that names it is meant for this file. Nothing is passed.
fn has_field(source: &mut Source, opening: Option<(usize, bool)>, field: &str) -> io::Result<bool> {
    const LONGEST: usize = 1 << 20;
    if opening.is_some_and(|(_, wrapped)| wrapped) {
        return Ok(false);
    }
    let (Found::Row(bytes) | Found::TooLong(bytes)) = source.row(LONGEST, &mut Brackets::of(b'{', b'}'))?;
    let record = source.rest().get(..bytes).unwrap_or_default();
    Ok(Names::of(record).find_map(|name| (name == field.as_bytes()).then_some(())).is_some())
}

/// Which kind of records these are, by the first field that only one kind has. Nothing is passed.
fn flavour(source: &mut Source, opening: Option<(usize, bool)>) -> io::Result<Option<Format>> {
    // In this many bytes without any such field there will be none.
    const LOOKED_AT: usize = 1 << 20;
    loop {
        let rest = source.rest();
        let wrapper = opening.filter(|(_, wrapped)| *wrapped).and_then(|(length, _)| rest.get(..length));
        if let Some(wrapper) = wrapper {
            let batch = wrapper.windows(7).any(|word| word == b"\"batch\"");
            return Ok(Some(if batch { Format::Segment } else { Format::CleverTap }));
        }
        if let Some(format) = Names::of(rest).find_map(known_field) {
            return Ok(Some(format));
        }
        if rest.len() >= LOOKED_AT || !source.more()? {
            // Statements about templates alone have no such field, unless their time is CleverTap's `ts`.
            let alone = |name: &[u8]| (name == b"template").then_some(Format::Segment);
            return Ok(Names::of(source.rest()).find_map(alone));
        }
    }
}

fn known_field(name: &[u8]) -> Option<Format> {
    match name {
        b"userId" | b"anonymousId" | b"messageId" | b"event" | b"traits" | b"number" => Some(Format::Segment),
        b"identity" | b"objectId" | b"FBID" | b"GPID" | b"ts" | b"evtName" | b"evtData" | b"eventName"
        | b"eventProps" | b"profileData" => Some(Format::CleverTap),
        _ => None,
    }
}

/// The names of the outermost objects' fields, as far as the text is JSON.
struct Names<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Names<'a> {
    fn of(bytes: &'a [u8]) -> Names<'a> {
        Names { bytes, at: 0 }
    }

    fn find_map<T>(mut self, mut find: impl FnMut(&'a [u8]) -> Option<T>) -> Option<T> {
        let mut depth = 0_u64;
        loop {
            let byte = *self.bytes.get(self.at)?;
            self.at += 1;
            match byte {
                b'{' => depth += 1,
                b'}' => depth = depth.saturating_sub(1),
                b'"' => {
                    let text = self.text()?;
                    let is_name = self.bytes.get(self.at..)?.iter().find(|byte| !byte.is_ascii_whitespace())
                        == Some(&b':');
                    if depth == 1
                        && is_name
                        && let Some(found) = find(text)
                    {
                        return Some(found);
                    }
                }
                _ => {}
            }
        }
    }

    /// The text whose opening quote was passed, until its closing one or the line's end.
    fn text(&mut self) -> Option<&'a [u8]> {
        let start = self.at;
        loop {
            let byte = *self.bytes.get(self.at)?;
            self.at += if byte == b'\\' { 2 } else { 1 };
            if matches!(byte, b'"' | b'\n') {
                return self.bytes.get(start..self.at - 1);
            }
        }
    }
}

/// So much of a file is looked at to show its first line.
const FIRST_LINE: usize = 4 << 10;

#[cold]
fn without_columns(file: &Text, source: &mut Source, options: &ReadOptions) -> InputError {
    // What could be read of the first line is enough for a message.
    let _ = source.fill(FIRST_LINE);
    let line = source.rest().split(|byte| *byte == b'\n').find(|line| !line.trim_ascii().is_empty());
    let line = String::from_utf8_lossy(line.unwrap_or_default()).trim().to_owned();
    let line = super::reject::shown(&line);
    let json = options.format == Some(Format::Json);
    let message = if options.format.is_some() {
        let (what, parts) = if json { ("JSON", "fields") } else { ("CSV", "columns") };
        format!("`{file}` is {what}, and nothing says what its {parts} are")
    } else {
        format!("`{file}` is no JSON, and as CSV nothing says what its columns are")
    };
    let part = if json { "field" } else { "column" };
    InputError::new(
        file,
        message,
        format!(
            "its first line is `{line}`; say which {part} is what: `--columns 'user=…,at=…,event=\"Charged\"'`"
        ),
    )
}
