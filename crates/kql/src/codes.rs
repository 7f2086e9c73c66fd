//! The codes of diagnostics: one entry each, never reused. `docs/kql/errors.md` is made from here.
//!
//! KQL001–KQL099 belong to the lexer and the parser, those from KQL100 on to the checker.

/// What a code stands for.
#[derive(Clone, Copy, Debug)]
pub struct Code {
    pub code: &'static str,
    pub title: &'static str,
    /// One paragraph: why it is refused, and what to write instead.
    pub explanation: &'static str,
}

pub const UNEXPECTED: &str = "KQL001";
pub const UNKNOWN_CHARACTER: &str = "KQL002";
pub const UNTERMINATED_STRING: &str = "KQL003";
pub const INVALID_ESCAPE: &str = "KQL004";
pub const INVALID_NUMBER: &str = "KQL005";
pub const INVALID_LITERAL: &str = "KQL006";
pub const INVALID_DYNAMIC: &str = "KQL007";
pub const UNKNOWN_OPERATOR: &str = "KQL008";
pub const MISSING_SEMICOLON: &str = "KQL009";
pub const UNCLOSED: &str = "KQL010";
pub const TOO_DEEP: &str = "KQL011";
pub const TOO_LONG: &str = "KQL012";
pub const TOO_MANY_PROBLEMS: &str = "KQL013";
pub const UNKNOWN_TYPE: &str = "KQL014";
pub const RESERVED_WORD: &str = "KQL015";
pub const CHAINED_COMPARISON: &str = "KQL016";
pub const TRAILING_COMMA: &str = "KQL017";
pub const MISSING_PIPE: &str = "KQL018";
pub const EMPTY_FUNCTION: &str = "KQL019";
pub const KEYWORD_CASE: &str = "KQL020";
pub const ASSIGNMENT_FOR_EQUALITY: &str = "KQL021";
pub const MANAGEMENT_COMMAND: &str = "KQL022";

pub const UNKNOWN_TABLE: &str = "KQL100";
pub const UNKNOWN_NAME: &str = "KQL101";
pub const UNKNOWN_FUNCTION: &str = "KQL102";
pub const MISPLACED_AGGREGATE: &str = "KQL103";
pub const ARGUMENT_COUNT: &str = "KQL104";
pub const ARGUMENT_TYPE: &str = "KQL105";
pub const OPERAND_TYPES: &str = "KQL106";
pub const WRONG_TYPE: &str = "KQL107";
pub const DYNAMIC_NOT_ALLOWED: &str = "KQL108";
pub const DUPLICATE_COLUMN: &str = "KQL109";
pub const NOT_CONSTANT: &str = "KQL110";
pub const NOT_SERIALIZED: &str = "KQL111";
pub const SCALAR_EXPECTED: &str = "KQL112";
pub const TABULAR_EXPECTED: &str = "KQL113";
pub const JOIN_CONDITION: &str = "KQL114";
pub const JOIN_KEY_TYPES: &str = "KQL115";
pub const NOT_AN_AGGREGATE: &str = "KQL116";
pub const RECURSION: &str = "KQL117";
pub const LIMIT: &str = "KQL118";
pub const OPERATOR_PARAMETER: &str = "KQL119";
pub const DATATABLE: &str = "KQL120";
pub const PARSE_PATTERN: &str = "KQL121";
pub const NO_QUERY: &str = "KQL122";
pub const QUERY_PARAMETER: &str = "KQL123";
pub const TUPLE: &str = "KQL124";
pub const EXTERNAL_URI: &str = "KQL125";
pub const MISPLACED_STAR: &str = "KQL126";
pub const DUPLICATE_NAME: &str = "KQL127";
pub const COLUMN_EXPECTED: &str = "KQL128";
pub const VALUE_OUT_OF_RANGE: &str = "KQL129";
pub const MISSING_COLUMNS: &str = "KQL130";
pub const MISPLACED_OPERATOR: &str = "KQL131";

pub const UNSUPPORTED_FUNCTION: &str = "KQL150";
pub const UNSUPPORTED_OPERATOR: &str = "KQL151";
pub const UNSUPPORTED_PLUGIN: &str = "KQL152";
pub const UNSUPPORTED_STATEMENT: &str = "KQL153";

pub const MISSING_FUZZY_TABLE: &str = "KQL180";

/// The parser's codes.
pub const SYNTAX: &[Code] = &[
    Code {
        code: UNEXPECTED,
        title: "unexpected text",
        explanation: "At this place the grammar allows something else than what stands there. The \
            message names both. Often the cause is just before: a missing comma, quote or bracket.",
    },
    Code {
        code: UNKNOWN_CHARACTER,
        title: "unknown character",
        explanation: "The character has no meaning in KQL outside of strings and comments. \
            Typographic quotes and dashes that came with pasted text are the usual culprits.",
    },
    Code {
        code: UNTERMINATED_STRING,
        title: "string without an end",
        explanation: "A string in single or double quotes ends on the line on which it begins. \
            Text over several lines is written between triple backticks.",
    },
    Code {
        code: INVALID_ESCAPE,
        title: "invalid escape in a string",
        explanation: "Within quotes a backslash begins an escape: `\\\\`, `\\'`, `\\\"`, `\\n`, \
            `\\t`, `\\r`, `\\xHH`, `\\uHHHH` and a few more. For a regular expression or a Windows \
            path use a verbatim string, `@'\\d+'`, in which a backslash is only a backslash.",
    },
    Code {
        code: INVALID_NUMBER,
        title: "number out of range",
        explanation: "A whole number is a `long` and must lie within 64 bits, signed. Larger ones \
            can be written as `real(…)` or `decimal(…)`.",
    },
    Code {
        code: INVALID_LITERAL,
        title: "invalid typed literal",
        explanation: "What stands in the parentheses of `datetime(…)`, `timespan(…)`, `guid(…)`, \
            `long(…)` and the like is a literal of that type, not an expression. To convert a \
            value use the function: `todatetime(…)`, `tolong(…)`.",
    },
    Code {
        code: INVALID_DYNAMIC,
        title: "invalid dynamic literal",
        explanation: "`dynamic(…)` holds JSON: an array, an object, a string, a number, `true`, \
            `false` or `null`. Strings may stand in single quotes, and literals such as \
            `datetime(2024-01-01)` are allowed as values; names and function calls are not: \
            `pack_array(…)` and `bag_pack(…)` build values from expressions.",
    },
    Code {
        code: UNKNOWN_OPERATOR,
        title: "unknown operator",
        explanation: "After `|` comes the name of a tabular operator, in lower case: `where`, \
            `project`, `summarize` and so on. `keyline kql functions` lists them.",
    },
    Code {
        code: MISSING_SEMICOLON,
        title: "missing `;` between statements",
        explanation: "Each `let`, `set` and `declare` statement ends with `;`. The query's own \
            expression comes last and needs none.",
    },
    Code {
        code: UNCLOSED,
        title: "bracket without its partner",
        explanation: "Every `(`, `[` and `{` must be closed by the bracket of its kind before the \
            statement ends.",
    },
    Code {
        code: TOO_DEEP,
        title: "nested too deeply",
        explanation: "Parentheses and calls may nest some 60 deep, subqueries some 40, and an \
            expression's tree may be 250 high; chains of `and` and `or` may have any length. The limit keeps a \
            hostile query from exhausting the stack. Split the expression with `let` or `extend`.",
    },
    Code {
        code: TOO_LONG,
        title: "query too long",
        explanation: "A query may have 1 MiB of text. Move lists into a file and read them with \
            `externaldata` or as a watchlist.",
    },
    Code {
        code: TOO_MANY_PROBLEMS,
        title: "too many problems",
        explanation: "Only the first 50 problems of a query are reported.",
    },
    Code {
        code: UNKNOWN_TYPE,
        title: "unknown type",
        explanation: "The scalar types are `bool`, `int`, `long`, `real`, `decimal`, `string`, \
            `datetime`, `timespan`, `guid` and `dynamic`, with the older names `boolean`, \
            `double`, `date`, `time`, `uuid` and `uniqueid`.",
    },
    Code {
        code: RESERVED_WORD,
        title: "reserved word used as a name",
        explanation: "Words such as `and`, `by`, `in` or `where` have their meaning in every place. \
            A column of that name is written in brackets: `['by']`.",
    },
    Code {
        code: CHAINED_COMPARISON,
        title: "chained comparison",
        explanation: "`a == b == c` and `a < b < c` are not KQL. Write `a == b and b == c`, or put \
            one comparison in parentheses if its truth value is what you compare.",
    },
    Code {
        code: TRAILING_COMMA,
        title: "trailing comma",
        explanation: "A comma must be followed by another item. Only `datatable` \
            allows one at the end of its columns and values.",
    },
    Code {
        code: MISSING_PIPE,
        title: "missing `|` before an operator",
        explanation: "Operators are joined by `|`. A line that begins with an operator's name but \
            no `|` is read as part of the operator before it.",
    },
    Code {
        code: EMPTY_FUNCTION,
        title: "function without a result",
        explanation: "The body of a function is any number of `let` statements and then one \
            expression, which is the function's result.",
    },
    Code {
        code: KEYWORD_CASE,
        title: "keyword not in lower case",
        explanation: "Keywords and operators are case-sensitive and in lower case: `and`, `or`, \
            `where`, `contains`.",
    },
    Code {
        code: ASSIGNMENT_FOR_EQUALITY,
        title: "`=` where `==` is meant",
        explanation: "`=` gives something a name, `==` compares. In a condition only the latter \
            makes sense; `=~` compares regardless of case.",
    },
    Code {
        code: MANAGEMENT_COMMAND,
        title: "management command",
        explanation: "Text that begins with a dot (`.show tables`) is a command to a Kusto cluster \
            and not a query.",
    },
];

/// The checker's codes.
pub const CHECKER: &[Code] = &[
    Code {
        code: UNKNOWN_TABLE,
        title: "unknown table",
        explanation: "No table, `let` or function of that name is known. Names are case-sensitive. Within \
            `union isfuzzy=true` a missing table is left out instead.",
    },
    Code {
        code: UNKNOWN_NAME,
        title: "unknown column or name",
        explanation: "The rows at this place have no column of that name, and no `let` before declares it. \
            After `project`, `summarize` and `distinct` only the columns that they list are \
            left.",
    },
    Code {
        code: UNKNOWN_FUNCTION,
        title: "unknown function",
        explanation: "Neither the language nor the query has a function of that name. Names are case- \
            sensitive; `keyline kql functions` lists them.",
    },
    Code {
        code: MISPLACED_AGGREGATE,
        title: "aggregate outside of an aggregation",
        explanation: "Aggregates such as `count()` and `make_set()` stand in `summarize`, `make-series` \
            and `top-nested`, and not in each other.",
    },
    Code {
        code: ARGUMENT_COUNT,
        title: "wrong number of arguments",
        explanation: "The function takes more or fewer arguments; the help line shows how it is called.",
    },
    Code {
        code: ARGUMENT_TYPE,
        title: "argument of the wrong type",
        explanation: "An argument is not of the type that the function asks for. Only whole numbers become \
            reals by themselves; convert anything else, for example with `tostring()` or \
            `todatetime()`.",
    },
    Code {
        code: OPERAND_TYPES,
        title: "operator not defined for these types",
        explanation: "The operator does not take operands of these types: strings are not ordered by `<`, \
            and a long cannot be added to a timespan. Convert one of them.",
    },
    Code {
        code: WRONG_TYPE,
        title: "value of the wrong type",
        explanation: "At this place only a value of a certain type makes sense: a bool in `where`, a whole \
            number in `take`, a dynamic in `mv-expand`.",
    },
    Code {
        code: DYNAMIC_NOT_ALLOWED,
        title: "dynamic where values are compared",
        explanation: "Rows cannot be grouped, sorted or made distinct by a dynamic. Convert it first: `by \
            tostring(x)`.",
    },
    Code {
        code: DUPLICATE_COLUMN,
        title: "column declared twice",
        explanation: "Two columns of one operator are given the same name.",
    },
    Code {
        code: NOT_CONSTANT,
        title: "constant expected",
        explanation: "The value must be known before any row is read: a literal, or a `let` that stands \
            for one.",
    },
    Code {
        code: NOT_SERIALIZED,
        title: "rows without a defined order",
        explanation: "`row_number()`, `prev()`, `next()`, `row_cumsum()` and `scan` follow the order of \
            the rows, and there is none here. Put `sort by` or `serialize` before.",
    },
    Code {
        code: SCALAR_EXPECTED,
        title: "table where a value is expected",
        explanation: "A table stands where a single value is needed. `toscalar(T)` takes the first cell of \
            a table.",
    },
    Code {
        code: TABULAR_EXPECTED,
        title: "value where a table is expected",
        explanation: "A single value stands where a table is needed.",
    },
    Code {
        code: JOIN_CONDITION,
        title: "invalid join condition",
        explanation: "A join compares columns for equality: `on Column`, or `on $left.A == $right.B`; \
            several are separated by commas.",
    },
    Code {
        code: JOIN_KEY_TYPES,
        title: "join keys of different types",
        explanation: "Both columns of a join condition must be of one type.",
    },
    Code {
        code: NOT_AN_AGGREGATE,
        title: "aggregate expected",
        explanation: "The first list of `summarize` holds aggregates and expressions over them; columns by \
            which to group stand after `by`.",
    },
    Code {
        code: RECURSION,
        title: "recursive function",
        explanation: "A function cannot call itself: its body is put in place of the call.",
    },
    Code {
        code: LIMIT,
        title: "query too large",
        explanation: "With all `let` bindings and functions in place the query exceeds a limit that keeps \
            hostile queries from exhausting memory or stack.",
    },
    Code {
        code: OPERATOR_PARAMETER,
        title: "invalid parameter of an operator",
        explanation: "The operator does not know this parameter or this value of it.",
    },
    Code {
        code: DATATABLE,
        title: "invalid datatable",
        explanation: "A `datatable` holds literals, as many as fill whole rows.",
    },
    Code {
        code: PARSE_PATTERN,
        title: "ambiguous parse pattern",
        explanation: "Between two columns, and beside a `*`, there must be text: otherwise nothing says \
            where one ends and the next begins.",
    },
    Code {
        code: NO_QUERY,
        title: "nothing to show",
        explanation: "The query, or the body of a function, has no expression that yields something.",
    },
    Code {
        code: QUERY_PARAMETER,
        title: "query parameter without a value",
        explanation: "The query declares a parameter that has no default, and no value was given for it.",
    },
    Code {
        code: TUPLE,
        title: "too many names",
        explanation: "An expression is given more names than it has values.",
    },
    Code {
        code: EXTERNAL_URI,
        title: "invalid URI",
        explanation: "`externaldata` names its files by string literals.",
    },
    Code {
        code: MISPLACED_STAR,
        title: "`*` where it has no meaning",
        explanation: "`*` stands for all columns only in a few places, such as `arg_max(x, *)`, `distinct \
            *` and `pack_array(*)`.",
    },
    Code {
        code: DUPLICATE_NAME,
        title: "name declared twice",
        explanation: "A `let` gives a name a second time.",
    },
    Code {
        code: COLUMN_EXPECTED,
        title: "column expected",
        explanation: "At this place the name of a column must stand, not an expression.",
    },
    Code {
        code: VALUE_OUT_OF_RANGE,
        title: "value that makes no sense",
        explanation: "A constant is not one of those that are allowed here.",
    },
    Code {
        code: MISSING_COLUMNS,
        title: "table without the required columns",
        explanation: "A function asks for a table with certain columns, and that which it is given lacks \
            one or has it with another type.",
    },
    Code {
        code: MISPLACED_OPERATOR,
        title: "operator in the wrong place",
        explanation: "The operator needs rows from a pipe before it, or can only begin a query.",
    },
    Code {
        code: UNSUPPORTED_FUNCTION,
        title: "function not supported",
        explanation: "The function is part of the language, and Keyline cannot compute it yet.",
    },
    Code {
        code: UNSUPPORTED_OPERATOR,
        title: "operator not supported",
        explanation: "The operator is part of the language, and Keyline cannot run it yet.",
    },
    Code {
        code: UNSUPPORTED_PLUGIN,
        title: "plugin not supported",
        explanation: "The plugin is part of the language, and Keyline cannot run it yet. `bag_unpack` and \
            `pivot` run when their columns are stated.",
    },
    Code {
        code: UNSUPPORTED_STATEMENT,
        title: "statement not supported",
        explanation: "The statement is part of the language, and Keyline cannot run it yet.",
    },
    Code {
        code: MISSING_FUZZY_TABLE,
        title: "table of a fuzzy union left out",
        explanation: "`union isfuzzy=true` leaves out what reads a table that does not exist.",
    },
];

/// Every list of codes, in order.
pub const ALL: &[&[Code]] = &[SYNTAX, CHECKER];

/// What a code means; `None` if there is no such code.
pub fn explain(code: &str) -> Option<&'static Code> {
    ALL.iter()
        .flat_map(|list| list.iter())
        .find(|entry| entry.code == code)
}
