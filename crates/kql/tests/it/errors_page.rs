//! `docs/kql/errors.md` is made from the table of codes. `UPDATE_DOCS=1` writes it anew.

use std::path::Path;

use keyline_kql::codes;

#[test]
fn the_page_of_errors_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/kql/errors.md");
    let page = page();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &page).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == page,
        "{} is stale: run the tests with UPDATE_DOCS=1",
        path.display()
    );
}

#[test]
fn codes_are_sorted_and_distinct() {
    let codes: Vec<&str> = codes::ALL
        .iter()
        .flat_map(|list| list.iter())
        .map(|c| c.code)
        .collect();
    assert!(codes.windows(2).all(|pair| pair[0] < pair[1]), "{codes:?}");
}

fn page() -> String {
    let mut page = String::from(
        "# KQL errors\n\n\
         <!-- Made from crates/kql/src/codes.rs: edit that, then run the tests with UPDATE_DOCS=1. -->\n\n\
         Every diagnostic of a query has a code. A code is never reused.\n",
    );
    for entry in codes::ALL.iter().flat_map(|list| list.iter()) {
        let explanation = entry.explanation;
        page.push_str(&format!(
            "\n## {}: {}\n\n{explanation}\n",
            entry.code, entry.title
        ));
    }
    page
}
