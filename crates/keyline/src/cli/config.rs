//! `keyline config`: the configuration in force, as TOML that can be saved and edited.

use std::io::Write;

use anyhow::Result;
use clap::Args;

use super::{Context, Status};

#[derive(Args)]
pub struct ConfigArgs {
    /// Add the estate's accounts from FILE
    #[arg(long, value_name = "FILE")]
    accounts: Option<std::path::PathBuf>,
}

pub fn run(args: ConfigArgs, context: Context) -> Result<Status> {
    let mut config = context.config;
    if let Some(path) = &args.accounts {
        config.estate.add_accounts(path)?;
    }
    std::io::stdout().write_all(toml::to_string_pretty(&config)?.as_bytes())?;
    Ok(Status::Done)
}
