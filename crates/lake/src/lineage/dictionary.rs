//! The distinct texts of a column in a row group, where the Parquet keeps them in one place.
//!
//! In: a file, and what it says of one column of one row group. Out: the texts of its dictionary, when every row is
//! told by it; else nothing. A dictionary is a few thousand texts where a row group has a hundred thousand rows, and
//! whether a name is among them decides whether the rows have to be looked at.

use std::fs::File;
use std::sync::Arc;

use arrow_array::builder::StringViewBuilder;
use arrow_array::{ArrayRef, RecordBatch};
use parquet::basic::Encoding;
use parquet::column::page::{Page, PageReader};
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::serialized_reader::SerializedPageReader;

use crate::error::Error;

/// The texts as a batch of that one column. A text may be there that no row has, if another has written the file.
pub(super) fn texts(
    file: &Arc<File>,
    chunk: &ColumnChunkMetaData,
) -> Result<Option<RecordBatch>, Error> {
    let all_by_it = chunk.dictionary_page_offset().is_some()
        && chunk.page_encoding_stats_mask().is_some_and(|mask| {
            mask.is_only(Encoding::RLE_DICTIONARY) || mask.is_only(Encoding::PLAIN_DICTIONARY)
        });
    let rows = usize::try_from(chunk.num_values()).unwrap_or_default();
    if !all_by_it {
        return Ok(None);
    }
    // The first page is the dictionary; nothing behind it is read.
    let mut pages = SerializedPageReader::new(file.clone(), chunk, rows, None)?;
    let Some(Page::DictionaryPage {
        buf, num_values, ..
    }) = pages.get_next_page()?
    else {
        return Ok(None);
    };
    let mut texts = StringViewBuilder::with_capacity(num_values as usize);
    let mut rest = &buf[..];
    for _ in 0..num_values {
        let Some((text, behind)) = first_of(rest) else {
            return Ok(None);
        };
        texts.append_value(text);
        rest = behind;
    }
    let texts: ArrayRef = Arc::new(texts.finish());
    Ok(Some(RecordBatch::try_from_iter([(
        chunk.column_descr().name(),
        texts,
    )])?))
}

/// A text after its length, and what follows; nothing where the page is cut short or no text.
fn first_of(page: &[u8]) -> Option<(&str, &[u8])> {
    let (length, rest) = page.split_first_chunk()?;
    let (text, behind) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    Some((std::str::from_utf8(text).ok()?, behind))
}
