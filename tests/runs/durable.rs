//! A case through the durable engine, as its records may come in life.

use campanile::durable::{DurableEngine, Options, verify};
use campanile::model::{Duration, Instant, OutcomeKind, Record, SendJob, draw};
use campanile::rulebook::Rulebook;

use super::{Run, nothing, replay};
use crate::generate::Case;
use crate::shuffle::keep_their_order;

/// Numbers by chance, the same for the same seed.
struct Chance {
    seed: String,
    drawn: u64,
}

impl Chance {
    fn below(&mut self, below: u64) -> u64 {
        self.drawn += 1;
        draw(&self.seed, &self.drawn.to_string()) % below
    }
}

/// What replay makes of the log in order, less what it is still waiting for at its end; and what the durable engine makes of the same records,
/// which come up to `lateness` late, some twice, in batches of any size, while the engine is closed and opened again. None where there is no run.
pub fn replayed_and_lived(
    rulebook: &Rulebook,
    case: &Case,
    lateness: Duration,
    seed: u64,
) -> Option<(Run, Run)> {
    let instants = || case.records.iter().filter_map(crate::instant);
    let from = case.from.or(instants().min())?;
    let to = case.to.or(instants().max().map(Instant::next))?;
    let mut wanted = replay(rulebook, case);
    wanted.outcomes.retain(|outcome| outcome.outcome != OutcomeKind::Pending);
    let mut chance = Chance { seed: format!("life {seed}"), drawn: 0 };
    let coming = coming(&case.records, lateness, &mut chance);
    let last = Instant::from_millis(to.millis() - 1) + lateness;

    let folder = tempfile::tempdir().unwrap();
    let options = Options::default().starting(from).lateness(lateness).slice(1 + chance.below(50) as usize);
    let open = || {
        let opened = DurableEngine::open(folder.path(), rulebook.compile(), options.clone());
        opened.unwrap_or_else(|error| panic!("{error}"))
    };
    let mut engine = open();
    let mut coming = coming.into_iter().peekable();
    while let Some((arrival, _, _)) = coming.peek() {
        if let Some(arrival) = arrival {
            let now = Instant::from_millis(arrival.millis() - 1).min(last);
            match chance.below(3) {
                0 => _ = engine.advance(now).unwrap(),
                1 => _ = engine.advance_within(now, 1 + chance.below(6) as usize).unwrap(),
                _ => {}
            }
        }
        let many = 1 + chance.below(7) as usize;
        let (mut batch, mut again) = (Vec::new(), 0);
        for (_, twice, record) in coming.by_ref().take(many) {
            again += u64::from(twice);
            batch.push(record);
        }
        let ingested = engine.ingest(batch).unwrap();
        assert_eq!((ingested.late, ingested.refused.len()), (0, 0));
        assert!(ingested.duplicates >= again);
        match chance.below(8) {
            0 => {
                drop(engine);
                engine = open();
            }
            1 => {
                engine.shut().unwrap();
                engine = open();
            }
            2 => _ = engine.snapshot().unwrap(),
            _ => {}
        }
    }
    engine.advance(last).unwrap();
    let mut found = nothing(rulebook);
    engine.outcomes(|outcome| found.outcomes.push(outcome)).unwrap();
    engine.shut().unwrap();
    verify(folder.path(), &rulebook.compile()).unwrap_or_else(|error| panic!("{error}"));
    let store = rusqlite::Connection::open(folder.path().join("campanile.db")).unwrap();
    let mut rows = store.prepare("SELECT job FROM outbox ORDER BY number").unwrap();
    let rows = rows.query_map([], |row| row.get::<_, String>(0)).unwrap();
    found.jobs.extend(rows.map(|job| serde_json::from_str::<SendJob>(&job.unwrap()).unwrap()));
    Some((wanted, found))
}

/// The records in the order in which they come, each with when it does and whether it has come before.
fn coming(
    records: &[Record],
    lateness: Duration,
    chance: &mut Chance,
) -> Vec<(Option<Instant>, bool, Record)> {
    let mut coming: Vec<(Option<Instant>, bool, Record)> = Vec::new();
    for record in records {
        let delay = chance.below(lateness.millis().unsigned_abs() + 1);
        let late = record.at().map(|at| Instant::from_millis(at.millis() + delay as i64));
        let before = coming.iter().filter(|(_, twice, other)| !twice && keep_their_order(other, record));
        let arrival = before.map(|(arrival, ..)| *arrival).chain([late]).max().flatten();
        coming.push((arrival, false, record.clone()));
        let named = matches!(record, Record::Event(event) if event.id.is_some());
        if let Some(arrival) = arrival.filter(|_| named && chance.below(3) == 0) {
            // Within the lateness: what is known already is neither late nor new.
            let most = record.at().map_or(arrival, |at| at + lateness);
            let further = chance.below((most.millis() - arrival.millis()).unsigned_abs() + 1);
            let arrival = Instant::from_millis(arrival.millis() + further as i64);
            coming.push((Some(arrival), true, record.clone()));
        }
    }
    coming.sort_by_key(|(arrival, ..)| *arrival);
    coming
}
