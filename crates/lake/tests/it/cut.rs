//! A cut gives what the table gives, for the queries that it was made for.

use std::sync::Arc;

use datafusion::common::ScalarValue;
use datafusion::logical_expr::{Expr, lit};
use datafusion::prelude::SessionContext;
use keyline_lake::{Cut, LogOptions, Need, cut};

use crate::folder::{micros, open, options, query, query_tables, tree_of};

fn equal(column: &str, value: &str) -> Expr {
    let value = lit(ScalarValue::Utf8View(Some(value.to_owned())));
    Expr::Column(datafusion::common::Column::from_name(column)).eq(value)
}

fn query_cut(cut: &Arc<Cut>, sql: &str) -> String {
    let tables = [
        ("CloudTrail", cut.table().unwrap()),
        ("AWSCloudTrail", cut.sentinel_table().unwrap()),
    ];
    query_tables(&tables, sql)
}

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
        .unwrap();
        assert_eq!(gathered.times().is_none(), spills);
        for sql in [
            "select AwsEventId, SourceIpAddress from AWSCloudTrail where EventName = 'ConsoleLogin'",
            "select AwsEventId, AWSRegion, EventName from CloudTrail where SourceIpAddress = '192.0.2.7'",
            "select count(*) from CloudTrail where EventName = 'ConsoleLogin' \
             and TimeGenerated between '2026-03-01T01:00:00Z' and '2026-03-01T02:00:00Z'",
        ] {
            assert_eq!(query_cut(&gathered, sql), query(&logs, sql), "{sql}");
        }
        assert_eq!(gathered.coverage(), &logs.survey().unwrap());
        assert_eq!(gathered.coverage().events, 400);
        // What no need covers is not there.
        let others = "select count(*) from CloudTrail where EventName = 'DescribeInstances'";
        assert_eq!(query_cut(&gathered, others), "2");
    }
}

#[test]
fn rows_are_sorted_by_time() {
    let folder = tree_of(300);
    let logs = open(folder.path(), options(3));
    let gathered = cut(&logs, &[Need::everything()]).unwrap();
    let times = gathered.times().unwrap();
    assert_eq!(times, (0..300).map(micros).collect::<Vec<_>>());
}

#[test]
fn needs_come_from_a_plan() {
    let folder = tree_of(100);
    let logs = open(folder.path(), options(2));
    let context = SessionContext::new();
    logs.register(&context).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let sql = "select \"AWSRegion\" from \"AWSCloudTrail\" where \"EventName\" = 'ConsoleLogin'";
    let needs = runtime.block_on(async {
        let plan = context
            .sql(sql)
            .await
            .unwrap()
            .into_optimized_plan()
            .unwrap();
        Need::of_plan(&plan).unwrap()
    });
    assert_eq!(needs.len(), 1);
    let gathered = cut(&logs, &needs).unwrap();
    assert_eq!(gathered.times().unwrap().len(), 20);
}
