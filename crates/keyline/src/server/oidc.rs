//! Signing in at one's organisation: what this server knows of it between a browser, the provider and its own sessions.
//!
//! In: browsers that want to sign in, those that the provider sent back, and the cookies of those who have. Out: where
//! to send them, sessions, and whoever asks. Deliberately not here: the protocol (`keyline_oidc`), who may do what
//! (`people.rs`), and pages and cookies as such (`routes/oidc.rs`).

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use axum::http::StatusCode;
use keyline_oidc::{Begun, Client, Error, ErrorKind, Person, Settings};
use tokio::sync::Semaphore;

use super::people::{People, subject_of};
use super::rate::{Rate, network};
use super::refusal::{Answer, Refusal};
use super::sessions::Sessions;
use super::who::{Role, Who};
use crate::units::wall_clock_micros;

/// Where a browser begins to sign in, and where the provider sends it back to.
pub const BEGIN: &str = "/sign-in/oidc";
pub const CALLBACK: &str = "/sign-in/oidc/callback";

/// Sign-ins that a network begins at once, and the time in which one more comes back: an office has one address.
const BEGUN_AT_ONCE: u32 = 60;
const BEGUN_BACK_EACH: Duration = Duration::from_secs(1);
/// Questions to the provider at once, each of which keeps a thread waiting.
const ASKED_MAX: usize = 8;
/// Seconds after which it makes sense to try again where that many are asked.
const AGAIN_SECONDS: u64 = 5;

pub struct Oidc {
    client: Client,
    people: People,
    sessions: Sessions,
    /// What a browser knows this server by, without a slash at the end.
    public: String,
    begun: Rate<IpAddr>,
    places: Arc<Semaphore>,
}

/// Whoever came back from the provider.
pub enum Came {
    /// With a session, by its id.
    In(Who, String),
    /// Somebody who has no role here.
    Unknown(Person),
}

impl Oidc {
    /// `settings` without their `redirect`, which follows from the public address.
    pub fn new(settings: Settings, people: People, public: &str, lasts: Duration) -> Result<Oidc> {
        let public = origin(public)?;
        Ok(Oidc {
            client: Client::new(Settings {
                redirect: format!("{public}{CALLBACK}"),
                ..settings
            })?,
            people,
            sessions: Sessions::new(lasts),
            public: public.to_owned(),
            begun: Rate::new(BEGUN_AT_ONCE, BEGUN_BACK_EACH),
            places: Arc::new(Semaphore::new(ASKED_MAX)),
        })
    }

    /// Where people begin to sign in: the cookie that they get there must come back with them.
    pub fn door(&self) -> String {
        format!("{}{BEGIN}", self.public)
    }

    /// Whether browsers reach it by TLS, whoever ends that.
    pub fn is_secure(&self) -> bool {
        self.public.starts_with("https:")
    }

    /// How long a session lasts.
    pub fn lasts(&self) -> Duration {
        self.sessions.lasts()
    }

    /// The name of the cookie with a session's id; with `__Host-` no other host of the domain can set it.
    pub fn session_cookie(&self) -> &'static str {
        match self.is_secure() {
            true => "__Host-keyline_session",
            false => "keyline_session",
        }
    }

    /// The name of the cookie of a sign-in that has begun.
    pub fn flow_cookie(&self) -> &'static str {
        match self.is_secure() {
            true => "__Host-keyline_flow",
            false => "keyline_flow",
        }
    }

    /// Whoever has a session and a role, as the file of roles is now.
    pub fn find(&self, session: &str, from: IpAddr) -> Option<Who> {
        let person = self.sessions.find(session, Instant::now())?;
        let (name, role) = self.people.find(&person)?;
        Some(who(&person, name, role, from))
    }

    pub fn end(&self, session: &str) {
        self.sessions.end(session);
    }

    /// Begins a sign-in.
    pub async fn begin(self: &Arc<Self>, from: IpAddr) -> Answer<Result<Begun, Error>> {
        if let Err(wait) = self.begun.take(&network(from), Instant::now()) {
            let message = "too many sign-ins were begun from this address; try again in a moment";
            let refusal = Refusal::new(StatusCode::TOO_MANY_REQUESTS, message);
            return Err(refusal.again_in(wait.as_secs() + 1));
        }
        self.ask(|oidc| oidc.client.begin(now())).await
    }

    /// Ends a sign-in, with what the browser kept and what it brings.
    pub async fn finish(
        self: &Arc<Self>,
        cookie: String,
        query: String,
        from: IpAddr,
    ) -> Answer<Result<Came, Error>> {
        let ended = self.ask(move |oidc| oidc.client.finish(&cookie, &query, now()));
        let person = match ended.await? {
            Ok(person) => person,
            Err(error) => return Ok(Err(error)),
        };
        let Some((name, role)) = self.people.find(&person) else {
            return Ok(Ok(Came::Unknown(person)));
        };
        let who = who(&person, name, role, from);
        let session = self.sessions.begin(person, Instant::now())?;
        Ok(Ok(Came::In(who, session)))
    }

    /// Says on stderr what is wrong with the provider, before anybody wants to sign in.
    pub fn look(&self) {
        if let Err(error) = self.client.look(now()) {
            tell!(
                "warning: nobody can sign in at the moment: {}",
                crate::output::escape(&error.to_string())
            );
        }
    }

    /// Asks the provider on a thread that may wait.
    async fn ask<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Oidc) -> T + Send + 'static,
    ) -> Answer<T> {
        let Ok(place) = self.places.clone().try_acquire_owned() else {
            let message = "many people sign in at this moment; try again in a few seconds";
            let refusal = Refusal::new(StatusCode::TOO_MANY_REQUESTS, message);
            return Err(refusal.again_in(AGAIN_SECONDS));
        };
        let oidc = self.clone();
        let asked = tokio::task::spawn_blocking(move || {
            let _place = place;
            work(&oidc)
        });
        asked.await.map_err(|_| {
            let message = "signing in broke off: this is a bug of Keyline's";
            Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, message)
        })
    }
}

/// What a browser is told of an error; the whole of it stands in the audit log.
pub fn refusal(error: &Error) -> Refusal {
    match error.kind() {
        ErrorKind::Refused => Refusal::new(StatusCode::UNAUTHORIZED, error.to_string()),
        ErrorKind::Provider | ErrorKind::Settings => Refusal::new(
            StatusCode::BAD_GATEWAY,
            "your organisation's sign-in does not answer as it should; a token works meanwhile",
        ),
    }
}

fn who(person: &Person, name: String, role: Role, from: IpAddr) -> Who {
    Who {
        name,
        role,
        from,
        is_person: true,
        subject: Some(subject_of(person)),
    }
}

/// An address of a server and nothing behind it.
fn origin(address: &str) -> Result<&str> {
    let address = address.strip_suffix('/').unwrap_or(address);
    let behind = address.split_once("://").map_or("/", |(_, behind)| behind);
    if !keyline_oidc::is_allowed(address) || behind.contains(['/', '?']) {
        bail!(
            "`--public-url` is what browsers know this server by, such as `https://keyline.example.com` (`http://` \
             is for this machine alone), and not `{}`",
            address.escape_debug()
        );
    }
    Ok(address)
}

/// Seconds since 1970.
fn now() -> u64 {
    u64::try_from(wall_clock_micros() / 1_000_000).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_browsers_know_it_by_is_an_origin() {
        for (address, expected) in [
            (
                "https://keyline.example.com",
                Some("https://keyline.example.com"),
            ),
            (
                "https://keyline.example.com:8443/",
                Some("https://keyline.example.com:8443"),
            ),
            ("http://127.0.0.1:7400", Some("http://127.0.0.1:7400")),
            ("http://localhost:7400", Some("http://localhost:7400")),
            ("http://keyline.example.com", None),
            ("https://keyline.example.com/here", None),
            ("https://keyline.example.com//", None),
            ("https://keyline.example.com?a", None),
            ("https://ann@keyline.example.com", None),
            ("keyline.example.com", None),
            ("", None),
        ] {
            assert_eq!(origin(address).ok(), expected, "{address}");
        }
    }
}
