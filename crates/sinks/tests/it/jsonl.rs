//! The file of alerts: what stands in it, whatever was there before.

use std::fs;

use serde_json::json;

use crate::alerts::{alert, deliver, lines, number, open, with};

#[test]
fn alerts_stand_in_the_file_as_they_are_and_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("alerts.jsonl");
    let outbox = open(
        &folder.path().join("outbox"),
        &[json!({"type": "jsonl", "path": file})],
    );
    let hostile = with(2, json!({"title": "a\u{1b}[2J\u{202e}b"}));
    outbox.put(&[alert(1), hostile.clone()]).unwrap();
    outbox.put(&[alert(3)]).unwrap();
    deliver(&outbox);
    assert_eq!(lines(&file), [alert(1), hostile, alert(3)]);
    assert!(
        !fs::read_to_string(&file)
            .unwrap()
            .contains(['\u{1b}', '\u{202e}'])
    );
    let state = &outbox.state_of_sinks()[0];
    assert_eq!((state.delivered, state.waiting), (3, 0));
}

#[test]
fn what_was_cut_off_is_written_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("alerts.jsonl");
    fs::write(&file, format!("{}\n{{\"schema\": \"keyl", alert(1))).unwrap();
    let outbox = open(
        &folder.path().join("outbox"),
        &[json!({"type": "jsonl", "path": file})],
    );
    outbox.put(&[alert(2)]).unwrap();
    deliver(&outbox);
    let numbers: Vec<usize> = lines(&file).iter().map(number).collect();
    assert_eq!(numbers, [1, 2]);
}

#[test]
fn a_file_that_cannot_be_written_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("not-there");
    let file = place.join("alerts.jsonl");
    let configs = [json!({"type": "jsonl", "path": file})];
    let at = folder.path().join("outbox");
    let outbox = open(&at, &configs);
    outbox.put(&[alert(1)]).unwrap();
    outbox.deliver(keyline_sinks::Until::Empty(std::time::Duration::ZERO));
    assert_eq!(outbox.state_of_sinks()[0].waiting, 1);
    fs::create_dir(&place).unwrap();
    deliver(&outbox);
    assert_eq!(lines(&file), [alert(1)]);
}
