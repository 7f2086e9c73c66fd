//! AWS itself: the one file of the project that can change an account.
//!
//! In: calls by name and parameters, from an approved plan. Out: states and answers. Each account is entered
//! by the role that the user's template names, or with the credentials at hand; what is read is read with the
//! same. What does not touch the same is asked for at the same time. Deliberately not here: whether a call is
//! made (`run.rs`), and anything that a plan does not ask for.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_iam::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_http_client::tls;
use keyline_trail::partition::Partition;
use serde_json::{Map, Value, json};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::aws::{Ask, Asked, At, Aws, CallError, shorthand};
use crate::error::{Error, ErrorKind};
use crate::inventory;
use crate::limits::{ENTRY_LASTS_S_MIN, PROVISIONING_LOOKS_MAX, PROVISIONING_WAIT_S, TRIES_MAX};
use crate::look::{self, Params, Whom, failed, missing};
use crate::plan::Call;

/// How accounts are entered.
#[derive(Clone, Debug, Default)]
pub struct Entry {
    /// The ARN of a role, with `{account}` for the account; without it the credentials at hand are used.
    pub assume_role: Option<String>,
    pub external_id: Option<String>,
    /// The name of the sessions, so that the responder is seen in the logs.
    pub session_name: String,
    /// Who is behind the session, for the logs of every account and of every role taken from there.
    pub source_identity: Option<String>,
    pub session_tags: Vec<(String, String)>,
    /// Another endpoint than AWS's own, for all services: for trials on an emulator.
    pub endpoint: Option<String>,
}

/// AWS, by its SDK.
pub struct Sdk {
    runtime: Runtime,
    base: SdkConfig,
    entry: Entry,
    /// One configuration for each account and region that was entered, with when its credentials end.
    entered: BTreeMap<(String, String), (SdkConfig, Option<SystemTime>)>,
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
        let retries = RetryConfig::standard().with_max_attempts(TRIES_MAX);
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(client)
            .retry_config(retries);
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

    /// The configuration for an account and a region; its role is taken anew before its session ends.
    fn enter(&mut self, account: &str, region: &str) -> Result<SdkConfig, CallError> {
        let key = (account.to_owned(), region.to_owned());
        let soon = SystemTime::now() + Duration::from_secs(ENTRY_LASTS_S_MIN);
        match self.entered.get(&key) {
            Some((known, end)) if end.is_none_or(|end| end > soon) => return Ok(known.clone()),
            _ => {}
        }
        let region_name = match region {
            "" => Partition::Aws.home_region(),
            region => region,
        };
        let mut builder = self.base.to_builder();
        builder.set_region(Some(Region::new(region_name.to_owned())));
        let mut config = builder.build();
        let mut end = None;
        if let Some(template) = &self.entry.assume_role {
            let client = aws_sdk_sts::Client::new(&config);
            let role = template.replace("{account}", account);
            let session = self.runtime.block_on(session(&client, &self.entry, role))?;
            end = session.expiry();
            let mut builder = config.to_builder();
            builder.set_credentials_provider(Some(SharedCredentialsProvider::new(session)));
            config = builder.build();
        }
        self.entered.insert(key, (config.clone(), end));
        Ok(config)
    }

    /// Users, roles and permission sets of an account, or one user or role with who can assume what; read
    /// only. What could not be read stands there with its reason.
    pub fn inspect(
        &mut self,
        account: &str,
        region: &str,
        whom: &Whom,
    ) -> Result<inventory::Account, CallError> {
        let config = self.enter(account, region)?;
        self.runtime
            .block_on(look::inspect::account(&config, account, whom))
    }

    /// Answers to several questions, asked at the same time.
    fn at_once(&mut self, asked: &[Asked<'_>]) -> Vec<Result<Value, CallError>> {
        let mut answers: Vec<Result<Value, CallError>> = Vec::with_capacity(asked.len());
        let mut waiting = JoinSet::new();
        for (number, question) in asked.iter().enumerate() {
            let At { account, region } = question.place;
            match self.enter(account, region) {
                Ok(config) => {
                    let answering = answer(config, account.to_owned(), owned(&question.ask));
                    let numbered = async move { (number, answering.await) };
                    waiting.spawn_on(numbered, self.runtime.handle());
                    answers.push(Err(CallError::of("NoAnswer", "")));
                }
                Err(error) => answers.push(Err(error)),
            }
        }
        self.runtime.block_on(async {
            while let Some(ended) = waiting.join_next().await {
                if let Ok((number, answer)) = ended {
                    answers[number] = answer;
                }
            }
        });
        answers
    }

    fn alone(&mut self, place: &At<'_>, ask: Ask<'_>) -> Result<Value, CallError> {
        let asked = [Asked { place: *place, ask }];
        let mut answers = self.at_once(&asked);
        answers
            .pop()
            .unwrap_or_else(|| Err(CallError::of("NoAnswer", "")))
    }
}

impl Aws for Sdk {
    fn identity(&mut self, place: &At<'_>) -> Result<String, CallError> {
        let config = self.enter(place.account, place.region)?;
        self.runtime.block_on(whoami(&config))
    }

    fn behind(&mut self, region: &str) -> Result<Vec<String>, CallError> {
        if self.entry.assume_role.is_none() {
            return Ok(Vec::new());
        }
        let mut builder = self.base.to_builder();
        builder.set_region(Some(Region::new(region.to_owned())));
        let config = builder.build();
        Ok(vec![self.runtime.block_on(whoami(&config))?])
    }

    fn state(&mut self, place: &At<'_>, call: &Call) -> Result<Value, CallError> {
        self.alone(place, Ask::State(call))
    }

    fn call(&mut self, place: &At<'_>, call: &Call) -> Result<Value, CallError> {
        self.alone(place, Ask::Call(call))
    }

    fn snapshot(
        &mut self,
        place: &At<'_>,
        params: &Map<String, Value>,
    ) -> Result<Value, CallError> {
        self.alone(place, Ask::Snapshot(params))
    }

    fn together(&mut self, asked: &[Asked<'_>]) -> Vec<Result<Value, CallError>> {
        self.at_once(asked)
    }
}

/// A question that outlives whoever asked it.
enum Question {
    State(Call),
    Call(Call),
    Snapshot(Map<String, Value>),
}

fn owned(ask: &Ask<'_>) -> Question {
    match ask {
        Ask::State(call) => Question::State((*call).clone()),
        Ask::Call(call) => Question::Call((*call).clone()),
        Ask::Snapshot(params) => Question::Snapshot((*params).clone()),
    }
}

async fn answer(
    config: SdkConfig,
    account: String,
    question: Question,
) -> Result<Value, CallError> {
    match question {
        Question::State(call) => look::state::state(&config, &account, &call).await,
        Question::Snapshot(params) => look::inspect::snapshot(&config, Params(&params)).await,
        Question::Call(call) => {
            let params = Params(&call.params);
            match call.service.as_str() {
                "iam" => iam(&aws_sdk_iam::Client::new(&config), &call, params).await,
                "lambda" => lambda(&aws_sdk_lambda::Client::new(&config), &call, params).await,
                "organizations" => {
                    let client = aws_sdk_organizations::Client::new(&config);
                    organisation(&client, &call, params).await
                }
                "rolesanywhere" => {
                    let client = aws_sdk_rolesanywhere::Client::new(&config);
                    roles_anywhere(&client, &call, params).await
                }
                "s3api" => s3(&look::s3_client(&config), &account, &call, params).await,
                "sso-admin" => {
                    let client = aws_sdk_ssoadmin::Client::new(&config);
                    permission_set(&client, &call, params).await
                }
                _ => Err(unsupported(&call)),
            }
        }
    }
}

async fn whoami(config: &SdkConfig) -> Result<String, CallError> {
    let client = aws_sdk_sts::Client::new(config);
    let identity = client.get_caller_identity().send().await.map_err(failed)?;
    Ok(identity.arn().unwrap_or_default().to_owned())
}

/// A session of the responder's role.
async fn session(
    client: &aws_sdk_sts::Client,
    entry: &Entry,
    role: String,
) -> Result<Credentials, CallError> {
    let mut request = client
        .assume_role()
        .role_arn(&role)
        .role_session_name(&entry.session_name)
        .set_external_id(entry.external_id.clone())
        .set_source_identity(entry.source_identity.clone());
    for (key, value) in &entry.session_tags {
        let tag = aws_sdk_sts::types::Tag::builder().key(key).value(value);
        let tag = tag.build().map_err(|error| {
            CallError::of("Unsupported", &format!("the session tag `{key}`: {error}"))
        })?;
        request = request.tags(tag);
    }
    let answer = request.send().await.map_err(|error| {
        let mut error = failed(error);
        error.message = format!("taking the role {role}: {}", error.message);
        error
    })?;
    let given = answer.credentials().ok_or_else(missing)?;
    let end = SystemTime::try_from(*given.expiration()).ok();
    Ok(Credentials::new(
        given.access_key_id(),
        given.secret_access_key(),
        Some(given.session_token().to_owned()),
        end,
        "responder",
    ))
}

/// Sends a request with the parameters of the call that its setters are named like, and drops its answer,
/// which holds nothing that the state does not show.
macro_rules! send {
    ($client:ident, $operation:ident, $params:ident, [$($name:ident),*] $(, $set:ident = $value:expr)*) => {
        $client
            .$operation()
            $(.$name($params.text(stringify!($name))?))*
            $(.$set($value))*
            .send()
            .await
            .map(drop)
            .map_err(failed)?
    };
}

async fn iam(
    client: &aws_sdk_iam::Client,
    call: &Call,
    params: Params<'_>,
) -> Result<Value, CallError> {
    let status = || {
        params
            .text("status")
            .map(aws_sdk_iam::types::StatusType::from)
    };
    match call.action.as_str() {
        "PutUserPolicy" => {
            send!(
                client,
                put_user_policy,
                params,
                [user_name, policy_name, policy_document]
            )
        }
        "DeleteUserPolicy" => send!(client, delete_user_policy, params, [user_name, policy_name]),
        "PutRolePolicy" => {
            send!(
                client,
                put_role_policy,
                params,
                [role_name, policy_name, policy_document]
            )
        }
        "DeleteRolePolicy" => send!(client, delete_role_policy, params, [role_name, policy_name]),
        "UpdateAssumeRolePolicy" => {
            send!(
                client,
                update_assume_role_policy,
                params,
                [role_name, policy_document]
            )
        }
        "AttachUserPolicy" => send!(client, attach_user_policy, params, [user_name, policy_arn]),
        "DetachUserPolicy" => send!(client, detach_user_policy, params, [user_name, policy_arn]),
        "AttachRolePolicy" => send!(client, attach_role_policy, params, [role_name, policy_arn]),
        "DetachRolePolicy" => send!(client, detach_role_policy, params, [role_name, policy_arn]),
        "PutUserPermissionsBoundary" => {
            send!(
                client,
                put_user_permissions_boundary,
                params,
                [user_name, permissions_boundary]
            )
        }
        "DeleteUserPermissionsBoundary" => {
            send!(
                client,
                delete_user_permissions_boundary,
                params,
                [user_name]
            )
        }
        "PutRolePermissionsBoundary" => {
            send!(
                client,
                put_role_permissions_boundary,
                params,
                [role_name, permissions_boundary]
            )
        }
        "DeleteRolePermissionsBoundary" => {
            send!(
                client,
                delete_role_permissions_boundary,
                params,
                [role_name]
            )
        }
        "UpdateAccessKey" => {
            send!(
                client,
                update_access_key,
                params,
                [user_name, access_key_id],
                status = status()?
            )
        }
        "DeleteAccessKey" => send!(
            client,
            delete_access_key,
            params,
            [user_name, access_key_id]
        ),
        "UpdateServiceSpecificCredential" => send!(
            client,
            update_service_specific_credential,
            params,
            [user_name, service_specific_credential_id],
            status = status()?
        ),
        "UpdateSSHPublicKey" => send!(
            client,
            update_ssh_public_key,
            params,
            [user_name, ssh_public_key_id],
            status = status()?
        ),
        "UpdateSigningCertificate" => send!(
            client,
            update_signing_certificate,
            params,
            [user_name, certificate_id],
            status = status()?
        ),
        "AddUserToGroup" => send!(client, add_user_to_group, params, [user_name, group_name]),
        "RemoveUserFromGroup" => {
            send!(
                client,
                remove_user_from_group,
                params,
                [user_name, group_name]
            )
        }
        "DeleteLoginProfile" => send!(client, delete_login_profile, params, [user_name]),
        "DeactivateMFADevice" => {
            send!(
                client,
                deactivate_mfa_device,
                params,
                [user_name, serial_number]
            )
        }
        "DeleteVirtualMFADevice" => {
            send!(client, delete_virtual_mfa_device, params, [serial_number])
        }
        "DeleteUser" => send!(client, delete_user, params, [user_name]),
        "DeleteRole" => send!(client, delete_role, params, [role_name]),
        "DeletePolicy" => send!(client, delete_policy, params, [policy_arn]),
        "DeletePolicyVersion" => {
            send!(
                client,
                delete_policy_version,
                params,
                [policy_arn, version_id]
            )
        }
        "SetDefaultPolicyVersion" => {
            send!(
                client,
                set_default_policy_version,
                params,
                [policy_arn, version_id]
            )
        }
        "DeleteInstanceProfile" => {
            send!(
                client,
                delete_instance_profile,
                params,
                [instance_profile_name]
            )
        }
        "RemoveRoleFromInstanceProfile" => send!(
            client,
            remove_role_from_instance_profile,
            params,
            [instance_profile_name, role_name]
        ),
        "DeleteSAMLProvider" => send!(client, delete_saml_provider, params, [saml_provider_arn]),
        _ => return Err(unsupported(call)),
    }
    Ok(Value::Null)
}

async fn lambda(
    client: &aws_sdk_lambda::Client,
    call: &Call,
    params: Params<'_>,
) -> Result<Value, CallError> {
    match call.action.as_str() {
        "PutFunctionConcurrency" => send!(
            client,
            put_function_concurrency,
            params,
            [function_name],
            reserved_concurrent_executions = params.number("reserved_concurrent_executions")?
        ),
        "DeleteFunctionConcurrency" => {
            send!(client, delete_function_concurrency, params, [function_name])
        }
        "DeleteFunction" => send!(client, delete_function, params, [function_name]),
        "RemovePermission" => {
            send!(
                client,
                remove_permission,
                params,
                [function_name, statement_id]
            )
        }
        _ => return Err(unsupported(call)),
    }
    Ok(Value::Null)
}

async fn roles_anywhere(
    client: &aws_sdk_rolesanywhere::Client,
    call: &Call,
    params: Params<'_>,
) -> Result<Value, CallError> {
    match call.action.as_str() {
        "DisableTrustAnchor" => send!(client, disable_trust_anchor, params, [trust_anchor_id]),
        "EnableTrustAnchor" => send!(client, enable_trust_anchor, params, [trust_anchor_id]),
        "DeleteTrustAnchor" => send!(client, delete_trust_anchor, params, [trust_anchor_id]),
        "DisableProfile" => send!(client, disable_profile, params, [profile_id]),
        "EnableProfile" => send!(client, enable_profile, params, [profile_id]),
        "DeleteProfile" => send!(client, delete_profile, params, [profile_id]),
        _ => return Err(unsupported(call)),
    }
    Ok(Value::Null)
}

/// Whoever owns a bucket by now must be the account that the plan names.
async fn s3(
    client: &aws_sdk_s3::Client,
    account: &str,
    call: &Call,
    params: Params<'_>,
) -> Result<Value, CallError> {
    use aws_sdk_s3::types::{
        BucketVersioningStatus, PublicAccessBlockConfiguration, VersioningConfiguration,
    };
    match call.action.as_str() {
        "PutBucketPolicy" => send!(
            client,
            put_bucket_policy,
            params,
            [bucket, policy],
            expected_bucket_owner = account
        ),
        "DeleteBucketPolicy" => send!(
            client,
            delete_bucket_policy,
            params,
            [bucket],
            expected_bucket_owner = account
        ),
        "PutPublicAccessBlock" => {
            let wanted = shorthand(params.text("public_access_block_configuration")?);
            let is = |name: &str| wanted[name] == "true";
            let block = PublicAccessBlockConfiguration::builder()
                .block_public_acls(is("BlockPublicAcls"))
                .ignore_public_acls(is("IgnorePublicAcls"))
                .block_public_policy(is("BlockPublicPolicy"))
                .restrict_public_buckets(is("RestrictPublicBuckets"))
                .build();
            send!(
                client,
                put_public_access_block,
                params,
                [bucket],
                public_access_block_configuration = block,
                expected_bucket_owner = account
            );
        }
        "PutBucketVersioning" => {
            let wanted = shorthand(params.text("versioning_configuration")?);
            let status = wanted["Status"].as_str().unwrap_or_default();
            let versioning = VersioningConfiguration::builder()
                .status(BucketVersioningStatus::from(status))
                .build();
            send!(
                client,
                put_bucket_versioning,
                params,
                [bucket],
                versioning_configuration = versioning,
                expected_bucket_owner = account
            );
        }
        "DeleteObject" => send!(
            client,
            delete_object,
            params,
            [bucket, key],
            expected_bucket_owner = account
        ),
        _ => return Err(unsupported(call)),
    }
    Ok(Value::Null)
}

/// The policy is made where there is none of its name, brought up to date where there is, and attached.
async fn organisation(
    client: &aws_sdk_organizations::Client,
    call: &Call,
    params: Params<'_>,
) -> Result<Value, CallError> {
    let name = params.text("name")?;
    let target = params.text("target_id")?;
    let known = look::state::policy_id(client, name).await?;
    if call.action == "DetachPolicy" {
        let id = known.ok_or_else(missing)?;
        let detach = client.detach_policy().policy_id(&id).target_id(target);
        detach.send().await.map_err(failed)?;
        // The plan made it for this one target: where it hangs nowhere any more it goes.
        return match client
            .delete_policy()
            .policy_id(id)
            .send()
            .await
            .map_err(failed)
        {
            Err(error) if error.code != "PolicyInUseException" => Err(error),
            _ => Ok(Value::Null),
        };
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

async fn permission_set(
    client: &aws_sdk_ssoadmin::Client,
    call: &Call,
    params: Params<'_>,
) -> Result<Value, CallError> {
    match call.action.as_str() {
        "PutInlinePolicyToPermissionSet" => send!(
            client,
            put_inline_policy_to_permission_set,
            params,
            [instance_arn, permission_set_arn, inline_policy]
        ),
        "DeleteInlinePolicyFromPermissionSet" => send!(
            client,
            delete_inline_policy_from_permission_set,
            params,
            [instance_arn, permission_set_arn]
        ),
        "ProvisionPermissionSet" => provision(client, params).await?,
        _ => return Err(unsupported(call)),
    }
    Ok(Value::Null)
}

/// Begins to provision a permission set everywhere, and waits until that is done.
async fn provision(client: &aws_sdk_ssoadmin::Client, params: Params<'_>) -> Result<(), CallError> {
    use aws_sdk_ssoadmin::types::{ProvisionTargetType, StatusValues};
    let instance = params.text("instance_arn")?;
    let begun = client
        .provision_permission_set()
        .instance_arn(instance)
        .permission_set_arn(params.text("permission_set_arn")?)
        .target_type(ProvisionTargetType::AllProvisionedAccounts)
        .send()
        .await
        .map_err(failed)?;
    let mut status = begun.permission_set_provisioning_status().cloned();
    let request = status.as_ref().and_then(|status| status.request_id());
    let request = request.unwrap_or_default().to_owned();
    for _ in 0..PROVISIONING_LOOKS_MAX {
        match status.as_ref().and_then(|status| status.status()) {
            Some(StatusValues::Succeeded) => return Ok(()),
            Some(StatusValues::Failed) => {
                let why = status.as_ref().and_then(|status| status.failure_reason());
                return Err(CallError::of("ProvisioningFailed", why.unwrap_or_default()));
            }
            _ => tokio::time::sleep(Duration::from_secs(PROVISIONING_WAIT_S)).await,
        }
        let answer = client
            .describe_permission_set_provisioning_status()
            .instance_arn(instance)
            .provision_permission_set_request_id(&request)
            .send()
            .await
            .map_err(failed)?;
        status = answer.permission_set_provisioning_status().cloned();
    }
    Err(CallError::of("ProvisioningPending", "it is not done yet"))
}

fn unsupported(call: &Call) -> CallError {
    CallError::of("Unsupported", &format!("{}:{}", call.service, call.action))
}
