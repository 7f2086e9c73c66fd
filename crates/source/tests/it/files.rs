//! Which files are found below a path, in which order, and what is passed over.

use std::fs;
use std::path::{Path, PathBuf};

use keyline_source::{Contents, ErrorKind, PassedOver, Span, discover, read_into, spool};

const ROOT: &str = "AWSLogs/o-abc/111122223333";

fn tree(entries: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, bytes) in entries {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    folder
}

fn list(folder: &Path, span: Span) -> String {
    let found = discover(&[folder.to_owned()], span).unwrap();
    let mut out = String::new();
    for file in &found.files {
        let path = file.path.strip_prefix(folder).unwrap();
        let region = file.key.as_ref().map_or("-", |key| &key.region);
        out += &format!("{} {:?} {region}\n", path.display(), file.kind);
    }
    for (why, (count, _)) in &found.passed_over {
        out += &format!("{}: {count}\n", why.name());
    }
    for problem in &found.problems {
        out += &format!("problem: {}\n", problem.why);
    }
    out
}

#[test]
fn the_s3_layout() {
    let at = |rest: &str| format!("{ROOT}/{rest}");
    let paths = [
        at("CloudTrail/us-east-1/2026/03/02/111122223333_CloudTrail_us-east-1_x.json.gz"),
        at("CloudTrail/us-east-1/2026/03/01/111122223333_CloudTrail_us-east-1_x.json.gz"),
        at("CloudTrail-NetworkActivity/us-east-1/2026/03/01/n.json.gz"),
        at("CloudTrail-Insight/us-east-1/2026/03/01/i.json.gz"),
        at("CloudTrail-Digest/us-east-1/2026/03/01/d.json.gz"),
        at("Config/us-east-1/2026/3/1/c.json.gz"),
        at("vpcflowlogs/us-east-1/2026/03/01/f.log.gz"),
        "loose/111122223333_CloudTrail-Digest_us-east-1_x.json.gz".to_owned(),
        "loose/a.jsonl".to_owned(),
        "loose/events".to_owned(),
        "loose/.hidden.json".to_owned(),
        "README.md".to_owned(),
        "kept.parquet".to_owned(),
    ];
    let entries: Vec<(&str, &[u8])> = paths
        .iter()
        .map(|path| {
            let bytes: &[u8] = if path.ends_with("events") {
                b"\n {\"Records\""
            } else {
                b"text"
            };
            (path.as_str(), bytes)
        })
        .collect();
    let folder = tree(&entries);
    let expected = format!(
        "{ROOT}/CloudTrail/us-east-1/2026/03/01/111122223333_CloudTrail_us-east-1_x.json.gz Logs us-east-1
{ROOT}/CloudTrail/us-east-1/2026/03/02/111122223333_CloudTrail_us-east-1_x.json.gz Logs us-east-1
{ROOT}/CloudTrail-Insight/us-east-1/2026/03/01/i.json.gz Logs us-east-1
{ROOT}/CloudTrail-NetworkActivity/us-east-1/2026/03/01/n.json.gz Logs us-east-1
kept.parquet Parquet -
loose/a.jsonl Logs -
loose/events Logs -
passed-over-digest: 2
passed-over-other-service: 2
passed-over-hidden: 1
passed-over-not-a-log: 1
"
    );
    assert_eq!(list(folder.path(), Span::default()), expected);

    let since = 1_772_600_000_000_000; // 4 March 2026
    let pruned = list(folder.path(), Span::padded(Some(since), None));
    assert!(pruned.contains("passed-over-outside-span: 4"), "{pruned}");
    assert!(pruned.contains("loose/a.jsonl"), "{pruned}");
}

#[cfg(unix)]
#[test]
fn links_do_not_loop() {
    let folder = tree(&[("a/x.json", b"{}"), ("b/y.json", b"{}")]);
    std::os::unix::fs::symlink(folder.path(), folder.path().join("a/up")).unwrap();
    std::os::unix::fs::symlink("nowhere", folder.path().join("broken.json")).unwrap();
    let expected = "a/x.json Logs -\nb/y.json Logs -\nproblem: no such file or directory\n";
    assert_eq!(list(folder.path(), Span::default()), expected);
}

#[test]
fn named_files_are_always_read() {
    let folder = tree(&[("CloudTrail-Digest.txt", b"anything"), (".x", b"PAR1....")]);
    let paths = [".x", "CloudTrail-Digest.txt"].map(|name| folder.path().join(name));
    let found = discover(&paths, Span::default()).unwrap();
    let kinds: Vec<String> = found
        .files
        .iter()
        .map(|file| format!("{:?}", file.kind))
        .collect();
    assert_eq!(kinds, ["Parquet", "Logs"]);
    assert_eq!(found.passed_over.get(&PassedOver::Hidden), None);
    assert!(
        discover(&[PathBuf::from("-")], Span::default())
            .unwrap()
            .stdin
    );
}

#[test]
fn a_missing_path_is_named() {
    let error = discover(&[PathBuf::from("no/such/folder")], Span::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("`no/such/folder`"), "{error}");
}

#[test]
fn reading_and_spooling() {
    let folder = tree(&[("a.json", b"0123456789")]);
    let path = folder.path().join("a.json");
    let mut buffer = b"old".to_vec();
    assert!(matches!(
        read_into(&path, &mut buffer, 10),
        Ok(Contents::Whole)
    ));
    assert_eq!(buffer, b"0123456789");
    assert!(matches!(
        read_into(&path, &mut buffer, 9),
        Ok(Contents::Stream(_))
    ));
    let copy = spool(&b"piped"[..], folder.path(), "stdin").unwrap();
    assert_eq!(fs::read(&copy).unwrap(), b"piped");
    assert!(spool(&b"again"[..], folder.path(), "stdin").is_err());
}
