//! What counts as production, and what else of the estate only its owner can say.
//!
//! Accounts, and ARNs of assets, go in; whether something belongs to them comes out. A pattern may end in
//! `*`. Which accounts those are is the user's to say, and so is where in an organisation accounts lay before the
//! data moves any.

use crate::limits::ASSETS_MAX;

/// The production accounts and assets of an estate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Production {
    pub accounts: Vec<String>,
    /// ARNs, exact or with `*` at the end; at most [`ASSETS_MAX`] count.
    pub assets: Vec<String>,
    /// Accounts with the id of the unit that each lies in, or the ids from the root down, with `/` between. What is no
    /// such id is passed over.
    pub units: Vec<(String, String)>,
}

impl Production {
    pub fn has_account(&self, account: &str) -> bool {
        self.accounts.iter().any(|known| known == account)
    }

    /// Whether an ARN is one of the assets.
    pub fn has_asset(&self, arn: &str) -> bool {
        !arn.is_empty()
            && self
                .assets
                .iter()
                .take(ASSETS_MAX)
                .any(|pattern| match pattern.strip_suffix('*') {
                    Some(start) => arn.starts_with(start),
                    None => arn == pattern,
                })
    }
}

#[cfg(test)]
mod tests {
    use super::Production;

    #[test]
    fn exact_and_by_beginning() {
        let production = Production {
            accounts: vec!["111122223333".into()],
            assets: vec![
                "arn:aws:s3:::prod-*".into(),
                "arn:aws:iam::444455556666:role/deploy".into(),
            ],
            ..Production::default()
        };
        assert!(production.has_account("111122223333"));
        for (arn, expected) in [
            ("arn:aws:s3:::prod-orders/key", true),
            ("arn:aws:s3:::test", false),
            ("arn:aws:iam::444455556666:role/deploy", true),
            ("arn:aws:iam::444455556666:role/deploy2", false),
            ("", false),
        ] {
            assert_eq!(production.has_asset(arn), expected, "{arn}");
        }
    }
}
