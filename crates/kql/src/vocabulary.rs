//! What of the language a query uses: its operators, functions, aggregates, plugins and the
//! operators on strings and lists, by canonical name.
//!
//! Each word has its class before it: `op:where`, `fn:split`, `agg:make_set`, `plugin:bag_unpack`,
//! `str:has_any`, `stmt:declare query_parameters`. What the query declares itself is left out, and so
//! are arithmetic and comparison, which every query may use.

use std::collections::BTreeSet;

use crate::functions;
use crate::syntax::{
    Argument, BinaryOp, Call, DataTable, Expr, ExprKind, FindOutput, ForkBranch, FunctionBody,
    GraphPatternPart, JoinCondition, LetValue, NamedExpr, Operator, OperatorKind as Kind,
    Parameter, PartitionBody, Pipe, PipeHead, Query, SeriesRange, SortKey, Statement,
    StatementKind,
};

/// The words of the language that a query uses.
pub fn vocabulary(query: &Query) -> BTreeSet<String> {
    let mut walk = Walk::default();
    for statement in &query.statements {
        walk.declared(statement);
    }
    for statement in &query.statements {
        walk.statement(statement);
    }
    walk.words
}

#[derive(Default)]
struct Walk {
    words: BTreeSet<String>,
    /// Functions of the query itself.
    own: BTreeSet<String>,
}

impl Walk {
    fn word(&mut self, class: &str, name: &str) {
        self.words.insert(format!("{class}:{name}"));
    }

    fn declared(&mut self, statement: &Statement) {
        if let StatementKind::Let {
            name,
            value: LetValue::Function(body),
        } = &statement.kind
        {
            self.own.insert(name.text.clone());
            for statement in &body.statements {
                self.declared(statement);
            }
        }
    }

    fn statement(&mut self, statement: &Statement) {
        match &statement.kind {
            StatementKind::Let { value, .. } => match value {
                LetValue::Expr(expr) => self.expr(expr),
                LetValue::Function(body) => self.body(body),
            },
            StatementKind::Query(expr) => self.expr(expr),
            StatementKind::DeclareQueryParameters { params } => {
                self.word("stmt", "declare query_parameters");
                self.exprs(params.iter().filter_map(|param| param.default.as_ref()));
            }
            StatementKind::Set { .. } => self.word("stmt", "set"),
            StatementKind::Alias { .. } => self.word("stmt", "alias"),
            StatementKind::Restrict { .. } => self.word("stmt", "restrict access"),
            StatementKind::DeclarePattern { .. } => self.word("stmt", "declare pattern"),
        }
    }

    fn body(&mut self, body: &FunctionBody) {
        self.exprs(
            body.params
                .iter()
                .filter_map(|param| param.default.as_ref()),
        );
        for statement in &body.statements {
            self.statement(statement);
        }
    }

    fn exprs<'e>(&mut self, exprs: impl IntoIterator<Item = &'e Expr>) {
        for expr in exprs {
            self.expr(expr);
        }
    }

    fn named(&mut self, items: &[NamedExpr]) {
        self.exprs(items.iter().map(|item| &item.expr));
    }

    fn keys(&mut self, keys: &[SortKey]) {
        self.exprs(keys.iter().map(|key| &key.expr.expr));
    }

    fn parameters(&mut self, parameters: &[Parameter]) {
        self.exprs(parameters.iter().map(|parameter| &parameter.value));
    }

    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Member { base, .. } | ExprKind::MemberWildcard { base, .. } => {
                self.expr(base);
            }
            ExprKind::Index { base, index } => self.exprs([base.as_ref(), index]),
            ExprKind::Call(call) => self.call(call),
            ExprKind::PathCall { base, call } => {
                self.expr(base);
                self.call(call);
            }
            ExprKind::Unary { operand, .. } => self.expr(operand),
            ExprKind::Binary {
                op, left, right, ..
            } => {
                if is_textual(*op) {
                    self.word("str", op.text());
                }
                self.exprs([left.as_ref(), right]);
            }
            ExprKind::List {
                op, needle, items, ..
            } => {
                self.word("str", op.text());
                self.expr(needle);
                self.exprs(items);
            }
            ExprKind::Between {
                negated,
                value,
                low,
                high,
            } => {
                self.word("str", if *negated { "!between" } else { "between" });
                self.exprs([value.as_ref(), low, high]);
            }
            ExprKind::Pipe(pipe) => self.pipe(pipe),
            ExprKind::DataTable(DataTable { values, .. }) => {
                self.word("op", "datatable");
                self.exprs(values);
            }
            ExprKind::ExternalData(data) => {
                self.word("op", "externaldata");
                self.exprs(&data.uris);
                self.parameters(&data.properties);
            }
            ExprKind::Literal(_)
            | ExprKind::Name(_)
            | ExprKind::Wildcard(_)
            | ExprKind::Star
            | ExprKind::TypeOf(_)
            | ExprKind::TypeOfRow(_)
            | ExprKind::Names(_)
            | ExprKind::Error => {}
        }
    }

    fn call(&mut self, call: &Call) {
        self.arguments(&call.args);
        let name = call.name.text.as_str();
        if self.own.contains(name) {
            return;
        }
        match (functions::aggregate(name), functions::scalar(name)) {
            (Some(aggregate), _) => self.word("agg", aggregate.canonical),
            (None, Some(function)) => self.word("fn", function.canonical),
            (None, None) => self.word("fn", name),
        }
    }

    fn arguments(&mut self, args: &[Argument]) {
        self.exprs(args.iter().map(|arg| &arg.value));
    }

    fn pipe(&mut self, pipe: &Pipe) {
        match &pipe.head {
            PipeHead::Expr(expr) => self.expr(expr),
            PipeHead::Operator(operator) => self.operator(operator),
            PipeHead::Input => {}
        }
        for operator in &pipe.operators {
            self.operator(operator);
        }
    }

    fn operator(&mut self, operator: &Operator) {
        let name = match operator.keyword.text.as_str() {
            "filter" => "where",
            "order" => "sort",
            "limit" => "take",
            "mvexpand" => "mv-expand",
            "mvapply" => "mv-apply",
            name => name,
        };
        self.word("op", name);
        match &operator.kind {
            Kind::Where { predicate }
            | Kind::GraphWhereNodes { predicate }
            | Kind::GraphWhereEdges { predicate } => self.expr(predicate),
            Kind::Project { items }
            | Kind::Extend { items }
            | Kind::Distinct { items }
            | Kind::Serialize { items }
            | Kind::Print { items }
            | Kind::ProjectRename { items } => self.named(items),
            Kind::Summarize { aggregates, by } => {
                self.named(aggregates);
                self.named(by.as_deref().unwrap_or_default());
            }
            Kind::Sort { keys } => self.keys(keys),
            Kind::Top { count, keys } => {
                self.expr(count);
                self.keys(keys);
            }
            Kind::Take { count } | Kind::Sample { count } => self.expr(count),
            Kind::TopNested { levels } => {
                for level in levels {
                    self.exprs(level.count.iter().chain(&level.others));
                    self.exprs([&level.of.expr, &level.by.expr]);
                }
            }
            Kind::ProjectByNames { names } => self.exprs(names),
            Kind::TopHitters { count, of, by } => self.exprs([count, of].into_iter().chain(by)),
            Kind::Join { right, condition } | Kind::Lookup { right, condition } => {
                self.expr(right);
                match condition {
                    Some(JoinCondition::On(exprs)) => self.exprs(exprs),
                    Some(JoinCondition::Where(expr)) => self.expr(expr),
                    None => {}
                }
            }
            Kind::Union { tables } => self.exprs(tables),
            Kind::Find {
                tables,
                predicate,
                output,
            } => {
                self.exprs(tables.iter().flatten().chain(predicate));
                if matches!(output, Some(FindOutput::ProjectSmart)) {
                    self.word("op", "find project-smart");
                }
            }
            Kind::Search { tables, predicate } => {
                self.exprs(tables.iter().flatten().chain([predicate]));
            }
            Kind::MvExpand { items, limit } => {
                self.exprs(items.iter().map(|item| &item.expr.expr).chain(limit));
            }
            Kind::MvApply {
                items,
                limit,
                subquery,
            } => {
                self.exprs(items.iter().map(|item| &item.expr.expr).chain(limit));
                self.pipe(subquery);
            }
            Kind::Parse { expr, .. } | Kind::ParseWhere { expr, .. } => self.expr(expr),
            Kind::ParseKv { expr, options, .. } => {
                self.expr(expr);
                self.parameters(options);
            }
            Kind::MakeSeries {
                aggregates,
                on,
                range,
                by,
            } => {
                for aggregate in aggregates {
                    self.exprs([&aggregate.expr.expr].into_iter().chain(&aggregate.default));
                }
                self.expr(&on.expr);
                match range {
                    SeriesRange::FromToStep { from, to, step } => {
                        self.exprs(from.iter().chain(to).chain([step]));
                    }
                    SeriesRange::InRange { start, stop, step } => self.exprs([start, stop, step]),
                }
                self.named(by.as_deref().unwrap_or_default());
            }
            Kind::Scan {
                order_by,
                partition_by,
                declared,
                steps,
            } => {
                self.keys(order_by);
                self.exprs(partition_by);
                self.exprs(declared.iter().filter_map(|param| param.default.as_ref()));
                for step in steps {
                    self.expr(&step.condition);
                    self.named(&step.assignments);
                }
            }
            Kind::Partition { by, body } => {
                self.expr(by);
                match body {
                    PartitionBody::Subquery(pipe) => self.pipe(pipe),
                    PartitionBody::Query(expr) => self.expr(expr),
                }
            }
            Kind::SampleDistinct { count, of } => self.exprs([count, &of.expr]),
            Kind::Evaluate { call, .. } => {
                self.word("plugin", &call.name.text);
                self.arguments(&call.args);
            }
            Kind::Invoke { function } => self.expr(function),
            Kind::Reduce { by, options } => {
                self.expr(by);
                self.parameters(options);
            }
            Kind::Fork { branches } => {
                for ForkBranch { pipe, .. } in branches {
                    self.pipe(pipe);
                }
            }
            Kind::Facet { by, with } => {
                self.exprs(by);
                if let Some(pipe) = with {
                    self.pipe(pipe);
                }
            }
            Kind::Range { from, to, step, .. } => self.exprs([from, to, step]),
            Kind::MakeGraph(graph) => {
                self.exprs([&graph.source, &graph.target]);
                for nodes in &graph.nodes {
                    self.exprs([&nodes.table, &nodes.id]);
                }
                if let Some((key, subquery)) = &graph.partition {
                    self.expr(key);
                    self.pipe(subquery);
                }
            }
            Kind::GraphMatch(found) | Kind::GraphShortestPaths(found) => {
                for part in found.patterns.iter().flatten() {
                    if let GraphPatternPart::Edge {
                        hops: Some(hops), ..
                    } = part
                    {
                        self.exprs([&hops.0, &hops.1]);
                    }
                }
                self.exprs(&found.predicate);
                self.named(found.project.as_deref().unwrap_or_default());
            }
            Kind::MacroExpand {
                group, statements, ..
            } => {
                self.expr(group);
                self.body(statements);
            }
            Kind::ProjectAway { .. }
            | Kind::ProjectKeep { .. }
            | Kind::ProjectReorder { .. }
            | Kind::Count { .. }
            | Kind::Render { .. }
            | Kind::As { .. }
            | Kind::Consume
            | Kind::GetSchema
            | Kind::AssertSchema { .. }
            | Kind::GraphToTable { .. }
            | Kind::GraphMarkComponents
            | Kind::Other
            | Kind::Error => {}
        }
    }
}

/// Whether the operator is one that not every query may be taken to use.
fn is_textual(op: BinaryOp) -> bool {
    use BinaryOp::{
        Add, And, Divide, Equal, Greater, GreaterOrEqual, Less, LessOrEqual, Modulo, Multiply,
        NotEqual, Or, Subtract,
    };
    !matches!(
        op,
        Add | Subtract
            | Multiply
            | Divide
            | Modulo
            | Equal
            | NotEqual
            | Less
            | LessOrEqual
            | Greater
            | GreaterOrEqual
            | And
            | Or
    )
}

#[cfg(test)]
mod tests {
    use super::vocabulary;
    use crate::parse::parse;

    #[test]
    fn words_have_their_canonical_names() {
        let (query, problems) = parse(
            "let f = (x: string) { tolower(x) };
             T | filter f(a) has 'b' and c in~ ('d') | order by e
               | summarize makeset(iif(g, 1, 2)) by bin(t, 1h) | evaluate bag_unpack(h)",
        );
        assert!(problems.is_empty(), "{problems:?}");
        let words: Vec<String> = vocabulary(&query).into_iter().collect();
        assert_eq!(
            words,
            [
                "agg:make_set",
                "fn:bin",
                "fn:iff",
                "fn:tolower",
                "op:evaluate",
                "op:sort",
                "op:summarize",
                "op:where",
                "plugin:bag_unpack",
                "str:has",
                "str:in~",
            ]
        );
    }
}
