//! The sink `webhook`: one POST an alert, signed as [Standard Webhooks] has it, for which there
//! are libraries in many languages.
//!
//! `webhook-id` is the alert's id, by which a receiver knows what it has already;
//! `webhook-signature` is `v1,` and the Base64 of HMAC-SHA256 over `id.timestamp.body`. A receiver
//! that refuses old timestamps cannot be fed an old request again.
//!
//! [Standard Webhooks]: https://www.standardwebhooks.com

use data_encoding::BASE64;
use ring::hmac;
use serde_json::Value;

use crate::alert::Alert;
use crate::error::{Error, ErrorKind};
use crate::failure::Failure;
use crate::http::Http;
use crate::limits::SIGNING_SECRET_BYTES_MIN;
use crate::secret::Secret;
use crate::sink::Rendering;
use crate::text::safe_json;

pub(crate) struct Webhook {
    pub(crate) http: Http,
    pub(crate) rendering: Rendering,
    pub(crate) signing: Option<hmac::Key>,
    pub(crate) authorization: Option<Secret>,
}

impl Webhook {
    /// Sends one alert; `now` is in seconds since 1970.
    pub(crate) fn send(&self, alert: &Value, now: i64) -> Result<(), Failure> {
        let body = safe_json(&self.rendering.document(alert));
        let id = header_text(Alert::queued(alert).id());
        let now = now.to_string();
        let mut headers = vec![("webhook-id", id.as_str()), ("webhook-timestamp", &now)];
        let signature = self.signing.as_ref().map(|key| sign(key, &id, &now, &body));
        if let Some(signature) = &signature {
            headers.push(("webhook-signature", signature));
        }
        if let Some(authorization) = &self.authorization {
            headers.push(("authorization", authorization.reveal()));
        }
        self.http.post(&headers, &body)
    }
}

/// The key that a secret is: `whsec_` and Base64, or the text's own bytes.
pub(crate) fn signing_key(secret: &Secret) -> Result<hmac::Key, Error> {
    let wrong = |message: String| Error::new(ErrorKind::Secret, message);
    let bytes = match secret.reveal().strip_prefix("whsec_") {
        Some(encoded) => BASE64.decode(encoded.as_bytes()).map_err(|_| {
            wrong(
                "the secret that signs begins with `whsec_`, and its rest is no Base64".to_owned(),
            )
        })?,
        None => secret.reveal().as_bytes().to_vec(),
    };
    if bytes.len() < SIGNING_SECRET_BYTES_MIN {
        return Err(wrong(format!(
            "the secret that signs has {} bytes, expected at least {SIGNING_SECRET_BYTES_MIN}: make one with `openssl rand -base64 32`",
            bytes.len()
        )));
    }
    Ok(hmac::Key::new(hmac::HMAC_SHA256, &bytes))
}

fn sign(key: &hmac::Key, id: &str, timestamp: &str, body: &str) -> String {
    let signed = format!("{id}.{timestamp}.{body}");
    let tag = hmac::sign(key, signed.as_bytes());
    format!("v1,{}", BASE64.encode(tag.as_ref()))
}

/// An id is ours and plain; one in a document from elsewhere must not end the header's line.
fn header_text(id: &str) -> String {
    id.chars()
        .filter(char::is_ascii_graphic)
        .take(200)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification.
    #[test]
    fn signatures_are_those_of_standard_webhooks() {
        let secret = Secret::plain("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let key = signing_key(&secret).unwrap();
        let signature = sign(
            &key,
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "1614265330",
            r#"{"test": 2432232314}"#,
        );
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn secrets_that_can_be_guessed_are_refused() {
        for secret in ["short", "whsec_c2hvcnQ=", "whsec_?"] {
            assert!(signing_key(&Secret::plain(secret)).is_err(), "{secret}");
        }
        assert!(signing_key(&Secret::plain("a secret of many bytes")).is_ok());
    }
}
