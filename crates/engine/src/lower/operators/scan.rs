//! `scan`: sequences of rows, each step of which a row may match.
//!
//! It ends a stage: the rows are read, walked once in their order with the state of each step in
//! hand, and what the steps let out becomes a table of literals. A row is tried on the last step
//! first, so that it takes a sequence one step on at most. Conditions and assignments are lowered like
//! all others and evaluated on one row at a time, made of the row and of what the state remembers.

use arrow_array::{RecordBatch, RecordBatchOptions};
use arrow_schema::{DataType, Field, Schema};
use datafusion::common::DFSchema;
use datafusion::logical_expr::Expr as PlanExpr;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::prelude::SessionContext;
use keyline_kql::checked::{Rel, Scan, ScanOutput};
use keyline_kql::schema::Column;
use keyline_kql::types::{Type, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

use super::literals::cell;
use crate::error::Result;
use crate::limits::STAGE_ROWS_MAX;
use crate::lower::literal::data_type;
use crate::lower::relation::Relation;
use crate::lower::{Lowerer, When};
use crate::rows::{self, batches_to_rows};

impl Lowerer<'_> {
    pub(crate) fn scan(&mut self, scan: &Scan, rel: &Arc<Rel>) -> Result<Relation> {
        let input = self.rel(&scan.input)?;
        if let When::Ticks(_) = self.when {
            self.refuse_ticks(&input, "`scan`")?;
        }
        // Inside a subquery each value of the carried keys has its own walk.
        let keys = carried(&input);
        let mut whole = input.clone();
        whole.columns.extend(keys.iter().cloned());
        whole.carry.clear();
        let mut parts: BTreeMap<Vec<Option<String>>, Vec<Vec<Value>>> = BTreeMap::new();
        for row in self.rows(&whole, STAGE_ROWS_MAX)? {
            let key = row[input.columns.len()..].iter().map(rows::text).collect();
            parts.entry(key).or_default().push(row);
        }
        let mut walk = self.walk(scan, &input.columns)?;
        let mut found = Vec::new();
        for part in parts.into_values() {
            let mut key: Vec<Value> = Vec::new();
            for (place, mut row) in part.into_iter().enumerate() {
                key = row.split_off(input.columns.len());
                walk.row(place, row)?;
            }
            let out = walk.finish().into_iter();
            found.extend(out.map(|row| row.into_iter().chain(key.clone()).collect()));
        }
        let columns: Vec<Column> = rel.columns.iter().chain(&keys).cloned().collect();
        let mut relation = self.datatable(&found, &columns)?;
        relation.columns.truncate(rel.columns.len());
        relation.carry = input.carry;
        relation.sorted = true;
        Ok(relation)
    }

    fn walk(&mut self, scan: &Scan, input: &[Column]) -> Result<Walk> {
        let variables = scan.declared.iter().map(|(column, _)| column);
        let state: Vec<Column> = input.iter().chain(variables).cloned().collect();
        let mut seen: Vec<(Column, Source)> = Vec::new();
        for (place, c) in input.iter().enumerate() {
            seen.push((c.clone(), Source::Row(place)));
        }
        for (step, named) in scan.steps.iter().enumerate() {
            for (place, c) in state.iter().enumerate() {
                let name = format!("{}.{}", named.name, c.name);
                seen.push((Column::new(name, c.ty), Source::State { step, place }));
            }
        }
        let columns: Vec<Column> = seen.iter().map(|(c, _)| c.clone()).collect();
        let mut row = self.datatable(&[], &columns)?;
        let mut lowered = Vec::new();
        for step in &scan.steps {
            let condition = self.expr(&mut row, &step.condition)?;
            let mut assignments = Vec::new();
            for named in &step.assignments {
                let place = state.iter().position(|c| c.name == named.name);
                let value = self.expr(&mut row, &named.expr)?;
                assignments.push((place.unwrap_or_default(), value, named.expr.ty));
            }
            lowered.push((condition, assignments));
        }
        // Only what an expression reads is put before it.
        seen.retain(|(c, _)| {
            let reads = |expr: &PlanExpr| expr.column_refs().iter().any(|r| r.name == c.name);
            lowered.iter().any(|(condition, assignments)| {
                reads(condition) || assignments.iter().any(|(_, value, _)| reads(value))
            })
        });
        let fields: Vec<Field> = seen
            .iter()
            .map(|(c, _)| Field::new(&c.name, data_type(c.ty), true))
            .collect();
        let schema = Arc::new(Schema::new(fields));
        let plan_schema = DFSchema::try_from(Arc::clone(&schema))?;
        let context = SessionContext::new();
        let compiled = |expr: PlanExpr, ty: Type| -> Result<Compiled> {
            let expr = context.create_physical_expr(expr, &plan_schema)?;
            Ok(Compiled { expr, ty })
        };
        let mut steps = Vec::new();
        for (step, (condition, assignments)) in scan.steps.iter().zip(lowered) {
            steps.push(Step {
                optional: step.optional,
                output: step.output,
                condition: compiled(condition, Type::Bool)?,
                assignments: assignments
                    .into_iter()
                    .map(|(place, value, ty)| Ok((place, compiled(value, ty)?)))
                    .collect::<Result<_>>()?,
            });
        }
        let inputs = input.iter().map(|c| Value::Null(c.ty));
        let firsts = scan.declared.iter().map(|(_, first)| first.clone());
        Ok(Walk {
            states: steps.iter().map(|_| None).collect(),
            steps,
            seen,
            schema,
            firsts: firsts.clone().collect(),
            absent: inputs.chain(firsts).collect(),
            with_match_id: scan.match_id.is_some(),
            sequences: 0,
            found: Vec::new(),
        })
    }
}

/// The hidden keys of a relation, in a type that holds their values.
fn carried(relation: &Relation) -> Vec<Column> {
    let schema = relation.plan.schema();
    let keys = relation.carry.iter().map(|name| {
        let stored = schema.field_with_unqualified_name(name);
        let ty = match stored.map(|field| field.data_type()) {
            Ok(DataType::Boolean) => Type::Bool,
            Ok(DataType::Int32) => Type::Int,
            Ok(DataType::Float64) => Type::Real,
            Ok(DataType::Decimal128(_, _)) => Type::Decimal,
            Ok(DataType::Utf8 | DataType::Utf8View) => Type::Dynamic,
            _ => Type::Long,
        };
        Column::new(name, ty)
    });
    keys.collect()
}

struct Walk {
    steps: Vec<Step>,
    /// What the expressions read, and where it is.
    seen: Vec<(Column, Source)>,
    schema: Arc<Schema>,
    /// The first values of the variables.
    firsts: Vec<Value>,
    /// What a step remembers that no row has matched.
    absent: Vec<Value>,
    with_match_id: bool,
    sequences: i64,
    /// For each step, the sequence that has come as far as it.
    states: Vec<Option<State>>,
    /// What comes out, with the place of its row.
    found: Vec<(usize, Vec<Value>)>,
}

struct Step {
    optional: bool,
    output: ScanOutput,
    condition: Compiled,
    /// The place of each variable, and its value.
    assignments: Vec<(usize, Compiled)>,
}

struct Compiled {
    expr: Arc<dyn PhysicalExpr>,
    ty: Type,
}

#[derive(Clone, Copy)]
enum Source {
    Row(usize),
    State { step: usize, place: usize },
}

/// A sequence.
struct State {
    id: i64,
    /// For each step, the last row that matched it, with the variables.
    rows: Vec<Option<Vec<Value>>>,
    /// With `output=last`: what comes out if no other row matches the step.
    pending: Option<(usize, Vec<Value>)>,
}

impl Walk {
    fn row(&mut self, place: usize, row: Vec<Value>) -> Result<()> {
        for step in (0..self.steps.len()).rev() {
            if !self.goes_on(step, place, &row)? {
                self.stays(step, place, &row)?;
            }
        }
        Ok(())
    }

    /// The row takes the sequence of the step before to this step.
    fn goes_on(&mut self, step: usize, place: usize, row: &[Value]) -> Result<bool> {
        let Some(before) = self.before(step) else {
            return Ok(false);
        };
        let Some(mut state) = self.states[before].take() else {
            return Ok(false);
        };
        let batch = self.batch(row, &state)?;
        if !self.matches(step, &batch)? {
            self.states[before] = Some(state);
            return Ok(false);
        }
        self.found.extend(state.pending.take());
        let replaced = self.states[step].take();
        self.found
            .extend(replaced.and_then(|replaced| replaced.pending));
        self.matched(step, place, row, &batch, state)?;
        Ok(true)
    }

    /// The row is one more of this step, or begins a sequence.
    fn stays(&mut self, step: usize, place: usize, row: &[Value]) -> Result<()> {
        let begun = self.states[step].take();
        let begins = begun.is_none();
        if begins && step > 0 {
            return Ok(());
        }
        let state = begun.unwrap_or_else(|| State {
            id: self.sequences,
            rows: vec![None; self.steps.len()],
            pending: None,
        });
        let batch = self.batch(row, &state)?;
        if self.matches(step, &batch)? {
            self.sequences += i64::from(begins);
            self.matched(step, place, row, &batch, state)?;
        } else if !begins {
            self.states[step] = Some(state);
        }
        Ok(())
    }

    fn matched(
        &mut self,
        step: usize,
        place: usize,
        row: &[Value],
        batch: &RecordBatch,
        mut state: State,
    ) -> Result<()> {
        let mut extended: Vec<Value> = row.iter().chain(&self.firsts).cloned().collect();
        for (variable, value) in &self.steps[step].assignments {
            extended[*variable] = value.on(batch)?;
        }
        let mut output = extended.clone();
        if self.with_match_id {
            output.push(Value::Long(state.id));
        }
        match self.steps[step].output {
            ScanOutput::All => self.found.push((place, output)),
            ScanOutput::Last => state.pending = Some((place, output)),
            ScanOutput::None => {}
        }
        state.rows[step] = Some(extended);
        self.states[step] = Some(state);
        Ok(())
    }

    /// The nearest step before this one that a sequence has come to; only optional ones are skipped.
    fn before(&self, step: usize) -> Option<usize> {
        for before in (0..step).rev() {
            if self.states[before].is_some() {
                return Some(before);
            }
            if !self.steps[before].optional {
                return None;
            }
        }
        None
    }

    fn matches(&self, step: usize, batch: &RecordBatch) -> Result<bool> {
        Ok(self.steps[step].condition.on(batch)? == Value::Bool(true))
    }

    /// The one row that the expressions see.
    fn batch(&self, row: &[Value], state: &State) -> Result<RecordBatch> {
        let arrays = self
            .seen
            .iter()
            .map(|(c, source)| {
                let value = match *source {
                    Source::Row(place) => row.get(place),
                    Source::State { step, place } => {
                        let known = state.rows.get(step).and_then(Option::as_ref);
                        known.unwrap_or(&self.absent).get(place)
                    }
                };
                let value = value.cloned().unwrap_or(Value::Null(c.ty));
                Ok(cell(&value, c.ty).to_array()?)
            })
            .collect::<Result<Vec<_>>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(1));
        let schema = Arc::clone(&self.schema);
        Ok(RecordBatch::try_new_with_options(schema, arrays, &options)?)
    }

    /// What came out, in the order of the rows; the walk is then ready for other rows.
    fn finish(&mut self) -> Vec<Vec<Value>> {
        let mut found = std::mem::take(&mut self.found);
        for state in &mut self.states {
            found.extend(state.take().and_then(|state| state.pending));
        }
        found.sort_by_key(|(place, _)| *place);
        self.sequences = 0;
        found.into_iter().map(|(_, row)| row).collect()
    }
}

impl Compiled {
    fn on(&self, batch: &RecordBatch) -> Result<Value> {
        let array = self.expr.evaluate(batch)?.into_array(1)?;
        let result = RecordBatch::try_from_iter([("value", array)])?;
        let mut rows = batches_to_rows(&[result], &[Column::new("value", self.ty)])?;
        let value = rows.pop().and_then(|mut row| row.pop());
        Ok(value.unwrap_or(Value::Null(self.ty)))
    }
}
