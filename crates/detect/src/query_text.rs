//! The query of a rule, freed from its fence, and the way back from its offsets to the YAML.
//!
//! In: the scalar node of `query:` and the text of the file. Out: the KQL text. Lines and columns in
//! the YAML are worked out when a diagnostic asks. The placeholders of hunting queries are filled in
//! here too, since they move offsets.

use saphyr_parser::ScalarStyle;

use crate::problem::Position;
use crate::yaml::{Node, Value};

#[derive(Clone, Debug)]
pub struct QueryText {
    /// The KQL text.
    pub text: String,
    /// The scalar as it stands in the file, and where it starts.
    source: String,
    source_at: Position,
    style: ScalarStyle,
    /// The whole scalar as the YAML reader understood it, and where in it the KQL starts.
    scalar: String,
    offset: usize,
}

impl QueryText {
    /// `None` when the node is not text.
    pub fn new(node: &Node, file_text: &str) -> Option<QueryText> {
        let Value::Scalar {
            text: scalar,
            style,
        } = &node.value
        else {
            return None;
        };
        let (start, end) = node.chars;
        let source: String = file_text
            .chars()
            .skip(start)
            .take(end.saturating_sub(start))
            .collect();
        let (offset, length) = strip_fence(scalar);
        Some(QueryText {
            text: scalar[offset..offset + length].to_string(),
            source,
            source_at: node.position,
            style: *style,
            scalar: scalar.clone(),
            offset,
        })
    }

    /// The place in the YAML of a byte offset of `text`.
    pub fn position(&self, offset: usize) -> Position {
        let target = self.offset + offset.min(self.text.len());
        let mut at = self.source_at;
        let mut source = Walk {
            chars: self.source.chars().peekable(),
            at,
        };
        source.skip_opening(self.style);
        for (scalar_offset, c) in self.scalar.char_indices() {
            if scalar_offset >= target && !c.is_whitespace() {
                return source.find(c, self.style).unwrap_or(at);
            }
            if self.style == ScalarStyle::DoubleQuoted {
                at = source.find(c, self.style).unwrap_or(at);
                if scalar_offset >= target {
                    return at;
                }
            } else if !c.is_whitespace() {
                at = source.find(c, self.style).unwrap_or(at);
            }
        }
        at
    }

    /// The query with `{{StartTimeISO}}` and `{{EndTimeISO}}` filled in, as Sentinel's hunting page
    /// does from its time picker. Inside quotes as outside: hunting queries write both.
    pub fn with_times(&self, start: &str, end: &str) -> Filled {
        let mut text = String::with_capacity(self.text.len());
        let mut edits = Vec::new();
        let mut rest = 0;
        while let Some(found) = self.text[rest..].find("{{") {
            let at = rest + found;
            let known = [(START, start), (END, end)];
            let Some((name, value)) = known.iter().find(|(n, _)| self.text[at..].starts_with(n))
            else {
                text.push_str(&self.text[rest..at + 2]);
                rest = at + 2;
                continue;
            };
            text.push_str(&self.text[rest..at]);
            edits.push(Edit {
                new: text.len(),
                new_len: value.len(),
                old: at,
                old_len: name.len(),
            });
            text.push_str(value);
            rest = at + name.len();
        }
        text.push_str(&self.text[rest..]);
        Filled { text, edits }
    }

    pub fn has_time_placeholders(&self) -> bool {
        self.text.contains(START) || self.text.contains(END)
    }
}

const START: &str = "{{StartTimeISO}}";
const END: &str = "{{EndTimeISO}}";

/// A query whose placeholders are filled in.
pub struct Filled {
    pub text: String,
    edits: Vec<Edit>,
}

struct Edit {
    new: usize,
    new_len: usize,
    old: usize,
    old_len: usize,
}

impl Filled {
    /// The offset in the query as written of an offset in `text`.
    pub fn original_offset(&self, offset: usize) -> usize {
        let mut shift: isize = 0;
        for edit in &self.edits {
            if offset < edit.new {
                break;
            }
            if offset < edit.new + edit.new_len {
                return edit.old;
            }
            shift = (edit.old + edit.old_len) as isize - (edit.new + edit.new_len) as isize;
        }
        offset.saturating_add_signed(shift)
    }
}

/// Where the KQL stands in the scalar: what a fence of three back quotes, with or without a language
/// word, holds; else all of it.
fn strip_fence(scalar: &str) -> (usize, usize) {
    let start = scalar.len() - scalar.trim_start().len();
    let Some(fenced) = scalar[start..].strip_prefix("```") else {
        return (0, scalar.len());
    };
    let word = fenced
        .find(|c: char| !c.is_ascii_alphanumeric())
        .unwrap_or(fenced.len());
    let line_break = fenced[word..].find(|c: char| !c.is_whitespace() || c == '\n');
    let mut offset = start + 3 + word + line_break.unwrap_or(0);
    if scalar[offset..].starts_with('\n') {
        offset += 1;
    }
    let body = &scalar[offset..];
    let end = body.trim_end();
    (offset, end.strip_suffix("```").unwrap_or(body).len())
}

/// A walk over the source of a scalar. Only blanks differ between a scalar and its source, escapes
/// and doubled quotes aside: block scalars lose their indentation, folded ones their line breaks. So
/// the visible characters are met in the same order on both sides.
struct Walk<'a> {
    chars: std::iter::Peekable<std::str::Chars<'a>>,
    at: Position,
}

impl Walk<'_> {
    fn next(&mut self) -> Option<char> {
        let c = self.chars.next()?;
        match c {
            '\n' => {
                self.at = Position {
                    line: self.at.line + 1,
                    column: 1,
                }
            }
            _ => self.at.column += 1,
        }
        Some(c)
    }

    /// Past the quote, or past the line with the `|` or `>` if the source includes it.
    fn skip_opening(&mut self, style: ScalarStyle) {
        let is_block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
        match self.chars.peek() {
            Some('|' | '>') if is_block => while self.next().is_some_and(|c| c != '\n') {},
            Some('"') if style == ScalarStyle::DoubleQuoted => {
                self.next();
            }
            Some('\'') if style == ScalarStyle::SingleQuoted => {
                self.next();
            }
            _ => {}
        }
    }

    /// The place of the next source character that stands for `c`, which is passed.
    fn find(&mut self, c: char, style: ScalarStyle) -> Option<Position> {
        if style == ScalarStyle::DoubleQuoted {
            return self.next_unit(c);
        }
        loop {
            let at = self.at;
            let next = self.next()?;
            if next == c {
                if c == '\'' && style == ScalarStyle::SingleQuoted {
                    self.next();
                }
                return Some(at);
            }
        }
    }

    /// One character of a double-quoted scalar: an escape, a character as it is, or a folded line
    /// break with the blanks around it.
    fn next_unit(&mut self, c: char) -> Option<Position> {
        loop {
            let at = self.at;
            match self.next()? {
                '\\' => match self.next()? {
                    'x' => self.skip(2),
                    'u' => self.skip(4),
                    'U' => self.skip(8),
                    '\r' => {
                        self.next();
                        self.skip_blanks();
                        continue;
                    }
                    '\n' => {
                        self.skip_blanks();
                        continue;
                    }
                    _ => {}
                },
                ' ' | '\t' | '\r' | '\n' if !c.is_whitespace() => continue,
                _ => {}
            }
            return Some(at);
        }
    }

    fn skip(&mut self, count: usize) {
        for _ in 0..count {
            self.next();
        }
    }

    fn skip_blanks(&mut self) {
        while self.chars.peek().is_some_and(|c| matches!(c, ' ' | '\t')) {
            self.next();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The place that the word `bad` of the query is mapped to must be where it stands in the file.
    fn check(file_text: &str, query: &str) {
        let documents = crate::yaml::parse(file_text).unwrap();
        let node = documents[0].get("query").unwrap();
        let found = QueryText::new(node, file_text).unwrap();
        assert_eq!(found.text, query, "{file_text}");
        let Position { line, column } = found.position(found.text.find("bad").unwrap());
        let source_line = file_text.lines().nth(line - 1).unwrap();
        let rest: String = source_line.chars().skip(column - 1).collect();
        assert!(rest.starts_with("bad"), "{line}:{column} in {file_text}");
    }

    #[test]
    fn offsets_lead_back_into_the_yaml() {
        check(
            "id: x\nquery: |\n  T\n\n    | where bad == 1\n",
            "T\n\n  | where bad == 1\n",
        );
        check(
            "query: |\r\n  T // é\r\n  | bad\r\nx: 1\r\n",
            "T // é\n| bad\n",
        );
        check("query: |2-\n    T\n  | bad\n", "  T\n| bad");
        check("query: >\n  T\n  | bad\n", "T | bad\n");
        check("query: T | bad\n", "T | bad");
        check("query: T\n  | where a\n  | bad\n", "T | where a | bad");
        check(
            "query: 'T | where x == ''a'' | bad'\n",
            "T | where x == 'a' | bad",
        );
        check(
            "query: \"T\\n| where x == \\\"\\u0041\\\"\\n| bad\"\n",
            "T\n| where x == \"A\"\n| bad",
        );
        check(
            "query: \"T \\\n   | where b\n   | bad\"\n",
            "T | where b | bad",
        );
        check("query: \"```kusto\\nT\\n| bad\\n```\"\n", "T\n| bad\n");
        check("query: |\n  ```kql\n  T | bad\n  ```\n", "T | bad\n");
        check("query: |\n\n  T | bad\n", "\nT | bad\n");
    }

    #[test]
    fn placeholders_are_filled_and_offsets_kept() {
        let file_text = "query: |\n  let a = todatetime('{{StartTimeISO}}'); T | bad {{Other}}\n";
        let documents = crate::yaml::parse(file_text).unwrap();
        let query = QueryText::new(documents[0].get("query").unwrap(), file_text).unwrap();
        let filled = query.with_times("2024-01-02T03:04:05.1234567Z", "-");
        assert!(
            filled
                .text
                .contains("todatetime('2024-01-02T03:04:05.1234567Z')")
        );
        assert!(filled.text.contains("{{Other}}"));
        for word in ["let", "todatetime", "bad", "{{Other"] {
            let offset = filled.original_offset(filled.text.find(word).unwrap());
            assert_eq!(offset, query.text.find(word).unwrap(), "{word}");
        }
    }
}
