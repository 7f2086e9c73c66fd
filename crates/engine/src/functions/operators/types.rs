//! The common type of the operands of an operator.

use keyline_kql::types::Type;

/// The type in which two values are compared or combined: the wider of two numbers; where one is
/// dynamic, the other's.
pub fn common_type(left: Type, right: Type) -> Type {
    if left == right || right == Type::Dynamic {
        return left;
    }
    if left == Type::Dynamic {
        return right;
    }
    match (rank(left), rank(right)) {
        (Some(left_rank), Some(right_rank)) if right_rank > left_rank => right,
        _ => left,
    }
}

fn rank(ty: Type) -> Option<u8> {
    Some(match ty {
        Type::Bool => 0,
        Type::Int => 1,
        Type::Long => 2,
        Type::Real => 3,
        Type::Decimal => 4,
        _ => return None,
    })
}
