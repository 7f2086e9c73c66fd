//! `scan`.

use std::sync::Arc;

use crate::check::build::{call, converted, literal, pass_through};
use crate::check::report::Checked;
use crate::check::scope::{Row, Windows};
use crate::check::{Checker, codes, fold};
use crate::checked::{NamedExpr, Op, PartitionContext, Rel, Scan, ScanOutput, ScanStep};
use crate::schema::Column;
use crate::syntax::{self, Operator, Param, ParamType};
use crate::types::{Type, Value};

/// The column of the values by which the rows are cut apart; no query can name it.
const PARTITION: &str = "$partition";

impl<'a> Checker<'a> {
    pub(super) fn scan(
        &mut self,
        input: &Arc<Rel>,
        declared: &'a [Param],
        steps: &'a [syntax::ScanStep],
        operator: &'a Operator,
    ) -> Checked<Arc<Rel>> {
        if !input.serialized {
            return Err(self.error_with_help(
                codes::NOT_SERIALIZED,
                operator.keyword.span,
                "`scan` needs rows in a defined order",
                "put `sort by …` or `serialize` before it",
            ));
        }
        if steps.is_empty() {
            return Err(self.unsupported_with_help(
                codes::UNSUPPORTED_OPERATOR,
                operator.keyword.span,
                "a `scan` without steps is not supported",
                Some("no row matches it: write `take 0`"),
            ));
        }
        let match_id = self.name_parameter(operator, "with_match_id")?;
        let mut variables: Vec<(Column, Value)> = Vec::with_capacity(declared.len());
        for param in declared {
            let variable = self.scan_variable(param)?;
            let known = |other: &Column| other.name == variable.0.name;
            if input.columns.iter().any(known) || variables.iter().any(|(other, _)| known(other)) {
                return Err(self.duplicate_column(&variable.0.name, param.name.span));
            }
            variables.push(variable);
        }
        let names: Vec<String> = steps.iter().map(|step| step.name.text.clone()).collect();
        let own = variables.iter().map(|(column, _)| column);
        let state: Vec<Column> = input.columns.iter().chain(own).cloned().collect();
        // What a step remembers goes by its name; a variable by itself has its first value.
        let mut seen = input.columns.clone();
        for step in &names {
            seen.extend(
                state
                    .iter()
                    .map(|column| Column::new(format!("{step}.{}", column.name), column.ty)),
            );
        }
        let mark = self.scopes.mark();
        let outer = self.scopes.enter(mark);
        for ((column, value), param) in variables.iter().zip(declared) {
            let first = self.scalar_binding(literal(value.clone(), param.span));
            self.scopes.declare(&column.name, first);
        }
        let row = Row {
            columns: &seen,
            right: None,
            steps: &names,
            windows: Windows::Misplaced,
            exists: true,
        };
        let bound: Vec<Checked<ScanStep>> = steps
            .iter()
            .map(|step| self.scan_step(step, &row, &variables))
            .collect();
        self.scopes.leave(outer);
        let steps = self.all(bound)?;
        let mut columns = state;
        if let Some(name) = &match_id {
            columns.push(Column::new(name.clone(), Type::Long));
        }
        let op = Op::Scan(Scan {
            input: Arc::clone(input),
            match_id,
            declared: variables,
            steps,
        });
        self.ordered(op, columns, operator.span)
    }

    /// `partition by`: a scan of its own over the rows of each value.
    pub(super) fn scan_partitions(
        &mut self,
        input: &Arc<Rel>,
        partition_by: &'a [syntax::Expr],
        declared: &'a [Param],
        steps: &'a [syntax::ScanStep],
        operator: &'a Operator,
    ) -> Checked<Arc<Rel>> {
        let span = operator.span;
        let mut keys = Vec::with_capacity(partition_by.len());
        for key in partition_by {
            let value = self.scalar(key, &Row::of(input))?;
            self.not_dynamic(&value, key.span, "what rows are partitioned by")?;
            keys.push(value);
        }
        let keys = call("pack_array", keys, Type::Dynamic, span);
        let mut exprs = pass_through(&input.columns, span);
        exprs.push(NamedExpr {
            name: PARTITION.to_string(),
            expr: converted(keys, Type::String),
        });
        let input_columns = input.columns.clone();
        let input = self.projected(input, exprs, span)?;
        let context = self.keeping_order(Op::Context, input.columns.clone(), &input, span)?;
        let own = self.projected(&context, pass_through(&input_columns, span), span)?;
        let subquery = self.scan(&own, declared, steps, operator)?;
        let columns = subquery.columns.clone();
        let op = Op::Partition {
            input,
            by: PARTITION.to_string(),
            context: PartitionContext::Rows,
            subquery,
        };
        self.ordered(op, columns, span)
    }

    fn scan_variable(&mut self, param: &'a Param) -> Checked<(Column, Value)> {
        let ParamType::Scalar(ty) = &param.ty else {
            return Err(self.error(
                codes::SCALAR_EXPECTED,
                param.span,
                "a variable of `scan` is a scalar",
            ));
        };
        let ty = ty.ty.ok_or(super::Reported)?;
        let value = match &param.default {
            None => fold::null(ty),
            Some(default) => {
                // A name is not looked up, and what does not fit only a run would say.
                let (found, value) = match &default.kind {
                    syntax::ExprKind::Name(name) => (format!("`{}`", name.text), None),
                    _ => {
                        let value = self.scalar(default, &Row::none())?;
                        (format!("a `{}`", value.ty), Some(converted(value, ty)))
                    }
                };
                match value.as_ref().and_then(fold::value) {
                    Some(value) => value.clone(),
                    None => {
                        let message = format!("expected a literal of type `{ty}`, found {found}");
                        self.error_at_run(codes::NOT_CONSTANT, default.span, message);
                        fold::null(ty)
                    }
                }
            }
        };
        Ok((Column::new(param.name.text.clone(), ty), value))
    }

    fn scan_step(
        &mut self,
        step: &'a syntax::ScanStep,
        row: &Row,
        variables: &[(Column, Value)],
    ) -> Checked<ScanStep> {
        let output = match step.output.as_ref().map(|name| name.text.as_str()) {
            None | Some("all") => ScanOutput::All,
            Some("last") => ScanOutput::Last,
            Some("none") => ScanOutput::None,
            Some(other) => {
                return Err(self.error_with_help(
                    codes::OPERATOR_PARAMETER,
                    step.span,
                    format!("unknown output `{other}`"),
                    "one of `all`, `last`, `none`",
                ));
            }
        };
        let condition = self.predicate(&step.condition, row)?;
        let mut assignments = Vec::with_capacity(step.assignments.len());
        for item in &step.assignments {
            let Some(name) = item.names.first() else {
                return Err(self.error(
                    codes::COLUMN_EXPECTED,
                    item.span,
                    "expected `variable = value`",
                ));
            };
            let target = variables
                .iter()
                .map(|(column, _)| column)
                .find(|column| column.name == name.text);
            let Some(target) = target else {
                return Err(self.error_with_help(
                    codes::UNKNOWN_NAME,
                    name.span,
                    format!("`{}` is no variable of the `scan`", name.text),
                    "declare it: `scan declare (name: type) with (…)`",
                ));
            };
            let value = self.scalar(&item.expr, row)?;
            let fits = value.ty == target.ty
                || value.ty == Type::Dynamic
                || (value.ty.is_numeric() && target.ty.is_numeric());
            if !fits {
                let message = format!(
                    "the variable `{}` is a `{}`, found a `{}`",
                    target.name, target.ty, value.ty
                );
                return Err(self.error(codes::WRONG_TYPE, item.expr.span, message));
            }
            assignments.push(NamedExpr {
                name: target.name.clone(),
                expr: converted(value, target.ty),
            });
        }
        Ok(ScanStep {
            name: step.name.text.clone(),
            optional: step.optional,
            output,
            condition,
            assignments,
        })
    }
}
