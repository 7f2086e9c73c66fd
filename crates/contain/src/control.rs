//! What stops what: AWS's rules about denials, switched-off keys and the sessions that outlive them, as one
//! table.
//!
//! In: a control laid on a user, a role or an account, and a credential. Out: whether the credential can
//! still act. Everything that a plan promises follows from [`TABLE`]. Not here: whether a credential works
//! by itself at an instant, which lineage says.

use keyline_lineage::{Credential, Kind};

pub use crate::owner::Owner;

/// Something that can be laid on a principal or a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Control {
    /// An access key is set inactive or deleted.
    KeyInactive,
    /// A service credential, an SSH key or a signing certificate is set inactive.
    OtherInactive,
    /// A user's password is deleted.
    PasswordDeleted,
    /// Everything is denied to a user.
    UserDenyAll,
    /// Everything is denied to sessions of a user that were issued before an instant.
    UserDenyOlder,
    /// Everything is denied to one federated user of a user.
    UserDenyFederated,
    /// Everything is denied to a role.
    RoleDenyAll,
    /// Everything is denied to sessions of a role that were issued before an instant.
    RoleDenyOlder,
    /// Everything is denied to sessions of a role by their name, those to come included.
    RoleDenySession,
    /// Everything is denied to one person in sessions of a permission set.
    PermissionSetDeny,
    /// A service control policy denies everything to a user, also where the user could take a denial away. Its
    /// federated users are principals of their own there.
    OrgDenyUser,
    /// A service control policy denies everything to federated users by their name.
    OrgDenyFederated,
    /// A service control policy denies everything to a role's sessions issued before an instant.
    OrgDenyRole,
    /// A service control policy denies everything to the root of a member account, privileged tasks of the
    /// organisation apart.
    OrgDenyRoot,
    /// A service control policy denies everything to privileged tasks in a root's name that were begun before an
    /// instant.
    OrgDenyAssumedRoot,
    /// A person is disabled in Identity Center and the sessions of the portal are ended.
    PersonDisabled,
    /// Who may assume a role is changed: new sessions are blocked, those that exist live on.
    TrustChanged,
}

/// What a control can meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A long-term access key of a user.
    Key,
    /// A service credential, an SSH key or a signing certificate of a user.
    OtherLongTerm,
    Password,
    /// Temporary credentials of a user: `GetSessionToken`, calls that a service makes in its name.
    UserSession,
    FederatedSession,
    UserConsole,
    /// A session of a role, by whatever way it was made; calls that a service makes in its name.
    RoleSession,
    RoleConsole,
    /// A session of a role that Identity Center made.
    PersonRoleSession,
    /// A session of the access portal: it can fetch further role sessions.
    Portal,
    RootKey,
    RootSession,
    /// A session of `sts:AssumeRoot`: a privileged task that the organisation takes in a root's name.
    AssumedRoot,
    /// It has an owner that no control reaches.
    Other,
}

/// What a control does to a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The subject can do nothing any more (but ask who it is).
    Stops,
    /// The same, where it was issued before the instant of the control.
    StopsOlder,
    Leaves,
}

use Control::*;
use Effect::{Leaves, Stops, StopsOlder};

/// The order of the columns of [`TABLE`].
pub const COLUMNS: [Subject; 14] = [
    Subject::Key,
    Subject::OtherLongTerm,
    Subject::Password,
    Subject::UserSession,
    Subject::FederatedSession,
    Subject::UserConsole,
    Subject::RoleSession,
    Subject::RoleConsole,
    Subject::PersonRoleSession,
    Subject::Portal,
    Subject::RootKey,
    Subject::RootSession,
    Subject::AssumedRoot,
    Subject::Other,
];

/// What each control does to what it is laid on. A role's session that a user made stands under the role
/// alone: whatever is done to the user leaves it alive, and that is why plans walk down.
#[rustfmt::skip]
pub const TABLE: [(Control, [Effect; 14]); 17] = [
    //                   key         other    password  session     federated   console     role        r.console   person      portal  rootkey root    assumed other
    (KeyInactive,        [Stops,      Leaves,  Leaves,  Leaves,     Leaves,     Leaves,     Leaves,     Leaves,     Leaves,     Leaves, Stops,  Leaves, Leaves,  Leaves]),
    (OtherInactive,      [Leaves,     Stops,   Leaves,  Leaves,     Leaves,     Leaves,     Leaves,     Leaves,     Leaves,     Leaves, Leaves, Leaves, Leaves,  Leaves]),
    (PasswordDeleted,    [Leaves,     Leaves,  Stops,   Leaves,     Leaves,     Leaves,     Leaves,     Leaves,     Leaves,     Leaves, Leaves, Leaves, Leaves,  Leaves]),
    (UserDenyAll,        [Stops,      Stops,   Stops,   Stops,      Stops,      Stops,      Leaves,     Leaves,     Leaves,     Leaves, Leaves, Leaves, Leaves,  Leaves]),
    (UserDenyOlder,      [Leaves,     Leaves,  Leaves,  StopsOlder, StopsOlder, StopsOlder, Leaves,     Leaves,     Leaves,     Leaves, Leaves, Leaves, Leaves,  Leaves]),
    (UserDenyFederated,  [Leaves,     Leaves,  Leaves,  Leaves,     Stops,      Leaves,     Leaves,     Leaves,     Leaves,     Leaves, Leaves, Leaves, Leaves,  Leaves]),
    (RoleDenyAll,        [Leaves,     Leaves,  Leaves,  Leaves,     Leaves,     Leaves,     Stops,      Stops,      Leaves,     Leaves, Leaves, Leaves, Leaves,  Leaves]),
    (RoleDenyOlder,      [Leaves,     Leaves,  Leaves,  Leaves,     Leaves,     Leaves,     StopsOlder, StopsOlder, Leaves,     Leaves, Leaves, Leaves, Leaves,  Leaves]),
    (RoleDenySession,    [Leaves,     Leaves,  Leaves,  Leaves,     Leaves,     Leaves,     Stops,      Stops,      Leaves,     Leaves, Leaves, Leaves, Leaves,  Leaves]),
    (PermissionSetDeny,  [Leaves,     Leaves,  Leaves,  Leaves,     Leaves,     Leaves,     Leaves,     Leaves,     StopsOlder, Leaves, Leaves, Leaves, Leaves,  Leaves]),
    (OrgDenyUser,        [Stops,      Stops,   Stops,   Stops,      Leaves,     Stops,      Leaves,     Leaves,     Leaves,     Leaves, Leaves, Leaves, Leaves,  Leaves]),
    (OrgDenyFederated,   [Leaves,     Leaves,  Leaves,  Leaves,     Stops,      Leaves,     Leaves,     Leaves,     Leaves,     Leaves, Leaves, Leaves, Leaves,  Leaves]),
    (OrgDenyRole,        [Leaves,     Leaves,  Leaves,  Leaves,     Leaves,     Leaves,     StopsOlder, StopsOlder, StopsOlder, Leaves, Leaves, Leaves, Leaves,  Leaves]),
    (OrgDenyRoot,        [Leaves,     Leaves,  Leaves,  Leaves,     Leaves,     Leaves,     Leaves,     Leaves,     Leaves,     Leaves, Stops,  Stops,  Leaves,  Leaves]),
    (OrgDenyAssumedRoot, [Leaves,     Leaves,  Leaves,  Leaves,     Leaves,     Leaves,     Leaves,     Leaves,     Leaves,     Leaves, Leaves, Leaves, StopsOlder,Leaves]),
    (PersonDisabled,     [Leaves,     Leaves,  Leaves,  Leaves,     Leaves,     Leaves,     Leaves,     Leaves,     Leaves,     Stops,  Leaves, Leaves, Leaves,  Leaves]),
    (TrustChanged,       [Leaves,     Leaves,  Leaves,  Leaves,     Leaves,     Leaves,     Leaves,     Leaves,     Leaves,     Leaves, Leaves, Leaves, Leaves,  Leaves]),
];

/// A control, and on what it is laid.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Measure {
    pub control: Control,
    pub on: Owner,
    /// What of the owner it is narrowed to.
    pub only: Only,
}

/// Which of an owner's credentials a control is narrowed to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Only {
    All,
    AccessKey(String),
    /// One credential, by its id in the lineage.
    Credential(String),
    /// Full principal ids, as `aws:userid` gives them.
    UserIds(Vec<String>),
    /// Names of sessions, whatever the role's id.
    SessionNames(Vec<String>),
}

impl Measure {
    /// Whether a credential of this owner can no longer act once the control is in force. The instant of
    /// the control lies after every credential that a plan knows, so that what is older is all of them.
    pub fn stops(&self, credential: &Credential, owner: &Owner) -> bool {
        self.on == *owner
            && effect(self.control, subject(credential, owner)) != Leaves
            && self.only.holds(credential)
    }
}

impl Only {
    fn holds(&self, credential: &Credential) -> bool {
        match self {
            Only::All => true,
            Only::AccessKey(id) => credential.access_key_ids.contains(id),
            Only::Credential(id) => credential.id == *id,
            // Of a session that was never used no record gives the id: its role and its name are the same.
            Only::UserIds(ids) if credential.principal_id.is_empty() => {
                let name = &credential.session_name;
                let mut names = ids.iter().filter_map(|id| id.split_once(':'));
                !name.is_empty() && names.any(|(_, of)| of == name)
            }
            Only::UserIds(ids) => ids.contains(&credential.principal_id),
            Only::SessionNames(names) => names.contains(&credential.session_name),
        }
    }
}

/// One cell of the table.
pub fn effect(control: Control, subject: Subject) -> Effect {
    let row = TABLE.iter().find(|row| row.0 == control);
    let column = COLUMNS.iter().position(|known| *known == subject);
    match (row, column) {
        (Some(row), Some(column)) => row.1[column],
        _ => Leaves,
    }
}

/// Which column a credential stands in.
pub fn subject(credential: &Credential, owner: &Owner) -> Subject {
    match (owner, credential.kind) {
        (Owner::Root { .. }, Kind::AccessKey) => Subject::RootKey,
        (Owner::Root { .. }, _) if is_assumed_root(credential) => Subject::AssumedRoot,
        (Owner::Root { .. }, _) => Subject::RootSession,
        // A console of a federated user is the federated user, whoever federated it.
        (Owner::User { .. }, _) if is_federated(credential) => Subject::FederatedSession,
        (Owner::User { .. }, kind) => match kind {
            Kind::AccessKey => Subject::Key,
            Kind::ServiceCredential | Kind::SshKey | Kind::Certificate => Subject::OtherLongTerm,
            Kind::Password | Kind::MfaDevice => Subject::Password,
            Kind::ConsoleSession | Kind::OauthSession => Subject::UserConsole,
            _ => Subject::UserSession,
        },
        (Owner::Role { name, .. }, _) if name.starts_with("AWSReservedSSO_") => {
            Subject::PersonRoleSession
        }
        (Owner::Role { .. }, Kind::ConsoleSession | Kind::OauthSession) => Subject::RoleConsole,
        (Owner::Role { .. }, _) => Subject::RoleSession,
        (Owner::Person { .. }, _) => Subject::Portal,
        (Owner::Outside | Owner::Unknown, _) => Subject::Other,
    }
}

/// Whether a session of a user is one of `GetFederationToken`, or came of one.
pub fn is_federated(credential: &Credential) -> bool {
    credential.kind == Kind::FederationToken
        || credential.principal_arn.contains(":federated-user/")
}

/// Whether a session of a root is a privileged task of the organisation.
pub fn is_assumed_root(credential: &Credential) -> bool {
    credential.issuing_api == "sts:AssumeRoot"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_control_has_its_row() {
        // A control without a row would stop nothing and nobody would notice.
        for control in [
            KeyInactive,
            OtherInactive,
            PasswordDeleted,
            UserDenyAll,
            UserDenyOlder,
            UserDenyFederated,
            RoleDenyAll,
            RoleDenyOlder,
            RoleDenySession,
            PermissionSetDeny,
            OrgDenyUser,
            OrgDenyFederated,
            OrgDenyRole,
            OrgDenyRoot,
            OrgDenyAssumedRoot,
            PersonDisabled,
            TrustChanged,
        ] {
            assert_eq!(TABLE.iter().filter(|row| row.0 == control).count(), 1);
        }
    }

    #[test]
    fn children_survive_what_is_done_to_the_parent() {
        for control in [KeyInactive, UserDenyAll, UserDenyOlder, OrgDenyUser] {
            assert_eq!(effect(control, Subject::RoleSession), Leaves, "{control:?}");
        }
        assert_eq!(effect(KeyInactive, Subject::UserSession), Leaves);
        assert_eq!(effect(UserDenyOlder, Subject::Key), Leaves);
        assert_eq!(effect(TrustChanged, Subject::RoleSession), Leaves);
    }
}
