//! Functions behind `parse` and `parse-kv`: the parts of a text as a list, of which `kql_nth` takes
//! one. A pattern is an argument, so that the functions have no state.

use std::sync::Arc;

use arrow_array::builder::{ListBuilder, StringViewBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef, StringArray, StringViewArray};
use arrow_schema::DataType;
use datafusion::common::{Result, exec_datafusion_err};
use datafusion::logical_expr::ScalarUDF;
use memchr::memmem;
use regex::Regex;
use serde_json::{Value, json};

use crate::functions::text::regex::compiled;
use crate::lists::{Output, udf};

/// Every function of this file, to be registered by name.
pub fn all_udfs() -> Vec<Arc<ScalarUDF>> {
    vec![extract(), cut(), extract_kv(), nth()]
}

/// `kql_extract(text, pattern)`: the groups `c0`, `c1`, … of the first match; null without one.
pub fn extract() -> Arc<ScalarUDF> {
    udf("kql_extract", 2, Output::List(DataType::Utf8View), |args| {
        let texts = args[0].as_string_view();
        let patterns = strings(&args[1])?;
        let mut lists = ListBuilder::new(StringViewBuilder::new());
        let mut compiled: Option<(&str, Regex)> = None;
        for row in 0..texts.len() {
            let pattern = patterns.value(row);
            if compiled.as_ref().is_none_or(|(known, _)| *known != pattern) {
                compiled = Some((pattern, compile(pattern)?));
            }
            let regex = compiled.as_ref().map(|(_, regex)| regex);
            let matched = regex.filter(|_| texts.is_valid(row)).and_then(|regex| {
                regex
                    .captures(texts.value(row))
                    .map(|captures| (regex, captures))
            });
            let Some((regex, captures)) = matched else {
                lists.append_null();
                continue;
            };
            let groups = regex
                .capture_names()
                .flatten()
                .filter(|name| is_column(name));
            for name in groups {
                lists
                    .values()
                    .append_value(captures.name(name).map_or("", |part| part.as_str()));
            }
            lists.append(true);
        }
        Ok(Arc::new(lists.finish()))
    })
}

/// `kql_cut(text, pattern)`: what stands between the texts of a pattern, as far as they are columns;
/// null where the text is not like that. Without a regular expression it is ten times as fast.
pub fn cut() -> Arc<ScalarUDF> {
    udf("kql_cut", 2, Output::List(DataType::Utf8View), |args| {
        let texts = args[0].as_string_view();
        let patterns = strings(&args[1])?;
        let mut lists = ListBuilder::new(StringViewBuilder::new());
        let mut read: Option<(&str, CutPattern)> = None;
        for row in 0..texts.len() {
            let pattern = patterns.value(row);
            if read.as_ref().is_none_or(|(known, _)| *known != pattern) {
                let made = CutPattern::from_json(pattern)
                    .ok_or_else(|| exec_datafusion_err!("`kql_cut` got no pattern"))?;
                read = Some((pattern, made));
            }
            let matched =
                read.as_ref()
                    .filter(|_| texts.is_valid(row))
                    .is_some_and(|(_, pattern)| {
                        pattern.cut(texts.value(row), |part| lists.values().append_value(part))
                    });
            lists.append(matched);
        }
        Ok(Arc::new(lists.finish()))
    })
}

/// What a simple pattern of `parse` is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CutItem {
    Text(String),
    /// Anything, which is a column or not.
    Any {
        column: bool,
    },
}

/// Between two texts there is something else.
struct CutPattern(Vec<(CutItem, Option<memmem::Finder<'static>>)>);

/// The form in which the pattern is handed to `kql_cut`.
pub fn cut_pattern(items: &[CutItem]) -> String {
    let mut joined: Vec<CutItem> = Vec::new();
    for item in items {
        match (item, joined.last_mut()) {
            (CutItem::Text(text), _) if text.is_empty() => {}
            (CutItem::Text(text), Some(CutItem::Text(before))) => before.push_str(text),
            _ => joined.push(item.clone()),
        }
    }
    let values: Vec<Value> = joined
        .into_iter()
        .map(|item| match item {
            CutItem::Text(text) => Value::String(text),
            CutItem::Any { column } => Value::Bool(column),
        })
        .collect();
    Value::Array(values).to_string()
}

impl CutPattern {
    fn from_json(text: &str) -> Option<CutPattern> {
        let items: Vec<Value> = serde_json::from_str(text).ok()?;
        let item = |value: Value| match value {
            Value::String(text) => {
                let finder = memmem::Finder::new(text.as_bytes()).into_owned();
                Some((CutItem::Text(text), Some(finder)))
            }
            Value::Bool(column) => Some((CutItem::Any { column }, None)),
            _ => None,
        };
        items
            .into_iter()
            .map(item)
            .collect::<Option<_>>()
            .map(CutPattern)
    }

    /// Whether the whole text is like the pattern; each column is handed over. Every text of the pattern
    /// is taken where it first occurs, but the last one at the end. Of several that may be anything, the
    /// last gets what there is.
    fn cut<'t>(&self, text: &'t str, mut column: impl FnMut(&'t str)) -> bool {
        let Some(places) = self.places(text) else {
            return false;
        };
        let mut from = 0;
        let mut places = places.into_iter();
        let last_any = |at: usize| !matches!(self.0.get(at + 1), Some((CutItem::Any { .. }, _)));
        let mut next = places.next();
        for (at, (item, _)) in self.0.iter().enumerate() {
            match item {
                CutItem::Text(literal) => {
                    from = next.unwrap_or(text.len()) + literal.len();
                    next = places.next();
                }
                CutItem::Any { column: false } => {}
                CutItem::Any { column: true } if last_any(at) => {
                    column(&text[from..next.unwrap_or(text.len())]);
                }
                CutItem::Any { column: true } => column(""),
            }
        }
        true
    }

    /// Where each text of the pattern stands.
    fn places(&self, text: &str) -> Option<Vec<usize>> {
        let mut places = Vec::new();
        let mut from = 0;
        for (at, (item, finder)) in self.0.iter().enumerate() {
            let (CutItem::Text(literal), Some(finder)) = (item, finder) else {
                continue;
            };
            let (first, last) = (at == 0, at + 1 == self.0.len());
            let place = match (first, last) {
                (true, true) => (text == literal).then_some(0)?,
                (true, false) => text.starts_with(literal.as_str()).then_some(0)?,
                (false, true) => {
                    let place = text.len().checked_sub(literal.len())?;
                    (place >= from && text.ends_with(literal.as_str())).then_some(place)?
                }
                (false, false) => from + finder.find(&text.as_bytes()[from..])?,
            };
            places.push(place);
            from = place + literal.len();
        }
        (!self.0.is_empty() || text.is_empty()).then_some(places)
    }
}

fn is_column(group: &str) -> bool {
    group
        .strip_prefix('c')
        .is_some_and(|rest| rest.parse::<usize>().is_ok())
}

/// `kql_nth(list, index)`: the element, or an empty text.
pub fn nth() -> Arc<ScalarUDF> {
    udf("kql_nth", 2, Output::Scalar(DataType::Utf8View), |args| {
        let lists = args[0].as_list::<i32>();
        let places = args[1].as_primitive::<Int64Type>();
        let values: &StringViewArray = lists.values().as_string_view();
        let mut out = StringViewBuilder::new();
        for row in 0..lists.len() {
            let place = usize::try_from(places.value(row)).unwrap_or(usize::MAX);
            let length = usize::try_from(lists.value_length(row)).unwrap_or(0);
            if lists.is_null(row) || place >= length {
                out.append_value("");
            } else {
                let start = usize::try_from(lists.value_offsets()[row]).unwrap_or(0);
                out.append_value(values.value(start + place));
            }
        }
        Ok(Arc::new(out.finish()))
    })
}

/// `kql_extract_kv(text, form)`: the value of each key, empty where there is none.
pub fn extract_kv() -> Arc<ScalarUDF> {
    udf(
        "kql_extract_kv",
        2,
        Output::List(DataType::Utf8View),
        |args| {
            let texts = args[0].as_string_view();
            let forms = strings(&args[1])?;
            let mut lists = ListBuilder::new(StringViewBuilder::new());
            let mut read: Option<(&str, KeyValueForm, Option<Regex>)> = None;
            for row in 0..texts.len() {
                let text = forms.value(row);
                if read.as_ref().is_none_or(|(known, _, _)| *known != text) {
                    let form = KeyValueForm::from_json(text)
                        .ok_or_else(|| exec_datafusion_err!("`kql_extract_kv` got no form"))?;
                    let regex = form.regex.as_deref().map(compile).transpose()?;
                    read = Some((text, form, regex));
                }
                if let Some((_, form, regex)) = &read {
                    let found = form.values(texts.value(row), regex.as_ref());
                    for value in found {
                        lists.values().append_value(value);
                    }
                }
                lists.append(true);
            }
            Ok(Arc::new(lists.finish()))
        },
    )
}

fn compile(pattern: &str) -> Result<Regex> {
    compiled(pattern).map_err(|e| exec_datafusion_err!("not a regular expression: {e}"))
}

fn strings(array: &ArrayRef) -> Result<StringArray> {
    let cast = arrow::compute::cast(array, &DataType::Utf8)?;
    Ok(cast.as_string::<i32>().clone())
}

/// How keys and values stand in a text.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyValueForm {
    pub keys: Vec<String>,
    pub pair_delimiter: Option<String>,
    pub kv_delimiter: Option<String>,
    pub quotes: Vec<(String, String)>,
    pub escape: Option<String>,
    pub greedy: bool,
    pub regex: Option<String>,
}

impl KeyValueForm {
    pub fn check(&self) -> Result<(), String> {
        match self.regex.as_deref().map(compiled) {
            Some(Err(e)) => Err(format!(
                "the pattern of `parse-kv` is not a regular expression: {e}"
            )),
            _ => Ok(()),
        }
    }

    pub fn to_json(&self) -> String {
        json!([
            self.keys,
            self.pair_delimiter,
            self.kv_delimiter,
            self.quotes,
            self.escape,
            self.greedy,
            self.regex
        ])
        .to_string()
    }

    fn from_json(text: &str) -> Option<KeyValueForm> {
        let form: Vec<Value> = serde_json::from_str(text).ok()?;
        let text = |value: &Value| value.as_str().map(str::to_string);
        let quotes = form
            .get(3)?
            .as_array()?
            .iter()
            .filter_map(|pair| Some((text(pair.get(0)?)?, text(pair.get(1)?)?)));
        Some(KeyValueForm {
            keys: form.first()?.as_array()?.iter().filter_map(text).collect(),
            pair_delimiter: text(form.get(1)?),
            kv_delimiter: text(form.get(2)?),
            quotes: quotes.collect(),
            escape: text(form.get(4)?),
            greedy: form.get(5)?.as_bool()?,
            regex: text(form.get(6)?),
        })
    }

    /// The value of each key; of several, the first.
    fn values(&self, text: &str, regex: Option<&Regex>) -> Vec<String> {
        let pairs = match (regex, &self.pair_delimiter, &self.kv_delimiter) {
            (Some(regex), _, _) => regex
                .captures_iter(text)
                .filter_map(|c| {
                    let (key, value) = (c.get(1)?, c.get(2)?);
                    Some((key.as_str().trim().to_string(), value.as_str().to_string()))
                })
                .collect(),
            (None, Some(pair), Some(kv)) if !pair.is_empty() && !kv.is_empty() => {
                self.delimited(text, pair, kv)
            }
            _ => self.words(text),
        };
        let value = |key: &String| {
            let found = pairs.iter().find(|(name, _)| name == key);
            found.map_or_else(String::new, |(_, value)| value.clone())
        };
        self.keys.iter().map(value).collect()
    }

    fn delimited(&self, text: &str, pair: &str, kv: &str) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        let mut rest = text;
        while let Some((key, after)) = self.key(rest, pair, kv) {
            let (value, after) = self.value(after, pair, kv);
            pairs.push((key, value));
            rest = after;
        }
        pairs
    }

    /// The next key, and what follows its delimiter.
    fn key<'t>(&self, text: &'t str, pair: &str, kv: &str) -> Option<(String, &'t str)> {
        let blank = text.trim_start();
        if let Some((key, after)) = self.quoted(blank)
            && let Some(after) = after.trim_start().strip_prefix(kv)
        {
            return Some((key, after));
        }
        for (at, _) in text.match_indices(pair) {
            // A quoted key may stand after some pair delimiter that ends nothing.
            let candidate = &text[at + pair.len()..];
            let before = &text[..at];
            if before.contains(kv) {
                break;
            }
            if let Some((key, after)) = self.quoted(candidate)
                && let Some(after) = after.trim_start().strip_prefix(kv)
            {
                return Some((key, after));
            }
        }
        let at = text.find(kv)?;
        let key = text[..at].trim();
        let key = key.rfind(pair).map_or(key, |end| &key[end + pair.len()..]);
        Some((key.trim().to_string(), &text[at + kv.len()..]))
    }

    /// A value and what follows it.
    fn value<'t>(&self, text: &'t str, pair: &str, kv: &str) -> (String, &'t str) {
        if let Some((value, after)) = self.quoted(text.trim_start()) {
            return (value, after);
        }
        let trimmed = text.trim_start_matches([' ', '\t']);
        let end = trimmed.find(pair).unwrap_or(trimmed.len());
        let end = match trimmed.find(kv) {
            Some(next) if self.greedy => trimmed[..next].rfind(pair).unwrap_or(end),
            None if self.greedy => trimmed.len(),
            _ => end,
        };
        let after = trimmed[end..].strip_prefix(pair).unwrap_or(&trimmed[end..]);
        (trimmed[..end].trim().to_string(), after)
    }

    /// A text between quotes, unescaped, and what follows it.
    fn quoted<'t>(&self, text: &'t str) -> Option<(String, &'t str)> {
        let (open, close) = self
            .quotes
            .iter()
            .find(|(open, _)| text.starts_with(open.as_str()))?;
        let mut value = String::new();
        let mut rest = &text[open.len()..];
        loop {
            if let Some(escape) = self.escape.as_deref().filter(|escape| !escape.is_empty())
                && let Some(after) = rest.strip_prefix(escape)
                && let Some(next) = after.chars().next()
            {
                value.push(next);
                rest = &after[next.len_utf8()..];
                continue;
            }
            if let Some(after) = rest.strip_prefix(close.as_str()) {
                return Some((value, after));
            }
            let next = rest.chars().next()?;
            value.push(next);
            rest = &rest[next.len_utf8()..];
        }
    }

    /// Without delimiters: the word, or the quoted text, that follows the key as a word.
    fn words(&self, text: &str) -> Vec<(String, String)> {
        let word = |c: char| c.is_alphanumeric() || c == '_';
        let mut pairs = Vec::new();
        for key in &self.keys {
            let found = text.match_indices(key.as_str()).find(|(at, _)| {
                let before = text[..*at].chars().next_back();
                let after = text[at + key.len()..].chars().next();
                !before.is_some_and(word) && !after.is_some_and(word)
            });
            let Some((at, _)) = found else { continue };
            let mut rest = &text[at + key.len()..];
            while let Some(c) = rest.chars().next().filter(|c| !word(*c)) {
                if self.quoted(rest).is_some() {
                    break;
                }
                rest = &rest[c.len_utf8()..];
            }
            let value = match self.quoted(rest) {
                Some((value, _)) => value,
                None => rest.chars().take_while(|c| word(*c)).collect(),
            };
            pairs.push((key.clone(), value));
        }
        pairs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(keys: &[&str], pair: &str, kv: &str) -> KeyValueForm {
        KeyValueForm {
            keys: keys.iter().map(|key| key.to_string()).collect(),
            pair_delimiter: Some(pair.into()),
            kv_delimiter: Some(kv.into()),
            quotes: vec![("(".into(), ")".into()), ("'".into(), "'".into())],
            escape: Some("\\".into()),
            greedy: false,
            regex: None,
        }
    }

    /// As the regular expression of the same pattern does.
    #[test]
    fn cuts_as_the_regular_expression_does() {
        let text = |text: &str| CutItem::Text(text.to_string());
        let (star, column) = (
            CutItem::Any { column: false },
            CutItem::Any { column: true },
        );
        let patterns = [
            vec![
                star.clone(),
                text("role/"),
                column.clone(),
                text("/"),
                column.clone(),
            ],
            vec![text("a"), column.clone(), text("b")],
            vec![column.clone(), text("a"), star.clone()],
            vec![
                star.clone(),
                column.clone(),
                text("b"),
                column.clone(),
                star.clone(),
            ],
            vec![
                column.clone(),
                star.clone(),
                text("a"),
                text("b"),
                column.clone(),
            ],
            vec![text("ab"), column.clone()],
            vec![text("ab")],
            vec![star.clone(), text("ab"), star.clone(), text("ab")],
            vec![column.clone()],
            vec![
                star.clone(),
                text("é"),
                column.clone(),
                text("é"),
                column.clone(),
            ],
        ];
        let texts = [
            "",
            "a",
            "ab",
            "abab",
            "aab",
            "role/x/y",
            "a:role/x/y/z",
            "role/",
            "xabyab",
            "ba",
            "aéxé",
            "éé",
            "ab\nab",
            "aabb",
        ];
        for items in &patterns {
            let mut regex = String::from("(?s)^");
            let mut columns = 0;
            for (at, item) in items.iter().enumerate() {
                let last = at + 1 == items.len();
                match item {
                    CutItem::Text(text) => regex.push_str(&::regex::escape(text)),
                    CutItem::Any { column: false } => regex.push_str(".*?"),
                    CutItem::Any { column: true } => {
                        let any = if last { ".*" } else { ".*?" };
                        regex.push_str(&format!("(?P<c{columns}>{any})"));
                        columns += 1;
                    }
                }
            }
            regex.push('$');
            let compiled = Regex::new(&regex).unwrap();
            let pattern = CutPattern::from_json(&cut_pattern(items)).unwrap();
            for text in texts {
                let expected = compiled.captures(text).map(|found| {
                    let part = |at: usize| found.name(&format!("c{at}")).unwrap().as_str();
                    (0..columns).map(part).collect::<Vec<_>>()
                });
                let mut parts = Vec::new();
                let found = pattern.cut(text, |part| parts.push(part)).then_some(parts);
                assert_eq!(found, expected, "{regex} over {text:?}");
            }
        }
    }

    #[test]
    fn finds_values_by_key() {
        let check = |form: &KeyValueForm, text: &str, expected: &[&str]| {
            assert_eq!(form.values(text, None), expected, "{text}");
            assert_eq!(
                KeyValueForm::from_json(&form.to_json()).as_ref(),
                Some(form)
            );
        };
        check(&form(&["a", "b"], ";", "="), "a=1;b= 2 ;a=3", &["1", "2"]);
        check(&form(&["a"], " ", "="), "  a  =  x  ", &["x"]);
        check(
            &form(&["n", "p"], " ", "="),
            "n=John Doe p=5",
            &["John", "5"],
        );
        check(
            &form(&["event time", "s"], " ", "="),
            "s=1 f=(x y) (event time)=(2 3)",
            &["2 3", "1"],
        );
        check(&form(&["a"], ";", "="), r"a='it\'s; so'", &["it's; so"]);
        let greedy = KeyValueForm {
            greedy: true,
            ..form(&["n", "p"], " ", "=")
        };
        check(&greedy, "n=John Doe p=5 5", &["John Doe", "5 5"]);
        let words = KeyValueForm {
            pair_delimiter: None,
            ..form(&["Text", "No"], "", "")
        };
        check(&words, "[INFO] No:7, Text: Started", &["Started", "7"]);
    }
}
