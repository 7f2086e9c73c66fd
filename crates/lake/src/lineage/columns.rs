//! The columns of the lineage tables: the one list of each.
//!
//! A column says its name, its KQL type, what it means, and how it is made of a credential. Lineage
//! tables hold instants (issued, revoked, expired), never states, so that a rule that is replayed at an
//! earlier tick judges by what had happened then.

use std::sync::Arc;

use keyline_lineage::{Change, Credential, Effect};
use serde_json::{Value, json};

/// A column of a lineage table.
pub struct LineageColumn<R> {
    pub name: &'static str,
    /// As KQL spells it.
    pub kql_type: &'static str,
    /// One sentence for the reference.
    pub doc: &'static str,
    pub(crate) cell: fn(&R) -> Cell,
}

/// A value on its way into a column.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    Text(String),
    /// Microseconds since 1970.
    Time(Option<i64>),
    Long(Option<i64>),
    Real(Option<f64>),
    Bool(Option<bool>),
    Dynamic(Value),
}

/// What a row of `Credential` is made of.
pub struct CredentialRow {
    pub(crate) known: Option<i64>,
    pub(crate) credential: Credential,
    /// The ids from the root to the credential.
    pub(crate) path: Vec<String>,
}

/// What a row of `CredentialAlias` is made of, and what an event is told about its credential.
pub struct AliasRow {
    pub(crate) known: Option<i64>,
    pub(crate) alias: String,
    pub(crate) kind: &'static str,
    /// The account in which the id stands for this credential, where it stands for others elsewhere.
    pub(crate) account: String,
    /// The id stands for this credential where nothing is said of an account.
    pub(crate) is_owner: bool,
    pub(crate) root_kind: &'static str,
    pub(crate) credential: Arc<Credential>,
}

/// What a row of `CredentialEdge` is made of: a credential and one that is, or may be, its parent.
pub struct EdgeRow {
    pub(crate) known: Option<i64>,
    pub(crate) parent: String,
    pub(crate) parent_kind: &'static str,
    pub(crate) child: String,
    pub(crate) child_kind: &'static str,
    pub(crate) certainty: &'static str,
    pub(crate) rule: &'static str,
    pub(crate) confidence: f64,
    pub(crate) issuing_api: String,
    pub(crate) root: String,
    pub(crate) depth: i64,
}

/// What a row of `CredentialChange` is made of: a change of a credential, and one that it bears on.
pub struct ChangeRow {
    pub(crate) known: Option<i64>,
    /// How many credentials stand between the two: 0 where they are the same.
    pub(crate) distance: usize,
    pub(crate) change: Change,
    pub(crate) changed: Arc<Credential>,
    pub(crate) credential: Arc<Credential>,
}

macro_rules! columns {
    ($(#[$doc:meta])* $list:ident: $row:ty; $($name:ident $kql:literal $text:literal $cell:expr;)*) => {
        $(#[$doc])*
        pub const $list: &[LineageColumn<$row>] = &[
            $(LineageColumn { name: stringify!($name), kql_type: $kql, doc: $text, cell: $cell }),*
        ];
    };
}

columns! {
    /// One row a credential.
    CREDENTIAL: CredentialRow;
    TimeGenerated "datetime" "When it came to be known: its issue, else its first use." |row| Cell::Time(row.known);
    Id "string" "The id of the credential, which other tables call CredentialId." |row| text(&row.credential.id);
    Aliases "dynamic" "Other ids that parts of its evidence give." |row| list(&row.credential.aliases);
    Kind "string" "What it is: access-key, session-token, role-session, console-session and so on." |row| text(row.credential.kind.name());
    AccessKeyIds "dynamic" "Every access key id under which it was seen." |row| list(&row.credential.access_key_ids);
    MintedKeyId "string" "The access key id that its minting event names." |row| text(row.credential.minted_key_id.as_deref().unwrap_or_default());
    AccountId "string" "The account that it belongs to." |row| text(&row.credential.account_id);
    PrincipalId "string" "The full unique id of its principal." |row| text(&row.credential.principal_id);
    PrincipalArn "string" "The ARN of its principal." |row| text(&row.credential.principal_arn);
    RoleArn "string" "The role of a role session." |row| text(&row.credential.role_arn);
    SessionName "string" "The name of a role session." |row| text(&row.credential.session_name);
    UserName "string" "The name of the IAM user." |row| text(&row.credential.user_name);
    SourceIdentity "string" "The source identity, which sticks to a chain of roles." |row| text(&row.credential.source_identity);
    AwsPartition "string" "The AWS partition." |row| text(row.credential.partition);
    IssuedAt "datetime" "When it was issued." |row| Cell::Time(row.credential.issued_at);
    ExpiresAt "datetime" "When it expires, or the latest instant at which it can." |row| Cell::Time(row.credential.expires_at);
    Expiry "string" "How well that is known: exact, bounded or none." |row| text(row.credential.expiry.name());
    RevokedAt "datetime" "When it was last revoked, by its principal's policies or at its source." |row| last(&row.credential, Effect::Revoked);
    RestoredAt "datetime" "When a revocation was last taken back." |row| last(&row.credential, Effect::Restored);
    InactiveAt "datetime" "When it was last switched off." |row| last(&row.credential, Effect::Inactive);
    ActiveAt "datetime" "When it was last switched on again." |row| last(&row.credential, Effect::Active);
    DeletedAt "datetime" "When it was deleted." |row| last(&row.credential, Effect::Deleted);
    Changes "dynamic" "All of these in order: a list of {at, effect, by, event_id, by_credential}." |row| Cell::Dynamic(row.credential.changes.iter().map(change).collect());
    IssuingApi "string" "The call that issued it, as in sts:AssumeRole; empty where it was not seen." |row| text(&row.credential.issuing_api);
    IssuingEventIds "dynamic" "The ids of the events of that call." |row| list(&row.credential.issuing_event_ids);
    ParentId "string" "The credential that issued it; empty for a root." |row| text(parent(&row.credential));
    ParentCertainty "string" "exact, inferred or ambiguous." |row| text(row.credential.parent.as_ref().map_or("", |parent| parent.certainty.name()));
    ParentRule "string" "The rule by which the parent was found." |row| text(row.credential.parent.as_ref().map_or("", |parent| parent.rule.name()));
    ParentConfidence "real" "Between 0 and 1." |row| Cell::Real(row.credential.parent.as_ref().map(|parent| parent.confidence));
    ParentUnknownBecause "string" "Why no parent is known." |row| text(row.credential.parent_unknown_because.unwrap_or_default());
    RootId "string" "The credential at the top of the tree." |row| text(&row.credential.root);
    Depth "long" "How many credentials stand between it and the root, itself counted." |row| Cell::Long(Some(i64::from(row.credential.depth)));
    Path "dynamic" "The ids from the root to it; of a very long way the root and the last ones." |row| list(&row.path);
    Children "dynamic" "The ids of the credentials that it issued." |row| list(&row.credential.children);
    MfaAuthenticated "bool" "Whether its session was started with MFA." |row| Cell::Bool(row.credential.mfa_authenticated);
    MfaSerial "string" "The MFA device." |row| text(&row.credential.mfa_serial);
    OriginType "string" "The sort of workload that it was issued to: ec2-instance, lambda-function, ecs-task." |row| text(row.credential.origin.as_ref().map_or("", |origin| origin.kind));
    OriginId "string" "That workload." |row| text(origin(&row.credential));
    FirstUsed "datetime" "Its first use in the data." |row| Cell::Time(row.credential.first_used);
    LastUsed "datetime" "Its last use in all of the data: a rule that is replayed should ask CredentialEvents instead." |row| Cell::Time(row.credential.last_used);
    EventCount "long" "Calls made with it in all of the data." |row| Cell::Long(i64::try_from(row.credential.event_count).ok());
    ErrorCount "long" "How many of them failed." |row| Cell::Long(i64::try_from(row.credential.error_count).ok());
    ForwardedCount "long" "Calls that services made on its behalf with keys of their own; not among EventCount." |row| Cell::Long(i64::try_from(row.credential.forwarded_count).ok());
    ForwardedInSessionCount "long" "Those of them that show its own session: CredentialEvents has them as its events." |row| Cell::Long(i64::try_from(row.credential.forwarded_in_session_count).ok());
    ForwardedMaybeCount "long" "Such calls on its behalf or on that of another credential of its principal." |row| Cell::Long(i64::try_from(row.credential.forwarded_maybe_count).ok());
    SourceIps "dynamic" "The earliest sources of its calls." |row| Cell::Dynamic(row.credential.sources.iter().map(|source| source.address.clone()).collect());
    UserAgents "dynamic" "The earliest agents of its calls." |row| list(&row.credential.user_agents);
    UsedInAccounts "dynamic" "The accounts in which it was used." |row| list(&row.credential.used_in_accounts);
    TouchesProduction "bool" "Whether it belongs to a production account, was used in one, or touched a production asset." |row| Cell::Bool(Some(row.credential.touches_production));
}

columns! {
    /// One row for each id by which a credential is found in events.
    CREDENTIAL_ALIAS: AliasRow;
    TimeGenerated "datetime" "When the credential came to be known." |row| Cell::Time(row.known);
    Alias "string" "An access key id, a SessionKey of CloudTrail, or a credential id." |row| text(&row.alias);
    AliasType "string" "access-key-id, session-key or credential-id." |row| text(row.kind);
    CredentialId "string" "The credential." |row| text(&row.credential.id);
    RootId "string" "The root of its tree." |row| text(&row.credential.root);
    Depth "long" "Its depth in that tree." |row| Cell::Long(Some(i64::from(row.credential.depth)));
    CredentialKind "string" "What it is: access-key, session-token, role-session, console-session and so on." |row| text(row.credential.kind.name());
    RootKind "string" "What the root is." |row| text(row.root_kind);
}

/// The columns by which an event finds its row of [`OF_EVENT`].
pub(crate) const OF_EVENT_KEY: &str = "Alias";
pub(crate) const OF_EVENT_ACCOUNT: &str = "AliasAccount";

columns! {
    /// What each event is told about its credential; the first two columns are the key.
    OF_EVENT: AliasRow;
    Alias "string" "The key." |row| text(&row.alias);
    AliasAccount "string" "The account of the events that the row is for; empty for all." |row| text(&row.account);
    CredentialId "string" "The credential with which the call was made." |row| text(&row.credential.id);
    RootId "string" "The root of the credential's tree." |row| text(&row.credential.root);
    ParentId "string" "The credential that issued it." |row| text(parent(&row.credential));
    Depth "long" "Its depth in the tree." |row| Cell::Long(Some(i64::from(row.credential.depth)));
    CredentialKind "string" "What it is: access-key, session-token, role-session, console-session and so on." |row| text(row.credential.kind.name());
    IssuingApi "string" "The call that issued it." |row| text(&row.credential.issuing_api);
    IssuedAt "datetime" "When it was issued." |row| Cell::Time(row.credential.issued_at);
    ExpiresAt "datetime" "When it expires, or the latest instant at which it can." |row| Cell::Time(row.credential.expires_at);
    RevokedAt "datetime" "When it was last revoked." |row| last(&row.credential, Effect::Revoked);
    InactiveAt "datetime" "When it was last switched off." |row| last(&row.credential, Effect::Inactive);
    DeletedAt "datetime" "When it was deleted." |row| last(&row.credential, Effect::Deleted);
    OriginType "string" "The sort of workload that it was issued to." |row| text(row.credential.origin.as_ref().map_or("", |origin| origin.kind));
    OriginId "string" "That workload." |row| text(origin(&row.credential));
    MfaSerial "string" "The MFA device of its session." |row| text(&row.credential.mfa_serial);
    TouchesProduction "bool" "Whether the credential touches production." |row| Cell::Bool(Some(row.credential.touches_production));
}

columns! {
    /// One row for each credential and its parent; one for each candidate where several fit.
    CREDENTIAL_EDGE: EdgeRow;
    TimeGenerated "datetime" "When the child came to be known." |row| Cell::Time(row.known);
    ParentId "string" "The credential that issued the child." |row| text(&row.parent);
    ParentKind "string" "What the parent is." |row| text(row.parent_kind);
    ChildId "string" "The credential that was issued." |row| text(&row.child);
    ChildKind "string" "What the child is." |row| text(row.child_kind);
    Certainty "string" "exact, inferred or ambiguous." |row| text(row.certainty);
    Rule "string" "The rule by which they were linked." |row| text(row.rule);
    Confidence "real" "Between 0 and 1." |row| Cell::Real(Some(row.confidence));
    IssuingApi "string" "The call that issued the child." |row| text(&row.issuing_api);
    RootId "string" "The root of the tree." |row| text(&row.root);
    Depth "long" "The depth of the child." |row| Cell::Long(Some(row.depth));
}

columns! {
    /// One row for each change of a credential and each credential that it bears on: itself and what
    /// descends from it.
    CREDENTIAL_CHANGE: ChangeRow;
    TimeGenerated "datetime" "When it came to bear on the credential: the later of the change and of the credential's coming to be known." |row| Cell::Time(row.known.max(Some(row.change.at)));
    ChangedAt "datetime" "When the change happened." |row| Cell::Time(Some(row.change.at));
    Effect "string" "revoked, restored, inactive, active, deleted or altered." |row| text(row.change.effect.name());
    Distance "long" "0 where the credential itself was changed, 1 where the one was that issued it, and so on." |row| Cell::Long(i64::try_from(row.distance).ok());
    CredentialId "string" "The credential that the change bears on." |row| text(&row.credential.id);
    CredentialKind "string" "What that is: access-key, session-token, role-session and so on." |row| text(row.credential.kind.name());
    AccessKeyIds "dynamic" "The access key ids under which that was seen." |row| list(&row.credential.access_key_ids);
    PrincipalArn "string" "The ARN of its principal." |row| text(&row.credential.principal_arn);
    AccountId "string" "The account that it belongs to." |row| text(&row.credential.account_id);
    IssuedAt "datetime" "When it was issued." |row| Cell::Time(row.credential.issued_at);
    ExpiresAt "datetime" "When it expires, or the latest instant at which it can." |row| Cell::Time(row.credential.expires_at);
    IssuingEventIds "dynamic" "The ids of the events of the call that issued it." |row| list(&row.credential.issuing_event_ids);
    RootId "string" "The root of the tree." |row| text(&row.credential.root);
    ChangedId "string" "The credential that was changed." |row| text(&row.changed.id);
    ChangedKind "string" "What that is." |row| text(row.changed.kind.name());
    ChangedKeyIds "dynamic" "The access key ids of that." |row| list(&row.changed.access_key_ids);
    ChangedPrincipalArn "string" "The ARN of its principal." |row| text(&row.changed.principal_arn);
    ChangedBy "string" "What did it, for people." |row| text(&row.change.by);
    ChangedByCredentialId "string" "The credential that did it, where it is known." |row| text(row.change.by_credential.as_deref().unwrap_or_default());
    ChangedByEventId "string" "The event that did it." |row| text(&row.change.event_id);
}

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

fn list(items: &[String]) -> Cell {
    Cell::Dynamic(items.iter().map(String::as_str).collect())
}

fn parent(credential: &Credential) -> &str {
    credential.parent.as_ref().map_or("", |parent| &parent.id)
}

fn origin(credential: &Credential) -> &str {
    credential.origin.as_ref().map_or("", |origin| &origin.id)
}

fn last(credential: &Credential, effect: Effect) -> Cell {
    let changes = credential.changes.iter();
    Cell::Time(
        changes
            .filter(|change| change.effect == effect)
            .map(|change| change.at)
            .max(),
    )
}

fn change(change: &Change) -> Value {
    json!({
        "at": keyline_trail::time::format_time(change.at),
        "effect": change.effect.name(),
        "by": change.by,
        "event_id": change.event_id,
        "by_credential": change.by_credential,
    })
}
