//! `/api/events`: what happens, as it happens. The first event says how the server stands.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::{Stream, StreamExt};
use tokio::sync::broadcast::error::RecvError;

use super::health::ALIVE_EVERY;
use crate::server::App;
use crate::server::events::HEALTH;

pub async fn events(
    State(app): State<Arc<App>>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    // Heard before it is asked: what changes in between is told twice and not missed.
    let heard = app.events.hear();
    let now = Event::default().event(HEALTH).json_data(app.health());
    let now = now.unwrap_or_else(|_| Event::default().comment("not to be told"));
    let later = futures::stream::unfold(heard, |mut heard| async move {
        let event = match heard.recv().await {
            Ok(told) => Event::default().event(told.kind).data(&*told.json),
            Err(RecvError::Lagged(number)) => {
                Event::default().event("missed").data(number.to_string())
            }
            Err(RecvError::Closed) => return None,
        };
        Some((Ok(event), heard))
    });
    let events = futures::stream::once(async move { Ok(now) }).chain(later);
    Sse::new(events).keep_alive(KeepAlive::new().interval(ALIVE_EVERY))
}
