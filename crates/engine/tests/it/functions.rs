//! The scalar functions: their documented examples hold, the checker's list and the engine's are the
//! same, and the reference in `docs/kql/functions` is what the descriptors say.
//!
//! `UPDATE_DOCS=1` writes the reference anew.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use keyline_engine::functions::{Family, Function, functions};
use keyline_engine::{Evaluation, rows};
use keyline_kql::functions as signatures;
use keyline_kql::types::Value;

use crate::support;

#[test]
fn examples_hold() {
    let engine = support::engine();
    let mut wrong = Vec::new();
    for function in functions() {
        for (example, expected) in function.examples {
            let query = format!("print x = ({example})");
            let run = || engine.query_text(&query, &Evaluation::at(support::START));
            let found = match catch_unwind(AssertUnwindSafe(run)) {
                Ok(Ok(table)) => text(&table.rows[0][0]),
                Ok(Err(error)) => format!("error: {error}"),
                Err(_) => "a panic".to_string(),
            };
            if found != *expected {
                wrong.push(format!("{example}: expected `{expected}`, found `{found}`"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Aggregates, window functions and what the checker decides have their examples in its list.
#[test]
fn examples_of_the_checkers_list_hold() {
    let engine = support::engine();
    let mut wrong = Vec::new();
    let all = signatures::scalars()
        .into_iter()
        .chain(signatures::aggregates());
    for function in all.filter(|function| function.implemented) {
        let name = function.canonical;
        let examples = signatures::examples(name);
        let of_engine =
            keyline_engine::functions::find(name).is_some_and(|f| !f.examples.is_empty());
        if examples.is_empty() && !of_engine {
            wrong.push(format!("{name} has no example"));
        }
        for (query, expected) in examples {
            let found = match engine.query_text(query, &Evaluation::at(support::START)) {
                Ok(table) => match table.rows.first().and_then(|row| row.last()) {
                    Some(value) => text(value),
                    None => "no row".to_string(),
                },
                Err(error) => format!("error: {error}"),
            };
            if found != expected {
                wrong.push(format!("{query}: expected `{expected}`, found `{found}`"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A value as `tostring` gives it, truth values in lower case.
fn text(value: &Value) -> String {
    match value {
        Value::Real(value) => keyline_engine::functions::format::real_text(*value),
        Value::DateTime(ticks) => keyline_engine::functions::format::datetime_text(*ticks),
        Value::TimeSpan(ticks) => keyline_engine::functions::format::timespan_text(*ticks),
        Value::Dynamic(json) => keyline_engine::functions::json::text_of(json).into_owned(),
        value => rows::text(value).unwrap_or_default(),
    }
}

/// What the checker decides by itself, so that the engine never sees it.
const DECIDED_BY_THE_CHECKER: [&str; 6] = [
    "bag_pack_columns",
    "bin_auto",
    "column_ifexists",
    "column_names_of",
    "ingestion_time",
    "iscolumnexists",
];

#[test]
fn checker_and_engine_know_the_same_functions() {
    let of_engine: BTreeSet<&str> = functions()
        .map(|function| function.name)
        .filter(|name| !is_operator(name))
        .collect();
    let of_checker: BTreeSet<&str> = signatures::scalars()
        .into_iter()
        .filter(|function| function.implemented)
        .map(|function| function.canonical)
        .filter(|name| !signatures::is_window(name) && !DECIDED_BY_THE_CHECKER.contains(name))
        .collect();
    let missing: Vec<_> = of_checker.difference(&of_engine).collect();
    let unknown: Vec<_> = of_engine.difference(&of_checker).collect();
    assert!(missing.is_empty(), "the engine lacks {missing:?}");
    assert!(
        unknown.is_empty(),
        "the checker's table lacks or marks unsupported {unknown:?}"
    );
}

fn is_operator(name: &str) -> bool {
    signatures::scalar(name).is_none()
}

#[test]
fn the_reference_is_fresh() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/kql/functions");
    let mut families: Vec<Family> = functions().map(|function| function.family).collect();
    families.sort();
    families.dedup();
    let mut stale = Vec::new();
    for family in families {
        let file = folder.join(format!("{}.md", family.slug()));
        let page = page(family);
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&file, &page).unwrap();
        }
        if std::fs::read_to_string(&file).unwrap_or_default() != page {
            stale.push(file.display().to_string());
        }
    }
    for (name, page) in [
        ("functions/aggregates.md", aggregates_page()),
        ("functions/windows.md", windows_page()),
        ("coverage.md", coverage_page()),
    ] {
        let file = folder.join("..").join(name);
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(&file, &page).unwrap();
        }
        if std::fs::read_to_string(&file).unwrap_or_default() != page {
            stale.push(file.display().to_string());
        }
    }
    assert!(
        stale.is_empty(),
        "run with UPDATE_DOCS=1: {}",
        stale.join(", ")
    );
}

fn page(family: Family) -> String {
    let mut members: Vec<&Function> = functions()
        .filter(|function| function.family == family)
        .collect();
    members.sort_by_key(|function| function.name);
    let mut page = format!("# {}\n\n", family.title());
    page.push_str("Generated from the functions themselves; the examples are run as tests.\n");
    for function in members {
        let _ = write!(
            page,
            "\n## {}\n\n```kql\n{}\n```\n\n{}\n",
            function.name, function.signature, function.doc
        );
        if function.examples.is_empty() {
            continue;
        }
        page.push_str("\n| Expression | Value |\n|---|---|\n");
        for (example, value) in function.examples {
            let _ = writeln!(page, "| {} | {} |", cell(example), cell(value));
        }
    }
    page
}

const GENERATED: &str = "Generated from the checker's tables; the examples are run as tests.\n";

fn aggregates_page() -> String {
    let mut page = format!("# Aggregates\n\n{GENERATED}");
    let own = |f: &&'static signatures::Function| f.implemented && f.name == f.canonical;
    signatures::aggregates()
        .into_iter()
        .filter(own)
        .for_each(|f| of_checker(f, &mut page));
    page
}

fn windows_page() -> String {
    let mut page = format!("# Functions of rows and columns\n\n{GENERATED}");
    let own = |f: &&'static signatures::Function| {
        let decided = DECIDED_BY_THE_CHECKER.contains(&f.name);
        f.name == f.canonical && (signatures::is_window(f.name) || decided)
    };
    signatures::scalars()
        .into_iter()
        .filter(own)
        .for_each(|f| of_checker(f, &mut page));
    page
}

fn of_checker(function: &signatures::Function, page: &mut String) {
    let overloads: Vec<String> = function.overloads.iter().map(ToString::to_string).collect();
    let _ = write!(
        page,
        "\n## {}\n\n```kql\n{}\n```\n\n{}\n",
        function.name,
        overloads.join("\n"),
        function.doc
    );
    let examples = signatures::examples(function.name);
    if !examples.is_empty() {
        page.push_str("\n| Query | Value |\n|---|---|\n");
    }
    for (query, value) in examples {
        let _ = writeln!(page, "| {} | {} |", cell(query), cell(value));
    }
}

/// Functions that stand only in graph patterns, where they run.
const OF_GRAPHS: [&str; 8] = [
    "all",
    "any",
    "inner_nodes",
    "labels",
    "map",
    "node_degree_in",
    "node_degree_out",
    "node_id",
];

/// Why functions do not run. Every one that the checker's tables mark has its place here.
const REASONS: [(&str, &[&str]); 4] = [
    (
        "speak of a cluster: its databases, principals, cursors, extents and stored results",
        &[
            "cluster",
            "current_cluster_endpoint",
            "current_database",
            "current_node_id",
            "current_principal",
            "current_principal_details",
            "current_principal_is_member_of",
            "cursor_after",
            "cursor_before_or_at",
            "cursor_current",
            "database",
            "entity_group",
            "extent_id",
            "extent_tags",
            "external_table",
            "graph",
            "materialized_view",
            "row_id",
            "rowstore_ordinal_range",
            "stored_query_result",
        ],
    ),
    (
        "needs data that others keep: places by address",
        &["geo_info_from_ip_address"],
    ),
    (
        "look into how the engine stores values",
        &["hll_isvalid", "tdigest_isvalid"],
    ),
    (
        "runs as a table (`table('name')`), not as a value",
        &["table"],
    ),
];

/// Why plugins do not run.
const PLUGIN_REASONS: [(&str, &[&str]); 4] = [
    (
        "ask a service or another machine, which no query does here",
        &[
            "ai_chat_completion",
            "ai_chat_completion_prompt",
            "ai_embed_text",
            "ai_embeddings",
            "azure_digital_twins_query_request",
            "cosmosdb_sql_request",
            "dax_request",
            "external_datatable",
            "http_request",
            "http_request_post",
            "infer_storage_schema",
            "infer_storage_schema_with_suggestions",
            "mysql_request",
            "postgresql_request",
            "sql_request",
        ],
    ),
    (
        "run programs of other languages",
        &["csharp", "python", "r", "spark"],
    ),
    (
        "speak of a cluster: its commands, stored queries and statistics",
        &[
            "estimate_rows_count",
            "execute_query",
            "execute_show_command",
            "identity",
            "identity_v3",
            "schema_merge",
            "stored_query",
        ],
    ),
    (
        "yield several tables at once, or text about one",
        &["diffpatterns_text", "funnel_sequence", "preview"],
    ),
];

/// What there is and what there is not, by the checker's tables.
fn coverage_page() -> String {
    let mut page = String::from(
        "# What Keyline runs of KQL\n\nGenerated from the checker's tables. What it does not run it \
         names when a query uses it. Which words the conformance corpora bear out is in \
         [vocabulary.txt](vocabulary.txt).\n",
    );
    for (title, all) in [
        ("Scalar functions", signatures::scalars()),
        ("Aggregates", signatures::aggregates()),
    ] {
        let own = all
            .iter()
            .filter(|f| f.name == f.canonical && !OF_GRAPHS.contains(&f.name));
        let (runs, mut lacks): (Vec<_>, Vec<_>) = own.partition(|f| f.implemented);
        let names = |list: &[&&signatures::Function]| -> String {
            let names: Vec<String> = list.iter().map(|f| format!("`{}`", f.name)).collect();
            names.join(", ")
        };
        let aliases = all.iter().filter(|f| f.name != f.canonical).count();
        let _ = write!(
            page,
            "\n## {title}\n\n{} of {}, and {aliases} other names.\n\nRuns: {}.\n\nDoes not run: {}.\n",
            runs.len(),
            runs.len() + lacks.len(),
            names(&runs),
            names(&lacks)
        );
        for (reason, of) in REASONS {
            let (of, rest): (Vec<_>, Vec<_>) = std::mem::take(&mut lacks)
                .into_iter()
                .partition(|f| of.contains(&f.name));
            lacks = rest;
            if !of.is_empty() {
                let _ = writeln!(page, "\n- {}: {reason}.", names(&of));
            }
        }
        let unexplained: Vec<&str> = lacks.iter().map(|f| f.name).collect();
        assert!(
            unexplained.is_empty() || title == "Aggregates",
            "why do these not run? {unexplained:?}"
        );
    }
    let _ = write!(
        page,
        "\n## Functions of graph patterns\n\nRuns: {}.\n",
        OF_GRAPHS.map(|name| format!("`{name}`")).join(", ")
    );
    let list = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        names.join(", ")
    };
    let (runs, mut lacks) = keyline_kql::check::plugins();
    let _ = write!(
        page,
        "\n## Plugins\n\nRuns: {}.\n\nDoes not run: {}.\n",
        list(&runs),
        list(&lacks)
    );
    for (reason, of) in PLUGIN_REASONS {
        let (of, rest): (Vec<_>, Vec<_>) = lacks.into_iter().partition(|name| of.contains(name));
        lacks = rest;
        let _ = writeln!(page, "\n- {}: {reason}.", list(&of));
    }
    assert!(lacks.is_empty(), "why do these not run? {lacks:?}");
    page
}

fn cell(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let text = text.replace('|', "\\|");
    if text.contains('`') {
        format!("`` {text} ``")
    } else {
        format!("`{text}`")
    }
}
