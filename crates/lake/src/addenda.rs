//! Records that patch earlier ones.
//!
//! CloudTrail sends an addendum (reason `UPDATED_DATA`) when a delivered record lacked data or had
//! it wrong. It may lie in any file, before or after the record that it patches. So all files are
//! looked through once for addenda, which are few; then, if there are any, once for the records
//! that they name. When rows are read, the named columns of the original take the addendum's
//! values and the addendum's own row goes. An addendum whose original is not in the data stays a
//! row, and is the problem `orphan-addendum`. Other reasons (`DELIVERY_DELAY`, `SERVICE_OUTAGE`)
//! are late events in their own right. The raw record is never patched: it is what was delivered.

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{Array, ArrayRef, RecordBatch, UInt32Array};
use arrow_select::interleave::interleave;
use keyline_trail::{
    Addendum, Batch, Column, ColumnTest, Conjunction, Coverage, Identity, Prefilter, ProblemKind,
    Projection, Test,
};

use crate::error::Error;
use crate::limits;
use crate::logs::Inner;
use crate::pass::{Counting, Pass};

/// The addenda of all files, by what they patch.
#[derive(Debug, Default)]
pub(crate) struct Addenda {
    /// Sorted by time and id, so that the last one wins wherever it was found.
    by_original: HashMap<u128, Vec<Patch>>,
    /// The originals' event ids, for finding them again.
    event_ids: Vec<String>,
}

#[derive(Debug)]
struct Patch {
    /// One row with all columns.
    row: RecordBatch,
    columns: Projection,
    /// Time and identity of the addendum.
    order: (i64, u128),
    original_event_id: String,
}

/// Whether a record patches another one, rather than being a late event itself.
pub(crate) fn patches(addendum: &Addendum) -> bool {
    addendum.reason == "UPDATED_DATA"
        && !addendum.updated_fields.is_empty()
        && addendum.original != 0
}

impl Addenda {
    /// Looks through all files; counts the coverage in doing so.
    pub(crate) fn collect(logs: &Arc<Inner>) -> Result<(Addenda, Coverage), Error> {
        let mut read = logs.read_options(Projection::all());
        read.prefilter = Prefilter {
            any_of: vec![is_addendum()],
        };
        let mut pass = logs.pass(read.clone(), Counting::Everything, None);
        let mut found = look(logs, &pass)?;
        if pass.compares_too_little() {
            read.identity = Identity::Compute;
            pass = logs.pass(read, Counting::Everything, None);
            found = look(logs, &pass)?;
        }
        let mut all = Addenda::default();
        for (original, patches) in found.into_iter().flat_map(|found| found.by_original) {
            all.by_original.entry(original).or_default().extend(patches);
        }
        for patches in all.by_original.values_mut() {
            patches.sort_by_key(|patch| patch.order);
        }
        let mut coverage = pass.coverage();
        if all.is_empty() {
            return Ok((all, coverage));
        }
        all.limit(&mut coverage);
        all.name_originals();
        all.drop_orphans(logs, &mut coverage)?;
        coverage.addenda = all.by_original.values().map(|it| it.len() as u64).sum();
        Ok((all, coverage))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.by_original.is_empty()
    }

    /// A prefilter that also lets the patched records through: they may match once they are
    /// patched.
    pub(crate) fn widen(&self, mut prefilter: Prefilter) -> Prefilter {
        if self.is_empty() || prefilter.any_of.is_empty() {
            return prefilter;
        }
        if self.event_ids.len() > limits::PREFILTER_VALUES_MAX {
            return Prefilter::everything();
        }
        prefilter.any_of.push(self.is_original());
        prefilter
    }

    /// Patches the originals in a batch and drops the addenda that have done their work.
    pub(crate) fn apply(&self, batch: &mut Batch, keep: &mut [bool]) -> Result<(), Error> {
        for addendum in &batch.addenda {
            if patches(addendum) && self.by_original.contains_key(&addendum.original) {
                keep[addendum.row] = false;
            }
        }
        let patched: Vec<(usize, &[Patch])> = batch
            .identities
            .iter()
            .enumerate()
            .filter_map(|(row, identity)| {
                self.by_original
                    .get(&identity.id)
                    .map(|patches| (row, patches.as_slice()))
            })
            .collect();
        if patched.is_empty() {
            return Ok(());
        }
        let schema = batch.rows.schema();
        let mut columns = batch.rows.columns().to_vec();
        for (at, field) in schema.fields().iter().enumerate() {
            let Some(column) = Column::named(field.name()) else {
                continue;
            };
            if let Some(values) = patch_column(&columns[at], column, field.name(), &patched)? {
                columns[at] = values;
            }
        }
        batch.rows = RecordBatch::try_new_with_options(
            schema,
            columns,
            &arrow_array::RecordBatchOptions::new().with_row_count(Some(batch.rows.num_rows())),
        )?;
        Ok(())
    }

    fn add(&mut self, batch: &Batch) {
        for addendum in batch.addenda.iter().filter(|addendum| patches(addendum)) {
            let row = batch.rows.slice(addendum.row, 1);
            // A copy of the one row, so that the rest of its batch can go.
            let first = UInt32Array::from(vec![0]);
            let Ok(row) = arrow_select::take::take_record_batch(&row, &first) else {
                continue;
            };
            let time = row
                .column_by_name(Column::TimeGenerated.name())
                .and_then(|times| times.as_primitive_opt::<TimestampMicrosecondType>())
                .filter(|times| times.is_valid(0))
                .map_or(i64::MIN, |times| times.value(0));
            let identity = batch
                .identities
                .get(addendum.row)
                .map_or(0, |identity| identity.event);
            self.by_original
                .entry(addendum.original)
                .or_default()
                .push(Patch {
                    row,
                    columns: columns_of(&addendum.updated_fields),
                    order: (time, identity),
                    original_event_id: addendum.original_event_id.clone(),
                });
        }
    }

    fn limit(&mut self, coverage: &mut Coverage) {
        let mut originals: Vec<u128> = self.by_original.keys().copied().collect();
        originals.sort_unstable();
        for original in originals.iter().skip(limits::ADDENDA_MAX) {
            self.by_original.remove(original);
            coverage
                .problems
                .add(ProblemKind::Other("too-many-addenda"), || {
                    format!("only {} addenda are applied", limits::ADDENDA_MAX)
                });
        }
    }

    fn name_originals(&mut self) {
        let ids = self
            .by_original
            .values()
            .flatten()
            .map(|patch| patch.original_event_id.clone());
        self.event_ids = ids.collect::<HashSet<_>>().into_iter().collect();
        self.event_ids.sort_unstable();
    }

    /// Looks for the originals and forgets the addenda of those that are not there.
    fn drop_orphans(&mut self, logs: &Arc<Inner>, coverage: &mut Coverage) -> Result<(), Error> {
        let mut read = logs.read_options(Projection::none());
        if self.event_ids.len() <= limits::PREFILTER_VALUES_MAX {
            read.prefilter = Prefilter {
                any_of: vec![self.is_original()],
            };
        }
        let pass = logs.pass(read, Counting::NoDuplicates, Some(Arc::default()));
        let pass = pass.with_identities();
        let present = Mutex::new(HashSet::new());
        logs.run(
            &pass,
            |_| (),
            |pass: &Pass, ()| {
                pass.work(&mut |batch| {
                    let mut present = present.lock().expect("no holder of the lock panics");
                    let ids = batch.identities.iter().map(|identity| identity.id);
                    present.extend(ids.filter(|id| self.by_original.contains_key(id)));
                    ControlFlow::Continue(())
                })
            },
        )?;
        let present = present.into_inner().expect("no holder of the lock panics");
        let mut orphans: Vec<&Patch> = self
            .by_original
            .iter()
            .filter(|(original, _)| !present.contains(original))
            .flat_map(|(_, patches)| patches)
            .collect();
        orphans.sort_by_key(|patch| patch.order);
        for orphan in orphans {
            coverage.problems.add(ProblemKind::OrphanAddendum, || {
                format!(
                    "the event `{}` is not in the data",
                    orphan.original_event_id
                )
            });
        }
        self.by_original
            .retain(|original, _| present.contains(original));
        self.name_originals();
        Ok(())
    }

    fn is_original(&self) -> Conjunction {
        let test = Test::In(self.event_ids.clone());
        let tests = vec![ColumnTest {
            column: Column::AwsEventId,
            test,
        }];
        Conjunction {
            tests,
            ..Conjunction::default()
        }
    }
}

/// The addenda that each thread meets.
fn look(logs: &Arc<Inner>, pass: &Pass) -> Result<Vec<Addenda>, Error> {
    logs.run(
        pass,
        |_| Addenda::default(),
        |pass: &Pass, found| {
            pass.work(&mut |batch| {
                found.add(&batch);
                ControlFlow::Continue(())
            })
        },
    )
}

/// What a pass that looks for addenda alone lets through.
fn is_addendum() -> Conjunction {
    let tests = vec![ColumnTest {
        column: Column::AddendumReason,
        test: Test::NotEmpty,
    }];
    Conjunction {
        tests,
        ..Conjunction::default()
    }
}

/// The columns that are made from the named members of a record.
fn columns_of(members: &[String]) -> Projection {
    let within = |inner: &str, outer: &str| {
        inner
            .strip_prefix(outer)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let mut columns = Projection::none();
    for column in Column::all().iter().copied() {
        let source = column.spec().source;
        let derived_from_identity = column == Column::SessionKey;
        let patched = members.iter().any(|member| {
            !source.is_empty()
                && (within(source, member)
                    || within(member, source)
                    || source.starts_with(&format!("{member},"))
                    || (derived_from_identity && within(member, "userIdentity")))
        });
        if patched && column != Column::RawRecord {
            columns = columns.with(column);
        }
    }
    columns
}

/// A column with the patched values, or `None` when no patch names it.
fn patch_column(
    values: &ArrayRef,
    column: Column,
    name: &str,
    patched: &[(usize, &[Patch])],
) -> Result<Option<ArrayRef>, Error> {
    let mut sources: Vec<&dyn Array> = vec![values.as_ref()];
    let mut places: Vec<(usize, usize)> = Vec::new();
    for (row, patches) in patched {
        for patch in patches
            .iter()
            .filter(|patch| patch.columns.contains(column))
        {
            let Some(value) = patch.row.column_by_name(name) else {
                continue;
            };
            if places.is_empty() {
                places = (0..values.len()).map(|row| (0, row)).collect();
            }
            places[*row] = (sources.len(), 0);
            sources.push(value.as_ref());
        }
    }
    if places.is_empty() {
        return Ok(None);
    }
    Ok(Some(interleave(&sources, &places)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(member: &str, expected: &[Column]) {
        let found: Vec<Column> = columns_of(&[member.to_owned()]).columns().collect();
        assert_eq!(found, expected, "{member}");
    }

    #[test]
    fn members_name_columns() {
        check("errorCode", &[Column::ErrorCode]);
        check("responseElements.credentials", &[Column::ResponseElements]);
        check("tlsDetails.cipherSuite", &[Column::CipherSuite]);
        check("noSuchMember", &[]);
        check(
            "requestParameters",
            &[
                Column::RequestParameters,
                Column::IpProtocol,
                Column::SourcePort,
                Column::DestinationPort,
                Column::CidrIp,
            ],
        );
        let identity = columns_of(&["userIdentity".to_owned()]);
        assert!(
            identity.contains(Column::SessionKey) && identity.contains(Column::UserIdentityArn)
        );
        assert!(identity.contains(Column::AwsPartition) && !identity.contains(Column::EventName));
    }
}
