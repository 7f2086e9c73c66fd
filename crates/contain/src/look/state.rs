//! The state of what a call changes, as it is now.
//!
//! In: a call. Out: the state that [`wanted`](crate::aws::wanted) describes, or that there is none. One arm
//! for each call that the program makes.

use aws_config::SdkConfig;
use keyline_trail::time::format_time;
use serde_json::{Value, json};

use super::{Params, all, ask, decoded, failed, missing, s3_client};
use crate::aws::{CallError, document};
use crate::plan::Call;

/// The state that a call is about, in the account that the configuration enters.
pub(crate) async fn state(
    config: &SdkConfig,
    account: &str,
    call: &Call,
) -> Result<Value, CallError> {
    let params = Params(&call.params);
    let action = call.action.as_str();
    match call.service.as_str() {
        "iam" => of_iam(&aws_sdk_iam::Client::new(config), action, params).await,
        "lambda" => of_lambda(&aws_sdk_lambda::Client::new(config), action, params).await,
        "organizations" => {
            of_organisation(&aws_sdk_organizations::Client::new(config), params).await
        }
        "rolesanywhere" => {
            let client = aws_sdk_rolesanywhere::Client::new(config);
            of_roles_anywhere(&client, action, params).await
        }
        "s3api" => of_s3(&s3_client(config), account, action, params).await,
        "sso-admin" => {
            let client = aws_sdk_ssoadmin::Client::new(config);
            of_permission_set(&client, action, params).await
        }
        other => Err(CallError::of("Unsupported", &format!("{other}:{action}"))),
    }
}

async fn of_iam(
    client: &aws_sdk_iam::Client,
    action: &str,
    params: Params<'_>,
) -> Result<Value, CallError> {
    let text = |name| params.text(name);
    let policy = |coded: &str| Ok(json!({"policy_document": decoded(coded)}));
    match action {
        "PutUserPolicy" | "DeleteUserPolicy" => {
            let held = ask!(client, get_user_policy, params, [user_name, policy_name]);
            policy(held.policy_document())
        }
        "PutRolePolicy" | "DeleteRolePolicy" => {
            let held = ask!(client, get_role_policy, params, [role_name, policy_name]);
            policy(held.policy_document())
        }
        "UpdateAssumeRolePolicy" | "DeleteRole" => {
            let answer = ask!(client, get_role, params, [role_name]);
            let role = answer.role().ok_or_else(missing)?;
            policy(role.assume_role_policy_document().unwrap_or_default())
        }
        "PutUserPermissionsBoundary" | "DeleteUserPermissionsBoundary" => {
            let answer = ask!(client, get_user, params, [user_name]);
            let user = answer.user().ok_or_else(missing)?;
            boundary(user.permissions_boundary())
        }
        "PutRolePermissionsBoundary" | "DeleteRolePermissionsBoundary" => {
            let answer = ask!(client, get_role, params, [role_name]);
            let role = answer.role().ok_or_else(missing)?;
            boundary(role.permissions_boundary())
        }
        "AttachUserPolicy" | "DetachUserPolicy" => {
            let listed = all!(client, list_attached_user_policies, params, [user_name]);
            let listed = listed.iter().filter_map(|policy| policy.policy_arn());
            among(listed, text("policy_arn")?, json!({"attached": true}))
        }
        "AttachRolePolicy" | "DetachRolePolicy" => {
            let listed = all!(client, list_attached_role_policies, params, [role_name]);
            let listed = listed.iter().filter_map(|policy| policy.policy_arn());
            among(listed, text("policy_arn")?, json!({"attached": true}))
        }
        "AddUserToGroup" | "RemoveUserFromGroup" => {
            let listed = all!(client, list_groups_for_user, params, [user_name]);
            let listed = listed.iter().map(|group| group.group_name());
            among(listed, text("group_name")?, json!({"member": true}))
        }
        crate::verify::LIST_KEYS => {
            let listed = all!(client, list_access_keys, params, [user_name]);
            let listed = listed.iter().map(|key| {
                json!({
                    "access_key_id": key.access_key_id(),
                    "status": key.status().map_or("", |status| status.as_str()),
                })
            });
            Ok(json!({"access_keys": listed.collect::<Vec<_>>()}))
        }
        "UpdateAccessKey" | "DeleteAccessKey" => {
            let listed = all!(client, list_access_keys, params, [user_name]);
            let listed = listed.iter().filter_map(|key| {
                let status = key.status().map_or("", |status| status.as_str());
                Some((key.access_key_id()?, status))
            });
            status(listed, text("access_key_id")?)
        }
        "UpdateServiceSpecificCredential" => {
            let answer = ask!(
                client,
                list_service_specific_credentials,
                params,
                [user_name]
            );
            let listed = answer.service_specific_credentials().iter();
            let listed = listed.map(|known| {
                (
                    known.service_specific_credential_id(),
                    known.status().as_str(),
                )
            });
            status(listed, text("service_specific_credential_id")?)
        }
        "UpdateSSHPublicKey" => {
            let listed = all!(client, list_ssh_public_keys, params, [user_name]);
            let listed = listed
                .iter()
                .map(|known| (known.ssh_public_key_id(), known.status().as_str()));
            status(listed, text("ssh_public_key_id")?)
        }
        "UpdateSigningCertificate" => {
            let listed = all!(client, list_signing_certificates, params, [user_name]);
            let listed = listed
                .iter()
                .map(|known| (known.certificate_id(), known.status().as_str()));
            status(listed, text("certificate_id")?)
        }
        "DeactivateMFADevice" => {
            let listed = all!(client, list_mfa_devices, params, [user_name]);
            let listed = listed.iter().map(|device| device.serial_number());
            among(listed, text("serial_number")?, exists())
        }
        "DeleteVirtualMFADevice" => {
            let listed = all!(client.list_virtual_mfa_devices());
            let listed = listed.iter().map(|device| device.serial_number());
            among(listed, text("serial_number")?, exists())
        }
        "DeleteLoginProfile" => {
            let answer = ask!(client, get_login_profile, params, [user_name]);
            let made = answer.login_profile().ok_or_else(missing)?.create_date();
            Ok(json!({"exists": true, "made": format_time(made.secs().saturating_mul(1_000_000))}))
        }
        "DeleteUser" => {
            ask!(client, get_user, params, [user_name]);
            Ok(exists())
        }
        "SetDefaultPolicyVersion" | "DeletePolicy" => {
            let answer = ask!(client, get_policy, params, [policy_arn]);
            let held = answer.policy();
            Ok(json!({"version_id": held.and_then(|policy| policy.default_version_id())}))
        }
        "DeletePolicyVersion" => {
            ask!(client, get_policy_version, params, [policy_arn, version_id]);
            Ok(exists())
        }
        "DeleteInstanceProfile" => {
            ask!(
                client,
                get_instance_profile,
                params,
                [instance_profile_name]
            );
            Ok(exists())
        }
        "RemoveRoleFromInstanceProfile" => {
            let answer = ask!(
                client,
                get_instance_profile,
                params,
                [instance_profile_name]
            );
            let profile = answer.instance_profile().ok_or_else(missing)?;
            let listed = profile.roles().iter().map(|role| role.role_name());
            among(listed, text("role_name")?, json!({"member": true}))
        }
        "DeleteSAMLProvider" => {
            ask!(client, get_saml_provider, params, [saml_provider_arn]);
            Ok(exists())
        }
        other => Err(CallError::of("Unsupported", other)),
    }
}

async fn of_lambda(
    client: &aws_sdk_lambda::Client,
    action: &str,
    params: Params<'_>,
) -> Result<Value, CallError> {
    match action {
        "RemovePermission" => {
            let answer = ask!(client, get_policy, params, [function_name]);
            let policy = document(&json!(answer.policy().unwrap_or_default()));
            let statements = policy["Statement"].as_array().into_iter().flatten();
            let listed = statements.filter_map(|statement| statement["Sid"].as_str());
            among(listed, params.text("statement_id")?, exists())
        }
        "DeleteFunction" => {
            ask!(client, get_function, params, [function_name]);
            Ok(exists())
        }
        _ => {
            let answer = ask!(client, get_function_concurrency, params, [function_name]);
            let reserved = answer.reserved_concurrent_executions();
            let reserved = reserved.ok_or_else(missing)?;
            Ok(json!({"reserved_concurrent_executions": reserved}))
        }
    }
}

async fn of_roles_anywhere(
    client: &aws_sdk_rolesanywhere::Client,
    action: &str,
    params: Params<'_>,
) -> Result<Value, CallError> {
    let enabled = match action {
        "DisableTrustAnchor" | "EnableTrustAnchor" | "DeleteTrustAnchor" => {
            let answer = ask!(client, get_trust_anchor, params, [trust_anchor_id]);
            answer.trust_anchor().and_then(|anchor| anchor.enabled())
        }
        _ => {
            let answer = ask!(client, get_profile, params, [profile_id]);
            answer.profile().and_then(|profile| profile.enabled())
        }
    };
    Ok(json!({"enabled": enabled.ok_or_else(missing)?}))
}

async fn of_s3(
    client: &aws_sdk_s3::Client,
    account: &str,
    action: &str,
    params: Params<'_>,
) -> Result<Value, CallError> {
    let bucket = params.text("bucket")?;
    match action {
        "PutBucketPolicy" | "DeleteBucketPolicy" => {
            let asked = client.get_bucket_policy().bucket(bucket);
            let answer = asked.expected_bucket_owner(account).send().await;
            let answer = answer.map_err(failed)?;
            Ok(json!({"policy": document(&json!(answer.policy().unwrap_or_default()))}))
        }
        "PutPublicAccessBlock" => {
            let asked = client.get_public_access_block().bucket(bucket);
            let answer = asked.expected_bucket_owner(account).send().await;
            let answer = answer.map_err(failed)?;
            let block = answer.public_access_block_configuration();
            let block = block.ok_or_else(missing)?;
            let is = |flag: Option<bool>| flag.unwrap_or(false).to_string();
            Ok(json!({"public_access_block_configuration": {
                "BlockPublicAcls": is(block.block_public_acls()),
                "IgnorePublicAcls": is(block.ignore_public_acls()),
                "BlockPublicPolicy": is(block.block_public_policy()),
                "RestrictPublicBuckets": is(block.restrict_public_buckets()),
            }}))
        }
        "PutBucketVersioning" => {
            let asked = client.get_bucket_versioning().bucket(bucket);
            let answer = asked.expected_bucket_owner(account).send().await;
            let answer = answer.map_err(failed)?;
            let status = answer.status().ok_or_else(missing)?;
            Ok(json!({"versioning_configuration": {"Status": status.as_str()}}))
        }
        "DeleteObject" => {
            let asked = client.head_object().bucket(bucket).key(params.text("key")?);
            let answer = asked.expected_bucket_owner(account).send().await;
            answer.map_err(failed)?;
            Ok(exists())
        }
        other => Err(CallError::of("Unsupported", other)),
    }
}

async fn of_organisation(
    client: &aws_sdk_organizations::Client,
    params: Params<'_>,
) -> Result<Value, CallError> {
    let id = policy_id(client, params.text("name")?)
        .await?
        .ok_or_else(missing)?;
    let mut attached = Vec::new();
    let pages = client.list_targets_for_policy().policy_id(&id);
    let mut pages = pages.into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(failed)?;
        let targets = page
            .targets()
            .iter()
            .filter_map(|target| target.target_id());
        attached.extend(targets.map(str::to_owned));
    }
    let attached = attached.iter().map(String::as_str);
    among(attached, params.text("target_id")?, Value::Null)?;
    let answer = client.describe_policy().policy_id(&id).send().await;
    let answer = answer.map_err(failed)?;
    let content = answer.policy().and_then(|policy| policy.content());
    Ok(json!({"content": document(&json!(content))}))
}

async fn of_permission_set(
    client: &aws_sdk_ssoadmin::Client,
    action: &str,
    params: Params<'_>,
) -> Result<Value, CallError> {
    if action == "ProvisionPermissionSet" {
        use aws_sdk_ssoadmin::types::ProvisioningStatus::LatestPermissionSetNotProvisioned;
        let behind = client
            .list_accounts_for_provisioned_permission_set()
            .instance_arn(params.text("instance_arn")?)
            .permission_set_arn(params.text("permission_set_arn")?)
            .provisioning_status(LatestPermissionSetNotProvisioned);
        let behind = all!(behind);
        return Ok(json!({"provisioned": behind.is_empty()}));
    }
    let answer = ask!(
        client,
        get_inline_policy_for_permission_set,
        params,
        [instance_arn, permission_set_arn]
    );
    let policy = match answer.inline_policy().unwrap_or_default() {
        "" if action == "DeleteInlinePolicyFromPermissionSet" => return Err(missing()),
        "" => Value::Null,
        policy => document(&json!(policy)),
    };
    let answer = ask!(
        client,
        describe_permission_set,
        params,
        [instance_arn, permission_set_arn]
    );
    let name = answer.permission_set().and_then(|set| set.name());
    Ok(json!({"inline_policy": policy, "permission_set_name": name}))
}

/// The id of an organisation's policy, by its name.
pub(crate) async fn policy_id(
    client: &aws_sdk_organizations::Client,
    name: &str,
) -> Result<Option<String>, CallError> {
    let kind = aws_sdk_organizations::types::PolicyType::ServiceControlPolicy;
    let mut pages = client.list_policies().filter(kind).into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(failed)?;
        let mut named = page.policies().iter();
        let found = named.find(|policy| policy.name() == Some(name));
        if let Some(id) = found.and_then(|policy| policy.id()) {
            return Ok(Some(id.to_owned()));
        }
    }
    Ok(None)
}

fn exists() -> Value {
    json!({"exists": true})
}

/// A state that something has because it stands in a list.
fn among<'a>(
    mut listed: impl Iterator<Item = &'a str>,
    wanted: &str,
    state: Value,
) -> Result<Value, CallError> {
    match listed.any(|name| name == wanted) {
        true => Ok(state),
        false => Err(missing()),
    }
}

/// The status of one of a list.
fn status<'a>(
    mut listed: impl Iterator<Item = (&'a str, &'a str)>,
    wanted: &str,
) -> Result<Value, CallError> {
    let found = listed.find(|(id, _)| *id == wanted).ok_or_else(missing)?;
    Ok(json!({"status": found.1}))
}

fn boundary(
    held: Option<&aws_sdk_iam::types::AttachedPermissionsBoundary>,
) -> Result<Value, CallError> {
    let arn = held.and_then(|held| held.permissions_boundary_arn());
    Ok(json!({"permissions_boundary": arn.ok_or_else(missing)?}))
}
