//! `ipv6_compare`: the order of two IPv6 addresses.

use super::ipv6;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "ipv6_compare",
    family: Family::Network,
    signature: "ipv6_compare(a: string, b: string[, prefix: long]): long",
    doc: "0, -1 or 1: whether two IPv6 or IPv4 addresses, cut to the shortest of all prefixes given, are the same, or the first is smaller or greater; null if one is no address.",
    examples: &[("ipv6_compare('2001:db8::1', '2001:db8::2')", "-1")],
    lower: Lower::Convert(&[Type::String, Type::String, Type::Long]),
    kernels: &[Kernel::new("kql_ipv6_compare", Type::Long, |rows| {
        ipv6::compare_each(rows, |order| order as i64)
    })],
};
