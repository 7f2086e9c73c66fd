//! What AWS shows: states of what calls change, and what stands in accounts. Nothing here changes anything.
//!
//! In: a client and the parameters of a call. Out: states in the form of [`wanted`](crate::aws::wanted), and
//! facts for inventories. The tidy test looks for verbs that change something in this file and finds none.

use aws_sdk_iam::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use serde_json::{Map, Value, json};

use crate::aws::{CallError, CallErrorKind, document};
use crate::inventory;

/// The things on all pages of a list.
macro_rules! all {
    ($request:expr) => {
        $request
            .into_paginator()
            .items()
            .send()
            .collect::<Result<Vec<_>, _>>()
            .await
            .map_err(failed)?
    };
}

pub(crate) async fn iam_state(
    client: &aws_sdk_iam::Client,
    action: &str,
    params: Params<'_>,
) -> Result<Value, CallError> {
    let text = |name| params.text(name);
    Ok(match action {
        "PutUserPolicy" | "DeleteUserPolicy" => {
            let answer = client
                .get_user_policy()
                .user_name(text("user_name")?)
                .policy_name(text("policy_name")?)
                .send()
                .await
                .map_err(failed)?;
            json!({"policy_document": decoded(answer.policy_document())})
        }
        "PutRolePolicy" | "DeleteRolePolicy" => {
            let answer = client
                .get_role_policy()
                .role_name(text("role_name")?)
                .policy_name(text("policy_name")?)
                .send()
                .await
                .map_err(failed)?;
            json!({"policy_document": decoded(answer.policy_document())})
        }
        "UpdateAccessKey" | "DeleteAccessKey" => {
            let keys = access_keys(client, text("user_name")?).await?;
            let id = text("access_key_id")?;
            let key = keys.into_iter().find(|key| key.access_key_id == id);
            json!({"status": key.ok_or_else(missing)?.status})
        }
        "UpdateAssumeRolePolicy" | "DeleteRole" => {
            let answer = client.get_role().role_name(text("role_name")?).send();
            let answer = answer.await.map_err(failed)?;
            let role = answer.role().ok_or_else(missing)?;
            let trust = role.assume_role_policy_document().unwrap_or_default();
            json!({"policy_document": decoded(trust)})
        }
        "AttachUserPolicy" | "DetachUserPolicy" => {
            let attached = all!(
                client
                    .list_attached_user_policies()
                    .user_name(text("user_name")?)
            );
            let wanted = text("policy_arn")?;
            let any = attached
                .iter()
                .any(|policy| policy.policy_arn() == Some(wanted));
            there(any, json!({"attached": true}))?
        }
        "AttachRolePolicy" | "DetachRolePolicy" => {
            let attached = all!(
                client
                    .list_attached_role_policies()
                    .role_name(text("role_name")?)
            );
            let wanted = text("policy_arn")?;
            let any = attached
                .iter()
                .any(|policy| policy.policy_arn() == Some(wanted));
            there(any, json!({"attached": true}))?
        }
        "AddUserToGroup" | "RemoveUserFromGroup" => {
            let groups = all!(client.list_groups_for_user().user_name(text("user_name")?));
            let wanted = text("group_name")?;
            let any = groups.iter().any(|group| group.group_name() == wanted);
            there(any, json!({"member": true}))?
        }
        "DeleteLoginProfile" => {
            let answer = client.get_login_profile().user_name(text("user_name")?);
            answer.send().await.map_err(failed)?;
            json!({"exists": true})
        }
        "DeleteUser" => {
            let answer = client.get_user().user_name(text("user_name")?);
            answer.send().await.map_err(failed)?;
            json!({"exists": true})
        }
        "DeactivateMFADevice" => {
            let devices = all!(client.list_mfa_devices().user_name(text("user_name")?));
            let wanted = text("serial_number")?;
            let any = devices
                .iter()
                .any(|device| device.serial_number() == wanted);
            there(any, json!({"exists": true}))?
        }
        "DeleteVirtualMFADevice" => {
            let devices = all!(client.list_virtual_mfa_devices());
            let wanted = text("serial_number")?;
            let any = devices
                .iter()
                .any(|device| device.serial_number() == wanted);
            there(any, json!({"exists": true}))?
        }
        "UpdateServiceSpecificCredential" => {
            let answer = client
                .list_service_specific_credentials()
                .user_name(text("user_name")?)
                .send()
                .await
                .map_err(failed)?;
            let wanted = text("service_specific_credential_id")?;
            let found = answer.service_specific_credentials().iter();
            let status = found
                .filter(|known| known.service_specific_credential_id() == wanted)
                .map(|known| known.status().as_str().to_owned())
                .next();
            json!({"status": status.ok_or_else(missing)?})
        }
        "UpdateSSHPublicKey" => {
            let answer = client
                .list_ssh_public_keys()
                .user_name(text("user_name")?)
                .send()
                .await
                .map_err(failed)?;
            let wanted = text("ssh_public_key_id")?;
            let found = answer.ssh_public_keys().iter();
            let status = found
                .filter(|known| known.ssh_public_key_id() == wanted)
                .map(|known| known.status().as_str().to_owned())
                .next();
            json!({"status": status.ok_or_else(missing)?})
        }
        "UpdateSigningCertificate" => {
            let answer = client
                .list_signing_certificates()
                .user_name(text("user_name")?)
                .send()
                .await
                .map_err(failed)?;
            let wanted = text("certificate_id")?;
            let found = answer.certificates().iter();
            let status = found
                .filter(|known| known.certificate_id() == wanted)
                .map(|known| known.status().as_str().to_owned())
                .next();
            json!({"status": status.ok_or_else(missing)?})
        }
        "SetDefaultPolicyVersion" | "DeletePolicy" => {
            let answer = client.get_policy().policy_arn(text("policy_arn")?).send();
            let answer = answer.await.map_err(failed)?;
            let version = answer
                .policy()
                .and_then(|policy| policy.default_version_id());
            json!({"version_id": version})
        }
        "DeletePolicyVersion" => {
            let answer = client
                .get_policy_version()
                .policy_arn(text("policy_arn")?)
                .version_id(text("version_id")?);
            answer.send().await.map_err(failed)?;
            json!({"exists": true})
        }
        "DeleteInstanceProfile" | "RemoveRoleFromInstanceProfile" => {
            let answer = client
                .get_instance_profile()
                .instance_profile_name(text("instance_profile_name")?)
                .send()
                .await
                .map_err(failed)?;
            let profile = answer.instance_profile().ok_or_else(missing)?;
            match action {
                "DeleteInstanceProfile" => json!({"exists": true}),
                _ => {
                    let wanted = text("role_name")?;
                    let any = profile
                        .roles()
                        .iter()
                        .any(|role| role.role_name() == wanted);
                    there(any, json!({"member": true}))?
                }
            }
        }
        "DeleteSAMLProvider" => {
            let answer = client
                .get_saml_provider()
                .saml_provider_arn(text("saml_provider_arn")?);
            answer.send().await.map_err(failed)?;
            json!({"exists": true})
        }
        other => return Err(CallError::of("Unsupported", other)),
    })
}

pub(crate) async fn lambda_state(
    client: &aws_sdk_lambda::Client,
    action: &str,
    params: Params<'_>,
) -> Result<Value, CallError> {
    let function = params.text("function_name")?;
    if action == "RemovePermission" {
        let answer = client.get_policy().function_name(function).send().await;
        let policy = answer
            .map_err(failed)?
            .policy()
            .unwrap_or_default()
            .to_owned();
        let policy = document(&Value::String(policy));
        let wanted = params.text("statement_id")?;
        let mut statements = policy["Statement"].as_array().into_iter().flatten();
        let any = statements.any(|statement| statement["Sid"] == wanted);
        return there(any, json!({"exists": true}));
    }
    let answer = client
        .get_function_concurrency()
        .function_name(function)
        .send()
        .await
        .map_err(failed)?;
    let reserved = answer
        .reserved_concurrent_executions()
        .ok_or_else(missing)?;
    Ok(json!({"reserved_concurrent_executions": reserved}))
}

pub(crate) async fn organisation_state(
    client: &aws_sdk_organizations::Client,
    params: Params<'_>,
) -> Result<Value, CallError> {
    let id = policy_id(client, params.text("name")?)
        .await?
        .ok_or_else(missing)?;
    let wanted = params.text("target_id")?;
    let mut pages = client
        .list_targets_for_policy()
        .policy_id(&id)
        .into_paginator()
        .send();
    let mut attached = false;
    while let Some(page) = pages.next().await {
        let page = page.map_err(failed)?;
        attached |= page
            .targets()
            .iter()
            .any(|target| target.target_id() == Some(wanted));
    }
    if !attached {
        return Err(missing());
    }
    let answer = client
        .describe_policy()
        .policy_id(&id)
        .send()
        .await
        .map_err(failed)?;
    let content = answer.policy().and_then(|policy| policy.content());
    Ok(json!({"content": document(&json!(content))}))
}

pub(crate) async fn permission_set_state(
    client: &aws_sdk_ssoadmin::Client,
    action: &str,
    params: Params<'_>,
) -> Result<Value, CallError> {
    if action == "ProvisionPermissionSet" {
        return Ok(Value::Null);
    }
    let answer = client
        .get_inline_policy_for_permission_set()
        .instance_arn(params.text("instance_arn")?)
        .permission_set_arn(params.text("permission_set_arn")?)
        .send()
        .await
        .map_err(failed)?;
    match answer.inline_policy().unwrap_or_default() {
        "" => Err(missing()),
        policy => Ok(json!({"inline_policy": document(&json!(policy))})),
    }
}

pub(crate) async fn inspect_user(
    client: &aws_sdk_iam::Client,
    name: &str,
) -> Result<inventory::User, CallError> {
    let answer = client
        .get_user()
        .user_name(name)
        .send()
        .await
        .map_err(failed)?;
    let user = answer.user().ok_or_else(missing)?;
    let mut keys = access_keys(client, name).await?;
    for key in &mut keys {
        let used = client
            .get_access_key_last_used()
            .access_key_id(&key.access_key_id);
        let used = used.send().await.map_err(failed)?;
        let last = used
            .access_key_last_used()
            .and_then(|used| used.last_used_date());
        key.last_used = last.map(written);
    }
    let mut policies = Vec::new();
    let mut names = client
        .list_user_policies()
        .user_name(name)
        .into_paginator()
        .items()
        .send();
    while let Some(policy) = names.next().await {
        let policy = policy.map_err(failed)?;
        let held = client
            .get_user_policy()
            .user_name(name)
            .policy_name(&policy);
        let held = held.send().await.map_err(failed)?;
        policies.push(inventory::InlinePolicy {
            policy_document: decoded(held.policy_document()),
            policy_name: policy,
        });
    }
    let attached = all!(client.list_attached_user_policies().user_name(name));
    let groups = all!(client.list_groups_for_user().user_name(name));
    let devices = all!(client.list_mfa_devices().user_name(name));
    let password = match client
        .get_login_profile()
        .user_name(name)
        .send()
        .await
        .map_err(failed)
    {
        Ok(_) => true,
        Err(error) if error.kind == CallErrorKind::Missing => false,
        Err(error) => return Err(error),
    };
    let boundary = user.permissions_boundary();
    Ok(inventory::User {
        user_name: user.user_name().to_owned(),
        arn: user.arn().to_owned(),
        access_keys: Some(keys),
        inline_policies: Some(policies),
        attached_policies: Some(arns(attached.iter().map(|policy| policy.policy_arn()))),
        groups: Some(
            groups
                .iter()
                .map(|group| group.group_name().to_owned())
                .collect(),
        ),
        mfa_devices: Some(
            devices
                .iter()
                .map(|device| device.serial_number().to_owned())
                .collect(),
        ),
        has_password: Some(password),
        permissions_boundary: boundary
            .and_then(|boundary| boundary.permissions_boundary_arn())
            .map(str::to_owned),
    })
}

pub(crate) async fn inspect_role(
    client: &aws_sdk_iam::Client,
    name: &str,
) -> Result<inventory::Role, CallError> {
    let answer = client
        .get_role()
        .role_name(name)
        .send()
        .await
        .map_err(failed)?;
    let role = answer.role().ok_or_else(missing)?;
    let mut policies = Vec::new();
    let mut names = client
        .list_role_policies()
        .role_name(name)
        .into_paginator()
        .items()
        .send();
    while let Some(policy) = names.next().await {
        let policy = policy.map_err(failed)?;
        let held = client
            .get_role_policy()
            .role_name(name)
            .policy_name(&policy);
        let held = held.send().await.map_err(failed)?;
        policies.push(inventory::InlinePolicy {
            policy_document: decoded(held.policy_document()),
            policy_name: policy,
        });
    }
    let attached = all!(client.list_attached_role_policies().role_name(name));
    let profiles = all!(client.list_instance_profiles_for_role().role_name(name));
    let boundary = role.permissions_boundary();
    Ok(inventory::Role {
        role_name: role.role_name().to_owned(),
        arn: role.arn().to_owned(),
        role_id: role.role_id().to_owned(),
        max_session_duration: role.max_session_duration().map(i64::from),
        assume_role_policy_document: role.assume_role_policy_document().map(decoded),
        inline_policies: Some(policies),
        attached_policies: Some(arns(attached.iter().map(|policy| policy.policy_arn()))),
        instance_profiles: Some(
            profiles
                .iter()
                .map(|profile| profile.instance_profile_name().to_owned())
                .collect(),
        ),
        permissions_boundary: boundary
            .and_then(|boundary| boundary.permissions_boundary_arn())
            .map(str::to_owned),
    })
}

pub(crate) async fn inspect_function(
    client: &aws_sdk_lambda::Client,
    function: &str,
) -> Result<Value, CallError> {
    let answer = client
        .get_function()
        .function_name(function)
        .send()
        .await
        .map_err(failed)?;
    let settings = answer.configuration();
    let policy = match client
        .get_policy()
        .function_name(function)
        .send()
        .await
        .map_err(failed)
    {
        Ok(answer) => answer.policy().map(str::to_owned),
        Err(error) if error.kind == CallErrorKind::Missing => None,
        Err(error) => return Err(error),
    };
    Ok(json!({
        "arn": settings.and_then(|settings| settings.function_arn()),
        "role": settings.and_then(|settings| settings.role()),
        "code_sha256": settings.and_then(|settings| settings.code_sha256()),
        "last_modified": settings.and_then(|settings| settings.last_modified()),
        "policy": policy,
    }))
}

/// Parameters of a call, by name.
#[derive(Clone, Copy)]
pub(crate) struct Params<'a>(pub(crate) &'a Map<String, Value>);

impl<'a> Params<'a> {
    pub(crate) fn text(self, name: &str) -> Result<&'a str, CallError> {
        self.0
            .get(name)
            .and_then(Value::as_str)
            .ok_or_else(|| CallError::of("Unsupported", &format!("the call lacks `{name}`")))
    }

    pub(crate) fn number(self, name: &str) -> Result<i32, CallError> {
        let number = self.0.get(name).and_then(Value::as_i64);
        number
            .and_then(|number| i32::try_from(number).ok())
            .ok_or_else(|| CallError::of("Unsupported", &format!("the call lacks `{name}`")))
    }
}

/// The id of a service control policy, by its name.
pub(crate) async fn policy_id(
    client: &aws_sdk_organizations::Client,
    name: &str,
) -> Result<Option<String>, CallError> {
    let mut pages = client
        .list_policies()
        .filter(aws_sdk_organizations::types::PolicyType::ServiceControlPolicy)
        .into_paginator()
        .send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(failed)?;
        let found = page
            .policies()
            .iter()
            .find(|policy| policy.name() == Some(name));
        if let Some(id) = found.and_then(|policy| policy.id()) {
            return Ok(Some(id.to_owned()));
        }
    }
    Ok(None)
}

async fn access_keys(
    client: &aws_sdk_iam::Client,
    user: &str,
) -> Result<Vec<inventory::AccessKey>, CallError> {
    let listed = all!(client.list_access_keys().user_name(user));
    let mut keys = Vec::new();
    for key in listed {
        let id = key.access_key_id().unwrap_or_default().to_owned();
        keys.push(inventory::AccessKey {
            status: key.status().map_or("", |status| status.as_str()).to_owned(),
            create_date: key.create_date().map(written),
            last_used: None,
            access_key_id: id,
        });
    }
    keys.sort_by(|a, b| a.access_key_id.cmp(&b.access_key_id));
    Ok(keys)
}

fn arns<'a>(listed: impl Iterator<Item = Option<&'a str>>) -> Vec<String> {
    listed.flatten().map(str::to_owned).collect()
}

fn written(time: &aws_sdk_iam::primitives::DateTime) -> String {
    keyline_trail::time::format_time(time.secs().saturating_mul(1_000_000))
}

/// IAM gives policies percent-encoded.
fn decoded(text: &str) -> Value {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut place = 0;
    while place < bytes.len() {
        let coded = (bytes[place] == b'%')
            .then(|| text.get(place + 1..place + 3))
            .flatten()
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match coded {
            Some(byte) => {
                out.push(byte);
                place += 3;
            }
            None => {
                out.push(bytes[place]);
                place += 1;
            }
        }
    }
    document(&Value::String(String::from_utf8_lossy(&out).into_owned()))
}

fn there(is_there: bool, state: Value) -> Result<Value, CallError> {
    match is_there {
        true => Ok(state),
        false => Err(missing()),
    }
}

pub(crate) fn missing() -> CallError {
    CallError::of("NoSuchEntity", "")
}

pub(crate) fn failed<E, R>(error: SdkError<E, R>) -> CallError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug,
{
    match error.code() {
        Some(code) => CallError::of(code, error.message().unwrap_or_default()),
        None => CallError::of("NoAnswer", &DisplayErrorContext(&error).to_string()),
    }
}
