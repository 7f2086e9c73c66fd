//! `format_bytes`: a number of bytes for people.

use crate::functions::prelude::*;
use crate::functions::rows::TextOut;

pub const FUNCTION: Function = Function {
    name: "format_bytes",
    family: Family::Text,
    signature: "format_bytes(size[, precision: long[, unit: string]]): string",
    doc: "A size with the unit that suits it, or the one given (`Bytes`, `KB`, `MB`, `GB`, `TB`, `PB`, `EB`), rounded to `precision` digits.",
    examples: &[
        ("format_bytes(564)", "564 Bytes"),
        ("format_bytes(20010332, 2)", "19.08 MB"),
        ("format_bytes(20010332, 0, 'KB')", "19541 KB"),
    ],
    lower: Lower::Convert(&[Type::Real, Type::Long, Type::String]),
    kernels: &[Kernel::new("kql_format_bytes", Type::String, |rows| {
        let size = rows.real(0)?;
        let precision = if rows.count() > 1 {
            Some(rows.long(1)?)
        } else {
            None
        };
        let unit = if rows.count() > 2 {
            Some(rows.text(2)?)
        } else {
            None
        };
        let mut out = TextOut::new(rows.len);
        for row in 0..rows.len {
            let precision = precision.as_ref().and_then(|precision| precision.get(row));
            let unit = unit.as_ref().map(|unit| unit.at(row));
            out.push(
                size.get(row)
                    .map(|size| format(size, precision.unwrap_or(0), unit)),
            );
        }
        Ok(out.finish())
    })],
};

const UNITS: [&str; 7] = ["Bytes", "KB", "MB", "GB", "TB", "PB", "EB"];

fn format(size: f64, precision: i64, unit: Option<&str>) -> String {
    let given = unit.and_then(|unit| {
        UNITS
            .iter()
            .position(|known| known.eq_ignore_ascii_case(unit))
    });
    let power = given.unwrap_or_else(|| {
        let mut power = 0;
        while power + 1 < UNITS.len() && size.abs() >= 1024_f64.powi(power as i32 + 1) {
            power += 1;
        }
        power
    });
    let value = size / 1024_f64.powi(power as i32);
    let precision = usize::try_from(precision.clamp(0, 15)).unwrap_or(0);
    let text = format!("{value:.precision$}");
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        &text
    };
    format!("{text} {}", UNITS[power])
}
