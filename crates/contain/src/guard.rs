//! What a plan never touches, and why.
//!
//! In: an owner and the estate. Out: a refusal, or none. A refusal is printed in the plan and its sessions
//! are listed as still alive: nothing is spared silently. When a plan is carried out the same rules are asked
//! about each call, because a plan is a file, and whoever wrote it may have known no rules.

use std::collections::BTreeSet;

use keyline_trail::partition::Partition;
use serde_json::Value;

use crate::aws::document;
use crate::owner::{Owner, RoleClass, is_account, named_by, role_class};
use crate::plan::{Call, Reason};
use crate::request::Estate;
use crate::survey::Survey;

/// Why an owner is not touched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guarded {
    pub reason: Reason,
    pub why: String,
}

/// The estate's rules, ready to be asked about owners.
pub struct Guard<'a> {
    estate: &'a Estate,
    own: BTreeSet<Owner>,
}

impl<'a> Guard<'a> {
    /// Whoever runs the plan is named by ARNs and by ids or keys of credentials; with a credential its whole
    /// chain is meant, because cutting a link of it cuts the executor off.
    pub fn new(estate: &'a Estate, survey: &Survey<'_>) -> Guard<'a> {
        let mut own = BTreeSet::new();
        for text in &estate.own {
            own.extend(named_by(text));
            // An ARN names a role, and not whoever else took it; anything else names credentials.
            let nodes = match named_by(text) {
                Some(_) => Vec::new(),
                None => survey.forest.find(text),
            };
            for node in nodes {
                own.insert(survey.owner(node).clone());
                for above in survey.forest.ancestors(node) {
                    own.insert(survey.owner(above).clone());
                }
            }
        }
        own.remove(&Owner::Outside);
        own.remove(&Owner::Unknown);
        Guard { estate, own }
    }

    /// The same rules for whoever carries a plan out by these ARNs.
    pub fn at_run(estate: &'a Estate, by: &[String]) -> Guard<'a> {
        let own = estate.own.iter().chain(by);
        Guard {
            estate,
            own: own.filter_map(|text| named_by(text)).collect(),
        }
    }

    /// Why a call must not be made in an account, whatever plan it stands in.
    pub fn refuses_call(&self, account: &str, region: &str, call: &Call) -> Option<Guarded> {
        let partition = Partition::of_region(region).name();
        let text = |name: &str| call.params.get(name).and_then(Value::as_str);
        // A policy of the organisation is made in one account and acts in another.
        let acts_in = match call.service.as_str() {
            "organizations" => text("target_id").unwrap_or(account),
            _ => account,
        };
        if !is_account(acts_in) {
            return Some(Guarded {
                reason: Reason::Protected,
                why: format!("`{}` is no account", acts_in.escape_debug()),
            });
        }
        if !self.is_ours(acts_in) {
            return Some(self.foreign(acts_in));
        }
        if call.service == "organizations"
            && let Some(content) = text("content")
        {
            return self.refuses_policy(content, acts_in, partition);
        }
        let named = principals(account, call);
        let arns = call.params.values().filter_map(|value| {
            let owner = named_by(value.as_str()?)?;
            (owner.account() == account).then_some(owner)
        });
        named.chain(arns).find_map(|owner| {
            if let Owner::Role { name, .. } = &owner
                && role_class(name, "") == RoleClass::PermissionSet
            {
                return Some(Guarded {
                    reason: Reason::Protected,
                    why: "it belongs to Identity Center: its permission set is changed instead"
                        .to_owned(),
                });
            }
            self.refuses(&owner, partition, "")
        })
    }

    /// A policy of the organisation names whom it denies, and denies nobody else.
    fn refuses_policy(&self, content: &str, account: &str, partition: &str) -> Option<Guarded> {
        let Some(denied) = denied_by(content) else {
            return Some(Guarded {
                reason: Reason::Protected,
                why: "the policy does not name whom it denies, so that it would deny everybody"
                    .to_owned(),
            });
        };
        denied.iter().find_map(|owner| {
            if owner.account() != account {
                return Some(self.foreign(owner.account()));
            }
            self.refuses(owner, partition, "")
        })
    }

    fn foreign(&self, account: &str) -> Guarded {
        Guarded {
            reason: Reason::ForeignAccount,
            why: format!(
                "account {} is not among those in which may be acted",
                account.escape_debug()
            ),
        }
    }

    /// Why this owner must not be touched; `role_arn` with its path, where it is known.
    pub fn refuses(&self, owner: &Owner, partition: &str, role_arn: &str) -> Option<Guarded> {
        let guarded = |reason, why: String| Some(Guarded { reason, why });
        let arn = owner.arn(partition);
        if self.own.contains(owner) {
            return guarded(
                Reason::Protected,
                "it belongs to whoever runs the plan, or to its chain of sessions".to_owned(),
            );
        }
        // Names are unique in an account whatever their path, and logs often leave the path out.
        let broken_glass = |pattern: &&String| {
            matches(pattern, &arn)
                || matches(pattern, role_arn)
                || matches(&without_path(pattern), &arn)
        };
        if let Some(pattern) = self.estate.break_glass.iter().find(broken_glass) {
            return guarded(
                Reason::Protected,
                format!("it is on the break-glass list, as `{pattern}`"),
            );
        }
        match owner {
            Owner::User { account, .. } | Owner::Role { account, .. } | Owner::Root { account }
                if !self.is_ours(account) =>
            {
                return Some(self.foreign(account));
            }
            _ => {}
        }
        match owner {
            Owner::Role { name, .. } => match role_class(name, role_arn) {
                RoleClass::ServiceLinked => guarded(
                    Reason::ServiceLinkedRole,
                    "sessions of a service-linked role cannot be revoked".to_owned(),
                ),
                RoleClass::Hub if !self.estate.forced.contains(name) => guarded(
                    Reason::Protected,
                    "the management account enters its members by this role; it is touched only when it \
                     is named as forced"
                        .to_owned(),
                ),
                _ => None,
            },
            Owner::Root { account } if self.is_management(account) => guarded(
                Reason::ManagementAccount,
                "nothing can be denied to the root of the management account".to_owned(),
            ),
            Owner::Unknown => guarded(
                Reason::CannotBeDenied,
                "the logs do not say whose it is, so that nothing can be denied to it".to_owned(),
            ),
            _ => None,
        }
    }

    pub fn is_ours(&self, account: &str) -> bool {
        let listed = self.estate.accounts.as_ref();
        listed.is_none_or(|accounts| accounts.contains(account))
    }

    pub fn is_management(&self, account: &str) -> bool {
        let organisation = self.estate.organisation.as_ref();
        organisation.is_some_and(|known| known.management_account == account)
    }
}

/// The user or role that a call changes.
pub fn principal(account: &str, call: &Call) -> Option<Owner> {
    principals(account, call).next()
}

/// Everybody whom the parameters of a call name: which of them it changes is AWS's to say, so rules ask about all.
pub fn principals(account: &str, call: &Call) -> impl Iterator<Item = Owner> {
    let text = |name: &str| call.params.get(name)?.as_str().map(str::to_owned);
    let user = text("user_name").map(|name| Owner::User {
        account: account.to_owned(),
        name,
    });
    let role = text("role_name").map(|name| Owner::Role {
        account: account.to_owned(),
        name,
    });
    user.into_iter().chain(role)
}

/// Whom a policy of the organisation denies something; `None` where it does not name them all.
pub fn denied_by(content: &str) -> Option<BTreeSet<Owner>> {
    let policy = document(&Value::from(content));
    let mut denied = BTreeSet::new();
    for statement in policy["Statement"].as_array()? {
        let arns = &statement["Condition"]["ArnLike"]["aws:PrincipalArn"];
        let arns: Vec<&Value> = match arns {
            Value::Array(arns) if !arns.is_empty() => arns.iter().collect(),
            one @ Value::String(_) => vec![one],
            _ => return None,
        };
        for arn in arns {
            denied.insert(named_by(arn.as_str()?)?);
        }
    }
    Some(denied)
}

/// The ARN of a user or a role without its path: `…:role/a/b/Name` is `…:role/Name`.
pub(crate) fn without_path(arn: &str) -> String {
    let start = [":user/", ":role/"]
        .iter()
        .find_map(|kind| Some(arn.find(kind)? + kind.len()));
    match (start, arn.rfind('/')) {
        (Some(start), Some(last)) => format!("{}{}", &arn[..start], &arn[last + 1..]),
        _ => arn.to_owned(),
    }
}

/// Whether text is what a pattern says, with `*` for any text.
pub fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, between)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in between {
        match rest.find(part) {
            Some(place) => rest = &rest[place + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, text, expected) in [
            (
                "arn:aws:iam::*:role/Break*",
                "arn:aws:iam::1:role/BreakGlass",
                true,
            ),
            (
                "arn:aws:iam::*:role/Break*",
                "arn:aws:iam::1:role/Other",
                false,
            ),
            ("*", "", true),
            ("a", "ab", false),
            ("a*a", "a", false),
            ("", "", true),
            ("", "a", false),
            (
                &without_path("arn:aws:iam::1:role/a/b/Glass"),
                "arn:aws:iam::1:role/Glass",
                true,
            ),
            (
                &without_path("arn:aws:iam::1:role/Glass"),
                "arn:aws:iam::1:role/Glass",
                true,
            ),
            (
                &without_path("arn:aws:iam::1:user/a/*"),
                "arn:aws:iam::1:user/any",
                true,
            ),
            (&without_path("no/arn"), "no/arn", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }
}
