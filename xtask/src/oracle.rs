//! `cargo xtask oracle --tool DIR`: asks Microsoft's own parser and binder about every query of the
//! KQL corpora and writes what it says to `docs/kql/oracle.jsonl`.
//!
//! In: the folder of the tool, in which `npm install` has been run, and the corpora. Out: a line for
//! each query: a hash of its text, whether it is accepted, the first error's code or the columns. The
//! queries themselves are not written. Needs Node; the tests that use the answers do not.

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
    let answers = ask(Path::new(tool), &queries)?;
    let lines: Vec<String> = answers.values().map(Value::to_string).collect();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/kql/oracle.jsonl");
    std::fs::write(&path, lines.join("\n") + "\n")?;
    println!("{} answers", answers.len());
    Ok(())
}

fn shared() -> PathBuf {
    match std::env::var_os("KEYLINE_SHARED") {
        Some(path) => PathBuf::from(path),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"),
    }
}

fn ask(tool: &Path, queries: &[String]) -> anyhow::Result<BTreeMap<String, Value>> {
    let mut node = Command::new("node")
        .arg(tool.join("oracle.js"))
        .arg("--jsonl")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("`node` did not start")?;
    let mut input = node.stdin.take().context("no way to write to `node`")?;
    for (number, query) in queries.iter().enumerate() {
        // It reads all before it answers, so nothing can wait for us.
        writeln!(input, "{}", json!({"id": number, "query": query}))?;
    }
    drop(input);
    let output = node.wait_with_output()?;
    if !output.status.success() {
        bail!("the tool failed: {}", output.status);
    }
    let mut answers = BTreeMap::new();
    for line in String::from_utf8(output.stdout)?.lines() {
        let answer: Value = serde_json::from_str(line)?;
        let number = answer["id"]
            .as_u64()
            .context("an answer without a number")? as usize;
        let hash = hash(queries.get(number).context("an answer to no question")?);
        let errors = answer["errors"].as_array().map_or(0, Vec::len);
        let fact = match (errors, &answer["columns"]) {
            (0, Value::Null) => json!({"query": hash, "accepted": true}),
            (0, columns) => json!({"query": hash, "accepted": true, "columns": columns}),
            _ => json!({"query": hash, "accepted": false, "code": answer["errors"][0]["code"]}),
        };
        answers.insert(hash, fact);
    }
    Ok(answers)
}

/// FNV-1a, as `crates/kql/tests/it/oracle.rs` has it.
fn hash(text: &str) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in text.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    format!("{hash:016x}")
}
