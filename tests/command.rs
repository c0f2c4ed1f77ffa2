//! The binary as its users meet it: exit codes, streams, files.
//!
//! What it prints is compared with the files in `tests/command/`; `BLESS=1 cargo test --test command` writes them anew.
#![cfg(test)]
#![cfg(feature = "cli")]
use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use campanile::command::schema::{Document, text};
use campanile::model::{Outcome, SendJob};
use tempfile::TempDir;

const FILES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/command");

/// The binary in a folder of its own that holds a small shop, with a quiet environment.
struct Shop {
    folder: TempDir,
}

impl Shop {
    fn new() -> Shop {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("rules")).unwrap();
        fs::create_dir(folder.path().join("bad")).unwrap();
        for (from, to) in
            [("shop.camp", "rules/shop.camp"), ("bad.camp", "bad/bad.camp"), ("log.ndjson", "log.ndjson")]
        {
            fs::copy(Path::new(FILES).join(from), folder.path().join(to)).unwrap();
        }
        Shop { folder }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_campanile"));
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        for name in ["NO_COLOR", "CLICOLOR_FORCE", "CLICOLOR", "TERM"] {
            command.env_remove(name);
        }
        command
    }

    fn run(&self, arguments: &[&str]) -> Done {
        Done::of(self.command(arguments).output().unwrap())
    }

    fn run_with_input(&self, arguments: &[&str], input: &[u8]) -> Done {
        let mut command = self.command(arguments);
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        Done::of(child.wait_with_output().unwrap())
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.folder.path().join(file)).unwrap()
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Done {
    exit: i32,
    stdout: String,
    stderr: String,
}

impl Done {
    fn of(output: Output) -> Done {
        Done {
            exit: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// Compares with a file in `tests/command/`.
#[expect(clippy::disallowed_methods, reason = "who changes what is said asks for new expectations")]
fn blessed(file: &str, found: &str) {
    let path = Path::new(FILES).join(file);
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, found).unwrap();
    }
    let wanted = fs::read_to_string(&path).unwrap_or_default();
    assert!(found == wanted, "{file}: found\n{found}\nwanted\n{wanted}");
}

/// Replaces what differs from run to run: the line with the seconds.
fn timeless(text: &str) -> String {
    let line = |line: &str| {
        if line.contains(" seconds, ") {
            "… seconds, … events per second\n".to_owned()
        } else {
            format!("{line}\n")
        }
    };
    text.lines().map(line).collect()
}

#[test]
fn an_inferred_schema_compiles_and_finds_misspelt_names() {
    let shop = Shop::new();
    let log = fs::read(Path::new(FILES).join("odd.ndjson")).unwrap();
    let done = shop.run_with_input(&["schema", "infer", "-"], &log);
    assert_eq!(done.exit, 0, "{}", done.stderr);
    assert_eq!(done.stderr, "rejected: `-` row 5: `event` is empty\n");
    blessed("infer.camp", &done.stdout);

    fs::create_dir(shop.folder.path().join("new")).unwrap();
    fs::write(shop.folder.path().join("new/schema.camp"), &done.stdout).unwrap();
    let rules = "segment a = did \"Chraged\" and did \"Charged\" where (amuont > 5 and items.categry = \"x\")\n\
        segment b = profile.Teir = \"gold\" and in segment a\n";
    fs::write(shop.folder.path().join("new/rules.camp"), rules).unwrap();
    let found = shop.run(&["check", "new", "--message-format", "json"]);
    assert_eq!(found.exit, 1);
    for meant in ["Charged", "amount", "category", "Tier"] {
        assert!(found.stdout.contains(&format!("did you mean `{meant}`?")), "{}", found.stdout);
    }

    let json = shop.run_with_input(&["schema", "infer", "-", "--json"], &log);
    let read: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(read["rules"], *done.stdout);
    assert_eq!(read["events"][0]["properties"][0]["kind"], "text");

    let twice = shop.run(&["schema", "infer", "-", "-"]);
    assert_eq!((twice.exit, &*twice.stdout), (2, ""));
    let nothing = shop.run_with_input(&["schema", "infer", "-"], b"");
    assert!(nothing.exit == 0 && nothing.stdout.ends_with("# There is nothing to declare.\n"));
}

#[test]
fn fmt_writes_the_one_form_and_check_shows_what_it_would_change() {
    let shop = Shop::new();
    let tidy = "segment a = did \"Charged\"  # paid\n";
    let untidy = "segment b =\n did \"Charged\"\n  at least 1 times # once\n";
    let broken = "segment c = did Charged\n";
    fs::create_dir(shop.folder.path().join("new")).unwrap();
    for (name, text) in [("a.camp", tidy), ("b.camp", untidy), ("c.camp", broken)] {
        fs::write(shop.folder.path().join("new").join(name), text).unwrap();
    }

    let check = shop.run(&["fmt", "--check", "new/a.camp", "new/b.camp", "new"]);
    assert_eq!(check.exit, 1);
    let shown = "new/b.camp\n    1 - segment b =\n    2 -  did \"Charged\"\n    3 -   at least 1 times # once\n    \
        3 + segment b = did \"Charged\" at least 1 time  # once\n";
    assert_eq!(check.stdout, shown);
    assert!(check.stderr.ends_with("1 file would change, 1 unchanged, 1 left alone, with errors\n"));
    assert!(
        check.stderr.contains("error[E0119]") && check.stderr.contains("new/c.camp:1:17"),
        "{}",
        check.stderr
    );
    assert_eq!(shop.read("new/b.camp"), untidy);

    let done = shop.run(&["fmt", "new"]);
    assert_eq!((done.exit, &*done.stdout), (1, ""));
    assert!(done.stderr.ends_with("1 file formatted, 1 unchanged, 1 left alone, with errors\n"));
    assert_eq!(shop.read("new/a.camp"), tidy);
    assert_eq!(shop.read("new/b.camp"), "segment b = did \"Charged\" at least 1 time  # once\n");
    assert_eq!(shop.read("new/c.camp"), broken);
    fs::remove_file(shop.folder.path().join("new/c.camp")).unwrap();
    let check = shop.run(&["fmt", "--check", "new"]);
    assert_eq!((check.exit, &*check.stdout, &*check.stderr), (0, "", "0 files would change, 2 unchanged\n"));
}

#[test]
fn fmt_reads_standard_input_and_says_what_it_cannot_do() {
    let shop = Shop::new();
    let done = shop.run_with_input(&["fmt", "-"], b"\r\nlist  vip from\"vip.csv\"");
    assert_eq!((done.exit, &*done.stdout, &*done.stderr), (0, "list vip from \"vip.csv\"\n", ""));
    let check = shop.run_with_input(&["fmt", "--check", "-"], b"list  vip from \"vip.csv\"\n");
    assert!(check.exit == 1 && check.stdout.starts_with("standard input\n    1 - list"), "{}", check.stdout);
    let broken = shop.run_with_input(&["fmt", "-"], b"list");
    assert!(
        broken.exit == 1 && broken.stdout.is_empty() && broken.stderr.contains("error["),
        "{}",
        broken.stderr
    );
    assert_eq!(shop.run(&["fmt", "-", "rules"]).exit, 2);
    let nowhere = shop.run(&["fmt", "nowhere.camp"]);
    assert!(nowhere.exit == 2 && nowhere.stderr.contains("there is no such file"), "{}", nowhere.stderr);
}

#[cfg(unix)]
#[test]
fn fmt_keeps_permissions_and_leaves_nothing_beside_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let shop = Shop::new();
    let file = shop.folder.path().join("rules/shop.camp");
    fs::write(&file, "list  vip from \"vip.csv\"").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    assert_eq!(shop.run(&["fmt", "rules"]).exit, 0);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(fs::read_dir(shop.folder.path().join("rules")).unwrap().count(), 1);
}

#[test]
fn check_draws_every_finding_and_exits_with_1() {
    let shop = Shop::new();
    let done = shop.run(&["check", "bad"]);
    let closing = "1 file checked: 2 errors\n`campanile explain E0210` says more of a finding\n";
    assert_eq!((done.exit, &*done.stderr), (1, closing));
    blessed("check.human.txt", &done.stdout);
    for (format, file) in [("short", "check.short.txt"), ("json", "check.json.txt")] {
        let done = shop.run(&["check", "bad", "--message-format", format]);
        assert_eq!((done.exit, &*done.stderr), (1, "1 file checked: 2 errors\n"));
        assert_eq!(done.stdout.lines().count(), 2);
        blessed(file, &done.stdout);
    }
}

#[test]
fn check_finds_nothing_in_rules_that_are_in_order() {
    let shop = Shop::new();
    let done = shop.run(&["check", "rules"]);
    assert_eq!(
        done,
        Done { exit: 0, stdout: String::new(), stderr: "1 file checked: nothing found\n".into() }
    );
    // Without a path, the folder at hand.
    let done =
        Done::of(shop.command(&["check"]).current_dir(shop.folder.path().join("rules")).output().unwrap());
    assert_eq!((done.exit, &*done.stderr), (0, "1 file checked: nothing found\n"));
}

#[test]
fn check_reads_standard_input() {
    let shop = Shop::new();
    let done =
        shop.run_with_input(&["check", "-", "--message-format", "short"], b"segment a = in segment b\n");
    assert_eq!(done.exit, 1);
    assert!(done.stdout.starts_with("standard input:1:"), "{}", done.stdout);
}

#[test]
fn warnings_alone_are_no_failure() {
    let shop = Shop::new();
    let unused = "segment quiet = did not \"Charged\" in last 30 days\n";
    fs::write(shop.folder.path().join("rules/more.camp"), unused).unwrap();
    let done = shop.run(&["check", "rules", "--message-format", "short"]);
    assert_eq!((done.exit, &*done.stderr), (0, "2 files checked: 1 warning\n"));
    assert!(done.stdout.contains(": warning[W"), "{}", done.stdout);
}

#[test]
fn what_cannot_be_read_exits_with_2() {
    let shop = Shop::new();
    for arguments in [
        &["check", "rules", "--templates", "none.json"] as &[&str],
        &["run", "rules", "--events", "none.ndjson"],
        &["run", "nowhere", "--events", "log.ndjson"],
        &["run", "rules"],
        &["run", "rules", "--events", "log.ndjson", "--from", "yesterday"],
        &["run", "rules", "--events", "log.ndjson", "--from", "2026-11-04", "--to", "2026-11-03"],
        &["run", "rules", "--events", "log.ndjson", "--jobs", "log.ndjson"],
        &["run", "rules", "--events", "log.ndjson", "--jobs", "x", "--outcomes", "./x"],
        &["run", "rules", "--events", "-", "--profiles", "-"],
        &["run", "rules", "--events", "log.ndjson", "--columns", "nonsense"],
        &["explain", "E9999"],
        &["no-such-command"],
        &[],
    ] {
        let done = shop.run(arguments);
        assert_eq!((done.exit, &*done.stdout), (2, ""), "{arguments:?} {done:?}");
        assert!(!done.stderr.is_empty(), "{arguments:?}");
    }
    // Profiles have options of their own, and the help names those.
    let done = shop.run(&["run", "rules", "--events", "log.ndjson", "--profiles", "rules/shop.camp"]);
    assert!(done.stderr.contains("`--profile-columns 'user=…'`"), "{done:?}");
    let done = shop.run(&["run", "rules", "--events", "log.ndjson", "--jobs", "bad"]);
    assert_eq!((done.exit, &*done.stderr), (2, "error: cannot write `bad`: it is a directory\n"));

    // A rule file that cannot be read is a finding like any other, and not the rules' fault.
    let done = shop.run(&["check", "nowhere", "--message-format", "short"]);
    assert_eq!((done.exit, &*done.stderr), (2, "1 file checked: 1 error\n"));
    assert!(done.stdout.contains("error[E0401]: cannot read `nowhere`"), "{}", done.stdout);

    assert_eq!(shop.names(), ["bad", "log.ndjson", "rules"]);
    assert_eq!(shop.read("log.ndjson"), fs::read_to_string(Path::new(FILES).join("log.ndjson")).unwrap());
}

#[test]
fn run_ends_with_the_table() {
    let shop = Shop::new();
    let done = shop.run(&["run", "rules", "--events", "log.ndjson"]);
    assert_eq!(done.exit, 0, "{}", done.stderr);
    blessed("run.table.txt", &timeless(&done.stdout));
    blessed("run.stderr.txt", &done.stderr);
    assert_eq!(shop.names(), ["bad", "log.ndjson", "rules"], "nothing is written that nobody asked for");
}

#[test]
fn segments_are_counted_at_an_instant() {
    let shop = Shop::new();
    let rules = "segment paid = did \"Charged\"\nsegment quiet = did not \"Charged\" in last 1 hour\n";
    fs::write(shop.folder.path().join("segments.camp"), rules).unwrap();
    let asked = |at: &str, more: &[&str]| {
        let mut arguments = vec!["segments", "segments.camp", "--events", "log.ndjson", "--at", at];
        arguments.extend(more);
        shop.run(&arguments)
    };
    // Of meera's two purchases the second is at nine.
    let done = asked("2026-11-03T09:00:00Z", &["--users", "paid"]);
    assert_eq!(done.exit, 0, "{}", done.stderr);
    assert!(done.stdout.lines().any(|user| user == "meera"), "{}", done.stdout);
    let quiet = |at| asked(at, &["--users", "quiet"]).stdout.lines().any(|user| user == "meera");
    assert!(!quiet("2026-11-03T09:00:00Z") && !quiet("2026-11-03T09:59:59.999Z"));
    assert!(quiet("2026-11-03T10:00:00Z") && quiet("2026-11-03T07:59:59.999Z"));

    let table = asked("2026-11-03T09:00:00Z", &[]);
    assert_eq!(table.stdout.lines().count(), 2, "{}", table.stdout);
    let json = asked("2026-11-03T09:00:00Z", &["--json"]);
    assert!(json.stdout.contains("\"segment\": \"paid\""), "{}", json.stdout);
    let unknown = asked("2026-11-03T09:00:00Z", &["--users", "pad"]);
    assert_eq!(
        (unknown.exit, unknown.stderr.contains("did you mean `paid`?")),
        (2, true),
        "{}",
        unknown.stderr
    );
}

#[test]
fn audiences_are_those_that_segments_count() {
    let shop = Shop::new();
    let rules = "segment paid = did \"Charged\"\n\
        segment quiet = did not \"Charged\" in last 1 hour and did any event\n\
        segment evening = did \"Charged\" where user hour in 8..12 or profile.phone is not set\n";
    fs::write(shop.folder.path().join("segments.camp"), rules).unwrap();
    let log = ["segments.camp", "--events", "log.ndjson", "--at"];
    let at = ["2026-11-03T09:00:00Z", "2026-11-03T10:00:00Z"];
    let json = |done: &Done| -> serde_json::Value { serde_json::from_str(&done.stdout).unwrap() };
    let asked = |more: &[&str]| shop.run(&[&["audience"][..], &log, &at, more].concat());

    let found = asked(&["--json", "--sample", "1000"]);
    assert_eq!(found.exit, 0, "{found:?}");
    for (place, at) in at.iter().enumerate() {
        let members = json(&shop.run(&[&["segments"][..], &log, &[at, "--json"]].concat()));
        for (number, of_segment) in members.as_array().unwrap().iter().enumerate() {
            let mut users: Vec<String> = serde_json::from_value(of_segment["users"].clone()).unwrap();
            users.sort();
            let found = &json(&found)["instants"][place]["segments"][number];
            let members = found.get("members").cloned().unwrap_or_else(|| serde_json::json!([]));
            assert_eq!(
                serde_json::from_value::<Vec<String>>(members).unwrap(),
                users,
                "{of_segment} at {at}"
            );
            assert_eq!(found["users"], users.len());
        }
    }
    let told = json(&found);
    let phases = told["phases"].as_object().unwrap();
    assert_eq!(phases.keys().collect::<Vec<_>>(), ["read", "run", "merge", "write"]);
    let sum: f64 = phases.values().map(|seconds| seconds.as_f64().unwrap()).sum();
    // Each is rounded to the millisecond.
    assert!(sum <= told["seconds"].as_f64().unwrap() + 0.005, "{told}");
    let table = asked(&[]);
    let clause = table.stdout.lines().find(|line| line.contains("did not \"Charged\" in last 1 hour"));
    assert!(clause.is_some_and(|line| line.ends_with("alone")), "{}", table.stdout);
    assert!(!asked(&["--count"]).stdout.contains("alone"));

    let one = ["audience", "segments.camp", "--events", "log.ndjson", "--at", at[0], "--segment", "paid"];
    let written = shop.run(&[&one[..], &["--out", "paid.txt"]].concat());
    assert_eq!(written.exit, 0, "{written:?}");
    let users = fs::read_to_string(shop.folder.path().join("paid.txt")).unwrap();
    assert!(users.lines().any(|user| user == "meera") && users.ends_with('\n'), "{users}");
    let several = asked(&["--out", "all.ndjson"]);
    assert_eq!(several.exit, 0, "{several:?}");
    let lines = fs::read_to_string(shop.folder.path().join("all.ndjson")).unwrap();
    assert!(lines.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()), "{lines}");
    assert!(lines.contains("\"segment\":\"paid\""), "{lines}");

    let unknown = asked(&["--segment", "pad"]);
    assert_eq!((unknown.exit, unknown.stderr.contains("did you mean `paid`?")), (2, true), "{unknown:?}");
    for read in ["log.ndjson", "segments.camp"] {
        let before = fs::read(shop.folder.path().join(read)).unwrap();
        let over = asked(&["--out", read]);
        assert_eq!((over.exit, over.stderr.contains("would overwrite")), (2, true), "{over:?}");
        assert_eq!(fs::read(shop.folder.path().join(read)).unwrap(), before);
    }
    let missing = shop.run(&["audience", "segments.camp", "--events", "no.ndjson", "--at", at[0]]);
    assert_eq!((missing.exit, missing.stderr.contains("no.ndjson")), (2, true), "{missing:?}");
}

const ALL_OUTPUTS: &[&str] = &[
    "run",
    "rules",
    "--events",
    "log.ndjson",
    "--jobs",
    "out/jobs",
    "--outcomes",
    "out/outcomes",
    "--rejects",
    "out/rejects",
];

#[test]
fn threads_change_nothing_that_is_written_or_told() {
    let shop = Shop::new();
    fs::write(shop.folder.path().join("rules/known.camp"), "segment known = profile.phone is set\n").unwrap();
    let commands: [&[&str]; 5] = [
        &["run", "rules", "--events", "log.ndjson", "--jobs", "-"],
        &["plan", "rules", "--events", "log.ndjson", "--json"],
        &["diff", "rules", "rules", "--events", "log.ndjson", "--json"],
        &["segments", "rules", "--events", "log.ndjson", "--at", "2026-12-01", "--json"],
        &["audience", "rules", "--events", "log.ndjson", "--at", "2026-12-01"],
    ];
    for command in commands {
        let told = ["1", "2", "7"].map(|threads| {
            let done = shop.run(&[command, &["--threads", threads]].concat());
            (done.exit, done.stdout, timeless(&done.stderr))
        });
        assert_eq!((&told[0], &told[0]), (&told[1], &told[2]), "{command:?}");
        assert!(told[0].0 == 0 && !told[0].1.is_empty(), "{command:?}: {told:?}");
    }
    let none = shop.run(&["run", "rules", "--events", "log.ndjson", "--threads", "0"]);
    assert_eq!(none.exit, 2, "{none:?}");
}

#[test]
fn run_writes_jobs_outcomes_and_rejects() {
    let shop = Shop::new();
    let done = shop.run(ALL_OUTPUTS);
    assert_eq!((done.exit, &*done.stderr), (0, ""));
    blessed("jobs.ndjson", &shop.read("out/jobs"));
    blessed("outcomes.ndjson", &shop.read("out/outcomes"));
    blessed("rejects.ndjson", &shop.read("out/rejects"));
    let mut files: Vec<_> =
        fs::read_dir(shop.folder.path().join("out")).unwrap().map(|e| e.unwrap().file_name()).collect();
    files.sort();
    assert_eq!(files, ["jobs", "outcomes", "rejects"], "no file of another name is left");

    let jobs: Vec<SendJob> =
        shop.read("out/jobs").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let outcomes: Vec<Outcome> =
        shop.read("out/outcomes").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let with_job: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.job).collect();
    assert_eq!(with_job, jobs.iter().map(|job| job.id).collect::<Vec<_>>());
}

/// The examples in the documentation are what a run writes.
#[test]
fn the_documented_job_and_outcome_come_of_this_very_log() {
    let shop = Shop::new();
    shop.run(ALL_OUTPUTS);
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/jobs.md")).unwrap();
    // A message of no template has a log of its own.
    let question = r#"campaign ask_day {
      when message replied
      send interactive { body "Shall we deliver today?" reply "Yes, please" id "yes" }
    }"#;
    let log = r#"{"type":"identify","userId":"asha","timestamp":"2026-11-01T00:00:00Z","traits":{"phone":"+919820012345","whatsapp":true,"tz":"Asia/Kolkata"}}
{"type":"track","messageId":"m-7","userId":"asha","event":"Message Replied","timestamp":"2026-11-03T06:40:00Z"}"#;
    fs::write(shop.folder.path().join("ask.camp"), question).unwrap();
    fs::write(shop.folder.path().join("answers.ndjson"), log).unwrap();
    shop.run(&["run", "ask.camp", "--events", "answers.ndjson", "--jobs", "out/questions"]);
    let written: Vec<serde_json::Value> = ["out/jobs", "out/outcomes", "out/questions"]
        .map(|file| shop.read(file))
        .concat()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    for block in page.split("```json\n").skip(1) {
        let example: serde_json::Value = serde_json::from_str(block.split("```").next().unwrap()).unwrap();
        assert!(written.contains(&example), "no run writes {example}");
    }
}

#[test]
fn a_second_run_writes_the_same_bytes() {
    let shop = Shop::new();
    shop.run(ALL_OUTPUTS);
    let before = (shop.read("out/jobs"), shop.read("out/outcomes"));
    shop.run(ALL_OUTPUTS);
    assert_eq!((shop.read("out/jobs"), shop.read("out/outcomes")), before);
}

#[test]
fn streams_can_be_piped_through() {
    let shop = Shop::new();
    let log = shop.read("log.ndjson");
    let done = shop.run_with_input(&["run", "rules", "--events", "-", "--jobs", "-"], log.as_bytes());
    assert_eq!(done.exit, 0, "{}", done.stderr);
    blessed("jobs.ndjson", &done.stdout);
    assert!(done.stderr.contains("triggered  qualified"), "the table gives way to the jobs: {}", done.stderr);
}

#[test]
fn the_summary_is_there_as_json() {
    let shop = Shop::new();
    let done = shop.run(&["run", "rules", "--events", "log.ndjson", "--json"]);
    assert_eq!(done.exit, 0, "{}", done.stderr);
    let mut summary: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
    assert!(summary["seconds"].is_number() && summary["events_per_second"].is_number());
    summary["seconds"] = 0.into();
    summary["events_per_second"] = 0.into();
    // What the system tells, where it does.
    if let Some(peak) = summary.as_object_mut().unwrap().remove("peak_memory_bytes") {
        assert!(peak.as_u64().is_some_and(|peak| peak > 1 << 20), "{peak}");
    }
    let phases = summary["phases"].as_object_mut().unwrap();
    assert_eq!(phases.keys().collect::<Vec<_>>(), ["read", "group", "run", "merge", "write"]);
    for seconds in phases.values_mut() {
        assert!(seconds.as_f64().is_some_and(|seconds| seconds >= 0.0), "{seconds}");
        *seconds = 0.into();
    }
    blessed("run.json", &(serde_json::to_string_pretty(&summary).unwrap() + "\n"));
}

#[test]
fn what_a_throttle_held_back_is_told() {
    let shop = Shop::new();
    let rules =
        "campaign t { at 2026-11-03 05:00 throttle 1 per 10 minutes valid 12 minutes send template t }";
    fs::write(shop.folder.path().join("slow.camp"), rules).unwrap();
    let mut log = shop.read("log.ndjson");
    for user in ["dev", "esha"] {
        log.push_str(&format!(
            r#"{{"type":"identify","userId":"{user}","timestamp":"2026-11-01T00:00:00Z","traits":{{"phone":"+91982008{}","whatsapp":true}}}}"#,
            if user == "dev" { "1111" } else { "2222" },
        ));
        log.push('\n');
    }
    fs::write(shop.folder.path().join("more.ndjson"), log).unwrap();
    let table = shop.run(&["run", "slow.camp", "--events", "more.ndjson"]);
    assert_eq!(table.exit, 0, "{}", table.stderr);
    let line = "the throttle of `t` held back 3 messages for up to 12 minutes; somebody waited for 12 minutes in all, \
                3 at once; in line ended: expired 2";
    assert!(table.stdout.lines().any(|told| told == line), "{}", table.stdout);

    let json = shop.run(&["run", "slow.camp", "--events", "more.ndjson", "--json"]);
    let summary: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    let wanted = serde_json::json!([{
        "budget": "campaign_throttle",
        "name": "t",
        "binding_seconds": 720.001,
        "longest_line": 3,
        "campaigns": [{
            "campaign": "t",
            "waits": 3,
            "waited_seconds": 2_040.002,
            "longest_seconds": 720.001,
            "outcomes": { "sent": 1, "expired": 2 },
        }],
    }]);
    assert_eq!(summary["budgets"], wanted);
}

#[test]
fn users_whose_time_zone_is_unknown_are_counted() {
    let shop = Shop::new();
    let mut people = "id,tz\nu1,Asia/Kolkata\nu2,EST\nu3,\nodd,\"\u{1b}[2J, तुरंत\"\nlong,".to_owned();
    people.push_str(&"so ".repeat(100));
    for user in 0..1_200 {
        people.push_str(&format!("\nu{},{}", user + 4, if user % 3 == 0 { "Mars/Olympus" } else { "XST" }));
    }
    people.extend((0..9).map(|user| format!("\na{user},zone {user}")));
    fs::write(shop.folder.path().join("people.csv"), people).unwrap();
    let asked = [
        "run",
        "rules",
        "--events",
        "log.ndjson",
        "--profiles",
        "people.csv",
        "--profile-columns",
        "user=id",
    ];
    let done = shop.run(&asked);
    assert_eq!(done.exit, 0, "{}", done.stderr);
    let line = done.stdout.lines().find(|line| line.contains("unknown time zone")).unwrap();
    let said = "1,211 users have an unknown time zone, and the account's instead: `XST` 800, `Mars/Olympus` 400, \
        `\\u{1b}[2J, तुरंत` 1, `so so so so so so so so so so so so so s…` 1, `zone 0` 1, `zone 1` 1, `zone 2` 1, `zone 3` 1, \
        `zone 4` 1, `zone 5` 1, and 3 names more";
    assert_eq!(line, said);
    let done = shop.run(&[asked.as_slice(), &["--json"]].concat());
    let summary: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
    let unknown = &summary["input"]["unknown_time_zones"];
    assert_eq!((&unknown["users"], &unknown["more"]), (&1_211.into(), &3.into()));
    assert_eq!(unknown["names"].as_array().unwrap().len(), 10);
    assert_eq!(unknown["names"][0], serde_json::json!({ "name": "XST", "users": 800 }));
}

#[test]
fn the_span_of_the_run_is_told_in_three_ways() {
    let shop = Shop::new();
    // Account time is five and a half hours ahead of UTC.
    let spans = [
        ["--from", "2026-11-03 12:00", "--to", "2026-11-04"],
        ["--from", "2026-11-03T06:30:00Z", "--to", "2026-11-03T18:30:00Z"],
    ];
    let mut seen = Vec::new();
    for span in spans {
        let done =
            shop.run(&[&["run", "rules", "--events", "log.ndjson", "--json"], &span as &[&str]].concat());
        assert_eq!(done.exit, 0, "{}", done.stderr);
        let summary: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
        seen.push((summary["from"].clone(), summary["to"].clone(), summary["total"].clone()));
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0].0, "2026-11-03T06:30:00Z");
    assert_eq!(seen[0].1, "2026-11-03T18:30:00Z");
}

#[test]
fn strict_stops_at_the_first_bad_row_and_leaves_what_was_there() {
    let shop = Shop::new();
    fs::write(shop.folder.path().join("jobs"), "from before").unwrap();
    let done = shop.run(&[
        "run",
        "rules",
        "--events",
        "log.ndjson",
        "--strict",
        "--jobs",
        "jobs",
        "--rejects",
        "rejects",
    ]);
    assert_eq!((done.exit, &*done.stdout), (1, ""));
    assert!(done.stderr.starts_with("error: `log.ndjson` row 6: "), "{}", done.stderr);
    assert_eq!(shop.read("jobs"), "from before");
    assert_eq!(shop.names(), ["bad", "jobs", "log.ndjson", "rules"]);
}

#[test]
fn rules_with_errors_run_nothing() {
    let shop = Shop::new();
    let done = shop.run(&["run", "bad", "--events", "log.ndjson", "--jobs", "jobs"]);
    assert_eq!((done.exit, &*done.stdout), (1, ""));
    assert!(done.stderr.ends_with("error: nothing was run: 2 errors in `bad`\n"), "{}", done.stderr);
    assert_eq!(shop.names(), ["bad", "log.ndjson", "rules"]);
}

#[test]
fn providers_beside_the_rules_hold_and_others_can_be_named() {
    let shop = Shop::new();
    let put = |name: &str, text: &str| fs::write(shop.folder.path().join(name), text).unwrap();
    put("rules/campanile.toml", "[provider.meta_mian]\n");
    let done = shop.run(&["check", "rules", "--message-format", "short"]);
    assert_eq!((done.exit, &*done.stderr), (1, "2 files checked: 1 error\n"));
    assert!(done.stdout.starts_with("rules/shop.camp:8:12: error[E0358]: there is no provider `meta_main`"));
    put("other.toml", "[provider.meta_main]\n");
    for command in [
        &["check", "rules"][..],
        &["describe", "rules"],
        &["test", "rules"],
        &["run", "rules", "--events", "log.ndjson", "--jobs", "-"],
        &["explain", "rules", "--events", "log.ndjson", "--user", "asha", "--campaign", "thanks"],
    ] {
        let wrong = shop.run(command);
        assert_eq!(wrong.exit, 1, "{command:?}: {}", wrong.stderr);
        let done = shop.run(&[command, &["--providers", "other.toml"]].concat());
        assert_eq!(done.exit, 0, "{command:?}: {}", done.stderr);
    }
    let run = ["run", "rules", "--events", "log.ndjson", "--jobs", "-", "--providers"];
    let jobs = shop.run(&[&run[..], &["other.toml"]].concat()).stdout;
    let jobs: Vec<SendJob> = jobs.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(jobs.iter().any(|job| &*job.campaign == "thanks"), "a campaign that names none");
    assert!(jobs.iter().all(|job| job.provider.as_deref() == Some("meta_main")));
    let piped = shop.run_with_input(&[&run[..], &["-"]].concat(), b"[provider.meta_main]");
    assert_eq!(piped.exit, 0, "{}", piped.stderr);
    let missing = shop.run(&[&run[..], &["nowhere.toml"]].concat());
    assert_eq!(missing.exit, 2, "{}", missing.stderr);
    assert!(missing.stderr.contains("cannot read `nowhere.toml`"), "{}", missing.stderr);
}

#[test]
fn plans_say_what_will_be_sent_when() {
    let shop = Shop::new();
    let put = |name: &str, text: &str| fs::write(shop.folder.path().join(name), text).unwrap();
    put("slow.toml", "[provider.meta_main]\nrate = \"1 per 30 minutes\"\n");
    let plan = ["plan", "rules", "--events", "log.ndjson"];
    let done = shop.run(&[&plan[..], &["--providers", "slow.toml"]].concat());
    assert_eq!(done.exit, 0, "{}", done.stderr);
    assert!(done.stderr.ends_with("\n6 events read, 1 rejected, 3 users\n"), "{}", done.stderr);
    blessed("plan.table.txt", &done.stdout);
    let json = shop.run(&[&plan[..], &["--providers", "slow.toml", "--json"]].concat());
    assert_eq!(json.exit, 0);
    blessed("plan.json", &json.stdout);
    let again = shop.run(&[&plan[..], &["--providers", "slow.toml", "--json"]].concat());
    assert_eq!(again.stdout, json.stdout, "byte for byte");
    assert_eq!(shop.names(), ["bad", "log.ndjson", "rules", "slow.toml"], "nothing is written");
    let page = shop.run(&[&plan[..], &["--providers", "slow.toml", "--report", "out/plan.html"]].concat());
    assert_eq!((page.exit, &page.stdout), (0, &done.stdout));
    let html = shop.read("out/plan.html");
    assert!(html.starts_with("<!DOCTYPE html>") && html.ends_with("</html>\n"));
    let piped = shop.run(&[&plan[..], &["--providers", "slow.toml", "--json", "--report", "-"]].concat());
    assert_eq!((piped.exit, &piped.stdout), (0, &html), "byte for byte");
    assert!(piped.stderr.contains("\"binding_seconds\""), "{}", piped.stderr);
    let over = shop.run(&[&plan[..], &["--report", "log.ndjson"]].concat());
    assert_eq!((over.exit, &*over.stdout), (2, ""));
    assert!(over.stderr.contains("--report would overwrite what is read as --events"), "{}", over.stderr);

    let wrong = shop.run(&["plan", "bad", "--events", "log.ndjson"]);
    assert_eq!((wrong.exit, &*wrong.stdout), (1, ""));
    let wrong = shop.run(&[&plan[..], &["--from", "2026-11-04", "--to", "2026-11-03"]].concat());
    assert_eq!((wrong.exit, &*wrong.stdout), (2, ""));
    let twice = shop.run(&["plan", "-", "--events", "-"]);
    assert_eq!(twice.exit, 2);
    assert!(twice.stderr.contains("standard input can be read only once"), "{}", twice.stderr);
}

/// Named or found, in a folder or beside it: what is read is not written over, and nothing else is begun.
#[test]
fn nothing_is_written_over_what_is_read() {
    let shop = Shop::new();
    let put = |name: &str, text: &str| fs::write(shop.folder.path().join(name), text).unwrap();
    put("rules/list.camp", "list vip from \"vip.csv\"\n");
    put("rules/vip.csv", "asha\n");
    put("rules/campanile.toml", "[provider.meta_main]\nrate = \"1 per 30 minutes\"\n");
    put("other.toml", "[provider.meta_main]\n");
    put("approved.json", r#"{"data": []}"#);
    put("people.csv", "user,phone\nasha,+919820012345\n");
    #[cfg(unix)]
    std::os::unix::fs::symlink("rules/shop.camp", shop.folder.path().join("link")).unwrap();
    let files = ["rules/shop.camp", "rules/list.camp", "rules/vip.csv", "rules/campanile.toml"];
    let given = ["other.toml", "people.csv", "log.ndjson"];
    let kept = || files.iter().chain(&given).map(|file| shop.read(file)).collect::<Vec<_>>();
    let before = kept();

    let plan = ["plan", "rules", "--events", "log.ndjson", "--report"];
    let run = ["run", "rules", "--events", "log.ndjson", "--jobs"];
    let outcomes = ["run", "rules", "--events", "log.ndjson", "--outcomes"];
    let test = ["test", "rules", "--junit"];
    let mut refused = Vec::new();
    for file in files.into_iter().chain(["./rules/../rules/shop.camp", "link"]) {
        if cfg!(unix) || file != "link" {
            refused.extend([&plan[..], &run, &outcomes, &test].map(|command| [command, &[file]].concat()));
        }
    }
    for file in given {
        let profiles =
            ["--profiles", "people.csv", "--profile-columns", "user=user", "--providers", "other.toml"];
        refused.extend([&plan[..], &run, &outcomes].map(|command| [command, &[file], &profiles].concat()));
    }
    refused.push(vec!["test", "rules", "--templates", "approved.json", "--junit", "approved.json"]);
    refused.push(vec!["test", "rules", "--providers", "other.toml", "--junit", "other.toml"]);
    for command in refused {
        let done = shop.run(&command);
        assert_eq!((done.exit, &*done.stdout), (2, ""), "{command:?}: {}", done.stderr);
        assert!(done.stderr.contains(" would overwrite what is read as "), "{command:?}: {}", done.stderr);
        assert_eq!(kept(), before, "{command:?}");
    }
    assert_eq!(shop.read("approved.json"), r#"{"data": []}"#);
    // Beside them there is room.
    let done = shop.run(&[&plan[..], &["rules/plan.html"]].concat());
    assert_eq!(done.exit, 0, "{}", done.stderr);
}

#[test]
fn a_reader_who_leaves_is_no_error() {
    let shop = Shop::new();
    // More jobs than any pipe holds.
    let mut log = shop.read("log.ndjson");
    for number in 0..4_000 {
        log.push_str(&format!(
            "{{\"type\":\"track\",\"userId\":\"asha\",\"event\":\"Charged\",\"timestamp\":\"2026-11-05T00:00:00Z\",\"messageId\":\"x{number}\",\"properties\":{{\"amount\":900}}}}\n"
        ));
    }
    fs::write(shop.folder.path().join("long.ndjson"), log).unwrap();
    let mut command =
        shop.command(&["run", "rules", "--events", "long.ndjson", "--jobs", "-", "--outcomes", "outcomes"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = [0];
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut first).unwrap();
    drop(stdout);
    let done = Done::of(child.wait_with_output().unwrap());
    assert_eq!(done.exit, 0, "{}", done.stderr);
    assert!(!done.stderr.contains("error"), "{}", done.stderr);
    assert!(shop.read("outcomes").lines().count() > 4_000, "what is still to be done is done");
}

#[test]
fn nothing_moves_and_nothing_shines_where_no_terminal_is() {
    let shop = Shop::new();
    for arguments in [ALL_OUTPUTS, &["check", "bad"], &["run", "bad", "--events", "log.ndjson"]] {
        let done = shop.run(arguments);
        for stream in [&done.stdout, &done.stderr] {
            assert!(!stream.contains(['\u{1b}', '\r', '\u{8}']), "{stream}");
        }
    }
}

#[test]
fn no_color_has_the_last_word() {
    let shop = Shop::new();
    let colourful = |no_color: bool| {
        let mut command = shop.command(&["check", "bad"]);
        command.env("CLICOLOR_FORCE", "1");
        if no_color {
            command.env("NO_COLOR", "1");
        }
        Done::of(command.output().unwrap()).stdout.contains('\u{1b}')
    };
    assert!(colourful(false));
    assert!(!colourful(true));
}

#[test]
fn control_characters_of_a_rule_file_reach_no_terminal() {
    let shop = Shop::new();
    let rules = "segment a = in segment b\u{1b}[2J\u{9b}1m\nsegment \u{1b}]0;title\u{7}\n";
    fs::write(shop.folder.path().join("bad/bad.camp"), rules).unwrap();
    for format in ["human", "short"] {
        let done = shop.run(&["check", "bad", "--message-format", format]);
        assert_eq!(done.exit, 1, "{done:?}");
        assert!(!done.stdout.contains(['\u{1b}', '\u{7}', '\u{9b}']), "{}", done.stdout);
    }
}

#[test]
fn schemas_pages_version_and_help_are_printed() {
    let shop = Shop::new();
    assert_eq!(shop.run(&["schema", "job"]).stdout, text(Document::Job).unwrap());
    assert_eq!(shop.run(&["schema", "outcome"]).stdout, text(Document::Outcome).unwrap());
    assert_eq!(shop.run(&["schema", "plan"]).stdout, text(Document::Plan).unwrap());

    let index = shop.run(&["explain"]);
    assert_eq!(index.exit, 0);
    let code = index.stdout.split_whitespace().next().unwrap().to_lowercase();
    let page = shop.run(&["explain", &code]);
    assert!(page.exit == 0 && page.stdout.starts_with(&format!("# {}: ", code.to_uppercase())), "{page:?}");

    let version = shop.run(&["--version"]);
    let expected = format!(
        "campanile {} (time zones {})\n",
        env!("CARGO_PKG_VERSION"),
        campanile::calendar::database_version()
    );
    assert_eq!((version.exit, version.stdout), (0, expected));

    for arguments in [&["--help"] as &[&str], &["help", "run"], &["check", "--help"]] {
        let help = shop.run(arguments);
        assert_eq!(help.exit, 0);
        assert!(help.stdout.contains("Usage: campanile"));
        for line in help.stdout.lines() {
            assert!(line.chars().count() <= 110, "a line of the help is too long to read: {line}");
        }
    }
}

/// The options that name a log and say how it is read are the same wherever a log is read.
#[test]
fn every_command_that_reads_a_log_is_told_how_in_the_same_words() {
    let shop = Shop::with_tests();
    fs::write(shop.folder.path().join("torn.csv"), "user,at,event\nasha,yesterday,Charged\n").unwrap();
    fs::write(shop.folder.path().join("segment.camp"), "segment buyers = did \"Charged\"").unwrap();
    let asked: [(&[&str], &[&str]); 7] = [
        (&["run"], &["thanks.camp", "--events"]),
        (&["explain"], &["thanks.camp", "--user", "asha", "--campaign", "thanks", "--events"]),
        (&["segments"], &["segment.camp", "--at", "2026-11-05", "--events"]),
        (&["audience"], &["segment.camp", "--at", "2026-11-05", "--events"]),
        (&["schema", "infer"], &[]),
        (&["plan"], &["thanks.camp", "--events"]),
        (&["diff"], &["thanks.camp", "thanks.camp", "--events"]),
    ];
    let mut sections = Vec::new();
    for (command, arguments) in asked {
        let help = shop.run(&[command, &["--help"]].concat()).stdout;
        let section = help.split("Reading logs:\n").nth(1).and_then(|rest| rest.split("\n\nExamples").next());
        let section = section.unwrap_or_else(|| panic!("{command:?}: {help}")).to_owned();
        for option in ["--format", "--columns", "--profile-format", "--profile-columns", "--strict"] {
            assert!(
                section.contains(&format!("{option} ")) || section.contains(&format!("{option}\n")),
                "{section}"
            );
        }
        sections.push(section);

        let columns = &["torn.csv", "--columns", "user=user,at=at,event=event"];
        let torn = shop.run(&[command, arguments, columns, &["--strict"]].concat());
        // Of `diff`, 1 says that something differs.
        assert_eq!(torn.exit, if command == ["diff"] { 2 } else { 1 }, "{command:?}: {torn:?}");
        assert!(torn.stderr.contains("`torn.csv` row 2: "), "{torn:?}");
    }
    sections.dedup();
    assert_eq!(sections.len(), 1, "{sections:#?}");
}

/// The binary among the files of `docs/diff.md`.
fn diff(arguments: &[&str]) -> Done {
    let mut command = Command::new(env!("CARGO_BIN_EXE_campanile"));
    let folder = Path::new(FILES).parent().unwrap().join("difference");
    command.arg("diff").args(arguments).current_dir(folder).stdin(Stdio::null());
    for name in ["NO_COLOR", "CLICOLOR_FORCE", "CLICOLOR", "TERM"] {
        command.env_remove(name);
    }
    Done::of(command.output().unwrap())
}

#[test]
#[expect(clippy::disallowed_methods, reason = "who changes what is said asks for new expectations")]
fn the_page_on_comparing_shows_what_is_said() {
    let page = Path::new(FILES).join("../../docs/diff.md");
    let text = fs::read_to_string(&page).unwrap();
    let (before, block) = text.split_once("```text\n$ campanile diff ").unwrap();
    let (line, rest) = block.split_once('\n').unwrap();
    let (shown, after) = rest.split_once("```").unwrap();
    let done = diff(&line.split(' ').collect::<Vec<_>>());
    assert_eq!((done.exit, &*done.stderr), (1, ""));
    if std::env::var_os("BLESS").is_some() {
        let said = &done.stdout;
        fs::write(&page, format!("{before}```text\n$ campanile diff {line}\n{said}```{after}")).unwrap();
        return;
    }
    assert_eq!(shown, done.stdout);
}

#[test]
fn versions_are_compared_with_an_exit_code_for_reviews() {
    let same = diff(&["old", "old", "--events", "log.ndjson"]);
    let head = "nothing differs: 2 campaigns, 9 jobs\n\
                the log from 2026-11-01 00:00 +05:30 to 2026-11-08 20:00 +05:30, 5 users\n";
    assert_eq!((same.exit, &*same.stdout, &*same.stderr), (0, head, ""));

    let one = diff(&["old", "new", "--events", "log.ndjson", "--campaign", "order_thanks", "--samples", "1"]);
    assert_eq!(one.exit, 1);
    assert!(
        one.stdout.starts_with("1 of 1 campaign differs: 2 jobs removed, 4 the same\n"),
        "{}",
        one.stdout
    );
    assert_eq!(one.stdout.matches("      removed  ").count(), 1, "{}", one.stdout);

    let counts = diff(&["old", "new", "--events", "log.ndjson", "--samples", "0"]);
    assert!(counts.exit == 1 && !counts.stdout.contains("new/shop.camp"), "{}", counts.stdout);

    let json = diff(&["old", "new", "--events", "log.ndjson", "--json"]);
    assert_eq!(json.exit, 1);
    let found: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    let place = &found["changes"][0]["new"]["place"];
    assert_eq!((place["file"].as_str(), place["line"].as_u64()), (Some("new/shop.camp"), Some(10)));
    assert_eq!(found["campaigns"][0]["samples"][0]["causes"][0]["changes"][0], 0);
    // The same again, to the last byte.
    assert_eq!(diff(&["old", "new", "--events", "log.ndjson", "--json"]), json);

    for (wrong, words) in [
        (vec!["old", "nowhere", "--events", "log.ndjson"], "1 error in the new rules, `nowhere`"),
        (
            vec!["../command/bad.camp", "new", "--events", "log.ndjson"],
            "in the old rules, `../command/bad.camp`",
        ),
        (
            vec!["old", "new", "--events", "log.ndjson", "--campaign", "order_thank"],
            "did you mean `order_thanks`?",
        ),
        (
            vec!["old", "new", "--events", "log.ndjson", "--from", "2026-11-04", "--to", "2026-11-03"],
            "begin only at",
        ),
        (vec!["old", "-", "--events", "-"], "standard input can be read only once"),
        (
            vec!["old", "new", "--events", "old/shop.camp", "--columns", "user=x,at=y,event=z"],
            "old/shop.camp",
        ),
        (vec!["old", "new"], "--events"),
    ] {
        let done = diff(&wrong);
        assert_eq!((done.exit, &*done.stdout), (2, ""), "{wrong:?} {done:?}");
        assert!(done.stderr.contains(words), "{wrong:?} {}", done.stderr);
    }
}

/// What comes by standard input comes once, and what cannot be read is told once.
#[test]
fn a_log_on_standard_input_is_compared_too() {
    let shop = Shop::new();
    let files = Path::new(FILES).parent().unwrap().join("difference");
    let (old, new) = (files.join("old"), files.join("new"));
    let rules = [old.to_str().unwrap(), new.to_str().unwrap()];
    let mut log = fs::read(files.join("log.ndjson")).unwrap();
    log.extend(b"{\"type\":\"track\",\"userId\":\"asha\"}\n");
    fs::write(shop.folder.path().join("torn.ndjson"), &log).unwrap();

    let piped = shop.run_with_input(&["diff", rules[0], rules[1], "--events", "-"], &log);
    let read = shop.run(&["diff", rules[0], rules[1], "--events", "torn.ndjson"]);
    assert_eq!((piped.exit, &piped.stdout), (1, &read.stdout));
    assert!(read.stdout.contains("/new/shop.camp:10:3"), "{}", read.stdout);
    assert_eq!(read.stderr.matches("rejected:").count(), 1, "{}", read.stderr);
    let strict = shop.run(&["diff", rules[0], rules[1], "--events", "torn.ndjson", "--strict"]);
    assert_eq!((strict.exit, &*strict.stdout), (2, ""), "{}", strict.stderr);
}

const RULES_WITH_TESTS: &str = r#"
campaign thanks "Thanks" {
  when "Charged" where amount >= 500
  if did "Charged" at least 2 times in last 10 days
  send template thanks in "en"
}
test "a second purchase is thanked for" {
  profile asha { phone: "+919820012345", whatsapp: yes }
  at 2026-11-03 10:00 asha did "Charged" { amount: 900 }
  at 2026-11-04 10:00 asha did "Charged" { amount: 900 }
  until 2026-11-05 00:00 expect asha gets thanks at 2026-11-04 10:00 and nothing else
}
test "so is the first" {
  profile asha { phone: "+919820012345", whatsapp: yes }
  at 2026-11-03 10:00 asha did "Charged" { amount: 900 }
  expect asha gets thanks
}
"#;

impl Shop {
    /// The shop with rules that have tests of their own, and a log of one user.
    fn with_tests() -> Shop {
        let shop = Shop::new();
        fs::write(shop.folder.path().join("thanks.camp"), RULES_WITH_TESTS).unwrap();
        let log = "user,at,event,amount\n\
                   asha,2026-11-03T10:00:00Z,Charged,900\n\
                   asha,2026-11-04T10:00:00Z,Charged,900\n\
                   ben,2026-11-04T10:00:00Z,Charged,1\n";
        fs::write(shop.folder.path().join("log.csv"), log).unwrap();
        shop
    }

    fn why(&self, more: &[&str]) -> Done {
        let mut arguments =
            vec!["explain", "thanks.camp", "--events", "log.csv", "--columns", "user=user,at=at,event=event"];
        arguments.extend(more);
        self.run(&arguments)
    }
}

#[test]
fn tests_of_rules_are_run() {
    let shop = Shop::with_tests();
    let done = shop.run(&["test", "thanks.camp"]);
    assert_eq!(done.exit, 1, "{}", done.stderr);
    let line = "✗ did \"Charged\" at least 2 times in last 10 days: 1, the second would have been needed by 2026-11-03 10:00 +00:00";
    assert!(done.stdout.contains(line), "{}", done.stdout);
    assert!(done.stdout.ends_with("1 test failed, 1 passed\n"), "{}", done.stdout);
    assert!(!done.stdout.contains('\u{1b}') && !done.stdout.contains("a second purchase"));

    let done = shop.run(&["test", "thanks.camp", "--filter", "SECOND", "--junit", "out.xml"]);
    assert_eq!((done.exit, done.stdout.as_str()), (0, "1 test passed, 1 left out by the filter\n"));
    assert!(shop.read("out.xml").contains("<testcase name=\"a second purchase is thanked for\""));

    let done = shop.run(&["test", "thanks.camp", "--filter", "second", "--coverage", "--min-coverage", "99"]);
    assert_eq!(done.exit, 1);
    assert!(done.stdout.contains("amount >= 500: never false, asked 2 times"), "{}", done.stdout);
    assert!(done.stderr.contains("less than 99%"), "{}", done.stderr);

    let json = shop.run(&["test", "thanks.camp", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["results"][1]["mismatches"][0]["found"], "asha gets no thanks");

    assert_eq!(shop.run(&["test", "thanks.camp", "--filter", "none such"]).exit, 2);
    assert_eq!(shop.run(&["test", "bad"]).exit, 1);
    assert_eq!(shop.run(&["test", "rules"]).stdout, "no test was run\n");
}

#[test]
fn a_run_is_asked_why() {
    let shop = Shop::with_tests();
    let done = shop.why(&["--user", "asha", "--campaign", "thanks"]);
    assert_eq!(done.exit, 0, "{}", done.stderr);
    assert!(done.stdout.starts_with("asha · thanks \"Thanks\"\n"), "{}", done.stdout);
    assert!(
        done.stdout.contains("✗ no_consent at 2026-11-04 10:00 +00:00: `whatsapp` is not set"),
        "{}",
        done.stdout
    );

    let short = shop.why(&["--user", "ben", "--campaign", "thanks", "--short"]);
    let wanted = "never triggered: \"Charged\" at 2026-11-04 10:00 +00:00 failed `where`: `amount >= 500`: `amount` is 1\n";
    assert_eq!(short.stdout, wanted);

    let at = shop.why(&["--user", "asha", "--campaign", "thanks", "--at", "2026-11-03 12:00", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&at.stdout).unwrap();
    assert_eq!(
        (&json["at"]["audience"]["holds"], &json["at"]["at"]),
        (&false.into(), &"2026-11-03T12:00:00Z".into())
    );

    let nobody = shop.why(&["--user", "Asha", "--campaign", "thanks"]);
    assert_eq!(nobody.exit, 2);
    assert!(nobody.stderr.contains("there are `asha`, `ben`"), "{}", nobody.stderr);
    let none = shop.why(&["--user", "asha", "--campaign", "thank"]);
    assert!(none.stderr.contains("did you mean `thanks`?"), "{}", none.stderr);
    let half = shop.why(&["--user", "asha"]);
    assert!(half.exit == 2 && half.stderr.contains("needs a campaign"), "{}", half.stderr);
    // A code is a code, also beside rules of that name.
    assert!(shop.run(&["explain", "E0101"]).stdout.starts_with("# E0101"));
}
