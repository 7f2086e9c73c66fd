//! Who can assume a role, as its trust policy says it.
//!
//! In: a trust policy. Out: its principals, with whether conditions narrow them. Deliberately not here: what a
//! principal is allowed by policies of its own, which an assumption inside one account takes as well where
//! the trust names the account and not the principal.

use serde_json::Value;

use crate::owner::is_account;

/// A principal that a trust policy lets in, or shuts out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Trusted {
    /// `AWS`, `Service`, `Federated`; `*` for anybody.
    pub kind: String,
    pub principal: String,
    pub effect: String,
    /// The names of the conditions that narrow it.
    pub conditions: Vec<String>,
}

/// Everybody whom a trust policy speaks of, in order.
pub fn trusted(policy: &Value) -> Vec<Trusted> {
    let mut found = Vec::new();
    for statement in list(&policy["Statement"]) {
        let actions = list(&statement["Action"]);
        let mut actions = actions.iter().filter_map(|action| action.as_str());
        let named = actions
            .any(|action| action == "*" || action == "sts:*" || action.starts_with("sts:Assume"));
        if !named && statement["NotAction"].is_null() {
            continue;
        }
        let conditions: Vec<String> = statement["Condition"]
            .as_object()
            .into_iter()
            .flatten()
            .flat_map(|(operator, keys)| {
                let keys = keys.as_object().into_iter().flatten();
                keys.map(move |(key, _)| format!("{operator} {key}"))
            })
            .collect();
        let effect = statement["Effect"].as_str().unwrap_or_default();
        let mut add = |kind: &str, principal: &str| {
            found.push(Trusted {
                kind: kind.to_owned(),
                principal: principal.to_owned(),
                effect: effect.to_owned(),
                conditions: conditions.clone(),
            });
        };
        match &statement["Principal"] {
            Value::String(anybody) => add("*", anybody),
            Value::Object(kinds) => {
                for (kind, principals) in kinds {
                    for principal in list(principals) {
                        add(kind, principal.as_str().unwrap_or_default());
                    }
                }
            }
            _ => add("NotPrincipal", &statement["NotPrincipal"].to_string()),
        }
    }
    found.sort();
    found.dedup();
    found
}

/// Whether a trust policy lets a principal of an account in, by its name or with its whole account.
pub fn lets_in(policy: &Value, arn: &str, account: &str) -> bool {
    let root = format!(":iam::{account}:root");
    trusted(policy).iter().any(|trusted| {
        let known = &trusted.principal;
        trusted.effect == "Allow"
            && (known == arn || known == "*" || known == account || known.ends_with(&root))
    })
}

/// The account of a principal that a trust policy names: by its number, or by an ARN.
pub fn account_of(principal: &str) -> Option<&str> {
    let account = match keyline_trail::arn::Arn::parse(principal) {
        Some(arn) => arn.account,
        None => principal,
    };
    is_account(account).then_some(account)
}

fn list(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        Value::Null => Vec::new(),
        one => vec![one],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn principals_of_every_form() {
        let policy = json!({"Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"},
            {"Effect": "Allow", "Action": ["sts:AssumeRole"],
             "Principal": {"AWS": ["arn:aws:iam::111122223333:root", "444455556666"]},
             "Condition": {"StringEquals": {"sts:ExternalId": "x"}}},
            {"Effect": "Allow", "Principal": "*", "Action": "sts:TagSession"},
        ]});
        let shown: Vec<String> = trusted(&policy)
            .iter()
            .map(|it| format!("{} {} {}", it.kind, it.principal, it.conditions.join(",")))
            .collect();
        assert_eq!(
            shown,
            [
                "AWS 444455556666 StringEquals sts:ExternalId",
                "AWS arn:aws:iam::111122223333:root StringEquals sts:ExternalId",
                "Service ec2.amazonaws.com ",
            ]
        );
        for (arn, account, expected) in [
            ("arn:aws:iam::111122223333:user/alice", "111122223333", true),
            ("arn:aws:iam::444455556666:role/x", "444455556666", true),
            ("arn:aws:iam::777788889999:user/eve", "777788889999", false),
        ] {
            assert_eq!(lets_in(&policy, arn, account), expected, "{arn}");
        }
        // One statement, not in a list, with anybody in it.
        let open = json!({"Statement": {"Effect": "Allow", "Principal": "*", "Action": "sts:*"}});
        assert!(lets_in(&open, "arn:aws:iam::1:user/x", "1"));
    }
}
