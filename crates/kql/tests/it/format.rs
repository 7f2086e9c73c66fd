//! The formatter: what it makes of a query, and that it changes nothing but white space.

use keyline_kql::format::format;
use keyline_kql::parse::parse;

use crate::support::{self, Case};

fn check(query: &str, expected: &str) {
    let formatted = format(query).unwrap();
    assert_eq!(formatted, expected.trim_start_matches('\n'));
    keeps(&Case {
        id: "given".into(),
        query: query.into(),
        refused: false,
    });
}

/// The tree as text without places.
fn tree(query: &str) -> String {
    let debug = format!("{:?}", parse(query).0);
    let mut parts = debug.split("Span { start: ");
    let mut tree = parts.next().unwrap_or_default().to_string();
    for part in parts {
        tree.push_str(part.split_once('}').map_or("", |(_, rest)| rest));
    }
    tree
}

/// Formatting keeps the meaning and the comments, and a second time changes nothing.
fn keeps(case: &Case) {
    let once = format(&case.query).unwrap();
    assert_eq!(tree(&case.query), tree(&once), "{}:\n{once}", case.id);
    let twice = format(&once).unwrap();
    assert_eq!(once, twice, "{}", case.id);
    assert_eq!(comments(&case.query), comments(&once), "{}", case.id);
    assert!(
        once.lines()
            .all(|line| line == line.trim_end() || case.query.contains("```"))
    );
}

fn comments(query: &str) -> Vec<String> {
    let tokens = keyline_kql::lexer::lex(query);
    let mut end = 0;
    let mut comments = Vec::new();
    for token in tokens {
        let gap = &query[end..token.span.start as usize];
        end = token.span.end as usize;
        let lines = gap
            .lines()
            .filter_map(|line| line.find("//").map(|at| line[at..].trim_end()));
        comments.extend(lines.map(str::to_string));
    }
    comments
}

#[test]
fn operators_stand_on_lines_of_their_own() {
    check(
        "T|where a==1|project a,b",
        "T\n| where a == 1\n| project a, b\n",
    );
    check("print x=1", "print x = 1\n");
    check(
        "let x=1;let y = 2;\n\n\nT|take x",
        "let x = 1;\nlet y = 2;\n\nT\n| take x\n",
    );
    check("let a = T | where b; a", "let a = T\n    | where b;\na\n");
}

#[test]
fn brackets_break_when_they_hold_a_pipe() {
    check(
        "T|join kind=inner(U|where x|take 1)on k",
        "
T
| join kind=inner (
    U
    | where x
    | take 1
) on k
",
    );
    check(
        "T | where a in(U|project a)",
        "T\n| where a in (U | project a)\n",
    );
    check(
        "let f=(x:long){x+1};f(1)",
        "let f = (x:long) { x + 1 };\nf(1)\n",
    );
}

#[test]
fn what_is_too_long_breaks_at_commas_and_conjunctions() {
    let name = "a_rather_long_name_of_a_column_1";
    check(
        &format!("T | project {name}, {name}, {name}"),
        &format!("T\n| project {name},\n    {name},\n    {name}\n").replace(",\n    ", ",\n    "),
    );
    check(
        &format!("T | where {name} == 1 and {name} == 2 or {name} == 3"),
        &format!("T\n| where {name} == 1\n    and {name} == 2\n    or {name} == 3\n"),
    );
    check(
        "datatable(a:long, b:string) [1, 'a long text that fills a line', 2, 'another long text that fills a line']",
        "
datatable(a:long, b:string) [
    1, 'a long text that fills a line',
    2, 'another long text that fills a line'
]
",
    );
}

#[test]
fn signs_names_and_wildcards_stay_whole() {
    check("T | project-away a*, *b", "T\n| project-away a*, *b\n");
    check(
        "T | where a-1 > -b and x in~('a')",
        "T\n| where a - 1 > -b and x in~ ('a')\n",
    );
    check(
        "T | mv-expand kind = array a to typeof(long)",
        "T\n| mv-expand kind=array a to typeof(long)\n",
    );
    check(
        "print dynamic({'a':[1,2]})",
        "print dynamic({'a': [1, 2]})\n",
    );
    check(
        "E | make-graph s --> t with N on id | graph-match (a)-[e*1..3]->(b) project a.id",
        "E\n| make-graph s --> t with N on id\n| graph-match (a)-[e*1..3]->(b) project a.id\n",
    );
}

#[test]
fn comments_stay_where_they_are() {
    check(
        "// head\nT // the table\n// before where\n| where a // why\n| take 1 // end",
        "
// head
T // the table
// before where
| where a // why
| take 1 // end
",
    );
    check(
        "T | where a in (\n 'x', // first\n 'y')",
        "
T
| where a in (
    'x', // first
    'y'
)
",
    );
    check(
        "let a = 1; // one\n// two\nT",
        "let a = 1; // one\n// two\nT\n",
    );
}

#[test]
fn queries_with_errors_are_left_alone() {
    assert_eq!(format("T | wher a").unwrap_err()[0].code, "KQL008");
    assert_eq!(format("").unwrap(), "");
}

#[test]
fn corpora_keep_their_meaning() {
    let Some(folder) = support::shared("the formatter over the corpora") else {
        return;
    };
    let mut cases = support::json_cases(&folder, "docs-conformance.dev.jsonl");
    cases.extend(support::json_cases(
        &folder,
        "kustainer-conformance.dev.jsonl",
    ));
    cases.extend(support::rule_cases(&folder, ""));
    cases.retain(|case| !case.refused);
    cases.iter().for_each(keeps);
}

#[test]
fn long_items_and_lists() {
    let name = "a_rather_long_name_of_a_column_1";
    check(
        &format!("T | extend x = iff({name} == 1, {name}, {name}2), y = 1"),
        &format!(
            "T\n| extend\n    x = iff(\n        {name} == 1,\n        {name},\n        {name}2\n    ),\n    y = 1\n"
        ),
    );
    check(
        &format!("let list = dynamic(['{name}', '{name}', '{name}']); T"),
        &format!("let list = dynamic([\n    '{name}', '{name}',\n    '{name}'\n]);\nT\n"),
    );
    check(
        "let a = union isfuzzy=true T, U; a",
        "let a = union isfuzzy=true T, U;\na\n",
    );
}
