//! "Did you mean": the known name that is nearest to a misspelt one.

/// The nearest of `names` to `wrong`, when it is near enough to be what was meant.
pub(super) fn nearest<'n>(
    wrong: &str,
    names: impl IntoIterator<Item = &'n str>,
) -> Option<&'n str> {
    let limit = (wrong.chars().count() / 3).clamp(1, 3);
    let lower = wrong.to_lowercase();
    names
        .into_iter()
        .filter(|name| name.len().abs_diff(wrong.len()) <= 2 * limit)
        .filter_map(|name| Some((distance(&lower, &name.to_lowercase(), limit)?, name)))
        .min()
        .map(|(_, name)| name)
}

/// How many characters must be changed, inserted, left out or swapped to make `a` of `b`; `None`
/// beyond `limit`.
fn distance(a: &str, b: &str, limit: usize) -> Option<usize> {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let change = usize::from(a[i - 1] != b[j - 1]);
            let mut cost = (last[j] + 1).min(row[j - 1] + 1).min(last[j - 1] + change);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                cost = cost.min(before[j - 2] + 1);
            }
            row.push(cost);
        }
        before = std::mem::replace(&mut last, row);
    }
    Some(last[b.len()]).filter(|cost| *cost <= limit)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_what_was_meant() {
        let names = ["EventName", "EventSource", "TimeGenerated"];
        assert_eq!(nearest("EvnetName", names), Some("EventName"));
        assert_eq!(nearest("eventname", names), Some("EventName"));
        assert_eq!(nearest("TimeGenerate", names), Some("TimeGenerated"));
        assert_eq!(nearest("Account", names), None);
    }
}
