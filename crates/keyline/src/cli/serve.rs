//! `keyline serve`: the product in a browser.
//!
//! It listens at once, says on the page what is being read, and answers when that is done. It serves what the logs
//! hold when it is started.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use clap::Args;

use super::{Context, DataArgs, ReferenceArgs, RuleArgs, Status};
use crate::data;
use crate::server::{self, App, Guard, Investigation, Subject, Token};

#[derive(Args)]
pub struct ServeArgs {
    /// The logs: files and folders; without any, the lake
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    rules: RuleArgs,
    #[command(flatten)]
    references: ReferenceArgs,
    #[command(flatten)]
    listen: ListenArgs,
}

#[derive(Args, Clone)]
pub struct ListenArgs {
    /// Answer at this address; one that others can reach needs `--token-file`
    #[arg(long, value_name = "ADDRESS:PORT", default_value = server::ADDRESS)]
    listen: SocketAddr,
    /// Let in who knows the token in FILE only
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

pub fn run(args: ServeArgs, context: Context) -> Result<Status> {
    let mut reading = args.data;
    reading.data.splice(0..0, args.paths);
    if reading.data.iter().any(|path| path.as_os_str() == "-") {
        bail!("a server reads files and folders, not standard input");
    }
    // What is wrong with the flags is said at once and not on a page.
    if let Some(missing) = reading.data.iter().find(|path| !path.exists()) {
        bail!("there is nothing at `{}`", missing.display());
    }
    if !data::names_logs(&[], &reading) {
        bail!("no logs are named: give files or folders, or a lake with `--lake`");
    }
    let title = data::named_logs(&reading);
    let subject = Subject {
        data: reading,
        rules: args.rules,
        references: args.references,
    };
    serve(subject, title, false, &args.listen, context)
}

/// Serves an investigation until the process is asked to end.
pub fn serve(
    subject: Subject,
    title: String,
    demo: bool,
    at: &ListenArgs,
    context: Context,
) -> Result<Status> {
    let token = at.token_file.as_deref().map(Token::read).transpose()?;
    let guard = Guard::new(at.listen, token)?;
    let app = Arc::new(App::new(title, demo, guard));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("no threads for the server")?;
    let (listener, address) = runtime.block_on(server::listen(at.listen))?;
    tell!("Keyline answers at http://{address}/ (Ctrl-C ends it)");
    let making = app.clone();
    let told = app.clone();
    std::thread::Builder::new()
        .name("keyline-investigation".into())
        .spawn(move || {
            let made = Investigation::make(subject, context, move |doing, progress| {
                told.tell(|health| {
                    health.detail = Some(doing);
                    health.progress = progress;
                });
            });
            match made {
                Ok(investigation) => making.ready(investigation),
                Err(error) => {
                    crate::report::print_error(&error);
                    making.failed(&error);
                }
            }
        })
        .context("no thread to read the logs")?;
    runtime.block_on(server::answer(listener, app))?;
    Ok(Status::Done)
}
