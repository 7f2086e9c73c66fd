//! The command line: every command and flag there is, and which file carries it out.

pub mod hunt;
pub mod query;
mod lineage;
pub mod contain;
pub mod rules;
mod rules_coverage;
pub mod rules_test;
mod kql;
mod convert;
mod ingest;
mod lake;
mod incidents;
mod simulate;
pub mod serve;
mod serve_oidc;
mod serve_token;
#[cfg(feature = "lake")]
mod serve_lake;
mod demo;
mod sinks;
mod doctor;
mod config;
mod shell;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};

use crate::output::{ColorChoice, Printer};
use crate::units::{TimeBound, parse_instant, parse_time_bound};

/// How a run ended, as the exit code says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Done,
    Failed,
    Usage,
    /// Findings at or over `--fail-on`.
    Findings,
    /// AWS refused for want of a permission.
    #[cfg(feature = "aws")]
    Refused,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> ExitCode {
        ExitCode::from(match status {
            Status::Done => 0,
            Status::Failed => 1,
            Status::Usage => 2,
            Status::Findings => 3,
            #[cfg(feature = "aws")]
            Status::Refused => 4,
        })
    }
}

/// Follow stolen AWS credentials through CloudTrail.
///
/// Keyline runs Microsoft Sentinel rules, unmodified, over CloudTrail files, and answers questions
/// in KQL. It needs no server, no AWS access and no set-up.
#[derive(Parser)]
#[command(name = "keyline", version, max_term_width = 100)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    global: GlobalArgs,
}

#[derive(Args)]
struct GlobalArgs {
    /// Read the configuration from FILE instead of ./keyline.toml
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// When to use colour
    #[arg(
        long,
        global = true,
        value_enum,
        default_value = "auto",
        value_name = "WHEN"
    )]
    color: ColorChoice,
    /// Print results, errors and the coverage line only
    #[arg(short, long, global = true)]
    quiet: bool,
    /// Say more about what is done
    #[arg(short, long, global = true)]
    verbose: bool,
    /// Show no progress bar
    #[arg(long, global = true)]
    no_progress: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Run detection rules over logs and print alerts
    Hunt(hunt::HuntArgs),
    /// Ask a question in KQL
    Query(query::QueryArgs),
    /// Show which credential minted which, what each did, and which still work
    Lineage(lineage::LineageArgs),
    /// Stop a stolen credential and all that came from it: plan, run, verify, undo
    #[command(subcommand)]
    Contain(contain::ContainCommand),
    /// List and check detection rules
    #[command(subcommand)]
    Rules(rules::RulesCommand),
    /// Check, format and explain KQL
    #[command(subcommand)]
    Kql(kql::KqlCommand),
    /// Turn logs into typed Parquet, which every command reads in their place, faster
    Convert(convert::ConvertArgs),
    /// Take log files into the lake, each event once; every command reads it with `--lake`
    Ingest(ingest::IngestArgs),
    /// Look at the lake, compact it, thin it out, check it
    #[command(subcommand)]
    Lake(lake::LakeCommand),
    /// List the incidents of the lake, note what was found out, close them
    #[command(subcommand)]
    Incidents(incidents::IncidentsCommand),
    /// Write CloudTrail files of a simulated AWS organisation
    Simulate(simulate::SimulateArgs),
    /// Investigate in a browser: incidents, the lineage timeline, hunting in KQL, plans
    Serve(Box<serve::ServeArgs>),
    /// See Keyline at work on a bundled story; needs no AWS and no files
    Demo(demo::DemoArgs),
    /// Look at where alerts are sent, and try it
    #[command(subcommand)]
    Sinks(sinks::SinksCommand),
    /// Look whether everything is as Keyline needs it, and say what to do about what is not
    Doctor(doctor::DoctorArgs),
    /// Show the configuration in force
    Config(config::ConfigArgs),
    /// Print a completion script for a shell
    Completions(shell::CompletionsArgs),
    /// Print the manual page, in roff
    Man,
}

/// Which logs are read, and how.
#[derive(Args, Clone, Default)]
pub struct DataArgs {
    /// Read this log file or folder (`-`: standard input); repeatable
    #[arg(long, value_name = "PATH")]
    pub data: Vec<PathBuf>,
    /// Read the lake at URI, a folder or s3://BUCKET/PREFIX (default without `--data`: KEYLINE_LAKE, else
    /// ./keyline-lake if it is there)
    #[arg(long, value_name = "URI", conflicts_with = "data")]
    pub lake: Option<String>,
    /// Pass over events before TIME (RFC 3339, a date, or a timespan back such as 7d)
    #[arg(long, value_name = "TIME", value_parser = parse_time_bound)]
    pub since: Option<TimeBound>,
    /// Pass over events after TIME
    #[arg(long, value_name = "TIME", value_parser = parse_time_bound)]
    pub until: Option<TimeBound>,
    /// Evaluate as if it were TIME (default: the time of the last event)
    #[arg(long, value_name = "TIME", value_parser = parse_instant)]
    pub as_of: Option<i64>,
    /// Take at most SIZE of memory, for example 512MiB; more goes to scratch files
    #[arg(long, value_name = "SIZE", value_parser = crate::data::parse_memory)]
    pub memory: Option<u64>,
    /// Read with N threads (default: one a core)
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    /// Keep session tokens as they are, instead of their SHA-256
    #[arg(long)]
    pub keep_session_tokens: bool,
    /// Read the estate's accounts from FILE (CSV, or the JSON of `aws organizations list-accounts`)
    #[arg(long, value_name = "FILE")]
    pub accounts: Option<PathBuf>,
}

/// What queries and rules may read besides the logs.
#[derive(Args, Clone, Default)]
pub struct ReferenceArgs {
    /// Let `externaldata` read PATH for URL; repeatable
    #[arg(long = "ref", value_name = "URL=PATH", value_parser = parse_pair)]
    pub references: Vec<(String, PathBuf)>,
    /// Let `externaldata` fetch URLs that begin with PREFIX; repeatable
    #[arg(long, value_name = "PREFIX")]
    pub allow_url: Vec<String>,
    /// Fetch nothing from any network
    #[arg(long)]
    pub offline: bool,
    /// Let `_GetWatchlist('ALIAS')` read FILE (CSV); repeatable
    #[arg(long, value_name = "ALIAS=FILE", value_parser = parse_pair)]
    pub watchlist: Vec<(String, PathBuf)>,
}

/// Which rules are run.
#[derive(Args, Clone, Default)]
pub struct RuleArgs {
    /// Run the rules of this file or folder; repeatable
    #[arg(long, value_name = "DIR")]
    pub rules: Vec<PathBuf>,
    /// Leave out the rules that Keyline brings
    #[arg(long)]
    pub no_builtin_rules: bool,
}

/// Parses the command line; what cannot be parsed has been explained, with the exit code to end on.
pub fn parse() -> Result<Arguments, ExitCode> {
    Arguments::try_parse().map_err(|error| {
        // Help and version are answers, not errors; a closed pipe is nobody's fault.
        let _ = error.print();
        let usage = error.use_stderr();
        ExitCode::from(if usage { Status::Usage } else { Status::Done })
    })
}

pub fn run(arguments: Arguments) -> Result<Status> {
    let global = arguments.global;
    let printer = Printer::new(
        global.quiet,
        global.verbose,
        global.no_progress,
        global.color,
    );
    let config = crate::config::load(global.config.as_deref());
    let command = match arguments.command {
        // A configuration that cannot be read is one of the things that it tells.
        Command::Doctor(args) => return doctor::run(args, config, printer),
        command => command,
    };
    let context = Context {
        config: config?,
        printer,
    };
    match command {
        Command::Doctor(args) => doctor::run(args, Ok(context.config), printer),
        Command::Hunt(args) => hunt::run(args, context),
        Command::Query(args) => query::run(args, context),
        Command::Lineage(args) => lineage::run(args, context),
        Command::Contain(command) => contain::run(command, context),
        Command::Rules(command) => rules::run(command, context),
        Command::Kql(command) => kql::run(command, context),
        Command::Convert(args) => convert::run(args, context),
        Command::Ingest(args) => ingest::run(args, context),
        Command::Lake(command) => lake::run(command, context),
        Command::Incidents(command) => incidents::run(command, context),
        Command::Simulate(args) => simulate::run(args, context),
        Command::Serve(args) => serve::run(*args, context),
        Command::Demo(args) => demo::run(args, context),
        Command::Sinks(command) => sinks::run(command, context),
        Command::Config(args) => config::run(args, context),
        Command::Completions(args) => shell::completions(args),
        Command::Man => shell::man(),
    }
}

/// What every command is handed besides its own arguments.
#[derive(Clone)]
pub struct Context {
    pub config: crate::config::Config,
    pub printer: Printer,
}

/// `KEY=PATH`; the key may itself hold `=` (URLs do), so the last one divides, unless what follows
/// an earlier one is a file that is there.
fn parse_pair(text: &str) -> Result<(String, PathBuf), String> {
    let divided: Vec<(&str, &str)> = text
        .match_indices('=')
        .map(|(at, _)| (&text[..at], &text[at + 1..]))
        .filter(|(key, path)| !key.is_empty() && !path.is_empty())
        .collect();
    let there = divided
        .iter()
        .find(|(_, path)| std::path::Path::new(path).exists());
    there
        .or(divided.last())
        .map(|(key, path)| ((*key).to_owned(), PathBuf::from(path)))
        .ok_or_else(|| format!("expected `NAME=PATH`, found `{text}`"))
}
