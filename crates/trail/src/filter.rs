//! A prefilter made ready, and the test of a record by it.
//!
//! Most conjunctions compare one column with literals, usually `EventName`: those that a record's value leaves
//! are looked up, and tested one by one on the record's own bytes. Escaped text is unescaped first.

use std::collections::HashMap;

use crate::batch::text_value;
use crate::json::{Kind, Window};
use crate::matcher::Matcher;
use crate::prefilter::{Conjunction, Prefilter, Test};
use crate::projection::Projection;
use crate::record::Slots;
use crate::schema::{Column, KqlType};

/// The numbers of conjunctions by literal.
type ByLiteral = HashMap<Vec<u8>, Vec<usize>>;

pub(crate) struct Filter {
    any_of: Vec<Ready>,
    /// A column that many conjunctions compare with ASCII literals, and by literal, in lower case, which.
    keyed: Option<(Column, ByLiteral)>,
    /// The conjunctions that are tested whatever that column holds.
    others: Vec<usize>,
    scratch: Vec<u8>,
    folded: Vec<u8>,
}

impl Filter {
    pub(crate) fn new(prefilter: &Prefilter) -> Self {
        let mut any_of = prefilter.any_of.clone();
        for conjunction in &mut any_of {
            for test in &mut conjunction.tests {
                if test.column == Column::AccessKeyId {
                    test.column = Column::UserIdentityAccessKeyId;
                }
            }
            // What cannot be tested here must not rule anything out.
            conjunction.tests.retain(|test| is_plain(test.column));
        }
        if any_of.contains(&Conjunction::default()) {
            any_of.clear();
        }
        let keys = [
            Column::EventName,
            Column::EventSource,
            Column::UserIdentityAccessKeyId,
        ];
        let count = |column: &Column| {
            any_of
                .iter()
                .filter(|all| literals(all, *column).is_some())
                .count()
        };
        let mut keyed = keys
            .into_iter()
            .max_by_key(count)
            .map(|column| (column, HashMap::new()));
        let mut others = Vec::new();
        for (number, conjunction) in any_of.iter().enumerate() {
            match &mut keyed {
                Some((column, known)) if literals(conjunction, *column).is_some() => {
                    for literal in literals(conjunction, *column).into_iter().flatten() {
                        let of_literal: &mut Vec<usize> = known
                            .entry(literal.to_ascii_lowercase().into_bytes())
                            .or_default();
                        of_literal.push(number);
                    }
                }
                _ => others.push(number),
            }
        }
        Filter {
            any_of: any_of.iter().map(Ready::new).collect(),
            keyed,
            others,
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
        tests.fold(Projection::none(), |set, (column, _)| set.with(*column))
    }

    /// Whether a record may match.
    pub(crate) fn passes(&mut self, window: &Window<'_>, slots: &Slots, time: Option<i64>) -> bool {
        if self.any_of.is_empty() {
            return true;
        }
        let mut candidates: &[usize] = &[];
        if let Some((column, known)) = &self.keyed {
            let text = column_text(window, slots, *column, &mut self.scratch);
            self.folded.clear();
            self.folded.extend(text.iter().map(u8::to_ascii_lowercase));
            if let Some(of_literal) = known.get(&self.folded) {
                candidates = of_literal;
            } else if !text.is_ascii() {
                // Its text may be replaced later; every conjunction is tested.
                return (0..self.any_of.len()).any(|number| {
                    self.any_of[number].may_hold(window, slots, time, &mut self.scratch)
                });
            }
        }
        let mut all = self.others.iter().chain(candidates);
        all.any(|number| self.any_of[*number].may_hold(window, slots, time, &mut self.scratch))
    }
}

/// A conjunction made ready.
struct Ready {
    from: Option<i64>,
    until: Option<i64>,
    tests: Vec<(Column, Matcher)>,
}

impl Ready {
    fn new(conjunction: &Conjunction) -> Ready {
        let tests = conjunction.tests.iter();
        Ready {
            from: conjunction.from,
            until: conjunction.until,
            tests: tests
                .map(|test| (test.column, Matcher::new(&test.test)))
                .collect(),
        }
    }

    fn may_hold(
        &self,
        window: &Window<'_>,
        slots: &Slots,
        time: Option<i64>,
        scratch: &mut Vec<u8>,
    ) -> bool {
        let in_time = time.is_none_or(|time| {
            self.from.is_none_or(|from| time >= from)
                && self.until.is_none_or(|until| time <= until)
        });
        in_time
            && self.tests.iter().all(|(column, matcher)| {
                matcher.may_hold(column_text(window, slots, *column, scratch))
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

/// The literals that a conjunction compares a column with, if all are ASCII.
fn literals(conjunction: &Conjunction, column: Column) -> Option<&Vec<String>> {
    conjunction.tests.iter().find_map(|test| match &test.test {
        Test::In(values) | Test::InIgnoreCase(values)
            if test.column == column && values.iter().all(|value| value.is_ascii()) =>
        {
            Some(values)
        }
        _ => None,
    })
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
