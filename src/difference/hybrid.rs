//! The old rules with some pieces of the new ones in them.

use std::collections::{BTreeMap, BTreeSet};

use super::change::{Change, Changes, Pair, Target};
use super::version::{Clause, Version, Written};
use crate::model::Providers;
use crate::rulebook::{Rulebook, RulebookBuilder};

/// Makes rules between two versions.
#[derive(Debug)]
pub(super) struct Splicer<'v> {
    pub old: &'v Version,
    pub new: &'v Version,
    pub changes: &'v Changes,
}

/// Changes that are made, by their places among all.
pub(super) type Chosen = BTreeSet<usize>;

/// A clause that is changed: its place in the old block, and in the new.
type Made = (Option<usize>, Option<usize>);

impl<'v> Splicer<'v> {
    /// The old rules with some of the changes made; none where the pieces do not make rules together.
    ///
    /// What is never named is left out, such as a segment that nobody asks for: it may not fit the rest.
    pub(super) fn rules(&self, chosen: &Chosen) -> Option<Rulebook> {
        let campaigns = self.campaigns(chosen);
        let settings = self.settings(chosen);
        let mut named = Words::default();
        campaigns.iter().chain(&settings).for_each(|text| named.read(text));
        let segments = self.segments(chosen, &mut named);
        let groups = self.control_groups(chosen, &named);

        let mut builder = Rulebook::builder();
        let block = format!("settings {{\n{}\n{}\n}}", settings.join("\n"), groups.join("\n"));
        builder = builder.text("settings", block);
        for text in self.schemas(chosen).into_iter().chain(segments).chain(campaigns) {
            builder = builder.text("spliced", text);
        }
        builder = self.lists(chosen, builder);
        builder = builder.shared_templates(self.templates(chosen));
        builder.providers(self.providers(chosen)).build().ok()
    }

    fn has(&self, chosen: &Chosen, target: &Target) -> bool {
        self.changes.place(target).is_some_and(|place| chosen.contains(&place))
    }

    fn made(&self, chosen: &Chosen) -> impl Iterator<Item = &'v Change> + use<'v> {
        let changes = self.changes;
        let made: Vec<&'v Change> = chosen.iter().filter_map(|place| changes.all.get(*place)).collect();
        made.into_iter()
    }

    /// Each campaign's text, in order.
    fn campaigns(&self, chosen: &Chosen) -> Vec<String> {
        let kept = |index: usize, pair: &Pair| match (pair.old, pair.new) {
            (Some(_), Some(_)) => true,
            (_, is) => self.has(chosen, &Target::Campaign(index)) == is.is_some(),
        };
        let mut made: BTreeMap<usize, Vec<Made>> = BTreeMap::new();
        for change in self.made(chosen) {
            if let Target::Clause { pair, old, new, .. } = change.target {
                made.entry(pair).or_default().push((old, new));
            }
        }
        let order = self.order(self.has(chosen, &Target::Order));
        let pairs = order.into_iter().filter_map(|index| Some((index, self.changes.pairs.get(index)?)));
        pairs
            .filter(|(index, pair)| kept(*index, pair))
            .filter_map(|(index, pair)| {
                let made = made.remove(&index).unwrap_or_default();
                self.campaign(self.has(chosen, &Target::Name(index)), made, *pair)
            })
            .collect()
    }

    /// The campaigns of both versions in the order of one, each of the other's own after the one that it follows there.
    fn order(&self, of_new: bool) -> Vec<usize> {
        let place = |pair: &Pair, new: bool| if new { pair.new } else { pair.old };
        let of = |new: bool| {
            let mut there: Vec<(usize, usize)> = self
                .changes
                .pairs
                .iter()
                .enumerate()
                .filter_map(|(index, pair)| Some((place(pair, new)?, index)))
                .collect();
            there.sort_unstable();
            there.into_iter().map(|(_, index)| index).collect::<Vec<usize>>()
        };
        let (mut order, other) = (of(of_new), of(!of_new));
        if order.len() == self.changes.pairs.len() {
            return order;
        }
        let mut after = 0;
        for index in other {
            match order.iter().position(|known| *known == index) {
                Some(found) => after = found + 1,
                None => {
                    order.insert(after, index);
                    after += 1;
                }
            }
        }
        order
    }

    fn campaign(&self, renamed: bool, made: Vec<Made>, pair: Pair) -> Option<String> {
        let was = pair.old.and_then(|place| self.old.campaigns.get(place));
        let is = pair.new.and_then(|place| self.new.campaigns.get(place));
        let (named, clauses) = match (was, is) {
            (Some(was), Some(is)) => {
                let everything = was.clauses.iter().map(|_| true);
                let clauses = spliced(&was.clauses, &is.clauses, made, everything);
                (if renamed { is } else { was }, clauses)
            }
            (one, other) => {
                let only = one.or(other)?;
                (only, only.clauses.iter().map(|clause| clause.text.as_str()).collect())
            }
        };
        Some(block(named, &clauses))
    }

    /// The clauses of the settings but for those that name something.
    fn settings(&self, chosen: &Chosen) -> Vec<String> {
        let made = self.made(chosen).filter_map(|change| match change.target {
            Target::Setting { old, new } => Some((old, new)),
            _ => None,
        });
        let made: Vec<_> = made.filter(|(old, new)| self.group(*old, *new).is_none()).collect();
        let plain = |clauses: &'v [Clause]| clauses.iter().map(|clause| clause.defines.is_none());
        let texts = spliced(&self.old.settings, &self.new.settings, made, plain(&self.old.settings));
        texts.into_iter().map(str::to_owned).collect()
    }

    /// The control group that a clause of the settings names.
    fn group(&self, old: Option<usize>, new: Option<usize>) -> Option<&'v str> {
        let old = old.and_then(|place| self.old.settings.get(place));
        let new = new.and_then(|place| self.new.settings.get(place));
        old.or(new)?.defines.as_deref()
    }

    /// The clauses of the control groups that campaigns name.
    fn control_groups(&self, chosen: &Chosen, named: &Words) -> Vec<String> {
        let is_new = |name: &str| {
            self.made(chosen).any(|change| match change.target {
                Target::Setting { old, new } => self.group(old, new) == Some(name),
                _ => false,
            })
        };
        let of = |version: &'v Version| {
            let clauses = version.settings.iter();
            clauses.filter_map(|clause| Some((clause.defines.as_deref()?, clause.text.as_str())))
        };
        let known = |version: &'v Version, name: &str| of(version).any(|(other, _)| other == name);
        let old = of(self.old).filter(|(name, _)| !(is_new(name) && known(self.new, name)));
        let new = of(self.new).filter(|(name, _)| is_new(name) || !known(self.old, name));
        let all = old.chain(new).filter(|(name, _)| named.has(name));
        all.map(|(_, text)| text.to_owned()).collect()
    }

    /// The segments that are asked for, and those that they ask for.
    fn segments(&self, chosen: &Chosen, named: &mut Words) -> Vec<String> {
        let names: BTreeSet<&String> = self.old.segments.keys().chain(self.new.segments.keys()).collect();
        let mut texts: Vec<(&str, String)> = Vec::new();
        loop {
            let known = texts.len();
            for name in &names {
                if !named.has(name) || texts.iter().any(|(there, _)| there == name) {
                    continue;
                }
                let new = self.has(chosen, &Target::Segment((*name).clone()));
                let (first, then) = if new { (self.new, self.old) } else { (self.old, self.new) };
                let Some(segment) = first.segments.get(*name).or(then.segments.get(*name)) else { continue };
                named.read(&segment.text);
                texts.push((name, segment.text.clone()));
            }
            if texts.len() == known {
                return texts.into_iter().map(|(_, text)| text).collect();
            }
        }
    }

    fn schemas(&self, chosen: &Chosen) -> Vec<String> {
        let names: BTreeSet<&String> = self.old.events.keys().chain(self.new.events.keys()).collect();
        let side = |target: Target| if self.has(chosen, &target) { self.new } else { self.old };
        let events = names.into_iter().filter_map(|name| side(Target::Event(name.clone())).events.get(name));
        let profile = side(Target::Profile).profile.as_ref();
        events.chain(profile).map(|block| block.text.clone()).collect()
    }

    fn lists(&self, chosen: &Chosen, mut builder: RulebookBuilder) -> RulebookBuilder {
        let (old, new) = (self.old.rulebook.lists(), self.new.rulebook.lists());
        let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        for name in names {
            let is_new = self.has(chosen, &Target::List(name.clone()));
            let (first, then) = if is_new { (new, old) } else { (old, new) };
            if let Some(list) = first.get(name).or(then.get(name)) {
                builder = builder.list(name.as_str(), list.users());
            }
        }
        builder
    }

    fn providers(&self, chosen: &Chosen) -> Providers {
        let is = self.new.rulebook.providers();
        let mut providers = self.old.rulebook.providers().clone();
        for change in self.made(chosen) {
            match &change.target {
                Target::Provider(name) => match is.providers.get(name.as_str()) {
                    Some(provider) => {
                        drop(providers.providers.insert(name.as_str().into(), provider.clone()))
                    }
                    None => drop(providers.providers.shift_remove(name.as_str())),
                },
                Target::Portfolio(name) => match is.portfolios.get(name.as_str()) {
                    Some(portfolio) => drop(providers.portfolios.insert(name.as_str().into(), *portfolio)),
                    None => drop(providers.portfolios.shift_remove(name.as_str())),
                },
                _ => {}
            }
        }
        providers
    }

    fn templates(&self, chosen: &Chosen) -> Option<std::sync::Arc<crate::message::Templates>> {
        let (old, new) = (self.old.rulebook.templates(), self.new.rulebook.templates());
        let (Some(was), Some(is)) = (old, new) else {
            return if self.has(chosen, &Target::Templates) { new } else { old }.cloned();
        };
        let mut templates = was.clone();
        for change in self.made(chosen) {
            if let Target::Template(name) = &change.target {
                templates = std::sync::Arc::new(templates.with(name, is.get(name)));
            }
        }
        Some(templates)
    }
}

fn block(named: &Written, clauses: &[&str]) -> String {
    let title = named.title.as_deref().unwrap_or_default();
    format!("campaign {} {title} {{\n{}\n}}", named.name, clauses.join("\n"))
}

/// The clauses of the old block that are wanted, with changes made.
fn spliced<'v>(
    old: &'v [Clause],
    new: &'v [Clause],
    made: Vec<Made>,
    wanted: impl Iterator<Item = bool>,
) -> Vec<&'v str> {
    let text = |place: Option<usize>| new.get(place?).map(|clause| clause.text.as_str());
    let kept = old.iter().enumerate().zip(wanted).filter(|(_, wanted)| *wanted);
    let kept =
        kept.filter_map(|((place, clause), _)| match made.iter().find(|(was, _)| *was == Some(place)) {
            Some((_, is)) => text(*is),
            None => Some(clause.text.as_str()),
        });
    let come = made.iter().filter(|(was, _)| was.is_none()).filter_map(|(_, is)| text(*is));
    kept.chain(come).collect()
}

/// The words of some rules: what they name is among them.
#[derive(Debug, Default)]
struct Words(BTreeSet<String>);

impl Words {
    fn read(&mut self, text: &str) {
        let words = text.split(|letter: char| !(letter.is_alphanumeric() || letter == '_'));
        self.0.extend(words.filter(|word| !word.is_empty()).map(str::to_owned));
    }

    fn has(&self, name: &str) -> bool {
        self.0.contains(name)
    }
}
