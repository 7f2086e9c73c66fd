//! Text that occurs again and again, kept once and named by a number.
//!
//! Numbers depend on the order in which text came; whatever leaves the crate is therefore ordered by the
//! text itself, never by its number.

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64;

/// The number of a text; 0 is the empty one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Text(pub(crate) u32);

impl Text {
    pub(crate) const EMPTY: Text = Text(0);

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// This text, or another where this one is empty.
    pub(crate) fn or(self, other: Text) -> Text {
        if self.is_empty() { other } else { self }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Strings {
    bytes: String,
    /// Where each text ends; it begins where the one before ends.
    ends: Vec<usize>,
    known: HashTable<Named>,
}

/// A text by its number, and its hash: to grow the table without it would be to read every text again.
#[derive(Clone, Copy, Debug)]
struct Named {
    hash: u32,
    number: u32,
}

impl Named {
    fn new(text: &str, number: u32) -> Named {
        Named {
            hash: xxh3_64(text.as_bytes()) as u32,
            number,
        }
    }

    /// The hash over all bits of a number, as a table wants it.
    #[inline(always)]
    fn spread(&self) -> u64 {
        u64::from(self.hash).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}

impl Default for Strings {
    fn default() -> Self {
        Strings {
            bytes: String::new(),
            ends: vec![0],
            known: HashTable::new(),
        }
    }
}

impl Strings {
    #[inline(always)]
    pub(crate) fn get(&self, text: Text) -> &str {
        span(&self.bytes, &self.ends, text.0)
    }

    /// The number of a text, which is kept from now on.
    pub(crate) fn intern(&mut self, text: &str) -> Text {
        if text.is_empty() {
            return Text::EMPTY;
        }
        let named = Named::new(text, self.ends.len() as u32);
        if let Some(found) = self.number_of(&named, text) {
            return found;
        }
        self.bytes.push_str(text);
        self.ends.push(self.bytes.len());
        self.known
            .insert_unique(named.spread(), named, Named::spread);
        Text(named.number)
    }

    /// The number of a text if it is known.
    pub(crate) fn find(&self, text: &str) -> Option<Text> {
        if text.is_empty() {
            return Some(Text::EMPTY);
        }
        self.number_of(&Named::new(text, 0), text)
    }

    /// The texts of a whole hash: one, unless somebody took pains.
    pub(crate) fn of_hash(&self, hash: u64) -> impl Iterator<Item = Text> {
        let named = Named {
            hash: hash as u32,
            number: 0,
        };
        self.known
            .iter_hash(named.spread())
            .filter(move |known| known.hash == named.hash)
            .map(|known| Text(known.number))
            .filter(move |text| xxh3_64(self.get(*text).as_bytes()) == hash)
    }

    #[inline(always)]
    fn number_of(&self, named: &Named, text: &str) -> Option<Text> {
        let found = self.known.find(named.spread(), |known| {
            known.hash == named.hash && span(&self.bytes, &self.ends, known.number) == text
        });
        found.map(|known| Text(known.number))
    }

    /// Every text that is kept.
    pub(crate) fn all(&self) -> impl Iterator<Item = Text> {
        (0..self.ends.len() as u32).map(Text)
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Gives back what was reserved for more.
    pub(crate) fn shrink(&mut self) {
        self.bytes.shrink_to_fit();
        self.ends.shrink_to_fit();
        self.known.shrink_to_fit(Named::spread);
    }
}

#[inline(always)]
fn span<'a>(bytes: &'a str, ends: &[usize], number: u32) -> &'a str {
    match number {
        0 => "",
        number => &bytes[ends[number as usize - 1]..ends[number as usize]],
    }
}

/// The numbers that the texts of one collection have in another.
pub(crate) struct Renumbering(Vec<Text>);

impl Renumbering {
    /// Takes all texts of `from` over into `to`.
    pub(crate) fn new(from: &Strings, to: &mut Strings) -> Renumbering {
        Renumbering(from.all().map(|text| to.intern(from.get(text))).collect())
    }

    pub(crate) fn of(&self, text: Text) -> Text {
        self.0[text.0 as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_text_one_number() {
        let mut strings = Strings::default();
        let (a, b) = (strings.intern("a"), strings.intern("b"));
        assert_eq!((strings.intern("a"), strings.intern("")), (a, Text::EMPTY));
        assert_eq!((strings.get(a), strings.get(b)), ("a", "b"));
        assert_eq!((strings.find("b"), strings.find("c")), (Some(b), None));
        let mut other = Strings::default();
        other.intern("b");
        let numbers = Renumbering::new(&strings, &mut other);
        assert_eq!(other.get(numbers.of(a)), "a");
        assert_eq!(numbers.of(b), other.intern("b"));
    }
}
