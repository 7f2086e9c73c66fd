//! A small table of events and an engine over it.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, RecordBatch, StringViewArray, TimestampMicrosecondArray,
};
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use datafusion::datasource::MemTable;
use keyline_engine::{Catalog, Engine, EngineOptions, NoReferences};
use keyline_kql::schema::Column;
use keyline_kql::types::Type;

/// 2024-05-01T00:00:00Z in ticks.
pub const START: i64 = 17_145_216_000_000_000;
pub const MINUTE: i64 = 600_000_000;

pub fn columns() -> Vec<Column> {
    [
        ("TimeGenerated", Type::DateTime),
        ("AwsEventId", Type::String),
        ("EventName", Type::String),
        ("SourceIpAddress", Type::String),
        ("ReadOnly", Type::Bool),
    ]
    .map(|(name, ty)| Column::new(name, ty))
    .to_vec()
}

/// Minute, id, name, address, read only.
pub type Event = (i64, &'static str, &'static str, &'static str, Option<bool>);

pub const EVENTS: [Event; 6] = [
    (0, "e1", "AssumeRole", "192.0.2.1", Some(true)),
    (10, "e2", "GetObject", "192.0.2.1", Some(true)),
    (20, "e3", "GetObject", "198.51.100.7", None),
    (20, "e0", "PutObject", "198.51.100.7", Some(false)),
    (50, "e5", "AssumeRole", "203.0.113.9", Some(true)),
    (90, "e6", "GetObject", "192.0.2.1", None),
];

pub fn table(events: &[Event]) -> MemTable {
    let micros = |minute: i64| (START + minute * MINUTE) / 10;
    let time = TimestampMicrosecondArray::from_iter_values(events.iter().map(|e| micros(e.0)));
    let text = |get: fn(&Event) -> &'static str| -> ArrayRef {
        Arc::new(StringViewArray::from_iter_values(events.iter().map(get)))
    };
    let time_type = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let schema = Arc::new(Schema::new(vec![
        Field::new("TimeGenerated", time_type, true),
        Field::new("AwsEventId", DataType::Utf8View, false),
        Field::new("EventName", DataType::Utf8View, false),
        Field::new("SourceIpAddress", DataType::Utf8View, false),
        Field::new("ReadOnly", DataType::Boolean, true),
    ]));
    let arrays: Vec<ArrayRef> = vec![
        Arc::new(time.with_timezone("UTC")),
        text(|e| e.1),
        text(|e| e.2),
        text(|e| e.3),
        Arc::new(BooleanArray::from_iter(events.iter().map(|e| e.4))),
    ];
    let batch = RecordBatch::try_new(Arc::clone(&schema), arrays).unwrap();
    MemTable::try_new(schema, vec![vec![batch]]).unwrap()
}

pub fn engine() -> Engine {
    let mut catalog = Catalog::new();
    catalog.add("AWSCloudTrail", columns(), Arc::new(table(&EVENTS)));
    let options = EngineOptions {
        partitions: 2,
        ..EngineOptions::for_this_machine()
    };
    Engine::new(&options, catalog, Arc::new(NoReferences)).unwrap()
}
