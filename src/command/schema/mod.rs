//! `campanile schema job|outcome|diff|plan`: the JSON Schema of what is written, made from the types; `campanile schema infer`: the
//! schemas that rules should declare, made from a log.

mod infer;

use schemars::{Schema, schema_for};

use super::exit::{Exit, Failure};
use super::terminal;
use crate::difference::Difference;
use crate::model::{Outcome, SendJob};
use crate::plan::Plan;

/// Print the JSON Schema of what is written, or infer the schemas of events and profiles from a log
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    of: Of,
}

#[derive(Debug, clap::Subcommand)]
enum Of {
    /// The JSON Schema of a line of the jobs' file
    Job,
    /// The JSON Schema of a line of the outcomes' file
    Outcome,
    /// The JSON Schema of what `campanile diff --json` prints
    Diff,
    /// The JSON Schema of what `campanile plan --json` prints
    Plan,
    Infer(Box<infer::Arguments>),
}

/// What is written for programs to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Document {
    /// A line of the jobs' file
    Job,
    /// A line of the outcomes' file
    Outcome,
    /// What `campanile diff --json` prints
    Diff,
    /// What `campanile plan --json` prints
    Plan,
}

impl Document {
    /// Its JSON Schema (draft 2020-12).
    pub fn schema(self) -> Schema {
        match self {
            Document::Job => schema_for!(SendJob),
            Document::Outcome => schema_for!(Outcome),
            Document::Diff => schema_for!(Difference),
            Document::Plan => schema_for!(Plan),
        }
    }
}

/// The schema as it is printed and kept under `docs/`.
///
/// # Errors
/// None that could be met: a schema is JSON.
pub fn text(of: Document) -> Result<String, Failure> {
    let schema =
        serde_json::to_string_pretty(&of.schema()).map_err(|error| Failure::bug(error.to_string()))?;
    Ok(schema + "\n")
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    match &arguments.of {
        Of::Job => terminal::say(&text(Document::Job)?)?,
        Of::Outcome => terminal::say(&text(Document::Outcome)?)?,
        Of::Diff => terminal::say(&text(Document::Diff)?)?,
        Of::Plan => terminal::say(&text(Document::Plan)?)?,
        Of::Infer(arguments) => return infer::run(arguments),
    }
    Ok(Exit::Clean)
}
