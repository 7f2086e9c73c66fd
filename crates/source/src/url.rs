//! The addresses that a reference may have, and the prefixes that a user allows.
//!
//! In: text. Out: an `https` URL or a file's path in one strict form. What could be read in two
//! ways (credentials, dot segments, backslashes, control characters) is refused, because a prefix
//! that was checked one way and fetched another protects nothing.

use std::path::{Component, Path, PathBuf};

use crate::error::{Error, ErrorKind};
use crate::limits;

/// Where a reference lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Location {
    Web(Url),
    File(PathBuf),
}

/// A web address, its host in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Url {
    pub(crate) scheme: Scheme,
    pub(crate) host: String,
    pub(crate) port: u16,
    /// Begins with `/`; without the query.
    pub(crate) path: String,
    pub(crate) query: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    Https,
    Http,
}

impl Location {
    /// Reads an `https:` URL, a `file:` URL or a path.
    pub(crate) fn parse(text: &str) -> Result<Location, Error> {
        if text.len() > limits::URL_BYTES_MAX {
            return Err(bad(
                &text.chars().take(60).collect::<String>(),
                "it is too long",
            ));
        }
        if text.chars().any(|c| c.is_control()) {
            return Err(bad(
                &text.escape_debug().to_string(),
                "it holds a control character",
            ));
        }
        let lower = text.get(..8).unwrap_or(text).to_ascii_lowercase();
        if lower.starts_with("https://") {
            return Url::parse(Scheme::Https, text, &text[8..]).map(Location::Web);
        }
        if lower.starts_with("http://") {
            return Url::parse(Scheme::Http, text, &text[7..]).map(Location::Web);
        }
        if lower.starts_with("file:") {
            return file_path(text).map(Location::File);
        }
        if let Some((scheme, _)) = text.split_once(':')
            && scheme.len() > 1
            && scheme
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
        {
            let why = format!("`{scheme}:` is not supported; expected `https:` or `file:`");
            return Err(bad(text, &why));
        }
        if text.trim().is_empty() {
            return Err(bad(text, "it is empty"));
        }
        Ok(Location::File(PathBuf::from(text)))
    }
}

impl Url {
    fn parse(scheme: Scheme, text: &str, rest: &str) -> Result<Url, Error> {
        let rest = rest.split('#').next().unwrap_or_default();
        if rest.contains('\\') || rest.contains(char::is_whitespace) {
            return Err(bad(text, "it holds a backslash or a blank"));
        }
        let authority_end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at(authority_end);
        if authority.contains('@') {
            // The URL itself is not repeated: it holds a password.
            return Err(Error::new(
                ErrorKind::BadUrl,
                "a URL with a user name or password in it is refused; take them out",
            ));
        }
        let default_port = match scheme {
            Scheme::Https => 443,
            Scheme::Http => 80,
        };
        let after_bracket = authority.rfind(']').map_or(0, |at| at + 1);
        let (host, port) = match authority[after_bracket..].find(':') {
            None => (authority, default_port),
            Some(at) => {
                let (host, port) = authority.split_at(after_bracket + at);
                let port = port[1..]
                    .parse()
                    .map_err(|_| bad(text, "its port is no number"))?;
                (host, port)
            }
        };
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let host_is_plain = host
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-._[]:".contains(&b));
        if host.is_empty() || !host_is_plain {
            return Err(bad(text, "its host is missing or not plain ASCII"));
        }
        let (path, query) = match tail.split_once('?') {
            Some((path, query)) => (path, Some(query.to_owned())),
            None => (tail, None),
        };
        let path = if path.is_empty() { "/" } else { path };
        if path.split('/').any(is_dot_segment) {
            return Err(bad(text, "its path holds `.` or `..`"));
        }
        Ok(Url {
            scheme,
            host,
            port,
            path: path.to_owned(),
            query,
        })
    }

    /// The address of a redirect, which may be relative to this one.
    pub(crate) fn join(&self, target: &str) -> Result<Url, Error> {
        let absolute = if target.starts_with("//") {
            format!("{}:{target}", self.scheme.name())
        } else if target.starts_with('/') {
            format!("{}{target}", self.origin())
        } else if target.contains("://") {
            target.to_owned()
        } else {
            let folder = self.path.rfind('/').map_or("/", |at| &self.path[..=at]);
            format!("{}{folder}{target}", self.origin())
        };
        match Location::parse(&absolute)? {
            Location::Web(url) => Ok(url),
            Location::File(_) => Err(bad(target, "a redirect must lead to a web address")),
        }
    }

    fn origin(&self) -> String {
        format!("{}://{}:{}", self.scheme.name(), self.host, self.port)
    }

    /// The address as it is requested and cached.
    pub(crate) fn text(&self) -> String {
        let query = self
            .query
            .as_ref()
            .map(|query| format!("?{query}"))
            .unwrap_or_default();
        format!("{}{}{query}", self.origin(), self.path)
    }
}

impl Scheme {
    fn name(self) -> &'static str {
        match self {
            Scheme::Https => "https",
            Scheme::Http => "http",
        }
    }
}

/// Whether an allowed prefix covers an address. Both ends are compared part by part, so that
/// `https://example.com/a` covers `/a` and `/a/b` and neither `/ab` nor `example.com.evil`.
pub(crate) fn covers(prefix: &Location, location: &Location) -> bool {
    match (prefix, location) {
        (Location::Web(prefix), Location::Web(url)) => {
            prefix.scheme == url.scheme
                && prefix.host == url.host
                && prefix.port == url.port
                && covers_path(prefix, url)
        }
        (Location::File(prefix), Location::File(path)) => path.starts_with(prefix),
        _ => false,
    }
}

fn covers_path(prefix: &Url, url: &Url) -> bool {
    if let Some(query) = &prefix.query {
        return prefix.path == url.path && url.query.as_ref() == Some(query);
    }
    match url.path.strip_prefix(prefix.path.as_str()) {
        Some(rest) => rest.is_empty() || prefix.path.ends_with('/') || rest.starts_with('/'),
        None => false,
    }
}

fn is_dot_segment(segment: &str) -> bool {
    let plain = segment.to_ascii_lowercase().replace("%2e", ".");
    // An encoded slash could hide a dot segment behind a server that decodes it.
    plain == "." || plain == ".." || plain.contains("%2f") || plain.contains("%5c")
}

fn file_path(text: &str) -> Result<PathBuf, Error> {
    let rest = &text["file:".len()..];
    let rest = match rest.strip_prefix("//") {
        Some(rest) => match rest.split_once('/') {
            Some(("" | "localhost", _)) => &rest[rest.find('/').unwrap_or_default()..],
            _ => return Err(bad(text, "a `file:` URL must not name a host")),
        },
        None => rest,
    };
    let path = percent_decode(rest).ok_or_else(|| bad(text, "its `%` escapes are not UTF-8"))?;
    let path = PathBuf::from(path);
    if !path.is_absolute() {
        return Err(bad(text, "a `file:` URL needs an absolute path"));
    }
    Ok(path)
}

fn percent_decode(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let high = char::from(bytes.next()?).to_digit(16)?;
        let low = char::from(bytes.next()?).to_digit(16)?;
        out.push((high * 16 + low) as u8);
    }
    String::from_utf8(out)
        .ok()
        .filter(|text| !text.contains('\0'))
}

/// A path without `.`, `..` and links, for comparing with what was allowed.
pub(crate) fn real_path(path: &Path) -> Result<PathBuf, Error> {
    path.canonicalize()
        .map_err(|error| Error::io("open", path, &error))
}

/// An allowed folder in the same form; one that does not exist (yet) keeps its words.
pub(crate) fn real_prefix(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| {
        path.components()
            .filter(|part| !matches!(part, Component::CurDir))
            .collect()
    })
}

fn bad(text: &str, why: &str) -> Error {
    Error::new(
        ErrorKind::BadUrl,
        format!("`{text}` cannot be used as a reference: {why}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_covers(prefix: &str, address: &str, expected: bool) {
        let prefix = Location::parse(prefix).unwrap();
        let found = Location::parse(address).is_ok_and(|address| covers(&prefix, &address));
        assert_eq!(found, expected, "{address}");
    }

    #[test]
    fn prefixes_end_at_boundaries() {
        let prefix = "https://example.com";
        check_covers(prefix, "https://example.com", true);
        check_covers(prefix, "https://EXAMPLE.com:443/a?b=c#d", true);
        check_covers(prefix, "https://example.com./a", true);
        check_covers(prefix, "https://example.com.evil.test/a", false);
        check_covers(prefix, "https://example.com@evil.test/a", false);
        check_covers(prefix, "https://example.com\\@evil.test/a", false);
        check_covers(prefix, "https://evil.test/https://example.com", false);
        check_covers(prefix, "https://example.com:8443/a", false);
        check_covers(prefix, "http://example.com/a", false);
        check_covers(prefix, "https://sub.example.com/a", false);
        let prefix = "https://example.com/feeds";
        check_covers(prefix, "https://example.com/feeds", true);
        check_covers(prefix, "https://example.com/feeds/a.csv", true);
        check_covers(prefix, "https://example.com/feeds?x=1", true);
        check_covers(prefix, "https://example.com/feedsx", false);
        check_covers(prefix, "https://example.com/feeds/../secret", false);
        check_covers(prefix, "https://example.com/feeds/%2e%2E/secret", false);
        check_covers(prefix, "https://example.com/feeds/..%2fsecret", false);
        check_covers("https://example.com/a/", "https://example.com/a/b", true);
        check_covers("https://example.com/a/", "https://example.com/a", false);
        check_covers(
            "https://example.com/a?b=1",
            "https://example.com/a?b=1",
            true,
        );
        check_covers(
            "https://example.com/a?b=1",
            "https://example.com/a?b=2",
            false,
        );
        check_covers("file:///srv/refs", "/srv/refs/a.csv", true);
        check_covers("file:///srv/refs", "/srv/refsx/a.csv", false);
        check_covers("/srv/refs", "https://srv/refs", false);
    }

    #[test]
    fn refused_forms() {
        for text in [
            "",
            "ftp://example.com/a",
            "gopher://example.com",
            "https://",
            "https://user:secret@example.com/",
            "https://exa mple.com/",
            "https://example.com:port/",
            "https://exämple.com/",
            "file://server/share/a.csv",
            "file:relative",
            "https://example.com/\nHost: evil",
        ] {
            assert!(Location::parse(text).is_err(), "{text:?}");
        }
        let secret = Location::parse("https://user:secret@example.com/").unwrap_err();
        assert!(!secret.to_string().contains("secret"));
    }

    #[test]
    fn redirects_join() {
        let Ok(Location::Web(base)) = Location::parse("https://example.com/a/b?c") else {
            panic!("a web address")
        };
        let join = |target: &str| base.join(target).map(|url| url.text()).ok();
        assert_eq!(join("/x").as_deref(), Some("https://example.com:443/x"));
        assert_eq!(join("x").as_deref(), Some("https://example.com:443/a/x"));
        assert_eq!(
            join("//other.test/x").as_deref(),
            Some("https://other.test:443/x")
        );
        assert_eq!(
            join("http://other.test").as_deref(),
            Some("http://other.test:80/")
        );
        assert_eq!(join("file:///etc/passwd"), None);
    }
}
