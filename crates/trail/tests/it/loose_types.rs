//! Values in the types that records really have.

use keyline_trail::Column::*;
use keyline_trail::{AWS_COLUMNS, Column, ReadOptions, SessionTokens};

use crate::support::{batches, check, options, rows};

#[test]
fn every_column_of_a_full_record() {
    let record = r#"{"eventVersion":"1.08","userIdentity":{"type":"AssumedRole","principalId":"AROAEXAMPLE:alice","arn":"arn:aws:sts::111122223333:assumed-role/Admin/alice","accountId":"111122223333","accessKeyId":"ASIAEXAMPLE","userName":"u","invokedBy":"AWS Internal","onBehalfOf":{"userId":"U-1","identityStoreArn":"arn:aws:identitystore::1:identitystore/d-1"},"inScopeOf":{"issuerType":"AWS::EC2::Instance"},"credentialId":"c-1","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLE","arn":"arn:aws:iam::111122223333:role/path/Admin","accountId":"111122223333","userName":"Admin"},"webIdFederationData":{},"attributes":{"creationDate":"2023-07-10T11:30:50Z","mfaAuthenticated":"false"},"ec2RoleDelivery":"2.0","sourceIdentity":"alice"}},"eventTime":"2023-07-10T12:00:00Z","eventSource":"ec2.amazonaws.com","eventName":"AuthorizeSecurityGroupIngress","awsRegion":"us-east-1","sourceIPAddress":"192.0.2.7","userAgent":"aws-cli/2","errorCode":"E","errorMessage":"M","requestParameters":{"groupId":"sg-1","ipPermissions":{"items":[{"ipProtocol":"tcp","fromPort":22,"toPort":23,"ipRanges":{"items":[{"cidrIp":"0.0.0.0/0"},{"cidrIp":"192.0.2.0/24"}]}},{"ipProtocol":"tcp","fromPort":80,"toPort":80}]}},"responseElements":{"_return":true},"additionalEventData":{"x":1},"requestID":"r-1","eventID":"e-1","readOnly":false,"resources":[{"ARN":"a","accountId":"1","type":"t"}],"eventType":"AwsApiCall","apiVersion":"2016","managementEvent":true,"recipientAccountId":"111122223333","serviceEventDetails":{"s":1},"sharedEventID":"s-1","vpcEndpointId":"vpce-1","vpcEndpointAccountId":"444455556666","eventCategory":"Management","tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"C","clientProvidedHostHeader":"h","keyExchange":"k"},"sessionCredentialFromConsole":"true","eventContext":{"e":1},"addendum":{"reason":"UPDATED_DATA","updatedFields":"responseElements, errorCode","originalEventID":"e-0"}}"#;
    let (found, report) = batches(record.as_bytes(), &ReadOptions::default());
    let batch = &found[0];
    assert_eq!(batch.rows.num_columns(), Column::all().len() - 1);
    assert_eq!(
        batch.rows.schema().fields()[AWS_COLUMNS].name(),
        "AccessKeyId"
    );
    let expected = [
        "2023-07-10T12:00:00Z",
        "e-1",
        "1.08",
        "ec2.amazonaws.com",
        "AwsApiCall",
        "AuthorizeSecurityGroupIngress",
        "AssumedRole",
        "AROAEXAMPLE:alice",
        "arn:aws:sts::111122223333:assumed-role/Admin/alice",
        "111122223333",
        "AWS Internal",
        "ASIAEXAMPLE",
        "u",
        "U-1",
        "arn:aws:identitystore::1:identitystore/d-1",
        "false",
        "2023-07-10T11:30:50Z",
        "Role",
        "AROAEXAMPLE",
        "arn:aws:iam::111122223333:role/path/Admin",
        "111122223333",
        "Admin",
        "us-east-1",
        "192.0.2.7",
        "aws-cli/2",
        "E",
        "M",
        r#"{"groupId":"sg-1","ipPermissions":{"items":[{"ipProtocol":"tcp","fromPort":22,"toPort":23,"ipRanges":{"items":[{"cidrIp":"0.0.0.0/0"},{"cidrIp":"192.0.2.0/24"}]}},{"ipProtocol":"tcp","fromPort":80,"toPort":80}]}}"#,
        r#"{"_return":true}"#,
        r#"{"x":1}"#,
        "",
        "r-1",
        r#"[{"ARN":"a","accountId":"1","type":"t"}]"#,
        "2016",
        "false",
        "111122223333",
        r#"{"s":1}"#,
        "s-1",
        "vpce-1",
        "true",
        "",
        "Aws",
        "CloudTrail",
        "Management",
        "2.0",
        "TLSv1.3",
        "C",
        "h",
        "tcp",
        "22,80",
        "23,80",
        "0.0.0.0/0,192.0.2.0/24",
        "AWSCloudTrail",
        "null",
        "",
        "ASIAEXAMPLE",
        &keyline_trail::session::session_key(
            "111122223333",
            "AROAEXAMPLE:alice",
            1_688_988_650_000_000,
        ),
        "aws",
        "192.0.2.7",
        r#"{"issuerType":"AWS::EC2::Instance"}"#,
        r#"{"userId":"U-1","identityStoreArn":"arn:aws:identitystore::1:identitystore/d-1"}"#,
        "",
        "",
        "c-1",
        "alice",
        "",
        "null",
        "{}",
        "true",
        "444455556666",
        "k",
        r#"{"e":1}"#,
        "",
        "UPDATED_DATA",
        "e-0",
        "responseElements, errorCode",
    ];
    assert_eq!(rows(&found)[0].split(" | ").collect::<Vec<_>>(), expected);
    let addendum = &batch.addenda[0];
    assert_eq!(
        (
            addendum.row,
            addendum.reason.as_str(),
            addendum.original_event_id.as_str()
        ),
        (0, "UPDATED_DATA", "e-0")
    );
    assert_eq!(addendum.updated_fields, ["responseElements", "errorCode"]);
    assert_eq!(report.accounts.iter().collect::<Vec<_>>(), ["111122223333"]);
    assert_eq!(report.regions.iter().collect::<Vec<_>>(), ["us-east-1"]);
    assert_eq!(
        (report.first_event, report.last_event),
        (Some(1_688_990_400_000_000), Some(1_688_990_400_000_000))
    );
}

#[test]
fn a_record_with_nothing_has_empty_text_and_nulls() {
    check(
        r#"{"eventName":"A"}"#,
        &[
            TimeGenerated,
            EventSource,
            EventName,
            UserIdentityArn,
            SessionMfaAuthenticated,
            SessionCreationDate,
            RequestParameters,
            ReadOnly,
            SessionKey,
        ],
        &["null |  | A |  | null | null |  | null | "],
        &["bad-time 1"],
    );
}

#[test]
fn booleans() {
    for (value, shown) in [
        ("true", "true"),
        ("\"true\"", "true"),
        ("\"False\"", "false"),
        ("null", "null"),
        ("\"\"", "null"),
        ("1", "null"),
        ("{}", "null"),
    ] {
        check(
            format!(
                r#"{{"eventTime":"2023-07-10T11:30:50Z","readOnly":{value},"managementEvent":{value},"userIdentity":{{"sessionContext":{{"attributes":{{"mfaAuthenticated":{value}}}}}}}}}"#
            ),
            &[SessionMfaAuthenticated, ReadOnly, ManagementEvent],
            &[&format!("{shown} | {shown} | {shown}")],
            &[],
        );
    }
}

#[test]
fn times() {
    for (value, shown) in [
        ("\"2023-07-10T11:30:50Z\"", "2023-07-10T11:30:50Z"),
        ("\"20230710T113050Z\"", "2023-07-10T11:30:50Z"),
        ("\"2023-07-10 11:30:50.123\"", "2023-07-10T11:30:50.123Z"),
        ("\"2023-07-10T13:30:50+02:00\"", "2023-07-10T11:30:50Z"),
        ("1688988650", "2023-07-10T11:30:50Z"),
        ("1688988650123", "2023-07-10T11:30:50.123Z"),
    ] {
        check(
            format!(
                r#"{{"eventName":"A","eventTime":{value},"userIdentity":{{"sessionContext":{{"attributes":{{"creationDate":{value}}}}}}}}}"#
            ),
            &[TimeGenerated, SessionCreationDate],
            &[&format!("{shown} | {shown}")],
            &[],
        );
    }
    for value in ["\"redacted\"", "null", "{}", "true"] {
        check(
            format!(r#"{{"eventName":"A","eventTime":{value}}}"#),
            &[TimeGenerated],
            &["null"],
            &["bad-time 1"],
        );
    }
}

#[test]
fn json_in_columns() {
    for (value, shown) in [
        (r#"{"b":1,"a":{"C":[1,2]}}"#, r#"{"b":1,"a":{"C":[1,2]}}"#),
        (
            r#"{ "b" : 1 , "a b" : [ 1 , "x \" y" ] }"#,
            r#"{"b":1,"a b":[1,"x \" y"]}"#,
        ),
        (r#""{\"a\":\"b\"}""#, r#"{"a":"b"}"#),
        ("null", ""),
        ("{}", "{}"),
        (
            r#"{"omitted":true,"originalSize":1}"#,
            r#"{"omitted":true,"originalSize":1}"#,
        ),
        (
            r#"{"policy":"{\n  \"a\": 1}"}"#,
            r#"{"policy":"{\n  \"a\": 1}"}"#,
        ),
        ("7", "7"),
    ] {
        let record = format!(
            r#"{{"eventTime":"2023-07-10T11:30:50Z","eventName":"A","requestParameters":{value},"errorMessage":{value}}}"#
        );
        check(
            record,
            &[ErrorMessage, RequestParameters],
            &[&format!("{shown} | {shown}")],
            &[],
        );
    }
}

#[test]
fn escapes_in_text() {
    check(
        r#"{"eventTime":"2023-07-10T11:30:50Z","eventName":"A\u0042","userAgent":"\u003cx\u003e \"q\" \\ \ud83d\ude00 é"}"#,
        &[EventName, UserAgent],
        &["AB | <x> \"q\" \\ 😀 é"],
        &[],
    );
}

#[test]
fn odd_identities() {
    for identity in [
        "null",
        "\"x\"",
        "[]",
        "7",
        r#"{"type":}"#,
        r#"{"type" "x"}"#,
    ] {
        let record = format!(
            r#"{{"eventTime":"2023-07-10T11:30:50Z","userIdentity":{identity},"eventName":"A"}}"#
        );
        check(record, &[EventName, UserIdentityType], &["A | "], &[]);
    }
    check(
        r#"{"eventTime":"2023-07-10T11:30:50Z","eventName":"A","userIdentity":{"type":"IAMUser","accountId":111122223333,"sessionContext":{"sessionIssuer":{},"attributes":null}}}"#,
        &[UserIdentityType, UserIdentityAccountId],
        &["IAMUser | 111122223333"],
        &[],
    );
}

#[test]
fn session_tokens_are_hashed_unless_kept() {
    let columns = &[RequestParameters, ResponseElements, RawRecord];
    let hash = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let with = |token: &str| {
        let response = format!(
            r#"{{"credentials":{{"accessKeyId":"ASIAEXAMPLE","sessionToken":"{token}"}}}}"#
        );
        let record = format!(
            r#"{{"eventTime":"2023-07-10T11:30:50Z","requestParameters":{{"a":1}},"responseElements":{response},"eventName":"A"}}"#
        );
        (
            record.clone(),
            format!(r#"{{"a":1}} | {response} | {record}"#),
        )
    };
    let (record, plain) = with("abc");
    check(&record, columns, &[&with(hash).1], &[]);
    check(record.replace(',', " ,\n "), columns, &[&with(hash).1], &[]);
    check(with("").0, columns, &[&with("").1], &[]);
    let keep = ReadOptions {
        session_tokens: SessionTokens::Keep,
        ..options(columns)
    };
    assert_eq!(rows(&batches(record.as_bytes(), &keep).0), [plain]);
    // The answer as text.
    let record =
        r#"{"eventTime":"2023-07-10T11:30:50Z","responseElements":"{\"sessionToken\":\"abc\"}"}"#;
    check(
        record,
        &[ResponseElements, RawRecord],
        &[&format!(
            r#"{{"sessionToken":"{hash}"}} | {{"eventTime":"2023-07-10T11:30:50Z","responseElements":"{{\"sessionToken\":\"{hash}\"}}"}}"#
        )],
        &[],
    );
}

#[test]
fn partitions_and_addresses() {
    for (arn, region, source, shown) in [
        (
            "arn:aws-cn:iam::1:user/a",
            "cn-north-1",
            "2001:DB8::0:1",
            "aws-cn | 2001:db8::1",
        ),
        ("", "us-gov-west-1", "ec2.amazonaws.com", "aws-us-gov | "),
        ("", "", "AWS Internal", "aws | "),
    ] {
        let record = format!(
            r#"{{"eventTime":"2023-07-10T11:30:50Z","eventName":"A","userIdentity":{{"arn":"{arn}"}},"awsRegion":"{region}","sourceIPAddress":"{source}"}}"#
        );
        check(record, &[AwsPartition, SourceAddress], &[shown], &[]);
    }
}
