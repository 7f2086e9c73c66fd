//! Operators whose rules the corpora show too little of: query in, rows out.

use std::sync::Arc;

use keyline_engine::{Catalog, Engine, EngineOptions, Evaluation, NoReferences, References, rows};

#[track_caller]
fn check(query: &str, expected: &[&str]) {
    check_with(query, Arc::new(NoReferences), expected);
}

#[track_caller]
fn check_with(query: &str, references: Arc<dyn References>, expected: &[&str]) {
    let options = EngineOptions::for_this_machine();
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
