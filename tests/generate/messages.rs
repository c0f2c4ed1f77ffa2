//! What campaigns send, by chance.

use proptest::prelude::*;
use proptest::sample::select;

use super::rules::{clause, length};
use super::triggers::Fires;
use super::{just, known, maybe, pick, row};

/// One message, or one of several.
pub fn delivery(fires: Fires) -> BoxedStrategy<String> {
    let one = move || row(vec![just("  "), message(fires)]);
    let mut deliveries: Vec<(u32, BoxedStrategy<String>)> = vec![(14, one())];
    let mut add = |weight: u32, example: &str, delivery: BoxedStrategy<String>| {
        if known(&format!("campaign c {{ when \"A\" {example} }}")) {
            deliveries.push((weight, delivery));
        }
    };
    let arm = move |head: BoxedStrategy<String>| row(vec![just("    "), head, message(fires)]);
    add(
        2,
        "split { 70% send template a 30% send template b }",
        row(vec![
            just("  split {\n"),
            arm(just("50% ")),
            arm(pick(&["30% ", "30% plain: "])),
            arm(just("20% ")),
            just("  }\n"),
        ]),
    );
    add(
        2,
        "by profile.city { \"Pune\": send template a else: send template b }",
        row(vec![
            just("  by profile.city {\n"),
            arm(pick(&["\"Pune\": ", "\"Pune\", \"Delhi\": "])),
            arm(just("\"Mumbai\": ")),
            arm(just("else: ")),
            just("  }\n"),
        ]),
    );
    let size = if fires.schedule {
        pick(&["on 50%", "on 30%", "on 1 users", "on 2 users"])
    } else {
        pick(&["on 1 users", "on 2 users", "on 3 users"])
    };
    add(
        3,
        "test { on 10 users send template a send template b winner by read after 4 hours }",
        row(vec![
            just("  test {\n    "),
            size,
            just("\n"),
            arm(pick(&["", "plain: "])),
            arm(just("")),
            maybe(0.3, arm(just(""))),
            just("    winner by "),
            pick(&["read", "click", "reply"]),
            just(" after "),
            length(),
            just("\n  }\n"),
        ]),
    );
    proptest::strategy::Union::new_weighted(deliveries).boxed()
}

fn message(fires: Fires) -> BoxedStrategy<String> {
    let free = "campaign c { when \"A\" send text \"hello\" }";
    if known(free) {
        let text = pick(&["send text \"hello\"\n", "send text \"{{ profile.first_name }}\"\n"]);
        prop_oneof![6 => template(fires), 1 => text].boxed()
    } else {
        template(fires)
    }
}

fn template(fires: Fires) -> BoxedStrategy<String> {
    let name = "{{ profile.first_name | default: 'there' }}";
    let mut values = vec![
        name,
        "{{ profile.city | upcase }}",
        "{{ profile.tier }}",
        "{% if profile.tier > 1 %}gold{% else %}{% abort %}{% endif %}",
        "{{ profile.first_name }}",
        "{{ profile.renewal | date: '%d %H:%M' | default: 'never' }}",
        "hello",
    ];
    if fires.event {
        values.extend([
            "{{ event.amount }}",
            "{{ event.cart_id | default: 'none' }}",
            "{{ event.note | default: 'hm' }}",
            "{{ event.items[0].category | default: 'things' }}",
            "{% if event.amount > 100 %}{{ event.amount | plus: 1 }}{% else %}{% abort %}{% endif %}",
        ]);
    }
    if fires.first {
        values.extend(["{{ first.amount | default: 'none' }}", "{{ first.cart_id }}"]);
    }
    let value = prop_oneof![2 => Just(name), 3 => select(values)];
    let named = (value.clone(), value.clone())
        .prop_map(|(first, second)| format!("    body name: \"{first}\", other: \"{second}\"\n"));
    let positional = prop::collection::vec(value, 1..3).prop_map(|values| {
        let quoted: Vec<String> = values.iter().map(|value| format!("\"{value}\"")).collect();
        format!("    body {}\n", quoted.join(", "))
    });
    let body = maybe(0.7, prop_oneof![positional, named]);
    let header =
        clause(0.1, "  header image ", just("\"https://example.org/{{ profile.tier | default: 1 }}.png\""));
    let button = clause(0.15, "  button 0 url: ", just("\"u/{{ profile.city | default: 'x' }}\""));
    let language = pick(&["", " in \"en\"", " in profile.language or \"en\"", " in profile.city or \"hi\""]);
    row(vec![just("send template hello"), language, just(" {\n"), header, body, button, just("  }\n")])
}
