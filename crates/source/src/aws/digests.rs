//! Digests and logs of a bucket, and CloudTrail's public keys.
//!
//! In: a prefix, and a folder for copies. Out: what `digest_check.rs` asks for, several objects at a time; logs are
//! copied to be hashed.

use std::path::PathBuf;

use aws_config::Region;
use aws_sdk_cloudtrail::Client;
use aws_sdk_cloudtrail::primitives::DateTime;

use super::Aws;
use super::failure::{Failure, patiently};
use crate::digest::{PublicKeys, hash_of};
use crate::digest_check::{DigestFile, Vault};
use crate::error::{Error, ErrorKind};
use crate::layout::Wanted;
use crate::limits;
use crate::named::BucketPrefix;
use crate::notification::S3Object;

/// A prefix of a bucket with digests.
#[derive(Debug)]
pub struct Bucketed<'a> {
    pub aws: &'a Aws,
    pub at: &'a BucketPrefix,
    /// Where copies lie while they are read; nothing else does.
    pub scratch: PathBuf,
}

impl Vault for Bucketed<'_> {
    fn list(&self, wanted: &Wanted) -> Result<Vec<String>, Error> {
        let listing = self.aws.list(self.at, wanted, &|_| false)?;
        if let Some((place, why)) = listing.problems.first() {
            return Err(Error::new(
                ErrorKind::Io,
                format!(
                    "cannot list `{place}`, so that its digests would seem to be missing: {why}"
                ),
            ));
        }
        if listing.more {
            return Err(Error::new(
                ErrorKind::TooLarge,
                format!(
                    "more than {} files below `s3://{}/{}` to check the digests of; name fewer days with \
                     `--since` and `--until`",
                    limits::OBJECTS_LISTED_MAX,
                    self.at.bucket,
                    self.at.prefix
                ),
            ));
        }
        let places = listing.objects.iter().map(S3Object::address);
        Ok(places.collect())
    }

    fn digests(&self, places: &[String]) -> Vec<Result<DigestFile, String>> {
        let objects = objects(places);
        let signatures = self.aws.metadata(&objects, "signature");
        let copies = self.aws.fetch(&objects, &self.scratch);
        let read = |copy: Result<PathBuf, Failure>, signature: Option<String>| {
            let path = copy.map_err(|failure| failure.why().to_owned())?;
            let bytes = std::fs::metadata(&path).map_or(0, |meta| meta.len());
            if bytes > limits::DIGEST_BYTES_MAX {
                return Err(format!(
                    "it has more than {} bytes",
                    limits::DIGEST_BYTES_MAX
                ));
            }
            let content = std::fs::read(&path).map_err(|error| error.to_string())?;
            Ok(DigestFile { content, signature })
        };
        let all = copies.into_iter().zip(signatures);
        all.map(|(copy, signature)| read(copy, signature)).collect()
    }

    fn hashes(&self, places: &[String]) -> Vec<Result<Option<String>, String>> {
        let copies = self.aws.fetch(&objects(places), &self.scratch);
        let hash = |copy: Result<PathBuf, Failure>| match copy {
            Ok(path) => {
                let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
                hash_of(file).map(Some)
            }
            Err(Failure::Gone(_)) => Ok(None),
            Err(failure) => Err(failure.why().to_owned()),
        };
        copies.into_iter().map(hash).collect()
    }
}

impl Aws {
    /// The keys that CloudTrail has signed with in a region, between two instants in seconds since 1970.
    pub fn public_keys(&self, region: &str, from: i64, to: i64) -> Result<PublicKeys, Failure> {
        let config = aws_sdk_cloudtrail::config::Builder::from(&self.config)
            .region(Region::new(region.to_owned()));
        let client = Client::from_conf(config.build());
        self.runtime.block_on(async {
            let mut keys = PublicKeys::default();
            let mut token: Option<String> = None;
            loop {
                let answer = patiently(|| async {
                    client
                        .list_public_keys()
                        .start_time(DateTime::from_secs(from))
                        .end_time(DateTime::from_secs(to))
                        .set_next_token(token.clone())
                        .send()
                        .await
                        .map_err(|error| Failure::of(&error))
                })
                .await?;
                for key in answer.public_key_list() {
                    if let (Some(name), Some(value)) = (key.fingerprint(), key.value()) {
                        keys.insert(name, value.as_ref().to_vec());
                    }
                }
                token = answer.next_token().map(str::to_owned);
                if token.is_none() {
                    return Ok(keys);
                }
            }
        })
    }
}

/// Objects at the state that they have now.
fn objects(places: &[String]) -> Vec<S3Object> {
    let nowhere = || S3Object {
        bucket: String::new(),
        key: String::new(),
        etag: String::new(),
        bytes: None,
    };
    places
        .iter()
        .map(|place| S3Object::at(place, "", None).unwrap_or_else(nowhere))
        .collect()
}
