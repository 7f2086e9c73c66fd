//! What a policy document denies to whole credentials.
//!
//! A document goes in as it stands in a record, the denials that stop every action on every resource come
//! out. It is read leniently: text that is escaped for URLs, single values where lists may stand, any case of
//! keys. A statement with a condition that is not understood here denies nothing for certain and is left out,
//! and so is one with `NotAction` or `NotResource`.

use serde_json::{Map, Value};

use crate::date;
use crate::limits::STATEMENTS_MAX;

/// One statement that denies everything, and to whom.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Denial {
    /// To sessions issued before this instant only.
    pub issued_before: Option<i64>,
    /// Also to credentials without an issue time: the condition was `…IfExists`.
    pub without_issue_time: bool,
    /// To callers whose `aws:userid` is one of these; empty for all.
    pub callers: Vec<String>,
    /// To sign-in sessions of these ARNs; empty for all.
    pub sign_ins: Vec<String>,
    /// To sessions with one of these source identities; empty for all.
    pub source_identities: Vec<String>,
}

impl Denial {
    /// Everything, to everybody.
    pub(crate) fn everything() -> Denial {
        Denial::default()
    }
}

/// The denials of a document.
pub(crate) fn denials(document: &str) -> Vec<Denial> {
    let decoded = match document.trim_start().as_bytes().first() {
        Some(b'%') => percent_decoded(document),
        _ => document.to_owned(),
    };
    // A document may be JSON inside a JSON string.
    let value = match serde_json::from_str(&decoded) {
        Ok(Value::String(inner)) => serde_json::from_str(&inner).unwrap_or(Value::Null),
        Ok(value) => value,
        Err(_) => Value::Null,
    };
    let Some(statements) = value
        .as_object()
        .and_then(|policy| member(policy, "Statement"))
    else {
        return Vec::new();
    };
    let mut found: Vec<Denial> = list(statements)
        .take(STATEMENTS_MAX)
        .filter_map(|statement| denial(statement.as_object()?))
        .collect();
    found.sort();
    found.dedup();
    found
}

fn denial(statement: &Map<String, Value>) -> Option<Denial> {
    let is = |name: &str, wanted: &[&str]| {
        member(statement, name).is_some_and(|value| {
            list(value).any(|text| text.as_str().is_some_and(|text| wanted.contains(&text)))
        })
    };
    let denies = member(statement, "Effect")?
        .as_str()?
        .eq_ignore_ascii_case("deny");
    if !denies || !is("Action", &["*", "*:*"]) || !is("Resource", &["*"]) {
        return None;
    }
    let mut denial = Denial::everything();
    let Some(conditions) = member(statement, "Condition") else {
        return Some(denial);
    };
    for (operator, keys) in conditions.as_object()? {
        let operator = operator.to_ascii_lowercase();
        let if_exists = operator.ends_with("ifexists");
        let operator = operator.trim_end_matches("ifexists");
        for (key, values) in keys.as_object()? {
            let values = list(values).filter_map(Value::as_str);
            match (operator, key.to_ascii_lowercase().as_str()) {
                ("datelessthan" | "datelessthanequals", "aws:tokenissuetime") => {
                    // Of several instants any may hold: the latest.
                    denial.issued_before = values.filter_map(date::instant).max();
                    denial.issued_before?;
                    denial.without_issue_time = if_exists;
                }
                ("stringequals" | "stringlike", "aws:userid") => {
                    denial.callers = values.map(str::to_owned).collect();
                }
                (
                    "stringequals" | "stringlike" | "arnequals" | "arnlike",
                    "aws:signinsessionarn",
                ) => {
                    denial.sign_ins = values.map(str::to_owned).collect();
                }
                ("stringequals" | "stringlike", "aws:sourceidentity") => {
                    denial.source_identities = values.map(str::to_owned).collect();
                }
                _ => return None,
            }
        }
    }
    Some(denial)
}

fn member<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let found = object
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value)
}

/// The elements of a list; a single value is a list of one.
fn list(value: &Value) -> impl Iterator<Item = &Value> {
    match value {
        Value::Array(values) => values.iter(),
        single => std::slice::from_ref(single).iter(),
    }
}

fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = text.get(at + 1..at + 3);
        match (
            bytes[at],
            hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()),
        ) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 3;
            }
            (byte, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(document: &str, expected: &[Denial]) {
        assert_eq!(denials(document), expected, "{document}");
    }

    #[test]
    fn documents() {
        let all = Denial::everything();
        check(
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#,
            std::slice::from_ref(&all),
        );
        check(
            "%7B%22Statement%22%3A%7B%22Effect%22%3A%22Deny%22%2C%22Action%22%3A%5B%22*%22%5D%2C%22Resource%22%3A%5B%22*%22%5D%7D%7D",
            std::slice::from_ref(&all),
        );
        let older = |at| Denial {
            issued_before: Some(at),
            ..Denial::everything()
        };
        check(
            r#"{"statement":{"effect":"deny","action":["*"],"resource":["*"],"condition":{"DateLessThan":{"aws:TokenIssueTime":["2026-10-14T12:00:00.000Z"]}}}}"#,
            &[older(1_791_979_200_000_000)],
        );
        check(
            r#"{"Statement":{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringLike":{"aws:userId":"AROAEXAMPLE:i-*"}}}}"#,
            &[Denial {
                callers: vec!["AROAEXAMPLE:i-*".into()],
                ..Denial::everything()
            }],
        );
    }

    #[test]
    fn what_denies_nothing_for_certain() {
        for document in [
            "",
            "null",
            "[[[[",
            r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
            r#"{"Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}"#,
            r#"{"Statement":[{"Effect":"Deny","NotAction":"iam:*","Resource":"*"}]}"#,
            r#"{"Statement":[{"Effect":"Deny","Action":"*","Resource":"arn:aws:s3:::a"}]}"#,
            r#"{"Statement":[{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.1"}}}]}"#,
            r#"{"Statement":[{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"DateLessThan":{"aws:TokenIssueTime":"soon"}}}]}"#,
        ] {
            check(document, &[]);
        }
        check(&"[".repeat(100_000), &[]);
    }
}
