//! The codes of diagnostics: one entry each, never reused. `docs/kql/errors.md` is made from here.
//!
//! KQL001–KQL099 belong to the lexer and the parser.

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
        explanation: "Parentheses, calls and subqueries may nest 100 deep, and an expression's \
            tree may be 250 high; chains of `and` and `or` may have any length. The limit keeps a \
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

/// Every list of codes, in order.
pub const ALL: &[&[Code]] = &[SYNTAX];

/// What a code means; `None` if there is no such code.
pub fn explain(code: &str) -> Option<&'static Code> {
    ALL.iter()
        .flat_map(|list| list.iter())
        .find(|entry| entry.code == code)
}
