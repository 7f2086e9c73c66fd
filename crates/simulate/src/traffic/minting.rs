//! The events by which credentials come to be.
//!
//! In: a principal and the instant at which it takes a new credential. Out: the record of the call
//! that issued it, as the account's trail has it: the service's `AssumeRole` for machines,
//! `AssumeRoleWithSAML` and `AssumeRoleWithWebIdentity` for people and pipelines, `GetSessionToken`
//! and `ConsoleLogin` for users. Deliberately not here: use of the credential.

use crate::clock;
use crate::identity;
use crate::ids;
use crate::organisation::{Credential, Kind, Organisation, Principal, Stream};
use crate::random::{derive, derive_text};
use crate::record::Record;

/// The record of a credential's issue at `issued`, for the trail of the principal's account.
pub fn mint(
    organisation: &Organisation,
    stream: &Stream,
    principal: &Principal,
    issued: i64,
    version: &'static str,
) -> Record {
    let held = organisation.credential(principal, issued);
    let account = organisation.account(principal);
    let seed = derive(held.number, 21);
    let role = role_arn(&account.id, principal);
    let mut record = Record {
        version,
        time: issued,
        source: "sts.amazonaws.com".to_owned(),
        name: "AssumeRole".to_owned(),
        region: stream.region.to_owned(),
        event_type: "AwsApiCall",
        management: true,
        read_only: true,
        recipient: account.id.clone(),
        event_number: seed,
        request_id: uuid(derive(seed, 1)),
        resources: format!(
            "[{{\"accountId\":\"{}\",\"type\":\"AWS::IAM::Role\",\"ARN\":\"{role}\"}}]",
            account.id
        ),
        ..Record::default()
    };
    let session = &principal.session_name;
    match principal.kind {
        Kind::Instance => service_assumes(&mut record, "ec2.amazonaws.com", &role, session),
        Kind::Task => service_assumes(&mut record, "ecs-tasks.amazonaws.com", &role, session),
        Kind::Function => {
            // Lambda takes credentials under a name of its own, not under the function's.
            let mut name = format!("awslambda_{}_", seed % 1_000);
            clock::digits(issued * 1_000 + (seed % 997) as i64, 17, &mut name);
            service_assumes(&mut record, "lambda.amazonaws.com", &role, &name);
        }
        Kind::Workforce => {
            record.name = "AssumeRoleWithSAML".to_owned();
            record.address = principal.address.clone();
            record.agent = "aws-internal/3 aws-sdk-java/1.12.780".to_owned();
            identity::saml(principal, &mut record.identity);
            let provider = format!(
                "arn:aws:iam::{}:saml-provider/AWSSSO_{}_DO_NOT_DELETE",
                account.id,
                &principal.id[4..]
            );
            record.request = format!(
                "{{\"sAMLAssertionID\":\"_{}\",\"roleSessionName\":\"{session}\",\"durationSeconds\":{},\"roleArn\":\"{role}\",\"principalArn\":\"{provider}\"}}",
                uuid(derive(seed, 2)),
                principal.kind.lifetime()
            );
            record.response = answer(
                principal,
                &held,
                Some(&assumed(&account.id, principal)),
                &format!(
                    ",\"subject\":\"{session}\",\"subjectType\":\"persistent\",\"issuer\":\"https://portal.sso.example.com/saml/assertion\",\"audience\":\"https://signin.aws.amazon.com/saml\",\"nameQualifier\":\"{}=\"",
                    &principal.id[4..]
                ),
            );
        }
        Kind::Pipeline => {
            let subject = format!(
                "repo:examplecorp/{}:ref:refs/heads/main",
                &principal.name[7..]
            );
            record.name = "AssumeRoleWithWebIdentity".to_owned();
            record.address = principal.address.clone();
            record.agent = principal.agent.clone();
            identity::web_identity(&account.id, &subject, &mut record.identity);
            record.request = format!(
                "{{\"roleArn\":\"{role}\",\"roleSessionName\":\"{session}\",\"durationSeconds\":3600}}"
            );
            record.response = answer(
                principal,
                &held,
                Some(&assumed(&account.id, principal)),
                &format!(
                    ",\"subjectFromWebIdentityToken\":\"{subject}\",\"provider\":\"arn:aws:iam::{}:oidc-provider/token.actions.githubusercontent.com\",\"audience\":\"sts.amazonaws.com\"",
                    account.id
                ),
            );
            record.tls_host = format!("sts.{}.amazonaws.com", stream.region);
        }
        Kind::User => {
            record.name = "GetSessionToken".to_owned();
            record.read_only = false;
            record.resources.clear();
            record.address = principal.address.clone();
            record.agent = principal.agent.clone();
            identity::with_own_key(organisation, principal, &mut record.identity);
            record.request = format!(
                "{{\"durationSeconds\":{},\"serialNumber\":\"arn:aws:iam::{}:mfa/{}\"}}",
                principal.kind.lifetime(),
                account.id,
                principal.name
            );
            record.response = answer(principal, &held, None, "");
            record.tls_host = format!("sts.{}.amazonaws.com", stream.region);
        }
        Kind::Console => {
            record.source = "signin.amazonaws.com".to_owned();
            record.name = "ConsoleLogin".to_owned();
            record.event_type = "AwsConsoleSignIn";
            record.read_only = false;
            record.resources.clear();
            record.request_id.clear();
            record.address = principal.address.clone();
            record.agent = principal.agent.clone();
            identity::signing_in(organisation, principal, &mut record.identity);
            // One sign-in in nine fails first; the failure is not repeated here for its own sake.
            record.response = "{\"ConsoleLogin\":\"Success\"}".to_owned();
            record.additional = format!(
                "{{\"LoginTo\":\"https://console.aws.amazon.com/console/home?hashArgs=%23&isauthcode=true&state=hashArgsFromTB_{}\",\"MobileVersion\":\"No\",\"MFAIdentifier\":\"arn:aws:iam::{}:mfa/{}\",\"MFAUsed\":\"Yes\"}}",
                stream.region, account.id, principal.name
            );
        }
        Kind::Hub => {
            record.address = principal.address.clone();
            record.agent = principal.agent.clone();
            record.shared_event_id = uuid(derive(seed, 3));
            let hub = &organisation.accounts[0];
            let mut caller = String::from("AROA");
            ids::hex(derive_text(organisation.seed, "hub"), 17, &mut caller);
            caller.make_ascii_uppercase();
            identity::foreign(
                &hub.id,
                &format!("{caller}:inventory"),
                &mut record.identity,
            );
            record.request = format!(
                "{{\"roleArn\":\"{role}\",\"roleSessionName\":\"{session}\",\"externalId\":\"{}\",\"durationSeconds\":3600}}",
                organisation.id
            );
            record.response = answer(principal, &held, Some(&assumed(&account.id, principal)), "");
            record.tls_host = format!("sts.{}.amazonaws.com", stream.region);
        }
    }
    if principal.kind == Kind::Instance || principal.kind == Kind::Function {
        record.response = answer(principal, &held, None, "");
    } else if principal.kind == Kind::Task {
        record.response = answer(principal, &held, Some(&assumed(&account.id, principal)), "");
    }
    record
}

fn service_assumes(record: &mut Record, service: &str, role: &str, session: &str) {
    identity::service(service, &mut record.identity);
    record.address = service.to_owned();
    record.agent = service.to_owned();
    record.shared_event_id = uuid(derive(record.event_number, 3));
    record.request = format!("{{\"roleArn\":\"{role}\",\"roleSessionName\":\"{session}\"}}");
}

fn answer(principal: &Principal, held: &Credential, assumed: Option<&str>, more: &str) -> String {
    let mut out = String::with_capacity(900);
    // Lambda's minted key is not the one that the function is later seen with.
    let key = if principal.kind == Kind::Function {
        let mut key = held.key[..12].to_owned();
        ids::alphanumeric(held.number, 8, &mut key);
        key.replace(['0', '1', '8', '9'], "Q")
    } else {
        held.key.clone()
    };
    out.push_str("{\"credentials\":{\"accessKeyId\":\"");
    out.push_str(&key);
    out.push_str("\",\"sessionToken\":\"");
    ids::session_token(held.number, &mut out);
    out.push_str("\",\"expiration\":\"");
    clock::locale(held.expires, &mut out);
    out.push_str("\"}");
    if let Some(assumed) = assumed {
        out.push(',');
        out.push_str(assumed);
    }
    out.push_str(more);
    out.push('}');
    out
}

fn assumed(account: &str, principal: &Principal) -> String {
    format!(
        "\"assumedRoleUser\":{{\"assumedRoleId\":\"{}:{}\",\"arn\":\"arn:aws:sts::{account}:assumed-role/{}/{}\"}}",
        principal.id, principal.session_name, principal.name, principal.session_name
    )
}

fn role_arn(account: &str, principal: &Principal) -> String {
    let path = match principal.kind {
        Kind::Workforce => "aws-reserved/sso.amazonaws.com/",
        _ => "",
    };
    format!("arn:aws:iam::{account}:role/{path}{}", principal.name)
}

fn uuid(number: u64) -> String {
    let mut out = String::with_capacity(36);
    ids::uuid(number, &mut out);
    out
}
