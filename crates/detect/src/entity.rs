//! The entities of an alert: what a rule's mappings make of a row, typed with Sentinel's identifiers.
//!
//! In: entity mappings and one row. Out: a list of entities, without those that came out empty. What
//! the entities mean in CloudTrail is in `evidence.rs`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::row::ResultRow;
use crate::rule::{EntityMapping, Rule};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entity {
    #[serde(rename = "type")]
    pub entity_type: String,
    pub identifiers: Map<String, Value>,
}

/// The entities of one row in the order of the mappings, each once.
pub fn entities(mappings: &[EntityMapping], row: &ResultRow<'_>) -> Vec<Entity> {
    let mut entities: Vec<Entity> = Vec::new();
    for mapping in mappings {
        let mut identifiers = Map::new();
        for (identifier, column) in &mapping.fields {
            let text = row.text(column).unwrap_or_default();
            if !text.is_empty() {
                identifiers.insert(identifier.clone(), text.into());
            }
        }
        let entity = Entity {
            entity_type: mapping.entity_type.clone(),
            identifiers,
        };
        if !entity.identifiers.is_empty() && !entities.contains(&entity) {
            entities.push(entity);
        }
    }
    entities
}

/// The mappings of a rule, or those that the legacy columns of its result stand for: older rules map
/// entities by naming columns `AccountCustomEntity`, `IPCustomEntity` and so on.
pub fn mappings_of(rule: &Rule, columns: &[String]) -> Vec<EntityMapping> {
    if !rule.entity_mappings.is_empty() {
        return rule.entity_mappings.clone();
    }
    const LEGACY: [(&str, &str, &str); 4] = [
        ("AccountCustomEntity", "Account", "FullName"),
        ("HostCustomEntity", "Host", "FullName"),
        ("IPCustomEntity", "IP", "Address"),
        ("URLCustomEntity", "URL", "Url"),
    ];
    LEGACY
        .into_iter()
        .filter(|(column, _, _)| columns.iter().any(|known| known == column))
        .map(|(column, entity_type, identifier)| EntityMapping {
            entity_type: entity_type.to_string(),
            fields: vec![(identifier.to_string(), column.to_string())],
        })
        .collect()
}

/// Sentinel's spelling of an entity type.
pub fn type_name(text: &str) -> Option<&'static str> {
    let plain: String = text.chars().filter(|c| c.is_alphanumeric()).collect();
    TYPES
        .iter()
        .map(|(name, _)| *name)
        .find(|name| name.eq_ignore_ascii_case(&plain))
}

/// Whether Sentinel's entity of that type has the identifier; of a type that is not Sentinel's,
/// nothing is known.
pub fn is_identifier(entity_type: &str, identifier: &str) -> bool {
    match TYPES.iter().find(|(name, _)| *name == entity_type) {
        Some((_, identifiers)) => identifiers.contains(&identifier),
        None => true,
    }
}

/// Sentinel's entity types with their identifiers; `AccessKey` is ours.
const TYPES: [(&str, &[&str]); 21] = [
    ("AccessKey", &["AccessKeyId"]),
    (
        "Account",
        &[
            "Name",
            "FullName",
            "NTDomain",
            "DnsDomain",
            "UPNSuffix",
            "Sid",
            "AadTenantId",
            "AadUserId",
            "PUID",
            "IsDomainJoined",
            "DisplayName",
            "ObjectGuid",
            "CloudAppAccountId",
            "IsAnonymized",
            "UserPrincipalName",
        ],
    ),
    ("AzureResource", &["ResourceId"]),
    (
        "CloudApplication",
        &["AppId", "Name", "InstanceName", "InstanceId", "SaasId"],
    ),
    ("DNS", &["DomainName"]),
    ("File", &["Directory", "Name"]),
    ("FileHash", &["Algorithm", "Value"]),
    (
        "Host",
        &[
            "DnsDomain",
            "NTDomain",
            "HostName",
            "FullName",
            "NetBiosName",
            "AzureID",
            "OMSAgentID",
            "OSFamily",
            "OSVersion",
            "IsDomainJoined",
        ],
    ),
    (
        "IoTDevice",
        &[
            "IoTHub",
            "DeviceId",
            "DeviceName",
            "IoTSecurityAgentId",
            "DeviceType",
        ],
    ),
    ("IP", &["Address", "AddressScope"]),
    (
        "Mailbox",
        &["MailboxPrimaryAddress", "DisplayName", "Upn", "RiskLevel"],
    ),
    (
        "MailCluster",
        &[
            "NetworkMessageIds",
            "CountByDeliveryStatus",
            "Query",
            "ClusterBy",
            "Source",
        ],
    ),
    (
        "MailMessage",
        &[
            "Recipient",
            "Urls",
            "Threats",
            "Sender",
            "P1Sender",
            "P2Sender",
            "SenderIP",
            "Subject",
            "NetworkMessageId",
            "InternetMessageId",
            "Language",
            "ReceivedDate",
        ],
    ),
    ("Malware", &["Name", "Category"]),
    (
        "Process",
        &[
            "ProcessId",
            "CommandLine",
            "ElevationToken",
            "CreationTimeUtc",
        ],
    ),
    ("RegistryKey", &["Hive", "Key"]),
    ("RegistryValue", &["Name", "Value", "ValueType"]),
    ("SecurityGroup", &["DistinguishedName", "SID", "ObjectGuid"]),
    (
        "SubmissionMail",
        &[
            "SubmissionId",
            "SubmissionDate",
            "Submitter",
            "NetworkMessageId",
            "Timestamp",
            "Recipient",
            "Sender",
            "SenderIp",
            "Subject",
            "ReportType",
        ],
    ),
    ("URL", &["Url"]),
    ("AmazonResource", &["AmazonResourceId"]),
];
