//! `ipv6_is_in_range`: whether an IPv6 address is in a network.

use super::ipv6;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "ipv6_is_in_range",
    family: Family::Network,
    signature: "ipv6_is_in_range(ip: string, range: string): bool",
    doc: "Whether an IPv6 or IPv4 address lies in a network in CIDR notation; null if one of them is none.",
    examples: &[("ipv6_is_in_range('2001:db8::1', '2001:db8::/32')", "true")],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new("kql_ipv6_is_in_range", Type::Bool, |rows| {
        let mut ranges = Memo::empty();
        each!(rows, [text ip, text range] -> BoolOut, {
            let range = (*ranges.get(range, ipv6::Net::parse))?;
            let ip = ipv6::Net::parse(ip)?;
            Some(ip.cut_to(range.prefix).first() == range.first())
        })
    })],
};
