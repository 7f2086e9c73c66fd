//! The format `asff`: a finding of AWS Security Hub, as `BatchImportFindings` takes it.
//!
//! The call itself is not made here: it writes to an AWS account, and only containment does that.
//! `aws securityhub batch-import-findings` takes what this writes. The product is the account's
//! own default one, for which the account and region must be those that are imported into.

use serde_json::{Map, Value, json};

use crate::alert::{Alert, Severity};
use crate::attack;
use crate::text::{clip, lines, one_line};

/// Characters of a title and of a description, and entries of a list: Security Hub takes no more.
const TITLE_CHARS_MAX: usize = 256;
const DESCRIPTION_CHARS_MAX: usize = 1024;
const RESOURCES_MAX: usize = 32;
const TYPES_MAX: usize = 50;
/// Characters of a value of `ProductFields`.
const FIELD_CHARS_MAX: usize = 1024;

/// Where findings are imported, where the user says so; else where the alert happened.
#[derive(Clone, Debug, Default)]
pub(crate) struct Place {
    pub(crate) account: Option<String>,
    pub(crate) region: Option<String>,
}

pub(crate) fn finding(document: &Value, place: &Place) -> Value {
    let alert = Alert::queued(document);
    let account = place
        .account
        .as_deref()
        .or(alert.account())
        .unwrap_or("000000000000");
    let region = place
        .region
        .as_deref()
        .or(alert.region())
        .unwrap_or("us-east-1");
    let partition = partition(region);
    let label = match alert.severity() {
        Severity::Informational => "INFORMATIONAL",
        Severity::Low => "LOW",
        Severity::Medium => "MEDIUM",
        Severity::High => "HIGH",
    };
    let description = match alert.text("description").trim() {
        "" => alert.title(),
        text => lines(text),
    };
    json!({
        "SchemaVersion": "2018-10-08",
        "Id": alert.id(),
        "ProductArn": format!("arn:{partition}:securityhub:{region}:{account}:product/{account}/default"),
        "ProductName": "Keyline",
        "CompanyName": "Keyline",
        "GeneratorId": one_line(&clip(alert.rule_id(), 512)),
        "AwsAccountId": account,
        "Types": types(alert),
        "FirstObservedAt": alert.text("start_time"),
        "LastObservedAt": alert.text("end_time"),
        "CreatedAt": alert.text("evaluated_at"),
        "UpdatedAt": alert.text("evaluated_at"),
        "Severity": {"Label": label, "Original": alert.severity().name()},
        "Title": clip(&alert.title(), TITLE_CHARS_MAX),
        "Description": clip(&description, DESCRIPTION_CHARS_MAX),
        "Resources": resources(alert, partition, region, account),
        "ProductFields": fields(alert),
        "RecordState": "ACTIVE",
        "Workflow": {"Status": "NEW"}
    })
}

/// The partition that a region belongs to.
fn partition(region: &str) -> &'static str {
    const STARTS: [(&str, &str); 6] = [
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("eusc-", "aws-eusc"),
        ("us-isob-", "aws-iso-b"),
        ("us-isof-", "aws-iso-f"),
        ("us-iso-", "aws-iso"),
    ];
    let found = STARTS.iter().find(|(start, _)| region.starts_with(start));
    found.map_or("aws", |(_, partition)| partition)
}

fn types(alert: Alert<'_>) -> Value {
    let tactics = alert.texts("tactics");
    let known = tactics.iter().filter_map(|text| attack::tactic(text));
    let mut types: Vec<String> = known.map(|(_, name)| format!("TTPs/{name}")).collect();
    if types.is_empty() {
        types.push("Unusual Behaviors/User".to_owned());
    }
    types.truncate(TYPES_MAX);
    types.into()
}

/// The keys, then who used them; the account where neither is known, since one must be there.
fn resources(alert: Alert<'_>, partition: &str, region: &str, account: &str) -> Value {
    let resource = |kind: &str, id: String| json!({"Type": kind, "Id": clip(&id, 512), "Partition": partition, "Region": region});
    let mut found = Vec::new();
    for key in alert.texts("access_key_ids") {
        let key = one_line(key);
        let mut of_key = resource("AwsIamAccessKey", format!("AWS::IAM::AccessKey:{key}"));
        of_key["Details"] = json!({"AwsIamAccessKey": {"AccessKeyId": key}});
        found.push(of_key);
    }
    for principal in alert.principals() {
        let kind = match principal {
            text if text.contains(":user/") => "AwsIamUser",
            text if text.contains("role/") => "AwsIamRole",
            _ => "Other",
        };
        found.push(resource(kind, one_line(principal)));
    }
    if found.is_empty() {
        found.push(resource("AwsAccount", format!("AWS::::Account:{account}")));
    }
    found.truncate(RESOURCES_MAX);
    found.into()
}

fn fields(alert: Alert<'_>) -> Value {
    let mut fields = Map::new();
    let mut add = |key: &str, value: String| {
        if !value.is_empty() {
            fields.insert(
                format!("keyline/{key}"),
                clip(&value, FIELD_CHARS_MAX).into(),
            );
        }
    };
    add("rule_name", one_line(alert.text("rule_name")));
    add("techniques", alert.texts("techniques").join(" "));
    add("root_credential", one_line(alert.text("root_credential")));
    add("incident_id", one_line(alert.text("incident_id")));
    add("source_addresses", one_line(&alert.addresses().join(" ")));
    add("event_count", alert.count("event_count").to_string());
    Value::Object(fields)
}
