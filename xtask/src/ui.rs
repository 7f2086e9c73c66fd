//! `cargo xtask ui`: the page, made and tested by npm.
//!
//! In: the folder `ui`. Out: `ui/dist`, which the next build of Keyline embeds; or the outcome of its tests. Cargo
//! never runs npm by itself, so whoever has no Node builds and tests everything else. Deliberately not here: the
//! page.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

use crate::run::{has_version, root};

/// The names under which Chromium is found.
const BROWSERS: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];

/// Makes the page.
pub fn build() -> anyhow::Result<()> {
    if !has_npm() {
        bail!("`npm` was not found; the page needs Node 20 or later (https://nodejs.org)");
    }
    install()?;
    npm(&["run", "--silent", "build"])?;
    println!("the page is in `ui/dist`; the next `cargo build` embeds it");
    Ok(())
}

/// What the tests of the page came to, and what of them had to be left out.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    pub passed: u64,
    pub failed: u64,
    pub left_out: Option<String>,
}

/// Its tests without a browser: types, arithmetic, size.
pub fn test() -> anyhow::Result<Outcome> {
    if !root().join("ui/package.json").is_file() {
        return Ok(Outcome::default());
    }
    if !has_npm() {
        return Ok(Outcome::without("tests of the page: `npm` was not found"));
    }
    if let Err(error) = install() {
        return Ok(Outcome::without(&format!("tests of the page: {error:#}")));
    }
    outcome(&["run", "--silent", "test"], &[])
}

/// Its tests in a browser, over the program that was built.
pub fn test_in_browser(keyline: &Path) -> anyhow::Result<Outcome> {
    let ui = root().join("ui");
    if !ui.join("package.json").is_file() || !ui.join("node_modules").is_dir() {
        return Ok(Outcome::default());
    }
    let Some(browser) = browser() else {
        return Ok(Outcome::without(
            "tests of the page in a browser: Chromium was not found",
        ));
    };
    if !keyline.is_file() {
        return Ok(Outcome::without(&format!(
            "tests of the page in a browser: there is no `{}`",
            keyline.display()
        )));
    }
    outcome(
        &["run", "--silent", "e2e"],
        &[("KEYLINE_BIN", keyline), ("CHROMIUM", &browser)],
    )
}

impl Outcome {
    pub fn without(what: &str) -> Outcome {
        Outcome {
            left_out: Some(format!("left out: {what}")),
            ..Outcome::default()
        }
    }
}

/// The packages, as the lock file has them; those that are there already stay.
fn install() -> anyhow::Result<()> {
    let ui = root().join("ui");
    let marker = ui.join("node_modules/.package-lock.json");
    let time = |path: &Path| path.metadata().and_then(|data| data.modified()).ok();
    let fresh = time(&marker).zip(time(&ui.join("package-lock.json")));
    if fresh.is_some_and(|(installed, locked)| installed >= locked) {
        return Ok(());
    }
    npm(&["ci", "--no-audit", "--no-fund", "--silent"])
}

fn npm(arguments: &[&str]) -> anyhow::Result<()> {
    let status = command(arguments).status().context("cannot run npm")?;
    if !status.success() {
        bail!("`npm {}` failed ({status})", arguments.join(" "));
    }
    Ok(())
}

fn has_npm() -> bool {
    has_version(&mut Command::new("npm"))
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new("npm");
    command
        .current_dir(root().join("ui"))
        .args(arguments)
        .env("NO_COLOR", "1")
        .stdin(Stdio::null());
    command
}

fn outcome(arguments: &[&str], variables: &[(&str, &Path)]) -> anyhow::Result<Outcome> {
    let mut command = command(arguments);
    command.envs(variables.iter().copied());
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .context("cannot run npm")?;
    let text = String::from_utf8_lossy(&output.stdout);
    print!("{text}");
    let mut outcome = counted(&text);
    if !output.status.success() && outcome.failed == 0 {
        outcome.failed = 1;
    }
    Ok(outcome)
}

/// The sums of vitest's lines `Tests  1 failed | 12 passed (13)`.
fn counted(text: &str) -> Outcome {
    let mut outcome = Outcome::default();
    for line in text.lines() {
        let Some(counts) = line.trim_start().strip_prefix("Tests ") else {
            continue;
        };
        let words: Vec<&str> = counts.split_whitespace().collect();
        for pair in words.windows(2) {
            let number = pair[0].parse().unwrap_or(0);
            match pair[1] {
                "passed" => outcome.passed += number,
                "failed" => outcome.failed += number,
                _ => {}
            }
        }
    }
    outcome
}

/// Chromium: the one that is named, one that is found, or the system's package.
fn browser() -> Option<PathBuf> {
    let named = std::env::var_os("CHROMIUM").map(PathBuf::from);
    named
        .filter(|path| path.is_file())
        .or_else(found)
        .or_else(|| {
            // Where packages can be installed, as on a fresh machine of CI.
            let mut apt = Command::new("apt-get");
            apt.args([
                "install",
                "--yes",
                "--quiet",
                "--no-install-recommends",
                "chromium",
            ])
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
            apt.status().ok().filter(|status| status.success())?;
            found()
        })
}

fn found() -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&folders).collect();
    let mut candidates = BROWSERS
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    candidates.find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_vitest_counts_is_counted() {
        let text = " Test Files  2 passed (2)\n      Tests  1 failed | 12 passed (13)\n   Start at  15:00\n      Tests  3 passed (3)\n";
        let outcome = counted(text);
        assert_eq!((outcome.passed, outcome.failed), (15, 1));
    }
}
