//! Getting past what cannot be read: to the next record, or to the end of a value too large to hold.
//!
//! After broken JSON it is not known what is string and what is not; these find a place by looks alone.

use memchr::memmem;

use crate::input::Input;
use crate::limits::WINDOW_BYTES;

/// Where the next record seems to start: a bracket at the start of a line, or before the name that the
/// file's records start with.
pub(crate) fn next_record(text: &[u8], first_name: &[u8]) -> Option<usize> {
    let line = memmem::find(text, b"\n{").map(|place| place + 1);
    let first_name = if first_name.is_empty() {
        b"\"eventVersion\""
    } else {
        first_name
    };
    let upto = line.unwrap_or(text.len());
    let named = memmem::find_iter(&text[..upto], first_name).find_map(|place| {
        let before = text[..place].trim_ascii_end();
        (before.last() == Some(&b'{')).then(|| before.len() - 1)
    });
    named.or(line)
}

/// Passes over the value that starts at the current place, and to the end of so many objects around it,
/// without holding anything.
///
/// It goes at least as far as a window reached in which the value did not end: whoever grows a window up to
/// its limit and then comes here looks at no byte more than a few times.
pub(crate) fn skip_value(input: &mut Input<'_>, mut depth: u64) {
    let (mut in_string, mut escaped, mut in_bare, mut first) = (false, false, false, true);
    loop {
        input.fill(WINDOW_BYTES);
        let (text, _) = input.window(WINDOW_BYTES);
        if text.is_empty() {
            return;
        }
        let (mut at, mut ended) = (0, false);
        while at < text.len() && !ended {
            if std::mem::take(&mut escaped) {
                at += 1;
            } else if in_string {
                match memchr::memchr2(b'"', b'\\', &text[at..]) {
                    Some(place) => {
                        at += place + 1;
                        escaped = text[at - 1] == b'\\';
                        in_string = escaped;
                    }
                    None => at = text.len(),
                }
                ended = depth == 0 && !in_string;
            } else if in_bare {
                // A number or a word, or what stands in their place, ends where the next token may start.
                let ends = |byte: &u8| matches!(byte, 0..=b' ' | b',' | b'}' | b']');
                let length = text[at..].iter().position(ends);
                at = length.map_or(text.len(), |length| at + length);
                ended = length.is_some();
            } else {
                match text[at] {
                    b'"' => in_string = true,
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => depth = depth.saturating_sub(1),
                    _ => in_bare = first && depth == 0,
                }
                at += 1;
                ended = depth == 0 && !in_string && !in_bare;
            }
            first = false;
        }
        input.consume(at);
        if ended {
            return;
        }
    }
}
