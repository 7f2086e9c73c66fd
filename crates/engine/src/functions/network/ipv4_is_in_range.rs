//! `ipv4_is_in_range`: whether an IPv4 address is in a network.

use super::ipv4;
use crate::functions::prelude::*;
use crate::functions::rows::{BoolOut, Repeated};

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
        let (ips, ranges) = (rows.text(0)?, rows.text(1)?);
        let (mut nets_of_ips, mut nets) = (Repeated::new(), Repeated::new());
        let mut out = BoolOut::new(rows.len);
        for row in 0..rows.len {
            let ip = nets_of_ips.get(&ips, row, ipv4::Net::parse);
            let range = nets.get(&ranges, row, ipv4::Net::parse);
            let both = ip.zip(range);
            out.push(both.map(|(ip, range)| ip.cut_to(range.prefix).first() == range.first()));
        }
        Ok(out.finish())
    })],
};
