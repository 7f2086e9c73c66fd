//! Rows that stand in the query: `datatable` and `print`.
//!
//! A small table becomes literals of the plan, which travel with it; a large one is kept in memory.
//! A hidden ordinal keeps the order in which the rows were written.

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{Field, Schema};
use datafusion::common::{DFSchema, ScalarValue};
use datafusion::datasource::{MemTable, provider_as_source};
use datafusion::logical_expr::{Expr, LogicalPlanBuilder, cast, lit};
use keyline_kql::checked::{NamedExpr, Rel};
use keyline_kql::schema::Column;
use keyline_kql::types::{Type, Value};
use std::sync::Arc;

use crate::error::Result;
use crate::limits::LITERAL_CELLS_MAX;
use crate::lower::Lowerer;
use crate::lower::literal::{data_type, null, scalar};
use crate::lower::relation::{OrderKey, Relation, column};

/// One row without columns: what constants are computed on.
pub(crate) fn one_row() -> Relation {
    let plan = LogicalPlanBuilder::empty(true).build();
    Relation::new(
        plan.expect("a node without inputs cannot fail to build"),
        Vec::new(),
    )
}

impl Lowerer<'_> {
    pub(crate) fn datatable(
        &mut self,
        rows: &[Vec<Value>],
        columns: &[Column],
    ) -> Result<Relation> {
        let ordinal = self.hidden("row");
        let plan = if rows.is_empty() {
            let nulls = columns.iter().map(|c| typed_null(c.ty).alias(&c.name));
            let nulls = nulls.chain([lit(0_i64).alias(&ordinal)]);
            LogicalPlanBuilder::empty(true)
                .project(nulls)?
                .filter(lit(false))?
                .build()?
        } else if rows.len() * columns.len() > LITERAL_CELLS_MAX {
            in_memory(rows, columns, &ordinal)?
        } else {
            let values = rows
                .iter()
                .enumerate()
                .map(|(number, row)| {
                    let ordinal = lit(i64::try_from(number).unwrap_or(i64::MAX));
                    let cells = columns
                        .iter()
                        .zip(row)
                        .map(|(c, value)| lit(cell(value, c.ty)));
                    cells.chain([ordinal]).collect()
                })
                .collect::<Vec<Vec<Expr>>>();
            let names = columns
                .iter()
                .map(|c| c.name.as_str())
                .chain([ordinal.as_str()]);
            let exprs = names
                .enumerate()
                .map(|(place, name)| column(&format!("column{}", place + 1)).alias(name))
                .collect::<Vec<_>>();
            LogicalPlanBuilder::values_with_schema(values, &literal_schema(columns)?)?
                .project(exprs)?
                .build()?
        };
        let mut relation = Relation::new(plan, columns.to_vec());
        relation.order = vec![OrderKey::ascending(ordinal)];
        Ok(relation)
    }

    pub(crate) fn print(&mut self, exprs: &[NamedExpr], rel: &Arc<Rel>) -> Result<Relation> {
        let mut relation = one_row();
        let mut output = Vec::new();
        for (named, c) in exprs.iter().zip(&rel.columns) {
            output.push((c.clone(), self.expr(&mut relation, &named.expr)?));
        }
        relation.project(output)?;
        Ok(relation)
    }
}

/// The cell in the column's own type, however the literal was written.
pub(super) fn cell(value: &Value, ty: Type) -> ScalarValue {
    let value = scalar(value);
    if value.is_null() { null(ty) } else { value }
}

fn typed_null(ty: Type) -> Expr {
    cast(lit(null(ty)), data_type(ty))
}

fn literal_schema(columns: &[Column]) -> Result<Arc<DFSchema>> {
    let ordinal = Field::new(
        format!("column{}", columns.len() + 1),
        arrow_schema::DataType::Int64,
        true,
    );
    let fields = columns
        .iter()
        .enumerate()
        .map(|(place, c)| Field::new(format!("column{}", place + 1), data_type(c.ty), true))
        .chain([ordinal])
        .collect::<Vec<_>>();
    Ok(Arc::new(DFSchema::try_from(Schema::new(fields))?))
}

fn in_memory(
    rows: &[Vec<Value>],
    columns: &[Column],
    ordinal: &str,
) -> Result<datafusion::logical_expr::LogicalPlan> {
    let mut arrays: Vec<ArrayRef> = Vec::new();
    let mut fields = Vec::new();
    for (place, c) in columns.iter().enumerate() {
        let cells = rows
            .iter()
            .map(|row| row.get(place).map_or(null(c.ty), |v| cell(v, c.ty)));
        arrays.push(ScalarValue::iter_to_array(cells)?);
        fields.push(Field::new(&c.name, data_type(c.ty), true));
    }
    let numbers = 0..i64::try_from(rows.len()).unwrap_or(i64::MAX);
    arrays.push(Arc::new(arrow_array::Int64Array::from_iter_values(numbers)));
    fields.push(Field::new(ordinal, arrow_schema::DataType::Int64, true));
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new(Arc::clone(&schema), arrays)?;
    let table = MemTable::try_new(schema, vec![vec![batch]])?;
    let names = columns.iter().map(|c| c.name.as_str()).chain([ordinal]);
    let reference = datafusion::common::TableReference::bare("literals");
    let exprs = names
        .map(|name| {
            let stored = datafusion::common::Column::new(Some(reference.clone()), name);
            Expr::Column(stored).alias(name)
        })
        .collect::<Vec<_>>();
    let scan =
        LogicalPlanBuilder::scan(reference.clone(), provider_as_source(Arc::new(table)), None)?;
    Ok(scan.project(exprs)?.build()?)
}
