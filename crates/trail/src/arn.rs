//! ARNs taken apart.

use crate::partition::Partition;

/// The parts of `arn:partition:service:region:account:resource`, borrowed from the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arn<'a> {
    pub partition: &'a str,
    pub service: &'a str,
    pub region: &'a str,
    pub account: &'a str,
    /// Everything after the account, as in `assumed-role/Role/session`.
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// The parts of an ARN; `None` for other text.
    pub fn parse(text: &'a str) -> Option<Arn<'a>> {
        let mut rest = text.strip_prefix("arn:")?;
        // Parts are short: to look at each byte is quicker than to search as `split` does.
        let mut next = || {
            let at = rest.bytes().position(|byte| byte == b':')?;
            let part = &rest[..at];
            rest = &rest[at + 1..];
            Some(part)
        };
        Some(Arn {
            partition: next()?,
            service: next()?,
            region: next()?,
            account: next()?,
            resource: rest,
        })
    }

    /// The partition, if it is a known one.
    pub fn known_partition(&self) -> Option<Partition> {
        Partition::named(self.partition)
    }

    /// Role and session name of a role session's ARN.
    pub fn assumed_role(&self) -> Option<(&'a str, &'a str)> {
        match self.service {
            "sts" => self.resource.strip_prefix("assumed-role/")?.split_once('/'),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_arns() {
        let arn = Arn::parse("arn:aws-cn:sts::111122223333:assumed-role/Admin/alice@example.com")
            .unwrap();
        assert_eq!(
            (arn.partition, arn.region, arn.account),
            ("aws-cn", "", "111122223333")
        );
        assert_eq!(arn.assumed_role(), Some(("Admin", "alice@example.com")));
        assert_eq!(
            Arn::parse("arn:aws:s3:::bucket/a:b").map(|arn| arn.resource),
            Some("bucket/a:b")
        );
        assert_eq!(Arn::parse("arn:aws:s3"), None);
    }
}
