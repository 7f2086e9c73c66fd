//! `keyline convert`: logs in, typed Parquet out.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use keyline_lake::{RawRecord, write_parquet};

use super::{Context, DataArgs, Status};
use crate::coverage::{self, bytes, count};
use crate::data;

#[derive(Args)]
pub struct ConvertArgs {
    /// The logs: files, folders, or `-`
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The folder to write Parquet files into
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
    let written = write_parquet(&logs, &args.out)?;
    bar.finish_and_clear();
    let events = count(written.rows, "event");
    writeln!(
        std::io::stdout(),
        "{}: {events}, {}",
        args.out.display(),
        bytes(written.bytes)
    )?;
    context
        .printer
        .note(&coverage::line(&written.coverage, &context.config.estate));
    Ok(Status::Done)
}
