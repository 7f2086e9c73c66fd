//! The distinct texts of a column in a row group, where the Parquet keeps them in one place.
//!
//! In: a file, and what it says of one column of one row group. Out: the texts of its dictionary, when every row is
//! told by it; else nothing. A dictionary is a few thousand texts where a row group has a hundred thousand rows, and
//! whether a name is among them decides whether the rows have to be looked at.

use std::fs::File;
use std::sync::Arc;

use arrow_array::builder::StringViewBuilder;
use arrow_array::{ArrayRef, RecordBatch, StringViewArray};
use parquet::basic::Encoding;
use parquet::column::page::{Page, PageReader};
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::serialized_reader::SerializedPageReader;

use crate::error::Error;

/// Bytes of a text's length, which stands before it.
const LENGTH_BYTES: usize = 4;

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
    let Some(texts) = split(&buf, num_values as usize) else {
        return Ok(None);
    };
    let texts: ArrayRef = Arc::new(texts);
    Ok(Some(RecordBatch::try_from_iter([(
        chunk.column_descr().name(),
        texts,
    )])?))
}

/// The texts of a page, each after its length; nothing where it is cut short, or holds something else.
fn split(page: &[u8], count: usize) -> Option<StringViewArray> {
    // How many there are is the file's word.
    if count > page.len() / LENGTH_BYTES {
        return None;
    }
    let mut texts = StringViewBuilder::with_capacity(count);
    let mut rest = page;
    for _ in 0..count {
        let (length, behind) = rest.split_first_chunk::<LENGTH_BYTES>()?;
        let (text, behind) = behind.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        texts.append_value(std::str::from_utf8(text).ok()?);
        rest = behind;
    }
    Some(texts.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_that_lie_have_no_texts() {
        for (page, count, texts) in [
            (&b"\x01\0\0\0a\0\0\0\0\x02\0\0\0bc"[..], 3, Some("a||bc")),
            (b"", 0, Some("")),
            (b"\x01\0\0\0a", u32::MAX as usize, None),
            (b"\x01\0\0\0a\0\0\0", 2, None),
            (b"\xff\xff\xff\xffa", 1, None),
            (b"\x01\0\0\0\xff", 1, None),
        ] {
            let found = split(page, count);
            let found = found.map(|all| all.iter().flatten().collect::<Vec<_>>().join("|"));
            assert_eq!(found.as_deref(), texts, "{page:?} {count}");
        }
    }
}
