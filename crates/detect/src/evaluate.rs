//! Rules on the engine: rows of a rule at one instant, at all ticks at once, and the events that it
//! can see.
//!
//! In: a checked query and an engine over the tables. Out: rows as values. What is done with them is
//! in `replay.rs` and `alert.rs`.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, OnceLock};

use keyline_engine::rows::append_rows;
use keyline_engine::{Engine, ErrorKind, Evaluation, References, Ticks};
use keyline_kql::checked::CheckedQuery;
use keyline_kql::schema::Column;
use keyline_kql::types::{Type, Value};

use crate::evidence::{Condition, EventRef, Events, LOOKUP_COLUMNS};
use crate::limits::{
    LOOKUP_EVENTS_MAX, PIECES_BEFORE_LARGER, ROWS_PER_EVALUATION_MAX, ROWS_PER_PLAN_MAX,
};
use crate::relations::{self, DATA_TABLES, EVENT_ID, EVENT_TABLES, TIME};
use crate::replay::{Evaluator, Instant};
use crate::resolve::Resolver;
use crate::row::Rows;

/// Evaluates a rule tick by tick.
#[derive(Clone, Copy)]
pub struct OneByOne<'a> {
    pub engine: &'a Engine,
    pub query: &'a CheckedQuery,
    /// For a query that carries places.
    pub resolver: Option<&'a Resolver<'a>>,
}

impl OneByOne<'_> {
    /// The columns of the rows that are handed out.
    fn columns(&self) -> &[Column] {
        match self.resolver {
            Some(resolver) => resolver.columns,
            None => &self.query.root.columns,
        }
    }

    fn resolved(&self, rows: Vec<Vec<Value>>) -> Result<Vec<Vec<Value>>, String> {
        match self.resolver {
            Some(resolver) => resolver.rows(rows),
            None => Ok(rows),
        }
    }
}

impl Evaluator for OneByOne<'_> {
    fn evaluate(&mut self, instant: Instant) -> Result<Rows, String> {
        let evaluation = Evaluation {
            now_ticks: instant.now,
            window: instant.window,
        };
        // One more than are used, so that it is noticed that there are more.
        let rows_max = ROWS_PER_EVALUATION_MAX + 1;
        let rows = run(self.engine, self.query, &evaluation, rows_max)
            .map_err(|error| error.to_string())?;
        Ok(Rows {
            columns: self.columns().to_vec(),
            rows: self.resolved(rows)?,
        })
    }
}

/// Whether a query could be evaluated at many ticks with one plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InOnePlan {
    Done,
    /// It has to be evaluated tick by tick; nothing was handed out.
    No,
}

/// Hands out the rows of all ticks that have any, tick after tick. Where all ticks would take too much
/// memory at once they are evaluated in pieces: smaller until one fits, larger again after a few that
/// did, but not as large as one that did not.
pub fn all_ticks(
    rule: OneByOne<'_>,
    ticks: &Ticks,
    out: &mut dyn FnMut(i64, Rows) -> Result<(), String>,
) -> Result<InOnePlan, String> {
    let Ticks {
        first,
        frequency,
        last,
        period,
    } = *ticks;
    let count = |from: i64, to: i64| (to - from) / frequency + 1;
    let (mut at, mut size, mut fitted) = (first, count(first, last).max(1), 0);
    let mut too_large = i64::MAX;
    while at <= last {
        let until = at
            .saturating_add((size - 1).saturating_mul(frequency))
            .min(last);
        let piece = Ticks {
            first: at,
            last: until,
            ..*ticks
        };
        match one_plan(rule, &piece, out)? {
            Piece::Done => {
                at = until + frequency;
                fitted += 1;
                let larger = size.saturating_mul(2);
                if fitted >= PIECES_BEFORE_LARGER && larger < too_large {
                    (size, fitted) = (larger, 0);
                }
            }
            Piece::NotVectorisable => return Ok(InOnePlan::No),
            Piece::TooMuch if at == until => {
                let window = Some((at.saturating_sub(period), at));
                let mut rule = rule;
                let rows = rule.evaluate(Instant { now: at, window })?;
                out(at, rows)?;
                at += frequency;
            }
            // A plan that does not fit has run for nothing, so the next one is much smaller.
            Piece::TooMuch => {
                too_large = too_large.min(count(at, until));
                (size, fitted) = ((count(at, until) / 4).max(1), 0);
            }
        }
    }
    Ok(InOnePlan::Done)
}

/// What became of a piece of the ticks.
enum Piece {
    Done,
    NotVectorisable,
    TooMuch,
}

/// Evaluates all the ticks with one plan.
fn one_plan(
    rule: OneByOne<'_>,
    ticks: &Ticks,
    out: &mut dyn FnMut(i64, Rows) -> Result<(), String>,
) -> Result<Piece, String> {
    let OneByOne { engine, query, .. } = rule;
    let plan = match engine.plan_ticks(query, ticks) {
        Ok(plan) => plan,
        Err(error) if error.kind() == ErrorKind::NotVectorisable => {
            return Ok(Piece::NotVectorisable);
        }
        // Parts of a plan run while it is made.
        Err(error) if error.kind() == ErrorKind::Limit => return Ok(Piece::TooMuch),
        Err(error) => return Err(error.to_string()),
    };
    let collected = engine
        .physical(&plan)
        .and_then(|plan| engine.collect_at_most(plan, ROWS_PER_PLAN_MAX));
    if matches!(&collected, Err(error) if error.kind() == ErrorKind::Limit) {
        return Ok(Piece::TooMuch);
    }
    let columns = &query.root.columns;
    let mut with_tick = vec![Column::new(keyline_engine::lower::TICK, Type::Long)];
    with_tick.extend(columns.iter().cloned());
    let mut rows = Vec::new();
    for batch in &collected.map_err(|error| error.to_string())? {
        append_rows(batch, &with_tick, &mut rows).map_err(|error| error.to_string())?;
    }
    let mut of_ticks = Vec::with_capacity(rows.len());
    rows.retain_mut(|row| match row.remove(0) {
        Value::Long(tick) => {
            of_ticks.push(tick);
            true
        }
        _ => false,
    });
    let mut by_tick: BTreeMap<i64, Rows> = BTreeMap::new();
    for (tick, row) in of_ticks.into_iter().zip(rule.resolved(rows)?) {
        let empty = || Rows {
            columns: rule.columns().to_vec(),
            rows: Vec::new(),
        };
        by_tick.entry(tick).or_insert_with(empty).rows.push(row);
    }
    for (tick, rows) in by_tick {
        out(tick, rows)?;
    }
    Ok(Piece::Done)
}

/// The rows of a query at an instant.
fn run(
    engine: &Engine,
    query: &CheckedQuery,
    evaluation: &Evaluation,
    rows_max: usize,
) -> Result<Vec<Vec<Value>>, keyline_engine::Error> {
    let plan = engine.physical(&engine.plan(query, evaluation)?)?;
    let mut rows = Vec::new();
    for batch in engine.collect(plan)? {
        let left = rows_max.saturating_sub(rows.len());
        let batch = batch.slice(0, left.min(batch.num_rows()));
        append_rows(&batch, &query.root.columns, &mut rows)?;
    }
    Ok(rows)
}

/// The times of the events that a query can see, ascending; those without a time are left out. Where
/// that cannot be asked, those of all events: more ticks, the same alerts.
pub fn visible_times(engine: &Engine, query: &CheckedQuery) -> Result<Vec<i64>, String> {
    let mut times = Vec::new();
    for visible in relations::visible(query, &DATA_TABLES, &[TIME]) {
        let all = relations::visible_without_filters(&visible);
        let rows = run(engine, &visible, &Evaluation::at(0), usize::MAX)
            .or_else(|_| run(engine, &all, &Evaluation::at(0), usize::MAX))
            .map_err(|error| error.to_string())?;
        times.extend(rows.iter().filter_map(|row| match row.first() {
            Some(Value::DateTime(ticks)) => Some(*ticks),
            _ => None,
        }));
    }
    times.sort_unstable();
    times.dedup();
    Ok(times)
}

/// The events that a rule can see, read when the first alert asks for them. Texts repeat, so each is
/// kept once.
pub struct SeenEvents<'a> {
    engine: &'a Engine,
    query: &'a CheckedQuery,
    seen: OnceLock<Seen>,
}

#[derive(Default)]
struct Seen {
    /// The rule sees more events than may be kept, so none were.
    too_many: bool,
    texts: Vec<String>,
    /// Time, event id, and the texts of [`LOOKUP_COLUMNS`].
    events: Vec<(i64, String, [u32; LOOKUP_COLUMNS.len()])>,
}

impl<'a> SeenEvents<'a> {
    pub fn new(engine: &'a Engine, query: &'a CheckedQuery) -> SeenEvents<'a> {
        SeenEvents {
            engine,
            query,
            seen: OnceLock::new(),
        }
    }

    /// The limit that look-ups have hit, in words.
    pub fn limit(&self) -> Option<String> {
        let too_many = self.seen.get().is_some_and(|seen| seen.too_many);
        too_many.then(|| {
            format!("more than {LOOKUP_EVENTS_MAX} events to look up: no event ids are given")
        })
    }

    /// A look-up that fails leaves the alert without evidence, which it says.
    fn read(&self) -> Seen {
        let mut seen = Seen::default();
        let mut places: HashMap<String, u32> = HashMap::new();
        // Two uses may see the same event.
        let mut known: HashSet<(i64, String)> = HashSet::new();
        let visible = relations::visible(self.query, &EVENT_TABLES, &lookup_columns());
        let several = visible.len() > 1;
        for visible in visible {
            let plan = self.engine.plan(&visible, &Evaluation::at(0));
            let batches = plan
                .and_then(|plan| self.engine.physical(&plan))
                .and_then(|plan| self.engine.collect(plan))
                .unwrap_or_default();
            for batch in batches {
                let mut rows = Vec::new();
                if append_rows(&batch, &visible.root.columns, &mut rows).is_err() {
                    continue;
                }
                for row in rows {
                    let mut cells = row.into_iter();
                    let (Some(Value::DateTime(time)), Some(Value::String(id))) =
                        (cells.next(), cells.next())
                    else {
                        continue;
                    };
                    if several && !known.insert((time, id.clone())) {
                        continue;
                    }
                    let mut texts = [0; LOOKUP_COLUMNS.len()];
                    for (text, cell) in texts.iter_mut().zip(cells) {
                        let Value::String(cell) = cell else { continue };
                        *text = *places.entry(cell).or_insert_with_key(|cell| {
                            seen.texts.push(cell.clone());
                            seen.texts.len() as u32 - 1
                        });
                    }
                    if seen.events.len() >= LOOKUP_EVENTS_MAX {
                        return Seen {
                            too_many: true,
                            ..Seen::default()
                        };
                    }
                    seen.events.push((time, id, texts));
                }
            }
        }
        seen
    }
}

/// What the events of a look-up need: time, id, and what conditions may name.
pub fn lookup_columns() -> Vec<&'static str> {
    [TIME, EVENT_ID].into_iter().chain(LOOKUP_COLUMNS).collect()
}

impl Events for SeenEvents<'_> {
    fn find(&self, window: (i64, i64), conditions: &[Condition]) -> Vec<EventRef> {
        let seen = self.seen.get_or_init(|| self.read());
        // Each condition as, by column, which texts meet it.
        let met: Vec<Vec<(usize, Vec<bool>)>> = conditions
            .iter()
            .map(|condition| {
                let tests = condition.any_of.iter().filter_map(|test| {
                    let column = LOOKUP_COLUMNS
                        .iter()
                        .position(|name| *name == test.column)?;
                    Some((
                        column,
                        seen.texts.iter().map(|text| test.holds(text)).collect(),
                    ))
                });
                tests.collect()
            })
            .collect();
        let holds = |texts: &[u32; LOOKUP_COLUMNS.len()]| {
            met.iter().all(|tests| {
                tests.iter().any(|(column, texts_met)| {
                    texts_met
                        .get(texts[*column] as usize)
                        .copied()
                        .unwrap_or(false)
                })
            })
        };
        let inside = |time: i64| (window.0..=window.1).contains(&time);
        let events = seen.events.iter();
        events
            .filter(|(time, id, texts)| inside(*time) && !id.is_empty() && holds(texts))
            .map(|(time, id, _)| EventRef {
                time: *time,
                id: id.clone(),
            })
            .collect()
    }
}

/// References that are fetched once in a run, whether that succeeds or not: a rule is planned more
/// than once.
pub struct Remembered {
    references: Arc<dyn References>,
    known: Mutex<HashMap<String, Result<Vec<u8>, String>>>,
}

impl Remembered {
    pub fn new(references: Arc<dyn References>) -> Remembered {
        Remembered {
            references,
            known: Mutex::default(),
        }
    }
}

impl References for Remembered {
    fn fetch(&self, uri: &str) -> Result<Vec<u8>, String> {
        let mut known = self.known.lock().expect("no holder of the lock panics");
        let fetch = || self.references.fetch(uri);
        known.entry(uri.to_string()).or_insert_with(fetch).clone()
    }
}
