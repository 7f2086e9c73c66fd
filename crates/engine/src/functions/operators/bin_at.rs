//! `bin_at`: values rounded down to multiples of a size from a fixed point.

use crate::functions::TypedExpr;
use crate::functions::civil::in_range;
use crate::functions::convert::convert;
use crate::functions::prelude::*;

use super::bin::bin;
use super::common_type;

pub const FUNCTION: Function = Function {
    name: "bin_at",
    family: Family::Conditions,
    signature: "bin_at(value, size, fixed_point)",
    doc: "The greatest of `fixed_point + n * size` that is not above the value.",
    examples: &[
        ("bin_at(6.5, 2.5, 7)", "4.5"),
        ("bin_at(1h, 1d, 12h)", "-12:00:00"),
    ],
    lower: Lower::By(lower),
    kernels: &[
        Kernel::new("kql_bin_at_long", Type::Long, |rows| {
            each!(rows, [long value, long size, long at] -> LongOut, {
                bin(value.into(), size, at.into())
            })
        }),
        Kernel::new("kql_bin_at_datetime", Type::DateTime, |rows| {
            each!(rows, [long value, long size, long at] -> LongOut, {
                in_range(bin(value.into(), size, at.into())?.into())
            })
        }),
        Kernel::new("kql_bin_at_real", Type::Real, |rows| {
            each!(rows, [real value, real size, real at] -> RealOut, {
                (size > 0.0).then(|| ((value - at) / size).floor() * size + at)
            })
        }),
    ],
};

fn lower(call_: Call<'_>) -> Result<Expr, Error> {
    let (value, size) = (call_.typed(0)?.ty, call_.typed(1)?.ty);
    if matches!(value, Type::DateTime | Type::TimeSpan) {
        let kernel = match value {
            Type::DateTime => "kql_bin_at_datetime",
            _ => "kql_bin_at_long",
        };
        let size = call_.arg(1, Type::TimeSpan)?;
        return Ok(call(
            kernel,
            vec![call_.arg(0, value)?, size, call_.arg(2, value)?],
        ));
    }
    let ty = common_type(common_type(value, size), call_.typed(2)?.ty);
    let (kernel, ty) = match ty {
        Type::Int | Type::Long => ("kql_bin_at_long", Type::Long),
        _ => ("kql_bin_at_real", Type::Real),
    };
    let args = vec![call_.arg(0, ty)?, call_.arg(1, ty)?, call_.arg(2, ty)?];
    convert(
        TypedExpr {
            expr: call(kernel, args),
            ty,
        },
        call_.ty,
    )
}
