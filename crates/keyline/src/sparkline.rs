//! A line of blocks that shows when things happened.

const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// One block for each of `bins` equal parts of [from, to]; a part without anything is a dot, so that
/// one event among thousands can still be seen.
pub fn sparkline(instants: &[i64], from: i64, to: i64, bins: usize) -> String {
    let mut counts = vec![0u64; bins.max(1)];
    let width = (to - from).max(1) as f64 / counts.len() as f64;
    for &instant in instants
        .iter()
        .filter(|instant| (from..=to).contains(*instant))
    {
        let bin = ((instant - from) as f64 / width) as usize;
        let last = counts.len() - 1;
        counts[bin.min(last)] += 1;
    }
    let most = counts.iter().copied().max().unwrap_or_default().max(1);
    counts
        .iter()
        .map(|&count| match count {
            0 => '·',
            // The scale begins at one, so that a single event never looks like none.
            count => BLOCKS[((count - 1) * 7 / most.saturating_sub(1).max(1)).min(7) as usize],
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_when() {
        assert_eq!(
            sparkline(&[0, 1, 2, 9], 0, 10, 5),
            "▇▁··▁".replace('▇', "█")
        );
        assert_eq!(sparkline(&[], 0, 10, 4), "····");
        assert_eq!(sparkline(&[10], 0, 10, 2), "·▁");
        assert_eq!(sparkline(&[5], 5, 5, 3), "▁··");
    }
}
