//! AWS partitions, and names that differ between them.
//!
//! A partition is a separate AWS: its own accounts, ARNs, domains and regions. Service principals carry the
//! partition's DNS suffix and are compared without it.

/// One AWS partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Partition {
    Aws,
    China,
    GovCloud,
    EuropeanSovereign,
    Iso,
    IsoB,
    IsoE,
    IsoF,
}

use Partition::*;

/// Every partition with its name in ARNs, how its regions start, its DNS suffixes, and the region where its
/// global services log.
const PARTITIONS: [(Partition, &str, &str, &[&str], &str); 8] = [
    (China, "aws-cn", "cn-", &["amazonaws.com.cn"], "cn-north-1"),
    (
        GovCloud,
        "aws-us-gov",
        "us-gov-",
        &["amazonaws.com"],
        "us-gov-west-1",
    ),
    (
        EuropeanSovereign,
        "aws-eusc",
        "eusc-",
        &["amazonaws.eu"],
        "eusc-de-east-1",
    ),
    (Iso, "aws-iso", "us-iso-", &["c2s.ic.gov"], "us-iso-east-1"),
    (
        IsoB,
        "aws-iso-b",
        "us-isob-",
        &["sc2s.sgov.gov"],
        "us-isob-east-1",
    ),
    (
        IsoE,
        "aws-iso-e",
        "eu-isoe-",
        &["cloud.adc-e.uk"],
        "eu-isoe-west-1",
    ),
    (
        IsoF,
        "aws-iso-f",
        "us-isof-",
        &["csp.hci.ic.gov"],
        "us-isof-south-1",
    ),
    (Aws, "aws", "", &["amazonaws.com"], "us-east-1"),
];

impl Partition {
    /// The name in ARNs.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// The region where global services (IAM, global STS) log.
    pub fn home_region(self) -> &'static str {
        self.row().4
    }

    /// The partition of that name.
    pub fn named(name: &str) -> Option<Partition> {
        PARTITIONS.iter().find(|row| row.1 == name).map(|row| row.0)
    }

    /// The partition that an ARN names.
    pub fn of_arn(arn: &str) -> Option<Partition> {
        Partition::named(arn.strip_prefix("arn:")?.split(':').next()?)
    }

    /// The partition that a region lies in.
    pub fn of_region(region: &str) -> Partition {
        PARTITIONS
            .iter()
            .find(|row| region.starts_with(row.2))
            .map_or(Aws, |row| row.0)
    }

    fn row(
        self,
    ) -> &'static (
        Partition,
        &'static str,
        &'static str,
        &'static [&'static str],
        &'static str,
    ) {
        PARTITIONS
            .iter()
            .find(|row| row.0 == self)
            .expect("every partition has its row")
    }
}

/// A service principal without the DNS suffix of its partition: `ec2.amazonaws.com.cn` is `ec2`.
pub fn service_name(principal: &str) -> &str {
    // Nearly all, and no other suffix ends like this one.
    if let Some(name) = principal.strip_suffix(".amazonaws.com") {
        return name;
    }
    let suffixes = PARTITIONS.iter().flat_map(|row| row.3);
    let cut = suffixes.filter_map(|suffix| principal.strip_suffix(suffix)?.strip_suffix('.'));
    cut.min_by_key(|name| name.len()).unwrap_or(principal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_by_arn_and_region() {
        for (arn, region, name) in [
            ("arn:aws:iam::111122223333:user/a", "eu-west-1", "aws"),
            (
                "arn:aws-cn:sts::111122223333:assumed-role/r/s",
                "cn-northwest-1",
                "aws-cn",
            ),
            (
                "arn:aws-us-gov:iam::111122223333:root",
                "us-gov-east-1",
                "aws-us-gov",
            ),
            (
                "arn:aws-eusc:iam::111122223333:root",
                "eusc-de-east-1",
                "aws-eusc",
            ),
            (
                "arn:aws-iso:iam::111122223333:root",
                "us-iso-west-1",
                "aws-iso",
            ),
            (
                "arn:aws-iso-b:iam::111122223333:root",
                "us-isob-east-1",
                "aws-iso-b",
            ),
        ] {
            assert_eq!(
                Partition::of_arn(arn).map(Partition::name),
                Some(name),
                "{arn}"
            );
            assert_eq!(Partition::of_region(region).name(), name, "{region}");
        }
        assert_eq!(Partition::of_arn("not an arn"), None);
    }

    #[test]
    fn service_principals_without_suffix() {
        for (principal, name) in [
            ("ec2.amazonaws.com", "ec2"),
            ("ec2.amazonaws.com.cn", "ec2"),
            ("lambda.c2s.ic.gov", "lambda"),
            ("sts.amazonaws.eu", "sts"),
            ("AWS Internal", "AWS Internal"),
            ("notamazonaws.com", "notamazonaws.com"),
        ] {
            assert_eq!(service_name(principal), name, "{principal}");
        }
    }
}
