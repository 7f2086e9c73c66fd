//! The page itself: what `npm run build` made in `ui/dist`, embedded; or from a folder, for who works on it.
//!
//! Without it the binary says how to make it: building Keyline never runs npm.

use std::borrow::Cow;
use std::hash::{BuildHasher, RandomState};
use std::path::{Component, Path, PathBuf};

use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

use super::guard;

#[derive(RustEmbed)]
#[folder = "../../ui/dist"]
#[allow_missing = true]
struct Dist;

/// A folder in place of what is embedded.
const FOLDER: &str = "KEYLINE_UI_DIR";
const INDEX: &str = "index.html";
/// What is of no kind that a page consists of.
const BYTES: &str = "application/octet-stream";
/// What stands in the page where the nonce belongs.
const NONCE: &str = "__KEYLINE_NONCE__";

/// A file of the page; every other address is the page's own business.
pub async fn asset(uri: Uri) -> Response {
    let path = uri.path().trim_start_matches('/');
    let (path, file) = match read(path).filter(|_| !path.is_empty()) {
        Some(file) => (path, Some(file)),
        // A file that is not there is not found; everything else is a screen of the page, e-mail addresses
        // in its name included.
        None if path.starts_with("assets/") || kind(path) != BYTES => (path, None),
        None => (INDEX, read(INDEX)),
    };
    match file {
        Some(bytes) if path == INDEX => page(&bytes),
        Some(bytes) => {
            // Files below `assets` carry a hash of their content in their names.
            let lasting = path.starts_with("assets/");
            let keep = match lasting {
                true => "public, max-age=31536000, immutable",
                false => "no-cache",
            };
            let headers = [(CONTENT_TYPE, kind(path)), (CACHE_CONTROL, keep)];
            (headers, bytes.into_owned()).into_response()
        }
        None if path == INDEX => without_page(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The page, with the nonce by which the styles of its editor are known: the editor makes them while it runs.
fn page(bytes: &[u8]) -> Response {
    let nonce = format!("{:016x}{:016x}", random(), random());
    let text = String::from_utf8_lossy(bytes).replace(NONCE, &nonce);
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
        (CACHE_CONTROL, "no-cache".to_owned()),
        (CONTENT_SECURITY_POLICY, guard::policy(&nonce)),
    ];
    (headers, text).into_response()
}

/// The standard library seeds its hashers from the system's source of chance.
fn random() -> u64 {
    RandomState::new().hash_one(std::time::Instant::now())
}

fn read(path: &str) -> Option<Cow<'static, [u8]>> {
    if let Some(folder) = std::env::var_os(FOLDER) {
        let plain = Path::new(path)
            .components()
            .all(|part| matches!(part, Component::Normal(_)));
        let file = plain.then(|| PathBuf::from(folder).join(path))?;
        return std::fs::read(file).ok().map(Cow::Owned);
    }
    Dist::get(path).map(|file| file.data)
}

fn kind(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        _ => BYTES,
    }
}

fn without_page() -> Response {
    const TEXT: &str = "<!doctype html><meta charset=utf-8><title>Keyline</title>\
        <h1>Keyline is running, without its page</h1>\
        <p>This build was made without <code>ui/dist</code>. Make it, then build Keyline again:</p>\
        <pre>cargo xtask ui\ncargo build --release</pre>\
        <p>The answers are there all the same: <a href=\"/api/health\">/api/health</a>, \
        <a href=\"/api/incidents\">/api/incidents</a>.</p>";
    let headers = [(CONTENT_TYPE, "text/html; charset=utf-8")];
    (headers, TEXT).into_response()
}
