//! `reduce`: texts that differ in few words, as patterns with stars.
//!
//! A text is cut into words and what stands between them. Texts with as many words and the same marks
//! between them are compared word by word: a word that is rare at its place becomes a star. How Kusto
//! does it is not published; its examples come out the same.

use std::collections::{BTreeMap, HashMap};

use keyline_kql::types::Value;

use super::Row;

/// The text of a row is its last value. Out: (pattern, count, representative), the most frequent
/// first; or each row with those three.
pub(crate) fn reduce(rows: Vec<Row>, threshold: f64, letters: &str, summary: bool) -> Vec<Row> {
    let texts: Vec<String> = rows
        .iter()
        .map(|row| match row.last() {
            Some(Value::String(text)) => text.clone(),
            _ => String::new(),
        })
        .collect();
    let patterns = patterns(&texts, threshold, letters);
    let mut found: BTreeMap<&str, (i64, &str)> = BTreeMap::new();
    for (text, pattern) in texts.iter().zip(&patterns) {
        found.entry(pattern).or_insert((0, text)).0 += 1;
    }
    let cells = |pattern: &str, (count, example): (i64, &str)| {
        [
            Value::String(pattern.to_string()),
            Value::Long(count),
            Value::String(example.to_string()),
        ]
    };
    if !summary {
        let with_pattern = |(mut row, pattern): (Row, &String)| {
            row.pop();
            row.extend(cells(pattern, found[pattern.as_str()]));
            row
        };
        return rows.into_iter().zip(&patterns).map(with_pattern).collect();
    }
    let mut groups: Vec<_> = found.iter().collect();
    groups.sort_by(|a, b| b.1.0.cmp(&a.1.0).then_with(|| a.0.cmp(b.0)));
    groups
        .into_iter()
        .map(|(pattern, group)| cells(pattern, *group).to_vec())
        .collect()
}

/// The words of a text and the marks before, between and after them.
struct Words<'t> {
    words: Vec<&'t str>,
    marks: Vec<&'t str>,
}

impl<'t> Words<'t> {
    fn of(text: &'t str, letters: &str) -> Words<'t> {
        let is_word = |c: char| c.is_alphanumeric() || letters.contains(c);
        let (mut words, mut marks) = (Vec::new(), Vec::new());
        let mut rest = text;
        loop {
            let start = rest.find(is_word).unwrap_or(rest.len());
            marks.push(&rest[..start]);
            rest = &rest[start..];
            if rest.is_empty() {
                return Words { words, marks };
            }
            let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            words.push(&rest[..end]);
            rest = &rest[end..];
        }
    }
}

fn patterns(texts: &[String], threshold: f64, letters: &str) -> Vec<String> {
    let all: Vec<Words<'_>> = texts.iter().map(|text| Words::of(text, letters)).collect();
    let mut alike: HashMap<&[&str], Vec<usize>> = HashMap::new();
    for (at, words) in all.iter().enumerate() {
        alike.entry(&words.marks).or_default().push(at);
    }
    let mut patterns = vec![String::new(); texts.len()];
    for group in alike.into_values() {
        let places = all[group[0]].words.len();
        let mut counts: Vec<HashMap<&str, usize>> = vec![HashMap::new(); places];
        for at in &group {
            for (place, word) in all[*at].words.iter().enumerate() {
                *counts[place].entry(word).or_default() += 1;
            }
        }
        // A text that is alone is its own pattern.
        let least = (threshold * group.len() as f64).max(1.0);
        let rare = |place: usize, word: &str| {
            let words: &HashMap<&str, usize> = &counts[place];
            words.len() > 1 && words[word] as f64 <= least
        };
        let stars: Vec<String> = (0..places)
            .map(|place| {
                star(
                    counts[place]
                        .keys()
                        .copied()
                        .filter(|word| rare(place, word)),
                )
            })
            .collect();
        for at in &group {
            let words = &all[*at];
            let pattern = &mut patterns[*at];
            for (place, mark) in words.marks.iter().enumerate() {
                pattern.push_str(mark);
                if let Some(word) = words.words.get(place) {
                    let rare = rare(place, word);
                    pattern.push_str(if rare { &stars[place] } else { word });
                }
            }
        }
    }
    patterns
}

/// A common beginning that is less than this says nothing.
const BEGINNING_LEAST: usize = 3;

/// What stands for some words: a star, after what they all begin with.
fn star<'w>(words: impl Iterator<Item = &'w str>) -> String {
    let common = |a: &'w str, b: &'w str| {
        let same = a
            .char_indices()
            .zip(b.chars())
            .take_while(|((_, x), y)| x == y);
        &a[..same.last().map_or(0, |((at, c), _)| at + c.len_utf8())]
    };
    let beginning = words.reduce(common).unwrap_or_default();
    match beginning.chars().count() >= BEGINNING_LEAST {
        true => format!("{beginning}*"),
        false => "*".to_string(),
    }
}
