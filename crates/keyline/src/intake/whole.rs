//! Whether a file that was written this instant is there to its end.
//!
//! In: a path. Out: a yes where the content itself proves it: a gz file that inflates to its last byte, with the right
//! checksum. Everything else has to be waited for. A wrong answer costs a dead letter and no event, since a file that
//! looks otherwise later is read again.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use flate2::bufread::GzDecoder;

/// Bytes of a packed file that is inflated for that: CloudTrail's have some megabytes at most. A larger one is waited
/// for.
const BYTES_MAX: u64 = 16 << 20;
/// Bytes that are inflated at a time.
const BUFFER_BYTES: usize = 64 << 10;

/// Whether nothing is going to be added, as far as the content tells.
pub fn is_whole(path: &Path) -> bool {
    let small = |file: &File| {
        let meta = file.metadata();
        meta.is_ok_and(|meta| meta.len() <= BYTES_MAX)
    };
    let file = File::open(path).ok().filter(small);
    file.is_some_and(|file| inflates(BufReader::new(file)))
}

fn inflates(packed: impl io::BufRead) -> bool {
    let mut inflater = GzDecoder::new(packed);
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        match inflater.read(&mut buffer) {
            // What follows the first member is looked at by nobody but a reader.
            Ok(0) => return inflater.get_mut().fill_buf().is_ok_and(<[u8]>::is_empty),
            Ok(_) => {}
            Err(_) => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    #[test]
    fn only_a_file_that_is_there_to_its_end_is_whole() {
        let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
        packer.write_all(br#"{"Records":[]}"#).unwrap();
        let packed = packer.finish().unwrap();
        for length in 0..packed.len() {
            assert!(!inflates(&packed[..length]), "{length} bytes");
        }
        assert!(inflates(&packed[..]));
        // More has begun.
        assert!(!inflates(&[&packed[..], &packed[..4]].concat()[..]));
        assert!(!inflates(&br#"{"Records":[]}"#[..]));
        let nowhere = Path::new("/nowhere/a.json.gz");
        assert!(!is_whole(nowhere));
    }
}
