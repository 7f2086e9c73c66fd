//! Functions of text.

pub mod place;
pub mod regex;

mod strlen;
mod string_size;
mod tolower;
mod toupper;
mod reverse;
mod strcat;
mod strcat_delim;
mod strcmp;
mod strrep;
mod substring;
mod split;
mod replace_string;
mod replace_strings;
mod replace_regex;
mod trim;
mod trim_start;
mod trim_end;
mod countof;
mod indexof;
mod indexof_regex;
mod translate;
mod regex_quote;
mod extract;
mod extract_all;
mod isascii;
mod isutf8;
mod unicode_codepoints_from_string;
mod unicode_codepoints_to_string;
mod format_bytes;
mod tohex;
mod dynamic_to_json;

use super::call::Function;

pub const FUNCTIONS: &[&Function] = &[
    &strlen::FUNCTION,
    &string_size::FUNCTION,
    &tolower::FUNCTION,
    &toupper::FUNCTION,
    &reverse::FUNCTION,
    &strcat::FUNCTION,
    &strcat_delim::FUNCTION,
    &strcmp::FUNCTION,
    &strrep::FUNCTION,
    &substring::FUNCTION,
    &split::FUNCTION,
    &replace_string::FUNCTION,
    &replace_strings::FUNCTION,
    &replace_regex::FUNCTION,
    &trim::FUNCTION,
    &trim_start::FUNCTION,
    &trim_end::FUNCTION,
    &countof::FUNCTION,
    &indexof::FUNCTION,
    &indexof_regex::FUNCTION,
    &translate::FUNCTION,
    &regex_quote::FUNCTION,
    &extract::FUNCTION,
    &extract_all::FUNCTION,
    &isascii::FUNCTION,
    &isutf8::FUNCTION,
    &unicode_codepoints_from_string::FUNCTION,
    &unicode_codepoints_to_string::FUNCTION,
    &format_bytes::FUNCTION,
    &tohex::FUNCTION,
    &dynamic_to_json::FUNCTION,
];
