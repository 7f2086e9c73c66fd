//! The tree for a terminal, line by line.

use std::collections::HashMap;

use keyline_lineage::picture::tree::{Colour, tree};
use keyline_lineage::picture::{Choice, Similar, TreeOptions, View};
use keyline_lineage::{Effect, Forest, Kind, LinkRule};

use super::world::{A, Told, at, busy, credential, stolen_key};
use super::{plain, view};

#[track_caller]
fn check(found: &str, expected: &str) {
    let expected = expected.strip_prefix('\n').unwrap_or(expected);
    assert_eq!(found, expected, "found:\n{found}");
}

#[test]
fn a_stolen_key_and_what_survives_it() {
    check(
        &plain(&view(&stolen_key(), at("12:49")), 100),
        "
AKIA…7EXAMPLE  ci-deploy in 111122223333             214 calls   12 failed  deactivated 12:41
├─ ASIA…D9K1  GetSessionToken                         no calls              still valid until 22:12
│     ← works although its parent is off  ← never used
├─ ASIA…H7Q2  GetSessionToken                         88 calls    9 failed  still valid until 22:12
│  │  ← works although its parent is off
│  ├─ ASIA…SN05  → prod-admin in 222233334444        640 calls    3 failed  expired 11:40
│  │  └─ ASIA…ON08  → audit-ro in 333344445555        12 calls  all failed  revoked 12:30
│  ├─ ASIA…OK12  → backup-operato…in 333344445555     57 calls    2 failed  revoked 12:20
│  │     ← used after revocation
│  └─ ASIA…SS06  → data-reader in 222233334444     9,143 calls    1 failed  valid until 13:03
└─ AKIA…BEXAMPLE  new key of ci-deploy                31 calls              active  ← backup key
   └─ ASIA…P011  GetSessionToken                       4 calls              valid until 15 Oct 00:43
         ? 1 of 2 candidates

5 of 9 credentials still work at 2026-10-14 12:49 UTC
Next: keyline contain plan AKIAIOSFODNN7EXAMPLE
",
    );
}

#[test]
fn on_a_wide_terminal_alarms_stand_at_the_right() {
    let tree = plain(&view(&stolen_key(), at("12:49")), 140);
    let lines: Vec<&str> = tree.lines().collect();
    check(
        &lines[..3].join("\n"),
        "
AKIA…7EXAMPLE  ci-deploy in 111122223333              214 calls   12 failed  deactivated 12:41
├─ ASIA…D9K1  GetSessionToken                          no calls              still valid until 22:12   ← works although its parent is off
│     ← never used",
    );
}

#[test]
fn what_is_alike_is_folded() {
    check(
        &plain(&view(&busy(), at("16:45")), 100),
        "
AKIA…MPLE  deployer in 222233334444                    3,204 calls   25 failed  active
├─ ASIA…0000ROLE  → deploy-frontend in 333344445555       10 calls              expired 04:00
├─ ASIA…0001ROLE  → deploy-backend                       310 calls    1 failed  expired 05:30
├─ ASIA…0002ROLE  → terraform-plan-…-with-a-long-name    610 calls    2 failed  expired 07:00
├─ ASIA…0003ROLE  → deploy-frontend in 333344445555      910 calls    3 failed  expired 05:30
├─ ASIA…0004ROLE  → deploy-backend                     1,210 calls              expired 07:00
├─ ASIA…0005ROLE  → terraform-plan-…-with-a-long-name     10 calls    1 failed  expired 08:30
├─ …  6 more sessions of role deploy-frontend          3,360 calls    9 failed  all expired
├─ …  6 more sessions of role deploy-backend           3,660 calls   11 failed  all expired
├─ …  5 more sessions of role…-apply-with-a-long-name  3,050 calls    6 failed  all expired
└─ ASIA…0023ROLE  → terraform-plan-…-with-a-long-name    910 calls    3 failed  valid until 17:30

password  alice in 111122223333                           no calls              active
└─ ASIACONSOLE00AB12CDE  console alice (6 keys)          120 calls    4 failed  may work until 19:05

password  bob in 111122223333                             no calls              active
└─ ASIACONSOLE10AB12CDE  console bob (6 keys)            120 calls    4 failed  may work until 20:05

password  carol in 111122223333                           no calls              active
└─ ASIACONSOLE20AB12CDE  console carol (6 keys)          120 calls    4 failed  may work until 21:05

? parent unknown: it was issued before the first record
ASIA…N001  → legacy-batch in 333344445555                 77 calls  all failed  may work until 18:00

service  ec2.amazonaws.com
├─ ASIA…000SESSN  → web-fleet in 111122223333             40 calls              expired 08:00
├─ ASIA…001SESSN  → web-fleet in 111122223333             41 calls              expired 08:10
└─ …  44 more sessions of role web-fleet               2,794 calls              all expired

9 of 78 credentials still work at 2026-10-14 16:45 UTC, 4 of them perhaps
Next: keyline lineage AKIADEPLOYKEYEXAMPLE
",
    );
}

#[test]
fn a_limit_says_what_it_leaves_out() {
    let forest = busy();
    let limited = View {
        rows_max: 4,
        similar: Similar::Show,
        ..view(&forest, at("16:45"))
    };
    check(
        &plain(&limited, 100),
        "
AKIA…MPLE  deployer in 222233334444                            3,204 calls  25 failed  active
├─ ASIA…0000ROLE  → deploy-frontend in 333344445555               10 calls             expired 04:00
├─ ASIA…0001ROLE  → deploy-backend                               310 calls   1 failed  expired 05:30
├─ ASIA…0002ROLE  → terraform-plan-and-apply-with-a-long-name    610 calls   2 failed  expired 07:00

… 75 more not shown, 5 trees whole: 8 of them work (`--all` shows them)
9 of 78 credentials still work at 2026-10-14 16:45 UTC, 4 of them perhaps
Next: keyline lineage AKIADEPLOYKEYEXAMPLE
",
    );
}

#[test]
fn a_choice_hangs_below_the_nearest_chosen() {
    let forest = stolen_key();
    let nodes =
        ["cr-asiaauditrosession08", "cr-akiaiosfodnn7example"].map(|id| forest.by_id(id).unwrap());
    let chosen = View {
        choice: Choice::Only(&nodes),
        ..view(&forest, at("12:49"))
    };
    check(
        &plain(&chosen, 100),
        "
AKIA…MPLE  ci-deploy in 111122223333      214 calls   12 failed  deactivated 12:41
└┄ ASIA…ON08  → audit-ro in 333344445555   12 calls  all failed  revoked 12:30

none of 2 credentials works at 2026-10-14 12:49 UTC
",
    );
}

#[test]
fn at_an_earlier_instant_other_things_work() {
    let forest = stolen_key();
    let last_lines = |when: &str| {
        let tree = plain(&view(&forest, at(when)), 100);
        let lines: Vec<&str> = tree.lines().rev().take(2).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    };
    check(
        &last_lines("2026-10-16T00:00:00Z"),
        "1 of 9 credentials still works at 2026-10-16 00:00 UTC\n\
         Next: keyline contain plan AKIAIOSFODNN7EXAMPLE",
    );
    check(
        &last_lines("12:31"),
        "5 of 8 credentials still work at 2026-10-14 12:31 UTC\n\
         Next: keyline contain plan AKIAIOSFODNN7EXAMPLE",
    );
}

#[test]
fn production_is_named() {
    let mut key = credential("AKIAIOSFODNN7EXAMPLE", Kind::AccessKey, A).user("x");
    key.touches_production = true;
    let other = credential("AKIAI44QH8DHBEXAMPLE", Kind::AccessKey, A).user("y");
    let forest = Forest::from_credentials(vec![key, other], None);
    check(
        &plain(&view(&forest, at("12:00")), 100),
        "
AKIA…BEXAMPLE  y in 111122223333         no calls  active
AKIA…7EXAMPLE  x in 111122223333 · prod  no calls  active

both credentials still work at 2026-10-14 12:00 UTC, 1 of them touches production
Next: keyline lineage AKIAI44QH8DHBEXAMPLE
",
    );
}

#[test]
fn chains_deeper_than_a_screen_stay_inside() {
    let hops = (0..4000).map(|hop| {
        let id = |hop: usize| format!("ASIAHOPNUMBER{hop:07}");
        let session = credential(&id(hop), Kind::RoleSession, A)
            .issued("09:00", "10:00")
            .role("juggler", "x");
        match hop {
            0 => session,
            _ => session.below(&id(hop - 1), LinkRule::AccessKeyId),
        }
    });
    let forest = Forest::from_credentials(hops.collect(), Some(at("09:30")));
    let tree = plain(&view(&forest, at("09:30")), 100);
    let line = tree.lines().nth(320).unwrap();
    check(
        line,
        "
                     └─ (320) ASIA…0320  → juggler   no calls  valid until 10:00",
    );
    assert!(tree.lines().all(|line| line.chars().count() <= 100));
}

#[test]
fn keys_that_look_alike_are_told_apart() {
    let key = |id: &str| credential(id, Kind::AccessKey, A).user("x");
    let forest = Forest::from_credentials(
        vec![
            key("AKIAAAAAAAAAAAAA1234"),
            key("AKIABBBBBBBBBBBB1234"),
            key("AKIACCCCCCCCCCCC9999"),
        ],
        None,
    );
    check(
        &plain(&view(&forest, at("12:00")), 100),
        "
AKIA…AAAA1234  x in 111122223333  no calls  active
AKIA…BBBB1234  x in 111122223333  no calls  active
AKIA…9999  x in 111122223333      no calls  active

all 3 credentials still work at 2026-10-14 12:00 UTC
Next: keyline lineage AKIAAAAAAAAAAAAA1234
",
    );
}

#[test]
fn nothing_and_nothing_working() {
    let none = Forest::default();
    check(
        &plain(&view(&none, at("12:00")), 100),
        "no credentials at 2026-10-14 12:00 UTC\n",
    );
    let off = credential("AKIAIOSFODNN7EXAMPLE", Kind::AccessKey, A)
        .user("x")
        .change("11:00", Effect::Deleted, "iam:DeleteAccessKey");
    let forest = Forest::from_credentials(vec![off], None);
    check(
        &plain(&view(&forest, at("12:00")), 100),
        "
AKIA…MPLE  x in 111122223333  no calls  deleted 11:00

the only credential does not work any more at 2026-10-14 12:00 UTC
",
    );
}

#[test]
fn colour_adds_nothing_but_colour() {
    let forest = stolen_key();
    let view = view(&forest, at("12:49"));
    let node = forest.by_id("cr-asiaprodadminsessn05").unwrap();
    let alerts = HashMap::from([(node, 2)]);
    let options = TreeOptions {
        width: 100,
        colour: Colour::Ansi,
        asked: Some(node),
        alerts: &alerts,
        to_see_all: "--all",
    };
    let coloured = tree(&view, &options);
    let plain = tree(
        &view,
        &TreeOptions {
            colour: Colour::Plain,
            ..options
        },
    );
    assert!(coloured.contains("\u{1b}[1;31m← works although its parent is off\u{1b}[0m"));
    assert!(plain.contains("← 2 alerts"));
    assert!(plain.ends_with("Next: keyline contain plan ASIAPRODADMINSESSN05\n"));
    let mut bare = String::new();
    for (at, piece) in coloured.split("\u{1b}[").enumerate() {
        bare.push_str(if at == 0 {
            piece
        } else {
            piece.split_once('m').unwrap().1
        });
    }
    assert_eq!(bare, plain);
}
