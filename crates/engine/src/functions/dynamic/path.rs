//! Access along a path: `a.b[0]['c']`.
//!
//! A constant path is one call whatever its length, and one over `parse_json(text)` reads the text
//! itself: it is checked to be JSON, but no tree of it is built.

use datafusion::logical_expr::Expr;
use keyline_kql::types::Type;

use crate::functions::call::text;
use crate::functions::convert::convert;
use crate::functions::kernel::{Kernel, call};
use crate::functions::rows::{Memo, each};
use crate::functions::{Error, PathStep, TypedExpr, json};
use serde_json::Value;

pub const KERNELS: &[Kernel] = &[
    Kernel::new("kql_member", Type::Dynamic, |rows| {
        let mut paths = Memo::empty();
        each!(rows, [json value, text path] -> JsonOut, {
            json::canonical_part(json::scan::find(value, paths.get(path, decode))?)
        })
    }),
    Kernel::new("kql_parse_json_member", Type::Dynamic, |rows| {
        let mut paths = Memo::empty();
        each!(rows, [text text, text path] -> JsonOut, {
            let found = json::scan::find(text, paths.get(path, decode))?;
            if !json::is_valid(text) {
                return None;
            }
            json::canonical_part(found)
        })
    }),
    Kernel::new("kql_index", Type::Dynamic, |rows| {
        each!(rows, [json value, json index] -> JsonOut, {
            let step = match json::parse(index)? {
                Value::String(key) => PathStep::Key(key),
                Value::Number(number) => PathStep::Index(number.as_i64()?),
                _ => return None,
            };
            json::canonical_part(json::scan::find(value, &[step])?)
        })
    }),
];

/// `base` along a constant path.
pub fn member(base: Expr, path: &[PathStep]) -> Expr {
    if path.is_empty() {
        return base;
    }
    if let Expr::ScalarFunction(inner) = &base {
        match (inner.name(), inner.args.as_slice()) {
            ("kql_parse_json", [text_arg]) => {
                return call(
                    "kql_parse_json_member",
                    vec![text_arg.clone(), text(encode(path))],
                );
            }
            (name @ ("kql_member" | "kql_parse_json_member"), [value, known]) => {
                if let Some(known) = crate::functions::call::literal_text(known) {
                    let mut whole = decode(known);
                    whole.extend_from_slice(path);
                    return call(name, vec![value.clone(), text(encode(&whole))]);
                }
            }
            _ => {}
        }
    }
    call("kql_member", vec![base, text(encode(path))])
}

/// `base` at an index that is known only at run time.
pub fn index(base: Expr, index: TypedExpr) -> Result<Expr, Error> {
    Ok(call(
        "kql_index",
        vec![base, convert(index, Type::Dynamic)?],
    ))
}

/// The path that a key stands for: one that starts with `$` is a path of keys.
pub fn of_key(key: &str) -> Option<Vec<PathStep>> {
    match key.strip_prefix('$') {
        Some(path) => of_json_path(path),
        None => Some(vec![PathStep::Key(key.to_owned())]),
    }
}

/// A JSON path behind its `$`: `.key`, `['key']`, `["key"]`, `[0]`.
pub fn of_json_path(path: &str) -> Option<Vec<PathStep>> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(dotted) = rest.strip_prefix('.') {
            let end = dotted.find(['.', '[']).unwrap_or(dotted.len());
            steps.push(PathStep::Key(dotted[..end].to_owned()));
            rest = &dotted[end..];
            continue;
        }
        let inner = rest.strip_prefix('[')?;
        if let Some(quote) = inner.chars().next().filter(|c| matches!(c, '\'' | '"')) {
            let (key, behind) = inner[1..].split_once(quote)?;
            steps.push(PathStep::Key(key.to_owned()));
            rest = behind.strip_prefix(']')?;
        } else {
            let (number, behind) = inner.split_once(']')?;
            steps.push(PathStep::Index(number.trim().parse().ok()?));
            rest = behind;
        }
    }
    Some(steps)
}

/// A path as a literal of a plan: a JSON array of keys and indexes.
fn encode(path: &[PathStep]) -> String {
    let steps: Vec<Value> = path
        .iter()
        .map(|step| match step {
            PathStep::Key(key) => Value::String(key.clone()),
            PathStep::Index(index) => Value::from(*index),
        })
        .collect();
    json::print_array(&steps)
}

fn decode(path: &str) -> Vec<PathStep> {
    let steps = json::parse_array(path).unwrap_or_default();
    steps
        .into_iter()
        .filter_map(|step| match step {
            Value::String(key) => Some(PathStep::Key(key)),
            Value::Number(number) => number.as_i64().map(PathStep::Index),
            _ => None,
        })
        .collect()
}
