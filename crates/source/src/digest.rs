//! CloudTrail's digest files: what one of them says, and whether a chain of them holds.
//!
//! In: the content of digests, with the signature that S3 keeps beside each where it is at hand, and public keys where
//! the user has some. Out: findings: a digest that was changed, moved or taken out, a signature that is none, a time
//! that no digest speaks of. A digest names its logs with their hashes, and its predecessor with hash and signature, so
//! that of all but the last one the signature is known even in a copy that has lost it. Files are read in
//! `digest_check.rs`, not here.

use std::collections::HashMap;
use std::io::Read;

use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use flate2::read::MultiGzDecoder;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::limits;

/// What a digest file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Digest {
    /// Where it was found.
    pub(crate) place: String,
    pub(crate) account: String,
    /// As they stand there, for the signature.
    pub(crate) start: String,
    pub(crate) end: String,
    /// Where it says that it lies.
    pub(crate) bucket: String,
    pub(crate) object: String,
    pub(crate) fingerprint: String,
    pub(crate) previous: Option<Previous>,
    pub(crate) logs: Vec<NamedLog>,
    /// SHA-256 of its content.
    pub(crate) hash: [u8; 32],
    /// In lower-case hexadecimal, where it is at hand.
    pub(crate) signature: Option<String>,
}

/// What a digest says of the one before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Previous {
    pub(crate) object: String,
    pub(crate) hash: String,
    pub(crate) signature: String,
}

/// A log that a digest names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedLog {
    pub(crate) object: String,
    pub(crate) hash: String,
}

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// A name for reports.
    pub kind: &'static str,
    /// Where, and what.
    pub what: String,
}

/// A time of which no digest speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hole {
    pub account: String,
    pub region: String,
    /// RFC 3339, as the digests around it say it.
    pub from: String,
    pub to: String,
}

/// Public keys of CloudTrail, by their fingerprint.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PublicKeys(HashMap<String, Vec<u8>>);

pub(crate) const CHANGED_DIGEST: &str = "digest-changed";
pub(crate) const MOVED_DIGEST: &str = "digest-moved";
pub(crate) const MISSING_DIGEST: &str = "digest-missing";
pub(crate) const RESTARTED: &str = "digest-chain-begins-anew";
pub(crate) const BAD_SIGNATURE: &str = "digest-signature-wrong";
pub(crate) const UNKNOWN_KEY: &str = "digest-key-unknown";
pub(crate) const BAD_DIGEST: &str = "digest-unreadable";
pub(crate) const MISSING_LOG: &str = "log-missing";
pub(crate) const CHANGED_LOG: &str = "log-changed";
pub(crate) const UNNAMED_LOG: &str = "log-without-digest";

impl PublicKeys {
    /// Reads the JSON of `aws cloudtrail list-public-keys`.
    pub fn parse(text: &str) -> Result<PublicKeys, String> {
        let value: Value =
            serde_json::from_str(text).map_err(|error| format!("no JSON: {error}"))?;
        let list = value["PublicKeyList"].as_array().ok_or(
            "expected the JSON of `aws cloudtrail list-public-keys`, with a `PublicKeyList`",
        )?;
        let mut keys = PublicKeys::default();
        for key in list {
            let (Some(fingerprint), Some(value)) =
                (key["Fingerprint"].as_str(), key["Value"].as_str())
            else {
                return Err("a key without `Fingerprint` or `Value`".to_owned());
            };
            let bytes = BASE64
                .decode(value.trim().as_bytes())
                .map_err(|_| format!("the key `{fingerprint}` is not in base64"))?;
            keys.insert(fingerprint, bytes);
        }
        Ok(keys)
    }

    /// Adds a key in the form that CloudTrail gives, PKCS #1.
    pub fn insert(&mut self, fingerprint: &str, key: Vec<u8>) {
        self.0.insert(fingerprint.to_ascii_lowercase(), key);
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Digest {
    /// Reads the content of a digest file, packed or not.
    pub(crate) fn parse(
        place: &str,
        content: &[u8],
        signature: Option<String>,
    ) -> Result<Digest, String> {
        let text = inflated(content, limits::DIGEST_INFLATED_BYTES_MAX)?;
        let value: Value =
            serde_json::from_slice(&text).map_err(|error| format!("no JSON: {error}"))?;
        let field = |name: &str| {
            let text = value[name].as_str().map(str::to_owned);
            text.ok_or_else(|| format!("no `{name}`"))
        };
        let previous = match value["previousDigestS3Object"].as_str() {
            None => None,
            Some(object) => Some(Previous {
                object: object.to_owned(),
                hash: field("previousDigestHashValue")?.to_ascii_lowercase(),
                signature: field("previousDigestSignature")?.to_ascii_lowercase(),
            }),
        };
        let logs = value["logFiles"].as_array().ok_or("no `logFiles`")?;
        let logs = logs.iter().map(|log| {
            Some(NamedLog {
                object: log["s3Object"].as_str()?.to_owned(),
                hash: log["hashValue"].as_str()?.to_ascii_lowercase(),
            })
        });
        Ok(Digest {
            place: place.to_owned(),
            account: field("awsAccountId")?,
            start: field("digestStartTime")?,
            end: field("digestEndTime")?,
            bucket: field("digestS3Bucket")?,
            object: field("digestS3Object")?,
            fingerprint: field("digestPublicKeyFingerprint")?.to_ascii_lowercase(),
            previous,
            logs: logs
                .collect::<Option<_>>()
                .ok_or("a log without name or hash")?,
            hash: Sha256::digest(&text).into(),
            signature: signature.map(|it| it.to_ascii_lowercase()),
        })
    }

    /// Whether a signature is CloudTrail's; nothing where its key is not at hand.
    fn is_signed(&self, signature: &str, keys: &PublicKeys) -> Option<bool> {
        let key = keys.0.get(&self.fingerprint)?;
        let before = self.previous.as_ref().map_or("null", |it| &it.signature);
        let signed = format!(
            "{}\n{}/{}\n{}\n{before}",
            self.end,
            self.bucket,
            self.object,
            hex(&self.hash)
        );
        let Ok(signature) = HEXLOWER_PERMISSIVE.decode(signature.as_bytes()) else {
            return Some(false);
        };
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key);
        Some(key.verify(signed.as_bytes(), &signature).is_ok())
    }
}

/// What is wrong with the digests of one trail, account and region, which are in the order of their times.
pub(crate) fn check_chain(
    digests: &[Digest],
    region: &str,
    keys: &PublicKeys,
    findings: &mut Vec<Finding>,
    holes: &mut Vec<Hole>,
) {
    let mut find = |kind: &'static str, what: String| findings.push(Finding { kind, what });
    for (number, digest) in digests.iter().enumerate() {
        if !digest.place.ends_with(&format!("/{}", digest.object)) && !same_below(digest) {
            let what = format!("{} says that it lies at {}", digest.place, digest.object);
            find(MOVED_DIGEST, what);
        }
        let next = digests.get(number + 1);
        let told = next
            .and_then(|next| next.previous.as_ref())
            .filter(|previous| previous.object == digest.object);
        // What S3 keeps beside the file, and what the next one says.
        let signature = digest
            .signature
            .as_deref()
            .or(told.map(|told| told.signature.as_str()));
        if let Some(signature) = signature
            && !keys.is_empty()
        {
            match digest.is_signed(signature, keys) {
                Some(true) => {}
                Some(false) => find(BAD_SIGNATURE, digest.place.clone()),
                None => find(
                    UNKNOWN_KEY,
                    format!("{}: no key `{}`", digest.place, digest.fingerprint),
                ),
            }
        }
        let Some(next) = next else { continue };
        match (&next.previous, told) {
            (_, Some(told)) => {
                let other = digest
                    .signature
                    .as_ref()
                    .is_some_and(|own| *own != told.signature);
                if told.hash != hex(&digest.hash) || other {
                    let what = format!("{} is not what {} says", digest.place, next.place);
                    find(CHANGED_DIGEST, what);
                }
            }
            (Some(previous), None) => {
                find(
                    MISSING_DIGEST,
                    format!("{}, which {} follows", previous.object, next.place),
                );
            }
            (None, None) => find(RESTARTED, next.place.clone()),
        }
        if next.start > digest.end || (told.is_none() && next.start != digest.end) {
            holes.push(Hole {
                account: next.account.clone(),
                region: region.to_owned(),
                from: digest.end.clone(),
                to: next.start.clone().max(digest.end.clone()),
            });
        }
    }
}

/// A copy lies below another folder, but the layout says the same.
fn same_below(digest: &Digest) -> bool {
    let below = |path: &str| path.rfind("AWSLogs/").map(|at| path[at..].to_owned());
    below(&digest.place).is_some_and(|place| Some(place) == below(&digest.object))
}

/// The SHA-256 of what a file holds when it is unpacked.
pub(crate) fn hash_of(file: impl Read) -> Result<String, String> {
    let mut hasher = Sha256::new();
    let mut reader = std::io::BufReader::with_capacity(1 << 16, file);
    let packed = std::io::BufRead::fill_buf(&mut reader)
        .map_err(|error| error.to_string())?
        .starts_with(&[0x1f, 0x8b]);
    let mut reader: Box<dyn Read> = match packed {
        true => Box::new(MultiGzDecoder::new(reader)),
        false => Box::new(reader),
    };
    let mut some = vec![0; 1 << 16];
    let mut total = 0;
    loop {
        match reader.read(&mut some).map_err(|error| error.to_string())? {
            0 => break,
            count => {
                total += count as u64;
                if total > limits::HASHED_BYTES_MAX {
                    return Err(format!(
                        "it unpacks to more than {} bytes",
                        limits::HASHED_BYTES_MAX
                    ));
                }
                hasher.update(&some[..count]);
            }
        }
    }
    Ok(hex(&hasher.finalize()))
}

fn inflated(content: &[u8], bytes_max: u64) -> Result<Vec<u8>, String> {
    if !content.starts_with(&[0x1f, 0x8b]) {
        return Ok(content.to_vec());
    }
    let mut text = Vec::new();
    let mut reader = MultiGzDecoder::new(content).take(bytes_max + 1);
    reader
        .read_to_end(&mut text)
        .map_err(|error| error.to_string())?;
    match text.len() as u64 > bytes_max {
        true => Err(format!("it unpacks to more than {bytes_max} bytes")),
        false => Ok(text),
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}
