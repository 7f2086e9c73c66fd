//! `keyline hunt --send`, `keyline sinks` and `keyline doctor`, over a receiver on the loopback
//! address; and alerts in the forms of other people's programs.

use std::sync::mpsc::Receiver;

use serde_json::Value;

use crate::receiver::{Answer, Request, answer, ok, serve};
use crate::support::{Folder, Output, three_events};

const RULE: &str = "id: 00000000-0000-4000-8000-000000000001
name: Any denied call
severity: Medium
kind: Scheduled
queryFrequency: 1h
queryPeriod: 1h
triggerOperator: gt
triggerThreshold: 0
tactics: [Discovery]
relevantTechniques: [T1580]
query: |
  AWSCloudTrail | where ErrorCode == 'AccessDenied'
entityMappings:
  - entityType: IP
    fieldMappings:
      - identifier: Address
        columnName: SourceIpAddress
";

const HUNT: &str = "hunt log.json --rules rules --no-builtin-rules";

/// A folder with logs, a rule and a configuration; `URL` in it is where the receiver is.
fn folder(
    config: &str,
    reply: impl FnMut(&Request) -> Option<Answer> + Send + 'static,
) -> (Folder, Receiver<Request>) {
    let (origin, came) = serve(reply);
    let folder = Folder::new();
    folder.write("log.json", three_events());
    folder.write("rules/loud.yaml", RULE);
    folder.write("url", format!("{origin}/services/hidden\n"));
    folder.write("keyline.toml", config.replace("URL", &origin));
    private(&folder, "url");
    (folder, came)
}

fn private(folder: &Folder, name: &str) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(folder.path().join(name), mode).unwrap();
    }
}

const TWO_SINKS: &str = "[[sinks]]\ntype = 'slack'\nurl_file = 'url'\n\
    [[sinks]]\nname = 'high-only'\ntype = 'jsonl'\npath = 'alerts.jsonl'\nseverity = 'high'\n";

#[test]
fn what_a_hunt_finds_is_sent_once() {
    let (folder, came) = folder(TWO_SINKS, |_| Some(ok()));
    let first = folder.line(&format!("{HUNT} --send")).expect(0);
    first.says(&["1 new alert to send\n", "slack: 1 alert delivered\n"]);
    let message = came.try_recv().unwrap();
    assert_eq!(message.path, "/services/hidden");
    assert_eq!(message.json()["text"], "MEDIUM: Any denied call");
    let again = folder.line(&format!("{HUNT} --send")).expect(0);
    again.says(&["0 new alerts to send, 1 sent before\n"]);
    assert!(came.try_recv().is_err());
    // The filter passed over it, and the file is not even made.
    assert!(!folder.path().join("alerts.jsonl").exists());
    let states = folder.line("sinks list -o json").expect(0).json();
    assert_eq!(states["schema"], "keyline.sinks/1");
    assert_eq!(states["sinks"][0]["delivered"], 1);
    assert_eq!(states["sinks"][1]["passed_over"], 1);
    let table = folder.line("sinks list").expect(0).stdout;
    assert!(
        table.contains("high-only") && !table.contains("hidden"),
        "{table}"
    );
}

#[test]
fn what_is_refused_is_told_and_kept() {
    let (folder, _came) = folder(TWO_SINKS, |_| Some(answer("400 Bad", "invalid_blocks")));
    let output = folder.line(&format!("{HUNT} --send")).expect(1);
    output.says(&[
        "slack: 1 alert refused and put aside in the outbox: ",
        "answered 400: invalid_blocks",
    ]);
    assert!(
        folder
            .path()
            .join("keyline-outbox/aside-slack.jsonl")
            .exists()
    );
    folder
        .line("doctor")
        .expect(0)
        .stdout_says(&["warn  outbox         `slack` refused 1 alert and missed 0 alerts"]);
}

#[test]
fn there_must_be_somewhere_to_send_to() {
    let (folder, _came) = folder("", |_| Some(ok()));
    folder
        .line(&format!("{HUNT} --send"))
        .expect(1)
        .says(&["there are no sinks", "keyline config --example"]);
    folder
        .line("sinks list")
        .expect(0)
        .says(&["there are no sinks"]);
}

#[test]
fn sinks_are_tried() {
    let (folder, came) = folder(TWO_SINKS, |_| Some(ok()));
    let found = folder.line("sinks test -o json").expect(0).json();
    assert_eq!(found["sinks"][0]["result"], "ok");
    assert_eq!(found["sinks"][1]["result"], "ok");
    let text = came.try_recv().unwrap().json()["text"].to_string();
    assert!(text.contains("Keyline's test alert"), "{text}");
    let file = std::fs::read_to_string(folder.path().join("alerts.jsonl")).unwrap();
    assert_eq!(
        serde_json::from_str::<Value>(&file).unwrap()["rule_id"],
        "keyline-test"
    );
    folder.line("sinks test high-only").expect(0);
    assert!(came.try_recv().is_err());
    folder
        .line("sinks test pager")
        .expect(1)
        .says(&["there is no sink `pager`, but slack, high-only"]);
}

#[test]
fn a_sink_that_answers_no_is_named() {
    let (folder, _came) = folder(TWO_SINKS, |_| Some(answer("404 No", "no_service")));
    let output = folder.line("sinks test slack").expect(1);
    assert!(
        output.stdout.contains("failed") && output.stdout.contains("answered 404: no_service"),
        "{}",
        output.stdout
    );
    folder.line("doctor --send-test").expect(1).stdout_says(&[
        "fail  sinks          `slack` to http://127.0.0.1:",
        "→ mend it, then `keyline sinks test slack`",
    ]);
}

#[test]
fn a_configuration_that_says_nothing_possible_is_refused() {
    let (folder, _came) = folder("[[sinks]]\ntype = 'slack'\nurl = 'URL'\n", |_| Some(ok()));
    folder.line("config").expect(1).says(&[
        "in `keyline.toml`",
        "`url` says nothing about a sink of type `slack`",
    ]);
    let found = folder.line("doctor -o json").expect(1).json();
    assert_eq!(found["schema"], "keyline.doctor/1");
    let checks = found["checks"].as_array().unwrap();
    let broken = checks
        .iter()
        .find(|check| check["status"] == "fail")
        .unwrap();
    assert_eq!(broken["check"], "configuration");
}

#[test]
fn a_doctor_says_what_is_wrong_and_what_to_do() {
    let config = "memory = '900GiB'\n[rules]\nfolders = ['broken']\n[references]\n'https://a' = 'not-there.json'\n\
        [watchlists]\nempty = 'empty.csv'\n[[sinks]]\ntype = 'webhook'\nurl_env = 'KEYLINE_NOT_SET'\n";
    let (folder, _came) = folder(config, |_| Some(ok()));
    folder.write("broken/a.yaml", "name: [");
    folder.write("empty.csv", "");
    let found = folder.line("doctor -o json").expect(1).json();
    let checks = found["checks"].as_array().unwrap();
    for (check, status, part) in [
        ("memory", "warn", "a run takes 921600 MiB"),
        ("rules", "fail", "1 rule file that cannot be read"),
        ("references", "fail", "cannot read `not-there.json`"),
        ("watchlists", "fail", "empty"),
        ("sinks", "fail", "`KEYLINE_NOT_SET`"),
    ] {
        let is_it = |found: &&Value| {
            let message = found["message"].as_str().unwrap();
            found["check"] == check && found["status"] == status && message.contains(part)
        };
        let line = checks.iter().find(is_it);
        let line = line.unwrap_or_else(|| panic!("{check} {status} {part}: {found:#}"));
        assert!(line["hint"].is_string(), "{line}");
    }
}

#[test]
fn a_doctor_has_nothing_to_say_where_all_is_well() {
    let (folder, _came) = folder(TWO_SINKS, |_| Some(ok()));
    let found = folder.line("doctor -o json").expect(0).json();
    let failed = found["checks"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|check| check["status"] == "fail");
    assert_eq!(failed.count(), 0, "{found:#}");
}

#[test]
fn alerts_are_exported() {
    let (folder, _came) = folder("", |_| Some(ok()));
    let line = |format: &str| -> Value {
        let output = folder.line(&format!("{HUNT} -o {format}")).expect(0);
        assert_eq!(output.stdout.lines().count(), 1);
        output.json()
    };
    assert_eq!(line("ocsf")["class_uid"], 2004);
    assert_eq!(line("asff")[0]["SchemaVersion"], "2018-10-08");
    assert_eq!(line("asff")[0]["AwsAccountId"], "111122223333");
    assert_eq!(line("timesketch")["message"], "Medium: Any denied call");
}

#[test]
fn the_example_configuration_can_be_saved_and_used() {
    let folder = Folder::new();
    let example = folder.line("config --example").expect(0).stdout;
    folder.write("keyline.toml", &example);
    folder.line("config").expect(0);
}

trait Says {
    fn stdout_says(self, parts: &[&str]) -> Self;
}

impl Says for Output {
    #[track_caller]
    fn stdout_says(self, parts: &[&str]) -> Output {
        for part in parts {
            assert!(
                self.stdout.contains(part),
                "no {part:?} in\n{}",
                self.stdout
            );
        }
        self
    }
}
