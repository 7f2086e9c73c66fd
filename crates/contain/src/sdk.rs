//! AWS itself: the one file of the project that can change an account.
//!
//! In: calls by name and parameters, from an approved plan. Out: states and answers. Each account is entered
//! by the role that the user's template names, or with the credentials at hand; what is read is read with the
//! same. Deliberately not here: whether a call is made (`run.rs`), and anything that a plan does not ask for.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_iam::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_http_client::tls;
use keyline_trail::partition::Partition;
use serde_json::{Map, Value, json};
use tokio::runtime::Runtime;

use crate::aws::{At, Aws, CallError};
use crate::error::{Error, ErrorKind};
use crate::inventory;
use crate::limits::{PROVISIONING_LOOKS_MAX, PROVISIONING_WAIT_S};
use crate::look::{
    Params, failed, iam_state, inspect_function, inspect_role, inspect_user, lambda_state, missing,
    organisation_state, permission_set_state, policy_id,
};
use crate::plan::Call;

/// How accounts are entered.
#[derive(Clone, Debug, Default)]
pub struct Entry {
    /// The ARN of a role, with `{account}` for the account; without it the credentials at hand are used.
    pub assume_role: Option<String>,
    pub external_id: Option<String>,
    /// The name of the sessions, so that the responder is seen in the logs.
    pub session_name: String,
    /// Another endpoint than AWS's own, for all services: for trials on an emulator.
    pub endpoint: Option<String>,
}

/// AWS, by its SDK.
pub struct Sdk {
    runtime: Runtime,
    base: SdkConfig,
    entry: Entry,
    /// One configuration for each account and region that was entered.
    entered: BTreeMap<(String, String), SdkConfig>,
}

impl Sdk {
    /// Takes the credentials that the environment or the profile gives. Nothing is called yet.
    pub fn new(entry: Entry) -> Result<Sdk, Error> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Error::new(ErrorKind::Identity, format!("cannot start: {error}")))?;
        let tls = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring);
        let client = aws_smithy_http_client::Builder::new()
            .tls_provider(tls)
            .build_https();
        let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(client);
        if let Some(endpoint) = &entry.endpoint {
            // An emulator takes any credentials, and gets none that are worth anything.
            let nobody = Credentials::new("AKIAIOSFODNN7EXAMPLE", "none", None, None, "emulator");
            loader = loader
                .endpoint_url(endpoint)
                .credentials_provider(SharedCredentialsProvider::new(nobody));
        }
        let base = runtime.block_on(loader.load());
        Ok(Sdk {
            runtime,
            base,
            entry,
            entered: BTreeMap::new(),
        })
    }

    fn enter(&mut self, account: &str, region: &str) -> SdkConfig {
        let key = (account.to_owned(), region.to_owned());
        if let Some(known) = self.entered.get(&key) {
            return known.clone();
        }
        let region_name = match region {
            "" => Partition::Aws.home_region(),
            region => region,
        };
        let in_region = || {
            let mut builder = self.base.to_builder();
            builder.set_region(Some(Region::new(region_name.to_owned())));
            builder
        };
        let mut builder = in_region();
        if let Some(template) = &self.entry.assume_role {
            let role = template.replace("{account}", account);
            let mut provider = aws_config::sts::AssumeRoleProvider::builder(role)
                .session_name(&self.entry.session_name)
                .configure(&in_region().build());
            if let Some(external_id) = &self.entry.external_id {
                provider = provider.external_id(external_id);
            }
            let provider = self.runtime.block_on(provider.build());
            builder.set_credentials_provider(Some(SharedCredentialsProvider::new(provider)));
        }
        let config = builder.build();
        self.entered.insert(key, config.clone());
        config
    }

    /// Users, roles and permission sets of an account, read only.
    pub fn inspect(
        &mut self,
        account: &str,
        region: &str,
    ) -> Result<inventory::Account, CallError> {
        let config = self.enter(account, region);
        let client = aws_sdk_iam::Client::new(&config);
        self.runtime.block_on(async {
            let mut found = inventory::Account {
                account: account.to_owned(),
                ..inventory::Account::default()
            };
            let mut users = client.list_users().into_paginator().items().send();
            while let Some(user) = users.next().await {
                let name = user.map_err(failed)?.user_name().to_owned();
                found.users.push(inspect_user(&client, &name).await?);
            }
            let mut roles = client.list_roles().into_paginator().items().send();
            while let Some(role) = roles.next().await {
                let name = role.map_err(failed)?.role_name().to_owned();
                found.roles.push(inspect_role(&client, &name).await?);
            }
            found.users.sort_by(|a, b| a.user_name.cmp(&b.user_name));
            found.roles.sort_by(|a, b| a.role_name.cmp(&b.role_name));
            Ok(found)
        })
    }
}

impl Aws for Sdk {
    fn identity(&mut self, account: &str) -> Result<String, CallError> {
        let config = self.enter(account, "");
        let client = aws_sdk_sts::Client::new(&config);
        let identity = self
            .runtime
            .block_on(client.get_caller_identity().send())
            .map_err(failed)?;
        Ok(identity.arn().unwrap_or_default().to_owned())
    }

    fn state(&mut self, place: &At<'_>, call: &Call) -> Result<Value, CallError> {
        let config = self.enter(place.account, place.region);
        let params = Params(&call.params);
        self.runtime.block_on(async {
            match call.service.as_str() {
                "iam" => {
                    let client = aws_sdk_iam::Client::new(&config);
                    iam_state(&client, &call.action, params).await
                }
                "lambda" => {
                    let client = aws_sdk_lambda::Client::new(&config);
                    lambda_state(&client, &call.action, params).await
                }
                "organizations" => {
                    let client = aws_sdk_organizations::Client::new(&config);
                    organisation_state(&client, params).await
                }
                "sso-admin" => {
                    let client = aws_sdk_ssoadmin::Client::new(&config);
                    permission_set_state(&client, &call.action, params).await
                }
                _ => Err(unsupported(call)),
            }
        })
    }

    fn call(&mut self, place: &At<'_>, call: &Call) -> Result<Value, CallError> {
        let config = self.enter(place.account, place.region);
        let params = Params(&call.params);
        self.runtime.block_on(async {
            match call.service.as_str() {
                "iam" => {
                    let client = aws_sdk_iam::Client::new(&config);
                    iam_call(&client, call, params).await
                }
                "lambda" => {
                    let client = aws_sdk_lambda::Client::new(&config);
                    lambda_call(&client, call, params).await
                }
                "organizations" => {
                    let client = aws_sdk_organizations::Client::new(&config);
                    organisation_call(&client, call, params).await
                }
                "sso-admin" => {
                    let client = aws_sdk_ssoadmin::Client::new(&config);
                    permission_set_call(&client, call, params).await
                }
                _ => Err(unsupported(call)),
            }
        })
    }

    fn snapshot(
        &mut self,
        place: &At<'_>,
        _operations: &[String],
        params: &Map<String, Value>,
    ) -> Result<Value, CallError> {
        let config = self.enter(place.account, place.region);
        let params = Params(params);
        self.runtime.block_on(async {
            let client = aws_sdk_iam::Client::new(&config);
            if let Ok(user) = params.text("user_name") {
                return Ok(json!(inspect_user(&client, user).await?));
            }
            if let Ok(role) = params.text("role_name") {
                return Ok(json!(inspect_role(&client, role).await?));
            }
            let function = params.text("function_name")?;
            let client = aws_sdk_lambda::Client::new(&config);
            inspect_function(&client, function).await
        })
    }
}

async fn iam_call(
    client: &aws_sdk_iam::Client,
    call: &Call,
    params: Params<'_>,
) -> Result<Value, CallError> {
    use aws_sdk_iam::types::StatusType;
    let text = |name| params.text(name);
    /// Sends a request and drops its answer, which holds nothing that the state does not show.
    macro_rules! send {
        ($request:expr) => {
            $request.send().await.map(drop).map_err(failed)?
        };
    }
    match call.action.as_str() {
        "PutUserPolicy" => send!(
            client
                .put_user_policy()
                .user_name(text("user_name")?)
                .policy_name(text("policy_name")?)
                .policy_document(text("policy_document")?)
        ),
        "DeleteUserPolicy" => send!(
            client
                .delete_user_policy()
                .user_name(text("user_name")?)
                .policy_name(text("policy_name")?)
        ),
        "PutRolePolicy" => send!(
            client
                .put_role_policy()
                .role_name(text("role_name")?)
                .policy_name(text("policy_name")?)
                .policy_document(text("policy_document")?)
        ),
        "DeleteRolePolicy" => send!(
            client
                .delete_role_policy()
                .role_name(text("role_name")?)
                .policy_name(text("policy_name")?)
        ),
        "UpdateAssumeRolePolicy" => send!(
            client
                .update_assume_role_policy()
                .role_name(text("role_name")?)
                .policy_document(text("policy_document")?)
        ),
        "UpdateAccessKey" => send!(
            client
                .update_access_key()
                .user_name(text("user_name")?)
                .access_key_id(text("access_key_id")?)
                .status(StatusType::from(text("status")?))
        ),
        "DeleteAccessKey" => send!(
            client
                .delete_access_key()
                .user_name(text("user_name")?)
                .access_key_id(text("access_key_id")?)
        ),
        "UpdateServiceSpecificCredential" => send!(
            client
                .update_service_specific_credential()
                .user_name(text("user_name")?)
                .service_specific_credential_id(text("service_specific_credential_id")?)
                .status(StatusType::from(text("status")?))
        ),
        "UpdateSSHPublicKey" => send!(
            client
                .update_ssh_public_key()
                .user_name(text("user_name")?)
                .ssh_public_key_id(text("ssh_public_key_id")?)
                .status(StatusType::from(text("status")?))
        ),
        "UpdateSigningCertificate" => send!(
            client
                .update_signing_certificate()
                .user_name(text("user_name")?)
                .certificate_id(text("certificate_id")?)
                .status(StatusType::from(text("status")?))
        ),
        "AttachUserPolicy" => send!(
            client
                .attach_user_policy()
                .user_name(text("user_name")?)
                .policy_arn(text("policy_arn")?)
        ),
        "DetachUserPolicy" => send!(
            client
                .detach_user_policy()
                .user_name(text("user_name")?)
                .policy_arn(text("policy_arn")?)
        ),
        "AttachRolePolicy" => send!(
            client
                .attach_role_policy()
                .role_name(text("role_name")?)
                .policy_arn(text("policy_arn")?)
        ),
        "DetachRolePolicy" => send!(
            client
                .detach_role_policy()
                .role_name(text("role_name")?)
                .policy_arn(text("policy_arn")?)
        ),
        "AddUserToGroup" => send!(
            client
                .add_user_to_group()
                .user_name(text("user_name")?)
                .group_name(text("group_name")?)
        ),
        "RemoveUserFromGroup" => send!(
            client
                .remove_user_from_group()
                .user_name(text("user_name")?)
                .group_name(text("group_name")?)
        ),
        "DeleteLoginProfile" => send!(client.delete_login_profile().user_name(text("user_name")?)),
        "DeactivateMFADevice" => send!(
            client
                .deactivate_mfa_device()
                .user_name(text("user_name")?)
                .serial_number(text("serial_number")?)
        ),
        "DeleteVirtualMFADevice" => send!(
            client
                .delete_virtual_mfa_device()
                .serial_number(text("serial_number")?)
        ),
        "DeleteUser" => send!(client.delete_user().user_name(text("user_name")?)),
        "DeleteRole" => send!(client.delete_role().role_name(text("role_name")?)),
        "DeletePolicy" => send!(client.delete_policy().policy_arn(text("policy_arn")?)),
        "DeletePolicyVersion" => send!(
            client
                .delete_policy_version()
                .policy_arn(text("policy_arn")?)
                .version_id(text("version_id")?)
        ),
        "SetDefaultPolicyVersion" => send!(
            client
                .set_default_policy_version()
                .policy_arn(text("policy_arn")?)
                .version_id(text("version_id")?)
        ),
        "DeleteInstanceProfile" => send!(
            client
                .delete_instance_profile()
                .instance_profile_name(text("instance_profile_name")?)
        ),
        "RemoveRoleFromInstanceProfile" => send!(
            client
                .remove_role_from_instance_profile()
                .instance_profile_name(text("instance_profile_name")?)
                .role_name(text("role_name")?)
        ),
        "DeleteSAMLProvider" => send!(
            client
                .delete_saml_provider()
                .saml_provider_arn(text("saml_provider_arn")?)
        ),
        _ => return Err(unsupported(call)),
    }
    Ok(Value::Null)
}

async fn lambda_call(
    client: &aws_sdk_lambda::Client,
    call: &Call,
    params: Params<'_>,
) -> Result<Value, CallError> {
    let function = params.text("function_name")?;
    match call.action.as_str() {
        "PutFunctionConcurrency" => client
            .put_function_concurrency()
            .function_name(function)
            .reserved_concurrent_executions(params.number("reserved_concurrent_executions")?)
            .send()
            .await
            .map(drop)
            .map_err(failed)?,
        "DeleteFunctionConcurrency" => client
            .delete_function_concurrency()
            .function_name(function)
            .send()
            .await
            .map(drop)
            .map_err(failed)?,
        "RemovePermission" => client
            .remove_permission()
            .function_name(function)
            .statement_id(params.text("statement_id")?)
            .send()
            .await
            .map(drop)
            .map_err(failed)?,
        _ => return Err(unsupported(call)),
    }
    Ok(Value::Null)
}

/// The policy is made where there is none of its name, brought up to date where there is, and attached.
async fn organisation_call(
    client: &aws_sdk_organizations::Client,
    call: &Call,
    params: Params<'_>,
) -> Result<Value, CallError> {
    let name = params.text("name")?;
    let target = params.text("target_id")?;
    let known = policy_id(client, name).await?;
    if call.action == "DetachPolicy" {
        let id = known.ok_or_else(missing)?;
        let detach = client.detach_policy().policy_id(id).target_id(target);
        detach.send().await.map_err(failed)?;
        return Ok(Value::Null);
    }
    let content = params.text("content")?;
    let id = match known {
        Some(id) => {
            let update = client.update_policy().policy_id(&id).content(content);
            update.send().await.map_err(failed)?;
            id
        }
        None => {
            let made = client
                .create_policy()
                .name(name)
                .description(params.text("description")?)
                .r#type(aws_sdk_organizations::types::PolicyType::ServiceControlPolicy)
                .content(content)
                .send()
                .await
                .map_err(failed)?;
            let summary = made.policy().and_then(|policy| policy.policy_summary());
            let id = summary.and_then(|summary| summary.id());
            id.ok_or_else(missing)?.to_owned()
        }
    };
    let attach = client.attach_policy().policy_id(&id).target_id(target);
    match attach.send().await.map_err(failed) {
        Err(error) if error.code != "DuplicatePolicyAttachmentException" => Err(error),
        _ => Ok(json!({"policy_id": id})),
    }
}

async fn permission_set_call(
    client: &aws_sdk_ssoadmin::Client,
    call: &Call,
    params: Params<'_>,
) -> Result<Value, CallError> {
    let instance = params.text("instance_arn")?;
    let set = params.text("permission_set_arn")?;
    match call.action.as_str() {
        "PutInlinePolicyToPermissionSet" => {
            let put = client
                .put_inline_policy_to_permission_set()
                .instance_arn(instance)
                .permission_set_arn(set)
                .inline_policy(params.text("inline_policy")?);
            put.send().await.map_err(failed)?;
        }
        "DeleteInlinePolicyFromPermissionSet" => {
            let delete = client
                .delete_inline_policy_from_permission_set()
                .instance_arn(instance)
                .permission_set_arn(set);
            delete.send().await.map_err(failed)?;
        }
        "ProvisionPermissionSet" => {
            use aws_sdk_ssoadmin::types::{ProvisionTargetType, StatusValues};
            let begun = client
                .provision_permission_set()
                .instance_arn(instance)
                .permission_set_arn(set)
                .target_type(ProvisionTargetType::AllProvisionedAccounts)
                .send()
                .await
                .map_err(failed)?;
            let status = begun.permission_set_provisioning_status();
            let request = status
                .and_then(|status| status.request_id())
                .unwrap_or_default();
            for _ in 0..PROVISIONING_LOOKS_MAX {
                let answer = client
                    .describe_permission_set_provisioning_status()
                    .instance_arn(instance)
                    .provision_permission_set_request_id(request)
                    .send()
                    .await
                    .map_err(failed)?;
                let status = answer.permission_set_provisioning_status();
                match status.and_then(|status| status.status()) {
                    Some(StatusValues::Succeeded) => return Ok(Value::Null),
                    Some(StatusValues::Failed) => {
                        let why = status.and_then(|status| status.failure_reason());
                        return Err(CallError::of("ProvisioningFailed", why.unwrap_or_default()));
                    }
                    _ => tokio::time::sleep(Duration::from_secs(PROVISIONING_WAIT_S)).await,
                }
            }
            return Err(CallError::of("ProvisioningPending", "it is not done yet"));
        }
        _ => return Err(unsupported(call)),
    }
    Ok(Value::Null)
}

fn unsupported(call: &Call) -> CallError {
    CallError::of("Unsupported", &format!("{}:{}", call.service, call.action))
}
