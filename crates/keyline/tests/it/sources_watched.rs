//! What lies at AWS, under the watch: taken in as `keyline ingest` does, by the same code.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::sources::Scene;
use crate::support::{record, records};

/// Some rules only: all of them take the time of all tests.
fn rules() -> [String; 3] {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules/exfiltration");
    let rules = rules.display().to_string();
    ["--no-builtin-rules".to_owned(), "--rules".to_owned(), rules]
}

impl Scene {
    fn watch(&self, words: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_keyline"));
        command
            .arg("serve")
            .args(words.split_whitespace())
            .args(["--no-ui", "--log", "json"])
            .args(rules())
            .current_dir(self.folder.path())
            .envs(self.environment())
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        command
    }

    /// Watches once; what was said.
    #[track_caller]
    fn watch_once(&self, words: &str, code: i32) -> String {
        let output = self.watch(words).arg("--once").output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{said}");
        said
    }

    /// How many batches were begun, and how many were committed.
    fn batches(&self, lake: &str) -> (u64, u64) {
        let info = self
            .folder
            .line(&format!("lake info --lake {lake} -o json"));
        if info.code != 0 {
            return (0, 0);
        }
        let ledger = &info.json()["ledger"];
        let number = |name: &str| ledger[name].as_u64().unwrap_or(0);
        (number("batches"), number("committed"))
    }
}

/// A watch that goes on, until the test is done with it.
struct Going(Child);

impl Drop for Going {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Going {
    /// Hears what it says until so many events were taken in.
    fn until_taken(&mut self, events: u64) {
        let said = self.0.stderr.take().unwrap();
        let mut all = String::new();
        let mut taken = 0;
        for line in BufReader::new(said).lines() {
            let line = line.unwrap();
            let value: Value = serde_json::from_str(&line).unwrap_or_default();
            if value["event"] == "taken in" {
                taken += value["events"].as_u64().unwrap();
            }
            all += &line;
            all.push('\n');
            if taken >= events {
                return;
            }
        }
        panic!("it ended after {taken} of {events} events:\n{all}");
    }
}

#[test]
fn the_watch_takes_from_a_bucket_and_a_queue() {
    let Some(scene) = Scene::new() else { return };
    let url = scene.queue();
    let files = scene.simulate();
    scene.line("ingest logs --lake folder").expect(0);
    let expected = scene.rows("folder");
    scene.upload(&files);
    let said = scene.watch_once("s3://trail-logs --lake bucket", 0);
    assert!(said.contains("\"judged\""), "{said}");
    assert_eq!(scene.rows("bucket"), expected);
    // The messages of the same objects, while it goes on; they go when their events are in the lake.
    let events = expected.lines().count() as u64 - 1;
    let mut watch = scene.watch(&format!("sqs:{url} --lake queue"));
    let mut going = Going(watch.stderr(Stdio::piped()).spawn().unwrap());
    going.until_taken(events);
    drop(going);
    assert_eq!(scene.rows("queue"), expected);
    // One account is less, as it is for an ingest.
    scene.watch_once("s3://trail-logs --account 999977777777 --lake one", 0);
    scene.line("ingest s3://trail-logs --account 999977777777 --lake other");
    assert_eq!(scene.rows("one"), scene.rows("other"));
}

#[test]
fn the_watch_finishes_what_an_ingest_from_a_bucket_left() {
    let Some(scene) = Scene::new() else { return };
    let files = scene.simulate();
    scene.upload(&files);
    scene.line("ingest logs --lake undisturbed").expect(0);
    scene.folder.write("incoming/none.txt", "");
    // Killed as soon as the batch is written down, before its events are.
    let words = "ingest s3://trail-logs --lake lake";
    let mut ingest = Command::new(env!("CARGO_BIN_EXE_keyline"));
    let ingest = ingest
        .args(words.split_whitespace())
        .current_dir(scene.folder.path())
        .envs(scene.environment())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut going = Going(ingest.spawn().unwrap());
    let begun = scene
        .folder
        .path()
        .join("lake/_ledger/00000000000000000001.json");
    while !begun.exists() && going.0.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    drop(going);
    // Its own source is a folder with nothing in it.
    scene.watch_once("incoming --lake lake", 0);
    assert_eq!(scene.batches("lake"), (1, 1));
    assert_eq!(scene.rows("lake"), scene.rows("undisturbed"));
}

#[test]
fn what_the_watch_cannot_fetch_is_said_and_left() {
    let Some(scene) = Scene::new() else { return };
    scene.folder.write(
        "incoming/a.json",
        records(&[record(
            "2026-03-01T00:00:00Z",
            "sts.amazonaws.com",
            "GetCallerIdentity",
            "",
        )]),
    );
    let said = scene.watch_once("s3://nowhere-logs incoming --lake lake", 1);
    assert!(said.contains("nowhere-logs"), "{said}");
    let without_lake = scene
        .folder
        .line("serve s3://trail-logs --listen 127.0.0.1:0");
    without_lake.expect(1).says(&["name one with `--lake`"]);
}
