//! Folders and files that only their owner can read, and their names made lasting.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::path::Path;

/// Makes a folder, and those above it, for its owner alone.
pub(crate) fn folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(path)
}

/// Opens a file to be added to; what is new is for its owner alone.
pub(crate) fn append(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    owner_only(&mut options);
    options.open(path)
}

/// Writes a file as a whole: what is read is the old content or the new, whatever is cut off when.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    use std::io::Write;
    let beside = path.with_extension("new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    owner_only(&mut options);
    let mut file = options.open(&beside)?;
    file.write_all(content)?;
    file.sync_data()?;
    std::fs::rename(&beside, path)
}

/// Makes names that came or went in a folder lasting.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(path)?.sync_all()?;
    Ok(())
}

fn owner_only(options: &mut OpenOptions) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let _ = options;
}
