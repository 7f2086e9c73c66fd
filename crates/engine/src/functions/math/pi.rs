//! `pi`: the number pi.

use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "pi",
    family: Family::Math,
    signature: "pi(): real",
    doc: "The ratio of the circumference of a circle to its diameter.",
    examples: &[("pi()", "3.141592653589793")],
    lower: Lower::By(|_| Ok(datafusion::logical_expr::lit(std::f64::consts::PI))),
    kernels: &[],
};
