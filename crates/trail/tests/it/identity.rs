//! Which records count as copies of one another.

use keyline_trail::{EventIdentity, Identity, ReadOptions};

use crate::support::{batches, options};

fn identity(text: &str) -> EventIdentity {
    batches(text.as_bytes(), &options(&[])).0[0].identities[0]
}

const RECORD: &str = r#"{"eventName":"A","eventID":"1","recipientAccountId":"111122223333","requestParameters":{"a":[1,{"b":"c"}],"d":"<"}}"#;

#[test]
fn copies_have_one_identity_however_they_are_written() {
    let known = identity(RECORD);
    for copy in [
        r#"{"requestParameters":{"d":"<","a":[1,{"b":"c"}]},"recipientAccountId":"111122223333","eventID":"1","eventName":"A"}"#,
        "{ \"eventName\": \"A\",\n \"eventID\" : \"1\", \"recipientAccountId\":\"111122223333\", \"requestParameters\" : { \"a\": [ 1, {\"b\":\"c\"} ], \"d\":\"\\u003c\" } }",
        r#"{"CloudTrailEvent":"{\"eventName\":\"A\",\"eventID\":\"1\",\"recipientAccountId\":\"111122223333\",\"requestParameters\":{\"a\":[1,{\"b\":\"c\"}],\"d\":\"<\"}}"}"#,
    ] {
        assert_eq!(identity(copy), known, "{copy}");
    }
}

#[test]
fn other_content_under_one_id_is_told_apart() {
    let known = identity(RECORD);
    for other in [
        RECORD.replace("\"c\"", "\"x\""),
        RECORD.replace("[1,", "[2,"),
        RECORD.replace("\"d\"", "\"e\""),
        RECORD.replace("\"A\"", "\"B\""),
    ] {
        let found = identity(&other);
        assert_eq!(found.id, known.id, "{other}");
        assert_ne!(found.event, known.event, "{other}");
    }
    for other in [
        RECORD.replace("\"1\"", "\"2\""),
        RECORD.replace("111122223333", "444455556666"),
    ] {
        let found = identity(&other);
        assert_ne!(found.id, known.id, "{other}");
        assert_ne!(found.event, known.event, "{other}");
    }
}

#[test]
fn without_an_id_the_content_is_the_identity() {
    let (a, b) = (
        identity(r#"{"eventName":"A"}"#),
        identity(r#"{"eventName":"B"}"#),
    );
    assert_eq!((a.id, b.id), (0, 0));
    assert_ne!(a.event, b.event);
    assert_eq!(identity(r#"{ "eventName" : "A" }"#), a);
}

#[test]
fn identities_are_only_made_when_asked_for() {
    let skip = ReadOptions {
        identity: Identity::Skip,
        ..options(&[])
    };
    let found = batches(RECORD.as_bytes(), &skip).0;
    assert_eq!(
        (found[0].rows.num_rows(), found[0].identities.len()),
        (1, 0)
    );
}

#[test]
fn bytes_tell_the_same_ids_and_only_equal_bytes() {
    let of_bytes = |text: &str| {
        let options = ReadOptions {
            identity: Identity::OfBytes,
            ..options(&[])
        };
        batches(text.as_bytes(), &options).0[0].identities[0]
    };
    let (known, spaced) = (of_bytes(RECORD), of_bytes(&RECORD.replace(':', ": ")));
    assert_eq!(known.id, identity(RECORD).id);
    assert_eq!(of_bytes(&format!("[ {RECORD} ]")), known);
    assert_eq!(spaced.id, known.id);
    assert_ne!(spaced.event, known.event);
    // Without an id there is nothing to tell that contents must be compared.
    let without = r#"{ "eventName" : "A" }"#;
    assert_eq!(of_bytes(without), identity(r#"{"eventName":"A"}"#));
}
