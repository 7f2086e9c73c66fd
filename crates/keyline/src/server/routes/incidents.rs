//! `/api/incidents`: what belongs together, and how much of it still works.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use keyline_lineage::picture::words::full_id;
use keyline_trail::time::format_time;
use serde_json::Value;

use super::answer;
use crate::server::App;
use crate::server::investigation::Investigation;
use crate::server::refusal::{Answer, Refusal};
use crate::server::wire::{IncidentPage, Incidents};

/// Credentials that an incident's page lists; the timeline and the dashboard have all.
const CREDENTIALS_MAX: usize = 500;

pub async fn list(State(app): State<Arc<App>>) -> Answer<Json<Incidents>> {
    answer(app, |it| {
        let incidents = it.hunted.report.incidents.iter();
        Ok(Incidents {
            as_of: Some(format_time(it.as_of)),
            incidents: incidents.map(|one| it.incident_row(one)).collect(),
        })
    })
    .await
}

pub async fn page(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Answer<Json<IncidentPage>> {
    answer(app, move |it| page_of(it, &id)).await
}

fn page_of(it: &Investigation, id: &str) -> Answer<IncidentPage> {
    let mut incidents = it.hunted.report.incidents.iter();
    let incident = incidents
        .find(|incident| incident.incident_id == id)
        .ok_or_else(|| {
            Refusal::not_found(format!("there is no incident `{}`", id.escape_debug()))
        })?;
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
    let commands = root.map(|root| commands(full_id(&it.forest.alone(root)), id));
    Ok(IncidentPage {
        incident: it.incident_row(incident),
        alerts: json(it.alerts_of(incident))?,
        credentials: it.rows().of(shown),
        more: nodes.len() - shown.len(),
        commands: commands.unwrap_or_default(),
    })
}

/// What to run next.
fn commands(root: &str, incident: &str) -> Vec<String> {
    vec![
        format!("keyline lineage {root} --alive --data LOGS"),
        format!("keyline contain plan {incident} --data LOGS --save"),
    ]
}

/// Alerts in the shape of the contract.
pub fn json(alerts: Vec<&keyline_detect::alert::Alert>) -> Answer<Vec<Value>> {
    let values: Result<Vec<Value>, _> = alerts.into_iter().map(serde_json::to_value).collect();
    values.map_err(|error| Refusal::from(anyhow::Error::from(error)))
}
