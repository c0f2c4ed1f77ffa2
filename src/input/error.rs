use std::{fmt, io};

use super::source::Source;
use crate::model::Text;

/// Why a file, or the rest of it, cannot be read at all.
#[derive(Debug)]
pub struct InputError {
    file: Text,
    message: String,
    help: Option<String>,
    offset: Option<u64>,
    cause: Option<io::Error>,
}

impl InputError {
    #[cold]
    pub(super) fn new(file: &str, message: impl Into<String>, help: impl Into<String>) -> InputError {
        InputError {
            file: file.into(),
            message: message.into(),
            help: Some(help.into()),
            offset: None,
            cause: None,
        }
    }

    /// The same, for a bare name of the mapping that was perhaps meant as the name of all events.
    #[cold]
    pub(super) fn or_constant(mut self, event: &str) -> InputError {
        if let Some(help) = &mut self.help {
            help.push_str(
                "; for the name of all events put it in quotes, which a shell must be kept from taking: ",
            );
            help.push_str(&format!("`--columns 'user=…,at=…,event=\"{event}\"'`"));
        }
        self
    }

    #[cold]
    pub(super) fn opening(file: &str, cause: io::Error) -> InputError {
        let message = format!("cannot read `{file}`: {}", in_words(&cause));
        InputError { file: file.into(), message, help: None, offset: None, cause: Some(cause) }
    }

    #[cold]
    pub(super) fn reading(file: &str, source: &Source, cause: io::Error) -> InputError {
        let offset = source.bytes_read();
        let place = match source.packing() {
            Some(packing) => format!("byte {offset} of its {packing} data"),
            None => format!("byte {offset}"),
        };
        let message = format!("cannot read `{file}` beyond {place}: {}", in_words(&cause));
        InputError { file: file.into(), message, help: None, offset: Some(offset), cause: Some(cause) }
    }

    /// Why a part of a file cannot be read.
    #[cold]
    pub(crate) fn of_shard(file: &str, error: crate::columns::ShardError) -> InputError {
        let crate::columns::ShardError { message, help } = error;
        InputError { file: file.into(), message, help, offset: None, cause: None }
    }

    /// The file, by the name it was opened with; `-` is standard input.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// How to mend it, where that can be said.
    pub fn help(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// Where reading ended: bytes of the file as it is stored, compressed ones for `.gz` and `.zst`.
    pub const fn offset(&self) -> Option<u64> {
        self.offset
    }
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for InputError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_ref().map(|cause| cause as _)
    }
}

fn in_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::IsADirectory => "it is a directory".to_owned(),
        io::ErrorKind::UnexpectedEof => "it ends too early".to_owned(),
        _ => error.to_string(),
    }
}

/// A format or a column mapping that is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionError {
    message: String,
    help: String,
}

impl OptionError {
    #[cold]
    pub(super) fn new(message: impl Into<String>, help: impl Into<String>) -> OptionError {
        OptionError { message: message.into(), help: help.into() }
    }

    /// How to mend it.
    pub fn help(&self) -> &str {
        &self.help
    }
}

impl fmt::Display for OptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for OptionError {}
