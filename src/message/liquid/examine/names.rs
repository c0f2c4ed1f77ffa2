//! The names of a text: those that it makes, reads, and gives to filters.

use super::super::filters::{self, FilterKind};
use super::super::origin::{Root, Variable};
use super::super::syntax::{Chain, FilterCall, Literal, Operand, Part, Path, Place};
use super::super::tag_arguments::Named;
use super::{Stop, Walk};
use crate::language::nearest;
use crate::message::codes;
use crate::model::Text;

/// A name that the text itself makes.
pub(super) struct Name {
    pub name: String,
    /// What it stands for, where that is simply a property.
    pub stands_for: Option<(Root, Vec<Text>)>,
    /// For a loop's item: how many blocks are open around it.
    pub within: Option<usize>,
}

impl Walk<'_> {
    pub(super) fn refuse_taken(&self, name: Named<'_>) -> Result<(), Stop> {
        let first = name.name == "first" && self.readable.first;
        if !first && !matches!(name.name, "event" | "profile" | "forloop") {
            return Ok(());
        }
        let message = format!("`{}` is taken: a text cannot give the name to something else", name.name);
        Err(self.error(codes::NAME_TAKEN, name.place, message).with_help("write another name").into())
    }

    pub(super) fn makes(
        &mut self,
        name: Named<'_>,
        stands_for: Option<(Root, Vec<Text>)>,
    ) -> Result<(), Stop> {
        self.refuse_taken(name)?;
        match self.names.iter_mut().find(|known| known.name == name.name && known.within.is_none()) {
            // Which of its values a name has then depends on what ran.
            Some(known) => known.stands_for = None,
            None => self.names.push(Name { name: name.name.to_owned(), stands_for, within: None }),
        }
        Ok(())
    }

    pub(super) fn chain(&mut self, chain: &Chain) {
        self.operand(&chain.value);
        for (index, filter) in chain.filters.iter().enumerate() {
            if index == 0
                && filter.name == "date"
                && let Operand::Literal(Literal::Text(text), place) = &chain.value
                && matches!(text.trim().to_lowercase().as_str(), "now" | "today")
            {
                let message = format!("`{text}` would read a clock");
                let finding = self.error(codes::READS_CLOCK, *place, message);
                let help = "a message says the same whenever it is rendered: write a date, or a property";
                self.findings.push(finding.with_help(help));
            }
            self.filter(filter);
        }
    }

    fn filter(&mut self, call: &FilterCall) {
        call.arguments.iter().for_each(|argument| self.operand(&argument.value));
        let Some(kind) = filters::find(&call.name) else {
            let message = format!("unknown filter `{}`", call.name);
            let finding = self.error(codes::UNKNOWN_FILTER, call.name_place, message);
            self.findings.push(match nearest(&call.name, filters::names()) {
                Some(near) => finding.with_help(format!("did you mean `{near}`?")),
                None => finding.with_help("docs/messages.md lists the filters"),
            });
            return;
        };
        self.depends_on_clock |= kind.asks_clocks();
        if let Err((place, message)) = arguments(kind, call) {
            let finding = self.error(codes::FILTER_ARGUMENTS, place, message);
            self.findings.push(finding.with_help(format!("write `{}`", kind.example)));
        }
    }

    pub(super) fn operand(&mut self, operand: &Operand) {
        match operand {
            Operand::Literal(Literal::Integer(None), place) => {
                self.findings.push(self.error(codes::TOO_LARGE, *place, "this number is too large"));
            }
            Operand::Literal(..) => {}
            Operand::Variable(path) => self.variable(path),
        }
    }

    fn variable(&mut self, path: &Path) {
        for part in &path.parts {
            if let Part::Index(index) = part {
                self.operand(index);
            }
        }
        if let Some((root, names)) = self.resolve(path) {
            self.depends_on_user = true;
            let missing = match root {
                Root::Event => !self.readable.event,
                Root::First => !self.readable.first,
                Root::Profile => false,
            };
            if missing {
                // A name that stands for a part of the event was refused where it was given.
                if path.root == root.name() {
                    self.no_event(root, path);
                }
                return;
            }
            let span = self.origin.at(path.place);
            self.variables.push(Variable { root, path: names, span });
        } else if !self.names.iter().any(|known| known.name == path.root) {
            self.unknown(path);
        }
    }

    /// The property that a variable reads; none for a name whose value the text makes.
    pub(super) fn resolve(&self, path: &Path) -> Option<(Root, Vec<Text>)> {
        let (root, mut names) = match path.root.as_str() {
            "event" => (Root::Event, Vec::new()),
            "profile" => (Root::Profile, Vec::new()),
            // A text may give the name to something else where it means no event.
            "first" if self.readable.first || !self.names.iter().any(|known| known.name == "first") => {
                (Root::First, Vec::new())
            }
            other => self.names.iter().rev().find(|known| known.name == other)?.stands_for.clone()?,
        };
        for part in &path.parts {
            match part {
                Part::Name(name) => names.push(name.as_str().into()),
                Part::Index(Operand::Literal(Literal::Text(name), _)) => names.push(name.as_str().into()),
                // An item of a list; of the event itself it is a name like any other.
                Part::Index(Operand::Literal(Literal::Integer(Some(index)), _)) if names.is_empty() => {
                    names.push(index.to_string().into());
                }
                Part::Index(Operand::Literal(Literal::Integer(_), _)) => {}
                Part::Index(_) => break,
            }
        }
        Some((root, names))
    }

    fn no_event(&mut self, root: Root, path: &Path) {
        let (message, help) = if root == Root::First {
            (
                "this campaign has no first event to read",
                "only `when A then B within …` has one, A; the trigger's event is `event`",
            )
        } else {
            (
                "this campaign has no event to read",
                "only a trigger by an event has one: read the profile, as in `{{ profile.first_name }}`",
            )
        };
        self.findings.push(self.error(codes::NO_EVENT, path.place, message).with_help(help));
    }

    fn unknown(&mut self, path: &Path) {
        let place = Place { start: path.place.start, end: path.place.start + path.root.len() };
        let finding = self.error(codes::UNKNOWN_NAME, place, format!("unknown name `{}`", path.root));
        let known = self.names.iter().map(|known| known.name.as_str());
        let help = match nearest(&path.root, ["event", "profile"].into_iter().chain(known)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => {
                // `user.name` means the profile's `name`, `first_name` the profile's `first_name`.
                let property = match path.parts.first() {
                    Some(Part::Name(name)) => name,
                    _ => &path.root,
                };
                let event =
                    if self.readable.event { format!(" or `event.{property}`") } else { String::new() };
                format!("write `profile.{property}`{event}")
            }
        };
        self.findings.push(finding.with_help(help));
    }
}

/// Whether a constant value of a filter is one that it takes; else why not.
type Check = fn(&str) -> Result<(), String>;

/// Asks whether a filter has the arguments that it takes.
fn arguments(kind: &FilterKind, call: &FilterCall) -> Result<(), (Place, String)> {
    if let Some(argument) = call.arguments.iter().find(|argument| argument.named) {
        return Err((argument.place, format!("`{}` takes its values without names", kind.name)));
    }
    let count = call.arguments.len();
    if count < kind.least || count > kind.most {
        let takes = match (kind.least, kind.most) {
            (0, 0) => "no value".to_owned(),
            (least, most) if least == most => counted(least),
            (least, most) => format!("{least} to {}", counted(most)),
        };
        return Err((call.place, format!("`{}` takes {takes}, not {count}", kind.name)));
    }
    let checks: &[Check] = match kind.name {
        "date" => &[filters::check_format, filters::check_zone],
        "money" | "money_without_trailing_zeros" => &[filters::check_currency],
        _ => &[],
    };
    for (argument, check) in call.arguments.iter().zip(checks) {
        if let Operand::Literal(Literal::Text(text), place) = &argument.value {
            check(text).map_err(|reason| (*place, reason))?;
        }
    }
    Ok(())
}

fn counted(count: usize) -> String {
    if count == 1 { "1 value".to_owned() } else { format!("{count} values") }
}
