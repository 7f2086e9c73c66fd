//! `parse_command_line`: the arguments of a command.

use crate::functions::json;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "parse_command_line",
    family: Family::Parsing,
    signature: "parse_command_line(command: string, parser: string): dynamic",
    doc: "An array of the arguments of a command as Windows reads it (`windows` is the only parser); null for the empty text.",
    examples: &[(
        "parse_command_line('echo \"hello world!\"', 'windows')",
        "[\"echo\",\"hello world!\"]",
    )],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new(
        "kql_parse_command_line",
        Type::Dynamic,
        |rows| {
            each!(rows, [text command, text parser] -> JsonOut, {
                let is_windows = parser.eq_ignore_ascii_case("windows");
                let arguments: Vec<String> = arguments(command).iter().map(|text| json::quoted(text)).collect();
                (is_windows && !arguments.is_empty()).then(|| format!("[{}]", arguments.join(",")))
            })
        },
    )],
};

/// Backslashes count only before a quote: pairs of them are one, an odd one takes the quote's meaning.
fn arguments(command: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut current: Option<String> = None;
    let mut quoted = false;
    let mut backslashes = 0;
    for c in command.chars() {
        if c == '\\' {
            backslashes += 1;
            continue;
        }
        if backslashes > 0 {
            let kept = if c == '"' {
                backslashes / 2
            } else {
                backslashes
            };
            current
                .get_or_insert_default()
                .extend(std::iter::repeat_n('\\', kept));
        }
        let escaped = backslashes % 2 == 1;
        backslashes = 0;
        match c {
            '"' if !escaped => {
                quoted = !quoted;
                current.get_or_insert_default();
            }
            ' ' | '\t' if !quoted => all.extend(current.take()),
            c => current.get_or_insert_default().push(c),
        }
    }
    if backslashes > 0 {
        current
            .get_or_insert_default()
            .extend(std::iter::repeat_n('\\', backslashes));
    }
    all.extend(current);
    all
}
