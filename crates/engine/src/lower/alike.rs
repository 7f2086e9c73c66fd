//! Where it makes no difference how many rows are alike.
//!
//! In: a checked query. Out: for each join whose rows are only picked from, or gathered in sets, the columns
//! of a side by which its rows differ for all that stands above. Of rows that agree in these the first is
//! enough: each other one would meet the same rows of the other side, fall into the same group and come
//! after it. A rule that joins every use of a key with every event of its machine, to keep the latest, then
//! meets each kind of event once. Deliberately not here: how the first is found.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use keyline_kql::checked::*;
use keyline_kql::walk;

use super::operators::EVENT_ORDER;

/// Columns of events that hardly two events share: keeping one of those that agree in one would cost and win
/// nothing.
const OF_ONE_EVENT: [&str; 4] = [
    EVENT_ORDER[0],
    EVENT_ORDER[1],
    "AwsRequestId",
    "ResponseElements",
];

#[derive(Debug, Default)]
pub struct Alike {
    /// What is asked of the rows of each operator.
    asked: HashMap<*const Rel, Asked>,
}

/// What stands above an operator asks of its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Asked {
    /// All of them.
    Rows,
    /// Of those that agree in these columns the first, whatever the others hold.
    Kinds(BTreeSet<String>),
}

impl Alike {
    pub fn of(root: &Arc<Rel>) -> Alike {
        let mut alike = Alike::default();
        alike.ask(root, Asked::Rows);
        alike
    }

    /// The columns by which the rows of a join's side differ, where keeping the first of those that agree
    /// is worth it.
    pub fn kinds(&self, rel: &Arc<Rel>, join: &Join, side: Side) -> Option<Vec<String>> {
        let Some(Asked::Kinds(columns)) = self.asked.get(&Arc::as_ptr(rel)) else {
            return None;
        };
        let kinds = of_side(join, side, columns);
        let input = match side {
            Side::Left => &join.left,
            Side::Right => &join.right,
        };
        let repeats = reads_events(input) && kinds.iter().all(|name| repeats(input, name));
        repeats.then(|| kinds.into_iter().collect())
    }

    /// Notes what is asked, and goes down where that is more than before.
    fn ask(&mut self, rel: &Arc<Rel>, asked: Asked) {
        let key = Arc::as_ptr(rel);
        let all = match (self.asked.get(&key), asked) {
            (None, asked) => asked,
            (Some(Asked::Kinds(known)), Asked::Kinds(more)) => {
                Asked::Kinds(known.union(&more).cloned().collect())
            }
            _ => Asked::Rows,
        };
        if self.asked.get(&key) == Some(&all) {
            return;
        }
        self.asked.insert(key, all.clone());
        self.below(rel, all);
    }

    fn below(&mut self, rel: &Arc<Rel>, asked: Asked) {
        for expr in walk::exprs(rel) {
            let mut inner = Vec::new();
            walk::inner_relations(expr, &mut inner);
            inner.iter().for_each(|rel| self.ask(rel, Asked::Rows));
        }
        let kinds = match of_inputs(rel, &asked) {
            Some(kinds) if walk::exprs(rel).into_iter().all(is_of_its_row) => kinds,
            _ => walk::inputs(rel)
                .into_iter()
                .map(|input| (input, Asked::Rows))
                .collect(),
        };
        for (input, asked) in kinds {
            self.ask(&input, asked);
        }
    }
}

/// What an operator asks of its inputs, or `None` where that is all rows.
fn of_inputs(rel: &Rel, asked: &Asked) -> Option<Vec<(Arc<Rel>, Asked)>> {
    if let Op::Summarize {
        input,
        by,
        aggregates,
    } = &rel.op
    {
        let mut names = BTreeSet::new();
        by.iter().for_each(|by| add(&by.expr, &mut names));
        for aggregate in aggregates {
            match aggregate.function {
                // The other values are those of the row that is picked.
                "arg_max" | "arg_min" => add(&aggregate.args[0], &mut names),
                "take_any" if aggregate.args.len() > 1 => {}
                "take_any" | "take_anyif" | "min" | "max" | "minif" | "maxif" | "dcount"
                | "dcountif" | "count_distinct" | "count_distinctif" | "make_set"
                | "make_set_if" => aggregate.args.iter().for_each(|arg| add(arg, &mut names)),
                _ => return None,
            }
        }
        return Some(vec![(input.clone(), Asked::Kinds(names))]);
    }
    if let Op::Distinct { input } = &rel.op {
        let all = input.columns.iter().map(|c| c.name.clone()).collect();
        return Some(vec![(input.clone(), Asked::Kinds(all))]);
    }
    let Asked::Kinds(kinds) = asked else {
        return None;
    };
    let mut names = kinds.clone();
    Some(match &rel.op {
        Op::Filter { input, predicate } => {
            add(predicate, &mut names);
            vec![(input.clone(), Asked::Kinds(names))]
        }
        Op::Project { input, exprs } => {
            let mut below = BTreeSet::new();
            let of_kinds = exprs.iter().filter(|named| kinds.contains(&named.name));
            of_kinds.for_each(|named| add(&named.expr, &mut below));
            vec![(input.clone(), Asked::Kinds(below))]
        }
        Op::Sort { input, keys } => {
            keys.iter().for_each(|key| add(&key.expr, &mut names));
            vec![(input.clone(), Asked::Kinds(names))]
        }
        Op::Materialize { input } => vec![(input.clone(), Asked::Kinds(names))],
        Op::MvExpand(expand) => {
            names.retain(|name| expand.input.columns.iter().any(|c| c.name == *name));
            let of_items = expand.items.iter();
            of_items.for_each(|item| add(&item.expr, &mut names));
            vec![(expand.input.clone(), Asked::Kinds(names))]
        }
        Op::Parse(parse) => {
            names.retain(|name| parse.input.columns.iter().any(|c| c.name == *name));
            add(&parse.expr, &mut names);
            vec![(parse.input.clone(), Asked::Kinds(names))]
        }
        Op::Union { inputs } => inputs
            .iter()
            .map(|input| (input.clone(), asked.clone()))
            .collect(),
        Op::Join(join) => {
            let left = Asked::Kinds(of_side(join, Side::Left, kinds));
            let right = Asked::Kinds(of_side(join, Side::Right, kinds));
            vec![(join.left.clone(), left), (join.right.clone(), right)]
        }
        _ => return None,
    })
}

/// What a join asks of a side: the keys, and what of the side its own kinds are told by.
fn of_side(join: &Join, side: Side, kinds: &BTreeSet<String>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (left, right) in &join.on {
        add(if side == Side::Left { left } else { right }, &mut names);
    }
    let asked = join.output.iter().filter(|output| output.side == side);
    let asked = asked.filter(|output| kinds.contains(&output.name));
    names.extend(asked.map(|output| output.source.clone()));
    names
}

/// Whether an expression says the same of a row whatever rows stand beside it, and whenever it is asked.
fn is_of_its_row(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Window { .. } => false,
        ExprKind::Call {
            function: "rand" | "new_guid",
            ..
        } => false,
        _ => walk::children(expr).into_iter().all(is_of_its_row),
    }
}

/// The columns that an expression reads.
fn add(expr: &Expr, names: &mut BTreeSet<String>) {
    if let ExprKind::Column(name) = &expr.kind {
        names.insert(name.clone());
    }
    walk::children(expr)
        .into_iter()
        .for_each(|child| add(child, names));
}

/// Whether rows of a relation are events, or pairs of them: there are many, and alike.
fn reads_events(rel: &Arc<Rel>) -> bool {
    match &rel.op {
        Op::Table { .. } => rel.columns.iter().any(|c| c.name == EVENT_ORDER[0]),
        // What is grouped differs already.
        Op::Summarize { .. } | Op::Distinct { .. } => false,
        Op::Filter { input, .. }
        | Op::Project { input, .. }
        | Op::Sort { input, .. }
        | Op::Materialize { input } => reads_events(input),
        Op::MvExpand(expand) => reads_events(&expand.input),
        Op::Parse(parse) => reads_events(&parse.input),
        Op::Join(join) => reads_events(&join.left) || reads_events(&join.right),
        Op::Union { inputs } => inputs.iter().all(reads_events),
        _ => false,
    }
}

/// Whether many events are likely to share the value of a column.
fn repeats(rel: &Arc<Rel>, column: &str) -> bool {
    let all_repeat = |input: &Arc<Rel>, expr: &Expr| {
        let mut names = BTreeSet::new();
        add(expr, &mut names);
        names.iter().all(|name| repeats(input, name))
    };
    match &rel.op {
        Op::Table { .. } => !OF_ONE_EVENT.contains(&column),
        Op::Project { input, exprs } => exprs
            .iter()
            .filter(|named| named.name == column)
            .all(|named| all_repeat(input, &named.expr)),
        Op::Filter { input, .. } | Op::Sort { input, .. } | Op::Materialize { input } => {
            repeats(input, column)
        }
        Op::MvExpand(expand) => {
            let item = expand.items.iter().find(|item| item.name == column);
            match item {
                Some(item) => all_repeat(&expand.input, &item.expr),
                None => repeats(&expand.input, column),
            }
        }
        Op::Parse(parse) => match parse.input.columns.iter().any(|c| c.name == column) {
            true => repeats(&parse.input, column),
            false => all_repeat(&parse.input, &parse.expr),
        },
        Op::Join(join) => join
            .output
            .iter()
            .filter(|output| output.name == column)
            .all(|output| match output.side {
                Side::Left => repeats(&join.left, &output.source),
                Side::Right => repeats(&join.right, &output.source),
            }),
        Op::Union { inputs } => inputs.iter().all(|input| repeats(input, column)),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use keyline_kql::check::{CheckOptions, check as check_query};
    use keyline_kql::parse;
    use keyline_kql::schema::{Column, Schema};
    use keyline_kql::types::Type;

    use super::*;

    struct Events;

    impl Schema for Events {
        fn table(&self, name: &str) -> Option<Vec<Column>> {
            let text = ["AwsEventId", "EventName", "Ip", "Key"];
            let text = text.map(|name| Column::new(name, Type::String));
            let time = Column::new("TimeGenerated", Type::DateTime);
            (name == "Events").then(|| [time].into_iter().chain(text).collect())
        }

        fn table_names(&self) -> Vec<String> {
            vec!["Events".to_owned()]
        }
    }

    /// The kinds of both sides of every join, from the top.
    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let (query, _) = parse::parse(text);
        let (checked, problems) = check_query(&query, &Events, &CheckOptions::default());
        let root = checked.unwrap_or_else(|| panic!("{problems:?}")).root;
        let alike = Alike::of(&root);
        let mut found = Vec::new();
        for rel in walk::relations(&root) {
            if let Op::Join(join) = &rel.op {
                let of = |side| match alike.kinds(&rel, join, side) {
                    Some(kinds) => kinds.join(" "),
                    None => "all".to_owned(),
                };
                found.push(format!("{} | {}", of(Side::Left), of(Side::Right)));
            }
        }
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn what_is_picked_or_gathered_needs_one_of_a_kind() {
        check(
            "Events | join kind=inner Events on Key | summarize arg_max(TimeGenerated, *) by Ip",
            &["all | Key"],
        );
        check(
            "Events | join kind=inner Events on Key | summarize make_set(Ip1) by EventName",
            &["EventName Key | Ip Key"],
        );
        check(
            "Events | join kind=leftouter Events on Key | where Ip1 != Ip | distinct EventName",
            &["EventName Ip Key | Ip Key"],
        );
        check(
            "Events | where Ip != '' | join kind=inner (Events | extend Part = tostring(split(Ip, '.')[0]) \
             | join kind=inner Events on Key) on Key | summarize max(strlen(Part)) by Key",
            &["Key | Key Part", "Key Part | Key"],
        );
    }

    #[test]
    fn what_is_counted_or_listed_needs_all_rows() {
        for then in [
            "summarize count() by Ip",
            "summarize make_set(Ip), make_list(Ip1)",
            "take 5 | distinct Ip",
            "serialize | extend n = row_number() | summarize max(n)",
            "extend r = rand() | summarize max(r)",
            "project Ip, Ip1",
        ] {
            check(
                &format!("Events | join kind=inner Events on Key | {then}"),
                &["all | all"],
            );
        }
    }

    #[test]
    fn what_is_used_twice_needs_what_both_uses_need() {
        check(
            "let pairs = Events | join kind=inner Events on Key; \
             union (pairs | distinct Ip), (pairs | distinct EventName)",
            &["EventName Ip Key | Key"],
        );
        check(
            "let pairs = Events | join kind=inner Events on Key; \
             union (pairs | distinct Ip), (pairs | project Ip)",
            &["all | all"],
        );
    }

    #[test]
    fn what_hardly_repeats_is_left_alone() {
        check(
            "Events | join kind=inner Events on Key | summarize dcount(AwsEventId1) by Ip",
            &["Ip Key | all"],
        );
        check(
            "Events | join kind=inner (datatable(Key:string)['k']) on Key | distinct Ip",
            &["Ip Key | all"],
        );
        check(
            "Events | join kind=inner (Events | distinct Key, Ip) on Key | distinct Ip",
            &["Ip Key | all"],
        );
    }
}
