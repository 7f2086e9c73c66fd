//! Cheap tests on a record before its columns are built.
//!
//! A prefilter is an OR over conjunctions; a conjunction is a time range AND tests of string columns. What
//! goes in are literals that a query compares columns with; what comes out is whether a record can be passed
//! over. It is conservative: a record that it drops cannot match, a record that it keeps still has to be
//! checked by the query (ignoring case is exact for ASCII only). A record with
//! an addendum always passes, for the record that it patches may match.

use crate::schema::Column;

/// What a record must fulfil to be read; empty `any_of` keeps everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prefilter {
    pub any_of: Vec<Conjunction>,
}

/// Tests that must all hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conjunction {
    /// The earliest `TimeGenerated` wanted, in microseconds since 1970, inclusive.
    pub from: Option<i64>,
    /// The latest `TimeGenerated` wanted, in microseconds since 1970, inclusive.
    pub until: Option<i64>,
    pub tests: Vec<ColumnTest>,
}

/// One test of one string column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnTest {
    pub column: Column,
    pub test: Test,
}

/// What a column is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// `==` and `in`; `In(vec![""])` is `isempty`.
    In(Vec<String>),
    /// `=~` and `in~`.
    InIgnoreCase(Vec<String>),
    /// `isnotempty`.
    NotEmpty,
    /// `startswith` any of these, in any case.
    StartsWith(Vec<String>),
    /// `endswith` any of these, in any case.
    EndsWith(Vec<String>),
    /// `contains` any of these, in any case; also for what asks for more, as `has` does.
    Contains(Vec<String>),
}

impl Prefilter {
    /// Keeps every record.
    pub fn everything() -> Self {
        Prefilter::default()
    }
}
