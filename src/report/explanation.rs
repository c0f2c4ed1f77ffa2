//! An explanation on a terminal: short, and only what is needed to see why.

use super::{Colours, harmless};
use crate::explain::{
    AtInstant, Attempt, Cause, Clause, Evidence, Explanation, Occurrence, Row, Times, Verdict,
};

/// An explanation, drawn. Of occurrences no more than the latest `most` are shown.
pub fn explanation(explained: &Explanation, most: usize, colours: Colours) -> String {
    let mut drawing = Drawing::new(explained, colours);
    drawing.in_full = most == usize::MAX;
    if let Some(then) = &explained.then {
        drawing.then(then);
    }
    let shown = explained.occurrences.len().saturating_sub(most);
    if shown > 0 {
        drawing.line(0, &colours.dim(&format!("{shown} earlier occurrences; `--all` shows them")));
        drawing.text.push('\n');
    }
    for occurrence in explained.occurrences.iter().skip(shown) {
        drawing.occurrence(occurrence);
    }
    if explained.occurrences.is_empty() {
        drawing.never(explained);
    }
    drawing.text.truncate(drawing.text.trim_end().len());
    drawing.text.push('\n');
    drawing.text
}

/// A condition with its parts, drawn below something else.
pub(super) fn clause(clause: &Clause, times: Times, indent: usize, colours: Colours) -> String {
    let mut drawing = Drawing { text: String::new(), times, colours, in_full: false };
    drawing.clause(clause, indent);
    drawing.text
}

/// Why, drawn below a line of a test: the deciding step, and the conditions where they decided.
pub(super) fn why(explained: &Explanation, indent: usize, colours: Colours) -> String {
    let mut drawing =
        Drawing { text: String::new(), times: Times(*explained.zone()), colours, in_full: false };
    for occurrence in &explained.occurrences {
        drawing.line(indent, &drawing.triggered(occurrence));
        drawing.ended(occurrence, indent + 2);
    }
    for attempt in &explained.attempts {
        drawing.attempt(attempt, indent);
    }
    if explained.occurrences.is_empty() && explained.attempts.is_empty() {
        drawing.line(indent, &explained.short());
    }
    drawing.text
}

struct Drawing {
    text: String,
    times: Times,
    colours: Colours,
    /// Conditions are drawn also where something else decided.
    in_full: bool,
}

impl Drawing {
    fn new(explained: &Explanation, colours: Colours) -> Drawing {
        let mut drawing =
            Drawing { text: String::new(), times: Times(*explained.zone()), colours, in_full: false };
        let title = explained.title.as_ref().map(|title| format!(" \"{title}\"")).unwrap_or_default();
        let who = format!("{} · {}{title}", explained.user, explained.campaign);
        drawing.line(0, &colours.bold(&harmless(&who)));
        let run = format!(
            "the log from {} to {}, times of {}",
            drawing.times.say(explained.from),
            drawing.times.say_end(explained.to),
            explained.time_zone
        );
        drawing.line(0, &colours.dim(&run));
        drawing.text.push('\n');
        drawing
    }

    fn line(&mut self, indent: usize, text: &str) {
        self.text.push_str(&" ".repeat(indent));
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn mark(&self, holds: bool) -> String {
        if holds { self.colours.green("✓") } else { self.colours.red("✗") }
    }

    fn then(&mut self, then: &AtInstant) {
        let at = self.times.say(then.at);
        match &then.audience {
            _ if !then.known => self.line(0, &format!("at {at}: before the user's first record")),
            None => self.line(0, &format!("at {at}: in the audience, which is everyone")),
            Some(audience) => {
                let is = if audience.holds { "in the audience" } else { "not in the audience" };
                self.line(0, &format!("{} at {at}: {is}", self.mark(audience.holds)));
                self.line(2, &harmless(&audience.short()));
                self.clause(audience, 2);
            }
        }
        self.text.push('\n');
    }

    fn triggered(&self, occurrence: &Occurrence) -> String {
        let at = self.times.say(occurrence.at);
        match &occurrence.cause {
            Cause::Event { name, id, at: happened, after } => {
                let id = id.as_ref().map(|id| format!(" #{id}")).unwrap_or_default();
                let since = match *happened == occurrence.at {
                    true => String::new(),
                    false => format!(" of {}", self.times.say(*happened)),
                };
                let after = after.as_ref().map(|after| {
                    let id = after.id.as_ref().map(|id| format!(" #{id}")).unwrap_or_default();
                    format!(" after \"{}\"{id} of {}", after.event, self.times.say(after.at))
                });
                let after = after.unwrap_or_default();
                harmless(&format!("{at}  triggered by \"{name}\"{id}{since}{after}")).into_owned()
            }
            _ => format!("{at}  triggered by the clock, {}", harmless(&wall_clock(&occurrence.occurrence))),
        }
    }

    fn occurrence(&mut self, occurrence: &Occurrence) {
        let text = self.triggered(occurrence);
        let text = self.colours.bold(&text);
        self.line(0, &text);
        self.ended_in_full(occurrence, 2);
        self.text.push('\n');
    }

    /// How it ended, with the tree of every question that was asked.
    fn ended_in_full(&mut self, occurrence: &Occurrence, indent: usize) {
        self.verdict(occurrence, indent);
        let requalified = occurrence.audience_when_due.as_ref().is_none_or(|clause| clause.holds);
        let elsewhere = occurrence.qualified && requalified && occurrence.verdict() != Verdict::Sent;
        if elsewhere && !self.in_full {
            if let Some(audience) = &occurrence.audience {
                let held = format!("the audience held: {}", harmless(&audience.short()));
                self.line(indent, &self.colours.dim(&held));
            }
            return;
        }
        if let Some(audience) = &occurrence.audience {
            self.line(indent, &self.colours.dim("the audience, as the trigger fired"));
            self.clause(audience, indent + 2);
        }
        let Some(audience) = &occurrence.audience_when_due else { return };
        if occurrence.audience.as_ref().is_some_and(|before| alike(before, audience)) {
            self.line(indent, &self.colours.dim("the audience, when the message was due: the same"));
        } else {
            self.line(indent, &self.colours.dim("the audience, when the message was due"));
            self.clause(audience, indent + 2);
        }
    }

    /// How it ended, with the tree of the question that ended it.
    fn ended(&mut self, occurrence: &Occurrence, indent: usize) {
        self.verdict(occurrence, indent);
        let decisive = match (&occurrence.audience, &occurrence.audience_when_due) {
            (Some(audience), _) if !occurrence.qualified => Some(audience),
            (_, Some(audience)) if !audience.holds => Some(audience),
            (Some(audience), _) if occurrence.verdict() == Verdict::Sent => Some(audience),
            _ => None,
        };
        if let Some(audience) = decisive {
            self.clause(audience, indent);
        }
    }

    fn verdict(&mut self, occurrence: &Occurrence, indent: usize) {
        let Some(outcome) = &occurrence.outcome else {
            let mark = self.mark(false);
            self.line(indent, &format!("{mark} not in the audience"));
            return;
        };
        let mark = match occurrence.verdict() {
            Verdict::Sent => self.colours.green("✓"),
            Verdict::Open => self.colours.yellow("…"),
            Verdict::NotSent => self.colours.red("✗"),
        };
        let mut said = format!("{mark} {}", self.colours.bold(outcome.outcome.name()));
        match (&occurrence.job, &occurrence.step) {
            (Some(job), _) => {
                let message = match job.content.template() {
                    Some(template) => format!("{} in {}", template.name, template.language.code),
                    None => "no template".to_owned(),
                };
                let what = format!(" at {}: {message} to {}", self.times.say(job.due), job.to);
                said.push_str(&harmless(&what));
            }
            (None, Some(step)) => {
                said.push_str(&format!(
                    " at {}: {}",
                    self.times.say(outcome.decided_at),
                    harmless(&step.finding)
                ));
                if let Some(place) = &step.place {
                    said.push_str(&self.colours.dim(&format!("  {place}")));
                }
            }
            (None, None) => {}
        }
        self.line(indent, &said);
    }

    fn never(&mut self, explained: &Explanation) {
        let said = if explained.known { "never triggered" } else { "there is no record of this user" };
        let mark = self.mark(false);
        self.line(0, &format!("{mark} {}", self.colours.bold(said)));
        for attempt in &explained.attempts {
            self.attempt(attempt, 2);
        }
    }

    fn attempt(&mut self, attempt: &Attempt, indent: usize) {
        let place = self.colours.dim(&format!("  {}", attempt.place));
        let mark = self.mark(false);
        self.line(indent, &format!("{mark} {}{place}", harmless(&attempt.finding)));
        if let Some(filter) = &attempt.filter {
            self.clause(filter, indent + 2);
        }
    }

    fn clause(&mut self, clause: &Clause, indent: usize) {
        let mark = self.mark(clause.holds);
        if let Some(row) = clause.row {
            let said = if row == Row::All { "all of" } else { "one of" };
            self.line(indent, &format!("{mark} {said}"));
            clause.parts.iter().for_each(|part| self.clause(part, indent + 2));
            return;
        }
        // What `not` turns round says what was found: one line is enough for both.
        let shown = match clause.parts.as_slice() {
            [part] if part.row.is_none() && clause.text.starts_with("not") => part,
            _ => clause,
        };
        let mut finding = match shown.finding.as_str() {
            "" => String::new(),
            finding => format!(": {}", self.colours.bold(&harmless(finding))),
        };
        if let Some(turns) = clause.turns_at.filter(|_| shown.parts.is_empty()) {
            let turns = self.times.say(turns);
            let said =
                if clause.holds { format!(" (until {turns})") } else { format!(" (true from {turns})") };
            finding.push_str(&self.colours.dim(&said));
        }
        let place = self.colours.dim(&format!("  {}", clause.place));
        self.line(indent, &format!("{mark} {}{finding}{place}", harmless(&clause.text)));
        const MOST: usize = 4;
        let skipped = shown.evidence.len().saturating_sub(MOST);
        let hidden = shown.evidence_count.saturating_sub(shown.evidence.len() - skipped);
        if hidden > 0 {
            self.line(indent + 4, &self.colours.dim(&format!("{hidden} earlier")));
        }
        for evidence in shown.evidence.iter().skip(skipped) {
            self.line(indent + 4, &self.evidence(evidence));
        }
        shown.parts.iter().for_each(|part| self.clause(part, indent + 2));
    }

    fn evidence(&self, evidence: &Evidence) -> String {
        let id = evidence.id.as_ref().map(|id| format!(" #{id}")).unwrap_or_default();
        let mut said = format!("{} \"{}\"{id}", self.times.say(evidence.at), evidence.event);
        for seen in &evidence.properties {
            said.push_str(&format!(", {} {}", seen.name, crate::explain::value_in_words(&seen.value)));
        }
        self.colours.dim(&harmless(&said))
    }
}

/// `2026-11-08T10:00:00 user time` as rules write it: `2026-11-08 10:00 user time`.
fn wall_clock(occurrence: &str) -> String {
    let Some((day, rest)) = occurrence.split_once('T') else { return occurrence.to_owned() };
    let rest = match rest.split_once(' ') {
        Some((time, whose)) => format!("{} {whose}", time.strip_suffix(":00").unwrap_or(time)),
        None => rest.to_owned(),
    };
    format!("{day} {rest}")
}

/// True when two askings of one condition came to the same in every clause.
fn alike(a: &Clause, b: &Clause) -> bool {
    a.holds == b.holds
        && a.evidence_count == b.evidence_count
        && a.parts.len() == b.parts.len()
        && a.parts.iter().zip(&b.parts).all(|(a, b)| alike(a, b))
}
