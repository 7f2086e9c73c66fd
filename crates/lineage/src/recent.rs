//! What the last events were like: nearly every event has the caller, the name, the address and the agent of
//! one a moment ago.
//!
//! Inside a batch equal views are equal texts, so that most events are known without looking at a letter. Views
//! mean nothing in the next batch; there the print of a caller, a hash of all that its record says, finds it.

use std::borrow::Cow;

use keyline_trail::address;
use xxhash_rust::xxh3::xxh3_128;

use crate::columns::{CALLER, Columns};
use crate::deed::Caller;
use crate::sighting::KeyMark;
use crate::strings::Text;
use crate::usage::NEVER;

/// Where the calls of a caller are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    Unknown,
    /// The caller has no credential.
    Nothing,
    Sighting(u32),
    Forwarding(u32, KeyMark),
}

#[derive(Clone, Debug)]
struct Known {
    views: [u128; CALLER.len()],
    created: i64,
    flags: u8,
    slot: Slot,
    /// The same as minting and changing events keep it, once one was made.
    caller: Option<Caller>,
}

#[derive(Clone, Debug)]
pub(crate) struct Recent {
    known: Vec<Known>,
    addresses: Vec<(u128, Text)>,
    agents: Vec<(u128, Text)>,
    /// The columns of the caller that differ from row to row in this batch, and the print of all columns.
    varying: Vec<u8>,
    print: [u64; 2 * CALLER.len() + 2],
    /// The place of the last row's caller.
    last: usize,
}

/// How many of each are remembered; a power of two.
const REMEMBERED: usize = 256;
/// A view that no text has: its length would be longer than its buffer.
const NO_VIEW: u128 = u128::MAX;

impl Default for Recent {
    fn default() -> Self {
        let known = Known {
            views: [NO_VIEW; CALLER.len()],
            created: NEVER,
            flags: 0,
            slot: Slot::Unknown,
            caller: None,
        };
        Recent {
            known: vec![known; REMEMBERED],
            addresses: Vec::new(),
            agents: Vec::new(),
            varying: Vec::new(),
            print: [0; 2 * CALLER.len() + 2],
            last: 0,
        }
    }
}

impl Recent {
    /// Forgets the views of the batch before.
    pub(crate) fn begin(&mut self, columns: &Columns<'_>) {
        for known in &mut self.known {
            (known.slot, known.caller) = (Slot::Unknown, None);
        }
        for known in [&mut self.addresses, &mut self.agents] {
            known.clear();
            known.resize(REMEMBERED, (NO_VIEW, Text::EMPTY));
        }
        self.varying.clear();
        for column in 0..CALLER.len() {
            if columns.varies(column) {
                self.varying.push(column as u8);
            } else if columns.len() > 0 {
                self.put(columns, column, 0);
            }
        }
    }

    /// The source that this batch showed under a view.
    #[inline(always)]
    pub(crate) fn address(&self, view: u128) -> Option<Text> {
        let known = self.addresses[place_of(view)];
        (known.0 == view).then_some(known.1)
    }

    pub(crate) fn set_address(&mut self, view: u128, text: Text) {
        self.addresses[place_of(view)] = (view, text);
    }

    /// The agent that this batch showed under a view.
    #[inline(always)]
    pub(crate) fn agent(&self, view: u128) -> Option<Text> {
        let known = self.agents[place_of(view)];
        (known.0 == view).then_some(known.1)
    }

    pub(crate) fn set_agent(&mut self, view: u128, text: Text) {
        self.agents[place_of(view)] = (view, text);
    }

    /// Where a row's caller is counted, as far as this batch has shown.
    #[inline(always)]
    pub(crate) fn caller(&mut self, columns: &Columns<'_>, row: usize, service: bool) -> Slot {
        let created = columns.created(row);
        let flags = columns.flags(row) | u8::from(service) << 7;
        let key = columns.caller_view(0, row) ^ columns.caller_view(1, row).rotate_left(17);
        self.last = place_of(key ^ created as u128);
        let known = &mut self.known[self.last];
        let same = known.created == created
            && known.flags == flags
            && self.varying.iter().all(|column| {
                let column = *column as usize;
                known.views[column] == columns.caller_view(column, row)
            });
        if same {
            return known.slot;
        }
        for column in &self.varying {
            let column = *column as usize;
            known.views[column] = columns.caller_view(column, row);
        }
        (known.created, known.flags) = (created, flags);
        (known.slot, known.caller) = (Slot::Unknown, None);
        Slot::Unknown
    }

    /// Remembers where the last row's caller is counted.
    pub(crate) fn set(&mut self, slot: Slot) {
        self.known[self.last].slot = slot;
    }

    /// The last row's caller as minting and changing events keep it, as far as this batch has shown.
    pub(crate) fn last_caller(&self) -> Option<Caller> {
        self.known[self.last].caller
    }

    pub(crate) fn set_caller(&mut self, caller: Caller) {
        self.known[self.last].caller = Some(caller);
    }

    /// A hash of all that a row says of its caller.
    pub(crate) fn print(&mut self, columns: &Columns<'_>, row: usize, service: bool) -> u128 {
        for at in 0..self.varying.len() {
            self.put(columns, self.varying[at] as usize, row);
        }
        let flags = columns.flags(row) | u8::from(service) << 7;
        self.print[2 * CALLER.len()] = columns.created(row) as u64;
        self.print[2 * CALLER.len() + 1] = u64::from(flags);
        let mut bytes = [0; 8 * (2 * CALLER.len() + 2)];
        for (part, bytes) in self.print.iter().zip(bytes.chunks_exact_mut(8)) {
            bytes.copy_from_slice(&part.to_le_bytes());
        }
        xxh3_128(&bytes)
    }

    fn put(&mut self, columns: &Columns<'_>, column: usize, row: usize) {
        let view = columns.caller_view(column, row);
        // Up to twelve bytes stand in the view itself.
        let part = match view as u32 {
            0..=12 => view,
            _ => xxh3_128(columns.caller_text(column, row).as_bytes()),
        };
        self.print[2 * column] = part as u64;
        self.print[2 * column + 1] = (part >> 64) as u64;
    }
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
