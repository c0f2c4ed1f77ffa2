//! What will be sent when: a run counted by campaign, hour, provider and budget, before a single message is sent.
//!
//! The run is a [`Replay`](crate::Replay) like any other: what a plan counts is what would be sent. To be asked with
//! [`Replay::with_holds`](crate::Replay::with_holds), so that it knows who stands in line and for how long.

mod binding;
mod budgets;
mod campaigns;
mod ending;
mod full;
mod hours;
mod line;
mod peaks;
mod providers;

use serde::Serialize;

use crate::model::{Instant, Text};
use crate::replay::ReplayResult;
use crate::rulebook::Rulebook;

pub use budgets::{BudgetCampaign, BudgetHour, BudgetPlan, Stretch};
pub use campaigns::{CampaignPlan, Counts, Wait};
pub use ending::Ending;
pub use hours::HourPlan;
pub use peaks::{Peak, Peaks};
pub use providers::{Allowed, ProviderPlan};

/// What will be sent when.
///
/// Everything in it comes in an order of its own, so that one run has one plan, byte for byte.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Plan {
    /// The first instant that is planned.
    pub from: Instant,
    /// The first instant that no longer is.
    pub to: Instant,
    /// The account's time zone, in which hours are cut.
    pub time_zone: Text,
    /// All campaigns together.
    pub total: Counts,
    /// Each campaign, in the order of the rules.
    pub campaigns: Vec<CampaignPlan>,
    /// The hours in which anything is decided or anybody stands in line, in order.
    pub hours: Vec<HourPlan>,
    /// Jobs by weekday and hour of the users' own clocks: seven days from Monday, each with its 24 hours.
    pub local: Vec<Vec<u64>>,
    /// The providers: those that are declared, in that order, then others that campaigns name, by name; last those jobs that have none.
    pub providers: Vec<ProviderPlan>,
    /// What campaigns need room in, in the order in which they meet it: throttles, and what providers allow.
    pub budgets: Vec<BudgetPlan>,
}

impl Plan {
    /// Counts a run of these rules.
    ///
    /// # Example
    /// ```
    /// use campanile::model::{Event, Instant, OutcomeKind, ProfileUpdate, Record, Value};
    /// use campanile::{Replay, Rulebook, plan::Plan};
    /// let rulebook = Rulebook::parse("shop.camp", "
    ///     settings { timezone \"Asia/Kolkata\" }
    ///     campaign thanks { when \"Charged\" throttle 1 per 10 minutes send template thank_you }")?;
    /// let mut replay = Replay::new(&rulebook.compile()).with_holds();
    /// let at = Instant::parse("2026-11-03T10:00:00Z")?;
    /// for (user, phone) in [("asha", "+919820012345"), ("ravi", "+919820054321")] {
    ///     let known = [("phone", Value::text(phone)), ("whatsapp", Value::Boolean(true))];
    ///     let changes = known.map(|(name, value)| (name.into(), Some(value))).to_vec();
    ///     replay.add(Record::Profile(ProfileUpdate { user: user.into(), at: None, changes }));
    ///     let event = Event { user: user.into(), name: "Charged".into(), at, id: None, properties: Default::default() };
    ///     replay.add(Record::Event(event));
    /// }
    /// let result = replay.ending(Some(Instant::parse("2026-11-04T00:00:00Z")?)).run();
    /// let plan = Plan::of(&rulebook, &result);
    /// assert_eq!(plan.total.outcomes.get(&OutcomeKind::Sent), Some(&2));
    /// assert_eq!(plan.total.wait.as_ref().map(|wait| wait.longest_seconds), Some(600.0));
    /// assert_eq!(plan.hours[0].local, "2026-11-03T15:00", "the account's clock");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of(rulebook: &Rulebook, result: &ReplayResult) -> Plan {
        let summary = &result.summary;
        let zone = rulebook.settings().zone;
        let (total, campaigns) = campaigns::count(rulebook, result);
        let mut hours = hours::Hours::new(zone);
        hours.count(result);
        Plan {
            from: summary.from,
            to: summary.to,
            time_zone: zone.name().into(),
            total,
            budgets: budgets::count(rulebook, result, &campaigns),
            campaigns,
            local: hours::by_local_hour(&result.jobs),
            providers: providers::count(rulebook, &result.jobs),
            hours: hours.finish(),
        }
    }
}
