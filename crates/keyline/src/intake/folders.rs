//! Files, folders and standard input.
//!
//! Once: everything that is there. Following: what is added to the folders, a piece at a time, so that whoever waits
//! for events gets the first of many soon. A file is taken when nobody can be writing to it any more: when nobody has
//! for a second, or when it is packed and there to its last byte, so that one that is still being written is not read
//! half.

use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::Result;
use keyline_lake::delta::{Ingest, SourceFile, find_wanted};
use keyline_source::{Named, Wanted};

use super::whole::is_whole;
use super::{Pace, Step, Wishes};

/// How long nobody must have written to a file.
const STEADY: Duration = Duration::from_secs(1);
/// Files and bytes that are taken in at a time while following: a stop waits for them, and the rules see them afterwards.
const FILES_AT_ONCE_MAX: usize = 1_000;
const BYTES_AT_ONCE_MAX: u64 = 64 << 20;
/// So many times as long as a look through the folders takes nobody looks again.
const LOOK_SHARE: u32 = 4;

/// The paths among the sources.
pub(super) struct Folders {
    paths: Vec<PathBuf>,
    wanted: Wanted,
    /// Files that may still be being written, as they looked, and since when they do.
    young: HashMap<String, (SourceFile, Instant)>,
    /// Files that are taken in next, each since when it waits.
    waiting: VecDeque<(SourceFile, Instant)>,
    /// When the folders were looked through the last time, and how long that took.
    looked: Option<(Instant, Duration)>,
}

impl Folders {
    pub(super) fn new(wishes: &Wishes) -> Folders {
        let paths = wishes.sources.iter().filter_map(|source| match source {
            Named::Path(path) => Some(path.clone()),
            _ => None,
        });
        Folders {
            paths: paths.collect(),
            wanted: wishes.wanted.clone(),
            young: HashMap::new(),
            waiting: VecDeque::new(),
            looked: None,
        }
    }

    pub(super) fn can_follow(&self) -> bool {
        self.paths.iter().any(|path| path.is_dir())
    }

    pub(super) fn step(&mut self, ingest: &mut Ingest, pace: Pace, step: &mut Step) -> Result<()> {
        if self.paths.is_empty() {
            return Ok(());
        }
        match pace {
            Pace::Once => self.once(ingest, step),
            Pace::Following { .. } => self.follow(ingest, step),
        }
    }

    fn once(&mut self, ingest: &mut Ingest, step: &mut Step) -> Result<()> {
        let begun = Instant::now();
        let sources = find_wanted(&self.paths, &self.wanted)?;
        let mut files = sources.files;
        if sources.stdin {
            files.push(ingest.spooled(std::io::stdin().lock())?);
        }
        for stream in &sources.streams {
            files.push(ingest.spooled(std::fs::File::open(stream)?)?);
        }
        let new = files.iter().filter(|file| !ingest.knows(file)).count();
        step.meet(new as u64, begun);
        step.ingested.merge(ingest.take(files)?);
        step.ingested.coverage.merge(sources.coverage);
        Ok(())
    }

    fn follow(&mut self, ingest: &mut Ingest, step: &mut Step) -> Result<()> {
        if self.waiting.is_empty() {
            self.look(ingest)?;
        }
        let mut piece = Vec::new();
        let mut bytes = 0;
        while piece.len() < FILES_AT_ONCE_MAX
            && let Some((file, since)) = self.waiting.pop_front()
        {
            bytes += file.bytes;
            if bytes > BYTES_AT_ONCE_MAX && !piece.is_empty() {
                self.waiting.push_front((file, since));
                break;
            }
            step.meet(1, since);
            piece.push(file);
        }
        step.left += self.waiting.len() as u64;
        if !piece.is_empty() {
            step.ingested.merge(ingest.take(piece)?);
        }
        Ok(())
    }

    /// Looks for files that are new, and steady.
    fn look(&mut self, ingest: &Ingest) -> Result<()> {
        let before = match self.looked {
            Some((at, took)) if at.elapsed() < took * LOOK_SHARE => return Ok(()),
            looked => looked.map(|(at, _)| at),
        };
        let begun = Instant::now();
        // What went away meanwhile comes back or does not.
        let there = self.paths.iter();
        let there: Vec<PathBuf> = there
            .filter(|path| path.is_dir() || path.is_file())
            .cloned()
            .collect();
        let mut young = HashMap::new();
        if !there.is_empty() {
            for file in find_wanted(&there, &self.wanted)?.files {
                if ingest.knows(&file) {
                    continue;
                }
                let met = self.young.remove(&file.name);
                let met = met.filter(|(as_it_was, _)| *as_it_was == file);
                let since = match (met, before) {
                    (Some((_, since)), _) => since,
                    // It was not there when somebody looked the last time, however old it says that it is.
                    (None, Some(before)) => written(&file).unwrap_or(begun).clamp(before, begun),
                    (None, None) => begun,
                };
                let is_steady = since.elapsed() >= STEADY || age(&file) >= Some(STEADY);
                match is_steady || is_whole(Path::new(&file.name)) {
                    true => self.waiting.push_back((file, since)),
                    false => {
                        young.insert(file.name.clone(), (file, since));
                    }
                }
            }
        }
        self.young = young;
        self.looked = Some((begun, begun.elapsed()));
        Ok(())
    }
}

/// How long ago a file was written, as its version says.
fn age(file: &SourceFile) -> Option<Duration> {
    let nanos: u64 = file.version.parse().ok()?;
    let written = UNIX_EPOCH.checked_add(Duration::from_nanos(nanos))?;
    SystemTime::now().duration_since(written).ok()
}

/// When that was, if it can be told.
fn written(file: &SourceFile) -> Option<Instant> {
    Instant::now().checked_sub(age(file)?)
}
