//! A shop's log, made by a fixed sequence, and campaigns that read it: for the benches that go through a whole log.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a bench that cannot go on has failed")]

use campanile::model::{Event, Instant, ProfileUpdate, Properties, Record, Text, Value};
use campanile::rulebook::Rulebook;

/// So many users the log has; their profiles come first.
pub const USERS: u64 = 100_000;
const START: i64 = 1_767_225_600_000; // 2026-01-01
const MONTH: i64 = 30 * 86_400_000;

const NAMES: [&str; 12] = [
    "App Launched",
    "Product Viewed",
    "Search",
    "Added To Cart",
    "Charged",
    "Wishlist",
    "Removed From Cart",
    "Category Viewed",
    "Coupon Applied",
    "Review Written",
    "Support Opened",
    "Shared",
];
const CATEGORIES: [&str; 6] = ["electronics", "fashion", "home", "toys", "books", "shoes"];

/// Numbers that look random and are the same everywhere (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % limit
    }
}

/// Everybody's profile, and so many events of a month, in order.
pub fn log(events: u64) -> Vec<Record> {
    let mut numbers = Numbers(42);
    let users: Vec<Text> = (0..USERS).map(|user| format!("user{user:06}").into()).collect();
    let names = NAMES.map(Text::from);
    let (cart, amount, category): (Text, Text, Text) = ("cart_id".into(), "amount".into(), "category".into());
    let categories = CATEGORIES.map(Value::text);
    let mut event = |index: u64| {
        let user = numbers.below(USERS) as usize;
        let properties: Properties = [
            (cart.clone(), Value::integer(numbers.below(3) as i64)),
            (amount.clone(), Value::integer(numbers.below(2_000) as i64)),
            (category.clone(), categories[numbers.below(6) as usize].clone()),
        ]
        .into_iter()
        .collect();
        Record::Event(Event {
            user: users[user].clone(),
            // The later names are rarer, as they are in shops.
            name: names[(numbers.below(12) * numbers.below(12) / 11) as usize].clone(),
            at: Instant::from_millis(START + (MONTH as u64 * index / events) as i64),
            id: None,
            properties,
        })
    };
    let events: Vec<Record> = (0..events).map(&mut event).collect();
    let profile = |(number, user): (usize, &Text)| {
        Record::Profile(ProfileUpdate {
            user: user.clone(),
            at: None,
            changes: vec![
                ("phone".into(), Some(Value::text(&format!("+9198200{number:05}")))),
                ("whatsapp".into(), Some(Value::Boolean(true))),
                ("tz".into(), Some(Value::text("Asia/Kolkata"))),
            ],
        })
    };
    users.iter().enumerate().map(profile).chain(events).collect()
}

/// Distinct campaigns of five kinds, with other thresholds and names each.
pub fn rules(campaigns: usize) -> String {
    let mut text = String::from(
        "settings { timezone \"Asia/Kolkata\" quiet hours 21:00..09:00 user time, hold cap 3 per 7 days control group 3% }\n",
    );
    for index in 0..campaigns {
        let amount = 1_000 + index * 7;
        let category = CATEGORIES[index % 6];
        let other = NAMES[5 + index % 7];
        text.push_str(&match index % 5 {
            0 => format!(
                "campaign c{index} {{ when \"Added To Cart\" where amount >= {amount} \
                 then no \"Charged\" within 2 hours matching cart_id \
                 send template reminder {{ body \"{{{{ event.amount }}}}\" }} \
                 at most 1 per 3 days unless \"Charged\" matching cart_id }}\n"
            ),
            1 => format!(
                "campaign c{index} {{ when \"Charged\" where (amount >= {amount} and category = \"{category}\") \
                 if did \"Charged\" at least 2 times in last 30 days send template thanks wait 10 minutes }}\n"
            ),
            2 => format!(
                "campaign c{index} {{ when \"Product Viewed\" where (category = \"{category}\" and amount > {amount}) \
                 if did \"Product Viewed\" where category = \"{category}\" at least {} times in last 7 days \
                 and did not \"Charged\" in last 14 days \
                 send template interest deliver 10:00..20:00 user time, else hold valid 1 day }}\n",
                3 + index % 4
            ),
            3 => format!(
                "campaign c{index} {{ when \"{other}\" if did not \"Charged\" in last {} days \
                 and did \"App Launched\" at least 3 times \
                 send template back holdout 5% at most 1 per 30 days }}\n",
                7 + index % 20
            ),
            _ => format!(
                "campaign c{index} {{ when \"Search\" where category in [\"{category}\", \"books\"] \
                 then no \"Product Viewed\" within {} minutes \
                 send template search unless \"Charged\" at most 1 per 7 days }}\n",
                10 + index
            ),
        });
    }
    text
}

pub fn rulebook(campaigns: usize) -> Rulebook {
    Rulebook::parse("bench.camp", &rules(campaigns)).expect("the bench's rules are sound")
}
