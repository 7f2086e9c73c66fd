//! A Sentinel rule as values: what the YAML said, made uniform, before anything is derived.
//!
//! Reading is in `read_rule.rs`, what the schedule becomes in `schedule.rs`.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::alert::template_columns;
use crate::problem::Position;
use crate::query_text::QueryText;

#[derive(Clone, Debug)]
pub struct Rule {
    pub id: String,
    pub name: String,
    pub description: String,
    pub kind: Kind,
    /// `None`: the rule names none; alerts then are of [`AlertSeverity::Medium`], which is what the
    /// Azure portal proposes for a new rule.
    pub severity: Option<AlertSeverity>,
    pub tactics: Vec<String>,
    pub techniques: Vec<String>,
    pub connectors: Vec<Connector>,
    pub query: QueryText,
    /// How often the rule runs, in ticks.
    pub frequency: Option<i64>,
    /// How far back it sees, in ticks.
    pub period: Option<i64>,
    pub trigger: Trigger,
    /// How long the rule rests after an alert, in ticks; `None` when suppression is off.
    pub suppression: Option<i64>,
    /// `None`: the rule does not say. See `alert.rs` for what is done then.
    pub grouping: Option<Grouping>,
    pub entity_mappings: Vec<EntityMapping>,
    /// Name in the alert, column of the result.
    pub custom_details: Vec<(String, String)>,
    pub overrides: Overrides,
    pub version: Option<String>,
    pub status: Option<String>,
    pub keyline: KeylineKeys,
    /// The file as it was named, and where in it the rule starts.
    pub file: String,
    pub position: Position,
    /// Where the fields stand that later checks speak of.
    pub places: Places,
}

impl Rule {
    /// The words of its query, comments left out, and the columns that its alerts ask for.
    pub fn named_columns(&self) -> BTreeSet<String> {
        let lines = self.query.text.lines();
        let words = lines
            .filter(|line| !line.trim_start().starts_with("//"))
            .flat_map(|line| line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_'))
            .map(str::to_owned);
        let overrides = &self.overrides;
        let templates = overrides.title.iter().chain(&overrides.description);
        let templates = templates
            .flat_map(|template| template_columns(template))
            .map(str::to_owned);
        let fields = self.entity_mappings.iter().flat_map(|one| &one.fields);
        let fields = fields
            .chain(&self.custom_details)
            .chain(&overrides.properties);
        let columns = fields.map(|(_, column)| column.clone());
        let more = overrides.severity_column.iter();
        let more = more
            .chain(&overrides.tactics_column)
            .chain(&self.keyline.access_key_columns)
            .cloned();
        words.chain(templates).chain(columns).chain(more).collect()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Scheduled,
    /// Near real time: once a minute over the last minute.
    Nrt,
    Hunting,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum AlertSeverity {
    Informational,
    Low,
    Medium,
    High,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Connector {
    pub id: String,
    pub data_types: Vec<String>,
}

/// How many rows an evaluation must give to raise an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trigger {
    pub operator: TriggerOperator,
    pub threshold: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TriggerOperator {
    Above,
    Below,
    Equal,
    NotEqual,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grouping {
    /// One alert an evaluation.
    SingleAlert,
    /// One alert a row.
    AlertPerResult,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntityMapping {
    /// Sentinel's spelling where it is one of Sentinel's types.
    pub entity_type: String,
    /// Identifier, column of the result.
    pub fields: Vec<(String, String)>,
}

/// `alertDetailsOverride`: texts hold `{{Column}}`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    pub title: Option<String>,
    pub description: Option<String>,
    pub severity_column: Option<String>,
    pub tactics_column: Option<String>,
    /// Property of the alert, column of the result.
    pub properties: Vec<(String, String)>,
}

/// What stands under the `keyline:` key.
#[derive(Clone, Debug, Default)]
pub struct KeylineKeys {
    pub access_key_columns: Vec<String>,
    /// The numbers of the analytics that the rule belongs to, as the truth of a story names them: `A1`.
    pub analytics: Vec<String>,
    /// What looks like the attack and is not, in words.
    pub false_positives: Vec<String>,
    /// Where to read more.
    pub references: Vec<String>,
    /// Ways around the rule: what it does about them, or that it cannot.
    pub evasions: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Places {
    pub query: Position,
    pub entity_mappings: Position,
    pub custom_details: Position,
    pub overrides: Position,
    pub frequency: Position,
    pub period: Position,
}

impl AlertSeverity {
    pub fn from_name(name: &str) -> Option<AlertSeverity> {
        Some(match name.trim().to_ascii_lowercase().as_str() {
            "informational" | "information" | "info" => AlertSeverity::Informational,
            "low" => AlertSeverity::Low,
            "medium" => AlertSeverity::Medium,
            "high" | "critical" => AlertSeverity::High,
            _ => return None,
        })
    }

    pub fn name(self) -> &'static str {
        match self {
            AlertSeverity::Informational => "Informational",
            AlertSeverity::Low => "Low",
            AlertSeverity::Medium => "Medium",
            AlertSeverity::High => "High",
        }
    }
}

impl fmt::Display for AlertSeverity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Trigger {
    /// The one of nearly every rule, and of those that name none: any row.
    pub const ANY_ROW: Trigger = Trigger {
        operator: TriggerOperator::Above,
        threshold: 0,
    };

    pub fn fires(self, rows: usize) -> bool {
        let rows = i64::try_from(rows).unwrap_or(i64::MAX);
        match self.operator {
            TriggerOperator::Above => rows > self.threshold,
            TriggerOperator::Below => rows < self.threshold,
            TriggerOperator::Equal => rows == self.threshold,
            TriggerOperator::NotEqual => rows != self.threshold,
        }
    }
}

impl TriggerOperator {
    pub fn from_name(name: &str) -> Option<TriggerOperator> {
        Some(match name.trim().to_ascii_lowercase().as_str() {
            "gt" | "greaterthan" | ">" => TriggerOperator::Above,
            "lt" | "lessthan" | "<" => TriggerOperator::Below,
            "eq" | "equal" | "==" => TriggerOperator::Equal,
            "ne" | "notequal" | "!=" => TriggerOperator::NotEqual,
            _ => return None,
        })
    }
}

/// The version of ATT&CK in which the techniques of the built-in rules were looked up. Tactics bear Sentinel's
/// names: version 19 parts `DefenseEvasion` into two, Sentinel does not.
pub const ATTACK_VERSION: &str = "18";

/// The tactics of ATT&CK under the names that Sentinel gives them.
const TACTICS: [&str; 17] = [
    "Reconnaissance",
    "ResourceDevelopment",
    "InitialAccess",
    "Execution",
    "Persistence",
    "PrivilegeEscalation",
    "DefenseEvasion",
    "CredentialAccess",
    "Discovery",
    "LateralMovement",
    "Collection",
    "Exfiltration",
    "CommandAndControl",
    "Impact",
    "PreAttack",
    "ImpairProcessControl",
    "InhibitResponseFunction",
];

/// Sentinel's name of a tactic, however blanks, hyphens and case were written.
pub fn tactic_name(text: &str) -> Option<&'static str> {
    let plain: String = text.chars().filter(|c| c.is_alphanumeric()).collect();
    TACTICS
        .into_iter()
        .find(|tactic| tactic.eq_ignore_ascii_case(&plain))
}

/// `T1078` or `T1078.004`, upper case.
pub fn technique_id(text: &str) -> Option<String> {
    let id = text.trim().to_ascii_uppercase();
    let (technique, sub) = match id.split_once('.') {
        Some((technique, sub)) => (technique, Some(sub)),
        None => (id.as_str(), None),
    };
    let is_number =
        |text: &str, len: usize| text.len() == len && text.bytes().all(|b| b.is_ascii_digit());
    let valid = technique
        .strip_prefix('T')
        .is_some_and(|number| is_number(number, 4))
        && sub.is_none_or(|sub| is_number(sub, 3));
    valid.then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_uniform() {
        assert_eq!(tactic_name("Credential Access"), Some("CredentialAccess"));
        assert_eq!(
            tactic_name("command-and-control"),
            Some("CommandAndControl")
        );
        assert_eq!(
            tactic_name("Privilege_Escalation "),
            Some("PrivilegeEscalation")
        );
        assert_eq!(tactic_name("Hacking"), None);
        assert_eq!(technique_id(" t1078.004"), Some("T1078.004".to_string()));
        assert_eq!(technique_id("T1528"), Some("T1528".to_string()));
        for wrong in [
            "1528",
            "T15",
            "T1078.4",
            "T1078.",
            "TA0001",
            "",
            "T1078.0040",
        ] {
            assert_eq!(technique_id(wrong), None, "{wrong}");
        }
        assert_eq!(AlertSeverity::from_name("HIGH "), Some(AlertSeverity::High));
        assert_eq!(AlertSeverity::from_name("urgent"), None);
    }

    #[test]
    fn triggers_count_rows() {
        let fires = |name: &str, threshold, rows| {
            let operator = TriggerOperator::from_name(name).unwrap();
            Trigger {
                operator,
                threshold,
            }
            .fires(rows)
        };
        assert!(fires("gt", 0, 1) && !fires("gt", 0, 0) && !fires("GreaterThan", 5, 5));
        assert!(fires("lt", 1, 0) && !fires("LessThan", 1, 1));
        assert!(fires("eq", 2, 2) && !fires("Equal", 2, 3));
        assert!(fires("ne", 2, 3) && !fires("NotEqual", 2, 2));
    }
}
