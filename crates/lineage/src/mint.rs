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
    pub gives: &'static [Given],
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

const SESSION: &[Given] = &[
    (Key, Response, &["credentials", "accessKeyId"]),
    (Expires, Response, &["credentials", "expiration"]),
    (Seconds, Request, &["durationSeconds"]),
    (Serial, Request, &["serialNumber"]),
];

const ASSUMED: &[Given] = &[
    (Key, Response, &["credentials", "accessKeyId"]),
    (Expires, Response, &["credentials", "expiration"]),
    (Seconds, Request, &["durationSeconds"]),
    (Principal, Response, &["assumedRoleUser", "assumedRoleId"]),
    (Arn, Response, &["assumedRoleUser", "arn"]),
    (Role, Request, &["roleArn"]),
    (SessionName, Request, &["roleSessionName"]),
    (SourceIdentity, Response, &["sourceIdentity"]),
    (SourceIdentity, Request, &["sourceIdentity"]),
    (Serial, Request, &["serialNumber"]),
];

/// The same, where an identity provider vouches for the caller.
const FEDERATED: &[Given] = &[
    (Key, Response, &["credentials", "accessKeyId"]),
    (Expires, Response, &["credentials", "expiration"]),
    (Seconds, Request, &["durationSeconds"]),
    (Principal, Response, &["assumedRoleUser", "assumedRoleId"]),
    (Arn, Response, &["assumedRoleUser", "arn"]),
    (Role, Request, &["roleArn"]),
    (SessionName, Request, &["roleSessionName"]),
    (SourceIdentity, Response, &["sourceIdentity"]),
    (SourceIdentity, Request, &["sourceIdentity"]),
    (Serial, Request, &["serialNumber"]),
    (Subject, Response, &["subject"]),
    (Subject, Response, &["subjectFromWebIdentityToken"]),
    (Provider, Request, &["principalArn"]),
    (Provider, Response, &["provider"]),
];

const LOGIN: &[Given] = &[
    (Serial, Additional, &["MFAIdentifier"]),
    (Label, Additional, &["MFAUsed"]),
    (Seconds, Request, &["SessionDuration"]),
];

const PASSWORD: &[Given] = &[
    (User, Response, &["loginProfile", "userName"]),
    (User, Request, &["userName"]),
];

const TOKEN: &[Given] = &[
    (Bearer, Additional, &["identitycenter:CredentialId"]),
    (Bearer, Additional, &["credentialId"]),
    (Seconds, Response, &["expiresIn"]),
];

const VENDED: &[Given] = &[
    (Key, Response, &["credentials", "accessKeyId"]),
    (Key, Response, &["accessKeyId"]),
    (Expires, Response, &["credentials", "expiration"]),
    (Expires, Response, &["expiration"]),
    (Seconds, Request, &["durationSeconds"]),
    (Principal, Response, &["assumedRoleUser", "assumedRoleId"]),
    (Arn, Response, &["assumedRoleUser", "arn"]),
    (Role, Request, &["roleArn"]),
];

const ROW: Mint = Mint {
    service: "sts",
    actions: &[],
    by: &[],
    makes: Kind::RoleSession,
    from: From::Caller,
    gives: ASSUMED,
    only_if: None,
};

/// Every row. `GetWebIdentityToken` has none: its token opens nothing in AWS.
pub(crate) const MINTS: &[Mint] = &[
    Mint {
        actions: &["GetSessionToken"],
        makes: Kind::SessionToken,
        from: From::CallerItself,
        gives: SESSION,
        ..ROW
    },
    Mint {
        actions: &["GetFederationToken"],
        makes: Kind::FederationToken,
        gives: &[
            (Key, Response, &["credentials", "accessKeyId"]),
            (Expires, Response, &["credentials", "expiration"]),
            (Seconds, Request, &["durationSeconds"]),
            (Principal, Response, &["federatedUser", "federatedUserId"]),
            (Arn, Response, &["federatedUser", "arn"]),
            (SessionName, Request, &["name"]),
        ],
        ..ROW
    },
    Mint {
        actions: &["AssumeRole"],
        by: &["AWSService"],
        makes: Kind::ServiceSession,
        from: From::Service,
        ..ROW
    },
    Mint {
        actions: &["AssumeRole"],
        by: &["AWSAccount"],
        from: From::Account,
        ..ROW
    },
    Mint {
        actions: &["AssumeRole"],
        ..ROW
    },
    Mint {
        actions: &["AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"],
        from: From::Subject,
        gives: FEDERATED,
        ..ROW
    },
    Mint {
        actions: &["AssumeRoot"],
        makes: Kind::RootSession,
        gives: &[
            (Key, Response, &["credentials", "accessKeyId"]),
            (Expires, Response, &["credentials", "expiration"]),
            (Seconds, Request, &["durationSeconds"]),
            (Account, Request, &["targetPrincipal"]),
            (Label, Request, &["taskPolicyArn", "arn"]),
            (SourceIdentity, Response, &["sourceIdentity"]),
        ],
        ..ROW
    },
    Mint {
        actions: &["GetDelegatedAccessToken"],
        makes: Kind::UnknownTemporary,
        gives: &[
            (Key, Response, &["credentials", "accessKeyId"]),
            (Expires, Response, &["credentials", "expiration"]),
            (Arn, Response, &["assumedPrincipal"]),
        ],
        ..ROW
    },
    // Signing in to the console. Its keys are never logged: what comes after is known by its principal and
    // the second of its creation.
    Mint {
        service: "signin",
        actions: &["ConsoleLogin"],
        by: &["IAMUser", "Root"],
        makes: Kind::ConsoleSession,
        from: From::Password,
        gives: LOGIN,
        only_if: Some((Response, &["ConsoleLogin"], "Success")),
    },
    Mint {
        service: "signin",
        actions: &["ConsoleLogin"],
        makes: Kind::ConsoleSession,
        from: From::Console,
        gives: LOGIN,
        only_if: Some((Response, &["ConsoleLogin"], "Success")),
        ..ROW
    },
    Mint {
        service: "signin",
        actions: &["GetSigninToken"],
        makes: Kind::ConsoleSession,
        from: From::SignInUrl,
        gives: &[
            (Key, Response, &["credentials", "accessKeyId"]),
            (Seconds, Request, &["SessionDuration"]),
        ],
        ..ROW
    },
    Mint {
        service: "signin",
        actions: &["SwitchRole", "RenewRole"],
        from: From::Switched,
        gives: &[(Arn, Additional, &["SwitchFrom"])],
        only_if: Some((Response, &["SwitchRole"], "Success")),
        ..ROW
    },
    Mint {
        service: "signin",
        actions: &["CreateOAuth2Token", "CreateOAuth2TokenWithIAM"],
        makes: Kind::OauthSession,
        gives: &[
            (Bearer, Additional, &["signInSessionArn"]),
            (Label, Request, &["client_id"]),
        ],
        only_if: Some((Additional, &["success"], "true")),
        ..ROW
    },
    // Identity Center: the session of the access portal, and what is handed out in it.
    Mint {
        service: "sso",
        actions: &["CreateToken", "CreateTokenWithIAM", "Authenticate"],
        makes: Kind::IdentityCenterSession,
        from: From::Person,
        gives: TOKEN,
        ..ROW
    },
    Mint {
        service: "sso-oauth",
        actions: &["CreateToken", "CreateTokenWithIAM"],
        makes: Kind::IdentityCenterSession,
        from: From::Person,
        gives: TOKEN,
        ..ROW
    },
    Mint {
        service: "sso",
        actions: &["GetRoleCredentials", "Federate"],
        from: From::Portal,
        gives: &[
            (Role, Details, &["role_name"]),
            (Role, Request, &["roleName"]),
            (Role, Request, &["role_name"]),
            (Account, Details, &["account_id"]),
            (Account, Request, &["accountId"]),
            (Account, Request, &["account_id"]),
        ],
        ..ROW
    },
    Mint {
        service: "rolesanywhere",
        actions: &["CreateSession"],
        from: From::Certificate,
        gives: &[
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
        ],
        ..ROW
    },
    Mint {
        service: "cognito-identity",
        actions: &["GetCredentialsForIdentity"],
        from: From::Subject,
        gives: &[
            (Key, Response, &["credentials", "accessKeyId"]),
            (Expires, Response, &["credentials", "expiration"]),
            (Subject, Request, &["identityId"]),
            (Subject, Response, &["identityId"]),
        ],
        ..ROW
    },
    // What does not expire.
    Mint {
        service: "iam",
        actions: &["CreateAccessKey"],
        makes: Kind::AccessKey,
        gives: &[
            (Key, Response, &["accessKey", "accessKeyId"]),
            (User, Response, &["accessKey", "userName"]),
            (User, Request, &["userName"]),
        ],
        ..ROW
    },
    Mint {
        service: "iam",
        actions: &["CreateLoginProfile", "UpdateLoginProfile", "ChangePassword"],
        makes: Kind::Password,
        gives: PASSWORD,
        ..ROW
    },
    Mint {
        service: "iam",
        actions: &[
            "CreateServiceSpecificCredential",
            "ResetServiceSpecificCredential",
        ],
        makes: Kind::ServiceCredential,
        gives: &[
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
            (User, Request, &["userName"]),
            (
                Label,
                Response,
                &["serviceSpecificCredential", "serviceName"],
            ),
            (Label, Request, &["serviceName"]),
        ],
        ..ROW
    },
    Mint {
        service: "iam",
        actions: &["UploadSSHPublicKey"],
        makes: Kind::SshKey,
        gives: &[
            (Key, Response, &["sSHPublicKey", "sSHPublicKeyId"]),
            (User, Response, &["sSHPublicKey", "userName"]),
            (User, Request, &["userName"]),
        ],
        ..ROW
    },
    Mint {
        service: "iam",
        actions: &["UploadSigningCertificate"],
        makes: Kind::Certificate,
        gives: &[
            (Key, Response, &["certificate", "certificateId"]),
            (User, Response, &["certificate", "userName"]),
            (User, Request, &["userName"]),
        ],
        ..ROW
    },
    Mint {
        service: "iam",
        actions: &["CreateVirtualMFADevice"],
        makes: Kind::MfaDevice,
        gives: &[(Serial, Response, &["virtualMFADevice", "serialNumber"])],
        ..ROW
    },
    Mint {
        service: "iam",
        actions: &["EnableMFADevice"],
        makes: Kind::MfaDevice,
        gives: &[
            (Serial, Request, &["serialNumber"]),
            (User, Request, &["userName"]),
        ],
        ..ROW
    },
    // Credentials of other services for data of theirs. Most answers are left out of the log; a row makes a
    // credential only where the answer names a key.
    Mint {
        service: "s3",
        actions: &["CreateSession", "GetDataAccess"],
        makes: Kind::UnknownTemporary,
        gives: VENDED,
        ..ROW
    },
    Mint {
        service: "lakeformation",
        actions: &[
            "AssumeDecoratedRoleWithSAML",
            "GetTemporaryDataLocationCredentials",
            "GetTemporaryGluePartitionCredentials",
            "GetTemporaryGlueTableCredentials",
        ],
        gives: VENDED,
        ..ROW
    },
    Mint {
        service: "datazone",
        actions: &["GetConnection", "GetEnvironmentCredentials"],
        gives: VENDED,
        ..ROW
    },
    Mint {
        service: "deadline",
        actions: &[
            "AssumeFleetRoleForRead",
            "AssumeFleetRoleForWorker",
            "AssumeQueueRoleForRead",
            "AssumeQueueRoleForUser",
            "AssumeQueueRoleForWorker",
        ],
        gives: VENDED,
        ..ROW
    },
    Mint {
        service: "gamelift",
        actions: &[
            "GetComputeAccess",
            "RequestUploadCredentials",
            "CreateBuild",
        ],
        makes: Kind::UnknownTemporary,
        gives: &[
            (Key, Response, &["credentials", "accessKeyId"]),
            (Key, Response, &["uploadCredentials", "accessKeyId"]),
        ],
        ..ROW
    },
    Mint {
        service: "finspace",
        actions: &[
            "GetProgrammaticAccessCredentials",
            "GetExternalDataViewAccessDetails",
        ],
        makes: Kind::UnknownTemporary,
        gives: &[(Key, Response, &["credentials", "accessKeyId"])],
        ..ROW
    },
    Mint {
        service: "codepipeline",
        actions: &["GetJobDetails", "GetThirdPartyJobDetails", "PollForJobs"],
        makes: Kind::UnknownTemporary,
        gives: &[
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
        ],
        ..ROW
    },
    Mint {
        service: "ssm",
        actions: &["GetAccessToken", "RequestManagedInstanceRoleToken"],
        makes: Kind::UnknownTemporary,
        gives: VENDED,
        ..ROW
    },
    Mint {
        service: "eks-auth",
        actions: &["AssumeRoleForPodIdentity"],
        gives: VENDED,
        ..ROW
    },
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
