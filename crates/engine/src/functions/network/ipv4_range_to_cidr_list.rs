//! `ipv4_range_to_cidr_list`: a range of IPv4 addresses as networks.

use super::ipv4;
use crate::functions::limits::CIDR_COUNT_MAX;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "ipv4_range_to_cidr_list",
    family: Family::Network,
    signature: "ipv4_range_to_cidr_list(start: string, end: string): dynamic",
    doc: "The networks in CIDR notation that cover the addresses from start to end, both included; null if one is no address.",
    examples: &[(
        "ipv4_range_to_cidr_list('192.0.2.0', '192.0.2.2')",
        "[\"192.0.2.0/31\",\"192.0.2.2/32\"]",
    )],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new(
        "kql_ipv4_range_to_cidr_list",
        Type::Dynamic,
        |rows| each!(rows, [text start, text end] -> JsonOut, cover(ipv4::Net::parse(start)?.address, ipv4::Net::parse(end)?.address)),
    )],
};

fn cover(start: u32, end: u32) -> Option<String> {
    if start > end {
        return None;
    }
    let mut networks = Vec::new();
    let mut from = u64::from(start);
    let end = u64::from(end) + 1;
    while from < end && networks.len() < CIDR_COUNT_MAX {
        let mut size = 1_u64 << from.trailing_zeros().min(32);
        while from + size > end {
            size /= 2;
        }
        let address = ipv4::text(u32::try_from(from).ok()?);
        networks.push(format!("\"{address}/{}\"", 32 - size.trailing_zeros()));
        from += size;
    }
    Some(format!("[{}]", networks.join(",")))
}
