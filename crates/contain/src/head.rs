//! The head of a journal: how many lines it has, and the hash of the last one.
//!
//! In: both, after each write. Out: a file of one line beside the journal, written over in place and synced. The
//! chain of a journal's hashes shows what was altered in its middle; that last lines were altered or are gone
//! shows only what stands elsewhere. Deliberately not here: protection against whoever can write both files. That
//! takes a copy of the head in a place which they cannot reach.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind};

/// What the one line begins with.
const SCHEMA: &str = "keyline.journal-head/1";
/// Stands for the hash of the last line where there is none.
const NO_LINE: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The head of one journal.
#[derive(Debug)]
pub(crate) struct Head {
    file: File,
    /// Lines that the journal had when it was last written.
    pub lines: usize,
    /// The hash of the last of them; empty where there is none.
    pub last: String,
}

impl Head {
    /// Opens the head of a journal, or makes that of one which has no line yet.
    pub fn open(journal: &Path, is_empty: bool) -> Result<Head, Error> {
        let path = path_of(journal);
        let mut options = OpenOptions::new();
        options.read(true).write(true).truncate(false);
        options.create(is_empty);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        let mut file = options
            .open(&path)
            .map_err(|error| lacking(&path, &error.to_string()))?;
        let mut text = String::new();
        // One line and no more is read: whoever lengthens the file gains nothing.
        let most = line(0, "").len() as u64 + 1;
        let read = Read::take(&mut file, most).read_to_string(&mut text);
        read.map_err(|error| lacking(&path, &error.to_string()))?;
        let known = read_line(&text);
        let (lines, last) = match (known, is_empty && text.is_empty()) {
            (Some(known), _) => known,
            (None, true) => (0, String::new()),
            (None, false) => return Err(lacking(&path, "it says nothing")),
        };
        let mut head = Head { file, lines, last };
        if text.is_empty() {
            let (lines, last) = (head.lines, head.last.clone());
            head.write(lines, &last)?;
        }
        Ok(head)
    }

    /// Writes the head anew and waits until it is on the disk. The line is always as long, so that a shorter
    /// one leaves no rest of a longer.
    pub fn write(&mut self, lines: usize, last: &str) -> Result<(), Error> {
        let text = line(lines, last);
        let written = self
            .file
            .seek(SeekFrom::Start(0))
            .and_then(|_| self.file.write_all(text.as_bytes()))
            .and_then(|()| self.file.sync_data());
        written.map_err(|error| {
            Error::new(
                ErrorKind::Journal,
                format!("cannot write the head of the journal: {error}; nothing further is done"),
            )
        })?;
        self.lines = lines;
        last.clone_into(&mut self.last);
        Ok(())
    }
}

/// The head stands beside its journal.
fn path_of(journal: &Path) -> PathBuf {
    let mut name = OsString::from(journal);
    name.push(".head");
    PathBuf::from(name)
}

fn line(lines: usize, last: &str) -> String {
    let last = if last.is_empty() { NO_LINE } else { last };
    format!("{SCHEMA} {lines:020} {last}\n")
}

fn read_line(text: &str) -> Option<(usize, String)> {
    let rest = text.strip_suffix('\n')?.strip_prefix(SCHEMA)?;
    let (lines, last) = rest.strip_prefix(' ')?.split_once(' ')?;
    let lines: usize = lines.parse().ok()?;
    let last = if last == NO_LINE { "" } else { last };
    (line(lines, last) == text).then(|| (lines, last.to_owned()))
}

fn lacking(path: &Path, why: &str) -> Error {
    Error::new(
        ErrorKind::Journal,
        format!(
            "the journal cannot be used: its head `{}` cannot be read ({why}), so that nobody can tell whether its \
             last lines are as they were written",
            path.display()
        ),
    )
}
