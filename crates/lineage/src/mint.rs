//! Which events mint which credential, as a table.
//!
//! A row says of an API, and of who calls it: what sort of credential comes out, who its parent is, and where
//! in the record the new key, its end, its principal and so on are found. Reading a record by its row is
//! in `deed.rs`; what the credential is then linked to, in `build`. Services are named without their DNS suffix,
//! so that the table holds for every partition.

use crate::credential::Kind;

use Field::*;
use Part::*;

/// A row of the table.
pub(crate) struct Mint {
    pub service: &'static str,
    pub actions: &'static [&'static str],
    /// The types of `userIdentity` that the row is for; empty for all. The first row that fits is taken.
    pub by: &'static [&'static str],
    pub makes: Kind,
    pub from: From,
    pub gives: &'static [Gives],
    /// A place that must hold this text, for events that report their failure there.
    pub only_if: Option<(Part, &'static [&'static str], &'static str)>,
}

/// Who the parent of a minted credential is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum From {
    /// The credential that signed the call.
    Caller,
    /// The same, and the new credential has the caller's own principal.
    CallerItself,
    /// The caller's password.
    Password,
    /// A principal of another account, of which nothing but its id is known.
    Account,
    /// A service, and the workload that the session's name stands for.
    Service,
    /// A subject of an identity provider.
    Subject,
    /// A person of Identity Center.
    Person,
    /// A certificate.
    Certificate,
    /// The session that is carried into the console.
    Console,
    /// A console session whose principal the event names.
    Switched,
    /// Mints nothing by itself: the session of the access portal that another event's minting comes from.
    Portal,
    /// The node of a cluster that asks for a pod's session. Where the answer names no key, the session is what a
    /// service mints in another event.
    Node,
    /// Mints nothing by itself: a session asks for the URL with which it will sign in.
    SignInUrl,
}

/// A column of JSON text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Request,
    Response,
    Additional,
    Details,
}

/// What is taken from a minting event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Key,
    Expires,
    /// Seconds that were asked for, or given where no end is.
    Seconds,
    /// The full principal id of the new session.
    Principal,
    Arn,
    Role,
    SessionName,
    User,
    Account,
    Subject,
    Provider,
    SourceIdentity,
    Serial,
    /// The id of a bearer token or sign-in session.
    Bearer,
    Label,
}

/// How many fields are kept as text: all but `Expires` and `Seconds`.
pub(crate) const FIELDS: usize = Label as usize + 1;

/// A field and where to look for it; of several places for a field the first with text counts.
pub(crate) type Given = (Field, Part, &'static [&'static str]);

/// Fields that events give in the same places; a row names the lists that fit it.
type Gives = &'static [Given];

const ISSUED: Gives = &[
    (Key, Response, &["credentials", "accessKeyId"]),
    (Expires, Response, &["credentials", "expiration"]),
    (Seconds, Request, &["durationSeconds"]),
];

const DEVICE: Gives = &[(Serial, Request, &["serialNumber"])];

const ASSUMED: Gives = &[
    (Principal, Response, &["assumedRoleUser", "assumedRoleId"]),
    (Arn, Response, &["assumedRoleUser", "arn"]),
    (Role, Request, &["roleArn"]),
    (SessionName, Request, &["roleSessionName"]),
    (SourceIdentity, Response, &["sourceIdentity"]),
    (SourceIdentity, Request, &["sourceIdentity"]),
];

/// Where an identity provider vouches for the caller.
const VOUCHED: Gives = &[
    (Subject, Response, &["subject"]),
    (Subject, Response, &["subjectFromWebIdentityToken"]),
    (Provider, Request, &["principalArn"]),
    (Provider, Response, &["provider"]),
];

const FEDERATED: Gives = &[
    (Principal, Response, &["federatedUser", "federatedUserId"]),
    (Arn, Response, &["federatedUser", "arn"]),
    (SessionName, Request, &["name"]),
];

const ROOT: Gives = &[
    (Account, Request, &["targetPrincipal"]),
    (Label, Request, &["taskPolicyArn", "arn"]),
    (SourceIdentity, Response, &["sourceIdentity"]),
];

const LOGIN: Gives = &[
    (Serial, Additional, &["MFAIdentifier"]),
    (Label, Additional, &["MFAUsed"]),
    (Seconds, Request, &["SessionDuration"]),
];

const PROGRAM: Gives = &[
    (Bearer, Additional, &["signInSessionArn"]),
    (Label, Request, &["client_id"]),
];

const TOKEN: Gives = &[
    (Bearer, Additional, &["identitycenter:CredentialId"]),
    (Bearer, Additional, &["credentialId"]),
    (Seconds, Response, &["expiresIn"]),
];

const PORTAL: Gives = &[
    (Role, Details, &["role_name"]),
    (Role, Request, &["roleName"]),
    (Role, Request, &["role_name"]),
    (Account, Details, &["account_id"]),
    (Account, Request, &["accountId"]),
    (Account, Request, &["account_id"]),
];

const ANYWHERE: Gives = &[
    (
        Key,
        Response,
        &["credentialSet", "[0]", "credentials", "accessKeyId"],
    ),
    (
        Expires,
        Response,
        &["credentialSet", "[0]", "credentials", "expiration"],
    ),
    (
        Principal,
        Response,
        &["credentialSet", "[0]", "assumedRoleUser", "assumedRoleId"],
    ),
    (
        Arn,
        Response,
        &["credentialSet", "[0]", "assumedRoleUser", "arn"],
    ),
    (
        SourceIdentity,
        Response,
        &["credentialSet", "[0]", "sourceIdentity"],
    ),
    (Role, Response, &["credentialSet", "[0]", "roleArn"]),
    (Role, Request, &["roleArn"]),
    (Subject, Response, &["subjectArn"]),
    (Seconds, Request, &["durationSeconds"]),
    (Provider, Request, &["trustAnchorArn"]),
];

const IDENTITY: Gives = &[
    (Subject, Request, &["identityId"]),
    (Subject, Response, &["identityId"]),
];

const USER: Gives = &[(User, Request, &["userName"])];

const ACCESS_KEY: Gives = &[
    (Key, Response, &["accessKey", "accessKeyId"]),
    (User, Response, &["accessKey", "userName"]),
];

const PASSWORD: Gives = &[(User, Response, &["loginProfile", "userName"])];

const SERVICE_CREDENTIAL: Gives = &[
    (
        Key,
        Response,
        &["serviceSpecificCredential", "serviceSpecificCredentialId"],
    ),
    (
        Expires,
        Response,
        &["serviceSpecificCredential", "expirationDate"],
    ),
    (User, Response, &["serviceSpecificCredential", "userName"]),
    (
        Label,
        Response,
        &["serviceSpecificCredential", "serviceName"],
    ),
    (Label, Request, &["serviceName"]),
];

const SSH_KEY: Gives = &[
    (Key, Response, &["sSHPublicKey", "sSHPublicKeyId"]),
    (User, Response, &["sSHPublicKey", "userName"]),
];

const CERTIFICATE: Gives = &[
    (Key, Response, &["certificate", "certificateId"]),
    (User, Response, &["certificate", "userName"]),
];

/// Credentials that a service hands out for data of its own.
const VENDED: Gives = &[
    (Key, Response, &["accessKeyId"]),
    (Expires, Response, &["expiration"]),
    (Principal, Response, &["assumedRoleUser", "assumedRoleId"]),
    (Arn, Response, &["assumedRoleUser", "arn"]),
    (Role, Request, &["roleArn"]),
];

const CLUSTER: Gives = &[(Label, Request, &["clusterName"])];

const UPLOAD: Gives = &[(Key, Response, &["uploadCredentials", "accessKeyId"])];

const ARTIFACTS: Gives = &[
    (
        Key,
        Response,
        &["jobDetails", "data", "artifactCredentials", "accessKeyId"],
    ),
    (
        Key,
        Response,
        &["jobs", "[0]", "data", "artifactCredentials", "accessKeyId"],
    ),
];

/// What an event makes, of whom, and where its record says so; `by` and `only_if` narrow it.
const fn mint(
    service: &'static str,
    actions: &'static [&'static str],
    makes: Kind,
    from: From,
    gives: &'static [Gives],
) -> Mint {
    Mint {
        service,
        actions,
        by: &[],
        makes,
        from,
        gives,
        only_if: None,
    }
}

impl Mint {
    const fn by(self, by: &'static [&'static str]) -> Mint {
        Mint { by, ..self }
    }

    const fn only_if(self, part: Part, path: &'static [&'static str], text: &'static str) -> Mint {
        Mint {
            only_if: Some((part, path, text)),
            ..self
        }
    }
}

/// Every row. `GetWebIdentityToken` has none: its token opens nothing in AWS.
#[rustfmt::skip]
pub(crate) const MINTS: &[Mint] = &[
    mint("sts", &["GetSessionToken"], Kind::SessionToken, From::CallerItself, &[ISSUED, DEVICE]),
    mint("sts", &["GetFederationToken"], Kind::FederationToken, From::Caller, &[ISSUED, FEDERATED]),
    mint("sts", &["AssumeRole"], Kind::ServiceSession, From::Service, &[ISSUED, ASSUMED, DEVICE])
        .by(&["AWSService"]),
    mint("sts", &["AssumeRole"], Kind::RoleSession, From::Account, &[ISSUED, ASSUMED, DEVICE])
        .by(&["AWSAccount"]),
    mint("sts", &["AssumeRole"], Kind::RoleSession, From::Caller, &[ISSUED, ASSUMED, DEVICE]),
    mint(
        "sts", &["AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"],
        Kind::RoleSession, From::Subject, &[ISSUED, ASSUMED, DEVICE, VOUCHED],
    ),
    mint("sts", &["AssumeRoot"], Kind::RootSession, From::Caller, &[ISSUED, ROOT]),
    mint(
        "sts", &["GetDelegatedAccessToken"],
        Kind::UnknownTemporary, From::Caller, &[ISSUED, &[(Arn, Response, &["assumedPrincipal"])]],
    ),

    // Signing in to the console. Its keys are never logged: what comes after is known by its principal and
    // the second of its creation.
    mint("signin", &["ConsoleLogin"], Kind::ConsoleSession, From::Password, &[LOGIN])
        .by(&["IAMUser", "Root"])
        .only_if(Response, &["ConsoleLogin"], "Success"),
    mint("signin", &["ConsoleLogin"], Kind::ConsoleSession, From::Console, &[LOGIN])
        .only_if(Response, &["ConsoleLogin"], "Success"),
    mint(
        "signin", &["GetSigninToken"], Kind::ConsoleSession, From::SignInUrl,
        &[&[
            (Key, Response, &["credentials", "accessKeyId"]),
            (Seconds, Request, &["SessionDuration"]),
        ]],
    ),
    mint(
        "signin", &["SwitchRole"], Kind::RoleSession, From::Switched,
        &[&[(Arn, Additional, &["SwitchFrom"])]],
    )
    .only_if(Response, &["SwitchRole"], "Success"),
    mint(
        "signin", &["RenewRole"], Kind::RoleSession, From::Switched,
        &[&[(Arn, Additional, &["SwitchFrom"])]],
    )
    .only_if(Response, &["RenewRole"], "Success"),
    mint(
        "signin", &["CreateOAuth2Token", "CreateOAuth2TokenWithIAM"],
        Kind::OauthSession, From::Caller, &[PROGRAM],
    )
    .only_if(Additional, &["success"], "true"),

    // Identity Center: the session of the access portal, and what is handed out in it.
    mint(
        "sso", &["CreateToken", "CreateTokenWithIAM", "Authenticate"],
        Kind::IdentityCenterSession, From::Person, &[TOKEN],
    ),
    mint(
        "sso-oauth", &["CreateToken", "CreateTokenWithIAM"],
        Kind::IdentityCenterSession, From::Person, &[TOKEN],
    ),
    mint("sso", &["GetRoleCredentials", "Federate"], Kind::RoleSession, From::Portal, &[PORTAL]),

    mint("rolesanywhere", &["CreateSession"], Kind::RoleSession, From::Certificate, &[ANYWHERE]),
    mint(
        "cognito-identity", &["GetCredentialsForIdentity"],
        Kind::RoleSession, From::Subject, &[ISSUED, IDENTITY],
    ),

    // What does not expire.
    mint("iam", &["CreateAccessKey"], Kind::AccessKey, From::Caller, &[ACCESS_KEY, USER]),
    mint(
        "iam", &["CreateLoginProfile", "UpdateLoginProfile", "ChangePassword"],
        Kind::Password, From::Caller, &[PASSWORD, USER],
    ),
    mint(
        "iam", &["CreateServiceSpecificCredential"],
        Kind::ServiceCredential, From::Caller, &[SERVICE_CREDENTIAL, USER],
    ),
    mint("iam", &["UploadSSHPublicKey"], Kind::SshKey, From::Caller, &[SSH_KEY, USER]),
    mint("iam", &["UploadSigningCertificate"], Kind::Certificate, From::Caller, &[CERTIFICATE, USER]),
    mint(
        "iam", &["CreateVirtualMFADevice"], Kind::MfaDevice, From::Caller,
        &[&[(Serial, Response, &["virtualMFADevice", "serialNumber"])]],
    ),
    mint("iam", &["EnableMFADevice"], Kind::MfaDevice, From::Caller, &[DEVICE, USER]),

    // Credentials of other services for data of theirs. Most answers are left out of the log; a row makes a
    // credential only where the answer names a key.
    mint(
        "s3", &["CreateSession", "GetDataAccess"],
        Kind::UnknownTemporary, From::Caller, &[ISSUED, VENDED],
    ),
    mint(
        "lakeformation",
        &[
            "AssumeDecoratedRoleWithSAML",
            "GetTemporaryDataLocationCredentials",
            "GetTemporaryGluePartitionCredentials",
            "GetTemporaryGlueTableCredentials",
        ],
        Kind::RoleSession, From::Caller, &[ISSUED, VENDED],
    ),
    mint(
        "datazone", &["GetConnection", "GetEnvironmentCredentials"],
        Kind::RoleSession, From::Caller, &[ISSUED, VENDED],
    ),
    mint(
        "deadline",
        &[
            "AssumeFleetRoleForRead",
            "AssumeFleetRoleForWorker",
            "AssumeQueueRoleForRead",
            "AssumeQueueRoleForUser",
            "AssumeQueueRoleForWorker",
        ],
        Kind::RoleSession, From::Caller, &[ISSUED, VENDED],
    ),
    mint(
        "gamelift", &["GetComputeAccess", "RequestUploadCredentials", "CreateBuild"],
        Kind::UnknownTemporary, From::Caller, &[ISSUED, UPLOAD],
    ),
    mint(
        "finspace", &["GetProgrammaticAccessCredentials", "GetExternalDataViewAccessDetails"],
        Kind::UnknownTemporary, From::Caller, &[ISSUED],
    ),
    mint(
        "codepipeline", &["GetJobDetails", "GetThirdPartyJobDetails", "PollForJobs"],
        Kind::UnknownTemporary, From::Caller, &[ARTIFACTS],
    ),
    mint(
        "ssm", &["GetAccessToken", "RequestManagedInstanceRoleToken"],
        Kind::UnknownTemporary, From::Caller, &[ISSUED, VENDED],
    ),
    mint("eks-auth", &["AssumeRoleForPodIdentity"], Kind::RoleSession, From::Node, &[ISSUED, VENDED, CLUSTER]),
];

/// What the name of a service's session stands for.
pub(crate) struct Workload {
    pub service: &'static str,
    pub kind: &'static str,
    /// How the session's name begins; empty for any.
    pub begins: &'static str,
    /// Names that begin so say nothing of the workload.
    pub unless: &'static str,
}

pub(crate) const WORKLOADS: &[Workload] = &[
    Workload {
        service: "ec2",
        kind: "ec2-instance",
        begins: "i-",
        unless: "",
    },
    Workload {
        service: "lambda",
        kind: "lambda-function",
        begins: "",
        unless: "awslambda_",
    },
    Workload {
        service: "ecs-tasks",
        kind: "ecs-task",
        begins: "",
        unless: "",
    },
    Workload {
        service: "pods.eks",
        kind: "eks-pod",
        begins: "",
        unless: "",
    },
    Workload {
        service: "ssm",
        kind: "managed-instance",
        begins: "mi-",
        unless: "",
    },
    Workload {
        service: "codebuild",
        kind: "codebuild-build",
        begins: "",
        unless: "",
    },
    Workload {
        service: "sagemaker",
        kind: "sagemaker-job",
        begins: "",
        unless: "",
    },
    Workload {
        service: "glue",
        kind: "glue-job",
        begins: "",
        unless: "",
    },
];

/// What `userIdentity.inScopeOf` calls the workloads that it names, and the service that mints for them.
pub(crate) const SCOPES: &[(&str, &str, &str)] = &[
    ("AWS::EC2::Instance", "ec2-instance", "ec2"),
    ("AWS::Lambda::Function", "lambda-function", "lambda"),
    ("AWS::ECS::Task", "ecs-task", "ecs-tasks"),
    ("AWS::ECS::TaskDefinition", "ecs-task", "ecs-tasks"),
    ("AWS::EKS::Pod", "eks-pod", "pods.eks"),
    (
        "AWS::SageMaker::NotebookInstance",
        "sagemaker-job",
        "sagemaker",
    ),
];

/// Calls that succeed whatever policies say: their success after a revocation is no alarm.
pub(crate) const ALWAYS_ALLOWED: &[&str] =
    &["GetCallerIdentity", "GetSessionToken", "GetAccessKeyInfo"];

/// Events of the sign-in service that tell of a session's beginning or end: nobody called anything.
pub(crate) const SIGN_INS: &[&str] = &["ConsoleLogin", "SwitchRole", "RenewRole", "ExitRole"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_well_formed() {
        for (number, row) in MINTS.iter().enumerate() {
            assert!(!row.actions.is_empty(), "row {number}");
            assert!(!row.service.contains("amazonaws"), "row {number}");
            for action in row.actions {
                let before = MINTS[..number]
                    .iter()
                    .find(|other| other.service == row.service && other.actions.contains(action));
                assert!(
                    before.is_none_or(|other| !other.by.is_empty()),
                    "row {number} is never reached"
                );
            }
        }
    }
}
