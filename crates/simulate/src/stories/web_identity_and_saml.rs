//! Identities of other houses: a pipeline, a pod, a person with an assertion.
//!
//! In: a seed. Out: a build job takes a role with the token of its service and with it a second role
//! of another account, a pod takes one with its service account's token, a person takes one with SAML
//! and asks for an hour: the answer gives a quarter of it, and the answer is right. Deliberately not
//! here: Identity Center, which is SAML too (`identity_center`).

use super::Told;
use crate::clock::{HOUR, MINUTE};
use crate::stage::{Ask, BOTO, BROWSER, Hand, Saml, Stage};

pub fn tell(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "web-identity-and-saml");
    let (tools, production) = (stage.account(0), stage.account(1));
    let deploy = stage.role(tools, "deploy-from-ci");
    let target = stage.role(production, "stack-updater");
    let pod_role = stage.role(production, "orders-pod");
    let finance = stage.role(tools, "finance-reader");

    stage.by(&Hand::rightful(
        "198.51.100.80",
        "aws-sdk-js/3.712.0 os/linux/6.8.0",
    ));
    let job = stage.assume_role_with_web_identity(
        deploy,
        "GitHubActions",
        "token.actions.githubusercontent.com",
        "repo:examplecorp/checkout:ref:refs/heads/main",
    );
    stage.name(job, "the build job");
    stage.calls(job, "sts:GetCallerIdentity", "");
    let update = stage.assume_role(job, Ask::for_role(target, "release-418"));
    stage.name(update, "the update");
    stage.calls(
        update,
        "cloudformation:UpdateStack",
        r#"{"stackName":"checkout"}"#,
    );

    stage.by(&Hand::rightful("198.18.2.9", BOTO));
    let pod = stage.assume_role_with_web_identity(
        pod_role,
        "orders-7d9c",
        "oidc.eks.us-east-1.amazonaws.com/id/4E1C7A0D52B94F7AA2C3D9E8F1B60A57",
        "system:serviceaccount:shop:orders",
    );
    stage.name(pod, "the pod");
    stage.calls(pod, "sqs:ListQueues", "{}");

    stage.by(&Hand::rightful("192.0.2.81", BROWSER));
    let person = stage.assume_role_with_saml(Saml {
        role: finance,
        person: "mila@example.com",
        provider: "corporate-directory",
        asked: HOUR,
        given: 15 * MINUTE,
    });
    stage.name(person, "the person");
    stage.calls(person, "ce:GetCostAndUsage", "{}");
    stage.wait(20 * MINUTE);
    stage.by(&Hand::rightful("198.18.2.9", BOTO));
    stage.calls(pod, "sqs:ListQueues", "{}");
    stage.curtain(person, &[])
}
