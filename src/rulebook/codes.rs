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
    SECOND_SETTINGS = "E0201";
    SECOND_PROFILE = "E0202";
    SAME_CAMPAIGN = "E0203";
    SAME_SEGMENT = "E0204";
    SAME_LIST = "E0205";
    SAME_EVENT = "E0206";
    SAME_CONTROL_GROUP = "E0207";

    UNKNOWN_SEGMENT = "E0210";
    UNKNOWN_LIST = "E0211";
    UNKNOWN_EVENT = "E0212";
    UNKNOWN_PROPERTY = "E0213";
    NO_PARTS = "E0214";
    SEGMENT_IN_ITSELF = "E0215";
    UNKNOWN_ZONE = "E0216";
    UNKNOWN_CAMPAIGN = "E0217";
    UNKNOWN_CONTROL_GROUP = "E0218";

    WRONG_KIND = "E0220";
    NO_ORDER = "E0221";
    NOT_TEXT = "E0222";
    NO_VALUE = "E0223";
    MIXED_KINDS = "E0224";
    BAD_PATTERN = "E0225";
    NOT_A_DATE = "E0226";
    NO_OBJECTS = "E0227";
    NOT_A_PLACE = "E0228";
    NOT_A_NUMBER = "E0229";
    NO_PROPERTY = "E0231";
    NOT_OF_ONE_VALUE = "E0232";

    ZERO_WITHOUT_NEVER = "W0230";

    NO_TRIGGER = "E0240";
    NO_MESSAGE = "E0241";
    BAD_CRON = "E0242";
    NEVER_FIRES = "E0243";
    NO_ANCHOR = "E0244";
    MATCHING_WITHOUT_EVENT = "E0245";
    MATCHING_KINDS = "E0246";
    NO_DATE = "E0247";

    NEVER_OPEN = "E0250";
    ALWAYS_EXPIRED = "E0251";
    NOBODY_LEFT = "E0252";
    NEEDS_A_SCHEDULE = "E0253";
    NEEDS_ONE_INSTANT = "E0254";

    SHARES = "E0280";
    SAME_VALUE = "E0281";
    NO_GOAL = "E0282";
    SAME_VARIANT = "E0283";
    MANY_VARIANTS = "W0280";

    UNKNOWN_PROVIDER = "E0358";
    WHICH_PROVIDER = "E0359";

    SAME_TEST = "E0270";
    TEST_GOES_BACK = "E0271";
    UNFIT_IN_TEST = "W0270";
    TEST_WITHOUT_EXPECTATION = "W0271";

    EVERYONE = "W0260";
    UNUSED_SEGMENT = "W0261";
    UNUSED_LIST = "W0262";
    NEVER_TRUE = "W0267";
    ALWAYS_TRUE = "W0268";
    IDLE_CAP = "W0269";
    UNLESS_IS_TRIGGER = "W0272";
    TWINS = "W0273";

    UNCHANGED_CLOCKS = "W0355";

    UNREADABLE_RULES = "E0401";
    RULES_NOT_UTF8 = "E0402";
    NO_RULES = "E0403";
    LIST_WITHOUT_FOLDER = "E0404";
    UNREADABLE_LIST = "E0405";
    LIST_NOT_UTF8 = "E0406";
    LIST_OPEN_QUOTE = "E0407";
    ROWS_WITHOUT_USER = "W0408";
    EMPTY_LIST = "W0409";
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
