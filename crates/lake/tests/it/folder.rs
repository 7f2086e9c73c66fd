//! Folders of made-up CloudTrail, and what a query over them gives as text.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::catalog::TableProvider;
use datafusion::prelude::{SessionConfig, SessionContext};
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

/// The rows of a query over the logs, sorted, one a line.
pub fn query(logs: &Logs, sql: &str) -> String {
    query_tables(
        &[
            ("CloudTrail", logs.table().unwrap()),
            ("AWSCloudTrail", logs.sentinel_table().unwrap()),
        ],
        sql,
    )
}

pub fn query_tables(tables: &[(&str, Arc<dyn TableProvider>)], sql: &str) -> String {
    let mut config = SessionConfig::new().with_target_partitions(2);
    config.options_mut().sql_parser.enable_ident_normalization = false;
    let context = SessionContext::new_with_config(config);
    for (name, table) in tables {
        context.register_table(*name, table.clone()).unwrap();
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
    let batches =
        runtime.block_on(async { context.sql(sql).await.unwrap().collect().await.unwrap() });
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
