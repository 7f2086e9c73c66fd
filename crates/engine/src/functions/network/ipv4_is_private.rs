//! `ipv4_is_private`: whether an IPv4 address is private.

use super::ipv4;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "ipv4_is_private",
    family: Family::Network,
    signature: "ipv4_is_private(ip: string): bool",
    doc: "Whether an address lies in 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16; null if it is no IPv4 address.",
    examples: &[
        ("ipv4_is_private('192.168.1.1')", "true"),
        ("ipv4_is_private('198.51.100.7')", "false"),
        ("ipv4_is_private('2001:db8::1')", ""),
    ],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new("kql_ipv4_is_private", Type::Bool, |rows| {
        each!(rows, [text ip] -> BoolOut, {
            let address = ipv4::Net::parse(ip)?.address;
            Some(matches!(address >> 24, 10) || address >> 20 == 0xAC1 || address >> 16 == 0xC0A8)
        })
    })],
};
