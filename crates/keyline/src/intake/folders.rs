//! Files, folders and standard input.
//!
//! Once: everything that is there. Following: what is added to the folders, a file when it looked the same in two
//! steps, so that one that is still being written is not read half.

use std::collections::HashMap;
use std::path::PathBuf;

use anyhow::Result;
use keyline_lake::delta::{Ingest, SourceFile, find_wanted};
use keyline_source::{Named, Wanted};

use super::{Pace, Step, Wishes};

/// The paths among the sources.
pub(super) struct Folders {
    paths: Vec<PathBuf>,
    wanted: Wanted,
    /// What was seen the last time and was not taken yet, as it was then.
    seen: HashMap<String, SourceFile>,
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
            seen: HashMap::new(),
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
        let sources = find_wanted(&self.paths, &self.wanted)?;
        let mut files = sources.files;
        if sources.stdin {
            files.push(ingest.spooled(std::io::stdin().lock())?);
        }
        for stream in &sources.streams {
            files.push(ingest.spooled(std::fs::File::open(stream)?)?);
        }
        step.found += files.iter().filter(|file| !ingest.knows(file)).count() as u64;
        step.ingested.merge(ingest.take(files)?);
        step.ingested.coverage.merge(sources.coverage);
        Ok(())
    }

    fn follow(&mut self, ingest: &mut Ingest, step: &mut Step) -> Result<()> {
        let folders: Vec<PathBuf> = self
            .paths
            .iter()
            .filter(|path| path.is_dir())
            .cloned()
            .collect();
        if folders.is_empty() {
            return Ok(());
        }
        let new = find_wanted(&folders, &self.wanted)?.files;
        let new = new.into_iter().filter(|file| !ingest.knows(file));
        let (steady, growing): (Vec<SourceFile>, Vec<SourceFile>) =
            new.partition(|file| self.seen.get(&file.name) == Some(file));
        self.seen = growing
            .into_iter()
            .map(|file| (file.name.clone(), file))
            .collect();
        if !steady.is_empty() {
            step.found += steady.len() as u64;
            step.ingested.merge(ingest.take(steady)?);
        }
        Ok(())
    }
}
