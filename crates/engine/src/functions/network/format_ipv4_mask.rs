//! `format_ipv4_mask`: an IPv4 address as text.

use super::ipv4;
use crate::functions::prelude::*;
use crate::functions::rows::TextOut;

pub const FUNCTION: Function = Function {
    name: "format_ipv4_mask",
    family: Family::Network,
    signature: "format_ipv4_mask(ip[, prefix: long]): string",
    doc: "The network of an address (a text or a number) under a prefix, in CIDR notation; empty if there is none.",
    examples: &[("format_ipv4_mask('192.0.2.1', 24)", "192.0.2.0/24")],
    lower: Lower::Convert(&[Type::String, Type::Long]),
    kernels: &[Kernel::new("kql_format_ipv4_mask", Type::String, |rows| {
        let ip = rows.text(0)?;
        let prefix = if rows.count() > 1 {
            Some(rows.long(1)?)
        } else {
            None
        };
        let mut out = TextOut::new(rows.len);
        for row in 0..rows.len {
            let prefix = prefix.as_ref().map_or(Some(32), |prefix| prefix.get(row));
            let net =
                prefix.and_then(|prefix| ipv4::Net::parse_or_number(ip.at(row))?.within(prefix));
            out.push(net.map(|net| format!("{}/{}", net.text(), net.prefix)));
        }
        Ok(out.finish())
    })],
};
