//! Which objects there are below a prefix.
//!
//! In: a place in a bucket, what is wanted, and what is known already. Out: the objects that are new, and what was
//! passed over and why. Folders are listed several at a time; pages are looked through as they come, so that memory
//! follows what is new and not what is there. Which folders matter is decided in `walk.rs`.

use std::collections::BTreeMap;

use aws_sdk_s3::Client;
use tokio::sync::mpsc::{Sender, channel};
use tokio::task::JoinSet;

use super::Aws;
use super::failure::{Failure, patiently};
use crate::error::{Error, ErrorKind};
use crate::files::PassedOver;
use crate::layout::Wanted;
use crate::limits;
use crate::named::BucketPrefix;
use crate::notification::S3Object;
use crate::walk::{Folder, Met, Request};

/// What a listing has found.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    /// The new ones, in no order.
    pub objects: Vec<S3Object>,
    /// Objects that are known already.
    pub known: u64,
    /// How many objects, or whole folders, were passed over for each reason, and the first of them.
    pub passed_over: BTreeMap<PassedOver, (u64, String)>,
    /// Folders that could not be listed, and why.
    pub problems: Vec<(String, String)>,
    /// There may be more than these.
    pub more: bool,
    /// Pages that were asked for.
    pub pages: u64,
}

/// A part of a folder's content.
struct Page {
    folder: Folder,
    folders: Vec<String>,
    objects: Vec<(String, String, u64)>,
}

impl Aws {
    /// Lists what is new below a prefix.
    pub fn list(
        &self,
        at: &BucketPrefix,
        wanted: &Wanted,
        known: &dyn Fn(&S3Object) -> bool,
    ) -> Result<Listing, Error> {
        self.runtime.block_on(self.walk(at, wanted, known))
    }

    async fn walk(
        &self,
        at: &BucketPrefix,
        wanted: &Wanted,
        known: &dyn Fn(&S3Object) -> bool,
    ) -> Result<Listing, Error> {
        let client = self.bucket(&at.bucket).await;
        let root = Folder::named(&at.prefix);
        let mut waiting = vec![root.clone()];
        let mut listing = Listing::default();
        let mut running: JoinSet<(Folder, Result<(), Failure>)> = JoinSet::new();
        let (sender, mut pages) = channel::<Page>(limits::PAGES_WAITING);
        loop {
            while running.len() < limits::LISTINGS_AT_A_TIME
                && let Some(folder) = waiting.pop()
            {
                let (client, bucket, sender) = (client.clone(), at.bucket.clone(), sender.clone());
                let request = folder.request(wanted);
                running.spawn(async move {
                    let outcome = list_folder(&client, &bucket, &folder, &request, &sender).await;
                    (folder, outcome)
                });
            }
            tokio::select! {
                biased;
                Some(page) = pages.recv() => {
                    listing.pages += 1;
                    look_through(page, at, wanted, known, &mut listing, &mut waiting);
                }
                Some(done) = running.join_next() => {
                    let (folder, outcome) = done.map_err(|error| {
                        Error::new(ErrorKind::Io, format!("a listing broke off: {error}"))
                    })?;
                    if let Err(failure) = outcome {
                        let place = format!("s3://{}/{}", at.bucket, folder.prefix);
                        if folder == root {
                            return Err(not_listed(&place, &failure));
                        }
                        listing.problems.push((place, failure.why().to_owned()));
                    }
                }
                // Pages are sent before their task ends.
                else => break,
            }
            if listing.objects.len() >= limits::OBJECTS_LISTED_MAX {
                listing.more = true;
                break;
            }
            if running.is_empty() && waiting.is_empty() && pages.is_empty() {
                break;
            }
        }
        Ok(listing)
    }
}

fn not_listed(place: &str, failure: &Failure) -> Error {
    let kind = match failure {
        Failure::Gone(_) => ErrorKind::NotFound,
        Failure::Refused(_) => ErrorKind::NotAllowed,
        Failure::Passing(_) => ErrorKind::Io,
    };
    Error::new(kind, format!("cannot list `{place}`: {}", failure.why()))
}

fn look_through(
    page: Page,
    at: &BucketPrefix,
    wanted: &Wanted,
    known: &dyn Fn(&S3Object) -> bool,
    listing: &mut Listing,
    waiting: &mut Vec<Folder>,
) {
    let mut pass_over = |why: PassedOver, key: &str| {
        let first = || (0, format!("s3://{}/{key}", at.bucket));
        listing.passed_over.entry(why).or_insert_with(first).0 += 1;
    };
    for prefix in page.folders {
        match page.folder.met(&prefix, wanted) {
            Met::Enter(folder) if waiting.len() < limits::FOLDERS_WAITING_MAX => {
                waiting.push(folder);
            }
            Met::Enter(folder) => {
                let why = format!("more than {} folders", limits::FOLDERS_WAITING_MAX);
                listing.problems.push((folder.prefix, why));
            }
            Met::PassOver(why) => pass_over(why, &prefix),
            Met::Unasked => {}
        }
    }
    for (key, etag, bytes) in page.objects {
        match page.folder.object(&key, wanted) {
            None => {}
            Some(Err(why)) => pass_over(why, &key),
            Some(Ok(())) => {
                let object = S3Object {
                    bucket: at.bucket.clone(),
                    key,
                    etag,
                    bytes: Some(bytes),
                };
                match known(&object) {
                    true => listing.known += 1,
                    false => listing.objects.push(object),
                }
            }
        }
    }
}

/// Lists one folder to its end, or to the end of what is wanted of it.
async fn list_folder(
    client: &Client,
    bucket: &str,
    folder: &Folder,
    request: &Request,
    sender: &Sender<Page>,
) -> Result<(), Failure> {
    let mut token: Option<String> = None;
    loop {
        let page = patiently(|| async {
            client
                .list_objects_v2()
                .bucket(bucket)
                .prefix(&folder.prefix)
                .set_delimiter(request.by_folder.then(|| "/".to_owned()))
                .set_start_after(request.after.clone())
                .set_continuation_token(token.clone())
                .send()
                .await
                .map_err(|error| Failure::of(&error))
        })
        .await?;
        let mut beyond = false;
        let mut objects = Vec::with_capacity(page.contents().len());
        for object in page.contents() {
            let Some(key) = object.key() else { continue };
            if request.before.as_deref().is_some_and(|end| key >= end) {
                beyond = true;
                break;
            }
            let etag = object.e_tag().unwrap_or_default().trim_matches('"');
            let bytes = object.size().and_then(|size| u64::try_from(size).ok());
            objects.push((key.to_owned(), etag.to_owned(), bytes.unwrap_or(0)));
        }
        let folders = page.common_prefixes().iter();
        let folders = folders.filter_map(|it| it.prefix().map(str::to_owned));
        let found = Page {
            folder: folder.clone(),
            folders: folders.collect(),
            objects,
        };
        if sender.send(found).await.is_err() {
            // Nobody wants more.
            return Ok(());
        }
        token = page.next_continuation_token().map(str::to_owned);
        if beyond || page.is_truncated() != Some(true) || token.is_none() {
            return Ok(());
        }
    }
}
