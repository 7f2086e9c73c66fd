//! `/api/query`: rows as they come, a JSON document a line. Whoever stops reading stops the query.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use futures::StreamExt;
use keyline_engine::Evaluation;
use keyline_engine::rows::{append_rows, json};
use keyline_trail::time::format_time;
use serde_json::{Value, json as document};
use tokio::sync::mpsc;

use super::{answer, investigation, kql};
use crate::cli::query::Refusal as KqlRefusal;
use crate::server::App;
use crate::server::investigation::Investigation;
use crate::server::lanes::micros;
use crate::server::refusal::Answer;
use crate::server::who::Who;
use crate::server::wire::{Millis, QueryDone, QueryQuestion, TableInfo};

/// Rows of an answer, and how many whoever asks may want.
const ROWS_DEFAULT: usize = 100_000;
const ROWS_MAX: usize = 1_000_000;
/// How long a query may take.
const TIME_MAX: Duration = Duration::from_secs(600);
/// Rows of a line.
const ROWS_A_LINE: usize = 500;
/// The column by which a table is one of events.
const TIME: &str = "TimeGenerated";
/// Lines that wait for a slow reader.
const LINES_WAITING: usize = 8;

pub async fn query(
    State(app): State<Arc<App>>,
    Extension(who): Extension<Who>,
    Json(question): Json<QueryQuestion>,
) -> Answer<Response> {
    let it = investigation(&app)?;
    let place = app.place(&who)?;
    let (lines, read) = mpsc::channel(LINES_WAITING);
    tokio::task::spawn_blocking(move || {
        let _place = place;
        let lines = Lines(lines);
        let before = scope(&it, &question);
        let source = format!("{before}{}", question.query);
        if let Err(refusal) = run(&it, &question, &source, &lines) {
            let errors = kql::in_utf16(refusal.json(&source), &source);
            lines.send(&document!({"errors": without(errors, before.len())}));
        }
    });
    let lines = futures::stream::unfold(read, |mut read| async {
        let line = read.recv().await?;
        Some((Ok::<_, std::convert::Infallible>(line), read))
    });
    let headers = [(CONTENT_TYPE, "application/x-ndjson")];
    Ok((headers, Body::from_stream(lines)).into_response())
}

/// Where lines go; nobody may be there any more.
struct Lines(mpsc::Sender<Bytes>);

impl Lines {
    /// False when nobody reads.
    fn send(&self, line: &impl serde::Serialize) -> bool {
        let mut text = serde_json::to_vec(line).unwrap_or_default();
        text.push(b'\n');
        // The answer is made on threads that may wait, and on those of the engine, which may too.
        futures::executor::block_on(self.0.send(Bytes::from(text))).is_ok()
    }
}

/// What makes a query one of a part of the time: each table that it may name stands for its rows of then. It is one
/// line with nothing but letters of ASCII.
fn scope(it: &Investigation, question: &QueryQuestion) -> String {
    let instant = |at: Millis| format!("datetime({})", format_time(micros(at)));
    let since = question
        .since
        .map(|at| format!("{TIME} >= {}", instant(at)));
    let until = question
        .until
        .map(|at| format!("{TIME} <= {}", instant(at)));
    let tests: Vec<String> = since.into_iter().chain(until).collect();
    if tests.is_empty() {
        return String::new();
    }
    let schema = it.engine.schema();
    let has_time = |name: &String| {
        let columns = schema.table(name).unwrap_or_default();
        question.query.contains(name.as_str()) && columns.iter().any(|column| column.name == TIME)
    };
    let names = schema.table_names().into_iter().filter(has_time);
    names
        .map(|name| format!("let {name} = {name} | where {}; ", tests.join(" and ")))
        .collect()
}

/// Errors at the places of the query as it was asked.
fn without(mut errors: Value, before: usize) -> Value {
    for error in errors.as_array_mut().into_iter().flatten() {
        let is_first_line = error["line"] == 1;
        for name in ["start", "column"] {
            let moved = name == "start" || is_first_line;
            if let Some(place) = error[name].as_u64().filter(|_| moved) {
                error[name] = place.saturating_sub(before as u64).into();
            }
        }
    }
    errors
}

fn run(
    it: &Investigation,
    question: &QueryQuestion,
    source: &str,
    lines: &Lines,
) -> Result<(), KqlRefusal> {
    let begun = Instant::now();
    let limit = question.limit.unwrap_or(ROWS_DEFAULT).min(ROWS_MAX);
    let engine = it.engine.with_time_limit(TIME_MAX);
    let now = it.now_ticks();
    let (checked, _) = crate::cli::query::check_in(&engine, now, source)?;
    let mut rows = engine.run(&checked, &Evaluation::at(now))?;
    let columns = rows.columns.clone();
    lines.send(&document!({"columns": kql::columns(&columns)}));
    let mut sent = 0;
    let mut truncated = false;
    let reader = &lines.0;
    let outcome: keyline_engine::Result<()> = engine.block_on(async {
        while !truncated {
            let batch = tokio::select! {
                batch = rows.batches.next() => batch,
                () = reader.closed() => None,
            };
            let Some(batch) = batch else { break };
            let mut cells = Vec::new();
            append_rows(&batch?, &columns, &mut cells)?;
            truncated = cells.len() > limit - sent;
            cells.truncate(limit - sent);
            for part in cells.chunks(ROWS_A_LINE) {
                let part: Vec<Vec<_>> = part
                    .iter()
                    .map(|row| row.iter().map(json).collect())
                    .collect();
                sent += part.len();
                let mut line = serde_json::to_vec(&document!({"rows": part})).unwrap_or_default();
                line.push(b'\n');
                if reader.send(Bytes::from(line)).await.is_err() {
                    return Ok(());
                }
            }
        }
        Ok(())
    });
    outcome?;
    let done = QueryDone {
        rows: sent,
        seconds: begun.elapsed().as_secs_f64(),
        truncated,
    };
    lines.send(&document!({"done": done}));
    Ok(())
}

pub async fn tables(State(app): State<Arc<App>>) -> Answer<Json<Vec<TableInfo>>> {
    answer(app, |it| {
        let schema = it.engine.schema();
        let tables = schema.table_names().into_iter().map(|name| TableInfo {
            columns: schema
                .table(&name)
                .map(|all| kql::columns(&all))
                .unwrap_or_default(),
            empty: it.engine.has_no_rows(&name),
            name,
        });
        Ok(tables.collect())
    })
    .await
}
