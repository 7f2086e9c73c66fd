//! The tactics of MITRE ATT&CK as alerts name them, with the ids and names that other formats want.

/// Sentinel's spelling, ATT&CK's id and ATT&CK's name.
const TACTICS: [(&str, &str, &str); 14] = [
    ("Reconnaissance", "TA0043", "Reconnaissance"),
    ("ResourceDevelopment", "TA0042", "Resource Development"),
    ("InitialAccess", "TA0001", "Initial Access"),
    ("Execution", "TA0002", "Execution"),
    ("Persistence", "TA0003", "Persistence"),
    ("PrivilegeEscalation", "TA0004", "Privilege Escalation"),
    ("DefenseEvasion", "TA0005", "Defense Evasion"),
    ("CredentialAccess", "TA0006", "Credential Access"),
    ("Discovery", "TA0007", "Discovery"),
    ("LateralMovement", "TA0008", "Lateral Movement"),
    ("Collection", "TA0009", "Collection"),
    ("CommandAndControl", "TA0011", "Command and Control"),
    ("Exfiltration", "TA0010", "Exfiltration"),
    ("Impact", "TA0040", "Impact"),
];

/// The id and name of a tactic that ATT&CK has.
pub(crate) fn tactic(text: &str) -> Option<(&'static str, &'static str)> {
    let found = TACTICS.iter().find(|(spelling, _, _)| *spelling == text);
    found.map(|(_, id, name)| (*id, *name))
}

/// The name of a tactic, or the text itself where it is none.
pub(crate) fn name(text: &str) -> &str {
    tactic(text).map_or(text, |(_, name)| name)
}
