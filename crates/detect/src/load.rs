//! Rules from files and folders.
//!
//! In: paths. Out: the rules in the order of their paths, what is wrong with them, and how many
//! files were passed over for which reason: a checkout of Azure-Sentinel holds thousands of YAML
//! files that are no rules. A file that was named itself must be one; it is an error if it is not.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::Read;
use std::path::Path;

use serde::Serialize;

use crate::cases::is_test_file;
use crate::limits::{RULE_FILE_BYTES_MAX, RULE_FOLDER_DEPTH_MAX, RULE_PATHS_MAX};
use crate::problem::{FailedRule, Position, Problem, Severity};
use crate::read_rule::{Document, read_rule};
use crate::rule::Rule;
use crate::yaml;

#[derive(Clone, Debug, Default)]
pub struct Loaded {
    pub rules: Vec<Rule>,
    pub problems: Vec<Problem>,
    /// Files (documents, in a file with several) that are no rules, by reason.
    pub passed_over: BTreeMap<String, usize>,
    /// Rules of which nothing could be made; their problems are among `problems` too.
    pub broken: Vec<FailedRule>,
    /// Those of them whose query can be looked at all the same: what else is wrong shall be said too.
    pub unusable: Vec<Rule>,
    /// YAML files read.
    pub files: usize,
    /// Built-in rules whose place a rule of the user took.
    pub replaced: Vec<Replaced>,
    by_id: HashMap<String, usize>,
}

/// A built-in rule that does not run, as a rule of the user has its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Replaced {
    pub rule_id: String,
    /// The name of the built-in rule.
    pub name: String,
    /// The file of the rule that runs in its place.
    pub file: String,
}

/// How a file came to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Found in a folder: what is no rule is passed over.
    Found,
    /// Named by the user: what is no rule is an error.
    Named,
    /// Embedded in the program: a rule of the user with the same id goes first.
    BuiltIn,
}

/// Reads all rules under the paths, folders recursively in the order of their names.
pub fn load<P: AsRef<Path>>(paths: &[P]) -> Loaded {
    let mut loaded = Loaded::default();
    let mut visited = 0;
    for path in paths {
        let path = path.as_ref();
        if path.is_dir() {
            walk(path, 0, &mut visited, &mut loaded);
        } else {
            load_file(path, Origin::Named, &mut loaded);
        }
    }
    loaded
}

/// Reads the rules of one file's text; `file` is the name to report it under.
pub fn load_text(file: &str, text: &[u8], origin: Origin, loaded: &mut Loaded) {
    loaded.files += 1;
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
    let text = match std::str::from_utf8(text) {
        Ok(text) => text,
        Err(error) => {
            let line = text[..error.valid_up_to()]
                .iter()
                .filter(|b| **b == b'\n')
                .count()
                + 1;
            let at = Position { line, column: 1 };
            loaded.fail(file, at, "not UTF-8 text");
            return loaded.pass_over("not UTF-8");
        }
    };
    let documents = match yaml::parse(text) {
        Ok(documents) => documents,
        Err(error) => {
            loaded.fail(file, error.position, error.message);
            return loaded.pass_over("not valid YAML");
        }
    };
    if documents.is_empty() {
        loaded.pass(file, Position { line: 1, column: 1 }, "empty", origin);
    }
    for document in &documents {
        match read_rule(document, file, text) {
            Document::Rule(rule, problems) => {
                loaded.problems.extend(problems);
                loaded.add(*rule, origin);
            }
            Document::Broken(id, problems, rule) => {
                loaded.unusable.extend(rule.map(|rule| *rule));
                if let Some(first) = problems.iter().find(|problem| problem.is_fatal()) {
                    let Position { line, column } = first.position;
                    let why = format!("{line}:{column}: {}", first.message);
                    let file = file.to_string();
                    loaded.broken.push(FailedRule {
                        rule_id: Some(id),
                        file,
                        why,
                    });
                }
                loaded.problems.extend(problems);
                loaded.pass_over("broken rule");
            }
            Document::PassedOver(reason) => {
                loaded.pass(file, document.position, reason, origin);
            }
        }
    }
}

fn walk(folder: &Path, depth: usize, visited: &mut usize, loaded: &mut Loaded) {
    let name = folder.display().to_string();
    if depth > RULE_FOLDER_DEPTH_MAX {
        let message = format!("folders nested deeper than {RULE_FOLDER_DEPTH_MAX} are not read");
        return loaded.fail(&name, Position::default(), message);
    }
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            return loaded.fail(
                &name,
                Position::default(),
                format!("cannot be read: {error}"),
            );
        }
    };
    let mut paths: Vec<_> = entries
        .filter_map(|entry| entry.ok().map(|e| e.path()))
        .collect();
    paths.sort();
    for path in paths {
        *visited += 1;
        if *visited > RULE_PATHS_MAX {
            let message = format!("more than {RULE_PATHS_MAX} files: the rest is not read");
            return loaded.fail(&name, Position::default(), message);
        }
        let hidden = path
            .file_name()
            .is_some_and(|n| n.to_string_lossy().starts_with('.'));
        let is_link = path.is_symlink();
        let is_yaml = path.extension().is_some_and(|extension| {
            extension.eq_ignore_ascii_case("yaml") || extension.eq_ignore_ascii_case("yml")
        });
        match () {
            () if hidden => {}
            // A link to a folder may lead back up; a link to a file does not.
            () if path.is_dir() && !is_link => walk(&path, depth + 1, visited, loaded),
            () if path.is_dir() => loaded.pass_over("a link to a folder"),
            () if is_test_file(&path) => loaded.pass_over("cases of a rule"),
            () if is_yaml => load_file(&path, Origin::Found, loaded),
            () => loaded.pass_over("not a YAML file"),
        }
    }
}

fn load_file(path: &Path, origin: Origin, loaded: &mut Loaded) {
    let name = path.display().to_string();
    let mut bytes = Vec::new();
    let read = fs::File::open(path)
        .and_then(|file| file.take(RULE_FILE_BYTES_MAX + 1).read_to_end(&mut bytes));
    match read {
        Err(error) => {
            loaded.fail(
                &name,
                Position::default(),
                format!("cannot be read: {error}"),
            );
            loaded.pass_over("cannot be read");
        }
        Ok(_) if bytes.len() as u64 > RULE_FILE_BYTES_MAX => {
            let message = format!("larger than {RULE_FILE_BYTES_MAX} bytes, the limit for a rule");
            loaded.fail(&name, Position::default(), message);
            loaded.pass_over("too large");
        }
        Ok(_) => load_text(&name, &bytes, origin, loaded),
    }
}

impl Loaded {
    /// Keeps the first rule of an id: alerts are told apart by it. One that asks something else is another
    /// rule, whatever its id, and goes by its file's name as well.
    fn add(&mut self, mut rule: Rule, origin: Origin) {
        if let Some(first) = self.by_id.get(&rule.id) {
            let first = &self.rules[*first];
            if origin == Origin::BuiltIn {
                return self.replaced.push(Replaced {
                    rule_id: rule.id,
                    name: rule.name,
                    file: first.file.clone(),
                });
            }
            let message = format!("the id `{}` is already that of {}", rule.id, first.file);
            let is_copy = first.query.text == rule.query.text;
            let other = format!("{}/{}", rule.id, stem(&rule.file));
            let is_taken = self.by_id.contains_key(&other);
            let help = match is_copy || is_taken {
                true => "the first one is used; give this rule an id of its own".to_owned(),
                false => format!("it asks something else, so it goes by `{other}`"),
            };
            let problem = Problem::new(&rule.file, rule.position, Severity::Warning, message);
            self.problems.push(problem.with_help(help));
            if is_copy || is_taken {
                return self.pass_over("duplicate id");
            }
            rule.id = other;
        }
        self.by_id.insert(rule.id.clone(), self.rules.len());
        self.rules.push(rule);
    }

    fn pass(&mut self, file: &str, at: Position, reason: &str, origin: Origin) {
        if origin != Origin::Found {
            self.fail(file, at, format!("not a rule: {reason}"));
        }
        self.pass_over(reason);
    }

    fn pass_over(&mut self, reason: &str) {
        *self.passed_over.entry(reason.to_string()).or_default() += 1;
    }

    fn fail(&mut self, file: &str, at: Position, message: impl Into<String>) {
        self.problems
            .push(Problem::new(file, at, Severity::Error, message));
    }
}

/// A file's name without its folders and its ending.
fn stem(file: &str) -> String {
    let stem = Path::new(file).file_stem();
    stem.map_or_else(
        || file.to_owned(),
        |stem| stem.to_string_lossy().into_owned(),
    )
}
