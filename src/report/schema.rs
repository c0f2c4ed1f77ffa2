//! What was inferred of a log, as rule files declare it: every remark a comment.

use super::{counted, grouped, harmless};
use crate::infer::{EventShape, Inferred, Kind, Odd, ProfileShape, PropertyShape, Refusal, Shape, quoted};

/// The declarations of all that was found. They compile as they are.
pub fn declarations(inferred: &Inferred) -> String {
    let mut page = Page::default();
    for event in &inferred.events {
        self::event(&mut page, event);
    }
    if inferred.events_beyond > 0 {
        page.remark(
            0,
            &format!("not declared: {} of further names", counted(inferred.events_beyond, "event")),
        );
    }
    if let Some(profile) = &inferred.profile {
        self::profile(&mut page, profile);
    }
    page.finish()
}

/// Lines of code with comments behind them, which stand below one another in neighbouring lines.
#[derive(Default)]
struct Page {
    lines: Vec<(String, String)>,
}

impl Page {
    fn line(&mut self, depth: usize, code: &str, comment: &str) {
        self.lines.push((format!("{}{code}", "  ".repeat(depth)), comment.to_owned()));
    }

    fn remark(&mut self, depth: usize, text: &str) {
        self.line(depth, &format!("# {text}"), "");
    }

    fn finish(self) -> String {
        let mut text = String::new();
        for group in self.lines.chunk_by(|(_, above), (_, below)| above.is_empty() == below.is_empty()) {
            let width = group.iter().map(|(code, _)| code.chars().count()).max().unwrap_or(0);
            for (code, comment) in group {
                if comment.is_empty() {
                    text.push_str(code);
                } else {
                    text.push_str(&format!("{code:<width$}  # {comment}"));
                }
                text.push('\n');
            }
        }
        text
    }
}

fn event(page: &mut Page, event: &EventShape) {
    if !page.lines.is_empty() {
        page.line(0, "", "");
    }
    let mut said = vec![format!("{} of {}", counted(event.count, "event"), counted(event.users, "user"))];
    if let Some((first, last)) = event.between {
        let (first, last) = (first.to_utc().date_naive(), last.to_utc().date_naive());
        said.push(if first == last { first.to_string() } else { format!("{first} to {last}") });
    }
    if let Some(alike) = &event.alike {
        said.push(format!("misspelt? there is {} too", shown(alike)));
    }
    if event.refused.is_some() {
        let name = shown(&event.name);
        return page.remark(
            0,
            &format!("not declared: event {name}, a name that rules cannot write; {}", said.join("; ")),
        );
    }
    let head = format!("event {}", quoted(&event.name));
    block(page, &head, &said.join("; "), &event.properties, event.beyond);
}

fn profile(page: &mut Page, profile: &ProfileShape) {
    if !page.lines.is_empty() {
        page.line(0, "", "");
    }
    let said = format!("{} of {}", counted(profile.rows, "row"), counted(profile.users, "user"));
    block(page, "profile", &said, &profile.properties, profile.beyond);
}

fn block(page: &mut Page, head: &str, said: &str, properties: &[PropertyShape], beyond: u64) {
    if properties.is_empty() && beyond == 0 {
        return page.line(0, &format!("{head} {{}}"), said);
    }
    page.line(0, &format!("{head} {{"), said);
    fields(page, 1, properties, beyond);
    page.line(0, "}", "");
}

fn fields(page: &mut Page, depth: usize, properties: &[PropertyShape], beyond: u64) {
    let last = properties.iter().rposition(|property| property.refused.is_none());
    for (place, property) in properties.iter().enumerate() {
        let comma = if Some(place) == last { "" } else { "," };
        field(page, depth, property, comma);
    }
    if beyond > 0 {
        page.remark(depth, &format!("not declared: {} under further names", counted(beyond, "value")));
    }
}

fn field(page: &mut Page, depth: usize, property: &PropertyShape, comma: &str) {
    let said = remarks(property);
    if let Some(refusal) = property.refused {
        let why = match refusal {
            Refusal::Name => "a name that rules cannot write",
            Refusal::ListOfLists => "a list of lists",
            Refusal::TooDeep => "too deep in other objects",
        };
        return page.remark(depth, &format!("not declared: {}, {why}; {said}", shown(&property.name)));
    }
    let mut code = format!("{}: ", written(&property.name));
    let mut shape = &property.shape;
    if let (Kind::List, Some(items)) = (shape.kind, &shape.items) {
        code.push_str("list of ");
        shape = items;
    }
    if shape.kind != Kind::Object {
        return page.line(depth, &format!("{code}{}{comma}", shape.kind.name()), &said);
    }
    if shape.parts.is_empty() && shape.beyond == 0 {
        return page.line(depth, &format!("{code}{{}}{comma}"), &said);
    }
    page.line(depth, &format!("{code}{{"), &said);
    fields(page, depth + 1, &shape.parts, shape.beyond);
    page.line(depth, &format!("}}{comma}"), "");
}

/// A property's name, in quotes where it is no bare word.
fn written(name: &str) -> String {
    let bare = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if bare { name.to_owned() } else { quoted(name) }
}

/// Text of a log as a comment may hold it.
fn shown(text: &str) -> String {
    harmless(&quoted(text)).into_owned()
}

fn remarks(property: &PropertyShape) -> String {
    let mut said = vec![if property.present >= property.of {
        "always".to_owned()
    } else {
        format!("in {}", share(property.present, property.of))
    }];
    values(&property.shape, &mut said);
    if let Some(alike) = &property.alike {
        said.push(format!("misspelt? there is {} too", shown(alike)));
    }
    said.join("; ")
}

fn values(shape: &Shape, said: &mut Vec<String>) {
    match (&shape.between, shape.kind) {
        (Some((least, most)), Kind::List) if least == most => {
            let number = least.parse().unwrap_or(0);
            said.push(if number == 0 { "always empty".to_owned() } else { counted(number, "item") });
        }
        (Some((least, most)), Kind::List) => said.push(format!("{least} to {most} items")),
        (Some((least, most)), _) if least == most => said.push(least.clone()),
        (Some((least, most)), _) => said.push(format!("{least} to {most}")),
        (None, _) => {}
    }
    let counts = shape.common.iter().map(|(_, count)| count).sum();
    match (shape.kind, shape.common.as_slice(), shape.different) {
        (_, [], Some(different)) if different > 1 => said.push(format!("{different} different")),
        (_, [], _) => {}
        (Kind::Boolean, [(only, _)], _) => said.push(format!("only {only}")),
        (_, [(only, _)], _) => said.push(format!("only {}", shown(only))),
        (Kind::Boolean, [(first, count), ..], _) => said.push(format!("{first} {}", share(*count, counts))),
        (_, common, _) => {
            let each = |(text, count): &(String, u64)| format!("{} {}", shown(text), share(*count, counts));
            said.push(common.iter().map(each).collect::<Vec<_>>().join(", "));
        }
    }
    odd(shape, said);
    if let Some(items) = &shape.items {
        match (items.kind, items.values) {
            (_, 0) => {}
            (Kind::Object, _) => odd(items, said),
            _ => values(items, said),
        }
    }
}

/// `98.2 % number, lost: 12 texts such as "n/a"`
fn odd(shape: &Shape, said: &mut Vec<String>) {
    if shape.kind == Kind::List {
        let single = shape.converted;
        if single > 0 {
            said.push(format!("{} without a list", counted(single, "value")));
        }
        return;
    }
    let mut kept = shape.odd.iter().filter(|odd| odd.kept).peekable();
    if kept.peek().is_some_and(|odd| odd.what == "text" && odd.count == shape.values) {
        said.push("written as text".to_owned());
    } else if kept.peek().is_some() {
        said.push(format!("converted: {}", kept.map(group).collect::<Vec<_>>().join(", ")));
    }
    let lost = shape.odd.iter().filter(|odd| !odd.kept).map(group).collect::<Vec<_>>();
    if !lost.is_empty() {
        let good = share(shape.values - shape.lost, shape.values);
        said.push(format!("{good} {}, lost: {}", shape.kind.name(), lost.join(", ")));
    }
}

/// `12 texts such as "n/a", "-"`
fn group(odd: &Odd) -> String {
    let what = match odd.what {
        "yes/no" | "single value" => format!("{} {}", grouped(odd.count), odd.what),
        what => counted(odd.count, what),
    };
    if odd.examples.is_empty() {
        return what;
    }
    let quotes = |text: &String| if odd.what == "text" { shown(text) } else { text.clone() };
    let such = if odd.examples.len() as u64 >= odd.count { ":" } else { " such as" };
    format!("{what}{such} {}", odd.examples.iter().map(quotes).collect::<Vec<_>>().join(", "))
}

/// A share in percent with one digit, which says 0 and 100 only when it means them.
fn share(part: u64, whole: u64) -> String {
    if part >= whole {
        return "100 %".to_owned();
    }
    let tenths = u128::from(part) * 1_000 / u128::from(whole.max(1));
    match tenths {
        0 if part == 0 => "0 %".to_owned(),
        0 => "under 0.1 %".to_owned(),
        _ if tenths % 10 == 0 => format!("{} %", tenths / 10),
        _ => format!("{}.{} %", tenths / 10, tenths % 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_never_round_to_all_or_nothing() {
        let cases = [
            (0, 7, "0 %"),
            (7, 7, "100 %"),
            (1, 3, "33.3 %"),
            (2, 3, "66.6 %"),
            (1, 2, "50 %"),
            (1, 5_000, "under 0.1 %"),
            (4_999, 5_000, "99.9 %"),
        ];
        for (part, whole, expected) in cases {
            assert_eq!(share(part, whole), expected);
        }
    }

    #[test]
    fn comments_of_neighbouring_lines_stand_below_one_another() {
        let mut page = Page::default();
        page.line(0, "event \"E\" {", "two");
        page.line(1, "a: text", "one");
        page.line(0, "}", "");
        assert_eq!(page.finish(), "event \"E\" {  # two\n  a: text    # one\n}\n");
    }
}
