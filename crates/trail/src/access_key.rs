//! Ids of access keys and principals: what their first letters say, and whose they are.

use data_encoding::BASE32_NOPAD;

/// What sort of thing an id names, by its first four letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IdKind {
    /// `AKIA`: a long-term access key.
    LongTermKey,
    /// `ASIA`: the key id of temporary credentials.
    TemporaryKey,
    User,
    Role,
    Group,
    InstanceProfile,
    ManagedPolicy,
    PolicyVersion,
    PublicKey,
    Certificate,
    BearerToken,
    ContextCredential,
}

/// What an id names. Documentation uses long-term ids for temporary keys: whether a call was made with
/// temporary credentials is better told by its session.
pub fn id_kind(id: &str) -> Option<IdKind> {
    Some(match id.get(..4)? {
        "AKIA" => IdKind::LongTermKey,
        "ASIA" => IdKind::TemporaryKey,
        "AIDA" => IdKind::User,
        "AROA" => IdKind::Role,
        "AGPA" => IdKind::Group,
        "AIPA" => IdKind::InstanceProfile,
        "ANPA" => IdKind::ManagedPolicy,
        "ANVA" => IdKind::PolicyVersion,
        "APKA" => IdKind::PublicKey,
        "ASCA" => IdKind::Certificate,
        "ABIA" => IdKind::BearerToken,
        "ACCA" => IdKind::ContextCredential,
        _ => return None,
    })
}

/// Whether text looks like the id of an access key: `AKIA` or `ASIA`, then 12 to 28 capitals and digits.
pub fn is_access_key_id(text: &str) -> bool {
    matches!(
        id_kind(text),
        Some(IdKind::LongTermKey | IdKind::TemporaryKey)
    ) && (16..=32).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// The account that a key id was made for. Ids made before about 2019 hold no account: the result is then
/// some other number, so it only serves to notice what does not fit.
pub fn account_of_key(key_id: &str) -> Option<String> {
    if !is_access_key_id(key_id) {
        return None;
    }
    let coded = BASE32_NOPAD.decode(key_id.get(4..20)?.as_bytes()).ok()?;
    let high = coded
        .get(..6)?
        .iter()
        .fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
    Some(format!("{:012}", (high & 0x7fff_ffff_ff80) >> 7))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_by_prefix() {
        assert_eq!(id_kind("AROAEXAMPLEEXAMPLE123:alice"), Some(IdKind::Role));
        assert_eq!(id_kind("AK"), None);
        assert!(is_access_key_id("AKIAIOSFODNN7EXAMPLE"));
        assert!(!is_access_key_id("AKIA is a prefix"));
        assert!(!is_access_key_id("AIDAIOSFODNN7EXAMPLE"));
    }

    #[test]
    fn the_account_in_a_key() {
        // Made up: account 111122223333 in the 40 bits behind the first.
        let bits = 111_122_223_333u64 << 7;
        let mut coded = bits.to_be_bytes()[2..].to_vec();
        coded.extend([1, 2, 3, 4]);
        let key = format!("ASIA{}", BASE32_NOPAD.encode(&coded));
        assert_eq!(account_of_key(&key).as_deref(), Some("111122223333"));
        assert_eq!(account_of_key("AKIA"), None);
    }
}
