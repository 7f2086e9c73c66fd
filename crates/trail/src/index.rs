//! Where the quotes and brackets of a piece of JSON are.
//!
//! Text goes in; out come the positions of every quote that starts or ends a string and of every bracket
//! outside strings, and for each 64 bytes whether they hold backslashes, white space between tokens, or
//! control characters inside strings. It is done 64 bytes at a time with AVX2 where there is AVX2, with
//! plain arithmetic elsewhere. What the tokens mean is in `json.rs`.

/// The bytes that are looked at in one step.
const BLOCK: usize = 64;

/// Token positions of one text, and what each of its blocks holds.
#[derive(Default)]
pub(crate) struct Index {
    /// Positions of quotes and of brackets outside strings.
    pub tokens: Vec<u32>,
    /// A bit a block: it holds a backslash.
    pub backslash: Bits,
    /// A bit a block: it holds white space outside strings.
    pub blank: Bits,
    /// A bit a block: it holds a control character inside a string.
    pub control: Bits,
    pub non_ascii: bool,
}

/// One bit a block.
#[derive(Default)]
pub(crate) struct Bits(Vec<u64>);

impl Bits {
    /// Whether any block that the bytes `start..end` touch has its bit set.
    #[inline(always)]
    pub(crate) fn any(&self, start: usize, end: usize) -> bool {
        let (first, last) = (start / BLOCK, end.max(start + 1).wrapping_sub(1) / BLOCK);
        let (a, b) = (first / 64, last / 64);
        if a == b {
            let upto = u64::MAX >> (63 - last % 64);
            return self.0[a] & upto & (u64::MAX << (first % 64)) != 0;
        }
        self.0[a] & (u64::MAX << (first % 64)) != 0
            || self.0[a + 1..b].iter().any(|word| *word != 0)
            || self.0[b] & (u64::MAX >> (63 - last % 64)) != 0
    }
}

/// What one block holds, a bit a byte.
struct Masks {
    quote: u64,
    backslash: u64,
    bracket: u64,
    /// Blanks, tabs, line ends: everything up to U+0020.
    blank: u64,
    /// Everything under U+0020.
    control: u64,
    high: u64,
}

impl Index {
    /// Indexes a text that starts outside a string; what was indexed before is forgotten.
    pub(crate) fn build(&mut self, text: &[u8]) {
        #[cfg(target_arch = "x86_64")]
        if avx2::available() {
            // SAFETY: the processor has what the function is compiled for.
            return unsafe { avx2::build(self, text) };
        }
        self.build_with(text, portable::masks, portable::prefix_xor);
    }

    #[inline(always)]
    fn build_with(
        &mut self,
        text: &[u8],
        masks: impl Fn(&[u8; BLOCK]) -> Masks,
        prefix_xor: impl Fn(u64) -> u64,
    ) {
        self.tokens.clear();
        // Every byte may be a token; what is written beyond the last token of a block stays inside, too.
        self.tokens.reserve(text.len() + 2 * BLOCK);
        for bits in [&mut self.backslash, &mut self.blank, &mut self.control] {
            bits.0.clear();
        }
        let mut carry = Carry::default();
        let (groups, rest) = text.as_chunks::<{ 64 * BLOCK }>();
        for (number, group) in groups.iter().enumerate() {
            let (blocks, _) = group.as_chunks::<BLOCK>();
            self.group(number, blocks, &mut carry, &masks, &prefix_xor);
        }
        let (blocks, rest) = rest.as_chunks::<BLOCK>();
        let mut last = [[b'x'; BLOCK]; 64];
        last[..blocks.len()].copy_from_slice(blocks);
        // Filled up with a letter, which means nothing anywhere.
        last[blocks.len().min(63)][..rest.len()].copy_from_slice(rest);
        let count = blocks.len() + usize::from(!rest.is_empty());
        self.group(
            groups.len(),
            &last[..count],
            &mut carry,
            &masks,
            &prefix_xor,
        );
        self.non_ascii = carry.high != 0;
    }

    /// Takes in up to 64 blocks. Always inlined, so that it is compiled for the processor that its caller
    /// is for.
    #[inline(always)]
    fn group(
        &mut self,
        number: usize,
        blocks: &[[u8; BLOCK]],
        carry: &mut Carry,
        masks: &impl Fn(&[u8; BLOCK]) -> Masks,
        prefix_xor: &impl Fn(u64) -> u64,
    ) {
        let (mut backslash, mut blank, mut control) = (0, 0, 0);
        let first = number * 64 * BLOCK;
        for (place, block) in blocks.iter().enumerate() {
            let mut found = masks(block);
            carry.high |= found.high;
            if found.backslash | carry.escape != 0 {
                backslash |= u64::from(found.backslash != 0) << place;
                found.quote &= !escaped(found.backslash, &mut carry.escape);
            }
            let inside = prefix_xor(found.quote) ^ carry.string;
            carry.string = ((inside as i64) >> 63) as u64;
            blank |= u64::from(found.blank & !inside != 0) << place;
            control |= u64::from(found.control & inside != 0) << place;
            push_positions(
                &mut self.tokens,
                (first + place * BLOCK) as u32,
                found.quote | (found.bracket & !inside),
            );
        }
        self.backslash.0.push(backslash);
        self.blank.0.push(blank);
        self.control.0.push(control);
    }
}

/// What one block leaves to the next.
#[derive(Default)]
struct Carry {
    /// 1 when the next block's first byte is escaped.
    escape: u64,
    /// All ones inside a string.
    string: u64,
    /// The high bits of all bytes so far.
    high: u64,
}

/// The bytes that a backslash before them escapes.
#[inline(always)]
fn escaped(backslash: u64, carry: &mut u64) -> u64 {
    // A backslash that is itself escaped escapes nothing. Runs of backslashes are found by letting an
    // addition carry through them: odd-length runs end on the other parity than they started.
    const EVEN: u64 = 0x5555_5555_5555_5555;
    let backslash = backslash & !*carry;
    let follows = backslash << 1 | *carry;
    let odd_starts = backslash & !EVEN & !follows;
    let (sum, overflow) = odd_starts.overflowing_add(backslash);
    *carry = u64::from(overflow);
    (EVEN ^ (sum << 1)) & follows
}

/// Appends the positions of the bits, eight at a time so that the usual block takes few branches.
#[inline(always)]
fn push_positions(tokens: &mut Vec<u32>, base: u32, mut bits: u64) {
    let count = bits.count_ones() as usize;
    let start = tokens.len();
    debug_assert!(tokens.capacity() >= start + BLOCK);
    // SAFETY: `build_with` reserved room for two blocks more than the text has bytes, and every byte gives
    // at most one position: up to 64 values fit behind the tokens so far. The first `count` of those written
    // are the positions.
    unsafe {
        let mut next = tokens.as_mut_ptr().add(start);
        let mut written = 0;
        while written < count {
            for place in 0..8 {
                next.add(place).write(base + bits.trailing_zeros());
                bits &= bits.wrapping_sub(1);
            }
            next = next.add(8);
            written += 8;
        }
        tokens.set_len(start + count);
    }
}

mod portable {
    use super::{BLOCK, Masks};

    pub(super) fn masks(block: &[u8; BLOCK]) -> Masks {
        let mut found = Masks {
            quote: 0,
            backslash: 0,
            bracket: 0,
            blank: 0,
            control: 0,
            high: 0,
        };
        for (place, byte) in block.iter().enumerate() {
            let bit = |yes: bool| u64::from(yes) << place;
            found.quote |= bit(*byte == b'"');
            found.backslash |= bit(*byte == b'\\');
            found.bracket |= bit(matches!(byte, b'{' | b'}' | b'[' | b']'));
            found.blank |= bit(*byte <= b' ');
            found.control |= bit(*byte < b' ');
            found.high |= bit(*byte >= 0x80);
        }
        found
    }

    /// Each bit becomes the parity of the bits up to and including it.
    pub(super) fn prefix_xor(mut bits: u64) -> u64 {
        for shift in [1, 2, 4, 8, 16, 32] {
            bits ^= bits << shift;
        }
        bits
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::*;

    use super::{BLOCK, Index, Masks};

    pub(super) fn available() -> bool {
        is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("pclmulqdq")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("popcnt")
    }

    #[target_feature(enable = "avx2,pclmulqdq,bmi1,bmi2,popcnt")]
    pub(super) fn build(index: &mut Index, text: &[u8]) {
        index.build_with(text, |block| masks(block), |bits| prefix_xor(bits));
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn masks(block: &[u8; BLOCK]) -> Masks {
        // SAFETY: both loads stay inside the 64 bytes; unaligned loads need no alignment.
        let (a, b) = unsafe {
            (
                _mm256_loadu_si256(block.as_ptr().cast()),
                _mm256_loadu_si256(block.as_ptr().add(32).cast()),
            )
        };
        let both = |x: __m256i, y: __m256i| {
            u64::from(_mm256_movemask_epi8(x) as u32)
                | u64::from(_mm256_movemask_epi8(y) as u32) << 32
        };
        let equal = |byte: u8| {
            let wanted = _mm256_set1_epi8(byte as i8);
            both(_mm256_cmpeq_epi8(a, wanted), _mm256_cmpeq_epi8(b, wanted))
        };
        let at_most = |x: __m256i, byte: u8| {
            let limit = _mm256_set1_epi8(byte as i8);
            _mm256_cmpeq_epi8(_mm256_min_epu8(x, limit), x)
        };
        // Braces and square brackets differ in one bit, which is set here for both.
        let fold = _mm256_set1_epi8(0x20);
        let (folded_a, folded_b) = (_mm256_or_si256(a, fold), _mm256_or_si256(b, fold));
        let (open, close) = (_mm256_set1_epi8(b'{' as i8), _mm256_set1_epi8(b'}' as i8));
        let bracket =
            |x: __m256i| _mm256_or_si256(_mm256_cmpeq_epi8(x, open), _mm256_cmpeq_epi8(x, close));
        // What is rare is looked for in both halves at once, and told apart only where there is any.
        let rare = |x: __m256i, y: __m256i| {
            if _mm256_movemask_epi8(_mm256_or_si256(x, y)) == 0 {
                0
            } else {
                both(x, y)
            }
        };
        let slash = _mm256_set1_epi8(b'\\' as i8);
        Masks {
            quote: equal(b'"'),
            backslash: rare(_mm256_cmpeq_epi8(a, slash), _mm256_cmpeq_epi8(b, slash)),
            bracket: both(bracket(folded_a), bracket(folded_b)),
            blank: both(at_most(a, b' '), at_most(b, b' ')),
            control: rare(at_most(a, 0x1f), at_most(b, 0x1f)),
            high: u64::from(_mm256_movemask_epi8(_mm256_or_si256(a, b)) as u32),
        }
    }

    #[target_feature(enable = "pclmulqdq")]
    #[inline]
    fn prefix_xor(bits: u64) -> u64 {
        let ones = _mm_set1_epi8(-1);
        _mm_cvtsi128_si64(_mm_clmulepi64_si128::<0>(
            _mm_set_epi64x(0, bits as i64),
            ones,
        )) as u64
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The same by going through the text byte by byte.
    fn naive(text: &[u8]) -> Vec<u32> {
        let (mut inside, mut escape, mut tokens) = (false, false, Vec::new());
        for (place, byte) in text.iter().enumerate() {
            let escaped = std::mem::take(&mut escape);
            match byte {
                b'\\' => escape = !escaped,
                b'"' if !escaped => {
                    inside = !inside;
                    tokens.push(place as u32);
                }
                b'{' | b'}' | b'[' | b']' if !inside => tokens.push(place as u32),
                _ => {}
            }
        }
        tokens
    }

    fn check(text: &[u8]) {
        let (mut fast, mut plain) = (Index::default(), Index::default());
        fast.build(text);
        plain.build_with(text, portable::masks, portable::prefix_xor);
        assert_eq!(fast.tokens, plain.tokens);
        assert_eq!(
            (&fast.blank.0, &fast.control.0, &fast.backslash.0),
            (&plain.blank.0, &plain.control.0, &plain.backslash.0)
        );
        assert_eq!(plain.tokens, naive(text));
        assert_eq!(plain.non_ascii, !text.is_ascii());
    }

    proptest! {
        #[test]
        fn finds_what_a_walk_finds(text in proptest::collection::vec(prop::sample::select(b"\"\"\\\\{}[]a \n\x80".to_vec()), 0..400)) {
            check(&text);
        }
    }

    #[test]
    fn blocks_are_told_apart() {
        let mut text = vec![b'x'; 64 * 70];
        text[64 * 66 + 5] = b'\\';
        let mut index = Index::default();
        index.build(&text);
        assert!(index.backslash.any(0, text.len()));
        assert!(index.backslash.any(64 * 66, 64 * 66 + 1));
        assert!(!index.backslash.any(0, 64 * 66));
        assert!(!index.backslash.any(64 * 67, text.len()));
    }
}
