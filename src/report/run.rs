use std::collections::BTreeMap;

use serde::Serialize;
use serde::ser::SerializeMap;

use super::{BudgetCounts, counted, grouped, harmless};
use crate::dispatch::{MessageResults, Results, SparedResults, UnknownZones};
use crate::model::{Instant, OutcomeKind, Text};

/// How often a campaign (or all of them) triggered and qualified, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// Listed times that were past for a user when the run began; left out when there are none.
    #[serde(skip_serializing_if = "is_zero")]
    pub past: u64,
    /// Triggers that fired.
    pub triggered: u64,
    /// Of these, the users who were in the audience.
    pub qualified: u64,
    /// What became of the qualified.
    pub outcomes: OutcomeCounts,
}

/// How often each outcome came, in the order of [`OutcomeKind::ALL`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OutcomeCounts([u64; OutcomeKind::ALL.len()]);

impl OutcomeCounts {
    /// How often an outcome came.
    pub fn get(&self, kind: OutcomeKind) -> u64 {
        OutcomeKind::ALL.iter().zip(self.0).find(|(known, _)| **known == kind).map_or(0, |(_, count)| count)
    }

    /// Counts an outcome so many times more.
    pub fn add(&mut self, kind: OutcomeKind, times: u64) {
        if let Some((_, count)) = OutcomeKind::ALL.iter().zip(&mut self.0).find(|(known, _)| **known == kind)
        {
            *count += times;
        }
    }

    /// The outcomes that came, in the order of decisions.
    pub fn occurring(&self) -> impl Iterator<Item = (OutcomeKind, u64)> {
        OutcomeKind::ALL.into_iter().zip(self.0).filter(|(_, count)| *count > 0)
    }

    /// All of them together.
    pub fn sum(&self) -> u64 {
        self.0.iter().sum()
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Serialize for OutcomeCounts {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (kind, count) in self.occurring() {
            map.serialize_entry(kind.name(), &count)?;
        }
        map.end()
    }
}

impl Counts {
    /// Takes in another's counts.
    pub fn add(&mut self, other: &Counts) {
        self.past += other.past;
        self.triggered += other.triggered;
        self.qualified += other.qualified;
        for (kind, count) in other.outcomes.occurring() {
            self.outcomes.add(kind, count);
        }
    }
}

/// One campaign's row of the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CampaignCounts {
    /// The campaign's name.
    pub campaign: Text,
    /// Its title for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    /// Its counts.
    #[serde(flatten)]
    pub counts: Counts,
    /// What became of its messages; none where no receipt and no goal event told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub results: Option<CampaignResults>,
}

/// What became of a campaign's messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CampaignResults {
    /// By the name of the message: `only`, where there is one.
    pub messages: BTreeMap<Text, MessageResults>,
    /// The users in a control group.
    pub control: SparedResults,
    /// The users in the holdout.
    pub holdout: SparedResults,
}

impl CampaignResults {
    /// The results as they are shown, if there is anything to show.
    pub fn new(results: &Results) -> Option<CampaignResults> {
        let messages = results.messages().iter().cloned();
        let spared = [&results.control, &results.holdout];
        let told = results.messages().iter().any(MessageResults::tell_anything)
            || spared.iter().any(|spared| **spared != SparedResults::default());
        told.then(|| CampaignResults {
            messages: messages.map(|message| ("only".into(), message)).collect(),
            control: results.control.clone(),
            holdout: results.holdout.clone(),
        })
    }
}

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct InputCounts {
    /// Events that were read, duplicates among them.
    pub events: u64,
    /// Profile records that were read, and statements about numbers.
    pub profiles: u64,
    /// Statements about templates; left out when there are none.
    #[serde(skip_serializing_if = "is_zero")]
    pub templates: u64,
    /// Rows that could not be read.
    pub rejected: u64,
    /// Rows that are neither events nor profiles, such as Segment's `page` calls.
    pub ignored: u64,
    /// Events whose id their user had brought before; the first counts.
    pub duplicates: u64,
    /// Values that did not fit the schema and count as missing.
    pub unfit_values: u64,
    /// Users of whom anything is known.
    pub users: u64,
    /// Users whose profile names no time zone that is known; left out when there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown_time_zones: Option<UnknownTimeZones>,
}

/// Users who live by the account's clock because their profile's words for their time zone mean none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnknownTimeZones {
    /// How many.
    pub users: u64,
    /// The words that most of them have, by the number of users, at most ten.
    pub names: Vec<UnknownTimeZone>,
    /// How many further words there are; left out when there are none.
    #[serde(skip_serializing_if = "is_zero")]
    pub more: u64,
}

/// Words for a time zone that mean none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnknownTimeZone {
    /// The words.
    pub name: Text,
    /// How many users have them.
    pub users: u64,
}

impl UnknownTimeZones {
    /// How many of the words are shown.
    const SHOWN: usize = 10;

    /// What is to be shown of them, if there are any.
    pub fn new(unknown: &UnknownZones) -> Option<UnknownTimeZones> {
        let frequent = unknown.most_frequent(UnknownTimeZones::SHOWN).into_iter();
        let names: Vec<_> = frequent.map(|(name, users)| UnknownTimeZone { name, users }).collect();
        let more = unknown.len().saturating_sub(names.len()) as u64;
        (!unknown.is_empty()).then(|| UnknownTimeZones { users: unknown.users(), names, more })
    }

    fn line(&self) -> String {
        let whose = if self.users == 1 { "has" } else { "have" };
        let names = self
            .names
            .iter()
            .map(|known| format!("`{}` {}", harmless(&shortened(&known.name)), grouped(known.users)));
        let mut names: Vec<String> = names.collect();
        if self.more > 0 {
            names.push(format!("and {} more", counted(self.more, "name")));
        }
        let users = counted(self.users, "user");
        format!("{users} {whose} an unknown time zone, and the account's instead: {}", names.join(", "))
    }
}

/// The beginning of words that are longer than any name.
fn shortened(words: &str) -> String {
    const LONGEST: usize = 40;
    match words.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", words.get(..end).unwrap_or_default()),
        None => words.to_owned(),
    }
}

/// The files that were written.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Files {
    /// The send jobs' file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jobs: Option<String>,
    /// The outcomes' file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcomes: Option<String>,
    /// The rejects' file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rejects: Option<String>,
}

/// What a run's time went into, in wall-clock seconds.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Phases {
    /// Files are read, and of each row it is found out what it does: columns are decoded and filters asked on all threads.
    pub read: f64,
    /// Rows are brought together by user, and users who share a number.
    pub group: f64,
    /// Users are run, on all threads.
    pub run: f64,
    /// What was decided is brought into its order.
    pub merge: f64,
    /// Jobs and outcomes are written.
    pub write: f64,
}

/// All that a run ends with: the table's rows and totals, what was read, how long it took.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunReport {
    /// The campaigns in rulebook order.
    pub campaigns: Vec<CampaignCounts>,
    /// Their sums.
    pub total: Counts,
    /// What throttles and providers' budgets held back; left out when that is nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub budgets: Vec<BudgetCounts>,
    /// What was read.
    pub input: InputCounts,
    /// The first instant of the run; none when there was nothing to run.
    pub from: Option<Instant>,
    /// The instant before which the run ended; none when there was nothing to run.
    pub to: Option<Instant>,
    /// Wall-clock seconds from the first byte read to the last one written.
    pub seconds: f64,
    /// Events read in each of these seconds.
    pub events_per_second: u64,
    /// What the time went into.
    pub phases: Phases,
    /// The most memory that was held at once, where the system tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peak_memory_bytes: Option<u64>,
    /// The files that were written.
    pub files: Files,
}

/// To the millisecond.
pub fn seconds(elapsed: std::time::Duration) -> f64 {
    (elapsed.as_secs_f64() * 1_000.0).round() / 1_000.0
}

impl RunReport {
    /// The campaigns with their sums; the rest is filled in by who knows it.
    pub fn new(campaigns: Vec<CampaignCounts>, input: InputCounts) -> RunReport {
        let mut total = Counts::default();
        for campaign in &campaigns {
            total.add(&campaign.counts);
        }
        RunReport {
            campaigns,
            total,
            budgets: Vec::new(),
            input,
            from: None,
            to: None,
            seconds: 0.0,
            events_per_second: 0,
            phases: Phases::default(),
            peak_memory_bytes: None,
            files: Files::default(),
        }
    }

    /// The same with the time that it took.
    #[must_use]
    pub fn taking(mut self, elapsed: std::time::Duration) -> RunReport {
        self.seconds = seconds(elapsed);
        let rate = self.input.events as f64 / elapsed.as_secs_f64().max(1e-6);
        self.events_per_second = rate.round() as u64;
        self
    }

    /// The campaigns whose outcomes are not as many as their qualified users: there must be none.
    pub fn out_of_balance(&self) -> impl Iterator<Item = &CampaignCounts> {
        self.campaigns.iter().filter(|campaign| campaign.counts.qualified != campaign.counts.outcomes.sum())
    }

    /// The lines below the table: what budgets held back, what was read, and how fast.
    pub fn closing(&self) -> String {
        let input = &self.input;
        let mut lines: Vec<String> = self.budgets.iter().map(BudgetCounts::line).collect();
        lines.push(format!(
            "{} read, {} rejected, {} absorbed, {}",
            counted(input.events, "event"),
            grouped(input.rejected),
            counted(input.duplicates, "duplicate"),
            counted(input.unfit_values, "unfit value"),
        ));
        let mut who =
            format!("{}, {}", counted(input.users, "user"), counted(input.profiles, "profile record"));
        if input.templates > 0 {
            who.push_str(&format!(", {}", counted(input.templates, "template statement")));
        }
        if input.ignored > 0 {
            who.push_str(&format!(", {} neither events nor profiles", counted(input.ignored, "row")));
        }
        lines.push(who);
        lines.extend(input.unknown_time_zones.as_ref().map(UnknownTimeZones::line));
        lines.push(format!(
            "{:.2} seconds, {} per second",
            self.seconds,
            counted(self.events_per_second, "event")
        ));
        let written = [
            ("jobs", &self.files.jobs),
            ("outcomes", &self.files.outcomes),
            ("rejects", &self.files.rejects),
        ];
        let written: Vec<String> = written
            .into_iter()
            .filter_map(|(what, file)| Some((what, file.as_deref()?)))
            .map(|(what, file)| match file {
                "-" => format!("{what} on standard output"),
                file => format!("{what} in {}", harmless(file)),
            })
            .collect();
        if !written.is_empty() {
            lines.push(written.join(", "));
        }
        lines.join("\n") + "\n"
    }
}
