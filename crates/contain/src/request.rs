//! What a plan is made from.
//!
//! A request holds everything; planning reads nothing else. Whoever asks brings the lineage, the instant,
//! what is known of the accounts beforehand and, for what the thief made, the events that made it.

use std::collections::BTreeSet;

use keyline_lineage::{CredentialId, Forest};
use serde_json::Value;

use crate::inventory::Inventory;
use crate::owner::named_by;

/// Everything that a plan follows from.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    pub target: &'a Target,
    pub forest: &'a Forest,
    /// The instant at which credentials are judged to work or not, in microseconds since 1970.
    pub as_of: i64,
    /// When the plan is made. It is printed and is no part of the plan's hash.
    pub made_at: i64,
    /// What was read from the accounts beforehand; may be empty.
    pub inventory: &'a Inventory,
    /// What was created or altered; events of others than the tree's credentials are passed over.
    pub events: &'a [AlteringEvent],
    pub estate: &'a Estate,
    pub reach: Reach,
    pub breadth: Breadth,
    /// When the target was stolen: what it made and changed before is others'. `None`: nobody knows, and all
    /// of it counts as the thief's.
    pub stolen_since: Option<i64>,
    /// The first alert of the incident, where the target is one and that is known.
    pub first_alert: Option<i64>,
}

impl Request<'_> {
    /// Whether something of the tree at this instant was the thief's.
    pub fn is_of_theft(&self, at: i64) -> bool {
        self.stolen_since.is_none_or(|since| at >= since)
    }
}

/// What is to be contained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Whatever an analyst has in hand: an id of a credential, an access key id, an ARN, a principal id, the
    /// name of a user or of a session.
    Pivot(String),
    Incident {
        id: String,
        credentials: Vec<CredentialId>,
    },
}

impl Target {
    /// As it was asked for.
    pub fn name(&self) -> &str {
        match self {
            Target::Pivot(text) => text,
            Target::Incident { id, .. } => id,
        }
    }
}

/// How far from the target the tree reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The target and what came from it.
    Below,
    /// Up from sessions to what they were made with, then everything below. Who once made a long-term
    /// key is not thereby suspected.
    Tree,
    /// Up to the root, whoever it is, then everything below.
    Root,
}

/// What to prefer where a control can be wide or narrow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breadth {
    /// Stop what is not known too: other keys of a user, sessions that no log shows.
    Broad,
    /// Hit as few legitimate sessions as possible, and only what is known.
    Narrow,
}

/// The accounts, and what in them must not be touched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Estate {
    /// The accounts in which a plan may act; `None`: in all that occur.
    pub accounts: Option<BTreeSet<String>>,
    pub organisation: Option<Organisation>,
    /// ARNs of users and roles that are never touched; `*` stands for any text.
    pub break_glass: Vec<String>,
    /// ARNs, credential ids and access key ids of whoever will run the plan, its chain of sessions included.
    pub own: Vec<String>,
    /// Roles by which a management account enters its members, named here to be touched all the same.
    pub forced: Vec<String>,
}

impl Estate {
    /// One of [`own`](Estate::own) that names nobody, so that it would protect nobody. Where there is a
    /// forest its credentials can be named too.
    pub fn own_of_nobody(&self, forest: Option<&Forest>) -> Option<&str> {
        let names = |text: &&String| {
            let found = forest.is_some_and(|forest| !forest.find(text).is_empty());
            found || named_by(text).is_some()
        };
        let mut own = self.own.iter();
        own.find(|text| !names(text)).map(String::as_str)
    }
}

/// An organisation whose service control policies may be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organisation {
    /// Its policies are made here, and do not bind it.
    pub management_account: String,
}

/// An event by which a credential created or altered something.
#[derive(Clone, Debug, PartialEq)]
pub struct AlteringEvent {
    pub event_id: String,
    /// Microseconds since 1970.
    pub at: i64,
    pub account: String,
    pub region: String,
    /// As in `iam.amazonaws.com`.
    pub source: String,
    /// As in `CreateUser`.
    pub name: String,
    pub credential: CredentialId,
    /// From where; empty where that is not known.
    pub address: String,
    /// The call failed: it altered nothing.
    pub failed: bool,
    pub request: Value,
    pub response: Value,
    /// The request that last set the same thing before the tree did, where the logs hold it.
    pub before: Option<Value>,
    /// Principals outside the tree that touched the same thing later.
    pub touched_later_by: Vec<String>,
}
