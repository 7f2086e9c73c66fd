//! `rows_near`: the rows around those that a condition holds for.

use keyline_kql::types::Value;

use super::Row;

/// Rows (columns …, condition) in, the columns of those near out.
pub(crate) fn rows_near(rows: Vec<Row>, before: usize, after: usize) -> Vec<Row> {
    let count = rows.len();
    let mut near = vec![false; count];
    for (at, row) in rows.iter().enumerate() {
        if row.last() == Some(&Value::Bool(true)) {
            let end = at.saturating_add(after).saturating_add(1).min(count);
            near[at.saturating_sub(before)..end].fill(true);
        }
    }
    let kept = rows.into_iter().zip(near).filter(|(_, near)| *near);
    kept.map(|(mut row, _)| {
        row.pop();
        row
    })
    .collect()
}
