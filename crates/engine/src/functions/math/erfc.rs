//! `erfc`: the complementary error function.

use super::special;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "erfc",
    family: Family::Math,
    signature: "erfc(x: real): real",
    doc: "One minus the error function, exact for large arguments too.",
    examples: &[("erfc(0)", "1.0")],
    lower: Lower::Convert(&[Type::Real]),
    kernels: &[Kernel::new(
        "kql_erfc",
        Type::Real,
        |rows| each!(rows, [real x] -> RealOut, Some(special::erfc(x))),
    )],
};
