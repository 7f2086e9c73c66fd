//! Plans carried out at AWS, and accounts read.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use keyline_contain::aws::{CallError, CallErrorKind};
use keyline_contain::look::Whom;
use keyline_contain::run::{Approval, Clock, Ended, Evidence, StepReport};
use keyline_contain::sdk::{Entry, Sdk};
use keyline_contain::undo::{Force, Permit, Undoing};
use keyline_contain::{ErrorKind, Inventory, Plan, Step, inspection, inventory};

use super::*;
use crate::units::wall_clock_ticks;

/// Credentials left alive that one line names; more are counted.
const NAMED_MAX: usize = 4;

pub fn run(
    args: &RunArgs,
    plan: &Plan,
    hash: &str,
    estate: &Estate,
    journal: &Path,
) -> Result<Status> {
    keyline_contain::run::check_approval(plan, hash)?;
    let confirmed: BTreeSet<String> = args.confirm.iter().cloned().collect();
    let known = |id: &&String| plan.steps.iter().any(|step| step.id == **id);
    if let Some(id) = confirmed.iter().find(|id| !known(id)) {
        bail!("the plan has no step `{}` to confirm", escape(id));
    }
    let approval = Approval {
        hash,
        confirmed: &confirmed,
        evidence: match args.no_evidence {
            true => Evidence::Waived,
            false => Evidence::Required,
        },
        estate,
        looks_s: &args.looks,
    };
    let mut sdk = enter(&args.entry)?;
    let mut journal = Journal::open(journal, &plan.hash)?;
    let reports = keyline_contain::run::run(
        plan,
        &approval,
        &mut sdk,
        &mut journal,
        &mut Wall,
        &mut |step, report| tell(plan, &args.plan, step, report),
    );
    let reports = match reports {
        Ok(reports) => reports,
        Err(error) if error.kind() == ErrorKind::Refused => {
            tell!("error: {}", escape(&error.to_string()));
            return Ok(Status::Refused);
        }
        Err(error) => return Err(error.into()),
    };
    let count = |wanted: fn(&Ended) -> bool| {
        let of_kind = reports.iter().filter(|report| wanted(&report.ended));
        of_kind.count()
    };
    let failed = count(|end| matches!(end, Ended::Failed(_)));
    say!(
        "\n{} done, {} done before, {} skipped, {failed} failed",
        count(|end| *end == Ended::Done),
        count(|end| *end == Ended::AlreadyDone),
        count(|end| matches!(end, Ended::Skipped(_))),
    );
    say!(
        "Next: keyline contain verify {} --data LOGS-OF-THE-TIME-SINCE",
        escape(&args.plan)
    );
    let denied = reports.iter().any(|report| report.denied);
    Ok(match (denied, failed) {
        (true, _) => Status::Refused,
        (false, 0) => Status::Done,
        (false, _) => Status::Failed,
    })
}

fn tell(plan: &Plan, named: &str, step: &Step, report: &StepReport) {
    let end = match &report.ended {
        Ended::Done => "done".to_owned(),
        Ended::AlreadyDone => "was done already".to_owned(),
        Ended::Skipped(why) => format!("skipped: {why}"),
        Ended::Failed(why) => format!("FAILED: {why}"),
    };
    say!("{:<5}{}  {}", step.id, escape(&step.title()), escape(&end));
    if let Some(otherwise) = &report.otherwise {
        say!("     {}", escape(otherwise));
    }
    for found in &report.found {
        say!(
            "     {} of {} in {} was active and no step named it: switched off; keyline contain undo {} --step {} \
             --force gives it back",
            escape(&found.key),
            escape(&found.user),
            escape(&found.account),
            escape(named),
            found.step
        );
    }
    let left = &report.left_alive;
    if !left.is_empty() && matches!(report.ended, Ended::Failed(_)) {
        let named = left.iter().take(NAMED_MAX);
        let named: Vec<String> = named.map(|id| escape(&plan.called(id))).collect();
        let more = match left.len().saturating_sub(NAMED_MAX) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        say!("     it was to stop {}{more}", named.join("; "));
    }
}

pub fn look(args: &VerifyArgs, plan: &Plan, journal: &Journal) -> Result<Status> {
    let mut sdk = enter(&args.entry)?;
    let wrong = keyline_contain::verify::look(plan, &mut sdk, journal);
    for id in &wrong {
        say!("{id}  is not as it was left, or cannot be read");
    }
    let never: Vec<&str> = plan
        .steps
        .iter()
        .filter(|step| !step.stops.is_empty() && !step.by_hand && !step.needs_confirmation)
        .filter(|step| !journal.is_done(&step.id))
        .map(|step| step.id.as_str())
        .collect();
    for id in &never {
        say!("{id}  was never done, or was taken back");
    }
    let awake = keyline_contain::verify::awake(plan, &mut sdk, journal);
    for key in &awake {
        say!("{}", escape(&key.why()));
    }
    let holds = wrong.is_empty() && never.is_empty() && awake.is_empty();
    if holds {
        say!(
            "Every control is as it was left, and every key of whoever is denied is off. Who got through since, later logs tell: --data"
        );
    }
    Ok(match holds {
        true => Status::Done,
        false => Status::Findings,
    })
}

pub fn undo(args: &UndoArgs, plan: &Plan, estate: &Estate, journal: &Path) -> Result<Status> {
    let mut sdk = enter(&args.entry)?;
    let mut journal = Journal::open(journal, &plan.hash)?;
    let step = &args.step;
    let permit = Permit {
        estate,
        force: match args.force {
            true => Force::Yes,
            false => Force::No,
        },
    };
    match keyline_contain::undo::undo(plan, step, permit, &mut sdk, &mut journal, &mut Wall)? {
        Undoing::Undone => {
            say!("{} is undone", escape(step));
            Ok(Status::Done)
        }
        Undoing::Refused(refused) => bail!("{} is not undone: {}", escape(step), refused.why()),
        Undoing::Failed(error) => refused(&format!("{} is not undone", escape(step)), &error),
    }
}

pub fn inspect(args: &InspectArgs) -> Result<Status> {
    let (account, home, whom) = asked(&args.target)?;
    let region = args.region.as_deref().unwrap_or(home);
    let mut sdk = enter(&args.entry)?;
    let account = match sdk.inspect(&account, region, &whom) {
        Ok(account) => account,
        Err(error) => return refused(&format!("{} cannot be read", escape(&args.target)), &error),
    };
    let partly = !account.unread.is_empty();
    for unread in &account.unread {
        tell!(
            "not read: {}: {}",
            escape(&unread.what),
            escape(&unread.why)
        );
    }
    let inventory = Inventory {
        schema: inventory::SCHEMA.to_owned(),
        taken_at: Some(format_time(Wall.now().div_euclid(1_000_000) * 1_000_000)),
        accounts: vec![account],
    };
    match (&args.out, args.output) {
        (Some(folder), _) => {
            write_bundle(folder, &inventory)?;
            tell!(
                "the bundle is in `{}`; plans take its {}",
                folder.display(),
                inspection::INVENTORY
            );
        }
        (None, InspectShape::Json) => say!("{}", serde_json::to_string_pretty(&inventory)?),
        (None, InspectShape::Markdown) => crate::output::say_text(inspection::report(&inventory)),
    }
    Ok(match partly {
        true => Status::Failed,
        false => Status::Done,
    })
}

/// The account, a region of it, and whom in it.
fn asked(target: &str) -> Result<(String, &'static str, Whom)> {
    Whom::named(target).ok_or_else(|| {
        anyhow!(
            "`{}` is neither an account's number nor the ARN of a user or a role",
            escape(target)
        )
    })
}

/// A bundle is never written over another.
fn write_bundle(folder: &Path, inventory: &Inventory) -> Result<()> {
    let failed = || format!("cannot write the bundle `{}`", folder.display());
    let mut making = fs::DirBuilder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        making.mode(0o700);
    }
    making.create(folder).with_context(failed)?;
    for file in inspection::bundle(inventory) {
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        let mut written = options.open(folder.join(file.name)).with_context(failed)?;
        written
            .write_all(file.content.as_bytes())
            .with_context(failed)?;
    }
    Ok(())
}

/// What AWS refused has an exit code of its own.
fn refused(what: &str, error: &CallError) -> Result<Status> {
    let why = escape(&error.why());
    if error.kind == CallErrorKind::Denied {
        tell!("error: {what}: {why}");
        return Ok(Status::Refused);
    }
    Err(anyhow!("{what}: {why}"))
}

pub fn enter(args: &EntryArgs) -> Result<Sdk> {
    Ok(Sdk::new(Entry {
        assume_role: args.assume_role.clone(),
        external_id: args.external_id.clone(),
        session_name: args.session_name.clone(),
        source_identity: args.source_identity.clone(),
        session_tags: args.session_tag.clone(),
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
