//! A file that somebody edits while the server runs: read again when it has changed.
//!
//! What cannot be read any more is empty, so that whoever was let in by it is not, from then on.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use anyhow::Result;

pub struct Watched<T> {
    path: PathBuf,
    read: fn(&Path) -> Result<T>,
    held: Mutex<(Option<SystemTime>, Arc<T>)>,
}

impl<T: Default> Watched<T> {
    /// What is wrong with it at the start is an error.
    pub fn new(path: &Path, read: fn(&Path) -> Result<T>) -> Result<Watched<T>> {
        let at = changed(path);
        Ok(Watched {
            held: Mutex::new((at, Arc::new(read(path)?))),
            path: path.to_owned(),
            read,
        })
    }

    /// As it is now.
    pub fn current(&self) -> Arc<T> {
        let now = changed(&self.path);
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.0 != now || now.is_none() {
            let content = (self.read)(&self.path).unwrap_or_default();
            *held = (now, Arc::new(content));
        }
        held.1.clone()
    }
}

fn changed(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|file| file.modified()).ok()
}
