//! Rules on the engine: rows of a rule at one instant, at all ticks at once, and the events that it
//! can see.
//!
//! In: a checked query and an engine over the tables. Out: rows as values. What is done with them is
//! in `replay.rs` and `alert.rs`.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, OnceLock};

use keyline_engine::rows::append_rows;
use keyline_engine::{Engine, ErrorKind, Evaluation, References, Ticks};
use keyline_kql::checked::CheckedQuery;
use keyline_kql::schema::Column;
use keyline_kql::types::{Type, Value};

use crate::evidence::{Condition, EventRef, Events, LOOKUP_COLUMNS};
use crate::relations::{self, EVENT_ID, TIME};
use crate::replay::{Evaluator, Instant};
use crate::row::Rows;

/// The tables that hold events.
pub const EVENT_TABLES: [&str; 2] = [keyline_lake::TABLE, keyline_lake::TABLE_AWS];

/// Evaluates a rule tick by tick.
pub struct OneByOne<'a> {
    pub engine: &'a Engine,
    pub query: &'a CheckedQuery,
}

impl Evaluator for OneByOne<'_> {
    fn evaluate(&mut self, instant: Instant) -> Result<Rows, String> {
        let evaluation = Evaluation {
            now_ticks: instant.now,
            window: instant.window,
        };
        let rows = run(self.engine, self.query, &evaluation).map_err(|error| error.to_string())?;
        Ok(Rows {
            columns: self.query.root.columns.clone(),
            rows,
        })
    }
}

/// The rows of all ticks from one plan, by tick; `None` where the query can only be evaluated tick by
/// tick.
pub fn all_ticks(
    engine: &Engine,
    query: &CheckedQuery,
    ticks: &Ticks,
) -> Result<Option<BTreeMap<i64, Rows>>, String> {
    let plan = match engine.plan_ticks(query, ticks) {
        Ok(plan) => plan,
        Err(error) if error.kind() == ErrorKind::NotVectorisable => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    let batches = match engine.physical(&plan).and_then(|plan| engine.collect(plan)) {
        Ok(batches) => batches,
        // Many ticks at once need more memory than one.
        Err(error) if error.kind() == ErrorKind::Limit => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    let columns = &query.root.columns;
    let mut with_tick = vec![Column::new(keyline_engine::lower::TICK, Type::Long)];
    with_tick.extend(columns.iter().cloned());
    let mut rows = Vec::new();
    for batch in &batches {
        append_rows(batch, &with_tick, &mut rows).map_err(|error| error.to_string())?;
    }
    let mut by_tick: BTreeMap<i64, Rows> = BTreeMap::new();
    for mut row in rows {
        let Value::Long(tick) = row.remove(0) else {
            continue;
        };
        let empty = || Rows {
            columns: columns.clone(),
            rows: Vec::new(),
        };
        by_tick.entry(tick).or_insert_with(empty).rows.push(row);
    }
    Ok(Some(by_tick))
}

/// The rows of a query at an instant.
pub fn run(
    engine: &Engine,
    query: &CheckedQuery,
    evaluation: &Evaluation,
) -> Result<Vec<Vec<Value>>, keyline_engine::Error> {
    let plan = engine.physical(&engine.plan(query, evaluation)?)?;
    let mut rows = Vec::new();
    for batch in engine.collect(plan)? {
        append_rows(&batch, &query.root.columns, &mut rows)?;
    }
    Ok(rows)
}

/// The times of the events that a query can see, ascending; those without a time are left out. Where
/// that cannot be asked, those of all events: more ticks, the same alerts.
pub fn visible_times(engine: &Engine, query: &CheckedQuery) -> Result<Vec<i64>, String> {
    let mut times = Vec::new();
    for table in EVENT_TABLES {
        let Some(visible) = relations::visible(query, table, &[TIME]) else {
            continue;
        };
        let all = relations::visible_without_filters(&visible);
        let rows = run(engine, &visible, &Evaluation::at(0))
            .or_else(|_| run(engine, &all, &Evaluation::at(0)))
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

    /// A look-up that fails leaves the alert without evidence, which it says.
    fn read(&self) -> Seen {
        let mut seen = Seen::default();
        let mut places: HashMap<String, u32> = HashMap::new();
        for table in EVENT_TABLES {
            let Some(visible) = relations::visible(self.query, table, &lookup_columns()) else {
                continue;
            };
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
                    let mut texts = [0; LOOKUP_COLUMNS.len()];
                    for (text, cell) in texts.iter_mut().zip(cells) {
                        let Value::String(cell) = cell else { continue };
                        *text = *places.entry(cell).or_insert_with_key(|cell| {
                            seen.texts.push(cell.clone());
                            seen.texts.len() as u32 - 1
                        });
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
