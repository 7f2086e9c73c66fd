//! `keyline incidents`: the incidents of a lake, and what people decide about them.

#![cfg_attr(
    not(feature = "lake"),
    allow(dead_code, reason = "read by builds with a lake")
)]

use anyhow::Result;
use clap::{Args, Subcommand, ValueEnum};

use super::lake::LakeArgs;
use super::{Context, Status};

#[derive(Subcommand)]
pub enum IncidentsCommand {
    /// List the incidents, the latest first
    List(ListArgs),
    /// Show one with its notes and its alerts
    Show(OneArgs),
    /// Add a note to one
    Note(NoteArgs),
    /// Close one, and say what it was
    Close(CloseArgs),
}

#[derive(Args)]
pub struct ListArgs {
    #[command(flatten)]
    lake: LakeArgs,
    /// Those too that are closed
    #[arg(long)]
    all: bool,
}

#[derive(Args)]
pub struct OneArgs {
    /// The incident's id, or its number
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    lake: LakeArgs,
}

#[derive(Args)]
pub struct NoteArgs {
    #[command(flatten)]
    one: OneArgs,
    /// What to note
    #[arg(value_name = "TEXT")]
    text: String,
    /// Who notes it (default: the user's name)
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

#[derive(Args)]
pub struct CloseArgs {
    #[command(flatten)]
    one: OneArgs,
    /// What it was
    #[arg(long = "as", value_enum, value_name = "WHAT")]
    what: What,
    /// Add a note that says why
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Who closes it (default: the user's name)
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

/// What an incident was, in Sentinel's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "PascalCase")]
enum What {
    TruePositive,
    BenignPositive,
    FalsePositive,
    Undetermined,
}

#[cfg(not(feature = "lake"))]
pub fn run(_: IncidentsCommand, _: Context) -> Result<Status> {
    anyhow::bail!(crate::data::NO_LAKE)
}

#[cfg(feature = "lake")]
pub use with_lake::run;

#[cfg(feature = "lake")]
mod with_lake {
    use std::collections::HashMap;
    use std::io::Write;

    use anyhow::{Context as _, bail};
    use keyline_detect::alert::Alert;
    use keyline_detect::incident_log::{self, Classification, Record, Records};
    use keyline_detect::row::time;
    use keyline_lake::delta::Lake;
    use serde_json::{Value, json};

    use super::*;
    use crate::coverage::{count, still_work};
    use crate::data;
    use crate::output::{Format, escape, write_grid};
    use crate::safe_json::SafeJson;
    use crate::saved_alerts::Book;
    use crate::saved_incidents::{Log, document};
    use crate::units::wall_clock_ticks;

    pub fn run(command: IncidentsCommand, _: Context) -> Result<Status> {
        match command {
            IncidentsCommand::List(args) => list(&args),
            IncidentsCommand::Show(args) => show(&args),
            IncidentsCommand::Note(args) => {
                let by = whoever(args.by);
                let now = wall_clock_ticks();
                let record = change(&args.one, |record| {
                    let noted = record.with_note(&time(now), &by, &args.text, micros(now));
                    noted.context("it has as many notes as are kept of one incident")
                })?;
                print_one(&record, &args.one.lake, &[])
            }
            IncidentsCommand::Close(args) => {
                let by = whoever(args.by);
                let now = wall_clock_ticks();
                let what = classification(args.what);
                let record = change(&args.one, |record| {
                    let noted = match &args.note {
                        None => record.clone(),
                        Some(text) => record
                            .with_note(&time(now), &by, text, micros(now))
                            .context("it has as many notes as are kept of one incident")?,
                    };
                    let closed = noted.as_closed(what, &by, micros(now));
                    Ok(Record {
                        time: micros(now).max(record.time + 1),
                        ..closed
                    })
                })?;
                print_one(&record, &args.one.lake, &[])
            }
        }
    }

    fn micros(ticks: i64) -> i64 {
        ticks.div_euclid(data::TICKS_PER_MICROSECOND)
    }

    /// Who says it, where no flag does.
    fn whoever(by: Option<String>) -> String {
        let user = || std::env::var("USER").ok().filter(|user| !user.is_empty());
        by.or_else(user)
            .unwrap_or_else(|| incident_log::KEYLINE.to_owned())
    }

    fn classification(what: What) -> Classification {
        match what {
            What::TruePositive => Classification::TruePositive,
            What::BenignPositive => Classification::BenignPositive,
            What::FalsePositive => Classification::FalsePositive,
            What::Undetermined => Classification::Undetermined,
        }
    }

    fn open(args: &LakeArgs) -> Result<Lake> {
        Ok(Lake::open(&data::lake_to_write(&args.lake))?)
    }

    /// An incident by its id or its number; one that has become a part of another is that other.
    fn find<'a>(records: &'a Records, id: &str) -> Result<&'a Record> {
        let by_number = |number: i64| records.values().find(|it| it.number == number);
        let number = id.parse().ok().and_then(by_number);
        let mut found = records
            .get(id)
            .or(number)
            .with_context(|| format!("there is no incident `{}`", escape(id)))?;
        // A chain of them is no longer than there are incidents.
        for _ in 0..records.len() {
            match found
                .merged_into
                .as_ref()
                .and_then(|into| records.get(into))
            {
                Some(into) => found = into,
                None => break,
            }
        }
        Ok(found)
    }

    fn change(args: &OneArgs, made: impl Fn(&Record) -> Result<Record>) -> Result<Record> {
        let mut log = Log::open(&open(&args.lake)?)?;
        let changed = log.change(|records| Ok(vec![made(find(records, &args.id)?)?]))?;
        match changed.into_iter().next() {
            Some(record) => Ok(record),
            None => bail!("nothing was changed"),
        }
    }

    fn list(args: &ListArgs) -> Result<Status> {
        let log = Log::open(&open(&args.lake)?)?;
        let is_shown = |record: &&Record| args.all || record.status != incident_log::Status::Closed;
        let mut records: Vec<&Record> = log.records().values().filter(is_shown).collect();
        records.sort_by(|a, b| (&b.last_event, b.number).cmp(&(&a.last_event, a.number)));
        let mut out = std::io::stdout();
        match args.lake.output {
            Format::Json => {
                let all: Vec<Value> = records.iter().map(|it| document(it)).collect();
                let list = json!({"schema": "keyline.incidents/1", "incidents": all});
                writeln!(SafeJson(out), "{list:#}")?;
            }
            Format::Jsonl => {
                for record in records {
                    writeln!(SafeJson(&mut out), "{}", document(record))?;
                }
            }
            format => {
                let columns = [
                    "number",
                    "severity",
                    "status",
                    "alerts",
                    "last_event",
                    "title",
                    "root",
                    "id",
                ];
                let row = |record: &&Record| {
                    vec![
                        record.number.to_string(),
                        record.severity.name().to_owned(),
                        status(record),
                        record.alerts.len().to_string(),
                        record.last_event.clone(),
                        record.title.clone(),
                        record.root_name.clone().unwrap_or_default(),
                        record.incident_id.clone(),
                    ]
                };
                let rows: Vec<Vec<String>> = records.iter().map(row).collect();
                write_grid(&mut out, format, &columns.map(str::to_owned), &rows)?;
            }
        }
        Ok(Status::Done)
    }

    fn status(record: &Record) -> String {
        match record.classification {
            Some(classification) => {
                format!("{} as {}", record.status.name(), classification.name())
            }
            None => record.status.name().to_owned(),
        }
    }

    fn show(args: &OneArgs) -> Result<Status> {
        let lake = open(&args.lake)?;
        let log = Log::open(&lake)?;
        let record = find(log.records(), &args.id)?;
        let book = Book::open(&lake)?;
        let by_id: HashMap<&str, &Alert> = book
            .standing()
            .map(|alert| (alert.alert_id.as_str(), alert))
            .collect();
        let alerts = record.alerts.iter();
        let alerts: Vec<&Alert> = alerts
            .filter_map(|id| by_id.get(id.as_str()).copied())
            .collect();
        print_one(record, &args.lake, &alerts)
    }

    fn print_one(record: &Record, args: &LakeArgs, alerts: &[&Alert]) -> Result<Status> {
        let mut out = std::io::stdout();
        if matches!(args.output, Format::Json | Format::Jsonl) {
            let mut one = document(record);
            if !alerts.is_empty() {
                one["alert_documents"] = serde_json::to_value(alerts)?;
            }
            match args.output {
                Format::Json => writeln!(SafeJson(out), "{one:#}")?,
                _ => writeln!(SafeJson(out), "{one}")?,
            }
            return Ok(Status::Done);
        }
        writeln!(
            out,
            "incident {}  {}  {}\n{}\n{} · {} · {} to {}",
            record.number,
            record.severity.name(),
            status(record),
            escape(&record.title),
            count(record.alerts.len() as u64, "alert"),
            still_work(
                record.live_credentials as u64,
                record.tree_credentials as u64
            ),
            record.first_event,
            record.last_event,
        )?;
        if let Some(root) = &record.root_name {
            writeln!(out, "root {}", escape(root))?;
        }
        for alert in alerts {
            writeln!(
                out,
                "  {}  {:13} {}  {}",
                alert.start_time,
                alert.severity.name(),
                escape(&alert.title),
                alert.alert_id
            )?;
        }
        for note in &record.notes {
            let (by, text) = (escape(&note.by), escape(&note.text));
            writeln!(out, "note of {}, {by}: {text}", note.time)?;
        }
        if let Some(root) = &record.root_name {
            writeln!(out, "Next: keyline lineage {}", escape(root))?;
        }
        Ok(Status::Done)
    }
}
