//! Rules as they are found: files, folders, mistakes and the public collection.

use std::fs;

use keyline_detect::duration;
use keyline_detect::load::{Loaded, Origin, load, load_text};
use proptest::prelude::*;

use crate::shared::shared;

/// The problems of a file's text, one a line.
fn check(text: &str, expected: &[&str]) -> Loaded {
    let mut loaded = Loaded::default();
    load_text("r.yaml", text.as_bytes(), Origin::Named, &mut loaded);
    let problems: Vec<String> = loaded.problems.iter().map(|p| p.to_string()).collect();
    assert_eq!(problems, expected, "{text}");
    loaded
}

#[test]
fn mistakes_are_reported_where_they_stand() {
    check("id: a\nname: n\nquery: T\n", &[]);
    check(
        "id: a\nname: n\nquery: [T]\n",
        &["r.yaml:3:8: error: `query` holds a list: expected text"],
    );
    check(
        "id: a\nname: n\nquery: ' '\n",
        &["r.yaml:3:8: error: `query` is empty"],
    );
    check(
        "name: n\nquery: T\n",
        &["r.yaml:1:1: error: not a rule: no `id`"],
    );
    check(
        "a: [1\n",
        &["r.yaml:2:1: error: not valid YAML: while parsing a flow sequence, expected ',' or ']'"],
    );
    check(
        "id: a\nname: n\nquery: T\nqueryFrequency: soon\n",
        &["r.yaml:4:17: error: `queryFrequency` is `soon`: expected a length of time"],
    );
    check(
        "id: a\nname: n\nquery: T\nqueryFrequency: 2d\nqueryPeriod: 1d\n",
        &[
            "r.yaml:4:17: warning: `queryFrequency` 2d is longer than `queryPeriod` 1d: \
           events between are not seen",
        ],
    );
    check(
        "id: a\nname: n\nquery: T\ntactics: [Hacking, credential access]\nseverity: [x]\n\
         relevantTechniques: T1078\nentityMappings:\n- entityType: Ip\n  fieldMappings:\n\
        \x20 - identifier: Adress\n    columnName: x\n- entityType: Thing\n",
        &[
            "r.yaml:5:11: warning: `severity` holds a list: expected text",
            "r.yaml:4:11: warning: unknown tactic `Hacking`",
            "r.yaml:10:5: warning: `Adress` is not an identifier of the entity `IP`",
            "r.yaml:12:15: warning: `Thing` is not an entity type of Sentinel",
        ],
    );
    check(
        "id: a\nname: n\nquery: T\ntriggerOperator: about\ntriggerThreshold: x\n",
        &[
            "r.yaml:4:18: error: unknown trigger operator `about`",
            "r.yaml:5:19: error: `triggerThreshold` is `x`: expected a number",
        ],
    );
    check(
        "\u{feff}id: a\nname: n\nquery: T\n---\nid: a\nname: m\nquery: T\n",
        &["r.yaml:5:1: warning: the id `a` is already that of r.yaml"],
    );
}

#[test]
fn fields_are_read() {
    let text = "id: a\r\nname: n\r\nkind: nrt\r\nquery: |\r\n  T\r\n  | take 1\r\n\
        severity: high\r\nkeyline:\r\n  accessKeyColumns: [K]\r\n  evasions: [by night]\r\n\
        suppressionEnabled: true\r\nsuppressionDuration: PT5H\r\n";
    let rule = check(text, &[]).rules.remove(0);
    assert_eq!(rule.query.text, "T\n| take 1\n");
    assert_eq!(rule.severity.unwrap().name(), "High");
    assert_eq!(rule.keyline.access_key_columns, ["K"]);
    assert_eq!(rule.keyline.evasions, ["by night"]);
    assert_eq!(duration::format(rule.suppression.unwrap()), "5h");
}

#[test]
fn folders_are_walked_and_what_is_no_rule_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &[u8]| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("b/rule.yaml", b"id: b\nname: n\nquery: T\n");
    write("a/rule.yml", b"id: a\nname: n\nquery: T\n");
    write("a/copy.yaml", b"id: b\nname: n\nquery: T\n");
    write("a/other.yaml", b"id: b\nname: n\nquery: U\n");
    write("parser.yaml", b"ParserName: p\nParserQuery: T\n");
    write("workbook.json", b"{}");
    write("list.yaml", b"- 1\n");
    write("latin.yaml", b"id: caf\xe9\n");
    write("broken.yaml", b"id: [\n");
    write(".git/rule.yaml", b"id: c\nname: n\nquery: T\n");
    let loaded = load(&[folder.path()]);
    let ids: Vec<&str> = loaded.rules.iter().map(|rule| rule.id.as_str()).collect();
    // A copy is passed over; what asks something else under an id that is taken is a rule all the same.
    assert_eq!(ids, ["b", "b/other", "a"]);
    let passed: Vec<String> = loaded
        .passed_over
        .iter()
        .map(|(reason, count)| format!("{count} {reason}"))
        .collect();
    assert_eq!(
        passed,
        [
            "1 a parser",
            "1 duplicate id",
            "1 not UTF-8",
            "1 not a YAML file",
            "1 not a mapping",
            "1 not valid YAML",
        ]
    );
    let missing = load(&[folder.path().join("absent.yaml")]);
    assert_eq!(missing.problems.len(), 1);
}

#[test]
fn the_public_rules_load() {
    let left_out = "loading the public rules";
    let Some(corpus) = shared("corpus/sentinel", left_out) else {
        return;
    };
    let Some(seed) = shared("seeds/suspicious-sts-token-ec2.yaml", left_out) else {
        return;
    };
    let mut loaded = load(&[corpus, seed]);
    let fatal: Vec<String> = loaded
        .problems
        .iter()
        .filter(|p| p.is_fatal())
        .map(|p| p.to_string())
        .collect();
    assert_eq!(fatal, [] as [String; 0]);
    assert_eq!(loaded.passed_over.get("a parser"), Some(&4));
    let seed = loaded.rules.pop().unwrap();
    assert_eq!(seed.tactics, ["CredentialAccess"]);
    assert!(
        seed.query.text.starts_with("let aws_public_ips"),
        "{}",
        seed.query.text
    );
    assert!(
        seed.query
            .text
            .trim_end()
            .ends_with("project-away ip_prefix, IsInRange")
    );
    assert!(seed.description.starts_with("Suspicious activity"));
    assert!(loaded.rules.iter().all(|rule| !rule.name.is_empty()));
}

proptest! {
    #[test]
    fn no_text_breaks_the_reader(
        cuts in proptest::collection::vec((0usize..400, ".{0,6}"), 0..6),
        wild in "[-:|>'\"{}\\[\\]&*#%@!?, \\nabc\t\\\\]{0,120}",
    ) {
        let mut text = "id: a\nname: n\nquery: \"```kusto\\nT\\n| where x == 'é'\\n```\"\n\
            queryPeriod: PT5H\ntactics: [Credential Access]\nentityMappings:\n\
            - entityType: IP\n  fieldMappings:\n  - {identifier: Address, columnName: x}\n"
            .to_string();
        for (at, with) in cuts {
            let at = (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap();
            text.insert_str(at, &with);
        }
        for text in [text, wild] {
            let mut loaded = Loaded::default();
            load_text("r.yaml", text.as_bytes(), Origin::Found, &mut loaded);
            for rule in &loaded.rules {
                for offset in 0..=rule.query.text.len() {
                    rule.query.position(offset);
                }
            }
        }
    }
}
