//! Queries that were written to break the parser, or that chance wrote.

use keyline_kql::limits::{DIAGNOSTICS_MAX, EXPRESSION_HEIGHT_MAX, NESTING_MAX, QUERY_BYTES_MAX};
use keyline_kql::parse::parse;
use proptest::prelude::*;

use crate::support;

/// Parses on a thread with the stack that Rust gives to threads, and returns the codes.
fn codes(query: String) -> Vec<&'static str> {
    let parse_and_drop = move || {
        let (query, diagnostics) = parse(&query);
        // Walking the tree must be as safe as making it.
        assert_eq!(query.clone(), query);
        diagnostics
            .iter()
            .map(|diagnostic| diagnostic.code)
            .collect()
    };
    let thread = std::thread::Builder::new()
        .stack_size(2 << 20)
        .spawn(parse_and_drop);
    thread.unwrap().join().unwrap()
}

#[test]
fn nesting_is_limited_and_reported() {
    let deep = 20_000;
    let hostile = [
        "(".repeat(deep),
        format!("print {}1{}", "(".repeat(deep), ")".repeat(deep)),
        format!("print {}", "f(".repeat(deep)),
        format!("print a{}", "[b".repeat(deep)),
        format!("print dynamic({})", "[".repeat(deep)),
        format!("print dynamic({})", "{'a':".repeat(deep)),
        format!("T | where {}", "a in (".repeat(deep)),
        format!("T {}", "| join (T ".repeat(deep)),
        format!("T {}", "| mv-apply a on (where a ".repeat(deep)),
        format!("T | {}", "partition by a (".repeat(deep)),
        format!("T | {}", "fork (".repeat(deep)),
        "let f = () { ".repeat(deep).to_string() + &"}".repeat(deep),
        "union (".repeat(deep).to_string(),
        format!("T | facet by a {}", "with facet by a ".repeat(deep)),
        format!("macro-expand {}", "a as b (macro-expand ".repeat(deep)),
        format!("print {}1", "a has (".repeat(deep)),
        format!("print x between {}", "(x between ".repeat(deep)),
    ];
    for query in hostile {
        let head: String = query.chars().take(40).collect();
        let codes = codes(query);
        assert!(
            codes.contains(&"KQL011") || codes.contains(&"KQL012"),
            "{head}: {codes:?}"
        );
    }
}

#[test]
fn chains_are_limited_unless_they_can_be_balanced() {
    let long = 5_000;
    assert_eq!(codes(format!("print {}1", "1 + ".repeat(long))), ["KQL011"]);
    assert_eq!(codes(format!("print a{}", ".b".repeat(long))), ["KQL011"]);
    assert_eq!(codes(format!("print a{}", "[0]".repeat(long))), ["KQL011"]);
    assert_eq!(
        codes(format!("T | where {}true", "a == 1 or ".repeat(long))),
        [""; 0]
    );
    assert_eq!(
        codes(format!("T | where {}true", "a == 1 and b or ".repeat(long))),
        [""; 0]
    );
    assert_eq!(codes(format!("T {}", "| take 1 ".repeat(long))), [""; 0]);
}

#[test]
fn what_is_within_the_limits_is_read() {
    let nested = NESTING_MAX as usize - 5;
    assert_eq!(
        codes(format!(
            "print {}1{}",
            "(".repeat(nested / 2),
            ")".repeat(nested / 2)
        )),
        [""; 0]
    );
    assert_eq!(
        codes(format!(
            "print {}1{}",
            "f(".repeat(nested / 2),
            ")".repeat(nested / 2)
        )),
        [""; 0]
    );
    let high = EXPRESSION_HEIGHT_MAX as usize - 5;
    assert_eq!(codes(format!("print {}1", "1 + ".repeat(high))), [""; 0]);
}

#[test]
fn long_queries_and_many_problems_are_cut_off() {
    assert_eq!(codes(" ".repeat(QUERY_BYTES_MAX + 1)), ["KQL012"]);
    let many = codes("where;".repeat(5_000));
    assert_eq!(many.len(), DIAGNOSTICS_MAX + 1);
    assert_eq!(many.last(), Some(&"KQL013"));
}

#[test]
fn long_nonsense_is_read_once() {
    // Each would take minutes if brackets were searched for again and again.
    let hostile = [
        "let a = (;".repeat(10_000),
        "[".repeat(60_000),
        "project ['".repeat(10_000),
        "T | project (a,".repeat(10_000),
        "!".repeat(60_000),
        "'".repeat(60_000),
        "a-".repeat(10_000),
        "*a".repeat(10_000),
        "|aaaa".repeat(20_000),
        "1e".repeat(10_000),
    ];
    for query in hostile {
        assert!(codes(query).len() <= DIAGNOSTICS_MAX + 1);
    }
}

/// Words and signs of the language, and some that are not.
const SOUP: &[&str] = &[
    "|",
    "|",
    "|",
    ";",
    ",",
    "(",
    ")",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ".",
    "..",
    "=",
    "==",
    "=>",
    "=~",
    "!~",
    "<",
    "-",
    "-",
    "->",
    "--",
    "*",
    "+",
    "/",
    "%",
    ":",
    "~",
    "!",
    "!in",
    "in",
    "and",
    "or",
    "between",
    "has",
    "contains",
    "matches",
    "regex",
    "by",
    "on",
    "with",
    "to",
    "from",
    "step",
    "let",
    "set",
    "declare",
    "pattern",
    "view",
    "where",
    "project",
    "-away",
    "extend",
    "summarize",
    "join",
    "union",
    "mv",
    "-expand",
    "-apply",
    "parse",
    "make-series",
    "scan",
    "partition",
    "fork",
    "facet",
    "print",
    "range",
    "datatable",
    "externaldata",
    "dynamic",
    "datetime",
    "typeof",
    "long",
    "string",
    "kind",
    "hint",
    "a",
    "b",
    "T",
    "$left",
    "$right",
    "1",
    "2.5",
    "1d",
    "0x1",
    "'x'",
    "\"y\"",
    "@'z'",
    "h'q'",
    "'",
    "\"",
    "```",
    "\\",
    "\u{e9}",
    "\u{2019}",
    "top-nested",
    "graph-match",
    "make-graph",
    "of",
    "as",
    "asc",
    "nulls",
    "first",
    "//",
    "\n",
    "search",
    "find",
    "evaluate",
    "render",
    "null",
    "true",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn words_in_any_order_are_survived(
        words in prop::collection::vec((prop::sample::select(SOUP), prop::bool::ANY), 0..60),
    ) {
        let mut query = String::new();
        for (word, space) in words {
            query.push_str(word);
            if space {
                query.push(' ');
            }
        }
        spans_are_sound(&query);
    }

    #[test]
    fn any_text_is_survived(query in "\\PC{0,80}") {
        spans_are_sound(&query);
    }

    #[test]
    fn damaged_rules_are_survived(
        rule in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        length in 0usize..12,
        put in prop::sample::select(SOUP),
    ) {
        let rules = rules();
        if !rules.is_empty() {
            let query = rule.get(rules);
            let start = floor(query, at.index(query.len() + 1));
            let end = floor(query, (start + length).min(query.len()));
            spans_are_sound(&format!("{}{put}{}", &query[..start], &query[end..]));
        }
    }
}

/// Diagnostics must point into the text, at whole characters.
fn spans_are_sound(query: &str) {
    let (tree, diagnostics) = parse(query);
    for diagnostic in &diagnostics {
        let spans = diagnostic.labels.iter().map(|(span, _)| *span);
        for span in spans.chain([diagnostic.primary]) {
            assert!(span.start <= span.end, "{query:?}: {diagnostic:?}");
            assert!(
                query.get(span.start as usize..span.end as usize).is_some(),
                "{query:?}"
            );
        }
    }
    for statement in &tree.statements {
        let span = statement.span;
        assert!(
            query.get(span.start as usize..span.end as usize).is_some(),
            "{query:?}"
        );
    }
}

fn rules() -> &'static [String] {
    static RULES: std::sync::OnceLock<Vec<String>> = std::sync::OnceLock::new();
    RULES.get_or_init(|| match support::shared("damaged rules") {
        Some(folder) => support::rule_cases(&folder, "")
            .into_iter()
            .map(|case| case.query)
            .collect(),
        None => Vec::new(),
    })
}

fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[test]
fn wide_and_deep_queries_are_formatted() {
    let columns: Vec<String> = (0..3_000).map(|at| format!("c{at}:long")).collect();
    let wide = format!(
        "datatable({}) [{}]",
        columns.join(","),
        vec!["1"; 3_000].join(",")
    );
    let deep = format!("print {}1{}", "f(1, ".repeat(50), ")".repeat(50));
    for query in [wide, deep] {
        let once = keyline_kql::format::format(&query).unwrap();
        assert_eq!(keyline_kql::format::format(&once).unwrap(), once);
    }
}
