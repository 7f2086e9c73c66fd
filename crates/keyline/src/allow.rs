//! The allow-list: who may do what looks like an attack, until when, and who says so.
//!
//! In: the entries of the configuration and the alerts of a hunt. Out: the alerts that remain, and which
//! entry held back which of the others; nothing is held back silently. An entry holds back an alert when
//! everything that it names fits: all its kinds, not one of them. Where an alert tells of several
//! principals, addresses or programs, all of them must fit: who is allowed hides nobody else. Once its day
//! is over an entry holds back nothing and is reported.

use std::collections::BTreeSet;
use std::net::IpAddr;

use anyhow::{Context as _, Result, bail};
use jiff::civil::Date;
use jiff::{Timestamp, tz::TimeZone};
use keyline_detect::alert::Alert;
use keyline_lineage::wildcards::matches;
use serde::{Deserialize, Deserializer, Serialize};

#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct AllowEntry {
    /// ARNs of those who act, with AWS's wildcards: `*` is any text, `?` any character.
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
    /// The last day on which the entry holds: `2026-12-31`, as a text or as TOML's own date.
    #[serde(deserialize_with = "day")]
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

/// A text, or what TOML has for dates.
fn day<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Day {
        Text(String),
        Date(toml::value::Datetime),
    }
    Ok(match Day::deserialize(from)? {
        Day::Text(text) => text,
        Day::Date(date) => date.to_string(),
    })
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
        let lists = [
            ("principals", &self.principals),
            ("roles", &self.roles),
            ("networks", &self.networks),
            ("tools", &self.tools),
            ("rules", &self.rules),
        ];
        for (what, list) in lists {
            if list.iter().any(|item| item.trim().is_empty()) {
                bail!(
                    "an entry of the allow-list, `{}`, has an empty item under `{what}`",
                    self.reason
                );
            }
        }
        if self.expires.trim().parse::<Date>().is_err() {
            bail!(
                "an entry of the allow-list, `{}`, has no day on which it `expires`, such as \
                   `expires = \"2026-12-31\"`",
                self.reason
            );
        }
        if self.expiry().is_none() {
            bail!(
                "an entry of the allow-list, `{}`, expires on {}, later than Keyline can reckon: name \
                   an earlier day",
                self.reason,
                self.expires
            );
        }
        for network in &self.networks {
            parse_network(network).with_context(|| {
                format!("expected a CIDR block such as `203.0.113.0/24`, found `{network}`")
            })?;
        }
        for role in &self.roles {
            if role.ends_with("/*") && role.matches('/').count() > 1 {
                bail!(
                    "an entry of the allow-list, `{}`, names the role `{role}`: a session does not show \
                       its role's path, so name the role as well",
                    self.reason
                );
            }
        }
        if !self.is_narrow() {
            bail!(
                "an entry of the allow-list, `{}`, leaves open who acts, from where and with what: it \
                   would allow everything; a rule that is not wanted at all stands under `disabled` of \
                   `[rules]`",
                self.reason
            );
        }
        Ok(())
    }

    /// Whether some kind is named that does not fit just anything.
    fn is_narrow(&self) -> bool {
        let narrow = |list: &[String], is_all: fn(&str) -> bool| {
            !list.is_empty() && !list.iter().any(|item| is_all(item))
        };
        let is_every_network = |text: &str| parse_network(text).is_some_and(|(_, bits)| bits == 0);
        narrow(&self.principals, is_everybody)
            || narrow(&self.roles, is_everybody)
            || narrow(&self.networks, is_every_network)
            || narrow(&self.tools, |_| false)
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
        let mut addresses = of_entities(alert, "IP", "Address");
        addresses.extend(alert.told.addresses.iter().map(String::as_str));
        let agents = alert.told.agents.iter().map(String::as_str).collect();
        let every = |values: &BTreeSet<&str>, fits: &dyn Fn(&str) -> bool| {
            !values.is_empty() && values.iter().all(|value| fits(value))
        };
        let by = |patterns: &[String], value: &str| patterns.iter().any(|p| matches(p, value));
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

/// Names of rules under `rules` that none of these is called, each with its entry.
pub fn unknown_rules(
    entries: &[AllowEntry],
    is_known: impl Fn(&str) -> bool,
) -> Vec<(&str, &AllowEntry)> {
    let names = entries
        .iter()
        .flat_map(|entry| entry.rules.iter().map(move |name| (name.as_str(), entry)));
    names.filter(|(name, _)| !is_known(name)).collect()
}

fn of_entities<'a>(alert: &'a Alert, entity_type: &str, identifier: &str) -> BTreeSet<&'a str> {
    let entities = alert
        .entities
        .iter()
        .filter(|entity| entity.entity_type == entity_type);
    entities
        .filter_map(|entity| entity.identifiers.get(identifier)?.as_str())
        .collect()
}

/// Whether a pattern fits a user, a session of a role, and root, of whatever account.
fn is_everybody(pattern: &str) -> bool {
    [
        "arn:aws:iam::111122223333:user/mara",
        "arn:aws:sts::444455556666:assumed-role/deploy/run-7",
        "arn:aws:iam::777788889999:root",
    ]
    .iter()
    .all(|arn| matches(pattern, arn))
}

/// `arn:aws:sts::1:assumed-role/R/s` is a session of `arn:aws:iam::1:role/path/R`.
fn is_session_of(role: &str, arn: &str) -> bool {
    if matches(role, arn) {
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
    matches(&account, &own) && session_role.is_some_and(|of| matches(name, of))
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
    fn all_that_an_alert_tells_must_fit() {
        let arn = "arn:aws:iam::111122223333:user/ci";
        let entities = |address: &str| {
            let account = serde_json::json!({"type": "Account", "identifiers": {"FullName": arn}});
            let ip = serde_json::json!({"type": "IP", "identifiers": {"Address": address}});
            Vec::from_iter(std::iter::once(account).chain((!address.is_empty()).then_some(ip)))
        };
        for (entity, addresses, agents, allow, held) in [
            // Who is allowed hides nobody who is elsewhere.
            (
                "192.0.2.10",
                "192.0.2.10",
                "",
                "networks = ['192.0.2.0/24']",
                true,
            ),
            (
                "192.0.2.10",
                "192.0.2.10 203.0.113.66",
                "",
                "networks = ['192.0.2.0/24']",
                false,
            ),
            (
                "192.0.2.10",
                "192.0.2.10 203.0.113.66",
                "",
                "networks = ['192.0.2.0/24', '203.0.113.66']",
                true,
            ),
            (
                "192.0.2.10",
                "192.0.2.10 athena.amazonaws.com",
                "",
                "networks = ['192.0.2.0/24']",
                false,
            ),
            (
                "203.0.113.66",
                "192.0.2.10",
                "",
                "networks = ['192.0.2.0/24']",
                false,
            ),
            // No entity is needed, but some address is.
            ("", "192.0.2.10", "", "networks = ['192.0.2.0/24']", true),
            ("", "", "", "networks = ['192.0.2.0/24']", false),
            (
                "",
                "",
                "aws-cli/2.15 terraform/1.9",
                "tools = ['terraform']",
                false,
            ),
            ("", "", "terraform/1.9", "tools = ['Terraform']", true),
            ("", "", "", "tools = ['terraform']", false),
            (
                "",
                "192.0.2.10",
                "",
                "principals = ['arn:aws:iam::*:user/c?']\nnetworks = ['192.0.2.0/24']",
                true,
            ),
            (
                "",
                "192.0.2.10",
                "",
                "principals = ['arn:aws:iam::*:user/x']\nnetworks = ['192.0.2.0/24']",
                false,
            ),
        ] {
            let mut alert: Alert = serde_json::from_value(serde_json::json!({
                "alert_id": "al-1", "rule_id": "r", "rule_name": "R", "severity": "High", "tactics": [],
                "techniques": [], "title": "", "description": "", "start_time": "2026-03-01T00:00:00Z",
                "end_time": "2026-03-01T01:00:00Z", "evaluated_at": "2026-03-01T01:00:00Z",
                "entities": entities(entity), "access_key_ids": [], "credentials": [],
                "root_credential": null, "incident_id": null, "event_ids": [], "event_count": 0,
                "evidence": "row", "custom": {}, "row": {},
            }))
            .unwrap();
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect();
            alert.told.addresses = words(addresses);
            alert.told.agents = words(agents);
            let text = format!("{allow}\nowner = 'o'\nreason = 'r'\nexpires = 2026-12-31");
            let entry: AllowEntry = toml::from_str(&text).unwrap();
            entry.check().unwrap();
            let found = apply(&mut vec![alert], &[entry]).len() == 1;
            assert_eq!(found, held, "{entity} / {addresses} / {agents} / {allow}");
        }
    }

    #[test]
    fn what_would_allow_everything_is_refused() {
        for (text, refused) in [
            ("principals = ['*']", "would allow everything"),
            ("principals = ['arn:aws:*']", "would allow everything"),
            (
                "principals = ['arn:aws:iam::111122223333:user/a', '**']",
                "would allow everything",
            ),
            ("roles = ['*']", "would allow everything"),
            ("networks = ['0.0.0.0/0']", "would allow everything"),
            (
                "networks = ['::/0']\nprincipals = ['*']",
                "would allow everything",
            ),
            ("rules = ['R']", "would allow everything"),
            (
                "networks = ['::/0']\nprincipals = ['arn:aws:iam::*:user/a']",
                "",
            ),
            ("principals = ['*']\nnetworks = ['192.0.2.0/24']", ""),
            ("principals = ['arn:aws:iam::111122223333:*']", ""),
            ("tools = ['']", "an empty item under `tools`"),
            ("tools = ['terraform', ' ']", "an empty item under `tools`"),
            (
                "tools = ['terraform']\nrules = ['']",
                "an empty item under `rules`",
            ),
            (
                "tools = ['terraform']\nprincipals = ['']",
                "an empty item under `principals`",
            ),
            (
                "roles = ['arn:aws:iam::111122223333:role/aws-reserved/*']",
                "its role's path",
            ),
            ("roles = ['arn:aws:iam::111122223333:role/*']", ""),
            ("tools = ['terraform']\nexpires = 2026-12-31", ""),
            (
                "tools = ['terraform']\nexpires = '9999-12-31'",
                "name an earlier day",
            ),
            (
                "tools = ['terraform']\nexpires = 9999-12-31",
                "name an earlier day",
            ),
            (
                "tools = ['terraform']\nexpires = '2026-02-30'",
                "no day on which",
            ),
        ] {
            let expires = match text.contains("expires") {
                true => "",
                false => "expires = '2026-12-31'",
            };
            let text = format!("{text}\nowner = 'o'\nreason = 'r'\n{expires}");
            let entry: AllowEntry = toml::from_str(&text).unwrap();
            let said = entry
                .check()
                .map_or_else(|error| error.to_string(), |()| String::new());
            assert_eq!(said.is_empty(), refused.is_empty(), "{text}: {said}");
            assert!(said.contains(refused), "{text}: {said}");
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
