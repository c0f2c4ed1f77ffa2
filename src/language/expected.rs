//! Where the grammar could not go on: what stands there, and what could.

use super::grammar::{Mismatch, Rule};
use super::piece::Piece;
use super::read::{fault, join};
use super::scan::{Kind, Token};
use super::{Diagnostic, Span, codes, nearest};

/// A finding about the place where a piece stops following the grammar.
pub(super) fn finding(rule: Rule, piece: &Piece<'_>, mismatch: &Mismatch) -> Diagnostic {
    let end = piece.text.len();
    let Some((token, place)) = piece.token_at(mismatch.at) else {
        let place = piece.last().unwrap_or_else(|| piece.span(0, end));
        return nameless(rule, mismatch, place, "").unwrap_or_else(|| unfinished(piece, mismatch));
    };
    if mismatch.expected.is_empty() {
        return fault(piece.span(0, end));
    }
    let written = piece.text.get(token.start..token.end).unwrap_or("");
    if let Some(finding) = nameless(rule, mismatch, place, " before this") {
        return finding;
    }
    let words = expected_words(&mismatch.expected);
    let message = match token.kind {
        Kind::Text => "a text cannot stand here".to_owned(),
        Kind::Number if written.contains(':') => format!("the time `{written}` cannot stand here"),
        Kind::Number if written.matches('-').count() == 2 => {
            format!("the date `{written}` cannot stand here")
        }
        Kind::Number => format!("the number `{written}` cannot stand here"),
        _ => format!("`{}` cannot stand here", visible(written)),
    };
    let finding = Diagnostic::error(codes::UNEXPECTED, place, message);
    if let Some(help) = known(piece, &token, mismatch) {
        return finding.with_help(help);
    }
    if token.kind == Kind::Word
        && let Some(meant) = nearest(written, words.iter().map(String::as_str))
        && meant != written
    {
        return finding.with_help(format!("did you mean `{meant}`?"));
    }
    let mut phrases = phrases(&mismatch.expected);
    if mismatch.expected.contains(&Rule::EOI) {
        phrases.extend(end_of(rule));
    }
    with_expected(finding, phrases)
}

/// The fix, where what stands before and after says more than what the grammar expects.
fn known(piece: &Piece<'_>, token: &Token, mismatch: &Mismatch) -> Option<String> {
    let written = piece.text.get(token.start..token.end)?;
    let before = piece.text.get(..token.start)?.trim_end();
    let after = piece.text.get(token.end..)?.trim_start();
    let expects = |rule| mismatch.expected.contains(&rule);
    let last = before.rsplit(char::is_whitespace).next().unwrap_or("");
    if expects(Rule::otherwise) || (written == "else" && matches!(after.get(..4), Some("hold" | "drop"))) {
        return (written == "else").then(|| format!("write `, else {}`", after.get(..4).unwrap_or("hold")));
    }
    if before.starts_with("send") && last == "header" {
        return Some(
            "write `header text \"…\"`, or `image`, `video` or `document` and its address".to_owned(),
        );
    }
    if before.starts_with("send") && last == "button" {
        return Some(
            "buttons are counted from 0: write `button 0 url: \"…\"`, `payload:` or `code:`".to_owned(),
        );
    }
    if before.starts_with("expect") || before.starts_with("until") {
        match written {
            "is" if expects(Rule::expect_member) || after.starts_with("in ") || after.starts_with("not ") => {
                return Some("leave `is` out".to_owned());
            }
            "receives" => return Some("write `gets`".to_owned()),
            "url" | "payload" | "code" if expects(Rule::colon) => {
                return Some(format!("leave `{written}` out: the button says what it is"));
            }
            _ => {}
        }
    }
    if last.ends_with('"') && expects(Rule::kw_time) && expects(Rule::kw_did) {
        return Some(format!("a zone is written `{last} time`"));
    }
    let next = after.split(char::is_whitespace).next().unwrap_or("");
    if written == "{" && before.starts_with("segment") && expects(Rule::equals) {
        return Some("a segment's condition follows `=`, without braces".to_owned());
    }
    if before == "run" && token.kind == Kind::Number && after.starts_with("..") {
        return Some(format!("write `run from {written} to {}`", visible(next.trim_start_matches('.'))));
    }
    if matches!(written, "hold" | "drop") && before.starts_with("quiet") {
        return Some(format!("write `, {written}`"));
    }
    if matches!(written, "hold" | "drop") && before.starts_with("deliver") {
        return Some(format!("write `, else {written}`"));
    }
    let another = next.starts_with('"') || matches!(next, "when" | "any");
    if before.starts_with("when") && written == "or" && another {
        return Some("a campaign has one trigger: write a second campaign for the other".to_owned());
    }
    if before.starts_with("when") && written == "and" && next == "no" {
        return Some("write `then no`".to_owned());
    }
    if before.starts_with("send") && last == "in" && token.kind == Kind::Word {
        // `en` is a code, `English` is none.
        let code = if written.len() <= 3 || written.contains('_') { written } else { "en" };
        return Some(format!("write the code of a language in quotes: `\"{}\"`", visible(code)));
    }
    if expects(Rule::window) && written == "after" && next.starts_with(|c: char| c.is_ascii_digit()) {
        return Some(format!("write `since {}`, which has that day in", visible(next)));
    }
    if expects(Rule::window) && written == "within" {
        return Some("write `in last`".to_owned());
    }
    if token.kind != Kind::Word || !(expects(Rule::condition) || expects(Rule::condition_operand)) {
        return None;
    }
    if matches!(written, "segment" | "list") && !after.starts_with(['.', '=']) {
        return Some(format!("write `in {written} …`"));
    }
    let word = |text: &str| text.split(char::is_whitespace).next().unwrap_or("").to_owned();
    let tested = after.starts_with(['=', '<', '>', '!'])
        || matches!(
            word(after).as_str(),
            "in" | "is" | "between" | "contains" | "starts" | "ends" | "matches"
        );
    let subject = matches!(written, "user" | "customer" | "person" | "contact") && after.starts_with('.');
    if subject {
        return Some(format!("what is known of the user is asked as `profile{}`", visible(&word(after))));
    }
    if written == "event" && after.starts_with('.') {
        let name = word(after);
        return Some(format!(
            "the event is tested where it is named: `when \"Charged\" where {}`",
            visible(name.get(1..)?)
        ));
    }
    tested.then(|| {
        let name = visible(written);
        format!("of the user ask `profile.{name}`; the event is tested where it is named: `when \"Charged\" where {name} …`")
    })
}

/// A block whose name is missing.
fn nameless(rule: Rule, mismatch: &Mismatch, place: Span, there: &str) -> Option<Diagnostic> {
    let (block, help) = match rule {
        Rule::campaign_title => ("campaign", "campaign cart_rescue \"Cart rescue\" { … }"),
        Rule::segment_block => ("segment", "segment lapsed = did not \"Charged\" in last 90 days"),
        Rule::list_block => ("list", "list vip from \"lists/vip.csv\""),
        _ => return None,
    };
    // Names are asked for elsewhere in a segment's condition, but nothing else is expected there but here.
    let here = matches!(mismatch.expected.as_slice(), [Rule::name]) && mismatch.at <= block.len() + 2;
    here.then(|| {
        Diagnostic::error(codes::INCOMPLETE, place, format!("a {block} needs a name{there}"))
            .with_help(format!("a name is one word of small letters: `{help}`"))
    })
}

/// What follows a piece that is complete.
fn end_of(rule: Rule) -> Option<String> {
    match rule {
        Rule::campaign_piece | Rule::settings_piece => Some("the next clause".to_owned()),
        Rule::campaign_title => Some("`{`".to_owned()),
        Rule::length_piece | Rule::rate_piece => Some("the closing quote".to_owned()),
        Rule::list_block | Rule::segment_block => Some("the next block".to_owned()),
        _ => None,
    }
}

/// The piece ends where something is missing.
fn unfinished(piece: &Piece<'_>, mismatch: &Mismatch) -> Diagnostic {
    let end = piece.text.len();
    let place = piece.last().unwrap_or_else(|| piece.span(0, end));
    if mismatch.expected.is_empty() {
        return fault(piece.span(0, end));
    }
    let finding = Diagnostic::error(codes::INCOMPLETE, place, "something is missing after this");
    with_expected(finding, phrases(&mismatch.expected))
}

fn with_expected(finding: Diagnostic, phrases: Vec<String>) -> Diagnostic {
    if phrases.is_empty() { finding } else { finding.with_help(format!("expected {}", join(&phrases, "or"))) }
}

/// A piece of the user's text that cannot disturb a terminal.
pub(super) fn visible(text: &str) -> String {
    let mut shown: String = text.chars().filter(|c| !c.is_control()).take(40).collect();
    if text.chars().count() > 40 {
        shown.push('…');
    }
    shown
}

/// The words among what was expected.
fn expected_words(expected: &[Rule]) -> Vec<String> {
    expected.iter().flat_map(|rule| words(*rule)).collect()
}

/// The word of a keyword's rule, which is named after it, and the first words of some others.
fn words(rule: Rule) -> Vec<String> {
    let several: &[&str] = match rule {
        Rule::condition | Rule::condition_operand => &["did", "in", "not", "profile"],
        Rule::count => &["at", "more", "fewer", "exactly", "between"],
        Rule::window => &[
            "in",
            "today",
            "yesterday",
            "this",
            "previous",
            "exactly",
            "between",
            "since",
            "before",
            "on",
            "from",
        ],
        Rule::operation => &[
            "between", "in", "not", "contains", "starts", "ends", "matches", "is", "falls", "within", "has",
            "on", "since", "before", "after", "exactly",
        ],
        Rule::ignoring_case => &["ignoring"],
        Rule::items => &["has"],
        Rule::near => &["within"],
        Rule::clock_part => &["hour", "weekday", "date"],
        Rule::clock_range => &["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
        Rule::distance_unit => &["km", "m"],
        Rule::where_part => &["where"],
        Rule::then_no => &["then"],
        Rule::matching => &["matching"],
        Rule::user_time => &["user"],
        Rule::time_base => &["user", "account"],
        Rule::on_days | Rule::on_part => &["on"],
        Rule::and_or => &["and", "or"],
        Rule::any_event => &["any"],
        Rule::member => &["in"],
        Rule::boolean | Rule::literal => &["yes", "no"],
        Rule::unit | Rule::duration => &[
            "seconds", "minutes", "hours", "days", "weeks", "months", "years", "minute", "hour", "day",
            "week",
        ],
        Rule::header => &["header"],
        Rule::values_part | Rule::text_part | Rule::expect_body => &["body"],
        Rule::button => &["button"],
        Rule::offer => &["offer"],
        Rule::one_time_code => &["code"],
        Rule::card => &["card"],
        Rule::footer => &["footer"],
        Rule::reply => &["reply"],
        Rule::menu => &["list"],
        Rule::link => &["link"],
        Rule::ask_location => &["ask"],
        Rule::open_flow => &["flow"],
        Rule::row => &["row"],
        Rule::menu_section | Rule::product_section => &["section"],
        Rule::send => &["send"],
        Rule::ab_size => &["on"],
        Rule::ab_winner => &["winner"],
        Rule::by_else => &["else"],
        Rule::presence => &["is"],
        Rule::contains => &["contains"],
        Rule::starts_with => &["starts"],
        Rule::ends_with => &["ends"],
        Rule::matches => &["matches"],
        _ => &[],
    };
    if !several.is_empty() {
        return several.iter().map(|word| (*word).to_owned()).collect();
    }
    keyword(rule).into_iter().collect()
}

fn keyword(rule: Rule) -> Option<String> {
    format!("{rule:?}").strip_prefix("kw_").map(str::to_owned)
}

/// What was expected in words, most telling first, without repeats.
fn phrases(expected: &[Rule]) -> Vec<String> {
    let mut phrases: Vec<String> = Vec::new();
    for rule in expected {
        let phrase = match keyword(*rule) {
            Some(word) => Some(format!("`{word}`")),
            None => phrase(*rule).map(str::to_owned),
        };
        if let Some(phrase) = phrase.filter(|phrase| !phrases.contains(phrase)) {
            phrases.push(phrase);
        }
    }
    phrases
}

/// What a rule is to someone who writes rules; none where naming it would help nobody.
fn phrase(rule: Rule) -> Option<&'static str> {
    Some(match rule {
        Rule::string => "a text in double quotes",
        Rule::number => "a number",
        Rule::percent => "a percentage such as `3%`",
        Rule::time => "a time such as `09:00`",
        Rule::date => "a date such as `2026-11-03`",
        Rule::duration => "a length of time such as `10 minutes`",
        Rule::unit => "a unit such as `minutes`",
        Rule::weekday => "a weekday such as `mon`",
        Rule::weekdays | Rule::weekday_range => "days such as `mon..fri`",
        Rule::nth | Rule::nth_weekday => "a day such as `last friday`",
        Rule::month_days => "days of the month such as `1, 15`",
        Rule::last_day | Rule::or_last_day => "`or last day`",
        Rule::name => "a name",
        Rule::template => "a template's name",
        Rule::word => "a word",
        Rule::path | Rule::property | Rule::bare_property => "a property",
        Rule::profile_path | Rule::profile_test => "a property of the profile such as `profile.city`",
        Rule::record_value => {
            "a value such as `\"Pune\"`, `500`, `yes`, `2026-11-03`, `null`, `[…]` or `{ … }`"
        }
        Rule::test_user => "a user",
        Rule::record => "properties in braces such as `{ amount: 900 }`",
        Rule::test_users => "users in braces such as `{ asha, \"u-2\" }`",
        Rule::record_part => "a property such as `amount: 900`",
        Rule::moment => "a time such as `2026-11-03 10:00`",
        Rule::named_time => "a zone such as `\"Europe/London\" time`",
        Rule::test_at | Rule::expect_at => "`at` and a time",
        Rule::test_id => "`id`",
        Rule::expect_nothing => "`nothing`",
        Rule::expect_values => "`{` and what is in the message",
        Rule::nothing_else => "`and nothing else`",
        Rule::expect_member => "`in segment`",
        Rule::literal => "a value such as `\"Pune\"`, `500` or `yes`",
        Rule::boolean => "`yes` or `no`",
        Rule::operation | Rule::compare | Rule::comparison => {
            "a test such as `= \"Pune\"`, `>= 500` or `is set`"
        }
        Rule::one_of => "`in [\"Mumbai\", \"Pune\"]`",
        Rule::values => "values in brackets such as `[\"Mumbai\", \"Pune\"]`",
        Rule::pattern => "an event's name in double quotes",
        Rule::any_event => "`any event`",
        Rule::where_part => "`where`",
        Rule::distance_unit => "`km` or `m`",
        Rule::items => "`has (…)`",
        Rule::ignoring_case => "`ignoring case`",
        Rule::clock_range => "an hour such as `9`, or hours such as `18..22`",
        Rule::then_no => "`then no`",
        Rule::matching => "`matching`",
        Rule::repeat => "`, repeat restarts`",
        Rule::and_or => "`and` or `or`",
        Rule::where_tail => return None,
        Rule::count => "a number of times such as `at least 3 times`",
        Rule::or_never => "`or never`",
        Rule::window => "a time such as `in last 7 days`",
        Rule::user_time => "`user time`",
        Rule::condition | Rule::condition_operand => {
            "a condition such as `did \"Charged\"`, `profile.city = \"Pune\"`, `in segment …` or `in list …`"
        }
        Rule::filter | Rule::filter_operand | Rule::test => "a test such as `amount >= 500`",
        Rule::hours | Rule::hours_window | Rule::time_range => "hours such as `09:00..21:00`",
        Rule::time_base => "`user time`",
        Rule::on_days | Rule::on_part => "`on` and days",
        Rule::otherwise => "what happens at closed hours, such as `, else hold`",
        Rule::kind | Rule::kind_name => "a kind such as `text`, `number` or `yes/no`",
        Rule::fields => "properties in braces such as `{ city: text }`",
        Rule::field => "a property such as `city: text`",
        Rule::rate => "a number such as `3 per 7 days`",
        Rule::parts => "`{` and the message's parts",
        Rule::header => "`header`",
        Rule::values_part | Rule::text_part | Rule::expect_body => "`body`",
        Rule::offer => "`offer`",
        Rule::one_time_code => "`code`",
        Rule::card => "`card`",
        Rule::named => "`named`",
        Rule::address => "`address`",
        Rule::token => "`token`",
        Rule::data => "`data`",
        Rule::datum => "a name and a text such as `name: \"…\"`",
        Rule::thumbnail => "`thumbnail`",
        Rule::caption => "`caption`",
        Rule::preview => "`with preview`",
        Rule::footer => "`footer`",
        Rule::reply => "`reply`",
        Rule::menu => "`list`",
        Rule::link => "`link`",
        Rule::ask_location => "`ask location`",
        Rule::open_flow | Rule::button_flow => "`flow`",
        Rule::show_catalog | Rule::button_catalog => "`catalog`",
        Rule::show_product => "`product`",
        Rule::show_products | Rule::button_products => "`products`",
        Rule::row => "`row`",
        Rule::menu_section | Rule::product_section => "`section`",
        Rule::choice_id => "`id`",
        Rule::described => "`described`",
        Rule::send => "`send`",
        Rule::split_arm => "a share and a message such as `70% send template …`",
        Rule::arm_name => "a name such as `plain:`",
        Rule::by_arm => "a value and a message such as `\"gold\": send template …`",
        Rule::by_else => "`else: send …`",
        Rule::ab_size => "`on 10%`",
        Rule::ab_arm => "`send`",
        Rule::ab_winner => "`winner by read after 4 hours`",
        Rule::button => "`button`",
        Rule::body_value | Rule::message_value => {
            "a text in double quotes, or a name and a text such as `name: \"…\"`"
        }
        Rule::language => "`in` and a language",
        Rule::trigger_only => "`at trigger only`",
        Rule::run_from => "`from` and a date",
        Rule::run_to => "`to` and a date",
        Rule::brace_open => "`{`",
        Rule::brace_close => "`}`",
        Rule::paren_open => "`(`",
        Rule::paren_close => "`)`",
        Rule::bracket_open => "`[`",
        Rule::bracket_close => "`]`",
        Rule::comma => "`,`",
        Rule::colon => "`:`",
        Rule::equals => "`=`",
        Rule::dots => "`..`",
        _ => return None,
    })
}
