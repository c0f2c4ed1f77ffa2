//! What the files declare, by name, each name once.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use indexmap::map::Entry;

use super::codes;
use crate::language::ast::{
    Campaign, EventSchema, Item, ListDeclaration, ProfileSchema, Segment, Settings, TestBlock,
};
use crate::language::{Code, Diagnostic, ItemKind, Sources, Span, Unread};

/// All declarations of a rulebook. Where a name is declared twice, the first counts.
#[derive(Debug, Default)]
pub(super) struct Tables {
    pub settings: Option<Settings>,
    pub profile: Option<ProfileSchema>,
    pub events: IndexMap<String, EventSchema>,
    pub lists: IndexMap<String, ListDeclaration>,
    pub segments: IndexMap<String, Segment>,
    pub campaigns: IndexMap<String, Campaign>,
    /// In the order of the sources; two may have the same name.
    pub tests: Vec<TestBlock>,
    /// Second segments and campaigns of a name: never used, but the mistakes within them are findings too.
    pub repeated_segments: Vec<Segment>,
    pub repeated_campaigns: Vec<Campaign>,
    pub broken: Broken,
}

/// What is declared by blocks that the reader could not read. To call these names unknown would only repeat its finding.
#[derive(Debug, Default)]
pub(super) struct Broken {
    pub segments: BTreeSet<String>,
    pub lists: BTreeSet<String>,
    pub events: BTreeSet<String>,
    pub campaigns: BTreeSet<String>,
    pub profile: bool,
    /// The blocks of which something could not be read, and where the reader found mistakes.
    pub places: Vec<Span>,
}

impl Broken {
    /// Notes what a block would have declared.
    pub fn note(&mut self, unread: Unread, sources: &Sources) {
        self.places.push(unread.span);
        // Of a block of unknown kind, the second word is most likely its name.
        let second = || sources.slice(unread.span).split_whitespace().nth(1).unwrap_or("").trim_matches('"');
        let name = unread.name.unwrap_or_else(|| second().to_owned());
        match unread.kind {
            Some(ItemKind::Segment) => drop(self.segments.insert(name)),
            Some(ItemKind::List) => drop(self.lists.insert(name)),
            Some(ItemKind::Event) => drop(self.events.insert(name)),
            Some(ItemKind::Profile) => self.profile = true,
            Some(ItemKind::Campaign) => drop(self.campaigns.insert(name)),
            Some(ItemKind::Settings | ItemKind::Test) => {}
            // It may be any of them.
            None => {
                self.segments.insert(name.clone());
                self.lists.insert(name.clone());
                self.campaigns.insert(name.clone());
                self.events.insert(name);
            }
        }
    }

    /// True when something of a block could not be read.
    pub fn is(&self, block: Span) -> bool {
        let touches = |place: &Span| {
            place.file == block.file
                && place.start < block.end
                && block.start < place.end.max(place.start + 1)
        };
        self.places.iter().any(touches)
    }
}

/// Sorts the items into tables and reports what is declared twice.
pub(super) fn gather(items: Vec<Item>, findings: &mut Vec<Diagnostic>) -> Tables {
    let mut tables = Tables::default();
    for item in items {
        match item {
            Item::Settings(settings) => match &tables.settings {
                None => tables.settings = Some(settings),
                Some(first) => findings.push(
                    twice(
                        codes::SECOND_SETTINGS,
                        head(settings.span, "settings"),
                        head(first.span, "settings"),
                        "a second `settings` block",
                    )
                    .with_help(
                        "a rulebook has one `settings` block, for the whole account: put both into one",
                    ),
                ),
            },
            Item::Profile(profile) => match &tables.profile {
                None => tables.profile = Some(profile),
                Some(first) => findings.push(
                    twice(
                        codes::SECOND_PROFILE,
                        head(profile.span, "profile"),
                        head(first.span, "profile"),
                        "a second `profile` block",
                    )
                    .with_help("a rulebook has one `profile` block: put the properties of both into one"),
                ),
            },
            Item::Event(event) => match tables.events.entry(event.name.node.clone()) {
                Entry::Vacant(entry) => drop(entry.insert(event)),
                Entry::Occupied(entry) => findings.push(
                    named_twice(
                        codes::SAME_EVENT,
                        "event",
                        &event.name.node,
                        event.name.span,
                        entry.get().name.span,
                    )
                    .with_help("put the properties of both into one block"),
                ),
            },
            Item::List(list) => match tables.lists.entry(list.name.node.clone()) {
                Entry::Vacant(entry) => drop(entry.insert(list)),
                Entry::Occupied(entry) => findings.push(
                    named_twice(
                        codes::SAME_LIST,
                        "list",
                        &list.name.node,
                        list.name.span,
                        entry.get().name.span,
                    )
                    .with_help("give one of them another name"),
                ),
            },
            Item::Segment(segment) => match tables.segments.entry(segment.name.node.clone()) {
                Entry::Vacant(entry) => drop(entry.insert(segment)),
                Entry::Occupied(entry) => {
                    findings.push(
                        named_twice(
                            codes::SAME_SEGMENT,
                            "segment",
                            &segment.name.node,
                            segment.name.span,
                            entry.get().name.span,
                        )
                        .with_help("give one of them another name"),
                    );
                    tables.repeated_segments.push(segment);
                }
            },
            Item::Campaign(campaign) => match tables.campaigns.entry(campaign.name.node.clone()) {
                Entry::Vacant(entry) => drop(entry.insert(*campaign)),
                Entry::Occupied(entry) => {
                    findings.push(
                        named_twice(
                            codes::SAME_CAMPAIGN,
                            "campaign",
                            &campaign.name.node,
                            campaign.name.span,
                            entry.get().name.span,
                        )
                        .with_help(
                            "give one of them another name: the name is part of every job's id, so no two may share it",
                        ),
                    );
                    tables.repeated_campaigns.push(*campaign);
                }
            },
            Item::Test(test) => tables.tests.push(*test),
        }
    }
    tables
}

fn named_twice(code: Code, noun: &str, name: &str, second: Span, first: Span) -> Diagnostic {
    twice(code, second, first, &format!("a second {noun} `{name}`"))
}

fn twice(code: Code, second: Span, first: Span, what: &str) -> Diagnostic {
    Diagnostic::error(code, second, what).with_secondary(first, "the first is here")
}

/// The word with which a block begins: enough to point at.
pub(super) fn head(block: Span, word: &str) -> Span {
    let length = u32::try_from(word.len()).unwrap_or(0);
    Span { end: block.end.min(block.start.saturating_add(length)), ..block }
}
