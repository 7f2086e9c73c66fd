//! `ipv4_compare`: the order of two IPv4 addresses.

use super::ipv4;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "ipv4_compare",
    family: Family::Network,
    signature: "ipv4_compare(a: string, b: string[, prefix: long]): long",
    doc: "0, -1 or 1: whether two addresses, cut to the shortest of all prefixes given, are the same, or the first is smaller or greater; null if one is no address.",
    examples: &[
        ("ipv4_compare('192.0.2.1/24', '192.0.2.255')", "0"),
        ("ipv4_compare('192.0.2.1', '192.0.2.2')", "-1"),
    ],
    lower: Lower::Convert(&[Type::String, Type::String, Type::Long]),
    kernels: &[Kernel::new("kql_ipv4_compare", Type::Long, |rows| {
        ipv4::compare_each(rows, |order| order as i64)
    })],
};
