//! `/api/audit`: what was done, by whom, and from where.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use keyline_trail::time::format_time;
use serde::Deserialize;

use super::blocking;
use crate::data::TICKS_PER_MICROSECOND;
use crate::server::App;
use crate::server::audit::{ENTRIES_MAX, Wanted};
use crate::server::refusal::{Answer, Refusal};
use crate::server::wire::AuditLog;
use crate::units::parse_instant;

#[derive(Deserialize)]
pub struct Asked {
    who: Option<String>,
    what: Option<String>,
    q: Option<String>,
    since: Option<String>,
    until: Option<String>,
    limit: Option<usize>,
}

pub async fn list(
    State(app): State<Arc<App>>,
    Query(asked): Query<Asked>,
) -> Answer<Json<AuditLog>> {
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let instant = |text: Option<String>| {
        let ticks = given(text).as_deref().map(parse_instant).transpose();
        let ticks = ticks.map_err(Refusal::bad)?;
        Answer::Ok(ticks.map(|ticks| format_time(ticks.div_euclid(TICKS_PER_MICROSECOND))))
    };
    let wanted = Wanted {
        who: given(asked.who),
        what: given(asked.what),
        text: given(asked.q),
        since: instant(asked.since)?,
        until: instant(asked.until)?,
    };
    let log = blocking(move || {
        let most = asked.limit.unwrap_or(ENTRIES_MAX);
        let (entries, older) = app.audit.last(&wanted, most)?;
        Ok(AuditLog {
            entries,
            older,
            file: app.audit.path().display().to_string(),
        })
    });
    log.await.map(Json)
}
