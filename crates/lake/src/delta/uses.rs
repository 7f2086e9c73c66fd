//! Uses that stay: `CredentialUse`, what each credential did in each hour, as a table of the lake.
//!
//! In: the forest of all events up to a version of their table. Out: rows by day, with the version as a mark, as the
//! other tables of lineage have it. Only those days are counted anew whose rows can have changed: such that got events,
//! and such in which a key belongs to another credential, or its credential to another tree, than when they were counted.
//! To know the latter, a note beside the tables says of each key what it belonged to, as two hashes.
//! Days whose events were let go keep their rows.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};
use futures::StreamExt;
use keyline_lineage::{Forest, Production};
use keyline_trail::Coverage;
use xxhash_rust::xxh3::xxh3_64;

use super::Lake;
use super::day::Day;
use super::derived::marks;
use super::spec::{TableSpec, derived_columns};
use super::store::run;
use super::table::{Change, Committed, Table, TableFile};
use crate::error::Error;
use crate::lineage::{Lineage, TABLE_USE, Uses, names_of_events};
use crate::logs::{LogOptions, Logs};

/// What the keys belonged to when the uses were counted.
const NOTE: &str = "uses";
const NOTE_SCHEMA: &[u8; 8] = b"kl-use/1";

impl Lake {
    /// Keeps the uses of credentials up to a version of the events. Blocks.
    pub fn keep_uses(
        &self,
        forest: &Arc<Forest>,
        production: &Production,
        version: u64,
        options: &LogOptions,
    ) -> Result<(), Error> {
        let Some(all) = self.added_until(version)? else {
            return Ok(());
        };
        let mut days: BTreeMap<Option<Day>, Vec<TableFile>> = BTreeMap::new();
        for file in all.files() {
            days.entry(file.day).or_default().push(file.clone());
        }
        let nothing = Logs::of(
            Vec::new(),
            HashMap::new(),
            None,
            Coverage::default(),
            options.clone(),
        )?;
        let lineage = Lineage::known(&nothing, production.clone(), forest.clone());
        let uses = lineage.uses();
        let spec = TableSpec::by_day(TABLE_USE, derived_columns(&uses.columns()?));
        let mut table = Table::open_or_make(self.store(), spec)?;
        let names = Names::of(forest);
        // Without a memory of the last time all days are counted.
        if let Some((then, known)) = self.uses_before(&table)?
            && let Some(added) = self.days_added(then, version)?
            && let Some(changed) = names.changed(&known)
        {
            days.retain(|day, _| added.contains(day) || changed.holds(*day));
        }
        let there = table.files()?.into_iter();
        let remove = there.filter(|file| days.contains_key(&file.day)).collect();
        let mut add = Vec::new();
        for (day, files) in &days {
            let logs = self.logs_of_files(files, options.clone())?;
            add.extend(count(&table, *day, &logs, &uses, options)?);
        }
        let change = Change {
            add,
            remove,
            also: marks(version, production),
            ..Change::default()
        };
        // Where another one was quicker its rows are as good.
        if table.commit(change)? == Committed::Done {
            self.keep_note(NOTE, names.bytes(version))?;
        }
        Ok(())
    }

    /// The version that was counted the last time, and what the keys belonged to then.
    fn uses_before(&self, table: &Table) -> Result<Option<(u64, Names)>, Error> {
        let counted = table.mark(super::derived::APPLICATION)?;
        let note = self.note(NOTE)?.and_then(|bytes| Names::read(&bytes));
        Ok(note.filter(|(version, _)| i64::try_from(*version).ok() == counted))
    }

    /// The days that got events between two versions; nothing where that cannot be told.
    fn days_added(&self, after: u64, until: u64) -> Result<Option<BTreeSet<Option<Day>>>, Error> {
        let Some(events) = Table::open(self.store(), super::spec::events())? else {
            return Ok(None);
        };
        let added = match after <= until {
            true => events.added_between(after, until)?,
            false => None,
        };
        Ok(added.map(|files| files.iter().map(|file| file.day).collect()))
    }
}

/// The uses in the events of a day, as a file; none where no event has a credential.
fn count(
    table: &Table,
    day: Option<Day>,
    logs: &Logs,
    uses: &Uses,
    options: &LogOptions,
) -> Result<Option<TableFile>, Error> {
    let counted = uses.of(&logs.table()?)?;
    let memory = usize::try_from(options.memory_bytes).unwrap_or(usize::MAX);
    let runtime = RuntimeEnvBuilder::new().with_memory_limit(memory, 1.0);
    let config = SessionConfig::new().with_target_partitions(options.threads.max(1));
    let context = SessionContext::new_with_config_rt(config, runtime.build_arc()?);
    let frame = context.read_table(counted.provider)?;
    let mut writing = None;
    let mut rows = run(frame.execute_stream())?;
    while let Some(some) = run(rows.next()) {
        let some = some?;
        if some.num_rows() == 0 {
            continue;
        }
        let file = match &mut writing {
            Some(file) => file,
            none => none.insert(table.begin(day)?),
        };
        file.add(&some)?;
    }
    writing.map(|file| table.finish(file)).transpose()
}

/// Days, from and until.
struct Days(Vec<(Day, Day)>);

impl Days {
    fn holds(&self, day: Option<Day>) -> bool {
        match day {
            Some(day) => self
                .0
                .iter()
                .any(|(first, last)| *first <= day && day <= *last),
            // Nobody knows when those events were.
            None => !self.0.is_empty(),
        }
    }
}

/// What each key belongs to: hashes of the key, and of its credential and tree.
struct Names(HashMap<u64, Owner>);

#[derive(Clone, Copy)]
struct Owner {
    hash: u64,
    /// When the credential was used, in microseconds since 1970; nothing where that is not known.
    used: Option<(i64, i64)>,
}

impl Names {
    fn of(forest: &Forest) -> Names {
        let all = names_of_events(forest).map(|name| {
            let hash = |one: &str, other: &str| xxh3_64(format!("{one}\n{other}").as_bytes());
            let key = hash(&name.alias, &name.account);
            let owner = Owner {
                hash: hash(&name.credential.id, &name.credential.root),
                used: name.credential.first_used.zip(name.credential.last_used),
            };
            (key, owner)
        });
        Names(all.collect())
    }

    /// The days in which rows say something else now; nothing where that cannot be told.
    fn changed(&self, before: &Names) -> Option<Days> {
        if before.0.keys().any(|key| !self.0.contains_key(key)) {
            return None;
        }
        let changed = self.0.iter().filter(|(key, owner)| {
            before
                .0
                .get(key)
                .is_none_or(|before| before.hash != owner.hash)
        });
        let mut spans: Vec<(Day, Day)> = changed
            .filter_map(|(_, owner)| owner.used)
            .map(|(first, last)| (Day::of(first), Day::of(last)))
            .collect();
        spans.sort_unstable();
        let mut days = Days(Vec::new());
        for (first, last) in spans {
            match days.0.last_mut() {
                Some(before) if first <= before.1 => before.1 = before.1.max(last),
                _ => days.0.push((first, last)),
            }
        }
        Some(days)
    }

    fn bytes(&self, version: u64) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(16 + 16 * self.0.len());
        bytes.extend(NOTE_SCHEMA);
        bytes.extend(version.to_le_bytes());
        for (key, owner) in &self.0 {
            bytes.extend(key.to_le_bytes());
            bytes.extend(owner.hash.to_le_bytes());
        }
        bytes
    }

    /// The version that the note is of, and what it says.
    fn read(bytes: &[u8]) -> Option<(u64, Names)> {
        let (words, []) = bytes.strip_prefix(NOTE_SCHEMA)?.as_chunks::<8>() else {
            return None;
        };
        let (version, words) = words.split_first()?;
        let (pairs, []) = words.as_chunks::<2>() else {
            return None;
        };
        let number = |word: &[u8; 8]| u64::from_le_bytes(*word);
        let pairs = pairs.iter().map(|[key, owner]| {
            let owner = Owner {
                hash: number(owner),
                used: None,
            };
            (number(key), owner)
        });
        Some((number(version), Names(pairs.collect())))
    }
}
