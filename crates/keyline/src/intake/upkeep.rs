//! The upkeep of a lake into which files flow: now and then its days are compacted, for each batch leaves a file.
//!
//! In: how many batches have come. Out: a lake whose days have few files. For `keyline ingest --follow` and the watch,
//! on a thread of its own, so that nothing that comes has to wait for it. Files of about the same size are put together,
//! so that an event is written a few times however long a day goes on.

use std::thread::{self, JoinHandle};

use anyhow::{Context as _, Result, anyhow};
use keyline_lake::LogOptions;
use keyline_lake::delta::{Compacting, Lake};

/// After so many batches the days that have several files are compacted.
const COMPACT_AFTER: u64 = 32;
const COMPACT_FILES_MIN: usize = 8;

/// What was taken in since the last time.
pub struct Upkeep {
    lake: Lake,
    memory_bytes: u64,
    batches: u64,
    running: Option<JoinHandle<Result<(), keyline_lake::Error>>>,
}

impl Upkeep {
    pub fn new(lake: &Lake, options: &LogOptions) -> Upkeep {
        Upkeep {
            lake: lake.clone(),
            memory_bytes: options.memory_bytes,
            batches: 0,
            running: None,
        }
    }

    /// Compacts if these batches make it due; the error of the last time, if it ended in one.
    pub fn after(&mut self, batches: u64) -> Result<()> {
        self.batches += batches;
        if self.running.as_ref().is_some_and(JoinHandle::is_finished) {
            self.end()?;
        }
        if self.batches >= COMPACT_AFTER && self.running.is_none() {
            self.batches = 0;
            let (lake, memory_bytes) = (self.lake.clone(), self.memory_bytes);
            let compact = move || {
                let some = Compacting::Alike(COMPACT_FILES_MIN);
                // One thread: those who take in and judge come first.
                lake.compact(some, 1, memory_bytes, &|_, _| ()).map(drop)
            };
            let thread = thread::Builder::new().name("keyline-upkeep".to_owned());
            self.running = Some(thread.spawn(compact).context("no thread for the upkeep")?);
        }
        Ok(())
    }

    fn end(&mut self) -> Result<()> {
        match self.running.take().map(JoinHandle::join) {
            Some(Ok(outcome)) => Ok(outcome?),
            Some(Err(_)) => Err(anyhow!("a compaction broke off")),
            None => Ok(()),
        }
    }
}

impl Drop for Upkeep {
    /// What is under way is finished: it is not much, and else its files would lie about.
    fn drop(&mut self) {
        let _ = self.end();
    }
}
