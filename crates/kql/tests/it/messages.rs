//! What the parser says of faulty queries: text in, text out.

use keyline_kql::diagnostic::Diagnostic;
use keyline_kql::parse::parse;
use keyline_kql::span::line_column;

/// Each diagnostic as `line:column code message`, and its help in brackets.
fn check(query: &str, expected: &[&str]) {
    let (_, diagnostics) = parse(query);
    let found: Vec<String> = diagnostics
        .iter()
        .map(|diagnostic| show(query, diagnostic))
        .collect();
    assert_eq!(found, expected, "\n{query}");
}

/// The query after all fixes that the diagnostics offer.
fn check_fixed(query: &str, expected: &str) {
    let mut fixed = query.to_string();
    for diagnostic in parse(query).1.iter().rev() {
        if let Some(fix) = &diagnostic.fix {
            let span = diagnostic.primary;
            fixed.replace_range(span.start as usize..span.end as usize, fix);
        }
    }
    assert_eq!(fixed, expected);
    assert_eq!(parse(&fixed).1, [], "{fixed}");
}

fn show(query: &str, diagnostic: &Diagnostic) -> String {
    let (line, column) = line_column(query, diagnostic.primary.start);
    let mut text = format!("{line}:{column} {} {}", diagnostic.code, diagnostic.message);
    if let Some(help) = &diagnostic.help {
        text.push_str(&format!(" [{help}]"));
    }
    text
}

#[test]
fn operators() {
    check(
        "T | wher a == 1",
        &["1:5 KQL008 expected an operator, found `wher` [did you mean `where`?]"],
    );
    check(
        "T | project-awya a",
        &["1:13 KQL008 expected an operator, found `project-awya` [did you mean `project-away`?]"],
    );
    check(
        "T | foo | bar 1 | take 1",
        &[
            "1:5 KQL008 expected an operator, found `foo`",
            "1:11 KQL008 expected an operator, found `bar`",
        ],
    );
    check(
        "T | ",
        &["1:5 KQL001 expected an operator, found the end of the query"],
    );
    check(
        "T | take 1\nwhere a",
        &["2:1 KQL018 expected `|`, found operator `where`"],
    );
    check(
        "T | top 5 a",
        &["1:11 KQL001 expected `by`, found `a` [as in `top 10 by a desc`]"],
    );
    check(
        "T || take 5",
        &["1:4 KQL001 expected an operator, found `|` \
           [operators are joined by one `|`, conditions by `or`]"],
    );
    check(
        "T | make_set(a)",
        &["1:5 KQL008 expected an operator, found `make_set` \
           [aggregates stand in an operator: `summarize make_set(…) by a`]"],
    );
    check("T | sort a", &["1:10 KQL001 expected `by`, found `a`"]);
    check(
        "T | count() by a",
        &[
            "1:5 KQL001 expected an operator, found the aggregate `count` \
             [to count rows, write `count`; by groups, `summarize count() by a`]",
        ],
    );
    check(
        "T | top top-nested 3 of a by count()",
        &[
            "1:9 KQL015 expected an expression, found the keyword `top-nested` \
             [if a column of that name is meant, write `['top-nested']`]",
        ],
    );
    check(
        "find in ((T), U) where a == 1",
        &["1:10 KQL001 expected a table's name, found `(` \
           [a query is named first: `let Q = T | where a == 1; find in (Q) where b == 2`]"],
    );
    check(
        "find in (T | take 1, U) where a == 1",
        &["1:14 KQL001 expected `,` or `)` before `|`, found `take` \
           [a query is named first: `let Q = T | where a == 1; find in (Q) where b == 2`]"],
    );
    check(
        "T | where a contains ('b', 'c')",
        &[
            "1:26 KQL001 expected `)`, found `,` \
             [several values stand in `in ('a', 'b')`, several words in `has_any ('a', 'b')`, an array \
             is `dynamic(['a', 'b'])`]",
            "1:31 KQL001 expected `|`, `;` or the end of the query, found `)`",
        ],
    );
    check(
        "T | mv-apply a, on (take 1)",
        &["1:17 KQL001 expected another item, found `on` \
           [what is done with the items stands in parentheses: `on (summarize count())`]"],
    );
    check(
        "T | reduce by a with characters=(b)",
        &["1:33 KQL001 expected a literal, found `(`"],
    );
    check(
        "T | scan with (step s: true => (a) = 1;)",
        &[
            "1:32 KQL001 expected a variable's name, found `(` \
             [a step sets variables: `=> variable = value`]",
            "1:40 KQL001 expected `|`, `;` or the end of the query, found `)`",
        ],
    );
    check(
        "G | graph-match (a)-[e]-> where a.x == 1 project a.x",
        &[
            "1:20 KQL001 expected a node after this edge, found `where` [a node is written `(n)` or `()`]",
        ],
    );
    check("T | search *", &[]);
}

#[test]
fn expressions() {
    check(
        "T | where a = 1",
        &[
            "1:11 KQL021 expected a comparison, found `=` [to compare, write `==`, or `=~` regardless of case]",
        ],
    );
    check(
        "T | where a == 1 AND b",
        &["1:18 KQL001 expected `|` or `;`, found `AND` [keywords are in lower case: `and`]"],
    );
    check(
        "T | where a == 1 == 2",
        &[
            "1:18 KQL016 expected the end of the comparison, found `==` \
         [join them with `and`, or put one into parentheses]",
        ],
    );
    check(
        "T | where isnotnull a",
        &["1:21 KQL001 expected `|` or `;`, found `a` [`isnotnull` is a function: `isnotnull(…)`]"],
    );
    check(
        "T | where a in (['b', 'c'])",
        &["1:21 KQL001 expected `]`, found `,` [an array is written `dynamic(['a', 'b'])`]"],
    );
    check(
        "T | where a in 1",
        &["1:16 KQL001 expected `(`, found `1` [the items stand in parentheses: `in (1, 2)`]"],
    );
    check(
        "T | where a == ",
        &["1:16 KQL001 expected an expression, found the end of the query"],
    );
    check(
        "T | where f(a,)",
        &["1:15 KQL017 expected another item after `,`, found `)`"],
    );
    check(
        "T | where (a == 1 | take 1",
        &["1:27 KQL010 bracket is not closed: expected `)`"],
    );
    check(
        "T | extend first = 1",
        &[
            "1:12 KQL015 expected a column's name, found the keyword `first` \
         [if a column of that name is meant, write `['first']`]",
        ],
    );
}

#[test]
fn literals() {
    check(
        "print 'abc",
        &[
            "1:7 KQL003 expected `'` at the end of the string, found the end of the line \
         [text over several lines is written between triple backticks]",
        ],
    );
    check(
        r"print '\d+'",
        &["1:8 KQL004 expected an escape such as `\\n`, found `\\d` \
         [write `\\\\` for a backslash, or put `@` before the string]"],
    );
    check(
        "print 99999999999999999999",
        &["1:7 KQL005 expected a number of at most 64 bits, found `99999999999999999999`"],
    );
    check(
        "print datetime(2024-13-01)",
        &[
            "1:16 KQL006 expected a `datetime` literal, found `2024-13-01` \
         [to convert a value, use `todatetime(…)`]",
        ],
    );
    check(
        "print dynamic([1, x])",
        &[
            "1:19 KQL007 expected a JSON value in `dynamic(…)`, found `x` \
         [for values from expressions use `pack_array(…)` or `bag_pack(…)`]",
        ],
    );
    check(
        "T | where a == \u{201c}b\u{201d}",
        &["1:16 KQL002 unknown character `\u{201c}` [use plain quotes, `'` or `\"`]"],
    );
    check(
        "datatable(a: long) [null]",
        &[
            "1:21 KQL001 expected a literal or `]` in `datatable`, found `null` \
         [a missing value is written with its type: `long(null)`]",
        ],
    );
}

#[test]
fn statements() {
    check(
        "let x = 1\nprint x",
        &["1:10 KQL009 expected `;` or `|` after this statement, found `print`"],
    );
    check(
        "let f = (x: lnog) { x }; print f(1)",
        &[
            "1:13 KQL014 expected a type, found `lnog` [the types are `bool`, `int`, `long`, `real`, \
         `decimal`, `string`, `datetime`, `timespan`, `guid`, `dynamic`]",
        ],
    );
    check(
        "let f = (x: long) { let y = x; }; print 1",
        &["1:32 KQL019 the function's body does not end with an expression"],
    );
    check(
        ".show tables",
        &["1:1 KQL022 expected a query, found a management command \
         [write a query, such as `AWSCloudTrail | take 10`]"],
    );
}

/// What was meant is said with the query's own words, and the rest is read as if it had been written.
#[test]
fn slips() {
    check(
        "T | project a b",
        &["1:15 KQL001 expected `,`, `|` or `;`, found `b` \
           [for two columns write `a, b`, for a new name `b = a`]"],
    );
    check(
        "T | distinct a b",
        &["1:16 KQL001 expected `,`, `|` or `;`, found `b` \
           [a comma stands between two of them: `a, b`]"],
    );
    check(
        "T | project a as b, c",
        &["1:15 KQL001 expected `,`, `|` or `;`, found `as` [a column is named in front: `b = a`]"],
    );
    check(
        "T | summarize count() as n by a",
        &["1:23 KQL001 expected `,`, `|` or `;`, found `as` [a column is named in front: `n = …`]"],
    );
    check(
        "T | where not a == 1 and b",
        &["1:11 KQL001 expected `(` after `not`, found `a` \
           [`not` is a function: write `not(a == 1)`]"],
    );
    check(
        "T | where a and not b | extend c = not d has 'e'",
        &[
            "1:17 KQL001 expected `(` after `not`, found `b` [`not` is a function: write `not(b)`]",
            "1:36 KQL001 expected `(` after `not`, found `d` \
             [`not` is a function: write `not(d has 'e')`]",
        ],
    );
    check("T | where not == 1 | sort by not desc", &[]);
    check(
        "T | where a.title == 1 and a.b.true",
        &[
            "1:13 KQL015 expected a name after `.`, found the keyword `title` \
             [write `['title']` behind the dot]",
            "1:32 KQL015 expected a name after `.`, found the keyword `true` \
             [write `['true']` behind the dot]",
        ],
    );
    check("T | where a.['title'] == 1 and a.kind", &[]);
    check(
        "let f = (x, y: long) { x }; print 1",
        &["1:10 KQL001 expected a parameter with its type, found `x` \
           [a parameter has a type: `a: long`]"],
    );
    check(
        "let f(x: long) = { x }; print f(1)",
        &["1:6 KQL001 expected `=` after `f`, found `(` \
           [a function is written `let f = (x: long) { … }`]"],
    );
    check(
        "let f(x: long) = x + 1; print f(1)",
        &["1:6 KQL001 expected `=` after `f`, found `(` \
           [a function is written `let f = (x: long) { … }`]"],
    );
    check(
        "let f(",
        &[
            "1:6 KQL001 expected `=` after `f`, found `(` \
             [a function is written `let f = (a: long) { … }`]",
            "1:7 KQL001 expected a parameter's name, found the end of the query",
        ],
    );
}

#[test]
fn fixes_mend_the_query() {
    check_fixed("T | where a.title", "T | where a.['title']");
    check_fixed("T | project a b", "T | project a , b");
    check_fixed("T | where not a == 1 and b", "T | where not(a == 1) and b");
    check_fixed(
        "let f(x: long) = { x }; print f(1)",
        "let f= (x: long) { x }; print f(1)",
    );
    check_fixed(
        "let f (x: long) { x }; print f(1)",
        "let f = (x: long) { x }; print f(1)",
    );
    check_fixed("T | wher a", "T | where a");
    check_fixed("T | where a = 1", "T | where a == 1");
    check_fixed("T | take 1 where a", "T | take 1 | where a");
    check_fixed("let x = 1\nprint x", "let x = 1;\nprint x");
    check_fixed("T | project-awya a", "T | project-away a");
    check_fixed("T | extend first = 1", "T | extend ['first'] = 1");
}

#[test]
fn habits_of_other_languages() {
    for (query, help) in [
        ("T | select a", "columns are chosen by `project a, b`"),
        (
            "T | group by a",
            "rows are grouped by `summarize count() by a`",
        ),
        (
            "T | where a == 1 && b == 2",
            "conditions are joined by `and`",
        ),
        (
            "T | where !(a == 1)",
            "a condition is turned round by `not(…)`",
        ),
        (
            "T | where a has_any 'b'",
            "the items stand in parentheses: `has_any (1, 2)`",
        ),
        ("T | where a hasany ('b')", "write `has_any`"),
        (
            "T | where a between (1, 2)",
            "the bounds are `(low .. high)`",
        ),
        (
            "SELECT a FROM T",
            "a query begins with its table: `T | where a == 1 | project b`",
        ),
        ("T | join U", "write `join kind=inner (T) on a, b`"),
        (
            "let f = (a) { a }; print f(1)",
            "a parameter has a type: `a: long`",
        ),
        (
            "T | count by a",
            "to count by groups, write `summarize count() by a`",
        ),
        ("T | where a matches 'b.*'", "write `matches regex`"),
        (
            "T | where a is null",
            "whether there is a value say `isnull(x)` and `isnotnull(x)`, of a text `isempty(x)`",
        ),
        (
            "T | where t > ago(1 day)",
            "a timespan is one word: `7d`, `12h`, `30m`, `10s`",
        ),
        (
            "T | where a between 1 .. 2",
            "the bounds stand in parentheses: `between (1 .. 2)`",
        ),
        (
            "T | where a == 10.0.0.1",
            "an address is a text, in quotes: `'192.0.2.1'`",
        ),
        (
            "T | top 5 by a, b",
            "`top` orders by one expression; by several: `sort by a, b | take 5`",
        ),
        (
            "let f = (a: datetime = now()) { a }; print f()",
            "a default is written out, as in `a: long = 1`; what is to be computed is passed in",
        ),
        ("T | invoke f", "as in `invoke f()`"),
        (
            "union datatable(a: long) [1]",
            "put it in parentheses: `union (datatable(a: long) [1])`",
        ),
        (
            "T | scan with_match_id with (step s: true;)",
            "as in `with_match_id=session`",
        ),
    ] {
        let found = parse(query).1;
        assert_eq!(found[0].help.as_deref(), Some(help), "{query}");
    }
}
