//! What `keyline doctor` says of what the user set up: rules, references, the lake, sinks.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, SystemTime};

use keyline_detect::check::{Times, check};
use keyline_detect::problem::Problem;
use keyline_sinks::{Outbox, Sink, SinkConfig};

use super::{DoctorArgs, Finding};
use crate::cli::rules::load_rules;
use crate::cli::sinks::try_out;
use crate::cli::{Context, DataArgs, ReferenceArgs, RuleArgs};
use crate::coverage::count;
use crate::data;
use crate::sending::outbox_folder;

/// A reference that is older is probably forgotten: address ranges change every week.
const REFERENCE_AGE_MAX: Duration = Duration::from_secs(30 * 24 * 3600);

pub fn findings(args: &DoctorArgs, context: &Context) -> Vec<Finding> {
    let mut findings = vec![configuration(context)];
    findings.extend(rules(context));
    findings.extend(references(context));
    findings.push(lake(args));
    findings.extend(sinks(args, context));
    findings
}

fn configuration(context: &Context) -> Finding {
    let config = &context.config;
    if *config == crate::config::Config::default() {
        return Finding::ok("configuration", "none: everything is as it comes");
    }
    let estate = &config.estate;
    let message = format!(
        "{} of the estate, {}, {}",
        count(estate.accounts.len() as u64, "account"),
        count(estate.egress_networks.len() as u64, "network"),
        count(config.sinks.len() as u64, "sink")
    );
    match estate.accounts.is_empty() {
        false => Finding::ok("configuration", message),
        true => Finding::warn(
            "configuration",
            message,
            "list your accounts under `[estate]`: rules about foreign accounts need to know yours",
        ),
    }
}

fn rules(context: &Context) -> Vec<Finding> {
    let hint = "`keyline rules check` says what is wrong, with file, line and column";
    let loaded = match load_rules(&RuleArgs::default(), context) {
        Ok(loaded) => loaded,
        Err(error) => return vec![Finding::fail("rules", format!("{error:#}"), hint)],
    };
    let fatal = loaded.problems.iter().filter(|problem| problem.is_fatal());
    let files = loaded.broken.iter().map(|rule| &rule.file);
    let files: BTreeSet<&String> = files.chain(fatal.map(|problem| &problem.file)).collect();
    let broken = files.len();
    let unreadable = Finding::fail(
        "rules",
        format!("{} that cannot be read", count(broken as u64, "rule file")),
        hint,
    );
    let catalog = match data::for_checks(&ReferenceArgs::default(), context) {
        Ok(catalog) => catalog,
        Err(error) => {
            let hint = "mend the file, or take the watchlist out of the configuration";
            let watchlist = Finding::fail("watchlists", format!("{error:#}"), hint);
            return match broken {
                0 => vec![watchlist],
                _ => vec![unreadable, watchlist],
            };
        }
    };
    let mut findings = Vec::new();
    let mut cannot_run = 0;
    let mut addresses = Vec::new();
    let mut watchlists = Vec::new();
    for rule in &loaded.rules {
        let checked = check(rule, &catalog, &Times::any());
        cannot_run +=
            u64::from(checked.query.is_none() || checked.problems.iter().any(Problem::is_fatal));
        addresses.extend(checked.external_uris);
        watchlists.extend(checked.watchlists);
    }
    let all = count(loaded.rules.len() as u64, "rule");
    findings.push(match (broken, cannot_run) {
        (0, 0) => Finding::ok("rules", format!("{all}, all of which can run")),
        (0, some) => Finding::warn(
            "rules",
            format!("{all}, {some} of which cannot run here"),
            hint,
        ),
        _ => unreadable,
    });
    let config = &context.config;
    let is_there = |address: &String| {
        config.references.contains_key(address)
            || (!config.fetch.offline
                && config
                    .fetch
                    .allow_urls
                    .iter()
                    .any(|prefix| address.starts_with(prefix)))
    };
    let is_known = |alias: &String| config.watchlists.contains_key(alias);
    findings.extend(missing("references", addresses, is_there, |address| {
        format!("put `\"{address}\" = \"FILE\"` under `[references]`, or allow it under `[fetch] allow_urls`")
    }));
    findings.extend(missing("watchlists", watchlists, is_known, |alias| {
        format!("put `{alias} = \"FILE.csv\"` under `[watchlists]`")
    }));
    findings
}

/// What rules name and nobody provides.
fn missing(
    check: &'static str,
    mut named: Vec<String>,
    is_there: impl Fn(&String) -> bool,
    hint: impl Fn(&str) -> String,
) -> Option<Finding> {
    named.sort_unstable();
    named.dedup();
    named.retain(|name| !is_there(name));
    let first = named.first()?;
    let message = match named.len() {
        1 => format!("a rule names `{first}`, which is not there"),
        many => format!("rules name {many} that are not there, the first `{first}`"),
    };
    Some(Finding::warn(check, message, hint(first)))
}

/// The files that the configuration names.
fn references(context: &Context) -> Vec<Finding> {
    let config = &context.config;
    let named = config.references.values().map(|path| ("references", path));
    let named = named.chain(config.watchlists.values().map(|path| ("watchlists", path)));
    named.map(|(check, path)| reference(check, path)).collect()
}

fn reference(check: &'static str, path: &Path) -> Finding {
    let shown = path.display();
    let about = match std::fs::metadata(path) {
        Ok(about) => about,
        Err(error) => {
            let message = format!("cannot read `{shown}`: {error}");
            return Finding::fail(check, message, "fetch it again, or mend its path");
        }
    };
    if about.len() == 0 {
        let hint = "fetch it again: rules that compare with nothing find nothing";
        return Finding::fail(check, format!("`{shown}` is empty"), hint);
    }
    let age = about
        .modified()
        .ok()
        .and_then(|at| SystemTime::now().duration_since(at).ok());
    match age.filter(|age| *age > REFERENCE_AGE_MAX) {
        None => Finding::ok(check, format!("`{shown}`")),
        Some(age) => Finding::warn(
            check,
            format!("`{shown}` is {} days old", age.as_secs() / (24 * 3600)),
            "fetch it again",
        ),
    }
}

fn lake(args: &DoctorArgs) -> Finding {
    let named = DataArgs {
        lake: args.lake.clone(),
        ..DataArgs::default()
    };
    match data::lake_of(&[], &named) {
        None => Finding::ok("lake", "none: logs are read from files"),
        Some(location) => look_at_lake(&location),
    }
}

#[cfg(feature = "lake")]
fn look_at_lake(location: &str) -> Finding {
    use crate::units::wall_clock_micros;
    /// Microseconds that an event may lie in the future before the clock is suspected.
    const AHEAD_MICROS_MAX: i64 = 5 * 60 * 1_000_000;

    let tables = keyline_lake::delta::Lake::open(location).and_then(|lake| lake.tables());
    let tables = match tables {
        Ok(tables) => tables,
        Err(error) => {
            let hint = "mend its place, or the rights and credentials to read it";
            return Finding::fail("lake", format!("`{location}`: {error}"), hint);
        }
    };
    let events = tables
        .iter()
        .find(|table| table.name == keyline_lake::TABLE);
    let rows = events.map_or(0, |table| table.rows);
    let message = format!("`{location}`: {}", count(rows, "event"));
    let last = events.and_then(|table| table.last).unwrap_or_default();
    match last > wall_clock_micros() + AHEAD_MICROS_MAX {
        true => Finding::warn(
            "lake",
            format!("{message}, the last of which lies in the future"),
            "look whether this machine's clock is behind",
        ),
        false => Finding::ok("lake", message),
    }
}

#[cfg(not(feature = "lake"))]
fn look_at_lake(location: &str) -> Finding {
    Finding::fail(
        "lake",
        format!("`{location}` cannot be read"),
        data::NO_LAKE,
    )
}

fn sinks(args: &DoctorArgs, context: &Context) -> Vec<Finding> {
    let configs = &context.config.sinks;
    let mut findings = Vec::new();
    let mut ready = Vec::new();
    for config in configs {
        match Sink::all(std::slice::from_ref(config)) {
            Err(error) => {
                let hint = "mend it; `keyline config --example` shows what a sink may say";
                findings.push(Finding::fail("sinks", error.to_string(), hint));
            }
            Ok(sinks) => {
                findings.extend(sinks.iter().map(|sink| setup_of(sink, config, args)));
                ready.extend(sinks);
            }
        }
    }
    if configs.is_empty() {
        findings.push(Finding::ok(
            "sinks",
            "none: alerts are printed and sent nowhere",
        ));
    } else {
        findings.extend(waiting(context, &ready));
    }
    findings
}

/// One sink that could be sent to.
fn setup_of(sink: &Sink, config: &SinkConfig, args: &DoctorArgs) -> Finding {
    let shown = format!("`{}` to {}", sink.name(), sink.destination());
    let secrets = [
        &config.secret_file,
        &config.url_file,
        &config.authorization_file,
    ];
    if let Some(path) = secrets
        .into_iter()
        .flatten()
        .find(|path| others_may_read(path))
    {
        let hint = format!("chmod 600 {}", path.display());
        let message = format!("{shown}: others may read its secret, `{}`", path.display());
        return Finding::warn("sinks", message, hint);
    }
    if args.send_test {
        return match try_out(sink) {
            Ok(()) => Finding::ok("sinks", format!("{shown}: took a test alert")),
            Err(why) => {
                let hint = format!("mend it, then `keyline sinks test {}`", sink.name());
                Finding::fail("sinks", format!("{shown}: {why}"), hint)
            }
        };
    }
    let destination = sink.destination();
    let is_open = ["http://", "tcp://", "udp://"]
        .iter()
        .any(|start| destination.starts_with(start));
    let is_here = ["//127.", "//localhost", "//[::1]"]
        .iter()
        .any(|host| destination.contains(host));
    match is_open && !is_here {
        true => Finding::warn(
            "sinks",
            format!("{shown}: alerts travel unencrypted"),
            "use `https://` or `tls://` where the receiver can",
        ),
        false => Finding::ok("sinks", format!("{shown} (`--send-test` tries it)")),
    }
}

/// What waits, and what was lost on the way.
fn waiting(context: &Context, sinks: &[Sink]) -> Vec<Finding> {
    let folder = outbox_folder(&context.config);
    let states = match Outbox::look(&folder, sinks) {
        Ok(states) => states,
        Err(error) => {
            let hint = "let the user under whom Keyline runs read it";
            return vec![Finding::fail("outbox", error.to_string(), hint)];
        }
    };
    let mut findings = Vec::new();
    for state in &states {
        let why = state
            .last_error
            .as_deref()
            .unwrap_or("nothing has gone wrong");
        if state.dropped > 0 || state.put_aside > 0 {
            findings.push(Finding::warn(
                "outbox",
                format!(
                    "`{}` refused {} and missed {}: {why}",
                    state.name,
                    count(state.put_aside, "alert"),
                    count(state.dropped, "alert")
                ),
                format!(
                    "look into `{}`; the alerts themselves are found by another hunt",
                    folder.display()
                ),
            ));
        } else if state.waiting > 0 && state.last_error.is_some() {
            findings.push(Finding::warn(
                "outbox",
                format!(
                    "{} wait for `{}`: {why}",
                    count(state.waiting, "alert"),
                    state.name
                ),
                format!("`keyline sinks test {}` tries it", state.name),
            ));
        }
    }
    if findings.is_empty() {
        let waiting: u64 = states.iter().map(|state| state.waiting).max().unwrap_or(0);
        let message = format!(
            "`{}`: {} waiting",
            folder.display(),
            count(waiting, "alert")
        );
        findings.push(Finding::ok("outbox", message));
    }
    findings
}

fn others_may_read(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::metadata(path).is_ok_and(|about| about.permissions().mode() & 0o044 != 0)
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        false
    }
}
