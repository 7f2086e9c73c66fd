//! `evaluate dcount_intersect(a, b, …)`: how many different values the first sketch has, how many the
//! first two have in common, the first three, and so on.
//!
//! In: columns of sketches that `hll` made. Out: all columns and `s0`, `s1` … No plugin but to the eye:
//! what several sets have in common is, by inclusion and exclusion, a sum over the counts of their
//! unions, and those are `dcount_hll` of `hll_merge`.

use std::sync::Arc;

use crate::check::build::{call, pass_through};
use crate::check::names::UniqueNames;
use crate::check::report::Checked;
use crate::check::scope::{Row, Windows};
use crate::check::{Checker, codes};
use crate::checked::{Expr, NamedExpr, Rel};
use crate::limits::INTERSECTED_SKETCHES_MAX;
use crate::span::Span;
use crate::syntax::Call;
use crate::types::Type;

impl<'a> Checker<'a> {
    pub(super) fn dcount_intersect(
        &mut self,
        input: &Arc<Rel>,
        plugin: &'a Call,
        span: Span,
    ) -> Checked<Arc<Rel>> {
        let row = Row {
            windows: Windows::Misplaced,
            ..Row::of(input)
        };
        let mut sketches = Vec::with_capacity(plugin.args.len());
        for arg in &plugin.args {
            let sketch = self.scalar(&arg.value, &row)?;
            if sketch.ty != Type::Dynamic {
                return Err(self.error_with_help(
                    codes::ARGUMENT_TYPE,
                    sketch.span,
                    format!("expected a sketch, found a `{}`", sketch.ty),
                    "a sketch is what `hll()` yields",
                ));
            }
            sketches.push(sketch);
        }
        if sketches.len() > INTERSECTED_SKETCHES_MAX {
            return Err(self.limit_reached(
                plugin.span,
                "sketches to intersect",
                INTERSECTED_SKETCHES_MAX,
            ));
        }
        let mut names = UniqueNames::default();
        for column in &input.columns {
            names.reserve(&column.name);
        }
        let mut exprs = pass_through(&input.columns, span);
        for last in 0..sketches.len() {
            exprs.push(NamedExpr {
                name: names.add(&format!("s{last}")),
                expr: in_common(&sketches[..=last], span),
            });
        }
        self.projected(input, exprs, span)
    }
}

/// How many values all sketches have: the unions of an odd number of them less those of an even one.
fn in_common(sketches: &[Expr], span: Span) -> Expr {
    let mut sum: Option<Expr> = None;
    for set in 1_u32..1 << sketches.len() {
        let mut chosen: Vec<Expr> = sketches
            .iter()
            .enumerate()
            .filter(|(at, _)| set >> at & 1 == 1)
            .map(|(_, sketch)| sketch.clone())
            .collect();
        let sign = if chosen.len() % 2 == 1 { "+" } else { "-" };
        let union = match chosen.len() {
            1 => chosen.remove(0),
            _ => call("hll_merge", chosen, Type::Dynamic, span),
        };
        let count = call("dcount_hll", vec![union], Type::Long, span);
        sum = Some(match sum {
            None => count,
            Some(sum) => call(sign, vec![sum, count], Type::Long, span),
        });
    }
    sum.expect("there is a sketch")
}
