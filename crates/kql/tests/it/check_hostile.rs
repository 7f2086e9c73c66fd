//! Queries that were written to break the checker: it says so, in bounded time, memory and stack.

use keyline_kql::check::{CheckOptions, check};
use keyline_kql::parse::parse;
use keyline_kql::schema::{Column, Schema};
use keyline_kql::types::Type;

struct OneTable;

impl Schema for OneTable {
    fn table(&self, name: &str) -> Option<Vec<Column>> {
        (name == "T").then(|| {
            vec![
                Column::new("a", Type::Long),
                Column::new("s", Type::String),
                Column::new("d", Type::Dynamic),
            ]
        })
    }

    fn table_names(&self) -> Vec<String> {
        vec!["T".to_string()]
    }
}

/// Checks on a thread with the stack that Rust gives to threads; returns the codes, or nothing if
/// the query is accepted.
fn codes(query: String) -> Vec<&'static str> {
    let work = move || {
        let (tree, problems) = parse(&query);
        assert!(problems.is_empty(), "{:?}", problems.first());
        let (checked, diagnostics) = check(&tree, &OneTable, &CheckOptions::default());
        // Walking and dropping what was made must be as safe as making it.
        let copy = checked.clone();
        assert_eq!(copy.is_some(), diagnostics.is_empty());
        drop((tree, copy, checked));
        diagnostics.iter().map(|found| found.code).collect()
    };
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(work);
    thread.unwrap().join().unwrap()
}

#[test]
fn what_grows_without_bound_is_refused() {
    let doubling: String = (1..60)
        .map(|n| format!("let x{n} = x{0} + x{0};\n", n - 1))
        .collect();
    let texts: String = (1..60)
        .map(|n| format!("let s{n} = strcat(s{0}, s{0});\n", n - 1))
        .collect();
    let deepening: String = (1..500)
        .map(|n| format!("let x{n} = strcat(x{}, 'a', s0);\n", n - 1))
        .collect();
    let nesting: String = (1..300)
        .map(|n| format!("let t{n} = t{} | extend x{n} = 1 | where a > 1;\n", n - 1))
        .collect();
    let calls: String = (1..40)
        .map(|n| format!("let f{n} = (x: long) {{ f{0}(x) + f{0}(x) }};\n", n - 1))
        .collect();
    let tables: String = (1..40)
        .map(|n| {
            format!(
                "let t{n} = () {{ union t{0}(), (t{0}() | where a > {n}) }};\n",
                n - 1
            )
        })
        .collect();
    let doubled = |operator: &str, times: usize| -> String {
        (1..times)
            .map(|n| {
                format!("let t{n} = t{0} | {operator};\n", n - 1)
                    .replace("EARLIER", &format!("t{}", n - 1))
            })
            .collect()
    };
    let contexts = "mv-apply e = d on (extend b = 1 | as c | union c | ";
    let wide = format!(
        "T | extend {}",
        (0..4_000)
            .map(|n| format!("x{n}=a"))
            .collect::<Vec<_>>()
            .join(",")
    );
    let hostile = [
        format!("let t0 = T;\n{} t29", doubled("join EARLIER on a", 30)),
        format!("let t0 = T;\n{} t59", doubled("union EARLIER", 60)),
        format!("let t0 = T;\n{} t59", doubled("where a in (EARLIER)", 60)),
        format!(
            "T | extend {} {}",
            (0..4_000)
                .map(|n| format!("x{n} = {n}"))
                .collect::<Vec<_>>()
                .join(", "),
            "| as y ".repeat(300)
        ),
        format!("T | {}count{}", contexts.repeat(20), ")".repeat(20)),
        format!("let x0 = toscalar(T | count);\n{doubling} print x59"),
        format!("let s0 = tostring(now()); let x0 = s0;\n{deepening} print x499"),
        format!("let t0 = T;\n{nesting} t299"),
        format!("let f0 = (x: long) {{ x }};\n{calls} print f39(1)"),
        format!("let t0 = () {{ T }};\n{tables} t39()"),
        format!("let s0 = 'aaaaaaaaaaaaaaaa';\n{texts} print s59"),
        format!(
            "let s = '{}'; print {}",
            "a".repeat(300_000),
            vec!["s"; 4_000].join(", ")
        ),
        format!("T {}", "| where a > 1 ".repeat(5_000)),
        format!("{wide} | project-away {}", vec!["*"; 300_000].join(",")),
        format!("{wide} | project-keep {}", vec!["x*9"; 100_000].join(",")),
        format!(
            "{wide} | project-reorder {}",
            vec!["*1 asc"; 100_000].join(",")
        ),
        format!("{wide} | project-away {}", "*".repeat(500_000)),
        format!(
            "{wide} | project-by-names dynamic([{}])",
            vec!["'x*'"; 100_000].join(",")
        ),
        format!(
            "{}union {}",
            (0..10_000)
                .map(|n| format!("let v{n}=view(){{T}};"))
                .collect::<String>(),
            "w".to_string() + &"*".repeat(40_000)
        ),
        format!(
            "let w = {wide}; find in (w) where a == 1 project-away {}",
            vec!["x*"; 300_000].join(",") + &"*".repeat(100_000)
        ),
        format!("T | extend {}", "x = now(), ".repeat(2) + "x = 1"),
    ];
    for query in hostile {
        let head: String = query.chars().take(40).collect();
        let codes = codes(query);
        assert!(
            codes.contains(&"KQL118") || codes.contains(&"KQL109"),
            "{head}: {codes:?}"
        );
    }
}

#[test]
fn what_the_parser_lets_through_fits_the_stack() {
    let deep = [
        format!("T | where {}a{} > 1", "abs(".repeat(45), ")".repeat(45)),
        format!("T | extend x = {}a", "1 + ".repeat(200)),
        format!("T | extend x = d{}", ".b".repeat(200)),
        format!("T | where {}", vec!["a == 1"; 5_000].join(" or ")),
        format!("T | where a in ({})", vec!["1"; 20_000].join(", ")),
        format!("T | where s has_any ({})", vec!["'x'"; 20_000].join(", ")),
        format!("T {}", "| where a > 1 ".repeat(350)),
        format!(
            "T {}{}",
            "| where a in ((T | project a ".repeat(20),
            "))".repeat(20)
        ),
        format!(
            "T | extend {}",
            (0..2_000)
                .map(|n| format!("x{n} = {n}"))
                .collect::<Vec<_>>()
                .join(", ")
        ),
        format!("datatable(x: long) [{}]", vec!["1"; 50_000].join(", ")),
        format!("search {}", vec!["'x'"; 60].join(" and ")),
    ];
    for query in deep {
        let head: String = query.chars().take(40).collect();
        assert_eq!(codes(query), Vec::<&str>::new(), "{head}");
    }
}

/// Each would take minutes if names were searched for among all others again and again.
#[test]
fn what_is_wide_is_read_in_time() {
    let lets: String = (1..15_000).map(|n| format!("let a{n}=a0;")).collect();
    assert_eq!(codes(format!("let a0=1;{lets}print a0")), [""; 0]);
    let columns = |letter: char| -> String {
        let names: Vec<String> = (0..4_000).map(|n| format!("{letter}{n}")).collect();
        names.join(",")
    };
    let unknown = codes(format!(
        "T | project {} | project {}",
        columns('x').replace(',', "=a,") + "=a",
        columns('y')
    ));
    assert!(unknown.iter().all(|code| *code == "KQL101"), "{unknown:?}");
    let wide = format!("T | project {}=a", columns('x').replace(',', "=a,"));
    for list in [
        format!("project-away {}", vec!["x3999"; 100_000].join(",")),
        format!("project-keep {}", vec!["x3999"; 100_000].join(",")),
        format!("project-rename {}", vec!["x3999=x3999"; 60_000].join(",")),
        format!("project-reorder {}", vec!["x3999"; 100_000].join(",")),
    ] {
        assert_eq!(codes(format!("{wide} | {list}")), [""; 0]);
    }
}
