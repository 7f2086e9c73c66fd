//! `keyline lineage`: which credential minted which, what each did, and which still work.

use std::collections::{BTreeSet, HashMap};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum};
use keyline_lake::lineage::Lineage;
use keyline_lake::{Coverage, RawRecord};
use keyline_lineage::liveness::liveness;
use keyline_lineage::picture::tree::{Colour, tree};
use keyline_lineage::picture::{Alert, Choice, Report, Sheet, Similar, TreeOptions, View};
use keyline_lineage::picture::{html::html, lanes::lanes, svg::svg};
use keyline_lineage::{Forest, Node};

use super::{Context, DataArgs, Status};
use crate::coverage::count;
use crate::output::{escape, width};
use crate::units::TimeBound;
use crate::{alerts_file, coverage, data, lineage_json};

/// Rows of a tree on a terminal, and of a picture, unless `--all` asks for everything.
const TREE_ROWS_MAX: usize = 400;
const PICTURE_ROWS_MAX: usize = 400;

#[derive(Args)]
pub struct LineageArgs {
    /// What to start from: an access key id, a credential id, an ARN, a user, a role, a session name,
    /// a source identity, an MFA device, an address, an instance; everything when absent
    #[arg(value_name = "KEY|ARN|USER|…")]
    pivot: Option<String>,
    #[command(flatten)]
    data: DataArgs,
    /// Show where it came from only
    #[arg(long, requires = "pivot", conflicts_with_all = ["down", "both"])]
    up: bool,
    /// Show what it minted only
    #[arg(long, requires = "pivot", conflicts_with = "both")]
    down: bool,
    /// Show where it came from and what it minted (default)
    #[arg(long, requires = "pivot")]
    both: bool,
    /// Show what works, or may; trees and pictures show what that came from as well
    #[arg(long)]
    alive: bool,
    /// Show what touches production, as `[estate]` says; trees and pictures show what that came from as well
    #[arg(long)]
    production: bool,
    /// Show every credential: fold nothing, leave nothing out
    #[arg(long)]
    all: bool,
    /// How to show it
    #[arg(short, long, value_enum, default_value = "tree")]
    output: Picture,
    /// Mark the alerts in FILE, which `keyline hunt -o json` or `-o jsonl` has printed; `-` is standard input
    #[arg(long, value_name = "FILE")]
    alerts: Option<PathBuf>,
    /// Write to FILE instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The timeline before the tree.
    #[arg(skip)]
    both_pictures: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Picture {
    Tree,
    /// Lanes of validity and use, for a terminal
    Timeline,
    Json,
    Svg,
    Html,
}

impl LineageArgs {
    /// The timeline and the tree of one key over one folder.
    pub fn of(key: &str, folder: PathBuf) -> LineageArgs {
        LineageArgs {
            pivot: Some(key.to_owned()),
            data: DataArgs {
                data: vec![folder],
                ..DataArgs::default()
            },
            up: false,
            down: false,
            both: false,
            alive: false,
            production: false,
            all: false,
            output: Picture::Tree,
            alerts: None,
            out: None,
            both_pictures: true,
        }
    }
}

pub fn run(args: LineageArgs, mut context: Context) -> Result<Status> {
    if let Some(path) = &args.data.accounts {
        context.config.estate.add_accounts(path)?;
    }
    // What came after the instant that is asked about is not known at it.
    let reading = DataArgs {
        until: args.data.until.or(args.data.as_of.map(TimeBound::At)),
        ..args.data.clone()
    };
    let (logs, bar) = data::open_logs(&[], &reading, RawRecord::Leave, &context)?;
    let lineage = Lineage::of(&logs, data::production(&context.config.estate));
    let (forest, problems) = match &args.pivot {
        Some(pivot) => lineage.about(pivot.trim())?,
        None => lineage.whole()?,
    };
    let mut read = logs.survey()?;
    read.problems.merge(problems);
    bar.finish_and_clear();
    let as_of = args
        .data
        .as_of
        .map(|ticks| ticks.div_euclid(data::TICKS_PER_MICROSECOND))
        .or(forest.last_event());
    let estate = &context.config.estate;
    if args.production
        && estate.production_assets.is_empty()
        && !estate.accounts.iter().any(|account| account.production)
    {
        bail!(
            "`--production` needs to know what production is: name accounts with `production = true` or \
             `production_assets` under `[estate]` in `{}`",
            crate::config::DEFAULT_FILE
        );
    }
    let alerts = match &args.alerts {
        Some(path) => {
            let (alerts, strange) = alerts_file::read(path, &forest)?;
            if strange > 0 {
                let strange = count(strange as u64, "alert");
                tell!("{strange} in `{}` about no credential here", path.display());
            }
            alerts
        }
        None => Vec::new(),
    };
    let chosen = choose(&args, &forest, as_of);
    if let (Some(pivot), 0, false) = (&args.pivot, chosen.found, args.output == Picture::Json) {
        tell!("{}", coverage::line(&read, &context.config.estate));
        bail!("{}", not_found(pivot));
    }
    let shown = Shown {
        chosen: &chosen,
        alerts: &alerts,
        read: &read,
    };
    let show = |out: &mut dyn Write| show(out, &args, &forest, &shown, as_of, &context);
    write(args.out.as_deref(), &show)?;
    tell!("{}", coverage::line(&read, &context.config.estate));
    match (&args.pivot, chosen.found) {
        (Some(pivot), 0) => bail!("{}", not_found(pivot)),
        _ => Ok(Status::Done),
    }
}

fn not_found(pivot: &str) -> String {
    format!(
        "no credential in these logs has to do with `{}`; `keyline lineage` without it shows all",
        escape(pivot)
    )
}

/// What the command is about.
struct Chosen {
    /// How many credentials the text fits, whatever the filters leave.
    found: usize,
    /// What was asked for, in the order of the forest: what a program gets.
    named: BTreeSet<Node>,
    /// The same with what it came from, so that a tree can be drawn.
    shown: BTreeSet<Node>,
}

/// What is shown of it, and what beside it.
struct Shown<'a> {
    chosen: &'a Chosen,
    alerts: &'a [Alert],
    read: &'a Coverage,
}

fn choose(args: &LineageArgs, forest: &Forest, as_of: Option<i64>) -> Chosen {
    let found = match &args.pivot {
        None => forest.nodes().collect(),
        Some(pivot) => forest.find(pivot),
    };
    let mut named: BTreeSet<Node> = found.iter().copied().collect();
    if args.pivot.is_some() && !args.up {
        named.extend(forest.below(&found));
    }
    if args.pivot.is_some() && !args.down {
        named.extend(forest.above(&found));
    }
    named.retain(|node| {
        if !args.production && !args.alive {
            return true;
        }
        let credential = forest.alone(*node);
        (!args.production || credential.touches_production)
            && (!args.alive
                || credential.kind.is_usable()
                    && liveness(&credential, as_of.unwrap_or(i64::MAX))
                        .state
                        .is_alive())
    });
    // What a credential came from belongs into its picture, but below a key that was asked for with `--down`
    // stands only what it minted. Each chain is walked as far as it is new.
    let top: BTreeSet<Node> = match args.down {
        true => found.iter().copied().collect(),
        false => BTreeSet::new(),
    };
    let mut shown = named.clone();
    for node in &named {
        let mut node = *node;
        while !top.contains(&node)
            && let Some(above) = forest.parent(node)
            && shown.insert(above)
        {
            node = above;
        }
    }
    Chosen {
        found: found.len(),
        named,
        shown,
    }
}

/// Writes to standard output, or to a file that appears only when it is complete.
fn write(path: Option<&Path>, show: &dyn Fn(&mut dyn Write) -> Result<()>) -> Result<()> {
    let Some(path) = path else {
        let mut out = std::io::BufWriter::new(std::io::stdout());
        show(&mut out)?;
        return Ok(out.flush()?);
    };
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let naming = || format!("cannot write `{}`", path.display());
    let file = tempfile::NamedTempFile::new_in(folder).with_context(naming)?;
    let mut out = std::io::BufWriter::new(file);
    show(&mut out).with_context(naming)?;
    let file = out.into_inner().map_err(|error| error.into_error());
    let file = file.with_context(naming)?;
    file.persist(path).with_context(naming)?;
    Ok(())
}

fn show(
    out: &mut dyn Write,
    args: &LineageArgs,
    forest: &Forest,
    shown: &Shown<'_>,
    as_of: Option<i64>,
    context: &Context,
) -> Result<()> {
    let Shown {
        chosen,
        alerts,
        read,
    } = *shown;
    if args.output == Picture::Json {
        let credentials = chosen.named.iter().map(|node| forest.credential(*node));
        return Ok(lineage_json::write(out, credentials, as_of, read)?);
    }
    let Some(as_of) = as_of else {
        writeln!(out, "no events, so no credentials")?;
        return Ok(());
    };
    let nodes: Vec<Node> = chosen.shown.iter().copied().collect();
    let about_shown = |alert: &&Alert| chosen.shown.contains(&alert.node);
    let alerts: Vec<Alert> = alerts.iter().filter(about_shown).cloned().collect();
    let rows_max = match (args.all, args.output) {
        (true, _) => usize::MAX,
        (false, Picture::Tree | Picture::Timeline) => TREE_ROWS_MAX,
        (false, _) => PICTURE_ROWS_MAX,
    };
    let view = View {
        forest,
        choice: Choice::Only(&nodes),
        as_of,
        similar: if args.all {
            Similar::Show
        } else {
            Similar::Fold
        },
        rows_max,
    };
    let title = match &args.pivot {
        Some(pivot) => format!("Lineage of {pivot}"),
        None => "Lineage of all credentials".to_owned(),
    };
    let sheet = Sheet {
        title: &title,
        alerts: &alerts,
        span: None,
        to_see_all: "--all",
    };
    let colour = if context.printer.color {
        Colour::Ansi
    } else {
        Colour::Plain
    };
    let timeline = || lanes(&view, &sheet, usize::from(width()), colour);
    let text = match args.output {
        Picture::Timeline => timeline(),
        Picture::Svg => svg(&view, &sheet),
        Picture::Html => {
            let coverage = &coverage::lines(read, &context.config.estate);
            html(
                &view,
                &Report {
                    sheet,
                    coverage,
                    sections: &[],
                },
            )
        }
        Picture::Tree | Picture::Json => {
            let asked = args.pivot.as_ref().map(|pivot| forest.find(pivot));
            let mut counts: HashMap<Node, u64> = HashMap::new();
            for alert in &alerts {
                *counts.entry(alert.node).or_default() += 1;
            }
            let options = TreeOptions {
                width: usize::from(width()),
                colour,
                asked: asked.and_then(|nodes| match nodes[..] {
                    [node] => Some(node),
                    _ => None,
                }),
                alerts: &counts,
                to_see_all: "--all",
            };
            let tree = tree(&view, &options);
            match args.both_pictures {
                true => format!("{}\n{tree}", timeline()),
                false => tree,
            }
        }
    };
    out.write_all(text.as_bytes())?;
    Ok(())
}
