//! Who may do what at a server: people by their tokens, each in a role; guessing; TLS; what is written down of it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::sync::Arc;

use serde_json::{Value, json};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, Stream};

use crate::serving::Server;
use crate::support::Folder;

const JSON: (&str, &str) = ("content-type", "application/json");
const OWN: (&str, &str) = ("x-keyline", "1");

#[test]
fn people_do_what_their_role_lets_them() {
    let folder = Folder::new();
    let file = folder.path().join("tokens.toml");
    let file = file.to_str().unwrap();
    let bearer = |name: &str, role: &str| {
        let words = format!("serve token add {name} --role {role} --tokens {file}");
        let token = folder.line(&words).expect(0).stdout;
        format!("Bearer {}", token.trim())
    };
    let people = [
        ("vera", "viewer"),
        ("alan", "analyst"),
        ("rita", "responder"),
        ("ada", "approver"),
    ];
    let people = people.map(|(name, role)| (name, role, bearer(name, role)));
    let listed = folder
        .line(&format!("serve token list -o csv --tokens {file}"))
        .expect(0);
    assert_eq!(listed.stdout.lines().count(), 5, "{}", listed.stdout);

    let server = Server::start(&["demo", "--serve", "--tokens", file]);
    let ask = |method: &str, path: &str, bearer: &str, body: &Value| {
        let headers = [JSON, OWN, ("authorization", bearer)];
        let body = if method == "POST" {
            body.to_string()
        } else {
            String::new()
        };
        let (status, _, text) = server.ask(method, path, &headers, &body);
        (status, text)
    };
    assert_eq!(server.ask("GET", "/api/me", &[], "").0, 401);
    for (name, role, bearer) in &people {
        let (status, text) = ask("GET", "/api/me", bearer, &Value::Null);
        let me: Value = serde_json::from_str(&text).unwrap();
        let said = (status, &me["name"], &me["role"], &me["containment"]);
        assert_eq!(said, (200, &json!(name), &json!(role), &json!(false)));
    }
    // What needs more than somebody has is refused before anything is looked at.
    let approve = json!({"plan_id": "0123456789ab", "hash": "0"});
    let run = "/api/contain/plans/0123456789ab/run";
    for (path, body, refused) in [
        ("/api/contain/plan", &json!({"target": "x"}), &["vera"][..]),
        (run, &json!({}), &["vera", "alan"]),
        ("/api/contain/approve", &approve, &["vera", "alan", "rita"]),
    ] {
        for (name, role, bearer) in &people {
            let (status, text) = ask("POST", path, bearer, body);
            let needs = format!("{name} is a {role}");
            assert_eq!(
                text.contains(&needs),
                refused.contains(name),
                "{path} {name}: {text}"
            );
            assert_eq!(
                status == 403 && text.contains(&needs),
                refused.contains(name)
            );
        }
    }
    // This server carries nothing out, whoever asks, and says how one would.
    let (status, text) = ask("POST", run, &people[2].2, &json!({}));
    assert!(status == 403 && text.contains("made up"), "{status} {text}");

    let (status, _) = ask("GET", "/api/audit", &people[0].2, &Value::Null);
    assert_eq!(status, 403);
    let (_, text) = ask(
        "GET",
        "/api/audit?who=vera&what=refused",
        &people[1].2,
        &Value::Null,
    );
    let log: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(log["entries"].as_array().unwrap().len(), 4, "{text}");
    assert_eq!(log["entries"][0]["from"], "127.0.0.1");

    // Whoever's token is taken away is out at once.
    folder
        .line(&format!("serve token remove alan --tokens {file}"))
        .expect(0);
    assert_eq!(ask("GET", "/api/me", &people[1].2, &Value::Null).0, 401);
    assert_eq!(ask("GET", "/api/me", &people[3].2, &Value::Null).0, 200);

    // A browser's token is typed in once, and given back.
    let token = people[3].2.strip_prefix("Bearer ").unwrap();
    let (status, head, _) = server.ask("POST", "/sign-in", &[], &format!("token={token}"));
    assert!(status == 303 && !head.contains("Secure"), "{status} {head}");
    let cookie = format!("keyline_token={token}");
    let (status, head, _) = server.ask("POST", "/sign-out", &[OWN, ("cookie", &cookie)], "");
    assert!(
        status == 204 && head.contains("Max-Age=0"),
        "{status} {head}"
    );
    assert_eq!(
        server
            .ask("POST", "/sign-out", &[("cookie", &cookie)], "")
            .0,
        403
    );

    // Guessing is not heard after a while, at whatever door; neither is a right token from there.
    let mut statuses = Vec::new();
    for number in 0..12 {
        let guess = format!("token={number:064}");
        statuses.push(server.ask("POST", "/sign-in", &[], &guess).0);
    }
    assert_eq!((statuses[0], statuses[11]), (401, 429), "{statuses:?}");
    let (status, head, _) = server.ask("GET", "/api/me", &[("authorization", &people[3].2)], "");
    assert!(
        status == 429 && head.contains("retry-after: "),
        "{status} {head}"
    );
}

#[test]
fn what_would_be_open_or_mistaken_does_not_start() {
    let folder = Folder::new();
    folder.write("keyline.toml", "[serve]\ntwo_persons = true\n");
    folder.write("log.json", "{\"Records\": []}");
    folder.write("tokens.toml", "[[token]]\nname = \"ann\"\n");
    folder.write("cert.pem", "nothing");
    folder.write("roles.toml", "");
    folder.write("empty", "\n");
    for (line, says) in [
        ("serve log.json --listen 0.0.0.0:0", "--tokens"),
        ("serve log.json --tokens none.toml", "none.toml"),
        ("serve log.json --tokens tokens.toml", "missing field"),
        (
            "serve log.json --tls-cert cert.pem --tls-key cert.pem",
            "no certificate",
        ),
        ("serve token add a/b --role viewer", "letters, digits"),
        // Half of a way to sign in, and one that is none.
        ("serve log.json --oidc-client-id a", "--oidc-issuer"),
        (
            "serve log.json --oidc-issuer https://x.example",
            "--oidc-client-id",
        ),
        #[cfg(feature = "aws")]
        ("serve log.json --allow-containment", "two_persons"),
        #[cfg(not(feature = "aws"))]
        ("serve log.json --allow-containment", "cannot talk to AWS"),
    ] {
        folder.line(line).expect(1).says(&[says]);
    }
    let known = "--oidc-issuer https://x.example --oidc-client-id a";
    let (roles, public) = ("--oidc-roles roles.toml", "--public-url https://k.example");
    for (more, says) in [
        (known.to_owned(), "--oidc-roles"),
        (format!("{known} {roles}"), "--public-url"),
        (
            format!("{known} {roles} --public-url http://k.example"),
            "`--public-url` is",
        ),
        (
            format!("{known} --oidc-roles tokens.toml {public}"),
            "unknown field `token`",
        ),
        (
            format!("{known} {roles} {public} --oidc-client-secret-file empty"),
            "no secret in the first line",
        ),
        (
            format!("--oidc-issuer http://x.example --oidc-client-id a {roles} {public}"),
            "the issuer `http://x.example`",
        ),
    ] {
        let line = format!("serve log.json {more}");
        folder.line(&line).expect(1).says(&[says]);
    }
    folder
        .line("serve log.json --tls-cert cert.pem")
        .expect(2)
        .says(&["--tls-key"]);
    // A log that somebody altered is not gone on with.
    folder.write(
        "keyline-audit.jsonl",
        "{\"schema\":\"keyline.audit/1\",\"previous\":\"x\"}\n",
    );
    folder.line("serve token add ann --role viewer").expect(0);
    folder
        .line("serve log.json --tokens keyline-tokens.toml")
        .expect(1)
        .says(&["line 1 does not follow"]);
}

#[test]
fn tls_by_a_certificate_and_its_key() {
    let folder = Folder::new();
    let (certificate, key) = (
        folder.path().join("cert.pem"),
        folder.path().join("key.pem"),
    );
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
        ])
        .args([
            "-days",
            "3650",
            "-subj",
            "/CN=keyline",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
        ])
        .args(["-addext", "basicConstraints=critical,CA:FALSE", "-keyout"])
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if !made.is_ok_and(|status| status.success()) {
        eprintln!("left out: TLS: `openssl` is not there to make a certificate");
        return;
    }
    let (cert, secret) = (certificate.to_str().unwrap(), key.to_str().unwrap());
    let server = Server::start(&["demo", "--serve", "--tls-cert", cert, "--tls-key", secret]);
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(&certificate).unwrap())
        .unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    // One that never shakes hands keeps nobody waiting.
    let _idle = TcpStream::connect(&server.address).unwrap();
    let mut socket = TcpStream::connect(&server.address).unwrap();
    let mut client =
        ClientConnection::new(Arc::new(config), "127.0.0.1".try_into().unwrap()).unwrap();
    let mut stream = Stream::new(&mut client, &mut socket);
    let head = format!(
        "GET /api/me HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n",
        server.address
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut text = String::new();
    // Whoever closes the connection need not say goodbye.
    let _ = stream.read_to_string(&mut text);
    assert!(text.starts_with("HTTP/1.1 200"), "{text}");
    assert!(text.contains("strict-transport-security: "), "{text}");
}
