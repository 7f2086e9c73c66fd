//! CloudTrail's digests: a chain that holds, and every way in which one does not.
//!
//! The digests are written here, as CloudTrail's documentation says, and signed with a key that was made for this test.

use std::path::{Path, PathBuf};

use data_encoding::{BASE64, HEXLOWER};
use keyline_source::{Folders, PublicKeys, Wanted, verify_digests};
use ring::rand::SystemRandom;
use ring::signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const ACCOUNT: &str = "111122223333";
const REGION: &str = "us-east-1";

pub struct Signer(RsaKeyPair);

impl Signer {
    pub fn new() -> Signer {
        let key = BASE64.decode(KEY.as_bytes()).unwrap();
        Signer(RsaKeyPair::from_pkcs8(&key).unwrap())
    }

    /// As `aws cloudtrail list-public-keys` gives it.
    pub fn public(&self) -> PublicKeys {
        let value = BASE64.encode(self.0.public_key().as_ref());
        let list = json!({"PublicKeyList": [{"Fingerprint": "f1", "Value": value}]});
        PublicKeys::parse(&list.to_string()).unwrap()
    }

    fn sign(&self, text: &str) -> String {
        let mut signature = vec![0; self.0.public().modulus_len()];
        self.0
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                text.as_bytes(),
                &mut signature,
            )
            .unwrap();
        HEXLOWER.encode(&signature)
    }
}

fn hash(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}

fn log_key(hour: u32) -> String {
    format!(
        "AWSLogs/{ACCOUNT}/CloudTrail/{REGION}/2026/03/01/{ACCOUNT}_CloudTrail_{REGION}_20260301T{hour:02}05Z_0000000000000000.json"
    )
}

fn digest_key(hour: u32) -> String {
    format!(
        "AWSLogs/{ACCOUNT}/CloudTrail-Digest/{REGION}/2026/03/01/{ACCOUNT}_CloudTrail-Digest_{REGION}_all_{REGION}_20260301T{hour:02}0000Z.json"
    )
}

/// The files of a trail with a digest for each of some hours, by key, and the digests' signatures.
pub fn trail(signer: &Signer, hours: u32) -> Vec<(String, Vec<u8>, Option<String>)> {
    let mut files = Vec::new();
    let mut before: Option<(String, Vec<u8>, String)> = None;
    for hour in 0..hours {
        let log = format!("{{\"Records\":[],\"hour\":{hour}}}").into_bytes();
        let (start, end) = (hour, hour + 1);
        let end_time = format!("2026-03-01T{end:02}:00:00Z");
        let mut digest = json!({
            "awsAccountId": ACCOUNT,
            "digestStartTime": format!("2026-03-01T{start:02}:00:00Z"),
            "digestEndTime": end_time,
            "digestS3Bucket": "trail-logs",
            "digestS3Object": digest_key(end),
            "digestPublicKeyFingerprint": "f1",
            "digestSignatureAlgorithm": "SHA256withRSA",
            "previousDigestS3Bucket": Value::Null,
            "previousDigestS3Object": Value::Null,
            "previousDigestHashValue": Value::Null,
            "previousDigestHashAlgorithm": "SHA-256",
            "previousDigestSignature": Value::Null,
            "logFiles": [{"s3Bucket": "trail-logs", "s3Object": log_key(hour), "hashValue": hash(&log), "hashAlgorithm": "SHA-256"}],
        });
        let mut signed_before = "null".to_owned();
        if let Some((key, bytes, signature)) = &before {
            digest["previousDigestS3Bucket"] = json!("trail-logs");
            digest["previousDigestS3Object"] = json!(key);
            digest["previousDigestHashValue"] = json!(hash(bytes));
            digest["previousDigestSignature"] = json!(signature);
            signed_before = signature.clone();
        }
        let bytes = digest.to_string().into_bytes();
        let signed = format!(
            "{end_time}\ntrail-logs/{}\n{}\n{signed_before}",
            digest_key(end),
            hash(&bytes)
        );
        let signature = signer.sign(&signed);
        files.push((log_key(hour), log, None));
        files.push((digest_key(end), bytes.clone(), Some(signature.clone())));
        before = Some((digest_key(end), bytes, signature));
    }
    files
}

/// What is found in a trail of six hours after something was done to it.
#[track_caller]
fn check(done: impl Fn(&Path), expected: &[&str]) {
    let signer = Signer::new();
    let folder = tempfile::tempdir().unwrap();
    for (key, bytes, _) in trail(&signer, 6) {
        let path = folder.path().join(key);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    done(folder.path());
    let vault = Folders(vec![folder.path().to_owned()]);
    let mut keys = |_: &str| signer.public();
    let checked = verify_digests(&vault, &Wanted::default(), &mut keys).unwrap();
    let mut found: Vec<String> = checked
        .findings
        .iter()
        .map(|finding| {
            let name = finding.what.split([' ', ':']).next().unwrap();
            let name = name.rsplit('/').next().unwrap().trim_end_matches(',');
            let time = name
                .find("20260301T")
                .map_or(name, |at| &name[at + 9..at + 13]);
            format!("{} {time}", finding.kind)
        })
        .collect();
    found.extend(
        checked
            .holes
            .iter()
            .map(|hole| format!("hole {} {}", &hole.from[11..16], &hole.to[11..16])),
    );
    assert_eq!(found, expected);
    assert_eq!(checked.is_sound(), expected.is_empty());
}

fn log(root: &Path, hour: u32) -> PathBuf {
    root.join(log_key(hour))
}

fn digest(root: &Path, hour: u32) -> PathBuf {
    root.join(digest_key(hour))
}

fn change(path: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{text}");
    std::fs::write(path, text.replace(from, to)).unwrap();
}

#[test]
fn a_chain_that_holds() {
    check(|_| {}, &[]);
}

#[test]
fn logs_that_were_touched() {
    check(
        |root| change(&log(root, 2), "[]", "[{}]"),
        &["log-changed 0205"],
    );
    check(
        |root| std::fs::remove_file(log(root, 2)).unwrap(),
        &["log-missing 0205"],
    );
    check(
        |root| {
            let added = log(root, 2).with_file_name(format!(
                "{ACCOUNT}_CloudTrail_{REGION}_20260301T0210Z_1111111111111111.json"
            ));
            std::fs::write(added, "{}").unwrap();
        },
        &["log-without-digest 0210"],
    );
    // A digest may name whatever it likes; it is looked for where logs lie.
    check(
        |root| {
            change(
                &digest(root, 6),
                "AWSLogs/111122223333/CloudTrail/",
                "AWSLogs/../../../",
            )
        },
        &["log-missing "],
    );
}

#[test]
fn digests_that_were_touched() {
    // A log is taken out, and the digest made to fit: the next one and its own signature say otherwise.
    let forged = |root: &Path| {
        std::fs::remove_file(log(root, 2)).unwrap();
        let path = digest(root, 3);
        let mut value: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        value["logFiles"] = json!([]);
        std::fs::write(&path, value.to_string()).unwrap();
    };
    check(
        forged,
        &["digest-signature-wrong 0300", "digest-changed 0300"],
    );
    check(
        |root| std::fs::remove_file(digest(root, 3)).unwrap(),
        &[
            "digest-missing 0300",
            "log-without-digest 0205",
            "hole 02:00 03:00",
        ],
    );
    check(
        |root| std::fs::write(digest(root, 3), "{").unwrap(),
        &[
            "digest-unreadable 0300",
            "digest-missing 0300",
            "log-without-digest 0205",
            "hole 02:00 03:00",
        ],
    );
    check(
        |root| {
            change(
                &digest(root, 6),
                "digestS3Object\":\"AWSLogs/1111",
                "digestS3Object\":\"AWSLogs/2222",
            )
        },
        &["digest-moved 0600"],
    );
    check(
        |root| change(&digest(root, 4), "\"f1\"", "\"f2\""),
        &["digest-key-unknown 0400", "digest-changed 0400"],
    );
}

const KEY: &str = "\
    MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQDlwYIngF3FhKbqXyp1sJQNkbfU\
    Zfm4zqsETeqEjAIvLZIAyceQT2lP6Myikviv4o9/Xs55HB13kFnPSCMA5YqpSZgqKoILQ4WnzEee\
    NgIfZQbC+UC6F2YgQQ2U5Jdvd2IwQBMI4OOPWZw0SjO3bVGZ0MQTdFQsYWhFD3l2EiadHloXvXhF\
    6xMJEEgMEaNjrc+lUr9OKEeoeCXi8kDf7PxxrOLyKqtbpQCywx7sSwL6vaDedClp3ri7sq2yXXqN\
    DTOTjTgsFdVBAz5vomZzwR8oEZrrlZLMYURQ3zqSsO5CSpdr6l0aXodJjUAMw++5RfAoy36KDgs9\
    rgGQ8DlnQCklAgMBAAECggEANy7a4Lt1ak0x3P2GAHXsnXS4Gzjx+YgT7cj8EKFjHes7U9qjBr94\
    CyQeUFbuCaqoLh66hz6wOiku1PkdxSecvgvJ0yjaCrQJTFPliLOun1U/wkElIX0gv5L4XOBpmfFp\
    4S5mk/2V0nairLF8yevlC0Vn7sdEN1Oe/GVa1jfGU/qDhsmFUdtDLL+6rYbVN3ZTxO8z+a+1gaIS\
    r41lIMaGLNoP1nkNTXHKi3APDdyTFOWe1Nyo23BsG5Y211OzlR1a+cfgTJdygw2JDW/BXolsBQbS\
    21UXnnRs5Mt70OyrtswEOSYkEdWBQB4bYJXoR/4hbdhfhxT9wxfoPBPVXUJ7iQKBgQD0A/x+kzQQ\
    cATLrVLW3+nbBFWwFa5qoNDe9+bmG7C0YH2uvQ3sGIKdwQ2SToWfwf5Ef/RcA9EhSRGLzyJ5L9TK\
    RPuxAJf1Kx1Trgu9lcLlezlG773THBAr1LRynOAxQw1iEeYH4LX6Frj6CyuFgg9SG/IwUwkFWdpy\
    dsdITbQCXQKBgQDxCjwc5f8aDLVhOvHvgUOkCfMcmWIenXe1jHdzgCZb7Ul1U3dD8KogRrqm75+N\
    Km6sfNKc1IGdYkFEqp7cWfLGB/mZ3YZB6zKNlkcfOnJJ+u3B1EAD1xrECHqC3bu/eUKyb4xHuhcX\
    5FC3ynMD2cO8ukcyNbny9j8Dzi4CQqblaQKBgQCFhqDmSnrU+9dD9QY9mq2HMaoJ/vNAWduyBwmM\
    pV5edeaQdddmeEsRNBDPHLS2JRuUNEhtCZGomylEzgXZNrlELddkliSQ/hTAM58tEQRjOriu/oVr\
    PhIDShOsG/f6POzX2196tBYgUcrK2M3p8q+biLtQgj+PdAm7VQ/bmtmD6QKBgQCTOispg5pj8OtA\
    7l4kapJEOgeSqmVyScB61ceIdvf3ImLCFS8+AlwHxuvvV2HfOdHL7Zo/TNW2qfMv2/+YnCBbsTdW\
    Mib1UJHaRbY/btWsNmbPA7PuJI8muf8KvCEXfRuuHdBTZ2j/oOdku3WxHmwedLFUC9j+fEZVLrSP\
    kOKcMQKBgDbdfXMSHJJoioIjinafmOcLQdcSeWtIKTT3CbzvI5wfBkUg9kROyNmiNDOnzi0Uix/g\
    UGlWRqdJ/N1Wmyqt811CI1jxMgG/9Sq013PLA8GnNX9mV7t9FD8WQL0hId4hGZZTrSpPfaoUyZ8w\
    nyhS05OS5/uQfZbC4JpGwp/2e7XM\
";
