//! A lake as logs: the files of its newest version, read as any other Parquet of Keyline.
//!
//! In: the lake and how to read. Out: opened logs. Files of days before `--since` and after `--until` are not opened
//! at all; what the log of the table says of the others is the coverage, so that opening costs the same however
//! many events there are. What was committed since is not seen: a run sees one version.

use keyline_trail::{Coverage, ProblemKind};

use super::Lake;
use super::spec::{event_columns, events};
use super::table::{Table, TableFile, columns_tag};
use crate::error::Error;
use crate::logs::{LogOptions, Logs};
use crate::parquet_read::{EventFile, ParquetLogs, columns_of};

impl Lake {
    /// The events of the lake as they are now. Blocks.
    pub fn logs(&self, options: LogOptions) -> Result<Logs, Error> {
        let table = Table::open(self.store(), events())?;
        let all = table.as_ref().map_or(Ok(Vec::new()), Table::files)?;
        let is_whole = options.since.is_none() && options.until.is_none();
        let version = table.as_ref().filter(|_| is_whole).map(Table::version);
        let logs = self.logs_of_files(&all, options)?;
        Ok(logs.beside(self.stored_tables()?, version))
    }

    /// Some files of the table of events, as logs.
    pub(crate) fn logs_of_files(
        &self,
        all: &[TableFile],
        options: LogOptions,
    ) -> Result<Logs, Error> {
        let mut coverage = Coverage::default();
        let mut files = Vec::new();
        let mut raw_record = true;
        let mut outside = 0;
        let columns_now = columns_tag(&event_columns(false));
        for file in all {
            if is_outside(file, &options) {
                outside += 1;
                continue;
            }
            let name = format!("{}/{}", events().name, file.path);
            let path = self.store().fetched(&name, file.bytes)?;
            let columns = match file.columns == columns_now {
                true => None,
                false => Some(columns_of(&path)?),
            };
            files.push(EventFile {
                path,
                span: file.first.zip(file.last),
                columns,
            });
            raw_record &= file.raw_record;
            coverage.merge(coverage_of(file));
        }
        if outside > 0 && files.is_empty() {
            let kind = ProblemKind::Other("outside-span");
            coverage.problems.add(kind, || {
                format!("{outside} files of the lake, none of the time that was asked for")
            });
        }
        let parquet = ParquetLogs::of(files, Coverage::default(), raw_record);
        Logs::of(
            Vec::new(),
            std::collections::HashMap::new(),
            Some(parquet),
            coverage,
            options,
        )
    }
}

fn is_outside(file: &TableFile, options: &LogOptions) -> bool {
    let Some((first, last)) = file.first.zip(file.last) else {
        // Events without a time lie in no span.
        return options.since.is_some() || options.until.is_some();
    };
    options.since.is_some_and(|since| last < since)
        || options.until.is_some_and(|until| until < first)
}

fn coverage_of(file: &TableFile) -> Coverage {
    Coverage {
        files: 1,
        bytes: file.bytes,
        events: file.rows,
        first_event: file.first,
        last_event: file.last,
        accounts: file.accounts.iter().cloned().collect(),
        regions: file.regions.iter().cloned().collect(),
        ..Coverage::default()
    }
}
