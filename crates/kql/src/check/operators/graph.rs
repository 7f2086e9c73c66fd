//! `make-graph` and the operators over graphs.
//!
//! A graph is a relation without columns, whose operation says what it is made of. Operators that
//! change it make another; `graph-match`, `graph-shortest-paths` and `graph-to-table` make rows of it.

use std::sync::Arc;

use crate::check::build::{call, column, converted, literal};
use crate::check::names::Columns;
use crate::check::projection::Style;
use crate::check::report::{Checked, Reported};
use crate::check::scope::{Row, Windows};
use crate::check::{Checker, codes};
use crate::checked::{
    self, Expr, Graph, GraphId, GraphMatch, GraphStep, GraphVariable, GraphVariableKind, MatchKind,
    Op, PathList, PathListKind, Rel,
};
use crate::schema::Column;
use crate::span::Span;
use crate::syntax::{
    self, Call, GraphOutput, GraphPart, GraphPatternPart, MakeGraph, Name, Operator, OperatorKind,
};
use crate::types::{Type, Value};

/// The pattern whose expressions are being checked.
#[derive(Debug)]
pub(in crate::check) struct GraphScope {
    variables: Vec<GraphVariable>,
    node: Vec<Column>,
    edge: Vec<Column>,
    lists: Vec<PathList>,
    /// Inside `map` and its like, over the nodes or the edges.
    inside: Option<GraphPart>,
}

/// Whether an operator takes a graph.
pub(super) fn reads_graphs(kind: &OperatorKind) -> bool {
    matches!(
        kind,
        OperatorKind::GraphMatch(_)
            | OperatorKind::GraphShortestPaths(_)
            | OperatorKind::GraphToTable { .. }
            | OperatorKind::GraphMarkComponents
            | OperatorKind::GraphWhereNodes { .. }
            | OperatorKind::GraphWhereEdges { .. }
            | OperatorKind::As { .. }
    )
}

/// What is known of a node beside its columns, in patterns.
fn facts() -> [Column; 3] {
    [
        Column::new("$id", Type::String),
        Column::new("$in", Type::Long),
        Column::new("$out", Type::Long),
    ]
}

impl<'a> Checker<'a> {
    pub(super) fn make_graph(
        &mut self,
        edges: &Arc<Rel>,
        made: &'a MakeGraph,
        operator: &'a Operator,
    ) -> Checked<Arc<Rel>> {
        if made.undirected {
            self.unsupported_with_help(
                codes::UNSUPPORTED_OPERATOR,
                made.source.span.to(made.target.span),
                "edges without a direction are not supported",
                Some("write `-->`: an edge leads from its source to its target"),
            );
        }
        let (edges, source) = self.graph_key(edges, &made.source)?;
        let (edges, target) = self.graph_key(&edges, &made.target)?;
        let id_type = source.ty;
        if target.ty != id_type {
            return Err(self.error(
                codes::OPERAND_TYPES,
                made.target.span,
                format!(
                    "the two ends of an edge must be of one type, found `{id_type}` and `{}`",
                    target.ty
                ),
            ));
        }
        let mut nodes = Vec::with_capacity(made.nodes.len());
        let mut node_columns: Vec<Column> = Vec::new();
        let mut ids = Vec::new();
        for table in &made.nodes {
            let rel = self.tabular(&table.table, &Row::none())?;
            let (rel, id) = self.graph_key(&rel, &table.id)?;
            for found in &rel.columns {
                match node_columns
                    .iter_mut()
                    .find(|known| known.name == found.name)
                {
                    None => node_columns.push(found.clone()),
                    Some(known) if known.ty != found.ty => known.ty = Type::Dynamic,
                    Some(_) => {}
                }
            }
            ids.push(id.name.clone());
            nodes.push((rel, id.name));
        }
        // Tables whose columns differ in type meet in a dynamic.
        for (rel, _) in &mut nodes {
            let exprs = rel
                .columns
                .iter()
                .map(|found| {
                    let known = node_columns.iter().find(|known| known.name == found.name);
                    let ty = known.map_or(found.ty, |known| known.ty);
                    checked::NamedExpr {
                        name: found.name.clone(),
                        expr: converted(column(&found.name, found.ty, operator.span), ty),
                    }
                })
                .collect();
            *rel = self.projected(rel, exprs, operator.span)?;
        }
        if let Some(name) = &made.node_id {
            node_columns.push(Column::new(&name.text, id_type));
            ids.push(name.text.clone());
        }
        let partition = match &made.partition {
            None => None,
            Some((key, _)) => match self.scalar(key, &Row::of(&edges))?.kind {
                checked::ExprKind::Column(name) => Some(name),
                _ => return Err(self.column_for(key.span, "partitioned-by")),
            },
        };
        let graph = Graph {
            edges,
            source: source.name,
            target: target.name,
            nodes,
            node_columns,
            ids,
            partition,
            steps: Vec::new(),
        };
        let graph = self.unordered(Op::Graph(graph), Vec::new(), operator.span)?;
        match &made.partition {
            // What the partitions yield is what the whole does, as no edge leaves its partition.
            Some((_, subquery)) => self.subquery(subquery, graph),
            None => Ok(graph),
        }
    }

    /// The column that holds an id; an expression becomes one, at the end.
    fn graph_key(&mut self, rel: &Arc<Rel>, key: &'a syntax::Expr) -> Checked<(Arc<Rel>, Column)> {
        let row = Row {
            windows: Windows::Misplaced,
            ..Row::of(rel)
        };
        let expr = self.scalar(key, &row)?;
        self.not_dynamic(&expr, key.span, "the id of a node")?;
        match &expr.kind {
            checked::ExprKind::Column(name) => {
                let found = Column::new(name, expr.ty);
                Ok((Arc::clone(rel), found))
            }
            _ => Err(self.column_for(key.span, "make-graph")),
        }
    }

    fn column_for(&mut self, span: Span, what: &str) -> Reported {
        let message = format!("`{what}` expects a column");
        self.error(codes::COLUMN_EXPECTED, span, message)
    }

    fn graph_of<'r>(&mut self, input: &'r Rel, operator: &Operator) -> Checked<&'r Graph> {
        match &input.op {
            Op::Graph(graph) => Ok(graph),
            _ => Err(self.error_with_help(
                codes::TABULAR_EXPECTED,
                operator.keyword.span,
                format!("`{}` works on a graph", operator.keyword.text),
                "make one of the rows: `make-graph source --> target`",
            )),
        }
    }

    fn with_step(
        &mut self,
        graph: &Graph,
        step: GraphStep,
        operator: &Operator,
    ) -> Checked<Arc<Rel>> {
        let mut graph = graph.clone();
        graph.steps.push(step);
        self.unordered(Op::Graph(graph), Vec::new(), operator.span)
    }

    pub(super) fn graph_mark_components(
        &mut self,
        input: &Arc<Rel>,
        operator: &'a Operator,
    ) -> Checked<Arc<Rel>> {
        let mut graph = self.graph_of(input, operator)?.clone();
        let name = self.name_parameter(operator, "with_component_id")?;
        let name = name.unwrap_or_else(|| "ComponentId".to_string());
        let strong = match self.word(operator, "kind")?.as_deref() {
            None | Some("weak") => false,
            Some("strong") => true,
            Some(other) => {
                let message = format!("unknown kind of component `{other}`");
                return Err(self.error_with_help(
                    codes::OPERATOR_PARAMETER,
                    operator.keyword.span,
                    message,
                    "one of `weak`, `strong`",
                ));
            }
        };
        if graph.node_columns.iter().any(|known| known.name == name) {
            return Err(self.duplicate_column(&name, operator.keyword.span));
        }
        graph.node_columns.push(Column::new(&name, Type::Long));
        let step = GraphStep::MarkComponents {
            column: name,
            strong,
        };
        self.with_step(&graph, step, operator)
    }

    pub(super) fn graph_where(
        &mut self,
        input: &Arc<Rel>,
        part: GraphPart,
        predicate: &'a syntax::Expr,
        operator: &'a Operator,
    ) -> Checked<Arc<Rel>> {
        let graph = self.graph_of(input, operator)?;
        let (node, edge) = elements(graph);
        let columns = match part {
            GraphPart::Nodes => &node,
            GraphPart::Edges => &edge,
        };
        let outer = self.graph.replace(GraphScope {
            variables: Vec::new(),
            node: node.clone(),
            edge: edge.clone(),
            lists: Vec::new(),
            inside: Some(part),
        });
        let predicate = self.predicate(predicate, &row_of(columns, &[]));
        self.graph = outer;
        let step = match part {
            GraphPart::Nodes => GraphStep::KeepNodes(predicate?),
            GraphPart::Edges => GraphStep::KeepEdges(predicate?),
        };
        self.with_step(graph, step, operator)
    }

    pub(super) fn graph_to_table(
        &mut self,
        input: &Arc<Rel>,
        outputs: &'a [GraphOutput],
        operator: &'a Operator,
    ) -> Checked<Arc<Rel>> {
        let graph = self.graph_of(input, operator)?;
        let [output] = outputs else {
            return Err(self.unsupported(
                codes::UNSUPPORTED_OPERATOR,
                operator.keyword.span,
                "`graph-to-table` of nodes and edges at once is not supported",
            ));
        };
        let (known, part, own): (&[(&str, GraphId)], _, _) = match output.part {
            GraphPart::Nodes => (
                &[("with_node_id", GraphId::Node)],
                checked::GraphPart::Nodes,
                &graph.node_columns,
            ),
            GraphPart::Edges => (
                &[
                    ("with_source_id", GraphId::Source),
                    ("with_target_id", GraphId::Target),
                ],
                checked::GraphPart::Edges,
                &graph.edges.columns,
            ),
        };
        let mut ids = Vec::new();
        for (parameter, id) in known {
            let found = output.parameters.iter().find(|p| p.name.text == *parameter);
            match found.map(|found| &found.value.kind) {
                None => {}
                Some(syntax::ExprKind::Name(name)) => ids.push((*id, name.text.clone())),
                Some(_) => return Err(self.column_for(output.parameters[0].span, parameter)),
            }
        }
        let named = ids.iter().map(|(_, name)| Column::new(name, Type::Long));
        let columns: Vec<Column> = named.chain(own.iter().cloned()).collect();
        let op = Op::GraphToTable {
            graph: Arc::clone(input),
            part,
            ids,
        };
        self.unordered(op, columns, operator.span)
    }

    pub(super) fn graph_match(
        &mut self,
        input: &Arc<Rel>,
        found: &'a syntax::GraphMatch,
        operator: &'a Operator,
    ) -> Checked<Arc<Rel>> {
        let graph = self.graph_of(input, operator)?;
        let (node, edge) = elements(graph);
        let kind = self.match_kind(operator)?;
        let (variables, patterns) = self.pattern_variables(found)?;
        let mut columns = Vec::new();
        let mut names = Vec::new();
        for variable in variables
            .iter()
            .filter(|variable| !variable.name.is_empty())
        {
            let own = match variable.kind {
                GraphVariableKind::Node => &node,
                GraphVariableKind::Edge(_) => &edge,
                GraphVariableKind::Path { .. } => continue,
            };
            names.push(variable.name.clone());
            let named = |c: &Column| Column::new(format!("{}.{}", variable.name, c.name), c.ty);
            columns.extend(own.iter().map(named));
        }
        let outer = self.graph.replace(GraphScope {
            variables,
            node,
            edge,
            lists: Vec::new(),
            inside: None,
        });
        let made = self.graph_expressions(found, &row_of(&columns, &names), operator);
        let scope = std::mem::replace(&mut self.graph, outer);
        let (predicate, output) = made?;
        let Some(scope) = scope else {
            return Err(Reported);
        };
        let columns = crate::check::build::columns_of(&output);
        let op = Op::GraphMatch(GraphMatch {
            graph: Arc::clone(input),
            variables: scope.variables,
            patterns,
            predicate,
            lists: scope.lists,
            output,
            kind,
        });
        self.unordered(op, columns, operator.span)
    }

    fn match_kind(&mut self, operator: &'a Operator) -> Checked<MatchKind> {
        let shortest = matches!(operator.kind, OperatorKind::GraphShortestPaths(_));
        let parameter = if shortest { "output" } else { "cycles" };
        let word = self.word(operator, parameter)?;
        Ok(match (shortest, word.as_deref()) {
            (true, None | Some("any")) => MatchKind::ShortestAny,
            (true, Some("all")) => MatchKind::ShortestAll,
            (false, None | Some("unique_edges")) => MatchKind::UniqueEdges,
            (false, Some("all")) => MatchKind::AllCycles,
            (false, Some("none")) => MatchKind::NoCycles,
            (_, Some(other)) => {
                let message = format!("unknown `{parameter}`: `{other}`");
                return Err(self.error(codes::OPERATOR_PARAMETER, operator.keyword.span, message));
            }
        })
    }

    /// The variables of all patterns, those without a name too, and where each stands.
    fn pattern_variables(
        &mut self,
        found: &'a syntax::GraphMatch,
    ) -> Checked<(Vec<GraphVariable>, Vec<Vec<usize>>)> {
        let mut variables: Vec<GraphVariable> = Vec::new();
        let mut patterns = Vec::with_capacity(found.patterns.len());
        for parts in &found.patterns {
            let mut places = Vec::with_capacity(parts.len());
            for part in parts {
                let (name, kind) = match part {
                    GraphPatternPart::Node { name, .. } => (name, GraphVariableKind::Node),
                    GraphPatternPart::Edge {
                        name,
                        direction,
                        hops: None,
                        ..
                    } => (name, GraphVariableKind::Edge(*direction)),
                    GraphPatternPart::Edge {
                        name,
                        direction,
                        hops: Some(hops),
                        ..
                    } => {
                        let kind = GraphVariableKind::Path {
                            direction: *direction,
                            least: self.count(&hops.0)?,
                            most: self.count(&hops.1)?,
                        };
                        (name, kind)
                    }
                };
                places.push(self.pattern_variable(&mut variables, name.as_ref(), kind)?);
            }
            patterns.push(places);
        }
        Ok((variables, patterns))
    }

    /// A name that stands twice is one node; edges cannot.
    fn pattern_variable(
        &mut self,
        variables: &mut Vec<GraphVariable>,
        name: Option<&Name>,
        kind: GraphVariableKind,
    ) -> Checked<usize> {
        let Some(name) = name else {
            variables.push(GraphVariable {
                name: String::new(),
                kind,
            });
            return Ok(variables.len() - 1);
        };
        match variables.iter().position(|known| known.name == name.text) {
            None => {
                variables.push(GraphVariable {
                    name: name.text.clone(),
                    kind,
                });
                Ok(variables.len() - 1)
            }
            Some(place)
                if matches!(
                    (&variables[place].kind, &kind),
                    (GraphVariableKind::Node, GraphVariableKind::Node)
                ) =>
            {
                Ok(place)
            }
            Some(_) => Err(self.error(
                codes::DUPLICATE_NAME,
                name.span,
                format!("`{}` already stands in the pattern", name.text),
            )),
        }
    }

    #[allow(clippy::type_complexity)]
    fn graph_expressions(
        &mut self,
        found: &'a syntax::GraphMatch,
        row: &Row,
        operator: &Operator,
    ) -> Checked<(Option<Expr>, Vec<checked::NamedExpr>)> {
        let predicate = match &found.predicate {
            Some(predicate) => Some(self.predicate(predicate, row)?),
            None => None,
        };
        let Some(items) = &found.project else {
            return Err(self.unsupported(
                codes::UNSUPPORTED_OPERATOR,
                operator.keyword.span,
                format!(
                    "`{}` without `project` is not supported",
                    operator.keyword.text
                ),
            ));
        };
        let mut columns = Columns::new();
        self.project(items, row, Style::Project, &mut columns)?;
        let mut output = self.named(columns);
        // What is made of several edges is a dynamic, whatever it is.
        for named in &mut output {
            if self.reads_a_path(&named.expr) {
                let expr = named.expr.clone();
                named.expr = converted(expr, Type::Dynamic);
            }
        }
        Ok((predicate, output))
    }

    /// Whether an expression looks at an edge of variable length.
    fn reads_a_path(&self, expr: &Expr) -> bool {
        let Some(scope) = &self.graph else {
            return false;
        };
        let of_a_path = |list: &PathList| {
            let kind = &scope.variables[list.variable].kind;
            matches!(kind, GraphVariableKind::Path { .. })
        };
        crate::check::build::any(expr, |kind| match kind {
            checked::ExprKind::Column(name) => {
                let list = scope.lists.iter().find(|list| list.column == *name);
                list.is_some_and(of_a_path)
            }
            _ => false,
        })
    }

    /// What a call means that only patterns know; `None` if it is none of these.
    pub(in crate::check) fn graph_call(
        &mut self,
        call: &'a Call,
        row: &Row,
        span: Span,
    ) -> Option<Checked<Expr>> {
        let scope = self.graph.as_ref()?;
        let (kind, name) = (scope.inside, call.name.text.as_str());
        match name {
            "map" | "all" | "any" if kind.is_none() => Some(self.path_list(call, span)),
            "node_id" => Some(self.node_fact(call, "$id", Type::String, row, span)),
            "node_degree_in" => Some(self.node_fact(call, "$in", Type::Long, row, span)),
            "labels" => Some(self.labels(call, span)),
            "node_degree_out" => Some(self.node_fact(call, "$out", Type::Long, row, span)),
            _ => None,
        }
    }

    /// `node_id(n)`, or `node_id()` of the node at hand.
    fn node_fact(
        &mut self,
        call: &'a Call,
        fact: &str,
        ty: Type,
        row: &Row,
        span: Span,
    ) -> Checked<Expr> {
        let full = match call.args.as_slice() {
            [] => fact.to_string(),
            [arg] => match &arg.value.kind {
                syntax::ExprKind::Name(name) => format!("{}.{fact}", name.text),
                _ => return Err(self.node_expected(call, span)),
            },
            _ => return Err(self.node_expected(call, span)),
        };
        match row.column(&full) {
            Some(_) => Ok(column(&full, ty, span)),
            None => Err(self.node_expected(call, span)),
        }
    }

    /// `labels(n)`, or `labels()` of what is at hand: nothing that a query makes has labels, they belong to
    /// models of graphs that a database keeps.
    fn labels(&mut self, call: &'a Call, span: Span) -> Checked<Expr> {
        let scope = self.graph.as_ref();
        let inside = scope.is_some_and(|scope| scope.inside.is_some());
        let known = |name: &str| {
            scope.is_some_and(|scope| scope.variables.iter().any(|known| known.name == name))
        };
        let fits = match call.args.as_slice() {
            [] => inside,
            [arg] => match &arg.value.kind {
                syntax::ExprKind::Name(name) => known(&name.text),
                _ => false,
            },
            _ => false,
        };
        match fits {
            true => Ok(literal(Value::Dynamic("[]".to_string()), span)),
            false => Err(self.node_expected(call, span)),
        }
    }

    fn node_expected(&mut self, call: &Call, span: Span) -> Reported {
        let message = match call.name.text.as_str() {
            "labels" => "`labels` expects a node or edge of the pattern".to_string(),
            name => format!("`{name}` expects a node of the pattern"),
        };
        self.error(codes::ARGUMENT_TYPE, span, message)
    }

    /// `map(path, expr)` and its like.
    fn path_list(&mut self, call: &'a Call, span: Span) -> Checked<Expr> {
        let [path, expr] = call.args.as_slice() else {
            return Err(self.error(
                codes::ARGUMENT_COUNT,
                span,
                format!("`{}` takes a path and an expression", call.name.text),
            ));
        };
        let (name, of_nodes) = match &path.value.kind {
            syntax::ExprKind::Name(name) => (name, false),
            syntax::ExprKind::Call(inner) if inner.name.text == "inner_nodes" => {
                match inner.args.first().map(|arg| &arg.value.kind) {
                    Some(syntax::ExprKind::Name(name)) => (name, true),
                    _ => return Err(self.path_expected(path.value.span)),
                }
            }
            _ => return Err(self.path_expected(path.value.span)),
        };
        let Some(scope) = &mut self.graph else {
            return Err(Reported);
        };
        let variable = scope.variables.iter().position(|known| {
            known.name == name.text && !matches!(known.kind, GraphVariableKind::Node)
        });
        let Some(variable) = variable else {
            return Err(self.path_expected(name.span));
        };
        let columns = match of_nodes {
            true => scope.node.clone(),
            false => scope.edge.clone(),
        };
        scope.inside = Some(match of_nodes {
            true => GraphPart::Nodes,
            false => GraphPart::Edges,
        });
        let row = row_of(&columns, &[]);
        let checked = match call.name.text.as_str() {
            "map" => self.scalar(&expr.value, &row),
            _ => self.predicate(&expr.value, &row),
        };
        let Some(scope) = &mut self.graph else {
            return Err(Reported);
        };
        scope.inside = None;
        let (kind, ty) = match call.name.text.as_str() {
            "map" => (PathListKind::Map, Type::Dynamic),
            "all" => (PathListKind::All, Type::Bool),
            _ => (PathListKind::Any, Type::Bool),
        };
        let name = format!("$path{}", scope.lists.len());
        scope.lists.push(PathList {
            column: name.clone(),
            kind,
            variable,
            of_nodes,
            expr: checked?,
        });
        Ok(column(&name, ty, span))
    }

    /// `e.column` of an edge of variable length, and `e` itself: what each of its edges has, in order;
    /// `None` if no such edge is meant.
    pub(in crate::check) fn path_member(
        &mut self,
        edge: &Name,
        member: Option<&Name>,
        span: Span,
    ) -> Option<Checked<Expr>> {
        let scope = self.graph.as_ref().filter(|scope| scope.inside.is_none())?;
        let variable = scope.variables.iter().position(|known| {
            known.name == edge.text && matches!(known.kind, GraphVariableKind::Path { .. })
        })?;
        let columns = scope.edge.clone();
        let expr = match member {
            Some(name) => match self.column_named(name, &row_of(&columns, &[])) {
                Ok(found) => column(&found.name, found.ty, span),
                Err(reported) => return Some(Err(reported)),
            },
            None => {
                let mut parts = Vec::with_capacity(2 * columns.len());
                for found in &columns {
                    parts.push(literal(Value::String(found.name.clone()), span));
                    parts.push(column(&found.name, found.ty, span));
                }
                call("bag_pack", parts, Type::Dynamic, span)
            }
        };
        let scope = self.graph.as_mut()?;
        let name = format!("$path{}", scope.lists.len());
        scope.lists.push(PathList {
            column: name.clone(),
            kind: PathListKind::Map,
            variable,
            of_nodes: false,
            expr,
        });
        Some(Ok(column(&name, Type::Dynamic, span)))
    }

    fn path_expected(&mut self, span: Span) -> Reported {
        self.error(
            codes::ARGUMENT_TYPE,
            span,
            "expected an edge of the pattern, or the `inner_nodes` of one",
        )
    }
}

/// The columns of a node and of an edge.
fn elements(graph: &Graph) -> (Vec<Column>, Vec<Column>) {
    let node = graph.node_columns.iter().cloned().chain(facts()).collect();
    (node, graph.edges.columns.clone())
}

fn row_of<'r>(columns: &'r [Column], names: &'r [String]) -> Row<'r> {
    Row {
        columns,
        right: None,
        steps: names,
        windows: Windows::Misplaced,
        exists: true,
    }
}
