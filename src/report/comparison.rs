//! Two versions of the rules side by side, for people.

use std::collections::BTreeSet;

use super::{Colours, counted, grouped, harmless};
use crate::calendar::Zone;
use crate::difference::{
    CampaignDifference, Cause, Difference, JobCounts, Kind, Presence, RuleChange, Sample, State, Wording,
};
use crate::explain::Times;
use crate::model::OutcomeKind;

/// So many lines of a clause are shown.
const LINES: usize = 8;

/// So many changes behind no sample, and reasons of a campaign, are listed.
const LISTED: usize = 10;

/// What two versions of the rules make of one log, drawn; times are those of the zone.
pub fn comparison(difference: &Difference, zone: Zone, colours: Colours) -> String {
    let shown = BTreeSet::new();
    let mut drawing = Drawing { text: String::new(), times: Times(zone), colours, difference, shown };
    drawing.head();
    for campaign in difference.campaigns.iter().filter(|campaign| campaign.differs()) {
        drawing.text.push('\n');
        drawing.campaign(campaign);
    }
    drawing.without_effect();
    drawing.text
}

struct Drawing<'d> {
    text: String,
    times: Times,
    colours: Colours,
    difference: &'d Difference,
    /// The changes whose words have been shown: once is enough.
    shown: BTreeSet<usize>,
}

impl Drawing<'_> {
    fn line(&mut self, indent: usize, text: &str) {
        self.text.push_str(&" ".repeat(indent));
        self.text.push_str(text.trim_end());
        self.text.push('\n');
    }

    fn head(&mut self) {
        let all = &self.difference.campaigns;
        let differing = all.iter().filter(|campaign| campaign.differs()).count() as u64;
        let mut sum = JobCounts::default();
        let mut others = 0;
        for campaign in all {
            let jobs = &campaign.jobs;
            sum.added += jobs.added;
            sum.removed += jobs.removed;
            sum.moved_earlier += jobs.moved_earlier;
            sum.moved_later += jobs.moved_later;
            sum.changed += jobs.changed;
            sum.same += jobs.same;
            others += campaign.other_outcomes;
        }
        let said = if self.difference.differs {
            let of = format!("{} of {}", grouped(differing), counted(all.len() as u64, "campaign"));
            let verb = if differing == 1 { "differs" } else { "differ" };
            format!("{of} {verb}: {}", counts(&sum, others))
        } else {
            let campaigns = counted(all.len() as u64, "campaign");
            format!("nothing differs: {campaigns}, {}", counted(sum.same, "job"))
        };
        let said = self.colours.bold(&said);
        self.line(0, &said);
        if self.difference.from < self.difference.to {
            let (from, to) = (self.times.say(self.difference.from), self.times.say_end(self.difference.to));
            let users = counted(self.difference.users, "user");
            let run = self.colours.dim(&format!("the log from {from} to {to}, {users}"));
            self.line(0, &run);
        }
    }

    fn campaign(&mut self, campaign: &CampaignDifference) {
        let name = self.colours.bold(&harmless(&campaign.campaign));
        let note = match (campaign.presence, &campaign.renamed_from) {
            (Presence::New, _) => " (new)".to_owned(),
            (Presence::Old, _) => " (gone)".to_owned(),
            (Presence::Both, Some(name)) => {
                format!(" (called {} before: all of its jobs have other ids)", harmless(name))
            }
            (Presence::Both, None) => String::new(),
        };
        self.line(0, &format!("{name}{note}: {}", counts(&campaign.jobs, campaign.other_outcomes)));
        for reason in campaign.reasons.iter().take(LISTED) {
            let outcome = |outcome: Option<OutcomeKind>| outcome.map_or("not qualified", OutcomeKind::name);
            let count = grouped(reason.count);
            self.line(2, &format!("{count:>6}  {} → {}", outcome(reason.was), outcome(reason.is)));
        }
        if let Some(more) = campaign.reasons.len().checked_sub(LISTED).filter(|more| *more > 0) {
            self.line(2, &format!("        … and {}", counted(more as u64, "rarer reason")));
        }
        // Samples of one cause stand together, those of the most frequent first.
        let mut groups: Vec<(&[Cause], Vec<&Sample>)> = Vec::new();
        for sample in &campaign.samples {
            match groups.iter_mut().find(|(causes, _)| *causes == &sample.causes[..]) {
                Some((_, samples)) => samples.push(sample),
                None => groups.push((&sample.causes, vec![sample])),
            }
        }
        groups.sort_by_key(|(_, samples)| std::cmp::Reverse(samples.len()));
        for (causes, samples) in groups {
            self.causes(campaign, causes);
            for sample in samples {
                self.sample(sample);
            }
        }
    }

    fn causes(&mut self, campaign: &CampaignDifference, causes: &[Cause]) {
        let indent = match causes {
            [] => {
                self.line(2, "no cause was found");
                2
            }
            [cause] if cause.changes.len() == 1 => 2,
            [_] => {
                self.line(2, "only together:");
                4
            }
            [first, ..] if first.fields.is_empty() => {
                self.line(2, "each of these alone:");
                4
            }
            _ => {
                self.line(2, "each its own part:");
                4
            }
        };
        for cause in causes {
            let fields = match &cause.fields[..] {
                [] => String::new(),
                fields => format!("{}: ", fields.join(", ")),
            };
            for change in &cause.changes {
                self.change(campaign, *change, &fields, indent);
            }
        }
    }

    fn change(&mut self, campaign: &CampaignDifference, index: usize, fields: &str, indent: usize) {
        let Some(change) = self.difference.changes.get(index) else { return };
        let place = change.place().map(|place| format!("  {place}")).unwrap_or_default();
        let other = change.campaign.as_ref().filter(|name| **name != campaign.campaign);
        let of = other.map(|name| format!(" of {name}")).unwrap_or_default();
        let note = match (&change.old, &change.new) {
            (None, _) => " (new)",
            (_, None) => " (gone)",
            _ => "",
        };
        let what = harmless(&format!("{fields}{}{of}{note}", change.what)).into_owned();
        let place = self.colours.dim(&harmless(&place));
        self.line(indent, &format!("{what}{place}"));
        // A whole campaign is too much to be shown, and is found at its place.
        if change.what == "the campaign" || !self.shown.insert(index) {
            return;
        }
        let text = |wording: &Option<Wording>| {
            wording.as_ref().map(|wording| wording.text.as_str()).unwrap_or_default().to_owned()
        };
        let (old, new) = (text(&change.old), text(&change.new));
        let (old, new) = differing_lines(&old, &new);
        self.wording('-', &old, indent + 2);
        self.wording('+', &new, indent + 2);
    }

    fn wording(&mut self, sign: char, lines: &[&str], indent: usize) {
        let indents = |line: &&str| line.len() - line.trim_start().len();
        // A clause's own first line stands without its indentation, which the others have.
        let below = lines.iter().filter(|line| !line.trim().is_empty() && indents(line) > 0);
        let margin = below.map(indents).min().unwrap_or(0);
        for line in lines.iter().take(LINES) {
            let line = line.get(margin.min(indents(line))..).unwrap_or_default();
            let text = format!("{sign} {}", harmless(line.trim_end()));
            let text = if sign == '-' { self.colours.red(&text) } else { self.colours.green(&text) };
            self.line(indent, &text);
        }
        if let Some(more) = lines.len().checked_sub(LINES).filter(|more| *more > 0) {
            self.line(indent, &format!("  … and {}", counted(more as u64, "more line")));
        }
    }

    fn sample(&mut self, sample: &Sample) {
        let (was, is) = (self.state(sample.was.as_ref()), self.state(sample.is.as_ref()));
        let due = |state: &Option<State>| {
            let job = state.as_ref().and_then(|state| state.job.as_ref());
            job.map(|job| self.times.say(job.due)).unwrap_or_default()
        };
        let (word, said) = match sample.kind {
            Kind::Added => ("added", format!("{is}; was {was}")),
            Kind::Removed => ("removed", format!("{is}; was {was}")),
            Kind::MovedEarlier => ("earlier", format!("due {}; was {}", due(&sample.is), due(&sample.was))),
            Kind::MovedLater => ("later", format!("due {}; was {}", due(&sample.is), due(&sample.was))),
            Kind::Changed => ("changed", is),
            Kind::Outcome => ("outcome", format!("{is}; was {was}")),
        };
        let other: Vec<String> = sample
            .fields
            .iter()
            .filter(|field| **field != "due")
            .map(|field| self.field(sample, field))
            .collect();
        let other = if other.is_empty() { String::new() } else { format!("; {}", other.join(", ")) };
        let said = harmless(&format!("{said}{other}")).into_owned();
        self.line(6, &format!("{word:8} {}  {said}", harmless(&sample.user)));
    }

    /// What became of a qualification, in a few words.
    fn state(&self, state: Option<&State>) -> String {
        let Some(state) = state else { return "not qualified".to_owned() };
        match &state.job {
            Some(job) => format!("due {}", self.times.say(job.due)),
            None => {
                let detail = state.detail.as_ref().map(|detail| format!(": {}", self.times.local(detail)));
                let at = self.times.say(state.decided_at);
                format!("{} at {at}{}", state.outcome.name(), detail.unwrap_or_default())
            }
        }
    }

    /// A field of a job that is different, with both values where they are short.
    fn field(&self, sample: &Sample, field: &str) -> String {
        let job = |state: &Option<State>| state.as_ref().and_then(|state| state.job.clone());
        let template = |state: &Option<State>| {
            let content = job(state)?.content;
            content.template().map(|template| format!("{} in {}", template.name, template.language.code))
        };
        if field == "template" || field == "message" {
            return match (template(&sample.was), template(&sample.is)) {
                (Some(was), Some(is)) if was == is => format!("other values of {is}"),
                (Some(was), Some(is)) => format!("template {was} → {is}"),
                _ => "another message".to_owned(),
            };
        }
        let value = |state: &Option<State>| {
            let job = job(state)?;
            let json = serde_json::to_value(&job).ok()?;
            match json.get(field) {
                None => Some("none".to_owned()),
                Some(serde_json::Value::String(text)) => Some(self.times.local(text)),
                Some(_) => None,
            }
        };
        match (value(&sample.was), value(&sample.is)) {
            (Some(was), Some(is)) => format!("{field} {was} → {is}"),
            _ => format!("another {field}"),
        }
    }

    /// What the rules say differently without anything coming of it, as far as the log and the samples show.
    fn without_effect(&mut self) {
        let idle: Vec<&RuleChange> =
            self.difference.changes.iter().filter(|change| change.samples == 0).collect();
        let sought = !self.difference.differs
            || self.difference.campaigns.iter().any(|campaign| !campaign.samples.is_empty());
        if idle.is_empty() || !sought {
            return;
        }
        self.text.push('\n');
        let said = match self.difference.differs {
            true => "the rules differ here too, and no sample hangs on it",
            false => "the rules differ, but nothing comes of it in this log",
        };
        self.line(0, said);
        for change in idle.iter().take(LISTED) {
            let of = change.campaign.as_ref().map(|name| format!(" of {name}")).unwrap_or_default();
            let place = change.place().map(|place| format!("  {place}")).unwrap_or_default();
            let place = self.colours.dim(&harmless(&place));
            let what = harmless(&format!("{}{of}", change.what)).into_owned();
            self.line(2, &format!("{what}{place}"));
        }
        if let Some(more) = idle.len().checked_sub(LISTED).filter(|more| *more > 0) {
            self.line(2, &format!("… and {more} more"));
        }
    }
}

/// `40 jobs added, 12 removed, 9 later, 1,140 the same`
fn counts(jobs: &JobCounts, other_outcomes: u64) -> String {
    let all = [
        (jobs.added, "added"),
        (jobs.removed, "removed"),
        (jobs.moved_earlier, "earlier"),
        (jobs.moved_later, "later"),
        (jobs.changed, "changed"),
    ];
    let mut said: Vec<String> = Vec::new();
    for (count, word) in all.into_iter().filter(|(count, _)| *count > 0) {
        let count = if said.is_empty() { counted(count, "job") } else { grouped(count) };
        said.push(format!("{count} {word}"));
    }
    let same = if said.is_empty() { counted(jobs.same, "job") } else { grouped(jobs.same) };
    said.push(format!("{same} the same"));
    if other_outcomes > 0 {
        said.push(format!("{} without a job", counted(other_outcomes, "other outcome")));
    }
    said.join(", ")
}

/// The lines of two texts without those at both ends that are the same.
fn differing_lines<'t>(old: &'t str, new: &'t str) -> (Vec<&'t str>, Vec<&'t str>) {
    let (mut old, mut new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let same = |(a, b): &(&&str, &&str)| a.trim() == b.trim();
    let before = old.iter().zip(&new).take_while(same).count();
    // Texts that are the same in all are shown as they are.
    if before < old.len().max(new.len()) {
        old.drain(..before);
        new.drain(..before);
        let after = old.iter().rev().zip(new.iter().rev()).take_while(same).count();
        old.truncate(old.len() - after);
        new.truncate(new.len() - after);
    }
    (old, new)
}
