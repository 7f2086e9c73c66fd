//! The operators that look for one text in another.

pub mod fold;

mod contains;
mod equals;
mod has;
mod has_any;
mod matches_regex;
mod needle;
mod starts_ends;

use super::call::Function;

pub use needle::{Case, Edges, Needle, is_word_at, is_word_before};

pub const FUNCTIONS: &[&Function] = &[
    &equals::EQUALS,
    &equals::NOT_EQUALS,
    &contains::CONTAINS,
    &contains::NOT_CONTAINS,
    &contains::CONTAINS_CS,
    &contains::NOT_CONTAINS_CS,
    &starts_ends::STARTSWITH,
    &starts_ends::NOT_STARTSWITH,
    &starts_ends::STARTSWITH_CS,
    &starts_ends::NOT_STARTSWITH_CS,
    &starts_ends::ENDSWITH,
    &starts_ends::NOT_ENDSWITH,
    &starts_ends::ENDSWITH_CS,
    &starts_ends::NOT_ENDSWITH_CS,
    &has::HAS,
    &has::NOT_HAS,
    &has::HAS_CS,
    &has::NOT_HAS_CS,
    &has::HASPREFIX,
    &has::NOT_HASPREFIX,
    &has::HASPREFIX_CS,
    &has::NOT_HASPREFIX_CS,
    &has::HASSUFFIX,
    &has::NOT_HASSUFFIX,
    &has::HASSUFFIX_CS,
    &has::NOT_HASSUFFIX_CS,
    &has_any::HAS_ANY,
    &has_any::HAS_ALL,
    &matches_regex::FUNCTION,
];

/// A text operator: two texts in, a truth value out; the one with `!` in front is its opposite.
macro_rules! text_operator {
    ($name:ident, $not:ident, $symbol:literal, $kernel:literal, $run:expr, $doc:literal, $examples:expr, $not_doc:literal, $not_examples:expr) => {
        pub const $name: Function = Function {
            name: $symbol,
            family: Family::Search,
            signature: concat!("text ", $symbol, " part"),
            doc: $doc,
            examples: $examples,
            lower: Lower::Convert(&[Type::String]),
            kernels: &[Kernel::new($kernel, Type::Bool, $run)],
        };

        pub const $not: Function = Function {
            name: concat!("!", $symbol),
            family: Family::Search,
            signature: concat!("text !", $symbol, " part"),
            doc: $not_doc,
            examples: $not_examples,
            lower: Lower::By(|call_| {
                let args = vec![call_.arg(0, Type::String)?, call_.arg(1, Type::String)?];
                Ok(Expr::Not(Box::new(call($kernel, args))))
            }),
            kernels: &[],
        };
    };
}

use text_operator;
