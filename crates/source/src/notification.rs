//! Which objects a message of a queue speaks of.
//!
//! In: the body of a message: a notification of S3 itself, one that came by way of SNS or EventBridge, or CloudTrail's
//! own, which names objects without their size. Out: the objects that were made, none where the message speaks of
//! something else, or why it is no notification. What is in a message was written by whoever may write to the queue;
//! nothing of it is trusted but as a name of something to ask S3 for.

use serde_json::Value;

use crate::limits;

/// An object of a bucket, at the state that somebody has seen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct S3Object {
    pub bucket: String,
    pub key: String,
    /// What changes with its content, without quotes; empty where it was not said.
    pub etag: String,
    /// Nothing where it was not said.
    pub bytes: Option<u64>,
}

impl S3Object {
    /// What it is called everywhere else: `s3://BUCKET/KEY`.
    pub fn address(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.key)
    }

    /// The object at an address, at the state of an etag.
    pub fn at(address: &str, etag: &str, bytes: Option<u64>) -> Option<S3Object> {
        let (bucket, key) = address.strip_prefix("s3://")?.split_once('/')?;
        Some(S3Object {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            etag: etag.to_owned(),
            bytes,
        })
    }
}

/// The objects that a message tells of.
pub fn objects_of(body: &str) -> Result<Vec<S3Object>, String> {
    if body.len() > limits::MESSAGE_BYTES_MAX {
        return Err(format!(
            "it has more than {} bytes",
            limits::MESSAGE_BYTES_MAX
        ));
    }
    unwrapped(body, limits::MESSAGE_WRAPPINGS_MAX)
}

fn unwrapped(text: &str, wrappings_left: usize) -> Result<Vec<S3Object>, String> {
    let value: Value = serde_json::from_str(text).map_err(|error| format!("no JSON: {error}"))?;
    if value["Type"] == "Notification" {
        let inner = value["Message"]
            .as_str()
            .ok_or("a notification of SNS without a message")?;
        return match wrappings_left {
            0 => Err("wrapped too often".to_owned()),
            left => unwrapped(inner, left - 1),
        };
    }
    if value["Event"] == "s3:TestEvent" {
        return Ok(Vec::new());
    }
    if let Some(records) = value["Records"].as_array() {
        let of_s3 = |record: &&Value| record["eventSource"] == "aws:s3";
        if records.is_empty() || !records.iter().all(|record| of_s3(&record)) {
            return Err("records that S3 did not write".to_owned());
        }
        let made = |record: &&Value| {
            let name = record["eventName"].as_str().unwrap_or_default();
            let name = name.strip_prefix("s3:").unwrap_or(name);
            name.starts_with("ObjectCreated:")
        };
        return records.iter().filter(made).map(direct).collect();
    }
    if value["source"] == "aws.s3" {
        return match value["detail-type"].as_str() {
            Some("Object Created") => Ok(vec![bridged(&value["detail"])?]),
            Some(_) => Ok(Vec::new()),
            None => Err("an event of EventBridge without a type".to_owned()),
        };
    }
    if let (Some(bucket), Some(keys)) =
        (value["s3Bucket"].as_str(), value["s3ObjectKey"].as_array())
    {
        return keys
            .iter()
            .map(|key| object(Some(bucket), key.as_str().map(str::to_owned), "", None))
            .collect();
    }
    // CloudTrail tells of its digests, and that it has begun, in the same way.
    if value["s3Bucket"].is_string() && value["digestS3Object"].is_string()
        || text.contains("CloudTrail validation message")
    {
        return Ok(Vec::new());
    }
    Err("neither a notification of S3, of SNS, of EventBridge nor of CloudTrail".to_owned())
}

/// A record of S3's own notification, in which keys are coded as in forms.
fn direct(record: &Value) -> Result<S3Object, String> {
    let object_seen = &record["s3"]["object"];
    let key = object_seen["key"].as_str().map(form_decoded).transpose()?;
    object(
        record["s3"]["bucket"]["name"].as_str(),
        key,
        object_seen["eTag"].as_str().unwrap_or_default(),
        object_seen["size"].as_u64(),
    )
}

/// The same by EventBridge, where keys stand as they are.
fn bridged(detail: &Value) -> Result<S3Object, String> {
    let object_seen = &detail["object"];
    object(
        detail["bucket"]["name"].as_str(),
        object_seen["key"].as_str().map(str::to_owned),
        // Written so by AWS; some emulators write it as S3's own notification does.
        object_seen["etag"]
            .as_str()
            .or_else(|| object_seen["eTag"].as_str())
            .unwrap_or_default(),
        object_seen["size"].as_u64(),
    )
}

fn object(
    bucket: Option<&str>,
    key: Option<String>,
    etag: &str,
    bytes: Option<u64>,
) -> Result<S3Object, String> {
    let bucket = bucket.ok_or("an object without a bucket")?;
    let key = key.ok_or("an object without a key")?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    if bucket.is_empty() || bucket.len() > 255 || !bucket.bytes().all(plain) {
        return Err("a bucket with a name that no bucket has".to_owned());
    }
    if key.is_empty() || key.len() > limits::KEY_BYTES_MAX {
        return Err("a key that no object has".to_owned());
    }
    Ok(S3Object {
        bucket: bucket.to_owned(),
        key,
        etag: etag.trim_matches('"').to_owned(),
        bytes,
    })
}

/// `a+b%3Dc` is `a b=c`.
fn form_decoded(text: &str) -> Result<String, String> {
    let wrong = || "a key whose coding is broken".to_owned();
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(bytes.next()?).to_digit(16);
                let (high, low) = (digit().ok_or_else(wrong)?, digit().ok_or_else(wrong)?);
                (high * 16 + low) as u8
            }
            byte => byte,
        });
    }
    String::from_utf8(out).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, expected: &str) {
        let found = match objects_of(body) {
            Ok(objects) => objects
                .iter()
                .map(|it| format!("{} {} {} {:?}", it.bucket, it.key, it.etag, it.bytes))
                .collect::<Vec<_>>()
                .join("; "),
            Err(why) => format!("refused: {why}"),
        };
        assert_eq!(found, expected, "{body}");
    }

    fn direct_body(name: &str, key: &str) -> String {
        format!(
            r#"{{"Records":[{{"eventSource":"aws:s3","eventName":"{name}","s3":{{"bucket":{{"name":"logs"}},"object":{{"key":"{key}","size":7,"eTag":"e1"}}}}}}]}}"#
        )
    }

    fn by_sns(message: &str) -> String {
        serde_json::json!({"Type": "Notification", "MessageId": "1", "Message": message})
            .to_string()
    }

    const BRIDGED: &str = r#"{"version":"0","detail-type":"Object Created","source":"aws.s3","detail":{"bucket":{"name":"logs"},"object":{"key":"a b+c%20d","size":9,"etag":"e2","sequencer":"0"}}}"#;

    #[test]
    fn every_way_round() {
        let made = direct_body("ObjectCreated:Put", "a+b%2Bc/%C3%A4.json");
        check(&made, "logs a b+c/ä.json e1 Some(7)");
        check(&by_sns(&made), "logs a b+c/ä.json e1 Some(7)");
        check(BRIDGED, "logs a b+c%20d e2 Some(9)");
        check(&by_sns(BRIDGED), "logs a b+c%20d e2 Some(9)");
        check(
            &by_sns(r#"{"s3Bucket":"logs","s3ObjectKey":["a","b"]}"#),
            "logs a  None; logs b  None",
        );
    }

    #[test]
    fn what_is_no_new_object() {
        check(
            r#"{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"logs"}"#,
            "",
        );
        check(&direct_body("ObjectRemoved:Delete", "a"), "");
        check(&BRIDGED.replace("Object Created", "Object Deleted"), "");
        check(r#"{"s3Bucket":"logs","digestS3Object":"a"}"#, "");
    }

    #[test]
    fn what_is_no_notification() {
        let neither =
            "refused: neither a notification of S3, of SNS, of EventBridge nor of CloudTrail";
        check("{}", neither);
        check("[]", neither);
        check(
            "hello",
            "refused: no JSON: expected value at line 1 column 1",
        );
        check(
            r#"{"Records":[{"eventSource":"sts.amazonaws.com"}]}"#,
            "refused: records that S3 did not write",
        );
        check(
            &direct_body("ObjectCreated:Put", "a%2"),
            "refused: a key whose coding is broken",
        );
        check(
            &direct_body("ObjectCreated:Put", "%ff"),
            "refused: a key whose coding is broken",
        );
        check(
            &direct_body("ObjectCreated:Put", ""),
            "refused: a key that no object has",
        );
        let odd = direct_body("ObjectCreated:Put", "a").replace("\"logs\"", "\"../x\"");
        check(&odd, "refused: a bucket with a name that no bucket has");
        let often = (0..5).fold(BRIDGED.to_owned(), |inner, _| by_sns(&inner));
        check(&often, "refused: wrapped too often");
        let deep = "[".repeat(100_000);
        assert!(objects_of(&deep).is_err());
    }
}
