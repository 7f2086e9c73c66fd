//! XML as dynamic values, for `parse_xml`: no namespaces, no entities but the five of XML.

use serde_json::{Map, Value};

use crate::functions::limits::XML_DEPTH_MAX;

/// A bag with the root element; none for what is not well formed or nested too deep.
pub fn parse(text: &str) -> Option<Value> {
    let mut rest = text.trim_start_matches('\u{feff}').trim();
    let mut open: Vec<(String, Map<String, Value>)> = Vec::new();
    loop {
        let (before, behind) = rest.split_once('<')?;
        add_text(open.last_mut(), before);
        rest = behind;
        if let Some(behind) = rest.strip_prefix("!--") {
            rest = behind.split_once("-->")?.1;
        } else if let Some(behind) = rest.strip_prefix("![CDATA[") {
            let (text, behind) = behind.split_once("]]>")?;
            add_raw_text(open.last_mut(), text);
            rest = behind;
        } else if rest.starts_with(['?', '!']) {
            rest = rest.split_once('>')?.1;
        } else if let Some(behind) = rest.strip_prefix('/') {
            let (name, behind) = behind.split_once('>')?;
            let (opened, members) = open.pop()?;
            if opened != name.trim() {
                return None;
            }
            rest = behind;
            if let Some(root) = close(&mut open, opened, members) {
                return Some(root);
            }
        } else {
            let (tag, behind) = split_tag(rest)?;
            rest = behind;
            let (tag, is_empty) = match tag.strip_suffix('/') {
                Some(tag) => (tag, true),
                None => (tag, false),
            };
            let (name, members) = element(tag)?;
            if is_empty {
                if let Some(root) = close(&mut open, name, members) {
                    return Some(root);
                }
            } else if open.len() >= XML_DEPTH_MAX {
                return None;
            } else {
                open.push((name, members));
            }
        }
    }
}

/// Puts a finished element into its parent; the root is the answer.
fn close(
    open: &mut [(String, Map<String, Value>)],
    name: String,
    mut members: Map<String, Value>,
) -> Option<Value> {
    let only_text = members.len() == 1;
    let value = match members.remove("#text") {
        Some(text) if only_text => text,
        Some(text) => {
            members.insert("#text".to_owned(), text);
            Value::Object(members)
        }
        None if members.is_empty() => Value::Null,
        None => Value::Object(members),
    };
    let Some((_, parent)) = open.last_mut() else {
        let mut root = Map::new();
        root.insert(name, value);
        return Some(Value::Object(root));
    };
    match parent.get_mut(&name) {
        Some(Value::Array(items)) => items.push(value),
        Some(first) => *first = Value::Array(vec![first.take(), value]),
        None => {
            parent.insert(name, value);
        }
    }
    None
}

/// Up to the `>` that is in no quotes.
fn split_tag(text: &str) -> Option<(&str, &str)> {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (None, '>') => return Some((&text[..at], &text[at + 1..])),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    None
}

fn element(tag: &str) -> Option<(String, Map<String, Value>)> {
    let end = tag.find(char::is_whitespace).unwrap_or(tag.len());
    let (name, mut rest) = tag.split_at(end);
    if name.is_empty() {
        return None;
    }
    let mut members = Map::new();
    loop {
        rest = rest.trim();
        if rest.is_empty() {
            return Some((name.to_owned(), members));
        }
        let (attribute, behind) = rest.split_once('=')?;
        let behind = behind.trim_start();
        let quote = behind.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let (value, behind) = behind[1..].split_once(quote)?;
        members.insert(
            format!("@{}", attribute.trim()),
            Value::String(unescaped(value)),
        );
        rest = behind;
    }
}

fn add_text(element: Option<&mut (String, Map<String, Value>)>, text: &str) {
    if !text.trim().is_empty() {
        add_raw_text(element, &unescaped(text.trim()));
    }
}

fn add_raw_text(element: Option<&mut (String, Map<String, Value>)>, text: &str) {
    let Some((_, members)) = element else { return };
    match members.get_mut("#text") {
        Some(Value::String(known)) => known.push_str(text),
        _ => {
            members.insert("#text".to_owned(), Value::String(text.to_owned()));
        }
    }
}

fn unescaped(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&amp;", "&")
}
