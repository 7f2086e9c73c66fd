//! Plugins and graphs: query in, names of the columns and rows out, sorted.

use keyline_engine::{Evaluation, rows};

use crate::support;

#[track_caller]
fn check(query: &str, columns: &str, expected: &[&str]) {
    let table = support::engine().query_text(query, &Evaluation::at(support::START));
    let table = table.unwrap_or_else(|error| panic!("{query}: {error}"));
    let names: Vec<&str> = table.columns.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names.join(" "), columns, "{query}");
    let mut found: Vec<String> = table
        .rows
        .iter()
        .map(|row| {
            let cells = row.iter().map(|v| rows::text(v).unwrap_or("null".into()));
            cells.collect::<Vec<_>>().join(" ")
        })
        .collect();
    found.sort();
    assert_eq!(found, expected, "{query}");
}

#[track_caller]
fn refuse(query: &str, says: &str) {
    let answer = support::engine().query_text(query, &Evaluation::at(support::START));
    let error = answer
        .map(|table| table.rows.len())
        .unwrap_err()
        .to_string();
    assert!(error.contains(says), "{query}: {error}");
}

#[test]
fn the_data_tells_the_columns_of_a_bag() {
    let bags =
        "datatable(b: dynamic, n: long)[dynamic({'y': 1, 'x': 'a'}), 1, dynamic({'y': 2.5}), 2]";
    check(
        &format!("{bags} | evaluate bag_unpack(b)"),
        "n x y",
        &["1 a 1", "2  2.5"],
    );
    check(
        &format!("{bags} | evaluate bag_unpack(b, 'p_')"),
        "n p_x p_y",
        &["1 a 1", "2  2.5"],
    );
    check(
        &format!(
            "{bags} | evaluate bag_unpack(b, ignoredProperties=dynamic(['y'])) | where x == 'a'"
        ),
        "n x",
        &["1 a"],
    );
    let clash = "datatable(b: dynamic, x: long)[dynamic({'x': 7}), 1]";
    refuse(
        &format!("{clash} | evaluate bag_unpack(b)"),
        "already a column `x`",
    );
    check(
        &format!("{clash} | evaluate bag_unpack(b, columnsConflict='replace_source')"),
        "x",
        &["7"],
    );
    // Two stages: the second bag is a member of the first.
    check(
        "print b = dynamic({'c': {'d': 5}}) | evaluate bag_unpack(b) | evaluate bag_unpack(c)",
        "d",
        &["5"],
    );
}

#[test]
fn the_data_tells_the_columns_of_a_pivot() {
    check(
        "AWSCloudTrail | project EventName, SourceIpAddress | evaluate pivot(EventName)",
        "SourceIpAddress AssumeRole GetObject PutObject",
        &["192.0.2.1 1 2 0", "198.51.100.7 0 1 1", "203.0.113.9 1 0 0"],
    );
    check(
        "datatable(k: string, v: long)['a', 1, 'a', 2, 'b', 3] | evaluate pivot(k, sum(v))",
        "a b",
        &["3 3"],
    );
}

#[test]
fn addresses_are_looked_up() {
    let nets = "let N = datatable(net: string, what: string)['192.0.2.0/24', 'wide', '192.0.2.0/31', 'narrow', 'x', 'none'];";
    let query =
        "AWSCloudTrail | distinct SourceIpAddress | evaluate ipv4_lookup(N, SourceIpAddress, net";
    check(
        &format!("{nets} {query})"),
        "SourceIpAddress net what",
        &[
            "192.0.2.1 192.0.2.0/24 wide",
            "192.0.2.1 192.0.2.0/31 narrow",
        ],
    );
    check(
        &format!("{nets} {query}, return_unmatched=true) | where isempty(net)"),
        "SourceIpAddress net what",
        &["198.51.100.7  ", "203.0.113.9  "],
    );
}

#[test]
fn sequences_are_detected() {
    check(
        "AWSCloudTrail | evaluate sequence_detect(TimeGenerated, 30m, 1h, a=(EventName == 'AssumeRole'), g=(EventName == 'GetObject'), SourceIpAddress)",
        "SourceIpAddress a_TimeGenerated g_TimeGenerated Duration",
        &["192.0.2.1 2024-05-01T00:00:00Z 2024-05-01T00:10:00Z 00:10:00"],
    );
    check(
        "datatable(x: string, y: string)['a', 'p', 'a', 'q', 'a', 'p'] | evaluate basket(0.5)",
        "SegmentId Count Percent x y",
        &[
            "0 3 100.0 a ",
            "1 2 66.66666666666667 a p",
            "2 2 66.66666666666667  p",
        ],
    );
}

#[test]
fn patterns_are_found_in_graphs() {
    let graph = "let E = datatable(a: string, b: string, w: long)['x', 'y', 1, 'y', 'z', 2, 'z', 'x', 3, 'z', 'u', 4];
        E | make-graph a --> b with_node_id = id";
    check(
        &format!(
            "{graph} | graph-match (p)-[e*1..3]->(q) where p.id == 'x' and q.id == 'u' project p.id, ws = map(e, w), via = map(inner_nodes(e), id)"
        ),
        "p_id ws via",
        &["x [1,2,4] [\"y\",\"z\"]"],
    );
    check(
        &format!(
            "{graph} | graph-match (p)<-[e]-(q) where e.w > 2 project p = p.id, q = q.id, out = node_degree_out(q)"
        ),
        "p q out",
        &["u z 2", "x z 2"],
    );
    check(
        &format!(
            "{graph} | graph-match (p)-[e*1..9]->(q) where p.id == 'x' and all(e, w < 3) project q.id, n = array_length(map(e, w))"
        ),
        "q_id n",
        &["y 1", "z 2"],
    );
    check(
        &format!(
            "{graph} | graph-shortest-paths (p)-[e*1..9]->(q) where p.id == 'y' and q.id == 'x' project ws = map(e, w)"
        ),
        "ws",
        &["[2,3]"],
    );
    check(
        &format!(
            "{graph} | graph-mark-components kind=strong with_component_id=c | graph-to-table nodes"
        ),
        "id c",
        &["u 1", "x 0", "y 0", "z 0"],
    );
    check(
        &format!("{graph} | graph-where-nodes id != 'z' | graph-to-table edges"),
        "a b w",
        &["x y 1"],
    );
    refuse(&format!("{graph} | take 1"), "this is a graph");
}

#[test]
fn sketches_say_what_the_values_say() {
    let numbers = "range x from 1 to 100 step 1";
    check(
        &format!(
            "{numbers} | summarize t = tdigest(x), h = hll(x % 10) | project percentile_tdigest(t, 95), dcount_hll(h)"
        ),
        "percentile_tdigest_t dcount_hll_h",
        &["95 10"],
    );
    check(
        &format!(
            "{numbers} | summarize c = covariance(x, 2 * x), v = variancepif(x, x <= 3) | project c = round(c, 3), v = round(v, 3)"
        ),
        "c v",
        &["1683.333 0.667"],
    );
}
