//! `kql_count_distinct(value)`: how many different values the groups have.
//!
//! Values are told apart by 128 bits of hash: one set of pairs of group and hash serves all groups, so
//! that a group costs what its values cost and no more. With a billion different values the chance that
//! two are taken for one is below 10^-20. SQL null is no value.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use arrow_array::builder::BinaryBuilder;
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, BinaryArray, BooleanArray, Int64Array};
use arrow_schema::{DataType, Field, FieldRef};
use datafusion::common::{Result, exec_datafusion_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, GroupsAccumulator, Signature, Volatility,
};
use xxhash_rust::xxh3::xxh3_128;

use super::{Groups, Ungrouped, for_each_row};

const HASH_BYTES: usize = size_of::<u128>();

pub fn count_distinct() -> Arc<AggregateUDF> {
    Arc::new(AggregateUDF::new_from_impl(CountDistinct {
        signature: Signature::any(1, Volatility::Immutable),
    }))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct CountDistinct {
    signature: Signature,
}

impl AggregateUDFImpl for CountDistinct {
    fn name(&self) -> &str {
        "kql_count_distinct"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Int64)
    }

    fn accumulator(&self, _: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(Ungrouped(Distinct::default())))
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let name = format!("{}[values]", args.name);
        Ok(vec![Arc::new(Field::new(name, DataType::Binary, true))])
    }

    fn groups_accumulator_supported(&self, _: AccumulatorArgs) -> bool {
        true
    }

    fn create_groups_accumulator(&self, _: AccumulatorArgs) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(Distinct::default()))
    }
}

/// What the pairs are kept by: their hash is in them already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pair {
    hash: u128,
    group: u32,
}

impl std::hash::Hash for Pair {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let spread = u64::from(self.group).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        state.write_u64(self.hash as u64 ^ spread);
    }
}

#[derive(Default)]
struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

#[derive(Debug, Default)]
struct Distinct {
    seen: HashSet<Pair, BuildHasherDefault<AsIs>>,
    counts: Vec<i64>,
}

impl Distinct {
    fn add(&mut self, group: usize, hash: u128) -> Result<()> {
        let pair = Pair {
            hash,
            group: u32::try_from(group)
                .map_err(|_| exec_datafusion_err!("more than 4,294,967,295 groups"))?,
        };
        if self.seen.insert(pair) {
            self.counts[group] += 1;
        }
        Ok(())
    }

    /// Takes the first groups away and gives the others their places.
    fn emit(&mut self, emit_to: EmitTo) -> (Vec<Pair>, Vec<i64>) {
        let counts = emit_to.take_needed(&mut self.counts);
        let taken = match emit_to {
            EmitTo::All => std::mem::take(&mut self.seen).into_iter().collect(),
            EmitTo::First(first) => {
                let all = std::mem::take(&mut self.seen);
                let (taken, rest): (Vec<Pair>, Vec<Pair>) = all
                    .into_iter()
                    .partition(|pair| (pair.group as usize) < first);
                self.seen.extend(rest.into_iter().map(|pair| Pair {
                    group: pair.group - first as u32,
                    ..pair
                }));
                taken
            }
        };
        (taken, counts)
    }
}

/// Calls `each` with the row and the hash of every value that is not null.
fn for_each_hash(values: &ArrayRef, mut each: impl FnMut(usize, u128) -> Result<()>) -> Result<()> {
    macro_rules! texts {
        ($array:expr) => {{
            let array = $array;
            for row in (0..array.len()).filter(|row| array.is_valid(*row)) {
                each(row, xxh3_128(array.value(row).as_ref()))?;
            }
        }};
    }
    match values.data_type() {
        DataType::Utf8View => texts!(values.as_string_view()),
        DataType::Utf8 => texts!(values.as_string::<i32>()),
        _ => {
            // Numbers and the like by the bytes that they sort by.
            let field = arrow::row::SortField::new(values.data_type().clone());
            let converter = arrow::row::RowConverter::new(vec![field])?;
            let rows = converter.convert_columns(std::slice::from_ref(values))?;
            for row in (0..values.len()).filter(|row| values.is_valid(*row)) {
                each(row, xxh3_128(rows.row(row).as_ref()))?;
            }
        }
    }
    Ok(())
}

impl Groups for Distinct {
    fn ensure(&mut self, groups: usize) {
        if self.counts.len() < groups {
            self.counts.resize(groups, 0);
        }
    }
}

impl GroupsAccumulator for Distinct {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        self.ensure(total_num_groups);
        for_each_hash(&values[0], |row, hash| {
            match filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row)) {
                true => self.add(group_indices[row], hash),
                false => Ok(()),
            }
        })
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let (_, counts) = self.emit(emit_to);
        Ok(Arc::new(Int64Array::from(counts)))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let (pairs, counts) = self.emit(emit_to);
        let mut hashes: Vec<Vec<u8>> = counts
            .iter()
            .map(|count| Vec::with_capacity(usize::try_from(*count).unwrap_or(0) * HASH_BYTES))
            .collect();
        for pair in pairs {
            hashes[pair.group as usize].extend(pair.hash.to_le_bytes());
        }
        let total = hashes.iter().map(Vec::len).sum();
        let mut out = BinaryBuilder::with_capacity(hashes.len(), total);
        hashes.iter().for_each(|hashes| out.append_value(hashes));
        Ok(vec![Arc::new(out.finish())])
    }

    fn merge_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        total_num_groups: usize,
    ) -> Result<()> {
        self.ensure(total_num_groups);
        let states: &BinaryArray = values[0].as_binary();
        let mut failed = Ok(());
        for_each_row(group_indices, None, |row, group| {
            if states.is_null(row) || failed.is_err() {
                return;
            }
            let (hashes, _) = states.value(row).as_chunks::<HASH_BYTES>();
            for hash in hashes {
                if let Err(error) = self.add(group, u128::from_le_bytes(*hash)) {
                    failed = Err(error);
                    return;
                }
            }
        });
        failed
    }

    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        filter: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        let mut hashes: Vec<Option<u128>> = vec![None; values[0].len()];
        for_each_hash(&values[0], |row, hash| {
            if filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row)) {
                hashes[row] = Some(hash);
            }
            Ok(())
        })?;
        let mut out = BinaryBuilder::with_capacity(hashes.len(), hashes.len() * HASH_BYTES);
        for hash in hashes {
            match hash {
                Some(hash) => out.append_value(hash.to_le_bytes()),
                None => out.append_value([]),
            }
        }
        Ok(vec![Arc::new(out.finish())])
    }

    fn size(&self) -> usize {
        self.seen.capacity() * (size_of::<Pair>() + 1) + self.counts.capacity() * size_of::<i64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::StringViewArray;

    fn texts(values: &[Option<&str>]) -> ArrayRef {
        Arc::new(StringViewArray::from(values.to_vec()))
    }

    fn counted(array: &ArrayRef) -> Vec<i64> {
        array
            .as_primitive::<arrow_array::types::Int64Type>()
            .values()
            .to_vec()
    }

    #[test]
    fn counts_by_group_over_states_and_parts() {
        let mut one = Distinct::default();
        one.update_batch(
            &[texts(&[Some("a"), Some("b"), Some("a"), None, Some("a")])],
            &[0, 0, 1, 1, 2],
            None,
            3,
        )
        .unwrap();
        let first = one.state(EmitTo::First(2)).unwrap();
        let rest = one.state(EmitTo::All).unwrap();
        let mut all = Distinct::default();
        all.merge_batch(&first, &[0, 1], 2).unwrap();
        all.merge_batch(&rest, &[0], 2).unwrap();
        let more = [texts(&[Some("b"), Some("c")])];
        let states = all.convert_to_state(&more, None).unwrap();
        all.merge_batch(&states, &[0, 1], 2).unwrap();
        assert_eq!(counted(&all.evaluate(EmitTo::All).unwrap()), [2, 2]);
    }

    #[test]
    fn a_filter_and_numbers() {
        let mut distinct = Distinct::default();
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), Some(1), None, Some(2)]));
        let filter = BooleanArray::from(vec![Some(true), Some(true), Some(true), None]);
        distinct
            .update_batch(&[Arc::clone(&numbers)], &[0, 0, 0, 0], Some(&filter), 1)
            .unwrap();
        assert_eq!(distinct.counts, [1]);
        distinct
            .update_batch(&[numbers], &[0, 0, 0, 0], None, 1)
            .unwrap();
        assert_eq!(counted(&distinct.evaluate(EmitTo::All).unwrap()), [2]);
    }
}
