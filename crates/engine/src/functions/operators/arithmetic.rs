//! `+ - * / %` and the sign.
//!
//! Integers wrap; division of integers cuts the fraction off and by zero is null; `%` is never
//! negative; a datetime outside the years 1 to 9999 is null.

use datafusion::logical_expr::Operator;

use crate::functions::call::{binary, long};
use crate::functions::civil::in_range;
use crate::functions::kernel::DECIMAL_ONE;
use crate::functions::prelude::*;

use super::common_type;

pub const ADD: Function = Function {
    name: "+",
    family: Family::Operators,
    signature: "a + b",
    doc: "The sum of two numbers or timespans, or a datetime moved by a timespan.",
    examples: &[
        ("1 + 2", "3"),
        ("datetime(2020-02-28) + 1d", "2020-02-29T00:00:00.0000000Z"),
    ],
    lower: Lower::By(|call| arithmetic(call, Operator::Plus)),
    kernels: &[
        Kernel::new(
            "kql_add_datetime",
            Type::DateTime,
            |rows| each!(rows, [long a, long b] -> LongOut, in_range(i128::from(a) + i128::from(b))),
        ),
        Kernel::new(
            "kql_add_decimal",
            Type::Decimal,
            |rows| each!(rows, [decimal a, decimal b] -> DecimalOut, a.checked_add(b)),
        ),
    ],
};

pub const SUBTRACT: Function = Function {
    name: "-",
    family: Family::Operators,
    signature: "a - b",
    doc: "The difference of two numbers, timespans or datetimes, or a datetime moved back.",
    examples: &[
        ("1 - 2", "-1"),
        ("datetime(2020-03-01) - datetime(2020-02-28)", "2.00:00:00"),
    ],
    lower: Lower::By(|call| arithmetic(call, Operator::Minus)),
    kernels: &[
        Kernel::new(
            "kql_subtract_datetime",
            Type::DateTime,
            |rows| each!(rows, [long a, long b] -> LongOut, in_range(i128::from(a) - i128::from(b))),
        ),
        Kernel::new(
            "kql_subtract_decimal",
            Type::Decimal,
            |rows| each!(rows, [decimal a, decimal b] -> DecimalOut, a.checked_sub(b)),
        ),
    ],
};

pub const MULTIPLY: Function = Function {
    name: "*",
    family: Family::Operators,
    signature: "a * b",
    doc: "The product of two numbers, or of a timespan and a number.",
    examples: &[("7 * 6", "42"), ("1h * 1.5", "01:30:00")],
    lower: Lower::By(|call| arithmetic(call, Operator::Multiply)),
    kernels: &[
        Kernel::new(
            "kql_multiply_timespan",
            Type::TimeSpan,
            |rows| each!(rows, [long a, real b] -> LongOut, ticks(a as f64 * b)),
        ),
        Kernel::new("kql_multiply_decimal", Type::Decimal, |rows| {
            each!(rows, [decimal a, decimal b] -> DecimalOut, {
                match a.checked_mul(b) {
                    Some(product) => Some(product / DECIMAL_ONE),
                    None => decimal_of_real(a as f64 / ONE * (b as f64 / ONE)),
                }
            })
        }),
    ],
};

pub const DIVIDE: Function = Function {
    name: "/",
    family: Family::Operators,
    signature: "a / b",
    doc: "The quotient of two numbers, of a timespan and a number, or of two timespans (a real). \
          Integers lose the fraction; an integer divided by zero is null.",
    examples: &[
        ("-7 / 2", "-3"),
        ("7 / 2.0", "3.5"),
        ("1 / 0", ""),
        ("1d / 1h", "24.0"),
    ],
    lower: Lower::By(|call| arithmetic(call, Operator::Divide)),
    kernels: &[
        Kernel::new(
            "kql_divide_long",
            Type::Long,
            |rows| each!(rows, [long a, long b] -> LongOut, (b != 0).then(|| a.wrapping_div(b))),
        ),
        Kernel::new(
            "kql_divide_timespan",
            Type::TimeSpan,
            |rows| each!(rows, [long a, real b] -> LongOut, ticks(a as f64 / b)),
        ),
        Kernel::new("kql_divide_decimal", Type::Decimal, |rows| {
            each!(rows, [decimal a, decimal b] -> DecimalOut, {
                if b == 0 {
                    return None;
                }
                match a.checked_mul(DECIMAL_ONE) {
                    Some(scaled) => scaled.checked_div(b),
                    None => decimal_of_real(a as f64 / b as f64),
                }
            })
        }),
    ],
};

pub const MODULO: Function = Function {
    name: "%",
    family: Family::Operators,
    signature: "a % b",
    doc: "The remainder, never negative. Null for zero.",
    examples: &[("-7 % 3", "2"), ("7 % -3", "1"), ("(-7.5) % 2", "0.5")],
    lower: Lower::By(|call| arithmetic(call, Operator::Modulo)),
    kernels: &[
        Kernel::new(
            "kql_modulo_long",
            Type::Long,
            |rows| each!(rows, [long a, long b] -> LongOut, (b != 0).then(|| a.wrapping_rem_euclid(b))),
        ),
        Kernel::new(
            "kql_modulo_real",
            Type::Real,
            |rows| each!(rows, [real a, real b] -> RealOut, Some(a.rem_euclid(b))),
        ),
        Kernel::new(
            "kql_modulo_decimal",
            Type::Decimal,
            |rows| each!(rows, [decimal a, decimal b] -> DecimalOut, a.checked_rem_euclid(b)),
        ),
    ],
};

pub const NEGATE: Function = Function {
    name: "negate",
    family: Family::Operators,
    signature: "-a",
    doc: "A number or timespan with the other sign.",
    examples: &[("-(1d + 2h)", "-1.02:00:00")],
    lower: Lower::By(negate),
    kernels: &[],
};

const ONE: f64 = DECIMAL_ONE as f64;

fn arithmetic(call_: Call<'_>, op: Operator) -> Result<Expr, Error> {
    let (left, right) = (call_.typed(0)?.ty, call_.typed(1)?.ty);
    let is_time = |ty| matches!(ty, Type::DateTime | Type::TimeSpan);
    if is_time(left) || is_time(right) {
        return time_arithmetic(&call_, op, left, right);
    }
    let ty = match common_type(left, right) {
        Type::Int | Type::Bool => Type::Long,
        // Two dynamic values, or text that came as a dynamic: a number is all it can be.
        Type::Dynamic | Type::String => Type::Real,
        ty => ty,
    };
    let (a, b) = (call_.arg(0, ty)?, call_.arg(1, ty)?);
    let value = match (op, ty) {
        (op, Type::Decimal) => call(decimal_kernel(op), vec![a, b]),
        (Operator::Divide, Type::Long) => call("kql_divide_long", vec![a, b]),
        (Operator::Modulo, Type::Long) => call("kql_modulo_long", vec![a, b]),
        (Operator::Modulo, Type::Real) => call("kql_modulo_real", vec![a, b]),
        (op, _) => binary(a, op, b),
    };
    finish(value, ty, call_.ty)
}

fn decimal_kernel(op: Operator) -> &'static str {
    match op {
        Operator::Plus => "kql_add_decimal",
        Operator::Minus => "kql_subtract_decimal",
        Operator::Multiply => "kql_multiply_decimal",
        Operator::Divide => "kql_divide_decimal",
        _ => "kql_modulo_decimal",
    }
}

fn time_arithmetic(call_: &Call<'_>, op: Operator, left: Type, right: Type) -> Result<Expr, Error> {
    use Type::{DateTime, TimeSpan};
    let both = |a: Type, b: Type| Ok::<_, Error>(vec![call_.arg(0, a)?, call_.arg(1, b)?]);
    // A dynamic beside a time is what makes the operation possible.
    let left = if left == Type::Dynamic {
        partner(op, right, call_.ty)
    } else {
        left
    };
    let right = if right == Type::Dynamic {
        partner(op, left, call_.ty)
    } else {
        right
    };
    let (value, ty) = match (op, left, right) {
        (Operator::Plus, DateTime, TimeSpan) | (Operator::Plus, TimeSpan, DateTime) => {
            (call("kql_add_datetime", both(left, right)?), DateTime)
        }
        (Operator::Minus, DateTime, TimeSpan) => {
            (call("kql_subtract_datetime", both(left, right)?), DateTime)
        }
        (Operator::Minus, DateTime, DateTime)
        | (Operator::Plus | Operator::Minus, TimeSpan, TimeSpan) => (
            binary(call_.arg(0, left)?, op, call_.arg(1, right)?),
            TimeSpan,
        ),
        (Operator::Divide, TimeSpan | DateTime, TimeSpan | DateTime) => {
            let real = |index, ty| {
                let ticks = call_.arg(index, ty)?;
                Ok::<_, Error>(datafusion::logical_expr::cast(
                    ticks,
                    arrow::datatypes::DataType::Float64,
                ))
            };
            (binary(real(0, left)?, op, real(1, right)?), Type::Real)
        }
        (Operator::Modulo, DateTime | TimeSpan, TimeSpan) => {
            (call("kql_modulo_long", both(left, right)?), TimeSpan)
        }
        (Operator::Multiply, TimeSpan, Type::Real | Type::Decimal) => (
            call("kql_multiply_timespan", both(TimeSpan, Type::Real)?),
            TimeSpan,
        ),
        (Operator::Multiply, Type::Real | Type::Decimal, TimeSpan) => {
            let mut args = both(Type::Real, TimeSpan)?;
            args.reverse();
            (call("kql_multiply_timespan", args), TimeSpan)
        }
        (Operator::Multiply, TimeSpan, _) => (
            binary(call_.arg(0, TimeSpan)?, op, call_.arg(1, Type::Long)?),
            TimeSpan,
        ),
        (Operator::Multiply, _, TimeSpan) => (
            binary(call_.arg(0, Type::Long)?, op, call_.arg(1, TimeSpan)?),
            TimeSpan,
        ),
        (Operator::Divide, TimeSpan, Type::Real | Type::Decimal) => (
            call("kql_divide_timespan", both(TimeSpan, Type::Real)?),
            TimeSpan,
        ),
        (Operator::Divide, TimeSpan, _) => (
            call("kql_divide_long", both(TimeSpan, Type::Long)?),
            TimeSpan,
        ),
        _ => {
            return Err(Error::invalid(format!(
                "`{}` does not take a `{left}` and a `{right}`",
                call_.name()
            )));
        }
    };
    finish(value, ty, call_.ty)
}

/// What a dynamic operand is taken for beside a time.
fn partner(op: Operator, other: Type, result: Type) -> Type {
    match op {
        Operator::Multiply => Type::Real,
        Operator::Minus if other == Type::DateTime && result == Type::TimeSpan => Type::DateTime,
        Operator::Divide if result != Type::Real => Type::Real,
        _ => Type::TimeSpan,
    }
}

/// The value in the type that the checker gave the call.
fn finish(value: Expr, ty: Type, wanted: Type) -> Result<Expr, Error> {
    crate::functions::convert::convert(crate::functions::TypedExpr { expr: value, ty }, wanted)
}

fn negate(call_: Call<'_>) -> Result<Expr, Error> {
    let arg = call_.typed(0)?;
    match arg.ty {
        Type::Real => Ok(Expr::Negative(Box::new(arg.expr))),
        Type::Decimal => {
            let zero = call_.arg(0, Type::Decimal)?;
            Ok(call(
                "kql_subtract_decimal",
                vec![binary(zero.clone(), Operator::Minus, zero), arg.expr],
            ))
        }
        Type::Dynamic => {
            let value = Expr::Negative(Box::new(call_.arg(0, Type::Real)?));
            finish(value, Type::Real, call_.ty)
        }
        Type::TimeSpan => Ok(binary(long(0), Operator::Minus, arg.expr)),
        _ => {
            let value = binary(long(0), Operator::Minus, call_.arg(0, Type::Long)?);
            finish(value, Type::Long, call_.ty)
        }
    }
}

fn ticks(value: f64) -> Option<i64> {
    (value.is_finite() && value.abs() < 9.3e18).then(|| value.round() as i64)
}

fn decimal_of_real(value: f64) -> Option<i128> {
    value.is_finite().then_some((value * ONE) as i128)
}
