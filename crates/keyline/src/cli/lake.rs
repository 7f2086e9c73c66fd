//! `keyline lake`: what the lake holds, and its care.

#![cfg_attr(
    not(feature = "lake"),
    allow(dead_code, reason = "read by builds with a lake")
)]

use anyhow::Result;
use clap::{Args, Subcommand};

use super::{Context, Status};
use crate::output::Format;

#[derive(Subcommand)]
pub enum LakeCommand {
    /// Show what the lake holds: events, days, files, how far the ledger has come
    Info(LakeArgs),
    /// List the tables
    Tables(LakeArgs),
    /// Put the files of each day together and sort them, so that questions read less
    Compact(CompactArgs),
    /// Delete files that no version of a table names any more
    Vacuum(VacuumArgs),
    /// Let go of the events of old days
    Retain(RetainArgs),
    /// Look whether every file is what the log of its table says
    Verify(LakeArgs),
}

#[derive(Args)]
pub struct LakeArgs {
    /// The lake, a folder or s3://BUCKET/PREFIX (default: KEYLINE_LAKE, else ./keyline-lake)
    #[arg(long, value_name = "URI")]
    pub(super) lake: Option<String>,
    /// How to print it
    #[arg(short, long, value_enum, default_value = "table")]
    pub(super) output: Format,
}

#[derive(Args)]
pub struct CompactArgs {
    #[command(flatten)]
    lake: LakeArgs,
    /// Leave days alone that have fewer than N files
    #[arg(long, value_name = "N", default_value_t = 1)]
    files: usize,
    /// Take at most SIZE of memory, for example 512MiB
    #[arg(long, value_name = "SIZE", value_parser = crate::data::parse_memory)]
    memory: Option<u64>,
    /// Work with N threads (default: one a core)
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
}

#[derive(Args)]
pub struct VacuumArgs {
    #[command(flatten)]
    lake: LakeArgs,
    /// Keep files that a version younger than N hours names
    #[arg(long, value_name = "N", default_value_t = 168)]
    hours: u32,
    /// Take fewer hours than a day: nobody else reads or writes the lake
    #[arg(long)]
    force: bool,
    /// Only say what would be deleted
    #[arg(long)]
    dry_run: bool,
}

#[derive(Args)]
pub struct RetainArgs {
    #[command(flatten)]
    lake: LakeArgs,
    /// Keep the last N days
    #[arg(long, value_name = "N")]
    days: u32,
    /// Count the days back from TIME (default: now)
    #[arg(long, value_name = "TIME", value_parser = crate::units::parse_instant)]
    as_of: Option<i64>,
    /// Only say what would go
    #[arg(long)]
    dry_run: bool,
}

#[cfg(not(feature = "lake"))]
pub fn run(_: LakeCommand, _: Context) -> Result<Status> {
    anyhow::bail!(crate::data::NO_LAKE)
}

#[cfg(feature = "lake")]
pub use with_lake::run;

#[cfg(feature = "lake")]
mod with_lake {
    use std::io::Write;

    use keyline_lake::delta::{Compacting, Lake, TableInfo, check_vacuum_hours};
    use serde_json::{Value, json};

    use super::*;
    use crate::cli::DataArgs;
    use crate::coverage::{batches, bytes, count};
    use crate::data::{self, TICKS_PER_MICROSECOND};
    use crate::output::{escape, write_grid};
    use crate::safe_json::SafeJson;
    use crate::units::{format_instant, wall_clock_ticks};

    pub fn run(command: LakeCommand, context: Context) -> Result<Status> {
        match command {
            LakeCommand::Info(args) => info(&args),
            LakeCommand::Tables(args) => tables(&args),
            LakeCommand::Compact(args) => compact(&args, &context),
            LakeCommand::Vacuum(args) => vacuum(&args),
            LakeCommand::Retain(args) => retain(&args),
            LakeCommand::Verify(args) => verify(&args, &context),
        }
    }

    /// A document for programs, or one line for people.
    fn tell(format: Format, document: &Value, line: &str) -> Result<()> {
        match format {
            Format::Json | Format::Jsonl => {
                writeln!(SafeJson(std::io::stdout()), "{document:#}")?;
            }
            _ => writeln!(std::io::stdout(), "{line}")?,
        }
        Ok(())
    }

    fn compact(args: &CompactArgs, context: &Context) -> Result<Status> {
        let lake = open(&args.lake.lake)?;
        let reading = DataArgs {
            memory: args.memory,
            threads: args.threads,
            ..DataArgs::default()
        };
        let bar = context
            .printer
            .bar(0, "{msg} {wide_bar} {pos}/{len} days, {elapsed}");
        bar.set_message("compacting");
        let done = lake.compact(
            Compacting::Days(args.files),
            data::threads(&reading),
            data::memory_bytes(&reading, context)?,
            &|day, days| {
                bar.set_length(days);
                bar.set_position(day);
            },
        )?;
        bar.finish_and_clear();
        let document = json!({
            "schema": "keyline.lake-compact/1",
            "lake": lake.shown(),
            "days": done.days,
            "rows": done.rows,
            "files_before": done.files_before,
            "files_after": done.files_after,
            "bytes_before": done.bytes_before,
            "bytes_after": done.bytes_after,
            "days_overtaken": done.overtaken,
        });
        let mut line = match done.days {
            0 => format!("{}: nothing to compact", lake.shown()),
            days => format!(
                "{}: {}, {} put into {}, {} into {}",
                lake.shown(),
                count(days, "day"),
                count(done.files_before, "file"),
                count(done.files_after, "file"),
                bytes(done.bytes_before),
                bytes(done.bytes_after),
            ),
        };
        if done.overtaken > 0 {
            line += &format!(
                "; {} left, which somebody else changed meanwhile",
                count(done.overtaken, "day")
            );
        }
        tell(args.lake.output, &document, &line)?;
        Ok(Status::Done)
    }

    fn vacuum(args: &VacuumArgs) -> Result<Status> {
        check_vacuum_hours(args.hours, args.force || args.dry_run)?;
        let lake = open(&args.lake.lake)?;
        let done = lake.vacuum(args.hours, args.dry_run)?;
        let document = json!({
            "schema": "keyline.lake-vacuum/1",
            "lake": lake.shown(),
            "dry_run": args.dry_run,
            "files": done.files,
            "bytes": done.bytes,
            "files_too_young": done.kept,
        });
        let verb = if args.dry_run {
            "would be deleted"
        } else {
            "deleted"
        };
        let mut line = format!(
            "{}: {}, {}, {verb}",
            lake.shown(),
            count(done.files, "file"),
            bytes(done.bytes)
        );
        if done.kept > 0 {
            line += &format!(
                "; {} that nothing names kept, for younger than {}",
                count(done.kept, "file"),
                count(u64::from(args.hours), "hour")
            );
        }
        tell(args.lake.output, &document, &line)?;
        Ok(Status::Done)
    }

    fn retain(args: &RetainArgs) -> Result<Status> {
        let lake = open(&args.lake.lake)?;
        let now = args.as_of.unwrap_or_else(wall_clock_ticks);
        let done = lake.retain(args.days, now / TICKS_PER_MICROSECOND, args.dry_run)?;
        let document = json!({
            "schema": "keyline.lake-retain/1",
            "lake": lake.shown(),
            "dry_run": args.dry_run,
            "days": done.days,
            "files": done.files,
            "events": done.rows,
            "bytes": done.bytes,
        });
        let verb = if args.dry_run { "would go" } else { "let go" };
        let mut line = format!(
            "{}: {} of {}, {}, {verb}",
            lake.shown(),
            count(done.rows, "event"),
            count(done.days, "day"),
            bytes(done.bytes)
        );
        if done.days > 0 && !args.dry_run {
            line += "; `keyline lake vacuum` deletes the files when they are old enough";
        }
        tell(args.lake.output, &document, &line)?;
        Ok(Status::Done)
    }

    fn verify(args: &LakeArgs, context: &Context) -> Result<Status> {
        let lake = open(&args.lake)?;
        let bar = context
            .printer
            .bar(0, "{msg} {wide_bar} {pos}/{len} files, {elapsed}");
        bar.set_message("looking");
        let done = lake.verify(&|file, files| {
            bar.set_length(files);
            bar.set_position(file);
        })?;
        bar.finish_and_clear();
        let findings = done.findings.iter().map(
            |finding| json!({"kind": finding.kind, "place": finding.place, "what": finding.what}),
        );
        let document = json!({
            "schema": "keyline.lake-verify/1",
            "lake": lake.shown(),
            "tables": done.tables,
            "files": done.files,
            "rows": done.rows,
            "batches": done.batches,
            "findings": findings.collect::<Vec<_>>(),
        });
        let mut line = format!(
            "{}: {} of {}, {}, {}",
            lake.shown(),
            count(done.files, "file"),
            count(done.tables, "table"),
            count(done.rows, "row"),
            batches(done.batches),
        );
        line += match done.findings.len() {
            0 => ": all as it should be",
            _ => ":",
        };
        for finding in &done.findings {
            let (place, what) = (escape(&finding.place), escape(&finding.what));
            line += &format!("\n  {}: {place}: {what}", finding.kind);
        }
        tell(args.output, &document, &line)?;
        Ok(match done.findings.is_empty() {
            true => Status::Done,
            false => Status::Failed,
        })
    }

    fn open(flag: &Option<String>) -> Result<Lake> {
        Ok(Lake::open(&data::lake_to_write(flag))?)
    }

    fn instant(time: Option<i64>) -> Option<String> {
        time.map(|time| format_instant(time.saturating_mul(TICKS_PER_MICROSECOND)))
    }

    fn table_json(table: &TableInfo) -> Value {
        json!({
            "name": table.name,
            "version": table.version,
            "rows": table.rows,
            "files": table.files,
            "bytes": table.bytes,
            "days": table.days,
            "columns": table.columns,
            "first": instant(table.first),
            "last": instant(table.last),
        })
    }

    fn info(args: &LakeArgs) -> Result<Status> {
        let lake = open(&args.lake)?;
        let (tables, ledger) = (lake.tables()?, lake.ledger()?);
        let mut out = std::io::stdout();
        if matches!(args.output, Format::Json | Format::Jsonl) {
            let document = json!({
                "schema": "keyline.lake-info/1",
                "lake": lake.shown(),
                "tables": tables.iter().map(table_json).collect::<Vec<_>>(),
                "ledger": {
                    "batches": ledger.batches,
                    "committed": ledger.committed,
                    "files": ledger.files,
                },
            });
            writeln!(SafeJson(out), "{document:#}")?;
            return Ok(Status::Done);
        }
        let of = |name: &str| tables.iter().find(|table| table.name == name);
        let mut rows = vec![vec!["lake".to_owned(), lake.shown()]];
        let mut row = |name: &str, value: String| rows.push(vec![name.to_owned(), value]);
        if let Some(events) = of(keyline_lake::TABLE) {
            row("events", count(events.rows, "event"));
            if let (Some(first), Some(last)) = (instant(events.first), instant(events.last)) {
                row("span", format!("{first} to {last}"));
            }
            let files = format!(
                "{}, {}, in {}",
                count(events.files, "file"),
                bytes(events.bytes),
                count(events.days, "day")
            );
            row("size", files);
            row("version", events.version.to_string());
        }
        if let Some(letters) = of("DeadLetter").filter(|letters| letters.rows > 0) {
            let text = format!(
                "{}: `keyline query DeadLetter`",
                count(letters.rows, "dead letter")
            );
            row("unreadable", text);
        }
        let taken = format!(
            "{} in {}",
            count(ledger.files, "file"),
            batches(u64::try_from(ledger.batches).unwrap_or(0))
        );
        row("taken in", taken);
        if ledger.committed < ledger.batches {
            let text = format!(
                "{} begun and not finished: the next `keyline ingest` does it",
                count(
                    u64::try_from(ledger.batches - ledger.committed).unwrap_or(0),
                    "batch"
                )
            );
            row("pending", text);
        }
        write_grid(
            &mut out,
            args.output,
            &["what".into(), "value".into()],
            &rows,
        )?;
        Ok(Status::Done)
    }

    fn tables(args: &LakeArgs) -> Result<Status> {
        let lake = open(&args.lake)?;
        let tables = lake.tables()?;
        let mut out = std::io::stdout();
        if matches!(args.output, Format::Json | Format::Jsonl) {
            let document = json!({
                "schema": "keyline.lake-tables/1",
                "lake": lake.shown(),
                "tables": tables.iter().map(table_json).collect::<Vec<_>>(),
            });
            writeln!(SafeJson(out), "{document:#}")?;
            return Ok(Status::Done);
        }
        let columns = [
            "table", "rows", "files", "size", "days", "version", "first", "last",
        ];
        let rows: Vec<Vec<String>> = tables
            .iter()
            .map(|table| {
                vec![
                    table.name.clone(),
                    table.rows.to_string(),
                    table.files.to_string(),
                    bytes(table.bytes),
                    table.days.to_string(),
                    table.version.to_string(),
                    instant(table.first).unwrap_or_default(),
                    instant(table.last).unwrap_or_default(),
                ]
            })
            .collect();
        write_grid(&mut out, args.output, &columns.map(str::to_owned), &rows)?;
        Ok(Status::Done)
    }
}
