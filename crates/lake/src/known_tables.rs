//! Tables that Sentinel has and the data at hand has not.
//!
//! Out: their names and columns, and empty table providers, so that a rule that names one still
//! binds, runs and finds nothing. The columns stand in `known_tables.txt`. The event tables are not
//! here.

use std::sync::{Arc, LazyLock};

use arrow_schema::{DataType, Field, Schema, TimeUnit};
use datafusion::catalog::TableProvider;
use datafusion::datasource::empty::EmptyTable;

/// A table that is known by its columns only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownTable {
    pub name: &'static str,
    pub columns: Vec<KnownColumn>,
}

/// A column and its type as KQL spells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownColumn {
    pub name: &'static str,
    pub kql_type: &'static str,
}

/// All known tables, by name.
pub fn known_tables() -> &'static [KnownTable] {
    &TABLES
}

/// The known table of that exact name.
pub fn known_table(name: &str) -> Option<&'static KnownTable> {
    TABLES.iter().find(|table| table.name == name)
}

impl KnownTable {
    /// The table with no rows.
    pub fn provider(&self) -> Arc<dyn TableProvider> {
        let fields: Vec<Field> = self.columns.iter().map(KnownColumn::field).collect();
        Arc::new(EmptyTable::new(Arc::new(Schema::new(fields))))
    }
}

impl KnownColumn {
    pub(crate) fn field(&self) -> Field {
        let data_type = match self.kql_type {
            "bool" => DataType::Boolean,
            "int" => DataType::Int32,
            "long" => DataType::Int64,
            "real" => DataType::Float64,
            "datetime" => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            // Strings, and what is kept as text: dynamic and guid.
            _ => DataType::Utf8View,
        };
        // A string is never null in KQL.
        Field::new(self.name, data_type, self.kql_type != "string")
    }
}

static TABLES: LazyLock<Vec<KnownTable>> = LazyLock::new(|| {
    include_str!("known_tables.txt")
        .lines()
        .filter_map(table)
        .collect()
});

fn table(line: &'static str) -> Option<KnownTable> {
    let (name, columns) = line.split_once(": ").filter(|_| !line.starts_with('#'))?;
    let columns = columns
        .split(", ")
        .filter_map(|column| column.split_once(' '))
        .map(|(name, kql_type)| KnownColumn { name, kql_type })
        .collect();
    Some(KnownTable { name, columns })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_file_is_well_formed() {
        let types = [
            "string", "int", "long", "real", "bool", "datetime", "dynamic", "guid",
        ];
        let lines = include_str!("known_tables.txt").lines();
        let lines = lines
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .count();
        assert_eq!(known_tables().len(), lines);
        for table in known_tables() {
            let names: BTreeSet<&str> = table.columns.iter().map(|column| column.name).collect();
            assert_eq!(
                names.len(),
                table.columns.len(),
                "{} has a column twice",
                table.name
            );
            assert!(names.contains("TimeGenerated"), "{}", table.name);
            for column in &table.columns {
                assert!(
                    types.contains(&column.kql_type),
                    "{} {column:?}",
                    table.name
                );
            }
        }
    }

    #[test]
    fn tables_that_aws_rules_name() {
        let columns = |name: &str| known_table(name).map(|table| table.columns.len());
        assert_eq!(columns("AWSGuardDuty"), Some(19));
        assert_eq!(columns("SecurityAlert"), Some(35));
        assert_eq!(columns("AWSVPCFlow"), Some(45));
        assert_eq!(columns("AWSCloudTrail"), None);
        let provider = known_table("AWSGuardDuty").unwrap().provider();
        let schema = provider.schema();
        assert_eq!(
            schema.field_with_name("Severity").unwrap().data_type(),
            &DataType::Int32
        );
    }
}
