//! Single values out of the JSON text of a record's column.
//!
//! A column and a path go in, text comes out: a string without its escapes, a number or `true` as it
//! stands. What is not there, is null, or is no JSON is `None`, never an error. Minting events are asked for ten
//! places each, so that several are found in one walk, which goes into nothing that lies on no path. A path goes
//! through the first element of an array; what lies in the others is found by asking for these one by one.

use std::borrow::Cow;

/// A step that takes the first element of an array.
pub(crate) const FIRST: &str = "[0]";

/// A path that is looked for, by the number under which what is found there is put.
pub(crate) type Place = (u8, &'static [&'static str]);

/// How many places can be looked for at once.
pub(crate) const PLACES: usize = 32;

/// The text at a path; an object or an array is none.
pub(crate) fn text<'a>(json: &'a str, path: &[&str]) -> Option<Cow<'a, str>> {
    text_of(raw(json, path)?)
}

/// The JSON at a path, which stands there as it is or as text that holds it.
pub(crate) fn document<'a>(json: &'a str, path: &[&str]) -> Option<Cow<'a, str>> {
    match raw(json, path)? {
        inner if inner.starts_with(['{', '[']) => Some(inner.into()),
        scalar => text_of(scalar),
    }
}

/// A value as it stands in JSON, as text; nothing for null, an object or an array.
pub(crate) fn text_of(raw: &str) -> Option<Cow<'_, str>> {
    match raw.as_bytes().first()? {
        b'"' => match raw.contains('\\') {
            true => sonic_rs::from_str::<String>(raw).ok().map(Cow::Owned),
            false => raw.get(1..raw.len() - 1).map(Cow::Borrowed),
        },
        b'n' | b'{' | b'[' => None,
        _ => Some(raw.into()),
    }
}

/// Finds the values at several places in one walk, as they stand. Of members of one name the first counts.
pub(crate) fn find_all<'a>(json: &'a str, places: &[Place], found: &mut [&'a str; PLACES]) {
    if places.is_empty() || !json.starts_with(['{', '[']) {
        return;
    }
    let path_of = |number: usize| places[number].1;
    let all = u32::MAX >> (PLACES - places.len().min(PLACES));
    let mut walk = Walk { json, at: 0 };
    let _ = walk.value(all, 0, &path_of, &mut |number, raw| {
        found[places[number].0 as usize] = raw;
    });
}

/// The elements of an array at a path, as they stand; none where the array does not end.
pub(crate) fn elements<'a>(json: &'a str, path: &[&str]) -> Vec<&'a str> {
    let mut found = Vec::new();
    let array = match path {
        [] => Some(json),
        path => raw(json, path),
    };
    if let Some(json) = array.filter(|array| array.starts_with('[')) {
        let mut walk = Walk { json, at: 0 };
        let _ = walk.elements(&mut |element| found.push(element));
    }
    found
}

/// The value at a path, as it stands.
pub(crate) fn raw<'a>(json: &'a str, path: &[&str]) -> Option<&'a str> {
    if !json.starts_with(['{', '[']) {
        return None;
    }
    // Most places are not there: to look for the letters of the name is quicker than to read what else is.
    let named = path.iter().rev().find(|step| **step != FIRST);
    if named.is_some_and(|name| !json.contains(*name)) {
        return None;
    }
    let mut found = None;
    let mut walk = Walk { json, at: 0 };
    let _ = walk.value(1, 0, &|_| path, &mut |_, raw| found = Some(raw));
    found
}

/// A way through JSON text: from value to value, into those objects and arrays only that lie on a path.
struct Walk<'a> {
    json: &'a str,
    at: usize,
}

/// A set of paths, by number.
type Paths = u32;

impl<'a> Walk<'a> {
    /// Walks over the value at hand. `paths` lead through it, `depth` steps of each are done. Nothing where the text
    /// is no JSON; what was found before it counts.
    fn value<'p>(
        &mut self,
        paths: Paths,
        depth: usize,
        path_of: &impl Fn(usize) -> &'p [&'p str],
        take: &mut impl FnMut(usize, &'a str),
    ) -> Option<()> {
        match (self.byte()?, paths) {
            (_, 0) => self.skip(),
            (b'{', _) => self.object(paths, depth, path_of, take),
            (b'[', _) => self.array(paths, depth, path_of, take),
            _ => self.skip(),
        }
    }

    fn object<'p>(
        &mut self,
        mut paths: Paths,
        depth: usize,
        path_of: &impl Fn(usize) -> &'p [&'p str],
        take: &mut impl FnMut(usize, &'a str),
    ) -> Option<()> {
        self.at += 1;
        if self.blank()? == b'}' {
            self.at += 1;
            return Some(());
        }
        loop {
            if paths == 0 {
                // At the top nothing is left to be found.
                return (depth > 0).then_some(()).and_then(|()| self.close());
            }
            let name = self.string()?;
            let name = match name.contains('\\') {
                true => text_of(name)?,
                false => Cow::Borrowed(name.get(1..name.len() - 1)?),
            };
            if self.blank()? != b':' {
                return None;
            }
            self.at += 1;
            self.blank()?;
            let named = those(paths, |path| path_of(path)[depth] == name && name != FIRST);
            paths &= !named;
            self.found(named, depth, path_of, take)?;
            match self.blank()? {
                b',' => self.at += 1,
                b'}' => {
                    self.at += 1;
                    return Some(());
                }
                _ => return None,
            }
            self.blank()?;
        }
    }

    fn array<'p>(
        &mut self,
        paths: Paths,
        depth: usize,
        path_of: &impl Fn(usize) -> &'p [&'p str],
        take: &mut impl FnMut(usize, &'a str),
    ) -> Option<()> {
        self.at += 1;
        if self.blank()? != b']' {
            let first = those(paths, |path| path_of(path)[depth] == FIRST);
            self.found(first, depth, path_of, take)?;
        }
        self.close()
    }

    fn elements(&mut self, take: &mut impl FnMut(&'a str)) -> Option<()> {
        self.at += 1;
        if self.blank()? == b']' {
            return Some(());
        }
        loop {
            let start = self.at;
            self.skip()?;
            take(self.json.get(start..self.at)?);
            if self.blank()? != b',' {
                return Some(());
            }
            self.at += 1;
            self.blank()?;
        }
    }

    /// The value at hand is where some paths end and others go on.
    fn found<'p>(
        &mut self,
        paths: Paths,
        depth: usize,
        path_of: &impl Fn(usize) -> &'p [&'p str],
        take: &mut impl FnMut(usize, &'a str),
    ) -> Option<()> {
        let ending = those(paths, |path| path_of(path).len() == depth + 1);
        let start = self.at;
        self.value(paths & !ending, depth + 1, path_of, take)?;
        let raw = self.json.get(start..self.at)?;
        let mut rest = ending;
        while rest != 0 {
            take(rest.trailing_zeros() as usize, raw);
            rest &= rest - 1;
        }
        Some(())
    }

    fn byte(&self) -> Option<u8> {
        self.json.as_bytes().get(self.at).copied()
    }

    /// Passes over blanks; the byte behind them.
    #[inline(always)]
    fn blank(&mut self) -> Option<u8> {
        loop {
            match self.byte()? {
                b' ' | b'\t' | b'\n' | b'\r' => self.at += 1,
                byte => return Some(byte),
            }
        }
    }

    /// Passes over a string; it as it stands.
    fn string(&mut self) -> Option<&'a str> {
        let start = self.at;
        if self.byte()? != b'"' {
            return None;
        }
        self.at += 1;
        loop {
            self.at += to_quote(self.json.as_bytes().get(self.at..)?)?;
            match self.byte()? {
                b'"' => {
                    self.at += 1;
                    return self.json.get(start..self.at);
                }
                _ => self.at += 2,
            }
        }
    }

    /// Passes over a value.
    fn skip(&mut self) -> Option<()> {
        match self.byte()? {
            b'"' => self.string().map(|_| ()),
            b'{' | b'[' => {
                self.at += 1;
                self.close()
            }
            _ => {
                let rest = &self.json.as_bytes()[self.at..];
                let ends =
                    |byte: &u8| matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r');
                self.at += rest.iter().position(ends)?;
                Some(())
            }
        }
    }

    /// Passes over what is left of the object or array that the walk is in.
    fn close(&mut self) -> Option<()> {
        let mut open = 1;
        while open > 0 {
            match self.byte()? {
                b'"' => {
                    self.string()?;
                    continue;
                }
                b'{' | b'[' => open += 1,
                b'}' | b']' => open -= 1,
                _ => {}
            }
            self.at += 1;
        }
        Some(())
    }
}

/// How many bytes come before the next quote or backslash, eight at a time.
fn to_quote(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = u64::MAX / 255;
    let (words, rest) = bytes.as_chunks::<8>();
    for (number, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        // A byte that is zero borrows from its highest bit; the lowest such bit is never wrong.
        let is_zero = |word: u64| word.wrapping_sub(ONES) & !word & (ONES << 7);
        let hits =
            is_zero(word ^ (ONES * u64::from(b'"'))) | is_zero(word ^ (ONES * u64::from(b'\\')));
        if hits != 0 {
            return Some(8 * number + hits.trailing_zeros() as usize / 8);
        }
    }
    let at = rest.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
    Some(8 * words.len() + at)
}

/// Those of some paths of which something is true.
#[inline(always)]
fn those(paths: Paths, is_true: impl Fn(usize) -> bool) -> Paths {
    let (mut rest, mut found) = (paths, 0);
    while rest != 0 {
        if is_true(rest.trailing_zeros() as usize) {
            found |= rest & rest.wrapping_neg();
        }
        rest &= rest - 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: &str, path: &[&str], expected: Option<&str>) {
        assert_eq!(text(json, path).as_deref(), expected, "{json} {path:?}");
    }

    #[test]
    fn values_and_what_is_none() {
        let json =
            r#"{"a":{"b":"x","c":[{"d":"y\n"}],"n":12,"t":true,"z":null},"e":{"omitted":true}}"#;
        check(json, &["a", "b"], Some("x"));
        check(json, &["a", "c", FIRST, "d"], Some("y\n"));
        check(json, &["a", "n"], Some("12"));
        check(json, &["a", "t"], Some("true"));
        for path in [
            &["a", "z"][..],
            &["a"],
            &["a", "b", "c"],
            &["x"],
            &["a", "c", "d"],
            &["e"],
        ] {
            check(json, path, None);
        }
        for json in ["", "null", "{", "[1", "\"a\"", "{\"a\":", "nonsense"] {
            check(json, &["a", "b"], None);
        }
    }

    #[test]
    fn elements_of_arrays() {
        for (json, expected) in [
            (
                r#"{"a":[{"b":"]"} , 2,"x",[1,{}]]}"#,
                &[r#"{"b":"]"}"#, "2", "\"x\"", "[1,{}]"][..],
            ),
            (r#"{"a":[]}"#, &[]),
            (r#"{"a":[1,{"b":"#, &[]),
            (r#"{"a":{}}"#, &[]),
            ("null", &[]),
        ] {
            assert_eq!(elements(json, &["a"]), expected, "{json}");
        }
        assert_eq!(elements("[1,2]", &[]), ["1", "2"]);
    }

    #[test]
    fn several_places_in_one_walk() {
        const PLACES_OF: &[Place] = &[
            (0, &["a", "b"]),
            (1, &["a", "c", FIRST, "d"]),
            (2, &["e"]),
            (3, &["a"]),
            (4, &["x", "y"]),
            (5, &["q"]),
            (6, &["[0]"]),
        ];
        for (json, expected) in [
            (
                r#"{"a":{"b":"x","c":[{"d":1},{"d":2}]},"e":null,"x":[1],"q":"\"}"}"#,
                [
                    r#""x""#,
                    "1",
                    "null",
                    r#"{"b":"x","c":[{"d":1},{"d":2}]}"#,
                    "",
                    r#""\"}""#,
                    "",
                ],
            ),
            // The first member of a name counts, also where a later one says more; names may be escaped.
            (
                r#"{ "a" : { "z" : [ "}" , {} ] } , "a":{"b":1}, "\u0065" : true , "e":2 , "[0]": 3}"#,
                ["", "", "true", r#"{ "z" : [ "}" , {} ] }"#, "", "", ""],
            ),
            (r#"[{"b":2}]"#, ["", "", "", "", "", "", r#"{"b":2}"#]),
            (
                r#"{"a":{"b":1},"e":"#,
                ["1", "", "", r#"{"b":1}"#, "", "", ""],
            ),
            (r#"{"a":{"b":1,"#, ["1", "", "", "", "", "", ""]),
            ("{}", [""; 7]),
            ("\"a\"", [""; 7]),
        ] {
            let mut found = [""; PLACES];
            find_all(json, PLACES_OF, &mut found);
            assert_eq!(found[..7], expected, "{json}");
        }
    }
}
