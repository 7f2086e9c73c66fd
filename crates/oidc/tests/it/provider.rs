//! A provider on the loopback address that does what the standard wants of it, and what a test wants instead.
//!
//! It hands a code out once, for the redirect address, the client and the PKCE challenge that it was asked with, and
//! signs with a key that is made for the test.

#![allow(
    dead_code,
    reason = "the tests of two crates share it, and not both use all of it"
)]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use data_encoding::{BASE64, BASE64URL_NOPAD};
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};

/// The client that it knows, and its secret.
pub const CLIENT: &str = "keyline";
pub const SECRET: &str = "a secret/of the client";

pub struct Provider {
    pub issuer: String,
    state: Arc<Mutex<State>>,
}

/// What a test may change.
pub struct State {
    /// What the token says of whoever signs in, besides the usual.
    pub person: Value,
    /// What `/userinfo` says.
    pub userinfo: Value,
    /// What its document says besides the usual.
    pub document: Value,
    /// Done to every token's claims before it is signed.
    pub alter: fn(&mut Value),
    /// Which of its three keys signs, and which are in its set.
    pub signs_by: usize,
    pub lists: Vec<usize>,
    /// Answers nothing but errors.
    pub is_broken: bool,
    /// Paths that were asked for.
    pub asked: Vec<String>,
    /// Codes that nobody has exchanged, and how many there were.
    codes: BTreeMap<String, BTreeMap<String, String>>,
    made: usize,
    keys: Vec<EcdsaKeyPair>,
}

impl Provider {
    pub fn start() -> Provider {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let chance = SystemRandom::new();
        let kind = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let key = || {
            let key = EcdsaKeyPair::generate_pkcs8(kind, &chance).unwrap();
            EcdsaKeyPair::from_pkcs8(kind, key.as_ref(), &chance).unwrap()
        };
        let state = Arc::new(Mutex::new(State {
            person: json!({"sub": "a1"}),
            userinfo: json!({}),
            document: json!({}),
            alter: |_| (),
            signs_by: 0,
            lists: vec![0],
            is_broken: false,
            asked: Vec::new(),
            codes: BTreeMap::new(),
            made: 0,
            keys: vec![key(), key(), key()],
        }));
        let (held, own) = (state.clone(), issuer.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                answer(stream, &own, &held);
            }
        });
        Provider { issuer, state }
    }

    pub fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap())
    }

    /// How often a path was asked for.
    pub fn asked(&self, path: &str) -> usize {
        self.change(|state| state.asked.iter().filter(|one| *one == path).count())
    }

    /// What a browser does at the address that it is sent to: somebody signs in, and what it brings back is given.
    pub fn authorize(&self, address: &str) -> String {
        let (at, query) = address.split_once('?').unwrap();
        assert_eq!(at, format!("{}/authorize", self.issuer));
        let asked = pairs(query);
        assert_eq!(asked["response_type"], "code");
        assert_eq!(asked["client_id"], CLIENT);
        assert_eq!(asked["code_challenge_method"], "S256");
        let state = asked["state"].clone();
        self.change(|inner| {
            let code = format!("code-{}", inner.made);
            inner.made += 1;
            inner.codes.insert(code.clone(), asked);
            format!("code={code}&state={state}")
        })
    }
}

/// Seconds since 1970.
pub fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap().as_secs()
}

fn answer(mut stream: TcpStream, issuer: &str, state: &Mutex<State>) {
    let Some((path, headers, body)) = read(&stream) else {
        return;
    };
    let mut state = state.lock().unwrap();
    state.asked.push(path.clone());
    let answered = match path.as_str() {
        _ if state.is_broken => Err((500, "server_error")),
        "/.well-known/openid-configuration" => {
            let mut document = json!({
                "issuer": issuer,
                "authorization_endpoint": format!("{issuer}/authorize"),
                "token_endpoint": format!("{issuer}/token"),
                "userinfo_endpoint": format!("{issuer}/userinfo"),
                "jwks_uri": format!("{issuer}/keys"),
                "response_types_supported": ["code"],
            });
            merge(&mut document, &state.document);
            Ok(document)
        }
        "/keys" => {
            let listed = state.lists.iter().map(|index| {
                let point = state.keys[*index].public_key().as_ref();
                let part = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
                json!({
                    "kty": "EC", "crv": "P-256", "use": "sig", "kid": format!("key-{index}"),
                    "x": part(&point[1..33]), "y": part(&point[33..]),
                })
            });
            Ok(json!({"keys": listed.collect::<Vec<_>>()}))
        }
        "/token" => exchange(&mut state, issuer, &headers, &body),
        "/userinfo"
            if headers.get("authorization").map(String::as_str) == Some("Bearer access") =>
        {
            Ok(state.userinfo.clone())
        }
        _ => Err((404, "not_found")),
    };
    drop(state);
    let (status, document) = match answered {
        Ok(document) => (200, document),
        Err((status, code)) => (status, json!({"error": code})),
    };
    let text = document.to_string();
    let _ = write!(
        stream,
        "HTTP/1.1 {status} Answer\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{text}",
        text.len()
    );
}

fn exchange(
    state: &mut State,
    issuer: &str,
    headers: &BTreeMap<String, String>,
    body: &str,
) -> Result<Value, (u16, &'static str)> {
    let form = pairs(body);
    let basic = format!(
        "{CLIENT}:{}",
        SECRET.replace(' ', "%20").replace('/', "%2F")
    );
    let basic = format!("Basic {}", BASE64.encode(basic.as_bytes()));
    let is_known = match headers.get("authorization") {
        Some(value) => *value == basic,
        None => form.get("client_secret").is_some_and(|own| own == SECRET),
    };
    if !is_known {
        return Err((401, "invalid_client"));
    }
    let asked = form.get("code").and_then(|code| state.codes.remove(code));
    let asked = asked.ok_or((400, "invalid_grant"))?;
    let verifier = form.get("code_verifier").ok_or((400, "invalid_grant"))?;
    let challenge = BASE64URL_NOPAD.encode(digest(&SHA256, verifier.as_bytes()).as_ref());
    if asked["code_challenge"] != challenge || form.get("redirect_uri") != asked.get("redirect_uri")
    {
        return Err((400, "invalid_grant"));
    }
    let mut claims = json!({
        "iss": issuer, "aud": CLIENT, "nonce": asked["nonce"], "iat": now(), "exp": now() + 300,
    });
    merge(&mut claims, &state.person);
    (state.alter)(&mut claims);
    let head = json!({"alg": "ES256", "kid": format!("key-{}", state.signs_by)});
    let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    let message = format!("{}.{}", part(&head), part(&claims));
    let signature = state.keys[state.signs_by].sign(&SystemRandom::new(), message.as_bytes());
    let signature = BASE64URL_NOPAD.encode(signature.unwrap().as_ref());
    Ok(json!({
        "access_token": "access", "token_type": "Bearer", "id_token": format!("{message}.{signature}"),
    }))
}

fn merge(into: &mut Value, from: &Value) {
    for (name, value) in from.as_object().unwrap() {
        into[name] = value.clone();
    }
}

/// Path, headers by their names in small letters, and body.
fn read(stream: &TcpStream) -> Option<(String, BTreeMap<String, String>, String)> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut headers = BTreeMap::new();
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let length = headers.get("content-length").map_or("0", String::as_str);
    let mut body = vec![0; length.parse().ok()?];
    reader.read_exact(&mut body).ok()?;
    Some((path, headers, String::from_utf8(body).ok()?))
}

/// What stands in a query or a form, which Keyline writes without `+`.
pub fn pairs(text: &str) -> BTreeMap<String, String> {
    let decoded = |text: &str| {
        let mut parts = text.split('%');
        let mut bytes = parts.next().unwrap().as_bytes().to_vec();
        for part in parts {
            bytes.push(u8::from_str_radix(&part[..2], 16).unwrap());
            bytes.extend(&part.as_bytes()[2..]);
        }
        String::from_utf8(bytes).unwrap()
    };
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect()
}
