//! Files into the lake, as a stage of the watch.
//!
//! In: pieces of files, one after the other. Out: what came of each. What makes it exact is the ledger of the lake; a
//! piece that fails is tried again, for the disk may be full or the bucket out of reach for a while.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use keyline_lake::LogOptions;
use keyline_lake::delta::{Ingest, Ingested, Lake, SourceFile};

use super::find::age;
use super::vitals::Vitals;
use crate::intake::Upkeep;
use crate::pipeline::{Event, RESTS};
use crate::units::wall_clock_micros;

/// Takes files into the lake; a piece that fails is tried again until it is in.
pub fn take(
    location: &str,
    once: bool,
    options: LogOptions,
    to_take: &Receiver<Vec<SourceFile>>,
    events: &SyncSender<Event>,
    stop: &AtomicBool,
    vitals: &Vitals,
) {
    let mut taker = Taker {
        options,
        ingest: None,
    };
    let mut rests = RESTS.0;
    while let Ok(files) = to_take.recv() {
        let found = Instant::now();
        let ages = files.iter().filter_map(age).max();
        let written = ages.and_then(|age| found.checked_sub(age)).unwrap_or(found);
        while !stop.load(Ordering::Relaxed) {
            let event = match taker.take(location, &files) {
                Ok(taken) => {
                    rests = RESTS.0;
                    count(vitals, &taken, files.len() as u64, written.elapsed());
                    let is_new = taken.rows > 0;
                    Event::Taken(Box::new(taken), is_new.then_some(written))
                }
                Err(error) => {
                    taker.ingest = None;
                    Event::Failed("take", error)
                }
            };
            let failed = matches!(event, Event::Failed(..));
            if events.send(event).is_err() || (failed && once) {
                return;
            }
            if !failed {
                break;
            }
            thread::sleep(rests);
            rests = (rests * 2).min(RESTS.1);
        }
    }
    let _ = events.send(Event::AllTaken);
}

/// The writer of the lake.
struct Taker {
    options: LogOptions,
    ingest: Option<(Ingest, Upkeep)>,
}

impl Taker {
    fn take(&mut self, location: &str, files: &[SourceFile]) -> Result<Ingested> {
        if self.ingest.is_none() {
            let lake = Lake::open_or_make(location)?;
            let mut ingest = Ingest::open(&lake, self.options.clone())?;
            ingest.recover()?;
            self.ingest = Some((ingest, Upkeep::new(&lake, &self.options)));
        }
        let (ingest, upkeep) = self.ingest.as_mut().context("the lake is open")?;
        ingest.set_now(wall_clock_micros());
        let taken = ingest.take(files.to_vec())?;
        upkeep.after(taken.batches)?;
        Ok(taken)
    }
}

fn count(vitals: &Vitals, taken: &Ingested, files: u64, lag: Duration) {
    vitals.change(|now| {
        now.waiting_files = now.waiting_files.saturating_sub(files);
        now.files += taken.coverage.files;
        now.events += taken.rows;
        now.batches += taken.batches;
        now.bad_records += taken.coverage.bad_records;
        now.duplicates += taken.coverage.duplicates;
        for problem in taken.coverage.problems.iter() {
            let kind = problem.kind.name().to_owned();
            *now.problems.entry(kind).or_default() += problem.count;
        }
        if taken.rows > 0 {
            now.to_row.add_many(lag, taken.coverage.files.max(1));
            now.added(taken.rows, lag, Instant::now());
        }
    });
}
