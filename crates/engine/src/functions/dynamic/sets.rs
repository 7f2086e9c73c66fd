//! Arrays as sets: elements are the same when their JSON is.

use std::collections::HashSet;

use serde_json::Value;

use crate::functions::json;

/// The elements of every array as JSON; none if some value is no array.
pub fn arrays(values: impl Iterator<Item = Option<Value>>) -> Option<Vec<Vec<String>>> {
    values
        .map(|value| match value? {
            Value::Array(items) => Some(items.iter().map(json::print).collect()),
            _ => None,
        })
        .collect()
}

pub fn union(sets: &[Vec<String>]) -> Vec<&str> {
    let mut seen = HashSet::new();
    sets.iter()
        .flatten()
        .map(String::as_str)
        .filter(|item| seen.insert(*item))
        .collect()
}

pub fn intersection(sets: &[Vec<String>]) -> Vec<&str> {
    let Some((first, others)) = sets.split_first() else {
        return Vec::new();
    };
    let others: Vec<HashSet<&str>> = others
        .iter()
        .map(|set| set.iter().map(String::as_str).collect())
        .collect();
    let mut items = union(std::slice::from_ref(first));
    items.retain(|item| others.iter().all(|other| other.contains(item)));
    items
}

pub fn difference(sets: &[Vec<String>]) -> Vec<&str> {
    let Some((first, others)) = sets.split_first() else {
        return Vec::new();
    };
    let others: HashSet<&str> = others.iter().flatten().map(String::as_str).collect();
    let mut items = union(std::slice::from_ref(first));
    items.retain(|item| !others.contains(item));
    items
}

pub fn print(items: Vec<&str>) -> String {
    format!("[{}]", items.join(","))
}
