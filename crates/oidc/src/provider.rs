//! What a provider says of itself (OpenID Connect Discovery): where it is asked for what.

use serde_json::Value;

use crate::error::Error;
use crate::http::is_allowed;

pub(crate) struct Provider {
    /// As its tokens have it.
    pub(crate) issuer: String,
    pub(crate) authorization: String,
    pub(crate) token: String,
    pub(crate) keys: String,
    pub(crate) userinfo: Option<String>,
    pub(crate) secret_goes: SecretGoes,
    /// It says who it is when it sends a browser back (RFC 9207).
    pub(crate) says_issuer: bool,
}

/// Where the client's secret goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SecretGoes {
    InTheHeader,
    InTheForm,
}

/// Where a provider's document stands.
pub(crate) fn document_of(issuer: &str) -> String {
    format!(
        "{}/.well-known/openid-configuration",
        issuer.trim_end_matches('/')
    )
}

impl Provider {
    /// Believes a document of the issuer that was asked for and of no other.
    pub(crate) fn read(document: &Value, asked: &str) -> Result<Provider, Error> {
        let address = |name: &str| match document[name].as_str() {
            Some(address) if is_allowed(address) => Ok(address.to_owned()),
            Some(_) => Err(Error::provider(format!(
                "the provider's `{name}` is no address that is encrypted"
            ))),
            None => Err(Error::provider(format!(
                "the provider's document has no `{name}`"
            ))),
        };
        let issuer = document["issuer"].as_str().unwrap_or_default();
        // Whether a slash ends it is what everybody writes differently; tokens have it as the document has.
        if issuer.trim_end_matches('/') != asked.trim_end_matches('/') || issuer.is_empty() {
            return Err(Error::provider(format!(
                "the provider calls itself `{}`, and `{asked}` was asked: name it as it does",
                issuer.escape_debug()
            )));
        }
        let has = |name: &str, wanted: &str| {
            let listed = document[name].as_array();
            listed.map(|all| all.iter().any(|one| one == wanted))
        };
        if has("response_types_supported", "code") == Some(false) {
            return Err(Error::provider(
                "the provider does not support the authorization code flow",
            ));
        }
        let methods = "token_endpoint_auth_methods_supported";
        let by_header = has(methods, "client_secret_basic").unwrap_or(true);
        Ok(Provider {
            issuer: issuer.to_owned(),
            authorization: address("authorization_endpoint")?,
            token: address("token_endpoint")?,
            keys: address("jwks_uri")?,
            userinfo: match document["userinfo_endpoint"].is_null() {
                true => None,
                false => Some(address("userinfo_endpoint")?),
            },
            secret_goes: match by_header {
                true => SecretGoes::InTheHeader,
                false => SecretGoes::InTheForm,
            },
            says_issuer: document["authorization_response_iss_parameter_supported"] == true,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_document_is_of_the_issuer_that_was_asked() {
        let whole = json!({
            "issuer": "https://login.example.com/",
            "authorization_endpoint": "https://login.example.com/authorize",
            "token_endpoint": "https://login.example.com/token",
            "jwks_uri": "https://keys.example.com/set",
        });
        let with = |name: &str, value: Value| {
            let mut changed = whole.clone();
            changed[name] = value;
            changed
        };
        let asked = "https://login.example.com";
        let read = Provider::read(&whole, asked).unwrap();
        assert_eq!(read.issuer, "https://login.example.com/");
        assert_eq!(read.secret_goes, SecretGoes::InTheHeader);
        for (document, says) in [
            (
                with("issuer", json!("https://evil.example")),
                "calls itself",
            ),
            (with("issuer", json!("")), "calls itself"),
            (with("issuer", Value::Null), "calls itself"),
            (with("token_endpoint", Value::Null), "`token_endpoint`"),
            (
                with("token_endpoint", json!("http://login.example.com/token")),
                "`token_endpoint`",
            ),
            (
                with("authorization_endpoint", json!("javascript:alert(1)")),
                "`authorization_endpoint`",
            ),
            (with("jwks_uri", json!(7)), "`jwks_uri`"),
            (
                with("userinfo_endpoint", json!("ftp://login.example.com")),
                "`userinfo_endpoint`",
            ),
            (
                with("response_types_supported", json!(["id_token"])),
                "code flow",
            ),
            (json!([]), "calls itself"),
        ] {
            let error = Provider::read(&document, asked).err().unwrap().to_string();
            assert!(error.contains(says), "{says}: {error}");
        }
        let posts = with(
            "token_endpoint_auth_methods_supported",
            json!(["client_secret_post"]),
        );
        let read = Provider::read(&posts, asked).unwrap();
        assert_eq!(read.secret_goes, SecretGoes::InTheForm);
    }
}
