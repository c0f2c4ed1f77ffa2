//! `campanile fmt [PATH…]`: rule files in their one form.

use std::io::Write;
use std::path::PathBuf;

use super::exit::{Exit, Failure};
use super::target::Target;
use super::{rules, terminal};
use crate::language::{Diagnostic, Severity, Sources, Unformatted, format};
use crate::report::{MessageFormat, counted, difference, draw, harmless};
use crate::rulebook::rule_files;

/// Give rule files their one form: indentation, line breaks, comments below one another
///
/// White space is all that changes, but for `mon` in lists of days, `1 day` and `2 days`, and commas before
/// closing brackets. A file with errors is left alone, and so is one that would not mean the same.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Arguments {
    /// Rule files, and folders whose `*.camp` files are meant; `-` reads standard input and writes standard output
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<String>,
    /// Change nothing: name the files that would change, show how, and exit with 1 if there are any
    #[arg(long)]
    check: bool,
}

/// What became of the files.
#[derive(Default)]
struct Tally {
    changed: u64,
    unchanged: u64,
    left: u64,
    fault: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    if arguments.paths.iter().any(|path| path == "-") {
        if arguments.paths.len() > 1 {
            return Err(Failure::usage("standard input is formatted alone").with_help("name files, or `-`"));
        }
        return standard_input(arguments.check);
    }
    let paths: Vec<PathBuf> = arguments.paths.iter().map(PathBuf::from).collect();
    let (sources, files, findings) = rule_files(&paths);
    complain(&findings, &sources);
    let mut tally = Tally::default();
    for file in files {
        let before = sources.text(file);
        let name = sources.name(file);
        match format(&sources, file) {
            Ok(after) if after == before => tally.unchanged += 1,
            Ok(after) => {
                tally.changed += 1;
                if arguments.check {
                    show(name, before, &after)?;
                } else {
                    write(name, &after)?;
                }
            }
            Err(unformatted) => leave(unformatted, &sources, &mut tally),
        }
    }
    terminal::tell(&summary(&tally, arguments.check));
    Ok(match () {
        () if !findings.is_empty() => Exit::Usage,
        () => exit(&tally, arguments.check),
    })
}

fn standard_input(check: bool) -> Result<Exit, Failure> {
    let mut sources = Sources::new();
    let file = sources.add("standard input", rules::read_stdin()?);
    let before = sources.text(file);
    let mut tally = Tally::default();
    match format(&sources, file) {
        Ok(after) if check && after == before => {}
        Ok(after) if check => {
            tally.changed += 1;
            show("standard input", before, &after)?;
        }
        Ok(after) => terminal::say(&after)?,
        Err(unformatted) => leave(unformatted, &sources, &mut tally),
    }
    Ok(exit(&tally, check))
}

const fn exit(tally: &Tally, check: bool) -> Exit {
    if tally.fault {
        Exit::Bug
    } else if tally.left > 0 || (check && tally.changed > 0) {
        Exit::Findings
    } else {
        Exit::Clean
    }
}

/// `2 files formatted, 1 unchanged, 1 left alone for its errors`
fn summary(tally: &Tally, check: bool) -> String {
    let changed = counted(tally.changed, "file");
    let mut said = if check { format!("{changed} would change") } else { format!("{changed} formatted") };
    said.push_str(&format!(", {} unchanged", tally.unchanged));
    if tally.left > 0 {
        said.push_str(&format!(", {} left alone, with errors", tally.left));
    }
    said + "\n"
}

fn show(name: &str, before: &str, after: &str) -> Result<(), Failure> {
    let colours = terminal::colours_of_stdout();
    terminal::say(&format!("{}\n{}", colours.bold(&harmless(name)), difference(before, after, colours)))
}

/// Written beside its place and then put there: whoever reads the file finds the old text or the new, and its permissions.
fn write(name: &str, text: &str) -> Result<(), Failure> {
    let mut target = Target::open(name)?;
    target.write_all(text.as_bytes()).map_err(|error| Failure::io("write", name, &error))?;
    target.finish()
}

fn leave(unformatted: Unformatted, sources: &Sources, tally: &mut Tally) {
    tally.left += 1;
    match unformatted {
        Unformatted::Errors(findings) => {
            let errors = findings.into_iter().filter(|finding| finding.severity == Severity::Error);
            complain(&errors.collect::<Vec<_>>(), sources);
        }
        Unformatted::Fault(finding) => {
            tally.fault = true;
            complain(&[*finding], sources);
        }
    }
}

fn complain(findings: &[Diagnostic], sources: &Sources) {
    let colours = terminal::colours_of_stderr();
    for finding in findings {
        terminal::tell(&draw(finding, sources, MessageFormat::Human, colours));
    }
}
