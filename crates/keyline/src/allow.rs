//! The allow-list: who may do what looks like an attack, until when, and who says so.
//!
//! In: the entries of the configuration and the alerts of a hunt. Out: the alerts that remain, and which
//! entry held back which of the others; nothing is held back silently. An entry holds back an alert when
//! everything that it names fits: all its kinds, not one of them. Once its day is over it holds back
//! nothing and is reported.

use std::net::IpAddr;

use anyhow::{Context as _, Result, bail};
use jiff::civil::Date;
use jiff::{Timestamp, tz::TimeZone};
use keyline_detect::alert::Alert;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct AllowEntry {
    /// ARNs of those who act; `*` at the end matches any rest.
    pub principals: Vec<String>,
    /// ARNs of roles whose sessions act.
    pub roles: Vec<String>,
    /// CIDR blocks from which they act.
    pub networks: Vec<String>,
    /// What stands in the user agent, in any case.
    pub tools: Vec<String>,
    /// Ids or names of the rules that the entry is for; all when there are none.
    pub rules: Vec<String>,
    pub owner: String,
    pub reason: String,
    /// The last day on which the entry holds: `2026-12-31`.
    pub expires: String,
}

/// An alert that an entry held back.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Suppressed {
    pub alert_id: String,
    pub rule_id: String,
    pub title: String,
    pub owner: String,
    pub reason: String,
    pub expires: String,
}

/// Takes out of the alerts those that an entry allows.
pub fn apply(alerts: &mut Vec<Alert>, entries: &[AllowEntry]) -> Vec<Suppressed> {
    let mut suppressed = Vec::new();
    alerts.retain(|alert| {
        let Some(entry) = entries.iter().find(|entry| entry.allows(alert)) else {
            return true;
        };
        suppressed.push(Suppressed {
            alert_id: alert.alert_id.clone(),
            rule_id: alert.rule_id.clone(),
            title: alert.title.clone(),
            owner: entry.owner.clone(),
            reason: entry.reason.clone(),
            expires: entry.expires.clone(),
        });
        false
    });
    suppressed
}

/// The entries that no longer hold at an instant (ticks of 100 ns since 1970).
pub fn expired(entries: &[AllowEntry], now_ticks: i64) -> Vec<&AllowEntry> {
    let over = |entry: &&AllowEntry| {
        let end = entry.expiry().map_or(i64::MIN, |end| end.as_microsecond());
        end < now_ticks / 10
    };
    entries.iter().filter(over).collect()
}

impl AllowEntry {
    /// The last instant at which the entry holds.
    pub fn expiry(&self) -> Option<Timestamp> {
        let day: Date = self.expires.trim().parse().ok()?;
        let end = day.tomorrow().ok()?.to_zoned(TimeZone::UTC).ok()?;
        Some(end.timestamp() - jiff::SignedDuration::from_micros(1))
    }

    pub fn check(&self) -> Result<()> {
        for (what, text) in [("owner", &self.owner), ("reason", &self.reason)] {
            if text.trim().is_empty() {
                bail!("an entry of the allow-list has no `{what}`");
            }
        }
        if self.expiry().is_none() {
            bail!(
                "an entry of the allow-list, `{}`, has no day on which it `expires`, such as \
                   `expires = \"2026-12-31\"`",
                self.reason
            );
        }
        let kinds = [&self.principals, &self.roles, &self.networks, &self.tools];
        if kinds.iter().all(|kind| kind.is_empty()) {
            bail!(
                "an entry of the allow-list, `{}`, names no principal, role, network or tool: it \
                   would allow everything",
                self.reason
            );
        }
        for network in &self.networks {
            parse_network(network).with_context(|| {
                format!("expected a CIDR block such as `203.0.113.0/24`, found `{network}`")
            })?;
        }
        Ok(())
    }

    fn allows(&self, alert: &Alert) -> bool {
        let names = |rule: &String| *rule == alert.rule_id || *rule == alert.rule_name;
        let for_rule = self.rules.is_empty() || self.rules.iter().any(names);
        for_rule && self.holds_for(alert) && self.fits(alert)
    }

    /// Whether the alert lies before the entry's end.
    fn holds_for(&self, alert: &Alert) -> bool {
        match (self.expiry(), alert.end_time.parse::<Timestamp>()) {
            (Some(end), Ok(at)) => at <= end,
            _ => false,
        }
    }

    fn fits(&self, alert: &Alert) -> bool {
        let actors = of_entities(alert, "Account", "FullName");
        let addresses = of_entities(alert, "IP", "Address");
        let agents = user_agents(alert);
        let every = |values: &[&str], fits: &dyn Fn(&str) -> bool| {
            !values.is_empty() && values.iter().all(|value| fits(value))
        };
        let by = |patterns: &[String], value: &str| patterns.iter().any(|p| glob(p, value));
        (self.principals.is_empty() || every(&actors, &|actor| by(&self.principals, actor)))
            && (self.roles.is_empty()
                || every(&actors, &|actor| {
                    self.roles.iter().any(|role| is_session_of(role, actor))
                }))
            && (self.networks.is_empty()
                || every(&addresses, &|address| {
                    self.networks
                        .iter()
                        .any(|network| lies_in(address, network))
                }))
            && (self.tools.is_empty()
                || every(&agents, &|agent| {
                    let agent = agent.to_ascii_lowercase();
                    self.tools
                        .iter()
                        .any(|tool| agent.contains(&tool.to_ascii_lowercase()))
                }))
    }
}

fn of_entities<'a>(alert: &'a Alert, entity_type: &str, identifier: &str) -> Vec<&'a str> {
    let entities = alert
        .entities
        .iter()
        .filter(|entity| entity.entity_type == entity_type);
    entities
        .filter_map(|entity| entity.identifiers.get(identifier)?.as_str())
        .collect()
}

/// The user agents that the row shows.
fn user_agents(alert: &Alert) -> Vec<&str> {
    let cells = ["UserAgents", "UserAgent"]
        .iter()
        .filter_map(|name| alert.row.get(*name));
    cells
        .flat_map(|cell| match cell {
            Json::Array(items) => items.iter().filter_map(Json::as_str).collect(),
            Json::String(text) => vec![text.as_str()],
            _ => Vec::new(),
        })
        .collect()
}

/// Exact, or by its beginning where the pattern ends in `*`.
fn glob(pattern: &str, text: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => text.starts_with(start),
        None => text == pattern,
    }
}

/// `arn:aws:sts::1:assumed-role/R/s` is a session of `arn:aws:iam::1:role/path/R`.
fn is_session_of(role: &str, arn: &str) -> bool {
    if glob(role, arn) {
        return true;
    }
    let parts = |arn: &str| -> Option<(String, String)> {
        let mut fields = arn.splitn(6, ':').skip(4);
        Some((fields.next()?.to_owned(), fields.next()?.to_owned()))
    };
    let (Some((account, resource)), Some((own, session))) = (parts(role), parts(arn)) else {
        return false;
    };
    let Some(path) = resource.strip_prefix("role/") else {
        return false;
    };
    let name = path.rsplit('/').next().unwrap_or(path);
    let session_role = session
        .strip_prefix("assumed-role/")
        .and_then(|rest| rest.split('/').next());
    (account == own || account == "*") && session_role.is_some_and(|of| glob(name, of))
}

fn lies_in(address: &str, network: &str) -> bool {
    let (Ok(address), Some((base, bits))) = (address.parse::<IpAddr>(), parse_network(network))
    else {
        return false;
    };
    let (address, base, width) = match (address, base) {
        (IpAddr::V4(a), IpAddr::V4(b)) => (u128::from(u32::from(a)), u128::from(u32::from(b)), 32),
        (IpAddr::V6(a), IpAddr::V6(b)) => (u128::from(a), u128::from(b), 128),
        _ => return false,
    };
    let shift = width - u32::from(bits);
    address.checked_shr(shift).unwrap_or(0) == base.checked_shr(shift).unwrap_or(0)
}

/// A network with its prefix; an address alone is a network of one.
fn parse_network(text: &str) -> Option<(IpAddr, u8)> {
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address.parse().ok()?, Some(bits.parse().ok()?)),
        None => (text.parse().ok()?, None),
    };
    let width = match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    };
    let bits: u8 = bits.unwrap_or(width);
    (bits <= width).then_some((address, bits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_hold_addresses() {
        for (address, network, inside) in [
            ("203.0.113.7", "203.0.113.0/24", true),
            ("203.0.114.7", "203.0.113.0/24", false),
            ("203.0.113.7", "203.0.113.7", true),
            ("203.0.113.7", "0.0.0.0/0", true),
            ("2001:db8::1", "2001:db8::/32", true),
            ("2001:db9::1", "2001:db8::/32", false),
            ("2001:db8::1", "0.0.0.0/0", false),
            ("athena.amazonaws.com", "0.0.0.0/0", false),
        ] {
            assert_eq!(lies_in(address, network), inside, "{address} {network}");
        }
    }

    #[test]
    fn sessions_belong_to_their_role() {
        let session = "arn:aws:sts::111122223333:assumed-role/scanner/run-7";
        for (role, own) in [
            ("arn:aws:iam::111122223333:role/scanner", true),
            ("arn:aws:iam::111122223333:role/security/scanner", true),
            ("arn:aws:iam::111122223333:role/scan*", true),
            ("arn:aws:iam::*:role/scanner", true),
            ("arn:aws:iam::111122223333:role/scan", false),
            ("arn:aws:iam::999988887777:role/scanner", false),
            ("arn:aws:iam::111122223333:user/scanner", false),
        ] {
            assert_eq!(is_session_of(role, session), own, "{role}");
        }
    }

    #[test]
    fn entries_must_say_who_why_and_until_when() {
        let entry = AllowEntry {
            principals: vec!["arn:aws:iam::111122223333:user/broker".into()],
            owner: "identity team".into(),
            reason: "opens consoles for staff".into(),
            expires: "2026-12-31".into(),
            ..AllowEntry::default()
        };
        assert!(entry.check().is_ok());
        let end = entry.expiry().map(|end| end.to_string());
        assert_eq!(end.as_deref(), Some("2026-12-31T23:59:59.999999Z"));
        for broken in [
            AllowEntry {
                owner: String::new(),
                ..entry.clone()
            },
            AllowEntry {
                reason: " ".into(),
                ..entry.clone()
            },
            AllowEntry {
                expires: "some day".into(),
                ..entry.clone()
            },
            AllowEntry {
                principals: Vec::new(),
                ..entry.clone()
            },
            AllowEntry {
                networks: vec!["10.0.0.0/99".into()],
                ..entry.clone()
            },
        ] {
            assert!(broken.check().is_err(), "{broken:?}");
        }
    }
}
