//! Which network addresses may be connected to: the public internet and nothing else.
//!
//! Rules are written by strangers. One that names an address inside the house (a metadata service,
//! a router, a database) must not make Keyline ask it anything.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether an address is one of the public internet.
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

/// First address, length of the prefix: IANA's special-purpose registry and multicast.
const SPECIAL_V4: &[(Ipv4Addr, u32)] = &[
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

fn is_public_v4(address: Ipv4Addr) -> bool {
    let bits = u32::from(address);
    !SPECIAL_V4
        .iter()
        .any(|(first, length)| (bits ^ u32::from(*first)) >> (32 - length) == 0)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let s = address.segments();
    // NAT64: the last four bytes are the IPv4 address that is really reached.
    if s[..6] == [0x64, 0xff9b, 0, 0, 0, 0] {
        let [.., a, b, c, d] = address.octets();
        return is_public_v4(Ipv4Addr::new(a, b, c, d));
    }
    // Only 2000::/3 is handed out, so loopback, mapped, unique-local, link-local, site-local and
    // multicast addresses all fall here.
    if s[0] & 0xe000 != 0x2000 {
        return false;
    }
    let tunnelled = s[0] == 0x2002 || (s[0] == 0x2001 && s[1] == 0);
    let assigned_to_protocols = s[0] == 0x2001 && s[1] < 0x0200;
    let documentation = (s[0] == 0x2001 && s[1] == 0xdb8) || (s[0] == 0x3fff && s[1] < 0x1000);
    !(tunnelled || assigned_to_protocols || documentation)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let public = "8.8.8.8 1.1.1.1 52.94.76.10 100.63.255.255 100.128.0.0 172.15.0.1 172.32.0.1 \
                      2606:4700::1111 2a00:1450::1 64:ff9b::808:808";
        let special = "0.0.0.0 10.1.2.3 100.64.0.1 127.0.0.1 127.8.8.8 169.254.169.254 172.16.0.1 \
                       172.31.255.255 192.0.0.8 192.0.2.1 192.168.1.1 198.19.0.1 203.0.113.9 \
                       224.0.0.1 240.0.0.1 255.255.255.255 :: ::1 ::ffff:8.8.8.8 ::ffff:10.0.0.1 \
                       ::8.8.8.8 64:ff9b::a00:1 64:ff9b:1::1 fc00::1 fd12::1 fe80::1 fec0::1 \
                       ff02::1 2001::1 2001:db8::1 2002:a00:1::1 100::1 fd00:ec2::254";
        for text in public.split_whitespace() {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
        for text in special.split_whitespace() {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
    }
}
