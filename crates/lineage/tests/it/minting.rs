//! Every row of the table of mintings: records in, the whole forest out.

use serde_json::json;

use crate::records::*;
use crate::tree::check;

pub const CASES: &[fn() -> Vec<String>] = &[
    session_token,
    federation_token,
    roles,
    from_outside,
    services,
    identities,
    root,
    console,
    console_by_token,
    oauth,
    identity_center,
    roles_anywhere,
    what_does_not_expire,
    vended,
];

fn session_token() -> Vec<String> {
    let token = |at: &str, key: &str, expiration: &str| {
        event(at, "sts:GetSessionToken", ADA)
            .request(json!({"durationSeconds": 3600, "serialNumber": "arn:aws:iam::111122223333:mfa/ada"}))
            .response(json!({"credentials": {"accessKeyId": key, "expiration": expiration}}))
            .end()
    };
    vec![
        token("1:00", "ASIATOKEN1", "Oct 14, 2026, 10:01:00 AM"),
        token("2:00", "ASIATOKEN2", "Oct 14, 2026 10:02:00 AM"),
        token("3:00", "ASIATOKEN3", "2026-10-14T10:03:00Z"),
        // The answer is missing: the second of its creation finds it.
        event("4:00", "sts:GetSessionToken", ADA).end(),
        call("5:00", &user_session("ada", "ASIATOKEN1", "1:00")).end(),
        call("5:30", &user_session("ada", "ASIATOKEN4", "4:00")).end(),
    ]
}

#[test]
fn session_tokens() {
    check(
        &session_token(),
        "
        access-key AKIAADA ×4 (its creation is not in the data)
          session-token ASIATOKEN1 < access-key-id 60m ×1
          session-token ASIATOKEN2 < access-key-id 60m
          session-token ASIATOKEN3 < access-key-id 60m
          session-token ASIATOKEN4 < principal-and-creation-date inferred 0.950 ≤2160m ×1
        ",
    );
}

fn federated(created: &str, key: &str) -> String {
    json!({
        "type": "FederatedUser",
        "principalId": "111122223333:support",
        "arn": "arn:aws:sts::111122223333:federated-user/support",
        "accountId": "111122223333",
        "accessKeyId": key,
        "sessionContext": {
            "attributes": {"creationDate": time(created), "mfaAuthenticated": "false"},
            "sessionIssuer": {"type": "IAMUser", "principalId": "AIDAADA", "accountId": "111122223333",
                "arn": "arn:aws:iam::111122223333:user/ada", "userName": "ada"},
        },
    })
    .to_string()
}

fn federation(at: &str, key: &str) -> Event {
    event(at, "sts:GetFederationToken", ADA)
        .request(json!({"name": "support", "durationSeconds": 7200}))
        .response(json!({
            "credentials": {"accessKeyId": key, "expiration": "Oct 14, 2026, 11:01:00 AM"},
            "federatedUser": {"federatedUserId": "111122223333:support",
                "arn": "arn:aws:sts::111122223333:federated-user/support"},
        }))
}

fn federation_token() -> Vec<String> {
    vec![
        federation("1:00", "ASIAFED1").end(),
        call("2:00", &federated("1:00", "ASIAFED1")).end(),
        // Another key in the same second of the same name: the console's, which nobody minted.
        call("3:00", &federated("1:00", "ASIAFED2")).end(),
        // A token whose minting is not in the data; its user is.
        call("4:00", &federated("0:30", "ASIAFED3")).end(),
    ]
}

#[test]
fn federation_tokens() {
    check(
        &federation_token(),
        "
        access-key AKIAADA ×1 (its creation is not in the data)
          federation-token ASIAFED3 < federated-user inferred 0.900 ≤2160m ×1
          federation-token ASIAFED1+ASIAFED2 < access-key-id 120m ×2
        ",
    );
}

fn roles() -> Vec<String> {
    let china = |key: &str| {
        format!(
            r#"{{"type":"IAMUser","principalId":"AIDACN","arn":"arn:aws-cn:iam::444455556666:user/wei","accountId":"444455556666","userName":"wei","accessKeyId":"{key}"}}"#
        )
    };
    let gov = r#"{"type":"IAMUser","principalId":"AIDAGOV","arn":"arn:aws-us-gov:iam::777788889999:user/gus","accountId":"777788889999","userName":"gus","accessKeyId":"AKIAGOV"}"#;
    let first = role_session("hop", "ada", "ASIAHOP1", "10:00");
    vec![
        assume_role("10:00", ADA, "hop", "ada", "ASIAHOP1").end(),
        // A chain of roles, without a stated end in the second link.
        event("11:00", "sts:AssumeRole", &first)
            .request(
                json!({"roleArn": "arn:aws:iam::111122223333:role/far", "roleSessionName": "ada"}),
            )
            .response(json!({"credentials": {"accessKeyId": "ASIAHOP2"},
                "assumedRoleUser": {"assumedRoleId": "AROAFAR:ada"}}))
            .end(),
        call("12:00", &role_session("far", "ada", "ASIAHOP2", "11:00")).end(),
        assume_role_in(
            "aws-cn",
            "444455556666",
            "10:00",
            &china("AKIACN"),
            "ops",
            "wei",
            "ASIACN1",
        )
        .with(json!({"eventSource": "sts.amazonaws.com.cn"}))
        .end(),
        call(
            "12:00",
            &session_in("aws-cn", "444455556666", "ops", "wei", "ASIACN1", "10:00"),
        )
        .end(),
        assume_role_in(
            "aws-us-gov",
            "777788889999",
            "10:00",
            gov,
            "ops-gov",
            "gus",
            "ASIAGOV1",
        )
        .end(),
        call(
            "12:00",
            &session_in(
                "aws-us-gov",
                "777788889999",
                "ops-gov",
                "gus",
                "ASIAGOV1",
                "10:00",
            ),
        )
        .end(),
        // Refused: no credential.
        event("13:00", "sts:AssumeRole", ADA)
            .with(json!({"errorCode": "AccessDenied"}))
            .end(),
    ]
}

#[test]
fn roles_in_every_partition() {
    check(
        &roles(),
        "
        access-key AKIAADA ×2 (its creation is not in the data)
          role-session ASIAHOP1 < access-key-id 50m ×1
            role-session ASIAHOP2 < access-key-id ≤60m ×1
        access-key AKIACN ×1 (its creation is not in the data)
          role-session ASIACN1 < access-key-id 50m ×1
        access-key AKIAGOV ×1 (its creation is not in the data)
          role-session ASIAGOV1 < access-key-id 50m ×1
        ",
    );
    let forest = crate::world::forest(roles().join("\n"));
    for (key, partition) in [
        ("ASIACN1", "aws-cn"),
        ("ASIAGOV1", "aws-us-gov"),
        ("ASIAHOP2", "aws"),
    ] {
        assert_eq!(crate::world::one(&forest, key).1.partition, partition);
    }
}

fn from_outside() -> Vec<String> {
    let outside = r#"{"type":"AWSAccount","principalId":"AIDAOUTSIDE","accountId":"999900001111"}"#;
    let known = r#"{"type":"AWSAccount","principalId":"AIDAADA","accountId":"111122223333"}"#;
    let there = |at: &str, by: &str, key: &str, shared: &str| {
        assume_role_in("aws", "444455556666", at, by, "shared", "x", key)
            .with(json!({"recipientAccountId": "444455556666", "sharedEventID": shared}))
    };
    vec![
        there("20:00", outside, "ASIAOUT1", "s1").end(),
        // One action told by two trails.
        there("21:00", known, "ASIAOUT2", "s2").id("owner").end(),
        assume_role_in(
            "aws",
            "444455556666",
            "21:00",
            ADA,
            "shared",
            "x",
            "ASIAOUT2",
        )
        .with(json!({"sharedEventID": "s2"}))
        .id("caller")
        .end(),
        // The caller's copy without its answer.
        there("22:00", known, "ASIAOUT3", "s3").id("owner3").end(),
        event("22:00", "sts:AssumeRole", ADA)
            .with(json!({"sharedEventID": "s3"}))
            .id("caller3")
            .end(),
        // The owner's copy alone, of a caller who is in the data.
        there("21:30", known, "ASIAOUT4", "s4").end(),
    ]
}

#[test]
fn callers_from_other_accounts() {
    check(
        &from_outside(),
        "
        access-key AKIAADA ×2 (its creation is not in the data)
          role-session ASIAOUT2 < shared-event 39m
          role-session ASIAOUT4 < external inferred 0.900 38m
          role-session ASIAOUT3 < shared-event 38m
        external AIDAOUTSIDE
          role-session ASIAOUT1 < external 40m
        ",
    );
    let forest = crate::world::forest(from_outside().join("\n"));
    let merged = crate::world::one(&forest, "ASIAOUT2").1;
    assert_eq!(merged.issuing_event_ids, ["caller", "owner"]);
}

fn services() -> Vec<String> {
    let mint = |at: &str, by: &str, role: &str, name: &str, key: &str, expiration: &str| {
        event(at, "sts:AssumeRole", &service(by))
            .with(json!({"sourceIPAddress": by, "userAgent": by, "recipientAccountId": "111122223333"}))
            .request(json!({"roleArn": format!("arn:aws:iam::111122223333:role/{role}"), "roleSessionName": name}))
            .response(json!({"credentials": {"accessKeyId": key, "expiration": expiration}}))
            .id(key)
            .end()
    };
    let on_instance = |key: &str, created: &str| {
        in_session(
            &role_session("web", "i-0abc0000000000001", key, created),
            json!({"ec2RoleDelivery": "2.0"}),
        )
    };
    vec![
        mint("30:00", "ec2.amazonaws.com", "web", "i-0abc0000000000001", "ASIAEC2A", "Oct 14, 2026, 4:05:00 PM"),
        call("31:00", &on_instance("ASIAEC2A", "30:00")).end(),
        // No record says the principal's id; the role, the name and the second do.
        mint("32:00", "ec2.amazonaws.com", "web", "i-0abc0000000000001", "ASIAEC2B", "Oct 14, 2026, 4:07:00 PM"),
        call("33:00", &on_instance("ASIAEC2X", "32:00")).end(),
        // Not minted in the data, and still an instance's.
        call("34:00", &on_instance("ASIAEC2C", "29:00")).end(),
        mint("30:00", "lambda.amazonaws.com", "fn", "awslambda_1_20261014093000000", "ASIALAM1", "Oct 14, 2026, 11:30:00 AM"),
        mint("30:00", "ecs-tasks.amazonaws.com", "task", "0123456789abcdef0123456789abcdef", "ASIAECS1", "Oct 14, 2026, 3:30:00 PM"),
        call(
            "35:00",
            &also(
                &role_session("fn", "resize", "ASIALAM2", "30:30"),
                json!({"inScopeOf": {"issuerType": "AWS::Lambda::Function",
                    "credentialsIssuedTo": "arn:aws:lambda:eu-west-1:111122223333:function:resize"}}),
            ),
        )
        .end(),
        // A name like an instance's, taken by a user: no instance.
        assume_role("36:00", ADA, "web", "i-0abc0000000000009", "ASIAFAKE").end(),
    ]
}

#[test]
fn services_and_their_workloads() {
    check(
        &services(),
        "
        access-key AKIAADA ×1 (its creation is not in the data)
          role-session ASIAFAKE < access-key-id 24m
        service ec2.amazonaws.com
          workload i-0abc0000000000001 < service
            service-session ASIAEC2C < service inferred 0.900 ≤400m ×1
            service-session ASIAEC2A < service 395m ×1
            service-session ASIAEC2B+ASIAEC2X < service inferred 0.900 395m ×1
        service ecs-tasks.amazonaws.com
          workload 0123456789abcdef0123456789abcdef < service
            service-session ASIAECS1 < service 360m
        service lambda.amazonaws.com
          workload resize < service
            service-session ASIALAM2 < service inferred 0.900 ≤720m ×1
          service-session ASIALAM1 < service 120m
        ",
    );
}

fn identities() -> Vec<String> {
    let saml = r#"{"type":"SAMLUser","principalId":"qualifier=:kim@example.com","userName":"kim@example.com","identityProvider":"qualifier="}"#;
    let web = r#"{"type":"WebIdentityUser","principalId":"oidc:sts.amazonaws.com:repo:app","userName":"repo:app","identityProvider":"arn:aws:iam::111122223333:oidc-provider/ci.example.com"}"#;
    let answer = |role: &str, name: &str, key: &str, more: serde_json::Value| {
        let mut answer = json!({
            "credentials": {"accessKeyId": key, "expiration": "Oct 14, 2026, 9:55:00 AM"},
            "assumedRoleUser": {"assumedRoleId": format!("AROA{}:{name}", role.to_uppercase())},
        });
        for (name, value) in more.as_object().unwrap() {
            answer[name] = value.clone();
        }
        answer
    };
    vec![
        // An hour was asked for and a quarter given: the answer counts.
        event("40:00", "sts:AssumeRoleWithSAML", saml)
            .request(
                json!({"roleArn": "arn:aws:iam::111122223333:role/saml", "durationSeconds": 3600,
                "principalArn": "arn:aws:iam::111122223333:saml-provider/corp"}),
            )
            .response(answer(
                "saml",
                "kim",
                "ASIASAML",
                json!({"subject": "kim@example.com"}),
            ))
            .end(),
        event("40:00", "sts:AssumeRoleWithWebIdentity", web)
            .request(json!({"roleArn": "arn:aws:iam::111122223333:role/ci"}))
            .response(answer(
                "ci",
                "build",
                "ASIAWEB",
                json!({"subjectFromWebIdentityToken": "repo:app"}),
            ))
            .end(),
        event(
            "40:00",
            "cognito-identity:GetCredentialsForIdentity",
            r#"{"type":"Unknown"}"#,
        )
        .request(json!({"identityId": "eu-west-1:guest"}))
        .response(json!({"credentials": {"accessKeyId": "ASIACOG", "expiration": 1791974400}}))
        .end(),
        call("41:00", &role_session("saml", "kim", "ASIASAML", "40:00")).end(),
    ]
}

#[test]
fn federated_identities() {
    check(
        &identities(),
        "
        federated-identity eu-west-1:guest
          role-session ASIACOG < access-key-id 60m
        federated-identity oidc:sts.amazonaws.com:repo:app
          role-session ASIAWEB < access-key-id 15m
        federated-identity qualifier=:kim@example.com
          role-session ASIASAML < access-key-id 15m ×1
        ",
    );
}

pub fn root() -> Vec<String> {
    let root = |key: &str| {
        json!({"type": "Root", "principalId": "444455556666", "accountId": "444455556666",
            "arn": "arn:aws:iam::444455556666:root", "accessKeyId": key,
            "sessionContext": {"attributes": {"creationDate": time("45:00"), "mfaAuthenticated": "false"}}})
        .to_string()
    };
    vec![
        event("45:00", "sts:AssumeRoot", ADA)
            .request(json!({"targetPrincipal": "444455556666",
                "taskPolicyArn": {"arn": "arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy"}}))
            .response(json!({"credentials": {"accessKeyId": "ASIAROOT", "expiration": "Oct 14, 2026, 10:00:00 AM"}}))
            .end(),
        event("46:00", "s3:DeleteBucketPolicy", &root("ASIAROOT")).end(),
        event("47:00", "s3:DeleteBucketPolicy", &root("ASIAROOTX")).end(),
    ]
}

#[test]
fn assume_root() {
    check(
        &root(),
        "
        access-key AKIAADA ×1 (its creation is not in the data)
          root-session ASIAROOT+ASIAROOTX < access-key-id 15m ×2
        ",
    );
}

pub fn login(at: &str, identity: &str) -> Event {
    event(at, "signin:ConsoleLogin", identity)
        .with(json!({"eventType": "AwsConsoleSignIn", "userAgent": "Mozilla/5.0",
            "additionalEventData": {"MFAUsed": "Yes", "MFAIdentifier": "arn:aws:iam::111122223333:mfa/ada"}}))
        .response(json!({"ConsoleLogin": "Success"}))
}

fn console() -> Vec<String> {
    let ada = r#"{"type":"IAMUser","principalId":"AIDAADA","arn":"arn:aws:iam::111122223333:user/ada","accountId":"111122223333","userName":"ada"}"#;
    let page = |at: &str, key: &str| {
        call(at, &user_session("ada", key, "50:00"))
            .with(json!({"userAgent": "Mozilla/5.0"}))
            .id(&format!("{at}{key}"))
            .end()
    };
    let mut records = vec![
        login("50:00", ada).end(),
        login("49:00", ada)
            .response(json!({"ConsoleLogin": "Failure"}))
            .end(),
    ];
    records.extend((1..=12).map(|number| page("51:00", &format!("ASIAPAGE{number:02}"))));
    // The page's server calls on: the session's own.
    let by_service = also(
        &user_session("ada", "ASIAFORWARD", "50:00"),
        json!({"invokedBy": "AWS Internal"}),
    );
    records.push(
        call("52:00", &by_service)
            .with(json!({"sourceIPAddress": "AWS Internal"}))
            .end(),
    );
    records
}

#[test]
fn one_sign_in_is_one_session() {
    let keys: Vec<String> = (1..=12)
        .map(|number| format!("ASIAPAGE{number:02}"))
        .collect();
    check(
        &console(),
        &format!(
            "
        password AIDAADA (its creation is not in the data)
          console-session {} < console-login inferred 0.900 ≤720m ×13
        ",
            keys.join("+")
        ),
    );
}

fn console_by_token() -> Vec<String> {
    let with_key = federated("55:00", "ASIAFEDC");
    let mut without_key: serde_json::Value = serde_json::from_str(&with_key).unwrap();
    without_key.as_object_mut().unwrap().remove("accessKeyId");
    vec![
        federation("55:00", "ASIAFEDC").end(),
        event("56:00", "signin:GetSigninToken", &with_key).end(),
        login("57:00", &without_key.to_string()).end(),
        call("58:00", &federated("55:00", "ASIAFEDCON"))
            .with(json!({"userAgent": "Mozilla/5.0", "sessionCredentialFromConsole": "true"}))
            .end(),
    ]
}

#[test]
fn a_token_carried_into_the_console() {
    check(
        &console_by_token(),
        "
        access-key AKIAADA ×1 (its creation is not in the data)
          federation-token ASIAFEDC < access-key-id 66m ×1
            console-session ASIAFEDCON < console-login inferred 0.950 ≤64m ×1
        ",
    );
}

fn oauth() -> Vec<String> {
    let ada = r#"{"type":"IAMUser","principalId":"AIDAADA","arn":"arn:aws:iam::111122223333:user/ada","accountId":"111122223333","userName":"ada"}"#;
    let mut in_console: serde_json::Value =
        serde_json::from_str(&user_session("ada", "x", "10:00:00")).unwrap();
    in_console.as_object_mut().unwrap().remove("accessKeyId");
    let arn = "arn:aws:signin:eu-west-1:111122223333:session/1";
    vec![
        login("10:00:00", ada).end(),
        call("10:01:00", &user_session("ada", "ASIAPAGE", "10:00:00"))
            .with(json!({"userAgent": "Mozilla/5.0"}))
            .end(),
        event(
            "10:02:00",
            "signin:CreateOAuth2Token",
            &in_console.to_string(),
        )
        .with(
            json!({"additionalEventData": {"success": "true", "signInSessionArn": arn},
                "requestParameters": {"client_id": "arn:aws:signin:::devtools/same-device"},
                "userAgent": "aws-cli/2.32.0"}),
        )
        .end(),
        // The new keys have the console's second; some records name the sign-in session.
        call(
            "10:03:00",
            &in_session(
                &user_session("ada", "ASIACLI1", "10:00:00"),
                json!({"signInSessionArn": arn}),
            ),
        )
        .end(),
        call("10:04:00", &user_session("ada", "ASIACLI2", "10:00:00")).end(),
    ]
}

#[test]
fn aws_login() {
    check(
        &oauth(),
        "
        password AIDAADA (its creation is not in the data)
          console-session ASIAPAGE < console-login inferred 0.900 ≤720m ×2
            oauth-session ASIACLI1+ASIACLI2 < principal-and-creation-date ≤718m ×2
        ",
    );
}

fn identity_center() -> Vec<String> {
    let person = json!({"type": "IdentityCenterUser", "accountId": "111122223333", "credentialId": "portal-1",
        "onBehalfOf": {"userId": "person-1", "identityStoreArn": "arn:aws:identitystore::111122223333:identitystore/d-1"}});
    let saml =
        r#"{"type":"SAMLUser","principalId":"q:noor","userName":"noor","identityProvider":"q"}"#;
    let role = "AWSReservedSSO_ReadOnly_0123456789abcdef";
    vec![
        event("10:10:00", "sso-oauth:CreateToken", &person.to_string())
            .with(json!({"additionalEventData": {"identitycenter:CredentialId": "portal-1"}}))
            .response(json!({"expiresIn": 28800}))
            .end(),
        event("10:11:00", "sso:GetRoleCredentials", &person.to_string())
            .with(json!({"eventType": "AwsServiceEvent",
                "serviceEventDetails": {"role_name": "ReadOnly", "account_id": "444455556666"}}))
            .end(),
        event("10:11:01", "sts:AssumeRoleWithSAML", saml)
            .with(json!({"recipientAccountId": "444455556666"}))
            .request(json!({"roleArn": format!("arn:aws:iam::444455556666:role/aws-reserved/sso.amazonaws.com/{role}"),
                "principalArn": "arn:aws:iam::444455556666:saml-provider/AWSSSO_1_DO_NOT_DELETE"}))
            .response(json!({"credentials": {"accessKeyId": "ASIAMINTED", "expiration": "Oct 14, 2026, 11:11:01 AM"},
                "assumedRoleUser": {"assumedRoleId": format!("AROA{}:noor", role.to_uppercase())}}))
            .end(),
        call("10:12:00", &session_in("aws", "444455556666", role, "noor", "ASIAUSED", "10:11:01")).end(),
    ]
}

#[test]
fn identity_center_joins_by_session() {
    check(
        &identity_center(),
        "
        federated-identity person-1
          identity-center-session portal-1 < external 480m ×2
            role-session ASIAMINTED+ASIAUSED < principal-and-creation-date inferred 0.900 60m ×1
        ",
    );
}

fn roles_anywhere() -> Vec<String> {
    vec![
        event(
            "10:20:00",
            "rolesanywhere:CreateSession",
            r#"{"type":"Unknown","accountId":"111122223333"}"#,
        )
        .request(
            json!({"roleArn": "arn:aws:iam::111122223333:role/onprem", "durationSeconds": 3600}),
        )
        .response(json!({"credentialSet": [{
                "credentials": {"accessKeyId": "ASIACERT", "expiration": "2026-10-14T11:20:00Z"},
                "assumedRoleUser": {"assumedRoleId": "AROAONPREM:0a1b2c",
                    "arn": "arn:aws:sts::111122223333:assumed-role/onprem/0a1b2c"},
                "sourceIdentity": "CN=host"}]}))
        .end(),
    ]
}

#[test]
fn certificates() {
    check(
        &roles_anywhere(),
        "
        certificate 0a1b2c
          role-session ASIACERT < access-key-id 60m
        ",
    );
}

fn what_does_not_expire() -> Vec<String> {
    let by_ada = |at: &str, api: &str| event(at, api, ADA);
    vec![
        by_ada("10:30:00", "iam:CreateAccessKey")
            .response(json!({"accessKey": {"accessKeyId": "AKIAADA2", "userName": "ada", "status": "Active"}}))
            .end(),
        by_ada("10:31:00", "iam:CreateAccessKey")
            .request(json!({"userName": "eve"}))
            .response(json!({"accessKey": {"accessKeyId": "AKIAEVE", "userName": "eve"}}))
            .end(),
        by_ada("10:32:00", "iam:CreateLoginProfile")
            .request(json!({"userName": "eve"}))
            .response(json!({"loginProfile": {"userName": "eve"}}))
            .end(),
        by_ada("10:33:00", "iam:UpdateLoginProfile").request(json!({"userName": "eve"})).end(),
        login("10:34:00", r#"{"type":"IAMUser","principalId":"AIDAEVE","arn":"arn:aws:iam::111122223333:user/eve","accountId":"111122223333","userName":"eve"}"#).end(),
        by_ada("10:35:00", "iam:CreateServiceSpecificCredential")
            .request(json!({"userName": "eve", "serviceName": "bedrock.amazonaws.com"}))
            .response(json!({"serviceSpecificCredential": {"serviceSpecificCredentialId": "ACCAEVE", "userName": "eve"}}))
            .end(),
        by_ada("10:36:00", "iam:UploadSSHPublicKey")
            .request(json!({"userName": "eve"}))
            .response(json!({"sSHPublicKey": {"sSHPublicKeyId": "APKAEVE", "userName": "eve"}}))
            .end(),
        by_ada("10:37:00", "iam:UploadSigningCertificate")
            .response(json!({"certificate": {"certificateId": "CERTADA", "userName": "ada"}}))
            .end(),
        by_ada("10:38:00", "iam:CreateVirtualMFADevice")
            .response(json!({"virtualMFADevice": {"serialNumber": "arn:aws:iam::111122223333:mfa/eve"}}))
            .end(),
        by_ada("10:39:00", "iam:EnableMFADevice")
            .request(json!({"userName": "eve", "serialNumber": "arn:aws:iam::111122223333:mfa/eve"}))
            .end(),
    ]
}

#[test]
fn keys_passwords_and_devices() {
    check(
        &what_does_not_expire(),
        "
        access-key AKIAADA ×9 (its creation is not in the data)
          access-key AKIAADA2 < self-managed-key
          access-key AKIAEVE < access-key-id
          password eve < access-key-id deleted by iam:UpdateLoginProfile
          password eve < access-key-id
            console-session AIDAEVE < console-login ≤720m
          service-credential ACCAEVE < access-key-id
          ssh-key APKAEVE < access-key-id
          certificate CERTADA < self-managed-key
          mfa-device arn:aws:iam::111122223333:mfa/eve < access-key-id active by iam:EnableMFADevice
        ",
    );
}

fn vended() -> Vec<String> {
    let vend = |at: &str, api: &str, response: serde_json::Value| {
        event(at, api, ADA).response(response).end()
    };
    vec![
        vend(
            "10:50:00",
            "s3:CreateSession",
            json!({"credentials": {"accessKeyId": "ASIAS3", "expiration": "2026-10-14T10:55:00Z"}}),
        ),
        vend(
            "10:51:00",
            "datazone:GetEnvironmentCredentials",
            json!({"accessKeyId": "ASIADZ"}),
        ),
        vend(
            "10:52:00",
            "codepipeline:PollForJobs",
            json!({"jobs": [
                {"data": {"artifactCredentials": {"accessKeyId": "ASIACP"}}},
                {"id": "without credentials"},
                {"data": {"artifactCredentials": {"accessKeyId": "ASIACP2"}}},
            ]}),
        ),
        // The usual case: the answer is left out, and nothing is made up.
        vend(
            "10:53:00",
            "lakeformation:GetTemporaryGlueTableCredentials",
            json!(null),
        ),
    ]
}

#[test]
fn credentials_of_other_services() {
    check(
        &vended(),
        "
        access-key AKIAADA ×4 (its creation is not in the data)
          unknown-temporary ASIAS3 < access-key-id 5m
          role-session ASIADZ < access-key-id ≤720m
          unknown-temporary ASIACP2 < access-key-id ≤2160m
          unknown-temporary ASIACP < access-key-id ≤2160m
        ",
    );
}
