//! Objects below the prefixes of buckets.
//!
//! Once: everything that is wanted and new. Following: the same until it is in, a piece at a time; from then on the days
//! that objects may still be added to, once a minute.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use anyhow::Result;
use keyline_lake::ProblemKind;
use keyline_lake::delta::{Ingest, SourceFile};
use keyline_source::aws::{Aws, Listing};
use keyline_source::{BucketPrefix, Named, S3Object, Span, Wanted};

use super::remote::{Session, file_of, named};
use super::{Pace, Step, Wishes};
use crate::units::wall_clock_micros;

/// How often buckets are listed while following. A listing costs a request for each account and region.
const LIST_EVERY: Duration = Duration::from_secs(60);
/// How far back those listings go: deliveries come late by minutes, seldom by hours.
const LIST_BACK_US: i64 = 86_400_000_000;

/// How often all of a bucket is listed while objects of it could not be fetched.
const LIST_ALL_EVERY: Duration = Duration::from_secs(3600);
/// Objects and bytes that are taken in at a time while following: the rules see them afterwards.
const OBJECTS_AT_ONCE_MAX: usize = 1_000;
const BYTES_AT_ONCE_MAX: u64 = 64 << 20;

/// The buckets among the sources.
pub(super) struct Buckets {
    places: Vec<BucketPrefix>,
    wanted: Wanted,
    /// When the last listing began.
    listed: Option<Instant>,
    /// When all that is wanted was listed to its end the last time.
    listed_all: Option<Instant>,
    /// Objects of the last listing that are not taken in yet.
    waiting: VecDeque<SourceFile>,
    /// Of the objects since a listing of everything some could not be fetched.
    postponed: bool,
}

impl Buckets {
    pub(super) fn new(wishes: &Wishes) -> Buckets {
        Buckets {
            places: named(wishes, |source| match source {
                Named::Bucket(at) => Some(at.clone()),
                _ => None,
            }),
            wanted: wishes.wanted.clone(),
            listed: None,
            listed_all: None,
            waiting: VecDeque::new(),
            postponed: false,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    pub(super) fn step(
        &mut self,
        session: &Session,
        ingest: &mut Ingest,
        pace: Pace,
        step: &mut Step,
    ) -> Result<()> {
        if self.places.is_empty() {
            return Ok(());
        }
        match pace {
            Pace::Once => self.once(session.get()?, ingest, step),
            Pace::Following { .. } => self.follow(session, ingest, step),
        }
    }

    fn once(&mut self, aws: &Aws, ingest: &mut Ingest, step: &mut Step) -> Result<()> {
        let begun = Instant::now();
        for at in &self.places {
            loop {
                let (objects, more) = list(aws, at, &self.wanted, ingest, step)?;
                step.meet(objects.len() as u64, begun);
                let taken = ingest.take(objects)?;
                let stuck = taken.postponed > 0;
                self.postponed |= stuck;
                step.ingested.merge(taken);
                if !more || stuck {
                    break;
                }
            }
        }
        (self.listed, self.listed_all) = (Some(begun), Some(begun));
        Ok(())
    }

    fn follow(&mut self, session: &Session, ingest: &mut Ingest, step: &mut Step) -> Result<()> {
        if self.waiting.is_empty() && !self.list(session, ingest, step)? {
            return Ok(());
        }
        let mut piece = Vec::new();
        let mut bytes = 0;
        while piece.len() < OBJECTS_AT_ONCE_MAX
            && bytes < BYTES_AT_ONCE_MAX
            && let Some(file) = self.waiting.pop_front()
        {
            bytes += file.bytes;
            piece.push(file);
        }
        step.left += self.waiting.len() as u64;
        if !piece.is_empty() {
            let objects = piece.len() as u64;
            step.meet(objects, self.listed.unwrap_or_else(Instant::now));
            let taken = ingest.take(piece)?;
            // What is out of reach is as new when it is listed again.
            self.postponed |= taken.postponed > 0;
            if taken.postponed >= objects {
                // Nobody is there: the others are not tried one after the other.
                self.waiting.clear();
                self.listed_all = None;
            }
            step.ingested.merge(taken);
        }
        Ok(())
    }

    /// Lists what is new, if it is time; whether it was.
    fn list(&mut self, session: &Session, ingest: &Ingest, step: &mut Step) -> Result<bool> {
        if self.listed.is_some_and(|at| at.elapsed() < LIST_EVERY) {
            return Ok(false);
        }
        let again = if self.postponed {
            LIST_ALL_EVERY
        } else {
            Duration::MAX
        };
        let all = self.listed_all.is_none_or(|at| at.elapsed() >= again);
        let mut wanted = self.wanted.clone();
        if !all {
            let recent = Span::padded(Some(wall_clock_micros() - LIST_BACK_US), None);
            wanted.span.first = wanted.span.first.max(recent.first);
        }
        let begun = Instant::now();
        // Also where it fails: there is a pause before the next one.
        self.listed = Some(begun);
        let aws = session.get()?;
        let mut more_somewhere = false;
        for at in &self.places {
            let (objects, more) = list(aws, at, &wanted, ingest, step)?;
            more_somewhere |= more;
            self.waiting.extend(objects);
        }
        match (more_somewhere, all) {
            // What did not fit is listed as soon as these are in.
            (true, _) => self.listed = None,
            (false, true) => (self.listed_all, self.postponed) = (Some(begun), false),
            (false, false) => {}
        }
        Ok(true)
    }
}

/// The objects below a prefix that are new, and whether there may be more of them.
fn list(
    aws: &Aws,
    at: &BucketPrefix,
    wanted: &Wanted,
    ingest: &Ingest,
    step: &mut Step,
) -> Result<(Vec<SourceFile>, bool)> {
    let known = |object: &S3Object| ingest.knows(&file_of(object));
    let listing = aws.list(at, wanted, &known)?;
    step.ingested.skipped += listing.known;
    tell(&listing, step);
    let objects = listing.objects.iter().map(file_of).collect();
    Ok((objects, listing.more))
}

/// What the listing met stands in the coverage.
fn tell(listing: &Listing, step: &mut Step) {
    let problems = &mut step.ingested.coverage.problems;
    for (why, (count, first)) in &listing.passed_over {
        problems.add_many(ProblemKind::Other(why.name()), *count, || first.clone());
    }
    for (place, why) in &listing.problems {
        let kind = ProblemKind::Other("not-listed");
        problems.add(kind, || format!("{place}: {why}"));
    }
}
