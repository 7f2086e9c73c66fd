//! `keyline serve`: the product in a browser, and the watch over a lake.
//!
//! It listens at once, says on the page what is being read, and answers when that is done. Over logs it serves what they
//! hold when it is started; over a lake it goes on: files are taken in, judged by the rules, and alerts put out
//! (`serve_lake.rs`). Power over AWS it has only where it is given: `--allow-containment`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand, ValueEnum};
use keyline_source::Named;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use super::contain::carry_out::{EntryArgs, GuardArgs, estate};
#[cfg(feature = "lake")]
use super::serve_lake::serve_lake;
use super::serve_oidc::{self, OidcArgs};
use super::serve_token::{self, TokenCommand};
use super::{Context, DataArgs, ReferenceArgs, RuleArgs, Status};
use crate::data;
use crate::server::who::Tokens;
use crate::server::{
    self, AUDIT_FILE, App, Audit, CANNOT, Desk, Guard, Investigation, Power, Setup, Subject, Tls,
    Token,
};

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct ServeArgs {
    #[command(subcommand)]
    command: Option<ServeCommand>,
    /// The logs: files and folders; with `--lake`, what is taken into the lake as it comes: folders, s3://BUCKET/PREFIX,
    /// sqs:QUEUE_URL (notifications of new objects), cloudtrail:REGION (LookupEvents, without a trail)
    #[arg(value_name = "SOURCE")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    rules: RuleArgs,
    #[command(flatten)]
    references: ReferenceArgs,
    #[command(flatten)]
    listen: ListenArgs,
    #[command(flatten)]
    act: ActArgs,
    #[command(flatten)]
    watch: WatchArgs,
}

#[derive(Subcommand)]
enum ServeCommand {
    /// Who is let in, and what each may do
    #[command(subcommand)]
    Token(TokenCommand),
}

/// What the server may do at AWS, and as whom.
#[derive(Args, Clone)]
struct ActArgs {
    /// Let responders carry approved plans out from the page; without it the server has no power over AWS
    #[arg(long)]
    allow_containment: bool,
    /// Keep rules that analysts bring to the page, in the first folder of rules, once their cases pass
    #[arg(long)]
    allow_rule_edit: bool,
    /// When a run looks whether everything still holds, in seconds after its last step
    #[arg(
        long,
        value_name = "SECONDS",
        value_delimiter = ',',
        default_value = "5,15,60"
    )]
    looks: Vec<u64>,
    #[command(flatten)]
    guard: GuardArgs,
    #[command(flatten)]
    entry: EntryArgs,
}

/// How a lake is watched.
#[derive(Args, Clone)]
#[cfg_attr(
    not(feature = "lake"),
    allow(dead_code, reason = "read by builds with a lake")
)]
pub struct WatchArgs {
    /// Show the lake as it is: take nothing in, run no rule over what comes
    #[arg(long, conflicts_with_all = ["no_ui", "once", "alerts_out"])]
    pub(super) no_watch: bool,
    /// Watch without a page: nothing listens
    #[arg(long)]
    pub(super) no_ui: bool,
    /// Take in what is there, judge all of it, and end
    #[arg(long, requires = "no_ui")]
    pub(super) once: bool,
    /// Add each alert to FILE, a JSON document a line, before it is noted as found
    #[arg(long, value_name = "FILE")]
    pub(super) alerts_out: Option<PathBuf>,
    /// Take the logs of this account only, as far as their places say it; repeatable
    #[arg(long = "account", value_name = "ID", value_delimiter = ',')]
    pub(super) from_accounts: Vec<String>,
    /// Take the logs of this region only, as far as their places say it; repeatable
    #[arg(long = "region", value_name = "NAME", value_delimiter = ',')]
    pub(super) from_regions: Vec<String>,
    /// Reach sources at AWS as this profile says (default: AWS_PROFILE, and what else the environment gives)
    #[arg(long, value_name = "NAME")]
    pub(super) profile: Option<String>,
    /// How to say on stderr what is done
    #[arg(
        long = "log",
        value_enum,
        value_name = "FORMAT",
        default_value = "text"
    )]
    pub(super) log: LogFormat,
}

/// How lines on stderr look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Args, Clone)]
pub struct ListenArgs {
    /// Answer at this address; one that others can reach needs `--token-file`, `--tokens` or `--oidc-issuer`
    #[arg(long, value_name = "ADDRESS:PORT", default_value = server::ADDRESS)]
    pub(super) listen: SocketAddr,
    /// Let in who knows the token in FILE only
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Let in the people of FILE, which `keyline serve token` writes, each in their role
    #[arg(long, value_name = "FILE")]
    tokens: Option<PathBuf>,
    /// Speak TLS by this certificate and the chain above it, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The certificate's key, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// What browsers know this server by, such as https://keyline.example.com
    #[arg(long, value_name = "URL")]
    pub(super) public_url: Option<String>,
    #[command(flatten)]
    pub(super) oidc: OidcArgs,
}

pub fn run(args: ServeArgs, context: Context) -> Result<Status> {
    if let Some(ServeCommand::Token(command)) = args.command {
        return serve_token::run(command, &context);
    }
    let mut reading = args.data;
    reading.data.splice(0..0, args.paths);
    if reading.data.iter().any(|path| path.as_os_str() == "-") {
        bail!("a server reads files and folders, not standard input");
    }
    // What is wrong with the flags is said at once and not on a page.
    let is_lake = data::lake_of(&[], &reading).is_some() && !args.watch.no_watch;
    for path in &reading.data {
        let named = path
            .to_str()
            .map_or(Ok(Named::Path(path.clone())), Named::parse)?;
        match named {
            Named::Path(path) if !path.exists() => {
                bail!("there is nothing at `{}`", path.display());
            }
            Named::Path(_) => {}
            _ if !is_lake => bail!(
                "`{}` is taken into a lake as it comes: name one with `--lake`",
                path.display()
            ),
            _ => {}
        }
    }
    if !data::names_logs(&[], &reading) {
        bail!("no logs are named: give files or folders, or a lake with `--lake`");
    }
    let title = data::named_logs(&reading);
    let power = power(&args.act, &reading, &context)?;
    let rule_folder = match args.act.allow_rule_edit {
        true => Some(rule_folder(&args.rules, &context)?),
        false => None,
    };
    let given = Given {
        title,
        demo: false,
        power,
        rule_folder,
        lake: data::lake_of(&[], &reading),
    };
    let subject = Subject {
        data: reading,
        rules: args.rules,
        references: args.references,
    };
    #[cfg(feature = "lake")]
    if let Some(location) = data::lake_of(&[], &subject.data)
        && !args.watch.no_watch
    {
        let watch = (&args.watch, args.act.entry.endpoint());
        return serve_lake(location, subject, given, &args.listen, watch, context);
    }
    if args.watch.no_ui || args.watch.alerts_out.is_some() {
        bail!("only a lake is watched: name one with `--lake`");
    }
    serve(subject, given, &args.listen, context)
}

/// The first folder of those from which rules are read.
fn rule_folder(args: &RuleArgs, context: &Context) -> Result<PathBuf> {
    let named = args.rules.iter().chain(&context.config.rules.folders);
    let mut folders = named.filter(|path| path.is_dir());
    match folders.next() {
        Some(folder) => Ok(folder.clone()),
        None => bail!("`--allow-rule-edit` needs a folder of rules: name one with `--rules`"),
    }
}

/// What a server is told besides what it shows.
pub struct Given {
    pub title: String,
    pub demo: bool,
    /// Or why it has none.
    pub power: Result<Power, String>,
    pub rule_folder: Option<PathBuf>,
    /// The lake that is shown, if it is one.
    pub lake: Option<String>,
}

/// What the server is given, or why and how it would be.
fn power(args: &ActArgs, reading: &DataArgs, context: &Context) -> Result<Result<Power, String>> {
    if !args.allow_containment {
        let how = "it was started without `--allow-containment`; the plan can be carried out by the command below";
        return Ok(Err(how.to_owned()));
    }
    if let Some(why) = CANNOT {
        bail!("{why}; without `--allow-containment` everything else is served");
    }
    let mut context = context.clone();
    if let Some(path) = &reading.accounts {
        context.config.estate.add_accounts(path)?;
    }
    Ok(Ok(Power {
        entry: args.entry.clone(),
        estate: estate(&args.guard, Vec::new(), &context)?,
        looks_s: args.looks.clone(),
    }))
}

/// Serves an investigation until the process is asked to end.
pub fn serve(subject: Subject, given: Given, at: &ListenArgs, context: Context) -> Result<Status> {
    let listening = listen(given, at, &context)?;
    let making = listening.app.clone();
    let told = listening.app.clone();
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
    listening.answer(std::future::pending())?;
    Ok(Status::Done)
}

/// A server that listens, and has nothing to show yet.
pub struct Listening {
    pub app: Arc<App>,
    runtime: Runtime,
    listener: TcpListener,
    tls: Option<Tls>,
}

impl Listening {
    /// Answers until something has happened.
    pub fn answer(self, until: impl Future<Output = ()>) -> Result<()> {
        let Listening {
            app,
            runtime,
            listener,
            tls,
        } = self;
        let answered = runtime.block_on(async {
            tokio::select! {
                answered = server::answer(listener, tls, app) => answered,
                () = until => Ok(()),
            }
        });
        // Lines that somebody holds open are not waited for.
        runtime.shutdown_background();
        answered
    }
}

/// Sets a server up: who is let in, what it may do, where it listens.
pub fn listen(given: Given, at: &ListenArgs, context: &Context) -> Result<Listening> {
    let Given {
        title,
        demo,
        power,
        rule_folder,
        lake,
    } = given;
    let config = &context.config.serve;
    let token = at.token_file.as_deref().map(Token::read).transpose()?;
    let people = at.tokens.as_ref().or(config.tokens.as_ref());
    let people = people.map(|path| Tokens::read(path)).transpose()?;
    let tls = match (&at.tls_cert, &at.tls_key) {
        (Some(certificate), Some(key)) => Some(Tls::read(certificate, key)?),
        _ => None,
    };
    let oidc = serve_oidc::oidc(at, config)?;
    let guard = Guard::new(at.listen, token, people, oidc, tls.is_some())?;
    if power.is_ok() && config.two_persons && !guard.knows_people() {
        bail!(
            "`[serve] two_persons` needs people who can be told apart: give each a token with `keyline serve token \
             add NAME --role ROLE`, and name the file with `--tokens`, or let them sign in (`--oidc-issuer`)"
        );
    }
    if !at.listen.ip().is_loopback() && tls.is_none() {
        tell!(
            "warning: tokens and everything shown go over the wire readable by whoever is in between; use \
             `--tls-cert` and `--tls-key`, or put something that does TLS before it"
        );
    }
    let keeps_log = power.is_ok() || guard.asks();
    let audit = config
        .audit
        .clone()
        .unwrap_or_else(|| PathBuf::from(AUDIT_FILE));
    let desk = Desk::new(power, config.two_persons);
    let app = Arc::new(App::new(Setup {
        title,
        demo,
        guard,
        audit: Audit::new(audit),
        desk,
        rule_folder,
        lake,
    }));
    if keeps_log {
        app.begin_audit()?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("no threads for the server")?;
    let (listener, address) = runtime.block_on(server::listen(at.listen))?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    tell!("Keyline answers at {scheme}://{address}/ (Ctrl-C ends it)");
    if let Some(oidc) = app.guard().oidc().cloned() {
        runtime.spawn_blocking(move || oidc.look());
    }
    Ok(Listening {
        app,
        runtime,
        listener,
        tls,
    })
}
