//! Buckets and queues of an emulator: what is listed, fetched and received, with and without faults on the way.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

use keyline_source::aws::{Aws, Bucketed, Failure};
use keyline_source::layout::{Day, Span};
use keyline_source::{
    AwsOptions, BucketPrefix, S3Object, Wanted, limits, objects_of, verify_digests,
};
use serde_json::json;

use crate::digests::{Signer, trail};
use crate::emulator::{ACCOUNT, Moto, moto};
use crate::proxy::{Answer, Proxy};

/// Runs a test in a process of its own, with credentials for nobody in its environment.
fn alone(name: &str, test: fn(&Moto)) {
    const INSIDE: &str = "KEYLINE_TEST_INSIDE";
    if std::env::var_os(INSIDE).is_some() {
        return moto().iter().for_each(test);
    }
    let outcome = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", &format!("aws::{name}")])
        .env(INSIDE, "1")
        .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "made-up")
        .env("AWS_REGION", "us-east-1")
        .env_remove("AWS_PROFILE")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&outcome.stderr);
    assert!(outcome.status.success(), "{said}");
    eprint!("{said}");
}

fn aws(endpoint: &str) -> Aws {
    let options = AwsOptions {
        profile: None,
        endpoint: Some(endpoint.to_owned()),
    };
    Aws::open(&options).unwrap()
}

fn put(moto: &Moto, key: &str, body: &str) {
    moto.rest("PUT", &format!("/trail-logs/{key}"), "s3", body);
}

fn key(account: &str, service: &str, region: &str, day: u32, name: u32) -> String {
    format!(
        "AWSLogs/{account}/{service}/{region}/2026/03/{day:02}/{account}_{service}_{region}_202603{day:02}T0000Z_{name:016}.json"
    )
}

fn place(prefix: &str) -> BucketPrefix {
    BucketPrefix {
        bucket: "trail-logs".to_owned(),
        prefix: prefix.to_owned(),
    }
}

const ONE: &str = "111122223333";
const OTHER: &str = "444455556666";

#[test]
fn only_what_can_matter_is_listed() {
    alone(
        "only_what_can_matter_is_listed",
        only_what_can_matter_is_listed_on,
    );
}

fn only_what_can_matter_is_listed_on(moto: &Moto) {
    moto.rest("PUT", "/trail-logs", "s3", "");
    let mut all = BTreeSet::new();
    for root in ["", "org/AWSLogs/o-abc123/"] {
        for account in [ONE, OTHER] {
            for region in ["us-east-1", "eu-west-1"] {
                for day in [1, 9, 10, 11, 31] {
                    let logs = key(account, "CloudTrail", region, day, 1);
                    let logs = match root {
                        "" => logs,
                        root => logs.replace("AWSLogs/", root),
                    };
                    put(moto, &logs, "{}");
                    all.insert(logs);
                }
            }
        }
    }
    put(
        moto,
        &key(ONE, "CloudTrail-Digest", "us-east-1", 10, 1),
        "{}",
    );
    put(moto, &key(ONE, "Config", "us-east-1", 10, 1), "{}");
    put(moto, "notes.txt", "hello");
    put(moto, "loose.json", "{}");
    all.insert("loose.json".to_owned());

    let proxy = Proxy::before(&moto.endpoint, |_, _| Answer::Pass);
    let aws = aws(&proxy.endpoint);
    let list = |prefix: &str, wanted: &Wanted| {
        let listing = aws.list(&place(prefix), wanted, &|_| false).unwrap();
        let keys: BTreeSet<String> = listing.objects.into_iter().map(|it| it.key).collect();
        let passed: Vec<String> = listing
            .passed_over
            .iter()
            .map(|(why, (count, _))| format!("{} {count}", why.name()))
            .collect();
        (keys, passed.join(", "))
    };
    let (keys, passed) = list("", &Wanted::default());
    assert_eq!(keys, all);
    assert_eq!(
        passed,
        "passed-over-digest 1, passed-over-other-service 1, passed-over-not-a-log 1"
    );
    // One object, and a folder without its slash.
    let one = key(ONE, "CloudTrail", "us-east-1", 9, 1);
    assert_eq!(list(&one, &Wanted::default()).0, BTreeSet::from([one]));
    assert_eq!(list("or", &Wanted::default()).0.len(), 0);
    assert_eq!(list("org", &Wanted::default()).0.len(), 20);
    assert_eq!(
        list(
            &format!("AWSLogs/{ONE}/CloudTrail/us-east-1/2026"),
            &Wanted::default()
        )
        .0
        .len(),
        5
    );

    let wanted = Wanted {
        span: Span {
            first: Day::new(2026, 3, 9),
            last: Day::new(2026, 3, 10),
        },
        accounts: vec![ONE.to_owned()],
        regions: vec!["eu-west-1".to_owned()],
        ..Wanted::default()
    };
    let before = proxy.asked().len();
    let (keys, passed) = list("AWSLogs/", &wanted);
    let expected = [9, 10].map(|day| key(ONE, "CloudTrail", "eu-west-1", day, 1));
    assert_eq!(keys, BTreeSet::from(expected));
    assert_eq!(
        passed,
        "passed-over-digest 1, passed-over-other-service 1, passed-over-other-account 1, \
         passed-over-other-region 1"
    );
    // The folders of the layout, one after the other, and one stretch of days: nothing else was asked for.
    let asked = proxy.asked()[before..].join("\n");
    assert_eq!(asked.lines().count(), 4, "{asked}");
    assert!(
        asked.contains(
            "start-after=AWSLogs%2F111122223333%2FCloudTrail%2Feu-west-1%2F2026%2F03%2F09%2F"
        ),
        "{asked}"
    );
    assert!(
        !asked.contains(OTHER) && !asked.contains("us-east-1"),
        "{asked}"
    );
}

#[test]
fn pages_and_faults_lose_nothing() {
    alone(
        "pages_and_faults_lose_nothing",
        pages_and_faults_lose_nothing_on,
    );
}

fn pages_and_faults_lose_nothing_on(moto: &Moto) {
    moto.rest("PUT", "/trail-logs", "s3", "");
    const OBJECTS: u32 = 1_100;
    for number in 0..OBJECTS {
        let name = key(ONE, "CloudTrail", "us-east-1", 1 + number % 2, number);
        put(moto, &name, &format!("{{\"number\":{number}}}"));
    }
    // Every fifth request is refused, cut off or answered by half.
    let proxy = Proxy::before(&moto.endpoint, |number, _| match number % 15 {
        3 => Answer::SlowDown,
        8 => Answer::Cut,
        13 => Answer::Half,
        _ => Answer::Pass,
    });
    let aws = aws(&proxy.endpoint);
    let listing = aws
        .list(&place(""), &Wanted::default(), &|_| false)
        .unwrap();
    assert_eq!(listing.objects.len(), OBJECTS as usize);
    assert_eq!(listing.problems, []);
    let of_second_day = |object: &S3Object| object.key.contains("/02/");
    let rest = aws
        .list(&place(""), &Wanted::default(), &of_second_day)
        .unwrap();
    assert_eq!((rest.objects.len(), rest.known), (550, 550));

    let folder = tempfile::tempdir().unwrap();
    let mut asked: Vec<S3Object> = listing.objects.into_iter().take(200).collect();
    asked[3].key = "AWSLogs/nowhere.json".to_owned();
    asked[5].etag = "0123456789abcdef0123456789abcdef".to_owned();
    let got = aws.fetch(&asked, folder.path());
    for (number, (object, outcome)) in asked.iter().zip(&got).enumerate() {
        match (number, outcome) {
            (3, Err(Failure::Gone(why))) => assert!(why.contains("not there"), "{why}"),
            (5, Err(Failure::Gone(why))) => assert!(why.contains("overwritten"), "{why}"),
            (_, Ok(path)) => {
                let text = std::fs::read_to_string(path).unwrap();
                let number: u32 = object.key[object.key.len() - 21..][..16].parse().unwrap();
                assert_eq!(text, format!("{{\"number\":{number}}}"));
            }
            (_, Err(failure)) => panic!("{number}: {failure:?}"),
        }
    }
}

#[test]
fn a_connection_that_is_cut_again_and_again_passes() {
    alone(
        "a_connection_that_is_cut_again_and_again_passes",
        a_connection_that_is_cut_again_and_again_passes_on,
    );
}

fn a_connection_that_is_cut_again_and_again_passes_on(moto: &Moto) {
    moto.rest("PUT", "/trail-logs", "s3", "");
    put(moto, &key(ONE, "CloudTrail", "us-east-1", 1, 0), "{}");
    // More often than the SDK tries by itself.
    let cut = limits::SDK_ATTEMPTS_MAX as usize + 2;
    let proxy = Proxy::before(&moto.endpoint, move |number, _| match number {
        number if number < cut => Answer::Cut,
        _ => Answer::Pass,
    });
    let aws = aws(&proxy.endpoint);
    let listing = aws
        .list(&place(""), &Wanted::default(), &|_| false)
        .unwrap();
    assert_eq!(listing.objects.len(), 1);
    assert!(proxy.asked().len() > cut);
}

#[test]
fn a_bucket_that_is_not_there_is_named() {
    alone(
        "a_bucket_that_is_not_there_is_named",
        a_bucket_that_is_not_there_is_named_on,
    );
}

fn a_bucket_that_is_not_there_is_named_on(moto: &Moto) {
    let error = aws(&moto.endpoint)
        .list(&place("a/"), &Wanted::default(), &|_| false)
        .unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("cannot list `s3://trail-logs/a/`: NoSuchBucket"),
        "{text}"
    );
}

/// A queue, by way of SNS, of EventBridge or of neither.
fn notified(moto: &Moto) -> String {
    moto.rest("PUT", "/trail-logs", "s3", "");
    let made = moto.json(
        "sqs",
        "AmazonSQS.CreateQueue",
        &json!({"QueueName": "trail"}),
    );
    let queue = format!("arn:aws:sqs:us-east-1:{ACCOUNT}:trail");
    let topic = format!("arn:aws:sns:us-east-1:{ACCOUNT}:trail");
    moto.query("sns", "2010-03-31", "CreateTopic", &[("Name", "trail")]);
    let params = [
        ("TopicArn", &*topic),
        ("Protocol", "sqs"),
        ("Endpoint", &*queue),
    ];
    moto.query("sns", "2010-03-31", "Subscribe", &params);
    let pattern = json!({"source": ["aws.s3"]}).to_string();
    moto.json(
        "events",
        "AWSEvents.PutRule",
        &json!({"Name": "trail", "EventPattern": pattern}),
    );
    let targets = json!({"Rule": "trail", "Targets": [{"Id": "1", "Arn": queue}]});
    moto.json("events", "AWSEvents.PutTargets", &targets);
    let when = |prefix: &str, kind: &str, arn: &str| {
        let filter = format!(
            "<Filter><S3Key><FilterRule><Name>prefix</Name><Value>{prefix}</Value></FilterRule></S3Key></Filter>"
        );
        format!(
            "<{kind}Configuration><{kind}>{arn}</{kind}><Event>s3:ObjectCreated:*</Event>{filter}</{kind}Configuration>"
        )
    };
    let body = format!(
        "<NotificationConfiguration>{}{}<EventBridgeConfiguration/></NotificationConfiguration>",
        when("direct", "Queue", &queue),
        when("topic", "Topic", &topic),
    );
    moto.rest("PUT", "/trail-logs?notification", "s3", &body);
    made["QueueUrl"].as_str().unwrap().to_owned()
}

#[test]
fn messages_of_every_way_name_the_objects() {
    alone(
        "messages_of_every_way_name_the_objects",
        messages_of_every_way_name_the_objects_on,
    );
}

fn messages_of_every_way_name_the_objects_on(moto: &Moto) {
    let url = notified(moto);
    for way in ["direct", "topic"] {
        put(moto, &format!("{way}%20a%2Bb.json"), "{}");
    }
    put(moto, "bridge.json", "{}");
    let aws = aws(&moto.endpoint);
    let queue = aws.queue(&url);
    let messages = aws.receive(&queue, Duration::from_secs(1)).unwrap();
    let mut named = BTreeSet::new();
    for message in &messages {
        assert_eq!(message.times, 1);
        let way = match &message.body {
            body if body.contains("\"Type\": \"Notification\"") => "SNS",
            body if body.contains("detail-type") => "EventBridge",
            _ => "S3",
        };
        for object in objects_of(&message.body).unwrap() {
            assert_eq!(object.bucket, "trail-logs");
            let seen = aws.look(std::slice::from_ref(&object)).remove(0).unwrap();
            assert_eq!(seen.bytes, Some(2), "{object:?}");
            assert!(
                object.etag.is_empty() || object.etag == seen.etag,
                "{object:?}"
            );
            named.insert(format!("{way}: {}", object.key));
        }
    }
    for expected in [
        "S3: direct a+b.json",
        "SNS: topic a+b.json",
        "EventBridge: bridge.json",
        "EventBridge: direct a+b.json",
        "EventBridge: topic a+b.json",
    ] {
        assert!(named.contains(expected), "{expected}: {named:?}");
    }
    // What is held comes to nobody else; what is deleted never comes again.
    assert_eq!(aws.receive(&queue, Duration::ZERO).unwrap(), []);
    aws.delete(&queue, &messages).unwrap();
    let left = moto.json(
        "sqs",
        "AmazonSQS.GetQueueAttributes",
        &json!({"QueueUrl": url, "AttributeNames": ["All"]}),
    );
    let attributes = &left["Attributes"];
    assert_eq!(attributes["ApproximateNumberOfMessages"], "0");
    assert_eq!(attributes["ApproximateNumberOfMessagesNotVisible"], "0");
}

#[test]
fn digests_of_a_bucket_are_checked() {
    alone(
        "digests_of_a_bucket_are_checked",
        digests_of_a_bucket_are_checked_on,
    );
}

fn digests_of_a_bucket_are_checked_on(moto: &Moto) {
    moto.rest("PUT", "/trail-logs", "s3", "");
    let signer = Signer::new();
    let files = trail(&signer, 3);
    let upload = |key: &str, bytes: &[u8], signature: &str| {
        let head = format!("x-amz-meta-signature: {signature}");
        moto.upload_with(&format!("/trail-logs/{key}"), &head, bytes);
    };
    for (key, bytes, signature) in &files {
        upload(key, bytes, signature.as_deref().unwrap_or("none"));
    }
    let aws = aws(&moto.endpoint);
    let scratch = tempfile::tempdir().unwrap();
    let vault = Bucketed {
        aws: &aws,
        at: &place(""),
        scratch: scratch.path().to_owned(),
    };
    let check = || {
        let mut keys = |_: &str| signer.public();
        let checked = verify_digests(&vault, &Wanted::default(), &mut keys).unwrap();
        let counts: Vec<String> = checked
            .counts
            .iter()
            .map(|(kind, (count, _))| format!("{kind} {count}"))
            .collect();
        (checked.digests, checked.logs, counts.join(", "))
    };
    assert_eq!(check(), (3, 3, String::new()));
    // The last digest's signature stands nowhere but beside it.
    let (key, bytes, _) = &files[5];
    let other = files[3].2.as_deref().unwrap();
    upload(key, bytes, other);
    moto.rest("DELETE", &format!("/trail-logs/{}", files[0].0), "s3", "");
    assert_eq!(
        check(),
        (3, 3, "digest-signature-wrong 1, log-missing 1".to_owned())
    );
}
