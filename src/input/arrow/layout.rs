//! Which column of a table is what: by the mapping, or by names that are well known.

use std::fmt::Write as _;

use arrow_schema::{DataType, Schema};

use super::values::{is_text, unreadable};
use crate::input::columns::EventName;
use crate::input::time::TimeForm;
use crate::input::{Columns, Contents, InputError, ReadOptions};
use crate::model::Text;

/// What the columns of a table are.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    pub(super) user: Place,
    pub(super) at: Option<(Place, TimeForm)>,
    /// None: the rows are profiles.
    pub(super) name: Option<NameOf>,
    pub(super) id: Option<Place>,
    /// Those that are read, if they are wanted.
    pub(super) properties: Vec<Place>,
    /// Those that cannot be, and why.
    pub(super) unread: Vec<(Place, &'static str)>,
}

/// A column by its place and name.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) root: usize,
    pub(super) name: Text,
}

/// Where a row's event name is.
#[derive(Debug, Clone)]
pub(super) enum NameOf {
    Column(Place),
    Constant(Text),
}

/// Names under which tables keep the user, the instant, the event's name and its id.
const USERS: [&str; 5] = ["user_id", "userId", "user", "customer_id", "identity"];
const TIMES: [&str; 5] = ["ts", "timestamp", "time", "at", "event_time"];
const EVENTS: [&str; 4] = ["event", "event_name", "evtName", "name"];
const IDS: [&str; 3] = ["id", "event_id", "message_id"];

impl Layout {
    /// Finds the columns of a table.
    pub(super) fn new(file: &Text, schema: &Schema, options: &ReadOptions) -> Result<Layout, InputError> {
        let table = Table { file, schema, depth: options.limits.depth, contents: options.contents };
        let layout = match &options.columns {
            Some(columns) => table.mapped(columns)?,
            None => table.guessed()?,
        };
        if layout.properties.len() > options.limits.properties {
            return Err(InputError::new(
                file,
                format!("`{file}` has more than {} columns of properties", options.limits.properties),
                "say which ones are meant: `--columns 'user=…,at=…,event=…,properties=a+b'`",
            ));
        }
        Ok(layout)
    }
}

struct Table<'a> {
    file: &'a Text,
    schema: &'a Schema,
    depth: usize,
    contents: Contents,
}

impl Table<'_> {
    fn mapped(&self, columns: &Columns) -> Result<Layout, InputError> {
        let user = self.user(self.find(&columns.user)?)?;
        let at = columns.at.as_ref().map(|(name, form)| self.at(self.find(name)?, *form)).transpose()?;
        let name = match &columns.event {
            Some(EventName::Constant(name)) => Some(NameOf::Constant(name.as_str().into())),
            Some(EventName::Column(name)) => {
                let place = self.find(name).map_err(|error| error.or_constant(name))?;
                Some(NameOf::Column(self.event(place)?))
            }
            None => None,
        };
        let id = columns.id.as_ref().map(|name| self.id(self.find(name)?)).transpose()?;
        let Some(names) = &columns.properties else { return self.with_others(user, at, name, id) };
        let mut properties = Vec::with_capacity(names.len());
        for name in names {
            let place = self.find(name)?;
            if let Some(kind) = unreadable(self.type_of(&place), self.depth) {
                return Err(self.unfit(&place, kind, "property", "leave it out of `properties=`"));
            }
            properties.push(place);
        }
        properties.retain(|place| *self.type_of(place) != DataType::Null);
        Ok(Layout { user, at, name, id, properties, unread: Vec::new() })
    }

    fn guessed(&self) -> Result<Layout, InputError> {
        let is_events = self.contents == Contents::Events;
        let user = self.guess(&USERS, "user")?.ok_or_else(|| self.nothing("the user's id", "user"))?;
        let user = self.user(user)?;
        let at = self.guess(&TIMES, "at")?;
        let at = at.map(|place| self.at(place, TimeForm::Told)).transpose()?;
        // A column `name` in a table of profiles is the name of the user.
        let names = if is_events { EVENTS.as_slice() } else { EVENTS.get(..3).unwrap_or_default() };
        let name = self.guess(names, "event")?;
        if is_events && name.is_none() {
            return Err(self.nothing("the event's name", "event"));
        }
        let Some(name) = name else { return self.with_others(user, at, None, None) };
        if at.is_none() {
            return Err(self.nothing("the event's time", "at"));
        }
        let id = self.guess(&IDS, "id")?.map(|place| self.id(place)).transpose()?;
        self.with_others(user, at, Some(NameOf::Column(self.event(name)?)), id)
    }

    /// All columns that are nothing else are properties.
    fn with_others(
        &self,
        user: Place,
        at: Option<(Place, TimeForm)>,
        name: Option<NameOf>,
        id: Option<Place>,
    ) -> Result<Layout, InputError> {
        let of_name = match &name {
            Some(NameOf::Column(place)) => Some(place),
            _ => None,
        };
        let mapped = [Some(&user), at.as_ref().map(|(place, _)| place), of_name, id.as_ref()];
        let mapped = mapped.map(|place| place.map(|place| place.root));
        let (mut properties, mut unread) = (Vec::new(), Vec::new());
        for (root, field) in self.schema.fields().iter().enumerate() {
            if mapped.contains(&Some(root)) || field.name().is_empty() || *field.data_type() == DataType::Null
            {
                continue;
            }
            let place = self.find(field.name())?;
            match unreadable(field.data_type(), self.depth) {
                Some(kind) => unread.push((place, kind)),
                None => properties.push(place),
            }
        }
        Ok(Layout { user, at, name, id, properties, unread })
    }

    fn find(&self, name: &str) -> Result<Place, InputError> {
        let fields = self.schema.fields().iter().enumerate();
        let mut places = fields.filter(|(_, field)| field.name() == name);
        let Some((root, _)) = places.next() else { return Err(self.missing(name)) };
        if places.next().is_some() {
            return Err(InputError::new(
                self.file,
                format!("`{}` has two columns `{name}`", self.file),
                "rename one of them",
            ));
        }
        Ok(Place { root, name: name.into() })
    }

    /// The one column that has one of these names.
    fn guess(&self, names: &[&str], part: &str) -> Result<Option<Place>, InputError> {
        let known = |name: &&&str| self.schema.fields().iter().any(|field| field.name() == **name);
        let mut found = names.iter().filter(known);
        let Some(first) = found.next() else { return Ok(None) };
        if let Some(second) = found.next() {
            return Err(InputError::new(
                self.file,
                format!("`{first}` or `{second}` of `{}` may be the `{part}`", self.file),
                format!("say which one it is: {}", self.example(part, first)),
            ));
        }
        self.find(first).map(Some)
    }

    fn type_of(&self, place: &Place) -> &DataType {
        self.schema.fields().get(place.root).map_or(&DataType::Null, |field| field.data_type())
    }

    fn user(&self, place: Place) -> Result<Place, InputError> {
        let data_type = self.type_of(&place);
        if is_text(data_type) || is_number(data_type) || *data_type == DataType::FixedSizeBinary(16) {
            return Ok(place);
        }
        Err(self.unfit(&place, kind(data_type), "user's id", "an id is text or a whole number"))
    }

    fn at(&self, place: Place, form: TimeForm) -> Result<(Place, TimeForm), InputError> {
        let data_type = self.type_of(&place);
        match data_type {
            DataType::Timestamp(..) | DataType::Date32 | DataType::Date64 if form != TimeForm::Told => {
                return Err(InputError::new(
                    self.file,
                    format!("`{}` of `{}` is a time by its type", place.name, self.file),
                    "leave out what follows the column: `:unix`, `:unix_ms` or `:unix_us`",
                ));
            }
            DataType::Timestamp(..) | DataType::Date32 | DataType::Date64 => {}
            other if is_text(other) || is_number(other) => {}
            other => {
                let help = "a time is a timestamp, a date, a number since 1970, or text such as `2026-11-03T10:00:00Z`";
                return Err(self.unfit(&place, kind(other), "time", help));
            }
        }
        Ok((place, form))
    }

    fn event(&self, place: Place) -> Result<Place, InputError> {
        match self.type_of(&place) {
            data_type if is_text(data_type) => Ok(place),
            other => Err(self.unfit(&place, kind(other), "event's name", "the name of an event is text")),
        }
    }

    fn id(&self, place: Place) -> Result<Place, InputError> {
        let data_type = self.type_of(&place);
        if is_text(data_type) || is_number(data_type) || *data_type == DataType::FixedSizeBinary(16) {
            return Ok(place);
        }
        Err(self.unfit(&place, kind(data_type), "event's id", "an id is text or a whole number"))
    }

    #[cold]
    fn unfit(&self, place: &Place, kind: &str, what: &str, help: &str) -> InputError {
        let message = format!("the column `{}` of `{}` is {kind}, and no {what}", place.name, self.file);
        InputError::new(self.file, message, help)
    }

    #[cold]
    fn nothing(&self, what: &str, part: &str) -> InputError {
        let message = format!("no column of `{}` is known to be {what}", self.file);
        InputError::new(
            self.file,
            message,
            format!("say which one it is: {}; {}", self.example(part, "…"), self.columns()),
        )
    }

    #[cold]
    fn missing(&self, name: &str) -> InputError {
        InputError::new(self.file, format!("`{}` has no column `{name}`", self.file), self.columns())
    }

    /// The mapping to write, with one part filled in.
    fn example(&self, part: &str, column: &str) -> String {
        let parts = match self.contents {
            Contents::Events => ["user", "at", "event"].as_slice(),
            Contents::Profiles => ["user"].as_slice(),
        };
        let mut shown: Vec<String> = parts
            .iter()
            .map(|known| format!("{known}={}", if *known == part { column } else { "…" }))
            .collect();
        if !parts.contains(&part) {
            shown.push(format!("{part}={column}"));
        }
        let option = if self.contents == Contents::Profiles { "profile-columns" } else { "columns" };
        format!("`--{option} '{}'`", shown.join(","))
    }

    fn columns(&self) -> String {
        const SHOWN: usize = 30;
        let mut text = String::from("its columns are ");
        for (place, field) in self.schema.fields().iter().take(SHOWN).enumerate() {
            // Writing into a text cannot fail.
            let _ = write!(text, "{}`{}`", if place > 0 { ", " } else { "" }, field.name());
        }
        if self.schema.fields().len() > SHOWN {
            text.push_str(" …");
        }
        text
    }
}

fn is_number(data_type: &DataType) -> bool {
    data_type.is_numeric() && !matches!(data_type, DataType::Duration(_) | DataType::Interval(_))
}

/// A type in the words of users.
fn kind(data_type: &DataType) -> &'static str {
    match data_type {
        DataType::Null => "empty",
        DataType::Boolean => "yes/no",
        DataType::Timestamp(..) => "a timestamp",
        DataType::Date32 | DataType::Date64 => "a date",
        DataType::Struct(_) | DataType::Map(..) => "an object",
        DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..) => "a list",
        DataType::Dictionary(_, values) => kind(values),
        other if other.is_numeric() => "a number",
        other => unreadable(other, usize::MAX).unwrap_or("of another type"),
    }
}
