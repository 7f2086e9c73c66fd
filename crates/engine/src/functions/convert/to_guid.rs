//! `toguid`: a unique identifier.

use crate::functions::json;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "toguid",
    family: Family::Conversion,
    signature: "toguid(value): guid",
    doc: "A guid from its text: 32 hexadecimal digits, with or without hyphens or braces. Null for \
          anything else.",
    examples: &[
        (
            "toguid('10E99626BC2B754CBB3EFE606DE25700')",
            "10e99626-bc2b-754c-bb3e-fe606de25700",
        ),
        ("toguid('nope')", ""),
    ],
    lower: Lower::By(|call| super::lower_to(call, Type::Guid)),
    kernels: &[
        Kernel::new(
            "kql_toguid_string",
            Type::Guid,
            |rows| each!(rows, [text value] -> JsonOut, parse_guid(value)),
        ),
        Kernel::new(
            "kql_toguid_dynamic",
            Type::Guid,
            |rows| each!(rows, [json value] -> JsonOut, parse_guid(&json::unquoted(value)?)),
        ),
    ],
};

/// Lower-case and hyphenated.
pub fn parse_guid(text: &str) -> Option<String> {
    let text = text.trim();
    let inner = text
        .strip_prefix('{')
        .and_then(|text| text.strip_suffix('}'))
        .unwrap_or(text);
    let hyphens_fit = match inner.len() {
        32 => !inner.contains('-'),
        36 => [8, 13, 18, 23]
            .iter()
            .all(|at| inner.as_bytes()[*at] == b'-'),
        _ => false,
    };
    let digits: String = inner.chars().filter(|c| *c != '-').collect();
    let is_guid =
        hyphens_fit && digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_guid.then(|| {
        let digits = digits.to_ascii_lowercase();
        format!(
            "{}-{}-{}-{}-{}",
            &digits[..8],
            &digits[8..12],
            &digits[12..16],
            &digits[16..20],
            &digits[20..]
        )
    })
}
