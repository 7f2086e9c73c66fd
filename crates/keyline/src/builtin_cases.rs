//! The cases of the rules that Keyline brings, embedded from `rules/`: whoever looks at a rule can have them run.

use keyline_detect::cases;

macro_rules! cases {
    ($($path:literal),* $(,)?) => {
        /// Path below the repository and text of each file.
        const CASES: &[(&str, &str)] =
            &[$((concat!("rules/", $path), include_str!(concat!("../../../rules/", $path)))),*];
    };
}

cases![
    "credential-access/function-credentials-outside-their-function.test.yaml",
    "credential-access/instance-credentials-from-a-second-network.test.yaml",
    "credential-access/instance-credentials-on-another-system.test.yaml",
    "credential-access/key-used-from-two-networks-at-once.test.yaml",
    "credential-access/long-term-key-from-two-networks.test.yaml",
    "credential-access/mfa-codes-guessed.test.yaml",
    "credential-access/mfa-device-first-seen.test.yaml",
    "credential-access/mfa-session-from-another-address.test.yaml",
    "credential-access/one-mfa-device-for-two.test.yaml",
    "credential-access/task-credentials-outside-their-task.test.yaml",
    "defense-evasion/credential-used-after-it-was-stopped.test.yaml",
    "defense-evasion/mfa-removed-then-sign-in.test.yaml",
    "defense-evasion/session-named-like-an-instance.test.yaml",
    "discovery/instance-recon-over-a-day.test.yaml",
    "discovery/instance-recon-then-enumeration.test.yaml",
    "discovery/instance-role-reads-iam.test.yaml",
    "discovery/long-term-key-reconnaissance.test.yaml",
    "execution/known-tool.test.yaml",
    "exfiltration/bucket-read-for-the-first-time.test.yaml",
    "exfiltration/bucket-read-in-turns.test.yaml",
    "impact/instance-role-burst-of-changes.test.yaml",
    "initial-access/federation-token-then-console.test.yaml",
    "initial-access/quarantine-policy-attached.test.yaml",
    "initial-access/role-taken-from-a-foreign-account.test.yaml",
    "lateral-movement/chained-session-used-elsewhere.test.yaml",
    "lateral-movement/role-chain-into-a-foreign-account.test.yaml",
    "lateral-movement/role-chain-under-another-name.test.yaml",
    "lateral-movement/role-session-turned-into-a-console.test.yaml",
    "lateral-movement/sign-in-token-by-a-tool.test.yaml",
    "persistence/access-key-made-by-a-session.test.yaml",
    "persistence/chained-session-asked-for-too-long.test.yaml",
    "persistence/credential-minted-below-a-stopped-one.test.yaml",
    "persistence/credential-outlives-its-parent.test.yaml",
    "persistence/key-made-for-another-user.test.yaml",
    "persistence/many-live-session-tokens.test.yaml",
    "persistence/many-role-sessions.test.yaml",
    "persistence/many-session-tokens.test.yaml",
    "persistence/mfa-device-enrolled-for-another.test.yaml",
    "persistence/new-key-first-used-elsewhere.test.yaml",
    "persistence/role-juggling.test.yaml",
    "persistence/role-taken-again-after-a-revocation.test.yaml",
    "persistence/roles-anywhere-opened.test.yaml",
    "persistence/second-key-kept-in-reserve.test.yaml",
    "persistence/session-token-of-long-duration.test.yaml",
    "persistence/session-tokens-refused.test.yaml",
    "persistence/sleeping-sibling-wakes.test.yaml",
    "persistence/trust-policy-opened-to-strangers.test.yaml",
    "privilege-escalation/assume-root.test.yaml",
    "privilege-escalation/instance-role-writes-iam.test.yaml",
    "privilege-escalation/role-brute-force.test.yaml",
    "privilege-escalation/role-chain-of-three.test.yaml",
    "privilege-escalation/role-pair-first-seen.test.yaml",
    "privilege-escalation/user-assumes-many-roles.test.yaml",
];

/// The cases of a rule by its file, as `builtin::RULES` names it.
pub fn of(rule: &str) -> Option<&'static str> {
    let wanted = cases::beside(rule.as_ref());
    let found = CASES
        .iter()
        .find(|(path, _)| wanted == std::path::Path::new(path));
    found.map(|(_, text)| *text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builtin::RULES;

    #[test]
    fn every_rule_has_its_cases_here() {
        for (rule, _) in RULES {
            assert!(
                of(rule).is_some(),
                "`builtin_cases.rs` lacks those of {rule}"
            );
        }
    }
}
