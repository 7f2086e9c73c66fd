//! One credential as the rest of the program sees it: what it is, where it came from, how it was used
//! and what was done to it.
//!
//! These are plain values. Instants are microseconds since 1970 in UTC; text that the records do not
//! give is empty, an instant that they do not give is `None`. A credential says what happened and when,
//! never whether it works now: that is [`liveness`](crate::liveness()) at an instant.

/// The id of a credential: `cr-` and 16 characters, made from its evidence only.
pub type CredentialId = String;

/// A credential with everything that is known about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Credential {
    pub id: CredentialId,
    /// The ids that parts of the evidence would give: an id that was written down before a late record
    /// arrived still finds the credential.
    pub aliases: Vec<CredentialId>,
    pub kind: Kind,
    /// Every access key id under which it was seen, sorted.
    pub access_key_ids: Vec<String>,
    /// The key id that its minting event names.
    pub minted_key_id: Option<String>,
    pub account_id: String,
    /// The full principal id: `AROA…:session`, `AIDA…`, `account:name`, an account.
    pub principal_id: String,
    pub principal_arn: String,
    /// The role of a role session, with its path where a record gives it.
    pub role_arn: String,
    pub session_name: String,
    pub user_name: String,
    pub source_identity: String,
    /// `aws`, `aws-cn`, `aws-us-gov` and so on.
    pub partition: &'static str,

    pub issued_at: Option<i64>,
    pub expires_at: Option<i64>,
    pub expiry: Expiry,
    /// As in `sts:AssumeRole`; empty when the minting was not seen.
    pub issuing_api: String,
    pub issuing_event_ids: Vec<String>,

    pub parent: Option<Parent>,
    /// Why no parent is known, for a credential that must have one.
    pub parent_unknown_because: Option<&'static str>,
    pub root: CredentialId,
    pub depth: u32,
    /// The ids of the credentials that it minted, by time of issue and id.
    pub children: Vec<CredentialId>,

    pub mfa_authenticated: Option<bool>,
    /// The ARN or serial number of the MFA device.
    pub mfa_serial: String,
    pub origin: Option<Origin>,

    pub first_used: Option<i64>,
    pub last_used: Option<i64>,
    /// Calls made with it, those that failed among them.
    pub event_count: u64,
    pub error_count: u64,
    /// The last call that succeeded, of those whose success proves that the credential works.
    pub last_success: Option<i64>,
    /// When calls were made, in order of time; nothing where all were made at one instant.
    pub uses: Vec<Stretch>,
    /// The earliest sources by their first use, at most [`SOURCES_MAX`](crate::limits::SOURCES_MAX).
    pub sources: Vec<Source>,
    /// More sources were seen than are listed.
    pub more_sources: bool,
    pub user_agents: Vec<String>,
    pub more_user_agents: bool,
    /// The accounts in which it was used, its own among them.
    pub used_in_accounts: Vec<String>,
    /// What was done to it, or to what it draws its power from, in order of time.
    pub changes: Vec<Change>,
    /// When older sessions of the power that it has had been revoked, if it was issued within a day after that.
    pub revoked_before_issue: Option<i64>,
    /// It belongs to a production account, was used in one, or is or touched a production asset.
    pub touches_production: bool,
    /// Calls that services made on its behalf in sessions of their own; they are not among `event_count`.
    pub forwarded_count: u64,
    /// Those of them in which the record shows the credential's own session.
    pub forwarded_in_session_count: u64,
    /// Such calls that were made on its behalf or on that of another credential of its principal: the records
    /// do not say which.
    pub forwarded_maybe_count: u64,
}

/// A stretch of time in which calls were made. Those of one credential are equally long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// In microseconds, as all instants.
    pub from: i64,
    pub length: i64,
    /// Calls, those that failed among them.
    pub event_count: u64,
    pub error_count: u64,
    /// Bit `i`: in the `i`th of 64 parts a call succeeded that proves that the credential works.
    pub succeeded: u64,
}

impl Stretch {
    /// The parts in which a call succeeded, each from and until an instant.
    pub fn successes(&self) -> impl Iterator<Item = (i64, i64)> {
        let (part, from, bits) = (self.length / 64, self.from, self.succeeded);
        (0..64)
            .filter(move |number| bits >> number & 1 == 1)
            .map(move |number| {
                let start = from.saturating_add(part.saturating_mul(number));
                (start, start.saturating_add(part))
            })
    }
}

/// Where calls came from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source {
    pub address: String,
    pub first_used: i64,
    pub last_used: i64,
    pub event_count: u64,
}

/// What sort of credential it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    AccessKey,
    SessionToken,
    FederationToken,
    RoleSession,
    ConsoleSession,
    RootSession,
    ServiceSession,
    ForwardAccess,
    OauthSession,
    IdentityCenterSession,
    Password,
    MfaDevice,
    ServiceCredential,
    SshKey,
    Certificate,
    FederatedIdentity,
    Service,
    Workload,
    External,
    UnknownTemporary,
}

impl Kind {
    /// Every kind, in the order of the documentation.
    pub const ALL: &'static [Kind] = &[
        Kind::AccessKey,
        Kind::SessionToken,
        Kind::FederationToken,
        Kind::RoleSession,
        Kind::ConsoleSession,
        Kind::RootSession,
        Kind::ServiceSession,
        Kind::ForwardAccess,
        Kind::OauthSession,
        Kind::IdentityCenterSession,
        Kind::Password,
        Kind::MfaDevice,
        Kind::ServiceCredential,
        Kind::SshKey,
        Kind::Certificate,
        Kind::FederatedIdentity,
        Kind::Service,
        Kind::Workload,
        Kind::External,
        Kind::UnknownTemporary,
    ];

    /// Whether calls can be made with it, or a session be opened: what can be counted as working. The
    /// others stand in the forest because credentials come from them.
    pub fn is_usable(self) -> bool {
        !matches!(
            self,
            Kind::MfaDevice
                | Kind::FederatedIdentity
                | Kind::Service
                | Kind::Workload
                | Kind::External
        )
    }

    /// The name in JSON and in tables.
    pub fn name(self) -> &'static str {
        match self {
            Kind::AccessKey => "access-key",
            Kind::SessionToken => "session-token",
            Kind::FederationToken => "federation-token",
            Kind::RoleSession => "role-session",
            Kind::ConsoleSession => "console-session",
            Kind::RootSession => "root-session",
            Kind::ServiceSession => "service-session",
            Kind::ForwardAccess => "forward-access",
            Kind::OauthSession => "oauth-session",
            Kind::IdentityCenterSession => "identity-center-session",
            Kind::Password => "password",
            Kind::MfaDevice => "mfa-device",
            Kind::ServiceCredential => "service-credential",
            Kind::SshKey => "ssh-key",
            Kind::Certificate => "certificate",
            Kind::FederatedIdentity => "federated-identity",
            Kind::Service => "service",
            Kind::Workload => "workload",
            Kind::External => "external",
            Kind::UnknownTemporary => "unknown-temporary",
        }
    }
}

/// How well the end of a credential is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// The minting event says it.
    Exact,
    /// No later than `expires_at`, by the rules of its kind.
    Bounded,
    /// It does not expire, or nobody can say when.
    None,
}

impl Expiry {
    pub fn name(self) -> &'static str {
        match self {
            Expiry::Exact => "exact",
            Expiry::Bounded => "bounded",
            Expiry::None => "none",
        }
    }
}

/// Who minted a credential, and how that is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Parent {
    pub id: CredentialId,
    pub certainty: Certainty,
    pub rule: LinkRule,
    /// Between 0 and 1; divided where several candidates fit equally.
    pub confidence: f64,
    /// Every credential that fits, when more than one does; sorted by confidence, then id.
    pub candidates: Vec<Candidate>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    pub id: CredentialId,
    pub confidence: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Certainty {
    Exact,
    Inferred,
    Ambiguous,
}

impl Certainty {
    pub fn name(self) -> &'static str {
        match self {
            Certainty::Exact => "exact",
            Certainty::Inferred => "inferred",
            Certainty::Ambiguous => "ambiguous",
        }
    }
}

/// The rule by which a credential was linked to its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LinkRule {
    AccessKeyId,
    PrincipalAndCreationDate,
    FederatedUser,
    ConsoleLogin,
    ForwardAccess,
    SharedEvent,
    Service,
    SelfManagedKey,
    External,
}

impl LinkRule {
    pub fn name(self) -> &'static str {
        match self {
            LinkRule::AccessKeyId => "access-key-id",
            LinkRule::PrincipalAndCreationDate => "principal-and-creation-date",
            LinkRule::FederatedUser => "federated-user",
            LinkRule::ConsoleLogin => "console-login",
            LinkRule::ForwardAccess => "forward-access",
            LinkRule::SharedEvent => "shared-event",
            LinkRule::Service => "service",
            LinkRule::SelfManagedKey => "self-managed-key",
            LinkRule::External => "external",
        }
    }
}

/// The workload that a credential was issued to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// As in `ec2-instance`, `lambda-function`, `ecs-task`.
    pub kind: &'static str,
    pub id: String,
}

/// Something that was done to a credential or to the principal whose power it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub at: i64,
    pub effect: Effect,
    /// What did it, for people: `iam:PutRolePolicy AWSRevokeOlderSessions`.
    pub by: String,
    pub event_id: String,
    /// The credential that did it, where it is known.
    pub by_credential: Option<CredentialId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// It stops working: a deny, a revocation of sessions.
    Revoked,
    /// What revoked it was taken away again.
    Restored,
    /// A key or a password was switched off.
    Inactive,
    /// It was switched on again.
    Active,
    Deleted,
    /// It works as before, and something about it is new: its secret, or what its device counts from.
    Altered,
}

impl Effect {
    pub fn name(self) -> &'static str {
        match self {
            Effect::Revoked => "revoked",
            Effect::Restored => "restored",
            Effect::Inactive => "inactive",
            Effect::Active => "active",
            Effect::Deleted => "deleted",
            Effect::Altered => "altered",
        }
    }
}
