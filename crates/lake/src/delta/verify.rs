//! Whether a lake is what its log says.
//!
//! In: the lake. Out: a list of what is wrong, each with what to do. Every file of events is opened: its size,
//! its rows and its day against what the log says, its schema, and whether an event is there twice. The ledger is looked
//! through for holes. Rows are not read but for their times and hashes.

use std::fs::File;
use std::path::Path;

use parquet::file::reader::{FileReader, SerializedFileReader};

use super::Lake;
use super::day::Day;
use super::known::hashes_of;
use super::spec::{TableSpec, dead_letters, events};
use super::table::{Table, TableFile};
use crate::error::Error;

/// What was looked at and what was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verified {
    pub tables: u64,
    pub files: u64,
    pub rows: u64,
    pub batches: u64,
    pub findings: Vec<Finding>,
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub kind: &'static str,
    /// A table, a file or a batch.
    pub place: String,
    pub what: String,
}

impl Lake {
    /// Looks through the whole lake. Blocks.
    pub fn verify(&self, progress: &dyn Fn(u64, u64)) -> Result<Verified, Error> {
        let mut done = Verified::default();
        for name in self.table_names()? {
            let spec = match name.as_str() {
                name if name == events().name => events(),
                name if name == dead_letters().name => dead_letters(),
                name => TableSpec::whole(name, arrow_schema::Schema::empty().into()),
            };
            let is_events = spec.name == events().name;
            let table = match Table::open(self.store(), spec) {
                Ok(Some(table)) => table,
                Ok(None) => continue,
                Err(error) => {
                    done.find("table", &name, error.to_string());
                    continue;
                }
            };
            done.tables += 1;
            let files = table.files()?;
            let mut of_day: (Option<Day>, Vec<(u64, u64)>) = (None, Vec::new());
            for (number, file) in files.iter().enumerate() {
                progress(number as u64, files.len() as u64);
                done.files += 1;
                done.rows += file.rows;
                let place = table.name_of(&file.path);
                let path = match self.store().fetched(&place, file.bytes) {
                    Ok(path) => path,
                    Err(error) => {
                        done.find("missing", &place, error.to_string());
                        continue;
                    }
                };
                if let Err(why) = check_file(&path, file) {
                    done.find(why.0, &place, why.1);
                    continue;
                }
                if is_events {
                    if of_day.0 != file.day {
                        done.find_doubles(&of_day);
                        of_day = (file.day, Vec::new());
                    }
                    match hashes_of(&path) {
                        Ok(hashes) => of_day.1.extend(hashes),
                        Err(error) => done.find("unreadable", &place, error.to_string()),
                    }
                }
            }
            done.find_doubles(&of_day);
        }
        self.verify_ledger(&mut done)?;
        Ok(done)
    }

    fn verify_ledger(&self, done: &mut Verified) -> Result<(), Error> {
        let ledger = match super::ledger::Ledger::open(self.store()) {
            Ok(ledger) => ledger,
            Err(error) => {
                done.find("ledger", "_ledger", error.to_string());
                return Ok(());
            }
        };
        let committed = self
            .mark(&events(), super::ingest::APPLICATION)?
            .unwrap_or(0);
        done.batches = u64::try_from(ledger.last()).unwrap_or(0);
        for number in 1..=ledger.last() {
            if let Err(error) = ledger.read(number) {
                done.find("ledger", "_ledger", error.to_string());
            }
        }
        if committed > ledger.last() {
            let what = format!(
                "{committed} batches are committed and {} are written down: files would be taken in again",
                ledger.last()
            );
            done.find("ledger", "_ledger", what);
        }
        Ok(())
    }
}

impl Verified {
    fn find(&mut self, kind: &'static str, place: &str, what: String) {
        self.findings.push(Finding {
            kind,
            place: place.to_owned(),
            what,
        });
    }

    fn find_doubles(&mut self, (day, hashes): &(Option<Day>, Vec<(u64, u64)>)) {
        let mut hashes = hashes.clone();
        hashes.sort_unstable();
        let doubles = hashes.windows(2).filter(|pair| pair[0] == pair[1]).count();
        if doubles > 0 {
            let what = format!("{doubles} events are there twice");
            self.find("duplicates", &format!("day {}", Day::part(*day)), what);
        }
    }
}

fn check_file(path: &Path, file: &TableFile) -> Result<(), (&'static str, String)> {
    let missing = |error: &dyn std::fmt::Display| {
        let what = format!("it is not there ({error}); put it back from a copy of the lake");
        ("missing", what)
    };
    let opened = File::open(path).map_err(|error| missing(&error))?;
    let bytes = opened.metadata().map_err(|error| missing(&error))?.len();
    if bytes != file.bytes {
        let what = format!("it has {bytes} bytes where the log says {}", file.bytes);
        return Err(("size", what));
    }
    let reader = SerializedFileReader::new(opened)
        .map_err(|error| ("unreadable", format!("it is no Parquet: {error}")))?;
    let rows = reader.metadata().file_metadata().num_rows();
    if u64::try_from(rows) != Ok(file.rows) {
        let what = format!("it has {rows} rows where the log says {}", file.rows);
        return Err(("rows", what));
    }
    let out_of_day = |time: &i64| file.day.is_some_and(|day| Day::of(*time) != day);
    if file.first.iter().chain(&file.last).any(out_of_day) {
        return Err(("day", "it holds events of another day".to_owned()));
    }
    Ok(())
}
