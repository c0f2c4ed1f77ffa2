//! What does not fit in memory is put elsewhere: whatever fails there is an error with words, and never another answer.
#![cfg(test)]
#[path = "support/scratch.rs"]
mod scratch;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use campanile::audience::{Audience, AudienceAt, AudienceError};
use campanile::model::{Event, Instant, ProfileUpdate, Properties, Record, Value};
use campanile::replay::{Replay, ReplayResult, ScratchError};
use campanile::rulebook::Rulebook;

use scratch::{InMemory, State};

/// Numbers, several values at once, ids, and a clause that only the machine answers.
const RULES: &str = "
    segment many = did \"Charged\" at least 8 times in last 30 days
    segment large = sum of amount over \"Charged\" in last 30 days > 300
    segment varied = distinct items over \"Charged\" in last 30 days >= 8
    segment early = did \"Charged\" where user hour in 0..12 at least 5 times
    segment lapsed = did \"Viewed\" then \"Charged\", all within 2 days and profile.city is not set";

fn records() -> Vec<Record> {
    let mut records = Vec::new();
    let begins = Instant::parse("2026-11-01T00:00:00Z").unwrap().millis();
    for number in 0..300_i64 {
        let user = format!("user {}", number * 7 % 23);
        let items = (0..number % 4).map(|item| Value::text(&format!("item {}", (number + item * 3) % 11)));
        let properties: Properties =
            [("amount", Value::integer(number % 97)), ("items", Value::List(items.collect()))]
                .into_iter()
                .collect();
        records.push(Record::Event(Event {
            user: user.as_str().into(),
            name: if number % 3 == 0 { "Viewed".into() } else { "Charged".into() },
            at: Instant::from_millis(begins + number * 6_000_000 % 1_900_000_000),
            id: (number % 5 == 0).then(|| format!("id {}", number % 30).into()),
            properties,
        }));
        if number % 50 == 0 {
            let changes = vec![("city".into(), Some(Value::text("Pune")))];
            records.push(Record::Profile(ProfileUpdate { user: user.as_str().into(), at: None, changes }));
        }
    }
    records
}

fn ask(memory: Option<(u64, State)>, threads: usize) -> (Result<Vec<AudienceAt>, AudienceError>, Arc<State>) {
    let rulebook = Rulebook::parse("shop.camp", RULES).unwrap();
    let at = Instant::parse("2026-11-20T00:00:00Z").unwrap();
    let audience = Audience::new(&rulebook).at(at).with_members().with_clauses().on_threads(threads);
    let mut audience = audience.laid_out(17, true, true);
    let mut state = Arc::default();
    if let Some((bytes, of_scratch)) = memory {
        state = Arc::new(of_scratch);
        audience = audience.with_memory(bytes, Arc::new(InMemory { state: Arc::clone(&state) }));
    }
    records().into_iter().for_each(|record| audience.add(record));
    (audience.ask(), state)
}

fn operations(state: &State) -> usize {
    state.operations.load(Ordering::SeqCst)
}

#[test]
fn the_same_is_found_whatever_is_put_by() {
    let (whole, state) = ask(None, 1);
    let whole = whole.unwrap();
    assert_eq!(operations(&state), 0);
    let users: Vec<u64> = whole[0].segments.iter().map(|segment| segment.users).collect();
    assert!(users.iter().all(|users| (1..23).contains(users)), "{users:?}");
    let mut before = usize::MAX;
    for bytes in [0, 5_000, 50_000, 1 << 30] {
        for threads in [1, 2, 7] {
            let (found, state) = ask(Some((bytes, State::default())), threads);
            assert_eq!(found.unwrap(), whole, "{bytes} bytes on {threads} threads");
            assert_eq!(state.open.load(Ordering::SeqCst), 0);
            if threads == 1 {
                // The less may be held, the more often something is put by.
                assert!(operations(&state) < before, "{bytes} bytes: {}", operations(&state));
                before = operations(&state);
            }
        }
    }
    assert_eq!(before, 0, "what fits is put nowhere");
}

#[test]
fn each_operation_that_fails_is_an_error_and_leaves_nothing() {
    let (_, state) = ask(Some((20_000, State::default())), 1);
    let all = operations(&state);
    assert!(all > 20, "{all}");
    for fails in 1..=all {
        for threads in [1, 2] {
            let (found, state) = ask(Some((20_000, State { fails, ..State::default() })), threads);
            if threads == 1 || operations(&state) >= fails {
                let wanted = AudienceError::Scratch(format!("operation {fails} fails"), None);
                assert_eq!(found.unwrap_err(), wanted, "on {threads} threads");
            }
            assert_eq!(state.open.load(Ordering::SeqCst), 0, "operation {fails} on {threads} threads");
        }
    }
}

#[test]
fn a_block_that_comes_back_changed_is_an_error() {
    let (whole, state) = ask(Some((0, State::default())), 1);
    assert!(whole.is_ok());
    for turned in 1..=operations(&state) {
        let (found, _) = ask(Some((0, State { turns: Some((turned, turned * 131)), ..State::default() })), 1);
        match found {
            // What was put, not had back, is not changed.
            Ok(found) => assert_eq!(Ok(found), whole),
            Err(error) => {
                assert_eq!(error.to_string(), "what was put by for want of memory came back changed")
            }
        }
    }
    let last = operations(&state);
    let (found, _) = ask(Some((0, State { turns: Some((last, 3)), ..State::default() })), 1);
    assert!(found.is_err(), "the last operation has something back");
}

/// Users alone, users who share a number, and what is kept of events.
const CAMPAIGNS: &str = "
    settings { cap 3 per 7 days }
    campaign thanks { when \"Charged\" send template thanks { body \"{{ event.amount }}\" } }
    campaign varied {
        when \"Viewed\"
        if sum of amount over \"Charged\" in last 30 days > 40
        wait 1 hour
        unless \"Charged\"
        send template items { body \"{{ event.items | first }}\" }
    }";
/// One message may wait for any other: all users are run as one.
const TOGETHER: &str = "
    campaign thanks {
        when \"Charged\"
        throttle 1 per 1 hour
        send template thanks { body \"{{ event.amount }}\" }
    }";

fn replay(
    rules: &str,
    memory: Option<(u64, State)>,
    threads: usize,
) -> (Result<ReplayResult, ScratchError>, Arc<State>) {
    let rulebook = Rulebook::parse("shop.camp", rules).unwrap();
    let mut phones = Vec::new();
    for user in 0..23_u32 {
        let phone = format!("+9198200000{:02}", user / 2);
        let known = [("phone", Value::text(&phone)), ("whatsapp", Value::Boolean(true))];
        let changes = known.map(|(name, value)| (name.into(), Some(value))).to_vec();
        let user = format!("user {user}").as_str().into();
        phones.push(Record::Profile(ProfileUpdate { user, at: None, changes }));
    }
    let records = phones.into_iter().chain(records());
    let replay = Replay::new(&rulebook.compile()).on_threads(threads).with_holds();
    let (bytes, of_scratch) = memory.unwrap_or((u64::MAX, State::default()));
    let state = Arc::new(of_scratch);
    let mut replay = replay.with_memory(bytes, Arc::new(InMemory { state: Arc::clone(&state) }));
    let mut records = records.collect::<Vec<_>>().into_iter();
    records.by_ref().take(200).for_each(|record| replay.add(record));
    replay.add_in_columns(records, 17, true, true);
    (replay.run(), state)
}

#[test]
fn a_run_decides_the_same_whatever_is_put_by() {
    for rules in [CAMPAIGNS, TOGETHER] {
        let (whole, state) = replay(rules, None, 1);
        let whole = whole.unwrap();
        assert_eq!(operations(&state), 0, "what fits is put nowhere");
        assert!(whole.jobs.len() > 20, "{:?}", whole.summary);
        for bytes in [0, 20_000, 60_000] {
            for threads in [1, 2, 7] {
                let (found, state) = replay(rules, Some((bytes, State::default())), threads);
                assert_eq!(found.unwrap(), whole, "{bytes} bytes on {threads} threads");
                assert!(operations(&state) > 2, "{bytes} bytes: nothing was put by");
                assert_eq!(state.open.load(Ordering::SeqCst), 0);
            }
        }
    }
}

/// Those who share a number are in several parts, and what they do at one instant counts in the order of the log.
#[test]
fn of_one_instant_users_who_share_a_number_keep_the_order_of_the_log() {
    let rulebook = Rulebook::parse("shop.camp", CAMPAIGNS).unwrap();
    let at = Instant::parse("2026-11-03T10:00:00Z").unwrap();
    let known = [("phone", Value::text("+919820000000")), ("whatsapp", Value::Boolean(true))];
    let profiles = (0..7).map(|user| {
        let changes = known.clone().map(|(name, value)| (name.into(), Some(value))).to_vec();
        Record::Profile(ProfileUpdate { user: format!("user {user}").as_str().into(), at: None, changes })
    });
    let events = (0..60_i64).map(|number| {
        let properties = [("amount", Value::integer(number))].into_iter().collect();
        let user = format!("user {}", (number + 3) * 5 % 7).as_str().into();
        Record::Event(Event { user, name: "Charged".into(), at, id: None, properties })
    });
    let records: Vec<Record> = profiles.chain(events).collect();
    let run = |bytes: u64| {
        let scratch = Arc::new(InMemory::default());
        let replay = Replay::new(&rulebook.compile());
        let mut replay = replay.with_memory(bytes, Arc::<InMemory>::clone(&scratch));
        replay.add_in_columns(records.iter().cloned(), 100, true, true);
        (replay.run().unwrap(), operations(&scratch.state))
    };
    let (whole, none) = run(u64::MAX);
    assert_eq!((whole.jobs.len(), none), (3, 0), "the cap is the number's");
    let (found, some) = run(0);
    assert_eq!(found, whole);
    assert!(some > 10, "{some}");
}

#[test]
fn each_operation_of_a_run_that_fails_is_an_error_and_leaves_nothing() {
    // There are many blocks in the order of time, one like the other.
    for (rules, step) in [(CAMPAIGNS, 1), (TOGETHER, 13)] {
        let (_, state) = replay(rules, Some((20_000, State::default())), 1);
        for fails in (1..=operations(&state)).step_by(step) {
            for threads in [1, 2] {
                let (found, state) =
                    replay(rules, Some((20_000, State { fails, ..State::default() })), threads);
                if threads == 1 || operations(&state) >= fails {
                    let wanted = ScratchError::new(format!("operation {fails} fails"));
                    assert_eq!(found.unwrap_err(), wanted, "on {threads} threads");
                }
                assert_eq!(state.open.load(Ordering::SeqCst), 0, "operation {fails} on {threads} threads");
            }
        }
    }
}

#[test]
fn a_block_of_a_run_that_comes_back_changed_is_an_error() {
    for (rules, step) in [(CAMPAIGNS, 1), (TOGETHER, 13)] {
        let (whole, state) = replay(rules, Some((0, State::default())), 1);
        let (whole, mut turned) = (whole.unwrap(), 0);
        for at in (1..=operations(&state)).step_by(step) {
            match replay(rules, Some((0, State { turns: Some((at, at * 131)), ..State::default() })), 1).0 {
                // What was put, not had back, is not changed.
                Ok(found) => assert_eq!(found, whole),
                Err(error) => {
                    turned += 1;
                    assert_eq!(error.to_string(), "what was put by for want of memory came back changed");
                }
            }
        }
        assert!(turned > 5, "{turned}");
    }
}

/// The binary and the files of a folder.
#[cfg(feature = "cli")]
mod command {
    use std::fs::{self, File};
    use std::io::Write;
    use std::path::Path;
    use std::process::{Command, Output};
    use std::sync::Arc;

    use campanile::audience::Audience;
    use campanile::input::{Log, ReadOptions, TemporaryFiles};
    use campanile::model::Instant;
    use campanile::rulebook::Rulebook;

    const COLUMNS: &str = "user=user,at=at:unix_ms,event=event";

    /// A log in no order, of whole numbers and names.
    fn log(path: &Path, rows: u64) {
        let mut file = std::io::BufWriter::new(File::create(path).unwrap());
        for row in 0..rows {
            writeln!(file, "{}", line(row)).unwrap();
        }
        file.flush().unwrap();
    }

    fn line(row: u64) -> String {
        let name = if row.is_multiple_of(2) { "u" } else { "" };
        let at = 1_793_500_000_000 + row * 7_919_000 % 1_600_000_000;
        let amount = row % 90;
        format!(
            r#"{{"user":"{name}{}","at":{at},"event":"Charged","amount":{amount},"items":["a","{amount}"]}}"#,
            row * 31 % 997
        )
    }

    fn files() -> (tempfile::TempDir, tempfile::TempDir) {
        let (folder, temporary) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(folder.path().join("shop.camp"), super::RULES).unwrap();
        (folder, temporary)
    }

    fn command(folder: &Path, log: &str, temporary: &Path, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_campanile"));
        command.args(["audience", "shop.camp", "--events", log, "--columns", COLUMNS, "--at", "2026-11-20"]);
        command.args(more).arg("--temp").arg(temporary).current_dir(folder);
        command
    }

    fn text(bytes: &[u8]) -> String {
        String::from_utf8_lossy(bytes).into_owned()
    }

    #[test]
    fn a_small_budget_finds_the_same_and_leaves_no_file() {
        let (folder, temporary) = files();
        log(&folder.path().join("log.ndjson"), 20_000);
        let run = |more: &[&str]| -> Output {
            command(folder.path(), "log.ndjson", temporary.path(), more).output().unwrap()
        };
        let whole = run(&[]);
        assert!(whole.status.success(), "{}", text(&whole.stderr));
        assert!(text(&whole.stdout).contains("many"));
        for memory in ["1", "40KB"] {
            for threads in ["1", "3"] {
                let found = run(&["--memory", memory, "--threads", threads]);
                assert_eq!(text(&found.stdout), text(&whole.stdout), "{memory}: {}", text(&found.stderr));
            }
        }
        assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_run_and_a_plan_of_a_small_budget_are_the_same_and_leave_no_file() {
        let (folder, temporary) = files();
        fs::write(folder.path().join("shop.camp"), super::CAMPAIGNS).unwrap();
        log(&folder.path().join("log.ndjson"), 5_000);
        let ask = |command: &str, more: &[&str]| {
            let mut asked = Command::new(env!("CARGO_BIN_EXE_campanile"));
            asked.args([command, "shop.camp", "--events", "log.ndjson", "--columns", COLUMNS]).args(more);
            let done = asked.arg("--temp").arg(temporary.path()).current_dir(folder.path()).output().unwrap();
            assert!(done.status.success(), "{}", text(&done.stderr));
            text(&done.stdout)
        };
        let asked: [(&str, &[&str]); 2] = [("run", &["--outcomes", "-"]), ("plan", &["--json"])];
        for (command, more) in asked {
            let whole = ask(command, more);
            assert!(whole.lines().count() > 10, "{whole}");
            for memory in ["1", "40KB"] {
                for threads in ["1", "3"] {
                    let more = [more, &["--memory", memory, "--threads", threads]].concat();
                    assert_eq!(ask(command, &more), whole, "{command} with {memory}");
                }
            }
        }
        assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0);
        let mut missing = Command::new(env!("CARGO_BIN_EXE_campanile"));
        missing.args(["run", "shop.camp", "--events", "log.ndjson", "--columns", COLUMNS, "--memory", "1"]);
        let done = missing.args(["--temp", "no/such/folder"]).current_dir(folder.path()).output().unwrap();
        let told = text(&done.stderr);
        assert_eq!(done.status.code(), Some(2), "{told}");
        assert!(
            told.contains("`no/such/folder`: there is no such folder") && told.contains("--temp"),
            "{told}"
        );
    }

    #[test]
    fn a_folder_for_temporary_files_that_is_not_there_is_told() {
        let (folder, _) = files();
        log(&folder.path().join("log.ndjson"), 100);
        let missing = Path::new("no/such/folder");
        let done = command(folder.path(), "log.ndjson", missing, &["--memory", "1"]).output().unwrap();
        let told = text(&done.stderr);
        assert_eq!(done.status.code(), Some(2), "{told}");
        assert!(told.contains("`no/such/folder`: there is no such folder"), "{told}");
        assert!(told.contains("--temp"), "{told}");
        // What is not used is not missed.
        assert!(command(folder.path(), "log.ndjson", missing, &[]).output().unwrap().status.success());
    }

    /// Whatever ends the command, there was no name to be left behind.
    #[cfg(target_os = "linux")]
    #[test]
    fn an_interrupt_while_something_is_put_by_leaves_no_file() {
        use std::os::unix::process::ExitStatusExt;
        use std::process::Stdio;
        use std::time::Duration;

        // A shell in the background has its children ignore interrupts, and so would the command.
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap();
        let ignored = u64::from_str_radix(ignored.trim(), 16).unwrap();
        let interrupt = if ignored & 0b10 == 0 { "-INT" } else { "-TERM" };
        for signal in [interrupt, "-TERM", "-KILL"] {
            let (folder, temporary) = files();
            let mut command = command(folder.path(), "-", temporary.path(), &["--memory", "1"]);
            let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
            let mut child = piped.spawn().unwrap();
            let mut input = child.stdin.take().unwrap();
            let open = format!("/proc/{}/fd", child.id());
            let within = fs::canonicalize(temporary.path()).unwrap();
            let has_file = || {
                let open = fs::read_dir(&open).unwrap().filter_map(Result::ok);
                open.filter_map(|file| fs::read_link(file.path()).ok()).any(|file| file.starts_with(&within))
            };
            let mut rows = 0;
            while !has_file() {
                assert!(rows < 4_000_000, "nothing was put by");
                let lines: String = (rows..rows + 1000).map(|row| line(row) + "\n").collect();
                input.write_all(lines.as_bytes()).unwrap();
                rows += 1000;
            }
            let sent = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
            assert!(sent.success());
            // The input stays open: only the signal ends it.
            let mut waited = 0;
            let status = loop {
                match child.try_wait().unwrap() {
                    Some(status) => break status,
                    None => std::thread::sleep(Duration::from_millis(10)),
                }
                waited += 1;
                assert!(waited < 6_000, "it goes on after {signal}");
            };
            assert!(status.signal().is_some(), "{status:?}");
            assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0, "{signal}");
        }
    }

    #[test]
    fn a_file_that_changes_while_it_is_read_is_an_error() {
        let (folder, temporary) = files();
        let file = folder.path().join("log.ndjson");
        log(&file, 100);
        let options = ReadOptions { columns: Some(COLUMNS.parse().unwrap()), ..ReadOptions::default() };
        let opened = Log::open([&file], &options).unwrap();
        let rulebook = Rulebook::parse("shop.camp", super::RULES).unwrap();
        let audience = Audience::new(&rulebook).at(Instant::parse("2026-11-20T00:00:00Z").unwrap());
        let audience = audience.with_memory(0, Arc::new(TemporaryFiles::in_folder(temporary.path())));
        assert!(audience.ask_log(&opened).is_ok());
        let mut appended = File::options().append(true).open(&file).unwrap();
        writeln!(appended, "{}", line(100)).unwrap();
        drop(appended);
        let error = audience.ask_log(&opened).unwrap_err().to_string();
        assert!(error.ends_with("log.ndjson` was changed while it was read"), "{error}");
    }
}
