//! `has_ipv4_prefix`: whether a text has an IPv4 address that starts so.

use super::ipv4;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "has_ipv4_prefix",
    family: Family::Network,
    signature: "has_ipv4_prefix(text: string, ip: string): bool",
    doc: "Whether a text has an address that starts with a prefix, which ends with a point or is a whole address.",
    examples: &[
        ("has_ipv4_prefix('GET 192.0.2.1 /', '192.0.')", "true"),
        ("has_ipv4_prefix('GET 192.0.2.1 /', '192.0')", "false"),
    ],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new("kql_has_ipv4_prefix", Type::Bool, |rows| {
        each!(rows, [text text, text prefix] -> BoolOut, {
            Some(ipv4::is_prefix(prefix) && ipv4::addresses(text).any(|(found, _)| ipv4::starts(found, prefix)))
        })
    })],
};
