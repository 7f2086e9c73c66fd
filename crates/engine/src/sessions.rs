//! `kql_sessions(value, longest, gap)`: a window function for `row_window_session`.
//!
//! Over the ordered values of a partition: a new session begins where a value lies more than `gap`
//! after the one before, or more than `longest` after the session's first.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef, Int64Array};
use arrow_schema::{DataType, Field, FieldRef};
use datafusion::common::Result;
use datafusion::logical_expr::function::{PartitionEvaluatorArgs, WindowUDFFieldArgs};
use datafusion::logical_expr::{
    PartitionEvaluator, Signature, Volatility, WindowUDF, WindowUDFImpl,
};

pub fn sessions() -> Arc<WindowUDF> {
    let signature = Signature::exact(vec![DataType::Int64; 3], Volatility::Immutable);
    Arc::new(WindowUDF::new_from_impl(Sessions { signature }))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Sessions {
    signature: Signature,
}

impl WindowUDFImpl for Sessions {
    fn name(&self) -> &str {
        "kql_sessions"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn partition_evaluator(
        &self,
        _args: PartitionEvaluatorArgs,
    ) -> Result<Box<dyn PartitionEvaluator>> {
        Ok(Box::new(Walk))
    }

    fn field(&self, args: WindowUDFFieldArgs) -> Result<FieldRef> {
        Ok(Arc::new(Field::new(args.name(), DataType::Int64, true)))
    }
}

#[derive(Debug)]
struct Walk;

impl PartitionEvaluator for Walk {
    fn evaluate_all(&mut self, values: &[ArrayRef], rows: usize) -> Result<ArrayRef> {
        let columns = values
            .iter()
            .map(|v| v.as_primitive::<Int64Type>())
            .collect::<Vec<_>>();
        let mut first = None;
        let mut before = None;
        let starts = (0..rows).map(|row| {
            if columns.iter().any(|column| column.is_null(row)) {
                return None;
            }
            let [value, longest, gap] = [0, 1, 2].map(|at| columns[at].value(row));
            let goes_on = match (first, before) {
                (Some(first), Some(before)) => {
                    value.saturating_sub(before) <= gap && value.saturating_sub(first) <= longest
                }
                _ => false,
            };
            if !goes_on {
                first = Some(value);
            }
            before = Some(value);
            first
        });
        Ok(Arc::new(Int64Array::from_iter(starts)))
    }
}
