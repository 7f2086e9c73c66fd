//! The upkeep of a lake into which files flow: now and then its days are compacted, for each batch leaves a file.
//!
//! In: how many batches have come. Out: a lake whose days have few files. For `keyline ingest --follow` and the watch.

use anyhow::Result;
use keyline_lake::LogOptions;
use keyline_lake::delta::Lake;

/// After so many batches the days that have several files are compacted.
const COMPACT_AFTER: u64 = 32;
const COMPACT_FILES_MIN: usize = 8;

/// What was taken in since the last time.
pub struct Upkeep {
    lake: Lake,
    threads: usize,
    memory_bytes: u64,
    batches: u64,
}

impl Upkeep {
    pub fn new(lake: &Lake, options: &LogOptions) -> Upkeep {
        Upkeep {
            lake: lake.clone(),
            threads: options.threads,
            memory_bytes: options.memory_bytes,
            batches: 0,
        }
    }

    /// Compacts if these batches make it due.
    pub fn after(&mut self, batches: u64) -> Result<()> {
        self.batches += batches;
        if self.batches >= COMPACT_AFTER {
            self.batches = 0;
            self.lake.compact(
                COMPACT_FILES_MIN,
                self.threads,
                self.memory_bytes,
                &|_, _| (),
            )?;
        }
        Ok(())
    }
}
