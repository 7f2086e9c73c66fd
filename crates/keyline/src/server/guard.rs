//! Who may ask, and what a browser may do with the answer.
//!
//! The logs that are shown were written by strangers, and pages of strangers run in the same browser. So: an
//! answer goes only to a request that names this server by an address of its own (a name that was made to
//! point here is refused), whatever changes or costs something needs a header that another site's page cannot
//! send, and at an address that others can reach whoever asks has a token or has signed in.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use axum::extract::connect_info::{ConnectInfo, Connected};
use axum::extract::{Request, State};
use axum::http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_SECURITY_POLICY, COOKIE, HOST, HeaderName, HeaderValue,
    ORIGIN, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::serve::IncomingStream;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::App;
use super::oidc::{self, Oidc};
use super::rate::{Rate, network};
use super::refusal::Refusal;
use super::tls::Door;
use super::who::{self, Role, Tokens, Who, needed};

/// What only a page of this server sends along.
const OWN_HEADER: HeaderName = HeaderName::from_static("x-keyline");
/// The cookie in which a browser keeps the token.
pub const COOKIE_NAME: &str = "keyline_token";
/// The least letters of a token: 128 bits as hexadecimal digits.
const TOKEN_MIN: usize = 32;
/// Failures that an address has at once, and the time in which one more comes back. A token is too long to be guessed;
/// this keeps guessing from costing anything, and from filling the audit log.
const FAILURES_AT_ONCE: u32 = 10;
const FAILURE_BACK_EACH: Duration = Duration::from_secs(6);

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
    people: Option<Tokens>,
    oidc: Option<Arc<Oidc>>,
    has_tls: bool,
    attempts: Rate<IpAddr>,
}

/// Where a connection comes from.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

impl Connected<IncomingStream<'_, TcpListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, TcpListener>) -> Peer {
        Peer(*stream.remote_addr())
    }
}

impl Connected<IncomingStream<'_, Door>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Peer {
        Peer(*stream.remote_addr())
    }
}

/// What a request says of whoever sends it.
enum Knock {
    Known(Who),
    /// No token came along.
    Nobody,
    /// One that is none.
    Wrong,
    /// One that is not looked at, for so long.
    TooOften(Duration),
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
        if token.len() < TOKEN_MIN || !token.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
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
    pub fn new(
        listening: SocketAddr,
        token: Option<Token>,
        people: Option<Tokens>,
        oidc: Option<Oidc>,
        has_tls: bool,
    ) -> Result<Guard> {
        let is_open = token.is_none() && people.is_none() && oidc.is_none();
        if !listening.ip().is_loopback() && is_open {
            bail!(
                "others can reach {listening}: name the file of a token with `--token-file`, or of people with \
                 `--tokens`, let people sign in with `--oidc-issuer`, or listen on 127.0.0.1"
            );
        }
        Ok(Guard {
            listening,
            token,
            people,
            oidc: oidc.map(Arc::new),
            has_tls,
            attempts: Rate::new(FAILURES_AT_ONCE, FAILURE_BACK_EACH),
        })
    }

    /// Whether it is asked who somebody is.
    pub fn asks(&self) -> bool {
        self.takes_tokens() || self.oidc.is_some()
    }

    /// Whether there are tokens.
    pub fn takes_tokens(&self) -> bool {
        self.token.is_some() || self.people.is_some()
    }

    /// Whether people are told from each other.
    pub fn knows_people(&self) -> bool {
        self.people.is_some() || self.oidc.is_some()
    }

    /// How people sign in at their organisation, if they can.
    pub fn oidc(&self) -> Option<&Arc<Oidc>> {
        self.oidc.as_ref()
    }

    pub fn has_tls(&self) -> bool {
        self.has_tls
    }

    /// Whether a request names this server by an address and not by a name that somebody else controls.
    fn is_addressed(&self, headers: &HeaderMap) -> bool {
        let Some(host) = headers.get(HOST).and_then(|host| host.to_str().ok()) else {
            return false;
        };
        // With a token, a name in front of it is the operator's business.
        if self.asks() {
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

    fn knock(&self, headers: &HeaderMap, from: IpAddr) -> Knock {
        if !self.asks() {
            return Knock::Known(self.known(who::HERE, Role::Approver, from, false));
        }
        let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        let bearer = text(AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer "));
        // A session that is none (any more) is no guess: whoever has it signs in again.
        if bearer.is_none()
            && let Some(known) = self.signed_in(headers, from)
        {
            return Knock::Known(known);
        }
        let kept = cookies(headers, COOKIE_NAME);
        // A browser keeps one; whoever sends many has no more tries for it.
        match bearer.into_iter().chain(kept).next() {
            None => Knock::Nobody,
            Some(token) => self.try_token(token, from),
        }
    }

    /// Whoever signed in at their organisation.
    fn signed_in(&self, headers: &HeaderMap, from: IpAddr) -> Option<Who> {
        let oidc = self.oidc.as_ref()?;
        let mut sessions = cookies(headers, oidc.session_cookie());
        oidc.find(sessions.next()?, from)
    }

    /// Whether whoever sent a request would be let in still: streams go on for hours.
    pub fn still_knows(&self, headers: &HeaderMap, from: IpAddr) -> bool {
        matches!(self.knock(headers, from), Knock::Known(_))
    }

    /// How long an address that was wrong too often has to wait.
    pub fn wait(&self, from: IpAddr) -> Option<Duration> {
        self.attempts.wait(&network(from), Instant::now())
    }

    /// An address was wrong.
    pub fn was_wrong(&self, from: IpAddr) {
        self.attempts.add(&network(from), Instant::now());
    }

    /// Looks at a token, unless its address was wrong too often.
    fn try_token(&self, token: &str, from: IpAddr) -> Knock {
        if let Some(wait) = self.wait(from) {
            return Knock::TooOften(wait);
        }
        let is_single = self.token.as_ref().is_some_and(|single| single.is(token));
        let person = self.people.as_ref().and_then(|people| people.find(token));
        match (is_single, person) {
            (_, Some((name, role))) => Knock::Known(self.known(&name, role, from, true)),
            (true, None) => Knock::Known(self.known(who::TOKEN, Role::Approver, from, false)),
            (false, None) => {
                self.was_wrong(from);
                Knock::Wrong
            }
        }
    }

    fn known(&self, name: &str, role: Role, from: IpAddr, is_person: bool) -> Who {
        Who {
            name: name.to_owned(),
            role,
            from,
            is_person,
            subject: None,
        }
    }
}

/// The values of a cookie, as a browser sends them.
pub fn cookies<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = &'a str> {
    let all = headers.get(COOKIE).and_then(|value| value.to_str().ok());
    let each = all.into_iter().flat_map(|all| all.split(';'));
    each.filter_map(move |one| one.trim().strip_prefix(name)?.strip_prefix('='))
}

/// Whoever types a token in; the outcome stands in the audit log.
pub fn sign_in(app: &App, token: &str, from: IpAddr) -> Result<Who, Refusal> {
    match app.guard.try_token(token, from) {
        Knock::Known(who) => {
            app.write_down(&who, "signed-in", "", json!({}))?;
            Ok(who)
        }
        Knock::TooOften(wait) => Err(too_often(wait)),
        Knock::Nobody | Knock::Wrong => {
            note_failure(app, from, json!({"why": "a wrong token was typed in"}));
            Err(Refusal::new(
                StatusCode::UNAUTHORIZED,
                "that is not a token of this server",
            ))
        }
    }
}

pub fn too_often(wait: Duration) -> Refusal {
    let seconds = wait.as_secs() + 1;
    let message =
        format!("too many wrong sign-ins came from this address; try again in {seconds} s");
    Refusal::new(StatusCode::TOO_MANY_REQUESTS, message).again_in(seconds)
}

/// A failure is written down as often as attempts are looked at. Where it cannot be, whoever failed is turned away
/// all the same.
pub fn note_failure(app: &App, from: IpAddr, more: Value) {
    let nobody = Who {
        name: "?".to_owned(),
        role: Role::Viewer,
        from,
        is_person: false,
        subject: None,
    };
    let written = app.audit.write(&nobody, "refused", "", more);
    if let Err(error) = written {
        tell!("error: {}", crate::output::escape(&format!("{error:#}")));
    }
}

fn is_own(asked: IpAddr, listening: IpAddr) -> bool {
    asked == listening
        || listening.is_unspecified()
        || asked.is_loopback() && listening.is_loopback()
}

/// Whether another site's page may have sent it: browsers say so, and no such page can set our header.
fn is_foreign(method: &Method, headers: &HeaderMap) -> bool {
    if matches!(*method, Method::GET | Method::HEAD) {
        return false;
    }
    is_from_elsewhere(headers) || !headers.contains_key(OWN_HEADER)
}

/// Whether another site's page sent it, as browsers say.
fn is_from_elsewhere(headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let fetched = HeaderName::from_static("sec-fetch-site");
    let by_another = text(fetched).is_some_and(|site| !["same-origin", "none"].contains(&site));
    let of_another = match (text(ORIGIN), text(HOST)) {
        (Some(origin), Some(host)) => {
            origin.split_once("://").map(|(_, origin)| origin) != Some(host)
        }
        (Some(_), None) => true,
        // A program that is no browser.
        (None, _) => false,
    };
    by_another || of_another
}

/// Stands before every route.
pub async fn watch(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let guard = &app.guard;
    let has_tls = guard.has_tls;
    let path = request.uri().path().to_owned();
    let peer = request.extensions().get::<ConnectInfo<Peer>>();
    let Some(from) = peer.map(|ConnectInfo(Peer(peer))| peer.ip()) else {
        return guarded(
            Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "nobody asks").into_response(),
            has_tls,
        );
    };
    let refusal = |status, message: &str| Refusal::new(status, message);
    let checked = if !guard.is_addressed(request.headers()) {
        Err(refusal(
            StatusCode::MISDIRECTED_REQUEST,
            "this server answers to its own address only",
        ))
    } else if path == SIGN_IN
        && request.method() == Method::POST
        && is_from_elsewhere(request.headers())
    {
        // Else a stranger's page could have a browser work under the stranger's name.
        Err(refusal(
            StatusCode::FORBIDDEN,
            "a token is typed in on this server's own page, at /sign-in",
        ))
    } else if [SIGN_IN, oidc::BEGIN, oidc::CALLBACK, ALIVE, READY].contains(&&*path) {
        // Whether it lives is no secret, and whoever restarts it has no token.
        Ok(None)
    } else {
        match guard.knock(request.headers(), from) {
            Knock::Known(_) if is_foreign(request.method(), request.headers()) => Err(refusal(
                StatusCode::FORBIDDEN,
                "requests that are no GET need the header `x-keyline: 1` and come from this page",
            )),
            Knock::Known(who) => may(&app, who, request.method(), &path).map(Some),
            Knock::Nobody | Knock::Wrong
                if !path.starts_with("/api/")
                    && path != METRICS
                    && request.method() == Method::GET =>
            {
                return guarded(
                    axum::response::Redirect::to(SIGN_IN).into_response(),
                    has_tls,
                );
            }
            Knock::Nobody => Err(refusal(StatusCode::UNAUTHORIZED, TOKEN_NEEDED)),
            Knock::Wrong => {
                note_failure(&app, from, json!({"why": "a wrong token came along"}));
                Err(refusal(StatusCode::UNAUTHORIZED, TOKEN_NEEDED))
            }
            Knock::TooOften(wait) => {
                return guarded(too_often(wait).into_response(), has_tls);
            }
        }
    };
    match checked {
        Err(refusal) => guarded(refusal.into_response(), has_tls),
        Ok(who) => {
            if let Some(who) = who {
                request.extensions_mut().insert(who);
            }
            guarded(next.run(request).await, has_tls)
        }
    }
}

const TOKEN_NEEDED: &str =
    "a token is needed: `Authorization: Bearer TOKEN`, or sign in at /sign-in";

/// Whether somebody's role is enough for a request; where it is not, that is written down.
fn may(app: &App, who: Who, method: &Method, path: &str) -> Result<Who, Refusal> {
    let role = needed(method, path);
    if who.role >= role {
        return Ok(who);
    }
    app.write_down(&who, "refused", path, json!({"needs": role.name()}))?;
    Err(Refusal::new(
        StatusCode::FORBIDDEN,
        format!(
            "{} is a {}, and this needs a {}",
            who.name,
            who.role.name(),
            role.name()
        ),
    ))
}

/// What is asked by whoever restarts the process, and by whoever collects its figures.
pub const ALIVE: &str = "/healthz";
pub const READY: &str = "/readyz";
const METRICS: &str = "/metrics";

/// Where a token is typed in.
pub const SIGN_IN: &str = "/sign-in";

/// The headers of every answer; a route may have set stricter or other ones.
fn guarded(mut response: Response, has_tls: bool) -> Response {
    let headers = response.headers_mut();
    if has_tls {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.insert(STRICT_TRANSPORT_SECURITY, year);
    }
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
        Guard::new(listening.parse().unwrap(), token, None, None, false).unwrap()
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
        let open = Guard::new("0.0.0.0:7400".parse().unwrap(), None, None, None, true);
        assert!(open.is_err());
        let from = "192.0.2.7".parse().unwrap();
        for (name, value, known) in [
            ("authorization", format!("Bearer {TOKEN}"), true),
            ("cookie", format!("a=b; {COOKIE_NAME}={TOKEN}"), true),
            ("cookie", format!("x{COOKIE_NAME}={TOKEN}"), false),
            ("authorization", format!("Bearer {}", &TOKEN[1..]), false),
            ("authorization", format!("Bearer {TOKEN}0"), false),
            ("authorization", TOKEN.to_owned(), false),
        ] {
            let guard = guard("0.0.0.0:7400", Some(TOKEN));
            let knock = guard.knock(&headers(&[(name, &value)]), from);
            assert_eq!(matches!(knock, Knock::Known(_)), known, "{name}: {value}");
        }
        let guard = guard("0.0.0.0:7400", Some(TOKEN));
        assert!(matches!(
            guard.knock(&HeaderMap::new(), from),
            Knock::Nobody
        ));
    }

    #[test]
    fn whoever_guesses_is_not_heard() {
        let guard = guard("0.0.0.0:7400", Some(TOKEN));
        let try_from = |token: &str, from: &str| guard.try_token(token, from.parse().unwrap());
        for _ in 0..10 {
            assert!(matches!(try_from("guess", "192.0.2.7"), Knock::Wrong));
        }
        assert!(matches!(try_from(TOKEN, "192.0.2.7"), Knock::TooOften(_)));
        assert!(matches!(try_from(TOKEN, "192.0.2.8"), Knock::Known(_)));
    }
}
