//! `ipv4_netmask_suffix`: the prefix length of a network.

use super::ipv4;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "ipv4_netmask_suffix",
    family: Family::Network,
    signature: "ipv4_netmask_suffix(ip: string): long",
    doc: "The prefix length of an address in CIDR notation, 32 without one; null if it is no address.",
    examples: &[("ipv4_netmask_suffix('192.0.2.0/24')", "24")],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new(
        "kql_ipv4_netmask_suffix",
        Type::Long,
        |rows| each!(rows, [text ip] -> LongOut, Some(i64::from(ipv4::Net::parse(ip)?.prefix))),
    )],
};
