//! `ipv6_is_in_any_range`: whether an IPv6 address is in one of several networks.

use super::ipv6;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "ipv6_is_in_any_range",
    family: Family::Network,
    signature: "ipv6_is_in_any_range(ip: string, range, …): bool",
    doc: "Whether an IPv6 or IPv4 address lies in one of several networks in CIDR notation, given one by one or as an array; null if it is no address.",
    examples: &[(
        "ipv6_is_in_any_range('2001:db8::1', '2001:db8::/32')",
        "true",
    )],
    lower: Lower::By(super::intervals::lower),
    kernels: &[Kernel::new(
        "kql_ipv6_is_in_any_range",
        Type::Bool,
        |rows| {
            let mut lists = Memo::empty();
            each!(rows, [text ip, text list] -> BoolOut, {
                let ranges = lists.get(list, ipv6::ranges);
                Some(ranges.hold(ipv6::Net::parse(ip)?.address))
            })
        },
    )],
};
