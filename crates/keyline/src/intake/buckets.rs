//! Objects below the prefixes of buckets.
//!
//! Once: everything that is wanted and new. Following: the days that objects may still be added to, once a minute.

use std::time::{Duration, Instant};

use anyhow::Result;
use keyline_lake::ProblemKind;
use keyline_lake::delta::Ingest;
use keyline_source::aws::{Aws, Listing};
use keyline_source::{BucketPrefix, Named, S3Object, Span, Wanted};

use super::remote::{Session, file_of, named};
use super::{Pace, Step, Wishes};
use crate::units::wall_clock_micros;

/// How often buckets are listed while following. A listing costs a request for each account and region.
const LIST_EVERY: Duration = Duration::from_secs(60);
/// How far back those listings go: deliveries come late by minutes, seldom by hours.
const LIST_BACK_US: i64 = 86_400_000_000;

/// The buckets among the sources.
pub(super) struct Buckets {
    places: Vec<BucketPrefix>,
    wanted: Wanted,
    listed: Option<Instant>,
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
        let mut wanted = self.wanted.clone();
        if let Pace::Following { .. } = pace {
            if self.listed.is_some_and(|at| at.elapsed() < LIST_EVERY) {
                return Ok(());
            }
            let recent = Span::padded(Some(wall_clock_micros() - LIST_BACK_US), None);
            wanted.span.first = wanted.span.first.max(recent.first);
        }
        self.listed = Some(Instant::now());
        let aws = session.get()?;
        for at in &self.places {
            take_in(aws, at, &wanted, ingest, step)?;
        }
        Ok(())
    }
}

fn take_in(
    aws: &Aws,
    at: &BucketPrefix,
    wanted: &Wanted,
    ingest: &mut Ingest,
    step: &mut Step,
) -> Result<()> {
    loop {
        let known = |object: &S3Object| ingest.knows(&file_of(object));
        let listing = aws.list(at, wanted, &known)?;
        step.found += listing.objects.len() as u64;
        step.ingested.skipped += listing.known;
        tell(&listing, step);
        let taken = ingest.take(listing.objects.iter().map(file_of).collect())?;
        let stuck = taken.postponed > 0;
        step.ingested.merge(taken);
        if !listing.more || stuck {
            return Ok(());
        }
    }
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
