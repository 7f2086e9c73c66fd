//! `keyline serve`: the product in a browser, and its answers as JSON.
//!
//! In: an investigation of logs, which is made while the page already says what is being done. Out: answers
//! under `/api`, in the shapes of `wire.rs`, and the page that is embedded. Nothing here changes anything
//! anywhere, unless the server was started with the power to: then approved plans are carried out as
//! `keyline contain run` does it, and whoever asks for it stands in the audit log.
//! Deliberately not here: what an answer means (the crates below know), and how it looks (`ui/`).

pub mod wire;

mod investigation;
mod rows;
mod lanes;

pub mod who;
mod watched;
mod rate;
mod places;
mod guard;
mod people;
mod sessions;
mod oidc;
mod tls;
mod audit;
mod events;
mod containment;
#[cfg_attr(not(feature = "lake"), path = "casebook/without.rs")]
mod casebook;
mod assets;
mod refusal;
mod routes;
#[cfg(test)]
mod openapi;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, RwLock};
use std::time::Instant;

use anyhow::{Context as _, Result};
use axum::http::StatusCode;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;

pub use audit::{Audit, FILE as AUDIT_FILE};
pub use containment::{CANNOT, Desk, Power};
pub use guard::{Guard, Token};
pub use investigation::{Investigation, Subject};
pub use oidc::Oidc;
pub use people::People;
pub use tls::Tls;

use self::casebook::{Casebook, Decision};
use self::events::{Events, HEALTH, INCIDENT};
use self::guard::Peer;
use self::places::{Counts, Place, Places};
use self::refusal::{Answer, Refusal};
use self::who::Who;
use self::wire::{Health, IncidentEvent, IncidentStanding, Phase, RuleCounts};
#[cfg(feature = "lake")]
use crate::watch::vitals::Vitals;

/// Where a server answers when nobody says where: this machine alone reaches it.
pub const ADDRESS: &str = "127.0.0.1:7400";

/// What all routes share.
pub struct App {
    health: Mutex<Health>,
    /// Counts the changes of `health`.
    changes: watch::Sender<u64>,
    investigation: RwLock<Option<Arc<Investigation>>>,
    #[cfg(feature = "lake")]
    vitals: Arc<Vitals>,
    guard: Guard,
    events: Events,
    audit: Audit,
    desk: Desk,
    casebook: Casebook,
    places: Places,
    /// Where rules are kept that somebody brings; nowhere unless the server was started so.
    rule_folder: Option<PathBuf>,
}

/// What a server is given besides the logs.
pub struct Setup {
    pub title: String,
    pub demo: bool,
    pub guard: Guard,
    pub audit: Audit,
    pub desk: Desk,
    pub rule_folder: Option<PathBuf>,
    /// The lake that is shown, if it is one.
    pub lake: Option<String>,
}

impl App {
    pub fn new(setup: Setup) -> App {
        let Setup {
            title,
            demo,
            guard,
            audit,
            desk,
            rule_folder,
            lake,
        } = setup;
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
                made: 0,
                watch: None,
            }),
            changes: watch::Sender::new(0),
            investigation: RwLock::new(None),
            #[cfg(feature = "lake")]
            vitals: Arc::default(),
            guard,
            events: Events::new(),
            audit,
            desk,
            casebook: Casebook::new(lake),
            places: Places::new(),
            rule_folder,
        }
    }

    /// Opens the audit log, and takes up what an earlier server wrote down.
    pub fn begin_audit(&self) -> Result<()> {
        self.audit.begin(&mut |line| self.desk.remember(line))
    }

    pub fn guard(&self) -> &Guard {
        &self.guard
    }

    /// Writes down what somebody is about to do; what cannot be written down is not done.
    fn write_down(&self, who: &Who, what: &str, on: &str, more: Value) -> Answer<()> {
        self.audit
            .write(who, what, on, more)
            .map_err(|error| Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, format!("{error:#}")))
    }

    pub fn health(&self) -> Health {
        self.lock().clone()
    }

    /// What the watch has counted.
    #[cfg(feature = "lake")]
    pub fn vitals(&self) -> Arc<Vitals> {
        self.vitals.clone()
    }

    /// Says to whoever listens that there is an alert.
    #[cfg(feature = "lake")]
    pub fn tell_alert(&self, alert: &Value) {
        self.events.tell(events::ALERT, alert);
    }

    /// Says how far the watch is.
    #[cfg(feature = "lake")]
    pub fn tell_watch(&self) {
        let state = self.vitals.now().state();
        self.lock().watch = Some(state.clone());
        self.events.tell(events::WATCH, &state);
    }

    /// A place for a question that takes its time, which ends with what holds it.
    fn place(&self, who: &Who) -> Answer<Place> {
        let counts = match self.guard.asks() {
            true => Counts::Yes,
            false => Counts::No,
        };
        self.places.take(who, counts, Instant::now())
    }

    /// Puts down what somebody decided about an incident, and says so to whoever looks.
    fn decide(&self, who: &Who, id: &str, decision: &Decision) -> Answer<IncidentStanding> {
        if !self.casebook.is_kept() {
            let refusal = Refusal::conflict("nothing is kept about incidents of logs");
            return Err(refusal.hint("take the logs into a lake: `keyline serve LOGS --lake DIR`"));
        }
        let (what, more) = match decision {
            Decision::Note(_) => ("incident-noted", json!({})),
            Decision::Close(what, _) => ("incident-closed", json!({"as": what.name()})),
            Decision::Reopen => ("incident-reopened", json!({})),
        };
        // Where nobody signs in there is no log of deeds; the incident's own rows say who.
        if self.guard.asks() {
            self.write_down(who, what, id, more)?;
        }
        let standing = self.casebook.decide(id, decision, &who.name)?;
        let none =
            || Refusal::not_found(format!("the lake has no incident `{}`", id.escape_debug()));
        let standing = standing.ok_or_else(none)?;
        let incident_id = id.to_owned();
        self.events.tell(INCIDENT, &IncidentEvent { incident_id });
        Ok(standing)
    }

    /// What was counted, in Prometheus' form.
    fn metrics(&self) -> String {
        #[cfg(feature = "lake")]
        let metrics = self.vitals.now().metrics();
        #[cfg(not(feature = "lake"))]
        let metrics = String::new();
        metrics
    }

    /// Says how things stand to whoever watches.
    pub fn tell(&self, change: impl FnOnce(&mut Health)) {
        change(&mut self.lock());
        self.changes.send_modify(|number| *number += 1);
        self.events.tell(HEALTH, &self.health());
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Health> {
        // A panic while it was held left a whole value behind: every change is a plain assignment.
        self.health.lock().unwrap_or_else(|held| held.into_inner())
    }

    /// The investigation is made, or made anew: from now on answers come from it.
    pub fn ready(&self, investigation: Investigation) {
        let summary = investigation.health();
        let place = self.investigation.write();
        // A whole investigation or none was left behind by whoever panicked.
        *place.unwrap_or_else(|held| held.into_inner()) = Some(Arc::new(investigation));
        self.tell(|health| {
            summary.write(health);
            health.made += 1;
        });
    }

    /// What answers come from, once there is something.
    fn investigation(&self) -> Option<Arc<Investigation>> {
        let place = self.investigation.read();
        place.unwrap_or_else(|held| held.into_inner()).clone()
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
pub async fn answer(listener: TcpListener, tls: Option<Tls>, app: Arc<App>) -> Result<()> {
    let service = routes::router(app).into_make_service_with_connect_info::<Peer>();
    let served = match tls {
        Some(tls) => axum::serve(tls.before(listener)?, service).await,
        None => axum::serve(listener, service).await,
    };
    served.context("the server stopped")
}
