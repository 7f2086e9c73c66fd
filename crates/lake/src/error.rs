//! The error of the tables: what failed, in words that say what to do next.

use std::fmt;

use datafusion::error::DataFusionError;

/// A failure to open, read or write a table.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
}

/// What sort of failure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A path or address that does not exist, is not allowed, or cannot be read.
    Source(keyline_source::ErrorKind),
    /// Nothing to read.
    NoInput,
    /// Parquet that Keyline did not write.
    Foreign,
    /// Parquet of a newer version of Keyline.
    Newer,
    /// Scratch or output cannot be written.
    Io,
    /// Something that lies elsewhere cannot be fetched now.
    Unreachable,
    /// A broken Parquet file, or a failure inside the query engine.
    Internal,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Error {
        Error {
            kind,
            message: message.into(),
        }
    }

    /// What sort of failure it is.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl From<keyline_source::Error> for Error {
    fn from(error: keyline_source::Error) -> Error {
        Error::new(ErrorKind::Source(error.kind()), error.to_string())
    }
}

impl From<DataFusionError> for Error {
    fn from(error: DataFusionError) -> Error {
        let error = error.find_root();
        if let DataFusionError::External(inner) = error
            && let Some(ours) = inner.downcast_ref::<Error>()
        {
            return Error::new(ours.kind, ours.message.clone());
        }
        Error::new(ErrorKind::Internal, error.to_string())
    }
}

impl From<Error> for DataFusionError {
    fn from(error: Error) -> DataFusionError {
        DataFusionError::External(Box::new(error))
    }
}

impl From<parquet::errors::ParquetError> for Error {
    fn from(error: parquet::errors::ParquetError) -> Error {
        Error::new(ErrorKind::Internal, format!("parquet: {error}"))
    }
}

impl From<datafusion::arrow::error::ArrowError> for Error {
    fn from(error: datafusion::arrow::error::ArrowError) -> Error {
        Error::new(ErrorKind::Internal, error.to_string())
    }
}

/// An error of writing or reading scratch.
pub(crate) fn scratch(error: std::io::Error) -> Error {
    Error::new(
        ErrorKind::Io,
        format!("scratch space cannot be used: {error}; set `TMPDIR` to a folder with room"),
    )
}
