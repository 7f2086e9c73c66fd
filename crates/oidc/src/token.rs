//! Whether an identity token is believed (OpenID Connect Core, 3.1.3.7).
//!
//! In: the token, the provider's keys, what was asked for, and the time. Out: its claims, or why not. The signature is
//! looked at before anything that it covers. Pure.

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Map, Value};

use crate::keys::{Keys, is_believed};
use crate::limits::{SKEW_SECONDS, TEXT_BYTES_MAX, TOKEN_AGE_SECONDS, TOKEN_BYTES_MAX};

/// What a token must say.
pub(crate) struct Expected<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) nonce: &'a str,
    /// Seconds since 1970.
    pub(crate) now: u64,
}

/// Why a token is not believed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// No key of the set may have signed it: perhaps there is a new one.
    UnknownKey,
    Wrong(String),
}

pub(crate) type Claims = Map<String, Value>;

pub(crate) fn check(token: &str, keys: &Keys, expected: &Expected<'_>) -> Result<Claims, Fault> {
    if token.len() > TOKEN_BYTES_MAX {
        return wrong(format!(
            "has {} bytes; at most {TOKEN_BYTES_MAX} are read",
            token.len()
        ));
    }
    let parts: Vec<&str> = token.split('.').collect();
    let [header, payload, signature] = parts[..] else {
        return wrong("has not three parts");
    };
    let Some(head) = document(header) else {
        return wrong("has a head that is no JSON");
    };
    let Some(algorithm) = head.get("alg").and_then(Value::as_str) else {
        return wrong("names no algorithm");
    };
    if !is_believed(algorithm) {
        let named: String = algorithm.chars().take(16).collect();
        return wrong(format!(
            "is signed by `{}`, which is not believed",
            named.escape_debug()
        ));
    }
    // What must be understood and is not known here makes it another thing.
    if head.contains_key("crit") {
        return wrong("has a head with `crit`");
    }
    let id = match head.get("kid") {
        None => None,
        Some(Value::String(id)) if id.len() <= TEXT_BYTES_MAX => Some(id.as_str()),
        Some(_) => return wrong("has a `kid` that is no name"),
    };
    if !keys.has(id, algorithm) {
        return Err(Fault::UnknownKey);
    }
    let Ok(signature) = BASE64URL_NOPAD.decode(signature.as_bytes()) else {
        return wrong("has a signature that is none");
    };
    let signed = &token[..header.len() + 1 + payload.len()];
    if !keys.signed(id, algorithm, signed.as_bytes(), &signature) {
        return wrong("is not signed by the provider");
    }
    let Some(claims) = document(payload) else {
        return wrong("is no JSON");
    };
    for_whom(&claims, expected)?;
    when(&claims, expected.now)?;
    if text(&claims, "nonce") != Some(expected.nonce) {
        return wrong("was made for another sign-in (`nonce`)");
    }
    match text(&claims, "sub") {
        Some(subject) if is_subject(subject) => Ok(claims),
        _ => wrong("is about nobody (`sub`)"),
    }
}

/// A subject as the standard has it.
fn is_subject(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= TEXT_BYTES_MAX
        && text.bytes().all(|byte| matches!(byte, 32..=126))
}

fn for_whom(claims: &Claims, expected: &Expected<'_>) -> Result<(), Fault> {
    if text(claims, "iss") != Some(expected.issuer) {
        return wrong("is of another provider (`iss`)");
    }
    let (is_ours, is_alone) = match claims.get("aud") {
        Some(Value::String(one)) => (one == expected.client_id, true),
        Some(Value::Array(all)) => (
            all.iter().any(|one| one == expected.client_id),
            all.len() == 1,
        ),
        _ => (false, false),
    };
    if !is_ours {
        return wrong("is for another client (`aud`)");
    }
    match claims.get("azp") {
        None if is_alone => Ok(()),
        None => wrong("is for several clients, and does not say for which of them (`azp`)"),
        Some(azp) if azp == expected.client_id => Ok(()),
        Some(_) => wrong("was given to another client (`azp`)"),
    }
}

fn when(claims: &Claims, now: u64) -> Result<(), Fault> {
    let (now, skew) = (now as f64, SKEW_SECONDS as f64);
    let instant = |name: &str| match claims.get(name) {
        None => Ok(None),
        Some(value) => match value.as_f64().filter(|at| at.is_finite()) {
            Some(at) => Ok(Some(at)),
            None => wrong(format!("has a time that is none (`{name}`)")),
        },
    };
    match instant("exp")? {
        None => return wrong("has no end (`exp`)"),
        Some(end) if now >= end + skew => return wrong("has run out (`exp`)"),
        Some(_) => {}
    }
    match instant("iat")? {
        None => return wrong("has no beginning (`iat`)"),
        Some(made) if made > now + skew => return wrong("was made later than now (`iat`)"),
        Some(made) if made < now - TOKEN_AGE_SECONDS as f64 - skew => {
            return wrong("was made too long ago (`iat`)");
        }
        Some(_) => {}
    }
    match instant("nbf")? {
        Some(begin) if begin > now + skew => wrong("is not valid yet (`nbf`)"),
        _ => Ok(()),
    }
}

pub(crate) fn text<'a>(claims: &'a Claims, name: &str) -> Option<&'a str> {
    claims.get(name).and_then(Value::as_str)
}

fn document(part: &str) -> Option<Claims> {
    let bytes = BASE64URL_NOPAD.decode(part.as_bytes()).ok()?;
    match serde_json::from_slice(&bytes).ok()? {
        Value::Object(members) => Some(members),
        _ => None,
    }
}

fn wrong<T>(why: impl Into<String>) -> Result<T, Fault> {
    Err(Fault::Wrong(why.into()))
}

#[cfg(test)]
#[path = "token_tests.rs"]
mod tests;
