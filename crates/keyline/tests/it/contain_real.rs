//! Plans for real records: every file of Stratus Red Team, planned by the command.
//!
//! The material is no part of the repository (a folder `shared` beside the workspace, or `KEYLINE_SHARED`);
//! what stands here are facts about plans. Each file that mints a credential or opens a way to one has its plan
//! below, as kinds of steps in their order; it was read as a responder would, and whoever changes it should
//! read the new one.

use std::path::PathBuf;

use serde_json::Value;

use crate::support::Folder;

/// What each plan does, without its snapshots: kinds in their order, one that is repeated with how often;
/// `(hand)` is a person's, `(asks)` needs a confirmation. The narrow way stands below the broad one.
const MINTING: &[(&str, &str, &str)] = &[
    (
        "ec2-get-password-data",
        "deny-all-on-user, deactivate-access-key, deactivate-other-keys, revoke-role-sessions, \
         revoke-user-sessions, verify, revoke-role-sessions, revoke-user-sessions, \
         rotate-access-key (hand)",
        "deactivate-access-key, deny-role-sessions, verify, rotate-access-key (hand)",
    ),
    (
        "ec2-download-user-data",
        "deny-all-on-user, deactivate-access-key, deactivate-other-keys, revoke-role-sessions, \
         revoke-user-sessions, verify, revoke-role-sessions, revoke-user-sessions, \
         rotate-access-key (hand)",
        "deactivate-access-key, deny-role-sessions, verify, rotate-access-key (hand)",
    ),
    (
        "ec2-launch-unusual-instances",
        "deny-all-on-user, deactivate-access-key, deactivate-other-keys, revoke-role-sessions, \
         revoke-user-sessions, verify, revoke-role-sessions, revoke-user-sessions, \
         rotate-access-key (hand)",
        "deactivate-access-key, deny-role-sessions, verify, rotate-access-key (hand)",
    ),
    (
        "console-login-without-mfa",
        "deny-all-on-user, deactivate-other-keys, revoke-user-sessions, verify, revoke-user-sessions, \
         reset-password (hand)",
        "deny-all-on-user, deactivate-other-keys, verify, reset-password (hand)",
    ),
    (
        "iam-backdoor-role",
        "deny-all-on-user, deactivate-access-key, deactivate-other-keys, revoke-role-sessions, \
         revoke-user-sessions, close-trust, GetRole (hand), verify, revoke-role-sessions, \
         revoke-user-sessions, rotate-access-key (hand)",
        "deactivate-access-key, close-trust, GetRole (hand), verify, rotate-access-key (hand)",
    ),
    (
        "iam-backdoor-user",
        "deny-all-on-user x2, deactivate-access-key x2, deactivate-other-keys x2, \
         revoke-user-sessions x2, verify, revoke-user-sessions x2, rotate-access-key (hand)",
        "deactivate-access-key x2, verify, rotate-access-key (hand)",
    ),
    (
        "iam-create-admin-user",
        "deny-all-on-user x2, deactivate-access-key x2, deactivate-other-keys x2, \
         revoke-user-sessions x2, DetachUserPolicy, DeleteUser (hand) (asks), verify, \
         revoke-user-sessions x2, rotate-access-key (hand)",
        "deactivate-access-key x2, DetachUserPolicy, DeleteUser (hand) (asks), verify, \
         rotate-access-key (hand)",
    ),
    (
        "iam-create-backdoor-role",
        "deny-all-on-role, deny-all-on-user, deactivate-access-key, deactivate-other-keys, \
         revoke-user-sessions, DetachRolePolicy, DeleteRole (hand) (asks), verify, \
         revoke-user-sessions, rotate-access-key (hand)",
        "deny-all-on-role, deactivate-access-key, DetachRolePolicy, DeleteRole (hand) (asks), verify, \
         rotate-access-key (hand)",
    ),
    (
        "iam-create-user-login-profile",
        "deny-all-on-user x2, deactivate-access-key, delete-password (asks), deactivate-other-keys x2, \
         revoke-user-sessions x2, verify, revoke-user-sessions x2, rotate-access-key (hand)",
        "deny-all-on-user, deactivate-access-key, delete-password (asks), deactivate-other-keys, verify, \
         rotate-access-key (hand)",
    ),
    (
        "rolesanywhere-create-trust-anchor",
        "deny-all-on-user, deactivate-access-key, deactivate-other-keys, revoke-role-sessions, \
         revoke-user-sessions, DisableProfile, DisableTrustAnchor, DeleteProfile (asks), \
         DeleteTrustAnchor (asks), verify, revoke-role-sessions, revoke-user-sessions, \
         rotate-access-key (hand)",
        "deactivate-access-key, DisableProfile, DisableTrustAnchor, DeleteProfile (asks), \
         DeleteTrustAnchor (asks), verify, rotate-access-key (hand)",
    ),
    (
        "iam-update-user-login-profile",
        "deny-all-on-user x2, deactivate-access-key, delete-password (asks), deactivate-other-keys x2, \
         revoke-user-sessions x2, verify, revoke-user-sessions x2, reset-password (hand), \
         rotate-access-key (hand)",
        "deny-all-on-user, deactivate-access-key, delete-password (asks), deactivate-other-keys, verify, \
         rotate-access-key (hand), reset-password (hand)",
    ),
];

fn files() -> Option<Vec<PathBuf>> {
    let folder = match std::env::var_os("KEYLINE_SHARED") {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")),
    };
    let folder = folder.join("data/stratus-red-team");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!("left out: plans for Stratus Red Team's files, as `../shared/data` is absent");
        return None;
    };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    Some(files)
}

/// The root of a file's only tree, and the ids of what works in it.
fn tree(folder: &Folder, data: &str) -> (String, Vec<String>) {
    let lineage = folder.run(&["lineage", "--data", data, "-o", "json"], b"");
    let lineage = lineage.expect(0).json();
    let credentials = lineage["credentials"].as_array().unwrap();
    let roots: Vec<&Value> = credentials
        .iter()
        .filter(|it| it["parent"].is_null())
        .collect();
    assert_eq!(roots.len(), 1, "{data} has several trees");
    let alive = credentials
        .iter()
        .filter(|it| it["liveness"]["state"] == "active");
    let ids = alive.map(|it| it["id"].as_str().unwrap().to_owned());
    (roots[0]["id"].as_str().unwrap().to_owned(), ids.collect())
}

fn shape(plan: &Value) -> String {
    let mut kinds: Vec<(String, usize)> = Vec::new();
    for step in plan["steps"].as_array().unwrap() {
        let kind = step["kind"].as_str().unwrap();
        let kind = match kind {
            "undo-what-was-done" => step["action"].as_str().unwrap(),
            kind if kind.starts_with("snapshot") => continue,
            kind => kind,
        };
        let hand = if step["by_hand"] == true {
            " (hand)"
        } else {
            ""
        };
        let asks = if step["needs_confirmation"] == true {
            " (asks)"
        } else {
            ""
        };
        let told = format!("{kind}{hand}{asks}");
        match kinds.last_mut() {
            Some((last, count)) if *last == told => *count += 1,
            _ => kinds.push((told, 1)),
        }
    }
    let told = kinds.into_iter().map(|(kind, count)| match count {
        1 => kind,
        many => format!("{kind} x{many}"),
    });
    told.collect::<Vec<_>>().join(", ")
}

#[test]
fn every_file_that_mints_a_credential_has_the_plan_that_was_read() {
    let Some(files) = files() else {
        return;
    };
    let folder = Folder::new();
    let mut wrong = Vec::new();
    for file in files {
        let data = file.to_str().unwrap();
        let name = file.file_stem().unwrap().to_str().unwrap();
        let (root, alive) = tree(&folder, data);
        let plan = |more: &[&str]| {
            let mut words = vec!["contain", "plan", &root, "--data", data];
            words.extend(more);
            folder.run(&words, b"").expect(0).stdout
        };
        let json = |more: &[&str]| -> Value {
            let words = [&["-o", "json"], more].concat();
            serde_json::from_str(&plan(&words)).unwrap()
        };
        let (broad, narrow) = (json(&[]), json(&["--narrow"]));
        // Everything that works is stopped by the program, and nobody else is hit: there is nobody else.
        for id in &alive {
            let stopped = broad["steps"].as_array().unwrap().iter().any(|step| {
                let by_program = step["by_hand"] == false && step["needs_confirmation"] == false;
                let stops = step["stops"].as_array().unwrap();
                by_program && stops.iter().any(|stopped| stopped == id)
            });
            assert!(stopped, "{name}: {id} is stopped by no step");
        }
        // Who came through Identity Center is a person's to stop where nobody looked its permission sets up.
        for left in broad["still_alive_after"].as_array().unwrap() {
            let id = left["credential"].as_str().unwrap();
            let what = broad["names"][id]["what"].as_str().unwrap();
            assert!(what.contains("AWSReservedSSO_"), "{name}: {what}");
            assert_eq!(left["reason"], "by-hand", "{name}: {what}");
        }
        for plan in [&broad, &narrow] {
            let steps = plan["steps"].as_array().unwrap();
            assert!(steps.iter().all(|step| step["breaks_count"] == 0), "{name}");
        }
        // Whoever reads it finds credentials by the names that other tools have; ids of the lineage stand in
        // names of policies only.
        let page = plan(&["-o", "markdown"]);
        let table = plan(&[]);
        for line in page.lines().chain(table.lines()) {
            let bare = line
                .replace("Keyline-deny-cr-", "")
                .replace("Keyline-revoke-cr-", "");
            let told = bare.contains("cr-")
                && !line.starts_with("# ")
                && !line.starts_with("Containment of");
            assert!(!told, "{name}: {line}");
        }
        let known = MINTING.iter().find(|(known, _, _)| name.ends_with(known));
        let told = (shape(&broad), shape(&narrow));
        let expected = known.map(|(_, broad, narrow)| ((*broad).to_owned(), (*narrow).to_owned()));
        let mints = broad["credentials"].as_array().unwrap().len() > 1;
        if expected.as_ref() != Some(&told) && (known.is_some() || mints) {
            wrong.push(format!("{name}:\n  {}\n  {}", told.0, told.1));
        }
    }
    assert!(
        wrong.is_empty(),
        "these plans are others than were read:\n{}",
        wrong.join("\n")
    );
}
