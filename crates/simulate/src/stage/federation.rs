//! People and programs of other houses: SAML, web identities, Identity Center.
//!
//! In: who asks for which role. Out: the records, and the session that follows. The identities
//! themselves are nodes of the lineage without a key. Deliberately not here: the console
//! (`console`).

use super::Stage;
use super::cast::{Account, Cred, Role, Session, Who};
use super::sts::sts_details;
use crate::ids;
use crate::random::derive;
use crate::stories::truth::{Certainty, Expected, Expiry, Parentage};

/// What `AssumeRoleWithSAML` is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Saml<'a> {
    pub role: Role,
    /// The subject of the assertion, and the session's name.
    pub person: &'a str,
    pub provider: &'a str,
    pub asked: i64,
    /// The session lasts as long as STS says, not as long as was asked.
    pub given: i64,
}

impl Stage {
    /// A person takes a role with an assertion of their identity provider.
    pub fn assume_role_with_saml(&mut self, ask: Saml<'_>) -> Cred {
        let account = self.roles[ask.role.0].account;
        let qualifier = self.qualifier(account, ask.provider);
        let subject = format!("{qualifier}:{}", ask.person);
        let person = self.source_of_credentials("federated-identity", account, &subject);
        let session = plain_session(ask.role, ask.person);
        self.saml(ask, person, session)
    }

    fn saml(&mut self, ask: Saml<'_>, parent: Cred, session: Session) -> Cred {
        let account = self.roles[ask.role.0].account;
        let qualifier = self.qualifier(account, ask.provider);
        let provider = format!(
            "arn:{}:iam::{}:saml-provider/{}",
            self.partition.name,
            self.id_of(account),
            ask.provider
        );
        let mut record = self.record(account, "sts", "AssumeRoleWithSAML");
        record.read_only = true;
        record.additional = sts_details(&record.region);
        record.identity = format!(
            "{{\"type\":\"SAMLUser\",\"principalId\":\"{qualifier}:{0}\",\"userName\":\"{0}\",\
             \"identityProvider\":\"{qualifier}\"}}",
            ask.person
        );
        record.request = format!(
            "{{\"sAMLAssertionID\":\"_{}\",\"roleSessionName\":\"{}\",\"durationSeconds\":{},\
             \"roleArn\":\"{}\",\"principalArn\":\"{provider}\"}}",
            self.fresh_uuid(),
            ask.person,
            ask.asked,
            self.role_arn(ask.role)
        );
        record.resources = format!(
            "[{{\"accountId\":\"{0}\",\"type\":\"AWS::IAM::Role\",\"ARN\":\"{1}\"}},\
             {{\"accountId\":\"{0}\",\"type\":\"AWS::IAM::SAMLProvider\",\"ARN\":\"{provider}\"}}]",
            self.id_of(account),
            self.role_arn(ask.role)
        );
        let child = self.minted("role-session", Who::RoleSession(session), ask.given, parent);
        let mut answer = self.role_answer(child, ask.given);
        answer.pop();
        record.response = format!(
            "{answer},\"subject\":\"{}\",\"subjectType\":\"persistent\",\
             \"issuer\":\"https://idp.example.com/saml\",\
             \"audience\":\"https://signin.aws.amazon.com/saml\",\"nameQualifier\":\"{qualifier}\"}}",
            ask.person
        );
        self.write(account, &record);
        child
    }

    /// A program takes a role with a web identity token: `provider` as in
    /// `token.actions.githubusercontent.com`, `subject` as the token names it.
    pub fn assume_role_with_web_identity(
        &mut self,
        role: Role,
        session: &str,
        provider: &str,
        subject: &str,
    ) -> Cred {
        let seconds = 3_600;
        let account = self.roles[role.0].account;
        let arn = format!(
            "arn:{}:iam::{}:oidc-provider/{provider}",
            self.partition.name,
            self.id_of(account)
        );
        let principal = format!("{arn}:sts.amazonaws.com:{subject}");
        let program = self.source_of_credentials("federated-identity", account, &principal);
        let mut record = self.record(account, "sts", "AssumeRoleWithWebIdentity");
        record.read_only = true;
        record.additional = sts_details(&record.region);
        record.identity = format!(
            "{{\"type\":\"WebIdentityUser\",\"principalId\":\"{principal}\",\
             \"userName\":\"{subject}\",\"identityProvider\":\"{arn}\"}}"
        );
        record.request = format!(
            "{{\"roleArn\":\"{}\",\"roleSessionName\":\"{session}\",\"durationSeconds\":{seconds}}}",
            self.role_arn(role)
        );
        record.resources = self.role_resource(role);
        let session = Session {
            provider: arn.clone(),
            ..plain_session(role, session)
        };
        let child = self.minted("role-session", Who::RoleSession(session), seconds, program);
        let mut answer = self.role_answer(child, seconds);
        answer.pop();
        record.response = format!(
            "{answer},\"subjectFromWebIdentityToken\":\"{subject}\",\"provider\":\"{arn}\",\
             \"audience\":\"sts.amazonaws.com\"}}"
        );
        self.write(account, &record);
        child
    }

    /// A person signs in to the access portal of Identity Center, which stands in the management
    /// account.
    pub fn portal_sign_in(&mut self, person: &str) -> Cred {
        let management = self.account(0);
        let credential = self.fresh_uuid();
        let (user, store) = self.person(person);
        let mut record = self.record(management, "sso", "CreateToken");
        record.read_only = false;
        record.identity = format!(
            "{{\"type\":\"IdentityCenterUser\",\"accountId\":\"{}\",\"onBehalfOf\":{{\"userId\":\"{user}\",\
             \"identityStoreArn\":\"{store}\"}},\"credentialId\":\"{credential}\"}}",
            self.id_of(management)
        );
        let hidden = "HIDDEN_DUE_TO_SECURITY_REASONS";
        record.request = format!(
            "{{\"clientId\":\"{}\",\"clientSecret\":\"{hidden}\",\"deviceCode\":\"{}\",\
             \"grantType\":\"urn:ietf:params:oauth:grant-type:device_code\"}}",
            self.fresh_uuid(),
            self.fresh_uuid()
        );
        record.response = format!(
            "{{\"tokenType\":\"Bearer\",\"accessToken\":\"{hidden}\",\"expiresIn\":28800,\
             \"idToken\":\"{hidden}\",\"refreshToken\":\"{hidden}\"}}"
        );
        record.additional = format!("{{\"identitycenter:CredentialId\":\"{credential}\"}}");
        let told = Expected {
            kind: "identity-center-session",
            account: self.id_of(management),
            principal_id: credential.clone(),
            issued_at: Some(self.now),
            expires_at: Some(self.now + 28_800),
            expiry: Expiry::Exact,
            attackers: self.hand.thief,
            calls: 1,
            ..Expected::default()
        };
        self.write(management, &record);
        let issued = self.now;
        self.enter(Who::Unsigned, issued, credential, told)
    }

    /// The portal vends credentials for a permission set. The key in the log of the minting is not
    /// the one that the person uses.
    pub fn portal_role(&mut self, portal: Cred, role: Role, set: &str, person: &str) -> Cred {
        let management = self.account(0);
        let account = self.roles[role.0].account;
        let (user, store) = self.person(person);
        let credential = self.cards[portal.0].key.clone();
        let on_behalf =
            format!("\"onBehalfOf\":{{\"userId\":\"{user}\",\"identityStoreArn\":\"{store}\"}}");
        let mut record = self.record(management, "sso", "GetRoleCredentials");
        record.event_type = "AwsServiceEvent";
        record.read_only = true;
        record.identity = format!(
            "{{\"type\":\"IdentityCenterUser\",\"accountId\":\"{}\",{on_behalf},\
             \"credentialId\":\"{credential}\"}}",
            self.id_of(management)
        );
        record.service_details = format!(
            "{{\"role_name\":\"{set}\",\"account_id\":\"{}\"}}",
            self.id_of(account)
        );
        self.cards[portal.0].told.calls += 1;
        let pace = std::mem::replace(&mut self.pace, 0);
        self.write(management, &record);
        let mut provider = String::from("AWSSSO_");
        ids::hex(self.accounts[account.0].number, 16, &mut provider);
        provider.push_str("_DO_NOT_DELETE");
        let ask = Saml {
            role,
            person,
            provider: &provider,
            asked: 43_200,
            given: 43_199,
        };
        let session = Session {
            beside: format!(",{on_behalf}"),
            ..plain_session(role, person)
        };
        let child = self.saml(ask, portal, session);
        self.pace = pace;
        self.wait(pace.max(1));
        if let Some(parent) = &mut self.cards[child.0].told.parent {
            parent.certainty = Certainty::Inferred;
        }
        self.works_under_another_key(child);
        child
    }

    /// From here on the session signs with a key that no minting names.
    pub fn works_under_another_key(&mut self, cred: Cred) {
        let key = self.fresh_key(self.account_of(cred));
        self.cards[cred.0].told.access_key_ids.push(key.clone());
        self.cards[cred.0].key = key;
    }

    /// The same session, as far as principal and second tell, under a key of its own.
    pub fn another_use_of(&mut self, cred: Cred) -> Cred {
        let card = self.cards[cred.0].clone();
        let key = self.fresh_key(self.account_of(cred));
        let told = Expected {
            access_key_ids: vec![key.clone()],
            calls: 0,
            ..card.told
        };
        self.enter(card.who, card.issued, key, told)
    }

    /// The ids of a person in the identity store.
    fn person(&self, name: &str) -> (String, String) {
        let mut user = String::new();
        ids::uuid(
            crate::random::derive_text(self.accounts[0].number, name),
            &mut user,
        );
        let mut store = format!(
            "arn:{}:identitystore::{}:identitystore/d-",
            self.partition.name, self.accounts[0].id
        );
        ids::hex(derive(self.accounts[0].number, 9), 10, &mut store);
        (user, store)
    }

    /// What SAML calls the name qualifier: a hash of provider and account.
    fn qualifier(&self, account: Account, provider: &str) -> String {
        let mut out = String::new();
        let number = crate::random::derive_text(self.accounts[account.0].number, provider);
        ids::alphanumeric(number, 27, &mut out);
        out.push('=');
        out
    }
}

/// A session with nothing but a role and a name.
pub(super) fn plain_session(role: Role, name: &str) -> Session {
    Session {
        role,
        name: name.to_owned(),
        mfa: false,
        source_identity: String::new(),
        provider: String::new(),
        context: String::new(),
        beside: String::new(),
    }
}

/// A parent that follows from principal and time, not from a key.
pub(super) fn inferred(name: &str) -> Option<Parentage> {
    Some(Parentage {
        name: name.to_owned(),
        certainty: Certainty::Inferred,
    })
}
