//! Aggregate functions whose null, type or order rules DataFusion's own do not have.
//!
//! Each works on many groups at once; [`Ungrouped`] lets the same code serve a query without `by`.
//! They have no state outside the call and are found by name. Which KQL aggregate uses which, and
//! which are DataFusion's own, is decided in `lower::operators::summarize`.

mod bag;
mod collect;
mod distinct;
mod numbers;
mod percentile;
mod pick;
mod texts;

use std::sync::Arc;

use arrow_array::{Array, ArrayRef};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::{Accumulator, AggregateUDF, EmitTo, GroupsAccumulator};

pub use bag::make_bag;
pub use collect::{make_list, make_set};
pub use distinct::count_distinct;
pub use percentile::{percentile, weighted_percentile};
pub use pick::pick;

/// Every aggregate, to be registered by name.
pub fn all_udafs() -> Vec<Arc<AggregateUDF>> {
    vec![
        pick(),
        make_list(),
        make_set(),
        make_bag(),
        percentile(),
        weighted_percentile(),
        count_distinct(),
    ]
}

/// An accumulator of many groups that can be told of a group before it has rows.
trait Groups: GroupsAccumulator + Sync {
    fn ensure(&mut self, groups: usize);
}

/// The one group of a query without `by`.
#[derive(Debug)]
struct Ungrouped<G>(G);

impl<G: Groups + std::fmt::Debug> Accumulator for Ungrouped<G> {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let rows = values.first().map_or(0, |v| v.len());
        self.0.update_batch(values, &vec![0; rows], None, 1)
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        self.0.ensure(1);
        ScalarValue::try_from_array(&self.0.evaluate(EmitTo::All)?, 0)
    }

    fn size(&self) -> usize {
        self.0.size()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        self.0.ensure(1);
        let arrays = self.0.state(EmitTo::All)?;
        arrays
            .iter()
            .map(|array| ScalarValue::try_from_array(array, 0))
            .collect()
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let rows = states.first().map_or(0, |v| v.len());
        self.0.merge_batch(states, &vec![0; rows], 1)
    }
}

/// Calls `each` with the row and the group of every row that the filter lets through.
fn for_each_row(
    groups: &[usize],
    filter: Option<&arrow_array::BooleanArray>,
    mut each: impl FnMut(usize, usize),
) {
    for (row, group) in groups.iter().enumerate() {
        if filter.is_none_or(|f| f.is_valid(row) && f.value(row)) {
            each(row, *group);
        }
    }
}

/// Writes a length and then the bytes.
fn put(to: &mut Vec<u8>, bytes: &[u8]) {
    to.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
    to.extend_from_slice(bytes);
}

/// Reads what [`put`] has written, and goes on behind it.
fn get<'b>(from: &mut &'b [u8]) -> Option<&'b [u8]> {
    let (length, rest) = from.split_first_chunk::<4>()?;
    let (bytes, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    *from = rest;
    Some(bytes)
}
