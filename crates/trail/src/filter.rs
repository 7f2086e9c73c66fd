//! A prefilter made ready, and the test of a record by it.
//!
//! Most records are ruled out by the one column that every conjunction pins, usually `EventName`; the rest
//! is tested conjunction by conjunction on the record's own bytes. Escaped text is unescaped first.

use std::collections::HashSet;

use crate::batch::text_value;
use crate::json::{Kind, Window};
use crate::prefilter::{ColumnTest, Conjunction, Prefilter, Test};
use crate::projection::Projection;
use crate::record::Slots;
use crate::schema::{Column, KqlType};

pub(crate) struct Filter {
    any_of: Vec<Conjunction>,
    /// A column that every conjunction pins, and all its values, in lower case.
    pinned: Option<(Column, HashSet<Vec<u8>>)>,
    scratch: Vec<u8>,
    folded: Vec<u8>,
}

impl Filter {
    pub(crate) fn new(prefilter: &Prefilter) -> Self {
        let mut any_of = prefilter.any_of.clone();
        for conjunction in &mut any_of {
            // What cannot be tested here must not rule anything out.
            conjunction.tests.retain(|test| is_plain(test.column));
        }
        let pinned = [
            Column::EventName,
            Column::EventSource,
            Column::UserIdentityAccessKeyId,
        ]
        .into_iter()
        .find_map(|column| Some((column, pinned_values(&any_of, column)?)));
        Filter {
            any_of,
            pinned,
            scratch: Vec::new(),
            folded: Vec::new(),
        }
    }

    /// The columns that the test looks at.
    pub(crate) fn columns(&self) -> Projection {
        let tests = self
            .any_of
            .iter()
            .flat_map(|conjunction| &conjunction.tests);
        tests.fold(Projection::none(), |set, test| set.with(test.column))
    }

    /// Whether a record may match.
    pub(crate) fn passes(&mut self, window: &Window<'_>, slots: &Slots, time: Option<i64>) -> bool {
        if self.any_of.is_empty() {
            return true;
        }
        if let Some((column, values)) = &self.pinned {
            let text = column_text(window, slots, *column, &mut self.scratch);
            self.folded.clear();
            self.folded.extend(text.iter().map(u8::to_ascii_lowercase));
            if text.is_ascii() && !values.contains(&self.folded) {
                return false;
            }
        }
        let scratch = &mut self.scratch;
        self.any_of.iter().any(|conjunction| {
            let in_time = time.is_none_or(|time| {
                conjunction.from.is_none_or(|from| time >= from)
                    && conjunction.until.is_none_or(|until| time <= until)
            });
            in_time
                && conjunction
                    .tests
                    .iter()
                    .all(|test| holds(test, column_text(window, slots, test.column, scratch)))
        })
    }
}

/// Whether a column's value is the record's own text: the others are made later.
fn is_plain(column: Column) -> bool {
    use Column::*;
    column.spec().kql == KqlType::String
        && !column.spec().source.is_empty()
        && !column.spec().source.starts_with("constant")
        && !matches!(
            column,
            ResponseElements
                | IpProtocol
                | SourcePort
                | DestinationPort
                | CidrIp
                | AccessKeyId
                | SessionKey
                | AwsPartition
                | SourceAddress
                | RawRecord
        )
}

/// The values of a column that every conjunction compares with ASCII literals.
fn pinned_values(any_of: &[Conjunction], column: Column) -> Option<HashSet<Vec<u8>>> {
    let mut all = HashSet::new();
    for conjunction in any_of {
        let values = conjunction.tests.iter().find_map(|test| match &test.test {
            Test::In(values) | Test::InIgnoreCase(values) if test.column == column => Some(values),
            _ => None,
        })?;
        for value in values {
            value.is_ascii().then_some(())?;
            all.insert(value.to_ascii_lowercase().into_bytes());
        }
    }
    (!any_of.is_empty()).then_some(all)
}

fn column_text<'s>(
    window: &'s Window<'_>,
    slots: &Slots,
    column: Column,
    scratch: &'s mut Vec<u8>,
) -> &'s [u8] {
    match slots.get(column) {
        None => &[],
        Some(value)
            if value.kind == Kind::Text && !window.index.backslash.any(value.start, value.end) =>
        {
            &window.text[value.start..value.end]
        }
        Some(value) => text_value(window, value, scratch),
    }
}

fn holds(test: &ColumnTest, text: &[u8]) -> bool {
    match &test.test {
        Test::In(values) => {
            // Text that is not UTF-8 is replaced later and may then be equal after all.
            values.iter().any(|value| value.as_bytes() == text)
                || std::str::from_utf8(text).is_err()
        }
        Test::InIgnoreCase(values) => {
            !text.is_ascii()
                || values
                    .iter()
                    .any(|value| !value.is_ascii() || value.as_bytes().eq_ignore_ascii_case(text))
        }
        Test::NotEmpty => !text.is_empty(),
    }
}
