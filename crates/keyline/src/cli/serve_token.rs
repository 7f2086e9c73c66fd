//! `keyline serve token`: the people whom a server lets in, and what each may do.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Args, Subcommand};

use super::{Context, Status};
use crate::output::{Format, escape, write_grid};
use crate::server::who::{self, Role};

/// The file of tokens when none is named.
pub const FILE: &str = "keyline-tokens.toml";

#[derive(Subcommand)]
pub enum TokenCommand {
    /// Make a token for somebody, and print it: this once only
    Add(AddArgs),
    /// List who has a token
    List(ListArgs),
    /// Take somebody's token away, at once
    Remove(RemoveArgs),
}

#[derive(Args)]
pub struct FileArgs {
    /// The file of hashed tokens [default: that of the configuration, else keyline-tokens.toml]
    #[arg(long, value_name = "FILE")]
    tokens: Option<PathBuf>,
}

#[derive(Args)]
pub struct AddArgs {
    /// Who it is for
    name: String,
    /// What they may do
    #[arg(long, value_enum)]
    role: Role,
    #[command(flatten)]
    file: FileArgs,
}

#[derive(Args)]
pub struct ListArgs {
    #[command(flatten)]
    file: FileArgs,
    #[arg(short, long, value_enum, default_value = "table")]
    output: Format,
}

#[derive(Args)]
pub struct RemoveArgs {
    /// Whose it is
    name: String,
    #[command(flatten)]
    file: FileArgs,
}

pub fn run(command: TokenCommand, context: &Context) -> Result<Status> {
    let file = |args: FileArgs| {
        let configured = context.config.serve.tokens.clone();
        args.tokens
            .or(configured)
            .unwrap_or_else(|| PathBuf::from(FILE))
    };
    match command {
        TokenCommand::Add(args) => {
            let path = file(args.file);
            let token = who::add(&path, &args.name, args.role)?;
            say!("{token}");
            context.printer.note(&format!(
                "this is the token of {}, {}; it is not kept anywhere. Servers with `--tokens {}` take it at once",
                args.name,
                args.role.name(),
                path.display()
            ));
        }
        TokenCommand::List(args) => list(&file(args.file), args.output)?,
        TokenCommand::Remove(args) => who::remove(&file(args.file), &args.name)?,
    }
    Ok(Status::Done)
}

fn list(path: &Path, output: Format) -> Result<()> {
    let rows: Vec<Vec<String>> = who::entries(path)?
        .into_iter()
        .map(|entry| {
            vec![
                escape(&entry.name),
                entry.role.name().to_owned(),
                escape(&entry.made),
            ]
        })
        .collect();
    let columns = ["name", "role", "made"].map(str::to_owned);
    write_grid(&mut std::io::stdout().lock(), output, &columns, &rows)?;
    Ok(())
}
