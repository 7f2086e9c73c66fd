//! `=~` and `!~`: the same text, whatever the case.

use crate::functions::prelude::*;

use super::fold;

pub const EQUALS: Function = Function {
    name: "=~",
    family: Family::Search,
    signature: "a =~ b",
    doc: "Whether two texts are the same, whatever the case.",
    examples: &[
        ("'CAFÉ' =~ 'café'", "true"),
        ("'Straße' =~ 'strasse'", "false"),
    ],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new(
        "kql_equals_folded",
        Type::Bool,
        |rows| each!(rows, [text a, text b] -> BoolOut, Some(fold::same(a, b))),
    )],
};

pub const NOT_EQUALS: Function = Function {
    name: "!~",
    family: Family::Search,
    signature: "a !~ b",
    doc: "Whether two texts differ by more than case.",
    examples: &[("'a' !~ 'A'", "false")],
    lower: Lower::By(|call_| {
        let args = vec![call_.arg(0, Type::String)?, call_.arg(1, Type::String)?];
        Ok(Expr::Not(Box::new(call("kql_equals_folded", args))))
    }),
    kernels: &[],
};
