//! The key of a session: which events belong to one issue of temporary credentials.
//!
//! One session may surface under many access key ids; account, full principal id and the second of its
//! creation stay the same. Their hash is the session's key, in the form of a credential id, so that it finds
//! its credential. What a session is a child of is not known here.

use std::collections::HashMap;

use data_encoding::BASE32_NOPAD;
use sha2::{Digest, Sha256};

use crate::time::format_time;

/// How many keys are remembered; a file holds many events of few sessions.
const REMEMBERED: usize = 4096;

/// Keys of sessions, remembered because hashing costs more than looking up.
#[derive(Default)]
pub(crate) struct SessionKeys {
    known: HashMap<(String, i64), String>,
    last: Option<(String, String, i64, String)>,
}

/// The key of the session of a principal that was created at `created` (microseconds since 1970).
pub fn session_key(account: &str, principal_id: &str, created: i64) -> String {
    credential_id(&format!(
        "{account}|{principal_id}|{}",
        format_time(created)
    ))
}

/// An id of a credential: `cr-` and 16 characters of the evidence's hash.
pub fn credential_id(evidence: &str) -> String {
    let text = BASE32_NOPAD.encode(&Sha256::digest(evidence.as_bytes())[..10]);
    format!("cr-{}", text.to_ascii_lowercase())
}

impl SessionKeys {
    /// The key; empty without a principal.
    pub(crate) fn key(&mut self, account: &str, principal_id: &str, created: i64) -> &str {
        if principal_id.is_empty() {
            return "";
        }
        let same = self
            .last
            .as_ref()
            .is_some_and(|(a, p, c, _)| *c == created && p == principal_id && a == account);
        if !same {
            if self.known.len() >= REMEMBERED {
                self.known.clear();
            }
            let key = self
                .known
                .entry((format!("{account}|{principal_id}"), created));
            let key = key
                .or_insert_with(|| session_key(account, principal_id, created))
                .clone();
            self.last = Some((account.to_owned(), principal_id.to_owned(), created, key));
        }
        self.last.as_ref().map_or("", |last| &last.3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_session_one_key() {
        let mut keys = SessionKeys::default();
        let created = 1_688_988_650_000_000;
        let key = keys
            .key("111122223333", "AROAEXAMPLE:alice", created)
            .to_owned();
        assert_eq!(key.len(), 19);
        assert_eq!(
            key,
            credential_id("111122223333|AROAEXAMPLE:alice|2023-07-10T11:30:50Z")
        );
        assert_ne!(keys.key("111122223333", "AROAEXAMPLE:bob", created), key);
        assert_eq!(keys.key("111122223333", "AROAEXAMPLE:alice", created), key);
        assert_eq!(keys.key("111122223333", "", created), "");
    }
}
