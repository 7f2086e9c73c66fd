//! `parse_ipv4`: an IPv4 address as a number.

use super::ipv4;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "parse_ipv4",
    family: Family::Network,
    signature: "parse_ipv4(ip: string): long",
    doc: "The address, or the network of an address with a prefix, as a number; null if it is none.",
    examples: &[
        ("parse_ipv4('192.0.2.1')", "3221225985"),
        ("parse_ipv4('192.0.2.1/24')", "3221225984"),
    ],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new(
        "kql_parse_ipv4",
        Type::Long,
        |rows| each!(rows, [text ip] -> LongOut, Some(i64::from(ipv4::Net::parse(ip)?.first()))),
    )],
};
