//! Journals that were altered, cut short or lost: refused, and mended after a crash.

use keyline_contain::journal::{Event, Journal};
use keyline_contain::{Call, ErrorKind, Plan};
use serde_json::json;

use crate::live::*;
use crate::running::{Scratch, go, plan_of};
use crate::world::*;

#[test]
fn a_journal_that_was_altered_is_refused() {
    let plan = plan_of(&tree(), "cr-key");
    let scratch = Scratch::named("tampered");
    let mut live = Live::with_keys(&KEYS);
    go(&plan, &mut live, &scratch, &mut Hands::at(NOW), &[]).unwrap();
    let text = std::fs::read_to_string(&scratch.0).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let without_third = [&lines[..2], &lines[3..]].concat().join("\n") + "\n";
    let altered = text.replacen("Inactive", "Active", 1);
    for wrong in [without_third, altered] {
        std::fs::write(&scratch.0, wrong).unwrap();
        let error = Journal::open(&scratch.0, &plan.hash).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Journal);
    }
    std::fs::write(&scratch.0, &text).unwrap();
    assert!(Journal::open(&scratch.0, "another").is_err());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let fresh = Scratch::named("mode");
        Journal::open(&fresh.0, &plan.hash).unwrap();
        let mode = std::fs::metadata(&fresh.0).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

/// A journal whose lines hang together and which says that a call was begun; out comes why it is not gone on with.
fn with_begun(plan: &Plan, step: &str, call: &Call, live: &mut Live) -> Option<String> {
    let scratch = Scratch::named("forged");
    let mut journal = Journal::open(&scratch.0, &plan.hash).unwrap();
    journal
        .write(NOW, Event::Begin, step, Some(call), json!({}))
        .unwrap();
    drop(journal);
    let ended = go(plan, live, &scratch, &mut Hands::at(NOW), &[]);
    ended.err().map(|error| error.to_string())
}

#[test]
fn a_call_that_is_none_of_the_plan_is_not_made_because_a_journal_says_that_it_was_begun() {
    let plan = plan_of(&tree(), "cr-key");
    let deny = plan
        .steps
        .iter()
        .find(|step| step.kind == "deny-all-on-user")
        .unwrap();
    let keys = plan
        .steps
        .iter()
        .find(|step| step.kind == "deactivate-other-keys")
        .unwrap();
    let with = |call: &Call, name: &str, value: &str| {
        let mut call = call.clone();
        call.params.insert(name.to_owned(), json!(value));
        call
    };
    let own = deny.call();
    let attach = Call {
        action: "AttachUserPolicy".to_owned(),
        ..with(
            &own,
            "policy_arn",
            "arn:aws:iam::aws:policy/AdministratorAccess",
        )
    };
    let instead = {
        let mut call = with(&attach, "policy_arn", "arn:aws:iam::aws:policy/AWSDenyAll");
        call.params
            .retain(|name, _| name == "user_name" || name == "policy_arn");
        call
    };
    let key = with(
        &with(&keys.call(), "access_key_id", "AKIACROTHER"),
        "status",
        "Inactive",
    );
    let mut nothing = 0;
    for (step, call) in [
        (&deny.id, with(&own, "policy_document", "{}")),
        (&deny.id, with(&own, "user_name", "carol")),
        (&deny.id, attach),
        (&keys.id, with(&key, "status", "Active")),
        (&keys.id, with(&key, "user_name", "carol")),
        (&"s999".to_owned(), own.clone()),
    ] {
        let mut live = Live::with_keys(&KEYS);
        let why = with_begun(&plan, step, &call, &mut live).unwrap_or_default();
        assert!(
            why.contains("line 1 is about no call of the plan"),
            "{call:?}: {why}"
        );
        nothing += live.made.len();
    }
    assert_eq!(nothing, 0);
    let name = own.params["policy_name"].as_str().unwrap();
    let other_name = with(&own, "policy_name", &format!("{name}-{}", plan.plan_id()));
    for (step, call) in [
        (&deny.id, own),
        (&deny.id, other_name),
        (&deny.id, instead),
        (&keys.id, key),
    ] {
        let mut live = Live::with_keys(&KEYS);
        assert_eq!(with_begun(&plan, step, &call, &mut live), None, "{call:?}");
    }
}

#[test]
fn a_line_that_a_crash_tore_within_a_letter_is_dropped() {
    let plan = plan_of(&tree(), "cr-key");
    let scratch = Scratch::named("torn-letter");
    let mut journal = Journal::open(&scratch.0, &plan.hash).unwrap();
    let more = json!({"note": "\u{e9}"});
    journal.write(NOW, Event::Done, "s1", None, more).unwrap();
    drop(journal);
    let whole = std::fs::read(&scratch.0).unwrap();
    let within = whole.iter().position(|byte| !byte.is_ascii()).unwrap();
    let torn = [&whole[..], &whole[..=within]].concat();
    std::fs::write(&scratch.0, torn).unwrap();
    let journal = Journal::open(&scratch.0, &plan.hash).unwrap();
    assert_eq!(journal.lines().len(), 1);
    assert_eq!(std::fs::read(&scratch.0).unwrap(), whole);
    // A whole line that is no text is none of ours.
    drop(journal);
    let foreign = [&whole[..], &[0xff, b'\n']].concat();
    std::fs::write(&scratch.0, foreign).unwrap();
    assert!(Journal::open(&scratch.0, &plan.hash).is_err());
}

/// Writes a journal and its head as they were at some moment, and says why it is not opened then.
fn reopened(plan: &Plan, scratch: &Scratch, text: &str, head: Option<&str>) -> Option<String> {
    std::fs::write(&scratch.0, text).unwrap();
    match head {
        Some(head) => std::fs::write(scratch.head(), head).unwrap(),
        None => std::fs::remove_file(scratch.head()).unwrap(),
    }
    let opened = Journal::open(&scratch.0, &plan.hash);
    opened.err().map(|error| error.to_string())
}

#[test]
fn a_journal_whose_last_lines_are_lost_or_altered_is_refused() {
    let plan = plan_of(&tree(), "cr-key");
    let scratch = Scratch::named("tail");
    let mut live = Live::with_keys(&KEYS);
    go(&plan, &mut live, &scratch, &mut Hands::at(NOW), &[]).unwrap();
    let text = std::fs::read_to_string(&scratch.0).unwrap();
    let head = std::fs::read_to_string(scratch.head()).unwrap();
    let mut journal = Journal::open(&scratch.0, &plan.hash).unwrap();
    let verify = &plan.steps.iter().find(|step| step.service == "keyline");
    let verify = &verify.unwrap().id;
    let more = json!({"note": "one more"});
    journal.write(NOW, Event::Done, verify, None, more).unwrap();
    drop(journal);
    let longer = std::fs::read_to_string(&scratch.0).unwrap();
    let of_longer = std::fs::read_to_string(scratch.head()).unwrap();
    let open = |text: &str, head: Option<&str>| reopened(&plan, &scratch, text, head);

    assert_eq!(open(&longer, Some(&of_longer)), None);
    // A crash came between the line and its head: the head is mended.
    assert_eq!(open(&longer, Some(&head)), None);
    assert_eq!(std::fs::read_to_string(scratch.head()).unwrap(), of_longer);

    let altered = longer.replace("one more", "0ne more");
    for (text, head, why) in [
        (&text, Some(&of_longer), "the last ones are gone"),
        (&String::new(), Some(&of_longer), "the last ones are gone"),
        (&altered, Some(&of_longer), "it was altered"),
        (&longer, None, "cannot be read"),
        (&longer, Some(&String::new()), "it says nothing"),
        (
            &longer,
            Some(&of_longer.replace(' ', "")),
            "it says nothing",
        ),
    ] {
        let told = open(text, head.map(String::as_str)).unwrap_or_default();
        assert!(told.contains(why), "{why}: {told}");
    }
    // Nor does a head help that was kept from the beginning.
    let first = of_longer.split(' ').next().unwrap();
    let nothing = format!("{first} {:020} {}\n", 0, "0".repeat(64));
    assert!(
        open(&longer, Some(&nothing))
            .unwrap()
            .contains("its head knows of 0")
    );
}
