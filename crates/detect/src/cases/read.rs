//! A file of cases to cases.
//!
//! In: the YAML text. Out: cases whose events are CloudTrail records, or the first thing that is wrong
//! with its place. Unknown keys are refused: a misspelt key would be a case that tests something else.

use serde_json::Value as Json;

use super::event::{Writer, merge};
use crate::limits::TEST_EVENTS_MAX;
use crate::problem::{Position, Problem, Severity};
use crate::yaml::{self, Node};

#[derive(Clone, Debug)]
pub struct TestFile {
    pub file: String,
    pub cases: Vec<Case>,
}

#[derive(Clone, Debug)]
pub struct Case {
    pub name: String,
    /// Whether the case is an attempt to get around the rule.
    pub is_evasion: bool,
    pub position: Position,
    pub events: Events,
    /// As `[estate]` of the configuration; null when the case names none.
    pub estate: Json,
    pub expected: Expected,
}

#[derive(Clone, Debug)]
pub enum Events {
    Records(Vec<Json>),
    /// A story of the simulator, with its seed.
    Story(String, u64),
}

impl Events {
    pub fn is_none(&self) -> bool {
        matches!(self, Events::Records(records) if records.is_empty())
    }
}

/// How many alerts, or which.
#[derive(Clone, Debug)]
pub enum Expected {
    Count(usize),
    /// These and no others, in any order.
    Alerts(Vec<ExpectedAlert>),
}

/// What is known of one alert: its severity, title, keys, number of events, or cells of its row.
#[derive(Clone, Debug)]
pub struct ExpectedAlert {
    pub values: Vec<(String, Json)>,
}

impl Case {
    /// Whether the rule must keep quiet.
    pub fn is_negative(&self) -> bool {
        match &self.expected {
            Expected::Count(count) => *count == 0,
            Expected::Alerts(alerts) => alerts.is_empty(),
        }
    }
}

/// The cases of a file's text; `file` is the name to report it under.
pub fn read(file: &str, text: &str) -> Result<TestFile, Problem> {
    let reader = Reader { file };
    let documents = yaml::parse(text)
        .map_err(|e| Problem::new(file, e.position, Severity::Error, e.message))?;
    let [document] = documents.as_slice() else {
        let at = Position { line: 1, column: 1 };
        let message = "expected one document with a list of `cases`";
        return Err(Problem::new(file, at, Severity::Error, message));
    };
    reader.keys(document, &["identities", "defaults", "cases"])?;
    let empty = Node {
        value: yaml::Value::Mapping(Vec::new()),
        position: document.position,
        chars: (0, 0),
    };
    let identities = document.get("identities").unwrap_or(&empty);
    let defaults = document.get("defaults").unwrap_or(&empty);
    let mut cases = Vec::new();
    for node in reader.list(document, "cases")? {
        cases.push(reader.case(node, identities, defaults)?);
    }
    Ok(TestFile {
        file: file.to_string(),
        cases,
    })
}

/// Errors carry the file's name.
pub(super) struct Reader<'a> {
    pub file: &'a str,
}

impl Reader<'_> {
    fn case(&self, node: &Node, identities: &Node, defaults: &Node) -> Result<Case, Problem> {
        let keys = [
            "name",
            "evasion",
            "story",
            "seed",
            "events",
            "estate",
            "identities",
            "expect",
        ];
        self.keys(node, &keys)?;
        let name = self.text(node, "name")?.to_string();
        let own = node.get("identities");
        let writer = Writer {
            reader: self,
            identities: [own, Some(identities)],
            defaults,
            case: &name,
        };
        let events = match (node.get("events"), node.get("story")) {
            (Some(_), None) => {
                let mut records = Vec::new();
                for event in self.list(node, "events")? {
                    writer.write(event, &mut records)?;
                    if records.len() > TEST_EVENTS_MAX {
                        let message = format!("a case may have {TEST_EVENTS_MAX} events");
                        return Err(self.wrong(event, message));
                    }
                }
                Events::Records(records)
            }
            (None, Some(story)) => {
                let seed = node.get("seed").and_then(Node::text).unwrap_or("1");
                let seed = seed.parse().map_err(|_| {
                    self.wrong(node, format!("`seed` is `{seed}`: expected a number"))
                })?;
                Events::Story(
                    self.need_text(story, "the name of a story")?.to_string(),
                    seed,
                )
            }
            _ => return Err(self.wrong(node, "a case has either `events` or a `story`")),
        };
        let json = |key: &str| node.get(key).map_or(Json::Null, Node::to_json);
        Ok(Case {
            is_evasion: node.get("evasion").and_then(Node::truth).unwrap_or(false),
            position: node.position,
            events,
            estate: json("estate"),
            expected: self.expected(node)?,
            name,
        })
    }

    fn expected(&self, case: &Node) -> Result<Expected, Problem> {
        let Some(node) = case.get("expect") else {
            return Err(self.wrong(case, "the case says nothing of what to `expect`"));
        };
        if let Some(alerts) = node.sequence() {
            let alert = |node: &Node| match node.to_json() {
                Json::Object(values) => Ok(ExpectedAlert {
                    values: values.into_iter().collect(),
                }),
                _ => Err(self.wrong(node, "expected columns and their values")),
            };
            return Ok(Expected::Alerts(
                alerts.iter().map(alert).collect::<Result<_, _>>()?,
            ));
        }
        match node.text() {
            Some("nothing") => Ok(Expected::Count(0)),
            Some(text) if text.parse::<usize>().is_ok() => {
                Ok(Expected::Count(text.parse().unwrap_or(0)))
            }
            _ => {
                let message = "expected a list of alerts, their number, or `nothing`";
                Err(self.wrong(node, message))
            }
        }
    }

    pub fn keys(&self, node: &Node, known: &[&str]) -> Result<(), Problem> {
        let Some(pairs) = node.mapping() else {
            return Err(self.wrong(node, format!("found {}: expected a mapping", node.kind())));
        };
        for (key, _) in pairs {
            let name = key.text().unwrap_or_default();
            if !known.contains(&name) {
                let message = format!("unknown key `{name}`");
                let help = format!("keys here are `{}`", known.join("`, `"));
                return Err(self.wrong(key, message).with_help(help));
            }
        }
        Ok(())
    }

    fn list<'n>(&self, node: &'n Node, key: &str) -> Result<&'n [Node], Problem> {
        match node.get(key).and_then(Node::sequence) {
            Some(items) => Ok(items),
            None => Err(self.wrong(
                node.get(key).unwrap_or(node),
                format!("expected a list of `{key}`"),
            )),
        }
    }

    pub fn text<'n>(&self, node: &'n Node, key: &str) -> Result<&'n str, Problem> {
        match node.get(key) {
            Some(value) => self.need_text(value, &format!("text for `{key}`")),
            None => Err(self.wrong(node, format!("there is no `{key}`"))),
        }
    }

    pub fn need_text<'n>(&self, node: &'n Node, what: &str) -> Result<&'n str, Problem> {
        node.text()
            .ok_or_else(|| self.wrong(node, format!("found {}: expected {what}", node.kind())))
    }

    pub fn wrong(&self, node: &Node, message: impl Into<String>) -> Problem {
        Problem::new(self.file, node.position, Severity::Error, message)
    }
}

/// What lies over the defaults of a file.
pub(super) fn over(defaults: &Node, node: &Node) -> Json {
    let mut all = defaults.to_json();
    merge(&mut all, node.to_json());
    all
}
