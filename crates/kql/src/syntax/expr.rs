//! Expressions, scalar and tabular alike: the grammar cannot tell them apart.

use super::{Name, NamePattern, Parameter, Pipe, PipeHead, RowSchema, TypeRef};
use crate::span::Span;
use crate::types::Value;

#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    pub kind: ExprKind,
    pub span: Span,
}

impl Expr {
    /// A name in parentheses: a value of its column, but no column to those who ask for one.
    pub fn is_name_in_parentheses(&self) -> bool {
        matches!(&self.kind, ExprKind::Name(name) if name.span != self.span)
    }

    /// Whether it could not be read, or not what stands before its first operator.
    pub fn is_unread(&self) -> bool {
        match &self.kind {
            ExprKind::Error => true,
            ExprKind::Index { base, .. } => base.is_unread(),
            ExprKind::Pipe(pipe) => {
                matches!(&pipe.head, PipeHead::Expr(head) if head.is_unread())
            }
            _ => false,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// Adjacent string literals have become one.
    Literal(Value),
    /// A name, bare or in brackets; also `$left`, `$right`.
    Name(Name),
    /// `T*`, only where tables or columns are listed.
    Wildcard(NamePattern),
    /// `*`, as in `count(*)`, `distinct *`, `arg_max(x, *)`, `* has 'x'`.
    Star,
    /// `base.name`, `base.['name']`
    Member {
        base: Box<Expr>,
        name: Name,
    },
    /// `base.*` or `base.T*`, in lists of tables.
    MemberWildcard {
        base: Box<Expr>,
        pattern: NamePattern,
    },
    /// `base[index]`
    Index {
        base: Box<Expr>,
        index: Box<Expr>,
    },
    /// `name(args)`; `toscalar`, `materialize` and tabular functions too.
    Call(Call),
    /// `base.name(args)`, as in `database('d').table('t')`.
    PathCall {
        base: Box<Expr>,
        call: Call,
    },
    Unary {
        op: UnaryOp,
        operand: Box<Expr>,
    },
    Binary {
        op: BinaryOp,
        op_span: Span,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    /// `needle in (items)`, `needle has_any (items)` …; a single item may be a list or tabular.
    List {
        op: ListOp,
        op_span: Span,
        needle: Box<Expr>,
        items: Vec<Expr>,
    },
    /// `value between (low .. high)`, `value !between (low .. high)`
    Between {
        negated: bool,
        value: Box<Expr>,
        low: Box<Expr>,
        high: Box<Expr>,
    },
    /// `typeof(long)`
    TypeOf(TypeRef),
    /// `typeof(a: long, b: string, *)`
    TypeOfRow(RowSchema),
    /// `source | operators`; a source with no operator is just its own expression.
    Pipe(Box<Pipe>),
    DataTable(DataTable),
    ExternalData(ExternalData),
    /// Only as the value of an operator's parameter: `hint.remote = (a, b)`.
    Names(Vec<Name>),
    /// What could not be understood. It has been reported.
    Error,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    pub name: Name,
    pub args: Vec<Argument>,
    /// From the name to the closing parenthesis.
    pub span: Span,
    /// Something in parentheses could not be read, so that nobody knows how many arguments are meant.
    pub unread: bool,
}

/// `value` or `name = value`
#[derive(Clone, Debug, PartialEq)]
pub struct Argument {
    pub name: Option<Name>,
    pub value: Expr,
}

/// `value`, `name = value` or `(a, b) = value`
#[derive(Clone, Debug, PartialEq)]
pub struct NamedExpr {
    /// The names as written: none, one, or those in the parentheses.
    pub names: Vec<Name>,
    /// The names stood in parentheses, even if it was but one.
    pub tuple: bool,
    pub expr: Expr,
    pub span: Span,
}

/// `datatable (a: long) [1, 2]`: the values in order, not yet cut into rows.
#[derive(Clone, Debug, PartialEq)]
pub struct DataTable {
    pub parameters: Vec<Parameter>,
    pub schema: RowSchema,
    pub values: Vec<Expr>,
}

/// `externaldata (a: string) [h@'uri'] with (format='csv')`
#[derive(Clone, Debug, PartialEq)]
pub struct ExternalData {
    pub parameters: Vec<Parameter>,
    pub schema: RowSchema,
    pub uris: Vec<Expr>,
    pub properties: Vec<Parameter>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    Negate,
    Plus,
}

macro_rules! operators {
    ($(#[$doc:meta])* $enum:ident { $($(#[$note:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $enum { $($(#[$note])* $variant,)* }

        impl $enum {
            pub const ALL: &'static [$enum] = &[$($enum::$variant,)*];

            /// The canonical spelling, which is also the function's name in the checked query.
            pub fn text(self) -> &'static str {
                match self { $($enum::$variant => $text,)* }
            }
        }
    };
}

operators! {
    /// `<>` is `NotEqual`.
    BinaryOp {
        Add = "+",
        Subtract = "-",
        Multiply = "*",
        Divide = "/",
        Modulo = "%",
        Equal = "==",
        NotEqual = "!=",
        Less = "<",
        LessOrEqual = "<=",
        Greater = ">",
        GreaterOrEqual = ">=",
        EqualTilde = "=~",
        NotEqualTilde = "!~",
        And = "and",
        Or = "or",
        Has = "has",
        NotHas = "!has",
        HasCs = "has_cs",
        NotHasCs = "!has_cs",
        HasPrefix = "hasprefix",
        NotHasPrefix = "!hasprefix",
        HasPrefixCs = "hasprefix_cs",
        NotHasPrefixCs = "!hasprefix_cs",
        HasSuffix = "hassuffix",
        NotHasSuffix = "!hassuffix",
        HasSuffixCs = "hassuffix_cs",
        NotHasSuffixCs = "!hassuffix_cs",
        Contains = "contains",
        NotContains = "!contains",
        ContainsCs = "contains_cs",
        NotContainsCs = "!contains_cs",
        StartsWith = "startswith",
        NotStartsWith = "!startswith",
        StartsWithCs = "startswith_cs",
        NotStartsWithCs = "!startswith_cs",
        EndsWith = "endswith",
        NotEndsWith = "!endswith",
        EndsWithCs = "endswith_cs",
        NotEndsWithCs = "!endswith_cs",
        Like = "like",
        NotLike = "notlike",
        LikeCs = "likecs",
        NotLikeCs = "notlikecs",
        MatchesRegex = "matches regex",
        /// Only in `search`: `column : value`.
        Colon = ":",
    }
}

operators! {
    ListOp {
        In = "in",
        NotIn = "!in",
        InTilde = "in~",
        NotInTilde = "!in~",
        HasAny = "has_any",
        HasAll = "has_all",
    }
}
