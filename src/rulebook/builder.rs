use std::path::{Path, PathBuf};
use std::sync::Arc;

use indexmap::IndexMap;

use super::files::{UNREADABLE, read_all};
use super::lists::read_lists;
use super::providers::Declared;
use super::tables::{Broken, gather};
use super::{Inner, Rulebook, RulebookError, UserList, check};
use crate::language::{self, Diagnostic, Severity, Sources};
use crate::message::Templates;
use crate::model::Providers;

/// A rulebook in the making: where its rules come from, and what a host knows beside them.
///
/// # Example
/// ```
/// use campanile::rulebook::Rulebook;
/// let rulebook = Rulebook::builder()
///     .text("segments.camp", "segment best = in list vip")
///     .list("vip", ["asha", "ravi"])
///     .build()?;
/// assert!(rulebook.list("vip").is_some_and(|list| list.contains("asha")));
/// # Ok::<(), campanile::rulebook::RulebookError>(())
/// ```
#[derive(Debug, Default)]
pub struct RulebookBuilder {
    origins: Vec<Origin>,
    templates: Option<Arc<Templates>>,
    providers: Declared,
    lists: IndexMap<String, UserList>,
}

#[derive(Debug)]
pub(super) enum Origin {
    /// A file or a directory.
    Path(PathBuf),
    /// Rules from memory.
    Text { name: String, text: String },
}

impl RulebookBuilder {
    /// Adds a `.camp` file, or every `*.camp` file in a directory and below it. A file that is named twice is read once.
    #[must_use]
    pub fn path(mut self, path: impl AsRef<Path>) -> RulebookBuilder {
        self.origins.push(Origin::Path(path.as_ref().to_owned()));
        self
    }

    /// Adds rules from a text; `name` is what messages call it.
    #[must_use]
    pub fn text(mut self, name: impl Into<String>, text: impl Into<String>) -> RulebookBuilder {
        self.origins.push(Origin::Text { name: name.into(), text: text.into() });
        self
    }

    /// Gives the approved templates: every message is checked against them. Without them messages are taken as they are.
    #[must_use]
    pub fn templates(mut self, templates: Templates) -> RulebookBuilder {
        self.templates = Some(Arc::new(templates));
        self
    }

    /// The same of templates that other rulebooks have too.
    #[must_use]
    pub(crate) fn shared_templates(mut self, templates: Option<Arc<Templates>>) -> RulebookBuilder {
        self.templates = templates;
        self
    }

    /// Declares the providers and what they allow. A `campanile.toml` beside the rules is not read then.
    #[must_use]
    pub fn providers(mut self, providers: Providers) -> RulebookBuilder {
        self.providers = Declared::Given(providers);
        self
    }

    /// Reads the providers from this file (`docs/providers.md`), and not from a `campanile.toml` beside the rules. Its days and
    /// wall clocks are those of the account's zone; what is wrong with it is found together with what is wrong with the rules.
    ///
    /// Needs the feature `config`: without it, that the file cannot be read is the finding.
    #[must_use]
    pub fn providers_file(mut self, path: impl AsRef<Path>) -> RulebookBuilder {
        self.providers = Declared::From(Origin::Path(path.as_ref().to_owned()));
        self
    }

    /// Reads the providers from a text, as [`RulebookBuilder::providers_file`] does from a file; `name` is what messages call it.
    ///
    /// # Example
    #[cfg_attr(feature = "config", doc = "```")]
    #[cfg_attr(not(feature = "config"), doc = "```ignore")]
    /// use campanile::rulebook::Rulebook;
    /// let rulebook = Rulebook::builder()
    ///     .text("shop.camp", "settings { timezone \"Asia/Kolkata\" }")
    ///     .providers_text("campanile.toml", "[provider.meta_main]\nmessages_per_second = 80")
    ///     .build()?;
    /// assert_eq!(rulebook.providers().of(None).map(|(name, _)| &**name), Some("meta_main"));
    /// # Ok::<(), campanile::rulebook::RulebookError>(())
    /// ```
    #[must_use]
    pub fn providers_text(mut self, name: impl Into<String>, text: impl Into<String>) -> RulebookBuilder {
        self.providers = Declared::From(Origin::Text { name: name.into(), text: text.into() });
        self
    }

    /// Gives the users of a list, whether the rules declare it or not; a file that the rules name for it is not read then.
    #[must_use]
    pub fn list<U: AsRef<str>>(
        mut self,
        name: impl Into<String>,
        users: impl IntoIterator<Item = U>,
    ) -> RulebookBuilder {
        let users = users.into_iter().map(|user| crate::model::Text::from(user.as_ref())).collect();
        self.lists.insert(name.into(), users);
        self
    }

    /// Reads and checks everything.
    ///
    /// # Errors
    /// When a file cannot be read or the rules have errors; the error carries every one of them, warnings too.
    pub fn build(self) -> Result<Rulebook, RulebookError> {
        let RulebookBuilder { origins, templates, providers, mut lists } = self;
        let mut findings = Vec::new();
        let mut loaded = read_all(origins, &mut findings);
        let declared = providers.find(&mut loaded, &mut findings);
        let sources = loaded.sources;

        let mut items = Vec::new();
        let mut broken = Broken::default();
        for file in loaded.whole.iter().copied() {
            let parsed = language::parse(&sources, file);
            items.extend(parsed.items);
            parsed.unread.into_iter().for_each(|unread| broken.note(unread, &sources));
            let errors = parsed.diagnostics.iter().filter(|finding| finding.severity == Severity::Error);
            broken.places.extend(errors.map(|finding| finding.primary.span));
            findings.extend(parsed.diagnostics);
        }
        if findings.iter().any(|finding| UNREADABLE.contains(&finding.code)) {
            // What could not be read may declare anything: of names nothing can be said.
            return Err(failed(sources, findings));
        }
        let mut tables = gather(items, &mut findings);
        tables.broken = broken;

        let mut files = loaded.files;
        read_lists(&tables, &loaded.folders, &mut files, &mut lists, &mut findings);
        let checked = check::check(&sources, &tables, &lists, templates.as_deref(), declared, &mut findings);
        if findings.iter().any(|finding| finding.severity == Severity::Error) {
            return Err(failed(sources, findings));
        }
        sort(&mut findings);
        let inner = Inner {
            sources,
            rule_files: loaded.whole,
            files,
            warnings: findings,
            settings: checked.settings,
            campaigns: checked.campaigns,
            segments: tables.segments,
            lists,
            events: tables.events,
            profile: tables.profile,
            door: checked.door,
            tests: checked.tests,
            templates,
            providers: checked.providers,
        };
        Ok(Rulebook { inner: Arc::new(inner) })
    }
}

/// Findings in the order of the sources, each once.
fn sort(findings: &mut Vec<Diagnostic>) {
    findings.sort_by_key(|finding| (finding.primary.span, finding.severity, finding.code));
    // Two questions may lead to one answer, such as whether each of two events has a property.
    findings.dedup();
}

#[cold]
pub(super) fn failed(sources: Sources, mut findings: Vec<Diagnostic>) -> RulebookError {
    sort(&mut findings);
    RulebookError::new(sources, findings)
}
