//! Expressions of a wanted type, over the columns that there are.

use keyline_kql::functions::signature::Needs;
use keyline_kql::functions::{self, Function, Overload, Parameter, ParameterType, Return};
use keyline_kql::types::Type;

use super::chance::Chance;

pub const TYPES: [Type; 10] = [
    Type::Bool,
    Type::Int,
    Type::Long,
    Type::Real,
    Type::Decimal,
    Type::String,
    Type::DateTime,
    Type::TimeSpan,
    Type::Guid,
    Type::Dynamic,
];

#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    pub name: String,
    pub ty: Type,
}

/// Functions that stand only where something around them allows it, or that take what is no value.
const LEFT_OUT: [&str; 15] = [
    "assert",
    "bag_pack_columns",
    "column_names_of",
    "iscolumnexists",
    "materialize",
    "toscalar",
    "row_number",
    "row_cumsum",
    "prev",
    "next",
    "bin_auto",
    "row_rank",
    "row_rank_dense",
    "row_rank_min",
    "row_window_session",
];

pub struct Known {
    pub scalars: Vec<(&'static Function, u64)>,
    pub aggregates: Vec<(&'static Function, u64)>,
}

impl Known {
    pub fn all() -> Known {
        let named = |list: Vec<&'static Function>| {
            list.into_iter()
                .filter(|f| f.implemented && !LEFT_OUT.contains(&f.name))
                .map(|f| (f, number(f.name)))
                .collect()
        };
        Known {
            scalars: named(functions::scalars()),
            aggregates: named(functions::aggregates()),
        }
    }
}

/// FNV-1a.
pub fn number(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

pub struct Values<'k> {
    pub known: &'k Known,
    pub chance: Chance,
    pub columns: Vec<Column>,
}

impl Values<'_> {
    pub fn literal(&mut self, ty: Type) -> String {
        let texts: &[&str] = match ty {
            Type::Bool => &["true", "false"],
            Type::Int => &["int(3)", "int(7)", "int(-1)"],
            Type::Long => &["1", "2", "10", "long(5)"],
            Type::Real => &["1.5", "0.25", "real(2)"],
            Type::Decimal => &["decimal(1.5)", "decimal(3)"],
            Type::String => &["'a'", "\"b c\"", "'x-1'", "@'c:\\d'"],
            Type::DateTime => &["datetime(2024-01-01)", "datetime(2024-02-29 12:30:00)"],
            Type::TimeSpan => &["1h", "5m", "1d", "timespan(1.02:03:04)"],
            Type::Guid => &["guid(74be27de-1e4e-49d9-b579-fe0b331d3642)"],
            Type::Dynamic => &[
                "dynamic([1,2,3])",
                "dynamic({'a':1,'b':'x'})",
                "dynamic(['a','b'])",
            ],
        };
        (*self.chance.one_of(texts)).to_string()
    }

    pub fn column(&mut self, ty: Type) -> Option<String> {
        let fits: Vec<String> = self
            .columns
            .iter()
            .filter(|c| c.ty == ty)
            .map(|c| c.name.clone())
            .collect();
        (!fits.is_empty()).then(|| self.chance.one_of(&fits).clone())
    }

    fn leaf(&mut self, ty: Type) -> String {
        match self.chance.percent(75) {
            true => self.column(ty),
            false => None,
        }
        .unwrap_or_else(|| self.literal(ty))
    }

    /// An expression of that type.
    pub fn of(&mut self, ty: Type, depth: usize) -> String {
        if depth == 0 || self.chance.percent(35) {
            return self.leaf(ty);
        }
        if self.chance.percent(40)
            && let Some(text) = self.operation(ty, depth)
        {
            return text;
        }
        let fits: Vec<(&'static Function, u64)> = self
            .known
            .scalars
            .iter()
            .filter(|(f, _)| f.overloads.iter().any(|o| o.result == Return::Type(ty)))
            .copied()
            .collect();
        let Some((function, _)) = self.chance.vote(&fits, |(_, number)| *number).copied() else {
            return self.leaf(ty);
        };
        let overloads: Vec<&Overload> = function
            .overloads
            .iter()
            .filter(|o| o.result == Return::Type(ty))
            .collect();
        let overload = *self.chance.one_of(&overloads);
        match self.call(function, overload, depth - 1) {
            Some((text, _)) => text,
            None => self.leaf(ty),
        }
    }

    fn operation(&mut self, ty: Type, depth: usize) -> Option<String> {
        let two = |this: &mut Self, a: Type, op: &str, b: Type| {
            let (left, right) = (this.of(a, depth - 1), this.of(b, depth - 1));
            Some(format!("({left} {op} {right})"))
        };
        match ty {
            Type::Bool => match self.chance.below(8) {
                0 => two(self, Type::Bool, "and", Type::Bool),
                1 => two(self, Type::Bool, "or", Type::Bool),
                2 => {
                    let op = *self
                        .chance
                        .one_of(&["==", "!=", "<", "<=", ">", ">=", "<>"]);
                    let ty = *self.chance.one_of(&[
                        Type::Int,
                        Type::Long,
                        Type::Real,
                        Type::DateTime,
                        Type::TimeSpan,
                    ]);
                    two(self, ty, op, ty)
                }
                3 => {
                    let op = *self.chance.one_of(&[
                        "has",
                        "!has",
                        "contains",
                        "!contains",
                        "startswith",
                        "!startswith",
                        "endswith",
                        "!endswith",
                        "=~",
                        "!~",
                        "has_cs",
                        "contains_cs",
                        "startswith_cs",
                        "endswith_cs",
                        "hasprefix",
                        "hassuffix",
                        "!hasprefix",
                        "!hassuffix",
                        "hasprefix_cs",
                        "hassuffix_cs",
                        "matches regex",
                        "==",
                        "!=",
                    ]);
                    two(self, Type::String, op, Type::String)
                }
                4 => {
                    let op = *self
                        .chance
                        .one_of(&["in", "!in", "in~", "!in~", "has_any", "has_all"]);
                    let needle = self.of(Type::String, depth - 1);
                    let (a, b) = (self.literal(Type::String), self.literal(Type::String));
                    Some(format!("({needle} {op} ({a}, {b}))"))
                }
                5 => {
                    let op = *self.chance.one_of(&["between", "!between"]);
                    let ty = *self
                        .chance
                        .one_of(&[Type::Long, Type::Real, Type::DateTime]);
                    let (value, low, high) =
                        (self.of(ty, depth - 1), self.literal(ty), self.literal(ty));
                    Some(format!("({value} {op} ({low} .. {high}))"))
                }
                6 => {
                    let op = *self.chance.one_of(&["in", "!in"]);
                    let needle = self.of(Type::Long, depth - 1);
                    Some(format!("({needle} {op} (1, 2, 3))"))
                }
                _ => {
                    let inner = self.of(Type::Bool, depth - 1);
                    Some(format!("not({inner})"))
                }
            },
            Type::Long => {
                let op = *self.chance.one_of(&["+", "-", "*", "/", "%"]);
                let other = *self.chance.one_of(&[Type::Long, Type::Int]);
                two(self, Type::Long, op, other)
            }
            Type::Real => {
                let op = *self.chance.one_of(&["+", "-", "*", "/"]);
                let other = *self.chance.one_of(&[Type::Long, Type::Int, Type::Real]);
                two(self, Type::Real, op, other)
            }
            Type::DateTime => {
                let op = *self.chance.one_of(&["+", "-"]);
                two(self, Type::DateTime, op, Type::TimeSpan)
            }
            Type::TimeSpan => match self.chance.below(3) {
                0 => two(self, Type::DateTime, "-", Type::DateTime),
                1 => two(self, Type::TimeSpan, "+", Type::TimeSpan),
                _ => two(self, Type::TimeSpan, "*", Type::Long),
            },
            Type::Dynamic => {
                let column = self.column(Type::Dynamic)?;
                Some(match self.chance.below(4) {
                    0 => format!("{column}.a"),
                    1 => format!("{column}['b c']"),
                    2 => format!("{column}[0]"),
                    _ => format!("{column}.a.b[1]"),
                })
            }
            _ => None,
        }
    }

    /// A call with arguments that fit, and its type where one follows.
    pub fn call(
        &mut self,
        function: &'static Function,
        overload: &Overload,
        depth: usize,
    ) -> Option<(String, Option<Type>)> {
        let common = *self
            .chance
            .one_of(&[Type::Long, Type::Real, Type::String, Type::DateTime]);
        let number = *self.chance.one_of(&[Type::Long, Type::Real, Type::Int]);
        let mut types = Vec::new();
        let mut args = Vec::new();
        let mut typeof_ = None;
        for parameter in &overload.parameters {
            let most = match parameter.is_repeated() {
                true => parameter.least.max(1) + self.chance.below(2),
                false => usize::from(parameter.least > 0 || self.chance.percent(50)),
            };
            if most == 0 {
                // What may be left out ends the call.
                break;
            }
            for _ in 0..most.min(parameter.most) {
                if let Some(text) = self.fitting(function.canonical, parameter) {
                    args.push(text);
                    types.push(
                        self.type_for(parameter, common, number)
                            .unwrap_or(Type::Dynamic),
                    );
                    continue;
                }
                let ty = self.type_for(parameter, common, number);
                if ty.is_none() && parameter.needs != Needs::Star {
                    let wants_type = parameter.types.contains(&ParameterType::TypeLiteral);
                    if !wants_type {
                        return None;
                    }
                    let chosen = *self
                        .chance
                        .one_of(&[Type::Long, Type::String, Type::Dynamic]);
                    typeof_ = Some(chosen);
                    args.push(format!("typeof({chosen})"));
                    types.push(chosen);
                    continue;
                }
                match (parameter.needs, ty) {
                    (Needs::Star, _) => args.push("*".to_string()),
                    (Needs::Column, Some(ty)) => args.push(self.column(ty)?),
                    (Needs::Constant | Needs::Literal, Some(ty)) => args.push(self.literal(ty)),
                    (Needs::Expression, Some(ty)) => args.push(self.of(ty, depth)),
                    (_, None) => return None,
                }
                types.push(ty.unwrap_or(Type::Dynamic));
            }
        }
        let text = format!("{}({})", function.name, args.join(", "));
        let promoted = |ty: Type| if ty == Type::Int { Type::Long } else { ty };
        let ty = match overload.result {
            Return::Type(ty) => Some(ty),
            Return::Same => types.first().copied(),
            Return::Second => types.get(1).copied(),
            Return::Promoted => types.first().copied().map(promoted),
            Return::Widest => Some(promoted(number)),
            Return::Common | Return::CommonNonDynamic => Some(common),
            Return::TypeOf => typeof_,
            Return::Columns | Return::Tabular => None,
        };
        Some((text, ty))
    }

    /// What an argument must be, where its type does not tell: the binder knows arrays from bags,
    /// and the words that some functions take.
    fn fitting(&mut self, function: &str, parameter: &Parameter) -> Option<String> {
        let takes = |class| parameter.types.contains(&class);
        let array = [
            ParameterType::Array,
            ParameterType::Integers,
            ParameterType::Texts,
        ];
        let array = array.into_iter().any(takes);
        let texts: &[&str] = match parameter.name {
            "part" | "period" => &["'hour'", "'day'", "'month'"],
            "format" if function == "format_timespan" => &["'hh:mm'", "'dd.hh:mm:ss'"],
            "format" => &["'yyyy-MM-dd'", "'HH:mm'"],
            "regex" => &["'(a)'", "@'(\\d+)-(\\d+)'"],
            _ if function == "unicode_codepoints_to_string" => &["75", "dynamic([75, 81])"],
            _ if function == "geo_from_wkt" => &["'POINT(1 2)'"],
            "timezone" | "to" | "from" if takes(ParameterType::Exactly(Type::String)) => {
                &["'UTC'", "'Europe/Vienna'"]
            }
            _ if array && takes(ParameterType::Bag) => return None,
            _ if array => &["dynamic([1,2,3])", "dynamic([1.5,2.5])"],
            _ if takes(ParameterType::Bag) => &["dynamic({'a':1,'b':'x'})"],
            _ => return None,
        };
        if array || takes(ParameterType::Bag) {
            if parameter.types.len() > 1 {
                return None;
            }
            // Of the columns of the tables nothing more is known than that they are dynamic.
            let plain = self
                .columns
                .iter()
                .find(|c| c.ty == Type::Dynamic && ["y", "z"].contains(&c.name.as_str()));
            if let Some(column) = plain {
                return Some(column.name.clone());
            }
        }
        Some((*self.chance.one_of(texts)).to_string())
    }

    fn type_for(&mut self, parameter: &Parameter, common: Type, number: Type) -> Option<Type> {
        let class = *self.chance.one_of(&parameter.types);
        let scalar = [
            Type::Bool,
            Type::Int,
            Type::Long,
            Type::Real,
            Type::String,
            Type::DateTime,
            Type::TimeSpan,
        ];
        Some(match class {
            ParameterType::Exactly(ty) => ty,
            ParameterType::Scalar | ParameterType::Any => *self.chance.one_of(&TYPES),
            ParameterType::Number => number,
            // The binder asks for whole seconds.
            ParameterType::Integer | ParameterType::Seconds => {
                *self.chance.one_of(&[Type::Int, Type::Long])
            }
            ParameterType::Array
            | ParameterType::Integers
            | ParameterType::Texts
            | ParameterType::Untold
            | ParameterType::Bag => Type::Dynamic,
            ParameterType::Summable => *self.chance.one_of(&[
                Type::Int,
                Type::Long,
                Type::Real,
                Type::DateTime,
                Type::TimeSpan,
            ]),
            ParameterType::Orderable | ParameterType::NotDynamic => *self.chance.one_of(&scalar),
            ParameterType::NotRealOrBool => *self.chance.one_of(&[
                Type::Int,
                Type::Long,
                Type::String,
                Type::DateTime,
                Type::TimeSpan,
            ]),
            ParameterType::Common
            | ParameterType::CommonOrderable
            | ParameterType::CommonOrDynamic => common,
            ParameterType::TypeLiteral | ParameterType::Tabular | ParameterType::Star => {
                return None;
            }
        })
    }
}
