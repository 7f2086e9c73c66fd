//! `/api/credentials`: all of them in groups, and one with everything that is known about it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use keyline_lineage::picture::words::{because, full_id, role_name, sureness, what};
use keyline_lineage::{Credential, Node, liveness};
use keyline_trail::time::format_time;
use serde::Deserialize;

use super::{answer, incidents};
use crate::lineage_json;
use crate::server::App;
use crate::server::investigation::Investigation;
use crate::server::lanes::micros;
use crate::server::refusal::{Answer, Refusal};
use crate::server::wire::{CredentialGroup, CredentialGroups, CredentialPage, Millis};

/// Groups of an answer, and credentials of a group that it lists.
const GROUPS_MAX: usize = 200;
const ROWS_MAX: usize = 50;
/// Siblings and children that a page lists.
const KIN_MAX: usize = 200;

#[derive(Deserialize)]
pub struct Wanted {
    #[serde(default)]
    group: Group,
    #[serde(default)]
    alive: u8,
    #[serde(default)]
    production: u8,
    #[serde(default)]
    q: String,
    /// Those that were used from here on, in milliseconds since 1970.
    since: Option<Millis>,
    until: Option<Millis>,
}

impl Wanted {
    /// Whether a credential was at work in the time that is wanted: between its first call and its last.
    fn covers(&self, it: &Credential) -> bool {
        let (since, until) = (self.since.map(micros), self.until.map(micros));
        since.is_none_or(|since| it.last_used.is_some_and(|last| last >= since))
            && until.is_none_or(|until| it.first_used.is_some_and(|first| first <= until))
    }
}

/// What credentials of one group have in common.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Group {
    #[default]
    Root,
    Mfa,
    SourceIdentity,
    Address,
    SessionName,
    Role,
    Kind,
}

impl Group {
    fn name(self) -> &'static str {
        match self {
            Group::Root => "root",
            Group::Mfa => "mfa",
            Group::SourceIdentity => "source-identity",
            Group::Address => "address",
            Group::SessionName => "session-name",
            Group::Role => "role",
            Group::Kind => "kind",
        }
    }

    /// The groups of a credential; it may be in several, by its addresses say.
    fn of(self, it: &Credential) -> Vec<String> {
        let one = |text: &str| match text.is_empty() {
            true => Vec::new(),
            false => vec![text.to_owned()],
        };
        match self {
            Group::Root => one(&it.root),
            Group::Mfa => one(&it.mfa_serial),
            Group::SourceIdentity => one(&it.source_identity),
            Group::Address => it.sources.iter().map(|one| one.address.clone()).collect(),
            Group::SessionName => one(&it.session_name),
            Group::Role => one(&role_name(it)),
            Group::Kind => one(it.kind.name()),
        }
    }
}

#[derive(Default)]
struct Gathered {
    nodes: Vec<Node>,
    alive: usize,
    production: usize,
    calls: u64,
}

pub async fn groups(
    State(app): State<Arc<App>>,
    Query(wanted): Query<Wanted>,
) -> Answer<Json<CredentialGroups>> {
    answer(app, move |it| Ok(groups_of(it, &wanted))).await
}

/// Whether a text, in small letters, is a part of anything that a credential is called by.
fn is_called(it: &Credential, text: &str) -> bool {
    let keys = it.access_key_ids.iter().map(String::as_str);
    let addresses = it.sources.iter().map(|source| source.address.as_str());
    let names = [
        it.user_name.as_str(),
        &it.session_name,
        &it.role_arn,
        &it.principal_arn,
        &it.source_identity,
        &it.mfa_serial,
        &it.account_id,
    ];
    keys.chain(names)
        .chain(addresses)
        .any(|name| name.to_lowercase().contains(text))
}

fn groups_of(it: &Investigation, wanted: &Wanted) -> CredentialGroups {
    let text = wanted.q.trim().to_lowercase();
    let named: Option<BTreeSet<Node>> = match wanted.q.trim() {
        "" => None,
        text => Some(it.forest.find(text).into_iter().collect()),
    };
    let mut groups: BTreeMap<String, Gathered> = BTreeMap::new();
    let (mut total, mut alive) = (0, 0);
    for node in it.forest.nodes() {
        let credential = it.forest.alone(node);
        if let Some(named) = &named
            && !named.contains(&node)
            && !is_called(&credential, &text)
        {
            continue;
        }
        if !credential.kind.is_usable() || !wanted.covers(&credential) {
            continue;
        }
        let works = liveness(&credential, it.as_of).state.is_alive();
        let production = credential.touches_production;
        if wanted.alive != 0 && !works || wanted.production != 0 && !production {
            continue;
        }
        total += 1;
        alive += usize::from(works);
        for key in wanted.group.of(&credential) {
            let group = groups.entry(key).or_default();
            group.nodes.push(node);
            group.alive += usize::from(works);
            group.production += usize::from(works && production);
            group.calls = group.calls.saturating_add(credential.event_count);
        }
    }
    let left_out = groups.len().saturating_sub(GROUPS_MAX);
    let mut ranked: Vec<(String, Gathered)> = groups.into_iter().collect();
    // Those with alerts first, then those of which most works.
    let alerts = |group: &Gathered| -> u64 {
        let counts = group.nodes.iter().filter_map(|node| it.alerts.get(node));
        counts.sum()
    };
    ranked.sort_by_cached_key(|(key, group)| {
        (
            std::cmp::Reverse(alerts(group)),
            std::cmp::Reverse(group.alive),
            std::cmp::Reverse(group.calls),
            key.clone(),
        )
    });
    ranked.truncate(GROUPS_MAX);
    let groups = ranked.into_iter().map(|(key, group)| {
        let shown = &group.nodes[..group.nodes.len().min(ROWS_MAX)];
        CredentialGroup {
            label: label(it, wanted.group, &key),
            key,
            total: group.nodes.len(),
            alive: group.alive,
            production: group.production,
            credentials: it.rows().of(shown),
            more: group.nodes.len() - shown.len(),
        }
    });
    CredentialGroups {
        as_of: Some(format_time(it.as_of)),
        group: wanted.group.name().to_owned(),
        total,
        alive,
        groups: groups.collect(),
        groups_left_out: left_out,
    }
}

/// What a group is called: a root by what it is.
fn label(it: &Investigation, group: Group, key: &str) -> String {
    let root = match group {
        Group::Root => it.forest.by_id(key),
        _ => None,
    };
    match root.map(|root| it.forest.alone(root)) {
        Some(root) => format!("{} {}", full_id(&root), what(&root, None)),
        None => key.to_owned(),
    }
}

pub async fn page(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Answer<Json<CredentialPage>> {
    answer(app, move |it| page_of(it, &id)).await
}

fn page_of(it: &Investigation, id: &str) -> Answer<CredentialPage> {
    let node = find(it, id)?;
    let rows = it.rows();
    let forest = &it.forest;
    let one = |node: Node| rows.in_order(&[node]).pop();
    let row = one(node).ok_or_else(|| Refusal::not_found("the credential has no row"))?;
    // Each by itself, so that it says what it is from where it stands in its tree.
    let mut path: Vec<Node> = forest.ancestors(node);
    path.reverse();
    path.push(node);
    let mut children = forest.children(node).to_vec();
    children.truncate(KIN_MAX);
    let siblings: Vec<Node> = match forest.parent(node) {
        Some(parent) => {
            let all = forest.children(parent).iter();
            let others = all.filter(|other| **other != node);
            others.copied().take(KIN_MAX).collect()
        }
        None => Vec::new(),
    };
    let credential = forest.credential(node);
    let key = full_id(&credential).to_owned();
    Ok(CredentialPage {
        row,
        sureness: sureness(&credential),
        because: because(&credential),
        path: rows.in_order(&path),
        children: rows.in_order(&children),
        siblings: rows.in_order(&siblings),
        alerts: incidents::json(it.alerts_about(&BTreeSet::from([node])))?,
        commands: vec![
            format!("keyline lineage {key} {}", it.flags()),
            format!("keyline contain plan {key} {} --save", it.flags()),
        ],
        credential: lineage_json::credential(&credential, it.as_of),
    })
}

/// The credential of an id, an alias or a key.
pub fn find(it: &Investigation, id: &str) -> Answer<Node> {
    it.find(id).ok_or_else(|| {
        Refusal::not_found(format!("there is no credential `{}`", id.escape_debug()))
            .hint("an id, an alias or an access key id finds one; /api/credentials?q=TEXT looks for others")
    })
}
