use std::fs;
use std::io::{self, Read};
use std::path::Path;

use super::check::numbers;
use super::exit::Failure;
use super::terminal;
use crate::message::Templates;
use crate::report::{MessageFormat, draw};
use crate::rulebook::{Rulebook, RulebookError};

/// What stands beside rules, by the files that were named for it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Beside<'f> {
    /// Approved templates.
    pub templates: Option<&'f str>,
    /// What providers allow, in the place of a `campanile.toml` beside the rules.
    pub providers: Option<&'f str>,
}

/// Loads and checks rules: files, and folders of them, that together are one rulebook. `-` is standard input.
///
/// # Errors
/// The outer error is of use or of a file; what is wrong with the rules is the inner one.
pub fn load(paths: &[String], beside: Beside<'_>) -> Result<Result<Rulebook, RulebookError>, Failure> {
    let mut builder = Rulebook::builder();
    for path in paths {
        builder = if path == "-" {
            builder.text("standard input", read_stdin()?)
        } else {
            builder.path(Path::new(path))
        };
    }
    if let Some(file) = beside.templates {
        builder = builder.templates(read_templates(file)?);
    }
    builder = match beside.providers {
        None => builder,
        Some("-") => builder.providers_text("standard input", read_stdin()?),
        Some(file) => builder.providers_file(file),
    };
    Ok(builder.build())
}

/// The rulebook of rule files, when it is free of errors; what there is to say of it goes to standard error.
///
/// # Errors
/// When a file cannot be read or the rules have errors.
pub fn sound(paths: &[String], beside: Beside<'_>) -> Result<Rulebook, Failure> {
    let checked = load(paths, beside)?;
    let (findings, sources) = match &checked {
        Ok(rulebook) => (rulebook.warnings(), rulebook.sources()),
        Err(error) => (error.diagnostics(), error.sources()),
    };
    let colours = terminal::colours_of_stderr();
    for finding in findings {
        terminal::tell(&draw(finding, sources, MessageFormat::Human, colours));
    }
    checked.map_err(|error| {
        let places: Vec<String> = paths.iter().map(|path| format!("`{path}`")).collect();
        let message = format!("nothing was run: {} in {}", numbers(error.diagnostics()), places.join(", "));
        if error.is_unreadable() { Failure::usage(message) } else { Failure::findings(message) }
    })
}

/// All of standard input.
///
/// # Errors
/// When it cannot be read, or is not UTF-8.
pub fn read_stdin() -> Result<String, Failure> {
    let mut text = String::new();
    let read = io::stdin().read_to_string(&mut text);
    read.map_err(|error| Failure::io("read", "standard input", &error))?;
    Ok(text)
}

fn read_templates(file: &str) -> Result<Templates, Failure> {
    let json = if file == "-" {
        read_stdin()?
    } else {
        fs::read_to_string(file).map_err(|error| Failure::io("read", file, &error))?
    };
    Templates::from_json(&json).map_err(|error| {
        Failure::usage(format!("`{file}` holds no templates: {error}"))
            .with_help("write down what the Graph API returns for `message_templates`")
    })
}
