//! `has_any_ipv4_prefix`: whether a text has an IPv4 address that starts in one of several ways.

use super::ipv4;
use crate::functions::json;
use crate::functions::operators::elements;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "has_any_ipv4_prefix",
    family: Family::Network,
    signature: "has_any_ipv4_prefix(text: string, ip, …): bool",
    doc: "Whether a text has an address that starts with one of several prefixes, given one by one or as an array.",
    examples: &[(
        "has_any_ipv4_prefix('GET 192.0.2.1 /', '10.', '192.0.')",
        "true",
    )],
    lower: Lower::By(super::intervals::lower),
    kernels: &[Kernel::new("kql_has_any_ipv4_prefix", Type::Bool, |rows| {
        let mut lists = Memo::empty();
        each!(rows, [text text, text list] -> BoolOut, {
            let wanted = lists.get(list, |list| {
                elements(list).iter().map(json::text_of_value).filter(|prefix| ipv4::is_prefix(prefix)).collect::<Vec<_>>()
            });
            Some(ipv4::addresses(text).any(|(found, _)| wanted.iter().any(|prefix| ipv4::starts(found, prefix))))
        })
    })],
};
