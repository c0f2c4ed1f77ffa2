//! Where the providers of a rulebook are declared: by its host, or in a file.

use std::collections::BTreeSet;
use std::fs;

use super::builder::Origin;
use super::files::{Loaded, read_file};
use crate::calendar::Zone;
use crate::config;
use crate::language::{Diagnostic, FileId, Sources, Span};
use crate::model::Providers;

/// Who declares them.
#[derive(Debug, Default)]
pub(super) enum Declared {
    /// A file beside the rules, if there is one.
    #[default]
    Beside,
    /// The host.
    Given(Providers),
    /// This file or text.
    From(Origin),
}

/// What declares them, as it was found.
#[derive(Debug)]
pub(super) enum Found {
    /// These.
    Given(Providers),
    /// A file of the sources, still to be read.
    File(FileId),
    /// Something that cannot be used, which has been said.
    Unusable,
}

impl Declared {
    /// Finds the file, and adds it to the sources.
    pub fn find(self, loaded: &mut Loaded, findings: &mut Vec<Diagnostic>) -> Found {
        let path = match self {
            Declared::Given(providers) => return Found::Given(providers),
            Declared::From(Origin::Text { name, text }) => {
                return Found::File(loaded.sources.add(name, text));
            }
            Declared::From(Origin::Path(path)) => path,
            Declared::Beside => {
                let mut seen = BTreeSet::new();
                let files: Vec<_> = loaded
                    .beside
                    .iter()
                    .map(|folder| folder.join(config::FILE))
                    .filter(|path| path.is_file())
                    // A folder under two names has one file.
                    .filter(|path| seen.insert(fs::canonicalize(path).unwrap_or_else(|_| path.clone())))
                    .collect();
                match &files[..] {
                    [] => return Found::Given(Providers::default()),
                    [path] => path.clone(),
                    [first, second, ..] => {
                        let (first, second) = (first.display(), second.display());
                        let file = loaded.sources.add(second.to_string(), "");
                        let text = format!("both `{first}` and `{second}` declare providers");
                        findings.push(
                            Diagnostic::error(config::UNREADABLE, Span::new(file, 0, 0), text)
                                .with_help("keep one of them, or say which one is meant: `--providers FILE`"),
                        );
                        return Found::Unusable;
                    }
                }
            }
        };
        let Some(file) = read_file(&path, &mut loaded.sources, findings) else { return Found::Unusable };
        loaded.files.push(path);
        Found::File(file)
    }
}

impl Found {
    /// Reads the file; none, with what is wrong with it, when it cannot be used.
    pub fn read(self, sources: &Sources, zone: &Zone, findings: &mut Vec<Diagnostic>) -> Option<Providers> {
        match self {
            Found::Given(providers) => Some(providers),
            Found::File(file) => config::read(sources, file, zone, findings),
            Found::Unusable => None,
        }
    }
}

#[cfg(feature = "config")]
impl Providers {
    /// Reads what a `campanile.toml` says (`docs/providers.md`); `name` is what messages call it. Its days and wall clocks are those of the zone.
    ///
    /// # Errors
    /// When the text is not what such a file is; the error carries every mistake.
    ///
    /// # Example
    /// ```
    /// use campanile::calendar::Zone;
    /// use campanile::model::Providers;
    /// let providers = Providers::from_toml("campanile.toml", "[provider.meta_main]\nmessages_per_second = 80", &Zone::utc())?;
    /// assert_eq!(providers.of(Some("meta_main")).and_then(|(_, provider)| provider.rate).map(|rate| rate.count), Some(80));
    /// # Ok::<(), campanile::rulebook::RulebookError>(())
    /// ```
    pub fn from_toml(name: &str, text: &str, zone: &Zone) -> Result<Providers, super::RulebookError> {
        let mut sources = Sources::new();
        let file = sources.add(name, text);
        let mut findings = Vec::new();
        let providers = config::read(&sources, file, zone, &mut findings);
        providers.ok_or_else(|| super::builder::failed(sources, findings))
    }
}
