//! `keyline hunt`, `keyline rules` and the demo, as an analyst runs them.

use crate::support::{Folder, Output, record, three_events};

const LOUD: &str = "id: 00000000-0000-4000-8000-000000000001
name: Any denied call
severity: Medium
kind: Scheduled
queryFrequency: 1h
queryPeriod: 1h
triggerOperator: gt
triggerThreshold: 0
tactics: [Discovery]
query: |
  AWSCloudTrail | where ErrorCode == 'AccessDenied'
entityMappings:
  - entityType: IP
    fieldMappings:
      - identifier: Address
        columnName: SourceIpAddress
";

fn hunted(more: &[&str]) -> Output {
    let folder = Folder::new();
    folder.write("log.json", three_events());
    folder.write("rules/loud.yaml", LOUD);
    let mut args = vec!["hunt", "log.json", "--rules", "rules", "--no-builtin-rules"];
    args.extend(more);
    folder.run(&args, b"")
}

#[test]
fn an_alert_has_the_fields_of_the_contract() {
    let document = hunted(&["-o", "json"]).expect(0).json();
    assert_eq!(document["schema"], "keyline.hunt/1");
    assert_eq!(document["coverage"]["events"], 3);
    assert_eq!(document["failed_rules"], serde_json::json!([]));
    let alerts = document["alerts"].as_array().unwrap();
    assert_eq!(alerts.len(), 1, "{document}");
    let alert = &alerts[0];
    assert_eq!(alert["schema"], "keyline.alert/1");
    assert_eq!(alert["severity"], "Medium");
    assert_eq!(
        alert["entities"][0]["identifiers"]["Address"],
        "203.0.113.7"
    );
    assert_eq!(alert["evidence"], "row");
    assert_eq!(alert["event_count"], 1);
    assert_eq!(alert["row"]["EventName"], "ListBuckets");
    // No key, so the incident is that of the rule, the account and the day.
    assert!(alert["root_credential"].is_null());
    let incident = &document["incidents"][0];
    assert_eq!(alert["incident_id"], incident["incident_id"]);
    assert_eq!(incident["alerts"], serde_json::json!([alert["alert_id"]]));
}

#[test]
fn findings_can_fail_a_pipeline() {
    hunted(&["--fail-on", "medium"]).expect(3);
    hunted(&["--fail-on", "high"]).expect(0);
}

#[test]
fn people_get_the_alert_a_summary_and_the_coverage() {
    let output = hunted(&[]).expect(0);
    for part in [
        "MEDIUM",
        "Any denied call",
        "IP 203.0.113.7",
        "1 alert: 1 medium",
        "3 events",
    ] {
        assert!(
            output.stdout.contains(part),
            "no {part:?} in\n{}",
            output.stdout
        );
    }
    assert!(
        output
            .stdout
            .lines()
            .all(|line| line.chars().count() <= 100),
        "{}",
        output.stdout
    );
    output.says(&["coverage: 1 file"]);
}

#[test]
fn a_rule_that_cannot_run_is_named_and_the_others_go_on() {
    let folder = Folder::new();
    folder.write("log.json", three_events());
    folder.write("rules/loud.yaml", LOUD);
    let blind = LOUD.replace("0001", "0002").replace(
        "AWSCloudTrail | where",
        "externaldata(x:string)['https://example.com/x.csv'] | join AWSCloudTrail on $left.x == $right.EventName | where",
    );
    folder.write("rules/blind.yaml", blind);
    let output = folder
        .line("hunt log.json --rules rules --no-builtin-rules -o json")
        .expect(1);
    let document = output.json();
    assert_eq!(document["alerts"].as_array().unwrap().len(), 1);
    assert_eq!(
        document["failed_rules"][0]["rule_id"],
        "00000000-0000-4000-8000-000000000002"
    );
    output.says(&["rule failed", "blind.yaml", "https://example.com/x.csv"]);
}

#[test]
fn rules_are_checked_with_their_place_in_the_yaml() {
    let folder = Folder::new();
    folder.write(
        "rules/wrong.yaml",
        LOUD.replace("ErrorCode ==", "ErorCode =="),
    );
    folder
        .line("rules check rules")
        .expect(1)
        .says(&["wrong.yaml:11:25", "ErorCode", "ErrorCode"]);
    folder.write("rules/wrong.yaml", LOUD);
    let output = folder.line("rules check rules").expect(0);
    assert!(
        output.stdout.contains("every 1h over 1h"),
        "{}",
        output.stdout
    );
    let listed = folder
        .line("rules list --rules rules -o json")
        .expect(0)
        .json();
    assert!(
        listed["rules"]
            .as_array()
            .unwrap()
            .iter()
            .all(|rule| rule["state"] == "ok"),
        "{listed}"
    );
}

#[test]
fn the_demo_finds_the_thief_and_what_still_works() {
    let output = Folder::new().line("demo").expect(0);
    for part in [
        "INCIDENT",
        "← backup key",
        "← works although its parent is off",
        "still work",
        "coverage",
    ] {
        let all = format!("{}{}", output.stdout, output.stderr);
        assert!(all.contains(part), "no {part:?} in\n{all}");
    }
}

#[test]
fn coverage_of_the_rules_that_keyline_brings_is_told_of_any_data() {
    let folder = Folder::new();
    folder.write("log.json", three_events());
    let document = folder
        .line("rules coverage --data log.json -o json")
        .expect(0)
        .json();
    let rules = document["rules"].as_array().unwrap();
    assert!(rules.len() > 40);
    assert!(rules.iter().all(|rule| rule["state"] != "cannot run"));
}

#[test]
fn coverage_says_what_the_data_cannot_show() {
    let folder = Folder::new();
    // A trail of writes alone, of one day.
    let record = |name: &str, source: &str, id: u32| {
        format!(
            r#"{{"eventVersion":"1.09","eventTime":"2026-03-02T10:00:00Z","eventSource":"{source}","eventName":"{name}","awsRegion":"us-east-1","eventID":"{id:08}-0000-4000-8000-000000000000","eventType":"AwsApiCall","readOnly":false,"managementEvent":true,"recipientAccountId":"111122223333","userIdentity":{{"type":"IAMUser","accountId":"111122223333","arn":"arn:aws:iam::111122223333:user/ci","userName":"ci","principalId":"AIDAEXAMPLECI","accessKeyId":"AKIAEXAMPLECIKEY0001"}}}}"#
        )
    };
    let lines = [
        record("CreateAccessKey", "iam.amazonaws.com", 1),
        record("GetSessionToken", "sts.amazonaws.com", 2),
    ];
    folder.write("log.json", lines.join("\n"));
    let rule = |name: &str, filter: &str, extra: &str| {
        format!(
            "id: 00000000-0000-4000-8000-0000000{name}\nname: rule {name}\nseverity: Low\n{extra}\
             tactics: [Persistence]\nrelevantTechniques: [T1098.001]\n\
             query: |\n  AWSCloudTrail\n  | where {filter}\n  | project TimeGenerated, UserIdentityArn, ErrorCode\n"
        )
    };
    let long = "queryFrequency: 1h\nqueryPeriod: 14d\n";
    for (name, filter, extra) in [
        ("00001", "EventName == 'AssumeRole'", ""),
        (
            "00002",
            "EventName in ('CreateAccessKey', 'CreateUser')",
            long,
        ),
        (
            "00003",
            "EventSource == 'signin.amazonaws.com' and EventName == 'ConsoleLogin'",
            "",
        ),
        (
            "00004",
            "EventName == 'GetObject' and EventSource == 's3.amazonaws.com'",
            "",
        ),
        ("00005", "EventName == 'DeleteTrail'", ""),
        // What it knows of habits it takes from any event; what it looks for is not there.
        (
            "00006",
            "EventName in ('GetObject', 'SelectObjectContent') and UserIdentityArn in \
             ((AWSCloudTrail | distinct UserIdentityArn))",
            "",
        ),
        // Reads without a name, alone and among what may be written.
        (
            "00007",
            "EventSource == 'iam.amazonaws.com' and ReadOnly == true",
            "",
        ),
        (
            "00008",
            "EventName in ('ListUsers') or (EventSource == 'organizations.amazonaws.com' and EventName \
             matches regex '^(Describe|List)') or (EventSource == 'account.amazonaws.com' and EventName \
             startswith 'Get')",
            "",
        ),
        ("00009", "EventName in ('ListUsers', 'CreateAccessKey')", ""),
        // Any of two services will do; what is looked up beside them does not count.
        (
            "00010",
            "EventSource == 'signin.amazonaws.com' or (EventSource == 'cloudformation.amazonaws.com' and \
             EventName == 'CreateStack')",
            "",
        ),
        (
            "00011",
            "UserIdentityType == 'IAMUser' | join kind=leftouter (AWSCloudTrail | where EventName == \
             'AssumeRoleWithSAML' | distinct UserIdentityArn) on UserIdentityArn",
            "",
        ),
        (
            "00012",
            "UserIdentityType == 'IAMUser' | join kind=inner (AWSCloudTrail | where EventName == \
             'AssumeRole' | distinct UserIdentityArn) on UserIdentityArn",
            "",
        ),
        // What a union passes through it does not ask for.
        (
            "00013",
            "EventName == 'CreateAccessKey' | union (AWSCloudTrail | where EventName == 'GetSessionToken')",
            "",
        ),
    ] {
        folder.write(&format!("rules/{name}.yaml"), rule(name, filter, extra));
    }
    let line = "rules coverage --no-builtin-rules --rules rules";
    let document = folder
        .line(&format!("{line} --data log.json -o json"))
        .expect(0)
        .json();
    let of = |name: &str| {
        let rules = document["rules"].as_array().unwrap();
        let rule = rules
            .iter()
            .find(|rule| rule["name"] == format!("rule {name}"));
        rule.unwrap().clone()
    };
    let why = |name: &str| {
        of(name)["places"][0]["why"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    assert_eq!(of("00001")["state"], "blind");
    assert!(why("00001").contains("read-only"), "{}", why("00001"));
    assert_eq!(of("00002")["state"], "supported");
    assert_eq!(of("00002")["has_history"], false);
    assert_eq!(of("00002")["places"][0]["events"], 1);
    assert_eq!(of("00003")["state"], "blind");
    assert!(why("00003").contains("one region"), "{}", why("00003"));
    assert!(why("00004").contains("data events"), "{}", why("00004"));
    assert_eq!(of("00005")["state"], "nothing to see");
    assert_eq!(of("00006")["state"], "blind");
    for (name, state) in [
        ("00007", "blind"),
        ("00008", "blind"),
        ("00009", "partly blind"),
        ("00010", "partly blind"),
        ("00011", "supported"),
        ("00012", "blind"),
        ("00013", "supported"),
    ] {
        assert_eq!(of(name)["state"], state, "{name}: {}", of(name)["places"]);
    }
    assert!(
        why("00007").contains("no read-only events"),
        "{}",
        why("00007")
    );
    assert!(why("00008").contains("Describe*"), "{}", why("00008"));
    assert_eq!(
        of("00013")["empty_columns"],
        serde_json::json!(["ErrorCode"])
    );
    // A hunt says so too of rules that look for nothing else.
    let hunt = folder.line("hunt log.json --no-builtin-rules --rules rules -o json");
    let hunt = hunt.expect(0).says(&["look for data events", "rule 00004"]);
    assert_eq!(
        hunt.json()["rules_without_data_events"],
        serde_json::json!(["rule 00004", "rule 00006"])
    );
    assert_eq!(
        of("00002")["columns"]["AWSCloudTrail"],
        serde_json::json!(["ErrorCode", "EventName", "TimeGenerated", "UserIdentityArn"])
    );
    assert_eq!(
        of("00002")["empty_columns"],
        serde_json::json!(["ErrorCode"])
    );
    // Of events that are not there nothing is known.
    assert_eq!(of("00005")["empty_columns"], serde_json::json!([]));
    assert_eq!(
        document["tactics"][0]["rules"].as_array().unwrap().len(),
        13
    );
    // For people, and without data.
    let shows = |line: &str, parts: &[&str]| {
        let output = folder.line(line).expect(0);
        for part in parts {
            assert!(
                output.stdout.contains(part),
                "no {part:?} in {}",
                output.stdout
            );
        }
    };
    let with_data = format!("{line} --data log.json");
    shows(&with_data, &["9 of 13 rules cannot see"]);
    shows(
        &format!("{with_data} -o csv"),
        &["no read-only events were recorded", "empty here: ErrorCode"],
    );
    shows(&format!("{line} -o csv"), &["T1098.001", "AssumeRole"]);
    shows("rules coverage -o csv", &["PrivilegeEscalation"]);
}

#[test]
fn the_allow_list_hides_nobody_who_is_elsewhere() {
    let folder = Folder::new();
    let call = |minute: u32, address: &str| {
        let user = r#","userIdentity":{"type":"IAMUser","accountId":"111122223333","arn":"arn:aws:iam::111122223333:user/ci","userName":"ci","principalId":"AIDAEXAMPLECI","accessKeyId":"AKIAEXAMPLECIKEY0001"}"#;
        let time = format!("2026-03-02T10:{minute:02}:00Z");
        record(&time, "iam.amazonaws.com", "ListUsers", user).replace("203.0.113.7", address)
    };
    // It shows one address and no IP entity; the others stand in a list, or in rows that are not shown.
    let rule = |id: u32, query: &str| {
        format!(
            "id: 00000000-0000-4000-8000-00000000000{id}\nname: rule {id}\nseverity: High\n\
             queryFrequency: 1h\nqueryPeriod: 1h\ntriggerOperator: gt\ntriggerThreshold: 0\n\
             query: AWSCloudTrail | {query}\nentityMappings:\n  - entityType: Account\n    fieldMappings:\n\
             \x20     - identifier: FullName\n        columnName: UserIdentityArn\n"
        )
    };
    for (id, query) in [
        (
            1,
            "summarize Addresses = make_set(SourceIpAddress) by UserIdentityArn | extend First = tostring(Addresses[0])",
        ),
        (2, "project TimeGenerated, UserIdentityArn, SourceIpAddress"),
        (3, "summarize Calls = count() by UserIdentityArn"),
    ] {
        folder.write(&format!("rules/{id}.yaml"), rule(id, query));
    }
    let entry = |more: &str| {
        format!(
            "[[allow]]\nprincipals = ['arn:aws:iam::*:user/c?']\nowner = 'o'\nreason = 'the office'\n\
             expires = 2026-12-31\n{more}\n"
        )
    };
    let office = "networks = ['192.0.2.0/24']";
    let raised = |addresses: &[&str], allow: &str| {
        let calls: Vec<String> = (0..).zip(addresses).map(|(at, ip)| call(at, ip)).collect();
        folder.write("log.json", calls.join("\n"));
        folder.write("keyline-allow.toml", allow);
        let output = folder
            .line("hunt log.json --rules rules --no-builtin-rules -o json")
            .expect(0);
        let names = |key: &str, name: &str| {
            let list = output.json()[key].as_array().unwrap().clone();
            let mut names: Vec<String> = list
                .iter()
                .map(|one| one[name].as_str().unwrap().to_owned())
                .collect();
            names.sort();
            names.join(", ")
        };
        (
            names("alerts", "rule_name"),
            output.json()["suppressed"].as_array().unwrap().len(),
            output.stderr,
        )
    };
    let (own, thief) = ("192.0.2.10", "203.0.113.66");
    for (addresses, allow, alerts, held) in [
        // Of the third rule no address is known.
        (&[own, own][..], entry(office), "rule 3", 2),
        (
            &[own, thief, thief],
            entry(office),
            "rule 1, rule 2, rule 3",
            0,
        ),
        (&[thief, own], entry(office), "rule 1, rule 2, rule 3", 0),
        (&[own, thief], entry(""), "", 3),
    ] {
        let (found, suppressed, said) = raised(addresses, &allow);
        assert_eq!(
            (found.as_str(), suppressed),
            (alerts, held),
            "{addresses:?} {allow}\n{said}"
        );
        assert!(!said.contains("no rule is called"), "{said}");
    }
    let (_, _, said) = raised(&[own], &entry("rules = ['rule 1', 'rule X']"));
    assert!(
        said.contains("no rule is called `rule X`: the office (o)"),
        "{said}"
    );
    assert!(!said.contains("called `rule 1`"), "{said}");
}

#[test]
fn a_rule_of_the_user_takes_the_place_of_the_built_in_one_with_its_id() {
    let folder = Folder::new();
    folder.write("log.json", three_events());
    let built_in =
        include_str!("../../../../rules/privilege-escalation/user-assumes-many-roles.yaml");
    let id = built_in
        .lines()
        .find_map(|line| line.strip_prefix("id: "))
        .unwrap();
    folder.write(
        "rules/tuned.yaml",
        LOUD.replace("00000000-0000-4000-8000-000000000001", id),
    );
    let said =
        "built-in rules replaced: IAM user assumes several roles quickly by rules/tuned.yaml";
    let replaced = serde_json::json!([{
        "rule_id": id, "name": "IAM user assumes several roles quickly", "file": "rules/tuned.yaml",
    }]);
    let names = |output: &Output, name: &str| -> Vec<String> {
        let rules = output.json()["rules"].as_array().unwrap().clone();
        let of = |rule: &serde_json::Value| rule[name].as_str().unwrap().to_owned();
        let mut names: Vec<String> = rules.iter().map(of).collect();
        names.retain(|name| name == "Any denied call" || name.starts_with("IAM user assumes"));
        names
    };
    let hunt = folder
        .line("hunt log.json --rules rules -o json")
        .expect(0)
        .says(&[said]);
    assert_eq!(names(&hunt, "rule_name"), ["Any denied call"]);
    assert_eq!(hunt.json()["replaced_rules"], replaced);
    let list = folder.line("rules list --rules rules -o json").expect(0);
    assert_eq!(names(&list, "name"), ["Any denied call"]);
    assert_eq!(list.json()["replaced"], replaced);
    folder
        .line("rules list --rules rules")
        .expect(0)
        .says(&[said]);
    folder.line("rules check rules").expect(0).says(&[said]);
    // Two of the user's own stay as they are.
    folder.write(
        "rules/copy.yaml",
        LOUD.replace("00000000-0000-4000-8000-000000000001", id),
    );
    let check = folder.line("rules check rules").expect(0);
    assert!(
        check.stderr.contains("is already that of"),
        "{}",
        check.stderr
    );
}

#[test]
fn a_hunt_says_that_rules_look_back_further_than_the_logs() {
    let line = "1 rule looks back up to 1h; these logs span 20m";
    let output = hunted(&["-o", "json"]).expect(0).says(&[line]);
    assert_eq!(
        output.json()["short_history"],
        serde_json::json!({"rules": 1, "longest_period_seconds": 3600, "span_seconds": 1200})
    );
}

#[test]
fn cases_that_prove_nothing_are_complained_of() {
    let folder = Folder::new();
    folder.write("rules/loud.yaml", LOUD);
    let case = "cases:\n  - name: denied\n    events: [{time: '10:00', who: {user: ci, key: AKIAEXAMPLECIKEY0001}, \
                from: 203.0.113.7, call: 's3:ListBuckets', error: AccessDenied}]\n    expect: 1\n  \
                - name: nothing at all\n    events: []\n    expect: nothing\n";
    folder.write("rules/loud.test.yaml", case);
    folder.line("rules test rules").expect(0);
    folder
        .line("rules test rules --strict")
        .expect(1)
        .says(&["there is no case in which the rule must keep quiet"]);
    folder
        .line("rules test rules --filter zzz")
        .expect(1)
        .says(&["no case, rule or file is called like `zzz`"]);
}
