//! Where the shared material lies, if it does.

use std::path::PathBuf;

/// A folder beside the checkout, or a note on what is left out without it.
pub fn shared(path: &str, left_out: &str) -> Option<PathBuf> {
    let root = std::env::var_os("KEYLINE_SHARED").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")),
        PathBuf::from,
    );
    let found = root.join(path);
    if !found.exists() {
        eprintln!("left out, as {} is absent: {left_out}", found.display());
        return None;
    }
    Some(found)
}
