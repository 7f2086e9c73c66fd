//! Whether the arguments of a call fit an overload, and how well.
//!
//! In: the arguments, typed, and an overload's parameters. Out: which argument is for which
//! parameter, how far each is from exact, and a parameter's type in words. Deliberately not here:
//! the choice among overloads (`call`).

use super::call::Arg;
use super::holds::holds;
use crate::checked::{Expr, ExprKind};
use crate::functions::signature::{Holds, Items};
use crate::functions::{Overload, Parameter, ParameterType};
use crate::types::{Type, Value};

/// The parameter that each argument is for; `None` when there are too few or too many.
pub(super) fn layout(overload: &'static Overload, args: &[Arg]) -> Option<Vec<&'static Parameter>> {
    let parameters = &overload.parameters;
    let Some(repeated) = parameters.iter().position(Parameter::is_repeated) else {
        let least = parameters.iter().map(|parameter| parameter.least).sum();
        return (args.len() >= least && args.len() <= parameters.len())
            .then(|| parameters.iter().take(args.len()).collect());
    };
    let after = &parameters[repeated + 1..];
    let needed: usize = after.iter().map(|parameter| parameter.least).sum();
    // Arguments at the end go to the parameters there, if they fit.
    (needed..=after.len()).rev().find_map(|tail| {
        let middle = args.len().checked_sub(repeated + tail)?;
        let range = parameters[repeated].least..=parameters[repeated].most;
        if !range.contains(&middle) {
            return None;
        }
        let fits = args[repeated + middle..]
            .iter()
            .zip(after)
            .all(|(arg, parameter)| fit(arg, parameter).is_some());
        (fits || tail == needed).then(|| {
            let repeats = std::iter::repeat_n(&parameters[repeated], middle);
            parameters[..repeated]
                .iter()
                .chain(repeats)
                .chain(after.iter().take(tail))
                .collect()
        })
    })
}

/// How well an argument fits: 0 is exact; `None`: not at all.
pub(super) fn fit(arg: &Arg, parameter: &Parameter) -> Option<usize> {
    parameter
        .types
        .iter()
        .filter_map(|class| fit_class(arg, *class))
        .min()
}

fn fit_class(arg: &Arg, class: ParameterType) -> Option<usize> {
    let ty = match (arg, class) {
        (Arg::Star, ParameterType::Star) => return Some(0),
        (Arg::Type(_), ParameterType::TypeLiteral) => return Some(0),
        // What is wrong with it has been said.
        (Arg::Failed(_) | Arg::Unread(_), _) => return Some(0),
        (Arg::Value(value), _) => value.ty,
        _ => return None,
    };
    let fits = match class {
        ParameterType::Exactly(wanted) if wanted == ty => return Some(0),
        ParameterType::Exactly(wanted) => {
            let wider = wanted.is_numeric() && ty.is_numeric() && wanted > ty;
            // Everybody writes `2` where an int is wanted, and the engine takes it.
            let small = wanted == Type::Int && is_small(arg);
            // A dynamic of which nothing is known stands for a text, after whatever takes a dynamic.
            if wanted == Type::String && ty == Type::Dynamic {
                return is_untold(arg).then_some(3);
            }
            return (wider || small).then_some(1);
        }
        ParameterType::Array
        | ParameterType::Bag
        | ParameterType::Integers
        | ParameterType::Untold
        | ParameterType::Texts => {
            let Arg::Value(value) = arg else { return None };
            return (ty == Type::Dynamic && takes(class, holds(value))).then_some(1);
        }
        ParameterType::Integer => ty.is_integer(),
        ParameterType::Number | ParameterType::Seconds => ty.is_numeric(),
        ParameterType::Summable => ty.is_numeric() || matches!(ty, Type::DateTime | Type::TimeSpan),
        ParameterType::NotDynamic => ty != Type::Dynamic,
        ParameterType::NotRealOrBool => !matches!(ty, Type::Real | Type::Bool),
        ParameterType::Orderable => !matches!(ty, Type::Dynamic | Type::Guid),
        ParameterType::Scalar
        | ParameterType::Common
        | ParameterType::CommonOrderable
        | ParameterType::CommonOrDynamic
        | ParameterType::Any => true,
        ParameterType::TypeLiteral | ParameterType::Tabular | ParameterType::Star => false,
    };
    fits.then_some(if class == ParameterType::Integer {
        1
    } else {
        2
    })
}

/// Whether it is a dynamic of which nothing is known.
fn is_untold(arg: &Arg) -> bool {
    matches!(arg, Arg::Value(value) if value.ty == Type::Dynamic && holds(value) == Holds::Anything)
}

/// Whether a dynamic fits because it is taken for its text, and for nothing else.
pub(super) fn is_taken_as_text(value: &Expr, parameter: &Parameter) -> bool {
    let text = ParameterType::Exactly(Type::String);
    if value.ty != Type::Dynamic || !parameter.types.contains(&text) {
        return false;
    }
    let arg = Arg::Value(value.clone());
    let mut others = parameter.types.iter().filter(|class| **class != text);
    !others.any(|class| fit_class(&arg, *class).is_some())
}

/// Whether it is a whole number, written down, that an int can hold.
fn is_small(arg: &Arg) -> bool {
    let Arg::Value(value) = arg else { return false };
    match &value.kind {
        ExprKind::Literal(Value::Long(number)) => i32::try_from(*number).is_ok(),
        _ => false,
    }
}

/// How close an argument is to a parameter, by which the overload that was meant is found: 0 is not at
/// all. The order is that of Microsoft's binder.
pub(super) fn close(arg: &Arg, parameter: &Parameter) -> usize {
    let fits = |class: &&ParameterType| fit_class(arg, **class).is_some();
    let class = parameter.types.iter().find(fits);
    let several = parameter.types.len() > 1;
    match class {
        None => 0,
        // What is wrong might be anything.
        Some(_) if arg.is_wrong() => 1,
        Some(ParameterType::Any) => 1,
        Some(ParameterType::Exactly(ty)) if arg.ty() == Some(*ty) => match several {
            true => 6,
            false => 16,
        },
        Some(ParameterType::Exactly(_)) => 4,
        Some(ParameterType::NotDynamic | ParameterType::NotRealOrBool) => 5,
        Some(
            ParameterType::Array
            | ParameterType::Bag
            | ParameterType::Integers
            | ParameterType::Texts
            | ParameterType::Untold,
        ) => 6,
        Some(ParameterType::Scalar) => 7,
        Some(ParameterType::Summable) => 8,
        Some(ParameterType::Orderable) => 9,
        Some(ParameterType::Number) => 10,
        Some(ParameterType::Integer | ParameterType::Seconds) => 11,
        Some(ParameterType::Tabular) => 12,
        Some(
            ParameterType::Common
            | ParameterType::CommonOrderable
            | ParameterType::CommonOrDynamic
            | ParameterType::TypeLiteral
            | ParameterType::Star,
        ) => 16,
    }
}

/// What an argument is, in words.
pub(super) fn found(value: &Expr) -> String {
    match holds(value) {
        Holds::Bag => "a property bag".to_string(),
        Holds::Array(Items::Texts) => "an array of strings".to_string(),
        Holds::Array(Items::Reals) => "an array of reals".to_string(),
        Holds::Array(_) => "an array".to_string(),
        _ => format!("a `{}`", value.ty),
    }
}

/// Whether a dynamic that holds that may be there; if nothing is known, it may.
fn takes(class: ParameterType, holds: Holds) -> bool {
    match (class, holds) {
        (_, Holds::Anything) => true,
        (ParameterType::Bag, Holds::Bag) | (ParameterType::Array, Holds::Array(_)) => true,
        (ParameterType::Integers, Holds::Array(items)) => {
            matches!(items, Items::Anything | Items::Integers)
        }
        (ParameterType::Texts, Holds::Array(items)) => {
            matches!(items, Items::Anything | Items::Texts)
        }
        _ => false,
    }
}

pub(super) fn describe(class: ParameterType) -> String {
    match class {
        ParameterType::Exactly(ty) => format!("a `{ty}`"),
        ParameterType::Number | ParameterType::Seconds => "a number".to_string(),
        ParameterType::Integer => "a whole number".to_string(),
        ParameterType::Array => "a `dynamic` array".to_string(),
        ParameterType::Bag => "a `dynamic` property bag".to_string(),
        ParameterType::Integers => "a `dynamic` array of whole numbers".to_string(),
        ParameterType::Texts => "a `dynamic` array of strings".to_string(),
        ParameterType::Untold => "a `dynamic` that is no array or bag yet".to_string(),
        ParameterType::Summable => "a number, `datetime` or `timespan`".to_string(),
        ParameterType::Orderable => {
            "a number, `datetime`, `timespan`, `string` or `bool`".to_string()
        }
        ParameterType::NotDynamic => "anything but a `dynamic`".to_string(),
        ParameterType::NotRealOrBool => "anything but a `real` or `bool`".to_string(),
        ParameterType::TypeLiteral => "a `typeof()`".to_string(),
        ParameterType::Tabular => "a table".to_string(),
        ParameterType::Star => "`*`".to_string(),
        _ => "a value".to_string(),
    }
}
