use super::{Colours, counted, harmless};

/// So many lines of a difference are shown.
const SHOWN: usize = 24;

/// Tables of more cells than this are not made: then all lines between the first and the last change count as changed.
const MOST_CELLS: usize = 4_000_000;

/// What differs between two texts, line by line, with the lines' numbers in the first: `-` is taken away, `+` comes.
pub fn difference(before: &str, after: &str, colours: Colours) -> String {
    let changes = changes(&lines(before), &lines(after));
    let mut shown = String::new();
    for (number, sign, line) in changes.iter().take(SHOWN) {
        let text = format!("{number:>5} {sign} {}", visible(line));
        shown.push_str(&match sign {
            '-' => colours.red(&text),
            _ => colours.green(&text),
        });
        shown.push('\n');
    }
    if let Some(more) = changes.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        shown.push_str(&format!("      … and {}\n", counted(more as u64, "more line")));
    }
    shown
}

/// Lines with what ends them, so that `\r\n` is not `\n` and a last line without an end is told from one with it.
fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// A line as a terminal may have it; white space that nobody would see is written out.
fn visible(line: &str) -> String {
    let (line, end) = match line.strip_suffix('\n') {
        Some(line) => (line, ""),
        None => (line, " (no line end)"),
    };
    let text = line.trim_end();
    let rest = line.get(text.len()..).unwrap_or_default();
    let rest: String =
        rest.chars().flat_map(|c| if c == ' ' { vec!['·'] } else { c.escape_default().collect() }).collect();
    format!("{}{rest}{end}", harmless(&text.replace('\t', "→")))
}

/// The changed lines: the number of the line before, the sign, the line.
fn changes<'a>(before: &[&'a str], after: &[&'a str]) -> Vec<(usize, char, &'a str)> {
    let same = before.iter().zip(after).take_while(|(a, b)| a == b).count();
    let (before, after) = (before.get(same..).unwrap_or_default(), after.get(same..).unwrap_or_default());
    let tail = before.iter().rev().zip(after.iter().rev()).take_while(|(a, b)| a == b).count();
    let before = before.get(..before.len() - tail).unwrap_or_default();
    let after = after.get(..after.len() - tail).unwrap_or_default();

    let width = after.len() + 1;
    // For each place in both, how many lines the rests have in common.
    let mut common =
        vec![0u32; if (before.len() + 1) * width > MOST_CELLS { 0 } else { (before.len() + 1) * width }];
    let at = |common: &[u32], i: usize, j: usize| common.get(i * width + j).copied().unwrap_or(0);
    if !common.is_empty() {
        for (i, a) in before.iter().enumerate().rev() {
            for (j, b) in after.iter().enumerate().rev() {
                let best = if a == b {
                    at(&common, i + 1, j + 1) + 1
                } else {
                    at(&common, i + 1, j).max(at(&common, i, j + 1))
                };
                if let Some(cell) = common.get_mut(i * width + j) {
                    *cell = best;
                }
            }
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut found = Vec::new();
    loop {
        match (before.get(i), after.get(j)) {
            (Some(a), Some(b)) if a == b => (i, j) = (i + 1, j + 1),
            (Some(a), other) if other.is_none() || at(&common, i + 1, j) >= at(&common, i, j + 1) => {
                found.push((same + i + 1, '-', *a));
                i += 1;
            }
            (_, Some(b)) => {
                found.push((same + i, '+', *b));
                j += 1;
            }
            (_, None) => return found,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_shown() {
        let shown = difference("a\nb\nc\nd\n", "a\nx\nc\nd\ne\n", Colours::Off);
        assert_eq!(shown, "    2 - b\n    2 + x\n    4 + e\n");
        assert_eq!(difference("a\n", "a\n", Colours::Off), "");
        assert_eq!(
            difference("a \t\r\nb", "a\nb\n", Colours::Off),
            "    1 - a·\\t\\r\n    2 - b (no line end)\n    2 + a\n    2 + b\n"
        );
        let many: String = (0..90).map(|n| format!("{n}\n")).collect();
        assert!(difference(&many, "", Colours::Off).ends_with("… and 66 more lines\n"));
    }
}
