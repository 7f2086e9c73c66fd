//! Who made the calls of one batch, so that each caller is looked at once and its calls are counted together.
//!
//! Inside a batch equal views are equal texts: a hash of a row's views, taken a column at a time, tells callers
//! apart without looking at a letter. Views mean nothing in the next batch; there the print of a caller, a hash of
//! all that its record says, finds it.

use std::borrow::Cow;

use keyline_trail::address;
use xxhash_rust::xxh3::xxh3_128;

use crate::columns::{CALLER, Columns};
use crate::deed::{Caller, number_of_name};
use crate::quick;
use crate::sighting::Flags;
use crate::strings::{Strings, Text};

/// A caller of the batch.
#[derive(Clone, Debug)]
struct Known {
    hash: u64,
    /// The first of its rows.
    row: u32,
    /// Where its rows stand among those in order of callers, and how many they are.
    start: u32,
    rows: u32,
    /// The place of the same caller as minting and changing events keep it, once one was made.
    minter: u32,
}

/// Nobody was made yet.
const NOBODY: u32 = u32::MAX;

#[derive(Clone, Debug, Default)]
pub(crate) struct Recent {
    /// The callers in order of their first rows, and where they are found by their hash: a number too high by one.
    known: Vec<Known>,
    table: Vec<u32>,
    hashes: Vec<u64>,
    caller_of_row: Vec<u32>,
    /// All rows in order of their callers.
    by_caller: Vec<u32>,
    minters: Vec<Caller>,
    /// What the name of each row's event means.
    names: Vec<u16>,
    known_names: Views<u16>,
    services: Views<bool>,
    addresses: Views<Text>,
    agents: Views<(Text, Flags)>,
    /// The columns of the caller that differ from row to row, hashes of their texts by view, and the print of each
    /// caller.
    varying: Vec<u8>,
    texts: Vec<Views<u128>>,
    /// The numbers of the caller's texts by column and view.
    numbers: Vec<Views<Text>>,
    prints: Vec<u128>,
}

/// What was lately found for a view.
#[derive(Clone, Debug)]
struct Views<T>(Vec<(u128, T)>);

/// How many views are remembered; a power of two.
const REMEMBERED: usize = 256;
/// A view that no text has: its length would be longer than its buffer.
pub(crate) const NO_VIEW: u128 = u128::MAX;

impl<T> Default for Views<T> {
    fn default() -> Self {
        Views(Vec::new())
    }
}

impl<T: Copy + Default> Views<T> {
    fn forget(&mut self) {
        self.0.clear();
        self.0.resize(REMEMBERED, (NO_VIEW, T::default()));
    }

    #[inline(always)]
    fn get(&self, view: u128) -> Option<T> {
        let known = self.0[place_of(view)];
        (known.0 == view).then_some(known.1)
    }

    #[inline(always)]
    fn set(&mut self, view: u128, value: T) {
        self.0[place_of(view)] = (view, value);
    }

    #[inline(always)]
    fn get_or(&mut self, view: u128, find: impl FnOnce() -> T) -> T {
        match self.get(view) {
            Some(known) => known,
            None => {
                let value = find();
                self.set(view, value);
                value
            }
        }
    }
}

impl Recent {
    /// Forgets the batch before and sorts the rows of this one by who made them.
    #[inline(never)]
    pub(crate) fn begin(&mut self, columns: &Columns<'_>) {
        self.services.forget();
        self.addresses.forget();
        self.agents.forget();
        self.known_names.forget();
        self.texts.resize_with(CALLER.len(), Views::default);
        self.texts.iter_mut().for_each(Views::forget);
        self.numbers.resize_with(CALLER.len(), Views::default);
        self.numbers.iter_mut().for_each(Views::forget);
        self.names.clear();
        for row in 0..columns.len() {
            let find = || number_of_name(columns, row) as u16;
            let name = self.known_names.get_or(columns.name_view(row), find);
            self.names.push(name);
        }
        self.hash_rows(columns);
        self.tell_apart(columns);
        self.sort_rows();
    }

    #[inline(never)]
    fn hash_rows(&mut self, columns: &Columns<'_>) {
        let start = quick::start() | 1;
        self.hashes.clear();
        for row in 0..columns.len() {
            let find = || columns.is_from_service(row);
            let service = self.services.get_or(columns.address_view(row), find);
            let flags = u128::from(columns.flags(row) | u8::from(service) << 7);
            let view = flags << 64 | u128::from(columns.created(row) as u64);
            self.hashes.push(mix(start, view, start));
        }
        self.varying.clear();
        for column in 0..CALLER.len() {
            if let Some(views) = columns.varying_views(column) {
                self.varying.push(column as u8);
                for (hash, view) in self.hashes.iter_mut().zip(views) {
                    *hash = mix(*hash, *view, start);
                }
            }
        }
    }

    #[inline(never)]
    fn tell_apart(&mut self, columns: &Columns<'_>) {
        self.known.clear();
        self.minters.clear();
        self.caller_of_row.clear();
        self.table.clear();
        self.table
            .resize((2 * columns.len()).next_power_of_two(), 0);
        let mask = self.table.len() - 1;
        for (row, hash) in self.hashes.iter().enumerate() {
            let mut at = *hash as usize & mask;
            let number = loop {
                match self.table[at] {
                    0 => {
                        let number = self.known.len() as u32;
                        self.table[at] = number + 1;
                        self.known.push(Known {
                            hash: *hash,
                            row: row as u32,
                            start: 0,
                            rows: 0,
                            minter: NOBODY,
                        });
                        break number;
                    }
                    next => {
                        let known = &self.known[next as usize - 1];
                        if known.hash == *hash && is_same(columns, known.row as usize, row) {
                            break next - 1;
                        }
                        at = (at + 1) & mask;
                    }
                }
            };
            self.known[number as usize].rows += 1;
            self.caller_of_row.push(number);
        }
    }

    #[inline(never)]
    fn sort_rows(&mut self) {
        let mut start = 0;
        for known in &mut self.known {
            known.start = start;
            start += known.rows;
            known.rows = 0;
        }
        self.by_caller.clear();
        self.by_caller.resize(start as usize, 0);
        for (row, number) in self.caller_of_row.iter().enumerate() {
            let known = &mut self.known[*number as usize];
            self.by_caller[(known.start + known.rows) as usize] = row as u32;
            known.rows += 1;
        }
    }

    /// How many callers the batch has.
    pub(crate) fn callers(&self) -> usize {
        self.known.len()
    }

    /// The rows of a caller; there is one at least.
    pub(crate) fn rows_of(&self, caller: usize) -> std::ops::Range<usize> {
        let known = &self.known[caller];
        known.start as usize..(known.start + known.rows) as usize
    }

    /// The row that stands at a place in order of callers.
    #[inline(always)]
    pub(crate) fn row(&self, at: usize) -> usize {
        self.by_caller[at] as usize
    }

    /// The number of the name of a row's event.
    #[inline(always)]
    pub(crate) fn name(&self, row: usize) -> usize {
        self.names[row].into()
    }

    /// The source that this batch showed under a view.
    pub(crate) fn address(&self, view: u128) -> Option<Text> {
        self.addresses.get(view)
    }

    pub(crate) fn set_address(&mut self, view: u128, text: Text) {
        self.addresses.set(view, text);
    }

    /// The agent that this batch showed under a view, and what it says.
    pub(crate) fn agent(&self, view: u128) -> Option<(Text, Flags)> {
        self.agents.get(view)
    }

    pub(crate) fn set_agent(&mut self, view: u128, agent: (Text, Flags)) {
        self.agents.set(view, agent);
    }

    /// A row's caller as minting and changing events keep it, as far as this batch has shown.
    pub(crate) fn minter(&self, row: usize) -> Option<Caller> {
        let known = &self.known[self.caller_of_row[row] as usize];
        self.minters.get(known.minter as usize).copied()
    }

    pub(crate) fn set_minter(&mut self, row: usize, caller: Caller) {
        let known = &mut self.known[self.caller_of_row[row] as usize];
        known.minter = self.minters.len() as u32;
        self.minters.push(caller);
    }

    /// The number of the text of a column of [`CALLER`], which is kept from now on.
    pub(crate) fn intern(
        &mut self,
        columns: &Columns<'_>,
        column: usize,
        row: usize,
        strings: &mut Strings,
    ) -> Text {
        match columns.caller_view(column, row) {
            0 => Text::EMPTY,
            view => self.numbers[column]
                .get_or(view, || strings.intern(columns.caller_text(column, row))),
        }
    }

    /// Hashes of all that callers of the batch say of themselves, in their order: equal in another batch if and only if
    /// they say the same there. A column at a time, so that what lies together is read together. A print is a sum with
    /// an addend a column, so that what all rows of a batch have in common is hashed once.
    #[inline(never)]
    pub(crate) fn take_prints(&mut self, columns: &Columns<'_>, callers: &[u32]) -> &[u128] {
        let Recent {
            known,
            prints,
            texts,
            varying,
            ..
        } = self;
        let row_of = |caller: &u32| known[*caller as usize].row as usize;
        // What has no column of text: the flags, and the second of the session.
        let others = Addends::of(CALLER.len());
        prints.clear();
        prints.extend(callers.iter().map(row_of).map(|row| {
            let service = columns.is_from_service(row);
            let flags = u64::from(columns.flags(row) | u8::from(service) << 7);
            let created = columns.created(row) as u64;
            others.of_part(u128::from(created) << 64 | u128::from(flags))
        }));
        let mut in_common = 0_u128;
        let mut varying = varying.iter().copied().peekable();
        for (column, texts) in texts.iter_mut().enumerate() {
            let addends = Addends::of(column);
            let mut part_of = |row: usize| match columns.caller_view(column, row) {
                0 => 0,
                // Up to twelve bytes stand in the view itself.
                view if view as u32 <= 12 => addends.of_part(view),
                view => texts.get_or(view, || {
                    addends.of_part(xxh3_128(columns.caller_text(column, row).as_bytes()))
                }),
            };
            let is_varying = |next: &u8| usize::from(*next) == column;
            if varying.next_if(is_varying).is_some() {
                for (print, caller) in prints.iter_mut().zip(callers) {
                    *print = print.wrapping_add(part_of(row_of(caller)));
                }
            } else if let Some(first) = callers.first() {
                in_common = in_common.wrapping_add(part_of(row_of(first)));
            }
        }
        for print in prints.iter_mut() {
            *print = print.wrapping_add(in_common);
        }
        prints
    }
}

/// What a column adds to the prints of callers: one thing for one text, and another in another column and process.
struct Addends(u64, u64);

impl Addends {
    fn of(column: usize) -> Addends {
        let start = quick::start();
        let turned = mix(start, (column as u128 + 1) << 64 | 1, start | 1);
        Addends(start ^ turned, turned.rotate_left(32) | 1)
    }

    #[inline(always)]
    fn of_part(&self, part: u128) -> u128 {
        let low = mix(self.0, part, self.1);
        let high = mix(self.1, part.rotate_left(64), self.0);
        u128::from(high) << 64 | u128::from(low)
    }
}

/// Whether two rows with one hash have what tells nearly all callers apart in common: their key, their principal and
/// the second of their session.
#[inline(always)]
fn is_same(columns: &Columns<'_>, one: usize, other: usize) -> bool {
    columns.caller_view(0, one) == columns.caller_view(0, other)
        && columns.caller_view(1, one) == columns.caller_view(1, other)
        && columns.created(one) == columns.created(other)
}

/// Takes a view into a hash.
#[inline(always)]
fn mix(hash: u64, view: u128, start: u64) -> u64 {
    let (low, high) = (view as u64, (view >> 64) as u64);
    let product = u128::from(hash ^ low) * u128::from(high ^ start);
    product as u64 ^ (product >> 64) as u64
}

/// The one spelling of a source.
pub(crate) fn spelling(text: &str) -> Cow<'_, str> {
    // Where no colon is, an address is as it should be or is none.
    if !text.contains(':') {
        return text.into();
    }
    let canonical = address::canonical(text);
    match canonical.is_empty() {
        true => text.into(),
        false => canonical.into(),
    }
}

#[inline(always)]
fn place_of(view: u128) -> usize {
    let folded = view as u64 ^ (view >> 64) as u64;
    (folded.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as usize % REMEMBERED
}
