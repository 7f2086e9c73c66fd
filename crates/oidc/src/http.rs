//! Questions to the provider, which block.
//!
//! In: an address that the operator named, or that the provider's own document names. Out: JSON, bounded in size and
//! time. No redirect is followed and no proxy is asked; what is not encrypted goes to this machine alone.

use std::io::Read;
use std::net::IpAddr;
use std::sync::Arc;

use serde_json::Value;
use ureq::http::Uri;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig};

use crate::error::Error;
use crate::limits::{ADDRESS_BYTES_MAX, ANSWER_BYTES_MAX, CONNECT_TIMEOUT, REQUEST_TIMEOUT};

pub(crate) struct Http(ureq::Agent);

impl Http {
    /// Trusts the authorities in a PEM text, or else the public ones.
    pub(crate) fn new(authorities: Option<&[u8]>) -> Result<Http, Error> {
        let tls = match authorities {
            None => TlsConfig::default(),
            Some(pem) => TlsConfig::builder()
                .root_certs(RootCerts::Specific(Arc::new(certificates(pem)?)))
                .build(),
        };
        let config = ureq::Agent::config_builder()
            .proxy(None)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .timeout_global(Some(REQUEST_TIMEOUT))
            .timeout_resolve(Some(CONNECT_TIMEOUT))
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .tls_config(tls)
            .user_agent("keyline")
            .build();
        Ok(Http(ureq::Agent::new_with_config(config)))
    }

    /// A document.
    pub(crate) fn get(&self, address: &str, bearer: Option<&str>) -> Result<Value, Error> {
        let mut request = self.0.get(address).header("accept", "application/json");
        if let Some(token) = bearer {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let answer = request.call().map_err(|error| failed(address, &error))?;
        match read(address, answer)? {
            (200, document) => Ok(document),
            (status, _) => Err(answered(address, status, "")),
        }
    }

    /// What comes back for a form; of a refusal the code that the standard gives it.
    pub(crate) fn post(
        &self,
        address: &str,
        authorization: Option<&str>,
        form: &str,
    ) -> Result<Value, Error> {
        let mut request = self
            .0
            .post(address)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("accept", "application/json");
        if let Some(value) = authorization {
            request = request.header("authorization", value);
        }
        let answer = request
            .send(form.as_bytes())
            .map_err(|error| failed(address, &error))?;
        match read(address, answer)? {
            (200, document) => Ok(document),
            // A code that was used, has run out or belongs to somebody else: the person begins again.
            (400, document) if document["error"] == "invalid_grant" => Err(Error::refused(
                "the provider does not know this sign-in (any more); begin it again",
            )),
            (status, document) => {
                let code = document["error"].as_str().unwrap_or_default();
                Err(answered(address, status, &code_of(code)))
            }
        }
    }
}

/// A code of the standard's as it may be shown: whatever else stands there is left out.
pub(crate) fn code_of(text: &str) -> String {
    let fits = |letter: &char| letter.is_ascii_alphanumeric() || *letter == '_';
    text.chars().take(64).filter(fits).collect()
}

fn answered(address: &str, status: u16, code: &str) -> Error {
    let code = match code {
        "" => String::new(),
        code => format!(" ({code})"),
    };
    Error::provider(format!(
        "the provider answered {status}{code} at {}",
        shown(address)
    ))
}

/// Status and document; what is none is `null`, which has no member that anybody asks for.
fn read(address: &str, answer: ureq::http::Response<ureq::Body>) -> Result<(u16, Value), Error> {
    let status = answer.status().as_u16();
    let mut bytes = Vec::new();
    answer
        .into_body()
        .into_reader()
        .take(ANSWER_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| failed(address, &ureq::Error::Io(error)))?;
    if bytes.len() as u64 > ANSWER_BYTES_MAX {
        return Err(Error::provider(format!(
            "the answer at {} has more than {ANSWER_BYTES_MAX} bytes, the limit",
            shown(address)
        )));
    }
    match serde_json::from_slice(&bytes) {
        Ok(document) => Ok((status, document)),
        Err(_) if status == 200 => Err(Error::provider(format!(
            "the answer at {} is no JSON",
            shown(address)
        ))),
        Err(_) => Ok((status, Value::Null)),
    }
}

fn failed(address: &str, error: &ureq::Error) -> Error {
    let why = match error {
        ureq::Error::Timeout(_) => "it did not answer in time".to_owned(),
        ureq::Error::HostNotFound => "the host has no address".to_owned(),
        other => other.to_string().escape_debug().to_string(),
    };
    Error::provider(format!(
        "the provider cannot be asked at {}: {why}",
        shown(address)
    ))
}

/// An address without what stands behind the `?`.
fn shown(address: &str) -> String {
    let address = address.split('?').next().unwrap_or_default();
    address.escape_debug().to_string()
}

/// An address that may be asked, or sent to: encrypted, or of this machine.
pub fn is_allowed(address: &str) -> bool {
    let plain = address.len() <= ADDRESS_BYTES_MAX
        && address.bytes().all(|byte| byte.is_ascii_graphic())
        && !address.contains(['#', '"', '<', '>', '\\', '`']);
    let Some(uri) = address.parse::<Uri>().ok().filter(|_| plain) else {
        return false;
    };
    let Some(host) = uri.host().filter(|host| !host.is_empty()) else {
        return false;
    };
    // Somebody's name before the host would make another host look like this one.
    if uri.authority().is_none_or(|all| all.as_str().contains('@')) {
        return false;
    }
    let name = host.trim_start_matches('[').trim_end_matches(']');
    let is_here = match name.parse::<IpAddr>() {
        Ok(ip) => ip.is_loopback(),
        Err(_) => name.eq_ignore_ascii_case("localhost"),
    };
    match uri.scheme_str() {
        Some("https") => true,
        Some("http") => is_here,
        _ => false,
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<Certificate<'static>>, Error> {
    let mut found = Vec::new();
    for item in ureq::tls::parse_pem(pem) {
        if let Ok(PemItem::Certificate(certificate)) = item {
            found.push(certificate);
        }
    }
    match found.is_empty() {
        true => Err(Error::settings(
            "the file of authorities holds no certificate in PEM",
        )),
        false => Ok(found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_encrypted_or_here_is_asked() {
        for (address, allowed) in [
            ("https://login.example.com", true),
            ("https://login.example.com:8443/realms/one?x=1", true),
            ("http://127.0.0.1:9000/a", true),
            ("http://[::1]:9000", true),
            ("http://localhost:9000", true),
            ("http://login.example.com", false),
            ("http://127.0.0.1.example.com", false),
            ("http://localhost.example.com", false),
            ("http://10.0.0.1", false),
            ("https://ann@login.example.com", false),
            ("http://localhost@evil.example", false),
            ("https://login.example.com/#x", false),
            ("https://login.example.com/\"><script>", false),
            ("https://login.example.com/a b", false),
            ("ftp://login.example.com", false),
            ("javascript:alert(1)", false),
            ("//login.example.com", false),
            ("login.example.com", false),
            ("https://", false),
            ("", false),
        ] {
            assert_eq!(is_allowed(address), allowed, "{address}");
        }
    }

    #[test]
    fn a_code_is_letters() {
        assert_eq!(code_of("access_denied"), "access_denied");
        assert_eq!(code_of("<b>no\n"), "bno");
        assert_eq!(code_of(&"x".repeat(100)).len(), 64);
    }
}
