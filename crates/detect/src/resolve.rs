//! Rows with places in them become the rows that the query asks for.
//!
//! In: rows of a query that carries places ([`crate::late`]). Out: rows with the columns of the original
//! query, the missing cells read from the logs again, those of many rows at once.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use keyline_engine::rows::append_rows;
use keyline_engine::{Engine, Evaluation};
use keyline_kql::checked::{CheckedQuery, Op, Rel};
use keyline_kql::schema::Column;
use keyline_kql::span::Span;
use keyline_kql::types::{Type, Value};
use keyline_lake::{Cuts, ROW, TABLE};

use crate::late::{Late, Output};

pub struct Resolver<'a> {
    pub engine: &'a Engine,
    pub cuts: &'a Cuts,
    pub late: &'a Late,
    /// The columns of the original query.
    pub columns: &'a [Column],
}

impl Resolver<'_> {
    /// The same rows with all their columns.
    pub fn rows(&self, rows: Vec<Vec<Value>>) -> Result<Vec<Vec<Value>>, String> {
        let mut names: BTreeSet<&str> = BTreeSet::new();
        let mut places: HashSet<i64> = HashSet::new();
        for output in &self.late.outputs {
            if let Output::At { place, column } = output {
                names.insert(column);
                places.extend(rows.iter().filter_map(|row| place_in(row, *place)));
            }
        }
        let names: Vec<&str> = names.into_iter().collect();
        let events = self.events(&names, &places)?;
        let absent = |ty: Type| match ty {
            Type::String => Value::String(String::new()),
            ty => Value::Null(ty),
        };
        let row_of = |row: Vec<Value>| {
            let cells = self.late.outputs.iter().zip(self.columns);
            let cells = cells.map(|(output, column)| match output {
                Output::Here(at) => row[*at].clone(),
                Output::At {
                    place,
                    column: name,
                } => {
                    let event = place_in(&row, *place).and_then(|place| events.get(&place));
                    let at = names.binary_search(&name.as_str()).ok();
                    let cell = event.zip(at).and_then(|(event, at)| event.get(at).cloned());
                    cell.unwrap_or_else(|| absent(column.ty))
                }
            });
            cells.collect()
        };
        Ok(rows.into_iter().map(row_of).collect())
    }

    /// These columns of the events at these places.
    fn events(
        &self,
        names: &[&str],
        places: &HashSet<i64>,
    ) -> Result<HashMap<i64, Vec<Value>>, String> {
        if places.is_empty() {
            return Ok(HashMap::new());
        }
        let known = self
            .late
            .uses
            .iter()
            .flat_map(|(before, _)| &before.columns);
        let types: HashMap<&str, Type> = known.map(|c| (c.name.as_str(), c.ty)).collect();
        let mut columns: Vec<Column> = names
            .iter()
            .map(|name| Column::new(*name, types.get(name).copied().unwrap_or(Type::String)))
            .collect();
        columns.push(Column::new(ROW, Type::Long));
        let table = Arc::new(Rel {
            op: Op::Table {
                name: TABLE.to_string(),
            },
            columns: columns.clone(),
            serialized: false,
            span: Span::default(),
        });
        let query = CheckedQuery {
            root: table.clone(),
            tables: vec![TABLE.to_string()],
            external_uris: Vec::new(),
            render: None,
            ago_ticks: Vec::new(),
        };
        let failed = |error: keyline_engine::Error| error.to_string();
        let found = self.cuts.fetch(places, names).map_err(|e| e.to_string())?;
        let engine = self.engine.with_uses(vec![(table, found)]);
        let plan = engine.plan(&query, &Evaluation::at(0)).map_err(failed)?;
        let plan = engine.physical(&plan).map_err(failed)?;
        let mut rows = Vec::new();
        for batch in engine.collect(plan).map_err(failed)? {
            append_rows(&batch, &columns, &mut rows).map_err(failed)?;
        }
        let by_place = rows.into_iter().filter_map(|mut row| match row.pop() {
            Some(Value::Long(place)) => Some((place, row)),
            _ => None,
        });
        Ok(by_place.collect())
    }
}

fn place_in(row: &[Value], at: usize) -> Option<i64> {
    match row.get(at) {
        Some(Value::Long(place)) => Some(*place),
        _ => None,
    }
}
