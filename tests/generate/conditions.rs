//! Conditions by chance.

use proptest::prelude::*;

use super::filters::{combined, filter, profile_test, whole_filter};
use super::rules::length;
use super::{just, maybe, options, pick, row};

/// A condition; within segments, not of segments but the inner one.
pub fn condition(schemas: bool, innermost: bool) -> BoxedStrategy<String> {
    let here = |text: &str| format!("segment s = {text}");
    let member = if innermost { just("in list vip") } else { just("in segment inner") };
    let leaf = options(vec![
        (12, here("did \"Added\""), did(schemas)),
        (6, here("profile.city = \"Pune\""), profile_test(schemas)),
        (2, "list vip from \"vip.csv\" segment s = in list vip".to_owned(), just("in list vip")),
        (2, "list vip from \"vip.csv\" segment s = in list vip".to_owned(), member),
        (8, here("sum of amount over \"Added\" >= 1"), aggregate(schemas)),
        (4, here("last \"Added\" was in last 2 days"), was(schemas)),
        (3, here("last \"Added\" had amount = 1"), had(schemas)),
        (3, here("last \"Added\" was in last 2 days and no \"Charged\" since"), none_since(schemas)),
        (3, here("\"Charged\" has not happened since \"Added\""), not_happened(schemas)),
        (8, here("did \"Added\" then \"Charged\" within 1 hour"), sequence(schemas)),
        (4, here("did \"Added\" in at least 2 of last 3 days"), regularly(schemas)),
        (4, here("mostly cart_id = \"c1\" over \"Added\""), mostly(schemas)),
        (4, here("at least 50% of \"Added\" had amount = 1"), share(schemas)),
        (
            2,
            here("sample 50%"),
            pick(&["sample 50%", "sample 30% \"wave\"", "sample 70% \"wave\"", "sample 99%"]),
        ),
    ]);
    leaf.prop_recursive(2, 6, 3, |inner| combined(inner).boxed()).boxed()
}

/// An event and a test on it.
pub fn event(schemas: bool) -> BoxedStrategy<String> {
    row(vec![event_name(), filter(schemas)])
}

pub fn event_name() -> BoxedStrategy<String> {
    let here = |text: &str| format!("segment s = did {text}");
    options(vec![
        (10, here("\"Added\""), just("\"Added\"")),
        (10, here("\"Charged\""), just("\"Charged\"")),
        (6, here("\"Viewed\""), just("\"Viewed\"")),
        (6, here("\"App Opened\""), just("\"App Opened\"")),
        (6, here("any event"), just("any event")),
        (
            4,
            here("message read"),
            pick(&[
                "message read",
                "message clicked",
                "message delivered",
                "message sent",
                "message replied",
                "message failed",
            ]),
        ),
        (
            2,
            format!("{} campaign c0 {{ when \"A\" send template t }}", here("message read of campaign c0")),
            pick(&[
                "message read of campaign c0",
                "message clicked of campaign c0",
                "message replied of campaign c0",
            ]),
        ),
    ])
}

fn did(schemas: bool) -> BoxedStrategy<String> {
    let count = prop_oneof![
        3 => pick(&[" at least 1 times", " at least 2 times", " at least 3 times", " at least 5 times"]),
        3 => pick(&[" at most 1 times or never", " at most 2 times", " at most 2 times or never"]),
        1 => pick(&[" more than 1 times", " more than 2 times", " more than 4 times"]),
        2 => pick(&[" fewer than 2 times", " fewer than 2 times or never", " fewer than 3 times", " fewer than 6 times or never"]),
        2 => pick(&[" exactly 1 times", " exactly 2 times", " exactly 4 times"]),
        2 => pick(&[" between 1 and 2 times", " between 2 and 3 times", " between 3 and 5 times", " between 0 and 1 times or never"]),
    ];
    let counted = row(vec![just("did "), event(schemas), maybe(0.5, count), maybe(0.75, window())]);
    let never = row(vec![just("did not "), event(schemas), maybe(0.75, window())]);
    prop_oneof![2 => counted, 1 => never].boxed()
}

fn aggregate(schemas: bool) -> BoxedStrategy<String> {
    let value = prop_oneof![
        4 => just("amount"),
        2 => just("items.quantity"),
        1 => just("items.price * items.quantity"),
        1 => pick(&["amount * 2", "(amount - 1) / amount", "amount / 100 + amount", "amount * items.quantity", "items.price * items.quantity - amount", "1 / amount"]),
    ];
    let function = pick(&["sum of ", "average of ", "min of ", "max of "]);
    let of_numbers = row(vec![function, value.boxed(), maybe(0.25, pick(&[" or 0", " or 100", " or -5"]))]);
    let of_values =
        row(vec![just("distinct "), pick(&["cart_id", "items.category", "amount", "tags", "note"])]);
    let result = prop_oneof![
        4 => row(vec![
            pick(&[" >= ", " > ", " < ", " <= ", " = ", " != "]),
            pick(&["0", "1", "2", "100", "500", "1_000", "-5", "499.5"]),
        ]),
        1 => pick(&[" between 1 and 2", " between 0 and 500", " between 100 and 1_000"]),
    ];
    let never = pick(&["", "", " or never"]);
    row(vec![
        prop_oneof![3 => of_numbers, 1 => of_values].boxed(),
        just(" over "),
        event(schemas),
        maybe(0.6, window()),
        result.boxed(),
        never,
    ])
}

fn which() -> BoxedStrategy<String> {
    pick(&["last ", "first "])
}

fn was(schemas: bool) -> BoxedStrategy<String> {
    row(vec![which(), event(schemas), just(" was"), window()])
}

fn had(schemas: bool) -> BoxedStrategy<String> {
    row(vec![which(), event(schemas), just(" had "), whole_filter(schemas)])
}

fn matching() -> BoxedStrategy<String> {
    maybe(0.4, pick(&[" matching cart_id", " matching amount", " matching tags"]))
}

fn none_since(schemas: bool) -> BoxedStrategy<String> {
    row(vec![
        just("last "),
        event(schemas),
        just(" was"),
        window(),
        just(" and no "),
        event(schemas),
        just(" since"),
        matching(),
    ])
}

fn not_happened(schemas: bool) -> BoxedStrategy<String> {
    let since = row(vec![just(" since "), event(schemas), matching()]);
    let rest = prop_oneof![3 => since, 1 => maybe(0.7, window())];
    row(vec![event(schemas), just(" has not happened"), rest.boxed()])
}

fn sequence(schemas: bool) -> BoxedStrategy<String> {
    let step = || row(vec![just(" then "), event(schemas), just(" within "), length()]);
    let absent = || row(vec![just(" then no "), event(schemas), just(" within "), length()]);
    let further = prop_oneof![
        3 => row(vec![step(), maybe(0.3, step()), maybe(0.3, absent())]),
        2 => absent(),
        1 => row(vec![just(" then "), event(schemas), maybe(0.4, row(vec![just(" then "), event(schemas)])), just(", all within "), length()]),
        1 => row(vec![just(" then "), event(schemas)]),
    ];
    row(vec![just("did "), event(schemas), further.boxed(), matching(), maybe(0.4, window())])
}

fn regularly(schemas: bool) -> BoxedStrategy<String> {
    row(vec![
        just("did "),
        event(schemas),
        pick(&[
            " in at least 1 of last 2 days",
            " in at least 2 of last 3 days",
            " in at least 2 of last 4 hours",
            " in at least 1 of last 1 weeks",
            " in at least 2 of last 4 calendar days",
            " in at least 1 of last 2 calendar days user time",
            " in at least 1 of last 2 calendar weeks",
            " in at least 1 of last 2 calendar months user time",
        ]),
    ])
}

fn mostly(schemas: bool) -> BoxedStrategy<String> {
    let test = options(vec![
        (
            4,
            "segment s = mostly cart_id = \"c1\" over \"Added\"".to_owned(),
            pick(&[
                "cart_id = \"c1\"",
                "cart_id != \"c1\"",
                "cart_id in [\"c1\", \"c2\"]",
                "amount >= 500",
                "items.category = \"Shoes\"",
                "items.category starts with \"S\"",
                "tags contains \"new\"",
            ]),
        ),
        (
            1,
            "segment s = mostly cart_id = \"C1\" ignoring case over \"Added\"".to_owned(),
            pick(&["cart_id = \"C1\" ignoring case", "items.category = \"SHOES\" ignoring case"]),
        ),
        (
            2,
            "segment s = mostly hour = 10 over \"Added\"".to_owned(),
            pick(&["hour in 9..12", "hour = 10", "weekday in [sat, sun]", "date = <D+0>"]),
        ),
        (
            1,
            "segment s = mostly user hour = 10 over \"Added\"".to_owned(),
            pick(&["user hour in 9..12", "user weekday in [sat, sun]", "user date = <D+0>"]),
        ),
    ]);
    row(vec![just("mostly "), test, just(" over "), event(schemas), maybe(0.5, window())])
}

fn share(schemas: bool) -> BoxedStrategy<String> {
    row(vec![
        pick(&[
            "at least 50%",
            "at least 100%",
            "more than 50%",
            "at most 50%",
            "fewer than 34%",
            "at least 33.3333%",
        ]),
        just(" of "),
        event(schemas),
        just(" had "),
        whole_filter(schemas),
        maybe(0.5, window()),
    ])
}

pub fn window() -> BoxedStrategy<String> {
    let here = |text: &str| format!("segment s = did \"Added\" {text}");
    let rolling = options(vec![
        (8, here("in last 1 day"), row(vec![just(" in last "), length()])),
        (
            4,
            here("between 1 and 2 days ago"),
            pick(&[
                " between 1 and 2 days ago",
                " between 0 and 1 hours ago",
                " between 15 and 60 minutes ago",
            ]),
        ),
        (3, here("more than 1 day ago"), row(vec![just(" more than "), length(), just(" ago")])),
    ]);
    let calendar = options(vec![
        (
            3,
            here("in last 1 calendar days"),
            pick(&[
                " in last 1 calendar days",
                " in last 2 calendar days",
                " in last 1 calendar weeks",
                " in last 1 calendar months",
                " in last 1 calendar years",
            ]),
        ),
        (3, here("today"), pick(&[" today", " this week", " this month", " this year"])),
        (3, here("yesterday"), pick(&[" yesterday", " previous week", " previous month", " previous year"])),
        (
            2,
            here("exactly 1 days ago"),
            pick(&[
                " exactly 1 days ago",
                " exactly 2 days ago",
                " exactly 1 weeks ago",
                " exactly 1 months ago",
            ]),
        ),
        (
            2,
            here("between 1 and 2 calendar days ago"),
            pick(&[
                " between 1 and 2 calendar days ago",
                " between 0 and 1 calendar days ago",
                " between 1 and 3 calendar weeks ago",
            ]),
        ),
        (
            6,
            here("since 2026-11-03"),
            pick(&[
                " since <D+0>",
                " since <D-1>",
                " before <D+0>",
                " before <D+1>",
                " on <D+0>",
                " on <D+1>",
                " from <D-1> to <D+1>",
                " from <D-2> to <D+0>",
                " from <D-1> to <D+0>",
                " from <D+0> to <D+0>",
            ]),
        ),
        (1, here("after 2026-11-03"), pick(&[" after <D+0>", " after <D-1>"])),
    ]);
    let user_time = pick(&["", " user time"]);
    prop_oneof![1 => rolling, 1 => row(vec![calendar, user_time])].boxed()
}
