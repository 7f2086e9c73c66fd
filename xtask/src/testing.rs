//! `cargo xtask test`, `ci` and `kql-report`: the workspace's tests, counted.
//!
//! In: options for `cargo test`. Out: its output as it comes, then what had to be left out, then one
//! closing line `N passed, N failed` summed over every test binary; exit code 1 where anything
//! failed. Deliberately not here: the tests.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, ExitCode, Stdio};

use anyhow::Context;

use crate::run::{cargo, has_version, root, shared, target};
use crate::{api, ui};

/// The features that tests and releases build, where a crate has them.
const FEATURES: &str = "full";

pub fn test(options: &[String]) -> anyhow::Result<ExitCode> {
    install()?;
    let mut counts = cargo_test(options)?;
    if options.is_empty() {
        counts.add_page()?;
    }
    Ok(counts.close())
}

pub fn ci() -> anyhow::Result<ExitCode> {
    let mut failed = Vec::new();
    // What is linted is what is tested, so that one build of the crates underneath serves both.
    let features = all_features();
    let mut lints = vec!["clippy", "--workspace", "--all-targets"];
    lints.extend(features.iter().map(String::as_str));
    lints.extend(["--", "-D", "warnings"]);
    for (name, component, arguments) in [
        ("formatting", "rustfmt", &["fmt", "--all", "--check"][..]),
        ("lints", "clippy", &lints[..]),
    ] {
        println!("── {name}");
        if !available(component) {
            println!(
                "left out: `{component}` is not installed; `rustup component add {component}` adds it"
            );
            continue;
        }
        let status = cargo()
            .args(arguments)
            .status()
            .context("cannot run cargo")?;
        if !status.success() {
            failed.push(name.to_owned());
        }
    }
    println!("── tests");
    install()?;
    let mut counts = cargo_test(&[])?;
    counts.failed += failed.len() as u64;
    counts.names.extend(failed);
    counts.add_page()?;
    Ok(counts.close())
}

/// The crash tests of the lake and of the watch, with many more kills than they have as two tests of many, and the
/// bucket with many more objects.
pub fn soak(options: &[String]) -> anyhow::Result<ExitCode> {
    let kills = options.first().map_or("200", String::as_str);
    let status = cargo()
        .args(["test", "--quiet", "--package", "keyline"])
        .args(["--features", "full", "--test", "it", "--"])
        .args([
            "--nocapture",
            "commands_that_are_killed",
            "a_watch_in_pieces",
            "many_objects_come_through",
        ])
        .env("KEYLINE_KILLS", kills)
        .env("KEYLINE_OBJECTS", "10000")
        .status()
        .context("cannot run cargo")?;
    Ok(match status.success() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

/// The engine's run over the KQL corpora, with the causes of what does not pass.
pub fn kql_report(options: &[String]) -> anyhow::Result<ExitCode> {
    let Some(shared) = shared() else {
        anyhow::bail!(
            "the KQL corpora are not part of the repository and were not found: \
             expected a folder `shared` beside the workspace, or `KEYLINE_SHARED`"
        );
    };
    let status = cargo()
        .args([
            "test",
            "--quiet",
            "--package",
            "keyline-engine",
            "--test",
            "it",
            "--",
        ])
        .args(["--nocapture", "--test-threads", "1", "corpora"])
        .args(options)
        .env("KEYLINE_SHARED", shared.canonicalize()?)
        .env("KQL_REPORT", "1")
        .status()
        .context("cannot run cargo")?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Installs what the tests need: crates, which cargo fetches itself; doing it first keeps the network apart
/// from the tests. The emulator of AWS is installed by the tests that want it, where Python is there.
fn install() -> anyhow::Result<()> {
    let status = cargo()
        .args(["fetch", "--locked"])
        .status()
        .context("cannot run cargo")?;
    if !status.success() {
        println!("note: `cargo fetch` failed; going on with the crates that are already here");
    }
    Ok(())
}

/// How many tests passed and failed.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    passed: u64,
    failed: u64,
    /// What failed, by name: the output between may be long.
    names: Vec<String>,
    left_out: Vec<String>,
}

impl Counts {
    /// The tests of the page, where Node is there, and those in a browser, where there is one.
    fn add_page(&mut self) -> anyhow::Result<()> {
        println!("── the page");
        let keyline = target().join("debug/keyline");
        for (name, outcome) in [
            ("the page", ui::test()?),
            ("the page in a browser", ui::test_in_browser(&keyline)?),
            ("the API by its description", api::test(&keyline)?),
        ] {
            self.passed += outcome.passed;
            self.failed += outcome.failed;
            self.left_out.extend(outcome.left_out);
            if outcome.failed > 0 {
                self.names.push(name.to_owned());
            }
        }
        Ok(())
    }

    fn close(&self) -> ExitCode {
        for line in &self.left_out {
            println!("{line}");
        }
        if shared().is_none() {
            println!(
                "left out: tests over the corpora and real logs, which are not part of the repository"
            );
        }
        for name in &self.names {
            println!("failed: {name}");
        }
        println!("{} passed, {} failed", self.passed, self.failed);
        if self.failed == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }

    /// Takes the counts from one line of a test binary's output.
    fn read(&mut self, line: &str) {
        let Some(rest) = line.strip_prefix("test result: ") else {
            if line.starts_with("left out:") && !self.left_out.iter().any(|known| known == line) {
                self.left_out.push(line.to_owned());
            }
            if let Some(name) = line.strip_prefix("test ")
                && let Some(name) = name.strip_suffix(" ... FAILED")
            {
                self.names.push(name.to_owned());
            }
            return;
        };
        let words = rest.split([' ', ';']);
        let mut before = "";
        for word in words {
            match word {
                "passed" => self.passed += before.parse().unwrap_or(0),
                "failed" => self.failed += before.parse().unwrap_or(0),
                _ => {}
            }
            if !word.is_empty() {
                before = word;
            }
        }
    }
}

fn cargo_test(options: &[String]) -> anyhow::Result<Counts> {
    let mut command = cargo();
    command.args(["test", "--no-fail-fast"]);
    if !options
        .iter()
        .any(|option| option == "-p" || option == "--package")
    {
        command.arg("--workspace");
        command.args(all_features());
    }
    command.args(options);
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot run cargo")?;
    let mut counts = Counts::default();
    let output = child.stdout.take().context("cargo has no output")?;
    let mut out = std::io::stdout().lock();
    for line in BufReader::new(output).split(b'\n') {
        let line = line.context("cannot read the output of cargo")?;
        let line = String::from_utf8_lossy(&line);
        counts.read(&line);
        writeln!(out, "{line}")?;
    }
    drop(out);
    let status = child.wait().context("cannot wait for cargo")?;
    // A test binary that does not build or dies has no line of its own.
    if !status.success() && counts.failed == 0 {
        counts.names.push(format!("`cargo test` itself ({status})"));
        counts.failed += 1;
    }
    Ok(counts)
}

/// The options that switch everything on.
fn all_features() -> Vec<String> {
    let manifest = std::fs::read_to_string(root().join("crates/keyline/Cargo.toml"));
    let has = manifest.is_ok_and(|text| text.lines().any(|line| line.starts_with("full = ")));
    match has {
        true => vec!["--features".to_owned(), format!("keyline/{FEATURES}")],
        false => Vec::new(),
    }
}

fn available(component: &str) -> bool {
    let name = if component == "rustfmt" {
        "fmt"
    } else {
        component
    };
    has_version(Command::new("cargo").current_dir(root()).arg(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_summed_over_binaries() {
        let mut counts = Counts::default();
        for line in [
            "running 3 tests",
            "test result: ok. 7 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.05s",
            "left out: the corpora",
            "left out: the corpora",
            "test trees::a_tree ... ok",
            "test trees::no_tree ... FAILED",
            "test result: FAILED. 5 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out",
        ] {
            counts.read(line);
        }
        assert_eq!((counts.passed, counts.failed), (12, 2));
        assert_eq!(counts.left_out, ["left out: the corpora"]);
        assert_eq!(counts.names, ["trees::no_tree"]);
    }
}
