//! The policy of references, case by case. Nothing here touches the network.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use keyline_source::{CacheOptions, ErrorKind, Network, Origin, References};

const URL: &str = "https://ranges.example.com/ip-ranges.json";

struct Case<'a> {
    map: &'a [(&'a str, &'a str)],
    allow: &'a [&'a str],
    open: &'a str,
    expected: Result<&'a str, ErrorKind>,
}

#[test]
fn policy() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    fs::write(root.join("ranges.json"), "{\"prefixes\": []}").unwrap();
    fs::write(root.join("empty.csv"), " \n").unwrap();
    fs::create_dir(root.join("refs")).unwrap();
    fs::write(root.join("refs/a.csv"), "a").unwrap();
    fs::write(root.join("secret.csv"), "secret").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(root.join("secret.csv"), root.join("refs/link.csv")).unwrap();
    let at = |name: &str| root.join(name).to_string_lossy().into_owned();
    let refs = at("refs");
    let a = at("refs/a.csv");
    let up = at("refs/../secret.csv");
    let none = at("refs/none.csv");
    let link = at("refs/link.csv");
    let file_url = format!("file://{a}");
    let ranges = at("ranges.json");
    let empty = at("empty.csv");
    let missing = at("missing.json");
    let map: &[(&str, &str)] = &[(URL, &ranges)];

    let ok = |text: &'static str| Ok(text);
    let no = |kind: ErrorKind| Err(kind);
    let cases = [
        Case {
            map,
            allow: &[],
            open: URL,
            expected: ok("{\"prefixes\": []}"),
        },
        // The mapping is exact, so that another address is never answered with it.
        Case {
            map,
            allow: &[],
            open: &format!("{URL}?x"),
            expected: no(ErrorKind::NotAllowed),
        },
        Case {
            map: &[],
            allow: &[],
            open: URL,
            expected: no(ErrorKind::NotAllowed),
        },
        Case {
            map: &[(URL, &missing)],
            allow: &[],
            open: URL,
            expected: no(ErrorKind::NotFound),
        },
        Case {
            map: &[(URL, &empty)],
            allow: &[],
            open: URL,
            expected: no(ErrorKind::Empty),
        },
        Case {
            map: &[],
            allow: &["https://ranges.example.com"],
            open: URL,
            expected: no(ErrorKind::Offline),
        },
        Case {
            map: &[],
            allow: &["https://ranges.example.com"],
            open: "https://ranges.example.com.evil.test/",
            expected: no(ErrorKind::NotAllowed),
        },
        Case {
            map: &[],
            allow: &[],
            open: &a,
            expected: no(ErrorKind::NotAllowed),
        },
        Case {
            map: &[],
            allow: &[&refs],
            open: &a,
            expected: ok("a"),
        },
        Case {
            map: &[],
            allow: &[&refs],
            open: &file_url,
            expected: ok("a"),
        },
        Case {
            map: &[],
            allow: &[&refs],
            open: &up,
            expected: no(ErrorKind::NotAllowed),
        },
        Case {
            map: &[],
            allow: &[&refs],
            open: &none,
            expected: no(ErrorKind::NotAllowed),
        },
        #[cfg(unix)]
        Case {
            map: &[],
            allow: &[&refs],
            open: &link,
            expected: no(ErrorKind::NotAllowed),
        },
        Case {
            map: &[],
            allow: &[],
            open: "https://u:p@ranges.example.com/",
            expected: no(ErrorKind::BadUrl),
        },
    ];
    for case in cases {
        let map = case
            .map
            .iter()
            .map(|(url, path)| (url.to_string(), PathBuf::from(path)));
        let allow: Vec<String> = case.allow.iter().map(|text| text.to_string()).collect();
        let references = References::new(map.collect(), &allow, Network::Offline, None).unwrap();
        let found = references.open(case.open);
        let found = found
            .as_ref()
            .map(|it| std::str::from_utf8(&it.bytes).unwrap());
        assert_eq!(
            found.map_err(|error| error.kind()),
            case.expected,
            "{}",
            case.open
        );
    }
}

#[test]
fn errors_say_what_to_do() {
    let error = References::none().open(URL).unwrap_err().to_string();
    assert!(error.contains(&format!("--ref {URL}=PATH")), "{error}");
    assert!(error.contains(&format!("--allow-url {URL}")), "{error}");
}

#[test]
fn a_cache_is_used_within_its_age() {
    let folder = tempfile::tempdir().unwrap();
    // The name that the cache gives to this address: SHA-256 of its full form.
    let name = {
        use sha2::{Digest, Sha256};
        let digest = Sha256::digest(b"https://ranges.example.com:443/ip-ranges.json");
        format!("ref-{}", data_encoding::HEXLOWER.encode(&digest))
    };
    fs::write(folder.path().join(name), "cached").unwrap();
    let open = |allow: &str, age_max: Duration| {
        let cache = CacheOptions {
            folder: folder.path().to_owned(),
            age_max,
        };
        let allow = [allow.to_owned()];
        let references = References::new(Vec::new(), &allow, Network::Offline, Some(cache));
        references.unwrap().open(URL).map_err(|error| error.kind())
    };
    let hour = Duration::from_secs(3600);
    let found = open("https://ranges.example.com", hour).unwrap();
    assert_eq!(
        (found.bytes.as_slice(), found.origin),
        (&b"cached"[..], Origin::Cached)
    );
    let stale = open("https://ranges.example.com", Duration::ZERO);
    assert_eq!(stale, Err(ErrorKind::Offline));
    assert_eq!(
        open("https://elsewhere.example.com", hour),
        Err(ErrorKind::NotAllowed)
    );
}
