//! Addenda patch the events that they name, before or after them, in the same file or another.

use keyline_lake::{Need, cut};

use crate::folder::{
    equal, gz, id, key, open, options, record, records, select, select_from, show, tree,
};

fn addendum(number: u32, original: u32, members: &str, fields: &str) -> String {
    let addendum = format!(
        "\"addendum\":{{\"reason\":\"UPDATED_DATA\",\"updatedFields\":{fields:?},\
         \"originalEventID\":\"{}\"}}",
        id(original)
    );
    record(number, &format!("{members},{addendum}"))
}

#[test]
fn the_original_takes_the_named_values() {
    let original = record(1, "\"eventName\":\"CreateUser\",\"userAgent\":\"a\"");
    let other = record(2, "\"eventName\":\"CreateUser\"");
    let patch = addendum(
        3,
        1,
        "\"eventName\":\"CreateUser\",\"errorCode\":\"AccessDenied\",\"userAgent\":\"b\"",
        "errorCode",
    );
    let expected = format!("{}|AccessDenied|a\n{}||", id(1), id(2));
    let columns = ["AwsEventId", "ErrorCode", "UserAgent"];
    for (name, first, second) in [
        (
            "before",
            vec![patch.clone()],
            vec![original.clone(), other.clone()],
        ),
        (
            "after",
            vec![original.clone(), other.clone()],
            vec![patch.clone()],
        ),
        ("together", vec![original, patch, other], vec![]),
    ] {
        let folder = tree(&[
            (key(1, "a"), gz(&records(&first))),
            (key(1, "b"), gz(&records(&second))),
        ]);
        for threads in [1, 2] {
            let logs = open(folder.path(), options(threads));
            assert_eq!(select(&logs, &columns, None), expected, "{name}");
            assert_eq!(logs.survey().unwrap().addenda, 1, "{name}");
            // A row that matches only once it is patched is found as well.
            let denied = select(&logs, &columns, Some(equal("ErrorCode", "AccessDenied")));
            assert_eq!(denied, expected.lines().next().unwrap(), "{name}");
            let logs = open(folder.path(), options(threads));
            let gathered = cut(&logs, &[Need::everything()]).unwrap().of(0).unwrap();
            let table = gathered.sentinel_table().unwrap();
            assert_eq!(select_from(table, &columns, None), expected, "{name}");
        }
    }
}

#[test]
fn an_addendum_with_the_id_of_its_original_is_no_conflict() {
    let original = record(1, "\"eventName\":\"CreateUser\"");
    let patch = addendum(
        1,
        1,
        "\"eventName\":\"CreateUser\",\"errorCode\":\"x\"",
        "errorCode",
    );
    let folder = tree(&[(key(1, "a"), gz(&records(&[original, patch])))]);
    let logs = open(folder.path(), options(1));
    let rows = select(&logs, &["AwsEventId", "ErrorCode"], None);
    assert_eq!(rows, format!("{}|x", id(1)));
    let shown = "files 1 failed 0 events 2 duplicates 0 bad 0";
    assert_eq!(show(&logs.survey().unwrap()), shown);
}

#[test]
fn an_addendum_without_its_original_stays_a_row() {
    let patch = addendum(
        3,
        1,
        "\"eventName\":\"CreateUser\",\"errorCode\":\"x\"",
        "errorCode",
    );
    let late = record(
        4,
        "\"eventName\":\"CreateUser\",\"addendum\":{\"reason\":\"DELIVERY_DELAY\"}",
    );
    let folder = tree(&[(key(1, "a"), gz(&records(&[patch, late])))]);
    let logs = open(folder.path(), options(1));
    let rows = select(&logs, &["AwsEventId"], None);
    assert_eq!(rows, format!("{}\n{}", id(3), id(4)));
    let shown = "files 1 failed 0 events 2 duplicates 0 bad 0\norphan-addendum 1";
    assert_eq!(show(&logs.coverage().unwrap()), shown);
}
