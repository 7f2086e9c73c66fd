//! Folders of made-up CloudTrail, and what a query over them gives as text.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::catalog::TableProvider;
use datafusion::common::{Column, ScalarValue};
use datafusion::logical_expr::{Expr, lit};
use datafusion::prelude::{DataFrame, SessionConfig, SessionContext};
use keyline_lake::{Coverage, LogOptions, Logs, RawRecord, SessionTokens};

pub const ACCOUNT: &str = "111122223333";

pub fn options(threads: usize) -> LogOptions {
    LogOptions {
        threads,
        memory_bytes: 64 << 20,
        session_tokens: SessionTokens::Hash,
        raw_record: RawRecord::Leave,
        since: None,
        until: None,
        now: None,
        scratch_folder: None,
        progress: None,
    }
}

/// An event by its number: one a minute from 1 March 2026, of two sorts.
pub fn event(number: u32) -> String {
    let name = if number.is_multiple_of(5) {
        "ConsoleLogin"
    } else {
        "DescribeInstances"
    };
    record(number, &format!("\"eventName\":\"{name}\""))
}

/// An event with members of one's own.
pub fn record(number: u32, members: &str) -> String {
    format!(
        "{{\"eventVersion\":\"1.11\",\"userIdentity\":{{\"type\":\"IAMUser\",\"accountId\":\"{ACCOUNT}\"}},\
         \"eventTime\":\"{}\",\"eventSource\":\"ec2.amazonaws.com\",\"awsRegion\":\"us-east-1\",\
         \"sourceIPAddress\":\"192.0.2.{}\",\"recipientAccountId\":\"{ACCOUNT}\",\
         \"eventID\":\"{}\",{members}}}",
        time(number),
        number % 250,
        id(number),
    )
}

pub fn id(number: u32) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

pub fn time(number: u32) -> String {
    let (day, minute) = (1 + number / 1440, number % 1440);
    format!("2026-03-{day:02}T{:02}:{:02}:00Z", minute / 60, minute % 60)
}

/// The same in microseconds.
pub fn micros(number: u32) -> i64 {
    (20_513 * 1440 + i64::from(number)) * 60_000_000
}

pub fn records(events: &[String]) -> Vec<u8> {
    format!("{{\"Records\":[{}]}}", events.join(",")).into_bytes()
}

pub fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A place in the S3 layout.
pub fn key(day: u32, name: &str) -> String {
    format!("AWSLogs/{ACCOUNT}/CloudTrail/us-east-1/2026/03/{day:02}/{name}.json.gz")
}

pub fn tree(files: &[(String, Vec<u8>)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, bytes) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    folder
}

/// `count` events in files of ten.
pub fn tree_of(count: u32) -> tempfile::TempDir {
    let numbers: Vec<u32> = (0..count).collect();
    let files = numbers.chunks(10).map(|numbers| {
        let events: Vec<String> = numbers.iter().map(|number| event(*number)).collect();
        let day = 1 + numbers[0] / 1440;
        (
            key(day, &format!("{:06}", numbers[0])),
            gz(&records(&events)),
        )
    });
    tree(&files.collect::<Vec<_>>())
}

pub fn open(path: &Path, options: LogOptions) -> Logs {
    Logs::open(&[path.to_owned()], options).unwrap()
}

pub fn open_all(paths: &[PathBuf], options: LogOptions) -> Logs {
    Logs::open(paths, options).unwrap()
}

/// A condition on a column: `equal("EventName", "ConsoleLogin")`.
pub fn equal(column: &str, value: &str) -> Expr {
    name(column).eq(lit(ScalarValue::Utf8View(Some(value.to_owned()))))
}

/// A column by its exact name.
pub fn name(column: &str) -> Expr {
    Expr::Column(Column::from_name(column))
}

/// The time of an event, for comparing with.
pub fn at(number: u32) -> Expr {
    lit(ScalarValue::TimestampMicrosecond(
        Some(micros(number)),
        Some("UTC".into()),
    ))
}

/// The rows of `CloudTrail`, or of `AWSCloudTrail` where it has all the columns: sorted, one a line.
pub fn select(logs: &Logs, columns: &[&str], filter: Option<Expr>) -> String {
    let sentinel = logs.sentinel_table().unwrap();
    let has = |column: &&str| sentinel.schema().field_with_name(column).is_ok();
    let table = if columns.iter().all(has) {
        sentinel
    } else {
        logs.table().unwrap()
    };
    select_from(table, columns, filter)
}

/// How many rows there are.
pub fn count(logs: &Logs, filter: Option<Expr>) -> usize {
    select(logs, &["AwsEventId"], filter).lines().count()
}

/// All columns but those that a table may lack.
pub fn all_columns(logs: &Logs) -> Vec<String> {
    let schema = logs.table().unwrap().schema();
    schema
        .fields()
        .iter()
        .map(|field| field.name().clone())
        .collect()
}

pub fn select_from(
    table: Arc<dyn TableProvider>,
    columns: &[&str],
    filter: Option<Expr>,
) -> String {
    let context = context();
    let columns: Vec<Expr> = columns.iter().map(|column| name(column)).collect();
    let frame = context.read_table(table).unwrap();
    let frame = match filter {
        Some(filter) => frame.filter(filter).unwrap(),
        None => frame,
    };
    collect(frame.select(columns).unwrap())
}

pub fn context() -> SessionContext {
    SessionContext::new_with_config(SessionConfig::new().with_target_partitions(2))
}

/// The rows of a frame, sorted, one a line.
pub fn collect(frame: DataFrame) -> String {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
    let batches = runtime.block_on(async { frame.collect().await.unwrap() });
    let mut lines = Vec::new();
    for batch in &batches {
        let options = FormatOptions::default();
        let columns: Vec<ArrayFormatter> = batch
            .columns()
            .iter()
            .map(|column| ArrayFormatter::try_new(column.as_ref(), &options).unwrap())
            .collect();
        for row in 0..batch.num_rows() {
            let cells: Vec<String> = columns
                .iter()
                .map(|column| column.value(row).to_string())
                .collect();
            lines.push(cells.join("|"));
        }
    }
    lines.sort();
    lines.join("\n")
}

/// The coverage in one line and its problems in one each.
pub fn show(coverage: &Coverage) -> String {
    let mut out = format!(
        "files {} failed {} events {} duplicates {} bad {}",
        coverage.files,
        coverage.files_failed,
        coverage.events,
        coverage.duplicates,
        coverage.bad_records
    );
    for problem in coverage.problems.iter() {
        out += &format!("\n{} {}", problem.kind.name(), problem.count);
    }
    out
}
