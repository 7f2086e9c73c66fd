//! Inflates a reference: gzip, or the one file of a zip archive, told by its first bytes.
//!
//! Text never begins like either, so what is packed needs no declaration. The output is bounded,
//! so a bomb costs an error and not the memory.

use std::io::{Cursor, Read};

use crate::error::{Error, ErrorKind};

/// The bytes inside, or the bytes themselves when they are not packed. `name` is for messages.
pub fn unpack(bytes: Vec<u8>, name: &str, inflated_bytes_max: u64) -> Result<Vec<u8>, Error> {
    if bytes.starts_with(&[0x1f, 0x8b]) {
        return inflate(
            flate2::read::MultiGzDecoder::new(&bytes[..]),
            name,
            inflated_bytes_max,
        );
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return one_of_zip(&bytes, name, inflated_bytes_max);
    }
    Ok(bytes)
}

fn one_of_zip(bytes: &[u8], name: &str, inflated_bytes_max: u64) -> Result<Vec<u8>, Error> {
    let damaged = |error: zip::result::ZipError| {
        let why = format!("cannot read the zip archive `{name}`: {error}");
        Error::new(ErrorKind::Damaged, why)
    };
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    let is_file = |name: &&str| !name.ends_with('/');
    let files: Vec<String> = archive
        .file_names()
        .filter(is_file)
        .map(str::to_owned)
        .collect();
    match files.as_slice() {
        [] => Err(Error::new(
            ErrorKind::Empty,
            format!("the zip archive `{name}` holds no file"),
        )),
        [file] => inflate(
            archive.by_name(file).map_err(damaged)?,
            name,
            inflated_bytes_max,
        ),
        several => Err(Error::new(
            ErrorKind::Ambiguous,
            format!(
                "the zip archive `{name}` holds {} files, and which of them is meant nobody says; \
                 pack one alone",
                several.len()
            ),
        )),
    }
}

fn inflate(reader: impl Read, name: &str, inflated_bytes_max: u64) -> Result<Vec<u8>, Error> {
    let mut out = Vec::new();
    reader
        .take(inflated_bytes_max + 1)
        .read_to_end(&mut out)
        .map_err(|error| {
            Error::new(
                ErrorKind::Damaged,
                format!("`{name}` does not inflate: {error}"),
            )
        })?;
    if out.len() as u64 > inflated_bytes_max {
        let message = format!(
            "`{name}` inflates to more than {inflated_bytes_max} bytes, which is the limit for a \
             reference"
        );
        return Err(Error::new(ErrorKind::TooLarge, message));
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    fn gz(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zip_of(members: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default();
        for (name, bytes) in members {
            if name.ends_with('/') {
                writer.add_directory(*name, options).unwrap();
            } else {
                writer.start_file(*name, options).unwrap();
                writer.write_all(bytes).unwrap();
            }
        }
        writer.finish().unwrap().into_inner()
    }

    #[track_caller]
    fn check(bytes: Vec<u8>, expected: Result<&str, ErrorKind>) {
        let found = unpack(bytes, "it", 100).map_err(|error| error.kind());
        assert_eq!(found, expected.map(|text| text.as_bytes().to_vec()));
    }

    #[test]
    fn packed_and_plain() {
        check(b"a,b\n".to_vec(), Ok("a,b\n"));
        check(gz(b"a,b\n"), Ok("a,b\n"));
        check([gz(b"a"), gz(b"b")].concat(), Ok("ab"));
        check(zip_of(&[("d/", b""), ("d/a.csv", b"first")]), Ok("first"));
    }

    #[test]
    fn hostile() {
        check(gz(&[b'x'; 101]), Err(ErrorKind::TooLarge));
        check(zip_of(&[("a", &[0; 5000])]), Err(ErrorKind::TooLarge));
        check(
            gz(b"a longer text than this")[..15].to_vec(),
            Err(ErrorKind::Damaged),
        );
        check(b"PK\x03\x04 not really".to_vec(), Err(ErrorKind::Damaged));
        check(zip_of(&[]), Err(ErrorKind::Empty));
        check(
            zip_of(&[("a.csv", b"first"), ("b.csv", b"second")]),
            Err(ErrorKind::Ambiguous),
        );
    }
}
