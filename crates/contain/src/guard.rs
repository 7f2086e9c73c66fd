//! What a plan never touches, and why.
//!
//! In: an owner and the estate. Out: a refusal, or none. A refusal is printed in the plan and its sessions
//! are listed as still alive: nothing is spared silently.

use std::collections::BTreeSet;

use crate::owner::{Owner, RoleClass, named_by, role_class};
use crate::plan::Reason;
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
    /// Whoever runs the plan is named by ARNs and by ids of credentials; with a credential its whole
    /// chain is meant, because cutting a link of it cuts the executor off.
    pub fn new(estate: &'a Estate, survey: &Survey<'_>) -> Guard<'a> {
        let mut own = BTreeSet::new();
        for text in &estate.own {
            own.extend(named_by(text));
            if let Some(node) = survey.forest.by_id(text) {
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
                return guarded(
                    Reason::ForeignAccount,
                    format!("account {account} is not among those in which may be acted"),
                );
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

/// The ARN of a user or a role without its path: `…:role/a/b/Name` is `…:role/Name`.
fn without_path(arn: &str) -> String {
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
