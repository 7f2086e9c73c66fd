//! Documents in, documents out: what each format makes of an alert, and of a hostile one.

use keyline_sinks::{Format, Options, Outbox, Rendering};
use serde_json::{Value, json};

use crate::alerts::{alert, deliver, lines, open, options, sinks, with};
use crate::receiver::{ok, serve};

#[track_caller]
fn check(found: &Value, expected: Value) {
    // Only what is expected is looked at: a document is longer than a test should be.
    let expected = expected.as_object().unwrap();
    for (pointer, expected) in expected {
        let found = found.pointer(pointer).unwrap_or(&Value::Null);
        assert_eq!(found, expected, "{pointer}");
    }
}

#[test]
fn ocsf() {
    let found = Rendering::new(Format::Ocsf).document(&alert(1));
    check(
        &found,
        json!({
            "/class_uid": 2004, "/category_uid": 2, "/activity_id": 1, "/type_uid": 200401,
            "/time": 1_791_993_021_500_i64, "/start_time": 1_791_976_276_000_i64,
            "/severity_id": 4, "/severity": "High", "/is_alert": true,
            "/metadata/version": "1.6.0", "/metadata/product/name": "Keyline",
            "/metadata/profiles": ["cloud"],
            "/cloud": {"provider": "AWS", "region": "eu-central-1",
                "account": {"uid": "111122223333", "name": "111122223333", "type_id": 10, "type": "AWS Account"}},
            "/finding_info/uid": "al-0000000000000001",
            "/finding_info/title": "examplecorp-invoices read in turns by 5 sessions of one key",
            "/finding_info/analytic/uid": "5a3e0b52-0000-4000-8000-000000000001",
            "/finding_info/attacks": [
                {"tactic": {"uid": "TA0010", "name": "Exfiltration"}},
                {"tactic": {"uid": "TA0006", "name": "Credential Access"}},
                {"technique": {"uid": "T1530", "name": "T1530"}},
                {"technique": {"uid": "T1550", "name": "T1550"}, "sub_technique": {"uid": "T1550.001", "name": "T1550.001"}}
            ],
            "/finding_info/related_events_count": 50,
            "/evidences": [
                {"src_endpoint": {"ip": "203.0.113.7"}},
                {"actor": {"user": {"name": "arn:aws:iam::111122223333:user/mara"}}}
            ],
            "/resources": [{"uid": "AKIAIOSFODNN7EXAMPLE", "type": "AWS::IAM::AccessKey"}],
            "/observables/0": {"name": "evidences[].src_endpoint.ip", "type_id": 2,
                "type": "IP Address", "value": "203.0.113.7"},
            "/unmapped/root_credential": "cr-aaaabbbbccccdddd"
        }),
    );
}

#[test]
fn asff() {
    let found = Rendering::new(Format::Asff).document(&alert(1));
    let arn = "arn:aws:securityhub:eu-central-1:111122223333:product/111122223333/default";
    check(
        &found,
        json!({
            "/SchemaVersion": "2018-10-08", "/Id": "al-0000000000000001", "/ProductArn": arn,
            "/AwsAccountId": "111122223333", "/Severity/Label": "HIGH",
            "/Types": ["TTPs/Exfiltration", "TTPs/Credential Access"],
            "/FirstObservedAt": "2026-10-14T11:11:16Z", "/CreatedAt": "2026-10-14T16:00:00Z",
            "/Resources/0/Type": "AwsIamAccessKey",
            "/Resources/0/Id": "AWS::IAM::AccessKey:AKIAIOSFODNN7EXAMPLE",
            "/Resources/1/Type": "AwsIamUser",
            "/ProductFields/keyline~1source_addresses": "203.0.113.7"
        }),
    );
    // What Security Hub bounds, and what it must have.
    let long = with(
        2,
        json!({
            "title": "t".repeat(1000), "description": "", "entities": [], "access_key_ids": [],
            "tactics": [], "row": {"AWSRegion": "cn-north-1"}
        }),
    );
    let found = Rendering::new(Format::Asff).document(&long);
    assert_eq!(found["Title"].as_str().unwrap().chars().count(), 256);
    check(
        &found,
        json!({
            "/Resources/0": {"Type": "AwsAccount", "Id": "AWS::::Account:000000000000",
                "Partition": "aws-cn", "Region": "cn-north-1"},
            "/Types": ["Unusual Behaviors/User"]
        }),
    );
}

#[test]
fn asff_goes_to_the_account_that_the_user_names() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("findings.jsonl");
    let config = json!({"type": "jsonl", "path": file, "format": "asff",
        "account": "999988887777", "region": "us-gov-west-1"});
    let outbox = open(&folder.path().join("outbox"), &[config]);
    outbox.put(&[alert(1)]).unwrap();
    deliver(&outbox);
    check(
        &lines(&file)[0],
        json!({
            "/AwsAccountId": "999988887777",
            "/ProductArn": "arn:aws-us-gov:securityhub:us-gov-west-1:999988887777:product/999988887777/default"
        }),
    );
}

#[test]
fn timesketch() {
    let found = Rendering::new(Format::Timesketch).document(&alert(1));
    check(
        &found,
        json!({
            "/message": "High: examplecorp-invoices read in turns by 5 sessions of one key",
            "/datetime": "2026-10-14T11:11:16Z", "/timestamp": 1_791_976_276_000_000_i64,
            "/timestamp_desc": "First event of an alert", "/src_ip": "203.0.113.7",
            "/access_key_ids": "AKIAIOSFODNN7EXAMPLE",
            "/tag": ["keyline", "high", "T1530", "T1550.001"]
        }),
    );
}

/// What a receiver gets of these alerts from a sink of a type whose address is a secret.
fn sent(kind: &str, alerts: &[Value]) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let (origin, came) = serve(|_| Some(ok()));
    let secret = folder.path().join("url");
    std::fs::write(&secret, format!("{origin}/services/T0/B0/hidden")).unwrap();
    let config = json!({"type": kind, "url_file": secret});
    let large = Options {
        segment_bytes_max: 100 << 20,
        ..options()
    };
    let outbox = Outbox::open(&folder.path().join("outbox"), sinks(&[config]), large).unwrap();
    outbox.put(alerts).unwrap();
    deliver(&outbox);
    let state = &outbox.state_of_sinks()[0];
    assert_eq!(state.destination, origin);
    came.try_iter().map(|request| request.json()).collect()
}

const HOSTILE: &str = "<!channel> <https://evil.example|reset> *b* `c` [click](https://evil.example) &\u{1b}[2J\u{202e}";

#[test]
fn slack() {
    let found = sent("slack", &[alert(1)]);
    check(
        &found[0],
        json!({
            "/text": "HIGH: examplecorp-invoices read in turns by 5 sessions of one key",
            "/blocks/0/type": "header",
            "/blocks/1/fields/0/text": "When\n2026-10-14 11:11:16 to 15:50:21 UTC, 50 events",
            "/blocks/1/fields/2/text": "Tactics\nExfiltration, Credential Access",
            "/blocks/2/text/text": "Sessions of one key take turns.\nNext: keyline lineage AKIAIOSFODNN7EXAMPLE",
            "/blocks/3/elements/0/text": "al-0000000000000001, in-eeeeffffgggghhhh, cr-aaaabbbbccccdddd",
            "/unfurl_links": false
        }),
    );
}

#[test]
fn slack_takes_many_at_once_within_its_limits() {
    let long = "ä".repeat(5_000);
    let entity = json!({"type": "Account", "identifiers": {"FullName": long}});
    let other = json!({"title": long, "description": long, "rule_name": long, "entities": vec![entity; 9],
        "access_key_ids": vec![long.clone(); 9]});
    let alerts: Vec<Value> = (0..25).map(|n| with(n, other.clone())).collect();
    let found = sent("slack", &alerts);
    assert_eq!(found.len(), 3);
    for message in &found {
        let blocks = message["blocks"].as_array().unwrap();
        assert!(blocks.len() <= 50);
        let chars = |value: &Value| value["text"].as_str().unwrap().chars().count();
        for block in blocks {
            match block["type"].as_str().unwrap() {
                "header" => assert!(chars(&block["text"]) <= 150),
                "section" if block["text"].is_object() => assert!(chars(&block["text"]) <= 3000),
                "section" => {
                    let fields = block["fields"].as_array().unwrap();
                    assert!(fields.len() <= 10 && fields.iter().all(|field| chars(field) <= 2000));
                }
                _ => {}
            }
        }
    }
    assert!(found[0]["text"].as_str().unwrap().ends_with("… and 9 more"));
}

#[test]
fn no_text_of_an_attacker_is_markup() {
    let hostile = with(
        1,
        json!({"title": HOSTILE, "description": HOSTILE, "rule_name": HOSTILE,
        "access_key_ids": [HOSTILE], "entities": [{"type": "Account", "identifiers": {"Name": HOSTILE}}]}),
    );
    let slack = sent("slack", std::slice::from_ref(&hostile));
    let text = slack[0]["text"].as_str().unwrap();
    assert!(
        !text.contains(['<', '>']) && text.contains("&lt;!channel&gt;"),
        "{text}"
    );
    plain_texts(&slack[0]["blocks"]);
    let teams = sent("teams", &[hostile]);
    let body = &teams[0]["attachments"][0]["content"]["body"];
    for block in body.as_array().unwrap() {
        // Only there does Teams read no Markdown.
        assert_eq!(block["type"], "RichTextBlock");
    }
    for message in [&slack[0], &teams[0]] {
        assert!(!message.to_string().contains("\u{202e}"));
        assert!(!message.to_string().contains("\\u001b"));
    }
}

/// Every text in a message of Slack is of the type that has no markup.
fn plain_texts(value: &Value) {
    match value {
        Value::Object(map) => {
            if map.get("text").is_some_and(Value::is_string) {
                assert_eq!(map["type"], "plain_text", "{value}");
            }
            map.values().for_each(plain_texts);
        }
        Value::Array(items) => items.iter().for_each(plain_texts),
        _ => {}
    }
}

#[test]
fn teams() {
    let found = sent("teams", &[alert(1), alert(2)]);
    assert_eq!(found.len(), 2);
    check(
        &found[0],
        json!({
            "/type": "message",
            "/attachments/0/contentType": "application/vnd.microsoft.card.adaptive",
            "/attachments/0/content/type": "AdaptiveCard",
            "/attachments/0/content/body/0/inlines/0/text":
                "HIGH: examplecorp-invoices read in turns by 5 sessions of one key",
            "/attachments/0/content/body/0/inlines/0/color": "Attention",
            "/attachments/0/content/body/1/inlines/1/text": "2026-10-14 11:11:16 to 15:50:21 UTC, 50 events"
        }),
    );
    let long = "ä".repeat(50_000);
    let found = sent(
        "teams",
        &[with(
            3,
            json!({"title": long, "description": format!("{long}\n").repeat(9), "rule_name": long}),
        )],
    );
    assert!(found[0].to_string().len() < 28_000);
}
