//! What the user says of a sink in `keyline.toml`, under `[[sinks]]`.
//!
//! In: keys. Out: the same, checked: a key that its type of sink does not have is refused, since it
//! would silently do nothing. Secrets are named here, never held (`secret.rs`).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::alert::Severity;
use crate::error::{Error, ErrorKind};
use crate::limits::{NAME_CHARS_MAX, RULES_LISTED_MAX, SINKS_MAX};

/// One `[[sinks]]`.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct SinkConfig {
    /// What the sink is called in messages and in the outbox; its type if it is left away.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Where alerts go.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// The form in which they go there: `keyline` if it is left away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// The least severity that is sent: all if it is left away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// The ids of the rules whose alerts are sent: all if it is empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<String>,
    /// The ids of rules whose alerts are not sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<String>,
    /// The file that alerts are added to (`jsonl`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<PathBuf>,
    /// The address of a receiver, where it is no secret (`webhook`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The environment variable that holds the address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url_env: Option<String>,
    /// The file that holds the address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url_file: Option<PathBuf>,
    /// The environment variable that holds the secret with which requests are signed (`webhook`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_env: Option<String>,
    /// The file that holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_file: Option<PathBuf>,
    /// The environment variable that holds the value of the header `Authorization` (`webhook`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization_env: Option<String>,
    /// The file that holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization_file: Option<PathBuf>,
    /// The receiver, as `udp://HOST:PORT`, `tcp://HOST:PORT` or `tls://HOST:PORT` (`syslog`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The facility of messages, `local0` if it is left away (`syslog`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facility: Option<String>,
    /// The account into which findings are imported; where the alert happened if it is left away
    /// (`format = "asff"`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The region into which they are imported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The authorities (PEM) that are trusted instead of the public ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
}

/// Where alerts go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A file, one document a line.
    #[default]
    Jsonl,
    /// An HTTP address that takes JSON.
    Webhook,
    /// An incoming webhook of Slack.
    Slack,
    /// A workflow's webhook of Microsoft Teams.
    Teams,
    /// A syslog receiver.
    Syslog,
}

impl Kind {
    /// As the configuration spells it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Jsonl => "jsonl",
            Kind::Webhook => "webhook",
            Kind::Slack => "slack",
            Kind::Teams => "teams",
            Kind::Syslog => "syslog",
        }
    }

    /// The keys that such a sink may have besides those that every sink has.
    fn keys(self) -> &'static [&'static str] {
        match self {
            Kind::Jsonl => &["path", "format", "account", "region"],
            Kind::Webhook => &[
                "url",
                "url_env",
                "url_file",
                "secret_env",
                "secret_file",
                "authorization_env",
                "authorization_file",
                "ca_file",
                "format",
                "account",
                "region",
            ],
            // Their addresses are secrets: whoever knows one can write into the channel.
            Kind::Slack | Kind::Teams => &["url_env", "url_file", "ca_file"],
            Kind::Syslog => &[
                "address", "facility", "ca_file", "format", "account", "region",
            ],
        }
    }
}

/// The form of a document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// The alert as `keyline hunt -o jsonl` prints it.
    #[default]
    Keyline,
    /// A Detection Finding of OCSF.
    Ocsf,
    /// A finding of AWS Security Hub.
    Asff,
    /// An event of a timeline of Timesketch.
    Timesketch,
}

/// Refuses sinks that cannot be what the user meant.
pub fn check(sinks: &[SinkConfig]) -> Result<(), Error> {
    if sinks.len() > SINKS_MAX {
        let message = format!("`sinks`: at most {SINKS_MAX}, found {}", sinks.len());
        return Err(Error::new(ErrorKind::Config, message));
    }
    let mut names = BTreeSet::new();
    for sink in sinks {
        sink.check()?;
        if !names.insert(sink.name()) {
            return Err(sink.wrong("two have this name: give one another `name`"));
        }
    }
    Ok(())
}

impl SinkConfig {
    /// What the sink is called.
    pub fn name(&self) -> &str {
        match self.name.is_empty() {
            true => self.kind.name(),
            false => &self.name,
        }
    }

    /// Makes relative paths be relative to `home`.
    pub fn resolve(&mut self, home: &Path) {
        let paths = [
            &mut self.path,
            &mut self.url_file,
            &mut self.secret_file,
            &mut self.authorization_file,
            &mut self.ca_file,
        ];
        for path in paths.into_iter().flatten() {
            *path = home.join(&*path);
        }
    }

    fn check(&self) -> Result<(), Error> {
        let name = self.name();
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
        if name.len() > NAME_CHARS_MAX || !name.chars().all(is_plain) {
            return Err(self.wrong(&format!(
                "expected a `name` of at most {NAME_CHARS_MAX} characters of a-z, 0-9, `-` and `_`"
            )));
        }
        if let Some(key) = self
            .keys_there()
            .find(|key| !self.kind.keys().contains(key))
        {
            return Err(self.wrong(&format!(
                "`{key}` says nothing about a sink of type `{}`, which may have {}",
                self.kind.name(),
                list(self.kind.keys())
            )));
        }
        for rules in [&self.only, &self.except] {
            if rules.len() > RULES_LISTED_MAX {
                return Err(self.wrong(&format!("more than {RULES_LISTED_MAX} rules")));
            }
        }
        let is_asff = self.format == Some(Format::Asff);
        if !is_asff && (self.account.is_some() || self.region.is_some()) {
            return Err(
                self.wrong("`account` and `region` say something with `format = \"asff\"` only")
            );
        }
        let is_account = |id: &String| id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit());
        if let Some(id) = self.account.as_ref().filter(|id| !is_account(id)) {
            return Err(self.wrong(&format!(
                "expected an `account` of 12 digits, found `{}`",
                id.escape_debug()
            )));
        }
        let addresses = self
            .keys_there()
            .filter(|key| key.starts_with("url"))
            .count();
        match self.kind {
            Kind::Jsonl if self.path.is_none() => Err(self.wrong("expected a `path`")),
            Kind::Jsonl => Ok(()),
            Kind::Webhook if addresses != 1 => {
                Err(self.wrong("expected one of `url`, `url_env` and `url_file`"))
            }
            Kind::Slack | Kind::Teams if addresses != 1 => {
                Err(self.wrong("expected one of `url_env` and `url_file`: the address is a secret"))
            }
            Kind::Syslog if self.address.is_none() => {
                Err(self.wrong("expected an `address` such as `tls://logs.example.com:6514`"))
            }
            _ => Ok(()),
        }
    }

    /// The keys that are there, of those that not every sink has.
    fn keys_there(&self) -> impl Iterator<Item = &'static str> {
        [
            ("format", self.format.is_some()),
            ("path", self.path.is_some()),
            ("url", self.url.is_some()),
            ("url_env", self.url_env.is_some()),
            ("url_file", self.url_file.is_some()),
            ("secret_env", self.secret_env.is_some()),
            ("secret_file", self.secret_file.is_some()),
            ("authorization_env", self.authorization_env.is_some()),
            ("authorization_file", self.authorization_file.is_some()),
            ("address", self.address.is_some()),
            ("facility", self.facility.is_some()),
            ("account", self.account.is_some()),
            ("region", self.region.is_some()),
            ("ca_file", self.ca_file.is_some()),
        ]
        .into_iter()
        .filter_map(|(key, there)| there.then_some(key))
    }

    pub(crate) fn wrong(&self, message: &str) -> Error {
        let message = format!("the sink `{}`: {message}", self.name().escape_debug());
        Error::new(ErrorKind::Config, message)
    }
}

fn list(keys: &[&str]) -> String {
    let quoted: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
    quoted.join(", ")
}
