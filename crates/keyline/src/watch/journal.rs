//! What the watch says on stderr while it runs: a line for each thing that it did.
//!
//! In: what happened, and figures about it. Out: a line for people, or a JSON document a line for programs. Text of
//! logs is escaped in both.

use keyline_detect::row::time;
use serde_json::{Map, Value};

use crate::cli::serve::LogFormat;
use crate::output::escape;
use crate::units::wall_clock_ticks;

const TICKS_PER_MILLISECOND: i64 = 10_000;

#[derive(Clone, Copy, Debug)]
pub struct Journal {
    pub format: LogFormat,
    pub quiet: bool,
}

impl Journal {
    /// Something was done.
    pub fn note(&self, what: &str, figures: &[(&str, Value)]) {
        if !self.quiet {
            self.line("info", what, figures);
        }
    }

    /// Something went wrong, and the watch goes on.
    pub fn trouble(&self, what: &str, figures: &[(&str, Value)]) {
        self.line("error", what, figures);
    }

    fn line(&self, level: &str, what: &str, figures: &[(&str, Value)]) {
        let now = time(wall_clock_ticks() / TICKS_PER_MILLISECOND * TICKS_PER_MILLISECOND);
        match self.format {
            LogFormat::Json => {
                let mut line = Map::new();
                line.insert("time".to_owned(), now.into());
                line.insert("level".to_owned(), level.into());
                line.insert("event".to_owned(), what.into());
                for (name, value) in figures {
                    line.insert((*name).to_owned(), value.clone());
                }
                let mut text = Vec::new();
                let _ = serde_json::to_writer(crate::safe_json::SafeJson(&mut text), &line);
                tell!("{}", String::from_utf8_lossy(&text));
            }
            LogFormat::Text => {
                let figures = figures.iter().map(|(name, value)| match value {
                    Value::String(text) => format!(" {name}={}", escape(text)),
                    value => format!(" {name}={value}"),
                });
                tell!("{now} {what}{}", figures.collect::<String>());
            }
        }
    }
}
