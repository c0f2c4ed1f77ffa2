//! Tests on events and profiles by chance.

use proptest::prelude::*;

use super::rules::{length, weekdays};
use super::{just, maybe, options, pick, row};

/// ` where …`, or nothing.
pub fn filter(schemas: bool) -> BoxedStrategy<String> {
    maybe(0.4, whole_filter(schemas).prop_map(|filter| format!(" where {filter}")))
}

/// One test, or several in parentheses.
pub fn whole_filter(schemas: bool) -> BoxedStrategy<String> {
    event_test(schemas).prop_recursive(2, 6, 3, |inner| combined(inner).boxed()).boxed()
}

/// Several in parentheses, or one turned round.
pub fn combined(inner: BoxedStrategy<String>) -> impl Strategy<Value = String> {
    let several = (prop::collection::vec(inner.clone(), 2..4), pick(&[" and ", " or "]))
        .prop_map(|(parts, word)| format!("({})", parts.join(&word)));
    let turned = inner.prop_map(|part| if part.starts_with("not ") { part } else { format!("not ({part})") });
    prop_oneof![3 => several, 1 => turned]
}

/// A test on an event's property. With schemas, only such as the schemas allow.
pub fn event_test(schemas: bool) -> BoxedStrategy<String> {
    let here = |text: &str| format!("segment s = did \"Added\" where {text}");
    let mixed = if schemas { 0 } else { 5 };
    options(vec![
        (12, here("amount = 1"), row(vec![just("amount "), number_operation()])),
        (
            12,
            here("cart_id = \"c1\""),
            row(vec![
                just("cart_id "),
                text_operation(&["\"c1\"", "\"c2\"", "\"\""], &["\"c\"", "\"2\"", "\"\""]),
            ]),
        ),
        (9, here("items.category = \"Shoes\""), row(vec![just("items.category "), category()])),
        (6, here("items.quantity = 1"), row(vec![just("items.quantity "), number_operation()])),
        (3, here("tags = \"sale\""), row(vec![just("tags "), tag()])),
        (
            6,
            here("gift = yes"),
            row(vec![just("gift "), pick(&["= yes", "!= yes", "= no", "in [yes]", "is set"])]),
        ),
        (6, here("booked is set"), row(vec![just("booked "), date_operation()])),
        (
            3,
            here("items is set"),
            pick(&[
                "items is set",
                "items is not set",
                "tags is set",
                "tags is not set",
                "note is set",
                "note is not set",
            ]),
        ),
        (mixed, here("amount = \"500\""), mixed_test()),
        (4, here("all tags = \"sale\""), row(vec![just("all tags "), of_each(tag())])),
        (
            4,
            here("all items.category = \"Shoes\""),
            row(vec![just("all items.category "), of_each(category())]),
        ),
        (
            4,
            here("any items has (quantity = 1)"),
            row(vec![just("any items has ("), item_filter(), just(")")]),
        ),
        (
            4,
            here("all items has (quantity = 1)"),
            row(vec![just("all items has ("), item_filter(), just(")")]),
        ),
        (6, here("cart_id = \"C1\" ignoring case"), ignoring_case()),
        (5, here("hour in 9..12"), hour_test("")),
        (5, here("weekday in [sat, sun]"), weekday_test("")),
        (5, here("date = 2026-11-03"), date_test("")),
        (3, here("user hour in 9..12"), hour_test("user ")),
        (2, here("user weekday in [sat, sun]"), weekday_test("user ")),
        (2, here("user date = 2026-11-03"), date_test("user ")),
        (4, here("shop within 5 km of (19.07, 72.87)"), row(vec![just("shop "), near()])),
        (2, here("within 5 km of (19.07, 72.87)"), near()),
        (10, here("booked in next 2 days"), row(vec![just("booked "), date_window()])),
        (3, here("booked is today"), row(vec![just("booked is "), anniversary_window()])),
    ])
}

/// Whether something is set is not asked of each value.
fn of_each(operation: BoxedStrategy<String>) -> BoxedStrategy<String> {
    operation.prop_map(|text| if text.starts_with("is ") { "!= \"sale\"".to_owned() } else { text }).boxed()
}

fn category() -> BoxedStrategy<String> {
    text_operation(&["\"Shoes\"", "\"Hats\""], &["\"Shoe\"", "\"s\""])
}

fn tag() -> BoxedStrategy<String> {
    text_operation(&["\"sale\"", "\"new\""], &["\"new\"", "\"e\""])
}

/// What must hold of one item.
fn item_filter() -> BoxedStrategy<String> {
    let test = prop_oneof![
        row(vec![just("category "), category()]),
        row(vec![just("quantity "), number_operation()]),
        pick(&["price >= 100", "price = 100", "price is set"]),
    ];
    test.prop_recursive(1, 3, 3, |inner| combined(inner.boxed()).boxed()).boxed()
}

fn ignoring_case() -> BoxedStrategy<String> {
    pick(&[
        "cart_id = \"C1\" ignoring case",
        "cart_id != \"C1\" ignoring case",
        "cart_id in [\"C1\", \"c2\"] ignoring case",
        "items.category = \"SHOES\" ignoring case",
        "items.category starts with \"sHoe\" ignoring case",
        "items.category contains \"HOE\" ignoring case",
        "tags ends with \"EST\" ignoring case",
        "tags matches \"^NEW\" ignoring case",
        "tags < \"SALE\" ignoring case",
        "all tags contains \"E\" ignoring case",
    ])
}

fn hour_test(whose: &'static str) -> BoxedStrategy<String> {
    let rest = pick(&[
        "hour = 10",
        "hour != 10",
        "hour < 3",
        "hour >= 12",
        "hour in 9..12",
        "hour in 1..3",
        "hour in 21..2",
        "hour in [2, 10, 15..22]",
        "hour in [0, 23..1]",
    ]);
    row(vec![just(whose), rest])
}

fn weekday_test(whose: &'static str) -> BoxedStrategy<String> {
    row(vec![
        just(whose),
        pick(&["weekday in [sat, sun]", "weekday in mon..fri", "weekday = sun", "weekday in fri..sun"]),
    ])
}

fn date_test(whose: &'static str) -> BoxedStrategy<String> {
    row(vec![
        just(whose),
        pick(&[
            "date = <D+0>",
            "date != <D+0>",
            "date >= <D+0>",
            "date < <D+1>",
            "date between <D-1> and <D+0>",
            "date > <D-1>",
        ]),
    ])
}

fn near() -> BoxedStrategy<String> {
    pick(&[
        "within 5 km of (19.07, 72.87)",
        "within 500 m of (19.07, 72.87)",
        "within 150 km of (18.52, 73.85)",
        "within 0.5 km of (18.52, 73.85)",
    ])
}

/// The dates of a property lie in some stretch.
fn date_window() -> BoxedStrategy<String> {
    let rolling = prop_oneof![
        row(vec![just("in last "), length()]),
        row(vec![just("in next "), length()]),
        pick(&["in next 1 day", "in next 2 days", "in next 1 week"]),
        pick(&[
            "between 1 and 2 days ahead",
            "between 0 and 24 hours ahead",
            "between 12 and 36 hours ahead",
            "between 0 and 3 days ahead",
            "between 1 and 7 days ahead",
        ]),
        pick(&["between 1 and 2 days ago", "more than 1 day ago", "more than 12 hours ago",]),
    ];
    let calendar = pick(&[
        "in last 1 calendar days",
        "in last 1 calendar weeks",
        "in next 1 calendar days",
        "in next 1 calendar weeks",
        "in next 1 calendar months",
        "in next 2 calendar days",
        "in next 2 calendar weeks",
        "in next 2 calendar months",
        "falls today",
        "falls tomorrow",
        "falls yesterday",
        "falls this week",
        "falls next week",
        "falls this month",
        "falls next month",
        "falls previous month",
        "exactly 1 days ahead",
        "exactly 1 days ago",
        "exactly 1 weeks ahead",
        "between 0 and 1 calendar days ago",
        "since <D+0>",
        "before <D+0>",
        "after <D+0>",
        "after <D-1>",
        "on <D+0>",
        "on <D+1>",
        "from <D-1> to <D+0>",
    ]);
    prop_oneof![rolling, row(vec![calendar, pick(&["", " user time"])])].boxed()
}

fn anniversary_window() -> BoxedStrategy<String> {
    pick(&[
        "today",
        "today user time",
        "tomorrow",
        "tomorrow user time",
        "yesterday",
        "in next 2 days",
        "in next 24 hours",
        "in last 2 days",
        "in last 15 minutes",
        "this week",
        "this month",
        "next month user time",
        "in next 1 calendar weeks",
        "exactly 1 days ahead",
        "on <D+0>",
        "from <D-1> to <D+0>",
    ])
}

fn mixed_test() -> BoxedStrategy<String> {
    pick(&[
        "amount = \"500\"",
        "amount != \"500\"",
        "amount > \"4\"",
        "amount contains \"5\"",
        "cart_id = 1",
        "cart_id < 5",
        "cart_id in [1, 2]",
        "cart_id not in [1, 2]",
        "gift = \"yes\"",
        "items = \"Shoes\"",
        "items != \"Shoes\"",
        "items.category.name = \"Shoes\"",
        "items.category.name is not set",
        "booked = \"soon\"",
        "booked > 3",
        "nothing.like.it is set",
        "nothing != 1",
        "amount between \"1\" and \"6\"",
        "tags = 3",
    ])
}

/// A test on a profile's property.
pub fn profile_test(schemas: bool) -> BoxedStrategy<String> {
    let here = |text: &str| format!("segment s = {text}");
    let mixed = if schemas { 0 } else { 6 };
    options(vec![
        (
            6,
            here("profile.city = \"Pune\""),
            row(vec![
                just("profile.city "),
                text_operation(&["\"Pune\"", "\"Mumbai\""], &["\"une\"", "\"M\""]),
            ]),
        ),
        (6, here("profile.tier = 1"), row(vec![just("profile.tier "), number_operation()])),
        (
            6,
            here("profile.first_name = \"Asha\""),
            row(vec![
                just("profile.first_name "),
                text_operation(&["\"Asha\"", "\"\""], &["\"sh\"", "\"a\""]),
            ]),
        ),
        (6, here("profile.member_since is set"), row(vec![just("profile.member_since "), date_operation()])),
        (6, here("profile.tags = \"new\""), row(vec![just("profile.tags "), tag()])),
        (
            mixed,
            here("profile.tier = \"2\""),
            pick(&[
                "profile.tier = \"2\"",
                "profile.city = 3",
                "profile.whatsapp = yes",
                "profile.tier.deep is not set",
                "profile.tags = 3",
                "profile.City = \"Pune\"",
            ]),
        ),
        (3, here("all profile.tags = \"new\""), row(vec![just("all profile.tags "), of_each(tag())])),
        (
            3,
            here("profile.city = \"PUNE\" ignoring case"),
            pick(&["profile.city = \"PUNE\" ignoring case", "profile.tags contains \"NEW\" ignoring case"]),
        ),
        (16, here("profile.renewal in next 2 days"), row(vec![just("profile.renewal "), date_window()])),
        (5, here("profile.renewal is today"), row(vec![just("profile.renewal is "), anniversary_window()])),
        (4, here("profile.home within 5 km of (19.07, 72.87)"), row(vec![just("profile.home "), near()])),
        (
            3,
            here("any profile.children has (age < 3)"),
            pick(&[
                "any profile.children has (age < 3)",
                "all profile.children has (age < 3)",
                "any profile.children has (age >= 3 and name = \"Tara\")",
                "not any profile.children has (name is set)",
            ]),
        ),
    ])
}

fn number_operation() -> BoxedStrategy<String> {
    let number = || pick(&["500", "0", "1", "2", "499.5", "1_000", "-5", "100"]);
    prop_oneof![
        4 => row(vec![pick(&[">= ", "> ", "< ", "<= ", "= ", "!= "]), number()]),
        1 => pick(&["between 0 and 500", "between 1 and 2", "between -5 and 499.5", "between 500 and 500"]),
        1 => row(vec![pick(&["in [", "not in ["]), number(), just(", "), number(), just("]")]),
        1 => pick(&["is set", "is not set"]),
    ]
    .boxed()
}

fn text_operation(wholes: &'static [&'static str], parts: &'static [&'static str]) -> BoxedStrategy<String> {
    prop_oneof![
        4 => row(vec![pick(&["= ", "!= "]), pick(wholes)]),
        1 => row(vec![pick(&["< ", "> ", "<= ", ">= "]), pick(wholes)]),
        1 => row(vec![pick(&["in [", "not in ["]), pick(wholes), just(", "), pick(wholes), just("]")]),
        2 => row(vec![pick(&["contains ", "starts with ", "ends with "]), pick(parts)]),
        1 => pick(&["matches \"^[cS].*[12s]$\"", "matches \"o\"", "matches \"(?i)SHOE|new\""]),
        1 => pick(&["is set", "is not set"]),
    ]
    .boxed()
}

fn date_operation() -> BoxedStrategy<String> {
    let date = || pick(&["<D+0>", "<D-1>", "<D+1>"]);
    prop_oneof![
        4 => row(vec![pick(&["= ", "!= ", "< ", "<= ", "> ", ">= "]), date()]),
        1 => pick(&["between <D-1> and <D+0>", "between <D+0> and <D+1>"]),
        1 => row(vec![pick(&["in [", "not in ["]), date(), just("]")]),
        1 => pick(&["is set", "is not set"]),
    ]
    .boxed()
}

/// Weekdays of an hour's window.
pub fn on_days() -> BoxedStrategy<String> {
    maybe(0.25, weekdays().prop_map(|days| format!(" on {days}")))
}
