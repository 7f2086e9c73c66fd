//! The notation of the function tables, and what is read from it.
//!
//! ```text
//! name(parameter, …) -> result ; note ; note   # one line of documentation
//! ```
//!
//! A parameter is `name: type`, `name?: type` when it may be left out, `name{1..}: type` when it may
//! be repeated; before it, `const` asks for a constant, `literal` for a literal, `column` for a
//! column. `*` alone takes only a star. Types are those of the language, or classes such as `number`
//! (see [`ParameterType`]), joined by `|`. Notes: `column X` (see [`ColumnName`]), `is NAME` (an
//! alias), `unsupported`. A result `bag`, `array`, `texts` … is a dynamic of which that is known. A further line of the same name is a further overload.

use std::collections::HashMap;
use std::fmt;

use super::Function;
use crate::types::Type;

#[derive(Clone, Debug)]
pub struct Overload {
    pub name: &'static str,
    pub parameters: Vec<Parameter>,
    pub result: Return,
    /// What is in the result, where it is a dynamic.
    pub holds: Holds,
}

/// What is known of a dynamic value before it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// Nothing is known.
    Anything,
    /// A truth value, number or text.
    Scalar,
    Bag,
    /// An array, and what its elements are.
    Array(Items),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Items {
    Anything,
    Integers,
    Reals,
    Texts,
    Flags,
    /// Instants, timespans, guids.
    Others,
    /// Arrays and bags.
    Nested,
}

#[derive(Clone, Debug)]
pub struct Parameter {
    pub name: &'static str,
    /// Any of these will do.
    pub types: Vec<ParameterType>,
    pub needs: Needs,
    pub least: usize,
    pub most: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    Expression,
    Constant,
    Literal,
    Column,
    /// `*` and nothing else.
    Star,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterType {
    /// This very type; an int will do for a long, and both for a real or decimal.
    Exactly(Type),
    Scalar,
    Number,
    Integer,
    /// A number of which the binder asks that it be whole, and the engine takes fractions.
    Seconds,
    /// A dynamic (which must hold an array when it comes to run).
    Array,
    /// A dynamic (which must hold a property bag when it comes to run).
    Bag,
    /// An array of integers.
    Integers,
    /// An array of texts.
    Texts,
    /// A dynamic of which nothing is known: what a text was parsed to is not parsed again.
    Untold,
    /// A number, datetime or timespan.
    Summable,
    /// What `max` can compare: all but dynamic and guid.
    Orderable,
    NotDynamic,
    NotRealOrBool,
    /// All arguments of such parameters have one common type.
    Common,
    CommonOrderable,
    /// As `Common`, but a dynamic may stand among them.
    CommonOrDynamic,
    /// `typeof(…)`.
    TypeLiteral,
    Tabular,
    /// `*` will do.
    Star,
    Any,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Return {
    Type(Type),
    /// That of the first argument.
    Same,
    /// That of the second argument.
    Second,
    /// That of the first argument, an int become a long.
    Promoted,
    /// The widest of the numeric arguments.
    Widest,
    /// The common type of the arguments that ask for one.
    Common,
    /// The same, dynamics left aside if there is anything else.
    CommonNonDynamic,
    /// What the `typeof` argument says.
    TypeOf,
    /// Several columns: the checker knows which.
    Columns,
    /// A table.
    Tabular,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnName {
    /// It has none: `Column1`, `print_0` …
    None,
    /// That of the first argument: `column $1`.
    FirstArgument,
    /// That of the argument if there is but one: `column only`.
    OnlyArgument,
    /// `prefix_` and that of the first argument: `column prefix_$1`.
    Prefixed(&'static str),
    Fixed(&'static str),
    /// The text of the first argument where it names a column: `column value`.
    ArgumentValue,
}

impl Overload {
    /// How many arguments it takes at most.
    pub fn most(&self) -> usize {
        let most = self.parameters.iter().map(|parameter| parameter.most);
        most.fold(0, usize::saturating_add)
    }
}

impl Parameter {
    pub fn is_repeated(&self) -> bool {
        self.most > 1
    }
}

/// A table of functions by name. The tables are part of the program: a mistake in one is a bug that
/// every test finds, so it panics.
pub(super) fn read_table(text: &'static str) -> HashMap<&'static str, Function> {
    let mut table: HashMap<&'static str, Function> = HashMap::new();
    for line in text.lines() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let (row, doc) = line.split_once(" # ").unwrap_or((line, ""));
        let mut parts = row.split(" ; ").map(str::trim);
        let overload = overload(parts.next().expect("a split has a first part"));
        let name = overload.name;
        let function = table.entry(name).or_insert_with(|| Function {
            name,
            canonical: name,
            overloads: Vec::new(),
            column: ColumnName::None,
            implemented: true,
            doc: "",
        });
        function.overloads.push(overload);
        if !doc.is_empty() {
            function.doc = doc.trim();
        }
        for note in parts {
            match note.split_once(' ') {
                None if note == "unsupported" => function.implemented = false,
                Some(("column", text)) => function.column = column_name(text),
                Some(("is", canonical)) => function.canonical = canonical,
                _ => panic!("`{note}` is no note of a function: {line}"),
            }
        }
    }
    let docs: Vec<(&str, &str)> = table
        .values()
        .filter(|function| function.doc.is_empty() && function.canonical != function.name)
        .map(|function| (function.name, table[function.canonical].doc))
        .collect();
    for (name, doc) in docs {
        if let Some(function) = table.get_mut(name) {
            function.doc = doc;
        }
    }
    table
}

fn overload(text: &'static str) -> Overload {
    let (head, result) = text
        .rsplit_once(" -> ")
        .unwrap_or_else(|| panic!("no result: {text}"));
    let (name, parameters) = head
        .split_once('(')
        .unwrap_or_else(|| panic!("no parameters: {text}"));
    let parameters = parameters.trim_end().trim_end_matches(')');
    let parameters = match parameters.is_empty() {
        true => Vec::new(),
        false => parameters.split(", ").map(parameter).collect(),
    };
    Overload {
        name,
        parameters,
        result: result_type(result.trim()),
        holds: held(result.trim()).unwrap_or(Holds::Anything),
    }
}

fn parameter(text: &'static str) -> Parameter {
    if text == "*" {
        return Parameter {
            name: "*",
            types: vec![ParameterType::Star],
            needs: Needs::Star,
            least: 1,
            most: 1,
        };
    }
    let (name, types) = text
        .split_once(": ")
        .unwrap_or_else(|| panic!("no type: {text}"));
    let (needs, name) = match name.split_once(' ') {
        Some(("const", name)) => (Needs::Constant, name),
        Some(("literal", name)) => (Needs::Literal, name),
        Some(("column", name)) => (Needs::Column, name),
        Some(_) => panic!("what is needed? {text}"),
        None => (Needs::Expression, name),
    };
    let (name, least, most) = match (name.strip_suffix('?'), name.split_once('{')) {
        (Some(name), _) => (name, 0, 1),
        (None, Some((name, range))) => {
            let (least, most) = range
                .trim_end_matches('}')
                .split_once("..")
                .unwrap_or_else(|| panic!("no range: {text}"));
            let least = least.parse().unwrap_or_else(|_| panic!("{text}"));
            (name, least, most.parse().unwrap_or(usize::MAX))
        }
        (None, None) => (name, 1, 1),
    };
    Parameter {
        name,
        types: types.split('|').map(parameter_type).collect(),
        needs,
        least,
        most,
    }
}

const CLASSES: [(&str, ParameterType); 20] = [
    ("untold", ParameterType::Untold),
    ("integers", ParameterType::Integers),
    ("texts", ParameterType::Texts),
    ("seconds", ParameterType::Seconds),
    ("scalar", ParameterType::Scalar),
    ("number", ParameterType::Number),
    ("integer", ParameterType::Integer),
    ("array", ParameterType::Array),
    ("bag", ParameterType::Bag),
    ("summable", ParameterType::Summable),
    ("orderable", ParameterType::Orderable),
    ("nondynamic", ParameterType::NotDynamic),
    ("not_real_or_bool", ParameterType::NotRealOrBool),
    ("common", ParameterType::Common),
    ("common_orderable", ParameterType::CommonOrderable),
    ("common_or_dynamic", ParameterType::CommonOrDynamic),
    ("type", ParameterType::TypeLiteral),
    ("tabular", ParameterType::Tabular),
    ("*", ParameterType::Star),
    ("any", ParameterType::Any),
];

fn parameter_type(text: &str) -> ParameterType {
    if let Some((_, class)) = CLASSES.iter().find(|(name, _)| *name == text) {
        return *class;
    }
    match Type::from_name(text) {
        Some(ty) => ParameterType::Exactly(ty),
        None => panic!("`{text}` is no type of a parameter"),
    }
}

const RESULTS: [(&str, Return); 9] = [
    ("same", Return::Same),
    ("second", Return::Second),
    ("promoted", Return::Promoted),
    ("widest", Return::Widest),
    ("common", Return::Common),
    ("common_nondynamic", Return::CommonNonDynamic),
    ("typeof", Return::TypeOf),
    ("columns", Return::Columns),
    ("tabular", Return::Tabular),
];

const HELD: [(&str, Holds); 7] = [
    ("bag", Holds::Bag),
    ("array", Holds::Array(Items::Anything)),
    ("integers", Holds::Array(Items::Integers)),
    ("reals", Holds::Array(Items::Reals)),
    ("texts", Holds::Array(Items::Texts)),
    ("flags", Holds::Array(Items::Flags)),
    ("arrays", Holds::Array(Items::Nested)),
];

/// What a result of type `dynamic` holds, where its row says so in place of the type.
fn held(text: &str) -> Option<Holds> {
    let (_, holds) = HELD.iter().find(|(name, _)| *name == text)?;
    Some(*holds)
}

fn result_type(text: &str) -> Return {
    if held(text).is_some() {
        return Return::Type(Type::Dynamic);
    }
    if let Some((_, result)) = RESULTS.iter().find(|(name, _)| *name == text) {
        return *result;
    }
    match Type::from_name(text) {
        Some(ty) => Return::Type(ty),
        None => panic!("`{text}` is no result"),
    }
}

fn column_name(text: &'static str) -> ColumnName {
    match text {
        "$1" => ColumnName::FirstArgument,
        "only" => ColumnName::OnlyArgument,
        "value" => ColumnName::ArgumentValue,
        _ => match text.strip_suffix("_$1") {
            Some(prefix) => ColumnName::Prefixed(prefix),
            None => ColumnName::Fixed(text),
        },
    }
}

impl fmt::Display for ParameterType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ParameterType::Exactly(ty) => f.write_str(ty.name()),
            class => match CLASSES.iter().find(|(_, other)| other == class) {
                Some((name, _)) => f.write_str(name),
                None => Ok(()),
            },
        }
    }
}

impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.needs == Needs::Star {
            return f.write_str("*");
        }
        let types: Vec<String> = self.types.iter().map(ToString::to_string).collect();
        let more = if self.is_repeated() { ", …" } else { "" };
        let text = format!("{}: {}{more}", self.name, types.join("|"));
        match self.least {
            0 => write!(f, "[{text}]"),
            _ => f.write_str(&text),
        }
    }
}

impl fmt::Display for Overload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parameters: Vec<String> = self.parameters.iter().map(ToString::to_string).collect();
        write!(f, "{}({}) -> ", self.name, parameters.join(", "))?;
        match self.result {
            Return::Type(ty) => f.write_str(ty.name()),
            other => match RESULTS.iter().find(|(_, result)| *result == other) {
                Some((name, _)) => f.write_str(name),
                None => Ok(()),
            },
        }
    }
}
