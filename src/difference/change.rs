//! What two versions of the rules say differently, each piece by itself.

use std::collections::{BTreeMap, BTreeSet};

use super::version::{Block, Clause, Version, Written};
use crate::language::{Sources, Span};

/// A campaign of both versions, or of one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair {
    /// Its place in the old rules.
    pub old: Option<usize>,
    /// Its place in the new ones.
    pub new: Option<usize>,
}

/// The smallest piece of the rules that can be taken from one version into the other.
#[derive(Debug)]
pub(super) struct Change {
    pub target: Target,
    pub old: Option<Piece>,
    pub new: Option<Piece>,
}

/// What is changed. Places are those of the versions' own tables.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target {
    /// A clause of the settings.
    Setting {
        old: Option<usize>,
        new: Option<usize>,
    },
    /// A clause of a campaign.
    Clause {
        pair: usize,
        name: &'static str,
        old: Option<usize>,
        new: Option<usize>,
    },
    /// A campaign that only one version has.
    Campaign(usize),
    /// The name of a campaign that says the same in all else.
    Name(usize),
    /// The order of the campaigns, which decides who comes first at one instant.
    Order,
    Event(String),
    Profile,
    Segment(String),
    /// Who is in a list.
    List(String),
    /// Approved templates, which only one version was given.
    Templates,
    /// An approved template.
    Template(String),
    /// What a provider allows.
    Provider(String),
    /// What a portfolio of providers allows.
    Portfolio(String),
}

/// What one version says.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    /// Where, if it is written in rules.
    pub span: Option<Span>,
    pub text: String,
}

/// All changes, and which campaigns belong together: those of the new rules in their order, then those that are gone.
#[derive(Debug)]
pub(super) struct Changes {
    pub pairs: Vec<Pair>,
    pub all: Vec<Change>,
    /// The place of each among all.
    places: BTreeMap<Target, usize>,
}

impl Changes {
    pub(super) fn between(old: &Version, new: &Version) -> Changes {
        let pairs = pairs(old, new);
        let mut changes = Changes { pairs, all: Vec::new(), places: BTreeMap::new() };
        for index in 0..changes.pairs.len() {
            changes.campaign(old, new, index);
        }
        for (old_clause, new_clause) in differing(&old.settings, &new.settings) {
            let target = Target::Setting { old: old_clause, new: new_clause };
            changes.push(target, clause(&old.settings, old_clause), clause(&new.settings, new_clause));
        }
        changes.blocks(old, new);
        changes.lists(old, new);
        changes.templates(old, new);
        changes.providers(old, new);
        if changes.common(|pair| pair.old) != sorted(changes.common(|pair| pair.old)) {
            let order = |version: &Version, place: fn(&Pair) -> Option<usize>| {
                let mut places = changes.common(place);
                places.sort_unstable();
                let names = places.iter().filter_map(|place| version.campaigns.get(*place));
                let names: Vec<&str> = names.map(|campaign| &*campaign.name).collect();
                Some(Piece { span: None, text: names.join(", ") })
            };
            let (was, is) = (order(old, |pair| pair.old), order(new, |pair| pair.new));
            changes.push(Target::Order, was, is);
        }
        changes
    }

    fn push(&mut self, target: Target, old: Option<Piece>, new: Option<Piece>) {
        self.places.insert(target.clone(), self.all.len());
        self.all.push(Change { target, old, new });
    }

    /// The place of a change among all, if there is such a one.
    pub(super) fn place(&self, target: &Target) -> Option<usize> {
        self.places.get(target).copied()
    }

    /// The places of the campaigns that both versions have, in the order of the new rules.
    fn common(&self, place: impl Fn(&Pair) -> Option<usize>) -> Vec<usize> {
        let both = self.pairs.iter().filter(|pair| pair.old.is_some() && pair.new.is_some());
        both.filter_map(place).collect()
    }

    fn campaign(&mut self, old: &Version, new: &Version, index: usize) {
        let Some(pair) = self.pairs.get(index).copied() else { return };
        let was = pair.old.and_then(|place| old.campaigns.get(place));
        let is = pair.new.and_then(|place| new.campaigns.get(place));
        let (Some(was), Some(is)) = (was, is) else {
            let piece = |version: &Version, campaign: Option<&Written>| {
                campaign.map(|campaign| written(version, campaign.span))
            };
            self.push(Target::Campaign(index), piece(old, was), piece(new, is));
            return;
        };
        if was.name != is.name {
            let piece = |campaign: &Written| {
                Some(Piece { span: Some(campaign.name_span), text: campaign.name.to_string() })
            };
            self.push(Target::Name(index), piece(was), piece(is));
        }
        for (from, to) in differing(&was.clauses, &is.clauses) {
            let of = |clauses: &[Clause], place: Option<usize>| {
                place.and_then(|place| clauses.get(place)).map(|clause| clause.name)
            };
            let name = of(&is.clauses, to).or(of(&was.clauses, from)).unwrap_or_default();
            let target = Target::Clause { pair: index, name, old: from, new: to };
            self.push(target, clause(&was.clauses, from), clause(&is.clauses, to));
        }
    }

    /// Schemas, and segments of both versions. A segment that only one has changes nothing by itself.
    fn blocks(&mut self, old: &Version, new: &Version) {
        let piece = |block: Option<&Block>| {
            block.map(|block| Piece { span: Some(block.span), text: block.text.clone() })
        };
        let differ = |was: Option<&Block>, is: Option<&Block>| {
            was.map(|block| &block.shape) != is.map(|block| &block.shape)
        };
        let names: BTreeSet<&String> = old.events.keys().chain(new.events.keys()).collect();
        for name in names {
            let (was, is) = (old.events.get(name), new.events.get(name));
            if differ(was, is) {
                self.push(Target::Event(name.clone()), piece(was), piece(is));
            }
        }
        let (was, is) = (old.profile.as_ref(), new.profile.as_ref());
        if differ(was, is) {
            self.push(Target::Profile, piece(was), piece(is));
        }
        for (name, is) in &new.segments {
            let Some(was) = old.segments.get(name) else { continue };
            if was.shape != is.shape {
                self.push(Target::Segment(name.clone()), piece(Some(was)), piece(Some(is)));
            }
        }
    }

    fn lists(&mut self, old: &Version, new: &Version) {
        for (name, is) in new.rulebook.lists() {
            let Some(was) = old.rulebook.lists().get(name) else { continue };
            let gone = was.users().filter(|user| !is.contains(user)).count();
            let come = is.users().filter(|user| !was.contains(user)).count();
            if gone + come == 0 {
                continue;
            }
            let piece = |version: &Version, users: usize, other: String| {
                let text = format!("{users} users{other}");
                Some(Piece { span: version.lists.get(name).copied(), text })
            };
            let other = format!(": {come} more, and {gone} no longer");
            let (was, is) = (piece(old, was.len(), String::new()), piece(new, is.len(), other));
            self.push(Target::List(name.clone()), was, is);
        }
    }

    fn providers(&mut self, old: &Version, new: &Version) {
        let (was, is) = (old.rulebook.providers(), new.rulebook.providers());
        let names: BTreeSet<_> = was.providers.keys().chain(is.providers.keys()).collect();
        for name in names.into_iter().filter(|name| was.providers.get(*name) != is.providers.get(*name)) {
            let piece = |version: &Version| {
                version.rulebook.providers().providers.get(name).map(|_| declared(version, "provider", name))
            };
            self.push(Target::Provider(name.to_string()), piece(old), piece(new));
        }
        let names: BTreeSet<_> = was.portfolios.keys().chain(is.portfolios.keys()).collect();
        for name in names.into_iter().filter(|name| was.portfolios.get(*name) != is.portfolios.get(*name)) {
            let piece = |version: &Version| {
                version
                    .rulebook
                    .providers()
                    .portfolios
                    .get(name)
                    .map(|_| declared(version, "portfolio", name))
            };
            self.push(Target::Portfolio(name.to_string()), piece(old), piece(new));
        }
    }

    fn templates(&mut self, old: &Version, new: &Version) {
        let said = |text: &str| Some(Piece { span: None, text: text.to_owned() });
        let (was, is) = match (old.rulebook.templates(), new.rulebook.templates()) {
            (Some(was), Some(is)) => (was, is),
            (None, None) => return,
            (was, is) => {
                let given = |given: bool| said(if given { "templates given" } else { "no templates given" });
                return self.push(Target::Templates, given(was.is_some()), given(is.is_some()));
            }
        };
        let names: BTreeSet<&str> = was.names().chain(is.names()).collect();
        for name in names.into_iter().filter(|name| was.get(name) != is.get(name)) {
            let used = |version: &Version| {
                let mut clauses = version.campaigns.iter().flat_map(|campaign| &campaign.clauses);
                clauses.any(|clause| clause.text.contains(name))
            };
            if !used(old) && !used(new) {
                continue;
            }
            let piece = |family: Option<&crate::message::TemplateFamily>| {
                let described = family?.templates().iter().map(|template| {
                    let category = template.category().map_or("", crate::model::Category::name);
                    format!("{} {} {category}", template.language(), template.status()).trim_end().to_owned()
                });
                said(&described.collect::<Vec<_>>().join(", "))
            };
            self.push(Target::Template(name.to_owned()), piece(was.get(name)), piece(is.get(name)));
        }
    }
}

fn sorted(mut places: Vec<usize>) -> Vec<usize> {
    places.sort_unstable();
    places
}

fn written(version: &Version, span: Span) -> Piece {
    Piece { span: Some(span), text: version.rulebook.sources().slice(span).to_owned() }
}

/// The table of a `campanile.toml` that declares something, as far as it is found; a host declares it in its own code.
fn declared(version: &Version, kind: &str, name: &str) -> Piece {
    let header = format!("[{kind}.{name}]");
    let sources = sources(version);
    let others = sources.ids().filter(|file| !version.rulebook.rule_files().contains(file));
    for file in others {
        let text = sources.text(file);
        let Some(start) = text.find(&header) else { continue };
        let rest = text.get(start..).unwrap_or_default();
        let table = rest.split("\n[").next().unwrap_or_default().trim_end();
        let at = |byte: usize| u32::try_from(byte).unwrap_or(u32::MAX);
        let span = Span::new(file, at(start), at(start + table.len()));
        return Piece { span: Some(span), text: table.to_owned() };
    }
    Piece { span: None, text: format!("{kind} {name}") }
}

fn clause(clauses: &[Clause], place: Option<usize>) -> Option<Piece> {
    let clause = clauses.get(place?)?;
    Some(Piece { span: Some(clause.span), text: clause.text.clone() })
}

/// Campaigns by name; then those that are left and say the same in all but their name.
fn pairs(old: &Version, new: &Version) -> Vec<Pair> {
    let by_name = |campaign: &Written| old.campaigns.iter().position(|other| other.name == campaign.name);
    let mut pairs: Vec<Pair> = new
        .campaigns
        .iter()
        .enumerate()
        .map(|(place, campaign)| Pair { old: by_name(campaign), new: Some(place) })
        .collect();
    let mut gone: Vec<usize> =
        (0..old.campaigns.len()).filter(|place| !pairs.iter().any(|pair| pair.old == Some(*place))).collect();
    for pair in pairs.iter_mut().filter(|pair| pair.old.is_none()) {
        let Some(is) = pair.new.and_then(|place| new.campaigns.get(place)) else { continue };
        let alike = |place: &usize| old.campaigns.get(*place).is_some_and(|was| renamed(was, is));
        if let Some(found) = gone.iter().position(alike) {
            pair.old = Some(gone.remove(found));
        }
    }
    pairs.extend(gone.into_iter().map(|place| Pair { old: Some(place), new: None }));
    pairs
}

/// Whether two campaigns differ in nothing but their names, and in what they say of themselves by them.
fn renamed(was: &Written, is: &Written) -> bool {
    let shapes = |campaign: &Written, from: &str, to: &str| {
        let shown = |name: &str| format!("{name:?}");
        let clauses = campaign.clauses.iter();
        let mut shapes: Vec<String> =
            clauses.map(|clause| clause.shape.replace(&shown(from), &shown(to))).collect();
        shapes.sort_unstable();
        shapes
    };
    let of_new = shapes(is, &is.name, &is.name);
    // A text that only happens to be its name, such as a template's, stays what it was.
    shapes(was, &was.name, &was.name) == of_new || shapes(was, &was.name, &is.name) == of_new
}

/// The clauses of two blocks that say something else, those of one kind in their order beside one another.
fn differing(old: &[Clause], new: &[Clause]) -> Vec<(Option<usize>, Option<usize>)> {
    let mut left: Vec<usize> = (0..new.len()).collect();
    let mut gone = Vec::new();
    for (place, was) in old.iter().enumerate() {
        let same =
            |other: &usize| new.get(*other).is_some_and(|is| is.name == was.name && is.shape == was.shape);
        match left.iter().position(same) {
            Some(found) => drop(left.remove(found)),
            None => gone.push(place),
        }
    }
    let mut differing = Vec::new();
    for place in gone {
        let Some(was) = old.get(place) else { continue };
        let beside = |other: &usize| {
            new.get(*other).is_some_and(|is| is.name == was.name && is.defines == was.defines)
        };
        let found = left.iter().position(beside).map(|found| left.remove(found));
        // A name that nobody else has given to anything is of no consequence by itself.
        if found.is_some() || was.defines.is_none() {
            differing.push((Some(place), found));
        }
    }
    let come = left.into_iter().filter(|place| new.get(*place).is_some_and(|is| is.defines.is_none()));
    differing.extend(come.map(|place| (None, Some(place))));
    differing
}

/// Where two texts begin to differ, line by line: how many bytes of each are alike.
pub(super) fn alike(was: &str, is: &str) -> (usize, usize) {
    let (mut of_was, mut of_is) = (0, 0);
    for (a, b) in was.split_inclusive('\n').zip(is.split_inclusive('\n')) {
        if a.trim() != b.trim() {
            break;
        }
        of_was += a.len();
        of_is += b.len();
    }
    let blank = |text: &str, from: usize| {
        let rest = text.get(from..).unwrap_or_default();
        if rest.trim().is_empty() { 0 } else { from + rest.len() - rest.trim_start().len() }
    };
    (blank(was, of_was), blank(is, of_is))
}

/// The sources of a version.
pub(super) fn sources(version: &Version) -> &Sources {
    version.rulebook.sources()
}
