//! Incidents: the alerts of one intrusion, put together by where their credentials come from.
//!
//! In: alerts, the forest of credentials, the instant at which the question is asked. Out: each alert
//! with its credentials, a paragraph about their family, and the id of its incident; and the incidents, with the
//! number of credentials
//! of the tree that still work. Alerts whose keys are in no forest are put together by the principal
//! that they name, and those that name none by rule, account and day. Deliberately not here: what was
//! decided about an incident, which is nobody's but the analyst's.

use std::collections::{BTreeMap, BTreeSet};

use keyline_lineage::{Forest, Kind, Node};
use serde::Serialize;
use serde_json::Value;

use crate::alert::{Alert, short_hash};
use crate::family::{Families, Tree, name};
use crate::limits::CREDENTIALS_PER_INCIDENT_MAX;
use crate::rule::AlertSeverity;

/// One incident, field by field as in the contract.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Incident {
    pub schema: &'static str,
    /// Made from the root, so that the same intrusion keeps its id over runs.
    pub incident_id: String,
    pub severity: AlertSeverity,
    pub title: String,
    /// The credential at the top of the tree; null where the alerts have no known credential.
    pub root_credential: Option<String>,
    /// What people call it: its key id, else its principal.
    pub root_name: Option<String>,
    /// The credentials of the alerts, what they came from and what they minted.
    pub credentials: Vec<String>,
    pub alerts: Vec<String>,
    /// Credentials of the whole tree, and how many of them work, or may, at the time of asking.
    pub tree_credentials: usize,
    pub live_credentials: usize,
    pub first_event: String,
    pub last_event: String,
}

/// What the id of every incident begins with.
pub const ID_PREFIX: &str = "in-";

pub const INCIDENT_SCHEMA: &str = "keyline.incident/1";

/// Puts alerts together, and tells in each what is known of its credentials; `as_of` is in microseconds since 1970.
pub fn group(alerts: &mut [Alert], forest: &Forest, as_of: i64) -> Vec<Incident> {
    let mut families = Families::new(forest, as_of);
    for alert in alerts.iter_mut() {
        tell(alert, forest, &mut families);
    }
    grouped(alerts, forest, families)
}

/// The same for alerts in which it was told before.
pub fn group_again(alerts: &mut [Alert], forest: &Forest, as_of: i64) -> Vec<Incident> {
    for alert in alerts.iter_mut() {
        place(alert, forest);
    }
    grouped(alerts, forest, Families::new(forest, as_of))
}

/// Finds the credentials of an alert, and so its incident.
fn place(alert: &mut Alert, forest: &Forest) -> (Vec<Node>, Option<Node>) {
    let nodes = nodes_of(alert, forest);
    alert.credentials = nodes.iter().map(|node| forest.id(*node)).collect();
    alert.credentials.sort();
    let root = top(&nodes, forest);
    alert.root_credential = root.map(|node| forest.id(node));
    alert.incident_id = Some(Scope::of(alert).incident_id());
    (nodes, root)
}

fn tell(alert: &mut Alert, forest: &Forest, families: &mut Families<'_>) {
    let (nodes, root) = place(alert, forest);
    alert.say(&families.paragraph(&nodes, root));
}

fn grouped(alerts: &[Alert], forest: &Forest, mut families: Families<'_>) -> Vec<Incident> {
    let mut groups: BTreeMap<Scope, Vec<usize>> = BTreeMap::new();
    for (at, alert) in alerts.iter().enumerate() {
        groups.entry(Scope::of(alert)).or_default().push(at);
    }
    let mut incidents: Vec<Incident> = groups
        .into_iter()
        .map(|(scope, members)| {
            let members: Vec<&Alert> = members.iter().map(|at| &alerts[*at]).collect();
            incident(scope, &members, forest, &mut families)
        })
        .collect();
    incidents.sort_by(|a, b| {
        let key = |incident: &Incident| {
            (
                std::cmp::Reverse(incident.severity),
                incident.first_event.clone(),
            )
        };
        key(a)
            .cmp(&key(b))
            .then_with(|| a.incident_id.cmp(&b.incident_id))
    });
    incidents
}

/// What alerts of one incident have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Scope {
    Root(String),
    Principal(String),
    RuleAccountDay(String, String, String),
}

/// The id of the incident whose root is this credential, whatever alerts it has: so that an incident can be
/// found again in the lineage alone.
pub fn id_of_root(root: &str) -> String {
    Scope::Root(root.to_owned()).incident_id()
}

/// The id that an incident with this root has by what is known now: a late record may have put its tree below another.
pub fn present_id(root: &str, forest: &Forest) -> Option<String> {
    let top = top_of(forest.by_id(root)?, forest);
    Some(id_of_root(&forest.id(top)))
}

impl Scope {
    fn of(alert: &Alert) -> Scope {
        if let Some(root) = &alert.root_credential {
            return Scope::Root(root.clone());
        }
        if let Some(principal) = principal(alert) {
            return Scope::Principal(principal);
        }
        let day = alert.start_time.get(..10).unwrap_or_default();
        Scope::RuleAccountDay(alert.rule_id.clone(), account(alert), day.to_owned())
    }

    fn incident_id(&self) -> String {
        let evidence = match self {
            Scope::Root(root) => format!("root|{root}"),
            Scope::Principal(principal) => format!("principal|{principal}"),
            Scope::RuleAccountDay(rule, account, day) => format!("rule|{rule}|{account}|{day}"),
        };
        format!("{ID_PREFIX}{}", short_hash(&evidence))
    }
}

/// The credentials behind the keys of an alert, in the order of the forest.
fn nodes_of(alert: &Alert, forest: &Forest) -> Vec<Node> {
    let nodes: BTreeSet<Node> = alert
        .access_key_ids
        .iter()
        .flat_map(|key| forest.by_access_key(key))
        .collect();
    nodes.into_iter().collect()
}

/// The top of the tree that most of these credentials are in; the earliest of several.
fn top(nodes: &[Node], forest: &Forest) -> Option<Node> {
    let mut votes: BTreeMap<Node, usize> = BTreeMap::new();
    for node in nodes {
        *votes.entry(top_of(*node, forest)).or_default() += 1;
    }
    votes
        .into_iter()
        .max_by_key(|(node, votes)| (*votes, std::cmp::Reverse(*node)))
        .map(|(node, _)| node)
}

/// The highest credential above that is not a whole service: all instances of an organisation get
/// their credentials from EC2, and they are not one incident.
fn top_of(node: Node, forest: &Forest) -> Node {
    let is_service = |node: &Node| forest.kind(*node) == Kind::Service;
    let above = forest.ancestors(node);
    above
        .into_iter()
        .take_while(|node| !is_service(node))
        .last()
        .unwrap_or(node)
}

fn incident(
    scope: Scope,
    alerts: &[&Alert],
    forest: &Forest,
    families: &mut Families<'_>,
) -> Incident {
    let mut tree = Tree::default();
    let mut credentials = BTreeSet::new();
    let (mut root_credential, mut root_name) = (None, None);
    if let Scope::Root(root) = &scope {
        root_credential = Some(root.clone());
        if let Some(root) = forest.by_id(root) {
            root_name = Some(name(&forest.alone(root)));
            tree = families.tree(root);
        }
        for alert in alerts {
            for node in alert.credentials.iter().filter_map(|id| forest.by_id(id)) {
                credentials.insert(node);
                credentials.extend(forest.ancestors(node));
                credentials.extend(forest.descendants(node));
            }
        }
    }
    let worst = alerts
        .iter()
        .max_by_key(|alert| (alert.severity, std::cmp::Reverse(&alert.start_time)));
    let rules: BTreeSet<&str> = alerts.iter().map(|alert| alert.rule_id.as_str()).collect();
    let title = worst.map_or_else(String::new, |alert| alert.title.clone());
    let title = match rules.len() {
        0 | 1 => title,
        2 => format!("{title}, and another rule"),
        more => format!("{title}, and {} other rules", more - 1),
    };
    Incident {
        schema: INCIDENT_SCHEMA,
        incident_id: scope.incident_id(),
        severity: worst.map_or(AlertSeverity::Informational, |alert| alert.severity),
        title,
        root_credential,
        root_name,
        credentials: credentials
            .into_iter()
            .take(CREDENTIALS_PER_INCIDENT_MAX)
            .map(|node| forest.id(node))
            .collect(),
        alerts: alerts.iter().map(|alert| alert.alert_id.clone()).collect(),
        tree_credentials: tree.usable,
        live_credentials: tree.alive,
        first_event: alerts
            .iter()
            .map(|alert| alert.start_time.clone())
            .min()
            .unwrap_or_default(),
        last_event: alerts
            .iter()
            .map(|alert| alert.end_time.clone())
            .max()
            .unwrap_or_default(),
    }
}

/// The principal that the entities of an alert name.
fn principal(alert: &Alert) -> Option<String> {
    let accounts = alert
        .entities
        .iter()
        .filter(|entity| entity.entity_type == "Account");
    accounts
        .flat_map(|entity| {
            ["FullName", "Name", "Sid", "AadUserId"].map(|name| entity.identifiers.get(name))
        })
        .flatten()
        .find_map(Value::as_str)
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
}

/// The account that the row of an alert names.
fn account(alert: &Alert) -> String {
    ["RecipientAccountId", "UserIdentityAccountId", "AccountId"]
        .iter()
        .find_map(|column| alert.row.get(*column).and_then(Value::as_str))
        .unwrap_or_default()
        .to_owned()
}
