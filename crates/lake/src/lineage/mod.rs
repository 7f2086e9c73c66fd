//! Lineage over the logs: the facts of a pass, the forest, and its tables.
//!
//! In: opened logs and what is production. Out: the forest of credentials, made once and shared, and
//! tables: `Credential`, `CredentialAlias`, `CredentialEdge` and `CredentialChange` of the forest,
//! `CredentialEvents` and `CredentialUse` as views that join events with it. What a credential is and how it is linked is the
//! business of the crate `lineage`.

pub mod columns;

mod dictionary;
mod gather;
#[cfg(feature = "lake")]
mod followed;
mod one;
mod queue;

mod table;

mod views;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, OnceLock};

#[cfg(feature = "lake")]
use arrow_array::RecordBatch;
use datafusion::catalog::TableProvider;
use datafusion::datasource::empty::EmptyTable;
use keyline_lineage::{Change, Credential, Facts, Forest, Node, Production};
use keyline_trail::schema::arrow_schema;
use keyline_trail::session::session_key;
use keyline_trail::{Problems, Projection};

use self::columns::{
    AliasRow, CREDENTIAL, CREDENTIAL_ALIAS, CREDENTIAL_CHANGE, CREDENTIAL_EDGE, ChangeRow,
    CredentialRow, EdgeRow, LineageColumn, OF_EVENT,
};
use self::table::{LazyTable, batch_of, schema_of};
use crate::error::{Error, ErrorKind};
use crate::known_tables::KnownColumn;
use crate::limits;
use crate::logs::Logs;

#[cfg(feature = "lake")]
pub use followed::Followed;
pub use views::{TABLE_EVENTS, TABLE_USE};

pub const TABLE_CREDENTIAL: &str = "Credential";
pub const TABLE_ALIAS: &str = "CredentialAlias";
pub const TABLE_EDGE: &str = "CredentialEdge";
pub const TABLE_CHANGE: &str = "CredentialChange";

/// The lineage of the credentials in some logs. A clone is another handle on the same.
#[derive(Clone)]
pub struct Lineage {
    inner: Arc<Inner>,
}

struct Inner {
    logs: Logs,
    production: Production,
    built: OnceLock<Result<(Arc<Forest>, Problems), String>>,
}

/// A table with its columns by KQL type.
#[derive(Clone, Debug)]
pub struct LineageTable {
    pub name: &'static str,
    pub columns: Vec<KnownColumn>,
    pub provider: Arc<dyn TableProvider>,
}

impl Inner {
    fn build(&self, facts: Facts) -> (Arc<Forest>, Problems) {
        let (forest, problems) = Forest::build(facts, &self.production);
        (Arc::new(forest), problems)
    }
}

impl fmt::Debug for Lineage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lineage({} files)", self.inner.logs.files())
    }
}

impl Lineage {
    /// Nothing is read yet.
    pub fn of(logs: &Logs, production: Production) -> Lineage {
        Lineage {
            inner: Arc::new(Inner {
                logs: logs.clone(),
                production,
                built: OnceLock::new(),
            }),
        }
    }

    /// The lineage of logs whose forest somebody has built already.
    pub fn known(logs: &Logs, production: Production, forest: Arc<Forest>) -> Lineage {
        let lineage = Lineage::of(logs, production);
        // It is new, so that nobody else has set it.
        let _ = lineage.inner.built.set(Ok((forest, Problems::default())));
        lineage
    }

    /// The forest; the logs are read for it when it is first asked for. Blocks.
    pub fn forest(&self) -> Result<Arc<Forest>, Error> {
        Ok(self.built()?.0.clone())
    }

    /// The forest cut down to a text, and what was wrong: what it names, what that came from and what it minted are as
    /// in the whole forest; of what it came from only the line to it is shown. Of other credentials some may be
    /// there, complete or not. Blocks.
    pub fn about(&self, text: &str) -> Result<(Arc<Forest>, Problems), Error> {
        let inner = &self.inner;
        let (forest, problems) = match inner.built.get() {
            Some(_) => {
                let (forest, problems) = self.built()?;
                (Forest::clone(forest), problems.clone())
            }
            None => match inner.logs.tree_of(&inner.production, text)? {
                Some(found) => found,
                None => Forest::build(inner.logs.facts(&inner.production)?, &inner.production),
            },
        };
        let named = forest.find(text);
        Ok((Arc::new(forest.about(&named)), problems))
    }

    /// The whole forest, and what was wrong with the data as far as lineage is concerned. Blocks.
    pub fn whole(&self) -> Result<(Arc<Forest>, Problems), Error> {
        self.built().cloned()
    }

    /// What was wrong with the data, as far as lineage is concerned. Blocks like the forest.
    pub fn problems(&self) -> Result<Problems, Error> {
        Ok(self.built()?.1.clone())
    }

    fn built(&self) -> Result<&(Arc<Forest>, Problems), Error> {
        let inner = &self.inner;
        let built = inner.built.get_or_init(|| {
            let facts = inner.logs.facts(&inner.production);
            Ok(inner.build(facts.map_err(|error| error.to_string())?))
        });
        built
            .as_ref()
            .map_err(|message| Error::new(ErrorKind::Internal, message.clone()))
    }

    /// All lineage tables; `events` is the table `CloudTrail` that the views stand on.
    pub fn tables(&self, events: &Arc<dyn TableProvider>) -> Result<Vec<LineageTable>, Error> {
        let credentials = self.table(TABLE_CREDENTIAL, CREDENTIAL, credential_rows);
        let aliases = self.table(TABLE_ALIAS, CREDENTIAL_ALIAS, owned_alias_rows);
        let edges = self.table(TABLE_EDGE, CREDENTIAL_EDGE, edge_rows);
        let changes = self.table(TABLE_CHANGE, CREDENTIAL_CHANGE, change_rows);
        let of_event = self.table("", OF_EVENT, alias_rows);
        let seen = views::events(events, &of_event.provider)?;
        let used = views::usage(&seen)?;
        Ok(vec![credentials, aliases, edges, changes, seen, used])
    }

    /// What events become as uses, however many tables of events there are.
    #[cfg(feature = "lake")]
    pub(crate) fn uses(&self) -> Uses {
        Uses {
            of_event: self.table("", OF_EVENT, alias_rows).provider,
        }
    }

    fn table<R: 'static>(
        &self,
        name: &'static str,
        columns: &'static [LineageColumn<R>],
        rows: fn(&Forest) -> Box<dyn Iterator<Item = R> + '_>,
    ) -> LineageTable {
        let lineage = self.clone();
        let make = move || batch_of(columns, rows(&*lineage.forest()?));
        LineageTable {
            name,
            columns: known_columns(columns),
            provider: Arc::new(LazyTable::new(name, schema_of(columns), make)),
        }
    }
}

/// Makes uses of events.
#[cfg(feature = "lake")]
pub(crate) struct Uses {
    of_event: Arc<dyn TableProvider>,
}

#[cfg(feature = "lake")]
impl Uses {
    pub(crate) fn of(&self, events: &Arc<dyn TableProvider>) -> Result<LineageTable, Error> {
        views::usage(&views::events(events, &self.of_event)?)
    }

    pub(crate) fn columns(&self) -> Result<Vec<KnownColumn>, Error> {
        let events: Arc<dyn TableProvider> =
            Arc::new(EmptyTable::new(arrow_schema(&Projection::all())));
        Ok(self.of(&events)?.columns)
    }
}

/// All names by which events find their credential.
#[cfg(feature = "lake")]
pub(crate) fn names_of_events(forest: &Forest) -> Box<dyn Iterator<Item = AliasRow> + '_> {
    alias_rows(forest)
}

/// A table's name, columns and rows.
#[cfg(feature = "lake")]
pub(crate) type Rows = (&'static str, Vec<KnownColumn>, RecordBatch);

/// The tables of a forest that have rows of their own.
#[cfg(feature = "lake")]
pub(crate) fn rows_of_lineage(forest: &Forest) -> Result<Vec<Rows>, Error> {
    Ok(vec![
        (
            TABLE_CREDENTIAL,
            known_columns(CREDENTIAL),
            batch_of(CREDENTIAL, credential_rows(forest))?,
        ),
        (
            TABLE_ALIAS,
            known_columns(CREDENTIAL_ALIAS),
            batch_of(CREDENTIAL_ALIAS, owned_alias_rows(forest))?,
        ),
        (
            TABLE_EDGE,
            known_columns(CREDENTIAL_EDGE),
            batch_of(CREDENTIAL_EDGE, edge_rows(forest))?,
        ),
    ])
}

/// The lineage tables without rows, for checking queries when there are no logs.
pub fn empty_tables() -> Result<Vec<LineageTable>, Error> {
    let empty = |schema| -> Arc<dyn TableProvider> { Arc::new(EmptyTable::new(schema)) };
    let events = empty(arrow_schema(&Projection::all()));
    let of = |name, columns: Vec<KnownColumn>, schema| LineageTable {
        name,
        columns,
        provider: empty(schema),
    };
    let aliases = of(
        TABLE_ALIAS,
        known_columns(CREDENTIAL_ALIAS),
        schema_of(CREDENTIAL_ALIAS),
    );
    let seen = views::events(&events, &empty(schema_of(OF_EVENT)))?;
    let used = views::usage(&seen)?;
    Ok(vec![
        of(
            TABLE_CREDENTIAL,
            known_columns(CREDENTIAL),
            schema_of(CREDENTIAL),
        ),
        aliases,
        of(
            TABLE_EDGE,
            known_columns(CREDENTIAL_EDGE),
            schema_of(CREDENTIAL_EDGE),
        ),
        of(
            TABLE_CHANGE,
            known_columns(CREDENTIAL_CHANGE),
            schema_of(CREDENTIAL_CHANGE),
        ),
        of(TABLE_EVENTS, seen.columns.clone(), seen.provider.schema()),
        of(TABLE_USE, used.columns.clone(), used.provider.schema()),
    ])
}

fn known_columns<R>(columns: &[LineageColumn<R>]) -> Vec<KnownColumn> {
    let known = |column: &LineageColumn<R>| KnownColumn {
        name: column.name,
        kql_type: column.kql_type,
    };
    columns.iter().map(known).collect()
}

fn credential_rows(forest: &Forest) -> Box<dyn Iterator<Item = CredentialRow> + '_> {
    Box::new(forest.nodes().map(|node| {
        let credential = forest.credential(node);
        CredentialRow {
            known: known_of(forest, node),
            path: path(forest, node, &credential.root),
            credential,
        }
    }))
}

/// The ids from the root to a node.
fn path(forest: &Forest, node: Node, root: &str) -> Vec<String> {
    let above = std::iter::successors(Some(node), |node| forest.parent(*node));
    let mut nearest: Vec<String> = above
        .take(limits::PATH_IDS_MAX)
        .map(|node| forest.id(node))
        .collect();
    if nearest.last().is_none_or(|last| last != root) {
        nearest.pop();
        nearest.push(root.to_owned());
    }
    nearest.reverse();
    nearest
}

/// One row for each id: a join over them gives no row twice.
fn owned_alias_rows(forest: &Forest) -> Box<dyn Iterator<Item = AliasRow> + '_> {
    Box::new(alias_rows(forest).filter(|row| row.is_owner))
}

fn alias_rows(forest: &Forest) -> Box<dyn Iterator<Item = AliasRow> + '_> {
    // An id stands for one credential: that of an exact match before that of an alias. A key id that was used in
    // several accounts stands for another one in each.
    let mut owners: HashMap<String, Node> = HashMap::new();
    let mut by_account: HashMap<String, BTreeMap<String, Node>> = HashMap::new();
    for node in forest.nodes() {
        let credential = forest.alone(node);
        for (alias, kind) in names(&credential) {
            let owner = *owners.entry(alias.clone()).or_insert(node);
            if owner == node || kind != KEY_ID {
                continue;
            }
            let other = forest.alone(owner).account_id;
            if other != credential.account_id {
                let accounts = by_account.entry(alias).or_default();
                accounts.entry(other).or_insert(owner);
                accounts
                    .entry(credential.account_id.clone())
                    .or_insert(node);
            }
        }
    }
    Box::new(forest.nodes().flat_map(move |node| {
        let credential = Arc::new(forest.alone(node));
        let known = known_of(forest, node);
        let root_kind = forest.kind(forest.root(node)).name();
        let row = |(alias, kind): (String, &'static str)| {
            let is_owner = owners.get(&alias) == Some(&node);
            let accounts = by_account.get(&alias);
            let of_account = accounts
                .is_some_and(|accounts| accounts.get(&credential.account_id) == Some(&node));
            (is_owner || of_account).then(|| AliasRow {
                known,
                account: match of_account {
                    true => credential.account_id.clone(),
                    false => String::new(),
                },
                alias,
                kind,
                root_kind,
                is_owner,
                credential: credential.clone(),
            })
        };
        names(&credential)
            .into_iter()
            .filter_map(row)
            .collect::<Vec<_>>()
    }))
}

/// The sort of an alias that is a key id.
const KEY_ID: &str = "access-key-id";

/// The ids by which events name a credential.
fn names(credential: &Credential) -> Vec<(String, &'static str)> {
    let mut names: Vec<(String, &'static str)> = credential
        .access_key_ids
        .iter()
        .map(|key| (key.clone(), KEY_ID))
        .collect();
    if let (Some(issued), false) = (credential.issued_at, credential.principal_id.is_empty()) {
        let key = session_key(&credential.account_id, &credential.principal_id, issued);
        names.push((key, "session-key"));
    }
    names.push((credential.id.clone(), "credential-id"));
    names.extend(
        credential
            .aliases
            .iter()
            .map(|alias| (alias.clone(), "credential-id")),
    );
    // A session without a minted key has its session key for an id.
    names.sort();
    names.dedup_by(|one, other| one.0 == other.0);
    names
}

fn edge_rows(forest: &Forest) -> Box<dyn Iterator<Item = EdgeRow> + '_> {
    Box::new(forest.nodes().flat_map(move |node| {
        let credential = forest.alone(node);
        let Some(parent) = credential.parent.clone() else {
            return Vec::new();
        };
        let mut ends = vec![(parent.id.clone(), parent.confidence)];
        let others = parent.candidates.iter();
        ends.extend(
            others
                .filter(|candidate| candidate.id != parent.id)
                .map(|candidate| (candidate.id.clone(), candidate.confidence)),
        );
        let known = known_of(forest, node);
        let edge = |(id, confidence): (String, f64)| EdgeRow {
            known,
            parent_kind: forest
                .by_id(&id)
                .map_or("", |above| forest.kind(above).name()),
            parent: id,
            child: credential.id.clone(),
            child_kind: credential.kind.name(),
            certainty: parent.certainty.name(),
            rule: parent.rule.name(),
            confidence,
            issuing_api: credential.issuing_api.clone(),
            root: credential.root.clone(),
            depth: i64::from(credential.depth),
        };
        ends.into_iter().map(edge).collect()
    }))
}

/// The changes of each credential and of all that it descends from.
fn change_rows(forest: &Forest) -> Box<dyn Iterator<Item = ChangeRow> + '_> {
    let all = forest.nodes().map(|node| (node, forest.alone(node)));
    let changed: HashMap<Node, Arc<Credential>> = all
        .filter(|(_, credential)| !credential.changes.is_empty())
        .map(|(node, credential)| (node, Arc::new(credential)))
        .collect();
    Box::new(forest.nodes().flat_map(move |node| {
        let line = std::iter::once(node).chain(forest.ancestors(node));
        let above: Vec<(usize, &Arc<Credential>)> = line
            .enumerate()
            .filter_map(|(distance, above)| Some((distance, changed.get(&above)?)))
            .collect();
        if above.is_empty() {
            return Vec::new();
        }
        let credential = Arc::new(forest.alone(node));
        let known = known_of(forest, node);
        let row = |distance: usize, changed: &Arc<Credential>, change: &Change| ChangeRow {
            known,
            distance,
            change: change.clone(),
            changed: changed.clone(),
            credential: credential.clone(),
        };
        above
            .into_iter()
            .flat_map(|(distance, changed)| {
                let changes = changed.changes.iter();
                changes.map(move |change| row(distance, changed, change))
            })
            .collect()
    }))
}

/// When a credential came to be known: its own first sign, else that of what it minted.
fn known_of(forest: &Forest, node: Node) -> Option<i64> {
    let below = || {
        let children = forest.children(node).iter();
        children.filter_map(|child| forest.known_from(*child)).min()
    };
    let own = forest.known_from(node);
    own.or_else(below).or(forest.last_event())
}
