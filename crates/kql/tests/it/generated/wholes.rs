//! Queries by operators, plugins and functions that do not stand anywhere in a pipe: each is a whole
//! with holes, which are filled by chance.

use super::chance::Chance;
use super::pipes::{self, PRELUDE};
use super::values::{Known, Values};
use keyline_kql::types::Type;

/// `{b}`, `{l}`, `{s}`, `{t}` are expressions of those types, `{n}` a small number, `{span}` a
/// timespan, `{from}` and `{to}` datetimes, `{c}` a column.
const WHOLES: [&str; 34] = [
    "let F = (A: (i: int)) { A | take {n} }; T | invoke F()",
    "let F = (A: (i: int), m: long) { A | where i > m | extend x = i + {n} }; T | where {b} | invoke F({n})",
    "T | project-by-names 's', 't*'",
    "T | project-by-names dynamic(['{c}', 'nosuch'])",
    "T | make-graph s --> s with U on k | graph-shortest-paths (a)-[e*1..{n}]->(c) project x = a.k, y = c.v",
    "T | make-graph s --> s with U on k | graph-mark-components with_component_id = part | graph-to-table nodes",
    "T | where {b} | assert-schema (b: bool, i: int, l: long, r: real, d: decimal, s: string, t: datetime, p: timespan, g: guid, y: dynamic)",
    "T | evaluate active_users_count(s, t, {from}, {to}, {span}, {span}, {n}, {span})",
    "T | evaluate activity_counts_metrics(s, t, {from}, {to}, {span})",
    "T | evaluate activity_engagement(s, t, {from}, {to}, {span}, 7d)",
    "T | evaluate activity_metrics(s, t, {from}, {to}, {span})",
    "T | where {b} | evaluate activity_metrics(s, t, {span})",
    "T | evaluate new_activity_metrics(s, t, {from}, {to}, {span})",
    "T | evaluate funnel_sequence_completion(s, t, {from}, {to}, {span}, l, dynamic(['a', 'b']), dynamic([1h, 1d]))",
    "T | evaluate geo_line_lookup(U, z, r, r, {n})",
    "T | evaluate geo_polygon_lookup(U, z, r, r)",
    "T | evaluate ipv4_lookup(U, s, k)",
    "T | evaluate ipv4_lookup(U, s, k, return_unmatched = true)",
    "T | evaluate ipv6_lookup(U, s, k)",
    "T | evaluate rolling_percentile(l, 50, t, {span}, {n})",
    "T | sort by t asc | evaluate rows_near({b}, {n})",
    "T | evaluate sequence_detect(t, {span}, {span}, one = ({b}), two = ({b}), s)",
    "T | evaluate session_count(s, t, {from}, {to}, {span}, {span})",
    "T | evaluate session_count(s, t, {from}, {to}, {span}, {span}, i)",
    "T | where {b} | extend x = array_shift_right(y, {n}), z = {l}",
    "T | summarize percentilesw_array({l}, i, {n}, 50) by s",
    "T | evaluate sliding_window_counts(s, t, {from}, {to}, 7d, 1d)",
    "T | extend x = assert({b}, 'message'), z = {l}",
    "T | project x = bag_pack_columns({c}, s), z = {s}",
    "set query_bin_auto_size = {span}; T | summarize count() by x = bin_auto(t)",
    "print x = column_names_of(T), z = {n}",
    "T | extend x = iscolumnexists('{c}'), z = {t}",
    "T | sort by t asc | extend x = row_window_session(t, {span}, {span}, s != prev(s))",
    "T | summarize h = hll({s}), q = tdigest({l}) by i | evaluate dcount_intersect(h, h) | project s1, x = dcount_hll(hll_merge(h, h)), z = percentile_tdigest(tdigest_merge(q, q), {n})",
];

pub fn query(known: &Known, seed: u64) -> String {
    let mut values = Values {
        known,
        chance: Chance::new(seed ^ 0x301e),
        columns: pipes::columns_of_t(),
    };
    // Each in turn, so that none is rare.
    let mut rest = WHOLES[(seed / 10) as usize % WHOLES.len()];
    let mut text = PRELUDE.to_string();
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let hole = after
            .split_once('}')
            .filter(|(hole, _)| hole.chars().all(|c| c.is_ascii_lowercase()) && !hole.is_empty());
        match hole {
            Some((hole, after)) => {
                text.push_str(&filled(&mut values, hole));
                rest = after;
            }
            // A bracket of the query itself.
            None => {
                text.push('{');
                rest = after;
            }
        }
    }
    text + rest
}

fn filled(values: &mut Values<'_>, hole: &str) -> String {
    match hole {
        "b" => values.of(Type::Bool, 2),
        "l" => values.of(Type::Long, 2),
        "s" => values.of(Type::String, 2),
        "t" => values.of(Type::DateTime, 2),
        "n" => (1 + values.chance.below(9)).to_string(),
        "span" => (*values.chance.one_of(&["1h", "30m", "1d", "2h"])).to_string(),
        "from" => "datetime(2024-01-01)".to_string(),
        "to" => "datetime(2024-02-01)".to_string(),
        "c" => (*values.chance.one_of(&["i", "l", "s", "t", "r"])).to_string(),
        hole => panic!("what is to be put into `{hole}`?"),
    }
}
