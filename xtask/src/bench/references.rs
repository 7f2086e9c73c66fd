//! Small lists for the rules that read one by `externaldata`.
//!
//! In: a folder. Out: files in it, and for each the URL that it stands for. The contents are made
//! up: the address ranges are those of the generator's world, the rest a few lines that nothing in
//! the logs matches. Deliberately not here: the real lists, which nobody needs for a measurement.

use std::fs;
use std::path::{Path, PathBuf};

use keyline_simulate::ip_ranges_json;
use libdeflater::Crc;

const IP_RANGES: &str = "https://aka.ms/awspublicipaddresse/aws-public-ip-addresses/ip-ranges.json";
const TOR_EXITS: &str = "https://firewalliplists.gypthecat.com/lists/kusto/kusto-tor-exit.csv.zip";
const ROLE_NAMES: &str = "https://raw.githubusercontent.com/RhinoSecurityLabs/pacu/master/pacu/modules/iam__enum_roles/default-word-list.txt";

pub fn write(work: &Path) -> anyhow::Result<Vec<(&'static str, PathBuf)>> {
    let folder = work.join("references");
    fs::create_dir_all(&folder)?;
    let exits = zip(
        "exits.csv",
        b"address\n203.0.113.250\n203.0.113.251\n198.51.100.250\n",
    );
    let mut references = Vec::new();
    for (url, name, content) in [
        (IP_RANGES, "ip-ranges.json", ip_ranges_json().into_bytes()),
        (TOR_EXITS, "exits.csv.zip", exits),
        (
            ROLE_NAMES,
            "role-names.txt",
            b"adminrole\nsuperuser\nbreakglass\n".to_vec(),
        ),
    ] {
        let path = folder.join(name);
        fs::write(&path, content)?;
        references.push((url, path));
    }
    Ok(references)
}

/// A zip archive with one file in it, not compressed.
fn zip(name: &str, content: &[u8]) -> Vec<u8> {
    let mut crc = Crc::new();
    crc.update(content);
    let length = (content.len() as u32).to_le_bytes();
    // What the local header and the central directory say alike: version, flags, method, time, date,
    // checksum, both lengths, the name's length, no extra field.
    let mut shared = vec![20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0];
    shared.extend(crc.sum().to_le_bytes());
    shared.extend(length);
    shared.extend(length);
    shared.extend((name.len() as u16).to_le_bytes());
    shared.extend([0, 0]);

    let mut archive = b"PK\x03\x04".to_vec();
    archive.extend(&shared);
    archive.extend(name.as_bytes());
    archive.extend(content);

    let directory_at = archive.len() as u32;
    archive.extend(b"PK\x01\x02\x14\x00");
    archive.extend(&shared);
    // No comment, the first disk, no attributes, the local header at the start.
    archive.extend([0; 14]);
    archive.extend(name.as_bytes());

    let directory_length = archive.len() as u32 - directory_at;
    archive.extend(b"PK\x05\x06\x00\x00\x00\x00\x01\x00\x01\x00");
    archive.extend(directory_length.to_le_bytes());
    archive.extend(directory_at.to_le_bytes());
    archive.extend([0, 0]);
    archive
}
