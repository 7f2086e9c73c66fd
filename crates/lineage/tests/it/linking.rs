//! The rules by which credentials are linked, and what is left open.

use serde_json::json;

use crate::records::*;
use crate::tree::check;
use crate::world::{forest, one};

pub const CASES: &[fn() -> Vec<String>] = &[
    siblings,
    one_caller_two_fits,
    two_callers_two_fits,
    switched,
    switched_alone,
    forwarded,
    forwarded_for_two,
    nobody_minted_these,
    juggling,
    forged,
    denied_abroad,
    bare_keys,
    clocks,
    person,
];

const BEN: &str = r#"{"type":"IAMUser","principalId":"AIDABEN","arn":"arn:aws:iam::111122223333:user/ben","accountId":"111122223333","userName":"ben","accessKeyId":"AKIABEN"}"#;

fn siblings() -> Vec<String> {
    vec![
        assume_role("1:00", ADA, "twin", "x", "ASIATWIN1").end(),
        assume_role("1:00", ADA, "twin", "x", "ASIATWIN2").end(),
        call("2:00", &role_session("twin", "x", "ASIATWIN2", "1:00")).end(),
    ]
}

#[test]
fn a_dormant_sibling_is_a_credential() {
    check(
        &siblings(),
        "
        access-key AKIAADA ×2 (its creation is not in the data)
          role-session ASIATWIN1 < access-key-id 59m
          role-session ASIATWIN2 < access-key-id 59m ×1
        ",
    );
}

fn one_caller_two_fits() -> Vec<String> {
    vec![
        assume_role("1:00", ADA, "same", "x", "ASIASAME1").end(),
        assume_role("1:00", ADA, "same", "x", "ASIASAME2").end(),
        call("2:00", &role_session("same", "x", "ASIASAME3", "1:00")).end(),
    ]
}

fn two_callers_two_fits() -> Vec<String> {
    vec![
        assume_role("1:00", ADA, "same", "x", "ASIASAME1").end(),
        assume_role("1:00", BEN, "same", "x", "ASIASAME2").end(),
        call("2:00", &role_session("same", "x", "ASIASAME3", "1:00")).end(),
    ]
}

#[test]
fn what_may_be_either_stays_either() {
    check(
        &one_caller_two_fits(),
        "
        access-key AKIAADA ×2 (its creation is not in the data)
          role-session ASIASAME2 < access-key-id 59m
          role-session ASIASAME3 < principal-and-creation-date ambiguous 0.475 of 2 59m ×1
          role-session ASIASAME1 < access-key-id 59m
        ",
    );
    let forest = forest(two_callers_two_fits().join("\n"));
    let (_, used) = one(&forest, "ASIASAME3");
    let parent = used.parent.unwrap();
    let mut names: Vec<String> = parent
        .candidates
        .iter()
        .map(|candidate| {
            assert_eq!(candidate.confidence, 0.475);
            let node = forest.by_id(&candidate.id).unwrap();
            forest.credential(node).user_name
        })
        .collect();
    names.sort();
    assert_eq!(names, ["ada", "ben"]);
    assert_eq!(parent.confidence, 0.475);
}

fn switched() -> Vec<String> {
    let console = user_session("ada", "ASIACON", "1:00");
    let page = call("2:00", &console)
        .with(json!({"userAgent": "Mozilla/5.0", "sessionCredentialFromConsole": "true"}));
    let internal = json!({"sharedEventID": "s", "sourceIPAddress": "AWS Internal", "userAgent": "AWS Internal"});
    let owner = r#"{"type":"AWSAccount","principalId":"AIDAADA","accountId":"111122223333"}"#;
    let there = |at: &str, by: &str| {
        assume_role_in("aws", "444455556666", at, by, "ops", "ada", "ASIASWITCH")
    };
    let mut role: serde_json::Value = serde_json::from_str(&session_in(
        "aws",
        "444455556666",
        "ops",
        "ada",
        "x",
        "3:00",
    ))
    .unwrap();
    role.as_object_mut().unwrap().remove("accessKeyId");
    vec![
        page.end(),
        there("3:00", owner)
            .with(json!({"recipientAccountId": "444455556666"}))
            .with(internal.clone())
            .id("owner")
            .end(),
        there("3:00", &user_session("ada", "ASIACON2", "1:00")).with(internal).id("caller").end(),
        event("3:00", "signin:SwitchRole", &role.to_string())
            .with(json!({"additionalEventData": {"SwitchFrom": "arn:aws:iam::111122223333:user/ada"}}))
            .response(json!({"SwitchRole": "Success"}))
            .end(),
        call("4:00", &session_in("aws", "444455556666", "ops", "ada", "ASIAPAGE1", "3:00")).end(),
        call("5:00", &session_in("aws", "444455556666", "ops", "ada", "ASIAPAGE2", "3:00")).end(),
    ]
}

#[test]
fn three_records_of_a_switch_are_one_edge() {
    check(
        &switched(),
        "
        console-session ASIACON+ASIACON2 ≤720m ×2 (issued before the first event of the data)
          role-session ASIAPAGE1+ASIAPAGE2+ASIASWITCH < shared-event 57m ×2
        ",
    );
}

fn switched_alone() -> Vec<String> {
    let ada = r#"{"type":"IAMUser","principalId":"AIDAADA","arn":"arn:aws:iam::111122223333:user/ada","accountId":"111122223333","userName":"ada"}"#;
    let mut role: serde_json::Value = serde_json::from_str(&session_in(
        "aws",
        "444455556666",
        "ops",
        "ada",
        "x",
        "3:00",
    ))
    .unwrap();
    role.as_object_mut().unwrap().remove("accessKeyId");
    vec![
        event("1:00", "signin:ConsoleLogin", ada)
            .response(json!({"ConsoleLogin": "Success"}))
            .end(),
        event("3:00", "signin:SwitchRole", &role.to_string())
            .with(json!({"additionalEventData": {"SwitchFrom": "arn:aws:iam::111122223333:user/ada"}}))
            .response(json!({"SwitchRole": "Success"}))
            .end(),
        call("4:00", &session_in("aws", "444455556666", "ops", "ada", "ASIAPAGE1", "3:00")).end(),
    ]
}

#[test]
fn a_switch_without_its_minting() {
    check(
        &switched_alone(),
        "
        password AIDAADA (its creation is not in the data)
          console-session AIDAADA < console-login ≤720m
            role-session ASIAPAGE1 < principal-and-creation-date inferred 0.900 ≤720m ×1
        ",
    );
}

/// A role that is worn on keeps its switch, and says so under a name of its own.
fn renewed() -> Vec<String> {
    let at = switched_alone().len() - 2;
    let mut records = switched_alone();
    records[at] = records[at].replace("SwitchRole", "RenewRole");
    records
}

#[test]
fn a_switch_that_is_renewed() {
    check(
        &renewed(),
        "
        password AIDAADA (its creation is not in the data)
          console-session AIDAADA < console-login ≤720m
            role-session ASIAPAGE1 < principal-and-creation-date inferred 0.900 ≤720m ×1
        ",
    );
}

/// Eight hundred calls of services on behalf of one key.
fn forwarded() -> Vec<String> {
    let mut records = vec![call("1:00", ADA).end(), call("59:59", ADA).end()];
    for number in 0..800 {
        let at = format!("{}:{:02}", 2 + number / 60, number % 60);
        let by = also(
            &user_session("ada", &format!("ASIAFAS{number:04}"), &at),
            json!({"invokedBy": "secretsmanager.amazonaws.com"}),
        );
        let call = event(&at, "kms:Decrypt", &by).id(&format!("fas{number}"));
        records.push(
            call.with(json!({"sourceIPAddress": "secretsmanager.amazonaws.com"}))
                .end(),
        );
    }
    records
}

#[test]
fn eight_hundred_forwarded_calls_are_no_credential() {
    check(
        &forwarded(),
        "access-key AKIAADA ×2 forwarded 800 (its creation is not in the data)",
    );
}

fn forwarded_for_two() -> Vec<String> {
    let second = also(ADA, json!({"accessKeyId": "AKIAADA2"}));
    let by = also(
        &user_session("ada", "ASIAFAS", "5:00"),
        json!({"invokedBy": "cloudformation.amazonaws.com"}),
    );
    vec![
        call("1:00", ADA).end(),
        call("9:00", ADA).end(),
        call("1:30", &second).end(),
        call("9:30", &second).end(),
        event("5:00", "ec2:DescribeVpcs", &by).end(),
        // And one on behalf of somebody who is not in the data at all.
        event(
            "5:00",
            "ec2:DescribeVpcs",
            &also(
                &user_session("zoe", "ASIAFAS2", "5:00"),
                json!({"invokedBy": "cloudformation.amazonaws.com"}),
            ),
        )
        .id("zoe")
        .end(),
    ]
}

#[test]
fn forwarded_calls_of_one_of_two_keys() {
    check(
        &forwarded_for_two(),
        "
        access-key AKIAADA ×2 forwarded? 1 (its creation is not in the data)
        access-key AKIAADA2 ×2 forwarded? 1 (its creation is not in the data)
        ",
    );
}

fn nobody_minted_these() -> Vec<String> {
    let mut omitted = event(
        "20:00",
        "sts:AssumeRoleWithSAML",
        r#"{"type":"SAMLUser","principalId":"q:kim","userName":"kim"}"#,
    )
    .request(json!({"roleArn": "arn:aws:iam::111122223333:role/other"}));
    omitted = omitted.response(json!({"omitted": true}));
    vec![
        call("10:00", ADA).end(),
        // Before the data, in an account of which there is no trail, in one that shows no minting.
        call("11:00", &role_session("early", "x", "ASIAEARLY", "1:00")).end(),
        call(
            "11:00",
            &session_in("aws", "444455556666", "far", "x", "ASIAFAR", "10:30"),
        )
        .with(json!({"recipientAccountId": "111122223333"}))
        .end(),
        call(
            "11:00",
            &session_in("aws", "777788889999", "quiet", "x", "ASIAQUIET", "10:30"),
        )
        .end(),
        // Of one second with a minting whose answer was too long to be kept.
        omitted.end(),
        call("21:00", &role_session("cut", "x", "ASIACUT", "20:00")).end(),
        call("22:00", &role_session("gone", "x", "ASIAGONE", "15:00")).end(),
        call("23:00", &user_session("ada", "ASIAUSER", "12:00")).end(),
    ]
}

#[test]
fn an_unknown_parent_has_a_reason() {
    check(
        &nobody_minted_these(),
        "
        access-key AKIAADA ×1 (its creation is not in the data)
        federated-identity q:kim
          role-session arn:aws:iam::111122223333:role/other < access-key-id ≤720m
        role-session ASIACUT ≤720m ×1 (a minting event of its second has no answer that names the key)
        role-session ASIAEARLY ≤720m ×1 (issued before the first event of the data)
        role-session ASIAFAR ≤720m ×1 (no event of the account that issued it is in the data)
        role-session ASIAGONE ≤720m ×1 (no event of the data mints it; a region or an API may be missing)
        role-session ASIAQUIET ≤720m ×1 (no minting event of its account is in the data; read-only events may be left out)
        unknown-temporary ASIAUSER ≤2160m ×1 (no event of the data mints it; a region or an API may be missing)
        ",
    );
}

fn juggling() -> Vec<String> {
    let a = |key: &str, created: &str| role_session("left", "j", key, created);
    let b = |key: &str, created: &str| role_session("right", "j", key, created);
    vec![
        assume_role("1:00", ADA, "left", "j", "ASIAJ1").end(),
        assume_role("2:00", &a("ASIAJ1", "1:00"), "right", "j", "ASIAJ2").end(),
        assume_role("3:00", &b("ASIAJ2", "2:00"), "left", "j", "ASIAJ3").end(),
        assume_role("4:00", &a("ASIAJ3", "3:00"), "right", "j", "ASIAJ4").end(),
    ]
}

#[test]
fn a_circle_of_roles_is_a_chain_of_sessions() {
    check(
        &juggling(),
        "
        access-key AKIAADA ×1 (its creation is not in the data)
          role-session ASIAJ1 < access-key-id 59m ×1
            role-session ASIAJ2 < access-key-id 58m ×1
              role-session ASIAJ3 < access-key-id 57m ×1
                role-session ASIAJ4 < access-key-id 56m
        ",
    );
}

/// Records that cannot be true: two keys that make one another, and one made by a later one.
fn forged() -> Vec<String> {
    let makes = |at: &str, by: &str, key: &str| {
        event(
            at,
            "iam:CreateAccessKey",
            &also(ADA, json!({"accessKeyId": by})),
        )
        .response(json!({"accessKey": {"accessKeyId": key, "userName": "ada"}}))
        .id(&format!("{by}{key}"))
        .end()
    };
    vec![
        makes("1:00", "AKIAONE", "AKIATWO"),
        makes("1:00", "AKIATWO", "AKIAONE"),
        makes("9:00", "AKIALATE", "AKIALATER"),
        makes("5:00", "AKIALATER", "AKIAEARLY"),
    ]
}

#[test]
fn a_key_that_mints_itself_has_no_parent() {
    let by = also(ADA, json!({"accessKeyId": "ASIASELF"}));
    let record = event("1:00", "sts:GetSessionToken", &by)
        .response(json!({"credentials": {"accessKeyId": "ASIASELF"}}))
        .end();
    check(
        &[record],
        "session-token ASIASELF ≤2160m ×1 (its minting events name one another as parents)",
    );
}

#[test]
fn forged_records_make_no_circle() {
    let facts = crate::world::facts(forged().join("\n").as_bytes());
    let (forest, problems) = keyline_lineage::Forest::build(facts, &Default::default());
    let kinds: Vec<&str> = problems.iter().map(|problem| problem.kind.name()).collect();
    assert_eq!(kinds, ["lineage-circle", "parent-younger-than-child"]);
    let circle: Vec<usize> = ["AKIAONE", "AKIATWO"]
        .iter()
        .map(|key| forest.ancestors(one(&forest, key).0).len())
        .collect();
    assert_eq!(circle.iter().sum::<usize>(), 1);
    let early = one(&forest, "AKIAEARLY").1;
    assert_eq!(early.parent, None);
    assert!(early.parent_unknown_because.unwrap().contains("later"));
}

fn denied_abroad() -> Vec<String> {
    vec![
        event("1:00", "sts:AssumeRole", ADA)
            .request(json!({"roleArn": "arn:aws:iam::444455556666:role/ops"}))
            .with(json!({"errorCode": "AccessDenied"}))
            .end(),
    ]
}

#[test]
fn what_was_denied_made_nothing() {
    check(
        &denied_abroad(),
        "access-key AKIAADA ×1 (its creation is not in the data)",
    );
}

/// Records that show a key and nothing of its session, and a key with a session that is none.
fn bare_keys() -> Vec<String> {
    let mut bare: serde_json::Value =
        serde_json::from_str(&role_session("bare", "x", "ASIABARE", "1:00")).unwrap();
    bare.as_object_mut().unwrap().remove("sessionContext");
    let long_term = in_session(&user_session("ada", "AKIAADA", "2:00"), json!({}));
    vec![
        assume_role("1:00", ADA, "bare", "y", "ASIAOTHER").end(),
        call("3:00", &bare.to_string()).end(),
        call("4:00", &role_session("bare", "x", "ASIABARE", "1:00")).end(),
        call("5:00", &long_term).end(),
    ]
}

#[test]
fn a_key_belongs_to_one_session() {
    check(
        &bare_keys(),
        "
        access-key AKIAADA ×2 (its creation is not in the data)
          role-session ASIAOTHER < access-key-id 59m
        role-session ASIABARE ≤720m ×2 (no event of the data mints it; a region or an API may be missing)
        ",
    );
}

/// Two endpoints write down one second differently.
fn clocks() -> Vec<String> {
    vec![
        assume_role("1:01", ADA, "skew", "x", "ASIASKEW1").end(),
        call("2:00", &role_session("skew", "x", "ASIASKEW2", "1:00")).end(),
        call("3:00", &role_session("skew", "x", "ASIASKEW3", "1:03")).end(),
    ]
}

#[test]
fn a_second_more_or_less() {
    check(
        &clocks(),
        "
        access-key AKIAADA ×1 (its creation is not in the data)
          role-session ASIASKEW1+ASIASKEW2 < principal-and-creation-date inferred 0.950 59m ×1
        role-session ASIASKEW3 ≤720m ×1 (no event of the data mints it; a region or an API may be missing)
        ",
    );
}

fn person() -> Vec<String> {
    let human = json!({"onBehalfOf": {"userId": "person-9", "identityStoreArn": "arn:aws:identitystore::111122223333:identitystore/d-1"}});
    let session = role_session(
        "AWSReservedSSO_Admin_0123456789abcdef",
        "kim",
        "ASIAKIM",
        "1:00",
    );
    vec![
        call("2:00", &session).end(),
        call("3:00", &also(&session, human)).end(),
    ]
}

#[test]
fn a_person_behind_a_session() {
    check(
        &person(),
        "
        federated-identity person-9
          role-session ASIAKIM < external inferred 0.900 ≤720m ×2
        ",
    );
}

#[test]
fn pivots() {
    let records = [siblings(), switched(), person()].concat();
    let forest = forest(records.join("\n"));
    let names = |text: &str| -> Vec<String> {
        let found = forest.find(text);
        let keys = found.into_iter().map(|node| {
            let credential = forest.credential(node);
            let first = credential.access_key_ids.first().cloned();
            first.unwrap_or(credential.principal_id)
        });
        let mut keys: Vec<String> = keys.collect();
        keys.sort();
        keys
    };
    for (text, expected) in [
        ("AKIAADA", &["AKIAADA"][..]),
        ("ASIATWIN1", &["ASIATWIN1"]),
        ("ada", &["AKIAADA", "ASIACON", "ASIAPAGE1"]),
        (
            "arn:aws:iam::111122223333:user/ada",
            &["AKIAADA", "ASIACON"],
        ),
        (
            "arn:aws:iam::111122223333:role/twin",
            &["ASIATWIN1", "ASIATWIN2"],
        ),
        ("twin", &["ASIATWIN1", "ASIATWIN2"]),
        (
            "arn:aws:sts::444455556666:assumed-role/ops/ada",
            &["ASIAPAGE1"],
        ),
        ("person-9", &["person-9"]),
        ("AWS Internal", &[]),
        (
            "192.0.2.10",
            &["AKIAADA", "ASIACON", "ASIAKIM", "ASIAPAGE1", "ASIATWIN2"],
        ),
        ("nothing", &[]),
        ("", &[]),
        // As people type them.
        ("asiatwin1", &["ASIATWIN1"]),
        (" AkiaAda ", &["AKIAADA"]),
        ("ADA", &["AKIAADA", "ASIACON", "ASIAPAGE1"]),
        ("Twin", &["ASIATWIN1", "ASIATWIN2"]),
        (
            "arn:aws:iam::111122223333:user/Ada",
            &["AKIAADA", "ASIACON"],
        ),
        (
            "arn:aws:sts::444455556666:assumed-role/OPS/ADA",
            &["ASIAPAGE1"],
        ),
    ] {
        assert_eq!(names(text), expected, "{text}");
    }
    let (key, credential) = one(&forest, "AKIAADA");
    assert_eq!(forest.find(&credential.id), [key]);
}
