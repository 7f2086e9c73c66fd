//! What names stand for: `let` bindings and parameters, and the columns of the current row.

use std::collections::HashMap;
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
/// it could see where it was written. A name is looked up in steps that grow with the logarithm of
/// what is declared: a query may declare tens of thousands.
#[derive(Debug, Default)]
pub(super) struct Scopes<'a> {
    declarations: Vec<Declaration<'a>>,
    /// The declarations of each name, in the order in which they were made.
    by_name: HashMap<String, Vec<usize>>,
    last: Option<usize>,
    /// Where the current block began.
    block: Option<usize>,
}

#[derive(Debug)]
struct Declaration<'a> {
    name: String,
    binding: Binding<'a>,
    before: Option<usize>,
    /// How many are before it.
    depth: usize,
    /// One that is further before it, itself if there is none: by these any is reached in few steps.
    jump: usize,
}

/// What to go back to at the end of a block.
pub(super) struct Outer {
    last: Option<usize>,
    block: Option<usize>,
}

impl<'a> Scopes<'a> {
    pub(super) fn declare(&mut self, name: &str, binding: Binding<'a>) {
        let this = self.declarations.len();
        let (depth, jump) = match self.last {
            None => (0, this),
            Some(before) => {
                let depth = |at: usize| self.declarations[at].depth;
                let near = self.declarations[before].jump;
                let far = self.declarations[near].jump;
                // Two jumps of the same length become one.
                let jump = match depth(before) - depth(near) == depth(near) - depth(far) {
                    true => far,
                    false => before,
                };
                (depth(before) + 1, jump)
            }
        };
        self.by_name.entry(name.to_string()).or_default().push(this);
        self.declarations.push(Declaration {
            name: name.to_string(),
            binding,
            before: self.last,
            depth,
            jump,
        });
        self.last = Some(this);
    }

    /// Whether a declaration can be seen from the present place.
    fn is_visible(&self, wanted: usize) -> bool {
        let Some(mut at) = self.last else {
            return false;
        };
        let depth = self.declarations[wanted].depth;
        while self.declarations[at].depth > depth {
            let declaration = &self.declarations[at];
            at = match self.declarations[declaration.jump].depth >= depth {
                true => declaration.jump,
                false => declaration.before.unwrap_or(at),
            };
        }
        at == wanted
    }

    /// The declaration of a name that can be seen.
    fn place(&self, name: &str) -> Option<usize> {
        let declared = self.by_name.get(name)?;
        declared
            .iter()
            .rev()
            .copied()
            .find(|at| self.is_visible(*at))
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
        let place = self.place(name)?;
        Some(&self.declarations[place].binding)
    }

    /// Whether the name was declared in the current block.
    pub(super) fn is_declared_here(&self, name: &str) -> bool {
        let depth = |at: usize| self.declarations[at].depth;
        match (self.place(name), self.block) {
            (Some(place), Some(block)) => depth(place) > depth(block),
            (place, _) => place.is_some(),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_as_by_walking_back() {
        let mut scopes = Scopes::default();
        let mut marks = vec![scopes.mark()];
        for number in 0..400_usize {
            // Blocks of all kinds: some begin far back, as the bodies of functions do.
            if number % 7 == 3 {
                let outer = scopes.enter(marks[number * 31 % marks.len()]);
                if number % 2 == 0 {
                    scopes.leave(outer);
                }
            }
            scopes.declare(&format!("x{}", number % 23), Binding::Failed);
            marks.push(scopes.mark());
            for name in (0..25).map(|name| format!("x{name}")) {
                let walked = |from: Option<usize>, to: Option<usize>| {
                    let mut at = from;
                    while at != to {
                        let index = at?;
                        if scopes.declarations[index].name == name {
                            return Some(index);
                        }
                        at = scopes.declarations[index].before;
                    }
                    None
                };
                assert_eq!(scopes.place(&name), walked(scopes.last, None));
                let here = walked(scopes.last, scopes.block).is_some();
                assert_eq!(scopes.is_declared_here(&name), here);
            }
        }
    }
}
