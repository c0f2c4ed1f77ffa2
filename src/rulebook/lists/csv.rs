//! User ids from the CSV that people export.

use std::collections::HashSet;

use super::UserList;
use crate::model::Text;

/// How the column of user ids is called, in any case.
const HEADERS: [&str; 5] = ["user", "user_id", "userid", "identity", "id"];

/// A list that was read, and what it left out.
#[derive(Debug)]
pub(super) struct ReadList {
    /// The users.
    pub list: UserList,
    /// Rows with other cells and without a user: how many, and the line of the first.
    pub without_user: Option<(u64, u64)>,
}

/// Why a text is no user list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ListError {
    /// The text is not UTF-8 from this line on.
    NotUtf8 {
        /// From 1.
        line: u64,
    },
    /// A user's id with a line break in it: a quote that was opened and not closed where it should be.
    OpenQuote {
        /// The line on which the row begins, from 1.
        line: u64,
    },
}

/// Reads a list.
///
/// The first row is a header when one of its cells is one of [`HEADERS`]: then that column is read, else the first of
/// every row. Blank lines are skipped, a byte order mark too; cells are trimmed.
pub(super) fn read(bytes: &[u8]) -> Result<ReadList, ListError> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
        ListError::NotUtf8 { line: 1 + valid.iter().filter(|byte| **byte == b'\n').count() as u64 }
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = ::csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter(text))
        .from_reader(text.as_bytes());

    let mut users = HashSet::new();
    let mut without_user: Option<(u64, u64)> = None;
    let mut column = None;
    let mut last_broken = None;
    for record in reader.records() {
        // A text that is UTF-8, rows of any length: the reader has nothing left to refuse.
        let Ok(record) = record else { continue };
        let line = record.position().map_or(0, ::csv::Position::line);
        last_broken = record.iter().any(|cell| cell.contains('\n')).then_some(line);
        let column = match column {
            Some(column) => column,
            None => {
                let header = record.iter().position(is_header);
                column = Some(header.unwrap_or(0));
                if header.is_some() {
                    continue;
                }
                0
            }
        };
        match record.get(column).map(str::trim) {
            Some(user) if user.contains(['\n', '\r']) => return Err(ListError::OpenQuote { line }),
            Some(user) if !user.is_empty() => {
                users.insert(Text::from(user));
            }
            _ if record.iter().all(|cell| cell.trim().is_empty()) => {}
            _ => without_user = Some(without_user.map_or((1, line), |(count, first)| (count + 1, first))),
        }
    }
    // A last row over several lines in a text with an odd number of quotes: the rest of the file was taken for one cell.
    match last_broken {
        Some(line) if text.matches('"').count() % 2 == 1 => Err(ListError::OpenQuote { line }),
        _ => Ok(ReadList { list: UserList { users }, without_user }),
    }
}

fn is_header(cell: &str) -> bool {
    HEADERS.iter().any(|header| cell.trim().eq_ignore_ascii_case(header))
}

/// A comma; a semicolon or tab where only that gives the first line a header, as spreadsheets in half of Europe write it.
fn delimiter(text: &str) -> u8 {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("");
    let gives_header =
        |delimiter: &char| first.split(*delimiter).any(|cell| is_header(cell.trim().trim_matches('"')));
    [',', ';', '\t'].into_iter().find(gives_header).map_or(b',', |delimiter| delimiter as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn users(text: &str) -> Vec<String> {
        let read = read(text.as_bytes()).unwrap();
        let mut users: Vec<String> = read.list.users.iter().map(|user| user.to_string()).collect();
        users.sort();
        users
    }

    #[test]
    fn a_header_names_the_column_in_any_case() {
        for header in ["user", "USER_ID", "UserId", "Identity", "id", " id ", "\"id\""] {
            assert_eq!(users(&format!("name,{header}\nAsha,u1\nRavi,u2\n")), ["u1", "u2"], "{header}");
        }
    }

    #[test]
    fn without_a_header_the_first_column_is_read() {
        assert_eq!(users("u1,Asha\nu2,Ravi"), ["u1", "u2"]);
        assert_eq!(users("u1\nu2\nu1\n"), ["u1", "u2"]);
        assert_eq!(users("email\nu2"), ["email", "u2"]);
    }

    #[test]
    fn clevertaps_own_lists_are_read() {
        assert_eq!(users("Type,Identity\r\ni,u1\r\ng,u2\r\n"), ["u1", "u2"]);
    }

    #[test]
    fn what_spreadsheets_add_is_taken_away() {
        assert_eq!(users("\u{feff}user\r\n\r\nu1\r\n\r\n  u2 \r\n"), ["u1", "u2"]);
        assert_eq!(users("name;user_id\nAsha, of Pune;u1\n"), ["u1"]);
        assert_eq!(users("name\tuser_id\nAsha\tu1\n"), ["u1"]);
        assert_eq!(users("user,name\n\"a,b\",\"Asha \"\"A\"\" Rao\"\n"), ["a,b"]);
        assert_eq!(users("user,name\nu1\nu2,Ravi,extra\n"), ["u1", "u2"]);
        assert_eq!(users("u;1\nu;2"), ["u;1", "u;2"]);
        assert_eq!(users(""), Vec::<String>::new());
        assert_eq!(users("user\n"), Vec::<String>::new());
    }

    #[test]
    fn rows_without_a_user_are_counted() {
        let read = read(b"name,user\nAsha,u1\nRavi,\n,\nMeera\n").unwrap();
        assert_eq!(read.list.len(), 1);
        assert_eq!(read.without_user, Some((2, 3)));
    }

    #[test]
    fn what_is_no_list_is_refused_with_its_line() {
        assert_eq!(read(b"user\nu1\n\xff\n").unwrap_err(), ListError::NotUtf8 { line: 3 });
        assert_eq!(read(b"user\nu1\n\"u2\nu3\n").unwrap_err(), ListError::OpenQuote { line: 3 });
        assert_eq!(read(b"user,name\nu1,\"Asha\nu2,Ravi\n").unwrap_err(), ListError::OpenQuote { line: 2 });
        assert_eq!(users("user,size\nu1,5\" pipe\nu2,6"), ["u1", "u2"]);
        assert_eq!(users("user,address\nu1,\"1 High St\nPune\"\nu2,x\n"), ["u1", "u2"]);
    }

    #[test]
    fn users_are_compared_exactly() {
        let list: UserList = ["u1", "u2", "u1"].into_iter().collect();
        assert!(list.contains("u1"));
        assert!(!list.contains("U1"));
        assert!(!list.contains(""));
        assert_eq!(list.len(), 2);
        assert!(!list.is_empty());
    }
}
