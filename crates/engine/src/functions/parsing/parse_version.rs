//! `parse_version`: a version as a number.

use std::str::FromStr as _;

use crate::functions::kernel::DECIMAL_ONE;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "parse_version",
    family: Family::Parsing,
    signature: "parse_version(version: string): decimal",
    doc: "A version of up to four numbers with points between, as a decimal that orders as versions do; null for anything else.",
    examples: &[
        ("parse_version('0.0.0.5')", "5"),
        ("parse_version('1') > parse_version('0.9.9')", "true"),
    ],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new("kql_parse_version", Type::Decimal, |rows| {
        each!(rows, [text version] -> DecimalOut, {
            let mut parts = version.trim().split('.');
            let mut number = 0_i128;
            for _ in 0..4 {
                let part = match parts.next() {
                    Some(part) if part.len() <= 8 => u32::from_str(part).ok()?,
                    Some(_) => return None,
                    None => 0,
                };
                number = number * 100_000_000 + i128::from(part);
            }
            if parts.next().is_some() {
                return None;
            }
            number.checked_mul(DECIMAL_ONE)
        })
    })],
};
