//! A fake AWS: users, roles, organisation policies and sessions, judged by the documents that lie on them.
//!
//! It takes a plan's calls as AWS would and knows nothing of the plan: whether a credential can act follows
//! from the policies that the calls put down, evaluated here. It knows inactive keys, the time of issue of
//! tokens, expiry, organisation policies and the accounts that those do not bind.

use std::collections::{BTreeMap, BTreeSet};

use keyline_contain::control::{Control, Measure, Only, Owner};
use keyline_contain::{Plan, Step};
use keyline_lineage::{Credential, Kind};
use keyline_trail::time::format_time;
use serde_json::{Value, json};

/// When plans are carried out, unless a test says otherwise.
const THEN: i64 = super::world::NOW + 600_000_000;

pub struct Fake {
    /// When the plan is carried out.
    pub at: i64,
    /// Inline policies by principal (`account/user/name`) and name.
    inline: BTreeMap<String, BTreeMap<String, Value>>,
    inactive_keys: BTreeSet<String>,
    /// Users of whom every key is off that no log shows.
    unseen_off: BTreeSet<String>,
    /// Organisation policies by the account that they are attached to.
    organisation: BTreeMap<String, Vec<Value>>,
    pub management: Option<String>,
    /// Everything that the plan wrote to.
    pub written: BTreeSet<String>,
}

impl Default for Fake {
    fn default() -> Fake {
        Fake {
            at: THEN,
            inline: BTreeMap::new(),
            inactive_keys: BTreeSet::new(),
            unseen_off: BTreeSet::new(),
            organisation: BTreeMap::new(),
            management: None,
            written: BTreeSet::new(),
        }
    }
}

impl Fake {
    /// A key of whatever user it is, that no log shows.
    pub const UNSEEN_KEY: &str = "AKIAUNSEEN";

    /// With controls laid on.
    pub fn with<'a>(measures: impl IntoIterator<Item = &'a Measure>) -> Fake {
        let mut fake = Fake::default();
        measures.into_iter().for_each(|measure| fake.lay(measure));
        fake
    }

    /// Carries out what the program does of a plan.
    pub fn run(&mut self, plan: &Plan) {
        for step in &plan.steps {
            if !step.by_hand && !step.needs_confirmation {
                self.take(step);
            }
        }
    }

    fn take(&mut self, step: &Step) {
        let text = |name: &str| step.params[name].as_str().unwrap().to_owned();
        let user = |name: String| format!("{}/user/{name}", step.account);
        let role = |name: String| format!("{}/role/{name}", step.account);
        let document = |text: &str| -> Value {
            let filled = text.replace("${cut_off}", &format_time(self.at));
            serde_json::from_str(&filled).unwrap()
        };
        match (step.service.as_str(), step.action.as_str()) {
            // What is taken back denies nobody anything.
            _ if step.kind == "undo-what-was-done" => {}
            ("iam", "PutUserPolicy") => {
                let principal = user(text("user_name"));
                self.put(
                    principal,
                    text("policy_name"),
                    document(&text("policy_document")),
                );
            }
            ("iam", "PutRolePolicy") => {
                let principal = role(text("role_name"));
                assert!(!principal.contains("AWSReservedSSO_"), "AWS refuses that");
                self.put(
                    principal,
                    text("policy_name"),
                    document(&text("policy_document")),
                );
            }
            ("iam", "UpdateAccessKey") if step.kind == "deactivate-other-keys" => {
                assert_eq!(text("status"), "Inactive");
                let user = user(text("user_name"));
                self.written.insert(user.clone());
                self.unseen_off.insert(user);
            }
            ("iam", "UpdateAccessKey") => {
                self.written.insert(user(text("user_name")));
                assert_eq!(text("status"), "Inactive");
                self.inactive_keys.insert(text("access_key_id"));
            }
            ("iam", "UpdateAssumeRolePolicy") => {
                self.written.insert(role(text("role_name")));
                document(&text("policy_document"));
            }
            ("organizations", "AttachPolicy") => {
                assert_eq!(Some(&step.account), self.management.as_ref());
                let of_account = self.organisation.entry(text("target_id")).or_default();
                of_account.push(document(&text("content")));
            }
            ("iam", "GetUser" | "GetRole") | ("keyline", _) | ("lambda", _) => {}
            other => panic!("a call that this AWS does not know: {other:?}"),
        }
    }

    /// Lays a single control on, as the documents that AWS would evaluate.
    pub fn lay(&mut self, measure: &Measure) {
        if measure.control == Control::KeyInactive {
            match (&measure.only, &measure.on) {
                (Only::AccessKey(id), Owner::User { account, name }) if id == Fake::UNSEEN_KEY => {
                    self.unseen_off.insert(format!("{account}/user/{name}"));
                }
                (Only::AccessKey(id), _) => {
                    self.inactive_keys.insert(id.clone());
                }
                other => panic!("no key is meant by {other:?}"),
            }
            return;
        }
        let principal = match &measure.on {
            Owner::User { account, name } => format!("{account}/user/{name}"),
            Owner::Role { account, name } => format!("{account}/role/{name}"),
            other => panic!("nothing is laid on {other:?} here"),
        };
        let older = json!({"DateLessThan": {"aws:TokenIssueTime": format_time(self.at)}});
        let condition = match (measure.control, &measure.only) {
            (Control::UserDenyOlder | Control::RoleDenyOlder, _) => older,
            (_, Only::UserIds(ids)) => json!({"StringEquals": {"aws:userid": ids}}),
            _ => json!({}),
        };
        let name = format!("{:?}", measure.control);
        let statement =
            json!({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition});
        self.put(principal, name, json!({"Statement": [statement]}));
    }

    fn put(&mut self, principal: String, name: String, document: Value) {
        self.written.insert(principal.clone());
        let of_principal = self.inline.entry(principal).or_default();
        of_principal.insert(name, document);
    }

    /// Whether a credential can do anything once the plan was carried out.
    pub fn can_act(&self, credential: &Credential) -> bool {
        let later = self.at + 120_000_000;
        if credential.expires_at.is_some_and(|end| end <= later) {
            return false;
        }
        let principal = principal(credential);
        let key_is_off = |id: &String| {
            let unseen = id == Fake::UNSEEN_KEY && self.unseen_off.contains(&principal.path);
            unseen || self.inactive_keys.contains(id)
        };
        if credential.kind == Kind::AccessKey && credential.access_key_ids.iter().all(key_is_off) {
            return false;
        }
        let inline = self
            .inline
            .get(&principal.path)
            .into_iter()
            .flat_map(BTreeMap::values);
        let bound = Some(&principal.account) != self.management.as_ref();
        let of_account = self.organisation.get(&principal.account).filter(|_| bound);
        let organisation = of_account.into_iter().flatten();
        let slr = principal.path.contains("/role/AWSServiceRoleFor");
        let organisation = organisation.filter(|_| !slr);
        !inline
            .chain(organisation)
            .any(|policy| denies(policy, credential, &principal))
    }
}

struct Principal {
    account: String,
    /// `account/user/name`.
    path: String,
    arn: String,
}

fn principal(credential: &Credential) -> Principal {
    let account = credential.account_id.clone();
    let (kind, name) = match &credential.role_arn {
        arn if !arn.is_empty() => ("role", arn.rsplit('/').next().unwrap().to_owned()),
        _ if credential.kind == Kind::RootSession => {
            return Principal {
                path: format!("{account}/root"),
                arn: format!("arn:aws:iam::{account}:root"),
                account,
            };
        }
        _ => ("user", credential.user_name.clone()),
    };
    // A federated user stands under the policies of its user, and is another principal for those of the organisation.
    let arn = match credential.principal_arn.contains(":federated-user/") {
        true => credential.principal_arn.clone(),
        false => format!("arn:aws:iam::{account}:{kind}/{name}"),
    };
    Principal {
        path: format!("{account}/{kind}/{name}"),
        arn,
        account,
    }
}

fn denies(policy: &Value, credential: &Credential, principal: &Principal) -> bool {
    policy["Statement"]
        .as_array()
        .unwrap()
        .iter()
        .any(|statement| {
            assert_eq!(statement["Effect"], "Deny");
            assert_eq!(statement["Action"], "*");
            let conditions = statement["Condition"].as_object();
            conditions
                .into_iter()
                .flatten()
                .all(|(operator, keys)| holds(operator, keys, credential, principal))
        })
}

fn holds(operator: &str, keys: &Value, credential: &Credential, principal: &Principal) -> bool {
    keys.as_object().unwrap().iter().all(|(key, wanted)| {
        let wanted: Vec<&str> = match wanted {
            Value::Array(items) => items.iter().map(|item| item.as_str().unwrap()).collect(),
            one => vec![one.as_str().unwrap()],
        };
        let temporary = !matches!(credential.kind, Kind::AccessKey | Kind::Password);
        match (operator, key.as_str()) {
            ("StringEquals", "aws:userid") => wanted.contains(&credential.principal_id.as_str()),
            ("ArnLike", "aws:PrincipalArn") => {
                wanted.iter().any(|pattern| like(pattern, &principal.arn))
            }
            // A key carries no time of issue, and a condition on what is absent does not hold.
            ("DateLessThan", "aws:TokenIssueTime") => {
                let before = keyline_trail::time::parse_time(wanted[0].as_bytes()).unwrap();
                temporary && credential.issued_at.is_none_or(|issued| issued < before)
            }
            ("Null", "aws:AssumedRoot") => {
                let is_absent = credential.issuing_api != "sts:AssumeRoot";
                wanted == [if is_absent { "true" } else { "false" }]
            }
            other => panic!("a condition that this AWS does not know: {other:?}"),
        }
    })
}

fn like(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, end)) => {
            text.len() >= start.len() + end.len() && text.starts_with(start) && text.ends_with(end)
        }
    }
}
