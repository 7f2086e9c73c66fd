//! What a syslog receiver gets over UDP, TCP and TLS, and what becomes of one that is not there.

use std::io::{BufReader, Read};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use keyline_sinks::Until;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};

use crate::alerts::{alert, deliver, open, with};

/// The parts of a message: `<PRI>1 TIME MACHINE keyline - alert -` without the machine, and its JSON.
fn parts(message: &str) -> (String, Value) {
    assert!(
        message.is_ascii() && !message.contains(|c: char| c.is_control()),
        "{message:?}"
    );
    let words: Vec<&str> = message.splitn(8, ' ').collect();
    let head = [words[0], words[1], words[3], words[4], words[5], words[6]].join(" ");
    (head, serde_json::from_str(words[7]).unwrap())
}

/// The messages of a stream with octet counting.
fn unframed(mut text: &str) -> Vec<String> {
    let mut messages = Vec::new();
    while let Some((length, rest)) = text.split_once(' ') {
        let (message, after) = rest.split_at(length.parse().unwrap());
        messages.push(message.to_owned());
        text = after;
    }
    messages
}

fn hostile() -> Value {
    with(
        2,
        json!({"severity": "Low", "title": "a\n<34>1 forged\u{1b}[2J ü 😀"}),
    )
}

#[track_caller]
fn check(messages: &[String]) {
    assert_eq!(messages.len(), 2);
    let (head, json) = parts(&messages[0]);
    assert_eq!(head, "<130>1 2026-10-14T16:00:00Z keyline - alert -");
    assert_eq!(json, alert(1));
    let (head, json) = parts(&messages[1]);
    assert_eq!(head, "<133>1 2026-10-14T16:00:00Z keyline - alert -");
    assert_eq!(json, hostile());
}

/// Sends two alerts to an address.
fn send(folder: &Path, config: &Value) -> keyline_sinks::SinkState {
    let outbox = open(&folder.join("outbox"), std::slice::from_ref(config));
    outbox.put(&[alert(1), hostile()]).unwrap();
    deliver(&outbox);
    outbox.state_of_sinks().remove(0)
}

#[test]
fn udp() {
    let folder = tempfile::tempdir().unwrap();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = format!("udp://{}", socket.local_addr().unwrap());
    send(
        folder.path(),
        &json!({"type": "syslog", "address": address}),
    );
    let mut buffer = [0; 65_536];
    let mut messages = Vec::new();
    for _ in 0..2 {
        let length = socket.recv(&mut buffer).unwrap();
        messages.push(String::from_utf8(buffer[..length].to_vec()).unwrap());
    }
    check(&messages);
}

/// Accepts connections and hands on what each one sent.
fn listen(
    read: impl Fn(TcpStream) -> Option<String> + Send + 'static,
) -> (u16, mpsc::Receiver<Option<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (came, messages) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let _ = came.send(read(stream.unwrap()));
        }
    });
    (port, messages)
}

#[test]
fn tcp() {
    let folder = tempfile::tempdir().unwrap();
    let (port, came) = listen(|stream| {
        let mut text = String::new();
        BufReader::new(stream).read_to_string(&mut text).unwrap();
        Some(text)
    });
    let config = json!({"type": "syslog", "address": format!("tcp://127.0.0.1:{port}")});
    let state = send(folder.path(), &config);
    check(&unframed(&came.recv().unwrap().unwrap()));
    assert_eq!((state.delivered, state.last_error), (2, None));
}

#[test]
fn whoever_is_not_there_gets_it_later() {
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let configs = [json!({"type": "syslog", "address": format!("tcp://{address}")})];
    let at = folder.path().join("outbox");
    let outbox = open(&at, &configs);
    outbox.put(&[alert(1)]).unwrap();
    outbox.deliver(Until::Empty(Duration::ZERO));
    let state = &outbox.state_of_sinks()[0];
    assert_eq!(state.waiting, 1);
    let why = state.last_error.as_deref().unwrap();
    assert!(
        why.starts_with(&format!("tcp://{address}: connection refused")),
        "{why}"
    );
}

#[test]
fn an_alert_that_is_long_goes_in_short() {
    let folder = tempfile::tempdir().unwrap();
    let (port, came) = listen(|stream| {
        let mut text = String::new();
        BufReader::new(stream).read_to_string(&mut text).unwrap();
        Some(text)
    });
    let config = json!({"type": "syslog", "facility": "audit", "address": format!("tcp://127.0.0.1:{port}")});
    let outbox = open(&folder.path().join("outbox"), &[config]);
    let long = "😀".repeat(20_000);
    let entity = json!({"type": "Account", "identifiers": {"FullName": long}});
    outbox
        .put(&[with(
            1,
            json!({"row": {"UserAgent": long}, "title": long, "rule_name": long,
            "access_key_ids": vec![long.clone(); 90], "entities": vec![entity; 90]}),
        )])
        .unwrap();
    deliver(&outbox);
    let messages = unframed(&came.recv().unwrap().unwrap());
    assert!(messages[0].len() < 12_000, "{}", messages[0].len());
    let (head, json) = parts(&messages[0]);
    assert!(head.starts_with("<106>1 "), "{head}");
    assert_eq!(json["alert_id"], "al-0000000000000001");
    assert!(json.get("row").is_none());
}

/// A receiver with a certificate of its own authority: its port, the authority's PEM, what came.
fn tls_receiver(name: &str) -> (u16, String, mpsc::Receiver<Option<String>>) {
    let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    let (port, came) = listen(move |stream| {
        let connection = ServerConnection::new(config.clone()).unwrap();
        let mut text = String::new();
        let mut stream = StreamOwned::new(connection, stream);
        stream.read_to_string(&mut text).ok()?;
        Some(text)
    });
    (port, made.cert.pem(), came)
}

#[test]
fn tls() {
    let folder = tempfile::tempdir().unwrap();
    let (port, authority, came) = tls_receiver("localhost");
    let ca_file = folder.path().join("ca.pem");
    std::fs::write(&ca_file, authority).unwrap();
    let config =
        json!({"type": "syslog", "address": format!("tls://localhost:{port}"), "ca_file": ca_file});
    let state = send(folder.path(), &config);
    let text = came.iter().flatten().next().unwrap();
    check(&unframed(&text));
    assert_eq!((state.delivered, state.last_error), (2, None));
}

#[test]
fn a_receiver_that_cannot_prove_itself_gets_nothing() {
    let folder = tempfile::tempdir().unwrap();
    // Of no known authority; of another name.
    let (port, _, came) = tls_receiver("localhost");
    let (other_port, other_authority, other_came) = tls_receiver("logs.example.com");
    let ca_file = folder.path().join("ca.pem");
    std::fs::write(&ca_file, other_authority).unwrap();
    let configs = [
        json!({"name": "unknown", "type": "syslog", "address": format!("tls://localhost:{port}")}),
        json!({"name": "other", "type": "syslog", "address": format!("tls://localhost:{other_port}"), "ca_file": ca_file}),
    ];
    let outbox = open(&folder.path().join("outbox"), &configs);
    outbox.put(&[alert(1)]).unwrap();
    outbox.deliver(Until::Empty(Duration::ZERO));
    for state in outbox.state_of_sinks() {
        assert_eq!(state.waiting, 1);
        let why = state.last_error.unwrap();
        assert!(why.contains("invalid peer certificate"), "{why}");
    }
    assert!(
        came.try_iter()
            .chain(other_came.try_iter())
            .flatten()
            .next()
            .is_none()
    );
}
