//! `new_guid`: guids by chance.

use crate::functions::math::draw;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "new_guid",
    family: Family::Encoding,
    signature: "new_guid(): guid",
    doc: "A new guid for every row, of the kind that is made by chance (version 4).",
    examples: &[
        ("strlen(tostring(new_guid()))", "36"),
        ("substring(tostring(new_guid()), 14, 1)", "4"),
    ],
    lower: Lower::By(lower),
    kernels: &[Kernel::by_chance(
        "kql_new_guid",
        Type::Guid,
        |rows| each!(rows, [long now] -> JsonOut, Some(text(draw(now), draw(now)))),
    )],
};

fn lower(call_: Call<'_>) -> Result<Expr, Error> {
    Ok(call("kql_new_guid", vec![call_.cx.now.clone()]))
}

/// RFC 9562: the version stands in four bits, the variant in two.
fn text(high: u64, low: u64) -> String {
    let high = (high & !0xf000) | 0x4000;
    let low = (low & !(0b11 << 62)) | (0b10 << 62);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    )
}
