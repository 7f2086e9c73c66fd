//! The provider's keys, and whether one of them signed something.
//!
//! In: a key set (RFC 7517), the algorithm that a token names. Out: yes or no. The algorithm must be one of the table
//! and fit the key's own kind, so that no token chooses how it is checked: `none`, and everything with a shared secret,
//! are no rows of it.

use data_encoding::BASE64URL_NOPAD;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256,
    RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};
use serde_json::Value;

use crate::error::Error;
use crate::limits::{KEYS_MAX, TEXT_BYTES_MAX};

pub(crate) struct Keys(Vec<Key>);

struct Key {
    id: Option<String>,
    /// The one algorithm that it is for, where it says so.
    algorithm: Option<String>,
    material: Material,
}

enum Material {
    Rsa {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
    /// A point or a key as the algorithm has it, and the curve's name.
    Curve(&'static str, Vec<u8>),
}

/// How an algorithm is checked.
enum Check {
    Rsa(&'static RsaParameters),
    Curve(&'static str, &'static dyn VerificationAlgorithm),
}

/// The algorithms that are believed.
fn check_of(algorithm: &str) -> Option<Check> {
    Some(match algorithm {
        "RS256" => Check::Rsa(&RSA_PKCS1_2048_8192_SHA256),
        "RS384" => Check::Rsa(&RSA_PKCS1_2048_8192_SHA384),
        "RS512" => Check::Rsa(&RSA_PKCS1_2048_8192_SHA512),
        "PS256" => Check::Rsa(&RSA_PSS_2048_8192_SHA256),
        "ES256" => Check::Curve("P-256", &ECDSA_P256_SHA256_FIXED),
        "ES384" => Check::Curve("P-384", &ECDSA_P384_SHA384_FIXED),
        "EdDSA" => Check::Curve("Ed25519", &ED25519),
        _ => return None,
    })
}

/// Whether tokens of an algorithm are looked at at all.
pub(crate) fn is_believed(algorithm: &str) -> bool {
    check_of(algorithm).is_some()
}

impl Keys {
    /// Keys of other kinds and uses are passed over, as the standard has it.
    pub(crate) fn read(document: &Value) -> Result<Keys, Error> {
        let Some(listed) = document["keys"].as_array() else {
            return Err(Error::provider("the provider's key set has no `keys`"));
        };
        if listed.len() > KEYS_MAX {
            return Err(Error::provider(format!(
                "the provider's key set has {} keys; at most {KEYS_MAX} are read",
                listed.len()
            )));
        }
        Ok(Keys(listed.iter().filter_map(key).collect()))
    }

    /// Whether there is a key that a token may be signed by: of this name, if it names one, and for its algorithm.
    pub(crate) fn has(&self, id: Option<&str>, algorithm: &str) -> bool {
        self.fitting(id, algorithm).next().is_some()
    }

    /// Whether one of those keys signed a message.
    pub(crate) fn signed(
        &self,
        id: Option<&str>,
        algorithm: &str,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        self.fitting(id, algorithm)
            .any(|(check, key)| match (check, &key.material) {
                (Check::Rsa(check), Material::Rsa { modulus, exponent }) => {
                    let key = RsaPublicKeyComponents {
                        n: modulus,
                        e: exponent,
                    };
                    key.verify(check, message, signature).is_ok()
                }
                (Check::Curve(_, check), Material::Curve(_, key)) => {
                    let key = UnparsedPublicKey::new(check, key);
                    key.verify(message, signature).is_ok()
                }
                _ => false,
            })
    }

    fn fitting<'a>(
        &'a self,
        id: Option<&'a str>,
        algorithm: &'a str,
    ) -> impl Iterator<Item = (Check, &'a Key)> {
        self.0.iter().filter_map(move |key| {
            let check = check_of(algorithm)?;
            let is_kind = match (&check, &key.material) {
                (Check::Rsa(_), Material::Rsa { .. }) => true,
                (Check::Curve(wanted, _), Material::Curve(curve, _)) => wanted == curve,
                _ => false,
            };
            let is_named = id.is_none() || key.id.as_deref() == id;
            let is_for = key.algorithm.as_deref().is_none_or(|own| own == algorithm);
            (is_kind && is_named && is_for).then_some((check, key))
        })
    }
}

fn key(value: &Value) -> Option<Key> {
    let text = |name: &str| value[name].as_str();
    let bytes = |name: &str| BASE64URL_NOPAD.decode(text(name)?.as_bytes()).ok();
    let point = |size: usize| {
        let (x, y) = (bytes("x")?, bytes("y")?);
        // 4: both coordinates follow.
        (x.len() == size && y.len() == size).then(|| [&[4][..], &x, &y].concat())
    };
    if text("use").is_some_and(|purpose| purpose != "sig") {
        return None;
    }
    let material = match (text("kty")?, text("crv")) {
        ("RSA", _) => Material::Rsa {
            modulus: without_zeros(bytes("n")?),
            exponent: without_zeros(bytes("e")?),
        },
        ("EC", Some("P-256")) => Material::Curve("P-256", point(32)?),
        ("EC", Some("P-384")) => Material::Curve("P-384", point(48)?),
        ("OKP", Some("Ed25519")) => Material::Curve("Ed25519", bytes("x")?),
        _ => return None,
    };
    Some(Key {
        id: text("kid")
            .filter(|id| id.len() <= TEXT_BYTES_MAX)
            .map(str::to_owned),
        algorithm: text("alg").map(str::to_owned),
        material,
    })
}

/// Some providers write a number with zeros before it, which `ring` takes for another one.
fn without_zeros(mut bytes: Vec<u8>) -> Vec<u8> {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.drain(..zeros);
    bytes
}
