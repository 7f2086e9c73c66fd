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
use crate::read::Detail;
use crate::record::Slots;
use crate::schema::{Column, KqlType};

/// The numbers of conjunctions by literal.
type ByLiteral = HashMap<Vec<u8>, Vec<usize>>;

/// Which columns each record is asked for, where that is not the same for all.
pub(crate) struct Details {
    filter: Filter,
    /// What each conjunction of the filter asks for.
    asked: Vec<Projection>,
    /// What is asked of every record.
    of_all: Projection,
    all: Projection,
}

impl Details {
    pub(crate) fn new(details: &[Detail]) -> Details {
        let mut asked: Vec<(Conjunction, Projection)> = Vec::new();
        let mut of_all = Projection::none();
        for detail in details {
            if detail.prefilter.any_of.is_empty() {
                of_all = of_all.union(detail.projection);
            }
            for conjunction in &detail.prefilter.any_of {
                let conjunction = testable(conjunction);
                if conjunction == Conjunction::default() {
                    of_all = of_all.union(detail.projection);
                    continue;
                }
                match asked.iter_mut().find(|(known, _)| *known == conjunction) {
                    Some((_, columns)) => *columns = columns.union(detail.projection),
                    None => asked.push((conjunction, detail.projection)),
                }
            }
        }
        let (any_of, asked): (Vec<_>, Vec<_>) = asked.into_iter().unzip();
        let projections = details.iter().map(|detail| detail.projection);
        Details {
            filter: Filter::new(&Prefilter { any_of }),
            asked,
            of_all,
            all: projections.fold(Projection::none(), Projection::union),
        }
    }

    /// All columns that any record may be asked for, and those that are looked at to tell.
    pub(crate) fn columns(&self) -> Projection {
        self.all.union(self.filter.columns())
    }

    /// The columns that a record is asked for.
    pub(crate) fn of(
        &mut self,
        window: &Window<'_>,
        slots: &Slots,
        time: Option<i64>,
    ) -> Projection {
        let mut columns = self.of_all;
        let asked = &self.asked;
        self.filter
            .each_candidate(window, slots, |number, ready, scratch| {
                let more = asked[number];
                if !more.without(columns).is_empty() && ready.may_hold(window, slots, time, scratch)
                {
                    columns = columns.union(more);
                }
                false
            });
        columns
    }
}

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
        let mut any_of: Vec<Conjunction> = prefilter.any_of.iter().map(testable).collect();
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
        self.any_of.is_empty()
            || self.each_candidate(window, slots, |_, ready, scratch| {
                ready.may_hold(window, slots, time, scratch)
            })
    }

    /// Hands over the conjunctions that a record's value of the keyed column leaves, each with its number,
    /// until one is taken; whether one was.
    fn each_candidate(
        &mut self,
        window: &Window<'_>,
        slots: &Slots,
        mut takes: impl FnMut(usize, &Ready, &mut Vec<u8>) -> bool,
    ) -> bool {
        let mut candidates: &[usize] = &[];
        if let Some((column, known)) = &self.keyed {
            let text = column_text(window, slots, *column, &mut self.scratch);
            self.folded.clear();
            self.folded.extend(text.iter().map(u8::to_ascii_lowercase));
            if let Some(of_literal) = known.get(&self.folded) {
                candidates = of_literal;
            } else if !text.is_ascii() {
                // Its text may be replaced later; every conjunction is tested.
                return (0..self.any_of.len())
                    .any(|number| takes(number, &self.any_of[number], &mut self.scratch));
            }
        }
        let mut all = self.others.iter().chain(candidates);
        all.any(|number| takes(*number, &self.any_of[*number], &mut self.scratch))
    }
}

/// What of a conjunction can be told from a record's own text; the rest must not rule anything out.
fn testable(conjunction: &Conjunction) -> Conjunction {
    let mut conjunction = conjunction.clone();
    for test in &mut conjunction.tests {
        if test.column == Column::AccessKeyId {
            test.column = Column::UserIdentityAccessKeyId;
        }
    }
    conjunction.tests.retain(|test| is_plain(test.column));
    conjunction
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
