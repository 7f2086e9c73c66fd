//! For any tree: nothing of it works after the plan but what the plan says, nobody else is hit but whom it
//! names, and the same request gives the same plan.

use std::collections::BTreeSet;

use keyline_contain::request::Organisation;
use keyline_contain::{Breadth, Plan, Reach, Reason};
use keyline_lineage::{Certainty, Credential, Kind};
use proptest::prelude::*;

use crate::fake::Fake;
use crate::world::*;

/// One random credential: what kind, whose, made by which of those before it.
#[derive(Clone, Debug)]
pub struct Seed {
    kind: u8,
    account: bool,
    who: u8,
    maker: prop::sample::Index,
    certainty: u8,
    dead: bool,
}

fn seed() -> impl Strategy<Value = Seed> {
    (
        0u8..12,
        any::<bool>(),
        0u8..3,
        any::<prop::sample::Index>(),
        0u8..8,
        prop::bool::weighted(0.15),
    )
        .prop_map(|(kind, account, who, maker, certainty, dead)| Seed {
            kind,
            account,
            who,
            maker,
            certainty,
            dead,
        })
}

pub fn seeds() -> impl Strategy<Value = Vec<Seed>> {
    seeds_up_to(13)
}

pub fn seeds_up_to(most: usize) -> impl Strategy<Value = Vec<Seed>> {
    prop::collection::vec(seed(), 1..=most)
}

/// Credentials of random seeds. Some are roots; the others were made by one before them.
pub fn grow(seeds: &[Seed]) -> Vec<Credential> {
    let mut grown: Vec<Credential> = Vec::new();
    for (place, seed) in seeds.iter().enumerate() {
        let id = format!("cr-{place:02}");
        let account = if seed.account { OURS } else { OTHER };
        let user = ["alice", "bob", "malice"][seed.who as usize];
        let role = ["Admin", "Deploy", "Audit"][seed.who as usize];
        let made = match seed.kind {
            0 | 1 => key(&id, account, user),
            2 => token(&id, account, user),
            3 => console(&id, account, user),
            4 => federated(&id, account, user, &format!("f{}", seed.who)),
            5 => instance(&id, account, role, "i-0123456789abcdef0"),
            6 => session(&id, account, "AWSServiceRoleForSupport", "support"),
            7 => password(&id, account, user),
            _ => session(&id, account, role, &format!("s{}", place % 3)),
        };
        let made = match seed.dead {
            true => until(NOW - 1, made),
            false => made,
        };
        let can_have_maker = !grown.is_empty() && !matches!(seed.kind, 5 | 6);
        grown.push(match (can_have_maker, seed.certainty) {
            (false, _) | (_, 0) => made,
            (_, 1) => by(
                &grown[seed.maker.index(grown.len())],
                Certainty::Ambiguous,
                made,
            ),
            (_, 2) => by(
                &grown[seed.maker.index(grown.len())],
                Certainty::Inferred,
                made,
            ),
            _ => from(&grown[seed.maker.index(grown.len())], made),
        });
    }
    grown
}

fn breadth() -> impl Strategy<Value = Breadth> {
    prop_oneof![Just(Breadth::Broad), Just(Breadth::Narrow)]
}

fn reach() -> impl Strategy<Value = Reach> {
    prop_oneof![Just(Reach::Below), Just(Reach::Tree), Just(Reach::Root)]
}

fn check(credentials: &[Credential], plan: &Plan, management: Option<&str>) {
    let mut before = Fake::default();
    let mut after = Fake::default();
    for fake in [&mut before, &mut after] {
        fake.management = management.map(str::to_owned);
    }
    after.run(plan);
    let members: BTreeSet<&String> = plan.credentials.iter().collect();
    let left: BTreeSet<&String> = plan
        .still_alive_after
        .iter()
        .map(|left| &left.credential)
        .collect();
    let broken: BTreeSet<&String> = plan
        .steps
        .iter()
        .filter(|step| !step.by_hand && !step.needs_confirmation)
        .flat_map(|step| &step.breaks)
        .collect();
    for credential in credentials {
        let (acted, acts) = (before.can_act(credential), after.can_act(credential));
        let id = &credential.id;
        if members.contains(id) {
            assert_eq!(
                acts,
                left.contains(id),
                "{id} acts after the plan: {acts}\n{}",
                plan.markdown()
            );
        } else {
            let hit = acted && !acts;
            assert_eq!(
                hit,
                broken.contains(id),
                "{id} is hit: {hit}\n{}",
                plan.markdown()
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 160, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_of_the_tree_works_but_what_the_plan_says(
        seeds in seeds(), target in any::<prop::sample::Index>(),
        breadth in breadth(), reach in reach(), with_organisation in any::<bool>(),
    ) {
        let credentials = grow(&seeds);
        let forest = forest(&credentials);
        let mut ask = Ask::of(&forest, &credentials[target.index(credentials.len())].id);
        ask.breadth = breadth;
        ask.reach = reach;
        let management = with_organisation.then_some(OTHER);
        ask.estate.organisation = management.map(|account| Organisation {
            management_account: account.to_owned(),
        });
        let plan = ask.plan();
        check(&credentials, &plan, management);
        // Nothing is left alive for want of a step.
        for left in &plan.still_alive_after {
            let credential = credentials.iter().find(|known| known.id == left.credential).unwrap();
            let linked = credential.role_arn.contains("AWSServiceRoleFor");
            let excused = left.reason == Reason::ServiceLinkedRole && linked;
            prop_assert!(excused, "{:?}\n{}", left, plan.markdown());
        }
    }

    #[test]
    fn the_order_of_what_comes_in_does_not_matter(
        seeds in seeds(), target in any::<prop::sample::Index>(), turn in any::<prop::sample::Index>(),
        breadth in breadth(),
    ) {
        let credentials = grow(&seeds);
        let target = credentials[target.index(credentials.len())].id.clone();
        let plan_of = |credentials: &[Credential]| {
            let forest = forest(credentials);
            let mut ask = Ask::of(&forest, &target);
            ask.breadth = breadth;
            ask.plan()
        };
        let mut turned = credentials.clone();
        turned.rotate_left(turn.index(credentials.len()));
        turned.reverse();
        let plan = plan_of(&credentials);
        prop_assert_eq!(&plan_of(&turned), &plan);
        let text = plan.to_json().to_string();
        prop_assert_eq!(Plan::from_json(&text).unwrap(), plan);
    }

    #[test]
    fn what_is_protected_is_never_written_to(
        seeds in seeds(), target in any::<prop::sample::Index>(), breadth in breadth(),
        own in any::<prop::sample::Index>(),
    ) {
        let credentials = grow(&seeds);
        let forest = forest(&credentials);
        let own = &credentials[own.index(credentials.len())];
        let mut ask = Ask::of(&forest, &credentials[target.index(credentials.len())].id);
        ask.breadth = breadth;
        ask.estate.own = vec![own.id.clone()];
        ask.estate.break_glass = vec!["arn:aws:iam::*:user/bob".to_owned()];
        ask.estate.accounts = Some([OURS.to_owned()].into());
        let plan = ask.plan();
        let mut fake = Fake::default();
        fake.run(&plan);
        check(&credentials, &plan, None);
        let kind = match own.kind {
            Kind::RoleSession => "role",
            _ => "user",
        };
        let name = match kind {
            "role" => own.role_arn.rsplit('/').next().unwrap(),
            _ => own.user_name.as_str(),
        };
        let own = format!("{}/{kind}/{name}", own.account_id);
        for written in &fake.written {
            prop_assert!(*written != own && !written.ends_with("/user/bob"), "{}", written);
            prop_assert!(written.starts_with(OURS), "{}", written);
        }
    }
}
