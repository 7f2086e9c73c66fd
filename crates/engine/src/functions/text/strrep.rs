//! `strrep`: a text repeated.

use crate::functions::limits::{REPEATED_BYTES_MAX, STRREP_COUNT_MAX};
use crate::functions::prelude::*;
use crate::functions::rows::TextOut;

pub const FUNCTION: Function = Function {
    name: "strrep",
    family: Family::Text,
    signature: "strrep(value, count: long[, delimiter: string]): string",
    doc: "The text of the value, `count` times (at most 1024), with the delimiter between.",
    examples: &[
        ("strrep('ABC', 2)", "ABCABC"),
        ("strrep(3s, 2, ' ')", "00:00:03 00:00:03"),
    ],
    lower: Lower::Convert(&[Type::String, Type::Long, Type::String]),
    kernels: &[Kernel::new("kql_strrep", Type::String, |rows| {
        let delimiter = if rows.count() > 2 {
            Some(rows.text(2)?)
        } else {
            None
        };
        let (value, count) = (rows.text(0)?, rows.long(1)?);
        let mut out = TextOut::new(rows.len);
        for row in 0..rows.len {
            let count = usize::try_from(count.get(row).unwrap_or(0)).unwrap_or(0);
            let between = delimiter.as_ref().map_or("", |delimiter| delimiter.at(row));
            let count = count.min(STRREP_COUNT_MAX);
            let bytes = count.saturating_mul(value.at(row).len() + between.len());
            let fits = bytes <= REPEATED_BYTES_MAX;
            out.push(fits.then(|| vec![value.at(row); count].join(between)));
        }
        Ok(out.finish())
    })],
};
