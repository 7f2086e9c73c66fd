//! Which addresses and programs an alert tells of: those of all its rows, not of the one that is shown.
//!
//! In: rows. Out: texts. An allow-list asks for this: who is allowed from one place shall not hide who is
//! at work from another in the same alert.

use std::collections::BTreeSet;
use std::net::IpAddr;

use keyline_kql::types::Value;
use serde_json::Value as Json;

use crate::row::ResultRow;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// What is an IP address in any cell, and whatever stands in a column of source addresses: names of
    /// services as well.
    pub addresses: BTreeSet<String>,
    /// The user agents.
    pub agents: BTreeSet<String>,
}

impl Told {
    pub fn add(&mut self, row: &ResultRow<'_>) {
        for (column, value) in row.cells() {
            match value {
                Value::String(text) => self.text(&column.name, text),
                Value::Dynamic(json) => match serde_json::from_str(json) {
                    Ok(json) => self.json(&column.name, &json),
                    Err(_) => self.text(&column.name, json),
                },
                _ => {}
            }
        }
    }

    pub fn append(&mut self, other: &mut Told) {
        self.addresses.append(&mut other.addresses);
        self.agents.append(&mut other.agents);
    }

    fn json(&mut self, name: &str, json: &Json) {
        match json {
            Json::String(text) => self.text(name, text),
            Json::Array(items) => items.iter().for_each(|item| self.json(name, item)),
            Json::Object(members) => members.iter().for_each(|(key, it)| self.json(key, it)),
            _ => {}
        }
    }

    fn text(&mut self, name: &str, text: &str) {
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        if text.parse::<IpAddr>().is_ok() || is_of_addresses(name) {
            self.addresses.insert(text.to_owned());
        }
        if name.ends_with("Agent") || name.ends_with("Agents") {
            self.agents.insert(text.to_owned());
        }
    }
}

/// Whether a column of this name holds where calls came from, be it an address or a service.
fn is_of_addresses(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.contains("ipaddress") || name.contains("sourceaddress") || name.starts_with("address")
}
