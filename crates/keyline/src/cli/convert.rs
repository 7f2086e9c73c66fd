//! `keyline convert`: logs in, typed Parquet out.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use keyline_lake::{RawRecord, partial_path, write_parquet};

use super::{Context, DataArgs, Status};
use crate::coverage::{self, bytes, count};
use crate::{data, scratch};

/// The file that a conversion makes in its folder.
const FILE: &str = "cloudtrail.parquet";

#[derive(Args)]
pub struct ConvertArgs {
    /// The logs: files, folders, or `-`
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The folder to write `cloudtrail.parquet` into; made if it is not there
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Keep each raw record in the column RawRecord (doubles the size)
    #[arg(long)]
    raw: bool,
    #[command(flatten)]
    data: DataArgs,
}

pub fn run(args: ConvertArgs, context: Context) -> Result<Status> {
    let raw = if args.raw {
        RawRecord::Keep
    } else {
        RawRecord::Leave
    };
    let (logs, bar) = data::open_logs(&args.paths, &args.data, raw, &context)?;
    let file = args.out.join(FILE);
    if file.exists() {
        bail!("`{}` is there already; name another folder", file.display());
    }
    std::fs::create_dir_all(&args.out)
        .with_context(|| format!("cannot make the folder `{}`", args.out.display()))?;
    scratch::remove_if_interrupted(partial_path(&file));
    let written = write_parquet(&logs, &file)?;
    bar.finish_and_clear();
    let events = count(written.rows, "event");
    writeln!(
        std::io::stdout(),
        "{}: {events}, {}",
        args.out.display(),
        bytes(written.bytes)
    )?;
    tell!(
        "{}",
        coverage::line(&written.coverage, &context.config.estate)
    );
    Ok(Status::Done)
}
