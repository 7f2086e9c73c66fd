//! The key of a session: which events belong to one issue of temporary credentials.
//!
//! One session may surface under many access key ids; account, full principal id and the second of its
//! creation stay the same. Their hash is the session's key, in the form of a credential id, so that it finds
//! its credential. What a session is a child of is not known here.

use data_encoding::BASE32_NOPAD;
use sha2::{Digest, Sha256};
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::json::lossy;
use crate::time::format_time;

/// How many keys are remembered; a power of two. A file holds many events of few sessions.
const REMEMBERED: usize = 1024;

/// Keys of sessions, remembered because hashing costs more than looking up.
pub(crate) struct SessionKeys {
    known: Vec<Known>,
}

#[derive(Clone, Default)]
struct Known {
    account: Vec<u8>,
    principal_id: Vec<u8>,
    created: i64,
    key: String,
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
    credential_hash(evidence).to_string()
}

/// What the id of a credential is made of, for whoever holds many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CredentialHash(pub [u8; 10]);

/// The hash of a credential's evidence.
pub fn credential_hash(evidence: &str) -> CredentialHash {
    let mut hash = [0; 10];
    hash.copy_from_slice(&Sha256::digest(evidence.as_bytes())[..10]);
    CredentialHash(hash)
}

impl CredentialHash {
    /// The hash that an id shows; `None` for other text.
    pub fn of_id(id: &str) -> Option<CredentialHash> {
        let text = id.trim().strip_prefix("cr-")?.to_ascii_uppercase();
        let bytes = BASE32_NOPAD.decode(text.as_bytes()).ok()?;
        Some(CredentialHash(bytes.try_into().ok()?))
    }
}

impl std::fmt::Display for CredentialHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = BASE32_NOPAD.encode(&self.0);
        write!(f, "cr-{}", text.to_ascii_lowercase())
    }
}

impl SessionKeys {
    pub(crate) fn new() -> Self {
        SessionKeys {
            known: vec![Known::default(); REMEMBERED],
        }
    }

    /// The key; empty without a principal.
    pub(crate) fn key(&mut self, account: &[u8], principal_id: &[u8], created: i64) -> &str {
        if principal_id.is_empty() {
            return "";
        }
        let place = xxh3_64_with_seed(principal_id, created as u64) as usize % REMEMBERED;
        let known = &mut self.known[place];
        let same = known.created == created
            && known.principal_id == principal_id
            && known.account == account;
        if !same {
            let key = session_key(&lossy(account), &lossy(principal_id), created);
            *known = Known {
                account: account.to_vec(),
                principal_id: principal_id.to_vec(),
                created,
                key,
            };
        }
        &self.known[place].key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_session_one_key() {
        let mut keys = SessionKeys::new();
        let created = 1_688_988_650_000_000;
        let key = keys
            .key(b"111122223333", b"AROAEXAMPLE:alice", created)
            .to_owned();
        assert_eq!(key.len(), 19);
        assert_eq!(
            CredentialHash::of_id(&key).map(|hash| hash.to_string()),
            Some(key.clone())
        );
        assert_eq!(CredentialHash::of_id("cr-short"), None);
        assert_eq!(
            key,
            credential_id("111122223333|AROAEXAMPLE:alice|2023-07-10T11:30:50Z")
        );
        assert_ne!(keys.key(b"111122223333", b"AROAEXAMPLE:bob", created), key);
        assert_eq!(
            keys.key(b"111122223333", b"AROAEXAMPLE:alice", created),
            key
        );
        assert_eq!(keys.key(b"111122223333", b"", created), "");
    }
}
