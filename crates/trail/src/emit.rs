//! Taking in one record: the report first, then the prefilter, then the row.
//!
//! Every record counts in the report, whether or not its row is wanted; a full batch goes to the sink.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use crate::batch::{Rows, bytes_of, time_of};
use crate::coverage::{FileReport, ProblemKind, Problems};
use crate::filter::{Details, Filter};
use crate::input::Input;
use crate::json::{Window, lossy};
use crate::limits::{MAX_EXAMPLE_BYTES, MAX_LISTED};
use crate::projection::Projection;
use crate::read::Batch;
use crate::record::Slots;
use crate::schema::Column;

pub(crate) struct Emit<'a> {
    pub report: &'a mut FileReport,
    pub filter: &'a mut Filter,
    pub detail: Option<&'a mut Details>,
    pub rows: &'a mut Rows,
    pub horizon: Option<i64>,
    pub sink: &'a mut (dyn FnMut(Batch) -> ControlFlow<()> + 'a),
    pub last_account: Vec<u8>,
    pub last_region: Vec<u8>,
}

impl Emit<'_> {
    /// Takes a record; an error means that the sink wants no more.
    pub(crate) fn record(
        &mut self,
        window: &Window<'_>,
        slots: &Slots,
        input: &Input<'_>,
    ) -> Result<(), ()> {
        let report = &mut *self.report;
        if is_of_another_format(bytes_of(window, slots, Column::EventVersion)) {
            report.bad_records += 1;
            report.problems.add(ProblemKind::UnknownVersion, || {
                format!(
                    "line {}: expected format 1 in `eventVersion`, found `{}`",
                    input.line(slots.start),
                    shown(window, slots, Column::EventVersion)
                )
            });
            return Ok(());
        }
        self.rows.next_record(report.events);
        report.events += 1;
        let time = slots
            .get(Column::TimeGenerated)
            .and_then(|value| time_of(window, value));
        match time {
            Some(time) if self.horizon.is_some_and(|horizon| time > horizon) => {
                report.problems.add(ProblemKind::FutureTime, || {
                    format!(
                        "line {}: the event is dated {}",
                        input.line(slots.start),
                        shown(window, slots, Column::TimeGenerated)
                    )
                });
            }
            Some(time) => {
                report.first_event = Some(report.first_event.map_or(time, |first| first.min(time)));
                report.last_event = Some(report.last_event.map_or(time, |last| last.max(time)));
            }
            None => report.problems.add(ProblemKind::BadTime, || {
                let found = shown(window, slots, Column::TimeGenerated);
                format!(
                    "line {}: expected a time in `eventTime`, found `{found}`",
                    input.line(slots.start)
                )
            }),
        }
        if !window.utf8 && std::str::from_utf8(&window.text[slots.start..slots.end]).is_err() {
            report.problems.add(ProblemKind::InvalidUtf8, || {
                format!(
                    "line {}: bytes that are not UTF-8 are replaced",
                    input.line(slots.start)
                )
            });
        }
        let account = bytes_of(window, slots, Column::RecipientAccountId);
        if account != self.last_account {
            self.last_account = account.to_vec();
            list(
                &mut report.accounts,
                account,
                ProblemKind::TooManyAccounts,
                &mut report.problems,
            );
        }
        let region = bytes_of(window, slots, Column::AWSRegion);
        if region != self.last_region {
            self.last_region = region.to_vec();
            list(
                &mut report.regions,
                region,
                ProblemKind::TooManyRegions,
                &mut report.problems,
            );
        }
        // An addendum patches a record that may match, so no filter hides it.
        let addendum = slots
            .get(Column::AddendumReason)
            .or(slots.get(Column::AddendumOriginalEventId));
        if addendum.is_some() || self.filter.passes(window, slots, time) {
            report.rows += 1;
            let filled = match &mut self.detail {
                Some(detail) if addendum.is_none() => detail.of(window, slots, time),
                _ => Projection::all().with(Column::RawRecord),
            };
            self.rows.push(window, slots, time, filled);
        } else {
            self.rows.pass_over(window, slots);
        }
        if self.rows.is_full() && (self.sink)(self.rows.take()).is_break() {
            return Err(());
        }
        Ok(())
    }
}

/// Whether a version of the record format is of a later major one. Minor ones only add members, and number them
/// beyond nine: 1.10 is later than 1.9.
fn is_of_another_format(version: &[u8]) -> bool {
    let major = version.split(|byte| *byte == b'.').next();
    let major = major.filter(|major| *major != b"1" && !major.is_empty());
    major.is_some_and(|major| {
        let significant = major.iter().skip_while(|byte| **byte == b'0').count();
        let is_one = significant == 1 && major.ends_with(b"1");
        major.iter().all(u8::is_ascii_digit) && significant > 0 && !is_one
    })
}

fn list(listed: &mut BTreeSet<String>, value: &[u8], kind: ProblemKind, problems: &mut Problems) {
    if value.is_empty() {
        return;
    }
    let value = lossy(value);
    if listed.len() >= MAX_LISTED && !listed.contains(&*value) {
        problems.add(kind, || {
            format!("more than {MAX_LISTED} distinct values; the rest is not listed")
        });
    } else {
        listed.insert(value.chars().take(MAX_EXAMPLE_BYTES).collect());
    }
}

/// A column's text for a message.
fn shown(window: &Window<'_>, slots: &Slots, column: Column) -> String {
    let text = bytes_of(window, slots, column);
    lossy(text)
        .chars()
        .filter(|c| !c.is_control())
        .take(40)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::is_of_another_format;

    #[test]
    fn formats() {
        for (version, expected) in [
            ("1.08", false),
            ("1.9", false),
            ("1.10", false),
            ("1.99", false),
            ("1", false),
            ("01.2", false),
            ("0.9", false),
            ("", false),
            ("newest", false),
            ("2.0", true),
            ("2", true),
            ("10.1", true),
        ] {
            assert_eq!(
                is_of_another_format(version.as_bytes()),
                expected,
                "{version}"
            );
        }
    }
}
