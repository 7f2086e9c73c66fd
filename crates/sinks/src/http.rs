//! One POST to an address that the user named.
//!
//! In: headers and a body. Out: taken, or why not and whether another attempt makes sense. No
//! redirect is followed and no proxy is asked: alerts go where the user said and nowhere else.
//! Private addresses are fine, since it was the user who named them. Addresses may be secrets, so
//! messages show the host alone.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use ureq::http::Uri;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig};

use crate::error::{Error, ErrorKind};
use crate::failure::Failure;
use crate::limits;
use crate::secret::Secret;
use crate::text::{clip, of_io, one_line};

/// A client of one address.
pub(crate) struct Http {
    agent: ureq::Agent,
    url: Secret,
    shown: String,
}

impl Http {
    /// A client of `url`, which trusts the authorities in `ca_file` or else the public ones.
    pub(crate) fn new(url: Secret, ca_file: Option<&Path>) -> Result<Http, Error> {
        let shown = shown(url.reveal())?;
        let tls = match ca_file {
            None => TlsConfig::default(),
            Some(path) => TlsConfig::builder()
                .root_certs(RootCerts::Specific(Arc::new(authorities(path)?)))
                .build(),
        };
        let config = ureq::Agent::config_builder()
            .proxy(None)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .timeout_global(Some(limits::REQUEST_TIMEOUT))
            .timeout_resolve(Some(limits::CONNECT_TIMEOUT))
            .timeout_connect(Some(limits::CONNECT_TIMEOUT))
            .tls_config(tls)
            .user_agent("keyline")
            .build();
        Ok(Http {
            agent: ureq::Agent::new_with_config(config),
            url,
            shown,
        })
    }

    /// The scheme and host, which are no secret.
    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }

    /// Sends one body of JSON.
    pub(crate) fn post(&self, headers: &[(&str, &str)], body: &str) -> Result<(), Failure> {
        let mut request = self
            .agent
            .post(self.url.reveal())
            .header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request
            .send(body.as_bytes())
            .map_err(|error| Failure::later(format!("{}: {}", self.shown, reason(&error))))?;
        let status = response.status().as_u16();
        if response.status().is_success() {
            return Ok(());
        }
        let after = response
            .headers()
            .get("retry-after")
            .and_then(|value| value.to_str().ok())
            .and_then(pause_asked_for);
        let mut answer = Vec::new();
        // What cannot be read explains nothing, which is no reason to try again in another way.
        let _ = response
            .into_body()
            .into_reader()
            .take(limits::ANSWER_BYTES_MAX)
            .read_to_end(&mut answer);
        let answer = one_line(String::from_utf8_lossy(&answer).trim());
        let mut why = format!("{} answered {status}", self.shown);
        if !answer.is_empty() {
            why.push_str(": ");
            why.push_str(&clip(&answer, limits::EXPLANATION_CHARS_MAX));
        }
        match status {
            // What is wrong with the document itself. Everything else of the 400s (a token that
            // expired, a channel that is gone) is wrong with all documents, and is mended there.
            400 | 409 | 413 | 422 => Err(Failure::Refused { why }),
            300..=399 => Err(Failure::later(format!(
                "{} redirects ({status}), which is not followed: name the right address",
                self.shown
            ))),
            _ => Err(Failure::Later { why, after }),
        }
    }
}

/// The header's seconds, or its date counted from now.
fn pause_asked_for(header: &str) -> Option<Duration> {
    let header = header.trim();
    let pause = match header.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let at = DateTimeParser::new().parse_timestamp(header).ok()?;
            let seconds = at.as_second() - Timestamp::now().as_second();
            Duration::from_secs(seconds.try_into().unwrap_or(0))
        }
    };
    Some(pause.min(limits::RETRY_AFTER_MAX))
}

/// What is wrong with a connection, without the address.
fn reason(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Timeout(_) => "did not answer in time".to_owned(),
        ureq::Error::HostNotFound => "the host has no address".to_owned(),
        ureq::Error::Io(error) => of_io(error),
        other => one_line(&other.to_string()),
    }
}

/// `https://host:port`, if the text is an address that can be posted to.
fn shown(url: &str) -> Result<String, Error> {
    let wrong = || {
        let message =
            "expected an address such as `https://example.com/alerts`, found another text";
        Error::new(ErrorKind::Config, message)
    };
    let uri: Uri = url.parse().map_err(|_| wrong())?;
    let scheme = uri
        .scheme_str()
        .filter(|scheme| ["http", "https"].contains(scheme));
    let (Some(scheme), Some(host)) = (scheme, uri.host()) else {
        return Err(wrong());
    };
    let port = uri.port().map_or(String::new(), |port| format!(":{port}"));
    Ok(one_line(&format!("{scheme}://{host}{port}")))
}

/// The certificates of a PEM file.
fn authorities(path: &Path) -> Result<Vec<Certificate<'static>>, Error> {
    let pem = read_certificates(path)?;
    let mut found = Vec::new();
    for item in ureq::tls::parse_pem(&pem) {
        if let Ok(PemItem::Certificate(certificate)) = item {
            found.push(certificate);
        }
    }
    match found.is_empty() {
        true => Err(no_certificate(path)),
        false => Ok(found),
    }
}

/// The text of a file of certificates.
pub(crate) fn read_certificates(path: &Path) -> Result<Vec<u8>, Error> {
    let cannot = |error| Error::io("read the authorities", path, &error);
    let mut pem = Vec::new();
    std::fs::File::open(path)
        .map_err(cannot)?
        .take(limits::CERTIFICATES_BYTES_MAX)
        .read_to_end(&mut pem)
        .map_err(cannot)?;
    Ok(pem)
}

pub(crate) fn no_certificate(path: &Path) -> Error {
    let message = format!("`{}` holds no certificate in PEM", path.display());
    Error::new(ErrorKind::Config, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_of_an_address_are_not_shown() {
        let hidden = shown("https://user:pw@hooks.example.com:8443/services/T0/B0/token?key=1");
        assert_eq!(hidden.unwrap(), "https://hooks.example.com:8443");
        for text in [
            "",
            "hooks.example.com",
            "ftp://example.com/",
            "file:///etc/hosts",
        ] {
            assert!(shown(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_pause_is_believed_within_reason() {
        assert_eq!(pause_asked_for("3"), Some(Duration::from_secs(3)));
        assert_eq!(pause_asked_for("999999999"), Some(limits::RETRY_AFTER_MAX));
        assert_eq!(
            pause_asked_for("Wed, 21 Oct 2015 07:28:00 GMT"),
            Some(Duration::ZERO)
        );
        assert_eq!(
            pause_asked_for("Wed, 21 Oct 2099 07:28:00 GMT"),
            Some(limits::RETRY_AFTER_MAX)
        );
        assert_eq!(pause_asked_for("soon"), None);
    }
}
