//! Machines that build, scan, back up and scale: much listing and much making, every day the same.
//!
//! In: a stage. Out: one day of each habit. Deliberately not here: pipelines outside AWS (`roles`).

use super::{Behaviour, Days, HABIT};
use crate::address;
use crate::clock::{DAY, HOUR, MINUTE};
use crate::random::derive_text;
use crate::stage::{Account, BOTO, Cred, Hand, Stage};

pub(super) const HABITS: &[Behaviour] = &[
    Behaviour {
        name: "posture-scanner",
        what: "a scanner on an instance reads IAM, then every bucket and function, every night",
        confuses: &["A3", "A5"],
        begins: 1,
        act: posture_scanner,
        ..HABIT
    },
    Behaviour {
        name: "backup-agent",
        what: "a backup agent on an instance asks who it is, looks at its role, and lists all buckets",
        confuses: &["A3", "A5"],
        begins: 4,
        act: backup_agent,
        ..HABIT
    },
    Behaviour {
        name: "terraform-runner",
        what: "a Terraform runner on an instance reads state and makes roles, functions, queues and alarms",
        confuses: &["A3", "A5", "A7"],
        begins: 14,
        act: terraform_runner,
        ..HABIT
    },
    Behaviour {
        name: "jenkins-on-ec2",
        what: "a build server on an instance pushes images, updates services, assumes a deployment role",
        confuses: &["A3", "A7", "A9"],
        begins: 8,
        takes: 5,
        act: jenkins,
        ..HABIT
    },
    Behaviour {
        name: "terraform-user",
        what: "a pipeline with a user of its own whose Terraform plans every day and, on Wednesdays, makes a user with a key and a role",
        confuses: &["A6", "A11"],
        days: Days::Weekdays,
        begins: 11,
        act: terraform_user,
        ..HABIT
    },
    Behaviour {
        name: "image-builder",
        what: "a baker of machine images: key pair, security group, instance, image, and all away again",
        confuses: &["A1", "A7"],
        every: 2,
        begins: 6,
        act: image_builder,
        ..HABIT
    },
    Behaviour {
        name: "cluster-autoscaler",
        what: "the controller of a Kubernetes cluster, with its host's role, makes and ends instances in bursts",
        confuses: &["A5", "A7"],
        begins: 12,
        takes: 4,
        act: cluster_autoscaler,
        ..HABIT
    },
    Behaviour {
        name: "kops-control-plane",
        what: "a control plane that looks its own roles up, makes volumes and records, and attaches them",
        confuses: &["A5", "A7"],
        every: 2,
        begins: 7,
        act: kops_control_plane,
        ..HABIT
    },
    Behaviour {
        name: "container-host",
        what: "several programs on a container host share the host's role, each with its own agent",
        confuses: &["A1", "A5", "A7"],
        begins: 16,
        act: container_host,
        ..HABIT
    },
    Behaviour {
        name: "data-pipeline-controller",
        what: "the master of an EMR cluster makes steps, tables and job runs",
        confuses: &["A7"],
        begins: 22,
        act: data_pipeline_controller,
        ..HABIT
    },
    Behaviour {
        name: "agent-looks-at-itself",
        what: "a monitoring agent asks for its instance profile and role once in a while",
        confuses: &["A5"],
        begins: 18,
        act: agent_looks_at_itself,
        ..HABIT
    },
    Behaviour {
        name: "ansible-runner",
        what: "a configuration runner on an instance looks users and roles up and sets one policy",
        confuses: &["A5", "A7"],
        every: 4,
        begins: 15,
        act: ansible_runner,
        ..HABIT
    },
    Behaviour {
        name: "config-remediation",
        what: "the automation that puts what drifted back into its place writes to IAM and to buckets",
        confuses: &["A5", "A6"],
        every: 2,
        begins: 19,
        act: config_remediation,
        ..HABIT
    },
];

fn runner(stage: &mut Stage, account: Account, name: &str, agent: &str) -> Cred {
    let role = stage.role(account, &format!("{name}-role"));
    let mut id = String::from("i-0");
    let number = derive_text(account.index() as u64, name);
    crate::ids::hex(number, 16, &mut id);
    let cred = stage.instance_takes_role(role, &id);
    stage.by(&Hand::rightful(
        &address::egress("us-east-1", number % 1_000),
        agent,
    ));
    stage.wait(15);
    cred
}

const BUCKETS: [&str; 4] = ["assets", "exports", "backups", "events"];

fn posture_scanner(stage: &mut Stage, account: Account) {
    let agent = "Boto3/1.36.3 md/Botocore#1.36.3 ua/2.0 os/linux lang/python#3.12.8 prowler/5.1";
    let cred = runner(stage, account, "posture-scanner", agent);
    stage.pace = 2;
    stage.calls(cred, "sts:GetCallerIdentity", "");
    for call in [
        "iam:GetAccountSummary",
        "iam:GetAccountPasswordPolicy",
        "iam:GenerateCredentialReport",
        "iam:GetCredentialReport",
        "iam:ListUsers",
        "iam:ListRoles",
        "iam:ListPolicies",
        "iam:ListVirtualMFADevices",
        "s3:ListBuckets",
    ] {
        stage.calls(cred, call, "");
    }
    for bucket in BUCKETS {
        for call in [
            "s3:GetBucketAcl",
            "s3:GetBucketPolicy",
            "s3:GetBucketEncryption",
            "s3:GetBucketPublicAccessBlock",
        ] {
            let request = format!("{{\"bucketName\":\"examplecorp-{bucket}\"}}");
            stage.calls(cred, call, &request);
        }
    }
    stage.calls(cred, "lambda:ListFunctions20150331", "{}");
    for function in ["checkout", "search"] {
        let request = format!("{{\"functionName\":\"{function}\"}}");
        stage.calls(cred, "lambda:GetPolicy20150331v2", &request);
    }
}

fn backup_agent(stage: &mut Stage, account: Account) {
    let cred = runner(stage, account, "backup-agent", BOTO);
    stage.calls(cred, "sts:GetCallerIdentity", "");
    stage.calls(cred, "iam:GetRole", r#"{"roleName":"backup-agent-role"}"#);
    stage.calls(cred, "s3:ListBuckets", "{}");
    for bucket in BUCKETS {
        let request = format!("{{\"bucketName\":\"examplecorp-{bucket}\"}}");
        stage.calls(cred, "s3:GetBucketLocation", &request);
        stage.calls(cred, "s3:GetBucketVersioning", &request);
    }
    stage.calls(
        cred,
        "ec2:CreateSnapshot",
        r#"{"volumeId":"vol-0badc0ffee0123456"}"#,
    );
}

const TERRAFORM: &str = "APN/1.0 HashiCorp/1.0 Terraform/1.10.3 (+https://www.terraform.io) \
                         terraform-provider-aws/5.82.2 aws-sdk-go-v2/1.32.7 ua/2.1 os/linux";

fn terraform_runner(stage: &mut Stage, account: Account) {
    let cred = runner(stage, account, "terraform-runner", TERRAFORM);
    stage.pace = 3;
    stage.calls(cred, "sts:GetCallerIdentity", "");
    stage.calls(
        cred,
        "s3:GetObject",
        r#"{"bucketName":"examplecorp-tfstate","key":"prod.tfstate"}"#,
    );
    for role in ["checkout", "search", "billing"] {
        let request = format!("{{\"roleName\":\"{role}-instance-role\"}}");
        stage.calls(cred, "iam:GetRole", &request);
        stage.calls(cred, "iam:ListAttachedRolePolicies", &request);
    }
    stage.makes(
        cred,
        &[
            ("iam:CreateRole", r#"{"roleName":"thumbnails-lambda-role"}"#),
            (
                "iam:PutRolePolicy",
                r#"{"roleName":"thumbnails-lambda-role","policyName":"write","policyDocument":"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"s3:PutObject\",\"Resource\":\"*\"}]}"}"#,
            ),
            ("lambda:CreateFunction20150331", r#"{"functionName":"thumbnails"}"#),
            ("sqs:CreateQueue", r#"{"queueName":"thumbnails"}"#),
            ("sns:CreateTopic", r#"{"name":"thumbnails"}"#),
            ("cloudwatch:PutMetricAlarm", r#"{"alarmName":"thumbnails-errors"}"#),
            ("lambda:ListFunctions20150331", "{}"),
            ("lambda:GetFunction20150331v2", r#"{"functionName":"thumbnails"}"#),
            ("s3:ListBuckets", "{}"),
            ("s3:PutObject", r#"{"bucketName":"examplecorp-tfstate","key":"prod.tfstate"}"#),
        ],
    );
}

fn jenkins(stage: &mut Stage, account: Account) {
    let cred = runner(
        stage,
        account,
        "jenkins",
        "aws-cli/2.22.7 os/linux md/prompt#off",
    );
    let deploy = stage.role(account, "deploy-services");
    for build in 0..3 {
        stage.calls(cred, "sts:GetCallerIdentity", "");
        stage.calls(cred, "ecr:GetAuthorizationToken", "{}");
        stage.calls(cred, "ecr:PutImage", r#"{"repositoryName":"checkout"}"#);
        stage.calls(
            cred,
            "s3:PutObject",
            r#"{"bucketName":"examplecorp-artifacts","key":"checkout.zip"}"#,
        );
        let session = stage.assume_role(
            cred,
            crate::stage::Ask::for_role(deploy, &format!("build-{build}")),
        );
        stage.makes(
            session,
            &[
                ("ecs:RegisterTaskDefinition", r#"{"family":"checkout"}"#),
                ("ecs:UpdateService", r#"{"service":"checkout"}"#),
                ("cloudformation:UpdateStack", r#"{"stackName":"checkout"}"#),
            ],
        );
        stage.wait(70 * MINUTE);
    }
}

fn image_builder(stage: &mut Stage, account: Account) {
    let cred = runner(
        stage,
        account,
        "image-builder",
        "APN/1.0 HashiCorp/1.0 packer/1.11.2",
    );
    let image = r#"{"name":"base-2026","instanceId":"i-0ba5e0ba5e0ba5e01"}"#;
    stage.makes(
        cred,
        &[
            ("ec2:CreateKeyPair", r#"{"keyName":"packer_67f0"}"#),
            ("ec2:CreateSecurityGroup", r#"{"groupName":"packer_67f0"}"#),
            (
                "ec2:AuthorizeSecurityGroupIngress",
                r#"{"groupId":"sg-0ba5e0ba5e0ba5e01"}"#,
            ),
            ("ec2:RunInstances", r#"{"instanceType":"m6i.large"}"#),
            ("ec2:DescribeInstances", "{}"),
            ("ec2:StopInstances", "{}"),
            ("ec2:CreateImage", image),
            (
                "ec2:ModifyImageAttribute",
                r#"{"imageId":"ami-0ba5e0ba5e0ba5e01"}"#,
            ),
            ("ec2:TerminateInstances", "{}"),
            (
                "ec2:DeleteSecurityGroup",
                r#"{"groupId":"sg-0ba5e0ba5e0ba5e01"}"#,
            ),
            ("ec2:DeleteKeyPair", r#"{"keyName":"packer_67f0"}"#),
        ],
    );
}

fn cluster_autoscaler(stage: &mut Stage, account: Account) {
    let cred = runner(
        stage,
        account,
        "k8s-control-node",
        "aws-sdk-go-v2/1.32.7 karpenter/1.1.1",
    );
    for _ in 0..5 {
        stage.makes(
            cred,
            &[
                (
                    "iam:GetInstanceProfile",
                    r#"{"instanceProfileName":"k8s-nodes"}"#,
                ),
                ("ec2:DescribeInstanceTypes", "{}"),
                (
                    "ec2:CreateLaunchTemplate",
                    r#"{"launchTemplateName":"k8s-nodes"}"#,
                ),
                ("ec2:CreateFleet", r#"{"type":"instant"}"#),
                ("ec2:CreateTags", "{}"),
                ("ec2:TerminateInstances", "{}"),
                (
                    "ec2:DeleteLaunchTemplate",
                    r#"{"launchTemplateName":"k8s-nodes"}"#,
                ),
                ("elasticloadbalancing:RegisterTargets", "{}"),
            ],
        );
        stage.wait(35 * MINUTE);
    }
}

fn kops_control_plane(stage: &mut Stage, account: Account) {
    let agent = "aws-sdk-go-v2/1.32.7 kops-controller/1.30.3";
    let cred = runner(stage, account, "kops-control-plane", agent);
    stage.makes(
        cred,
        &[
            ("iam:GetRole", r#"{"roleName":"kops-control-plane-role"}"#),
            ("iam:ListInstanceProfiles", ""),
            ("ec2:DescribeInstances", "{}"),
            (
                "ec2:CreateVolume",
                r#"{"size":20,"availabilityZone":"us-east-1a"}"#,
            ),
            (
                "ec2:AttachVolume",
                r#"{"volumeId":"vol-0badc0ffee0123457"}"#,
            ),
            ("ec2:CreateSecurityGroup", r#"{"groupName":"k8s-elb"}"#),
            (
                "elasticloadbalancing:CreateLoadBalancer",
                r#"{"loadBalancerName":"api"}"#,
            ),
            (
                "route53:ChangeResourceRecordSets",
                r#"{"hostedZoneId":"Z0EXAMPLE"}"#,
            ),
        ],
    );
}

fn container_host(stage: &mut Stage, account: Account) {
    let cred = runner(stage, account, "container-host", BOTO);
    let address = stage.hand.address.clone();
    for agent in [
        "aws-sdk-go/1.55.5 (go1.23.4; linux; amd64) amazon-ecs-agent/1.89.1",
        "aws-sdk-java/2.29.34 Linux/6.1.0 OpenJDK_64-Bit_Server_VM/21.0.5+11",
        "aws-sdk-rust/1.3.3 os/linux lang/rust/1.82.0",
    ] {
        stage.by(&Hand::rightful(&address, agent));
        stage.makes(
            cred,
            &[
                ("ecs:DiscoverPollEndpoint", "{}"),
                ("ecs:SubmitTaskStateChange", r#"{"status":"RUNNING"}"#),
                (
                    "s3:GetObject",
                    r#"{"bucketName":"examplecorp-config","key":"app.json"}"#,
                ),
                ("logs:CreateLogStream", r#"{"logGroupName":"/ecs/app"}"#),
                ("sqs:ReceiveMessage", r#"{"queueUrl":"app"}"#),
            ],
        );
        stage.wait(20 * MINUTE);
    }
}

fn data_pipeline_controller(stage: &mut Stage, account: Account) {
    let cred = runner(
        stage,
        account,
        "emr-master",
        "aws-sdk-java/1.12.780 Linux/6.1.0 emr/7.5.0",
    );
    stage.makes(
        cred,
        &[
            (
                "elasticmapreduce:AddJobFlowSteps",
                r#"{"jobFlowId":"j-3XAMPLE"}"#,
            ),
            ("glue:CreateTable", r#"{"databaseName":"sales"}"#),
            ("glue:CreatePartition", r#"{"databaseName":"sales"}"#),
            ("glue:StartJobRun", r#"{"jobName":"sales-daily"}"#),
            ("dynamodb:CreateTable", r#"{"tableName":"checkpoints"}"#),
            (
                "s3:PutObject",
                r#"{"bucketName":"examplecorp-lake","key":"sales/part-0"}"#,
            ),
        ],
    );
}

fn agent_looks_at_itself(stage: &mut Stage, account: Account) {
    let cred = runner(
        stage,
        account,
        "monitored",
        "aws-sdk-go-v2/1.32.7 telegraf/1.33.0",
    );
    for _ in 0..2 {
        let profile = r#"{"instanceProfileName":"monitored-role"}"#;
        stage.calls(cred, "iam:GetInstanceProfile", profile);
        stage.calls(cred, "cloudwatch:PutMetricData", r#"{"namespace":"hosts"}"#);
        stage.wait(HOUR);
    }
}

fn ansible_runner(stage: &mut Stage, account: Account) {
    let cred = runner(stage, account, "ansible-runner", BOTO);
    stage.makes(
        cred,
        &[
            ("iam:ListUsers", ""),
            ("iam:GetUser", r#"{"userName":"mailer"}"#),
            ("iam:GetRole", r#"{"roleName":"mailer-task-role"}"#),
            (
                "iam:AttachRolePolicy",
                r#"{"roleName":"mailer-task-role","policyArn":"arn:aws:iam::aws:policy/AmazonSESFullAccess"}"#,
            ),
            ("ec2:CreateTags", "{}"),
        ],
    );
}

fn config_remediation(stage: &mut Stage, account: Account) {
    let role = stage.role(account, "drift-remediation");
    let function = stage.function_takes_role(role, "put-back").1;
    stage.by(&Hand::rightful(&address::service("us-east-1", 8), BOTO));
    stage.makes(
        function,
        &[
            ("iam:ListAccessKeys", r#"{"userName":"legacy-mailer"}"#),
            (
                "iam:UpdateAccessKey",
                r#"{"userName":"legacy-mailer","accessKeyId":"AKIAIOSFODNN7EXAMPLE","status":"Inactive"}"#,
            ),
            ("s3:PutBucketPublicAccessBlock", r#"{"bucketName":"examplecorp-assets"}"#),
            ("ec2:RevokeSecurityGroupIngress", r#"{"groupId":"sg-0ba5e0ba5e0ba5e02"}"#),
        ],
    );
}

fn terraform_user(stage: &mut Stage, account: Account) {
    let user = stage.user(account, "terraform");
    let key = stage.key_of(user);
    stage.by(&Hand::rightful("198.51.100.62", TERRAFORM));
    stage.makes(
        key,
        &[
            ("sts:GetCallerIdentity", ""),
            ("iam:GetRole", r#"{"roleName":"checkout-task-role"}"#),
            (
                "iam:ListRolePolicies",
                r#"{"roleName":"checkout-task-role"}"#,
            ),
            ("ec2:DescribeVpcs", "{}"),
        ],
    );
    // The first of January 1970 was a Thursday.
    let day = stage.now.div_euclid(DAY);
    if day.rem_euclid(7) != 6 {
        return;
    }
    let made = stage.create_user(key, &format!("exporter-{day}"));
    stage.create_access_key(key, made);
    stage.makes(
        key,
        &[
            (
                "iam:PutUserPolicy",
                &format!(r#"{{"userName":"exporter-{day}","policyName":"write"}}"#),
            ),
            ("iam:CreateRole", r#"{"roleName":"exporter-role"}"#),
        ],
    );
}
