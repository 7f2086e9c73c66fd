//! The watch by its command: fed in pieces and in disorder, cut off at any instant, it ends with the alerts of one
//! hunt over the same lake.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use crate::lake::{collect, cut_off};
use crate::support::Folder;

/// How often the watch is killed, unless `KEYLINE_KILLS` says otherwise.
const KILLS: u64 = 4;
const PIECES: usize = 4;

#[test]
fn a_watch_in_pieces_that_is_killed_ends_with_the_alerts_of_one_hunt() {
    let kills = std::env::var("KEYLINE_KILLS").ok();
    let kills: u64 = kills
        .and_then(|number| number.parse().ok())
        .unwrap_or(KILLS);
    let folder = Folder::new();
    folder
        .line("simulate by-the-same-token role-chain-over-accounts --out logs")
        .expect(0);
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules");
    let mut chosen = vec!["--no-builtin-rules".to_owned()];
    // Of events and of lineage; all of them take the time of all tests.
    for some in [
        "exfiltration",
        "persistence/credential-minted-below-a-stopped-one.yaml",
        "persistence/sleeping-sibling-wakes.yaml",
        "defense-evasion/credential-used-after-it-was-stopped.yaml",
    ] {
        chosen.push("--rules".to_owned());
        chosen.push(rules.join(some).display().to_string());
    }
    let mut files = Vec::new();
    collect(&folder.path().join("logs"), &mut files);
    files.sort();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for at in (1..files.len()).rev() {
        files.swap(at, random.below(at as u64 + 1) as usize);
    }
    let mut watch = vec!["serve", "incoming", "--lake", "lake", "--no-ui", "--once"];
    watch.extend(["--alerts-out", "out.jsonl", "-q"]);
    watch.extend(chosen.iter().map(String::as_str));
    let words: Vec<String> = watch.iter().map(|word| (*word).to_owned()).collect();
    // A watch that goes on hunts what looks back beside its rounds, and is killed in the midst of that too.
    let live = words.iter().filter(|word| *word != "--once").cloned();
    let live: Vec<String> = live
        .chain(["--listen", "127.0.0.1:0"].map(str::to_owned))
        .collect();
    let compact = ["lake", "compact", "--lake", "lake"].map(str::to_owned);
    let lake = folder.path().join("lake");
    let mut killed = 0;
    for (number, piece) in files.chunks(files.len().div_ceil(PIECES)).enumerate() {
        for (at, file) in piece.iter().enumerate() {
            let copy = folder
                .path()
                .join(format!("incoming/{number}-{at}.json.gz"));
            std::fs::create_dir_all(copy.parent().unwrap()).unwrap();
            std::fs::copy(file, copy).unwrap();
        }
        for kill in 0..kills.div_ceil(PIECES as u64) {
            // Now and then a compaction of what is there is killed instead.
            killed += u64::from(match number > 0 && random.below(5) == 0 {
                true => cut_off(&folder, &compact, &[], &lake, random.below(4)),
                false if (number as u64 + kill).is_multiple_of(2) => {
                    cut_off(&folder, &live, &[], &lake, random.below(24))
                }
                false => cut_off(&folder, &words, &[], &lake, random.below(24)),
            });
        }
        folder.run(&watch, b"").expect(0);
    }
    assert!(killed * 4 > kills, "killed {killed} times only");
    eprintln!("the watch was killed {killed} times");
    let mut hunt = vec!["hunt", "--lake", "lake", "-o", "jsonl"];
    hunt.extend(chosen.iter().map(String::as_str));
    let hunted = folder.run(&hunt, b"").expect(0).stdout;
    let hunted: BTreeMap<String, BTreeSet<String>> = hunted.lines().map(ids).collect();
    assert!(hunted.len() > 1, "{hunted:?}");

    let standing = "KeylineAlert | summarize arg_max(TimeGenerated, *) by AlertId \
                    | where Status != 'Superseded' | project alert_id = AlertId, event_ids = EventIds";
    assert_eq!(rows(&folder, standing), hunted, "the lake");
    let sentinels = "SecurityAlert | summarize arg_max(TimeGenerated, *) by SystemAlertId \
                     | where Status != 'Dismissed' | project alert_id = SystemAlertId, event_ids = dynamic([])";
    let told: BTreeSet<String> = rows(&folder, sentinels).into_keys().collect();
    assert_eq!(told, hunted.keys().cloned().collect(), "SecurityAlert");
    let doubled = "SecurityAlert | summarize Rows = count() by SystemAlertId, TimeGenerated | where Rows > 1 | count";
    let doubled = folder.run(&["query", doubled, "--lake", "lake", "-o", "csv"], b"");
    assert_eq!(doubled.expect(0).stdout, "Count\n0\n");

    // What was put out: for each alert its last line counts.
    let out = std::fs::read_to_string(folder.path().join("out.jsonl")).unwrap();
    let mut last = BTreeMap::new();
    for line in out.lines() {
        let alert: Value = serde_json::from_str(line).unwrap();
        let (id, events) = ids(line);
        match alert["status"] == "superseded" {
            true => last.remove(&id),
            false => last.insert(id, events),
        };
    }
    assert_eq!(last, hunted, "what was put out");

    // Every event is there once.
    folder.line("ingest logs --lake undisturbed").expect(0);
    let events = |lake: &str| {
        let query = "CloudTrail | sort by AwsEventId asc, EventName asc";
        folder
            .run(&["query", query, "--lake", lake, "-o", "csv"], b"")
            .expect(0)
            .stdout
    };
    assert_eq!(events("lake"), events("undisturbed"));

    // Lineage that was kept is that of the logs.
    let tables = folder
        .line("lake tables --lake lake -o csv")
        .expect(0)
        .stdout;
    for table in [
        "Credential",
        "CredentialAlias",
        "CredentialEdge",
        "CredentialUse",
    ] {
        let kept = tables
            .lines()
            .any(|line| line.starts_with(&format!("{table},")));
        assert!(kept, "{table} is not kept:\n{tables}");
        let order = match table {
            "Credential" => "Id asc",
            "CredentialAlias" => "Alias asc, CredentialId asc",
            "CredentialUse" => {
                "TimeGenerated asc, CredentialId asc, RecipientAccountId asc, EventSource asc, EventName asc, \
                 SourceIpAddress asc, UserAgent asc, ErrorCode asc"
            }
            _ => "ChildId asc, ParentId asc",
        };
        let query = format!("{table} | sort by {order}");
        let of = |flag: &str, place: &str| {
            let words = ["query", query.as_str(), flag, place, "-o", "csv"];
            folder.run(&words, b"").expect(0).stdout
        };
        assert_eq!(of("--lake", "lake"), of("--data", "logs"), "{table}");
    }

    folder.line("lake compact --lake lake").expect(0);
    folder.line("lake verify --lake lake").expect(0);
    assert_eq!(events("lake"), events("undisturbed"), "compacted");

    // Incidents stay, and what somebody says about them.
    let listed = folder
        .line("incidents list --lake lake -o json")
        .expect(0)
        .json();
    let incidents = listed["incidents"].as_array().unwrap();
    let of_incidents: BTreeSet<&str> = incidents
        .iter()
        .flat_map(|incident| incident["alerts"].as_array().unwrap())
        .map(|id| id.as_str().unwrap())
        .collect();
    assert_eq!(of_incidents, hunted.keys().map(String::as_str).collect());
    folder
        .run(
            &["incidents", "note", "1", "keys rotated", "--lake", "lake"],
            b"",
        )
        .expect(0);
    let close = "incidents close 1 --as TruePositive --lake lake -o json";
    let closed = folder.line(close).expect(0).json();
    assert_eq!(closed["status"], "Closed");
    assert_eq!(closed["notes"][0]["text"], "keys rotated");
    for (table, id) in [
        ("SecurityIncident", "IncidentName"),
        ("KeylineIncident", "IncidentId"),
    ] {
        let query = format!(
            "{table} | summarize arg_max(TimeGenerated, *) by {id} | where Status == 'Closed' and \
             Classification == 'TruePositive' | count"
        );
        let rows = folder.run(&["query", &query, "--lake", "lake", "-o", "csv"], b"");
        assert_eq!(rows.expect(0).stdout, "Count\n1\n", "{table}");
    }

    // Another round has nothing to say.
    folder.run(&watch, b"").expect(0);
    let again = std::fs::read_to_string(folder.path().join("out.jsonl")).unwrap();
    assert_eq!(again, out);
}

/// The id of an alert, and those of its events.
fn ids(line: &str) -> (String, BTreeSet<String>) {
    let alert: Value = serde_json::from_str(line).unwrap();
    let events = alert["event_ids"].as_array().unwrap().iter();
    let events = events.map(|id| id.as_str().unwrap().to_owned()).collect();
    (alert["alert_id"].as_str().unwrap().to_owned(), events)
}

fn rows(folder: &Folder, query: &str) -> BTreeMap<String, BTreeSet<String>> {
    let output = folder.run(&["query", query, "--lake", "lake", "-o", "jsonl"], b"");
    output.expect(0).stdout.lines().map(ids).collect()
}

/// Numbers that are the same in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = self.0.wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}
