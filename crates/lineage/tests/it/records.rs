//! Records made up for tests, one JSON text each. Accounts, keys and addresses are of documentation pattern.
//!
//! Times are given as minutes and seconds of one morning, `M:SS`.

use serde_json::{Value, json};

pub const ADA: &str = r#"{"type":"IAMUser","principalId":"AIDAADA","arn":"arn:aws:iam::111122223333:user/ada","accountId":"111122223333","userName":"ada","accessKeyId":"AKIAADA"}"#;

/// Every record of every case, for the tests of what must hold of all.
pub fn all() -> Vec<String> {
    crate::minting::CASES
        .iter()
        .chain(crate::indirect::CASES)
        .chain(crate::linking::CASES)
        .chain(crate::controls::CASES)
        .chain(crate::reach::CASES)
        .chain(crate::doubt::CASES)
        .flat_map(|case| case())
        .collect()
}

/// One event; the id follows from what it is.
pub struct Event(Value);

pub fn event(at: &str, api: &str, identity: &str) -> Event {
    let (service, name) = api.split_once(':').unwrap();
    let identity: Value = serde_json::from_str(identity).unwrap();
    let account = identity["accountId"].as_str().unwrap_or("111122223333");
    Event(json!({
        "eventVersion": "1.10",
        "eventTime": time(at),
        "eventSource": format!("{service}.amazonaws.com"),
        "eventName": name,
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "192.0.2.10",
        "userAgent": "aws-cli/2.17.0",
        "eventID": format!("{at}-{name}"),
        "recipientAccountId": account,
        "userIdentity": identity,
    }))
}

impl Event {
    pub fn with(mut self, more: Value) -> Event {
        for (name, value) in more.as_object().unwrap() {
            self.0[name] = value.clone();
        }
        self
    }

    pub fn request(self, request: Value) -> Event {
        self.with(json!({"requestParameters": request}))
    }

    pub fn response(self, response: Value) -> Event {
        self.with(json!({"responseElements": response}))
    }

    pub fn id(self, id: &str) -> Event {
        self.with(json!({"eventID": id}))
    }

    pub fn end(self) -> String {
        self.0.to_string()
    }
}

/// The instant `M:SS`, or `HH:MM:SS`, of the morning.
pub fn time(at: &str) -> String {
    match at.len() {
        8 => format!("2026-10-14T{at}Z"),
        _ => format!("2026-10-14T09:{at:0>5}Z"),
    }
}

/// The identity of a role's session.
pub fn role_session(role: &str, name: &str, key: &str, created: &str) -> String {
    session_in("aws", "111122223333", role, name, key, created)
}

pub fn session_in(
    partition: &str,
    account: &str,
    role: &str,
    name: &str,
    key: &str,
    created: &str,
) -> String {
    json!({
        "type": "AssumedRole",
        "principalId": format!("AROA{}:{name}", role.to_uppercase()),
        "arn": format!("arn:{partition}:sts::{account}:assumed-role/{role}/{name}"),
        "accountId": account,
        "accessKeyId": key,
        "sessionContext": {
            "attributes": {"creationDate": time(created), "mfaAuthenticated": "false"},
            "sessionIssuer": {
                "type": "Role",
                "principalId": format!("AROA{}", role.to_uppercase()),
                "arn": format!("arn:{partition}:iam::{account}:role/{role}"),
                "accountId": account,
                "userName": role,
            },
        },
    })
    .to_string()
}

/// The identity of a temporary session of a user.
pub fn user_session(user: &str, key: &str, created: &str) -> String {
    json!({
        "type": "IAMUser",
        "principalId": format!("AIDA{}", user.to_uppercase()),
        "arn": format!("arn:aws:iam::111122223333:user/{user}"),
        "accountId": "111122223333",
        "userName": user,
        "accessKeyId": key,
        "sessionContext": {
            "attributes": {"creationDate": time(created), "mfaAuthenticated": "true"},
            "sessionIssuer": {},
        },
    })
    .to_string()
}

/// An identity with something beside it.
pub fn also(identity: &str, more: Value) -> String {
    let mut identity: Value = serde_json::from_str(identity).unwrap();
    for (name, value) in more.as_object().unwrap() {
        identity[name] = value.clone();
    }
    identity.to_string()
}

/// An identity whose session context has something more.
pub fn in_session(identity: &str, more: Value) -> String {
    let mut identity: Value = serde_json::from_str(identity).unwrap();
    for (name, value) in more.as_object().unwrap() {
        identity["sessionContext"][name] = value.clone();
    }
    identity.to_string()
}

/// `AssumeRole` with everything that it answers.
pub fn assume_role(at: &str, by: &str, role: &str, name: &str, key: &str) -> Event {
    assume_role_in("aws", "111122223333", at, by, role, name, key)
}

pub fn assume_role_in(
    partition: &str,
    account: &str,
    at: &str,
    by: &str,
    role: &str,
    name: &str,
    key: &str,
) -> Event {
    event(at, "sts:AssumeRole", by)
        .id(&format!("{at}-{key}"))
        .request(json!({
            "roleArn": format!("arn:{partition}:iam::{account}:role/{role}"),
            "roleSessionName": name,
        }))
        .response(json!({
            "credentials": {"accessKeyId": key, "expiration": "Oct 14, 2026, 10:00:00 AM"},
            "assumedRoleUser": {
                "assumedRoleId": format!("AROA{}:{name}", role.to_uppercase()),
                "arn": format!("arn:{partition}:sts::{account}:assumed-role/{role}/{name}"),
            },
        }))
}

/// A call that changes nothing.
pub fn call(at: &str, by: &str) -> Event {
    event(at, "s3:ListBuckets", by)
}

/// The identity of a service.
pub fn service(name: &str) -> String {
    json!({"type": "AWSService", "invokedBy": name}).to_string()
}
