//! Sign-ins from their beginning to their end, against a provider that does as the standard says, and one that does not.

#![allow(clippy::unwrap_used)]

mod provider;

use keyline_oidc::{Client, ErrorKind, Settings, limits};
use provider::{CLIENT, Provider, SECRET, now, pairs};
use serde_json::json;

fn settings(provider: &Provider) -> Settings {
    Settings {
        issuer: provider.issuer.clone(),
        client_id: CLIENT.to_owned(),
        secret: Some(SECRET.to_owned()),
        redirect: "https://keyline.example.com/sign-in/oidc/callback".to_owned(),
        scopes: vec!["groups".to_owned()],
        groups_claim: "groups".to_owned(),
        name_claim: None,
        authorities: None,
    }
}

/// Signs somebody in, and says who it is, or why nobody is.
fn sign_in(client: &Client, provider: &Provider) -> String {
    let begun = client.begin(now()).unwrap();
    let brought = provider.authorize(&begun.address);
    told(client, &begun.cookie, &brought)
}

fn told(client: &Client, cookie: &str, brought: &str) -> String {
    match client.finish(cookie, brought, now()) {
        Ok(person) => format!(
            "{} {} {}",
            person.subject,
            person.email.as_deref().unwrap_or("-"),
            person.groups.join(",")
        ),
        Err(error) => format!("{:?}: {error}", error.kind()),
    }
}

#[track_caller]
fn says(found: &str, expected: &str) {
    assert!(
        found.contains(expected),
        "expected {expected:?}, found {found:?}"
    );
}

#[test]
fn whoever_signs_in_is_known() {
    let provider = Provider::start();
    let client = Client::new(settings(&provider)).unwrap();
    let begun = client.begin(now()).unwrap();
    let asked = pairs(begun.address.split_once('?').unwrap().1);
    assert_eq!(asked["scope"], "openid email profile groups");
    assert_eq!(asked["redirect_uri"], settings(&provider).redirect);

    for (person, userinfo, expected) in [
        (json!({"sub": "a1"}), json!({"sub": "a1"}), "a1 - "),
        (
            json!({"sub": "a1", "email": "Ann@Example.com", "email_verified": true, "groups": ["x", "y", 7]}),
            json!({}),
            "a1 ann@example.com x,y",
        ),
        // Email that nobody has verified is none, and neither is what is no address.
        (
            json!({"sub": "a1", "email": "ann@example.com", "groups": "x"}),
            json!({}),
            "a1 - x",
        ),
        (
            json!({"sub": "a1", "email": "ann@example.com", "email_verified": false, "groups": []}),
            json!({}),
            "a1 - ",
        ),
        (
            json!({"sub": "a1", "email": "ann@evil@example.com", "email_verified": true, "groups": []}),
            json!({}),
            "a1 - ",
        ),
        // What the token leaves out stands elsewhere.
        (
            json!({"sub": "a1"}),
            json!({"sub": "a1", "email": "ann@example.com", "email_verified": "true", "groups": ["z"]}),
            "a1 ann@example.com z",
        ),
        (
            json!({"sub": "a1"}),
            json!({"sub": "b2"}),
            "Refused: the provider speaks of two people",
        ),
        (
            json!({"sub": "a1"}),
            json!(null),
            "Refused: the provider speaks of two people",
        ),
    ] {
        provider.change(|state| (state.person, state.userinfo) = (person, userinfo));
        says(&sign_in(&client, &provider), expected);
    }

    // A client whose secret goes into the form.
    let posts = Provider::start();
    posts.change(|state| {
        state.document = json!({"token_endpoint_auth_methods_supported": ["client_secret_post"]});
        state.userinfo = json!({"sub": "a1"});
    });
    let client = Client::new(settings(&posts)).unwrap();
    says(&sign_in(&client, &posts), "a1");
}

#[test]
fn what_a_browser_brings_is_of_this_sign_in() {
    let provider = Provider::start();
    provider.change(|state| state.userinfo = json!({"sub": "a1"}));
    let client = Client::new(settings(&provider)).unwrap();
    let one = client.begin(now()).unwrap();
    let other = client.begin(now()).unwrap();
    let brought = provider.authorize(&one.address);
    let state = brought.split_once("&state=").unwrap().1;

    for (cookie, query, expected) in [
        // Another browser, another sign-in, none at all: whoever is sent here by a stranger is not signed in.
        (&*other.cookie, &*brought, "has begun another sign-in"),
        ("", &brought, "has not begun"),
        (&one.cookie, "code=code-0", "another sign-in"),
        (
            &one.cookie,
            &format!("code=code-0&state={state}&state={state}"),
            "another sign-in",
        ),
        (&one.cookie, &format!("state={state}"), "no code"),
        (
            &one.cookie,
            &format!("code=a&code=b&state={state}"),
            "no code",
        ),
        (
            &one.cookie,
            &format!("error=access_denied&state={state}"),
            "(access_denied)",
        ),
        (
            &one.cookie,
            &format!("error=<script>&state={state}"),
            "(script)",
        ),
        (
            &one.cookie,
            &format!("{brought}&x={}", "y".repeat(20_000)),
            "too long",
        ),
    ] {
        says(&told(&client, cookie, query), expected);
    }
    assert_eq!(provider.asked("/token"), 0);
    says(&told(&client, &one.cookie, &brought), "a1");
    // A sign-in ends once, here and at the provider.
    says(&told(&client, &one.cookie, &brought), "done already");
    let again = client.begin(now()).unwrap();
    let state = provider.authorize(&again.address);
    let state = state.split_once("&state=").unwrap().1;
    says(
        &told(
            &client,
            &again.cookie,
            &format!("code=code-0&state={state}"),
        ),
        "does not know this sign-in",
    );
    // A code that was made for another sign-in has another challenge.
    let (mine, theirs) = (client.begin(now()).unwrap(), client.begin(now()).unwrap());
    let (state, code) = (
        provider.authorize(&mine.address),
        provider.authorize(&theirs.address),
    );
    let state = state.split_once("&state=").unwrap().1;
    let code = code.split_once('&').unwrap().0;
    says(
        &told(&client, &mine.cookie, &format!("{code}&state={state}")),
        "does not know this sign-in",
    );
    let late = client.begin(now() - limits::FLOW_SECONDS - 5).unwrap();
    let brought = provider.authorize(&late.address);
    says(&told(&client, &late.cookie, &brought), "too long ago");
}

#[test]
fn who_sent_the_browser_back_is_the_provider() {
    let provider = Provider::start();
    provider.change(|state| {
        state.userinfo = json!({"sub": "a1"});
        state.document = json!({"authorization_response_iss_parameter_supported": true});
    });
    let client = Client::new(settings(&provider)).unwrap();
    let issuer = provider.issuer.replace(':', "%3A").replace('/', "%2F");
    for (more, expected) in [
        (String::new(), "nobody says which provider"),
        (
            "&iss=https%3A%2F%2Fevil.example".to_owned(),
            "another provider",
        ),
        (format!("&iss={issuer}"), "a1"),
    ] {
        let begun = client.begin(now()).unwrap();
        let brought = provider.authorize(&begun.address) + &more;
        says(&told(&client, &begun.cookie, &brought), expected);
    }
}

#[test]
fn a_token_that_is_wrong_lets_nobody_in() {
    let provider = Provider::start();
    let client = Client::new(settings(&provider)).unwrap();
    type Alter = fn(&mut serde_json::Value);
    let alterations: [(Alter, &str); 5] = [
        (|claims| claims["nonce"] = json!("x"), "`nonce`"),
        (|claims| claims["aud"] = json!("other"), "`aud`"),
        (
            |claims| claims["iss"] = json!("https://evil.example"),
            "`iss`",
        ),
        (|claims| claims["exp"] = json!(1), "`exp`"),
        (|claims| claims["sub"] = json!(""), "`sub`"),
    ];
    for (alter, expected) in alterations {
        provider.change(|state| state.alter = alter);
        says(&sign_in(&client, &provider), expected);
    }
    assert_eq!(provider.asked("/userinfo"), 0);
    let unknown = Client::new(Settings {
        secret: Some("wrong".to_owned()),
        ..settings(&provider)
    });
    says(
        &sign_in(&unknown.unwrap(), &provider),
        "401 (invalid_client)",
    );
}

#[test]
fn new_keys_are_fetched_and_not_too_often() {
    let provider = Provider::start();
    provider.change(|state| state.userinfo = json!({"sub": "a1"}));
    let client = Client::new(settings(&provider)).unwrap();
    says(&sign_in(&client, &provider), "a1");
    assert_eq!(provider.asked("/keys"), 1);
    // The provider changes its key.
    provider.change(|state| (state.signs_by, state.lists) = (1, vec![1]));
    says(&sign_in(&client, &provider), "a1");
    assert_eq!(provider.asked("/keys"), 2);
    // A key that it does not have is looked for once.
    provider.change(|state| state.signs_by = 2);
    says(&sign_in(&client, &provider), "does not have");
    says(&sign_in(&client, &provider), "does not have");
    assert_eq!(provider.asked("/keys"), 2);
    // One that it took back opens nothing, once its keys are asked for again.
    provider.change(|state| (state.signs_by, state.lists) = (1, vec![0]));
    let later = now() + limits::KNOWN_SECONDS;
    client.look(later).unwrap();
    assert_eq!(provider.asked("/keys"), 3);
    let begun = client.begin(later).unwrap();
    let brought = provider.authorize(&begun.address);
    let refused = client.finish(&begun.cookie, &brought, later).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Refused);
    assert_eq!(provider.asked("/.well-known/openid-configuration"), 2);
}

#[test]
fn a_provider_that_is_down_is_left_alone_for_a_while() {
    let provider = Provider::start();
    provider.change(|state| state.is_broken = true);
    let client = Client::new(settings(&provider)).unwrap();
    for _ in 0..3 {
        let error = client.begin(1_000).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Provider);
        says(&error.to_string(), "answered 500");
    }
    assert_eq!(provider.asked("/.well-known/openid-configuration"), 1);
    provider.change(|state| state.is_broken = false);
    assert!(client.begin(1_000 + limits::FAILED_SECONDS).is_ok());
    // An answer without an end is not read to its end.
    let endless = Provider::start();
    endless.change(|state| state.document = json!({"x": "y".repeat(1 << 20)}));
    let client = Client::new(settings(&endless)).unwrap();
    says(&client.begin(1_000).err().unwrap().to_string(), "the limit");
}

#[test]
fn what_the_operator_says_is_possible() {
    let provider = Provider::start();
    let base = || settings(&provider);
    for (settings, expected) in [
        (
            Settings {
                issuer: "http://login.example.com".into(),
                ..base()
            },
            "the issuer",
        ),
        (
            Settings {
                issuer: "https://login.example.com?x".into(),
                ..base()
            },
            "the issuer",
        ),
        (
            Settings {
                redirect: "http://keyline.example.com/cb".into(),
                ..base()
            },
            "the redirect",
        ),
        (
            Settings {
                client_id: String::new(),
                ..base()
            },
            "id is empty",
        ),
        (
            Settings {
                scopes: vec!["a b".into()],
                ..base()
            },
            "no scope",
        ),
        (
            Settings {
                authorities: Some(b"x".to_vec()),
                ..base()
            },
            "no certificate",
        ),
    ] {
        let error = Client::new(settings).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Settings);
        says(&error.to_string(), expected);
    }
}
