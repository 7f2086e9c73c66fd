//! What happens while somebody looks: told to every page that listens, at `/api/events`.
//!
//! In: events of a kind, with what they are about. Out: server-sent events of that name. Whoever is too slow to read
//! them all is told so (`missed`), and asks anew. Nothing waits for a reader.

use std::sync::Arc;

use serde::Serialize;
use tokio::sync::broadcast;

/// Events that wait for a slow reader; more are left out, and that is told.
const WAITING_MAX: usize = 256;

pub struct Events(broadcast::Sender<Told>);

/// An event as it goes out.
#[derive(Clone, Debug)]
pub struct Told {
    pub kind: &'static str,
    pub json: Arc<str>,
}

/// The health of the server, as `/api/health` says it.
pub const HEALTH: &str = "health";
/// Where a containment plan stands.
pub const PLAN: &str = "plan";
/// A step of a plan that is carried out.
pub const STEP: &str = "step";

/// Somebody has decided something about an incident.
pub const INCIDENT: &str = "incident";

/// An alert that the watch has put out.
#[cfg(feature = "lake")]
pub const ALERT: &str = "alert";
/// How far the watch is: what was taken in, what waits, how far alerts are behind.
#[cfg(feature = "lake")]
pub const WATCH: &str = "watch";

impl Events {
    pub fn new() -> Events {
        Events(broadcast::Sender::new(WAITING_MAX))
    }

    pub fn tell(&self, kind: &'static str, about: &impl Serialize) {
        // What cannot be written as JSON is a fault of ours, and nobody listening is none.
        if let Ok(json) = serde_json::to_string(about) {
            let _ = self.0.send(Told {
                kind,
                json: json.into(),
            });
        }
    }

    pub fn hear(&self) -> broadcast::Receiver<Told> {
        self.0.subscribe()
    }
}
