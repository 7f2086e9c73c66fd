//! Copies of the files of tables that lie in a bucket.
//!
//! In: a file's name and how to get it. Out: a path on this machine. A file of a table never changes, so that a
//! copy is good for as long as it is there; anybody may delete the folder at any time. What is fetched is
//! counted nowhere and never thrown away by Keyline: the folder may grow as large as the tables.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use xxhash_rust::xxh3::xxh3_64;

use super::store::{cannot, make_folder};
use crate::error::{Error, ErrorKind};

/// The copies of one lake.
#[derive(Debug)]
pub(crate) struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// Below the user's cache folder.
    pub(crate) fn for_lake(location: &str) -> Result<Cache, Error> {
        let home = std::env::var_os("XDG_CACHE_HOME")
            .map(PathBuf::from)
            .or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache")))
            .ok_or_else(|| {
                let message = "a lake in a bucket is read through copies: set `XDG_CACHE_HOME` to a folder for them";
                Error::new(ErrorKind::Io, message)
            })?;
        let number = xxh3_64(location.trim_end_matches('/').as_bytes());
        let folder = home
            .join("keyline")
            .join("lake")
            .join(format!("{number:016x}"));
        Ok(Cache { folder })
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The copy of a file of so many bytes, fetched now if it is not there.
    pub(crate) fn fetched(
        &self,
        name: &str,
        bytes: u64,
        fetch: impl FnOnce() -> Result<Bytes, Error>,
    ) -> Result<PathBuf, Error> {
        let path = self.path(name);
        if fs::metadata(&path).is_ok_and(|meta| meta.len() == bytes) {
            return Ok(path);
        }
        let folder = path.parent().unwrap_or(&self.folder);
        make_folder(folder)?;
        let write = |content: &[u8]| {
            let mut partial = tempfile::NamedTempFile::new_in(folder)?;
            partial.write_all(content)?;
            partial.persist(&path)?;
            Ok(())
        };
        write(&fetch()?).map_err(|error: std::io::Error| cannot("write", &path, &error))?;
        Ok(path)
    }
}
