//! The sink `teams`: an adaptive card for the webhook of a Microsoft Teams workflow ("Send webhook
//! alerts to a channel").
//!
//! Everything from an alert stands in text runs, in which Teams reads no Markdown: a link in a
//! session's name stays text. One alert a card, because a card may have 28 kB.

use serde_json::{Value, json};

use crate::alert::{Alert, Severity, facts};
use crate::failure::Failure;
use crate::http::Http;
use crate::text::{clip, one_line};

/// Characters of a title and of a line, and lines of a description: together well below 28 kB.
const TITLE_CHARS_MAX: usize = 200;
const LINE_CHARS_MAX: usize = 400;
const LINES_MAX: usize = 12;

pub(crate) struct Teams {
    pub(crate) http: Http,
}

impl Teams {
    pub(crate) fn send(&self, alert: &Value) -> Result<(), Failure> {
        self.http.post(&[], &message(alert).to_string())
    }
}

pub(crate) fn message(document: &Value) -> Value {
    let alert = Alert::queued(document);
    let (mark, color) = match alert.severity() {
        Severity::High => ("HIGH", "Attention"),
        Severity::Medium => ("MEDIUM", "Warning"),
        Severity::Low => ("LOW", "Accent"),
        Severity::Informational => ("INFO", "Default"),
    };
    let title = format!("{mark}: {}", clip(&alert.title(), TITLE_CHARS_MAX));
    let mut body = vec![json!({
        "type": "RichTextBlock",
        "inlines": [{"type": "TextRun", "text": title, "weight": "Bolder", "size": "Large", "color": color}]
    })];
    let mut facts = facts(alert);
    if !alert.id().is_empty() {
        facts.push(("Alert", one_line(alert.id())));
    }
    for (label, text) in &facts {
        body.push(json!({
            "type": "RichTextBlock",
            "spacing": "None",
            "inlines": [
                {"type": "TextRun", "text": format!("{label}: "), "weight": "Bolder"},
                {"type": "TextRun", "text": clip(text, LINE_CHARS_MAX)}
            ]
        }));
    }
    let description = alert
        .text("description")
        .lines()
        .filter(|line| !line.trim().is_empty());
    for (number, line) in description.take(LINES_MAX).enumerate() {
        body.push(json!({
            "type": "RichTextBlock",
            "spacing": if number == 0 { "Medium" } else { "None" },
            "inlines": [{"type": "TextRun", "text": clip(&one_line(line), LINE_CHARS_MAX)}]
        }));
    }
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.4",
                "msteams": {"width": "Full"},
                "body": body
            }
        }]
    })
}
