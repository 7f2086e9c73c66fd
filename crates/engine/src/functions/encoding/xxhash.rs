//! What `hash` and `hash_xxhash64` share: xxHash64 with the seed 0, over the bytes of a text or the
//! eight bytes of a number.

use datafusion::logical_expr::Expr;
use keyline_kql::types::Type;
use xxhash_rust::xxh64::xxh64;

use crate::functions::Error;
use crate::functions::call::{Call, long};
use crate::functions::kernel::{Kernel, call};
use crate::functions::rows::each;

pub const KERNELS: &[Kernel] = &[
    Kernel::new(
        "kql_hash_string",
        Type::Long,
        |rows| each!(rows, [text value, long modulus] -> LongOut, within(xxh64(value.as_bytes(), 0), modulus)),
    ),
    Kernel::new(
        "kql_hash_long",
        Type::Long,
        |rows| each!(rows, [long value, long modulus] -> LongOut, within(xxh64(&value.to_le_bytes(), 0), modulus)),
    ),
    Kernel::new(
        "kql_hash_real",
        Type::Long,
        |rows| each!(rows, [real value, long modulus] -> LongOut, within(xxh64(&value.to_le_bytes(), 0), modulus)),
    ),
];

/// Zero stands for no modulus.
fn within(hash: u64, modulus: i64) -> Option<i64> {
    match modulus {
        0 => Some(hash.cast_signed()),
        modulus => hash.cast_signed().checked_rem_euclid(modulus),
    }
}

pub fn lower(call_: Call<'_>) -> Result<Expr, Error> {
    let modulus = if call_.count() > 1 {
        call_.arg(1, Type::Long)?
    } else {
        long(0)
    };
    of_argument(&call_, 0, modulus)
}

/// The hash of one argument of a call.
pub fn of_argument(call_: &Call<'_>, index: usize, modulus: Expr) -> Result<Expr, Error> {
    let (kernel, value) = match call_.typed(index)?.ty {
        Type::Int | Type::Long | Type::DateTime | Type::TimeSpan | Type::Bool => {
            ("kql_hash_long", call_.arg(index, Type::Long)?)
        }
        Type::Real | Type::Decimal => ("kql_hash_real", call_.arg(index, Type::Real)?),
        _ => ("kql_hash_string", call_.arg(index, Type::String)?),
    };
    Ok(call(kernel, vec![value, modulus]))
}
