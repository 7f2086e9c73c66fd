//! `/api/events`: what happens, as it happens. The first event says how the server stands.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::{Stream, StreamExt};
use tokio::sync::broadcast::error::RecvError;

use super::health::ALIVE_EVERY;
use crate::server::App;
use crate::server::events::HEALTH;
use crate::server::who::Who;

pub async fn events(
    State(app): State<Arc<App>>,
    Extension(who): Extension<Who>,
    headers: HeaderMap,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    // Heard before it is asked: what changes in between is told twice and not missed.
    let heard = app.events.hear();
    let now = Event::default().event(HEALTH).json_data(app.health());
    let now = now.unwrap_or_else(|_| Event::default().comment("not to be told"));
    let listening = (heard, app, headers);
    let later = futures::stream::unfold(listening, move |(mut heard, app, headers)| async move {
        let told = heard.recv().await;
        // Whoever has signed out, or whose token was taken away, hears nothing from then on.
        if !app.guard.still_knows(&headers, who.from) {
            return None;
        }
        let event = match told {
            Ok(told) => Event::default().event(told.kind).data(&*told.json),
            Err(RecvError::Lagged(number)) => {
                Event::default().event("missed").data(number.to_string())
            }
            Err(RecvError::Closed) => return None,
        };
        Some((Ok(event), (heard, app, headers)))
    });
    let events = futures::stream::once(async move { Ok(now) }).chain(later);
    Sse::new(events).keep_alive(KeepAlive::new().interval(ALIVE_EVERY))
}
