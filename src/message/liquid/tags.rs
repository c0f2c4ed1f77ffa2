//! The tags that are ours: `abort`, which is not Liquid's, and `for` and `capture`, whose originals have no bound (and of
//! which `for` fills up a short rest with nothing where `offset` and `limit` meet).

use std::io::Write;

use liquid_core::Template;
use liquid_core::model::{_ValueView as ValueView, KString, KStringCow, Value, ValueCow};
use liquid_core::parser::{BlockElement, TryMatchToken};
use liquid_core::runtime::{Interrupt, InterruptRegister};
use liquid_core::{
    BlockReflection, Error, Expression, Language, ParseBlock, ParseTag, Renderable, Result, Runtime,
    TagBlock, TagReflection, TagTokenIter,
};
use liquid_lib::stdlib::ForloopObject;

use super::scope::{Page, Progress, Turn, too_large};

/// `{% abort %}`, `{% abort "no size" %}`: drops this user's message.
#[derive(Debug, Clone, Copy)]
pub(super) struct Abort;

impl TagReflection for Abort {
    fn tag(&self) -> &str {
        "abort"
    }

    fn description(&self) -> &str {
        "drops this user's message"
    }
}

impl ParseTag for Abort {
    fn parse(&self, mut arguments: TagTokenIter<'_>, _: &Language) -> Result<Box<dyn Renderable>> {
        let reason = arguments.next().map(|token| token.expect_value().into_result()).transpose()?;
        arguments.expect_nothing()?;
        Ok(Box::new(Stop { reason }))
    }

    fn reflection(&self) -> &dyn TagReflection {
        self
    }
}

#[derive(Debug)]
struct Stop {
    reason: Option<Expression>,
}

impl Renderable for Stop {
    fn render_to(&self, _: &mut dyn Write, runtime: &dyn Runtime) -> Result<()> {
        let reason = match &self.reason {
            Some(reason) => Some(reason.evaluate(runtime)?.to_kstr().to_string()),
            None => None,
        };
        runtime.registers().get_mut::<Progress>().aborted = Some(reason.filter(|reason| !reason.is_empty()));
        Err(Error::with_msg("aborted"))
    }
}

/// `{% capture name %}…{% endcapture %}`
#[derive(Debug, Clone, Copy)]
pub(super) struct Capture;

impl BlockReflection for Capture {
    fn start_tag(&self) -> &str {
        "capture"
    }

    fn end_tag(&self) -> &str {
        "endcapture"
    }

    fn description(&self) -> &str {
        "assigns a text"
    }
}

impl ParseBlock for Capture {
    fn parse(
        &self,
        mut arguments: TagTokenIter<'_>,
        mut block: TagBlock<'_, '_>,
        language: &Language,
    ) -> Result<Box<dyn Renderable>> {
        let name = arguments.expect_next("a name is missing")?.expect_identifier().into_result()?;
        let name = KString::from_ref(name);
        arguments.expect_nothing()?;
        let body = Template::new(block.parse_all(language)?);
        block.assert_empty();
        Ok(Box::new(Captured { name, body }))
    }

    fn reflection(&self) -> &dyn BlockReflection {
        self
    }
}

#[derive(Debug)]
struct Captured {
    name: KString,
    body: Template,
}

impl Renderable for Captured {
    fn render_to(&self, _: &mut dyn Write, runtime: &dyn Runtime) -> Result<()> {
        let mut page = Page::default();
        let rendered = self.body.render_to(&mut page, runtime);
        if page.full {
            return Err(too_large());
        }
        rendered?;
        runtime.set_global(self.name.clone(), Value::scalar(page.into_text()));
        Ok(())
    }
}

/// `{% for item in list limit: 3 offset: 1 reversed %}…{% else %}…{% endfor %}`
#[derive(Debug, Clone, Copy)]
pub(super) struct For;

impl BlockReflection for For {
    fn start_tag(&self) -> &str {
        "for"
    }

    fn end_tag(&self) -> &str {
        "endfor"
    }

    fn description(&self) -> &str {
        "repeats a text"
    }
}

impl ParseBlock for For {
    fn parse(
        &self,
        mut arguments: TagTokenIter<'_>,
        mut block: TagBlock<'_, '_>,
        language: &Language,
    ) -> Result<Box<dyn Renderable>> {
        let name = arguments.expect_next("a name is missing")?.expect_identifier().into_result()?;
        let name = name.to_owned();
        arguments.expect_next("`in` is missing")?.expect_str("in").into_result()?;
        let over = match arguments.expect_next("a list is missing")?.expect_value() {
            TryMatchToken::Matches(list) => Over::List(list),
            TryMatchToken::Fails(token) => {
                let (from, to) = token.expect_range().into_result()?;
                Over::Range(from, to)
            }
        };
        let mut looped = Loop {
            name,
            over,
            limit: None,
            offset: None,
            reversed: false,
            body: empty(),
            otherwise: empty(),
        };
        while let Some(token) = arguments.next() {
            let attribute = token.as_str().to_owned();
            if attribute == "reversed" {
                looped.reversed = true;
                continue;
            }
            arguments.expect_next("`:` is missing")?.expect_str(":").into_result()?;
            let value = arguments.expect_next("a number is missing")?.expect_value().into_result()?;
            match attribute.as_str() {
                "limit" => looped.limit = Some(value),
                "offset" => looped.offset = Some(value),
                _ => {
                    return token.raise_custom_error("`limit`, `offset` or `reversed` can follow").into_err();
                }
            }
        }
        let mut body = Vec::new();
        while let Some(element) = block.next()? {
            match element {
                BlockElement::Tag(tag) if tag.name() == "else" => {
                    looped.otherwise = Template::new(block.parse_all(language)?);
                    break;
                }
                element => body.push(element.parse(&mut block, language)?),
            }
        }
        block.assert_empty();
        looped.body = Template::new(body);
        Ok(Box::new(looped))
    }

    fn reflection(&self) -> &dyn BlockReflection {
        self
    }
}

fn empty() -> Template {
    Template::new(Vec::new())
}

#[derive(Debug)]
enum Over {
    List(Expression),
    Range(Expression, Expression),
}

#[derive(Debug)]
struct Loop {
    name: String,
    over: Over,
    limit: Option<Expression>,
    offset: Option<Expression>,
    reversed: bool,
    body: Template,
    otherwise: Template,
}

impl Loop {
    fn items<'r>(&self, list: &'r ValueCow<'r>) -> Result<Vec<ValueCow<'r>>> {
        let list = list.as_view();
        if let Some(list) = list.as_array() {
            return Ok(list.values().map(ValueCow::Borrowed).collect());
        }
        if list.is_nil() || list.is_state() {
            return Ok(Vec::new());
        }
        let Some(object) = list.as_object() else {
            return Err(Error::with_msg(format!("`for` needs a list, and this is a {}", list.type_name())));
        };
        // In the order of their names: an object that was assigned has no other.
        let mut parts: Vec<_> = object.iter().collect();
        parts.sort_by(|a, b| a.0.cmp(&b.0));
        let pair = |(name, part): (KStringCow<'_>, &dyn ValueView)| {
            ValueCow::Owned(Value::Array(vec![Value::scalar(name.into_owned()), part.to_value()]))
        };
        Ok(parts.into_iter().map(pair).collect())
    }

    fn turns(&self, items: Vec<ValueCow<'_>>, writer: &mut dyn Write, runtime: &dyn Runtime) -> Result<()> {
        let offset = count(self.offset.as_ref(), runtime)?.unwrap_or(0);
        let limit = count(self.limit.as_ref(), runtime)?.unwrap_or(usize::MAX);
        let mut items: Vec<_> = items.into_iter().skip(offset).take(limit).collect();
        if self.reversed {
            items.reverse();
        }
        if items.is_empty() {
            return self.otherwise.render_to(writer, runtime);
        }
        for (index, item) in items.iter().enumerate() {
            runtime.registers().get_mut::<Progress>().turn()?;
            let forloop = ForloopObject::new(index, items.len());
            let turn = Turn { parent: runtime, name: &self.name, item: item.as_view(), forloop };
            self.body.render_to(writer, &turn)?;
            let interrupt = runtime.registers().get_mut::<InterruptRegister>().reset();
            if interrupt == Some(Interrupt::Break) {
                break;
            }
        }
        Ok(())
    }
}

impl Renderable for Loop {
    fn render_to(&self, writer: &mut dyn Write, runtime: &dyn Runtime) -> Result<()> {
        match &self.over {
            Over::List(list) => {
                let list = list.evaluate(runtime)?;
                self.turns(self.items(&list)?, writer, runtime)
            }
            Over::Range(from, to) => {
                let (from, to) = (number(from, runtime)?, number(to, runtime)?);
                let turns = i128::from(to) - i128::from(from) + 1;
                runtime.registers().get_mut::<Progress>().expect_turns(turns)?;
                let items = (from..=to).map(|item| ValueCow::Owned(Value::scalar(item))).collect();
                self.turns(items, writer, runtime)
            }
        }
    }
}

fn number(expression: &Expression, runtime: &dyn Runtime) -> Result<i64> {
    let value = expression.evaluate(runtime)?;
    let number = value.as_scalar().and_then(|scalar| scalar.to_integer());
    number.ok_or_else(|| Error::with_msg("`for` needs whole numbers as its bounds"))
}

fn count(expression: Option<&Expression>, runtime: &dyn Runtime) -> Result<Option<usize>> {
    let Some(expression) = expression else { return Ok(None) };
    Ok(Some(usize::try_from(number(expression, runtime)?).unwrap_or(0)))
}
