//! A short event of a case to a CloudTrail record.
//!
//! In: a mapping with what matters to the case (when, who, what, from where). Out: a record with what
//! every record has besides. All made-up values follow from the case and the event's place in it, so
//! that the same file gives the same records. Answers of STS to minting calls are written out, as the
//! lineage of credentials hangs on them.

use data_encoding::BASE32_NOPAD;
use serde_json::{Map, Value as Json, json};
use sha2::{Digest, Sha256};

use super::read::{Reader, over};
use crate::duration::{self, TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MINUTE, TICKS_PER_SECOND};
use crate::limits::TEST_EVENTS_MAX;
use crate::problem::Problem;
use crate::row;
use crate::yaml::Node;

/// The day on which cases play when they do not say: 2 March 2026, a Monday, in ticks since 1970.
const BASE_DAY: i64 = 20_514 * TICKS_PER_DAY;
const ACCOUNT: &str = "111122223333";
const REGION: &str = "eu-west-1";
const ADDRESS: &str = "198.51.100.10";
const AGENT: &str =
    "aws-cli/2.17.20 md/awscrt#0.20.11 ua/2.0 os/linux#6.1 md/arch#x86_64 lang/python#3.11.9";

const EVENT_KEYS: [&str; 17] = [
    "time", "who", "call", "from", "agent", "error", "message", "request", "response", "extra",
    "region", "account", "mints", "lasts", "repeat", "every", "record",
];
const IDENTITY_KEYS: [&str; 16] = [
    "user",
    "role",
    "session",
    "federated",
    "service",
    "foreign",
    "root",
    "saml",
    "key",
    "issued",
    "mfa",
    "delivery",
    "through",
    "account",
    "scope",
    "record",
];

pub struct Writer<'a> {
    pub reader: &'a Reader<'a>,
    /// Where `who` is looked up: the case's own, then the file's.
    pub identities: [Option<&'a Node>; 2],
    pub defaults: &'a Node,
    pub case: &'a str,
}

impl Writer<'_> {
    /// Appends the record of an event, or the records of a repeated one.
    pub fn write(&self, node: &Node, records: &mut Vec<Json>) -> Result<(), Problem> {
        self.reader.keys(node, &EVENT_KEYS)?;
        self.reader.keys(self.defaults, &EVENT_KEYS)?;
        let event = over(self.defaults, node);
        let text = |key: &str| text_of(&event, key);
        let times: usize = match text("repeat") {
            None => 1,
            Some(times) => (times.parse().ok())
                .filter(|times| (1..=TEST_EVENTS_MAX).contains(times))
                .ok_or_else(|| self.reader.wrong(node, "`repeat` is no number of events"))?,
        };
        let every = self
            .span(node, &event, "every")?
            .unwrap_or(TICKS_PER_SECOND);
        let first = text("time").unwrap_or_default();
        let first = parse_time(&first).ok_or_else(|| {
            let message = format!("`time` is `{first}`: expected `10:30`, `1d 10:30` or RFC 3339");
            self.reader.wrong(node, message)
        })?;
        for step in 0..times {
            let time = first.saturating_add(every.saturating_mul(step as i64));
            let record = self.record(node, &event, time, records.len())?;
            records.push(record);
        }
        Ok(())
    }

    fn record(&self, node: &Node, event: &Json, time: i64, number: usize) -> Result<Json, Problem> {
        let text = |key: &str, default: &str| text_of(event, key).unwrap_or(default.to_string());
        let call = text("call", "");
        let Some((service, name)) = call.split_once(':') else {
            let message = format!("`call` is `{call}`: expected `iam:ListUsers`");
            return Err(self.reader.wrong(node, message));
        };
        let account = text("account", ACCOUNT);
        let identity = self.identity(node, event.get("who"), &account)?;
        let sign_in = service == "signin";
        let reads = ["Get", "List", "Describe", "Head", "Assume", "Lookup"];
        let mut reads = reads.iter().any(|start| name.starts_with(start));
        if ["GetSessionToken", "GetFederationToken", "AssumeRoot"].contains(&name) {
            reads = false;
        }
        let mut record = json!({
            "eventVersion": "1.11",
            "userIdentity": identity,
            "eventTime": row::time(time),
            "eventSource": format!("{service}.amazonaws.com"),
            "eventName": name,
            "awsRegion": text("region", REGION),
            "sourceIPAddress": text("from", ADDRESS),
            "userAgent": text("agent", AGENT),
            "requestParameters": event.get("request").cloned().unwrap_or(Json::Null),
            "responseElements": event.get("response").cloned().unwrap_or(Json::Null),
            "eventID": uuid(&format!("{}/{number}", self.case)),
            "requestID": uuid(&format!("{}/request/{number}", self.case)),
            "readOnly": reads,
            "eventType": if sign_in { "AwsConsoleSignIn" } else { "AwsApiCall" },
            "managementEvent": true,
            "recipientAccountId": account,
            "eventCategory": "Management",
        });
        if let Some(extra) = event.get("extra") {
            record["additionalEventData"] = extra.clone();
        }
        if let Some(code) = text_of(event, "error") {
            record["errorCode"] = code.into();
            record["errorMessage"] = text("message", "refused").into();
        }
        if let Some(key) = text_of(event, "mints") {
            let default = match name {
                "AssumeRoot" => 15 * TICKS_PER_MINUTE,
                "GetSessionToken" | "GetFederationToken" => 12 * TICKS_PER_HOUR,
                _ => TICKS_PER_HOUR,
            };
            let lasts = self.span(node, event, "lasts")?.unwrap_or(default);
            let expires = time.saturating_add(lasts);
            let answer = answer(&record, &key, expires, &account);
            merge(&mut record["responseElements"], answer);
        }
        if let Some(more) = event.get("record") {
            merge(&mut record, more.clone());
        }
        Ok(record)
    }

    fn span(&self, node: &Node, event: &Json, key: &str) -> Result<Option<i64>, Problem> {
        let Some(text) = text_of(event, key) else {
            return Ok(None);
        };
        match duration::parse(&text) {
            Some(ticks) => Ok(Some(ticks)),
            None => {
                let message = format!("`{key}` is `{text}`: expected a length of time");
                Err(self.reader.wrong(node, message))
            }
        }
    }

    /// `who` is the name of an identity of the file, or the identity itself.
    fn identity(&self, at: &Node, who: Option<&Json>, account: &str) -> Result<Json, Problem> {
        let looked_up;
        let who = match who {
            None => return Err(self.reader.wrong(at, "the event does not say `who`")),
            Some(Json::String(name)) => {
                let found = self.identities.iter().flatten().find_map(|n| n.get(name));
                let Some(found) = found else {
                    let message = format!("`{name}` is not among the `identities`");
                    return Err(self.reader.wrong(at, message));
                };
                looked_up = found.to_json();
                &looked_up
            }
            Some(inline) => inline,
        };
        let Json::Object(members) = who else {
            return Err(self.reader.wrong(at, "an identity is a mapping"));
        };
        if let Some(wrong) = members
            .keys()
            .find(|k| !IDENTITY_KEYS.contains(&k.as_str()))
        {
            let help = format!("keys here are `{}`", IDENTITY_KEYS.join("`, `"));
            let message = format!("unknown key `{wrong}` of an identity");
            return Err(self.reader.wrong(at, message).with_help(help));
        }
        user_identity(who, account).ok_or_else(|| {
            let message = "an identity needs one of `user`, `role`, `federated`, `service`, \
                           `foreign`, `root`, `saml`, `record`; `issued` must be a time";
            self.reader.wrong(at, message)
        })
    }
}

fn user_identity(who: &Json, account: &str) -> Option<Json> {
    let text = |key: &str| text_of(who, key);
    let account = text("account").unwrap_or(account.to_string());
    let user = text("user").unwrap_or("alice".to_string());
    let session = text("session").unwrap_or("session".to_string());
    let mut issuer = json!({});
    let mut identity = if let Some(service) = text("service") {
        json!({"type": "AWSService", "invokedBy": service})
    } else if let Some(foreign) = text("foreign") {
        json!({"type": "AWSAccount", "accountId": foreign,
            "principalId": text("session").unwrap_or(principal_id("AIDA", &foreign))})
    } else if let Some(subject) = text("saml") {
        json!({"type": "SAMLUser", "principalId": format!("idp:{subject}"), "userName": subject,
            "identityProvider": "idp"})
    } else if let Some(role) = text("role") {
        let id = principal_id("AROA", &role);
        issuer = json!({"type": "Role", "principalId": id, "accountId": account,
            "arn": format!("arn:aws:iam::{account}:role/{role}"), "userName": role});
        json!({"type": "AssumedRole", "principalId": format!("{id}:{session}"), "accountId": account,
            "arn": format!("arn:aws:sts::{account}:assumed-role/{role}/{session}")})
    } else if let Some(name) = text("federated") {
        issuer = json!({"type": "IAMUser", "principalId": principal_id("AIDA", &user),
            "arn": format!("arn:aws:iam::{account}:user/{user}"), "accountId": account, "userName": user});
        json!({"type": "FederatedUser", "principalId": format!("{account}:{name}"),
            "arn": format!("arn:aws:sts::{account}:federated-user/{name}"), "accountId": account})
    } else if text("root").is_some() {
        json!({"type": "Root", "principalId": account, "accountId": account,
            "arn": format!("arn:aws:iam::{account}:root")})
    } else if text("user").is_some() {
        json!({"type": "IAMUser", "principalId": principal_id("AIDA", &user), "accountId": account,
            "arn": format!("arn:aws:iam::{account}:user/{user}"), "userName": user})
    } else if who.get("record").is_some() {
        json!({})
    } else {
        return None;
    };
    if let Some(key) = text("key") {
        identity["accessKeyId"] = key.into();
    }
    if let Some(issued) = text("issued") {
        let mfa = text("mfa").unwrap_or("false".to_string());
        identity["sessionContext"] = json!({"sessionIssuer": issuer, "attributes":
            {"creationDate": row::time(parse_time(&issued)?), "mfaAuthenticated": mfa}});
        if let Some(delivery) = text("delivery") {
            identity["sessionContext"]["ec2RoleDelivery"] = delivery.into();
        }
    }
    if let Some(service) = text("through") {
        identity["invokedBy"] = service.into();
    }
    if let Some(scope) = who.get("scope") {
        identity["inScopeOf"] = scope.clone();
    }
    if let Some(more) = who.get("record") {
        merge(&mut identity, more.clone());
    }
    Some(identity)
}

/// What STS answers to a call that mints a credential.
fn answer(record: &Json, key: &str, expires: i64, account: &str) -> Json {
    let request = &record["requestParameters"];
    let mut answer = json!({"credentials": {
        "accessKeyId": key, "expiration": row::time(expires), "sessionToken": "made up"}});
    let session = text_of(request, "roleSessionName").unwrap_or_default();
    if let Some(arn) = text_of(request, "roleArn") {
        let role = arn.rsplit('/').next().unwrap_or_default();
        let owner = arn.split(':').nth(4).unwrap_or(account);
        answer["assumedRoleUser"] = json!({
            "assumedRoleId": format!("{}:{session}", principal_id("AROA", role)),
            "arn": format!("arn:aws:sts::{owner}:assumed-role/{role}/{session}")});
    }
    if let Some(name) = text_of(request, "name") {
        answer["federatedUser"] = json!({"federatedUserId": format!("{account}:{name}"),
            "arn": format!("arn:aws:sts::{account}:federated-user/{name}")});
    }
    answer
}

/// `10:30`, `10:30:15`, `2d 10:30` (days after the base day) or RFC 3339, in ticks since 1970.
fn parse_time(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(instant) = text.parse::<jiff::Timestamp>() {
        return i64::try_from(instant.as_nanosecond() / 100).ok();
    }
    let (days, clock) = match text.split_once(' ') {
        Some((days, clock)) => (duration::parse(days)?, clock),
        None => (0, text),
    };
    let mut parts = clock.split(':');
    let mut part = |limit: i64| -> Option<i64> {
        let number = parts.next().unwrap_or("0");
        let number = number.parse::<i64>().ok()?;
        (0..limit).contains(&number).then_some(number)
    };
    let seconds = part(24)? * 3_600 + part(60)? * 60 + part(60)?;
    (clock.contains(':') && parts.next().is_none()).then(|| {
        BASE_DAY
            .checked_add(days)?
            .checked_add(seconds * TICKS_PER_SECOND)
    })?
}

/// `AIDA…`, `AROA…`: made of the name, so that a role is the same one wherever it is named.
fn principal_id(prefix: &str, name: &str) -> String {
    let digest = Sha256::digest(name.as_bytes());
    format!("{prefix}{}", &BASE32_NOPAD.encode(&digest)[..17])
}

fn uuid(of: &str) -> String {
    let hex = data_encoding::HEXLOWER.encode(&Sha256::digest(of.as_bytes()));
    format!(
        "{}-{}-4{}-8{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[13..16],
        &hex[17..20],
        &hex[20..32]
    )
}

/// A scalar member as text.
fn text_of(value: &Json, key: &str) -> Option<String> {
    match value.get(key)? {
        Json::String(text) => Some(text.clone()),
        Json::Null | Json::Object(_) | Json::Array(_) => None,
        other => Some(other.to_string()),
    }
}

/// Lays one document over another: mappings member by member, everything else as a whole.
pub fn merge(under: &mut Json, over: Json) {
    match (under, over) {
        (Json::Object(under), Json::Object(over)) => {
            for (key, value) in over {
                merge(under.entry(key).or_insert(Json::Object(Map::new())), value);
            }
        }
        (under, over) => *under = over,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_of_the_base_day_or_whole() {
        let shown = |text: &str| parse_time(text).map(row::time);
        assert_eq!(shown("10:30").as_deref(), Some("2026-03-02T10:30:00Z"));
        assert_eq!(
            shown("1d 00:00:07").as_deref(),
            Some("2026-03-03T00:00:07Z")
        );
        assert_eq!(
            shown("2024-05-01T12:00:00Z").as_deref(),
            Some("2024-05-01T12:00:00Z")
        );
        for wrong in ["", "10", "25:00", "10:61", "x 10:00", "10:00:00:00"] {
            assert_eq!(shown(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_role_is_the_same_one_in_the_mint_and_in_use() {
        let used = user_identity(&json!({"role": "web", "session": "s"}), ACCOUNT).unwrap();
        let record = json!({"requestParameters":
            {"roleArn": "arn:aws:iam::111122223333:role/web", "roleSessionName": "s"}});
        let minted = answer(&record, "ASIAEXAMPLE", 0, ACCOUNT);
        assert_eq!(
            minted["assumedRoleUser"]["assumedRoleId"],
            used["principalId"]
        );
    }
}
