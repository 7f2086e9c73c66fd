//! `rand`: numbers by chance.
//!
//! The sequence begins with the instant of the evaluation and goes on from call to call; nobody is
//! promised the same numbers twice, and no secret may be made of them.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::functions::prelude::*;

/// How many numbers were drawn.
static DRAWN: AtomicU64 = AtomicU64::new(0);

/// Digits of a real: all of its fraction.
const FRACTION_BITS: u32 = 53;

pub const FUNCTION: Function = Function {
    name: "rand",
    family: Family::Math,
    signature: "rand([count: long]): real",
    doc: "A number by chance for every row: from 0 up to and without 1, or a whole number from 0 up to and without `count`. Null for a count below 1.",
    examples: &[
        ("rand() >= 0 and rand() < 1", "true"),
        ("rand(1)", "0.0"),
        ("rand(0)", ""),
    ],
    lower: Lower::By(lower),
    kernels: &[Kernel::by_chance("kql_rand", Type::Real, run)],
};

fn lower(call_: Call<'_>) -> Result<Expr, Error> {
    let mut args = vec![call_.cx.now.clone()];
    if call_.count() > 0 {
        args.push(call_.arg(0, Type::Long)?);
    }
    Ok(call("kql_rand", args))
}

fn run(rows: &Rows<'_>) -> Result<ArrayRef> {
    if rows.count() == 1 {
        return each!(rows, [long now] -> RealOut, Some(fraction(draw(now))));
    }
    each!(rows, [long now, long count] -> RealOut, {
        let below = u64::try_from(count).ok().filter(|count| *count > 0)?;
        Some(((u128::from(draw(now)) * u128::from(below)) >> u64::BITS) as f64)
    })
}

fn fraction(bits: u64) -> f64 {
    (bits >> (u64::BITS - FRACTION_BITS)) as f64 / (1u64 << FRACTION_BITS) as f64
}

/// The next number of the sequence (SplitMix64).
pub(crate) fn draw(now: i64) -> u64 {
    let at = DRAWN.fetch_add(1, Ordering::Relaxed);
    let mut x = (now as u64) ^ at.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}
