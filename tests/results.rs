//! What became of a campaign's messages: receipts and goals, the same in replay and in the engine.
#![cfg(test)]

use campanile::live::Engine;
use campanile::model::{Event, Instant, NumberConsent, ProfileUpdate, Properties, Record, Value};
use campanile::replay::Replay;
use campanile::rulebook::Rulebook;

fn at(time: &str) -> Instant {
    Instant::parse(&format!("2026-11-03T{time}Z")).unwrap()
}

fn event(user: &str, name: &str, time: &str, properties: &[(&str, Value)]) -> Record {
    let properties: Properties =
        properties.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    Record::Event(Event { user: user.into(), name: name.into(), at: at(time), id: None, properties })
}

fn reachable(user: &str, number: &str) -> Record {
    let changes =
        vec![("phone".into(), Some(Value::text(number))), ("whatsapp".into(), Some(Value::Boolean(true)))];
    Record::Profile(ProfileUpdate { user: user.into(), at: None, changes })
}

/// The results of the first campaign as text, of replay; the engine's are the same.
fn results(rules: &str, records: &[Record]) -> String {
    let rulebook = Rulebook::parse("results.camp", rules).unwrap_or_else(|error| panic!("{error}"));
    let mut replay = Replay::new(&rulebook.compile()).ending(Some(at("23:00:00")));
    records.iter().for_each(|record| replay.add(record.clone()));
    let found = replay.run().summary.campaigns[0].results.clone();

    let mut engine = Engine::in_memory(rulebook.compile());
    engine.ingest(records.iter().cloned()).unwrap();
    engine.advance(at("22:59:59")).unwrap();
    assert_eq!(engine.tally().results(0), Some(&found));
    let messages = found.messages().iter().map(|message| format!("{message:?}"));
    messages.chain([format!("{:?} {:?}", found.control, found.holdout)]).collect::<Vec<_>>().join("\n")
}

#[test]
fn receipts_belong_to_the_job_that_they_name_or_to_the_campaigns_last() {
    let campaign = [("campaign", Value::text("c"))];
    let found = results(
        "campaign c { when \"Asked\" send template t }",
        &[
            reachable("a", "+919820012345"),
            event("a", "Asked", "10:00:00", &[]),
            // At the due instant the message has not gone yet.
            event("a", "Message Sent", "10:00:00", &campaign),
            event("a", "Message Delivered", "10:00:01", &campaign),
            event("a", "Notification Delivered", "10:00:02", &campaign),
            event("a", "Asked", "11:00:00", &[]),
            event("a", "Message Clicked", "11:00:01", &campaign),
            event("a", "Message Failed", "11:00:02", &[("campaign", Value::text("d"))]),
            event("b", "Message Read", "11:00:02", &campaign),
        ],
    );
    assert!(
        found.starts_with(
            "MessageResults { sent: 2, accepted: 0, delivered: 1, read: 1, clicked: 1, replied: 0, failed: 0"
        ),
        "{found}"
    );
}

#[test]
fn a_goal_converts_the_last_job_before_it_once() {
    let amount =
        |amount: f64| [("amount", Value::Number(campanile::model::Number::from_f64(amount).unwrap()))];
    let clicked = [("campaign", Value::text("c"))];
    let found = results(
        "campaign c { when \"Asked\" goal \"Charged\" within 2 hours, revenue amount send template t }",
        &[
            reachable("a", "+919820012345"),
            event("a", "Charged", "09:00:00", &amount(1.0)),
            event("a", "Asked", "10:00:00", &[]),
            event("a", "Message Clicked", "10:30:00", &clicked),
            event("a", "Charged", "11:00:00", &amount(10.1)),
            event("a", "Charged", "11:30:00", &amount(0.2)),
            event("a", "Charged", "12:00:00", &amount(100.0)),
            event("a", "Asked", "13:00:00", &[]),
            event("a", "Charged", "13:00:00.001", &amount(1.0)),
        ],
    );
    assert!(
        found.contains("converted: 2, converted_clicked: 1, converted_viewed: 0, revenue: Money(11300000)"),
        "{found}"
    );
}

#[test]
fn who_was_spared_is_counted_apart() {
    let found = results(
        "campaign c { when \"Asked\" holdout 99% goal \"Charged\" within 1 day matching cart_id send template t }",
        &[
            event("a", "Asked", "10:00:00", &[("cart_id", Value::text("c1"))]),
            event("a", "Charged", "11:00:00", &[("cart_id", Value::text("c2"))]),
            event("a", "Charged", "12:00:00", &[("cart_id", Value::text("c1"))]),
            event("a", "Charged", "13:00:00", &[]),
        ],
    );
    assert_eq!(
        found,
        "SparedResults { converted: 0, revenue: Money(0) } SparedResults { converted: 1, revenue: Money(0) }"
    );
}

#[test]
fn numbers_that_are_nobodys_change_nothing() {
    let said = NumberConsent { number: "+919820099999".into(), at: None, blocked: true };
    let records =
        [Record::Number(said), reachable("a", "+919820012345"), event("a", "Asked", "10:00:00", &[])];
    assert!(results("campaign c { when \"Asked\" send template t }", &records).contains("sent: 1"));
}
