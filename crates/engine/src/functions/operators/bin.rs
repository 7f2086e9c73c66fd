//! `bin`: values rounded down to multiples of a size.

use crate::functions::civil::{TICKS_BEFORE_1970, in_range};
use crate::functions::prelude::*;

use super::common_type;

pub const FUNCTION: Function = Function {
    name: "bin",
    family: Family::Conditions,
    signature: "bin(value, size)",
    doc: "The greatest multiple of `size` that is not above the value. Datetimes are counted from year \
          1. Null for a size of zero or less.",
    examples: &[
        ("bin(-5, 2)", "-6"),
        ("bin(4.5, 1)", "4.0"),
        (
            "bin(datetime(1955-11-05), 7d)",
            "1955-10-31T00:00:00.0000000Z",
        ),
    ],
    lower: Lower::By(lower),
    kernels: &[
        Kernel::new(
            "kql_bin_long",
            Type::Long,
            |rows| each!(rows, [long value, long size] -> LongOut, bin(value.into(), size, 0)),
        ),
        Kernel::new("kql_bin_datetime", Type::DateTime, |rows| {
            each!(rows, [long value, long size] -> LongOut, {
                in_range(bin(value.into(), size, -i128::from(TICKS_BEFORE_1970))?.into())
            })
        }),
        Kernel::new("kql_bin_real", Type::Real, |rows| {
            each!(rows, [real value, real size] -> RealOut, {
                (size > 0.0).then(|| (value / size).floor() * size)
            })
        }),
    ],
};

/// The greatest `origin + n * size` that is not above `value`.
pub fn bin(value: i128, size: i64, origin: i128) -> Option<i64> {
    if size <= 0 {
        return None;
    }
    let above = (value - origin).rem_euclid(size.into());
    i64::try_from(value - above).ok()
}

fn lower(call_: Call<'_>) -> Result<Expr, Error> {
    let (value, size) = (call_.typed(0)?.ty, call_.typed(1)?.ty);
    let expr = match value {
        Type::DateTime => {
            let size = if size == Type::DateTime {
                Type::DateTime
            } else {
                Type::TimeSpan
            };
            call(
                "kql_bin_datetime",
                vec![call_.arg(0, value)?, call_.arg(1, size)?],
            )
        }
        Type::TimeSpan => call(
            "kql_bin_long",
            vec![call_.arg(0, value)?, call_.arg(1, Type::TimeSpan)?],
        ),
        _ => match common_type(value, size) {
            Type::Int | Type::Long | Type::Bool => {
                let expr = call(
                    "kql_bin_long",
                    vec![call_.arg(0, Type::Long)?, call_.arg(1, Type::Long)?],
                );
                return crate::functions::convert::convert(
                    crate::functions::TypedExpr {
                        expr,
                        ty: Type::Long,
                    },
                    call_.ty,
                );
            }
            _ => {
                let expr = call(
                    "kql_bin_real",
                    vec![call_.arg(0, Type::Real)?, call_.arg(1, Type::Real)?],
                );
                return crate::functions::convert::convert(
                    crate::functions::TypedExpr {
                        expr,
                        ty: Type::Real,
                    },
                    call_.ty,
                );
            }
        },
    };
    Ok(expr)
}
