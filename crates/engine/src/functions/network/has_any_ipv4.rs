//! `has_any_ipv4`: whether a text has one of several IPv4 addresses.

use super::ipv4;
use crate::functions::json;
use crate::functions::operators::elements;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "has_any_ipv4",
    family: Family::Network,
    signature: "has_any_ipv4(text: string, ip, …): bool",
    doc: "Whether one of several addresses, given one by one or as an array, stands in a text.",
    examples: &[(
        "has_any_ipv4('GET 192.0.2.1 /', dynamic(['192.0.2.1']))",
        "true",
    )],
    lower: Lower::By(super::intervals::lower),
    kernels: &[Kernel::new("kql_has_any_ipv4", Type::Bool, |rows| {
        let mut lists = Memo::empty();
        each!(rows, [text text, text list] -> BoolOut, {
            let wanted = lists.get(list, |list| {
                let texts = elements(list).iter().map(json::text_of_value).collect::<Vec<_>>();
                texts.iter().filter_map(|ip| ipv4::strict(ip)).collect::<Vec<_>>()
            });
            Some(ipv4::addresses(text).any(|(_, found)| wanted.contains(&found)))
        })
    })],
};
