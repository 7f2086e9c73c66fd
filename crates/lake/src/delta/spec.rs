//! What tables a lake has: their names, columns and parts.
//!
//! A table is cut into parts by the day of one of its times, or not at all. Every column may be null in the log
//! of the table, so that a later Keyline can add some: a file that lacks a column reads as nulls. The tables of
//! events and of dead letters are here; whoever has rows of another sort brings the spec along
//! ([`Lake::append`](super::Lake::append)).

use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use deltalake::kernel::{DataType as DeltaType, MetadataValue, PrimitiveType, StructField};
use keyline_trail::schema::arrow_schema;
use keyline_trail::{Column, Projection, TABLE};

use crate::error::{Error, ErrorKind};
use crate::known_tables::{KnownColumn, known_table};
use crate::parquet_write::{HASHES, telling_minted};

/// The column of a table's parts, where it has any: the UTC day, as a date.
pub const DAY: &str = "Day";

/// What there is to know about a table.
#[derive(Debug, Clone)]
pub struct TableSpec {
    pub name: String,
    /// The columns of its files.
    pub columns: SchemaRef,
    /// The column whose day tells the part; without it the table has one part.
    pub time: Option<String>,
}

impl TableSpec {
    /// A table with parts by the day of `TimeGenerated`.
    pub fn by_day(name: &str, columns: SchemaRef) -> TableSpec {
        TableSpec {
            name: name.to_owned(),
            columns,
            time: Some(Column::TimeGenerated.name().to_owned()),
        }
    }

    /// A table that Sentinel has, with its columns exactly, by the day of `TimeGenerated`.
    pub fn known(name: &str) -> Option<TableSpec> {
        let table = known_table(name)?;
        let fields: Vec<Field> = table.columns.iter().map(KnownColumn::field).collect();
        Some(TableSpec::by_day(name, Arc::new(Schema::new(fields))))
    }

    /// A table in one part.
    pub fn whole(name: &str, columns: SchemaRef) -> TableSpec {
        TableSpec {
            name: name.to_owned(),
            columns,
            time: None,
        }
    }

    /// Its columns as the log of the table has them.
    pub(crate) fn delta_columns(&self) -> Result<Vec<StructField>, Error> {
        let own = self.columns.fields().iter();
        let own = own.map(|field| delta_field(field));
        let day = self.time.as_ref().map(|_| {
            let field = StructField::nullable(DAY, DeltaType::DATE);
            Ok(field)
        });
        own.chain(day).collect()
    }

    pub(crate) fn partition_columns(&self) -> Vec<String> {
        self.time.iter().map(|_| DAY.to_owned()).collect()
    }
}

fn delta_field(field: &Field) -> Result<StructField, Error> {
    let data_type = match field.data_type() {
        DataType::Utf8View | DataType::Utf8 => DeltaType::STRING,
        DataType::Timestamp(TimeUnit::Microsecond, Some(_)) => DeltaType::TIMESTAMP,
        DataType::Boolean => DeltaType::BOOLEAN,
        DataType::Float64 => DeltaType::DOUBLE,
        DataType::Int64 => DeltaType::LONG,
        DataType::Int32 => DeltaType::INTEGER,
        other => {
            let message = format!(
                "the column `{}` of type {other} cannot be kept in the lake: texts, times in \
                 microseconds, booleans, reals and whole numbers can",
                field.name()
            );
            return Err(Error::new(ErrorKind::Internal, message));
        }
    };
    let kept = StructField::nullable(field.name(), data_type);
    Ok(match field.metadata().get(KQL) {
        Some(kql) => kept.with_metadata([(KQL, MetadataValue::String(kql.clone()))]),
        None => kept,
    })
}

/// A column of a log as our files have it; nothing for the part.
pub(crate) fn arrow_field(field: &StructField) -> Option<Field> {
    let data_type = match field.data_type() {
        _ if field.name() == DAY => return None,
        DeltaType::Primitive(PrimitiveType::Timestamp) => {
            DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
        }
        DeltaType::Primitive(PrimitiveType::Boolean) => DataType::Boolean,
        DeltaType::Primitive(PrimitiveType::Double) => DataType::Float64,
        DeltaType::Primitive(PrimitiveType::Long) => DataType::Int64,
        DeltaType::Primitive(PrimitiveType::Integer) => DataType::Int32,
        DeltaType::Primitive(PrimitiveType::String) => DataType::Utf8View,
        // Nothing of ours has another type.
        _ => return None,
    };
    Some(Field::new(field.name(), data_type, true))
}

/// The table of events: all columns, the raw record, and hashes: those that duplicates are found by, and those of what
/// was minted.
pub fn events() -> TableSpec {
    TableSpec::by_day(TABLE, event_columns(true))
}

/// The columns of a file of events.
pub(crate) fn event_columns(raw_record: bool) -> SchemaRef {
    let mut columns = Projection::all();
    if raw_record {
        columns = columns.with(Column::RawRecord);
    }
    let columns = arrow_schema(&columns);
    let hashes = HASHES.map(|name| Arc::new(Field::new(name, DataType::Int64, false)));
    let fields = columns.fields().iter().cloned().chain(hashes);
    telling_minted(&Schema::new(fields.collect::<Vec<_>>()))
}

/// The metadata of a column that is kept as text and is something else in KQL.
const KQL: &str = "keyline.kql";

/// The type of a column as KQL spells it.
pub(crate) fn kql_type(field: &StructField) -> &'static str {
    if let Some(MetadataValue::String(kql)) = field.metadata().get(KQL)
        && kql == "dynamic"
    {
        return "dynamic";
    }
    match field.data_type() {
        DeltaType::Primitive(PrimitiveType::Timestamp) => "datetime",
        DeltaType::Primitive(PrimitiveType::Boolean) => "bool",
        DeltaType::Primitive(PrimitiveType::Double) => "real",
        DeltaType::Primitive(PrimitiveType::Long) => "long",
        DeltaType::Primitive(PrimitiveType::Integer) => "int",
        _ => "string",
    }
}

fn of(name: &str, data_type: DataType) -> Field {
    Field::new(name, data_type, true)
}

fn time(name: &str) -> Field {
    let data_type = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    of(name, data_type)
}

fn text(name: &str) -> Field {
    of(name, DataType::Utf8View)
}

/// Kept as text, dynamic in KQL.
fn json(name: &str) -> Field {
    let metadata = [(KQL.to_owned(), "dynamic".to_owned())];
    text(name).with_metadata(metadata.into())
}

/// The columns of a table that is made of the events.
pub(crate) fn derived_columns(columns: &[KnownColumn]) -> SchemaRef {
    let fields = columns.iter().map(|column| match column.kql_type {
        "dynamic" => json(column.name),
        _ => column.field().with_nullable(true),
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// The table of alerts with everything that one says; lists and objects are JSON.
pub fn keyline_alerts() -> TableSpec {
    TableSpec::by_day(
        "KeylineAlert",
        Arc::new(Schema::new(vec![
            time("TimeGenerated"),
            text("AlertId"),
            text("RuleId"),
            text("RuleName"),
            text("Severity"),
            text("Title"),
            text("Description"),
            time("StartTime"),
            time("EndTime"),
            json("Tactics"),
            json("Techniques"),
            json("Entities"),
            json("AccessKeyIds"),
            json("Credentials"),
            text("RootCredential"),
            text("IncidentId"),
            json("EventIds"),
            of("EventCount", DataType::Int64),
            json("Custom"),
            json("Row"),
            text("Evidence"),
            // A later row of the same alert says something else; `TimeGenerated` tells which is the latest.
            time("EvaluatedAt"),
            // From the start of the first evaluation's window until the last evaluation that found it.
            time("EpisodeStart"),
            time("EpisodeEnd"),
            // `New`, or `Superseded` where a late record has made another alert of it.
            text("Status"),
            // Of all that the evaluations said.
            text("Digest"),
        ])),
    )
}

/// The table of incidents: a row for each time that one was put down, the present is the latest.
pub fn keyline_incidents() -> TableSpec {
    TableSpec::by_day(
        "KeylineIncident",
        Arc::new(Schema::new(vec![
            time("TimeGenerated"),
            text("IncidentId"),
            of("Number", DataType::Int64),
            text("Status"),
            text("Severity"),
            text("Title"),
            text("RootCredential"),
            text("RootName"),
            json("Credentials"),
            json("AlertIds"),
            json("RuleIds"),
            of("TreeCredentials", DataType::Int64),
            of("LiveCredentials", DataType::Int64),
            time("FirstEvent"),
            time("LastEvent"),
            time("CreatedAt"),
            time("ClosedAt"),
            text("Classification"),
            json("Notes"),
            text("ModifiedBy"),
            text("MergedInto"),
        ])),
    )
}

/// The table of what was done about credentials and who asked for it: a row for each line of the server's audit log
/// that is about a plan, and of the journals of plans.
pub fn containment_audit() -> TableSpec {
    TableSpec::by_day(
        "ContainmentAudit",
        Arc::new(Schema::new(vec![
            time("TimeGenerated"),
            // Of the line that the row was made of.
            text("Id"),
            // `server` or `journal`.
            text("Source"),
            text("Who"),
            text("Role"),
            text("From"),
            text("Event"),
            text("PlanId"),
            text("Step"),
            text("Service"),
            text("Action"),
            json("Parameters"),
            json("More"),
        ])),
    )
}

/// The table of how the watch was: a row for each minute in which it ran.
pub fn health() -> TableSpec {
    let number = |name| of(name, DataType::Int64);
    let real = |name| of(name, DataType::Float64);
    TableSpec::by_day(
        "Health",
        Arc::new(Schema::new(vec![
            time("TimeGenerated"),
            number("Files"),
            number("Events"),
            number("Duplicates"),
            number("BadRecords"),
            number("FilesWaiting"),
            number("Rounds"),
            number("Alerts"),
            number("AlertsStanding"),
            number("RuleFailures"),
            time("LastEvent"),
            // In seconds: bounds below which nearly all lie.
            real("LagToRow"),
            real("LagToAlert"),
            text("Trouble"),
        ])),
    )
}

/// The table of what could not be read: one row for each kind of problem of each file.
pub fn dead_letters() -> TableSpec {
    let text = |name| Field::new(name, DataType::Utf8View, false);
    let number = |name| Field::new(name, DataType::Int64, false);
    let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    TableSpec::by_day(
        "DeadLetter",
        Arc::new(Schema::new(vec![
            // When it was met.
            Field::new(Column::TimeGenerated.name(), time, true),
            number("Batch"),
            text("Source"),
            text("Kind"),
            number("Count"),
            text("Example"),
        ])),
    )
}
