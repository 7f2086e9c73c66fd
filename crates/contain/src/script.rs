//! A plan as `aws` commands, for those who let no tool write.
//!
//! In: a plan. Out: a shell script with the same steps in the same order. One that fails does not keep the
//! others from being taken: half a cut is better than none, and at the end the script says which failed. Then
//! it reads back what it changed. Every value stands in quotes that the shell does not look into, and no
//! control character reaches the script: names come from logs that an attacker wrote into. Steps of a person
//! and those that need a confirmation stand there as comments.

use std::collections::BTreeSet;

use keyline_trail::partition::Partition;
use serde_json::{Map, Value, json};

use crate::action::is_global;
use crate::limits::CUT_OFF_AHEAD_S;
use crate::markdown::misleads;
use crate::names::counted;
use crate::plan::{Phase, Plan, Step};
use crate::policy::CUT_OFF;
use crate::resources::RESTORE;
use crate::sweep::{is_sweep, user_of};

/// The shell's name for the instant that is filled in.
pub(crate) const CUT_OFF_VARIABLE: &str = "\"$CUT_OFF\"";

/// Reads that take the name of one of several things, which stand in what the others give.
const OF_EACH: &[&str] = &["GetAccessKeyLastUsed", "GetRolePolicy", "GetUserPolicy"];

/// Legitimate sessions that a step hits and that its comment names; the JSON has them all.
const HITS_MAX: usize = 8;

/// What reads back what a call changed, and the parameters that it shares with it.
const READS: &[(&str, &str, &[&str])] = &[
    ("AddUserToGroup", "ListGroupsForUser", &["user_name"]),
    (
        "AttachRolePolicy",
        "ListAttachedRolePolicies",
        &["role_name"],
    ),
    (
        "AttachUserPolicy",
        "ListAttachedUserPolicies",
        &["user_name"],
    ),
    ("DeactivateMFADevice", "ListMFADevices", &["user_name"]),
    (
        "DetachRolePolicy",
        "ListAttachedRolePolicies",
        &["role_name"],
    ),
    (
        "DetachUserPolicy",
        "ListAttachedUserPolicies",
        &["user_name"],
    ),
    ("DisableProfile", "GetProfile", &["profile_id"]),
    ("DisableTrustAnchor", "GetTrustAnchor", &["trust_anchor_id"]),
    ("PutBucketPolicy", "GetBucketPolicy", &["bucket"]),
    ("PutBucketVersioning", "GetBucketVersioning", &["bucket"]),
    (
        "PutFunctionConcurrency",
        "GetFunctionConcurrency",
        &["function_name"],
    ),
    (
        "PutInlinePolicyToPermissionSet",
        "GetInlinePolicyForPermissionSet",
        &["instance_arn", "permission_set_arn"],
    ),
    (
        "ProvisionPermissionSet",
        "ListAccountsForProvisionedPermissionSet",
        &["instance_arn", "permission_set_arn"],
    ),
    ("PutPublicAccessBlock", "GetPublicAccessBlock", &["bucket"]),
    (
        "PutRolePolicy",
        "GetRolePolicy",
        &["role_name", "policy_name"],
    ),
    (
        "PutUserPolicy",
        "GetUserPolicy",
        &["user_name", "policy_name"],
    ),
    ("RemovePermission", "GetPolicy", &["function_name"]),
    (
        "RemoveRoleFromInstanceProfile",
        "GetInstanceProfile",
        &["instance_profile_name"],
    ),
    ("RemoveUserFromGroup", "ListGroupsForUser", &["user_name"]),
    ("SetDefaultPolicyVersion", "GetPolicy", &["policy_arn"]),
    ("UpdateAccessKey", "ListAccessKeys", &["user_name"]),
    ("UpdateAssumeRolePolicy", "GetRole", &["role_name"]),
    ("UpdateSSHPublicKey", "ListSSHPublicKeys", &["user_name"]),
    (
        "UpdateServiceSpecificCredential",
        "ListServiceSpecificCredentials",
        &["user_name"],
    ),
    (
        "UpdateSigningCertificate",
        "ListSigningCertificates",
        &["user_name"],
    ),
];

const HEAD: &str = r#"set -u
failed=''

# Which profile reaches which account: by default one that is named like the account.
in_account() {
  account=$1
  shift
  AWS_PROFILE="${KEYLINE_PROFILE_PREFIX:-}$account" aws "$@"
}

# A little ahead: sessions that are made until a change is in force must be older than this instant.
stamp() {
  ahead=$(($(date +%s) + AHEAD_S))
  CUT_OFF=$(date -u -d "@$ahead" +%Y-%m-%dT%H:%M:%SZ 2>/dev/null || date -u -r "$ahead" +%Y-%m-%dT%H:%M:%SZ)
}

# A step that fails is named, and the next is taken all the same.
fail() {
  case " $failed " in
    *" $1 "*) ;;
    *) failed="$failed $1" ;;
  esac
}

# Files what a read gives. That something is not there (a password, say) is an answer; any other error is none.
evidence() {
  step=$1
  file=$2
  shift 2
  if "$@" > "$file" 2> "$file.error"; then
    rm -f "$file.error"
  elif grep -q -e NoSuchEntity -e ResourceNotFound "$file.error"; then
    :
  else
    cat "$file.error" >&2
    fail "$step"
  fi
}

# Shows what stands there now, under what should.
check() {
  step=$1
  echo "$step: $2"
  shift 2
  "$@" || fail "$step"
}

mkdir -p evidence || fail evidence
"#;

const END: &str = r#"
if [ -n "$failed" ]; then
  echo "failed, wholly or in part:$failed" >&2
  exit 1
fi
"#;

impl Plan {
    /// The plan as a shell script.
    pub fn script(&self) -> String {
        let mut out = String::from("#!/bin/sh\n");
        comment(&mut out, &format!("Containment of {}", self.target));
        comment(
            &mut out,
            &format!("Plan {}, hash {}", self.plan_id(), self.hash),
        );
        comment(&mut out, &self.headline());
        for left in &self.still_alive_after {
            let line = format!(
                "  still alive: {}: {}",
                self.called(&left.credential),
                left.why
            );
            comment(&mut out, &line);
        }
        out.push_str(&HEAD.replace("AHEAD_S", &CUT_OFF_AHEAD_S.to_string()));
        let mut phase = None;
        for step in &self.steps {
            if phase != Some(step.phase) {
                phase = Some(step.phase);
                out.push('\n');
                comment(&mut out, &format!("== {} ==", step.phase.name()));
                if step.phase == Phase::SecondStamp {
                    out.push_str("sleep 60\n");
                }
            }
            self.script_step(step, &mut out);
        }
        self.write_checks(&mut out);
        out.push_str(END);
        out
    }

    /// Reads back what the steps of the script changed.
    fn write_checks(&self, out: &mut String) {
        let mut seen = BTreeSet::new();
        for step in self.steps.iter().filter(|step| !step.is_for_a_person()) {
            let Some(read) = step.read_back(&format!("in_account {}", quote(&step.account))) else {
                continue;
            };
            if seen.is_empty() {
                out.push('\n');
                comment(out, "== what stands there now ==");
            }
            if seen.insert(read.clone()) {
                let wanted = quote(&step.verify);
                out.push_str(&format!("check {} {wanted} {read}\n", step.id));
            }
        }
    }
}

impl Step {
    /// The step as `aws` commands, ready for a shell in which `CUT_OFF` is set where it is needed.
    pub fn commands(&self) -> Vec<String> {
        self.lines("aws")
    }

    fn lines(&self, aws: &str) -> Vec<String> {
        if self.service == "keyline" {
            return Vec::new();
        }
        if self.kind == "deny-by-organisation" {
            return self.organisation_policy(aws);
        }
        if is_sweep(self) {
            return self.other_keys(aws);
        }
        let operations: Vec<&str> = match self.phase {
            // A snapshot reads everything that it names.
            Phase::Evidence if !self.by_hand => self
                .requires
                .iter()
                .filter_map(|name| name.split_once(':').map(|(_, operation)| operation))
                .filter(|operation| !OF_EACH.contains(operation))
                .collect(),
            _ => vec![self.action.as_str()],
        };
        let first = operations.into_iter().map(|operation| {
            let told = self.params.iter().filter(|(name, _)| {
                // These say something to whoever takes the step, and nothing to AWS.
                let for_people = match self.kind.as_str() {
                    "rotate-access-key" => *name != "user_name",
                    "revoke-oauth-tokens" => *name == "principal",
                    "disable-person" => *name == "user_name",
                    "replace-instance-profile" | "snapshot-instance" => *name == "instance_id",
                    "deny-in-permission-set" | "provision-permission-set" => {
                        *name == "permission_set_name"
                    }
                    _ => false,
                };
                !for_people
            });
            self.command(aws, operation, told)
        });
        let then = self
            .then
            .iter()
            .map(|call| self.command_at(&call.service, aws, &call.action, call.params.iter()));
        first.chain(then).collect()
    }

    fn command<'a>(
        &self,
        aws: &str,
        operation: &str,
        params: impl Iterator<Item = (&'a String, &'a Value)>,
    ) -> String {
        self.command_at(&self.service, aws, operation, params)
    }

    fn command_at<'a>(
        &self,
        service: &str,
        aws: &str,
        operation: &str,
        params: impl Iterator<Item = (&'a String, &'a Value)>,
    ) -> String {
        let mut line = format!("{aws} {service} {}", command_name(operation));
        for (name, value) in params {
            option(&mut line, name, value);
        }
        self.in_region(service, &mut line);
        line
    }

    /// The command that shows whether the step was taken; none where nothing reads it.
    fn read_back(&self, aws: &str) -> Option<String> {
        if self.kind == "deny-by-organisation" {
            let target = self.params.get("target_id")?;
            let params = Map::from_iter([
                ("filter".to_owned(), json!("SERVICE_CONTROL_POLICY")),
                ("target_id".to_owned(), target.clone()),
            ]);
            return Some(self.command(aws, "ListPoliciesForTarget", params.iter()));
        }
        let (_, read, names) = READS.iter().find(|row| row.0 == self.action)?;
        let named = self
            .params
            .iter()
            .filter(|(name, _)| names.contains(&name.as_str()));
        Some(self.command(aws, read, named))
    }

    /// Whether the script has the step as a comment only.
    fn is_for_a_person(&self) -> bool {
        self.by_hand || self.needs_confirmation || self.opens_a_file() || self.writes_over()
    }

    /// Whether the step writes an older state over the present one: the script does not compare that with what the
    /// tree left there.
    fn writes_over(&self) -> bool {
        self.kind == RESTORE && self.undo.is_some()
    }

    /// From where and with what a key was used that the step is about: whom to ask who needs another.
    pub fn used_by(&self) -> Vec<String> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let sources = self.params.get("used_from").and_then(Value::as_array);
        let sources = sources.into_iter().flatten().map(|source| {
            let calls = source["event_count"].as_u64().unwrap_or_default();
            format!(
                "{}: {}, the last {}",
                text(&source["address"]),
                counted(usize::try_from(calls).unwrap_or(usize::MAX), "call"),
                text(&source["last_used"])
            )
        });
        let agents = self.params.get("used_by_agents").and_then(Value::as_array);
        let agents = agents.into_iter().flatten();
        let agents = agents.map(|agent| format!("the program {}", text(agent)));
        sources.chain(agents).collect()
    }

    /// Keys that are known only once they are listed. One that fails leaves no other on.
    fn other_keys(&self, aws: &str) -> Vec<String> {
        let mut user = String::new();
        option(&mut user, "user_name", &json!(user_of(self)));
        let mut region = String::new();
        self.in_region(&self.service, &mut region);
        let query = quote("AccessKeyMetadata[?Status=='Active'].AccessKeyId");
        vec![
            format!(
                "keys=$({aws} iam list-access-keys{user} --query {query} --output text{region})"
            ),
            format!(
                "(end=0; for key in $keys; do {aws} iam update-access-key{user} --access-key-id \"$key\" \
                 --status Inactive{region} || end=1; done; exit \"$end\")"
            ),
        ]
    }

    /// The policy is looked up by its name before it is made: a second run brings the one that is there up to date.
    fn organisation_policy(&self, aws: &str) -> Vec<String> {
        let text = |name: &str| self.params.get(name).and_then(Value::as_str).unwrap_or("");
        let query = format!("Policies[?Name=='{}'].Id", text("name"));
        let target = quote(text("target_id"));
        vec![
            format!(
                "policy_id=$({aws} organizations list-policies --filter SERVICE_CONTROL_POLICY --query {} \
                 --output text)",
                quote(&query)
            ),
            format!(
                "if [ -n \"$policy_id\" ]; then {aws} organizations update-policy --policy-id \"$policy_id\" \
                 --content {content}; else policy_id=$({aws} organizations create-policy --name {} --type {} \
                 --description {} --content {content} --query Policy.PolicySummary.Id --output text); fi",
                quote(text("name")),
                quote(text("type")),
                quote(text("description")),
                content = quote(text("content")),
            ),
            format!(
                "attached=$({aws} organizations list-policies-for-target --target-id {target} --filter \
                 SERVICE_CONTROL_POLICY --query \"Policies[?Id=='$policy_id'].Id\" --output text)",
            ),
            format!(
                "[ -n \"$attached\" ] || {aws} organizations attach-policy --policy-id \"$policy_id\" --target-id \
                 {target}",
            ),
        ]
    }

    /// Services that stand once in a partition need a region only to be told which partition that is.
    fn in_region(&self, service: &str, line: &mut String) {
        let partition = Partition::of_region(&self.region);
        let once = is_global(service);
        let region = match (once, self.region.as_str()) {
            (true, "") => return,
            (true, _) if partition == Partition::Aws => return,
            (true, _) => partition.home_region(),
            // No record says where it is: whoever takes the step looks it up.
            (false, "") => "THE-REGION",
            (false, region) => region,
        };
        line.push_str(" --region ");
        line.push_str(&quote(region));
    }
}

impl Step {
    /// Whether the command line would not take a value of the step as it is: `aws` replaces `file://…` by what
    /// the file holds, and sends it. A name in a log may begin so.
    pub(crate) fn opens_a_file(&self) -> bool {
        let then = self.then.iter().flat_map(|call| &call.params);
        let mut params = self.params.iter().chain(then);
        params.any(|(name, value)| name != "queue_url" && opens_a_file(value))
    }
}

fn opens_a_file(value: &Value) -> bool {
    match value {
        Value::String(text) => {
            let start = text.trim_start().to_ascii_lowercase();
            ["file:", "fileb:", "http:", "https:"].iter().any(|scheme| {
                start
                    .strip_prefix(scheme)
                    .is_some_and(|rest| rest.starts_with("//"))
            })
        }
        Value::Array(items) => items.iter().any(opens_a_file),
        Value::Object(members) => members.values().any(opens_a_file),
        _ => false,
    }
}

impl Plan {
    fn script_step(&self, step: &Step, out: &mut String) {
        comment(out, &format!("{}. {}: {}", step.id, step.title(), step.why));
        if step.phase != Phase::SecondStamp {
            for hit in step.breaks.iter().take(HITS_MAX) {
                comment(out, &format!("  hits {}", self.called(hit)));
            }
            if step.breaks_count > HITS_MAX {
                let more = step.breaks_count - HITS_MAX;
                comment(out, &format!("  and hits {more} more"));
            }
            for cut in &step.cuts_off {
                comment(out, &format!("  cuts off {cut}"));
            }
        }
        // Which account it is only whoever takes the step knows.
        let account = match step.account.as_str() {
            "" => "THE-MANAGEMENT-ACCOUNT".to_owned(),
            account => quote(account),
        };
        let dangerous = step.opens_a_file();
        let by_a_person = step.is_for_a_person();
        for used in step.used_by() {
            comment(out, &format!("  used by {used}"));
        }
        let lines = step.lines(&format!("in_account {account}"));
        // What came before may have taken its time: each denial by age has its own instant.
        if lines.iter().any(|line| line.contains(CUT_OFF_VARIABLE)) {
            out.push_str(if by_a_person {
                "#   stamp\n"
            } else {
                "stamp\n"
            });
        }
        for (place, line) in lines.iter().enumerate() {
            let number = place + 1;
            out.push_str(&match (by_a_person, step.phase) {
                (true, _) => format!("#   {line}\n"),
                (false, Phase::Evidence) => {
                    let file = quote(&format!("evidence/{}-{number}.json", step.id));
                    format!("evidence {} {file} {line}\n", step.id)
                }
                (false, _) => format!("{line} || fail {}\n", step.id),
            });
        }
        if by_a_person {
            let what = match (dangerous, step.by_hand) {
                (true, _) => {
                    "not as it stands here: `aws` would open the file or the address in it"
                }
                (false, true) => "by hand",
                (false, false) if step.writes_over() => {
                    "only after a look whether it is still what the tree left there"
                }
                (false, false) => "only after a confirmation of its own",
            };
            comment(out, &format!("  ({what})"));
        }
        if by_a_person && step.phase != Phase::Evidence {
            comment(out, &format!("  check: {}", step.verify));
        }
    }
}

/// An option of the command line, from a parameter.
fn option(line: &mut String, name: &str, value: &Value) {
    let name = name.replace('_', "-");
    match value {
        Value::Null => {}
        Value::Bool(true) => line.push_str(&format!(" --{name}")),
        // The command line has a word of its own for this one.
        Value::Bool(false) if name == "egress" => line.push_str(" --ingress"),
        Value::Bool(false) => line.push_str(&format!(" --no-{name}")),
        // A name may begin like an option, and then stands with its own.
        Value::String(text) if text.starts_with('-') => {
            line.push_str(&format!(" --{name}={}", quote(text)));
        }
        Value::String(text) => line.push_str(&format!(" --{name} {}", quote(text))),
        Value::Array(items) if items.iter().all(Value::is_string) => {
            line.push_str(&format!(" --{name}"));
            for item in items {
                line.push(' ');
                line.push_str(&quote(item.as_str().unwrap_or_default()));
            }
        }
        other => line.push_str(&format!(" --{name} {}", quote(&other.to_string()))),
    }
}

/// Text that the shell takes as it is, but for the instant that is filled in.
fn quote(text: &str) -> String {
    let parts: Vec<String> = text.split(CUT_OFF).map(quote_plain).collect();
    parts.join(CUT_OFF_VARIABLE)
}

fn quote_plain(text: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_-./:@=,+".contains(letter);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    if !text.chars().any(misleads) {
        return format!("'{}'", text.replace('\'', r"'\''"));
    }
    let mut escaped = String::new();
    for letter in text.chars() {
        match letter {
            '\\' => escaped.push_str(r"\\"),
            '\'' => escaped.push_str(r"\0047"),
            letter if misleads(letter) => {
                let mut bytes = [0; 4];
                for byte in letter.encode_utf8(&mut bytes).bytes() {
                    escaped.push_str(&format!("\\0{byte:03o}"));
                }
            }
            letter => escaped.push(letter),
        }
    }
    format!("\"$(printf '%b' '{escaped}')\"")
}

fn comment(out: &mut String, text: &str) {
    out.push_str("# ");
    out.extend(text.chars().map(|letter| match misleads(letter) {
        true => '\u{fffd}',
        false => letter,
    }));
    out.push('\n');
}

/// The command of an operation: `ListMFADevices` is `list-mfa-devices`.
pub fn command_name(operation: &str) -> String {
    let letters: Vec<char> = operation.chars().collect();
    let mut out = String::new();
    for (place, letter) in letters.iter().enumerate() {
        let before = place.checked_sub(1).map(|place| letters[place]);
        let after = letters.get(place + 1);
        let starts_word = letter.is_ascii_uppercase()
            && before.is_some_and(|before| {
                before.is_ascii_lowercase()
                    || before.is_ascii_digit()
                    || after.is_some_and(char::is_ascii_lowercase)
            });
        if starts_word {
            out.push('-');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_commands() {
        for (operation, command) in [
            ("UpdateAccessKey", "update-access-key"),
            ("ListMFADevices", "list-mfa-devices"),
            ("ListSSHPublicKeys", "list-ssh-public-keys"),
            (
                "DeleteOpenIDConnectProvider",
                "delete-open-id-connect-provider",
            ),
            ("DeleteDBInstance", "delete-db-instance"),
            ("GetSAMLProvider", "get-saml-provider"),
            ("ModifyDBSnapshotAttribute", "modify-db-snapshot-attribute"),
        ] {
            assert_eq!(command_name(operation), command);
        }
    }
}
