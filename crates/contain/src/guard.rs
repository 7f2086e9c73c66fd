//! What a plan never touches, and why.
//!
//! In: an owner and the estate. Out: a refusal, or none. A refusal is printed in the plan and its sessions
//! are listed as still alive: nothing is spared silently. When a plan is carried out the same rules are asked
//! about each call, because a plan is a file, and whoever wrote it may have known no rules.

use std::collections::BTreeSet;

use keyline_trail::partition::Partition;
use serde_json::Value;

use crate::aws::document;
use crate::owner::{
    Owner, RoleClass, is_account, is_aws_name, named_by, permission_set_name, role_class,
};
use crate::plan::{Call, Reason, Step};
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
    /// The names under which whoever carries the plan out came from Identity Center.
    persons: BTreeSet<String>,
    /// The break-glass list: an entry as it was written, and what it protects.
    glass: Vec<(&'a str, String)>,
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
        Guard::of(estate, own, estate.own.iter())
    }

    fn of<'t>(
        estate: &'a Estate,
        own: BTreeSet<Owner>,
        named: impl Iterator<Item = &'t String>,
    ) -> Guard<'a> {
        let glass = estate.break_glass.iter();
        Guard {
            own,
            persons: named.filter_map(|text| person_of(text)).collect(),
            glass: glass
                .filter_map(|entry| Some((entry.as_str(), protected_by(entry)?)))
                .collect(),
            estate,
        }
    }

    /// The same rules for whoever carries a plan out by these ARNs.
    pub fn at_run(estate: &'a Estate, by: &[String]) -> Guard<'a> {
        let named = estate.own.iter().chain(by);
        let own = named.clone().filter_map(|text| named_by(text)).collect();
        Guard::of(estate, own, named)
    }

    /// Why a step must not be taken: because of its call, or of what it adds to a permission set.
    pub fn refuses_step(&self, step: &Step, call: &Call) -> Option<Guarded> {
        let of_call = self.refuses_call(&step.account, &step.region, call);
        of_call.or_else(|| match call.action.as_str() {
            "PutInlinePolicyToPermissionSet" => self.refuses_addition(step, call),
            _ => None,
        })
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
        if call.service == "sso-admin"
            && let Some(guarded) = self.refuses_set(text("permission_set_name"))
        {
            return Some(guarded);
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
        let mut abroad = denied.federated_of.iter().filter(|of| *of != account);
        if let Some(other) = abroad.next() {
            return Some(self.foreign(other));
        }
        denied.owners.iter().find_map(|owner| {
            if owner.account() != account {
                return Some(self.foreign(owner.account()));
            }
            self.refuses(owner, partition, "")
        })
    }

    /// A permission set acts in whatever accounts have it: whose role comes from it stands in the role's name.
    /// That the name is that of the set is looked at before the call, as a part of its state.
    fn refuses_set(&self, name: Option<&str>) -> Option<Guarded> {
        let protected = |why: String| {
            Some(Guarded {
                reason: Reason::Protected,
                why,
            })
        };
        let Some(name) = name else {
            return protected("the call does not say which permission set it changes".to_owned());
        };
        let own = self.own.iter().any(|owner| match owner {
            Owner::Role { name: role, .. } => permission_set_name(role) == Some(name),
            _ => false,
        });
        if own {
            return protected(format!(
                "whoever runs the plan came by the permission set {}",
                name.escape_debug()
            ));
        }
        let start = format!("AWSReservedSSO_{name}_");
        let some_role = format!("{start}0000000000000000");
        let mut glass = self.glass.iter();
        let entry = glass.find(|(_, protected)| {
            // Where the sort is left open, any role may be meant.
            let role = match protected.splitn(6, ':').nth(5) {
                Some(resource) if !resource.starts_with('*') => resource
                    .strip_prefix("role/")
                    .map(|path| path.rsplit('/').next().unwrap_or(path)),
                _ => Some("*"),
            };
            role.is_some_and(|role| role.starts_with(&start) || matches(role, &some_role))
        });
        entry.and_then(|(entry, _)| {
            protected(format!(
                "roles of the permission set {} are on the break-glass list, as `{entry}`",
                name.escape_debug()
            ))
        })
    }

    /// To what stands in a permission set nothing is added but denials of named persons, and nothing is taken
    /// away. What stands there is what the undoing puts back, or the step is not taken.
    fn refuses_addition(&self, step: &Step, call: &Call) -> Option<Guarded> {
        let protected = |why: &str| {
            Some(Guarded {
                reason: Reason::Protected,
                why: why.to_owned(),
            })
        };
        let known = step.undo.as_ref();
        let known = statements_of(known.and_then(|undo| undo.params.get("inline_policy")));
        let written = statements_of(call.params.get("inline_policy"));
        if known.iter().any(|statement| !written.contains(statement)) {
            return protected("it would take away what stands in the permission set");
        }
        for statement in written
            .iter()
            .filter(|statement| !known.contains(statement))
        {
            let Some(persons) = denied_persons(statement) else {
                return protected(
                    "it would add something else to the permission set than a denial of named persons",
                );
            };
            if persons.iter().any(|person| self.persons.contains(person)) {
                return protected("it would deny everything to whoever runs the plan");
            }
        }
        None
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
        let broken_glass = |(_, pattern): &&(&str, String)| {
            matches(pattern, &arn)
                || matches(pattern, role_arn)
                || matches(&without_path(pattern), &arn)
        };
        if let Some((entry, _)) = self.glass.iter().find(broken_glass) {
            return guarded(
                Reason::Protected,
                format!("it is on the break-glass list, as `{entry}`"),
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
                RoleClass::ServiceLinked if !self.estate.forced.contains(name) => guarded(
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

/// What an entry of a break-glass list protects: users, roles and roots as it names them, and of a session its role,
/// because whatever is done to a session is done to that. `None`: it names nobody whom a plan could touch.
pub fn protected_by(entry: &str) -> Option<String> {
    let parts: Vec<&str> = entry.splitn(6, ':').collect();
    let [first, partition, service, region, account, resource] = parts[..] else {
        let wide = entry.contains('*') && (entry.starts_with("arn:") || entry.starts_with('*'));
        return wide.then(|| entry.to_owned());
    };
    if !matches(first, "arn") {
        return None;
    }
    let of_principal = ["user/", "role/"]
        .iter()
        .any(|kind| resource.starts_with(kind))
        || resource == "root"
        || resource.starts_with('*');
    match service {
        "iam" if of_principal => Some(entry.to_owned()),
        "sts" => {
            let role = resource.strip_prefix("assumed-role/")?.split('/').next()?;
            let protected = format!("arn:{partition}:iam:{region}:{account}:role/{role}");
            (!role.is_empty()).then_some(protected)
        }
        wide if wide.contains('*') => Some(entry.to_owned()),
        _ => None,
    }
}

/// The name of the person behind a session of Identity Center, by the session's ARN.
fn person_of(text: &str) -> Option<String> {
    let arn = keyline_trail::arn::Arn::parse(text)?;
    let (role, session) = arn.assumed_role()?;
    permission_set_name(role)?;
    Some(session.to_owned())
}

/// The statements of a policy that is given as text.
fn statements_of(policy: Option<&Value>) -> Vec<Value> {
    let policy = policy.map_or(Value::Null, document);
    match policy.get("Statement") {
        Some(Value::Array(statements)) => statements.clone(),
        None | Some(Value::Null) => Vec::new(),
        Some(one) => vec![one.clone()],
    }
}

/// Whom a statement of a permission set denies everything, by name; `None` where it is anything else.
fn denied_persons(statement: &Value) -> Option<Vec<String>> {
    let denies =
        statement["Effect"] == "Deny" && statement["Action"] == "*" && statement["Resource"] == "*";
    let named = statement["Condition"]["StringLike"]["aws:userid"].as_array()?;
    let persons = named.iter().map(|pattern| {
        let name = pattern.as_str()?.strip_prefix("*:")?;
        is_aws_name(name).then(|| name.to_owned())
    });
    let persons: Option<Vec<String>> = persons.collect();
    persons.filter(|persons| denies && !persons.is_empty())
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

/// Whom a policy of the organisation denies something.
#[derive(Debug, Default)]
pub struct Denied {
    pub owners: BTreeSet<Owner>,
    /// The accounts of federated users that it names.
    pub federated_of: BTreeSet<String>,
}

/// Whom a policy of the organisation denies something; `None` where it does not name them all.
pub fn denied_by(content: &str) -> Option<Denied> {
    let policy = document(&Value::from(content));
    let mut denied = Denied::default();
    for statement in policy["Statement"].as_array()? {
        let arns = &statement["Condition"]["ArnLike"]["aws:PrincipalArn"];
        let arns: Vec<&Value> = match arns {
            Value::Array(arns) if !arns.is_empty() => arns.iter().collect(),
            one @ Value::String(_) => vec![one],
            _ => return None,
        };
        for arn in arns {
            let arn = arn.as_str()?;
            match arn.split_once(":federated-user/") {
                Some((of, name)) if is_aws_name(name) => {
                    let account = of.rsplit(':').next().unwrap_or_default();
                    denied.federated_of.insert(account.to_owned());
                }
                _ => {
                    denied.owners.insert(named_by(arn)?);
                }
            }
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
