//! From the paths that the user gave to files that a lake can take in.
//!
//! In: paths. Out: files as the ledger knows them, what can be read only once, and what was passed over and why.

use std::path::PathBuf;

use keyline_source::{FileKind, Wanted, discover_wanted};
use keyline_trail::{Coverage, ProblemKind};

use super::ingest::Ingest;
use super::ledger::SourceFile;
use crate::error::Error;
use crate::logs::coverage_of;

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    pub files: Vec<SourceFile>,
    /// Pipes and the like.
    pub streams: Vec<PathBuf>,
    /// Standard input was among the paths (`-`).
    pub stdin: bool,
    /// What finding them has met.
    pub coverage: Coverage,
}

/// Finds the files below the paths.
pub fn find_sources(paths: &[PathBuf]) -> Result<Sources, Error> {
    find_wanted(paths, &Wanted::default())
}

/// The same, of those that are wanted, as far as their places say.
pub fn find_wanted(paths: &[PathBuf], wanted: &Wanted) -> Result<Sources, Error> {
    let found = discover_wanted(paths, wanted)?;
    let mut sources = Sources {
        stdin: found.stdin,
        coverage: coverage_of(&found),
        ..Sources::default()
    };
    for file in found.files {
        match file.kind {
            FileKind::Logs => match Ingest::source_of(&file.path) {
                Ok(source) => sources.files.push(source),
                // It went away since it was found.
                Err(error) => {
                    sources.coverage.files += 1;
                    sources.coverage.files_failed += 1;
                    let problems = &mut sources.coverage.problems;
                    problems.add(ProblemKind::Unreadable, || error.to_string());
                }
            },
            FileKind::Stream => sources.streams.push(file.path),
            FileKind::Parquet => {
                let kind = ProblemKind::Other("passed-over-parquet");
                let problems = &mut sources.coverage.problems;
                problems.add(kind, || {
                    format!(
                        "{}: give the log files that it was made of",
                        file.path.display()
                    )
                });
            }
        }
    }
    Ok(sources)
}
