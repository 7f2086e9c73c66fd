//! Getting past what cannot be read: to the next record, or to the end of an object too large to hold.
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

/// Passes over the object that starts at the current place, without holding it.
pub(crate) fn skip_object(input: &mut Input<'_>) {
    let (mut depth, mut in_string, mut escaped) = (0u64, false, false);
    loop {
        input.fill(WINDOW_BYTES);
        let (text, _) = input.window(WINDOW_BYTES);
        if text.is_empty() {
            return;
        }
        let mut at = 0;
        while at < text.len() {
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
            } else {
                match text[at] {
                    b'"' => in_string = true,
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => depth -= 1,
                    _ => {}
                }
                at += 1;
                if depth == 0 {
                    break;
                }
            }
        }
        let whole = text.len();
        let ended = depth == 0;
        input.consume(at.min(whole));
        if ended {
            return;
        }
    }
}
