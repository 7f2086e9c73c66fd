//! What a build that cannot talk to AWS has instead of `acting.rs`. Nothing of it is ever reached: such a server
//! carries nothing out.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use keyline_contain::Plan;
use keyline_lineage::Forest;

use super::Power;
use super::state::Report;

pub const CANNOT: Option<&str> =
    Some("this build cannot talk to AWS; one that can is built with `--features aws`");

pub struct Found {
    pub findings: Vec<String>,
    pub alarms: Vec<String>,
}

pub fn run(
    _: &Power,
    _: &Plan,
    _: &[String],
    _: &Path,
    _: &AtomicBool,
    _: &mut dyn FnMut(&str, Option<Report>),
) -> Result<(), String> {
    cannot()
}

pub fn verify(_: &Power, _: &Plan, _: &Path, _: Option<&Forest>) -> Result<Found, String> {
    cannot()
}

pub fn undo(_: &Power, _: &Plan, _: &str, _: bool, _: &Path) -> Result<Option<String>, String> {
    cannot()
}

fn cannot<T>() -> Result<T, String> {
    Err(CANNOT.unwrap_or_default().to_owned())
}
