//! What names stand for: `let` bindings and parameters, and the columns of the current row.

use std::rc::Rc;
use std::sync::Arc;

use crate::checked::{Expr, Rel};
use crate::schema::Column;
use crate::syntax::FunctionBody;

/// What a name that is not a column stands for.
#[derive(Clone, Debug)]
pub(super) enum Binding<'a> {
    Scalar(Rc<ScalarBinding>),
    Table(Arc<Rel>),
    Function {
        body: &'a FunctionBody,
        /// The function sees what was declared before it.
        scope: Mark,
    },
    /// It could not be bound, which has been reported.
    Failed,
}

#[derive(Debug)]
pub(super) struct ScalarBinding {
    pub expr: Expr,
    pub depth: usize,
    pub nodes: usize,
    /// The expression uses the columns of a row, so it cannot be used where there is another.
    pub of_row: bool,
}

/// A place in the chain of declarations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark(Option<usize>);

/// All declarations ever made; each knows the one before it, so that a function finds the names that
/// it could see where it was written.
#[derive(Debug, Default)]
pub(super) struct Scopes<'a> {
    declarations: Vec<Declaration<'a>>,
    last: Option<usize>,
    /// Where the current block began.
    block: Option<usize>,
}

#[derive(Debug)]
struct Declaration<'a> {
    name: String,
    binding: Binding<'a>,
    before: Option<usize>,
}

/// What to go back to at the end of a block.
pub(super) struct Outer {
    last: Option<usize>,
    block: Option<usize>,
}

impl<'a> Scopes<'a> {
    pub(super) fn declare(&mut self, name: &str, binding: Binding<'a>) {
        self.declarations.push(Declaration {
            name: name.to_string(),
            binding,
            before: self.last,
        });
        self.last = Some(self.declarations.len() - 1);
    }

    pub(super) fn mark(&self) -> Mark {
        Mark(self.last)
    }

    /// Begins a block that sees what could be seen at `mark`.
    pub(super) fn enter(&mut self, mark: Mark) -> Outer {
        let outer = Outer {
            last: self.last,
            block: self.block,
        };
        self.last = mark.0;
        self.block = mark.0;
        outer
    }

    pub(super) fn leave(&mut self, outer: Outer) {
        self.last = outer.last;
        self.block = outer.block;
    }

    pub(super) fn find(&self, name: &str) -> Option<&Binding<'a>> {
        self.visible()
            .find(|declaration| declaration.name == name)
            .map(|declaration| &declaration.binding)
    }

    /// Whether the name was declared in the current block.
    pub(super) fn is_declared_here(&self, name: &str) -> bool {
        let mut at = self.last;
        while at != self.block {
            let Some(index) = at else { return false };
            let declaration = &self.declarations[index];
            if declaration.name == name {
                return true;
            }
            at = declaration.before;
        }
        false
    }

    /// The names that can be seen and what they stand for, the innermost first.
    pub(super) fn names(&self) -> impl Iterator<Item = (&str, &Binding<'a>)> {
        self.visible()
            .map(|declaration| (declaration.name.as_str(), &declaration.binding))
    }

    fn visible(&self) -> impl Iterator<Item = &Declaration<'a>> {
        let mut at = self.last;
        std::iter::from_fn(move || {
            let declaration = &self.declarations[at?];
            at = declaration.before;
            Some(declaration)
        })
    }
}

/// The row that an expression is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'r> {
    pub columns: &'r [Column],
    /// In the condition of a join: the columns of the right side, `columns` being the left's.
    pub right: Option<&'r [Column]>,
    /// In `scan`: the names of the steps, whose state are columns named `step.column`.
    pub steps: &'r [String],
    pub windows: Windows,
    /// Outside of any operator: there is no row.
    pub exists: bool,
}

/// Whether functions that look at other rows may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Windows {
    Allowed,
    /// The input has no order that they could follow.
    NotSerialized,
    /// The operator does not let them.
    Misplaced,
}

impl<'r> Row<'r> {
    /// No row: in `print`, in a `let`.
    pub(super) fn none() -> Row<'static> {
        Row {
            columns: &[],
            right: None,
            steps: &[],
            windows: Windows::Misplaced,
            exists: false,
        }
    }

    pub(super) fn of(rel: &'r Rel) -> Row<'r> {
        Row {
            columns: &rel.columns,
            right: None,
            steps: &[],
            windows: match rel.serialized {
                true => Windows::Allowed,
                false => Windows::NotSerialized,
            },
            exists: true,
        }
    }

    pub(super) fn column(&self, name: &str) -> Option<&'r Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}
