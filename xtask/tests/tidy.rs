//! What must hold for the repository as a whole, checked like everything else: by `cargo test`.
//!
//! In: the files of the workspace and `cargo metadata`. Out: one failure for each rule, naming every
//! place that breaks it. The floors are read from the table in ARCHITECTURE.md, so that the document
//! and the code cannot part. Deliberately not here: formatting and lints, which have tools of their
//! own (`.ci/run`).
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Lines a source file may have.
const FILE_LINES_MAX: usize = 800;

/// Source files that may be longer, each with the reason.
const LONG_FILES: &[(&str, &str)] = &[];

/// Folders that are not the project's text.
const NOT_OURS: &[&str] = &[
    "target",
    ".git",
    "node_modules",
    "keyline-lake",
    "artifacts",
    "corpus",
];

/// The one file that is allowed to change an AWS account.
const MAY_WRITE_TO_AWS: &str = "crates/contain/src/sdk.rs";
/// The files beside it that know AWS's clients, and only read with them.
const MAY_READ_FROM_AWS: [&str; 2] = ["crates/contain/src/look/", "crates/source/src/aws/"];
/// What takes messages of a queue away, by this call and no other.
const MAY_DELETE_MESSAGES: (&str, &str) = (
    "crates/source/src/aws/queue.rs",
    concat!("delete_", "message_batch"),
);

struct File {
    /// Relative to the root, with `/`.
    path: String,
    text: String,
}

#[test]
fn source_files_open_by_saying_what_they_are_for() {
    check(
        rust_files()
            .iter()
            .filter(|file| !file.text.starts_with("//!"))
            .map(|file| format!("{}: the first line does not begin with `//!`", file.path)),
    );
}

#[test]
fn source_files_are_short() {
    check(rust_files().iter().filter_map(|file| {
        let lines = file.text.lines().count();
        let listed = LONG_FILES.iter().any(|(path, _)| *path == file.path);
        match (lines > FILE_LINES_MAX, listed) {
            (true, false) => Some(format!(
                "{}: {lines} lines, at most {FILE_LINES_MAX}",
                file.path
            )),
            (false, true) => Some(format!("{}: is listed as long and is not", file.path)),
            _ => None,
        }
    }));
}

#[test]
fn nothing_is_left_undone_or_switched_off() {
    // Put together here, so that this file does not find itself.
    let words = [
        concat!("#[ign", "ore"),
        concat!("to", "do!("),
        concat!("unimple", "mented!("),
        concat!("db", "g!("),
    ];
    check(rust_files().iter().flat_map(|file| places(file, &words)));
}

#[test]
fn nothing_writes_to_aws_but_one_file() {
    let clients = [
        concat!("aws_", "sdk_iam"),
        concat!("aws_", "sdk_sts"),
        concat!("aws_", "sdk_ec2"),
        concat!("aws_", "sdk_organizations"),
        concat!("aws_", "sdk_ssoadmin"),
        concat!("aws_", "sdk_lambda"),
        concat!("aws_", "sdk_rolesanywhere"),
        concat!("aws_", "sdk_s3"),
        concat!("aws_", "sdk_sqs"),
        concat!("aws_", "sdk_cloudtrail"),
    ];
    let files = rust_files();
    let knows = |file: &&File| file.path != MAY_WRITE_TO_AWS && !may_read(file);
    let others = files.iter().filter(knows);
    check(others.flat_map(|file| places(file, &clients)));
}

#[test]
fn what_only_reads_from_aws_calls_nothing_that_writes() {
    // Every word counts: calls also stand in macros.
    let files = rust_files();
    let looking: Vec<&File> = files.iter().filter(|file| may_read(file)).collect();
    for folder in MAY_READ_FROM_AWS {
        let there = looking.iter().filter(|file| file.path.starts_with(folder));
        assert!(there.count() > 1, "{folder} is where this test looks");
    }
    let writes = [
        "put_",
        "delete_",
        "update_",
        "create_",
        "attach_",
        "detach_",
        "add_",
        "remove_",
        "set_",
        "deactivate_",
        "provision_",
        "tag_",
        "untag_",
        "enable_",
        "disable_",
        "upload_",
    ];
    let is_word = |letter: char| letter.is_ascii_lowercase() || letter == '_';
    check(looking.iter().flat_map(|file| {
        file.text
            .lines()
            .enumerate()
            .flat_map(move |(number, line)| {
                let words = line.split(move |letter| !is_word(letter));
                // Dates, what is done on this machine, and parts of questions.
                let harmless = [
                    "create_date",
                    "upload_date",
                    "create_private",
                    "remove_file",
                    "enable_all",
                    "set_continuation_token",
                    "set_delimiter",
                    "set_entries",
                    "set_if_match",
                    "set_next_token",
                    "set_start_after",
                ];
                let wrong = words
                    .filter(|word| writes.iter().any(|verb| word.starts_with(verb)))
                    .filter(move |word| !harmless.contains(word))
                    .filter(move |word| (&*file.path, *word) != MAY_DELETE_MESSAGES);
                wrong
                    .map(|word| format!("{}:{}: `{word}`", file.path, number + 1))
                    .collect::<Vec<_>>()
            })
    }));
}

fn may_read(file: &File) -> bool {
    MAY_READ_FROM_AWS
        .iter()
        .any(|folder| file.path.starts_with(folder))
}

#[test]
fn pure_crates_touch_nothing_outside() {
    let words = [
        "std::fs",
        "std::net::Tcp",
        "std::net::Udp",
        "ToSocketAddrs",
        "std::env::",
        "std::process",
        "std::thread",
        "SystemTime::now",
        "Instant::now",
        "Timestamp::now",
        "Zoned::now",
        "tokio::",
    ];
    let files = rust_files();
    let pure: Vec<String> = table()
        .into_iter()
        .filter(|row| row.floor == 0)
        .map(|row| format!("crates/{}/src/", row.name))
        .collect();
    assert!(
        pure.len() >= 3,
        "ARCHITECTURE.md lists {} crates on floor 0",
        pure.len()
    );
    let inside = files
        .iter()
        .filter(|file| pure.iter().any(|start| file.path.starts_with(start)));
    check(inside.flat_map(|file| places(file, &words)));
}

#[test]
fn limits_say_their_reason() {
    check(
        rust_files()
            .iter()
            .filter(|file| file.path.ends_with("limits.rs"))
            .flat_map(|file| {
                let mut above = "";
                let mut found = Vec::new();
                for (number, line) in file.text.lines().enumerate() {
                    let line = line.trim();
                    // One comment may stand above several limits in a row.
                    let explained = ["///", "#[", "pub const"]
                        .iter()
                        .any(|start| above.starts_with(start));
                    if line.starts_with("pub const") && !explained {
                        found.push(format!(
                            "{}:{}: a limit without a `///` above it",
                            file.path,
                            number + 1
                        ));
                    }
                    above = line;
                }
                found
            }),
    );
}

#[test]
fn links_in_documents_lead_somewhere() {
    let files = files(&["md"]);
    check(files.iter().flat_map(|file| {
        let folder = root().join(&file.path).parent().unwrap().to_path_buf();
        links(&file.text)
            .into_iter()
            .filter(|link| !link.contains("://") && !link.starts_with("mailto:"))
            .filter_map(|link| {
                let (path, anchor) = link.split_once('#').unwrap_or((&link, ""));
                let target = if path.is_empty() {
                    root().join(&file.path)
                } else {
                    folder.join(path)
                };
                if !target.exists() {
                    return Some(format!("{}: `{link}` leads nowhere", file.path));
                }
                let missing = !anchor.is_empty()
                    && target
                        .extension()
                        .is_some_and(|extension| extension == "md")
                    && !anchors(&fs::read_to_string(&target).unwrap()).contains(anchor);
                missing.then(|| format!("{}: `{link}` names no heading", file.path))
            })
            .collect::<Vec<_>>()
    }));
}

#[test]
fn no_paths_of_somebodys_machine() {
    let words = [
        concat!("/ro", "ot/"),
        concat!("/wo", "rk/"),
        concat!("/t", "mp/"),
        concat!("/Us", "ers/"),
    ];
    let files = files(&[
        "rs", "md", "toml", "yml", "yaml", "py", "sh", "json", "run", "txt", "lock",
    ]);
    check(files.iter().flat_map(|file| places(file, &words)));
}

#[test]
fn crates_use_what_their_row_in_the_architecture_allows() {
    let metadata = metadata();
    let table = table();
    let rows: BTreeMap<&str, &Row> = table.iter().map(|row| (row.name.as_str(), row)).collect();
    let ours = workspace_packages(&metadata);
    let mut wrong = Vec::new();
    for (id, name) in &ours {
        let short = short(name);
        let Some(row) = rows.get(short) else {
            wrong.push(format!(
                "`{short}` has no row in the table of ARCHITECTURE.md"
            ));
            continue;
        };
        let package = package(&metadata, id);
        let mut used = BTreeSet::new();
        for dependency in package["dependencies"].as_array().unwrap() {
            let dependency_name = dependency["name"].as_str().unwrap();
            let own = dependency_name == "keyline" || dependency_name.starts_with("keyline-");
            let for_tests = dependency["kind"] == "dev";
            let wanted = short_of_dependency(dependency_name);
            if own && for_tests {
                let floor = rows.get(wanted).map_or(0, |other| other.floor);
                if floor > row.floor {
                    wrong.push(format!(
                        "the tests of `{short}` use `{wanted}` of a higher floor"
                    ));
                }
            } else if own {
                used.insert(wanted.to_owned());
                let lower = rows
                    .get(wanted)
                    .is_some_and(|other| other.floor < row.floor);
                if !row.ours.contains(wanted) || !lower {
                    wrong.push(format!(
                        "`{short}` uses `{wanted}`, which its row or floor does not allow"
                    ));
                }
            } else if !for_tests {
                used.insert(dependency_name.to_owned());
                if !row.theirs.contains(dependency_name) {
                    wrong.push(format!(
                        "`{short}` uses `{dependency_name}`, which its row does not name"
                    ));
                }
            }
        }
        for named in row
            .ours
            .union(&row.theirs)
            .filter(|named| !used.contains(*named))
        {
            wrong.push(format!(
                "the row of `{short}` names `{named}`, which it does not use"
            ));
        }
        for below in closure(&metadata, id) {
            if let Some(rule) = row.forbidden.iter().find(|rule| matches(rule, &below)) {
                wrong.push(format!(
                    "`{short}` must not have `{rule}`, and has `{below}` underneath"
                ));
            }
        }
    }
    for name in rows
        .keys()
        .filter(|name| !ours.values().any(|known| short(known) == **name))
    {
        wrong.push(format!(
            "the table of ARCHITECTURE.md has a row for `{name}`, which does not exist"
        ));
    }
    check(wrong);
}

#[test]
fn crates_share_lints_and_versions() {
    let manifests = files(&["toml"]);
    let own = manifests.iter().filter(|file| {
        file.path.ends_with("/Cargo.toml")
            && (file.path.starts_with("crates/") || file.path.starts_with("xtask/"))
            && !file.path.contains("/fuzz/")
    });
    check(own.flat_map(|file| {
        let mut wrong = Vec::new();
        if !file.text.contains("[lints]\nworkspace = true") {
            wrong.push(format!("{}: no `[lints] workspace = true`", file.path));
        }
        let mut in_dependencies = false;
        for line in file.text.lines() {
            if line.starts_with('[') {
                in_dependencies = line.contains("dependencies");
            } else if in_dependencies && line.contains('=') && !line.contains("workspace = true") {
                wrong.push(format!(
                    "{}: `{line}` does not take its version from the workspace",
                    file.path
                ));
            }
        }
        wrong
    }));
}

/// Fails with every message, if there is one.
#[track_caller]
fn check(wrong: impl IntoIterator<Item = String>) {
    let wrong: Vec<String> = wrong.into_iter().collect();
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

/// One row of the table of floors.
#[derive(Debug, Default)]
struct Row {
    name: String,
    floor: u32,
    ours: BTreeSet<String>,
    theirs: BTreeSet<String>,
    forbidden: BTreeSet<String>,
}

fn table() -> Vec<Row> {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let rows: Vec<Row> = text
        .lines()
        .skip_while(|line| !line.starts_with("| crate | floor |"))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            assert_eq!(cells.len(), 5, "a row of five cells: {line}");
            Row {
                name: ticked(cells[0]).into_iter().next().unwrap(),
                floor: cells[1].parse().unwrap(),
                ours: ticked(cells[2]),
                theirs: ticked(cells[3]),
                forbidden: ticked(cells[4]),
            }
        })
        .collect();
    assert!(!rows.is_empty(), "ARCHITECTURE.md has no table of floors");
    rows
}

/// What stands between backticks.
fn ticked(cell: &str) -> BTreeSet<String> {
    cell.split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

fn matches(rule: &str, name: &str) -> bool {
    match rule.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => rule == name,
    }
}

fn short(package: &str) -> &str {
    package.strip_prefix("keyline-").unwrap_or(package)
}

fn short_of_dependency(name: &str) -> &str {
    short(name)
}

fn metadata() -> Value {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .current_dir(root())
        .args(["metadata", "--format-version", "1", "--locked"])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Id and name of every package of the workspace.
fn workspace_packages(metadata: &Value) -> BTreeMap<String, String> {
    let members = metadata["workspace_members"].as_array().unwrap();
    members
        .iter()
        .map(|id| id.as_str().unwrap())
        .map(|id| {
            (
                id.to_owned(),
                package(metadata, id)["name"].as_str().unwrap().to_owned(),
            )
        })
        .collect()
}

fn package<'a>(metadata: &'a Value, id: &str) -> &'a Value {
    let packages = metadata["packages"].as_array().unwrap();
    packages.iter().find(|package| package["id"] == id).unwrap()
}

/// The names of everything that a package is built from, tests apart.
fn closure(metadata: &Value, id: &str) -> BTreeSet<String> {
    let nodes: BTreeMap<&str, &Value> = metadata["resolve"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| (node["id"].as_str().unwrap(), node))
        .collect();
    let names: BTreeMap<&str, &str> = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| {
            (
                package["id"].as_str().unwrap(),
                package["name"].as_str().unwrap(),
            )
        })
        .collect();
    let mut seen = BTreeSet::new();
    let mut waiting = vec![id];
    while let Some(id) = waiting.pop() {
        for dependency in nodes[id]["deps"].as_array().unwrap() {
            let kinds = dependency["dep_kinds"].as_array().unwrap();
            let below = dependency["pkg"].as_str().unwrap();
            if kinds.iter().any(|kind| kind["kind"].is_null()) && seen.insert(below) {
                waiting.push(below);
            }
        }
    }
    seen.into_iter().map(|id| names[id].to_owned()).collect()
}

/// `path:line: word` for every place where a file has one of the words outside comments.
fn places(file: &File, words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for (number, line) in file.text.lines().enumerate() {
        if file.path.ends_with(".rs") && line.trim_start().starts_with("//") {
            continue;
        }
        for word in words.iter().filter(|word| line.contains(**word)) {
            found.push(format!("{}:{}: `{word}`", file.path, number + 1));
        }
    }
    found
}

/// The targets of a Markdown document's links, those in code apart.
fn links(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        // Every second piece between backticks is code.
        for prose in line.split('`').step_by(2) {
            let mut rest = prose;
            while let Some(at) = rest.find("](") {
                rest = &rest[at + 2..];
                if let Some(end) = rest.find(')') {
                    found.push(rest[..end].to_owned());
                }
            }
        }
    }
    found
}

/// The anchors that GitHub makes of a document's headings.
fn anchors(text: &str) -> BTreeSet<String> {
    text.lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| {
            line.trim_start_matches('#')
                .trim()
                .to_lowercase()
                .chars()
                .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
                .map(|c| if c == ' ' { '-' } else { c })
                .collect()
        })
        .collect()
}

fn rust_files() -> Vec<File> {
    files(&["rs"])
}

/// Every text of the project with one of the extensions (or names).
fn files(extensions: &[&str]) -> Vec<File> {
    let mut files = Vec::new();
    collect(&root(), extensions, &mut files);
    files.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(!files.is_empty());
    files
}

fn collect(folder: &Path, extensions: &[&str], files: &mut Vec<File>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !NOT_OURS.contains(&name.as_str()) {
                collect(&path, extensions, files);
            }
        } else if extensions.contains(&name.rsplit('.').next().unwrap_or("")) {
            let relative = path
                .strip_prefix(root())
                .unwrap()
                .to_string_lossy()
                .replace('\\', "/");
            if let Ok(text) = fs::read_to_string(&path) {
                files.push(File {
                    path: relative,
                    text,
                });
            }
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_path_buf()
}
