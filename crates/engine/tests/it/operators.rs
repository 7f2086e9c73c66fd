//! Operators whose rules the corpora show too little of: query in, rows out.

use std::sync::Arc;

use keyline_engine::{Catalog, Engine, EngineOptions, Evaluation, NoReferences, References, rows};

#[track_caller]
fn check(query: &str, expected: &[&str]) {
    check_with(query, Arc::new(NoReferences), expected);
}

#[track_caller]
fn check_with(query: &str, references: Arc<dyn References>, expected: &[&str]) {
    // Groups are made in two steps where a plan has parts.
    let options = EngineOptions {
        partitions: 2,
        ..EngineOptions::for_this_machine()
    };
    let engine = Engine::new(&options, Catalog::new(), references);
    let evaluation = Evaluation::at(17_806_608_000_000_000);
    let table = engine.unwrap().query_text(query, &evaluation).unwrap();
    let found = table.rows.iter().map(|row| {
        let cells = row.iter().map(|v| rows::text(v).unwrap_or("null".into()));
        cells.collect::<Vec<_>>().join(" ")
    });
    assert_eq!(found.collect::<Vec<_>>(), expected, "{query}");
}

#[test]
fn scan_goes_step_by_step() {
    let events = "datatable(t: long, e: string)[1,'a', 2,'x', 3,'b', 4,'b', 5,'c', 6,'a', 7,'c'] | serialize | scan with_match_id = m with ";
    check(
        &format!("{events} (step A: e == 'a'; step B: e == 'b'; step C: e == 'c';)"),
        &["1 a 0", "3 b 0", "4 b 0", "5 c 0", "6 a 1", "7 c 0"],
    );
    check(
        &format!("{events} (step A: e == 'a'; step B output=last: e == 'b'; step C: e == 'c';)"),
        &["1 a 0", "4 b 0", "5 c 0", "6 a 1", "7 c 0"],
    );
    check(
        &format!(
            "{events} (step A output=none: e == 'a'; step B optional: e == 'b'; step C: e == 'c' and t - A.t < 9;)"
        ),
        &["3 b 0", "4 b 0", "5 c 0", "7 c 1"],
    );
}

#[test]
fn scan_begins_anew_in_each_partition() {
    check(
        "datatable(k: string, v: long)['p',1, 'q',10, 'p',2, 'q',20]
         | partition by k (serialize | scan declare (sum: long = 0) with (step s: true => sum = v + s.sum;))
         | sort by k asc, v asc",
        &["p 1 1", "p 2 3", "q 10 10", "q 20 30"],
    );
}

#[test]
fn bag_unpack_makes_the_stated_columns() {
    let bags =
        "datatable(d: dynamic, k: long)[dynamic({'a': 'x', 'b': 2}), 1, dynamic({'a': 'y'}), 2]";
    check(
        &format!("{bags} | evaluate bag_unpack(d) : (*, a: string, b: long) | sort by k asc"),
        &["1 x 2", "2 y null"],
    );
    check(
        &format!("{bags} | evaluate bag_unpack(d, 'p_') : (p_a: string) | sort by p_a asc"),
        &["x", "y"],
    );
}

#[test]
fn narrow_makes_a_row_of_each_cell() {
    check(
        "print a = 1, b = 'x' | evaluate narrow() | sort by Column asc",
        &["0 a 1", "0 b x"],
    );
}

/// Of the numbers up to 100, how many are even, also divisible by 3, and also by 5; and 0, which stands
/// for all others.
#[test]
fn dcount_intersect_counts_what_sketches_have_in_common() {
    check(
        "range x from 1 to 100 step 1 \
         | summarize two = hll(iff(x % 2 == 0, x, 0), 2), three = hll(iff(x % 3 == 0, x, 0), 2), \
             five = hll(iff(x % 5 == 0, x, 0), 2) \
         | evaluate dcount_intersect(two, three, five) | project s0 - 1, s1 - 1, s2 - 1",
        &["50 16 3"],
    );
}

#[test]
fn take_anyif_takes_from_the_rows_that_fit() {
    check(
        "datatable(k: string, v: long)['p',1, 'p',2, 'q',3] | summarize take_anyif(v, v > 1 and v < 3) by k | sort by k asc",
        &["p 2", "q null"],
    );
}

#[test]
fn dcountif_counts_distinct_values() {
    check(
        "datatable(a: string)['x', 'x', 'y'] | summarize dcount(a), dcountif(a, true), dcountif(a, a != 'y')",
        &["2 2 1"],
    );
}

#[test]
fn a_name_is_what_the_source_is_called() {
    check(
        "range x from 1 to 1 step 1 | as T1 | union withsource = S (print x = 2 | as T2), (print x = 3) | project S, x | sort by x asc",
        &["T1 1", "T2 2", "union_arg2 3"],
    );
    check(
        "print x = 1 | as T | search 1 | project ['$table'], x",
        &["T 1"],
    );
    check(
        "print x = 1 | as T | extend y = toscalar(T | count)",
        &["1 1"],
    );
}

#[test]
fn a_table_may_be_left_without_columns() {
    check("print x = 1 | project | count", &["1"]);
    check("print x = 1 | project-keep | count", &["1"]);
}

/// The same text behind every reference.
struct Given(&'static str);

impl References for Given {
    fn fetch(&self, _uri: &str) -> Result<Vec<u8>, String> {
        Ok(self.0.into())
    }
}

#[test]
fn external_cells_become_values_of_their_columns() {
    let query = |format: &str| {
        format!(
            "externaldata(d: datetime, n: long, r: real, b: bool, s: string, y: dynamic)['https://host.example/x'] \
             with (format='{format}') | extend k = gettype(y)"
        )
    };
    check_with(
        &query("csv"),
        Arc::new(Given(
            "2024-01-01,5,1.5,true,a,[1]\nnot a date,x,,yes?,,7\n",
        )),
        &[
            "2024-01-01T00:00:00Z 5 1.5 true a [1] array",
            "null null null null  7 long",
        ],
    );
    check_with(
        &query("multijson"),
        Arc::new(Given(
            r#"{"d":"2024-01-01T00:00:00Z","n":5,"r":1,"b":true,"s":[1],"y":"t"}{"n":"6"}"#,
        )),
        &[
            "2024-01-01T00:00:00Z 5 1.0 true [1] \"t\" string",
            "null 6 null null  null null",
        ],
    );
}

/// Who was there on which day: 1 and 2 on the first, 2 and 3 on the second, 1, 2 and 4 on the third.
const VISITS: &str = "let D = (n: long) { datetime(2024-05-01) + (n - 1) * 1d };
    let T = datatable(u: long, n: long)[1,1, 2,1, 2,2, 3,2, 1,3, 2,3, 4,3] | project u, t = D(n);";

#[test]
fn new_ids_are_those_that_no_bin_before_had() {
    let metrics = |rest: &str| {
        format!(
            "{VISITS} T | evaluate new_activity_metrics(u, t, D(1), D(4), 1d{rest})
             | project dayofmonth(from_t), dayofmonth(to_t), dcount_new_values, dcount_retained_values, dcount_churn_values
             | sort by Column1 asc, Column2 asc"
        )
    };
    let from_the_second = ["2 2 1 1 0", "2 3 1 0 1"];
    check(
        &metrics(""),
        &[
            "1 1 2 2 0",
            "1 2 1 1 1",
            "1 3 1 2 0",
            from_the_second[0],
            from_the_second[1],
            "3 3 1 1 0",
        ],
    );
    check(&metrics(", D(2)"), &from_the_second);
    // Who is known already is new nowhere.
    let known = metrics(", D(1), K").replacen("let T", "let K = print d = 'x', u = 1; let T", 1);
    check(&known, &["1 1 1 1 0", "1 2 1 1 0", "1 3 1 1 0"]);
}

#[test]
fn ids_are_compared_with_the_bin_before() {
    check(
        &format!(
            "{VISITS} T | evaluate activity_metrics(u, t, D(1), D(4), 1d)
             | project dcount_values, dcount_newvalues, retention_rate"
        ),
        &["2 2 NaN", "2 1 0.5", "3 2 0.5"],
    );
    // The first of May 2024 was a Wednesday.
    for (step, row) in [
        ("week", "2024-04-28T00:00:00Z 4"),
        ("month", "2024-05-01T00:00:00Z 4"),
        ("year", "2024-01-01T00:00:00Z 4"),
    ] {
        check(
            &format!(
                "{VISITS} T | evaluate activity_metrics(u, t, D(1), D(4), '{step}')
                 | project t, dcount_values"
            ),
            &[row],
        );
    }
}

#[test]
fn an_edge_of_several_hops_has_a_list_of_each_column() {
    check(
        "let E = datatable(s: string, d: string)['a', 'b', 'b', 'c'];
         E | make-graph s --> d with_node_id = id
         | graph-match (p)-[e*2..2]->(q) where array_length(e.d) == 2
           project e.d, n = e, q.id",
        &["[\"b\",\"c\"] [{\"s\":\"a\",\"d\":\"b\"},{\"s\":\"b\",\"d\":\"c\"}] c"],
    );
}

#[test]
fn every_way_through_the_steps_is_a_sequence() {
    check(
        "datatable(t: long, e: string)[1,'a', 2,'b', 3,'a', 4,'b', 9,'c']
         | evaluate sequence_detect(t, 3, 5, a = (e == 'a'), b = (e == 'b'))
         | sort by a_t asc, b_t asc",
        &["1 2 1", "1 4 3", "3 4 1"],
    );
}

#[test]
fn what_is_no_text_is_parsed_as_it_is_written() {
    check(
        "print d = datetime(2024-05-01), n = 125 | parse d with year: long '-05' * | parse n with '1' rest: long",
        &["2024-05-01T00:00:00Z 125 2024 25"],
    );
}

#[test]
fn no_rows_are_asked_for() {
    for query in [
        "range x from 1 to 3 step 1 | sort by x asc | take 0",
        "range x from 1 to 3 step 1 | top 0 by x",
        "range x from 1 to 3 step 1 | consume",
        "range x from 1 to 3 step 1 | where x > 1 | take 0 | sort by x asc",
    ] {
        check(query, &[]);
    }
    check("range x from 1 to 3 step 1 | top 0 by x | count", &["0"]);
}

#[test]
fn what_a_query_makes_has_no_labels() {
    check(
        "let E = datatable(a: string, b: string)['x', 'y', 'y', 'z'];
         E | make-graph a --> b with_node_id = id
         | graph-match (p)-[e*2..2]->(q) project n = labels(p), l = map(e, labels())",
        &["[] [[],[]]"],
    );
}

#[test]
fn whole_numbers_stand_for_ints_and_seconds_have_fractions() {
    check(
        "print y = dynamic([1, 4, 9, 16]), x = dynamic([1, 2, 3, 4])
         | extend (r, c, v, rv, f) = series_fit_poly(y, x, 2)
         | project round(r, 6), t = make_timespan(1, 2, 3, 4.5)",
        &["1.0 1.02:03:04.5000000"],
    );
}

#[test]
fn the_size_of_a_row_is_that_of_its_values() {
    check(
        "range x from 1 to 2 step 1 | extend t = 'abc', b = x == 1, d = dynamic([1,2])
         | summarize sum(estimate_data_size(*)), sum(estimate_data_size(x, t))",
        &["34 22"],
    );
}

#[test]
fn equal_aggregates_are_each_given_out() {
    let rows = "datatable(t: long, u: string)[1,'a', 3,'a', 2,'b']";
    check(
        &format!(
            "{rows} | summarize First = min(t), Again = min(t), arg_max(t, *) by u | sort by u asc"
        ),
        &["a 1 1 3", "b 2 2 2"],
    );
    check(
        &format!("{rows} | summarize a = make_set(u), b = make_set(u), arg_max(t, *)"),
        &[r#"["a","b"] ["a","b"] 3 a"#],
    );
    check(
        &format!("{rows} | summarize a = take_any(u), b = take_any(u) by t | sort by t asc"),
        &["1 a a", "2 b b", "3 a a"],
    );
}

#[test]
fn random_numbers_are_each_their_own() {
    check(
        "range x from 1 to 9 step 1 | summarize a = make_list(rand()), b = make_list(rand()), arg_max(x, *) | project tostring(a) == tostring(b)",
        &["false"],
    );
}

#[test]
fn many_groups_of_one_row_are_groups() {
    let rows = "range x from 1 to 300000 step 1 | where x % 7 != 0 | extend y = tostring(x)";
    for aggregate in [
        "take_any(y)",
        "make_set(y)",
        "make_list(y)",
        "make_bag(bag_pack(y, 1))",
        "percentile(x, 50)",
        "count_distinct(y)",
        "hll(y)",
        "tdigest(x)",
    ] {
        check(
            &format!(
                "{rows} | summarize v = {aggregate} by y | where strlen(tostring(v)) > 0 | count"
            ),
            &["257143"],
        );
    }
}

#[test]
fn rows_that_are_keys_alone_are_joined_once() {
    check(
        "print k = 1 | union (print k = 1) | join (print k = 1) on k",
        &["1 1"],
    );
}

#[test]
fn a_range_goes_down_by_a_negative_step() {
    check(
        "range x from 10 to 1 step -3 | extend r = row_number()",
        &["10 1", "7 2", "4 3", "1 4"],
    );
    check("range x from 3h to 1h step -1h | take 1", &["03:00:00"]);
    check(
        "range x from int(2) to int(0) step int(-1) | extend before = prev(x)",
        &["2 null", "1 2", "0 1"],
    );
    check("range x from 1 to 10 step -3", &[]);
}

#[test]
fn bits_are_not_shifted_by_a_negative_number() {
    check(
        "print binary_shift_left(1, -1), binary_shift_right(8, -2), binary_shift_left(1, 65)",
        &["null null 2"],
    );
}

#[test]
fn constant_patterns_that_are_none_are_refused() {
    let options = EngineOptions::for_this_machine();
    let engine = Engine::new(&options, Catalog::new(), Arc::new(NoReferences)).unwrap();
    for (query, why) in [
        (
            "print 'a' matches regex '('",
            "`(` is ill-formed: unclosed group",
        ),
        (
            "print extract('[a', 0, 'a')",
            "`[a` is ill-formed: unclosed character class",
        ),
        (
            "print replace_regex('a', 'a(', 'b')",
            "`a(` is ill-formed: unclosed group",
        ),
        (
            "print countof('a', ')', 'regex')",
            "`)` is ill-formed: unopened group",
        ),
        (
            "print trim('+', 'a')",
            "`+` is ill-formed: repetition operator missing expression",
        ),
        (
            "print 'a' matches regex '(((a{1000}){1000}){1000})'",
            "is too large",
        ),
    ] {
        let error = engine.query_text(query, &Evaluation::at(0)).unwrap_err();
        assert!(error.to_string().contains(why), "{query}: {error}");
    }
    // A brace that begins no repetition is a letter, and so is a bracket in a class.
    check(
        r"print 'a{b' matches regex 'a{b', '${x}' matches regex @'\$\{\w+{,}?|\$\{x\}', 'aa' matches regex '^a{2}$', '[' matches regex '[[]', 'é' matches regex @'^\p{L}$', ']' matches regex '[]]'",
        &["true true true true true true"],
    );
    check(
        "print s = 'a{b=1' | parse kind=regex s with 'a{b=' n: long | project n",
        &["1"],
    );
    // Kusto counts by texts unless it is told otherwise, and rows may bring patterns along.
    check("print countof('(a(', '(')", &["2"]);
    check(
        "datatable(p: string)['(', 'a'] | extend m = 'a' matches regex p",
        &["( null", "a true"],
    );
}
