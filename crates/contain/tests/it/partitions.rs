//! Plans carried out where another partition's credentials are needed: China, GovCloud and AWS's own.

use keyline_contain::undo::{Undoing, undo};
use keyline_contain::{ErrorKind, Plan, journal::Journal};
use keyline_lineage::Credential;
use keyline_trail::partition::Partition;

use crate::live::*;
use crate::running::{Scratch, go};
use crate::world::*;

fn plan_in(partition: Partition) -> Plan {
    let there = |credential: Credential, arn: String| Credential {
        partition: partition.name(),
        principal_arn: format!("arn:{}:{arn}", partition.name()),
        role_arn: credential
            .role_arn
            .replace("arn:aws:", &format!("arn:{}:", partition.name())),
        ..credential
    };
    let stolen = there(
        key("cr-key", OURS, "alice"),
        format!("iam::{OURS}:user/alice"),
    );
    let taken = there(
        session("cr-role", OURS, "Admin", "x"),
        format!("sts::{OURS}:assumed-role/Admin/x"),
    );
    let taken = from(&stolen, taken);
    Ask::of(&forest(&[stolen, taken]), "cr-key").plan()
}

#[test]
fn who_runs_a_plan_is_asked_in_the_partition_of_its_accounts() {
    for partition in [Partition::China, Partition::GovCloud, Partition::Aws] {
        let plan = plan_in(partition);
        let scratch = Scratch::named(&format!("partition-{}", partition.name()));
        let mut live = Live::with_keys(&KEYS[..1]);
        live.partition = Some(partition);
        let mut clock = Hands::at(NOW);
        let reports = go(&plan, &mut live, &scratch, &mut clock, &[]).unwrap();
        assert!(!live.made.is_empty() && reports.iter().all(|report| !report.denied));
        let deny = plan
            .steps
            .iter()
            .find(|step| step.kind == "deny-all-on-user");
        let mut journal = Journal::open(&scratch.0, &plan.hash).unwrap();
        clock.now = NOW + 40 * HOUR;
        let id = &deny.unwrap().id;
        let undone = undo(&plan, id, PERMIT, &mut live, &mut journal, &mut clock).unwrap();
        assert_eq!(undone, Undoing::Undone, "{partition:?}");
    }
    // Credentials of another partition are known nowhere there.
    let scratch = Scratch::named("partition-wrong");
    let mut live = Live::with_keys(&KEYS[..1]);
    live.partition = Some(Partition::Aws);
    let plan = plan_in(Partition::GovCloud);
    let error = go(&plan, &mut live, &scratch, &mut Hands::at(NOW), &[]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert!(live.made.is_empty());
}
