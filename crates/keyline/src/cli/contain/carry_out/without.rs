//! What a build that cannot talk to AWS says instead of `live.rs`.

use keyline_contain::Plan;

use super::*;

pub fn run(_: &RunArgs, _: &Plan, _: &str, _: &Estate, _: &Path) -> Result<Status> {
    cannot()
}

pub fn look(_: &VerifyArgs, _: &Plan, _: &Journal) -> Result<Status> {
    cannot()
}

pub fn undo(_: &UndoArgs, _: &Plan, _: &Estate, _: &Path) -> Result<Status> {
    cannot()
}

pub fn inspect(_: &InspectArgs) -> Result<Status> {
    cannot()
}

fn cannot() -> Result<Status> {
    bail!(
        "this build cannot talk to AWS; one that can is built with `--features aws`, and \
         `keyline contain show PLAN -o script` prints the plan as `aws` commands"
    )
}
