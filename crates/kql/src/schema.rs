//! What a query is checked against: the tables there are and their columns.
//!
//! The checker asks through a trait, so that the engine, an editor and the tests can each bring
//! their own tables.

use crate::types::Type;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Column {
    pub name: String,
    pub ty: Type,
}

impl Column {
    pub fn new(name: impl Into<String>, ty: Type) -> Column {
        Column {
            name: name.into(),
            ty,
        }
    }
}

pub trait Schema {
    /// The columns of a table in their declared order; `None` when there is no such table.
    fn table(&self, name: &str) -> Option<Vec<Column>>;

    /// All table names: for wildcards in `union` and for "did you mean".
    fn table_names(&self) -> Vec<String>;

    /// The columns of a watchlist, for `_GetWatchlist('alias')`.
    fn watchlist(&self, _alias: &str) -> Option<Vec<Column>> {
        None
    }
}
