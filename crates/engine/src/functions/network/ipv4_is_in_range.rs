//! `ipv4_is_in_range`: whether an IPv4 address is in a network.

use super::ipv4;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "ipv4_is_in_range",
    family: Family::Network,
    signature: "ipv4_is_in_range(ip: string, range: string): bool",
    doc: "Whether an address lies in a network in CIDR notation; null if one of them is none.",
    examples: &[
        ("ipv4_is_in_range('192.0.2.6', '192.0.2.0/24')", "true"),
        ("ipv4_is_in_range('nope', '192.0.2.0/24')", ""),
    ],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new("kql_ipv4_is_in_range", Type::Bool, |rows| {
        let mut ranges = Memo::empty();
        each!(rows, [text ip, text range] -> BoolOut, {
            let range = (*ranges.get(range, ipv4::Net::parse))?;
            let ip = ipv4::Net::parse(ip)?;
            Some(ip.cut_to(range.prefix).first() == range.first())
        })
    })],
};
