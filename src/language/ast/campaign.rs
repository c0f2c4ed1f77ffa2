//! A campaign: its clauses, and those of them that are about when and how often.

use chrono::{NaiveDate, NaiveTime};

use super::*;
use crate::model::{Category, Duration, Percent};

/// `campaign cart_rescue "Cart rescue" { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct Campaign {
    /// Its name.
    pub name: Ident,
    /// Its title for people.
    pub title: Option<Spanned<String>>,
    /// `provider meta_main`
    pub provider: Option<Ident>,
    /// `category marketing`
    pub category: Option<Spanned<Category>>,
    /// When users qualify. Required.
    pub trigger: Option<Spanned<Trigger>>,
    /// `if …`: who qualifies.
    pub audience: Option<Audience>,
    /// `send …`, `split { … }`, `by … { … }`, `test { … }`: what they get. Required.
    pub message: Option<Delivery>,
    /// `wait 10 minutes`
    pub wait: Option<Spanned<Wait>>,
    /// `deliver 09:00..21:00 …`
    pub deliver: Option<Hours>,
    /// `valid 6 hours`
    pub valid: Option<Spanned<Duration>>,
    /// `unless "Charged" matching cart_id`, any number of times.
    pub unless: Vec<Unless>,
    /// `at most 1 per 3 days`, any number of times, and all hold.
    pub at_most: Vec<Cap>,
    /// `throttle 100 per 5 minutes`: of this campaign.
    pub throttle: Option<Throttle>,
    /// `limit 10_000 users`, `limit 500 users per day`, any number of times, and all hold.
    pub limits: Vec<Limit>,
    /// `safety stop if audience > 50_000`
    pub safety_stop: Option<SafetyStop>,
    /// `ignore caps`: neither the account's caps nor its gap hold for this campaign.
    pub ignore_caps: Option<Span>,
    /// `control group none`, `control group vip_control`
    pub control: Option<ControlChoice>,
    /// `holdout 5%`
    pub holdout: Option<Spanned<Percent>>,
    /// `goal "Charged" within 3 days, revenue amount`
    pub goal: Option<Goal>,
    /// `stop at 2026-11-08 20:00`
    pub stop: Option<StopAt>,
    /// `run from 2026-11-01 to 2026-12-31`
    pub run: Option<Run>,
    /// `priority 10`; 0 when absent, larger goes first.
    pub priority: Option<Spanned<i32>>,
    /// The whole block.
    pub span: Span,
}

/// `if <condition> [at trigger only]`
#[derive(Debug, Clone, PartialEq)]
pub struct Audience {
    /// Who is in it.
    pub condition: Condition,
    /// True unless `at trigger only` is written: the condition is asked again when the message falls due.
    pub recheck: bool,
    /// The whole clause.
    pub span: Span,
}

/// `wait 10 minutes`, `wait 2 calendar days`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// Exactly so long.
    Exact(Duration),
    /// So many days later at the same wall clock in the user's zone.
    CalendarDays(u32),
}

/// `unless "Charged" [where …] [matching cart_id]`
#[derive(Debug, Clone, PartialEq)]
pub struct Unless {
    /// What cancels the message while it is pending.
    pub pattern: EventPattern,
    /// It only counts with the trigger event's value of this property.
    pub matching: Option<Path>,
    /// As written.
    pub span: Span,
}

/// `run from 2026-11-01 to 2026-12-31`, both days in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The first day.
    pub from: Option<Spanned<NaiveDate>>,
    /// The last day.
    pub to: Option<Spanned<NaiveDate>>,
    /// As written.
    pub span: Span,
}

/// `limit 10_000 users`, `limit 500 users per day`, `limit 2_000 users per run`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// At most so many users; at least 1.
    pub users: Spanned<u32>,
    /// Over what.
    pub per: LimitPer,
    /// The whole clause.
    pub span: Span,
}

/// Over what a limit counts users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitPer {
    /// The whole campaign.
    Campaign,
    /// `per day`: a day of the account's zone.
    Day,
    /// `per run`: one occurrence of the schedule.
    Run,
}

/// `safety stop if audience > 50_000`: a run of the schedule whose audience is larger goes to nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SafetyStop {
    /// The largest audience that is still served.
    pub audience: Spanned<u32>,
    /// The whole clause.
    pub span: Span,
}

/// Which control group a campaign spares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ControlChoice {
    /// `control group none`: not even the account's.
    None(Span),
    /// `control group vip_control`: this one besides the account's.
    Named(Ident),
}

/// `goal "Charged" where amount > 0 within 3 days matching cart_id, revenue amount`
#[derive(Debug, Clone, PartialEq)]
pub struct Goal {
    /// What is to happen.
    pub pattern: EventPattern,
    /// How long after the message it counts.
    pub within: Spanned<Duration>,
    /// It only counts with the trigger event's value of this property.
    pub matching: Option<Path>,
    /// The property whose numbers are summed.
    pub revenue: Option<Path>,
    /// The whole clause.
    pub span: Span,
}

/// `stop at 2026-11-08 20:00 user time`: nothing is triggered or sent from then on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StopAt {
    /// The day.
    pub date: NaiveDate,
    /// The time of day.
    pub time: NaiveTime,
    /// In whose time; the account's when nothing is said.
    pub base: TimeBase,
    /// The whole clause.
    pub span: Span,
}
