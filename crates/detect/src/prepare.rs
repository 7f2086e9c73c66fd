//! A rule made ready before any log is read: its query, and what that needs of the events.
//!
//! In: a rule and an engine over the tables. Out: needs for the one pass over the logs, and after it an
//! engine in which each use of an event table reads the rows of its own need. Nothing is planned here but
//! what must fail early: references that cannot be read.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use keyline_engine::lower::Live;
use keyline_engine::rows::append_rows;
use keyline_engine::{Engine, ErrorKind, Evaluation, TableProvider};
use keyline_kql::checked::{CheckedQuery, Expr, ExprKind, NamedExpr, Op, Rel};
use keyline_kql::schema::Column;
use keyline_kql::types::{Type, Value};
use keyline_lake::lineage::Lineage;
use keyline_lake::{Cuts, Need, TABLE};

use crate::check::{CheckedRule, Times, check};
use crate::evaluate::lookup_columns;
use crate::keys::{Keys, is_of_texts, keys};
use crate::late::{Late, late};
use crate::limits::{JOIN_KEYS_MAX, LISTED_VALUES_MAX};
use crate::relations::{self, DATA_TABLES, EVENT_ID, TIME, VIEWS};
use crate::rule::Rule;
use crate::uses::{Use, simple, uses};

/// A rule that can run.
pub struct Prepared {
    pub checked: CheckedRule,
    pub query: CheckedQuery,
    /// One for each use of a table over events, in the order of [`event_tables`].
    pub needs: Vec<Need>,
    /// The query as it is evaluated, where that is with places.
    pub late: Option<Late>,
}

/// Why a rule will not run.
pub enum NotRun {
    Failed(String),
    /// It reads only these tables, none of which the logs fill.
    Idle(Vec<String>),
}

/// Everything about a rule that its text and the references tell. `can_fetch`: events can be read again
/// later.
pub fn prepare(rule: &Rule, engine: &Engine, can_fetch: bool) -> Result<Prepared, NotRun> {
    let (query, checked) = usable(check(rule, engine.schema(), &Times::any()))?;
    let fail = |error: keyline_engine::Error| NotRun::Failed(error.to_string());
    for rel in relations::relations(&query.root) {
        if let Op::ExternalData { .. } = &rel.op {
            engine
                .plan(&query_of(&rel), &Evaluation::at(0))
                .map_err(fail)?;
        }
    }
    let has_data = |name: &String| DATA_TABLES.contains(&name.as_str());
    if !query.tables.is_empty() && !query.tables.iter().any(has_data) {
        return Err(NotRun::Idle(query.tables.clone()));
    }
    let mut lists = Lists {
        engine,
        known: HashMap::new(),
        failed: None,
    };
    let uses = uses(&query.root, &mut |rel| lists.values(rel));
    if let Some(error) = lists.failed {
        return Err(fail(error));
    }
    let live = Live::of(&query.root);
    let extra = match needs_lookup(&query) {
        true => lookup_columns(),
        false => vec![TIME],
    };
    let needs = uses.iter().map(|one| {
        let columns = one.table.columns.iter().map(|column| column.name.as_str());
        let columns = columns.filter(|name| live.reads(&one.table, name));
        let columns: Vec<&str> = columns.chain(extra.iter().copied()).collect();
        need(one, &columns, engine)
    });
    let mut needs = needs.collect::<Result<Vec<Need>, _>>().map_err(fail)?;
    let place = |rel: &Arc<Rel>| uses.iter().position(|one| Arc::ptr_eq(&one.table, rel));
    // A join of all events with a few carries the columns of both, so both are narrowed. A query with times
    // in it is checked again when they are known, and would have to be narrowed again.
    let is_worth_it =
        can_fetch && needs.iter().any(Need::is_broad) && !rule.query.has_time_placeholders();
    let late = is_worth_it
        .then(|| late(&query, &|rel| place(rel).is_some()))
        .flatten();
    for (before, after) in late.iter().flat_map(|late| &late.uses) {
        if let Some(at) = place(before) {
            let columns = after.columns.iter().map(|column| column.name.as_str());
            let columns: Vec<&str> = columns.chain(extra.iter().copied()).collect();
            needs[at] = need(&uses[at], &columns, engine).map_err(fail)?;
        }
    }
    for view in views(&query) {
        needs.push(need_of_view(&view, &live, &extra, engine).map_err(fail)?);
    }
    Ok(Prepared {
        needs,
        late,
        checked,
        query,
    })
}

/// The uses of the event tables and of the views over events, always in the same order.
pub fn event_tables(query: &CheckedQuery) -> Vec<Arc<Rel>> {
    let uses = uses(&query.root, &mut |_| None);
    let tables = uses.into_iter().map(|one| one.table);
    tables.chain(views(query)).collect()
}

fn views(query: &CheckedQuery) -> Vec<Arc<Rel>> {
    let is_view =
        |rel: &Arc<Rel>| matches!(&rel.op, Op::Table { name } if VIEWS.contains(&name.as_str()));
    let relations = relations::relations(&query.root).into_iter();
    relations.filter(is_view).collect()
}

/// What a use of a view needs of the events: the view joins all of them with what is known of their
/// credentials.
fn need_of_view(
    view: &Arc<Rel>,
    live: &Live,
    extra: &[&str],
    engine: &Engine,
) -> Result<Need, keyline_engine::Error> {
    let is_read = |c: &&Column| live.reads(view, &c.name) || extra.contains(&c.name.as_str());
    let columns: Vec<Column> = view.columns.iter().filter(is_read).cloned().collect();
    let exprs = columns.iter().map(|c| NamedExpr {
        name: c.name.clone(),
        expr: Expr {
            kind: ExprKind::Column(c.name.clone()),
            ty: c.ty,
            span: view.span,
        },
    });
    let op = Op::Project {
        input: view.clone(),
        exprs: exprs.collect(),
    };
    let root = Arc::new(Rel {
        op,
        columns,
        serialized: false,
        span: view.span,
    });
    let plan = engine.plan(&query_of(&root), &Evaluation::at(0))?;
    let plan = engine.session().state().optimize(&plan)?;
    let needs = Need::of_plan(&plan)
        .map_err(|error| keyline_engine::Error::new(ErrorKind::Execution, error.to_string()))?;
    Ok(Need::all_of(&needs).and_columns(extra.iter().copied()))
}

/// Whether the rows themselves do not say which events they come from.
pub fn needs_lookup(query: &CheckedQuery) -> bool {
    let mut columns = query.root.columns.iter();
    !columns.any(|column| column.name.contains(EVENT_ID))
}

/// The query of a rule that was checked, or why there is none.
pub fn usable(checked: CheckedRule) -> Result<(CheckedQuery, CheckedRule), NotRun> {
    let mut checked = checked;
    match checked.query.take() {
        Some(query) => Ok((query, checked)),
        None => {
            let fatal = checked.problems.iter().find(|problem| problem.is_fatal());
            let why = fatal.map_or("the query is wrong".to_string(), |p| {
                format!("{}:{}: {}", p.position.line, p.position.column, p.message)
            });
            Err(NotRun::Failed(why))
        }
    }
}

/// What each use of an event table reads.
pub type Tables = Vec<(Arc<Rel>, Arc<dyn TableProvider>)>;

/// What was gathered for each use of an event table, as it is in the query and in the one with places.
/// `places` are those of the needs in the cuts.
pub fn gathered(
    tables: &[Arc<Rel>],
    late: Option<&Late>,
    lineage: &Lineage,
    cuts: &Cuts,
    places: &[usize],
) -> Result<Tables, String> {
    let mut providers = Vec::new();
    for (table, place) in tables.iter().zip(places) {
        let provider = cuts.of(*place).and_then(|cut| match &table.op {
            Op::Table { name } if name == TABLE => cut.table(),
            Op::Table { name } if VIEWS.contains(&name.as_str()) => {
                let mut made = lineage.tables(&cut.table()?)?.into_iter();
                let view = made.find(|made| made.name == name);
                Ok(view.map_or(cut.table()?, |view| view.provider))
            }
            _ => cut.sentinel_table(),
        });
        let provider = provider.map_err(|e| e.to_string())?;
        let narrowed = late.iter().flat_map(|late| &late.uses);
        let after = narrowed.filter(|(before, _)| Arc::ptr_eq(before, table));
        providers.extend(after.map(|(_, after)| (after.clone(), provider.clone())));
        providers.push((table.clone(), provider));
    }
    Ok(providers)
}

/// An engine over these tables, where those of all events have shrunk to what the query's joins can meet.
/// `is_broad` says of a use whether it reads all events.
pub fn over(
    engine: &Engine,
    query: &CheckedQuery,
    mut tables: Tables,
    is_broad: &dyn Fn(&Arc<Rel>) -> bool,
) -> Result<Engine, keyline_engine::Error> {
    let mut engine = engine.with_uses(tables.clone());
    for keys in keys(&query.root) {
        if !is_broad(&keys.table) || is_broad(&keys.source) || !is_of_texts(&keys.key) {
            continue;
        }
        let Some(values) = values_of(&engine, &keys)? else {
            continue;
        };
        let restricted = engine.restricted(&keys.table, &keys.key, values)?;
        for (table, provider) in &mut tables {
            if Arc::ptr_eq(table, &keys.table) {
                *provider = restricted.clone();
            }
        }
        engine = engine.with_uses(tables.clone());
    }
    Ok(engine)
}

/// The distinct values of a key, unless there are too many.
fn values_of(engine: &Engine, keys: &Keys) -> Result<Option<Vec<String>>, keyline_engine::Error> {
    let name = "key".to_string();
    let columns = vec![Column::new(&name, Type::String)];
    let op = Op::Project {
        input: keys.source.clone(),
        exprs: vec![NamedExpr {
            name,
            expr: keys.of.clone(),
        }],
    };
    let root = Arc::new(Rel {
        op,
        columns: columns.clone(),
        serialized: false,
        span: keys.of.span,
    });
    let plan = engine.plan(&query_of(&root), &Evaluation::at(0))?;
    let batches = match engine.collect_at_most(engine.physical(&plan)?, JOIN_KEYS_MAX) {
        Ok(batches) => batches,
        Err(error) if error.kind() == ErrorKind::Limit => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut values = BTreeSet::new();
    for batch in &batches {
        let mut rows = Vec::new();
        append_rows(batch, &columns, &mut rows)?;
        values.extend(
            rows.into_iter()
                .filter_map(|row| match row.into_iter().next() {
                    Some(Value::String(value)) => Some(value),
                    _ => None,
                }),
        );
    }
    Ok(Some(values.into_iter().collect()))
}

fn need(one: &Use, columns: &[&str], engine: &Engine) -> Result<Need, keyline_engine::Error> {
    let any_of: Vec<_> = one.any_of.iter().map(|all| simple(all)).collect();
    let need = engine.need(&one.table, columns, &any_of)?;
    Ok(need.at_all_times())
}

/// Lists that are read before the logs.
struct Lists<'a> {
    engine: &'a Engine,
    known: HashMap<*const Rel, Option<Vec<String>>>,
    failed: Option<keyline_engine::Error>,
}

impl Lists<'_> {
    /// The values of a list, if they are few enough to look for.
    fn values(&mut self, rel: &Arc<Rel>) -> Option<Vec<String>> {
        if let Some(known) = self.known.get(&Arc::as_ptr(rel)) {
            return known.clone();
        }
        let values = self.read(rel).unwrap_or_else(|error| {
            self.failed = Some(error);
            None
        });
        self.known.insert(Arc::as_ptr(rel), values.clone());
        values
    }

    fn read(&self, rel: &Arc<Rel>) -> Result<Option<Vec<String>>, keyline_engine::Error> {
        let only_data = relations::relations(rel).iter().all(|rel| {
            !matches!(rel.op, Op::Table { .. } | Op::Context)
                && relations::exprs(rel)
                    .iter()
                    .all(|e| relations::is_timeless(e))
        });
        if !only_data {
            return Ok(None);
        }
        let query = query_of(rel);
        let plan = self.engine.plan(&query, &Evaluation::at(0))?;
        let plan = self.engine.physical(&plan)?;
        let batches = match self.engine.collect_at_most(plan, LISTED_VALUES_MAX) {
            Ok(batches) => batches,
            Err(error) if error.kind() == ErrorKind::Limit => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut rows = Vec::new();
        for batch in &batches {
            append_rows(batch, &rel.columns, &mut rows)?;
        }
        let values = rows
            .into_iter()
            .filter_map(|row| match row.into_iter().next() {
                Some(Value::String(value)) => Some(value),
                _ => None,
            });
        Ok(Some(values.collect()))
    }
}

/// A part of a query as a query of its own.
fn query_of(rel: &Arc<Rel>) -> CheckedQuery {
    CheckedQuery {
        root: rel.clone(),
        tables: Vec::new(),
        external_uris: Vec::new(),
        render: None,
        ago_ticks: Vec::new(),
    }
}
