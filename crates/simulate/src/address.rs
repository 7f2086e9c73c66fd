//! Source addresses, and the list of published ranges that goes with them.
//!
//! In: a region and a number. Out: IPv4 addresses from ranges that nobody owns: 198.18.0.0/15
//! (benchmarks) stands for AWS, the TEST-NETs for offices and for everybody else, 10.0.0.0/8 for the
//! inside of a VPC. [`ip_ranges_json`] publishes the first in the shape of AWS's `ip-ranges.json`.
//! Deliberately not here: real addresses.

use crate::random::{mix, scale};

/// Regions that have addresses; each owns two /20 of 198.18.0.0/15, one for EC2, one for services.
const REGIONS: [&str; 8] = [
    "us-east-1",
    "us-east-2",
    "us-west-2",
    "eu-west-1",
    "eu-central-1",
    "ap-southeast-2",
    "ap-northeast-1",
    "sa-east-1",
];

/// An address by which instances of a region reach the world, inside a published EC2 range.
pub fn egress(region: &str, number: u64) -> String {
    inside(2 * position(region), number)
}

/// An address of AWS in a region that is not a customer's.
pub fn service(region: &str, number: u64) -> String {
    inside(2 * position(region) + 1, number)
}

/// An address inside a VPC.
pub fn private(number: u64) -> String {
    let n = mix(number);
    format!("10.{}.{}.{}", n & 63, n >> 8 & 255, 4 + (n >> 16) % 250)
}

/// An address of the organisation's offices.
pub fn office(number: u64) -> String {
    format!("192.0.2.{}", 10 + scale(mix(number), 8))
}

/// An address of somebody else, outside AWS: a build service, a thief.
pub fn outside(number: u64) -> String {
    let n = mix(number);
    let net = if n & 1 == 0 {
        "198.51.100"
    } else {
        "203.0.113"
    };
    format!("{net}.{}", 1 + (n >> 8) % 254)
}

/// AWS's list of its ranges for this made-up world: every EC2 range of every region, and the
/// services' around them.
pub fn ip_ranges_json() -> String {
    let mut out = String::from(
        "{\n  \"syncToken\": \"1793000000\",\n  \"createDate\": \"2026-10-26-07-33-20\",\n  \"prefixes\": [\n",
    );
    let mut entries = Vec::new();
    for (index, region) in REGIONS.iter().enumerate() {
        for (block, service) in [
            (2 * index, "AMAZON"),
            (2 * index + 1, "AMAZON"),
            (2 * index, "EC2"),
            (2 * index + 1, "S3"),
        ] {
            entries.push(format!(
                "    {{\"ip_prefix\": \"{}/20\", \"region\": \"{region}\", \"service\": \"{service}\", \"network_border_group\": \"{region}\"}}",
                base(block)
            ));
        }
    }
    out.push_str(&entries.join(",\n"));
    out.push_str("\n  ],\n  \"ipv6_prefixes\": [\n");
    let entries: Vec<String> = REGIONS
        .iter()
        .enumerate()
        .map(|(index, region)| {
            format!(
                "    {{\"ipv6_prefix\": \"2001:db8:{index:x}::/48\", \"region\": \"{region}\", \"service\": \"EC2\", \"network_border_group\": \"{region}\"}}"
            )
        })
        .collect();
    out.push_str(&entries.join(",\n"));
    out.push_str("\n  ]\n}\n");
    out
}

fn position(region: &str) -> usize {
    REGIONS
        .iter()
        .position(|&known| known == region)
        .unwrap_or(0)
}

fn inside(block: usize, number: u64) -> String {
    let n = mix(number);
    format!(
        "198.{}.{}.{}",
        18 + block / 16,
        block % 16 * 16 + (n & 15) as usize,
        1 + (n >> 8) % 254
    )
}

fn base(block: usize) -> String {
    format!("198.{}.{}.0", 18 + block / 16, block % 16 * 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instances_are_in_the_published_range_of_their_region() {
        let ranges = ip_ranges_json();
        assert!(ranges.contains(
            "\"ip_prefix\": \"198.18.96.0/20\", \"region\": \"eu-west-1\", \"service\": \"EC2\""
        ));
        for number in 0..50 {
            let address = egress("eu-west-1", number);
            let third: u32 = address
                .split('.')
                .nth(2)
                .and_then(|part| part.parse().ok())
                .unwrap();
            assert!(
                address.starts_with("198.18.") && (96..112).contains(&third),
                "{address}"
            );
        }
        assert!(office(1).starts_with("192.0.2."));
        assert!(private(1).starts_with("10."));
    }
}
