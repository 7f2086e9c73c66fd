//! `/sign-in` and `/sign-out`: where a browser gives the token, which it keeps in a cookie that no script can read,
//! and forgets it.

use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::connect_info::ConnectInfo;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, SET_COOKIE};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;

use crate::server::App;
use crate::server::guard::{self, COOKIE_NAME, Peer};
use crate::server::refusal::Answer;
use crate::server::who::Who;

pub async fn page() -> Response {
    form("")
}

/// Takes `token=…` as a form sends it.
pub async fn take(
    State(app): State<Arc<App>>,
    ConnectInfo(Peer(from)): ConnectInfo<Peer>,
    body: Bytes,
) -> Response {
    let text = String::from_utf8_lossy(&body);
    let token = text.trim().strip_prefix("token=").unwrap_or_default();
    // What is kept goes into a header: a token is letters and digits.
    let is_one = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let token = if is_one { token } else { "-" };
    if let Err(refusal) = guard::sign_in(&app, token, from.ip()) {
        let page = form(refusal.message());
        return (refusal.status(), page).into_response();
    }
    ([(SET_COOKIE, cookie(&app, token))], Redirect::to("/")).into_response()
}

pub async fn leave(
    State(app): State<Arc<App>>,
    Extension(who): Extension<Who>,
) -> Answer<Response> {
    app.write_down(&who, "signed-out", "", json!({}))?;
    let gone = format!("{}; Max-Age=0", cookie(&app, ""));
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, gone)]).into_response())
}

fn cookie(app: &App, token: &str) -> String {
    let secure = if app.guard.has_tls() { "; Secure" } else { "" };
    format!("{COOKIE_NAME}={token}; HttpOnly; SameSite=Strict; Path=/{secure}")
}

/// `wrong` is text of ours.
fn form(wrong: &str) -> Response {
    let page = format!(
        "<!doctype html><meta charset=utf-8><title>Keyline: sign in</title><h1>Keyline</h1><p>{wrong}</p>\
         <form method=post><label>Token <input name=token type=password autofocus autocomplete=off></label> \
         <button>Sign in</button></form>\
         <p>Yours was made with <code>keyline serve token add NAME</code>, or stands in the file that \
         <code>keyline serve --token-file</code> names.</p>"
    );
    ([(CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response()
}
