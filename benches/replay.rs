//! Replay of a million events, and one event at a time, with 1, 10 and 100 campaigns.
//!
//! `cargo bench --bench replay`. The log is made here by a fixed sequence: a hundred thousand users, twelve event names,
//! three properties each. The record's making and cloning are outside of the measured time; its dropping is inside.

#![expect(clippy::expect_used, reason = "a bench that cannot go on has failed")]

mod shop;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

use campanile::live::Engine;
use campanile::model::Record;
use campanile::program::Program;
use campanile::replay::Replay;
use campanile::rulebook::Rulebook;
use shop::{log, rulebook, rules};

const EVENTS: u64 = 1_000_000;

/// A time means little without what it was spent on: how many decisions there were.
fn say_what_it_does(campaigns: usize, program: &Program, records: &[Record]) {
    let mut replay = Replay::new(program);
    records.iter().cloned().for_each(|record| replay.add(record));
    let result = replay.run();
    let triggered: u64 = result.summary.campaigns.iter().map(|campaign| campaign.triggered).sum();
    let (qualified, sent) = (result.outcomes.len(), result.jobs.len());
    eprintln!("{campaigns} campaigns: {triggered} triggered, {qualified} qualified, {sent} sent");
}

fn replay(criterion: &mut Criterion) {
    let records = log(EVENTS);
    let mut group = criterion.benchmark_group("replay");
    group.throughput(Throughput::Elements(EVENTS));
    group.sample_size(10);
    for campaigns in [1, 10, 100] {
        let program = rulebook(campaigns).compile();
        say_what_it_does(campaigns, &program, &records);
        group.bench_function(BenchmarkId::new("million_events", campaigns), |bench| {
            let run = |records: Vec<Record>| {
                let mut replay = Replay::new(&program);
                records.into_iter().for_each(|record| replay.add(record));
                replay.run()
            };
            bench.iter_batched(|| records.clone(), run, BatchSize::PerIteration);
        });
    }
    group.finish();
}

/// The run alone, all records being there: on one thread, on two and on all, everything kept, or let go as it comes.
fn threads(criterion: &mut Criterion) {
    let records = log(EVENTS);
    let mut group = criterion.benchmark_group("run_of_a_replay");
    group.throughput(Throughput::Elements(EVENTS));
    group.sample_size(10);
    let all = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    let mut numbers = vec![1, 2, all];
    numbers.dedup();
    for campaigns in [10, 100] {
        let program = rulebook(campaigns).compile();
        for threads in &numbers {
            let replay = || {
                let mut replay = Replay::new(&program).on_threads(*threads);
                records.iter().cloned().for_each(|record| replay.add(record));
                replay
            };
            let kept = BenchmarkId::new(format!("kept_on_{threads}_threads"), campaigns);
            group.bench_function(kept, |bench| {
                bench.iter_batched(replay, Replay::run, BatchSize::PerIteration);
            });
            let streamed = BenchmarkId::new(format!("streamed_on_{threads}_threads"), campaigns);
            group.bench_function(streamed, |bench| {
                let run = |replay: Replay| {
                    let streamed = replay.run_streamed();
                    (streamed.jobs.count(), streamed.outcomes.count())
                };
                bench.iter_batched(replay, run, BatchSize::PerIteration);
            });
        }
    }
    group.finish();
}

fn ingest_each(program: &Program, records: Vec<Record>) -> Engine {
    let mut engine = Engine::in_memory(program.clone());
    for record in records {
        let at = match &record {
            Record::Event(event) => Some(event.at),
            Record::Profile(_) | Record::Number(_) | Record::Template(_) => None,
        };
        engine.ingest([record]).expect("the bench's instants are supported");
        if let Some(at) = at {
            engine.advance(at).expect("the bench's instants are supported");
        }
    }
    engine
}

fn ingest(criterion: &mut Criterion) {
    let events = 200_000;
    let records = log(events);
    let mut group = criterion.benchmark_group("engine");
    group.throughput(Throughput::Elements(events));
    group.sample_size(10);
    for campaigns in [1, 10, 100] {
        let program = rulebook(campaigns).compile();
        group.bench_function(BenchmarkId::new("ingest_and_advance_each", campaigns), |bench| {
            let run = |records: Vec<Record>| ingest_each(&program, records);
            bench.iter_batched(|| records.clone(), run, BatchSize::PerIteration);
        });
    }
    group.finish();
}

fn compile(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("rulebook");
    for campaigns in [1, 10, 100] {
        let text = rules(campaigns);
        group.throughput(Throughput::Elements(campaigns as u64));
        group.bench_function(BenchmarkId::new("parse_and_check", campaigns), |bench| {
            bench.iter(|| Rulebook::parse("bench.camp", &text).expect("the bench's rules are sound"));
        });
        let rulebook = rulebook(campaigns);
        group.bench_function(BenchmarkId::new("compile", campaigns), |bench| {
            bench.iter(|| rulebook.compile())
        });
    }
    group.finish();
}

criterion_group!(benches, compile, replay, threads, ingest);
criterion_main!(benches);
