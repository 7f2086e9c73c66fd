//! Functions that take texts of known formats apart.

mod query;
mod user_agent;
mod xml;

mod parse_url;
mod parse_urlquery;
mod parse_path;
mod parse_version;
mod parse_csv;
mod parse_xml;
mod parse_command_line;
mod parse_user_agent;
mod extract_json;

use super::call::Function;

pub const FUNCTIONS: &[&Function] = &[
    &parse_url::FUNCTION,
    &parse_urlquery::FUNCTION,
    &parse_path::FUNCTION,
    &parse_version::FUNCTION,
    &parse_csv::FUNCTION,
    &parse_xml::FUNCTION,
    &parse_command_line::FUNCTION,
    &parse_user_agent::FUNCTION,
    &extract_json::FUNCTION,
];
