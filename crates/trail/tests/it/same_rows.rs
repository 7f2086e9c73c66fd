//! The same records give the same rows, whatever stands around them and however the bytes arrive.

use std::io::Read;

use keyline_trail::ReadOptions;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{OneByOne, batches, gz, rows, streamed};

/// Any JSON, for parameters.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[ -~é\"\\\\\n]{0,20}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec(("[a-z\"{}]{0,6}", inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn any_record() -> impl Strategy<Value = Value> {
    (any_json(), any_json(), "[ -~]{0,30}", any::<bool>(), 0u32..100_000).prop_map(|(request, response, agent, flag, id)| {
        json!({
            "eventVersion": "1.08",
            "userIdentity": {"type": "IAMUser", "arn": format!("arn:aws:iam::111122223333:user/{id}"), "sessionContext": {"attributes": {"mfaAuthenticated": flag.to_string()}}},
            "eventTime": format!("2023-07-10T11:{:02}:{:02}Z", id / 60 % 60, id % 60),
            "eventName": if flag { "GetObject" } else { "AssumeRole" },
            "userAgent": agent,
            "requestParameters": request,
            "responseElements": response,
            "eventID": id.to_string(),
            "readOnly": flag,
        })
    })
}

fn lines(records: &[Value]) -> String {
    records
        .iter()
        .map(|record| record.to_string() + "\n")
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn in_any_envelope(records in proptest::collection::vec(any_record(), 1..6)) {
        let options = ReadOptions::default();
        let (found, report) = batches(lines(&records).as_bytes(), &options);
        prop_assert!(report.problems.is_empty(), "{:?}", report.problems);
        let expected = (rows(&found), found.iter().flat_map(|batch| batch.identities.clone()).collect::<Vec<_>>());
        prop_assert_eq!(expected.0.len(), records.len());
        let entries: Vec<Value> = records.iter().map(|record| json!({"EventId": "x", "CloudTrailEvent": record.to_string()})).collect();
        let details: Vec<Value> = records.iter().map(|record| json!({"version": "0", "detail": record, "z": 1})).collect();
        let texts = [
            json!({ "Records": &records }).to_string(),
            serde_json::to_string_pretty(&json!({ "Records": &records })).unwrap(),
            serde_json::to_string(&records).unwrap(),
            serde_json::to_string_pretty(&records).unwrap(),
            records.iter().map(|record| serde_json::to_string_pretty(record).unwrap()).collect(),
            json!({ "Events": entries }).to_string(),
            lines(&details),
        ];
        for text in &texts {
            let forms = [
                batches(text.as_bytes(), &options),
                batches(&gz(text.as_bytes()), &options),
                streamed(OneByOne(text.as_bytes()), &options),
                streamed(gz(text.as_bytes()).as_slice().chain(std::io::empty()), &options),
            ];
            for (found, report) in forms {
                prop_assert!(report.problems.is_empty(), "{:?} {}", report.problems, text);
                prop_assert_eq!(&rows(&found), &expected.0, "{}", text);
                let identities: Vec<_> = found.iter().flat_map(|batch| batch.identities.clone()).collect();
                prop_assert_eq!(&identities, &expected.1, "{}", text);
            }
        }
    }

    #[test]
    fn mutated_input_is_survived(
        records in proptest::collection::vec(any_record(), 1..4),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), prop::sample::select(b"\"\\{}[],:\n\0\xff x1".to_vec()), 0u8..3), 1..6),
        compress in any::<bool>(),
    ) {
        let mut bytes = json!({ "Records": &records }).to_string().into_bytes();
        if compress {
            bytes = gz(&bytes);
        }
        for (place, byte, how) in changes {
            let place = place.index(bytes.len().max(1)).min(bytes.len().saturating_sub(1));
            match how {
                0 if !bytes.is_empty() => bytes[place] = byte,
                1 => bytes.insert(place, byte),
                _ => bytes.truncate(place.max(1)),
            }
        }
        let options = ReadOptions::default();
        let (whole, report) = batches(&bytes, &options);
        prop_assert_eq!(rows(&whole).len() as u64, report.events);
        let (pieces, streamed_report) = streamed(OneByOne(&bytes), &options);
        // How much of a corrupt gzip stream comes out before the break depends on how it is read.
        if !compress {
            prop_assert_eq!(rows(&pieces), rows(&whole));
            prop_assert_eq!(streamed_report.bad_records, report.bad_records);
        }
    }
}
