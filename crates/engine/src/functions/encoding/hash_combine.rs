//! `hash_combine`: several hashes made into one.

use xxhash_rust::xxh64::xxh64;

use crate::functions::prelude::*;
use crate::functions::rows::LongOut;

pub const FUNCTION: Function = Function {
    name: "hash_combine",
    family: Family::Encoding,
    signature: "hash_combine(hash, hash, …): long",
    doc: "One hash of several, in which their order matters. Kusto's way of doing it is not published: the numbers are others than its own.",
    examples: &[
        (
            "hash_combine(hash('a'), hash('b')) == hash_many('a', 'b')",
            "true",
        ),
        ("hash_combine(1, 2) == hash_combine(2, 1)", "false"),
    ],
    lower: Lower::Convert(&[Type::Long]),
    kernels: &[Kernel::new("kql_hash_combine", Type::Long, |rows| {
        let hashes = (0..rows.count())
            .map(|index| rows.long(index))
            .collect::<Result<Vec<_>>>()?;
        let mut out = LongOut::new(rows.len);
        for row in 0..rows.len {
            // Each hash is the seed under which the next one is hashed; a null stands for zero.
            let combined = hashes.iter().fold(0, |seed, hash| {
                xxh64(&hash.get(row).unwrap_or_default().to_le_bytes(), seed)
            });
            out.push(Some(combined.cast_signed()));
        }
        Ok(out.finish())
    })],
};
