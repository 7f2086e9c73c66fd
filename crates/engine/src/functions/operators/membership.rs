//! `in`, `!in`, `in~`, `!in~`: whether a value is one of a list.
//!
//! The list is spelt out, or is the elements of one dynamic array.

use datafusion::logical_expr::expr::InList;
use serde_json::Value;

use crate::functions::TypedExpr;
use crate::functions::call::{is_value, literal_text, null, text};
use crate::functions::convert::convert;
use crate::functions::json;
use crate::functions::prelude::*;
use crate::functions::search::fold;

use super::common_type;

pub const IN: Function = Function {
    name: "in",
    family: Family::Operators,
    signature: "value in (a, b, …)",
    doc: "Whether a value is one of a list, case included.",
    examples: &[
        ("'a' in ('a', 'b')", "true"),
        ("'A' in ('a', 'b')", "false"),
    ],
    lower: Lower::By(|call| membership(call, Sense::In)),
    kernels: &[Kernel::new("kql_in", Type::Bool, |rows| {
        let mut lists = Memo::empty();
        let value = rows.json(0)?;
        let list = rows.json(1)?;
        let mut out = crate::functions::rows::BoolOut::new(rows.len);
        for row in 0..rows.len {
            let items = lists.get(list.get(row).unwrap_or("[]"), elements);
            let value = value.get(row).and_then(json::parse).unwrap_or(Value::Null);
            out.push(Some(items.iter().any(|item| json::same(item, &value))));
        }
        Ok(out.finish())
    })],
};

pub const NOT_IN: Function = Function {
    name: "!in",
    family: Family::Operators,
    signature: "value !in (a, b, …)",
    doc: "Whether a value is none of a list, case included. Null is in no list.",
    examples: &[("'A' !in ('a', 'b')", "true")],
    lower: Lower::By(|call| membership(call, Sense::NotIn)),
    kernels: &[],
};

pub const IN_FOLDED: Function = Function {
    name: "in~",
    family: Family::Operators,
    signature: "text in~ (a, b, …)",
    doc: "Whether a text is one of a list, whatever the case.",
    examples: &[("'A' in~ ('a', 'b')", "true")],
    lower: Lower::By(folded_membership),
    kernels: &[Kernel::new("kql_in_folded", Type::Bool, |rows| {
        let mut lists = Memo::empty();
        let mut scratch = String::new();
        each!(rows, [text value, text list] -> BoolOut, {
            let items = lists.get(list, |list| {
                elements(list).iter().map(json::text_of_value).map(|item| fold::folded(&item)).collect::<std::collections::HashSet<String>>()
            });
            scratch.clear();
            fold::fold_into(value, &mut scratch);
            Some(items.contains(&scratch))
        })
    })],
};

pub const NOT_IN_FOLDED: Function = Function {
    name: "!in~",
    family: Family::Operators,
    signature: "text !in~ (a, b, …)",
    doc: "Whether a text is none of a list, whatever the case.",
    examples: &[("'A' !in~ ('a', 'b')", "false")],
    lower: Lower::By(|call| Ok(Expr::Not(Box::new(folded_membership(call)?)))),
    kernels: &[],
};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sense {
    In,
    NotIn,
}

fn membership(call_: Call<'_>, sense: Sense) -> Result<Expr, Error> {
    let mut needle = call_.typed(0)?;
    let items = items_of(&call_);
    if items.iter().any(|item| item.ty == Type::Dynamic) {
        return dynamic_membership(needle, items, sense);
    }
    let ty = items
        .iter()
        .fold(needle.ty, |ty, item| common_type(ty, item.ty));
    needle = TypedExpr {
        expr: convert(needle, ty)?,
        ty,
    };
    let list: Vec<Expr> = items
        .into_iter()
        .map(|item| convert(item, ty))
        .collect::<Result<_, _>>()?;
    if list.is_empty() {
        return Ok(datafusion::logical_expr::lit(sense == Sense::NotIn));
    }
    let plain = list.iter().all(is_value);
    let in_list = |negated| {
        Expr::InList(InList::new(
            Box::new(needle.expr.clone()),
            list.clone(),
            negated,
        ))
    };
    if ty == Type::String || (sense == Sense::In && plain && is_value(&needle.expr)) {
        return Ok(in_list(sense == Sense::NotIn));
    }
    // Null is in no list.
    let known = needle
        .expr
        .clone()
        .is_not_null()
        .and(in_list(false))
        .is_true();
    Ok(match sense {
        Sense::In => known,
        Sense::NotIn => Expr::Not(Box::new(known)),
    })
}

/// The items, a constant array spelt out.
fn items_of(call_: &Call<'_>) -> Vec<TypedExpr> {
    let items = &call_.args[1..];
    let [only] = items else { return items.to_vec() };
    if only.ty != Type::Dynamic {
        return items.to_vec();
    }
    let Some(values) = literal_text(&only.expr).and_then(json::parse_array) else {
        return items.to_vec();
    };
    values.iter().map(literal_of).collect()
}

fn literal_of(value: &Value) -> TypedExpr {
    use datafusion::logical_expr::lit;
    match value {
        Value::String(value) => TypedExpr {
            expr: text(value),
            ty: Type::String,
        },
        Value::Bool(value) => TypedExpr {
            expr: lit(*value),
            ty: Type::Bool,
        },
        Value::Number(value) => match value.as_i64() {
            Some(value) => TypedExpr {
                expr: lit(value),
                ty: Type::Long,
            },
            None => TypedExpr {
                expr: lit(value.as_f64().unwrap_or(f64::NAN)),
                ty: Type::Real,
            },
        },
        Value::Null => TypedExpr {
            expr: null(Type::Dynamic),
            ty: Type::Dynamic,
        },
        other => TypedExpr {
            expr: text(json::print(other)),
            ty: Type::Dynamic,
        },
    }
}

/// Some item is known only at run time: the list is one array, compared value by value.
fn dynamic_membership(
    needle: TypedExpr,
    items: Vec<TypedExpr>,
    sense: Sense,
) -> Result<Expr, Error> {
    let needle = convert(needle, Type::Dynamic)?;
    let list = list_of(items)?;
    let found = call("kql_in", vec![needle, list]);
    Ok(match sense {
        Sense::In => found,
        Sense::NotIn => Expr::Not(Box::new(found)),
    })
}

/// All items as one array.
pub fn list_of(items: Vec<TypedExpr>) -> Result<Expr, Error> {
    if let [only] = items.as_slice()
        && only.ty == Type::Dynamic
    {
        return Ok(only.expr.clone());
    }
    let texts: Option<Vec<Value>> = items
        .iter()
        .map(|item| match item.ty {
            Type::String => literal_text(&item.expr).map(|item| Value::String(item.to_owned())),
            _ => None,
        })
        .collect();
    if let Some(texts) = texts {
        return Ok(text(json::print_array(&texts)));
    }
    let items: Vec<Expr> = items
        .into_iter()
        .map(|item| convert(item, Type::Dynamic))
        .collect::<Result<_, _>>()?;
    Ok(call("kql_pack_array", items))
}

fn folded_membership(call_: Call<'_>) -> Result<Expr, Error> {
    let needle = call_.arg(0, Type::String)?;
    Ok(call(
        "kql_in_folded",
        vec![needle, list_of(call_.args[1..].to_vec())?],
    ))
}

/// The elements of an array; any other value is its only element.
pub fn elements(list: &str) -> Vec<Value> {
    match json::parse(list) {
        Some(Value::Array(items)) => items,
        Some(Value::Null) | None => Vec::new(),
        Some(other) => vec![other],
    }
}
