//! `kql_make_list(json, max[, order])` and `kql_make_set(json, max[, order])`: the values of a group
//! as one JSON array.
//!
//! The values come as JSON text; SQL null is left out. A list is put in the order of the keys in the
//! struct `order` (field names as in `kql_pick`), a set in the order of its first appearances by it
//! and then of its text; without keys both stay as the rows came. What exceeds `max` is cut off
//! silently, as in Kusto.

use std::sync::Arc;

use arrow::row::{RowConverter, SortField};
use arrow_array::builder::{BinaryBuilder, StringViewBuilder};
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, BinaryArray, BooleanArray, StringViewArray};
use arrow_schema::{DataType, Field, FieldRef, SortOptions};
use datafusion::common::{Result, ScalarValue, plan_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, GroupsAccumulator, Signature, Volatility,
};
use datafusion::physical_expr::expressions::Literal;

use super::numbers::Numbers;
use super::texts::Texts;
use super::{Groups, Ungrouped, get, put};
use crate::lists::split;

pub fn make_list() -> Arc<AggregateUDF> {
    udaf(Kind::List)
}

pub fn make_set() -> Arc<AggregateUDF> {
    udaf(Kind::Set)
}

fn udaf(kind: Kind) -> Arc<AggregateUDF> {
    let signature = Signature::variadic_any(Volatility::Immutable);
    Arc::new(AggregateUDF::new_from_impl(Collect { kind, signature }))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    List,
    Set,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Collect {
    kind: Kind,
    signature: Signature,
}

impl AggregateUDFImpl for Collect {
    fn name(&self) -> &str {
        match self.kind {
            Kind::List => "kql_make_list",
            Kind::Set => "kql_make_set",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arg_types: &[DataType]) -> Result<DataType> {
        match arg_types {
            [DataType::Utf8View, DataType::Int64] => Ok(DataType::Utf8View),
            [DataType::Utf8View, DataType::Int64, DataType::Struct(_)] => Ok(DataType::Utf8View),
            _ => plan_err!("`{}` takes JSON text, a maximum and an order", self.name()),
        }
    }

    fn accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(Ungrouped(CollectGroups::new(self.kind, &args)?)))
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let name = format!("{}[elements]", args.name);
        Ok(vec![Arc::new(Field::new(name, DataType::Binary, true))])
    }

    fn groups_accumulator_supported(&self, _args: AccumulatorArgs) -> bool {
        true
    }

    fn create_groups_accumulator(
        &self,
        args: AccumulatorArgs,
    ) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(CollectGroups::new(self.kind, &args)?))
    }
}

#[derive(Debug)]
struct CollectGroups {
    kind: Kind,
    max: usize,
    order: Option<RowConverter>,
    texts: Texts,
    groups: Vec<Group>,
    /// Bytes of the groups on the heap.
    bytes: usize,
}

#[derive(Debug, Default)]
struct Group {
    elements: Numbers,
    /// For each element the least order in which it came; empty where none is asked for.
    orders: Vec<Box<[u8]>>,
}

impl Group {
    /// Bytes on the heap.
    fn size(&self) -> usize {
        let orders: usize = self.orders.iter().map(|order| order.len()).sum();
        self.elements.size() + orders + self.orders.capacity() * size_of::<Box<[u8]>>()
    }
}

/// A struct's converter into bytes that sort as its field names say.
fn order_converter(data_type: &DataType) -> Result<RowConverter> {
    let DataType::Struct(fields) = data_type else {
        return plan_err!("an order is a struct");
    };
    let fields = fields
        .iter()
        .map(|field| {
            let name = field.name();
            let options = SortOptions {
                descending: name.starts_with('d'),
                nulls_first: name.chars().nth(1) == Some('f'),
            };
            SortField::new_with_options(field.data_type().clone(), options)
        })
        .collect();
    Ok(RowConverter::new(fields)?)
}

impl CollectGroups {
    fn new(kind: Kind, args: &AccumulatorArgs) -> Result<CollectGroups> {
        let max = match args.exprs[1].downcast_ref::<Literal>().map(Literal::value) {
            Some(ScalarValue::Int64(Some(max))) => usize::try_from(*max).unwrap_or(0),
            _ => return plan_err!("the maximum of a list or set must be a constant"),
        };
        let order = match args.expr_fields.get(2) {
            Some(field) => Some(order_converter(field.data_type())?),
            None => None,
        };
        Ok(CollectGroups {
            kind,
            max,
            order,
            texts: Texts::new(),
            groups: Vec::new(),
            bytes: 0,
        })
    }

    /// An array among the values gives its elements, as in Kusto.
    fn add_value(&mut self, group: usize, order: &[u8], text: &str) {
        if text.starts_with('[') {
            split(text).for_each(|element| self.add(group, order, element));
        } else {
            self.add(group, order, text);
        }
    }

    fn add(&mut self, group: usize, order: &[u8], text: &str) {
        let ordered = self.order.is_some();
        let group = &mut self.groups[group];
        if !ordered && group.elements.as_slice().len() >= self.max {
            return;
        }
        let number = self.texts.number(text);
        let before = (group.elements.size(), group.orders.capacity());
        let known = match self.kind {
            Kind::List => None,
            Kind::Set => group.elements.place(number),
        };
        match known {
            None => {
                group.elements.push(number);
                if ordered {
                    group.orders.push(order.into());
                    self.bytes += order.len();
                }
            }
            Some(place) if ordered && order < group.orders[place].as_ref() => {
                self.bytes += order.len();
                self.bytes = self.bytes.saturating_sub(group.orders[place].len());
                group.orders[place] = order.into();
            }
            Some(_) => {}
        }
        self.bytes += group.elements.size() - before.0;
        self.bytes += (group.orders.capacity() - before.1) * size_of::<Box<[u8]>>();
    }

    fn take(&mut self, emit_to: EmitTo) -> Vec<Group> {
        let groups = emit_to.take_needed(&mut self.groups);
        let freed: usize = groups.iter().map(Group::size).sum();
        self.bytes = self.bytes.saturating_sub(freed);
        groups
    }

    /// After groups have gone.
    fn compact(&mut self) {
        if self.groups.is_empty() {
            self.texts = Texts::new();
        } else if self.texts.has_doubled() {
            let groups = self.groups.iter_mut();
            let left = groups.flat_map(|group| group.elements.renamed());
            self.texts.keep_only(left);
        }
    }

    /// The places of a group's elements in the order in which they are handed out.
    fn places(&self, group: &Group) -> Vec<usize> {
        let elements = group.elements.as_slice();
        let mut places: Vec<usize> = (0..elements.len()).collect();
        if self.order.is_some() {
            let text = |place: usize| self.texts.text(elements[place]);
            places.sort_by(|a, b| {
                let by_order = group.orders[*a].cmp(&group.orders[*b]);
                match self.kind {
                    Kind::List => by_order,
                    Kind::Set => by_order.then_with(|| text(*a).cmp(text(*b))),
                }
            });
        }
        places.truncate(self.max);
        places
    }
}

impl Groups for CollectGroups {
    fn ensure(&mut self, groups: usize) {
        if self.groups.len() < groups {
            self.groups.resize_with(groups, Group::default);
        }
    }
}

impl GroupsAccumulator for CollectGroups {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        opt_filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        self.ensure(total_num_groups);
        let texts: &StringViewArray = values[0].as_string_view();
        let orders = match (&self.order, values.get(2)) {
            (Some(converter), Some(order)) => {
                Some(converter.convert_columns(order.as_struct().columns())?)
            }
            _ => None,
        };
        super::for_each_row(group_indices, opt_filter, |row, group| {
            if texts.is_valid(row) {
                let order = orders.as_ref().map(|orders| orders.row(row));
                let order = order.as_ref().map_or(&[][..], |order| order.as_ref());
                self.add_value(group, order, texts.value(row));
            }
        });
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let mut lists = StringViewBuilder::new();
        let mut text = String::new();
        for group in self.take(emit_to) {
            text.clear();
            text.push('[');
            for (nth, place) in self.places(&group).into_iter().enumerate() {
                if nth > 0 {
                    text.push(',');
                }
                text.push_str(self.texts.text(group.elements.as_slice()[place]));
            }
            text.push(']');
            lists.append_value(&text);
        }
        self.compact();
        Ok(Arc::new(lists.finish()))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let mut states = BinaryBuilder::new();
        let mut bytes = Vec::new();
        for group in self.take(emit_to) {
            bytes.clear();
            for (place, number) in group.elements.as_slice().iter().enumerate() {
                put(
                    &mut bytes,
                    group.orders.get(place).map_or(&[], |order| order),
                );
                put(&mut bytes, self.texts.text(*number).as_bytes());
            }
            states.append_value(&bytes);
        }
        self.compact();
        Ok(vec![Arc::new(states.finish())])
    }

    fn merge_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        total_num_groups: usize,
    ) -> Result<()> {
        self.ensure(total_num_groups);
        let Some(states) = values[0].as_any().downcast_ref::<BinaryArray>() else {
            return plan_err!("the state of a list or set is binary");
        };
        for (row, group) in group_indices.iter().enumerate() {
            if states.is_null(row) {
                continue;
            }
            let mut bytes = states.value(row);
            while let (Some(order), Some(text)) = (get(&mut bytes), get(&mut bytes)) {
                self.add(*group, order, &String::from_utf8_lossy(text));
            }
        }
        Ok(())
    }

    fn convert_to_state(
        &self,
        _values: &[ArrayRef],
        _opt_filter: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        datafusion::common::not_impl_err!("`{:?}` always aggregates", self.kind)
    }

    fn size(&self) -> usize {
        self.texts.size() + self.bytes + self.groups.capacity() * size_of::<Group>()
    }
}
