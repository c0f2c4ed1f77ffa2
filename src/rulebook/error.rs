use std::fmt;
use std::sync::Arc;

use crate::language::{Diagnostic, Severity, Sources};

/// Why a rulebook could not be made: every finding in its files, with the files' texts to draw them with.
///
/// Shown as text it is one line for each error; the command room draws the findings with their source.
#[derive(Clone)]
pub struct RulebookError {
    // Behind a pointer, so that the happy path of every `Result` stays a word wide.
    inner: Arc<Findings>,
}

struct Findings {
    sources: Sources,
    diagnostics: Vec<Diagnostic>,
}

impl RulebookError {
    #[cold]
    pub(super) fn new(sources: Sources, diagnostics: Vec<Diagnostic>) -> RulebookError {
        RulebookError { inner: Arc::new(Findings { sources, diagnostics }) }
    }

    /// All findings in the order of the sources, warnings among them.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.inner.diagnostics
    }

    /// The texts that the findings point into. A file that could not be read is there with an empty text.
    pub fn sources(&self) -> &Sources {
        &self.inner.sources
    }

    /// True when a rule file itself could not be read, as against rules that were read and are wrong.
    pub fn is_unreadable(&self) -> bool {
        self.inner.diagnostics.iter().any(|finding| super::files::UNREADABLE.contains(&finding.code))
    }
}

impl fmt::Display for RulebookError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sources = self.sources();
        let errors = self.diagnostics().iter().filter(|finding| finding.severity == Severity::Error);
        for (index, error) in errors.enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            let place = sources.position(error.primary.span);
            let name = sources.name(error.primary.span.file);
            write!(f, "{name}:{}:{}: error[{}]: {}", place.line, place.column, error.code.0, error.message)?;
        }
        Ok(())
    }
}

impl fmt::Debug for RulebookError {
    /// All findings with their source: what a host that only unwraps wants to see.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in self.diagnostics() {
            write!(f, "\n{}", finding.render(self.sources()))?;
        }
        Ok(())
    }
}

impl std::error::Error for RulebookError {}
