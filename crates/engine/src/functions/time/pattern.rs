//! The format patterns of `format_datetime` and `format_timespan`.

use std::fmt::Write as _;

use crate::functions::civil::{self, TICK_DAY, TICK_HOUR, TICK_MINUTE, TICK_SECOND};

/// More leading zeros than anybody wants, fewer than formatting allows.
const DAY_DIGITS_MAX: usize = 64;

/// A run of one letter that means something, or a piece of plain text.
pub enum Piece {
    Field { letter: char, width: usize },
    Text(char),
}

/// Cuts a pattern into runs no longer than their letter allows (`dddd` is `dd` twice).
pub fn split(pattern: &str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for c in pattern.chars() {
        if !"yMdHhmstfF".contains(c) {
            pieces.push(Piece::Text(c));
            continue;
        }
        match pieces.last_mut() {
            Some(Piece::Field { letter, width }) if *letter == c => *width += 1,
            _ => pieces.push(Piece::Field {
                letter: c,
                width: 1,
            }),
        }
    }
    pieces
}

pub fn print_datetime(pieces: &[Piece], ticks: i64) -> String {
    let date = civil::date(ticks);
    let clock = civil::split(ticks).1;
    let mut out = String::new();
    for piece in pieces {
        let Piece::Field { letter, width } = piece else {
            if let Piece::Text(c) = piece {
                out.push(*c);
            }
            continue;
        };
        for width in runs(*width, longest(*letter)) {
            match letter {
                'y' if width > 2 => number(&mut out, date.year, width),
                'y' => number(&mut out, date.year % 100, width),
                'M' => number(&mut out, date.month, width),
                'd' => number(&mut out, date.day, width),
                't' => {
                    let half = if clock < 12 * TICK_HOUR { "AM" } else { "PM" };
                    out.push_str(&half[..width.min(2)]);
                }
                letter => clock_field(&mut out, *letter, width, clock),
            }
        }
    }
    out
}

pub fn print_timespan(pieces: &[Piece], ticks: i64) -> String {
    let mut out = String::from(if ticks < 0 { "-" } else { "" });
    let ticks = ticks.unsigned_abs();
    let (days, clock) = (
        ticks / TICK_DAY.unsigned_abs(),
        ticks % TICK_DAY.unsigned_abs(),
    );
    let clock = clock.cast_signed();
    for piece in pieces {
        match piece {
            Piece::Text(c) => out.push(*c),
            Piece::Field { letter: 'd', width } => {
                let width = (*width).min(DAY_DIGITS_MAX);
                let _ = write!(out, "{days:0width$}");
            }
            Piece::Field { letter, width } => {
                for width in runs(*width, longest(*letter)) {
                    clock_field(
                        &mut out,
                        if *letter == 'h' { 'H' } else { *letter },
                        width,
                        clock,
                    );
                }
            }
        }
    }
    out
}

fn clock_field(out: &mut String, letter: char, width: usize, clock: i64) {
    let second = clock % TICK_SECOND;
    match letter {
        'H' => number(out, clock / TICK_HOUR, width),
        'h' => number(out, (clock / TICK_HOUR + 11) % 12 + 1, width),
        'm' => number(out, clock % TICK_HOUR / TICK_MINUTE, width),
        's' => number(out, clock % TICK_MINUTE / TICK_SECOND, width),
        'f' => out.push_str(&format!("{second:07}")[..width]),
        'F' => out.push_str(format!("{second:07}")[..width].trim_end_matches('0')),
        letter => out.push(letter),
    }
}

fn longest(letter: char) -> usize {
    match letter {
        'y' => 4,
        'f' | 'F' => 7,
        _ => 2,
    }
}

/// `width` as a sum of at most `longest` each.
fn runs(width: usize, longest: usize) -> impl Iterator<Item = usize> {
    (0..width.div_ceil(longest)).map(move |run| longest.min(width - run * longest))
}

fn number(out: &mut String, value: i64, width: usize) {
    let _ = write!(out, "{value:0width$}");
}
