//! Copies of objects on the local disk.
//!
//! In: objects and a folder. Out: for each the path of its copy, or why there is none, in their order. Several are
//! fetched at a time; each at the state that was seen (its etag), whole or not at all.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_s3::Client;
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use tokio::task::JoinSet;

use super::Aws;
use super::failure::{Failure, patiently};
use crate::limits;
use crate::notification::S3Object;
use crate::stdin::create_private;

impl Aws {
    /// Fetches objects into a folder that is there, where nothing else lies.
    pub fn fetch(&self, objects: &[S3Object], folder: &Path) -> Vec<Result<PathBuf, Failure>> {
        self.runtime.block_on(self.fetch_all(objects, folder))
    }

    /// Asks for what is not known of objects: their etag and size.
    pub fn look(&self, objects: &[S3Object]) -> Vec<Result<S3Object, Failure>> {
        self.runtime.block_on(async {
            let mut all = Vec::with_capacity(objects.len());
            for object in objects {
                all.push(self.look_at(object).await);
            }
            all
        })
    }

    /// What is kept beside objects under a name of their own metadata; nothing where there is nothing, or nobody says.
    pub(super) fn metadata(&self, objects: &[S3Object], name: &'static str) -> Vec<Option<String>> {
        self.runtime.block_on(async {
            let mut all = vec![None; objects.len()];
            let mut running = JoinSet::new();
            let mut waiting = objects.iter().enumerate();
            loop {
                while running.len() < limits::FETCHES_AT_A_TIME
                    && let Some((number, object)) = waiting.next()
                {
                    let client = self.bucket(&object.bucket).await;
                    let object = object.clone();
                    running.spawn(async move {
                        let seen = patiently(|| head(&client, &object)).await.ok();
                        let value = seen.and_then(|it| it.metadata()?.get(name).cloned());
                        (number, value)
                    });
                }
                match running.join_next().await {
                    Some(Ok((number, value))) => all[number] = value,
                    Some(Err(_)) => {}
                    None => return all,
                }
            }
        })
    }

    async fn fetch_all(
        &self,
        objects: &[S3Object],
        folder: &Path,
    ) -> Vec<Result<PathBuf, Failure>> {
        let mut all: Vec<Option<Result<PathBuf, Failure>>> = vec![None; objects.len()];
        let unreached = Arc::new(AtomicUsize::new(0));
        let mut running = JoinSet::new();
        let mut waiting = objects.iter().enumerate();
        loop {
            while running.len() < limits::FETCHES_AT_A_TIME
                && let Some((number, object)) = waiting.next()
            {
                let client = self.bucket(&object.bucket).await;
                let (object, unreached) = (object.clone(), unreached.clone());
                let path = folder.join(number.to_string());
                running.spawn(async move {
                    (number, fetch_one(&client, &object, path, &unreached).await)
                });
            }
            match running.join_next().await {
                Some(Ok((number, outcome))) => all[number] = Some(outcome),
                Some(Err(_)) => {}
                None => break,
            }
        }
        let broken_off = || Err(Failure::Passing("the fetching broke off".to_owned()));
        all.into_iter()
            .map(|outcome| outcome.unwrap_or_else(broken_off))
            .collect()
    }

    async fn look_at(&self, object: &S3Object) -> Result<S3Object, Failure> {
        let client = self.bucket(&object.bucket).await;
        let seen = patiently(|| head(&client, object)).await?;
        Ok(S3Object {
            etag: seen
                .e_tag()
                .unwrap_or_default()
                .trim_matches('"')
                .to_owned(),
            bytes: seen.content_length().and_then(|it| u64::try_from(it).ok()),
            ..object.clone()
        })
    }
}

async fn head(client: &Client, object: &S3Object) -> Result<HeadObjectOutput, Failure> {
    client
        .head_object()
        .bucket(&object.bucket)
        .key(&object.key)
        .send()
        .await
        .map_err(|error| match error.raw_response() {
            Some(answer) if answer.status().as_u16() == 404 => {
                Failure::Gone("it is not there".to_owned())
            }
            _ => Failure::of(&error),
        })
}

async fn fetch_one(
    client: &Client,
    object: &S3Object,
    path: PathBuf,
    unreached: &AtomicUsize,
) -> Result<PathBuf, Failure> {
    if object
        .bytes
        .is_some_and(|bytes| bytes > limits::OBJECT_BYTES_MAX)
    {
        let why = format!("it has more than {} bytes", limits::OBJECT_BYTES_MAX);
        return Err(Failure::Gone(why));
    }
    if unreached.load(Ordering::Relaxed) >= limits::UNREACHED_MAX {
        let why = "not tried, for too many others could not be reached";
        return Err(Failure::Passing(why.to_owned()));
    }
    let outcome = patiently(|| copy(client, object, &path)).await;
    match outcome {
        Ok(()) => Ok(path),
        Err(failure) => {
            if matches!(failure, Failure::Passing(_)) {
                unreached.fetch_add(1, Ordering::Relaxed);
            }
            Err(failure)
        }
    }
}

/// One attempt, from the first byte to the last.
async fn copy(client: &Client, object: &S3Object, path: &Path) -> Result<(), Failure> {
    let etag = Some(&object.etag).filter(|etag| !etag.is_empty());
    let mut answer = client
        .get_object()
        .bucket(&object.bucket)
        .key(&object.key)
        .set_if_match(etag.map(|etag| format!("\"{etag}\"")))
        .send()
        .await
        .map_err(|error| Failure::of(&error))?;
    let here = |error: std::io::Error| {
        Failure::Refused(format!(
            "its copy cannot be written: {error}; set `TMPDIR` to a folder with room"
        ))
    };
    let mut file = open(path).map_err(here)?;
    let mut copied: u64 = 0;
    loop {
        match answer.body.try_next().await {
            Ok(Some(bytes)) => {
                copied += bytes.len() as u64;
                if copied > limits::OBJECT_BYTES_MAX {
                    let why = format!("it has more than {} bytes", limits::OBJECT_BYTES_MAX);
                    return Err(Failure::Gone(why));
                }
                file.write_all(&bytes).map_err(here)?;
            }
            Ok(None) => break,
            Err(error) => return Err(Failure::Passing(format!("it broke off: {error}"))),
        }
    }
    let told = answer.content_length.and_then(|it| u64::try_from(it).ok());
    match told.or(object.bytes) {
        Some(bytes) if bytes != copied => Err(Failure::Passing(format!(
            "it broke off after {copied} of {bytes} bytes"
        ))),
        _ => Ok(()),
    }
}

/// An attempt that broke off has left something there.
fn open(path: &Path) -> std::io::Result<File> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    create_private(path)
}
