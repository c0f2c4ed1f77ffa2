//! User lists: who is in them, and the files that the rules name for them.

mod csv;

use std::collections::HashSet;
use std::path::PathBuf;
use std::{fs, io};

use indexmap::IndexMap;

use self::csv::ListError;
use super::codes;
use super::files::{Folders, why};
use super::tables::Tables;
use crate::language::{Diagnostic, Span};
use crate::model::{Text, fingerprint};

/// A set of users by their ids.
#[derive(Debug, Clone, Default)]
pub struct UserList {
    users: HashSet<Text>,
}

impl UserList {
    /// True when the user is in the list; ids are compared exactly.
    pub fn contains(&self, user: &str) -> bool {
        self.users.contains(user)
    }

    /// A number for all of its users, in whatever order they are.
    pub(crate) fn fingerprint(&self) -> u128 {
        let users = self.users.iter().map(|user| fingerprint([user.as_bytes()]));
        users.fold(0, u128::wrapping_add)
    }

    /// How many different users are in it.
    pub fn len(&self) -> usize {
        self.users.len()
    }

    /// Who is in it, in no order that means anything.
    pub(crate) fn users(&self) -> impl Iterator<Item = &Text> {
        self.users.iter()
    }

    /// True when nobody is in it.
    pub fn is_empty(&self) -> bool {
        self.users.is_empty()
    }
}

impl<T: Into<Text>> FromIterator<T> for UserList {
    fn from_iter<I: IntoIterator<Item = T>>(users: I) -> UserList {
        UserList { users: users.into_iter().map(Into::into).collect() }
    }
}

/// Reads the lists that the rules declare and the host does not give; their files join those that were read.
pub(super) fn read_lists(
    tables: &Tables,
    folders: &Folders,
    files: &mut Vec<PathBuf>,
    lists: &mut IndexMap<String, UserList>,
    findings: &mut Vec<Diagnostic>,
) {
    for (name, declared) in &tables.lists {
        if lists.contains_key(name) {
            continue;
        }
        let span = declared.path.span;
        let Some(folder) = folders.get(&span.file) else {
            findings.push(
                Diagnostic::error(
                    codes::LIST_WITHOUT_FOLDER,
                    span,
                    format!("list `{name}` is in a file, and these rules are in none: there is no folder to look in"),
                )
                .with_help(format!("give its users when the rulebook is built: `.list(\"{name}\", …)`")),
            );
            continue;
        };
        let written = &declared.path.node;
        let path = folder.join(written);
        let bytes = match fs::read(&path) {
            Ok(bytes) => {
                files.push(path);
                bytes
            }
            Err(error) => {
                let help = match error.kind() {
                    io::ErrorKind::NotFound => "paths are seen from the folder of the rule file",
                    io::ErrorKind::PermissionDenied => "ask for the right to read it",
                    _ => "name a file of user ids, such as `lists/vip.csv`",
                };
                let why = why(&error);
                findings.push(
                    Diagnostic::error(
                        codes::UNREADABLE_LIST,
                        span,
                        format!("cannot read `{written}`: {why}"),
                    )
                    .with_help(help),
                );
                continue;
            }
        };
        match csv::read(&bytes) {
            Ok(read) => {
                if let Some((count, line)) = read.without_user {
                    let rows = match count {
                        1 => format!("the row on line {line} of `{written}` has no user's id"),
                        _ => {
                            format!("{count} rows of `{written}` have no user's id, the first on line {line}")
                        }
                    };
                    findings.push(
                        Diagnostic::warning(codes::ROWS_WITHOUT_USER, span, rows)
                            .with_help("fill in the ids or remove the rows"),
                    );
                }
                if read.list.is_empty() {
                    findings.push(
                        Diagnostic::warning(
                            codes::EMPTY_LIST,
                            span,
                            format!("there is no user in `{written}`"),
                        )
                        .with_help("one user's id a line, or a column called `user_id`"),
                    );
                }
                lists.insert(name.clone(), read.list);
            }
            Err(error) => findings.push(bad_list(&error, span, written)),
        }
    }
}

fn bad_list(error: &ListError, span: Span, written: &str) -> Diagnostic {
    match error {
        ListError::NotUtf8 { line } => Diagnostic::error(
            codes::LIST_NOT_UTF8,
            span,
            format!("`{written}` is not UTF-8 text, from line {line} on"),
        )
        .with_help("save it as CSV in the encoding UTF-8"),
        ListError::OpenQuote { line } => Diagnostic::error(
            codes::LIST_OPEN_QUOTE,
            span,
            format!("`{written}` has a quote that is not closed, on line {line}"),
        )
        .with_help("close the quote; a quote within quotes is written twice"),
    }
}
