//! Queries: a table and operators after each other, of which we know the columns that come out.

use keyline_kql::functions::Return;
use keyline_kql::types::Type;

use super::chance::Chance;
use super::values::{Column, Known, Values};

/// Stands before every query: two tables of every type.
pub const PRELUDE: &str = "let T = datatable(b: bool, i: int, l: long, r: real, d: decimal, s: string, t: datetime, p: timespan, g: guid, y: dynamic) []; \
let U = datatable(k: string, i: int, n: long, v: real, t: datetime, z: dynamic) []; ";

const T: [(&str, Type); 10] = [
    ("b", Type::Bool),
    ("i", Type::Int),
    ("l", Type::Long),
    ("r", Type::Real),
    ("d", Type::Decimal),
    ("s", Type::String),
    ("t", Type::DateTime),
    ("p", Type::TimeSpan),
    ("g", Type::Guid),
    ("y", Type::Dynamic),
];
const U: [(&str, Type); 6] = [
    ("k", Type::String),
    ("i", Type::Int),
    ("n", Type::Long),
    ("v", Type::Real),
    ("t", Type::DateTime),
    ("z", Type::Dynamic),
];

pub struct Pipes<'k> {
    values: Values<'k>,
    names: usize,
}

fn columns(list: &[(&str, Type)]) -> Vec<Column> {
    let column = |(name, ty): &(&str, Type)| Column {
        name: (*name).to_string(),
        ty: *ty,
    };
    list.iter().map(column).collect()
}

/// Operators that leave columns which we know.
const STEPS: [&str; 28] = [
    "where",
    "extend",
    "project",
    "project-away",
    "project-keep",
    "project-rename",
    "project-reorder",
    "summarize",
    "distinct",
    "sort",
    "order",
    "top",
    "take",
    "limit",
    "sample",
    "serialize",
    "mv-expand",
    "parse",
    "parse-where",
    "parse-kv",
    "as",
    "union",
    "filter",
    "sample-distinct",
    "mv-apply",
    "scan",
    "partition",
    "window",
];

/// Operators that end a query: what comes out is for the two checkers to say.
const ENDS: [&str; 57] = [
    "join",
    "lookup",
    "join",
    "lookup",
    "union",
    "count",
    "getschema",
    "top-nested",
    "top-hitters",
    "make-series",
    "reduce",
    "render",
    "search",
    "evaluate bag_unpack",
    "evaluate narrow",
    "evaluate basket",
    "evaluate autocluster",
    "evaluate diffpatterns",
    "evaluate pivot",
    "make-graph",
    "function",
    "function",
    "function",
    "function",
    "function",
    "function",
    "function",
    "function",
    "aggregate",
    "aggregate",
    "aggregate",
    "aggregate",
    "toscalar",
    "in",
    "dynamic",
    "find",
    "datatable",
    "function",
    "function",
    "function",
    "function",
    "function",
    "function",
    "function",
    "function",
    "function",
    "function",
    "function",
    "function",
    "function",
    "function",
    "function",
    "function",
    "aggregate",
    "aggregate",
    "aggregate",
    "aggregate",
];

pub fn query(known: &Known, seed: u64) -> String {
    let mut pipes = Pipes {
        values: Values {
            known,
            chance: Chance::new(seed),
            columns: Vec::new(),
        },
        names: 0,
    };
    let text = pipes.whole();
    format!("{PRELUDE}{text}")
}

pub fn columns_of_t() -> Vec<Column> {
    columns(&T)
}

impl Pipes<'_> {
    fn whole(&mut self) -> String {
        let mut text = self.head();
        for _ in 0..self.values.chance.below(4) {
            let step = *self.values.chance.one_of(&STEPS);
            if let Some(more) = self.step(step) {
                text = format!("{text} | {more}");
            }
        }
        let end = *self.values.chance.one_of(&ENDS);
        if end == "find" {
            let of = *self
                .values
                .chance
                .one_of(&["s has 'a'", "i > 1", "'abc'", "k == 'x'"]);
            let out = *self.values.chance.one_of(&[
                "",
                " project i, t",
                " project-smart",
                " project s, pack(*)",
            ]);
            return format!("find in (T, U) where {of}{out}");
        }
        match self.end(end) {
            Some(more) => {
                format!("{text} | {more}")
            }
            None => text,
        }
    }

    fn head(&mut self) -> String {
        match self.values.chance.below(12) {
            0 => {
                self.values.columns = columns(&[("x", Type::Long)]);
                "range x from 1 to 10 step 1".to_string()
            }
            1 => {
                let (name, ty) = (self.fresh(), self.ty());
                let value = self.values.of(ty, 2);
                self.values.columns = vec![Column {
                    name: name.clone(),
                    ty,
                }];
                format!("print {name} = {value}")
            }
            2 => {
                self.values.columns = columns(&[("i", Type::Int), ("t", Type::DateTime)]);
                "union (T | project i, t), (U | project i, t)".to_string()
            }
            3..=5 => {
                self.values.columns = columns(&U);
                "U".to_string()
            }
            _ => {
                self.values.columns = columns(&T);
                "T".to_string()
            }
        }
    }

    fn fresh(&mut self) -> String {
        self.names += 1;
        format!("x{}", self.names)
    }

    fn ty(&mut self) -> Type {
        *self.values.chance.one_of(&super::values::TYPES)
    }

    fn any_column(&mut self) -> Option<Column> {
        let list = self.values.columns.clone();
        (!list.is_empty()).then(|| self.values.chance.one_of(&list).clone())
    }

    fn some_columns(&mut self, most: usize) -> Vec<Column> {
        let mut list = self.values.columns.clone();
        let count = 1 + self.values.chance.below(most.min(list.len().max(1)));
        let mut chosen = Vec::new();
        while chosen.len() < count && !list.is_empty() {
            let at = self.values.chance.below(list.len());
            chosen.push(list.remove(at));
        }
        chosen
    }

    fn plain_column(&mut self) -> Option<Column> {
        let list: Vec<Column> = self
            .values
            .columns
            .iter()
            .filter(|c| c.ty != Type::Dynamic)
            .cloned()
            .collect();
        (!list.is_empty()).then(|| self.values.chance.one_of(&list).clone())
    }

    fn names_of(list: &[Column]) -> String {
        let names: Vec<&str> = list.iter().map(|c| c.name.as_str()).collect();
        names.join(", ")
    }

    fn step(&mut self, step: &str) -> Option<String> {
        Some(match step {
            "where" | "filter" => format!("{step} {}", self.values.of(Type::Bool, 3)),
            "extend" => {
                let (name, ty) = (self.fresh(), self.ty());
                let value = self.values.of(ty, 3);
                self.values.columns.push(Column {
                    name: name.clone(),
                    ty,
                });
                format!("extend {name} = {value}")
            }
            "project" => {
                let mut kept = self.some_columns(5);
                let (name, ty) = (self.fresh(), self.ty());
                let value = self.values.of(ty, 2);
                let text = format!("project {}, {name} = {value}", Self::names_of(&kept));
                kept.push(Column { name, ty });
                self.values.columns = kept;
                text
            }
            "project-away" => {
                if self.values.columns.len() < 3 {
                    return None;
                }
                let gone = self.some_columns(2);
                self.values.columns.retain(|c| !gone.contains(c));
                format!("project-away {}", Self::names_of(&gone))
            }
            "project-keep" => {
                let kept = self.some_columns(6);
                self.values.columns.retain(|c| kept.contains(c));
                format!("project-keep {}", Self::names_of(&kept))
            }
            "project-rename" => {
                let old = self.any_column()?;
                let name = self.fresh();
                let place = self.values.columns.iter().position(|c| *c == old)?;
                self.values.columns[place].name.clone_from(&name);
                format!("project-rename {name} = {}", old.name)
            }
            "project-reorder" => {
                let some = self.some_columns(3);
                format!("project-reorder {}", Self::names_of(&some))
            }
            "distinct" => {
                let kept: Vec<Column> = self
                    .some_columns(3)
                    .into_iter()
                    .filter(|c| c.ty != Type::Dynamic)
                    .collect();
                if kept.is_empty() {
                    return None;
                }
                let text = format!("distinct {}", Self::names_of(&kept));
                self.values.columns = kept;
                text
            }
            "sort" | "order" => {
                let key = self.plain_column()?;
                let how = *self.values.chance.one_of(&[
                    "",
                    " asc",
                    " desc",
                    " asc nulls last",
                    " desc nulls first",
                ]);
                format!("{step} by {}{how}", key.name)
            }
            "top" => {
                let key = self.plain_column()?;
                let how = *self.values.chance.one_of(&["", " asc", " desc"]);
                format!("top 5 by {}{how}", key.name)
            }
            "take" | "limit" | "sample" => format!("{step} {}", 1 + self.values.chance.below(20)),
            "sample-distinct" => {
                let of = self.plain_column()?;
                let text = format!("sample-distinct 3 of {}", of.name);
                self.values.columns = vec![of];
                text
            }
            "serialize" => {
                let name = self.fresh();
                self.values.columns.push(Column {
                    name: name.clone(),
                    ty: Type::Long,
                });
                format!("serialize {name} = row_number()")
            }
            "window" => {
                let key = self.plain_column()?;
                let name = self.fresh();
                let (call, ty) = match self.values.chance.below(5) {
                    0 => (format!("prev({})", key.name), key.ty),
                    1 => (format!("next({}, 2)", key.name), key.ty),
                    2 => (format!("row_rank_dense({})", key.name), Type::Long),
                    3 => (format!("row_rank_min({})", key.name), Type::Long),
                    _ => match self.values.column(Type::Long) {
                        Some(long) => (format!("row_cumsum({long})"), Type::Long),
                        None => ("row_number(1)".to_string(), Type::Long),
                    },
                };
                for known in [
                    "prev",
                    "next",
                    "row_rank_dense",
                    "row_rank_min",
                    "row_cumsum",
                ] {
                    if call.starts_with(known) {}
                }
                self.values.columns.push(Column {
                    name: name.clone(),
                    ty,
                });
                format!("sort by {} asc | extend {name} = {call}", key.name)
            }
            "summarize" => {
                let key = self.plain_column()?;
                let name = self.fresh();
                let (aggregate, ty) = match self.values.chance.below(4) {
                    0 => ("count()".to_string(), Type::Long),
                    1 => (format!("dcount({})", key.name), Type::Long),
                    2 => (format!("make_set({})", key.name), Type::Dynamic),
                    _ => (
                        format!("countif({})", self.values.of(Type::Bool, 1)),
                        Type::Long,
                    ),
                };
                let text = format!("summarize {name} = {aggregate} by {}", key.name);
                self.values.columns = vec![key, Column { name, ty }];
                text
            }
            "mv-expand" => {
                let of = self.values.column(Type::Dynamic)?;
                match self.values.chance.below(3) {
                    0 => format!("mv-expand {of}"),
                    1 => {
                        let column = self.values.columns.iter_mut().find(|c| c.name == of)?;
                        column.ty = Type::String;
                        format!("mv-expand {of} to typeof(string)")
                    }
                    _ => {
                        let name = self.fresh();
                        self.values.columns.push(Column {
                            name: name.clone(),
                            ty: Type::Dynamic,
                        });
                        format!("mv-expand {name} = {of} limit 10")
                    }
                }
            }
            "mv-apply" => {
                let of = self.values.column(Type::Dynamic)?;
                let (name, out) = (self.fresh(), self.fresh());
                self.values.columns.push(Column {
                    name: out.clone(),
                    ty: Type::Long,
                });
                format!("mv-apply {name} = {of} to typeof(long) on (summarize {out} = sum({name}))")
            }
            "parse" | "parse-where" => {
                let of = self.values.column(Type::String)?;
                let (a, b) = (self.fresh(), self.fresh());
                self.values.columns.push(Column {
                    name: a.clone(),
                    ty: Type::String,
                });
                self.values.columns.push(Column {
                    name: b.clone(),
                    ty: Type::Long,
                });
                format!("{step} {of} with * 'a=' {a} ' b=' {b}: long *")
            }
            "parse-kv" => {
                let of = self.values.column(Type::String)?;
                let (a, b) = (self.fresh(), self.fresh());
                self.values.columns.push(Column {
                    name: a.clone(),
                    ty: Type::String,
                });
                self.values.columns.push(Column {
                    name: b.clone(),
                    ty: Type::Long,
                });
                format!(
                    "parse-kv {of} as ({a}: string, {b}: long) with (pair_delimiter=' ', kv_delimiter='=')"
                )
            }
            "as" => format!("as {}", self.fresh()),
            "union" => {
                let list = self.values.columns.clone();
                format!("union (T | take 1 | project {})", self.literals(&list))
            }
            "scan" => {
                let key = self.plain_column()?;
                let name = self.fresh();
                let columns = self.values.columns.clone();
                let when = self.values.of(Type::Bool, 1);
                self.values.columns = columns;
                self.values.columns.push(Column {
                    name: name.clone(),
                    ty: Type::Long,
                });
                self.values.columns.push(Column {
                    name: "m".to_string(),
                    ty: Type::Long,
                });
                let count = self.values.columns.iter().filter(|c| c.name == "m").count();
                if count > 1 {
                    return None;
                }
                format!(
                    "sort by {} asc | scan with_match_id=m declare ({name}: long = 0) with (step one: {when} => {name} = one.{name} + 1;)",
                    key.name
                )
            }
            "partition" => {
                let key = self.plain_column()?;
                let by = self.plain_column()?;
                format!(
                    "partition hint.strategy=native by {} (top 1 by {})",
                    key.name, by.name
                )
            }
            _ => return None,
        })
    }

    /// A call of some function, one as often as another, and whether it yields several columns.
    fn featured(&mut self) -> Option<(String, bool)> {
        let list = self.values.known.scalars.clone();
        let (function, _) = *self.values.chance.vote(&list, |(_, number)| *number)?;
        let overload = self.values.chance.one_of(&function.overloads).clone();
        match overload.result {
            Return::Tabular => None,
            result => {
                let (call, _) = self.values.call(function, &overload, 2)?;
                Some((call, result == Return::Columns))
            }
        }
    }

    /// Literals under the names of columns.
    fn literals(&mut self, list: &[Column]) -> String {
        let mut items = Vec::new();
        for column in list {
            items.push(format!(
                "{} = {}",
                column.name,
                self.values.literal(column.ty)
            ));
        }
        items.join(", ")
    }

    fn end(&mut self, end: &str) -> Option<String> {
        Some(match end {
            "join" => {
                let kind = *self.values.chance.one_of(&[
                    "",
                    " kind=inner",
                    " kind=innerunique",
                    " kind=leftouter",
                    " kind=rightouter",
                    " kind=fullouter",
                    " kind=leftanti",
                    " kind=rightanti",
                    " kind=leftsemi",
                    " kind=rightsemi",
                    " kind=anti",
                ]);
                match self.values.column(Type::Int).filter(|name| name == "i") {
                    Some(_) => format!("join{kind} (U) on i"),
                    None => {
                        let left = self.values.column(Type::String)?;
                        format!("join{kind} (U) on $left.{left} == $right.k")
                    }
                }
            }
            "lookup" => {
                let kind = *self
                    .values
                    .chance
                    .one_of(&["", " kind=leftouter", " kind=inner"]);
                let left = self.values.column(Type::String)?;
                format!("lookup{kind} (U) on $left.{left} == $right.k")
            }
            "union" => {
                let how = *self.values.chance.one_of(&[
                    "",
                    " kind=outer",
                    " withsource=src",
                    " isfuzzy=true",
                ]);
                format!("union{how} U, T")
            }
            "count" => (*self.values.chance.one_of(&["count", "count as total"])).to_string(),
            "getschema" => end.to_string(),
            "top-nested" => {
                let (a, b) = (self.plain_column()?, self.plain_column()?);
                let others = match a.ty {
                    Type::String => " with others = 'rest'",
                    _ => "",
                };
                format!(
                    "top-nested 2 of {}{others} by count(), top-nested 1 of {} by max(1)",
                    a.name, b.name
                )
            }
            "top-hitters" => {
                let of = self.plain_column()?;
                match self.values.column(Type::Long) {
                    Some(by) => format!("top-hitters 3 of {} by {by}", of.name),
                    None => format!("top-hitters 3 of {}", of.name),
                }
            }
            "make-series" => {
                let on = self.values.column(Type::DateTime)?;
                let by = self.plain_column()?;
                let (form, sum) = match self.values.column(Type::Long) {
                    Some(long) => (self.values.chance.below(3), format!("sum({long})")),
                    None => (0, String::new()),
                };
                let what = match form {
                    0 => "count()".to_string(),
                    1 => format!("x = {sum} default=0"),
                    _ => format!("count(), {sum}"),
                };
                match self.values.chance.below(3) {
                    0 => format!("make-series {what} on {on} step 1h by {}", by.name),
                    1 => format!("make-series {what} on {on} from datetime(2024-01-01) to datetime(2024-01-02) step 1h"),
                    _ => format!("make-series {what} default=0 on {on} in range(datetime(2024-01-01), datetime(2024-01-02), 1h)").replace("default=0 default=0", "default=0"),
                }
            }
            "reduce" => {
                let by = self.values.column(Type::String)?;
                let with = *self.values.chance.one_of(&[
                    "",
                    " with threshold=0.2",
                    " with threshold=0.2, characters='-'",
                ]);
                format!("reduce by {by}{with}")
            }
            "render" => {
                let chart = *self.values.chance.one_of(&[
                    "timechart",
                    "table",
                    "barchart",
                    "piechart with (title='a')",
                ]);
                format!("render {chart}")
            }
            "search" => {
                let what =
                    *self
                        .values
                        .chance
                        .one_of(&["'abc'", "'a' and 'b'", "* has 'abc'", "'a*'"]);
                format!("search {what}")
            }
            "evaluate bag_unpack" => {
                let bag = self.values.column(Type::Dynamic)?;
                format!("evaluate bag_unpack({bag}) : (*, name: string, number: long)")
            }
            "evaluate narrow" => "evaluate narrow()".to_string(),
            "evaluate basket" => (*self.values.chance.one_of(&[
                "evaluate basket()",
                "evaluate basket(0.1)",
                "evaluate basket(0.1, '~', 3)",
            ]))
            .to_string(),
            "evaluate autocluster" => (*self
                .values
                .chance
                .one_of(&["evaluate autocluster()", "evaluate autocluster(0.6)"]))
            .to_string(),
            "evaluate diffpatterns" => {
                let split = self.values.column(Type::String)?;
                format!("evaluate diffpatterns({split}, 'a', 'b')")
            }
            "evaluate pivot" => {
                let of = self.values.column(Type::String)?;
                format!("evaluate pivot({of}) : (a: long, b: long)")
            }
            "make-graph" => {
                let (from, to) = (
                    self.values.column(Type::String)?,
                    self.values.column(Type::String)?,
                );
                match self.values.chance.below(3) {
                    0 => format!(
                        "make-graph {from} --> {to} with U on k | graph-match (a)-[e]->(c) where a.n > 1 project a.k, e.{from}, c.v"
                    ),
                    1 => format!(
                        "make-graph {from} --> {to} with U on k | graph-match cycles=none (a)-[e*1..3]->(c) project x = a.k, y = c.k"
                    ),
                    _ => format!("make-graph {from} --> {to} with U on k | graph-to-table nodes"),
                }
            }
            "function" => {
                let mut calls = Vec::new();
                let mut several = false;
                for _ in 0..3 {
                    let (call, columns) = self.featured()?;
                    calls.push(call);
                    several |= columns;
                }
                // Of a call that yields several columns the engine names one, the binder all.
                match self.values.chance.below(if several { 1 } else { 4 }) {
                    0 => format!("project {}", calls.join(", ")),
                    1 => format!(
                        "project x = {}, y = {}, z = {}",
                        calls[0], calls[1], calls[2]
                    ),
                    2 => format!("extend {} | extend {}", calls[0], calls[1..].join(", ")),
                    _ => format!(
                        "extend x = {} | extend z = tostring(x), {}",
                        calls[0],
                        calls[1..].join(", ")
                    ),
                }
            }
            "aggregate" => {
                let mut calls = Vec::new();
                for _ in 0..2 {
                    let list = self.values.known.aggregates.clone();
                    let (function, _) = *self.values.chance.vote(&list, |(_, number)| *number)?;
                    let overload = self.values.chance.one_of(&function.overloads).clone();
                    calls.push(self.values.call(function, &overload, 1)?.0);
                }
                let calls = calls.join(", ");
                match (self.values.chance.below(4), self.plain_column()) {
                    (0, Some(by)) => format!("summarize {calls} by {}", by.name),
                    (1, Some(by)) if by.ty == Type::DateTime => {
                        format!("summarize {calls} by bin({}, 1h)", by.name)
                    }
                    (2, Some(by)) => format!("summarize x = {calls}, count() by y = {}", by.name),
                    _ => format!("summarize {calls}"),
                }
            }
            "toscalar" => "where 1 < toscalar(U | summarize max(n))".to_string(),
            "in" => {
                let needle = self.values.column(Type::String)?;
                let op = *self.values.chance.one_of(&["in", "!in", "in~", "has_any"]);
                format!("where {needle} {op} (U | project k)")
            }
            "dynamic" => {
                let column = self.values.column(Type::Dynamic)?;
                (*self.values.chance.one_of(&[
                    "project C.a, C.b.c, C['d'], C[0]",
                    "extend tostring(C.a), tolong(C['b'])",
                    "project tostring(C), strcat(C.a, '-', C.b)",
                    "summarize count() by tostring(C.a)",
                    "project-away C | count",
                ]))
                .replace('C', &column)
            }
            "datatable" => {
                let list = columns(&U);
                format!(
                    "union (datatable(k: string, n: long) ['a', 1, 'b', 2]) | project {}",
                    Self::names_of(&list[..1])
                )
            }
            _ => return None,
        })
    }
}
