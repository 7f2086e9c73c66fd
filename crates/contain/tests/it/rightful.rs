//! Whoever is not the thief: machines beside the stolen one, and users of a key that is switched off.

use keyline_contain::Breadth;
use keyline_lineage::{Credential, Kind};

use crate::kinds::{broad, check};
use crate::world::*;

#[test]
fn a_session_of_a_machine_that_was_never_used_is_denied_by_its_name_too() {
    // What is minted for a machine tells the role's name and the session's, and not the id of either.
    let unused = |id: &str, end: i64| Credential {
        principal_id: String::new(),
        event_count: 0,
        ..until(end, instance(id, OURS, "Web", "i-0123456789abcdef0"))
    };
    let used = instance("cr-i", OURS, "Web", "i-0123456789abcdef0");
    let machine = Credential {
        origin: used.origin.clone(),
        ..bare("cr-machine", Kind::Workload, OURS)
    };
    let gone = from(&machine, unused("cr-gone", NOW - 1));
    let next = from(&machine, unused("cr-next", NOW + HOUR));
    let used = from(&machine, used);
    let neighbour = instance("cr-neighbour", OURS, "Web", "i-00000000000000000");
    let tree = [machine, used, gone, next, neighbour];
    let by_name = &[
        "deny-role-sessions",
        "replace-instance-profile (by hand)",
        "isolate-instance (by hand)",
        "verify",
    ];
    check(&tree, "cr-i", broad, by_name);
    let forest = forest(&tree);
    let plan = Ask::of(&forest, "cr-i").plan();
    let deny = plan
        .steps
        .iter()
        .find(|step| step.kind == "deny-role-sessions");
    assert_eq!(deny.unwrap().stops, ["cr-i", "cr-next"]);
    assert_eq!(plan.breaks(), 0);
    // Also where none of its sessions was used: the id of the role is known by its neighbour.
    let [machine, _, gone, next, neighbour] = tree;
    check(&[machine, gone, next, neighbour], "cr-next", broad, by_name);
}

#[test]
fn whoever_needs_another_key_gets_it_of_another_user_where_this_one_is_denied() {
    let used = Credential {
        event_count: 3,
        ..key("cr-key", OURS, "alice")
    };
    let forest = forest(&[used]);
    let mut ask = Ask::of(&forest, "cr-key");
    let rotation = |ask: &Ask<'_>| {
        let plan = ask.plan();
        let step = plan
            .steps
            .iter()
            .find(|step| step.kind == "rotate-access-key");
        (step.unwrap().commands(), step.unwrap().why.clone())
    };
    let (commands, why) = rotation(&ask);
    assert_eq!(
        commands.last().unwrap(),
        "aws iam create-access-key --user-name A-NEW-USER"
    );
    assert!(
        !commands
            .iter()
            .any(|it| it.contains("create") && it.contains("alice"))
    );
    assert!(why.contains("stays denied to alice"), "{why}");
    ask.breadth = Breadth::Narrow;
    let (commands, _) = rotation(&ask);
    assert_eq!(commands, ["aws iam create-access-key --user-name alice"]);
}
