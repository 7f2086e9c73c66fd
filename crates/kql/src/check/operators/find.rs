//! `find`: rows of many tables for which a predicate holds, the columns that the tables share beside
//! each other and the others in a bag.

use std::sync::Arc;

use super::union::Leg;
use crate::check::build::{call, column, converted, literal, pass_through};
use crate::check::operands::widest;
use crate::check::report::Checked;
use crate::check::scope::Row;
use crate::check::{Checker, codes, fold};
use crate::checked::{self, NamedExpr, Op, Rel};
use crate::schema::Column;
use crate::span::Span;
use crate::syntax::{Expr, ExprKind, FindColumn, FindOutput, Operator};
use crate::types::{Type, Value};

/// What a `find` says: its parts as written.
pub(super) struct Wanted<'a> {
    pub tables: Option<&'a [Expr]>,
    pub predicate: Option<&'a Expr>,
    pub output: Option<&'a FindOutput>,
}

const SOURCE: &str = "source_";
const PACK: &str = "pack_";

/// What the predicate looks at.
#[derive(Default)]
struct Looks {
    /// The names in it, in order.
    names: Vec<String>,
    /// A term or a star: every column.
    everywhere: bool,
}

impl<'a> Checker<'a> {
    pub(super) fn find(
        &mut self,
        wanted: &Wanted<'a>,
        operator: &'a Operator,
    ) -> Checked<Arc<Rel>> {
        let span = operator.span;
        let source = match self.name_parameter(operator, "withsource")? {
            Some(name) => name,
            None => self
                .name_parameter(operator, "with_source")?
                .unwrap_or_else(|| SOURCE.to_string()),
        };
        let exactly = self.word(operator, "kind")?.as_deref() == Some("case_sensitive");
        let mut legs = match wanted.tables {
            Some(tables) => {
                let mut legs = Vec::new();
                for table in tables {
                    legs.extend(self.legs(table, legs.len())?);
                }
                legs
            }
            None => self.all_tables(span)?,
        };
        let mut looks = Looks::default();
        if let Some(predicate) = wanted.predicate {
            self::predicate(predicate, &mut looks);
        }
        let has = |leg: &Leg, name: &String| leg.rel.columns.iter().any(|c| c.name == *name);
        looks
            .names
            .retain(|name| legs.iter().any(|leg| has(leg, name)));
        let all = unified(&legs);
        if !looks.everywhere && !looks.names.is_empty() {
            legs.retain(|leg| looks.names.iter().any(|name| has(leg, name)));
        }
        let columns = unified(&legs);
        let shared = |c: &&Column| legs.iter().all(|leg| has(leg, &c.name));
        let mut shown: Vec<Column> = columns.iter().filter(shared).cloned().collect();
        for name in &looks.names {
            let known = shown.iter().any(|c| c.name == *name);
            shown.extend(
                columns
                    .iter()
                    .filter(|c| c.name == *name && !known)
                    .cloned(),
            );
        }
        let mut pack = columns.len() > shown.len();
        if let Some(FindOutput::ProjectAway(away)) = wanted.output {
            let letters = shown.iter().map(|c| c.name.len()).sum();
            for pattern in away {
                self.may_match(&pattern.text, letters, shown.len(), pattern.span)?;
            }
            let gone = |c: &Column| {
                away.iter()
                    .any(|pattern| super::project::wildcard(&pattern.text, &c.name))
            };
            shown.retain(|c| !gone(c));
        }
        if let Some(FindOutput::Project(items)) = wanted.output {
            match self.find_columns(items, &all) {
                Ok(columns) => shown = columns,
                // Where the predicate is wrong, too, that is said as well.
                Err(reported) => {
                    if let (Some(predicate), Some(leg)) = (wanted.predicate, legs.first()) {
                        let rel = self.widened(leg, &columns, &looks.names, span)?;
                        let _: Checked<checked::Expr> =
                            self.search_predicate(predicate, &Row::of(&rel), exactly);
                    }
                    return Err(reported);
                }
            }
            pack = items
                .iter()
                .any(|item| matches!(item, FindColumn::PackAll(_)));
        }
        let mut inputs = Vec::with_capacity(legs.len());
        for leg in &legs {
            let rel = self.widened(leg, &columns, &looks.names, span)?;
            let rel = match wanted.predicate {
                Some(predicate) => {
                    let predicate = self.search_predicate(predicate, &Row::of(&rel), exactly)?;
                    let op = Op::Filter {
                        input: Arc::clone(&rel),
                        predicate,
                    };
                    self.unordered(op, rel.columns.clone(), span)?
                }
                None => rel,
            };
            inputs.push(self.shown(leg, &rel, &source, &shown, pack, span)?);
        }
        match inputs.first() {
            Some(first) => {
                let columns = first.columns.clone();
                self.unordered(Op::Union { inputs }, columns, span)
            }
            None => Err(self.error(
                codes::UNKNOWN_TABLE,
                wanted.predicate.map_or(span, |predicate| predicate.span),
                "none of the tables has a column of the predicate",
            )),
        }
    }

    pub(super) fn all_tables(&mut self, span: Span) -> Checked<Vec<Leg>> {
        let mut names = self.schema.table_names();
        names.sort();
        let mut legs = Vec::with_capacity(names.len());
        for name in names {
            let rel = self.schema_table(&name, span)?;
            legs.push(Leg { name, rel });
        }
        Ok(legs)
    }

    fn find_columns(
        &mut self,
        items: &'a [FindColumn],
        columns: &[Column],
    ) -> Checked<Vec<Column>> {
        let mut shown: Vec<Column> = Vec::new();
        for (place, item) in items.iter().enumerate() {
            match item {
                FindColumn::Column { name, ty } => {
                    let Some(found) = columns.iter().find(|c| c.name == name.text) else {
                        let names = columns.iter().map(|c| c.name.as_str());
                        let meant = crate::check::suggest::nearest(&name.text, names);
                        let meant = meant.map(str::to_string);
                        return Err(self.unknown(
                            codes::UNKNOWN_NAME,
                            name.span,
                            format!("none of the tables has a column `{}`", name.text),
                            meant,
                            None,
                        ));
                    };
                    let ty = match ty {
                        Some(ty) => ty.ty.ok_or(super::Reported)?,
                        None => found.ty,
                    };
                    if shown.iter().any(|c| c.name == name.text) {
                        return Err(self.duplicate_column(&name.text, name.span));
                    }
                    shown.push(Column::new(name.text.clone(), ty));
                }
                FindColumn::PackAll(span) if place + 1 < items.len() => {
                    return Err(self.error(
                        codes::MISPLACED_OPERATOR,
                        *span,
                        "`pack(*)` stands last",
                    ));
                }
                FindColumn::PackAll(_) => {}
            }
        }
        Ok(shown)
    }

    /// A table with the columns of the predicate that it lacks, and all in the type that the tables
    /// have in common.
    fn widened(
        &mut self,
        leg: &Leg,
        columns: &[Column],
        names: &[String],
        span: Span,
    ) -> Checked<Arc<Rel>> {
        let own = &leg.rel.columns;
        let mut exprs = pass_through(own, span);
        for named in &mut exprs {
            if let Some(common) = columns.iter().find(|c| c.name == named.name) {
                named.expr = converted(named.expr.clone(), common.ty);
            }
        }
        for common in columns.iter().filter(|c| names.contains(&c.name)) {
            if !own.iter().any(|c| c.name == common.name) {
                exprs.push(NamedExpr {
                    name: common.name.clone(),
                    expr: literal(fold::null(common.ty), span),
                });
            }
        }
        self.projected(&leg.rel, exprs, span)
    }

    /// The source, the columns that are shown, and the others of the table in a bag.
    fn shown(
        &mut self,
        leg: &Leg,
        rel: &Arc<Rel>,
        source: &str,
        shown: &[Column],
        pack: bool,
        span: Span,
    ) -> Checked<Arc<Rel>> {
        let mut exprs = vec![NamedExpr {
            name: source.to_string(),
            expr: literal(Value::String(leg.name.clone()), span),
        }];
        for wanted in shown {
            let known = rel.columns.iter().find(|c| c.name == wanted.name);
            exprs.push(NamedExpr {
                name: wanted.name.clone(),
                expr: match known {
                    Some(known) => converted(column(&known.name, known.ty, span), wanted.ty),
                    None => literal(fold::null(wanted.ty), span),
                },
            });
        }
        if pack {
            let others = leg.rel.columns.iter();
            let others = others.filter(|c| !shown.iter().any(|shown| shown.name == c.name));
            let pairs: Vec<checked::Expr> = others
                .flat_map(|c| {
                    let name = literal(Value::String(c.name.clone()), span);
                    let ty = rel
                        .columns
                        .iter()
                        .find(|own| own.name == c.name)
                        .map_or(c.ty, |own| own.ty);
                    [name, column(&c.name, ty, span)]
                })
                .collect();
            let bag = match pairs.is_empty() {
                true => literal(Value::Dynamic("{}".to_string()), span),
                false => call("bag_pack", pairs, Type::Dynamic, span),
            };
            exprs.push(NamedExpr {
                name: PACK.to_string(),
                expr: bag,
            });
        }
        // A column may be called as the source is: the two are told apart by number.
        let mut names = crate::check::names::UniqueNames::default();
        for named in &mut exprs {
            named.name = names.add(&named.name);
        }
        self.projected(rel, exprs, span)
    }
}

/// All columns of all tables; one that has several types is a number if all are, else a dynamic.
fn unified(legs: &[Leg]) -> Vec<Column> {
    let mut columns: Vec<Column> = Vec::new();
    for found in legs.iter().flat_map(|leg| &leg.rel.columns) {
        match columns.iter_mut().find(|c| c.name == found.name) {
            Some(known) if known.ty != found.ty => {
                known.ty = match known.ty.is_numeric() && found.ty.is_numeric() {
                    true => widest(known.ty, found.ty).unwrap_or(Type::Dynamic),
                    false => Type::Dynamic,
                }
            }
            Some(_) => {}
            None => columns.push(found.clone()),
        }
    }
    columns
}

/// The names in a predicate. What stands in other tables is not looked at.
fn look(expr: &Expr, looks: &mut Looks) {
    match &expr.kind {
        ExprKind::Name(name) if !looks.names.contains(&name.text) => {
            looks.names.push(name.text.clone());
        }
        ExprKind::Star => looks.everywhere = true,
        ExprKind::Member { base, .. } => look(base, looks),
        ExprKind::Index { base, index } => {
            look(base, looks);
            look(index, looks);
        }
        ExprKind::Call(found) if found.name.text == "not" => {
            found
                .args
                .iter()
                .for_each(|arg| predicate(&arg.value, looks));
        }
        ExprKind::Call(found) => found.args.iter().for_each(|arg| look(&arg.value, looks)),
        ExprKind::Unary { operand, .. } => look(operand, looks),
        ExprKind::Binary {
            op: crate::syntax::BinaryOp::And | crate::syntax::BinaryOp::Or,
            left,
            right,
            ..
        } => {
            predicate(left, looks);
            predicate(right, looks);
        }
        ExprKind::Binary { left, right, .. } => {
            look(left, looks);
            look(right, looks);
        }
        ExprKind::List { needle, items, .. } => {
            look(needle, looks);
            items.iter().for_each(|item| look(item, looks));
        }
        ExprKind::Between {
            value, low, high, ..
        } => [value, low, high]
            .into_iter()
            .for_each(|part| look(part, looks)),
        _ => {}
    }
}

/// A literal where a condition is expected is a term, looked for in every column.
fn predicate(expr: &Expr, looks: &mut Looks) {
    match &expr.kind {
        ExprKind::Literal(value) if !matches!(value, Value::Bool(_)) => looks.everywhere = true,
        _ => look(expr, looks),
    }
}
