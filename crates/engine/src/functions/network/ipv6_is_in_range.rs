//! `ipv6_is_in_range`: whether an IPv6 address is in a network.

use super::ipv6;
use crate::functions::prelude::*;
use crate::functions::rows::{BoolOut, Repeated};

pub const FUNCTION: Function = Function {
    name: "ipv6_is_in_range",
    family: Family::Network,
    signature: "ipv6_is_in_range(ip: string, range: string): bool",
    doc: "Whether an IPv6 or IPv4 address lies in a network in CIDR notation; null if one of them is none.",
    examples: &[("ipv6_is_in_range('2001:db8::1', '2001:db8::/32')", "true")],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new("kql_ipv6_is_in_range", Type::Bool, |rows| {
        let (ips, ranges) = (rows.text(0)?, rows.text(1)?);
        let (mut nets_of_ips, mut nets) = (Repeated::new(), Repeated::new());
        let mut out = BoolOut::new(rows.len);
        for row in 0..rows.len {
            let ip = nets_of_ips.get(&ips, row, ipv6::Net::parse);
            let range = nets.get(&ranges, row, ipv6::Net::parse);
            let both = ip.zip(range);
            out.push(both.map(|(ip, range)| ip.cut_to(range.prefix).first() == range.first()));
        }
        Ok(out.finish())
    })],
};
