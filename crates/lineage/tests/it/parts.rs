//! Events in memory that can be asked for some of their rows, as files of Parquet are.

use std::cell::RefCell;
use std::collections::HashSet;
use std::convert::Infallible;
use std::ops::ControlFlow;
use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, RecordBatch};
use arrow_select::filter::filter_record_batch;
use keyline_lineage::{Around, Events, Facts, MINTED, Outline, Place, minted};
use keyline_trail::{Batch, Column, ReadOptions, read};

pub struct Parts {
    pub batches: Vec<RecordBatch>,
    taken: RefCell<Vec<Vec<bool>>>,
}

impl Parts {
    /// The records of some text, those that came before left out.
    pub fn of(text: &[u8]) -> Parts {
        let options = ReadOptions {
            projection: Facts::columns()
                .union(Outline::columns())
                .with(Column::SessionKey),
            details: vec![Facts::detail()],
            ..ReadOptions::default()
        };
        let (mut batches, mut seen) = (Vec::new(), HashSet::new());
        read(text, &options, &mut |batch: Batch| {
            let new: BooleanArray = batch
                .identities
                .iter()
                .map(|identity| Some(seen.insert(identity.event)))
                .collect();
            let new = filter_record_batch(&batch.rows, &new).unwrap();
            // Small parts, so that rows come to stand in different ones.
            let cuts = (0..new.num_rows()).step_by(97);
            batches.extend(cuts.map(|at| new.slice(at, 97.min(new.num_rows() - at))));
            ControlFlow::Continue(())
        });
        let parts = Parts {
            batches,
            taken: RefCell::default(),
        };
        parts.forget();
        parts
    }

    /// Nothing was taken.
    pub fn forget(&self) {
        let none = self
            .batches
            .iter()
            .map(|batch| vec![false; batch.num_rows()]);
        *self.taken.borrow_mut() = none.collect();
    }

    /// How many rows were taken.
    pub fn taken(&self) -> usize {
        let taken = self.taken.borrow();
        taken.iter().flatten().filter(|taken| **taken).count()
    }

    pub fn facts(&self) -> Facts {
        let mut facts = Facts::default();
        self.batches.iter().for_each(|rows| facts.observe(rows));
        facts
    }
}

/// Rows that say what was minted without its answer.
fn telling(rows: &RecordBatch) -> RecordBatch {
    let columns = rows.schema_ref().fields().iter().zip(rows.columns());
    let columns = columns.map(|(field, column)| (field.name().as_str(), column.clone()));
    let columns = columns.filter(|(name, _)| *name != Column::ResponseElements.name());
    let minted = MINTED
        .into_iter()
        .zip(minted(rows).map(|column| Arc::new(column) as ArrayRef));
    RecordBatch::try_from_iter(columns.chain(minted)).unwrap()
}

impl Events for Parts {
    type Error = Infallible;

    fn outline(&self, empty: Outline) -> Result<Outline, Infallible> {
        let halves = [0, 1].map(|half| {
            let mut outline = empty.clone();
            for (part, rows) in self.batches.iter().enumerate() {
                if part % 2 == half {
                    // Some tell what was minted in columns of their own.
                    let told = (part % 3 == 0 && empty.minted_will_do()).then(|| telling(rows));
                    let rows = told.as_ref().unwrap_or(rows);
                    let part = part as u32;
                    outline.observe(rows, Place { part, row: 0 }, |_| true);
                }
            }
            outline
        });
        let [first, second] = halves;
        Ok(second.merge(first))
    }

    fn take(&self, around: &Around, places: &[Place]) -> Result<Facts, Infallible> {
        let mut facts = Facts::default();
        let mut taken = self.taken.borrow_mut();
        for (part, rows) in self.batches.iter().enumerate() {
            let mut marks = vec![false; rows.num_rows()];
            around.mark(rows, &mut marks);
            for place in places.iter().filter(|place| place.part as usize == part) {
                marks[place.row as usize] = true;
            }
            for (mark, taken) in marks.iter_mut().zip(&mut taken[part]) {
                *mark &= !*taken;
                *taken |= *mark;
            }
            facts.observe(&filter_record_batch(rows, &marks.into()).unwrap());
        }
        Ok(facts)
    }
}
