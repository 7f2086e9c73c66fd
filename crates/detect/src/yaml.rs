//! YAML text to a tree of nodes that know where they stand.
//!
//! In: the text of one file. Out: one tree a document. Only text, lists and mappings: what a scalar
//! means (number, truth value) is asked of it by whoever needs it, so that `version: 1.0` stays as
//! written. Aliases are unfolded under limits. No schema and no rule is known here.

use std::collections::HashMap;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span};

use crate::limits::{YAML_DEPTH_MAX, YAML_NODES_MAX, YAML_TEXT_BYTES_MAX};
use crate::problem::Position;

#[derive(Clone, Debug)]
pub struct Node {
    pub value: Value,
    pub position: Position,
    /// Character offsets of the node's text in the file.
    pub chars: (usize, usize),
}

#[derive(Clone, Debug)]
pub enum Value {
    Scalar { text: String, style: ScalarStyle },
    Sequence(Vec<Node>),
    Mapping(Vec<(Node, Node)>),
}

/// Why a file is not a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YamlError {
    pub position: Position,
    pub message: String,
}

/// All documents of the text; empty ones are left out. What came before an error is lost with it:
/// a file is read whole or not at all.
pub fn parse(text: &str) -> Result<Vec<Node>, YamlError> {
    let mut tree = Tree::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| YamlError {
            position: position(*error.marker()),
            message: format!("not valid YAML: {}", error.info()),
        })?;
        tree.take(event, span)?;
    }
    Ok(tree.documents)
}

/// The documents so far and the nodes that are still open.
#[derive(Default)]
struct Tree {
    documents: Vec<Node>,
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
    text_bytes: usize,
}

struct Open {
    anchor: usize,
    position: Position,
    start: usize,
    content: Content,
}

enum Content {
    Sequence(Vec<Node>),
    Mapping {
        pairs: Vec<(Node, Node)>,
        key: Option<Node>,
    },
}

impl Tree {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), YamlError> {
        let at = position(span.start);
        match event {
            Event::Scalar(text, style, anchor, _) => {
                let node = Node {
                    value: Value::Scalar {
                        text: text.into_owned(),
                        style,
                    },
                    position: at,
                    chars: (span.start.index(), span.end.index()),
                };
                self.count(&node)?;
                self.close(node, anchor);
            }
            Event::SequenceStart(anchor, _) => {
                self.open(anchor, span, Content::Sequence(Vec::new()))?;
            }
            Event::MappingStart(anchor, _) => {
                self.open(
                    anchor,
                    span,
                    Content::Mapping {
                        pairs: Vec::new(),
                        key: None,
                    },
                )?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(open) = self.open.pop() else {
                    return Ok(());
                };
                let value = match open.content {
                    Content::Sequence(items) => Value::Sequence(items),
                    Content::Mapping { pairs, .. } => Value::Mapping(pairs),
                };
                let chars = (open.start, span.end.index());
                self.close(
                    Node {
                        value,
                        position: open.position,
                        chars,
                    },
                    open.anchor,
                );
            }
            Event::Alias(anchor) => {
                let Some(mut node) = self.anchors.get(&anchor).cloned() else {
                    return Err(error(at, "an alias stands inside the node that it names"));
                };
                self.count(&node)?;
                node.position = at;
                self.close(node, 0);
            }
            Event::DocumentStart(_) => self.anchors.clear(),
            Event::DocumentEnd | Event::StreamStart | Event::StreamEnd | Event::Nothing => {}
        }
        Ok(())
    }

    fn open(&mut self, anchor: usize, span: Span, content: Content) -> Result<(), YamlError> {
        let at = position(span.start);
        self.nodes += 1;
        if self.open.len() >= YAML_DEPTH_MAX {
            return Err(error(
                at,
                format!("nested deeper than {YAML_DEPTH_MAX} levels"),
            ));
        }
        self.open.push(Open {
            anchor,
            position: at,
            start: span.start.index(),
            content,
        });
        Ok(())
    }

    fn close(&mut self, node: Node, anchor: usize) {
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut().map(|open| &mut open.content) {
            None if node.is_null() => {}
            None => self.documents.push(node),
            Some(Content::Sequence(items)) => items.push(node),
            Some(Content::Mapping { pairs, key }) => match key.take() {
                None => *key = Some(node),
                Some(key) => pairs.push((key, node)),
            },
        }
    }

    /// Adds a node with all that it holds to the counts. A copy for an anchor is not counted: it is
    /// bounded by what was counted when the node was first seen.
    fn count(&mut self, node: &Node) -> Result<(), YamlError> {
        let mut left = vec![node];
        while let Some(next) = left.pop() {
            self.nodes += 1;
            match &next.value {
                Value::Scalar { text, .. } => self.text_bytes += text.len(),
                Value::Sequence(items) => left.extend(items),
                Value::Mapping(pairs) => left.extend(pairs.iter().flat_map(|(k, v)| [k, v])),
            }
            if self.nodes > YAML_NODES_MAX || self.text_bytes > YAML_TEXT_BYTES_MAX {
                let message = format!(
                    "unfolds to more than {YAML_NODES_MAX} nodes or {YAML_TEXT_BYTES_MAX} bytes"
                );
                return Err(error(node.position, message));
            }
        }
        Ok(())
    }
}

impl Node {
    /// The text of a scalar, whatever it looks like.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// An empty plain scalar, `~` or `null`.
    pub fn is_null(&self) -> bool {
        match &self.value {
            Value::Scalar {
                text,
                style: ScalarStyle::Plain,
            } => {
                matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL")
            }
            _ => false,
        }
    }

    pub fn truth(&self) -> Option<bool> {
        match self.text()?.to_ascii_lowercase().as_str() {
            "true" | "yes" => Some(true),
            "false" | "no" => Some(false),
            _ => None,
        }
    }

    pub fn sequence(&self) -> Option<&[Node]> {
        match &self.value {
            Value::Sequence(items) => Some(items),
            _ => None,
        }
    }

    pub fn mapping(&self) -> Option<&[(Node, Node)]> {
        match &self.value {
            Value::Mapping(pairs) => Some(pairs),
            _ => None,
        }
    }

    /// The value of a key; the last one where a key stands twice, as most YAML readers take it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.mapping()?
            .iter()
            .rev()
            .find(|(k, _)| k.text() == Some(key))
            .map(|(_, value)| value)
    }

    /// What the node is, for messages.
    pub fn kind(&self) -> &'static str {
        match &self.value {
            Value::Scalar { .. } if self.is_null() => "nothing",
            Value::Scalar { .. } => "text",
            Value::Sequence(_) => "a list",
            Value::Mapping(_) => "a mapping",
        }
    }

    /// The node as JSON. Plain scalars become numbers and truth values where they look like one.
    pub fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::Scalar { .. } if self.is_null() => serde_json::Value::Null,
            Value::Scalar {
                text,
                style: ScalarStyle::Plain,
            } => match text.as_str() {
                "true" => true.into(),
                "false" => false.into(),
                _ => match text.parse::<i64>() {
                    Ok(number) => number.into(),
                    Err(_) => text.as_str().into(),
                },
            },
            Value::Scalar { text, .. } => text.as_str().into(),
            Value::Sequence(items) => items.iter().map(Node::to_json).collect(),
            Value::Mapping(pairs) => {
                let pair =
                    |(k, v): &(Node, Node)| (k.text().unwrap_or_default().to_string(), v.to_json());
                serde_json::Value::Object(pairs.iter().map(pair).collect())
            }
        }
    }
}

fn position(marker: Marker) -> Position {
    Position {
        line: marker.line(),
        column: marker.col() + 1,
    }
}

fn error(position: Position, message: impl Into<String>) -> YamlError {
    YamlError {
        position,
        message: message.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let found = match parse(text) {
            Ok(documents) => {
                let lines: Vec<String> = documents
                    .iter()
                    .map(|node| node.to_json().to_string())
                    .collect();
                lines.join("\n")
            }
            Err(error) => {
                format!(
                    "{}:{} {}",
                    error.position.line, error.position.column, error.message
                )
            }
        };
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn documents_become_trees() {
        check(
            "a: 1\nb: [x, 'true', true]\n",
            r#"{"a":1,"b":["x","true",true]}"#,
        );
        check("---\na: 1\n---\n---\nb: 2\n", "{\"a\":1}\n{\"b\":2}");
        check("", "");
        check("a: |\r\n  one\r\n  two\r\n", r#"{"a":"one\ntwo\n"}"#);
        check("a: &x {b: 1}\nc: *x\n", r#"{"a":{"b":1},"c":{"b":1}}"#);
    }

    #[test]
    fn hostile_text_is_refused() {
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..10 {
            let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
            bomb.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
        }
        let error = parse(&bomb).unwrap_err();
        assert!(
            error
                .message
                .starts_with("unfolds to more than 100000 nodes"),
            "{error:?}"
        );

        let deep = format!("{}x", "- ".repeat(5_000));
        assert!(
            parse(&deep)
                .unwrap_err()
                .message
                .starts_with("nested deeper than 64")
        );
        assert!(parse("a: [1, 2").is_err());
        assert!(parse("\u{0}\u{1}: {").is_err());
        assert!(parse("a: &a [*a]\n").is_err());
    }
}
