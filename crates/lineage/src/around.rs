//! By what the events of some credentials are known: which rows to read of a large set that is not read whole.
//!
//! Names go in, as the hashes of their texts; for the rows of a batch comes out which of them show one of these. A row
//! too many costs time, a row too few would be a mistake: where in doubt, a row is wanted. Which credentials those
//! are is found out in `build/reach.rs`.

use std::collections::HashSet;

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{Array, RecordBatch, StringViewArray};
use keyline_trail::session::{CredentialHash, credential_hash};
use keyline_trail::{Column, Projection};
use xxhash_rust::xxh3::xxh3_64;

use crate::build::SECOND;
use crate::build::attributes::last_part;
use crate::sighting::is_key;

/// Names of some credentials.
#[derive(Clone, Debug, Default)]
pub struct Around {
    pub(crate) keys: Names,
    pub(crate) principals: Names,
    /// Bearer tokens and sign-in sessions.
    pub(crate) bearers: Names,
    /// People of Identity Center.
    pub(crate) people: Names,
    /// Names of users, for what is linked to all keys of one.
    pub(crate) users: Names,
    pub(crate) arns: Names,
    /// Names of sessions whose minting does not say the id of their principal.
    pub(crate) sessions: Names,
    /// Seconds since 1970 in which something was minted that may be one of the credentials.
    pub(crate) seconds: HashSet<i64>,
    /// Seconds in which the access portal handed a session out, which is known by its creation alone.
    pub(crate) created: HashSet<i64>,
    /// A credential of which nothing but the id is known.
    pub(crate) id: Option<(String, CredentialHash)>,
}

/// Hashes of texts, nearly all of which are ruled out by one bit.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    bits: Vec<u64>,
    hashes: HashSet<u64>,
}

/// Bits by which hashes are ruled out: they stay in the nearest cache.
const BITS: usize = 1 << 16;
/// Views of a batch that are remembered; a power of two.
const REMEMBERED: usize = 1024;
/// A view that no text has: its length would be longer than its buffer.
const NO_VIEW: u128 = u128::MAX;

impl Names {
    /// Adds a name, and says whether it is new. The empty text is none.
    pub(crate) fn add(&mut self, text: &str) -> bool {
        !text.is_empty() && self.add_hash(xxh3_64(text.as_bytes()))
    }

    pub(crate) fn add_hash(&mut self, hash: u64) -> bool {
        if self.bits.is_empty() {
            self.bits = vec![0; BITS / 64];
        }
        let bit = hash as usize % BITS;
        self.bits[bit / 64] |= 1 << (bit % 64);
        self.hashes.insert(hash)
    }

    #[inline(always)]
    pub(crate) fn has(&self, hash: u64) -> bool {
        let bit = hash as usize % BITS;
        let may_be = self.bits.get(bit / 64).copied().unwrap_or_default();
        may_be >> (bit % 64) & 1 == 1 && self.hashes.contains(&hash)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    fn holds(&self, other: &Names) -> bool {
        self.hashes.is_superset(&other.hashes)
    }

    /// Those that are not among others.
    fn beyond(&self, others: &Names) -> Names {
        let mut names = Names::default();
        for hash in self.hashes.difference(&others.hashes) {
            names.add_hash(*hash);
        }
        names
    }

    fn extend(&mut self, other: &Names) {
        for hash in &other.hashes {
            self.add_hash(*hash);
        }
    }
}

impl Around {
    /// Whatever is named by the id of a key or of a credential; nothing for other text.
    pub(crate) fn of(text: &str) -> Option<Around> {
        let mut around = Around::default();
        match CredentialHash::of_id(text) {
            Some(hash) => around.id = Some((hash.to_string(), hash)),
            None if is_key(text) => {
                around.keys.add(text);
            }
            None => return None,
        }
        Some(around)
    }

    /// Whether the other names are all among these.
    pub(crate) fn holds(&self, other: &Around) -> bool {
        let Around {
            seconds, created, ..
        } = other;
        self.names()
            .into_iter()
            .zip(other.names())
            .all(|(these, others)| these.holds(others))
            && self.seconds.is_superset(seconds)
            && self.created.is_superset(created)
    }

    /// What is not among others: rows that show those were read.
    pub(crate) fn beyond(&self, others: &Around) -> Around {
        let [keys, principals, bearers, people, users, arns, sessions] = self.names();
        let created = self.created.difference(&others.created);
        Around {
            keys: keys.beyond(&others.keys),
            principals: principals.beyond(&others.principals),
            bearers: bearers.beyond(&others.bearers),
            people: people.beyond(&others.people),
            users: users.beyond(&others.users),
            arns: arns.beyond(&others.arns),
            sessions: sessions.beyond(&others.sessions),
            seconds: HashSet::new(),
            created: created.copied().collect(),
            id: self.id.clone().filter(|_| others.id.is_none()),
        }
    }

    pub(crate) fn extend(&mut self, other: &Around) {
        let these = [
            &mut self.keys,
            &mut self.principals,
            &mut self.bearers,
            &mut self.people,
            &mut self.users,
            &mut self.arns,
            &mut self.sessions,
        ];
        for (these, others) in these.into_iter().zip(other.names()) {
            these.extend(others);
        }
        self.seconds.extend(&other.seconds);
        self.created.extend(&other.created);
    }

    fn names(&self) -> [&Names; 7] {
        [
            &self.keys,
            &self.principals,
            &self.bearers,
            &self.people,
            &self.users,
            &self.arns,
            &self.sessions,
        ]
    }

    /// The columns by which rows are picked, each with the names that are looked for in it.
    fn looks(&self) -> Vec<(Column, Look<'_>)> {
        let mut looks = vec![
            (Column::UserIdentityAccessKeyId, Look::Name(&self.keys)),
            (
                Column::UserIdentityPrincipalid,
                Look::Name(&self.principals),
            ),
            (Column::SignInSessionArn, Look::Name(&self.bearers)),
            (Column::UserIdentityCredentialId, Look::Name(&self.bearers)),
            (Column::UserIdentityUserId, Look::Name(&self.people)),
            (Column::UserIdentityUserName, Look::Name(&self.users)),
            (Column::SessionIssuerArn, Look::LastPart(&self.users)),
            (Column::UserIdentityArn, Look::Name(&self.arns)),
            (
                Column::UserIdentityPrincipalid,
                Look::Session(&self.sessions),
            ),
        ];
        looks.retain(|(_, look)| match look {
            Look::Name(names) | Look::LastPart(names) | Look::Session(names) => !names.is_empty(),
            Look::Id(..) | Look::HashIs(_) => true,
        });
        if let Some((id, hash)) = &self.id {
            looks.push((Column::SessionKey, Look::Id(id)));
            looks.push((Column::UserIdentityAccessKeyId, Look::HashIs(hash)));
        }
        looks
    }

    /// The columns that [`Around::mark`] looks at.
    pub fn columns(&self) -> Projection {
        let looks = self.looks().into_iter();
        let columns = looks.fold(Projection::none(), |set, (column, _)| set.with(column));
        match self.created.is_empty() {
            true => columns,
            false => columns.with(Column::SessionCreationDate),
        }
    }

    /// Marks the rows that show one of the names.
    pub fn mark(&self, rows: &RecordBatch, marks: &mut [bool]) {
        let mut known = Vec::new();
        for (column, look) in self.looks() {
            let values = rows.column_by_name(column.name());
            if let Some(values) = values.and_then(|values| values.as_string_view_opt()) {
                known.clear();
                known.resize(REMEMBERED, (NO_VIEW, false));
                mark(values, &look, &mut known, marks);
            }
        }
        let created = rows.column_by_name(Column::SessionCreationDate.name());
        let created = created.filter(|_| !self.created.is_empty());
        if let Some(created) =
            created.and_then(|created| created.as_primitive_opt::<TimestampMicrosecondType>())
        {
            for (mark, created) in marks.iter_mut().zip(created) {
                let second = created.map(|created| created.div_euclid(SECOND));
                *mark |= second.is_some_and(|second| self.created.contains(&second));
            }
        }
    }
}

/// How the texts of a column are compared.
enum Look<'a> {
    Name(&'a Names),
    /// The last part of an ARN is a name.
    LastPart(&'a Names),
    /// What stands behind the id of a role is the name of its session.
    Session(&'a Names),
    Id(&'a str),
    HashIs(&'a CredentialHash),
}

impl Look<'_> {
    fn fits(&self, text: &str) -> bool {
        match self {
            Look::Name(names) => names.has(xxh3_64(text.as_bytes())),
            Look::LastPart(names) => names.has(xxh3_64(last_part(text).as_bytes())),
            Look::Session(names) => {
                let name = text.split_once(':').map_or("", |(_, name)| name);
                names.has(xxh3_64(name.as_bytes()))
            }
            Look::Id(id) => text == *id,
            Look::HashIs(hash) => credential_hash(text) == **hash,
        }
    }
}

/// Equal views of a batch are equal texts: most rows are known without looking at a letter.
fn mark(values: &StringViewArray, look: &Look<'_>, known: &mut [(u128, bool)], marks: &mut [bool]) {
    let rows = values.views().iter().zip(marks).enumerate();
    for (row, (view, mark)) in rows {
        if *mark || *view as u32 == 0 || values.is_null(row) {
            continue;
        }
        let folded = *view as u64 ^ (*view >> 64) as u64;
        let place = (folded.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 48) as usize % REMEMBERED;
        let slot = &mut known[place];
        if slot.0 != *view {
            *slot = (*view, look.fits(values.value(row)));
        }
        *mark = slot.1;
    }
}
