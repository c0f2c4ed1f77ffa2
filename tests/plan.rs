//! Plans: what they count is what the run decides, hour by hour and budget by budget.
#![cfg(test)]
#![cfg(feature = "cli")]
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use campanile::Rulebook;
use campanile::calendar::Zone;
use campanile::command::schema::Document;
use campanile::input::{ReadOptions, Row, open};
use campanile::model::{Budget, Event, Instant, OutcomeKind, ProfileUpdate, Record, SendJob, Value};
use campanile::plan::{Ending, Plan};
use campanile::replay::{Replay, ReplayResult};

fn shop(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/cdnow").join(file)
}

fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

const PROVIDERS: &str = r#"
[portfolio.main]
users_per_day = 150
[provider.meta_main]
portfolio = "main"
rate = "20 per 10 minutes"
warm_up = { from = "1997-12-01", start = 5, double_every = "3 days" }
pair = { every = "6 seconds", burst = 3 }
"#;

/// The Christmas of every tenth customer of the CD shop, through a narrow number.
fn christmas() -> &'static (Rulebook, ReplayResult, Plan) {
    static PLANNED: OnceLock<(Rulebook, ReplayResult, Plan)> = OnceLock::new();
    PLANNED.get_or_init(|| {
        let rulebook =
            Rulebook::builder().path(shop("rules")).providers_text("a.toml", PROVIDERS).build().unwrap();
        let mut replay = Replay::new(&rulebook.compile())
            .starting(Some(at("1997-12-01T05:00:00Z")))
            .ending(Some(at("1997-12-20T05:00:00Z")))
            .with_holds();
        let files = [
            ("profiles.csv.gz", "user=customer_id"),
            ("events.csv.gz", r#"user=customer_id,at=date,event="Charged""#),
        ];
        for (file, columns) in files {
            let zone = rulebook.settings().zone;
            let options = ReadOptions {
                columns: Some(columns.parse().unwrap()),
                local_time: Arc::new(move |wall_clock| zone.resolve(wall_clock)),
                ..ReadOptions::default()
            };
            for row in open(&shop(file), &options).unwrap() {
                let Row::Record(record) = row.unwrap() else { panic!("a row of {file} was refused") };
                if record.user().is_some_and(|user| user.ends_with('0')) {
                    replay.add(record);
                }
            }
        }
        let result = replay.run();
        let plan = Plan::of(&rulebook, &result);
        (rulebook, result, plan)
    })
}

#[test]
fn a_plan_adds_up_with_the_tallies_of_its_run() {
    let (_, result, plan) = christmas();
    assert!(plan.total.sent() > 500 && plan.total.held > 500, "{:?}", plan.total);
    assert_eq!(plan.total.sent(), result.jobs.len() as u64);
    for (planned, tallied) in plan.campaigns.iter().zip(&result.summary.campaigns) {
        assert_eq!((&planned.campaign, planned.counts.qualified), (&tallied.name, tallied.qualified));
        for kind in OutcomeKind::ALL {
            let count = planned.counts.outcomes.get(&kind).copied().unwrap_or(0);
            assert_eq!(count, tallied.count(kind), "{} {}", tallied.name, kind.name());
        }
        let ended: u64 = Ending::ALL.iter().map(|ending| planned.counts.ended(*ending)).sum();
        assert_eq!(ended, planned.counts.qualified);
    }
    // Hours, local hours, providers and campaigns are four ways to cut the same jobs.
    let mut outcomes: BTreeMap<OutcomeKind, u64> = BTreeMap::new();
    let (mut campaigns, mut providers) = (BTreeMap::new(), BTreeMap::new());
    for hour in &plan.hours {
        hour.outcomes.iter().for_each(|(kind, count)| *outcomes.entry(*kind).or_default() += count);
        hour.campaigns.iter().for_each(|(name, jobs)| *campaigns.entry(name).or_insert(0) += jobs);
        hour.providers.iter().for_each(|(name, jobs)| *providers.entry(name).or_insert(0) += jobs);
        assert_eq!(hour.sent(), hour.campaigns.values().sum::<u64>());
    }
    assert_eq!(outcomes, plan.total.outcomes);
    for planned in &plan.campaigns {
        assert_eq!(campaigns.get(&planned.campaign).copied().unwrap_or(0), planned.counts.sent());
    }
    for provider in &plan.providers {
        let name = provider.provider.as_ref().unwrap();
        assert_eq!(providers.get(name), Some(&provider.sent));
        assert_eq!(provider.sent, provider.campaigns.values().sum::<u64>());
    }
    assert_eq!(plan.local.iter().flatten().sum::<u64>(), plan.total.sent());
    assert_eq!((plan.local.len(), plan.local.iter().all(|day| day.len() == 24)), (7, true));
    // Whoever stood in line did so in one campaign, and at each instant for one budget.
    let held = |counts: Vec<u64>| counts.iter().sum::<u64>();
    assert_eq!(plan.total.held, result.holds.len() as u64);
    assert_eq!(plan.total.held, held(plan.campaigns.iter().map(|campaign| campaign.counts.held).collect()));
    let total = |wait: &Option<campanile::plan::Wait>| wait.as_ref().map_or(0.0, |wait| wait.total_seconds);
    let waited: f64 = plan.budgets.iter().map(|budget| total(&budget.wait)).sum();
    assert!((waited - total(&plan.total.wait)).abs() < 1e-3);
    for (sums, counts) in [
        (plan.campaigns.iter().map(|campaign| &campaign.counts.ended_in_line).collect::<Vec<_>>(), false),
        (plan.budgets.iter().map(|budget| &budget.outcomes).collect(), true),
    ] {
        let mut ended: BTreeMap<OutcomeKind, u64> = BTreeMap::new();
        for (kind, count) in sums.into_iter().flatten().filter(|(kind, _)| **kind != OutcomeKind::Sent) {
            *ended.entry(*kind).or_default() += count;
        }
        assert_eq!(ended, plan.total.ended_in_line, "{counts}");
    }
}

/// For each budget and hour: counted again the slow way, straight from the law's words.
#[test]
fn what_is_used_of_a_budget_is_what_the_law_counts() {
    let (rulebook, result, plan) = christmas();
    let zone = rulebook.settings().zone;
    let day = 86_400_000;
    let (_, provider) = rulebook.providers().of(None).unwrap();
    let (rate, warm_up) = (provider.rate.unwrap(), provider.warm_up.unwrap());
    let mut seen = BTreeSet::new();
    for budget in &plan.budgets {
        let used_at = |now: Instant| -> Option<(u64, u64)> {
            let within =
                |job: &&SendJob, length: i64| job.due <= now && job.due.millis() > now.millis() - length;
            match budget.budget {
                "rate" => {
                    let used = result.jobs.iter().filter(|job| within(job, rate.per.millis())).count();
                    Some((used as u64, warm_up.allows(now, rate).into()))
                }
                "portfolio" => {
                    let numbers = result.jobs.iter().filter(|job| within(job, day)).map(|job| &job.to);
                    Some((numbers.collect::<BTreeSet<_>>().len() as u64, 150))
                }
                "pair" => None,
                other => panic!("{other}"),
            }
        };
        seen.insert(budget.budget);
        let mut most: BTreeMap<Instant, (u64, u64)> = BTreeMap::new();
        for job in result.jobs.iter() {
            if let Some((used, allowed)) = used_at(job.due) {
                assert!(used <= allowed, "{} at {}", budget.words, job.due);
                let hour = most.entry(hour_of(&zone, job.due)).or_default();
                *hour = (hour.0.max(used), hour.1.max(allowed));
            }
        }
        for hour in &budget.hours {
            let (used, allowed) = most.get(&hour.start).copied().unwrap_or_default();
            // What was used before it counts on.
            let (used_before, allowed_before) = used_at(hour.start).unwrap_or_default();
            let (used, allowed) = (used.max(used_before), allowed.max(allowed_before));
            if budget.budget != "pair" {
                assert_eq!(hour.used, Some(used), "{} at {}", budget.words, hour.start);
                assert!(hour.allowed.unwrap() >= allowed);
            }
            assert!(hour.line <= budget.longest_line && hour.binding_seconds <= 3_600.0);
        }
        let used = budget.hours.iter().filter_map(|hour| hour.used).max();
        assert_eq!(used, budget.used.as_ref().map(|used| used.count).or(used), "{}", budget.words);
        let bound: f64 = budget.hours.iter().map(|hour| hour.binding_seconds).sum();
        assert!((bound - budget.binding_seconds).abs() < 1e-3, "{}: {bound}", budget.words);
        assert_eq!(budget.hours.iter().any(|hour| hour.line > 0), budget.held > 0);
    }
    assert_eq!(seen, BTreeSet::from(["pair", "portfolio", "rate"]));
    assert!(plan.budgets.iter().filter(|budget| budget.held > 0).count() >= 2, "both bind");
}

/// The hour of a wall clock in which an instant lies, found by walking back minute by minute.
fn hour_of(zone: &Zone, at: Instant) -> Instant {
    use chrono::Timelike;
    let mut minute = at.millis().div_euclid(60_000);
    while zone.to_local(Instant::from_seconds(minute * 60)).minute() != 0 {
        minute -= 1;
    }
    Instant::from_seconds(minute * 60)
}

#[test]
fn waiting_is_counted_from_the_holds() {
    let (_, result, plan) = christmas();
    for (index, campaign) in plan.campaigns.iter().enumerate() {
        let mut waits: Vec<i64> = result
            .holds
            .iter()
            .filter(|hold| hold.campaign == index)
            .map(|hold| hold.until.millis() - hold.from.millis())
            .collect();
        waits.sort_unstable();
        let Some(wait) = &campaign.counts.wait else {
            assert!(waits.is_empty());
            continue;
        };
        assert_eq!(wait.longest_seconds, *waits.last().unwrap() as f64 / 1_000.0);
        assert_eq!(wait.median_seconds, waits[(waits.len() - 1) / 2] as f64 / 1_000.0);
        assert_eq!(wait.total_seconds, waits.iter().sum::<i64>() as f64 / 1_000.0);
    }
}

/// For which budget those in line wait, counted again the slow way: at each instant at which anything changes, what is used by the law's own words.
#[test]
fn a_budget_binds_while_somebody_waits_and_it_has_room_last() {
    let (rulebook, result, plan) = christmas();
    let (_, provider) = rulebook.providers().of(None).unwrap();
    let (rate, warm_up) = (provider.rate.unwrap(), provider.warm_up.unwrap());
    let (per, day) = (rate.per.millis(), 86_400_000);
    let mut edges: BTreeSet<i64> = BTreeSet::new();
    edges.extend(result.holds.iter().flat_map(|hold| [hold.from.millis(), hold.until.millis()]));
    edges.extend(result.jobs.iter().flat_map(|job| [0, per, day].map(|after| job.due.millis() + after)));
    edges.extend((-9..9).map(|step| warm_up.from.millis() + step * warm_up.every.millis()));
    let edges: Vec<i64> = edges.into_iter().collect();
    // By place among the edges: whether the rate and the portfolio are full from there to the next.
    let within = |from: usize, now: i64, length: i64| {
        result.jobs[from..]
            .iter()
            .take_while(move |job| job.due.millis() <= now)
            .filter(move |job| job.due.millis() > now - length)
    };
    let mut full: Vec<[bool; 2]> = Vec::new();
    let mut first = 0;
    for now in &edges {
        while result.jobs.get(first).is_some_and(|job| job.due.millis() <= now - day) {
            first += 1;
        }
        let jobs = within(first, *now, per).count();
        let users = within(first, *now, day).map(|job| &job.to).collect::<BTreeSet<_>>().len();
        full.push([jobs >= warm_up.allows(Instant::from_millis(*now), rate) as usize, users >= 150]);
    }
    let ends = |place: usize, budget: usize| {
        (place..full.len()).find(|later| !full[*later][budget]).map_or(i64::MAX, |later| edges[later])
    };
    let kinds = ["rate", "portfolio"];
    let (mut bound, mut longest, mut since) = ([0; 2], [0; 2], [None; 2]);
    for (place, pair) in edges.windows(2).enumerate() {
        let waits =
            result.holds.iter().any(|hold| hold.from.millis() <= pair[0] && pair[0] < hold.until.millis());
        let has_room = [0, 1].map(|budget| if full[place][budget] { ends(place, budget) } else { i64::MIN });
        for budget in [0, 1] {
            let last = full[place][budget] && has_room[budget] > has_room[1 - budget];
            since[budget] = if waits && last { since[budget].or(Some(pair[0])) } else { None };
            if let Some(since) = since[budget] {
                bound[budget] += pair[1] - pair[0];
                longest[budget] = longest[budget].max(pair[1] - since);
            }
            assert!(!waits || full[place].contains(&true), "somebody waits at {} for nothing", pair[0]);
        }
    }
    for (kind, (bound, longest)) in kinds.into_iter().zip(bound.into_iter().zip(longest)) {
        let planned = plan.budgets.iter().find(|budget| budget.budget == kind).unwrap();
        assert!((planned.binding_seconds - bound as f64 / 1_000.0).abs() < 1e-3, "{kind}");
        let found = planned.longest_stretch.map(|stretch| stretch.to.millis() - stretch.from.millis());
        assert_eq!(found.unwrap_or(0), longest, "{kind}");
        assert!(longest > 0, "{kind} binds");
    }
}

/// A portfolio does not count those who wrote first.
#[test]
fn answers_use_no_place_of_a_portfolio() {
    let rules = r#"campaign reply { category utility when "Charged" send template t in "en" }"#;
    let providers = "[portfolio.p]\nusers_per_day = 2\n[provider.a]\nportfolio = \"p\"";
    let rulebook = Rulebook::builder().text("a.camp", rules).providers_text("a.toml", providers).build();
    let rulebook = rulebook.unwrap();
    let mut replay = Replay::new(&rulebook.compile()).with_holds();
    let event = |user: &str, name: &str, at: i64| {
        Record::Event(Event {
            user: user.into(),
            name: name.into(),
            at: Instant::from_seconds(at),
            id: None,
            properties: Default::default(),
        })
    };
    for (index, user) in ["a", "b", "c", "d"].into_iter().enumerate() {
        let phone = format!("+1215555014{index}");
        let known = [("phone", Value::text(&phone)), ("whatsapp", Value::Boolean(true))];
        let changes = known.map(|(name, value)| (name.into(), Some(value))).to_vec();
        replay.add(Record::Profile(ProfileUpdate { user: user.into(), at: None, changes }));
        if index < 2 {
            replay.add(event(user, "Message Received", 10));
        }
        replay.add(event(user, "Charged", 20 + index as i64));
    }
    let result = replay.run();
    assert_eq!((result.jobs.len(), result.answered.len(), result.holds.len()), (4, 2, 0));
    let plan = Plan::of(&rulebook, &result);
    let [portfolio] = &plan.budgets[..] else { panic!("{:?}", plan.budgets) };
    assert_eq!(result.summary.budgets[0].budget, Budget::Portfolio("p".into()));
    assert_eq!(
        portfolio.used.as_ref().map(|used| (used.count, used.at)),
        Some((2, Instant::from_seconds(23)))
    );
}

#[test]
fn a_plan_is_the_same_in_whatever_order_users_come() {
    let rules = r#"
        settings { throttle 2 per 10 minutes }
        campaign slow { priority 1 category utility when "Charged" throttle 1 per 7 minutes send template t in "en" }
        campaign fast { category utility when "Charged" valid 15 minutes send template t in "en" }"#;
    let rulebook = Rulebook::parse("a.camp", rules).unwrap();
    let planned = |users: Vec<u32>| {
        let mut replay =
            Replay::new(&rulebook.compile()).ending(Some(Instant::from_seconds(9_000))).with_holds();
        for user in users {
            let name = format!("user {user}");
            let known = [
                ("phone", Value::text(&format!("+1215555{user:04}"))),
                ("whatsapp", Value::Boolean(user % 5 > 0)),
            ];
            let changes = known.map(|(name, value)| (name.into(), Some(value))).to_vec();
            replay.add(Record::Profile(ProfileUpdate { user: name.as_str().into(), at: None, changes }));
            replay.add(Record::Event(Event {
                user: name.as_str().into(),
                name: "Charged".into(),
                at: Instant::from_seconds(i64::from(user % 3) * 100),
                id: None,
                properties: Default::default(),
            }));
        }
        let plan = Plan::of(&rulebook, &replay.run());
        assert!(plan.total.held > 20 && !plan.total.ended_in_line.is_empty());
        serde_json::to_string(&plan).unwrap()
    };
    assert_eq!(planned((0..40).collect()), planned((0..40).rev().collect()));
}

#[test]
fn nothing_has_a_plan_too() {
    let rulebook = Rulebook::parse("a.camp", "settings { throttle 1 per second }").unwrap();
    let plan = Plan::of(&rulebook, &Replay::new(&rulebook.compile()).with_holds().run());
    assert_eq!((plan.total.qualified, plan.hours.len(), plan.providers.len()), (0, 0, 0));
    assert_eq!(plan.total.wait, None);
    fits(&serde_json::to_value(&plan).unwrap(), &schema(), &schema(), "plan");
}

#[test]
fn what_is_printed_fits_the_schema() {
    let (_, _, plan) = christmas();
    let schema = schema();
    let value = serde_json::to_value(plan).unwrap();
    fits(&value, &schema, &schema, "plan");
    let mut wrong = value;
    wrong["hours"][0]["line"] = serde_json::json!("none");
    assert!(std::panic::catch_unwind(|| fits(&wrong, &schema, &schema, "plan")).is_err());
}

fn schema() -> serde_json::Value {
    serde_json::to_value(Document::Plan.schema()).unwrap()
}

/// As much of JSON Schema as ours uses: references, types, properties, items, values of enums.
fn fits(value: &serde_json::Value, schema: &serde_json::Value, root: &serde_json::Value, place: &str) {
    use serde_json::Value;
    if let Some(name) = schema["$ref"].as_str() {
        let definition = &root["$defs"][name.rsplit('/').next().unwrap()];
        assert!(definition.is_object(), "{place}: no {name}");
        return fits(value, definition, root, place);
    }
    for key in ["anyOf", "oneOf"] {
        if let Some(any) = schema[key].as_array() {
            let fits_one =
                any.iter().any(|one| std::panic::catch_unwind(|| fits(value, one, root, place)).is_ok());
            assert!(fits_one, "{place}: {value} fits none of {any:?}");
            return;
        }
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_u64() || number.is_i64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let is = types.is_empty() || types.contains(&kind) || (kind == "integer" && types.contains(&"number"));
    assert!(is, "{place}: {value} is no {types:?}");
    if let (Some(items), Some(values)) = (schema.get("items"), value.as_array()) {
        values.iter().for_each(|value| fits(value, items, root, &format!("{place}[]")));
    }
    let Some(object) = value.as_object() else { return };
    for name in schema["required"].as_array().into_iter().flatten() {
        assert!(object.contains_key(name.as_str().unwrap()), "{place}: no {name}");
    }
    for (name, value) in object {
        let place = format!("{place}.{name}");
        match (schema["properties"].get(name), schema.get("additionalProperties")) {
            (Some(of), _) => fits(value, of, root, &place),
            (None, Some(of)) if of.is_object() => fits(value, of, root, &place),
            _ => panic!("{place} is not in the schema"),
        }
    }
}

/// The page of a plan, by way of the room that draws it.
fn page(plan: &Plan) -> String {
    campanile::report::plan_page(plan, "What <b>cdnow</b> & \"friends\" will send").unwrap()
}

#[test]
fn the_page_is_well_formed_and_needs_nothing_else() {
    let (_, _, plan) = christmas();
    let html = page(plan);
    assert_eq!(html, page(plan), "byte for byte");
    well_formed(&html);
    for from_elsewhere in [
        "http",
        "src=",
        "href",
        "url(",
        "@import",
        "<script",
        "<link",
        "<iframe",
        "<img",
        "<object",
        "javascript:",
        "onclick",
    ] {
        // The one word that forbids it all.
        let html = html.replace("http-equiv", "");
        assert!(!html.to_lowercase().contains(from_elsewhere), "{from_elsewhere}");
    }
    assert!(
        html.contains("<title>What &lt;b&gt;cdnow&lt;/b&gt; &amp; &quot;friends&quot; will send</title>")
    );
    // Charts for both widths, each with a name for those who do not see it, and its numbers below.
    let count = |what: &str| html.matches(what).count();
    assert_eq!(count("<svg role=\"img\" class=\"wide\""), count("<svg role=\"img\" class=\"narrow\""));
    assert_eq!(count("<svg "), count(" aria-label=\""));
    assert!(count("class=\"wide\"") >= 6, "{}", count("class=\"wide\""));
    assert!(count("<details>") >= 4);
    assert!(html.contains("prefers-color-scheme: dark") && html.contains("<meta name=\"color-scheme\""));
    // What is said is what was counted.
    let sent = plan.total.sent();
    let sent = if sent < 1_000 { sent.to_string() } else { format!("{},{:03}", sent / 1_000, sent % 1_000) };
    assert!(html.contains(&format!("<dt>messages</dt><dd>{sent}</dd>")), "{sent}");
    let cells: u64 = html
        .split("class=\"week\"")
        .nth(1)
        .unwrap()
        .split("</table>")
        .next()
        .unwrap()
        .split("<td title=\"")
        .skip(1)
        .map(|cell| cell.split(": ").nth(1).unwrap().split(' ').next().unwrap().replace(',', ""))
        .map(|number| number.parse::<u64>().unwrap())
        .sum();
    assert_eq!(cells, plan.total.sent());
}

#[test]
fn whatever_stands_in_a_name_is_text_on_the_page() {
    let title = "</style><script>alert('x')</script> \u{202e}";
    let rules = format!(
        "settings {{ throttle 1 per 1 hour }}\ncampaign a {title:?} {{ category utility when \"A\" send template t in \"en\" }}"
    );
    let rules = rules.replace("\\u{202e}", "\u{202e}");
    let rulebook = Rulebook::parse("a.camp", &rules).unwrap_or_else(|error| panic!("{error}"));
    let plan = Plan::of(&rulebook, &Replay::new(&rulebook.compile()).with_holds().run());
    let html = page(&plan);
    well_formed(&html);
    assert!(!html.contains("<script") && !html.contains('\u{202e}'));
    assert!(html.contains("&lt;/style&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"), "{html}");
    assert!(html.contains("No message is due"));
}

/// Every element that is opened is closed in its turn, attributes are quoted and stand once, and no bare sign is left in text.
fn well_formed(html: &str) {
    let void = ["meta", "br", "img", "input", "hr"];
    let attribute = regex::Regex::new(r#"^\s+([a-z][a-z0-9-]*|viewBox)="([^"<]*)""#).unwrap();
    let entity = regex::Regex::new(r"&(amp|lt|gt|quot|#39);").unwrap();
    let mut open: Vec<&str> = Vec::new();
    let mut rest = html.strip_prefix("<!DOCTYPE html>\n").unwrap();
    while let Some(at) = rest.find('<') {
        let (text, tag) = rest.split_at(at);
        let is_style = open.last() == Some(&"style");
        assert!(is_style || !text.contains('>'), "a bare sign in {text:?}");
        assert_eq!(text.matches('&').count(), entity.find_iter(text).count(), "{text:?}");
        if let Some(closing) = tag.strip_prefix("</") {
            let (name, after) = closing.split_once('>').unwrap();
            assert_eq!(open.pop(), Some(name), "before {}", &after[..after.len().min(60)]);
            rest = after;
            continue;
        }
        let tag = &tag[1..];
        let name = &tag[..tag.find(|c: char| !c.is_ascii_alphanumeric()).unwrap()];
        let mut inside = &tag[name.len()..];
        let mut names = BTreeSet::new();
        while let Some(found) = attribute.captures(inside) {
            assert!(names.insert(found[1].to_owned()), "{name} has {} twice", &found[1]);
            assert_eq!(found[2].matches('&').count(), entity.find_iter(&found[2]).count());
            inside = &inside[found[0].len()..];
        }
        let (end, after) = inside.split_once('>').unwrap();
        assert!(end.is_empty() || end == "/", "{name}: {end:?}");
        if end.is_empty() && !void.contains(&name) {
            open.push(name);
        }
        rest = after;
    }
    assert_eq!(open, Vec::<&str>::new());
}
