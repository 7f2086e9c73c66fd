//! `keyline demo`: a bundled story, hunted by the built-in rules and traced to its root: the product
//! in one command.

use std::fs;
use std::io::Write;

use anyhow::{Context as _, Result};
use clap::Args;
use keyline_simulate::stories;

use super::hunt::{self, HuntArgs};
use super::lineage::{self, LineageArgs};
use super::serve::{Given, ListenArgs, serve};
use super::{Context, DataArgs, ReferenceArgs, RuleArgs, Status};
use crate::coverage::count;
use crate::server::Subject;

const STORY: &str = "by-the-same-token";
const SEED: u64 = 1;

#[derive(Args)]
pub struct DemoArgs {
    /// Keep the story's log files in DIR, to look at and to query
    #[arg(long, value_name = "DIR")]
    keep: Option<std::path::PathBuf>,
    /// Show the story in a browser
    #[arg(long)]
    serve: bool,
    #[command(flatten)]
    listen: ListenArgs,
}

pub fn run(args: DemoArgs, context: Context) -> Result<Status> {
    let story = stories::find(STORY).context("the bundled story is missing")?;
    let told = (story.tell)(SEED);
    let scratch = tempfile::tempdir().context("no folder for the story's files")?;
    let folder = args
        .keep
        .clone()
        .unwrap_or_else(|| scratch.path().to_owned());
    let mut events = 0;
    for file in told.simulation.files() {
        // Plain files, so that whoever keeps them can read them.
        let path = folder.join(file.path.trim_end_matches(".gz"));
        let parent = path.parent().unwrap_or(&folder);
        fs::create_dir_all(parent)
            .and_then(|()| fs::write(&path, &file.text))
            .with_context(|| format!("cannot write `{}`", path.display()))?;
        events += file.events;
    }
    if args.serve {
        let subject = Subject {
            data: DataArgs {
                data: vec![folder],
                ..DataArgs::default()
            },
            rules: RuleArgs::default(),
            references: ReferenceArgs::default(),
        };
        let title = format!("The story: {}", story.title);
        let why = "the story's accounts are made up: there is nothing to contain";
        let given = Given {
            title,
            demo: true,
            power: Err(why.to_owned()),
            rule_folder: None,
            lake: None,
        };
        return serve(subject, given, &args.listen, context);
    }
    let key = &told.truth.access_key_id;
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "The story: {}.", story.title)?;
    writeln!(
        stdout,
        "{} of a made-up organisation's CloudTrail, searched by the built-in rules.\n",
        count(events, "event"),
    )?;
    stdout.flush()?;
    drop(stdout);
    let status = hunt::run(HuntArgs::over(folder.clone()), context.clone())?;
    say!(
        "\nEverything under the stolen key: when it was valid and used, where it came from, what still works.\n"
    );
    lineage::run(LineageArgs::of(key, folder), context)?;
    if args.keep.is_none() {
        say!("\nKeep the logs with `keyline demo --keep story`; then ask them in KQL:");
        say!(
            "  keyline query 'CredentialEvents | where RootId in ((CredentialAlias | where Alias == \"{key}\" \
             | project RootId)) | summarize count() by EventName' --data story"
        );
    }
    Ok(status)
}
