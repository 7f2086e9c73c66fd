//! `getschema`: one row for each column of the input.

use keyline_kql::checked::Rel;
use keyline_kql::types::{Type, Value};
use std::sync::Arc;

use crate::error::Result;
use crate::lower::Lowerer;
use crate::lower::relation::Relation;

impl Lowerer<'_> {
    pub(crate) fn getschema(&mut self, input: &Arc<Rel>, rel: &Arc<Rel>) -> Result<Relation> {
        let rows = input
            .columns
            .iter()
            .enumerate()
            .map(|(place, c)| {
                vec![
                    Value::String(c.name.clone()),
                    Value::Int(i32::try_from(place).unwrap_or(i32::MAX)),
                    Value::String(data_type_name(c.ty).to_string()),
                    Value::String(c.ty.name().to_string()),
                ]
            })
            .map(|row| {
                row.into_iter()
                    .zip(&rel.columns)
                    .map(|(value, c)| match (value, c.ty) {
                        (Value::Int(v), Type::Long) => Value::Long(i64::from(v)),
                        (value, _) => value,
                    })
                    .collect()
            })
            .collect::<Vec<Vec<Value>>>();
        self.datatable(&rows, &rel.columns)
    }
}

fn data_type_name(ty: Type) -> &'static str {
    match ty {
        Type::Bool => "System.SByte",
        Type::Int => "System.Int32",
        Type::Long => "System.Int64",
        Type::Real => "System.Double",
        Type::Decimal => "System.Data.SqlTypes.SqlDecimal",
        Type::String => "System.String",
        Type::DateTime => "System.DateTime",
        Type::TimeSpan => "System.TimeSpan",
        Type::Guid => "System.Guid",
        Type::Dynamic => "System.Object",
    }
}
