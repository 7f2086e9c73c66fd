//! `keyline serve` over a lake: what people decide about an incident, on the page and at a terminal.

use std::path::Path;

use serde_json::{Value, json};

use crate::serving::Server;
use crate::support::Folder;

#[test]
fn what_is_decided_on_the_page_is_what_the_command_sees() {
    let folder = Folder::new();
    folder
        .line("simulate by-the-same-token --out logs")
        .expect(0);
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules/exfiltration");
    let rules = rules.to_str().unwrap();
    let chosen = ["--no-builtin-rules", "--rules", rules];
    let mut watch = vec!["serve", "logs", "--lake", "lake", "--no-ui", "--once", "-q"];
    watch.extend(chosen);
    folder.run(&watch, b"").expect(0);

    let lake = folder.path().join("lake");
    let mut serve = vec!["serve", "--lake", lake.to_str().unwrap(), "--no-watch"];
    serve.extend(chosen);
    let server = Server::ready(&serve);
    let incidents = server.get("/api/incidents");
    assert_eq!(incidents["kept"], true);
    let incident = &incidents["incidents"][0];
    let id = incident["incident_id"].as_str().unwrap();
    let said = (
        &incident["standing"]["number"],
        &incident["standing"]["status"],
    );
    assert_eq!(said, (&json!(1), &json!("New")), "{incident:#}");

    let decide =
        |deed: &str, body: Value| server.post(&format!("/api/incidents/{id}/{deed}"), &body);
    let (status, text) = decide("note", json!({"text": "  A second look.\n"}));
    assert!(
        status == 200 && text.contains("\"A second look.\""),
        "{status} {text}"
    );
    assert_eq!(decide("note", json!({"text": " "})).0, 400);
    assert_eq!(decide("note", json!({"text": "x".repeat(9_000)})).0, 400);
    assert_eq!(
        decide("close", json!({"classification": "Nonsense"})).0,
        400
    );
    let (status, text) = decide(
        "close",
        json!({"classification": "FalsePositive", "note": "An exercise."}),
    );
    assert_eq!(status, 200, "{text}");
    let shown = |folder: &Folder| -> Value {
        let words = format!("incidents show {id} --lake lake -o json");
        serde_json::from_str(&folder.line(&words).expect(0).stdout).unwrap()
    };
    let record = shown(&folder);
    let notes = record["notes"].as_array().unwrap();
    let said = (&record["status"], &record["classification"], notes.len());
    assert_eq!(said, (&json!("Closed"), &json!("FalsePositive"), 2));

    // What the terminal puts down, the page has without being started anew.
    folder
        .line(&format!(
            "incidents note {id} from-a-terminal --by rita --lake lake"
        ))
        .expect(0);
    let page = server.get(&format!("/api/incidents/{id}"));
    let standing = &page["incident"]["standing"];
    assert_eq!(standing["notes"][2]["by"], "rita", "{standing:#}");
    let (status, text) = decide("reopen", Value::Null);
    assert!(
        status == 200 && text.contains("\"Active\""),
        "{status} {text}"
    );
    assert_eq!(shown(&folder)["closed_at"], Value::Null);
    let other = server.post("/api/incidents/in-none/note", &json!({"text": "x"}));
    assert_eq!(other.0, 404, "{}", other.1);
}
