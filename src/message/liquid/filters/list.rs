//! Filters of lists, and those that take a text as a list of characters.

use std::cmp::Ordering;

use liquid_core::model::{_ValueView as ValueView, State, Value, ValueCow, ValueViewCmp};

use super::number::{add, number_of, value};
use super::text::whole;
use super::{MOST_ITEMS, argument, noun, text_of};
use crate::message::liquid::scope::{LARGEST, TOO_LARGE};
use crate::model::Number;

type Made = Result<Value, String>;

/// The items of a list; of nothing, none.
fn items(input: &dyn ValueView) -> Result<Vec<&dyn ValueView>, String> {
    if let Some(list) = input.as_array() {
        return Ok(list.values().collect());
    }
    if input.is_nil() || input.is_state() {
        return Ok(Vec::new());
    }
    Err(format!(
        "needs a list, and this is {}",
        if input.is_scalar() { "a single value" } else { noun(input) }
    ))
}

fn owned<'v>(items: impl IntoIterator<Item = &'v dyn ValueView>) -> Made {
    Ok(Value::Array(items.into_iter().map(ValueView::to_value).collect()))
}

/// The part of an item that an argument names; the item itself without one.
fn part<'v>(item: &'v dyn ValueView, name: Option<&str>) -> Option<&'v dyn ValueView> {
    let part = match name {
        Some(name) => item.as_object()?.get(name)?,
        None => item,
    };
    Some(part).filter(|part| !part.is_nil())
}

fn name_of(arguments: &[ValueCow<'_>]) -> Result<Option<String>, String> {
    argument(arguments, 0).map(text_of).transpose()
}

pub(super) fn size(input: &dyn ValueView, _: &[ValueCow<'_>]) -> Made {
    let size = if let Some(list) = input.as_array() {
        list.size()
    } else if input.is_nil() {
        0
    } else if let Some(object) = input.as_object() {
        object.size()
    } else {
        i64::try_from(text_of(input)?.chars().count()).unwrap_or(i64::MAX)
    };
    Ok(Value::scalar(size))
}

pub(super) fn first(input: &dyn ValueView, _: &[ValueCow<'_>]) -> Made {
    if input.is_scalar() {
        return Ok(Value::scalar(text_of(input)?.chars().next().map(String::from).unwrap_or_default()));
    }
    Ok(items(input)?.first().map_or(Value::Nil, |item| item.to_value()))
}

pub(super) fn last(input: &dyn ValueView, _: &[ValueCow<'_>]) -> Made {
    if input.is_scalar() {
        return Ok(Value::scalar(text_of(input)?.chars().next_back().map(String::from).unwrap_or_default()));
    }
    Ok(items(input)?.last().map_or(Value::Nil, |item| item.to_value()))
}

/// So many items or characters (1) from an offset; a negative one counts from the end.
pub(super) fn slice(input: &dyn ValueView, arguments: &[ValueCow<'_>]) -> Made {
    let offset = whole(arguments, 0, 0)?;
    let length = usize::try_from(whole(arguments, 1, 1)?).unwrap_or(0);
    let start = |size: usize| {
        let size = i64::try_from(size).unwrap_or(i64::MAX);
        let start = if offset < 0 { size.saturating_add(offset) } else { offset };
        usize::try_from(start).ok()
    };
    if input.is_array() {
        let items = items(input)?;
        return match start(items.len()) {
            Some(start) => owned(items.into_iter().skip(start).take(length)),
            None => Ok(Value::Array(Vec::new())),
        };
    }
    let text = text_of(input)?;
    let sliced = start(text.chars().count())
        .map(|start| text.chars().skip(start).take(length).collect::<String>())
        .unwrap_or_default();
    Ok(Value::scalar(sliced))
}

pub(super) fn join(input: &dyn ValueView, arguments: &[ValueCow<'_>]) -> Made {
    let separator = argument(arguments, 0).map_or_else(|| Ok(" ".to_owned()), text_of)?;
    let mut joined = String::new();
    for (index, item) in items(input)?.into_iter().enumerate() {
        if index > 0 {
            joined.push_str(&separator);
        }
        joined.push_str(&text_of(item)?);
        if joined.len() > LARGEST {
            return Err(TOO_LARGE.to_owned());
        }
    }
    Ok(Value::scalar(joined))
}

pub(super) fn reverse(input: &dyn ValueView, _: &[ValueCow<'_>]) -> Made {
    owned(items(input)?.into_iter().rev())
}

pub(super) fn concat(input: &dyn ValueView, arguments: &[ValueCow<'_>]) -> Made {
    let mut all = items(input)?;
    all.extend(argument(arguments, 0).map_or_else(|| Ok(Vec::new()), items)?);
    if all.len() > MOST_ITEMS {
        return Err(TOO_LARGE.to_owned());
    }
    owned(all)
}

/// The items without those that are missing, or whose named part is.
pub(super) fn compact(input: &dyn ValueView, arguments: &[ValueCow<'_>]) -> Made {
    let name = name_of(arguments)?;
    owned(items(input)?.into_iter().filter(|item| part(*item, name.as_deref()).is_some()))
}

/// The named part of each item that has it.
pub(super) fn map(input: &dyn ValueView, arguments: &[ValueCow<'_>]) -> Made {
    let name = name_of(arguments)?;
    owned(items(input)?.into_iter().filter_map(|item| part(item, name.as_deref())))
}

/// The items whose named part is the value; without one, whose named part is neither missing nor false.
pub(super) fn where_(input: &dyn ValueView, arguments: &[ValueCow<'_>]) -> Made {
    let name = name_of(arguments)?;
    let wanted = argument(arguments, 1);
    let holds = |item: &&dyn ValueView| {
        part(*item, name.as_deref()).is_some_and(|part| match wanted {
            Some(wanted) => ValueViewCmp::new(part) == ValueViewCmp::new(wanted),
            None => part.query_state(State::Truthy),
        })
    };
    owned(items(input)?.into_iter().filter(holds))
}

/// Each item once, or each named part once.
pub(super) fn uniq(input: &dyn ValueView, arguments: &[ValueCow<'_>]) -> Made {
    let name = name_of(arguments)?;
    let mut kept: Vec<&dyn ValueView> = Vec::new();
    for item in items(input)? {
        let same = |other: &&dyn ValueView| match (part(item, name.as_deref()), part(*other, name.as_deref()))
        {
            (Some(a), Some(b)) => ValueViewCmp::new(a) == ValueViewCmp::new(b),
            (a, b) => a.is_none() && b.is_none(),
        };
        if !kept.iter().any(same) {
            kept.push(item);
        }
    }
    owned(kept)
}

/// The sum of the items, or of their named parts; what is missing counts as nothing.
pub(super) fn sum(input: &dyn ValueView, arguments: &[ValueCow<'_>]) -> Made {
    let name = name_of(arguments)?;
    let numbers = items(input)?.into_iter().filter_map(|item| part(item, name.as_deref())).map(number_of);
    let sum = numbers.into_iter().try_fold(Number::from_i64(0), |sum, number| add(sum, number?))?;
    Ok(value(sum))
}

/// What an item is sorted by: numbers before texts before the rest, and what is missing last.
enum Key {
    Number(Number),
    Text(String),
    Other,
    Missing,
}

impl Key {
    fn of(item: &dyn ValueView, name: Option<&str>, fold: bool) -> Key {
        let Some(scalar) = part(item, name).and_then(ValueView::as_scalar) else { return Key::Missing };
        let is_number = scalar.type_name() != "string" && scalar.to_bool().is_none();
        match number_of(&scalar) {
            Ok(number) if is_number => return Key::Number(number),
            _ if scalar.to_bool().is_some() => return Key::Other,
            _ => {}
        }
        let text = scalar.to_kstr();
        Key::Text(if fold { text.to_lowercase() } else { text.to_string() })
    }

    const fn rank(&self) -> u8 {
        match self {
            Key::Number(_) => 0,
            Key::Text(_) => 1,
            Key::Other => 2,
            Key::Missing => 3,
        }
    }

    fn compare(&self, other: &Key) -> Ordering {
        match (self, other) {
            (Key::Number(a), Key::Number(b)) => a.cmp(b),
            (Key::Text(a), Key::Text(b)) => a.cmp(b),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

pub(super) fn sort(input: &dyn ValueView, arguments: &[ValueCow<'_>]) -> Made {
    sorted(input, arguments, false)
}

pub(super) fn sort_natural(input: &dyn ValueView, arguments: &[ValueCow<'_>]) -> Made {
    sorted(input, arguments, true)
}

fn sorted(input: &dyn ValueView, arguments: &[ValueCow<'_>], fold: bool) -> Made {
    let name = name_of(arguments)?;
    let mut keyed: Vec<(Key, &dyn ValueView)> =
        items(input)?.into_iter().map(|item| (Key::of(item, name.as_deref(), fold), item)).collect();
    keyed.sort_by(|(a, _), (b, _)| a.compare(b));
    owned(keyed.into_iter().map(|(_, item)| item))
}
