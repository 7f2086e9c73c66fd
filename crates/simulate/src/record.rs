//! One CloudTrail record as JSON.
//!
//! In: its parts, those that are JSON already written. Out: the record's text, its members in the
//! order in which AWS writes them. Deliberately not here: what the parts say (`identity`,
//! `traffic`, `stories`).

use crate::{clock, ids};

/// The parts of a record. Empty text means that the member is `null` where AWS writes `null`, and
/// absent where AWS leaves it out.
#[derive(Debug, Clone, Default)]
pub struct Record {
    pub version: &'static str,
    /// JSON.
    pub identity: String,
    pub time: i64,
    /// With its suffix: `sts.amazonaws.com`.
    pub source: String,
    pub name: String,
    pub region: String,
    pub address: String,
    pub agent: String,
    pub error_code: String,
    pub error_message: String,
    /// JSON.
    pub request: String,
    /// JSON.
    pub response: String,
    /// JSON.
    pub additional: String,
    pub request_id: String,
    /// The event id is the UUID of this number.
    pub event_number: u64,
    pub read_only: bool,
    /// JSON.
    pub resources: String,
    pub event_type: &'static str,
    pub management: bool,
    pub recipient: String,
    pub shared_event_id: String,
    pub vpc_endpoint: String,
    /// The endpoint's account; empty where it is the recipient's.
    pub vpc_endpoint_owner: String,
    /// JSON.
    pub service_details: String,
    /// The host that the client named, where TLS is told.
    pub tls_host: String,
    pub from_console: bool,
}

impl Record {
    pub fn event_id(&self) -> String {
        let mut id = String::with_capacity(36);
        ids::uuid(self.event_number, &mut id);
        id
    }

    /// Appends the record's JSON.
    pub fn write(&self, out: &mut String) {
        out.push_str("{\"eventVersion\":\"");
        out.push_str(self.version);
        out.push_str("\",\"userIdentity\":");
        out.push_str(&self.identity);
        out.push_str(",\"eventTime\":\"");
        clock::iso(self.time, out);
        out.push('"');
        text("eventSource", &self.source, out);
        text("eventName", &self.name, out);
        text("awsRegion", &self.region, out);
        text("sourceIPAddress", &self.address, out);
        text("userAgent", &self.agent, out);
        if !self.error_code.is_empty() {
            text("errorCode", &self.error_code, out);
        }
        // A failed sign-in has a message and no code.
        if !self.error_message.is_empty() {
            text("errorMessage", &self.error_message, out);
        }
        json_or_null("requestParameters", &self.request, out);
        json_or_null("responseElements", &self.response, out);
        json("additionalEventData", &self.additional, out);
        if !self.request_id.is_empty() {
            text("requestID", &self.request_id, out);
        }
        out.push_str(",\"eventID\":\"");
        ids::uuid(self.event_number, out);
        out.push('"');
        flag("readOnly", self.read_only, out);
        json("resources", &self.resources, out);
        text("eventType", self.event_type, out);
        flag("managementEvent", self.management, out);
        text("recipientAccountId", &self.recipient, out);
        if !self.shared_event_id.is_empty() {
            text("sharedEventID", &self.shared_event_id, out);
        }
        if !self.vpc_endpoint.is_empty() {
            text("vpcEndpointId", &self.vpc_endpoint, out);
            let owner = match self.vpc_endpoint_owner.is_empty() {
                true => &self.recipient,
                false => &self.vpc_endpoint_owner,
            };
            text("vpcEndpointAccountId", owner, out);
        }
        json("serviceEventDetails", &self.service_details, out);
        text(
            "eventCategory",
            if self.management {
                "Management"
            } else {
                "Data"
            },
            out,
        );
        if !self.tls_host.is_empty() {
            out.push_str(",\"tlsDetails\":{\"tlsVersion\":\"TLSv1.3\",\"cipherSuite\":\"TLS_AES_128_GCM_SHA256\",\"clientProvidedHostHeader\":\"");
            out.push_str(&self.tls_host);
            out.push_str("\"}");
        }
        if self.from_console {
            text("sessionCredentialFromConsole", "true", out);
        }
        out.push('}');
    }
}

fn text(name: &str, value: &str, out: &mut String) {
    out.push_str(",\"");
    out.push_str(name);
    out.push_str("\":\"");
    debug_assert!(
        !value.contains(['"', '\\']),
        "the generator's own texts need no escapes"
    );
    out.push_str(value);
    out.push('"');
}

fn flag(name: &str, value: bool, out: &mut String) {
    out.push_str(",\"");
    out.push_str(name);
    out.push_str(if value { "\":true" } else { "\":false" });
}

fn json(name: &str, value: &str, out: &mut String) {
    if !value.is_empty() {
        json_or_null(name, value, out);
    }
}

fn json_or_null(name: &str, value: &str, out: &mut String) {
    out.push_str(",\"");
    out.push_str(name);
    out.push_str("\":");
    out.push_str(if value.is_empty() { "null" } else { value });
}
