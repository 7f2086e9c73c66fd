//! Which needs want which rows of a batch.
//!
//! In: the prefilters of needs, and batches of event rows. Out: a number for each row, which stands for a
//! set of needs; 0 is none. A set may hold too many needs and never too few: times, and columns that a
//! batch does not have, are not tested. How many rows each set got is counted on the way.

use std::collections::HashMap;
use std::sync::Mutex;

use arrow_array::cast::AsArray;
use arrow_array::{RecordBatch, StringViewArray};
use keyline_trail::{Column, Matcher, Prefilter, Test};

use crate::limits;

#[derive(Debug)]
pub(crate) struct Membership {
    needs: usize,
    /// What wants rows: any of these, each for one need, with the tests that must all hold.
    wishes: Vec<Wish>,
    /// The wishes for events of one name, and the others.
    by_name: HashMap<String, Vec<usize>>,
    others: Vec<usize>,
    sets: Mutex<Sets>,
}

#[derive(Debug)]
struct Wish {
    need: usize,
    tests: Vec<(Column, Matcher)>,
}

/// A set of needs, a bit each.
type Set = Vec<u64>;

#[derive(Debug, Default)]
struct Sets {
    /// The number of each set that was met.
    numbers: HashMap<Set, u32>,
    /// The set of each number and how many rows it got; the first is the empty set.
    known: Vec<(Set, u64)>,
}

impl Membership {
    pub(crate) fn new<'a>(prefilters: impl Iterator<Item = &'a Prefilter>) -> Membership {
        let mut membership = Membership {
            needs: 0,
            wishes: Vec::new(),
            by_name: HashMap::new(),
            others: Vec::new(),
            sets: Mutex::default(),
        };
        for (need, prefilter) in prefilters.enumerate() {
            membership.needs = need + 1;
            for conjunction in &prefilter.any_of {
                let number = membership.wishes.len();
                let tests = conjunction.tests.iter();
                let name = tests.clone().find_map(|test| match &test.test {
                    Test::In(values) if test.column == Column::EventName => Some(values),
                    _ => None,
                });
                match name {
                    None => membership.others.push(number),
                    Some(names) => {
                        for name in names {
                            let of_name = membership.by_name.entry(name.clone()).or_default();
                            if of_name.last() != Some(&number) {
                                of_name.push(number);
                            }
                        }
                    }
                }
                membership.wishes.push(Wish {
                    need,
                    tests: tests
                        .map(|test| (test.column, Matcher::new(&test.test)))
                        .collect(),
                });
            }
        }
        membership
    }

    /// The number of the set of needs that want each row.
    pub(crate) fn numbers(&self, batch: &RecordBatch) -> Vec<u32> {
        let texts: HashMap<Column, &StringViewArray> = self
            .wishes
            .iter()
            .flat_map(|wish| &wish.tests)
            .filter_map(|(column, _)| {
                let values = batch.column_by_name(column.name())?.as_string_view_opt()?;
                Some((*column, values))
            })
            .collect();
        let tests: Vec<Vec<(&StringViewArray, &Matcher)>> = self
            .wishes
            .iter()
            .map(|wish| {
                let tests = wish.tests.iter();
                tests
                    .filter_map(|(column, matcher)| Some((*texts.get(column)?, matcher)))
                    .collect()
            })
            .collect();
        let holds = |wish: usize, row: usize| {
            let mut tests = tests[wish].iter();
            tests.all(|(values, matcher)| matcher.may_hold(values.value(row).as_bytes()))
        };
        let names = texts.get(&Column::EventName);
        // Numbered within the batch first, so that threads seldom meet.
        let mut own = Sets::default();
        own.begin(self.needs);
        let mut set: Set = vec![0; self.needs.div_ceil(64)];
        let mut numbers: Vec<u32> = (0..batch.num_rows())
            .map(|row| {
                set.fill(0);
                let of_name = names.and_then(|names| self.by_name.get(names.value(row)));
                for wish in self.others.iter().chain(of_name.into_iter().flatten()) {
                    let need = self.wishes[*wish].need;
                    let bit = 1 << (need % 64);
                    if set[need / 64] & bit == 0 && holds(*wish, row) {
                        set[need / 64] |= bit;
                    }
                }
                own.number(&set, 1)
            })
            .collect();
        let mut sets = self.sets.lock().expect("no holder of the lock panics");
        sets.begin(self.needs);
        let known = own.known.iter();
        let global: Vec<u32> = known.map(|(set, rows)| sets.number(set, *rows)).collect();
        for number in &mut numbers {
            *number = global[*number as usize];
        }
        numbers
    }

    /// Whether any need wants each row.
    pub(crate) fn kept(&self, batch: &RecordBatch) -> Vec<bool> {
        let numbers = self.numbers(batch);
        numbers.into_iter().map(|number| number != 0).collect()
    }

    /// For the number of each set, whether a need is in it.
    pub(crate) fn sets_with(&self, need: usize) -> Vec<bool> {
        let sets = self.sets.lock().expect("no holder of the lock panics");
        let has = |(set, _): &(Set, u64)| set[need / 64] >> (need % 64) & 1 == 1;
        sets.known.iter().map(has).collect()
    }

    /// How many rows a need has got.
    pub(crate) fn count(&self, need: usize) -> u64 {
        let sets = self.sets.lock().expect("no holder of the lock panics");
        let has = |set: &Set| set[need / 64] >> (need % 64) & 1 == 1;
        let counts = sets.known.iter().filter(|(set, _)| has(set));
        counts.map(|(_, count)| count).sum()
    }

    /// The rows that were counted are thrown away.
    pub(crate) fn forget_counts(&self) {
        let mut sets = self.sets.lock().expect("no holder of the lock panics");
        sets.known.iter_mut().for_each(|(_, count)| *count = 0);
    }
}

impl Sets {
    fn begin(&mut self, needs: usize) {
        if self.known.is_empty() {
            let none = vec![0; needs.div_ceil(64)];
            self.numbers.insert(none.clone(), 0);
            self.known.push((none, 0));
        }
    }

    /// The number of a set that so many more rows have.
    fn number(&mut self, set: &Set, rows: u64) -> u32 {
        let number = match self.numbers.get(set) {
            Some(number) => *number,
            None if self.known.len() < limits::CUT_SETS_MAX => self.add(set.clone()),
            // Everybody looks at it.
            None => {
                let all = vec![u64::MAX; set.len()];
                let known = self.numbers.get(&all).copied();
                known.unwrap_or_else(|| self.add(all))
            }
        };
        self.known[number as usize].1 += rows;
        number
    }

    fn add(&mut self, set: Set) -> u32 {
        let number = self.known.len() as u32;
        self.numbers.insert(set.clone(), number);
        self.known.push((set, 0));
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::ArrayRef;
    use keyline_trail::{ColumnTest, Conjunction};
    use std::sync::Arc;

    fn batch(names: &[&str]) -> RecordBatch {
        let names: ArrayRef = Arc::new(StringViewArray::from_iter_values(names));
        RecordBatch::try_from_iter([("EventName", names)]).unwrap()
    }

    fn prefilter(tests: &[(Column, Test)]) -> Prefilter {
        let tests = tests.iter().map(|(column, test)| ColumnTest {
            column: *column,
            test: test.clone(),
        });
        Prefilter {
            any_of: vec![Conjunction {
                tests: tests.collect(),
                ..Conjunction::default()
            }],
        }
    }

    /// The texts that each prefilter keeps.
    #[track_caller]
    fn check(prefilters: &[Prefilter], names: &[&str], expected: &[&[&str]]) {
        let membership = Membership::new(prefilters.iter());
        let numbers = membership.numbers(&batch(names));
        for (need, expected) in expected.iter().enumerate() {
            let wanted = membership.sets_with(need);
            let kept: Vec<&str> = names
                .iter()
                .zip(&numbers)
                .filter(|(_, number)| wanted[**number as usize])
                .map(|(name, _)| *name)
                .collect();
            assert_eq!(kept, *expected);
            assert_eq!(membership.count(need), expected.len() as u64);
        }
    }

    #[test]
    fn rows_are_wanted_by_their_text() {
        let name = Column::EventName;
        let one_of = |values: &[&str]| values.iter().map(|v| v.to_string()).collect();
        check(
            &[
                prefilter(&[(name, Test::In(one_of(&["A", "A"])))]),
                prefilter(&[(name, Test::InIgnoreCase(one_of(&["A"])))]),
                prefilter(&[(name, Test::NotEmpty)]),
                prefilter(&[(Column::EventSource, Test::NotEmpty)]),
                prefilter(&[(name, Test::In(one_of(&["Z"])))]),
            ],
            &["A", "a", "", "\u{212a}", "A"],
            &[
                &["A", "A"],
                &["A", "a", "\u{212a}", "A"],
                &["A", "a", "\u{212a}", "A"],
                &["A", "a", "", "\u{212a}", "A"],
                &[],
            ],
        );
    }

    #[test]
    fn many_needs() {
        let needs: Vec<Prefilter> = (0..130)
            .map(|n| prefilter(&[(Column::EventName, Test::In(vec![(n % 100).to_string()]))]))
            .collect();
        let membership = Membership::new(needs.iter());
        let numbers = membership.numbers(&batch(&["7", "107", "7"]));
        assert_eq!(numbers, [1, 0, 1]);
        for need in [7, 107] {
            assert_eq!(membership.count(need), 2);
        }
        assert_eq!(membership.count(8), 0);
    }
}
