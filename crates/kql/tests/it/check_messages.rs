//! What the checker says of faulty queries: text in, text out.

use keyline_kql::check::{CheckOptions, check as check_query};
use keyline_kql::parse::parse;
use keyline_kql::schema::{Column, Schema};
use keyline_kql::types::Type;

struct Tables;

impl Schema for Tables {
    fn table(&self, name: &str) -> Option<Vec<Column>> {
        let columns: &[(&str, Type)] = match name {
            "Events" => &[
                ("TimeGenerated", Type::DateTime),
                ("EventName", Type::String),
                ("Count", Type::Long),
                ("Details", Type::Dynamic),
            ],
            "Hosts" => &[("EventName", Type::String), ("Address", Type::String)],
            _ => return None,
        };
        Some(
            columns
                .iter()
                .map(|(name, ty)| Column::new(*name, *ty))
                .collect(),
        )
    }

    fn table_names(&self) -> Vec<String> {
        vec!["Events".to_string(), "Hosts".to_string()]
    }
}

/// Each diagnostic as `code message`, where it stands, and its help in brackets.
fn check(query: &str, expected: &[&str]) {
    let (tree, problems) = parse(query);
    assert!(problems.is_empty(), "{problems:?}");
    let (_, diagnostics) = check_query(&tree, &Tables, &CheckOptions::default());
    let found: Vec<String> = diagnostics
        .iter()
        .map(|found| {
            let mut text = format!(
                "{} {} at `{}`",
                found.code,
                found.message,
                found.primary.text(query)
            );
            if let Some(help) = &found.help {
                text.push_str(&format!(" [{help}]"));
            }
            text
        })
        .collect();
    assert_eq!(found, expected, "\n{query}");
}

#[test]
fn misspelt_names() {
    check(
        "Event | take 1",
        &["KQL100 unknown table `Event` at `Event` [did you mean `Events`?]"],
    );
    check(
        "Events | where EvnetName == 'a'",
        &["KQL101 unknown column `EvnetName` at `EvnetName` [did you mean `EventName`?]"],
    );
    check(
        "Hosts | where User == 'a'",
        &[
            "KQL101 unknown column `User` at `User` [available columns: `EventName`, `Address`; \
             a text is written in quotes]",
        ],
    );
    check(
        "Events | extend x = tolowr(EventName)",
        &["KQL102 unknown function `tolowr` at `tolowr` [did you mean `tolower`?]"],
    );
    check(
        "let lookback = 1d; Events | where TimeGenerated > ago(lookbak)",
        &["KQL101 unknown column `lookbak` at `lookbak` [did you mean `lookback`?]"],
    );
}

/// What is wrong with one part of an operator hides no other part.
#[test]
fn several_at_once() {
    let unknown = |name: &str| {
        format!(
            "KQL101 unknown column `{name}` at `{name}` \
             [available columns: `EventName`, `Address`; a text is written in quotes]"
        )
    };
    let (one, two) = (unknown("one"), unknown("two"));
    check(
        "Hosts | summarize x = max(one) by two",
        &[one.as_str(), two.as_str()],
    );
    let short = |text: &str| text.replace("; a text is written in quotes", "");
    let (one, two) = (short(&one), short(&two));
    check(
        "Hosts | project-away one, two",
        &[one.as_str(), two.as_str()],
    );
    check(
        "Events | evaluate narrow(1)",
        &["KQL104 `narrow` takes no arguments, found 1 at `narrow`"],
    );
    check(
        "Events | evaluate ipv4_lookup(Hosts, EventName)",
        &["KQL104 `ipv4_lookup` takes 3 arguments at least, found 2 at `ipv4_lookup`"],
    );
}

#[test]
fn types() {
    check(
        "Events | where Count",
        &["KQL107 expected a `bool`, found a `long` at `Count` \
           [compare it, or convert it with `tobool()`]"],
    );
    check(
        "Events | extend x = Count + 1d",
        &[
            "KQL106 the operator `+` is not defined for `long` and `timespan` at `+` \
           [convert an operand, for example with `tostring()`, `tolong()` or `todatetime()`]",
        ],
    );
    check(
        "Events | extend x = iff(Count > 1, 'a', 2)",
        &[
            "KQL105 the branches must be of one type, found `string` and `long` at \
           `iff(Count > 1, 'a', 2)` \
           [convert one of them, for example with `todouble()` or `tostring()`]",
        ],
    );
    check(
        "Events | extend x = ipv4_is_private(Count)",
        &[
            "KQL105 `ipv4_is_private` expects a `string` as `ip`, found a `long` at `Count` \
           [it is `ipv4_is_private(ip: string) -> bool`]",
        ],
    );
    check(
        "Events | extend x = ipv4_is_private()",
        &[
            "KQL104 `ipv4_is_private` does not take 0 arguments at `ipv4_is_private()` \
           [it is `ipv4_is_private(ip: string) -> bool`]",
        ],
    );
    check(
        "Events | summarize count() by Details",
        &[
            "KQL108 a `dynamic` cannot be what rows are grouped by at `Details` \
           [convert it first, for example with `tostring()`]",
        ],
    );
    check(
        "Events | extend x = EventName.a",
        &[
            "KQL107 expected a `dynamic` before the path, found a `string` at `a` \
           [parse it first: `parse_json(…)`]",
        ],
    );
    check(
        "Events | mv-expand EventName",
        &[
            "KQL107 expected a `dynamic` to expand, found a `string` at `EventName` \
           [parse it first: `todynamic(…)`]",
        ],
    );
}

/// What an operation with a mistake in it would yield is known as far as the other side says it; a
/// function without its parentheses stands for what it yields.
#[test]
fn what_is_around_a_mistake() {
    let unknown = "KQL101 unknown name `x` at `x`";
    check("print (1m * x) + 1m, (x * 1) + 1m", &[unknown, unknown]);
    check(
        "print (1m * x) + 1",
        &[
            unknown,
            "KQL106 the operator `+` is not defined for `timespan` and `long` at `+` \
             [convert an operand, for example with `tostring()`, `tolong()` or `todatetime()`]",
        ],
    );
    let uncalled = "KQL101 unknown name `isempty` at `isempty` \
                    [a function is called with parentheses: `isempty(…)`]";
    check(
        "print iff(isempty, 1, 2), (isempty) and true",
        &[uncalled, uncalled],
    );
    check(
        "print -(Events | count)",
        &["KQL112 a table has no sign: a single value is expected here at `-`"],
    );
    check(
        "Events | serialize | scan with ()",
        &["KQL151 a `scan` without steps is not supported at `scan` \
             [no row matches it: write `take 0`]"],
    );
    check(
        "Events | reduce by EventName with threshold='a'",
        &["KQL119 `reduce` expects a number as `threshold` at `'a'`"],
    );
}

/// Of a dynamic nothing is known: it stands for a text, unless it is an array or the like.
#[test]
fn a_dynamic_stands_for_a_text() {
    check(
        "Events | extend a = url_encode(Details), b = parse_ipv4(Details.ip), c = extract('a', 0, Details)",
        &[],
    );
    check(
        "print url_encode(dynamic(['a']))",
        &[
            "KQL105 `url_encode` expects a `string` as `url`, found an array of strings at \
             `dynamic(['a'])` [it is `url_encode(url: string) -> string`]",
        ],
    );
    check(
        "Events | extend a = getyear(Details)",
        &[
            "KQL105 `getyear` expects a `datetime` as `date`, found a `dynamic` at `Details` \
             [it is `getyear(date: datetime) -> int`]",
        ],
    );
}

#[test]
fn an_element_is_told_by_its_number_and_a_member_by_its_name() {
    check(
        "print split('a', ',')['one'], dynamic({'a': 1})[0]",
        &[
            "KQL107 an array has its elements by number, found a `string` at `'one'`",
            "KQL107 a property bag has its members by name, found a `long` at `0`",
        ],
    );
    check("Events | extend a = Details['one'], b = Details[0]", &[]);
    check(
        "print parse_ipv4(split('a', ',')[0])",
        &[
            "KQL105 `parse_ipv4` expects a `string` as `ip`, found a `dynamic` at \
             `split('a', ',')[0]` [it is `parse_ipv4(ip: string) -> long`]",
        ],
    );
}

/// What Kusto's check lets pass is said only where nothing else is wrong.
#[test]
fn what_only_a_run_would_refuse_comes_last() {
    let number =
        "KQL110 expected a number that is the same for all rows, found a column at `Count`";
    check("Events | take Count", &[number]);
    check(
        "Events | take Count | where nosuch",
        &[
            "KQL101 unknown column `nosuch` at `nosuch` [available columns: `TimeGenerated`, \
             `EventName`, `Count`, `Details`; a text is written in quotes]",
        ],
    );
    check(
        "let f = (a: datetime) { a }; print f(1), nosuch",
        &["KQL101 unknown name `nosuch` at `nosuch`"],
    );
    check(
        "let f = (a: datetime) { a }; print f(1)",
        &["KQL105 the parameter `a` is a `datetime`, found a `long` at `1`"],
    );
    let branches = "KQL105 the branches must be of one type, found `long` and `string` at `iff(true, 1, 'a')` \
                    [convert one of them, for example with `todouble()` or `tostring()`]";
    check("print iff(true, 1, 'a')", &[branches]);
    check(
        "print iff(true, 1, 'a'), nosuch",
        &["KQL101 unknown name `nosuch` at `nosuch`"],
    );
    check(
        "evaluate basket()",
        &["KQL131 `basket` needs rows to work on at `basket`"],
    );
    check(
        "42 | as x",
        &["KQL113 expected a table, found a single value at `42`"],
    );
    check(
        "Events | evaluate autocluster(42)",
        &["KQL105 `autocluster` expects a number from 0 to 1, found 42 at `42`"],
    );
    check(
        "Events | make-graph EventName -- EventName",
        &[
            "KQL151 edges without a direction are not supported at `EventName -- EventName` \
             [write `-->`: an edge leads from its source to its target]",
        ],
    );
}

/// Where one type is wanted, all of an argument is wrong that has none.
#[test]
fn what_is_wrong_within_an_argument_is_said_of_the_argument() {
    let unknown = "KQL101 unknown name `nosuch` at";
    check(
        "print getyear((nosuch))",
        &[&format!("{unknown} `(nosuch)`")],
    );
    check(
        "print tostring((nosuch)), 1",
        &[&format!("{unknown} `nosuch`")],
    );
    check("print getyear(-nosuch)", &[&format!("{unknown} `nosuch`")]);
    check(
        "print (nosuch) in~ ('a')",
        &[&format!("{unknown} `(nosuch)`")],
    );
}

/// The argument that is wrong is named, and how it is written.
#[test]
fn arguments_that_fit_no_form() {
    check(
        "Events | extend x = bin(TimeGenerated, '1d')",
        &[
            "KQL105 `bin` expects a `datetime` or a `timespan` as `roundTo` after `datetime`, found a \
           `string` at `bin(TimeGenerated, '1d')` [a timespan stands without quotes: `1d`]",
        ],
    );
    check(
        "Events | extend x = bin(TimeGenerated, 5)",
        &[
            "KQL105 `bin` expects a `datetime` or a `timespan` as `roundTo` after `datetime`, found a \
           `long` at `bin(TimeGenerated, 5)` [a timespan has its unit: `5d`, `5h`, `5m`, `5s`]",
        ],
    );
    check(
        "Events | extend x = bin(Count, 1d)",
        &[
            "KQL105 `bin` expects a number as `roundTo` after `long`, found a `timespan` at \
           `bin(Count, 1d)` [it is `bin(value: number, roundTo: number) -> widest`]",
        ],
    );
    check(
        "Events | extend x = bin(TimeGenerated)",
        &[
            "KQL104 `bin` does not take 1 argument at `bin(TimeGenerated)` \
           [it is `bin(value: datetime, roundTo: datetime) -> datetime`]",
        ],
    );
    check(
        "Events | where TimeGenerated > ago('1.02:03')",
        &[
            "KQL105 `ago` expects a `timespan` as `timespan`, found a `string` at `'1.02:03'` \
           [a timespan is written `timespan(1.02:03)`]",
        ],
    );
    check(
        "print startofday('2024-01-01')",
        &[
            "KQL105 `startofday` expects a `datetime` as `date`, found a `string` at `'2024-01-01'` \
           [a point in time is written `datetime(2024-01-01)`]",
        ],
    );
}

#[test]
fn operators() {
    check(
        "Events | extend n = row_number()",
        &[
            "KQL111 `row_number` needs rows in a defined order at `row_number` \
           [put `sort by …` or `serialize` before it]",
        ],
    );
    check(
        "Events | join Hosts on Address",
        &["KQL101 unknown column `Address` at `Address` \
           [available columns: `TimeGenerated`, `EventName`, `Count`, `Details`]"],
    );
    check(
        "Events | join kind=outer Hosts on EventName",
        &["KQL119 unknown kind of join `outer` at `outer` \
           [one of `innerunique`, `inner`, `leftouter`, `rightouter`, `fullouter`, \
           `leftsemi`, `rightsemi`, `leftanti`, `rightanti`]"],
    );
    check(
        "Events | join Hosts on $left.Count == $right.Address",
        &[
            "KQL115 the keys of a join must be of one type, found `long` and `string` at \
           `$left.Count == $right.Address` [convert one of them before the join]",
        ],
    );
    check(
        "Events | where count() > 1",
        &[
            "KQL103 the aggregate `count` cannot be used here at `count()` \
           [aggregates stand in `summarize` and `make-series`]",
        ],
    );
    check(
        "Events | summarize EventName",
        &[
            "KQL101 unknown name `EventName` at `EventName` [a column stands in an aggregate, \
             such as `take_any(EventName)`, or behind `by`]",
        ],
    );
    check(
        "Events | project Count, Count",
        &["KQL109 there is already a column `Count` at `Count`"],
    );
    check(
        "Events | parse EventName with a b",
        &["KQL121 expected text before `b`: where does it begin? at `b`"],
    );
}

#[test]
fn a_parameter_that_an_operator_does_not_have_is_refused() {
    check(
        "Events | join kin=leftanti (Events) on EventName",
        &["KQL119 `join` has no parameter `kin` at `join kin` [did you mean `kind`?]"],
    );
    check("union hint.concurrency=2 isfuzzy=true Events, Events", &[]);
}

/// What Microsoft's binder refuses and the engine runs: its reference writes them so.
#[test]
fn seconds_have_fractions_and_whole_numbers_stand_for_ints() {
    check(
        "print make_timespan(1, 2, 3, 4.5), make_timespan(1, 2, real(3))",
        &[],
    );
    let fit = "print series_fit_poly(dynamic([1, 4]), dynamic([1, 2])";
    check(&format!("{fit}, 2)"), &[]);
    check(
        &format!("{fit}, 3000000000)"),
        &[
            "KQL105 `series_fit_poly` expects a `int` as `degree`, found a `long` at `3000000000` [it is `series_fit_poly(y_series: array, [x_series: array], [degree: int]) -> columns`]",
        ],
    );
}

#[test]
fn a_pattern_is_chosen_by_its_values() {
    let pattern =
        "declare pattern p = (n: string)[s: string] { ('a').['b'] = { print x = strcat(n, s) }; };";
    check(&format!("{pattern} p('a').b"), &[]);
    check(&format!("{pattern} p('a').['b'] | project x"), &[]);
    check(
        &format!("{pattern} p('a').c"),
        &["KQL105 the pattern `p` has no case for these values at `p`"],
    );
}

#[test]
fn what_is_valid_and_not_supported_is_said_by_name() {
    check(
        "Events | extend x = geo_info_from_ip_address(Name)",
        &[
            "KQL150 the function `geo_info_from_ip_address` is not supported at \
             `geo_info_from_ip_address` [it needs a table of places by address: with one of your own, \
             write `evaluate ipv4_lookup(Places, Address, Network)`]",
        ],
    );
    check(
        "Events | evaluate schema_merge()",
        &[
            "KQL152 the plugin `schema_merge` is not supported at `schema_merge` \
             [there is no cluster here that could be asked]",
        ],
    );
    check(
        "Events | facet by EventName",
        &[
            "KQL151 the operator `facet` is not supported at `facet` [it yields a table for each \
             column, and a query has one result here: ask for each column by itself, as in \
             `summarize count() by a`]",
        ],
    );
    check(
        "Events | fork (take 1) (count)",
        &[
            "KQL151 the operator `fork` is not supported at `fork` [it yields a table for each branch, \
             and a query has one result here: ask once for each branch, and keep what they share in \
             a `let`]",
        ],
    );
    check(
        "cluster('c').database('d').Events | count",
        &[
            "KQL151 tables of other databases and clusters are not supported at \
             `cluster('c').database('d').Events` [there are no other clusters and databases here: \
             write the table's name alone]",
        ],
    );
}

#[test]
fn what_an_array_holds_is_known_through_functions() {
    check(
        "print unicode_codepoints_to_string(repeat('a', 3))",
        &[
            "KQL105 `unicode_codepoints_to_string` expects a whole number or a `dynamic` array of \
             whole numbers as `value`, found an array of strings at `repeat('a', 3)` \
             [it is `unicode_codepoints_to_string(value: integer|integers, …) -> string`]",
        ],
    );
    check("print unicode_codepoints_to_string(repeat(65, 3))", &[]);
}

#[test]
fn the_arguments_of_a_lookup_of_shapes_go_by_their_places() {
    let lookup = "let U = datatable(z: dynamic) []; let T = datatable(r: real) []; \
                  T | evaluate geo_polygon_lookup(U, z, r, r";
    check(&format!("{lookup}, 5)"), &[]);
    check(
        &format!("{lookup}, true)"),
        &["KQL105 `geo_polygon_lookup` expects a `real` as `radius`, found a `bool` at `true`"],
    );
    check(
        &format!("{lookup}, r)"),
        &["KQL110 `geo_polygon_lookup` expects a literal as `radius` at `r`"],
    );
    check(
        &format!("{lookup}, lookup_area_radius=5, return_unmatched=true)"),
        &[],
    );
}

#[test]
fn functions_of_the_query() {
    check(
        "let f = (x: long) { f(x) }; print f(1)",
        &["KQL117 `f` calls itself at `f` \
           [the body of a function is put in place of the call, so it cannot be recursive]"],
    );
    check(
        "let f = (x: long) { x }; print f('a')",
        &["KQL105 the parameter `x` is a `long`, found a `string` at `'a'`"],
    );
    check(
        "let f = (T: (Count: long)) { T | where Count > 1 }; f(Hosts)",
        &["KQL130 the table has no column `Count` at `Hosts`"],
    );
    check(
        "let f = (x: long) { toscalar(Events | where Count == x | count) }; \
         Events | extend y = f(Count)",
        &["KQL110 `x` was given a value of a row, which cannot be seen in here at `x`"],
    );
    check(
        "let x = 1; let x = 2; print x",
        &["KQL127 `x` is already declared at `x`"],
    );
}

#[test]
fn a_fuzzy_union_leaves_out_what_does_not_exist() {
    check(
        "union isfuzzy=true Events, (Missing | where a > 1)",
        &["KQL180 unknown table `Missing`; this part of the `union` is left out at `Missing`"],
    );
}

#[test]
fn the_spans_of_ago_are_known() {
    let query = "let day = 24h; Events | where TimeGenerated between (ago(2 * day) .. ago(30m))";
    let (tree, _) = parse(query);
    let (checked, _) = check_query(&tree, &Tables, &CheckOptions::default());
    let minute = 600_000_000;
    let ticks = checked.expect("the query is right").ago_ticks;
    assert_eq!(ticks, [2 * 24 * 60 * minute, 30 * minute]);
}

#[test]
fn habits_of_other_languages() {
    for (query, help) in [
        (
            "Events | summarize EventName by Count",
            "a column stands in an aggregate, such as `take_any(EventName)`, or behind `by`",
        ),
        (
            "Events | where EventName != null",
            "whether there is a value say `isnull(x)` and `isnotnull(x)`, of a text `isempty(x)`",
        ),
        (
            "Events | where TimeGenerated > '2024-01-01'",
            "a point in time is written `datetime(2024-01-31 12:00)`",
        ),
        (
            "Events | where TimeGenerated > 1d",
            "the time so long ago is `ago(1d)`",
        ),
        (
            "Events | extend x = EventName + 'a'",
            "texts are joined by `strcat(a, b)`",
        ),
        (
            "Events | extend x = len(EventName)",
            "the length of a text is `strlen()`, of an array `array_length()`",
        ),
        ("print hour()", "write `hourofday(time)`"),
        (
            "Events | extend x = minute(TimeGenerated)",
            "write `datetime_part('minute', time)`",
        ),
        (
            "Events | where isempty",
            "a function is called with parentheses: `isempty(…)`",
        ),
        ("Hosts | summarize count", "rows are counted by `count()`"),
        (
            "Events | extend EventName = tostring(EventName) | evaluate bag_unpack(EventName)",
            "parse it first: `extend x = parse_json(x)`",
        ),
    ] {
        let (tree, problems) = parse(query);
        assert!(problems.is_empty(), "{problems:?}");
        let (_, found) = check_query(&tree, &Tables, &CheckOptions::default());
        assert_eq!(found[0].help.as_deref(), Some(help), "{query}");
    }
}
