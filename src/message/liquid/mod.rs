//! Personalisation: the Liquid texts of a message, checked when rules are checked, rendered when a message is due.
//!
//! The `liquid` crate renders. What a text means is decided before: our own reader of the grammar (`syntax`) finds what is
//! wrong, with its place, and what the text reads (`examine`); the crate then only sees texts that it can read, with our
//! filters, our `for`, `capture` and `abort`, and a runtime in which a missing value is nothing and not an error.

mod examine;
mod filters;
mod origin;
mod scope;
mod syntax;
mod tag_arguments;
mod tags;
mod view;

use std::sync::LazyLock;

use liquid_core::parser::ParseTag;
use liquid_core::{Language, ParseBlock, Renderable, Runtime, Template};
use liquid_lib::stdlib;

pub(super) use filters::Zones;
pub use origin::{Root, Variable};

use super::RenderStop;
use super::codes;
use super::events::{Events, Readable};
use crate::calendar::Zone;
use crate::language::{Diagnostic, Spanned};
use crate::model::Properties;

/// Bytes of a Liquid text. The longest value that WhatsApp takes has a quarter of them.
const LONGEST: usize = 4 * 1024;

/// The language that texts are written in: Liquid's tags that make sense in one line of text, and our filters.
static LANGUAGE: LazyLock<Language> = LazyLock::new(|| {
    let mut language = Language::empty();
    let tags: [Box<dyn ParseTag>; 6] = [
        stdlib::AssignTag.into(),
        stdlib::IncrementTag.into(),
        stdlib::DecrementTag.into(),
        stdlib::BreakTag.into(),
        stdlib::ContinueTag.into(),
        tags::Abort.into(),
    ];
    for tag in tags {
        language.tags.register(tag.reflection().tag().to_owned(), tag);
    }
    let blocks: [Box<dyn ParseBlock>; 7] = [
        stdlib::IfBlock.into(),
        stdlib::UnlessBlock.into(),
        stdlib::CaseBlock.into(),
        stdlib::CommentBlock.into(),
        stdlib::RawBlock.into(),
        tags::For.into(),
        tags::Capture.into(),
    ];
    for block in blocks {
        language.blocks.register(block.reflection().start_tag().to_owned(), block);
    }
    for (name, filter) in filters::plugins() {
        language.filters.register(name.to_owned(), filter);
    }
    language
});

/// A text of a rule, ready to render.
#[derive(Debug)]
pub(super) enum Personalised {
    /// The same for everyone.
    Constant(String),
    /// Liquid.
    Liquid(Template),
}

/// What compiling a text yields besides the text.
#[derive(Debug, Default)]
pub(super) struct Examined {
    /// What the text reads of the event and the profile, in order.
    pub variables: Vec<Variable>,
    /// What is wrong with it.
    pub findings: Vec<Diagnostic>,
}

impl Personalised {
    /// Checks a text and makes it ready; none when there are errors.
    pub(super) fn compile(
        text: &Spanned<String>,
        readable: Readable,
        examined: &mut Examined,
    ) -> Option<Personalised> {
        let origin = origin::Origin::new(text);
        if text.node.len() > LONGEST {
            let message = format!("this text is {} bytes long, of at most {LONGEST}", text.node.len());
            examined.findings.push(Diagnostic::error(codes::TOO_LARGE, text.span, message));
            return None;
        }
        let outcome = examine::examine(&text.node, &origin, readable);
        let is_error = |finding: &Diagnostic| finding.severity == crate::language::Severity::Error;
        let broken = outcome.findings.iter().any(is_error);
        examined.variables.extend(outcome.variables);
        examined.findings.extend(outcome.findings);
        if broken {
            return None;
        }
        if !outcome.has_markup {
            return Some(Personalised::Constant(text.node.clone()));
        }
        let template = match liquid_core::parser::parse(&outcome.text, &LANGUAGE) {
            Ok(elements) => Template::new(elements),
            Err(error) => {
                let message = format!("this Liquid text cannot be read: {}", reason(&error));
                examined.findings.push(Diagnostic::error(codes::UNREADABLE_LIQUID, text.span, message));
                return None;
            }
        };
        let liquid = Personalised::Liquid(template);
        if outcome.depends_on_user {
            return Some(liquid);
        }
        let utc = filters::Zones { account: Zone::utc(), user: Zone::utc() };
        match liquid.render(Events::default(), &Properties::new(), utc) {
            Ok(_) if outcome.depends_on_clock => Some(liquid),
            Ok(constant) => Some(Personalised::Constant(constant)),
            Err(stop) => {
                let why = match stop {
                    RenderStop::Failed(reason) => reason,
                    RenderStop::Aborted(_) => "it aborts".to_owned(),
                };
                let message = format!("this text can never be rendered: {why}");
                examined.findings.push(Diagnostic::error(codes::ALWAYS_FAILS, text.span, message));
                None
            }
        }
    }

    /// The text when it is the same for everyone.
    pub(super) fn constant(&self) -> Option<&str> {
        match self {
            Personalised::Constant(text) => Some(text),
            Personalised::Liquid(_) => None,
        }
    }

    /// The text for one user.
    pub(super) fn render(
        &self,
        events: Events<'_>,
        profile: &Properties,
        zones: Zones,
    ) -> Result<String, RenderStop> {
        let template = match self {
            Personalised::Constant(text) => return Ok(text.clone()),
            Personalised::Liquid(template) => template,
        };
        let scope = scope::Scope::new(events, profile);
        scope.registers().get_mut::<filters::Clocks>().0 = Some(zones);
        let mut page = scope::Page::default();
        match template.render_to(&mut page, &scope) {
            Ok(()) => Ok(page.into_text()),
            Err(error) => Err(match scope.registers().get_mut::<scope::Progress>().aborted.take() {
                Some(why) => RenderStop::Aborted(why),
                None if page.full => RenderStop::Failed(scope::TOO_LARGE.to_owned()),
                None => RenderStop::Failed(reason(&error)),
            }),
        }
    }
}

/// The first line of an error of the `liquid` crate, which is what went wrong; the others are its traces.
fn reason(error: &liquid_core::Error) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    let line = line.strip_prefix("liquid: ").unwrap_or(line).trim();
    if line.starts_with("Expected scalar") {
        return "what stands between `[` and `]` is missing, or no single value".to_owned();
    }
    line.to_owned()
}
