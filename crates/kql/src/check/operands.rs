//! Operators: which operands they take, what becomes of them, and the type of the result.

use super::build::{call, converted, literal};
use super::call::promoted;
use super::report::Checked;
use super::{Checker, fold};
use crate::checked::{Expr, ExprKind};
use crate::codes;
use crate::span::Span;
use crate::syntax::{BinaryOp, ListOp};
use crate::types::Type;

/// The type that holds the values of both, if both are numbers.
pub(super) fn widest(left: Type, right: Type) -> Option<Type> {
    (left.is_numeric() && right.is_numeric()).then(|| left.max(right))
}

/// The type of an operation whose sides are not both right, if it is known all the same.
pub(super) fn result_of_failed(op: BinaryOp, sides: [Option<Type>; 2]) -> Option<Type> {
    use BinaryOp::*;
    let [left, right] = sides;
    let number = |side: Option<Type>| side.filter(|ty| ty.is_numeric()).map(promoted);
    // A number that would have been taken with a time, were the operator another one.
    let wide = |side: Option<Type>| side.is_some_and(|ty| ty.is_numeric() && ty != Type::Int);
    // What does not say what was meant.
    let loose = |side: Option<Type>| {
        side.is_none_or(|ty| matches!(ty, Type::String | Type::Bool | Type::Guid))
    };
    let is = |side: Option<Type>, ty| side == Some(ty);
    let one_is = |ty, other: &dyn Fn(Option<Type>) -> bool| {
        is(left, ty) && other(right) || is(right, ty) && other(left)
    };
    let one_number = |other: &dyn Fn(Option<Type>) -> bool| {
        let first = number(left).filter(|_| other(right));
        first.or_else(|| number(right).filter(|_| other(left)))
    };
    match op {
        Add if one_is(Type::TimeSpan, &|other| loose(other) || wide(other)) => Some(Type::TimeSpan),
        Add => one_number(&|other| loose(other) || is(other, Type::DateTime))
            .or_else(|| one_is(Type::DateTime, &loose).then_some(Type::DateTime)),
        Subtract => one_number(&loose),
        Multiply if one_is(Type::TimeSpan, &loose) => Some(Type::TimeSpan),
        Multiply => one_is(Type::DateTime, &|other| {
            loose(other) || is(other, Type::DateTime)
        })
        .then_some(Type::DateTime),
        Divide | Modulo if loose(right) && number(left).is_some() => number(left),
        Divide => {
            let by_span = is(right, Type::TimeSpan) && (loose(left) || is(left, Type::Real));
            let by_time = is(right, Type::DateTime) && (loose(left) || wide(left));
            (by_span || by_time).then_some(Type::Real)
        }
        Modulo => {
            let of_span = is(left, Type::TimeSpan) && (loose(right) || is(right, Type::DateTime));
            let by_time = is(right, Type::DateTime) && (loose(left) || wide(left));
            let by_span = is(right, Type::TimeSpan) && loose(left);
            (of_span || by_time || by_span).then_some(Type::TimeSpan)
        }
        _ => Some(Type::Bool),
    }
}

fn is_text(ty: Type) -> bool {
    matches!(ty, Type::String | Type::Dynamic)
}

impl Checker<'_> {
    pub(super) fn binary(
        &mut self,
        op: BinaryOp,
        op_span: Span,
        left: Expr,
        right: Expr,
        span: Span,
    ) -> Checked<Expr> {
        use BinaryOp::*;
        let name = op.text();
        let types = (left.ty, right.ty);
        let result = match op {
            Add | Subtract | Multiply | Divide | Modulo => arithmetic(op, left, right, span),
            Equal | NotEqual => equality(name, left, right, span),
            Less | LessOrEqual | Greater | GreaterOrEqual => order(name, left, right, span),
            And | Or => logic(name, left, right, span),
            Has | NotHas | HasCs | NotHasCs | HasPrefix | NotHasPrefix | HasPrefixCs
            | NotHasPrefixCs | HasSuffix | NotHasSuffix | HasSuffixCs | NotHasSuffixCs => {
                (is_text(left.ty) && right.ty == Type::String)
                    .then(|| call(name, vec![left, right], Type::Bool, span))
            }
            EqualTilde | NotEqualTilde | Contains | NotContains | ContainsCs | NotContainsCs
            | StartsWith | NotStartsWith | StartsWithCs | NotStartsWithCs | EndsWith
            | NotEndsWith | EndsWithCs | NotEndsWithCs | MatchesRegex => (is_text(left.ty)
                && is_text(right.ty))
            .then(|| call(name, vec![left, right], Type::Bool, span)),
            Like | NotLike | LikeCs | NotLikeCs => {
                return Err(self.unsupported_with_help(
                    codes::UNSUPPORTED_OPERATOR,
                    op_span,
                    format!("the operator `{name}` is not supported"),
                    Some("write `contains`, `startswith` or `matches regex`"),
                ));
            }
            Colon => {
                return Err(self.error(
                    codes::MISPLACED_OPERATOR,
                    op_span,
                    "`:` compares only in `search`",
                ));
            }
        };
        result.ok_or_else(|| self.undefined(name, op_span, &[types.0, types.1]))
    }

    /// `needle in (items)` and its like, the items being scalars.
    pub(super) fn list(
        &mut self,
        op: ListOp,
        op_span: Span,
        needle: Expr,
        items: Vec<Expr>,
        span: Span,
    ) -> Checked<Expr> {
        let textual = !matches!(op, ListOp::In | ListOp::NotIn);
        if textual && !is_text(needle.ty) {
            return Err(self.undefined(op.text(), op_span, &[needle.ty]));
        }
        let common = items
            .iter()
            .try_fold(needle.ty, |common, item| widest(common, item.ty));
        let args: Vec<Expr> = std::iter::once(needle).chain(items).collect();
        let args = match common {
            Some(ty) => args.into_iter().map(|arg| converted(arg, ty)).collect(),
            None => args,
        };
        Ok(call(op.text(), args, Type::Bool, span))
    }

    /// `value between (low .. high)`
    pub(super) fn between(
        &mut self,
        name: &'static str,
        value: Expr,
        low: Expr,
        high: Expr,
        span: Span,
    ) -> Checked<Expr> {
        use Type::*;
        let types = [value.ty, low.ty, high.ty];
        let numeric = types.iter().all(|ty| ty.is_numeric());
        let args = match types {
            [DateTime, DateTime, DateTime] | [TimeSpan, TimeSpan, TimeSpan] => {
                vec![value, low, high]
            }
            // A span counts from the lower end.
            [DateTime, DateTime, TimeSpan] => {
                let end = arithmetic(BinaryOp::Add, low.clone(), high, span)
                    .expect("a timespan may be added to a datetime");
                vec![value, low, end]
            }
            [a, b, c] if numeric => {
                let ty = a.max(b).max(c);
                vec![
                    converted(value, ty),
                    converted(low, ty),
                    converted(high, ty),
                ]
            }
            [Dynamic, low_type, high_type]
                if low_type.is_numeric() && high_type.is_numeric()
                    || low_type == high_type
                        && matches!(low_type, DateTime | TimeSpan | Dynamic) =>
            {
                vec![value, low, high]
            }
            [other, Dynamic, Dynamic] if other.is_numeric() => vec![value, low, high],
            _ => return Err(self.no_bounds(name, [&value, &low, &high], span)),
        };
        Ok(call(name, args, Bool, span))
    }

    /// A value that can have bounds, and a bound that is none for it; or no such value.
    fn no_bounds(
        &mut self,
        name: &'static str,
        [value, low, high]: [&Expr; 3],
        span: Span,
    ) -> super::Reported {
        use Type::{DateTime, Dynamic, TimeSpan};
        let (what, is_bound): (_, fn(Type) -> bool) = match value.ty {
            ty if ty.is_numeric() => ("a number", |ty| ty.is_numeric() || ty == Dynamic),
            DateTime => ("a `datetime`", |ty| ty == DateTime),
            TimeSpan => ("a `timespan`", |ty| ty == TimeSpan),
            _ => {
                let operator = Span {
                    start: value.span.end,
                    end: low.span.start.max(value.span.end),
                };
                let types = [value.ty, low.ty, high.ty];
                let place = if span.start < value.span.end {
                    operator
                } else {
                    span
                };
                return self.undefined(name, place, &types);
            }
        };
        let wrong = match is_bound(low.ty) {
            true => high,
            false => low,
        };
        self.error(
            codes::OPERAND_TYPES,
            wrong.span,
            format!("`{name}` expects {what} as bound, found a `{}`", wrong.ty),
        )
    }

    pub(super) fn negate(&mut self, operand: Expr, span: Span) -> Checked<Expr> {
        match operand.ty {
            Type::Int
            | Type::Long
            | Type::Real
            | Type::Decimal
            | Type::TimeSpan
            | Type::Dynamic => {
                // As in all arithmetic, an int becomes a long.
                let operand = match operand.ty {
                    Type::Int => converted(operand, Type::Long),
                    _ => operand,
                };
                let folded = fold::value(&operand).and_then(fold::negated);
                Ok(match folded {
                    Some(value) => literal(value, span),
                    None => {
                        let ty = operand.ty;
                        call("negate", vec![operand], ty, span)
                    }
                })
            }
            // The binder lets it pass.
            Type::DateTime => {
                let message = "the operator `-` is not defined for `datetime`";
                self.error_at_run(codes::OPERAND_TYPES, span, message);
                Ok(super::call::stand_in(Type::DateTime, span))
            }
            ty => Err(self.undefined("-", span, &[ty])),
        }
    }

    fn undefined(&mut self, op: &str, span: Span, types: &[Type]) -> super::Reported {
        use Type::{DateTime, String as Text, TimeSpan};
        let help = match (op, types) {
            ("+", [Text, _] | [_, Text]) => "texts are joined by `strcat(a, b)`",
            ("<" | "<=" | ">" | ">=", [Text, Text]) => {
                "the order of texts is told by `strcmp(a, b)`"
            }
            (_, [DateTime, Text] | [Text, DateTime]) => {
                "a point in time is written `datetime(2024-01-31 12:00)`"
            }
            (
                "<" | "<=" | ">" | ">=" | "==" | "!=",
                [DateTime, TimeSpan] | [TimeSpan, DateTime],
            ) => "the time so long ago is `ago(1d)`",
            _ => "convert an operand, for example with `tostring()`, `tolong()` or `todatetime()`",
        };
        let types: Vec<String> = types.iter().map(|ty| format!("`{ty}`")).collect();
        let types = types.join(" and ");
        self.error_with_help(
            codes::OPERAND_TYPES,
            span,
            format!("the operator `{op}` is not defined for {types}"),
            help,
        )
    }
}

fn arithmetic(op: BinaryOp, left: Expr, right: Expr, span: Span) -> Option<Expr> {
    use BinaryOp::*;
    use Type::{DateTime, Dynamic, TimeSpan};
    let name = op.text();
    if let Some(ty) = widest(left.ty, right.ty) {
        // int + int is long.
        let ty = ty.max(Type::Long);
        return Some(fold_or_call(
            name,
            converted(left, ty),
            converted(right, ty),
            ty,
            span,
        ));
    }
    let ty = match (op, left.ty, right.ty) {
        (_, Dynamic, Dynamic) => Dynamic,
        (_, Dynamic, Type::Int) | (_, Type::Int, Dynamic) => Type::Long,
        (Subtract, Dynamic, DateTime) | (Subtract, DateTime, Dynamic) => TimeSpan,
        (Add | Subtract, Dynamic, other) | (Add | Subtract, other, Dynamic)
            if other.is_numeric() || matches!(other, DateTime | TimeSpan) =>
        {
            other
        }
        (Multiply | Divide | Modulo, Dynamic, other)
        | (Multiply | Divide | Modulo, other, Dynamic)
            if other.is_numeric() =>
        {
            other
        }
        (Add | Subtract | Multiply | Modulo, TimeSpan, TimeSpan) => TimeSpan,
        (Add, DateTime, TimeSpan) | (Add | Subtract, TimeSpan, DateTime) => DateTime,
        (Subtract, DateTime, DateTime) => TimeSpan,
        (Subtract, DateTime, TimeSpan) => DateTime,
        (Multiply | Divide | Modulo, TimeSpan, other) if other.is_numeric() => TimeSpan,
        (Multiply, other, TimeSpan) if other.is_numeric() => TimeSpan,
        (Divide, TimeSpan, TimeSpan) => Type::Real,
        (Divide, DateTime, DateTime | TimeSpan) => Type::Real,
        (Modulo, DateTime, DateTime | TimeSpan) => TimeSpan,
        _ => return None,
    };
    Some(fold_or_call(name, whole(left), whole(right), ty, span))
}

/// A number that is no long or real, beside a timespan, becomes one.
fn whole(expr: Expr) -> Expr {
    match expr.ty {
        Type::Int => converted(expr, Type::Long),
        Type::Decimal => converted(expr, Type::Real),
        _ => expr,
    }
}

fn fold_or_call(name: &'static str, left: Expr, right: Expr, ty: Type, span: Span) -> Expr {
    if let (ExprKind::Literal(a), ExprKind::Literal(b)) = (&left.kind, &right.kind)
        && let Some(value) = fold::binary(name, a, b).filter(|value| value.ty() == ty)
    {
        return literal(value, span);
    }
    call(name, vec![left, right], ty, span)
}

fn equality(name: &'static str, left: Expr, right: Expr, span: Span) -> Option<Expr> {
    let (left, right) = match (left.ty, right.ty) {
        (a, b) if a == b => (left, right),
        (Type::Dynamic, _) | (_, Type::Dynamic) => (left, right),
        // A literal string is read as what it is compared with; else both are compared as text.
        (Type::String, other) if fold::value(&left).is_some() => (converted(left, other), right),
        (other, Type::String) if fold::value(&right).is_some() => {
            let right = converted(right, other);
            (left, right)
        }
        (Type::String, _) | (_, Type::String) => (
            converted(left, Type::String),
            converted(right, Type::String),
        ),
        _ => numbers(left, right)?,
    };
    Some(call(name, vec![left, right], Type::Bool, span))
}

fn order(name: &'static str, left: Expr, right: Expr, span: Span) -> Option<Expr> {
    use Type::{DateTime, Dynamic, TimeSpan};
    let (left, right) = match (left.ty, right.ty) {
        (DateTime, DateTime) | (TimeSpan, TimeSpan) | (Dynamic, Dynamic) => (left, right),
        (Dynamic, other) | (other, Dynamic) if other.is_numeric() => (left, right),
        _ => numbers(left, right)?,
    };
    Some(call(name, vec![left, right], Type::Bool, span))
}

/// Two numbers as one type; a bool beside a number counts as 0 or 1.
fn numbers(left: Expr, right: Expr) -> Option<(Expr, Expr)> {
    let as_number = |ty: Type| match ty {
        Type::Bool => Type::Long,
        _ => ty,
    };
    let ty = widest(as_number(left.ty), as_number(right.ty))?;
    Some((converted(left, ty), converted(right, ty)))
}

fn logic(name: &'static str, left: Expr, right: Expr, span: Span) -> Option<Expr> {
    let fits = |ty: Type| matches!(ty, Type::Bool | Type::Dynamic);
    if !fits(left.ty) || !fits(right.ty) {
        return None;
    }
    let args = vec![converted(left, Type::Bool), converted(right, Type::Bool)];
    Some(call(name, args, Type::Bool, span))
}
