//! `userIdentity`, as each kind of principal has it.
//!
//! In: a principal and what it holds. Out: JSON appended to a buffer. The forms differ in what they
//! leave out (a service has no key, a foreign account no ARN, an old record no `inScopeOf`), and the
//! tests of the reader live from that. Deliberately not here: the rest of the record.

use crate::clock;
use crate::organisation::{Credential, Kind, Organisation, Principal};

/// Whether a service acts for the principal, and then which.
#[derive(Debug, Clone, Copy)]
pub enum Caller<'a> {
    Itself,
    /// A forward access session of this service principal.
    Through(&'a str),
}

/// A principal that acts with a credential.
pub fn acting(
    organisation: &Organisation,
    principal: &Principal,
    held: &Credential,
    region: &str,
    version: &str,
    caller: Caller<'_>,
    out: &mut String,
) {
    let account = &organisation.account(principal).id;
    match principal.kind {
        Kind::User | Kind::Console => {
            push(
                out,
                &["{\"type\":\"IAMUser\",\"principalId\":\"", &principal.id],
            );
            push(
                out,
                &[
                    "\",\"arn\":\"arn:aws:iam::",
                    account,
                    ":user/",
                    &principal.name,
                ],
            );
            push(
                out,
                &[
                    "\",\"accountId\":\"",
                    account,
                    "\",\"accessKeyId\":\"",
                    &held.key,
                ],
            );
            push(out, &["\",\"userName\":\"", &principal.name, "\""]);
            if !held.key.starts_with("AKIA") {
                out.push_str(
                    ",\"sessionContext\":{\"sessionIssuer\":{},\"webIdFederationData\":{},",
                );
                attributes(held.issued, "true", out);
                out.push('}');
            }
        }
        _ => {
            let path = if principal.kind == Kind::Workforce {
                "aws-reserved/sso.amazonaws.com/"
            } else {
                ""
            };
            push(
                out,
                &[
                    "{\"type\":\"AssumedRole\",\"principalId\":\"",
                    &principal.id,
                    ":",
                ],
            );
            push(
                out,
                &[
                    &principal.session_name,
                    "\",\"arn\":\"arn:aws:sts::",
                    account,
                ],
            );
            push(
                out,
                &[
                    ":assumed-role/",
                    &principal.name,
                    "/",
                    &principal.session_name,
                ],
            );
            push(
                out,
                &[
                    "\",\"accountId\":\"",
                    account,
                    "\",\"accessKeyId\":\"",
                    &held.key,
                ],
            );
            push(
                out,
                &["\",\"sessionContext\":{\"sessionIssuer\":{\"type\":\"Role\","],
            );
            push(
                out,
                &[
                    "\"principalId\":\"",
                    &principal.id,
                    "\",\"arn\":\"arn:aws:iam::",
                ],
            );
            push(
                out,
                &[
                    account,
                    ":role/",
                    path,
                    &principal.name,
                    "\",\"accountId\":\"",
                ],
            );
            push(
                out,
                &[account, "\",\"userName\":\"", &principal.name, "\"},"],
            );
            if principal.kind == Kind::Pipeline {
                push(
                    out,
                    &["\"webIdFederationData\":{\"federatedProvider\":\"arn:aws:iam::"],
                );
                push(
                    out,
                    &[
                        account,
                        ":oidc-provider/token.actions.githubusercontent.com\"",
                    ],
                );
                out.push_str(",\"attributes\":{}},");
            } else if version < "1.10" {
                out.push_str("\"webIdFederationData\":{},");
            }
            attributes(held.issued, "false", out);
            if principal.kind == Kind::Instance {
                out.push_str(",\"ec2RoleDelivery\":\"2.0\"");
            }
            out.push('}');
            if version == "1.11" {
                scope(principal, account, region, out);
            }
            if principal.kind == Kind::Workforce && !held.number.is_multiple_of(8) {
                push(out, &[",\"onBehalfOf\":{\"userId\":\"", &principal.id[4..]]);
                push(out, &["\",\"identityStoreArn\":\"arn:aws:identitystore::"]);
                push(out, &[&organisation.accounts[0].id, ":identitystore/d-"]);
                push(out, &[&organisation.id[2..], "\"}"]);
            }
        }
    }
    if let Caller::Through(service) = caller {
        push(out, &[",\"invokedBy\":\"", service, "\""]);
    }
    out.push('}');
}

/// A user with the long-term key.
pub fn with_own_key(organisation: &Organisation, principal: &Principal, out: &mut String) {
    let held = Credential {
        number: 0,
        issued: 0,
        expires: 0,
        key: principal.key.clone(),
    };
    acting(
        organisation,
        principal,
        &held,
        "",
        "1.08",
        Caller::Itself,
        out,
    );
}

/// A service for itself.
pub fn service(name: &str, out: &mut String) {
    push(
        out,
        &["{\"type\":\"AWSService\",\"invokedBy\":\"", name, "\"}"],
    );
}

/// A principal of another account, as the owner of a role sees it.
pub fn foreign(account: &str, principal_id: &str, out: &mut String) {
    push(
        out,
        &["{\"type\":\"AWSAccount\",\"principalId\":\"", principal_id],
    );
    push(out, &["\",\"accountId\":\"", account, "\"}"]);
}

/// The holder of a SAML assertion who asks for a role.
pub fn saml(principal: &Principal, out: &mut String) {
    push(
        out,
        &[
            "{\"type\":\"SAMLUser\",\"principalId\":\"",
            &principal.id[4..],
            "=:",
        ],
    );
    push(
        out,
        &[
            &principal.session_name,
            "\",\"userName\":\"",
            &principal.session_name,
        ],
    );
    push(
        out,
        &["\",\"identityProvider\":\"", &principal.id[4..], "=\"}"],
    );
}

/// The holder of a web identity token who asks for a role.
pub fn web_identity(account: &str, subject: &str, out: &mut String) {
    let provider = "oidc-provider/token.actions.githubusercontent.com";
    push(
        out,
        &[
            "{\"type\":\"WebIdentityUser\",\"principalId\":\"arn:aws:iam::",
            account,
            ":",
        ],
    );
    push(
        out,
        &[
            provider,
            ":sts.amazonaws.com:",
            subject,
            "\",\"userName\":\"",
            subject,
        ],
    );
    push(
        out,
        &[
            "\",\"identityProvider\":\"arn:aws:iam::",
            account,
            ":",
            provider,
            "\"}",
        ],
    );
}

/// An IAM user at the sign-in page: no key yet.
pub fn signing_in(organisation: &Organisation, principal: &Principal, out: &mut String) {
    let account = &organisation.account(principal).id;
    push(
        out,
        &["{\"type\":\"IAMUser\",\"principalId\":\"", &principal.id],
    );
    push(
        out,
        &[
            "\",\"accountId\":\"",
            account,
            "\",\"arn\":\"arn:aws:iam::",
            account,
        ],
    );
    push(
        out,
        &[
            ":user/",
            &principal.name,
            "\",\"userName\":\"",
            &principal.name,
            "\"}",
        ],
    );
}

fn attributes(issued: i64, mfa: &str, out: &mut String) {
    out.push_str("\"attributes\":{\"creationDate\":\"");
    clock::iso(issued, out);
    push(out, &["\",\"mfaAuthenticated\":\"", mfa, "\"}"]);
}

fn scope(principal: &Principal, account: &str, region: &str, out: &mut String) {
    let (issuer, resource) = match principal.kind {
        Kind::Instance => ("AWS::EC2::Instance", "ec2"),
        Kind::Function => ("AWS::Lambda::Function", "lambda"),
        _ => return,
    };
    let kind = if principal.kind == Kind::Instance {
        "instance/"
    } else {
        "function:"
    };
    push(
        out,
        &[
            ",\"inScopeOf\":{\"issuerType\":\"",
            issuer,
            "\",\"credentialsIssuedTo\":\"",
        ],
    );
    push(
        out,
        &["arn:aws:", resource, ":", region, ":", account, ":", kind],
    );
    push(out, &[&principal.session_name, "\"}"]);
}

fn push(out: &mut String, parts: &[&str]) {
    for part in parts {
        out.push_str(part);
    }
}
