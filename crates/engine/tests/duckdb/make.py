"""Expressions and simple aggregates in KQL and in SQL, and what DuckDB says of them.

usage: make.py > docs/kql/duckdb.tsv          (needs `pip install duckdb==2.0.0`)

From a seed, so that the same version makes the same lines. Only what means the same in both languages is
made: no comparison with null, no overflow, no remainder of negative numbers, nothing that depends on the
order of rows. A line: kind (`row` over the rows of the table, `all` over all of them), type, the KQL, and
the values as JSON.
"""

import json
import random

import duckdb

SEED = 20261128
EXPRESSIONS = 1500
AGGREGATES = 400

ROWS = [
    # a, b, x, y, s, u, t, f
    (0, 1, 0.0, 1.5, "", "a", "2024-01-01 00:00:00", True),
    (1, 2, 1.0, 0.25, "GetObject", "Object", "2024-02-29 12:30:45", False),
    (-7, 3, -2.5, 3.0, "arn:aws:iam::111122223333:user/mara", "user", "2023-12-31 23:59:59", True),
    (42, 5, 1000.125, 10.0, "a,b,,c", ",", "2026-10-14 11:03:00", True),
    (-1, 7, 3.75, 2.0, "Ärger über Öl", "ü", "2000-01-01 06:00:00", False),
    (123456789, 11, -0.5, 4.0, "x x x", "x", "2025-06-15 18:45:30", False),
    (17, 2, 12.5, 0.5, "abcabc", "abc", "2024-12-31 00:00:01", True),
    (100, 10, 99.99, 8.0, "192.0.2.17", ".", "1999-07-04 03:15:00", False),
]
COLUMNS = [("a", "long", "BIGINT"), ("b", "long", "BIGINT"), ("x", "real", "DOUBLE"), ("y", "real", "DOUBLE"),
           ("s", "string", "VARCHAR"), ("u", "string", "VARCHAR"), ("t", "datetime", "TIMESTAMP"),
           ("f", "bool", "BOOLEAN")]

chance = random.Random(SEED)
pick = chance.choice


def text(value):
    return "'" + value.replace("'", "''") + "'", '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def leaf(type):
    """A column or literal: (KQL, SQL)."""
    columns = [name for name, kql, _ in COLUMNS if kql == type]
    if chance.random() < 0.75:
        name = pick(columns)
        return name, name
    if type == "long":
        value = pick([0, 1, 2, 3, 10, 255])
        return f"long({value})", f"{value}::BIGINT"
    if type == "real":
        value = pick([0.5, 1.0, 2.0, 10.25])
        return f"real({value})", f"{value}::DOUBLE"
    if type == "string":
        sql, kql = text(pick(["a", "Object", "x", "", "é", "arn:"]))
        return kql, sql
    if type == "bool":
        value = pick(["true", "false"])
        return value, value
    day = pick(["2024-02-29", "2020-01-01", "2026-10-14"])
    return f"datetime({day} 10:20:30)", f"TIMESTAMP '{day} 10:20:30'"


def small():
    value = pick([1, 2, 3, 5])
    return str(value), str(value)


LONG = [
    ("({0} + {1})", "({0} + {1})", "long long"),
    ("({0} - {1})", "({0} - {1})", "long long"),
    ("({0} * {1})", "({0} * {1})", "small long"),
    ("({0} / {1})", "CAST(trunc(({0})::DOUBLE / {1}) AS BIGINT)", "small2 small"),
    ("abs({0})", "abs({0})", "long"),
    ("strlen({0})", "length({0})", "string"),
    ("string_size({0})", "strlen({0})", "string"),
    ("indexof({0}, {1})", "(strpos({0}, {1}) - 1)", "string word"),
    ("binary_and({0}, {1})", "({0} & {1})", "long long"),
    ("binary_or({0}, {1})", "({0} | {1})", "long long"),
    ("binary_xor({0}, {1})", "xor({0}, {1})", "long long"),
    ("iff({0}, {1}, {2})", "CASE WHEN {0} THEN {1} ELSE {2} END", "bool long long"),
    ("case({0}, {1}, {2}, {3}, {4})", "CASE WHEN {0} THEN {1} WHEN {2} THEN {3} ELSE {4} END",
     "bool long bool long long"),
    ("max_of({0}, {1})", "greatest({0}, {1})", "long long"),
    ("min_of({0}, {1})", "least({0}, {1})", "long long"),
    ("tolong({0})", "CAST({0} AS BIGINT)", "bool"),
    ("tolong(tostring({0}))", "CAST({0} AS BIGINT)", "long"),
    ("toint({0})", "CAST({0} AS BIGINT)", "dayish"),
    ("array_length(split({0}, {1}))", "len(string_split({0}, {1}))", "string word"),
    ("datetime_diff('second', {0}, {1})", "date_diff('second', {1}, {0})", "datetime datetime"),
    ("datetime_diff('day', {0}, {1})", "date_diff('day', {1}, {0})", "datetime datetime"),
    ("datetime_diff('month', {0}, {1})", "date_diff('month', {1}, {0})", "datetime datetime"),
    ("datetime_diff('year', {0}, {1})", "date_diff('year', {1}, {0})", "datetime datetime"),
]
DAYISH = [
    ("getyear({0})", "year({0})"), ("monthofyear({0})", "month({0})"), ("dayofmonth({0})", "day({0})"),
    ("hourofday({0})", "hour({0})"), ("dayofyear({0})", "dayofyear({0})"), ("week_of_year({0})", "week({0})"),
    ("datetime_part('minute', {0})", "minute({0})"), ("datetime_part('quarter', {0})", "quarter({0})"),
]
REAL = [
    ("({0} + {1})", "({0} + {1})", "real real"),
    ("({0} - {1})", "({0} - {1})", "real real"),
    ("({0} * {1})", "({0} * {1})", "real real"),
    ("({0} / {1})", "({0} / {1})", "real y"),
    ("({0} + {1})", "({0} + {1})", "long real"),
    ("sqrt(abs({0}))", "sqrt(abs({0}))", "real"),
    ("exp(-abs({0}))", "exp(-abs({0}))", "real"),
    ("log(1 + abs({0}))", "ln(1 + abs({0}))", "real"),
    ("log10(1 + abs({0}))", "log10(1 + abs({0}))", "real"),
    ("log2(1 + abs({0}))", "log2(1 + abs({0}))", "real"),
    ("pow({0}, {1})", "pow({0}, {1})", "y small"),
    ("sin({0})", "sin({0})", "x"), ("cos({0})", "cos({0})", "x"), ("atan({0})", "atan({0})", "real"),
    ("atan2({0}, {1})", "atan2({0}, {1})", "real real"),
    ("floor({0}, 1.0)", "floor({0})", "real"),
    ("ceiling({0})", "ceil({0})", "real"),
    ("abs({0})", "abs({0})", "real"), ("sign({0})", "sign({0})::DOUBLE", "long"),
    ("todouble({0})", "CAST({0} AS DOUBLE)", "long"),
    ("todouble(tostring({0}))", "CAST({0} AS DOUBLE)", "y"),
    ("iff({0}, {1}, {2})", "CASE WHEN {0} THEN {1} ELSE {2} END", "bool real real"),
    ("radians({0})", "radians({0})", "real"), ("degrees({0})", "degrees({0})", "real"),
]
STRING = [
    ("strcat({0}, {1})", "({0} || {1})", "string string"),
    ("strcat_delim('-', {0}, {1})", "({0} || '-' || {1})", "string string"),
    ("toupper({0})", "upper({0})", "string"), ("tolower({0})", "lower({0})", "string"),
    ("reverse({0})", "reverse({0})", "string"),
    ("substring({0}, {1}, {2})", "substr({0}, {1} + 1, {2})", "string small small"),
    ("replace_string({0}, {1}, {2})", "replace({0}, {1}, {2})", "string word string"),
    ("tostring({0})", "CAST({0} AS VARCHAR)", "long"),
    ("iff({0}, {1}, {2})", "CASE WHEN {0} THEN {1} ELSE {2} END", "bool string string"),
    ("tostring(split({0}, {1})[0])", "string_split({0}, {1})[1]", "string word"),
    ("hash_md5({0})", "md5({0})", "string"), ("hash_sha256({0})", "sha256({0})", "string"),
    ("hash_sha1({0})", "sha1({0})", "string"),
    ("base64_encode_tostring({0})", "to_base64(encode({0}))", "string"),
    ("replace_regex({0}, '[0-9]+', '#')", "regexp_replace({0}, '[0-9]+', '#', 'g')", "string"),
    ("replace_regex({0}, '([a-z])([a-z])', @'\\2\\1')", "regexp_replace({0}, '([a-z])([a-z])', '\\2\\1', 'g')", "string"),
    ("extract('([A-Za-z]+)', 1, {0})", "regexp_extract({0}, '([A-Za-z]+)', 1)", "string"),
    ("extract('([0-9]+)[^0-9]*$', 1, {0})", "regexp_extract({0}, '([0-9]+)[^0-9]*$', 1)", "string"),
    ("trim(' +', {0})", "trim({0}, ' ')", "string"),
    ("format_datetime({0}, 'yyyy-MM-dd HH:mm:ss')", "strftime({0}, '%Y-%m-%d %H:%M:%S')", "datetime"),
    ("case({0}, {1}, {2})", "CASE WHEN {0} THEN {1} ELSE {2} END", "bool string string"),
]
BOOL = [
    ("({0} == {1})", "({0} = {1})", "long long"), ("({0} != {1})", "({0} <> {1})", "long long"),
    ("({0} < {1})", "({0} < {1})", "long long"), ("({0} >= {1})", "({0} >= {1})", "long long"),
    ("({0} < {1})", "({0} < {1})", "real real"), ("({0} == {1})", "({0} = {1})", "string string"),
    ("({0} <= {1})", "({0} <= {1})", "datetime datetime"),
    ("({0} and {1})", "({0} AND {1})", "bool bool"), ("({0} or {1})", "({0} OR {1})", "bool bool"),
    ("not({0})", "(NOT {0})", "bool"),
    ("({0} contains_cs {1})", "contains({0}, {1})", "string string"),
    ("({0} startswith_cs {1})", "starts_with({0}, {1})", "string string"),
    ("({0} endswith_cs {1})", "ends_with({0}, {1})", "string string"),
    ("({0} contains {1})", "contains(lower({0}), lower({1}))", "string string"),
    ("({0} startswith {1})", "starts_with(lower({0}), lower({1}))", "string string"),
    ("({0} =~ {1})", "(lower({0}) = lower({1}))", "string string"),
    ("({0} in (1, 2, 42))", "({0} IN (1, 2, 42))", "long"),
    ("({0} in ('x', 'Object', ''))", "({0} IN ('x', 'Object', ''))", "string"),
    ("({0} !in (0, 17))", "({0} NOT IN (0, 17))", "long"),
    ("({0} between (0 .. 50))", "({0} BETWEEN 0 AND 50)", "long"),
    ("({0} between (-1.0 .. 5.5))", "({0} BETWEEN -1.0 AND 5.5)", "real"),
    ("isempty({0})", "({0} = '')", "string"), ("isnotempty({0})", "({0} <> '')", "string"),
    ("({0} matches regex '^[a-z]')", "regexp_matches({0}, '^[a-z]')", "string"),
    ("({0} matches regex '[0-9]{{3}}')", "regexp_matches({0}, '[0-9]{{3}}')", "string"),
]
DATETIME = [
    ("({0} + {1}d)", "({0} + INTERVAL ({1}) DAY)", "datetime small"),
    ("({0} - {1}h)", "({0} - INTERVAL ({1}) HOUR)", "datetime small"),
    ("datetime_add('month', {1}, {0})", "({0} + INTERVAL ({1}) MONTH)", "datetime small"),
    ("startofday({0})", "date_trunc('day', {0})", "datetime"),
    ("startofmonth({0})", "date_trunc('month', {0})", "datetime"),
    ("startofyear({0})", "date_trunc('year', {0})", "datetime"),
    ("bin({0}, 1h)", "date_trunc('hour', {0})", "datetime"), ("bin({0}, 1m)", "date_trunc('minute', {0})", "datetime"),
    ("iff({0}, {1}, {2})", "CASE WHEN {0} THEN {1} ELSE {2} END", "bool datetime datetime"),
    ("max_of({0}, {1})", "greatest({0}, {1})", "datetime datetime"),
    ("todatetime(format_datetime({0}, 'yyyy-MM-dd HH:mm:ss'))", "{0}", "datetime"),
]
FORMS = {"long": LONG, "real": REAL, "string": STRING, "bool": BOOL, "datetime": DATETIME}


def made(type, depth):
    if type == "small":
        return small()
    if type == "small2":
        return pick([("a", "a"), ("b", "b")])
    if type == "word":
        sql, kql = text(pick(["a", "x", ",", "/", "bc"]))
        return kql, sql
    if type in ("x", "y"):
        return type, type
    if type == "dayish":
        kql, sql = pick(DAYISH)
        of = made("datetime", depth - 1)
        return kql.format(of[0]), sql.format(of[1])
    if depth <= 0 or chance.random() < 0.15:
        return leaf(type)
    kql, sql, takes = pick(FORMS[type])
    parts = [made(part, depth - 1) for part in takes.split()]
    return kql.format(*[p[0] for p in parts]), sql.format(*[p[1] for p in parts])


AGGREGATE = [
    ("count()", "count(*)", "", "long"), ("countif({0})", "count(*) FILTER ({0})", "bool", "long"),
    ("sum({0})", "sum({0})::BIGINT", "long", "long"), ("sum({0})", "sum({0})", "real", "real"),
    ("sumif({0}, {1})", "coalesce(sum({0}) FILTER ({1}), 0)::BIGINT", "long bool", "long"),
    ("min({0})", "min({0})", "long", "long"), ("max({0})", "max({0})", "long", "long"),
    ("min({0})", "min({0})", "real", "real"), ("max({0})", "max({0})", "real", "real"),
    ("max({0})", "max({0})", "datetime", "datetime"), ("min({0})", "min({0})", "datetime", "datetime"),
    ("avg({0})", "avg({0})", "real", "real"), ("avg({0})", "avg({0})", "long", "real"),
    ("variance({0})", "var_samp({0})", "x", "real"), ("variancep({0})", "var_pop({0})", "y", "real"),
    ("stdev({0})", "stddev_samp({0})", "y", "real"), ("stdevp({0})", "stddev_pop({0})", "x", "real"),
    ("dcount({0})", "count(DISTINCT {0})", "string", "long"), ("dcount({0})", "count(DISTINCT {0})", "long", "long"),
    ("count_distinct({0})", "count(DISTINCT {0})", "datetime", "long"),
    ("dcountif({0}, {1})", "count(DISTINCT {0}) FILTER ({1})", "string bool", "long"),
    ("array_length(make_set({0}))", "len(list(DISTINCT {0}))", "long", "long"),
    ("array_length(make_list({0}))", "len(list({0}))", "string", "long"),
    ("strcat_array(array_sort_asc(make_list({0})), '|')", "string_agg({0}, '|' ORDER BY {0})", "word2", "string"),
    ("binary_all_or({0})", "bit_or({0})", "long", "long"), ("binary_all_and({0})", "bit_and({0})", "long", "long"),
    ("binary_all_xor({0})", "bit_xor({0})", "long", "long"),
    ("covariancep({0}, {1})", "covar_pop({0}, {1})", "x y", "real"),
]


def aggregate():
    kql, sql, takes, type = pick(AGGREGATE)
    parts = [made("string" if part == "word2" else part, 2) for part in takes.split()]
    return type, kql.format(*[p[0] for p in parts]), sql.format(*[p[1] for p in parts])


connection = duckdb.connect()
connection.execute("CREATE TABLE T (n INTEGER, " + ", ".join(f"{name} {sql}" for name, _, sql in COLUMNS) + ")")
for number, row in enumerate(ROWS):
    connection.execute("INSERT INTO T VALUES (" + ", ".join("?" * 9) + ")", [number, *row])


def value(cell, type):
    if type == "datetime":
        return cell.strftime("%Y-%m-%dT%H:%M:%S")
    return cell


def fact(kind, type, kql, sql):
    try:
        if kind == "row":
            rows = connection.execute(f"SELECT {sql} FROM T ORDER BY n").fetchall()
        else:
            rows = connection.execute(f"SELECT {sql} FROM T").fetchall()
    except duckdb.Error:
        # An overflow, mostly: nothing to compare.
        return False
    if any(row[0] is None for row in rows):
        return False
    values = [value(row[0], type) for row in rows]
    if any(isinstance(v, float) and (v != v or abs(v) > 1e300) for v in values):
        return False
    if any(isinstance(v, int) and not isinstance(v, bool) and abs(v) >= 2**62 for v in values):
        return False
    print("\t".join([kind, type, kql, json.dumps(values, ensure_ascii=False)]))
    return True


print("# What DuckDB says of expressions and aggregates that mean the same in SQL. Made by")
print("# crates/engine/tests/duckdb/make.py, which says how; the table is in crates/engine/tests/it/duckdb.rs.")
done = 0
while done < EXPRESSIONS:
    type = pick(list(FORMS))
    kql, sql = made(type, 3)
    done += fact("row", type, kql, sql)
done = 0
while done < AGGREGATES:
    type, kql, sql = aggregate()
    done += fact("all", type, kql, sql)
