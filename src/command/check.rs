//! `campanile check [PATH…]`: all that is wrong with rule files.

use std::io::Write;

use super::exit::{Exit, Failure};
use super::{rules, terminal};
use crate::language::{Diagnostic, Severity};
use crate::report::{MessageFormat, counted, draw};

/// Find what is wrong with rule files
///
/// All files that are named make one rulebook: a campaign in one may use a segment of another.
/// Findings go to standard output, their number to standard error. Warnings alone are no failure.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Arguments {
    /// Rule files, and folders whose `*.camp` files are meant; `-` is standard input
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<String>,
    /// Approved templates, as the Graph API returns them for `message_templates`: messages are checked
    /// against them
    #[arg(long, value_name = "FILE", verbatim_doc_comment)]
    templates: Option<String>,
    /// What providers allow, instead of a `campanile.toml` beside the rules
    #[arg(long, value_name = "FILE")]
    providers: Option<String>,
    /// How findings are written
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    message_format: MessageFormat,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let beside = rules::Beside {
        templates: arguments.templates.as_deref(),
        providers: arguments.providers.as_deref(),
    };
    let checked = rules::load(&arguments.paths, beside)?;
    let (findings, sources, exit) = match &checked {
        Ok(rulebook) => (rulebook.warnings(), rulebook.sources(), Exit::Clean),
        Err(error) if error.is_unreadable() => (error.diagnostics(), error.sources(), Exit::Usage),
        Err(error) => (error.diagnostics(), error.sources(), Exit::Findings),
    };
    let mut output = terminal::stdout();
    let colours = terminal::colours_of_stdout();
    let written = findings
        .iter()
        .try_for_each(|finding| {
            output.write_all(draw(finding, sources, arguments.message_format, colours).as_bytes())
        })
        .and_then(|()| output.flush());
    written.map_err(|error| Failure::io("write", "standard output", &error))?;

    let files = counted(sources.ids().count() as u64, "file");
    terminal::tell(&format!("{files} checked: {}\n", numbers(findings)));
    if arguments.message_format == MessageFormat::Human
        && let Some(finding) = findings.first()
    {
        terminal::tell(&format!("`campanile explain {}` says more of a finding\n", finding.code.0));
    }
    Ok(exit)
}

/// `2 errors, 1 warning`
pub(super) fn numbers(findings: &[Diagnostic]) -> String {
    let of = |severity| findings.iter().filter(|finding| finding.severity == severity).count() as u64;
    match (of(Severity::Error), of(Severity::Warning)) {
        (0, 0) => "nothing found".to_owned(),
        (errors, 0) => counted(errors, "error"),
        (0, warnings) => counted(warnings, "warning"),
        (errors, warnings) => format!("{}, {}", counted(errors, "error"), counted(warnings, "warning")),
    }
}
