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

const SALES: &str = "let S = datatable(k: string, p: string, n: long)\
    ['a', 'x', 5, 'a', 'y', 3, 'a', 'z', 1, 'b', 'x', 4, 'c', 'x', 2, 'c', 'y', 1];";

#[test]
fn others_are_summed_up_at_each_level() {
    check(
        &format!("{SALES} S | top-nested 1 of k with others = 'rest' by sum(n)"),
        "k aggregated_k",
        &["a 9", "rest 7"],
    );
    check(
        &format!(
            "{SALES} S | top-nested 1 of k with others = 'rest' by sum(n), top-nested 1 of p with others = 'more' by sum(n)"
        ),
        "k aggregated_k p aggregated_p",
        &["a 9 more 4", "a 9 x 5", "rest 7 more 7"],
    );
    check(
        &format!("{SALES} S | top-nested 2 of k by mean = sum(n) / count()"),
        "k mean",
        &["a 3", "b 4"],
    );
}

#[test]
fn scan_has_an_order_and_partitions_of_its_own() {
    check(
        &format!(
            "{SALES} S | scan order by n asc partition by k declare (sum: long = 0) with (step s: true => sum = n + s.sum;)"
        ),
        "k p n sum",
        &[
            "a x 5 9", "a y 3 4", "a z 1 1", "b x 4 4", "c x 2 3", "c y 1 1",
        ],
    );
}

#[test]
fn a_query_runs_for_each_value_of_a_partition() {
    check(
        &format!(
            "{SALES} S | partition by k {{ S | where k == toscalar(k) | summarize n = sum(n) | extend k = toscalar(k) }}"
        ),
        "n k",
        &["3 c", "4 b", "9 a"],
    );
    check(
        &format!("{SALES} S | partition by k {{ print x = strcat('-', toscalar(k)) }}"),
        "x",
        &["-a", "-b", "-c"],
    );
}

#[test]
fn find_looks_in_tables_that_have_the_columns() {
    let tables = "let A = datatable(a: int, b: string, c: real)[1, 'x', 1.5, 2, 'y', 2.5]; \
        let B = datatable(a: long, b: string, d: long)[3, 'x', 7]; ";
    check(
        &format!("{tables} find in (A, B) where b == 'x'"),
        "source_ a b pack_",
        &["union_arg0 1 x {\"c\":1.5}", "union_arg1 3 x {\"d\":7}"],
    );
    check(
        &format!("{tables} find withsource=t in (A, B) where c > 1 project b, c, d"),
        "t b c d",
        &["union_arg0 x 1.5 null", "union_arg0 y 2.5 null"],
    );
    refuse(&format!("{tables} find in (A, B) where z == 1"), "`z`");
}

#[test]
fn texts_that_differ_in_few_words_become_a_pattern() {
    let lines = "range x from 1 to 20 step 1 | project m = strcat('user ', x, ' logs in'); ";
    check(
        &format!("let L = {lines} L | reduce by m"),
        "Pattern Count Representative",
        &["user * logs in 20 user 1 logs in"],
    );
}

#[test]
fn patterns_are_found() {
    let rows = "let R = datatable(e: string, who: string, side: string)[\
        'get', 'ann', 'old', 'get', 'ann', 'old', 'put', 'bob', 'new', 'put', 'bob', 'new', 'get', 'eve', 'new'];";
    check(
        &format!("{rows} R | project e, who | evaluate basket(0.5)"),
        "SegmentId Count Percent e who",
        &["0 3 60.0 get "],
    );
    check(
        &format!("{rows} R | project e, who | evaluate autocluster() | project Count, e, who"),
        "Count e who",
        &["1 get eve", "2 get ann", "2 put bob"],
    );
    check(
        &format!(
            "{rows} R | evaluate diffpatterns(side, 'old', 'new', '~', 0.6) | project CountA, CountB, e, who"
        ),
        "CountA CountB e who",
        &["0 2 put bob", "2 0 get ann", "2 1 get "],
    );
}

#[test]
fn what_is_read_twice_is_the_same_rows() {
    check(
        &format!(
            "{SALES} let T = S | summarize n = sum(n) by k; T | join kind=inner (T) on k | project k, n, n1"
        ),
        "k n n1",
        &["a 9 9", "b 4 4", "c 3 3"],
    );
}

#[test]
fn a_pattern_becomes_the_body_of_its_case() {
    check(
        "declare pattern p = (n: string)[s: string] { ('a').['b'] = { print x = strcat(n, s) }; ('c').['d'] = { print y = 1 }; };
         p('a').b",
        "x",
        &["ab"],
    );
}
