//! `/sign-in`: where a browser gives the token, which it keeps in a cookie that no script can read.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, SET_COOKIE};
use axum::response::{IntoResponse, Redirect, Response};

use crate::server::App;
use crate::server::guard::COOKIE_NAME;

pub async fn page() -> Response {
    form("")
}

/// Takes `token=…` as a form sends it.
pub async fn take(State(app): State<Arc<App>>, body: Bytes) -> Response {
    let text = String::from_utf8_lossy(&body);
    let token = text.trim().strip_prefix("token=").unwrap_or_default();
    if !app.guard.is_token(token) {
        return (StatusCode::UNAUTHORIZED, form("That is not the token.")).into_response();
    }
    let cookie = format!("{COOKIE_NAME}={token}; HttpOnly; SameSite=Strict; Path=/");
    ([(SET_COOKIE, cookie)], Redirect::to("/")).into_response()
}

fn form(wrong: &str) -> Response {
    let page = format!(
        "<!doctype html><meta charset=utf-8><title>Keyline: sign in</title><h1>Keyline</h1><p>{wrong}</p>\
         <form method=post><label>Token <input name=token type=password autofocus autocomplete=off></label> \
         <button>Sign in</button></form>\
         <p>It stands in the file that <code>keyline serve --token-file</code> names.</p>"
    );
    ([(CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response()
}
