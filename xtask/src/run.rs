//! What the tasks share: options, the workspace's root, commands.
//!
//! In: command-line words. Out: their values, or an error that says what was expected. Deliberately
//! not here: anything that knows a particular task.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

/// The workspace's root folder.
pub fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own).to_path_buf()
}

/// The folder with the corpora and data that are not part of the repository, if it is there:
/// `KEYLINE_SHARED`, else `shared` beside the workspace.
pub fn shared() -> Option<PathBuf> {
    let folder = match std::env::var_os("KEYLINE_SHARED") {
        Some(folder) => PathBuf::from(folder),
        None => root().join("../shared"),
    };
    folder.is_dir().then_some(folder)
}

/// Where cargo builds.
pub fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// `cargo`, the one that runs us, in the workspace's root.
///
/// What cargo said of `xtask` to `xtask` is taken away: build scripts of others ask for these names, and would run
/// again, with all that depends on them, whenever the same folder is built with and without `cargo xtask`.
pub fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root()).stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command
}

/// Whether a program is there and says its version.
pub fn has_version(program: &mut Command) -> bool {
    program
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Options of the form `--name value` and `--name`, taken out one by one.
pub struct Options {
    words: Vec<String>,
}

impl Options {
    pub fn new(words: &[String]) -> Options {
        Options {
            words: words.to_vec(),
        }
    }

    /// The value after `--name`, if the option is there.
    pub fn take(&mut self, name: &str) -> anyhow::Result<Option<String>> {
        let Some(at) = self.words.iter().position(|word| word == name) else {
            return Ok(None);
        };
        if at + 1 >= self.words.len() {
            bail!("`{name}` wants a value after it");
        }
        self.words.remove(at);
        Ok(Some(self.words.remove(at)))
    }

    /// The number after `--name`, or another.
    pub fn number(&mut self, name: &str, otherwise: u64) -> anyhow::Result<u64> {
        match self.take(name)? {
            Some(text) => text
                .replace('_', "")
                .parse()
                .with_context(|| format!("`{name}` wants a whole number, found `{text}`")),
            None => Ok(otherwise),
        }
    }

    /// Whether `--name` is there.
    pub fn has(&mut self, name: &str) -> bool {
        let before = self.words.len();
        self.words.retain(|word| word != name);
        self.words.len() < before
    }

    /// Fails on what no option took.
    pub fn finish(self) -> anyhow::Result<()> {
        match self.words.first() {
            Some(word) => bail!("`{word}` is not an option of this task; see `cargo xtask help`"),
            None => Ok(()),
        }
    }
}
