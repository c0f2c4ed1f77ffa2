use chrono::Weekday;

use super::Reader;
use super::campaign::once;
use super::hours::Purpose;
use crate::language::ast::{
    Cap, ControlGroup, EventSchema, Field, FieldKind, Hours, ListDeclaration, ProfileSchema, Segment,
    Settings, Throttle,
};
use crate::language::grammar::{Node, Rule, child, children};
use crate::language::{Diagnostic, Span, Spanned, codes};
use crate::model::{Duration, Percent};

/// One clause of the settings.
#[derive(Debug)]
pub(in crate::language) enum Setting {
    TimeZone(Spanned<String>),
    QuietHours(Hours),
    Cap(Cap),
    Gap(Spanned<Duration>),
    Throttle(Throttle),
    ControlGroup(Spanned<Percent>),
    NamedControlGroup(ControlGroup),
    WeekStarts(Spanned<Weekday>),
}

impl Setting {
    /// The clause as messages name it.
    pub fn name(&self) -> &'static str {
        match self {
            Setting::TimeZone(_) => "`timezone`",
            Setting::QuietHours(_) => "`quiet hours`",
            Setting::Cap(_) => "`cap`",
            Setting::Gap(_) => "`gap`",
            Setting::Throttle(_) => "`throttle`",
            Setting::ControlGroup(_) | Setting::NamedControlGroup(_) => "`control group`",
            Setting::WeekStarts(_) => "`week starts`",
        }
    }

    /// The name that the clause gives to something.
    pub fn defines(&self) -> Option<&str> {
        match self {
            Setting::NamedControlGroup(group) => Some(&group.name.node),
            _ => None,
        }
    }

    /// Puts the clause into the settings; false when there already is one of its kind.
    pub fn put(self, settings: &mut Settings) -> bool {
        match self {
            Setting::TimeZone(it) => once(&mut settings.time_zone, it),
            Setting::QuietHours(it) => once(&mut settings.quiet_hours, it),
            Setting::Cap(it) => {
                settings.caps.push(it);
                true
            }
            Setting::Gap(it) => once(&mut settings.gap, it),
            Setting::Throttle(it) => once(&mut settings.throttle, it),
            Setting::ControlGroup(it) => once(&mut settings.control_group, it),
            Setting::NamedControlGroup(it) => {
                settings.control_groups.push(it);
                true
            }
            Setting::WeekStarts(it) => once(&mut settings.week_starts, it),
        }
    }
}

/// The kinds of properties by name; `{ … }` and `list of …` are written otherwise.
const KINDS: [(&str, FieldKind); 6] = [
    ("text", FieldKind::Text),
    ("number", FieldKind::Number),
    ("yes/no", FieldKind::Boolean),
    ("date", FieldKind::Date),
    ("instant", FieldKind::Instant),
    ("timezone", FieldKind::TimeZone),
];

/// What other languages call them.
const FOREIGN_KINDS: [(&str, &str); 24] = [
    ("string", "text"),
    ("str", "text"),
    ("char", "text"),
    ("varchar", "text"),
    ("int", "number"),
    ("integer", "number"),
    ("float", "number"),
    ("double", "number"),
    ("decimal", "number"),
    ("numeric", "number"),
    ("money", "number"),
    ("amount", "number"),
    ("bool", "yes/no"),
    ("boolean", "yes/no"),
    ("flag", "yes/no"),
    ("yes", "yes/no"),
    ("day", "date"),
    ("datetime", "instant"),
    ("timestamp", "instant"),
    ("time", "instant"),
    ("tz", "timezone"),
    ("zone", "timezone"),
    ("array", "list of text"),
    ("list", "list of text"),
];

impl Reader<'_, '_> {
    /// One clause of the settings, with its place.
    pub fn setting(&mut self, node: &Node<'_>) -> Option<(Setting, Span)> {
        let clause = node.clone().into_inner().next()?;
        let span = self.span(&clause);
        let read = match clause.as_rule() {
            Rule::timezone_clause => Setting::TimeZone(self.visible_text(&child(&clause, Rule::string)?)?),
            Rule::quiet_clause => Setting::QuietHours(self.hours(&clause, Purpose::Quiet)?),
            Rule::cap_clause => Setting::Cap(self.cap(&clause)?),
            Rule::gap_clause => Setting::Gap(self.duration(&child(&clause, Rule::duration)?)?),
            Rule::throttle_clause => Setting::Throttle(self.throttle(&clause)?),
            Rule::control_clause => {
                let share = self.percent(&child(&clause, Rule::percent)?)?;
                match child(&clause, Rule::name) {
                    None => Setting::ControlGroup(share),
                    Some(name) => {
                        Setting::NamedControlGroup(ControlGroup { name: self.name(&name)?, share, span })
                    }
                }
            }
            Rule::week_clause => {
                let node = child(&clause, Rule::weekday)?;
                let place = self.span(&node);
                match self.weekday(&node)? {
                    day @ (Weekday::Mon | Weekday::Sun) => Setting::WeekStarts(Spanned::new(day, place)),
                    _ => {
                        return self.refuse_with(
                            codes::CHOICE,
                            place,
                            "weeks start on monday or sunday",
                            "write `week starts sunday`, or leave it out for monday",
                        );
                    }
                }
            }
            _ => return None,
        };
        Some((read, span))
    }

    /// `event "E" { … }`
    pub fn event(&mut self, node: &Node<'_>) -> Option<EventSchema> {
        let span = self.span(node);
        let name = self.visible_text(&child(node, Rule::string)?)?;
        if name.node.is_empty() {
            return self.empty_event(name.span);
        }
        Some(EventSchema { name, fields: self.fields(&child(node, Rule::fields)?)?, span })
    }

    /// `profile { … }`
    pub fn profile(&mut self, node: &Node<'_>) -> Option<ProfileSchema> {
        Some(ProfileSchema { fields: self.fields(&child(node, Rule::fields)?)?, span: self.span(node) })
    }

    fn fields(&mut self, node: &Node<'_>) -> Option<Vec<Field>> {
        let mut fields: indexmap::IndexMap<String, Field> = indexmap::IndexMap::new();
        let mut sound = true;
        for field in children(node, Rule::field) {
            let name = self.property(&child(&field, Rule::property)?);
            let kind = self.kind(&child(&field, Rule::kind)?);
            let (Some(name), Some(kind)) = (name, kind) else {
                sound = false;
                continue;
            };
            if let Some(first) = fields.get(&name.node) {
                let what = format!("the property `{}`", name.node);
                let first = first.name.span;
                self.twice::<()>(&what, first, name.span);
                sound = false;
                continue;
            }
            fields.insert(name.node.clone(), Field { name, kind });
        }
        sound.then(|| fields.into_values().collect())
    }

    fn kind(&mut self, node: &Node<'_>) -> Option<Spanned<FieldKind>> {
        let span = self.span(node);
        let lists = children(node, Rule::list_of).count();
        if lists > 1 {
            return self.refuse_with(
                codes::NOT_YET,
                span,
                "a list of lists is not supported yet",
                "a list may hold values or objects: `list of { sku: text, quantity: number }`",
            );
        }
        let kind = match child(node, Rule::fields) {
            Some(fields) => FieldKind::Object(self.fields(&fields)?),
            None => self.kind_name(&child(node, Rule::kind_name)?)?,
        };
        let kind = if lists == 1 { FieldKind::List(Box::new(kind)) } else { kind };
        Some(Spanned::new(kind, span))
    }

    fn kind_name(&mut self, node: &Node<'_>) -> Option<FieldKind> {
        let written = node.as_str();
        if let Some((_, kind)) = KINDS.iter().find(|(name, _)| *name == written) {
            return Some(kind.clone());
        }
        let lower = written.to_lowercase();
        let names = || KINDS.iter().map(|(name, _)| *name);
        let meant = FOREIGN_KINDS
            .iter()
            .find(|(foreign, _)| *foreign == lower)
            .map(|(_, ours)| *ours)
            .or_else(|| crate::language::nearest(written, names()));
        let help = match meant {
            Some(meant) => format!("write `{meant}`"),
            None => format!(
                "one of {}, `list of …` or `{{ … }}`",
                names().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
            ),
        };
        let span = self.span(node);
        self.findings.push(
            Diagnostic::error(codes::CHOICE, span, format!("`{written}` is no kind of property"))
                .with_help(help),
        );
        None
    }

    /// `list l from "…"`
    pub fn list(&mut self, node: &Node<'_>) -> Option<ListDeclaration> {
        let span = self.span(node);
        let name = self.name(&child(node, Rule::name)?)?;
        let path = self.text(&child(node, Rule::string)?)?;
        if path.node.is_empty() {
            return self.refuse_with(
                codes::INCOMPLETE,
                path.span,
                "the list's file has no name",
                "write `from \"lists/vip.csv\"`",
            );
        }
        Some(ListDeclaration { name, path, span })
    }

    /// `segment s "Title" = …`
    pub fn segment(&mut self, node: &Node<'_>) -> Option<Segment> {
        let span = self.span(node);
        let name = self.name(&child(node, Rule::name)?)?;
        let title = match child(node, Rule::string) {
            Some(title) => Some(self.text(&title)?),
            None => None,
        };
        let condition = self.condition(&child(node, Rule::condition)?)?;
        Some(Segment { name, title, condition, span })
    }
}
