//! Plans travel: the plan of every AWS rule over Parquet listing tables goes through DataFusion's
//! protobuf, functions found by name, and gives the same rows.

use std::sync::Arc;

use datafusion::catalog::TableProvider;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::{
    ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl,
};
use datafusion::prelude::SessionContext;
use datafusion_proto::bytes::{logical_plan_from_bytes, logical_plan_to_bytes};
use keyline_engine::catalog::plain_type;
use keyline_engine::rows::{batches_to_rows, text};
use keyline_engine::{Catalog, Engine, EngineOptions, Evaluation};
use keyline_kql::schema::Column;
use keyline_kql::types::{Type, Value};

use crate::corpus::shared;
use crate::rules::{SmallReferences, aws_rules, logs};

const NOW: i64 = 17_806_608_000_000_000;

#[test]
fn plans_of_aws_rules_survive_protobuf() {
    let Some(shared) = shared() else {
        println!("left out: plans of the Sentinel rules, as `../shared` is absent");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(&shared, folder.path());
    let mut wrong = Vec::new();
    // The protobuf of a plan is written and read by recursion.
    let deep = std::thread::Builder::new().stack_size(1 << 30);
    let worker = deep.spawn(move || {
        for (id, query) in aws_rules(&shared) {
            if let Err(why) = round_trip(&engine, &query) {
                wrong.push(format!("{id}: {why}"));
            }
        }
        wrong
    });
    let wrong = worker.unwrap().join().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn round_trip(engine: &Engine, query: &str) -> Result<(), String> {
    let query = engine.check(query).map_err(|e| e.to_string())?;
    let plan = engine
        .plan(&query, &Evaluation::at(NOW))
        .map_err(|e| e.to_string())?;
    let bytes = logical_plan_to_bytes(&plan).map_err(|e| e.to_string())?;
    // Another session, which knows the functions by name only.
    let other = SessionContext::new();
    keyline_engine::session::register(&other);
    let back = logical_plan_from_bytes(&bytes, &other.task_ctx()).map_err(|e| e.to_string())?;
    let rows = |plan| -> Result<Vec<String>, String> {
        let physical = engine.physical(plan).map_err(|e| e.to_string())?;
        let batches = engine.collect(physical).map_err(|e| e.to_string())?;
        let rows = batches_to_rows(&batches, &query.root.columns).map_err(|e| e.to_string())?;
        let line = |row: &Vec<Value>| format!("{:?}", row.iter().map(text).collect::<Vec<_>>());
        let mut lines = rows.iter().map(line).collect::<Vec<_>>();
        lines.sort();
        Ok(lines)
    };
    let (here, there) = (rows(&plan)?, rows(&back)?);
    if here != there {
        return Err(format!(
            "{} rows here, {} there, or other cells",
            here.len(),
            there.len()
        ));
    }
    Ok(())
}

fn engine(shared: &std::path::Path, folder: &std::path::Path) -> Engine {
    let options = EngineOptions {
        partitions: 1,
        ..EngineOptions::for_this_machine()
    };
    let logs = logs(&[shared.join("data")]);
    let writer = Engine::new(&options, Catalog::new(), Arc::new(SmallReferences)).unwrap();
    let events = logs.sentinel_table().unwrap();
    let mut catalog = Catalog::new();
    let columns = columns_of(events.as_ref());
    catalog.add(
        "AWSCloudTrail",
        columns,
        listing(&writer, events, folder, "events"),
    );
    let known = keyline_lake::known_table("AWSGuardDuty").unwrap();
    let column =
        |c: &keyline_lake::KnownColumn| Column::new(c.name, Type::from_name(c.kql_type).unwrap());
    let columns = known.columns.iter().map(column).collect();
    catalog.add(
        "AWSGuardDuty",
        columns,
        listing(&writer, known.provider(), folder, "findings"),
    );
    writer.with_catalog(catalog)
}

fn columns_of(table: &dyn TableProvider) -> Vec<Column> {
    let schema = table.schema();
    schema
        .fields()
        .iter()
        .map(|f| Column::new(f.name(), plain_type(f.data_type())))
        .collect()
}

/// Writes a table as Parquet and lists the folder.
fn listing(
    engine: &Engine,
    table: Arc<dyn TableProvider>,
    folder: &std::path::Path,
    name: &str,
) -> Arc<dyn TableProvider> {
    let folder = folder.join(name);
    std::fs::create_dir(&folder).unwrap();
    let schema = table.schema();
    let frame = engine.session().read_table(table).unwrap();
    let path = folder.join("part.parquet");
    let batches = engine.block_on(frame.collect()).unwrap();
    let file = std::fs::File::create(&path).unwrap();
    let mut writer = parquet::arrow::ArrowWriter::try_new(file, schema.clone(), None).unwrap();
    batches
        .iter()
        .for_each(|batch| writer.write(batch).unwrap());
    writer.close().unwrap();
    let url = ListingTableUrl::parse(format!("{}/", folder.display())).unwrap();
    let options = ListingOptions::new(Arc::new(ParquetFormat::default()));
    let config = ListingTableConfig::new(url)
        .with_listing_options(options)
        .with_schema(schema);
    Arc::new(ListingTable::try_new(config).unwrap())
}
