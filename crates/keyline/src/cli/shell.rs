//! `keyline completions` and `keyline man`: both are made from the one table of flags.

use std::io::{self, Write};

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
    // Made whole first: the generator panics where it cannot write.
    let mut script = Vec::new();
    clap_complete::generate(
        args.shell,
        &mut Arguments::command(),
        "keyline",
        &mut script,
    );
    io::stdout().write_all(&script)?;
    Ok(Status::Done)
}

pub fn man() -> Result<Status> {
    clap_mangen::Man::new(Arguments::command()).render(&mut io::stdout())?;
    Ok(Status::Done)
}
