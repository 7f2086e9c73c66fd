//! The rules that Keyline brings, embedded from `rules/`.

use keyline_detect::load::{Loaded, Origin, load_text};
use keyline_detect::rule::Rule;

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
    "credential-access/long-term-key-from-two-networks.yaml",
    "credential-access/mfa-codes-guessed.yaml",
    "credential-access/mfa-device-first-seen.yaml",
    "credential-access/mfa-session-from-another-address.yaml",
    "credential-access/one-mfa-device-for-two.yaml",
    "credential-access/task-credentials-outside-their-task.yaml",
    "defense-evasion/credential-used-after-it-was-stopped.yaml",
    "defense-evasion/mfa-removed-then-sign-in.yaml",
    "defense-evasion/session-named-like-an-instance.yaml",
    "discovery/instance-recon-over-a-day.yaml",
    "discovery/instance-recon-then-enumeration.yaml",
    "discovery/instance-role-reads-iam.yaml",
    "discovery/long-term-key-reconnaissance.yaml",
    "execution/known-tool.yaml",
    "exfiltration/bucket-read-for-the-first-time.yaml",
    "exfiltration/bucket-read-in-turns.yaml",
    "impact/instance-role-burst-of-changes.yaml",
    "initial-access/federation-token-then-console.yaml",
    "initial-access/quarantine-policy-attached.yaml",
    "initial-access/role-taken-from-a-foreign-account.yaml",
    "lateral-movement/chained-session-used-elsewhere.yaml",
    "lateral-movement/role-chain-into-a-foreign-account.yaml",
    "lateral-movement/role-chain-under-another-name.yaml",
    "lateral-movement/role-session-turned-into-a-console.yaml",
    "lateral-movement/sign-in-token-by-a-tool.yaml",
    "persistence/access-key-made-by-a-session.yaml",
    "persistence/chained-session-asked-for-too-long.yaml",
    "persistence/credential-minted-below-a-stopped-one.yaml",
    "persistence/credential-outlives-its-parent.yaml",
    "persistence/key-made-for-another-user.yaml",
    "persistence/many-live-session-tokens.yaml",
    "persistence/many-role-sessions.yaml",
    "persistence/many-session-tokens.yaml",
    "persistence/mfa-device-enrolled-for-another.yaml",
    "persistence/new-key-first-used-elsewhere.yaml",
    "persistence/role-juggling.yaml",
    "persistence/role-taken-again-after-a-revocation.yaml",
    "persistence/roles-anywhere-opened.yaml",
    "persistence/second-key-kept-in-reserve.yaml",
    "persistence/session-token-of-long-duration.yaml",
    "persistence/session-tokens-refused.yaml",
    "persistence/sleeping-sibling-wakes.yaml",
    "persistence/trust-policy-opened-to-strangers.yaml",
    "privilege-escalation/assume-root.yaml",
    "privilege-escalation/instance-role-writes-iam.yaml",
    "privilege-escalation/role-brute-force.yaml",
    "privilege-escalation/role-chain-of-three.yaml",
    "privilege-escalation/role-pair-first-seen.yaml",
    "privilege-escalation/user-assumes-many-roles.yaml",
];

/// Adds them to what was loaded; a rule that is there already under the id of one takes its place.
pub fn load(loaded: &mut Loaded) {
    for (file, text) in RULES {
        load_text(file, text.as_bytes(), Origin::BuiltIn, loaded);
    }
}

/// They alone.
pub fn rules() -> Vec<Rule> {
    let mut loaded = Loaded::default();
    load(&mut loaded);
    loaded.rules
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use keyline_detect::cases::{self, Case};
    use keyline_detect::rule::Rule;

    use super::{RULES, rules};

    /// The techniques of ATT&CK that rules may name, with their tactics as Sentinel writes them, as of
    /// [`keyline_detect::rule::ATTACK_VERSION`]. A technique that ATT&CK takes away is taken away here, and the rules are found by this.
    const TECHNIQUES: &[(&str, &[&str])] = &[
        ("T1021.007", &["LateralMovement"]),
        ("T1036", &["DefenseEvasion"]),
        ("T1059.009", &["Execution"]),
        ("T1069.003", &["Discovery"]),
        (
            "T1078.004",
            &[
                "DefenseEvasion",
                "Persistence",
                "PrivilegeEscalation",
                "InitialAccess",
            ],
        ),
        ("T1087.004", &["Discovery"]),
        ("T1098", &["Persistence", "PrivilegeEscalation"]),
        ("T1098.001", &["Persistence", "PrivilegeEscalation"]),
        ("T1098.003", &["Persistence", "PrivilegeEscalation"]),
        ("T1098.005", &["Persistence", "PrivilegeEscalation"]),
        ("T1110", &["CredentialAccess"]),
        ("T1111", &["CredentialAccess"]),
        ("T1136.003", &["Persistence"]),
        ("T1199", &["InitialAccess"]),
        ("T1484.002", &["DefenseEvasion", "PrivilegeEscalation"]),
        ("T1496", &["Impact"]),
        ("T1526", &["Discovery"]),
        ("T1530", &["Collection"]),
        ("T1537", &["Exfiltration"]),
        ("T1548.005", &["PrivilegeEscalation", "DefenseEvasion"]),
        ("T1550.001", &["DefenseEvasion", "LateralMovement"]),
        ("T1552", &["CredentialAccess"]),
        ("T1552.001", &["CredentialAccess"]),
        ("T1552.005", &["CredentialAccess"]),
        (
            "T1556",
            &["CredentialAccess", "DefenseEvasion", "Persistence"],
        ),
        (
            "T1556.006",
            &["CredentialAccess", "DefenseEvasion", "Persistence"],
        ),
        ("T1567.002", &["Exfiltration"]),
        ("T1578.001", &["DefenseEvasion"]),
        ("T1578.002", &["DefenseEvasion"]),
        ("T1580", &["Discovery"]),
        ("T1619", &["Discovery"]),
        ("T1621", &["CredentialAccess"]),
    ];

    /// What a rule lacks of what each must have, in words.
    fn lacking(rule: &Rule) -> Vec<String> {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../").to_owned() + &rule.file;
        let path = cases::beside(file.as_ref());
        let text = std::fs::read_to_string(&path).unwrap();
        let tests = cases::read(&rule.file, &text).unwrap();
        let count = |is: &dyn Fn(&Case) -> bool| tests.cases.iter().filter(|case| is(case)).count();
        let positive = count(&|case| !case.is_negative());
        let negative = count(&Case::is_negative);
        let caught = count(&|case| case.is_evasion && !case.is_negative());
        let known = |id: &String| TECHNIQUES.iter().find(|(known, _)| known == id);
        let backed: BTreeSet<&str> = rule
            .techniques
            .iter()
            .filter_map(known)
            .flat_map(|(_, tactics)| tactics.iter().copied())
            .collect();
        let is_named = |tactics: &[&str]| {
            rule.tactics
                .iter()
                .any(|one| tactics.contains(&one.as_str()))
        };
        let strays: Vec<&str> = rule
            .techniques
            .iter()
            .filter_map(known)
            .filter(|(_, tactics)| !is_named(tactics))
            .map(|(id, _)| *id)
            .collect();
        let text = rule.overrides.description.as_deref().unwrap_or_default();
        let keys = &rule.keyline;
        [
            (positive < 2, format!("{positive} cases in which it fires")),
            (
                negative < 3,
                format!("{negative} cases in which it keeps quiet"),
            ),
            (
                caught < 1,
                "no attempt to get around it that it catches".to_owned(),
            ),
            (keys.evasions.is_empty(), "no ways around it".to_owned()),
            (
                keys.false_positives.is_empty(),
                "no false positives".to_owned(),
            ),
            (keys.references.is_empty(), "no references".to_owned()),
            (
                keys.analytics.is_empty(),
                "no number of the analytics".to_owned(),
            ),
            (rule.severity.is_none(), "no severity".to_owned()),
            (rule.techniques.is_empty(), "no techniques".to_owned()),
            (
                !text.contains("Next: "),
                "a text that says what to do next".to_owned(),
            ),
            (
                !rule.techniques.iter().all(|id| known(id).is_some()),
                format!("techniques that ATT&CK has: {:?}", rule.techniques),
            ),
            (
                !strays.is_empty(),
                format!("a tactic of these techniques: {strays:?}"),
            ),
            (
                !rule
                    .tactics
                    .iter()
                    .all(|tactic| backed.contains(tactic.as_str())),
                format!("techniques for {:?}, which have {backed:?}", rule.tactics),
            ),
        ]
        .into_iter()
        .filter_map(|(lacks, what)| lacks.then(|| format!("{}: {what}", rule.file)))
        .collect()
    }

    #[test]
    fn every_rule_has_what_each_must_have() {
        let lacking: Vec<String> = rules().iter().flat_map(lacking).collect();
        assert!(lacking.is_empty(), "{}", lacking.join("\n"));
    }

    #[test]
    fn every_rule_of_the_folder_is_embedded() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../rules");
        let mut found = Vec::new();
        for tactic in std::fs::read_dir(folder).unwrap() {
            for file in std::fs::read_dir(tactic.unwrap().path()).unwrap() {
                let path = file.unwrap().path();
                if cases::is_test_file(&path) {
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
