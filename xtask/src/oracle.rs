//! `cargo xtask oracle --tool DIR`: asks Microsoft's own parser and binder about every query of the
//! KQL corpora, and about the queries that `crates/kql/tests/it/generated` makes, and writes what it
//! says to `docs/kql/oracle.jsonl`, `docs/kql/generated.txt` and `docs/kql/changed.txt`.
//!
//! In: the folder of the tool, in which `npm install` has been run, and the corpora. Out: a line for
//! each query: a hash of its text, whether it is accepted, the first error's place and code or the
//! columns. The queries themselves are not written. Needs Node; the tests that use the answers do not.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

const CORPORA: [&str; 2] = [
    "kustainer-conformance.dev.jsonl",
    "docs-conformance.dev.jsonl",
];

pub(crate) fn oracle(options: &[String]) -> anyhow::Result<()> {
    let [flag, tool] = options else {
        bail!("usage: cargo xtask oracle --tool DIR");
    };
    if flag != "--tool" {
        bail!("unknown option `{flag}`");
    }
    let mut queries = Vec::new();
    for file in CORPORA {
        let path = shared().join("corpus/kql").join(file);
        let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        for line in text.lines() {
            let case: Value = serde_json::from_str(line)?;
            queries.push(
                case["query"]
                    .as_str()
                    .context("a case without a query")?
                    .to_string(),
            );
        }
    }
    let mut facts = BTreeMap::new();
    for (query, answer) in queries.iter().zip(ask(Path::new(tool), &queries)?) {
        if let Some(answer) = answer {
            let hash = format!("{:016x}", hash(query));
            facts.insert(hash.clone(), fact(&hash, &answer));
        }
    }
    let lines: Vec<String> = facts.values().map(Value::to_string).collect();
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/kql");
    std::fs::write(docs.join("oracle.jsonl"), lines.join("\n") + "\n")?;
    println!("{} answers about the corpora", lines.len());
    for (made, variable, file) in [
        ("generated", "GENERATED_QUERIES", "generated.txt"),
        ("changed", "CHANGED_QUERIES", "changed.txt"),
    ] {
        let queries = made_by_the_tests(made, variable)?;
        let mut lines = vec![format!(
            "# What Microsoft's binder says of the {made} {HEAD}"
        )];
        for (query, answer) in queries.iter().zip(ask(Path::new(tool), &queries)?) {
            lines.extend(answer.map(|answer| compact(query, &answer)));
        }
        std::fs::write(docs.join(file), lines.join("\n") + "\n")?;
        println!("{} answers about {made} queries", lines.len() - 1);
    }
    Ok(())
}

const HEAD: &str = "queries that crates/kql/tests/it/generated makes: hash of the\n\
    # query, then `A` and a hash of names and types of the columns, or `N` and a hash of the names where it\n\
    # knows no type, or `R` with the place and code of the first error, and\n\
    # of the first error of grammar where that is another. `cargo xtask oracle` writes it.";

/// The queries that the tests of `kql` make and write where the variable says.
fn made_by_the_tests(made: &str, variable: &str) -> anyhow::Result<Vec<String>> {
    let file = std::env::temp_dir().join(format!("keyline-generated-{}.jsonl", std::process::id()));
    let status = crate::run::cargo()
        .args([
            "test",
            "-q",
            "-p",
            "keyline-kql",
            "--test",
            "it",
            &format!("of_{made}_queries"),
        ])
        .env(variable, &file)
        .status()?;
    if !status.success() {
        bail!("the tests of `kql` did not make the queries");
    }
    let text = std::fs::read_to_string(&file)?;
    std::fs::remove_file(&file)?;
    let query = |line: &str| -> anyhow::Result<String> {
        let line: Value = serde_json::from_str(line)?;
        Ok(line["query"]
            .as_str()
            .context("a line without a query")?
            .to_string())
    };
    text.lines().map(query).collect()
}

/// Codes of errors of grammar. After one, the binder goes on with what its recovery made up.
const GRAMMAR: [&str; 8] = [
    "KS001", "KS002", "KS005", "KS006", "KS109", "KS174", "KS176", "KS198",
];

/// One line of `generated.txt`. A place between two tokens is the end of the gap.
fn compact(query: &str, answer: &Value) -> String {
    let hash_text = format!("{:x}", hash(query));
    let errors = answer["errors"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let place = |error: &Value| {
        let start = utf16(query, error["start"].as_u64().unwrap_or(0) as usize);
        let mut rest = query[start..].trim_start();
        while rest.starts_with("//") {
            rest = rest.find('\n').map_or("", |end| &rest[end..]).trim_start();
        }
        query.len() - rest.len()
    };
    let first = errors.iter().min_by_key(|error| place(error));
    if let Some(error) = first {
        let code = |error: &Value| error["code"].as_str().unwrap_or("?").to_string();
        let grammar = errors
            .iter()
            .filter(|error| GRAMMAR.contains(&code(error).as_str()));
        let line = format!("{hash_text} R {} {}", place(error), code(error));
        return match grammar.min_by_key(|error| place(error)) {
            Some(other) if place(other) != place(error) => {
                format!("{line} {} {}", place(other), code(other))
            }
            _ => line,
        };
    }
    let columns = answer["columns"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or("unknown").to_string();
    let typed = columns.iter().all(|c| text(&c[1]) != "unknown");
    let names: Vec<String> = columns
        .iter()
        .map(|c| match typed {
            true => format!("{}:{}", text(&c[0]), text(&c[1])),
            false => text(&c[0]),
        })
        .collect();
    let kind = if typed { 'A' } else { 'N' };
    format!("{hash_text} {kind} {:x}", hash(&names.join(",")))
}

/// A place in UTF-16 as one in bytes.
fn utf16(text: &str, place: usize) -> usize {
    let mut units = 0;
    for (at, c) in text.char_indices() {
        if units >= place {
            return at;
        }
        units += c.len_utf16();
    }
    text.len()
}

fn shared() -> PathBuf {
    match std::env::var_os("KEYLINE_SHARED") {
        Some(path) => PathBuf::from(path),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"),
    }
}

/// What the tool says of each query; none where it fails itself.
fn ask(tool: &Path, queries: &[String]) -> anyhow::Result<Vec<Option<Value>>> {
    let mut answers: Vec<Option<Value>> = Vec::with_capacity(queries.len());
    while answers.len() < queries.len() {
        let asked = answers.len();
        let until = queries.len().min(asked + BATCH);
        let said = ask_batch(tool, &queries[asked..until])?;
        let failed = said.len() < until - asked;
        answers.extend(said.into_iter().map(Some));
        if failed {
            eprintln!("the tool fails on a query: {}", queries[answers.len()]);
            answers.push(None);
        }
    }
    Ok(answers)
}

/// Queries asked at once: where the tool fails, those after it are asked again.
const BATCH: usize = 1000;

fn ask_batch(tool: &Path, queries: &[String]) -> anyhow::Result<Vec<Value>> {
    let mut node = Command::new("node")
        .arg(tool.join("oracle.js"))
        .arg("--jsonl")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("`node` did not start")?;
    let mut input = node.stdin.take().context("no way to write to `node`")?;
    for (number, query) in queries.iter().enumerate() {
        // It reads all before it answers, so nothing can wait for us.
        writeln!(input, "{}", json!({"id": number, "query": query}))?;
    }
    drop(input);
    let output = node.wait_with_output()?;
    let text = String::from_utf8(output.stdout)?;
    text.lines()
        .map(|line| Ok(serde_json::from_str(line)?))
        .collect()
}

fn fact(hash: &str, answer: &Value) -> Value {
    let errors = answer["errors"].as_array().map_or(0, Vec::len);
    match (errors, &answer["columns"]) {
        (0, Value::Null) => json!({"query": hash, "accepted": true}),
        (0, columns) => json!({"query": hash, "accepted": true, "columns": columns}),
        _ => json!({"query": hash, "accepted": false, "code": answer["errors"][0]["code"]}),
    }
}

/// FNV-1a, as `crates/kql/tests/it/oracle.rs` has it.
fn hash(text: &str) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in text.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash
}
