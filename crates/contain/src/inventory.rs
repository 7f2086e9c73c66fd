//! What was read from accounts before anything was done to them.
//!
//! In: the JSON of `keyline contain inspect`. Out: users, roles and permission sets by name. Absent facts are
//! absent: a user without a list of keys is one whose keys nobody looked up, not one without keys.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Error, ErrorKind};
use crate::limits::JSON_BYTES_MAX;

/// The schema of an inventory in JSON.
pub const SCHEMA: &str = "keyline.inventory/1";

/// Facts about accounts, as of one instant.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Inventory {
    pub schema: String,
    pub taken_at: Option<String>,
    pub accounts: Vec<Account>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Account {
    pub account: String,
    /// The ARN of the one user or role that was asked for; `None`: everything was.
    pub only: Option<String>,
    pub users: Vec<User>,
    pub roles: Vec<Role>,
    pub permission_sets: Vec<PermissionSet>,
    /// What could not be read, and why.
    pub unread: Vec<Unread>,
}

/// Something that nobody was let read: it may be there or not.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Unread {
    pub what: String,
    pub why: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct User {
    pub user_name: String,
    pub arn: String,
    /// The `AIDA…` id.
    pub user_id: String,
    pub create_date: Option<String>,
    pub password_created: Option<String>,
    pub password_last_used: Option<String>,
    pub tags: BTreeMap<String, String>,
    pub access_keys: Option<Vec<AccessKey>>,
    pub ssh_keys: Option<Vec<OtherCredential>>,
    pub signing_certificates: Option<Vec<OtherCredential>>,
    pub service_credentials: Option<Vec<OtherCredential>>,
    pub inline_policies: Option<Vec<InlinePolicy>>,
    pub attached_policies: Option<Vec<String>>,
    pub groups: Option<Vec<String>>,
    pub mfa_devices: Option<Vec<String>>,
    pub has_password: Option<bool>,
    pub permissions_boundary: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AccessKey {
    pub access_key_id: String,
    /// `Active` or `Inactive`.
    pub status: String,
    pub create_date: Option<String>,
    pub last_used: Option<String>,
}

/// An SSH key, a signing certificate or a service credential.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OtherCredential {
    pub id: String,
    pub status: String,
    pub create_date: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct InlinePolicy {
    pub policy_name: String,
    pub policy_document: Value,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Role {
    pub role_name: String,
    pub arn: String,
    /// The `AROA…` id.
    pub role_id: String,
    pub create_date: Option<String>,
    pub last_used: Option<String>,
    pub last_used_region: Option<String>,
    pub tags: BTreeMap<String, String>,
    pub max_session_duration: Option<i64>,
    pub assume_role_policy_document: Option<Value>,
    pub inline_policies: Option<Vec<InlinePolicy>>,
    pub attached_policies: Option<Vec<String>>,
    pub instance_profiles: Option<Vec<String>>,
    pub permissions_boundary: Option<String>,
}

/// A permission set of Identity Center, in the account that administers it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PermissionSet {
    pub name: String,
    /// Where Identity Center stands, which is one region of the organisation's; empty where nobody wrote it
    /// down.
    pub region: String,
    pub instance_arn: String,
    pub permission_set_arn: String,
    pub inline_policy: Option<Value>,
    pub attached_policies: Option<Vec<String>>,
    /// As Identity Center writes it: `PT8H`.
    pub session_duration: Option<String>,
}

impl Inventory {
    /// The inventory that JSON text holds; several of one estate are joined by [`Inventory::join`].
    pub fn from_json(text: &str) -> Result<Inventory, Error> {
        let malformed = |why: String| Error::new(ErrorKind::Malformed, why);
        if text.len() > JSON_BYTES_MAX {
            return Err(malformed(format!(
                "the inventory has {} bytes; at most {JSON_BYTES_MAX} are read",
                text.len()
            )));
        }
        let inventory: Inventory = serde_json::from_str(text)
            .map_err(|error| malformed(format!("the inventory cannot be read: {error}")))?;
        if inventory.schema != SCHEMA {
            return Err(malformed(format!(
                "the inventory has the schema `{}`; expected `{SCHEMA}`",
                inventory.schema.escape_debug()
            )));
        }
        Ok(inventory)
    }

    /// Adds the accounts of another inventory.
    pub fn join(&mut self, other: Inventory) {
        self.accounts.extend(other.accounts);
    }

    pub fn user(&self, account: &str, name: &str) -> Option<&User> {
        self.of(account)
            .flat_map(|account| &account.users)
            .find(|user| user.user_name == name)
    }

    pub fn role(&self, account: &str, name: &str) -> Option<&Role> {
        self.of(account)
            .flat_map(|account| &account.roles)
            .find(|role| role.role_name == name)
    }

    /// A permission set and the account that administers it. Names are unique within an instance.
    pub fn permission_set(&self, name: &str) -> Option<(&str, &PermissionSet)> {
        self.accounts.iter().find_map(|account| {
            let set = account.permission_sets.iter().find(|set| set.name == name);
            set.map(|set| (account.account.as_str(), set))
        })
    }

    fn of(&self, account: &str) -> impl Iterator<Item = &Account> {
        self.accounts
            .iter()
            .filter(move |known| known.account == account)
    }
}
