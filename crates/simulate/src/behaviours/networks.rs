//! Instances whose calls come from where nobody expects an instance.
//!
//! In: a stage. Out: one day of each habit. Deliberately not here: theft of the same credentials
//! (`stories::instance_credential_theft`).

use super::{Behaviour, Days, HABIT};
use crate::address;
use crate::clock::MINUTE;
use crate::random::derive_text;
use crate::stage::{Account, BOTO, CLI, Cred, Hand, Stage};

pub(super) const HABITS: &[Behaviour] = &[
    Behaviour {
        name: "on-premises-egress",
        what: "an instance whose calls leave by the data centre's address, over a private line",
        confuses: &["A1"],
        begins: 2,
        act: on_premises_egress,
        ..HABIT
    },
    Behaviour {
        name: "central-egress",
        what: "an instance whose calls leave by the NAT gateway of the organisation's egress account",
        confuses: &["A1"],
        begins: 5,
        act: central_egress,
        ..HABIT
    },
    Behaviour {
        name: "elastic-ip-moved",
        what: "an elastic address is associated anew, and a session goes on from another address",
        confuses: &["A1", "A7"],
        every: 3,
        begins: 13,
        act: elastic_ip_moved,
        ..HABIT
    },
    Behaviour {
        name: "dual-stack",
        what: "an instance that calls by IPv4 and by IPv6 within the same minute",
        confuses: &["A1"],
        begins: 7,
        act: dual_stack,
        ..HABIT
    },
    Behaviour {
        name: "forward-proxy",
        what: "an instance that reaches some services through the company's proxy",
        confuses: &["A1"],
        begins: 10,
        act: forward_proxy,
        ..HABIT
    },
    Behaviour {
        name: "exported-credentials",
        what: "a developer copies a development instance's credentials to a laptop; allowed, with an owner",
        confuses: &["A1", "A3"],
        every: 2,
        days: Days::Weekdays,
        begins: 11,
        act: exported_credentials,
        ..HABIT
    },
    Behaviour {
        name: "vpc-endpoint",
        what: "an instance that calls some services through endpoints of its VPC, from a private address",
        confuses: &["A1"],
        begins: 3,
        act: vpc_endpoint,
        ..HABIT
    },
];

const DATA_CENTRE: &str = "192.0.2.200";
const PROXY: &str = "192.0.2.240";

/// An instance with fresh credentials; `name` stands for its service.
fn instance(stage: &mut Stage, account: Account, name: &str) -> Cred {
    let role = stage.role(account, &format!("{name}-instance-role"));
    let mut id = String::from("i-0");
    let number = derive_text(account.index() as u64, name);
    crate::ids::hex(number, 16, &mut id);
    let cred = stage.instance_takes_role(role, &id);
    stage.wait(20);
    cred
}

fn work(stage: &mut Stage, cred: Cred, rounds: usize) {
    for round in 0..rounds {
        let object = format!(
            "{{\"bucketName\":\"examplecorp-batches\",\"key\":\"in/{}.csv\"}}",
            stage.now + round as i64
        );
        stage.calls(cred, "s3:GetObject", &object);
        stage.calls(cred, "sqs:ReceiveMessage", r#"{"queueUrl":"batches"}"#);
        stage.wait(7 * MINUTE);
    }
}

fn on_premises_egress(stage: &mut Stage, account: Account) {
    let cred = instance(stage, account, "outpost");
    stage.by(&Hand::rightful(DATA_CENTRE, BOTO));
    work(stage, cred, 12);
}

fn central_egress(stage: &mut Stage, account: Account) {
    let cred = instance(stage, account, "spoke");
    // One address for the whole organisation, owned by the first account.
    stage.by(&Hand::rightful(&address::egress("us-east-1", 5_000), BOTO));
    work(stage, cred, 12);
}

fn elastic_ip_moved(stage: &mut Stage, account: Account) {
    let cred = instance(stage, account, "ingress");
    let (before, after) = (
        address::egress("us-east-1", 6_001),
        address::egress("us-east-1", 6_000 + stage.now as u64 % 97),
    );
    stage.by(&Hand::rightful(&before, BOTO));
    work(stage, cred, 4);
    let network = stage.role(account, "network-automation");
    let function = stage.function_takes_role(network, "address-mover").1;
    stage.by(&Hand::rightful(&address::service("us-east-1", 3), BOTO));
    let allocation = "eipalloc-0a1b2c3d4e5f60718";
    stage.calls_and_gets(
        function,
        "ec2:AllocateAddress",
        r#"{"domain":"vpc"}"#,
        &format!(
            "{{\"publicIp\":\"{after}\",\"domain\":\"vpc\",\"allocationId\":\"{allocation}\"}}"
        ),
    );
    stage.calls(
        function,
        "ec2:AssociateAddress",
        &format!(
            "{{\"allocationId\":\"{allocation}\",\"instanceId\":\"{}\"}}",
            stage.session_of(cred)
        ),
    );
    stage.by(&Hand::rightful(&after, BOTO));
    work(stage, cred, 4);
}

fn dual_stack(stage: &mut Stage, account: Account) {
    let cred = instance(stage, account, "edge");
    for round in 0..10 {
        let address = if round % 2 == 0 {
            address::egress("us-east-1", 7_000)
        } else {
            "2001:db8:0:77::1f".to_owned()
        };
        stage.by(&Hand::rightful(&address, BOTO));
        work(stage, cred, 1);
    }
}

fn forward_proxy(stage: &mut Stage, account: Account) {
    let cred = instance(stage, account, "proxied");
    for _ in 0..5 {
        stage.by(&Hand::rightful(&address::egress("us-east-1", 7_100), BOTO));
        work(stage, cred, 1);
        stage.by(&Hand::rightful(PROXY, BOTO));
        stage.calls(
            cred,
            "secretsmanager:GetSecretValue",
            r#"{"secretId":"batches/db"}"#,
        );
    }
}

fn exported_credentials(stage: &mut Stage, account: Account) {
    let cred = instance(stage, account, "devbox");
    stage.by(&Hand::rightful(&address::egress("us-east-1", 7_200), BOTO));
    work(stage, cred, 2);
    stage.by(&Hand::rightful("192.0.2.15", CLI));
    stage.calls(cred, "sts:GetCallerIdentity", "");
    stage.makes(
        cred,
        &[
            ("s3:ListBuckets", "{}"),
            ("ec2:DescribeInstances", "{}"),
            ("logs:FilterLogEvents", r#"{"logGroupName":"/dev/app"}"#),
        ],
    );
    stage.by(&Hand::rightful(&address::egress("us-east-1", 7_200), BOTO));
    work(stage, cred, 2);
}

fn vpc_endpoint(stage: &mut Stage, account: Account) {
    let cred = instance(stage, account, "inner");
    for _ in 0..8 {
        stage.by(&Hand::rightful("10.20.3.44", BOTO));
        stage.through_endpoint("vpce-0c0ffee0c0ffee001");
        stage.calls(
            cred,
            "s3:GetObject",
            r#"{"bucketName":"examplecorp-batches","key":"config.json"}"#,
        );
        stage.through_endpoint("");
        stage.by(&Hand::rightful(&address::egress("us-east-1", 7_300), BOTO));
        stage.calls(
            cred,
            "cloudwatch:PutMetricData",
            r#"{"namespace":"batches"}"#,
        );
        stage.wait(11 * MINUTE);
    }
}
