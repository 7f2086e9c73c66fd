//! `keyline lineage`, and lineage in queries and hunts: the article's story from the shell.

use serde_json::Value;

use crate::support::{Folder, Output};

/// A key is stolen, a backup key made, tokens minted; the first key is switched off.
const STORY: &str = "by-the-same-token";

fn told() -> Folder {
    let folder = Folder::new();
    folder
        .line(&format!("simulate {STORY} --seed 1 --out story"))
        .expect(0);
    folder
}

fn truth(folder: &Folder) -> Value {
    let text = std::fs::read_to_string(folder.path().join("story/truth.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The long-term key that everything comes from.
fn stolen_key(folder: &Folder) -> String {
    let truth = truth(folder);
    let credentials = truth["credentials"].as_array().unwrap();
    let keys = credentials
        .iter()
        .filter(|it| it["kind"] == "access-key" && it["parent"].is_null());
    let keys: Vec<&str> = keys
        .filter_map(|it| it["access_key_ids"][0].as_str())
        .collect();
    keys[0].to_owned()
}

fn credentials(output: &Output) -> Vec<Value> {
    output.json()["credentials"].as_array().unwrap().clone()
}

fn by_key(credentials: &[Value], key: &str) -> Value {
    let has = |it: &&Value| {
        let keys = it["access_key_ids"].as_array().unwrap();
        keys.iter().any(|id| id == key)
    };
    credentials.iter().find(has).unwrap().clone()
}

#[test]
fn every_credential_of_the_story_is_found_with_its_parent() {
    let folder = told();
    let found = credentials(
        &folder
            .line("lineage --data story/AWSLogs -o json")
            .expect(0),
    );
    let truth = truth(&folder);
    let told = truth["credentials"].as_array().unwrap();
    let key_of = |name: &Value| {
        let named = told.iter().find(|it| it["name"] == *name)?;
        named["minted_key_id"]
            .as_str()
            .or(named["access_key_ids"][0].as_str())
    };
    for told in told {
        let Some(key) = told["minted_key_id"].as_str() else {
            continue;
        };
        let it = by_key(&found, key);
        assert_eq!(it["kind"], told["kind"], "{key}");
        assert_eq!(it["minted_key_id"], told["minted_key_id"]);
        if let Some(parent) = key_of(&told["parent"]["name"]) {
            assert_eq!(it["parent"]["id"], by_key(&found, parent)["id"], "{key}");
        }
    }
}

#[test]
fn json_has_every_key_of_the_contract_and_null_where_nothing_is_known() {
    let folder = told();
    let output = folder
        .line("lineage --data story/AWSLogs -o json")
        .expect(0);
    let document = output.json();
    assert_eq!(document["schema"], "keyline.lineage/1");
    assert!(document["as_of"].as_str().unwrap().ends_with('Z'));
    assert!(document["coverage"]["events"].as_u64().unwrap() > 0);
    let keys = [
        "id",
        "aliases",
        "kind",
        "access_key_ids",
        "minted_key_id",
        "account_id",
        "principal_id",
        "principal_arn",
        "role_arn",
        "session_name",
        "source_identity",
        "issued_at",
        "expires_at",
        "expiry",
        "issuing_api",
        "issuing_event_ids",
        "parent",
        "parent_unknown_because",
        "root",
        "depth",
        "children",
        "mfa",
        "origin",
        "first_used",
        "last_used",
        "event_count",
        "error_count",
        "source_ips",
        "user_agents",
        "liveness",
    ];
    for credential in credentials(&output) {
        for key in keys {
            assert!(
                credential.get(key).is_some(),
                "{key} is missing in {credential}"
            );
        }
        let mut waiting = vec![("", &credential)];
        while let Some((name, value)) = waiting.pop() {
            assert_ne!(value, "", "{name} is empty and not null in {credential}");
            match value {
                Value::Object(inside) => {
                    waiting.extend(inside.iter().map(|(k, v)| (k.as_str(), v)))
                }
                Value::Array(inside) => waiting.extend(inside.iter().map(|value| (name, value))),
                _ => {}
            }
        }
    }
}

#[test]
fn a_tree_goes_up_or_down_from_a_key() {
    let folder = told();
    let key = stolen_key(&folder);
    let all = credentials(
        &folder
            .line("lineage --data story/AWSLogs -o json")
            .expect(0),
    );
    let root = by_key(&all, &key);
    let ask = |more: &str| {
        let line = format!("lineage {key} --data story/AWSLogs -o json {more}");
        credentials(&folder.line(&line).expect(0))
    };
    let down = ask("--down");
    assert!(down.len() > 3, "{}", down.len());
    assert!(down.iter().all(|it| it["root"] == root["root"]));
    let up = ask("--up");
    assert!(up.len() < down.len());
    assert!(up.iter().any(|it| it["id"] == root["id"]));
    assert_eq!(ask("").len(), ask("--both").len());
    assert!(ask("--alive").iter().all(|it| {
        let state = it["liveness"]["state"].as_str().unwrap();
        ["active", "possibly-active", "revocation-pending"].contains(&state)
    }));
    // An id finds its credential as the key does.
    let id = root["id"].as_str().unwrap();
    let line = format!("lineage {id} --down --data story/AWSLogs -o json");
    assert_eq!(credentials(&folder.line(&line).expect(0)), down);
}

#[test]
fn trees_and_pictures_are_made() {
    let folder = told();
    let key = stolen_key(&folder);
    let tree = folder
        .line(&format!("lineage {key} --data story/AWSLogs"))
        .expect(0);
    assert!(tree.stdout.contains("still work"), "{}", tree.stdout);
    assert!(
        tree.stdout.lines().all(|line| line.chars().count() <= 100),
        "{}",
        tree.stdout
    );
    folder
        .line(&format!(
            "lineage {key} --data story/AWSLogs -o svg --out picture.svg"
        ))
        .expect(0);
    let svg = std::fs::read_to_string(folder.path().join("picture.svg")).unwrap();
    assert!(svg.starts_with("<?xml") && svg.trim_end().ends_with("</svg>"));
    let html = folder
        .line(&format!("lineage {key} --data story/AWSLogs -o html"))
        .expect(0);
    assert!(html.stdout.contains("<!DOCTYPE html>") && html.stdout.contains("default-src 'none'"));
}

#[test]
fn a_key_that_is_not_there_is_said_so() {
    told()
        .line("lineage AKIAIOSFODNN7EXAMPLE --data story/AWSLogs")
        .expect(1)
        .says(&["AKIAIOSFODNN7EXAMPLE"]);
}

#[test]
fn the_tables_of_lineage_answer_in_kql() {
    let folder = told();
    let key = stolen_key(&folder);
    let all = credentials(
        &folder
            .line("lineage --data story/AWSLogs -o json")
            .expect(0),
    );
    let root = by_key(&all, &key);
    let below = all.iter().filter(|it| it["root"] == root["root"]).count();
    let ask = |query: &str| {
        let arguments = ["query", query, "--data", "story/AWSLogs", "-o", "json"];
        let output = folder.run(&arguments, b"").expect(0);
        output.json()["rows"].clone()
    };
    let root_id = root["root"].as_str().unwrap();
    assert_eq!(
        ask(&format!("Credential | where RootId == '{root_id}' | count")),
        serde_json::json!([[below]])
    );
    let calls = ask(&format!(
        "CredentialEvents | where RootId == '{root_id}' | where AccessKeyId == '{key}' | count"
    ));
    assert_eq!(calls, serde_json::json!([[root["event_count"]]]));
    assert_eq!(
        ask("CredentialUse | summarize sum(EventCount)"),
        ask("CredentialEvents | where isnotempty(CredentialId) | count")
    );
    assert_eq!(
        ask(&format!(
            "CredentialAlias | where Alias == '{key}' | project CredentialId"
        )),
        serde_json::json!([[root["id"]]])
    );
    assert_eq!(
        ask(&format!(
            "CredentialEdge | where ParentId == '{}' | count",
            root["id"].as_str().unwrap()
        )),
        serde_json::json!([[root["children"].as_array().unwrap().len()]])
    );
}

/// The queries of the guide, each with what it answers over the story and two users with one device.
#[test]
fn the_queries_of_the_guide_answer() {
    let folder = told();
    let key = stolen_key(&folder);
    let token = |number: u8, user: &str| {
        format!(
            r#"{{"eventVersion":"1.10","eventTime":"2026-10-14T09:0{number}:00Z","eventSource":"sts.amazonaws.com","eventName":"GetSessionToken","awsRegion":"us-east-1","sourceIPAddress":"192.0.2.7","userAgent":"aws-cli/2.17.0","eventID":"e-{number}","recipientAccountId":"111122223333","userIdentity":{{"type":"IAMUser","principalId":"AIDAEXAMPLE{number}","arn":"arn:aws:iam::111122223333:user/{user}","accountId":"111122223333","accessKeyId":"AKIAEXAMPLEEXAMPLE0{number}","userName":"{user}"}},"requestParameters":{{"serialNumber":"arn:aws:iam::111122223333:mfa/shared"}},"responseElements":{{"credentials":{{"accessKeyId":"ASIAEXAMPLEEXAMPLE0{number}","expiration":"Oct 14, 2026, 10:00:00 PM"}}}}}}"#
        )
    };
    folder.write(
        "story/AWSLogs/two.json",
        token(1, "ada") + "\n" + &token(2, "eve"),
    );
    let guide = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/guide/query.md");
    let guide = std::fs::read_to_string(guide).unwrap();
    let section = guide.split("\n## Credentials\n").nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let blocks: Vec<&str> = section
        .split("```kusto\n")
        .skip(1)
        .map(|block| block.split("```").next().unwrap())
        .collect();
    let ask = |query: &str| {
        let query = query.replace("AKIAIOSFODNN7EXAMPLE", &key);
        let arguments = ["query", &query, "--data", "story/AWSLogs", "-o", "json"];
        let rows = folder.run(&arguments, b"").expect(0).json()["rows"].clone();
        rows.as_array().unwrap().clone()
    };
    let credentials = credentials(
        &folder
            .line("lineage --data story/AWSLogs -o json")
            .expect(0),
    );
    let root = by_key(&credentials, &key)["root"].clone();
    let calls: u64 = credentials
        .iter()
        .filter(|it| it["root"] == root)
        .map(|it| it["event_count"].as_u64().unwrap())
        .sum();
    let deep = credentials
        .iter()
        .filter(|it| it["depth"].as_u64() > Some(2))
        .count();
    let mut asked = 0;
    for query in blocks {
        let rows = ask(query);
        asked += 1;
        match query {
            _ if query.contains("let root") => assert_eq!(rows.len() as u64, calls, "{query}"),
            _ if query.contains("Depth > 2") => assert_eq!(rows.len(), deep, "{query}"),
            _ if query.contains("MfaSerial") => {
                assert_eq!(rows.len(), 1, "{query}");
                assert_eq!(rows[0][0], "arn:aws:iam::111122223333:mfa/shared");
            }
            _ if query.contains("graph-match") => {
                assert!(rows.iter().any(|row| row[3].as_u64() > Some(1)), "{rows:?}");
            }
            _ if query.contains("RevokedAt") => {}
            _ => assert!(!rows.is_empty(), "{query}"),
        }
    }
    assert_eq!(asked, 8);
}

/// Every event that is one credential's is counted by the credential, and the other way round.
#[test]
fn counts_of_credentials_and_of_their_events_agree() {
    for story in [
        STORY,
        "forward-access",
        "console-switch-role",
        "role-juggling",
    ] {
        let folder = Folder::new();
        folder
            .line(&format!("simulate {story} --seed 2 --out story"))
            .expect(0);
        let query = "Credential | extend Own = EventCount + ForwardedInSessionCount | where Own > 0 | join kind=fullouter (CredentialEvents \
            | where isnotempty(CredentialId) and EventName !in ('ConsoleLogin', 'SwitchRole') | summarize Events = count() by CredentialId) on $left.Id == $right.CredentialId \
            | where Own != Events or isnull(Events) or isnull(Own) | project Id, CredentialId, Kind, Own, Events";
        let arguments = ["query", query, "--data", "story/AWSLogs", "-o", "json"];
        let output = folder.run(&arguments, b"").expect(0).json();
        assert_eq!(output["rows"], serde_json::json!([]), "{story}");
    }
}

#[test]
fn a_change_bears_on_what_descends_from_the_changed() {
    let folder = Folder::new();
    folder
        .line("simulate revocation-timeline --out story")
        .expect(0);
    let ask = |query: &str| {
        let arguments = ["query", query, "--data", "story/AWSLogs", "-o", "json"];
        let output = folder.run(&arguments, b"").expect(0);
        output.json()["rows"].clone()
    };
    let key = truth(&folder)["credentials"]
        .as_array()
        .unwrap()
        .iter()
        .find(|credential| credential["name"] == "kim's key")
        .map(|credential| credential["access_key_ids"][0].clone())
        .unwrap();
    let key = key.as_str().unwrap();
    // The key was switched off: two tokens and a role session live below it.
    let below = format!(
        "CredentialChange | where Effect == 'inactive' and tostring(ChangedKeyIds[0]) == '{key}' \
         | summarize count() by Distance | order by Distance asc"
    );
    assert_eq!(ask(&below), serde_json::json!([[0, 1], [1, 3]]));
    // No row is earlier than the change or than the credential.
    assert_eq!(
        ask(
            "CredentialChange | where TimeGenerated < ChangedAt or TimeGenerated < IssuedAt | count"
        ),
        serde_json::json!([[0]])
    );
}

#[test]
fn alerts_become_incidents_by_the_root_of_their_credentials() {
    let folder = told();
    // Two rules about one credential of the tree.
    for (number, name, filter) in [
        (1, "mint", "EventName == 'GetSessionToken'"),
        (2, "keys", "EventName == 'CreateAccessKey'"),
    ] {
        folder.write(
            &format!("rules/{name}.yaml"),
            format!(
                "id: 00000000-0000-4000-8000-00000000000{number}\nname: {name}\nseverity: Medium\n\
                 query: |\n  AWSCloudTrail\n  | where {filter} and UserIdentityAccessKeyId == '{}'\n  \
                 | project TimeGenerated, UserIdentityAccessKeyId\nkeyline:\n  accessKeyColumns: [UserIdentityAccessKeyId]\n",
                stolen_key(&folder)
            ),
        );
    }
    let output = folder
        .line("hunt story/AWSLogs --no-builtin-rules --rules rules -o json")
        .expect(0);
    let document = output.json();
    let all = credentials(
        &folder
            .line("lineage --data story/AWSLogs -o json")
            .expect(0),
    );
    let root = by_key(&all, &stolen_key(&folder));
    let [incident] = &document["incidents"].as_array().unwrap()[..] else {
        panic!("not one incident: {}", document["incidents"])
    };
    assert_eq!(incident["root_credential"], root["root"]);
    assert!(incident["live_credentials"].as_u64().unwrap() > 0);
    for alert in document["alerts"].as_array().unwrap() {
        assert_eq!(alert["incident_id"], incident["incident_id"]);
        assert_eq!(alert["root_credential"], root["root"]);
        assert_eq!(alert["credentials"], serde_json::json!([root["id"]]));
    }
    // The alerts of a hunt stand in the pictures of lineage.
    let lines: Vec<String> = document["alerts"]
        .as_array()
        .unwrap()
        .iter()
        .map(Value::to_string)
        .collect();
    for (name, text) in [
        ("document", output.stdout.clone()),
        ("lines", lines.join("\n")),
    ] {
        folder.write(name, text);
        let line = format!("lineage --data story/AWSLogs --alerts {name}");
        let tree = folder.line(&line).expect(0);
        assert!(tree.stdout.contains("2 alerts"), "{}", tree.stdout);
        let picture = folder.line(&format!("{line} -o html")).expect(0);
        assert!(picture.stdout.contains("mint") && picture.stdout.contains("Medium"));
    }
    folder
        .line("lineage --data story/AWSLogs --alerts story/truth.json")
        .expect(1)
        .says(&["keyline hunt -o json"]);
}

#[test]
fn one_key_of_parquet_is_answered_as_from_the_whole() {
    for story in [
        STORY,
        "role-juggling",
        "federation-token-to-console",
        "forward-access",
    ] {
        let folder = Folder::new();
        folder
            .line(&format!("simulate {story} --seed 3 --out story"))
            .expect(0);
        folder.line("convert story/AWSLogs --out parquet").expect(0);
        let key = truth(&folder)["access_key_id"].as_str().unwrap().to_owned();
        let ask = |data: &str| {
            let line = format!("lineage {key} --data {data} -o json");
            let document = folder.line(&line).expect(0).json();
            (document["as_of"].clone(), document["credentials"].clone())
        };
        let (from_logs, from_parquet) = (ask("story/AWSLogs"), ask("parquet"));
        assert_eq!(from_logs, from_parquet, "{story}");
    }
}

#[test]
fn what_a_filter_leaves_out_is_there_all_the_same() {
    let folder = told();
    let key = stolen_key(&folder);
    // Long after the data's end only the keys work; the tokens are there and expired.
    let line = format!("lineage {key} --data story/AWSLogs --alive --as-of 2027-06-01 -o json");
    let alive = credentials(&folder.line(&line).expect(0));
    assert!(!alive.is_empty() && alive.iter().all(|it| it["kind"] == "access-key"));
    folder
        .line(&format!("lineage {key} --data story/AWSLogs --production"))
        .expect(1)
        .says(&["production", "[estate]"]);
}

#[test]
fn a_failed_run_leaves_the_file_that_it_would_have_written() {
    let folder = told();
    folder.write("kept.json", "kept");
    folder
        .line("lineage --data nowhere -o json --out kept.json")
        .expect(1);
    assert_eq!(
        std::fs::read_to_string(folder.path().join("kept.json")).unwrap(),
        "kept"
    );
}
