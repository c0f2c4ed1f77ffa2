//! Descriptions as text: what they are about at the left, sentences beside it, parts further to the right.

use super::{Description, Section, Tree};
use crate::report::{Colours, harmless};

/// Lines are broken before they are wider, in characters.
const WIDTH: usize = 100;

/// The column at which sentences begin.
const MARGIN: usize = 12;

impl Description {
    /// The text for people.
    pub fn text(&self, colours: Colours) -> String {
        let mut text = String::new();
        for campaign in &self.campaigns {
            let name = colours.bold(&harmless(&campaign.name));
            match &campaign.title {
                Some(title) => text.push_str(&format!("{name}  {}\n", harmless(title))),
                None => text.push_str(&format!("{name}\n")),
            }
            for section in &campaign.sections {
                text.push_str(&draw(section, colours));
            }
            text.push('\n');
        }
        text.push_str(&colours.bold("throughout"));
        text.push('\n');
        for sentence in &self.throughout {
            let mut lines = Vec::new();
            tree(sentence, 2, false, &mut lines);
            lines.iter().for_each(|line| text.push_str(&format!("{line}\n")));
        }
        text
    }
}

fn draw(section: &Section, colours: Colours) -> String {
    let mut lines = Vec::new();
    for sentence in &section.sentences {
        tree(sentence, MARGIN + 2 * sentence.depth, sentence.depth > 0, &mut lines);
    }
    let mut text = String::new();
    for (number, line) in lines.iter().enumerate() {
        if number == 0 {
            let label = format!("  {:<width$}", section.about, width = MARGIN - 2);
            text.push_str(&colours.bold(&label));
            text.push_str(line.get(MARGIN..).unwrap_or_default());
        } else {
            text.push_str(line);
        }
        text.push('\n');
    }
    text
}

/// A sentence and its parts, each part behind a dash.
fn tree(tree: &Tree, indent: usize, is_part: bool, lines: &mut Vec<String>) {
    let (sign, hang) = if is_part { ("- ", indent + 2) } else { ("", indent) };
    let mut line = format!("{}{sign}", " ".repeat(indent));
    let mut is_empty = true;
    for word in harmless(&tree.text).split(' ') {
        if !is_empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(std::mem::replace(&mut line, " ".repeat(hang)));
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    lines.push(line);
    for part in &tree.parts {
        self::tree(part, hang + if is_part { 0 } else { 2 }, true, lines);
    }
}
