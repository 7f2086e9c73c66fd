//! The sink `jsonl`: a file, one document a line.
//!
//! The file is opened for each batch, so that it may be moved away at any time (`logrotate`). A
//! line that a full disk or a lost machine cut off is taken back before anything is added: its
//! document is still in the queue.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

use serde_json::Value;

use crate::failure::Failure;
use crate::private;
use crate::sink::Rendering;
use crate::text::{of_io, safe_json};

pub(crate) struct Jsonl {
    pub(crate) path: PathBuf,
    pub(crate) rendering: Rendering,
}

impl Jsonl {
    pub(crate) fn send(&self, alerts: &[&Value]) -> Result<(), Failure> {
        let mut lines = String::new();
        for alert in alerts {
            lines.push_str(&safe_json(&self.rendering.document(alert)));
            lines.push('\n');
        }
        add(&self.path, lines.as_bytes()).map_err(|error| {
            Failure::later(format!(
                "cannot write `{}`: {}",
                self.path.display(),
                of_io(&error)
            ))
        })
    }
}

fn add(path: &std::path::Path, lines: &[u8]) -> io::Result<()> {
    let is_new = !path.exists();
    let mut file = private::append(path)?;
    let whole = whole_length(&mut file)?;
    if whole != file.metadata()?.len() {
        file.set_len(whole)?;
    }
    let written = file.write_all(lines).and_then(|()| file.sync_data());
    if written.is_err() {
        // As good as it gets on a disk that is full; else the next attempt does it.
        let _ = file.set_len(whole);
    }
    written?;
    match (is_new, path.parent()) {
        (true, Some(folder)) if folder.as_os_str().is_empty() => {
            private::sync_folder(std::path::Path::new("."))
        }
        (true, Some(folder)) => private::sync_folder(folder),
        _ => Ok(()),
    }
}

/// The length up to the end of the last whole line. A pipe or a device has none and is left alone.
fn whole_length(file: &mut File) -> io::Result<u64> {
    let about = file.metadata()?;
    let mut end = about.len();
    let mut block = [0; 8192];
    while about.is_file() && end > 0 {
        let begin = end.saturating_sub(block.len() as u64);
        let part = &mut block[..(end - begin) as usize];
        file.seek(SeekFrom::Start(begin))?;
        file.read_exact(part)?;
        if let Some(at) = part.iter().rposition(|byte| *byte == b'\n') {
            return Ok(begin + at as u64 + 1);
        }
        end = begin;
    }
    Ok(end)
}
