//! Tokens, good and bad, made with keys of the test's own: the RSA key beside this file opens nothing anywhere.

use std::sync::OnceLock;

use data_encoding::{BASE64_MIME, BASE64URL_NOPAD};
use ring::hmac;
use ring::rand::SystemRandom;
use ring::rsa;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
    KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RsaEncoding,
};
use serde_json::{Value, json};

use super::*;

const NOW: u64 = 1_700_000_000;
const EXPECTED: Expected<'_> = Expected {
    issuer: "https://login.example.com",
    client_id: "keyline",
    nonce: "the-nonce",
    now: NOW,
};

struct Signer {
    p256: EcdsaKeyPair,
    p384: EcdsaKeyPair,
    edwards: Ed25519KeyPair,
    rsa: rsa::KeyPair,
}

/// The provider's, and those of somebody else.
fn signer(whose: usize) -> &'static Signer {
    static SIGNERS: OnceLock<[Signer; 2]> = OnceLock::new();
    let made = || {
        let chance = SystemRandom::new();
        let curve = |kind| {
            let key = EcdsaKeyPair::generate_pkcs8(kind, &chance).unwrap();
            EcdsaKeyPair::from_pkcs8(kind, key.as_ref(), &chance).unwrap()
        };
        let edwards = Ed25519KeyPair::generate_pkcs8(&chance).unwrap();
        let rsa = include_str!("rsa_test_key.txt").replace('\n', "");
        let rsa = BASE64_MIME.decode(rsa.as_bytes()).unwrap();
        Signer {
            p256: curve(&ECDSA_P256_SHA256_FIXED_SIGNING),
            p384: curve(&ECDSA_P384_SHA384_FIXED_SIGNING),
            edwards: Ed25519KeyPair::from_pkcs8(edwards.as_ref()).unwrap(),
            rsa: rsa::KeyPair::from_pkcs8(&rsa).unwrap(),
        }
    };
    &SIGNERS.get_or_init(|| [made(), made()])[whose]
}

fn encoded(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

/// The provider's key set, with things in it that are no keys for signing.
fn set() -> Value {
    let it = signer(0);
    let curve = |pair: &EcdsaKeyPair, id: &str, name: &str| {
        let point = pair.public_key().as_ref();
        let (x, y) = point[1..].split_at(point.len() / 2);
        json!({"kty": "EC", "crv": name, "kid": id, "x": encoded(x), "y": encoded(y)})
    };
    let rsa: rsa::PublicKeyComponents<Vec<u8>> = it.rsa.public().into();
    // Some providers write zeros before the number.
    let modulus = encoded(&[&[0], &rsa.n[..]].concat());
    json!({"keys": [
        {"kty": "oct", "kid": "shared", "k": encoded(b"a secret that is known to both")},
        {"kty": "RSA", "use": "enc", "kid": "enc", "n": modulus, "e": encoded(&rsa.e)},
        {"kty": "RSA", "use": "sig", "kid": "rsa", "n": modulus, "e": encoded(&rsa.e)},
        {"kty": "RSA", "kid": "for-512", "alg": "RS512", "n": modulus, "e": encoded(&rsa.e)},
        curve(&it.p256, "p256", "P-256"),
        curve(&it.p384, "p384", "P-384"),
        {"kty": "OKP", "crv": "Ed25519", "kid": "ed", "x": encoded(it.edwards.public_key().as_ref())},
        {"kty": "EC", "crv": "P-256", "kid": "short", "x": "AA", "y": "AA"},
        {"kty": "EC", "crv": "secp256k1", "kid": "other"},
        7,
    ]})
}

fn head() -> Value {
    json!({"alg": "ES256", "kid": "p256", "typ": "JWT"})
}

fn claims() -> Value {
    json!({
        "iss": "https://login.example.com", "aud": "keyline", "nonce": "the-nonce", "sub": "a1",
        "iat": NOW, "exp": NOW + 300,
    })
}

fn with(document: Value, name: &str, value: Value) -> Value {
    let mut document = document;
    document[name] = value;
    document
}

fn without(document: Value, name: &str) -> Value {
    let mut document = document;
    document.as_object_mut().unwrap().remove(name);
    document
}

/// A token, signed as its head says.
fn token(whose: usize, head: &Value, claims: &Value) -> String {
    let it = signer(whose);
    let message = format!(
        "{}.{}",
        encoded(head.to_string().as_bytes()),
        encoded(claims.to_string().as_bytes())
    );
    let bytes = message.as_bytes();
    let chance = SystemRandom::new();
    let by_rsa = |how: &'static dyn RsaEncoding| {
        let mut signature = vec![0; it.rsa.public().modulus_len()];
        it.rsa.sign(how, &chance, bytes, &mut signature).unwrap();
        signature
    };
    let signature = match head["alg"].as_str().unwrap_or_default() {
        "ES256" => it.p256.sign(&chance, bytes).unwrap().as_ref().to_vec(),
        "ES384" => it.p384.sign(&chance, bytes).unwrap().as_ref().to_vec(),
        "EdDSA" => it.edwards.sign(bytes).as_ref().to_vec(),
        "RS256" => by_rsa(&RSA_PKCS1_SHA256),
        "RS512" => by_rsa(&RSA_PKCS1_SHA512),
        "PS256" => by_rsa(&RSA_PSS_SHA256),
        // The key that everybody can read, taken for a secret.
        "HS256" => {
            let key = hmac::Key::new(hmac::HMAC_SHA256, it.p256.public_key().as_ref());
            hmac::sign(&key, bytes).as_ref().to_vec()
        }
        _ => Vec::new(),
    };
    format!("{message}.{}", encoded(&signature))
}

#[track_caller]
fn expect(token: &str, says: &str) {
    let keys = Keys::read(&set()).unwrap();
    let told = match check(token, &keys, &EXPECTED) {
        Ok(claims) => format!("believed: {}", claims["sub"]),
        Err(Fault::UnknownKey) => "unknown key".to_owned(),
        Err(Fault::Wrong(why)) => why,
    };
    assert!(told.contains(says), "expected {says:?}, found {told:?}");
}

#[test]
fn the_providers_own_signatures_are_believed() {
    for (algorithm, id) in [
        ("ES256", "p256"),
        ("ES384", "p384"),
        ("EdDSA", "ed"),
        ("RS256", "rsa"),
        ("RS512", "rsa"),
        ("RS512", "for-512"),
        ("PS256", "rsa"),
    ] {
        let named = json!({"alg": algorithm, "kid": id});
        expect(&token(0, &named, &claims()), "believed: \"a1\"");
        // A set in which no key needs a name.
        let unnamed = json!({"alg": algorithm});
        expect(&token(0, &unnamed, &claims()), "believed");
    }
}

#[test]
fn what_a_token_says_of_its_signature_gets_it_nowhere() {
    let foreign = "is not signed by the provider";
    for (head, says) in [
        (json!({"alg": "none"}), "`none`, which is not believed"),
        (json!({"alg": "None", "kid": "p256"}), "not believed"),
        (
            json!({"alg": "HS256", "kid": "p256"}),
            "`HS256`, which is not believed",
        ),
        (json!({"alg": "HS256", "kid": "shared"}), "not believed"),
        (json!({"alg": "ES256K", "kid": "other"}), "not believed"),
        (
            json!({"alg": ["ES256"], "kid": "p256"}),
            "names no algorithm",
        ),
        (json!({"kid": "p256"}), "names no algorithm"),
        (json!({"alg": "ES256", "kid": 7}), "`kid` that is no name"),
        (json!({"alg": "ES256", "kid": "new"}), "unknown key"),
        // Keys are for their own kind and use.
        (json!({"alg": "RS256", "kid": "p256"}), "unknown key"),
        (json!({"alg": "ES256", "kid": "rsa"}), "unknown key"),
        (json!({"alg": "ES384", "kid": "p256"}), "unknown key"),
        (json!({"alg": "RS256", "kid": "for-512"}), "unknown key"),
        (json!({"alg": "RS256", "kid": "enc"}), "unknown key"),
        (json!({"alg": "ES256", "kid": "short"}), "unknown key"),
        (with(head(), "crit", json!(["b64"])), "`crit`"),
        // A key that comes along is not looked at.
        (with(head(), "jwk", set()["keys"][4].clone()), "believed"),
    ] {
        expect(&token(0, &head, &claims()), says);
    }
    for algorithm in ["ES256", "ES384", "EdDSA"] {
        expect(&token(1, &json!({"alg": algorithm}), &claims()), foreign);
    }
    let good = token(0, &head(), &claims());
    let parts: Vec<&str> = good.split('.').collect();
    let other = token(0, &head(), &with(claims(), "sub", json!("b2")));
    let payload = other.split('.').nth(1).unwrap();
    for (text, says) in [
        (format!("{}.{payload}.{}", parts[0], parts[2]), foreign),
        (format!("{}.{}.", parts[0], parts[1]), foreign),
        (
            format!("{}.{}.{}", parts[0], parts[1], &parts[2][2..]),
            foreign,
        ),
        (format!("{good}="), "a signature that is none"),
        (format!("{}.{}", parts[0], parts[1]), "three parts"),
        (format!("{good}.{}", parts[2]), "three parts"),
        (format!("x{good}"), "no JSON"),
        (
            format!("{}.{}.{}", encoded(b"[]"), parts[1], parts[2]),
            "no JSON",
        ),
        (String::new(), "three parts"),
        (format!("{good}{}", "A".repeat(TOKEN_BYTES_MAX)), "at most"),
    ] {
        expect(&text, says);
    }
}

#[test]
fn what_a_token_says_is_about_this_sign_in() {
    let (skew, age) = (SKEW_SECONDS, TOKEN_AGE_SECONDS);
    let set = |name: &str, value: Value| with(claims(), name, value);
    let both = |aud: Value, azp: Value| with(set("aud", aud), "azp", azp);
    for (claims, says) in [
        (
            set("iss", json!("https://login.example.com/")),
            "another provider",
        ),
        (
            set("iss", json!("https://evil.example")),
            "another provider",
        ),
        (
            set("iss", json!(["https://login.example.com"])),
            "another provider",
        ),
        (without(claims(), "iss"), "another provider"),
        (set("aud", json!("other")), "another client"),
        (set("aud", json!(["other"])), "another client"),
        (set("aud", json!([])), "another client"),
        (set("aud", json!({"keyline": 1})), "another client"),
        (without(claims(), "aud"), "another client"),
        (set("aud", json!(["keyline"])), "believed"),
        (set("aud", json!(["keyline", "other"])), "several clients"),
        (
            both(json!(["keyline", "other"]), json!("keyline")),
            "believed",
        ),
        (
            both(json!(["keyline", "other"]), json!("other")),
            "given to another client",
        ),
        (
            both(json!("keyline"), json!("other")),
            "given to another client",
        ),
        (both(json!("keyline"), json!("keyline")), "believed"),
        (set("exp", json!(NOW - skew)), "has run out"),
        (set("exp", json!(NOW - skew + 1)), "believed"),
        (set("exp", json!(NOW as f64 + 0.5)), "believed"),
        (
            set("exp", json!("4000000000")),
            "a time that is none (`exp`)",
        ),
        (set("exp", json!(null)), "a time that is none (`exp`)"),
        (without(claims(), "exp"), "has no end"),
        (set("iat", json!(NOW + skew)), "believed"),
        (set("iat", json!(NOW + skew + 1)), "later than now"),
        (set("iat", json!(NOW - age - skew)), "believed"),
        (set("iat", json!(NOW - age - skew - 1)), "too long ago"),
        (set("iat", json!(true)), "a time that is none (`iat`)"),
        (without(claims(), "iat"), "has no beginning"),
        (set("nbf", json!(NOW + skew)), "believed"),
        (set("nbf", json!(NOW + skew + 1)), "not valid yet"),
        (set("nbf", json!("soon")), "a time that is none (`nbf`)"),
        (set("nonce", json!("another")), "another sign-in"),
        (without(claims(), "nonce"), "another sign-in"),
        (set("sub", json!("")), "nobody"),
        (set("sub", json!(7)), "nobody"),
        (set("sub", json!("a\nb")), "nobody"),
        (set("sub", json!("é")), "nobody"),
        (set("sub", json!("x".repeat(256))), "nobody"),
        (without(claims(), "sub"), "nobody"),
        (json!([claims()]), "no JSON"),
    ] {
        expect(&token(0, &head(), &claims), says);
    }
}

#[test]
fn a_set_of_keys_is_bounded() {
    let many = json!({"keys": vec![json!({}); crate::limits::KEYS_MAX + 1]});
    assert!(Keys::read(&many).is_err());
    assert!(Keys::read(&json!({})).is_err());
    assert!(Keys::read(&json!([])).is_err());
    assert!(Keys::read(&json!({"keys": []})).is_ok());
}
