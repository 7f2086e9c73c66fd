//! Standard input and other streams that can be read only once.
//!
//! Such an input is copied to a scratch file first, so that a query may scan it twice and memory
//! stays flat. In: a reader and a folder. Out: the path of the copy; its owner deletes it.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::error::Error;

/// Copies all of `input` to a new file `name` in `folder`, readable by this user only.
pub fn spool(mut input: impl Read, folder: &Path, name: &str) -> Result<PathBuf, Error> {
    let path = folder.join(name);
    let failed = |error: io::Error| Error::io("spool the input to", &path, &error);
    let mut file = create_private(&path).map_err(failed)?;
    io::copy(&mut input, &mut file).map_err(failed)?;
    Ok(path)
}

/// Creates a file that only this user can read; it is an error when there is one already.
pub(crate) fn create_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}
