//! IAM: keys and passwords made, switched off, deleted; policies that end sessions.
//!
//! In: who does it to whom. Out: the record, and for what is made, the new credential. The states
//! that follow are the story's to state (`Stage::ends`): a table of what kills what here would only
//! repeat what it is to check. Deliberately not here: STS.

use super::Stage;
use super::cast::{Cred, Role, User, Who};
use super::quoted;
use crate::clock;
use crate::ids;
use crate::stories::truth::{Certainty, Expected, Parentage};

/// Everything is forbidden.
const DENY_ALL: &str = r#"{"Version":"2012-10-17","Statement":[{"Sid":"DenyAll","Effect":"Deny","Action":"*","Resource":"*"}]}"#;

/// The name that the console gives to the policy that revokes a role's sessions.
const REVOKE: &str = "AWSRevokeOlderSessions";

impl Stage {
    /// A second key, for oneself or for somebody else.
    pub fn create_access_key(&mut self, by: Cred, user: User) -> Cred {
        let (request, response, told, key) = self.new_key(by, user);
        self.calls_and_gets(by, "iam:CreateAccessKey", &request, &response);
        self.enter(Who::User(user), 0, key, told)
    }

    /// The same for a user who changes keys: the key of a turn, as [`Stage::key_in_turn`] gives it.
    pub fn create_access_key_in_turn(&mut self, by: Cred, user: User, turn: u64) -> Cred {
        let key = self.key_in_turn_id(user, turn);
        let (request, response, told) = self.made_key(by, user, &key);
        self.calls_and_gets(by, "iam:CreateAccessKey", &request, &response);
        self.enter(Who::User(user), 0, key, told)
    }

    /// The same by a page of the console.
    pub fn console_creates_access_key(&mut self, session: Cred, user: User) -> Cred {
        let (request, response, told, key) = self.new_key(session, user);
        self.console_calls_and_gets(session, "iam:CreateAccessKey", &request, &response);
        self.enter(Who::User(user), 0, key, told)
    }

    /// Request, answer, truth and key of `CreateAccessKey`.
    fn new_key(&mut self, by: Cred, user: User) -> (String, String, Expected, String) {
        let card = self.users[user.0].clone();
        let number = self.fresh_number();
        let mut key = String::new();
        ids::access_key(
            "AKIA",
            self.accounts[card.account.0].number,
            number,
            &mut key,
        );
        let (request, response, told) = self.made_key(by, user, &key);
        (request, response, told, key)
    }

    /// Request, answer and truth of making this key.
    fn made_key(&mut self, by: Cred, user: User, key: &str) -> (String, String, Expected) {
        let card = self.users[user.0].clone();
        let mut created = String::new();
        clock::locale_without_comma(self.now, &mut created);
        let response = format!(
            "{{\"accessKey\":{{\"userName\":\"{}\",\"accessKeyId\":\"{key}\",\"status\":\"Active\",\
             \"createDate\":\"{created}\"}}}}",
            card.name
        );
        let told = Expected {
            kind: "access-key",
            access_key_ids: vec![key.to_owned()],
            minted_key_id: Some(key.to_owned()),
            account: self.id_of(card.account),
            principal_id: card.id.clone(),
            issued_at: Some(self.now),
            parent: Some(Parentage {
                name: self.cards[by.0].told.name.clone(),
                certainty: Certainty::Exact,
            }),
            attackers: self.hand.thief,
            ..Expected::default()
        };
        let request = format!("{{\"userName\":\"{}\"}}", card.name);
        (request, response, told)
    }

    /// `Active` or `Inactive`.
    pub fn update_access_key(&mut self, by: Cred, key: Cred, status: &str) -> String {
        let (user, id) = self.user_and_key(key);
        let request =
            format!("{{\"userName\":\"{user}\",\"accessKeyId\":\"{id}\",\"status\":\"{status}\"}}");
        self.calls(by, "iam:UpdateAccessKey", &request)
    }

    pub fn delete_access_key(&mut self, by: Cred, key: Cred) -> String {
        let (user, id) = self.user_and_key(key);
        let request = format!("{{\"userName\":\"{user}\",\"accessKeyId\":\"{id}\"}}");
        self.calls(by, "iam:DeleteAccessKey", &request)
    }

    /// A new user of the thief's or of a colleague's making.
    pub fn create_user(&mut self, by: Cred, name: &str) -> User {
        let user = self.user(self.account_of(by), name);
        let mut created = String::new();
        clock::locale_without_comma(self.now, &mut created);
        let response = format!(
            "{{\"user\":{{\"path\":\"/\",\"userName\":\"{name}\",\"userId\":\"{}\",\"arn\":\"{}\",\
             \"createDate\":\"{created}\"}}}}",
            self.users[user.0].id,
            self.user_arn(user)
        );
        let request = format!("{{\"userName\":\"{name}\"}}");
        self.calls_and_gets(by, "iam:CreateUser", &request, &response);
        user
    }

    /// An inline policy on a user.
    pub fn put_user_policy(&mut self, by: Cred, user: User, name: &str, document: &str) -> String {
        let request = format!(
            "{{\"userName\":\"{}\",\"policyName\":\"{name}\",\"policyDocument\":\"{}\"}}",
            self.users[user.0].name,
            quoted(document)
        );
        self.calls(by, "iam:PutUserPolicy", &request)
    }

    /// Everything that the user may do is forbidden.
    pub fn deny_user(&mut self, by: Cred, user: User) -> String {
        self.put_user_policy(by, user, "DenyAll", DENY_ALL)
    }

    /// The same policy is taken away again.
    pub fn lift_deny(&mut self, by: Cred, user: User) -> String {
        let request = format!(
            "{{\"userName\":\"{}\",\"policyName\":\"DenyAll\"}}",
            self.users[user.0].name
        );
        self.calls(by, "iam:DeleteUserPolicy", &request)
    }

    /// What the console's button *Revoke active sessions* does: all sessions of the role that began
    /// before now are refused.
    pub fn revoke_role_sessions(&mut self, by: Cred, role: Role) -> String {
        let mut cut_off = String::new();
        clock::iso(self.now, &mut cut_off);
        cut_off.insert_str(cut_off.len() - 1, ".000");
        let document = format!(
            "{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Effect\":\"Deny\",\"Action\":[\"*\"],\
             \"Resource\":[\"*\"],\"Condition\":{{\"DateLessThan\":{{\"aws:TokenIssueTime\":\
             \"{cut_off}\"}}}}}}]}}"
        );
        let request = format!(
            "{{\"roleName\":\"{}\",\"policyName\":\"{REVOKE}\",\"policyDocument\":\"{}\"}}",
            self.roles[role.0].name,
            quoted(&document)
        );
        self.calls(by, "iam:PutRolePolicy", &request)
    }

    /// A new device, then the user's: two events.
    pub fn enrol_mfa(&mut self, by: Cred, user: User, device: &str) -> String {
        let account = self.id_of(self.users[user.0].account);
        let serial = format!("arn:{}:iam::{account}:mfa/{device}", self.partition.name);
        let request = format!("{{\"path\":\"/\",\"virtualMFADeviceName\":\"{device}\"}}");
        let response = format!("{{\"virtualMFADevice\":{{\"serialNumber\":\"{serial}\"}}}}");
        self.calls_and_gets(by, "iam:CreateVirtualMFADevice", &request, &response);
        let request = format!(
            "{{\"userName\":\"{}\",\"serialNumber\":\"{serial}\"}}",
            self.users[user.0].name
        );
        self.calls(by, "iam:EnableMFADevice", &request);
        serial
    }

    pub fn deactivate_mfa(&mut self, by: Cred, user: User, serial: &str) -> String {
        let request = format!(
            "{{\"userName\":\"{}\",\"serialNumber\":\"{serial}\"}}",
            self.users[user.0].name
        );
        self.calls(by, "iam:DeactivateMFADevice", &request)
    }

    fn user_and_key(&self, key: Cred) -> (String, String) {
        let Who::User(user) = &self.cards[key.0].who else {
            panic!("only long-term keys are switched off and deleted");
        };
        (
            self.users[user.0].name.clone(),
            self.cards[key.0].key.clone(),
        )
    }
}
