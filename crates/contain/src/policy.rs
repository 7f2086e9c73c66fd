//! The policy documents that a plan lays on principals.
//!
//! In: names and ids that AWS could have given out. Out: documents as short as they can be, because the
//! inline policies of a user may have 2,048 characters together. The instant before which sessions are
//! denied is not known until the step runs: [`CUT_OFF`] stands for it.

use serde_json::{Value, json};

use crate::control::{Control, Measure, Only};
use crate::owner::Owner;

/// Stands in parameters for the instant at which the step runs.
pub const CUT_OFF: &str = "${cut_off}";

/// Everything is denied.
pub fn deny_all() -> String {
    document(vec![deny(None)])
}

/// Everything is denied to sessions issued before the cut.
pub fn deny_older() -> String {
    document(vec![deny(Some(older()))])
}

/// Everything is denied to these full principal ids.
pub fn deny_user_ids(ids: &[String]) -> String {
    document(vec![deny(Some(
        json!({"StringEquals": {"aws:userid": ids}}),
    ))])
}

/// Everything is denied to one person's sessions of a permission set issued before the cut, beside the
/// statements that the set has already.
pub fn deny_person(existing: Option<&Value>, session_names: &[String]) -> String {
    let mut statements = match existing.map(|document| &document["Statement"]) {
        Some(Value::Array(statements)) => statements.clone(),
        Some(Value::Object(statement)) => vec![Value::Object(statement.clone())],
        _ => Vec::new(),
    };
    let names: Vec<String> = session_names
        .iter()
        .map(|name| format!("*:{name}"))
        .collect();
    statements.push(deny(Some(json!({
        "StringLike": {"aws:userid": names},
        "DateLessThan": {"aws:TokenIssueTime": CUT_OFF},
    }))));
    document(statements)
}

/// The service control policy that lays these controls on: against users, against older sessions of roles, and
/// against the root. Privileged tasks that the organisation takes in the root's name stay possible, but for
/// those that were begun before, where they are meant.
pub fn organisation_deny(partition: &str, measures: &[Measure]) -> String {
    let of = |control: Control| -> Vec<Value> {
        let wanted = measures.iter().filter(|measure| measure.control == control);
        wanted
            .flat_map(|measure| match (&measure.only, control) {
                (Only::UserIds(ids), Control::OrgDenyFederated) => federated(partition, ids),
                _ => principal_patterns(partition, &measure.on),
            })
            .map(Value::String)
            .collect()
    };
    let older = json!({"aws:TokenIssueTime": CUT_OFF});
    let mut statements = Vec::new();
    for (control, condition) in [
        (Control::OrgDenyUser, json!({})),
        (Control::OrgDenyFederated, json!({})),
        (Control::OrgDenyRole, json!({"DateLessThan": older})),
        (
            Control::OrgDenyRoot,
            json!({"Null": {"aws:AssumedRoot": "true"}}),
        ),
        (
            Control::OrgDenyAssumedRoot,
            json!({"Null": {"aws:AssumedRoot": "false"}, "DateLessThan": older}),
        ),
    ] {
        let principals = of(control);
        if !principals.is_empty() {
            let mut condition = condition;
            condition["ArnLike"] = json!({"aws:PrincipalArn": principals});
            statements.push(deny(Some(condition)));
        }
    }
    document(statements)
}

/// A trust policy with one principal shut out; what stood in it stays as it was.
pub fn shut_out(
    existing: &Value,
    principal: Value,
    action: &str,
    condition: Option<Value>,
) -> String {
    let mut statements = match &existing["Statement"] {
        Value::Array(statements) => statements.clone(),
        Value::Object(statement) => vec![Value::Object(statement.clone())],
        _ => Vec::new(),
    };
    let mut added = json!({"Effect": "Deny", "Principal": principal, "Action": action});
    if let (Some(condition), Some(added)) = (condition, added.as_object_mut()) {
        added.insert("Condition".to_owned(), condition);
    }
    statements.push(added);
    document(statements)
}

/// A principal without a path and with any. One pattern with a star would also meet `malice` for `alice`.
fn principal_patterns(partition: &str, owner: &Owner) -> Vec<String> {
    let (kind, account, name) = match owner {
        Owner::User { account, name } => ("user", account, name),
        Owner::Role { account, name } => ("role", account, name),
        other => return vec![other.arn(partition)],
    };
    let start = format!("arn:{partition}:iam::{account}:{kind}");
    vec![format!("{start}/{name}"), format!("{start}/*/{name}")]
}

/// Federated users as `aws:PrincipalArn` gives them, by the ids that `aws:userid` has for them.
fn federated(partition: &str, ids: &[String]) -> Vec<String> {
    let ids = ids.iter().filter_map(|id| id.split_once(':'));
    ids.map(|(account, name)| format!("arn:{partition}:sts::{account}:federated-user/{name}"))
        .collect()
}

fn older() -> Value {
    json!({"DateLessThan": {"aws:TokenIssueTime": CUT_OFF}})
}

fn deny(condition: Option<Value>) -> Value {
    let mut statement = json!({"Effect": "Deny", "Action": "*", "Resource": "*"});
    if let (Some(condition), Some(statement)) = (condition, statement.as_object_mut()) {
        statement.insert("Condition".to_owned(), condition);
    }
    statement
}

fn document(statements: Vec<Value>) -> String {
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}
