//! An emulator of AWS: `moto_server` of PyPI, taken from `KEYLINE_MOTO`, from the path, or installed into the
//! build's folder for temporary files. Without Python and a package index the tests say what they leave out.
//! It listens on the loopback address only and ends with the test.

#![allow(
    dead_code,
    reason = "the tests of three crates share it, and none uses all of it"
)]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::Value;

use crate::python;

/// The account that moto says it is.
pub const ACCOUNT: &str = "123456789012";
const VERSION: &str = "moto[server]==5.2.5";

/// A running emulator.
pub struct Moto {
    process: Child,
    pub endpoint: String,
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A running emulator, or `None` with a word about it.
pub fn moto() -> Option<Moto> {
    // Installing it is for one test to do and for the others to wait for.
    static PROGRAM: OnceLock<Option<PathBuf>> = OnceLock::new();
    let Some(program) = PROGRAM.get_or_init(program) else {
        eprintln!("left out: moto_server is not there and cannot be installed");
        return None;
    };
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let process = Command::new(program)
        .args(["-H", "127.0.0.1", "-p", &port.to_string()])
        .env("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let moto = Moto {
        process,
        endpoint: format!("http://127.0.0.1:{port}"),
    };
    for _ in 0..600 {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return Some(moto);
        }
        std::thread::park_timeout(Duration::from_millis(100));
    }
    panic!("moto_server did not come up within a minute");
}

fn program() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("KEYLINE_MOTO") {
        return Some(PathBuf::from(named));
    }
    let help = |program: &Path| {
        let mut help = Command::new(program);
        help.arg("--help");
        help
    };
    let on_path = PathBuf::from("moto_server");
    if python::succeeds(&mut help(&on_path)) {
        return Some(on_path);
    }
    let programs = python::installed("moto", &[VERSION], |programs| {
        help(&programs.join("moto_server"))
    })?;
    Some(programs.join("moto_server"))
}

/// Whoever asks, where nobody in particular does.
const NOBODY: &str = "AKIAIOSFODNN7EXAMPLE";

impl Moto {
    /// Makes what the tests need, by the query protocol of IAM: the project has no call that creates.
    pub fn iam(&self, action: &str, params: &[(&str, &str)]) -> String {
        self.iam_as(NOBODY, action, params)
    }

    /// The same in the account that an access key belongs to.
    pub fn iam_as(&self, key: &str, action: &str, params: &[(&str, &str)]) -> String {
        let body = format!("Action={action}&Version=2010-05-08{}", form(params));
        self.send("POST", "/", (key, "iam"), FORM, &body)
    }

    /// An access key of another account.
    pub fn enter(&self, account: &str) -> String {
        let role = format!("arn:aws:iam::{account}:role/setup");
        let params = form(&[("RoleArn", &role), ("RoleSessionName", "setup")]);
        let body = format!("Action=AssumeRole&Version=2011-06-15{params}");
        let answer = self.send("POST", "/", (NOBODY, "sts"), FORM, &body);
        between(&answer, "<AccessKeyId>", "<").to_owned()
    }

    /// The same of another service that speaks so.
    pub fn query(
        &self,
        service: &str,
        version: &str,
        action: &str,
        params: &[(&str, &str)],
    ) -> String {
        let body = format!("Action={action}&Version={version}{}", form(params));
        self.send("POST", "/", (NOBODY, service), FORM, &body)
    }

    /// The same by the JSON protocol of other services; `target` as in `AWSOrganizationsV20161128.X`.
    pub fn json(&self, service: &str, target: &str, body: &Value) -> Value {
        let head = format!("X-Amz-Target: {target}\r\nContent-Type: application/x-amz-json-1.1");
        let answer = self.send("POST", "/", (NOBODY, service), &head, &body.to_string());
        let body = answer.split_once("\r\n\r\n").unwrap().1;
        match body.is_empty() {
            true => Value::Null,
            false => serde_json::from_str(body).unwrap(),
        }
    }

    /// The same by the path of a service that has paths.
    pub fn rest(&self, method: &str, path: &str, service: &str, body: &str) -> String {
        self.send(
            method,
            path,
            (NOBODY, service),
            "Content-Type: application/json",
            body,
        )
    }

    /// Puts an object, which is not always text.
    pub fn upload(&self, path: &str, bytes: &[u8]) {
        self.upload_with(path, "Content-Type: binary/octet-stream", bytes);
    }

    /// The same with a line of the head, such as the object's own metadata.
    pub fn upload_with(&self, path: &str, head: &str, bytes: &[u8]) {
        self.send_bytes("PUT", path, (NOBODY, "s3"), head, bytes);
    }

    fn send(&self, method: &str, path: &str, who: (&str, &str), head: &str, body: &str) -> String {
        self.send_bytes(method, path, who, head, body.as_bytes())
    }

    fn send_bytes(
        &self,
        method: &str,
        path: &str,
        who: (&str, &str),
        head: &str,
        body: &[u8],
    ) -> String {
        let address = self.endpoint.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        let scope = format!("{}/20260101/us-east-1/{}/aws4_request", who.0, who.1);
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0\r\n\
             {head}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        )
        .unwrap();
        stream.write_all(body).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let status = answer.split(' ').nth(1).unwrap_or_default();
        let body = String::from_utf8_lossy(body);
        assert!(status.starts_with('2'), "{path} {body}: {answer}");
        answer
    }
}

const FORM: &str = "Content-Type: application/x-www-form-urlencoded";

fn form(params: &[(&str, &str)]) -> String {
    let mut out = String::new();
    for (name, value) in params {
        let coded: String = value
            .bytes()
            .map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
                    char::from(byte).to_string()
                }
                byte => format!("%{byte:02X}"),
            })
            .collect();
        out.push_str(&format!("&{name}={coded}"));
    }
    out
}

pub fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    text.split_once(start).unwrap().1.split_once(end).unwrap().0
}
