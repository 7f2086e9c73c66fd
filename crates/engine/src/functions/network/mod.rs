//! Functions of network addresses.

mod intervals;
mod ipv4;
mod ipv6;

mod parse_ipv4;
mod parse_ipv4_mask;
mod ipv4_is_private;
mod ipv4_is_in_range;
mod ipv4_is_in_any_range;
mod ipv4_compare;
mod ipv4_is_match;
mod ipv4_netmask_suffix;
mod format_ipv4;
mod format_ipv4_mask;
mod ipv4_range_to_cidr_list;
mod has_ipv4;
mod has_ipv4_prefix;
mod has_any_ipv4;
mod has_any_ipv4_prefix;
mod parse_ipv6;
mod parse_ipv6_mask;
mod ipv6_is_in_range;
mod ipv6_is_in_any_range;
mod ipv6_compare;
mod ipv6_is_match;

use super::call::Function;

/// A version of the protocol, for what works with both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Network {
    V4,
    V6,
}

impl Network {
    /// The length of the prefix and the first address of a network; an address is one of itself.
    pub(crate) fn parse(self, text: &str) -> Option<(u32, u128)> {
        match self {
            Network::V4 => ipv4::Net::parse(text).map(|net| (net.prefix, net.first().into())),
            Network::V6 => ipv6::Net::parse(text).map(|net| (net.prefix, net.first())),
        }
    }

    /// The first address of the network of that prefix around an address.
    pub(crate) fn first(self, address: u128, prefix: u32) -> u128 {
        let bits = match self {
            Network::V4 => 32,
            Network::V6 => 128,
        };
        match bits - prefix {
            128 => 0,
            host => address >> host << host,
        }
    }
}

pub const FUNCTIONS: &[&Function] = &[
    &parse_ipv4::FUNCTION,
    &parse_ipv4_mask::FUNCTION,
    &ipv4_is_private::FUNCTION,
    &ipv4_is_in_range::FUNCTION,
    &ipv4_is_in_any_range::FUNCTION,
    &ipv4_compare::FUNCTION,
    &ipv4_is_match::FUNCTION,
    &ipv4_netmask_suffix::FUNCTION,
    &format_ipv4::FUNCTION,
    &format_ipv4_mask::FUNCTION,
    &ipv4_range_to_cidr_list::FUNCTION,
    &has_ipv4::FUNCTION,
    &has_ipv4_prefix::FUNCTION,
    &has_any_ipv4::FUNCTION,
    &has_any_ipv4_prefix::FUNCTION,
    &parse_ipv6::FUNCTION,
    &parse_ipv6_mask::FUNCTION,
    &ipv6_is_in_range::FUNCTION,
    &ipv6_is_in_any_range::FUNCTION,
    &ipv6_compare::FUNCTION,
    &ipv6_is_match::FUNCTION,
];
