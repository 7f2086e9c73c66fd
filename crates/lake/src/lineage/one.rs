//! Parquet that is asked for the rows that bear on one credential.
//!
//! In: Parquet that Keyline wrote. Out: the outline of its minting and changing events, and facts of picked rows.
//! Row groups are worked on by as many threads as may read. Of a row group the columns of names are read whole; the
//! others only where a row was picked, and the long ones only of events that mint or change something. Which rows
//! those are is the business of the crate `lineage`. Where a dictionary or bounds answer, no row is read at all.

use std::fs::File;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};

use arrow_array::cast::AsArray;
use arrow_array::{BooleanArray, RecordBatch};
use keyline_lineage::{Around, Events, Facts, MINTED, Outline, Place, Production};
use keyline_trail::{Column, Projection};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder, RowSelection,
};
use parquet::basic::Type;
use parquet::file::metadata::{PageIndexPolicy, RowGroupMetaData};
use parquet::file::statistics::Statistics;

use crate::error::{Error, ErrorKind};
use crate::gathering::times_of;
use crate::limits;
use crate::lineage::dictionary;
use crate::lineage::queue::shared_out;
use crate::logs::Inner;
use crate::parquet_groups::{self, Holds};

/// The row groups of some files, and which of their rows were taken.
pub(crate) struct ParquetEvents<'a> {
    inner: &'a Inner,
    production: &'a Production,
    files: Vec<(PathBuf, ArrowReaderMetadata)>,
    groups: Vec<Group>,
}

struct Group {
    file: usize,
    number: usize,
    rows: usize,
    holds: Holds,
    /// The rows that mint or change something, once they are known.
    deeds: OnceLock<Vec<bool>>,
    taken: Mutex<Vec<bool>>,
}

impl<'a> ParquetEvents<'a> {
    pub(crate) fn open(
        inner: &'a Inner,
        production: &'a Production,
        paths: &[PathBuf],
    ) -> Result<ParquetEvents<'a>, Error> {
        let mut files = Vec::new();
        let mut groups = Vec::new();
        for path in paths {
            let file = File::open(path).map_err(|error| failed(path, &error))?;
            // With the places of pages, those without a picked row are passed over.
            let options =
                ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Optional);
            let metadata =
                ArrowReaderMetadata::load(&file, options).map_err(|error| failed(path, &error))?;
            let holds = parquet_groups::of(metadata.metadata());
            let all = metadata.metadata().row_groups().iter().zip(holds);
            for (number, (group, holds)) in all.enumerate() {
                let rows = usize::try_from(group.num_rows()).unwrap_or_default();
                groups.push(Group {
                    file: files.len(),
                    number,
                    rows,
                    holds,
                    deeds: OnceLock::new(),
                    taken: Mutex::new(vec![false; rows]),
                });
            }
            files.push((path.clone(), metadata));
        }
        Ok(ParquetEvents {
            inner,
            production,
            files,
            groups,
        })
    }

    fn facts(&self) -> Facts {
        Facts::watching(self.production).with_horizon(self.inner.horizon())
    }

    /// Works on every row group, on as many threads as may read; each thread has a sum of its own.
    fn each<S: Send>(
        &self,
        new: impl Fn() -> S + Sync,
        work: impl Fn(usize, &Group, &mut S) -> Result<(), Error> + Sync,
        add: impl Fn(S, S) -> S,
    ) -> Result<S, Error> {
        shared_out(&self.groups, self.inner.options.threads, new, work, add)
    }

    fn metadata(&self, group: &Group) -> &RowGroupMetaData {
        self.files[group.file].1.metadata().row_group(group.number)
    }

    /// Rows of a group, all of them or the picked ones.
    fn read(
        &self,
        group: &Group,
        columns: Projection,
        picked: Option<Vec<bool>>,
    ) -> Result<ParquetRecordBatchReader, Error> {
        self.read_with(group, columns, &[], picked)
    }

    /// The same with columns that are no event's own.
    fn read_with(
        &self,
        group: &Group,
        columns: Projection,
        also: &[&str],
        picked: Option<Vec<bool>>,
    ) -> Result<ParquetRecordBatchReader, Error> {
        let (path, metadata) = &self.files[group.file];
        let file = File::open(path).map_err(|error| failed(path, &error))?;
        let schema = metadata.parquet_schema();
        let wanted = |name: &str| {
            also.contains(&name) || columns.columns().any(|column| column.name() == name)
        };
        let leaves = schema.columns().iter().enumerate();
        let leaves = leaves.filter(|(_, column)| wanted(column.name()));
        let mask = ProjectionMask::leaves(schema, leaves.map(|(leaf, _)| leaf));
        let mut builder =
            ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata.clone())
                .with_row_groups(vec![group.number])
                .with_projection(mask)
                .with_batch_size(limits::CUT_BATCH_ROWS);
        if let Some(picked) = picked {
            let picked = RowSelection::from_filters(&[BooleanArray::from(picked)]);
            builder = builder.with_row_selection(picked);
        }
        Ok(builder.build()?)
    }

    /// The columns of a group that hold anything but empty texts.
    fn filled(&self, group: &Group, columns: Projection) -> Projection {
        let metadata = self.metadata(group);
        let is_empty = |column: &Column| {
            let chunks = metadata.columns().iter();
            let mut named = chunks.filter(|chunk| chunk.column_descr().name() == column.name());
            named.any(|chunk| {
                let greatest = chunk.statistics().and_then(Statistics::max_bytes_opt);
                let is_text = matches!(chunk.statistics(), Some(Statistics::ByteArray(_)));
                is_text && greatest.is_some_and(<[u8]>::is_empty)
            })
        };
        columns
            .columns()
            .filter(|column| !is_empty(column))
            .fold(Projection::none(), Projection::with)
    }

    /// Unmarks the rows that do not lie between `--since` and `--until`.
    fn clip(&self, group: &Group, marks: &mut [bool]) -> Result<(), Error> {
        let options = &self.inner.options;
        if options.since.is_none() && options.until.is_none() {
            return Ok(());
        }
        let mut at = 0;
        for rows in self.read(group, Projection::of(&[Column::TimeGenerated]), None)? {
            let rows = rows?;
            let Some(times) = times_of(&rows) else {
                return Ok(());
            };
            for (mark, time) in marks[at..].iter_mut().zip(times.iter()) {
                *mark &= time.is_some_and(|time| self.inner.within(time));
            }
            at += rows.num_rows();
        }
        Ok(())
    }

    /// Whether a column of a group may show one of the names: not when its dictionary has none of them.
    fn may_hold(
        &self,
        file: &Arc<File>,
        group: &Group,
        column: Column,
        around: &Around,
    ) -> Result<bool, Error> {
        let Some(texts) = self.texts(file, group, column)? else {
            return Ok(true);
        };
        let mut marks = vec![false; texts.num_rows()];
        around.mark(&texts, &mut marks);
        Ok(marks.contains(&true))
    }

    /// The file of a group, for one thread: whoever reads moves its place for all that share it.
    fn opened(&self, group: &Group) -> Result<Arc<File>, Error> {
        let (path, _) = &self.files[group.file];
        let file = File::open(path).map_err(|error| failed(path, &error))?;
        Ok(Arc::new(file))
    }

    /// The distinct texts of a column of a group, where they can be had without its rows.
    fn texts(
        &self,
        file: &Arc<File>,
        group: &Group,
        column: Column,
    ) -> Result<Option<RecordBatch>, Error> {
        let (path, _) = &self.files[group.file];
        let chunks = self.metadata(group).columns();
        let mut named = chunks.iter();
        let Some(chunk) = named.find(|chunk| chunk.column_descr().name() == column.name()) else {
            return Ok(None);
        };
        if chunk.column_type() != Type::BYTE_ARRAY {
            return Ok(None);
        }
        dictionary::texts(file, chunk).map_err(|error| failed(path, &error))
    }

    /// Whether the file of a group, which Keyline wrote, says in columns what was minted.
    fn tells_minted(&self, group: &Group) -> bool {
        let metadata = self.metadata(group);
        MINTED.iter().all(|name| {
            let mut chunks = metadata.columns().iter();
            chunks.any(|chunk| chunk.column_descr().name() == *name)
        })
    }

    /// Takes a group into an outline without reading a row; whether that could be done. Nothing in it mints or changes
    /// anything.
    fn outline_of_others(&self, group: &Group, outline: &mut Outline) -> Result<bool, Error> {
        let chunks = self.metadata(group).columns().iter();
        let mut named =
            chunks.filter(|chunk| chunk.column_descr().name() == Column::TimeGenerated.name());
        let Some(Statistics::Int64(times)) = named.next().and_then(|chunk| chunk.statistics())
        else {
            return Ok(false);
        };
        let (Some(&first), Some(&last)) = (times.min_opt(), times.max_opt()) else {
            return Ok(false);
        };
        let horizon = self.inner.horizon();
        let is_whole = times.null_count_opt() == Some(0)
            && self.inner.within(first)
            && self.inner.within(last)
            && horizon.is_none_or(|horizon| last <= horizon);
        if !is_whole {
            return Ok(false);
        }
        let Some(recipients) =
            self.texts(&self.opened(group)?, group, Column::RecipientAccountId)?
        else {
            return Ok(false);
        };
        outline.saw(first);
        outline.saw(last);
        for recipient in recipients.column(0).as_string_view().iter().flatten() {
            outline.delivered_to(recipient);
        }
        Ok(true)
    }

    /// The rows of a group that show one of the names.
    fn marks(&self, group: &Group, around: &Around) -> Result<Vec<bool>, Error> {
        let mut marks = vec![false; group.rows];
        let filled = self.filled(group, around.columns());
        if filled.columns().next().is_none() {
            return Ok(marks);
        }
        let file = self.opened(group)?;
        let mut columns = Projection::none();
        for column in filled.columns() {
            if self.may_hold(&file, group, column, around)? {
                columns = columns.with(column);
            }
        }
        if columns.columns().next().is_none() {
            return Ok(marks);
        }
        let mut at = 0;
        for rows in self.read(group, columns, None)? {
            let rows = rows?;
            let end = at + rows.num_rows();
            around.mark(&rows, &mut marks[at..end]);
            at = end;
        }
        Ok(marks)
    }
}

impl Events for ParquetEvents<'_> {
    type Error = Error;

    fn outline(&self, empty: Outline) -> Result<Outline, Error> {
        let outline = self.each(
            || empty.clone(),
            |part, group, outline| {
                let mut place = Place {
                    part: part as u32,
                    row: 0,
                };
                let (columns, also) = match group.holds {
                    Holds::Others if self.outline_of_others(group, outline)? => return Ok(()),
                    Holds::Others => (Outline::columns_of_all(), &[][..]),
                    Holds::Deeds if outline.minted_will_do() && self.tells_minted(group) => {
                        (Outline::columns_beside_minted(), &MINTED[..])
                    }
                    Holds::Deeds | Holds::Both => (Outline::columns(), &[][..]),
                };
                for rows in self.read_with(group, columns, also, None)? {
                    let rows = rows?;
                    outline.observe(&rows, place, |time| self.inner.within(time));
                    place.row += rows.num_rows() as u32;
                }
                Ok(())
            },
            Outline::merge,
        )?;
        let mut deeds: Vec<Vec<bool>> = Vec::new();
        deeds.extend(self.groups.iter().map(|group| vec![false; group.rows]));
        for place in outline.places() {
            deeds[place.part as usize][place.row as usize] = true;
        }
        for (group, deeds) in self.groups.iter().zip(deeds) {
            // Asked once.
            let _ = group.deeds.set(deeds);
        }
        Ok(outline)
    }

    fn take(&self, around: &Around, places: &[Place]) -> Result<Facts, Error> {
        let mut by_group: Vec<Vec<u32>> = vec![Vec::new(); self.groups.len()];
        for place in places {
            by_group[place.part as usize].push(place.row);
        }
        self.each(
            || self.facts(),
            |part, group, facts| {
                let mut marks = self.marks(group, around)?;
                for row in &by_group[part] {
                    marks[*row as usize] = true;
                }
                self.clip(group, &mut marks)?;
                let mut taken = group.taken.lock().expect("no holder of the lock panics");
                for (mark, taken) in marks.iter_mut().zip(taken.iter_mut()) {
                    *mark &= !*taken;
                    *taken |= *mark;
                }
                drop(taken);
                let deeds = group.deeds.get().map_or(&[][..], |deeds| deeds);
                let is_deed = |row: usize| deeds.get(row).is_none_or(|is_deed| *is_deed);
                let narrow = facts.wanted();
                for (columns, wanted) in [
                    (narrow.union(Facts::detail().projection), true),
                    (narrow, false),
                ] {
                    let picked = marks.iter().enumerate();
                    let picked: Vec<bool> = picked
                        .map(|(row, mark)| *mark && is_deed(row) == wanted)
                        .collect();
                    if picked.contains(&true) {
                        for rows in self.read(group, columns, Some(picked))? {
                            facts.observe(&rows?);
                        }
                    }
                }
                Ok(())
            },
            Facts::merge,
        )
    }
}

fn failed(path: &std::path::Path, error: &dyn std::fmt::Display) -> Error {
    Error::new(
        ErrorKind::Internal,
        format!("cannot read `{}`: {error}", path.display()),
    )
}
