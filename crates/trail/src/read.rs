//! Bytes of a log file in, batches of typed columns and a report out.
//!
//! This is the door of the crate: gz or plain, any of the known envelopes. Rows that do not fill a batch
//! wait for the next file, so many small files still make full batches: `finish` hands over the last.

use std::io::Read;
use std::ops::ControlFlow;

use arrow_array::RecordBatch;

use crate::batch::Rows;
use crate::coverage::FileReport;
use crate::emit::Emit;
use crate::envelope::{Scratch, walk};
use crate::filter::{Details, Filter};
use crate::index::Index;
use crate::inflate::{Inflate, MAGIC, Pieces};
use crate::input::Input;
use crate::prefilter::Prefilter;
use crate::projection::Projection;
use crate::record::{Slots, Wanted};
use crate::schema::Column;

/// What to read and how.
#[derive(Clone, Debug)]
pub struct ReadOptions {
    /// The columns of the batches.
    pub projection: Projection,
    /// Records that cannot match are passed over.
    pub prefilter: Prefilter,
    /// Columns that are filled for some records only: for each the columns of every detail that it may match.
    pub details: Vec<Detail>,
    pub identity: Identity,
    /// Whether batches say where each row comes from, so that it can be found again.
    pub places: bool,
    pub session_tokens: SessionTokens,
    pub batch_rows: usize,
    /// Events later than this (microseconds since 1970) are problem `future-time` and do not set `last_event`.
    pub horizon: Option<i64>,
}

/// Columns that few records are asked for: most of a record's bytes are its parameters, and whoever needs
/// them of a thousandth of the records should not pay for copying all.
#[derive(Clone, Debug)]
pub struct Detail {
    /// These columns are in the batches beside the projection. A record that cannot match has empty text or
    /// null in those of them that neither the projection nor another detail names that it may match.
    pub projection: Projection,
    /// Which records have them; conservative, as every prefilter is.
    pub prefilter: Prefilter,
}

/// Whether the identities of events are computed: of every record, also of those that the prefilter drops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// From what the record says, however it is written.
    Compute,
    /// From the bytes that it is written in, which takes a quarter of the time: copies that are written
    /// differently seem to conflict. Without an eventID as under `Compute`.
    OfBytes,
    Skip,
}

/// What becomes of `responseElements.credentials.sessionToken`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionTokens {
    /// Replaced by `sha256:` and the hash in hex.
    Hash,
    Keep,
}

impl Default for ReadOptions {
    fn default() -> Self {
        ReadOptions {
            projection: Projection::all(),
            prefilter: Prefilter::everything(),
            details: Vec::new(),
            identity: Identity::Compute,
            places: false,
            session_tokens: SessionTokens::Hash,
            batch_rows: crate::limits::BATCH_ROWS,
            horizon: None,
        }
    }
}

/// Who an event is, for finding duplicates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EventIdentity {
    /// Hash of account, eventID and content: equal for duplicates only.
    pub event: u128,
    /// Hash of account and eventID; 0 where the record has no eventID. Equal ids with unequal `event` are a conflict.
    pub id: u128,
}

/// A record that patches an earlier one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addendum {
    /// The row in its batch.
    pub row: usize,
    pub reason: String,
    /// What [`EventIdentity::id`] the original has.
    pub original: u128,
    pub original_event_id: String,
    /// The names of the members that it patches.
    pub updated_fields: Vec<String>,
}

/// Rows, with what is known about them beside the columns.
#[derive(Clone, Debug)]
pub struct Batch {
    pub rows: RecordBatch,
    /// One a row; empty under [`Identity::Skip`].
    pub identities: Vec<EventIdentity>,
    /// Where each row comes from (see [`place`]); empty unless asked for.
    pub places: Vec<i64>,
    /// The identities of the records that the prefilter dropped since the batch before, so that duplicates
    /// are counted alike whatever is asked for; empty under [`Identity::Skip`]. A batch may hold these alone,
    /// with no row.
    pub passed_over: Vec<EventIdentity>,
    pub addenda: Vec<Addendum>,
}

/// The place of a record: the number that its file was announced by, and how many records of the file
/// come before it.
pub fn place(file: u32, record: u64) -> i64 {
    i64::from(file) << PLACE_RECORD_BITS | (record & ((1 << PLACE_RECORD_BITS) - 1)) as i64
}

/// The file of a place.
pub fn file_of(place: i64) -> u32 {
    (place >> PLACE_RECORD_BITS) as u32
}

/// A file has fewer records than that many bits count.
const PLACE_RECORD_BITS: u32 = 40;

/// Takes batches; `Break` ends the reading early.
pub type Sink<'a> = dyn FnMut(Batch) -> ControlFlow<()> + 'a;

/// Reads one file held in memory.
pub fn read(bytes: &[u8], options: &ReadOptions, sink: &mut Sink<'_>) -> FileReport {
    let mut reader = Reader::new(options);
    let report = reader.read(bytes, sink);
    let _ = reader.finish(sink);
    report
}

/// Reads files one after another, with one set of buffers and full batches across files.
pub struct Reader {
    wanted: Wanted,
    filter: Filter,
    detail: Option<Details>,
    rows: Rows,
    horizon: Option<i64>,
    scratch: Scratch,
    inflate: Inflate,
}

impl Reader {
    pub fn new(options: &ReadOptions) -> Self {
        let filter = Filter::new(&options.prefilter);
        let always = [
            Column::TimeGenerated,
            Column::RecipientAccountId,
            Column::AWSRegion,
            Column::AwsEventId,
        ];
        let mut columns = options
            .projection
            .union(filter.columns())
            .union(Projection::of(&always));
        let detail = (!options.details.is_empty()).then(|| Details::new(&options.details));
        if let Some(detail) = &detail {
            columns = columns.union(detail.columns());
        }
        Reader {
            wanted: Wanted::new(columns),
            filter,
            detail,
            rows: Rows::new(options),
            horizon: options.horizon,
            scratch: Scratch {
                index: Index::default(),
                inner_index: Index::default(),
                slots: Slots::new(),
            },
            inflate: Inflate::new(),
        }
    }

    /// Announces the next file by the number that places will name it by; below 8 million.
    pub fn begin_file(&mut self, number: u32) {
        self.rows.begin_file(number);
    }

    /// Reads one file held in memory, gz or plain.
    pub fn read(&mut self, bytes: &[u8], sink: &mut Sink<'_>) -> FileReport {
        let mut inflate = std::mem::take(&mut self.inflate);
        let report = if !bytes.starts_with(&MAGIC) {
            self.walk(Input::whole(bytes), sink)
        } else if let Some(text) = inflate.whole(bytes) {
            self.walk(Input::whole(text), sink)
        } else {
            self.read_stream(&mut &bytes[..], sink)
        };
        self.inflate = inflate;
        report
    }

    /// Reads one file piece by piece, gz or plain, in bounded memory.
    pub fn read_stream(&mut self, input: &mut dyn Read, sink: &mut Sink<'_>) -> FileReport {
        self.walk(Input::pieces(Pieces::new(input)), sink)
    }

    /// Hands over the rows that wait for a full batch.
    pub fn finish(&mut self, sink: &mut Sink<'_>) -> ControlFlow<()> {
        if self.rows.is_empty() {
            return ControlFlow::Continue(());
        }
        sink(self.rows.take())
    }

    fn walk(&mut self, input: Input<'_>, sink: &mut Sink<'_>) -> FileReport {
        let mut report = FileReport::default();
        let mut emit = Emit {
            report: &mut report,
            filter: &mut self.filter,
            detail: self.detail.as_mut(),
            rows: &mut self.rows,
            horizon: self.horizon,
            sink,
            last_account: Vec::new(),
            last_region: Vec::new(),
        };
        let _ = walk(input, &self.wanted, &mut self.scratch, &mut emit);
        report
    }
}
