//! Whatever kill point: a process that puts and delivers is killed again and again, when it says
//! that an alert is kept and when a receiver has one, and at the end each alert has arrived, in
//! order.
//!
//! The process is this test binary once more: `sender` is a test by itself, and the work of the
//! child when it finds the folder in its environment.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::alerts::{alert, deliver, lines, number, open};
use crate::receiver::{Request, ok, serve};

const FOLDER: &str = "KEYLINE_TEST_FOLDER";
const URL: &str = "KEYLINE_TEST_URL";
const ALERTS: usize = 150;

/// Puts all alerts, one by one, as a watch does that begins again, and delivers meanwhile.
#[test]
fn sender() {
    let named = std::env::var(FOLDER).ok().zip(std::env::var(URL).ok());
    if let Some((folder, url)) = named {
        return send(Path::new(&folder), &url);
    }
    let folder = tempfile::tempdir().unwrap();
    let (url, came) = serve(|_| Some(ok()));
    send(folder.path(), &url);
    let numbers: Vec<usize> = came
        .try_iter()
        .map(|request| number(&request.json()))
        .collect();
    assert_eq!(numbers, (0..ALERTS).collect::<Vec<_>>());
}

fn send(folder: &Path, url: &str) {
    let configs = [
        json!({"type": "webhook", "url": url}),
        json!({"type": "jsonl", "path": folder.join("alerts.jsonl")}),
    ];
    let outbox = open(&folder.join("outbox"), &configs);
    let outbox = &outbox;
    std::thread::scope(|scope| {
        scope.spawn(move || {
            for n in 0..ALERTS {
                if outbox.put(&[alert(n)]).unwrap().queued == 1 {
                    println!("kept {n}");
                }
            }
        });
        scope.spawn(|| deliver(outbox));
    });
    deliver(outbox);
}

/// What the receiver and the reader of the child's output share.
#[derive(Default)]
struct Shared {
    child: Option<Child>,
    /// How many more things may happen before the kill.
    left: u32,
    kept: BTreeSet<usize>,
    arrived: Vec<usize>,
}

impl Shared {
    fn happens(&mut self) {
        self.left = self.left.saturating_sub(1);
        if let (0, Some(child)) = (self.left, &mut self.child) {
            let _ = child.kill();
        }
    }
}

#[test]
fn each_alert_arrives_at_least_once_and_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let shared = Arc::new(Mutex::new(Shared::default()));
    let (url, _) = serve({
        let shared = shared.clone();
        move |request: &Request| {
            let mut shared = shared.lock().unwrap();
            shared.arrived.push(number(&request.json()));
            // Killed before it hears the answer, at the last of them.
            shared.happens();
            Some(ok())
        }
    });
    let mut kills = 0;
    // Numbers that look like chance and are the same each time.
    let mut seed = 7_u32;
    loop {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        if run(folder.path(), &url, &shared, 1 + (seed >> 16) % 14) {
            break;
        }
        kills += 1;
    }
    assert!(kills >= 20, "{kills} kills");
    let shared = shared.lock().unwrap();
    // What was said to be kept, and what was kept when nobody could say so any more.
    assert!(shared.kept.len() > ALERTS / 2, "{} kept", shared.kept.len());
    in_order(&shared.arrived);
    let file: Vec<Value> = lines(&folder.path().join("alerts.jsonl"));
    in_order(&file.iter().map(number).collect::<Vec<_>>());
}

/// Lets a child run until so many things happened, and says whether it came to its end.
fn run(folder: &Path, url: &str, shared: &Arc<Mutex<Shared>>, left: u32) -> bool {
    let mut child = Command::new(program())
        .args(["kill::sender", "--exact", "--nocapture", "--test-threads=2"])
        .env(FOLDER, folder)
        .env(URL, url)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let output = child.stdout.take().unwrap();
    {
        let mut shared = shared.lock().unwrap();
        shared.child = Some(child);
        shared.left = left;
    }
    for line in BufReader::new(output).lines().map_while(Result::ok) {
        if let Some((_, number)) = line.split_once("kept ") {
            let mut shared = shared.lock().unwrap();
            shared.kept.insert(number.trim().parse().unwrap());
            shared.happens();
        }
    }
    let child = shared.lock().unwrap().child.take();
    child.unwrap().wait().unwrap().success()
}

/// Every number arrived, and none before one that is less, but for what was sent again.
#[track_caller]
fn in_order(arrived: &[usize]) {
    let mut next = 0;
    for number in arrived {
        assert!(*number <= next, "{number} came before {next}: {arrived:?}");
        next = next.max(number + 1);
    }
    assert_eq!(next, ALERTS);
}

fn program() -> PathBuf {
    std::env::current_exe().unwrap()
}
