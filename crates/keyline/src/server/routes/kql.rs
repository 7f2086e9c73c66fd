//! `/api/kql/…`: what the editor asks of the compiler. One judge for the command line, the editor and CI.
//!
//! JavaScript counts UTF-16 code units, the compiler bytes: offsets are turned here, both ways.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use keyline_engine::Evaluation;
use keyline_kql::complete;
use keyline_kql::diagnostic::{Diagnostic, Severity};
use keyline_kql::parse::parse;
use keyline_kql::schema::Column;
use keyline_kql::span::line_column;
use serde_json::Value;

use super::answer;
use crate::server::App;
use crate::server::refusal::{Answer, Refusal};
use crate::server::wire::{
    ColumnInfo, KqlChecked, KqlCompletion, KqlDiagnostic, KqlHover, KqlItem, KqlPlace, KqlText,
};

pub async fn check(
    State(app): State<Arc<App>>,
    Json(asked): Json<KqlText>,
) -> Answer<Json<KqlChecked>> {
    answer(app, move |it| {
        let text = &asked.query;
        let (query, mut diagnostics) = parse(text);
        let now = Evaluation::at(it.now_ticks());
        let checked = it.engine.check_at(&query, &now);
        let (checked, more) = checked.map_err(|error| Refusal::from(anyhow::Error::from(error)))?;
        diagnostics.extend(more);
        Ok(KqlChecked {
            columns: checked.map(|checked| columns(&checked.root.columns)),
            diagnostics: diagnostics
                .iter()
                .map(|one| diagnostic(text, one))
                .collect(),
        })
    })
    .await
}

pub async fn complete(
    State(app): State<Arc<App>>,
    Json(asked): Json<KqlPlace>,
) -> Answer<Json<KqlCompletion>> {
    answer(app, move |it| {
        let text = &asked.query;
        let found = complete::complete(text, bytes(text, asked.offset), it.engine.schema());
        let items = found.items.into_iter().map(|item| KqlItem {
            label: item.label,
            kind: item.kind.name().to_owned(),
            detail: (!item.detail.is_empty()).then_some(item.detail),
        });
        Ok(KqlCompletion {
            from: units(text, found.from),
            items: items.collect(),
        })
    })
    .await
}

pub async fn hover(
    State(app): State<Arc<App>>,
    Json(asked): Json<KqlPlace>,
) -> Answer<Json<Option<KqlHover>>> {
    answer(app, move |it| {
        let text = &asked.query;
        let found = complete::hover(text, bytes(text, asked.offset), it.engine.schema());
        Ok(found.map(|hover| {
            let (start, end) = (hover.span.start as usize, hover.span.end as usize);
            KqlHover {
                start: units(text, start),
                length: units(text, end) - units(text, start),
                text: hover.text,
            }
        }))
    })
    .await
}

pub async fn format(Json(asked): Json<KqlText>) -> Answer<Json<KqlText>> {
    let formatted = keyline_kql::format::format(&asked.query);
    formatted
        .map(|query| Json(KqlText { query }))
        .map_err(|diagnostics| {
            let first = diagnostics.first().map(|one| one.message.clone());
            Refusal::bad(format!(
                "the query cannot be read: {}",
                first.unwrap_or_default()
            ))
        })
}

pub fn columns(columns: &[Column]) -> Vec<ColumnInfo> {
    let columns = columns.iter().map(|column| ColumnInfo {
        name: column.name.clone(),
        ty: column.ty.name().to_owned(),
    });
    columns.collect()
}

fn diagnostic(text: &str, one: &Diagnostic) -> KqlDiagnostic {
    let (start, end) = (one.primary.start as usize, one.primary.end as usize);
    let (line, column) = line_column(text, one.primary.start);
    KqlDiagnostic {
        code: one.code.to_owned(),
        severity: match one.severity {
            Severity::Error => "error",
            Severity::Unsupported => "unsupported",
            Severity::Warning => "warning",
        }
        .to_owned(),
        message: one.message.clone(),
        start: units(text, start),
        length: units(text, end) - units(text, start),
        line,
        column,
        help: one.help.clone(),
    }
}

/// Errors in the shape of the contract, their places in code units.
pub fn in_utf16(mut errors: Value, text: &str) -> Value {
    for error in errors.as_array_mut().into_iter().flatten() {
        let number = |name: &str| error[name].as_u64().unwrap_or_default() as usize;
        let (start, length) = (number("start"), number("length"));
        let from = units(text, start);
        error["length"] = (units(text, start.saturating_add(length)) - from).into();
        error["start"] = from.into();
    }
    errors
}

/// Code units before a byte offset.
fn units(text: &str, bytes: usize) -> usize {
    let mut bytes = bytes.min(text.len());
    while !text.is_char_boundary(bytes) {
        bytes -= 1;
    }
    text[..bytes].encode_utf16().count()
}

/// Bytes before an offset in code units.
fn bytes(text: &str, units: usize) -> usize {
    let mut left = units;
    for (at, c) in text.char_indices() {
        if left < c.len_utf16() {
            return at;
        }
        left -= c.len_utf16();
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_go_there_and_back() {
        let text = "T | where x == 'é🔑' and y";
        for (at, _) in text.char_indices() {
            assert_eq!(bytes(text, units(text, at)), at, "{at}");
        }
        assert_eq!(units(text, text.find(" and").unwrap_or_default()), 20);
        assert_eq!((bytes(text, 999), units(text, 999)), (text.len(), 26));
    }
}
