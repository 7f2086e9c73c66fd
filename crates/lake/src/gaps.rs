//! Holes in the delivery of logs, as far as the files' own places tell.
//!
//! In: the days for which an account and region have files in the S3 layout. Out: the stretches of
//! whole days without one, between the first and the last day that has. CloudTrail writes no file
//! where nothing happened, so a hole is only believed of an account and region that have files on
//! at least three quarters of their days: a quiet region is not a gap. Gaps shorter than a day, and
//! gaps in files outside the layout, are not seen.

use std::collections::{BTreeMap, BTreeSet};

use keyline_source::InputFile;
use keyline_source::layout::Delivery;
use keyline_trail::Gap;

use crate::limits;

const DAY_US: i64 = 86_400_000_000;

/// The gaps, by account, region and time.
pub(crate) fn find(files: &[InputFile]) -> Vec<Gap> {
    let mut days: BTreeMap<(&str, &str), BTreeSet<i32>> = BTreeMap::new();
    for key in files.iter().filter_map(|file| file.key.as_ref()) {
        if key.delivery == Delivery::CloudTrail
            && let Some(day) = key.day
        {
            days.entry((&key.account, &key.region))
                .or_default()
                .insert(day.since_1970());
        }
    }
    let mut gaps = Vec::new();
    for ((account, region), days) in days {
        let (Some(first), Some(last)) = (days.first(), days.last()) else {
            continue;
        };
        let span = last - first + 1;
        if span > limits::GAP_DAYS_MAX || (days.len() as i32) * 4 < span * 3 {
            continue;
        }
        for (before, after) in days.iter().zip(days.iter().skip(1)) {
            let missing = after - before - 1;
            if missing == 0 {
                continue;
            }
            let days = if missing == 1 {
                "1 day".to_owned()
            } else {
                format!("{missing} days")
            };
            gaps.push(Gap {
                account: account.to_owned(),
                region: region.to_owned(),
                from: i64::from(before + 1) * DAY_US,
                to: i64::from(*after) * DAY_US,
                why: format!("no file delivered for {days}"),
            });
        }
    }
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;
    use keyline_source::{FileKind, layout};

    #[track_caller]
    fn check(days: &[u32], expected: &[(i64, i64)]) {
        let files: Vec<InputFile> = days
            .iter()
            .map(|day| {
                let path = format!("AWSLogs/111122223333/CloudTrail/r-1/1970/01/{day:02}/x.gz");
                InputFile {
                    key: layout::parse(&path),
                    path: path.into(),
                    kind: FileKind::Logs,
                    named: false,
                    bytes: 1,
                }
            })
            .collect();
        let found: Vec<(i64, i64)> = find(&files)
            .iter()
            .map(|gap| (gap.from / DAY_US + 1, gap.to / DAY_US + 1))
            .collect();
        assert_eq!(found, expected, "{days:?}");
    }

    #[test]
    fn holes_in_busy_regions_only() {
        check(&[1, 2, 3, 4], &[]);
        check(&[1, 2, 3, 5, 6, 7], &[(4, 5)]);
        check(&[1, 2, 3, 4, 5, 6, 9, 10, 10], &[(7, 9)]);
        check(&[1, 9, 17], &[]);
        check(&[], &[]);
    }
}
