//! `ipv4_is_in_any_range`: whether an IPv4 address is in one of several networks.

use super::ipv4;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "ipv4_is_in_any_range",
    family: Family::Network,
    signature: "ipv4_is_in_any_range(ip: string, range, …): bool",
    doc: "Whether an address lies in one of several networks in CIDR notation, given one by one or as an array; null if it is no IPv4 address.",
    examples: &[
        (
            "ipv4_is_in_any_range('192.0.2.6', '198.51.100.0/24', '192.0.2.0/24')",
            "true",
        ),
        (
            "ipv4_is_in_any_range('192.0.2.6', dynamic(['203.0.113.0/24']))",
            "false",
        ),
    ],
    lower: Lower::By(super::intervals::lower),
    kernels: &[Kernel::new(
        "kql_ipv4_is_in_any_range",
        Type::Bool,
        |rows| {
            let mut lists = Memo::empty();
            each!(rows, [text ip, text list] -> BoolOut, {
                let ranges = lists.get(list, ipv4::ranges);
                Some(ranges.hold(ipv4::Net::parse(ip)?.address.into()))
            })
        },
    )],
};
