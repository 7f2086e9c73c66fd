//! Finds events that were seen before, in bounded memory.
//!
//! In: the identity of each event, from any thread, in any order. Out: whether it is new, a
//! duplicate, or another event with an id that was seen. The answers depend on the set of events
//! only, not on the order, but for which of several equal copies is the new one.
//!
//! An entry is 16 bytes: half of the id's hash and half of the event's hash. They lie in shards by
//! the id. A shard is a hash table in memory; when memory is used up it becomes a sorted run in one
//! scratch file, with a small filter kept in memory that says which ids the run cannot hold. The
//! order is by hash and not by time, so input that comes in no order of time costs the same, and
//! copies of an id with different times are still found.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use keyline_trail::EventIdentity;

use crate::error::{Error, scratch};
use crate::limits;

const SHARDS: usize = 64;
const ENTRY_BYTES: u64 = 16;
/// Entries read around the place where an id is expected to lie.
const PAGE_ENTRIES: usize = 256;
/// Contents noted under one id before further ones are filed by content. Real conflicts are two.
const SAME_ID_MAX: usize = 16;

/// What is known about an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    New,
    /// The same account, id and content came before.
    Duplicate,
    /// The same account and id came before, with other content.
    Conflict,
}

/// The events seen by one pass over the input.
#[derive(Debug)]
pub(crate) struct Identities {
    shards: Vec<Mutex<Shard>>,
    bytes: AtomicU64,
    bytes_max: u64,
    spill_path: PathBuf,
    spill: Mutex<Option<Spill>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    id: u64,
    event: u64,
}

const EMPTY: Entry = Entry { id: 0, event: 0 };

/// What a look-up found.
#[derive(Debug, Default)]
struct Matches {
    equal: bool,
    same_id: usize,
}

#[derive(Debug, Default)]
struct Shard {
    /// Open addressing; a power of two long, or empty.
    table: Vec<Entry>,
    used: usize,
    /// The one entry that looks like an empty place.
    zero_seen: bool,
    runs: Vec<Run>,
}

/// Sorted entries in the scratch file.
#[derive(Debug)]
struct Run {
    at: u64,
    entries: u64,
    filter: Filter,
}

/// A Bloom filter of ids: 8 bits an entry, 3 probes, about 3 % of look-ups in vain.
#[derive(Debug)]
struct Filter {
    words: Vec<u64>,
}

#[derive(Debug)]
struct Spill {
    file: File,
    end: u64,
}

impl Identities {
    /// An empty set that spills into a file of its own in `scratch_folder`.
    pub(crate) fn new(scratch_folder: &Path, name: &str, bytes_max: u64) -> Identities {
        Identities {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            bytes: AtomicU64::new(0),
            bytes_max: bytes_max.max(limits::IDENTITIES_BYTES_MIN),
            spill_path: scratch_folder.join(name),
            spill: Mutex::new(None),
        }
    }

    /// Notes an event and says what is known about it.
    pub(crate) fn note(&self, identity: EventIdentity) -> Result<Seen, Error> {
        let by_content = Entry::by_content(identity);
        if identity.id == 0 {
            return Ok(self.note_entry(by_content)?.unwrap_or(Seen::New));
        }
        if let Some(seen) = self.note_entry(Entry::of(identity))? {
            return Ok(seen);
        }
        // Forged records could put millions of contents under one id; past a few they are filed by
        // content, so that each costs the same.
        Ok(match self.note_entry(by_content)? {
            Some(Seen::Duplicate) => Seen::Duplicate,
            _ => Seen::Conflict,
        })
    }

    /// Notes an event that was stored, by what [`stored`] said of it.
    #[cfg(feature = "lake")]
    pub(crate) fn note_stored(&self, id: u64, event: u64) -> Result<(), Error> {
        self.note_entry(Entry { id, event }).map(drop)
    }

    /// Notes an entry, unless its id is too crowded: then nothing is noted and the answer is `None`.
    fn note_entry(&self, entry: Entry) -> Result<Option<Seen>, Error> {
        let number = (entry.id >> 58) as usize;
        let mut shard = self.shards[number]
            .lock()
            .expect("no holder of the lock panics");
        let grown = shard.grow();
        if grown > 0 && self.bytes.fetch_add(grown, Ordering::Relaxed) + grown > self.bytes_max {
            self.spill(&mut shard)?;
            self.bytes.fetch_add(shard.grow(), Ordering::Relaxed);
        }
        let mut found = shard.look_up(entry);
        for run in &shard.runs {
            if found.equal {
                break;
            }
            if run.filter.may_hold(entry.id) {
                let in_run = self.look_up(run, entry)?;
                found.equal |= in_run.equal;
                found.same_id += in_run.same_id;
            }
        }
        if found.equal {
            return Ok(Some(Seen::Duplicate));
        }
        if found.same_id >= SAME_ID_MAX {
            return Ok(None);
        }
        shard.insert(entry);
        Ok(Some(if found.same_id > 0 {
            Seen::Conflict
        } else {
            Seen::New
        }))
    }

    /// Writes a shard's table out as a sorted run and empties it.
    fn spill(&self, shard: &mut Shard) -> Result<(), Error> {
        let mut entries: Vec<Entry> = shard
            .table
            .iter()
            .copied()
            .filter(|entry| *entry != EMPTY)
            .collect();
        if shard.zero_seen {
            entries.push(EMPTY);
        }
        let freed = shard.table.len() as u64 * ENTRY_BYTES;
        shard.table = Vec::new();
        shard.used = 0;
        shard.zero_seen = false;
        self.bytes.fetch_sub(freed, Ordering::Relaxed);
        if entries.is_empty() {
            return Ok(());
        }
        entries.sort_unstable();
        let mut guard = self.spill.lock().expect("no holder of the lock panics");
        let spill = match &mut *guard {
            Some(spill) => spill,
            none => none.insert(Spill::create(&self.spill_path).map_err(scratch)?),
        };
        let run = spill
            .write(entries.len() as u64, entries.into_iter().map(Ok))
            .map_err(scratch)?;
        shard.runs.push(run);
        if shard.runs.len() > limits::IDENTITY_RUNS_MAX {
            let runs = std::mem::take(&mut shard.runs);
            let merged = spill.merge(&self.spill_path, &runs).map_err(scratch)?;
            shard.runs.push(merged);
        }
        Ok(())
    }

    fn look_up(&self, run: &Run, entry: Entry) -> Result<Matches, Error> {
        let mut guard = self.spill.lock().expect("no holder of the lock panics");
        let spill = guard
            .as_mut()
            .expect("a run exists, so its file was created");
        spill.look_up(run, entry).map_err(scratch)
    }
}

impl Shard {
    /// Makes room for one more entry; the answer is how many bytes that took.
    fn grow(&mut self) -> u64 {
        if (self.used + 1) * 4 <= self.table.len() * 3 {
            return 0;
        }
        let old = std::mem::take(&mut self.table);
        let length = (old.len() * 2).max(64);
        self.table = vec![EMPTY; length];
        for entry in old.iter().copied().filter(|entry| *entry != EMPTY) {
            let mut at = self.home(entry.id);
            while self.table[at] != EMPTY {
                at = (at + 1) & (length - 1);
            }
            self.table[at] = entry;
        }
        (length - old.len()) as u64 * ENTRY_BYTES
    }

    fn look_up(&self, entry: Entry) -> Matches {
        let mut found = Matches::default();
        if entry == EMPTY {
            found.equal = self.zero_seen;
            return found;
        }
        let mut at = self.home(entry.id);
        while self.table[at] != EMPTY && !found.equal {
            found.equal = self.table[at] == entry;
            found.same_id += usize::from(self.table[at].id == entry.id);
            at = (at + 1) & (self.table.len() - 1);
        }
        found
    }

    fn insert(&mut self, entry: Entry) {
        if entry == EMPTY {
            self.zero_seen = true;
            return;
        }
        let mut at = self.home(entry.id);
        while self.table[at] != EMPTY {
            at = (at + 1) & (self.table.len() - 1);
        }
        self.table[at] = entry;
        self.used += 1;
    }

    /// The place where an id's search begins. The top bits chose the shard, so others are used.
    fn home(&self, id: u64) -> usize {
        id as usize & (self.table.len() - 1)
    }
}

impl Filter {
    fn new(entries: u64) -> Filter {
        Filter {
            words: vec![0; (entries / 8 + 1) as usize],
        }
    }

    fn insert(&mut self, id: u64) {
        for bit in self.bits(id) {
            self.words[bit / 64] |= 1 << (bit % 64);
        }
    }

    fn may_hold(&self, id: u64) -> bool {
        self.bits(id)
            .iter()
            .all(|bit| self.words[bit / 64] >> (bit % 64) & 1 == 1)
    }

    fn bits(&self, id: u64) -> [usize; 3] {
        let bits = self.words.len() as u64 * 64;
        [id, id.rotate_left(21), id.rotate_left(42)].map(|hash| {
            // Mixed again: the top bits of all ids of a shard are the same.
            let mixed = hash.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            ((u128::from(mixed) * u128::from(bits)) >> 64) as usize
        })
    }
}

impl Spill {
    fn create(path: &Path) -> std::io::Result<Spill> {
        let mut options = std::fs::OpenOptions::new();
        let file = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(path)?;
        Ok(Spill { file, end: 0 })
    }

    /// Appends a run of sorted entries.
    fn write(
        &mut self,
        entries_max: u64,
        entries: impl Iterator<Item = std::io::Result<Entry>>,
    ) -> std::io::Result<Run> {
        self.file.seek(SeekFrom::Start(self.end))?;
        let mut filter = Filter::new(entries_max);
        let mut count = 0;
        let mut out = BufWriter::with_capacity(1 << 16, &self.file);
        for entry in entries {
            let entry = entry?;
            filter.insert(entry.id);
            out.write_all(&entry.to_bytes())?;
            count += 1;
        }
        out.flush()?;
        drop(out);
        let at = self.end;
        self.end += count * ENTRY_BYTES;
        Ok(Run {
            at,
            entries: count,
            filter,
        })
    }

    /// Writes several runs as one. The room of the old ones is not used again.
    fn merge(&mut self, path: &Path, runs: &[Run]) -> std::io::Result<Run> {
        let mut heads = Vec::new();
        for run in runs {
            // Each reader has a file of its own, for each has its own place in it.
            let mut file = File::open(path)?;
            file.seek(SeekFrom::Start(run.at))?;
            let mut reader =
                BufReader::with_capacity(1 << 16, file.take(run.entries * ENTRY_BYTES));
            let head = Entry::read(&mut reader)?;
            heads.push((head, reader));
        }
        let total = runs.iter().map(|run| run.entries).sum();
        let mut last = None;
        let merged = std::iter::from_fn(|| {
            loop {
                let (head, reader) = heads
                    .iter_mut()
                    .filter(|(head, _)| head.is_some())
                    .min_by_key(|(head, _)| *head)?;
                let entry = *head;
                match Entry::read(reader) {
                    Ok(next) => *head = next,
                    Err(error) => return Some(Err(error)),
                }
                if entry != last {
                    last = entry;
                    return entry.map(Ok);
                }
            }
        });
        self.write(total, merged)
    }

    fn look_up(&mut self, run: &Run, wanted: Entry) -> std::io::Result<Matches> {
        // The first entry that is not below the id: found by halving, a page at a time at the end.
        let (mut low, mut high) = (0, run.entries);
        while high - low > PAGE_ENTRIES as u64 {
            let middle = low + (high - low) / 2;
            self.file
                .seek(SeekFrom::Start(run.at + middle * ENTRY_BYTES))?;
            match Entry::read(&mut self.file)? {
                Some(entry) if entry.id < wanted.id => low = middle,
                _ => high = middle,
            }
        }
        self.file
            .seek(SeekFrom::Start(run.at + low * ENTRY_BYTES))?;
        let mut reader = BufReader::with_capacity(
            PAGE_ENTRIES * ENTRY_BYTES as usize,
            (&self.file).take((run.entries - low) * ENTRY_BYTES),
        );
        let mut found = Matches::default();
        while let Some(entry) = Entry::read(&mut reader)?
            && entry.id <= wanted.id
        {
            found.equal |= entry == wanted;
            found.same_id += usize::from(entry.id == wanted.id);
        }
        Ok(found)
    }
}

/// The two numbers by which an event is known again when it was stored.
#[cfg(feature = "lake")]
pub(crate) fn stored(identity: EventIdentity) -> (u64, u64) {
    let entry = Entry::of(identity);
    (entry.id, entry.event)
}

impl Entry {
    /// Without an id the content is the identity: nothing can conflict with it.
    fn of(identity: EventIdentity) -> Entry {
        match identity.id {
            0 => Entry::by_content(identity),
            id => Entry {
                id: (id >> 64) as u64,
                event: identity.event as u64,
            },
        }
    }

    fn by_content(identity: EventIdentity) -> Entry {
        Entry {
            id: (identity.event >> 64) as u64,
            event: identity.event as u64,
        }
    }

    fn to_bytes(self) -> [u8; 16] {
        (u128::from(self.id) << 64 | u128::from(self.event)).to_be_bytes()
    }

    fn read(reader: &mut impl Read) -> std::io::Result<Option<Entry>> {
        let mut bytes = [0; 16];
        match reader.read_exact(&mut bytes) {
            Ok(()) => {
                let both = u128::from_be_bytes(bytes);
                Ok(Some(Entry {
                    id: (both >> 64) as u64,
                    event: both as u64,
                }))
            }
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};

    /// A generator of well-mixed numbers, so that ids look like hashes.
    fn mix(n: u64) -> u128 {
        let step = |n: u64| {
            let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            n ^ (n >> 31)
        };
        let high = step(n.wrapping_add(0x9e37_79b9_7f4a_7c15));
        u128::from(high) << 64 | u128::from(step(high))
    }

    /// Every seventh event is a copy, every eleventh has the id of another.
    fn events(count: u64) -> Vec<EventIdentity> {
        (0..count)
            .map(|n| match n {
                n if n % 7 == 6 => n / 2,
                n => n,
            })
            .map(|n| EventIdentity {
                event: mix(n),
                id: if n % 11 == 10 {
                    mix(u64::MAX - n / 3)
                } else {
                    mix(u64::MAX - n)
                },
            })
            .collect()
    }

    fn counts(identities: &Identities, events: &[EventIdentity]) -> (u64, u64) {
        let (mut duplicates, mut conflicts) = (0, 0);
        for event in events {
            match identities.note(*event).unwrap() {
                Seen::New => {}
                Seen::Duplicate => duplicates += 1,
                Seen::Conflict => conflicts += 1,
            }
        }
        (duplicates, conflicts)
    }

    fn naive(events: &[EventIdentity]) -> (u64, u64) {
        let mut by_id: BTreeMap<u128, BTreeSet<u128>> = BTreeMap::new();
        for event in events {
            by_id.entry(event.id).or_default().insert(event.event);
        }
        let distinct: usize = by_id.values().map(BTreeSet::len).sum();
        (
            (events.len() - distinct) as u64,
            (distinct - by_id.len()) as u64,
        )
    }

    #[test]
    fn counts_equal_the_naive_ones_in_any_order_and_when_spilled() {
        let folder = tempfile::tempdir().unwrap();
        let mut events = events(60_000);
        let expected = naive(&events);
        assert!(expected.0 > 1_000 && expected.1 > 1_000, "{expected:?}");
        for (name, bytes_max) in [
            ("roomy", 1 << 30),
            ("tight", 64 << 10),
            ("tighter", 16 << 10),
        ] {
            let mut identities = Identities::new(folder.path(), name, bytes_max);
            identities.bytes_max = bytes_max;
            assert_eq!(counts(&identities, &events), expected, "{name}");
            assert_eq!(folder.path().join(name).exists(), name != "roomy");
            events.reverse();
        }
    }

    #[test]
    fn many_contents_under_one_id_stay_cheap() {
        let folder = tempfile::tempdir().unwrap();
        let mut identities = Identities::new(folder.path(), "forged", 0);
        identities.bytes_max = 64 << 10;
        let mut events: Vec<EventIdentity> = (0..20_000)
            .map(|n| EventIdentity {
                event: mix(n),
                id: 1 << 70,
            })
            .collect();
        events.extend_from_within(..500);
        assert_eq!(counts(&identities, &events), (500, 19_999));
    }

    #[test]
    fn events_without_an_id_are_known_by_content() {
        let folder = tempfile::tempdir().unwrap();
        let identities = Identities::new(folder.path(), "x", 1 << 20);
        let event = |event| EventIdentity { event, id: 0 };
        assert_eq!(identities.note(event(mix(1))).unwrap(), Seen::New);
        assert_eq!(identities.note(event(mix(2))).unwrap(), Seen::New);
        assert_eq!(identities.note(event(mix(1))).unwrap(), Seen::Duplicate);
        assert_eq!(identities.note(event(0)).unwrap(), Seen::New);
        assert_eq!(identities.note(event(0)).unwrap(), Seen::Duplicate);
    }
}
