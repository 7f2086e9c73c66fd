//! The same in GovCloud and in China: other ARNs, other endpoints, another home of the global services.
//!
//! In: a seed. Out: `govcloud`: a user's key takes a session token with MFA and with it two roles in a
//! row, over two accounts. `china`: an instance's session, minted by a service principal that ends in
//! `.com.cn`, is used from outside and takes a role; a user signs in to the console. Deliberately not
//! here: anything that the standard partition does not do too.

use super::Told;
use crate::clock::{HOUR, MINUTE};
use crate::stage::{Ask, BOTO, BROWSER, CHINA, CLI, GOVCLOUD, Hand, OTHER_CLI, Stage};

pub fn govcloud(seed: u64) -> Told {
    let mut stage = Stage::abroad(seed, "govcloud-chain", &GOVCLOUD);
    let (home, mission) = (stage.account(0), stage.account(1));
    let carl = stage.user(home, "carl");
    let device = stage.mfa_of(carl);
    let gate = stage.role(home, "gate");
    let planner = stage.role(mission, "planner");
    let key = stage.key_of(carl);
    stage.name(key, "carl's key");
    stage.by(&Hand::rightful("192.0.2.77", CLI));
    let token = stage.get_session_token(key, 12 * HOUR, &device);
    stage.name(token, "the token");
    let first = stage.assume_role(token, Ask::for_role(gate, "carl").as_source("carl"));
    stage.name(first, "the gate");
    stage.calls(first, "sts:GetCallerIdentity", "");
    let second = stage.assume_role(first, Ask::for_role(planner, "carl"));
    stage.name(second, "the planner");
    stage.makes(
        second,
        &[("ec2:DescribeInstances", "{}"), ("s3:ListBuckets", "{}")],
    );
    stage.curtain(second, &[])
}

pub fn china(seed: u64) -> Told {
    let mut stage = Stage::abroad(seed, "china-instance", &CHINA);
    let account = stage.account(0);
    let web = stage.role(account, "web-instance-role");
    let stock = stage.role(account, "stock-writer");
    let li = stage.user(account, "li");
    let device = stage.mfa_of(li);
    let instance = stage.instance_takes_role(web, "i-0a11ce0b0bca51234");
    stage.name(instance, "the instance's session");
    stage.by(&Hand::rightful("192.0.2.201", BOTO));
    stage.calls(instance, "ssm:GetParameter", r#"{"name":"/web/config"}"#);
    stage.by(&Hand::rightful("192.0.2.88", BROWSER));
    let console = stage.console_login(li, &device);
    stage.name(console, "li in the console");
    stage.console_calls(console, "ec2:DescribeInstances", "{}");
    stage.by(&Hand::thief("203.0.113.12", OTHER_CLI));
    stage.wait(30 * MINUTE);
    stage.stolen(instance);
    stage.calls(instance, "sts:GetCallerIdentity", "");
    let session = stage.assume_role(instance, Ask::for_role(stock, "stock"));
    stage.name(session, "the stock");
    stage.calls(session, "s3:ListBuckets", "{}");
    stage.curtain(instance, &["A1"])
}
