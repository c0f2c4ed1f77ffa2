//! The stable codes of this room's findings. Each is described in `docs/errors`, under its own name; none is ever reused.

use crate::language::Code;

/// Makes a constant for each code, and the list of all for the test that each is described.
macro_rules! codes {
    ($($name:ident = $code:literal;)*) => {
        $(pub(super) const $name: Code = Code($code);)*
        #[cfg(test)]
        pub(super) const ALL: &[Code] = &[$($name),*];
    };
}

codes! {
    UNREADABLE_LIQUID = "E0301";
    UNKNOWN_TAG = "E0302";
    UNKNOWN_FILTER = "E0303";
    FILTER_ARGUMENTS = "E0304";
    UNKNOWN_NAME = "E0305";
    NO_EVENT = "E0306";
    READS_CLOCK = "E0307";
    TOO_LARGE = "E0308";
    NAME_TAKEN = "E0309";
    ALWAYS_FAILS = "E0310";

    VALUE_EMPTY = "E0311";
    VALUE_CHARACTERS = "E0312";
    VALUE_TOO_LONG = "E0313";
    NO_ADDRESS = "E0314";
    NO_LANGUAGE_CODE = "E0315";
    VALUE_KIND = "E0316";

    SAME_BODY_NAME = "E0320";
    MIXED_BODY = "E0321";
    TOO_MANY = "E0322";
    SAME_CHOICE = "E0323";
    LACKS_PART = "E0324";
    CODE_ALONE = "E0325";

    UNKNOWN_TEMPLATE = "E0330";
    NOT_APPROVED = "E0331";
    NO_SUCH_LANGUAGE = "E0332";
    WHICH_LANGUAGE = "E0333";
    OTHER_CATEGORY = "E0334";
    HEADER = "E0335";
    BODY_COUNT = "E0336";
    BODY_NAMES = "E0337";
    BODY_FORMAT = "E0338";
    BUTTON = "E0339";
    NOT_SUPPORTED_YET = "E0340";
    OFFER = "E0341";
    CARDS = "E0342";
    ONE_TIME_CODE = "E0343";

    SINGLE_BRACES = "W0301";
    NUMBERED_GAP = "W0302";
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever adds a code describes it; the page's first line is its heading.
    #[test]
    fn each_code_has_its_page() {
        for code in ALL {
            let path = format!("{}/docs/errors/{}.md", env!("CARGO_MANIFEST_DIR"), code.0);
            let page = std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("no page for {}", code.0));
            assert!(page.starts_with(&format!("# {}: ", code.0)), "{} begins otherwise", code.0);
        }
    }

    #[test]
    fn no_code_has_two_meanings() {
        let mut codes: Vec<&str> = ALL.iter().map(|code| code.0).collect();
        codes.sort_unstable();
        let all = codes.len();
        codes.dedup();
        assert_eq!(codes.len(), all);
    }
}
