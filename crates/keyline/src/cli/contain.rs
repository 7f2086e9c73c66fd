//! `keyline contain`: plans that stop a stolen credential and all that came from it, and carrying them out.

mod deeds;
mod page;
pub mod carry_out;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use clap::{Args, Subcommand, ValueEnum};
use keyline_contain::permissions::{RESPONDERS, of_responder};
use keyline_contain::{
    Breadth, Estate, Inventory, Organisation, Plan, Reach, Request, Target, history, tree,
};
use keyline_detect::incident;
use keyline_lake::lineage::Lineage;
use keyline_lake::{Logs, RawRecord};
use keyline_lineage::Forest;
use keyline_trail::partition::Partition;
use keyline_trail::time::parse_time;

use self::carry_out::{InspectArgs, RunArgs, UndoArgs, VerifyArgs};
use super::{Context, DataArgs, Status};
use crate::output::escape;
use crate::units::{TimeBound, parse_instant, wall_clock_ticks};
use crate::{coverage, data};

/// Where plans are kept when they are named by their id.
pub const PLANS: &str = "keyline-plans";

#[derive(Subcommand)]
pub enum ContainCommand {
    /// Make a plan: what to do in which order, what it hits, what stays alive
    Plan(PlanArgs),
    /// Show a plan: as a table, a page, a shell script, or JSON
    Show(ShowArgs),
    /// Carry out a plan that was approved by its hash
    Run(RunArgs),
    /// Look whether a plan still holds, and who got through since
    Verify(VerifyArgs),
    /// Take a step back, once that wakes nothing up
    Undo(UndoArgs),
    /// Print the IAM policies of a responder's roles
    Policy(PolicyArgs),
    /// Read what stands in an account, for plans that know every key and trust policy
    Inspect(InspectArgs),
}

#[derive(Args)]
pub struct PlanArgs {
    /// What to contain: an access key id, a credential id, an ARN, a user, a role, a session name; or an
    /// incident by its id, which is its whole tree
    #[arg(value_name = "CREDENTIAL|INCIDENT")]
    target: String,
    /// What `keyline hunt -o json` printed, to take an incident's credentials from there
    #[arg(long, value_name = "FILE")]
    hunt: Option<PathBuf>,
    #[command(flatten)]
    data: DataArgs,
    /// Hit as few legitimate sessions as possible, and stop only what is known
    #[arg(long)]
    narrow: bool,
    /// How far the tree reaches
    #[arg(long, value_enum, default_value = "tree")]
    reach: ReachArg,
    /// Since when it is stolen: what it made and changed before is not the thief's, and is left to a person
    #[arg(long, value_name = "TIME", value_parser = parse_instant)]
    stolen_since: Option<i64>,
    /// What `keyline contain inspect` read from an account; repeatable
    #[arg(long, value_name = "FILE")]
    inventory: Vec<PathBuf>,
    /// Whoever will run the plan, by ARN, credential id or access key id: never touched; repeatable
    #[arg(long, value_name = "ARN")]
    own: Vec<String>,
    /// Use service control policies, made in this management account
    #[arg(long, value_name = "ACCOUNT")]
    management_account: Option<String>,
    /// Touch this role although a management account enters its members by it; repeatable
    #[arg(long, value_name = "ROLE")]
    force: Vec<String>,
    /// Keep the plan in `keyline-plans`, where its id finds it
    #[arg(long)]
    save: bool,
    /// How to show it
    #[arg(short, long, value_enum, default_value = "table")]
    output: Shape,
}

impl PlanArgs {
    /// A plan for this target over these logs, everything else by default.
    pub fn of(data: DataArgs, target: String, stolen_since: Option<i64>, narrow: bool) -> PlanArgs {
        PlanArgs {
            target,
            hunt: None,
            data,
            narrow,
            reach: ReachArg::Tree,
            stolen_since,
            inventory: Vec::new(),
            own: Vec::new(),
            management_account: None,
            force: Vec::new(),
            save: false,
            output: Shape::Json,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ReachArg {
    /// The target and what came from it
    Below,
    /// Up to what sessions were made with, then everything below
    Tree,
    /// Up to the root, whoever it is
    Root,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Shape {
    Table,
    Json,
    Markdown,
    /// `aws` commands for a shell
    Script,
}

#[derive(Args)]
pub struct ShowArgs {
    /// A file, or the id of a plan in `keyline-plans`
    #[arg(value_name = "PLAN")]
    plan: String,
    /// How to show it
    #[arg(short, long, value_enum, default_value = "table")]
    output: Shape,
}

#[derive(Args)]
pub struct PolicyArgs {
    /// The role; all of them when absent
    #[arg(value_name = "ROLE", value_parser = RESPONDERS.map(|(name, _)| name))]
    role: Option<String>,
    /// aws, aws-cn, aws-us-gov and so on
    #[arg(long, default_value = "aws")]
    partition: String,
    /// The ARN of a responder's role, which it is denied to change; repeatable
    #[arg(long, value_name = "ARN")]
    own: Vec<String>,
}

pub fn run(command: ContainCommand, context: Context) -> Result<Status> {
    match command {
        ContainCommand::Plan(args) => make(&args, context),
        ContainCommand::Show(args) => show(&args, &context),
        ContainCommand::Run(args) => carry_out::run(&args, &context),
        ContainCommand::Verify(args) => carry_out::verify(args, context),
        ContainCommand::Undo(args) => carry_out::undo(&args, &context),
        ContainCommand::Policy(args) => policy(&args, &context),
        ContainCommand::Inspect(args) => carry_out::inspect(&args),
    }
}

fn make(args: &PlanArgs, mut context: Context) -> Result<Status> {
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
    lineage.forest()?;
    let mut read = logs.survey()?;
    read.problems.merge(lineage.problems()?);
    bar.finish_and_clear();
    let plan = draw_up(args, &reading, &logs, &lineage, &context)?;
    if args.save {
        let path = Path::new(PLANS).join(format!("{}.json", plan.plan_id()));
        keep(&path, &plan)?;
        context
            .printer
            .note(&format!("the plan is kept in `{}`", path.display()));
    }
    print(&plan, args.output, &context)?;
    tell!("{}", coverage::line(&read, &context.config.estate));
    Ok(Status::Done)
}

/// The plan for a target, over logs that are open. `reading` says what of them was read.
pub fn draw_up(
    args: &PlanArgs,
    reading: &DataArgs,
    logs: &Logs,
    lineage: &Lineage,
    context: &Context,
) -> Result<Plan> {
    let inventory = inventory(&args.inventory)?;
    let forest = lineage.forest()?;
    let read = logs.survey()?;
    let as_of = args
        .data
        .as_of
        .map(|ticks| ticks.div_euclid(data::TICKS_PER_MICROSECOND))
        .or(forest.last_event())
        .ok_or_else(|| anyhow!("there is no event in these logs"))?;
    let (target, first_alert) = target(args, &forest)?;
    let stolen_since = args
        .stolen_since
        .map(|ticks| ticks.div_euclid(data::TICKS_PER_MICROSECOND));
    let reach = match args.reach {
        ReachArg::Below => Reach::Below,
        ReachArg::Tree => Reach::Tree,
        ReachArg::Root => Reach::Root,
    };
    let events = deeds::read(logs, lineage, reading, context)?;
    let members = tree(&target, reach, &forest, as_of, stolen_since, &events)?;
    let members: BTreeSet<String> = members.into_iter().collect();
    let events = history::complete(events, &members, stolen_since);
    let estate = estate(args, context, read.accounts.iter().cloned());
    if let Some(nobody) = estate.own_of_nobody(Some(&forest)) {
        bail!(
            "`--own {}` names nobody: expected the ARN of a user or a role, or a credential of these logs",
            escape(nobody)
        );
    }
    Ok(keyline_contain::plan(&Request {
        target: &target,
        forest: &forest,
        as_of,
        made_at: wall_clock_ticks().div_euclid(data::TICKS_PER_MICROSECOND),
        inventory: &inventory,
        events: &events,
        estate: &estate,
        reach,
        breadth: match args.narrow {
            true => Breadth::Narrow,
            false => Breadth::Broad,
        },
        stolen_since,
        first_alert,
    })?)
}

fn show(args: &ShowArgs, context: &Context) -> Result<Status> {
    let plan = load(&args.plan)?;
    print(&plan, args.output, context)?;
    Ok(Status::Done)
}

fn policy(args: &PolicyArgs, context: &Context) -> Result<Status> {
    let partition = Partition::named(&args.partition).ok_or_else(|| {
        anyhow!(
            "`{}` is no partition; expected one such as `aws` or `aws-cn`",
            args.partition
        )
    })?;
    let glass = &context.config.estate.break_glass;
    let policies: serde_json::Map<String, serde_json::Value> = RESPONDERS
        .iter()
        .filter(|(name, _)| args.role.as_deref().is_none_or(|wanted| wanted == *name))
        .map(|(name, responder)| {
            let policy = of_responder(*responder, partition, &args.own, glass);
            ((*name).to_owned(), policy)
        })
        .collect();
    let shown = match (&args.role, policies.values().next()) {
        (Some(_), Some(policy)) => policy.clone(),
        _ => serde_json::Value::Object(policies),
    };
    writeln!(
        std::io::stdout(),
        "{}",
        serde_json::to_string_pretty(&shown)?
    )?;
    Ok(Status::Done)
}

fn print(plan: &Plan, shape: Shape, context: &Context) -> Result<()> {
    let text = match shape {
        Shape::Table => page::page(plan, &context.printer),
        Shape::Json => format!("{}\n", serde_json::to_string_pretty(&plan.to_json())?),
        Shape::Markdown => plan.markdown(),
        Shape::Script => plan.script(),
    };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(())
}

/// The accounts that may be touched are those of the configuration, else those whose logs were read.
fn estate(args: &PlanArgs, context: &Context, of_logs: impl Iterator<Item = String>) -> Estate {
    let configured = &context.config.estate;
    let accounts: BTreeSet<String> = match configured.accounts.is_empty() {
        true => of_logs.collect(),
        false => configured
            .accounts
            .iter()
            .map(|account| account.id.clone())
            .collect(),
    };
    Estate {
        accounts: Some(accounts),
        organisation: args
            .management_account
            .as_ref()
            .map(|account| Organisation {
                management_account: account.clone(),
            }),
        break_glass: configured.break_glass.clone(),
        own: args.own.clone(),
        forced: args.force.clone(),
    }
}

/// An incident is its root's tree: its id is made of the root's. What a hunt printed lists its credentials, and
/// says when its first alert was.
fn target(args: &PlanArgs, forest: &Forest) -> Result<(Target, Option<i64>)> {
    let Some(path) = &args.hunt else {
        if !args.target.starts_with(incident::ID_PREFIX) {
            return Ok((Target::Pivot(args.target.clone()), None));
        }
        let mut ids = forest.nodes().map(|node| forest.id(node));
        let root = ids.find(|id| incident::id_of_root(id) == args.target);
        let root = root.ok_or_else(|| {
            anyhow!(
                "no credential of these logs is the root of an incident `{}`; were other logs hunted in? An \
                 incident of alerts that name no known credential has no tree that could be stopped",
                args.target.escape_debug()
            )
        })?;
        let target = Target::Incident {
            id: args.target.clone(),
            credentials: vec![root],
        };
        return Ok((target, None));
    };
    let naming = || format!("the hunt `{}`", path.display());
    let text = fs::read_to_string(path).with_context(naming)?;
    let hunt: serde_json::Value = serde_json::from_str(&text).with_context(naming)?;
    let incidents = hunt["incidents"].as_array().into_iter().flatten();
    let mut named = incidents.filter(|incident| incident["incident_id"] == args.target.as_str());
    let incident = named.next().ok_or_else(|| {
        anyhow!(
            "there is no incident `{}` in `{}`",
            args.target,
            path.display()
        )
    })?;
    let credentials = incident["credentials"].as_array().into_iter().flatten();
    let target = Target::Incident {
        id: args.target.clone(),
        credentials: credentials
            .filter_map(|id| id.as_str().map(str::to_owned))
            .collect(),
    };
    let first_alert = incident["first_event"].as_str();
    let first_alert = first_alert.and_then(|text| parse_time(text.as_bytes()));
    Ok((target, first_alert))
}

fn inventory(paths: &[PathBuf]) -> Result<Inventory> {
    let mut all = Inventory::default();
    for path in paths {
        let naming = || format!("the inventory `{}`", path.display());
        let text = fs::read_to_string(path).with_context(naming)?;
        all.join(Inventory::from_json(&text).with_context(naming)?);
    }
    Ok(all)
}

/// The file of a plan that is named by its path or its id.
fn path_of(named: &str) -> Result<PathBuf> {
    let path = PathBuf::from(named);
    if path.is_file() {
        return Ok(path);
    }
    let is_id = named.len() == 12 && named.bytes().all(|byte| byte.is_ascii_hexdigit());
    let kept = Path::new(PLANS).join(format!("{named}.json"));
    match is_id && kept.is_file() {
        true => Ok(kept),
        false => bail!(
            "there is no plan `{named}`: expected a file, or the id of a plan in `{PLANS}` \
             (`keyline contain plan … --save` keeps it there)"
        ),
    }
}

fn load(named: &str) -> Result<Plan> {
    let path = path_of(named)?;
    let naming = || format!("the plan `{}`", path.display());
    let text = fs::read_to_string(&path).with_context(naming)?;
    Plan::from_json(&text).with_context(naming)
}

/// Writes a plan where only its owner can read it.
pub fn keep(path: &Path, plan: &Plan) -> Result<()> {
    let failed = || format!("cannot write `{}`", path.display());
    if let Some(folder) = path.parent() {
        let mut making = fs::DirBuilder::new();
        making.recursive(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::DirBuilderExt;
            making.mode(0o700);
        }
        making.create(folder).with_context(failed)?;
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(path).with_context(failed)?;
    let text = serde_json::to_string_pretty(&plan.to_json())?;
    file.write_all(text.as_bytes()).with_context(failed)
}
