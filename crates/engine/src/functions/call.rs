//! What a function is, and what its lowering sees.
//!
//! A [`Function`] holds what the documentation says of it, how a call becomes an expression, and the
//! kernels that it needs.

use datafusion::common::ScalarValue;
use datafusion::logical_expr::{Expr, Operator, binary_expr, lit};
use keyline_kql::types::Type;

use super::convert::convert;
use super::kernel::{self, DECIMAL, Kernel};
use super::{Error, LowerContext, TypedExpr};

/// The chapters of the function reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    Operators,
    Conditions,
    Conversion,
    Text,
    Search,
    Parsing,
    Dynamic,
    Arrays,
    Time,
    Math,
    Network,
    Encoding,
    Series,
    Sketches,
    Geo,
}

impl Family {
    /// The name of its page.
    pub fn slug(self) -> &'static str {
        match self {
            Family::Operators => "operators",
            Family::Conditions => "conditions",
            Family::Conversion => "conversion",
            Family::Text => "text",
            Family::Search => "search",
            Family::Parsing => "parsing",
            Family::Dynamic => "dynamic",
            Family::Arrays => "arrays",
            Family::Time => "time",
            Family::Math => "math",
            Family::Network => "network",
            Family::Encoding => "encoding",
            Family::Series => "series",
            Family::Sketches => "sketches",
            Family::Geo => "geo",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Family::Operators => "Operators",
            Family::Conditions => "Conditions and choices",
            Family::Conversion => "Conversion",
            Family::Text => "Text",
            Family::Search => "Search in text",
            Family::Parsing => "Parsing",
            Family::Dynamic => "Dynamic values",
            Family::Arrays => "Arrays and sets",
            Family::Time => "Dates and times",
            Family::Math => "Mathematics",
            Family::Network => "Network addresses",
            Family::Encoding => "Encoding and hashes",
            Family::Series => "Series",
            Family::Sketches => "Sketches",
            Family::Geo => "Places on the Earth",
        }
    }
}

pub struct Function {
    /// The canonical name.
    pub name: &'static str,
    pub family: Family,
    /// As the reference prints it: `strlen(text: string): long`.
    pub signature: &'static str,
    /// One or more sentences.
    pub doc: &'static str,
    /// Expressions and the text of their values.
    pub examples: &'static [(&'static str, &'static str)],
    pub lower: Lower,
    pub kernels: &'static [Kernel],
}

pub enum Lower {
    /// The first kernel, arguments converted to these types; the last type stands for all that
    /// follow.
    Convert(&'static [Type]),
    /// The first kernel, arguments as they are.
    AsIs,
    By(fn(Call<'_>) -> Result<Expr, Error>),
}

/// A call to be lowered.
pub struct Call<'a> {
    pub function: &'static Function,
    pub args: Vec<TypedExpr>,
    /// The type that the checker gave the call.
    pub ty: Type,
    pub cx: &'a LowerContext,
}

impl Call<'_> {
    pub fn lower(self) -> Result<Expr, Error> {
        match self.function.lower {
            Lower::Convert(types) => self.convert_all(types),
            Lower::AsIs => {
                let args = self.args.into_iter().map(|arg| arg.expr).collect();
                Ok(kernel::call(self.function.kernels[0].name, args))
            }
            Lower::By(lower) => lower(self),
        }
    }

    fn convert_all(self, types: &[Type]) -> Result<Expr, Error> {
        let mut args = Vec::with_capacity(self.args.len());
        for (index, arg) in self.args.into_iter().enumerate() {
            let to = types.get(index).or(types.last()).copied().unwrap_or(arg.ty);
            args.push(convert(arg, to)?);
        }
        Ok(kernel::call(self.function.kernels[0].name, args))
    }

    pub fn name(&self) -> &'static str {
        self.function.name
    }

    pub fn count(&self) -> usize {
        self.args.len()
    }

    pub fn type_of(&self, index: usize) -> Option<Type> {
        self.args.get(index).map(|arg| arg.ty)
    }

    /// Takes argument `index` as a value of type `to`.
    pub fn arg(&self, index: usize, to: Type) -> Result<Expr, Error> {
        convert(self.typed(index)?, to)
    }

    /// The same, or a default where the call has no such argument.
    pub fn arg_or(&self, index: usize, to: Type, default: Expr) -> Result<Expr, Error> {
        match index < self.args.len() {
            true => self.arg(index, to),
            false => Ok(default),
        }
    }

    pub fn typed(&self, index: usize) -> Result<TypedExpr, Error> {
        self.args.get(index).cloned().ok_or_else(|| {
            Error::invalid(format!(
                "`{}` expects at least {} arguments, found {}",
                self.name(),
                index + 1,
                self.args.len()
            ))
        })
    }

    /// The text of a constant argument.
    pub fn constant_text(&self, index: usize) -> Option<&str> {
        literal_text(&self.args.get(index)?.expr)
    }
}

pub fn literal(expr: &Expr) -> Option<&ScalarValue> {
    match expr {
        Expr::Literal(value, _) => Some(value),
        Expr::Alias(alias) => literal(&alias.expr),
        _ => None,
    }
}

pub fn literal_text(expr: &Expr) -> Option<&str> {
    literal(expr)?.try_as_str().flatten()
}

/// A literal that is certainly not null.
pub fn is_value(expr: &Expr) -> bool {
    literal(expr).is_some_and(|value| !value.is_null())
}

pub fn text(value: impl Into<String>) -> Expr {
    lit(ScalarValue::Utf8View(Some(value.into())))
}

pub fn long(value: i64) -> Expr {
    lit(value)
}

/// The null of a type; for strings the empty string.
pub fn null(ty: Type) -> Expr {
    lit(match ty {
        Type::Bool => ScalarValue::Boolean(None),
        Type::Int => ScalarValue::Int32(None),
        Type::Long | Type::DateTime | Type::TimeSpan => ScalarValue::Int64(None),
        Type::Real => ScalarValue::Float64(None),
        Type::Decimal => match DECIMAL {
            arrow::datatypes::DataType::Decimal128(p, s) => ScalarValue::Decimal128(None, p, s),
            _ => ScalarValue::Null,
        },
        Type::String => ScalarValue::Utf8View(Some(String::new())),
        Type::Guid | Type::Dynamic => ScalarValue::Utf8View(None),
    })
}

pub fn binary(left: Expr, op: Operator, right: Expr) -> Expr {
    binary_expr(left, op, right)
}
