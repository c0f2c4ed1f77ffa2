//! A rulebook as it was written, clause by clause: what two versions are compared and spliced by.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use crate::language::ast::Item;
use crate::language::{Sources, Span, outline, without_places};
use crate::model::Text;
use crate::rulebook::Rulebook;

/// One version of the rules. Tests beside them are left out: no run takes notice of them.
#[derive(Debug)]
pub(super) struct Version {
    pub rulebook: Rulebook,
    /// The clauses of the settings.
    pub settings: Vec<Clause>,
    pub events: IndexMap<String, Block>,
    pub profile: Option<Block>,
    pub lists: IndexMap<String, Span>,
    pub segments: IndexMap<String, Block>,
    /// In the order of the rulebook.
    pub campaigns: Vec<Written>,
}

/// A clause of the settings or of a campaign.
#[derive(Debug)]
pub(super) struct Clause {
    /// What messages call it: `` `wait` ``.
    pub name: &'static str,
    /// The name that it gives to something: a control group's.
    pub defines: Option<String>,
    pub span: Span,
    pub text: String,
    /// Equal for clauses that say the same, however they are laid out.
    pub shape: String,
}

/// A block that is taken as a whole.
#[derive(Debug)]
pub(super) struct Block {
    pub span: Span,
    pub text: String,
    /// Equal for blocks that say the same.
    pub shape: String,
}

/// A campaign.
#[derive(Debug)]
pub(super) struct Written {
    pub name: Text,
    /// Where its name stands.
    pub name_span: Span,
    /// The whole block.
    pub span: Span,
    /// Its title as written, with the quotes.
    pub title: Option<String>,
    pub clauses: Vec<Clause>,
}

impl Version {
    pub(super) fn of(rulebook: &Rulebook) -> Version {
        let sources = rulebook.sources();
        let mut version = Version {
            rulebook: rulebook.clone(),
            settings: Vec::new(),
            events: IndexMap::new(),
            profile: None,
            lists: IndexMap::new(),
            segments: IndexMap::new(),
            campaigns: Vec::new(),
        };
        for file in rulebook.rule_files().iter().copied() {
            let (parsed, outlined) = outline(sources, file);
            let mut clauses: BTreeMap<Span, Vec<Clause>> = BTreeMap::new();
            for clause in outlined {
                clauses.entry(clause.block).or_default().push(Clause {
                    name: clause.name,
                    defines: clause.defines,
                    span: clause.span,
                    text: sources.slice(clause.span).to_owned(),
                    shape: clause.shape,
                });
            }
            for item in parsed.items {
                version.add(sources, item, &mut clauses);
            }
        }
        version
    }

    fn add(&mut self, sources: &Sources, item: Item, clauses: &mut BTreeMap<Span, Vec<Clause>>) {
        let mut clauses = |block: Span| clauses.remove(&block).unwrap_or_default();
        let block = |span: Span, shape: String| Block { span, text: sources.slice(span).to_owned(), shape };
        match item {
            Item::Settings(settings) => self.settings = clauses(settings.span),
            Item::Event(event) => {
                let shape = without_places(&event.fields);
                self.events.insert(event.name.node, block(event.span, shape));
            }
            Item::Profile(profile) => {
                self.profile = Some(block(profile.span, without_places(&profile.fields)));
            }
            Item::List(list) => drop(self.lists.insert(list.name.node, list.span)),
            Item::Segment(segment) => {
                let shape = without_places(&segment.condition);
                self.segments.insert(segment.name.node, block(segment.span, shape));
            }
            Item::Campaign(campaign) => self.campaigns.push(Written {
                name: campaign.name.node.as_str().into(),
                name_span: campaign.name.span,
                span: campaign.span,
                title: campaign.title.as_ref().map(|title| sources.slice(title.span).to_owned()),
                clauses: clauses(campaign.span),
            }),
            Item::Test(_) => {}
        }
    }
}
