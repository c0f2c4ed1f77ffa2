//! What stands for the reader in a build without it.

use super::codes;
use crate::calendar::Zone;
use crate::language::{Diagnostic, FileId, Sources, Span};
use crate::model::Providers;

/// Refuses the file: budgets that are declared and not kept would send too fast.
pub(crate) fn read(_: &Sources, file: FileId, _: &Zone, findings: &mut Vec<Diagnostic>) -> Option<Providers> {
    let text = "this build of campanile cannot read what providers allow";
    let help = "build it with the feature `config`, or declare the providers by the host's own code";
    findings.push(Diagnostic::error(codes::UNREADABLE, Span::new(file, 0, 0), text).with_help(help));
    None
}
