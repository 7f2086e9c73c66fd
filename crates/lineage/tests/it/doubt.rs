//! What records leave open or get wrong: answers that are missing, one key in two accounts, times that cannot be.

use keyline_lineage::{Forest, Production};
use serde_json::json;

use crate::records::*;
use crate::tree::check;
use crate::world::{facts, forest};

pub const CASES: &[fn() -> Vec<String>] = &[
    two_without_answer,
    one_of_two_without_answer,
    two_copies_without_answer,
    tokens_without_answer,
    one_key_two_accounts,
    from_the_future,
    nameless_passwords,
    no_keys,
    two_ask_for_the_console,
    two_ask_and_the_login_tells,
    a_key_or_a_role,
    a_key_made_a_session,
];

fn without_answer(at: &str, by: &str, role: &str, id: &str) -> Event {
    event(at, "sts:AssumeRole", by).id(id).request(json!({
        "roleArn": format!("arn:aws:iam::111122223333:role/{role}"),
        "roleSessionName": "x",
    }))
}

fn two_without_answer() -> Vec<String> {
    vec![
        without_answer("1:00", ADA, "same", "one").end(),
        without_answer("1:00", ADA, "same", "two")
            .response(serde_json::Value::Null)
            .end(),
        without_answer("1:10", ADA, "same", "three").end(),
        call("2:00", &role_session("same", "x", "ASIAEITHER", "1:00")).end(),
        call("2:00", &role_session("same", "x", "ASIATHIRD", "1:10")).end(),
    ]
}

/// A key was named by one answer, and another answer is missing: a use under a third key may be of either.
fn one_of_two_without_answer() -> Vec<String> {
    vec![
        assume_role("1:00", ADA, "same", "x", "ASIANAMED").end(),
        without_answer("1:00", ADA, "same", "two")
            .response(json!({"assumedRoleUser": {"assumedRoleId": "AROASAME:x"}}))
            .end(),
        call("2:00", &role_session("same", "x", "ASIATHIRD", "1:00")).end(),
    ]
}

/// The caller's trail and the role's own have the same minting, and neither has the answer.
fn two_copies_without_answer() -> Vec<String> {
    let copy = |id: &str, recipient: &str| {
        without_answer("1:00", ADA, "same", id)
            .with(json!({"sharedEventID": "shared", "recipientAccountId": recipient}))
            .end()
    };
    vec![copy("one", "111122223333"), copy("two", "444455556666")]
}

fn tokens_without_answer() -> Vec<String> {
    let federation = |id: &str| {
        event("2:00", "sts:GetFederationToken", ADA)
            .id(id)
            .request(json!({"name": "support"}))
            .end()
    };
    vec![
        event("1:00", "sts:GetSessionToken", ADA).id("one").end(),
        event("1:00", "sts:GetSessionToken", ADA).id("two").end(),
        call("3:00", &user_session("ada", "ASIATOKEN", "1:00")).end(),
        federation("three"),
    ]
}

#[test]
fn mintings_without_answers_are_told_apart() {
    check(
        &two_without_answer(),
        "
        access-key AKIAADA ×3 (its creation is not in the data)
          role-session arn:aws:sts::111122223333:assumed-role/same/x < access-key-id ≤720m
          role-session arn:aws:sts::111122223333:assumed-role/same/x < access-key-id ≤720m
          role-session ASIAEITHER < principal-and-creation-date ambiguous 0.475 of 2 ≤720m ×1
          role-session ASIATHIRD < principal-and-creation-date inferred 0.950 ≤720m ×1
        ",
    );
    check(
        &one_of_two_without_answer(),
        "
        access-key AKIAADA ×2 (its creation is not in the data)
          role-session ASIATHIRD < principal-and-creation-date ambiguous 0.475 of 2 ≤720m ×1
          role-session ASIANAMED < access-key-id 59m
          role-session AROASAME:x < access-key-id ≤720m
        ",
    );
    check(
        &two_copies_without_answer(),
        "
        access-key AKIAADA ×2 (its creation is not in the data)
          role-session arn:aws:sts::111122223333:assumed-role/same/x < access-key-id ≤720m
        ",
    );
    check(
        &tokens_without_answer(),
        "
        access-key AKIAADA ×3 (its creation is not in the data)
          session-token AIDAADA < access-key-id ≤2160m
          session-token AIDAADA < access-key-id ≤2160m
          session-token ASIATOKEN < principal-and-creation-date ambiguous 0.475 of 2 ≤2160m ×1
          federation-token 111122223333:support < access-key-id ≤2160m
        ",
    );
}

/// Two people wear a role under one name; each asks for a sign-in URL, and somebody signs in.
fn asked_by_two(login_created: &str) -> Vec<String> {
    let eve = ADA
        .replace("ada", "eve")
        .replace("AIDAADA", "AIDAEVE")
        .replace("AKIAADA", "AKIAEVE");
    let asks = |at: &str, key: &str, created: &str| {
        event(
            at,
            "signin:GetSigninToken",
            &role_session("hop", "x", key, created),
        )
        .end()
    };
    let mut login: serde_json::Value =
        serde_json::from_str(&role_session("hop", "x", "x", login_created)).unwrap();
    login.as_object_mut().unwrap().remove("accessKeyId");
    if login_created.is_empty() {
        let context = login["sessionContext"].as_object_mut().unwrap();
        context.remove("attributes");
    }
    vec![
        assume_role("1:00", ADA, "hop", "x", "ASIAHOPADA").end(),
        assume_role("2:00", &eve, "hop", "x", "ASIAHOPEVE").end(),
        asks("3:00", "ASIAHOPADA", "1:00"),
        asks("4:00", "ASIAHOPEVE", "2:00"),
        crate::minting::login("5:00", &login.to_string()).end(),
    ]
}

fn two_ask_for_the_console() -> Vec<String> {
    asked_by_two("")
}

fn two_ask_and_the_login_tells() -> Vec<String> {
    asked_by_two("1:00")
}

#[test]
fn a_console_is_of_whoever_asked_for_it_and_of_nobody_else() {
    check(
        &two_ask_and_the_login_tells(),
        "
        access-key AKIAADA ×1 (its creation is not in the data)
          role-session ASIAHOPADA < access-key-id 59m ×1
            console-session AROAHOP:x < console-login inferred 0.950 ≤720m
        access-key AKIAEVE ×1 (its creation is not in the data)
          role-session ASIAHOPEVE < access-key-id 58m ×1
        ",
    );
    check(
        &two_ask_for_the_console(),
        "
        access-key AKIAADA ×1 (its creation is not in the data)
          role-session ASIAHOPADA < access-key-id 59m ×1
            console-session AROAHOP:x < console-login ambiguous 0.475 of 2 ≤720m
        access-key AKIAEVE ×1 (its creation is not in the data)
          role-session ASIAHOPEVE < access-key-id 58m ×1
        ",
    );
}

/// A key and a session of a role take a role in the same second, and no answer says who got what.
fn a_key_or_a_role() -> Vec<String> {
    let worn = role_session("first", "x", "ASIAFIRST", "0:30");
    vec![
        call("0:40", &worn).end(),
        without_answer("1:00", ADA, "same", "one").end(),
        without_answer("1:00", &worn, "same", "two").end(),
        call("90:00", &role_session("same", "x", "ASIAEITHER", "1:00")).end(),
    ]
}

#[test]
fn what_one_of_two_minted_lives_as_long_as_either_lets_it_and_stands_below_both() {
    check(
        &a_key_or_a_role(),
        "
        access-key AKIAADA ×1 (its creation is not in the data)
          role-session arn:aws:sts::111122223333:assumed-role/same/x < access-key-id ≤720m
        role-session ASIAFIRST ≤720m ×2 (issued before the first event of the data)
          role-session arn:aws:sts::111122223333:assumed-role/same/x < access-key-id ≤60m
          role-session ASIAEITHER < principal-and-creation-date ambiguous 0.475 of 2 ≤720m ×1
        ",
    );
    let forest = forest(a_key_or_a_role().join("\n"));
    let either = forest.find("ASIAEITHER");
    for candidate in ["AKIAADA", "ASIAFIRST"] {
        let below = forest.below(&forest.find(candidate));
        assert!(
            either.iter().all(|node| below.contains(node)),
            "{candidate}"
        );
    }
}

#[test]
fn more_candidates_than_are_listed_are_told() {
    let mut records: Vec<String> = (0..20)
        .map(|number| {
            let by = ADA
                .replace("ada", &format!("u{number}"))
                .replace("ADA", &format!("U{number}"));
            without_answer("1:00", &by, "same", &format!("e{number}")).end()
        })
        .collect();
    records.push(call("2:00", &role_session("same", "x", "ASIAEITHER", "1:00")).end());
    let (_, problems) = Forest::build(facts(records.join("\n").as_bytes()), &Production::default());
    let kinds: Vec<&str> = problems.iter().map(|problem| problem.kind.name()).collect();
    assert_eq!(kinds, ["candidates-left-out"]);
}

fn one_key_two_accounts() -> Vec<String> {
    let far = |identity: &str| identity.replace("111122223333", "444455556666");
    let eve = far(ADA).replace("ada", "eve").replace("AIDAADA", "AIDAEVE");
    let session = role_session("deploy", "x", "ASIADEPLOY", "1:00");
    vec![
        call("1:00", ADA).end(),
        call("2:00", &eve).end(),
        event("3:00", "iam:UpdateAccessKey", &eve)
            .request(json!({"userName": "eve", "accessKeyId": "AKIAADA", "status": "Inactive"}))
            .end(),
        assume_role("1:00", ADA, "deploy", "x", "ASIADEPLOY").end(),
        call("4:00", &session).end(),
        // The same id, in another account and another second.
        call("5:00", &far(&session).replace("09:01:00", "09:02:00")).end(),
    ]
}

#[test]
fn one_key_in_two_accounts_is_two_credentials() {
    check(
        &one_key_two_accounts(),
        "
        access-key AKIAADA ×2 (its creation is not in the data)
          role-session ASIADEPLOY < access-key-id 59m ×1
        access-key AKIAADA ×2 (its creation is not in the data) inactive by iam:UpdateAccessKey
        role-session ASIADEPLOY ≤720m ×1 (no minting event of its account is in the data; read-only events may be left out)
        ",
    );
    let forest = forest(one_key_two_accounts().join("\n"));
    for key in ["AKIAADA", "ASIADEPLOY"] {
        let found = forest.find(key).into_iter().map(|node| {
            let credential = forest.credential(node);
            (credential.account_id, credential.user_name)
        });
        let mut found: Vec<(String, String)> = found.collect();
        found.sort();
        let accounts: Vec<&str> = found.iter().map(|(account, _)| account.as_str()).collect();
        assert_eq!(accounts, ["111122223333", "444455556666"], "{key}");
    }
}

fn from_the_future() -> Vec<String> {
    vec![
        call("2:00", &role_session("web", "x", "ASIAEARLY", "1:00")).end(),
        call("2:00", &role_session("web", "x", "ASIALATE1", "2:01")).end(),
        call("2:00", &role_session("web", "x", "ASIALATE2", "9:00")).end(),
    ]
}

#[test]
fn a_session_that_begins_after_its_use_is_reported() {
    let facts = facts(from_the_future().join("\n").as_bytes());
    let (_, problems) = Forest::build(facts, &Production::default());
    let found: Vec<(&str, u64)> = problems
        .iter()
        .map(|problem| (problem.kind.name(), problem.count))
        .collect();
    // Clocks may differ by a second.
    assert_eq!(found, [("session-created-after-its-use", 1)]);
}

/// Whose password it is is not said, and the caller has no name.
fn nameless_passwords() -> Vec<String> {
    let root = r#"{"type":"Root","principalId":"111122223333","arn":"arn:aws:iam::111122223333:root","accountId":"111122223333"}"#;
    vec![
        event(
            "1:00",
            "iam:ChangePassword",
            &role_session("web", "x", "ASIAROLE", "0:30"),
        )
        .end(),
        event("2:00", "signin:ConsoleLogin", root)
            .response(json!({"ConsoleLogin": "Success"}))
            .end(),
    ]
}

#[test]
fn a_password_of_nobody_is_not_the_root_users() {
    check(
        &nameless_passwords(),
        "
        password 111122223333 (its creation is not in the data)
          console-session 111122223333 < console-login ≤720m
        role-session ASIAROLE ≤720m ×1 (issued before the first event of the data)
        ",
    );
}

/// What stands where a key should.
fn no_keys() -> Vec<String> {
    ["1", "SAMPLE_ACCESS_KEY", "AKIA****", "null", "AIDAADA"]
        .iter()
        .map(|key| call("1:00", &ADA.replace("AKIAADA", key)).id(key).end())
        .collect()
}

#[test]
fn what_is_no_key_is_no_credential() {
    // The principal's own id would be replaced with the key.
    check(&no_keys()[..4], "");
}

/// Two records say that taking a role gave keys out that are somebody's long-term keys; and samples give sessions ids of
/// such keys.
fn a_key_made_a_session() -> Vec<String> {
    let forged = |at: &str, key: &str| assume_role(at, ADA, "bait", key, key).end();
    let user = |name: &str, key: &str| {
        json!({"type": "IAMUser", "principalId": format!("AIDA{name}"), "accountId": "111122223333",
            "arn": format!("arn:aws:iam::111122223333:user/{name}"), "userName": name, "accessKeyId": key})
        .to_string()
    };
    let in_sample = in_session(
        &also(&user("kai", "AKIASAMPLE"), json!({"sessionContext": {}})),
        json!({"attributes": {"creationDate": time("20:00"), "mfaAuthenticated": "false"}}),
    );
    vec![
        forged("20:00", "AKIAVICTIM"),
        call("25:00", &user("vic", "AKIAVICTIM")).id("vic").end(),
        event("10:00", "iam:CreateAccessKey", ADA)
            .id("kim")
            .request(json!({"userName": "kim"}))
            .response(json!({"accessKey": {"accessKeyId": "AKIAUNUSED", "userName": "kim"}}))
            .end(),
        forged("21:00", "AKIAUNUSED"),
        event("20:00", "sts:GetSessionToken", &user("kai", "AKIAKAI"))
            .id("kai")
            .response(json!({"credentials": {"accessKeyId": "AKIASAMPLE",
                "expiration": "Oct 14, 2026, 10:00:00 AM"}}))
            .end(),
        call("30:00", &in_sample).id("sample").end(),
    ]
}

#[test]
fn a_long_term_key_is_no_session_whoever_says_so() {
    let lines = a_key_made_a_session();
    check(
        &lines,
        "
        access-key AKIAADA ×3 (its creation is not in the data)
          access-key AKIAUNUSED < access-key-id
          role-session AROABAIT:AKIAVICTIM < access-key-id 40m
          role-session AROABAIT:AKIAUNUSED < access-key-id 39m
        access-key AKIAKAI ×1 (its creation is not in the data)
          session-token AKIASAMPLE < access-key-id 40m ×1
        access-key AKIAVICTIM ×1 (its creation is not in the data)
        ",
    );
    let (_, problems) = Forest::build(facts(lines.join("\n").as_bytes()), &Production::default());
    let told: Vec<(&str, u64)> = problems
        .iter()
        .map(|problem| (problem.kind.name(), problem.count))
        .collect();
    assert_eq!(told, [("long-term-key-as-session", 2)]);
}
