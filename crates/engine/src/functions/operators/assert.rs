//! `assert`: a condition without which the query fails.

use datafusion::common::exec_err;

use crate::functions::prelude::*;
use crate::functions::rows::BoolOut;

pub const FUNCTION: Function = Function {
    name: "assert",
    family: Family::Conditions,
    signature: "assert(condition: bool, message: string): bool",
    doc: "True; where the condition is not, the query fails with the message.",
    examples: &[("assert(1 < 2, 'one is less')", "true")],
    lower: Lower::Convert(&[Type::Bool, Type::String]),
    kernels: &[Kernel::new("kql_assert", Type::Bool, |rows| {
        let (condition, message) = (rows.bool(0)?, rows.text(1)?);
        let mut out = BoolOut::new(rows.len);
        for row in 0..rows.len {
            if condition.get(row) != Some(true) {
                return exec_err!("an assertion does not hold: {}", message.at(row));
            }
            out.push(Some(true));
        }
        Ok(out.finish())
    })],
};
