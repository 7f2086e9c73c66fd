//! One column of strings of a row group, encoded for Parquet.
//!
//! In: string views, batch after batch. Out: a column chunk, which the parquet crate puts in its
//! place. That crate hashes every value of every row. Logs repeat themselves, and the reader gives
//! equal values of a batch equal views: here a value is hashed once a batch, and a column that says
//! the same in every row costs next to nothing. All columns of a thread are compressed with one zstd
//! context. Deliberately not here: the file around it, and columns that are no strings.

use std::hash::{BuildHasher, RandomState};

use arrow_array::{Array, StringViewArray};
use bytes::Bytes;
use parquet::basic::{Compression, Encoding, PageType, ZstdLevel};
use parquet::bloom_filter::Sbbf;
use parquet::column::page::{CompressedPage, Page, PageWriter};
use parquet::column::writer::ColumnCloseResult;
use parquet::data_type::ByteArray;
use parquet::file::metadata::{ColumnChunkMetaData, OffsetIndexBuilder, PageEncodingStats};
use parquet::file::statistics::{Statistics, ValueStatistics};
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::error::{Error, scratch};
use crate::limits;
use crate::parquet_keys;

/// The level of zstd.
pub(crate) const ZSTD_LEVEL: i32 = 1;

/// What is known of a column before its values are seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Nature {
    pub values: Values,
    pub look_up: LookUp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Values {
    /// Values repeat: a dictionary, for as long as it pays.
    Repeat,
    /// Nearly every value differs: a dictionary is not tried and bounds are not kept.
    Differ,
}

/// What helps a query to pass over the row group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LookUp {
    /// The least and the greatest value.
    Bounds,
    /// And a filter of the values that there are.
    Filter,
}

/// What a thread encodes with, used again from column to column.
pub(crate) struct Tools {
    zstd: zstd::bulk::Compressor<'static>,
    /// The keys of views met in the batch at hand.
    known: Vec<(u128, u32)>,
    page: Vec<u8>,
    packed: Vec<u8>,
    seed: u64,
}

/// Views whose keys are remembered; a power of two.
const KNOWN: usize = 256;
/// A view that no array has: its length is beyond every buffer.
const NO_VIEW: u128 = u128::MAX;
/// The longest bound that is kept, in bytes.
const BOUND_BYTES_MAX: usize = 64;
/// How often a filter may say yes in vain.
const FILTER_IN_VAIN: f64 = 0.01;

impl Tools {
    pub(crate) fn new() -> Result<Tools, Error> {
        Ok(Tools {
            zstd: zstd::bulk::Compressor::new(ZSTD_LEVEL).map_err(scratch)?,
            known: vec![(NO_VIEW, 0); KNOWN],
            page: Vec::new(),
            packed: Vec::new(),
            // What is hashed comes from strangers, who must not know where it will lie.
            seed: RandomState::new().hash_one(0),
        })
    }

    fn compress(&mut self, page: &[u8]) -> Result<Bytes, Error> {
        self.packed.clear();
        self.packed
            .reserve(zstd::zstd_safe::compress_bound(page.len()));
        self.zstd
            .compress_to_buffer(page, &mut self.packed)
            .map_err(scratch)?;
        Ok(Bytes::copy_from_slice(&self.packed))
    }
}

/// A column under way.
pub(crate) struct TextChunk {
    descr: ColumnDescPtr,
    nature: Nature,
    dictionary: Option<Dictionary>,
    /// The keys of the page under way.
    keys: Vec<u32>,
    /// The values of the page under way, once there is no dictionary any more.
    plain: Vec<u8>,
    plain_rows: u32,
    /// The bounds and the filter of values that are in no dictionary.
    beyond: Option<Beyond>,
    pages: TrackedWrite<Vec<u8>>,
    offsets: OffsetIndexBuilder,
    encodings: Vec<PageEncodingStats>,
    rows: u64,
    /// Bytes of text in the page under way and in all pages.
    page_text: u64,
    text: u64,
    uncompressed: u64,
    /// The finished dictionary of the rows before it was given up.
    given_up: Option<Dictionary>,
}

/// The distinct values of a chunk.
struct Dictionary {
    /// As Parquet has them: each after its length.
    page: Vec<u8>,
    /// Where each value starts.
    starts: Vec<u32>,
    /// Keys plus one by hash, and part of the hash; open addressing.
    table: Vec<(u32, u32)>,
}

#[derive(Default)]
struct Beyond {
    bounds: Option<(Vec<u8>, Vec<u8>)>,
    filter: Option<Sbbf>,
}

impl TextChunk {
    pub(crate) fn new(descr: ColumnDescPtr, nature: Nature) -> TextChunk {
        TextChunk {
            descr,
            nature,
            dictionary: (nature.values == Values::Repeat).then(Dictionary::new),
            keys: Vec::new(),
            plain: Vec::new(),
            plain_rows: 0,
            beyond: None,
            pages: TrackedWrite::new(Vec::new()),
            offsets: OffsetIndexBuilder::new(),
            encodings: Vec::new(),
            rows: 0,
            page_text: 0,
            text: 0,
            uncompressed: 0,
            given_up: None,
        }
    }

    /// Takes in a batch's values, none of which is null.
    pub(crate) fn write(
        &mut self,
        values: &StringViewArray,
        tools: &mut Tools,
    ) -> Result<(), Error> {
        self.rows += values.len() as u64;
        match &mut self.dictionary {
            Some(dictionary) => {
                self.page_text += dictionary.look_up(values, &mut self.keys, tools);
                if self.keys.len() >= limits::PAGE_ROWS {
                    self.flush_keys(tools)?;
                    self.give_up_if_in_vain();
                }
                Ok(())
            }
            None => self.write_plain(values, tools),
        }
    }

    /// The encoded pages, and what the file says about them.
    pub(crate) fn close(mut self, tools: &mut Tools) -> Result<(Bytes, ColumnCloseResult), Error> {
        self.flush_keys(tools)?;
        self.flush_plain(tools)?;
        let dictionary = self.dictionary.take().or(self.given_up.take());
        let mut first = TrackedWrite::new(Vec::new());
        if let Some(dictionary) = &dictionary {
            let uncompressed = dictionary.page.len();
            let page = Page::DictionaryPage {
                buf: tools.compress(&dictionary.page)?,
                num_values: dictionary.starts.len() as u32,
                encoding: Encoding::PLAIN,
                is_sorted: false,
            };
            let written = SerializedPageWriter::new(&mut first)
                .write_page(CompressedPage::new(page, uncompressed))?;
            self.uncompressed += written.uncompressed_size as u64;
            self.count(PageType::DICTIONARY_PAGE, Encoding::PLAIN);
        }
        let before = first.bytes_written();
        let mut chunk = first.into_inner()?;
        chunk.append(&mut self.pages.into_inner()?);
        let mut offsets = self.offsets.build();
        for page in &mut offsets.page_locations {
            page.offset += before as i64;
        }
        let mut encodings: Vec<Encoding> = vec![Encoding::RLE];
        encodings.extend(self.encodings.iter().map(|page| page.encoding));
        let mut metadata = ColumnChunkMetaData::builder(self.descr)
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?))
            .set_encodings(encodings)
            .set_page_encoding_stats(self.encodings)
            .set_total_compressed_size(chunk.len() as i64)
            .set_total_uncompressed_size(self.uncompressed as i64)
            .set_num_values(self.rows as i64)
            .set_data_page_offset(before as i64)
            .set_dictionary_page_offset((before > 0).then_some(0))
            .set_unencoded_byte_array_data_bytes(Some(self.text as i64));
        let mut filter = None;
        if let Some(dictionary) = &dictionary {
            let beyond = self.beyond.unwrap_or_default();
            metadata = metadata.set_statistics(dictionary.bounds(beyond.bounds.as_ref()));
            if self.nature.look_up == LookUp::Filter {
                filter = Some(dictionary.filter(beyond.filter)?);
            }
        }
        let closed = ColumnCloseResult {
            bytes_written: chunk.len() as u64,
            rows_written: self.rows,
            metadata: metadata.build()?,
            bloom_filter: filter,
            column_index: None,
            offset_index: Some(offsets),
        };
        Ok((chunk.into(), closed))
    }

    fn write_plain(&mut self, values: &StringViewArray, tools: &mut Tools) -> Result<(), Error> {
        for row in 0..values.len() {
            // SAFETY: the row is one of the array's.
            let value = unsafe { values.value_unchecked(row) }.as_bytes();
            self.plain
                .extend_from_slice(&(value.len() as u32).to_le_bytes());
            self.plain.extend_from_slice(value);
            self.plain_rows += 1;
            self.page_text += value.len() as u64;
            if let Some(beyond) = &mut self.beyond {
                beyond.add(value);
            }
            if self.plain.len() >= limits::PAGE_BYTES
                || self.plain_rows as usize >= limits::PAGE_ROWS
            {
                self.flush_plain(tools)?;
            }
        }
        Ok(())
    }

    /// Stops looking values up when most of them are new.
    fn give_up_if_in_vain(&mut self) {
        let in_vain = self.dictionary.as_ref().is_some_and(|dictionary| {
            let bytes = dictionary.page.len() as u64;
            bytes > limits::DICTIONARY_BYTES_MAX
                || (bytes > limits::DICTIONARY_TRIED_BYTES && bytes > self.text / 2)
        });
        if in_vain && let Some(dictionary) = self.dictionary.take() {
            self.given_up = Some(dictionary);
            let filter = self.nature.look_up == LookUp::Filter;
            self.beyond = Some(Beyond {
                bounds: None,
                filter: filter.then(|| empty_filter(limits::ROW_GROUP_ROWS)),
            });
        }
    }

    fn flush_keys(&mut self, tools: &mut Tools) -> Result<(), Error> {
        let Some(dictionary) = self.dictionary.as_ref().filter(|_| !self.keys.is_empty()) else {
            return Ok(());
        };
        let width = parquet_keys::bit_width(dictionary.starts.len());
        let mut page = std::mem::take(&mut tools.page);
        page.clear();
        page.push(width);
        parquet_keys::encode(&self.keys, width, &mut page);
        let rows = self.keys.len() as u32;
        self.keys.clear();
        self.page(&page, rows, Encoding::RLE_DICTIONARY, tools)?;
        tools.page = page;
        Ok(())
    }

    fn flush_plain(&mut self, tools: &mut Tools) -> Result<(), Error> {
        if self.plain_rows == 0 {
            return Ok(());
        }
        let page = std::mem::take(&mut self.plain);
        let rows = std::mem::take(&mut self.plain_rows);
        self.page(&page, rows, Encoding::PLAIN, tools)?;
        self.plain = page;
        self.plain.clear();
        Ok(())
    }

    fn page(
        &mut self,
        values: &[u8],
        rows: u32,
        encoding: Encoding,
        tools: &mut Tools,
    ) -> Result<(), Error> {
        let page = Page::DataPage {
            buf: tools.compress(values)?,
            num_values: rows,
            encoding,
            def_level_encoding: Encoding::RLE,
            rep_level_encoding: Encoding::RLE,
            statistics: None,
        };
        let written = SerializedPageWriter::new(&mut self.pages)
            .write_page(CompressedPage::new(page, values.len()))?;
        self.offsets
            .append_offset_and_size(written.offset as i64, written.compressed_size as i32);
        self.offsets.append_row_count(i64::from(rows));
        let text = std::mem::take(&mut self.page_text);
        self.offsets
            .append_unencoded_byte_array_data_bytes(Some(text as i64));
        self.text += text;
        self.uncompressed += written.uncompressed_size as u64;
        self.count(PageType::DATA_PAGE, encoding);
        Ok(())
    }

    fn count(&mut self, page_type: PageType, encoding: Encoding) {
        let same = |page: &&mut PageEncodingStats| {
            page.page_type == page_type && page.encoding == encoding
        };
        match self.encodings.iter_mut().find(same) {
            Some(page) => page.count += 1,
            None => self.encodings.push(PageEncodingStats {
                page_type,
                encoding,
                count: 1,
            }),
        }
    }
}

impl Dictionary {
    fn new() -> Dictionary {
        Dictionary {
            page: Vec::new(),
            starts: Vec::new(),
            table: vec![(0, 0); 64],
        }
    }

    /// Appends the key of each value, new ones for new values; says how long the values are together.
    fn look_up(&mut self, values: &StringViewArray, keys: &mut Vec<u32>, tools: &mut Tools) -> u64 {
        let views = values.views();
        let Some(first) = views.first() else {
            return 0;
        };
        if views.iter().all(|view| view == first) {
            let key = self.key(value_of(values, 0), tools.seed);
            keys.resize(keys.len() + views.len(), key);
            return u64::from(*first as u32) * views.len() as u64;
        }
        tools.known.fill((NO_VIEW, 0));
        let known: &mut [(u128, u32); KNOWN] = (&mut tools.known[..])
            .try_into()
            .expect("it was made with this length");
        let mut text = 0;
        keys.reserve(views.len());
        for (row, view) in views.iter().enumerate() {
            text += u64::from(*view as u32);
            let place = &mut known[place_of(*view)];
            if place.0 != *view {
                *place = (*view, self.key(value_of(values, row), tools.seed));
            }
            keys.push(place.1);
        }
        text
    }

    /// The key of a value, a new one if it has none.
    fn key(&mut self, value: &[u8], seed: u64) -> u32 {
        let hash = xxh3_64_with_seed(value, seed);
        let tag = (hash >> 32) as u32;
        let mask = self.table.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let (key, of) = self.table[at];
            if key == 0 {
                break;
            }
            if of == tag && self.value(key - 1) == value {
                return key - 1;
            }
            at = (at + 1) & mask;
        }
        let key = self.starts.len() as u32;
        self.page
            .extend_from_slice(&(value.len() as u32).to_le_bytes());
        self.starts.push(self.page.len() as u32);
        self.page.extend_from_slice(value);
        self.table[at] = (key + 1, tag);
        if self.starts.len() * 2 > self.table.len() {
            self.grow(seed);
        }
        key
    }

    fn grow(&mut self, seed: u64) {
        let length = self.table.len() * 2;
        let mut table = vec![(0, 0); length];
        for key in 0..self.starts.len() as u32 {
            let hash = xxh3_64_with_seed(self.value(key), seed);
            let mut at = hash as usize & (length - 1);
            while table[at].0 != 0 {
                at = (at + 1) & (length - 1);
            }
            table[at] = (key + 1, (hash >> 32) as u32);
        }
        self.table = table;
    }

    fn value(&self, key: u32) -> &[u8] {
        let start = self.starts[key as usize] as usize;
        let end = match self.starts.get(key as usize + 1) {
            // The length of the next value stands between.
            Some(next) => *next as usize - 4,
            None => self.page.len(),
        };
        &self.page[start..end]
    }

    fn values(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.starts.len() as u32).map(|key| self.value(key))
    }

    /// The least and the greatest value here and beyond.
    fn bounds(&self, beyond: Option<&(Vec<u8>, Vec<u8>)>) -> Statistics {
        let beyond = beyond
            .iter()
            .flat_map(|(least, greatest)| [least.as_slice(), greatest.as_slice()])
            .collect::<Vec<_>>();
        let all = || self.values().chain(beyond.iter().copied());
        let (least, greatest) = (all().min(), all().max());
        let below = least.map(bound_below);
        let above = greatest.and_then(bound_above);
        let is_exact = |bound: Option<&[u8]>, value: Option<&[u8]>| bound == value;
        let exact = (is_exact(below, least), is_exact(above.as_deref(), greatest));
        ValueStatistics::<ByteArray>::new(
            below.map(|bound| bound.to_vec().into()),
            above.map(ByteArray::from),
            None,
            Some(0),
            false,
        )
        .with_min_is_exact(exact.0)
        .with_max_is_exact(exact.1)
        .into()
    }

    /// A filter of the values, and of those that it holds already.
    fn filter(&self, beyond: Option<Sbbf>) -> Result<Sbbf, Error> {
        let mut filter = match beyond {
            Some(filter) => filter,
            None => empty_filter(self.starts.len()),
        };
        for value in self.values() {
            filter.insert(value);
        }
        filter.fold_to_target_fpp(FILTER_IN_VAIN);
        Ok(filter)
    }
}

impl Beyond {
    fn add(&mut self, value: &[u8]) {
        match &mut self.bounds {
            Some((least, greatest)) => {
                if value < least.as_slice() {
                    *least = value.to_vec();
                } else if value > greatest.as_slice() {
                    *greatest = value.to_vec();
                }
            }
            None => self.bounds = Some((value.to_vec(), value.to_vec())),
        }
        if let Some(filter) = &mut self.filter {
            filter.insert(value);
        }
    }
}

fn empty_filter(values: usize) -> Sbbf {
    Sbbf::new_with_ndv_fpp(values.max(1) as u64, FILTER_IN_VAIN)
        .expect("the probability lies between 0 and 1")
}

/// The start of a long text, which is not more than the whole.
fn bound_below(value: &[u8]) -> &[u8] {
    let mut end = value.len().min(BOUND_BYTES_MAX);
    // Not amid a character.
    while end < value.len() && value[end] & 0xc0 == 0x80 {
        end -= 1;
    }
    &value[..end]
}

/// A short text that is not less than a long one; `None` where there is no simple one.
fn bound_above(value: &[u8]) -> Option<Vec<u8>> {
    if value.len() <= BOUND_BYTES_MAX {
        return Some(value.to_vec());
    }
    // The next letter in place of an ASCII letter: what follows it may then be anything, and the text
    // before it is whole.
    let last = (0..BOUND_BYTES_MAX).rfind(|at| value[*at] < 0x7f)?;
    let mut bound = value[..=last].to_vec();
    bound[last] += 1;
    Some(bound)
}

fn value_of(values: &StringViewArray, row: usize) -> &[u8] {
    values.value(row).as_bytes()
}

/// Where the view's key may be remembered.
#[inline(always)]
fn place_of(view: u128) -> usize {
    let mixed =
        (view as u64 ^ ((view >> 64) as u64).rotate_left(29)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> (64 - KNOWN.trailing_zeros())) as usize
}
