//! `parse_ipv6_mask`: the network of an IPv6 address in full.

use super::ipv6;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "parse_ipv6_mask",
    family: Family::Network,
    signature: "parse_ipv6_mask(ip: string, prefix: long): string",
    doc: "The network of an address under a prefix, in full; empty if there is none.",
    examples: &[(
        "parse_ipv6_mask('2001:db8::1', 112)",
        "2001:0db8:0000:0000:0000:0000:0000:0000",
    )],
    lower: Lower::Convert(&[Type::String, Type::Long]),
    kernels: &[Kernel::new(
        "kql_parse_ipv6_mask",
        Type::String,
        |rows| each!(rows, [text ip, long prefix] -> TextOut, Some(ipv6::text(ipv6::Net::parse(ip)?.within(prefix)?.first()))),
    )],
};
