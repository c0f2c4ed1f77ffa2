//! "Did you mean": a suggestion only when it is close, else what there is.

/// How many names a message lists at most.
const LISTED: usize = 8;

/// What to say of an unknown name: the nearest known one, else all of them. `nouns` is what they are: `segments`.
pub(crate) fn suggest<'a>(
    wanted: &str,
    nouns: &str,
    known: impl Iterator<Item = &'a str> + Clone,
) -> Option<String> {
    if let Some(near) = nearest(wanted, known.clone()) {
        return Some(format!("did you mean `{near}`?"));
    }
    let listed: Vec<String> = known.clone().take(LISTED).map(|name| format!("`{name}`")).collect();
    if listed.is_empty() {
        return None;
    }
    let more = known.count() - listed.len();
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    Some(format!("the {nouns} are {}{rest}", listed.join(", ")))
}

/// The known name nearest to the wanted one, if any is near enough to be meant: at most a third of its characters
/// differ, and at least one may. Upper and lower case count as alike, for they are confused most often.
pub(crate) fn nearest<'a>(wanted: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let wanted: Vec<char> = folded(wanted);
    let limit = (wanted.len() / 3).max(1);
    known
        .map(|name| (distance(&wanted, &folded(name)), name))
        // Of a name of one letter nothing would be left in common.
        .filter(|(distance, _)| *distance <= limit && *distance < wanted.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

fn folded(name: &str) -> Vec<char> {
    name.chars().flat_map(char::to_lowercase).collect()
}

/// Damerau's distance (optimal string alignment): the number of characters to insert, remove, replace, or swap with
/// their neighbour.
pub(crate) fn distance(a: &[char], b: &[char]) -> usize {
    // Three rows of the usual table: the last two are what a swap and an edit look back at.
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    let mut previous_a = None;
    for (i, x) in a.iter().enumerate() {
        let mut row = Vec::with_capacity(b.len() + 1);
        row.push(i + 1);
        let mut left = i + 1;
        let mut previous_b = None;
        for (j, y) in b.iter().enumerate() {
            let above = last.get(j + 1).copied().unwrap_or(usize::MAX - 1);
            let diagonal = last.get(j).copied().unwrap_or(usize::MAX - 1);
            let mut cost = (left + 1).min(above + 1).min(diagonal + usize::from(x != y));
            if previous_a == Some(y)
                && previous_b == Some(x)
                && let Some(swapped) = j.checked_sub(1).and_then(|j| before.get(j))
            {
                cost = cost.min(swapped + 1);
            }
            row.push(cost);
            left = cost;
            previous_b = Some(y);
        }
        before = std::mem::replace(&mut last, row);
        previous_a = Some(x);
    }
    last.last().copied().unwrap_or(a.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        let cases = [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("lapsed", "lapsed", 0),
            ("lapsed", "lapesd", 1),
            ("lapsed", "lasped", 1),
            ("lapsed", "laped", 1),
            ("lapsed", "lapsedd", 1),
            ("lapsed", "lopsed", 1),
            ("charged", "chraegd", 2),
            ("kitten", "sitting", 3),
            ("ab", "ba", 1),
        ];
        for (a, b, expected) in cases {
            assert_eq!(distance(&folded(a), &folded(b)), expected, "{a} {b}");
            assert_eq!(distance(&folded(b), &folded(a)), expected, "{b} {a}");
        }
    }

    #[test]
    fn only_what_is_near_is_suggested() {
        let known = ["lapsed", "new_users", "vip"];
        let near = |wanted| nearest(wanted, known.into_iter());
        assert_eq!(near("lapesd"), Some("lapsed"));
        assert_eq!(near("Lapsed"), Some("lapsed"));
        assert_eq!(near("newusers"), Some("new_users"));
        assert_eq!(near("vop"), Some("vip"));
        assert_eq!(near("vop_customers"), None);
        assert_eq!(near("x"), None);
        assert_eq!(nearest("c", ["b"].into_iter()), None);
        assert_eq!(nearest("C", ["c"].into_iter()), Some("c"));
    }

    #[test]
    fn else_the_names_are_listed() {
        let known = || ["a1", "b2"].into_iter();
        assert_eq!(suggest("whatever", "lists", known()).as_deref(), Some("the lists are `a1`, `b2`"));
        assert_eq!(suggest("a2", "lists", known()).as_deref(), Some("did you mean `a1`?"));
        assert_eq!(suggest("a2", "lists", std::iter::empty()), None);
        let many: Vec<String> = (0..11).map(|n| format!("segment_{n:05}")).collect();
        let help = suggest("zzz", "segments", many.iter().map(String::as_str)).unwrap();
        assert!(help.ends_with("`segment_00007` and 3 more"), "{help}");
    }
}
