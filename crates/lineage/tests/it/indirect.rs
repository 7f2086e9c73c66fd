//! Sessions that one asks for and another mints, and changes that look like mintings: records in, the forest out.

use serde_json::json;

use crate::records::*;
use crate::tree::check;

pub const CASES: &[fn() -> Vec<String>] = &[pods, delegated, made_anew];

/// A node asks for a pod's session, which a service mints: the node's own session is the parent.
fn pods() -> Vec<String> {
    let node = in_session(
        &role_session("node", "i-0abc0000000000001", "ASIANODE", "50:00"),
        json!({"ec2RoleDelivery": "2.0"}),
    );
    let minted = |at: &str, name: &str, key: &str| {
        event(at, "sts:AssumeRole", &service("pods.eks.amazonaws.com"))
            .request(json!({"roleArn": "arn:aws:iam::111122223333:role/pod", "roleSessionName": name}))
            .response(json!({"credentials": {"accessKeyId": key, "expiration": "Oct 14, 2026, 4:00:00 PM"}}))
            .id(key)
            .end()
    };
    vec![
        event("55:00", "eks-auth:AssumeRoleForPodIdentity", &node)
            .request(json!({"clusterName": "blue"}))
            .end(),
        minted("55:01", "eks-blue-api-0f0e", "ASIAPODONE"),
        // Of another cluster, and at another time.
        minted("55:01", "eks-blues-api-0f0e", "ASIAPODTWO"),
        minted("56:01", "eks-blue-api-0a0b", "ASIAPODLATE"),
    ]
}

#[test]
fn a_pods_session_is_of_its_node() {
    check(
        &pods(),
        "
        service ec2.amazonaws.com
          workload i-0abc0000000000001 < service
            service-session ASIANODE < service inferred 0.900 ≤400m ×1
              service-session ASIAPODONE < principal-and-creation-date inferred 0.900 364m
        service pods.eks.amazonaws.com
          workload eks-blues-api-0f0e < service
            service-session ASIAPODTWO < service 364m
          workload eks-blue-api-0a0b < service
            service-session ASIAPODLATE < service 363m
        ",
    );
}

/// A provider acts by delegated access: the records of what it does name its account.
fn delegated() -> Vec<String> {
    let session = also(
        &role_session("setup", "provider", "ASIADELEGATE", "50:00"),
        json!({"invokedByDelegate": {"accountId": "777788889999"}}),
    );
    vec![call("57:00", &session).id("delegated").end()]
}

#[test]
fn a_providers_session_is_of_its_account() {
    let forest = crate::world::forest(delegated().join("\n"));
    let (node, session) = crate::world::one(&forest, "ASIADELEGATE");
    let parent = forest.credential(forest.parent(node).unwrap());
    assert_eq!(
        (parent.kind.name(), parent.account_id.as_str()),
        ("external", "777788889999")
    );
    let link = session.parent.unwrap();
    assert_eq!(
        (link.certainty.name(), link.rule.name(), link.confidence),
        ("inferred", "external", 0.9)
    );
}

/// Another secret for a credential, and a device that counts anew: neither is a new credential.
fn made_anew() -> Vec<String> {
    let by_ada =
        |at: &str, api: &str, request: serde_json::Value| event(at, api, ADA).request(request);
    let credential = json!({"serviceSpecificCredential":
        {"serviceSpecificCredentialId": "ACCAADA", "userName": "ada"}});
    let device = json!({"userName": "ada", "serialNumber": "arn:aws:iam::111122223333:mfa/ada"});
    vec![
        by_ada(
            "11:35:00",
            "iam:CreateServiceSpecificCredential",
            json!({"userName": "ada"}),
        )
        .response(credential.clone())
        .end(),
        by_ada(
            "11:55:00",
            "iam:ResetServiceSpecificCredential",
            json!({"userName": "ada", "serviceSpecificCredentialId": "ACCAADA"}),
        )
        .response(credential)
        .end(),
        by_ada("11:56:00", "iam:EnableMFADevice", device.clone()).end(),
        by_ada("11:57:00", "iam:ResyncMFADevice", device).end(),
    ]
}

#[test]
fn a_new_secret_is_no_new_credential() {
    check(
        &made_anew(),
        "
        access-key AKIAADA ×4 (its creation is not in the data)
          service-credential ACCAADA < self-managed-key altered by iam:ResetServiceSpecificCredential
          mfa-device arn:aws:iam::111122223333:mfa/ada < self-managed-key altered by iam:ResyncMFADevice
        ",
    );
    let facts = crate::world::facts(made_anew().join("\n").as_bytes());
    let (_, problems) = keyline_lineage::Forest::build(facts, &Default::default());
    assert_eq!(problems.iter().count(), 0);
}
