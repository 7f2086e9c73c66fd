//! `mv-expand` and `mv-apply`.

use std::sync::Arc;

use crate::check::build::pass_through;
use crate::check::names::{Columns, Duplicate};
use crate::check::report::Checked;
use crate::check::scope::{Row, Windows};
use crate::check::{Checker, codes, fold};
use crate::checked::{self, MvExpand, MvExpandItem, Op, Rel};
use crate::limits::LEGACY_MVEXPAND_LIMIT;
use crate::schema::Column;
use crate::syntax::{Expr, ExprKind, MvItem, Operator, Pipe};
use crate::types::Type;

impl<'a> Checker<'a> {
    pub(super) fn mv_expand(
        &mut self,
        input: &Arc<Rel>,
        items: &'a [MvItem],
        limit: Option<&'a Expr>,
        operator: &'a Operator,
    ) -> Checked<Arc<Rel>> {
        let (expand, columns) = self.expansion(input, items, limit, operator)?;
        self.keeping_order(Op::MvExpand(expand), columns, input, operator.span)
    }

    /// The result has the columns of the input that were not expanded themselves, then those of the
    /// subquery.
    pub(super) fn mv_apply(
        &mut self,
        input: &Arc<Rel>,
        items: &'a [MvItem],
        limit: Option<&'a Expr>,
        subquery: &'a Pipe,
        operator: &'a Operator,
    ) -> Checked<Arc<Rel>> {
        let span = operator.span;
        let (expand, expanded) = self.expansion(input, items, limit, operator)?;
        let context = self.keeping_order(Op::Context, expanded, input, span)?;
        let subquery = self.subquery(subquery, context)?;
        let applied: Vec<&str> = items
            .iter()
            .filter(|item| item.expr.names.is_empty())
            .filter_map(|item| match &item.expr.expr.kind {
                ExprKind::Name(name) => Some(name.text.as_str()),
                _ => None,
            })
            .collect();
        let mut columns = Columns::new();
        for found in &input.columns {
            if !applied.contains(&found.name.as_str()) {
                columns.add(&found.name, found.ty);
            }
        }
        for found in &subquery.columns {
            columns.add_or_replace(&found.name, found.ty);
        }
        let columns = columns
            .into_entries()
            .into_iter()
            .map(|(name, ty)| Column::new(name, ty))
            .collect();
        self.keeping_order(Op::MvApply { expand, subquery }, columns, input, span)
    }

    fn expansion(
        &mut self,
        input: &Arc<Rel>,
        items: &'a [MvItem],
        limit: Option<&'a Expr>,
        operator: &'a Operator,
    ) -> Checked<(MvExpand, Vec<Column>)> {
        let kind = match self.word(operator, "bagexpansion")? {
            Some(kind) => Some(kind),
            None => self.word(operator, "kind")?,
        };
        let bag_as_array = match kind.as_deref() {
            None | Some("bag") => false,
            Some("array") => true,
            Some(other) => {
                let message = format!("unknown expansion of bags `{other}`");
                return Err(self.error_with_help(
                    codes::OPERATOR_PARAMETER,
                    operator.keyword.span,
                    message,
                    "one of `bag`, `array`",
                ));
            }
        };
        let index = self.name_parameter(operator, "with_itemindex")?;
        let limit = match limit {
            Some(limit) => Some(self.row_limit(limit)?),
            None if operator.keyword.text == "mvexpand" => Some(LEGACY_MVEXPAND_LIMIT),
            None => None,
        };
        let row = Row {
            windows: Windows::Misplaced,
            ..Row::of(input)
        };
        let mut columns = Columns::new();
        for named in pass_through(&input.columns, operator.span) {
            columns.add(&named.name, named.expr.ty);
        }
        let mut expanded = Vec::with_capacity(items.len());
        for item in items {
            expanded.push(self.expanded(item, &row, &mut columns)?);
        }
        let index = index.map(|name| columns.add(&name, Type::Long));
        let columns = columns
            .into_entries()
            .into_iter()
            .map(|(name, ty)| Column::new(name, ty))
            .collect();
        let expand = MvExpand {
            input: Arc::clone(input),
            items: expanded,
            index,
            limit,
            bag_as_array,
        };
        Ok((expand, columns))
    }

    fn expanded(
        &mut self,
        item: &'a MvItem,
        row: &Row,
        columns: &mut Columns<Type>,
    ) -> Checked<MvExpandItem> {
        let expr = self.scalar(&item.expr.expr, row)?;
        if expr.ty != Type::Dynamic {
            return Err(self.error_with_help(
                codes::WRONG_TYPE,
                item.expr.span,
                format!("expected a `dynamic` to expand, found a `{}`", expr.ty),
                "parse it first: `todynamic(…)`",
            ));
        }
        let ty = match &item.to {
            Some(to) => to.ty.ok_or(super::Reported)?,
            None => Type::Dynamic,
        };
        let declared = match (item.expr.names.first(), &expr.kind) {
            (Some(name), _) => Some((name.text.clone(), name.span)),
            (None, checked::ExprKind::Column(name)) => Some((name.clone(), item.expr.span)),
            _ => None,
        };
        let name = match declared {
            Some((name, span)) => match columns.declare_or_replace(&name, ty) {
                Ok(name) => name,
                Err(Duplicate) => return Err(self.duplicate_column(&name, span)),
            },
            None => {
                let name = match self.result_name(&item.expr.expr, row) {
                    Some(name) => name,
                    None => self.default_name(row),
                };
                columns.add_or_replace(&name, ty)
            }
        };
        Ok(MvExpandItem { name, expr, ty })
    }

    fn row_limit(&mut self, limit: &'a Expr) -> Checked<u64> {
        let count = self.count(limit)?;
        match fold::integer(&count).and_then(|count| u64::try_from(count).ok()) {
            Some(count) => Ok(count),
            None => Err(self.error(
                codes::NOT_CONSTANT,
                limit.span,
                "expected a whole number as limit",
            )),
        }
    }
}
