//! The functions of the language: every scalar function and aggregate that Kusto knows, with its
//! parameters, its result and the name that it gives a column.
//!
//! The two tables `scalar.txt` and `aggregates.txt` are the whole truth: one overload a line, in the
//! notation that [`signature`] describes. What Keyline cannot run is in them too, marked
//! `unsupported`, so that a valid use is reported by name and never taken for a misspelling. What
//! the functions compute is not here: that is the engine's.

pub mod signature;

use std::collections::HashMap;
use std::sync::LazyLock;

pub use signature::{ColumnName, Overload, Parameter, ParameterType, Return};

/// A function under one of its names.
#[derive(Clone, Debug)]
pub struct Function {
    /// The name that this entry is found under.
    pub name: &'static str,
    /// The name by which the checked query and the engine know the function.
    pub canonical: &'static str,
    pub overloads: Vec<Overload>,
    /// What a column is called that holds a call of it and is given no name.
    pub column: ColumnName,
    pub implemented: bool,
    /// One line for people; may be empty.
    pub doc: &'static str,
}

static SCALARS: LazyLock<HashMap<&'static str, Function>> =
    LazyLock::new(|| signature::read_table(include_str!("scalar.txt")));
static AGGREGATES: LazyLock<HashMap<&'static str, Function>> =
    LazyLock::new(|| signature::read_table(include_str!("aggregates.txt")));

/// The scalar function of that name (or alias); window functions are among them.
pub fn scalar(name: &str) -> Option<&'static Function> {
    SCALARS.get(name)
}

/// The aggregate of that name (or alias).
pub fn aggregate(name: &str) -> Option<&'static Function> {
    AGGREGATES.get(name)
}

/// Queries that use a function, and the one value that each yields: for what is no function of
/// values. The engine's own functions have theirs beside them.
pub fn examples(canonical: &str) -> Vec<(&'static str, &'static str)> {
    include_str!("examples.txt")
        .lines()
        .filter_map(|line| line.split_once(" # "))
        .filter(|(name, _)| *name == canonical)
        .filter_map(|(_, example)| example.split_once(" # "))
        .collect()
}

/// All scalar functions, aliases included, by name.
pub fn scalars() -> Vec<&'static Function> {
    sorted(&SCALARS)
}

/// All aggregates, aliases included, by name.
pub fn aggregates() -> Vec<&'static Function> {
    sorted(&AGGREGATES)
}

/// Functions that look at other rows of a serialized input.
pub fn is_window(canonical: &str) -> bool {
    matches!(
        canonical,
        "row_number"
            | "row_cumsum"
            | "prev"
            | "next"
            | "row_rank_dense"
            | "row_rank_min"
            | "row_window_session"
    )
}

fn sorted(table: &'static HashMap<&'static str, Function>) -> Vec<&'static Function> {
    let mut all: Vec<_> = table.values().collect();
    all.sort_by_key(|function| function.name);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alias_names_a_function_of_the_table() {
        for function in scalars() {
            assert!(
                scalar(function.canonical).is_some(),
                "{} is {}",
                function.name,
                function.canonical
            );
        }
        for function in aggregates() {
            assert!(
                aggregate(function.canonical).is_some(),
                "{} is {}",
                function.name,
                function.canonical
            );
        }
    }

    #[test]
    fn every_function_says_what_it_does() {
        for function in scalars().into_iter().chain(aggregates()) {
            let known = !function.implemented || !function.doc.is_empty();
            assert!(known, "{} has no documentation", function.name);
        }
    }

    #[test]
    fn a_row_becomes_an_overload() {
        let substring = scalar("substring").expect("it is in the table");
        assert_eq!(substring.overloads.len(), 1);
        assert_eq!(
            substring.overloads[0].to_string(),
            "substring(string: scalar, start: integer, [length: integer]) -> string"
        );
        assert_eq!(scalar("iif").expect("an alias").canonical, "iff");
        assert!(
            !scalar("geo_info_from_ip_address")
                .expect("it is known")
                .implemented
        );
        assert_eq!(
            aggregate("make_set").expect("it is in the table").column,
            ColumnName::Prefixed("set")
        );
    }
}
