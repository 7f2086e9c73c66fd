//! Which row groups of a Parquet file hold the events that mint or change credentials, and these alone.
//!
//! In: what the writer knows of the groups it appends; the metadata of a file. Out: a line of the metadata, and
//! what is held by each group. Lineage asks for such events first, and they are few: in groups of their own they are
//! read without the others. What counts as one of them is a list of names, which a later Keyline may have
//! longer: then, and for files that something else has written, a group may hold both.

use std::sync::LazyLock;

use keyline_lineage::Facts;
use keyline_trail::{Column, Test};
use parquet::file::metadata::ParquetMetaData;
use xxhash_rust::xxh3::xxh3_64;

/// The key of the metadata.
pub(crate) const DEEDS: &str = "keyline.deeds";

/// What a row group holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds {
    /// Events that mint or change credentials.
    Deeds,
    /// All others.
    Others,
    Both,
}

/// The names by which rows were told apart, as one number.
static NAMES: LazyLock<u64> = LazyLock::new(|| {
    let detail = Facts::detail();
    let tests = detail.prefilter.any_of.iter().flat_map(|all| &all.tests);
    let names = tests.filter_map(|test| match &test.test {
        Test::In(values) if test.column == Column::EventName => Some(values.join(",")),
        _ => None,
    });
    xxh3_64(names.collect::<Vec<_>>().join(";").as_bytes())
});

/// Says which groups hold deeds, by their number and their rows.
pub(crate) fn describe(deeds: &[(usize, usize)]) -> (String, String) {
    let groups = deeds
        .iter()
        .map(|(number, rows)| format!(" {number}:{rows}"));
    let value = format!("{:016x}{}", *NAMES, groups.collect::<String>());
    (DEEDS.to_owned(), value)
}

/// What each row group of a file holds.
pub(crate) fn of(metadata: &ParquetMetaData) -> Vec<Holds> {
    let told = told(metadata);
    (0..metadata.num_row_groups())
        .map(|number| match &told {
            None => Holds::Both,
            Some(deeds) if deeds.contains(&number) => Holds::Deeds,
            Some(_) => Holds::Others,
        })
        .collect()
}

/// The groups that hold deeds; nothing where that is not known, or cannot be relied on.
fn told(metadata: &ParquetMetaData) -> Option<Vec<usize>> {
    let file = metadata.file_metadata();
    // Other writers copy what the metadata say of groups that they cut otherwise.
    file.created_by()?.strip_prefix("keyline ")?;
    let mut pairs = file.key_value_metadata()?.iter();
    let value = pairs.rfind(|pair| pair.key == DEEDS)?.value.as_ref()?;
    let (names, groups) = value.split_at_checked(16)?;
    if u64::from_str_radix(names, 16).ok()? != *NAMES {
        return None;
    }
    groups
        .split_ascii_whitespace()
        .map(|group| {
            let (number, rows) = group.split_once(':')?;
            let (number, rows) = (number.parse().ok()?, rows.parse::<i64>().ok()?);
            let fits =
                number < metadata.num_row_groups() && metadata.row_group(number).num_rows() == rows;
            fits.then_some(number)
        })
        .collect()
}
