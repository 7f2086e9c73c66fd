//! The queue: what is kept, what is known already, what a sink misses, and whom it is open to.

use std::fs;

use keyline_sinks::{ErrorKind, Options, Outbox, Until};
use serde_json::{Value, json};

use crate::alerts::{alert, deliver, lines, number, open, options, sinks, with};

#[test]
fn an_alert_is_queued_once_and_again_when_it_is_worse() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("alerts.jsonl");
    let configs = [json!({"type": "jsonl", "path": file})];
    let at = folder.path().join("outbox");
    let low = with(1, json!({"severity": "Low"}));
    let outbox = open(&at, &configs);
    let put = outbox.put(&[low.clone(), alert(2), low.clone()]).unwrap();
    assert_eq!((put.queued, put.known), (2, 1));
    drop(outbox);
    let outbox = open(&at, &configs);
    let put = outbox.put(&[alert(2), low, alert(1)]).unwrap();
    assert_eq!((put.queued, put.known), (1, 2));
    deliver(&outbox);
    let found: Vec<_> = lines(&file)
        .iter()
        .map(|line| (number(line), line["severity"].clone()))
        .collect();
    assert_eq!(
        found,
        [(1, json!("Low")), (2, json!("High")), (1, json!("High"))]
    );
}

#[test]
fn an_update_is_no_news_and_what_is_superseded_is_none_either() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = open(folder.path(), &[]);
    let new = with(1, json!({"status": "new"}));
    let updated = with(1, json!({"status": "updated", "event_count": 51}));
    let gone = with(2, json!({"status": "superseded"}));
    let put = outbox.put(&[new, updated, gone]).unwrap();
    assert_eq!((put.queued, put.known), (1, 2));
}

#[test]
fn each_sink_gets_what_it_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let outbox = open(
        &path("outbox"),
        &[
            json!({"name": "all", "type": "jsonl", "path": path("all")}),
            json!({"name": "high", "type": "jsonl", "path": path("high"), "severity": "high"}),
            json!({"name": "only", "type": "jsonl", "path": path("only"), "only": ["r-1", "r-2"], "except": ["r-2"]}),
            json!({"name": "except", "type": "jsonl", "path": path("except"), "except": ["r-1"]}),
        ],
    );
    let alerts = [
        with(1, json!({"severity": "Low", "rule_id": "r-1"})),
        with(2, json!({"severity": "High", "rule_id": "r-2"})),
        with(3, json!({"severity": "Medium", "rule_id": "r-3"})),
    ];
    outbox.put(&alerts).unwrap();
    deliver(&outbox);
    for (name, expected) in [
        ("all", vec![1, 2, 3]),
        ("high", vec![2]),
        ("only", vec![1]),
        ("except", vec![2, 3]),
    ] {
        let found: Vec<usize> = lines(&path(name)).iter().map(number).collect();
        assert_eq!(found, expected, "{name}");
        let state = outbox.state_of_sinks();
        let state = state.iter().find(|state| state.name == name).unwrap();
        assert_eq!(state.delivered + state.passed_over, 3);
        assert_eq!(state.waiting, 0);
    }
}

#[test]
fn what_every_sink_has_goes_away() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().join("outbox");
    let outbox = open(
        &at,
        &[json!({"type": "jsonl", "path": folder.path().join("a")})],
    );
    for first in (0..100).step_by(5) {
        let alerts: Vec<Value> = (first..first + 5).map(alert).collect();
        outbox.put(&alerts).unwrap();
    }
    assert!(queue_files(&at) > 10);
    deliver(&outbox);
    assert_eq!(queue_files(&at), 1);
}

#[test]
fn a_sink_that_is_new_gets_what_comes_and_one_that_stays_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let config = |name: &str| json!({"name": name, "type": "jsonl", "path": path(name)});
    let at = path("outbox");
    open(&at, &[config("old")]).put(&[alert(1)]).unwrap();
    let outbox = open(&at, &[config("new"), config("old")]);
    outbox.put(&[alert(2)]).unwrap();
    deliver(&outbox);
    assert_eq!(lines(&path("old")), [alert(1), alert(2)]);
    assert_eq!(lines(&path("new")), [alert(2)]);
}

#[test]
fn a_sink_too_far_behind_misses_the_oldest_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("later").join("alerts.jsonl");
    let at = folder.path().join("outbox");
    let few = Options {
        queue_bytes_max: 20_000,
        ..options()
    };
    let configs = [json!({"type": "jsonl", "path": file})];
    let outbox = Outbox::open(&at, sinks(&configs), few).unwrap();
    let mut dropped = 0;
    for n in 0..60 {
        let put = outbox.put(&[alert(n)]).unwrap();
        dropped += put.dropped.iter().map(|(_, count)| count).sum::<u64>();
    }
    let state = &outbox.state_of_sinks()[0];
    assert!(dropped > 30, "{state:?}");
    assert_eq!(
        (state.dropped, state.dropped + state.waiting),
        (dropped, 60)
    );
    drop(outbox);
    fs::create_dir(file.parent().unwrap()).unwrap();
    let outbox = Outbox::open(&at, sinks(&configs), few).unwrap();
    deliver(&outbox);
    let found: Vec<usize> = lines(&file).iter().map(number).collect();
    assert_eq!(found, (dropped as usize..60).collect::<Vec<_>>());
    assert_eq!(outbox.state_of_sinks()[0].dropped, dropped);
}

#[test]
fn an_alert_that_is_too_long_arrives_without_its_row() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("alerts.jsonl");
    let outbox = open(
        &folder.path().join("outbox"),
        &[json!({"type": "jsonl", "path": file})],
    );
    let long = "x".repeat(1_100_000);
    let part = "y".repeat(5_000);
    let entity = json!({"type": "Account", "identifiers": {"FullName": part, "Deep": [[part]]}});
    let hostile = with(
        1,
        json!({"row": {"UserAgent": long}, "entities": vec![entity; 1000], "title": long}),
    );
    outbox.put(&[hostile, alert(2)]).unwrap();
    deliver(&outbox);
    let found = lines(&file);
    assert_eq!(found.len(), 2);
    assert_eq!(
        found[0]["cut"],
        json!(["title", "entities", "custom", "row"])
    );
    assert_eq!(found[0]["severity"], "High");
    assert!(found[0].to_string().len() < 100_000);
}

#[test]
fn what_is_no_alert_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = open(folder.path(), &[]);
    for (document, expected) in [
        (
            json!({"schema": "keyline.alert/2", "alert_id": "al-1"}),
            "the alert is of `keyline.alert/2`, this Keyline knows",
        ),
        (
            json!({"schema": "keyline.alert/1"}),
            "expected an alert with an `alert_id`",
        ),
        (json!("text"), "expected a document of `keyline.alert/1`"),
    ] {
        let error = outbox.put(&[document]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotAnAlert);
        assert!(error.to_string().starts_with(expected), "{error}");
    }
}

#[test]
fn a_line_that_was_cut_off_is_taken_back_and_damage_is_put_aside() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("alerts.jsonl");
    let configs = [json!({"type": "jsonl", "path": file})];
    let at = folder.path().join("outbox");
    open(&at, &configs).put(&[alert(1)]).unwrap();
    let queue = at.join("queue-000000000001.jsonl");
    let mut bytes = fs::read(&queue).unwrap();
    bytes.extend(b"{\"broken\n");
    bytes.extend(format!("{}\n{{\"schema\": \0\0\0", alert(2)).bytes());
    fs::write(&queue, bytes).unwrap();
    let outbox = open(&at, &configs);
    assert_eq!(outbox.mended_bytes(), 14);
    // What stood there already is known, although it was never written down.
    assert_eq!(outbox.put(&[alert(2), alert(3)]).unwrap().known, 1);
    deliver(&outbox);
    assert_eq!(lines(&file), [alert(1), alert(2), alert(3)]);
    assert_eq!(outbox.state_of_sinks()[0].put_aside, 1);
    assert_eq!(
        lines(&at.join("aside-jsonl.jsonl"))[0]["document"],
        "{\"broken"
    );
}

#[test]
fn two_processes_do_not_send_one_queue() {
    let folder = tempfile::tempdir().unwrap();
    let _first = open(folder.path(), &[]);
    let second = Outbox::open(folder.path(), Vec::new(), options());
    assert_eq!(second.err().unwrap().kind(), ErrorKind::Locked);
}

#[test]
fn only_its_owner_reads_it() {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().join("outbox");
        open(
            &at,
            &[json!({"type": "jsonl", "path": folder.path().join("a")})],
        )
        .put(&[alert(1)])
        .unwrap();
        assert_eq!(
            fs::metadata(&at).unwrap().permissions().mode() & 0o777,
            0o700
        );
        for file in fs::read_dir(&at).unwrap() {
            let file = file.unwrap();
            let mode = file.metadata().unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "{:?}", file.file_name());
        }
    }
}

#[test]
fn anybody_may_look() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().join("outbox");
    let configs = [
        json!({"type": "jsonl", "path": folder.path().join("a")}),
        json!({"type": "webhook", "url": "http://127.0.0.1:1"}),
    ];
    let look = || {
        let states = Outbox::look(&at, &sinks(&configs)).unwrap();
        let of = |state: &keyline_sinks::SinkState| (state.waiting, state.delivered);
        states.iter().map(of).collect::<Vec<_>>()
    };
    assert_eq!(look(), [(0, 0), (0, 0)]);
    assert!(!at.exists());
    let outbox = open(&at, &configs);
    outbox.put(&[alert(1), alert(2)]).unwrap();
    assert_eq!(look(), [(2, 0), (2, 0)]);
    outbox.deliver(Until::Empty(std::time::Duration::ZERO));
    assert_eq!(look(), [(0, 2), (2, 0)]);
    let states = Outbox::look(&at, &sinks(&configs)).unwrap();
    assert!(states[1].last_error.is_some());
}

#[test]
fn stopping_ends_a_sending_that_waits() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = open(
        folder.path(),
        &[json!({"type": "webhook", "url": "http://127.0.0.1:1"})],
    );
    let outbox = &outbox;
    std::thread::scope(|scope| {
        let sending = scope.spawn(move || outbox.deliver(Until::Stopped));
        outbox.put(&[alert(1)]).unwrap();
        outbox.stop();
        sending.join().unwrap();
    });
    assert_eq!(outbox.state_of_sinks()[0].waiting, 1);
}

fn queue_files(folder: &std::path::Path) -> usize {
    let names = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    names
        .filter(|name| name.to_str().unwrap().starts_with("queue-"))
        .count()
}

#[test]
fn a_disk_that_fails_us_is_waited_out() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().join("outbox");
    let file = folder.path().join("alerts.jsonl");
    let outbox = open(&at, &[json!({"type": "jsonl", "path": file})]);
    outbox.put(&[alert(1)]).unwrap();
    // Where a sink's place is written, something is in the way.
    let beside = at.join("sink-jsonl.new");
    fs::create_dir(&beside).unwrap();
    deliver(&outbox);
    let state = &outbox.state_of_sinks()[0];
    assert_eq!((state.delivered, state.waiting), (1, 0));
    assert!(
        state
            .last_error
            .as_deref()
            .unwrap()
            .starts_with("cannot write "),
        "{state:?}"
    );
    fs::remove_dir(&beside).unwrap();
    outbox.put(&[alert(2)]).unwrap();
    deliver(&outbox);
    let state = &outbox.state_of_sinks()[0];
    assert_eq!(
        (state.delivered, state.waiting, &state.last_error),
        (2, 0, &None)
    );
    let numbers: Vec<usize> = lines(&file).iter().map(number).collect();
    assert_eq!(numbers, [1, 2]);
}
