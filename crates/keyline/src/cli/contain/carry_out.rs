//! Carrying plans out: `run`, `verify`, `undo` and `inspect`.
//!
//! AWS is reached only in builds with the feature `aws`; others say so, and that the plan can be had as a
//! shell script. What later logs say about a plan is told by every build.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use keyline_contain::journal::Journal;
use keyline_contain::verify::alarms;
use keyline_lake::RawRecord;
use keyline_lake::lineage::Lineage;
use keyline_trail::time::format_time;

use super::{load, page, path_of};
use crate::cli::{Context, DataArgs, Status};
use crate::output::escape;
use crate::{coverage, data};

/// How accounts are entered.
#[derive(Args, Clone, Default)]
#[cfg_attr(
    not(feature = "aws"),
    allow(dead_code, reason = "read by builds that can talk to AWS")
)]
pub struct EntryArgs {
    /// Enter each account by this role; `{account}` stands for the account
    #[arg(long, value_name = "ARN")]
    assume_role: Option<String>,
    /// The external id that the role asks for
    #[arg(long, value_name = "ID")]
    external_id: Option<String>,
    /// Call this address instead of AWS, to try things on an emulator
    #[arg(long, value_name = "URL")]
    endpoint_url: Option<String>,
}

#[derive(Args)]
#[cfg_attr(
    not(feature = "aws"),
    allow(dead_code, reason = "read by builds that can talk to AWS")
)]
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
    #[command(flatten)]
    entry: EntryArgs,
}

#[derive(Args)]
#[cfg_attr(
    not(feature = "aws"),
    allow(dead_code, reason = "read by builds that can talk to AWS")
)]
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
#[cfg_attr(
    not(feature = "aws"),
    allow(dead_code, reason = "read by builds that can talk to AWS")
)]
pub struct UndoArgs {
    /// A file, or the id of a plan in `keyline-plans`
    #[arg(value_name = "PLAN")]
    plan: String,
    /// The step to take back
    #[arg(long, value_name = "STEP")]
    step: String,
    #[command(flatten)]
    entry: EntryArgs,
}

#[derive(Args)]
#[cfg_attr(
    not(feature = "aws"),
    allow(dead_code, reason = "read by builds that can talk to AWS")
)]
pub struct InspectArgs {
    /// The account to read
    #[arg(value_name = "ACCOUNT")]
    account: String,
    /// The region whose partition the account is in
    #[arg(long, default_value = "us-east-1", value_name = "REGION")]
    region: String,
    #[command(flatten)]
    entry: EntryArgs,
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
    aws::run(args, &plan, hash, &journal_path(&args.plan)?)
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
    if args.data.data.is_empty() {
        return aws::look(&args, &plan, &journal);
    }
    if let Some(path) = &args.data.accounts {
        context.config.estate.add_accounts(path)?;
    }
    let (logs, bar) = data::open_logs(&[], &args.data, RawRecord::Leave, &context)?;
    let lineage = Lineage::of(&logs, data::production(&context.config.estate));
    let forest = lineage.forest()?;
    let read = logs.survey()?;
    bar.finish_and_clear();
    let found = alarms(&plan, &journal, &forest);
    for alarm in &found {
        say!("{}  {}", escape(&alarm.credential), escape(&alarm.why));
    }
    if found.is_empty() {
        let until = forest.last_event().map_or_else(String::new, format_time);
        say!(
            "No credential of the tree succeeded after the cut, in logs until {until}. That is no proof: keys \
             that do not work leave no trace, and logs come late."
        );
    }
    tell!("{}", coverage::line(&read, &context.config.estate));
    Ok(match found.is_empty() {
        true => Status::Done,
        false => Status::Findings,
    })
}

pub fn undo(args: &UndoArgs, _: &Context) -> Result<Status> {
    let plan = load(&args.plan)?;
    aws::undo(args, &plan, &journal_path(&args.plan)?)
}

pub fn inspect(args: &InspectArgs) -> Result<Status> {
    aws::inspect(args)
}

/// The journal stands beside the plan.
fn journal_path(named: &str) -> Result<PathBuf> {
    Ok(path_of(named)?.with_extension("journal"))
}

#[cfg(not(feature = "aws"))]
mod aws {
    use std::path::Path;

    use keyline_contain::Plan;

    use super::*;

    pub fn run(_: &RunArgs, _: &Plan, _: &str, _: &Path) -> Result<Status> {
        cannot()
    }

    pub fn look(_: &VerifyArgs, _: &Plan, _: &Journal) -> Result<Status> {
        cannot()
    }

    pub fn undo(_: &UndoArgs, _: &Plan, _: &Path) -> Result<Status> {
        cannot()
    }

    pub fn inspect(_: &InspectArgs) -> Result<Status> {
        cannot()
    }

    fn cannot() -> Result<Status> {
        bail!(
            "this build cannot talk to AWS; one that can is built with `--features aws`, and \
             `keyline contain show PLAN -o script` prints the plan as `aws` commands"
        )
    }
}

#[cfg(feature = "aws")]
mod aws {
    use std::collections::BTreeSet;
    use std::path::Path;
    use std::time::Duration;

    use keyline_contain::inventory;
    use keyline_contain::run::{Approval, Clock, Ended, Evidence};
    use keyline_contain::sdk::{Entry, Sdk};
    use keyline_contain::undo::Undoing;
    use keyline_contain::{Inventory, Plan};

    use super::*;
    use crate::units::wall_clock_ticks;

    pub fn run(args: &RunArgs, plan: &Plan, hash: &str, journal: &Path) -> Result<Status> {
        let confirmed: BTreeSet<String> = args.confirm.iter().cloned().collect();
        let approval = Approval {
            hash,
            confirmed: &confirmed,
            evidence: match args.no_evidence {
                true => Evidence::Waived,
                false => Evidence::Required,
            },
        };
        let mut sdk = enter(&args.entry)?;
        let mut journal = Journal::open(journal, &plan.hash)?;
        let mut told = |step: &keyline_contain::Step, report: &keyline_contain::run::StepReport| {
            let end = match &report.ended {
                Ended::Done => "done".to_owned(),
                Ended::AlreadyDone => "was done already".to_owned(),
                Ended::Skipped(why) => format!("skipped: {why}"),
                Ended::Failed(why) => format!("FAILED: {why}"),
            };
            say!(
                "{:<5}{}:{}  {}",
                step.id,
                step.service,
                step.action,
                escape(&end)
            );
        };
        let reports = keyline_contain::run::run(
            plan,
            &approval,
            &mut sdk,
            &mut journal,
            &mut Wall,
            &mut told,
        )?;
        let failed = reports
            .iter()
            .any(|report| matches!(report.ended, Ended::Failed(_)));
        Ok(match (reports.iter().any(|report| report.denied), failed) {
            (true, _) => Status::Refused,
            (false, true) => Status::Failed,
            (false, false) => Status::Done,
        })
    }

    pub fn look(args: &VerifyArgs, plan: &Plan, journal: &Journal) -> Result<Status> {
        let mut sdk = enter(&args.entry)?;
        let wrong = keyline_contain::verify::look(plan, &mut sdk, journal);
        for id in &wrong {
            say!("{id}  is not as it was left");
        }
        if wrong.is_empty() {
            say!("Every control is as it was left. Who got through since, later logs tell: --data");
        }
        Ok(match wrong.is_empty() {
            true => Status::Done,
            false => Status::Findings,
        })
    }

    pub fn undo(args: &UndoArgs, plan: &Plan, journal: &Path) -> Result<Status> {
        let mut sdk = enter(&args.entry)?;
        let mut journal = Journal::open(journal, &plan.hash)?;
        let ended = keyline_contain::undo::undo(
            plan,
            &args.step,
            &mut sdk,
            &mut journal,
            &mut Wall,
            |_, _| None,
        )?;
        match ended {
            Undoing::Undone => {
                say!("{} is undone", escape(&args.step));
                Ok(Status::Done)
            }
            Undoing::Refused(refused) => bail!("{} is not undone: {}", args.step, refused.why()),
            Undoing::Failed(error) => bail!("{} is not undone: {}", args.step, error.why()),
        }
    }

    pub fn inspect(args: &InspectArgs) -> Result<Status> {
        let mut sdk = enter(&args.entry)?;
        let account = sdk
            .inspect(&args.account, &args.region)
            .map_err(|error| anyhow::anyhow!("account {}: {}", args.account, error.why()))?;
        let inventory = Inventory {
            schema: inventory::SCHEMA.to_owned(),
            taken_at: Some(format_time(Wall.now())),
            accounts: vec![account],
        };
        say!("{}", serde_json::to_string_pretty(&inventory)?);
        Ok(Status::Done)
    }

    fn enter(args: &EntryArgs) -> Result<Sdk> {
        Ok(Sdk::new(Entry {
            assume_role: args.assume_role.clone(),
            external_id: args.external_id.clone(),
            session_name: "keyline".to_owned(),
            endpoint: args.endpoint_url.clone(),
        })?)
    }

    struct Wall;

    impl Clock for Wall {
        fn now(&mut self) -> i64 {
            wall_clock_ticks().div_euclid(data::TICKS_PER_MICROSECOND)
        }

        fn wait_s(&mut self, seconds: u64) {
            std::thread::sleep(Duration::from_secs(seconds));
        }
    }
}
