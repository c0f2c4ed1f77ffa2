use std::fs;
use std::io::{self, Read};
use std::path::Path;

use super::exit::Failure;
use crate::message::Templates;
use crate::rulebook::{Rulebook, RulebookError};

/// Loads and checks rules: files, and folders of them, that together are one rulebook. `-` is standard input.
///
/// # Errors
/// The outer error is of use or of a file; what is wrong with the rules is the inner one.
pub fn load(paths: &[String], templates: Option<&str>) -> Result<Result<Rulebook, RulebookError>, Failure> {
    let mut builder = Rulebook::builder();
    for path in paths {
        builder = if path == "-" {
            builder.text("standard input", read_stdin()?)
        } else {
            builder.path(Path::new(path))
        };
    }
    if let Some(file) = templates {
        builder = builder.templates(read_templates(file)?);
    }
    Ok(builder.build())
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
