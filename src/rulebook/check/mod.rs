//! Everything that can be known to be wrong before a rule runs.
//!
//! One pass over the tables that never stops at a mistake. A finding that would only follow from another is not made: a
//! name that a broken block declares is taken as known, and nothing is asked of the kind of an unknown property.

mod behaviour;
mod campaign;
mod condition;
mod delivery;
mod filter;
mod hours;
mod items;
mod message;
mod place;
mod property;
mod provider;
mod segments;
mod sense;
mod sequence;
mod settings;
mod test;
mod trigger;

use std::collections::BTreeSet;

use indexmap::IndexMap;

use super::door::Door;
use super::providers::Found;
use super::tables::Tables;
use super::tests::RuleTest;
use super::{Campaign, Settings, UserList, codes};
use crate::calendar::Zone;
use crate::language::ast::TimeBase;
use crate::language::{Diagnostic, Sources, Span, Spanned, suggest};
use crate::message::Templates;
use crate::model::Providers;

/// What the check makes of the tables; to be used only when no finding is an error.
#[derive(Debug)]
pub(super) struct Checked {
    pub settings: Settings,
    pub providers: Providers,
    pub campaigns: Vec<Campaign>,
    pub tests: Vec<RuleTest>,
    /// Converts what comes in to what the schemas declare.
    pub door: Door,
}

/// Checks everything. Lists are those that the host gives or that were read.
pub(super) fn check(
    sources: &Sources,
    tables: &Tables,
    lists: &IndexMap<String, UserList>,
    templates: Option<&Templates>,
    declared: Found,
    findings: &mut Vec<Diagnostic>,
) -> Checked {
    let mut checker = Checker {
        sources,
        tables,
        lists,
        templates,
        providers: None,
        findings,
        zone: Zone::utc(),
        quiet_open: true,
        used_segments: BTreeSet::new(),
        used_lists: BTreeSet::new(),
    };
    let settings = checker.settings();
    checker.providers = declared.read(sources, &settings.zone, checker.findings);
    for segment in tables.segments.values().chain(&tables.repeated_segments) {
        checker.condition(&segment.condition);
    }
    checker.segments_in_themselves();
    let campaigns = tables.campaigns.values().filter_map(|campaign| checker.campaign(campaign)).collect();
    for campaign in &tables.repeated_campaigns {
        checker.campaign(campaign);
    }
    checker.unused();
    checker.sense();
    let door = Door::new(tables, settings.zone);
    let tests = tables.tests.iter().map(|test| checker.test_block(test, &door)).collect();
    checker.tests_of_one_name();
    let providers = checker.providers.unwrap_or_default();
    Checked { settings, providers, campaigns, tests, door }
}

/// The pass: what it looks things up in, and what it has found.
struct Checker<'a> {
    sources: &'a Sources,
    tables: &'a Tables,
    lists: &'a IndexMap<String, UserList>,
    templates: Option<&'a Templates>,
    /// None when what declares them cannot be used: then of their names nothing can be said.
    providers: Option<Providers>,
    findings: &'a mut Vec<Diagnostic>,
    /// The account's zone; UTC when the rules name none that is known.
    zone: Zone,
    /// False when quiet hours never end: then no campaign is told so again.
    quiet_open: bool,
    used_segments: BTreeSet<&'a str>,
    used_lists: BTreeSet<&'a str>,
}

impl Checker<'_> {
    fn report(&mut self, finding: Diagnostic) {
        self.findings.push(finding);
    }

    /// The zone of a name; a finding when there is none such.
    fn named_zone(&mut self, name: &Spanned<String>) -> Option<Zone> {
        match Zone::named(&name.node) {
            Ok(zone) => {
                if Zone::means_another(zone.name())
                    && let Some(place) = Zone::find(zone.name())
                {
                    let message = format!("the clocks of `{zone}` are never changed");
                    let help = format!("write `{place}`, which is what users' data mean by it");
                    self.report(
                        Diagnostic::warning(codes::UNCHANGED_CLOCKS, name.span, message).with_help(help),
                    );
                }
                Some(zone)
            }
            Err(unknown) => {
                let finding = Diagnostic::error(codes::UNKNOWN_ZONE, name.span, unknown.to_string());
                self.report(finding.with_help(unknown.help()));
                None
            }
        }
    }

    /// The zone that a time base names, if it names one.
    fn base_zone(&mut self, base: &TimeBase) -> Option<Zone> {
        match base {
            TimeBase::Named(name) => self.named_zone(name),
            TimeBase::Account | TimeBase::User => None,
        }
    }

    /// The text of a piece of the source on one line, as a help text can quote it.
    fn quoted(&self, span: Span) -> Option<&str> {
        let text = self.sources.slice(span);
        (!text.is_empty() && !text.contains('\n')).then_some(text)
    }

    /// The place of a piece of a quoted text. Bytes can be counted only where the text stands as it is, without escapes:
    /// else it is the place of the whole.
    fn inside(&self, text: &Spanned<String>, piece: std::ops::Range<usize>) -> Span {
        let bytes = u32::try_from(piece.start).ok().zip(u32::try_from(piece.end).ok());
        match bytes {
            Some((start, end))
                if self.sources.slice(text.span) == format!("\"{}\"", text.node) && start < end =>
            {
                let first = text.span.start.saturating_add(1);
                Span { start: first.saturating_add(start), end: first.saturating_add(end), ..text.span }
            }
            _ => text.span,
        }
    }
}

/// The finding that a name is unknown, with the nearest known one.
fn unknown<'n>(
    code: crate::language::Code,
    name: &Spanned<String>,
    message: String,
    nouns: &str,
    known: impl Iterator<Item = &'n str> + Clone,
    none_declared: &str,
) -> Diagnostic {
    let help = suggest(&name.node, nouns, known).unwrap_or_else(|| none_declared.to_owned());
    Diagnostic::error(code, name.span, message).with_help(help)
}
