//! The fake AWS with its doors open: states that can be read, calls that can fail, an executor that can be
//! cut off at any moment, and a thief who works against it.

use std::collections::{BTreeMap, BTreeSet};

use keyline_contain::aws::{At, Aws, CallError, wanted};
use keyline_contain::run::Clock;
use keyline_contain::undo::{Force, Permit};
use keyline_contain::{Call, Estate};
use keyline_trail::partition::Partition;
use serde_json::{Map, Value, json};

use crate::world::*;

/// Objects by what names them, and what happens around them.
#[derive(Default)]
pub struct Live {
    /// States by the object that a call names.
    pub states: BTreeMap<String, Value>,
    /// Every call that was carried out, in order.
    pub made: Vec<String>,
    /// The executor is cut off before (even numbers) or after (odd numbers) a call.
    pub cut_off_at: Option<usize>,
    pub moments: usize,
    /// Errors by operation.
    pub faults: BTreeMap<String, CallError>,
    /// What snapshots of a role say besides what is asked for.
    pub filed: Map<String, Value>,
    /// Objects whose state cannot be read.
    pub unreadable: BTreeSet<String>,
    /// By whom calls are made.
    pub own: String,
    /// Where the credentials of the executor are known; everywhere where it is `None`.
    pub partition: Option<Partition>,
    /// What a thief does after each call of ours, as long as it can.
    pub thief: Option<fn(&mut Live)>,
}

/// What an object is called: the parameters of a call that name, without those that say.
pub fn object(account: &str, call: &Call) -> String {
    let naming = [
        "user_name",
        "role_name",
        "policy_name",
        "access_key_id",
        "name",
        "target_id",
        "function_name",
        "permission_set_arn",
    ];
    let names = naming.iter().filter_map(|name| call.params.get(*name));
    let kind = match call.action.as_str() {
        "UpdateAssumeRolePolicy" => "trust",
        "AttachUserPolicy" | "DetachUserPolicy" => "attached",
        "PutUserPermissionsBoundary" | "DeleteUserPermissionsBoundary" => "boundary",
        "ProvisionPermissionSet" => "provisioned",
        _ => "",
    };
    let parts: Vec<String> = names
        .map(|value| value.as_str().unwrap().to_owned())
        .collect();
    format!("{account}/{kind}/{}", parts.join("/"))
}

impl Live {
    /// With the keys of a plan active.
    pub fn with_keys(keys: &[(&str, &str, &str)]) -> Live {
        let mut live = Live {
            own: "assumed-role/Responder/me".to_owned(),
            ..Live::default()
        };
        for (account, user, key) in keys {
            let object = format!("{account}//{user}/{key}");
            live.states.insert(object, json!({"status": "Active"}));
        }
        live
    }

    /// The partition of a region, where the executor is known there.
    fn knows(&self, region: &str) -> Result<&'static str, CallError> {
        let asked = Partition::of_region(region);
        match self.partition.is_none_or(|own| own == asked) {
            true => Ok(asked.name()),
            false => Err(CallError::of("InvalidClientTokenId", "not known here")),
        }
    }

    fn moment(&mut self) {
        self.moments += 1;
        if self.cut_off_at == Some(self.moments) {
            panic!("cut off");
        }
    }
}

impl Aws for Live {
    fn identity(&mut self, place: &At<'_>) -> Result<String, CallError> {
        let partition = self.knows(place.region)?;
        Ok(format!(
            "arn:{partition}:sts::{}:{}",
            place.account, self.own
        ))
    }

    fn behind(&mut self, region: &str) -> Result<Vec<String>, CallError> {
        self.knows(region)?;
        Ok(Vec::new())
    }

    fn state(&mut self, place: &At<'_>, call: &Call) -> Result<Value, CallError> {
        self.knows(place.region)?;
        if call.action == "ListAccessKeys" {
            let user = call.params["user_name"].as_str().unwrap();
            let start = format!("{}//{user}/", place.account);
            let keys = self.states.iter().filter_map(|(object, state)| {
                let key = object.strip_prefix(&start)?;
                let status = state.get("status")?;
                Some(json!({"access_key_id": key, "status": status}))
            });
            return Ok(json!({"access_keys": keys.collect::<Vec<_>>()}));
        }
        if self.unreadable.contains(&object(place.account, call)) {
            return Err(CallError::of("AccessDenied", "no"));
        }
        let state = self.states.get(&object(place.account, call)).cloned();
        state.ok_or_else(|| CallError::of("NoSuchEntity", ""))
    }

    fn call(&mut self, place: &At<'_>, call: &Call) -> Result<Value, CallError> {
        self.knows(place.region)?;
        self.moment();
        if let Some(error) = self.faults.get(&call.action) {
            return Err(error.clone());
        }
        let object = object(place.account, call);
        self.made.push(format!("{} {object}", call.action));
        // A permission set that is changed is in no account as it is now.
        if call.action.ends_with("PermissionSet") && call.action != "ProvisionPermissionSet" {
            let set = object.replacen("//", "/provisioned/", 1);
            self.states.insert(set, json!({"provisioned": false}));
        }
        let missing = CallError::of("NoSuchEntity", "");
        match wanted(call) {
            Some(Value::Null) => {
                self.states.remove(&object).ok_or(missing)?;
            }
            Some(state) => {
                self.states.insert(object, state);
            }
            None => {}
        }
        if let Some(thief) = self.thief {
            thief(self);
        }
        self.moment();
        Ok(Value::Null)
    }

    fn snapshot(
        &mut self,
        place: &At<'_>,
        params: &Map<String, Value>,
    ) -> Result<Value, CallError> {
        self.knows(place.region)?;
        match self.faults.get("snapshot") {
            Some(error) => Err(error.clone()),
            None => {
                let mut filed = params.clone();
                if filed.contains_key("role_name") {
                    filed.extend(self.filed.clone());
                }
                Ok(Value::Object(filed))
            }
        }
    }
}

/// Nothing is protected, and nothing is given back that the thief has.
pub const PERMIT: Permit<'static> = Permit {
    estate: &NO_RULES,
    force: Force::No,
};

/// The same for a test that takes everything back.
pub const FORCED: Permit<'static> = Permit {
    force: Force::Yes,
    ..PERMIT
};

static NO_RULES: Estate = Estate {
    accounts: None,
    organisation: None,
    break_glass: Vec::new(),
    own: Vec::new(),
    forced: Vec::new(),
};

/// Time that passes only when somebody waits, or looks: a second a look.
pub struct Hands {
    pub now: i64,
    pub waited_s: Vec<u64>,
}

impl Hands {
    pub fn at(now: i64) -> Hands {
        Hands {
            now,
            waited_s: Vec::new(),
        }
    }
}

impl Clock for Hands {
    fn now(&mut self) -> i64 {
        self.now += 1_000_000;
        self.now
    }

    fn wait_s(&mut self, seconds: u64) {
        self.now += seconds as i64 * 1_000_000;
        self.waited_s.push(seconds);
    }
}

/// A tree over two accounts: a key, a token, a role session, with its backup key.
pub fn tree() -> Vec<keyline_lineage::Credential> {
    let stolen = key("cr-key", OURS, "alice");
    let token = from(&stolen, token("cr-token", OURS, "alice"));
    let role = from(&token, session("cr-role", OTHER, "Admin", "x"));
    let backup = from(&role, key("cr-backup", OTHER, "bob"));
    vec![stolen, token, role, backup]
}

/// Active keys of [`tree`].
pub const KEYS: [(&str, &str, &str); 2] =
    [(OURS, "alice", "AKIACRKEY"), (OTHER, "bob", "AKIACRBACKUP")];
