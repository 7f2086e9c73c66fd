//! Fetches an allowed web address, and no other.
//!
//! The name is looked up once, every address that it has is checked, and the connection goes to
//! the checked address, so that a name server cannot answer differently the second time. Redirects
//! are followed here and not by the client, each checked like the first address. No proxy is used:
//! it would do its own look-up. The cache is not here (`references.rs`).

use std::io::Read;
use std::net::IpAddr;
use std::time::Duration;

use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

use crate::address;
use crate::error::{Error, ErrorKind};
use crate::limits;
use crate::url::{Scheme, Url};

/// Which schemes and addresses may be used. There is one policy in earnest; tests relax it in
/// order to reach a server of their own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Policy {
    pub(crate) plain_http: PlainHttp,
    pub(crate) address: fn(IpAddr) -> bool,
    pub(crate) bytes_max: u64,
    pub(crate) timeout: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PlainHttp {
    Refused,
    #[cfg(test)]
    AllowedInTests,
}

impl Policy {
    /// `https` to public addresses.
    pub(crate) const PUBLIC: Policy = Policy {
        plain_http: PlainHttp::Refused,
        address: address::is_public,
        bytes_max: limits::REFERENCE_BYTES_MAX,
        timeout: limits::FETCH_TIMEOUT,
    };
}

/// The body found at `url`, following redirects to addresses that `allowed` says yes to.
pub(crate) fn fetch(
    url: &Url,
    policy: Policy,
    allowed: impl Fn(&Url) -> Result<(), Error>,
) -> Result<Vec<u8>, Error> {
    let config = ureq::Agent::config_builder()
        .https_only(policy.plain_http == PlainHttp::Refused)
        .proxy(None)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .timeout_global(Some(policy.timeout))
        .timeout_resolve(Some(limits::CONNECT_TIMEOUT.min(policy.timeout)))
        .timeout_connect(Some(limits::CONNECT_TIMEOUT.min(policy.timeout)))
        .user_agent("keyline")
        .build();
    let agent = ureq::Agent::with_parts(
        config,
        DefaultConnector::default(),
        CheckedResolver {
            inner: DefaultResolver::default(),
            policy,
        },
    );
    let mut url = url.clone();
    for _ in 0..=limits::REDIRECTS_MAX {
        if url.scheme == Scheme::Http && policy.plain_http == PlainHttp::Refused {
            let message = format!("`{}` is not encrypted; expected `https:`", url.text());
            return Err(Error::new(ErrorKind::NotAllowed, message));
        }
        allowed(&url)?;
        let response = agent
            .get(url.text())
            .call()
            .map_err(|error| failed(&url, error))?;
        let status = response.status();
        if status.is_redirection() {
            let target = response
                .headers()
                .get("location")
                .and_then(|value| value.to_str().ok());
            let Some(target) = target else {
                let message = format!(
                    "`{}` answered {} without an address",
                    url.text(),
                    status.as_u16()
                );
                return Err(Error::new(ErrorKind::Status, message));
            };
            url = url.join(target)?;
            continue;
        }
        if !status.is_success() {
            let message = format!("`{}` answered with status {}", url.text(), status.as_u16());
            return Err(Error::new(ErrorKind::Status, message));
        }
        return body(&url, response.into_body().into_reader(), policy);
    }
    let message = format!(
        "`{}` redirects more than {} times",
        url.text(),
        limits::REDIRECTS_MAX
    );
    Err(Error::new(ErrorKind::NotAllowed, message))
}

fn body(url: &Url, reader: impl Read, policy: Policy) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    reader
        .take(policy.bytes_max + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| {
            // The client hands its own errors through as an `io::Error`.
            match error.downcast::<ureq::Error>() {
                Ok(error) => failed(url, error),
                Err(error) => failed(url, ureq::Error::Io(error)),
            }
        })?;
    if bytes.len() as u64 > policy.bytes_max {
        let message = format!(
            "`{}` has more than {} bytes, the limit",
            url.text(),
            policy.bytes_max
        );
        return Err(Error::new(ErrorKind::TooLarge, message));
    }
    Ok(bytes)
}

/// Looks a name up and lets the connection have the answer only if every address in it is allowed.
#[derive(Debug)]
struct CheckedResolver {
    inner: DefaultResolver,
    policy: Policy,
}

impl Resolver for CheckedResolver {
    fn resolve(
        &self,
        uri: &Uri,
        config: &ureq::config::Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.inner.resolve(uri, config, timeout)?;
        for address in found.iter() {
            if !(self.policy.address)(address.ip()) {
                return Err(ureq::Error::Other(Box::new(Private(address.ip()))));
            }
        }
        Ok(found)
    }
}

#[derive(Debug)]
struct Private(IpAddr);

impl std::fmt::Display for Private {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} is not an address of the public internet", self.0)
    }
}

impl std::error::Error for Private {}

fn failed(url: &Url, error: ureq::Error) -> Error {
    let text = url.text();
    match error {
        ureq::Error::Other(other) if other.is::<Private>() => Error::new(
            ErrorKind::PrivateAddress,
            format!(
                "`{text}` is not fetched: {other}; save the content and pass it with `--ref \
                 {text}=PATH`"
            ),
        ),
        ureq::Error::Timeout(_) => Error::new(
            ErrorKind::TimedOut,
            format!("`{text}` did not answer in time"),
        ),
        ureq::Error::HostNotFound => Error::new(
            ErrorKind::NotFound,
            format!("`{text}` is not fetched: its host has no address"),
        ),
        other => Error::new(ErrorKind::Io, format!("`{text}` is not fetched: {other}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::url::Location;
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;

    /// Serves one prepared answer a connection, by path, on a loopback port.
    fn serve(answers: Vec<(&'static str, String)>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let mut request = String::new();
                reader.read_line(&mut request).unwrap();
                let mut line = String::new();
                while reader.read_line(&mut line).is_ok_and(|n| n > 2) {
                    line.clear();
                }
                let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
                let answer = answers.iter().find(|(at, _)| *at == path);
                let text = answer.map_or("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", |a| &a.1);
                // A client that refuses the rest of a body hangs up, which is no fault.
                let _ = stream.write_all(text.as_bytes());
            }
        });
        origin
    }

    fn ok(body: &str) -> String {
        format!(
            "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    }

    fn to(target: &str) -> String {
        format!(
            "HTTP/1.1 302 Found\r\nConnection: close\r\nLocation: {target}\r\nContent-Length: \
             0\r\n\r\n"
        )
    }

    fn loopback() -> Policy {
        Policy {
            plain_http: PlainHttp::AllowedInTests,
            address: |address| address.is_loopback(),
            bytes_max: 1000,
            timeout: Duration::from_secs(10),
        }
    }

    #[track_caller]
    fn check(url: &str, policy: Policy, expected: Result<&str, ErrorKind>) {
        let Ok(Location::Web(url)) = Location::parse(url) else {
            panic!("a web address: {url}")
        };
        let allowed = |url: &Url| match url.path.contains("forbidden") {
            true => Err(Error::new(ErrorKind::NotAllowed, "no")),
            false => Ok(()),
        };
        let found = fetch(&url, policy, allowed);
        let found = found
            .map(|bytes| String::from_utf8(bytes).unwrap())
            .map_err(|e| e.kind());
        assert_eq!(found, expected.map(str::to_owned), "{}", url.text());
    }

    #[test]
    fn a_loopback_server_is_private() {
        let origin = serve(vec![("/a", ok("secret"))]);
        let policy = Policy {
            address: Policy::PUBLIC.address,
            ..loopback()
        };
        check(
            &format!("{origin}/a"),
            policy,
            Err(ErrorKind::PrivateAddress),
        );
        let by_name = origin.replace("127.0.0.1", "localhost");
        check(
            &format!("{by_name}/a"),
            policy,
            Err(ErrorKind::PrivateAddress),
        );
        // Spellings of the same address that a text comparison would miss.
        for host in [
            "2130706433",
            "0x7f.1",
            "127.1",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "0.0.0.0",
        ] {
            let Ok(Location::Web(url)) = Location::parse(&origin.replace("127.0.0.1", host)) else {
                panic!("a web address")
            };
            assert!(fetch(&url, policy, |_| Ok(())).is_err(), "{host}");
        }
    }

    #[test]
    fn plain_http_is_refused() {
        let origin = serve(vec![("/a", ok("body"))]);
        let policy = Policy {
            plain_http: PlainHttp::Refused,
            ..loopback()
        };
        check(&format!("{origin}/a"), policy, Err(ErrorKind::NotAllowed));
    }

    #[test]
    fn bodies_redirects_and_limits() {
        let origin = serve(vec![
            ("/a", ok("body")),
            ("/to-a", to("/a")),
            ("/to-forbidden", to("/forbidden")),
            ("/forbidden", ok("secret")),
            ("/loop", to("/loop")),
            ("/file", to("file:///etc/hostname")),
            ("/big", ok(&"x".repeat(1001))),
            ("/metadata", to("http://169.254.169.254/latest/meta-data/")),
            ("/empty", ok("")),
        ]);
        let at = |path: &str| format!("{origin}{path}");
        check(&at("/a"), loopback(), Ok("body"));
        check(&at("/empty"), loopback(), Ok(""));
        check(&at("/to-a"), loopback(), Ok("body"));
        check(&at("/to-forbidden"), loopback(), Err(ErrorKind::NotAllowed));
        check(&at("/loop"), loopback(), Err(ErrorKind::NotAllowed));
        check(&at("/file"), loopback(), Err(ErrorKind::BadUrl));
        check(&at("/big"), loopback(), Err(ErrorKind::TooLarge));
        check(&at("/metadata"), loopback(), Err(ErrorKind::PrivateAddress));
        check(&at("/none"), loopback(), Err(ErrorKind::Status));
    }
}
