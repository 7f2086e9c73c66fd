//! The events that CloudTrail remembers by itself, for those who have no trail.
//!
//! A region's time is cut into stretches, each of which is a file for the lake. One that is whole, and old enough that
//! nothing can be added, is asked for once and never again; what is younger is asked for each time, with an overlap,
//! and the lake knows the events that it has.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::Result;
use keyline_lake::delta::{Ingest, SourceFile};
use keyline_source::aws::Stretch;
use keyline_source::{Named, Wanted, limits};

use super::remote::named;
use super::{Pace, Step, Wishes};
use crate::units::wall_clock_micros;

/// How far back CloudTrail remembers.
const REMEMBERED_S: i64 = 90 * 86_400;
/// How often it is asked while following.
const ASK_EVERY: Duration = Duration::from_secs(60);
/// How far back that goes each time: events are found after some fifteen minutes.
const OVERLAP_S: i64 = 30 * 60;
/// What a stretch counts for in a batch, as nobody knows its size: some of them make one.
const BYTES_COUNTED: u64 = 64 << 20;

/// The regions among the sources.
pub(super) struct Lookups {
    regions: Vec<String>,
    wanted: Wanted,
    asked: Option<Instant>,
    /// Until when each region was asked for.
    reached: HashMap<String, i64>,
}

impl Lookups {
    pub(super) fn new(wishes: &Wishes) -> Lookups {
        let regions = named(wishes, |source| match source {
            Named::Lookup(regions) => Some(regions.clone()),
            _ => None,
        });
        Lookups {
            regions: regions.concat(),
            wanted: wishes.wanted.clone(),
            asked: None,
            reached: HashMap::new(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.regions.is_empty()
    }

    pub(super) fn step(&mut self, ingest: &mut Ingest, pace: Pace, step: &mut Step) -> Result<()> {
        let follows = pace != Pace::Once;
        if self.regions.is_empty()
            || (follows && self.asked.is_some_and(|at| at.elapsed() < ASK_EVERY))
        {
            return Ok(());
        }
        self.asked = Some(Instant::now());
        let now = wall_clock_micros() / 1_000_000;
        let day = |day: keyline_source::Day| i64::from(day.since_1970()) * 86_400;
        let first = self.wanted.span.first.map_or(i64::MIN, day);
        let last = self
            .wanted
            .span
            .last
            .map_or(i64::MAX, |last| day(last.plus(1)) - 1);
        let since = first.max(now - REMEMBERED_S);
        let until = last.min(now);
        let mut files = Vec::new();
        for region in &self.regions {
            for stretch in Stretch::over(region, since, until) {
                let settled = stretch.is_whole()
                    && stretch.to < now - limits::LOOKUP_SETTLED.as_secs() as i64;
                let reached = self.reached.get(region).copied();
                match (settled, reached) {
                    (true, _) => files.push(file_of(&stretch, "settled".to_owned())),
                    // The end of it was asked for already.
                    (false, Some(reached)) if stretch.to > reached - OVERLAP_S => {
                        let from = stretch.from.max(reached - OVERLAP_S);
                        files.push(file_of(&Stretch { from, ..stretch }, format!("at {now}")));
                    }
                    (false, Some(_)) => {}
                    (false, None) => files.push(file_of(&stretch, format!("at {now}"))),
                }
            }
        }
        files.retain(|file| !ingest.knows(file));
        step.meet(files.len() as u64, Instant::now());
        let taken = ingest.take(files)?;
        if taken.postponed == 0 {
            for region in &self.regions {
                self.reached.insert(region.clone(), until);
            }
        }
        step.ingested.merge(taken);
        Ok(())
    }
}

fn file_of(stretch: &Stretch, version: String) -> SourceFile {
    SourceFile {
        name: stretch.name(),
        version,
        bytes: BYTES_COUNTED,
    }
}
