//! Who may ask, and what a browser may do with the answer.
//!
//! The logs that are shown were written by strangers, and pages of strangers run in the same browser. So: an
//! answer goes only to a request that names this server by an address of its own (a name that was made to
//! point here is refused), whatever changes or costs something needs a header that another site's page cannot
//! send, and an address that others can reach needs a token.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use axum::extract::{Request, State};
use axum::http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_SECURITY_POLICY, COOKIE, HOST, HeaderName, HeaderValue,
    ORIGIN, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::App;
use super::refusal::Refusal;

/// What only a page of this server sends along.
const OWN_HEADER: HeaderName = HeaderName::from_static("x-keyline");
/// The cookie in which a browser keeps the token.
pub const COOKIE_NAME: &str = "keyline_token";
/// The least letters of a token: 128 bits as hexadecimal digits.
const TOKEN_MIN: usize = 32;

/// What a browser may do with the page: everything comes from here, and nothing else runs. Styles with the
/// nonce are those of the editor.
pub fn policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; \
         connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
}

/// What it may do with any other answer.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);

/// Who is let in.
pub struct Guard {
    listening: SocketAddr,
    token: Option<Token>,
}

/// A secret that whoever comes from elsewhere must know.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// Reads it from the first line of a file.
    pub fn read(path: &Path) -> Result<Token> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read the token in `{}`", path.display()))?;
        let token = text.lines().next().unwrap_or_default().trim().to_owned();
        if token.len() < TOKEN_MIN || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            bail!(
                "the token in `{}` must be {TOKEN_MIN} letters or digits at least; `openssl rand -hex 32` makes one",
                path.display()
            );
        }
        Ok(Token(token))
    }

    /// Compares in a time that does not tell where the first difference is.
    fn is(&self, other: &str) -> bool {
        let (own, other) = (self.0.as_bytes(), other.as_bytes());
        let differing = own.iter().zip(other).fold(0, |sum, (a, b)| sum | (a ^ b));
        own.len() == other.len() && differing == 0
    }
}

impl Guard {
    /// Refuses to be open to others without a token.
    pub fn new(listening: SocketAddr, token: Option<Token>) -> Result<Guard> {
        if !listening.ip().is_loopback() && token.is_none() {
            bail!(
                "others can reach {listening}: name the file of a token with `--token-file`, or listen on 127.0.0.1"
            );
        }
        Ok(Guard { listening, token })
    }

    /// Whether a request names this server by an address and not by a name that somebody else controls.
    fn is_addressed(&self, headers: &HeaderMap) -> bool {
        let Some(host) = headers.get(HOST).and_then(|host| host.to_str().ok()) else {
            return false;
        };
        // With a token, a name in front of it is the operator's business.
        if self.token.is_some() {
            return true;
        }
        let name = match host.parse::<SocketAddr>() {
            Ok(address) => return is_own(address.ip(), self.listening.ip()),
            Err(_) => host.rsplit_once(':').map_or(host, |(name, _)| name),
        };
        let name = name.trim_start_matches('[').trim_end_matches(']');
        match name.parse::<IpAddr>() {
            Ok(address) => is_own(address, self.listening.ip()),
            Err(_) => name.eq_ignore_ascii_case("localhost"),
        }
    }

    fn knows_token(&self, headers: &HeaderMap) -> bool {
        let Some(token) = &self.token else {
            return true;
        };
        let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        let bearer = text(AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer "));
        let kept = text(COOKIE).into_iter().flat_map(|all| all.split(';'));
        let mut kept =
            kept.filter_map(|one| one.trim().strip_prefix(COOKIE_NAME)?.strip_prefix('='));
        bearer.is_some_and(|bearer| token.is(bearer)) || kept.any(|kept| token.is(kept))
    }

    /// Whether a text is the token; false where there is none.
    pub fn is_token(&self, text: &str) -> bool {
        self.token.as_ref().is_some_and(|token| token.is(text))
    }
}

fn is_own(asked: IpAddr, listening: IpAddr) -> bool {
    asked == listening
        || listening.is_unspecified()
        || asked.is_loopback() && listening.is_loopback()
}

/// Whether another site's page sent it.
fn is_foreign(method: &Method, headers: &HeaderMap) -> bool {
    if matches!(*method, Method::GET | Method::HEAD) {
        return false;
    }
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let elsewhere = match (text(ORIGIN), text(HOST)) {
        (Some(origin), Some(host)) => {
            origin.split_once("://").map(|(_, origin)| origin) != Some(host)
        }
        (Some(_), None) => true,
        // A program that is no browser.
        (None, _) => false,
    };
    elsewhere || !headers.contains_key(OWN_HEADER)
}

/// Stands before every route.
pub async fn watch(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let path = request.uri().path();
    let is_sign_in = path == SIGN_IN;
    let refusal = if !app.guard.is_addressed(headers) {
        Some((
            StatusCode::MISDIRECTED_REQUEST,
            "this server answers to its own address only",
        ))
    } else if !app.guard.knows_token(headers) && !is_sign_in {
        if !path.starts_with("/api/") && request.method() == Method::GET {
            return guarded(axum::response::Redirect::to(SIGN_IN).into_response());
        }
        Some((
            StatusCode::UNAUTHORIZED,
            "a token is needed: `Authorization: Bearer TOKEN`, or sign in at /sign-in",
        ))
    } else if is_foreign(request.method(), headers) && !is_sign_in {
        Some((
            StatusCode::FORBIDDEN,
            "requests that are no GET need the header `x-keyline: 1` and come from this page",
        ))
    } else {
        None
    };
    match refusal {
        Some((status, message)) => guarded(Refusal::new(status, message).into_response()),
        None => guarded(next.run(request).await),
    }
}

/// Where a token is typed in.
pub const SIGN_IN: &str = "/sign-in";

/// The headers of every answer; a route may have set stricter or other ones.
fn guarded(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            HeaderValue::from_static("same-origin"),
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            HeaderValue::from_static("same-origin"),
        ),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ] {
        headers.entry(name).or_insert(value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "0123456789abcdef0123456789abcdef";

    fn guard(listening: &str, token: Option<&str>) -> Guard {
        let token = token.map(|text| Token(text.to_owned()));
        Guard::new(listening.parse().unwrap(), token).unwrap()
    }

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&str, &str)| {
            (
                HeaderName::try_from(*name).unwrap(),
                HeaderValue::try_from(*value).unwrap(),
            )
        };
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn only_its_own_address_is_answered() {
        for (host, answered) in [
            ("127.0.0.1:7400", true),
            ("localhost:7400", true),
            ("[::1]:7400", true),
            ("localhost", true),
            ("keyline.evil.example:7400", false),
            ("127.0.0.1.evil.example:7400", false),
            ("192.0.2.1:7400", false),
            ("", false),
        ] {
            let guard = guard("127.0.0.1:7400", None);
            assert_eq!(
                guard.is_addressed(&headers(&[("host", host)])),
                answered,
                "{host}"
            );
        }
        assert!(!guard("127.0.0.1:7400", None).is_addressed(&HeaderMap::new()));
    }

    #[test]
    fn another_sites_page_changes_nothing() {
        let own = ("host", "127.0.0.1:7400");
        for (method, sent, foreign) in [
            (Method::GET, &[own][..], false),
            (Method::POST, &[own], true),
            (Method::POST, &[own, ("x-keyline", "1")], false),
            (
                Method::POST,
                &[own, ("x-keyline", "1"), ("origin", "http://127.0.0.1:7400")],
                false,
            ),
            (
                Method::POST,
                &[own, ("x-keyline", "1"), ("origin", "https://evil.example")],
                true,
            ),
            (
                Method::POST,
                &[own, ("x-keyline", "1"), ("origin", "null")],
                true,
            ),
        ] {
            assert_eq!(
                is_foreign(&method, &headers(sent)),
                foreign,
                "{method} {sent:?}"
            );
        }
    }

    #[test]
    fn what_others_can_reach_needs_a_token() {
        assert!(Guard::new("0.0.0.0:7400".parse().unwrap(), None).is_err());
        let guard = guard("0.0.0.0:7400", Some(TOKEN));
        for (name, value, known) in [
            ("authorization", format!("Bearer {TOKEN}"), true),
            ("cookie", format!("a=b; {COOKIE_NAME}={TOKEN}"), true),
            ("cookie", format!("x{COOKIE_NAME}={TOKEN}"), false),
            ("authorization", format!("Bearer {}", &TOKEN[1..]), false),
            ("authorization", format!("Bearer {TOKEN}0"), false),
            ("authorization", TOKEN.to_owned(), false),
        ] {
            assert_eq!(
                guard.knows_token(&headers(&[(name, &value)])),
                known,
                "{name}: {value}"
            );
        }
        assert!(!guard.knows_token(&HeaderMap::new()));
    }
}
