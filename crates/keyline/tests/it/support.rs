//! Runs the binary in an empty folder of its own.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A folder that goes away, in which commands are run.
pub struct Folder(tempfile::TempDir);

pub struct Output {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Folder {
    pub fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file and gives its path.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    /// Runs `keyline` with the words of the line; words are not quoted, for that use `run`.
    #[track_caller]
    pub fn line(&self, line: &str) -> Output {
        self.run(&line.split_whitespace().collect::<Vec<_>>(), b"")
    }

    #[track_caller]
    pub fn run(&self, arguments: &[&str], input: &[u8]) -> Output {
        let mut child = Command::new(env!("CARGO_BIN_EXE_keyline"))
            .args(arguments)
            .current_dir(self.path())
            .env("XDG_CACHE_HOME", self.path().join("cache"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that does not read its input closes it early.
        let _ = child.stdin.take().unwrap().write_all(input);
        let output = child.wait_with_output().unwrap();
        Output {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Output {
    #[track_caller]
    pub fn expect(self, code: i32) -> Output {
        assert_eq!(
            self.code, code,
            "stdout:\n{}\nstderr:\n{}",
            self.stdout, self.stderr
        );
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        self
    }

    /// Every part stands in stderr.
    #[track_caller]
    pub fn says(self, parts: &[&str]) -> Output {
        for part in parts {
            assert!(
                self.stderr.contains(part),
                "no {part:?} in stderr:\n{}",
                self.stderr
            );
        }
        self
    }

    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }
}

/// A CloudTrail record as JSON, with made-up ids. `more` begins with a comma or is empty.
pub fn record(time: &str, source: &str, name: &str, more: &str) -> String {
    let hash = hash(&format!("{time}{source}{name}{more}"));
    format!(
        r#"{{"eventVersion":"1.11","eventTime":"{time}","eventID":"{hash:08x}-0000-4000-8000-000000000000","eventSource":"{source}","eventName":"{name}","awsRegion":"eu-west-1","sourceIPAddress":"203.0.113.7","userAgent":"aws-cli/2.15","recipientAccountId":"111122223333","eventType":"AwsApiCall","readOnly":true{more}}}"#
    )
}

pub fn records(records: &[String]) -> String {
    format!(r#"{{"Records":[{}]}}"#, records.join(","))
}

/// Three calls at noon, ten minutes apart.
pub fn three_events() -> String {
    records(&[
        record(
            "2024-05-01T12:00:00Z",
            "sts.amazonaws.com",
            "GetCallerIdentity",
            "",
        ),
        record(
            "2024-05-01T12:10:00Z",
            "s3.amazonaws.com",
            "ListBuckets",
            r#","errorCode":"AccessDenied""#,
        ),
        record("2024-05-01T12:20:00Z", "iam.amazonaws.com", "ListUsers", ""),
    ])
}

fn hash(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}
