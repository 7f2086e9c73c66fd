//! `cargo xtask rules`: what the rules find and how much noise they make, measured.
//!
//! In: a built `keyline` and a number of events. Out: `docs/rules-measured.md`: recall by story, noise by
//! rule and by habit, and, where the real records are at hand, what our rules and public ones find in
//! them. Everything is hunted by the program as a user would; the truth is the simulation's. Deliberately
//! not here: what a rule must find (a story's truth says it) and the cases of single rules (`keyline
//! rules test`).

mod month;
mod noise;
mod real;
mod recall;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, bail};
use serde_json::Value;

use self::month::Month;
use crate::run::{Options, root, shared};

const FILE: &str = "docs/rules-measured.md";
pub const SEVERITIES: [&str; 4] = ["High", "Medium", "Low", "Informational"];

/// The program and the rules that are measured.
pub struct Program {
    keyline: PathBuf,
    /// Folders of rules; those built in when there are none.
    folders: Vec<PathBuf>,
    configuration: Option<PathBuf>,
    /// What every hunt is given besides: memory and time.
    hunting: Vec<String>,
    pub rules: Vec<RuleInfo>,
    /// Rules that could not run, each told once.
    failed: RefCell<BTreeSet<String>>,
}

/// What is told of a rule beside its alerts.
#[derive(Clone)]
pub struct RuleInfo {
    pub id: String,
    pub name: String,
    pub analytics: Vec<String>,
}

/// What is looked at of an alert.
pub struct Alert {
    pub rule_id: String,
    pub severity: String,
    pub title: String,
    pub event_ids: BTreeSet<String>,
    pub access_key_ids: BTreeSet<String>,
}

pub fn rules(words: &[String]) -> anyhow::Result<()> {
    let mut options = Options::new(words);
    let events = options.number("--events", 1_000_000)?;
    let seeds = options.number("--seeds", 2)?.max(1);
    let keyline = options
        .take("--keyline")?
        .context("`--keyline PATH` names the program, a release build")?;
    let mut folders = Vec::new();
    while let Some(folder) = options.take("--rules")? {
        folders.push(absolute(&folder)?);
    }
    let out = options.take("--out")?;
    let work = options
        .take("--work")?
        .map_or_else(|| root().join("target/rules"), PathBuf::from);
    let mut hunting = Vec::new();
    for name in ["--memory", "--rule-time"] {
        if let Some(value) = options.take(name)? {
            hunting.extend([name.to_owned(), value]);
        }
    }
    let skip_month = options.has("--no-month");
    let skip_recall = options.has("--no-recall");
    let skip_plain = options.has("--no-plain");
    options.finish()?;
    let program = Program::new(absolute(&keyline)?, folders, hunting)?;
    fs::create_dir_all(&work)?;

    let month = match skip_month {
        true => None,
        false => Some(Month::new(&work, events)?),
    };
    let mut text = format!(
        "# The rules, measured\n\nWritten by `cargo xtask rules --keyline PATH --events {events} --seeds {seeds}{}`; \
         do not edit.\n{} rules.\n",
        program
            .hunting
            .iter()
            .map(|word| format!(" {word}"))
            .collect::<String>(),
        program.rules.len()
    );
    let alerts = match &month {
        None => None,
        Some(month) => {
            let estate = work.join("keyline.toml");
            fs::write(&estate, month.configuration())?;
            let begun = Instant::now();
            let alerts = month.hunt(&program.configured(estate))?;
            eprintln!("hunted in {:.0} s", begun.elapsed().as_secs_f64());
            let plain = match skip_plain {
                true => None,
                false => Some(month.hunt(&program)?),
            };
            Some((month, alerts, plain))
        }
    };
    if !skip_recall {
        let month = alerts.as_ref();
        let month = month.map(|(month, alerts, _)| (*month, alerts.as_slice()));
        text += &recall::section(&program, &work, seeds, month)?;
    }
    if let Some((month, alerts, plain)) = &alerts {
        text += &noise::section(&program, month, alerts, plain.as_deref())?;
    }
    if let Some(shared) = shared() {
        text += &real::section(&program, &shared)?;
    } else {
        eprintln!("left out: the real records are not at hand");
    }
    let path = out.map_or_else(|| root().join(FILE), PathBuf::from);
    fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    eprintln!("written to {}", path.display());
    Ok(())
}

fn absolute(path: &str) -> anyhow::Result<PathBuf> {
    fs::canonicalize(path).with_context(|| format!("there is nothing at `{path}`"))
}

impl Program {
    fn new(
        keyline: PathBuf,
        folders: Vec<PathBuf>,
        hunting: Vec<String>,
    ) -> anyhow::Result<Program> {
        let mut program = Program {
            keyline,
            folders,
            configuration: None,
            hunting,
            rules: Vec::new(),
            failed: RefCell::default(),
        };
        let listed = program.run(&["rules", "list", "-o", "json"])?;
        let rules = listed["rules"].as_array().context("no rules are listed")?;
        program.rules = rules
            .iter()
            .map(|rule| RuleInfo {
                id: text(&rule["rule_id"]),
                name: text(&rule["name"]),
                analytics: texts(&rule["analytics"]).into_iter().collect(),
            })
            .collect();
        Ok(program)
    }

    /// The same with a configuration.
    pub fn configured(&self, configuration: PathBuf) -> Program {
        Program {
            keyline: self.keyline.clone(),
            folders: self.folders.clone(),
            configuration: Some(configuration),
            hunting: self.hunting.clone(),
            rules: self.rules.clone(),
            failed: self.failed.clone(),
        }
    }

    /// The alerts of the rules over some logs.
    pub fn hunt(&self, logs: &Path) -> anyhow::Result<Vec<Alert>> {
        let logs = logs.to_string_lossy();
        let mut words = vec!["hunt", &logs, "-o", "json"];
        words.extend(self.hunting.iter().map(String::as_str));
        let document = self.run(&words)?;
        for failed in document["failed_rules"].as_array().into_iter().flatten() {
            let (file, why) = (text(&failed["file"]), text(&failed["why"]));
            if self.failed.borrow_mut().insert(file.clone()) {
                eprintln!("rule failed: {file}: {why}");
            }
        }
        let alerts = document["alerts"]
            .as_array()
            .context("no alerts in the document")?;
        Ok(alerts
            .iter()
            .map(|alert| Alert {
                rule_id: text(&alert["rule_id"]),
                severity: text(&alert["severity"]),
                title: text(&alert["title"]),
                event_ids: texts(&alert["event_ids"]),
                access_key_ids: texts(&alert["access_key_ids"]),
            })
            .collect())
    }

    fn run(&self, words: &[&str]) -> anyhow::Result<Value> {
        let mut command = Command::new(&self.keyline);
        command.args(words).arg("--no-progress");
        if let Some(path) = &self.configuration {
            command.arg("--config").arg(path);
        }
        if !self.folders.is_empty() {
            command.arg("--no-builtin-rules");
        }
        for folder in &self.folders {
            command.arg("--rules").arg(folder);
        }
        let output = command.output().context("cannot run keyline")?;
        let document = serde_json::from_slice(&output.stdout);
        match document {
            Ok(document) => Ok(document),
            Err(_) => bail!(
                "keyline {}: {}",
                words.join(" "),
                String::from_utf8_lossy(&output.stderr)
            ),
        }
    }

    pub fn rule(&self, id: &str) -> Option<&RuleInfo> {
        self.rules.iter().find(|rule| rule.id == id)
    }

    pub fn name<'a>(&'a self, id: &'a str) -> &'a str {
        self.rule(id).map_or(id, |rule| &rule.name)
    }
}

/// `2 High, 1 Low`.
pub fn by_severity<'a>(severities: impl Iterator<Item = &'a str>) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for severity in severities {
        *counts.entry(severity).or_default() += 1;
    }
    let known = SEVERITIES.iter().filter_map(|severity| {
        counts
            .get(severity)
            .map(|count| format!("{count} {severity}"))
    });
    known.collect::<Vec<_>>().join(", ")
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn texts(value: &Value) -> BTreeSet<String> {
    let items = value.as_array().into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}
