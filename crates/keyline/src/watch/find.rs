//! New files below the folders that are watched.
//!
//! In: folders. Out: files that are new and that nobody has written to for a second, so that one that is still being
//! written is not read half. Whether a file was taken in by a run before is known to the ledger alone.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::Result;
use keyline_lake::delta::{SourceFile, find_sources};

use super::vitals::Vitals;
use crate::pipeline::{Event, RESTS};

/// Between two looks at the folders.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// Files that are taken in at a time: a stop waits for them, and the rules see them afterwards.
const FILES_AT_ONCE_MAX: usize = 1_000;
const BYTES_AT_ONCE_MAX: u64 = 64 << 20;
/// How long nobody must have written to a file.
const STEADY: Duration = Duration::from_secs(1);

/// Looks for files, and hands them on in pieces.
pub fn find(
    folders: Vec<PathBuf>,
    once: bool,
    found: &SyncSender<Vec<SourceFile>>,
    events: &SyncSender<Event>,
    stop: &AtomicBool,
    vitals: &Vitals,
) {
    if folders.is_empty() {
        // Others fill the lake.
        return;
    }
    let mut finder = Finder::new(folders);
    while !stop.load(Ordering::Relaxed) {
        match finder.look(once) {
            Ok(files) => {
                vitals.change(|now| now.waiting_files += files.len() as u64);
                for piece in pieces(files) {
                    if found.send(piece).is_err() {
                        return;
                    }
                }
            }
            Err(error) => {
                if events.send(Event::Failed("find", error)).is_err() {
                    return;
                }
                thread::sleep(RESTS.0);
            }
        }
        if once {
            return;
        }
        thread::sleep(LOOK_EVERY);
    }
}

fn pieces(files: Vec<SourceFile>) -> Vec<Vec<SourceFile>> {
    let mut all: Vec<Vec<SourceFile>> = Vec::new();
    let mut bytes = 0;
    for file in files {
        bytes += file.bytes;
        match all.last_mut() {
            Some(piece) if piece.len() < FILES_AT_ONCE_MAX && bytes <= BYTES_AT_ONCE_MAX => {
                piece.push(file);
            }
            _ => {
                bytes = file.bytes;
                all.push(vec![file]);
            }
        }
    }
    all
}

/// What was seen of the folders.
struct Finder {
    folders: Vec<PathBuf>,
    /// Files that were handed out, by a hash: years of them are a hundred megabytes.
    out: HashSet<u64>,
    hasher: RandomState,
    /// Files that were seen the last time and not handed out, by name, and since when they look as they do.
    growing: HashMap<String, (SourceFile, Instant)>,
}

impl Finder {
    fn new(folders: Vec<PathBuf>) -> Finder {
        Finder {
            folders,
            out: HashSet::new(),
            hasher: RandomState::new(),
            growing: HashMap::new(),
        }
    }

    /// The files that are steady and new; all that are new, if nothing is going to be added.
    fn look(&mut self, at_once: bool) -> Result<Vec<SourceFile>> {
        let found = find_sources(&self.folders)?;
        let is_new = |file: &SourceFile| !self.out.contains(&self.hash(file));
        let new: Vec<SourceFile> = found.files.into_iter().filter(is_new).collect();
        let mut steady = Vec::new();
        let mut growing = HashMap::new();
        for file in new {
            let before = self.growing.remove(&file.name);
            let since = before.filter(|before| before.0 == file);
            let since = since.map_or_else(Instant::now, |before| before.1);
            match at_once || since.elapsed() >= STEADY || age(&file) >= Some(STEADY) {
                true => steady.push(file),
                false => {
                    growing.insert(file.name.clone(), (file, since));
                }
            }
        }
        self.growing = growing;
        let out: Vec<u64> = steady.iter().map(|file| self.hash(file)).collect();
        self.out.extend(out);
        Ok(steady)
    }

    fn hash(&self, file: &SourceFile) -> u64 {
        let SourceFile {
            name,
            version,
            bytes,
        } = file;
        self.hasher.hash_one((name, version, bytes))
    }
}

/// How long ago a file was written, where its version is the time of that.
pub fn age(file: &SourceFile) -> Option<Duration> {
    let nanos: u64 = file.version.parse().ok()?;
    let written = UNIX_EPOCH.checked_add(Duration::from_nanos(nanos))?;
    SystemTime::now().duration_since(written).ok()
}
