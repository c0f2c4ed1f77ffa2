//! What a Liquid text sees while it is rendered.
//!
//! The `liquid` crate's own runtime stops at the first variable or part that is not there, even before `| default`. This
//! one finds nothing instead, at every depth: which names exist was asked when the rules were checked.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::sync::Arc;

use liquid_core::model::{
    _ObjectView as ObjectView, _ValueView as ValueView, KString, KStringCow, KStringRef, ScalarCow, Value,
    ValueCow,
};
use liquid_core::runtime::{PartialStore, Registers};
use liquid_core::{Error, Renderable, Runtime};
use liquid_lib::stdlib::ForloopObject;

use super::view::{missing, walk};
use crate::message::events::Events;
use crate::model::Properties;

/// Bytes that a text, or a value on the way to it, may grow to.
pub(super) const LARGEST: usize = 64 * 1024;

/// How often the loops of one text may turn, all together.
const TURNS: usize = 1_000;

/// What the tags and filters of one rendering leave behind for those who asked for it.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// `{% abort %}` was met, with this reason.
    pub aborted: Option<Option<String>>,
    turns: usize,
}

impl Progress {
    /// Counts a turn of a loop.
    pub(super) fn turn(&mut self) -> Result<(), Error> {
        self.turns += 1;
        if self.turns > TURNS {
            return Err(Error::with_msg(format!("loops turn more than {TURNS} times")));
        }
        Ok(())
    }

    /// Refuses a loop over more than may be turned at all.
    pub(super) fn expect_turns(&self, turns: i128) -> Result<(), Error> {
        if turns > TURNS as i128 {
            return Err(Error::with_msg(format!("loops turn more than {TURNS} times")));
        }
        Ok(())
    }
}

/// The names of one rendering: the events' and the profile's properties, and what the text assigns.
pub(super) struct Scope<'a> {
    events: Events<'a>,
    profile: &'a Properties,
    assigned: RefCell<BTreeMap<KString, Value>>,
    counters: RefCell<BTreeMap<KString, Value>>,
    registers: Registers,
}

impl<'a> Scope<'a> {
    pub(super) fn new(events: Events<'a>, profile: &'a Properties) -> Scope<'a> {
        Scope {
            events,
            profile,
            assigned: RefCell::default(),
            counters: RefCell::default(),
            registers: Registers::default(),
        }
    }

    fn find(&self, path: &[ScalarCow<'_>]) -> ValueCow<'_> {
        let Some((root, rest)) = path.split_first() else { return missing() };
        let root = root.to_kstr();
        match (&*root, self.events) {
            ("profile", _) => return walk(self.profile, rest),
            ("event", Events { event: Some(event), .. }) => return walk(event, rest),
            ("first", Events { first: Some(first), .. }) => return walk(first, rest),
            ("event", _) => return missing(),
            _ => {}
        }
        for names in [&self.assigned, &self.counters] {
            if let Some(value) = names.borrow().get(&*root) {
                let found = walk(value, rest);
                return if found.is_nil() { missing() } else { ValueCow::Owned(found.into_owned()) };
            }
        }
        missing()
    }
}

impl Runtime for Scope<'_> {
    fn partials(&self) -> &dyn PartialStore {
        &NoPartials
    }

    fn name(&self) -> Option<KStringRef<'_>> {
        None
    }

    fn roots(&self) -> BTreeSet<KStringCow<'_>> {
        ["event", "first", "profile"].into_iter().map(KStringCow::from_static).collect()
    }

    fn try_get(&self, path: &[ScalarCow<'_>]) -> Option<ValueCow<'_>> {
        Some(self.find(path))
    }

    fn get(&self, path: &[ScalarCow<'_>]) -> liquid_core::Result<ValueCow<'_>> {
        Ok(self.find(path))
    }

    fn set_global(&self, name: KString, value: Value) -> Option<Value> {
        self.assigned.borrow_mut().insert(name, value)
    }

    fn set_index(&self, name: KString, value: Value) -> Option<Value> {
        self.counters.borrow_mut().insert(name, value)
    }

    fn get_index<'s>(&'s self, name: &str) -> Option<ValueCow<'s>> {
        self.counters.borrow().get(name).map(|value| ValueCow::Owned(value.to_value()))
    }

    fn registers(&self) -> &Registers {
        &self.registers
    }
}

/// One turn of a loop: its item and `forloop` before all other names.
pub(super) struct Turn<'a> {
    pub parent: &'a dyn Runtime,
    pub name: &'a str,
    pub item: &'a dyn ValueView,
    pub forloop: ForloopObject<'a>,
}

impl Turn<'_> {
    fn find(&self, path: &[ScalarCow<'_>]) -> Option<ValueCow<'_>> {
        let (root, rest) = path.split_first()?;
        let root = root.to_kstr();
        if *root == *self.name {
            Some(walk(self.item, rest))
        } else if *root == *"forloop" {
            Some(walk(ObjectView::as_value(&self.forloop), rest))
        } else {
            None
        }
    }
}

impl Runtime for Turn<'_> {
    fn partials(&self) -> &dyn PartialStore {
        self.parent.partials()
    }

    fn name(&self) -> Option<KStringRef<'_>> {
        None
    }

    fn roots(&self) -> BTreeSet<KStringCow<'_>> {
        self.parent.roots()
    }

    fn try_get(&self, path: &[ScalarCow<'_>]) -> Option<ValueCow<'_>> {
        self.find(path).or_else(|| self.parent.try_get(path))
    }

    fn get(&self, path: &[ScalarCow<'_>]) -> liquid_core::Result<ValueCow<'_>> {
        match self.find(path) {
            Some(found) => Ok(found),
            None => self.parent.get(path),
        }
    }

    fn set_global(&self, name: KString, value: Value) -> Option<Value> {
        self.parent.set_global(name, value)
    }

    fn set_index(&self, name: KString, value: Value) -> Option<Value> {
        self.parent.set_index(name, value)
    }

    fn get_index<'s>(&'s self, name: &str) -> Option<ValueCow<'s>> {
        self.parent.get_index(name)
    }

    fn registers(&self) -> &Registers {
        self.parent.registers()
    }
}

/// A rule includes no files.
#[derive(Debug)]
struct NoPartials;

impl PartialStore for NoPartials {
    fn contains(&self, _: &str) -> bool {
        false
    }

    fn names(&self) -> Vec<&str> {
        Vec::new()
    }

    fn try_get(&self, _: &str) -> Option<Arc<dyn Renderable>> {
        None
    }

    fn get(&self, name: &str) -> liquid_core::Result<Arc<dyn Renderable>> {
        Err(Error::with_msg(format!("`{name}` cannot be included")))
    }
}

/// Collects what is rendered, up to [`LARGEST`] bytes.
#[derive(Debug, Default)]
pub(super) struct Page {
    text: Vec<u8>,
    /// True once more was to be written than fits.
    pub full: bool,
}

impl Page {
    /// What was written.
    pub(super) fn into_text(self) -> String {
        String::from_utf8_lossy(&self.text).into_owned()
    }
}

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.text.len() + bytes.len() > LARGEST {
            self.full = true;
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The error for a text that grows past [`LARGEST`].
pub(super) fn too_large() -> Error {
    Error::with_msg(TOO_LARGE)
}

/// The words of [`too_large`].
pub(super) const TOO_LARGE: &str = "the text grows past 64 KiB";
