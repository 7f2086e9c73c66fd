//! `keyline completions` and `keyline man`: both are made from the one table of flags.

use std::io;

use anyhow::Result;
use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{Arguments, Status};

#[derive(Args)]
pub struct CompletionsArgs {
    #[arg(value_enum)]
    shell: Shell,
}

pub fn completions(args: CompletionsArgs) -> Result<Status> {
    clap_complete::generate(
        args.shell,
        &mut Arguments::command(),
        "keyline",
        &mut io::stdout(),
    );
    Ok(Status::Done)
}

pub fn man() -> Result<Status> {
    clap_mangen::Man::new(Arguments::command()).render(&mut io::stdout())?;
    Ok(Status::Done)
}
