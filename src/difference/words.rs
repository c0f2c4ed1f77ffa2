//! Changes as they are told: what they are of, where they stand, and both texts.

use super::change::{Change, Changes, Piece, Target, alike, sources};
use super::outcome::{RuleChange, Wording};
use super::version::Version;
use crate::explain::Place;
use crate::language::Span;
use crate::model::Text;

/// All changes in words.
pub(super) fn changes(old: &Version, new: &Version, changes: &Changes) -> Vec<RuleChange> {
    changes.all.iter().map(|change| told(old, new, changes, change)).collect()
}

fn told(old: &Version, new: &Version, changes: &Changes, change: &Change) -> RuleChange {
    let skipped = match (&change.old, &change.new) {
        (Some(was), Some(is)) => alike(&was.text, &is.text),
        _ => (0, 0),
    };
    RuleChange {
        campaign: campaign(old, new, changes, change),
        what: what(old, new, change),
        old: change.old.as_ref().map(|piece| wording(old, piece, skipped.0)),
        new: change.new.as_ref().map(|piece| wording(new, piece, skipped.1)),
        samples: 0,
    }
}

fn wording(version: &Version, piece: &Piece, skipped: usize) -> Wording {
    let place = piece.span.map(|span| {
        let start = span.start.saturating_add(u32::try_from(skipped).unwrap_or(0)).min(span.end);
        Place::of(sources(version), Span { start, ..span })
    });
    Wording { place, text: piece.text.clone() }
}

/// The name of the campaign that is changed; in the new rules where it is in both.
fn campaign(old: &Version, new: &Version, changes: &Changes, change: &Change) -> Option<Text> {
    let (Target::Clause { pair, .. } | Target::Campaign(pair) | Target::Name(pair)) = &change.target else {
        return None;
    };
    let pair = changes.pairs.get(*pair)?;
    let is = pair.new.and_then(|place| new.campaigns.get(place));
    let was = pair.old.and_then(|place| old.campaigns.get(place));
    is.or(was).map(|campaign| campaign.name.clone())
}

fn what(old: &Version, new: &Version, change: &Change) -> String {
    let first_words = || change.new.as_ref().or(change.old.as_ref()).map_or("", |piece| piece.text.as_str());
    match &change.target {
        Target::Setting { old: was, new: is } => {
            let was = was.and_then(|place| old.settings.get(place));
            let is = is.and_then(|place| new.settings.get(place));
            match is.or(was) {
                Some(clause) => match &clause.defines {
                    Some(name) => format!("control group `{name}` of the settings"),
                    None => format!("{} of the settings", clause.name),
                },
                None => "the settings".to_owned(),
            }
        }
        // `send`, `split`, `by` and `test` are one clause in four forms.
        Target::Clause { name: "`send`", .. } => {
            format!("`{}`", first_words().split([' ', '\n', '\t', '{']).next().unwrap_or("send"))
        }
        Target::Clause { name, .. } => (*name).to_owned(),
        Target::Campaign(_) => "the campaign".to_owned(),
        Target::Name(_) => "the name".to_owned(),
        Target::Order => "the order of the campaigns".to_owned(),
        Target::Event(name) => format!("event \"{name}\""),
        Target::Profile => "the profile's schema".to_owned(),
        Target::Segment(name) => format!("segment `{name}`"),
        Target::List(name) => format!("list `{name}`"),
        Target::Templates => "the approved templates".to_owned(),
        Target::Template(name) => format!("the approved template `{name}`"),
        Target::Provider(name) => format!("provider `{name}`"),
        Target::Portfolio(name) => format!("portfolio `{name}`"),
    }
}
