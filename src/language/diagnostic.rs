use super::{Sources, Span};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The rules cannot be used.
    Error,
    /// The rules can be used, and do something that is seldom meant.
    Warning,
}

/// The stable code of a kind of finding, such as `E0101`: never reused, each described in `docs/errors.md`.
///
/// `E01xx` are findings of the reader (syntax), `E02xx` of names and types, `E03xx` of messages and templates,
/// `E04xx` of files; `W…` are warnings with the same hundreds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(pub &'static str);

/// A piece of the source with a word on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The piece.
    pub span: Span,
    /// The word: lower case, no full stop. May be empty.
    pub text: String,
}

/// What is wrong with a rule file, where, and how to mend it.
///
/// Plain data: the command room draws it. Texts are lower case without a full stop, user text in back-ticks, and never
/// name a Rust type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The stable code.
    pub code: Code,
    /// Error or warning.
    pub severity: Severity,
    /// What is wrong, in one line.
    pub message: String,
    /// The culprit, underlined, with what to say beside it.
    pub primary: Label,
    /// Other places that explain it, such as a first definition.
    pub secondary: Vec<Label>,
    /// The fix.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error at a place.
    #[cold]
    pub fn error(code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            code,
            severity: Severity::Error,
            message: message.into(),
            primary: Label { span, text: String::new() },
            secondary: Vec::new(),
            help: None,
        }
    }

    /// A warning at a place.
    #[cold]
    pub fn warning(code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(code, span, message) }
    }

    /// The same with a word beside the underlined culprit.
    #[must_use]
    pub fn with_label(mut self, text: impl Into<String>) -> Diagnostic {
        self.primary.text = text.into();
        self
    }

    /// The same with the fix.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help = Some(help.into());
        self
    }

    /// The same with another place that explains it.
    #[must_use]
    pub fn with_secondary(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        self.secondary.push(Label { span, text: text.into() });
        self
    }

    /// The finding as plain text of several lines: place, code and message; the source, underlined; other places; the fix.
    /// Each line of the answer ends with a line break.
    ///
    /// # Example
    /// ```
    /// use campanile::language::{Code, Diagnostic, Sources, Span};
    /// let mut sources = Sources::new();
    /// let file = sources.add("shop.camp", "segment a = in segment b");
    /// let finding = Diagnostic::error(Code("E0210"), Span::new(file, 23, 24), "there is no segment `b`")
    ///     .with_label("not declared")
    ///     .with_help("did you mean `a`?");
    /// assert_eq!(
    ///     finding.render(&sources),
    ///     "shop.camp:1:24: error[E0210]: there is no segment `b`
    ///   segment a = in segment b
    ///                          ^ not declared
    ///   = help: did you mean `a`?
    /// "
    /// );
    /// ```
    pub fn render(&self, sources: &Sources) -> String {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let mut text = place(sources, self.primary.span);
        text.push_str(&format!("{severity}[{}]: {}\n", self.code.0, self.message));
        text.push_str(&underlined(sources, &self.primary, '^'));
        for label in &self.secondary {
            text.push_str(&format!("  at {}\n", place(sources, label.span).trim_end_matches([':', ' '])));
            text.push_str(&underlined(sources, label, '-'));
        }
        if let Some(help) = &self.help {
            text.push_str(&format!("  = help: {help}\n"));
        }
        text
    }
}

/// `file:line:column: `
fn place(sources: &Sources, span: Span) -> String {
    let position = sources.position(span);
    format!("{}:{}:{}: ", sources.name(span.file), position.line, position.column)
}

/// The line on which a span begins, and under it a mark below each of the span's characters on that line.
fn underlined(sources: &Sources, label: &Label, mark: char) -> String {
    let position = sources.position(label.span);
    let text = sources.text(label.span.file);
    let Some(line) = text.split('\n').nth(position.line - 1) else { return String::new() };
    let line = line.trim_end_matches('\r');
    if line.is_empty() {
        return String::new();
    }
    // Counted from the line's end where the span goes on below it.
    let covered =
        sources.slice(label.span).split('\n').next().unwrap_or("").trim_end().chars().count().max(1);
    // Of a long line, such as a file without line breaks, the part around the mark.
    let skipped =
        if line.chars().count() > WIDEST { (position.column - 1).saturating_sub(WIDEST / 4) } else { 0 };
    let shown: String = line.chars().skip(skipped).take(WIDEST).map(harmless).collect();
    let indent = " ".repeat(position.column - 1 - skipped);
    let marks = mark.to_string().repeat(covered.min(WIDEST));
    let said = format!("{marks} {}", label.text);
    format!("  {shown}\n  {indent}{}\n", said.trim_end())
}

/// The widest line that is shown in full, in characters.
const WIDEST: usize = 200;

/// A character that moves no cursor: a tab stays one column wide, so that the marks stand where they should, and what could
/// disturb a terminal or turn the direction of the text is replaced.
fn harmless(letter: char) -> char {
    let turns = matches!(letter, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    match letter {
        '\t' => ' ',
        _ if turns || letter.is_control() => '\u{FFFD}',
        _ => letter,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::FileId;

    #[test]
    fn findings_over_lines_tabs_and_letters_of_several_bytes() {
        let mut sources = Sources::new();
        let file = sources.add("a.camp", "\tsegment é = (\r\n  x\r\n)\n");
        let finding = Diagnostic::warning(Code("W0001"), Span::new(file, 12, 20), "odd")
            .with_secondary(Span::new(file, 9, 11), "the name")
            .with_secondary(Span::new(file, 24, 24), "")
            .with_secondary(Span::new(FileId(7), 0, 0), "elsewhere");
        assert_eq!(
            finding.render(&sources),
            "a.camp:1:12: warning[W0001]: odd
   segment é = (
             ^^^
  at a.camp:1:10
   segment é = (
           - the name
  at a.camp:4:1
  at :1:1
"
        );
    }

    #[test]
    fn a_long_line_is_cut_and_nothing_disturbs_a_terminal() {
        let mut sources = Sources::new();
        let text = format!("{}\u{1b}[31m bad {}", "x ".repeat(500), "y ".repeat(500));
        let file = sources.add("long.camp", text);
        let found = Diagnostic::error(Code("E0001"), Span::new(file, 1_006, 1_009), "odd").render(&sources);
        let lines: Vec<&str> = found.lines().collect();
        assert_eq!(lines.len(), 3);
        assert!(lines[1].chars().count() <= WIDEST + 2 && !found.contains('\u{1b}'));
        let at = lines[2].find('^').unwrap();
        let marked: String = lines[1].chars().skip(at).take(3).collect();
        assert_eq!(marked, "bad");
    }
}
