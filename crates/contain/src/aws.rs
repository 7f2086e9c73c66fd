//! What carrying out a plan asks of AWS, and how a call's wish and the state of things are compared.
//!
//! In: calls by name and parameters. Out: states and answers as JSON. One implementation talks to AWS
//! (`sdk.rs`, behind the feature `aws`); tests have one that stands for it. Whether a call is made at all is
//! decided in `run.rs`.

use serde_json::{Map, Value, json};

use crate::plan::Call;

/// AWS, as far as a plan needs it. Calls wait until they are answered.
pub trait Aws {
    /// The ARN under which calls in an account are made, asked in a region of the account's own partition: credentials
    /// of one partition are unknown in another.
    fn identity(&mut self, place: &At<'_>) -> Result<String, CallError>;

    /// The ARNs by whose credentials accounts are entered, where these are others than those in the accounts; asked in
    /// a region of their partition.
    fn behind(&mut self, _region: &str) -> Result<Vec<String>, CallError> {
        Ok(Vec::new())
    }

    /// What the object of a call is like now, in the form of [`wanted`]; `null` where there is none.
    fn state(&mut self, place: &At<'_>, call: &Call) -> Result<Value, CallError>;

    /// Makes a call that changes something.
    fn call(&mut self, place: &At<'_>, call: &Call) -> Result<Value, CallError>;

    /// Reads what is known of the user, role or function that the parameters name. What is not there is
    /// `null` and no error.
    fn snapshot(&mut self, place: &At<'_>, params: &Map<String, Value>)
    -> Result<Value, CallError>;

    /// Several at once, none of which touches what another does; answers in the order of the questions.
    fn together(&mut self, asked: &[Asked<'_>]) -> Vec<Result<Value, CallError>> {
        let one = |asked: &Asked<'_>| match asked.ask {
            Ask::State(call) => self.state(&asked.place, call),
            Ask::Call(call) => self.call(&asked.place, call),
            Ask::Snapshot(params) => self.snapshot(&asked.place, params),
        };
        asked.iter().map(one).collect()
    }
}

/// One of several questions.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    pub place: At<'a>,
    pub ask: Ask<'a>,
}

/// What is asked of AWS: as the functions of [`Aws`] of these names.
#[derive(Clone, Copy, Debug)]
pub enum Ask<'a> {
    State(&'a Call),
    Call(&'a Call),
    Snapshot(&'a Map<String, Value>),
}

/// Where a call is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At<'a> {
    pub account: &'a str,
    pub region: &'a str,
}

/// A call that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallError {
    pub kind: CallErrorKind,
    /// As AWS says it: `NoSuchEntity`.
    pub code: String,
    pub message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallErrorKind {
    /// The executor has not the permission, or its credentials are not valid.
    Denied,
    /// Too many calls, after all repetitions.
    Throttled,
    /// What the call is about is not there.
    Missing,
    /// A quota is used up.
    Full,
    /// This program, or whatever stands for AWS, does not know the operation.
    Unsupported,
    Other,
}

impl CallError {
    /// An error by AWS's code.
    pub fn of(code: &str, message: &str) -> CallError {
        let kind = match code {
            "AccessDenied"
            | "AccessDeniedException"
            | "UnauthorizedOperation"
            | "InvalidClientTokenId"
            | "UnrecognizedClientException"
            | "ExpiredToken"
            | "ExpiredTokenException"
            | "SignatureDoesNotMatch" => CallErrorKind::Denied,
            "Throttling"
            | "ThrottlingException"
            | "TooManyRequestsException"
            | "RequestLimitExceeded"
            | "SlowDown" => CallErrorKind::Throttled,
            "NoSuchEntity"
            | "NoSuchEntityException"
            | "ResourceNotFoundException"
            | "PolicyNotFoundException"
            | "PolicyNotAttachedException"
            | "NoSuchBucket"
            | "NoSuchBucketPolicy"
            | "NoSuchKey"
            | "NoSuchPublicAccessBlockConfiguration"
            | "NotFound" => CallErrorKind::Missing,
            "LimitExceeded" | "LimitExceededException" => CallErrorKind::Full,
            "NotImplemented" | "Unsupported" => CallErrorKind::Unsupported,
            _ => CallErrorKind::Other,
        };
        // Some answers are of several lines, and stand in one of ours.
        let words: Vec<&str> = message.split_whitespace().collect();
        CallError {
            kind,
            code: code.to_owned(),
            message: words.join(" "),
        }
    }

    /// The error for people.
    pub fn why(&self) -> String {
        match self.message.is_empty() {
            true => self.code.clone(),
            false => format!("{}: {}", self.code, self.message),
        }
    }
}

/// The state that a call leaves behind, as [`Aws::state`] reads it; `None` where no reading shows it.
pub fn wanted(call: &Call) -> Option<Value> {
    let param = |name: &str| call.params.get(name).cloned().unwrap_or(Value::Null);
    Some(match call.action.as_str() {
        "PutUserPolicy" | "PutRolePolicy" | "UpdateAssumeRolePolicy" => {
            json!({"policy_document": document(&param("policy_document"))})
        }
        "PutInlinePolicyToPermissionSet" => json!({
            "inline_policy": document(&param("inline_policy")),
            "permission_set_name": param("permission_set_name"),
        }),
        "UpdateAccessKey"
        | "UpdateServiceSpecificCredential"
        | "UpdateSSHPublicKey"
        | "UpdateSigningCertificate" => json!({"status": param("status")}),
        "PutFunctionConcurrency" => json!({
            "reserved_concurrent_executions": param("reserved_concurrent_executions"),
        }),
        "PutUserPermissionsBoundary" | "PutRolePermissionsBoundary" => {
            json!({"permissions_boundary": param("permissions_boundary")})
        }
        "DisableTrustAnchor" | "DisableProfile" => json!({"enabled": false}),
        "EnableTrustAnchor" | "EnableProfile" => json!({"enabled": true}),
        "PutBucketPolicy" => json!({"policy": document(&param("policy"))}),
        "PutPublicAccessBlock" | "PutBucketVersioning" => {
            let names = [
                "public_access_block_configuration",
                "versioning_configuration",
            ];
            let written = names.iter().filter_map(|name| {
                let text = call.params.get(*name)?.as_str()?;
                Some(((*name).to_owned(), shorthand(text)))
            });
            Value::Object(written.collect())
        }
        "SetDefaultPolicyVersion" => json!({"version_id": param("version_id")}),
        "AttachPolicy" => json!({"content": document(&param("content"))}),
        "AttachUserPolicy" | "AttachRolePolicy" => json!({"attached": true}),
        "AddUserToGroup" => json!({"member": true}),
        "ProvisionPermissionSet" => json!({"provisioned": true}),
        // Whatever deletes, detaches or removes leaves nothing.
        _ => Value::Null,
    })
}

/// A policy as a value, so that blanks and the order of names do not matter.
pub fn document(text: &Value) -> Value {
    let parsed = text
        .as_str()
        .and_then(|text| serde_json::from_str(text).ok());
    parsed.unwrap_or_else(|| text.clone())
}

/// What the short form of the AWS command line says: `Status=Enabled,MFADelete=Disabled`.
pub fn shorthand(text: &str) -> Value {
    let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
    let members = pairs.map(|(name, value)| (name.to_owned(), Value::from(value)));
    Value::Object(members.collect())
}

/// The same state without the instants in its conditions.
pub fn without_instants(state: &Value) -> Value {
    match state {
        Value::Array(items) => items.iter().map(without_instants).collect(),
        Value::Object(members) => {
            let kept = members
                .iter()
                .filter(|(name, _)| *name != "aws:TokenIssueTime");
            let kept = kept.map(|(name, value)| (name.clone(), without_instants(value)));
            Value::Object(kept.collect())
        }
        other => other.clone(),
    }
}
