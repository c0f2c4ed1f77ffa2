//! What is counted of messages (8.6), by names such as `c only sent`, so that one way of counting can be held against another.

use std::collections::BTreeMap;

use campanile::dispatch::Results;
use campanile::rulebook::{Campaign, Rulebook};

use crate::reference::{self, Counts};

/// Revenue is in millionths.
pub type Counted = BTreeMap<String, i128>;

const NAMES: [&str; 11] = [
    "sent",
    "accepted",
    "delivered",
    "read",
    "clicked",
    "replied",
    "failed",
    "converted",
    "converted_clicked",
    "converted_viewed",
    "revenue",
];

/// By the reference interpreter.
pub fn wanted(rulebook: &Rulebook, results: &BTreeMap<String, reference::Results>) -> Counted {
    let mut counted = Counted::new();
    for campaign in rulebook.campaigns() {
        let results = &results[&*campaign.name];
        for (variant, counts) in campaign.variants.iter().zip(&results.messages) {
            let Counts { sent, got, converted, converted_clicked, converted_viewed, revenue } = counts;
            let [accepted, delivered, read, clicked, replied, failed] = got;
            let counts = [sent, accepted, delivered, read, clicked, replied, failed, converted];
            let goals = [converted_clicked, converted_viewed];
            let counts = counts.into_iter().chain(goals).map(|count| i128::from(*count)).chain([*revenue]);
            enter(&mut counted, campaign, &variant.name, counts);
        }
        for (arm, spared) in [("control", &results.control), ("holdout", &results.holdout)] {
            spare(&mut counted, campaign, arm, spared.converted, spared.revenue);
        }
    }
    counted
}

/// By replay or the engine. Of messages of which nothing has gone out there need be none.
pub fn found(rulebook: &Rulebook, results: impl Fn(usize) -> Results) -> Counted {
    let mut counted = Counted::new();
    for (place, campaign) in rulebook.campaigns().iter().enumerate() {
        let results = results(place);
        for (place, variant) in campaign.variants.iter().enumerate() {
            let counts = results.message(place);
            let revenue = counts.revenue.millionths();
            let counts = [
                counts.sent,
                counts.accepted,
                counts.delivered,
                counts.read,
                counts.clicked,
                counts.replied,
                counts.failed,
                counts.converted,
                counts.converted_clicked,
                counts.converted_viewed,
            ];
            enter(&mut counted, campaign, &variant.name, counts.map(i128::from).into_iter().chain([revenue]));
        }
        for (arm, spared) in [("control", &results.control), ("holdout", &results.holdout)] {
            spare(&mut counted, campaign, arm, spared.converted, spared.revenue.millionths());
        }
    }
    counted
}

fn enter(counted: &mut Counted, campaign: &Campaign, variant: &str, counts: impl Iterator<Item = i128>) {
    for (name, count) in NAMES.iter().zip(counts) {
        *counted.entry(format!("{} {variant} {name}", campaign.name)).or_default() += count;
    }
}

fn spare(counted: &mut Counted, campaign: &Campaign, arm: &str, converted: u64, revenue: i128) {
    counted.insert(format!("{} {arm} converted", campaign.name), converted.into());
    counted.insert(format!("{} {arm} revenue", campaign.name), revenue);
}
