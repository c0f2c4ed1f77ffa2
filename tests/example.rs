//! The example of the CD shop: its rules are sound, its approved templates fit them, and what comes of the data is what
//! another program counts.
#![cfg(test)]
#![cfg(all(test, feature = "input"))]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use campanile::input::{ReadOptions, Row, open};
use campanile::message::Templates;
use campanile::model::{Instant, OutcomeKind};
use campanile::replay::{CampaignSummary, Replay, ReplayResult};
use campanile::rulebook::Rulebook;
use campanile::sink::{NdjsonSink, OutcomeWriter, Sink};

fn shop(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/cdnow").join(file)
}

fn rulebook() -> Rulebook {
    let templates = std::fs::read_to_string(shop("templates.json")).unwrap();
    let rulebook = Rulebook::builder()
        .path(shop("rules"))
        .templates(Templates::from_json(&templates).unwrap())
        .build()
        .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(rulebook.warnings(), [], "the example is written without warnings");
    rulebook
}

/// For every tenth customer: triggered, qualified and each outcome, as a program in another language that shares nothing
/// with this one (and knows these campaigns only) counts them.
const COUNTED: &str = "\
big_basket_thanks 303 303 sent=189 control=6 no_consent=35 unreachable=7 expired=38 cap_campaign=27 gap=1
second_cd 4553 1920 sent=1361 control=37 holdout=191 no_consent=264 unreachable=62 requalified_out=1 aborted=4
how_was_it 6787 1243 sent=292 control=6 cancelled=348 no_consent=58 unreachable=34 requalified_out=21 cap_campaign=423 cap_global=3 gap=7 render_error=35 pending=16
vip_preview 2357 24 sent=21 no_consent=2 gap=1
christmas_sale 2357 680 sent=502 control=9 no_consent=97 unreachable=36 cap_global=2 gap=34
parcel_check 210 210 sent=124 control=4 no_consent=28 unreachable=6 ended=17 cap_campaign=24 cap_global=4 gap=3
come_back 183846 749 sent=595 control=10 cancelled=7 no_consent=96 unreachable=41
new_releases 35355 1681 sent=1286 control=34 no_consent=274 unreachable=76 gap=11
friday_listening 73067 2180 sent=948 control=20 outside_window=48 no_consent=271 unreachable=100 cap_campaign=773 cap_global=7 gap=13";

#[test]
fn what_comes_of_it_is_what_another_program_counts() {
    let result = replayed(1, |user| user.ends_with('0'));
    let found: Vec<String> = result.summary.campaigns.iter().map(line).collect();
    let counted: Vec<&str> = COUNTED.lines().collect();
    assert_eq!(found, counted);
    let sent = result.outcomes.iter().filter(|outcome| outcome.outcome == OutcomeKind::Sent).count();
    assert_eq!(result.jobs.len(), sent);
}

#[test]
fn it_is_the_same_on_any_number_of_threads() {
    let some = |user: &str| user.ends_with("37");
    let wanted = replayed(1, some);
    assert!(wanted.jobs.len() > 200, "{}", wanted.jobs.len());
    let written = |result: &ReplayResult| {
        let mut jobs = NdjsonSink::new(Vec::new());
        result.jobs.iter().try_for_each(|job| jobs.send(job)).unwrap();
        let mut outcomes = OutcomeWriter::new(Vec::new());
        result.outcomes.iter().try_for_each(|outcome| outcomes.write(outcome)).unwrap();
        [jobs.into_inner().unwrap(), outcomes.into_inner().unwrap()]
    };
    for threads in [2, 7] {
        let found = replayed(threads, some);
        assert_eq!(written(&found), written(&wanted), "on {threads} threads");
        assert_eq!(found.summary, wanted.summary, "on {threads} threads");
    }
}

/// What comes of the records of some of the users.
fn replayed(threads: usize, wanted: impl Fn(&str) -> bool) -> ReplayResult {
    let rulebook = rulebook();
    let mut replay = Replay::new(&rulebook.compile())
        .starting(Some(Instant::parse("1997-01-01T05:00:00Z").unwrap()))
        .ending(Some(Instant::parse("1998-06-30T04:00:00.001Z").unwrap()))
        .on_threads(threads);
    let files = [
        ("profiles.csv.gz", "user=customer_id"),
        ("events.csv.gz", r#"user=customer_id,at=date,event="Charged""#),
    ];
    for (file, columns) in files {
        let zone = rulebook.settings().zone;
        let options = ReadOptions {
            columns: Some(columns.parse().unwrap()),
            local_time: Arc::new(move |wall_clock| zone.resolve(wall_clock)),
            ..ReadOptions::default()
        };
        for row in open(&shop(file), &options).unwrap() {
            let Row::Record(record) = row.unwrap() else { panic!("a row of {file} was refused") };
            if record.user().is_some_and(|user| wanted(user)) {
                replay.add(record);
            }
        }
    }
    replay.run()
}

fn line(campaign: &CampaignSummary) -> String {
    let counts = OutcomeKind::ALL.into_iter().map(|outcome| (outcome.name(), campaign.count(outcome)));
    let counts: Vec<String> =
        counts.filter(|(_, count)| *count > 0).map(|(name, count)| format!("{name}={count}")).collect();
    format!("{} {} {} {}", campaign.name, campaign.triggered, campaign.qualified, counts.join(" "))
}
