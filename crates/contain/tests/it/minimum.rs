//! Plans of both forms are the smallest: no set of controls that does what the form promises hits fewer
//! legitimate credentials, and none that hits as few needs fewer steps. Held against every set of controls,
//! judged by the fake AWS and not by the plan's own table. What a plan hits is judged there as well, by the
//! documents that it lays on.
//!
//! The narrow form stops what is known of the tree. The broad one stops also what nobody has seen of the same
//! users and roles, and keeps it stopped when the denial of a user is lifted. Where only the denial of a user does what
//! the narrow form promises, every key of the user is switched off under it, because it would go on making tokens that
//! wake up with the denial's end. One owner at a time, because what
//! is laid on one changes nothing for another (asserted below): the smallest of the whole is the sum.

use std::collections::{BTreeMap, BTreeSet};

use keyline_contain::control::{Control, Measure, Only, Owner};
use keyline_contain::{Breadth, Phase, Plan, Step};
use keyline_lineage::{Credential, Kind};
use proptest::prelude::*;

use crate::fake::Fake;
use crate::properties::{grow, seeds_up_to};
use crate::world::*;

/// The owner of a credential of these worlds, as the plan names it.
fn owner(credential: &Credential) -> Owner {
    let account = credential.account_id.clone();
    match credential.kind {
        Kind::RoleSession => Owner::Role {
            account,
            name: credential.role_arn.rsplit('/').next().unwrap().to_owned(),
        },
        _ => Owner::User {
            account,
            name: credential.user_name.clone(),
        },
    }
}

/// What is to be done to one owner.
struct Task {
    /// Of the tree, alive.
    members: Vec<Credential>,
    /// In the broad form: what nobody has seen and whoever holds a member may hold too.
    unseen: Vec<Credential>,
    /// Alive and none of the tree's, and what others will make.
    others: Vec<Credential>,
}

impl Task {
    fn must_stop(&self) -> impl Iterator<Item = &Credential> {
        self.members.iter().chain(&self.unseen)
    }
}

/// The tasks of a plan's world. An owner is in if something of the tree works there, or could be made again by
/// something that works.
fn tasks(credentials: &[Credential], plan: &Plan) -> BTreeMap<Owner, Task> {
    let alive = |credential: &Credential| credential.expires_at.is_none_or(|end| end > NOW);
    let by_id: BTreeMap<&str, &Credential> =
        credentials.iter().map(|it| (it.id.as_str(), it)).collect();
    let is_member = |credential: &Credential| plan.credentials.contains(&credential.id);
    let may_act = |credential: &Credential| {
        let makers = std::iter::successors(Some(credential), |below| {
            let maker = below.parent.as_ref()?;
            by_id.get(maker.id.as_str()).copied()
        });
        let mut makers = makers.take_while(|maker| is_member(maker));
        makers.any(alive)
    };
    let mut tasks: BTreeMap<Owner, Task> = BTreeMap::new();
    for credential in credentials {
        let task = tasks.entry(owner(credential)).or_insert_with(|| Task {
            members: Vec::new(),
            unseen: Vec::new(),
            others: Vec::new(),
        });
        if !is_member(credential) {
            if alive(credential) {
                task.others.push(credential.clone());
            }
            continue;
        }
        if alive(credential) {
            task.members.push(credential.clone());
        }
        if plan.breadth == Breadth::Broad && may_act(credential) {
            let (unseen, others) = beside(credential);
            task.unseen.extend(unseen);
            task.others.extend(others);
        } else if credential.kind == Kind::Password && alive(credential) {
            task.unseen.push(unseen_key(credential));
        }
    }
    tasks.retain(|_, task| task.must_stop().next().is_some());
    tasks
}

/// What nobody has seen beside a member, and what others will make there.
fn beside(member: &Credential) -> (Vec<Credential>, Vec<Credential>) {
    let account = &member.account_id;
    let owner = owner(member);
    let Owner::Role { name, .. } = &owner else {
        let user = &member.user_name;
        let unseen = vec![
            unseen_key(member),
            password("cr-unseen-password", account, user),
            token("cr-unseen-token", account, user),
            console("cr-unseen-console", account, user),
        ];
        return (unseen, Vec::new());
    };
    // Whoever took an instance's session takes the next one, of the same name; others make theirs after it.
    let later = |credential: Credential| Credential {
        issued_at: Some(NOW + 2 * HOUR),
        expires_at: Some(NOW + 4 * HOUR),
        ..credential
    };
    let rightful = later(session("cr-later", account, name, "somebody"));
    let unseen = match member.origin.is_some() {
        true => later(Credential {
            id: "cr-next".to_owned(),
            ..member.clone()
        }),
        false => session("cr-unseen-session", account, name, "nobody-saw"),
    };
    (vec![unseen], vec![rightful])
}

/// A key of the same user that no log shows.
fn unseen_key(member: &Credential) -> Credential {
    Credential {
        access_key_ids: vec![Fake::UNSEEN_KEY.to_owned()],
        ..key("cr-unseen-key", &member.account_id, &member.user_name)
    }
}

/// Every control that could be laid on an owner, each of which is one step.
fn controls(on: &Owner, task: &Task, breadth: Breadth) -> Vec<Measure> {
    let measure = |control, only| Measure {
        control,
        on: on.clone(),
        only,
    };
    let seen = || task.members.iter().chain(&task.others);
    let ids = |kind: Kind, instances: bool| -> Only {
        let wanted = task.members.iter().filter(|credential| {
            credential.kind == kind && (!instances || credential.origin.is_some())
        });
        let ids: BTreeSet<String> = wanted
            .map(|credential| credential.principal_id.clone())
            .collect();
        Only::UserIds(ids.into_iter().collect())
    };
    if matches!(on, Owner::Role { .. }) {
        let mut found = vec![
            measure(Control::RoleDenyAll, Only::All),
            measure(Control::RoleDenyOlder, Only::All),
            measure(Control::RoleDenySession, ids(Kind::RoleSession, false)),
        ];
        if breadth == Breadth::Broad {
            let instances = ids(Kind::RoleSession, true);
            found.push(measure(Control::RoleDenySession, instances));
        }
        return found;
    }
    let mut found = vec![
        measure(Control::UserDenyAll, Only::All),
        measure(Control::UserDenyOlder, Only::All),
        measure(
            Control::UserDenyFederated,
            ids(Kind::FederationToken, false),
        ),
    ];
    for credential in seen().filter(|credential| credential.kind == Kind::AccessKey) {
        let id = credential.access_key_ids[0].clone();
        found.push(measure(Control::KeyInactive, Only::AccessKey(id)));
    }
    if !task.unseen.is_empty() {
        let others = Only::AccessKey(Fake::UNSEEN_KEY.to_owned());
        found.push(measure(Control::KeyInactive, others));
    }
    found
}

/// Legitimate credentials hit and steps taken.
type Cost = (usize, usize);

/// What the best set of controls costs.
fn best(on: &Owner, task: &Task, breadth: Breadth) -> Option<Cost> {
    let controls = controls(on, task, breadth);
    (0u32..1 << controls.len())
        .filter_map(|chosen| {
            let laid: Vec<&Measure> = (0..controls.len())
                .filter(|place| chosen & (1 << place) != 0)
                .map(|place| &controls[place])
                .collect();
            let fake = Fake::with(laid.iter().copied());
            does_it(&fake, &laid, task, breadth).then(|| (hit(&fake, task), laid.len()))
        })
        .min()
}

fn hit(fake: &Fake, task: &Task) -> usize {
    let others = task.others.iter();
    others.filter(|other| !fake.can_act(other)).count()
}

/// Whether controls do what a form promises.
fn does_it(fake: &Fake, laid: &[&Measure], task: &Task, breadth: Breadth) -> bool {
    let all = task.must_stop().all(|credential| !fake.can_act(credential));
    // A key that is only denied can still ask for session tokens, which wake up with the denial's end: keys of
    // the tree are switched off in any case, and in the broad form every key of the user.
    let off = |key: &&Credential| {
        let this = Only::AccessKey(key.access_key_ids[0].clone());
        let mut laid = laid.iter();
        laid.any(|measure| measure.control == Control::KeyInactive && measure.only == this)
    };
    let is_key = |credential: &&Credential| credential.kind == Kind::AccessKey;
    let keys_off = match task.unseen.is_empty() {
        true => task.members.iter().filter(is_key).all(|key| off(&key)),
        false => {
            let keys = task.must_stop().chain(&task.others);
            keys.filter(is_key).all(|key| off(&key))
        }
    };
    // Once the denial of a user is lifted, what was made before stays dead.
    let later = laid.iter().copied();
    let later = Fake::with(later.filter(|measure| measure.control != Control::UserDenyAll));
    let stays = breadth == Breadth::Narrow
        || task
            .must_stop()
            .filter(|credential| credential.kind != Kind::Password)
            .all(|credential| !later.can_act(credential));
    all && keys_off && stays
}

/// A step of the program that changes something, apart from taking back deeds and from setting a stamp again.
fn changes(step: &&Step) -> bool {
    let apart = matches!(
        step.phase,
        Phase::Evidence | Phase::Verify | Phase::SecondStamp | Phase::Afterwards
    );
    !apart && !step.by_hand && !step.needs_confirmation
}

/// On whom a step is laid.
fn laid_on(step: &Step) -> Owner {
    let text = |name: &str| step.params.get(name)?.as_str().map(str::to_owned);
    let account = step.account.clone();
    match (text("user_name"), text("role_name")) {
        (Some(name), _) => Owner::User { account, name },
        (_, Some(name)) => Owner::Role { account, name },
        _ => panic!("{step:?}"),
    }
}

/// Whether a plan is the smallest of its form; else what is wrong.
fn check(credentials: &[Credential], plan: &Plan) -> Result<(), String> {
    let tasks = tasks(credentials, plan);
    // A role of a circle is denied although its own sessions are over: the others make it again in a moment.
    let in_a_circle = |step: &Step| {
        let mut members = credentials
            .iter()
            .filter(|it| plan.credentials.contains(&it.id));
        step.kind == "deny-all-on-role" && members.any(|it| owner(it) == laid_on(step))
    };
    for step in plan.steps.iter().filter(changes) {
        if !tasks.contains_key(&laid_on(step)) && !in_a_circle(step) {
            return Err(format!(
                "{} is laid on somebody who has nothing of the tree",
                step.id
            ));
        }
    }
    let mut after = Fake::default();
    after.run(plan);
    for (owner, task) in &tasks {
        // Left out: what cannot be stopped, and juggled roles, for which the plan takes the blanket on purpose.
        let mut members = task.members.iter();
        let special = members.any(|member| member.role_arn.contains("AWSServiceRoleFor"));
        let of_owner = || {
            plan.steps
                .iter()
                .filter(changes)
                .filter(|step| laid_on(step) == *owner)
        };
        let linked =
            matches!(owner, Owner::Role { name, .. } if name.starts_with("AWSServiceRoleFor"));
        if special || linked || of_owner().any(|step| step.kind == "deny-all-on-role") {
            continue;
        }
        let found = (hit(&after, task), of_owner().count());
        let wanted = best(owner, task, plan.breadth);
        if Some(found) != wanted {
            return Err(format!(
                "{owner:?}: hits and steps are {found:?}, the fewest are {wanted:?}"
            ));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn plans_are_the_smallest_of_their_form(
        seeds in seeds_up_to(8), target in any::<prop::sample::Index>(),
    ) {
        let credentials = grow(&seeds);
        let forest = forest(&credentials);
        let mut ask = Ask::of(&forest, &credentials[target.index(credentials.len())].id);
        for breadth in [Breadth::Narrow, Breadth::Broad] {
            ask.breadth = breadth;
            let plan = ask.plan();
            if let Err(why) = check(&credentials, &plan) {
                prop_assert!(false, "{:?}: {}\n{}", breadth, why, plan.markdown());
            }
        }
    }

    /// Why one owner at a time is enough.
    #[test]
    fn what_is_laid_on_one_owner_changes_nothing_for_another(seeds in seeds_up_to(8)) {
        let credentials = grow(&seeds);
        let before = Fake::default();
        for laid_on in credentials.iter().map(owner) {
            let task = Task {
                members: credentials.iter().filter(|it| owner(it) == laid_on).cloned().collect(),
                unseen: Vec::new(),
                others: Vec::new(),
            };
            let controls = controls(&laid_on, &task, Breadth::Broad);
            let after = Fake::with(&controls);
            for other in credentials.iter().filter(|other| owner(other) != laid_on) {
                prop_assert_eq!(before.can_act(other), after.can_act(other));
            }
        }
    }
}

#[test]
fn a_needless_step_or_a_needless_principal_is_noticed() {
    let stolen = key("cr-key", OURS, "alice");
    let made = from(&stolen, token("cr-token", OURS, "alice"));
    let role = from(&made, session("cr-role", OURS, "Admin", "x"));
    let credentials = [
        stolen,
        made,
        role,
        key("cr-bob", OURS, "bob"),
        session("cr-rightful", OURS, "Admin", "bob"),
    ];
    let forest = forest(&credentials);
    let mut ask = Ask::of(&forest, "cr-key");
    for breadth in [Breadth::Narrow, Breadth::Broad] {
        ask.breadth = breadth;
        let plan = ask.plan();
        assert_eq!(check(&credentials, &plan), Ok(()), "{}", plan.markdown());
        let first = |kind: &str| plan.steps.iter().find(|step| step.kind == kind);
        let on_user = first("deactivate-access-key").unwrap();
        let on_role = plan
            .steps
            .iter()
            .filter(changes)
            .find(|step| matches!(laid_on(step), Owner::Role { .. }));
        let on_role = on_role.unwrap();
        let with = |change: &dyn Fn(&mut Plan)| {
            let mut worse = plan.clone();
            change(&mut worse);
            check(&credentials, &worse)
        };
        // The same step twice, a step on somebody else, a blanket where the sessions would do, one step too few.
        let twice = with(&|plan| plan.steps.push(on_user.clone()));
        let stranger = with(&|plan| {
            let mut step = on_user.clone();
            step.params.insert("user_name".to_owned(), "bob".into());
            step.params
                .insert("access_key_id".to_owned(), "AKIACRBOB".into());
            plan.steps.push(step);
        });
        let blanket = with(&|plan| {
            let all = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#;
            // The second stamp writes the same policy.
            for step in &mut plan.steps {
                if step.params.get("policy_name") == on_role.params.get("policy_name")
                    && step.params.contains_key("role_name")
                {
                    step.params.insert("policy_document".to_owned(), all.into());
                }
            }
        });
        let too_few = with(&|plan| plan.steps.retain(|step| step.id != on_user.id));
        for (what, checked) in [
            ("twice", twice),
            ("stranger", stranger),
            ("blanket", blanket),
            ("too few", too_few),
        ] {
            assert!(checked.is_err(), "{what}, {breadth:?}");
        }
    }
}
