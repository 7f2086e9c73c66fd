//! Which columns are wanted.
//!
//! A projection is a set of columns; batches hold exactly these, in the order of the table. What is not in
//! it is neither parsed nor copied.

use crate::schema::{AWS_COLUMNS, Column};

/// A set of columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Projection(u128);

impl Projection {
    /// No column: rows are only counted.
    pub fn none() -> Self {
        Projection(0)
    }

    /// The 55 columns of Sentinel's `AWSCloudTrail`.
    pub fn aws() -> Self {
        Projection((1 << AWS_COLUMNS) - 1)
    }

    /// All columns but the raw record, which doubles the size.
    pub fn all() -> Self {
        Column::all()
            .iter()
            .filter(|column| **column != Column::RawRecord)
            .fold(Self::none(), |set, column| set.with(*column))
    }

    /// The set of these columns.
    pub fn of(columns: &[Column]) -> Self {
        columns
            .iter()
            .fold(Self::none(), |set, column| set.with(*column))
    }

    /// The set with one more column.
    #[must_use]
    pub fn with(self, column: Column) -> Self {
        Projection(self.0 | 1 << column as u32)
    }

    /// The columns of either set.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Projection(self.0 | other.0)
    }

    /// The columns that are not in the other set.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Projection(self.0 & !other.0)
    }

    /// The set as bits, by the columns' numbers.
    pub(crate) fn bits(self) -> u128 {
        self.0
    }

    pub fn contains(self, column: Column) -> bool {
        self.0 >> column as u32 & 1 == 1
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// The columns in the order of the table.
    pub fn columns(self) -> impl Iterator<Item = Column> {
        Column::all()
            .iter()
            .copied()
            .filter(move |column| self.contains(*column))
    }
}
