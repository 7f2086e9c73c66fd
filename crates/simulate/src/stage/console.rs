//! The console: signing in, working there, switching roles, coming in by a federation URL.
//!
//! In: who signs in. Out: the records of signing in and of work under ever new keys, all with the
//! creation date of the one session. Deliberately not here: the portal of Identity Center
//! (`federation`).

use super::cast::{Cred, Role, User, Who};
use super::federation::inferred;
use super::sts::Ask;
use super::{BROWSER, Stage};
use crate::clock::HOUR;
use crate::ids;
use crate::random::{derive, derive_text};
use crate::stories::truth::{Certainty, Expected, Expiry, Parentage, State};

/// As long as a console session can last.
const CONSOLE_SECONDS: i64 = 12 * HOUR;

impl Stage {
    /// A user signs in with the password, and with MFA where a serial number is given.
    pub fn console_login(&mut self, user: User, mfa: &str) -> Cred {
        let account = self.users[user.0].account;
        let principal = self.users[user.0].id.clone();
        let password = self.password_of(user);
        let mut record = self.sign_in_record(account, "ConsoleLogin");
        record.identity = format!(
            "{{\"type\":\"IAMUser\",\"principalId\":\"{principal}\",\"accountId\":\"{}\",\
             \"arn\":\"{}\",\"userName\":\"{}\"}}",
            self.id_of(account),
            self.user_arn(user),
            self.users[user.0].name
        );
        record.response = "{\"ConsoleLogin\":\"Success\"}".to_owned();
        record.additional = self.login_details(mfa);
        let told = Expected {
            kind: "console-session",
            account: self.id_of(account),
            principal_id: principal,
            issued_at: Some(self.now),
            expires_at: Some(self.now + CONSOLE_SECONDS),
            expiry: Expiry::Bounded,
            parent: inferred(&self.cards[password.0].told.name),
            attackers: self.hand.thief,
            ..Expected::default()
        };
        let who = Who::UserSession {
            user,
            mfa: !mfa.is_empty(),
        };
        let issued = self.now;
        self.write(account, &record);
        self.enter(who, issued, String::new(), told)
    }

    /// A sign-in that fails.
    pub fn console_login_fails(&mut self, user: User, mfa: &str) {
        let account = self.users[user.0].account;
        let mut record = self.sign_in_record(account, "ConsoleLogin");
        record.identity = format!(
            "{{\"type\":\"IAMUser\",\"principalId\":\"{}\",\"accountId\":\"{}\",\
             \"accessKeyId\":\"\",\"userName\":\"{}\"}}",
            self.users[user.0].id,
            self.id_of(account),
            self.users[user.0].name
        );
        "Failed authentication".clone_into(&mut record.error_message);
        record.response = "{\"ConsoleLogin\":\"Failure\"}".to_owned();
        record.additional = self.login_details(mfa);
        self.write(account, &record);
    }

    /// A call from a page of the console: every service's pages have a key of their own.
    pub fn console_calls(&mut self, session: Cred, call: &str, request: &str) -> String {
        self.console_calls_and_gets(session, call, request, "")
    }

    /// The same with an answer that matters later.
    pub fn console_calls_and_gets(
        &mut self,
        session: Cred,
        call: &str,
        request: &str,
        response: &str,
    ) -> String {
        let service = call.split(':').next().unwrap_or_default();
        let key = self.console_key(session, service);
        let mut record = self.call(session, &key, call, request);
        response.clone_into(&mut record.response);
        BROWSER.clone_into(&mut record.agent);
        // Some of the services say that the credential is the console's, some do not.
        record.from_console = !matches!(service, "ec2" | "s3");
        self.write(self.account_of(session), &record)
    }

    /// The key with which the pages of a service sign in this session.
    fn console_key(&mut self, session: Cred, service: &str) -> String {
        let account = self.account_of(session);
        let number = derive(derive_text(self.label, service), session.0 as u64);
        let mut key = String::with_capacity(20);
        ids::access_key("ASIA", self.accounts[account.0].number, number, &mut key);
        let known = &mut self.cards[session.0].told.access_key_ids;
        if !known.contains(&key) {
            known.push(key.clone());
        }
        key
    }

    /// *Switch role*: the console takes the role for the person. The key in the log is not the one
    /// that the person then works with.
    pub fn switch_role(&mut self, session: Cred, role: Role, name: &str) -> Cred {
        let key = self.console_key(session, "sts");
        let hand = self.hand.clone();
        let pace = std::mem::replace(&mut self.pace, 0);
        "AWS Internal".clone_into(&mut self.hand.address);
        "AWS Signin, aws-internal/3 aws-sdk-java/1.12.780".clone_into(&mut self.hand.agent);
        let child = self.assume_role_with_key(session, &key, Ask::for_role(role, name));
        self.hand = hand;
        let account = self.roles[role.0].account;
        let mut record = self.sign_in_record(account, "SwitchRole");
        record.identity = self.identity(child, "", self.now, "");
        record.response = "{\"SwitchRole\":\"Success\"}".to_owned();
        record.additional = format!(
            "{{\"SwitchFrom\":\"{}\",\"RedirectTo\":\"https://{}/console/home\"}}",
            self.arn_of(session),
            self.partition.console
        );
        self.write(account, &record);
        self.pace = pace;
        self.wait(pace.max(1));
        self.cards[child.0].key.clear();
        child
    }

    /// A temporary credential asks for a sign-in token, from which a URL is made.
    pub fn get_signin_token(&mut self, cred: Cred) -> String {
        let account = self.account_of(cred);
        let mut record = self.sign_in_record(account, "GetSigninToken");
        let card = &self.cards[cred.0];
        record.identity = self.identity(cred, &card.key, card.issued, "");
        record.agent.clone_from(&self.hand.agent);
        record.response = "{\"GetSigninToken\":\"Success\"}".to_owned();
        record.additional = "{\"MobileVersion\":\"No\",\"MFAUsed\":\"No\"}".to_owned();
        self.cards[cred.0].told.calls += 1;
        self.write(account, &record)
    }

    /// The URL is opened in a browser.
    pub fn federated_login(&mut self, cred: Cred) -> Cred {
        let account = self.account_of(cred);
        let card = self.cards[cred.0].clone();
        let mut record = self.sign_in_record(account, "ConsoleLogin");
        record.identity = self.identity(cred, "", card.issued, "");
        record.response = "{\"ConsoleLogin\":\"Success\"}".to_owned();
        record.additional = self.login_details("");
        let cap = self.now + CONSOLE_SECONDS;
        // A federation token ends with its console. For a role the URL may ask for up to twelve hours,
        // whatever the role's session has left.
        let end = match card.who {
            Who::Federated { .. } => card.told.expires_at.map_or(cap, |end| end.min(cap)),
            _ => cap,
        };
        let told = Expected {
            kind: "console-session",
            account: self.id_of(account),
            principal_id: card.told.principal_id.clone(),
            issued_at: Some(self.now),
            expires_at: Some(end),
            expiry: Expiry::Bounded,
            parent: inferred(&card.told.name),
            attackers: self.hand.thief,
            ..Expected::default()
        };
        self.write(account, &record);
        // The pages work with the date of the credential that opened the console.
        self.enter(card.who, card.issued, String::new(), told)
    }

    /// The password of a user, as a node of the lineage.
    pub fn password_of(&mut self, user: User) -> Cred {
        let known = self.passwords.iter().rev().find(|known| known.0 == user);
        if let Some((_, password)) = known {
            return *password;
        }
        let (account, id) = (self.users[user.0].account, self.users[user.0].id.clone());
        let password = self.source_of_credentials("password", account, &id);
        self.passwords.push((user, password));
        password
    }

    /// Somebody sets another password for a user who has one, and the old one is no more.
    pub fn set_password(&mut self, by: Cred, user: User) -> Cred {
        let old = self.password_of(user);
        self.ends(old, State::Deleted);
        let account = self.users[user.0].account;
        let new = self.source_of_credentials("password", account, "");
        let parent = self.cards[by.0].told.name.clone();
        let told = &mut self.cards[new.0].told;
        told.issued_at = Some(self.now);
        told.attackers = self.hand.thief;
        told.parent = Some(Parentage {
            name: parent,
            certainty: Certainty::Exact,
        });
        self.passwords.push((user, new));
        let name = &self.users[user.0].name;
        let request = format!("{{\"userName\":\"{name}\",\"passwordResetRequired\":false}}");
        self.calls(by, "iam:UpdateLoginProfile", &request);
        new
    }

    fn sign_in_record(&mut self, account: super::Account, name: &str) -> crate::record::Record {
        let mut record = self.record(account, "signin", name);
        record.event_type = "AwsConsoleSignIn";
        record.request_id.clear();
        BROWSER.clone_into(&mut record.agent);
        record
    }

    fn login_details(&self, mfa: &str) -> String {
        let console = self.partition.console;
        let region = self.partition.home;
        let (device, used) = if mfa.is_empty() {
            (String::new(), "No")
        } else {
            (format!("\"MFAIdentifier\":\"{mfa}\","), "Yes")
        };
        format!(
            "{{\"LoginTo\":\"https://{console}/console/home?hashArgs=%23&isauthcode=true&\
             state=hashArgsFromTB_{region}\",\"MobileVersion\":\"No\",{device}\"MFAUsed\":\"{used}\"}}"
        )
    }
}
