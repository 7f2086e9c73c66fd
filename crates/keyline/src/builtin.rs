//! The rules that Keyline brings, embedded from `rules/`.

use keyline_detect::load::{Loaded, Origin, load_text};

macro_rules! rules {
    ($($path:literal),* $(,)?) => {
        /// Path below the repository and text of each.
        pub const RULES: &[(&str, &str)] =
            &[$((concat!("rules/", $path), include_str!(concat!("../../../rules/", $path)))),*];
    };
}

rules![
    "credential-access/function-credentials-outside-their-function.yaml",
    "credential-access/instance-credentials-from-a-second-network.yaml",
    "credential-access/instance-credentials-on-another-system.yaml",
    "credential-access/key-used-from-two-networks-at-once.yaml",
    "credential-access/mfa-codes-guessed.yaml",
    "credential-access/mfa-device-first-seen.yaml",
    "credential-access/mfa-session-from-another-address.yaml",
    "credential-access/one-mfa-device-for-two.yaml",
    "credential-access/task-credentials-outside-their-task.yaml",
    "defense-evasion/credential-used-after-it-was-stopped.yaml",
    "defense-evasion/mfa-removed-then-sign-in.yaml",
    "defense-evasion/session-named-like-an-instance.yaml",
    "discovery/instance-recon-then-enumeration.yaml",
    "discovery/instance-role-reads-iam.yaml",
    "discovery/long-term-key-reconnaissance.yaml",
    "execution/known-tool.yaml",
    "exfiltration/bucket-read-in-turns.yaml",
    "impact/instance-role-burst-of-changes.yaml",
    "initial-access/federation-token-then-console.yaml",
    "initial-access/quarantine-policy-attached.yaml",
    "initial-access/role-taken-from-a-foreign-account.yaml",
    "lateral-movement/role-chain-into-a-foreign-account.yaml",
    "lateral-movement/role-session-turned-into-a-console.yaml",
    "lateral-movement/sign-in-token-by-a-tool.yaml",
    "persistence/access-key-made-by-a-session.yaml",
    "persistence/credential-minted-below-a-stopped-one.yaml",
    "persistence/credential-outlives-its-parent.yaml",
    "persistence/key-made-for-another-user.yaml",
    "persistence/many-live-session-tokens.yaml",
    "persistence/many-session-tokens.yaml",
    "persistence/mfa-device-enrolled-for-another.yaml",
    "persistence/new-key-first-used-elsewhere.yaml",
    "persistence/role-juggling.yaml",
    "persistence/roles-anywhere-opened.yaml",
    "persistence/second-key-kept-in-reserve.yaml",
    "persistence/session-token-of-long-duration.yaml",
    "persistence/sleeping-sibling-wakes.yaml",
    "persistence/trust-policy-opened-to-strangers.yaml",
    "privilege-escalation/assume-root.yaml",
    "privilege-escalation/instance-role-writes-iam.yaml",
    "privilege-escalation/role-brute-force.yaml",
    "privilege-escalation/role-chain-of-three.yaml",
    "privilege-escalation/role-pair-first-seen.yaml",
    "privilege-escalation/user-assumes-many-roles.yaml",
];

/// Adds them to what was loaded.
pub fn load(loaded: &mut Loaded) {
    for (file, text) in RULES {
        load_text(file, text.as_bytes(), Origin::Named, loaded);
    }
}

#[cfg(test)]
mod tests {
    use super::RULES;

    #[test]
    fn every_rule_of_the_folder_is_embedded() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../rules");
        let mut found = Vec::new();
        for tactic in std::fs::read_dir(folder).unwrap() {
            for file in std::fs::read_dir(tactic.unwrap().path()).unwrap() {
                let path = file.unwrap().path();
                if keyline_detect::cases::is_test_file(&path) {
                    continue;
                }
                let below = path
                    .strip_prefix(folder)
                    .unwrap()
                    .to_string_lossy()
                    .into_owned();
                found.push(format!("rules/{below}"));
            }
        }
        found.sort();
        assert_eq!(
            found,
            RULES
                .iter()
                .map(|(path, _)| (*path).to_owned())
                .collect::<Vec<_>>()
        );
    }
}
