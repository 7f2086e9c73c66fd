//! `/api/incidents`: what belongs together, how much of it still works, and what people decide about it.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::{Extension, Json};
use keyline_detect::incident::Incident;
use keyline_detect::incident_log::Classification;
use keyline_lineage::picture::words::full_id;
use keyline_trail::time::format_time;
use serde_json::Value;

use super::{answer, blocking};
use crate::server::App;
use crate::server::casebook::Decision;
use crate::server::investigation::Investigation;
use crate::server::refusal::{Answer, Refusal};
use crate::server::who::Who;
use crate::server::wire::{CloseQuestion, IncidentPage, IncidentStanding, Incidents, NoteQuestion};

/// Credentials that an incident's page lists; the timeline and the dashboard have all.
const CREDENTIALS_MAX: usize = 500;
/// The longest note, in bytes: a page of text.
const NOTE_BYTES_MAX: usize = 8 << 10;

pub async fn list(State(app): State<Arc<App>>) -> Answer<Json<Incidents>> {
    let asked = app.clone();
    answer(app, move |it| {
        let mut standings = asked.casebook.standings()?;
        let incidents = it.hunted.report.incidents.iter();
        let row = |incident| {
            let mut row = it.incident_row(incident);
            row.standing = standings.remove(&row.incident_id);
            row
        };
        Ok(Incidents {
            as_of: Some(format_time(it.as_of)),
            incidents: incidents.map(row).collect(),
            kept: asked.casebook.is_kept(),
        })
    })
    .await
}

pub async fn page(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Answer<Json<IncidentPage>> {
    let asked = app.clone();
    answer(app, move |it| {
        let mut page = page_of(it, &id)?;
        page.incident.standing = asked.casebook.standings()?.remove(&id);
        page.kept = asked.casebook.is_kept();
        Ok(page)
    })
    .await
}

pub async fn note(
    State(app): State<Arc<App>>,
    Extension(who): Extension<Who>,
    Path(id): Path<String>,
    Json(asked): Json<NoteQuestion>,
) -> Answer<Json<IncidentStanding>> {
    let decision = Decision::Note(checked(&asked.text)?);
    decide(app, who, id, decision).await
}

pub async fn close(
    State(app): State<Arc<App>>,
    Extension(who): Extension<Who>,
    Path(id): Path<String>,
    Json(asked): Json<CloseQuestion>,
) -> Answer<Json<IncidentStanding>> {
    let what = Classification::from_name(&asked.classification).ok_or_else(|| {
        let names = Classification::ALL.map(Classification::name).join(", ");
        Refusal::bad(format!("expected one of {names}"))
    })?;
    let note = asked.note.filter(|text| !text.trim().is_empty());
    let note = note.as_deref().map(checked).transpose()?;
    decide(app, who, id, Decision::Close(what, note)).await
}

pub async fn reopen(
    State(app): State<Arc<App>>,
    Extension(who): Extension<Who>,
    Path(id): Path<String>,
) -> Answer<Json<IncidentStanding>> {
    decide(app, who, id, Decision::Reopen).await
}

async fn decide(
    app: Arc<App>,
    who: Who,
    id: String,
    decision: Decision,
) -> Answer<Json<IncidentStanding>> {
    blocking(move || app.decide(&who, &id, &decision))
        .await
        .map(Json)
}

/// What somebody noted, if it is something and no book.
fn checked(text: &str) -> Answer<String> {
    match text.trim() {
        "" => Err(Refusal::bad("the note is empty")),
        text if text.len() > NOTE_BYTES_MAX => Err(Refusal::bad(format!(
            "the note has more than {NOTE_BYTES_MAX} bytes"
        ))),
        text => Ok(text.to_owned()),
    }
}

pub fn find<'a>(it: &'a Investigation, id: &str) -> Answer<&'a Incident> {
    let mut incidents = it.hunted.report.incidents.iter();
    let found = incidents.find(|incident| incident.incident_id == id);
    found.ok_or_else(|| Refusal::not_found(format!("there is no incident `{}`", id.escape_debug())))
}

fn page_of(it: &Investigation, id: &str) -> Answer<IncidentPage> {
    let incident = find(it, id)?;
    let root = incident.root_credential.as_deref();
    let root = root.and_then(|id| it.forest.by_id(id));
    // The tree; where there is none, the credentials of the alerts.
    let nodes: Vec<_> = match root {
        Some(root) => it.tree(root),
        None => {
            let ids = incident.credentials.iter();
            let nodes: BTreeSet<_> = ids.filter_map(|id| it.forest.by_id(id)).collect();
            nodes.into_iter().collect()
        }
    };
    let shown = &nodes[..nodes.len().min(CREDENTIALS_MAX)];
    let commands = root.map(|root| commands(full_id(&it.forest.alone(root)), id, &it.flags()));
    Ok(IncidentPage {
        incident: it.incident_row(incident),
        alerts: json(it.alerts_of(incident))?,
        credentials: it.rows().of(shown),
        more: nodes.len() - shown.len(),
        commands: commands.unwrap_or_default(),
        kept: false,
    })
}

/// What to run next.
fn commands(root: &str, incident: &str, flags: &str) -> Vec<String> {
    vec![
        format!("keyline lineage {root} --alive {flags}"),
        format!("keyline contain plan {incident} {flags} --save"),
    ]
}

/// Alerts in the shape of the contract.
pub fn json(alerts: Vec<&keyline_detect::alert::Alert>) -> Answer<Vec<Value>> {
    let values: Result<Vec<Value>, _> = alerts.into_iter().map(serde_json::to_value).collect();
    values.map_err(|error| Refusal::from(anyhow::Error::from(error)))
}
