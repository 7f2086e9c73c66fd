//! Credentials that services mint for machines: EC2 instances, Lambda functions, ECS tasks.
//!
//! In: a role and a machine. Out: the service's `AssumeRole` as the account's trail has it, and the
//! session that the machine works with. Deliberately not here: what the machine does.

use super::Stage;
use super::cast::{Cred, Role, Session, Who};
use super::federation::plain_session;
use crate::clock::{self, HOUR, MINUTE};
use crate::stories::truth::{Certainty, Expected, Expiry, Parentage};

/// As real logs have it.
const INSTANCE_SECONDS: i64 = 6 * HOUR + 35 * MINUTE;
const FUNCTION_SECONDS: i64 = 2 * HOUR + 10 * MINUTE;
/// How long a function's session may last at the most, where its minting is not seen.
const FUNCTION_BOUND_SECONDS: i64 = 12 * HOUR;
const TASK_SECONDS: i64 = 6 * HOUR;

impl Stage {
    /// EC2 takes the role of an instance profile: the answer does not name the session.
    pub fn instance_takes_role(&mut self, role: Role, instance: &str) -> Cred {
        let arn = self.resource_arn(role, "ec2", &format!("instance/{instance}"));
        let workload = self.workload(role, instance);
        let session = Session {
            context: ",\"ec2RoleDelivery\":\"2.0\"".to_owned(),
            beside: format!(
                ",\"inScopeOf\":{{\"issuerType\":\"AWS::EC2::Instance\",\
                 \"credentialsIssuedTo\":\"{arn}\"}}"
            ),
            ..plain_session(role, instance)
        };
        self.service_mint("ec2", session, instance, INSTANCE_SECONDS, workload)
    }

    /// ECS takes the role of a task.
    pub fn task_takes_role(&mut self, role: Role, task: &str) -> Cred {
        let workload = self.workload(role, task);
        let session = plain_session(role, task);
        self.service_mint("ecs-tasks", session, task, TASK_SECONDS, workload)
    }

    /// Lambda takes the role of a function under a name of its own. What it mints there is not what
    /// the function works with; that comes second.
    pub fn function_takes_role(&mut self, role: Role, function: &str) -> (Cred, Cred) {
        let mut name = String::from("awslambda_417_");
        clock::file_stamp(self.now, &mut name);
        name.retain(|c| c.is_ascii_alphanumeric() || c == '_');
        let service = self.service_of(role, "lambda");
        let init = self.service_mint(
            "lambda",
            plain_session(role, &name),
            &name,
            FUNCTION_SECONDS,
            service,
        );
        let account = self.roles[role.0].account;
        let arn = self.resource_arn(role, "lambda", &format!("function:{function}"));
        let workload = self.workload(role, function);
        let session = Session {
            beside: format!(
                ",\"inScopeOf\":{{\"issuerType\":\"AWS::Lambda::Function\",\
                 \"credentialsIssuedTo\":\"{arn}\"}}"
            ),
            ..plain_session(role, function)
        };
        let who = Who::RoleSession(session);
        let key = self.fresh_key(account);
        let told = Expected {
            kind: "service-session",
            access_key_ids: vec![key.clone()],
            account: self.id_of(account),
            principal_id: self.principal_id(&who),
            issued_at: Some(self.now),
            expires_at: Some(self.now + FUNCTION_BOUND_SECONDS),
            expiry: Expiry::Bounded,
            parent: Some(Parentage {
                name: self.cards[workload.0].told.name.clone(),
                certainty: Certainty::Inferred,
            }),
            ..Expected::default()
        };
        let issued = self.now;
        (init, self.enter(who, issued, key, told))
    }

    fn service_mint(
        &mut self,
        service: &str,
        session: Session,
        name: &str,
        seconds: i64,
        parent: Cred,
    ) -> Cred {
        let role = session.role;
        let account = self.roles[role.0].account;
        let principal = self.service_principal(service);
        let mut record = self.record(account, "sts", "AssumeRole");
        record.read_only = true;
        record.identity = format!("{{\"type\":\"AWSService\",\"invokedBy\":\"{principal}\"}}");
        record.address.clone_from(&principal);
        record.agent = principal;
        record.tls_host.clear();
        record.shared_event_id = self.fresh_uuid();
        record.request = format!(
            "{{\"roleArn\":\"{}\",\"roleSessionName\":\"{name}\"}}",
            self.role_arn(role)
        );
        record.resources = self.role_resource(role);
        let thief = std::mem::replace(&mut self.hand.thief, false);
        let child = self.minted(
            "service-session",
            Who::RoleSession(session),
            seconds,
            parent,
        );
        record.response = if service == "ecs-tasks" {
            self.role_answer(child, seconds)
        } else {
            self.answer(child, seconds, "")
        };
        self.write(account, &record);
        self.hand.thief = thief;
        child
    }

    /// The machine, as a node of the lineage.
    fn workload(&mut self, role: Role, id: &str) -> Cred {
        let known = self
            .cards
            .iter()
            .position(|card| card.told.kind == "workload" && card.told.principal_id == id);
        match known {
            Some(known) => Cred(known),
            None => self.source_of_credentials("workload", self.roles[role.0].account, id),
        }
    }

    /// The service, as a node of the lineage.
    fn service_of(&mut self, role: Role, service: &str) -> Cred {
        let principal = self.service_principal(service);
        self.source_of_credentials("service", self.roles[role.0].account, &principal)
    }

    fn resource_arn(&self, role: Role, service: &str, rest: &str) -> String {
        format!(
            "arn:{}:{service}:{}:{}:{rest}",
            self.partition.name,
            self.region,
            self.id_of(self.roles[role.0].account)
        )
    }
}
