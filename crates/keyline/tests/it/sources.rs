//! Logs that lie at AWS, into the lake: buckets and queues of an emulator, with faults, kills and letters that nobody
//! can read.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use crate::emulator::{ACCOUNT, Moto, moto};
use crate::lake::{collect, cut_off};
use crate::proxy::{Answer, Proxy};
use crate::support::{Folder, Output, record, records};

/// A folder with logs, a bucket with the same, and the way to it.
pub struct Scene {
    pub folder: Folder,
    pub moto: Moto,
    pub endpoint: String,
}

impl Scene {
    pub fn new() -> Option<Scene> {
        let moto = moto()?;
        moto.rest("PUT", "/trail-logs", "s3", "");
        let folder = Folder::new();
        Some(Scene {
            endpoint: moto.endpoint.clone(),
            folder,
            moto,
        })
    }

    pub fn simulate(&self) -> Vec<PathBuf> {
        self.folder
            .line("simulate by-the-same-token --out logs")
            .expect(0);
        let mut files = Vec::new();
        collect(&self.folder.path().join("logs"), &mut files);
        files
    }

    pub fn upload(&self, files: &[PathBuf]) {
        let logs = self.folder.path().join("logs");
        for file in files {
            let key = file.strip_prefix(&logs).unwrap().display().to_string();
            let bytes = std::fs::read(file).unwrap();
            self.moto.upload(&format!("/trail-logs/{key}"), &bytes);
        }
    }

    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_ENDPOINT_URL", self.endpoint.clone()),
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "made-up".to_owned()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ]
    }

    pub fn line(&self, line: &str) -> Output {
        let output = Command::new(env!("CARGO_BIN_EXE_keyline"))
            .args(line.split_whitespace())
            .current_dir(self.folder.path())
            .env("XDG_CACHE_HOME", self.folder.path().join("cache"))
            .envs(self.environment())
            .output()
            .unwrap();
        Output {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// What a lake holds, as text.
    pub fn rows(&self, lake: &str) -> String {
        let query = "CloudTrail | sort by AwsEventId asc, EventName asc";
        let words = ["query", query, "-o", "csv", "--lake", lake];
        self.folder.run(&words, b"").expect(0).stdout
    }

    fn letters(&self) -> String {
        let query = "DeadLetter | project Kind, Source, Example | sort by Source asc";
        let words = ["query", query, "-o", "csv", "--lake", "lake"];
        self.folder.run(&words, b"").expect(0).stdout
    }

    pub fn queue(&self) -> String {
        let made = json!({"QueueName": "trail"});
        let made = self.moto.json("sqs", "AmazonSQS.CreateQueue", &made);
        let arn = format!("arn:aws:sqs:us-east-1:{ACCOUNT}:trail");
        let body = format!(
            "<NotificationConfiguration><QueueConfiguration><Queue>{arn}</Queue>\
             <Event>s3:ObjectCreated:*</Event></QueueConfiguration></NotificationConfiguration>"
        );
        let path = "/trail-logs?notification";
        self.moto.rest("PUT", path, "s3", &body);
        made["QueueUrl"].as_str().unwrap().to_owned()
    }

    pub fn send(&self, url: &str, body: &str) {
        let message = json!({"QueueUrl": url, "MessageBody": body});
        self.moto.json("sqs", "AmazonSQS.SendMessage", &message);
    }

    /// Messages that are there, and those that somebody holds.
    pub fn left(&self, url: &str) -> (String, String) {
        let asked = json!({"QueueUrl": url, "AttributeNames": ["All"]});
        let got = self
            .moto
            .json("sqs", "AmazonSQS.GetQueueAttributes", &asked);
        let of = |name: &str| got["Attributes"][name].as_str().unwrap().to_owned();
        (
            of("ApproximateNumberOfMessages"),
            of("ApproximateNumberOfMessagesNotVisible"),
        )
    }
}

#[test]
fn a_bucket_is_taken_in_as_a_folder_is() {
    let Some(mut scene) = Scene::new() else {
        return;
    };
    let files = scene.simulate();
    scene.upload(&files);
    scene.line("ingest logs --lake folder").expect(0);
    // One request of seven is refused or cut off.
    let proxy = Proxy::before(&scene.moto.endpoint, |number, _| match number % 14 {
        3 => Answer::SlowDown,
        9 => Answer::Half,
        _ => Answer::Pass,
    });
    scene.endpoint = proxy.endpoint.clone();
    let first = scene.line("ingest s3://trail-logs --lake lake").expect(0);
    assert!(first.stdout.contains(" events added"), "{}", first.stdout);
    assert_eq!(scene.rows("lake"), scene.rows("folder"));
    let again = scene.line("ingest s3://trail-logs/ --lake lake").expect(0);
    let known = format!("0 events added, {} files taken in before", files.len());
    assert!(again.stdout.contains(&known), "{}", again.stdout);
    // One account, as far as the folders say, is the same from either.
    let account = "999977777777";
    for (source, lake) in [("logs", "one"), ("s3://trail-logs", "other")] {
        scene
            .line(&format!(
                "ingest {source} --account {account} --lake {lake}"
            ))
            .expect(0)
            .says(&["passed-over-other-account"]);
    }
    assert!(scene.rows("one").lines().count() > 1);
    assert_eq!(scene.rows("one"), scene.rows("other"));
}

#[test]
fn what_is_killed_on_the_way_is_there_once() {
    let Some(scene) = Scene::new() else { return };
    let files = scene.simulate();
    scene.upload(&files);
    // The same records under another name, which have to be recognised.
    for (number, file) in files.iter().enumerate() {
        let bytes = std::fs::read(file).unwrap();
        let key = format!("/trail-logs/copies/{number}.json.gz");
        scene.moto.upload(&key, &bytes);
    }
    scene.line("ingest logs --lake undisturbed").expect(0);
    let environment = scene.environment();
    let mut killed = 0;
    for changes in 0..5 {
        let lake = format!("lake-{changes}");
        let command = ["ingest", "s3://trail-logs", "--lake", &lake].map(str::to_owned);
        let place = scene.folder.path().join(&lake);
        // Each time at another instant of the first run, and early in the second.
        for after in [changes, 0] {
            killed += u32::from(cut_off(
                &scene.folder,
                &command,
                &environment,
                &place,
                after,
            ));
        }
        scene.line(&command.join(" ")).expect(0);
        scene.line(&format!("lake verify --lake {lake}")).expect(0);
        assert_eq!(scene.rows(&lake), scene.rows("undisturbed"));
    }
    assert!(killed >= 5, "killed {killed} times only");
}

#[test]
fn messages_go_when_their_events_are_in_the_lake() {
    let Some(scene) = Scene::new() else { return };
    let url = scene.queue();
    let files = scene.simulate();
    scene.upload(&files);
    scene.line("ingest logs --lake folder").expect(0);
    // What is no notification, what is gone, what is no log, and what cannot be read.
    scene.send(&url, "hello");
    scene.moto.upload("/trail-logs/gone.json", b"{}");
    scene.moto.rest("DELETE", "/trail-logs/gone.json", "s3", "");
    scene.moto.upload("/trail-logs/notes.txt", b"hello");
    let torn = std::fs::read(&files[0]).unwrap();
    scene
        .moto
        .upload("/trail-logs/torn.json.gz", &torn[..torn.len() / 2]);
    let source = format!("sqs:{url}");
    scene
        .line(&format!("ingest {source} --lake lake"))
        .expect(0)
        .says(&["passed-over-not-a-log", "truncated-gzip"]);
    assert_eq!(scene.rows("lake"), scene.rows("folder"));
    assert_eq!(scene.left(&url), ("0".to_owned(), "0".to_owned()));
    let letters = scene.letters();
    let kinds: Vec<&str> = letters
        .lines()
        .skip(1)
        .map(|it| it.split(',').next().unwrap())
        .collect();
    assert_eq!(
        kinds,
        ["unreadable", "truncated-gzip", "unreadable"],
        "{letters}"
    );
    assert!(letters.contains("it is not there any more"), "{letters}");
    assert!(letters.contains("no JSON"), "{letters}");
    // A message that comes again, and a listing of the same, add nothing.
    scene.upload(&files[..2]);
    let again = scene.line(&format!("ingest {source} s3://trail-logs --lake lake"));
    let again = again.expect(0);
    assert!(
        again.stdout.contains(": 0 events added"),
        "{}",
        again.stdout
    );
    assert_eq!(scene.left(&url), ("0".to_owned(), "0".to_owned()));
}

#[test]
fn what_cannot_be_fetched_is_left_for_another_time() {
    let Some(mut scene) = Scene::new() else {
        return;
    };
    let one = |number: u32| {
        let time = format!("2026-03-01T00:00:0{number}Z");
        records(&[record(&time, "sts.amazonaws.com", "GetCallerIdentity", "")])
    };
    for number in 0..3 {
        let key = format!("/trail-logs/{number}.json");
        scene.moto.upload(&key, one(number).as_bytes());
    }
    let direct = scene.endpoint.clone();
    let denied = Proxy::before(&direct, |_, line| match line.contains("/1.json") {
        true => Answer::Denied,
        false => Answer::Pass,
    });
    scene.endpoint = denied.endpoint.clone();
    scene
        .line("ingest s3://trail-logs --lake lake")
        .expect(1)
        .says(&[
            "not-fetched × 1",
            "AccessDenied",
            "1 file could not be fetched",
        ]);
    let count = |scene: &Scene| scene.rows("lake").lines().count() - 1;
    assert_eq!(count(&scene), 2);
    scene.endpoint = direct;
    scene.line("ingest s3://trail-logs --lake lake").expect(0);
    assert_eq!(count(&scene), 3);
}

/// How many objects, unless `KEYLINE_OBJECTS` says otherwise.
const OBJECTS: usize = 200;

#[test]
fn many_objects_come_through_throttling_and_errors() {
    let Some(mut scene) = Scene::new() else {
        return;
    };
    let objects = std::env::var("KEYLINE_OBJECTS").ok();
    let objects = objects.and_then(|number| number.parse().ok());
    let objects: usize = objects.unwrap_or(OBJECTS);
    let begun = std::time::Instant::now();
    for number in 0..objects {
        let (hour, minute, second) = (number / 3600, number / 60 % 60, number % 60);
        let time = format!("2026-03-01T{hour:02}:{minute:02}:{second:02}Z");
        let event = record(&time, "sts.amazonaws.com", "GetCallerIdentity", "");
        let place = "AWSLogs/111122223333/CloudTrail/us-east-1/2026/03/01";
        let name = format!(
            "111122223333_CloudTrail_us-east-1_20260301T{hour:02}{minute:02}Z_{number:016}.json"
        );
        let key = format!("/trail-logs/{place}/{name}");
        scene.moto.upload(&key, records(&[event]).as_bytes());
    }
    eprintln!("{objects} objects are there after {:.1?}", begun.elapsed());
    // One request of nine is refused, cut off or not answered in time.
    let proxy = Proxy::before(&scene.moto.endpoint, |number, _| match number % 27 {
        4 | 13 => Answer::SlowDown,
        22 => Answer::Half,
        _ => Answer::Pass,
    });
    scene.endpoint = proxy.endpoint.clone();
    let begun = std::time::Instant::now();
    let first = scene
        .line("ingest s3://trail-logs --lake lake -o json")
        .expect(0);
    eprintln!("taken in after {:.1?}", begun.elapsed());
    let first = first.json();
    assert_eq!(first["events_added"], objects, "{first}");
    assert_eq!(first["files_postponed"], 0, "{first}");
    let again = scene.line("ingest s3://trail-logs --lake lake -o json");
    let again = again.expect(0).json();
    assert_eq!(again["events_added"], 0, "{again}");
    assert_eq!(again["files_skipped"], objects, "{again}");
    scene.line("lake verify --lake lake").expect(0);
}

#[test]
fn digests_bear_logs_out_or_do_not() {
    let folder = Folder::new();
    let place = |kind: &str, name: &str| {
        format!(
            "logs/AWSLogs/111122223333/{kind}/us-east-1/2026/03/01/111122223333_{kind}_us-east-1_{name}.json"
        )
    };
    let log = place("CloudTrail", "20260301T0005Z_0000000000000000");
    let digest = place("CloudTrail-Digest", "all_us-east-1_20260301T010000Z");
    let named = |path: &str| path.strip_prefix("logs/").unwrap().to_owned();
    let content = json!({
        "awsAccountId": "111122223333",
        "digestStartTime": "2026-03-01T00:00:00Z",
        "digestEndTime": "2026-03-01T01:00:00Z",
        "digestS3Bucket": "trail-logs",
        "digestS3Object": named(&digest),
        "digestPublicKeyFingerprint": "f1",
        "previousDigestS3Object": null,
        "logFiles": [{
            "s3Bucket": "trail-logs",
            "s3Object": named(&log),
            // Of the log as it is written below.
            "hashValue": "26a792db36a3afba23b1dd277fcc9f15a7313c4a92e4e4cc0494846af345ecff",
        }],
    });
    folder.write(&log, r#"{"Records":[]}"#);
    folder.write(&digest, content.to_string());
    let line = "ingest logs --lake lake --verify-digests";
    let sound = folder.line(line).expect(0);
    assert!(
        sound.stdout.contains("1 digest and 1 log checked"),
        "{}",
        sound.stdout
    );
    folder.write(&log, r#"{"Records":[{}]}"#);
    let name = &log[log.len() - 40..];
    folder.line(line).expect(1).says(&[
        "log-changed: ",
        name,
        "the digests do not bear the logs out",
    ]);
    folder
        .line(&format!("{line} --public-keys logs"))
        .expect(1)
        .says(&["cannot read `logs`"]);
    folder
        .line("ingest logs --public-keys logs")
        .expect(2)
        .says(&["--verify-digests"]);
}

#[test]
fn those_without_a_trail_ask_cloudtrail_itself() {
    let folder = Folder::new();
    // No emulator answers `LookupEvents`, so that this test does, for stretches that have begun: one event for each,
    // and a second page for the first of them.
    let begun = jiff::Timestamp::now().as_second();
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = asked.clone();
    let server = crate::proxy::answering(move |request| {
        let number = counted.fetch_add(1, Ordering::Relaxed);
        if number == 1 {
            let refused = json!({"__type": "ThrottlingException", "message": "Rate exceeded"});
            return (400, refused.to_string());
        }
        let asked: serde_json::Value = serde_json::from_str(request).unwrap();
        let from = asked["StartTime"].as_f64().unwrap() as i64;
        if from > begun {
            return (200, json!({"Events": []}).to_string());
        }
        let (second, next) = match (number, asked["NextToken"].as_str()) {
            (0, _) => (0, json!("more")),
            (_, Some(_)) => (1, json!(null)),
            (_, None) => (0, json!(null)),
        };
        let time = jiff::Timestamp::from_second(from + second).unwrap();
        let event = record(
            &time.to_string(),
            "sts.amazonaws.com",
            "GetCallerIdentity",
            "",
        );
        let event = json!({"EventId": "1", "CloudTrailEvent": event});
        (
            200,
            json!({"Events": [event], "NextToken": next}).to_string(),
        )
    });
    let run = || {
        let words = "ingest cloudtrail:eu-west-1 --since 1h --lake lake";
        let output = Command::new(env!("CARGO_BIN_EXE_keyline"))
            .args(words.split_whitespace())
            .args(["--endpoint-url", &server])
            .current_dir(folder.path())
            .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "made-up")
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{errors}");
        String::from_utf8(output.stdout).unwrap()
    };
    let first = run();
    let stretches = asked.load(Ordering::Relaxed) - 2;
    let expected = format!("{} events added", stretches + 1);
    assert!(first.contains(&expected), "{first} {stretches}");
    // What is settled is not asked for again, and what is, is known.
    let again = run();
    assert!(again.contains(": 0 events added"), "{again}");
    let asked_again = asked.load(Ordering::Relaxed) - stretches - 2;
    assert!(
        (1..=2).contains(&asked_again),
        "{asked_again} of {stretches}"
    );
}
