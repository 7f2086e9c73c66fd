//! Every address of the API, and which file answers it.

mod health;
mod events;
mod incidents;
mod credentials;
mod timeline;
mod activity;
mod query;
mod kql;
mod rules;
mod trial;
mod plan;
mod contain;
mod audit;
mod sign_in;
mod oidc;
mod watching;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Serialize;

use super::oidc::{BEGIN as OIDC_BEGIN, CALLBACK as OIDC_CALLBACK};
use super::refusal::{Answer, Refusal};
use super::wire::Phase;
use super::{App, Investigation, assets, guard};

/// The longest request that is read: a query of a page's editor is a thousandth of it.
const BODY_BYTES_MAX: usize = 1 << 20;

/// Where a browser forgets its token.
const SIGN_OUT: &str = "/sign-out";

pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/api/openapi.json", get(description))
        .route("/api/health", get(health::health))
        .route("/api/stream", get(health::stream))
        .route("/api/events", get(events::events))
        .route("/api/me", get(contain::me))
        .route("/metrics", get(watching::metrics))
        .route(guard::ALIVE, get(watching::alive))
        .route(guard::READY, get(watching::ready))
        .route("/api/incidents", get(incidents::list))
        .route("/api/incidents/{id}", get(incidents::page))
        .route("/api/incidents/{id}/case.html", get(timeline::case))
        .route("/api/incidents/{id}/note", post(incidents::note))
        .route("/api/incidents/{id}/close", post(incidents::close))
        .route("/api/incidents/{id}/reopen", post(incidents::reopen))
        .route("/api/credentials", get(credentials::groups))
        .route("/api/credentials/{id}", get(credentials::page))
        .route("/api/credentials/{id}/activity", get(activity::of_one))
        .route("/api/activity", post(activity::of_many))
        .route("/api/lineage/{id}/lanes", get(timeline::lanes))
        .route("/api/lineage/{id}/timeline.svg", get(timeline::svg))
        .route("/api/lineage/{id}/report.html", get(timeline::html))
        .route("/api/lineage/{id}/tree.txt", get(timeline::tree))
        .route("/api/query", post(query::query))
        .route("/api/tables", get(query::tables))
        .route("/api/kql/check", post(kql::check))
        .route("/api/kql/complete", post(kql::complete))
        .route("/api/kql/hover", post(kql::hover))
        .route("/api/kql/format", post(kql::format))
        .route("/api/rules", get(rules::list).post(trial::keep))
        .route("/api/rules/try", post(trial::attempt))
        .route("/api/rules/{id}", get(rules::page))
        .route("/api/rules/{id}/test", post(trial::test))
        .route("/api/contain/plan", post(plan::plan))
        .route("/api/contain/plans", get(contain::plans))
        .route("/api/contain/plans/{id}", get(contain::plan))
        .route("/api/contain/approve", post(contain::approve))
        .route("/api/contain/plans/{id}/run", post(contain::run))
        .route("/api/contain/plans/{id}/stop", post(contain::stop))
        .route("/api/contain/plans/{id}/verify", post(contain::verify))
        .route("/api/contain/plans/{id}/undo", post(contain::undo))
        .route("/api/audit", get(audit::list))
        .route("/api/{*rest}", get(nothing).post(nothing))
        .route(guard::SIGN_IN, get(sign_in::page).post(sign_in::take))
        .route(OIDC_BEGIN, get(oidc::begin))
        .route(OIDC_CALLBACK, get(oidc::callback))
        .route(SIGN_OUT, post(sign_in::leave))
        .fallback(assets::asset)
        .layer(axum::middleware::from_fn_with_state(
            app.clone(),
            guard::watch,
        ))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(app)
}

/// What is under `/api`, for programs.
async fn description() -> impl IntoResponse {
    let headers = [(CONTENT_TYPE, "application/json")];
    (headers, include_str!("../../../../../docs/openapi.json"))
}

async fn nothing() -> Refusal {
    Refusal::not_found("there is no such address; `/api/health` says how the server stands")
}

/// Answers from the investigation, on a thread that may take its time.
async fn answer<T: Serialize + Send + 'static>(
    app: Arc<App>,
    work: impl FnOnce(&Investigation) -> Answer<T> + Send + 'static,
) -> Answer<Json<T>> {
    let investigation = investigation(&app)?;
    blocking(move || work(&investigation)).await.map(Json)
}

/// The investigation, once there is one.
fn investigation(app: &App) -> Answer<Arc<Investigation>> {
    app.investigation().ok_or_else(|| {
        let health = app.health();
        let status = match health.phase {
            Phase::Failed => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::SERVICE_UNAVAILABLE,
        };
        Refusal::new(status, health.detail.unwrap_or_default())
    })
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Answer<T> + Send + 'static,
) -> Answer<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(answer) => answer,
        Err(_) => Err(Refusal::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "an answer broke off: this is a bug of Keyline's",
        )),
    }
}
