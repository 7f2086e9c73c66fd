//! Every kind of credential: which calls its plan has, in order, and what is left.

use keyline_contain::inventory::{self, Inventory};
use keyline_contain::request::Organisation;
use keyline_contain::{Breadth, Plan};
use keyline_lineage::{Credential, Kind, Origin};
use serde_json::json;

use crate::fake::Fake;
use crate::world::*;

/// `phase kind` of every step that is no snapshot, by hand or not, then what is left alive with its reason.
fn told(plan: &Plan) -> Vec<String> {
    crate::output::check_nothing_to_fill_in(plan);
    let steps = plan
        .steps
        .iter()
        .filter(|step| !step.kind.starts_with("snapshot"));
    let mut told: Vec<String> = steps
        .map(|step| {
            let by_hand = if step.by_hand { " (by hand)" } else { "" };
            let asks = if step.needs_confirmation {
                " (asks)"
            } else {
                ""
            };
            format!("{}{by_hand}{asks}", step.kind)
        })
        .collect();
    let left = plan.still_alive_after.iter();
    told.extend(left.map(|left| format!("alive: {} {}", left.credential, left.reason.name())));
    told
}

#[track_caller]
pub fn check(
    credentials: &[Credential],
    target: &str,
    change: impl Fn(&mut Ask<'_>),
    wanted: &[&str],
) {
    let forest = forest(credentials);
    let mut ask = Ask::of(&forest, target);
    change(&mut ask);
    let plan = ask.plan();
    assert_eq!(told(&plan), wanted, "\n{}", plan.markdown());
}

pub fn broad(_: &mut Ask<'_>) {}

fn narrow(ask: &mut Ask<'_>) {
    ask.breadth = Breadth::Narrow;
}

#[test]
fn a_long_term_key() {
    let stolen = key("cr-key", OURS, "alice");
    check(
        std::slice::from_ref(&stolen),
        "cr-key",
        broad,
        &[
            "deny-all-on-user",
            "deactivate-access-key",
            "deactivate-other-keys",
            "revoke-user-sessions",
            "verify",
            "revoke-user-sessions",
            "rotate-access-key (by hand)",
        ],
    );
    check(
        &[stolen],
        "cr-key",
        narrow,
        &[
            "deactivate-access-key",
            "verify",
            "rotate-access-key (by hand)",
        ],
    );
}

#[test]
fn every_key_of_the_user_is_switched_off_also_those_that_no_log_shows() {
    let stolen = key("cr-key", OURS, "alice");
    let forest = forest(&[stolen, key("cr-other", OURS, "alice")]);
    let mut ask = Ask::of(&forest, "cr-key");
    ask.inventory = Inventory {
        accounts: vec![inventory::Account {
            account: OURS.to_owned(),
            users: vec![inventory::User {
                user_name: "alice".to_owned(),
                access_keys: Some(
                    [("AKIAHIDDEN", "Active"), ("AKIAOLD", "Inactive")]
                        .map(|(id, status)| inventory::AccessKey {
                            access_key_id: id.to_owned(),
                            status: status.to_owned(),
                            ..inventory::AccessKey::default()
                        })
                        .to_vec(),
                ),
                ..inventory::User::default()
            }],
            ..inventory::Account::default()
        }],
        ..Inventory::default()
    };
    let plan = ask.plan();
    let mut keys: Vec<&str> = plan
        .steps
        .iter()
        .filter(|step| step.kind == "deactivate-access-key")
        .map(|step| step.params["access_key_id"].as_str().unwrap())
        .collect();
    keys.sort();
    assert_eq!(keys, ["AKIACRKEY", "AKIACROTHER", "AKIAHIDDEN"]);
    // Whoever uses it is named too.
    let rotated = plan
        .steps
        .iter()
        .filter(|step| step.kind == "rotate-access-key");
    let rotated: Vec<&str> = rotated
        .map(|step| step.params["replaces"].as_str().unwrap())
        .collect();
    assert_eq!(rotated, ["AKIACRKEY", "AKIACROTHER"]);
    // The other key is legitimate until somebody says otherwise: the plan says whom it hits.
    let broken = plan.steps.iter().flat_map(|step| &step.breaks);
    assert_eq!(
        broken.collect::<std::collections::BTreeSet<_>>(),
        ["cr-other"]
            .iter()
            .map(|id| (*id).to_owned())
            .collect::<Vec<_>>()
            .iter()
            .collect()
    );
}

#[test]
fn session_and_federation_tokens() {
    let stolen = key("cr-key", OURS, "alice");
    let session = from(&stolen, token("cr-token", OURS, "alice"));
    let name = from(&stolen, federated("cr-fed", OURS, "alice", "any"));
    check(
        &[stolen.clone(), session],
        "cr-token",
        narrow,
        &[
            "deactivate-access-key",
            "revoke-user-sessions",
            "verify",
            "revoke-user-sessions",
            "rotate-access-key (by hand)",
        ],
    );
    check(
        &[stolen, name],
        "cr-fed",
        narrow,
        &[
            "deny-federated-user",
            "deactivate-access-key",
            "verify",
            "rotate-access-key (by hand)",
        ],
    );
}

#[test]
fn a_federated_user_is_another_principal_for_the_organisation() {
    let stolen = key("cr-key", OURS, "alice");
    let name = from(&stolen, federated("cr-fed", OURS, "alice", "any"));
    let login = from(
        &name,
        Credential {
            kind: Kind::ConsoleSession,
            ..federated("cr-console", OURS, "alice", "any")
        },
    );
    let tree = [stolen, name, login];
    let forest = forest(&tree);
    let mut ask = Ask::of(&forest, "cr-key");
    ask.estate.organisation = Some(Organisation {
        management_account: OTHER.to_owned(),
    });
    let mut plan = ask.plan();
    assert!(plan.still_alive_after.is_empty());
    // Without anything that lies on the user itself, as where somebody took that away.
    plan.steps.retain(|step| step.service == "organizations");
    let mut fake = Fake::default();
    fake.management = Some(OTHER.to_owned());
    fake.run(&plan);
    for credential in &tree {
        assert!(!fake.can_act(credential), "{}", credential.id);
    }
    let stops: Vec<&str> = plan.steps[0].stops.iter().map(String::as_str).collect();
    assert_eq!(stops, ["cr-console", "cr-fed", "cr-key"]);
    let policy = plan.steps[0].params["content"].as_str().unwrap();
    let named = format!("arn:aws:sts::{OURS}:federated-user/any");
    assert!(policy.contains(&named), "{policy}");
}

#[test]
fn a_role_session_and_what_came_from_it_in_another_account() {
    let stolen = key("cr-key", OURS, "alice");
    let first = from(&stolen, session("cr-first", OURS, "Deploy", "x"));
    let second = from(&first, session("cr-second", OTHER, "Audit", "y"));
    let rightful = session("cr-rightful", OTHER, "Audit", "bob");
    check(
        &[
            stolen.clone(),
            first.clone(),
            second.clone(),
            rightful.clone(),
        ],
        "cr-second",
        broad,
        &[
            "deny-all-on-user",
            "deactivate-access-key",
            "deactivate-other-keys",
            "revoke-role-sessions",
            "revoke-user-sessions",
            "revoke-role-sessions",
            "verify",
            "revoke-role-sessions",
            "revoke-user-sessions",
            "revoke-role-sessions",
            "rotate-access-key (by hand)",
        ],
    );
    let forest = forest(&[stolen, first, second, rightful]);
    let mut ask = Ask::of(&forest, "cr-second");
    assert_eq!(ask.plan().breaks(), 1);
    ask.breadth = Breadth::Narrow;
    let plan = ask.plan();
    assert_eq!((plan.breaks(), plan.alternative.breaks), (0, 1));
    assert!(plan.still_alive_after.is_empty());
}

#[test]
fn an_instance() {
    check(
        &[instance("cr-i", OURS, "Web", "i-0123456789abcdef0")],
        "cr-i",
        broad,
        &[
            "deny-role-sessions",
            "replace-instance-profile (by hand)",
            "isolate-instance (by hand)",
            "verify",
        ],
    );
}

#[test]
fn a_function() {
    let function = Credential {
        origin: Some(Origin {
            kind: "lambda-function",
            id: format!("arn:aws:lambda:eu-west-1:{OURS}:function:resize"),
        }),
        ..session("cr-l", OURS, "Resize", "resize")
    };
    check(
        &[function],
        "cr-l",
        broad,
        &["deny-role-sessions", "stop-function", "verify"],
    );
}

#[test]
fn identity_center() {
    let portal = Credential {
        user_name: "alice@example.com".to_owned(),
        ..bare("cr-portal", Kind::IdentityCenterSession, OURS)
    };
    let role = "AWSReservedSSO_Admin_0123456789abcdef";
    let made = from(
        &portal,
        session("cr-role", OTHER, role, "alice@example.com"),
    );
    let tree = [portal, made];
    check(
        &tree,
        "cr-role",
        broad,
        &[
            "deny-in-permission-set (by hand)",
            "provision-permission-set (by hand)",
            "disable-person (by hand)",
            "verify",
            "alive: cr-portal by-hand",
            "alive: cr-role by-hand",
        ],
    );
    // It is looked up where the portal is, and not in the account of the role.
    let of_set = |tree: &[Credential]| {
        let plan = Ask::of(&forest(tree), "cr-role").plan();
        let mut steps = plan
            .steps
            .into_iter()
            .filter(|step| step.service == "sso-admin");
        steps.next().unwrap().account
    };
    assert_eq!(of_set(&tree), OURS);
    assert_eq!(of_set(&tree[1..]), "");
    let known = |ask: &mut Ask<'_>| {
        ask.inventory.accounts.push(inventory::Account {
            account: OURS.to_owned(),
            permission_sets: vec![inventory::PermissionSet {
                name: "Admin".to_owned(),
                region: "eu-central-1".to_owned(),
                instance_arn: "arn:aws:sso:::instance/ssoins-0123456789abcdef".to_owned(),
                permission_set_arn:
                    "arn:aws:sso:::permissionSet/ssoins-0123456789abcdef/ps-0123456789abcdef"
                        .to_owned(),
                inline_policy: Some(
                    json!({"Version": "2012-10-17", "Statement": [{"Sid": "Theirs"}]}),
                ),
                ..inventory::PermissionSet::default()
            }],
            ..inventory::Account::default()
        });
    };
    check(
        &tree,
        "cr-role",
        known,
        &[
            "deny-in-permission-set",
            "provision-permission-set",
            "disable-person (by hand)",
            "verify",
            "deny-in-permission-set",
            "provision-permission-set",
            "alive: cr-portal by-hand",
        ],
    );
    let forest = forest(&tree);
    let mut ask = Ask::of(&forest, "cr-role");
    known(&mut ask);
    let plan = ask.plan();
    let deny = plan
        .steps
        .iter()
        .find(|step| step.kind == "deny-in-permission-set");
    // Twice, each time provisioned, where Identity Center stands.
    let of_set: Vec<(&str, &str)> = plan
        .steps
        .iter()
        .filter(|step| step.service == "sso-admin")
        .map(|step| (step.action.as_str(), step.region.as_str()))
        .collect();
    let [put, provision] = ["PutInlinePolicyToPermissionSet", "ProvisionPermissionSet"];
    let there = "eu-central-1";
    let twice = [
        (put, there),
        (provision, there),
        (put, there),
        (provision, there),
    ];
    assert_eq!(of_set, twice);
    let again = &plan
        .steps
        .iter()
        .rfind(|step| step.action == provision)
        .unwrap();
    let stamp = plan.steps.iter().rfind(|step| step.action == put).unwrap();
    assert!(
        again.depends_on.contains(&stamp.id),
        "{:?}",
        again.depends_on
    );
    let policy = deny.unwrap().params["inline_policy"].as_str().unwrap();
    assert!(
        policy.contains("Theirs") && policy.contains("*:alice@example.com"),
        "{policy}"
    );
}

#[test]
fn a_person_is_disabled_although_no_log_shows_the_portal_and_is_found_by_the_id() {
    let role = "AWSReservedSSO_Admin_0123456789abcdef";
    let lonely = session("cr-role", OTHER, role, "alice@example.com");
    let plan_of = |tree: &[Credential]| Ask::of(&forest(tree), "cr-role").plan();
    let disabling = |plan: &Plan| -> Vec<String> {
        let steps = plan
            .steps
            .iter()
            .filter(|step| step.kind == "disable-person");
        steps.flat_map(|step| step.commands()).collect()
    };
    let [found] = &disabling(&plan_of(std::slice::from_ref(&lonely)))[..] else {
        panic!("one person");
    };
    assert!(found.starts_with("aws identitystore list-users"), "{found}");
    assert!(found.contains("alice@example.com"), "{found}");
    let portal = Credential {
        user_name: "alice@example.com".to_owned(),
        principal_id: "9067642ac7-0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0".to_owned(),
        ..bare("cr-portal", Kind::IdentityCenterSession, OURS)
    };
    let made = from(&portal, lonely);
    let [found] = &disabling(&plan_of(&[portal, made]))[..] else {
        panic!("one person");
    };
    assert!(
        found.starts_with("aws identitystore describe-user")
            && found.contains("--user-id 9067642ac7-0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"),
        "{found}"
    );
}

#[test]
fn a_stolen_password_is_given_anew_by_a_person() {
    let plan = Ask::of(&forest(&[password("cr-pass", OURS, "alice")]), "cr-pass").plan();
    let reset = plan.steps.iter().find(|step| step.kind == "reset-password");
    let reset = reset.unwrap();
    assert!(reset.by_hand && reset.undo.is_none());
    let command = &reset.commands()[0];
    assert!(command.contains("update-login-profile --"), "{command}");
    assert!(command.contains("--password-reset-required"), "{command}");
}

#[test]
fn the_root_of_an_account() {
    let root = until(NOW + HOUR, bare("cr-root", Kind::RootSession, OURS));
    check(
        std::slice::from_ref(&root),
        "cr-root",
        broad,
        &[
            "delete-root-credentials (by hand) (asks)",
            "verify",
            "alive: cr-root cannot-be-denied",
        ],
    );
    let under = |management: &'static str| {
        move |ask: &mut Ask<'_>| {
            ask.estate.organisation = Some(Organisation {
                management_account: management.to_owned(),
            });
        }
    };
    check(
        std::slice::from_ref(&root),
        "cr-root",
        under(OTHER),
        &[
            "deny-by-organisation",
            "delete-root-credentials (by hand) (asks)",
            "verify",
        ],
    );
    check(
        &[root],
        "cr-root",
        under(OURS),
        &["secure-root (by hand)", "alive: cr-root management-account"],
    );
}

/// Privileged tasks in a root's name need no credential of the root, and a policy that spares them does not stop
/// them.
#[test]
fn a_privileged_task_of_the_organisation() {
    let stolen = key("cr-key", OURS, "alice");
    let task = Credential {
        issuing_api: "sts:AssumeRoot".to_owned(),
        ..bare("cr-task", Kind::RootSession, OTHER)
    };
    let task = from(&stolen, until(NOW + HOUR / 4, task));
    let forest = forest(&[stolen, task.clone()]);
    let mut ask = Ask::of(&forest, "cr-key");
    let plan = ask.plan();
    assert!(!told(&plan).iter().any(|step| step.contains("root")));
    assert_eq!(plan.still_alive_after[0].credential, "cr-task");
    assert!(plan.still_alive_after[0].why.contains("fifteen minutes"));
    ask.estate.organisation = Some(Organisation {
        management_account: OURS.to_owned(),
    });
    let plan = ask.plan();
    assert!(plan.still_alive_after.is_empty(), "{}", plan.markdown());
    let mut fake = Fake::default();
    fake.management = Some(OURS.to_owned());
    fake.at = NOW + HOUR / 60;
    assert!(fake.can_act(&task));
    fake.run(&plan);
    assert!(!fake.can_act(&task));
    // The organisation itself can begin the next one.
    let later = Credential {
        issued_at: Some(fake.at + HOUR / 30),
        expires_at: Some(fake.at + HOUR / 4),
        ..task
    };
    assert!(fake.can_act(&later));
}

#[test]
fn a_stolen_password() {
    let stolen = password("cr-pass", OURS, "alice");
    let opened = from(&stolen, console("cr-console", OURS, "alice"));
    check(
        &[stolen, opened],
        "cr-console",
        narrow,
        &[
            "deny-all-on-user",
            "deactivate-other-keys",
            "verify",
            "reset-password (by hand)",
        ],
    );
}

#[test]
fn what_the_thief_made_for_others() {
    let stolen = key("cr-key", OURS, "alice");
    let backup = from(&stolen, key("cr-backup", OURS, "bob"));
    let secret = from(&stolen, password("cr-pass", OURS, "bob"));
    check(
        &[stolen, backup, secret, key("cr-bobs", OURS, "bob")],
        "cr-key",
        narrow,
        &[
            "deny-all-on-user",
            "deactivate-access-key",
            "deactivate-access-key",
            "deactivate-access-key",
            "delete-password (asks)",
            "deactivate-other-keys",
            "verify",
            "rotate-access-key (by hand)",
            "rotate-access-key (by hand)",
        ],
    );
}

#[test]
fn a_session_by_another_account() {
    let partner = bare("cr-partner", Kind::External, FOREIGN);
    let made = from(&partner, session("cr-role", OURS, "Partner", "p"));
    let dormant = Credential {
        event_count: 0,
        ..from(&partner, session("cr-dormant", OURS, "Partner", "q"))
    };
    let tree = [partner, made, dormant];
    check(
        &tree,
        "cr-role",
        broad,
        &[
            "revoke-role-sessions",
            "close-trust (by hand)",
            "verify",
            "revoke-role-sessions",
            "notify-account (by hand)",
            "alive: cr-partner foreign-account",
        ],
    );
    let known = |ask: &mut Ask<'_>| {
        ask.inventory.accounts.push(inventory::Account {
            account: OURS.to_owned(),
            roles: vec![inventory::Role {
                role_name: "Partner".to_owned(),
                assume_role_policy_document: Some(
                    json!({"Version": "2012-10-17", "Statement": [{"Sid": "Theirs"}]}),
                ),
                ..inventory::Role::default()
            }],
            ..inventory::Account::default()
        });
    };
    check(
        &tree,
        "cr-role",
        known,
        &[
            "revoke-role-sessions",
            "close-trust",
            "verify",
            "revoke-role-sessions",
            "notify-account (by hand)",
        ],
    );
}

#[test]
fn an_identity_provider() {
    let subject = Credential {
        principal_id: "https://idp.example.com:alice".to_owned(),
        ..bare("cr-saml", Kind::FederatedIdentity, OURS)
    };
    let made = from(&subject, session("cr-role", OURS, "Admin", "alice"));
    check(
        &[subject, made],
        "cr-role",
        broad,
        &[
            "revoke-role-sessions",
            "fix-identity-provider (by hand)",
            "verify",
            "revoke-role-sessions",
            "alive: cr-saml by-hand",
        ],
    );
}

#[test]
fn a_certificate_of_roles_anywhere() {
    let certificate = Credential {
        principal_id: "CN=host".to_owned(),
        ..bare("cr-cert", Kind::Certificate, OURS)
    };
    let made = from(&certificate, session("cr-role", OURS, "Admin", "0123"));
    check(
        &[certificate, made],
        "cr-role",
        broad,
        &[
            "revoke-role-sessions",
            "disable-roles-anywhere (by hand)",
            "verify",
            "revoke-role-sessions",
            "alive: cr-cert by-hand",
        ],
    );
}

#[test]
fn roles_that_make_each_other_in_a_circle() {
    let first = session("cr-1", OURS, "Admin", "x");
    let second = from(&first, session("cr-2", OURS, "Deploy", "x"));
    let third = from(&second, session("cr-3", OURS, "Admin", "x"));
    check(
        &[first, second, third],
        "cr-3",
        narrow,
        &["deny-all-on-role", "deny-all-on-role", "verify"],
    );
}

#[test]
fn an_oauth_session_stands_under_its_user() {
    let opened = console("cr-console", OURS, "alice");
    let vended = from(
        &opened,
        Credential {
            user_name: String::new(),
            principal_arn: String::new(),
            ..until(NOW + HOUR, bare("cr-oauth", Kind::OauthSession, OURS))
        },
    );
    check(
        &[opened, vended],
        "cr-oauth",
        narrow,
        &[
            "revoke-user-sessions",
            "revoke-oauth-tokens (by hand)",
            "verify",
            "revoke-user-sessions",
        ],
    );
}

#[test]
fn other_partitions_have_their_own_arns_and_regions() {
    for (partition, region) in [("aws-cn", "cn-north-1"), ("aws-us-gov", "us-gov-west-1")] {
        let stolen = Credential {
            principal_arn: format!("arn:{partition}:iam::{OURS}:user/alice"),
            partition,
            ..key("cr-key", OURS, "alice")
        };
        let forest = forest(&[stolen]);
        let mut ask = Ask::of(&forest, "cr-key");
        ask.estate.organisation = Some(Organisation {
            management_account: OTHER.to_owned(),
        });
        let plan = ask.plan();
        let acting = plan.steps.iter().filter(|step| step.service == "iam");
        assert!(acting.clone().count() > 3);
        assert!(
            acting.clone().all(|step| step.region == region),
            "{partition}"
        );
        let text = plan.to_json().to_string();
        assert!(text.contains(&format!("arn:{partition}:iam::{OURS}:user/alice")));
        assert!(!text.contains("arn:aws:"), "{text}");
    }
}

#[test]
fn nothing_is_done_about_what_is_dead() {
    let expired = until(NOW - 1, session("cr-role", OURS, "Admin", "x"));
    check(&[expired], "cr-role", broad, &[]);
    // But a living key could have made it again since.
    let stolen = key("cr-key", OURS, "alice");
    let expired = from(
        &stolen,
        until(NOW - 1, session("cr-role", OURS, "Admin", "x")),
    );
    let forest = forest(&[stolen, expired]);
    let plan = Ask::of(&forest, "cr-role").plan();
    assert!(
        plan.steps
            .iter()
            .any(|step| step.kind == "revoke-role-sessions")
    );
}

#[test]
fn the_headline_says_who_is_cut_off_and_until_when_something_lives() {
    let headline = |credentials: &[Credential], target: &str| {
        let forest = forest(credentials);
        let mut ask = Ask::of(&forest, target);
        ask.estate.accounts = Some([OURS.to_owned()].into());
        ask.plan().headline()
    };
    let machine = instance("cr-machine", OURS, "Web", "i-0123456789abcdef0");
    let stolen = key("cr-key", OURS, "alice");
    let abroad = from(&stolen, session("cr-abroad", OTHER, "Audit", "x"));
    let longer = from(
        &stolen,
        until(NOW + 3 * HOUR, session("cr-longer", OTHER, "Other", "y")),
    );
    let lasting = from(&stolen, key("cr-lasting", OTHER, "bob"));
    let of_alice = "It hits no session and no key of others that the logs show. Cut off with the thief: user alice in \
                    111122223333. Whoever rightfully uses a key that is stopped needs another: see";
    for (world, target, wanted) in [
        (
            vec![machine.clone()],
            "cr-machine",
            "0 of 1 credentials are still alive after it. It hits no session and no key of others that the logs \
             show. Cut off with the thief: ec2 instance i-0123456789abcdef0 of role Web in 111122223333, until this \
             is taken back, or it gets another role."
                .to_owned(),
        ),
        (
            vec![stolen.clone(), abroad.clone()],
            "cr-key",
            format!(
                "1 of 2 credentials is still alive after it, until 2026-10-14T13:00:00Z. {of_alice}"
            ),
        ),
        (
            vec![stolen.clone(), abroad.clone(), longer],
            "cr-key",
            format!(
                "2 of 3 credentials are still alive after it, until 2026-10-14T15:00:00Z. {of_alice}"
            ),
        ),
        (
            vec![stolen, abroad, lasting],
            "cr-key",
            format!(
                "2 of 3 credentials are still alive after it, without an end. {of_alice}"
            ),
        ),
    ] {
        let told = headline(&world, target);
        assert!(told.starts_with(&wanted), "{told}");
    }
}
