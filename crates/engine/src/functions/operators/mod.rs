//! The operators that are not about text, and the functions that choose between values.
//!
//! Where DataFusion's own expression means what Kusto's does, it is used, so that predicates can be
//! pushed down; elsewhere a kernel is.

mod arithmetic;
mod around;
mod assert;
mod between;
mod bin;
mod bin_at;
mod case;
mod coalesce;
mod compare;
mod iff;
mod logic;
pub mod membership;
mod min_max_of;
mod null_checks;
mod types;

use super::call::Function;

pub use membership::{elements, list_of};
pub use types::common_type;

pub const FUNCTIONS: &[&Function] = &[
    &arithmetic::ADD,
    &arithmetic::SUBTRACT,
    &arithmetic::MULTIPLY,
    &arithmetic::DIVIDE,
    &arithmetic::MODULO,
    &arithmetic::NEGATE,
    &compare::EQUAL,
    &compare::NOT_EQUAL,
    &compare::LESS,
    &compare::LESS_OR_EQUAL,
    &compare::GREATER,
    &compare::GREATER_OR_EQUAL,
    &logic::AND,
    &logic::OR,
    &logic::NOT,
    &between::BETWEEN,
    &between::NOT_BETWEEN,
    &membership::IN,
    &membership::NOT_IN,
    &membership::IN_FOLDED,
    &membership::NOT_IN_FOLDED,
    &iff::FUNCTION,
    &case::FUNCTION,
    &coalesce::FUNCTION,
    &null_checks::ISNULL,
    &null_checks::ISNOTNULL,
    &null_checks::ISEMPTY,
    &null_checks::ISNOTEMPTY,
    &min_max_of::MIN_OF,
    &min_max_of::MAX_OF,
    &bin::FUNCTION,
    &bin_at::FUNCTION,
    &around::FUNCTION,
    &assert::FUNCTION,
];
