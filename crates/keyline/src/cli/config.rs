//! `keyline config`: the configuration in force, as TOML that can be saved and edited; or an
//! example that explains every key.

use std::io::Write;

use anyhow::Result;
use clap::Args;

use super::{Context, Status};

#[derive(Args)]
pub struct ConfigArgs {
    /// Add the estate's accounts from FILE
    #[arg(long, value_name = "FILE")]
    accounts: Option<std::path::PathBuf>,
    /// Print a keyline.toml with every key there is, explained, to be saved and edited
    #[arg(long, conflicts_with = "accounts")]
    example: bool,
}

const EXAMPLE: &str = include_str!("../../../../deploy/keyline.toml");

pub fn run(args: ConfigArgs, context: Context) -> Result<Status> {
    if args.example {
        std::io::stdout().write_all(EXAMPLE.as_bytes())?;
        return Ok(Status::Done);
    }
    let mut config = context.config;
    if let Some(path) = &args.accounts {
        config.estate.add_accounts(path)?;
    }
    std::io::stdout().write_all(toml::to_string_pretty(&config)?.as_bytes())?;
    Ok(Status::Done)
}
