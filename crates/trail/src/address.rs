//! Source addresses: IP addresses in one spelling.
//!
//! `sourceIPAddress` also holds service names and `AWS Internal`; those are no addresses.

use std::net::{IpAddr, Ipv4Addr};

/// Whether a text is an IPv4 address in canonical form, as most are.
pub(crate) fn is_canonical_v4(source: &[u8]) -> bool {
    source.len() <= 15
        && source.first().is_some_and(u8::is_ascii_digit)
        && std::str::from_utf8(source).is_ok_and(|text| text.parse::<Ipv4Addr>().is_ok())
}

/// The address in canonical form, an IPv4 address inside IPv6 as IPv4; empty where the text is no address.
pub fn canonical(source: &str) -> String {
    let text = source.trim();
    // Service names are the usual case and end in a letter that no address has.
    if text.len() < 2
        || text
            .bytes()
            .any(|byte| !byte.is_ascii_hexdigit() && !matches!(byte, b'.' | b':'))
    {
        return String::new();
    }
    match text.parse::<IpAddr>() {
        Ok(address) => address.to_canonical().to_string(),
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn addresses_and_names() {
        for (source, expected) in [
            ("192.0.2.1", "192.0.2.1"),
            ("2001:DB8:0:0::1", "2001:db8::1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("ec2.amazonaws.com", ""),
            ("AWS Internal", ""),
            ("192.0.2.256", ""),
            ("", ""),
        ] {
            assert_eq!(canonical(source), expected, "{source}");
        }
    }
}
