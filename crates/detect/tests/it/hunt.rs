//! Hunts over small stories: the seed rule, and what holds for any rule.

use keyline_detect::hunt::HuntReport;
use keyline_detect::load::load;
use keyline_lake::write_parquet;
use serde_json::{Value, json};

use crate::shared::shared;
use crate::world::{Files, hunt_paths, hunt_records, open, record, rules, write};

const IP_RANGES: &str = "https://aka.ms/awspublicipaddresse/aws-public-ip-addresses/ip-ranges.json";
const TOR_NODES: &str = "https://firewalliplists.gypthecat.com/lists/kusto/kusto-tor-exit.csv.zip";
const ROLE_NAMES: &str = "https://raw.githubusercontent.com/RhinoSecurityLabs/pacu/master/pacu/\
    modules/iam__enum_roles/default-word-list.txt";
const THIEF: &str = "198.51.100.66";
const KEY: &str = "ASIAEXAMPLEEXAMPLE01";

/// An instance gets its role's credentials and uses them; then somebody at `address` does.
fn theft(address: &str) -> Vec<Value> {
    let session = json!({
        "type": "AssumedRole",
        "principalId": "AROAEXAMPLEEXAMPLE001:i-0example0example0",
        "arn": "arn:aws:sts::111122223333:assumed-role/web/i-0example0example0",
        "accountId": "111122223333",
        "accessKeyId": KEY,
    });
    let mut records = vec![record(
        "e-mint",
        "2024-05-01T10:02:00Z",
        "sts.amazonaws.com",
        "AssumeRole",
        json!({
            "sourceIPAddress": "ec2.amazonaws.com",
            "userAgent": "ec2.amazonaws.com",
            "userIdentity": {"type": "AWSService", "invokedBy": "ec2.amazonaws.com"},
            "requestParameters": {
                "roleArn": "arn:aws:iam::111122223333:role/web",
                "roleSessionName": "i-0example0example0",
            },
            "responseElements": {"credentials": {"accessKeyId": KEY}},
        }),
    )];
    let uses = [
        (
            "e-own",
            "2024-05-01T10:05:00Z",
            "203.0.113.10",
            "DescribeInstances",
        ),
        ("e-theft-1", "2024-05-01T11:10:00Z", address, "ListBuckets"),
        ("e-theft-2", "2024-05-01T11:40:00Z", address, "GetObject"),
    ];
    for (id, time, from, name) in uses {
        let extra = json!({
            "sourceIPAddress": from,
            "userAgent": "aws-cli/2.15",
            "userIdentity": session,
        });
        records.push(record(id, time, "s3.amazonaws.com", name, extra));
    }
    records
}

fn references() -> Files {
    let ranges = json!({"syncToken": "1", "prefixes": [
        {"ip_prefix": "203.0.113.0/24", "region": "eu-central-1", "service": "EC2"},
        {"ip_prefix": "192.0.2.0/24", "region": "eu-central-1", "service": "EC2"},
    ]});
    let tor_nodes = "TorIP\n198.51.100.200\n";
    let role_names = "admin\nbackup\n";
    Files(vec![
        (IP_RANGES.to_string(), ranges.to_string().into_bytes()),
        (TOR_NODES.to_string(), tor_nodes.as_bytes().to_vec()),
        (ROLE_NAMES.to_string(), role_names.as_bytes().to_vec()),
    ])
}

/// Everything that can differ between two runs.
fn alerts_text(report: &HuntReport) -> String {
    serde_json::to_string_pretty(&report.alerts).unwrap()
}

#[test]
fn the_seed_rule_finds_the_thief() {
    let Some(seed) = shared("seeds/suspicious-sts-token-ec2.yaml", "the seed rule") else {
        return;
    };
    let rules = load(&[seed]).rules;
    let report = hunt_records(&theft(THIEF), &rules, references());
    assert_eq!(report.failed_rules, []);
    assert_eq!(report.alerts.len(), 1, "{}", alerts_text(&report));
    let alert = &report.alerts[0];
    assert_eq!(
        serde_json::to_value(&alert.entities).unwrap(),
        json!([
            {"type": "Account", "identifiers": {"FullName": "i-0example0example0"}},
            {"type": "IP", "identifiers": {"Address": THIEF}},
        ])
    );
    assert_eq!(alert.row["SourceIpAddress"], THIEF);
    assert_eq!(alert.access_key_ids, [KEY]);
    assert!(
        alert.event_ids.iter().any(|id| id.starts_with("e-theft")),
        "{:?}",
        alert.event_ids
    );

    let mut reversed = theft(THIEF);
    reversed.reverse();
    let again = hunt_records(&reversed, &rules, references());
    assert_eq!(alerts_text(&again), alerts_text(&report));

    let inside = hunt_records(&theft("192.0.2.77"), &rules, references());
    assert_eq!(alerts_text(&inside), "[]");

    let without = hunt_records(&theft(THIEF), &rules, Files(Vec::new()));
    assert_eq!(without.failed_rules.len(), 1);
    assert!(
        without.failed_rules[0].why.contains(IP_RANGES),
        "{:?}",
        without.failed_rules
    );
    assert_eq!(without.alerts, []);
}

const RULES: &str = "
id: raw
name: Each event
queryFrequency: 1h
queryPeriod: 1h
entityMappings:
- {entityType: IP, fieldMappings: [{identifier: Address, columnName: SourceIpAddress}]}
query: AWSCloudTrail | where EventName == 'GetObject'
---
id: counted
name: Counted by address
query: |
  AWSCloudTrail
  | where TimeGenerated > ago(2h)
  | where EventSource == 's3.amazonaws.com'
  | summarize Count = count() by SourceIpAddress
entityMappings:
- {entityType: IP, fieldMappings: [{identifier: Address, columnName: SourceIpAddress}]}
---
id: once
name: Once
query: AWSCloudTrail | summarize Count = count()
---
id: quiet
name: Nothing in the last hour
queryFrequency: 1h
queryPeriod: 1h
triggerOperator: lt
triggerThreshold: 1
query: AWSCloudTrail
---
id: placeholders
name: New in the span
query: |
  AWSCloudTrail
  | where TimeGenerated between (todatetime('{{StartTimeISO}}') .. todatetime('{{EndTimeISO}}'))
  | where EventName == 'AssumeRole'
---
id: scalar
name: With a scalar of the table
query: |
  let All = toscalar(AWSCloudTrail | count);
  AWSCloudTrail | where EventName == 'ListBuckets' | extend All
---
id: other
name: Another table
query: AWSGuardDuty | take 1
---
id: wrong
name: Wrong
query: |
  AWSCloudTrail
  | where EventNam == 'x'
";

/// One line an alert: rule, times, evidence, count.
fn lines(report: &HuntReport) -> Vec<String> {
    let clock = |time: &str| time[11..16].to_string();
    let line = |alert: &keyline_detect::alert::Alert| {
        format!(
            "{} {}-{} @{} {:?} {}",
            alert.rule_id,
            clock(&alert.start_time),
            clock(&alert.end_time),
            clock(&alert.evaluated_at),
            alert.evidence,
            alert.event_ids.join(",")
        )
    };
    report.alerts.iter().map(line).collect()
}

#[test]
fn rules_of_every_kind_run_side_by_side() {
    let mut records = theft(THIEF);
    records.push(record(
        "e-late",
        "2024-05-01T15:30:00Z",
        "s3.amazonaws.com",
        "GetObject",
        json!({"sourceIPAddress": THIEF}),
    ));
    let rules = rules(RULES);
    let report = hunt_records(&records, &rules, Files(Vec::new()));
    assert_eq!(
        lines(&report),
        [
            "once 10:02-15:30 @15:30 None ",
            "placeholders 10:02-10:02 @15:30 Row e-mint",
            "counted 10:05-10:05 @12:00 Lookup e-own",
            "counted 11:10-11:40 @12:00 Lookup e-theft-1,e-theft-2",
            "scalar 11:10-11:10 @15:30 Row e-theft-1",
            "raw 11:40-11:40 @12:00 Row e-theft-2",
            "quiet 12:00-15:00 @13:00 None ",
            "counted 15:30-15:30 @16:00 Lookup e-late",
            "raw 15:30-15:30 @16:00 Row e-late",
        ]
    );
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &records);
    let alone = hunt_paths(&[folder.path().to_path_buf()], &rules, Files(Vec::new()), 1);
    assert_eq!(alerts_text(&alone), alerts_text(&report));
    let failed: Vec<String> = report
        .failed_rules
        .iter()
        .map(|f| format!("{:?}: {}", f.rule_id, f.why))
        .collect();
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert!(
        failed[0].starts_with("Some(\"wrong\"): 53:11: "),
        "{failed:?}"
    );
    let idle: Vec<&str> = report
        .rules_with_nothing_to_look_at
        .iter()
        .map(|idle| idle.rule_id.as_str())
        .collect();
    assert_eq!(idle, ["other"]);
}

#[test]
fn the_public_rules_run_over_the_real_records() {
    let left_out = "the public rules over the real records";
    let Some(corpus) = shared("corpus/sentinel", left_out) else {
        return;
    };
    let Some(data) = shared("data", left_out) else {
        return;
    };
    let rules: Vec<_> = load(&[corpus])
        .rules
        .into_iter()
        .filter(|rule| rule.file.contains("AmazonWebServices-"))
        .collect();
    let report = hunt_paths(std::slice::from_ref(&data), &rules, references(), 2);
    let failed: Vec<String> = report
        .failed_rules
        .iter()
        .map(|f| format!("{}: {}", f.file, f.why))
        .collect();
    assert_eq!(failed, [] as [String; 0]);
    // The files hold copies of events and events with the id of another: whichever way they are read, the
    // rules see the same.
    let folder = tempfile::tempdir().unwrap();
    let parquet = folder.path().join("events.parquet");
    write_parquet(&open(&[data]).0, &parquet).unwrap();
    let converted = hunt_paths(&[parquet], &rules, references(), 2);
    assert_eq!(alerts_text(&report), alerts_text(&converted));
    assert_ne!(report.alerts, []);
}

#[test]
fn an_event_that_conflicts_hides_nothing() {
    let rules = rules(
        "id: r\nname: r\nquery: |\n  AWSCloudTrail | where EventName == 'GetObject' | project TimeGenerated, AwsEventId\n",
    );
    let records = theft(THIEF);
    let alone = hunt_records(&records, &rules, Files(Vec::new()));
    assert_ne!(alone.alerts, []);
    // A line with the id of some other event.
    let mut forged = records[0].clone();
    forged["userAgent"] = json!("somebody else");
    let with = hunt_records(&[records, vec![forged]].concat(), &rules, Files(Vec::new()));
    assert_eq!(alerts_text(&with), alerts_text(&alone));
}

#[test]
fn rules_see_credentials_beside_the_events() {
    let rules = rules(
        "id: of-credential
name: Use of a credential that a service handed out
queryFrequency: 1h
queryPeriod: 12h
query: |
  CredentialEvents
  | where EventName == 'GetObject' and isnotempty(CredentialId)
  | project TimeGenerated, AwsEventId, AccessKeyId, SourceIpAddress
",
    );
    let report = hunt_records(&theft(THIEF), &rules, references());
    assert_eq!(report.failed_rules, []);
    assert_eq!(report.alerts.len(), 1, "{}", alerts_text(&report));
    assert_eq!(report.alerts[0].event_ids, ["e-theft-2"]);
    assert_eq!(report.alerts[0].row["AccessKeyId"], KEY);
}

#[test]
fn a_later_finding_does_not_lower_an_alert() {
    let call = |id: &str, time: &str, name: &str| {
        let who = json!({"userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/ci"}});
        record(id, time, "iam.amazonaws.com", name, who)
    };
    let rule = rules(
        "id: 00000000-0000-4000-8000-000000000009\nname: habits\nseverity: Medium\nkind: Scheduled\n\
         queryFrequency: 1h\nqueryPeriod: 14d\ntriggerOperator: gt\ntriggerThreshold: 0\n\
         query: |\n  AWSCloudTrail\n  | where TimeGenerated >= ago(1h)\n  \
         | extend Level = iff(EventName == 'CreateUser', 'High', 'Low')\n  \
         | project TimeGenerated, AwsEventId, UserIdentityArn, EventName, Level\n\
         entityMappings: [{entityType: Account, fieldMappings: [{identifier: FullName, columnName: UserIdentityArn}]}]\n\
         alertDetailsOverride: {alertDisplayNameFormat: '{{EventName}}', alertSeverityColumnName: Level}\n",
    );
    let events = [
        call("a", "2026-03-02T10:10:00Z", "TagUser"),
        call("b", "2026-03-02T12:10:00Z", "CreateUser"),
        // In one evaluation with the next, and after it.
        call("c", "2026-03-03T12:10:00Z", "CreateUser"),
        call("d", "2026-03-03T12:20:00Z", "TagUser"),
        call("e", "2026-03-05T12:10:00Z", "TagUser"),
    ];
    let report = hunt_records(&events, &rule, Files(Vec::new()));
    let [alert] = &report.alerts[..] else {
        panic!("{}", alerts_text(&report));
    };
    assert_eq!(alert.severity.name(), "High");
    assert_eq!(alert.title, "CreateUser");
    assert_eq!(alert.row["AwsEventId"], "c");
    assert_eq!(alert.evaluated_at, "2026-03-03T13:00:00Z");
    assert_eq!(alert.event_ids, ["a", "b", "c", "d", "e"]);
    assert_eq!(alert.end_time, "2026-03-05T12:10:00Z");
}
