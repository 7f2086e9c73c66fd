//! What undoes what: for every event by which something is made or altered, the calls that take it back.
//!
//! In: the table `undo_map.txt`. Out: the row of an event, and its calls with parameters taken from what the
//! event's record holds. Deliberately not here: whether anything is to be undone (`resources.rs`).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Map, Value};

const TEXT: &str = include_str!("undo_map.txt");

/// All rows, in the order of the table.
pub static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let lines = TEXT.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| read_row(line).expect("a test reads every line of the table"))
        .collect()
});

static BY_EVENT: LazyLock<BTreeMap<(&'static str, &'static str), usize>> = LazyLock::new(|| {
    let rows = ROWS.iter().enumerate();
    rows.map(|(place, row)| ((row.source, plain_name(row.event)), place))
        .collect()
});

/// One event, and what takes it back.
#[derive(Debug)]
pub struct Row {
    pub number: u32,
    /// Real records show where the parameters stand. A row that is only remembered is for a person.
    pub seen: bool,
    /// As in `iam`, of `iam.amazonaws.com`.
    pub source: &'static str,
    pub event: &'static str,
    pub how: How,
    pub wave: Wave,
    pub params: Vec<(&'static str, Vec<Path>)>,
    pub calls: Vec<MapCall>,
    /// What is done when the state of before is not known.
    pub otherwise: Vec<MapCall>,
    pub remark: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    Delete,
    Remove,
    Restore,
    Hand,
}

/// In which order things are taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wave {
    /// Losses that go on while one waits, and logging.
    Clock,
    /// What would start the rest again.
    Timer,
    Compute,
    Network,
    Storage,
    /// Identities that were made, what belongs to them first.
    Identity,
    /// What was legitimate and was altered.
    Restore,
}

/// A place in a record.
#[derive(Debug)]
pub struct Path {
    root: Root,
    steps: Vec<&'static str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Root {
    Request,
    Response,
    Before,
}

/// A call of the table.
#[derive(Debug)]
pub struct MapCall {
    /// As in the AWS command line.
    pub service: &'static str,
    pub operation: &'static str,
    pub arguments: Vec<(&'static str, Argument)>,
    /// It cannot be undone.
    pub is_final: bool,
    /// It is right only if it was so before, which no record says.
    pub is_unsure: bool,
}

#[derive(Debug)]
pub enum Argument {
    /// The parameter of this name.
    Parameter(&'static str),
    /// The same, and it may be absent.
    Optional(&'static str),
    Literal(String),
}

/// What a record holds, for [`Row::calls_for`].
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    pub request: &'a Value,
    pub response: &'a Value,
    pub before: Option<&'a Value>,
}

/// A call with its parameters. One whose record does not hold them all lacks some.
#[derive(Clone, Debug, PartialEq)]
pub struct FilledCall {
    pub service: &'static str,
    pub operation: &'static str,
    pub params: Map<String, Value>,
    /// Parameters that the record does not hold.
    pub missing: Vec<&'static str>,
    pub is_final: bool,
    pub is_unsure: bool,
}

/// The row of an event; the version that Lambda writes behind its event names does not matter.
pub fn find(source: &str, event: &str) -> Option<&'static Row> {
    let source = keyline_trail::partition::service_name(source);
    BY_EVENT
        .get(&(source, plain_name(event)))
        .map(|place| &ROWS[*place])
}

impl Row {
    /// The names under which the event is written down: some services have written theirs without the date of an
    /// interface's version, with it, and with a second number behind it.
    pub fn names(&self) -> Vec<String> {
        let plain = plain_name(self.event);
        let date = self.event.get(plain.len()..).and_then(|rest| rest.get(..8));
        let Some(date) = date else {
            return vec![self.event.to_owned()];
        };
        let dated = format!("{plain}{date}");
        vec![plain.to_owned(), format!("{dated}v2"), dated]
    }

    /// What the record says about which thing it is: its parameters without those of the state before.
    pub fn names_of(&self, record: &Record<'_>) -> Map<String, Value> {
        let named = self.params.iter().filter_map(|(name, paths)| {
            let value = paths.iter().find_map(|path| path.value(record))?;
            Some(((*name).to_owned(), value))
        });
        named.collect()
    }

    /// The calls that take one event back, with what its record says.
    pub fn calls_for(&self, record: &Record<'_>) -> Vec<FilledCall> {
        let mut values = Map::new();
        let mut lacks_before = false;
        for (name, paths) in &self.params {
            match paths.iter().find_map(|path| path.value(record)) {
                Some(value) => {
                    values.insert((*name).to_owned(), value);
                }
                None => lacks_before |= paths.iter().any(|path| path.root == Root::Before),
            }
        }
        let calls = match lacks_before && !self.otherwise.is_empty() {
            true => &self.otherwise,
            false => &self.calls,
        };
        calls.iter().map(|call| call.filled(&values)).collect()
    }
}

impl MapCall {
    fn filled(&self, values: &Map<String, Value>) -> FilledCall {
        let mut filled = FilledCall {
            service: self.service,
            operation: self.operation,
            params: Map::new(),
            missing: Vec::new(),
            is_final: self.is_final,
            is_unsure: self.is_unsure,
        };
        for (name, argument) in &self.arguments {
            let value = match argument {
                Argument::Parameter(parameter) => values.get(*parameter).cloned(),
                Argument::Optional(parameter) => match values.get(*parameter) {
                    Some(value) => Some(value.clone()),
                    None => continue,
                },
                Argument::Literal(text) => literal(text, values),
            };
            match value {
                Some(value) => {
                    filled.params.insert((*name).to_owned(), value);
                }
                None => filled.missing.push(name),
            }
        }
        filled
    }
}

impl Path {
    fn value(&self, record: &Record<'_>) -> Option<Value> {
        let root = match self.root {
            Root::Request => record.request,
            Root::Response => record.response,
            Root::Before => record.before?,
        };
        let found = walk(root, &self.steps)?;
        match found {
            Value::Null => None,
            // The record holds a policy as an object, the call takes it as text.
            Value::Object(_) => Some(Value::String(found.to_string())),
            Value::String(text) if text.is_empty() => None,
            Value::Array(list) if list.is_empty() => None,
            // A plan holds no number that programs could write in different ways.
            Value::Number(number) if number.as_i64().is_none() => {
                Some(Value::String(number.to_string()))
            }
            other => Some(other),
        }
    }
}

/// What stands at the end of a way; a list where the way goes through one.
fn walk(value: &Value, steps: &[&str]) -> Option<Value> {
    let Some((step, rest)) = steps.split_first() else {
        return Some(value.clone());
    };
    match step.strip_suffix("[]") {
        None => walk(value.get(step)?, rest),
        Some(name) => {
            let list = value.get(name)?.as_array()?;
            let found = list.iter().filter_map(|item| walk(item, rest));
            Some(Value::Array(found.collect()))
        }
    }
}

/// A literal; `$name` in it stands for a parameter.
fn literal(text: &str, values: &Map<String, Value>) -> Option<Value> {
    let Some((before, name)) = text.split_once('$') else {
        return Some(match text {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            number if number.bytes().all(|byte| byte.is_ascii_digit()) => {
                Value::from(number.parse::<i64>().ok()?)
            }
            text => Value::from(text),
        });
    };
    let value = values.get(name)?.as_str()?;
    Some(Value::from(format!("{before}{value}")))
}

/// An event's name without a version at its end: `AddPermission20150331v2` is `AddPermission`.
pub(crate) fn plain_name(event: &str) -> &str {
    let digits = |text: &str| text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    let without_small = match event.rsplit_once('v') {
        Some((start, small)) if small.len() == 1 && small.as_bytes()[0].is_ascii_digit() => start,
        _ => event,
    };
    let cut = without_small.len().saturating_sub(8);
    match without_small.get(cut..) {
        Some(date) if digits(date) => &without_small[..cut],
        _ => event,
    }
}

fn read_row(line: &'static str) -> Option<Row> {
    let cells: Vec<&str> = line.split('|').map(str::trim).collect();
    let [
        number,
        seen,
        source,
        event,
        how,
        wave,
        params,
        calls,
        remark,
    ] = cells[..]
    else {
        return None;
    };
    let (calls, otherwise) = calls.split_once(" else ").unwrap_or((calls, ""));
    Some(Row {
        number: number.parse().ok()?,
        seen: match seen {
            "seen" => true,
            "memory" => false,
            _ => return None,
        },
        source,
        event,
        how: match how {
            "delete" => How::Delete,
            "remove" => How::Remove,
            "restore" => How::Restore,
            "hand" => How::Hand,
            _ => return None,
        },
        wave: match wave {
            "clock" => Wave::Clock,
            "timer" => Wave::Timer,
            "compute" => Wave::Compute,
            "network" => Wave::Network,
            "storage" => Wave::Storage,
            "identity" => Wave::Identity,
            "restore" => Wave::Restore,
            _ => return None,
        },
        params: list(params, ';')
            .map(read_parameter)
            .collect::<Option<_>>()?,
        calls: list(calls, '>').map(read_call).collect::<Option<_>>()?,
        otherwise: list(otherwise, '>').map(read_call).collect::<Option<_>>()?,
        remark,
    })
}

fn read_parameter(text: &'static str) -> Option<(&'static str, Vec<Path>)> {
    let (name, paths) = text.split_once('=')?;
    let read_path = |path: &'static str| {
        let (root, steps) = path.split_once('.')?;
        Some(Path {
            root: match root {
                "RP" => Root::Request,
                "RE" => Root::Response,
                "BEFORE" => Root::Before,
                _ => return None,
            },
            steps: steps.split('.').collect(),
        })
    };
    Some((
        name,
        list(paths, ',').map(read_path).collect::<Option<_>>()?,
    ))
}

fn read_call(text: &'static str) -> Option<MapCall> {
    let (is_final, is_unsure) = (text.starts_with('!'), text.starts_with('?'));
    let text = text.trim_start_matches(['!', '?']);
    let (service, rest) = text.split_once(' ')?;
    let (operation, arguments) = rest.strip_suffix(')')?.split_once('(')?;
    let mut read = Vec::new();
    for argument in split_arguments(arguments) {
        read.push(match argument.split_once('=') {
            Some((name, value)) => (name, Argument::Literal(value.replace("\\,", ","))),
            None => match argument.strip_suffix('?') {
                Some(name) => (name, Argument::Optional(name)),
                None => (argument, Argument::Parameter(argument)),
            },
        });
    }
    Some(MapCall {
        service,
        operation,
        arguments: read,
        is_final,
        is_unsure,
    })
}

/// Arguments between commas; a comma behind a backslash belongs to a value.
fn split_arguments(text: &'static str) -> Vec<&'static str> {
    let mut found = Vec::new();
    let mut start = 0;
    for (place, byte) in text.bytes().enumerate() {
        if byte == b',' && !text[..place].ends_with('\\') {
            found.push(text[start..place].trim());
            start = place + 1;
        }
    }
    found.push(text[start..].trim());
    found.retain(|argument| !argument.is_empty());
    found
}

fn list(text: &'static str, between: char) -> impl Iterator<Item = &'static str> {
    text.split(between)
        .map(str::trim)
        .filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_line_is_a_row_and_every_argument_a_parameter() {
        for line in TEXT.lines().filter(|line| !line.starts_with('#')) {
            let row = read_row(line).unwrap_or_else(|| panic!("no row: {line}"));
            assert!(!row.calls.is_empty(), "{line}");
            for call in row.calls.iter().chain(&row.otherwise) {
                for (_, argument) in &call.arguments {
                    let name = match argument {
                        Argument::Parameter(name) | Argument::Optional(name) => name,
                        Argument::Literal(text) => match text.split_once('$') {
                            Some((_, name)) => name,
                            None => continue,
                        },
                    };
                    assert!(row.params.iter().any(|(known, _)| known == &name), "{line}");
                }
            }
        }
        let numbers: std::collections::BTreeSet<u32> = ROWS.iter().map(|row| row.number).collect();
        assert_eq!(numbers, (1..=84).collect());
        assert_eq!(BY_EVENT.len(), ROWS.len(), "an event stands in two rows");
    }

    #[test]
    fn deletions_are_final() {
        for row in ROWS.iter() {
            for call in row.calls.iter().chain(&row.otherwise) {
                let deletes = ["Delete", "TerminateInstances", "Release", "Deregister"]
                    .iter()
                    .any(|start| call.operation.starts_with(start));
                // A definition that is taken from the list is registered again as it was.
                let known = ["DeregisterTaskDefinition", "DeregisterJobDefinition"]
                    .contains(&call.operation);
                assert!(
                    !deletes || call.is_final || known,
                    "{} {}",
                    row.event,
                    call.operation
                );
            }
        }
    }

    #[test]
    fn parameters_come_from_the_record() {
        let row = find("ec2.amazonaws.com", "RunInstances").unwrap();
        let response =
            json!({"instancesSet": {"items": [{"instanceId": "i-1"}, {"instanceId": "i-2"}]}});
        let record = Record {
            request: &Value::Null,
            response: &response,
            before: None,
        };
        let calls = row.calls_for(&record);
        assert_eq!(calls[0].operation, "StopInstances");
        assert_eq!(calls[0].params["instance_ids"], json!(["i-1", "i-2"]));
        assert!(calls[1].is_final);
        assert_eq!(
            find("lambda.amazonaws.com.cn", "AddPermission20150331").map(|row| row.number),
            Some(49)
        );
        assert!(find("iam.amazonaws.com", "GetUser").is_none());
    }

    #[test]
    fn what_is_not_known_before_is_deleted_or_looked_up() {
        let row = find("iam.amazonaws.com", "PutRolePolicy").unwrap();
        let request = json!({"roleName": "r", "policyName": "p", "policyDocument": "{}"});
        let before = json!({"policyDocument": "{\"old\":1}"});
        let with = |before| {
            row.calls_for(&Record {
                request: &request,
                response: &Value::Null,
                before,
            })
        };
        assert_eq!(with(None)[0].operation, "DeleteRolePolicy");
        let restored = with(Some(&before));
        assert_eq!(restored[0].operation, "PutRolePolicy");
        assert_eq!(restored[0].params["policy_document"], json!("{\"old\":1}"));
    }
}
