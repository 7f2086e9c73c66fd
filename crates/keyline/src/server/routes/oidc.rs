//! `/sign-in/oidc` and `/sign-in/oidc/callback`: a browser goes to its organisation's provider, and comes back.
//!
//! It always ends at `/`: where to go next is nothing that an address says, so that none leads elsewhere. The cookie of
//! a session is made anew at each sign-in and goes along when another site links here (`Lax`); whatever changes
//! something needs this page's own header besides (`guard.rs`).

use std::sync::Arc;
use std::time::Duration;

use axum::extract::connect_info::ConnectInfo;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::{HeaderMap, HeaderValue, SET_COOKIE};
use axum::response::{IntoResponse, Redirect, Response};
use keyline_oidc::{Error, ErrorKind, Person, limits};
use serde_json::json;

use super::sign_in;
use crate::server::App;
use crate::server::guard::{self, Peer, cookies};
use crate::server::oidc::{Came, Oidc, refusal};
use crate::server::refusal::{Answer, Refusal};

/// Groups of somebody without a role that are written down, for whoever gives them one.
const GROUPS_TOLD: usize = 20;

pub async fn begin(
    State(app): State<Arc<App>>,
    ConnectInfo(Peer(from)): ConnectInfo<Peer>,
) -> Response {
    let begun = async {
        let oidc = oidc(&app)?;
        let begun = oidc.begin(from.ip()).await?;
        let begun = begun.map_err(|error| told(&error))?;
        let lasts = Duration::from_secs(limits::FLOW_SECONDS);
        let kept = cookie(oidc, oidc.flow_cookie(), &begun.cookie, lasts);
        let away = Redirect::to(&begun.address).into_response();
        Answer::Ok(with_cookies(away, &[kept]))
    };
    begun.await.unwrap_or_else(|refusal| page(&app, refusal))
}

pub async fn callback(
    State(app): State<Arc<App>>,
    ConnectInfo(Peer(from)): ConnectInfo<Peer>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let from = from.ip();
    let ended = async {
        let oidc = oidc(&app)?;
        if let Some(wait) = app.guard.wait(from) {
            return Err(guard::too_often(wait));
        }
        let flow = cookies(&headers, oidc.flow_cookie()).next();
        let flow = flow.unwrap_or_default().to_owned();
        let came = oidc.finish(flow, query.unwrap_or_default(), from).await?;
        let (who, session) = match came {
            Ok(Came::In(who, session)) => (who, session),
            Ok(Came::Unknown(person)) => {
                app.guard.was_wrong(from);
                return Err(unknown(&app, &person, from));
            }
            Err(error) => {
                if error.kind() == ErrorKind::Refused {
                    app.guard.was_wrong(from);
                }
                let why = error.to_string();
                guard::note_failure(&app, from, json!({"by": "oidc", "why": why}));
                return Err(told(&error));
            }
        };
        if let Err(refusal) = app.write_down(&who, "signed-in", "", json!({"by": "oidc"})) {
            oidc.end(&session);
            return Err(refusal);
        }
        end_sessions(oidc, &headers);
        let cookies = [
            cookie(oidc, oidc.session_cookie(), &session, oidc.lasts()),
            cookie(oidc, oidc.flow_cookie(), "", Duration::ZERO),
            sign_in::cookie(&app, "") + "; Max-Age=0",
        ];
        Ok(with_cookies(Redirect::to("/").into_response(), &cookies))
    };
    ended.await.unwrap_or_else(|refusal| page(&app, refusal))
}

/// Ends the sessions that a browser has had, and says what it forgets.
pub fn leave(app: &App, headers: &HeaderMap) -> Option<String> {
    let oidc = app.guard.oidc()?;
    end_sessions(oidc, headers);
    Some(cookie(oidc, oidc.session_cookie(), "", Duration::ZERO))
}

fn end_sessions(oidc: &Oidc, headers: &HeaderMap) {
    for session in cookies(headers, oidc.session_cookie()) {
        oidc.end(session);
    }
}

/// Somebody whom the provider knows and no line of the file of roles fits: who that is stands in the audit log, for
/// whoever gives them a role, and on the page that they see themselves.
fn unknown(app: &App, person: &Person, from: std::net::IpAddr) -> Refusal {
    let groups: Vec<&String> = person.groups.iter().take(GROUPS_TOLD).collect();
    let more = json!({
        "by": "oidc", "why": "nobody gave them a role", "sub": person.subject, "email": person.email, "groups": groups,
    });
    guard::note_failure(app, from, more);
    let known = match &person.email {
        Some(email) => format!("{email} (sub {})", person.subject),
        None => format!("sub {}", person.subject),
    };
    let message = format!(
        "your organisation knows you, as {known}, and nobody has given you a role here; whoever runs this server can"
    );
    Refusal::new(StatusCode::FORBIDDEN, message)
}

/// What a browser is told; whoever runs the server sees why on stderr.
fn told(error: &Error) -> Refusal {
    if error.kind() != ErrorKind::Refused {
        let text = crate::output::escape(&error.to_string());
        tell!("warning: nobody can sign in at the moment: {text}");
    }
    refusal(error)
}

fn oidc(app: &App) -> Answer<&Arc<Oidc>> {
    let none = || Refusal::not_found("people do not sign in at their organisation here");
    app.guard.oidc().ok_or_else(none)
}

fn page(app: &App, refusal: Refusal) -> Response {
    let page = sign_in::form(app, refusal.message());
    refusal.onto(page)
}

fn cookie(oidc: &Oidc, name: &str, value: &str, lasts: Duration) -> String {
    let secure = if oidc.is_secure() { "; Secure" } else { "" };
    let seconds = lasts.as_secs();
    format!("{name}={value}; HttpOnly; SameSite=Lax; Path=/; Max-Age={seconds}{secure}")
}

fn with_cookies(mut response: Response, cookies: &[String]) -> Response {
    for cookie in cookies {
        // What is kept is digits and letters of ours.
        if let Ok(cookie) = HeaderValue::from_str(cookie) {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
    }
    response
}
