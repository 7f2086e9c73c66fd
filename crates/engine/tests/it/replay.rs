//! One plan for many ticks gives what an evaluation at each tick gives.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::datasource::MemTable;
use keyline_engine::catalog::plain_type;
use keyline_engine::rows::{append_rows, text};
use keyline_engine::{Catalog, Engine, EngineOptions, ErrorKind, Evaluation, Ticks, lower};
use keyline_kql::schema::Column;
use keyline_kql::types::{Type, Value};

use crate::corpus::shared;
use crate::rules::{SmallReferences, aws_rules, catalog, logs};
use crate::support::{MINUTE, START, engine};

const QUERIES: [&str; 40] = [
    "AWSCloudTrail",
    "AWSCloudTrail | where EventName == 'GetObject' | extend now = now()",
    "AWSCloudTrail | where TimeGenerated >= ago(15m) | project AwsEventId",
    "AWSCloudTrail | where TimeGenerated > ago(30m) and TimeGenerated <= ago(10m) | project AwsEventId",
    "AWSCloudTrail | where TimeGenerated between (ago(40m) .. now(-10m)) | project AwsEventId",
    "AWSCloudTrail | where ago(20m) < TimeGenerated | summarize count() by EventName",
    "AWSCloudTrail | where TimeGenerated < startofday(now()) | project AwsEventId",
    "AWSCloudTrail | summarize arg_max(TimeGenerated, *), make_set(EventName) by SourceIpAddress",
    "AWSCloudTrail | distinct EventName",
    "AWSCloudTrail | top 1 by TimeGenerated desc | project AwsEventId",
    "AWSCloudTrail | join (AWSCloudTrail | where EventName == 'GetObject') on SourceIpAddress",
    "AWSCloudTrail | where TimeGenerated >= ago(25m) | join kind=inner (AWSCloudTrail | where EventName == 'AssumeRole') on SourceIpAddress | summarize count() by AwsEventId, AwsEventId1",
    "AWSCloudTrail | join kind=leftouter (AWSCloudTrail | where ReadOnly == true) on SourceIpAddress | project AwsEventId, AwsEventId1",
    "AWSCloudTrail | join kind=leftanti (AWSCloudTrail | where TimeGenerated < ago(20m)) on SourceIpAddress | project AwsEventId",
    "AWSCloudTrail | where SourceIpAddress in ((AWSCloudTrail | where EventName == 'PutObject' | project SourceIpAddress)) | project AwsEventId",
    "AWSCloudTrail | join kind=inner (datatable(SourceIpAddress:string, n:long)['192.0.2.1', 1]) on SourceIpAddress | project AwsEventId, n",
    "union (AWSCloudTrail | where EventName == 'GetObject'), (AWSCloudTrail | where ReadOnly == true) | project AwsEventId",
    "AWSCloudTrail | mv-expand x = split(SourceIpAddress, '.') | summarize count() by tostring(x)",
    "AWSCloudTrail | join (AWSCloudTrail | join (AWSCloudTrail | where EventName == 'AssumeRole') on SourceIpAddress) on SourceIpAddress | project AwsEventId, AwsEventId1, AwsEventId2",
    "AWSCloudTrail | sort by TimeGenerated asc | extend before = prev(AwsEventId) | project AwsEventId, before",
    // What is seen long: different rows by their stretches of time, and joins of a tick with them.
    "AWSCloudTrail | distinct SourceIpAddress, EventName, ReadOnly",
    "AWSCloudTrail | distinct EventName, At = bin(TimeGenerated, 30m) | summarize count() by EventName",
    "AWSCloudTrail | summarize Names = dcount(EventName) by SourceIpAddress",
    "AWSCloudTrail | summarize dcount(startofday(TimeGenerated)) by bin(TimeGenerated, 1h)",
    "AWSCloudTrail | where TimeGenerated >= ago(20m) | join kind=leftouter (AWSCloudTrail | where TimeGenerated < ago(20m) | distinct SourceIpAddress, EventName | extend Seen = true) on SourceIpAddress, EventName | project AwsEventId, Seen",
    "AWSCloudTrail | where TimeGenerated >= ago(20m) | join kind=leftanti (AWSCloudTrail | where TimeGenerated < ago(20m) | distinct EventName) on EventName | project AwsEventId",
    "AWSCloudTrail | where TimeGenerated >= ago(20m) | where EventName !in ((AWSCloudTrail | where TimeGenerated < ago(20m) | distinct EventName)) | project AwsEventId",
    "AWSCloudTrail | summarize Last = max(TimeGenerated) by SourceIpAddress | join (AWSCloudTrail | project SourceIpAddress, EventName) on SourceIpAddress | project SourceIpAddress, Last, EventName",
    "let calls = AWSCloudTrail | extend Part = tostring(split(SourceIpAddress, '.')[0]); let before = calls | where TimeGenerated < ago(20m) | distinct Part, EventName; calls | where TimeGenerated >= ago(20m) | join kind=leftsemi before on Part, EventName | join kind=leftouter (calls | summarize n = count() by Part) on Part | project AwsEventId, n",
    "let found = AWSCloudTrail | summarize n = count() by SourceIpAddress | where n > 1; AWSCloudTrail | where isnotempty(EventName) | join kind=inner found on SourceIpAddress | summarize Ids = make_set(AwsEventId), n = max(n) by SourceIpAddress, EventName",
    // Of rows that are alike for what picks or gathers, the first is enough.
    "AWSCloudTrail | where TimeGenerated >= ago(25m) | join kind=inner (AWSCloudTrail | where ReadOnly == true) on SourceIpAddress | summarize arg_max(TimeGenerated, *) by SourceIpAddress",
    "AWSCloudTrail | join kind=inner (AWSCloudTrail | extend Kind = EventName | join kind=inner (AWSCloudTrail | where EventName == 'AssumeRole') on SourceIpAddress | where isnotempty(Kind)) on SourceIpAddress | summarize Kinds = make_set(Kind), take_any(AwsEventId, AwsEventId1, AwsEventId2) by SourceIpAddress",
    "AWSCloudTrail | sort by AwsEventId desc | join kind=rightouter (AWSCloudTrail | where ReadOnly == true | project SourceIpAddress, Name = EventName, Id = AwsEventId) on SourceIpAddress | summarize Names = dcount(Name), arg_min(TimeGenerated, AwsEventId, Id) by EventName",
    "AWSCloudTrail | sort by EventName desc | join (AWSCloudTrail | where ReadOnly == true) on SourceIpAddress | project AwsEventId, AwsEventId1",
    // Values of a tick, and what is the same at all of them.
    "let newest = toscalar(AWSCloudTrail | summarize max(TimeGenerated)); AWSCloudTrail | where TimeGenerated == newest | project AwsEventId",
    "AWSCloudTrail | summarize n = count(), First = min(TimeGenerated), Names = make_set(EventName)",
    "AWSCloudTrail | where EventName == 'none of these' | summarize n = count(), sum(strlen(EventName)), max(EventName), avg(strlen(EventName))",
    "AWSCloudTrail | extend Known = EventName in ((AWSCloudTrail | where TimeGenerated < ago(20m) | project EventName)) or EventName == '' | project AwsEventId, Known",
    "union (AWSCloudTrail | project EventName), (datatable(EventName:string)['x', 'y'])",
    "datatable(SourceIpAddress:string)['192.0.2.1', '198.51.100.99'] | join kind=leftouter (AWSCloudTrail) on SourceIpAddress | project SourceIpAddress, AwsEventId",
];

#[test]
fn ticks_at_once_equal_ticks_one_by_one() {
    let plain = engine();
    let keeping = plain.keeping();
    for (engine, period) in [(&plain, 60), (&plain, 20), (&keeping, 60)] {
        let ticks = Ticks {
            first: START,
            frequency: 20 * MINUTE,
            last: START + 100 * MINUTE,
            period: period * MINUTE,
        };
        // Only what has a name can be used twice.
        let all = std::ptr::eq(engine, &plain);
        for query in QUERIES
            .iter()
            .filter(|query| all || query.starts_with("let "))
        {
            if let Err(why) = compare(engine, query, ticks, Must::Vectorise) {
                panic!("{query}: {why}");
            }
        }
    }
}

#[test]
fn rules_at_once_equal_rules_one_by_one() {
    let Some(shared) = shared() else {
        println!("left out: replays of the Sentinel rules, as `../shared` is absent");
        return;
    };
    let engine = in_memory(&shared).keeping();
    // The day of the real records on which most happens, found by a query.
    let busiest =
        "AWSCloudTrail | summarize n = count() by day = bin(TimeGenerated, 1d) | top 1 by n";
    let day = engine.query_text(busiest, &Evaluation::at(0)).unwrap();
    let [Value::DateTime(day), _] = day.rows[0][..] else {
        panic!("{:?}", day.rows)
    };
    let hour = 60 * MINUTE;
    let ticks = Ticks {
        first: day + 12 * hour,
        frequency: 8 * hour,
        last: day + 20 * hour,
        period: 24 * hour,
    };
    let mut looped = Vec::new();
    let mut wrong = Vec::new();
    let joins = |query: &str| query.contains("join");
    // Of the joining rules every fourth, of the others, which are much alike, every twentieth.
    let (joining, others): (Vec<_>, Vec<_>) = aws_rules(&shared)
        .into_iter()
        .partition(|(_, query)| joins(query));
    for (id, query) in joining
        .into_iter()
        .rev()
        .step_by(4)
        .chain(others.into_iter().step_by(20))
    {
        match compare(&engine, &query, ticks, Must::Agree) {
            Ok(true) => {}
            Ok(false) => looped.push(id),
            Err(why) => wrong.push(format!("{id}: {why}")),
        }
    }
    println!("evaluated tick by tick: {looped:?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[derive(Clone, Copy, PartialEq)]
enum Must {
    Vectorise,
    Agree,
}

/// Whether there is a plan for all ticks; an error where the two ways differ.
fn compare(engine: &Engine, text: &str, ticks: Ticks, must: Must) -> Result<bool, String> {
    let query = engine.check(text).map_err(|e| e.to_string())?;
    let plan = match engine.plan_ticks(&query, &ticks) {
        Ok(plan) => plan,
        Err(e) if e.kind() == ErrorKind::NotVectorisable && must == Must::Agree => {
            return Ok(false);
        }
        Err(e) => return Err(e.to_string()),
    };
    let plan = engine
        .physical(&plan)
        .map_err(|e| format!("{e}\n{}", plan.display_indent()))?;
    let mut columns = vec![Column::new(lower::TICK, Type::Long)];
    columns.extend(query.root.columns.iter().cloned());
    let mut rows = Vec::new();
    for batch in engine.collect(plan).map_err(|e| e.to_string())? {
        append_rows(&batch, &columns, &mut rows).map_err(|e| e.to_string())?;
    }
    let mut at_once: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for row in rows {
        let Value::Long(tick) = row[0] else {
            return Err("a row without a tick".into());
        };
        at_once.entry(tick).or_default().push(line(&row[1..]));
    }
    let mut tick = ticks.first;
    while tick <= ticks.last {
        let evaluation = Evaluation::at(tick).with_window(tick - ticks.period, tick);
        let table = engine
            .query_text(text, &evaluation)
            .map_err(|e| e.to_string())?;
        let mut here = table.rows.iter().map(|row| line(row)).collect::<Vec<_>>();
        let mut there = at_once.remove(&tick).unwrap_or_default();
        here.sort();
        there.sort();
        if here != there {
            return Err(format!(
                "at {tick}: one by one {here:#?}, at once {there:#?}"
            ));
        }
        tick += ticks.frequency;
    }
    if at_once.is_empty() {
        Ok(true)
    } else {
        Err(format!("other ticks: {at_once:?}"))
    }
}

fn line(row: &[Value]) -> String {
    format!("{:?}", row.iter().map(text).collect::<Vec<_>>())
}

/// The records read once.
fn in_memory(shared: &std::path::Path) -> Engine {
    let options = EngineOptions {
        partitions: 2,
        ..EngineOptions::for_this_machine()
    };
    let paths = [shared.join("data")];
    let mut catalog: Catalog = catalog(&paths);
    let engine = Engine::new(&options, Catalog::new(), Arc::new(SmallReferences)).unwrap();
    let events = logs(&paths).sentinel_table().unwrap();
    let schema = events.schema();
    let frame = engine.session().read_table(events).unwrap();
    let batches = engine.block_on(frame.collect()).unwrap();
    let columns = schema
        .fields()
        .iter()
        .map(|f| Column::new(f.name(), plain_type(f.data_type())));
    let table = MemTable::try_new(schema.clone(), vec![batches]).unwrap();
    catalog.add("AWSCloudTrail", columns.collect(), Arc::new(table));
    engine.with_catalog(catalog)
}
