//! Text for people: made visible, measured, cut, and escaped for XML.
//!
//! In: text as strangers wrote it into a log, numbers, instants. Out: text that cannot move a cursor,
//! reorder a line, open a tag or hide. No meaning of a credential is known here.

use keyline_trail::time::format_time;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The text with everything that does not show as itself written as its code: control characters,
/// those that reorder or hide text, and marks piled on one letter.
pub fn visible(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut marks = 0;
    for c in text.chars() {
        let is_mark = c.width() == Some(0);
        marks = if is_mark { marks + 1 } else { 0 };
        match c {
            '\n' => safe.push_str("\\n"),
            '\r' => safe.push_str("\\r"),
            '\t' => safe.push_str("\\t"),
            // One mark on a letter is an accent; more of them would grow over the lines around.
            c if is_hidden(c) || marks > 1 || (is_mark && safe.is_empty()) => {
                safe.extend(c.escape_unicode());
            }
            c => safe.push(c),
        }
    }
    safe
}

/// Characters that never reach a picture as themselves.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Visible text for XML and HTML, in elements as well as between quotes.
pub fn xml(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in visible(text).chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

/// Columns of a terminal that visible text takes.
pub fn cells(text: &str) -> usize {
    text.width()
}

/// Text of at most `cells_max` columns; what is too long loses its middle, because names differ at
/// their ends.
pub fn cut(text: &str, cells_max: usize) -> String {
    if cells(text) <= cells_max {
        return text.to_owned();
    }
    let room = cells_max.saturating_sub(1);
    let front = take(text.chars(), room - room / 2);
    let back: String = take(text.chars().rev(), room / 2);
    let back: String = back.chars().rev().collect();
    // A mark at the cut would sit on the ellipsis.
    let back = back.trim_start_matches(|c: char| c.width() == Some(0));
    format!("{front}…{back}")
}

fn take(characters: impl Iterator<Item = char>, cells_max: usize) -> String {
    let mut taken = String::new();
    let mut used = 0;
    for c in characters {
        used += c.width().unwrap_or(0);
        if used > cells_max {
            break;
        }
        taken.push(c);
    }
    taken
}

/// Pixels that text takes in a sans-serif font of a size, on the wide side: fonts differ.
pub fn pixels(text: &str, size: f64) -> f64 {
    let ems = text.chars().map(|c| match c {
        'i' | 'j' | 'l' | 'I' | ' ' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' => 0.34,
        'f' | 'r' | 't' | '-' | '(' | ')' | '/' => 0.42,
        'm' | 'w' | 'M' | 'W' | '…' | '%' | '@' => 1.0,
        'a'..='z' | '0'..='9' => 0.64,
        c => 0.8 * c.width().unwrap_or(0) as f64,
    });
    ems.sum::<f64>() * size
}

/// Text that takes at most so many pixels; what is too long loses its middle.
pub fn cut_to_pixels(text: &str, pixels_max: f64, size: f64) -> String {
    let mut cells_max = cells(text);
    let mut short = text.to_owned();
    while cells_max > 1 && pixels(&short, size) > pixels_max {
        // A jump close to what will fit, then step by step.
        let fits = (cells_max as f64 * pixels_max / pixels(&short, size)) as usize;
        cells_max = (cells_max - 1).min(fits + 2).max(1);
        short = cut(text, cells_max);
    }
    short
}

/// `1,234,567`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `9,143`, `1.2 M`: a number for a narrow column.
pub fn short_number(number: u64) -> String {
    match number {
        0..=999_999 => thousands(number),
        1_000_000..=999_999_999 => format!("{:.1} M", number as f64 / 1e6),
        1_000_000_000..=999_999_999_999 => format!("{:.1} G", number as f64 / 1e9),
        _ => "999 G+".to_owned(),
    }
}

/// `1 call`, `1,234 calls`.
pub fn count(number: u64, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {what}{plural}", thousands(number))
}

/// `2026-10-14` and `12:41:07` of an instant in UTC; a fraction of a second is left out.
pub fn date_and_clock(at: i64) -> (String, String) {
    let text = format_time(at);
    let (date, clock) = text.split_once('T').unwrap_or((&text, "00:00:00"));
    (date.to_owned(), clock.get(..8).unwrap_or(clock).to_owned())
}

/// `2026-10-14 12:41`.
pub fn minute(at: i64) -> String {
    let (date, clock) = date_and_clock(at);
    format!("{date} {}", clock.get(..5).unwrap_or(&clock))
}

/// `2026-10-14 12:41:07`.
pub fn second(at: i64) -> String {
    let (date, clock) = date_and_clock(at);
    format!("{date} {clock}")
}

/// `12:41` on the day of `near`, else with its date.
pub fn moment(at: i64, near: i64) -> String {
    let (date, clock) = date_and_clock(at);
    let clock = clock.get(..5).unwrap_or(&clock);
    if date_and_clock(near).0 == date {
        clock.to_owned()
    } else {
        format!("{date} {clock}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hides_is_shown() {
        assert_eq!(visible("a\u{1b}[2J\u{202e}b\n"), "a\\u{1b}[2J\\u{202e}b\\n");
        assert_eq!(
            visible("e\u{301}t\u{301}\u{301}"),
            "e\u{301}t\u{301}\\u{301}"
        );
        assert_eq!(visible("\u{301}x\u{200d}"), "\\u{301}x\\u{200d}");
        assert_eq!(visible("\u{fffe}\u{e0041}"), "\\u{fffe}\\u{e0041}");
        assert_eq!(
            xml("<a href='x'>&\"\u{0}"),
            "&lt;a href=&#39;x&#39;&gt;&amp;&quot;\\u{0}"
        );
    }

    #[test]
    fn cuts_keep_both_ends() {
        assert_eq!(cut("prod-admin", 10), "prod-admin");
        assert_eq!(cut("a-very-long-role-name-indeed", 11), "a-ver…ndeed");
        assert_eq!(cut("a-very-long-role-name-indeed", 10), "a-ver…deed");
        assert_eq!(cut("ツヅキツヅキ", 7), "ツ…キ");
        assert_eq!(cut("anything", 1), "…");
        let short = cut_to_pixels("a-very-long-role-name-indeed", 100.0, 12.0);
        assert_eq!(short, "a-very…indeed");
        assert!(pixels(&short, 12.0) <= 100.0);
    }

    #[test]
    fn instants_show_a_date_on_other_days_only() {
        let noon = 1_791_979_267_000_000;
        assert_eq!(second(noon), "2026-10-14 12:01:07");
        assert_eq!(moment(noon, noon + 60_000_000), "12:01");
        assert_eq!(moment(noon, noon + 86_400_000_000), "2026-10-14 12:01");
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(count(1, "call"), "1 call");
    }
}
