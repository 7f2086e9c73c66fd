//! Attacks, told as events among ordinary days, with the truth beside them.
//!
//! In: a story's name and a seed. Out: a [`Simulation`](crate::Simulation) that holds ordinary
//! traffic and what the story tells, and a [`Truth`] to compare findings with. One story a file. Deliberately
//! not here: expectations of a particular rule.

pub mod truth;

pub mod another_name;
pub mod assume_root;
pub mod backup_key;
pub mod by_the_same_token;
pub mod console_keys;
pub mod console_switch_role;
pub mod denied_abroad;
pub mod doors;
pub mod federation_to_console;
pub mod forward_access;
pub mod identity_center;
pub mod in_two_hands;
pub mod instance_credential_theft;
pub mod machine_credentials;
pub mod mfa;
pub mod other_partitions;
pub mod record_formats;
pub mod revocation_timeline;
pub mod role_chain;
pub mod role_juggling;
pub mod same_second;
pub mod saml_cut_short;
pub mod service_mints;
pub mod session_token_roles;
pub mod user_credentials;
pub mod web_identity_and_saml;

pub use truth::Truth;

use crate::Simulation;
use crate::clock::HOUR;
use crate::stage::{Account, CLI, Cred, Hand, Saml, Stage};

/// A story that can be told.
#[derive(Debug, Clone, Copy)]
pub struct Story {
    /// The name by which the command line knows it.
    pub name: &'static str,
    pub title: &'static str,
    pub tell: fn(seed: u64) -> Told,
}

/// A story with its days.
#[derive(Debug)]
pub struct Told {
    pub simulation: Simulation,
    pub truth: Truth,
}

/// Every story, in the order in which to list them.
pub const ALL: &[Story] = &[
    Story {
        name: "instance-credential-theft",
        title: "the credentials of an EC2 instance are used from outside AWS",
        tell: instance_credential_theft::from_outside,
    },
    Story {
        name: "instance-credential-use-inside",
        title: "the credentials of an EC2 instance are used from another address of EC2",
        tell: instance_credential_theft::from_inside,
    },
    Story {
        name: "by-the-same-token",
        title: "a key is stolen, tokens are minted, a bucket is emptied, a second key takes over",
        tell: by_the_same_token::tell,
    },
    Story {
        name: "role-chain-over-accounts",
        title: "four roles, one after the other, over three accounts, under one source identity",
        tell: role_chain::tell,
    },
    Story {
        name: "session-token-then-roles",
        title: "a session token taken with MFA, and two roles taken with the token",
        tell: session_token_roles::tell,
    },
    Story {
        name: "federation-token-to-console",
        title: "a federation token becomes a sign-in to the console",
        tell: federation_to_console::tell,
    },
    Story {
        name: "console-switch-role",
        title: "a switch of roles in the console: the key that is minted is not the one that is used",
        tell: console_switch_role::tell,
    },
    Story {
        name: "identity-center",
        title: "a portal session of Identity Center and the roles that it vends",
        tell: identity_center::tell,
    },
    Story {
        name: "assume-root",
        title: "the management account becomes the root of a member",
        tell: assume_root::tell,
    },
    Story {
        name: "web-identity-and-saml",
        title: "a pipeline, a pod and a person take roles with identities of other houses",
        tell: web_identity_and_saml::tell,
    },
    Story {
        name: "backup-key",
        title: "a thief makes a second key and comes back with it",
        tell: backup_key::tell,
    },
    Story {
        name: "role-juggling",
        title: "two roles take each other in turn and outlive their hour",
        tell: role_juggling::tell,
    },
    Story {
        name: "service-mints",
        title: "what EC2, Lambda and ECS mint for machines",
        tell: service_mints::tell,
    },
    Story {
        name: "forward-access",
        title: "eight hundred forward-access events, and no new credential",
        tell: forward_access::tell,
    },
    Story {
        name: "console-keys",
        title: "one sign-in to the console, twelve keys",
        tell: console_keys::tell,
    },
    Story {
        name: "same-second",
        title: "two sessions of one role with one name in one second",
        tell: same_second::tell,
    },
    Story {
        name: "revocation-timeline",
        title: "a key switched off, a user denied, a role's sessions revoked: what still works",
        tell: revocation_timeline::tell,
    },
    Story {
        name: "zombie-session",
        title: "a session token minted under a deny comes to life when the deny is lifted",
        tell: revocation_timeline::zombie,
    },
    Story {
        name: "denied-cross-account",
        title: "roles of other accounts, refused: only the caller's trail knows",
        tell: denied_abroad::tell,
    },
    Story {
        name: "saml-cut-short",
        title: "an hour is asked for with SAML, and a quarter of it is given",
        tell: saml_cut_short::tell,
    },
    Story {
        name: "ends-spelled-in-three-ways",
        title: "three tokens, whose ends are written in three ways",
        tell: record_formats::ends,
    },
    Story {
        name: "record-formats",
        title: "records of old, new and unknown versions of the format, and of another one",
        tell: record_formats::versions,
    },
    Story {
        name: "govcloud-chain",
        title: "a token and two roles in GovCloud",
        tell: other_partitions::govcloud,
    },
    Story {
        name: "china-instance",
        title: "an instance's credentials in China, used from outside",
        tell: other_partitions::china,
    },
    Story {
        name: "instance-credentials-by-ipv6",
        title: "an instance's credentials are used from outside by IPv6",
        tell: machine_credentials::ipv6,
    },
    Story {
        name: "instance-credentials-by-foreign-endpoint",
        title: "an instance's credentials are used through somebody else's VPC endpoint",
        tell: machine_credentials::foreign_endpoint,
    },
    Story {
        name: "instance-credentials-chained",
        title: "an instance's credentials take a role, and the role does the work",
        tell: machine_credentials::chained,
    },
    Story {
        name: "task-credential-theft",
        title: "the credentials of an ECS task are used from outside",
        tell: machine_credentials::task,
    },
    Story {
        name: "function-credential-theft",
        title: "the credentials of a Lambda function are used from outside",
        tell: machine_credentials::function,
    },
    Story {
        name: "session-named-like-an-instance",
        title: "a user's key takes an instance's role under a session name like an instance's",
        tell: machine_credentials::masquerade,
    },
    Story {
        name: "instance-reconnaissance",
        title: "an instance looks at IAM, then at every bucket and function",
        tell: machine_credentials::reconnaissance,
    },
    Story {
        name: "instance-reconnaissance-slow",
        title: "the same, one call in three quarters of an hour",
        tell: machine_credentials::slow_reconnaissance,
    },
    Story {
        name: "instance-makes-a-user",
        title: "an instance makes a user with a key",
        tell: machine_credentials::persistence,
    },
    Story {
        name: "instance-burst",
        title: "an instance makes and tries to make resources in four regions",
        tell: machine_credentials::burst,
    },
    Story {
        name: "many-session-tokens",
        title: "eight session tokens in an hour, from two places",
        tell: user_credentials::many_tokens,
    },
    Story {
        name: "one-long-token",
        title: "one session token for a day and a half",
        tell: user_credentials::long_token,
    },
    Story {
        name: "token-changes-keys",
        title: "a session token taken with MFA replaces its user's key",
        tell: user_credentials::token_changes_keys,
    },
    Story {
        name: "key-for-another-user",
        title: "a stolen key makes a key for another user",
        tell: user_credentials::key_for_another,
    },
    Story {
        name: "user-in-reserve",
        title: "a stolen key makes a user with a key that lies still",
        tell: user_credentials::reserve_user,
    },
    Story {
        name: "many-roles",
        title: "six roles of three accounts in five minutes",
        tell: user_credentials::many_roles,
    },
    Story {
        name: "role-to-console",
        title: "a role session becomes a sign-in to the console",
        tell: user_credentials::role_to_console,
    },
    Story {
        name: "federation-token-late-console",
        title: "a federation token opens the console five hours later",
        tell: user_credentials::late_console,
    },
    Story {
        name: "dormant-sibling",
        title: "two tokens of one second: one works, one sleeps for hours",
        tell: user_credentials::dormant_sibling,
    },
    Story {
        name: "trust-backdoor",
        title: "a role is opened to a stranger's account, and taken",
        tell: user_credentials::trust_backdoor,
    },
    Story {
        name: "mfa-one-device-for-two",
        title: "one MFA device serves two users",
        tell: mfa::one_device_for_two,
    },
    Story {
        name: "mfa-enrolled-by-another",
        title: "a stolen key enrols a device for another user",
        tell: mfa::enrolled,
    },
    Story {
        name: "mfa-removed",
        title: "a device is taken off, then somebody signs in without one",
        tell: mfa::removed,
    },
    Story {
        name: "mfa-guessed",
        title: "nine wrong codes, then a right one",
        tell: mfa::guessed,
    },
    Story {
        name: "mfa-session-stolen",
        title: "a token taken with MFA is used from elsewhere",
        tell: mfa::laundered,
    },
    Story {
        name: "one-key-two-networks",
        title: "a long-term key is used by its owner and by a thief in the same minutes",
        tell: in_two_hands::one_key,
    },
    Story {
        name: "one-session-two-networks",
        title: "a session token is used by its owner and by a thief in the same minutes",
        tell: in_two_hands::one_session,
    },
    Story {
        name: "chained-session-handed-over",
        title: "a role takes a role, and the new session is used elsewhere a minute later",
        tell: in_two_hands::handed_over,
    },
    Story {
        name: "tokens-in-a-loop",
        title: "six tokens refused, then thirty fetched, a second each",
        tell: in_two_hands::loop_of_tokens,
    },
    Story {
        name: "instance-used-while-quiet",
        title: "an instance's credentials are used elsewhere on a day on which the instance is quiet",
        tell: in_two_hands::quiet_instance,
    },
    Story {
        name: "mfa-device-never-seen",
        title: "a user's key takes a token with a device that the user never had",
        tell: doors::unknown_device,
    },
    Story {
        name: "roles-anywhere-door",
        title: "Roles Anywhere is opened to a stranger's certificates",
        tell: doors::roles_anywhere,
    },
    Story {
        name: "trust-under-a-true-condition",
        title: "a role is opened to everybody, under a condition that always holds",
        tell: doors::for_everybody,
    },
    Story {
        name: "role-in-an-unknown-account",
        title: "a stolen key takes a role of an account that nobody knows",
        tell: doors::abroad,
    },
    Story {
        name: "key-found-in-public",
        title: "AWS attaches the quarantine policy to a user, and the token goes on reading",
        tell: doors::quarantined,
    },
    Story {
        name: "instance-credentials-through-systems-manager",
        title: "an instance's credentials read parameters from elsewhere, where its agent reports to",
        tell: machine_credentials::through_systems_manager,
    },
    Story {
        name: "instance-chains-then-changes-identities",
        title: "an instance takes a role it never took, and the role changes identities",
        tell: machine_credentials::chained_then_iam,
    },
    Story {
        name: "key-replaced-by-a-thief",
        title: "a thief's token makes a key and deletes the user's own, as a rotation does",
        tell: user_credentials::takeover,
    },
    Story {
        name: "role-juggling-under-fresh-names",
        title: "two roles take each other in turn, under another name each time",
        tell: role_juggling::fresh_names,
    },
    Story {
        name: "chained-session-asked-for-too-long",
        title: "a role's session asks for another role for half a day, and gets an hour",
        tell: role_chain::too_long,
    },
    Story {
        name: "chain-under-another-name",
        title: "a role's session takes a role of another account under somebody else's name",
        tell: another_name::tell,
    },
];

pub fn find(name: &str) -> Option<&'static Story> {
    ALL.iter().find(|story| story.name == name)
}

/// Somebody of the security team who took a role for the case, with an assertion. In the log, so that
/// what is done to the credentials has a doer.
fn responder(stage: &mut Stage, account: Account) -> Cred {
    let role = stage.role(account, "incident-response");
    stage.by(&Hand::rightful("192.0.2.90", CLI));
    let responder = stage.assume_role_with_saml(Saml {
        role,
        person: "sam@example.com",
        provider: "corporate-directory",
        asked: 12 * HOUR,
        given: 12 * HOUR,
    });
    stage.name(responder, "the responder");
    responder
}
