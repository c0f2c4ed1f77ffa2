use std::fmt;
use std::str::FromStr;

use super::OptionError;
use super::time::TimeForm;

/// What the columns of a table are, be it CSV, Parquet or Arrow: `user=customer_id,at=date,event="Charged"`.
///
/// `user`, `at`, `id` and `properties` (`a+b+c`) name columns. `event` names a column when it is bare, and is itself the name of all
/// events when it is in quotes, so that neither can be taken for the other. Without `event` the rows are profiles. A name with a comma,
/// a plus or a quote in it is put in quotes, or the character is preceded by a backslash.
///
/// # Example
/// ```
/// use campanile::input::Columns;
/// let columns: Columns = r#"user=customer_id, at=date, event="Charged""#.parse()?;
/// assert_eq!(columns.to_string(), r#"user="customer_id",at="date",event="Charged""#);
/// let error = "user=customer_id,event=kind".parse::<Columns>().unwrap_err();
/// assert_eq!(error.to_string(), "the column mapping has `event` and no `at`");
/// # Ok::<(), campanile::input::OptionError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    pub(super) user: String,
    pub(super) at: Option<(String, TimeForm)>,
    pub(super) event: Option<EventName>,
    pub(super) id: Option<String>,
    pub(super) properties: Option<Vec<String>>,
}

/// Where a row's event name is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum EventName {
    /// In this column.
    Column(String),
    /// It is this for all rows.
    Constant(String),
}

const EXAMPLE: &str = "such as `user=customer_id,at=date,event=\"Charged\"`";

impl FromStr for Columns {
    type Err = OptionError;

    fn from_str(mapping: &str) -> Result<Columns, OptionError> {
        let mut parts = Parts::default();
        let mut rest = mapping;
        while !rest.trim().is_empty() {
            let Some((key, value)) = rest.split_once('=') else {
                return Err(OptionError::new(
                    format!("`{}` says nothing of a column", rest.trim()),
                    format!("write what a column is, {EXAMPLE}"),
                ));
            };
            rest = parts.take(key.trim(), value)?;
        }
        parts.finish()
    }
}

impl Columns {
    /// Whether rows are events, and not profiles.
    #[cfg_attr(not(feature = "cli"), expect(dead_code, reason = "the command line asks"))]
    pub(crate) const fn are_events(&self) -> bool {
        self.event.is_some()
    }

    /// Every column that the mapping names.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let event = match &self.event {
            Some(EventName::Column(name)) => Some(name),
            _ => None,
        };
        let at = self.at.as_ref().map(|(name, _)| name);
        let named = [Some(&self.user), at, event, self.id.as_ref()].into_iter().flatten();
        named.chain(self.properties.iter().flatten()).map(String::as_str)
    }
}

#[derive(Default)]
struct Parts {
    user: Option<String>,
    at: Option<(String, TimeForm)>,
    event: Option<EventName>,
    id: Option<String>,
    properties: Option<Vec<String>>,
}

impl Parts {
    /// Takes one part; what follows its comma is left.
    fn take<'a>(&mut self, key: &str, value: &'a str) -> Result<&'a str, OptionError> {
        let twice = match key {
            "user" => self.user.is_some(),
            "at" => self.at.is_some(),
            "event" => self.event.is_some(),
            "id" => self.id.is_some(),
            "properties" => self.properties.is_some(),
            _ => {
                return Err(OptionError::new(
                    format!("`{key}` is no part of a column mapping"),
                    format!("the parts are `user`, `at`, `event`, `id` and `properties`, {EXAMPLE}"),
                ));
            }
        };
        if twice {
            return Err(OptionError::new(
                format!("the column mapping has `{key}` twice"),
                if key == "properties" { "join columns by `+`: `properties=a+b`" } else { "leave one out" },
            ));
        }
        let (first, mut rest) = word(key, value)?;
        let Word { text, quoted, suffix } = first;
        match key {
            "user" => self.user = Some(text),
            "id" => self.id = Some(text),
            "event" if quoted => self.event = Some(EventName::Constant(text)),
            "event" => self.event = Some(EventName::Column(text)),
            "at" => self.at = Some(form(text, quoted, &suffix)?),
            _ => {
                let properties = self.properties.insert(vec![text]);
                while let Some(next) = rest.strip_prefix('+') {
                    let (word, after) = word(key, next)?;
                    properties.push(word.text);
                    rest = after;
                }
            }
        }
        if key != "at" && !suffix.is_empty() {
            return Err(unexpected(key, &suffix));
        }
        match rest.strip_prefix(',') {
            Some(rest) => Ok(rest),
            None if rest.is_empty() => Ok(rest),
            None => Err(unexpected(key, rest)),
        }
    }

    fn finish(self) -> Result<Columns, OptionError> {
        let Parts { user, at, event, id, properties } = self;
        let Some(user) = user else {
            return Err(OptionError::new(
                "the column mapping has no `user`",
                format!("say which column holds the user's id, {EXAMPLE}"),
            ));
        };
        if event.is_some() && at.is_none() {
            return Err(OptionError::new(
                "the column mapping has `event` and no `at`",
                format!("say which column holds the event's time, {EXAMPLE}"),
            ));
        }
        if event.is_none() && id.is_some() {
            return Err(OptionError::new(
                "the column mapping has `id` and no `event`",
                "rows without an event are profiles, which have no id; add `event=` or leave out `id=`",
            ));
        }
        Ok(Columns { user, at, event, id, properties })
    }
}

/// One name of a mapping.
struct Word {
    text: String,
    quoted: bool,
    /// What follows a closing quote.
    suffix: String,
}

/// Reads a name until a comma (or, for properties, a plus), which is left.
fn word<'a>(key: &str, value: &'a str) -> Result<(Word, &'a str), OptionError> {
    let value = value.trim_start();
    let (text, quoted, rest) = match value.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let (text, rest) = quoted(value.get(1..).unwrap_or(""), quote).ok_or_else(|| {
                OptionError::new(
                    format!("the quote of `{key}` is not closed"),
                    format!("close it: `{key}={value}{quote}`"),
                )
            })?;
            (text, true, rest)
        }
        _ => (String::new(), false, value),
    };
    let mut bare = String::new();
    let mut end = rest.len();
    let mut characters = rest.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => bare.extend(characters.next().map(|(_, escaped)| escaped)),
            ',' => end = at,
            '+' if key == "properties" => end = at,
            _ => bare.push(character),
        }
        if end < rest.len() {
            break;
        }
    }
    let bare = bare.trim().to_owned();
    let (text, suffix) = if quoted { (text, bare) } else { (bare, String::new()) };
    if text.is_empty() {
        return Err(OptionError::new(
            format!("`{key}` of the column mapping is empty"),
            format!("write a name behind `{key}=`, {EXAMPLE}"),
        ));
    }
    Ok((Word { text, quoted, suffix }, rest.get(end..).unwrap_or("")))
}

/// The text until the closing quote, of which two stand for one, and what follows it.
fn quoted(value: &str, quote: char) -> Option<(String, &str)> {
    let mut text = String::new();
    let mut rest = value;
    loop {
        let (before, after) = rest.split_once(quote)?;
        text.push_str(before);
        match after.strip_prefix(quote) {
            Some(after) => {
                text.push(quote);
                rest = after;
            }
            None => return Some((text, after)),
        }
    }
}

fn form(text: String, quoted: bool, suffix: &str) -> Result<(String, TimeForm), OptionError> {
    let named = |form: &str| match form {
        "unix" => Some(TimeForm::Seconds),
        "unix_ms" => Some(TimeForm::Millis),
        "unix_us" => Some(TimeForm::Micros),
        _ => None,
    };
    if quoted {
        let form = match suffix.strip_prefix(':') {
            Some(form) => named(form).ok_or_else(|| unexpected("at", suffix))?,
            None if suffix.is_empty() => TimeForm::Told,
            None => return Err(unexpected("at", suffix)),
        };
        return Ok((text, form));
    }
    match text.rsplit_once(':').and_then(|(column, form)| Some((column.to_owned(), named(form)?))) {
        Some((column, form)) if !column.is_empty() => Ok((column, form)),
        _ => Ok((text, TimeForm::Told)),
    }
}

#[cold]
fn unexpected(key: &str, text: &str) -> OptionError {
    OptionError::new(
        format!("`{text}` is unexpected in `{key}` of the column mapping"),
        match key {
            "at" => {
                "behind the column, only `:unix` (seconds), `:unix_ms` (milliseconds) and `:unix_us` (microseconds) are known"
            }
            _ => "parts are separated by commas",
        },
    )
}

impl fmt::Display for Columns {
    /// The mapping with every name in quotes but that of an event's column.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quote = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
        write!(f, "user={}", quote(&self.user))?;
        if let Some((column, form)) = &self.at {
            let form = match form {
                TimeForm::Told => "",
                TimeForm::Seconds => ":unix",
                TimeForm::Millis => ":unix_ms",
                TimeForm::Micros => ":unix_us",
            };
            write!(f, ",at={}{form}", quote(column))?;
        }
        match &self.event {
            Some(EventName::Constant(name)) => write!(f, ",event={}", quote(name))?,
            Some(EventName::Column(column)) => {
                f.write_str(",event=")?;
                for character in column.chars() {
                    if matches!(character, '\\' | ',' | '"' | '\'') {
                        f.write_str("\\")?;
                    }
                    write!(f, "{character}")?;
                }
            }
            None => {}
        }
        if let Some(column) = &self.id {
            write!(f, ",id={}", quote(column))?;
        }
        if let Some(columns) = &self.properties {
            let columns: Vec<String> = columns.iter().map(|column| quote(column)).collect();
            write!(f, ",properties={}", columns.join("+"))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(mapping: &str) -> Columns {
        mapping.parse().unwrap_or_else(|error: OptionError| panic!("{mapping}: {error}"))
    }

    #[test]
    fn every_part_is_read() {
        let columns = read(r"user=customer_id,at=ts:unix_ms,event=kind,id=order,properties=usd+cds");
        assert_eq!(columns.user, "customer_id");
        assert_eq!(columns.at, Some(("ts".to_owned(), TimeForm::Millis)));
        assert_eq!(columns.event, Some(EventName::Column("kind".to_owned())));
        assert_eq!(columns.id.as_deref(), Some("order"));
        assert_eq!(columns.properties, Some(vec!["usd".to_owned(), "cds".to_owned()]));
    }

    #[test]
    fn quotes_make_a_constant_event_and_an_exact_column() {
        let constant = Some(EventName::Constant("Charged, twice".to_owned()));
        assert_eq!(read(r#"user=a,at=b,event="Charged, twice""#).event, constant);
        assert_eq!(read("user=a,at=b,event='Charged, twice'").event, constant);
        assert_eq!(read(r#"user="a ""b"", c",at="x:unix""#).user, r#"a "b", c"#);
        assert_eq!(read(r#"user=a,at="x:unix""#).at, Some(("x:unix".to_owned(), TimeForm::Told)));
        assert_eq!(read(r#"user=a,at="x":unix"#).at, Some(("x".to_owned(), TimeForm::Seconds)));
        assert_eq!(
            read(r#"user=a,properties="x+y"+z"#).properties,
            Some(vec!["x+y".to_owned(), "z".to_owned()])
        );
    }

    #[test]
    fn a_backslash_takes_the_next_character_as_it_is() {
        assert_eq!(read(r"user=a\,b,at=c,event=d\,e").event, Some(EventName::Column("d,e".to_owned())));
        assert_eq!(read(r"user=Order Id , at = Order Date").user, "Order Id");
        assert_eq!(read("user=a,at=time:stamp").at, Some(("time:stamp".to_owned(), TimeForm::Told)));
    }

    #[test]
    fn what_is_written_reads_the_same() {
        for mapping in [
            "user=a",
            "user=a,at=b:unix_us",
            r#"user="a,""b""",at=c:unix,event="x ""y""",id=i,properties=p+"q+r""#,
            r"user=a,at=b,event=\'c\,d",
        ] {
            let columns = read(mapping);
            assert_eq!(read(&columns.to_string()), columns, "{columns}");
        }
    }

    #[test]
    fn each_mistake_has_its_message() {
        for (mapping, message) in [
            ("", "the column mapping has no `user`"),
            ("at=b", "the column mapping has no `user`"),
            ("user", "`user` says nothing of a column"),
            ("user=", "`user` of the column mapping is empty"),
            ("user=a,user=b", "the column mapping has `user` twice"),
            ("user=a,time=b", "`time` is no part of a column mapping"),
            ("user=a,event=b", "the column mapping has `event` and no `at`"),
            ("user=a,id=b", "the column mapping has `id` and no `event`"),
            ("user=\"a", "the quote of `user` is not closed"),
            ("user=\"a\"b", "`b` is unexpected in `user` of the column mapping"),
            ("user=a,at=\"b\":ms", "`:ms` is unexpected in `at` of the column mapping"),
        ] {
            assert_eq!(mapping.parse::<Columns>().unwrap_err().to_string(), message, "{mapping}");
        }
    }
}
