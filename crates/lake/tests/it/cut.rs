//! A cut gives what the table gives, for the queries that it was made for.

use std::collections::HashSet;

use datafusion::common::TableReference;
use keyline_lake::{LogOptions, Need, ROW, cut};

use crate::folder::{
    at, context, equal, event, gz, key, micros, name, open, options, record, records, select,
    select_from, tree, tree_of,
};

#[test]
fn a_cut_answers_like_the_table() {
    let folder = tree_of(400);
    let roomy = options(2);
    // So little memory that every batch is spilled.
    let tight = LogOptions {
        memory_bytes: 1 << 10,
        ..options(2)
    };
    for options in [roomy, tight] {
        let spills = options.memory_bytes == 1 << 10;
        let logs = open(folder.path(), options);
        let columns = ["EventName", "SourceIpAddress"];
        let cuts = cut(
            &logs,
            &[
                Need::new(columns, &[equal("EventName", "ConsoleLogin")]),
                Need::new(["AWSRegion"], &[equal("SourceIpAddress", "192.0.2.7")]),
            ],
        )
        .unwrap();
        let login = equal("EventName", "ConsoleLogin");
        let address = equal("SourceIpAddress", "192.0.2.7");
        let hour = name("TimeGenerated").between(at(60), at(120));
        assert_eq!(cuts.rows(0), Some(80));
        for (need, columns, filter) in [
            (0, vec!["AwsEventId", "SourceIpAddress"], login.clone()),
            (
                1,
                vec!["AwsEventId", "AWSRegion", "SourceIpAddress"],
                address,
            ),
            (0, vec!["TimeGenerated"], login.and(hour)),
        ] {
            let gathered = cuts.of(need).unwrap();
            assert_eq!(gathered.times().is_none(), spills);
            let found = select_from(gathered.table().unwrap(), &columns, Some(filter.clone()));
            assert_eq!(
                found,
                select(&logs, &columns, Some(filter.clone())),
                "{filter}"
            );
            assert!(!found.is_empty(), "{filter}");
        }
        assert_eq!(cuts.coverage(), &logs.survey().unwrap());
        assert_eq!(cuts.coverage().events, 400);
        // What no need covers is not there.
        let others = equal("EventName", "DescribeInstances");
        let gathered = cuts.of(0).unwrap();
        let found = select_from(
            gathered.sentinel_table().unwrap(),
            &["EventName"],
            Some(others),
        );
        // Of what was spilled each need is handed the rows of all.
        assert_eq!(found.lines().count(), if spills { 2 } else { 0 });
    }
}

#[test]
fn rows_are_sorted_by_time() {
    let folder = tree_of(300);
    let logs = open(folder.path(), options(3));
    let cuts = cut(&logs, &[Need::everything()]).unwrap();
    let times = cuts.of(0).unwrap().times().unwrap();
    assert_eq!(times, (0..300).map(micros).collect::<Vec<_>>());
}

#[test]
fn a_query_that_needs_everything_does_not_swell_the_others() {
    let folder = tree_of(100);
    let logs = open(folder.path(), options(2));
    let login = Need::new(["AWSRegion"], &[equal("EventName", "ConsoleLogin")]);
    let cuts = cut(&logs, &[login, Need::new(["EventName"], &[])]).unwrap();
    let login = cuts.of(0).unwrap();
    assert_eq!(login.times().unwrap().len(), 20);
    assert_eq!(cuts.of(1).unwrap().times().unwrap().len(), 100);
    assert_eq!((cuts.rows(0), cuts.rows(1)), (Some(20), None));
    let columns = ["AwsEventId", "AWSRegion"];
    let found = select_from(login.table().unwrap(), &columns, None);
    assert_eq!(
        found,
        select(&logs, &columns, Some(equal("EventName", "ConsoleLogin")))
    );
}

#[test]
fn needs_come_from_a_plan() {
    let folder = tree_of(100);
    let logs = open(folder.path(), options(2));
    let context = context();
    logs.register(&context).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let needs = runtime.block_on(async {
        let frame = context
            .table(TableReference::bare("AWSCloudTrail"))
            .await
            .unwrap();
        let frame = frame.filter(equal("EventName", "ConsoleLogin")).unwrap();
        let frame = frame.select(vec![name("AWSRegion")]).unwrap();
        Need::of_plan(&frame.into_optimized_plan().unwrap()).unwrap()
    });
    assert_eq!(needs.len(), 1);
    let gathered = cut(&logs, &needs).unwrap().of(0).unwrap();
    assert_eq!(gathered.times().unwrap().len(), 20);
}

#[test]
fn rows_are_found_again_by_their_places() {
    let folder = tree_of(300);
    for memory_bytes in [64 << 20, 1 << 10] {
        let logs = open(
            folder.path(),
            LogOptions {
                memory_bytes,
                ..options(2)
            },
        );
        let cuts = cut(&logs, &[Need::new(["EventName"], &[])]).unwrap();
        let table = cuts.of(0).unwrap().sentinel_table().unwrap();
        let login = equal("EventName", "ConsoleLogin");
        let found = select_from(table, &[ROW], Some(login.clone()));
        let places: HashSet<i64> = found.lines().map(|line| line.parse().unwrap()).collect();
        assert_eq!(places.len(), 60);
        let columns = ["AwsEventId", "SourceIpAddress"];
        let again = cuts.fetch(&places, &columns).unwrap();
        assert_eq!(
            select_from(again, &columns, None),
            select(&logs, &columns, Some(login))
        );
        let none = cuts.fetch(&HashSet::new(), &columns).unwrap();
        assert_eq!(select_from(none, &columns, None), "");
    }
}

#[test]
fn nobody_needs_anything() {
    let folder = tree_of(100);
    let logs = open(folder.path(), options(2));
    let cuts = cut(&logs, &[]).unwrap();
    assert_eq!(cuts.coverage().events, 100);
    let never = Need::new(["AWSRegion"], &[equal("EventName", "NeverHappened")]);
    let cuts = cut(&logs, &[never]).unwrap();
    assert!(cuts.is_empty(0));
    let found = select_from(cuts.of(0).unwrap().table().unwrap(), &["AWSRegion"], None);
    assert_eq!(found, "");
}

#[test]
fn a_cut_keeps_conflicts() {
    let real = record(1, "\"eventName\":\"DeleteTrail\"");
    let forged = record(1, "\"eventName\":\"DescribeTrails\"");
    // The same event, written otherwise.
    let respelt = real.replacen("{\"eventVersion\"", "{ \"eventVersion\"", 1);
    let more: Vec<String> = (2..40).map(event).collect();
    for second in [forged, respelt] {
        let folder = tree(&[
            (
                key(1, "a"),
                gz(&records(&[vec![real.clone()], more.clone()].concat())),
            ),
            (key(1, "b"), gz(&records(&[second, event(40)]))),
        ]);
        for threads in [1, 4] {
            let columns = ["AwsEventId", "EventName"];
            let logs = open(folder.path(), options(threads));
            let cuts = cut(&logs, &[Need::new(columns, &[])]).unwrap();
            let found = select_from(cuts.of(0).unwrap().table().unwrap(), &columns, None);
            let plain = open(folder.path(), options(threads));
            assert_eq!(found, select(&plain, &columns, None));
            let trail = equal("EventName", "DeleteTrail");
            let logs = open(folder.path(), options(threads));
            let cuts = cut(&logs, &[Need::new(columns, &[trail])]).unwrap();
            assert_eq!(cuts.rows(0), Some(1));
        }
    }
}
