//! `campanile live` and `campanile state` as processes: what they decide, and what is left of them when they are ended, gently or not.
#![cfg(test)]
#![cfg(all(unix, feature = "cli"))]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

const RULES: &str = r#"
settings { timezone "Asia/Kolkata" }
event "Charged" { amount: number }
event "Added to Cart" { cart_id: text }
campaign rescue {
  category marketing
  when "Added to Cart" then no "Charged" within 30 minutes
  send template rescue
  valid 6 hours
}
campaign thanks {
  category utility
  when "Charged" where amount >= 500
  send template thanks { body "{{ event.amount }}" }
}
campaign morning { category marketing every day at 09:00 send template hello }
"#;

const USERS: u64 = 40;

/// A folder with rules and a log of so many events, one each 20 seconds or so, without ids.
struct Shop {
    folder: TempDir,
}

impl Shop {
    fn new(events: u64) -> Shop {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("shop.camp"), RULES).unwrap();
        let mut log = String::new();
        for user in 0..USERS {
            writeln!(
                log,
                r#"{{"type":"identify","userId":"u{user}","timestamp":"2026-11-01T00:00:00Z","traits":{{"phone":"+9198200{:05}","whatsapp":true}}}}"#,
                12_000 + user
            )
            .unwrap();
        }
        let (mut at, mut chance) = (1_793_491_200_u64, 88_172_645_463_325_252_u64);
        for _ in 0..events {
            chance ^= chance << 13;
            chance ^= chance >> 7;
            chance ^= chance << 17;
            at += chance % 41;
            let at = campanile::model::Instant::from_seconds(at as i64);
            let user = (chance >> 8) % USERS;
            let event = if chance >> 20 & 3 == 0 { "Charged" } else { "Added to Cart" };
            let amount = (chance >> 24) % 1_000;
            writeln!(
                log,
                r#"{{"type":"track","userId":"u{user}","event":"{event}","timestamp":"{at}","properties":{{"amount":{amount},"cart_id":"c{amount}"}}}}"#
            )
            .unwrap();
        }
        fs::write(folder.path().join("log.ndjson"), log).unwrap();
        Shop { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_campanile"));
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> String {
        let output: Output = self.command(arguments).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{arguments:?}: {told}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn live(&self) -> [&str; 13] {
        [
            "live",
            "shop.camp",
            "--state",
            "state",
            "--events",
            "log.ndjson",
            "--clock",
            "virtual",
            "--sink",
            "live.ndjson",
            "--outcomes",
            "live-outcomes.ndjson",
            "--json",
        ]
    }

    fn begin(&self) -> Child {
        self.command(&self.live()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// The jobs and outcomes of a run over the same log.
    fn replay(&self) {
        let files = ["--jobs", "run.ndjson", "--outcomes", "run-outcomes.ndjson"];
        self.run(&[&["run", "shop.camp", "--events", "log.ndjson"], &files[..]].concat());
    }

    /// The lines of a file in order, by their ids where they have one.
    fn lines(&self, name: &str) -> Vec<String> {
        fs::read_to_string(self.path(name)).unwrap().lines().map(str::to_owned).collect()
    }

    /// The outcomes up to the end: a process that goes on does not say what is still to come.
    fn decided(&self, name: &str) -> Vec<String> {
        let mut lines = self.lines(name);
        lines.retain(|line| serde_json::from_str::<Value>(line).unwrap()["outcome"] != "pending");
        lines.sort();
        lines
    }

    /// How often each job came, all of an id being the same.
    fn by_id(&self, name: &str) -> BTreeMap<String, (String, u64)> {
        let mut jobs: BTreeMap<String, (String, u64)> = BTreeMap::new();
        for line in self.lines(name) {
            let id = serde_json::from_str::<Value>(&line).unwrap()["id"].as_str().unwrap().to_owned();
            let (known, times) = jobs.entry(id).or_insert_with(|| (line.clone(), 0));
            assert_eq!(*known, line);
            *times += 1;
        }
        jobs
    }

    fn state(&self) -> Value {
        serde_json::from_str(&self.run(&["state", "state", "--json"])).unwrap()
    }

    fn assert_as_replayed(&self) {
        self.replay();
        let (found, wanted) = (self.by_id("live.ndjson"), self.by_id("run.ndjson"));
        assert!(wanted.len() > 100, "{}", wanted.len());
        assert!(found.keys().eq(wanted.keys()), "{} jobs, wanted {}", found.len(), wanted.len());
        assert!(found.iter().all(|(id, (job, _))| wanted[id].0 == *job));
        assert_eq!(self.decided("live-outcomes.ndjson"), self.decided("run-outcomes.ndjson"));
        let told = self.run(&["state", "state", "--verify", "shop.camp"]);
        assert!(told.starts_with("sound: "), "{told}");
    }
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([name, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

#[test]
fn on_the_logs_own_clock_it_decides_what_a_run_does() {
    let shop = Shop::new(5_000);
    let summary: Value = serde_json::from_str(&shop.run(&shop.live())).unwrap();
    shop.assert_as_replayed();
    assert_eq!(shop.lines("live.ndjson"), shop.lines("run.ndjson"));
    assert_eq!(summary["rows"], 5_000 + USERS);
    assert_eq!(summary["handed_over"], shop.lines("run.ndjson").len());

    // Begun again, there is nothing to do.
    let again: Value = serde_json::from_str(&shop.run(&shop.live())).unwrap();
    assert_eq!((&again["rows"], &again["handed_over"]), (&Value::from(0), &Value::from(0)));
    shop.assert_as_replayed();
    let state = shop.state();
    assert_eq!(state["jobs"]["accepted"], summary["handed_over"]);
    assert_eq!(state["rules"], serde_json::json!(["shop.camp"]));
    assert!(state["snapshot"]["bytes"].as_u64().unwrap() > 0);

    // What is appended is read from where it was.
    let mut log = fs::read_to_string(shop.path("log.ndjson")).unwrap();
    log.push_str(r#"{"type":"track","userId":"u1","event":"Charged","timestamp":"2027-01-01T00:00:00Z","properties":{"amount":900}}"#);
    log.push_str("\nno JSON\n");
    fs::write(shop.path("log.ndjson"), log).unwrap();
    let more: Value =
        serde_json::from_str(&shop.run(&[&shop.live()[..], &["--rejects", "bad.ndjson"]].concat())).unwrap();
    assert_eq!((&more["rows"], &more["rejected"]), (&Value::from(2), &Value::from(1)));
    assert!(shop.lines("bad.ndjson")[0].contains("broken_json"));
    shop.assert_as_replayed();
}

#[test]
fn a_followed_log_is_taken_in_as_it_grows_and_a_signal_ends_it_gently() {
    let shop = Shop::new(3_000);
    let whole = fs::read(shop.path("log.ndjson")).unwrap();
    // It ends within a line.
    fs::write(shop.path("log.ndjson"), &whole[..whole.len() / 3]).unwrap();
    let follow = [&shop.live()[..], &["--follow"]].concat();
    for (end, name) in [(whole.len() / 2, "-TERM"), (whole.len(), "-INT")] {
        let begun = shop.command(&follow).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let rows_of = |end: usize| whole[..end].iter().filter(|byte| **byte == b'\n').count() as u64;
        fs::write(shop.path("log.ndjson"), &whole[..end]).unwrap();
        // However slow the machine is, in the end all whole lines are taken in.
        while !shop.path("state/campanile.db").exists()
            || position(&shop).is_none_or(|rows| rows < rows_of(end))
        {
            std::thread::sleep(Duration::from_millis(50));
        }
        signal(&begun, name);
        let output = begun.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((&summary["stopped"], &summary["rejected"]), (&Value::from(true), &Value::from(0)));
        assert_eq!(position(&shop), Some(rows_of(end)));
    }
    // Read to its end, which alone closes the last instant.
    shop.run(&shop.live());
    shop.assert_as_replayed();
    assert!(shop.by_id("live.ndjson").values().all(|(_, times)| *times == 1), "a job came twice");
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a process on the system's clock is given events of now")]
fn on_the_systems_clock_standard_input_becomes_jobs_and_an_id_counts_once() {
    let shop = Shop::new(0);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let now = campanile::model::Instant::from_seconds(now as i64);
    let event = format!(
        r#"{{"type":"track","userId":"u1","event":"Charged","messageId":"m1","timestamp":"{now}","properties":{{"amount":900}}}}"#
    );
    let profile = format!(
        r#"{{"type":"identify","userId":"u1","timestamp":"{now}","traits":{{"phone":"+919820012001","whatsapp":true}}}}"#
    );
    let log = format!("{profile}\n{event}\n");
    for (jobs, duplicates) in [(1, 0), (0, 1)] {
        let arguments = ["live", "shop.camp", "--state", "state", "--starting", &now.to_string(), "--json"];
        let piped = &mut shop.command(&arguments);
        let mut begun =
            piped.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        std::io::Write::write_all(&mut begun.stdin.take().unwrap(), log.as_bytes()).unwrap();
        let output = begun.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let lines = String::from_utf8(output.stdout).unwrap();
        let thanks = lines.lines().filter(|line| line.contains("\"campaign\":\"thanks\""));
        assert_eq!(thanks.count(), jobs, "{lines}");
        // Before it are the findings about the rules.
        let told = String::from_utf8(output.stderr).unwrap();
        let begins = told.find("{\n").unwrap_or_else(|| panic!("{told}"));
        let summary: Value = serde_json::from_str(&told[begins..]).unwrap();
        assert_eq!(
            (&summary["duplicates"], &summary["stopped"]),
            (&Value::from(duplicates), &Value::from(false))
        );
    }
}

/// How many rows of the log are taken in; none while that cannot be told.
fn position(shop: &Shop) -> Option<u64> {
    let output = shop.command(&["state", "state", "--json"]).output().unwrap();
    let state: Value = serde_json::from_slice(&output.stdout).ok()?;
    state["positions"].as_object()?.values().next()?.as_u64()
}

/// The real thing: killed at points that chance chooses. `KILLS=200 EVENTS=1000000 cargo test --release --test live killed` is the long way.
#[test]
#[expect(clippy::disallowed_methods, reason = "who wants the long way says so in the environment")]
fn killed_again_and_again_it_loses_nothing_and_repeats_nothing() {
    let asked = |name: &str, otherwise: u64| {
        std::env::var(name).ok().and_then(|many| many.parse().ok()).unwrap_or(otherwise)
    };
    let (kills, events) = (asked("KILLS", 20), asked("EVENTS", 20_000));
    let shop = Shop::new(events);
    let (mut killed, mut chance) = (0, 2_463_534_242_u64);
    // Longer with each that ends too early to have got anywhere.
    let mut longest = 400;
    let mut before = 0;
    while killed < kills {
        let mut begun = shop.begin();
        chance ^= chance << 13;
        chance ^= chance >> 7;
        chance ^= chance << 17;
        std::thread::sleep(Duration::from_millis(chance % longest));
        if begun.try_wait().unwrap().is_some() {
            break;
        }
        begun.kill().unwrap();
        begun.wait().unwrap();
        killed += 1;
        let now = position(&shop).unwrap_or(before);
        assert!(now >= before, "{now} rows after {before}");
        if now == before {
            longest += longest / 8;
        }
        before = now;
    }
    assert!(killed > 2, "it was done before it could be killed");
    shop.run(&shop.live());
    let repeats: u64 = shop.by_id("live.ndjson").values().map(|(_, times)| times - 1).sum();
    println!("killed {killed} times, {repeats} jobs came more than once");
    // Those that were in the file before they were settled are found there.
    assert_eq!(repeats, 0);
    shop.assert_as_replayed();
    assert_eq!(position(&shop), Some(events + USERS));
}

#[test]
fn a_state_is_looked_at_exported_and_rid_of_a_user() {
    let shop = Shop::new(500);
    shop.run(&shop.live());
    let table = shop.run(&["state", "state"]);
    assert!(table.contains("jobs accepted") && !table.contains("+9198200"), "{table}");
    let kept: Value =
        serde_json::from_str(&shop.run(&["state", "state", "--export", "u7", "--json"])).unwrap();
    let records = kept["records"].as_array().unwrap();
    assert_eq!(records[0]["changes"]["phone"], "+919820012007");
    let told: Value =
        serde_json::from_str(&shop.run(&["state", "state", "--waiting", "shop.camp", "--json"])).unwrap();
    // 09:00 in Kolkata.
    let morning = told.as_array().unwrap().iter().find(|found| found["campaign"] == "morning").unwrap();
    assert_eq!((&morning["hour"], &morning["jobs"]), (&Value::from("2026-11-01T03"), &Value::from(USERS)));
    // Nothing was late; then a purchase is heard of that had been before all of it.
    let told = shop.run(&["state", "state", "--late", "shop.camp"]);
    assert_eq!(told, "nothing left that would not have, had all come in time\n");
    let late = r#"{"type":"track","userId":"u7","event":"Charged","messageId":"late","timestamp":"2026-11-01T00:00:01Z","properties":{"amount":900}}"#;
    fs::write(shop.path("log.ndjson"), shop.lines("log.ndjson").join("\n") + "\n" + late + "\n").unwrap();
    shop.run(&shop.live());
    let told: Value =
        serde_json::from_str(&shop.run(&["state", "state", "--late", "shop.camp", "--json"])).unwrap();
    let missed = told.as_array().unwrap().iter().find(|found| found["occurrence"] == "late").unwrap();
    assert_eq!((&missed["user"], &missed["decided"]), (&Value::from("u7"), &Value::Null));
    assert_eq!(missed["late"][0]["event"], "Charged");
    let kept: Value =
        serde_json::from_str(&shop.run(&["state", "state", "--export", "u7", "--json"])).unwrap();
    let records = kept["records"].as_array().unwrap();
    let told = shop.run(&["state", "state", "--forget", "u7", "--rules", "shop.camp"]);
    assert!(told.starts_with(&format!("removed: {} records, ", records.len())), "{told}");
    assert_eq!(shop.run(&["state", "state", "--export", "u7"]), "");
    assert!(shop.run(&["state", "state", "--verify", "shop.camp"]).starts_with("sound: "));

    let of_nothing = shop.command(&["state", "nowhere"]).output().unwrap();
    assert_eq!(of_nothing.status.code(), Some(2));
    assert!(!Path::new(&shop.path("nowhere")).exists());
}

#[test]
fn history_is_folded_and_rules_that_look_further_back_are_refused() {
    let shop = Shop::new(500);
    let add = |at: &str| {
        let line = format!(
            r#"{{"type":"track","userId":"u7","event":"Charged","timestamp":"{at}","properties":{{"amount":900}}}}"#
        );
        fs::write(shop.path("log.ndjson"), shop.lines("log.ndjson").join("\n") + "\n" + &line + "\n")
            .unwrap();
    };
    add("2027-01-15T10:00:00Z");
    shop.run(&shop.live());
    let told = shop.run(&["state", "state", "--fold", "0d", "--rules", "shop.camp"]);
    assert!(told.starts_with("left out: ") && told.contains("; history from 2027-01-0"), "{told}");
    let table = shop.run(&["state", "state"]);
    assert!(table.contains("bytes; history from 2027-01-0"), "{table}");
    assert!(shop.run(&["state", "state", "--verify", "shop.camp"]).starts_with("sound: "));
    // It goes on as if nothing had been, and folds by itself.
    add("2027-03-01T10:00:00Z");
    shop.run(&[&shop.live()[..], &["--history", "1d"]].concat());
    let told: Value = serde_json::from_str(&shop.run(&["state", "state", "--json"])).unwrap();
    assert!(told["history"]["from"].as_str().unwrap().starts_with("2027-02-1"), "{told}");
    shop.assert_as_replayed();
    let told = shop.run(&["state", "state", "--fold", "300d", "--rules", "shop.camp"]);
    assert!(told.starts_with("nothing to fold; history from 2027-02-1"), "{told}");

    let further =
        RULES.replace("every day at 09:00", "every day at 09:00 if did \"Charged\" in last 90 days");
    fs::write(shop.path("shop.camp"), further).unwrap();
    let replace = [&shop.live()[..], &["--replace-rules"]].concat();
    let refused = shop.command(&replace).output().unwrap();
    let told = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(2), "{told}");
    assert!(
        told.contains("the campaign `morning` reads events of the last ")
            && told.contains("--shorter-history")
    );
    shop.run(&[&replace[..], &["--shorter-history"]].concat());
    let odd = shop.command(&["state", "state", "--rules", "shop.camp"]).output().unwrap();
    assert_eq!(odd.status.code(), Some(2));
    let odd = shop.command(&["state", "state", "--fold", "3", "--rules", "shop.camp"]).output().unwrap();
    assert!(String::from_utf8(odd.stderr).unwrap().contains("write `30s`, `5m`, `1h` or `30d`"));
}

#[test]
fn rejected_rows_that_nothing_keeps_are_told_where_to_keep() {
    let shop = Shop::new(5);
    fs::write(shop.path("log.ndjson"), shop.lines("log.ndjson").join("\n") + "\n{\n").unwrap();
    let told = |more: &[&str]| {
        let output = shop.command(&[&shop.live()[..], more].concat()).output().unwrap();
        String::from_utf8(output.stderr).unwrap()
    };
    let kept = "`--rejects FILE` keeps the rejected rows with their reasons";
    assert!(told(&[]).contains(kept));
    assert!(!told(&["--rejects", "rejects.ndjson"]).contains(kept));
}
