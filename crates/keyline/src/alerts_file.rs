//! Alerts that a hunt has found, for the pictures of lineage.
//!
//! In: what `keyline hunt -o json` or `-o jsonl` printed, and a forest. Out: each alert at the credentials that
//! it is about. What is no alert, and alerts about other credentials, are counted.

use std::io::Read;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use keyline_lineage::picture::Alert;
use keyline_lineage::{Forest, Node};
use keyline_trail::time::parse_time;
use serde_json::Value;

/// The longest text of alerts that is read: a hundred thousand of them.
const ALERTS_BYTES_MAX: u64 = 1 << 28;

/// The alerts of a file (`-` is standard input), and how many of them are about none of the credentials.
pub fn read(path: &Path, forest: &Forest) -> Result<(Vec<Alert>, usize)> {
    let naming = || format!("cannot read the alerts in `{}`", path.display());
    let source: Box<dyn Read> = match path == Path::new("-") {
        true => Box::new(std::io::stdin()),
        false => Box::new(std::fs::File::open(path).with_context(naming)?),
    };
    let mut text = String::new();
    let read = source
        .take(ALERTS_BYTES_MAX + 1)
        .read_to_string(&mut text)
        .with_context(naming)?;
    if read as u64 > ALERTS_BYTES_MAX {
        bail!("{}: more than {ALERTS_BYTES_MAX} bytes", naming());
    }
    let found = all(&text).with_context(naming)?;
    let mut alerts = Vec::new();
    let mut strange = 0;
    for alert in &found {
        let nodes = nodes(alert, forest);
        strange += usize::from(nodes.is_empty());
        let text = |name: &str| alert[name].as_str().unwrap_or_default().to_owned();
        let Some(at) = parse_time(text("start_time").as_bytes()) else {
            continue;
        };
        alerts.extend(nodes.into_iter().map(|node| Alert {
            node,
            at: within_life(forest, node, at),
            title: text("title"),
            severity: text("severity"),
        }));
    }
    Ok((alerts, strange))
}

/// When an alert was about one of its credentials: it begins with the first event of all of them, and none of its
/// marks stands before the credential was there.
pub fn within_life(forest: &Forest, node: Node, at: i64) -> i64 {
    forest.known_from(node).map_or(at, |from| at.max(from))
}

/// One document with a list of alerts, or an alert a line.
fn all(text: &str) -> Result<Vec<Value>> {
    if let Ok(document) = serde_json::from_str::<Value>(text)
        && let Some(alerts) = document.get("alerts")
    {
        return Ok(alerts.as_array().cloned().unwrap_or_default());
    }
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let alerts: Result<Vec<Value>, _> = lines.map(serde_json::from_str).collect();
    let alerts = alerts.context("expected what `keyline hunt -o json` or `-o jsonl` prints")?;
    match alerts.iter().find(|alert| alert.get("alert_id").is_none()) {
        Some(_) => {
            bail!("expected what `keyline hunt -o json` or `-o jsonl` prints, found other JSON")
        }
        None => Ok(alerts),
    }
}

/// The credentials of an alert; those of its keys where it names none.
fn nodes(alert: &Value, forest: &Forest) -> Vec<Node> {
    let texts = |name: &str| {
        let list = alert[name].as_array().into_iter().flatten();
        list.filter_map(Value::as_str)
    };
    let mut nodes: Vec<Node> = texts("credentials")
        .filter_map(|id| forest.by_id(id))
        .collect();
    if nodes.is_empty() {
        nodes = texts("access_key_ids")
            .flat_map(|key| forest.find(key))
            .collect();
    }
    nodes.sort_unstable();
    nodes.dedup();
    nodes
}
