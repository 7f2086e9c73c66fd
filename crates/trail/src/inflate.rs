//! gzip, all at once or piece by piece.
//!
//! A file of ordinary size is inflated into one buffer by libdeflate, the fastest way; anything larger, of
//! unknown size or broken is inflated as it is read, so that memory stays bounded and what comes before a
//! break is kept. What the bytes mean is not known here.

use std::io::{self, Read};

use flate2::read::MultiGzDecoder;
use libdeflate_sys::{
    libdeflate_alloc_decompressor, libdeflate_decompressor, libdeflate_free_decompressor,
    libdeflate_gzip_decompress_ex, libdeflate_result_LIBDEFLATE_INSUFFICIENT_SPACE as NO_SPACE,
    libdeflate_result_LIBDEFLATE_SUCCESS as SUCCESS,
};

use crate::coverage::ProblemKind;
use crate::limits::{BOMB_INFLATED_BYTES, BOMB_RATIO, MAX_INFLATED_BYTES, WHOLE_INFLATED_BYTES};

/// The first bytes of every gzip file.
pub(crate) const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// How files start that are compressed in another way, and what that is called.
const OTHERS: [(&[u8], &str); 6] = [
    (b"BZh", "bzip2"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"PK\x03\x04", "zip"),
    (b"\xfd7zXZ\0", "xz"),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip"),
    (b"\x04\x22\x4d\x18", "lz4"),
];

/// What a text is compressed with that is not read here, by its first bytes.
pub(crate) fn unsupported_compression(text: &[u8]) -> Option<&'static str> {
    let found = OTHERS.iter().find(|(magic, _)| text.starts_with(magic))?;
    Some(found.1)
}

/// Deflate cannot make anything smaller than this many times.
const MOST_DEFLATED: usize = 1032;

/// A decompressor and its output, used again from file to file.
pub(crate) struct Inflate {
    decompressor: *mut libdeflate_decompressor,
    output: Vec<u8>,
}

// SAFETY: the decompressor is plain memory without ties to a thread, and only used through `&mut`.
unsafe impl Send for Inflate {}

impl Inflate {
    pub(crate) fn new() -> Self {
        // SAFETY: allocates; a null result is handled in `whole`.
        Inflate {
            decompressor: unsafe { libdeflate_alloc_decompressor() },
            output: Vec::new(),
        }
    }

    /// All members of a gzip file at once; `None` where that does not work and it must be read piece by piece.
    pub(crate) fn whole(&mut self, gz: &[u8]) -> Option<&[u8]> {
        if self.decompressor.is_null() {
            return None;
        }
        let mut rest = gz;
        let mut done = 0;
        loop {
            // The last four bytes hold the size of the last member, which is usually the only one.
            let stated = rest
                .last_chunk::<4>()
                .map_or(0, |bytes| u32::from_le_bytes(*bytes) as usize);
            let wanted = stated.min(rest.len().saturating_mul(MOST_DEFLATED)).max(64);
            if done + wanted > WHOLE_INFLATED_BYTES {
                return None;
            }
            if self.output.len() < done + wanted {
                self.output.resize(done + wanted, 0);
            }
            let (mut used, mut made) = (0, 0);
            let space = &mut self.output[done..];
            // SAFETY: the pointers and lengths are those of live slices; the decompressor is not null.
            let result = unsafe {
                libdeflate_gzip_decompress_ex(
                    self.decompressor,
                    rest.as_ptr().cast(),
                    rest.len(),
                    space.as_mut_ptr().cast(),
                    space.len(),
                    &mut used,
                    &mut made,
                )
            };
            match result {
                SUCCESS => {
                    done += made;
                    rest = &rest[used..];
                    // Some tools pad files with zeros.
                    if rest.iter().all(|byte| *byte == 0) {
                        return Some(&self.output[..done]);
                    }
                }
                NO_SPACE if self.output.len() < WHOLE_INFLATED_BYTES => {
                    let larger = (self.output.len() * 2).clamp(1 << 16, WHOLE_INFLATED_BYTES);
                    self.output.resize(larger, 0);
                }
                _ => return None,
            }
        }
    }
}

impl Default for Inflate {
    fn default() -> Self {
        Inflate {
            decompressor: std::ptr::null_mut(),
            output: Vec::new(),
        }
    }
}

impl Drop for Inflate {
    fn drop(&mut self) {
        if !self.decompressor.is_null() {
            // SAFETY: it came from `libdeflate_alloc_decompressor` and is freed once.
            unsafe { libdeflate_free_decompressor(self.decompressor) };
        }
    }
}

/// Bytes as they are read, inflated where they are gzip; what goes wrong ends them and is remembered.
pub(crate) struct Pieces<'a> {
    decoder: Decoder<'a>,
    made: u64,
    pub problem: Option<(ProblemKind, String)>,
}

/// The bytes as they come, with the first ones, that were looked at, before the rest.
type Raw<'a> = io::Chain<io::Cursor<Vec<u8>>, &'a mut dyn Read>;

enum Decoder<'a> {
    Plain(Raw<'a>),
    Gzip(Box<MultiGzDecoder<Counted<Raw<'a>>>>),
}

/// Counts what passes.
struct Counted<R> {
    inner: R,
    count: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.count += read as u64;
        Ok(read)
    }
}

impl<'a> Pieces<'a> {
    pub(crate) fn new(input: &'a mut dyn Read) -> Self {
        let mut first = Vec::new();
        let mut problem = None;
        if let Err(error) = Read::take(&mut *input, MAGIC.len() as u64).read_to_end(&mut first) {
            problem = Some((ProblemKind::Unreadable, error.to_string()));
        }
        let is_gzip = first == MAGIC;
        let input = io::Cursor::new(first).chain(input);
        let decoder = if is_gzip {
            Decoder::Gzip(Box::new(MultiGzDecoder::new(Counted {
                inner: input,
                count: 0,
            })))
        } else {
            Decoder::Plain(input)
        };
        Pieces {
            decoder,
            made: 0,
            problem,
        }
    }

    /// Fills the buffer as far as there are bytes; 0 at the end.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> usize {
        let mut filled = 0;
        while filled < buffer.len() && self.problem.is_none() {
            let result = match &mut self.decoder {
                Decoder::Plain(plain) => plain.read(&mut buffer[filled..]),
                Decoder::Gzip(gzip) => gzip.read(&mut buffer[filled..]),
            };
            match result {
                Ok(0) => break,
                Ok(read) => {
                    filled += read;
                    self.made += read as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => self.problem = Some(self.problem_of(&error)),
            }
        }
        if let Some(problem) = self.over_limit() {
            self.problem.get_or_insert(problem);
        }
        filled
    }

    fn problem_of(&self, error: &io::Error) -> (ProblemKind, String) {
        let is_gzip = matches!(self.decoder, Decoder::Gzip(_));
        let kind = match error.kind() {
            io::ErrorKind::UnexpectedEof if is_gzip => ProblemKind::TruncatedGzip,
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput if is_gzip => {
                ProblemKind::CorruptGzip
            }
            _ => ProblemKind::Unreadable,
        };
        let what = match kind {
            ProblemKind::TruncatedGzip => "the gzip stream ends early".to_owned(),
            ProblemKind::CorruptGzip => format!("the gzip stream is corrupt ({error})"),
            _ => error.to_string(),
        };
        (
            kind,
            format!(
                "{what} after {} inflated bytes; what came before is kept",
                self.made
            ),
        )
    }

    fn over_limit(&self) -> Option<(ProblemKind, String)> {
        if self.made > MAX_INFLATED_BYTES {
            return Some((
                ProblemKind::FileTooLarge,
                format!("more than {MAX_INFLATED_BYTES} bytes; the rest is not read"),
            ));
        }
        let Decoder::Gzip(gzip) = &self.decoder else {
            return None;
        };
        let read = gzip.get_ref().count.max(1);
        is_bomb(read, self.made).then(|| {
            let what = format!(
                "{read} bytes inflate to more than {}; the rest is not read",
                self.made
            );
            (ProblemKind::GzipBomb, what)
        })
    }
}

/// Whether so few bytes of gzip have made so many that it cannot be a log.
fn is_bomb(read: u64, made: u64) -> bool {
    made > BOMB_INFLATED_BYTES && made / read >= BOMB_RATIO
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bombs_are_told_by_size_and_ratio() {
        assert!(is_bomb(1 << 20, 1 << 30));
        assert!(!is_bomb(1 << 10, 1 << 20));
        assert!(!is_bomb(100 << 20, 2 << 30));
    }
}
