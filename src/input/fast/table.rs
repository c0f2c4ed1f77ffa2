use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use super::steps::Steps;
use crate::columns::Wanted;
use crate::input::columns::EventName;
use crate::input::names::NameHasher;
use crate::input::time::TimeForm;
use crate::input::{Columns, Format};
use crate::model::Text;

/// What a field of a record is to the fast reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Kind,
    User,
    Event,
    Time,
    Id,
    /// An object of properties.
    Bag,
    /// Properties if it is an object, else the property of this column, if it is wanted.
    Part(Option<u16>),
    /// One of which the fast reader makes nothing.
    Foreign,
    /// One that is of no concern.
    Other,
    /// The property of this column, if it is wanted: within an object of properties.
    Property(Option<u16>),
    /// None: the object ends.
    End,
}

/// The fields of a format, and the columns of the properties that are wanted.
pub(super) struct Table {
    fields: Keys<Role>,
    properties: Keys<u16>,
    names: Vec<Text>,
    /// Which field follows which.
    pub(super) steps: Steps,
    /// Whether every property is wanted.
    all: bool,
    /// Whether fields that are nothing else are properties.
    pub(super) open: bool,
    pub(super) form: TimeForm,
    pub(super) shape: Shape,
}

/// What makes a record an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shape {
    Segment,
    CleverTap,
    /// Every record is one, of the name that a field has.
    Events,
    /// Every record is one of this name.
    Constant(Text),
    /// None is.
    Profiles,
}

/// So many columns are kept from batch to batch if nobody says which are wanted.
pub(super) const MOST: usize = 1024;

impl Table {
    pub(super) fn new(format: Format, columns: Option<&Columns>, wanted: &Wanted) -> Table {
        let shape = match (format, columns.map(|columns| &columns.event)) {
            (Format::CleverTap, _) => Shape::CleverTap,
            (Format::Segment, _) | (_, None) => Shape::Segment,
            (_, Some(Some(EventName::Column(_)))) => Shape::Events,
            (_, Some(Some(EventName::Constant(name)))) => Shape::Constant(name.as_str().into()),
            (_, Some(None)) => Shape::Profiles,
        };
        let mut table = Table {
            fields: Keys::new(),
            properties: Keys::new(),
            names: Vec::new(),
            steps: Steps::new(),
            all: wanted.properties.is_none(),
            open: false,
            form: TimeForm::Told,
            shape,
        };
        for name in wanted.properties.iter().flatten() {
            if table.properties.find(name).is_none() {
                table.add(name);
            }
        }
        let fields: &[(&str, Role)] = match table.shape {
            Shape::Segment => &[
                ("type", Role::Kind),
                ("userId", Role::User),
                ("event", Role::Event),
                ("timestamp", Role::Time),
                ("messageId", Role::Id),
                ("properties", Role::Bag),
                ("traits", Role::Foreign),
            ],
            Shape::CleverTap => &[
                ("type", Role::Kind),
                ("identity", Role::User),
                ("evtName", Role::Event),
                ("eventName", Role::Event),
                ("ts", Role::Time),
                ("evtData", Role::Bag),
                ("eventProps", Role::Bag),
                ("profileData", Role::Foreign),
            ],
            _ => &[],
        };
        for (name, role) in fields {
            table.fields.add(name, *role);
        }
        if let (Some(columns), true) = (columns, fields.is_empty()) {
            table.map(columns);
        }
        table
    }

    fn map(&mut self, columns: &Columns) {
        let mut roles = vec![(&columns.user, Role::User)];
        if let Some((name, form)) = &columns.at {
            roles.push((name, Role::Time));
            self.form = *form;
        }
        if let Some(EventName::Column(name)) = &columns.event {
            roles.push((name, Role::Event));
        }
        roles.extend(columns.id.as_ref().map(|name| (name, Role::Id)));
        for name in columns.properties.iter().flatten() {
            let column = self.property(name);
            roles.push((name, Role::Part(column)));
        }
        self.open = columns.properties.is_none();
        for (place, (name, role)) in roles.iter().enumerate() {
            let others = roles.iter().enumerate();
            let twice = others.filter(|(other, _)| *other != place).any(|(_, (other, _))| other == name);
            if self.fields.find(name).is_none() {
                self.fields.add(name, if twice { Role::Foreign } else { *role });
            }
        }
    }

    /// What a field of the record is.
    pub(super) fn field(&mut self, name: &str) -> Role {
        match self.fields.find(name) {
            Some(role) => role,
            None if self.open && !name.is_empty() => Role::Part(self.property(name)),
            None => Role::Other,
        }
    }

    /// The column of a property, if it is wanted.
    pub(super) fn property(&mut self, name: &str) -> Option<u16> {
        match self.properties.find(name) {
            None if self.all => self.add(name),
            known => known,
        }
    }

    #[cold]
    fn add(&mut self, name: &str) -> Option<u16> {
        let column = u16::try_from(self.names.len()).ok()?;
        self.names.push(name.into());
        self.properties.add(name, column);
        Some(column)
    }

    /// Whether every property is wanted: then their order in a row is too.
    pub(super) const fn wants_all(&self) -> bool {
        self.all
    }

    /// The names of the columns.
    pub(super) fn names(&self) -> &[Text] {
        &self.names
    }

    /// Forgets the columns, if nobody asked for them and they are many; whether it did.
    pub(super) fn forget(&mut self) -> bool {
        if !self.all || self.names.len() <= MOST {
            return false;
        }
        self.names.clear();
        self.steps = Steps::new();
        self.properties = Keys::new();
        // Those that the mapping names have their numbers in it.
        let mut fields = std::mem::replace(&mut self.fields, Keys::new());
        for key in &mut fields.keys {
            if let Role::Part(column) = &mut key.what {
                *column = self.property(&key.name);
            }
        }
        self.fields = fields;
        true
    }
}

/// What names stand for.
struct Keys<T> {
    keys: Vec<Key<T>>,
    /// Where there are too many to be compared one by one.
    places: HashMap<Text, usize, BuildHasherDefault<NameHasher>>,
}

struct Key<T> {
    /// The first and the last letters in one number: all there are of a short name.
    head: u64,
    name: Text,
    what: T,
}

impl<T: Copy> Keys<T> {
    const FEW: usize = 24;

    fn new() -> Keys<T> {
        Keys { keys: Vec::new(), places: HashMap::default() }
    }

    fn add(&mut self, name: &str, what: T) {
        let name = Text::from(name);
        self.places.insert(name.clone(), self.keys.len());
        self.keys.push(Key { head: head(&name), name, what });
    }

    fn find(&self, name: &str) -> Option<T> {
        if self.keys.len() > Keys::<T>::FEW {
            return self.keys.get(*self.places.get(name)?).map(|key| key.what);
        }
        let head = head(name);
        let is_it = |key: &&Key<T>| {
            key.head == head && key.name.len() == name.len() && (name.len() <= 8 || *key.name == *name)
        };
        self.keys.iter().find(is_it).map(|key| key.what)
    }
}

#[inline]
fn head(name: &str) -> u64 {
    let bytes = name.as_bytes();
    match (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        (Some(first), Some(last)) => {
            u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last))
        }
        _ => bytes.iter().fold(0, |head, byte| head << 8 | u64::from(*byte)),
    }
}
