//! `keyline contain` from the shell: a plan for the article's story, shown in every shape, kept and found.

use serde_json::Value;

use crate::support::{Folder, Output};

/// A key is stolen, tokens and role sessions are made with it, a backup key takes over.
const STORY: &str = "by-the-same-token";

fn told() -> (Folder, String) {
    let folder = Folder::new();
    folder
        .line(&format!("simulate {STORY} --seed 1 --out story"))
        .expect(0);
    let truth = std::fs::read_to_string(folder.path().join("story/truth.json")).unwrap();
    let truth: Value = serde_json::from_str(&truth).unwrap();
    (folder, truth["access_key_id"].as_str().unwrap().to_owned())
}

fn plan(folder: &Folder, key: &str, more: &str) -> Output {
    folder.line(&format!("contain plan {key} --data story/AWSLogs {more}"))
}

#[test]
fn the_plan_reaches_everything_that_the_thief_has() {
    let (folder, key) = told();
    let output = plan(&folder, &key, "-o json")
        .expect(0)
        .says(&["coverage:"]);
    let plan = output.json();
    assert_eq!(plan["schema"], "keyline.plan/1");
    assert_eq!(plan["target"], key.as_str());
    let hash = plan["hash"].as_str().unwrap();
    assert_eq!(plan["plan_id"], hash[..12]);
    let found = folder
        .line("lineage --data story/AWSLogs -o json")
        .expect(0)
        .json();
    let of_key = |it: &&Value| {
        it["access_key_ids"]
            .as_array()
            .unwrap()
            .iter()
            .any(|id| *id == key.as_str())
    };
    let found = found["credentials"].as_array().unwrap();
    let root = found.iter().find(of_key).unwrap()["root"].clone();
    let alive: Vec<&Value> = found
        .iter()
        .filter(|it| it["root"] == root && it["liveness"]["state"] == "active")
        .map(|it| &it["id"])
        .collect();
    assert!(!alive.is_empty());
    let steps = plan["steps"].as_array().unwrap();
    for id in alive {
        let stopped = steps
            .iter()
            .any(|step| step["stops"].as_array().unwrap().contains(id));
        assert!(stopped, "{id} is stopped by no step");
    }
    assert_eq!(plan["still_alive_after"], Value::Array(Vec::new()));
}

#[test]
fn the_same_logs_give_the_same_hash() {
    let (folder, key) = told();
    let hash = |more: &str| {
        let plan = plan(&folder, &key, &format!("-o json {more}"))
            .expect(0)
            .json();
        plan["hash"].as_str().unwrap().to_owned()
    };
    assert_eq!(hash("--threads 1"), hash("--threads 3"));
    assert_ne!(hash(""), hash("--narrow"));
}

#[test]
fn a_kept_plan_is_found_by_its_id_and_shown_in_every_shape() {
    let (folder, key) = told();
    let saved = plan(&folder, &key, "--save -o json").expect(0).json();
    let id = saved["plan_id"].as_str().unwrap();
    let shown = folder
        .line(&format!("contain show {id} -o json"))
        .expect(0)
        .json();
    assert_eq!(shown["hash"], saved["hash"]);
    let table = folder.line(&format!("contain show {id}")).expect(0).stdout;
    assert!(
        table.contains("0 of ") && table.contains("deny all on user"),
        "{table}"
    );
    let page = folder
        .line(&format!("contain show {id} -o markdown"))
        .expect(0)
        .stdout;
    assert!(page.starts_with("# Containment of "), "{page}");
    let script = folder
        .line(&format!("contain show {id} -o script"))
        .expect(0)
        .stdout;
    assert!(
        script.starts_with("#!/bin/sh\n") && script.contains("put-user-policy"),
        "{script}"
    );
    let path = folder.path().join(format!("keyline-plans/{id}.json"));
    let changed = std::fs::read_to_string(&path)
        .unwrap()
        .replace("Inactive", "Active");
    std::fs::write(&path, changed).unwrap();
    folder
        .line(&format!("contain show {id}"))
        .expect(1)
        .says(&["changed after it was made"]);
}

#[test]
fn without_an_approval_nothing_is_done() {
    let (folder, key) = told();
    let saved = plan(&folder, &key, "--save -o json").expect(0).json();
    let (id, hash) = (
        saved["plan_id"].as_str().unwrap(),
        saved["hash"].as_str().unwrap(),
    );
    folder
        .line(&format!("contain run {id}"))
        .expect(0)
        .says(&["nothing was done", hash]);
    folder
        .line(&format!("contain verify {id}"))
        .expect(1)
        .says(&["not carried out here"]);
    #[cfg(not(feature = "aws"))]
    folder
        .line(&format!("contain run {id} --approve {hash}"))
        .expect(1)
        .says(&["this build cannot talk to AWS", "-o script"]);
}

#[test]
fn an_incident_is_its_roots_tree_by_whatever_way_it_is_named() {
    let (folder, key) = told();
    let hunt = folder
        .line("hunt story/AWSLogs -o json --fail-on high")
        .stdout;
    let found: Value = serde_json::from_str(&hunt).unwrap();
    let incident = found["incidents"]
        .as_array()
        .unwrap()
        .iter()
        .find(|incident| incident["root_name"] == key.as_str())
        .unwrap();
    let id = incident["incident_id"].as_str().unwrap();
    folder.write("hunt.json", &hunt);
    let by_id = plan(&folder, id, "-o json").expect(0).json();
    let by_hunt = plan(&folder, id, "-o json --hunt hunt.json")
        .expect(0)
        .json();
    let by_key = plan(&folder, &key, "-o json").expect(0).json();
    assert_eq!(by_id["hash"], by_hunt["hash"]);
    assert_eq!(by_id["credentials"], by_key["credentials"]);
    assert_eq!(by_id["target"], id);
    plan(&folder, "in-0000000000000000", "")
        .expect(1)
        .says(&["no credential of these logs is the root"]);
}

#[test]
fn what_is_wrong_is_said() {
    let (folder, key) = told();
    let read = plan(&folder, &key, "-o json").expect(0).stdout;
    plan(&folder, "AKIANOBODY", "")
        .expect(1)
        .says(&["no credential of the lineage answers to `AKIANOBODY`"]);
    for words in [
        format!("contain plan {key} --data story/AWSLogs --own AKIANOBODY"),
        "contain run plan.json --approve f00d --own me".to_owned(),
    ] {
        folder.write("plan.json", &read);
        folder.line(&words).expect(1).says(&["names nobody"]);
    }
    folder
        .line("contain show 0123456789ab")
        .expect(1)
        .says(&["there is no plan"]);
    folder.line("contain policy nobody").expect(2);
    let policy = folder.line("contain policy contain-iam").expect(0).json();
    assert_eq!(policy["Version"], "2012-10-17");
}

/// The plan for the article's intrusion, as a responder reads it. It stands beside the story;
/// `KEYLINE_WRITE_GUIDE=1` writes it there, and whoever does should read it.
#[test]
fn the_plan_for_the_articles_intrusion_is_the_one_that_was_read() {
    let (folder, key) = told();
    let page = plan(&folder, &key, "-o markdown").expect(0).stdout;
    // When it was made is the only thing that differs from run to run.
    let (start, rest) = page.split_once(", made ").unwrap();
    let (_, end) = rest.split_once(" for the state").unwrap();
    let page = format!("{start}, made today for the state{end}");
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../scenarios/by-the-same-token/plan.md"
    );
    if std::env::var_os("KEYLINE_WRITE_GUIDE").is_some() {
        std::fs::write(path, &page).unwrap();
    }
    let read = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(
        page, read,
        "scenarios/by-the-same-token/plan.md is another plan"
    );
}
