//! The minting and changing events of some logs in outline: enough to know which of them bear on one tree.
//!
//! Rows of a few columns go in. Of the mintings that make up nearly all of them (STS, with an answer that names the
//! key) it is kept who called, what was minted and where the row stands, as hashes; of all others only where they
//! stand, for these are few and are read whole. Beside that, what is true of all data is noted: its first and last
//! event, whose trails it holds, where anything was minted. Why a parent is unknown is judged by it.

use std::collections::BTreeSet;

use arrow_array::{BooleanArray, RecordBatch};
use keyline_trail::session::{CredentialHash, credential_hash};
use keyline_trail::{Column, Projection};

use crate::around::{Around, Names};
use crate::build::SECOND;
use crate::columns::{Columns, RECIPIENT};
use crate::deed::{NAMES, number_of_name};
use crate::limits::{CLOCKS_S, OUTLINE_PASSES};
use crate::minted::{self, Told, hash};
use crate::usage::NEVER;

/// Where a row stands: the number of its part of the logs, and its number in that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub part: u32,
    pub row: u32,
}

/// The minting and changing events of some logs, and what is true of all events.
#[derive(Clone, Debug, Default)]
pub struct Outline {
    mints: Vec<Outlined>,
    others: Vec<Place>,
    pub(crate) first_event: Option<i64>,
    pub(crate) last_event: Option<i64>,
    pub(crate) recipients: BTreeSet<String>,
    /// Accounts whose trails have a minting of STS.
    pub(crate) minting: BTreeSet<String>,
    horizon: Option<i64>,
    wanted: Option<CredentialHash>,
    /// Minted keys whose credential has the wanted id.
    found: Vec<u64>,
}

/// A minting event. A hash of no text is 0.
#[derive(Clone, Copy, Debug)]
struct Outlined {
    key: u64,
    principal: u64,
    minted_key: u64,
    /// 0 where the event does not say.
    minted_principal: u64,
    second: i64,
    place: Place,
}

impl Outline {
    /// An empty one. Events later than the horizon (microseconds since 1970) do not set the last event's time.
    pub fn new(horizon: Option<i64>) -> Outline {
        Outline {
            horizon,
            ..Outline::default()
        }
    }

    /// From now on keys are noted whose credential has the id that is looked for, if it is an id.
    pub(crate) fn looking_for(mut self, around: &Around) -> Outline {
        self.wanted = around.id.as_ref().map(|(_, hash)| *hash);
        self
    }

    /// Which rows of a batch mint or change something.
    pub fn deeds(rows: &RecordBatch) -> BooleanArray {
        let columns = Columns::new(rows);
        let is_deed = |row: usize| {
            let named = &NAMES.1[number_of_name(&columns, row)];
            let means = !named.mints.is_empty() || !named.controls.is_empty();
            means && !columns.failed(row)
        };
        (0..columns.len()).map(|row| Some(is_deed(row))).collect()
    }

    /// The columns that are looked at.
    pub fn columns() -> Projection {
        Outline::columns_beside_minted().with(Column::ResponseElements)
    }

    /// Those that are looked at beside the columns [`MINTED`](crate::MINTED), where they are at hand and
    /// [they will do](Self::minted_will_do).
    pub fn columns_beside_minted() -> Projection {
        Outline::columns_of_all().union(Projection::of(&[
            Column::EventName,
            Column::EventSource,
            Column::ErrorCode,
            Column::UserIdentityAccessKeyId,
            Column::UserIdentityPrincipalid,
            Column::UserIdentityAccountId,
        ]))
    }

    /// Whether hashes of what was minted are enough: the id of a credential is another hash of its key.
    pub fn minted_will_do(&self) -> bool {
        self.wanted.is_none()
    }

    /// Those that are looked at where it is known that no event mints or changes anything.
    pub fn columns_of_all() -> Projection {
        Projection::of(&[Column::TimeGenerated, Column::RecipientAccountId])
    }

    /// Takes in the rows of a part of the logs, in order, from a number on. `within` says which rows count.
    pub fn observe(&mut self, rows: &RecordBatch, from: Place, within: impl Fn(i64) -> bool) {
        let columns = Columns::new(rows);
        let told = Told::of(rows).filter(|_| self.wanted.is_none());
        let names = &NAMES.1;
        let mut last_recipient = None;
        for row in 0..columns.len() {
            let time = columns.time(row);
            if !within(time) {
                continue;
            }
            self.saw(time);
            let view = columns.caller_view(RECIPIENT, row);
            if last_recipient != Some(view) {
                last_recipient = Some(view);
                self.delivered_to(columns.caller_text(RECIPIENT, row));
            }
            let name = number_of_name(&columns, row);
            let named = &names[name];
            if (named.mints.is_empty() && named.controls.is_empty()) || columns.failed(row) {
                continue;
            }
            let place = Place {
                row: from.row + row as u32,
                ..from
            };
            match self.outlined(&columns, told.as_ref(), row, place) {
                Some(outlined) => self.mints.push(outlined),
                None => self.others.push(place),
            }
        }
    }

    /// Notes that there is an event of some time.
    pub fn saw(&mut self, time: i64) {
        if time != NEVER && self.horizon.is_none_or(|horizon| time <= horizon) {
            self.first_event = Some(self.first_event.map_or(time, |first| first.min(time)));
            self.last_event = Some(self.last_event.map_or(time, |last| last.max(time)));
        }
    }

    /// Notes that there is an event of an account's trail. The empty text is none.
    pub fn delivered_to(&mut self, recipient: &str) {
        if !recipient.is_empty() && !self.recipients.contains(recipient) {
            self.recipients.insert(recipient.to_owned());
        }
    }

    fn outlined(
        &mut self,
        columns: &Columns<'_>,
        told: Option<&Told<'_>>,
        row: usize,
        place: Place,
    ) -> Option<Outlined> {
        let time = columns.time(row);
        if time == NEVER || !minted::is_plain(columns, row) {
            return None;
        }
        let minted = match told {
            Some(told) => told.minted(row)?,
            None => minted::of_answer(columns, row)?,
        };
        let is_wanted = |wanted: CredentialHash| credential_hash(&minted.key_id) == wanted;
        if self.wanted.is_some_and(is_wanted) {
            self.found.push(minted.key);
        }
        let account = match columns.caller_text(RECIPIENT, row) {
            "" => columns.caller_text(2, row),
            recipient => recipient,
        };
        if !self.minting.contains(account) {
            self.minting.insert(account.to_owned());
        }
        Some(Outlined {
            key: hash(columns.caller_text(0, row)),
            principal: hash(columns.caller_text(1, row)),
            minted_key: minted.key,
            minted_principal: minted.principal,
            second: time.div_euclid(SECOND),
            place,
        })
    }

    /// The outline of both.
    pub fn merge(mut self, other: Outline) -> Outline {
        self.mints.extend(other.mints);
        self.others.extend(other.others);
        for time in other.first_event.into_iter().chain(other.last_event) {
            self.saw(time);
        }
        self.recipients.extend(other.recipients);
        self.minting.extend(other.minting);
        self.found.extend(other.found);
        self
    }

    /// Where all minting and changing events stand.
    pub fn places(&self) -> impl Iterator<Item = Place> {
        let mints = self.mints.iter().map(|mint| mint.place);
        mints.chain(self.others.iter().copied())
    }

    /// Adds what is found without building anything: the keys that have the wanted id, what `tree` minted and what
    /// that minted, and so on; and what these and all others came from. It need not be complete.
    pub(crate) fn expand(&self, around: &mut Around, mut tree: Names) {
        for key in &self.found {
            around.keys.add_hash(*key);
            tree.add_hash(*key);
        }
        for _ in 0..OUTLINE_PASSES {
            let mut more = false;
            for mint in &self.mints {
                if mint.key != 0 && tree.has(mint.key) {
                    more |= tree.add_hash(mint.minted_key);
                }
                if around.keys.has(mint.minted_key)
                    || mint.minted_principal != 0 && around.principals.has(mint.minted_principal)
                    || tree.has(mint.minted_key)
                {
                    more |= around.keys.add_hash(mint.minted_key);
                    for principal in [mint.principal, mint.minted_principal] {
                        more |= principal != 0 && around.principals.add_hash(principal);
                    }
                    more |= mint.key != 0 && around.keys.add_hash(mint.key);
                }
            }
            if !more {
                break;
            }
        }
    }

    /// Where the minting events stand whose credentials bear one of the names, or may be one of those meant.
    pub(crate) fn minted(&self, around: &Around) -> Vec<Place> {
        let near = |second: i64| {
            let slack = CLOCKS_S + 1;
            (second - slack..=second + slack).any(|second| around.seconds.contains(&second))
        };
        let mints = self.mints.iter().filter(|mint| {
            around.keys.has(mint.minted_key)
                || mint.minted_principal != 0 && around.principals.has(mint.minted_principal)
                || !around.seconds.is_empty() && near(mint.second)
        });
        mints.map(|mint| mint.place).collect()
    }

    /// Where all events stand that mint or change something and are no plain minting.
    pub(crate) fn others(&self) -> &[Place] {
        &self.others
    }
}
