//! `has_ipv4`: whether a text has an IPv4 address.

use super::ipv4;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "has_ipv4",
    family: Family::Network,
    signature: "has_ipv4(text: string, ip: string): bool",
    doc: "Whether an address stands in a text, with neither letter nor digit beside it.",
    examples: &[
        ("has_ipv4('GET 192.0.2.1 /', '192.0.2.1')", "true"),
        ("has_ipv4('a192.0.2.1', '192.0.2.1')", "false"),
    ],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new("kql_has_ipv4", Type::Bool, |rows| {
        each!(rows, [text text, text ip] -> BoolOut, {
            let ip = ipv4::strict(ip);
            Some(ip.is_some() && ipv4::addresses(text).any(|(_, found)| Some(found) == ip))
        })
    })],
};
