//! Who asks, and what they may do.
//!
//! In: a token, and the file of hashed tokens by which people are known. Out: a name and a role, and for each request
//! the least role that it needs. The file holds no token, only what tells one: whoever reads it gets in nowhere.
//! Deliberately not here: where in a request a token stands (`guard.rs`), and what a role's requests do.

use std::fs;
use std::io::Write;
use std::net::IpAddr;
use std::path::Path;

use anyhow::{Context as _, Result, anyhow, bail};
use axum::http::Method;
use clap::ValueEnum;
use data_encoding::HEXLOWER;
use keyline_trail::time::format_time;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio_rustls::rustls::crypto::ring;

use super::watched::Watched;
use crate::units::wall_clock_micros;

/// Bytes of chance in a token that Keyline makes.
const TOKEN_BYTES: usize = 32;
/// The longest name: AWS takes sixty-four letters as the name of a session, and it shall stand there one day.
pub const NAME_MAX: usize = 48;
/// Tokens in one file: more people than that have a directory, and sign in there (`people.rs`).
const TOKENS_MAX: usize = 1000;

/// What somebody may do; each may do what those before may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Looks at everything and asks the logs
    Viewer,
    /// Draws up plans, writes notes, brings rules
    Analyst,
    /// Runs approved plans, stops them, verifies, takes steps back
    Responder,
    /// Approves plans
    Approver,
}

impl Role {
    pub fn name(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Analyst => "analyst",
            Role::Responder => "responder",
            Role::Approver => "approver",
        }
    }
}

/// Whoever sent a request.
#[derive(Clone, Debug)]
pub struct Who {
    pub name: String,
    pub role: Role,
    /// Where the request came from.
    pub from: IpAddr,
    /// A person who has a token of their own or signed in; the others cannot be told from each other.
    pub is_person: bool,
    /// What tells whoever signed in at their organisation from everybody else, whatever they are called.
    pub subject: Option<String>,
}

/// Posts that only ask, or bear on nobody but whoever asks.
const QUESTIONS: [&str; 7] = [
    "/sign-out",
    "/api/query",
    "/api/activity",
    "/api/kql/check",
    "/api/kql/complete",
    "/api/kql/hover",
    "/api/kql/format",
];

/// The least role that a request needs. What is not named here and changes something needs more than looking.
pub fn needed(method: &Method, path: &str) -> Role {
    if path == "/api/audit" {
        return Role::Analyst;
    }
    if matches!(*method, Method::GET | Method::HEAD) || QUESTIONS.contains(&path) {
        return Role::Viewer;
    }
    match path.strip_prefix("/api/contain/") {
        Some("plan") => Role::Analyst,
        Some("approve") => Role::Approver,
        Some(_) => Role::Responder,
        None => Role::Analyst,
    }
}

/// The people of a file, as it is now: a token that is taken out of it opens nothing from then on.
pub struct Tokens(Watched<Vec<Entry>>);

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    token: Vec<Entry>,
}

/// What is known of a token.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    pub name: String,
    pub role: Role,
    /// SHA-256 of the token, in hex. Tokens are of chance alone, so that nobody finds one by trying.
    pub sha256: String,
    pub made: String,
}

impl Tokens {
    pub fn read(path: &Path) -> Result<Tokens> {
        Watched::new(path, entries).map(Tokens)
    }

    /// The name and role of whoever has a token.
    pub fn find(&self, token: &str) -> Option<(String, Role)> {
        let hash = hash(token);
        let entries = self.0.current();
        let entry = entries.iter().find(|entry| entry.sha256 == hash)?;
        Some((entry.name.clone(), entry.role))
    }
}

/// The tokens of a file.
pub fn entries(path: &Path) -> Result<Vec<Entry>> {
    let naming = || format!("the tokens in `{}`", path.display());
    let text = fs::read_to_string(path).with_context(naming)?;
    let file: File = toml::from_str(&text).with_context(naming)?;
    if file.token.len() > TOKENS_MAX {
        bail!(
            "`{}` has {} tokens; at most {TOKENS_MAX} are read",
            path.display(),
            file.token.len()
        );
    }
    Ok(file.token)
}

/// Makes a token for somebody, keeps its hash in a file, and gives the token: it can be had this once only.
pub fn add(path: &Path, name: &str, role: Role) -> Result<String> {
    check_name(name)?;
    let mut all = match path.exists() {
        true => entries(path)?,
        false => Vec::new(),
    };
    if all.iter().any(|entry| entry.name == name) {
        bail!("{name} has a token already; `keyline serve token remove {name}` takes it away");
    }
    let token = fresh()?;
    all.push(Entry {
        name: name.to_owned(),
        role,
        sha256: hash(&token),
        made: format_time(wall_clock_micros()),
    });
    keep(path, all)?;
    Ok(token)
}

/// Whether a name is one.
pub fn check_name(name: &str) -> Result<()> {
    if name.is_empty() || name.len() > NAME_MAX || !name.chars().all(is_name_letter) {
        bail!("a name has 1 to {NAME_MAX} letters, digits or any of `+=,.@-_`");
    }
    if STRANGERS.contains(&name) {
        bail!("`{name}` is what whoever is nobody in particular is called; take another name");
    }
    Ok(())
}

pub fn is_name_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "+=,.@-_".contains(letter)
}

/// Takes somebody's token away.
pub fn remove(path: &Path, name: &str) -> Result<()> {
    let mut all = entries(path)?;
    let before = all.len();
    all.retain(|entry| entry.name != name);
    if all.len() == before {
        bail!(
            "nobody in `{}` is called `{}`",
            path.display(),
            name.escape_debug()
        );
    }
    keep(path, all)
}

/// The names of whoever is let in without being told from others.
pub const STRANGERS: [&str; 2] = [HERE, TOKEN];
/// Whoever sits at this machine.
pub const HERE: &str = "here";
/// Whoever has the one token of the start.
pub const TOKEN: &str = "token";

/// Writes beside the file and puts that in its place, so that there is always a whole one.
fn keep(path: &Path, token: Vec<Entry>) -> Result<()> {
    let failed = || format!("cannot write `{}`", path.display());
    let text = toml::to_string(&File { token })?;
    let beside = path.with_extension("new");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(&beside).with_context(failed)?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&beside, path))
        .with_context(failed)
}

fn hash(token: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(token.as_bytes()))
}

/// What nobody guesses.
pub fn fresh() -> Result<String> {
    let mut bytes = [0; TOKEN_BYTES];
    let chance = ring::default_provider().secure_random;
    chance
        .fill(&mut bytes)
        .map_err(|_| anyhow!("the system gives no chance to make a token of"))?;
    Ok(HEXLOWER.encode(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_request_needs() {
        for (method, path, role) in [
            (Method::GET, "/", Role::Viewer),
            (Method::GET, "/api/incidents", Role::Viewer),
            (Method::GET, "/api/contain/plans/0123456789ab", Role::Viewer),
            (Method::POST, "/api/query", Role::Viewer),
            (Method::POST, "/api/kql/check", Role::Viewer),
            (Method::POST, "/sign-out", Role::Viewer),
            (Method::GET, "/api/audit", Role::Analyst),
            (Method::POST, "/api/contain/plan", Role::Analyst),
            (Method::POST, "/api/rules", Role::Analyst),
            (Method::DELETE, "/api/anything", Role::Analyst),
            (Method::POST, "/api/contain/approve", Role::Approver),
            (
                Method::POST,
                "/api/contain/plans/0123456789ab/run",
                Role::Responder,
            ),
            (
                Method::POST,
                "/api/contain/plans/0123456789ab/undo",
                Role::Responder,
            ),
            (Method::POST, "/api/contain/whatever", Role::Responder),
        ] {
            assert_eq!(needed(&method, path), role, "{method} {path}");
        }
    }

    #[test]
    fn a_token_opens_until_it_is_taken_away() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens.toml");
        let ann = add(&path, "ann", Role::Responder).unwrap();
        let bob = add(&path, "bob@example.com", Role::Approver).unwrap();
        for wrong in ["ann", "", "a b", "../x", HERE, TOKEN] {
            assert!(add(&path, wrong, Role::Viewer).is_err(), "{wrong}");
        }
        let text = fs::read_to_string(&path).unwrap();
        assert!(!text.contains(&ann) && !text.contains(&bob), "{text}");
        let tokens = Tokens::read(&path).unwrap();
        assert_eq!(tokens.find(&ann), Some(("ann".to_owned(), Role::Responder)));
        assert_eq!(
            tokens.find(&bob),
            Some(("bob@example.com".to_owned(), Role::Approver))
        );
        for wrong in ["", "ann", &ann[1..], &hash(&ann)] {
            assert_eq!(tokens.find(wrong), None, "{wrong}");
        }
        remove(&path, "ann").unwrap();
        // Files of one instant look the same: what counts is the instant that is written beside them.
        let later = std::time::SystemTime::now() + std::time::Duration::from_secs(5);
        fs::File::options()
            .write(true)
            .open(&path)
            .unwrap()
            .set_modified(later)
            .unwrap();
        assert_eq!(tokens.find(&ann), None);
        assert!(tokens.find(&bob).is_some());
        assert!(remove(&path, "ann").is_err());
        fs::remove_file(&path).unwrap();
        assert_eq!(tokens.find(&bob), None);
    }
}
