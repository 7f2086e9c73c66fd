//! `keyline ingest`: log files into the lake, each event once.
//!
//! What makes it exact is the business of the crate `lake`, how sources are found and followed that of `intake`;
//! here flags become wishes, and what was done is told.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::{Context, Status};
use crate::output::Format;
use crate::units::{TimeBound, parse_time_bound};

#[derive(Args)]
#[cfg_attr(
    not(feature = "lake"),
    allow(dead_code, reason = "read by builds with a lake")
)]
pub struct IngestArgs {
    /// The logs: files, folders, `-`, s3://BUCKET/PREFIX, sqs:QUEUE_URL (notifications of new objects), or
    /// cloudtrail:REGION (LookupEvents, without a trail); what was taken in before is passed over
    #[arg(value_name = "SOURCE", required = true)]
    sources: Vec<PathBuf>,
    /// The lake, a folder or s3://BUCKET/PREFIX; made if it is not there (default: KEYLINE_LAKE, else ./keyline-lake)
    #[arg(long, value_name = "URI")]
    lake: Option<String>,
    /// Go on: take in what is added, until interrupted
    #[arg(long)]
    follow: bool,
    /// Pass over the files of days before TIME (RFC 3339, a date, or a timespan back such as 7d)
    #[arg(long, value_name = "TIME", value_parser = parse_time_bound)]
    since: Option<TimeBound>,
    /// Pass over the files of days after TIME
    #[arg(long, value_name = "TIME", value_parser = parse_time_bound)]
    until: Option<TimeBound>,
    /// Take the files of this account only; repeatable
    #[arg(long = "account", value_name = "ID", value_delimiter = ',')]
    accounts: Vec<String>,
    /// Take the files of this region only; repeatable
    #[arg(long = "region", value_name = "NAME", value_delimiter = ',')]
    regions: Vec<String>,
    /// Check the logs against CloudTrail's digests: hashes, chains, and signatures where keys are at hand
    #[arg(long)]
    verify_digests: bool,
    /// The public keys, as `aws cloudtrail list-public-keys` gives them (default: CloudTrail is asked, for buckets)
    #[arg(long, value_name = "FILE", requires = "verify_digests")]
    public_keys: Option<PathBuf>,
    /// Reach AWS as this profile says (default: AWS_PROFILE, and what else the environment gives)
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// Another endpoint than AWS's own, for what speaks like S3 (default: AWS_ENDPOINT_URL)
    #[arg(long, value_name = "URL")]
    endpoint_url: Option<String>,
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
    use std::io::Write;
    use std::sync::Arc;
    use std::time::Duration;

    use indicatif::ProgressBar;
    use keyline_lake::delta::{Ingested, Lake};
    use keyline_lake::{LogOptions, RawRecord};
    use keyline_source::AwsOptions;
    use serde_json::json;

    use super::*;
    use crate::cli::DataArgs;
    use crate::coverage::{self, batches, count};
    use crate::data;
    use crate::intake::{Intake, Keys, Pace, Upkeep, Verified, Wishes, log_options};
    use crate::output::escape;
    use crate::safe_json::SafeJson;

    /// How often the folders are looked through with `--follow`.
    const POLL: Duration = Duration::from_secs(1);
    /// How long messages are waited for where there are no folders to look through.
    const LONG_POLL: Duration = Duration::from_secs(10);
    /// Findings about digests that are told one by one; the coverage counts them all.
    const FINDINGS_SHOWN_MAX: usize = 50;

    pub fn run(args: IngestArgs, context: Context) -> Result<Status> {
        let location = data::lake_to_write(&args.lake);
        let lake = Lake::open_or_make(&location)?;
        let bar = context.printer.bar(
            0,
            "{msg} {wide_bar} {pos}/{len} files, {elapsed}, {eta} left",
        );
        bar.set_message("taking in");
        let options = options(&args, &bar, &context)?;
        let upkeep = Upkeep::new(&lake, &options);
        let mut intake = Intake::open(&lake, &wishes(&args)?, options)?;
        if args.follow && !intake.can_follow() {
            anyhow::bail!("`--follow` watches folders and what lies at AWS, and none is named");
        }
        let mut total = intake.recover()?;
        total.merge(intake.step(Pace::Once)?.ingested);
        bar.finish_and_clear();
        let verified = verify(&args, &intake)?;
        total.coverage.merge(verified.coverage.clone());
        tell_total(&args, &lake, &intake, &total, &verified)?;
        tell!(
            "{}",
            coverage::line(&total.coverage, &context.config.estate)
        );
        if args.follow {
            follow(&mut intake, upkeep, &context)?;
        }
        if !verified.is_sound() {
            anyhow::bail!("the digests do not bear the logs out; the coverage says where");
        }
        if total.postponed > 0 {
            anyhow::bail!(
                "{} could not be fetched and will be tried again by the next run",
                count(total.postponed, "file")
            );
        }
        Ok(Status::Done)
    }

    fn wishes(args: &IngestArgs) -> Result<Wishes> {
        let aws = AwsOptions {
            profile: args.profile.clone(),
            endpoint: args.endpoint_url.clone(),
        };
        Wishes::of(
            &args.sources,
            (args.since, args.until),
            (&args.accounts, &args.regions),
            aws,
        )
    }

    fn options(args: &IngestArgs, bar: &ProgressBar, context: &Context) -> Result<LogOptions> {
        let reading = DataArgs {
            memory: args.memory,
            threads: args.threads,
            keep_session_tokens: args.keep_session_tokens,
            ..DataArgs::default()
        };
        let shown = bar.clone();
        Ok(LogOptions {
            raw_record: match args.raw {
                true => RawRecord::Keep,
                false => RawRecord::Leave,
            },
            progress: Some(Arc::new(move |progress: keyline_lake::Progress| {
                shown.set_length(progress.files_total);
                shown.set_position(progress.files);
            })),
            ..log_options(&reading, context)?
        })
    }

    fn tell_total(
        args: &IngestArgs,
        lake: &Lake,
        intake: &Intake,
        total: &Ingested,
        verified: &Verified,
    ) -> Result<()> {
        let mut out = std::io::stdout();
        if matches!(args.output, Format::Json | Format::Jsonl) {
            let document = json!({
                "schema": "keyline.ingest/1",
                "lake": lake.shown(),
                "version": intake.version(),
                "batches": total.batches,
                "batches_redone": total.redone,
                "files_skipped": total.skipped,
                "files_postponed": total.postponed,
                "events_added": total.rows,
                "digests_checked": verified.digests,
                "logs_checked": verified.logs,
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
        if verified.digests > 0 {
            let (digests, logs) = (
                count(verified.digests, "digest"),
                count(verified.logs, "log"),
            );
            text += &format!(", {digests} and {logs} checked");
        }
        writeln!(out, "{text}")?;
        Ok(())
    }

    /// Checks digests where that was asked for, and tells what is wrong with them.
    fn verify(args: &IngestArgs, intake: &Intake) -> Result<Verified> {
        if !args.verify_digests {
            return Ok(Verified::default());
        }
        let keys = match &args.public_keys {
            Some(path) => Keys::read(path)?,
            None => Keys::Ask,
        };
        let verified = intake.verify_digests(&keys)?;
        if verified.digests == 0 {
            tell!(
                "there are no digests among the sources; CloudTrail writes them where log file validation is on"
            );
        }
        for line in verified.lines.iter().take(FINDINGS_SHOWN_MAX) {
            tell!("{}", escape(line));
        }
        if verified.lines.len() > FINDINGS_SHOWN_MAX {
            tell!("… and {} more", verified.lines.len() - FINDINGS_SHOWN_MAX);
        }
        Ok(verified)
    }

    /// Looks for new files until the process ends; whenever that is, nothing is lost.
    fn follow(intake: &mut Intake, mut upkeep: Upkeep, context: &Context) -> Result<()> {
        let wait = match intake.watches_folders() {
            true => POLL,
            false => LONG_POLL,
        };
        let mut troubles = Vec::new();
        loop {
            let step = intake.step(Pace::Following { wait })?;
            // The same trouble is told once, however long it lasts.
            for trouble in step.troubles.iter().filter(|it| !troubles.contains(*it)) {
                tell!("{trouble}; going on");
            }
            troubles = step.troubles;
            if step.found == 0 {
                continue;
            }
            context.printer.note(&format!(
                "{}: {} added",
                count(step.found, "file"),
                count(step.ingested.rows, "event")
            ));
            upkeep.after(step.ingested.batches)?;
        }
    }
}
