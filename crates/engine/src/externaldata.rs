//! What `externaldata` reads: the bytes of a reference become rows of text or JSON cells.
//!
//! In: bytes, unpacked, and the operator's properties. Out: rows whose cells are text, which the plan
//! then converts to the columns' types as `todatetime`, `tolong` and their like do. Where the bytes
//! come from, and what may be fetched at all, is the business of whoever implements [`References`].

use keyline_kql::schema::Column;
use keyline_kql::types::{Type, Value};

use crate::error::{Error, ErrorKind, Result};

/// Where references come from.
pub trait References: Send + Sync {
    /// The bytes behind a URI, no longer packed, or why there are none.
    fn fetch(&self, uri: &str) -> Result<Vec<u8>, String>;
}

/// No references at all: every `externaldata` is an error.
#[derive(Debug)]
pub struct NoReferences;

impl References for NoReferences {
    fn fetch(&self, uri: &str) -> Result<Vec<u8>, String> {
        Err(format!("give it with `--ref {uri}=PATH`"))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Delimited(u8),
    /// One document a line, or documents one after another; an array holds the rows.
    Json,
    Lines,
    Whole,
}

#[derive(Clone, Debug)]
pub struct Options {
    format: Option<Format>,
    skip_first: bool,
}

impl Options {
    pub fn from_properties(properties: &[(String, Value)]) -> Result<Options> {
        let mut options = Options {
            format: None,
            skip_first: false,
        };
        for (name, value) in properties {
            match (name.to_ascii_lowercase().as_str(), value) {
                ("format", Value::String(format)) => {
                    options.format = Some(format_named(format).ok_or_else(|| {
                        Error::unsupported(format!("`externaldata` in the format `{format}`"))
                    })?);
                }
                ("ignorefirstrecord", Value::Bool(skip)) => options.skip_first = *skip,
                ("ignorefirstrecord", Value::String(skip)) => {
                    options.skip_first = skip.eq_ignore_ascii_case("true");
                }
                _ => {}
            }
        }
        Ok(options)
    }
}

fn format_named(name: &str) -> Option<Format> {
    Some(match name.to_ascii_lowercase().as_str() {
        "csv" => Format::Delimited(b','),
        "tsv" | "tsve" => Format::Delimited(b'\t'),
        "scsv" => Format::Delimited(b';'),
        "psv" => Format::Delimited(b'|'),
        "sohsv" => Format::Delimited(1),
        "json" | "multijson" | "singlejson" => Format::Json,
        "txt" => Format::Lines,
        "raw" => Format::Whole,
        _ => return None,
    })
}

/// The rows of a reference, as text: what is no text in JSON stands there as JSON.
pub fn read(
    uri: &str,
    bytes: Vec<u8>,
    options: &Options,
    columns: &[Column],
) -> Result<Vec<Vec<Value>>> {
    let wrong = |why: String| {
        Error::new(
            ErrorKind::Reference,
            format!("the reference `{uri}` cannot be read: {why}"),
        )
    };
    let format = options.format.or_else(|| format_of_name(file_name(uri)));
    let format = format.unwrap_or(Format::Delimited(b','));
    let text = String::from_utf8_lossy(&bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut rows = match format {
        Format::Delimited(delimiter) => delimited(text, delimiter, columns.len()).map_err(wrong)?,
        Format::Json => json(text, columns).map_err(wrong)?,
        Format::Lines => text
            .lines()
            .map(|line| text_row(std::iter::once(line), columns.len()))
            .collect(),
        Format::Whole if text.is_empty() => Vec::new(),
        Format::Whole => vec![text_row(std::iter::once(text), columns.len())],
    };
    if options.skip_first && !rows.is_empty() && format != Format::Json {
        rows.remove(0);
    }
    Ok(rows)
}

/// The format that a file's ending names; the ending of what it is packed in says nothing of it.
fn format_of_name(name: &str) -> Option<Format> {
    let packed = name
        .strip_suffix(".gz")
        .or_else(|| name.strip_suffix(".zip"));
    let (_, ending) = packed.unwrap_or(name).rsplit_once('.')?;
    format_named(ending)
}

fn file_name(uri: &str) -> &str {
    let path = uri.split(['?', '#', ';']).next().unwrap_or(uri);
    path.rsplit('/').next().unwrap_or(path)
}

fn delimited(text: &str, delimiter: u8, width: usize) -> Result<Vec<Vec<Value>>, String> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    reader
        .records()
        .map(|record| Ok(text_row(record.map_err(|e| e.to_string())?.iter(), width)))
        .collect()
}

/// As many cells as there are columns; missing ones are empty.
fn text_row<'t>(cells: impl Iterator<Item = &'t str>, width: usize) -> Vec<Value> {
    let cells = cells.chain(std::iter::repeat("")).take(width);
    cells.map(|cell| Value::String(cell.to_string())).collect()
}

fn json(text: &str, columns: &[Column]) -> Result<Vec<Vec<Value>>, String> {
    let documents = serde_json::Deserializer::from_str(text).into_iter::<serde_json::Value>();
    let mut items = Vec::new();
    for document in documents {
        match document.map_err(|e| format!("not JSON: {e}"))? {
            serde_json::Value::Array(all) => items.extend(all),
            item => items.push(item),
        }
    }
    // A server that is out of sorts answers with JSON too, and rows of nothing would find nothing.
    let is_stated = |item: &serde_json::Value| columns.iter().any(|c| item.get(&c.name).is_some());
    if !items.is_empty() && !items.iter().any(is_stated) {
        let names: Vec<String> = columns.iter().map(|c| format!("`{}`", c.name)).collect();
        let names = names.join(", ");
        return Err(format!("nothing in it has any of the columns {names}"));
    }
    Ok(items.iter().map(|item| json_row(item, columns)).collect())
}

fn json_row(item: &serde_json::Value, columns: &[Column]) -> Vec<Value> {
    let cell = |c: &Column| match item.get(&c.name) {
        None | Some(serde_json::Value::Null) if c.ty == Type::Dynamic => "null".to_string(),
        None | Some(serde_json::Value::Null) => String::new(),
        Some(serde_json::Value::String(text)) if c.ty != Type::Dynamic => text.clone(),
        Some(value) => value.to_string(),
    };
    columns.iter().map(|c| Value::String(cell(c))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(uri: &str, bytes: &[u8], properties: &[(&str, Value)], expected: &[&[&str]]) {
        let properties = properties
            .iter()
            .map(|(k, v)| (k.to_string(), v.clone()))
            .collect::<Vec<_>>();
        let options = Options::from_properties(&properties).unwrap();
        let columns = [
            Column::new("a", Type::String),
            Column::new("b", Type::Dynamic),
        ];
        let rows = read(uri, bytes.to_vec(), &options, &columns).unwrap();
        let texts = rows
            .iter()
            .map(|row| {
                row.iter()
                    .map(|cell| match cell {
                        Value::String(text) => text.clone(),
                        other => panic!("{other:?} is no text"),
                    })
                    .collect::<Vec<_>>()
            })
            .collect::<Vec<_>>();
        assert_eq!(texts, expected);
    }

    #[test]
    fn reads_each_format() {
        let multijson = [("format", Value::String("multijson".into()))];
        check(
            "x",
            br#"{"a":[1, 2],"b":{"k":1}}{"b":"t"}"#,
            &multijson,
            &[&["[1,2]", r#"{"k":1}"#], &["", r#""t""#]],
        );
        check(
            "x",
            br#"[{"a":"1"},{"a":"2"}]"#,
            &multijson,
            &[&["1", "null"], &["2", "null"]],
        );
        let skip = [("ignorefirstrecord", Value::Bool(true))];
        check(
            "https://h/x.csv?y",
            b"A,B\n1,\"2,3\"\n",
            &skip,
            &[&["1", "2,3"]],
        );
        check("x.tsv", b"1\t2\n", &[], &[&["1", "2"]]);
        check("x.txt", b"1,2\n3\n", &[], &[&["1,2", ""], &["3", ""]]);
        check("x.csv.gz", b"1,2", &[], &[&["1", "2"]]);
        check("x.tsv.zip", b"1\t2", &[], &[&["1", "2"]]);
        check("x.json.gz", br#"[{"a":"1"}]"#, &[], &[&["1", "null"]]);
    }

    #[test]
    fn what_is_broken_says_so() {
        let options =
            Options::from_properties(&[("format".into(), Value::String("json".into()))]).unwrap();
        let error = read("u", b"{".to_vec(), &options, &[]).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("the reference `u` cannot be read: not JSON"),
            "{error}"
        );
        // A server's error, not a list.
        let columns = [Column::new("prefix", Type::String)];
        let limited = br#"{"message":"API rate limit exceeded"}"#;
        let error = read("u", limited.to_vec(), &options, &columns).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the reference `u` cannot be read: nothing in it has any of the columns `prefix`"
        );
        let avro = [("format".to_string(), Value::String("avro".into()))];
        assert_eq!(
            Options::from_properties(&avro).unwrap_err().kind(),
            ErrorKind::Unsupported
        );
    }
}
