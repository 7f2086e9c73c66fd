//! `ipv4_is_match`: whether two IPv4 addresses are the same.

use super::ipv4;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "ipv4_is_match",
    family: Family::Network,
    signature: "ipv4_is_match(a: string, b: string[, prefix: long]): bool",
    doc: "Whether two addresses, cut to the shortest of all prefixes given, are the same; null if one is no address.",
    examples: &[("ipv4_is_match('192.0.2.1', '192.0.2.255', 24)", "true")],
    lower: Lower::Convert(&[Type::String, Type::String, Type::Long]),
    kernels: &[Kernel::new("kql_ipv4_is_match", Type::Bool, |rows| {
        let compared = ipv4::compare_each(rows, |order| order as i64)?;
        Ok(Arc::new(arrow::compute::kernels::cmp::eq(
            &compared,
            &arrow::array::Int64Array::new_scalar(0),
        )?))
    })],
};
