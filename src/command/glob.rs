//! Files named by a pattern, where no shell has found them: `logs/*.parquet`.

use std::fs;
use std::path::{Component, Path, PathBuf};

/// The files that are meant: names as they are, and those that fit a pattern of `*` and `?`, in the order of their names.
///
/// # Errors
/// When no file fits a pattern.
pub fn found(named: &[String]) -> Result<Vec<String>, String> {
    let mut files = Vec::with_capacity(named.len());
    for name in named {
        // A file whose name has such a sign in it is itself.
        if !is_pattern(name) || Path::new(name).exists() {
            files.push(name.clone());
            continue;
        }
        let mut fitting: Vec<String> = fitting(Path::new(name))
            .into_iter()
            .filter(|path| !path.is_dir())
            .map(|path| path.to_string_lossy().into_owned())
            .collect();
        if fitting.is_empty() {
            return Err(format!("no file fits `{name}`"));
        }
        fitting.sort_unstable();
        files.append(&mut fitting);
    }
    Ok(files)
}

fn is_pattern(name: &str) -> bool {
    name.contains(['*', '?'])
}

/// All paths that fit, part by part.
fn fitting(pattern: &Path) -> Vec<PathBuf> {
    let mut found = vec![PathBuf::new()];
    for part in pattern.components() {
        let name = part.as_os_str().to_string_lossy();
        if !matches!(part, Component::Normal(_)) || !is_pattern(&name) {
            found.iter_mut().for_each(|path| path.push(part));
            continue;
        }
        found = found.iter().flat_map(|folder| children(folder, &name)).collect();
    }
    found.retain(|path| path.exists());
    found
}

/// What of a folder fits one part of a pattern; what is hidden fits only a pattern that begins with a full stop.
fn children(folder: &Path, pattern: &str) -> Vec<PathBuf> {
    let place = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    // What is no folder, or one that cannot be read, has nothing that fits.
    let Ok(entries) = fs::read_dir(place) else { return Vec::new() };
    let names = entries.filter_map(|entry| Some(entry.ok()?.file_name()));
    let fits = names.filter(|name| {
        let name = name.to_string_lossy();
        (!name.starts_with('.') || pattern.starts_with('.')) && fits(&name, pattern)
    });
    fits.map(|name| folder.join(name)).collect()
}

/// Whether a name fits a pattern: `*` is any number of characters, `?` is one.
fn fits(name: &str, pattern: &str) -> bool {
    let (name, pattern): (Vec<char>, Vec<char>) = (name.chars().collect(), pattern.chars().collect());
    let (mut at, mut sign) = (0, 0);
    // The last star, and how much of the name it takes so far.
    let mut star: Option<(usize, usize)> = None;
    while at < name.len() {
        match pattern.get(sign) {
            Some('*') => {
                star = Some((sign, at));
                sign += 1;
            }
            Some(wanted) if *wanted == '?' || Some(wanted) == name.get(at) => {
                (at, sign) = (at + 1, sign + 1);
            }
            _ => {
                let Some((place, taken)) = star else { return false };
                star = Some((place, taken + 1));
                (at, sign) = (taken + 1, place + 1);
            }
        }
    }
    pattern.iter().skip(sign).all(|sign| *sign == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_are_any_characters_and_question_marks_one() {
        for (name, pattern, expected) in [
            ("a.parquet", "*.parquet", true),
            ("a.parquet", "*", true),
            ("a.parquet", "a*", true),
            ("ab.c.parquet", "*b.parquet", false),
            ("ab.parquet", "*b.parquet", true),
            ("2026-11-03.csv", "2026-??-*.csv", true),
            ("2026-11.csv", "2026-??-*.csv", false),
            ("aab", "*a*b", true),
            ("é", "?", true),
            ("", "*", true),
            ("ab", "a", false),
            ("a", "ab", false),
        ] {
            assert_eq!(fits(name, pattern), expected, "{name} {pattern}");
        }
    }

    #[test]
    fn files_come_in_the_order_of_their_names() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
        for day in ["d2", "d1"] {
            fs::create_dir(folder.path().join(day)).unwrap();
            for name in ["b.csv", "a.csv", "c.txt", ".a.csv", "x*y"] {
                fs::write(folder.path().join(day).join(name), "").unwrap();
            }
            fs::create_dir(folder.path().join(day).join("folder.csv")).unwrap();
        }
        let named = |names: &[&str]| found(&names.iter().map(|name| path(name)).collect::<Vec<_>>());
        assert_eq!(
            named(&["d?/*.csv", "none"]),
            Ok(["d1/a.csv", "d1/b.csv", "d2/a.csv", "d2/b.csv", "none"].map(path).to_vec())
        );
        assert_eq!(named(&["*/.*.csv"]), Ok(["d1/.a.csv", "d2/.a.csv"].map(path).to_vec()));
        assert_eq!(named(&["d1/x*y"]), Ok(vec![path("d1/x*y")]));
        assert_eq!(named(&["d1/*.json"]), Err(format!("no file fits `{}`", path("d1/*.json"))));
        assert_eq!(found(&["-".to_owned()]), Ok(vec!["-".to_owned()]));
    }
}
