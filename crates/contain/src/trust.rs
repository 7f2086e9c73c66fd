//! Who can assume a role, as its trust policy says it.
//!
//! In: a trust policy. Out: its principals, with whether conditions narrow them. Deliberately not here: what a
//! principal is allowed by policies of its own, which an assumption inside one account takes as well where
//! the trust names the account and not the principal.

use serde_json::{Value, json};

use crate::guard::matches;
use crate::owner::is_account;

/// The actions by which a role is taken, in small letters.
const ASSUMING: [&str; 3] = [
    "sts:assumerole",
    "sts:assumerolewithsaml",
    "sts:assumerolewithwebidentity",
];

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
        let named = actions.any(lets_assume);
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

/// Whether an action of a policy is one by which a role is taken: in letters large or small, and with what stands
/// for other letters, as AWS reads it.
fn lets_assume(action: &str) -> bool {
    let pattern = action.to_ascii_lowercase().replace('?', "*");
    let mut known = ASSUMING.iter();
    known.any(|known| matches(&pattern, known))
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

/// Whether a trust policy lets identity providers in that it does not shut out.
pub(crate) fn lets_providers_in(policy: &Value) -> bool {
    let all = trusted(policy);
    let of = |effect: &str| -> Vec<&str> {
        let all = all.iter();
        let some = all.filter(|trusted| trusted.kind == "Federated" && trusted.effect == effect);
        some.map(|trusted| trusted.principal.as_str()).collect()
    };
    let denied = of("Deny");
    of("Allow").iter().any(|allowed| !denied.contains(allowed))
}

/// Whether somebody let in is anybody: no account, no user and no role is named.
pub fn is_anybody(trusted: &Trusted) -> bool {
    let open = match trusted.kind.as_str() {
        "AWS" | "*" => trusted.principal == "*",
        "NotPrincipal" => true,
        _ => false,
    };
    trusted.effect == "Allow" && open
}

/// A trust policy without what lets anybody in, whatever conditions narrow that; what lets somebody in by name
/// stays. `None`: it lets nobody in but by name.
pub fn without_anybody(policy: &Value) -> Option<Value> {
    if !trusted(policy).iter().any(is_anybody) {
        return None;
    }
    let statements = list(&policy["Statement"]).into_iter();
    let kept = statements.filter_map(|statement| {
        let mut statement = statement.clone();
        if statement["Effect"] != "Allow" {
            return Some(statement);
        }
        match &mut statement["Principal"] {
            Value::Object(kinds) => {
                kinds.remove("*");
                if let Some(named) = kinds.get_mut("AWS") {
                    let others: Vec<Value> = list(named)
                        .into_iter()
                        .filter(|principal| *principal != "*")
                        .cloned()
                        .collect();
                    match others.is_empty() {
                        true => drop(kinds.remove("AWS")),
                        false => *named = Value::Array(others),
                    }
                }
                (!kinds.is_empty()).then_some(statement)
            }
            // Anybody, or all but some.
            _ => None,
        }
    });
    let mut kept: Vec<Value> = kept.collect();
    if kept.is_empty() {
        // AWS takes no trust policy that says nothing.
        kept.push(json!({"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}));
    }
    Some(json!({"Version": "2012-10-17", "Statement": kept}))
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
    use super::*;

    #[test]
    fn what_lets_anybody_in_is_left_out() {
        let ec2 = json!({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"},
            "Action": "sts:AssumeRole"});
        let named = json!({"Effect": "Allow", "Principal": {"AWS": ["111122223333"]},
            "Action": "sts:AssumeRole"});
        let nobody = json!([{"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}]);
        let allow = |principal: Value| json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"});
        let narrowed = json!({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": "x"}}});
        let all_but = json!({"Effect": "Allow", "NotPrincipal": {"AWS": "111122223333"},
            "Action": "sts:AssumeRole"});
        for (statements, left) in [
            (json!([ec2, allow(json!("*"))]), json!([ec2])),
            (json!([ec2, narrowed]), json!([ec2])),
            (json!([ec2, all_but]), json!([ec2])),
            (
                json!([allow(json!({"AWS": ["*", "111122223333"]}))]),
                json!([named]),
            ),
            (
                json!([allow(json!({"AWS": "*", "Service": "ec2.amazonaws.com"}))]),
                json!([ec2]),
            ),
            (allow(json!("*")), nobody.clone()),
            (json!([allow(json!({"AWS": "*"}))]), nobody.clone()),
            // Nobody comes in by these.
            (json!([ec2, named]), Value::Null),
            (nobody, Value::Null),
        ] {
            let closed = without_anybody(&json!({"Statement": statements}));
            let closed = closed.map_or(Value::Null, |policy| policy["Statement"].clone());
            assert_eq!(closed, left, "{statements}");
        }
    }

    #[test]
    fn actions_are_read_as_aws_reads_them() {
        for (action, expected) in [
            (json!("sts:AssumeRole"), true),
            (json!("STS:assumerole"), true),
            (json!("sts:a*"), true),
            (json!("s*"), true),
            (json!("*:*"), true),
            (json!(["sts:TagSession", "sts:*WithSAML"]), true),
            (json!("sts:Assume????"), true),
            (json!("sts:TagSession"), false),
            (json!("sts:SetSourceIdentity"), false),
            (json!("iam:*"), false),
        ] {
            let policy = json!({"Statement":
                {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": action}});
            assert_eq!(!trusted(&policy).is_empty(), expected, "{action}");
            assert_eq!(without_anybody(&policy).is_some(), expected, "{action}");
        }
    }

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
