//! What a user may name as a source of logs, besides files and folders.
//!
//! In: a word of the command line. Out: a path, a prefix in a bucket, a queue, or regions whose recent events
//! CloudTrail itself is asked for. Nothing is looked up here.

use std::path::PathBuf;

use crate::error::{Error, ErrorKind};
use crate::layout::is_region;
use crate::limits;

/// A source of logs as the user named it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// A file, a folder, or `-`.
    Path(PathBuf),
    /// `s3://BUCKET/PREFIX`.
    Bucket(BucketPrefix),
    /// `sqs:QUEUE_URL`: notifications of new objects.
    Queue(String),
    /// `cloudtrail:REGION,REGION`: what `LookupEvents` gives.
    Lookup(Vec<String>),
}

/// A place in a bucket. A prefix that does not end in a slash names one object, or the folder of that name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketPrefix {
    pub bucket: String,
    pub prefix: String,
}

/// How AWS is reached, besides what the environment says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AwsOptions {
    /// A profile of the user's configuration of AWS.
    pub profile: Option<String>,
    /// Another endpoint than AWS's own, for all services.
    pub endpoint: Option<String>,
}

impl Named {
    /// Reads a word. What has none of the forms is a path.
    pub fn parse(text: &str) -> Result<Named, Error> {
        if text.len() > limits::SOURCE_BYTES_MAX || text.chars().any(char::is_control) {
            let shown: String = text.chars().take(60).collect();
            return Err(bad(
                &shown.escape_debug().to_string(),
                "a source without control characters, of at most a few kilobytes",
            ));
        }
        if let Some(rest) = text.strip_prefix("s3://") {
            return BucketPrefix::parse(text, rest).map(Named::Bucket);
        }
        if let Some(url) = text.strip_prefix("sqs:") {
            let host = url
                .strip_prefix("https://")
                .or_else(|| url.strip_prefix("http://"));
            return match host {
                Some(rest) if !rest.starts_with('/') && rest.contains('/') => {
                    Ok(Named::Queue(url.to_owned()))
                }
                _ => Err(bad(
                    text,
                    "`sqs:` and the queue's URL, such as \
                     `sqs:https://sqs.us-east-1.amazonaws.com/111122223333/trail`",
                )),
            };
        }
        if let Some(list) = text.strip_prefix("cloudtrail:") {
            let regions: Vec<String> = list.split(',').map(str::to_owned).collect();
            if !regions.iter().all(|region| is_region(region)) {
                return Err(bad(
                    text,
                    "regions, such as `cloudtrail:us-east-1,eu-west-1`",
                ));
            }
            return Ok(Named::Lookup(regions));
        }
        Ok(Named::Path(PathBuf::from(text)))
    }
}

impl BucketPrefix {
    fn parse(text: &str, rest: &str) -> Result<BucketPrefix, Error> {
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        if bucket.len() < 3 || bucket.len() > 255 || !bucket.bytes().all(is_plain) {
            return Err(bad(text, "`s3://BUCKET/PREFIX`"));
        }
        Ok(BucketPrefix {
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
        })
    }
}

fn bad(text: &str, expected: &str) -> Error {
    Error::new(
        ErrorKind::BadUrl,
        format!("`{text}` is no source of logs; expected {expected}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let found = match Named::parse(text) {
            Ok(Named::Path(path)) => format!("path {}", path.display()),
            Ok(Named::Bucket(at)) => format!("bucket {} {}", at.bucket, at.prefix),
            Ok(Named::Queue(url)) => format!("queue {url}"),
            Ok(Named::Lookup(regions)) => format!("lookup {}", regions.join(" ")),
            Err(error) => error.to_string(),
        };
        assert!(found.contains(expected), "{text}: {found}");
    }

    #[test]
    fn sources() {
        check("-", "path -");
        check("logs/a.json", "path logs/a.json");
        check("s3://trail-logs", "bucket trail-logs ");
        check("s3://trail-logs/a/AWSLogs/", "bucket trail-logs a/AWSLogs/");
        check("s3://", "expected `s3://BUCKET/PREFIX`");
        check("s3://a b/c", "expected `s3://BUCKET/PREFIX`");
        let url = "https://sqs.us-east-1.amazonaws.com/111122223333/trail";
        check(&format!("sqs:{url}"), &format!("queue {url}"));
        check("sqs:trail", "the queue's URL");
        check("sqs:https:///trail", "the queue's URL");
        check(
            "cloudtrail:us-east-1,eu-west-1",
            "lookup us-east-1 eu-west-1",
        );
        check("cloudtrail:everywhere", "expected regions");
        check("s3://a\nb/", "control characters");
    }
}
