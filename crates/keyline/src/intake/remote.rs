//! What lies at AWS, and how the lake gets at it.
//!
//! In: the sources with an address. Out: their files taken in. Buckets, queues and CloudTrail itself each have their
//! file; here is what they share: the session, and the fetching of whatever the ledger names, which the lake asks for
//! a batch ahead of what it reads.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use anyhow::{Result, anyhow};
use keyline_lake::delta::{Fetch, Fetched, Haul, Ingest, NOT_FETCHED, SourceFile};
use keyline_source::aws::{Aws, Bucketed, Failure, Stretch};
use keyline_source::{
    AwsOptions, BucketPrefix, Checked, Named, PublicKeys, S3Object, Wanted, verify_digests,
};

use super::buckets::Buckets;
use super::digests::Keys;
use super::lookups::Lookups;
use super::queues::{self, Queues};
use super::{Pace, Step, Wishes};
use crate::units::wall_clock_micros;

/// How old keys may be that signed a digest which somebody still keeps.
const KEYS_BACK_S: i64 = 10 * 366 * 86_400;

/// The sources at AWS.
pub(super) struct Remote {
    session: Arc<Session>,
    buckets: Buckets,
    lookups: Lookups,
    queues: Queues,
}

/// A session that is begun when it is needed for the first time: a batch that somebody else has begun may need it.
pub(super) struct Session {
    options: AwsOptions,
    aws: OnceLock<Result<Aws, String>>,
}

impl Session {
    pub(super) fn get(&self) -> Result<&Aws> {
        let opened = self
            .aws
            .get_or_init(|| Aws::open(&self.options).map_err(|error| error.to_string()));
        opened.as_ref().map_err(|why| anyhow!(why.clone()))
    }
}

impl Remote {
    pub(super) fn new(wishes: &Wishes) -> Remote {
        Remote {
            session: Arc::new(Session {
                options: wishes.aws.clone(),
                aws: OnceLock::new(),
            }),
            buckets: Buckets::new(wishes),
            lookups: Lookups::new(wishes),
            queues: Queues::new(wishes),
        }
    }

    /// How the lake gets what has a name of ours.
    pub(super) fn fetch(&self) -> Fetch {
        let session = self.session.clone();
        Arc::new(move |files| fetch(&session, files))
    }

    /// Whether a step waits for messages.
    pub(super) fn waits(&self) -> bool {
        !self.queues.is_empty()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.queues.is_empty() && self.buckets.is_empty() && self.lookups.is_empty()
    }

    pub(super) fn step(&mut self, ingest: &mut Ingest, pace: Pace, step: &mut Step) -> Result<()> {
        let session = self.session.clone();
        let outcome = self.buckets.step(&session, ingest, pace, step);
        forgive(outcome, pace, step)?;
        let outcome = self.lookups.step(ingest, pace, step);
        forgive(outcome, pace, step)?;
        // Last, for there it waits where nothing has come.
        let outcome = self.queues.step(&session, ingest, pace, step);
        forgive(outcome, pace, step)?;
        if pace != Pace::Once && step.ingested.postponed > 0 {
            let problems = &step.ingested.coverage.problems;
            let first = problems.iter().find(|it| it.kind.name() == NOT_FETCHED);
            let first = first.map_or_else(String::new, |it| it.example);
            step.troubles.push(format!("not fetched: {first}"));
        }
        Ok(())
    }
}

impl Remote {
    /// Checks the digests below a prefix, and says which keys could not be had.
    pub(super) fn verify_digests(
        &self,
        at: &BucketPrefix,
        wanted: &Wanted,
        keys: &Keys,
    ) -> Result<(Checked, Vec<String>)> {
        let aws = self.session.get()?;
        let scratch = tempfile::tempdir()?;
        let vault = Bucketed {
            aws,
            at,
            scratch: scratch.path().to_owned(),
        };
        let mut asked: HashMap<String, PublicKeys> = HashMap::new();
        let mut notes = Vec::new();
        let now = wall_clock_micros() / 1_000_000;
        let mut of_region = |region: &str| match keys {
            Keys::File(keys) => keys.clone(),
            Keys::Ask => {
                let ask = || {
                    aws.public_keys(region, now - KEYS_BACK_S, now).unwrap_or_else(|failure| {
                        notes.push(format!(
                            "the public keys of {region} cannot be had, so that hashes and chain are checked and no \
                             signatures: {}",
                            failure.why()
                        ));
                        PublicKeys::default()
                    })
                };
                asked.entry(region.to_owned()).or_insert_with(ask).clone()
            }
        };
        let checked = verify_digests(&vault, wanted, &mut of_region)?;
        Ok((checked, notes))
    }
}

/// While following, what may go better later ends nothing.
fn forgive(outcome: Result<()>, pace: Pace, step: &mut Step) -> Result<()> {
    match outcome {
        Err(error) if pace != Pace::Once && is_passing(&error) => {
            step.troubles.push(format!("{error:#}"));
            Ok(())
        }
        outcome => outcome,
    }
}

fn is_passing(error: &anyhow::Error) -> bool {
    let lake = error.downcast_ref::<keyline_lake::Error>();
    let source = error.downcast_ref::<keyline_source::Error>();
    lake.is_some_and(|error| error.kind() == keyline_lake::ErrorKind::Unreachable)
        || source.is_some_and(|error| error.kind() == keyline_source::ErrorKind::Io)
}

/// An object as the ledger knows it: the same whoever has told of it.
pub(super) fn file_of(object: &S3Object) -> SourceFile {
    SourceFile {
        name: object.address(),
        version: object.etag.clone(),
        bytes: object.bytes.unwrap_or(0),
    }
}

fn fetch(session: &Session, files: &[SourceFile]) -> Haul {
    let later = |why: String| Haul {
        fetched: vec![Fetched::Later(why); files.len()],
        folder: None,
    };
    let aws = match session.get() {
        Ok(aws) => aws,
        Err(error) => return later(error.to_string()),
    };
    let folder = match tempfile::tempdir() {
        Ok(folder) => folder,
        Err(error) => return later(format!("scratch space cannot be used: {error}")),
    };
    let object = |file: &SourceFile| S3Object::at(&file.name, &file.version, Some(file.bytes));
    let objects: Vec<S3Object> = files.iter().filter_map(object).collect();
    let mut copies = aws.fetch(&objects, folder.path()).into_iter();
    let all = files.iter().enumerate().map(|(number, file)| {
        if file.name.starts_with("s3://") {
            return copies.next().map(fetched);
        }
        if let Some(stretch) = Stretch::parse(&file.name) {
            let path = folder.path().join(format!("events-{number}"));
            return Some(fetched(aws.look_up(&stretch, &path)));
        }
        queues::letter(file).map(Fetched::Gone)
    });
    let unknown = || {
        let why = "this Keyline does not know such a source; use a newer one";
        Fetched::Later(why.to_owned())
    };
    let fetched = all.map(|it| it.unwrap_or_else(unknown)).collect();
    Haul {
        fetched,
        folder: Some(folder),
    }
}

fn fetched(outcome: Result<PathBuf, Failure>) -> Fetched {
    match outcome {
        Ok(path) => Fetched::There(path),
        Err(Failure::Gone(why)) => Fetched::Gone(why),
        Err(failure) => Fetched::Later(failure.why().to_owned()),
    }
}

/// The named sources of one kind.
pub(super) fn named<T>(wishes: &Wishes, of: impl Fn(&Named) -> Option<T>) -> Vec<T> {
    wishes.sources.iter().filter_map(of).collect()
}
