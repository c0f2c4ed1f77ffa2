//! Another version of the zone database.

use super::change::RulesChange;
use super::entry::Rules;
use super::recover::Log;
use super::store::Store;
use super::{DurableError, snapshot};
use crate::calendar::database_version;
use crate::live::Engine;
use crate::model::{Instant, JobId, Text};
use crate::program::Program;

/// The rules are the same, and the zone database under them is of another version: what that changed of what is to come.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ZonesChange {
    /// The version before.
    pub from: Text,
    /// The version of now.
    pub to: Text,
    /// What comes at another instant now, as of the last snapshot under the old version; none where there was none, as its instants are known to it alone. The
    /// next time of a schedule that is at another instant is another occurrence: one is removed, and one added.
    pub change: Option<RulesChange>,
}

/// Whether nothing differs but the zone database.
pub(super) fn alone_differ(rules: &Rules, program: &Program) -> bool {
    *rules.zones != *database_version()
        && program.rulebook().fingerprint_under(&rules.zones) == rules.fingerprint
}

/// What differs between what is to come now and what was by the last snapshot, gone on with from there.
pub(super) fn changed(
    store: &Store,
    log: &Log,
    rules: &Rules,
    program: &Program,
    now: &Engine,
    decided: &[JobId],
) -> Result<ZonesChange, DurableError> {
    let (from, to) = (rules.zones.clone(), database_version().into());
    let Some(before) = snapshot::read_as(store, program, rules.fingerprint)? else {
        return Ok(ZonesChange { from, to, change: None });
    };
    let before = log.go_on(store, program, Some(before), u64::MAX)?.engine;
    let closed = now.closed();
    let to_come = |due: Instant, id: JobId| {
        closed.is_none_or(|closed| due > closed) && decided.binary_search(&id).is_err()
    };
    let of =
        |engine: &Engine| engine.waiting().filter(|waiting| to_come(waiting.due, waiting.id())).collect();
    Ok(ZonesChange { from, to, change: Some(RulesChange::between(of(&before), of(now))) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::durable::entry::Entry;
    use crate::durable::recover::rules_of;
    use crate::durable::store::Write;
    use crate::durable::{DurableEngine, DurableError, Options, verify};
    use crate::model::{ProfileUpdate, Record};
    use crate::rulebook::Rulebook;

    fn daily(hour: u8) -> Program {
        let rules = format!("campaign hello {{ every day at {hour:02}:00 user time send template hello }}");
        Rulebook::parse("zones.camp", &rules).unwrap().compile()
    }

    /// A directory whose log says that it was filled under the rules of `after` with an old zone database, and whose state is that of `before`: as if the zone's
    /// hours had been others then.
    fn filled(folder: &std::path::Path, before: &Program, after: &Program, snapshot: bool) {
        let mut engine = DurableEngine::open(folder, before.clone(), Options::default()).unwrap();
        let profile = ProfileUpdate { user: "asha".into(), at: None, changes: Vec::new() };
        engine.ingest(vec![Record::Profile(profile)]).unwrap();
        engine.advance(Instant::parse("2026-11-03T01:00:00Z").unwrap()).unwrap();
        let old = after.rulebook().fingerprint_under("2020a");
        let mut rules = rules_of(after, None, 0, 0);
        (rules.fingerprint, rules.zones) = (old, "2020a".into());
        engine.store.write(&Write { entries: vec![Entry::Rules(rules)], ..Write::default() }).unwrap();
        if snapshot {
            engine.snapshot_as(old).unwrap();
        }
    }

    #[test]
    fn another_zone_database_moves_what_is_to_come_and_tells_it() {
        let (nine, ten) = (daily(9), daily(10));
        for snapshot in [true, false] {
            let folder = tempfile::tempdir().unwrap();
            filled(folder.path(), &nine, &ten, snapshot);
            // Other rules are refused, whatever the zones are.
            let refused = DurableEngine::open(folder.path(), nine.clone(), Options::default());
            assert!(matches!(refused, Err(DurableError::OtherRules { .. })));
            let engine = DurableEngine::open(folder.path(), ten.clone(), Options::default()).unwrap();
            let found = engine.zones_change().unwrap().clone();
            assert_eq!((&*found.from, &*found.to), ("2020a", database_version()));
            let moved = found.change.inspect(|change| {
                assert_eq!(change.added.len(), change.removed.len());
            });
            assert_eq!(moved.is_some(), snapshot);
            if let Some(change) = moved {
                // The occurrence of a schedule is its instant: one is gone, and another has come.
                assert_eq!(change.removed[0].due, Instant::parse("2026-11-03T09:00:00Z").unwrap());
                assert_eq!(change.added[0].due, Instant::parse("2026-11-03T10:00:00Z").unwrap());
            }
            engine.shut().unwrap();
            let again = DurableEngine::open(folder.path(), ten.clone(), Options::default()).unwrap();
            assert_eq!(again.zones_change(), None);
            drop(again);
            verify(folder.path(), &ten).unwrap();
        }
    }
}
