//! What kills what, as tables.
//!
//! `CONTROLS` says which events change what credentials can do, and where in the record their object is
//! named. `STOPS` says which kinds each lever stops: to switch off an access key stops none of the sessions that
//! it minted, and a role's sessions live on when the user who assumed it is denied everything.
//! How denies come and go over time is in `build/denials.rs`.

use crate::credential::Kind;
use crate::mint::Part;

use Part::*;
use Target::*;

pub(crate) struct Control {
    pub service: &'static str,
    pub actions: &'static [&'static str],
    pub does: Does,
    pub names: &'static [Named],
}

/// What a changing event does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Does {
    /// Switches a credential on or off, as its `Status` says.
    SetStatus,
    /// Switches it on, or off.
    Activate,
    Deactivate,
    DeleteCredential,
    /// Gives a credential another secret, or sets its device anew; it works on.
    Alter,
    /// Writes a policy into a principal, or takes it out.
    PutPolicy,
    RemovePolicy,
    /// Ties a managed policy to a principal, or unties it.
    AttachPolicy,
    DetachPolicy,
    SetBoundary,
    RemoveBoundary,
    /// Says what a managed policy holds from now on.
    WriteManagedPolicy,
    /// Chooses the version of a managed policy that holds.
    ChooseVersion,
    JoinGroup,
    LeaveGroup,
    DeletePrincipal,
    /// An account or unit of an organisation lies in a unit from now on, or in none.
    JoinUnit,
    LeaveUnit,
    /// A person of Identity Center is kept out of the access portal, or let in again.
    DisablePerson,
    EnablePerson,
    /// A program's session gets no new keys; those that it has live on for a while.
    EndRenewal,
    /// Changes what can be minted from now on, and stops nothing that was minted.
    StopsNothing,
}

/// The object of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Credential,
    Status,
    User,
    Role,
    Group,
    Policy,
    Document,
    Version,
    Default,
    /// The account or unit that a service control policy is attached to.
    Estate,
    /// The unit, or the root, that an account or unit lies in, and the one that it lay in before.
    Unit,
    UnitBefore,
    Person,
    /// What sort of policy of an organisation it is.
    Sort,
}

/// How many targets there are.
pub(crate) const TARGETS: usize = Sort as usize + 1;

pub(crate) type Named = (Target, Part, &'static [&'static str]);

const USER: Named = (User, Request, &["userName"]);
const ROLE: Named = (Role, Request, &["roleName"]);
const GROUP: Named = (Group, Request, &["groupName"]);
const NAME: Named = (Policy, Request, &["policyName"]);
const ARN: Named = (Policy, Request, &["policyArn"]);
const BOUNDARY: Named = (Policy, Request, &["permissionsBoundary"]);
const DOCUMENT: Named = (Document, Request, &["policyDocument"]);
const SERIAL: Named = (Credential, Request, &["serialNumber"]);
const STATUS: Named = (Status, Request, &["status"]);
const KEY: Named = (Credential, Request, &["accessKeyId"]);
const SERVICE_CREDENTIAL: Named = (Credential, Request, &["serviceSpecificCredentialId"]);
const SSH_KEY: Named = (Credential, Request, &["sSHPublicKeyId"]);
const PERSON: Named = (Person, Request, &["userId"]);
const CERTIFICATE: Named = (Credential, Request, &["certificateId"]);

const fn iam(actions: &'static [&'static str], does: Does, names: &'static [Named]) -> Control {
    Control {
        service: "iam",
        actions,
        does,
        names,
    }
}

pub(crate) const CONTROLS: &[Control] = &[
    iam(&["UpdateAccessKey"], Does::SetStatus, &[KEY, STATUS, USER]),
    iam(&["DeleteAccessKey"], Does::DeleteCredential, &[KEY, USER]),
    iam(
        &["UpdateServiceSpecificCredential"],
        Does::SetStatus,
        &[SERVICE_CREDENTIAL, STATUS, USER],
    ),
    iam(
        &["DeleteServiceSpecificCredential"],
        Does::DeleteCredential,
        &[SERVICE_CREDENTIAL, USER],
    ),
    // The credential keeps its id: the old secret is dead, whoever holds the new one goes on.
    iam(
        &["ResetServiceSpecificCredential"],
        Does::Alter,
        &[SERVICE_CREDENTIAL, USER],
    ),
    iam(
        &["UpdateSSHPublicKey"],
        Does::SetStatus,
        &[SSH_KEY, STATUS, USER],
    ),
    iam(
        &["DeleteSSHPublicKey"],
        Does::DeleteCredential,
        &[SSH_KEY, USER],
    ),
    iam(
        &["UpdateSigningCertificate"],
        Does::SetStatus,
        &[CERTIFICATE, STATUS, USER],
    ),
    iam(
        &["DeleteSigningCertificate"],
        Does::DeleteCredential,
        &[CERTIFICATE, USER],
    ),
    iam(&["EnableMFADevice"], Does::Activate, &[SERIAL, USER]),
    iam(&["DeactivateMFADevice"], Does::Deactivate, &[SERIAL, USER]),
    iam(&["ResyncMFADevice"], Does::Alter, &[SERIAL, USER]),
    iam(
        &["DeleteVirtualMFADevice"],
        Does::DeleteCredential,
        &[SERIAL],
    ),
    // A password is named by its user.
    iam(&["DeleteLoginProfile"], Does::DeleteCredential, &[USER]),
    iam(&["PutUserPolicy"], Does::PutPolicy, &[USER, NAME, DOCUMENT]),
    iam(&["PutRolePolicy"], Does::PutPolicy, &[ROLE, NAME, DOCUMENT]),
    iam(
        &["PutGroupPolicy"],
        Does::PutPolicy,
        &[GROUP, NAME, DOCUMENT],
    ),
    iam(&["DeleteUserPolicy"], Does::RemovePolicy, &[USER, NAME]),
    iam(&["DeleteRolePolicy"], Does::RemovePolicy, &[ROLE, NAME]),
    iam(&["DeleteGroupPolicy"], Does::RemovePolicy, &[GROUP, NAME]),
    iam(&["AttachUserPolicy"], Does::AttachPolicy, &[USER, ARN]),
    iam(&["AttachRolePolicy"], Does::AttachPolicy, &[ROLE, ARN]),
    iam(&["AttachGroupPolicy"], Does::AttachPolicy, &[GROUP, ARN]),
    iam(&["DetachUserPolicy"], Does::DetachPolicy, &[USER, ARN]),
    iam(&["DetachRolePolicy"], Does::DetachPolicy, &[ROLE, ARN]),
    iam(&["DetachGroupPolicy"], Does::DetachPolicy, &[GROUP, ARN]),
    iam(
        &["PutUserPermissionsBoundary"],
        Does::SetBoundary,
        &[USER, BOUNDARY],
    ),
    iam(
        &["PutRolePermissionsBoundary"],
        Does::SetBoundary,
        &[ROLE, BOUNDARY],
    ),
    iam(
        &["DeleteUserPermissionsBoundary"],
        Does::RemoveBoundary,
        &[USER],
    ),
    iam(
        &["DeleteRolePermissionsBoundary"],
        Does::RemoveBoundary,
        &[ROLE],
    ),
    iam(
        &["CreatePolicy"],
        Does::WriteManagedPolicy,
        &[(Policy, Response, &["policy", "arn"]), DOCUMENT],
    ),
    iam(
        &["CreatePolicyVersion"],
        Does::WriteManagedPolicy,
        &[
            ARN,
            DOCUMENT,
            (Version, Response, &["policyVersion", "versionId"]),
            (Default, Request, &["setAsDefault"]),
        ],
    ),
    iam(
        &["SetDefaultPolicyVersion"],
        Does::ChooseVersion,
        &[ARN, (Version, Request, &["versionId"])],
    ),
    iam(&["AddUserToGroup"], Does::JoinGroup, &[USER, GROUP]),
    iam(&["RemoveUserFromGroup"], Does::LeaveGroup, &[USER, GROUP]),
    iam(&["DeleteUser"], Does::DeletePrincipal, &[USER]),
    iam(&["DeleteRole"], Does::DeletePrincipal, &[ROLE]),
    // Service control policies, on accounts and on units whose accounts the data tells.
    Control {
        service: "organizations",
        actions: &["CreatePolicy", "UpdatePolicy"],
        does: Does::WriteManagedPolicy,
        names: &[
            (Policy, Response, &["policy", "policySummary", "id"]),
            (Policy, Request, &["policyId"]),
            (Document, Request, &["content"]),
            (Sort, Request, &["type"]),
            (Sort, Response, &["policy", "policySummary", "type"]),
        ],
    },
    Control {
        service: "organizations",
        actions: &["AttachPolicy"],
        does: Does::AttachPolicy,
        names: &[
            (Estate, Request, &["targetId"]),
            (Policy, Request, &["policyId"]),
        ],
    },
    Control {
        service: "organizations",
        actions: &["DetachPolicy"],
        does: Does::DetachPolicy,
        names: &[
            (Estate, Request, &["targetId"]),
            (Policy, Request, &["policyId"]),
        ],
    },
    Control {
        service: "organizations",
        actions: &["MoveAccount"],
        does: Does::JoinUnit,
        names: &[
            (Estate, Request, &["accountId"]),
            (Unit, Request, &["destinationParentId"]),
            (UnitBefore, Request, &["sourceParentId"]),
        ],
    },
    Control {
        service: "organizations",
        actions: &["CreateOrganizationalUnit"],
        does: Does::JoinUnit,
        names: &[
            (Estate, Response, &["organizationalUnit", "id"]),
            (Unit, Request, &["parentId"]),
        ],
    },
    Control {
        service: "organizations",
        actions: &["RemoveAccountFromOrganization"],
        does: Does::LeaveUnit,
        names: &[(Estate, Request, &["accountId"])],
    },
    // Who is kept out of the access portal keeps the role sessions that it handed out.
    Control {
        service: "sso-directory",
        actions: &["DisableUser"],
        does: Does::DisablePerson,
        names: &[PERSON],
    },
    Control {
        service: "sso-directory",
        actions: &["EnableUser"],
        does: Does::EnablePerson,
        names: &[PERSON],
    },
    Control {
        service: "sso-directory",
        actions: &["DeleteUser"],
        does: Does::DeletePrincipal,
        names: &[PERSON],
    },
    Control {
        service: "identitystore",
        actions: &["DeleteUser"],
        does: Does::DeletePrincipal,
        names: &[PERSON],
    },
    // The token itself is never logged; the session is named where the sign-in service says it.
    Control {
        service: "signin",
        actions: &["RevokeOAuth2TokenWithIAM"],
        does: Does::EndRenewal,
        names: &[
            (Credential, Additional, &["signInSessionArn"]),
            (Credential, Request, &["signInSessionArn"]),
        ],
    },
    // These close a door that credentials came through; those that are out live on to their end.
    iam(
        &[
            "UpdateAssumeRolePolicy",
            "RemoveRoleFromInstanceProfile",
            "DeleteInstanceProfile",
            "DeleteSAMLProvider",
            "DeleteOpenIDConnectProvider",
        ],
        Does::StopsNothing,
        &[ROLE],
    ),
    Control {
        service: "ec2",
        actions: &[
            "DisassociateIamInstanceProfile",
            "ReplaceIamInstanceProfileAssociation",
        ],
        does: Does::StopsNothing,
        names: &[],
    },
    Control {
        service: "rolesanywhere",
        actions: &["DisableProfile", "DisableTrustAnchor", "ImportCrl"],
        does: Does::StopsNothing,
        names: &[],
    },
];

/// What is done to a user or a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lever {
    /// Everything is denied to a user or a role.
    DenyAll,
    /// Everything is denied to sessions issued before an instant; a long-term key is no session.
    DenyIssuedBefore,
    /// The user or the role is deleted.
    DeletePrincipal,
}

/// Whose power a credential has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Power {
    OfUser,
    OfRole,
}

/// Whether a lever stops a kind of credential that has the power of whom the lever is on. Who plans what to
/// do has a table of its own, of controls and not of events; where they speak of the same they agree, and a
/// test of that crate holds them against each other.
pub fn stops(lever: Lever, power: Power, kind: Kind) -> bool {
    match power {
        Power::OfRole => STOPS_OF_ROLE.contains(&kind),
        Power::OfUser => STOPS_OF_USER
            .iter()
            .any(|(of, kinds)| *of == lever && kinds.contains(&kind)),
    }
}

/// The same where the lever is a policy of the organisation on the account: it binds whoever has a user's or a
/// role's power there, and the account's root, whose sessions no policy in the account reaches.
pub(crate) fn stops_in_account(lever: Lever, kind: Kind) -> bool {
    kind == Kind::RootSession
        || [Power::OfUser, Power::OfRole]
            .iter()
            .any(|power| stops(lever, *power, kind))
}

/// Which kinds a lever stops among the credentials that have a user's power. A role session that the user
/// assumed has the role's power, so it is not among them.
const STOPS_OF_USER: &[(Lever, &[Kind])] = &[
    (
        Lever::DenyAll,
        &[
            Kind::AccessKey,
            Kind::SessionToken,
            Kind::FederationToken,
            Kind::ConsoleSession,
            Kind::OauthSession,
            Kind::UnknownTemporary,
            // What is signed with these has the user's permissions and no others.
            Kind::ServiceCredential,
            Kind::SshKey,
        ],
    ),
    (
        Lever::DenyIssuedBefore,
        &[
            Kind::SessionToken,
            Kind::FederationToken,
            Kind::ConsoleSession,
            Kind::OauthSession,
            Kind::UnknownTemporary,
        ],
    ),
    (
        Lever::DeletePrincipal,
        &[
            Kind::AccessKey,
            Kind::SessionToken,
            Kind::FederationToken,
            Kind::ConsoleSession,
            Kind::OauthSession,
            Kind::UnknownTemporary,
            Kind::Password,
            Kind::ServiceCredential,
            Kind::SshKey,
            Kind::Certificate,
        ],
    ),
];

/// The same for credentials that have a role's power.
const STOPS_OF_ROLE: &[Kind] = &[
    Kind::RoleSession,
    Kind::ServiceSession,
    Kind::ConsoleSession,
    Kind::OauthSession,
    Kind::UnknownTemporary,
];

/// Managed policies of AWS that deny everything.
pub(crate) const DENY_ALL_POLICIES: &[&str] = &["AWSDenyAll"];
