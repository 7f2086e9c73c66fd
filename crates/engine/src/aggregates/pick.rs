//! `kql_pick(keys, payload)`: the payload of the row with the smallest keys.
//!
//! It is `arg_max`, `arg_min`, `take_any` and the de-duplication of an innerunique join: `keys` is a
//! struct whose field names begin with `a` (ascending) or `d` (descending), then `f` or `l` (nulls
//! first or last); `payload` is a struct of the wanted columns, and the result has its type. Among
//! equal keys the row that came first stays. Keys and payloads are kept in Arrow's row format, where
//! keys compare as bytes. Most rows lose by their first key, such as a time: only of those that do not
//! are the other keys, such as ids of events, put into that format.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow::row::{RowConverter, SortField};
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, BinaryArray, BooleanArray, StructArray};
use arrow_schema::{DataType, Field, FieldRef, Fields, SortOptions};
use datafusion::common::{Result, internal_datafusion_err, plan_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, GroupsAccumulator, Signature, Volatility,
};

use super::{Groups, Ungrouped};

pub fn pick() -> Arc<AggregateUDF> {
    Arc::new(AggregateUDF::new_from_impl(Pick {
        signature: Signature::any(2, Volatility::Immutable),
    }))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Pick {
    signature: Signature,
}

impl AggregateUDFImpl for Pick {
    fn name(&self) -> &str {
        "kql_pick"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arg_types: &[DataType]) -> Result<DataType> {
        match arg_types {
            [DataType::Struct(_), payload @ DataType::Struct(_)] => Ok(payload.clone()),
            _ => plan_err!("`kql_pick` takes a struct of keys and a struct of columns"),
        }
    }

    fn accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(Ungrouped(PickGroups::new(&args)?)))
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let state = |what: &str| {
            Arc::new(Field::new(
                format!("{}[{what}]", args.name),
                DataType::Binary,
                true,
            ))
        };
        Ok(vec![state("keys"), state("payload")])
    }

    fn groups_accumulator_supported(&self, _args: AccumulatorArgs) -> bool {
        true
    }

    fn create_groups_accumulator(
        &self,
        args: AccumulatorArgs,
    ) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(PickGroups::new(&args)?))
    }
}

#[derive(Debug)]
struct PickGroups {
    /// The first key alone, whose bytes begin those of all keys.
    first: RowConverter,
    keys: RowConverter,
    /// Of the groups of a batch the place among those that were met, else `NOWHERE`.
    places: Vec<u32>,
    payload: RowConverter,
    fields: Fields,
    best: Vec<Option<Best>>,
    bytes: usize,
}

const NOWHERE: u32 = u32::MAX;

/// A group of a batch: its rows that are first by the first key.
struct Leader {
    group: usize,
    row: u32,
    /// Rows after it with the same first key.
    others: Vec<u32>,
}

impl Leader {
    fn rows(&self) -> impl Iterator<Item = u32> {
        std::iter::once(self.row).chain(self.others.iter().copied())
    }
}

#[derive(Debug)]
struct Best {
    keys: Box<[u8]>,
    payload: Box<[u8]>,
}

impl PickGroups {
    fn new(args: &AccumulatorArgs) -> Result<PickGroups> {
        let DataType::Struct(fields) = args.return_type() else {
            return plan_err!("`kql_pick` returns a struct");
        };
        let DataType::Struct(keys) = args.expr_fields[0].data_type() else {
            return plan_err!("`kql_pick` takes a struct of keys");
        };
        let keys: Vec<SortField> = keys
            .iter()
            .map(|key| {
                let mut letters = key.name().chars();
                let descending = letters.next() == Some('d');
                let nulls_first = letters.next() == Some('f');
                SortField::new_with_options(
                    key.data_type().clone(),
                    SortOptions {
                        descending,
                        nulls_first,
                    },
                )
            })
            .collect();
        if keys.is_empty() {
            return plan_err!("`kql_pick` takes at least one key");
        }
        let columns = fields
            .iter()
            .map(|f| SortField::new(f.data_type().clone()))
            .collect();
        Ok(PickGroups {
            first: RowConverter::new(keys.iter().take(1).cloned().collect())?,
            places: Vec::new(),
            keys: RowConverter::new(keys)?,
            payload: RowConverter::new(columns)?,
            fields: fields.clone(),
            best: Vec::new(),
            bytes: 0,
        })
    }

    fn keep(&mut self, group: usize, keys: &[u8], payload: &[u8]) {
        if let Some(old) = &self.best[group] {
            self.bytes -= old.keys.len() + old.payload.len();
        }
        self.bytes += keys.len() + payload.len();
        self.best[group] = Some(Best {
            keys: keys.into(),
            payload: payload.into(),
        });
    }
}

/// As many bytes of the keys as the first key has.
fn beginning<'k>(keys: &'k [u8], first: &[u8]) -> &'k [u8] {
    &keys[..keys.len().min(first.len())]
}

fn taken(columns: &[ArrayRef], rows: &arrow_array::UInt32Array) -> Result<Vec<ArrayRef>> {
    columns
        .iter()
        .map(|column| Ok(arrow::compute::take(column, rows, None)?))
        .collect()
}

impl Groups for PickGroups {
    fn ensure(&mut self, groups: usize) {
        if self.best.len() < groups {
            self.best.resize_with(groups, || None);
        }
    }
}

impl GroupsAccumulator for PickGroups {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        opt_filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        self.ensure(total_num_groups);
        let key_columns = values[0].as_struct().columns();
        let firsts = self.first.convert_columns(&key_columns[..1])?;
        // The rows of each group that lead by the first key within this batch.
        self.places.resize(total_num_groups, NOWHERE);
        let mut leaders: Vec<Leader> = Vec::new();
        let (places, best) = (&mut self.places, &self.best);
        super::for_each_row(group_indices, opt_filter, |row, group| {
            let key = firsts.row(row);
            match places[group] {
                NOWHERE => {
                    let beaten = best[group]
                        .as_ref()
                        .is_some_and(|best| key.as_ref() > beginning(&best.keys, key.as_ref()));
                    if !beaten {
                        places[group] = leaders.len() as u32;
                        leaders.push(Leader {
                            group,
                            row: row as u32,
                            others: Vec::new(),
                        });
                    }
                }
                at => {
                    let leader = &mut leaders[at as usize];
                    match key.cmp(&firsts.row(leader.row as usize)) {
                        Ordering::Less => {
                            leader.row = row as u32;
                            leader.others.clear();
                        }
                        Ordering::Equal => leader.others.push(row as u32),
                        Ordering::Greater => {}
                    }
                }
            }
        });
        for leader in &leaders {
            self.places[leader.group] = NOWHERE;
        }
        let candidates = leaders.iter().flat_map(Leader::rows);
        let candidates = arrow_array::UInt32Array::from_iter_values(candidates);
        let key_columns = taken(key_columns, &candidates)?;
        let keys = self.keys.convert_columns(&key_columns)?;
        // Of each group the winner: its place among the candidates, and its row.
        let mut winners: Vec<(usize, usize, u32)> = Vec::new();
        let mut at = 0;
        for leader in &leaders {
            let mine = at..at + 1 + leader.others.len();
            at = mine.end;
            // The first of equal keys.
            let by_keys = mine.zip(leader.rows());
            let Some((winner, row)) = by_keys.min_by_key(|(place, _)| keys.row(*place)) else {
                continue;
            };
            let beaten = self.best[leader.group]
                .as_ref()
                .is_some_and(|best| keys.row(winner).as_ref() >= best.keys.as_ref());
            if !beaten {
                winners.push((leader.group, winner, row));
            }
        }
        if winners.is_empty() {
            return Ok(());
        }
        let rows = winners.iter().map(|(_, _, row)| *row);
        let rows = arrow_array::UInt32Array::from_iter_values(rows);
        let columns = taken(values[1].as_struct().columns(), &rows)?;
        if columns.is_empty() {
            for (group, key, _) in winners {
                self.keep(group, keys.row(key).as_ref(), &[]);
            }
            return Ok(());
        }
        let payload = self.payload.convert_columns(&columns)?;
        for (at, (group, key, _)) in winners.into_iter().enumerate() {
            self.keep(group, keys.row(key).as_ref(), payload.row(at).as_ref());
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let best = emit_to.take_needed(&mut self.best);
        let parser = self.payload.parser();
        let present = best
            .iter()
            .flatten()
            .map(|b| parser.parse(&b.payload))
            .collect::<Vec<_>>();
        let columns = self.payload.convert_rows(present)?;
        let mut next = 0_u64;
        let rows = arrow_array::UInt64Array::from_iter(best.iter().map(|b| {
            b.as_ref().map(|_| {
                next += 1;
                next - 1
            })
        }));
        let columns = columns
            .iter()
            .map(|column| arrow::compute::take(column, &rows, None))
            .collect::<Result<Vec<_>, _>>()?;
        self.bytes -= best
            .iter()
            .flatten()
            .map(|b| b.keys.len() + b.payload.len())
            .sum::<usize>();
        let nulls = rows.nulls().cloned();
        let fields = self.fields.clone();
        let picked = StructArray::try_new_with_length(fields, columns, nulls, best.len());
        Ok(Arc::new(picked?))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let best = emit_to.take_needed(&mut self.best);
        self.bytes -= best
            .iter()
            .flatten()
            .map(|b| b.keys.len() + b.payload.len())
            .sum::<usize>();
        let keys = best.iter().map(|b| b.as_ref().map(|b| b.keys.as_ref()));
        let payload = best.iter().map(|b| b.as_ref().map(|b| b.payload.as_ref()));
        Ok(vec![
            Arc::new(BinaryArray::from_iter(keys)),
            Arc::new(BinaryArray::from_iter(payload)),
        ])
    }

    fn merge_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        total_num_groups: usize,
    ) -> Result<()> {
        self.ensure(total_num_groups);
        let binary = |at: usize| {
            values[at]
                .as_any()
                .downcast_ref::<BinaryArray>()
                .ok_or_else(|| internal_datafusion_err!("the state of `kql_pick` is binary"))
        };
        let (keys, payload) = (binary(0)?, binary(1)?);
        for (row, group) in group_indices.iter().enumerate() {
            if keys.is_null(row) {
                continue;
            }
            let key = keys.value(row);
            if self.best[*group]
                .as_ref()
                .is_none_or(|best| key < best.keys.as_ref())
            {
                self.keep(*group, key, payload.value(row));
            }
        }
        Ok(())
    }

    fn convert_to_state(
        &self,
        _values: &[ArrayRef],
        _opt_filter: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        datafusion::common::not_impl_err!("`kql_pick` always aggregates")
    }

    fn size(&self) -> usize {
        self.bytes
            + self.best.capacity() * size_of::<Option<Best>>()
            + self.places.capacity() * size_of::<u32>()
    }
}
