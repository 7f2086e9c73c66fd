//! Checked queries keep the promises of their contract: every column that an expression names is
//! there with that type, no name stands twice, an operation's columns are those it makes.

use std::collections::HashSet;
use std::sync::Arc;

use keyline_kql::check::{CheckOptions, check};
use keyline_kql::checked::{
    Expr, ExprKind, Graph, GraphMatch, GraphPart, GraphVariableKind, MvExpand, NamedAggregate,
    NamedExpr, Op, PathListKind, PluginArg, Rel, Side,
};
use keyline_kql::functions;
use keyline_kql::parse::parse;
use keyline_kql::schema::Column;
use keyline_kql::types::Type;

use crate::check::tables;
use crate::support;

/// What is wrong with a relation, if anything.
type Sound = Result<(), String>;

fn names(columns: &[Column]) -> Vec<&str> {
    columns.iter().map(|column| column.name.as_str()).collect()
}

fn relation(rel: &Rel) -> Sound {
    let mut seen = HashSet::new();
    for column in &rel.columns {
        if !seen.insert(&column.name) {
            return Err(format!("`{}` stands twice", column.name));
        }
    }
    match &rel.op {
        Op::Table { .. } | Op::Watchlist { .. } | Op::ExternalData { .. } | Op::Context => Ok(()),
        Op::DataTable { rows } => {
            for row in rows {
                let types: Vec<Type> = row.iter().map(|value| value.ty()).collect();
                let wanted: Vec<Type> = rel.columns.iter().map(|column| column.ty).collect();
                same(&types, &wanted, "a row of a datatable")?;
            }
            Ok(())
        }
        Op::Print { exprs } => projected(exprs, &[], rel),
        Op::Range { from, to, step } => {
            for value in [from, to, step] {
                expr(value, &[])?;
            }
            same(&from.ty, &rel.columns[0].ty, "the range's type")
        }
        Op::Filter { input, predicate } => {
            relation(input)?;
            expr(predicate, &input.columns)?;
            same(&predicate.ty, &Type::Bool, "a predicate")?;
            same(&rel.columns, &input.columns, "a filter's columns")
        }
        Op::Project { input, exprs } => {
            relation(input)?;
            projected(exprs, &input.columns, rel)
        }
        Op::Distinct { input } | Op::Serialize { input } | Op::Materialize { input } => {
            relation(input)?;
            same(&rel.columns, &input.columns, "the columns")
        }
        Op::GetSchema { input } => relation(input),
        Op::Summarize {
            input,
            by,
            aggregates,
        } => {
            relation(input)?;
            let mut made: Vec<Column> = by
                .iter()
                .map(|named| Column::new(named.name.clone(), named.expr.ty))
                .collect();
            for named in by {
                expr(&named.expr, &input.columns)?;
            }
            for found in aggregates {
                made.extend(aggregate(found, &input.columns)?);
            }
            same(&rel.columns, &made, "the summary's columns")
        }
        Op::Sort { input, keys } => {
            relation(input)?;
            keys.iter()
                .try_for_each(|key| expr(&key.expr, &input.columns))?;
            same(&rel.columns, &input.columns, "the columns")
        }
        Op::Top { input, count, keys } => {
            relation(input)?;
            expr(count, &[])?;
            keys.iter()
                .try_for_each(|key| expr(&key.expr, &input.columns))?;
            same(&rel.columns, &input.columns, "the columns")
        }
        Op::Take { input, count } | Op::Sample { input, count } => {
            relation(input)?;
            expr(count, &[])?;
            same(&rel.columns, &input.columns, "the columns")
        }
        Op::SampleDistinct { input, of, .. } => {
            relation(input)?;
            expr(&of.expr, &input.columns)
        }
        Op::Join(join) => {
            relation(&join.left)?;
            relation(&join.right)?;
            for (left, right) in &join.on {
                expr(left, &join.left.columns)?;
                expr(right, &join.right.columns)?;
                same(&left.ty, &right.ty, "the types of join keys")?;
            }
            let made: Vec<Option<Column>> = join
                .output
                .iter()
                .map(|output| {
                    let side = match output.side {
                        Side::Left => &join.left,
                        Side::Right => &join.right,
                    };
                    let source = side
                        .columns
                        .iter()
                        .find(|column| column.name == output.source)?;
                    Some(Column::new(output.name.clone(), source.ty))
                })
                .collect();
            let columns: Vec<Option<Column>> = rel.columns.iter().cloned().map(Some).collect();
            same(&columns, &made, "the join's columns")
        }
        Op::Union { inputs } => inputs.iter().try_for_each(|input| {
            relation(input)?;
            same(&rel.columns, &input.columns, "the union's columns")
        }),
        Op::MvExpand(expand) => expansion(expand, Some(rel)),
        Op::MvApply { expand, subquery } => {
            expansion(expand, None)?;
            relation(subquery)?;
            let inputs = &expand.input.columns;
            rel.columns.iter().try_for_each(|column| {
                match subquery.columns.contains(column) || inputs.contains(column) {
                    true => Ok(()),
                    false => Err(format!("`{}` comes from nowhere", column.name)),
                }
            })
        }
        Op::Parse(parse) => {
            relation(&parse.input)?;
            expr(&parse.expr, &parse.input.columns)
        }
        Op::ParseKv(parse) => {
            relation(&parse.input)?;
            expr(&parse.expr, &parse.input.columns)
        }
        Op::MakeSeries(series) => {
            let columns = &series.input.columns;
            relation(&series.input)?;
            let mut made: Vec<String> = Vec::new();
            for named in &series.by {
                expr(&named.expr, columns)?;
                made.push(named.name.clone());
            }
            for found in &series.aggregates {
                aggregate(found, columns)?;
                made.extend(found.names.clone());
            }
            expr(&series.on.expr, columns)?;
            made.push(series.on.name.clone());
            let found: Vec<String> = rel
                .columns
                .iter()
                .map(|column| column.name.clone())
                .collect();
            same(&found, &made, "the series' columns")
        }
        Op::TopNested { input, levels } => {
            relation(input)?;
            let mut made = Vec::new();
            for level in levels {
                expr(&level.of.expr, &input.columns)?;
                made.push(Column::new(level.of.name.clone(), level.of.expr.ty));
                let mut measured = Vec::new();
                for found in &level.aggregates {
                    measured.extend(aggregate(found, &input.columns)?);
                }
                expr(&level.measure.expr, &measured)?;
                made.push(Column::new(
                    level.measure.name.clone(),
                    level.measure.expr.ty,
                ));
            }
            same(&rel.columns, &made, "the columns of the levels")
        }
        Op::Scan(scan) => {
            relation(&scan.input)?;
            let declared = scan.declared.iter().map(|(column, _)| column);
            let state: Vec<&Column> = scan.input.columns.iter().chain(declared).collect();
            let mut seen = scan.input.columns.clone();
            for step in &scan.steps {
                seen.extend(
                    state.iter().map(|found| {
                        Column::new(format!("{}.{}", step.name, found.name), found.ty)
                    }),
                );
            }
            for step in &scan.steps {
                expr(&step.condition, &seen)?;
                step.assignments
                    .iter()
                    .try_for_each(|named| expr(&named.expr, &seen))?;
            }
            Ok(())
        }
        Op::Partition {
            input,
            by,
            subquery,
            ..
        } => {
            relation(input)?;
            relation(subquery)?;
            match names(&input.columns).contains(&by.as_str()) {
                true => same(&rel.columns, &subquery.columns, "the partition's columns"),
                false => Err(format!("no column `{by}` to partition by")),
            }
        }
        Op::Evaluate { input, args, .. } => {
            let mut columns = Vec::new();
            if let Some(input) = input {
                relation(input)?;
                columns.extend(input.columns.clone());
            }
            // What is looked up in another table is an expression over that table.
            for arg in args {
                if let PluginArg::Rel(rel) = arg {
                    relation(rel)?;
                    columns.extend(rel.columns.clone());
                }
            }
            args.iter().try_for_each(|arg| match arg {
                PluginArg::Expr(arg) => expr(arg, &columns),
                PluginArg::Rel(_) => Ok(()),
            })
        }
        Op::Graph(graph) => whole_graph(graph),
        Op::GraphMatch(found) => matched(found, rel),
        Op::GraphToTable { graph, part, ids } => {
            relation(graph)?;
            let Op::Graph(graph) = &graph.op else {
                return Err("no graph".to_string());
            };
            let own = match part {
                GraphPart::Nodes => &graph.node_columns,
                GraphPart::Edges => &graph.edges.columns,
            };
            let named = ids.iter().map(|(_, name)| Column::new(name, Type::Long));
            let made: Vec<Column> = named.chain(own.iter().cloned()).collect();
            same(&rel.columns, &made, "the columns of the graph")
        }
    }
}

fn whole_graph(graph: &Graph) -> Sound {
    relation(&graph.edges)?;
    for end in [&graph.source, &graph.target] {
        if !names(&graph.edges.columns).contains(&end.as_str()) {
            return Err(format!("edges have no column `{end}`"));
        }
    }
    for (table, id) in &graph.nodes {
        relation(table)?;
        if !names(&table.columns).contains(&id.as_str()) {
            return Err(format!("nodes have no column `{id}`"));
        }
        for column in &table.columns {
            if !graph.node_columns.contains(column) {
                return Err(format!("`{}` is no column of a node", column.name));
            }
        }
    }
    Ok(())
}

fn matched(found: &GraphMatch, rel: &Rel) -> Sound {
    relation(&found.graph)?;
    let Op::Graph(graph) = &found.graph.op else {
        return Err("no graph".to_string());
    };
    let facts = [
        Column::new("$id", Type::String),
        Column::new("$in", Type::Long),
        Column::new("$out", Type::Long),
    ];
    let node: Vec<Column> = graph.node_columns.iter().chain(&facts).cloned().collect();
    let mut seen = Vec::new();
    for variable in &found.variables {
        let own = match variable.kind {
            GraphVariableKind::Node => &node,
            GraphVariableKind::Edge(_) => &graph.edges.columns,
            GraphVariableKind::Path { .. } => continue,
        };
        seen.extend(
            own.iter()
                .map(|column| Column::new(format!("{}.{}", variable.name, column.name), column.ty)),
        );
    }
    for list in &found.lists {
        expr(
            &list.expr,
            if list.of_nodes {
                &node
            } else {
                &graph.edges.columns
            },
        )?;
        let ty = match list.kind {
            PathListKind::Map => Type::Dynamic,
            PathListKind::All | PathListKind::Any => Type::Bool,
        };
        seen.push(Column::new(&list.column, ty));
    }
    found
        .predicate
        .iter()
        .try_for_each(|predicate| expr(predicate, &seen))?;
    projected(&found.output, &seen, rel)
}

fn projected(exprs: &[NamedExpr], input: &[Column], rel: &Rel) -> Sound {
    for named in exprs {
        expr(&named.expr, input)?;
    }
    let made: Vec<Column> = exprs
        .iter()
        .map(|named| Column::new(named.name.clone(), named.expr.ty))
        .collect();
    same(&rel.columns, &made, "the projection's columns")
}

fn aggregate(found: &NamedAggregate, input: &[Column]) -> Result<Vec<Column>, String> {
    found.args.iter().try_for_each(|arg| expr(arg, input))?;
    if functions::aggregate(found.function).is_none() {
        return Err(format!("`{}` is no aggregate", found.function));
    }
    same(&found.names.len(), &found.types.len(), "names and types")?;
    Ok(found
        .names
        .iter()
        .zip(&found.types)
        .map(|(name, ty)| Column::new(name.clone(), *ty))
        .collect())
}

fn expansion(expand: &MvExpand, rel: Option<&Rel>) -> Sound {
    relation(&expand.input)?;
    for item in &expand.items {
        expr(&item.expr, &expand.input.columns)?;
        same(&item.expr.ty, &Type::Dynamic, "what is expanded")?;
        let made = Column::new(item.name.clone(), item.ty);
        if rel.is_some_and(|rel| !rel.columns.contains(&made)) {
            return Err(format!("the expanded `{}` is not in the result", item.name));
        }
    }
    Ok(())
}

fn expr(found: &Expr, input: &[Column]) -> Sound {
    match &found.kind {
        ExprKind::Literal(value) => same(&found.ty, &value.ty(), "a literal's type"),
        ExprKind::Column(name) => match input.iter().find(|column| column.name == *name) {
            Some(column) => same(&found.ty, &column.ty, "a column's type"),
            None => Err(format!("no column `{name}` among {:?}", names(input))),
        },
        ExprKind::Call { function, args } => {
            args.iter().try_for_each(|arg| expr(arg, input))?;
            let is_word = function.starts_with(|c: char| c.is_ascii_lowercase());
            let operator = function.contains(' ')
                || [
                    "and",
                    "or",
                    "in",
                    "in~",
                    "between",
                    "negate",
                    "has_any",
                    "has_all",
                    "has",
                    "contains",
                    "startswith",
                    "endswith",
                    "hasprefix",
                    "hassuffix",
                ]
                .iter()
                .any(|name| function.trim_end_matches("_cs") == *name);
            match !is_word || operator || functions::scalar(function).is_some() {
                true => Ok(()),
                false => Err(format!("`{function}` is no function")),
            }
        }
        ExprKind::Window { args, .. } => args.iter().try_for_each(|arg| expr(arg, input)),
        ExprKind::Member { base, .. } => {
            same(&base.ty, &Type::Dynamic, "the base of a path")?;
            expr(base, input)
        }
        ExprKind::Index { base, index } => {
            same(&base.ty, &Type::Dynamic, "the base of an index")?;
            expr(base, input)?;
            expr(index, input)
        }
        ExprKind::ToScalar(rel) => {
            relation(rel)?;
            same(&found.ty, &rel.columns[0].ty, "the type of a cell")
        }
        ExprKind::InRel { needle, rel, .. } => {
            relation(rel)?;
            expr(needle, input)
        }
    }
}

fn same<T: PartialEq + std::fmt::Debug>(found: &T, wanted: &T, what: &str) -> Sound {
    match found == wanted {
        true => Ok(()),
        false => Err(format!("{what}: {found:?}, not {wanted:?}")),
    }
}

#[test]
fn every_checked_query_of_the_corpora_is_sound() {
    let Some(folder) = support::shared("whether checked queries are sound") else {
        return;
    };
    let schema = tables(&folder);
    let mut cases = support::json_cases(&folder, "kustainer-conformance.dev.jsonl");
    cases.extend(support::json_cases(&folder, "docs-conformance.dev.jsonl"));
    cases.extend(support::rule_cases(&folder, ""));
    let mut failures = Vec::new();
    let mut sound = 0;
    for case in cases {
        let (tree, _) = parse(&case.query);
        let (checked, _) = check(&tree, &schema, &CheckOptions::default());
        let Some(checked) = checked else { continue };
        let root: &Arc<Rel> = &checked.root;
        match relation(root) {
            Ok(()) => sound += 1,
            Err(wrong) => failures.push(format!("{}: {wrong}\n  {}", case.id, case.query)),
        }
    }
    assert!(sound > 1000, "only {sound} queries were checked");
    assert!(
        failures.is_empty(),
        "{}:\n{}",
        failures.len(),
        failures.join("\n")
    );
}
