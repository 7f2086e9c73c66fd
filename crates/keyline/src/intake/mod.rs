//! From sources as the user named them into the lake: found, fetched, taken in, told.
//!
//! In: files, folders, standard input, buckets and what else `Named` knows. Out: steps, each of which takes in what
//! is new, and says so. `keyline ingest` makes one step, or goes on; the watch goes on, a piece at a time. What makes each
//! event be there once is the business of the crate `lake`.

mod folders;
mod whole;
#[cfg(feature = "aws")]
mod remote;
#[cfg(feature = "aws")]
mod buckets;
#[cfg(feature = "aws")]
mod queues;
#[cfg(feature = "aws")]
mod lookups;

mod digests;
mod upkeep;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Result;
use keyline_lake::delta::{Ingest, Ingested, Lake};
use keyline_lake::{LogOptions, RawRecord, SessionTokens};
use keyline_source::{AwsOptions, Named, Span, Wanted};

pub use self::digests::{Keys, Verified};
use self::folders::Folders;
#[cfg(feature = "aws")]
use self::remote::Remote;
pub use self::upkeep::Upkeep;
use crate::cli::{Context, DataArgs};
use crate::data;
use crate::units::{TimeBound, wall_clock_micros, wall_clock_ticks};

/// What is to be taken in.
#[derive(Debug, Clone, Default)]
pub struct Wishes {
    pub sources: Vec<Named>,
    pub wanted: Wanted,
    pub aws: AwsOptions,
}

impl Wishes {
    /// As words of the command line say it; times are in ticks.
    pub fn of(
        sources: &[PathBuf],
        (since, until): (Option<TimeBound>, Option<TimeBound>),
        (accounts, regions): (&[String], &[String]),
        aws: AwsOptions,
    ) -> Result<Wishes> {
        let named = sources.iter().map(|source| match source.to_str() {
            Some(text) => Named::parse(text),
            None => Ok(Named::Path(source.clone())),
        });
        let now = wall_clock_ticks();
        let bound = |bound: Option<TimeBound>| {
            bound.map(|bound| bound.resolve(now) / data::TICKS_PER_MICROSECOND)
        };
        let (since, until) = (bound(since), bound(until));
        if since.zip(until).is_some_and(|(since, until)| since > until) {
            anyhow::bail!("`--since` is later than `--until`, so that nothing lies between them");
        }
        Ok(Wishes {
            sources: named.collect::<Result<_, _>>()?,
            wanted: Wanted {
                span: Span::padded(since, until),
                accounts: accounts.to_vec(),
                regions: regions.to_vec(),
                ..Wanted::default()
            },
            aws,
        })
    }
}

/// How far one step goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// All that is there now.
    Once,
    /// A piece of what has come since, as one of many steps; where nothing has, it waits so long at most.
    Following { wait: Duration },
}

/// What one step has done.
#[derive(Debug, Clone, Default)]
pub struct Step {
    pub ingested: Ingested,
    /// Files that were new.
    pub found: u64,
    /// Since when they had waited, and how many of them.
    pub since: Vec<(Instant, u64)>,
    /// Files that are known and not taken in yet.
    pub left: u64,
    /// What could not be reached this time, while following; the next steps try again.
    pub troubles: Vec<String>,
}

impl Step {
    /// Files are new, and have waited since then.
    fn meet(&mut self, files: u64, since: Instant) {
        if files > 0 {
            self.found += files;
            self.since.push((since, files));
        }
    }
}

/// Sources that flow into a lake.
pub struct Intake {
    ingest: Ingest,
    folders: Folders,
    wishes: Wishes,
    #[cfg(feature = "aws")]
    remote: Remote,
}

impl Intake {
    /// Opens the lake for writing. Nothing is looked for yet.
    pub fn open(lake: &Lake, wishes: &Wishes, options: LogOptions) -> Result<Intake> {
        let ingest = Ingest::open(lake, options)?;
        let folders = Folders::new(wishes);
        #[cfg(feature = "aws")]
        {
            let remote = Remote::new(wishes);
            Ok(Intake {
                ingest: ingest.fetching(remote.fetch()),
                folders,
                wishes: wishes.clone(),
                remote,
            })
        }
        #[cfg(not(feature = "aws"))]
        {
            let elsewhere = |source: &&Named| !matches!(source, Named::Path(_));
            if wishes.sources.iter().any(|source| elsewhere(&source)) {
                anyhow::bail!(
                    "this build of Keyline reads files and folders only; buckets, queues and CloudTrail itself are \
                     in builds with the feature `aws` (`cargo build --release --features full`)"
                );
            }
            Ok(Intake {
                ingest,
                folders,
                wishes: wishes.clone(),
            })
        }
    }

    /// Finishes what an interrupted run has begun.
    pub fn recover(&mut self) -> Result<Ingested> {
        self.set_now();
        Ok(self.ingest.recover()?)
    }

    /// Whether there is anything that can be followed.
    pub fn can_follow(&self) -> bool {
        #[cfg(feature = "aws")]
        if !self.remote.is_empty() {
            return true;
        }
        self.folders.can_follow()
    }

    /// The version of the table of events.
    pub fn version(&self) -> u64 {
        self.ingest.version()
    }

    /// Takes in what is new. Blocks.
    pub fn step(&mut self, pace: Pace) -> Result<Step> {
        self.set_now();
        let mut step = Step::default();
        self.folders.step(&mut self.ingest, pace, &mut step)?;
        #[cfg(feature = "aws")]
        self.remote.step(&mut self.ingest, pace, &mut step)?;
        if let Pace::Following { wait } = pace
            && step.found == 0
            && (!self.waits_elsewhere() || !step.troubles.is_empty())
        {
            std::thread::sleep(wait);
        }
        Ok(step)
    }

    /// Whether folders are among the sources, which are looked through more often than anything is asked for.
    pub fn watches_folders(&self) -> bool {
        self.folders.can_follow()
    }

    /// Whether a step waits for messages already.
    #[cfg(feature = "aws")]
    pub fn waits_elsewhere(&self) -> bool {
        self.remote.waits()
    }

    #[cfg(not(feature = "aws"))]
    pub fn waits_elsewhere(&self) -> bool {
        false
    }

    fn set_now(&mut self) {
        self.ingest.set_now(wall_clock_micros());
    }
}

/// How logs are read that flow into a lake.
pub fn log_options(data: &DataArgs, context: &Context) -> Result<LogOptions> {
    Ok(LogOptions {
        threads: data::threads(data),
        memory_bytes: data::memory_bytes(data, context)? / 2,
        session_tokens: match data.keep_session_tokens {
            true => SessionTokens::Keep,
            false => SessionTokens::Hash,
        },
        raw_record: RawRecord::Leave,
        since: None,
        until: None,
        now: Some(wall_clock_micros()),
        scratch_folder: None,
        progress: None,
    })
}
