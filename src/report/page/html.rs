//! HTML in the making: what is ours is written as it is, what is the users' is escaped.

use std::fmt::{Display, Write as _};

use crate::report::text::is_harmful;

/// A piece of a page.
///
/// What is not escaped can only be a text of this program: so no name, title or property of anybody's can be taken for mark-up.
#[derive(Debug, Default)]
pub(super) struct Html(String);

impl Html {
    /// Mark-up.
    pub(super) fn raw(&mut self, markup: &'static str) -> &mut Html {
        self.0.push_str(markup);
        self
    }

    /// Text.
    pub(super) fn text(&mut self, text: &str) -> &mut Html {
        escape(text, &mut self.0);
        self
    }

    /// Somebody's name, which may be written in any direction.
    pub(super) fn name(&mut self, name: &str) -> &mut Html {
        self.raw("<bdi>").text(name).raw("</bdi>")
    }

    /// A number of ours.
    pub(super) fn number(&mut self, number: impl Into<f64>) -> &mut Html {
        // Writing into memory cannot fail.
        let _ = write!(self.0, "{}", number.into());
        self
    }

    /// For each of several things a piece of its own.
    pub(super) fn each<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Html, T),
    ) -> &mut Html {
        items.into_iter().for_each(|item| write(self, item));
        self
    }

    /// ` name="value"`
    pub(super) fn attribute(&mut self, name: &'static str, value: impl Display) -> &mut Html {
        self.raw(" ").raw(name).raw("=\"").text(&value.to_string()).raw("\"")
    }

    pub(super) fn into_string(self) -> String {
        self.0
    }
}

/// The text as it stands between tags or in quotes. What would be obeyed unseen, such as a turn of the direction of writing, is shown instead.
fn escape(text: &str, into: &mut String) {
    for character in text.chars() {
        match character {
            '&' => into.push_str("&amp;"),
            '<' => into.push_str("&lt;"),
            '>' => into.push_str("&gt;"),
            '"' => into.push_str("&quot;"),
            '\'' => into.push_str("&#39;"),
            '\n' => into.push(character),
            _ if is_harmful(character) => into.extend(character.escape_default()),
            _ => into.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_users_is_markup() {
        let mut html = Html::default();
        html.raw("<p")
            .attribute("title", "a\"b'<c>")
            .raw(">")
            .name("</p><script>&\u{202e}\u{1b}")
            .raw("</p>");
        assert_eq!(
            html.into_string(),
            "<p title=\"a&quot;b&#39;&lt;c&gt;\"><bdi>&lt;/p&gt;&lt;script&gt;&amp;\\u{202e}\\u{1b}</bdi></p>"
        );
    }
}
