//! What a receiver of webhooks gets, and what becomes of its answers.

use data_encoding::BASE64;
use ring::hmac;
use serde_json::{Value, json};

use crate::alerts::{NOW, alert, deliver, lines, number, open, with};
use crate::receiver::{Answer, Request, answer, ok, serve};

/// Alerts 1 to 3 are sent to a receiver that answers in turn; then `OK`. What it got, by number,
/// and what the sink's state is.
fn exchange(answers: &[Option<Answer>]) -> (Vec<usize>, Value, Vec<Value>) {
    let folder = tempfile::tempdir().unwrap();
    let mut answers = Vec::from(answers).into_iter();
    let (origin, came) = serve(move |_| answers.next().unwrap_or_else(|| Some(ok())));
    let outbox = open(folder.path(), &[json!({"type": "webhook", "url": origin})]);
    outbox.put(&[alert(1), alert(2), alert(3)]).unwrap();
    deliver(&outbox);
    let numbers = came.try_iter().map(|request| number(&request.json()));
    let state = serde_json::to_value(&outbox.state_of_sinks()[0]).unwrap();
    let aside = lines(&folder.path().join("aside-webhook.jsonl"));
    (numbers.collect(), state, aside)
}

#[track_caller]
fn check(answers: &[Option<Answer>], numbers: &[usize], delivered: u64, put_aside: u64) {
    let (found, state, aside) = exchange(answers);
    assert_eq!(found, numbers, "{state}");
    assert_eq!(state["waiting"], 0, "{state}");
    assert_eq!(state["delivered"], delivered, "{state}");
    assert_eq!(state["put_aside"], put_aside, "{state}");
    assert_eq!(aside.len() as u64, put_aside, "{state}");
}

#[test]
fn whoever_is_busy_or_gone_gets_it_later_and_in_order() {
    let busy = Some(answer("503 Busy", ""));
    check(&[], &[1, 2, 3], 3, 0);
    check(&[busy.clone(), busy], &[1, 1, 1, 2, 3], 3, 0);
    check(&[None, Some(ok()), None], &[1, 1, 2, 2, 3], 3, 0);
    let wait = Some(answer("429 Slow\r\nRetry-After: 7", "slow down"));
    check(&[Some(ok()), wait], &[1, 2, 2, 3], 3, 0);
    // Whoever lets nobody in does not object to the document.
    let closed = ["401 No", "403 No", "404 No", "410 Gone", "405 No", "500 No"];
    let closed: Vec<_> = closed.iter().map(|head| Some(answer(head, ""))).collect();
    check(&closed, &[1, 1, 1, 1, 1, 1, 1, 2, 3], 3, 0);
}

#[test]
fn no_redirect_is_followed() {
    let (elsewhere, stray) = serve(|_| Some(ok()));
    let to = Some(answer(&format!("307 There\r\nLocation: {elsewhere}/"), ""));
    check(&[to.clone(), to], &[1, 1, 1, 2, 3], 3, 0);
    assert!(stray.try_recv().is_err());
}

#[test]
fn a_document_that_is_refused_is_put_aside_and_holds_up_nobody() {
    for head in ["400 Bad", "413 Long", "422 Strange"] {
        let no = Some(answer(head, "invalid_payload\u{1b}[2J"));
        let refused = vec![Some(ok()), no.clone(), no.clone(), no.clone()];
        check(&refused, &[1, 2, 2, 2, 3], 2, 1);
        // Once is not enough.
        check(&[Some(ok()), no.clone(), no], &[1, 2, 2, 2, 3], 3, 0);
    }
    let no = Some(answer("400 Bad", "invalid_payload\u{1b}[2J"));
    let (_, state, aside) = exchange(&[Some(ok()), Some(ok()), no.clone(), no.clone(), no]);
    let why = state["last_error"].as_str().unwrap();
    assert!(
        why.ends_with(" answered 400: invalid_payload\\u{1b}[2J"),
        "{why}"
    );
    let kept = aside[0]["document"].as_str().unwrap();
    assert_eq!(number(&serde_json::from_str(kept).unwrap()), 3);
    assert_eq!(aside[0]["why"], state["last_error"]);
}

#[test]
fn requests_are_signed_and_carry_the_alerts_id() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    let bearer = folder.path().join("bearer");
    std::fs::write(&secret, "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX\n").unwrap();
    std::fs::write(&bearer, "Splunk 0000-0000\n").unwrap();
    let (origin, came) = serve(|_| Some(ok()));
    let config = json!({
        "type": "webhook", "url": format!("{origin}/alerts?a=b"),
        "secret_file": secret, "authorization_file": bearer
    });
    let outbox = open(&folder.path().join("outbox"), &[config]);
    outbox.put(&[alert(1)]).unwrap();
    deliver(&outbox);
    let Request {
        path,
        headers,
        body,
    } = came.recv().unwrap();
    assert_eq!(path, "/alerts?a=b");
    assert_eq!(headers["content-type"], "application/json");
    assert_eq!(headers["webhook-id"], "al-0000000000000001");
    assert_eq!(headers["webhook-timestamp"], NOW.to_string());
    assert_eq!(headers["authorization"], "Splunk 0000-0000");
    let key: Vec<u8> = (0..24).collect();
    let signed = format!("al-0000000000000001.{NOW}.{body}");
    let signature = headers["webhook-signature"].strip_prefix("v1,").unwrap();
    let signature = BASE64.decode(signature.as_bytes()).unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    hmac::verify(&key, signed.as_bytes(), &signature).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap(), alert(1));
}

#[test]
fn an_id_from_elsewhere_ends_no_header() {
    let folder = tempfile::tempdir().unwrap();
    let (origin, came) = serve(|_| Some(ok()));
    let outbox = open(folder.path(), &[json!({"type": "webhook", "url": origin})]);
    let strange = with(1, json!({"alert_id": "al-1\r\nX-Evil: 1 ü"}));
    outbox.put(&[strange]).unwrap();
    deliver(&outbox);
    let request = came.recv().unwrap();
    assert_eq!(request.headers["webhook-id"], "al-1X-Evil:1");
    assert!(!request.headers.contains_key("x-evil"));
}
