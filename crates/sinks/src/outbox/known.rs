//! Which alerts were queued already, so that each is queued once, whoever finds it how often.
//!
//! Keys of 16 bytes, in memory and in a file that is added to. When there are too many, the older
//! half is forgotten: an alert that old is not found again, or is worth being told again.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::private;

type Key = [u8; 16];

pub(crate) struct Known {
    path: PathBuf,
    file: File,
    /// In the order in which they came.
    order: Vec<Key>,
    keys: HashSet<Key>,
}

impl Known {
    pub(crate) fn open(folder: &Path) -> Result<Known, Error> {
        let path = folder.join("known");
        let cannot = |error| Error::io("open", &path, &error);
        let mut order: Vec<Key> = Vec::new();
        match fs::read(&path) {
            Ok(bytes) => order.extend(bytes.as_chunks::<16>().0),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(cannot(error)),
        }
        let file = private::append(&path).map_err(cannot)?;
        // A key that was cut off: its alert is found in the queue, which is looked through.
        file.set_len(order.len() as u64 * 16).map_err(cannot)?;
        let keys = order.iter().copied().collect();
        Ok(Known {
            path,
            file,
            order,
            keys,
        })
    }

    pub(crate) fn has(&self, key: &Key) -> bool {
        self.keys.contains(key)
    }

    /// Remembers keys, on disk when this returns.
    pub(crate) fn add(&mut self, keys: &[Key], known_max: usize) -> Result<(), Error> {
        let cannot = |path: &Path, error| Error::io("write", path, &error);
        let new: Vec<Key> = keys
            .iter()
            .copied()
            .filter(|key| self.keys.insert(*key))
            .collect();
        self.order.extend(&new);
        if self.order.len() > known_max {
            let old = self.order.len() - known_max / 2;
            for key in self.order.drain(..old) {
                self.keys.remove(&key);
            }
            private::replace(&self.path, self.order.as_flattened())
                .map_err(|error| cannot(&self.path, error))?;
            self.file = private::append(&self.path).map_err(|error| cannot(&self.path, error))?;
            return Ok(());
        }
        self.file
            .write_all(new.as_flattened())
            .and_then(|()| self.file.sync_data())
            .map_err(|error| cannot(&self.path, error))
    }
}
