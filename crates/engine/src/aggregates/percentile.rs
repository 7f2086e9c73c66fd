//! `kql_percentile(value, percentage)` and `kql_percentilew(value, weight, percentage)`: the value of
//! the nearest rank, over Float64. Nulls are left out; without values the result is null.

use std::sync::Arc;

use arrow_array::builder::{Float64Builder, ListBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{Array, ArrayRef, BooleanArray, Float64Array};
use arrow_schema::{DataType, Field, FieldRef};
use datafusion::common::{Result, ScalarValue, plan_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, GroupsAccumulator, Signature, Volatility,
};
use datafusion::physical_expr::expressions::Literal;

use super::{Groups, Ungrouped};

pub fn percentile() -> Arc<AggregateUDF> {
    udaf("kql_percentile", 2)
}

pub fn weighted_percentile() -> Arc<AggregateUDF> {
    udaf("kql_percentilew", 3)
}

fn udaf(name: &'static str, args: usize) -> Arc<AggregateUDF> {
    let signature = Signature::any(args, Volatility::Immutable);
    Arc::new(AggregateUDF::new_from_impl(Percentile { name, signature }))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Percentile {
    name: &'static str,
    signature: Signature,
}

impl AggregateUDFImpl for Percentile {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arg_types: &[DataType]) -> Result<DataType> {
        if arg_types.iter().any(|t| *t != DataType::Float64) {
            return plan_err!("`{}` takes reals", self.name);
        }
        Ok(DataType::Float64)
    }

    fn accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(Ungrouped(PercentileGroups::new(&args)?)))
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let item = Field::new_list_field(DataType::Float64, true);
        let list = DataType::List(Arc::new(item));
        let field = |what: &str| {
            Arc::new(Field::new(
                format!("{}[{what}]", args.name),
                list.clone(),
                true,
            ))
        };
        Ok(vec![field("values"), field("weights")])
    }

    fn groups_accumulator_supported(&self, _args: AccumulatorArgs) -> bool {
        true
    }

    fn create_groups_accumulator(
        &self,
        args: AccumulatorArgs,
    ) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(PercentileGroups::new(&args)?))
    }
}

#[derive(Debug)]
struct PercentileGroups {
    percentage: f64,
    weighted: Weights,
    /// Value and weight of every row.
    groups: Vec<Vec<(f64, f64)>>,
    rows: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Weights {
    One,
    Given,
}

impl PercentileGroups {
    fn new(args: &AccumulatorArgs) -> Result<PercentileGroups> {
        let last = args.exprs.last().and_then(|e| e.downcast_ref::<Literal>());
        let Some(ScalarValue::Float64(Some(percentage))) = last.map(Literal::value) else {
            return plan_err!("the percentage must be a constant");
        };
        let weighted = if args.exprs.len() == 3 {
            Weights::Given
        } else {
            Weights::One
        };
        Ok(PercentileGroups {
            percentage: *percentage,
            weighted,
            groups: Vec::new(),
            rows: 0,
        })
    }

    fn rank(&self, group: &mut [(f64, f64)]) -> Option<f64> {
        group.sort_by(|a, b| a.0.total_cmp(&b.0));
        let total: f64 = group.iter().map(|(_, weight)| weight).sum();
        let wanted = (self.percentage / 100.0 * total).max(f64::MIN_POSITIVE);
        let mut reached = 0.0;
        for (value, weight) in group.iter() {
            reached += weight;
            if reached >= wanted - 1e-9 {
                return Some(*value);
            }
        }
        group.last().map(|(value, _)| *value)
    }
}

impl Groups for PercentileGroups {
    fn ensure(&mut self, groups: usize) {
        if self.groups.len() < groups {
            self.groups.resize_with(groups, Vec::new);
        }
    }
}

impl GroupsAccumulator for PercentileGroups {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        opt_filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        self.ensure(total_num_groups);
        let numbers: &Float64Array = values[0].as_primitive::<Float64Type>();
        let weights: Option<&Float64Array> =
            (self.weighted == Weights::Given).then(|| values[1].as_primitive::<Float64Type>());
        super::for_each_row(group_indices, opt_filter, |row, group| {
            let weight = weights.map_or(Some(1.0), |w| w.is_valid(row).then(|| w.value(row)));
            if let (true, Some(weight)) = (numbers.is_valid(row), weight) {
                self.groups[group].push((numbers.value(row), weight));
                self.rows += 1;
            }
        });
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let mut groups = emit_to.take_needed(&mut self.groups);
        self.rows -= groups.iter().map(Vec::len).sum::<usize>();
        let ranks = groups
            .iter_mut()
            .map(|group| self.rank(group))
            .collect::<Vec<_>>();
        Ok(Arc::new(Float64Array::from(ranks)))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let groups = emit_to.take_needed(&mut self.groups);
        self.rows -= groups.iter().map(Vec::len).sum::<usize>();
        let mut values = ListBuilder::new(Float64Builder::new());
        let mut weights = ListBuilder::new(Float64Builder::new());
        for group in groups {
            values.append_value(group.iter().map(|(value, _)| Some(*value)));
            weights.append_value(group.iter().map(|(_, weight)| Some(*weight)));
        }
        Ok(vec![Arc::new(values.finish()), Arc::new(weights.finish())])
    }

    fn merge_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        total_num_groups: usize,
    ) -> Result<()> {
        self.ensure(total_num_groups);
        let (numbers, weights) = (values[0].as_list::<i32>(), values[1].as_list::<i32>());
        for (row, group) in group_indices.iter().enumerate() {
            if numbers.is_null(row) {
                continue;
            }
            let (numbers, weights) = (numbers.value(row), weights.value(row));
            let numbers: &Float64Array = numbers.as_primitive::<Float64Type>();
            let weights: &Float64Array = weights.as_primitive::<Float64Type>();
            let pairs = numbers
                .values()
                .iter()
                .copied()
                .zip(weights.values().iter().copied());
            self.rows += numbers.len();
            self.groups[*group].extend(pairs);
        }
        Ok(())
    }

    fn convert_to_state(
        &self,
        _values: &[ArrayRef],
        _opt_filter: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        datafusion::common::not_impl_err!("`{}` always aggregates", "kql_percentile")
    }

    fn size(&self) -> usize {
        self.rows * size_of::<(f64, f64)>() + self.groups.capacity() * size_of::<Vec<(f64, f64)>>()
    }
}
