//! What `array_sort_asc` and `array_sort_desc` share.

use std::cmp::Ordering;

use arrow::array::ArrayRef;
use datafusion::common::Result;
use datafusion::logical_expr::{Expr, lit};
use keyline_kql::types::Type;
use serde_json::Value;

use crate::functions::call::Call;
use crate::functions::kernel::call;
use crate::functions::rows::{JsonOut, Rows};
use crate::functions::{Error, json};

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Order {
    Up,
    Down,
}

/// Arguments of the kernel: the array to give back, the array to sort by, whether nulls come last.
/// Several arrays give one array of them.
pub fn lower(call_: Call<'_>) -> Result<Expr, Error> {
    let last = call_.count() - 1;
    let (arrays, nulls_last) = match call_.type_of(last) {
        Some(Type::Bool) => (last, call_.arg(last, Type::Bool)?),
        _ => (call_.count(), lit(true)),
    };
    let by = call_.arg(0, Type::Dynamic)?;
    let kernel = call_.function.kernels[0].name;
    let mut sorted = Vec::with_capacity(arrays);
    for index in 0..arrays {
        let array = call_.arg(index, Type::Dynamic)?;
        sorted.push(call(kernel, vec![array, by.clone(), nulls_last.clone()]));
    }
    match sorted.len() {
        1 => Ok(sorted.swap_remove(0)),
        _ => Ok(call("kql_pack_array", sorted)),
    }
}

pub fn run(rows: &Rows<'_>, order: Order) -> Result<ArrayRef> {
    let (wanted, by, nulls_last) = (rows.json(0)?, rows.json(1)?, rows.bool(2)?);
    let mut out = JsonOut::new(rows.len);
    for row in 0..rows.len {
        let wanted = wanted.get(row).and_then(json::parse_array);
        let by = by.get(row).and_then(json::parse_array);
        let nulls_last = nulls_last.get(row).unwrap_or(true);
        out.push(wanted.zip(by).and_then(|(wanted, by)| {
            if wanted.len() != by.len() {
                return None;
            }
            let sorted: Vec<Value> = sorted_places(&by, order, nulls_last)
                .map(|at| wanted[at].clone())
                .collect();
            Some(json::print_array(&sorted))
        }));
    }
    Ok(out.finish())
}

fn sorted_places(by: &[Value], order: Order, nulls_last: bool) -> impl Iterator<Item = usize> {
    let mut places: Vec<usize> = (0..by.len()).collect();
    places.sort_by(|left, right| {
        let (left, right) = (&by[*left], &by[*right]);
        let nulls = left.is_null().cmp(&right.is_null());
        let nulls = if nulls_last { nulls } else { nulls.reverse() };
        let values = match order {
            Order::Up => compare(left, right),
            Order::Down => compare(right, left),
        };
        nulls.then(values)
    });
    places.into_iter()
}

/// Numbers before texts before the rest.
fn compare(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => match (left.as_i64(), right.as_i64()) {
            (Some(left), Some(right)) => left.cmp(&right),
            _ => left
                .as_f64()
                .partial_cmp(&right.as_f64())
                .unwrap_or(Ordering::Equal),
        },
        (Value::String(left), Value::String(right)) => left.cmp(right),
        (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
        _ => kind(left).cmp(&kind(right)),
    }
}

fn kind(value: &Value) -> u8 {
    match value {
        Value::Number(_) => 0,
        Value::String(_) => 1,
        Value::Bool(_) => 2,
        _ => 3,
    }
}
