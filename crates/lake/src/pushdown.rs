//! From a query's filters to what the reader can test before it builds a row.
//!
//! In: the filters as expressions, all of which must hold. Out: a prefilter that may keep too much
//! and never drops a row that the filters keep. Understood are comparisons of string columns with
//! literals (`=`, `in`, not empty, KQL's `=~`, `in~`, `startswith`, `has`, `contains` and their like) and of
//! `TimeGenerated` with times, joined by AND and OR; whatever else stands there is left to the query.

use datafusion::common::ScalarValue;
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{Between, BinaryExpr, Expr, Operator};
use keyline_trail::{Column, ColumnTest, Conjunction, KqlType, Prefilter, Test};

use crate::limits;

/// The prefilter of filters that must all hold.
pub(crate) fn prefilter(filters: &[Expr]) -> Prefilter {
    let mut any_of = vec![Conjunction::default()];
    for filter in filters {
        if let Some(alternatives) = alternatives(filter, 0) {
            any_of = both(any_of, alternatives);
        }
    }
    if any_of
        .iter()
        .any(|conjunction| *conjunction == Conjunction::default())
    {
        return Prefilter::everything();
    }
    Prefilter { any_of }
}

/// Whether a filter tells the reader anything.
pub(crate) fn says_something(filter: &Expr) -> bool {
    alternatives(filter, 0).is_some()
}

/// A condition as alternatives, or `None` where it says nothing.
fn alternatives(expr: &Expr, depth: usize) -> Option<Vec<Conjunction>> {
    if depth > limits::FILTER_DEPTH_MAX {
        return None;
    }
    match expr {
        Expr::Alias(alias) => alternatives(&alias.expr, depth + 1),
        Expr::IsTrue(inner) => alternatives(inner, depth + 1),
        Expr::BinaryExpr(BinaryExpr {
            left,
            op: Operator::And,
            right,
        }) => {
            match (
                alternatives(left, depth + 1),
                alternatives(right, depth + 1),
            ) {
                (Some(left), Some(right)) => Some(both(left, right)),
                (one, other) => one.or(other),
            }
        }
        Expr::BinaryExpr(BinaryExpr {
            left,
            op: Operator::Or,
            right,
        }) => {
            let mut all = alternatives(left, depth + 1)?;
            all.extend(alternatives(right, depth + 1)?);
            (all.len() <= limits::PREFILTER_CONJUNCTIONS_MAX).then_some(all)
        }
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
            compare(left, *op, right).or_else(|| compare(right, op.swap()?, left))
        }
        Expr::Between(Between {
            expr,
            negated: false,
            low,
            high,
        }) => {
            let low = compare(expr, Operator::GtEq, low)?;
            let high = compare(expr, Operator::LtEq, high)?;
            Some(both(low, high))
        }
        Expr::InList(list) if !list.negated => {
            let values: Option<Vec<String>> = list.list.iter().map(text).collect();
            let values = values.filter(|all| all.len() <= limits::PREFILTER_VALUES_MAX)?;
            equal(&list.expr, values)
        }
        Expr::ScalarFunction(call) => searched(call),
        Expr::Not(inner) => match inner.as_ref() {
            Expr::BinaryExpr(BinaryExpr {
                left,
                op: Operator::Eq,
                right,
            }) => compare(left, Operator::NotEq, right),
            _ => None,
        },
        _ => None,
    }
}

fn compare(left: &Expr, op: Operator, right: &Expr) -> Option<Vec<Conjunction>> {
    if let Some(time) = time(right) {
        let mut conjunction = Conjunction::default();
        if column(left)? != Column::TimeGenerated {
            return None;
        }
        match op {
            Operator::Eq => (conjunction.from, conjunction.until) = (Some(time), Some(time)),
            Operator::Gt => conjunction.from = Some(time.saturating_add(1)),
            Operator::GtEq => conjunction.from = Some(time),
            Operator::Lt => conjunction.until = Some(time.saturating_sub(1)),
            Operator::LtEq => conjunction.until = Some(time),
            _ => return None,
        }
        return Some(vec![conjunction]);
    }
    let value = text(right)?;
    match op {
        Operator::Eq => equal(left, vec![value]),
        Operator::NotEq if value.is_empty() => {
            Some(vec![test(string_column(left)?, Test::NotEmpty)])
        }
        _ => None,
    }
}

/// KQL's searches in texts, which the engine lowers to functions of these names. What asks for more
/// than the reader can test (whole terms, the case of letters) is tested in part.
fn searched(call: &ScalarFunction) -> Option<Vec<Conjunction>> {
    let [left, right] = call.args.as_slice() else {
        return None;
    };
    let right = text(right)?;
    // A list is an array in JSON.
    let list = || serde_json::from_str::<Vec<String>>(&right).ok();
    let one = || vec![right.clone()];
    let (test_of, values): (fn(Vec<String>) -> Test, _) = match call.func.name() {
        "kql_equals_folded" => (Test::InIgnoreCase, one()),
        "kql_in_folded" => (Test::InIgnoreCase, list()?),
        "kql_startswith" | "kql_startswith_cs" => (Test::StartsWith, one()),
        "kql_endswith" | "kql_endswith_cs" => (Test::EndsWith, one()),
        "kql_contains" | "kql_contains_cs" | "kql_has" | "kql_has_cs" | "kql_hasprefix"
        | "kql_hasprefix_cs" | "kql_hassuffix" | "kql_hassuffix_cs" => (Test::Contains, one()),
        "kql_has_any" => (Test::Contains, list()?),
        "kql_has_all" => {
            let column = string_column(left)?;
            let tests = list()?.into_iter().map(|value| ColumnTest {
                column,
                test: Test::Contains(vec![value]),
            });
            let tests: Vec<ColumnTest> = tests.collect();
            let known = !tests.is_empty() && tests.len() <= limits::PREFILTER_SEARCHES_MAX;
            return known.then(|| {
                vec![Conjunction {
                    tests,
                    ..Conjunction::default()
                }]
            });
        }
        _ => return None,
    };
    let test_of = test_of(values);
    let known = match &test_of {
        Test::InIgnoreCase(values) => values.len() <= limits::PREFILTER_VALUES_MAX,
        Test::StartsWith(values) | Test::EndsWith(values) | Test::Contains(values) => {
            values.len() <= limits::PREFILTER_SEARCHES_MAX
                && values.iter().all(|value| !value.is_empty())
        }
        Test::In(_) | Test::NotEmpty => false,
    };
    let column = string_column(left)?;
    known.then(|| vec![test(column, test_of)])
}

/// A column that has one of these values.
fn equal(left: &Expr, values: Vec<String>) -> Option<Vec<Conjunction>> {
    Some(vec![test(string_column(left)?, Test::In(values))])
}

fn test(column: Column, test: Test) -> Conjunction {
    Conjunction {
        tests: vec![ColumnTest { column, test }],
        ..Conjunction::default()
    }
}

fn column(expr: &Expr) -> Option<Column> {
    match expr {
        Expr::Column(column) => Column::named(&column.name),
        Expr::Alias(alias) => column(&alias.expr),
        _ => None,
    }
}

/// A string column, possibly cast to another sort of string.
fn string_column(expr: &Expr) -> Option<Column> {
    let inner = match expr {
        Expr::Cast(cast) if cast.field.data_type().is_string() => cast.expr.as_ref(),
        Expr::TryCast(cast) if cast.field.data_type().is_string() => cast.expr.as_ref(),
        other => other,
    };
    column(inner).filter(|column| column.spec().kql == KqlType::String)
}

fn text(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Literal(
            ScalarValue::Utf8(Some(text))
            | ScalarValue::Utf8View(Some(text))
            | ScalarValue::LargeUtf8(Some(text)),
            _,
        ) => Some(text.clone()),
        _ => None,
    }
}

/// A time in microseconds, where it is a whole number of them.
fn time(expr: &Expr) -> Option<i64> {
    match expr {
        Expr::Literal(ScalarValue::TimestampMicrosecond(Some(time), _), _) => Some(*time),
        Expr::Literal(ScalarValue::TimestampMillisecond(Some(time), _), _) => {
            time.checked_mul(1_000)
        }
        Expr::Literal(ScalarValue::TimestampSecond(Some(time), _), _) => {
            time.checked_mul(1_000_000)
        }
        Expr::Literal(ScalarValue::TimestampNanosecond(Some(time), _), _) => {
            (time % 1_000 == 0).then_some(time / 1_000)
        }
        _ => None,
    }
}

/// Every pairing of one alternative of each side. Where that gets too many, one side alone is
/// still true.
fn both(left: Vec<Conjunction>, right: Vec<Conjunction>) -> Vec<Conjunction> {
    let copied = values_in(&left) * right.len() + values_in(&right) * left.len();
    if left.len() * right.len() > limits::PREFILTER_CONJUNCTIONS_MAX
        || copied > 2 * limits::PREFILTER_VALUES_MAX
    {
        return if left.len() <= right.len() {
            left
        } else {
            right
        };
    }
    let pair = |one: &Conjunction, other: &Conjunction| {
        let mut pair = one.clone();
        pair.from = pair.from.into_iter().chain(other.from).max();
        pair.until = pair.until.into_iter().chain(other.until).min();
        pair.tests.extend(other.tests.iter().cloned());
        pair
    };
    left.iter()
        .flat_map(|one| right.iter().map(move |other| pair(one, other)))
        .collect()
}

/// How many values the tests of all alternatives compare with.
fn values_in(any_of: &[Conjunction]) -> usize {
    let tests = any_of.iter().flat_map(|conjunction| &conjunction.tests);
    tests
        .map(|test| match &test.test {
            Test::In(values)
            | Test::InIgnoreCase(values)
            | Test::StartsWith(values)
            | Test::EndsWith(values)
            | Test::Contains(values) => values.len(),
            Test::NotEmpty => 0,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::logical_expr::{Cast, col, lit};

    fn named(name: &str) -> Expr {
        Expr::Column(datafusion::common::Column::from_name(name))
    }

    fn view(text: &str) -> Expr {
        lit(ScalarValue::Utf8View(Some(text.to_owned())))
    }

    fn at(micros: i64) -> Expr {
        lit(ScalarValue::TimestampMicrosecond(
            Some(micros),
            Some("UTC".into()),
        ))
    }

    /// A function of that name over `EventName` and a text.
    fn call(function: &str, argument: &str) -> Expr {
        let types = vec![arrow_schema::DataType::Utf8View; 2];
        let udf = datafusion::logical_expr::create_udf(
            function,
            types,
            arrow_schema::DataType::Boolean,
            datafusion::logical_expr::Volatility::Immutable,
            std::sync::Arc::new(|_| unreachable!("nothing is evaluated here")),
        );
        udf.call(vec![named("EventName"), view(argument)])
    }

    fn show(prefilter: &Prefilter) -> String {
        let conjunction = |it: &Conjunction| {
            let mut parts = Vec::new();
            if it.from.is_some() || it.until.is_some() {
                parts.push(format!("{:?}..{:?}", it.from, it.until));
            }
            parts.extend(
                it.tests
                    .iter()
                    .map(|test| format!("{:?} {:?}", test.column, test.test)),
            );
            parts.join(" and ")
        };
        prefilter
            .any_of
            .iter()
            .map(conjunction)
            .collect::<Vec<_>>()
            .join(" or ")
    }

    #[track_caller]
    fn check(filters: &[Expr], expected: &str) {
        assert_eq!(show(&prefilter(filters)), expected);
    }

    #[test]
    fn what_is_understood() {
        let name = || named("EventName");
        check(&[name().eq(view("A"))], r#"EventName In(["A"])"#);
        check(&[view("A").eq(name())], r#"EventName In(["A"])"#);
        check(
            &[name().in_list(vec![lit("A"), lit("B")], false)],
            r#"EventName In(["A", "B"])"#,
        );
        check(&[name().not_eq(view(""))], "EventName NotEmpty");
        check(
            &[call("kql_startswith", "aws")],
            r#"EventName StartsWith(["aws"])"#,
        );
        check(&[call("kql_has", "cli")], r#"EventName Contains(["cli"])"#);
        check(
            &[call("kql_has_any", r#"["a","b"]"#)],
            r#"EventName Contains(["a", "b"])"#,
        );
        check(
            &[call("kql_has_all", r#"["a","b"]"#)],
            r#"EventName Contains(["a"]) and EventName Contains(["b"])"#,
        );
        check(
            &[
                name().eq(view("A")).or(name().eq(view("B"))),
                named("ErrorCode").eq(view("")),
            ],
            r#"EventName In(["A"]) and ErrorCode In([""]) or EventName In(["B"]) and ErrorCode In([""])"#,
        );
        let time = || named("TimeGenerated");
        check(&[time().gt(at(5)), time().lt_eq(at(9))], "Some(6)..Some(9)");
        check(&[at(5).lt_eq(time())], "Some(5)..None");
        check(&[time().between(at(1), at(2))], "Some(1)..Some(2)");
        let cast = Expr::Cast(Cast::new(Box::new(name()), arrow_schema::DataType::Utf8));
        check(&[cast.eq(lit("A"))], r#"EventName In(["A"])"#);
    }

    #[test]
    fn what_is_left_to_the_query() {
        let name = || named("EventName");
        check(&[], "");
        check(&[name().not_eq(view("A"))], "");
        check(&[call("kql_has", "")], "");
        check(&[call("kql_unheard_of", "A")], "");
        check(&[Expr::Not(Box::new(call("kql_has", "A")))], "");
        check(&[name().like(view("A%"))], "");
        check(&[name().in_list(vec![lit("A")], true)], "");
        check(&[name().in_list(vec![col("Type")], false)], "");
        check(&[name().eq(view("A")).or(name().like(view("%B")))], "");
        check(
            &[name().eq(view("A")).and(name().like(view("%B")))],
            r#"EventName In(["A"])"#,
        );
        check(&[named("ReadOnly").eq(lit(true))], "");
        check(&[named("SessionCreationDate").gt(at(1))], "");
        check(&[named("NoSuchColumn").eq(view("A"))], "");
    }

    #[test]
    fn many_alternatives_are_cut_down() {
        let any: Vec<Expr> = (0..40)
            .map(|n| named("EventName").eq(view(&n.to_string())))
            .collect();
        let any = any.into_iter().reduce(Expr::or).unwrap();
        let other: Vec<Expr> = (0..30)
            .map(|n| named("EventSource").eq(view(&n.to_string())))
            .collect();
        let other = other.into_iter().reduce(Expr::or).unwrap();
        let found = prefilter(&[any, other]);
        assert_eq!(found.any_of.len(), 30);
        assert!(found.any_of.iter().all(|it| it.tests.len() == 1));
    }
}
