//! `/api/health` and `/api/stream`: how the server stands, once and whenever that changes.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::{Extension, Json};
use futures::Stream;

use crate::server::App;
use crate::server::who::Who;
use crate::server::wire::Health;

/// Between two signs of life, so that nothing in between takes the line for dead.
pub const ALIVE_EVERY: Duration = Duration::from_secs(15);

pub async fn health(State(app): State<Arc<App>>) -> Json<Health> {
    Json(app.health())
}

/// The health now, then again after each change; changes that come quickly are told as one.
pub async fn stream(
    State(app): State<Arc<App>>,
    Extension(who): Extension<Who>,
    headers: HeaderMap,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let changes = app.changes.subscribe();
    let events = futures::stream::unfold(
        (app, headers, changes, true),
        move |(app, headers, mut changes, first)| async move {
            if !first {
                changes.changed().await.ok()?;
            }
            if !app.guard.still_knows(&headers, who.from) {
                return None;
            }
            changes.mark_unchanged();
            let event = Event::default().event("health").json_data(app.health());
            let event = event.unwrap_or_else(|_| Event::default().comment("not to be told"));
            Some((Ok(event), (app, headers, changes, false)))
        },
    );
    Sse::new(events).keep_alive(KeepAlive::new().interval(ALIVE_EVERY))
}
