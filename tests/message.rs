//! Messages: what is found in them when rules are checked, and what they are for a user.
#![cfg(test)]

use campanile::calendar::Zone;
use campanile::language::ast::{
    BodyContent, BodyValue, Campaign, Delivery, Item, Message, TemplateMessage as Written,
};
use campanile::language::{Diagnostic, FileId, Sources, Span, Spanned, parse};
use campanile::message::{
    CompiledMessage, Events, Occasion, Readable, Reads, RenderStop, Root, Templates, compile,
};
use campanile::model::template::{Component, Parameter};
use campanile::model::{Category, Content, Instant, Properties, TemplateMessage, Value};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

fn templates() -> Templates {
    Templates::from_json(include_str!("fixtures/templates.json")).unwrap()
}

/// The campaign around a message; triggered by an event unless the text says otherwise.
fn campaign(clauses: &str) -> (Sources, Campaign) {
    let mut sources = Sources::new();
    let trigger = if clauses.contains("every day") { "" } else { "when \"Added to Cart\"\n  " };
    let file = sources.add("shop.camp", format!("campaign c {{\n  {trigger}{clauses}\n}}\n"));
    let parsed = parse(&sources, file);
    assert_eq!(parsed.diagnostics, [], "{clauses}");
    let Some(Item::Campaign(campaign)) = parsed.items.into_iter().next() else { panic!("no campaign") };
    (sources, *campaign)
}

/// The message of a campaign.
fn written(campaign: &Campaign) -> &Message {
    match &campaign.message {
        Some(Delivery::One(message)) => message,
        other => panic!("no message: {other:?}"),
    }
}

/// What a message is when it is due on 3 November 2026 at 10:00 in Kolkata, for a user in New York.
fn content<'e>(
    message: &CompiledMessage,
    events: impl Into<Events<'e>>,
    profile: &Properties,
) -> Result<Content, RenderStop> {
    let account = Zone::named("Asia/Kolkata").unwrap();
    let user = Zone::named("America/New_York").unwrap();
    let due = Instant::parse("2026-11-03T10:00:00+05:30").unwrap();
    message.render(events, profile, Occasion { due, account: &account, user: &user })
}

/// The same of a template.
fn made<'e>(
    message: &CompiledMessage,
    events: impl Into<Events<'e>>,
    profile: &Properties,
) -> Result<TemplateMessage, RenderStop> {
    Ok(match content(message, events, profile)? {
        Content::Template(template) => template,
        other => panic!("no template: {other:?}"),
    })
}

fn compiled(
    clauses: &str,
    templates: Option<&Templates>,
) -> (Option<CompiledMessage>, Vec<Diagnostic>, Sources) {
    let (sources, campaign) = campaign(clauses);
    let has_event = !clauses.contains("every day");
    let (compiled, findings) = compile(written(&campaign), has_event, campaign.category.as_ref(), templates);
    (compiled, findings, sources)
}

/// Each finding as `code `source`: message -> help`.
fn findings(clauses: &str, templates: Option<&Templates>) -> Vec<String> {
    let (compiled, findings, sources) = compiled(clauses, templates);
    let errors = findings.iter().any(|finding| finding.code.0.starts_with('E'));
    assert_eq!(compiled.is_none(), errors, "{clauses}");
    let text = |finding: &Diagnostic| {
        let source = sources.slice(finding.primary.span);
        let help = finding.help.as_deref().unwrap_or("-");
        format!("{} `{source}`: {} -> {help}", finding.code.0, finding.message)
    };
    findings.iter().map(text).collect()
}

fn message(clauses: &str, templates: Option<&Templates>) -> CompiledMessage {
    let (compiled, findings, sources) = compiled(clauses, templates);
    let rendered: String = findings.iter().map(|finding| finding.render(&sources)).collect();
    compiled.unwrap_or_else(|| panic!("{clauses}\n{rendered}"))
}

fn properties(json: Json) -> Properties {
    let Json::Object(parts) = json else { panic!("no object") };
    parts.into_iter().filter_map(|(name, part)| Some((name, Value::from_json(part)?))).collect()
}

fn event() -> Properties {
    let mut event = properties(json!({
        "cart_id": "c1", "amount": 900, "price": 20.5, "whole": 20.0, "tiny": 0.1, "zero": 0, "size": 42,
        "text_number": " 7 ", "vip": true, "no": false, "empty": "", "hindi": "नमस्ते दुनिया",
        "unix": 1_793_700_000, "millis": 1_793_700_000_000_i64, "largest": i64::MAX, "smallest": i64::MIN,
        "flight": "2026-11-03T10:00:00+05:30", "Image URL": "https://shop.example/a.jpg",
        "tags": ["red", "blue"], "mixed": [3, "b", null, 1.5, true, "A"],
        "items": [
            { "name": "Boots", "category": "Shoes", "price": 40, "colours": ["black"] },
            { "name": "Socks", "category": "Wear", "price": 2.5 },
            { "name": "Pumps", "category": "Shoes", "price": 30 },
        ],
        "address": { "city": "Pune", "pin": 411001 },
    }));
    event.set("day".into(), Value::Date("2026-11-03".parse().unwrap()));
    event.set(
        "at".into(),
        Value::Instant("2026-11-03T04:30:00Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap().into()),
    );
    event
}

fn profile() -> Properties {
    properties(json!({ "first_name": "Asha", "language": "hi-IN", "tier": "gold", "n": 1 }))
}

/// What a Liquid text is as the only value of a body.
fn liquid(text: &str) -> Result<String, RenderStop> {
    let quoted = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    let message = message(&format!("send template t {{ body \"{quoted}\" }}"), None);
    let rendered = made(&message, Some(&event()), &profile())?;
    let json = serde_json::to_value(rendered).unwrap();
    Ok(json["components"][0]["parameters"][0]["text"].as_str().unwrap().to_owned())
}

fn failed(reason: &str) -> Result<String, RenderStop> {
    Err(RenderStop::Failed(reason.to_owned()))
}

#[track_caller]
fn renders(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(liquid(text).as_deref(), Ok(*expected), "{text}");
    }
}

#[test]
fn values_are_written_as_people_write_them() {
    renders(&[
        ("{{ event.amount }}", "900"),
        ("{{ event.price }}", "20.5"),
        ("{{ event.whole }}", "20"),
        ("{{ event.vip }} {{ event.no }}", "true false"),
        ("{{ event.day }}", "2026-11-03"),
        ("{{ event.at }}", "2026-11-03T04:30:00Z"),
        ("{{ event['Image URL'] }}", "https://shop.example/a.jpg"),
        ("{{ event[\"Image URL\"] }}", "https://shop.example/a.jpg"),
        ("{{event.cart_id}}/{{ profile.first_name}}", "c1/Asha"),
        ("{{ 'a' }}{{ 1.5 }}{{ -3 }}{{ true }}", "a1.5-3true"),
        ("plain { text } %", "plain { text } %"),
        (" {{- event.cart_id -}} !", "c1!"),
        ("{{ event.cart_id -}}\n !", "c1!"),
    ]);
}

#[test]
fn what_is_missing_is_nothing_at_every_depth() {
    renders(&[
        ("{{ profile.nickname | default: 'there' }}", "there"),
        ("{{ profile.a.b.c | default: 'there' }}", "there"),
        ("{{ profile.first_name.b | default: 'there' }}", "there"),
        ("{{ event.items[99].name | default: 'none' }}", "none"),
        ("{{ event.items[-4].name | default: 'none' }}", "none"),
        ("{{ event.tags.third | default: 'none' }}", "none"),
        ("{{ event.empty | default: 'there' }}", "there"),
        ("{{ event.no | default: 'there' }}", "there"),
        ("{{ event.zero | default: 'there' }}", "0"),
        ("{% if profile.nickname %}a{% else %}b{% endif %}", "b"),
        ("{% if profile.a.b == 'x' %}a{% else %}b{% endif %}", "b"),
        ("{% if profile.a contains 'x' %}a{% else %}b{% endif %}", "b"),
        ("{% if profile.a > 3 or profile.a < 3 %}a{% else %}b{% endif %}", "b"),
        ("{% if profile.a == nil %}a{% else %}b{% endif %}", "a"),
        ("{% unless profile.a %}a{% endunless %}", "a"),
        ("{% if profile.first_name != blank %}a{% endif %}", "a"),
        ("x{% for i in profile.list %}{{ i }}{% endfor %}", "x"),
        ("{% for i in profile.list %}{{ i }}{% else %}none{% endfor %}", "none"),
        ("{% for i in event.items %}{{ i.colours[0] | default: '-' }}{% endfor %}", "black--"),
        ("{% assign x = profile.a %}{{ x.b | default: 'there' }}", "there"),
        ("{% assign x = event.items %}{{ x[7].name | default: 'there' }}", "there"),
        ("{% if event.vip %}{% assign x = 1 %}{% endif %}{{ x }}", "1"),
        ("{% if event.no %}{% assign x = 1 %}{% endif %}{{ x | default: 2 }}", "2"),
        (
            "{% case profile.tier %}{% when 'gold' or 'red' %}G{% when 'x', 'y' %}X{% else %}E{% endcase %}",
            "G",
        ),
        ("{% case profile.none %}{% when 'gold' %}G{% else %}E{% endcase %}", "E"),
        ("{{ profile.a | append: 'x' }}", "x"),
        ("{{ profile.a | size }}{{ profile.a | join: ',' }}{{ profile.a | first }}", "0"),
        ("{{ profile.at | date: '%d' | default: 'soon' }}", "soon"),
        ("{{ profile.list | map: 'x' | sum }}", "0"),
    ]);
}

#[test]
fn lists_and_objects() {
    renders(&[
        ("{{ event.tags[0] }}{{ event.tags[-1] }}", "redblue"),
        ("{{ event.tags.first }}{{ event.tags.last }}{{ event.tags.size }}", "redblue2"),
        ("{{ event.tags | first }}{{ event.tags | last }}{{ event.tags | size }}", "redblue2"),
        ("{{ event.items.first.name }}, {{ event.items[1].name }}", "Boots, Socks"),
        ("{{ event.size }}", "42"),
        ("{{ event.address.city }}{{ event['address']['pin'] }}", "Pune411001"),
        ("{{ event.address.size }}", "2"),
        ("{{ event.hindi.size }}", "13"),
        ("{{ event.items[profile.n].name }}", "Socks"),
        (
            "{% for i in event.items %}{{ forloop.index }}{{ i.name }}{% unless forloop.last %}, {% endunless %}{% endfor %}",
            "1Boots, 2Socks, 3Pumps",
        ),
        ("{% for i in event.items limit: 1 offset: 1 %}{{ i.name }}{% endfor %}", "Socks"),
        ("{% for i in event.items offset: 2 limit: 5 %}{{ i.name }}{% endfor %}", "Pumps"),
        ("{% for i in event.items reversed %}{{ i.name }}{% break %}{% endfor %}", "Pumps"),
        (
            "{% for i in event.items %}{% if i.name == 'Socks' %}{% continue %}{% endif %}{{ i.name }}{% endfor %}",
            "BootsPumps",
        ),
        ("{% for i in (1..3) %}{{ i }}{% endfor %}", "123"),
        (
            "{% for i in (profile.n..2) %}{% for j in (1..2) %}{{ i }}{{ j }}{{ forloop.length }} {% endfor %}{% endfor %}x",
            "112 122 212 222 x",
        ),
        ("{% for p in event.address %}{{ p[0] }}={{ p[1] }};{% endfor %}", "city=Pune;pin=411001;"),
        ("{% assign a = event.address %}{% for p in a %}{{ p[0] }};{% endfor %}", "city;pin;"),
        ("{% assign i = event.items | where: 'category', 'Shoes' | last %}{{ i.name }}", "Pumps"),
        ("{% capture x %}{{ event.cart_id }}!{% endcapture %}{{ x }}{{ x }}", "c1!c1!"),
        ("{% increment n %}{% increment n %}{{ n }}{% decrement n %}", "0121"),
        ("{% if event.tags contains 'red' and event.amount >= 900 %}a{% endif %}", "a"),
        ("{% if event.hindi contains 'दुनिया' %}a{% endif %}", "a"),
        ("{% if event.day < '2026-12-01' and event.at > '2026-11-03' %}a{% endif %}", "a"),
        (
            "a{% comment %}{{ bad | {% if %} {% comment %} {% endcomment %} 99999999999999999999 {% endcomment %}b",
            "ab",
        ),
        ("{% comment %}{% raw %}{% endcomment %}b", "b"),
        ("{% raw %}{{ bad | {% if %}{% endraw %}b", "{{ bad | {% if %}b"),
    ]);
    assert_eq!(
        liquid("{{ event.tags }}"),
        failed("body value 1: a list has no text of its own: join it, as in `| join: ', '`")
    );
    assert_eq!(
        liquid("{{ event.items | first }}"),
        failed(
            "body value 1: an object has no text of its own: name one of its parts, as in `event.item.name`"
        )
    );
    assert_eq!(
        liquid("{% for i in event.amount %}x{% endfor %}"),
        failed("body value 1: `for` needs a list, and this is a number")
    );
    assert_eq!(
        liquid("{{ event.items[profile.none].name | default: 'x' }}"),
        failed("body value 1: what stands between `[` and `]` is missing, or no single value")
    );
}

#[test]
fn filters_of_texts() {
    renders(&[
        ("{{ 'ASHA rao' | capitalize }}", "Asha rao"),
        ("{{ 'élan' | capitalize }}", "Élan"),
        ("{{ 'aB' | upcase }}{{ 'aB' | downcase }}", "ABab"),
        ("{{ 'b' | append: 'c' | prepend: 'a' }}", "abc"),
        ("{{ event.amount | append: '/-' }}", "900/-"),
        ("[{{ ' a ' | strip }}{{ ' a ' | lstrip }}{{ ' a ' | rstrip }}]", "[aa  a]"),
        ("{{ 'a-b-c' | replace: '-', '+' }}{{ 'a-b-c' | replace_first: '-', '+' }}", "a+b+ca+b-c"),
        (
            "{{ 'a-b-c' | remove: '-' }}{{ 'a-b-c' | remove_first: '-' }}{{ 'a-b' | replace: '-' }}",
            "abcab-cab",
        ),
        ("{{ 'abc' | replace: '', 'x' }}", "abc"),
        ("{{ event.hindi | truncate: 9 }}", "नमस्ते..."),
        ("{{ event.hindi | truncate: 13 }}", "नमस्ते दुनिया"),
        ("{{ 'abcdef' | truncate: 4, '…' }}", "abc…"),
        ("{{ 'abcdef' | truncate: 2 }}", "..."),
        ("{{ 'one two  three' | truncatewords: 2 }}", "one two..."),
        ("{{ 'one two' | truncatewords: 2 }}", "one two"),
        ("{{ event.hindi | slice: 7, 3 }}", "दुन"),
        ("{{ 'abcdef' | slice: -3, 2 }}{{ 'abc' | slice: 1 }}", "deb"),
        ("x{{ 'abc' | slice: 9, 2 }}{{ 'abc' | slice: -9, 2 }}", "x"),
        ("{{ event.hindi | size }}", "13"),
        ("{{ 'a,b,,' | split: ',' | size }}{{ 'abc' | split: '' | join: '.' }}", "2a.b.c"),
        ("{{ 'a b&c/é-_.~' | url_encode }}", "a%20b%26c%2F%C3%A9-_.~"),
        ("{{ 'a%20b+c%C3%A9%zz%' | url_decode }}", "a b cé%zz%"),
        ("{{ '<b>bold</b> 1 < 2' | strip_html }}", "bold 1 < 2"),
        ("{{ 'a\nb' | strip_newlines }}", "ab"),
        ("{{ event.hindi | first }}", "न"),
    ]);
    assert_eq!(
        liquid("{{ event.tags | upcase }}"),
        failed("body value 1: `upcase`: needs a text, and this is a list")
    );
    assert_eq!(
        liquid("{{ event.hindi | slice: 'x' }}"),
        failed("body value 1: `slice`: needs a number, and this is `x`")
    );
}

#[test]
fn filters_of_numbers() {
    renders(&[
        (
            "{{ event.amount | plus: 1 }} {{ event.amount | minus: 901 }} {{ event.amount | times: 2 }}",
            "901 -1 1800",
        ),
        ("{{ event.tiny | plus: 0.2 }}", "0.3"),
        ("{{ event.price | times: 2 }}", "41"),
        ("{{ event.text_number | plus: '3' }}", "10"),
        ("{{ 7 | divided_by: 2 }} {{ 8 | divided_by: 2 }} {{ 1 | divided_by: 3 | round: 2 }}", "3.5 4 0.33"),
        ("{{ 7 | modulo: 3 }} {{ -7 | modulo: 3 }} {{ 7.5 | modulo: 2 }}", "1 2 1.5"),
        ("{{ 2.5 | round }} {{ 20.456 | round: 2 }} {{ 3 | round: 2 }} {{ -2.5 | round }}", "3 20.46 3 -3"),
        ("{{ 1.2 | ceil }} {{ 1.8 | floor }} {{ -1.5 | abs }} {{ -3 | abs }}", "2 1 1.5 3"),
        ("{{ 5 | at_least: 7 }} {{ 5 | at_most: 3.5 }}", "7 3.5"),
        ("{{ event.items | map: 'price' | sum }} {{ event.items | sum: 'price' }}", "72.5 72.5"),
    ]);
    for (text, reason) in [
        ("{{ event.largest | plus: 1 }}", "`plus`: the result is too large"),
        ("{{ event.smallest | minus: 1 }}", "`minus`: the result is too large"),
        ("{{ event.largest | times: 2 }}", "`times`: the result is too large"),
        ("{{ event.smallest | divided_by: -1 }}", "`divided_by`: the result is too large"),
        ("{{ event.smallest | abs }}", "`abs`: the result is too large"),
        ("{{ event.amount | divided_by: event.zero }}", "`divided_by`: cannot divide by 0"),
        ("{{ event.amount | modulo: 0.0 }}", "`modulo`: cannot divide by 0"),
        ("{{ event.cart_id | plus: 1 }}", "`plus`: needs a number, and this is `c1`"),
        ("{{ event.vip | plus: 1 }}", "`plus`: needs a number, and this is `true`"),
        ("{{ profile.none | plus: 1 }}", "`plus`: needs a number, and this is missing"),
        ("{{ event.price | round: 11 }}", "`round`: rounds to 0 to 10 digits"),
    ] {
        assert_eq!(liquid(text), failed(&format!("body value 1: {reason}")), "{text}");
    }
    assert_eq!(
        liquid("{{ event.smallest | modulo: -1 }}"),
        failed("body value 1: `modulo`: the result is too large")
    );
}

#[test]
fn filters_of_lists() {
    renders(&[
        ("{{ event.tags | join }} {{ event.tags | join: ', ' }}", "red blue red, blue"),
        ("{{ event.tags | reverse | join: ',' }} {{ event.tags | sort | join: ',' }}", "blue,red blue,red"),
        ("{{ event.mixed | compact | sort | join: ',' }}", "1.5,3,A,b,true"),
        (
            "{{ 'b,A,c' | split: ',' | sort | join }} {{ 'b,A,c' | split: ',' | sort_natural | join }}",
            "A b c A b c",
        ),
        ("{{ event.items | sort: 'price' | map: 'name' | join: ',' }}", "Socks,Pumps,Boots"),
        (
            "{{ event.items | map: 'category' | uniq | join: ',' }} {{ event.items | uniq: 'category' | size }}",
            "Shoes,Wear 2",
        ),
        ("{{ event.items | where: 'colours' | size }}", "1"),
        ("{{ event.items | where: 'category', 'Shoes' | map: 'name' | join: ' & ' }}", "Boots & Pumps"),
        ("{{ event.tags | concat: event.tags | size }}", "4"),
        ("{{ event.tags | slice: 1, 5 | join }}", "blue"),
        ("{{ event.items | compact: 'colours' | size }}", "1"),
    ]);
    assert_eq!(
        liquid("{{ event.cart_id | join: ',' }}"),
        failed("body value 1: `join`: needs a list, and this is a single value")
    );
    assert_eq!(
        liquid("{{ event.items | join: ',' }}"),
        failed("body value 1: `join`: needs a text, and this is an object")
    );
}

#[test]
fn dates_are_on_the_users_clock_and_read_none() {
    renders(&[
        // A day is a day wherever it is read.
        ("{{ event.day | date: '%d %B %Y' }}", "03 November 2026"),
        ("{{ event.day | date: '%d %H:%M', 'account time' }}", "03 00:00"),
        ("{{ event.at | date: '%-d %b, %H:%M' }}", "2 Nov, 23:30"),
        ("{{ event.at | date: '%-d %b, %H:%M', 'user time' }}", "2 Nov, 23:30"),
        ("{{ event.at | date: '%-d %b, %H:%M', 'account time' }}", "3 Nov, 10:00"),
        ("{{ event.at | date: '%-d %b, %H:%M', 'UTC' }}", "3 Nov, 04:30"),
        ("{{ event.at | date: '%-d %b, %H:%M %z', 'europe/london' }}", "3 Nov, 04:30 +0000"),
        ("{% assign zone = 'Asia/Tokyo' %}{{ event.at | date: '%H:%M', zone }}", "13:30"),
        ("{{ event.flight | date: '%H:%M', 'UTC' }}", "04:30"),
        ("{{ event.unix | date: '%Y-%m-%dT%H:%M:%S', 'UTC' }}", "2026-11-03T10:00:00"),
        ("{{ event.millis | date: '%Y-%m-%dT%H:%M:%S', 'UTC' }}", "2026-11-03T10:00:00"),
        // A wall clock is the account's.
        ("{{ '2026-11-03 10:00' | date: '%A %I %p', 'account time' }}", "Tuesday 10 AM"),
        ("{{ '2026-11-03 10:00' | date: '%A %I:%M %p' }}", "Monday 11:30 PM"),
        ("{{ '2026-11-03 10:00:00 +0530' | date: '%H:%M', 'UTC' }}", "04:30"),
        ("{{ '3 Nov 2026 10:00:00 +0000' | date: '%d %H' }}", "03 05"),
    ]);
    for word in ["now", "today", " Now "] {
        let text = format!("{{% assign x = '{word}' %}}{{{{ event.cart_id }}}}{{{{ x | date: '%d' }}}}");
        let reason = format!(
            "body value 1: `date`: `{}` is no date such as 2026-11-03 or 2026-11-03T10:00:00Z",
            word.trim()
        );
        assert_eq!(liquid(&text), failed(&reason));
    }
    for (text, reason) in [
        (
            "{{ event.cart_id | date: '%d' }}",
            "`date`: `c1` is no date such as 2026-11-03 or 2026-11-03T10:00:00Z",
        ),
        ("{{ event.largest | date: '%d' }}", "`date`: `9223372036854775807` is no date"),
        (
            "{{ event.day | date: event.cart_id | date: '%d' }}",
            "`date`: `c1` is no date such as 2026-11-03 or 2026-11-03T10:00:00Z",
        ),
        ("{% assign f = '%Q' %}{{ event.day | date: f }}", "`date`: `%Q` is no format such as '%d %B %Y'"),
        (
            "{{ event.day | date: '%d', event.cart_id }}",
            "`date`: `c1` is not `user time`, `account time` or a zone such as 'Asia/Kolkata'",
        ),
        (
            "{{ '2500-01-01' | date: '%d' }}{{ event.cart_id }}",
            "`date`: `2500-01-01` is no date such as 2026-11-03 or 2026-11-03T10:00:00Z",
        ),
    ] {
        assert_eq!(liquid(text), failed(&format!("body value 1: {reason}")), "{text}");
    }
}

#[test]
fn money_has_the_sign_and_the_digits_of_its_currency() {
    renders(&[
        ("{{ 1234567.5 | money: 'INR' }}", "₹12,34,567.50"),
        ("{{ 1234567.5 | money: 'USD' }}", "$1,234,567.50"),
        ("{{ 900 | money: 'INR' }}", "₹900.00"),
        ("{{ 900 | money_without_trailing_zeros: 'INR' }}", "₹900"),
        ("{{ 899.5 | money_without_trailing_zeros: 'INR' }}", "₹899.50"),
        ("{{ 1000 | money: 'EUR' }}", "€1,000.00"),
        ("{{ '1499.999' | money: 'AED' }}", "AED 1,500.00"),
        ("{{ 1499.5 | money: 'JPY' }}", "¥1,500"),
        ("{{ 12.3456 | money: 'KWD' }}", "KWD 12.346"),
        ("{{ 12 | minus: 20 | money: 'GBP' }}", "-£8.00"),
        ("{% assign code = 'USD' %}{{ 5 | money: code }}", "$5.00"),
        ("{{ profile.nothing | money: 'USD' | default: 'free' }}", "free"),
    ]);
    for (text, reason) in [
        ("{{ event.cart_id | money: 'INR' }}", "`money`: needs a number, and this is `c1`"),
        ("{{ 5 | money: event.cart_id }}", "`money`: `c1` is no currency's code such as 'INR' or 'EUR'"),
        ("{{ event.largest | money: 'INR' }}", "`money`: the amount is too large"),
    ] {
        assert_eq!(liquid(text), failed(&format!("body value 1: {reason}")), "{text}");
    }
}

#[test]
fn abort_drops_the_message() {
    let aborted = |reason: Option<&str>| Err(RenderStop::Aborted(reason.map(str::to_owned)));
    assert_eq!(liquid("{% abort %}"), aborted(None));
    assert_eq!(liquid("{% abort 'no size' %}"), aborted(Some("no size")));
    assert_eq!(
        liquid("{% unless event.size == 41 %}{% abort event.cart_id %}{% endunless %}x"),
        aborted(Some("c1"))
    );
    assert_eq!(
        liquid("{% for i in event.items %}{% capture x %}{% abort i.name %}{% endcapture %}{% endfor %}"),
        aborted(Some("Boots"))
    );
    assert_eq!(liquid("{% if event.no %}{% abort %}{% endif %}x").as_deref(), Ok("x"));
    assert_eq!(liquid("{% comment %}{% abort %}{% endcomment %}x").as_deref(), Ok("x"));
}

#[test]
fn no_text_runs_or_grows_without_bound() {
    let large = "body value 1: the text grows past 64 KiB";
    let turns = "body value 1: loops turn more than 1000 times";
    let doubled = "{% assign a = event.cart_id %}".to_owned()
        + &"{% assign a = a | append: a %}".repeat(40)
        + "{{ a }}";
    let captured = "{% assign a = event.cart_id %}".to_owned()
        + &"{% capture a %}{{ a }}{{ a }}{% endcapture %}".repeat(40)
        + "{{ a }}";
    let listed = "{% assign a = event.tags %}".to_owned()
        + &"{% assign a = a | concat: a %}".repeat(40)
        + "{{ a | size }}";
    let replaced = "{% assign a = 'x' %}".to_owned()
        + &"{% assign a = a | append: a %}".repeat(15)
        + "{% assign b = a | replace: 'x', a %}{{ event.cart_id }}{{ b }}";
    let joined = "{% assign a = 'x' %}".to_owned()
        + &"{% assign a = a | append: a %}".repeat(15)
        + "{{ event.cart_id }}{{ a | split: '' | slice: 0, 9000 | join: a }}";
    for (text, reason) in [
        (doubled.as_str(), large),
        (captured.as_str(), large),
        (replaced.as_str(), "body value 1: `replace`: the text grows past 64 KiB"),
        (joined.as_str(), large),
        (listed.as_str(), "body value 1: `concat`: the text grows past 64 KiB"),
        ("{{ event.cart_id }}{% for i in (1..1000000000000) %}{% endfor %}", turns),
        ("{{ event.cart_id }}{% for i in (1..100) %}{% for j in (1..100) %}{% endfor %}{% endfor %}", turns),
        ("{% for i in (event.smallest..event.largest) %}{% endfor %}", turns),
        (
            "{% for i in (1..1000) %}{{ event.cart_id | append: '                                                                  ' }}{% endfor %}",
            large,
        ),
    ] {
        assert_eq!(liquid(text), failed(reason), "{text}");
    }
}

#[test]
fn what_is_wrong_with_a_text_is_found_at_its_place() {
    let find = |text: &str| {
        let quoted = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        findings(&format!("send template t {{ body \"{quoted}\" }}"), None)
    };
    let cases: &[(&str, &str)] = &[
        ("{{ profile.first_name", "E0301 `{{`: `{{` is never closed -> close it with `}}`"),
        ("{% if event.a", "E0301 `{%`: `{%` is never closed -> close it with `%}`"),
        ("a {{ }} b", "E0301 `}`: nothing stands between `{{` and its end -> -"),
        ("a {% %} b", "E0301 `%`: nothing stands between `{%` and its end -> -"),
        ("{{ event.a | }}", "E0301 `}`: expected the name of a filter, found `}` -> -"),
        ("{{ event.a. }}", "E0301 ` `: expected a name after `.`, found ` ` -> -"),
        ("{{ event.a b }}", "E0301 `b`: expected `|` or `}}`, found `b` -> -"),
        (
            "{{ event.a || 'x' }}",
            "E0301 `|`: expected the name of a filter, found `|` -> for a value that may be missing write `| default: 'there'`",
        ),
        (
            "{{ event.a + 1 }}",
            "E0301 `+`: expected `|` or `}}`, found `+` -> numbers are calculated with filters, as in `| plus: 2`",
        ),
        ("{{ event.a | default: ‘x’ }}", "E0301 `‘`: expected a value, found `‘` -> write straight quotes"),
        ("{{ event.a | default: 'x }}", "E0301 `'`: this quote is never closed -> -"),
        ("{% if event.a = 1 %}{% endif %}", "E0301 `=`: a comparison is written `==` -> -"),
        ("{% if %}{% endif %}", "E0301 `{% if %}`: a value is missing in `{% if %}` -> -"),
        (
            "{% if event.a %}x",
            "E0301 `{% if event.a %}`: `{% if %}` is never closed -> close it with `{% endif %}`",
        ),
        ("x{% endif %}", "E0301 `{% endif %}`: `endif` without `{% if … %}` -> -"),
        (
            "{% if event.a %}{% for i in event.b %}{% endif %}{% endfor %}",
            "E0301 `{% endif %}`: `endif` where `endfor` must come first -> -",
        ),
        ("{% raw %}x", "E0301 `{% raw %}`: `{% raw %}` is never closed -> close it with `{% endraw %}`"),
        (
            "{% comment %}{% comment %}{% endcomment %}",
            "E0301 `{% comment %}`: `{% comment %}` is never closed -> close it with `{% endcomment %}`",
        ),
        (
            "{% else %}",
            "E0301 `{% else %}`: `else` can only stand in an `if`, `unless`, `case` or `for`, and once -> -",
        ),
        ("{% break %}", "E0301 `{% break %}`: `break` can only stand in a `for` -> -"),
        (
            "{% unless event.a %}{% elsif event.b %}{% endunless %}",
            "E0301 `{% elsif event.b %}`: `elsif` can only stand in an `if`, before its `else` -> -",
        ),
        ("{% assign x 1 %}", "E0301 `1`: expected `=` in `{% assign %}` -> -"),
        ("{% for i of event.a %}{% endfor %}", "E0301 `of`: expected `in` in `{% for %}` -> -"),
        (
            "{% for i in event.a by 3 %}{% endfor %}",
            "E0301 `by`: only `limit`, `offset` and `reversed` can follow -> -",
        ),
        (
            "{% if event.a | size == 1 %}{% endif %}",
            "E0301 `size`: no filter can stand here: give the value a name first, with `assign` -> -",
        ),
        (
            "{% if event.a == 1 && event.b %}{% endif %}",
            "E0301 `&`: expected `|` or a value or `%}`, found `&` -> write `and`",
        ),
        ("{% endfor x %}", "E0301 `x`: nothing can follow `endfor` -> -"),
        ("{% iff event.a %}", "E0302 `iff`: unknown tag `iff` -> did you mean `if`?"),
        (
            "{% include 'x' %}",
            "E0302 `include`: unknown tag `include` -> a message includes no files: write the text itself",
        ),
        (
            "{{ event.a | defualt: 'x' }}",
            "E0303 `defualt`: unknown filter `defualt` -> did you mean `default`?",
        ),
        (
            "{{ event.a | img_tag }}",
            "E0303 `img_tag`: unknown filter `img_tag` -> docs/messages.md lists the filters",
        ),
        ("{{ event.a | _ }}", "E0303 `_`: unknown filter `_` -> docs/messages.md lists the filters"),
        (
            "{{ event.a | default }}",
            "E0304 `default`: `default` takes 1 value, not 0 -> write `| default: 'there'`",
        ),
        (
            "{{ event.a | slice: 1, 2, 3 }}",
            "E0304 `slice: 1, 2, 3`: `slice` takes 1 to 2 values, not 3 -> write `| slice: 0, 3`",
        ),
        (
            "{{ event.a | upcase: 1 }}",
            "E0304 `upcase: 1`: `upcase` takes no value, not 1 -> write `| upcase`",
        ),
        (
            "{{ event.a | default: 'x', allow_false: true }}",
            "E0304 `allow_false: true`: `default` takes its values without names -> write `| default: 'there'`",
        ),
        (
            "{{ event.a | date: '%Q' }}",
            "E0304 `'%Q'`: `%Q` is no format such as '%d %B %Y' -> write `| date: '%d %B'`",
        ),
        (
            "{{ event.a | date: '%d', 'local' }}",
            "E0304 `'local'`: `local` is not `user time`, `account time` or a zone such as 'Asia/Kolkata' -> write `| date: '%d %B'`",
        ),
        (
            "{{ event.a | money: 'rupees' }}",
            "E0304 `'rupees'`: `rupees` is no currency's code such as 'INR' or 'EUR' -> write `| money: 'INR'`",
        ),
        (
            "{{ first_name }}",
            "E0305 `first_name`: unknown name `first_name` -> write `profile.first_name` or `event.first_name`",
        ),
        (
            "{{ user.first_name }}",
            "E0305 `user`: unknown name `user` -> write `profile.first_name` or `event.first_name`",
        ),
        ("{{ Profile.first_name }}", "E0305 `Profile`: unknown name `Profile` -> did you mean `profile`?"),
        (
            "{% for item in event.items %}{% endfor %}{{ item.name }}",
            "E0305 `item`: unknown name `item` -> write `profile.name` or `event.name`",
        ),
        (
            "{% assign cart = event.cart %}{{ crat.id }}",
            "E0305 `crat`: unknown name `crat` -> did you mean `cart`?",
        ),
        (
            "{{ event.a | append: \"é\" }}{{ x }}",
            "E0305 `x`: unknown name `x` -> write `profile.x` or `event.x`",
        ),
        ("é\n{{ event.a[y] }}", "E0305 `y`: unknown name `y` -> write `profile.y` or `event.y`"),
        (
            "{{ 'now' | date: '%d' }}",
            "E0307 `'now'`: `now` would read a clock -> a message says the same whenever it is rendered: write a date, or a property",
        ),
        (
            "{% assign x = 'Today' | date: '%d' %}",
            "E0307 `'Today'`: `Today` would read a clock -> a message says the same whenever it is rendered: write a date, or a property",
        ),
        ("{{ 99999999999999999999 }}", "E0308 `99999999999999999999`: this number is too large -> -"),
        (
            "{{ event[event[event[event[event[event[event[event[event[1]]]]]]]]] }}",
            "E0308 `[`: brackets are nested too deep -> -",
        ),
        (
            "{% assign event = 1 %}",
            "E0309 `event`: `event` is taken: a text cannot give the name to something else -> write another name",
        ),
        (
            "{% for profile in event.a %}{% endfor %}",
            "E0309 `profile`: `profile` is taken: a text cannot give the name to something else -> write another name",
        ),
        (
            "{{ 'a' | plus: 1 }}",
            "E0310 `\"{{ 'a' | plus: 1 }}\"`: this text can never be rendered: `plus`: needs a number, and this is `a` -> -",
        ),
        ("", "E0311 `\"\"`: body value 1 is empty -> write what is to stand there"),
        (
            "{% if false %}x{% endif %}",
            "E0311 `\"{% if false %}x{% endif %}\"`: body value 1 is empty -> write what is to stand there",
        ),
        (
            "a\nb",
            "E0312 `\"a\\nb\"`: body value 1 has a line break -> write it in one line, with single spaces",
        ),
        (
            "a     b",
            "E0312 `\"a     b\"`: body value 1 has more than four spaces in a row -> write it in one line, with single spaces",
        ),
        (
            "Hi { event.name }",
            "W0301 `{ event.name }`: `{ event.name }` goes out as it stands -> a value has two braces: `{{ event.name }}`",
        ),
    ];
    for (text, expected) in cases {
        let found = find(text);
        assert_eq!(found.first().map(String::as_str), Some(*expected), "{text}");
        assert_eq!(found.len(), 1, "{found:?}");
    }
    let long = "x".repeat(1025);
    let expected =
        format!("E0313 `\"{long}\"`: body value 1 is 1025 characters long, of at most 1024 -> shorten it");
    assert_eq!(find(&long), [expected]);
    let nested = "{% if event.a %}".repeat(17) + &"{% endif %}".repeat(17);
    assert_eq!(find(&nested), ["E0308 `{% if event.a %}`: blocks are nested deeper than 16 -> -"]);
    let large = format!("{}{{{{ event.a }}}}", "x".repeat(5000));
    assert!(find(&large)[0].contains("this text is 5013 bytes long, of at most 4096"));
    // Several are all reported.
    assert_eq!(find("{{ a }}{{ b | nope }}").len(), 3);
}

#[test]
fn a_scheduled_campaign_has_no_event() {
    let found = findings(
        "every day at 09:00 send template t { body \"{% assign x = event.a %}{{ x }}{{ profile.b }}{{ user.c }}\" }",
        None,
    );
    assert_eq!(
        found,
        [
            "E0306 `event.a`: this campaign has no event to read -> only a trigger by an event has one: \
             read the profile, as in `{{ profile.first_name }}`",
            "E0305 `user`: unknown name `user` -> write `profile.c`",
        ]
    );
}

#[test]
fn first_is_the_event_before_of_one_after_another() {
    let text = "send template t { body \"{{ first.amount }} then {{ event.amount }}\" }";
    let (_, campaign) = campaign(text);
    let message = written(&campaign);
    let (compiled, found) = compile(message, Readable { event: true, first: true }, None, None);
    assert_eq!(found, []);
    let compiled = compiled.unwrap();
    assert_eq!(compiled.reads_first(), Reads::Names(vec!["amount".into()]));
    let (first, event) = (properties(json!({ "amount": 100 })), properties(json!({ "amount": 250 })));
    let events = Events { event: Some(&event), first: Some(&first) };
    let sent = made(&compiled, events, &Properties::new()).unwrap();
    let body = Component::Body {
        parameters: vec![Parameter::Text { parameter_name: None, text: "100 then 250".into() }],
    };
    assert_eq!(sent.components, [body]);

    // Any other campaign has none, but a text may give the name to something else.
    assert_eq!(
        findings(text, None),
        ["E0306 `first.amount`: this campaign has no first event to read -> only `when A then B within …` \
          has one, A; the trigger's event is `event`"]
    );
    let own = "{% assign first = event.items | first %}{{ first.name }}";
    assert_eq!(findings(&format!("send template t {{ body \"{own}\" }}"), None), <[String; 0]>::default());
    let taken = format!("send template t {{ body \"{own}\" }}");
    let (_, campaign) = self::campaign(&taken);
    let message = written(&campaign);
    let (_, found) = compile(message, Readable { event: true, first: true }, None, None);
    assert_eq!(found.iter().map(|finding| finding.code.0).collect::<Vec<_>>(), ["E0309"]);
}

#[test]
fn what_a_message_reads_is_told() {
    let (compiled, _, sources) = compiled(
        r#"send template t in profile.language or "en" {
            header image "{{ event['Image URL'] }}"
            body "{% for i in event.items %}{{ i.name | append: profile.suffix }}{{ i.tags[0].x }}{% endfor %}",
                 "{% assign a = event.address %}{{ a.city }}{{ event.items.size }}{{ event.by[profile.key].deep }}"
            button 0 url: "{{ event.cart_id }}"
        }"#,
        None,
    );
    let compiled = compiled.unwrap();
    let read: Vec<String> = compiled
        .variables()
        .iter()
        .map(|variable| {
            let path: Vec<&str> = variable.path.iter().map(|part| &**part).collect();
            format!("{}.{} at {}", variable.root.name(), path.join("."), sources.slice(variable.span))
        })
        .collect();
    assert_eq!(
        read,
        [
            "event.Image URL at event['Image URL']",
            "event.items at event.items",
            "event.items.name at i.name",
            "profile.suffix at profile.suffix",
            "event.items.tags.x at i.tags[0].x",
            "event.address at event.address",
            "event.address.city at a.city",
            "event.items.size at event.items.size",
            "profile.key at profile.key",
            "event.by at event.by[profile.key].deep",
            "event.cart_id at event.cart_id",
        ]
    );
    let names = ["Image URL", "items", "address", "by", "cart_id"];
    assert_eq!(compiled.reads_event(), Reads::Names(names.into_iter().map(Into::into).collect()));
    let reads = |text: &str| message(&format!("send template t {{ body \"{text}\" }}"), None).reads_event();
    assert_eq!(reads("{{ profile.a }}"), Reads::Nothing);
    assert_eq!(reads("{{ event[profile.a] }}{{ event.b }}"), Reads::All);
    assert_eq!(reads("{% for p in event %}{{ p[0] }}{% endfor %}"), Reads::All);
    assert_eq!(reads("{% assign e = event %}{{ e.a }}"), Reads::All);
    let twice = message(
        "send template t { body \"{% assign x = event.a %}{% assign x = event.b %}{{ x.c }}\" }",
        None,
    );
    assert_eq!(twice.variables().iter().filter(|variable| variable.root == Root::Event).count(), 2);
}

const CART: &str = r#"send template cart_reminder in profile.language or "en" {
    header image "{{ event['Image URL'] }}"
    body name: "{{ profile.first_name | default: 'there' }}", amount: "{{ event.amount }}"
    button 0 url: "cart/{{ event.cart_id }}"
    button 1 payload: "not_now"
  }"#;

fn render(message: &CompiledMessage, profile: Json) -> Result<Json, RenderStop> {
    let rendered: TemplateMessage = made(message, Some(&event()), &properties(profile))?;
    Ok(serde_json::to_value(rendered).unwrap())
}

#[test]
fn a_message_is_in_the_cloud_apis_shape() {
    let message = message(CART, Some(&templates()));
    assert_eq!(
        render(&message, json!({ "first_name": "Asha" })).unwrap(),
        json!({
            "name": "cart_reminder",
            "language": { "code": "en" },
            "components": [
                { "type": "header", "parameters": [{ "type": "image", "image": { "link": "https://shop.example/a.jpg" } }] },
                { "type": "body", "parameters": [
                    { "type": "text", "parameter_name": "name", "text": "Asha" },
                    { "type": "text", "parameter_name": "amount", "text": "900" },
                ] },
                { "type": "button", "sub_type": "url", "index": "0", "parameters": [{ "type": "text", "text": "cart/c1" }] },
                { "type": "button", "sub_type": "quick_reply", "index": "1", "parameters": [{ "type": "payload", "payload": "not_now" }] },
            ],
        })
    );
    // In Hindi the template has them the other way round.
    let hindi = render(&message, json!({ "language": "HI" })).unwrap();
    assert_eq!(hindi["language"]["code"], "hi");
    assert_eq!(hindi["components"][1]["parameters"][0]["parameter_name"], "amount");
    assert_eq!(hindi["components"][1]["parameters"][1]["text"], "there");
}

#[test]
fn every_kind_of_component() {
    let templates = templates();
    let rendered =
        |clauses: &str| render(&message(clauses, Some(&templates)), json!({ "first_name": "Asha" })).unwrap();
    let shipped =
        rendered(r#"send template order_shipped { header text "{{ event.cart_id }}" body "a", "b", "c" }"#);
    assert_eq!(shipped["language"]["code"], "en_US");
    assert_eq!(
        shipped["components"][0],
        json!({ "type": "header", "parameters": [{ "type": "text", "text": "c1" }] })
    );
    assert_eq!(shipped["components"][1]["parameters"][2], json!({ "type": "text", "text": "c" }));
    let diwali = rendered(
        r#"send template diwali_sale { body "{{ profile.first_name }}" button 1 payload: "STOP" button 0 code: "DIWALI20" }"#,
    );
    assert_eq!(
        diwali["components"][1],
        json!({ "type": "button", "sub_type": "copy_code", "index": "0", "parameters": [{ "type": "coupon_code", "coupon_code": "DIWALI20" }] })
    );
    assert_eq!(diwali["components"][2]["index"], "1");
    let invoice = rendered(
        r#"send template invoice { header document "https://shop.example/{{ event.cart_id }}.pdf" named "{{ event.cart_id }}.pdf" }"#,
    );
    assert_eq!(
        invoice["components"],
        json!([{ "type": "header", "parameters": [{ "type": "document", "document": { "link": "https://shop.example/c1.pdf", "filename": "c1.pdf" } }] }])
    );
    // The header of a template with named values needs the name.
    let welcome = rendered(r#"send template welcome_header { header text "{{ profile.first_name }}" }"#);
    assert_eq!(
        welcome["components"][0]["parameters"][0],
        json!({ "type": "text", "parameter_name": "first_name", "text": "Asha" })
    );
    let code = rendered(
        r#"send template login_code { body "{{ event.amount }}" button 0 url: "{{ event.amount }}" }"#,
    );
    assert_eq!(code["components"][1]["sub_type"], "url");
    let video = message(r#"send template t { header video "http://shop.example/a.mp4" }"#, None);
    assert_eq!(
        render(&video, json!({})).unwrap()["components"],
        json!([{ "type": "header", "parameters": [{ "type": "video", "video": { "link": "http://shop.example/a.mp4" } }] }])
    );
    let bare = message("send template t", None);
    assert_eq!(
        render(&bare, json!({})).unwrap(),
        json!({ "name": "t", "language": { "code": "en" }, "components": [] })
    );
}

#[test]
fn the_category_is_the_rules_else_the_templates_else_marketing() {
    let templates = templates();
    let invoice = r#"send template invoice { header document "https://shop.example/a.pdf" }"#;
    assert_eq!(message(invoice, Some(&templates)).category(), Category::Utility);
    assert_eq!(message(invoice, None).category(), Category::Marketing);
    assert_eq!(
        message(&format!("category authentication {invoice}"), None).category(),
        Category::Authentication
    );
}

#[test]
fn languages_are_chosen_by_the_profile() {
    let code = |message: &CompiledMessage, profile: Json| {
        render(message, profile).unwrap()["language"]["code"].as_str().unwrap().to_owned()
    };
    let known = message(CART, Some(&templates()));
    let open = message(CART, None);
    for (profile, expected, expected_open) in [
        (json!({}), "en", "en"),
        (json!({ "language": "hi" }), "hi", "hi"),
        (json!({ "language": "EN" }), "en", "en"),
        (json!({ "language": "ta" }), "en", "ta"),
        (json!({ "language": "hi-in" }), "en", "hi_IN"),
        (json!({ "language": "Hindi" }), "en", "en"),
        (json!({ "language": "" }), "en", "en"),
        (json!({ "language": 7 }), "en", "en"),
        (json!({ "language": ["hi", "en"] }), "hi", "hi"),
    ] {
        assert_eq!(code(&known, profile.clone()), expected, "{profile}");
        assert_eq!(code(&open, profile.clone()), expected_open, "{profile}");
    }
    let american = message(
        r#"send template order_shipped in profile.address.language or "en-us" { header text "a" body "a", "b", "c" }"#,
        Some(&templates()),
    );
    assert_eq!(code(&american, json!({ "address": { "language": "EN-us" } })), "en_US");
    assert_eq!(code(&american, json!({ "address": "x" })), "en_US");
}

#[test]
fn a_value_that_whatsapp_does_not_take_fails() {
    let fails = |clauses: &str, templates: Option<&Templates>, profile: Json| match render(
        &message(clauses, templates),
        profile,
    ) {
        Err(RenderStop::Failed(reason)) => reason,
        other => panic!("{clauses}: {other:?}"),
    };
    let body = |text: &str, value: Json| {
        fails(&format!("send template t {{ body amount: \"{text}\" }}"), None, json!({ "v": value }))
    };
    assert_eq!(body("{{ profile.none }}", json!(1)), "body value `amount` is empty");
    assert_eq!(body("{{ profile.v }}", json!("  ")), "body value `amount` is empty");
    assert_eq!(body("{{ profile.v }}", json!("a\nb")), "body value `amount` has a line break");
    assert_eq!(body("{{ profile.v }}", json!("a\tb")), "body value `amount` has a tab");
    assert_eq!(
        body("{{ profile.v }}", json!("a     b")),
        "body value `amount` has more than four spaces in a row"
    );
    assert_eq!(
        body("{{ profile.v }}", json!("x".repeat(1025))),
        "body value `amount` is 1025 characters long, of at most 1024"
    );
    for (clauses, expected) in [
        ("header text \"{{ profile.v }}\"", "the header's text is 61 characters long, of at most 60"),
        (
            "header image \"{{ profile.v }}\"",
            "the header's address is no address that begins with https:// or http://",
        ),
        (
            "header document \"https://shop.example\" named \"{{ profile.none }}\"",
            "the document's name is empty",
        ),
        ("button 2 url: \"{{ profile.none }}\"", "the url of button 2 is empty"),
        ("button 2 code: \"{{ profile.v }}\"", "the code of button 2 is 61 characters long, of at most 15"),
        (
            "button 2 payload: \"{{ profile.v }}{{ profile.v }}{{ profile.v }}\"",
            "the payload of button 2 is 183 characters long, of at most 128",
        ),
        (
            "button 2 url: \"{{ profile.v | plus: 1 }}\"",
            "the url of button 2: `plus`: needs a number, and this is `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx`",
        ),
    ] {
        let clauses = format!("send template t {{ {clauses} }}");
        assert_eq!(fails(&clauses, None, json!({ "v": "x".repeat(61) })), expected, "{clauses}");
    }
    let templates = templates();
    // 51 characters are the template's, and the name stands in it twice.
    let long = fails(CART, Some(&templates), json!({ "first_name": "x".repeat(500) }));
    assert_eq!(long, "the body, with its values, is 1054 characters long, of at most 1024");
    let shipped = r#"send template order_shipped { header text "{{ profile.v }}" body "a", "b", "c" }"#;
    assert_eq!(
        fails(shipped, Some(&templates), json!({ "v": "x".repeat(55) })),
        "the header, with its value, is 61 characters long, of at most 60"
    );
    let url = CART.replace("cart/{{ event.cart_id }}", "{{ profile.v }}");
    assert_eq!(
        fails(&url, Some(&templates), json!({ "v": "x".repeat(1990) })),
        "the whole address of button 0 is 2011 characters long, of at most 2000"
    );
    let code = r#"send template login_code { body "{{ event.amount }}" button 0 url: "{{ profile.v }}" }"#;
    assert_eq!(
        fails(code, Some(&templates), json!({ "v": "1234567890123456" })),
        "the url of button 0 is 16 characters long, of at most 15"
    );
}

#[test]
fn constants_past_a_limit_are_found_when_rules_are_checked() {
    let templates = templates();
    for (clauses, expected) in [
        ("header text \"\"", "E0311 `\"\"`: the header's text is empty -> write what is to stand there"),
        (
            "header image \"shop.example/a.jpg\"",
            "E0314 `\"shop.example/a.jpg\"`: the header's address is no address that begins with https:// or http:// -> write the whole address: `https://…`",
        ),
        (
            "button 0 code: \"1234567890123456\"",
            "E0313 `\"1234567890123456\"`: the code of button 0 is 16 characters long, of at most 15 -> shorten it",
        ),
    ] {
        assert_eq!(findings(&format!("send template t {{ {clauses} }}"), None), [expected], "{clauses}");
    }
    let long = "x".repeat(500);
    let clauses = CART.replace("{{ profile.first_name | default: 'there' }}", &long);
    let expected = format!(
        "E0313 `\"{long}\"`: the body, with its values, is 1052 characters long, of at most 1024 -> shorten it"
    );
    assert_eq!(findings(&clauses, Some(&templates)), [expected]);
}

#[test]
fn a_message_is_held_against_its_template() {
    let templates = templates();
    let cart = |from: &str, to: &str| {
        let changed = CART.replace(from, to);
        assert_ne!(changed, CART, "{from}");
        changed
    };
    let cases: Vec<(String, &str)> = vec![
        (
            "send template cart_remindr".to_owned(),
            "E0330 `cart_remindr`: no template is called `cart_remindr` -> did you mean `cart_reminder`?",
        ),
        (
            "send template nothing_like_it".to_owned(),
            "E0330 `nothing_like_it`: no template is called `nothing_like_it` -> the templates are `cart_reminder`, `order_shipped`, \
             `diwali_sale`, `invoice`, `welcome_header`, `win_back`, `login_code`, `new_in` and 8 more",
        ),
        (
            "send template win_back { body \"a\" }".to_owned(),
            "E0331 `win_back`: template `win_back` is not approved: it is PAUSED -> WhatsApp sends approved templates only",
        ),
        (
            cart("profile.language or \"en\"", "\"ta\""),
            "E0331 `\"ta\"`: template `cart_reminder` in `ta` is not approved: it is REJECTED -> it is approved in `en`, `hi`",
        ),
        (
            cart("or \"en\"", "or \"en_GB\""),
            "E0332 `\"en_GB\"`: template `cart_reminder` has no language `en_GB` -> it is approved in `en`, `hi`",
        ),
        (
            "send template order_shipped in \"en_UK\" { header text \"a\" body \"a\", \"b\", \"c\" }"
                .to_owned(),
            "E0332 `\"en_UK\"`: template `order_shipped` has no language `en_UK` -> did you mean `en_US`?",
        ),
        (
            cart(" in profile.language or \"en\"", ""),
            "E0333 `cart_reminder`: template `cart_reminder` is approved in 2 languages -> say which, as in `send template \
             cart_reminder in \"en\"`: `en`, `hi`",
        ),
        (
            format!("category utility {CART}"),
            "E0334 `utility`: template `cart_reminder` is of category marketing, not utility -> write `category marketing`",
        ),
        (
            cart("header image \"{{ event['Image URL'] }}\"", ""),
            "E0335 `cart_reminder`: template `cart_reminder` needs a header of kind image -> add `header image \"https://…\"`",
        ),
        (
            cart("header image", "header video"),
            "E0335 `video`: the header of template `cart_reminder` is of kind image, not video -> write `header image \"https://…\"`",
        ),
        (
            "send template order_shipped { body \"a\", \"b\", \"c\" }".to_owned(),
            "E0335 `order_shipped`: template `order_shipped` needs a value for its header -> add `header text \"…\"`",
        ),
        (
            "send template diwali_sale { header text \"a\" body \"a\" button 0 code: \"D\" }".to_owned(),
            "E0335 `header text \"a\"`: the header of template `diwali_sale` takes no value -> leave the header out",
        ),
        (
            "send template login_code { header text \"a\" body \"a\" button 0 url: \"a\" }".to_owned(),
            "E0335 `header text \"a\"`: template `login_code` has no header -> leave the header out",
        ),
        (
            "send template order_shipped { header text \"a\" body \"a\", \"b\" }".to_owned(),
            "E0336 `\"b\"`: template `order_shipped` takes 3 values in its body, not 2 -> write `body \"…\", \"…\", \"…\"`",
        ),
        (
            "send template order_shipped { header text \"a\" body \"a\", \"b\", \"c\", \"d\", \"e\" }"
                .to_owned(),
            "E0336 `\"d\"`: template `order_shipped` takes 3 values in its body, not 5 -> write `body \"…\", \"…\", \"…\"`",
        ),
        (
            "send template order_shipped { header text \"a\" }".to_owned(),
            "E0336 `order_shipped`: template `order_shipped` takes 3 values in its body -> write `body \"…\", \"…\", \"…\"`",
        ),
        (
            "send template invoice { header document \"https://a.b\" body x: \"a\" }".to_owned(),
            "E0336 `x: \"a\"`: template `invoice` takes no values in its body, not 1 -> leave the body out",
        ),
        (
            cart(", amount: \"{{ event.amount }}\"", ""),
            "E0337 `cart_reminder`: template `cart_reminder` needs `amount` in its body -> add `amount: \"…\"` to the body",
        ),
        (
            cart("amount:", "amuont:"),
            "E0337 `amuont`: template `cart_reminder` has no body value `amuont` -> did you mean `amount`?",
        ),
        (
            cart("amount:", "total:"),
            "E0337 `total`: template `cart_reminder` has no body value `total` -> the values are `name`, `amount`",
        ),
        (
            cart("name: \"{{ profile.first_name | default: 'there' }}\", amount: ", "\"x\", "),
            "E0338 `\"x\"`: the values of template `cart_reminder` are named -> write `body name: \"…\", amount: \"…\"`",
        ),
        (
            "send template order_shipped { header text \"a\" body a: \"a\", b: \"b\", c: \"c\" }".to_owned(),
            "E0338 `a: \"a\"`: the values of template `order_shipped` are numbered -> write `body \"…\", \"…\", \"…\"`",
        ),
        (
            cart("button 1 payload", "button 2 payload"),
            "E0339 `2`: template `cart_reminder` has no button 2 -> it has buttons 0 to 1",
        ),
        (
            "send template diwali_sale { body \"a\" button 0 url: \"D\" }".to_owned(),
            "E0339 `url`: button 0 (`Copy offer code`) of template `diwali_sale` copies a coupon code -> write `button 0 code: \"…\"`",
        ),
        (
            "send template diwali_sale { body \"a\" }".to_owned(),
            "E0339 `diwali_sale`: template `diwali_sale` needs a value for button 0 (`Copy offer code`) -> add `button 0 code: \"…\"`",
        ),
        (
            "send template login_code { body \"a\" button 0 code: \"a\" }".to_owned(),
            "E0339 `code`: button 0 (`Copy code`) of template `login_code` takes the one-time code -> write `button 0 url: \"…\"`",
        ),
        (
            "send template order_shipped { header text \"a\" body \"a\", \"b\", \"c\" button 0 url: \"x\" }"
                .to_owned(),
            "E0339 `button 0 url: \"x\"`: button 0 (`Help`) of template `order_shipped` always opens the same page and takes no value -> leave the button out",
        ),
        (
            "send template order_shipped { header text \"a\" body \"a\", \"b\", \"c\" button 1 url: \"x\" }"
                .to_owned(),
            "E0339 `button 1 url: \"x\"`: button 1 (`Call us`) of template `order_shipped` is of WhatsApp's kind PHONE_NUMBER and takes no value -> leave the button out",
        ),
        (
            "send template pay_order { body \"a\" }".to_owned(),
            "E0340 `pay_order`: template `pay_order` has a button of WhatsApp's kind ORDER_DETAILS, which is not supported yet -> send another template",
        ),
        (
            "send template login_code { body \"a\" button 0 url: \"1234567890123456\" }".to_owned(),
            "E0313 `\"1234567890123456\"`: the url of button 0 is 16 characters long, of at most 15 -> shorten it",
        ),
    ];
    for (clauses, expected) in cases {
        assert_eq!(findings(&clauses, Some(&templates)), [expected], "{clauses}");
    }
    let several = findings(
        &cart("button 0 url: \"cart/{{ event.cart_id }}\"", "").replace("amount:", "amuont:"),
        Some(&templates),
    );
    assert_eq!(several.len(), 3, "{several:#?}");
    assert!(several[0].starts_with(
        "E0339 `cart_reminder`: template `cart_reminder` needs a value for button 0 (`Open cart`) in `en`"
    ));
    assert!(several[1].contains("in `hi`"));
}

#[test]
fn what_is_wrong_whatever_the_template_says() {
    for (clauses, expected) in [
        (
            "body a: \"x\", \"y\"",
            "E0321 `\"y\"`: some body values are named and some are not -> name all of them or none, as the template does",
        ),
        ("body a: \"x\", a: \"y\"", "E0320 `a`: body value `a` is given twice -> leave one of them out"),
    ] {
        assert_eq!(findings(&format!("send template t {{ {clauses} }}"), None), [expected], "{clauses}");
    }
    assert_eq!(
        findings("send template t in \"English\"", None),
        [
            "E0315 `\"English\"`: `English` is no code of a language -> write WhatsApp's code, such as `\"en\"` or `\"en_US\"`"
        ]
    );
}

#[test]
fn templates_are_read_in_every_shape_that_the_graph_api_and_its_users_make() {
    let names = |text: &str| {
        let templates = Templates::from_json(text).unwrap_or_else(|error| panic!("{error}"));
        templates.names().map(str::to_owned).collect::<Vec<_>>()
    };
    let template = |name: &str| {
        format!(
            r#"{{"name":"{name}","language":"en","status":"APPROVED","category":"MARKETING","components":[{{"type":"BODY","text":"Hi {{{{1}}}}"}}]}}"#
        )
    };
    let (a, b) = (template("a"), template("b"));
    assert_eq!(names(&format!(r#"{{"data":[{a},{b}],"paging":{{}}}}"#)), ["a", "b"]);
    assert_eq!(names(&format!("[{a},{b}]")), ["a", "b"]);
    assert_eq!(names(&format!(r#"[{{"data":[{a}]}},{{"data":[{b}]}}]"#)), ["a", "b"]);
    assert_eq!(names(&format!("{{\"data\":[{a}]}}\n{{\"data\":[{b}]}}")), ["a", "b"]);
    assert_eq!(names(&format!(r#"{{"message_templates":{{"data":[{a}]}},"id":"1"}}"#)), ["a"]);
    assert_eq!(names(&format!("[{a},{a}]")), ["a"]);
    assert_eq!(names(r#"{"data":[]}"#), Vec::<String>::new());
    let all = templates();
    assert_eq!(all.names().count(), 16);
    let cart = all.get("cart_reminder").unwrap();
    let languages: Vec<&str> = cart.templates().iter().map(|template| &**template.language()).collect();
    assert_eq!(languages, ["en", "hi", "ta"]);
    assert_eq!(cart.approved().count(), 2);
    assert_eq!(cart.templates()[2].status(), "REJECTED");
    assert_eq!(all.get("login_code").unwrap().templates()[0].category(), Some(Category::Authentication));
    assert!(all.get("Cart_reminder").is_none());
}

#[test]
fn templates_that_cannot_be_read_say_where() {
    let error = |text: &str| Templates::from_json(text).unwrap_err().to_string();
    assert_eq!(
        error("{\"data\": [\n  {\"name\" \"a\"}\n]}"),
        "line 2, column 11: this is no JSON: expected `:`"
    );
    assert_eq!(error("{}\n{"), "this has no list `data`, as an answer of the Graph API has");
    assert_eq!(error("{\"data\":[]}\n{"), "line 2, column 1: this is no JSON: it ends too early");
    assert_eq!(error(""), "there is nothing in it");
    assert_eq!(error("7"), "this is no list of templates");
    assert_eq!(
        error(r#"{"error":{"message":"Invalid OAuth access token","code":190}}"#),
        "this is an error of the Graph API: Invalid OAuth access token"
    );
    assert_eq!(error(r#"[{"language":"en"}]"#), "the template in place 1 has no `name`");
    assert_eq!(
        error(r#"[{"name":"a","language":"en","category":"MARKETING","components":[]}]"#),
        "template `a`: missing field `status`: ask for fields=name,language,status,category,parameter_format,components"
    );
    assert_eq!(
        error(
            r#"[{"name":"a","language":"en","status":"APPROVED","category":"MARKETING","components":[{"type":"BODY"}]}]"#
        ),
        "template `a`: its body has no `text`"
    );
    let twice = r#"[{"name":"a","language":"en","status":"APPROVED","category":"MARKETING","components":[]},
        {"name":"a","language":"en","status":"PAUSED","category":"MARKETING","components":[]}]"#;
    assert_eq!(error(twice), "template `a` in `en` is there twice, and differs");
    let position = Templates::from_json("[\n\n x").unwrap_err().position().unwrap();
    assert_eq!((position.line, position.column), (3, 2));
}

#[test]
fn messages_are_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<CompiledMessage>();
    shared::<Templates>();
}

/// A message with one body value, as the reader would have made it.
fn one_value(text: &str) -> Message {
    let span = |start: usize, length: usize| Span::new(FileId(0), start as u32, (start + length) as u32);
    let written = text.len() + text.matches(['"', '\\', '\n']).count() + 2;
    let whole = span(2, written);
    let content = BodyContent::Text(Spanned::new(text.to_owned(), whole));
    Message::Template(Box::new(Written {
        template: Spanned::new("t".to_owned(), span(0, 1)),
        language: None,
        header: None,
        body: vec![BodyValue { name: None, content, span: whole }],
        buttons: Vec::new(),
        offer: None,
        cards: Vec::new(),
        code: None,
        span: span(0, written + 2),
    }))
}

fn value_span(message: &Message) -> Span {
    match message {
        Message::Template(message) => message.body[0].span,
        Message::FreeForm(_) => panic!("no template"),
    }
}

/// Pieces of Liquid, sound and broken.
fn piece() -> impl Strategy<Value = String> {
    let pieces = [
        "{{",
        "}}",
        "{%",
        "%}",
        "{{-",
        "-}}",
        "{%-",
        "-%}",
        " ",
        "  ",
        "\n",
        "\t",
        "-",
        ".",
        "..",
        "|",
        ":",
        ",",
        "[",
        "]",
        "(",
        ")",
        "'",
        "\"",
        "é",
        "नमस्ते",
        "{",
        "}",
        "%",
        "=",
        "==",
        "<>",
        ">=",
        "event",
        "event.a",
        "profile.b",
        "x",
        "nilly",
        "nil",
        "true",
        "empty",
        "1",
        "-2",
        "3.5",
        "99999999999999999999",
        "'a'",
        "\"b\"",
        "'now'",
        "{{ event.a }}",
        "{{ x }}",
        "{{ 'é' }}",
        "{% if event.a %}",
        "{% endif %}",
        "{% else %}",
        "{% elsif x %}",
        "{% for x in event.a %}",
        "{% endfor %}",
        "{% for x in (1..3) limit: 2 %}",
        "{% break %}",
        "{% assign x = event.a | first %}",
        "{% capture x %}",
        "{% endcapture %}",
        "{% case event.a %}",
        "{% when 1, x %}",
        "{% endcase %}",
        "{% raw %}",
        "{% endraw %}",
        "{% comment %}",
        "{% endcomment %}",
        "{% abort %}",
        "{% abort 'x' %}",
        "{% increment x %}",
        "{% cycle 'x': %}",
        "{% unless x %}",
        "{% endunless %}",
        "default",
        "date",
        "upcase",
        "| default: 'x'",
        "| date: '%d'",
        "| slice: -9, 9",
        "| split: ''",
        "| size",
        "| plus: 1",
        "| join",
        "| sort",
        "in",
        "contains",
        "and",
        "limit",
        "reversed",
        "assign",
        "if",
    ];
    proptest::sample::select(pieces.to_vec()).prop_map(str::to_owned)
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::Boolean),
        any::<i64>().prop_map(Value::integer),
        (-1e3..1e3_f64).prop_map(|float| Value::Number(campanile::model::Number::from_f64(float).unwrap())),
        "[a-c é०{}%]{0,4}".prop_map(|text| Value::text(&text)),
        (0..4_000_000_000_i64)
            .prop_map(|seconds| Value::Instant(campanile::model::Instant::from_seconds(seconds))),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
            proptest::collection::vec(("[ab]", inner), 0..3).prop_map(|parts| {
                Value::object(parts.into_iter().map(|(name, part)| (name.into(), part)))
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    /// Whatever is written: no panic, places within the text, and what our reader takes the `liquid` crate takes too.
    #[test]
    fn any_text_is_read_or_refused_with_a_place(pieces in proptest::collection::vec(piece(), 0..14), value in any_value()) {
        let text = pieces.concat();
        let message = one_value(&text);
        let (compiled, findings) = compile(&message, true, None, None);
        for finding in &findings {
            prop_assert!(!finding.message.contains("cannot be read"), "{text}: {finding:?}");
            let (span, whole) = (finding.primary.span, value_span(&message));
            prop_assert!(span.start >= whole.start && span.end <= whole.end && span.start < span.end, "{text}: {finding:?}");
        }
        let Some(compiled) = compiled else { return Ok(()) };
        let event: Properties = [("a", value)].into_iter().collect();
        let once = made(&compiled, Some(&event), &profile());
        prop_assert_eq!(&once, &made(&compiled, Some(&event), &profile()));
        // Without an event there may be no message, but an answer.
        let _ = made(&compiled, None, &Properties::new());
    }

    /// The filters take any value.
    #[test]
    fn no_filter_panics(
        filter in proptest::sample::select(vec![
            "abs", "append: event.b", "at_least: event.b", "at_most: event.b", "capitalize", "ceil", "compact", "compact: 'a'", "concat: event.b",
            "date: '%Y'", "date: event.b", "default: event.b", "divided_by: event.b", "downcase", "first", "floor", "join: event.b", "last", "lstrip",
            "map: 'a'", "minus: event.b", "modulo: event.b", "money: 'INR'", "money: event.b",
            "money_without_trailing_zeros: 'JPY'", "date: '%c', event.b", "plus: event.b", "prepend: event.b", "remove: event.b", "remove_first: event.b",
            "replace: event.b, event.a", "replace_first: event.b, event.a", "reverse", "round", "round: event.b", "rstrip", "size",
            "slice: event.b", "slice: event.b, event.a", "sort", "sort: 'a'", "sort_natural", "sort_natural: 'a'", "split: event.b", "strip",
            "strip_html", "strip_newlines", "sum", "sum: 'a'", "times: event.b", "truncate: event.b", "truncate: event.b, event.a",
            "truncatewords: event.b", "uniq", "uniq: 'a'", "upcase", "url_decode", "url_encode", "where: 'a'", "where: 'a', event.b",
        ]),
        a in any_value(),
        b in any_value(),
    ) {
        let message = one_value(&format!("{{% assign x = event.a | {filter} %}}{{{{ x }}}}{{% for i in x %}}{{{{ i }}}}{{% endfor %}}"));
        let (compiled, findings) = compile(&message, true, None, None);
        prop_assert_eq!(findings, vec![]);
        let event: Properties = [("a", a), ("b", b)].into_iter().collect();
        let compiled = compiled.unwrap();
        prop_assert_eq!(made(&compiled, Some(&event), &profile()), made(&compiled, Some(&event), &profile()));
    }
}

/// The pages of this room's findings: what they call wrong is found under their code, what they call right is not.
#[test]
fn the_examples_of_the_pages_are_what_they_say() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/errors");
    let mut pages: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    pages.sort();
    let mut seen = 0;
    for path in pages {
        let code = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if !code.starts_with("E03") && !code.starts_with("W03") {
            continue;
        }
        // Those of providers and zones are not about messages.
        if ("E0358"..="E0362").contains(&code.as_str()) || code == "W0355" {
            continue;
        }
        seen += 1;
        let page = std::fs::read_to_string(&path).unwrap();
        let blocks: Vec<&str> =
            page.split("```camp message\n").skip(1).map(|block| block.split("```").next().unwrap()).collect();
        let [wrong, right] = blocks.as_slice() else { panic!("{code} has {} examples", blocks.len()) };
        let templates = Some(templates()).filter(|_| code.as_str() >= "E0330" && code.starts_with('E'));
        let found = findings(wrong, templates.as_ref());
        assert!(found.len() == 1 && found[0].starts_with(&code), "{code}: {found:#?}");
        assert_eq!(findings(right, templates.as_ref()), Vec::<String>::new(), "{code}");
    }
    assert!(seen > 25, "{seen} pages");
}

/// The page for users: its rules are sound, its templates can be read, and it names every filter and no other.
#[test]
fn the_page_for_users_says_what_is() {
    let page = include_str!("../docs/messages.md");
    let blocks = |fence: &str| -> Vec<String> {
        page.split(fence).skip(1).map(|block| block.split("```").next().unwrap().to_owned()).collect()
    };
    let rules = blocks("```camp message\n");
    assert!(rules.len() > 2);
    for rule in rules {
        assert_eq!(findings(&rule, None), Vec::<String>::new(), "{rule}");
    }
    let json = blocks("```json\n");
    assert_eq!(Templates::from_json(&json[0]).unwrap().names().collect::<Vec<_>>(), ["cart_reminder"]);
    let table = page.split("### Filters").nth(1).unwrap().split("They do what").next().unwrap();
    let written: Vec<&str> = table.split('`').skip(1).step_by(2).collect();
    for filter in written {
        let filter = filter.replace("other", "event.b");
        let name = filter.split(':').next().unwrap();
        let found =
            findings(&format!("send template t {{ body \"{{% assign x = event.a | {filter} %}}x\" }}"), None);
        assert_eq!(found, Vec::<String>::new(), "{name}");
    }
}
