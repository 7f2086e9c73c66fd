//! Where one sink is in the queue, and what it has seen: kept in a file of its own, which is
//! replaced after every sending.
//!
//! The file is written after the destination took an alert. Whoever is cut off in between sends it
//! again: at least once, never less.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::log::Place;
use crate::error::Error;
use crate::limits::ASIDE_BYTES_MAX;
use crate::private;

/// What the file of a sink holds.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Lane {
    pub(crate) schema: String,
    pub(crate) place: Place,
    pub(crate) delivered: u64,
    pub(crate) passed_over: u64,
    pub(crate) put_aside: u64,
    pub(crate) dropped: u64,
    pub(crate) last_delivered_at: Option<String>,
    pub(crate) last_error: Option<String>,
    pub(crate) last_error_at: Option<String>,
}

const SCHEMA: &str = "keyline.sink/1";

impl Lane {
    /// A lane that begins at a place.
    pub(crate) fn at(place: Place) -> Lane {
        Lane {
            schema: SCHEMA.to_owned(),
            place,
            delivered: 0,
            passed_over: 0,
            put_aside: 0,
            dropped: 0,
            last_delivered_at: None,
            last_error: None,
            last_error_at: None,
        }
    }

    /// The lane that was written for a sink. One that cannot be understood begins where the queue
    /// does: it sends again rather than leave out.
    pub(crate) fn read(folder: &Path, sink: &str, begin: Place) -> Result<Option<Lane>, Error> {
        let path = path(folder, sink);
        match fs::read(&path) {
            Ok(bytes) => {
                let lane = serde_json::from_slice::<Lane>(&bytes).ok();
                let lane = lane.filter(|lane| lane.schema == SCHEMA);
                Ok(Some(lane.unwrap_or_else(|| Lane::at(begin))))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::io("read", &path, &error)),
        }
    }

    pub(crate) fn write(&self, folder: &Path, sink: &str) -> Result<(), Error> {
        let path = path(folder, sink);
        let json = serde_json::to_vec(self).unwrap_or_default();
        private::replace(&path, &json).map_err(|error| Error::io("write", &path, &error))
    }
}

/// Keeps a document that a sink refuses, unless too many are kept already.
pub(crate) fn put_aside(folder: &Path, sink: &str, document: &str, why: &str) -> Result<(), Error> {
    let path = folder.join(format!("aside-{sink}.jsonl"));
    let cannot = |error| Error::io("write", &path, &error);
    let mut file = private::append(&path).map_err(cannot)?;
    if file.metadata().map_err(cannot)?.len() > ASIDE_BYTES_MAX {
        return Ok(());
    }
    let kept = serde_json::json!({"why": why, "document": document.trim_end()});
    let line = format!("{}\n", crate::text::safe_json(&kept));
    file.write_all(line.as_bytes())
        .and_then(|()| file.sync_data())
        .map_err(cannot)
}

fn path(folder: &Path, sink: &str) -> PathBuf {
    folder.join(format!("sink-{sink}.json"))
}
