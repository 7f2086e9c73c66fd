//! `keyline ingest`: log files into the lake, each event once.
//!
//! What makes it exact is the business of the crate `lake`; here paths are found, watched with `--follow`, and what
//! was done is told.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::{Context, Status};
use crate::output::Format;

#[derive(Args)]
#[cfg_attr(
    not(feature = "lake"),
    allow(dead_code, reason = "read by builds with a lake")
)]
pub struct IngestArgs {
    /// The logs: files, folders, or `-`; what was taken in before is passed over
    #[arg(value_name = "SOURCE", required = true)]
    sources: Vec<PathBuf>,
    /// The lake, a folder or s3://BUCKET/PREFIX; made if it is not there (default: KEYLINE_LAKE, else ./keyline-lake)
    #[arg(long, value_name = "URI")]
    lake: Option<String>,
    /// Go on: take in what is added to the folders, until interrupted
    #[arg(long)]
    follow: bool,
    /// Keep each raw record in the column RawRecord (doubles the size)
    #[arg(long)]
    raw: bool,
    /// Keep session tokens as they are, instead of their SHA-256
    #[arg(long)]
    keep_session_tokens: bool,
    /// Take at most SIZE of memory, for example 512MiB; more goes to scratch files
    #[arg(long, value_name = "SIZE", value_parser = crate::data::parse_memory)]
    memory: Option<u64>,
    /// Read with N threads (default: one a core)
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// How to print what was done
    #[arg(short, long, value_enum, default_value = "table")]
    output: Format,
}

#[cfg(not(feature = "lake"))]
pub fn run(_: IngestArgs, _: Context) -> Result<Status> {
    anyhow::bail!(crate::data::NO_LAKE)
}

#[cfg(feature = "lake")]
pub use with_lake::run;

#[cfg(feature = "lake")]
mod with_lake {
    use std::collections::HashMap;
    use std::io::Write;
    use std::sync::Arc;
    use std::time::Duration;

    use indicatif::ProgressBar;
    use keyline_lake::delta::{Ingest, Ingested, Lake, SourceFile, find_sources};
    use keyline_lake::{LogOptions, RawRecord, SessionTokens};
    use serde_json::json;

    use super::*;
    use crate::cli::DataArgs;
    use crate::coverage::{self, batches, count};
    use crate::data;
    use crate::safe_json::SafeJson;
    use crate::units::wall_clock_ticks;

    /// How often the folders are looked through with `--follow`. A file is taken when it looked the same twice.
    const POLL: Duration = Duration::from_secs(1);
    /// After so many batches of `--follow` the days that have several files are compacted.
    const COMPACT_AFTER: u64 = 32;
    const COMPACT_FILES_MIN: usize = 8;

    pub fn run(args: IngestArgs, context: Context) -> Result<Status> {
        let location = data::lake_to_write(&args.lake);
        let lake = Lake::open_or_make(&location)?;
        let bar = context.printer.bar(
            0,
            "{msg} {wide_bar} {pos}/{len} files, {elapsed}, {eta} left",
        );
        bar.set_message("taking in");
        let mut ingest = Ingest::open(&lake, options(&args, &bar, &context)?)?;
        let mut total = ingest.recover()?;
        let sources = find_sources(&args.sources)?;
        let mut files = sources.files;
        if sources.stdin {
            files.push(ingest.spooled(std::io::stdin().lock())?);
        }
        for stream in &sources.streams {
            files.push(ingest.spooled(std::fs::File::open(stream)?)?);
        }
        add(&mut total, ingest.take(files)?);
        bar.finish_and_clear();
        total.coverage.merge(sources.coverage);
        tell_total(&args, &lake, &ingest, &total)?;
        tell!(
            "{}",
            coverage::line(&total.coverage, &context.config.estate)
        );
        if args.follow {
            follow(&args, &lake, &mut ingest, &context)?;
        }
        Ok(Status::Done)
    }

    fn options(args: &IngestArgs, bar: &ProgressBar, context: &Context) -> Result<LogOptions> {
        let reading = DataArgs {
            memory: args.memory,
            threads: args.threads,
            ..DataArgs::default()
        };
        let shown = bar.clone();
        Ok(LogOptions {
            threads: data::threads(&reading),
            memory_bytes: data::memory_bytes(&reading, context)? / 2,
            session_tokens: match args.keep_session_tokens {
                true => SessionTokens::Keep,
                false => SessionTokens::Hash,
            },
            raw_record: match args.raw {
                true => RawRecord::Keep,
                false => RawRecord::Leave,
            },
            since: None,
            until: None,
            now: Some(wall_clock_ticks() / data::TICKS_PER_MICROSECOND),
            scratch_folder: None,
            progress: Some(Arc::new(move |progress: keyline_lake::Progress| {
                shown.set_length(progress.files_total);
                shown.set_position(progress.files);
            })),
        })
    }

    fn add(total: &mut Ingested, more: Ingested) {
        total.batches += more.batches;
        total.redone += more.redone;
        total.skipped += more.skipped;
        total.rows += more.rows;
        total.coverage.merge(more.coverage);
    }

    fn tell_total(args: &IngestArgs, lake: &Lake, ingest: &Ingest, total: &Ingested) -> Result<()> {
        let mut out = std::io::stdout();
        if matches!(args.output, Format::Json | Format::Jsonl) {
            let document = json!({
                "schema": "keyline.ingest/1",
                "lake": lake.shown(),
                "version": ingest.version(),
                "batches": total.batches,
                "batches_redone": total.redone,
                "files_skipped": total.skipped,
                "events_added": total.rows,
                "coverage": coverage::json(&total.coverage),
            });
            writeln!(SafeJson(out), "{document:#}")?;
            return Ok(());
        }
        let mut text = format!("{}: {} added", lake.shown(), count(total.rows, "event"));
        if total.skipped > 0 {
            text += &format!(", {} taken in before", count(total.skipped, "file"));
        }
        if total.redone > 0 {
            text += &format!(", {} of an interrupted run finished", batches(total.redone));
        }
        writeln!(out, "{text}")?;
        Ok(())
    }

    /// Looks for new files until the process ends; whenever that is, nothing is lost.
    fn follow(
        args: &IngestArgs,
        lake: &Lake,
        ingest: &mut Ingest,
        context: &Context,
    ) -> Result<()> {
        let folders: Vec<PathBuf> = args
            .sources
            .iter()
            .filter(|path| path.is_dir())
            .cloned()
            .collect();
        if folders.is_empty() {
            anyhow::bail!("`--follow` watches folders, and none is named");
        }
        // What was seen the last time and was not taken yet, with its version then.
        let mut seen: HashMap<String, SourceFile> = HashMap::new();
        let options = options(args, &ProgressBar::hidden(), context)?;
        let mut batches = 0;
        loop {
            std::thread::sleep(POLL);
            let new: Vec<SourceFile> = find_sources(&folders)?
                .files
                .into_iter()
                .filter(|file| !ingest.knows(file))
                .collect();
            let (steady, growing): (Vec<SourceFile>, Vec<SourceFile>) = new
                .into_iter()
                .partition(|file| seen.get(&file.name) == Some(file));
            seen = growing
                .into_iter()
                .map(|file| (file.name.clone(), file))
                .collect();
            if steady.is_empty() {
                continue;
            }
            let files = steady.len() as u64;
            ingest.set_now(wall_clock_ticks() / data::TICKS_PER_MICROSECOND);
            let taken = ingest.take(steady)?;
            context.printer.note(&format!(
                "{}: {} added",
                count(files, "file"),
                count(taken.rows, "event")
            ));
            batches += taken.batches;
            if batches >= COMPACT_AFTER {
                batches = 0;
                lake.compact(
                    COMPACT_FILES_MIN,
                    options.threads,
                    options.memory_bytes,
                    &|_, _| (),
                )?;
            }
        }
    }
}
