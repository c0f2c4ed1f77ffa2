use std::borrow::Cow;
use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use serde::Serialize;

use super::{Colours, TABLE_WIDTH, harmless, text::is_harmful};
use crate::language::{Diagnostic, Label, Severity, Sources, Span};

/// How findings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum MessageFormat {
    /// The source underlined, with help.
    #[default]
    Human,
    /// One line each: `file:line:column: error[CODE]: message`.
    Short,
    /// One JSON object on a line each.
    Json,
}

/// A finding, written out with a line break at its end.
pub fn draw(finding: &Diagnostic, sources: &Sources, format: MessageFormat, colours: Colours) -> String {
    match format {
        MessageFormat::Human => human(finding, sources, colours),
        MessageFormat::Short => short(finding, sources),
        MessageFormat::Json => json(finding, sources),
    }
}

fn human(finding: &Diagnostic, sources: &Sources, colours: Colours) -> String {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group = Group::with_title(level.primary_title(harmless(&finding.message)).id(finding.code.0));
    for file in files(finding) {
        let text = sources.text(file);
        if text.is_empty() {
            // Nothing to underline: a file that cannot be read, or has nothing in it.
            group = group.element(Origin::path(harmless(sources.name(file))));
            continue;
        }
        let annotations = finding.secondary.iter().map(|label| (AnnotationKind::Context, label));
        let annotations = std::iter::once((AnnotationKind::Primary, &finding.primary)).chain(annotations);
        let mut snippet = Snippet::source(drawable(text)).path(harmless(sources.name(file)));
        for (kind, label) in annotations.filter(|(_, label)| label.span.file == file) {
            snippet = snippet.annotation(annotation(kind, label, text));
        }
        group = group.element(snippet);
    }
    if let Some(help) = &finding.help {
        group = group.element(Level::HELP.message(lines_kept(help)));
    }
    let renderer = match colours {
        Colours::On => Renderer::styled(),
        Colours::Off => Renderer::plain(),
    };
    format!("{}\n\n", renderer.term_width(TABLE_WIDTH).render(&[group]))
}

/// The files that a finding points into, the culprit's first.
fn files(finding: &Diagnostic) -> Vec<crate::language::FileId> {
    let mut files = vec![finding.primary.span.file];
    for label in &finding.secondary {
        if !files.contains(&label.span.file) {
            files.push(label.span.file);
        }
    }
    files
}

fn annotation<'a>(kind: AnnotationKind, label: &'a Label, text: &str) -> Annotation<'a> {
    let annotation = kind.span(within(label.span, text));
    if label.text.is_empty() { annotation } else { annotation.label(harmless(&label.text)) }
}

/// The span's bytes, cut to the text and to whole characters, as the drawing library insists.
fn within(span: Span, text: &str) -> Range<usize> {
    let boundary = |place: u32| {
        let mut place = (place as usize).min(text.len());
        while !text.is_char_boundary(place) {
            place -= 1;
        }
        place
    };
    let start = boundary(span.start);
    start..boundary(span.end).max(start)
}

/// The text with harmful characters replaced by harmless ones of the same length in bytes, so that spans still hold.
///
/// The drawing library shows the ASCII control characters and the direction marks as pictures by itself; what it lets through are the
/// control characters beyond ASCII, which are two bytes long, and two further direction marks of three.
fn drawable(text: &str) -> Cow<'_, str> {
    let let_through = |character: char| is_harmful(character) && matches!(character.len_utf8(), 2 | 3);
    if !text.chars().any(let_through) {
        return Cow::Borrowed(text);
    }
    let shown = |character: char| match character.len_utf8() {
        _ if !let_through(character) => character,
        2 => '¿',
        _ => '\u{fffd}',
    };
    Cow::Owned(text.chars().map(shown).collect())
}

/// Help may be several lines of example code: made harmless, but for the line breaks.
fn lines_kept(text: &str) -> String {
    text.split('\n').map(harmless).collect::<Vec<_>>().join("\n")
}

fn short(finding: &Diagnostic, sources: &Sources) -> String {
    let place = sources.position(finding.primary.span);
    format!(
        "{}:{}:{}: {}[{}]: {}\n",
        harmless(sources.name(finding.primary.span.file)),
        place.line,
        place.column,
        severity(finding),
        finding.code.0,
        harmless(&finding.message),
    )
}

fn severity(finding: &Diagnostic) -> &'static str {
    match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// A finding as programs read it. Lines and columns are counted from 1, columns in characters; `start` and `end` are bytes.
#[derive(Serialize)]
struct Finding<'a> {
    code: &'a str,
    severity: &'a str,
    message: &'a str,
    #[serde(flatten)]
    place: Place<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    secondary: Vec<Place<'a>>,
}

#[derive(Serialize)]
struct Place<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    start: u32,
    end: u32,
    #[serde(skip_serializing_if = "str::is_empty")]
    label: &'a str,
}

impl<'a> Place<'a> {
    fn new(label: &'a Label, sources: &'a Sources) -> Place<'a> {
        let span = label.span;
        let from = sources.position(span);
        let to = sources.position(Span::new(span.file, span.end, span.end));
        Place {
            file: sources.name(span.file),
            line: from.line,
            column: from.column,
            end_line: to.line,
            end_column: to.column,
            start: span.start,
            end: span.end,
            label: &label.text,
        }
    }
}

fn json(finding: &Diagnostic, sources: &Sources) -> String {
    let finding = Finding {
        code: finding.code.0,
        severity: severity(finding),
        message: &finding.message,
        place: Place::new(&finding.primary, sources),
        help: finding.help.as_deref(),
        secondary: finding.secondary.iter().map(|label| Place::new(label, sources)).collect(),
    };
    // Text and numbers always have a JSON form.
    serde_json::to_string(&finding).unwrap_or_default() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::{Code, FileId};

    fn sources() -> Sources {
        let mut sources = Sources::new();
        sources.add("rules/shop.camp", "campaign a {\n  wait 10 minuts\n}\ncampaign a { }\n");
        sources
    }

    fn span(start: u32, end: u32) -> Span {
        Span::new(FileId(0), start, end)
    }

    fn unit() -> Diagnostic {
        Diagnostic::error(Code("E0101"), span(23, 29), "`minuts` is no unit of time")
            .with_label("here")
            .with_help("did you mean `minutes`?")
    }

    #[test]
    fn human_shows_place_source_code_and_help() {
        let drawn = draw(&unit(), &sources(), MessageFormat::Human, Colours::Off);
        let expected = "\
error[E0101]: `minuts` is no unit of time
 --> rules/shop.camp:2:11
  |
2 |   wait 10 minuts
  |           ^^^^^^ here
  |
  = help: did you mean `minutes`?

";
        assert_eq!(drawn, expected);
        assert!(draw(&unit(), &sources(), MessageFormat::Human, Colours::On).contains('\u{1b}'));
    }

    #[test]
    fn other_places_are_shown_too() {
        let twice = Diagnostic::warning(Code("W0201"), span(41, 42), "campaign `a` is there already")
            .with_secondary(span(9, 10), "first written here");
        let expected = "\
warning[W0201]: campaign `a` is there already
 --> rules/shop.camp:4:10
  |
1 | campaign a {
  |          - first written here
...
4 | campaign a { }
  |          ^

";
        assert_eq!(draw(&twice, &sources(), MessageFormat::Human, Colours::Off), expected);
    }

    #[test]
    fn short_is_one_line_and_json_one_object() {
        let drawn = draw(&unit(), &sources(), MessageFormat::Short, Colours::Off);
        assert_eq!(drawn, "rules/shop.camp:2:11: error[E0101]: `minuts` is no unit of time\n");

        let drawn = draw(&unit(), &sources(), MessageFormat::Json, Colours::Off);
        assert_eq!(drawn.matches('\n').count(), 1);
        let read: serde_json::Value = serde_json::from_str(&drawn).unwrap();
        let expected = serde_json::json!({
            "code": "E0101", "severity": "error", "message": "`minuts` is no unit of time",
            "file": "rules/shop.camp", "line": 2, "column": 11, "end_line": 2, "end_column": 17,
            "start": 23, "end": 29, "label": "here", "help": "did you mean `minutes`?",
        });
        assert_eq!(read, expected);
    }

    #[test]
    fn control_characters_of_a_source_reach_no_terminal() {
        let mut sources = Sources::new();
        let text = "a \u{1b}[2J \u{9b}31m \u{200f} b";
        let file = sources.add("bad\u{7}name.camp", text);
        let end = u32::try_from(text.len()).unwrap();
        let finding =
            Diagnostic::error(Code("E0101"), Span::new(file, end - 1, end), "`\u{1b}[2J` is no word")
                .with_label("\u{9b}x")
                .with_help("write\n  b\u{8}");
        for format in [MessageFormat::Human, MessageFormat::Short, MessageFormat::Json] {
            let drawn = draw(&finding, &sources, format, Colours::Off);
            let harmful = |c: &char| *c != '\n' && is_harmful(*c);
            // JSON escapes what is below the space by itself, and no program obeys the rest.
            if format == MessageFormat::Json {
                assert!(!drawn.contains('\u{1b}'));
            } else {
                assert_eq!(drawn.chars().find(harmful), None, "{drawn}");
            }
        }
        let human = draw(&finding, &sources, MessageFormat::Human, Colours::Off);
        assert!(human.contains("write\n") && human.contains("^ \\u{9b}x"), "{human}");
    }

    #[test]
    fn a_span_beyond_its_text_or_amid_a_character_is_drawn_all_the_same() {
        let mut sources = Sources::new();
        let file = sources.add("a.camp", "₹₹");
        for (start, end) in [(1, 2), (4, 90), (90, 95), (6, 6), (5, 4)] {
            let finding = Diagnostic::error(Code("E0101"), Span::new(file, start, end), "odd");
            assert!(draw(&finding, &sources, MessageFormat::Human, Colours::Off).contains("a.camp:1:"));
        }
        let empty = sources.add("nowhere.camp", "");
        let unread = Diagnostic::error(Code("E0401"), Span::new(empty, 0, 0), "no such file")
            .with_help("check the path");
        let expected = "\
error[E0401]: no such file
--> nowhere.camp
 = help: check the path

";
        assert_eq!(draw(&unread, &sources, MessageFormat::Human, Colours::Off), expected);
        let nowhere = Diagnostic::error(Code("E0401"), Span::new(FileId(7), 0, 0), "no such file");
        assert!(draw(&nowhere, &sources, MessageFormat::Human, Colours::Off).contains("no such file"));
        assert_eq!(
            draw(&nowhere, &sources, MessageFormat::Short, Colours::Off),
            ":1:1: error[E0401]: no such file\n"
        );
    }
}
