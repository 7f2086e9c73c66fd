//! People who sign in at their organisation: the whole way in a browser's place, and whoever must not get in by it.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::provider::{CLIENT, Provider, SECRET, pairs};
use crate::python;
use crate::serving::Server;
use crate::support::Folder;

const OWN: (&str, &str) = ("x-keyline", "1");
const PUBLIC: &str = "https://keyline.example.com";
const ROLES: &str = r#"
    [[role]]
    role = "analyst"
    group = "security"
    [[role]]
    role = "approver"
    email = "ada@example.com"
"#;

/// A server, its provider, and a file of roles that a test may change.
struct Set {
    provider: Provider,
    server: Server,
    roles: PathBuf,
    _folder: Folder,
}

fn set(more: &[&str]) -> Set {
    let (folder, provider) = (Folder::new(), Provider::start());
    let roles = folder.write("roles.toml", ROLES);
    let secret = folder.write("secret", format!("{SECRET}\n"));
    provider.change(|state| {
        state.person = json!({"sub": "a1", "email": "ada@example.com", "email_verified": true, "groups": []});
    });
    let mut words = vec!["demo", "--serve", "--oidc-issuer", &provider.issuer];
    words.extend(["--oidc-client-id", CLIENT]);
    words.extend(["--oidc-client-secret-file", secret.to_str().unwrap()]);
    words.extend(["--oidc-roles", roles.to_str().unwrap()]);
    words.extend(["--public-url", PUBLIC]);
    words.extend(more);
    let server = Server::start(&words);
    Set {
        provider,
        server,
        roles,
        _folder: folder,
    }
}

/// What a browser has of cookies.
#[derive(Default)]
struct Browser(BTreeMap<String, String>);

impl Browser {
    fn ask(&mut self, server: &Server, method: &str, path: &str) -> (u16, String, String) {
        let kept = self.0.iter().map(|(name, value)| format!("{name}={value}"));
        let kept = kept.collect::<Vec<_>>().join("; ");
        let headers = [OWN, ("cookie", &kept)];
        let (status, head, body) = server.ask(method, path, &headers, "");
        for line in head.lines() {
            let Some(cookie) = line.strip_prefix("set-cookie: ") else {
                continue;
            };
            let (name, rest) = cookie.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            let is_gone = cookie.contains("Max-Age=0");
            match is_gone {
                true => self.0.remove(name),
                false => self.0.insert(name.to_owned(), value.to_owned()),
            };
        }
        (status, head, body)
    }

    /// Goes to the provider; gives what it would bring back.
    fn begin(&mut self, set: &Set) -> String {
        let (status, head, _) = self.ask(
            &set.server,
            "GET",
            "/sign-in/oidc?next=https://evil.example",
        );
        assert_eq!(status, 303, "{head}");
        set.provider.authorize(&location(&head))
    }

    fn back(&mut self, set: &Set, brought: &str) -> (u16, String, String) {
        let path = format!("/sign-in/oidc/callback?{brought}");
        self.ask(&set.server, "GET", &path)
    }

    fn sign_in(&mut self, set: &Set) -> (u16, String, String) {
        let brought = self.begin(set);
        self.back(set, &brought)
    }

    /// Name and role, or the status of a refusal.
    fn me(&mut self, server: &Server) -> String {
        let (status, _, body) = self.ask(server, "GET", "/api/me");
        match serde_json::from_str::<Value>(&body) {
            Ok(me) if status == 200 => format!("{} {}", me["name"], me["role"]).replace('"', ""),
            _ => status.to_string(),
        }
    }
}

fn location(head: &str) -> String {
    let line = head
        .lines()
        .find_map(|line| line.strip_prefix("location: "));
    line.unwrap_or_else(|| panic!("{head}")).to_owned()
}

const SESSION: &str = "__Host-keyline_session";
const FLOW: &str = "__Host-keyline_flow";

#[test]
fn people_sign_in_where_their_organisation_knows_them() {
    let set = set(&[]);
    let mut ada = Browser::default();
    let (status, head, _) = ada.ask(&set.server, "GET", "/incidents");
    assert_eq!((status, location(&head).as_str()), (303, "/sign-in"));
    let (_, _, page) = ada.ask(&set.server, "GET", "/sign-in");
    assert!(
        page.contains("href=\"https://keyline.example.com/sign-in/oidc\""),
        "{page}"
    );
    // There are no tokens here to be typed in.
    assert!(!page.contains("<form"), "{page}");

    let (status, head, _) = ada.ask(&set.server, "GET", "/sign-in/oidc");
    assert_eq!(status, 303);
    let asked = pairs(location(&head).split_once('?').unwrap().1);
    // Where to come back to is what the operator says, whoever the request says this is.
    assert_eq!(
        asked["redirect_uri"],
        format!("{PUBLIC}/sign-in/oidc/callback")
    );
    let strange = [("host", "evil.example")];
    let (_, head, _) = set.server.ask("GET", "/sign-in/oidc", &strange, "");
    assert!(!location(&head).contains("evil.example"), "{head}");

    let brought = set.provider.authorize(&{
        let (_, head, _) = ada.ask(
            &set.server,
            "GET",
            "/sign-in/oidc?next=https://evil.example",
        );
        location(&head)
    });
    let brought = format!("{brought}&next=//evil.example");
    // The session that somebody chose for this browser is not taken over.
    ada.0.insert(SESSION.to_owned(), "0".repeat(64));
    let (status, head, body) = ada.back(&set, &brought);
    assert_eq!((status, location(&head).as_str()), (303, "/"), "{body}");
    let kept = head.lines().find(|line| line.contains(SESSION)).unwrap();
    for part in [
        "HttpOnly",
        "Secure",
        "SameSite=Lax",
        "Path=/",
        "Max-Age=28800",
    ] {
        assert!(kept.contains(part), "{part}: {kept}");
    }
    assert!(ada.0[SESSION].len() == 64 && ada.0[SESSION] != "0".repeat(64));
    assert!(!ada.0.contains_key(FLOW));
    assert_eq!(ada.me(&set.server), "ada@example.com approver");

    // Another person, by a group, whom nobody has verified the address of.
    set.provider.change(|state| {
        state.person =
            json!({"sub": "b 2", "email": "ada@example.com", "groups": ["security", "x"]});
    });
    let mut bob = Browser::default();
    bob.sign_in(&set);
    let me = bob.me(&set.server);
    assert!(me.starts_with("b_2=") && me.ends_with(" analyst"), "{me}");

    // Two sign-ins of one browser are one session: what was there before has ended.
    let before = bob.0[SESSION].clone();
    bob.sign_in(&set);
    let mut old = Browser(BTreeMap::from([(SESSION.to_owned(), before)]));
    assert_eq!(old.me(&set.server), "401");

    let (_, _, log) = bob.ask(&set.server, "GET", "/api/audit?what=signed-in");
    let log: Value = serde_json::from_str(&log).unwrap();
    assert_eq!(log["entries"][2]["who"], "ada@example.com", "{log}");
    assert_eq!(log["entries"][2]["more"], "by: oidc");

    // Another site's page signs nobody out; they do, and what they had is worth nothing then.
    let kept = format!("{SESSION}={}", ada.0[SESSION]);
    let foreign = set
        .server
        .ask("POST", "/sign-out", &[("cookie", &kept)], "");
    assert_eq!(foreign.0, 403);
    assert_eq!(ada.me(&set.server), "ada@example.com approver");
    assert_eq!(ada.ask(&set.server, "POST", "/sign-out").0, 204);
    assert!(!ada.0.contains_key(SESSION));
    let mut old = Browser(BTreeMap::from([(
        SESSION.to_owned(),
        kept.split_once('=').unwrap().1.to_owned(),
    )]));
    assert_eq!(old.me(&set.server), "401");

    // Whoever has no role any more is out at once.
    std::fs::write(&set.roles, "").unwrap();
    assert_eq!(bob.me(&set.server), "401");
}

#[test]
fn whoever_the_provider_does_not_vouch_for_stays_outside() {
    let set = set(&[]);
    let mut eve = Browser::default();
    let inside = |browser: &mut Browser, (status, head, body): (u16, String, String)| {
        assert!(!head.contains(SESSION), "{head}");
        assert_eq!(browser.me(&set.server), "401");
        (status, body)
    };
    // A code and a state of somebody's own sign-in, sent to another's browser.
    let brought = eve.begin(&set);
    let mut ada = Browser::default();
    let came = ada.back(&set, &brought);
    let (status, body) = inside(&mut ada, came);
    assert!(
        status == 401 && body.contains("has not begun"),
        "{status} {body}"
    );
    ada.begin(&set);
    let came = ada.back(&set, &brought);
    let (status, body) = inside(&mut ada, came);
    assert!(
        status == 401 && body.contains("another sign-in"),
        "{status} {body}"
    );

    type Alter = fn(&mut Value);
    let alterations: [(Alter, &str); 4] = [
        (|claims| claims["nonce"] = json!("x"), "`nonce`"),
        (|claims| claims["aud"] = json!("other"), "`aud`"),
        (|claims| claims["exp"] = json!(1), "`exp`"),
        (
            |claims| claims["iss"] = json!("https://evil.example"),
            "`iss`",
        ),
    ];
    for (alter, says) in alterations {
        set.provider.change(|state| state.alter = alter);
        let came = eve.sign_in(&set);
        let (status, body) = inside(&mut eve, came);
        assert!(
            status == 401 && body.contains(says),
            "{says}: {status} {body}"
        );
    }
    // A key that the provider does not have.
    set.provider.change(|state| {
        state.alter = |_| ();
        state.signs_by = 2;
    });
    let came = eve.sign_in(&set);
    let (status, body) = inside(&mut eve, came);
    assert!(
        status == 401 && body.contains("does not have"),
        "{status} {body}"
    );
    set.provider.change(|state| state.signs_by = 0);

    // Somebody whom the organisation knows, and who is nobody here; their name is text.
    let name = "<b>eve</b>";
    set.provider.change(|state| {
        state.person = json!({"sub": name, "email": "ada@example.com", "groups": ["<i>"]})
    });
    let came = eve.sign_in(&set);
    let (status, body) = inside(&mut eve, came);
    assert!(
        status == 403 && body.contains("sub &lt;b&gt;eve&lt;/b&gt;"),
        "{status} {body}"
    );

    // A sign-in that is done is not done again.
    set.provider.change(|state| {
        state.person = json!({"sub": "a1", "email": "ada@example.com", "email_verified": true, "groups": []});
    });
    let brought = ada.begin(&set);
    let flow = ada.0[FLOW].clone();
    assert_eq!(ada.back(&set, &brought).0, 303);
    let mut again = Browser(BTreeMap::from([(FLOW.to_owned(), flow)]));
    let came = again.back(&set, &brought);
    let (status, body) = inside(&mut again, came);
    assert!(
        status == 401 && body.contains("done already"),
        "{status} {body}"
    );

    // What was refused stands in the log, with what whoever gives roles has to know.
    let (_, _, log) = ada.ask(
        &set.server,
        "GET",
        "/api/audit?what=refused&q=nobody%20gave",
    );
    let log: Value = serde_json::from_str(&log).unwrap();
    let more = log["entries"][0]["more"].as_str().unwrap();
    assert!(more.contains("sub: <b>eve</b>"), "{more}");

    // Whoever goes on trying waits; whoever has a session does not.
    let statuses: Vec<u16> = (0..4).map(|_| eve.back(&set, "state=x&code=y").0).collect();
    assert_eq!(statuses.last(), Some(&429), "{statuses:?}");
    let (_, head, _) = eve.back(&set, "state=x&code=y");
    assert!(head.contains("retry-after: "), "{head}");
    assert_eq!(ada.me(&set.server), "ada@example.com approver");
}

#[test]
fn tokens_go_on_beside_it_and_a_dead_provider_shuts_nobody_out() {
    let folder = Folder::new();
    let tokens = folder.path().join("tokens.toml");
    let tokens = tokens.to_str().unwrap();
    let words = format!("serve token add robot --role viewer --tokens {tokens}");
    let token = folder.line(&words).expect(0).stdout.trim().to_owned();
    let set = set(&["--tokens", tokens]);
    let mut ada = Browser::default();
    ada.sign_in(&set);
    assert_eq!(ada.me(&set.server), "ada@example.com approver");

    set.provider.change(|state| state.is_broken = true);
    let bearer = format!("Bearer {token}");
    let (status, _, body) = set
        .server
        .ask("GET", "/api/me", &[("authorization", &bearer)], "");
    assert!(status == 200 && body.contains("\"robot\""), "{body}");
    assert_eq!(ada.me(&set.server), "ada@example.com approver");
    let mut bob = Browser::default();
    let brought = bob.begin(&set);
    let (status, _, body) = bob.back(&set, &brought);
    assert!(
        status == 502 && body.contains("a token works meanwhile"),
        "{status} {body}"
    );
    assert!(
        body.contains("<form") && body.contains("Sign in with your organisation"),
        "{body}"
    );

    // Whoever types a token in is who that is from then on.
    let kept = format!("{SESSION}={}", ada.0[SESSION]);
    let (status, head, _) = set.server.ask(
        "POST",
        "/sign-in",
        &[("cookie", &kept)],
        &format!("token={token}"),
    );
    assert!(
        status == 303 && head.contains(&format!("{SESSION}=; ")),
        "{head}"
    );
    assert_eq!(ada.me(&set.server), "401");

    // A network begins so many sign-ins and no more.
    let begun = || set.server.ask("GET", "/sign-in/oidc", &[], "");
    let refused = (0..200)
        .map(|_| begun())
        .find(|(status, ..)| *status == 429);
    let (_, head, _) = refused.expect("one of two hundred is refused");
    assert!(head.contains("retry-after: "), "{head}");
}

/// A provider of somebody else's writing: `oidc-provider-mock` of PyPI, taken from `KEYLINE_OIDC_PROVIDER` or installed
/// into the build's folder for temporary files. It signs with RSA and keeps its tokens as others do.
struct Foreign {
    process: Child,
    issuer: String,
}

impl Drop for Foreign {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

const VERSION: &str = "oidc-provider-mock==0.3.4";

fn foreign(people: &[Value]) -> Option<Foreign> {
    let program = foreign_program()?;
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let mut command = Command::new(program);
    command.args(["-p", &port.to_string(), "--require-nonce", "true"]);
    for person in people {
        command.args(["--user-claims", &person.to_string()]);
    }
    let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
    let foreign = Foreign {
        process: quiet.spawn().unwrap(),
        issuer: format!("http://127.0.0.1:{port}"),
    };
    for _ in 0..600 {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return Some(foreign);
        }
        std::thread::park_timeout(Duration::from_millis(100));
    }
    panic!("{VERSION} did not come up within a minute");
}

fn foreign_program() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("KEYLINE_OIDC_PROVIDER") {
        return Some(PathBuf::from(named));
    }
    let program = "oidc-provider-mock";
    let programs = python::installed("oidc-provider", &[VERSION], |programs| {
        let mut help = Command::new(programs.join(program));
        help.arg("--help");
        help
    });
    if programs.is_none() {
        eprintln!("left out: {VERSION} is not there and cannot be installed");
    }
    Some(programs?.join(program))
}

impl Foreign {
    /// Signs somebody in there, and gives what the browser brings back.
    fn authorize(&self, address: &str, person: &str) -> String {
        let host = self.issuer.strip_prefix("http://").unwrap();
        let path = address.strip_prefix(&self.issuer).unwrap();
        let body = format!("sub={person}");
        let mut socket = TcpStream::connect(host).unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-type: \
             application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        socket.write_all(head.as_bytes()).unwrap();
        let mut text = String::new();
        socket.read_to_string(&mut text).unwrap();
        let sent = text.lines().find_map(|line| {
            line.strip_prefix("Location: ")
                .or(line.strip_prefix("location: "))
        });
        let sent = sent.unwrap_or_else(|| panic!("{text}"));
        let back = format!("{PUBLIC}/sign-in/oidc/callback?");
        sent.strip_prefix(&back).unwrap().to_owned()
    }
}

#[test]
fn a_provider_that_others_wrote_is_understood() {
    let people = [
        json!({"sub": "a1", "email": "Ada@example.com", "email_verified": true}),
        json!({"sub": "b2", "email": "ada@example.com", "groups": ["security"]}),
        json!({"sub": "c3", "email": "ada@example.com", "email_verified": false}),
    ];
    let Some(foreign) = foreign(&people) else {
        return;
    };
    let folder = Folder::new();
    let roles = folder.write("roles.toml", ROLES);
    let words = ["demo", "--serve", "--oidc-issuer", &foreign.issuer];
    let words = [
        &words[..],
        &["--oidc-client-id", CLIENT, "--public-url", PUBLIC],
    ]
    .concat();
    let words = [&words[..], &["--oidc-roles", roles.to_str().unwrap()]].concat();
    // It takes any secret, and no client without one.
    let secret = folder.write("secret", SECRET);
    let secret = ["--oidc-client-secret-file", secret.to_str().unwrap()];
    let server = Server::start(&[&words[..], &secret[..]].concat());
    for (person, status, expected) in [
        ("a1", 303, "ada@example.com approver"),
        ("b2", 303, "b2 analyst"),
        ("c3", 403, "401"),
    ] {
        let mut browser = Browser::default();
        let (begun, head, body) = browser.ask(&server, "GET", "/sign-in/oidc");
        assert_eq!(begun, 303, "{body}");
        let brought = foreign.authorize(&location(&head), person);
        let path = format!("/sign-in/oidc/callback?{brought}");
        let (came, _, body) = browser.ask(&server, "GET", &path);
        assert_eq!(came, status, "{person}: {body}");
        assert_eq!(browser.me(&server), expected);
    }
}
