//! Words that are no names unless they stand in brackets and quotes.
//!
//! Which they are is Kusto's choice, and seems accidental in places: the names of charts are among
//! them, but not those of most operators.

use crate::lexer::TokenKind;

/// Neither a column's name where it is used, nor a new one where it is given.
const NEVER: &[&str] = &[
    "__contextual_datatable",
    "__crossCluster",
    "__crossDB",
    "__executeAndCache",
    "__id",
    "__isFuzzy",
    "__noWithSource",
    "__packedColumn",
    "__projectAway",
    "__sourceColumnIndex",
    "and",
    "anomalychart",
    "areachart",
    "asc",
    "bagexpansion",
    "barchart",
    "between",
    "bin_legacy",
    "boolean",
    "byte",
    "cachingpolicy",
    "callout",
    "cancel",
    "card",
    "char",
    "columnchart",
    "contains_cs",
    "containscs",
    "cycles",
    "dataexport",
    "datascope",
    "date",
    "datetime",
    "decimal",
    "decodeblocks",
    "desc",
    "double",
    "dynamic",
    "encodingpolicy",
    "endswith",
    "endswith_cs",
    "expandoutput",
    "extent_tags_retention",
    "external_data",
    "first",
    "flags",
    "float",
    "force_remote",
    "harddelete",
    "hardretention",
    "has_all",
    "has_any",
    "has_cs",
    "hasprefix",
    "hasprefix_cs",
    "hassuffix",
    "hassuffix_cs",
    "hotcache",
    "int",
    "int16",
    "int32",
    "int64",
    "int8",
    "isfuzzy",
    "journal",
    "ladderchart",
    "last",
    "like",
    "likecs",
    "linechart",
    "long",
    "missing",
    "nooptimization",
    "notcontains",
    "notcontainscs",
    "notlike",
    "notlikecs",
    "or",
    "others",
    "pathformat",
    "piechart",
    "pivotchart",
    "project",
    "queries",
    "query_results",
    "real",
    "relaxed",
    "restricted_view_access",
    "row_level_security",
    "rowstore",
    "rowstore_references",
    "rowstore_sealinfo",
    "rowstorepolicy",
    "rowstores",
    "scatterchart",
    "seal",
    "seals",
    "shards",
    "simple",
    "softdelete",
    "softretention",
    "stackedareachart",
    "startswith",
    "startswith_cs",
    "statistics",
    "storedqueryresultcontainers",
    "string",
    "tablepurge",
    "time",
    "timechart",
    "timeline",
    "timepivot",
    "timespan",
    "treemap",
    "uint",
    "uint16",
    "uint32",
    "uint64",
    "uint8",
    "ulong",
    "union",
    "uniqueid",
    "unrestrictedviewers",
    "views",
    "with_itemindex",
    "with_match_id",
    "with_step_name",
    "writeaheadlog",
];

/// No name where one is used, though a column may be given it.
const NOT_USED: &[&str] = &[
    "accumulate",
    "as",
    "by",
    "contains",
    "datatable",
    "earliest",
    "externaldata",
    "find",
    "has",
    "in",
    "invoke",
    "latest",
    "materialize",
    "mdm",
    "of",
    "print",
    "sample",
    "search",
    "set",
    "sql",
    "title",
    "to",
    "toscalar",
    "totable",
    "verbose",
    "viewers",
    "where",
];

/// Not given to a column, though a column of that name can be used.
const NOT_GIVEN: &[&str] = &[
    "False",
    "FALSE",
    "True",
    "TRUE",
    "false",
    "kind",
    "true",
    "with_source",
    "withsource",
];

/// Whether a bare word cannot refer to a column, table or variable.
pub(super) fn cannot_be_used(word: &str) -> bool {
    NEVER.binary_search(&word).is_ok() || NOT_USED.binary_search(&word).is_ok()
}

/// Whether a bare word cannot be given to a column as its name.
pub(super) fn cannot_be_given(word: &str) -> bool {
    NEVER.binary_search(&word).is_ok() || NOT_GIVEN.contains(&word)
}

/// Whether a bare word cannot be the name in a `let`.
pub(super) fn cannot_be_bound(word: &str) -> bool {
    cannot_be_given(word) || cannot_be_used(word)
}

/// Whether a keyword can only be meant as a name, by what follows it: nothing but a value stands there.
pub(super) fn is_name_before(next: TokenKind, word: &str) -> bool {
    match next {
        TokenKind::Word => BEHIND_VALUES.contains(&word),
        _ if compares(next) => true,
        _ => matches!(
            next,
            TokenKind::Star
                | TokenKind::Slash
                | TokenKind::Percent
                | TokenKind::CloseParen
                | TokenKind::CloseBracket
                | TokenKind::CloseBrace
                | TokenKind::Dot
                | TokenKind::Comma
                | TokenKind::Pipe
        ),
    }
}

/// Whether a sign compares what stands before it with what follows.
pub(super) fn compares(sign: TokenKind) -> bool {
    matches!(
        sign,
        TokenKind::EqualEqual
            | TokenKind::NotEqual
            | TokenKind::EqualTilde
            | TokenKind::NotTilde
            | TokenKind::Greater
            | TokenKind::GreaterOrEqual
            | TokenKind::Less
            | TokenKind::LessOrEqual
            | TokenKind::Colon
            | TokenKind::BangWord
    )
}

/// Whether a word is an operator that stands behind a value.
pub(super) fn stands_behind_values(word: &str) -> bool {
    BEHIND_VALUES.contains(&word)
}

/// Operators that stand behind a value only.
const BEHIND_VALUES: [&str; 22] = [
    "and",
    "between",
    "contains",
    "contains_cs",
    "containscs",
    "endswith",
    "endswith_cs",
    "has",
    "has_all",
    "has_any",
    "has_cs",
    "hasprefix",
    "hasprefix_cs",
    "hassuffix",
    "hassuffix_cs",
    "in",
    "like",
    "likecs",
    "matches",
    "or",
    "startswith",
    "startswith_cs",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted() {
        assert!(NEVER.is_sorted() && NOT_USED.is_sorted());
    }
}
