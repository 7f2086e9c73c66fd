//! The cases of a rule: which events it is shown, and which alerts it must raise then, or must not.
//!
//! Cases stand in `NAME.test.yaml` beside the rule `NAME.yaml`, so that a rule itself stays as Sentinel
//! reads it and rules of others can be tested without a change. `read` makes cases of the file, `event`
//! makes records of its short events, `judge` compares what was raised with what was expected. Running
//! the rule and telling stories is the caller's.

#![expect(
    clippy::result_large_err,
    reason = "a problem ends the reading of a file, which happens once"
)]

mod event;
mod judge;
mod read;

pub use judge::{Difference, judge};
pub use read::{Case, Events, Expected, ExpectedAlert, TestFile, read};

use std::path::{Path, PathBuf};

/// What the name of a file with cases ends in.
const ENDINGS: [&str; 2] = [".test.yaml", ".test.yml"];

pub fn is_test_file(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy());
    name.is_some_and(|name| ENDINGS.iter().any(|ending| name.ends_with(ending)))
}

/// The file with the cases of a rule, whether or not there is one.
pub fn beside(rule: &Path) -> PathBuf {
    rule.with_extension("test.yaml")
}

/// The rule that a file with cases belongs to.
pub fn rule_of(test: &Path) -> Option<PathBuf> {
    let name = test.file_name()?.to_str()?;
    let stem = ENDINGS
        .iter()
        .find_map(|ending| name.strip_suffix(ending))?;
    Some(test.with_file_name(format!("{stem}.yaml")))
}
