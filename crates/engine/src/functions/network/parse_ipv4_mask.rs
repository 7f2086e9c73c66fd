//! `parse_ipv4_mask`: the network of an IPv4 address as a number.

use super::ipv4;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "parse_ipv4_mask",
    family: Family::Network,
    signature: "parse_ipv4_mask(ip: string, prefix: long): long",
    doc: "The network of an address under a prefix, as a number; null if there is none.",
    examples: &[("parse_ipv4_mask('192.0.2.1', 24)", "3221225984")],
    lower: Lower::Convert(&[Type::String, Type::Long]),
    kernels: &[Kernel::new(
        "kql_parse_ipv4_mask",
        Type::Long,
        |rows| each!(rows, [text ip, long prefix] -> LongOut, Some(i64::from(ipv4::Net::parse(ip)?.within(prefix)?.first()))),
    )],
};
