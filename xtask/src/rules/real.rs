//! Real records: what our rules find in them, beside what the public rules of Sentinel find.
//!
//! In: the folder with real logs and public rules, which is not part of the repository. Out: a table by
//! file. Names and numbers only, nothing of the records.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use super::{Alert, Program, by_severity};

const PUBLIC_RULES: &str = "corpus/sentinel/AmazonWebServices-AnalyticRules";

pub fn section(program: &Program, shared: &Path) -> anyhow::Result<String> {
    let public = Program::new(
        program.keyline.clone(),
        vec![shared.join(PUBLIC_RULES)],
        Vec::new(),
    )?;
    let mut rows = String::new();
    let (mut ours_in_all, mut theirs_in_all) = (0, 0);
    for file in files(&shared.join("data"))? {
        let name = file
            .strip_prefix(shared.join("data"))?
            .display()
            .to_string();
        let ours = program.hunt(&file)?;
        let theirs = public.hunt(&file)?;
        ours_in_all += ours.len();
        theirs_in_all += theirs.len();
        for alert in &ours {
            eprintln!("{name}: {}: {}", alert.severity, alert.title);
        }
        if ours.is_empty() && theirs.is_empty() {
            continue;
        }
        let name = name.trim_end_matches(".jsonl");
        writeln!(
            rows,
            "| `{name}` | {} | {} |",
            list(program, &ours),
            list(&public, &theirs)
        )?;
    }
    Ok(format!(
        "\n## Real records\n\nRecords of public emulations and incidents, file by file; what neither finds anything in \
         is left out. Ours raised {ours_in_all} alerts, the {} public analytics rules of Sentinel {theirs_in_all} \
         (run unmodified by Keyline, without references). They look for other things as well: policies, buckets, \
         trails. Ours look at credentials alone.\n\n\
         | records | our rules | public rules |\n|---|---|---|\n{rows}",
        public.rules.len()
    ))
}

fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "jsonl")
        {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn list(program: &Program, alerts: &[Alert]) -> String {
    let mut by_rule: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for alert in alerts {
        let severities = by_rule.entry(program.name(&alert.rule_id)).or_default();
        severities.push(&alert.severity);
    }
    let texts = by_rule
        .into_iter()
        .map(|(rule, severities)| format!("{rule} ({})", by_severity(severities.into_iter())));
    texts.collect::<Vec<_>>().join("; ")
}
