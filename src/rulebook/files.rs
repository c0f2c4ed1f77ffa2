//! Rule files from the disk. The only room of the core that reads files at all is this one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{fs, io};

use super::builder::Origin;
use super::codes;
use crate::language::{Code, Diagnostic, FileId, Sources, Span};

/// The findings that say a rule file was not read at all.
pub(super) const UNREADABLE: [Code; 3] = [codes::UNREADABLE_RULES, codes::RULES_NOT_UTF8, codes::NO_RULES];

/// The folder of each file, for the lists that it names; texts have none.
pub(super) type Folders = BTreeMap<FileId, PathBuf>;

/// What was read.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    pub sources: Sources,
    pub folders: Folders,
    /// The sources that are there in full; of the others nothing can be said but that they could not be read.
    pub whole: Vec<FileId>,
    /// Where something may lie beside the rules: the folders that were named, and those of files that were.
    pub beside: Vec<PathBuf>,
    /// Everything that was read from the disk.
    pub files: Vec<PathBuf>,
}

/// Reads all rule files, in the order in which they were given, those of a directory in the order of their paths.
pub(super) fn read_all(origins: Vec<Origin>, findings: &mut Vec<Diagnostic>) -> Loaded {
    let mut loaded = Loaded::default();
    let mut seen = BTreeSet::new();
    for origin in origins {
        match origin {
            Origin::Text { name, text } => loaded.whole.push(loaded.sources.add(name, text)),
            Origin::Path(path) => {
                let folder = if path.is_dir() { &*path } else { path.parent().unwrap_or(Path::new("")) };
                loaded.beside.push(folder.to_owned());
                for path in files_at(&path, &mut loaded.sources, findings) {
                    // The same file under two paths would be all names twice.
                    if !seen.insert(fs::canonicalize(&path).unwrap_or_else(|_| path.clone())) {
                        continue;
                    }
                    if let Some(file) = read_file(&path, &mut loaded.sources, findings) {
                        loaded.folders.insert(file, path.parent().unwrap_or(Path::new("")).to_owned());
                        loaded.whole.push(file);
                        loaded.files.push(path);
                    }
                }
            }
        }
    }
    loaded
}

/// The texts of rule files and of the rule files in folders, those that could be read, and why others could not.
#[cfg(feature = "cli")]
pub(crate) fn rule_files(paths: &[PathBuf]) -> (Sources, Vec<FileId>, Vec<Diagnostic>) {
    let mut findings = Vec::new();
    let loaded = read_all(paths.iter().cloned().map(Origin::Path).collect(), &mut findings);
    (loaded.sources, loaded.whole, findings)
}

/// The file itself, or all rule files in and below a directory.
fn files_at(path: &Path, sources: &mut Sources, findings: &mut Vec<Diagnostic>) -> Vec<PathBuf> {
    if !path.is_dir() {
        return vec![path.to_owned()];
    }
    let known = findings.len();
    let mut files = Vec::new();
    let mut directories = vec![path.to_owned()];
    while let Some(directory) = directories.pop() {
        if let Err(error) = list_directory(&directory, &mut files, &mut directories) {
            unreadable(&directory, &error, sources, findings);
        }
    }
    files.sort();
    if files.is_empty() && findings.len() == known {
        let place = place_of(path, sources);
        findings.push(
            Diagnostic::error(
                codes::NO_RULES,
                place,
                format!("there is no rule file in `{}`", path.display()),
            )
            .with_help("rule files end in `.camp`; they may lie in directories of their own"),
        );
    }
    files
}

fn list_directory(
    directory: &Path,
    files: &mut Vec<PathBuf>,
    directories: &mut Vec<PathBuf>,
) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let path = entry.path();
        // What a name with a dot hides (`.git`) is not meant; links to directories are not followed, for they may go round.
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        if entry.file_type()?.is_dir() {
            directories.push(path);
        } else if path.extension().is_some_and(|extension| extension == "camp") && path.is_file() {
            files.push(path);
        }
    }
    Ok(())
}

/// Reads a file into the sources; `None`, and a finding, when it cannot be read as text.
pub(super) fn read_file(
    path: &Path,
    sources: &mut Sources,
    findings: &mut Vec<Diagnostic>,
) -> Option<FileId> {
    let name = path.display().to_string();
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            unreadable(path, &error, sources, findings);
            return None;
        }
    };
    let error = match String::from_utf8(bytes) {
        Ok(text) => return Some(sources.add(name, text)),
        Err(error) => error,
    };
    let at = error.utf8_error().valid_up_to();
    // Up to the culprit the text stands as it is, so that the finding has its line; what follows is not read.
    let text = String::from_utf8_lossy(error.as_bytes().get(..at).unwrap_or_default()).into_owned();
    let file = sources.add(name.clone(), text);
    let end = u32::try_from(at).unwrap_or(u32::MAX);
    findings.push(
        Diagnostic::error(
            codes::RULES_NOT_UTF8,
            Span::new(file, end, end),
            format!("`{name}` is not UTF-8 text from byte {at} on"),
        )
        .with_help("save the file in the encoding UTF-8"),
    );
    None
}

fn unreadable(path: &Path, error: &io::Error, sources: &mut Sources, findings: &mut Vec<Diagnostic>) {
    let help = match error.kind() {
        io::ErrorKind::PermissionDenied => "ask for the right to read it",
        _ => "check the path",
    };
    let why = why(error);
    let place = place_of(path, sources);
    findings.push(
        Diagnostic::error(codes::UNREADABLE_RULES, place, format!("cannot read `{}`: {why}", path.display()))
            .with_help(help),
    );
}

/// A place for findings about a path as a whole: an empty text of its name.
fn place_of(path: &Path, sources: &mut Sources) -> Span {
    Span::new(sources.add(path.display().to_string(), ""), 0, 0)
}

/// Why something could not be read, in plain words.
pub(super) fn why(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file or directory".to_owned(),
        io::ErrorKind::PermissionDenied => "you may not read it".to_owned(),
        io::ErrorKind::IsADirectory => "it is a directory".to_owned(),
        _ => {
            // Without the system's number, which says nothing to those who write rules.
            let text = error.to_string().to_lowercase();
            text.split(" (os error").next().unwrap_or("").to_owned()
        }
    }
}
