//! `parse_ipv6`: an IPv6 address in full.

use super::ipv6;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "parse_ipv6",
    family: Family::Network,
    signature: "parse_ipv6(ip: string): string",
    doc: "The address, or the network of an address with a prefix, in full; IPv4 addresses as IPv6. Empty if it is none.",
    examples: &[(
        "parse_ipv6('2001:db8::1')",
        "2001:0db8:0000:0000:0000:0000:0000:0001",
    )],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new(
        "kql_parse_ipv6",
        Type::String,
        |rows| each!(rows, [text ip] -> TextOut, Some(ipv6::text(ipv6::Net::parse(ip)?.first()))),
    )],
};
