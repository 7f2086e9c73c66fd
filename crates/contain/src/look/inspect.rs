//! What stands in an account: users, roles, permission sets, functions.
//!
//! In: the configuration of an account, and whom to look at. Out: facts for inventories and snapshots. What
//! nobody is let read is written down with its reason, so that half an inventory is not taken for a whole one.

use std::collections::BTreeMap;

use aws_config::SdkConfig;
use keyline_trail::partition::Partition;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{NO_ANSWER, Params, all, ask, decoded, failed, missing, s3_client};
use crate::aws::{CallError, CallErrorKind, document};
use crate::inventory::{
    AccessKey, Account, InlinePolicy, OtherCredential, PermissionSet, Role, Unread, User,
};
use crate::limits::AT_ONCE_MAX;
use crate::owner::{Owner, is_account, named_by};
use crate::trust;

type Iam = aws_sdk_iam::Client;

/// Whom to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    Everybody,
    /// One user, and the roles that trust it.
    User(String),
    /// One role, and the roles that trust it.
    Role(String),
}

impl Whom {
    /// The account, its home region and whom in it text means: an account's number, or the ARN of a user, of
    /// a role or of its session.
    pub fn named(text: &str) -> Option<(String, &'static str, Whom)> {
        if is_account(text) {
            let region = Partition::Aws.home_region();
            return Some((text.to_owned(), region, Whom::Everybody));
        }
        let partition = keyline_trail::arn::Arn::parse(text)?.partition;
        let region = Partition::named(partition)?.home_region();
        match named_by(text)? {
            Owner::User { account, name } => Some((account, region, Whom::User(name))),
            Owner::Role { account, name } => Some((account, region, Whom::Role(name))),
            _ => None,
        }
    }
}

/// What stands in an account about those who are asked for.
pub(crate) async fn account(
    config: &SdkConfig,
    account: &str,
    whom: &Whom,
) -> Result<Account, CallError> {
    let client = Iam::new(config);
    let mut found = Account {
        account: account.to_owned(),
        ..Account::default()
    };
    match whom {
        Whom::Everybody => {
            let listed = all!(client.list_users());
            let names = listed.iter().map(|user| user.user_name().to_owned());
            let names = names.collect();
            found.users = many(names, &client, user, &mut found.unread, "user").await;
            let listed = all!(client.list_roles());
            let names = listed.iter().map(|role| role.role_name().to_owned());
            let names = names.collect();
            found.roles = many(names, &client, role, &mut found.unread, "role").await;
            permission_sets(config, &mut found).await;
        }
        Whom::User(name) => {
            let user = user(client.clone(), name.clone()).await?;
            found.only = Some(user.arn.clone());
            found.users.push(user);
            trusting(&client, &mut found).await?;
        }
        Whom::Role(name) => {
            let role = role(client.clone(), name.clone()).await?;
            found.only = Some(role.arn.clone());
            found.roles.push(role);
            trusting(&client, &mut found).await?;
        }
    }
    found.users.sort_by(|a, b| a.user_name.cmp(&b.user_name));
    found.roles.sort_by(|a, b| a.role_name.cmp(&b.role_name));
    found.unread.sort_by(|a, b| a.what.cmp(&b.what));
    Ok(found)
}

/// What a snapshot files before something is changed.
pub(crate) async fn snapshot(config: &SdkConfig, params: Params<'_>) -> Result<Value, CallError> {
    let text = |name: &str| params.text(name).map(str::to_owned);
    if let Ok(name) = text("user_name") {
        return Ok(json!(user(Iam::new(config), name).await?));
    }
    if let Ok(name) = text("role_name") {
        return Ok(json!(role(Iam::new(config), name).await?));
    }
    if let Ok(bucket) = text("bucket") {
        let asked = s3_client(config).get_bucket_policy().bucket(bucket);
        let policy = if_there(asked.send().await.map_err(failed))?;
        let policy = policy.and_then(|answer| answer.policy().map(str::to_owned));
        return Ok(json!({"policy": policy}));
    }
    function(config, params).await
}

/// Several of a kind at the same time, in bounds.
async fn many<T: Send + 'static, F>(
    names: Vec<String>,
    client: &Iam,
    one: impl Fn(Iam, String) -> F,
    unread: &mut Vec<Unread>,
    kind: &str,
) -> Vec<T>
where
    F: Future<Output = Result<T, CallError>> + Send + 'static,
{
    let mut found = Vec::with_capacity(names.len());
    for some in names.chunks(AT_ONCE_MAX) {
        let mut asked = JoinSet::new();
        for name in some {
            let asking = one(client.clone(), name.clone());
            let name = name.clone();
            asked.spawn(async move { (name, asking.await) });
        }
        while let Some(ended) = asked.join_next().await {
            match ended {
                Ok((_, Ok(thing))) => found.push(thing),
                Ok((name, Err(error))) => unread.push(Unread {
                    what: format!("{kind} {name}"),
                    why: error.why(),
                }),
                Err(error) => unread.push(Unread {
                    what: format!("some {kind}"),
                    why: error.to_string(),
                }),
            }
        }
    }
    found
}

/// Adds the roles whose trust policy names the one that was asked for, or lets everybody of its account in.
async fn trusting(client: &Iam, found: &mut Account) -> Result<(), CallError> {
    let Some(arn) = found.only.clone() else {
        return Ok(());
    };
    let listed = all!(client.list_roles());
    let names = listed
        .iter()
        .filter(|role| role.arn() != arn)
        .filter(|role| {
            let policy = role.assume_role_policy_document().map(decoded);
            policy.is_some_and(|policy| trust::lets_in(&policy, &arn, &found.account))
        })
        .map(|role| role.role_name().to_owned());
    let names = names.collect();
    let mut roles = many(names, client, role, &mut found.unread, "role").await;
    found.roles.append(&mut roles);
    Ok(())
}

async fn user(client: Iam, name: String) -> Result<User, CallError> {
    let answer = client.get_user().user_name(&name).send().await;
    let answer = answer.map_err(failed)?;
    let user = answer.user().ok_or_else(missing)?;
    let attached = all!(client.list_attached_user_policies().user_name(&name));
    let groups = all!(client.list_groups_for_user().user_name(&name));
    let devices = all!(client.list_mfa_devices().user_name(&name));
    let profile = client.get_login_profile().user_name(&name).send().await;
    let profile = if_there(profile.map_err(failed))?;
    let password = profile.as_ref().and_then(|answer| answer.login_profile());
    let mut inline = Vec::new();
    for policy_name in all!(client.list_user_policies().user_name(&name)) {
        let asked = client.get_user_policy().user_name(&name);
        let held = asked.policy_name(&policy_name).send().await;
        inline.push(InlinePolicy {
            policy_document: decoded(held.map_err(failed)?.policy_document()),
            policy_name,
        });
    }
    Ok(User {
        user_name: user.user_name().to_owned(),
        arn: user.arn().to_owned(),
        user_id: user.user_id().to_owned(),
        create_date: Some(written(user.create_date())),
        password_created: password.map(|password| written(password.create_date())),
        password_last_used: user.password_last_used().map(written),
        tags: tags(user.tags()),
        access_keys: Some(access_keys(&client, &name).await?),
        ssh_keys: ssh_keys(&client, &name).await?,
        signing_certificates: certificates(&client, &name).await?,
        service_credentials: service_credentials(&client, &name).await?,
        inline_policies: Some(inline),
        attached_policies: Some(arns(attached.iter().map(|policy| policy.policy_arn()))),
        groups: Some(owned(groups.iter().map(|group| group.group_name()))),
        mfa_devices: Some(owned(devices.iter().map(|device| device.serial_number()))),
        has_password: Some(profile.is_some()),
        permissions_boundary: boundary(user.permissions_boundary()),
    })
}

async fn role(client: Iam, name: String) -> Result<Role, CallError> {
    let answer = client.get_role().role_name(&name).send().await;
    let answer = answer.map_err(failed)?;
    let role = answer.role().ok_or_else(missing)?;
    let attached = all!(client.list_attached_role_policies().role_name(&name));
    let profiles = all!(client.list_instance_profiles_for_role().role_name(&name));
    let mut inline = Vec::new();
    for policy_name in all!(client.list_role_policies().role_name(&name)) {
        let asked = client.get_role_policy().role_name(&name);
        let held = asked.policy_name(&policy_name).send().await;
        inline.push(InlinePolicy {
            policy_document: decoded(held.map_err(failed)?.policy_document()),
            policy_name,
        });
    }
    let used = role.role_last_used();
    let profiles = profiles
        .iter()
        .map(|profile| profile.instance_profile_name());
    Ok(Role {
        role_name: role.role_name().to_owned(),
        arn: role.arn().to_owned(),
        role_id: role.role_id().to_owned(),
        create_date: Some(written(role.create_date())),
        last_used: used.and_then(|used| used.last_used_date()).map(written),
        last_used_region: used.and_then(|used| used.region()).map(str::to_owned),
        tags: tags(role.tags()),
        max_session_duration: role.max_session_duration().map(i64::from),
        assume_role_policy_document: role.assume_role_policy_document().map(decoded),
        inline_policies: Some(inline),
        attached_policies: Some(arns(attached.iter().map(|policy| policy.policy_arn()))),
        instance_profiles: Some(owned(profiles)),
        permissions_boundary: boundary(role.permissions_boundary()),
    })
}

async fn access_keys(client: &Iam, user: &str) -> Result<Vec<AccessKey>, CallError> {
    let mut keys = Vec::new();
    for key in all!(client.list_access_keys().user_name(user)) {
        let id = key.access_key_id().unwrap_or_default();
        let used = client
            .get_access_key_last_used()
            .access_key_id(id)
            .send()
            .await;
        let used = used.map_err(failed)?;
        let used = used.access_key_last_used();
        keys.push(AccessKey {
            access_key_id: id.to_owned(),
            status: key.status().map_or("", |status| status.as_str()).to_owned(),
            create_date: key.create_date().map(written),
            last_used: used.and_then(|used| used.last_used_date()).map(written),
        });
    }
    keys.sort_by(|a, b| a.access_key_id.cmp(&b.access_key_id));
    Ok(keys)
}

async fn ssh_keys(client: &Iam, user: &str) -> Result<Option<Vec<OtherCredential>>, CallError> {
    let listed = client.list_ssh_public_keys().user_name(user).send().await;
    Ok(if_known(listed.map_err(failed))?.map(|listed| {
        let keys = listed.ssh_public_keys().iter();
        keys.map(|key| OtherCredential {
            id: key.ssh_public_key_id().to_owned(),
            status: key.status().as_str().to_owned(),
            create_date: Some(written(key.upload_date())),
        })
        .collect()
    }))
}

async fn certificates(client: &Iam, user: &str) -> Result<Option<Vec<OtherCredential>>, CallError> {
    let listed = client.list_signing_certificates().user_name(user).send();
    Ok(if_known(listed.await.map_err(failed))?.map(|listed| {
        let certificates = listed.certificates().iter();
        certificates
            .map(|certificate| OtherCredential {
                id: certificate.certificate_id().to_owned(),
                status: certificate.status().as_str().to_owned(),
                create_date: certificate.upload_date().map(written),
            })
            .collect()
    }))
}

async fn service_credentials(
    client: &Iam,
    user: &str,
) -> Result<Option<Vec<OtherCredential>>, CallError> {
    // Whatever stands for AWS may not know this question; it is not asked twice.
    let once = aws_sdk_iam::config::Builder::new()
        .retry_config(aws_sdk_iam::config::retry::RetryConfig::disabled());
    let asked = client.list_service_specific_credentials().user_name(user);
    let asked = asked.customize().config_override(once);
    let listed = asked.send().await.map_err(failed);
    Ok(if_known(listed)?.map(|listed| {
        let credentials = listed.service_specific_credentials().iter();
        credentials
            .map(|credential| OtherCredential {
                id: credential.service_specific_credential_id().to_owned(),
                status: credential.status().as_str().to_owned(),
                create_date: Some(written(credential.create_date())),
            })
            .collect()
    }))
}

/// The permission sets of Identity Center, where this account administers it.
async fn permission_sets(config: &SdkConfig, found: &mut Account) {
    let client = aws_sdk_ssoadmin::Client::new(config);
    let region = config.region().map_or("", |region| region.as_ref());
    if let Err(error) = gather_permission_sets(&client, region, found).await {
        found.unread.push(Unread {
            what: "permission sets of Identity Center".to_owned(),
            why: error.why(),
        });
    }
}

async fn gather_permission_sets(
    client: &aws_sdk_ssoadmin::Client,
    region: &str,
    found: &mut Account,
) -> Result<(), CallError> {
    for instance in all!(client.list_instances()) {
        let instance_arn = instance.instance_arn().unwrap_or_default();
        let sets = all!(client.list_permission_sets().instance_arn(instance_arn));
        for arn_of_set in sets {
            let named = client.describe_permission_set().instance_arn(instance_arn);
            let named = named.permission_set_arn(&arn_of_set).send().await;
            let named = named.map_err(failed)?;
            let named = named.permission_set();
            let inline = client.get_inline_policy_for_permission_set();
            let inline = inline
                .instance_arn(instance_arn)
                .permission_set_arn(&arn_of_set);
            let inline = inline.send().await.map_err(failed)?;
            let inline = inline.inline_policy().filter(|policy| !policy.is_empty());
            let attached = client.list_managed_policies_in_permission_set();
            let attached = attached
                .instance_arn(instance_arn)
                .permission_set_arn(&arn_of_set);
            let attached = all!(attached);
            found.permission_sets.push(PermissionSet {
                name: named
                    .and_then(|set| set.name())
                    .unwrap_or_default()
                    .to_owned(),
                session_duration: named
                    .and_then(|set| set.session_duration())
                    .map(str::to_owned),
                region: region.to_owned(),
                instance_arn: instance_arn.to_owned(),
                inline_policy: inline.map(|policy| document(&json!(policy))),
                attached_policies: Some(arns(attached.iter().map(|policy| policy.arn()))),
                permission_set_arn: arn_of_set,
            });
        }
    }
    found.permission_sets.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(())
}

async fn function(config: &SdkConfig, params: Params<'_>) -> Result<Value, CallError> {
    let client = aws_sdk_lambda::Client::new(config);
    let answer = ask!(client, get_function, params, [function_name]);
    let settings = answer.configuration();
    let asked = client
        .get_policy()
        .function_name(params.text("function_name")?);
    let policy = if_there(asked.send().await.map_err(failed))?;
    Ok(json!({
        "arn": settings.and_then(|settings| settings.function_arn()),
        "role": settings.and_then(|settings| settings.role()),
        "code_sha256": settings.and_then(|settings| settings.code_sha256()),
        "last_modified": settings.and_then(|settings| settings.last_modified()),
        "policy": policy.and_then(|answer| answer.policy().map(str::to_owned)),
    }))
}

/// `None` where there is none.
fn if_there<T>(answer: Result<T, CallError>) -> Result<Option<T>, CallError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.kind == CallErrorKind::Missing => Ok(None),
        Err(error) => Err(error),
    }
}

/// `None`, which is "not looked up", where whatever stands for AWS does not know the question.
fn if_known<T>(answer: Result<T, CallError>) -> Result<Option<T>, CallError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.kind == CallErrorKind::Unsupported => Ok(None),
        Err(error) if error.code == NO_ANSWER => Ok(None),
        Err(error) => Err(error),
    }
}

fn boundary(held: Option<&aws_sdk_iam::types::AttachedPermissionsBoundary>) -> Option<String> {
    held.and_then(|held| held.permissions_boundary_arn())
        .map(str::to_owned)
}

fn tags(tags: &[aws_sdk_iam::types::Tag]) -> BTreeMap<String, String> {
    let pairs = tags.iter();
    pairs
        .map(|tag| (tag.key().to_owned(), tag.value().to_owned()))
        .collect()
}

fn arns<'a>(listed: impl Iterator<Item = Option<&'a str>>) -> Vec<String> {
    owned(listed.flatten())
}

fn owned<'a>(listed: impl Iterator<Item = &'a str>) -> Vec<String> {
    listed.map(str::to_owned).collect()
}

fn written(time: &aws_sdk_iam::primitives::DateTime) -> String {
    keyline_trail::time::format_time(time.secs().saturating_mul(1_000_000))
}
