//! Credentials as rows of a list: what they are called, how they stand, in the words that the pictures use.

use std::collections::HashMap;

use keyline_lineage::picture::rows::{Item, One, rows};
use keyline_lineage::picture::words::{Names, key_of, what};
use keyline_lineage::picture::{Choice, Similar, View, words};
use keyline_lineage::{Forest, Node};
use keyline_trail::time::format_time;

use super::wire::CredentialRow;

/// What rows are made from.
#[derive(Clone, Copy)]
pub struct Rows<'a> {
    pub forest: &'a Forest,
    /// Microseconds since 1970.
    pub as_of: i64,
    pub alerts: &'a HashMap<Node, u64>,
}

impl Rows<'_> {
    /// The rows of these credentials, in the order of the trees: parents before children.
    pub fn of(&self, nodes: &[Node]) -> Vec<CredentialRow> {
        let view = View {
            forest: self.forest,
            choice: Choice::Only(nodes),
            as_of: self.as_of,
            similar: Similar::Show,
            rows_max: usize::MAX,
        };
        let rows = rows(&view, self.alerts);
        let ones = rows.rows.iter().filter_map(|row| match &row.item {
            Item::One(one) => Some(one),
            Item::Folded(_) => None,
        });
        ones.map(|one| self.row(one, &rows.names)).collect()
    }

    /// The same in the order in which they are named.
    pub fn in_order(&self, nodes: &[Node]) -> Vec<CredentialRow> {
        let mut by_id: HashMap<String, CredentialRow> = self
            .of(nodes)
            .into_iter()
            .map(|row| (row.id.clone(), row))
            .collect();
        let ids = nodes.iter().map(|node| self.forest.id(*node));
        ids.filter_map(|id| by_id.remove(&id)).collect()
    }

    pub fn row(&self, one: &One, names: &Names) -> CredentialRow {
        let it = &one.credential;
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        CredentialRow {
            id: it.id.clone(),
            name: names.name(it),
            key: key_of(it).map(str::to_owned),
            kind: it.kind.name().to_owned(),
            what: what(it, one.parent.as_ref()),
            account_id: it.account_id.clone(),
            root: it.root.clone(),
            depth: it.depth,
            works: one.works(),
            state: words::state(it, &one.liveness, one.still, &format_time),
            liveness: one.liveness.state.name().to_owned(),
            until: one.liveness.until.map(format_time),
            issued_at: it.issued_at.map(format_time),
            first_used: it.first_used.map(format_time),
            last_used: it.last_used.map(format_time),
            calls: it.event_count,
            errors: it.error_count,
            alerts: self.alerts.get(&one.node).copied().unwrap_or_default() as usize,
            alarms: one.alarms.iter().map(|alarm| alarm.words()).collect(),
            production: it.touches_production,
            mfa: text(&it.mfa_serial),
            session_name: text(&it.session_name),
            source_identity: text(&it.source_identity),
            source_ips: it
                .sources
                .iter()
                .map(|source| source.address.clone())
                .collect(),
        }
    }
}
