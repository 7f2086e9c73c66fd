//! Which files were taken into the lake, and in which batch.
//!
//! A batch is written down before any of its events is: a file `_ledger/N.json` that only one writer can make. Its
//! events are then committed with the number N. Whoever finds a batch without its commit does it again; the next
//! batch begins when this one is committed. So a number stands for one list of files, whoever
//! crashed when. A file is known again by its name, its size and its version.

use std::collections::HashSet;

use serde_json::{Value, json};
use xxhash_rust::xxh3::xxh3_128;

use super::store::Store;
use crate::error::{Error, ErrorKind};

const FOLDER: &str = "_ledger";
const SCHEMA: &str = "keyline.ledger/1";

/// A file that events come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// What it is called for good: an absolute path, or an address such as `s3://bucket/key`.
    pub name: String,
    /// What changes when its content does: a time of change, or an etag.
    pub version: String,
    pub bytes: u64,
}

/// A batch of files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Batch {
    pub(crate) number: i64,
    pub(crate) files: Vec<SourceFile>,
}

/// The batches so far.
#[derive(Debug)]
pub(crate) struct Ledger {
    store: Store,
    known: HashSet<u128>,
    /// The last batch that was read.
    last: i64,
}

impl SourceFile {
    fn identity(&self) -> u128 {
        let text = format!("{}\0{}\0{}", self.name, self.version, self.bytes);
        xxh3_128(text.as_bytes())
    }
}

impl Ledger {
    pub(crate) fn open(store: &Store) -> Result<Ledger, Error> {
        let mut ledger = Ledger {
            store: store.clone(),
            known: HashSet::new(),
            last: 0,
        };
        ledger.refresh()?;
        Ok(ledger)
    }

    /// The number of the last batch.
    pub(crate) fn last(&self) -> i64 {
        self.last
    }

    /// How many files were written down.
    pub(crate) fn files(&self) -> usize {
        self.known.len()
    }

    /// Reads the batches that others have added; gives them.
    pub(crate) fn refresh(&mut self) -> Result<(), Error> {
        let after = name_of(self.last);
        for found in self.store.list(FOLDER, Some(&after))? {
            let Some(number) = number_of(&found.name) else {
                continue;
            };
            if number <= self.last {
                continue;
            }
            let batch = self.read(number)?;
            self.known
                .extend(batch.files.iter().map(SourceFile::identity));
            self.last = number;
        }
        Ok(())
    }

    pub(crate) fn read(&self, number: i64) -> Result<Batch, Error> {
        let name = name_of(number);
        let broken = |why: &str| {
            let message = format!(
                "the batch `{name}` of the lake's ledger {why}; put it back from a copy, or look \
                 with `keyline lake verify` at what is there"
            );
            Error::new(ErrorKind::Foreign, message)
        };
        let bytes = self
            .store
            .read(&name)?
            .ok_or_else(|| broken("is not there"))?;
        let value: Value = serde_json::from_slice(&bytes).map_err(|_| broken("is no JSON"))?;
        match value["schema"].as_str() {
            Some(SCHEMA) => {}
            Some(other) => {
                let message = format!(
                    "`{name}` of the lake has the schema `{other}`, this Keyline knows `{SCHEMA}`; use a \
                     newer Keyline"
                );
                return Err(Error::new(ErrorKind::Newer, message));
            }
            None => return Err(broken("has no schema")),
        }
        let files = value["files"]
            .as_array()
            .ok_or_else(|| broken("lists no files"))?;
        let files = files
            .iter()
            .map(|file| {
                Some(SourceFile {
                    name: file["name"].as_str()?.to_owned(),
                    version: file["version"].as_str()?.to_owned(),
                    bytes: file["bytes"].as_u64()?,
                })
            })
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| broken("has a file without a name"))?;
        Ok(Batch { number, files })
    }

    /// Whether a file was taken in, or is about to be.
    pub(crate) fn knows(&self, file: &SourceFile) -> bool {
        self.known.contains(&file.identity())
    }

    /// Writes the next batch down; nothing where another writer was quicker.
    pub(crate) fn begin(&mut self, files: Vec<SourceFile>) -> Result<Option<Batch>, Error> {
        let number = self.last + 1;
        let listed: Vec<Value> = files
            .iter()
            .map(|file| json!({"name": file.name, "version": file.version, "bytes": file.bytes}))
            .collect();
        let text = json!({ "schema": SCHEMA, "batch": number, "files": listed }).to_string();
        if !self.store.put_new(&name_of(number), text.into_bytes())? {
            return Ok(None);
        }
        self.known.extend(files.iter().map(SourceFile::identity));
        self.last = number;
        Ok(Some(Batch { number, files }))
    }
}

fn name_of(number: i64) -> String {
    format!("{FOLDER}/{number:020}.json")
}

fn number_of(name: &str) -> Option<i64> {
    let name = name.strip_prefix(FOLDER)?.strip_prefix('/')?;
    let digits = name.strip_suffix(".json")?;
    (digits.len() == 20).then(|| digits.parse().ok())?
}
