//! `extract_all`: all matches of a regular expression.

use ::regex::Regex;
use serde_json::Value;

use crate::functions::call::text;
use crate::functions::json;
use crate::functions::prelude::*;
use crate::functions::text::regex;

pub const FUNCTION: Function = Function {
    name: "extract_all",
    family: Family::Text,
    signature: "extract_all(pattern: string[, groups: dynamic], text: string): dynamic",
    doc: "An array of the matches: texts where the expression has one group, else arrays of the groups. `groups` picks groups by number or name. Null where nothing matches.",
    examples: &[
        (
            "extract_all('([a-z])([0-9])', 'a1b2')",
            "[[\"a\",\"1\"],[\"b\",\"2\"]]",
        ),
        ("extract_all('([0-9])', 'a')", ""),
    ],
    lower: Lower::By(lower),
    kernels: &[Kernel::new("kql_extract_all", Type::Dynamic, |rows| {
        let mut regexes = Memo::empty();
        each!(rows, [text pattern, text groups, text text] -> JsonOut, {
            extract_all(regexes.get(pattern, regex::compile).as_ref()?, groups, text)
        })
    })],
};

fn lower(call_: Call<'_>) -> Result<Expr, Error> {
    let pattern = call_.arg(0, Type::String)?;
    let (groups, value) = match call_.count() {
        2 => (text(""), call_.arg(1, Type::String)?),
        _ => (call_.arg(1, Type::Dynamic)?, call_.arg(2, Type::String)?),
    };
    Ok(call("kql_extract_all", vec![pattern, groups, value]))
}

fn extract_all(regex: &Regex, groups: &str, text: &str) -> Option<String> {
    let wanted = wanted_groups(regex, groups)?;
    let mut matches = Vec::new();
    for captures in regex.captures_iter(text) {
        let mut texts = wanted.iter().map(|group| {
            Value::String(
                captures
                    .get(*group)
                    .map_or("", |found| found.as_str())
                    .to_owned(),
            )
        });
        matches.push(match wanted.len() {
            1 => texts.next()?,
            _ => Value::Array(texts.collect()),
        });
    }
    (!matches.is_empty()).then(|| json::print_array(&matches))
}

/// The groups asked for; without any, all groups, or the whole match where there are none.
fn wanted_groups(regex: &Regex, groups: &str) -> Option<Vec<usize>> {
    let count = regex.captures_len();
    if groups.is_empty() {
        return Some(if count > 1 {
            (1..count).collect()
        } else {
            vec![0]
        });
    }
    let picked = json::parse_array(groups)?
        .iter()
        .filter_map(|group| match group {
            Value::Number(number) => usize::try_from(number.as_u64()?).ok(),
            Value::String(name) => regex.capture_names().position(|known| known == Some(name)),
            _ => None,
        })
        .collect::<Vec<_>>();
    Some(picked)
}
