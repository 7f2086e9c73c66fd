//! What a configuration may say, and what it is told when it says something else.

use keyline_sinks::{Sink, SinkConfig};
use serde_json::{Value, json};

#[track_caller]
fn check(configs: Value, expected: &str) {
    let found = serde_json::from_value::<Vec<SinkConfig>>(configs.clone())
        .map_err(|error| error.to_string())
        .and_then(|configs| Sink::all(&configs).map_err(|error| error.to_string()))
        .map(|sinks| {
            let destinations = sinks.iter().map(Sink::destination);
            destinations.collect::<Vec<_>>().join(" ")
        });
    let found = found.unwrap_or_else(|error| format!("error: {error}"));
    assert!(found.contains(expected), "{configs}\n{found}");
}

#[test]
fn what_would_do_nothing_is_refused() {
    check(
        json!([{"type": "jsonl", "path": "a.jsonl"}, {"type": "webhook", "url": "https://example.com/in?key=hidden"}]),
        "a.jsonl https://example.com",
    );
    check(
        json!([{"type": "jsonl", "pth": "a"}]),
        "unknown field `pth`",
    );
    check(
        json!([{"type": "jsonl"}]),
        "the sink `jsonl`: expected a `path`",
    );
    check(json!([{"type": "pager"}]), "unknown variant `pager`");
    check(
        json!([{"type": "jsonl", "path": "a", "severity": "critical"}]),
        "unknown variant `critical`",
    );
    check(
        json!([{"type": "jsonl", "path": "a", "secret_env": "S"}]),
        "`secret_env` says nothing about a sink of type `jsonl`, which may have `path`, `format`",
    );
    check(
        json!([{"type": "jsonl", "path": "a"}, {"type": "jsonl", "path": "b"}]),
        "the sink `jsonl`: two have this name",
    );
    check(
        json!([{"type": "jsonl", "path": "a", "name": "../a"}]),
        "expected a `name` of at most 64 characters",
    );
    check(
        json!([{"type": "webhook"}]),
        "expected one of `url`, `url_env` and `url_file`",
    );
    check(
        json!([{"type": "slack", "url": "https://hooks.slack.com/services/T0/B0/hidden"}]),
        "`url` says nothing about a sink of type `slack`, which may have `url_env`, `url_file`",
    );
    check(
        json!([{"type": "teams"}]),
        "expected one of `url_env` and `url_file`: the address is a secret",
    );
    for address in [
        "logs.example.com:514",
        "ftp://logs.example.com:514",
        "tcp://logs.example.com",
        "tcp://a b:1",
    ] {
        check(
            json!([{"type": "syslog", "address": address}]),
            "expected an `address` such as",
        );
    }
    check(
        json!([{"type": "syslog", "address": "udp://[2001:db8::1]:514"}]),
        "udp://[2001:db8::1]:514",
    );
    check(
        json!([{"type": "syslog", "address": "udp://a:514", "facility": "kern"}]),
        "expected a `facility` of user, daemon,",
    );
    check(
        json!([{"type": "syslog", "address": "tcp://a:514", "ca_file": "ca.pem"}]),
        "`ca_file` says nothing about an address without `tls`",
    );
    check(
        json!([{"type": "jsonl", "path": "a", "account": "111122223333"}]),
        "`account` and `region` say something with `format = \"asff\"` only",
    );
    check(
        json!([{"type": "jsonl", "path": "a", "format": "asff", "account": "12"}]),
        "expected an `account` of 12 digits",
    );
    check(
        json!([{"type": "webhook", "url": "example.com"}]),
        "error: the sink `webhook`: expected an address such as",
    );
}

#[test]
fn secrets_are_read_and_never_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    std::fs::write(&file, "short\n").unwrap();
    check(
        json!([{"type": "webhook", "url": "https://example.com", "secret_file": file}]),
        "the secret that signs has 5 bytes, expected at least 16",
    );
    std::fs::write(&file, "https://hooks.example.com/services/T0/B0/hidden\n").unwrap();
    check(
        json!([{"type": "webhook", "url_file": file}]),
        "https://hooks.example.com",
    );
    std::fs::write(&file, "\n").unwrap();
    check(
        json!([{"type": "webhook", "url_file": file}]),
        "the secret of `url` is empty",
    );
    std::fs::write(&file, "two\nlines of a secret").unwrap();
    check(
        json!([{"type": "webhook", "url": "https://example.com", "authorization_file": file}]),
        "expected one line",
    );
    check(
        json!([{"type": "webhook", "url_env": "KEYLINE_NOT_SET"}]),
        "the environment variable `KEYLINE_NOT_SET`, which `url_env` names, is not set",
    );
}
