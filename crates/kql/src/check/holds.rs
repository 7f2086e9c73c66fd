//! What is known of a dynamic value without running anything.
//!
//! In: an expression. Out: whether it is an array, and of what, or a property bag. Deliberately not
//! here: columns, of which nothing is known but their type; the binder knows more of them, and refuses
//! what the engine runs.

use crate::checked::{Expr, ExprKind};
use crate::functions;
use crate::functions::Return;
use crate::functions::signature::{Holds, Items};
use crate::types::{Type, Value};

pub(super) fn holds(expr: &Expr) -> Holds {
    match &expr.kind {
        ExprKind::Literal(Value::Dynamic(json)) => of_json(json),
        ExprKind::Index { base, .. } if !is_converted(base) => match holds(base) {
            Holds::Array(
                Items::Integers | Items::Reals | Items::Texts | Items::Flags | Items::Others,
            ) => Holds::Scalar,
            _ => Holds::Anything,
        },
        ExprKind::Member { base, key } => match &base.kind {
            ExprKind::Literal(Value::Dynamic(json)) => of_member(json, key),
            _ => Holds::Anything,
        },
        ExprKind::Call {
            function: "bag_pack",
            ..
        } => Holds::Bag,
        ExprKind::Call {
            function: "pack_array",
            args,
        } if args.iter().all(|arg| arg.ty == Type::Dynamic) => Holds::Array(Items::Nested),
        ExprKind::Call {
            function: "array_iff",
            args,
        } => args.get(1).map_or(Holds::Anything, array_of),
        ExprKind::Call {
            function: "repeat" | "range",
            args,
        } if expr.ty == Type::Dynamic => args.first().map_or(Holds::Anything, array_of),
        ExprKind::Call {
            function: "pack_array",
            args,
        } => match common(args.iter().map(array_of)) {
            Some(Holds::Array(items)) if args.iter().all(|arg| arg.ty == args[0].ty) => {
                Holds::Array(items)
            }
            _ => Holds::Array(Items::Anything),
        },
        ExprKind::Call {
            function: "array_concat" | "set_union" | "set_intersect" | "set_difference",
            args,
        } => common(args.iter().map(holds)).unwrap_or(Holds::Array(Items::Anything)),
        ExprKind::Call {
            function: "array_sort_asc" | "array_sort_desc",
            args,
        } if args.iter().filter(|arg| arg.ty == Type::Dynamic).count() == 1 => holds(&args[0]),
        ExprKind::Call {
            function: "iff",
            args,
        } if expr.ty == Type::Dynamic => {
            common(args.iter().skip(1).map(holds)).unwrap_or(Holds::Anything)
        }
        ExprKind::Call {
            function: "coalesce",
            args,
        } if expr.ty == Type::Dynamic => common(args.iter().map(holds)).unwrap_or(Holds::Anything),
        ExprKind::Call { function, args } if expr.ty == Type::Dynamic => {
            let known = functions::scalar(function).and_then(|known| known.overloads.first());
            match (known, args.first()) {
                (Some(overload), Some(first)) if overload.result == Return::Same => holds(first),
                (Some(overload), _) => overload.holds,
                (None, _) => Holds::Anything,
            }
        }
        _ => Holds::Anything,
    }
}

/// Whether it is the array around a value that became a dynamic.
fn is_converted(base: &Expr) -> bool {
    matches!(&base.kind, ExprKind::Call { function: "pack_array", args } if args.len() == 1)
}

/// What a member of a bag without arrays and bags in it holds.
fn of_member(json: &str, key: &str) -> Holds {
    let plain = json.starts_with('{') && !json[1..].contains(['{', '[']);
    match plain && json.contains(&format!("\"{key}\":")) {
        true => Holds::Scalar,
        false => Holds::Anything,
    }
}

/// What all of them hold, if it is the same.
fn common(mut all: impl Iterator<Item = Holds>) -> Option<Holds> {
    let first = all.next()?;
    all.all(|other| other == first).then_some(first)
}

/// What an array of such values holds; a dynamic is taken for the array itself, as the binder does it.
fn array_of(value: &Expr) -> Holds {
    Holds::Array(match value.ty {
        Type::Dynamic => return holds(value),
        Type::Int | Type::Long => Items::Integers,
        Type::Real | Type::Decimal => Items::Reals,
        Type::String => Items::Texts,
        Type::Bool => Items::Flags,
        Type::DateTime | Type::TimeSpan | Type::Guid => Items::Others,
    })
}

/// A value that holds that, to stand for one that is not known.
pub(super) fn example(holds: Holds) -> Value {
    let json = match holds {
        Holds::Anything => return crate::check::fold::null(Type::Dynamic),
        Holds::Scalar => "0",
        Holds::Bag => "{}",
        Holds::Array(Items::Anything) => "[]",
        Holds::Array(Items::Integers) => "[0]",
        Holds::Array(Items::Reals) => "[0.5]",
        Holds::Array(Items::Texts | Items::Others) => r#"[""]"#,
        Holds::Array(Items::Flags) => "[true]",
        Holds::Array(Items::Nested) => "[[]]",
    };
    Value::Dynamic(json.to_string())
}

/// Canonical JSON has no space around its marks.
fn of_json(json: &str) -> Holds {
    match json.as_bytes().first() {
        Some(b'{') => Holds::Bag,
        Some(b'[') => Holds::Array(items(&json[1..])),
        Some(b'n') | None => Holds::Anything,
        _ => Holds::Scalar,
    }
}

/// What all elements are; what stands behind the `[` of an array comes in.
fn items(mut rest: &str) -> Items {
    let mut common: Option<Items> = None;
    while !rest.is_empty() && !rest.starts_with(']') {
        let found = match rest.as_bytes()[0] {
            b'"' => Items::Texts,
            b't' | b'f' => Items::Flags,
            b'{' | b'[' => Items::Nested,
            b'n' => return Items::Anything,
            _ => {
                let end = rest.find([',', ']']).unwrap_or(rest.len());
                match rest[..end].contains(['.', 'e', 'E']) {
                    true => Items::Reals,
                    false => Items::Integers,
                }
            }
        };
        if common.is_some_and(|other| other != found) || found == Items::Nested {
            return if common.is_none_or(|other| other == found) {
                found
            } else {
                Items::Anything
            };
        }
        common = Some(found);
        rest = after_element(rest);
    }
    common.unwrap_or(Items::Anything)
}

/// What follows a text, number or word and its comma.
fn after_element(rest: &str) -> &str {
    let mut escaped = false;
    let mut inside = false;
    for (at, byte) in rest.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if inside => escaped = true,
            b'"' => inside = !inside,
            b',' if !inside => return &rest[at + 1..],
            b']' if !inside => return "",
            _ => {}
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_are_known_by_their_elements() {
        for (json, expected) in [
            ("[1,2]", Holds::Array(Items::Integers)),
            ("[1,2.5]", Holds::Array(Items::Anything)),
            ("[1.5,2e3]", Holds::Array(Items::Reals)),
            (r#"["a,]","b"]"#, Holds::Array(Items::Texts)),
            (r#"["a\"",1]"#, Holds::Array(Items::Anything)),
            ("[[1],2]", Holds::Array(Items::Nested)),
            ("[]", Holds::Array(Items::Anything)),
            ("{}", Holds::Bag),
            ("null", Holds::Anything),
            ("1", Holds::Scalar),
        ] {
            assert_eq!(of_json(json), expected, "{json}");
        }
    }
}
