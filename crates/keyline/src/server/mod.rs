//! `keyline serve`: the product in a browser, and its answers as JSON.
//!
//! In: an investigation of logs, which is made while the page already says what is being done. Out: answers
//! under `/api`, in the shapes of `wire.rs`, and the page that is embedded. Nothing here changes anything
//! anywhere: a plan is drawn up and shown, and carried out by `keyline contain run` alone.
//! Deliberately not here: what an answer means (the crates below know), and how it looks (`ui/`).

pub mod wire;

mod investigation;
mod rows;
mod lanes;

mod guard;
mod assets;
mod refusal;
mod routes;
#[cfg(test)]
mod openapi;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock};

use anyhow::{Context as _, Result};
use tokio::net::TcpListener;
use tokio::sync::watch;

pub use guard::{Guard, Token};
pub use investigation::{Investigation, Subject};

use self::wire::{Health, Phase, RuleCounts};

/// Where a server answers when nobody says where: this machine alone reaches it.
pub const ADDRESS: &str = "127.0.0.1:7400";

/// What all routes share.
pub struct App {
    health: Mutex<Health>,
    /// Counts the changes of `health`.
    changes: watch::Sender<u64>,
    investigation: OnceLock<Arc<Investigation>>,
    guard: Guard,
}

impl App {
    pub fn new(title: String, demo: bool, guard: Guard) -> App {
        App {
            health: Mutex::new(Health {
                version: env!("CARGO_PKG_VERSION").to_owned(),
                phase: Phase::Reading,
                detail: Some("reading".to_owned()),
                progress: None,
                title,
                as_of: None,
                first_event: None,
                last_event: None,
                coverage: Vec::new(),
                events: 0,
                bad_records: 0,
                rules: RuleCounts::default(),
                alerts: 0,
                incidents: 0,
                live_credentials: 0,
                demo,
            }),
            changes: watch::Sender::new(0),
            investigation: OnceLock::new(),
            guard,
        }
    }

    pub fn health(&self) -> Health {
        self.lock().clone()
    }

    /// Says how things stand to whoever watches.
    pub fn tell(&self, change: impl FnOnce(&mut Health)) {
        change(&mut self.lock());
        self.changes.send_modify(|number| *number += 1);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Health> {
        // A panic while it was held left a whole value behind: every change is a plain assignment.
        self.health.lock().unwrap_or_else(|held| held.into_inner())
    }

    /// The investigation is made: from now on there are answers.
    pub fn ready(&self, investigation: Investigation) {
        let summary = investigation.health();
        let _ = self.investigation.set(Arc::new(investigation));
        self.tell(|health| summary.write(health));
    }

    pub fn failed(&self, error: &anyhow::Error) {
        let text = format!("{error:#}");
        self.tell(|health| {
            health.phase = Phase::Failed;
            health.progress = None;
            health.detail = Some(text);
        });
    }
}

/// Listens; the port that was given is in the result, for who asked for any.
pub async fn listen(at: SocketAddr) -> Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(at).await.with_context(|| {
        format!("cannot listen on {at}; `--listen` names another address or port")
    })?;
    let at = listener.local_addr()?;
    Ok((listener, at))
}

/// Answers until the process is asked to end.
pub async fn answer(listener: TcpListener, app: Arc<App>) -> Result<()> {
    axum::serve(listener, routes::router(app))
        .await
        .context("the server stopped")
}
