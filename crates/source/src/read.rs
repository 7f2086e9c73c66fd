//! Reads a file into a buffer that is used again, or opens it as a stream when it is large.
//!
//! Nothing is inflated here: `trail` does that, under its own limits.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use crate::error::Error;
use crate::limits;

/// How a file's bytes are at hand.
#[derive(Debug)]
pub enum Contents {
    /// All of them, in the buffer that was passed in.
    Whole,
    /// Too many to hold: to be read piece by piece.
    Stream(BufReader<File>),
}

/// Reads a file of at most `whole_bytes_max` bytes into `buffer`, whose old content goes; opens a
/// larger one as a stream.
pub fn read_into(
    path: &Path,
    buffer: &mut Vec<u8>,
    whole_bytes_max: u64,
) -> Result<Contents, Error> {
    buffer.clear();
    let whole_bytes_max = whole_bytes_max.min(limits::WHOLE_FILE_BYTES_MAX);
    let failed = |error: std::io::Error| Error::io("read", path, &error);
    let file = File::open(path).map_err(failed)?;
    let length = file.metadata().map_err(failed)?.len();
    if length > whole_bytes_max {
        return Ok(Contents::Stream(BufReader::with_capacity(1 << 20, file)));
    }
    buffer.reserve(length as usize);
    // A file that grows while it is read is cut at the length it had: what is appended later belongs
    // to a later run.
    file.take(length).read_to_end(buffer).map_err(failed)?;
    Ok(Contents::Whole)
}
