//! A cut gives what the table gives, for the queries that it was made for.

use datafusion::common::TableReference;
use keyline_lake::{LogOptions, Need, cut};

use crate::folder::{
    at, context, equal, micros, name, open, options, select, select_from, tree_of,
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
        let gathered = cut(
            &logs,
            &[
                Need::new(columns, &[equal("EventName", "ConsoleLogin")]),
                Need::new(["AWSRegion"], &[equal("SourceIpAddress", "192.0.2.7")]),
            ],
        )
        .unwrap()
        .narrow;
        assert_eq!(gathered.times().is_none(), spills);
        let login = equal("EventName", "ConsoleLogin");
        let address = equal("SourceIpAddress", "192.0.2.7");
        let hour = name("TimeGenerated").between(at(60), at(120));
        for (columns, filter) in [
            (vec!["AwsEventId", "SourceIpAddress"], login.clone()),
            (vec!["AwsEventId", "AWSRegion", "EventName"], address),
            (vec!["TimeGenerated"], login.and(hour)),
        ] {
            let found = select_from(gathered.table().unwrap(), &columns, Some(filter.clone()));
            assert_eq!(
                found,
                select(&logs, &columns, Some(filter.clone())),
                "{filter}"
            );
            assert!(!found.is_empty(), "{filter}");
        }
        assert_eq!(gathered.coverage(), &logs.survey().unwrap());
        assert_eq!(gathered.coverage().events, 400);
        // What no need covers is not there.
        let others = equal("EventName", "DescribeInstances");
        let found = select_from(
            gathered.sentinel_table().unwrap(),
            &["EventName"],
            Some(others),
        );
        assert_eq!(found.lines().count(), 2);
    }
}

#[test]
fn rows_are_sorted_by_time() {
    let folder = tree_of(300);
    let logs = open(folder.path(), options(3));
    let gathered = cut(&logs, &[Need::everything()]).unwrap().broad;
    let times = gathered.times().unwrap();
    assert_eq!(times, (0..300).map(micros).collect::<Vec<_>>());
}

#[test]
fn a_query_that_needs_everything_does_not_swell_the_others() {
    let folder = tree_of(100);
    let logs = open(folder.path(), options(2));
    let login = Need::new(["AWSRegion"], &[equal("EventName", "ConsoleLogin")]);
    let cuts = cut(&logs, &[login, Need::new(["EventName"], &[])]).unwrap();
    assert_eq!(cuts.narrow.times().unwrap().len(), 20);
    assert_eq!(cuts.broad.times().unwrap().len(), 100);
    let columns = ["AwsEventId", "AWSRegion"];
    let found = select_from(cuts.narrow.table().unwrap(), &columns, None);
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
    let gathered = cut(&logs, &needs).unwrap().narrow;
    assert_eq!(gathered.times().unwrap().len(), 20);
}
