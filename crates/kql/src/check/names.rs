//! What columns are called: the name that an expression gives a column of its own accord, and how
//! names are kept apart within one table.

use std::collections::{HashMap, HashSet};

use super::Checker;
use super::fold;
use super::scope::{Binding, Row};
use crate::functions::{self, ColumnName};
use crate::syntax::{Call, Expr, ExprKind};
use crate::types::Value;

/// Names of which none is given twice: to one that is taken the smallest free number is added.
#[derive(Clone, Debug, Default)]
pub(super) struct UniqueNames {
    /// The greatest number that a name has needed.
    suffixes: HashMap<String, usize>,
}

impl UniqueNames {
    pub(super) fn add(&mut self, name: &str) -> String {
        self.add_with_base(name, name)
    }

    /// The name is taken from now on.
    pub(super) fn reserve(&mut self, name: &str) {
        self.suffixes.entry(name.to_string()).or_insert(0);
    }

    /// `name`, or `base` with a number when it is taken.
    pub(super) fn add_with_base(&mut self, name: &str, base: &str) -> String {
        let Some(last) = self.suffixes.get(name).copied() else {
            self.suffixes.insert(name.to_string(), 0);
            return name.to_string();
        };
        let (suffix, free) = (last + 1..)
            .map(|suffix| (suffix, format!("{base}{suffix}")))
            .find(|(_, free)| !self.suffixes.contains_key(free))
            .expect("there are more numbers than names");
        self.suffixes.insert(name.to_string(), suffix);
        self.suffixes.insert(free.clone(), 0);
        free
    }
}

/// The columns of an operator's result while they are put together.
#[derive(Clone, Debug)]
pub(super) struct Columns<T> {
    entries: Vec<(String, T)>,
    positions: HashMap<String, usize>,
    names: UniqueNames,
    /// Names that were written and not made up: those must not be written twice.
    declared: HashSet<String>,
}

/// The name was declared before.
pub(super) struct Duplicate;

impl<T> Columns<T> {
    pub(super) fn new() -> Columns<T> {
        Columns {
            entries: Vec::new(),
            positions: HashMap::new(),
            names: UniqueNames::default(),
            declared: HashSet::new(),
        }
    }

    /// Adds a column, under another name if its own is taken; returns the name.
    pub(super) fn add(&mut self, name: &str, value: T) -> String {
        self.add_with_base(name, name, value)
    }

    pub(super) fn add_with_base(&mut self, name: &str, base: &str, value: T) -> String {
        let name = self.names.add_with_base(name, base);
        self.positions.insert(name.clone(), self.entries.len());
        self.entries.push((name.clone(), value));
        name
    }

    /// Adds a column, or puts it in the place of that of the same name.
    pub(super) fn add_or_replace(&mut self, name: &str, value: T) -> String {
        match self.position(name) {
            Some(at) => {
                self.entries[at].1 = value;
                name.to_string()
            }
            None => self.add(name, value),
        }
    }

    /// Adds a column whose name is written in the query.
    pub(super) fn declare(&mut self, name: &str, value: T) -> Result<String, Duplicate> {
        self.declaration(name)?;
        let name = self.add(name, value);
        self.declared.insert(name.clone());
        Ok(name)
    }

    /// The same, in the place of a column of that name that was not declared.
    pub(super) fn declare_or_replace(&mut self, name: &str, value: T) -> Result<String, Duplicate> {
        self.declaration(name)?;
        self.declared.insert(name.to_string());
        Ok(self.add_or_replace(name, value))
    }

    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.positions.get(name).copied()
    }

    pub(super) fn into_entries(self) -> Vec<(String, T)> {
        self.entries
    }

    fn declaration(&self, name: &str) -> Result<(), Duplicate> {
        match self.declared.contains(name) {
            true => Err(Duplicate),
            false => Ok(()),
        }
    }
}

impl Checker<'_> {
    /// The name that an expression gives to its column; `None` where it has none to give.
    pub(super) fn result_name(&self, expr: &Expr, row: &Row) -> Option<String> {
        match &expr.kind {
            ExprKind::Name(name) => Some(name.text.clone()),
            ExprKind::Member { base, name } => {
                if self.is_row_prefix(base, row) && self.graph.is_none() {
                    return Some(name.text.clone());
                }
                match self
                    .result_name(base, row)
                    .filter(|base| !base.trim().is_empty())
                {
                    Some(base) => Some(format!("{base}_{}", name.text)),
                    None => Some(name.text.clone()),
                }
            }
            ExprKind::Index { base, index } => {
                let index = match &index.kind {
                    ExprKind::Literal(Value::String(text)) => Some(text.clone()),
                    ExprKind::Literal(Value::Int(number)) => Some(number.to_string()),
                    ExprKind::Literal(Value::Long(number)) if *number >= 0 => {
                        Some(number.to_string())
                    }
                    _ => None,
                };
                match self
                    .result_name(base, row)
                    .filter(|base| !base.trim().is_empty())
                {
                    Some(base) => Some(format!("{base}_{}", index.unwrap_or_default())),
                    None => index,
                }
            }
            ExprKind::Call(call) => self.call_name(call, row),
            _ => None,
        }
    }

    fn call_name(&self, call: &Call, row: &Row) -> Option<String> {
        if matches!(
            self.scopes.find(&call.name.text),
            Some(Binding::Function { .. } | Binding::Failed)
        ) {
            return None;
        }
        let function =
            functions::scalar(&call.name.text).or_else(|| functions::aggregate(&call.name.text))?;
        let first = || {
            let argument = call.args.first()?;
            match &argument.name {
                Some(name) => Some(name.text.clone()),
                None => self.result_name(&argument.value, row),
            }
        };
        match function.column {
            ColumnName::None => None,
            ColumnName::FirstArgument => first(),
            ColumnName::OnlyArgument if call.args.len() == 1 => first(),
            ColumnName::OnlyArgument => None,
            ColumnName::Prefixed(prefix) => {
                Some(format!("{prefix}_{}", first().unwrap_or_default()))
            }
            ColumnName::Fixed(name) => Some(name.to_string()),
            ColumnName::ArgumentValue => {
                let name = self.constant_text(&call.args.first()?.value)?;
                row.column(&name).map(|column| column.name.clone())
            }
        }
    }

    /// The text of a string literal or of a name that stands for one.
    pub(super) fn constant_text(&self, expr: &Expr) -> Option<String> {
        match &expr.kind {
            ExprKind::Literal(Value::String(text)) => Some(text.clone()),
            ExprKind::Name(name) => match self.scopes.find(&name.text)? {
                Binding::Scalar(scalar) => fold::string(&scalar.expr).map(str::to_string),
                _ => None,
            },
            _ => None,
        }
    }

    /// `$left`, `$right` or a step of `scan`: what follows the dot is a column.
    pub(super) fn is_row_prefix(&self, expr: &Expr, row: &Row) -> bool {
        let ExprKind::Name(name) = &expr.kind else {
            return false;
        };
        (row.right.is_some() && matches!(name.text.as_str(), "$left" | "$right"))
            || row.steps.contains(&name.text)
    }

    /// `Column1` and so on: for a column whose expression gives it no name.
    pub(super) fn default_name(&mut self, row: &Row) -> String {
        loop {
            let name = format!("Column{}", self.next_column);
            self.next_column += 1;
            if row.column(&name).is_none() && self.scopes.find(&name).is_none() {
                return name;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::UniqueNames;

    #[test]
    fn a_taken_name_gets_the_smallest_free_number() {
        let mut names = UniqueNames::default();
        let given: Vec<String> = ["k", "a", "k1", "k", "a", "k1"]
            .into_iter()
            .map(|name| names.add(name))
            .collect();
        assert_eq!(given, ["k", "a", "k1", "k2", "a1", "k11"]);
    }
}
