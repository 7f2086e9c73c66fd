//! Many networks as sorted intervals: one binary search finds whether an address is in any.

use datafusion::logical_expr::Expr;
use keyline_kql::types::Type;

use crate::functions::Error;
use crate::functions::call::Call;
use crate::functions::kernel::call;
use crate::functions::operators::list_of;

/// A call with a text and a list, spelt out or an array.
pub fn lower(call_: Call<'_>) -> Result<Expr, Error> {
    let list = list_of(call_.args[1..].to_vec())?;
    Ok(call(
        call_.function.kernels[0].name,
        vec![call_.arg(0, Type::String)?, list],
    ))
}

/// Disjoint intervals, ends included, in order.
pub struct Intervals(Vec<(u128, u128)>);

impl Intervals {
    pub fn new(mut intervals: Vec<(u128, u128)>) -> Intervals {
        intervals.sort_unstable();
        let mut merged: Vec<(u128, u128)> = Vec::with_capacity(intervals.len());
        for (start, end) in intervals {
            match merged.last_mut() {
                Some(last) if start <= last.1.saturating_add(1) => last.1 = last.1.max(end),
                _ => merged.push((start, end)),
            }
        }
        Intervals(merged)
    }

    pub fn hold(&self, address: u128) -> bool {
        let after = self.0.partition_point(|(start, _)| *start <= address);
        after > 0 && address <= self.0[after - 1].1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlaps_are_merged() {
        let intervals = Intervals::new(vec![
            (10, 20),
            (0, 3),
            (15, 30),
            (4, 5),
            (u128::MAX, u128::MAX),
        ]);
        assert_eq!(intervals.0, [(0, 5), (10, 30), (u128::MAX, u128::MAX)]);
        for (address, held) in [(0, true), (5, true), (6, false), (30, true), (31, false)] {
            assert_eq!(intervals.hold(address), held, "{address}");
        }
    }
}
