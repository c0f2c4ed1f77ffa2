use std::fmt;
use std::io;
use std::process::ExitCode;

use crate::report::{Colours, harmless};

/// How a command ends. The numbers are stable: scripts rely on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: done, and nothing to complain of. Warnings alone are no complaint.
    Clean,
    /// 1: there are findings: errors in rule files or templates, a test that fails, or with `--strict` a row that cannot be read.
    Findings,
    /// 2: the command was not used as it can be, or a file could not be read or written.
    Usage,
    /// 3: a bug of ours.
    Bug,
}

impl Exit {
    /// The number that the shell sees.
    pub const fn code(self) -> u8 {
        match self {
            Exit::Clean => 0,
            Exit::Findings => 1,
            Exit::Usage => 2,
            Exit::Bug => 3,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}

/// Why a command stopped: one line in words, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    exit: Exit,
    message: String,
    help: Option<String>,
}

impl Failure {
    /// The command was not used as it can be.
    #[cold]
    pub fn usage(message: impl Into<String>) -> Failure {
        Failure { exit: Exit::Usage, message: message.into(), help: None }
    }

    /// What was read is not in order.
    #[cold]
    pub fn findings(message: impl Into<String>) -> Failure {
        Failure { exit: Exit::Findings, message: message.into(), help: None }
    }

    /// Something that cannot be, is.
    #[cold]
    pub fn bug(message: impl Into<String>) -> Failure {
        Failure { exit: Exit::Bug, message: message.into(), help: None }
    }

    /// A file could not be used: `doing` is what was tried, such as `read` or `write`.
    #[cold]
    pub fn io(doing: &str, file: &str, error: &io::Error) -> Failure {
        let reason = match error.kind() {
            io::ErrorKind::NotFound => "there is no such file".to_owned(),
            io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
            io::ErrorKind::IsADirectory => "it is a directory".to_owned(),
            io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
                "a file stands where a directory is needed".to_owned()
            }
            _ => error.to_string(),
        };
        Failure::usage(format!("cannot {doing} `{file}`: {reason}"))
    }

    /// The same with what to do about it.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Failure {
        self.help = Some(help.into());
        self
    }

    /// The same for a command that gives its exit codes a meaning of its own.
    #[must_use]
    pub fn ending(mut self, exit: Exit) -> Failure {
        self.exit = exit;
        self
    }

    /// How the command ends.
    pub const fn exit(&self) -> Exit {
        self.exit
    }

    /// The red line, and one for the help.
    pub fn draw(&self, colours: Colours) -> String {
        let mut drawn = format!("{} {}\n", colours.red("error:"), harmless(&self.message));
        if let Some(help) = &self.help {
            drawn.push_str(&format!("{} {}\n", colours.bold("help:"), harmless(help)));
        }
        drawn
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}
