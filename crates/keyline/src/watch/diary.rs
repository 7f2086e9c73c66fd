//! How the watch was, minute by minute, as rows of the table `Health`.
//!
//! In: what was counted. Out: a row for each minute, added some at a time, so that the table does not get a file for
//! each. What a crash takes with it are the last minutes, which nobody counts on.

use std::time::{Duration, Instant};

use anyhow::Result;
use keyline_lake::delta::{Lake, health};

use super::vitals::{Figures, Histogram, Vitals};
use crate::table_rows::{Cell, rows, text};
use crate::units::wall_clock_micros;

/// What a row is about.
const MINUTE: Duration = Duration::from_secs(60);
/// Rows that are added at a time: a file for each quarter of an hour.
const ROWS_AT_ONCE: usize = 15;
/// The share of files whose lag is told.
const NEARLY_ALL: f64 = 0.99;

/// The minutes that are not in the lake yet.
pub struct Diary {
    before: Figures,
    since: Instant,
    minutes: Vec<Minute>,
}

struct Minute {
    time: i64,
    before: Figures,
    now: Figures,
}

impl Default for Diary {
    fn default() -> Diary {
        Diary {
            before: Figures::default(),
            since: Instant::now(),
            minutes: Vec::new(),
        }
    }
}

impl Diary {
    /// Notes a minute that is over, and adds those that are enough.
    pub fn note(&mut self, vitals: &Vitals, location: &str) -> Result<()> {
        if self.since.elapsed() < MINUTE {
            return Ok(());
        }
        self.end_minute(vitals);
        match self.minutes.len() >= ROWS_AT_ONCE {
            true => self.write(location),
            false => Ok(()),
        }
    }

    /// Adds all that is left.
    pub fn close(&mut self, vitals: &Vitals, location: &str) -> Result<()> {
        self.end_minute(vitals);
        self.write(location)
    }

    fn end_minute(&mut self, vitals: &Vitals) {
        let now = vitals.now();
        let before = std::mem::replace(&mut self.before, now.clone());
        self.since = Instant::now();
        self.minutes.push(Minute {
            time: wall_clock_micros(),
            before,
            now,
        });
    }

    fn write(&mut self, location: &str) -> Result<()> {
        let lake = Lake::open(location)?;
        let all: Vec<&Minute> = self.minutes.iter().collect();
        let spec = health();
        lake.append(&spec, &rows(&spec.columns, &all, cell)?, None)?;
        self.minutes.clear();
        Ok(())
    }
}

fn cell(minute: &Minute, column: &str) -> Cell {
    let Minute { time, before, now } = minute;
    let grown =
        |count: fn(&Figures) -> u64| Cell::Number(count(now).saturating_sub(count(before)) as i64);
    let lag = |lag: fn(&Figures) -> &Histogram| {
        let since = lag(now).since(lag(before));
        since.quantile(NEARLY_ALL).map_or(Cell::Nothing, Cell::Real)
    };
    match column {
        "TimeGenerated" => Cell::Time(Some(*time)),
        "Files" => grown(|it| it.files),
        "Events" => grown(|it| it.events),
        "Duplicates" => grown(|it| it.duplicates),
        "BadRecords" => grown(|it| it.bad_records),
        "FilesWaiting" => Cell::Number(now.waiting_files as i64),
        "Rounds" => grown(|it| it.rounds),
        "Alerts" => grown(|it| it.sums().0),
        "AlertsStanding" => Cell::Number(now.standing_alerts as i64),
        "RuleFailures" => grown(|it| it.sums().1),
        "LastEvent" => Cell::Time(now.last_event),
        "LagToRow" => lag(|it| &it.to_row),
        "LagToAlert" => lag(|it| &it.to_alert),
        "Trouble" => text(now.trouble.as_deref().unwrap_or_default()),
        _ => Cell::Nothing,
    }
}
