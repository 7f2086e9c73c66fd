//! `keyline query` over logs: inputs, formats, time.

use crate::support::{Folder, record, three_events};

const BY_NAME: &str =
    "AWSCloudTrail | project TimeGenerated, EventName, ErrorCode | sort by TimeGenerated asc";

#[test]
fn every_format_has_its_form() {
    let folder = Folder::new();
    folder.write("log.json", three_events());
    let ask = |format: &str| {
        folder
            .run(&["query", BY_NAME, "-o", format, "--data", "log.json"], b"")
            .expect(0)
    };
    assert_eq!(
        ask("csv").stdout,
        "TimeGenerated,EventName,ErrorCode\n\
         2024-05-01T12:00:00Z,GetCallerIdentity,\n\
         2024-05-01T12:10:00Z,ListBuckets,AccessDenied\n\
         2024-05-01T12:20:00Z,ListUsers,\n"
    );
    let json = ask("json").json();
    assert_eq!(
        json["columns"][0],
        serde_json::json!({"name": "TimeGenerated", "type": "datetime"})
    );
    assert_eq!(
        json["rows"][1],
        serde_json::json!(["2024-05-01T12:10:00Z", "ListBuckets", "AccessDenied"])
    );
    let first = ask("jsonl")
        .stdout
        .lines()
        .next()
        .map(str::to_owned)
        .unwrap();
    assert_eq!(
        first,
        r#"{"TimeGenerated":"2024-05-01T12:00:00Z","EventName":"GetCallerIdentity","ErrorCode":""}"#
    );
    ask("table").says(&[
        "coverage: 1 file",
        "3 events",
        "2024-05-01T12:00:00Z to 2024-05-01T12:20:00Z",
    ]);
}

#[test]
fn every_result_of_a_text_is_printed() {
    let folder = Folder::new();
    folder.write("log.json", three_events());
    let text = "let n = 1; AWSCloudTrail | count; print a = n; print b = n + 1";
    let ask = |format: &str| {
        let args = ["query", text, "-o", format, "--data", "log.json"];
        folder.run(&args, b"").expect(0)
    };
    assert_eq!(ask("csv").stdout, "Count\n3\n\na\n1\n\nb\n2\n");
    let results = ask("json").json()["results"].clone();
    let rows = |at: usize| results[at]["rows"].clone();
    assert_eq!(
        [rows(0), rows(1), rows(2)],
        [3, 1, 2].map(|n| serde_json::json!([[n]]))
    );
    assert_eq!(results[2]["columns"][0]["name"], "b");
}

#[test]
fn a_slip_is_told_before_anything_is_read() {
    let folder = Folder::new();
    folder.write("log.json", "this is no log");
    let args = [
        "query",
        "AWSCloudTrail | where EventNam == 'x'",
        "--data",
        "log.json",
    ];
    let output = folder.run(&args, b"").expect(1);
    let output = output.says(&["unknown column `EventNam`", "did you mean `EventName`?"]);
    assert!(!output.stderr.contains("coverage"), "{}", output.stderr);
}

/// Whose schedule cannot be read, and whose severity Sentinel does not have.
const ODD_RULE: &str = "id: 5f3a1c52-0000-4000-8000-000000000001\nname: odd\nkind: Scheduled\n\
    severity: Critical\nqueryFrequency: FREQUENCY\nqueryPeriod: 1h\ntriggerOperator: gt\n\
    triggerThreshold: 0\nquery: |\n  AWSCloudTrail\n  | where EventNam == 'x' | take 1\n";

#[test]
fn what_is_wrong_around_a_query_hides_nothing_in_it() {
    let folder = Folder::new();
    folder.write("rule.yaml", ODD_RULE.replace("FREQUENCY", "often"));
    for command in [["rules", "check"], ["kql", "check"]] {
        let output = folder
            .run(&[command[0], command[1], "rule.yaml"], b"")
            .expect(1);
        output.says(&["`queryFrequency` is `often`", "unknown column `EventNam`"]);
    }
    let output = folder
        .run(&["rules", "check", "rule.yaml", "-o", "json"], b"")
        .expect(1);
    let problems = output.json()["problems"].clone();
    let messages = problems.as_array().unwrap().iter();
    let messages: Vec<&str> = messages.map(|p| p["message"].as_str().unwrap()).collect();
    assert!(
        messages.iter().any(|m| m.contains("unknown column")),
        "{messages:?}"
    );
    folder.write(
        "rule.yaml",
        ODD_RULE
            .replace("FREQUENCY", "1h")
            .replace("EventNam ", "EventName "),
    );
    let output = folder.run(&["rules", "check", "rule.yaml"], b"").expect(0);
    output.says(&["`Critical` is no severity of Sentinel's: `High` is used"]);
}

#[test]
fn rules_are_planned_and_formatted() {
    let folder = Folder::new();
    let rule = ODD_RULE
        .replace("FREQUENCY", "1h")
        .replace("EventNam ", "EventName ");
    folder.write("rule.yaml", rule);
    let plan = folder.run(&["kql", "plan", "rule.yaml"], b"").expect(0);
    assert!(
        plan.stdout.contains("TableScan: AWSCloudTrail"),
        "{}",
        plan.stdout
    );
    let text = folder
        .run(&["kql", "format", "rule.yaml"], b"")
        .expect(0)
        .stdout;
    assert_eq!(text, "AWSCloudTrail\n| where EventName == 'x'\n| take 1\n");
    let output = folder
        .run(&["kql", "format", "--check", "rule.yaml"], b"")
        .expect(1);
    output.says(&["not formatted"]);
    let output = folder
        .run(&["kql", "format", "--write", "rule.yaml"], b"")
        .expect(1);
    output.says(&["only KQL text is rewritten"]);
}

#[test]
fn standard_input_is_a_log_too() {
    let folder = Folder::new();
    let args = ["query", "CloudTrail | count", "-o", "csv", "--data", "-"];
    let output = folder.run(&args, three_events().as_bytes()).expect(0);
    assert_eq!(output.stdout, "Count\n3\n");
}

#[test]
fn now_is_the_last_event_unless_said_otherwise() {
    let folder = Folder::new();
    folder.write("log.json", three_events());
    let recent = |more: &[&str]| {
        let query = "CloudTrail | where TimeGenerated >= ago(15m) | summarize N = count(), Now = max(now())";
        let mut args = vec!["query", query, "-o", "csv", "--data", "log.json"];
        args.extend(more);
        folder.run(&args, b"").expect(0).stdout
    };
    assert_eq!(recent(&[]), "N,Now\n2,2024-05-01T12:20:00Z\n");
    assert_eq!(
        recent(&["--as-of", "2024-05-01T12:30:00Z"]),
        "N,Now\n1,2024-05-01T12:30:00Z\n"
    );
}

#[test]
fn since_and_until_bound_the_events() {
    let folder = Folder::new();
    folder.write("log.json", three_events());
    let args = [
        "query",
        "CloudTrail | project EventName",
        "-o",
        "csv",
        "--data",
        "log.json",
    ];
    let bounded = [
        &args[..],
        &[
            "--since",
            "2024-05-01T12:05:00Z",
            "--until",
            "2024-05-01T12:15:00Z",
        ],
    ]
    .concat();
    assert_eq!(
        folder.run(&bounded, b"").expect(0).stdout,
        "EventName\nListBuckets\n"
    );
}

#[test]
fn a_batch_answers_in_order_whatever_is_wrong() {
    let folder = Folder::new();
    folder.write("log.json", three_events());
    let batch = concat!(
        "{\"id\": 1, \"query\": \"CloudTrail | count\"}\n",
        "{\"id\": \"two\", \"query\": \"NoSuchTable | count\"}\n",
        "{\"id\": 3, \"query\": \"print x = dynamic([1, null]), t = 90m, r = 1.0 / 0\"}\n",
        "{\"id\": 4, \"query\": \"let n = 1; print a = n; print b = n + 1, c = 0\"}\n",
    );
    let output = folder
        .run(
            &["query", "--batch", "-", "--data", "log.json"],
            batch.as_bytes(),
        )
        .expect(0);
    let answers: Vec<serde_json::Value> = output
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(answers[0]["rows"], serde_json::json!([[3]]));
    assert_eq!(answers[1]["id"], "two");
    assert!(
        answers[1]["errors"][0]["message"]
            .as_str()
            .unwrap()
            .contains("NoSuchTable")
    );
    assert_eq!(
        answers[2]["rows"],
        serde_json::json!([[[1, null], "01:30:00", "Infinity"]])
    );
    assert_eq!(answers[2].get("results"), None);
    // Of several results the last one, and all of them beside it.
    assert_eq!(answers[3]["rows"], serde_json::json!([[2, 0]]));
    assert_eq!(answers[3]["results"][0]["rows"], serde_json::json!([[1]]));
    assert_eq!(answers[3]["results"][1]["rows"], answers[3]["rows"]);
}

#[test]
fn a_watchlist_is_a_csv_file() {
    let folder = Folder::new();
    folder.write("vips.csv", "Name,Team\nalice,payments\n");
    let query = "_GetWatchlist('vips') | project SearchKey, Team";
    let output = folder
        .run(
            &["query", query, "--watchlist", "vips=vips.csv", "-o", "csv"],
            b"",
        )
        .expect(0);
    assert_eq!(output.stdout, "SearchKey,Team\nalice,payments\n");
}

#[test]
fn session_tokens_are_hashed_unless_kept() {
    let folder = Folder::new();
    let token = "FwoGZXIvYXdzEXAMPLETOKEN";
    let more = format!(
        r#","responseElements":{{"credentials":{{"accessKeyId":"ASIAEXAMPLE000000001","sessionToken":"{token}"}}}}"#
    );
    folder.write(
        "log.jsonl",
        record(
            "2024-05-01T12:00:00Z",
            "sts.amazonaws.com",
            "AssumeRole",
            &more,
        ),
    );
    let ask = |more: &[&str]| {
        let mut args = vec![
            "query",
            "CloudTrail | project ResponseElements, RawRecord",
            "--raw",
            "-o",
            "jsonl",
            "--data",
            "log.jsonl",
        ];
        args.extend(more);
        folder.run(&args, b"").expect(0).stdout
    };
    assert!(!ask(&[]).contains(token), "{}", ask(&[]));
    assert!(ask(&[]).contains("ASIAEXAMPLE000000001"));
    assert!(ask(&["--keep-session-tokens"]).contains(token));
}

#[test]
fn parquet_that_keyline_wrote_answers_like_the_logs() {
    let folder = Folder::new();
    folder.write("log.json", three_events());
    folder.line("convert log.json --out parquet").expect(0);
    let ask = |data: &str| {
        folder
            .run(&["query", BY_NAME, "-o", "csv", "--data", data], b"")
            .expect(0)
            .stdout
    };
    assert_eq!(ask("parquet"), ask("log.json"));
}
