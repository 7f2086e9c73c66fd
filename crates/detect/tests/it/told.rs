//! Which addresses and programs rows tell of.

use std::collections::BTreeSet;

use keyline_detect::row::ResultRow;
use keyline_detect::told::Told;
use keyline_kql::schema::Column;
use keyline_kql::types::{Type, Value};

#[test]
fn rows_tell_of_addresses_and_programs() {
    for (name, cell, expected) in [
        (
            "Addresses",
            r#"["192.0.2.1","athena.amazonaws.com"]"#,
            "192.0.2.1 athena.amazonaws.com | ",
        ),
        ("SourceIpAddress", "2001:db8::1", "2001:db8::1 | "),
        ("Whence", "192.0.2.1", "192.0.2.1 | "),
        ("Whence", "version 2.1", " | "),
        (
            "Calls",
            r#"[{"from":"192.0.2.9","UserAgent":"tool/1"}]"#,
            "192.0.2.9 | tool/1",
        ),
        ("EmailAddress", "mara@example.com", " | "),
        ("UserAgents", r#"["a/1","b/2",""]"#, " | a/1 b/2"),
        ("Agents", "aws-cli/2.15", " | aws-cli/2.15"),
    ] {
        let mut told = Told::default();
        for (ty, value) in [
            (Type::Dynamic, Value::Dynamic(cell.to_owned())),
            (Type::String, Value::String(cell.to_owned())),
        ] {
            if ty == Type::Dynamic || !cell.starts_with('[') {
                let columns = [Column::new(name, ty)];
                told.add(&ResultRow {
                    columns: &columns,
                    cells: &[value],
                });
            }
        }
        let list =
            |texts: &BTreeSet<String>| Vec::from_iter(texts.iter().map(String::as_str)).join(" ");
        let found = format!("{} | {}", list(&told.addresses), list(&told.agents));
        assert_eq!(found, expected, "{name} {cell}");
    }
}
