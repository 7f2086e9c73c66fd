//! `ipv6_is_match`: whether two IPv6 addresses are the same.

use super::ipv6;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "ipv6_is_match",
    family: Family::Network,
    signature: "ipv6_is_match(a: string, b: string[, prefix: long]): bool",
    doc: "Whether two IPv6 or IPv4 addresses, cut to the shortest of all prefixes given, are the same; null if one is no address.",
    examples: &[("ipv6_is_match('2001:db8::1', '2001:db8::2', 120)", "true")],
    lower: Lower::Convert(&[Type::String, Type::String, Type::Long]),
    kernels: &[Kernel::new("kql_ipv6_is_match", Type::Bool, |rows| {
        let compared = ipv6::compare_each(rows, |order| order as i64)?;
        Ok(Arc::new(arrow::compute::kernels::cmp::eq(
            &compared,
            &arrow::array::Int64Array::new_scalar(0),
        )?))
    })],
};
