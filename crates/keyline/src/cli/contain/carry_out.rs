//! Carrying plans out: `run`, `verify`, `undo` and `inspect`.
//!
//! AWS is reached only in builds with the feature `aws` (`live.rs`); others say so, and that the plan can be
//! had as a shell script. What later logs say about a plan is told by every build.

#![cfg_attr(
    not(feature = "aws"),
    allow(
        dead_code,
        reason = "how accounts are entered is read by builds that can"
    )
)]

#[cfg_attr(not(feature = "aws"), path = "carry_out/without.rs")]
mod live;

#[cfg(feature = "aws")]
pub use live::enter;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use keyline_contain::Estate;
use keyline_contain::journal::Journal;
use keyline_contain::verify::{Alarm, Weight, alarms};
use keyline_lake::RawRecord;
use keyline_lake::lineage::Lineage;
use keyline_trail::time::format_time;

use super::{load, page, path_of};
use crate::cli::{Context, DataArgs, Status};
use crate::output::escape;
use crate::{coverage, data};

/// How accounts are entered.
#[derive(Args, Clone, Default)]
pub struct EntryArgs {
    /// Enter each account by this role; `{account}` stands for the account
    #[arg(long, value_name = "ARN")]
    assume_role: Option<String>,
    /// The external id that the role asks for
    #[arg(long, value_name = "ID", requires = "assume_role")]
    external_id: Option<String>,
    /// The name of the sessions, as it will stand in the logs
    #[arg(long, value_name = "NAME", default_value = "keyline")]
    session_name: String,
    /// Who you are, as it will stand in the logs of every account
    #[arg(long, value_name = "NAME", requires = "assume_role")]
    source_identity: Option<String>,
    /// A tag of the sessions; repeatable
    #[arg(long, value_name = "KEY=VALUE", requires = "assume_role", value_parser = pair)]
    session_tag: Vec<(String, String)>,
    /// Call this address instead of AWS, to try things on an emulator
    #[arg(long, value_name = "URL")]
    endpoint_url: Option<String>,
}

#[cfg(feature = "lake")]
impl EntryArgs {
    /// The address that is called instead of AWS.
    pub fn endpoint(&self) -> Option<String> {
        self.endpoint_url.clone()
    }
}

/// What must not be touched, as it is known when a plan is carried out.
#[derive(Args, Clone, Default)]
pub struct GuardArgs {
    /// Whoever is never to be touched besides those by whose credentials this runs, by ARN; repeatable
    #[arg(long, value_name = "ARN")]
    own: Vec<String>,
}

#[derive(Args)]
pub struct RunArgs {
    /// A file, or the id of a plan in `keyline-plans`
    #[arg(value_name = "PLAN")]
    plan: String,
    /// The whole hash of the plan that was read and approved; without it nothing is done
    #[arg(long, value_name = "HASH")]
    approve: Option<String>,
    /// Take this step too, which asks again (a deletion, say); repeatable
    #[arg(long, value_name = "STEP")]
    confirm: Vec<String>,
    /// Change principals although their snapshot cannot be filed
    #[arg(long)]
    no_evidence: bool,
    /// When to look whether everything still holds, in seconds after the last step
    #[arg(
        long,
        value_name = "SECONDS",
        value_delimiter = ',',
        default_value = "5,15,60"
    )]
    looks: Vec<u64>,
    /// Touch this role although a management account enters its members by it; repeatable
    #[arg(long, value_name = "ROLE")]
    force: Vec<String>,
    #[command(flatten)]
    kept: KeptArgs,
    #[command(flatten)]
    guard: GuardArgs,
    #[command(flatten)]
    entry: EntryArgs,
}

/// Where what was done is kept besides the journal.
#[derive(Args, Clone, Default)]
pub struct KeptArgs {
    /// Keep what is done in the table ContainmentAudit of this lake, too (default: KEYLINE_LAKE, else ./keyline-lake if
    /// it is there)
    #[arg(long, value_name = "URI")]
    lake: Option<String>,
}

impl KeptArgs {
    /// Keeps the lines of a journal; the journal is the truth, and all the same there where this fails.
    fn keep(&self, journal: &Path) {
        let named = DataArgs {
            lake: self.lake.clone(),
            ..DataArgs::default()
        };
        let Some(location) = data::lake_of(&[], &named) else {
            return;
        };
        #[cfg(feature = "lake")]
        if let Err(error) = crate::saved_audit::keep_journal(&location, journal) {
            tell!(
                "warning: what was done stands in the journal, and not in the lake: {}",
                escape(&format!("{error:#}"))
            );
        }
        #[cfg(not(feature = "lake"))]
        let _ = (location, journal);
    }
}

#[derive(Args)]
pub struct VerifyArgs {
    /// A file, or the id of a plan in `keyline-plans`
    #[arg(value_name = "PLAN")]
    plan: String,
    /// Logs of the time since, for who got through
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    entry: EntryArgs,
}

#[derive(Args)]
pub struct UndoArgs {
    /// A file, or the id of a plan in `keyline-plans`
    #[arg(value_name = "PLAN")]
    plan: String,
    /// The step to take back
    #[arg(long, value_name = "STEP")]
    step: String,
    /// Take it back although the plan says that the thief has it, that it leaves what the thief had left, or that a
    /// management account enters its members by it; also says that a password was replaced
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    kept: KeptArgs,
    #[command(flatten)]
    guard: GuardArgs,
    #[command(flatten)]
    entry: EntryArgs,
}

#[derive(Args)]
pub struct InspectArgs {
    /// The account to read, or the ARN of one user or role
    #[arg(value_name = "ACCOUNT|PRINCIPAL")]
    target: String,
    /// A region of the partition that the account is in; else that of the ARN, or us-east-1
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// Write a bundle into this folder: the facts, a report, their hashes
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// What to print where no bundle is written
    #[arg(short, long, value_enum, default_value = "json")]
    output: InspectShape,
    #[command(flatten)]
    entry: EntryArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum InspectShape {
    /// The facts, for `contain plan --inventory`
    Json,
    /// The report
    Markdown,
}

/// Without an approval the plan is only shown.
pub fn run(args: &RunArgs, context: &Context) -> Result<Status> {
    let plan = load(&args.plan)?;
    let Some(hash) = &args.approve else {
        crate::output::say_text(page::page(&plan, &context.printer));
        context.printer.note(&format!(
            "nothing was done; to carry it out: keyline contain run {} --approve {}",
            args.plan, plan.hash
        ));
        return Ok(Status::Done);
    };
    let estate = estate(&args.guard, args.force.clone(), context)?;
    let journal = journal_path(&args.plan)?;
    let outcome = live::run(args, &plan, hash, &estate, &journal);
    if journal.is_file() {
        args.kept.keep(&journal);
    }
    outcome
}

/// The rules of the configuration as it is now: whoever wrote the plan may have known others. Without
/// accounts in it every account may be entered that lets one in.
pub fn estate(args: &GuardArgs, forced: Vec<String>, context: &Context) -> Result<Estate> {
    let configured = &context.config.estate;
    let accounts = configured.accounts.iter();
    let accounts: BTreeSet<String> = accounts.map(|account| account.id.clone()).collect();
    let estate = Estate {
        accounts: (!accounts.is_empty()).then_some(accounts),
        organisation: None,
        break_glass: configured.break_glass.clone(),
        own: args.own.clone(),
        forced,
    };
    match estate.own_of_nobody(None) {
        Some(nobody) => bail!(
            "`--own {}` names nobody: expected the ARN of a user or a role",
            escape(nobody)
        ),
        None => Ok(estate),
    }
}

pub fn verify(args: VerifyArgs, mut context: Context) -> Result<Status> {
    let plan = load(&args.plan)?;
    let path = journal_path(&args.plan)?;
    if !path.is_file() {
        bail!(
            "the plan was not carried out here: there is no journal `{}`",
            path.display()
        );
    }
    let journal = Journal::open(&path, &plan.hash)?;
    if args.data.data.is_empty() && args.data.lake.is_none() {
        return live::look(&args, &plan, &journal);
    }
    if let Some(path) = &args.data.accounts {
        context.config.estate.add_accounts(path)?;
    }
    let (logs, bar) = data::open_logs(&[], &args.data, RawRecord::Leave, &context)?;
    let lineage = Lineage::of(&logs, data::production(&context.config.estate));
    let forest = lineage.forest()?;
    let read = logs.survey()?;
    bar.finish_and_clear();
    let (found, to_look_at): (Vec<Alarm>, Vec<Alarm>) = alarms(&plan, &journal, &forest)
        .into_iter()
        .partition(|found| found.weight == Weight::Alarm);
    for alarm in &found {
        say!(
            "{} ({})  {}",
            escape(&alarm.what),
            escape(&alarm.credential),
            escape(&alarm.why)
        );
    }
    for look in &to_look_at {
        say!(
            "{} ({})  look: {}",
            escape(&look.what),
            escape(&look.credential),
            escape(&look.why)
        );
    }
    if found.is_empty() {
        let until = forest.last_event().map_or_else(String::new, format_time);
        say!(
            "Nobody of the tree, and nobody who was denied, succeeded after the cut, in logs until {until}. That is no proof: keys \
             that do not work leave no trace, and logs come late."
        );
    }
    tell!("{}", coverage::line(&read, &context.config.estate));
    Ok(match found.is_empty() {
        true => Status::Done,
        false => Status::Findings,
    })
}

pub fn undo(args: &UndoArgs, context: &Context) -> Result<Status> {
    let plan = load(&args.plan)?;
    let path = journal_path(&args.plan)?;
    if !path.is_file() {
        bail!(
            "the plan was not carried out here: there is no journal `{}`",
            path.display()
        );
    }
    let step = plan.steps.iter().find(|step| step.id == args.step);
    let role = step.and_then(|step| step.params.get("role_name")?.as_str());
    let forced = role.filter(|_| args.force).map(str::to_owned);
    let estate = estate(&args.guard, forced.into_iter().collect(), context)?;
    let outcome = live::undo(args, &plan, &estate, &path);
    args.kept.keep(&path);
    outcome
}

pub fn inspect(args: &InspectArgs) -> Result<Status> {
    live::inspect(args)
}

fn journal_path(named: &str) -> Result<PathBuf> {
    Ok(journal_of(&path_of(named)?))
}

/// The journal stands beside the plan.
pub fn journal_of(plan: &Path) -> PathBuf {
    plan.with_extension("journal")
}

fn pair(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(key, _)| !key.is_empty());
    let pair = pair.ok_or_else(|| format!("expected KEY=VALUE, found `{text}`"))?;
    Ok((pair.0.to_owned(), pair.1.to_owned()))
}
