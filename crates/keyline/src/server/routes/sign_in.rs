//! `/sign-in` and `/sign-out`: where a browser gives the token, which it keeps in a cookie that no script can read,
//! and forgets it; and the way to where people sign in at their organisation (`oidc.rs`).

use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::connect_info::ConnectInfo;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::{
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, HeaderValue, REFERRER_POLICY, SET_COOKIE,
};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;

use super::oidc;
use crate::server::App;
use crate::server::guard::{self, COOKIE_NAME, Peer};
use crate::server::refusal::Answer;
use crate::server::who::Who;

/// How the page looks. It stands at an address of this page's own, since whoever is not let in yet gets nothing else.
const STYLE: &str = include_str!("sign_in.css");
const STYLED: &str = "css";
/// What every answer may, and this page's own style.
const POLICY: &str = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

pub async fn page(State(app): State<Arc<App>>, RawQuery(query): RawQuery) -> Response {
    match query.as_deref() {
        Some(STYLED) => ([(CONTENT_TYPE, "text/css; charset=utf-8")], STYLE).into_response(),
        _ => form(&app, ""),
    }
}

/// Takes `token=…` as a form sends it.
pub async fn take(
    State(app): State<Arc<App>>,
    ConnectInfo(Peer(from)): ConnectInfo<Peer>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let text = String::from_utf8_lossy(&body);
    let token = text.trim().strip_prefix("token=").unwrap_or_default();
    // What is kept goes into a header: a token is letters and digits.
    let is_one = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let token = if is_one { token } else { "-" };
    if let Err(refusal) = guard::sign_in(&app, token, from.ip()) {
        let page = form(&app, refusal.message());
        return refusal.onto(page);
    }
    let kept = [(SET_COOKIE, cookie(&app, token))];
    let mut response = (kept, Redirect::to("/")).into_response();
    // Whoever signed in otherwise before is somebody else now.
    forget(&app, &headers, &mut response);
    response
}

/// Ends what the browser has of sessions.
fn forget(app: &App, headers: &HeaderMap, response: &mut Response) {
    let gone = oidc::leave(app, headers);
    if let Some(Ok(gone)) = gone.map(|cookie| HeaderValue::from_str(&cookie)) {
        response.headers_mut().append(SET_COOKIE, gone);
    }
}

pub async fn leave(
    State(app): State<Arc<App>>,
    Extension(who): Extension<Who>,
    headers: HeaderMap,
) -> Answer<Response> {
    app.write_down(&who, "signed-out", "", json!({}))?;
    let gone = format!("{}; Max-Age=0", cookie(&app, ""));
    let mut response = (StatusCode::NO_CONTENT, [(SET_COOKIE, gone)]).into_response();
    forget(&app, &headers, &mut response);
    Ok(response)
}

pub fn cookie(app: &App, token: &str) -> String {
    let secure = if app.guard.has_tls() { "; Secure" } else { "" };
    format!("{COOKIE_NAME}={token}; HttpOnly; SameSite=Strict; Path=/{secure}")
}

/// The page, with what was wrong.
pub fn form(app: &App, wrong: &str) -> Response {
    let wrong = escaped(wrong);
    let organisation = match app.guard.oidc() {
        Some(oidc) => format!(
            "<p><a class=door href=\"{}\">Sign in with your organisation</a></p>",
            escaped(&oidc.door())
        ),
        None => String::new(),
    };
    let token = match app.guard.oidc().is_none() || app.guard.takes_tokens() {
        true => {
            "<form method=post action=\"/sign-in\"><label>Token \
             <input name=token type=password autofocus autocomplete=off></label> <button>Sign in</button></form>\
             <p>Yours was made with <code>keyline serve token add NAME</code>, or stands in the file that \
             <code>keyline serve --token-file</code> names.</p>"
        }
        false => "",
    };
    let page = format!(
        "<!doctype html><html lang=en><meta charset=utf-8>\
         <meta name=viewport content=\"width=device-width, initial-scale=1\">\
         <meta name=color-scheme content=\"light dark\"><title>Keyline: sign in</title>\
         <link rel=stylesheet href=\"/sign-in?{STYLED}\">\
         <main><h1>Keyline</h1><p class=wrong role=alert>{wrong}</p>{organisation}{token}</main>"
    );
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, POLICY),
        // Else browsers do not say that the form was this page's.
        (REFERRER_POLICY, "same-origin"),
    ];
    (headers, page).into_response()
}

/// Text as a page may hold it, between tags and in quotes.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(letter),
        }
    }
    out
}
