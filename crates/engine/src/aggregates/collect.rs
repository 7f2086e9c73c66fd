//! `kql_make_list(json, max[, order])` and `kql_make_set(json, max[, order])`: the values of a group
//! as one JSON array.
//!
//! The values come as JSON text; SQL null is left out. A list is put in the order of the keys in the
//! struct `order` (field names as in `kql_pick`), a set in the order of its first appearances by it
//! and then of its text; without keys both stay as the rows came. What exceeds `max` is cut off
//! silently, as in Kusto.

use std::collections::HashMap;
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

use super::{Groups, Ungrouped};
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
    groups: Vec<Group>,
    bytes: usize,
}

#[derive(Debug, Default)]
struct Group {
    elements: Vec<Element>,
    /// For a set with more than a few elements: where each text stands in `elements`.
    places: HashMap<Arc<str>, usize>,
}

/// Elements that are looked through one by one: most sets are small, and there are many of them.
const SEARCHED_MAX: usize = 16;

/// Bytes that an element takes beside its text and its order: itself in a vector that doubles, and the heads
/// of two allocations; for a set that is large, an entry of the map, which doubles as well.
const ELEMENT_BYTES: usize = 2 * size_of::<Element>() + 48;
const ENTRY_BYTES: usize = 2 * (size_of::<(Arc<str>, usize)>() + 1);

impl Group {
    fn place(&self, text: &str) -> Option<usize> {
        match self.elements.len() <= SEARCHED_MAX {
            true => self.elements.iter().position(|e| *e.text == *text),
            false => self.places.get(text).copied(),
        }
    }

    fn push(&mut self, element: Element, kind: Kind) {
        self.elements.push(element);
        let count = self.elements.len();
        if kind == Kind::Set && count > SEARCHED_MAX {
            let known = self.places.len();
            for (place, element) in self.elements.iter().enumerate().skip(known) {
                self.places.insert(Arc::clone(&element.text), place);
            }
        }
    }

    fn bytes(&self) -> usize {
        let elements = self.elements.iter();
        let elements: usize = elements
            .map(|e| e.text.len() + e.order.len() + ELEMENT_BYTES)
            .sum();
        elements + self.places.len() * ENTRY_BYTES
    }
}

#[derive(Debug)]
struct Element {
    order: Box<[u8]>,
    text: Arc<str>,
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
        if self.kind == Kind::Set
            && let Some(place) = group.place(text)
        {
            let known = &mut group.elements[place];
            if order < known.order.as_ref() {
                known.order = order.into();
            }
            return;
        }
        if !ordered && group.elements.len() >= self.max {
            return;
        }
        let text: Arc<str> = text.into();
        self.bytes += text.len() + order.len() + ELEMENT_BYTES;
        let known = group.places.len();
        let element = Element {
            order: order.into(),
            text,
        };
        group.push(element, self.kind);
        self.bytes += (group.places.len() - known) * ENTRY_BYTES;
    }

    fn take(&mut self, emit_to: EmitTo) -> Vec<Group> {
        let groups = emit_to.take_needed(&mut self.groups);
        let freed: usize = groups.iter().map(Group::bytes).sum();
        self.bytes = self.bytes.saturating_sub(freed);
        groups
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
        for mut group in self.take(emit_to) {
            if self.order.is_some() {
                match self.kind {
                    Kind::List => group.elements.sort_by(|a, b| a.order.cmp(&b.order)),
                    Kind::Set => group
                        .elements
                        .sort_by(|a, b| a.order.cmp(&b.order).then_with(|| a.text.cmp(&b.text))),
                }
            }
            text.clear();
            text.push('[');
            for (place, element) in group.elements.iter().take(self.max).enumerate() {
                if place > 0 {
                    text.push(',');
                }
                text.push_str(&element.text);
            }
            text.push(']');
            lists.append_value(&text);
        }
        Ok(Arc::new(lists.finish()))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let mut states = BinaryBuilder::new();
        let mut bytes = Vec::new();
        for group in self.take(emit_to) {
            bytes.clear();
            for element in &group.elements {
                put(&mut bytes, &element.order);
                put(&mut bytes, element.text.as_bytes());
            }
            states.append_value(&bytes);
        }
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
        self.bytes + self.groups.capacity() * size_of::<Group>()
    }
}

/// Length, then bytes.
fn put(to: &mut Vec<u8>, bytes: &[u8]) {
    to.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
    to.extend_from_slice(bytes);
}

fn get<'b>(from: &mut &'b [u8]) -> Option<&'b [u8]> {
    let (length, rest) = from.split_first_chunk::<4>()?;
    let (bytes, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    *from = rest;
    Some(bytes)
}
