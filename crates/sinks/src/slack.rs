//! The sink `slack`: messages of blocks for an incoming webhook, several alerts in one when many
//! wait, because Slack takes about one message a second.
//!
//! Everything from an alert stands in text of type `plain_text`, which has no links, no mentions
//! and no formatting, so that a user agent cannot call the whole channel or show a link that lies.
//! The line of the notification cannot be plain: there, what Slack reads as control is escaped.

use serde_json::{Value, json};

use crate::alert::{Alert, Severity, facts, some_of};
use crate::failure::Failure;
use crate::http::Http;
use crate::text::{clip, lines};

/// Alerts in one message: of the 50 blocks that Slack takes, each has at most five.
pub(crate) const BATCH_MAX: usize = 10;
/// Characters of a header, of a field and of a section: Slack takes 150, 2,000 and 3,000.
const HEADER_CHARS_MAX: usize = 150;
const FIELD_CHARS_MAX: usize = 1_000;
const DESCRIPTION_CHARS_MAX: usize = 1_500;

pub(crate) struct Slack {
    pub(crate) http: Http,
}

impl Slack {
    pub(crate) fn send(&self, alerts: &[&Value]) -> Result<(), Failure> {
        self.http.post(&[], &message(alerts).to_string())
    }
}

pub(crate) fn message(alerts: &[&Value]) -> Value {
    let mut blocks = Vec::new();
    for document in alerts {
        if !blocks.is_empty() {
            blocks.push(json!({"type": "divider"}));
        }
        blocks.extend(of_alert(Alert::queued(document)));
    }
    let first = alerts
        .first()
        .map(|document| headline(Alert::queued(document)));
    let more = match alerts.len() {
        0 | 1 => String::new(),
        many => format!(" and {} more", many - 1),
    };
    let notification = format!(
        "{}{more}",
        clip(&first.unwrap_or_default(), HEADER_CHARS_MAX)
    );
    json!({
        "text": escape(&notification),
        "blocks": blocks,
        "unfurl_links": false,
        "unfurl_media": false
    })
}

fn of_alert(alert: Alert<'_>) -> Vec<Value> {
    let mut blocks = vec![json!({
        "type": "header",
        "text": plain(&clip(&headline(alert), HEADER_CHARS_MAX))
    })];
    let fields: Vec<Value> = facts(alert)
        .iter()
        .map(|(label, text)| plain(&clip(&format!("{label}\n{text}"), FIELD_CHARS_MAX)))
        .collect();
    blocks.push(json!({"type": "section", "fields": fields}));
    let description = lines(alert.text("description"));
    if !description.trim().is_empty() {
        let text = plain(&clip(&description, DESCRIPTION_CHARS_MAX));
        blocks.push(json!({"type": "section", "text": text}));
    }
    let ids = [
        alert.id(),
        alert.text("incident_id"),
        alert.text("root_credential"),
    ];
    let ids: Vec<&str> = ids.into_iter().filter(|id| !id.is_empty()).collect();
    blocks.push(json!({"type": "context", "elements": [plain(&some_of(&ids, 3))]}));
    blocks
}

fn headline(alert: Alert<'_>) -> String {
    let mark = match alert.severity() {
        Severity::High => "HIGH",
        Severity::Medium => "MEDIUM",
        Severity::Low => "LOW",
        Severity::Informational => "INFO",
    };
    format!("{mark}: {}", alert.title())
}

fn plain(text: &str) -> Value {
    json!({"type": "plain_text", "emoji": false, "text": text})
}

/// What Slack reads as control, as Slack says to escape it.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
