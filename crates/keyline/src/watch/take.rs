//! Sources into the lake, as a stage of the watch.
//!
//! In: the sources. Out: what came of each step. What is done there is what `keyline ingest --follow` does, to the batch
//! that somebody else has left unfinished; what makes it exact is the ledger of the lake. A step that fails is made
//! again, for the disk may be full or the bucket out of reach for a while.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use keyline_lake::LogOptions;
use keyline_lake::delta::{Ingested, Lake};

use super::vitals::Vitals;
use crate::intake::{Intake, Pace, Step, Upkeep, Wishes};
use crate::pipeline::{Event, RESTS};

/// How long a step waits where nothing has come: for folders, where messages are waited for beside them, and for
/// messages alone.
const WAITS: [Duration; 3] = [
    Duration::from_millis(250),
    Duration::from_secs(1),
    Duration::from_secs(5),
];
/// How often it is looked whether somebody wants an end.
const WAKE_EVERY: Duration = Duration::from_millis(200);

/// Takes in what comes, until somebody wants an end; once, all that is there.
pub fn take(
    location: &str,
    wishes: &Wishes,
    once: bool,
    options: LogOptions,
    events: &SyncSender<Event>,
    stop: &AtomicBool,
    vitals: &Vitals,
) {
    let mut taker = Taker {
        options,
        intake: None,
    };
    let mut rests = RESTS.0;
    let mut troubles: Vec<String> = Vec::new();
    // Without sources others fill the lake.
    while !wishes.sources.is_empty() && !stop.load(Ordering::Relaxed) {
        let step = match taker.step(location, wishes, once) {
            Ok(step) => step,
            Err(error) => {
                taker.intake = None;
                if events.send(Event::Failed("take", error)).is_err() || once {
                    return;
                }
                let until = Instant::now() + rests;
                while Instant::now() < until && !stop.load(Ordering::Relaxed) {
                    thread::sleep(WAKE_EVERY.min(rests));
                }
                rests = (rests * 2).min(RESTS.1);
                continue;
            }
        };
        rests = RESTS.0;
        count(vitals, &step);
        // The same trouble is told once, however long it lasts.
        let new = step.troubles.iter().filter(|it| !troubles.contains(*it));
        for trouble in new {
            if events.send(Event::OutOfReach(trouble.clone())).is_err() {
                return;
            }
        }
        let is_news = step.found > 0 || step.ingested.rows > 0 || step.ingested.redone > 0;
        let oldest = step.since.iter().map(|(since, _)| *since).min();
        let oldest = oldest.filter(|_| step.ingested.rows > 0);
        troubles = step.troubles;
        let taken = Event::Taken(Box::new(step.ingested), oldest);
        if (is_news || once) && events.send(taken).is_err() {
            return;
        }
        if once {
            break;
        }
    }
    let _ = events.send(Event::AllTaken);
}

/// The writer of the lake.
struct Taker {
    options: LogOptions,
    intake: Option<(Intake, Upkeep)>,
}

impl Taker {
    fn step(&mut self, location: &str, wishes: &Wishes, once: bool) -> Result<Step> {
        let mut recovered = Ingested::default();
        if self.intake.is_none() {
            let lake = Lake::open_or_make(location)?;
            let mut intake = Intake::open(&lake, wishes, self.options.clone())?;
            recovered = intake.recover()?;
            self.intake = Some((intake, Upkeep::new(&lake, &self.options)));
        }
        let (intake, upkeep) = self.intake.as_mut().context("the lake is open")?;
        let [folders, both, messages] = WAITS;
        let wait = match (intake.watches_folders(), intake.waits_elsewhere()) {
            (_, false) => folders,
            (true, true) => both,
            (false, true) => messages,
        };
        let mut step = intake.step(match once {
            true => Pace::Once,
            false => Pace::Following { wait },
        })?;
        upkeep.after(step.ingested.batches)?;
        recovered.merge(step.ingested);
        step.ingested = recovered;
        Ok(step)
    }
}

fn count(vitals: &Vitals, step: &Step) {
    let taken = &step.ingested;
    vitals.change(|now| {
        now.waiting_files = step.left;
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
            let mut longest = Duration::ZERO;
            for (since, files) in &step.since {
                let lag = since.elapsed();
                now.to_row.add_many(lag, *files);
                longest = longest.max(lag);
            }
            now.added(taken.rows, longest, Instant::now());
        }
    });
}
