//! `kql_make_bag(json, max)`: the objects of a group merged into one; the first value of a key stays.

use std::sync::Arc;

use arrow_array::builder::StringViewBuilder;
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, BooleanArray, StringViewArray};
use arrow_schema::{DataType, Field, FieldRef};
use datafusion::common::{Result, ScalarValue, plan_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, GroupsAccumulator, Signature, Volatility,
};
use datafusion::physical_expr::expressions::Literal;
use serde_json::{Map, Value};

use super::{Groups, Ungrouped};

pub fn make_bag() -> Arc<AggregateUDF> {
    let signature = Signature::any(2, Volatility::Immutable);
    Arc::new(AggregateUDF::new_from_impl(MakeBag { signature }))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct MakeBag {
    signature: Signature,
}

impl AggregateUDFImpl for MakeBag {
    fn name(&self) -> &str {
        "kql_make_bag"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arg_types: &[DataType]) -> Result<DataType> {
        match arg_types {
            [DataType::Utf8View, DataType::Int64] => Ok(DataType::Utf8View),
            _ => plan_err!("`kql_make_bag` takes JSON text and a maximum"),
        }
    }

    fn accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(Ungrouped(BagGroups::new(&args)?)))
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let name = format!("{}[bag]", args.name);
        Ok(vec![Arc::new(Field::new(name, DataType::Utf8View, true))])
    }

    fn groups_accumulator_supported(&self, _args: AccumulatorArgs) -> bool {
        true
    }

    fn create_groups_accumulator(
        &self,
        args: AccumulatorArgs,
    ) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(BagGroups::new(&args)?))
    }
}

#[derive(Debug)]
struct BagGroups {
    max: usize,
    bags: Vec<Map<String, Value>>,
    bytes: usize,
}

impl BagGroups {
    fn new(args: &AccumulatorArgs) -> Result<BagGroups> {
        let max = match args.exprs[1].downcast_ref::<Literal>().map(Literal::value) {
            Some(ScalarValue::Int64(Some(max))) => usize::try_from(*max).unwrap_or(0),
            _ => return plan_err!("the maximum of a bag must be a constant"),
        };
        Ok(BagGroups {
            max,
            bags: Vec::new(),
            bytes: 0,
        })
    }

    fn add(&mut self, group: usize, text: &str) {
        let Ok(Value::Object(object)) = serde_json::from_str(text) else {
            return;
        };
        let bag = &mut self.bags[group];
        for (key, value) in object {
            if bag.len() < self.max && !bag.contains_key(&key) {
                bag.insert(key, value);
            }
        }
        self.bytes += text.len();
    }
}

impl Groups for BagGroups {
    fn ensure(&mut self, groups: usize) {
        if self.bags.len() < groups {
            self.bags.resize_with(groups, Map::new);
        }
    }
}

impl GroupsAccumulator for BagGroups {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        opt_filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        self.ensure(total_num_groups);
        let texts: &StringViewArray = values[0].as_string_view();
        super::for_each_row(group_indices, opt_filter, |row, group| {
            if texts.is_valid(row) {
                self.add(group, texts.value(row));
            }
        });
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let mut texts = StringViewBuilder::new();
        for bag in emit_to.take_needed(&mut self.bags) {
            texts.append_value(Value::Object(bag).to_string());
        }
        Ok(Arc::new(texts.finish()))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        Ok(vec![self.evaluate(emit_to)?])
    }

    fn merge_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        total_num_groups: usize,
    ) -> Result<()> {
        self.update_batch(&values[..1], group_indices, None, total_num_groups)
    }

    fn convert_to_state(
        &self,
        _values: &[ArrayRef],
        _opt_filter: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        datafusion::common::not_impl_err!("`kql_make_bag` always aggregates")
    }

    fn size(&self) -> usize {
        self.bytes + self.bags.capacity() * size_of::<Map<String, Value>>()
    }
}
