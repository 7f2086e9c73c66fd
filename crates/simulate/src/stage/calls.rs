//! What is done with a credential: calls that succeed, calls that are refused, calls of a service
//! on the caller's behalf.
//!
//! In: a credential, a call (`s3:ListBuckets`) and its request as JSON. Out: the record in the trail
//! of the account in which the credential acts. Deliberately not here: calls that make credentials
//! or end them.

use super::Stage;
use super::cast::{Account, Cred, Who};
use super::sts::sts_details;
use crate::ids;
use crate::record::Record;

impl Stage {
    /// A call that succeeds. Returns the event's id.
    pub fn calls(&mut self, cred: Cred, call: &str, request: &str) -> String {
        let key = self.cards[cred.0].key.clone();
        let record = self.call(cred, &key, call, request);
        self.write(self.account_of(cred), &record)
    }

    /// A call that succeeds and answers something that matters later.
    pub fn calls_and_gets(
        &mut self,
        cred: Cred,
        call: &str,
        request: &str,
        response: &str,
    ) -> String {
        let key = self.cards[cred.0].key.clone();
        let mut record = self.call(cred, &key, call, request);
        response.clone_into(&mut record.response);
        self.write(self.account_of(cred), &record)
    }

    /// Several calls, one after the other.
    pub fn makes(&mut self, cred: Cred, calls: &[(&str, &str)]) {
        for (call, request) in calls {
            self.calls(cred, call, request);
        }
    }

    /// A call that is refused for want of permission.
    pub fn denied(&mut self, cred: Cred, call: &str, request: &str) -> String {
        let because = "because no identity-based policy allows the action";
        self.refused(cred, call, request, because)
    }

    /// A call that a policy refuses by an explicit deny.
    pub fn denied_explicitly(&mut self, cred: Cred, call: &str, request: &str) -> String {
        let because = "with an explicit deny in an identity-based policy";
        self.refused(cred, call, request, because)
    }

    fn refused(&mut self, cred: Cred, call: &str, request: &str, because: &str) -> String {
        let key = self.cards[cred.0].key.clone();
        let mut record = self.call(cred, &key, call, request);
        let code = match &record.source[..3] {
            "ec2" => "Client.UnauthorizedOperation",
            "kms" | "lam" | "sec" | "ssm" | "dyn" => "AccessDeniedException",
            _ => "AccessDenied",
        };
        code.clone_into(&mut record.error_code);
        let arn = self.arn_of(cred);
        record.error_message =
            format!("User: {arn} is not authorized to perform: {call} {because}");
        if record.source.starts_with("iam.") {
            record.request.clear();
        }
        self.write(self.account_of(cred), &record)
    }

    /// A service makes a call on behalf of whoever just called it, with a key of its own: a forward
    /// access session. Returns the key.
    pub fn forwarded(&mut self, cred: Cred, service: &str, call: &str, request: &str) -> String {
        let key = self.fresh_key(self.account_of(cred));
        let (source, name) = call.split_once(':').expect("a call is service:Name");
        let through = if service == "AWS Internal" {
            service.to_owned()
        } else {
            self.service_principal(service)
        };
        let mut record = self.record(self.account_of(cred), source, name);
        let created = match &self.cards[cred.0].who {
            // The long-term key has no session; the service's begins with the call that it serves.
            Who::User(_) => self.now,
            _ => self.cards[cred.0].issued,
        };
        record.identity = self.identity(cred, &key, created, &through);
        record.address.clone_from(&through);
        record.agent = through;
        record.tls_host.clear();
        record.read_only = reads(name);
        request.clone_into(&mut record.request);
        self.write(self.account_of(cred), &record);
        key
    }

    /// The record of a call, not yet written.
    pub(super) fn call(&mut self, cred: Cred, key: &str, call: &str, request: &str) -> Record {
        let (service, name) = call.split_once(':').expect("a call is service:Name");
        let account = self.account_of(cred);
        let mut record = self.record(account, service, name);
        let created = self.cards[cred.0].issued;
        record.identity = self.identity(cred, key, created, "");
        record.read_only = reads(name);
        record.management = !is_data(service, name);
        request.clone_into(&mut record.request);
        if service == "s3" {
            record.request_id.clear();
            ids::alphanumeric(record.event_number, 16, &mut record.request_id);
            if !record.management {
                record.agent = format!("[{}]", record.agent);
                record.resources = self.bucket_of(account, request);
            }
        }
        if service == "sts" {
            record.additional = sts_details(&record.region);
        }
        self.cards[cred.0].told.calls += 1;
        record
    }

    /// The principal of a service: most carry the suffix of their partition.
    pub(super) fn service_principal(&self, service: &str) -> String {
        format!("{service}.{}", self.partition.suffix)
    }

    pub(super) fn arn_of(&self, cred: Cred) -> String {
        let partition = self.partition.name;
        match &self.cards[cred.0].who {
            Who::User(user) | Who::UserSession { user, .. } => self.user_arn(*user),
            Who::Federated { user, name } => format!(
                "arn:{partition}:sts::{}:federated-user/{name}",
                self.id_of(self.users[user.0].account)
            ),
            Who::RoleSession(session) => self.session_arn(session.role, &session.name),
            Who::Root(account) => format!("arn:{partition}:iam::{}:root", self.id_of(*account)),
            Who::Unsigned => String::new(),
        }
    }

    fn bucket_of(&self, account: Account, request: &str) -> String {
        let named = request.split_once("\"bucketName\":\"");
        let bucket = named.and_then(|(_, rest)| rest.split('"').next());
        let Some(bucket) = bucket else {
            return String::new();
        };
        format!(
            "[{{\"accountId\":\"{}\",\"type\":\"AWS::S3::Bucket\",\"ARN\":\"arn:{}:s3:::{bucket}\"}}]",
            self.id_of(account),
            self.partition.name
        )
    }
}

fn reads(name: &str) -> bool {
    [
        "Get", "List", "Describe", "Head", "Lookup", "Simulate", "BatchGet", "Search",
    ]
    .iter()
    .any(|start| name.starts_with(start))
}

fn is_data(service: &str, name: &str) -> bool {
    match service {
        "s3" => {
            name.contains("Object") && !name.contains("ObjectLock")
                || name.starts_with("HeadBucket")
        }
        "lambda" => name == "Invoke",
        _ => false,
    }
}
