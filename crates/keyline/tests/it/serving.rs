//! `keyline serve` over its socket: every address, the demo's story behind it, and who is turned away.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

/// A server over the demo's story, which ends with the test.
pub struct Server {
    child: Child,
    pub address: String,
    /// Where it keeps what it writes.
    _folder: tempfile::TempDir,
}

impl Server {
    pub fn start(arguments: &[&str]) -> Server {
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_keyline"))
            .args(arguments)
            .args(["--listen", "127.0.0.1:0", "--no-progress"])
            .env("KEYLINE_UI_DIR", "/nowhere")
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut said = BufReader::new(child.stderr.take().unwrap());
        said.read_line(&mut line).unwrap();
        let address = line
            .split("://")
            .nth(1)
            .and_then(|rest| rest.split('/').next());
        let address = address
            .unwrap_or_else(|| panic!("no address in {line:?}"))
            .to_owned();
        // Whatever else it says must not fill the pipe.
        std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
        Server {
            child,
            address,
            _folder: folder,
        }
    }

    /// The demo's story, read to its end.
    pub fn ready(arguments: &[&str]) -> Server {
        let server = Server::start(arguments);
        // The stream says each change; the last one is that it is ready.
        let mut stream = server.send("GET", "/api/stream", &[], "");
        let mut line = String::new();
        while !line.contains("\"phase\":\"ready\"") {
            line.clear();
            let read = stream.read_line(&mut line).unwrap();
            assert!(read > 0, "the stream ended before the server was ready");
            assert!(!line.contains("\"phase\":\"failed\""), "{line}");
        }
        server
    }

    fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> BufReader<TcpStream> {
        let mut socket = TcpStream::connect(&self.address).unwrap();
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nconnection: close\r\ncontent-length: {}\r\n",
            body.len()
        );
        if !headers.iter().any(|(name, _)| *name == "host") {
            head.push_str(&format!("host: {}\r\n", self.address));
        }
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        socket
            .write_all(format!("{head}\r\n{body}").as_bytes())
            .unwrap();
        BufReader::new(socket)
    }

    /// Status, head and body.
    pub fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> (u16, String, String) {
        let mut text = String::new();
        self.send(method, path, headers, body)
            .read_to_string(&mut text)
            .unwrap();
        let (head, body) = text
            .split_once("\r\n\r\n")
            .unwrap_or_else(|| panic!("{text:?}"));
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        let body = match head
            .to_ascii_lowercase()
            .contains("transfer-encoding: chunked")
        {
            true => unchunked(body),
            false => body.to_owned(),
        };
        (status.unwrap(), head.to_owned(), body)
    }

    #[track_caller]
    pub fn get(&self, path: &str) -> Value {
        let (status, _, body) = self.ask("GET", path, &[], "");
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).unwrap_or_else(|error| panic!("{path}: {error}: {body}"))
    }

    #[track_caller]
    pub fn post(&self, path: &str, question: &Value) -> (u16, String) {
        let headers = [("x-keyline", "1"), ("content-type", "application/json")];
        let (status, _, body) = self.ask("POST", path, &headers, &question.to_string());
        (status, body)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn unchunked(mut text: &str) -> String {
    let mut whole = String::new();
    while let Some((size, rest)) = text.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap();
        whole.push_str(&rest[..size]);
        text = rest[size..].trim_start_matches("\r\n");
    }
    whole
}

/// One server for all: making it ready takes most of the time.
#[test]
fn the_demo_is_served() {
    let server = Server::ready(&["demo", "--serve"]);
    the_demos_story_is_answered_from_incident_to_plan(&server);
    the_editor_is_answered_by_the_compiler(&server);
    who_does_not_belong_here_is_turned_away(&server);
}

fn the_demos_story_is_answered_from_incident_to_plan(server: &Server) {
    let health = server.get("/api/health");
    assert_eq!(
        (&health["phase"], &health["demo"]),
        (&json!("ready"), &json!(true))
    );
    assert_eq!(health["rules"]["failed"], 0);

    let incidents = server.get("/api/incidents");
    let incident = &incidents["incidents"][0];
    assert_eq!(incident["severity"], "High");
    let (tree, live) = (
        incident["tree_credentials"].as_u64(),
        incident["live_credentials"].as_u64(),
    );
    assert_eq!((tree, live), (Some(11), Some(6)));
    let id = incident["incident_id"].as_str().unwrap();
    let page = server.get(&format!("/api/incidents/{id}"));
    let credentials = page["credentials"].as_array().unwrap();
    let alive = credentials
        .iter()
        .filter(|one| one["works"] == true)
        .count();
    assert_eq!((credentials.len(), alive), (11, 6));
    assert_eq!(
        page["alerts"].as_array().map(Vec::len),
        incident["alerts"].as_u64().map(|n| n as usize)
    );

    // All of it as one page, which runs nothing and keeps nothing.
    let (status, head, case) =
        server.ask("GET", &format!("/api/incidents/{id}/case.html"), &[], "");
    assert_eq!(status, 200, "{case}");
    assert!(head.contains("sandbox; default-src 'none'"), "{head}");
    for part in ["<svg", "The incident", "Alerts by time"] {
        assert!(case.contains(part), "{part}");
    }
    let (status, text) = server.post(
        &format!("/api/incidents/{id}/note"),
        &json!({"text": "seen"}),
    );
    assert!(status == 409 && text.contains("--lake"), "{status} {text}");

    // A rule's own cases, run.
    let rules = server.get("/api/rules");
    let rule = &rules["rules"][0];
    let (status, tests) = server.post(
        &format!("/api/rules/{}/test", rule["rule_id"].as_str().unwrap()),
        &Value::Null,
    );
    let tests: Value = serde_json::from_str(&tests).unwrap();
    let run = tests["cases"].as_array().unwrap();
    assert_eq!(
        (status, Some(run.len() as u64)),
        (200, rule["cases"].as_u64())
    );
    assert!(run.iter().all(|case| case["passed"] == true), "{tests:#}");

    // The timeline: the root first, each row with its bars; a narrower span keeps the rows.
    let root = incident["root_name"].as_str().unwrap();
    let lanes = server.get(&format!("/api/lineage/{root}/lanes?px=900"));
    let rows = lanes["rows"].as_array().unwrap();
    assert_eq!((rows.len(), &rows[0]["key"]), (11, &json!(root)));
    assert!(
        rows.iter()
            .all(|row| !row["bars"].as_array().unwrap().is_empty())
    );
    let middle = (lanes["from"].as_f64().unwrap() + lanes["to"].as_f64().unwrap()) / 2.0;
    let zoomed = server.get(&format!(
        "/api/lineage/{root}/lanes?from={middle}&to={}",
        lanes["to"]
    ));
    assert_eq!(zoomed["rows"].as_array().unwrap().len(), 11);
    assert_eq!(
        (&zoomed["from"], &zoomed["natural_from"]),
        (&json!(middle), &lanes["natural_from"])
    );
    // As of the beginning nothing was switched off.
    let early = server.get(&format!(
        "/api/lineage/{root}/lanes?as_of={}",
        lanes["from"]
    ));
    assert_ne!(early["headline"], lanes["headline"]);

    // A credential, by id and by key; what the tree did is what its rows did.
    let one = server.get(&format!("/api/credentials/{root}"));
    let by_id = server.get(&format!(
        "/api/credentials/{}",
        one["row"]["id"].as_str().unwrap()
    ));
    assert_eq!(one["row"], by_id["row"]);
    assert_eq!(one["credential"]["access_key_ids"], json!([root]));
    let activity = server.get(&format!("/api/credentials/{root}/activity?below=1"));
    let calls: u64 = credentials
        .iter()
        .filter_map(|one| one["calls"].as_u64())
        .sum();
    assert_eq!(activity["calls"].as_u64(), Some(calls));
    let binned: f64 = activity["bins"]["calls"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_f64)
        .sum();
    assert_eq!(binned, calls as f64);
    let named: Vec<&Value> = credentials.iter().map(|one| &one["id"]).collect();
    let (status, same) = server.post("/api/activity", &json!({"credentials": named}));
    assert_eq!(status, 200, "{same}");
    assert_eq!(
        serde_json::from_str::<Value>(&same).unwrap()["calls"].as_u64(),
        Some(calls)
    );

    // The plan leaves nothing of the tree alive, and the page runs nothing.
    let (status, plan) = server.post("/api/contain/plan", &json!({"target": id}));
    let plan: Value = serde_json::from_str(&plan).unwrap();
    assert_eq!(
        (status, &plan["before"], &plan["after"]),
        (200, &json!(6), &json!(0))
    );
    let hash = plan["plan"]["hash"].as_str().unwrap();
    assert!(plan["command"].as_str().unwrap().ends_with(hash));

    for group in [
        "root",
        "mfa",
        "source-identity",
        "address",
        "session-name",
        "role",
        "kind",
    ] {
        let groups = server.get(&format!("/api/credentials?group={group}"));
        for group in groups["groups"].as_array().unwrap() {
            let listed = group["credentials"].as_array().unwrap().len() as u64;
            assert_eq!(
                group["total"].as_u64(),
                Some(listed + group["more"].as_u64().unwrap())
            );
        }
    }
    let rules = server.get("/api/rules");
    let rule = rules["rules"]
        .as_array()
        .unwrap()
        .iter()
        .find(|rule| rule["alerts"] != 0)
        .unwrap();
    let rule = server.get(&format!("/api/rules/{}", rule["rule_id"].as_str().unwrap()));
    assert_eq!(
        rule["row"]["alerts"].as_u64(),
        rule["alerts"].as_array().map(|all| all.len() as u64)
    );

    for (ending, begins) in [
        ("timeline.svg", "<?xml"),
        ("report.html", "<!doctype html>"),
        ("tree.txt", "AKIA"),
    ] {
        let (status, head, body) =
            server.ask("GET", &format!("/api/lineage/{root}/{ending}"), &[], "");
        assert_eq!(status, 200, "{ending}");
        assert!(
            body.to_lowercase().starts_with(&begins.to_lowercase()),
            "{ending}: {}",
            &body[..40]
        );
        assert!(head.contains("content-security-policy: sandbox"), "{head}");
    }
}

fn the_editor_is_answered_by_the_compiler(server: &Server) {
    let lines = |query: &str, limit: Option<usize>| {
        let (status, body) = server.post("/api/query", &json!({"query": query, "limit": limit}));
        assert_eq!(status, 200, "{body}");
        let lines: Vec<Value> = body
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        lines
    };
    let answer = lines("print x = 'a', y = long(1)", None);
    assert_eq!(
        answer[0],
        json!({"columns": [{"name": "x", "type": "string"}, {"name": "y", "type": "long"}]})
    );
    assert_eq!(answer[1], json!({"rows": [["a", 1]]}));
    assert_eq!(answer[2]["done"]["rows"], 1);
    let cut = lines("range x from 1 to 5000 step 1", Some(1200));
    let rows: usize = cut
        .iter()
        .filter_map(|line| line["rows"].as_array())
        .map(Vec::len)
        .sum();
    assert_eq!(
        (rows, &cut.last().unwrap()["done"]["truncated"]),
        (1200, &json!(true))
    );
    // Offsets count what JavaScript counts: the key takes two units.
    let wrong = lines("CloudTrail | where '🔑' == Nothing", None);
    assert_eq!(
        (
            &wrong[0]["errors"][0]["start"],
            &wrong[0]["errors"][0]["length"]
        ),
        (&json!(27), &json!(7))
    );

    let ask = |path: &str, question: Value| -> Value {
        let (status, body) = server.post(path, &question);
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).unwrap()
    };
    let checked = ask(
        "/api/kql/check",
        json!({"query": "CloudTrail | project Evntname"}),
    );
    assert_eq!(checked["diagnostics"][0]["severity"], "error");
    assert_eq!(checked["columns"], Value::Null);
    let checked = ask(
        "/api/kql/check",
        json!({"query": "CloudTrail | project EventName"}),
    );
    assert_eq!(
        checked["columns"],
        json!([{"name": "EventName", "type": "string"}])
    );
    let offered = ask(
        "/api/kql/complete",
        json!({"query": "CloudTrail | where Ev", "offset": 21}),
    );
    assert_eq!(offered["from"], 19);
    assert!(
        offered["items"]
            .as_array()
            .unwrap()
            .iter()
            .any(|item| item["label"] == "EventName")
    );
    let hover = ask(
        "/api/kql/hover",
        json!({"query": "CloudTrail | where EventName == ''", "offset": 22}),
    );
    assert_eq!(hover["text"], "EventName: string");
    let formatted = ask("/api/kql/format", json!({"query": "CloudTrail|count"}));
    assert_eq!(formatted["query"], "CloudTrail\n| count\n");
    let tables = server.get("/api/tables");
    let names: Vec<&Value> = tables
        .as_array()
        .unwrap()
        .iter()
        .map(|table| &table["name"])
        .collect();
    assert!(names.contains(&&json!("CredentialEvents")), "{names:?}");
}

fn who_does_not_belong_here_is_turned_away(server: &Server) {
    let own = ("x-keyline", "1");
    let json = ("content-type", "application/json");
    let question = r#"{"query": "print 1"}"#;
    for (method, path, headers, status) in [
        (
            "GET",
            "/api/health",
            &[("host", "keyline.evil.example")][..],
            421,
        ),
        ("POST", "/api/query", &[json], 403),
        (
            "POST",
            "/api/query",
            &[json, own, ("origin", "https://evil.example")],
            403,
        ),
        ("POST", "/api/query", &[json, own], 200),
        ("GET", "/api/nowhere", &[], 404),
        ("GET", "/api/credentials/AKIANOSUCHKEY", &[], 404),
        ("GET", "/api/lineage/..%2f..%2fetc%2fpasswd/lanes", &[], 404),
        ("GET", "/../../../etc/passwd.json", &[], 404),
        ("GET", "/assets/../../Cargo.toml", &[], 404),
        ("PUT", "/api/query", &[own], 405),
    ] {
        let body = if method == "POST" { question } else { "" };
        let (found, head, text) = server.ask(method, path, headers, body);
        assert_eq!(found, status, "{method} {path} {headers:?}: {text}");
        for header in [
            "content-security-policy: ",
            "x-content-type-options: nosniff",
            "x-frame-options: DENY",
        ] {
            assert!(head.contains(header), "{path}: no {header} in {head}");
        }
    }
    let long = format!("{{\"query\": \"{}\"}}", "x".repeat(2 << 20));
    assert_eq!(server.ask("POST", "/api/query", &[json, own], &long).0, 413);
    // Without the page that npm makes, it says so and answers all the same.
    let (status, _, text) = server.ask("GET", "/incidents", &[], "");
    assert!(
        status == 200 && text.contains("cargo xtask ui"),
        "{status}: {text}"
    );
}

#[test]
fn with_a_token_nothing_is_told_without_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let token = "0123456789abcdef0123456789abcdef";
    std::fs::write(&file, format!("{token}\n")).unwrap();
    let server = Server::start(&["demo", "--serve", "--token-file", file.to_str().unwrap()]);
    let bearer = format!("Bearer {token}");
    let cookie = format!("keyline_token={token}");
    for (path, headers, status) in [
        ("/api/health", &[][..], 401),
        ("/api/health", &[("authorization", "Bearer wrong")], 401),
        ("/api/health", &[("authorization", &*bearer)], 200),
        ("/api/health", &[("cookie", &*cookie)], 200),
        // A browser is shown where to sign in.
        ("/incidents", &[], 303),
        ("/sign-in", &[], 200),
        ("/sign-in?css", &[], 200),
    ] {
        assert_eq!(
            server.ask("GET", path, headers, "").0,
            status,
            "{path} {headers:?}"
        );
    }
    let (status, head, _) = server.ask("POST", "/sign-in", &[], &format!("token={token}"));
    assert!(
        status == 303 && head.contains("HttpOnly; SameSite=Strict"),
        "{status} {head}"
    );
    assert_eq!(server.ask("POST", "/sign-in", &[], "token=guess").0, 401);
    // Another site's page cannot have a browser work under a name of its choosing.
    for elsewhere in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
    ] {
        let (status, head, _) =
            server.ask("POST", "/sign-in", &[elsewhere], &format!("token={token}"));
        assert_eq!(status, 403, "{elsewhere:?}");
        assert!(!head.to_ascii_lowercase().contains("set-cookie"), "{head}");
    }
    let own = [("sec-fetch-site", "same-origin")];
    let (status, _, _) = server.ask("POST", "/sign-in", &own, &format!("token={token}"));
    assert_eq!(status, 303);
}
