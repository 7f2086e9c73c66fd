//! The run's scratch folder: one place for whatever is too large for memory.
//!
//! All temporary files of the process lie below it, those of the query engine too, so that one removal
//! leaves nothing behind, whether the run ends or is interrupted. It is made below the system's folder for
//! such files (`TMPDIR`); where that does not work, whoever needs scratch will say so. Deliberately not
//! here: what is written into it.

use std::path::PathBuf;
use std::sync::Mutex;

static LEFT_BEHIND: Mutex<LeftBehind> = Mutex::new(LeftBehind {
    folder: None,
    partial: Vec::new(),
});

/// What must not outlive the process.
struct LeftBehind {
    folder: Option<tempfile::TempDir>,
    /// Files that are not finished; they are gone when all goes well.
    partial: Vec<PathBuf>,
}

/// Makes the folder. To be called first, and once.
pub fn begin() {
    let Ok(folder) = tempfile::Builder::new().prefix("keyline-").tempdir() else {
        return;
    };
    // It fails when it was called before, and then nothing needs to be done.
    if tempfile::env::override_temp_dir(folder.path()).is_ok() {
        with(|left| left.folder = Some(folder));
    }
}

/// Names a file that is to go if the run is interrupted.
pub fn remove_if_interrupted(file: PathBuf) {
    with(|left| left.partial.push(file));
}

/// Removes the folder at the end of the run.
pub fn end() {
    with(|left| left.folder = None);
}

/// Removes everything, while other threads may still be writing.
pub fn end_at_once() {
    with(|left| {
        for file in &left.partial {
            // Usually it is not there.
            let _ = std::fs::remove_file(file);
        }
        left.folder = None;
    });
}

fn with(change: impl FnOnce(&mut LeftBehind)) {
    let mut left = match LEFT_BEHIND.lock() {
        Ok(left) => left,
        Err(poisoned) => poisoned.into_inner(),
    };
    change(&mut left);
}
