//! From the paths that the user gave to the files to read, in a fixed order.
//!
//! A file named by the user is always read. In a folder, event files are taken, digests and files
//! of other services and formats are passed over and counted by reason, and what cannot be read is
//! a problem. The order is the byte order of the paths, so that two runs do the same. Content is
//! looked at only where the name does not say what a file is.

use std::collections::{BTreeMap, HashSet};
use std::ffi::OsString;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, reason};
use crate::judge::{Verdict, judge};
use crate::layout::{self, LogKey, Span, Wanted};
use crate::limits;

/// A file to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputFile {
    pub path: PathBuf,
    pub kind: FileKind,
    /// What the path says, where it lies in the S3 layout.
    pub key: Option<LogKey>,
    /// Whether the user named it itself, rather than a folder that it was found in.
    pub named: bool,
    /// Size on disk. Zero for a stream, whose size nobody knows.
    pub bytes: u64,
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileKind {
    /// Event records as text, compressed or not.
    Logs,
    /// Parquet; whether Keyline wrote it is seen when it is opened.
    Parquet,
    /// A pipe or the like: it can be read once only, so it is spooled first.
    Stream,
}

/// Why a file in a folder was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PassedOver {
    Digest,
    OtherService,
    Hidden,
    /// Neither its name nor its first bytes are those of a log.
    Unknown,
    /// Filed under a day outside `--since` and `--until`.
    OutsideSpan,
    /// Filed under an account that was not asked for.
    OtherAccount,
    /// Filed under a region that was not asked for.
    OtherRegion,
}

impl PassedOver {
    /// The reason as it is shown.
    pub fn name(self) -> &'static str {
        match self {
            PassedOver::Digest => "passed-over-digest",
            PassedOver::OtherService => "passed-over-other-service",
            PassedOver::Hidden => "passed-over-hidden",
            PassedOver::Unknown => "passed-over-not-a-log",
            PassedOver::OutsideSpan => "passed-over-outside-span",
            PassedOver::OtherAccount => "passed-over-other-account",
            PassedOver::OtherRegion => "passed-over-other-region",
        }
    }
}

/// Something below a folder that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileProblem {
    pub path: PathBuf,
    pub why: String,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
    pub files: Vec<InputFile>,
    /// How many were passed over for each reason, and the first of them.
    pub passed_over: BTreeMap<PassedOver, (u64, PathBuf)>,
    pub problems: Vec<FileProblem>,
    /// Standard input was among the paths (`-`).
    pub stdin: bool,
}

impl Found {
    /// Whether there are logs, but of other days than those that were asked for.
    pub fn passed_over_for_time(&self) -> bool {
        self.passed_over.contains_key(&PassedOver::OutsideSpan)
    }
}

/// Finds the files to read of some days. A path that does not exist, or a list with nothing in it, is an error.
pub fn discover(paths: &[PathBuf], span: Span) -> Result<Found, Error> {
    discover_wanted(paths, &Wanted::days(span))
}

/// The same for some accounts, regions and days.
pub fn discover_wanted(paths: &[PathBuf], wanted: &Wanted) -> Result<Found, Error> {
    let mut found = Found::default();
    for path in paths {
        if path.as_os_str() == "-" {
            found.stdin = true;
            continue;
        }
        let meta = fs::metadata(path).map_err(|error| missing(path, &error))?;
        if meta.is_dir() {
            let mut walk = Walk {
                found: &mut found,
                wanted,
                seen: HashSet::new(),
            };
            walk.folder(path, 0)?;
        } else if meta.is_file() {
            let kind = if sniff(path).is_some_and(|sniffed| sniffed == Sniffed::Parquet) {
                FileKind::Parquet
            } else {
                FileKind::Logs
            };
            let key = layout::parse(&path.to_string_lossy());
            found.files.push(InputFile {
                path: path.clone(),
                kind,
                key,
                named: true,
                bytes: meta.len(),
            });
        } else {
            let file = InputFile {
                path: path.clone(),
                kind: FileKind::Stream,
                key: None,
                named: true,
                bytes: 0,
            };
            found.files.push(file);
        }
    }
    Ok(found)
}

/// One walk through a folder that the user named.
struct Walk<'a> {
    found: &'a mut Found,
    wanted: &'a Wanted,
    /// Real paths of the folders entered, so that a loop of links ends.
    seen: HashSet<PathBuf>,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Path, depth: usize) -> Result<(), Error> {
        if depth > limits::FOLDER_DEPTH_MAX {
            let why = format!(
                "more than {} folders deep, not entered",
                limits::FOLDER_DEPTH_MAX
            );
            self.problem(folder, why);
            return Ok(());
        }
        match fs::canonicalize(folder) {
            Ok(real) => {
                if !self.seen.insert(real) {
                    return Ok(());
                }
            }
            Err(error) => {
                self.problem(folder, reason(&error));
                return Ok(());
            }
        }
        let mut names: Vec<OsString> = Vec::new();
        match fs::read_dir(folder) {
            Ok(entries) => {
                for entry in entries {
                    match entry {
                        Ok(entry) => names.push(entry.file_name()),
                        Err(error) => self.problem(folder, reason(&error)),
                    }
                }
            }
            Err(error) => self.problem(folder, reason(&error)),
        }
        names.sort_unstable();
        for name in names {
            let path = folder.join(&name);
            if name.to_string_lossy().starts_with('.') {
                self.pass_over(PassedOver::Hidden, &path);
                continue;
            }
            match fs::metadata(&path) {
                Ok(meta) if meta.is_dir() => self.folder(&path, depth + 1)?,
                Ok(meta) if meta.is_file() => self.file(path, meta.len())?,
                // A pipe or a device in a folder would block the run, so it is not opened.
                Ok(_) => self.pass_over(PassedOver::Unknown, &path),
                Err(error) => self.problem(&path, reason(&error)),
            }
        }
        Ok(())
    }

    fn file(&mut self, path: PathBuf, bytes: u64) -> Result<(), Error> {
        let (key, verdict) = judge(&path.to_string_lossy(), self.wanted);
        let kind = match verdict {
            Verdict::Take(kind) => kind,
            Verdict::PassOver(why) => {
                self.pass_over(why, &path);
                return Ok(());
            }
            Verdict::LookInside => match sniff(&path) {
                Some(Sniffed::Parquet) => FileKind::Parquet,
                Some(Sniffed::Gzip | Sniffed::Json) => FileKind::Logs,
                None => {
                    self.pass_over(PassedOver::Unknown, &path);
                    return Ok(());
                }
            },
        };
        if self.found.files.len() >= limits::FILES_MAX {
            let message = format!(
                "more than {} files below the folders given; name fewer folders",
                limits::FILES_MAX
            );
            return Err(Error::new(ErrorKind::TooLarge, message));
        }
        self.found.files.push(InputFile {
            path,
            kind,
            key,
            named: false,
            bytes,
        });
        Ok(())
    }

    fn pass_over(&mut self, why: PassedOver, path: &Path) {
        self.found
            .passed_over
            .entry(why)
            .or_insert_with(|| (0, path.to_owned()))
            .0 += 1;
    }

    fn problem(&mut self, path: &Path, why: String) {
        self.found.problems.push(FileProblem {
            path: path.to_owned(),
            why,
        });
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sniffed {
    Gzip,
    Json,
    Parquet,
}

fn sniff(path: &Path) -> Option<Sniffed> {
    let mut head = [0; limits::SNIFF_BYTES];
    let length = fs::File::open(path)
        .and_then(|mut file| file.read(&mut head))
        .ok()?;
    let head = &head[..length];
    if head.starts_with(b"PAR1") {
        return Some(Sniffed::Parquet);
    }
    if head.starts_with(&[0x1f, 0x8b]) {
        return Some(Sniffed::Gzip);
    }
    let text = head
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(head)
        .trim_ascii_start();
    matches!(text.first(), Some(b'{' | b'[')).then_some(Sniffed::Json)
}

fn missing(path: &Path, error: &std::io::Error) -> Error {
    match error.kind() {
        std::io::ErrorKind::NotFound => Error::new(
            ErrorKind::NotFound,
            format!(
                "no such file or folder: `{}`; expected log files, folders of them, or `-` for \
                 standard input",
                path.display()
            ),
        ),
        _ => Error::io("open", path, error),
    }
}
