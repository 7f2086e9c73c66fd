//! Steps that a person takes: their commands, whole and in order, with what the records name filled in.

use keyline_contain::request::Organisation;
use keyline_contain::{AlteringEvent, Plan};
use keyline_lineage::{Credential, Kind, Origin};
use serde_json::{Value, json};

use crate::guards::event;
use crate::world::*;

/// The commands of all steps of a kind, without `aws`.
fn commands(plan: &Plan, kind: &str) -> Vec<String> {
    let steps = plan.steps.iter().filter(|step| step.kind == kind);
    let lines = steps.flat_map(|step| {
        assert!(step.by_hand, "{kind}");
        step.commands()
    });
    let lines = lines.map(|line| sorted(line.trim_start_matches("aws ")));
    lines.collect()
}

/// A command with its options in order: which comes first says nothing.
fn sorted(line: &str) -> String {
    let mut parts = line.split(" --");
    let command = parts.next().unwrap().to_owned();
    let mut options: Vec<&str> = parts.collect();
    options.sort_by_key(|option| (option.starts_with("region"), *option));
    std::iter::once(command.as_str())
        .chain(options)
        .collect::<Vec<_>>()
        .join(" --")
}

fn plan_of(credentials: &[Credential], events: Vec<AlteringEvent>) -> Plan {
    let forest = forest(credentials);
    let mut ask = Ask::of(&forest, &credentials[credentials.len() - 1].id);
    ask.events = events;
    let plan = ask.plan();
    // What is by hand is read back as it is, and stands in the script as comments.
    assert_eq!(Plan::from_json(&plan.to_json().to_string()).unwrap(), plan);
    plan
}

#[track_caller]
fn check(credentials: &[Credential], events: Vec<AlteringEvent>, kind: &str, wanted: &[&str]) {
    let plan = plan_of(credentials, events);
    assert_eq!(commands(&plan, kind), wanted, "{}", plan.markdown());
    let script = plan.script();
    for line in wanted {
        let commented =
            |known: &str| known.starts_with("#   in_account") && sorted(known).ends_with(line);
        assert!(script.lines().any(commented), "{line}\n{script}");
    }
}

fn workload(kind: &'static str, id: &str) -> Credential {
    Credential {
        origin: Some(Origin {
            kind,
            id: id.to_owned(),
        }),
        ..session(
            "cr-work",
            OURS,
            "Job",
            id.rsplit(['/', ':']).next().unwrap(),
        )
    }
}

#[test]
fn an_instance_is_cut_off_and_put_apart() {
    let machine = instance("cr-machine", OURS, "Web", "i-0123456789abcdef0");
    check(
        std::slice::from_ref(&machine),
        Vec::new(),
        "replace-instance-profile",
        &[
            "ec2 describe-iam-instance-profile-associations --filters Name=instance-id,Values=i-0123456789abcdef0 --region eu-west-1",
            "ec2 disassociate-iam-instance-profile --association-id THE-ASSOCIATION-ID --region eu-west-1",
        ],
    );
    check(
        &[machine],
        Vec::new(),
        "isolate-instance",
        &[
            "ec2 modify-instance-metadata-options --http-tokens required --instance-id i-0123456789abcdef0 --region eu-west-1",
            "ec2 describe-instances --instance-ids i-0123456789abcdef0 --region eu-west-1",
            "autoscaling describe-auto-scaling-instances --instance-ids i-0123456789abcdef0 --region eu-west-1",
            "autoscaling detach-instances --auto-scaling-group-name THE-SCALING-GROUP --instance-ids i-0123456789abcdef0 --no-should-decrement-desired-capacity --region eu-west-1",
            "ec2 create-security-group --description 'no way in and none out' --group-name keyline-isolated --vpc-id THE-VPC-ID --region eu-west-1",
            "ec2 revoke-security-group-egress --group-id THE-GROUP-WITHOUT-RULES --ip-permissions 'IpProtocol=-1,IpRanges=[{CidrIp=0.0.0.0/0}]' --region eu-west-1",
            "ec2 modify-instance-attribute --groups THE-GROUP-WITHOUT-RULES --instance-id i-0123456789abcdef0 --region eu-west-1",
            "ec2 modify-instance-attribute --disable-api-termination --instance-id i-0123456789abcdef0 --region eu-west-1",
        ],
    );
}

#[test]
fn a_task_and_a_pod() {
    let task = workload(
        "ecs-task",
        &format!("arn:aws:ecs:eu-west-1:{OURS}:task/web/0123456789abcdef"),
    );
    check(
        &[task],
        Vec::new(),
        "stop-task",
        &[
            "ecs describe-tasks --cluster web --tasks 0123456789abcdef --region eu-west-1",
            "ecs update-service --cluster web --desired-count 0 --service THE-SERVICE --region eu-west-1",
            "ecs stop-task --cluster web --task 0123456789abcdef --region eu-west-1",
        ],
    );
    let pod = workload("eks-pod", "eks-web-api-7d9c-0123456789abcdef");
    check(
        &[pod],
        Vec::new(),
        "stop-pod",
        &[
            "eks list-pod-identity-associations --cluster-name THE-CLUSTER --region THE-REGION",
            "eks describe-pod-identity-association --association-id THE-ASSOCIATION-ID --cluster-name THE-CLUSTER --region THE-REGION",
            "eks delete-pod-identity-association --association-id THE-ASSOCIATION-ID --cluster-name THE-CLUSTER --region THE-REGION",
            "eks list-access-entries --cluster-name THE-CLUSTER --region THE-REGION",
        ],
    );
}

#[test]
fn a_region_that_a_record_names_is_taken_from_there() {
    let task = workload("ecs-task", "0123456789abcdef");
    let started = AlteringEvent {
        source: "ecs.amazonaws.com".to_owned(),
        region: "eu-north-1".to_owned(),
        ..event(
            "e-run",
            "RunTask",
            "cr-somebody",
            json!({"cluster": "web"}),
            json!({"tasks": [{"taskArn": format!("arn:aws:ecs:eu-north-1:{OURS}:task/web/0123456789abcdef")}]}),
        )
    };
    let plan = plan_of(&[task], vec![started]);
    let told = commands(&plan, "stop-task").join("\n");
    assert!(
        told.contains("--region eu-north-1") && !told.contains("THE-REGION"),
        "{told}"
    );
    // Where Identity Center stands, by whatever anybody did there.
    let role = "AWSReservedSSO_Admin_0123456789abcdef";
    let made = session("cr-role", OTHER, role, "alice");
    let there = |id: &str, region: &str| AlteringEvent {
        source: "sso.amazonaws.com".to_owned(),
        region: region.to_owned(),
        ..event(
            id,
            "CreateAccountAssignment",
            "cr-somebody",
            Value::Null,
            Value::Null,
        )
    };
    let plan = plan_of(
        std::slice::from_ref(&made),
        vec![there("e-1", "eu-central-1")],
    );
    assert_eq!(
        commands(&plan, "deny-in-permission-set")[..4],
        [
            "sso-admin list-instances --region eu-central-1",
            "sso-admin list-permission-sets --instance-arn THE-INSTANCE-ARN --region eu-central-1",
            "sso-admin describe-permission-set --instance-arn THE-INSTANCE-ARN --permission-set-arn THE-PERMISSION-SET-ARN --region eu-central-1",
            "sso-admin get-inline-policy-for-permission-set --instance-arn THE-INSTANCE-ARN --permission-set-arn THE-PERMISSION-SET-ARN --region eu-central-1",
        ]
    );
    assert!(
        commands(&plan, "deny-in-permission-set")[4]
            .contains("put-inline-policy-to-permission-set")
    );
    for kind in ["provision-permission-set", "disable-person"] {
        assert!(
            commands(&plan, kind)[0].ends_with("--region eu-central-1"),
            "{kind}"
        );
    }
    // Two regions are no answer.
    let plan = plan_of(
        &[made],
        vec![there("e-1", "eu-central-1"), there("e-2", "us-east-1")],
    );
    assert!(commands(&plan, "disable-person")[0].ends_with("--region THE-REGION"));
}

#[test]
fn an_identity_provider_by_whatever_a_record_names() {
    let saml = format!("arn:aws:iam::{OURS}:saml-provider/corp");
    let open_id = format!("arn:aws:iam::{OURS}:oidc-provider/id.example.com/a");
    let identity = |arn: &str, id: &str| Credential {
        principal_arn: arn.to_owned(),
        principal_id: id.to_owned(),
        ..bare("cr-idp", Kind::FederatedIdentity, OURS)
    };
    let get_saml = format!("iam get-saml-provider --saml-provider-arn {saml}");
    let put_saml = format!(
        "iam update-saml-provider --saml-metadata-document THE-METADATA-AS-IT-SHOULD-BE --saml-provider-arn {saml}"
    );
    let get = format!("iam get-open-id-connect-provider --open-id-connect-provider-arn {open_id}");
    let remove = format!(
        "iam remove-client-id-from-open-id-connect-provider --client-id THE-CLIENT-THAT-SHOULD-NOT \
         --open-id-connect-provider-arn {open_id}"
    );
    let pool = "cognito-identity.amazonaws.com:eu-west-1:0123abcd-0123-0123-0123-0123456789ab:sub";
    for (identity, wanted) in [
        (identity(&saml, ""), [&*get_saml, &*put_saml]),
        (identity(&open_id, "x"), [&*get, &*remove]),
        (identity("", "id.example.com/a:aud:sub"), [&*get, &*remove]),
        (
            identity("", pool),
            [
                "cognito-identity describe-identity-pool --identity-pool-id eu-west-1:0123abcd-0123-0123-0123-0123456789ab --region eu-west-1",
                "cognito-identity update-identity-pool --identity-pool-id eu-west-1:0123abcd-0123-0123-0123-0123456789ab --identity-pool-name THE-NAME-OF-THE-POOL --no-allow-unauthenticated-identities --region eu-west-1",
            ],
        ),
        (
            identity("", "alice@example.com"),
            [
                "iam list-open-id-connect-providers",
                "iam list-saml-providers",
            ],
        ),
    ] {
        let taken = from(&identity, session("cr-taken", OURS, "Admin", "x"));
        check(
            &[identity, taken],
            Vec::new(),
            "fix-identity-provider",
            &wanted,
        );
    }
}

#[test]
fn a_certificate() {
    let certificate = bare("cr-cert", Kind::Certificate, OURS);
    let taken = from(&certificate, session("cr-taken", OURS, "Admin", "x"));
    let made = AlteringEvent {
        source: "rolesanywhere.amazonaws.com".to_owned(),
        region: "eu-west-3".to_owned(),
        ..event(
            "e-1",
            "CreateProfile",
            "cr-somebody",
            Value::Null,
            Value::Null,
        )
    };
    check(
        &[certificate, taken],
        vec![made],
        "disable-roles-anywhere",
        &[
            "rolesanywhere list-trust-anchors --region eu-west-3",
            "rolesanywhere list-profiles --region eu-west-3",
            "rolesanywhere disable-profile --profile-id THE-PROFILE-ID --region eu-west-3",
            "rolesanywhere disable-trust-anchor --trust-anchor-id THE-TRUST-ANCHOR-ID --region eu-west-3",
        ],
    );
}

#[test]
fn the_roots_of_members_and_of_the_management_account() {
    let key = Credential {
        principal_arn: format!("arn:aws:iam::{OURS}:root"),
        principal_id: OURS.to_owned(),
        user_name: String::new(),
        ..key("cr-key", OURS, "root")
    };
    let forest = forest(&[key]);
    let plan = |management: Option<&str>| {
        let mut ask = Ask::of(&forest, "cr-key");
        ask.estate.organisation = management.map(|account| Organisation {
            management_account: account.to_owned(),
        });
        ask.plan()
    };
    let member = plan(Some(OTHER));
    let step = |plan: &Plan, kind: &str| plan.steps.iter().find(|step| step.kind == kind).cloned();
    let taken = step(&member, "delete-root-credentials").unwrap();
    // Called where the organisation is managed, about the member.
    assert_eq!(
        (taken.account.as_str(), &taken.params["target_principal"]),
        (OTHER, &json!(OURS))
    );
    assert!(
        taken.why.contains("AKIACRKEY") && taken.why.contains("delegated"),
        "{}",
        taken.why
    );
    let unknown = plan(None);
    assert_eq!(
        step(&unknown, "delete-root-credentials").unwrap().account,
        ""
    );
    let script = unknown.script();
    assert!(
        script.contains("#   in_account THE-MANAGEMENT-ACCOUNT sts assume-root"),
        "{script}"
    );
    let own = plan(Some(OURS));
    assert!(step(&own, "delete-root-credentials").is_none());
    assert_eq!(
        commands(&own, "secure-root"),
        [
            "iam get-account-summary",
            "iam list-access-keys",
            "iam list-mfa-devices",
            "iam delete-access-key --access-key-id AKIACRKEY",
        ]
    );
    assert_eq!(own.still_alive_after.len(), 1);
}

/// What the tree made or changed elsewhere, and the commands that take it back.
#[test]
fn databases_clusters_and_builds() {
    let stolen = key("cr-key", OURS, "alice");
    let role = format!("arn:aws:iam::{OURS}:role/Job");
    for (source, name, request, response, wanted) in [
        (
            "rds",
            "CreateDBInstance",
            json!({"dBInstanceIdentifier": "copy"}),
            Value::Null,
            vec![
                "rds modify-db-instance --apply-immediately --db-instance-identifier copy --no-deletion-protection --region us-east-1",
                "rds delete-db-instance --db-instance-identifier copy --final-db-snapshot-identifier evidence-copy --region us-east-1",
            ],
        ),
        (
            "rds",
            "ModifyDBClusterSnapshotAttribute",
            json!({"dBClusterSnapshotIdentifier": "s", "attributeName": "restore", "valuesToAdd": [FOREIGN]}),
            Value::Null,
            vec![
                "rds modify-db-cluster-snapshot-attribute --attribute-name restore --db-cluster-snapshot-identifier s --values-to-remove 999988887777 --region us-east-1",
            ],
        ),
        (
            "rds",
            "ModifyDBInstance",
            json!({"dBInstanceIdentifier": "db", "publiclyAccessible": true}),
            Value::Null,
            vec![
                "rds describe-db-instances --db-instance-identifier db --region us-east-1",
                "rds modify-db-instance --apply-immediately --db-instance-identifier db --no-publicly-accessible --region us-east-1",
                "rds modify-db-instance --apply-immediately --db-instance-identifier db --master-user-password A-NEW-PASSWORD --region us-east-1",
            ],
        ),
        (
            "eks",
            "UpdatePodIdentityAssociation",
            json!({"clusterName": "web", "associationId": "a-1", "roleArn": role}),
            Value::Null,
            vec![
                "eks describe-pod-identity-association --association-id a-1 --cluster-name web --region us-east-1",
                "eks update-pod-identity-association --association-id a-1 --cluster-name web --role-arn THE-EARLIER-ROLE-ARN --region us-east-1",
            ],
        ),
        (
            "codebuild",
            "StartBuild",
            json!({"projectName": "p"}),
            json!({"build": {"id": "p:1"}}),
            vec!["codebuild stop-build --id p:1 --region us-east-1"],
        ),
        (
            "ec2",
            "ReplaceIamInstanceProfileAssociation",
            Value::Null,
            json!({"ReplaceIamInstanceProfileAssociationResponse": {
                "iamInstanceProfileAssociation": {"associationId": "iip-assoc-1"}}}),
            vec![
                "ec2 describe-iam-instance-profile-associations --region us-east-1",
                "ec2 replace-iam-instance-profile-association --association-id iip-assoc-1 --iam-instance-profile Name=THE-EARLIER-PROFILE --region us-east-1",
            ],
        ),
    ] {
        let done = AlteringEvent {
            source: format!("{source}.amazonaws.com"),
            ..event("e-1", name, "cr-key", request, response)
        };
        let wanted: Vec<&str> = wanted.iter().map(|it| &**it).collect();
        check(
            std::slice::from_ref(&stolen),
            vec![done],
            "undo-what-was-done",
            &wanted,
        );
    }
}

#[test]
fn a_title_names_what_it_is_about() {
    let machines = ["i-1", "i-2", "i-3", "i-4"].map(|id| json!({"instanceId": id}));
    let done = AlteringEvent {
        source: "ec2.amazonaws.com".to_owned(),
        ..event(
            "e-1",
            "RunInstances",
            "cr-key",
            Value::Null,
            json!({"instancesSet": {"items": machines}}),
        )
    };
    let plan = plan_of(&[key("cr-key", OURS, "alice")], vec![done]);
    let titles: Vec<String> = plan.steps.iter().map(|step| step.title()).collect();
    let wanted = "ec2:StopInstances i-1 i-2 i-3 and 1 more".to_owned();
    assert!(titles.contains(&wanted), "{titles:?}");
}
