//! Parquet that Keyline wrote, as tables.
//!
//! In: paths. Out: stock listing tables, which prune row groups by their statistics and travel in
//! plans, and the coverage that the files' metadata carry. Parquet of other writers is refused: its
//! columns could mean anything; so is a newer version than this one knows.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_schema::SchemaRef;
use datafusion::catalog::TableProvider;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::{
    ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl,
};
use datafusion::execution::cache::cache_manager::FileStatisticsCache;
use keyline_trail::{Column, Coverage, ProblemKind, Projection, schema::arrow_schema};
use parquet::file::reader::{FileReader, SerializedFileReader};

use crate::error::{Error, ErrorKind};
use crate::parquet_table::events;

/// The schema's name and version, as it stands in the files.
pub const PARQUET_SCHEMA: &str = "keyline.cloudtrail/1";
const SCHEMA_NAME: &str = "keyline.cloudtrail";
const SCHEMA_VERSION: u32 = 1;

/// Opened Parquet files.
#[derive(Debug, Clone)]
pub struct ParquetLogs {
    files: Arc<[EventFile]>,
    paths: Vec<PathBuf>,
    coverage: Coverage,
    has_raw_record: bool,
}

/// A Parquet file of events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EventFile {
    /// Absolute.
    pub(crate) path: PathBuf,
    /// The first and the last time in it, in microseconds since 1970, where that is known and every event has one.
    pub(crate) span: Option<(i64, i64)>,
    /// The names of its columns, where it has not all of them.
    pub(crate) columns: Option<Vec<String>>,
}

/// The names of a file's columns.
#[cfg(feature = "lake")]
pub(crate) fn columns_of(path: &Path) -> Result<Vec<String>, Error> {
    let failed = |error: &dyn std::fmt::Display| {
        let message = format!("cannot read `{}`: {error}", path.display());
        Error::new(ErrorKind::Internal, message)
    };
    let file = std::fs::File::open(path).map_err(|error| failed(&error))?;
    let reader = SerializedFileReader::new(file).map_err(|error| failed(&error))?;
    let columns = reader.metadata().file_metadata().schema_descr().columns();
    Ok(columns
        .iter()
        .map(|column| column.name().to_owned())
        .collect())
}

impl ParquetLogs {
    /// Reads the footers and checks that these are files of ours. A file that cannot be read, or is not of
    /// ours, is counted and passed over; where none is left, the first one's error is the answer.
    pub fn open(paths: &[PathBuf]) -> Result<ParquetLogs, Error> {
        let (all, failed) = ParquetLogs::open_some(paths);
        match failed {
            Some(error) if all.paths.is_empty() => Err(error),
            _ => Ok(all),
        }
    }

    /// Opens what can be opened; the other answer is the first error.
    pub(crate) fn open_some(paths: &[PathBuf]) -> (ParquetLogs, Option<Error>) {
        let mut failed = None;
        let mut files = Vec::new();
        let mut coverage = Coverage::default();
        let mut has_raw_record = true;
        for path in paths {
            let absolute = std::path::absolute(path).unwrap_or_else(|_| path.clone());
            match Footer::read(path) {
                Ok(footer) => {
                    coverage.merge(footer.coverage);
                    has_raw_record &= footer.has_raw_record;
                    files.push(EventFile {
                        path: absolute,
                        span: None,
                        columns: None,
                    });
                }
                Err(error) => {
                    coverage.files += 1;
                    coverage.files_failed += 1;
                    coverage
                        .problems
                        .add(ProblemKind::Unreadable, || error.to_string());
                    failed.get_or_insert(error);
                }
            }
        }
        (ParquetLogs::of(files, coverage, has_raw_record), failed)
    }

    /// Files of which everything is known.
    pub(crate) fn of(
        files: Vec<EventFile>,
        coverage: Coverage,
        has_raw_record: bool,
    ) -> ParquetLogs {
        ParquetLogs {
            paths: files.iter().map(|file| file.path.clone()).collect(),
            files: files.into(),
            coverage,
            has_raw_record,
        }
    }

    /// Whether no file is left.
    pub(crate) fn is_empty(&self) -> bool {
        self.paths.is_empty()
    }

    /// The table `CloudTrail`: every column that the files hold.
    pub fn table(&self) -> Result<Arc<dyn TableProvider>, Error> {
        let mut columns = Projection::all();
        if self.has_raw_record {
            columns = columns.with(Column::RawRecord);
        }
        events(&self.files, arrow_schema(&columns))
    }

    /// The table `AWSCloudTrail`: the columns of Sentinel, exactly.
    pub fn sentinel_table(&self) -> Result<Arc<dyn TableProvider>, Error> {
        events(&self.files, arrow_schema(&Projection::aws()))
    }

    /// Where the files lie.
    pub(crate) fn paths(&self) -> &[PathBuf] {
        &self.paths
    }

    /// What the files hold, as their writer counted it.
    pub fn coverage(&self) -> &Coverage {
        &self.coverage
    }
}

/// A listing table over files with these columns.
pub(crate) fn listing(
    paths: &[PathBuf],
    schema: SchemaRef,
) -> Result<Arc<dyn TableProvider>, Error> {
    remembering(paths, schema, None)
}

/// The same, with what is found out about the files remembered for the next scan.
pub(crate) fn remembering(
    paths: &[PathBuf],
    schema: SchemaRef,
    statistics: Option<Arc<FileStatisticsCache>>,
) -> Result<Arc<dyn TableProvider>, Error> {
    let urls = paths
        .iter()
        .map(|path| ListingTableUrl::parse(url_of(path)))
        .collect::<Result<Vec<_>, _>>()?;
    // The files were named or found; whatever they are called, they are Parquet.
    let options = ListingOptions::new(Arc::new(ParquetFormat::default())).with_file_extension("");
    let config = ListingTableConfig::new_with_multi_paths(urls)
        .with_listing_options(options)
        .with_schema(schema);
    Ok(Arc::new(
        ListingTable::try_new(config)?.with_cache(statistics),
    ))
}

/// The URL of an absolute path. As a path, one with brackets or stars in it would be taken for a pattern.
pub(crate) fn url_of(path: &Path) -> String {
    let mut url = String::from("file://");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'~' => url.push(*byte as char),
            byte if byte.is_ascii_alphanumeric() => url.push(*byte as char),
            byte => url.push_str(&format!("%{byte:02X}")),
        }
    }
    url
}

/// What a file of ours says of itself: keys and values for its metadata.
pub(crate) fn describe(coverage: &Coverage) -> Vec<(String, String)> {
    let list = |set: &std::collections::BTreeSet<String>| {
        set.iter().map(String::as_str).collect::<Vec<_>>().join(",")
    };
    let time = |time: Option<i64>| time.map(|time| time.to_string()).unwrap_or_default();
    [
        ("keyline.schema", PARQUET_SCHEMA.to_owned()),
        ("keyline.first_event", time(coverage.first_event)),
        ("keyline.last_event", time(coverage.last_event)),
        ("keyline.accounts", list(&coverage.accounts)),
        ("keyline.regions", list(&coverage.regions)),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .to_vec()
}

struct Footer {
    coverage: Coverage,
    has_raw_record: bool,
}

impl Footer {
    fn read(path: &Path) -> Result<Footer, Error> {
        let failed = |error: &dyn std::fmt::Display| {
            Error::new(
                ErrorKind::Internal,
                format!("cannot read `{}`: {error}", path.display()),
            )
        };
        let file = std::fs::File::open(path).map_err(|error| failed(&error))?;
        let bytes = file.metadata().map_err(|error| failed(&error))?.len();
        let reader = SerializedFileReader::new(file).map_err(|error| failed(&error))?;
        let metadata = reader.metadata().file_metadata();
        let value = |key: &str| {
            metadata
                .key_value_metadata()
                .into_iter()
                .flatten()
                .find(|pair| pair.key == key)
                .and_then(|pair| pair.value.as_deref())
        };
        check_schema(path, value("keyline.schema"))?;
        let list = |key: &str| {
            let text = value(key).unwrap_or_default();
            text.split(',')
                .filter(|item| !item.is_empty())
                .map(str::to_owned)
                .collect()
        };
        let columns = metadata.schema_descr().columns();
        let has_raw_record = columns
            .iter()
            .any(|column| column.name() == Column::RawRecord.name());
        let coverage = Coverage {
            files: 1,
            bytes,
            events: u64::try_from(metadata.num_rows()).unwrap_or_default(),
            first_event: value("keyline.first_event").and_then(|time| time.parse().ok()),
            last_event: value("keyline.last_event").and_then(|time| time.parse().ok()),
            accounts: list("keyline.accounts"),
            regions: list("keyline.regions"),
            ..Coverage::default()
        };
        Ok(Footer {
            coverage,
            has_raw_record,
        })
    }
}

fn check_schema(path: &Path, found: Option<&str>) -> Result<(), Error> {
    let parsed = found.and_then(|text| text.split_once('/'));
    let version = parsed
        .filter(|(name, _)| *name == SCHEMA_NAME)
        .and_then(|(_, version)| version.parse::<u32>().ok());
    match version {
        Some(version) if version <= SCHEMA_VERSION => Ok(()),
        Some(version) => Err(Error::new(
            ErrorKind::Newer,
            format!(
                "`{}` has the schema `{SCHEMA_NAME}/{version}`, this Keyline knows \
                 `{PARQUET_SCHEMA}`; read it with a newer Keyline",
                path.display()
            ),
        )),
        None => Err(Error::new(
            ErrorKind::Foreign,
            format!(
                "`{}` was not written by Keyline: expected the schema `{PARQUET_SCHEMA}` in its \
                 metadata; give the log files instead",
                path.display()
            ),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        let check =
            |found: Option<&str>| check_schema(Path::new("x"), found).map_err(|error| error.kind());
        assert_eq!(check(Some("keyline.cloudtrail/1")), Ok(()));
        assert_eq!(check(Some("keyline.cloudtrail/2")), Err(ErrorKind::Newer));
        assert_eq!(check(Some("keyline.alert/1")), Err(ErrorKind::Foreign));
        assert_eq!(check(None), Err(ErrorKind::Foreign));
    }
}
