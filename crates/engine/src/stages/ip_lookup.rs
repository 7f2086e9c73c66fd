//! `ipv4_lookup` and `ipv6_lookup`: which networks of a table an address lies in.

use std::collections::HashMap;

use keyline_kql::types::Value;

use super::Row;
use crate::functions::network::Network;
use crate::rows;

/// The networks of a table, by length of prefix and first address.
pub(crate) struct Networks {
    version: Network,
    /// Lengths of prefixes, the longest first.
    lengths: Vec<u32>,
    /// The rows of each network.
    rows: HashMap<(u32, u128), Vec<usize>>,
}

impl Networks {
    /// Of the texts of networks, row by row; what is none is in no row.
    pub(crate) fn of<'v>(version: Network, texts: impl Iterator<Item = &'v Value>) -> Networks {
        let mut found: HashMap<(u32, u128), Vec<usize>> = HashMap::new();
        for (row, text) in texts.enumerate() {
            let net = rows::text(text).and_then(|text| version.parse(&text));
            if let Some(key) = net {
                found.entry(key).or_default().push(row);
            }
        }
        let mut lengths: Vec<u32> = found.keys().map(|(length, _)| *length).collect();
        lengths.sort_unstable_by(|a, b| b.cmp(a));
        lengths.dedup();
        Networks {
            version,
            lengths,
            rows: found,
        }
    }

    /// The rows whose network holds an address, the narrowest first.
    pub(crate) fn holding(&self, address: &Value) -> Vec<usize> {
        let Some(text) = rows::text(address) else {
            return Vec::new();
        };
        let Some((own, address)) = self.version.parse(&text) else {
            return Vec::new();
        };
        let lengths = self.lengths.iter().filter(|length| **length <= own);
        let held = lengths.filter_map(|length| {
            self.rows
                .get(&(*length, self.version.first(address, *length)))
        });
        held.flatten().copied().collect()
    }
}

/// Puts the rows of the left beside those of the right that `fits` names for them; a row that none
/// fits stays beside nulls if it is asked for.
pub(crate) fn beside(
    left: Vec<Row>,
    right: &[Row],
    absent: &Row,
    unmatched: bool,
    fits: Vec<Vec<usize>>,
) -> Vec<Row> {
    let mut found = Vec::new();
    for (row, rows) in left.into_iter().zip(fits) {
        if rows.is_empty() && unmatched {
            found.push(row.iter().chain(absent).cloned().collect());
        }
        for at in rows {
            found.push(row.iter().chain(&right[at]).cloned().collect());
        }
    }
    found
}
