//! `repeat`: a value several times.

use crate::functions::limits::{RANGE_COUNT_MAX, REPEATED_BYTES_MAX};
use crate::functions::prelude::*;
use crate::functions::rows::JsonOut;

pub const FUNCTION: Function = Function {
    name: "repeat",
    family: Family::Arrays,
    signature: "repeat(value, count: long): dynamic",
    doc: "An array that holds a value `count` times.",
    examples: &[("repeat(1, 3)", "[1,1,1]")],
    lower: Lower::Convert(&[Type::Dynamic, Type::Long]),
    kernels: &[Kernel::new("kql_repeat", Type::Dynamic, |rows| {
        let (value, count) = (rows.json(0)?, rows.long(1)?);
        let mut out = JsonOut::new(rows.len);
        for row in 0..rows.len {
            let value = value.get(row).unwrap_or("null");
            out.push(count.get(row).and_then(|count| {
                let count = usize::try_from(count).unwrap_or(0).min(RANGE_COUNT_MAX);
                let fits = count.saturating_mul(value.len() + 1) <= REPEATED_BYTES_MAX;
                fits.then(|| format!("[{}]", vec![value; count].join(",")))
            }));
        }
        Ok(out.finish())
    })],
};
