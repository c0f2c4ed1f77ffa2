//! Languages as WhatsApp names them: `en`, `en_US`, `zh_CN`.

use crate::model::Text;

/// WhatsApp's spelling of a language's code: `en-us` is `en_US`; none for what is no such code.
pub(super) fn code(text: &str) -> Option<String> {
    let text = text.trim();
    let (language, region) = match text.split_once(['_', '-']) {
        Some((language, region)) => (language, Some(region)),
        None => (text, None),
    };
    let is_language =
        (2..=3).contains(&language.len()) && language.bytes().all(|byte| byte.is_ascii_alphabetic());
    let is_region = region.is_none_or(|region| {
        (2..=4).contains(&region.len()) && region.bytes().all(|byte| byte.is_ascii_alphanumeric())
    });
    if !is_language || !is_region {
        return None;
    }
    let language = language.to_ascii_lowercase();
    Some(match region {
        Some(region) => format!("{language}_{}", region.to_ascii_uppercase()),
        None => language,
    })
}

/// The known code that a text names, in any case, with `-` or `_`.
pub(super) fn find<'k>(text: &str, mut known: impl Iterator<Item = &'k Text>) -> Option<&'k Text> {
    let fold = |text: &str| text.trim().replace('-', "_").to_ascii_lowercase();
    let wanted = fold(text);
    known.find(|code| fold(code) == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes() {
        for (text, expected) in [
            ("en", Some("en")),
            (" EN ", Some("en")),
            ("en-us", Some("en_US")),
            ("en_US", Some("en_US")),
            ("es_419", Some("es_419")),
            ("fil", Some("fil")),
            ("English", None),
            ("", None),
            ("e", None),
            ("en_", None),
            ("en US", None),
            ("12", None),
        ] {
            assert_eq!(code(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn known_codes_are_found_in_any_spelling() {
        let known: Vec<Text> = ["en", "en_US", "pt_BR"].into_iter().map(Text::from).collect();
        let found = |text: &str| find(text, known.iter()).map(|code| code.to_string());
        assert_eq!(found("EN-us").as_deref(), Some("en_US"));
        assert_eq!(found("pt_br").as_deref(), Some("pt_BR"));
        assert_eq!(found("en").as_deref(), Some("en"));
        assert_eq!(found("pt"), None);
    }
}
