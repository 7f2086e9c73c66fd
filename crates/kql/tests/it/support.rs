//! Where the corpora are, and how their queries are read.

use std::path::PathBuf;

/// A query of a corpus.
pub struct Case {
    pub id: String,
    pub query: String,
    /// The engine refuses it.
    pub refused: bool,
}

/// The folder of shared test material, or `None` with a note of what is left out.
pub fn shared(what: &str) -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared");
    let folder = PathBuf::from(std::env::var("KEYLINE_SHARED").unwrap_or(beside.to_string()));
    if folder.join("corpus").is_dir() {
        return Some(folder);
    }
    println!("skipped: {what}, since {} is absent", folder.display());
    None
}

/// The queries of a corpus of JSON lines.
pub fn json_cases(folder: &std::path::Path, file: &str) -> Vec<Case> {
    let text = std::fs::read_to_string(folder.join("corpus/kql").join(file)).unwrap();
    text.lines()
        .map(|line| {
            let case: serde_json::Value = serde_json::from_str(line).unwrap();
            Case {
                id: case["id"].as_str().unwrap().to_string(),
                query: case["query"].as_str().unwrap().to_string(),
                refused: case["expect"] == "error",
            }
        })
        .collect()
}

/// The queries of the rule files under a folder of `corpus/sentinel`.
pub fn rule_cases(folder: &std::path::Path, prefix: &str) -> Vec<Case> {
    let mut cases = Vec::new();
    for entry in std::fs::read_dir(folder.join("corpus/sentinel")).unwrap() {
        let directory = entry.unwrap().path();
        let name = directory.file_name().unwrap().to_string_lossy().to_string();
        if !directory.is_dir() || !name.starts_with(prefix) {
            continue;
        }
        for file in std::fs::read_dir(&directory).unwrap() {
            let path = file.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            let file = path.file_name().unwrap().to_string_lossy().to_string();
            let Some(query) = query_of_rule(&text) else {
                continue;
            };
            cases.push(Case {
                id: format!("{name}/{file}"),
                query,
                refused: false,
            });
        }
    }
    cases.sort_by(|a, b| a.id.cmp(&b.id));
    assert!(!cases.is_empty(), "no rules under {prefix}");
    cases
}

/// The block scalar of the key `query`, which all the corpus's rules have; reading YAML in full is
/// not the matter here.
fn query_of_rule(text: &str) -> Option<String> {
    let mut lines = text.lines();
    let key = lines.find(|line| {
        let line = line.trim_start();
        line.starts_with("query:")
            || line.starts_with("Query:")
            || line.starts_with("FunctionQuery:")
            || line.starts_with("ParserQuery:")
    })?;
    let margin = key.len() - key.trim_start().len();
    let inline = key
        .trim_start()
        .split_once(':')
        .map_or("", |(_, rest)| rest)
        .trim();
    if !inline.is_empty() && !inline.starts_with(['|', '>']) {
        return Some(inline.trim_matches('\'').to_string());
    }
    let block: Vec<&str> = lines
        .take_while(|line| line.trim().is_empty() || line.len() - line.trim_start().len() > margin)
        .collect();
    let indent = block
        .iter()
        .find(|line| !line.trim().is_empty())
        .map_or(0, |l| l.len() - l.trim_start().len());
    let body: Vec<&str> = block
        .iter()
        .map(|line| line.get(indent..).unwrap_or(""))
        .collect();
    Some(body.join("\n").trim().trim_matches('\'').to_string())
}

/// `name: type = default, …`, of the list `ParserParams` of an ASIM parser.
pub fn parameters_of_parser(yaml: &str) -> String {
    let lines = yaml
        .lines()
        .skip_while(|line| !line.starts_with("ParserParams:"));
    let lines = lines
        .skip(1)
        .take_while(|line| line.starts_with([' ', '-']));
    let mut parameters: Vec<[String; 3]> = Vec::new();
    for line in lines {
        let line = line.trim().trim_start_matches("- ");
        let (key, value) = line.split_once(':').unwrap_or((line, ""));
        if key == "Name" {
            parameters.push(Default::default());
        }
        let place = ["Name", "Type", "Default"]
            .iter()
            .position(|known| *known == key);
        if let (Some(place), Some(last)) = (place, parameters.last_mut()) {
            last[place] = value.trim().to_string();
        }
    }
    let text = |[name, ty, default]: &[String; 3]| {
        let quoted = ty == "string" && !default.starts_with(['\'', '"']);
        let default = if quoted {
            format!("'{default}'")
        } else {
            default.clone()
        };
        format!("{name}: {ty} = {default}")
    };
    parameters.iter().map(text).collect::<Vec<_>>().join(", ")
}
