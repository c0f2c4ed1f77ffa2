//! Campaigns in plain sentences, for a reviewer who reads no code: who qualifies, what they get, when, what stops it and what limits
//! it. What holds when nothing is said is said here.
//!
//! Total over the syntax tree: every `match` names every variant, so what is new in the language cannot be left out.

mod campaign;
mod condition;
mod filter;
mod layout;
mod message;
mod trigger;
mod words;

use serde::Serialize;

use crate::language::ast::TimeBase;
use crate::rulebook::Rulebook;

/// Campaigns in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Description {
    /// The campaigns, in the rulebook's order.
    pub campaigns: Vec<CampaignDescription>,
    /// What holds for all of them.
    pub throughout: Vec<Tree>,
}

/// One campaign in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CampaignDescription {
    /// Its name.
    pub name: String,
    /// Its title for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What is to be said of it, in the order of what happens.
    pub sections: Vec<Section>,
}

/// What is to be said of one side of a campaign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Section {
    /// Of which: `When`, `Who`, `What` …
    pub about: &'static str,
    /// The sentences.
    pub sentences: Vec<Tree>,
}

/// A sentence, and what it is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tree {
    /// The sentence.
    pub text: String,
    /// How far it stands to the right of what is around it.
    #[serde(skip)]
    depth: usize,
    /// Its parts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Tree>,
}

impl Tree {
    pub(super) const fn leaf(text: String) -> Tree {
        Tree { text, depth: 0, parts: Vec::new() }
    }

    fn of(text: &str, parts: impl Iterator<Item = Tree>) -> Tree {
        Tree { text: text.to_owned(), depth: 0, parts: parts.collect() }
    }

    fn deeper(mut self) -> Tree {
        self.depth = 1;
        self
    }
}

impl Description {
    /// The campaigns of a rulebook; those of these names only, if there are any.
    pub fn of(rulebook: &Rulebook, names: &[String]) -> Description {
        let chosen = rulebook
            .campaigns()
            .iter()
            .filter(|campaign| names.is_empty() || names.iter().any(|name| **name == *campaign.name));
        let campaigns = chosen.map(|campaign| Writer::new(rulebook).campaign(campaign)).collect();
        Description { campaigns, throughout: Writer::new(rulebook).throughout() }
    }
}

/// Writes one campaign.
struct Writer<'r> {
    rulebook: &'r Rulebook,
    /// The segments that were mentioned, in order, each once.
    mentioned: Vec<String>,
}

impl<'r> Writer<'r> {
    const fn new(rulebook: &'r Rulebook) -> Writer<'r> {
        Writer { rulebook, mentioned: Vec::new() }
    }

    fn mention(&mut self, segment: &str) {
        if !self.mentioned.iter().any(|known| known == segment) {
            self.mentioned.push(segment.to_owned());
        }
    }

    fn account_zone(&self) -> &'static str {
        self.rulebook.settings().zone.name()
    }

    /// Whose clock and calendar a stretch of time goes by.
    fn zone(&self, user_time: bool) -> String {
        self.base(if user_time { &TimeBase::User } else { &TimeBase::Account })
    }

    fn base(&self, base: &TimeBase) -> String {
        match base {
            TimeBase::Account => format!("in {}", self.account_zone()),
            TimeBase::User => format!("in the user's own time zone, else {}", self.account_zone()),
            TimeBase::Named(name) => format!("in {}", name.node),
        }
    }
}
