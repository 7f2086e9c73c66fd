//! STS: credentials out of credentials.
//!
//! In: a caller's credential and what it asks for. Out: the record or records of the call, the
//! copy in the trail of the role's owner among them, and the new credential. Deliberately not here:
//! identities of other houses (`federation`) and services (`services`).

use super::cast::{Account, Cred, Role, Session, Who};
use super::{Spelling, Stage, quoted};
use crate::clock::{self, HOUR};
use crate::ids;
use crate::record::Record;

/// What `AssumeRole` is asked for.
#[derive(Debug, Clone)]
pub struct Ask<'a> {
    pub role: Role,
    pub session: &'a str,
    /// In seconds; CloudTrail shows it only where it was asked for.
    pub duration: Option<i64>,
    pub source_identity: &'a str,
    pub external_id: &'a str,
    /// The serial number of the MFA device whose code was given.
    pub mfa: &'a str,
}

impl<'a> Ask<'a> {
    pub fn for_role(role: Role, session: &'a str) -> Ask<'a> {
        Ask {
            role,
            session,
            duration: None,
            source_identity: "",
            external_id: "",
            mfa: "",
        }
    }

    pub fn lasting(self, seconds: i64) -> Ask<'a> {
        Ask {
            duration: Some(seconds),
            ..self
        }
    }

    pub fn as_source(self, source_identity: &'a str) -> Ask<'a> {
        Ask {
            source_identity,
            ..self
        }
    }

    pub fn with_external_id(self, external_id: &'a str) -> Ask<'a> {
        Ask {
            external_id,
            ..self
        }
    }

    pub fn with_mfa(self, serial: &'a str) -> Ask<'a> {
        Ask {
            mfa: serial,
            ..self
        }
    }
}

impl Stage {
    /// The serial number of a user's virtual MFA device.
    pub fn mfa_of(&self, user: super::User) -> String {
        let card = &self.users[user.0];
        let (partition, account) = (self.partition.name, self.id_of(card.account));
        format!("arn:{partition}:iam::{account}:mfa/{}", card.name)
    }

    /// `GetSessionToken`, with a code of the MFA device of that serial number, or with none.
    pub fn get_session_token(&mut self, key: Cred, seconds: i64, mfa: &str) -> Cred {
        let Who::User(user) = self.cards[key.0].who else {
            panic!("only a long-term key takes session tokens");
        };
        let mut record = self.sts_call(key, "GetSessionToken");
        record.read_only = false;
        record.request = format!("{{\"durationSeconds\":{seconds}");
        if !mfa.is_empty() {
            record
                .request
                .push_str(&format!(",\"serialNumber\":\"{mfa}\""));
        }
        record.request.push('}');
        let mfa = !mfa.is_empty();
        let child = self.minted(
            "session-token",
            Who::UserSession { user, mfa },
            seconds,
            key,
        );
        record.response = self.answer(child, seconds, "");
        self.write(self.account_of(key), &record);
        child
    }

    /// `GetSessionToken` that is refused: a wrong code, say.
    pub fn get_session_token_refused(&mut self, key: Cred, mfa: &str, why: &str) {
        let mut record = self.sts_call(key, "GetSessionToken");
        record.read_only = false;
        record.request = format!("{{\"durationSeconds\":43200,\"serialNumber\":\"{mfa}\"}}");
        "AccessDenied".clone_into(&mut record.error_code);
        why.clone_into(&mut record.error_message);
        self.write(self.account_of(key), &record);
    }

    /// A record in a later format, in which some key stands where format 1 would have a minted one.
    pub fn get_session_token_in_format_2(&mut self, key: Cred, stands: &str) {
        let mut record = self.sts_call(key, "GetSessionToken");
        record.version = "2.0";
        // Whoever reads it counts it as no call.
        self.cards[key.0].told.calls -= 1;
        record.request = "{\"durationSeconds\":3600}".to_owned();
        record.response = format!(
            "{{\"credentials\":{{\"accessKeyId\":\"{stands}\",\"expiration\":\"Oct 7, 2026, 11:00:00 AM\"}}}}"
        );
        self.write(self.account_of(key), &record);
    }

    /// `GetFederationToken` for a made-up user of that name, with a policy as JSON.
    pub fn get_federation_token(
        &mut self,
        key: Cred,
        name: &str,
        seconds: i64,
        policy: &str,
    ) -> Cred {
        let Who::User(user) = self.cards[key.0].who else {
            panic!("only a long-term key takes federation tokens");
        };
        let mut record = self.sts_call(key, "GetFederationToken");
        record.read_only = false;
        record.request = format!(
            "{{\"name\":\"{name}\",\"policy\":\"{}\",\"durationSeconds\":{seconds}}}",
            quoted(policy)
        );
        let name = name.to_owned();
        let who = Who::Federated { user, name };
        let principal = self.principal_id(&who);
        let child = self.minted("federation-token", who, seconds, key);
        let arn = self.arn_of(child);
        record.response = self.answer(
            child,
            seconds,
            &format!(
                ",\"federatedUser\":{{\"federatedUserId\":\"{principal}\",\"arn\":\"{arn}\"}},\
                 \"packedPolicySize\":4"
            ),
        );
        self.write(self.account_of(key), &record);
        child
    }

    /// `AssumeRole`. Where the role belongs to another account, that account's trail has a copy.
    pub fn assume_role(&mut self, by: Cred, ask: Ask<'_>) -> Cred {
        let key = self.cards[by.0].key.clone();
        self.assume_role_with_key(by, &key, ask)
    }

    pub(super) fn assume_role_with_key(&mut self, by: Cred, key: &str, ask: Ask<'_>) -> Cred {
        let seconds = ask.duration.unwrap_or(HOUR);
        let inherited = match &self.cards[by.0].who {
            Who::RoleSession(session) => session.source_identity.clone(),
            _ => String::new(),
        };
        let source_identity = if ask.source_identity.is_empty() {
            inherited
        } else {
            ask.source_identity.to_owned()
        };
        let with_mfa = !ask.mfa.is_empty()
            || matches!(self.cards[by.0].who, Who::UserSession { mfa: true, .. });
        let mut record = self.sts_call(by, "AssumeRole");
        record.identity = self.identity(by, key, self.cards[by.0].issued, "");
        record.read_only = true;
        record.request = self.asked(&ask, &source_identity);
        record.resources = self.role_resource(ask.role);
        let session = Session {
            role: ask.role,
            name: ask.session.to_owned(),
            mfa: with_mfa,
            source_identity,
            provider: String::new(),
            context: String::new(),
            beside: String::new(),
        };
        let child = self.minted("role-session", Who::RoleSession(session), seconds, by);
        record.response = self.role_answer(child, seconds);
        let (from, to) = (self.account_of(by), self.account_of(child));
        if from != to {
            record.shared_event_id = self.fresh_uuid();
            self.copy_to_owner(by, to, &record);
        }
        self.write(from, &record);
        child
    }

    /// `AssumeRole` that is refused: the caller's own trail has it, the owner's has nothing.
    pub fn assume_role_denied(&mut self, by: Cred, role: Role, session: &str) -> String {
        let mut record = self.sts_call(by, "AssumeRole");
        record.read_only = true;
        let arn = self.role_arn(role);
        let _ = session;
        "AccessDenied".clone_into(&mut record.error_code);
        record.error_message = format!(
            "User: {} is not authorized to perform: sts:AssumeRole on resource: {arn}",
            self.arn_of(by)
        );
        self.write(self.account_of(by), &record)
    }

    /// `AssumeRole` by a role's session for longer than the hour that a chain may have.
    pub fn assume_role_too_long(&mut self, by: Cred, ask: Ask<'_>) -> String {
        let mut record = self.sts_call(by, "AssumeRole");
        record.read_only = true;
        record.request = self.asked(&ask, ask.source_identity);
        "ValidationError".clone_into(&mut record.error_code);
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role \
         chaining"
            .clone_into(&mut record.error_message);
        self.write(self.account_of(by), &record)
    }

    /// A principal of an account that nobody here sees takes a role of ours.
    pub fn assume_role_from_outside(
        &mut self,
        from: Account,
        principal_id: &str,
        ask: Ask<'_>,
    ) -> Cred {
        let seconds = ask.duration.unwrap_or(HOUR);
        let outsider = self.source_of_credentials("external", from, principal_id);
        let owner = self.roles[ask.role.0].account;
        let mut record = self.record(owner, "sts", "AssumeRole");
        record.read_only = true;
        record.additional = sts_details(&record.region);
        record.identity = format!(
            "{{\"type\":\"AWSAccount\",\"principalId\":\"{principal_id}\",\"accountId\":\"{}\"}}",
            self.id_of(from)
        );
        record.request = self.asked(&ask, ask.source_identity);
        record.resources = self.role_resource(ask.role);
        record.shared_event_id = self.fresh_uuid();
        let session = Session {
            role: ask.role,
            name: ask.session.to_owned(),
            mfa: false,
            source_identity: ask.source_identity.to_owned(),
            provider: String::new(),
            context: String::new(),
            beside: String::new(),
        };
        let child = self.minted("role-session", Who::RoleSession(session), seconds, outsider);
        record.response = self.role_answer(child, seconds);
        self.write(owner, &record);
        child
    }

    /// `AssumeRoot`: the root of a member account, for one task and a quarter of an hour.
    pub fn assume_root(&mut self, by: Cred, target: Account, task: &str) -> Cred {
        let seconds = 900;
        let mut record = self.sts_call(by, "AssumeRoot");
        record.read_only = false;
        record.request = format!(
            "{{\"targetPrincipal\":\"{}\",\"taskPolicyArn\":{{\"arn\":\"arn:{}:iam::aws:policy/root-task/{task}\"}}}}",
            self.id_of(target),
            self.partition.name
        );
        let child = self.minted("root-session", Who::Root(target), seconds, by);
        record.response = self.answer(child, seconds, "");
        self.write(self.account_of(by), &record);
        child
    }

    /// The owner's copy of a call by somebody of another account.
    pub(super) fn copy_to_owner(&mut self, by: Cred, owner: Account, record: &Record) {
        let pace = std::mem::replace(&mut self.pace, 0);
        let mut copy = record.clone();
        copy.event_number = self.fresh_number();
        copy.identity = self.identity_abroad(by);
        copy.recipient = self.id_of(owner);
        self.write(owner, &copy);
        self.pace = pace;
    }

    pub(super) fn sts_call(&mut self, by: Cred, name: &str) -> Record {
        let account = self.account_of(by);
        let mut record = self.record(account, "sts", name);
        let card = &self.cards[by.0];
        record.identity = self.identity(by, &card.key, card.issued, "");
        record.additional = sts_details(&record.region);
        self.cards[by.0].told.calls += 1;
        record
    }

    fn asked(&self, ask: &Ask<'_>, source_identity: &str) -> String {
        let mut out = format!(
            "{{\"roleArn\":\"{}\",\"roleSessionName\":\"{}\"",
            self.role_arn(ask.role),
            ask.session
        );
        for (name, value) in [
            ("externalId", ask.external_id),
            ("serialNumber", ask.mfa),
            ("sourceIdentity", source_identity),
        ] {
            if !value.is_empty() {
                out.push_str(&format!(",\"{name}\":\"{value}\""));
            }
        }
        if let Some(seconds) = ask.duration {
            out.push_str(&format!(",\"durationSeconds\":{seconds}"));
        }
        out.push('}');
        out
    }

    pub(super) fn role_resource(&self, role: Role) -> String {
        format!(
            "[{{\"accountId\":\"{}\",\"type\":\"AWS::IAM::Role\",\"ARN\":\"{}\"}}]",
            self.id_of(self.roles[role.0].account),
            self.role_arn(role)
        )
    }

    /// What STS answers to whoever takes a role.
    pub(super) fn role_answer(&mut self, child: Cred, seconds: i64) -> String {
        let Who::RoleSession(session) = self.cards[child.0].who.clone() else {
            panic!("the child is a role session");
        };
        let mut more = format!(
            ",\"assumedRoleUser\":{{\"assumedRoleId\":\"{}\",\"arn\":\"{}\"}}",
            self.cards[child.0].told.principal_id,
            self.session_arn(session.role, &session.name)
        );
        if !session.source_identity.is_empty() {
            more.push_str(&format!(
                ",\"sourceIdentity\":\"{}\"",
                session.source_identity
            ));
        }
        self.answer(child, seconds, &more)
    }

    /// What STS answers: the credentials without their secret, and more members.
    pub(super) fn answer(&mut self, child: Cred, seconds: i64, more: &str) -> String {
        let number = self.fresh_number();
        let mut out = format!(
            "{{\"credentials\":{{\"accessKeyId\":\"{}\",\"sessionToken\":\"",
            self.cards[child.0].key
        );
        ids::session_token(number, &mut out);
        out.push_str("\",\"expiration\":\"");
        let end = self.now + seconds;
        match self.spelling {
            Spelling::Iso => clock::iso(end, &mut out),
            Spelling::Comma => clock::locale(end, &mut out),
            Spelling::NoComma => clock::locale_without_comma(end, &mut out),
            Spelling::Mixed if number.is_multiple_of(3) => {
                clock::locale_without_comma(end, &mut out);
            }
            Spelling::Mixed => clock::locale(end, &mut out),
        }
        out.push_str("\"}");
        out.push_str(more);
        out.push('}');
        out
    }
}

/// What newer records of STS say about the endpoint.
pub(super) fn sts_details(region: &str) -> String {
    format!(
        "{{\"RequestDetails\":{{\"endpointType\":\"regional\",\"awsServingRegion\":\"{region}\"}}}}"
    )
}
