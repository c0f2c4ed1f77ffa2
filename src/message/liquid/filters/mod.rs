//! The filters of a text.
//!
//! They are Liquid's by name and meaning, and our own by make: the `liquid` crate's count bytes where people count
//! characters, overflow and panic on large numbers, grow without bound, print objects in a random order, and read the
//! clock (`'now' | date`).

mod date;
mod list;
mod money;
mod number;
mod text;

use std::fmt;

use liquid_core::model::{_ValueView as ValueView, Value, ValueCow};
use liquid_core::parser::{FilterArguments, ParameterReflection};
use liquid_core::{Error, Expression, Filter, FilterReflection, ParseFilter, Result, Runtime};

use super::scope::{LARGEST, TOO_LARGE};
use crate::calendar::Zone;

pub(super) use date::{check_format, check_zone};
pub(super) use money::check_currency;

/// Items of a list that a filter may make.
const MOST_ITEMS: usize = 10_000;

/// The filter under which every output is written: refuses what has no text of its own. No user can write its name.
pub(super) const OUTPUT: &str = "_";

/// What a filter makes of its input and arguments, or why it cannot.
type Plain = fn(&dyn ValueView, &[ValueCow<'_>]) -> std::result::Result<Value, String>;
/// The same of one that asks for wall clocks.
type Zoned = fn(&dyn ValueView, &[ValueCow<'_>], Zones) -> std::result::Result<Value, String>;

/// Whose clocks there are.
#[derive(Debug, Clone, Copy)]
pub(in crate::message) struct Zones {
    pub account: Zone,
    pub user: Zone,
}

/// As a rendering hands them to its filters.
#[derive(Debug, Default)]
pub(super) struct Clocks(pub Option<Zones>);

#[derive(Clone, Copy)]
enum Run {
    Plain(Plain),
    Zoned(Zoned),
}

/// A filter.
pub(super) struct FilterKind {
    /// Its name.
    pub name: &'static str,
    /// The fewest arguments.
    pub least: usize,
    /// The most arguments.
    pub most: usize,
    /// How it is written, for findings.
    pub example: &'static str,
    run: Run,
}

impl fmt::Debug for FilterKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl FilterKind {
    /// True when what it makes depends on the user's clock.
    pub(super) fn asks_clocks(&self) -> bool {
        matches!(self.run, Run::Zoned(_))
    }
}

const fn kind(
    name: &'static str,
    least: usize,
    most: usize,
    example: &'static str,
    run: Plain,
) -> FilterKind {
    FilterKind { name, least, most, example, run: Run::Plain(run) }
}

const DATE: FilterKind =
    FilterKind { name: "date", least: 1, most: 2, example: "| date: '%d %B'", run: Run::Zoned(date::date) };

/// All filters, by name.
static FILTERS: &[FilterKind] = &[
    kind("abs", 0, 0, "| abs", number::abs),
    kind("append", 1, 1, "| append: '!'", text::append),
    kind("at_least", 1, 1, "| at_least: 1", number::at_least),
    kind("at_most", 1, 1, "| at_most: 10", number::at_most),
    kind("capitalize", 0, 0, "| capitalize", text::capitalize),
    kind("ceil", 0, 0, "| ceil", number::ceil),
    kind("compact", 0, 1, "| compact", list::compact),
    kind("concat", 1, 1, "| concat: other_list", list::concat),
    DATE,
    kind("default", 1, 1, "| default: 'there'", default),
    kind("divided_by", 1, 1, "| divided_by: 2", number::divided_by),
    kind("downcase", 0, 0, "| downcase", text::downcase),
    kind("first", 0, 0, "| first", list::first),
    kind("floor", 0, 0, "| floor", number::floor),
    kind("join", 0, 1, "| join: ', '", list::join),
    kind("last", 0, 0, "| last", list::last),
    kind("lstrip", 0, 0, "| lstrip", text::lstrip),
    kind("map", 1, 1, "| map: 'name'", list::map),
    kind("minus", 1, 1, "| minus: 1", number::minus),
    kind("modulo", 1, 1, "| modulo: 2", number::modulo),
    kind("money", 1, 1, "| money: 'INR'", money::money),
    kind(
        "money_without_trailing_zeros",
        1,
        1,
        "| money_without_trailing_zeros: 'INR'",
        money::without_trailing_zeros,
    ),
    kind("plus", 1, 1, "| plus: 1", number::plus),
    kind("prepend", 1, 1, "| prepend: 'No. '", text::prepend),
    kind("remove", 1, 1, "| remove: '-'", text::remove),
    kind("remove_first", 1, 1, "| remove_first: '-'", text::remove_first),
    kind("replace", 1, 2, "| replace: '-', ' '", text::replace),
    kind("replace_first", 1, 2, "| replace_first: '-', ' '", text::replace_first),
    kind("reverse", 0, 0, "| reverse", list::reverse),
    kind("round", 0, 1, "| round: 2", number::round),
    kind("rstrip", 0, 0, "| rstrip", text::rstrip),
    kind("size", 0, 0, "| size", list::size),
    kind("slice", 1, 2, "| slice: 0, 3", list::slice),
    kind("sort", 0, 1, "| sort: 'price'", list::sort),
    kind("sort_natural", 0, 1, "| sort_natural: 'name'", list::sort_natural),
    kind("split", 1, 1, "| split: ','", text::split),
    kind("strip", 0, 0, "| strip", text::strip),
    kind("strip_html", 0, 0, "| strip_html", text::strip_html),
    kind("strip_newlines", 0, 0, "| strip_newlines", text::strip_newlines),
    kind("sum", 0, 1, "| sum: 'price'", list::sum),
    kind("times", 1, 1, "| times: 2", number::times),
    kind("truncate", 0, 2, "| truncate: 40", text::truncate),
    kind("truncatewords", 0, 2, "| truncatewords: 5", text::truncate_words),
    kind("uniq", 0, 1, "| uniq", list::uniq),
    kind("upcase", 0, 0, "| upcase", text::upcase),
    kind("url_decode", 0, 0, "| url_decode", text::url_decode),
    kind("url_encode", 0, 0, "| url_encode", text::url_encode),
    kind("where", 1, 2, "| where: 'category', 'Shoes'", list::where_),
];

static OUTPUT_KIND: FilterKind = kind(OUTPUT, 0, 0, "", output);

/// The filter of a name.
pub(super) fn find(name: &str) -> Option<&'static FilterKind> {
    FILTERS.iter().find(|kind| kind.name == name)
}

/// The names of all filters that a user can write.
pub(super) fn names() -> impl Iterator<Item = &'static str> + Clone {
    FILTERS.iter().map(|kind| kind.name)
}

/// All filters as the `liquid` crate takes them, by name.
pub(super) fn plugins() -> impl Iterator<Item = (&'static str, Box<dyn ParseFilter>)> {
    let all = FILTERS.iter().chain(std::iter::once(&OUTPUT_KIND));
    all.map(|kind| (kind.name, Box::new(Plugin(kind)) as Box<dyn ParseFilter>))
}

#[derive(Debug, Clone, Copy)]
struct Plugin(&'static FilterKind);

impl FilterReflection for Plugin {
    fn name(&self) -> &str {
        self.0.name
    }

    fn description(&self) -> &str {
        ""
    }

    fn positional_parameters(&self) -> &'static [ParameterReflection] {
        &[]
    }

    fn keyword_parameters(&self) -> &'static [ParameterReflection] {
        &[]
    }
}

impl ParseFilter for Plugin {
    fn parse(&self, arguments: FilterArguments<'_>) -> Result<Box<dyn Filter>> {
        Ok(Box::new(Call { kind: self.0, arguments: arguments.positional.collect() }))
    }

    fn reflection(&self) -> &dyn FilterReflection {
        self
    }
}

/// A filter where it is used.
#[derive(Debug)]
struct Call {
    kind: &'static FilterKind,
    arguments: Vec<Expression>,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.name)
    }
}

impl Filter for Call {
    fn evaluate(&self, input: &dyn ValueView, runtime: &dyn Runtime) -> Result<Value> {
        let arguments: Vec<ValueCow<'_>> =
            self.arguments.iter().map(|argument| argument.evaluate(runtime)).collect::<Result<_>>()?;
        let made = match self.kind.run {
            Run::Plain(run) => run(input, &arguments),
            Run::Zoned(run) => match runtime.registers().get_mut::<Clocks>().0 {
                Some(zones) => run(input, &arguments, zones),
                None => Err("there is no clock to write it by".to_owned()),
            },
        };
        let made = made.map_err(|reason| {
            let name = self.kind.name;
            Error::with_msg(if name == OUTPUT { reason } else { format!("`{name}`: {reason}") })
        })?;
        let fits = match &made {
            Value::Scalar(scalar) => scalar.to_kstr().len() <= LARGEST,
            Value::Array(items) => items.len() <= MOST_ITEMS,
            Value::Object(_) | Value::State(_) | Value::Nil => true,
        };
        if fits { Ok(made) } else { Err(Error::with_msg(TOO_LARGE)) }
    }
}

/// The first argument, or nothing.
fn argument<'v>(arguments: &'v [ValueCow<'_>], index: usize) -> Option<&'v dyn ValueView> {
    arguments.get(index).map(ValueCow::as_view)
}

/// The text of a scalar; nothing is empty text; a list or an object has none.
fn text_of(value: &dyn ValueView) -> std::result::Result<String, String> {
    if value.is_nil() || value.is_state() {
        return Ok(String::new());
    }
    match value.as_scalar() {
        Some(scalar) => Ok(scalar.into_string().to_string()),
        None => Err(format!("needs a text, and this is {}", noun(value))),
    }
}

/// What a value is, for findings.
fn noun(value: &dyn ValueView) -> &'static str {
    if value.is_nil() {
        "missing"
    } else if value.is_array() {
        "a list"
    } else if value.is_object() {
        "an object"
    } else {
        "no such value"
    }
}

fn default(input: &dyn ValueView, arguments: &[ValueCow<'_>]) -> std::result::Result<Value, String> {
    let fallback =
        argument(arguments, 0).filter(|_| input.query_state(liquid_core::model::State::DefaultValue));
    Ok(fallback.unwrap_or(input).to_value())
}

fn output(input: &dyn ValueView, _: &[ValueCow<'_>]) -> std::result::Result<Value, String> {
    if input.is_nil() || input.is_scalar() || input.is_state() {
        Ok(input.to_value())
    } else if input.is_array() {
        Err("a list has no text of its own: join it, as in `| join: ', '`".to_owned())
    } else {
        Err("an object has no text of its own: name one of its parts, as in `event.item.name`".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_filter_is_on_the_page_for_users() {
        let page = include_str!("../../../../docs/messages.md");
        for name in names() {
            assert!(page.contains(&format!("`{name}`")) || page.contains(&format!("`{name}: ")), "{name}");
        }
    }

    #[test]
    fn names_are_in_order_and_occur_once() {
        assert!(FILTERS.iter().zip(FILTERS.iter().skip(1)).all(|(a, b)| a.name < b.name));
        assert!(find(OUTPUT).is_none());
    }
}
