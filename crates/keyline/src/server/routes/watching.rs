//! How the server stands, for programs that look after it: `/metrics` for Prometheus, `/healthz` and `/readyz` for
//! whoever restarts it.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

use crate::server::App;
use crate::server::wire::Phase;

/// The form of the metrics, by its version.
const METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What was counted, for Prometheus.
pub async fn metrics(State(app): State<Arc<App>>) -> impl IntoResponse {
    ([(CONTENT_TYPE, METRICS)], app.metrics())
}

/// Whether the process is alive: it answers.
pub async fn alive() -> &'static str {
    "ok\n"
}

/// Whether there are answers.
pub async fn ready(State(app): State<Arc<App>>) -> (StatusCode, String) {
    let health = app.health();
    match health.phase {
        Phase::Ready => (StatusCode::OK, "ready\n".to_owned()),
        _ => {
            let why = health.detail.unwrap_or_default();
            let why = crate::output::escape(&why);
            (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n"))
        }
    }
}
